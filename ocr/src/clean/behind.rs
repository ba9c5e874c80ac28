//! Show-through: what is printed on the other side of a sheet, seen pale and mirrored. Where that side was scanned as well, pixels that are
//! pale here and dark there are lightened to paper, never strokes of print. A neighbour that is not the other side changes nothing.

use super::components::{components, skew_degrees};
use super::grey::{Filter, Grey};
use super::paper::{self, Paper};
use super::rotate;
use native::{PageRaster, counts, wide};
use record::PageSize;

/// Both sides are compared at about this resolution …
const COPY_DPI: u32 = 100;
/// … where the longer side of the copy has at most this many pixels (A3 has 1,654), whatever resolution the file names …
const MOST_PX: u32 = 1_750;
/// … and laid on each other first at a third of it.
const COARSE: u32 = 3;
/// What is less deep than this share of the page's darkest print may come from the other side; the rest is print.
const PALE: f32 = 0.45;
/// Print of the other side, as a share of its darkest.
const DARK: f32 = 0.3;
/// Pixels of the copy around print of this side that stay, whatever lies behind: its rims and hairlines are pale, too.
const RIM_PX: usize = 2;
/// Pixels of the copy by which the other side's print may lie beside what shows of it.
const BLUR_PX: usize = 2;
/// Share of the page that is pale, below which there is nothing to lighten.
const LEAST_PALE: f32 = 0.003;
/// The sides lie on each other within this share of the page's size.
const MOST_SHIFT: f32 = 0.02;
/// They are the same sheet when their lengths differ by at most this share.
const SAME_SIZE: f32 = 0.03;
/// Least correlation of what is pale here with what is dark there: on eight clean pages backs had 0.73 to 0.85, other pages of the
/// file at most 0.30 …
const LIKE: f32 = 0.3;
/// … and by how much it is better than with the sides laid on each other beside their place, where lines of print meet lines, too: by 0.18 to
/// 0.38 for backs, by 0.03 for other pages.
const PEAK: f32 = 0.1;
/// That far beside their place, in pixels of the coarse copy: a letter.
const BESIDE_PX: i32 = 3;

/// The page without what shows through from one of `others`, the pages that may be its back, in the order of their trial; `None` where nothing
/// pale is on it, or none of them is behind it. They are asked for only where something pale is on the page.
pub fn without_back(page: &PageRaster, others: impl IntoIterator<Item = PageRaster>) -> Option<PageRaster> {
    if page.bilevel {
        return None;
    }
    let front = Front::of(page)?;
    let behind = others.into_iter().find_map(|other| front.behind(&other))?;
    front.lightened(page, &behind)
}

/// The side that is read, reduced.
struct Front {
    size: PageSize,
    factor: u32,
    /// Of the copy.
    dpi: u32,
    paper: Paper,
    /// Depths up to this are pale.
    limit: u8,
    /// Depth of what is pale and not beside print; 0 elsewhere.
    pale: Grey<'static>,
    /// 255 where no print is near, else 0.
    free: Grey<'static>,
    lean: f32,
}

impl Front {
    /// `None` where nothing on it is pale.
    fn of(page: &PageRaster) -> Option<Self> {
        let (factor, copy) = reduced(page);
        let dpi = (page.size.dpi / factor).max(1);
        let side = Side::of(&copy, dpi)?;
        let limit = (f32::from(side.ink) * PALE) as u8;
        let (width, height) = (copy.width, copy.height);
        let print: Vec<bool> = side.depths.pixels.iter().map(|d| *d > limit).collect();
        let near = spread(&print, width as usize, RIM_PX);
        let is_pale = |(d, near): (&u8, &bool)| if *d > side.floor && !near { *d } else { 0 };
        let pale: Vec<u8> = side.depths.pixels.iter().zip(&near).map(is_pale).collect();
        let found = pale.iter().filter(|d| **d > 0).count();
        if (found as f32) < pale.len() as f32 * LEAST_PALE {
            return None;
        }
        let free = near.iter().map(|near| if *near { 0 } else { 255 }).collect();
        let lean = side.lean(dpi, limit);
        let (pale, free) = (Grey::new(width, height, pale), Grey::new(width, height, free));
        Some(Self { size: page.size, factor, dpi, paper: side.paper, limit, pale, free, lean })
    }

