//! Lines of plain print, found from their letters alone. Tesseract's layout analysis is most of a page's time; it is needed where
//! text stands in columns, among drawings, or in letters that have gone to pieces.
//!
//! Letters that stand side by side on one foot make a row. A page is plain when nearly all of its letters stand in rows and no
//! channel of white runs down through them. In any doubt it is not, and nothing is found here. See
//! docs/decisions/200-lines.md for what was measured.

use crate::clean::components::Component;
use record::{Line, PxBox};

/// Lengths in heights of a capital. Of what rows are made of: least and greatest height, and greatest width …
const LETTER_HEIGHT: (f32, f32) = (0.5, 3.6);
const LETTER_WIDTH: f32 = 12.0;
/// … height of a small letter without marks …
const SMALL_LETTER: f32 = 0.7;
/// … how far apart the letters of a row may stand, and how much one may overlap those before it …
const WIDEST_GAP: f32 = 2.5;
const OVERLAP: f32 = 2.0;
/// … how far marks stand above the small letters of their row, below its foot, and beside it …
const MARKS_ABOVE: f32 = 0.95;
const MARKS_BELOW: f32 = 0.5;
const MARKS_BESIDE: f32 = 1.3;
/// … what is smaller on all sides is dust …
const DUST: f32 = 0.1;
/// … how far descenders reach, and the paper above and below a line, and beside it, that is read with it …
const DESCENDERS: f32 = 0.3;
const PAPER: f32 = 0.2;
const PAPER_BESIDE: f32 = 0.13;
/// … white between lines of two blocks …
const BLOCKS_APART: f32 = 1.6;
/// … and the width of a channel between columns.
const CHANNEL: f32 = 0.6;

/// How many letters at the end of a row say where it goes on.
const TAIL: usize = 8;
/// Fewer letters say nothing of the slope of a row.
const LEAST_FOR_SLOPE: usize = 8;
/// Fewer letters than this say nothing of a page.
const LEAST_LETTERS: usize = 40;
/// Fewer letters than this make no row that explains them.
const LEAST_OF_ROW: usize = 3;
/// Letters that stand in no row, or are too tall, at most, in hundredths.
const MOST_STRAY: usize = 4;
/// Rows that a channel runs through are columns from this many on, with this many letters on either side: a header and a
/// signature have fewer.
const COLUMN_ROWS: usize = 9;
const COLUMN_LETTERS: usize = 4;

/// A line of print on a picture, in its pixels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundLine {
    /// What is read: the line from its marks to its descenders and a little paper.
    pub(crate) area: PxBox,
    /// Height of its foot at the left and at the right end of the area.
    baseline: (f32, f32),
    /// Its letters and marks.
    pieces: Vec<PxBox>,
}

impl FoundLine {
    /// A reading of it with words in the boxes of their letters.
    pub(crate) fn read_as(&self, mut line: Line) -> Line {
        for word in &mut line.words {
            let is_of = |p: &&PxBox| (word.bbox.left..word.bbox.right).contains(&p.left.midpoint(p.right));
            let letters = PxBox::around(self.pieces.iter().filter(is_of));
            if !letters.is_empty() {
                word.bbox = letters;
            }
        }
        let bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
        let foot_at = |x: u32| {
            let along = (x as f32 - self.area.left as f32) / self.area.width().max(1) as f32;
            (self.baseline.0 + (self.baseline.1 - self.baseline.0) * along).round().max(0.0) as u32
        };
        Line { bbox, baseline: (foot_at(bbox.left), foot_at(bbox.right)), words: line.words }
    }
}

/// Blocks of lines of a page of plain print from top to bottom, parts of one row from left to right; `None` where the page is
/// not plain.
///
/// `pieces`: groups of ink of a picture of `size` with level lines and no ruled tables; `capital_px`: height of its capitals.
pub(crate) fn of_plain_print(
    pieces: &[Component],
    capital_px: f32,
    size: (u32, u32),
) -> Option<Vec<Vec<FoundLine>>> {
    let in_capitals = |px: u32| px as f32 / capital_px;
    let (mut letters, mut marks, mut drawn) = (Vec::new(), Vec::new(), 0);
    let (mut print_px, mut drawn_px) = (0, 0);
    for piece in pieces {
        let bbox = PxBox { left: piece.left, top: piece.top, right: piece.right, bottom: piece.bottom };
        let (w, h) = (in_capitals(bbox.width()), in_capitals(bbox.height()));
        if h > LETTER_HEIGHT.1 || w > LETTER_WIDTH && h >= LETTER_HEIGHT.0 {
            drawn += 1;
            drawn_px += piece.area;
        } else if h >= LETTER_HEIGHT.0 {
            letters.push(bbox);
            print_px += piece.area;
        } else if (w > DUST || h > DUST) && w <= LETTER_WIDTH {
            marks.push(bbox);
        }
    }
    let too_many = |strays: usize, letters: usize| strays * 100 > letters * MOST_STRAY;
    let all = letters.len();
    if all < LEAST_LETTERS || too_many(drawn, all) || drawn_px > print_px {
        return None;
    }
    let mut rows = chained(letters, capital_px);
    let in_rows: usize = rows.iter().map(|r| r.letters.len()).filter(|&of| of >= LEAST_OF_ROW).sum();
    if too_many(all - in_rows, all) {
        return None;
    }
    absorb(&mut rows, capital_px);
    give_marks(&mut rows, &marks, capital_px);
    let groups = in_order(rows);
    if has_columns(&groups, capital_px) {
        return None;
    }
    Some(blocks(&groups, capital_px, size))
}

