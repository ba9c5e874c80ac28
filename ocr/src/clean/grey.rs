//! One grey plane, owned or borrowed, and the ways to make it another size.

use super::transposed::transposed;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use native::wide;
use record::PxBox;
use std::borrow::Cow;
use std::ops::Range;

/// Eight bits a pixel, rows without padding; 0 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grey<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Cow<'a, [u8]>,
}

/// How pixels are mixed when the size changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Mean of the pixels covered: for analysis copies.
    Mean,
    /// Straight lines between neighbours: for backgrounds.
    Linear,
    /// Keeps strokes crisp in both directions: for what the recogniser sees.
    Lanczos,
}

impl<'a> Grey<'a> {
    /// Of its own pixels.
    pub(crate) fn new(width: u32, height: u32, pixels: Vec<u8>) -> Grey<'static> {
        debug_assert_eq!(pixels.len(), width as usize * height as usize);
        Grey { width, height, pixels: Cow::Owned(pixels) }
    }

    /// Over pixels that lie elsewhere.
    pub(crate) fn borrowed(width: u32, height: u32, pixels: &'a [u8]) -> Grey<'a> {
        debug_assert_eq!(pixels.len(), width as usize * height as usize);
        Grey { width, height, pixels: Cow::Borrowed(pixels) }
    }

    /// Its rows from top to bottom.
    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.width.max(1) as usize)
    }

    /// Rows of it, without a copy.
    pub(crate) fn rows_of(&self, rows: &Range<u32>) -> Grey<'_> {
        let from = |row: u32| row as usize * self.width as usize;
        Grey::borrowed(self.width, rows.len() as u32, &self.pixels[from(rows.start)..from(rows.end)])
    }

    /// The whole of it in `width` x `height` pixels (each at least 1).
    pub(crate) fn resized(&self, width: u32, height: u32, filter: Filter) -> Grey<'static> {
        self.part_resized((0.0, f64::from(self.height)), width, height, filter)
    }

    /// What lies between two heights of it, given in pixels and parts of them, in `width` x `height` pixels. The rows of the
    /// picture turned on its side are its columns: rows are mixed many pixels at once, columns are not.
    pub(crate) fn part_resized(
        &self,
        part: (f64, f64),
        width: u32,
        height: u32,
        filter: Filter,
    ) -> Grey<'static> {
        let tall = self.rows_resized(part, height, filter, Vec::new());
        let width = width.max(1);
        if tall.width == width {
            return tall;
        }
        let (on_its_side, spare) = tall.transposed(Vec::new());
        let all = (0.0, f64::from(on_its_side.height));
        on_its_side.rows_resized(all, width, filter, spare).transposed(on_its_side.pixels.into_owned()).0
    }

    /// What lies between two heights of it, as wide, in `height` rows, in the memory of `spare`.
    fn rows_resized(
        &self,
        (top, bottom): (f64, f64),
        height: u32,
        filter: Filter,
        mut spare: Vec<u8>,
    ) -> Grey<'static> {
        let (width, height) = (self.width, height.max(1));
        spare.resize(width as usize * height as usize, 0);
        let source = ImageRef::new(self.width, self.height, &self.pixels, PixelType::U8)
            .expect("the length of a grey plane is width x height");
        let mut target =
            Image::from_vec_u8(width, height, spare, PixelType::U8).expect("it was given that length");
        let filter = match filter {
            Filter::Mean => FilterType::Box,
            Filter::Linear => FilterType::Bilinear,
            Filter::Lanczos => FilterType::Lanczos3,
        };
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).crop(
            0.0,
            top,
            f64::from(self.width),
            bottom - top,
        );
        Resizer::new()
            .resize(&source, &mut target, &options)
            .expect("both planes are 8-bit grey, and the part lies in this one");
        Grey::new(width, height, target.into_vec())
    }

    /// Rows for columns, in the memory of `spare`; and its own, which is needed no more.
    fn transposed(self, spare: Vec<u8>) -> (Grey<'static>, Vec<u8>) {
        let turned = transposed(&self.pixels, self.width as usize, spare);
        (Grey::new(self.height, self.width, turned), self.pixels.into_owned())
    }

    /// A smaller copy by a whole factor (at least 1).
    pub(crate) fn reduced(&self, factor: u32) -> Grey<'_> {
        if factor <= 1 {
            return Grey::borrowed(self.width, self.height, &self.pixels);
        }
        if factor == 2 && self.width.is_multiple_of(2) && self.height.is_multiple_of(2) {
            return self.halved();
        }
        self.resized(self.width.div_ceil(factor), self.height.div_ceil(factor), Filter::Mean)
    }

    /// Half as wide and half as high, both even: what `resized` gives, faster.
    fn halved(&self) -> Grey<'static> {
        let mean = |a: u8, b: u8| ((u16::from(a) + u16::from(b)).wrapping_add(1) >> 1) as u8;
        let (width, mut pixels) = (self.width as usize, Vec::with_capacity(self.pixels.len() / 4));
        let mut across = vec![0; width];
        wide(|| {
            for pair in self.pixels.chunks_exact((2 * width).max(1)) {
                let (above, below) = pair.split_at(width);
                across.iter_mut().zip(above.iter().zip(below)).for_each(|(out, (a, b))| *out = mean(*a, *b));
                pixels.extend(across.as_chunks::<2>().0.iter().map(|&[a, b]| mean(a, b)));
            }
        });
        Grey::new(self.width / 2, self.height / 2, pixels)
    }

    /// Blurred with a Gaussian of 0.9 pixels' standard deviation.
    pub(crate) fn softened(&self) -> Grey<'static> {
        let across = blurred(&self.pixels, 1);
        let stride = self.width as usize;
        Grey::new(self.width, self.height, blurred(&across, stride))
    }

    /// A copy with boxes painted over, as far as they lie on it.
    pub(crate) fn painted(&self, boxes: &[PxBox], value: u8) -> Grey<'static> {
        let mut pixels = self.pixels.to_vec();
        for b in boxes {
            let (left, right) = (b.left.min(self.width) as usize, b.right.min(self.width) as usize);
            for y in b.top.min(self.height)..b.bottom.min(self.height) {
                pixels[y as usize * self.width as usize..][left..right].fill(value);
            }
        }
        Grey::new(self.width, self.height, pixels)
    }

    /// The part inside `left..right`, `top..bottom`, all within the plane.
    pub(crate) fn crop(&self, left: u32, top: u32, right: u32, bottom: u32) -> Grey<'static> {
        let mut pixels = Vec::with_capacity((right - left) as usize * (bottom - top) as usize);
        for row in self.rows().skip(top as usize).take((bottom - top) as usize) {
            pixels.extend_from_slice(&row[left as usize..right as usize]);
        }
        Grey::new(right - left, bottom - top, pixels)
    }
}

