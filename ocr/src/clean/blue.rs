//! Blue and violet ink taken out of a page printed in black: what pens and incoming stamps left there.
//!
//! JPEG keeps colour at half the resolution or less, so a thin blue stroke is a dark grey line in a pale blue cloud. Whether ink is
//! blue is therefore asked of a small neighbourhood: how much of its depth, in sum, is colour. Noise adds up to nothing,
//! and pale ink has as large a share as dark ink.

use super::colour::{commonest, red_channel};
use super::grey::Grey;
use std::ops::Range;

/// Cells on either side that are asked together; a cell is 2 x 2 px.
const REACH: usize = 2;
/// Less depth than this is paper and its noise, in levels.
const PAPER_NOISE: i16 = 12;
/// Share of colour in the depth, of 256, up to which ink is print …
const PRINT: i32 = 28;
/// … and from which it is blue: a dark blue ball pen has 85, less after a poor JPEG.
const BLUE: i32 = 52;

/// The red channel, in which red ink is as bright as paper, with blue and violet ink at the places that `is_near` tells (column,
/// row) made as bright, too; they lie in `rows`, each of which begins and ends with a cell. Black under blue stays. Elsewhere print is
/// left alone: poor JPEGs tint it here and there.
pub(crate) fn without_blue_ink(
    width: u32,
    height: u32,
    rgb: &[u8],
    rows: &[Range<usize>],
    is_near: impl Fn(usize, usize) -> bool,
) -> Grey<'static> {
    let mut pixels = red_channel(width, height, rgb).pixels.into_owned();
    let paper = commonest(pixels.iter().step_by(7).copied());
    let across = width.max(1) as usize;
    for rows in rows {
        // and the cells that theirs ask
        let from = rows.start.saturating_sub(2 * REACH);
        let to = (rows.end + 2 * REACH).min(height as usize);
        let Some(part) = rgb.get(from * across * 3..to * across * 3) else { continue };
        let (gates, cells) = gates(width, (to - from) as u32, part, paper);
        for y in rows.start..rows.end.min(to) {
            let gates = &gates[(y - from) / 2 * cells..][..cells];
            let row = &mut pixels[y * across..][..across];
            for ((pair, x), &gate) in row.chunks_mut(2).zip((0..).step_by(2)).zip(gates) {
                if gate > 0 && is_near(x, y) {
                    for v in pair {
                        *v += (u32::from(paper.saturating_sub(*v)) * u32::from(gate) / 255) as u8;
                    }
                }
            }
        }
    }
    Grey::new(width, height, pixels)
}

/// How blue the ink is around each cell, row by row, and cells to the row: 0 print, 255 blue ink.
fn gates(width: u32, height: u32, rgb: &[u8], paper: u8) -> (Vec<u8>, usize) {
    let (columns, rows) = (width.div_ceil(2) as usize, height.div_ceil(2) as usize);
    let shallow = i16::from(paper) - PAPER_NOISE;
    // sums over a cell stay below 4 x 255, over a neighbourhood below 25 times that: 16 bits hold them
    let [mut depth, mut blue, mut violet] = [const { Vec::new() }; 3].map(|mut sums: Vec<i16>| {
        sums.resize(columns * rows, 0);
        sums
    });
    for (y, line) in rgb.chunks_exact(width.max(1) as usize * 3).enumerate() {
        let pixels = line.as_chunks::<3>().0;
        for (x, pixel) in pixels.iter().enumerate() {
            let [r, g, b] = pixel.map(i16::from);
            let at = y / 2 * columns + x / 2;
            depth[at] += (shallow - r).max(0);
            blue[at] += b - r;
            violet[at] += r.min(b) - g;
        }
    }
    for sums in [&mut depth, &mut blue, &mut violet] {
        neighbourhoods(sums, columns);
    }
    let gate = |((&depth, &blue), &violet): ((&i16, &i16), &i16)| {
        // what is violet but not blue is print on pink: a seal's red that shows through
        let colour = if blue > 0 { i32::from(blue) + i32::from(violet.max(0)) } else { 0 };
        let share = colour * 256 / i32::from(depth).max(1);
        if depth == 0 { 0 } else { ((share.clamp(PRINT, BLUE) - PRINT) * 255 / (BLUE - PRINT)) as u8 }
    };
    (depth.iter().zip(&blue).zip(&violet).map(gate).collect(), columns)
}

