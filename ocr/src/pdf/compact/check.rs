//! Whether the layers show at every word what the original shows there.
//!
//! The page is put together from the layers at the resolution of the page and seen twice: as print (colours are bright)
//! and as the eye sees it. In both views and around each word, ink and paper of the *original* are told apart anew, by
//! the original alone. A pixel differs when
//! - it is ink in the original, and no pixel within the tolerance is ink in the copy, or
//! - it is ink in the copy, and no pixel within the tolerance is ink in the original.
//!
//! The tolerance is one pixel at 300 dpi. Groups of touching pixels that differ are counted; one that is larger than
//! the smallest mark of small print could be fails the word.

use super::background::Background;
use super::grown;
use super::mask::Print;
use super::piece::Piece;
use super::pixels::{Pixels, Split, View};
use record::PxBox;

/// The page as put together again.
pub(super) struct Layers<'a> {
    pub(super) print: &'a Print,
    pub(super) background: &'a Background,
    pub(super) pieces: Vec<Piece>,
}

impl Layers<'_> {
    fn rgb(&self, x: u32, y: u32) -> [u8; 3] {
        if let Some(rgb) = self.pieces.iter().find_map(|piece| piece.rgb(x, y)) {
            return rgb;
        }
        if self.print.ink.is_ink(x, y) { self.print.rgb } else { self.background.rgb(x, y) }
    }
}

/// How far ink may have moved, in pixels.
fn tolerance_px(dpi: u32) -> usize {
    (dpi as usize / 300).max(1)
}

/// The most touching pixels that may differ: a fifth of the dot of an i in print of 8 points.
fn allowed_px(dpi: u32) -> usize {
    (dpi * dpi / 22_500) as usize
}

/// The words at which the picture changed.
pub(super) fn changed_words(
    pixels: &Pixels<'_>,
    words: &[PxBox],
    dpi: u32,
    layers: &Layers<'_>,
) -> Vec<PxBox> {
    let has_changed = |word: &&PxBox| {
        let views: &[View] = if pixels.channels == 1 { &[View::Eye] } else { &[View::Print, View::Eye] };
        views.iter().any(|view| largest_difference(pixels, **word, dpi, layers, *view) > allowed_px(dpi))
    };
    words.iter().filter(has_changed).copied().collect()
}

/// The most touching pixels that differ around a word.
fn largest_difference(pixels: &Pixels<'_>, word: PxBox, dpi: u32, layers: &Layers<'_>, view: View) -> usize {
    let reach = tolerance_px(dpi);
    let bbox = grown(word, dpi / 75 + reach as u32, pixels.bounds());
    let places = || (bbox.top..bbox.bottom).flat_map(move |y| (bbox.left..bbox.right).map(move |x| (x, y)));
    let original: Vec<u8> = places().map(|(x, y)| view.see(pixels.rgb(x, y))).collect();
    let Some(split) = Split::of(original.iter().copied()) else { return 0 };
    let (width, height) = (bbox.width() as usize, bbox.height() as usize);
    let is_ink = |v: u8| f32::from(v) <= split.threshold;
    // Clearly ink, so that pixels about halfway do not count for or against.
    let clear = (split.paper - split.ink) * CLEAR;
    let is_clear = |v: u8| f32::from(v) <= split.threshold - clear;
    let copy: Vec<u8> = places().map(|(x, y)| view.see(layers.rgb(x, y))).collect();
    let near = |ink: &[u8], at: usize| {
        let (x, y) = (at % width, at / width);
        let columns = x.saturating_sub(reach)..(x + reach + 1).min(width);
        (y.saturating_sub(reach)..(y + reach + 1).min(height))
            .any(|y| ink[y * width..][columns.clone()].iter().any(|&v| is_ink(v)))
    };
    let mut differs: Vec<bool> = (0..original.len())
        .map(|at| is_clear(original[at]) && !near(&copy, at) || is_clear(copy[at]) && !near(&original, at))
        .collect();
    largest_group(&mut differs, width, height)
}

/// Part of the contrast by which a pixel has to be darker than the threshold to be clearly ink.
const CLEAR: f32 = 0.1;

/// Size of the largest group of touching pixels, corners included. Clears them.
fn largest_group(set: &mut [bool], width: usize, height: usize) -> usize {
    let mut largest = 0;
    for start in 0..set.len() {
        let (mut todo, mut size) = (vec![start], 0);
        while let Some(at) = todo.pop() {
            if !std::mem::take(&mut set[at]) {
                continue;
            }
            size += 1;
            let (x, y) = (at % width, at / width);
            for ny in y.saturating_sub(1)..(y + 2).min(height) {
                todo.extend(
                    (x.saturating_sub(1)..(x + 2).min(width)).map(|nx| ny * width + nx).filter(|n| set[*n]),
                );
            }
        }
        largest = largest.max(size);
    }
    largest
}
