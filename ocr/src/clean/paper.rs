//! The paper behind the print: its brightness everywhere, its noise, and how much darker the ink is.

use super::grey::{Filter, Grey};
use super::transposed::transposed;
use native::counts;
use std::ops::Range;

/// The paper's brightness is mapped at about this resolution.
const MAP_DPI: u32 = 36;
/// Cells of the map on either side whose brightest is the paper: 4 x 0.7 mm covers letters, not shadows.
const REACH: usize = 4;
/// Unevenness (brightest minus darkest paper inside the margins) below which there is nothing to flatten.
const EVEN: u8 = 10;

/// Darker than any paper that is written on.
const DARK: u8 = 96;

/// What the paper looks like.
#[derive(Debug, Clone)]
pub(crate) struct Paper {
    /// Its brightness, coarsely.
    map: Grey<'static>,
    /// The usual brightness.
    pub(crate) level: u8,
    /// Whether it is as bright everywhere, so that flattening would change nothing.
    pub(crate) even: bool,
    /// Share of the page inside its margins that is dark all over: a lid left open, black bars, a negative.
    pub(crate) dark_share: f32,
}

impl Paper {
    /// From a page of `dpi` dots per inch: local maximum of a coarse copy, smoothed.
    pub(crate) fn of(grey: &Grey<'_>, dpi: u32) -> Self {
        let coarse = grey.reduced((dpi / MAP_DPI).max(1));
        let (width, height) = (coarse.width as usize, coarse.height as usize);
        let inner = |n: usize| n / 16..(n - n / 16).max(1);
        let inside = |cells: &[u8]| -> Vec<u8> {
            inner(height).flat_map(|y| cells[y * width..][..width][inner(width)].to_vec()).collect()
        };
        let cells = inside(&coarse.pixels);
        let dark_share = cells.iter().filter(|v| **v < DARK).count() as f32 / cells.len().max(1) as f32;
        let mut map = coarse.pixels.into_owned();
        for mix in [brightest, mean, mean] {
            map = down(&transposed(&map, width, Vec::new()), height, mix);
            map = down(&transposed(&map, height, Vec::new()), width, mix);
        }
        let mut levels = inside(&map);
        levels.sort_unstable();
        let at = |share: usize| levels[(levels.len() - 1) * share / 100];
        let (level, even) = (at(50), at(100) - at(1) <= EVEN);
        Self { map: Grey::new(width as u32, height as u32, map), level, even, dark_share }
    }

    /// The paper's brightness for every pixel of some rows of a page of that size.
    pub(crate) fn spread(&self, width: u32, height: u32, rows: &Range<u32>) -> Grey<'static> {
        let on_map = |row: u32| f64::from(row) * f64::from(self.map.height) / f64::from(height.max(1));
        let part = (on_map(rows.start), on_map(rows.end));
        self.map.part_resized(part, width, rows.len() as u32, Filter::Linear)
    }
}

/// Every row as `mix` makes it of itself and those beside it: whole rows at once, in which no pixel waits for another.
fn down(map: &[u8], width: usize, mix: fn(&[&[u8]], &mut [u8])) -> Vec<u8> {
    let rows: Vec<&[u8]> = map.chunks_exact(width.max(1)).collect();
    let mut mixed = vec![0; map.len()];
    for (y, out) in mixed.chunks_exact_mut(width.max(1)).enumerate() {
        mix(&rows[y.saturating_sub(REACH)..(y + REACH + 1).min(rows.len())], out);
    }
    mixed
}

fn brightest(rows: &[&[u8]], out: &mut [u8]) {
    for row in rows {
        out.iter_mut().zip(*row).for_each(|(most, v)| *most = (*most).max(*v));
    }
}

fn mean(rows: &[&[u8]], out: &mut [u8]) {
    let mut sums = vec![0_u16; out.len()];
    for row in rows {
        // at most nine of them
        sums.iter_mut().zip(*row).for_each(|(sum, v)| *sum = sum.wrapping_add(u16::from(*v)));
    }
    // multiplied, for many are at once: exact for the sums of nine
    let part = (1_u32 << 16).div_ceil(rows.len().max(1) as u32);
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out = (u32::from(sum).wrapping_mul(part) >> 16) as u8);
}

/// Standard deviation of the noise on the paper, in grey levels: the median second difference of neighbours
/// that both look like paper, over every eighth row.
pub(crate) fn noise(grey: &Grey<'_>, level: u8) -> f32 {
    let floor = level.saturating_sub(48);
    let triples = grey.rows().step_by(8).flat_map(|row| row.array_windows::<3>().step_by(2));
    let seconds = triples.filter_map(|&[a, b, c]| {
        let second = (2 * i16::from(b) - i16::from(a) - i16::from(c)).unsigned_abs();
        (a.min(b).min(c) > floor).then_some(second.min(255) as u8)
    });
    let histogram = counts(seconds);
    let total: u32 = histogram.iter().sum();
    let mut below = 0;
    for (value, &count) in histogram.iter().enumerate() {
        if below + count > total / 2 {
            // within the bin, so that small noise is not rounded away
            let part = (total as f32 / 2.0 - below as f32) / count.max(1) as f32;
            let median = if value == 0 { 0.0 } else { value as f32 - 0.5 + part };
            // the second difference of independent noise is sqrt(6) times as wide; median of |normal| is 0.6745
            return median / (0.6745 * 2.449);
        }
        below += count;
    }
    0.0
}

