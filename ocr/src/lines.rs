//! Lines of plain print, found from their letters alone. Tesseract's layout analysis is most of a page's time; it is needed where
//! text stands in columns, among drawings, or in letters that have gone to pieces.
//!
//! Letters that stand side by side on one foot make a row. A page is plain when nearly all of its letters stand in rows and no
//! channel of white runs down through them. In any doubt it is not, and nothing is found here. See
//! docs/decisions/200-lines.md for what was measured.

use crate::clean::components::{CAPITAL, Component};
use record::{Line, PxBox};
use std::ops::RangeInclusive;

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
/// A letter is at most this many times as high, or as low, as those before it: a drop cap is no letter of its row.
const UNLIKE: f32 = 3.0;
/// What is read of a row reaches this far above its foot and below it at most, in its capitals: a pen's stroke may hang on it.
const TALLEST: (f32, f32) = (2.4, 1.0);
/// A row of letters this much smaller is small print, with a height of its own.
const SMALL_PRINT: f32 = 0.85;
/// Fewer letters say nothing of the slope of a row.
const LEAST_FOR_SLOPE: usize = 8;
/// Fewer letters than this say nothing of a page, more are no page of print.
const LETTERS: RangeInclusive<usize> = 40..=15_000;
/// Fewer letters than this make no row that explains them.
const LEAST_OF_ROW: usize = 3;
/// Letters that stand in no row, room for letters in what is too tall, and small print in no row, at most, in hundredths each.
const MOST_STRAY: usize = 4;
/// What no row took is small print from this height on, in capitals.
const LEAST_PRINT: f32 = 0.25;
/// Rows that a channel runs through are columns from this many on, with this many letters on either side: a header and a
/// signature have fewer.
const COLUMN_ROWS: usize = 9;
const COLUMN_LETTERS: usize = 4;
/// Rows whose feet differ by less than this, in capitals, stand side by side: lines of one column are farther apart.
const SIDE_BY_SIDE: f32 = 1.0;

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
    let (mut letters, mut marks, mut room) = (Vec::new(), Vec::new(), 0);
    let (mut print_px, mut drawn_px) = (0, 0);
    for piece in pieces {
        let bbox = PxBox { left: piece.left, top: piece.top, right: piece.right, bottom: piece.bottom };
        let (w, h) = (in_capitals(bbox.width()), in_capitals(bbox.height()));
        if h > LETTER_HEIGHT.1 || w > LETTER_WIDTH && h >= LETTER_HEIGHT.0 {
            let is_bar = piece.area * 2 > bbox.width() * bbox.height() && w > 4.0;
            if is_bar {
                // light letters may stand in it
                return None;
            }
            // a letter to a square capital in letters that have run together
            room += (w * h.min(3.0)) as usize;
            drawn_px += piece.area;
        } else if h >= LETTER_HEIGHT.0 {
            letters.push(bbox);
            print_px += piece.area;
        } else if (w > DUST || h > DUST) && w <= LETTER_WIDTH {
            marks.push(bbox);
        }
    }
    let all = letters.len();
    let too_many = |strays: usize| strays * 100 > all * MOST_STRAY;
    if !LETTERS.contains(&all) || too_many(room) || drawn_px > print_px {
        return None;
    }
    let chains = chained(letters, capital_px);
    let in_rows: usize = chains.iter().map(Vec::len).filter(|&of| of >= LEAST_OF_ROW).sum();
    if too_many(all - in_rows) {
        return None;
    }
    let mut rows = absorbed(chains, capital_px);
    let lost = give_marks(&mut rows, marks, capital_px);
    if too_many(lost) {
        return None;
    }
    let groups = in_order(joined(rows, capital_px), capital_px);
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
    /// Around the letters.
    bbox: PxBox,
    foot: Foot,
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
    fn of(letters: Vec<PxBox>) -> Self {
        let middle = |letters: &[PxBox]| {
            letters.iter().map(|l| l.left.midpoint(l.right) as f32).sum::<f32>() / letters.len() as f32
        };
        let y = |letters: &[PxBox]| median(letters.iter().map(|l| l.bottom));
        let (left, right) = letters.split_at(letters.len() / 2);
        let slope = if letters.len() < LEAST_FOR_SLOPE {
            0.0
        } else {
            (y(right) - y(left)) / (middle(right) - middle(left)).max(1.0)
        };
        let foot = Foot { at: middle(&letters), y: y(&letters), slope };
        Self { bbox: PxBox::around(&letters), foot, letters, marks: Vec::new() }
    }

    /// Around its letters and marks.
    fn ink(&self) -> PxBox {
        PxBox::around(&self.marks).union(&self.bbox)
    }

    /// Usual height of its letters, at least 1.
    fn letter_px(&self) -> f32 {
        median(self.letters.iter().map(PxBox::height)).max(1.0)
    }

    /// How far a mark is from the row, which reaches from one place to another, when it may belong to it.
    fn distance(&self, mark: &PxBox, (left, right): (u32, u32), capital_px: f32) -> Option<f32> {
        let (x, y) = (mark.left.midpoint(mark.right), mark.top.midpoint(mark.bottom) as f32);
        let beside = (MARKS_BESIDE * capital_px) as u32;
        let is_beside = x + beside >= left && x <= right + beside;
        let foot = self.foot.below(x);
        let above = (foot - SMALL_LETTER * capital_px - y) / capital_px;
        let below = (y - foot) / capital_px;
        let is_near = is_beside && above <= MARKS_ABOVE && below <= MARKS_BELOW;
        // a dot below stands closer than a mark above
        is_near.then(|| above.max(below * 1.5).max(0.0))
    }

    /// Height of its capitals: the page's, unless it is of small print.
    fn capital_px(&self, capital_px: f32) -> f32 {
        let stands = |p: &&PxBox| {
            let off = p.bottom as f32 - self.foot.below(p.left.midpoint(p.right));
            off.abs() < 0.15 * capital_px && p.height() as f32 >= LEAST_PRINT * capital_px
        };
        let all = self.letters.iter().chain(&self.marks);
        let heights: Vec<u32> = all.filter(stands).map(PxBox::height).collect();
        let small = if heights.is_empty() { 0.0 } else { CAPITAL * median(heights.into_iter()) };
        let usual = self.letter_px();
        if small > 0.0 && small < SMALL_PRINT * capital_px { small.max(usual) } else { capital_px.max(usual) }
    }
}

