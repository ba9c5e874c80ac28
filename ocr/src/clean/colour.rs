//! Where red and blue ink lies, and the plane that leaves it out.
//!
//! Red ink (a seal) is bright in the red channel: black print below it stays, the seal goes (CER 5–16 % as
//! scanned, 0.4–1 % on the red channel). Blue ink is dark there, so blue writing stays readable.

use super::grey::Grey;
use native::{counts, wide};
use record::PxBox;
use std::ops::Range;

/// Side of a cell of [`InkMap`] in pixels of the page.
pub(crate) const CELL_PX: u32 = 16;
/// A pixel is red when its red exceeds the other two by more than this.
const RED_EXCESS: i16 = 50;
/// … and reddish, which pale stamps on yellowed paper are, when by more than this; a seal that shows through has less.
const PALE_RED_EXCESS: i16 = 38;
/// A cell is blue or violet when colour makes up more than this share of its depth, of 256: noise on print adds up to less …
const BLUE_SHARE: i32 = 77;
/// … and more than this many times that of the page's usual cell, unless most of the ink is blue: JPEGs of yellowed pages leave
/// the paper around print less yellow than elsewhere …
const MORE_THAN_USUAL: i32 = 5;
/// … and never more than this: a dark blue pen has 140 …
const MOST_BLUE_SHARE: i32 = 130;
/// … and when its pixels are this much darker than the paper, in levels on average.
const BLUE_DEPTH: i32 = 8;
/// Less depth than this is paper and its noise, in levels.
const PAPER_NOISE: i16 = 14;
/// A pixel this much darker than paper is inked.
const INK_DEPTH: i16 = 50;
/// Share of a cell's pixels (of 255) above which the cell counts as inked.
const INKED: u8 = 20;
/// Fewer inked cells than this are specks of colour, not a mark.
const MARK_CELLS: usize = 4;

/// More blue marks than this are print that a poor JPEG has tinted.
const MOST_BLUE_MARKS: usize = 30;

/// Colours of marks over the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Red,
    Blue,
}

/// Share of coloured pixels in every cell of the page, 0–255.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InkMap {
    /// The paper's brightness in green.
    pub(crate) paper_green: u8,
    columns: u32,
    rows: u32,
    red: Vec<u8>,
    pale_red: Vec<u8>,
    blue: Vec<u8>,
    blue_px: u64,
    dark_px: u64,
}

/// Cells of the page with ink of one colour, and those beside them.
#[derive(Debug, Clone)]
pub(crate) struct NearInk {
    columns: usize,
    near: Vec<bool>,
}

impl NearInk {
    /// Whether a pixel of the page is one of those.
    pub(crate) fn holds(&self, x: usize, y: usize) -> bool {
        let cell = CELL_PX as usize;
        self.near.get(y / cell * self.columns + x / cell).is_some_and(|near| *near)
    }

    /// The rows of the page that have some of them, from top to bottom.
    pub(crate) fn rows(&self) -> Vec<Range<usize>> {
        let (cell, mut rows) = (CELL_PX as usize, Vec::<Range<usize>>::new());
        let near = self.near.chunks(self.columns.max(1)).enumerate().filter(|row| row.1.contains(&true));
        for (y, _) in near {
            match rows.last_mut().filter(|last| last.end == y * cell) {
                Some(last) => last.end += cell,
                None => rows.push(y * cell..(y + 1) * cell),
            }
        }
        rows
    }
}

/// Sums over the pixels of a cell that are looked at: at most 64, so 16 bits hold them.
#[derive(Debug)]
struct Cell {
    red: u16,
    pale_red: u16,
    blue: i16,
    violet: i16,
    depth: i16,
    inked: u16,
    seen: u16,
}

/// Pixels of a row of a cell that are looked at.
const SEEN: usize = CELL_PX as usize / 2;

/// What a pixel adds to its cell, in the order of [`Cell::of`]. Without checks for what cannot happen, so that many are measured at
/// once.
#[inline(always)]
fn measured([r, g, b]: [i16; 3], shallow: i16) -> [i16; 6] {
    let redness = r.wrapping_sub(g.max(b));
    let depth = shallow.wrapping_sub(r.min(g)).max(0);
    let is = i16::from;
    [
        is(redness > RED_EXCESS),
        is(redness > PALE_RED_EXCESS),
        b.wrapping_sub(r),
        r.min(b).wrapping_sub(g),
        depth,
        is(depth > INK_DEPTH),
    ]
}

