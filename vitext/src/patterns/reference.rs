//! Reference keys: one spelling for each date, article of law, document number, cited bút lục, code of a case file and number of an identity
//! card, however a text writes it. What a page refers to is found by comparing keys.
//!
//! | key | stands for |
//! |---|---|
//! | `d:1998-05-12`, `d:1998-05`, `d:1998` | a day, and the month and year that it lies in |
//! | `dieu:173`, `dieu:173/k2`, `dieu:173/k2/diem-b`, `dieu:173/diem-b` | an article, and what of it is cited; a point also without its clause |
//! | `dieu:173@blhs`, `dieu:173@blhs:2015` | the same of a law that is named |
//! | `blhs`, `blhs:2015` | a law, an edition of it |
//! | `so:12/ct-vks-p1`, `so:12` | a document number, and its number alone |
//! | `bl:45`, `bl:45a` | a bút lục cited; of a range each one |
//! | `hs:12/2019/hsst` | a case file, by its code |
//! | `id:001085012345` | a number of căn cước or chứng minh nhân dân |

use super::case_code::case_codes_in;
use super::citation::{Citation, Code, LAW, OF_LAW, citations_in, code_named, letters, numbers};
use super::date::{DateParts, dates, dates_in, days_in};
use super::folio::{FolioRange, folio_citations_in};
use super::identity::id_numbers_in;
use super::number::{DocumentNumber, document_numbers, document_numbers_in};
use super::{Found, group};
use crate::fold::{Folded, fold_ascii, nfc};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Bút lục of a cited range that have a key each; of a longer one only the two ends have.
const MOST_FOLIOS: u64 = 500;
/// The same within all ranges of a text.
const MOST_FOLIOS_OF_A_TEXT: u64 = 5_000;

/// All that a text (NFC) refers to, each with its place. Numbers behind "BL" are bút lục, those behind "CCCD" or "CMND" are of cards, and
/// neither is anything else.
pub fn references(text: &str) -> Vec<Found<String>> {
    let folded = &Folded::new(text);
    let folios = folio_citations_in(folded);
    let cards = id_numbers_in(folded);
    let taken: Vec<Range<usize>> =
        folios.iter().map(|f| f.range.clone()).chain(cards.iter().map(|c| c.range.clone())).collect();
    let is_taken = |range: &Range<usize>| taken.iter().any(|t| t.start < range.end && range.start < t.end);
    let mut found = Vec::new();
    let mut add = |range: Range<usize>, keys: Vec<String>| {
        found.extend(keys.into_iter().map(|value| Found { range: range.clone(), value }));
    };
    let mut add_free = |range: Range<usize>, keys: Vec<String>| {
        if !is_taken(&range) {
            add(range, keys);
        }
    };
    dates_in(folded).into_iter().for_each(|date| add_free(date.range, date_keys(date.value)));
    cited(folded, text).into_iter().for_each(|c| add_free(c.range, citation_keys(&c.value)));
    document_numbers_in(folded, text)
        .into_iter()
        .for_each(|number| add_free(number.range, number_keys(&number.value)));
    case_codes_in(folded, text)
        .into_iter()
        .for_each(|code| add_free(code.range, Vec::from_iter(case_key(&code.value))));
    let mut left = MOST_FOLIOS_OF_A_TEXT;
    folios.into_iter().for_each(|folio| add(folio.range, cited_folio_keys(&folio.value, &mut left)));
    cards.into_iter().for_each(|card| add(card.range, vec![format!("id:{}", card.value)]));
    found
}

/// The key of a bút lục: `045A` is `bl:45a`.
pub fn folio_key(label: &str) -> String {
    let trimmed = label.trim_start_matches('0');
    let number = if trimmed.starts_with(|c: char| c.is_ascii_digit()) { trimmed } else { label };
    format!("bl:{}", number.to_ascii_lowercase())
}

/// The keys of the bút lục from one number to another; `None` if there are too many.
pub fn folio_keys(first: u64, last: u64) -> Option<Vec<String>> {
    let is_short = last.checked_sub(first)? < MOST_FOLIOS;
    is_short.then(|| (first..=last).map(|number| format!("bl:{number}")).collect())
}

