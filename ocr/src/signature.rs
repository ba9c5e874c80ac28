//! Between an office and the printed name below it a signature stands. What was read there is its strokes or the seal's, however
//! much like figures they look: a mark, unless it is a line that says something.

use crate::marks::lexicon;
use crate::pen::{drop_empty, pen_mark};
use crate::turn::is_plausible;
use record::{Block, BlockKind, Line, MarkInk, PageText, PxBox, Word};

/// The name stands within this share of the page's height below the office …
const REACH: f32 = 0.24;
/// … and their middles differ by at most this share of the width.
const COLUMN: f32 = 0.12;
/// A signature reaches this far past office and name on either side, in heights of the office's line.
const PAST: u32 = 2;
/// A rank, or "(Đã ký)": a line of this many words at least that were surely read and can be Vietnamese; of one beside a label's
/// colon or as many figures as a year has.
const LEAST_WORDS: usize = 2;
const LEAST_FIGURES: usize = 4;
const SURE: u8 = 60;

/// Takes the strokes of signatures out of the body and gives them as marks.
pub(crate) fn strokes(text: &mut PageText) -> Vec<Block> {
    let signatures = signatures(text);
    if signatures.is_empty() {
        return Vec::new();
    }
    let is_stroke = |word: &Word| {
        let (x, y) = (word.bbox.left.midpoint(word.bbox.right), word.bbox.top.midpoint(word.bbox.bottom));
        let holds = |gap: &PxBox| (gap.left..gap.right).contains(&x) && (gap.top..gap.bottom).contains(&y);
        signatures.iter().any(|s| holds(&s.gap))
    };
    let mut written = Vec::new();
    for line in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &mut b.lines) {
        let words: Vec<Word> = if signatures.iter().any(|s| s.name == line.bbox) {
            line.words.extract_if(.., |word| is_no_part_of_a_name(word)).collect()
        } else if is_office(line) || is_said(line) {
            continue;
        } else {
            line.words.extract_if(.., |word| is_stroke(word)).collect()
        };
        if words.iter().any(|w| w.text.chars().any(char::is_alphanumeric)) {
            written.push(pen_mark(MarkInk::Other, line.baseline, words));
        }
    }
    drop_empty(text);
    written
}

fn is_no_part_of_a_name(word: &Word) -> bool {
    let has = |of: fn(char) -> bool| word.text.chars().any(of);
    let is_number = has(|c| c.is_ascii_digit()) && word.confidence >= SURE;
    !is_number && !has(char::is_alphabetic)
}

/// Boxes in pixels of the page.
struct Signature {
    /// The room between office and name.
    gap: PxBox,
    /// The line of the name.
    name: PxBox,
}

fn signatures(text: &PageText) -> Vec<Signature> {
    let (width, height) = (text.size.width_px as f32, text.size.height_px as f32);
    let lines: Vec<&Line> =
        text.blocks.iter().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &b.lines).collect();
    let offices = lines.iter().filter(|line| is_office(line));
    let below = |office: &Line| {
        let middle = |b: &PxBox| b.left.midpoint(b.right);
        let office = &office.bbox;
        let is_below = |line: &&&Line| {
            let b = &line.bbox;
            b.top >= office.bottom
                && ((b.top - office.bottom) as f32) < REACH * height
                && (middle(b).abs_diff(middle(office)) as f32) < COLUMN * width
        };
        let named = lines.iter().filter(is_below).filter(|line| is_office(line) || is_name(line));
        let name = named.min_by_key(|line| line.bbox.top).filter(|line| !is_office(line))?.bbox;
        let (past, zone) = (office.height() * PAST, office.union(&name));
        let gap = PxBox {
            left: zone.left.saturating_sub(past),
            top: office.bottom,
            right: zone.right + past,
            bottom: name.top,
        };
        Some(Signature { gap, name })
    };
    offices.filter_map(|office| below(office)).collect()
}

fn is_office(line: &Line) -> bool {
    let said = line.text();
    !said.chars().any(char::is_lowercase) && lexicon::office(&said).is_some()
}

fn is_name(line: &Line) -> bool {
    lexicon::name(line.text().trim_matches(|c: char| !c.is_alphabetic())) >= 2
}

