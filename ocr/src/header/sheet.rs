//! A page as the rules see it: upright rows with folded text, bounded in number and length, that can say where on the
//! page as displayed a part of them stands.

use record::{BlockKind, Mark, MarkKind, PageNo, PageSize, PageText, Place, PxBox, Turn};
use std::ops::Range;
use vitext::{Folded, fold_ascii};

/// Rows looked at; a page of print has 60, of a table a few hundred.
const MOST_ROWS: usize = 1_500;
/// Bytes of one row looked at.
const LONGEST_ROW: usize = 800;
/// Bytes of running text looked at on a page.
const LONGEST_FLOW: usize = 60_000;

/// One page.
pub(super) struct Sheet {
    pub(super) no: PageNo,
    /// Of the upright page.
    pub(super) size: PageSize,
    turn: Turn,
    pub(super) rows: Vec<Row>,
}

/// One line.
pub(super) struct Row {
    pub(super) is_mark: bool,
    /// A mark that a pen made.
    pub(super) is_pen: bool,
    /// Number of its block on the page.
    pub(super) block: usize,
    /// On the upright page.
    pub(super) bbox: PxBox,
    /// Words joined by spaces.
    pub(super) text: String,
    /// ASCII-folded, upper case; as many characters as `text`.
    pub(super) folded: String,
    words: Vec<Piece>,
}

struct Piece {
    range: Range<usize>,
    bbox: PxBox,
    confidence: u8,
}

/// Where something stands and how surely its words were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) places: Vec<Place>,
    /// Of its least sure word.
    pub(super) least: u8,
    /// Mean over the words, weighted by their length.
    pub(super) mean: u8,
}

fn is_pen(kind: &BlockKind) -> bool {
    matches!(kind, BlockKind::Mark(Mark { kind: MarkKind::Pen, .. }))
}

impl Sheet {
    pub(super) fn new(no: PageNo, page: &PageText) -> Self {
        let turn = page.turn;
        let page = page.upright();
        let mut rows = Vec::new();
        'blocks: for (block, b) in page.blocks.iter().enumerate() {
            for line in &b.lines {
                if rows.len() == MOST_ROWS {
                    break 'blocks;
                }
                let (mut text, mut words) = (String::new(), Vec::new());
                for word in &line.words {
                    if text.len() + word.text.len() + 1 > LONGEST_ROW {
                        break;
                    }
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    let start = text.len();
                    text.push_str(&word.text);
                    words.push(Piece {
                        range: start..text.len(),
                        bbox: word.bbox,
                        confidence: word.confidence,
                    });
                }
                if words.is_empty() {
                    continue;
                }
                let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
                let folded = fold_ascii(&text).to_ascii_uppercase();
                let (is_mark, is_pen) = (b.kind.is_mark(), is_pen(&b.kind));
                rows.push(Row { is_mark, is_pen, block, bbox, text, folded, words });
            }
        }
        Self { no, size: page.size, turn, rows }
    }

    /// Rows of the document's own text.
    pub(super) fn body(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.is_mark)
    }

    /// A box of the upright page, on the page as displayed.
    pub(super) fn place(&self, bbox: PxBox) -> Place {
        Place { page: self.no, bbox: self.turn.back().bbox(bbox, self.size) }
    }

    /// Evidence for whole rows.
    pub(super) fn evidence(&self, rows: &[&Row]) -> Evidence {
        let parts: Vec<(&Row, Range<usize>)> = rows.iter().map(|row| (*row, 0..row.text.len())).collect();
        self.evidence_of(&parts)
    }

    /// Evidence for parts of rows, in bytes of their texts.
    pub(super) fn evidence_of(&self, parts: &[(&Row, Range<usize>)]) -> Evidence {
        let (mut places, mut least, mut sum, mut chars) = (Vec::new(), 100, 0, 0);
        for (row, range) in parts {
            let mut bbox = PxBox::default();
            for word in row.words.iter().filter(|w| w.range.start < range.end && range.start < w.range.end) {
                bbox = bbox.union(&word.bbox);
                least = least.min(word.confidence.min(100));
                sum += word.range.len() * usize::from(word.confidence.min(100));
                chars += word.range.len();
            }
            if chars > 0 && !bbox.is_empty() {
                places.push(self.place(bbox));
            }
        }
        let mean = sum.checked_div(chars).unwrap_or(0) as u8;
        Evidence { places, least: if chars == 0 { 0 } else { least }, mean }
    }
}

impl Row {
    /// The middle from left to right.
    pub(super) fn middle(&self) -> u32 {
        self.bbox.left.midpoint(self.bbox.right)
    }
    /// Least confidence of the words that touch a range of its text.
    pub(super) fn least(&self, range: Range<usize>) -> u8 {
        let words = self.words.iter().filter(|w| w.range.start < range.end && range.start < w.range.end);
        words.map(|w| w.confidence).min().unwrap_or(0)
    }
    /// Whether a space or an end of the row stands at this byte of its text.
    pub(super) fn parts_at(&self, at: usize) -> bool {
        self.text.get(at..).is_none_or(|rest| rest.is_empty() || rest.starts_with(' '))
    }
    /// Whether most letters are capitals.
    pub(super) fn is_capitals(&self) -> bool {
        let (mut all, mut upper) = (0, 0);
        for c in self.text.chars().filter(|c| c.is_alphabetic()) {
            all += 1;
            upper += u32::from(c.is_uppercase());
        }
        all >= 4 && upper * 10 >= all * 8
    }
    /// Folded, without what stands around words.
    pub(super) fn bare(&self) -> &str {
        self.folded.trim_matches(|c: char| !c.is_ascii_alphanumeric())
    }
}

/// The body of a page as running text: rows of one paragraph joined by a space, paragraphs by a line break.
pub(super) struct Flow<'a> {
    sheet: &'a Sheet,
    pub(super) text: String,
    pub(super) folded: Folded,
    /// Start of each row in `text`, with the row.
    starts: Vec<(usize, &'a Row)>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(sheet: &'a Sheet) -> Self {
        let (mut text, mut starts) = (String::new(), Vec::new());
        let right = sheet.body().map(|row| row.bbox.right).max().unwrap_or(0);
        let tolerance = sheet.size.width_px / 12;
        let mut before: Option<&Row> = None;
        for row in sheet.body() {
            if text.len() + row.text.len() + 1 > LONGEST_FLOW {
                break;
            }
            if let Some(last) = before {
                let ran_on = last.bbox.right + tolerance >= right && last.block == row.block;
                let indented = row.bbox.left > last.bbox.left + tolerance / 4;
                text.push(if ran_on && !indented { ' ' } else { '\n' });
            }
            starts.push((text.len(), row));
            text.push_str(&row.text);
            before = Some(row);
        }
        let folded = Folded::new(&text);
        Self { sheet, text, folded, starts }
    }

    /// Where a range of the text stands.
    pub(super) fn evidence(&self, range: Range<usize>) -> Evidence {
        let first = self.starts.partition_point(|(start, _)| *start <= range.start).saturating_sub(1);
        let rows = self.starts[first.min(self.starts.len())..].iter();
        let parts: Vec<(&Row, Range<usize>)> = rows
            .take_while(|(start, _)| *start < range.end)
            .map(|(start, row)| {
                let end = (range.end - start).min(row.text.len());
                (*row, range.start.saturating_sub(*start).min(end)..end)
            })
            .collect();
        self.sheet.evidence_of(&parts)
    }
}