/// `left` is how many more keys between ends the text may have.
fn cited_folio_keys(cited: &FolioRange, left: &mut u64) -> Vec<String> {
    let number = |label: &str| {
        label.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<u64>().unwrap_or_default()
    };
    let mut keys = vec![folio_key(&cited.first)];
    let Some(last) = &cited.last else { return keys };
    let (from, to) = (number(&cited.first) + 1, number(last));
    let between = to.saturating_sub(from);
    if between > 0 && between < MOST_FOLIOS && between <= *left {
        *left -= between;
        keys.extend((from..to).map(|number| format!("bl:{number}")));
    }
    keys.push(folio_key(last));
    keys
}

/// The key of a case file by its code: folded, lower case, without white space, every dash a hyphen, numbers without leading zeros.
/// `None` where there is neither letter nor figure.
pub fn case_key(code: &str) -> Option<String> {
    let plain = fold_ascii(&nfc(code)).to_lowercase();
    let plain: String = plain.chars().filter(|c| !c.is_whitespace()).map(hyphen).collect();
    let mut key = String::from("hs:");
    for part in plain.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        let is_number = word.bytes().all(|b| b.is_ascii_digit());
        key += if is_number { word.trim_start_matches('0') } else { word };
        key += &part[word.len()..];
    }
    plain.contains(char::is_alphanumeric).then_some(key)
}

fn hyphen(c: char) -> char {
    if matches!(c, '–' | '—' | '−') { '-' } else { c }
}

/// The key of the number of an identity card, typed with or without spaces, full stops and dashes. `None` if it has not 12 or 9 figures.
pub fn id_key(asked: &str) -> Option<String> {
    let figures: String =
        asked.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '–')).collect();
    let is_number = figures.bytes().all(|b| b.is_ascii_digit()) && matches!(figures.len(), 9 | 12);
    is_number.then(|| format!("id:{figures}"))
}

/// The keys of a date: its own and those of the month and year that it lies in.
pub fn date_keys(date: DateParts) -> Vec<String> {
    let DateParts { year, month, day } = date;
    let mut keys = vec![format!("d:{year:04}")];
    if let Some(month) = month {
        keys.push(format!("d:{year:04}-{month:02}"));
        keys.extend(day.map(|day| format!("d:{year:04}-{month:02}-{day:02}")));
    }
    keys
}

/// The keys of a document number written alone (`12/CT-VKS-P1`); none if it is no such number.
pub fn keys_of_number(number: &str) -> Vec<String> {
    whole_number(number).map_or_else(Vec::new, |number| number_keys(&number))
}

/// The key to look a document number up by: `12/CT-VKS-P1`, or `12` whatever its symbol. `None` if it is neither.
pub fn number_key(asked: &str) -> Option<String> {
    let asked = asked.trim();
    let digits = asked.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number && asked.len() - digits.len() <= 1 {
        return Some(format!("so:{}", asked.trim_start_matches('0').to_ascii_lowercase()));
    }
    Some(format!("so:{}", whole_number(asked)?.key()))
}

/// The key to look an article up by: `173`, `173a`, `173/k2`, `173/k2/diem-b`, `173/diem-b`, `173 BLHS 2015`,
/// `điểm b khoản 2 Điều 173 BLHS`, or a law alone, `BLHS 2015`. `None` if it is none of these, or cites more than one point or clause.
pub fn article_key(asked: &str) -> Option<String> {
    static SHORT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^(?P<article>\d{1,3}[a-z]?)(?:/(?:k|khoan-)(?P<clause>\d{1,2}))?(?:/diem-(?P<point>[a-z]))?$")
            .expect("a fixed pattern")
    });
    static LAW_ALONE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(&format!("(?i)^{LAW}$")).expect("a fixed pattern"));
    let asked = asked.trim();
    let folded = Folded::new(asked);
    let citation = if let Some(c) = SHORT.captures(folded.text()) {
        let point = c.name("point").map_or("", |m| &asked[folded.original(m.range())]);
        Citation {
            article: group(&c, "article").to_ascii_lowercase(),
            clauses: numbers(group(&c, "clause")),
            points: letters(point),
            code: None,
            year: None,
        }
    } else if let Some(c) = LAW_ALONE.captures(folded.text()) {
        let law = law_key(code_named(group(&c, "law"))?);
        return Some(c.name("year").map_or(law.to_owned(), |year| format!("{law}:{}", year.as_str())));
    } else {
        let whole = if asked.starts_with(|c: char| c.is_ascii_digit()) {
            format!("Điều {asked}")
        } else {
            asked.to_owned()
        };
        let mut found = cited(&Folded::new(&whole), &whole);
        let one = found.pop().filter(|one| one.range == (0..whole.len()))?;
        one.value
    };
    let is_one = citation.clauses.len() <= 1 && citation.points.len() <= 1;
    is_one.then(|| narrowest(&citation))
}

