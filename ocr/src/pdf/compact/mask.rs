//! Which pixels are print: dark for the place where they stand, inside or around a word that was read, and not of a
//! coloured ink, which keeps its shades in the background.

use super::super::jbig2::Bitmap;
use super::grown;
use super::pixels::{Pixels, Split, View, as_rgb};
use record::PxBox;

/// A pixel is red when its red exceeds the other two by more than this.
const RED_EXCESS: i16 = 50;
/// Dark red this dark, as the eye sees it, is black print with the colour of a seal around it.
const BLACK_UNDER_RED: u8 = 60;
/// A pixel is blue or violet when its blue is the most and exceeds the least by more than this.
const BLUE_EXCESS: i16 = 45;
/// A page is written in a colour that covers so many times as much as any other ink.
const OWN_INK: u64 = 3;

/// The print of a page.
#[derive(Debug)]
pub(super) struct Print {
    pub(super) ink: Bitmap,
    /// What it is painted with: the mean of the darker half of its pixels.
    pub(super) rgb: [u8; 3],
}

/// Inks as the mask tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ink {
    Plain,
    Red,
    Blue,
}

fn ink_of(rgb: [u8; 3]) -> Ink {
    let [r, g, b] = rgb.map(i16::from);
    if r - g.max(b) > RED_EXCESS && View::Eye.see(rgb) > BLACK_UNDER_RED {
        Ink::Red
    } else if b - r.min(g) > BLUE_EXCESS && b >= r.max(g) {
        Ink::Blue
    } else {
        Ink::Plain
    }
}

/// All black pixels of a page that has only black and white ones.
pub(super) fn everything(pixels: &Pixels<'_>) -> Bitmap {
    let mut ink = Bitmap::white(pixels.width, pixels.height);
    for y in 0..pixels.height {
        let row = pixels.row(y, 0, pixels.width).chunks_exact(pixels.channels);
        row.enumerate().filter(|(_, pixel)| pixel[0] < 128).for_each(|(x, _)| ink.ink(x as u32, y));
    }
    ink
}

impl Print {
    pub(super) fn of(pixels: &Pixels<'_>, words: &[PxBox], dpi: u32) -> Self {
        let mut ink = Bitmap::white(pixels.width, pixels.height);
        let places: Vec<(PxBox, Split)> = words.iter().filter_map(|word| place(pixels, *word, dpi)).collect();
        let own = own_ink(pixels, &places);
        let (mut sum, mut count) = ([0_u64; 3], 0_u64);
        for (bbox, split) in &places {
            let core = ((split.ink + split.threshold) / 2.0) as u8;
            for y in bbox.top..bbox.bottom {
                let row = pixels.row(y, bbox.left, bbox.right).chunks_exact(pixels.channels);
                for (x, pixel) in (bbox.left..).zip(row) {
                    let rgb = as_rgb(pixel);
                    let bright = View::Print.see(rgb);
                    if f32::from(bright) > split.threshold {
                        continue;
                    }
                    let of = ink_of(rgb);
                    if of != Ink::Plain && of != own {
                        continue;
                    }
                    ink.ink(x, y);
                    if bright <= core {
                        sum.iter_mut().zip(rgb).for_each(|(sum, v)| *sum += u64::from(v));
                        count += 1;
                    }
                }
            }
        }
        let rgb = sum.map(|sum| sum.checked_div(count).unwrap_or(0) as u8);
        Self { ink, rgb }
    }
}

/// Where the print of a word may lie (marks above and below its box as well), and how dark it is there.
fn place(pixels: &Pixels<'_>, word: PxBox, dpi: u32) -> Option<(PxBox, Split)> {
    let bbox = grown(word, (word.height().min(word.width()) / 4).clamp(2, dpi / 12 + 2), pixels.bounds());
    let values = (bbox.top..bbox.bottom)
        .flat_map(|y| pixels.row(y, bbox.left, bbox.right).chunks_exact(pixels.channels))
        .map(|pixel| View::Print.see(as_rgb(pixel)));
    Some((bbox, Split::of(values)?))
}

/// The ink that the page itself is written in: blue on a carbon copy, else plain. Looks at every third row.
fn own_ink(pixels: &Pixels<'_>, places: &[(PxBox, Split)]) -> Ink {
    let mut counts = [0_u64; 3];
    for (bbox, split) in places {
        for y in (bbox.top..bbox.bottom).step_by(3) {
            for pixel in pixels.row(y, bbox.left, bbox.right).chunks_exact(pixels.channels) {
                let rgb = as_rgb(pixel);
                if f32::from(View::Print.see(rgb)) <= split.threshold {
                    counts[ink_of(rgb) as usize] += 1;
                }
            }
        }
    }
    let [plain, red, blue] = counts;
    // Nearly all of it: one colour paints the whole mask.
    if blue > OWN_INK * plain.max(red) {
        Ink::Blue
    } else if red > OWN_INK * plain.max(blue) {
        Ink::Red
    } else {
        Ink::Plain
    }
}
