//! Pixels in memory: turning, scaling, finding out how many colours there are.

use crate::wide;
use record::{PxBox, Turn};

/// 8-bit pixels, row by row without padding; 1 channel (grey) or 3 (RGB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: u8,
    pub(super) pixels: Vec<u8>,
}

impl Raster {
    /// All white.
    pub(super) fn white(width: u32, height: u32, channels: u8) -> Self {
        let bytes = width as usize * height as usize * channels as usize;
        Self { width, height, channels, pixels: vec![255; bytes] }
    }

    /// Bytes of a row.
    pub(super) fn stride(&self) -> usize {
        self.width as usize * self.channels as usize
    }

    /// One row.
    pub(super) fn row(&self, y: u32) -> &[u8] {
        let stride = self.stride();
        &self.pixels[y as usize * stride..(y as usize + 1) * stride]
    }

    /// Whether only pure black and pure white occur.
    pub(super) fn is_bilevel(&self) -> bool {
        self.channels == 1 && self.pixels.iter().all(|&v| v == 0 || v == 255)
    }

    /// RGB whose channels agree everywhere becomes grey.
    pub(super) fn collapsed(self) -> Self {
        if self.channels != 3 {
            return self;
        }
        let rgb = self.pixels.as_chunks::<3>().0;
        // without a way out among some hundreds, so that many are compared at once
        let is_grey = |some: &[[u8; 3]]| some.iter().fold(true, |grey, [r, g, b]| grey & (r == g) & (g == b));
        if !wide(|| rgb.chunks(512).all(is_grey)) {
            return self;
        }
        let pixels = wide(|| rgb.iter().map(|p| p[0]).collect());
        Self { channels: 1, pixels, ..self }
    }

    /// Black for white.
    pub(super) fn inverted(mut self) -> Self {
        self.pixels.iter_mut().for_each(|v| *v = !*v);
        self
    }

    /// Three channels; grey is repeated.
    pub(super) fn into_rgb(self) -> Self {
        if self.channels == 3 {
            return self;
        }
        let pixels = self.pixels.iter().flat_map(|&v| [v, v, v]).collect();
        Self { channels: 3, pixels, ..self }
    }

    /// Turned for display by EXIF orientation 1 to 8; other values turn nothing.
    pub(super) fn oriented(self, orientation: u8) -> Self {
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let (w, h) = (self.width as usize, self.height as usize);
        let (out_w, out_h) = if orientation >= 5 { (h, w) } else { (w, h) };
        let n = self.channels as usize;
        let mut pixels = Vec::with_capacity(self.pixels.len());
        // `source` is the index of a displayed row's first stored pixel, `step` the way to the next one.
        for y in 0..out_h {
            let (x0, y0, dx, dy): (usize, usize, isize, isize) = match orientation {
                2 => (w - 1, y, -1, 0),
                3 => (w - 1, h - 1 - y, -1, 0),
                4 => (0, h - 1 - y, 1, 0),
                5 => (y, 0, 0, 1),
                6 => (y, h - 1, 0, -1),
                7 => (w - 1 - y, h - 1, 0, -1),
                _ => (w - 1 - y, 0, 0, 1),
            };
            let mut at = ((y0 * w + x0) * n) as isize;
            let step = (dx + dy * w as isize) * n as isize;
            for _ in 0..out_w {
                pixels.extend_from_slice(&self.pixels[at as usize..at as usize + n]);
                at += step;
            }
        }
        Self { width: out_w as u32, height: out_h as u32, pixels, ..self }
    }

    /// Turned as text is turned to be read.
    pub(super) fn turned(self, turn: Turn) -> Self {
        self.oriented(match turn {
            Turn::Upright => 1,
            Turn::Right => 6,
            Turn::Half => 3,
            Turn::Left => 8,
        })
    }