    /// Where print of `other` lies behind this side, in pixels of its copy; `None` where it is not its back.
    fn behind(&self, other: &PageRaster) -> Option<Vec<bool>> {
        let (width, height) = (self.pale.width, self.pale.height);
        if !is_same_size(self.size, other.size) {
            return None;
        }
        let (_, copy) = reduced(other);
        let mirrored = mirrored(&copy.resized(width, height, Filter::Mean));
        let side = Side::of(&mirrored, self.dpi)?;
        let dark = (f32::from(side.ink) * DARK) as u8;
        // the sheet lay at another angle when this side was scanned
        let degrees = side.lean(self.dpi, dark) - self.lean;
        let side = if degrees.abs() < 0.1 {
            side
        } else {
            Side::of(&rotate::levelled(&mirrored, degrees), self.dpi)?
        };
        let shift = self.place_of(&side.depths)?;
        let print: Vec<bool> = side.depths.pixels.iter().map(|d| *d > dark).collect();
        let wide = spread(&print, width as usize, BLUR_PX);
        let at = |i: usize| {
            let (x, y) = ((i as u32 % width) as i32 + shift.0, (i as u32 / width) as i32 + shift.1);
            let is_on = (0..width as i32).contains(&x) && (0..height as i32).contains(&y);
            is_on && wide[(y as u32 * width + x as u32) as usize] && self.free.pixels[i] > 0
        };
        Some((0..wide.len()).map(at).collect())
    }

    /// By how much `back` has to be moved to lie on what shows of it; `None` where nothing of it shows.
    fn place_of(&self, back: &Grey<'_>) -> Option<(i32, i32)> {
        let coarse = [&self.pale, &self.free, back].map(|side| side.reduced(COARSE));
        let most = |px: u32| ((px as f32 * MOST_SHIFT) as i32).max(BESIDE_PX + 1);
        let (across, down) = (most(coarse[0].width), most(coarse[0].height));
        let shifts = || (-down..=down).flat_map(|dy| (-across..=across).map(move |dx| (dx, dy)));
        let tried: Vec<((i32, i32), f32)> =
            shifts().map(|shift| (shift, likeness(&coarse[0], &coarse[1], &coarse[2], shift, 1))).collect();
        let best = tried.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let beside = tried
            .iter()
            .filter(|t| (t.0.0 - best.0.0).abs() >= BESIDE_PX)
            .fold(0.0_f32, |most, t| most.max(t.1));
        if best.1 < LIKE || best.1 < beside + PEAK {
            return None;
        }
        let (x, y, reach) = (best.0.0 * COARSE as i32, best.0.1 * COARSE as i32, COARSE as i32);
        let near = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (x + dx, y + dy)));
        let fine = near.map(|shift| (shift, likeness(&self.pale, &self.free, back, shift, 3)));
        fine.max_by(|a, b| a.1.total_cmp(&b.1)).map(|best| best.0)
    }

    /// Pale pixels where `behind` says so become as bright as the paper around them; `None` where there are none.
    fn lightened(&self, page: &PageRaster, behind: &[bool]) -> Option<PageRaster> {
        let across = self.pale.width as usize;
        let paper = self.paper.spread(self.pale.width, self.pale.height, &(0..self.pale.height));
        let (channels, factor) = (usize::from(page.channels), self.factor as usize);
        let (mut pixels, mut changed) = (page.pixels().to_vec(), false);
        for (y, row) in pixels.chunks_exact_mut((page.size.width_px as usize).max(1) * channels).enumerate() {
            for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                let at = y / factor * across + x / factor;
                let (value, level) = (pixel[channels / 2], paper.pixels[at]);
                if behind[at] && value < level && level - value <= self.limit {
                    let brighter = |v: u8| u32::from(v) * u32::from(level) / u32::from(value.max(1));
                    pixel.iter_mut().for_each(|v| *v = brighter(*v).min(255) as u8);
                    changed = true;
                }
            }
        }
        changed.then(|| PageRaster::from_pixels(page.size, page.channels, page.bilevel, pixels))
    }
}

/// What both sides are asked.
struct Side {
    paper: Paper,
    depths: Grey<'static>,
    /// Depths up to this are noise.
    floor: u8,
    /// Depth of the darkest print.
    ink: u8,
}

