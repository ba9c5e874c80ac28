//! Số, ký hiệu: the line "Số: …" below the issuing body. The number is often written with a pen: then it
//! is only proposed, read as print or as a mark; the symbol is print, and its abbreviations are known.

use super::sheet::{Row, Sheet};
use super::{ACCEPT, field};
use record::{DocType, Field, PxBox};
use regex::Regex;
use std::sync::LazyLock;
use vitext::cer::distance;

/// A line wider than this share of the page is running text.
const RUNNING: f32 = 0.62;

/// A pen's figures are never surer than this: a proposal.
const PEN: u8 = 60;

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) number: Option<Field<String>>,
    pub(super) symbol: Option<Field<String>>,
    /// Top of the line: the issuing body stands above it.
    pub(super) top: Option<u32>,
    /// The year between number and symbol (`19/2021/HS-ST`).
    pub(super) year: Option<u16>,
}

/// On folded capitals. What a pen wrote between "Số:" and the stroke may be read as anything.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^\W{0,3}(?:BAN AN |QUYET DINH )?S[O06]\b\s*[:;.,]?\s*(?P<num>.{0,16}?)\s*/\s*",
        r"(?:(?P<year>(?:19|2[05-9])\d{2})\s*/\s*)?",
        r"(?P<sym>[A-Z][A-Z0-9]{1,11}(?:(?:\s?[-–]\s?)[A-Z][A-Z0-9.]{0,14}){0,4}(?:/[A-Z]{2,8})?)",
    ))
    .expect("a fixed pattern")
});
/// Party and joint style: `129-NQ/BCSĐ`, `01-TANDTC-VKSNDTC/TTLT`.
static REVERSED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\W{0,3}S[O06]\b\s*[:;.,]?\s*(?P<num>\d{1,5})\s*-\s*(?P<sym>[A-Z]{2,8}(?:\s*-\s*[A-Z]{2,8}){0,3}\s*/\s*[A-Z]{2,8})",
    )
    .expect("a fixed pattern")
});
static LABEL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\W{0,3}S[O06]\s*[:;.,]?\W*$").expect("a fixed pattern"));
static PLAIN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\d{1,5}[A-Z]?$").expect("a fixed pattern"));
/// A unit with its number: `VKSKV7`, `PC09`, `TAKV3`, `P1`, `V3`.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:VKSKV|VKSNDKV|VKSQSKV|TAKV|TANDKV|CAX|CAP|PC|PA|PX|KV|P|V|C|T|D)\d{1,2}$")
        .expect("a fixed pattern")
});

/// Abbreviations of types and units in symbols, folded: Nghị định 30/2020, the forms of Quyết định 15/QĐ-VKSTC, of the
/// police and of the courts, and those of the notes on real material.
const KNOWN: &[&str] = &[
    "BB", "BBHC", "BBPT", "BC", "BKL", "CT", "CTR", "CV", "DC", "DA", "GM", "GCN", "GT", "GUQ", "HD", "KH",
    "KHXX", "KL", "KLDT", "KLGD", "KN", "KNPT", "LBBC", "LBTG", "LCCT", "LK", "LKB", "LKX", "LTG", "NQ",
    "PA", "PB", "PC", "PCV", "PG", "QC", "QD", "QDKS", "QDPC", "QDST", "QDPT", "QDXX", "QDXXST", "QDXXPT",
    "QCD", "TB", "TBTL", "TC", "TKTL", "TLPT", "TLST", "TT", "TTLT", "TTR", "YC", "YCDT", "YCBS", "HSST",
    "HSPT", "HS", "DS", "HC", "HNGD", "KDTM", "LD", "ST", "PT", "GDT", "VKS", "VKSTC", "VKSNDTC", "VKSCC",
    "VKSTP", "VKSQS", "VKSND", "TA", "TAND", "TANDTC", "TATP", "CSDT", "ANDT", "CQDT", "CSHS", "CSMT",
    "CSKT", "CA", "CAT", "CATP", "CAH", "KTBC", "KTVA", "KTHS", "HDDG", "HDXX", "HDTP", "UBND", "UBTP",
    "HDND", "VP", "TCCB", "MT", "TK", "NC", "KTTH", "TH", "KNTC", "THA", "THADS", "THAHS", "CTHADS", "BCA",
    "BQP", "BTP", "BNV", "BTC", "CP", "TTG", "QH", "BCSD", "TU", "TW", "DU", "CB", "BTG",
];