/// Each value becomes the sum over the cells within [`REACH`] on either side, in both directions.
fn neighbourhoods(sums: &mut [i16], columns: usize) {
    let mut line = vec![0; columns];
    for row in sums.chunks_exact_mut(columns.max(1)) {
        line.copy_from_slice(row);
        for (x, sum) in row.iter_mut().enumerate() {
            *sum = line[x.saturating_sub(REACH)..(x + REACH + 1).min(columns)].iter().sum();
        }
    }
    let rows = sums.len() / columns.max(1);
    let source = sums.to_vec();
    for (y, row) in sums.chunks_exact_mut(columns.max(1)).enumerate() {
        row.fill(0);
        for other in source[y.saturating_sub(REACH) * columns..(y + REACH + 1).min(rows) * columns]
            .chunks_exact(columns)
        {
            row.iter_mut().zip(other).for_each(|(sum, &more)| *sum += more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 x 60 px of white paper with bars of ink, 4 px wide: at 12 and at 40.
    fn page(first: [u8; 3], second: [u8; 3]) -> Vec<u8> {
        let at = |i: usize| match i % 60 {
            12..16 => first,
            40..44 => second,
            _ => [250, 250, 250],
        };
        (0..60 * 60).flat_map(at).collect()
    }

    #[test]
    fn pens_and_stamps_go_and_print_stays() {
        for ink in [[40, 60, 150], [16, 24, 96], [96, 52, 140], [150, 152, 182]] {
            let grey =
                without_blue_ink(60, 60, &page(ink, [30, 30, 32]), std::slice::from_ref(&(0..60)), |_, _| {
                    true
                });
            let row = &grey.pixels[30 * 60..31 * 60];
            assert!(row[13] > 230, "{ink:?}: {}", row[13]);
            assert_eq!(row[41], 30, "{ink:?}");
        }
    }

    #[test]
    fn colour_spread_by_compression_goes_with_its_stroke() {
        // a dark grey line in a pale blue cloud of six pixels
        let at = |i: usize| match i % 60 {
            28..30 => [70, 72, 90],
            26..32 => [222, 224, 246],
            _ => [250, 250, 250],
        };
        let rgb: Vec<u8> = (0..60 * 60).flat_map(at).collect();
        assert!(
            without_blue_ink(60, 60, &rgb, std::slice::from_ref(&(0..60)), |_, _| true).pixels[30 * 60 + 28]
                > 200
        );
    }

    #[test]
    fn print_on_pink_stays() {
        // a seal's red shows through from the other side
        let at = |i: usize| if (12..16).contains(&(i % 60)) { [30, 30, 32] } else { [250, 228, 238] };
        let rgb: Vec<u8> = (0..60 * 60).flat_map(at).collect();
        assert_eq!(
            without_blue_ink(60, 60, &rgb, std::slice::from_ref(&(0..60)), |_, _| true).pixels[30 * 60 + 13],
            30
        );
    }

    #[test]
    fn elsewhere_nothing_changes() {
        let rgb = page([40, 60, 150], [40, 60, 150]);
        let grey = without_blue_ink(60, 60, &rgb, std::slice::from_ref(&(0..60)), |x, _| x < 30);
        assert!(grey.pixels[30 * 60 + 13] > 230);
        assert_eq!(grey.pixels[30 * 60 + 41], 40);
    }

    #[test]
    fn parts_of_a_page_come_out_as_in_the_whole() {
        let noise = |at: usize| ((at as u32).wrapping_mul(0x9e37_79b1) >> 13) as u8;
        let rgb: Vec<u8> = (0..60 * 60 * 3).map(noise).collect();
        let is_near = |_: usize, y: usize| (16..32).contains(&y) || y >= 48;
        let whole = without_blue_ink(60, 60, &rgb, std::slice::from_ref(&(0..64)), is_near);
        assert_eq!(without_blue_ink(60, 60, &rgb, &[16..32, 48..64], is_near), whole);
        assert_ne!(without_blue_ink(60, 60, &rgb, &[], is_near), whole);
    }

    #[test]
    fn any_size_of_page_is_taken() {
        for (width, height) in [(1, 1), (3, 2), (2, 5)] {
            let page = vec![9; width as usize * height as usize * 3];
            assert_eq!(
                without_blue_ink(width, height, &page, std::slice::from_ref(&(0..16)), |_, _| true)
                    .pixels
                    .len(),
                (width * height) as usize
            );
        }
    }
}
