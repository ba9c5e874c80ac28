//! Vietnamese text in the encodings before Unicode, as it turns up today: taken for Western text, so that
//! `Cộng hòa` reads `Céng hßa` (TCVN3) or `Coäng hoøa` (VNI).
//!
//! [`detect`] says which encoding it is, [`convert`] gives NFC. What is proper Unicode already, or another language, is not
//! named: a wrong conversion would destroy good text, a missed one only leaves it unreadable as it was.

mod tables;

use crate::fold::{fold_ascii_char, nfc};
use crate::spelling::is_syllable;
use std::collections::HashSet;
use tables::{CP1252_HIGH, CP1258, TCVN3, VISCII, VISCII_LOW, VPS, VPS_LOW};

/// An encoding of Vietnamese before Unicode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// TCVN 5712:1993, third character set (ABC; fonts `.VnTime`, `.VnArial`). It has no capitals with tones.
    Tcvn3,
    /// The same in a font that draws small letters as capitals (`.VnTimeH`).
    Tcvn3Capitals,
    /// VNI for Windows (fonts `VNI-Times`): a letter and a mark after it.
    Vni,
    /// VISCII (RFC 1456).
    Viscii,
    /// VPS (Vietnamese Professionals Society).
    Vps,
    /// Windows code page 1258: tones as combining characters.
    Cp1258,
}

impl Encoding {
    /// Those that text alone can tell.
    const BY_TEXT: [Encoding; 5] = [Self::Tcvn3, Self::Vni, Self::Viscii, Self::Vps, Self::Cp1258];

    /// Its name among people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcvn3 | Self::Tcvn3Capitals => "TCVN3 (ABC)",
            Self::Vni => "VNI",
            Self::Viscii => "VISCII",
            Self::Vps => "VPS",
            Self::Cp1258 => "Windows-1258",
        }
    }
}

/// Bytes taken for Western text (code page 1252; its five gaps as control characters), which is what [`detect`] and
/// [`convert`] expect. Nothing is lost: each byte is one character of its own.
pub fn from_bytes(bytes: &[u8]) -> String {
    let western = |byte: u8| match byte {
        0x80..=0x9F => CP1252_HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    };
    bytes.iter().copied().map(western).collect()
}

/// Words that must show an encoding before text alone is believed.
const LEAST_WORDS: usize = 3;
/// Of the words with marks, so many of a hundred must be spelt as syllables after conversion.
const LEAST_SHARE: usize = 85;
/// By so many of a hundred the encoding must beat every other, and the text as it stands.
const LEAST_LEAD: usize = 15;

/// The encoding of a text that was taken for Western text; `None` when it is Unicode Vietnamese, another language, or too
/// little to tell.
///
/// The name of its font, where one is known, is believed. Without one, words count: nearly all words with marks must become
/// Vietnamese syllables by one encoding and by no other. Letter frequencies would not do, for Spanish and German look as much
/// like TCVN3 as TCVN3 does.
pub fn detect(text: &str, font_name: Option<&str>) -> Option<Encoding> {
    if text.chars().any(is_vietnamese_only) {
        return None;
    }
    if let Some(encoding) = font_name.and_then(of_font) {
        return Some(encoding);
    }
    let as_it_stands = Evidence::of(text).share();
    let mut found: Vec<(usize, usize, Encoding)> = Encoding::BY_TEXT
        .into_iter()
        .map(|encoding| (Evidence::of(&convert(text, encoding)), encoding))
        .map(|(evidence, encoding)| (evidence.share(), evidence.syllables.len(), encoding))
        .collect();
    found.sort_by_key(|&(share, words, _)| std::cmp::Reverse((share, words)));
    let (share, words, encoding) = found[0];
    let runner_up = found[1].0.max(as_it_stands);
    let is_clear = words >= LEAST_WORDS && share >= LEAST_SHARE && share >= runner_up + LEAST_LEAD;
    is_clear.then_some(encoding)
}

/// Text taken for Western text, as what it means; in NFC. What the encoding does not have stays as it is.
pub fn convert(text: &str, encoding: Encoding) -> String {
    let converted = match encoding {
        Encoding::Tcvn3 => with_capitals(text),
        Encoding::Tcvn3Capitals => text.chars().map(tcvn3).flat_map(char::to_uppercase).collect(),
        Encoding::Vni => vni(text),
        Encoding::Viscii => text.chars().map(|c| by_byte(c, &VISCII, &VISCII_LOW)).collect(),
        Encoding::Vps => text.chars().map(|c| by_byte(c, &VPS, &VPS_LOW)).collect(),
        Encoding::Cp1258 => text.chars().map(cp1258).collect(),
    };
    nfc(&converted).into_owned()
}

/// A letter that no encoding of Western text has.
fn is_vietnamese_only(c: char) -> bool {
    matches!(c, '\u{1EA0}'..='\u{1EF9}' | '\u{300}'..='\u{36F}' | 'ă' | 'Ă' | 'đ' | 'Đ' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | 'ĩ' | 'Ĩ' | 'ũ' | 'Ũ')
}

