//! The signer: rank lines of capitals in the right half ("KT. VIỆN TRƯỞNG", "PHÓ VIỆN TRƯỞNG"), and below them, in the
//! same column, the name.

use super::names::{self, Name};
use super::sheet::{Row, Sheet};
use super::{ACCEPT, field};
use crate::marks::lexicon;
use record::{Field, Signer};

/// Rank lines begin like these, folded.
const OFFICES: &[&str] = &[
    "VIEN TRUONG",
    "PHO VIEN TRUONG",
    "THU TRUONG",
    "PHO THU TRUONG",
    "CHANH AN",
    "PHO CHANH AN",
    "KIEM SAT VIEN",
    "DIEU TRA VIEN",
    "CAN BO DIEU TRA",
    "THAM PHAN",
    "GIAM DINH VIEN",
    "GIAM DOC",
    "PHO GIAM DOC",
    "CHU TICH",
    "PHO CHU TICH",
    "TRUONG PHONG",
    "PHO TRUONG PHONG",
    "CHANH VAN PHONG",
    "PHO CHANH VAN PHONG",
    "VU TRUONG",
    "PHO VU TRUONG",
    "CUC TRUONG",
    "PHO CUC TRUONG",
    "TRUONG CONG AN",
    "PHO TRUONG CONG AN",
    "DOI TRUONG",
    "PHO DOI TRUONG",
    "NGUOI GHI BIEN BAN",
    "NGUOI LAP BIEN BAN",
    "CHAP HANH VIEN",
    "CHI CUC TRUONG",
    "TRUONG BAN",
    "KIEM TRA VIEN",
    "THU KY PHIEN TOA",
    "NGUOI LAP",
    "BO TRUONG",
    "THU TUONG",
    "CHU TOA",
    "HOI THAM",
];
/// What speaks for somebody else, folded.
const AUTHORITY: &[&str] = &["KT.", "KT ", "TUQ", "TM.", "TM ", "TL.", "TL ", "Q.", "UQ."];
/// Ranks before a name, folded.
const RANKS: &[&str] = &[
    "DAI TUONG",
    "THUONG TUONG",
    "TRUNG TUONG",
    "THIEU TUONG",
    "DAI TA",
    "THUONG TA",
    "TRUNG TA",
    "THIEU TA",
    "DAI UY",
    "THUONG UY",
    "TRUNG UY",
    "THIEU UY",
    "KIEM SAT VIEN SO CAP",
    "KIEM SAT VIEN TRUNG CAP",
    "KIEM SAT VIEN CAO CAP",
    "KIEM TRA VIEN CAO CAP",
    "THAM TRA VIEN CAO CAP",
];
/// The name stands within this share of the page's height below the rank.
const REACH: f32 = 0.24;
/// Middles of rank and name differ by at most this share of the width.
const COLUMN: f32 = 0.12;

/// The signer on a page, from its lowest signature in the right half.
pub(super) fn find(sheet: &Sheet) -> Option<Field<Signer>> {
    let (width, height) = (sheet.size.width_px as f32, sheet.size.height_px as f32);
    let right = |row: &Row| row.middle() as f32 > 0.5 * width;
    let offices: Vec<&Row> = sheet
        .rows
        .iter()
        .filter(|row| right(row) && (row.bbox.width() as f32) < 0.5 * width && is_office(row))
        .collect();
    let Some(lowest) = offices.iter().map(|row| row.bbox.top).max() else { return beside_receivers(sheet) };
    let last = *offices.iter().find(|row| row.bbox.top == lowest)?;
    let in_column = |row: &Row| (row.middle().abs_diff(last.middle()) as f32) < COLUMN * width;
    // rank lines right above it belong to it
    let mut ranks: Vec<&Row> = vec![last];
    for row in offices.iter().rev().filter(|row| row.bbox.top < lowest && in_column(row)) {
        let first = ranks.first().expect("one at least").bbox;
        if first.top.saturating_sub(row.bbox.bottom) < first.height() * 2 {
            ranks.insert(0, row);
        }
    }
    let below = |row: &&Row| {
        row.bbox.top >= last.bbox.bottom.saturating_sub(last.bbox.height() / 4)
            && (row.bbox.top as f32) < last.bbox.bottom as f32 + REACH * height
            && in_column(row)
    };
    let names = sheet.rows.iter().filter(below).filter_map(|row| Some((row, name_of(row)?)));
    let Some((row, (name, rank))) = names.max_by_key(|(row, _)| row.bbox.top) else {
        return beside_receivers(sheet);
    };
    let is_authority = |row: &Row| AUTHORITY.iter().any(|a| row.bare().starts_with(a));
    let authority = ranks.iter().find(|row| is_authority(row)).copied();
    let title = ranks.iter().rev().find(|row| !is_authority(row)).copied();
    let offices: Vec<&Row> = authority.into_iter().chain(title).collect();
    let is_as_printed = offices.iter().all(|row| office(row) == trimmed(&row.text));
    let read =
        (!is_as_printed).then(|| offices.iter().map(|row| row.text.as_str()).collect::<Vec<_>>().join(", "));
    let (authority, title) = (authority.map(office), title.map(office));
    let mut rows = ranks.clone();
    let above = rank.is_none().then(|| rank_above(sheet, row)).flatten();
    let rank = rank.or_else(|| above.map(|row| trimmed(&row.text)));
    rows.extend(above);
    rows.push(row);
    let evidence = sheet.evidence(&rows);
    let of_name = sheet.evidence(&[row]);
    let trust = match (name.is_known, row.is_mark) {
        (true, false) => of_name.mean.min(92).min(of_name.least.saturating_add(20)),
        (true, true) => of_name.mean.min(84).min(of_name.least.saturating_add(10)),
        (false, _) => of_name.mean.min(70),
    };
    let signer = Signer { authority, title, name: name.text, rank };
    Some(field(signer, read, evidence.places, trust, "signature-block", ACCEPT))
}