impl Side {
    /// `None` without print.
    fn of(copy: &Grey<'_>, dpi: u32) -> Option<Self> {
        let paper = Paper::of(copy, dpi);
        let floor = (paper::noise(copy, paper.level) * 4.0).clamp(10.0, 40.0) as u8;
        let depths = paper::depths(copy, &paper);
        let ink = darkest(&depths, floor)?;
        Some(Self { paper, depths, floor, ink })
    }

    /// How far its lines fall to the right, in degrees.
    fn lean(&self, dpi: u32, threshold: u8) -> f32 {
        let mut letters = components(&self.depths, threshold);
        letters.retain(|c| c.is_letter(dpi));
        skew_degrees(&letters).unwrap_or(0.0)
    }
}

/// Whether two sides are as long and as wide as each other.
fn is_same_size(a: PageSize, b: PageSize) -> bool {
    let inches = |px: u32, dpi: u32| px as f32 / dpi.max(1) as f32;
    let is_like = |a: f32, b: f32| (a - b).abs() <= a.max(b) * SAME_SIZE;
    is_like(inches(a.width_px, a.dpi), inches(b.width_px, b.dpi))
        && is_like(inches(a.height_px, a.dpi), inches(b.height_px, b.dpi))
}

/// What a fiftieth of the pixels deeper than `floor` exceed; of print with a ghost beside it, that is the print.
fn darkest(depths: &Grey<'_>, floor: u8) -> Option<u8> {
    let histogram = counts(depths.pixels.iter().copied()).map(|count| count as usize);
    let all: usize = histogram[usize::from(floor) + 1..].iter().sum();
    if all * 20_000 < depths.pixels.len() {
        return None;
    }
    let mut above = 0;
    (usize::from(floor) + 1..256).rev().find_map(|depth| {
        above += histogram[depth];
        (above * 50 >= all).then_some(depth as u8)
    })
}

/// The page's only or its green plane, as the mean of squares; and their side.
fn reduced(page: &PageRaster) -> (u32, Grey<'static>) {
    let longer = page.size.width_px.max(page.size.height_px);
    let factor = (page.size.dpi / COPY_DPI).max(longer.div_ceil(MOST_PX)).max(1);
    let (side, channels) = (factor as usize, usize::from(page.channels));
    let width = page.size.width_px as usize;
    let across = width.div_ceil(side);
    let mut pixels = Vec::with_capacity(across * (page.size.height_px as usize).div_ceil(side));
    let mut green: Vec<u8> = Vec::with_capacity(width);
    for band in page.pixels().chunks(width.max(1) * channels * side) {
        // whole rows first, one on the other
        let mut columns = vec![0_u32; width];
        wide(|| {
            for row in band.chunks_exact(width.max(1) * channels) {
                // taken out before they are added, as bytes
                let row = match channels {
                    3 => {
                        green.clear();
                        green.extend(row.as_chunks::<3>().0.iter().map(|p| p[1]));
                        &green[..]
                    }
                    _ => row,
                };
                let sums = columns.iter_mut().zip(row);
                sums.for_each(|(sum, v)| *sum = sum.wrapping_add(u32::from(*v)));
            }
        });
        let down = band.len() / (width.max(1) * channels);
        let mean = |square: &[u32]| {
            (square.iter().fold(0, |sum: u32, v| sum.wrapping_add(*v)) / (down * square.len()) as u32) as u8
        };
        pixels.extend(columns.chunks(side).map(mean));
    }
    (factor, Grey::new(across as u32, page.size.height_px.div_ceil(factor), pixels))
}