/// What else says what the line should say.
#[derive(Clone, Copy, Default)]
pub(super) struct Witnesses<'a> {
    pub(super) doc_type: Option<DocType>,
    /// The number of the issuing khu vực.
    pub(super) region: Option<&'a str>,
    /// The year of the document's date.
    pub(super) year: Option<u16>,
}

/// Reads number and symbol.
pub(super) fn find(sheet: &Sheet, rows: &[&Row], witnesses: Witnesses<'_>) -> Found {
    for (idx, row) in rows.iter().enumerate() {
        // running text cites other papers
        if row.bare().contains("THU LY") || row.bbox.width() as f32 > RUNNING * sheet.size.width_px as f32 {
            continue;
        }
        if let Some(found) = line(sheet, row, None, witnesses) {
            return found;
        }
        // "Số:" alone: a pen's figures parted the line
        if LABEL.is_match(&row.folded)
            && let Some(rest) = rows[idx + 1..].iter().take(3).find(|rest| is_beside(row, rest))
            && let Some(found) = line(sheet, rest, Some(row), witnesses)
        {
            return found;
        }
    }
    Found::default()
}

fn is_beside(label: &Row, rest: &Row) -> bool {
    let overlap = label.bbox.bottom.min(rest.bbox.bottom).saturating_sub(label.bbox.top.max(rest.bbox.top));
    overlap * 2 > label.bbox.height().min(rest.bbox.height()) && rest.bbox.left >= label.bbox.right
}

fn line(sheet: &Sheet, row: &Row, label: Option<&Row>, witnesses: Witnesses<'_>) -> Option<Found> {
    // folded text has as many characters as the text, so ranges are taken over by counting them
    let prefix = label.map_or("", |_| "SO: ");
    let searched = format!("{prefix}{}", row.folded);
    let c = REVERSED.captures(&searched).or_else(|| LINE.captures(&searched))?;
    let chars: Vec<(usize, char)> = row.text.char_indices().collect();
    let byte = |at: usize| {
        let count = searched[..at].chars().count() - prefix.len();
        chars.get(count).map_or(row.text.len(), |(byte, _)| *byte)
    };
    let range = |m: regex::Match<'_>| byte(m.start().max(prefix.len()))..byte(m.end().max(prefix.len()));
    let sym = c.name("sym")?;
    let sym_folded = sym.as_str().trim_end_matches('.');
    let mut at = range(sym);
    at.end -= sym.as_str().len() - sym_folded.len();
    let written: String =
        row.text[at.clone()].split_whitespace().collect::<String>().to_uppercase().replace('–', "-");
    let year = c.name("year").and_then(|m| super::date::year_of(m.as_str()));
    let (symbol, mut corrected, mut trust) = judged(&written, row.least(at.clone()), witnesses);
    // a year that had to be made out is as sure as the date says
    if let Some((year, 0..92)) = year {
        corrected = true;
        trust = trust.min(if witnesses.year == Some(year) { 82 } else { 60 });
    }
    let year = year.map(|(year, _)| year);
    let written_year = c.name("year").map_or("", |m| m.as_str());
    let whole = |symbol: &str| match year {
        Some(year) => format!("{year}/{symbol}"),
        None => symbol.to_owned(),
    };
    let start = c.name("year").map_or(at.start, |m| range(m).start);
    let places = sheet.evidence_of(&[(row, start..at.end)]).places;
    let rule = if corrected { "symbol-list" } else { "number-line" };
    let slash = if written_year.is_empty() { "" } else { "/" };
    let read = corrected.then(|| format!("{written_year}{slash}{written}"));
    let symbol = field(whole(&symbol), read, places, trust, rule, ACCEPT);
    let num = c.name("num").filter(|m| !m.as_str().is_empty());
    let number = num.and_then(|m| {
        let folded: String = m.as_str().split_whitespace().collect();
        if !PLAIN.is_match(&folded) {
            return None;
        }
        let at = range(m);
        let evidence = sheet.evidence_of(&[(row, at.clone())]);
        // print runs on into the stroke; a pen leaves a gap, and then the figures were read as a word of their own
        let pen = row.parts_at(at.end) || label.is_some();
        let trust = if pen { evidence.least.min(75) } else { 86 };
        let value = row.text[at].split_whitespace().collect::<String>();
        Some(field(value, None, evidence.places, trust, "number-line", ACCEPT))
    });
    let number = number.or_else(|| by_pen(sheet, &label.unwrap_or(row).bbox.union(&row.bbox)));
    Some(Found { number, symbol: Some(symbol), top: Some(row.bbox.top), year })
}

