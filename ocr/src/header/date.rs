//! Địa danh and ngày: the line below the motto, the opening of minutes, the line above the signature. A day written
//! with a pen and not surely read is left out of the date, never guessed; dates of "thụ lý" are another court's.

use super::sheet::{Evidence, Row, Sheet};
use super::{ACCEPT, field};
use record::{Field, PartialDate};
use regex::Regex;
use std::sync::LazyLock;

/// Days and months read less surely than this are left open.
const SURE_DIGITS: u8 = 86;
/// The same where the other of the two was hard to read.
const SURE_PEN: u8 = 96;
/// The line below the motto stands above this share of the page.
const HEADER_ZONE: f32 = 0.34;
/// A line wider than this share of the page is running text.
const RUNNING: f32 = 0.62;
/// Lines of minutes in which "Hồi … giờ …, ngày …" opens them.
const OPENING_ROWS: usize = 6;

/// On folded capitals: what stands between the words may be anything that a pen wrote.
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:NGAY|NQAY)\b(?P<day>.{0,14}?)\bTHANG\b(?P<month>.{0,12}?)\bNAM\s*(?P<year>(?:19|2[05-9])\d{2})\b",
    )
    .expect("a fixed pattern")
});
/// `Ngày: 10 - 3 - 2021`.
static STROKES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bNGAY\s*[:.]?\s*(?P<day>\d{1,2})\s*[-/.]\s*(?P<month>\d{1,2})\s*[-/.]\s*(?P<year>(?:19|20)\d{2})\b")
        .expect("a fixed pattern")
});
static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\W*(?:VAO )?(?:HOI|LUC)\b.{0,24}\b(?:GIO|PHUT)\b|^\W*HOM NAY\b|^\W*VAO NGAY\b")
        .expect("a fixed pattern")
});

/// "CÔNG VĂN ĐẾN", "ĐẾN" on the stamp of incoming papers.
static ARRIVAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\W*(?:DEN\b|.*\bVAN DEN\b|SO\b.*\bNGAY\b)").expect("a fixed pattern"));

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) place: Option<Field<String>>,
    pub(super) date: Option<Field<PartialDate>>,
}

/// Place and date of a first page; `title` is where its title begins, `foot` where it ends.
pub(super) fn find(sheet: &Sheet, rows: &[&Row], title: Option<u32>, foot: Option<u32>) -> Found {
    let width = sheet.size.width_px as f32;
    let zone = HEADER_ZONE * sheet.size.height_px as f32;
    let is_head = |row: &&&Row| {
        (row.bbox.top as f32) < zone
            && row.bbox.width() as f32 <= RUNNING * width
            && title.is_none_or(|title| row.bbox.top < title)
            && !row.folded.contains("THU LY")
            && !row.folded.contains("SINH ")
    };
    let mut found = Found::default();
    let head: Vec<&Row> = rows.iter().filter(is_head).copied().collect();
    // the stamp of incoming papers has a number and a date of its own
    let arrived = head.iter().any(|row| ARRIVAL.is_match(&row.folded));
    let in_words = head.iter().any(|row| WRITTEN.is_match(&row.folded));
    for row in head {
        if !WRITTEN.is_match(&row.folded) && (in_words || arrived) {
            continue;
        }
        let Some((date, at)) = dated(sheet, row, "date-line") else { continue };
        if found.place.is_none() {
            found.place = place(sheet, row, at);
        }
        found.date = latest(found.date, date);
    }
    if found.date.is_none() {
        found.date = opening(sheet, rows, foot);
    }
    found
}

/// The date line above a signature, in the right half of the foot of a page.
pub(super) fn above_signature(sheet: &Sheet, rows: &[&Row]) -> Found {
    let (width, height) = (sheet.size.width_px, sheet.size.height_px);
    let is_there = |row: &&&Row| {
        row.bbox.top > height * 2 / 5
            && row.middle() > width / 2
            && row.bbox.width() as f32 <= RUNNING * width as f32
            && !row.folded.contains("THU LY")
    };
    for row in rows.iter().filter(is_there).rev() {
        let starts = row.bare().starts_with("NGAY") || place_end(row).is_some();
        if let Some((date, at)) = dated(sheet, row, "signature-date").filter(|_| starts) {
            return Found { place: place(sheet, row, at), date: Some(date) };
        }
    }
    Found::default()
}

/// Of several dates the latest.
pub(super) fn latest(
    one: Option<Field<PartialDate>>,
    other: Field<PartialDate>,
) -> Option<Field<PartialDate>> {
    match one {
        Some(one) if one.reading().value >= other.reading().value => Some(one),
        _ => Some(other),
    }
}

