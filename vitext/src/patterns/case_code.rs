use super::{Found, dates};
use crate::fold::Folded;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Behind "hồ sơ số", "mã hồ sơ", "vụ án số" anything with a figure; behind "hồ sơ" alone a number of several parts.
static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    let kinds = r"(?:ho\s+so|hsva|hsks|vu\s+an|vu\s+viec)";
    let more = r"(?:\s+(?:vu\s+an|vu\s+viec|kiem\s+sat|hinh\s+su|dan\s+su|hanh\s+chinh|luu))*";
    let part = r"[a-z0-9]{1,20}";
    Regex::new(&format!(
        concat!(
            r"(?i)\b(?:(?:ma\s+(?:so\s+)?{kinds}|{kinds}{more}\s+(?:ma\s+so|ma|so|ky\s+hieu))\s*[:.]?\s*",
            r"(?P<code>{part}(?:[/._–-]{part})*)",
            r"|{kinds}{more}\s*:?\s*(?P<long>{part}(?:[/._–-]{part})+))",
        ),
        kinds = kinds,
        more = more,
        part = part,
    ))
    .expect("a fixed pattern")
});
/// Without a word before it: three parts or more with dashes or full stops between, the first of them with a letter.
static SHAPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b[A-Z][A-Za-z0-9]{0,9}(?:(?:(?:[-–]\s?|\s[-–]|\.)[A-Z0-9]{1,10}){2,5}|(?:\s[-–]\s[A-Z0-9]{1,10}){2,5})\b",
    )
    .expect("a fixed pattern")
});

/// Codes of case files named in running text, as written: `hồ sơ số 12/2019/HSST`, `vụ án số 45`, and such as
/// `KV32-2023-HSST-0001` or `H49.64.33.2001.160`, which have a year between and a number at the end, wherever they stand.
pub fn case_codes(text: &str) -> Vec<Found<String>> {
    case_codes_in(&Folded::new(text), text)
}

pub(super) fn case_codes_in(folded: &Folded, text: &str) -> Vec<Found<String>> {
    let has_digit = |part: &str| part.bytes().any(|b| b.is_ascii_digit());
    // `Bìa hồ sơ 11/02/2023` in a list of documents
    let is_date = |part: &str| dates(part).iter().any(|date| date.range == (0..part.len()));
    let mut ranges: Vec<Range<usize>> = LABELLED
        .captures_iter(folded.text())
        .filter_map(|c| c.name("code").or(c.name("long")).map(|code| code.range()))
        .filter(|range| has_digit(&folded.text()[range.clone()]) && !is_date(&folded.text()[range.clone()]))
        .collect();
    let is_known = |found: &Range<usize>, ranges: &[Range<usize>]| {
        ranges.iter().any(|known| known.start < found.end && found.start < known.end)
    };
    for found in SHAPED.find_iter(folded.text()) {
        let parts: Vec<&str> = found.as_str().split(['-', '–', '.']).map(str::trim).collect();
        let is_year = |part: &&str| {
            part.len() == 4
                && (part.starts_with("19") || part.starts_with("20"))
                && part.parse::<u16>().is_ok()
        };
        let ends_with_number = parts.last().is_some_and(|part| has_digit(part));
        if parts[1..].iter().any(is_year) && ends_with_number && !is_known(&found.range(), &ranges) {
            ranges.push(found.range());
        }
    }
    ranges.sort_unstable_by_key(|range| range.start);
    let original = ranges.into_iter().map(|range| folded.original(range));
    original.map(|range| Found { value: text[range.clone()].to_owned(), range }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let found = case_codes(text);
        assert!(found.iter().all(|f| text[f.range.clone()] == f.value), "{found:?}");
        found.into_iter().map(|f| f.value).collect()
    }

    #[test]
    fn codes_behind_their_name() {
        for (text, code) in [
            ("theo hồ sơ số 464/2023. Tại phiên tòa", "464/2023"),
            ("Hồ sơ vụ án hình sự số: 12/2019/HSST ngày", "12/2019/HSST"),
            ("hồ sơ kiểm sát mã HS-Đ01.", "HS-Đ01"),
            ("Mã hồ sơ: HS-2019-7, tập 2", "HS-2019-7"),
            ("vụ án số 45; bị can", "45"),
            ("HSVA 12/2019", "12/2019"),
            ("HỔ SƠ SỐ 7/HSKS", "7/HSKS"),
        ] {
            assert_eq!(found(text), [code], "{text}");
        }
    }

    #[test]
    fn codes_that_look_like_it() {
        for code in
            ["KV32-2023-HSST-0001", "KV32 - 2023 - HSST - 0001", "KV32- 2023-HSST-0001", "H49.64.33.2001.160"]
        {
            assert_eq!(found(&format!("Số: {code} Vụ án: Trộm cắp")), [code]);
            assert_eq!(found(&format!("(xem {code}, BL 45)")), [code]);
        }
        assert_eq!(found("hồ sơ số KV32-2023-HSST-0001"), ["KV32-2023-HSST-0001"], "once");
    }

    #[test]
    fn other_words_and_numbers_are_none() {
        for text in [
            "hồ sơ gồm 15 trang",
            "hồ sơ 15 trang",
            "vụ án xảy ra ngày 12/5/1998",
            "Điều 173 BLHS 2015",
            "TTLT-VKSNDTC-BCA-BQP",
            "Độc lập - Tự do - Hạnh phúc",
            "VIỆN KIỂM SÁT - 2019 - TỔNG KẾT",
            "hồ sơ số liên quan",
            "Bìa hồ sơ 11/02/2023",
        ] {
            assert_eq!(found(text), [] as [&str; 0], "{text}");
        }
    }
}
