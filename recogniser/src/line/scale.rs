//! Scaling a grey image to 36 rows as Leptonica 1.82 does, byte for byte: means of 2 by 2 for whole halvings, area mapping
//! below 0.7, bilinear interpolation above, then a little sharpening.

use super::{Image, View};
use crate::model::INPUT_HEIGHT;

pub(super) fn to_input_height(view: &View<'_>) -> Image {
    let factor = INPUT_HEIGHT as f32 / view.height as f32;
    if factor == 1.0 {
        return copy(view);
    }
    if f64::from(factor) < 0.7 {
        let mut image = match view.height / INPUT_HEIGHT {
            halvings @ (2 | 4 | 8 | 16) if halvings * INPUT_HEIGHT == view.height => {
                halved_repeatedly(view, halvings.trailing_zeros())
            }
            _ => area_mapped(view, factor),
        };
        if f64::from(factor) > 0.2 {
            sharpen::<1>(&mut image, 0.2, 1.0 / 9.0);
        }
        return image;
    }
    let mut image = match factor {
        2.0 => interpolated_by(view, 2),
        4.0 => interpolated_by(view, 4),
        _ => interpolated(view, factor),
    };
    if f64::from(factor) < 1.4 {
        sharpen::<2>(&mut image, 0.4, 1.0 / 25.0);
    }
    image
}

fn copy(view: &View<'_>) -> Image {
    let pixels = (0..view.height).flat_map(|y| view.row(y).iter().copied()).collect();
    Image { width: view.width, height: view.height, pixels }
}

fn target(factor: f32, source: usize) -> usize {
    (f64::from(factor * source as f32) + 0.5) as usize
}

/// How far one target pixel steps in the source, in sixteenths of a pixel.
fn step(source: usize, target: usize) -> f32 {
    (16.0 * source as f64 / target as f64) as f32
}

fn halved_repeatedly(view: &View<'_>, times: u32) -> Image {
    let mut image = halved(|y| view.row(y), view.width, view.height);
    for _ in 1..times {
        image = halved(|y| &image.pixels[y * image.width..][..image.width], image.width, image.height);
    }
    image
}

fn halved<'a>(row: impl Fn(usize) -> &'a [u8], width: usize, height: usize) -> Image {
    let (width, height) = (width / 2, height / 2);
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let (upper, lower) = (row(2 * y).as_chunks::<2>().0, row(2 * y + 1).as_chunks::<2>().0);
        pixels.extend(upper.iter().zip(lower).map(|(a, b)| {
            let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
            (sum >> 2) as u8
        }));
    }
    Image { width, height, pixels }
}

/// From which source pixels a target pixel is made: the first and last one with their weights in sixteenths, those
/// between with 16.
struct Cell {
    first: usize,
    last: usize,
    first_weight: u32,
    last_weight: u32,
}

impl Cell {
    fn new(step: f32, index: usize) -> Cell {
        // The reference computes the far end in double precision, the near one not.
        let start = (step * index as f32) as usize;
        let end = (f64::from(step) * (index as f64 + 1.0)) as usize;
        Cell {
            first: start >> 4,
            last: end >> 4,
            first_weight: 16 - (start & 15) as u32,
            last_weight: (end & 15) as u32,
        }
    }

    fn span(&self) -> u32 {
        self.first_weight + 16 * (self.last - self.first - 1) as u32 + self.last_weight
    }
}

fn area_mapped(view: &View<'_>, factor: f32) -> Image {
    let (width, height) = (target(factor, view.width), target(factor, view.height));
    if width == 0 {
        return Image { width: 0, height, pixels: Vec::new() };
    }
    let (step_x, step_y) = (step(view.width, width), step(view.height, height));
    let columns: Vec<Cell> = (0..width).map(|x| Cell::new(step_x, x)).collect();
    // Where the last source columns come in, the reference does not filter.
    let filtered = columns.iter().position(|c| c.last + 1 >= view.width).unwrap_or(width);
    let mut pixels = Vec::with_capacity(width * height);
    let mut sums = vec![0u32; view.width];
    for y in 0..height {
        let cell = Cell::new(step_y, y);
        let upper = view.row(cell.first.min(view.height - 1));
        let unfiltered = |c: &Cell| upper[c.first.min(view.width - 1)];
        if cell.last + 1 >= view.height {
            pixels.extend(columns.iter().map(unfiltered));
            continue;
        }
        sums.fill(0);
        add_weighed(&mut sums, upper, cell.first_weight);
        (cell.first + 1..cell.last).for_each(|y| add_weighed(&mut sums, view.row(y), 16));
        add_weighed(&mut sums, view.row(cell.last), cell.last_weight);
        let span = cell.span();
        pixels.extend(columns[..filtered].iter().map(|c| {
            let inner =
                sums[c.first + 1..c.last].iter().fold(0, |sum: u32, column| sum.wrapping_add(*column));
            let sum = c.first_weight * sums[c.first] + 16 * inner + c.last_weight * sums[c.last];
            ((sum + 128) / (span * c.span())) as u8
        }));
        pixels.extend(columns[filtered..].iter().map(unfiltered));
    }
    Image { width, height, pixels }
}