/// A row that is still growing, and where its next letter stands.
struct Chain {
    letters: Vec<PxBox>,
    /// The foot of most of its last letters, whatever descends; their right end, and their usual height.
    foot: f32,
    right: u32,
    height: f32,
}

impl Chain {
    fn push(&mut self, letter: PxBox) {
        self.letters.push(letter);
        let tail = || self.letters.iter().rev().take(TAIL);
        self.foot = median(tail().map(|l| l.bottom));
        self.right = tail().map(|l| l.right).max().unwrap_or(0);
        self.height = median(tail().map(PxBox::height));
    }
}

/// Letters that stand on one foot, with no wide gap between.
fn chained(mut letters: Vec<PxBox>, capital_px: f32) -> Vec<Vec<PxBox>> {
    let small = capital_px * SMALL_LETTER;
    letters.sort_by_key(|l| (l.left, l.top));
    let (mut open, mut done): (Vec<Chain>, Vec<Chain>) = (Vec::new(), Vec::new());
    for letter in letters {
        let gap = |chain: &Chain| letter.left as f32 - chain.right as f32;
        // what comes later stands farther to the right
        done.extend(open.extract_if(.., |chain| gap(chain) >= WIDEST_GAP * capital_px));
        let fit = |chain: &Chain| {
            let shared = (letter.bottom as f32).min(chain.foot) - (letter.top as f32).max(chain.foot - small);
            let unlike = letter.height() as f32 / chain.height.max(1.0);
            let fits = gap(chain) > -OVERLAP * capital_px
                && shared > 0.5 * small
                && (UNLIKE.recip()..UNLIKE).contains(&unlike);
            fits.then_some(shared.min(0.8 * small))
        };
        let fitting = open.iter_mut().filter_map(|chain| fit(chain).map(|shared| (shared, chain)));
        // of two that fit the longer one: the other began with a blot
        match fitting.max_by(|(a, r), (b, s)| a.total_cmp(b).then(r.letters.len().cmp(&s.letters.len()))) {
            Some((_, chain)) => chain.push(letter),
            None => {
                let mut chain = Chain { letters: Vec::new(), foot: 0.0, right: 0, height: 0.0 };
                chain.push(letter);
                open.push(chain);
            }
        }
    }
    done.extend(open);
    done.into_iter().map(|chain| chain.letters).collect()
}

/// Rows. Pieces of letters that stand inside a longer row but not on its foot are parts of it, and no row of their own.
fn absorbed(mut chains: Vec<Vec<PxBox>>, capital_px: f32) -> Vec<Row> {
    chains.sort_by_key(|letters| (std::cmp::Reverse(letters.len()), letters[0].top, letters[0].left));
    let small = capital_px * SMALL_LETTER;
    let mut rows: Vec<Row> = Vec::new();
    for letters in chains {
        let bbox = PxBox::around(&letters);
        let holds = |row: &&mut Row| {
            let across = bbox.right.min(row.bbox.right).saturating_sub(bbox.left.max(row.bbox.left));
            let foot = row.foot.below(bbox.left);
            let down = (bbox.bottom as f32).min(foot) - (bbox.top as f32).max(foot - small);
            across * 2 > bbox.width() && down > 0.4 * (bbox.height() as f32).min(small)
        };
        match rows.iter_mut().find(holds) {
            Some(row) => row.marks.extend(letters),
            None => rows.push(Row::of(letters)),
        }
    }
    rows
}

