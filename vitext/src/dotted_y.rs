//! ỵ, which Tesseract's model for Vietnamese cannot print: where a word read with another y may have it.
//!
//! It stands in few syllables. In some of them a y without tone is no word of its own; the others are common words
//! (công ty, truy tố, tuy nhiên), so only their company tells.

use crate::letter::letter;

/// Syllables that are hardly ever anything else when their y is read without tone.
const RARE_WITHOUT_TONE: [&str; 4] = ["kỵ", "khuỵ", "luỵ", "thuỵ"];

/// Two syllables that are one word, one of them with ỵ.
const WORDS: [&str; 42] = [
    "ất tỵ",
    "bạch thuỵ",
    "bệnh lỵ",
    "cấm kỵ",
    "châu lỵ",
    "dính luỵ",
    "đinh tỵ",
    "đố kỵ",
    "đồi truỵ",
    "đột quỵ",
    "ghen tỵ",
    "giờ tỵ",
    "hệ luỵ",
    "huyện lỵ",
    "khuỵ xuống",
    "kiêng kỵ",
    "kiết lỵ",
    "kỵ binh",
    "kỵ khí",
    "kỵ sĩ",
    "kỷ tỵ",
    "liên luỵ",
    "ngã quỵ",
    "nghi kỵ",
    "nguỵ biện",
    "nguỵ quân",
    "nguỵ quyền",
    "nguỵ tạo",
    "nguỵ trang",
    "phủ lỵ",
    "quận lỵ",
    "quý tỵ",
    "quỵ luỵ",
    "tận tuỵ",
    "tân tỵ",
    "thuỵ điển",
    "thuỵ sĩ",
    "tỉnh lỵ",
    "tỵ nạn",
    "truỵ lạc",
    "truỵ tim",
    "tuyến tuỵ",
];

/// A word of NFC text with ỵ for its last y, where that is likely; `before` and `after` stand beside it. Signs around
/// the words are passed over, letter case is kept.
pub fn suggestion(before: Option<&str>, word: &str, after: Option<&str>) -> Option<String> {
    let end = word.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let (at, y) = word[..end]
        .char_indices()
        .next_back()
        .filter(|(_, c)| letter(*c).ascii.eq_ignore_ascii_case(&'y'))?;
    let dotted = if y.is_uppercase() { 'Ỵ' } else { 'ỵ' };
    let suggested = format!("{}{dotted}{}", &word[..at], &word[end..]);
    let core = small(&suggested);
    let makes_word = |first: Option<String>, second: Option<String>| {
        let (Some(first), Some(second)) = (first, second) else { return false };
        WORDS.iter().any(|w| w.split_once(' ') == Some((&first, &second)))
    };
    let is_known = letter(y).tone.is_none() && RARE_WITHOUT_TONE.contains(&core.as_str())
        || makes_word(before.map(small), Some(core.clone()))
        || makes_word(Some(core), after.map(small));
    is_known.then_some(suggested)
}

/// Small letters, without the signs around the word.
fn small(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn y_becomes_dotted_where_that_makes_a_word() {
        for (before, word, after, wanted) in [
            (Some("huyện"), "ly", None, Some("lỵ")),
            (Some("HUYỆN"), "LY,", Some("thị"), Some("LỴ,")),
            (Some("Quý"), "Tỷ", Some("(1953)"), Some("Tỵ")),
            (Some("“đồi"), "truy”", Some("phẩm"), Some("truỵ”")),
            (None, "Thuy", Some("Điển"), Some("Thuỵ")),
            (Some("Nguyễn"), "Thuy", None, Some("Thuỵ")),
            (None, "nguy", Some("trang;"), Some("nguỵ")),
        ] {
            assert_eq!(suggestion(before, word, after).as_deref(), wanted, "{word}");
        }
    }

    #[test]
    fn common_words_are_left_alone() {
        for (before, word, after) in [
            (Some("công"), "ty", Some("cổ")),
            (Some("định"), "tỷ", Some("lệ")),
            (Some("để"), "truy", Some("tố")),
            (None, "Tuy", Some("nhiên,")),
            (Some("người"), "ký", Some("tên")),
            (Some("thanh"), "thuỷ", None),
            (Some("huyện"), "lỵ", None),
            (Some("12"), "…", None),
            (None, "", None),
        ] {
            let found = suggestion(before, word, after);
            assert!(found.is_none() || found.as_deref() == Some(word), "{word}: {found:?}");
        }
    }
}