/// Each pixel mixed with two neighbours on either side, `step` apart; the plane's first and last stay, and
/// across the ends of rows neighbours are those of the next row: the margin of a page is paper.
fn blurred(pixels: &[u8], step: usize) -> Vec<u8> {
    /// exp(-x²/2σ²) for σ = 0.9, in 256ths: sums stay below 2^16.
    const WEIGHTS: [u16; 3] = [114, 61, 10];
    let margin = 2 * step;
    let Some(inner) = pixels.len().checked_sub(2 * margin) else { return pixels.to_vec() };
    let from = |at: usize| &pixels[at..at + inner];
    let [far_left, left, middle, right, far_right] = [0, step, margin, margin + step, 2 * margin].map(from);
    let mix = |at: usize| {
        let v = |of: &[u8]| u16::from(of[at]);
        // without checks for what cannot happen, so that many are mixed at once
        let weighed = |weight: u16, of: u16| weight.wrapping_mul(of);
        let sum = weighed(WEIGHTS[0], v(middle))
            .wrapping_add(weighed(WEIGHTS[1], v(left).wrapping_add(v(right))))
            .wrapping_add(weighed(WEIGHTS[2], v(far_left).wrapping_add(v(far_right))));
        (sum.wrapping_add(128) >> 8) as u8
    };
    let mut mixed = Vec::with_capacity(pixels.len());
    mixed.extend_from_slice(&pixels[..margin]);
    wide(|| mixed.extend((0..inner).map(mix)));
    mixed.extend_from_slice(&pixels[margin + inner..]);
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduction_takes_means() {
        let grey = Grey::new(4, 2, vec![0, 100, 50, 50, 200, 100, 200, 50]);
        let half = grey.reduced(2);
        assert_eq!((half.width, half.height), (2, 1));
        assert!(half.pixels[0].abs_diff(100) <= 1 && half.pixels[1].abs_diff(88) <= 1, "{:?}", half.pixels);
        let odd = Grey::new(5, 5, vec![7; 25]);
        assert_eq!((odd.reduced(2).width, odd.reduced(2).pixels[8]), (3, 7));
    }

    #[test]
    fn half_the_size_is_what_resizing_gives() {
        let noise = |at: u32| (at.wrapping_mul(0x9e37_79b1) >> 13) as u8;
        for (width, height) in [(2, 2), (64, 30), (70, 6), (1240, 8), (34, 64)] {
            let grey = Grey::new(width, height, (0..width * height).map(noise).collect());
            assert_eq!(
                grey.halved(),
                grey.resized(width / 2, height / 2, Filter::Mean),
                "{width} x {height}"
            );
        }
    }

    #[test]
    fn both_ways_at_once_and_one_after_the_other_are_the_same() {
        let noise = |at: u32| (at.wrapping_mul(0x9e37_79b1) >> 13) as u8;
        for (width, height, to) in
            [(97, 61, (81, 50)), (97, 61, (130, 75)), (40, 33, (40, 20)), (33, 40, (20, 40)), (9, 3, (1, 1))]
        {
            let grey = Grey::new(width, height, (0..width * height).map(noise).collect());
            for (filter, kind) in [
                (Filter::Lanczos, FilterType::Lanczos3),
                (Filter::Mean, FilterType::Box),
                (Filter::Linear, FilterType::Bilinear),
            ] {
                for (top, bottom) in [(0.0, f64::from(height)), (0.4, f64::from(height) - 1.3)] {
                    let source = ImageRef::new(width, height, &grey.pixels, PixelType::U8).unwrap();
                    let mut target = Image::new(to.0, to.1, PixelType::U8);
                    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(kind));
                    let options = options.crop(0.0, top, f64::from(width), bottom - top);
                    Resizer::new().resize(&source, &mut target, &options).unwrap();
                    let ours = grey.part_resized((top, bottom), to.0, to.1, filter);
                    assert!(*ours.pixels == target.into_vec(), "{width} x {height} to {to:?}, {filter:?}");
                }
            }
        }
    }

    #[test]
    fn softening_spreads_a_point_and_keeps_flat_paper() {
        let mut pixels = vec![200; 9 * 9];
        pixels[4 * 9 + 4] = 0;
        let soft = Grey::new(9, 9, pixels).softened();
        let at = |x: usize, y: usize| soft.pixels[y * 9 + x];
        assert!((160..164).contains(&at(4, 4)), "{}", at(4, 4));
        assert_eq!((at(3, 4), at(4, 5)), (at(5, 4), at(4, 3)));
        assert_eq!((at(0, 0), at(8, 8)), (200, 200));
    }

    #[test]
    fn a_crop_holds_its_rectangle() {
        let grey = Grey::new(4, 3, (0..12).collect());
        let crop = grey.crop(1, 1, 3, 3);
        assert_eq!((crop.width, crop.height), (2, 2));
        assert_eq!(&*crop.pixels, &[5, 6, 9, 10]);
    }
}