/// Whether somebody wrote this line to be read.
fn is_said(line: &Line) -> bool {
    let letters = |w: &Word| w.text.chars().filter(|c| c.is_alphabetic()).count();
    // VKSND is no syllable
    let is_abbreviation = |w: &Word| letters(w) > 2 && w.text.chars().all(char::is_uppercase);
    let is_word =
        |w: &&Word| w.confidence >= SURE && letters(w) > 1 && (is_plausible(&w.text) || is_abbreviation(w));
    let words = line.words.iter().filter(is_word).count();
    let figures = line.words.iter().flat_map(|w| w.text.chars()).filter(char::is_ascii_digit).count();
    let is_labelled = line.words.iter().any(|w| w.text.ends_with(':'));
    words >= LEAST_WORDS || words == 1 && (figures >= LEAST_FIGURES || is_labelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Block, PageSize, Turn};

    /// Lines of words of the same confidence, each at its left and top.
    fn page(lines: &[(&str, u8, u32, u32)]) -> PageText {
        let line = |&(said, confidence, left, top): &(&str, u8, u32, u32)| {
            let word = |(at, text): (u32, &str)| {
                let left = left + at * 100;
                Word::new(text, PxBox { left, top, right: left + 90, bottom: top + 30 }, confidence)
            };
            let words: Vec<Word> = (0..).zip(said.split(' ')).map(word).collect();
            Line { bbox: PxBox::around(words.iter().map(|w| &w.bbox)), baseline: (0, 0), words }
        };
        let lines: Vec<Line> = lines.iter().map(line).collect();
        let bbox = PxBox::around(lines.iter().map(|l| &l.bbox));
        PageText {
            size: PageSize { width_px: 1654, height_px: 2339, dpi: 200 },
            turn: Turn::Upright,
            blocks: vec![Block { kind: BlockKind::Body, bbox, lines }],
        }
    }

    fn without_strokes(lines: &[(&str, u8, u32, u32)]) -> String {
        let mut text = page(lines);
        strokes(&mut text);
        text.body().replace('\n', " | ")
    }

    #[test]
    fn strokes_between_office_and_name_go() {
        let read = without_strokes(&[
            ("- Lưu: HSVA", 95, 200, 1900),
            ("KT. VIỆN TRƯỞNG", 96, 1000, 1700),
            ("PHÓ VIỆN TRƯỞNG", 96, 1000, 1750),
            ("383 » sử", 80, 950, 1850),
            ("12", 70, 300, 1850),
            ("- Bùi Văn Vinh", 97, 1000, 2050),
        ]);
        assert_eq!(read, "- Lưu: HSVA | KT. VIỆN TRƯỞNG | PHÓ VIỆN TRƯỞNG | 12 | Bùi Văn Vinh");
    }

    #[test]
    fn ranks_and_what_is_typed_instead_of_a_signature_stay() {
        let read = without_strokes(&[
            ("KIỂM SÁT VIÊN", 96, 1000, 1700),
            ("(Đã ký)", 90, 1050, 1800),
            ("Ngày 15/3/2020", 90, 1050, 1850),
            ("Số: 15", 90, 1050, 1900),
            ("Thượng tá", 90, 1050, 2000),
            ("Bùi Văn Vinh", 97, 1000, 2050),
        ]);
        assert_eq!(read, "KIỂM SÁT VIÊN | (Đã ký) | Ngày 15/3/2020 | Số: 15 | Thượng tá | Bùi Văn Vinh");
    }

    #[test]
    fn the_number_of_a_ward_below_its_committee_stays() {
        let read =
            without_strokes(&[("ỦY BAN NHÂN DÂN", 96, 1000, 200), ("Phường Hiệp Thành 3", 96, 1000, 250)]);
        assert_eq!(read, "ỦY BAN NHÂN DÂN | Phường Hiệp Thành 3");
    }

    #[test]
    fn without_a_name_below_nothing_goes() {
        for last in [("15", 80, 1000, 2050), ("Bùi Văn Vinh", 97, 200, 2050)] {
            let read = without_strokes(&[("VIỆN TRƯỞNG", 96, 1000, 1700), ("7", 80, 1050, 1850), last]);
            assert!(read.contains("| 7 |"), "{read}");
        }
    }
}
