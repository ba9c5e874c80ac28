//! Ruled tables: read row by row and cell by cell, as their lines say, whatever order layout analysis took them in.

use crate::clean::Look;
use crate::clean::components;
use crate::clean::ruling;
use record::{Block, BlockKind, Line, PageText, PxBox, Word};

/// A pixel of the look this much darker than the paper may be part of a line.
const LINE_DEPTH: u8 = 40;
/// Lines run at least over this share of the table, in hundredths: a seal may hide some of one.
const LEAST_SHARE: usize = 60;
/// Tables that lean by less than this many degrees stand straight.
const LEANS_FROM: f32 = 0.04;
/// Lines that make two rows, or two columns.
const LEAST_LINES: usize = 3;

/// Where the lines of a table run, in pixels of the page, its borders included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grid {
    /// Heights of the lines across at the left edge, from top to bottom.
    rows: Vec<u32>,
    /// Places of the lines down at the upper edge, from left to right.
    columns: Vec<u32>,
    /// Left and upper edge.
    corner: (u32, u32),
    /// How much lines fall over a pixel to the right, and lean to the left over a pixel down.
    slope: f32,
}

/// The tables of a page with at least two rows and two columns.
pub(crate) fn grids(look: &Look) -> Vec<Grid> {
    let degrees = components::skew_degrees(&look.letters).filter(|d| d.abs() > LEANS_FROM).unwrap_or(0.0);
    let slope = degrees.to_radians().tan();
    ruling::grids_and_rules(look).into_iter().filter_map(|bbox| grid(look, bbox, slope)).collect()
}

fn grid(look: &Look, bbox: PxBox, slope: f32) -> Option<Grid> {
    let factor = look.factor.max(1);
    let [left, right] = [bbox.left / factor, bbox.right / factor].map(|v| v as usize);
    let [top, bottom] = [bbox.top / factor, bbox.bottom / factor].map(|v| v as usize);
    let (width, height) = (look.depths.width as usize, look.depths.height as usize);
    let is_dark = |x: usize, y: usize| look.depths.pixels[y * width + x] > LINE_DEPTH;
    // the angle is known to a twentieth of a degree: a leaning line may be a pixel higher or lower
    let off = usize::from(slope != 0.0);
    let moved = |at: usize, by: usize, slope: f32| {
        let at = at as f32 + by as f32 * slope;
        let at = at.round().max(0.0) as usize;
        at.saturating_sub(off)..=at + off
    };
    let is_ink_across = |x: usize, y: usize| moved(y, x - left, slope).any(|y| y < height && is_dark(x, y));
    let is_ink_down = |x: usize, y: usize| moved(x, y - top, -slope).any(|x| x < width && is_dark(x, y));
    let across = |y: usize| {
        (left..right).filter(|&x| is_ink_across(x, y)).count() * 100 >= LEAST_SHARE * (right - left)
    };
    let down =
        |x: usize| (top..bottom).filter(|&y| is_ink_down(x, y)).count() * 100 >= LEAST_SHARE * (bottom - top);
    let rows = lines((top..bottom).filter(|&y| across(y)), factor);
    let columns = lines((left..right).filter(|&x| down(x)), factor);
    let corner = (bbox.left, bbox.top);
    (rows.len() >= LEAST_LINES && columns.len() >= LEAST_LINES).then_some(Grid {
        rows,
        columns,
        corner,
        slope,
    })
}

/// Neighbouring pixels are one line.
fn lines(places: impl Iterator<Item = usize>, factor: u32) -> Vec<u32> {
    let mut lines: Vec<(usize, usize)> = Vec::new();
    for at in places {
        match lines.last_mut() {
            Some(line) if at <= line.1 + 2 => line.1 = at,
            _ => lines.push((at, at)),
        }
    }
    lines.into_iter().map(|(first, last)| first.midpoint(last) as u32 * factor).collect()
}

