//! Where the words of a text begin and end.

use std::ops::Range;

/// A word: a maximal run of letters and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// Bytes in the text given.
    pub range: Range<usize>,
    /// What stands there, as written.
    pub text: &'a str,
}

/// The words of NFC text in order. `12/CT-VKS` is three of them, `45a` is one. A combining mark that has no composed
/// letter, a soft hyphen and invisible joiners belong to the word they stand in.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(is_letter_or_digit)?;
        let tail = &text[start..];
        let len = tail.find(|c: char| !is_letter_or_digit(c) && !is_silent(c)).unwrap_or(tail.len());
        from = start + len;
        let word = tail[..len].trim_end_matches(|c| is_silent(c) && !is_combining(c));
        Some(Token { range: start..start + word.len(), text: word })
    })
}

/// As [`char::is_alphanumeric`] has it, looked up faster for the letters of Vietnamese.
fn is_letter_or_digit(c: char) -> bool {
    matches!(c, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
        || c.is_alphanumeric()
}

/// A mark that sits on the letter before it.
pub(crate) fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&c)
}

/// What may stand inside a word without being a letter of it.
pub(crate) fn is_silent(c: char) -> bool {
    is_combining(c) || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).map(|t| t.text).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(words("Số: 12/CT-VKS-P1, điều 45a."), ["Số", "12", "CT", "VKS", "P1", "điều", "45a"]);
        assert_eq!(words(" … – "), Vec::<&str>::new());
        assert_eq!(words(""), Vec::<&str>::new());
        assert_eq!(words("kiểm\u{200B}sát\u{200B} x\u{303}y"), ["kiểm\u{200B}sát", "x\u{303}y"]);
        assert_eq!(words("a\u{A0}b"), ["a", "b"]);
    }

    #[test]
    fn letters_and_digits_are_those_of_unicode() {
        assert!(('\0'..='\u{2FFFF}').all(|c| is_letter_or_digit(c) == c.is_alphanumeric()));
    }

    #[test]
    fn ranges_point_into_the_text() {
        let text = "“Điều” 5";
        for token in tokens(text) {
            assert_eq!(&text[token.range.clone()], token.text);
        }
    }
}