    /// The pixels of a part; what of it lies outside is left out.
    pub(super) fn part(&self, area: PxBox) -> Self {
        let area = area.intersect(&PxBox { left: 0, top: 0, right: self.width, bottom: self.height });
        let n = self.channels as usize;
        let columns = area.left as usize * n..area.right as usize * n;
        let pixels = (area.top..area.bottom).flat_map(|y| &self.row(y)[columns.clone()]).copied().collect();
        Self { width: area.width(), height: area.height(), channels: self.channels, pixels }
    }

    /// Stretched to another size at least as large in both directions: linear, or by repeating pixels so
    /// that black and white stay the only values.
    pub(super) fn stretched(self, width: u32, height: u32) -> Self {
        if (width, height) == (self.width, self.height) {
            return self;
        }
        let repeat = self.is_bilevel();
        let columns = taps(self.width, width, repeat);
        let rows = taps(self.height, height, repeat);
        let n = self.channels as usize;
        let mut pixels = Vec::with_capacity(width as usize * height as usize * n);
        for &(y0, y1, fy) in &rows {
            let (above, below) = (self.row(y0), self.row(y1));
            for &(x0, x1, fx) in &columns {
                for c in 0..n {
                    let mix = |row: &[u8]| {
                        let (a, b) = (row[x0 as usize * n + c], row[x1 as usize * n + c]);
                        f32::from(a) + (f32::from(b) - f32::from(a)) * fx
                    };
                    let (a, b) = (mix(above), mix(below));
                    pixels.push((a + (b - a) * fy + 0.5) as u8);
                }
            }
        }
        Self { width, height, pixels, ..self }
    }

    /// Shrunk by averaging areas; never enlarges.
    pub(super) fn shrunk(&self, width: u32, height: u32) -> Self {
        let all = Window { x: (0.0, f64::from(self.width)), y: (0.0, f64::from(self.height)) };
        self.window_shrunk(all, width, height)
    }

    /// A window shrunk by averaging areas; what of it lies outside counts as the nearest pixel inside.
    pub(super) fn window_shrunk(&self, window: Window, width: u32, height: u32) -> Self {
        let (width, height) = (width.clamp(1, self.width), height.clamp(1, self.height));
        let n = self.channels as usize;
        let (xs, ys) = (spans(window.x, self.width, width), spans(window.y, self.height, height));
        let mut pixels = Vec::with_capacity(width as usize * height as usize * n);
        let mut sums = vec![0u32; width as usize * n];
        for &(top, bottom) in &ys {
            sums.fill(0);
            for y in top..bottom {
                match n {
                    1 => add_spans::<1>(self.row(y as u32), &xs, &mut sums),
                    _ => add_spans::<3>(self.row(y as u32), &xs, &mut sums),
                }
            }
            for (cell, &(left, right)) in sums.chunks_exact(n).zip(&xs) {
                let count = ((bottom - top) * (right - left)) as u32;
                pixels.extend(cell.iter().map(|&sum| ((sum + count / 2) / count) as u8));
            }
        }
        Self { width, height, channels: self.channels, pixels }
    }
}

/// Adds the pixels of each span of a row to its sums, `N` channels.
fn add_spans<const N: usize>(row: &[u8], spans: &[(usize, usize)], sums: &mut [u32]) {
    let pixels = row.as_chunks::<N>().0;
    for (cell, &(left, right)) in sums.as_chunks_mut::<N>().0.iter_mut().zip(spans) {
        for pixel in &pixels[left..right] {
            for (sum, &value) in cell.iter_mut().zip(pixel) {
                *sum += u32::from(value);
            }
        }
    }
}

/// A part of a raster in pixels, from and to; may reach over its edges.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) x: (f64, f64),
    pub(super) y: (f64, f64),
}

/// For every target pixel the source pixels, at least one, from and to (exclusive).
fn spans((from, to): (f64, f64), size: u32, target: u32) -> Vec<(usize, usize)> {
    let edge = |i: u32| (from + (to - from) * f64::from(i) / f64::from(target)).round().max(0.0) as usize;
    let size = size as usize;
    (0..target)
        .map(|i| {
            let first = edge(i).min(size - 1);
            (first, edge(i + 1).clamp(first + 1, size))
        })
        .collect()
}

