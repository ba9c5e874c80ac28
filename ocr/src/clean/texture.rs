//! Pictures that are no print, whatever stands on them: cloth, hatching, grain, tens of thousands of specks.
//!
//! Layout analysis joins what lies side by side. A letter has neighbours in its line; a mesh has them on all sides, and what
//! takes 0.06 ms for a letter takes 1 ms for a mesh, on a page of them half a minute. It cannot be stopped meanwhile, so such
//! pictures are told before.

use super::components::components;
use super::grey::Grey;
use native::{counts, wide};

/// Side of the squares in which paper is looked for, in inches: 1.5 mm, which fit between two lines of print.
const SQUARE_INCHES: f32 = 0.06;
/// Share of squares without ink below which a picture is covered all over. Print of 8 points without margins leaves 0.21,
/// of sixteen textures that keep layout busy fourteen at most 0.01.
const LEAST_PAPER: f32 = 0.03;
/// Pictures of fewer squares cost nothing.
const LEAST_SQUARES: usize = 400;
/// Pixels for each group of ink, or of paper inside ink, below which they are specks or meshes. A page full of print has 700
/// at the size at which it is read, and 230 where it is read at half of that.
const LEAST_PX_PER_GROUP: usize = 200;
/// Pixels for each run of ink in a row above which groups need not be counted: a page of print with its margins has 60 or more.
const FEW_RUNS_PX: usize = 50;
/// Rows between two that are looked at where all say the same.
const EVERY: usize = 4;

/// Whether a picture is covered with ink all over, or strewn with more groups of it than print can have.
pub(crate) fn is_texture(picture: &Grey<'_>, dpi: u32) -> bool {
    let ink = Ink::of(picture);
    wide(|| is_covered(picture, &ink, dpi)) || wide(|| is_strewn(picture, &ink))
}

/// What layout analysis takes for ink: the rarer side of Otsu's threshold.
struct Ink {
    /// Values up to this are dark.
    level: u8,
    is_dark: bool,
}

impl Ink {
    fn of(picture: &Grey<'_>) -> Self {
        let histogram = counts(picture.rows().step_by(EVERY).flatten().copied()).map(u64::from);
        let all: u64 = histogram.iter().sum();
        let sum: u64 = (0..).zip(&histogram).map(|(v, n)| v * n).sum();
        let (mut dark, mut dark_sum, mut best) = (0, 0, (0.0, 0, 0));
        for (value, &n) in histogram.iter().enumerate() {
            (dark, dark_sum) = (dark + n, dark_sum + value as u64 * n);
            if dark > 0 && dark < all {
                let mean = |sum: u64, n: u64| sum as f64 / n as f64;
                let apart = mean(sum - dark_sum, all - dark) - mean(dark_sum, dark);
                let between = dark as f64 * (all - dark) as f64 * apart * apart;
                if between > best.0 {
                    best = (between, value as u8, dark);
                }
            }
        }
        Self { level: best.1, is_dark: best.2 * 2 <= all }
    }

    #[inline(always)]
    fn is(&self, value: u8) -> bool {
        (value <= self.level) == self.is_dark
    }
}

#[inline(always)]
fn is_covered(picture: &Grey<'_>, ink: &Ink, dpi: u32) -> bool {
    let side = ((dpi as f32 * SQUARE_INCHES) as usize).max(4);
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (across, down) = (width / side, height / side);
    if across * down < LEAST_SQUARES {
        return false;
    }
    let mut paper = 0;
    for band in picture.pixels.chunks_exact(width * side).take(down) {
        // whole rows first, one on the other
        let mut inked = vec![false; width];
        for row in band.chunks_exact(width) {
            inked.iter_mut().zip(row).for_each(|(inked, v)| *inked |= ink.is(*v));
        }
        paper += inked.chunks_exact(side).filter(|square| !square.contains(&true)).count();
    }
    (paper as f32) < (across * down) as f32 * LEAST_PAPER
}

#[inline(always)]
fn is_strewn(picture: &Grey<'_>, ink: &Ink) -> bool {
    // without a way out, so that many are compared at once
    let begins = |pair: &[u8; 2]| u32::from(!ink.is(pair[0]) & ink.is(pair[1]));
    let begun = |row: &[u8]| row.array_windows().map(begins).fold(0, u32::wrapping_add);
    let runs: usize = picture.rows().step_by(EVERY).map(|row| begun(row) as usize * EVERY).sum();
    if runs * FEW_RUNS_PX < picture.pixels.len() {
        return false;
    }
    let light = components(picture, ink.level).len();
    let turned = picture.pixels.iter().map(|v| 255 - v).collect();
    let dark = components(&Grey::new(picture.width, picture.height, turned), 254 - ink.level.min(254)).len();
    (light + dark) * LEAST_PX_PER_GROUP > picture.pixels.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1000 x 1400 pixels at 200 dpi.
    fn drawn(value: impl Fn(usize, usize) -> u8) -> Grey<'static> {
        Grey::new(1000, 1400, (0..1000 * 1400).map(|i| value(i % 1000, i / 1000)).collect())
    }

    /// Rings of 14 x 14 px (a letter with a hole), lines 34 px apart, without margins.
    fn letters(x: usize, y: usize) -> bool {
        let (x, y) = (x % 17, y % 34);
        x < 14 && y < 14 && !((3..11).contains(&x) && (3..11).contains(&y))
    }

    /// Not thrown, but as good as that.
    fn is_speck(x: usize, y: usize, one_in: u32) -> bool {
        let at = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca6b);
        (at ^ (at >> 15)).wrapping_mul(0x2c1b_3c6d) >> 12 & 0xfff < 4096 / one_in
    }

    #[test]
    fn print_is_no_texture() {
        for (ink, paper) in [(20, 250), (170, 220), (250, 20)] {
            let page = drawn(|x, y| if letters(x, y) { ink } else { paper });
            assert!(!is_texture(&page, 200), "{ink} on {paper}");
        }
    }

    #[test]
    fn print_beside_a_picture_is_none() {
        let page = drawn(|x, y| match y {
            ..800 => {
                if (x / 4 + y / 4) % 2 == 0 {
                    40
                } else {
                    200
                }
            }
            _ => {
                if letters(x, y) {
                    20
                } else {
                    250
                }
            }
        });
        assert!(!is_covered(&page, &Ink::of(&page), 200));
    }

    #[test]
    fn cloth_and_hatching_cover_the_page() {
        let check = drawn(|x, y| if (x / 4 + y / 4) % 2 == 0 { 60 } else { 220 });
        let hatched = drawn(|x, y| if (x + y) % 11 < 2 || (x + 3 * y) % 13 < 2 { 90 } else { 230 });
        assert!(is_texture(&check, 200) && is_texture(&hatched, 200));
    }

    #[test]
    fn specks_are_texture_when_they_are_many() {
        let specks = |one_in| drawn(move |x, y| if is_speck(x, y, one_in) { 0 } else { 250 });
        assert!(is_texture(&specks(40), 200), "35,000 of them");
        assert!(!is_texture(&specks(1000), 200), "1,400 of them");
    }

    #[test]
    fn flat_and_tiny_pictures_are_none() {
        assert!(!is_texture(&drawn(|_, _| 250), 200));
        for (width, height) in [(1, 1), (3, 700), (90, 40)] {
            let grey = Grey::new(width, height, (0..width * height).map(|i| (i % 251) as u8).collect());
            assert!(!is_texture(&grey, 200), "{width} x {height}");
        }
    }
}