impl Cell {
    /// Of a whole cell, given its rows from its first pixel on.
    #[inline(always)]
    fn whole<'a>(rows: impl Iterator<Item = &'a [u8]>, shallow: i16) -> Self {
        // the pixels of a row side by side
        let (mut sums, mut seen) = ([[0_i16; SEEN]; 6], 0);
        for row in rows {
            let row: &[u8; CELL_PX as usize * 3] = row.first_chunk().expect("a whole cell");
            let [r, g, b] = [0, 1, 2]
                .map(|part| -> [i16; SEEN] { std::array::from_fn(|at| i16::from(row[at * 6 + part])) });
            for at in 0..SEEN {
                let measured = measured([r[at], g[at], b[at]], shallow);
                sums.iter_mut().zip(measured).for_each(|(sums, v)| sums[at] = sums[at].wrapping_add(v));
            }
            seen += SEEN;
        }
        Self::of(sums.map(|sums| sums.iter().sum()), seen)
    }

    /// Of a cell that the page's right edge cuts.
    fn part<'a>(rows: impl Iterator<Item = &'a [u8]>, shallow: i16) -> Self {
        let (mut sums, mut seen) = ([0_i16; 6], 0);
        for pixel in rows.flat_map(|row| row.chunks(6)) {
            let measured = measured([pixel[0], pixel[1], pixel[2]].map(i16::from), shallow);
            sums.iter_mut().zip(measured).for_each(|(sum, v)| *sum += v);
            seen += 1;
        }
        Self::of(sums, seen)
    }

    fn of([red, pale_red, blue, violet, depth, inked]: [i16; 6], seen: usize) -> Self {
        let [red, pale_red, inked] = [red, pale_red, inked].map(|n| n as u16);
        Self { red, pale_red, blue, violet, depth, inked, seen: seen as u16 }
    }
}

impl Cell {
    /// Share of these pixels.
    fn share(&self, pixels: u16) -> u8 {
        (u32::from(pixels) * 255 / u32::from(self.seen.max(1))) as u8
    }

    /// Share of blue and violet in its ink, of 256; `None` for paper.
    fn blue_share(&self) -> Option<i32> {
        let (blue, violet) = (i32::from(self.blue), i32::from(self.violet));
        let depth = i32::from(self.depth);
        // red ink on a tinted page has some violet, but never more blue than red and green
        let colour = if blue + violet > 0 { blue.max(0) + violet.max(0) } else { 0 };
        (depth > BLUE_DEPTH * i32::from(self.seen)).then(|| colour * 256 / depth.max(1))
    }
}

/// The paper's brightness in green: the commonest of every seventh pixel.
fn paper_green(rgb: &[u8]) -> u8 {
    commonest(rgb.as_chunks::<3>().0.iter().step_by(7).map(|p| p[1]))
}

/// The commonest of some values.
pub(crate) fn commonest(values: impl Iterator<Item = u8>) -> u8 {
    let histogram = counts(values);
    (0..=255_u8).max_by_key(|&v| histogram[usize::from(v)]).unwrap_or(255)
}

/// How blue the ink of each cell is, 0 where it is print.
fn blueness(cells: &[Cell]) -> Vec<u8> {
    let mut shares: Vec<i32> = cells.iter().filter_map(Cell::blue_share).collect();
    shares.sort_unstable();
    let usual = shares.get(shares.len() / 2).copied().unwrap_or(0);
    let print = if usual > BLUE_SHARE {
        BLUE_SHARE
    } else {
        (MORE_THAN_USUAL * usual).clamp(BLUE_SHARE, MOST_BLUE_SHARE)
    };
    let of_ink = |share: i32| if share > print { share.min(255) as u8 } else { 0 };
    cells.iter().map(|cell| cell.blue_share().map_or(0, of_ink)).collect()
}

