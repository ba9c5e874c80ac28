//! The black-and-white picture that layout analysis works on, with exactly the pixels that Tesseract would make of the grey one
//! (`ImageThresholder`, `OtsuThreshold`), but eight at a time and once. Tesseract counts and compares one by one, counts all
//! again for a plane of thresholds, and follows each outline through the grey plane for a recogniser that is not used here.

use native::{GreyView, counts};
use std::ffi::{c_int, c_void};

// Leptonica, which `libtesseract` is linked with.
#[link(name = "lept")]
unsafe extern "C" {
    fn pixCreateNoInit(width: c_int, height: c_int, depth: c_int) -> *mut c_void;
    fn pixGetData(pix: *mut c_void) -> *mut u32;
    fn pixGetWpl(pix: *mut c_void) -> c_int;
    fn pixDestroy(pix: *mut *mut c_void);
}

/// A picture of Leptonica's with one bit a pixel, 1 for ink.
pub(crate) struct Bilevel(*mut c_void);

impl Bilevel {
    /// Of a grey picture; `None` without memory for it.
    pub(crate) fn of(image: &GreyView<'_>) -> Option<Self> {
        let ink = Ink::of(&counts(image.pixels.iter().copied()));
        let (width, height) = (image.width_px as usize, image.height_px as usize);
        // SAFETY: no conditions; sides of a picture to be read are below 2^15.
        let pix = unsafe { pixCreateNoInit(width as c_int, height as c_int, 1) };
        if pix.is_null() {
            return None;
        }
        let picture = Self(pix);
        // SAFETY: the picture was just made.
        let words = unsafe { pixGetWpl(picture.0) } as usize;
        // SAFETY: as above.
        let data = unsafe { pixGetData(picture.0) };
        // SAFETY: Leptonica's rows have so many words each; the picture is alive and nobody else's. Its words are written
        // before they are read: each row below fills its words.
        let data = unsafe { std::slice::from_raw_parts_mut(data, words * height) };
        for (row, out) in image.pixels.chunks_exact(width).zip(data.chunks_exact_mut(words)) {
            ink.pack(row, out);
        }
        Some(picture)
    }

    /// Leptonica's own pointer, good as long as `self`.
    pub(crate) fn raw(&self) -> *mut c_void {
        self.0
    }
}

impl Drop for Bilevel {
    fn drop(&mut self) {
        // SAFETY: made by Leptonica, destroyed once.
        unsafe { pixDestroy(&mut self.0) };
    }
}

/// Which pixels are ink: the rarer side of Otsu's threshold.
struct Ink {
    level: u8,
    /// Whether it is what is at most as light as the level, else what is lighter.
    is_dark: bool,
}

impl Ink {
    /// `OtsuStats` and `OtsuThreshold` for one channel.
    fn of(histogram: &[u32; 256]) -> Self {
        let all: u32 = histogram.iter().sum();
        let total: f64 = (0..).zip(histogram).map(|(v, &n)| f64::from(v) * f64::from(n)).sum();
        let (mut dark, mut dark_total) = (0_u32, 0.0);
        let mut best: Option<(f64, u8, u32)> = None;
        for (value, &n) in (0..u8::MAX).zip(histogram) {
            dark += n;
            dark_total += f64::from(value) * f64::from(n);
            if dark == 0 {
                continue;
            }
            let light = all - dark;
            if light == 0 {
                break;
            }
            let apart = (total - dark_total) / f64::from(light) - dark_total / f64::from(dark);
            let between = apart * (apart * f64::from(dark) * f64::from(light));
            if best.is_none_or(|best| between > best.0) {
                best = Some((between, value, dark));
            }
        }
        match best {
            Some((_, level, dark)) => Self { level, is_dark: f64::from(dark) < f64::from(all) * 0.5 },
            // one value only: nothing is ink
            None => Self { level: u8::MAX, is_dark: false },
        }
    }

    /// A row, the first pixel in the highest bit of the first word; what is behind the last one is 0.
    fn pack(&self, row: &[u8], out: &mut [u32]) {
        let (whole, rest) = row.as_chunks::<32>();
        out.iter_mut().zip(whole).for_each(|(word, pixels)| *word = self.word(pixels));
        if !rest.is_empty() {
            let mut last = [0; 32];
            last[..rest.len()].copy_from_slice(rest);
            out[whole.len()] = self.word(&last) & !(u32::MAX >> rest.len());
        }
    }