/// The date in a line, and the byte where its "ngày" begins.
fn dated(sheet: &Sheet, row: &Row, rule: &'static str) -> Option<(Field<PartialDate>, usize)> {
    let c = WRITTEN.captures(&row.folded).or_else(|| STROKES.captures(&row.folded))?;
    let at = |m: regex::Match<'_>| on_text(row, m.start())..on_text(row, m.end());
    let whole = at(c.get_match());
    let (year, certainty) = year_of(c.name("year")?.as_str())?;
    let year_least = row.least(at(c.name("year")?));
    // the number and how surely its figures were read
    let number = |name: &str, most: u8| {
        let m = c.name(name)?;
        let digits = m.as_str().trim();
        let number: u8 = digits.parse().ok().filter(|n| (1..=most).contains(n))?;
        let start = m.start() + m.as_str().find(digits)?;
        Some((number, row.least(on_text(row, start)..on_text(row, start + digits.len()))))
    };
    let (day, month) = (number("day", 31), number("month", 12));
    let fits = |(day, _): &(u8, u8)| month.is_some_and(|(month, _)| *day <= days_in(year, month));
    let day = day.filter(fits);
    // where one of the two is hard to read a pen wrote both, and the other has to be beyond doubt
    let least = [day, month].map(|n| n.map_or(0, |(_, least)| least));
    let wanted = if least[0].min(least[1]) >= SURE_DIGITS { SURE_DIGITS } else { SURE_PEN };
    let month = month.filter(|(_, least)| *least >= wanted).map(|(month, _)| month);
    let day = month.and(day).filter(|(_, least)| *least >= wanted).map(|(day, _)| day);
    let evidence = sheet.evidence_of(&[(row, whole.clone())]);
    let read = (day.is_none() || certainty < 92).then(|| row.text[whole.clone()].to_owned());
    // the year is print; digits in it that were hard to read are still the likeliest
    let trust = certainty.min(if year_least >= 60 { 92 } else { year_least.max(50) });
    let date = PartialDate { year, month, day };
    Some((field(date, read, evidence.places, trust, rule, ACCEPT), whole.start))
}

/// A year and how far to trust it. The dotted zero of typewriters is read as 6, 8 or 9: there is no year 2618, and 2018 is the
/// only one it can be; where a later figure may be such a zero too, a person has to decide.
pub(super) fn year_of(written: &str) -> Option<(u16, u8)> {
    let year: u16 = written.parse().ok()?;
    if year < 2100 {
        return Some((year, 92));
    }
    let doubtful = written[2..].contains(['6', '9']);
    Some((2000 + year % 100, if doubtful { 60 } else { 82 }))
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && !year.is_multiple_of(100)
            || year.is_multiple_of(400) && month == 2 =>
        {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A byte of the folded text in the text.
fn on_text(row: &Row, folded: usize) -> usize {
    let count = row.folded[..folded].chars().count();
    row.text.char_indices().nth(count).map_or(row.text.len(), |(byte, _)| byte)
}

/// Where the place before "ngày" ends: at the last comma or the white before it.
fn place_end(row: &Row) -> Option<usize> {
    let at = row.folded.find("NGAY").map(|at| on_text(row, at))?;
    let before = row.text[..at].trim_end().trim_end_matches([',', '.', ';']).trim_end();
    (!before.is_empty()).then_some(before.len())
}

fn place(sheet: &Sheet, row: &Row, ngay: usize) -> Option<Field<String>> {
    let end = place_end(row)?.min(ngay);
    let text = row.text[..end].trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let named = |word: &&str| word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
    let is_number = row.bare().starts_with("SO") && row.bare().chars().any(|c| c.is_ascii_digit());
    let is_name = !is_number
        && (1..=7).contains(&words.len())
        && words.iter().filter(|w| named(w)).count() * 2 > words.len();
    if !is_name || !text.chars().next().is_some_and(char::is_uppercase) {
        return None;
    }
    let Evidence { places, least, mean } = sheet.evidence_of(&[(row, 0..end)]);
    let trust = if least >= 55 { mean.min(92) } else { mean.min(70) };
    Some(field(text.to_owned(), None, places, trust, "place-line", ACCEPT))
}

/// "Hồi 15 giờ 40 phút, ngày 06 tháng 4 năm 2018" below the title of minutes.
fn opening(sheet: &Sheet, rows: &[&Row], foot: Option<u32>) -> Option<Field<PartialDate>> {
    let foot = foot?;
    let below: Vec<&Row> =
        rows.iter().filter(|row| row.bbox.top >= foot).take(OPENING_ROWS).copied().collect();
    let start = below.iter().position(|row| OPENING.is_match(&row.folded))?;
    // the date may run over the end of the line
    for row in &below[start..below.len().min(start + 2)] {
        if row.folded.contains("THU LY") {
            break;
        }
        if let Some((date, _)) = dated(sheet, row, "minutes-opening") {
            return Some(date);
        }
    }
    let two = below.get(start + 1)?;
    let joined = format!("{} {}", below[start].folded, two.folded);
    let c = WRITTEN.captures(&joined)?;
    let number = |name: &str, most: u8| {
        c.name(name)?.as_str().trim().parse::<u8>().ok().filter(|n| (1..=most).contains(n))
    };
    let (year, certainty) = year_of(c.name("year")?.as_str())?;
    let evidence = sheet.evidence(&[below[start], two]);
    let sure = evidence.least >= SURE_DIGITS;
    let month = number("month", 12).filter(|_| sure);
    let day = number("day", 31).filter(|day| month.is_some_and(|m| *day <= days_in(year, m)));
    let read = day.is_none().then(|| format!("{} {}", below[start].text, two.text));
    let date = PartialDate { year, month, day };
    Some(field(date, read, evidence.places, certainty.min(88), "minutes-opening", ACCEPT))
}

/// Weighs a date against the year inside the number (`19/2021/HS-ST`): where they differ a person has to decide; where
/// there is no date, the year is proposed.
pub(super) fn with_number_year(
    date: Option<Field<PartialDate>>,
    symbol: Option<&Field<String>>,
    year: Option<u16>,
) -> Option<Field<PartialDate>> {
    let Some(year) = year else { return date };
    match date {
        Some(date) if date.reading().value.year == year => Some(date),
        Some(date) => {
            let mut reading = date.reading().clone();
            reading.confidence = reading.confidence.min(60);
            Some(Field::judged(reading, ACCEPT))
        }
        None => {
            let places = symbol.map(|s| s.reading().places.clone()).unwrap_or_default();
            Some(field(PartialDate { year, month: None, day: None }, None, places, 70, "number-year", ACCEPT))
        }
    }
}