/// Gives marks, dots, dashes and commas to the rows they belong to; how many that may be small print stand near none.
fn give_marks(rows: &mut [Row], mut marks: Vec<PxBox>, capital_px: f32) -> usize {
    marks.sort_by_key(|mark| (mark.left, mark.top));
    // left and right end of each row; dots that follow each other make it longer
    let mut ends: Vec<(u32, u32)> = rows.iter().map(|r| (r.bbox.left, r.bbox.right)).collect();
    let mut give = |mark: &PxBox, rows: &mut [Row]| {
        let near = rows.iter().zip(&ends).map(|(row, ends)| row.distance(mark, *ends, capital_px));
        let near = near.enumerate().filter_map(|(at, far)| far.map(|far| (far, at)));
        let nearest = near.min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, at)) = nearest {
            rows[at].marks.push(*mark);
            ends[at] = (ends[at].0.min(mark.left), ends[at].1.max(mark.right));
        }
        nearest.is_some()
    };
    marks.retain(|mark| !give(mark, rows));
    // dots before the first word are met from the right
    let is_lost = |mark: &&PxBox| !give(mark, rows) && mark.height() as f32 >= LEAST_PRINT * capital_px;
    marks.iter().rev().filter(is_lost).count()
}

/// Rows on one foot that dots between them make one: "nộp lại ........ đồng".
fn joined(mut rows: Vec<Row>, capital_px: f32) -> Vec<Row> {
    rows.sort_by_key(|row| row.bbox.left);
    let mut whole: Vec<Row> = Vec::new();
    for row in rows {
        let goes_on = |other: &&mut Row| {
            let (end, start) = (other.ink(), row.ink());
            let gap = start.left as f32 - end.right as f32;
            let off = other.foot.below(start.left) - row.foot.below(start.left);
            let unlike = row.letter_px() / other.letter_px();
            let is_like = (UNLIKE.recip()..UNLIKE).contains(&unlike);
            is_like && (-capital_px..WIDEST_GAP * capital_px).contains(&gap) && off.abs() < 0.3 * capital_px
        };
        match whole.iter_mut().find(goes_on) {
            Some(other) => {
                let letters = [std::mem::take(&mut other.letters), row.letters].concat();
                let marks = [std::mem::take(&mut other.marks), row.marks].concat();
                *other = Row { marks, ..Row::of(letters) };
            }
            None => whole.push(row),
        }
    }
    whole
}

/// Rows from top to bottom, those side by side together and from left to right.
fn in_order(mut rows: Vec<Row>, capital_px: f32) -> Vec<Vec<Row>> {
    let height = |r: &Row| r.foot.below(r.bbox.left.midpoint(r.bbox.right));
    rows.sort_by(|a, b| height(a).total_cmp(&height(b)));
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        let is_beside = |other: &Row| {
            let is_apart = other.bbox.right <= row.bbox.left || row.bbox.right <= other.bbox.left;
            is_apart && (height(other) - height(&row)).abs() < SIDE_BY_SIDE * capital_px
        };
        match groups.last_mut().filter(|g| g.iter().all(is_beside)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups.iter_mut().for_each(|g| g.sort_by_key(|r| r.bbox.left));
    groups
}

/// A channel of white, left and right end, and the rows it runs through so far.
#[derive(Debug, Clone, Copy)]
struct Channel {
    left: u32,
    right: u32,
    rows: usize,
}

/// Whether a channel runs down through so many rows that they are columns of text.
fn has_columns(groups: &[Vec<Row>], capital_px: f32) -> bool {
    let narrowest = (CHANNEL * capital_px) as u32;
    let mut open: Vec<Channel> = Vec::new();
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
        // past a row that stands on one side of it a channel goes on, uncounted
        let is_one_sided = |c: &&Channel| {
            letters.iter().all(|l| l.left >= c.right) || letters.iter().all(|l| l.right <= c.left)
        };
        let passed: Vec<Channel> = open.iter().filter(is_one_sided).copied().collect();
        let through = |(left, right): (u32, u32)| {
            let narrowed = open.iter().map(|c| Channel {
                left: c.left.max(left),
                right: c.right.min(right),
                rows: c.rows + 1,
            });
            let through = narrowed.filter(|c| c.right >= c.left + narrowest).max_by_key(|c| c.rows);
            through.unwrap_or(Channel { left, right, rows: 1 })
        };
        open = gaps.into_iter().map(through).chain(passed).collect();
        if open.iter().any(|c| c.rows >= COLUMN_ROWS) {
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
        let bbox = PxBox::around(group.iter().map(|r| &r.bbox));
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
    let ink = row.ink();
    let capital_px = row.capital_px(capital_px);
    let (paper, beside) = (PAPER * capital_px, PAPER_BESIDE * capital_px);
    let (left, right) = ((ink.left as f32 - beside).max(0.0) as u32, (ink.right as f32 + beside) as u32);
    let baseline = (row.foot.below(left), row.foot.below(right));
    let (higher, lower) = (baseline.0.min(baseline.1), baseline.0.max(baseline.1));
    let top = (ink.top as f32).clamp(higher - TALLEST.0 * capital_px, higher - capital_px) - paper;
    let bottom =
        (ink.bottom as f32).clamp(lower + DESCENDERS * capital_px, lower + TALLEST.1 * capital_px) + paper;
    let area = PxBox {
        left,
        top: top.max(0.0) as u32,
        right: right.min(width),
        bottom: (bottom.ceil() as u32).min(height),
    };
    FoundLine { area, baseline, pieces }
}

#[cfg(test)]
mod tests;