/// Days from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateSpan {
    first: Day,
    last: Day,
}

type Day = (u16, u8, u8);

const FIRST_YEAR: u16 = 1900;
const LAST_YEAR: u16 = 2099;

impl DateSpan {
    /// From a day, month or year as [`dates`] reads them, or `12/5/1998`, `5/1998`, `1998`, `1998-05-12`, `1998-05`, or from two of them
    /// with `..` between, one of which may be missing. `None` for what is no date or ends before it begins.
    pub fn parse(asked: &str) -> Option<Self> {
        let one = |text: &str| date(text).map(Self::of);
        let span = match asked.split_once("..") {
            None => one(asked)?,
            Some((first, last)) if !(first.trim().is_empty() && last.trim().is_empty()) => {
                let open = |text: &str, bound| if text.trim().is_empty() { Some(bound) } else { one(text) };
                let year = |year| Self::of(DateParts { year, month: None, day: None });
                Self { first: open(first, year(FIRST_YEAR))?.first, last: open(last, year(LAST_YEAR))?.last }
            }
            Some(_) => return None,
        };
        (span.first <= span.last).then_some(span)
    }

    fn of(date: DateParts) -> Self {
        let DateParts { year, month, day } = date;
        let last_month = month.unwrap_or(12);
        Self {
            first: (year, month.unwrap_or(1), day.unwrap_or(1)),
            last: (year, last_month, day.unwrap_or_else(|| days_in(year, last_month))),
        }
    }

    fn holds(&self, first: Day, last: Day) -> bool {
        self.first <= first && last <= self.last
    }

    fn meets(&self, first: Day, last: Day) -> bool {
        self.first <= last && first <= self.last
    }

    /// The keys of the dates that lie wholly within: of the longest years, months and days.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for year in self.first.0..=self.last.0 {
            if self.holds((year, 1, 1), (year, 12, 31)) {
                keys.push(format!("d:{year:04}"));
                continue;
            }
            for month in 1..=12 {
                let days = days_in(year, month);
                let (first, last) = ((year, month, 1), (year, month, days));
                if self.holds(first, last) {
                    keys.push(format!("d:{year:04}-{month:02}"));
                } else if self.meets(first, last) {
                    let within =
                        (1..=days).filter(|day| self.meets((year, month, *day), (year, month, *day)));
                    keys.extend(within.map(|day| format!("d:{year:04}-{month:02}-{day:02}")));
                }
            }
        }
        keys
    }
}

/// One date and nothing else.
fn date(text: &str) -> Option<DateParts> {
    static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:(?P<y>\d{4})(?:-(?P<m>\d{1,2})(?:-(?P<d>\d{1,2}))?)?",
            r"|(?:(?P<d2>\d{1,2})[-/.])?(?P<m2>\d{1,2})[-/.](?P<y2>\d{4}))$",
        ))
        .expect("a fixed pattern")
    });
    let text = text.trim();
    if let Some(c) = PLAIN.captures(text) {
        let any = |a: &str, b: &str| c.name(a).or(c.name(b)).and_then(|m| m.as_str().parse::<u16>().ok());
        let part = |a, b| any(a, b).map(|n| n as u8);
        let date = DateParts { year: any("y", "y2")?, month: part("m", "m2"), day: part("d", "d2") };
        return Some(date).filter(|d| (FIRST_YEAR..=LAST_YEAR).contains(&d.year) && d.is_possible());
    }
    let found = dates(text).pop()?;
    (found.range == (0..text.len())).then_some(found.value)
}

/// A document number and nothing else.
fn whole_number(text: &str) -> Option<DocumentNumber> {
    let text = text.trim();
    // symbols are capitals, but who looks for one may not press Shift
    let text = if document_numbers(text).is_empty() { text.to_uppercase() } else { text.to_owned() };
    let found = document_numbers(&text).pop()?;
    (found.range == (0..text.len())).then_some(found.value)
}

fn number_keys(number: &DocumentNumber) -> Vec<String> {
    let alone = number.number.trim_start_matches('0').to_ascii_lowercase();
    vec![format!("so:{}", number.key()), format!("so:{alone}")]
}