/// Figures of a mark in a line that has print for none, as a proposal: the model knows no handwriting.
fn by_pen(sheet: &Sheet, line: &PxBox) -> Option<Field<String>> {
    let is_there = |row: &&Row| {
        let middle = row.bbox.top.midpoint(row.bbox.bottom);
        row.is_pen
            && PLAIN.is_match(&row.folded)
            && (line.left..line.right).contains(&row.middle())
            && (line.top..line.bottom).contains(&middle)
    };
    let row = sheet.rows.iter().find(is_there)?;
    let evidence = sheet.evidence(&[row]);
    Some(field(row.text.clone(), None, evidence.places, evidence.least.min(PEN), "pen-mark", ACCEPT))
}

/// The symbol to give, whether it differs from what is written, and how far to trust it.
fn judged(written: &str, least: u8, witnesses: Witnesses<'_>) -> (String, bool, u8) {
    let Witnesses { doc_type, region, .. } = witnesses;
    let mut parts: Vec<String> = Vec::new();
    let (mut corrected, mut trust) = (false, 92u8);
    for part in written.split('-') {
        let folded = vitext::fold_ascii(part);
        let bare = folded.split('/').next().unwrap_or_default();
        if KNOWN.contains(&bare) {
            parts.push(part.to_owned());
        } else if NUMBERED.is_match(bare) {
            let digits = bare.trim_start_matches(|c: char| !c.is_ascii_digit());
            let of_region = bare.contains("KV");
            match region {
                Some(region) if of_region && digits != region => trust = trust.min(60),
                // nothing else says the number: as sure as it was read
                None if of_region => trust = trust.min(least.max(70)),
                _ => {}
            }
            parts.push(part.to_owned());
        } else if let Some(known) = neighbour(bare, doc_type, parts.is_empty()) {
            corrected = true;
            trust = trust.min(82);
            parts.push(known);
        } else {
            trust = trust.min(least.min(85));
            parts.push(part.to_owned());
        }
    }
    (parts.join("-"), corrected, trust)
}

/// The one abbreviation that a misread one can stand for: the first part against the type of the document; later parts,
/// where exactly one letter was doubled or taken for its twin.
fn neighbour(bare: &str, doc_type: Option<DocType>, first: bool) -> Option<String> {
    let chars: Vec<char> = bare.chars().collect();
    let near = |known: &str| distance(&known.chars().collect::<Vec<_>>(), &chars) == 1;
    if first {
        let expected: &[&str] = match doc_type? {
            DocType::QuyetDinhKhoiToVuAn | DocType::QuyetDinhKhoiToBiCan | DocType::QuyetDinh => &["QĐ"],
            DocType::LenhTamGiam => &["LTG"],
            DocType::KetLuanDieuTra => &["KLĐT", "KL"],
            DocType::KetLuanGiamDinh => &["KL", "KLGĐ"],
            DocType::CaoTrang | DocType::ChiThi => &["CT"],
            DocType::ThongKeTaiLieu => &["TKTL"],
            DocType::BienBanPhienToa => &["BBPT"],
            _ => &[],
        };
        let mut near = expected.iter().filter(|known| near(&vitext::fold_ascii(known)));
        return near.next().map(|known| (*known).to_owned());
    }
    const LATER: &[&str] = &["CSĐT", "ANĐT", "KTBC", "KTHS", "VKSTC", "HNGĐ"];
    let mut near = LATER.iter().filter(|known| bare.len() >= 4 && near(&vitext::fold_ascii(known)));
    match (near.next(), near.next()) {
        (Some(one), None) => Some((*one).to_owned()),
        _ => None,
    }
}