/// Letters on one foot, from left to right.
#[derive(Debug, Clone)]
struct Row {
    letters: Vec<PxBox>,
    marks: Vec<PxBox>,
}

/// The line that a row stands on.
#[derive(Debug, Clone, Copy)]
struct Foot {
    at: f32,
    y: f32,
    slope: f32,
}

impl Foot {
    fn below(&self, x: u32) -> f32 {
        self.y + (x as f32 - self.at) * self.slope
    }
}

/// The lower of the two in the middle, of some values at least.
fn median(values: impl Iterator<Item = u32>) -> f32 {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    values[(values.len() - 1) / 2] as f32
}

impl Row {
    /// Where its next letter stands: the foot of most of its last letters, whatever descends, and their right end.
    fn end(&self) -> (f32, u32) {
        let tail = || self.letters.iter().rev().take(TAIL);
        (median(tail().map(|l| l.bottom)), tail().map(|l| l.right).max().unwrap_or(0))
    }

    fn bbox(&self) -> PxBox {
        PxBox::around(&self.letters)
    }

    fn foot(&self) -> Foot {
        let middle = |letters: &[PxBox]| {
            letters.iter().map(|l| l.left.midpoint(l.right) as f32).sum::<f32>() / letters.len() as f32
        };
        let y = |letters: &[PxBox]| median(letters.iter().map(|l| l.bottom));
        let (left, right) = self.letters.split_at(self.letters.len() / 2);
        let slope = if self.letters.len() < LEAST_FOR_SLOPE {
            0.0
        } else {
            (y(right) - y(left)) / (middle(right) - middle(left)).max(1.0)
        };
        Foot { at: middle(&self.letters), y: y(&self.letters), slope }
    }
}

/// Rows of letters that stand on one foot, with no wide gap between.
fn chained(mut letters: Vec<PxBox>, capital_px: f32) -> Vec<Row> {
    let small = capital_px * SMALL_LETTER;
    letters.sort_by_key(|l| (l.left, l.top));
    let mut rows: Vec<Row> = Vec::new();
    for letter in letters {
        let fit = |row: &Row| {
            let (foot, right) = row.end();
            let gap = letter.left as f32 - right as f32;
            let shared = (letter.bottom as f32).min(foot) - (letter.top as f32).max(foot - small);
            let fits =
                (-OVERLAP * capital_px..WIDEST_GAP * capital_px).contains(&gap) && shared > 0.5 * small;
            fits.then_some(shared.min(0.8 * small))
        };
        let fitting = rows.iter_mut().filter_map(|row| fit(row).map(|shared| (shared, row)));
        // of two that fit the longer one: the other began with a blot
        match fitting.max_by(|(a, r), (b, s)| a.total_cmp(b).then(r.letters.len().cmp(&s.letters.len()))) {
            Some((_, row)) => row.letters.push(letter),
            None => rows.push(Row { letters: vec![letter], marks: Vec::new() }),
        }
    }
    rows
}

/// Pieces of letters that stand inside a longer row but not on its foot are parts of it, and no row of their own.
fn absorb(rows: &mut Vec<Row>, capital_px: f32) {
    rows.sort_by_key(|row| std::cmp::Reverse(row.letters.len()));
    let small = capital_px * SMALL_LETTER;
    let mut whole: Vec<Row> = Vec::new();
    for row in rows.drain(..) {
        let bbox = row.bbox();
        let holds = |other: &&mut Row| {
            let (around, foot) = (other.bbox(), other.foot().below(bbox.left));
            let across = bbox.right.min(around.right).saturating_sub(bbox.left.max(around.left));
            let down = (bbox.bottom as f32).min(foot) - (bbox.top as f32).max(foot - small);
            across * 2 > bbox.width() && down > 0.4 * (bbox.height() as f32).min(small)
        };
        match whole.iter_mut().find(holds) {
            Some(other) => other.marks.extend(row.letters),
            None => whole.push(row),
        }
    }
    *rows = whole;
}