/// How much darker than the paper each pixel is.
pub(crate) fn depths(grey: &Grey<'_>, paper: &Paper) -> Grey<'static> {
    let spread = paper.spread(grey.width, grey.height, &(0..grey.height));
    let pixels = spread.pixels.iter().zip(grey.pixels.iter()).map(|(&p, &v)| p.saturating_sub(v)).collect();
    Grey::new(grey.width, grey.height, pixels)
}

/// Depth that nine tenths of the paper reach in places 1.5 mm apart: a pattern's. Between lines and letters of print, and in
/// margins, are more than a tenth of such places, so that of print on plain paper is the noise.
pub(crate) fn ground(depths: &Grey<'_>, dpi: u32) -> u8 {
    let side = (dpi as usize * 6 / 100).max(4);
    let mut histogram = [0_u32; 256];
    let width = (depths.width as usize).max(1);
    for band in depths.pixels.chunks_exact(width * side) {
        // whole rows first, one on the other
        let mut columns = vec![0; width];
        for row in band.chunks_exact(width) {
            columns.iter_mut().zip(row).for_each(|(deepest, d)| *deepest = (*deepest).max(*d));
        }
        let deepest = |square: &[u8]| square.iter().copied().fold(0, u8::max);
        columns.chunks_exact(side).map(deepest).for_each(|d| histogram[usize::from(d)] += 1);
    }
    let all: u32 = histogram.iter().sum();
    let mut below = 0;
    let reached = |n: &u32| {
        below += n;
        below * 10 > all
    };
    histogram.iter().position(reached).unwrap_or(0) as u8
}

/// Depth of the page's ink: what nine tenths of the pixels clearly above `floor` do not exceed. `None` where
/// fewer than one pixel in 20,000 is above it.
pub(crate) fn ink_depth(depths: &Grey<'_>, floor: u8) -> Option<u8> {
    let histogram = counts(depths.pixels.iter().copied());
    let total: u32 = histogram[usize::from(floor) + 1..].iter().sum();
    if total == 0 || u64::from(total) * 20_000 < depths.pixels.len() as u64 {
        return None;
    }
    let mut above = 0;
    for value in (usize::from(floor) + 1..256).rev() {
        above += histogram[value];
        if above * 10 >= total {
            return Some(value as u8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with a shadow from left (bright) to right (dark) and thin lines of ink 100 darker than the paper.
    fn shaded() -> Grey<'static> {
        let at = |i: usize| {
            let (x, y) = (i % 400, i / 400);
            let paper = 250 - x / 4;
            (if y % 20 < 2 && (50..350).contains(&x) { paper - 100 } else { paper }) as u8
        };
        Grey::new(400, 400, (0..400 * 400).map(at).collect())
    }

    #[test]
    fn a_shadow_is_paper_and_ink_is_not() {
        let grey = shaded();
        let paper = Paper::of(&grey, 150);
        assert!(!paper.even);
        let depths = depths(&grey, &paper);
        assert!(depths.pixels[10 * 400 + 200] < 12, "paper: {}", depths.pixels[10 * 400 + 200]);
        assert!(depths.pixels[40 * 400 + 200].abs_diff(100) < 16, "ink: {}", depths.pixels[40 * 400 + 200]);
        assert!(ink_depth(&depths, 30).unwrap().abs_diff(100) < 20);
    }

    #[test]
    fn white_paper_is_even_and_without_noise_or_ink() {
        let grey = Grey::new(300, 300, vec![255; 300 * 300]);
        let paper = Paper::of(&grey, 150);
        assert!(paper.even && paper.level == 255);
        assert_eq!(noise(&grey, paper.level), 0.0);
        assert_eq!(ink_depth(&depths(&grey, &paper), 20), None);
    }

    #[test]
    fn a_pattern_is_the_ground_and_lines_of_print_are_not() {
        let depths = |pattern: u8| {
            let at = |i: usize| {
                let (x, y) = (i % 400, i / 400);
                if y % 30 < 12 && x % 9 < 3 {
                    200
                } else if (x + y) % 7 < 2 {
                    pattern
                } else {
                    0
                }
            };
            Grey::new(400, 400, (0..400 * 400).map(at).collect())
        };
        assert_eq!((ground(&depths(60), 150), ground(&depths(0), 150)), (60, 0));
        assert_eq!(ground(&Grey::new(3, 2, vec![9; 6]), 150), 0);
    }

    #[test]
    fn noise_is_measured_on_the_paper_only() {
        // a multiplicative generator is noise enough; uniform over -8..=8 has a deviation of 4.9
        let mut seed = 1_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % 17
        };
        let at = |i: usize, n: u32| if i % 50 < 3 { 20 } else { (232 + n) as u8 };
        let grey = Grey::new(500, 400, (0..500 * 400).map(|i| at(i, next())).collect());
        let sigma = noise(&grey, 240);
        assert!((3.5..6.5).contains(&sigma), "{sigma}");
    }
}
