//! A small crop around a stamp, made readable: any ink dark on white, and the stamp's frame gone.

use super::grey::Grey;

/// Depths (0–255 after [`inked`]) from this on belong to a frame that is looked for.
const FRAME_DEPTH: u8 = 105;
/// Stamps lean by up to so many degrees.
const MOST_LEAN: f32 = 5.0;
/// … and the lean is found to this many degrees.
const LEAN_STEP: f32 = 0.5;

/// The darkest part of each pixel: ink of any colour, sharp where JPEG has halved the resolution of colour.
pub(crate) fn darkest_layer(width: u32, height: u32, rgb: &[u8]) -> Grey<'static> {
    Grey::new(width, height, rgb.as_chunks::<3>().0.iter().map(|p| p[0].min(p[1]).min(p[2])).collect())
}

/// Paper (brighter than nine tenths of the crop) to white, ink (the darkest twenty-fifth) to black.
pub(crate) fn inked(grey: &Grey<'_>) -> Grey<'static> {
    let mut histogram = [0_usize; 256];
    for &v in grey.pixels.iter() {
        histogram[usize::from(v)] += 1;
    }
    let brightness = |share: usize| {
        let mut left = grey.pixels.len() * share / 100;
        histogram.iter().position(|&n| {
            let here = n > left;
            left = left.saturating_sub(n);
            here
        })
    };
    let (ink, paper) = (brightness(4).unwrap_or(0), brightness(90).unwrap_or(255));
    // little ink: its darkest
    let ink = if ink < paper { ink } else { brightness(0).unwrap_or(0) };
    let (ink, paper) = (ink as i32, paper as i32);
    if ink == paper {
        return Grey::new(grey.width, grey.height, vec![255; grey.pixels.len()]);
    }
    let range = (paper - ink).max(1);
    let lift = |v: u8| ((i32::from(v) - ink) * 280 / range).clamp(0, 255) as u8;
    Grey::new(grey.width, grey.height, grey.pixels.iter().map(|&v| lift(v)).collect())
}

/// The crop with frames painted white: hollow groups of ink around most of it, and the long thin pieces of broken frames.
pub(crate) fn without_frame(mut crop: Grey<'static>) -> Grey<'static> {
    let (w, h) = (crop.width as usize, crop.height as usize);
    let is_ink: Vec<bool> = crop.pixels.iter().map(|&v| 255 - v >= FRAME_DEPTH).collect();
    let mut seen = vec![false; w * h];
    for start in 0..w * h {
        if seen[start] || !is_ink[start] {
            continue;
        }
        let (mut members, mut next) = (vec![start], 0);
        let (mut left, mut right, mut bottom) = (w, 0, 0);
        seen[start] = true;
        while let Some(&at) = members.get(next) {
            next += 1;
            let (x, y) = (at % w, at / w);
            (left, right, bottom) = (left.min(x), right.max(x + 1), bottom.max(y + 1));
            for ny in y.saturating_sub(1)..(y + 2).min(h) {
                for nx in x.saturating_sub(1)..(x + 2).min(w) {
                    let neighbour = ny * w + nx;
                    if is_ink[neighbour] && !seen[neighbour] {
                        seen[neighbour] = true;
                        members.push(neighbour);
                    }
                }
            }
        }
        let (wide, tall) = (right - left, bottom - start / w);
        let around = wide * 10 > w * 4 && tall * 10 > h * 3 && members.len() * 3 < wide * tall;
        let thin = wide > w / 6 && wide > tall * 6 || tall > h / 3 && tall > wide * 8;
        if around || thin {
            erase(&mut crop, &members);
        }
    }
    crop
}

/// By how much the lines of a small crop fall to the right, in degrees, up to [`MOST_LEAN`]: the slope along which its ink
/// gathers in the fewest rows.
pub(crate) fn lean_degrees(crop: &Grey<'_>) -> f32 {
    let (w, h) = (crop.width as usize, crop.height as usize);
    let dark = |at: &usize| crop.pixels[*at] < 128;
    let ink: Vec<(f32, f32)> = (0..w * h).filter(dark).map(|at| ((at % w) as f32, (at / w) as f32)).collect();
    let gathered = |degrees: f32| {
        let slope = degrees.to_radians().tan();
        let mut rows = vec![0_u64; h + w / 4 + 2];
        for (x, y) in &ink {
            let row = y - slope * (x - w as f32 / 2.0) + w as f32 / 8.0;
            rows[(row.round().max(0.0) as usize).min(h + w / 4 + 1)] += 1;
        }
        rows.iter().map(|n| n * n).sum::<u64>()
    };
    let steps = (MOST_LEAN / LEAN_STEP) as i32;
    // of slopes that gather alike the one nearest to level
    let tries = (-steps..=steps).map(|n| n as f32 * LEAN_STEP);
    tries.max_by_key(|&d| (gathered(d), -((d / LEAN_STEP).abs() as i32))).unwrap_or(0.0)
}

/// Paints these pixels and the two around each of them white: the soft edge of a line goes with it.
fn erase(crop: &mut Grey<'static>, members: &[usize]) {
    const EDGE: usize = 2;
    let (w, h) = (crop.width as usize, crop.height as usize);
    let pixels = crop.pixels.to_mut();
    for &at in members {
        let (x, y) = (at % w, at / w);
        for row in y.saturating_sub(EDGE)..(y + EDGE + 1).min(h) {
            pixels[row * w + x.saturating_sub(EDGE)..row * w + (x + EDGE + 1).min(w)].fill(255);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_ink_becomes_black_on_white() {
        // a tenth of faded violet on yellowed paper
        let rgb: Vec<u8> =
            (0..1000).flat_map(|i| if i % 10 == 0 { [150, 120, 180] } else { [240, 232, 214] }).collect();
        let layer = inked(&darkest_layer(100, 10, &rgb));
        assert_eq!((layer.pixels[0], layer.pixels[1]), (0, 255));
        let empty = inked(&Grey::new(4, 4, vec![200; 16]));
        assert_eq!((empty.width, empty.height), (4, 4));
    }

    #[test]
    fn a_frame_goes_and_what_it_holds_stays() {
        let (w, h) = (120, 60);
        let ink = |x: u32, y: u32| {
            let inside = (10..110).contains(&x) && (6..54).contains(&y);
            let frame = inside && !((13..107).contains(&x) && (9..51).contains(&y));
            let letter = (30..36).contains(&x) && (20..40).contains(&y);
            frame || letter
        };
        let pixels = (0..w * h).map(|i| if ink(i % w, i / w) { 0 } else { 255 }).collect();
        let cleared = without_frame(Grey::new(w, h, pixels));
        let at = |x: u32, y: u32| cleared.pixels[(y * w + x) as usize];
        assert_eq!((at(11, 30), at(60, 7), at(108, 52)), (255, 255, 255));
        assert_eq!(at(32, 30), 0);
    }

    #[test]
    fn the_lean_of_bars_is_found_and_level_ones_have_none() {
        let bars = |slope: f32| {
            let ink = |i: usize| {
                let (x, y) = ((i % 160) as f32, (i / 160) as f32);
                let y = y - slope * (x - 80.0);
                (20.0..140.0).contains(&x) && ((20.0..24.0).contains(&y) || (50.0..54.0).contains(&y))
            };
            Grey::new(160, 80, (0..160 * 80).map(|i| if ink(i) { 0 } else { 255 }).collect())
        };
        // the slopes 0, 0.07 and -0.0524 are 0, 4 and -3 degrees
        for (slope, degrees) in [(0.0, 0.0), (0.07, 4.0), (-0.0524, -3.0)] {
            let found = lean_degrees(&bars(slope));
            assert!((found - degrees).abs() <= 0.6, "{found} for {degrees}");
        }
    }
}
