//! Paragraphs of a block, told from how its lines stand: whoever found the lines, Tesseract or we, does not tell them.

use record::{Block, Line, PxBox, Turn};
use std::ops::Range;

/// How far a paragraph's first line is indented at least, in heights of a line (Nghị định 30/2020 wants 1 to 1.27 cm, two to three).
const INDENT: f64 = 0.9;
/// A line that ends so far before the others, by the block's width, ends a paragraph.
const SHORT: f64 = 0.2;
/// White above a line beside what lies between lines usually, from which on a paragraph begins.
const WHITE: f64 = 1.6;

/// The paragraphs of a block in reading order, as ranges of its lines; together all of them. A block without lines has none.
pub(crate) fn paragraphs(block: &Block, turn: Turn) -> Vec<Range<usize>> {
    let lines: Vec<Extent> = block.lines.iter().map(|line| Extent::of(line, turn)).collect();
    let height = median(lines.iter().map(|line| line.foot - line.head));
    let step = median(lines.windows(2).map(|pair| pair[1].foot - pair[0].foot));
    let left = lines.iter().map(|line| line.begin).fold(f64::INFINITY, f64::min);
    let right = lines.iter().map(|line| line.end).fold(f64::NEG_INFINITY, f64::max);
    let is_centred = |line: &Extent| {
        let (before, behind) = (line.begin - left, right - line.end);
        before > INDENT * height && behind > INDENT * height && (before - behind).abs() < 2.0 * height
    };
    let begins = |at: usize| {
        let (before, this) = (&lines[at - 1], &lines[at]);
        let is_right_of = |place: f64| this.begin - place > INDENT * height;
        let is_indented = is_right_of(left) && is_right_of(before.begin) && !is_centred(before);
        let is_after_short = right - before.end > SHORT * (right - left);
        let is_after_white = this.foot - before.foot > WHITE * step;
        let is_after_title = is_centred(before) && !is_centred(this);
        is_indented || is_after_short || is_after_white || is_after_title
    };
    let starts: Vec<usize> = (0..lines.len()).filter(|at| *at == 0 || begins(*at)).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    starts.iter().copied().zip(ends).map(|(from, to)| from..to).collect()
}

/// Where a line stands, in pixels, as it is read: from left to right, from top to bottom.
struct Extent {
    begin: f64,
    end: f64,
    head: f64,
    foot: f64,
}

impl Extent {
    fn of(line: &Line, turn: Turn) -> Extent {
        let PxBox { left, top, right, bottom } = line.bbox;
        let [left, top, right, bottom] = [left, top, right, bottom].map(f64::from);
        let (begin, end, head, foot) = match turn {
            Turn::Upright => (left, right, top, bottom),
            Turn::Half => (-right, -left, -bottom, -top),
            // The line begins at the bottom and its letters' heads are left.
            Turn::Right => (-bottom, -top, left, right),
            Turn::Left => (top, bottom, -right, -left),
        };
        Extent { begin, end, head, foot }
    }
}

/// Of two in the middle the lesser; zero of none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::BlockKind;

    /// Lines 40 high, 60 apart, each from one place to another, and white above it.
    fn block(lines: &[(u32, u32, u32)]) -> Block {
        let mut top = 100;
        let line = |(left, right, white): &(u32, u32, u32)| {
            top += 60 + white;
            let bbox = PxBox { left: *left, top, right: *right, bottom: top + 40 };
            Line { bbox, baseline: (bbox.bottom, bbox.bottom), words: Vec::new() }
        };
        let lines = lines.iter().map(line).collect();
        Block { kind: BlockKind::Body, bbox: PxBox { left: 0, top: 0, right: 2000, bottom: 2000 }, lines }
    }

    fn ranges(block: &Block, turn: Turn) -> Vec<(usize, usize)> {
        paragraphs(block, turn).into_iter().map(|lines| (lines.start, lines.end)).collect()
    }

    #[test]
    fn a_paragraph_begins_indented_behind_a_short_line_and_behind_white() {
        for (lines, found) in [
            (
                &[(300, 2000, 0), (200, 2000, 0), (200, 1990, 0), (300, 2000, 0), (200, 900, 0)][..],
                vec![(0, 3), (3, 5)],
            ),
            (&[(200, 2000, 0), (200, 900, 0), (200, 2000, 0)], vec![(0, 2), (2, 3)]),
            (&[(200, 2000, 0), (200, 1990, 0), (202, 2000, 50), (199, 2000, 0)], vec![(0, 2), (2, 4)]),
            (&[(200, 2000, 0)], vec![(0, 1)]),
            (&[], vec![]),
            // Titles in the middle of their block.
            (&[(700, 1300, 0), (600, 1400, 0), (300, 2000, 0), (200, 2000, 0)], vec![(0, 1), (1, 2), (2, 4)]),
            (&[(400, 1800, 0), (200, 2000, 0), (200, 2000, 0)], vec![(0, 1), (1, 3)]),
            // A title of two lines, and the name below a signature.
            (&[(400, 1800, 0), (440, 1760, 0), (200, 2000, 0)], vec![(0, 2), (2, 3)]),
            (&[(500, 900, 0), (480, 920, 0), (470, 930, 300)], vec![(0, 2), (2, 3)]),
            // A hanging line, as of a list, goes on.
            (&[(200, 2000, 0), (220, 2000, 0), (220, 2000, 0)], vec![(0, 3)]),
        ] {
            assert_eq!(ranges(&block(lines), Turn::Upright), found, "{lines:?}");
        }
    }

    #[test]
    fn turned_pages_have_the_same_paragraphs() {
        let upright = block(&[(300, 2000, 0), (200, 2000, 0), (200, 900, 0), (300, 2000, 0), (200, 2000, 0)]);
        let (width, height) = (2400, 1000);
        for turn in [Turn::Upright, Turn::Right, Turn::Half, Turn::Left] {
            let mut turned = upright.clone();
            for line in &mut turned.lines {
                let PxBox { left, top, right, bottom } = line.bbox;
                line.bbox = match turn {
                    Turn::Upright => line.bbox,
                    Turn::Half => PxBox {
                        left: width - right,
                        top: height - bottom,
                        right: width - left,
                        bottom: height - top,
                    },
                    Turn::Right => {
                        PxBox { left: top, top: width - right, right: bottom, bottom: width - left }
                    }
                    Turn::Left => {
                        PxBox { left: height - bottom, top: left, right: height - top, bottom: right }
                    }
                };
            }
            assert_eq!(ranges(&turned, turn), [(0, 3), (3, 5)], "{turn:?}");
        }
    }
}