/// What a font's name says; the six letters that a PDF puts before the name of a subset do not count.
fn of_font(name: &str) -> Option<Encoding> {
    let name = match name.split_once('+') {
        Some((tag, rest)) if tag.len() == 6 && tag.bytes().all(|b| b.is_ascii_uppercase()) => rest,
        _ => name,
    };
    let name = name.trim().to_ascii_lowercase();
    let family = name.split([',', '-', ' ']).next().unwrap_or_default();
    if name.starts_with(".vn") {
        return Some(if family.ends_with('h') { Encoding::Tcvn3Capitals } else { Encoding::Tcvn3 });
    }
    match family {
        "vni" => Some(Encoding::Vni),
        "vps" => Some(Encoding::Vps),
        "viscii" => Some(Encoding::Viscii),
        _ => None,
    }
}

/// What speaks for a text being Vietnamese.
struct Evidence {
    /// Words with a character beyond ASCII, abbreviations left out.
    marked: usize,
    /// How many of them are spelt like a syllable.
    legal: usize,
    /// The different ones among those.
    syllables: HashSet<String>,
}

impl Evidence {
    fn of(text: &str) -> Self {
        let mut evidence = Self { marked: 0, legal: 0, syllables: HashSet::new() };
        for word in text.split(|c| !is_of_word(c)).filter(|word| !word.is_ascii()) {
            let is_abbreviation =
                !word.chars().any(|c| "aeiouy".contains(fold_ascii_char(c).to_ascii_lowercase()))
                    && word.chars().all(char::is_alphabetic);
            if is_abbreviation {
                continue;
            }
            evidence.marked += 1;
            if is_syllable(word) {
                evidence.legal += 1;
                evidence.syllables.insert(word.to_lowercase());
            }
        }
        evidence
    }

    /// Syllables in a hundred words with marks.
    fn share(&self) -> usize {
        (self.legal * 100).checked_div(self.marked).unwrap_or(0)
    }
}

/// Letters, and the signs of Latin-1 and control characters that stand for letters in a text decoded wrongly.
fn is_of_word(c: char) -> bool {
    c.is_alphabetic()
        || matches!(c, '\u{80}'..='\u{9F}' | '\u{A1}'..='\u{BF}' | '×' | '÷' | '\u{300}'..='\u{36F}')
        || (c.is_control() && !c.is_whitespace())
}

/// The byte that a character of Western text stood for.
fn byte_of(c: char) -> Option<u8> {
    u8::try_from(c).ok().or_else(|| {
        let idx = CP1252_HIGH.iter().position(|&high| high == c)?;
        Some(0x80 + idx as u8)
    })
}

fn by_byte(c: char, high: &[[char; 16]; 8], low: &[(u8, char)]) -> char {
    match byte_of(c) {
        Some(byte @ 0x80..) => high[usize::from(byte >> 4) - 8][usize::from(byte & 15)],
        Some(byte @ ..0x20) => low.iter().find(|(b, _)| *b == byte).map_or(c, |(_, letter)| *letter),
        _ => c,
    }
}

/// From 0xA1 on; below lie the quotation marks and dashes of Western text, which these fonts have too.
fn tcvn3(c: char) -> char {
    match u8::try_from(c) {
        Ok(byte @ 0xA1..) => TCVN3[usize::from(byte >> 4) - 10][usize::from(byte & 15)],
        _ => c,
    }
}

/// TCVN3 has its letters with tones in small only, also within capitals (`VIÖT NAM`): words whose plain letters show that they
/// are set in capitals become so.
fn with_capitals(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut word = String::new();
    let mut close = |word: &mut String| {
        let (mut plain_capitals, mut small) = (0, false);
        for (idx, c) in word.chars().enumerate() {
            // the first letter of a name says nothing of the others
            plain_capitals += usize::from(c.is_ascii_uppercase()) * if idx == 0 { 1 } else { 2 };
            small |= c.is_ascii_lowercase();
        }
        if plain_capitals >= 2 && !small {
            out.extend(word.chars().map(tcvn3).flat_map(char::to_uppercase));
        } else {
            out.extend(word.chars().map(tcvn3));
        }
        word.clear();
    };
    for c in text.chars() {
        word.push(c);
        if !tcvn3(c).is_alphabetic() {
            close(&mut word);
        }
    }
    close(&mut word);
    out
}

fn cp1258(c: char) -> char {
    match u8::try_from(c) {
        Ok(byte @ 0xC0..) => CP1258[usize::from(byte >> 4) - 12][usize::from(byte & 15)],
        _ => c,
    }
}

const GRAVE: char = '\u{300}';
const ACUTE: char = '\u{301}';
const TILDE: char = '\u{303}';
const HOOK: char = '\u{309}';
const DOT: char = '\u{323}';
const CIRCUMFLEX: char = '\u{302}';
const BREVE: char = '\u{306}';