impl Grid {
    /// Row and column of the cell that holds the middle of a box.
    fn cell_of(&self, b: &PxBox) -> Option<(usize, usize)> {
        let cell = |lines: &[u32], at: u32| {
            let before = lines.iter().filter(|&&line| line <= at).count();
            (1..lines.len()).contains(&before).then(|| before - 1)
        };
        let (x, y) = (b.left.midpoint(b.right) as f32, b.top.midpoint(b.bottom) as f32);
        let at_left = y - (x - self.corner.0 as f32) * self.slope;
        let at_top = x + (y - self.corner.1 as f32) * self.slope;
        let row = cell(&self.rows, at_left.round() as u32)?;
        Some((row, cell(&self.columns, at_top.round() as u32)?))
    }
}

/// Makes one block of each table, a line for each line of a cell, in the place of the table's first words.
pub(crate) fn cells_in_order(text: &mut PageText, grids: &[Grid]) {
    for grid in grids {
        let mut cells: Vec<((usize, usize), Line)> = Vec::new();
        let mut at = None;
        for (block_idx, block) in
            text.blocks.iter_mut().enumerate().filter(|(_, b)| b.kind == BlockKind::Body)
        {
            for line in &mut block.lines {
                let (inside, outside): (Vec<Word>, Vec<Word>) =
                    line.words.drain(..).partition(|w| grid.cell_of(&w.bbox).is_some());
                line.words = outside;
                if !inside.is_empty() {
                    at.get_or_insert(block_idx);
                    line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
                }
                for word in inside {
                    let cell = grid.cell_of(&word.bbox).expect("it was found inside");
                    put(&mut cells, cell, word, line.baseline);
                }
            }
            block.lines.retain(|l| !l.words.is_empty());
            block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
        }
        let Some(at) = at else { continue };
        cells.sort_by_key(|(cell, line)| (*cell, line.bbox.top));
        let lines: Vec<Line> = cells.into_iter().map(|(_, line)| line).collect();
        let bbox = PxBox::around(lines.iter().map(|l| &l.bbox));
        // layout may have put a column into a block of the header: the table follows the last line that stands above it
        let is_above = |l: &Line| l.bbox.bottom <= bbox.top;
        let body = |b: &Block| b.kind == BlockKind::Body;
        let after = text.blocks.iter().rposition(|b| body(b) && b.lines.iter().any(is_above));
        let at = after.unwrap_or(at);
        let above = text.blocks[at].lines.iter().rposition(is_above).map_or(0, |last| last + 1);
        let rest = text.blocks[at].lines.split_off(above);
        let tail =
            Block { kind: BlockKind::Body, bbox: PxBox::around(rest.iter().map(|l| &l.bbox)), lines: rest };
        text.blocks[at].bbox = PxBox::around(text.blocks[at].lines.iter().map(|l| &l.bbox));
        let table = Block { kind: BlockKind::Body, bbox, lines };
        text.blocks.splice(at + 1..at + 1, [table, tail]);
        text.blocks.retain(|b| !b.lines.is_empty());
    }
}