impl InkMap {
    /// Surveys every second pixel of every second row; about 5 ms for A4 at 300 dpi.
    pub(crate) fn survey(width: u32, height: u32, rgb: &[u8]) -> Self {
        let (columns, rows) = (width.div_ceil(CELL_PX), height.div_ceil(CELL_PX));
        let paper_green = paper_green(rgb);
        let shallow = i16::from(paper_green) - PAPER_NOISE;
        let mut cells = Vec::with_capacity(columns as usize * rows as usize);
        let (stride, cell) = ((width as usize * 3).max(1), CELL_PX as usize);
        wide(|| {
            for band in rgb.chunks(stride * cell) {
                let rows = || band.chunks_exact(stride).step_by(2);
                let (whole, rest) = (width as usize / cell, width as usize % cell * 3);
                cells
                    .extend((0..whole).map(|x| Cell::whole(rows().map(|row| &row[x * cell * 3..]), shallow)));
                if rest > 0 {
                    cells.push(Cell::part(rows().map(|row| &row[whole * cell * 3..]), shallow));
                }
            }
        });
        let red: Vec<u8> = cells.iter().map(|cell| cell.share(cell.red)).collect();
        let pale_red = cells.iter().map(|cell| cell.share(cell.pale_red)).collect();
        let blue = blueness(&cells);
        let inked = |of: &dyn Fn(usize) -> bool| -> u64 {
            cells.iter().enumerate().filter(|(at, _)| of(*at)).map(|(_, cell)| u64::from(cell.inked)).sum()
        };
        let blue_px = inked(&|at| blue[at] > INKED);
        let dark_px = inked(&|at| blue[at] <= INKED && red[at] <= INKED);
        Self { paper_green, columns, rows, red, pale_red, blue, blue_px, dark_px }
    }

    /// Whether this ink, and not only pale, forms a mark somewhere on the page.
    pub(crate) fn has(&self, ink: Ink) -> bool {
        match ink {
            Ink::Red => self.red.iter().filter(|&&share| share > INKED).count() >= MARK_CELLS,
            // print on poor JPEGs is bluish here and there, or everywhere
            Ink::Blue => (1..=MOST_BLUE_MARKS).contains(&self.groups(ink, 0).len()),
        }
    }

    /// Whether blue ink lies on a page printed in black, so that it can be left out; a carbon copy is blue itself.
    pub(crate) fn blue_is_a_mark(&self) -> bool {
        self.has(Ink::Blue) && self.blue_px < self.dark_px
    }

    /// Where blue and violet ink lies, for each cell of the page: in a group of inked cells, or beside one.
    pub(crate) fn near_blue(&self) -> NearInk {
        let (columns, rows) = (self.columns as usize, self.rows as usize);
        let mut near = vec![false; columns * rows];
        for at in self.clusters(&self.blue, 0).into_iter().flatten() {
            let (x, y) = (at % columns, at / columns);
            for row in y.saturating_sub(1)..(y + 2).min(rows) {
                near[row * columns + x.saturating_sub(1)..row * columns + (x + 2).min(columns)].fill(true);
            }
        }
        NearInk { columns, near }
    }

    /// Boxes (pixels of the page) around groups of inked cells that lie at most `gap` cells apart; red may be pale.
    pub(crate) fn groups(&self, ink: Ink, gap: u32) -> Vec<PxBox> {
        self.groups_in(self.cells(ink), gap)
    }

    /// The same for red that is not pale.
    pub(crate) fn groups_of_strong_red(&self, gap: u32) -> Vec<PxBox> {
        self.groups_in(&self.red, gap)
    }

    /// The same for red, blue and violet together.
    pub(crate) fn groups_of_any(&self, gap: u32) -> Vec<PxBox> {
        let cells: Vec<u8> = self.red.iter().zip(&self.blue).map(|(r, b)| r.saturating_add(*b)).collect();
        self.groups_in(&cells, gap)
    }

    fn groups_in(&self, cells: &[u8], gap: u32) -> Vec<PxBox> {
        let columns = self.columns as usize;
        let cell = |at: &usize| {
            let (x, y) = ((at % columns) as u32 * CELL_PX, (at / columns) as u32 * CELL_PX);
            PxBox { left: x, top: y, right: x + CELL_PX, bottom: y + CELL_PX }
        };
        let around = |cluster: Vec<usize>| PxBox::around(&cluster.iter().map(cell).collect::<Vec<_>>());
        self.clusters(cells, gap).into_iter().map(around).collect()
    }