/// A row's pixels times `weight` (at most 16) on the sums of their columns; without checks for what cannot happen (a source has at most
/// 1,800 rows), so that many are added at once.
fn add_weighed(sums: &mut [u32], row: &[u8], weight: u32) {
    for (sum, p) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(weight.wrapping_mul(u32::from(*p)));
    }
}

fn interpolated(view: &View<'_>, factor: f32) -> Image {
    let (width, height) = (target(factor, view.width), target(factor, view.height));
    let (step_x, step_y) = (step(view.width, width.max(1)), step(view.height, height));
    let place = |step: f32, index: usize, source: usize| {
        let position = (step * index as f32) as usize;
        let first = (position >> 4).min(source - 1);
        (first, (first + 1).min(source - 1), (position & 15) as u32)
    };
    let columns: Vec<_> = (0..width).map(|x| place(step_x, x, view.width)).collect();
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let (upper, lower, down) = place(step_y, y, view.height);
        let (upper, lower) = (view.row(upper), view.row(lower));
        pixels.extend(columns.iter().map(|&(left, right, across)| {
            let mix = |row: &[u8]| (16 - across) * u32::from(row[left]) + across * u32::from(row[right]);
            (((16 - down) * mix(upper) + down * mix(lower) + 128) / 256) as u8
        }));
    }
    Image { width, height, pixels }
}

/// Twice and four times: bilinear too, but cut off and not rounded.
fn interpolated_by(view: &View<'_>, times: usize) -> Image {
    let (width, height) = (times * view.width, times * view.height);
    let whole = times as u32;
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let (upper, lower) = (view.row(y / times), view.row((y / times + 1).min(view.height - 1)));
        let down = (y % times) as u32;
        pixels.extend((0..width).map(|x| {
            let (left, right) = (x / times, (x / times + 1).min(view.width - 1));
            let across = (x % times) as u32;
            let mix = |row: &[u8]| (whole - across) * u32::from(row[left]) + across * u32::from(row[right]);
            (((whole - down) * mix(upper) + down * mix(lower)) / (whole * whole)) as u8
        }));
    }
    Image { width, height, pixels }
}

/// Adds a part of what a pixel differs from the mean of its (2 * HALF + 1)² neighbours; the border stays.
fn sharpen<const HALF: usize>(image: &mut Image, part: f32, norm: f32) {
    let (width, height) = (image.width, image.height);
    if width <= 2 * HALF || height <= 2 * HALF {
        return;
    }
    let source = image.pixels.clone();
    let (window, inner) = (2 * HALF + 1, width - 2 * HALF);
    let (mut columns, mut sums) = (vec![0u16; width], vec![0u16; inner]);
    for y in HALF..height - HALF {
        columns.fill(0);
        for row in source[(y - HALF) * width..(y + HALF + 1) * width].chunks_exact(width) {
            for (sum, p) in columns.iter_mut().zip(row) {
                *sum = sum.wrapping_add(u16::from(*p));
            }
        }
        sums.fill(0);
        for shift in 0..window {
            for (sum, column) in sums.iter_mut().zip(&columns[shift..]) {
                *sum = sum.wrapping_add(*column);
            }
        }
        let start = y * width + HALF;
        let out = &mut image.pixels[start..start + inner];
        for ((p, out), sum) in source[start..start + inner].iter().zip(out).zip(&sums) {
            let mean = norm * f32::from(*sum);
            let grey = f32::from(*p);
            let sharp = grey + part * (grey - mean);
            // The reference adds the half in double precision; below a half that would make a difference.
            *out = if sharp < 0.5 { 0 } else { (sharp + 0.5) as u8 };
        }
    }
}
