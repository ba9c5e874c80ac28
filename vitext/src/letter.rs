//! The letters of Vietnamese as a table: every vowel with its quality, its tone and its ASCII base.

use std::sync::LazyLock;

/// What is known of one letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letter {
    /// With its quality mark, without tone: ấ → â. The letter case is kept.
    pub(crate) quality: char,
    /// Without any mark: ấ → a. The letter case is kept.
    pub(crate) ascii: char,
    /// The tone mark, as a combining character; `None` is thanh ngang (or no vowel).
    pub(crate) tone: Option<char>,
    /// The small letter, where that is one character and known here: [`each_lower`].
    lower: Option<char>,
}

/// The combining marks of huyền, sắc, hỏi, ngã, nặng: the order in which [`VOWELS`] lists the forms.
pub const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{309}', '\u{303}', '\u{323}'];

const VOWELS: [(char, &str); 24] = [
    ('a', "aàáảãạ"),
    ('a', "ăằắẳẵặ"),
    ('a', "âầấẩẫậ"),
    ('e', "eèéẻẽẹ"),
    ('e', "êềếểễệ"),
    ('i', "iìíỉĩị"),
    ('o', "oòóỏõọ"),
    ('o', "ôồốổỗộ"),
    ('o', "ơờớởỡợ"),
    ('u', "uùúủũụ"),
    ('u', "ưừứửữự"),
    ('y', "yỳýỷỹỵ"),
    ('A', "AÀÁẢÃẠ"),
    ('A', "ĂẰẮẲẴẶ"),
    ('A', "ÂẦẤẨẪẬ"),
    ('E', "EÈÉẺẼẸ"),
    ('E', "ÊỀẾỂỄỆ"),
    ('I', "IÌÍỈĨỊ"),
    ('O', "OÒÓỎÕỌ"),
    ('O', "ÔỒỐỔỖỘ"),
    ('O', "ƠỜỚỞỠỢ"),
    ('U', "UÙÚỦŨỤ"),
    ('U', "ƯỪỨỬỮỰ"),
    ('Y', "YỲÝỶỸỴ"),
];

/// Đ as Unicode has it, and the two letters that look the same and get mixed with it (Eth, African D).
const D: [(char, char, char); 6] =
    [('đ', 'đ', 'd'), ('Đ', 'Đ', 'D'), ('ð', 'đ', 'd'), ('Ð', 'Đ', 'D'), ('ɖ', 'đ', 'd'), ('Ɖ', 'Đ', 'D')];

static TABLE: LazyLock<Vec<Letter>> = LazyLock::new(|| {
    let plain = |n: u32| {
        let c = char::from_u32(n).unwrap_or('\0');
        let mut lower = c.to_lowercase();
        let lower = lower.next().filter(|_| lower.next().is_none());
        Letter { quality: c, ascii: c, tone: None, lower }
    };
    let mut table: Vec<Letter> = (0..0x1F00).map(plain).collect();
    for (ascii, forms) in VOWELS {
        let quality = forms.chars().next().expect("a row has six forms");
        for (idx, form) in forms.chars().enumerate() {
            let tone = idx.checked_sub(1).map(|t| TONES[t]);
            table[form as usize] = Letter { quality, ascii, tone, ..table[form as usize] };
        }
    }
    for (form, quality, ascii) in D {
        table[form as usize] = Letter { quality, ascii, ..table[form as usize] };
    }
    table
});

/// A character of NFC text; what is no letter of Vietnamese is its own quality and base.
pub(crate) fn letter(c: char) -> Letter {
    TABLE.get(c as usize).copied().unwrap_or(Letter { quality: c, ascii: c, tone: None, lower: None })
}

/// What [`char::to_lowercase`] gives, looked up faster.
pub(crate) fn each_lower(c: char, mut take: impl FnMut(char)) {
    match letter(c).lower {
        Some(lower) => take(lower),
        None => c.to_lowercase().for_each(take),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    /// The hand-written table against Unicode's own decomposition.
    #[test]
    fn the_table_agrees_with_unicode() {
        for (ascii, forms) in VOWELS {
            assert_eq!(forms.chars().count(), 6, "{forms}");
            for form in forms.chars() {
                let found = letter(form);
                let marks: Vec<char> = form.nfd().collect();
                assert_eq!(marks[0], ascii, "{form}");
                assert_eq!(found.ascii, ascii, "{form}");
                let tone = marks[1..].iter().copied().find(|m| TONES.contains(m));
                assert_eq!(found.tone, tone, "{form}");
                let toneless: String = marks.iter().copied().filter(|m| !TONES.contains(m)).nfc().collect();
                assert_eq!(found.quality.to_string(), toneless, "{form}");
            }
        }
    }

    #[test]
    fn other_letters_are_left_alone() {
        for c in ['ñ', 'ü', 'ç', 'ж', '中', '5', '-', '\u{1F00}', '\u{10FFFF}', '\0'] {
            let found = letter(c);
            assert_eq!((found.quality, found.ascii, found.tone), (c, c, None));
        }
    }

    #[test]
    fn small_letters_are_those_of_unicode() {
        for c in ('\0'..='\u{2000}').chain(['\u{10400}', '\u{10FFFF}']) {
            let mut found = String::new();
            each_lower(c, |c| found.push(c));
            assert_eq!(found, c.to_lowercase().to_string(), "{c:?}");
        }
    }
}