/// A rank on a row of its own, right above the name.
fn rank_above<'s>(sheet: &'s Sheet, name: &Row) -> Option<&'s Row> {
    let height = name.bbox.height();
    let is_there = |row: &&Row| {
        row.bbox.bottom <= name.bbox.top + height / 3
            && name.bbox.top.saturating_sub(row.bbox.bottom) < height
            && row.bbox.left < name.bbox.right
            && name.bbox.left < row.bbox.right
    };
    let is_rank = |row: &&Row| {
        let bare = row.bare();
        RANKS.iter().any(|rank| rank.len().abs_diff(bare.len()) <= 2 && near_start(bare, rank))
    };
    sheet.rows.iter().filter(is_there).find(is_rank)
}

/// Where a seal hides the rank: a name alone in the right half, right of "Nơi nhận" or below it; a proposal.
fn beside_receivers(sheet: &Sheet) -> Option<Field<Signer>> {
    let receivers = sheet.body().filter(|row| row.bare().starts_with("NOI NHAN")).last()?;
    let (width, height) = (sheet.size.width_px, sheet.size.height_px as f32);
    let reach = receivers.bbox.bottom + (REACH * height) as u32;
    let is_there = |row: &&Row| {
        row.bbox.top >= receivers.bbox.bottom && row.bbox.top < reach && row.bbox.left > width / 2
    };
    let mut names = sheet.rows.iter().filter(is_there).filter_map(|row| Some((row, name_of(row)?)));
    let (row, (name, rank)) = names.by_ref().filter(|(_, (name, _))| name.is_known).last()?;
    let evidence = sheet.evidence(&[row]);
    let signer = Signer { authority: None, title: None, name: name.text, rank };
    Some(field(signer, None, evidence.places, evidence.mean.min(70), "name-beside-receivers", ACCEPT))
}

/// An office as it is written, where the row differs from it in marks alone (THẨM is read THẤM); else as read.
fn office(row: &Row) -> String {
    let said = trimmed(&row.text);
    let letters = |text: &str| -> String {
        vitext::fold_ascii(text)
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_uppercase()
    };
    lexicon::office(&said).filter(|known| letters(known) == letters(&said)).unwrap_or(said)
}

fn trimmed(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

fn is_office(row: &Row) -> bool {
    let bare = row.bare();
    let spoken = AUTHORITY.iter().any(|a| bare.starts_with(a));
    row.is_capitals() && (spoken || OFFICES.iter().any(|office| near_start(bare, office)))
}

/// Whether a text begins like a word list, with one wrong letter in eight.
fn near_start(text: &str, start: &str) -> bool {
    let here: Vec<char> = text.chars().take(start.len()).collect();
    let wanted: Vec<char> = start.chars().collect();
    here == wanted
        || (here.len() == wanted.len() && vitext::cer::distance(&wanted, &here) as usize * 8 <= wanted.len())
}

/// A row that is a name and nothing else, a rank before it parted off.
fn name_of(row: &Row) -> Option<(Name, Option<String>)> {
    let text = row.text.trim_matches(|c: char| !c.is_alphanumeric());
    let folded = vitext::fold_ascii(text).to_ascii_uppercase();
    for rank in RANKS {
        if let Some(rest) = folded.strip_prefix(rank)
            && rest.starts_with([' ', ':', '.'])
        {
            let count = rank.chars().count();
            let at = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
            let name = names::whole(text[at..].trim_start_matches([' ', ':', '.']))?;
            return Some((name, Some(text[..at].to_owned())));
        }
    }
    Some((names::whole(text)?, None))
}