fn mirrored(grey: &Grey<'_>) -> Grey<'static> {
    let pixels = grey.rows().flat_map(|row| row.iter().rev().copied()).collect();
    Grey::new(grey.width, grey.height, pixels)
}

/// What lies within `reach` pixels of what is set, across and down.
fn spread(set: &[bool], width: usize, reach: usize) -> Vec<bool> {
    let mut across = set.to_vec();
    for (row, out) in set.chunks_exact(width.max(1)).zip(across.chunks_exact_mut(width.max(1))) {
        (1..=reach).for_each(|away| add_beside(out, row, away));
    }
    let mut both = across.clone();
    (1..=reach).for_each(|rows| add_beside(&mut both, &across, rows * width));
    both
}

/// Sets what lies `away` before and behind what is set.
fn add_beside(to: &mut [bool], set: &[bool], away: usize) {
    let Some(shared) = set.len().checked_sub(away) else { return };
    to[away..].iter_mut().zip(set).for_each(|(to, set)| *to |= set);
    to[..shared].iter_mut().zip(&set[away..]).for_each(|(to, set)| *to |= set);
}

/// Correlation of `pale` with `back` moved by `shift`, where both lie and `free` is set; over every `step`th row.
fn likeness(pale: &Grey<'_>, free: &Grey<'_>, back: &Grey<'_>, shift: (i32, i32), step: usize) -> f32 {
    let (width, height) = (pale.width as i32, pale.height as i32);
    let (left, right) = (0.max(-shift.0), width.min(width - shift.0));
    if right <= left {
        return 0.0;
    }
    let (mut n, mut a, mut b, mut aa, mut bb, mut ab) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    for y in (0.max(-shift.1)..height.min(height - shift.1)).step_by(step) {
        let here = |x: i32| (y * width + x) as usize;
        let there = ((y + shift.1) * width + left + shift.0) as usize;
        let (from, to) = (here(left), here(right.max(left)));
        let rows = pale.pixels[from..to].iter().zip(&free.pixels[from..to]).zip(&back.pixels[there..]);
        for ((&p, &free), &q) in rows {
            if free >= 128 {
                let (p, q) = (u64::from(p), u64::from(q));
                n += 1;
                a += p;
                b += q;
                aa += p * p;
                bb += q * q;
                ab += p * q;
            }
        }
    }
    let [n, a, b, aa, bb, ab] = [n, a, b, aa, bb, ab].map(|v| v as f64);
    let spread = (n * aa - a * a) * (n * bb - b * b);
    if spread > 0.0 { ((n * ab - a * b) / spread.sqrt()) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_small_whatever_resolution_a_file_names() {
        for (dpi, factor) in [(0, 3), (72, 3), (200, 3), (300, 3), (600, 6)] {
            let size = PageSize { width_px: 2480, height_px: 3508, dpi };
            let page = PageRaster::from_pixels(size, 1, false, vec![200; 2480 * 3508]);
            let (found, copy) = reduced(&page);
            assert_eq!(found, factor, "{dpi}");
            assert_eq!((copy.width, copy.height), (2480_u32.div_ceil(found), 3508_u32.div_ceil(found)));
        }
        let strip = PageSize { width_px: 30_000, height_px: 20, dpi: 300 };
        let (factor, copy) = reduced(&PageRaster::from_pixels(strip, 1, false, vec![200; 600_000]));
        assert!(copy.width <= MOST_PX && copy.height == 20_u32.div_ceil(factor), "{factor}");
    }

    #[test]
    fn sides_lie_on_each_other_in_one_place_only() {
        let bars = |by: u32| {
            let ink = |i: u32| if ((i % 60 + 60 - by) * 7 + i / 60 * 11) % 13 < 4 { 80 } else { 0 };
            Grey::new(60, 40, (0..2400).map(ink).collect())
        };
        let free = Grey::new(60, 40, vec![255; 2400]);
        let like = |shift| likeness(&bars(0), &free, &bars(3), shift, 1);
        assert!(like((3, 0)) > 0.9 && like((0, 0)) < 0.5, "{} {}", like((3, 0)), like((0, 0)));
    }

    #[test]
    fn a_strip_narrower_than_the_shift_is_like_nothing() {
        for (width, height) in [(2, 40), (40, 2), (1, 1)] {
            let ink = |i: u32| if i.is_multiple_of(3) { 80 } else { 0 };
            let strip = Grey::new(width, height, (0..width * height).map(ink).collect());
            let free = Grey::new(width, height, vec![255; (width * height) as usize]);
            for shift in [(-4_i32, 0_i32), (4, 0), (0, -4), (0, 4), (4, 4), (-2, 2)] {
                let beside = width as i32 <= shift.0.abs() || height as i32 <= shift.1.abs();
                let like = likeness(&strip, &free, &strip, shift, 1);
                assert!(
                    like.is_finite() && (!beside || like == 0.0),
                    "{width} x {height}, {shift:?}: {like}"
                );
            }
        }
    }
}