/// A letter, then a mark that may be two marks at once; some letters have a sign of their own.
fn vni(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let base = match c {
            'ñ' => 'đ',
            'Ñ' => 'Đ',
            'ô' => 'ơ',
            'Ô' => 'Ơ',
            'ö' => 'ư',
            'Ö' => 'Ư',
            'æ' => 'ỉ',
            'Æ' => 'Ỉ',
            'ó' => 'ĩ',
            'Ó' => 'Ĩ',
            'ò' => 'ị',
            'Ò' => 'Ị',
            'î' => 'ỵ',
            'Î' => 'Ỵ',
            _ => c,
        };
        out.push(base);
        if let Some(marks) = chars.peek().and_then(|&mark| vni_marks(base, mark)) {
            out.extend(marks);
            chars.next();
        }
    }
    out
}

/// What a sign of VNI puts on the letter before it.
fn vni_marks(base: char, mark: char) -> Option<impl Iterator<Item = char>> {
    let base = base.to_lowercase().next()?;
    let mark = mark.to_lowercase().next()?;
    let (quality, tone) = match (base, mark) {
        ('a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'ø') => (None, Some(GRAVE)),
        ('a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'ù') => (None, Some(ACUTE)),
        ('a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'û') => (None, Some(HOOK)),
        ('a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'õ') => (None, Some(TILDE)),
        ('a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'ï') => (None, Some(DOT)),
        ('a' | 'e' | 'o', 'â') => (Some(CIRCUMFLEX), None),
        ('a' | 'e' | 'o', 'à') => (Some(CIRCUMFLEX), Some(GRAVE)),
        ('a' | 'e' | 'o', 'á') => (Some(CIRCUMFLEX), Some(ACUTE)),
        ('a' | 'e' | 'o', 'å') => (Some(CIRCUMFLEX), Some(HOOK)),
        ('a' | 'e' | 'o', 'ã') => (Some(CIRCUMFLEX), Some(TILDE)),
        ('a' | 'e' | 'o', 'ä') => (Some(CIRCUMFLEX), Some(DOT)),
        ('a', 'ê') => (Some(BREVE), None),
        ('a', 'è') => (Some(BREVE), Some(GRAVE)),
        ('a', 'é') => (Some(BREVE), Some(ACUTE)),
        ('a', 'ú') => (Some(BREVE), Some(HOOK)),
        ('a', 'ü') => (Some(BREVE), Some(TILDE)),
        ('a', 'ë') => (Some(BREVE), Some(DOT)),
        _ => return None,
    };
    Some(quality.into_iter().chain(tone))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOTTO: &str = "Cộng hòa xã hội chủ nghĩa Việt Nam";

    #[test]
    fn the_motto_as_it_is_met() {
        for (seen, encoding) in [
            ("Céng hßa x· héi chñ nghÜa ViÖt Nam", Encoding::Tcvn3),
            ("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", Encoding::Vni),
            ("Cµng hòa xã hµi chü nghîa Vi®t Nam", Encoding::Viscii),
            ("Côòng hoÌa xaÞ hôòi chuÒ nghiÞa Viêòt Nam", Encoding::Cp1258),
        ] {
            assert_eq!(detect(seen, None), Some(encoding), "{seen}");
            assert_eq!(convert(seen, encoding), MOTTO);
        }
    }

    #[test]
    fn capitals_of_tcvn3_follow_their_plain_letters() {
        assert_eq!(
            convert("VIÖN KIÓM S¸T nh©n d©n, ¸N, ¸n, Vô", Encoding::Tcvn3),
            "VIỆN KIỂM SÁT nhân dân, ÁN, án, Vụ"
        );
        assert_eq!(convert("quyÕt ®Þnh", Encoding::Tcvn3Capitals), "QUYẾT ĐỊNH");
        // quotation marks and dashes of Western text stay
        assert_eq!(convert("“®” – …", Encoding::Tcvn3), "“đ” – …");
    }

    #[test]
    fn fonts_are_believed_but_unicode_is_not_touched() {
        for (font, encoding) in [
            (".VnTime", Some(Encoding::Tcvn3)),
            (".VnTimeH", Some(Encoding::Tcvn3Capitals)),
            ("ABCDEF+.VnArialH,Bold", Some(Encoding::Tcvn3Capitals)),
            ("VNI-Times", Some(Encoding::Vni)),
            ("VPS Times", Some(Encoding::Vps)),
            ("Times New Roman", None),
            ("Vnamese", None),
        ] {
            assert_eq!(detect("S¸t", Some(font)), encoding, "{font}");
            assert_eq!(detect("Sát cánh, đường", Some(font)), None, "{font}");
        }
    }

    #[test]
    fn too_little_says_nothing() {
        for text in ["", "HS-1,2019", "vô án", "v\u{f4} \u{e1}n", "café", "Céng"] {
            assert_eq!(detect(text, None), None, "{text}");
        }
    }
}