fn law_key(code: Code) -> &'static str {
    match code {
        Code::Criminal => "blhs",
        Code::CriminalProcedure => "bltths",
        Code::Civil => "blds",
        Code::CivilProcedure => "blttds",
        Code::AdministrativeProcedure => "ltthc",
    }
}

fn law_of(citation: &Citation) -> Option<(&'static str, Option<String>)> {
    let law = law_key(citation.code?);
    Some((law, citation.year.map(|year| format!("{law}:{year}"))))
}

fn citation_keys(citation: &Citation) -> Vec<String> {
    let article = format!("dieu:{}", citation.article);
    let clauses = citation.clauses.iter().map(|clause| format!("{article}/k{clause}"));
    let mut keys: Vec<String> = std::iter::once(article.clone()).chain(clauses).collect();
    let points = |place: &String| {
        citation.points.iter().map(|point| format!("{place}/diem-{point}")).collect::<Vec<_>>()
    };
    let of_points: Vec<String> = keys.iter().flat_map(points).collect();
    keys.extend(of_points);
    if let Some((law, edition)) = law_of(citation) {
        let laws: Vec<String> = std::iter::once(law.to_owned()).chain(edition).collect();
        let of_law = |key: &String| laws.iter().map(|law| format!("{key}@{law}")).collect::<Vec<_>>();
        let of_laws: Vec<String> = keys.iter().flat_map(of_law).collect();
        keys.extend(of_laws);
        keys.extend(laws);
    }
    keys
}

/// The key of all that the citation says.
fn narrowest(citation: &Citation) -> String {
    let mut key = format!("dieu:{}", citation.article);
    citation.clauses.iter().for_each(|clause| key += &format!("/k{clause}"));
    citation.points.iter().for_each(|point| key += &format!("/diem-{point}"));
    if let Some((law, edition)) = law_of(citation) {
        key += &format!("@{}", edition.as_deref().unwrap_or(law));
    }
    key
}