/// Adds a word to the line of its cell that it stands in.
fn put(cells: &mut Vec<((usize, usize), Line)>, cell: (usize, usize), word: Word, baseline: (u32, u32)) {
    let stands_in = |l: &Line| {
        let shared = l.bbox.bottom.min(word.bbox.bottom).saturating_sub(l.bbox.top.max(word.bbox.top));
        shared * 2 > l.bbox.height().min(word.bbox.height())
    };
    match cells.iter_mut().find(|(c, l)| *c == cell && stands_in(l)) {
        Some((_, line)) => {
            line.bbox = line.bbox.union(&word.bbox);
            let place = line.words.partition_point(|w| w.bbox.left <= word.bbox.left);
            line.words.insert(place, word);
        }
        None => cells.push((cell, Line { bbox: word.bbox, baseline, words: vec![word] })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::grey::Grey;
    use record::PageSize;

    fn line(top: u32, words: &[(&str, u32)]) -> Line {
        let word = |&(text, left): &(&str, u32)| {
            Word::new(text, PxBox { left, top, right: left + 60, bottom: top + 30 }, 90)
        };
        let words: Vec<Word> = words.iter().map(word).collect();
        Line { bbox: PxBox::around(words.iter().map(|w| &w.bbox)), baseline: (top + 30, top + 30), words }
    }

    fn block(lines: Vec<Line>) -> Block {
        Block { kind: BlockKind::Body, bbox: PxBox::around(lines.iter().map(|l| &l.bbox)), lines }
    }

    /// A page of 1000 × 800 with lines across at 200, 300, 400 and down at 100, 500, 900, each two pixels thick.
    fn look() -> Look {
        let mut pixels = vec![255_u8; 1000 * 800];
        for y in [200, 300, 400].into_iter().flat_map(|y| [y, y + 1]) {
            pixels[y * 1000 + 100..y * 1000 + 902].fill(0);
        }
        for (y, x) in (200..402).flat_map(|y| [100, 101, 500, 501, 900, 901].map(|x| (y, x))) {
            pixels[y * 1000 + x] = 0;
        }
        Look::at(&Grey::new(1000, 800, pixels), 150)
    }

    #[test]
    fn the_lines_of_a_table_are_found() {
        let found = grids(&look());
        let (rows, columns) = (vec![200, 300, 400], vec![100, 500, 900]);
        assert_eq!(found, [Grid { rows, columns, corner: (100, 200), slope: 0.0 }]);
        let empty = Look::at(&Grey::new(1000, 800, vec![255; 1000 * 800]), 150);
        assert!(grids(&empty).is_empty());
    }

    #[test]
    fn columns_that_layout_took_apart_are_put_back_row_by_row() {
        let mut text = PageText {
            size: PageSize { width_px: 1000, height_px: 800, dpi: 150 },
            turn: record::Turn::Upright,
            blocks: vec![
                block(vec![
                    line(100, &[("BẢN", 100), ("KÊ", 200)]),
                    line(210, &[("Bìa", 120), ("hồ", 200)]),
                    line(250, &[("sơ", 120)]),
                    line(330, &[("Lệnh", 120)]),
                    line(500, &[("Cộng", 120)]),
                ]),
                block(vec![line(230, &[("01", 600)]), line(330, &[("02", 600)])]),
                block(vec![line(600, &[("Ký", 600)])]),
            ],
        };
        cells_in_order(&mut text, &grids(&look()));
        assert_eq!(text.body(), "BẢN KÊ\n\nBìa hồ\nsơ\n01\nLệnh\n02\n\nCộng\n\nKý");
    }

    #[test]
    fn a_leaning_table_is_followed_along_its_lean() {
        // falls by 26 pixels over its width: more than half a row
        let grid = Grid {
            rows: vec![200, 240, 280],
            columns: vec![100, 500, 900],
            corner: (100, 200),
            slope: 26.0 / 800.0,
        };
        let at = |left: u32, top: u32| grid.cell_of(&PxBox { left, top, right: left + 20, bottom: top + 20 });
        assert_eq!(at(110, 210), Some((0, 0)));
        assert_eq!(at(850, 234), Some((0, 1)));
        assert_eq!(at(850, 270), Some((1, 1)));
        assert_eq!(at(850, 210), None);
    }

    #[test]
    fn a_table_follows_what_stands_above_it() {
        // layout took the first column into the header's block
        let mut text = PageText {
            size: PageSize { width_px: 1000, height_px: 800, dpi: 150 },
            turn: record::Turn::Upright,
            blocks: vec![
                block(vec![
                    line(60, &[("VKSND", 100)]),
                    line(230, &[("01", 120)]),
                    line(330, &[("02", 120)]),
                ]),
                block(vec![line(120, &[("THỐNG", 300), ("KÊ", 400)])]),
                block(vec![line(230, &[("Bìa", 600)]), line(330, &[("Lệnh", 600)])]),
            ],
        };
        cells_in_order(&mut text, &grids(&look()));
        assert_eq!(text.body(), "VKSND\n\nTHỐNG KÊ\n\n01\nBìa\n02\nLệnh");
    }
}
