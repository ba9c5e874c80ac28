use super::{Found, group};
use crate::fold::{Folded, fold_ascii};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Bút lục named in running text: `BL 45`, `BL 45-47`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolioRange {
    /// As written, lower case: `45`, `45a`.
    pub first: String,
    /// The last of a range.
    pub last: Option<String>,
}

/// What a stamp or hand wrote in the corner of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolioStamp {
    /// The number without leading zeros, with its letter in lower case: `45`, `45a`.
    pub label: String,
    /// Whether "BL" or "Bút lục" stands before it; a bare number may be a page number.
    pub labelled: bool,
    /// Whether a letter was taken for a digit (O for 0, l for 1), so that the reading deserves less trust.
    pub guessed: bool,
}

static CITED: LazyLock<Regex> = LazyLock::new(|| {
    let label = r"(?:BL|(?i:but\s+luc))";
    let number = r"\d{1,6}[A-Za-z]?";
    Regex::new(&format!(
        concat!(
            r"\b{label}\s*[:.]?\s*(?i:tu\s+)?(?i:so\s*[:.]?\s*)?",
            r"(?P<list>{number}(?:(?:\s*(?:,|;|->|[-–—])\s*|\s+(?i:va|den)\s+)(?:{label}\s+)?(?i:so\s+)?{number})*)\b",
        ),
        label = label,
        number = number,
    ))
    .expect("a fixed pattern")
});
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d{1,6}[A-Za-z]?\b").expect("a fixed pattern"));
/// The label and its misreadings. A form that is not plainly "BL" has to be parted from the number, or "B 145" would lose
/// its first digit.
static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(?:(?:(?i:[B8]u[tfl]\s*[L1I|]u[ckoe])|B\s?[.,]?\s?L)[\s:;.,_-]*",
        r"|(?:B\s?[.,]?\s?[1Il|]|8\s?[.,]?\s?[LIl|])[\s:;.,_-]+)",
        r"(?:[Ss5][oO06]\s*[:;.,_-]*\s*)?(?P<digits>[0-9OolI|]{1,6})(?P<letter>[A-Ha-h])?\b",
    ))
    .expect("a fixed pattern")
});
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\W*(?P<digits>[0-9]{1,6})(?P<letter>[A-Ha-h])?\W*$").expect("a fixed pattern")
});

/// Bút lục cited in running text, ranges and lists taken apart: `(BL 45-47, 52a)`, `bút lục từ 45 đến 47 và 52a` give two.
pub fn folio_citations(text: &str) -> Vec<Found<FolioRange>> {
    folio_citations_in(&Folded::new(text))
}

pub(super) fn folio_citations_in(folded: &Folded) -> Vec<Found<FolioRange>> {
    let mut found = Vec::new();
    for cited in CITED.captures_iter(folded.text()) {
        let list = cited.name("list").expect("not optional");
        for (first, last) in parts(folded.text(), list.range()) {
            let label = |range: &Range<usize>| folded.text()[range.clone()].to_ascii_lowercase();
            let end = last.as_ref().map_or(first.end, |last| last.end);
            let value = FolioRange { first: label(&first), last: last.as_ref().map(label) };
            found.push(Found { range: folded.original(first.start..end), value });
        }
    }
    found
}

/// First and last number of each part of a list.
fn parts(text: &str, list: Range<usize>) -> Vec<(Range<usize>, Option<Range<usize>>)> {
    let numbers = NUMBER.find_iter(&text[list.clone()]);
    let numbers: Vec<Range<usize>> = numbers.map(|m| list.start + m.start()..list.start + m.end()).collect();
    let value = |range: &Range<usize>| {
        text[range.clone()].trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<u32>().unwrap_or(0)
    };
    let between = |a: &Range<usize>, b: &Range<usize>| text[a.end..b.start].to_ascii_lowercase();
    let mut parts: Vec<(Range<usize>, Option<Range<usize>>)> = Vec::new();
    for number in numbers {
        // `BL 45, 12/5/1998`: a date begins.
        if is_more(&text[number.end..]) {
            break;
        }
        let Some((first, last)) = parts.last_mut() else {
            parts.push((number, None));
            continue;
        };
        let joined = between(last.as_ref().unwrap_or(first), &number);
        if last.is_none() && (joined.contains(['-', '–', '—']) || joined.contains("den")) {
            *last = Some(number);
            continue;
        }
        // `BL 45 và 2 người khác`, `BL 45, 3 bị can`
        let is_no_higher = value(&number) <= value(last.as_ref().unwrap_or(first));
        if is_no_higher && (joined.contains("va") || counts_something(&text[number.end..])) {
            break;
        }
        parts.push((number, None));
    }
    parts
}

/// What is counted beside bút lục: people, papers, time, money, things.
const COUNTED: [&str; 23] = [
    "bi", "nguoi", "doi", "vu", "ban", "to", "trang", "tap", "quyen", "lan", "ngay", "thang", "nam", "gio",
    "trieu", "nghin", "ty", "dong", "cai", "chiec", "con", "kg", "gam",
];

/// Whether what stands behind a number says what it counts: `3 bị can`.
fn counts_something(behind: &str) -> bool {
    let Some(behind) = behind.strip_prefix(' ') else { return false };
    let word = behind.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    COUNTED.contains(&word)
}

/// Whether what stands behind a number makes it the beginning of another one: `12/5/1998`, `12.500`.
fn is_more(behind: &str) -> bool {
    let mut chars = behind.chars();
    match chars.next() {
        Some('/') => true,
        Some('.') => chars.next().is_some_and(|c| c.is_ascii_digit()),
        _ => false,
    }
}

