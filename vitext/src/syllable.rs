//! The two forms in which words are compared: exact (all marks, however the tone was placed) and folded (no marks).
//!
//! A change here changes what an index holds: raise [`ANALYZER`].

use crate::letter::{each_lower, letter};
use crate::spelling;
use crate::token::is_silent;

pub use crate::letter::TONES;

/// The version of tokens and of both forms; an index is stamped with it.
pub const ANALYZER: u32 = 1;

/// Longer forms are cut here, in characters; only garbage is that long.
pub const MAX_CHARS: usize = 100;

/// The exact form of a word in NFC: lower case, qualities kept, the tone mark moved to the end as a combining
/// character, so that `hoà` and `hòa` are one. It is not NFC on purpose and must not be normalised again.
pub fn exact(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 2);
    // A syllable has one.
    let mut tone = None;
    let mut more = String::new();
    let mut add_tone = |mark: char| match tone {
        None => tone = Some(mark),
        Some(_) => more.push(mark),
    };
    for c in word.chars() {
        each_lower(c, |c| {
            let found = letter(c);
            if TONES.contains(&c) {
                add_tone(c);
            } else if !is_silent(c) {
                out.push(found.quality);
                found.tone.into_iter().for_each(&mut add_tone);
            }
        });
    }
    out.extend(tone);
    out.push_str(&more);
    cut(out)
}

/// The folded form of a word in NFC: lower case, ASCII base letters, and i for y in the two-letter syllables hy, ky,
/// ly, my, sy, ty (kĩ and kỹ, lí and lý are one).
pub fn folded(word: &str) -> String {
    let mut out = folded_beginning(word);
    if matches!(out.as_str(), "hy" | "ky" | "ly" | "my" | "sy" | "ty") {
        out.replace_range(1.., "i");
    }
    out
}

/// The folded form of the first letters of a word whose rest is unknown: y stays, as in `lynh`.
pub fn folded_beginning(letters: &str) -> String {
    let mut out = String::with_capacity(letters.len());
    for c in letters.chars() {
        each_lower(c, |c| {
            if !is_silent(c) {
                out.push(letter(c).ascii);
            }
        });
    }
    cut(out)
}

/// Whether a folded form can be that of a Vietnamese syllable: by spelling, not by a dictionary.
pub fn is_spelt(folded: &str) -> bool {
    spelling::is_folded_syllable(folded)
}

/// Whether a word in NFC, in any letter case, is spelt like a Vietnamese syllable, marks and all: by spelling, not by a dictionary.
pub fn is_syllable(word: &str) -> bool {
    spelling::is_syllable(word)
}

fn cut(mut text: String) -> String {
    if text.len() <= MAX_CHARS {
        return text;
    }
    if let Some((at, _)) = text.char_indices().nth(MAX_CHARS) {
        text.truncate(at);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tone_placement_does_not_matter() {
        for (a, b) in [("hoà", "hòa"), ("thuỷ", "thủy"), ("KHOẺ", "khỏe"), ("Toà", "TÒA"), ("luỹ", "lũy")]
        {
            assert_eq!(exact(a), exact(b));
        }
        assert_eq!(exact("Hoà"), "hoa\u{300}");
        assert_eq!(exact("ĐƯỜNG"), "đương\u{300}");
        assert_eq!(exact("Ðiều"), exact("Điều"));
    }

    #[test]
    fn tones_and_qualities_stay_apart() {
        let forms: std::collections::BTreeSet<String> =
            ["an", "án", "ăn", "ấn", "ân", "ẩn"].map(exact).into_iter().collect();
        assert_eq!(forms.len(), 6);
        assert!(["án", "ăn", "ấn", "ân", "ẩn"].iter().all(|w| folded(w) == "an"));
    }

    #[test]
    fn i_and_y_are_one_in_open_syllables_of_two_letters() {
        for (a, b) in [("kĩ", "kỹ"), ("lí", "lý"), ("tỷ", "tỉ")] {
            assert_eq!(folded(a), folded(b));
            assert_ne!(exact(a), exact(b));
        }
        assert_eq!(folded("quý"), "quy");
        assert_eq!(folded("ý"), "y");
    }

    #[test]
    fn what_is_spelt_like_a_syllable() {
        for word in
            ["viện", "kiểm", "sát", "nghiêng", "gì", "giếng", "quý", "kỹ", "ý", "yến", "đường", "uống", "a"]
        {
            assert!(is_spelt(&folded(word)), "{word}");
        }
        for word in ["klem", "vlen", "kicm", "sat1", "45", "vks", "ngi", "kan", "cien", "nghan", "", "w"] {
            assert!(!is_spelt(word), "{word}");
        }
    }

    #[test]
    fn silent_characters_vanish_and_garbage_is_cut() {
        assert_eq!(folded("kiểm\u{AD}sát"), "kiemsat");
        assert_eq!(exact("x\u{301}y"), "xy\u{301}");
        assert_eq!(folded(&"x".repeat(1000)).len(), MAX_CHARS);
    }
}