    fn word(&self, pixels: &[u8; 32]) -> u32 {
        let flip = if self.is_dark { 0 } else { u32::MAX };
        let eights = pixels.as_chunks::<8>().0;
        u32::from_be_bytes(std::array::from_fn(|n| at_most(eights[n], self.level))) ^ flip
    }
}

/// A bit for each of eight values that is at most `level`, the first in the highest bit.
fn at_most(values: [u8; 8], level: u8) -> u8 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    /// Moves bit 0 of byte n to bit 56 + n.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let values = u64::from_be_bytes(values);
    let levels = u64::from_ne_bytes([level; 8]);
    // without the highest bits no byte borrows from the next
    let low = (levels | HIGH) - (values & !HIGH);
    let is = ((levels & !values) | (!(levels ^ values) & low)) & HIGH;
    ((is >> 7).wrapping_mul(GATHER) >> 56) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{show, tesseract};
    use std::path::Path;

    unsafe extern "C" {
        fn TessBaseAPIGetThresholdedImage(api: *mut c_void) -> *mut c_void;
    }

    /// Not thrown, but as good as that.
    fn dice(at: usize) -> usize {
        let at = (at as u32).wrapping_mul(0x9e37_79b1);
        ((at ^ at >> 15).wrapping_mul(0x2c1b_3c6d) >> 16) as usize
    }

    /// Rows of a picture, without what is behind their last pixel.
    fn bits(picture: &Bilevel, width: usize, height: usize) -> Vec<bool> {
        // SAFETY: the picture is alive.
        let words = unsafe { pixGetWpl(picture.0) } as usize;
        // SAFETY: as above.
        let data = unsafe { pixGetData(picture.0) };
        // SAFETY: as many words were made.
        let data = unsafe { std::slice::from_raw_parts(data, words * height) };
        let bit = |row: &[u32], x: usize| row[x / 32] >> (31 - x % 32) & 1 == 1;
        data.chunks_exact(words).flat_map(|row| (0..width).map(move |x| bit(row, x))).collect()
    }

    /// Judged by Tesseract: print, print light on dark, grey paper, noise, few values, and flat pictures.
    #[test]
    fn the_pixels_are_those_that_tesseract_makes() {
        let folder =
            std::env::var_os("TESSDATA_PREFIX").unwrap_or("/usr/share/tesseract-ocr/5/tessdata".into());
        let model = std::fs::read(Path::new(&folder).join("vie.traineddata")).unwrap();
        let api = tesseract(&model, "vie").unwrap();
        let print = |at: usize, ink: usize, paper: usize| {
            let is_ink = at % 97 % 17 < 3 && at / 97 % 12 < 8;
            (if is_ink { ink } else { paper }) + dice(at) % 24
        };
        let pictures: [&dyn Fn(usize) -> usize; 10] = [
            &|at| print(at, 20, 220),
            &|at| print(at, 220, 20),
            &|at| print(at, 100, 140),
            &|at| dice(at) % 256,
            &|at| 127 + dice(at) % 2,
            &|at| if dice(at).is_multiple_of(3) { 255 } else { 0 },
            &|at| if dice(at).is_multiple_of(2) { 128 } else { 129 },
            &|at| at % 256,
            &|_| 0,
            &|_| 255,
        ];
        for (n, value) in pictures.into_iter().enumerate() {
            for width in [97, 96, 64, 33, 5, 200] {
                let height = 90;
                let pixels: Vec<u8> = (0..width * height).map(|at| value(at) as u8).collect();
                let (width_px, height_px) = (width as u32, height as u32);
                let image = GreyView { width_px, height_px, dpi: 300, pixels: &pixels };
                show(&api, image, 3).unwrap();
                // SAFETY: the handle is alive and has a picture; the answer is the caller's to destroy.
                let theirs = Bilevel(unsafe { TessBaseAPIGetThresholdedImage(crate::engine::raw(&api)) });
                let ours = Bilevel::of(&image).unwrap();
                assert!(!theirs.0.is_null());
                assert_eq!(
                    bits(&ours, width, height),
                    bits(&theirs, width, height),
                    "picture {n}, {width} pixels wide"
                );
            }
        }
    }

    #[test]
    fn values_are_compared_one_by_one() {
        for level in 0..=255 {
            for first in 0..=255_u8 {
                let values = std::array::from_fn(|n| first.wrapping_add((n as u8).wrapping_mul(37)));
                let one_by_one = values.iter().fold(0, |bits, &v| bits << 1 | u8::from(v <= level));
                assert_eq!(at_most(values, level), one_by_one, "{values:?} {level}");
            }
        }
    }
}