    /// Groups of inked cells that lie at most `gap` cells apart.
    fn clusters(&self, cells: &[u8], gap: u32) -> Vec<Vec<usize>> {
        let (columns, rows) = (self.columns as usize, self.rows as usize);
        let mut seen = vec![false; cells.len()];
        let mut clusters = Vec::new();
        for start in 0..cells.len() {
            if seen[start] || cells[start] <= INKED {
                continue;
            }
            let (mut todo, mut members) = (vec![start], Vec::new());
            seen[start] = true;
            while let Some(at) = todo.pop() {
                let (x, y) = (at % columns, at / columns);
                members.push(at);
                let reach = 1 + gap as usize;
                for ny in y.saturating_sub(reach)..(y + reach + 1).min(rows) {
                    for nx in x.saturating_sub(reach)..(x + reach + 1).min(columns) {
                        let next = ny * columns + nx;
                        if !seen[next] && cells[next] > INKED {
                            seen[next] = true;
                            todo.push(next);
                        }
                    }
                }
            }
            if members.len() >= MARK_CELLS {
                clusters.push(members);
            }
        }
        clusters
    }

    fn cells(&self, ink: Ink) -> &[u8] {
        match ink {
            Ink::Red => &self.pale_red,
            Ink::Blue => &self.blue,
        }
    }
}

/// Brightness as the eye weighs it.
pub(crate) fn luminance(width: u32, height: u32, rgb: &[u8]) -> Grey<'static> {
    let weigh =
        |p: &[u8; 3]| ((u32::from(p[0]) * 77 + u32::from(p[1]) * 150 + u32::from(p[2]) * 29) >> 8) as u8;
    Grey::new(width, height, wide(|| rgb.as_chunks::<3>().0.iter().map(weigh).collect()))
}

/// The red channel: red ink is as bright as paper.
pub(crate) fn red_channel(width: u32, height: u32, rgb: &[u8]) -> Grey<'static> {
    Grey::new(width, height, wide(|| rgb.as_chunks::<3>().0.iter().map(|p| p[0]).collect()))
}

/// Coloured ink alone, dark on white: how far the parts of a pixel differ. Black print leaves nothing.
pub(crate) fn chroma_layer(width: u32, height: u32, rgb: &[u8]) -> Grey<'static> {
    let depth = |p: &[u8; 3]| {
        let chroma = i32::from(p[0].max(p[1]).max(p[2])) - i32::from(p[0].min(p[1]).min(p[2]));
        (255 - (chroma - 24) * 2).clamp(0, 255) as u8
    };
    Grey::new(width, height, rgb.as_chunks::<3>().0.iter().map(depth).collect())
}

