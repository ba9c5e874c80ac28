//! Folding, character by character, so that offsets into the folded text can be taken back to the original.

use crate::letter::letter;
use std::borrow::Cow;
use std::ops::Range;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The composed form (NFC); borrowed when the text is composed already.
pub fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// A letter of Vietnamese without any mark (ấ → a, Đ → D, and Ð, which looks like Đ); any other character as it is.
pub fn fold_ascii_char(c: char) -> char {
    letter(c).ascii
}

/// A letter of Vietnamese without its tone (ấ → â); any other character as it is. Ð, which looks like Đ, becomes Đ.
pub fn fold_tones_char(c: char) -> char {
    letter(c).quality
}

/// [`fold_ascii_char`] over NFC text: as many characters out as in, letter case kept.
pub fn fold_ascii(text: &str) -> String {
    text.chars().map(fold_ascii_char).collect()
}

/// [`fold_tones_char`] over NFC text: as many characters out as in, letter case kept.
pub fn fold_tones(text: &str) -> String {
    text.chars().map(fold_tones_char).collect()
}

/// Whether a word, in any normal form, carries a mark of Vietnamese: a tone, a quality or the stroke of đ.
pub fn is_marked(text: &str) -> bool {
    nfc(text).chars().any(|c| fold_ascii_char(c) != c)
}

/// ASCII-folded text that knows where each of its bytes stood in the original.
#[derive(Debug, Clone)]
pub struct Folded {
    text: String,
    /// For each byte of `text`, and for its end, the byte offset in the original.
    origin: Vec<usize>,
}

impl Folded {
    /// Folds NFC text.
    pub fn new(original: &str) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut origin = Vec::with_capacity(original.len() + 1);
        for (at, c) in original.char_indices() {
            text.push(fold_ascii_char(c));
            origin.resize(text.len(), at);
        }
        origin.push(original.len());
        Self { text, origin }
    }
    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// Where a range of the folded text (on character borders) stands in the original, in bytes.
    pub fn original(&self, folded: Range<usize>) -> Range<usize> {
        self.origin[folded.start]..self.origin[folded.end]
    }
}

/// A name made of `A–Z a–z 0–9 . _ -` only, safe in any file system: marks folded, everything else becomes `-`,
/// runs of `-` or `.` become one, none at the ends. Never empty (`_`), never `.` or `..`; not shortened, letter case
/// kept, and different names may become the same.
pub fn ascii_slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in nfc(text).chars().map(fold_ascii_char) {
        let c = if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
        if matches!(c, '-' | '.') && slug.ends_with(['-', '.']) {
            continue;
        }
        slug.push(c);
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() { "_".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_takes_marks_and_keeps_case() {
        assert_eq!(fold_ascii("Điều 51 ĐỘC LẬP – tội ấy"), "Dieu 51 DOC LAP – toi ay");
        assert_eq!(fold_tones("Điều ẤN đường nghĩa"), "Điêu ÂN đương nghia");
        assert_eq!(fold_ascii("Ðiều"), "Dieu");
        assert_eq!(fold_ascii("señor über"), "señor über");
    }

    #[test]
    fn marks_are_noticed_in_any_normal_form() {
        for marked in ["án", "a\u{301}n", "ăn", "đi", "Ư"] {
            assert!(is_marked(marked), "{marked}");
        }
        for plain in ["an", "", "12/CT", "VKS", "“a”"] {
            assert!(!is_marked(plain), "{plain}");
        }
    }

    #[test]
    fn folded_offsets_lead_back() {
        let original = "ngày 12 – Điều";
        let folded = Folded::new(original);
        let at = folded.text().find("Dieu").unwrap();
        assert_eq!(&original[folded.original(at..at + 4)], "Điều");
        assert_eq!(folded.original(0..folded.text().len()), 0..original.len());
    }

    #[test]
    fn slugs_are_safe_names() {
        for (text, slug) in [
            ("Quyết định khởi tố.pdf", "Quyet-dinh-khoi-to.pdf"),
            ("QĐ số 12/CT-VKS–P1", "QD-so-12-CT-VKS-P1"),
            ("H49.64.33.2001.160", "H49.64.33.2001.160"),
            ("../../etc/passwd", "etc-passwd"),
            ("a\nb\u{0}c", "a-b-c"),
            ("Đe\u{302}\u{301}n", "Den"),
            ("…", "_"),
            ("", "_"),
        ] {
            assert_eq!(ascii_slug(text), slug, "{text:?}");
        }
    }
}