/// For every target pixel: two source indexes and the weight of the second.
fn taps(from: u32, to: u32, repeat: bool) -> Vec<(u32, u32, f32)> {
    (0..to)
        .map(|i| {
            let centre = (f64::from(i) + 0.5) * f64::from(from) / f64::from(to) - 0.5;
            let first = centre.floor().max(0.0) as u32;
            let second = (first + 1).min(from - 1);
            if repeat {
                let nearest = (centre.round().max(0.0) as u32).min(from - 1);
                (nearest, nearest, 0.0)
            } else {
                (first.min(from - 1), second, (centre - centre.floor()) as f32 * f32::from(centre > 0.0))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32, pixels: &[u8]) -> Raster {
        Raster { width, height, channels: 1, pixels: pixels.to_vec() }
    }

    #[test]
    fn turns_as_exif_says() {
        // 1 2 3
        // 4 5 6
        let stored = || grey(3, 2, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(stored().oriented(1), stored());
        assert_eq!(stored().oriented(2).pixels, [3, 2, 1, 6, 5, 4]);
        assert_eq!(stored().oriented(3).pixels, [6, 5, 4, 3, 2, 1]);
        assert_eq!(stored().oriented(4).pixels, [4, 5, 6, 1, 2, 3]);
        assert_eq!(stored().oriented(5), grey(2, 3, &[1, 4, 2, 5, 3, 6]));
        assert_eq!(stored().oriented(6), grey(2, 3, &[4, 1, 5, 2, 6, 3]));
        assert_eq!(stored().oriented(7), grey(2, 3, &[6, 3, 5, 2, 4, 1]));
        assert_eq!(stored().oriented(8), grey(2, 3, &[3, 6, 2, 5, 1, 4]));
    }

    #[test]
    fn a_part_is_cut_out_and_turned() {
        // 1 2 3
        // 4 5 6
        let page = grey(3, 2, &[1, 2, 3, 4, 5, 6]);
        let right_column = PxBox { left: 2, top: 0, right: 3, bottom: 2 };
        assert_eq!(page.part(right_column), grey(1, 2, &[3, 6]));
        assert_eq!(page.part(PxBox { left: 1, top: 1, right: 9, bottom: 9 }), grey(2, 1, &[5, 6]));
        assert_eq!(page.part(right_column).turned(Turn::Right), grey(2, 1, &[6, 3]));
        assert_eq!(page.part(right_column).turned(Turn::Half), grey(1, 2, &[6, 3]));
        assert_eq!(page.part(right_column).turned(Turn::Left), grey(2, 1, &[3, 6]));
        let rgb = Raster { width: 2, height: 1, channels: 3, pixels: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!(rgb.part(PxBox { left: 1, top: 0, right: 2, bottom: 1 }).pixels, [4, 5, 6]);
    }

    #[test]
    fn stretching_keeps_black_and_white() {
        let tall = grey(2, 2, &[0, 255, 255, 0]).stretched(2, 4);
        assert_eq!(tall.pixels, [0, 255, 0, 255, 255, 0, 255, 0]);
        let soft = grey(1, 2, &[0, 100]).stretched(1, 4);
        assert_eq!(soft.pixels, [0, 25, 75, 100]);
    }

    #[test]
    fn shrinking_averages() {
        assert_eq!(grey(4, 2, &[0, 10, 100, 100, 20, 30, 100, 100]).shrunk(2, 1).pixels, [15, 100]);
        assert_eq!(grey(3, 1, &[9, 9, 90]).shrunk(1, 1).pixels, [36]);
    }

    #[test]
    fn equal_channels_become_grey() {
        let rgb = Raster { width: 2, height: 1, channels: 3, pixels: vec![7, 7, 7, 9, 9, 9] };
        assert_eq!(rgb.collapsed(), grey(2, 1, &[7, 9]));
    }
}