/// The darkest part of each pixel near coloured ink, white elsewhere: crisper than [`chroma_layer`] where JPEG has
/// halved the resolution of colour.
pub(crate) fn gated_layer(width: u32, height: u32, rgb: &[u8]) -> Grey<'static> {
    const NEAR: usize = 3;
    let (w, h) = (width as usize, height as usize);
    let pixels = rgb.as_chunks::<3>().0;
    let mut open = vec![false; w * h];
    for (i, p) in pixels.iter().enumerate() {
        if p[0].max(p[1]).max(p[2]) - p[0].min(p[1]).min(p[2]) > 60 {
            let (x, y) = (i % w, i / w);
            for row in y.saturating_sub(NEAR)..(y + NEAR + 1).min(h) {
                open[row * w + x.saturating_sub(NEAR)..row * w + (x + NEAR + 1).min(w)].fill(true);
            }
        }
    }
    let value = |(p, open): (&[u8; 3], &bool)| if *open { p[0].min(p[1]).min(p[2]) } else { 255 };
    Grey::new(width, height, pixels.iter().zip(&open).map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAPER: [u8; 3] = [250, 248, 244];
    const SEAL: [u8; 3] = [214, 60, 58];
    const PEN: [u8; 3] = [40, 60, 150];
    const PRINT: [u8; 3] = [30, 30, 32];

    /// 96 x 64 px of paper with a rectangle of ink at 32..64, 16..48.
    fn page(ink: [u8; 3]) -> Vec<u8> {
        let at =
            |i: usize| if (32..64).contains(&(i % 96)) && (16..48).contains(&(i / 96)) { ink } else { PAPER };
        (0..96 * 64).flat_map(at).collect()
    }

    #[test]
    fn red_and_blue_are_told_from_print() {
        let red = InkMap::survey(96, 64, &page(SEAL));
        assert!(red.has(Ink::Red) && !red.has(Ink::Blue));
        assert_eq!(red.groups(Ink::Red, 0), [PxBox { left: 32, top: 16, right: 64, bottom: 48 }]);
        let pale = InkMap::survey(96, 64, &page([226, 170, 186]));
        assert!(!pale.has(Ink::Red) && pale.groups(Ink::Red, 0).len() == 1);
        let blue = InkMap::survey(96, 64, &page(PEN));
        assert!(!blue.has(Ink::Red) && blue.has(Ink::Blue));
        let black = InkMap::survey(96, 64, &page(PRINT));
        assert!(!black.has(Ink::Red) && !black.has(Ink::Blue));
    }

    #[test]
    fn what_is_blue_is_held_against_the_usual_print() {
        // rows of cells: bluish print, print with a bluer halo, a pen
        let inks = [[60, 60, 78], [60, 60, 78], [60, 60, 78], [60, 60, 120], [40, 60, 150]];
        let ink = |i: usize| inks[i / 96 / 16];
        let at = |i: usize| {
            if (8..72).contains(&(i % 96)) && i.is_multiple_of(2) { ink(i) } else { [250, 250, 250] }
        };
        let rgb: Vec<u8> = (0..96 * 80).flat_map(at).collect();
        let map = InkMap::survey(96, 80, &rgb);
        assert_eq!(map.groups(Ink::Blue, 0), [PxBox { left: 0, top: 64, right: 80, bottom: 80 }]);
        // a page with a stamp and nothing else
        let stamp: Vec<u8> = (0..96 * 80).flat_map(|i| if i < 96 * 40 { PEN } else { PAPER }).collect();
        assert!(InkMap::survey(96, 80, &stamp).has(Ink::Blue));
    }

    #[test]
    fn a_pen_is_found_beside_print_that_is_a_fifth_blue() {
        // 43, 49 and 58 of 256 in the usual print; a halo with 119 is print, a pen with 143 is none
        for blue in [90, 94, 100] {
            let inks = [[60, 60, blue], [60, 60, blue], [60, 60, blue], [60, 60, 142], [40, 60, 150]];
            let at = |i: usize| {
                if (8..72).contains(&(i % 96)) && i.is_multiple_of(2) { inks[i / 96 / 16] } else { [250; 3] }
            };
            let rgb: Vec<u8> = (0..96 * 80).flat_map(at).collect();
            let map = InkMap::survey(96, 80, &rgb);
            assert_eq!(
                map.groups(Ink::Blue, 0),
                [PxBox { left: 0, top: 64, right: 80, bottom: 80 }],
                "{blue}"
            );
        }
    }

    #[test]
    fn groups_join_over_small_gaps_only() {
        let mut rgb = vec![250_u8; 320 * 16 * 3];
        for x in (0..64).chain(96..160).chain(256..320) {
            for y in 0..16 {
                rgb[(y * 320 + x) * 3..][..3].copy_from_slice(&SEAL);
            }
        }
        let map = InkMap::survey(320, 16, &rgb);
        assert_eq!(map.groups(Ink::Red, 0).len(), 3);
        assert_eq!(map.groups(Ink::Red, 2).len(), 2);
    }

    #[test]
    fn the_red_channel_takes_the_seal_out_and_keeps_pen_and_print() {
        let middle = 32 * 96 + 48;
        assert!(red_channel(96, 64, &page(SEAL)).pixels[middle] > 200);
        assert!(luminance(96, 64, &page(SEAL)).pixels[middle] < 120);
        assert!(red_channel(96, 64, &page(PEN)).pixels[middle] < 60);
        assert!(red_channel(96, 64, &page(PRINT)).pixels[middle] < 60);
        assert_eq!(luminance(96, 64, &page([255, 255, 255])).pixels[middle], 255);
    }
}