/// The bút lục in the text read from a stamp or corner: `BL 45`, `Bút lục số: 45a`, with the usual misreadings of the
/// label (`8L`, `BI`, `Bút 1ục`) and of digits; or a bare number that stands alone. The first labelled one counts.
pub fn folio_stamp(text: &str) -> Option<FolioStamp> {
    let text = fold_ascii(text);
    let digit = |c: char| match c {
        'O' | 'o' => '0',
        'l' | 'I' | '|' | 'i' => '1',
        other => other,
    };
    let read = |c: regex::Captures<'_>, labelled: bool| {
        let written = group(&c, "digits");
        let digits: String = written.chars().map(digit).collect();
        let number = digits.trim_start_matches('0');
        let real = written.chars().any(|c| c.is_ascii_digit());
        (real && !number.is_empty()).then(|| FolioStamp {
            label: format!("{number}{}", group(&c, "letter").to_ascii_lowercase()),
            labelled,
            guessed: digits != written,
        })
    };
    let mut labelled = STAMP.captures_iter(&text);
    labelled.find_map(|c| read(c, true)).or_else(|| BARE.captures(&text).and_then(|c| read(c, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(text: &str) -> Option<(String, bool)> {
        folio_stamp(text).map(|s| (s.label, s.labelled))
    }

    #[test]
    fn stamps_are_read_through_misreadings() {
        for text in [
            "BL 45",
            "BL: 45",
            "BL.45",
            "BL45",
            "B.L 45",
            "8L 45",
            "BI 45",
            "Bl 045",
            "BÚT LỤC SỐ: 45",
            "Bút lục: 45",
            "Bút lục\n45",
            "BÚT 1ỤC 45",
            "8ÚT LỤC S6: 45",
            "Bủt lưc số 45",
            "VIỆN KIỂM SÁT\nBL số 45",
            "BL …… 45".replace('…', ".").as_str(),
        ] {
            assert_eq!(stamp(text), Some(("45".into(), true)), "{text:?}");
        }
        assert_eq!(stamp("Bút lục số: 45a"), Some(("45a".into(), true)));
        assert_eq!(stamp("BL 125A"), Some(("125a".into(), true)));
    }

    #[test]
    fn digits_that_look_like_letters_are_marked_as_guessed() {
        let read = folio_stamp("BL 1O5").unwrap();
        assert_eq!((read.label.as_str(), read.guessed), ("105", true));
        assert!(!folio_stamp("BL 105").unwrap().guessed);
        assert_eq!(stamp("BL O"), None);
        assert_eq!(stamp("BL lll"), None, "no digit at all");
    }

    #[test]
    fn a_bare_number_counts_only_alone() {
        assert_eq!(stamp(" 45 "), Some(("45".into(), false)));
        assert_eq!(stamp("- 7b -"), Some(("7b".into(), false)));
        for text in [
            "trang 45 của hồ sơ",
            "45/2019",
            "1234567",
            "",
            "000",
            "Số 45",
            "BLHS 1999",
            "VKS",
            "bị 12 năm",
            "81 45",
            "B 145",
            "SBL 4x",
        ] {
            assert_eq!(stamp(text), None, "{text:?}");
        }
    }

    #[test]
    fn citations_of_folios_are_taken_apart() {
        let text = "lời khai (BL 45-47, 52a; 60), bút lục số 7 và bút lục 81–150, BLHS 1999";
        let found: Vec<_> = folio_citations(text)
            .into_iter()
            .map(|f| (f.value.first, f.value.last, &text[f.range]))
            .collect();
        let one = |n: &str, m: Option<&str>, t| (n.to_owned(), m.map(str::to_owned), t);
        assert_eq!(
            found,
            [
                one("45", Some("47"), "45-47"),
                one("52a", None, "52a"),
                one("60", None, "60"),
                one("7", None, "7"),
                one("81", Some("150"), "81–150"),
            ]
        );
    }

    #[test]
    fn citations_as_people_write_them() {
        let found = |text: &str| -> Vec<String> {
            let found = folio_citations(text).into_iter().map(|f| f.value);
            found.map(|f| f.last.map_or(f.first.clone(), |last| format!("{}-{last}", f.first))).collect()
        };
        for (text, folios) in [
            ("BL: 12, 15", ["12", "15"].as_slice()),
            ("(BL 45 - 47)", &["45-47"]),
            ("BL.45; BL số 46", &["45", "46"]),
            ("bút lục từ 01 đến 14.", &["01-14"]),
            ("từ bút lục 45 đến bút lục 47", &["45-47"]),
            ("BL 45A, 45b và 50", &["45a", "45b", "50"]),
            ("BÚT LỤC SỐ: 7", &["7"]),
            ("BL 45 và 02 bản ảnh", &["45"]),
            ("BL 45, 3 bị can khai", &["45"]),
            ("BL 120, 45 của hồ sơ; BL 9, 8", &["120", "45", "9", "8"]),
            ("BL 120, 45 cho thấy", &["120", "45"]),
            ("BL 45, 12/5/1998", &["45"]),
            ("BL 45; 12.500.000 đồng", &["45"]),
            ("BL 45-46-47", &["45-46", "47"]),
            ("BLHS 1999, BLTTHS 2015, số BLX 4", &[]),
        ] {
            assert_eq!(found(text), folios, "{text}");
        }
    }
}
