//! Cơ quan ban hành and cơ quan cấp trên: the capitals above the number line, left of the motto or below it. A name
//! is accepted where the unit registry has it; anything else is a proposal, as read.

use super::sheet::{Row, Sheet};
use super::units::Units;
use super::{ACCEPT, field};
use record::{Field, UnitName};
use std::ops::Range;
use vitext::cer::distance;

/// The block stands above this share of the page where neither number nor title ends it before.
const HEADER_ZONE: f32 = 0.30;
/// Lines of the block.
const MOST_ROWS: usize = 8;

/// What a unit's name begins with, folded.
const HEADS: &[&str] = &[
    "VIEN KIEM SAT",
    "VIEN CONG TO",
    "TOA AN",
    "CONG AN",
    "CO QUAN",
    "PHONG ",
    "BO ",
    "UY BAN",
    "TRAI ",
    "VAN PHONG",
    "DOI ",
    "CUC ",
    "VU ",
    "THANH TRA",
    "SO ",
    "BAN ",
    "TONG CUC",
    "CHI CUC",
    "VIEN KHOA HOC",
    "VIEN PHAP Y",
    "TRUNG TAM",
    "HOI DONG",
    "DON BIEN PHONG",
    "BO DOI",
    "VKSND",
    "TAND",
    "UBND",
    "THI HANH AN",
    "CHINH PHU",
    "QUOC HOI",
];
/// Bodies that are part of the unit printed above them and named with it.
const PARTS: &[&str] =
    &["CO QUAN CANH SAT", "CO QUAN AN NINH", "CO QUAN DIEU TRA", "PHONG ", "DOI ", "VAN PHONG"];
const MOTTO: [&str; 3] =
    ["CONG HOA XA HOI CHU NGHIA VIET NAM", "DOC LAP - TU DO - HANH PHUC", "DANG CONG SAN VIET NAM"];

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) issuing: Option<Field<UnitName>>,
    pub(super) superior: Option<Field<UnitName>>,
    /// Number of the khu vực in the issuing body's name.
    pub(super) region: Option<String>,
}

/// Whether a row is the motto or the name of the state.
pub(super) fn is_motto(row: &Row) -> bool {
    let bare: Vec<char> = row.bare().chars().filter(char::is_ascii_alphabetic).collect();
    MOTTO.iter().any(|motto| {
        let motto: Vec<char> = motto.chars().filter(char::is_ascii_alphabetic).collect();
        bare.len().abs_diff(motto.len()) <= 6 && distance(&motto, &bare) as usize * 5 <= motto.len()
    })
}

/// The issuing body of a first page; `ends` are the tops of the number line and of the title.
pub(super) fn find(sheet: &Sheet, rows: &[&Row], units: &Units, ends: [Option<u32>; 2]) -> Found {
    let zone = (HEADER_ZONE * sheet.size.height_px as f32) as u32;
    let end = ends.into_iter().flatten().min().unwrap_or(zone).min(sheet.size.height_px * 2 / 5);
    let is_there = |row: &&&Row| {
        row.bbox.bottom <= end + row.bbox.height() / 2
            && row.bbox.left < sheet.size.width_px / 2
            && !is_motto(row)
            && (row.is_capitals() || without_motto(row) < row.text.len())
    };
    let lines: Vec<Part<'_>> =
        rows.iter().filter(is_there).take(MOST_ROWS).map(|row| (*row, 0..without_motto(row))).collect();
    // a new unit begins where a line begins like one; other lines go on with the one before
    let mut named: Vec<Vec<Part<'_>>> = Vec::new();
    for (row, range) in lines {
        let begins = HEADS.iter().any(|head| starts_like(row.bare(), head));
        match named.last_mut() {
            _ if begins => named.push(vec![(row, range)]),
            Some(last) if last.last().is_some_and(|(above, _)| is_under(above, row)) => {
                last.push((row, range))
            }
            _ => {}
        }
    }
    let Some(last) = named.pop() else { return Found::default() };
    let above = named.pop();
    let text = |parts: &[Part<'_>]| {
        parts.iter().map(|(row, range)| row.text[range.clone()].trim()).collect::<Vec<_>>().join(" ")
    };
    let is_part = above.is_some() && PARTS.iter().any(|part| starts_like(last[0].0.bare(), part));
    let superior = above.as_ref().map(|rows| unit(sheet, units, rows, text(rows)));
    let (mut whole, mut rows) = (text(&last), last.clone());
    if is_part && let Some(above) = &above {
        whole = format!("{whole} {}", text(above));
        rows = above.iter().chain(&last).cloned().collect();
    }
    let issuing = unit(sheet, units, &rows, whole);
    let folded = vitext::fold_ascii(&issuing.reading().value.name).to_ascii_lowercase();
    let region = folded
        .split_once("khu vuc ")
        .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    Found { issuing: Some(issuing), superior, region: region.filter(|r| !r.is_empty()) }
}

/// A row and the bytes of its text that count.
type Part<'a> = (&'a Row, Range<usize>);

/// Where the motto begins in a row that was read across both columns; else the row's end.
fn without_motto(row: &Row) -> usize {
    let found = [" CONG HOA XA HOI", " DOC LAP"].iter().filter_map(|start| row.folded.find(start)).min();
    let Some(at) = found else { return row.text.len() };
    let count = row.folded[..at].chars().count();
    row.text.char_indices().nth(count).map_or(row.text.len(), |(byte, _)| byte)
}

/// Whether a text begins like this, in a long beginning with a wrong letter.
fn starts_like(text: &str, start: &str) -> bool {
    let here: Vec<char> = text.chars().take(start.len()).collect();
    let wanted: Vec<char> = start.chars().collect();
    here == wanted || here.len() == wanted.len() && distance(&wanted, &here) as usize * 7 <= wanted.len()
}

fn is_under(above: &Row, row: &Row) -> bool {
    let gap = row.bbox.top.saturating_sub(above.bbox.bottom);
    gap <= above.bbox.height().max(row.bbox.height()) * 3 / 2
        && row.bbox.left < above.bbox.right
        && above.bbox.left < row.bbox.right
}

fn unit(sheet: &Sheet, units: &Units, rows: &[Part<'_>], text: String) -> Field<UnitName> {
    let evidence = sheet.evidence_of(rows);
    match units.find(&text) {
        Some(found) => {
            // a figure in the name is the least sure of it
            let has_figure = found.unit.name.chars().any(|c| c.is_ascii_digit());
            let trust = 94u8.saturating_sub(3 * found.wrong as u8);
            let trust = if has_figure { trust.min(evidence.least.saturating_add(15)) } else { trust };
            let name = UnitName { name: found.unit.name.clone(), unit: Some(found.unit.id.clone()) };
            field(name, Some(text), evidence.places, trust, "unit-registry", ACCEPT)
        }
        None => {
            let name = UnitName { name: text, unit: None };
            field(name, None, evidence.places, evidence.mean.min(70), "agency-block", ACCEPT)
        }
    }
}