/// Citations in both orders: `điểm b khoản 2 Điều 173` and `Điều 173 khoản 2 điểm b`.
fn cited(folded: &Folded, text: &str) -> Vec<Found<Citation>> {
    static TAIL: LazyLock<Regex> = LazyLock::new(|| {
        let place = concat!(
            r"(?i)^\s*,?\s*khoan\s+(?P<clauses>\d{1,2}(?:\s*(?:,|\bva\b)\s*\d{1,2})*)\b",
            r"(?:\s*,?\s*diem\s+(?P<points>[a-z]\b(?:\s*(?:,|\bva\b)\s*[a-z]\b)*))?",
        );
        Regex::new(&format!("{place}{}", *OF_LAW)).expect("a fixed pattern")
    });
    let mut found = citations_in(folded, text);
    for idx in 0..found.len() {
        let next = found.get(idx + 1).map_or(text.len(), |next| next.range.start);
        let Found { range, value } = &mut found[idx];
        if !value.clauses.is_empty() || !value.points.is_empty() || next < range.end {
            continue;
        }
        let behind = &text[range.end..next];
        let folded = Folded::new(behind);
        let Some(c) = TAIL.captures(folded.text()) else { continue };
        value.clauses = numbers(group(&c, "clauses"));
        value.points = letters(c.name("points").map_or("", |m| &behind[folded.original(m.range())]));
        if value.code.is_none() {
            value.code = c.name("law").and_then(|m| code_named(m.as_str()));
            value.year = value.year.or_else(|| group(&c, "year").parse().ok());
        }
        range.end += folded.original(c.get_match().range()).end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        references(text).into_iter().map(|found| found.value).collect()
    }
    fn has(text: &str, key: &str) -> bool {
        keys(text).iter().any(|k| k == key)
    }

    #[test]
    fn a_date_is_one_however_it_is_written() {
        for text in [
            "12/5/1998",
            "ngày 12 tháng 5 năm 1998",
            "Ngày: 12 - 05 - 1998",
            "12.5.1998",
            "NGÀY 12 THẢNG 5 NĂM 1998",
        ] {
            assert_eq!(keys(text), ["d:1998", "d:1998-05", "d:1998-05-12"], "{text}");
        }
        assert_eq!(keys("tháng 5/1998"), ["d:1998", "d:1998-05"]);
        assert_eq!(keys("năm 1998"), ["d:1998"]);
    }

    #[test]
    fn articles_in_both_orders() {
        let charged =
            "về tội Trộm cắp tài sản quy định tại điểm b, c khoản 2 Điều 173 Bộ luật Hình sự năm 2015";
        for key in [
            "dieu:173",
            "dieu:173/k2",
            "dieu:173/k2/diem-b",
            "dieu:173/k2/diem-c@blhs:2015",
            "dieu:173/diem-b",
            "dieu:173/diem-c@blhs:2015",
            "dieu:173@blhs",
            "blhs",
            "blhs:2015",
        ] {
            assert!(has(charged, key), "{key}: {:?}", keys(charged));
        }
        assert!(!has(charged, "dieu:173/k1") && !has(charged, "dieu:2"));
        let turned = "áp dụng Điều 138, khoản 2, điểm đ BLHS 1999; Điều 46";
        for key in ["dieu:138/k2/diem-đ", "dieu:138/k2/diem-đ@blhs:1999", "dieu:46"] {
            assert!(has(turned, key), "{key}: {:?}", keys(turned));
        }
        let list = "Điều 51, khoản 2 Điều 52 BLTTHS";
        assert!(has(list, "dieu:52/k2@bltths") && !has(list, "dieu:51/k2"), "{:?}", keys(list));
    }

    #[test]
    fn document_numbers_and_folios_stay_apart() {
        let text = "Theo Cáo trạng số 012/CT-VKS-P1 ngày 3/4/2019 và lời khai (BL 197-202, 45)";
        assert!(has(text, "so:12/ct-vks-p1") && has(text, "so:12"));
        assert!(
            keys(text)
                .iter()
                .all(|key| key.starts_with("bl:") || !key.contains("197") && !key.contains("202")),
            "{:?}",
            keys(text)
        );
        for key in ["bl:197", "bl:200", "bl:202", "bl:45"] {
            assert!(has(text, key), "{key}: {:?}", keys(text));
        }
        assert_eq!(
            keys("BL 12-5, BL: 3-4; bút lục 8–10"),
            ["bl:12", "bl:5", "bl:3", "bl:4", "bl:8", "bl:9", "bl:10"]
        );
        assert!(has("số 01-TANDTC-VKSNDTC/TTLT", "so:1/tandtc-vksndtc/ttlt"));
    }

    #[test]
    fn ranges_of_folios_have_a_key_each_within_bounds() {
        assert_eq!(keys("(BL 045-047, 52A)"), ["bl:45", "bl:46", "bl:47", "bl:52a"]);
        assert_eq!(keys("BL 125a-127"), ["bl:125a", "bl:126", "bl:127"]);
        assert_eq!(["0", "00a", "007"].map(folio_key), ["bl:0", "bl:00a", "bl:7"]);
        assert_eq!(keys("BL 1-501").len(), 501);
        assert_eq!(keys("BL 1-502"), ["bl:1", "bl:502"]);
        let many = (0..40).map(|n| format!("BL {}-{};", n * 1000 + 1, n * 1000 + 500)).collect::<String>();
        assert!(keys(&many).len() <= 5_000 + 80);
        assert!(has(&many, "bl:39001") && has(&many, "bl:39500"), "ends are kept");
        assert_eq!(folio_keys(45, 47).unwrap(), ["bl:45", "bl:46", "bl:47"]);
        assert_eq!(
            (folio_keys(1, 500).unwrap().len(), folio_keys(1, 501), folio_keys(2, 1)),
            (500, None, None)
        );
        assert!(has("BL 45, 12/5/1998", "d:1998-05-12"), "a date behind a bút lục is a date");
    }

    #[test]
    fn case_files_and_cards_have_one_key_however_they_are_written() {
        for code in ["KV7-2019-HSST-0001", "kv7–2019–hsst–1", " KV7 - 2019 - HSST - 01 "] {
            assert_eq!(case_key(code).unwrap(), "hs:kv7-2019-hsst-1", "{code}");
        }
        assert_eq!(case_key("012/2019/HSST"), case_key("12/2019/hsst"));
        assert_eq!((case_key("HS-Đ"), case_key("–")), (Some("hs:hs-d".into()), None));
        assert!(has("theo hồ sơ số 012/2019/HSST", "hs:12/2019/hsst"));
        assert!(has("Số: KV7 - 2019 - HSST - 0001", "hs:kv7-2019-hsst-1"));
        for card in ["001085012345", "001 085 012 345", "001.085.012.345"] {
            assert_eq!(id_key(card).unwrap(), "id:001085012345", "{card}");
            assert_eq!(keys(&format!("CCCD số {card}")), ["id:001085012345"], "{card}");
        }
        for bad in ["", "12345678", "0123456789", "01234567a", "1/2345678"] {
            assert_eq!(id_key(bad), None, "{bad}");
        }
        assert_eq!(keys("CMND: 012.051.998"), ["id:012051998"], "no date, where a card is");
    }

    #[test]
    fn what_is_asked_has_the_key_of_what_is_written() {
        assert_eq!(number_key("12/CT-VKS-P1").unwrap(), "so:12/ct-vks-p1");
        assert_eq!(number_key("012/ct-vks-p1").unwrap(), "so:12/ct-vks-p1");
        assert_eq!(number_key("12").unwrap(), "so:12");
        assert_eq!(number_key("045A").unwrap(), "so:45a");
        assert_eq!(number_key("590/QĐ-VKSTC-V3").unwrap(), "so:590/qd-vkstc-v3");
        for bad in ["", "x", "12/", "12-", "123456", "12/CT và gì nữa", "ab/cd"] {
            assert_eq!(number_key(bad), None, "{bad}");
        }
        for (asked, key) in [
            ("173", "dieu:173"),
            ("134a", "dieu:134a"),
            ("173/k2", "dieu:173/k2"),
            ("173/k2/diem-đ", "dieu:173/k2/diem-đ"),
            ("173/diem-b", "dieu:173/diem-b"),
            ("điểm b khoản 2 Điều 173", "dieu:173/k2/diem-b"),
            ("Điều 173 khoản 2 điểm b", "dieu:173/k2/diem-b"),
            ("khoan 2 dieu 173 blhs 2015", "dieu:173/k2@blhs:2015"),
            ("173 BLHS", "dieu:173@blhs"),
            ("BLHS 1999", "blhs:1999"),
            ("Bộ luật Tố tụng hình sự", "bltths"),
            ("luat hinh su nam 2015", "blhs:2015"),
            ("Luật Tố tụng hành chính", "ltthc"),
            ("BLTTDS, 2015", "blttds:2015"),
            ("điểm b Điều 173", "dieu:173/diem-b"),
        ] {
            assert_eq!(article_key(asked).as_deref(), Some(key), "{asked}");
        }
        for bad in ["", "x", "173/", "173/2", "khoản 1, 2 Điều 3", "Điều 3 và Điều 4", "1734", "luật lệ"]
        {
            assert_eq!(article_key(bad), None, "{bad}");
        }
        for other in [
            "Luật Thương mại",
            "Luật Tố cáo",
            "Luật Trẻ em",
            "Luật Thi hành án hình sự",
            "Luật Hành chính 2015",
            "Điều 3 Luật Thương mại",
            "173 Luật Thi hành án hình sự",
            "hình sự",
        ] {
            assert_eq!(article_key(other), None, "{other}: no code that is read");
        }
    }

    #[test]
    fn spans_are_covered_by_years_months_and_days() {
        let keys = |asked: &str| DateSpan::parse(asked).unwrap().keys();
        assert_eq!(keys("12/5/1998"), ["d:1998-05-12"]);
        assert_eq!(keys("1998-05-12"), ["d:1998-05-12"]);
        assert_eq!(keys("5/1998"), ["d:1998-05"]);
        assert_eq!(keys("ngày 12 tháng 5 năm 1998"), ["d:1998-05-12"]);
        assert_eq!(keys("1998..2000-02"), ["d:1998", "d:1999", "d:2000-01", "d:2000-02"]);
        assert_eq!(
            keys("27/2/2000..1/3/2000"),
            ["d:2000-02-27", "d:2000-02-28", "d:2000-02-29", "d:2000-03-01"]
        );
        assert_eq!(keys("2098.."), ["d:2098", "d:2099"]);
        assert_eq!(keys("..1901-01"), ["d:1900", "d:1901-01"]);
        for bad in [
            "",
            "..",
            "1998..1997",
            "31/4/1998",
            "13/1998",
            "98",
            "1898",
            "12/5",
            "hôm qua",
            "1998...1999",
            "1/2/3/1998",
        ] {
            assert_eq!(DateSpan::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "Căn cứ Điều 173, khoản 2 của luật";
        let found = references(text);
        assert!(found.iter().all(|f| &text[f.range.clone()] == "Điều 173, khoản 2"), "{found:?}");
    }
}