/// Gives marks, dots, dashes and commas to the rows they belong to; what stands near none is left out.
fn give_marks(rows: &mut [Row], marks: &[PxBox], capital_px: f32) {
    let places: Vec<(PxBox, Foot)> = rows.iter().map(|r| (r.bbox(), r.foot())).collect();
    let beside = (MARKS_BESIDE * capital_px) as u32;
    for mark in marks {
        let (x, y) = (mark.left.midpoint(mark.right), mark.top.midpoint(mark.bottom) as f32);
        let distance = |(bbox, foot): &(PxBox, Foot)| {
            let is_beside = x + beside >= bbox.left && x <= bbox.right + beside;
            let foot = foot.below(x);
            let above = (foot - SMALL_LETTER * capital_px - y) / capital_px;
            let below = (y - foot) / capital_px;
            let is_near = is_beside && above <= MARKS_ABOVE && below <= MARKS_BELOW;
            // a dot below stands closer than a mark above
            is_near.then(|| above.max(below * 1.5).max(0.0))
        };
        let near = places.iter().enumerate().filter_map(|(at, place)| distance(place).map(|far| (far, at)));
        if let Some((_, at)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
            rows[at].marks.push(*mark);
        }
    }
}

/// Rows from top to bottom, those side by side together and from left to right.
fn in_order(mut rows: Vec<Row>) -> Vec<Vec<Row>> {
    let height = |r: &Row| r.foot().below(r.bbox().left.midpoint(r.bbox().right));
    rows.sort_by(|a, b| height(a).total_cmp(&height(b)));
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        let is_beside = |other: &Row| {
            let (a, b) = (other.bbox(), row.bbox());
            let shared = a.bottom.min(b.bottom).saturating_sub(a.top.max(b.top));
            (a.right <= b.left || b.right <= a.left) && shared * 2 > a.height().min(b.height())
        };
        match groups.last_mut().filter(|g| g.iter().all(is_beside)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups.iter_mut().for_each(|g| g.sort_by_key(|r| r.bbox().left));
    groups
}

/// Whether a channel of white runs down through so many rows that they are columns of text.
fn has_columns(groups: &[Vec<Row>], capital_px: f32) -> bool {
    let narrowest = (CHANNEL * capital_px) as u32;
    // left and right end of a channel, and the rows it runs through so far
    let mut open: Vec<(u32, u32, usize)> = Vec::new();
    for group in groups {
        let mut letters: Vec<PxBox> = group.iter().flat_map(|r| r.letters.iter().copied()).collect();
        letters.sort_by_key(|l| l.left);
        let (mut gaps, mut right) = (Vec::new(), 0);
        for (at, letter) in letters.iter().enumerate() {
            let is_between = at >= COLUMN_LETTERS && letters.len() - at >= COLUMN_LETTERS;
            if is_between && letter.left >= right + narrowest {
                gaps.push((right, letter.left));
            }
            right = right.max(letter.right);
        }
        let through = |(left, right): (u32, u32)| {
            let narrowed = open.iter().map(|o| (o.0.max(left), o.1.min(right), o.2 + 1));
            let through = narrowed.filter(|o| o.1 >= o.0 + narrowest).max_by_key(|o| o.2);
            through.unwrap_or((left, right, 1))
        };
        open = gaps.into_iter().map(through).collect();
        if open.iter().any(|o| o.2 >= COLUMN_ROWS) {
            return true;
        }
    }
    false
}

/// Lines with what is read of each; much white starts a new block.
fn blocks(groups: &[Vec<Row>], capital_px: f32, size: (u32, u32)) -> Vec<Vec<FoundLine>> {
    let mut blocks: Vec<Vec<FoundLine>> = Vec::new();
    let mut foot = 0;
    for group in groups {
        let boxes: Vec<PxBox> = group.iter().map(Row::bbox).collect();
        let bbox = PxBox::around(&boxes);
        let lines = group.iter().map(|row| line(row, capital_px, size));
        let is_far = bbox.top as f32 > foot as f32 + BLOCKS_APART * capital_px;
        match blocks.last_mut().filter(|_| !is_far) {
            Some(block) => block.extend(lines),
            None => blocks.push(lines.collect()),
        }
        foot = bbox.bottom;
    }
    blocks
}

/// Of a row, with room for what its letters do not have: the recogniser was trained on lines of full height.
fn line(row: &Row, capital_px: f32, (width, height): (u32, u32)) -> FoundLine {
    let pieces: Vec<PxBox> = row.letters.iter().chain(&row.marks).copied().collect();
    let (ink, foot) = (PxBox::around(&pieces), row.foot());
    let ends = (foot.below(ink.left), foot.below(ink.right));
    let capital_px = capital_px.max(median(row.letters.iter().map(PxBox::height)));
    let (paper, beside) = (PAPER * capital_px, PAPER_BESIDE * capital_px);
    let top = (ink.top as f32).min(ends.0.min(ends.1) - capital_px) - paper;
    let bottom = (ink.bottom as f32).max(ends.0.max(ends.1) + DESCENDERS * capital_px) + paper;
    let area = PxBox {
        left: (ink.left as f32 - beside).max(0.0) as u32,
        top: top.max(0.0) as u32,
        right: ((ink.right as f32 + beside) as u32).min(width),
        bottom: (bottom.ceil() as u32).min(height),
    };
    FoundLine { area, baseline: ends, pieces }
}

#[cfg(test)]
mod tests;
