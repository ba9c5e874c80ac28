//! Signs of a typed question that mean nothing where they stand. They are named with their places: a sign that was typed on purpose
//! must not be lost without a word. What running text is full of (full stops, commas, a dash inside a word) is no such sign.

use super::lex::{character, is_blank, is_quote};
use record::Lang;
use std::ops::Range;

/// Places that are said of one sign.
const MOST_PLACES: usize = 8;

/// A sign that means nothing where it stands, and was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedSign {
    /// As typed; signs side by side are one: `=`, `--`, `||`.
    pub signs: String,
    /// The characters of the composed query, from 1, that it begins at, ascending.
    pub at: Vec<usize>,
}

impl UnusedSign {
    /// For people: where it stands, and what could be typed instead.
    pub fn said(&self, lang: Lang) -> String {
        let places: Vec<String> = self.at.iter().take(MOST_PLACES).map(usize::to_string).collect();
        let more = self.at.len() - places.len();
        let mut places = places.join(", ");
        if more > 0 {
            places += &lang.pick(format!(" và {more} chỗ nữa"), format!(" and {more} more places"));
        }
        let said = lang.pick(
            format!("dấu “{}” ở ký tự thứ {places} không được dùng, đã bỏ qua", self.signs),
            format!("“{}” at character {places} means nothing there and was passed over", self.signs),
        );
        match self.advice(lang) {
            Some(advice) => format!("{said}; {advice}"),
            None => said,
        }
    }

    fn advice(&self, lang: Lang) -> Option<&'static str> {
        let has = |signs: &[char]| self.signs.contains(signs);
        Some(match () {
            () if has(&['=', '~']) => lang.pick(
                "“=” và “~” phải viết liền ngay trước một từ hoặc một cụm từ",
                "“=” and “~” stand right before a word or a phrase",
            ),
            () if has(&['|']) => {
                lang.pick("muốn một trong hai, hãy viết HOẶC", "for one of two write HOẶC or OR")
            }
            () if has(DASHES) || has(&['!']) => lang.pick(
                "muốn loại một từ, hãy viết “-” sau dấu cách và liền trước từ ấy: -trộm",
                "to leave a word out, write “-” behind a space and right before the word: -trộm",
            ),
            () if has(&['+', '&']) => {
                lang.pick("các từ đặt cạnh nhau đều phải có", "words side by side must all be there as it is")
            }
            () if has(&['[', ']', '{', '}']) => {
                lang.pick("muốn gom nhóm, hãy dùng ngoặc đơn", "to group, use round brackets")
            }
            () if has(&[':']) => lang.pick(
                "bộ lọc phải viết liền: loai:ban-an",
                "a filter is written without spaces: type:ban-an",
            ),
            () => return None,
        })
    }
}

const DASHES: &[char] = &['-', '–', '—', '−'];

/// Signs that are operators here or in other query languages. `*` and `?` are none of them: where they mean nothing, the question is
/// refused.
fn is_sign(c: char) -> bool {
    DASHES.contains(&c) || "=~!|+&^<>\\[]{}:".contains(c)
}

/// The signs within a range of the text, of words or a phrase as typed, that mean nothing there. Between quotes signs are punctuation;
/// only `=` and `~` before a word were surely meant to be more.
pub(super) fn unused_in(text: &str, range: Range<usize>, is_quoted: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = range.start;
    while let Some(start) = text[from..range.end].find(is_sign).map(|at| from + at) {
        let rest = &text[start..range.end];
        let end = start + rest.find(|c| !is_sign(c)).unwrap_or(rest.len());
        let before = text[..start].chars().next_back();
        let after = text[end..].chars().next();
        if is_unused(&text[start..end], before, after, is_quoted) {
            found.push(start..end);
        }
        from = end;
    }
    found
}

fn is_unused(signs: &str, before: Option<char>, after: Option<char>, is_quoted: bool) -> bool {
    let is_behind_word = before.is_some_and(|c| c.is_alphanumeric() || ('\u{300}'..='\u{36F}').contains(&c));
    let is_before_word = after.is_some_and(char::is_alphanumeric);
    let is_before_part = is_before_word || after.is_some_and(|c| is_quote(c) || c == '(');
    if is_quoted {
        return signs.contains(['=', '~']) && is_before_word && !is_behind_word;
    }
    let all = |of: &[char]| signs.chars().all(|c| of.contains(&c));
    match () {
        // `CT-VKS`, `CT- VKS`
        () if all(DASHES) => !is_behind_word || is_before_part && !is_before_word,
        // `Dừng lại!`
        () if all(&['!']) => is_before_part || before.is_none_or(|c| is_blank(c) || c == '('),
        // `Số: 12`, `10:30`
        () if all(&[':']) => is_before_part && !is_behind_word,
        () if signs.chars().all(|c| DASHES.contains(&c) || "!:".contains(c)) => {
            is_before_part || !is_behind_word
        }
        () => true,
    }
}

/// Signs by their places in bytes, the same ones together, in the order in which they first stand.
pub(super) fn named(text: &str, mut ranges: Vec<Range<usize>>) -> Vec<UnusedSign> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut named: Vec<UnusedSign> = Vec::new();
    for range in ranges {
        let (signs, at) = (&text[range.clone()], character(text, range.start));
        match named.iter_mut().find(|known| known.signs == signs) {
            Some(known) => known.at.push(at),
            None => named.push(UnusedSign { signs: signs.to_owned(), at: vec![at] }),
        }
    }
    named
}
