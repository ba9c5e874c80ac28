//! The text around a round seal: the band between its rings is unrolled into a strip and read as one line. What cannot be
//! read stays out; the seal is kept all the same.

use super::Sheet;
use super::region::Region;
use crate::clean::colour;
use crate::clean::grey::Grey;
use crate::clean::stamp;
use crate::folio::crop_rgb;
use native::{GreyView, NativeError, RecogniseParams, Segmentation};
use record::{Line, PxBox, Word};

/// The band with the letters, in radii of the seal: between the outer rings and the inner one.
const BAND: (f32, f32) = (0.64, 0.90);
/// Pixels across the band: capitals are half of it.
const BAND_PX: u32 = 56;
/// White above and below the strip.
const BORDER_PX: u32 = 12;
/// Words read less surely are not kept.
const LEAST_CONFIDENCE: u8 = 60;

/// The words around a seal, clockwise; none where fewer than four letters could be read. Costs one recognised line.
pub(super) fn read(sheet: &Sheet<'_>, seal: &Region) -> Result<Vec<Line>, NativeError> {
    let area = seal.bbox;
    let rgb = crop_rgb(sheet.raster, area);
    let layer = stamp::inked(&colour::gated_layer(area.width(), area.height(), &rgb));
    let strip = Strip::unrolled(&layer);
    let picture = &strip.picture;
    let view =
        GreyView { width_px: picture.width, height_px: picture.height, dpi: 300, pixels: &picture.pixels };
    let whole = PxBox { left: 1, top: 1, right: picture.width - 1, bottom: picture.height - 1 };
    let params = RecogniseParams::new(sheet.language, Segmentation::Line);
    let lines = sheet.engine.read_lines(view, &[whole], &params)?.lines;
    let on_page = |w: Word| Word {
        text: vitext::nfc(w.text.trim()).split_whitespace().collect(),
        bbox: strip.on_page(w.bbox, area),
        confidence: w.confidence.min(100),
        ..w
    };
    let is_sure = |w: &Word| w.confidence >= LEAST_CONFIDENCE && w.text.chars().any(char::is_alphanumeric);
    let words: Vec<Word> = lines.into_iter().flat_map(|l| l.words).map(on_page).filter(is_sure).collect();
    let letters = words.iter().flat_map(|w| w.text.chars()).filter(|c| c.is_alphabetic()).count();
    if letters < 4 {
        return Ok(Vec::new());
    }
    let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
    Ok(vec![Line { bbox, baseline: (bbox.bottom, bbox.bottom), words }])
}

/// The band of a seal as a straight strip.
struct Strip {
    picture: Grey<'static>,
    radius: f32,
    /// The direction in which it begins, clockwise from the right, in radians.
    begin: f32,
}

impl Strip {
    fn unrolled(layer: &Grey<'_>) -> Strip {
        let radius = layer.width.min(layer.height) as f32 / 2.0;
        let (mx, my) = (layer.width as f32 / 2.0, layer.height as f32 / 2.0);
        let scale = BAND_PX as f32 / ((BAND.1 - BAND.0) * radius).max(1.0);
        let around = (std::f32::consts::PI * (BAND.0 + BAND.1) * radius * scale) as u32;
        let sample = |angle: f32, r: f32| {
            let (sin, cos) = angle.sin_cos();
            let (x, y) = (mx + r * cos - 0.5, my + r * sin - 0.5);
            let (x0, y0) = (x.floor(), y.floor());
            let at = |x: f32, y: f32| {
                let inside = x >= 0.0 && y >= 0.0 && x < layer.width as f32 && y < layer.height as f32;
                if inside {
                    f32::from(layer.pixels[y as usize * layer.width as usize + x as usize])
                } else {
                    255.0
                }
            };
            let (fx, fy) = (x - x0, y - y0);
            let above = at(x0, y0) * (1.0 - fx) + at(x0 + 1.0, y0) * fx;
            let below = at(x0, y0 + 1.0) * (1.0 - fx) + at(x0 + 1.0, y0 + 1.0) * fx;
            above * (1.0 - fy) + below * fy
        };
        let band = |from: f32, x: u32, y: u32| {
            let angle = from + x as f32 / around as f32 * std::f32::consts::TAU;
            sample(angle, radius * (BAND.1 - (BAND.1 - BAND.0) * y as f32 / BAND_PX as f32))
        };
        // it begins in the lower third, where there is least ink: below, the text has its gap
        let lower = |step: u32| (0.5 + (step as f32 / 60.0 - 0.5) * 0.45) * std::f32::consts::PI;
        let ink = |angle: f32| -> f32 {
            let columns = around / 24;
            (0..columns)
                .map(|x| {
                    let x = x as f32 - columns as f32 / 2.0;
                    let there = angle + x / around as f32 * std::f32::consts::TAU;
                    (0..BAND_PX).step_by(4).map(|y| 255.0 - band(there, 0, y)).sum::<f32>()
                })
                .sum()
        };
        let begin =
            (0..=60).step_by(3).map(lower).min_by(|a, b| ink(*a).total_cmp(&ink(*b))).unwrap_or_default();
        let (width, height) = (around + 2 * BORDER_PX, BAND_PX + 2 * BORDER_PX);
        let mut pixels = vec![255_u8; width as usize * height as usize];
        for y in 0..BAND_PX {
            for x in 0..around {
                pixels[((y + BORDER_PX) * width + x + BORDER_PX) as usize] = band(begin, x, y) as u8;
            }
        }
        Strip { picture: Grey::new(width, height, pixels), radius, begin }
    }

    /// The upright box around a piece of the band.
    fn on_page(&self, b: PxBox, area: PxBox) -> PxBox {
        let around = (self.picture.width - 2 * BORDER_PX) as f32;
        let angle = |px: u32| {
            self.begin + (px.saturating_sub(BORDER_PX) as f32 / around).min(1.0) * std::f32::consts::TAU
        };
        let (from, to) = (angle(b.left), angle(b.right));
        let (mx, my) = (area.width() as f32 / 2.0, area.height() as f32 / 2.0);
        let (mut left, mut top, mut right, mut bottom) = (f32::MAX, f32::MAX, 0.0_f32, 0.0_f32);
        for step in 0..=8 {
            let (sin, cos) = (from + (to - from) * step as f32 / 8.0).sin_cos();
            for r in [BAND.0, BAND.1] {
                let (x, y) = (mx + self.radius * r * cos, my + self.radius * r * sin);
                (left, top) = (left.min(x), top.min(y));
                (right, bottom) = (right.max(x), bottom.max(y));
            }
        }
        PxBox {
            left: area.left + left.max(0.0) as u32,
            top: area.top + top.max(0.0) as u32,
            right: area.left + right.ceil() as u32,
            bottom: area.top + bottom.ceil() as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_on_the_right_of_the_band_is_three_quarters_along_the_strip() {
        // a seal of radius 100 with one dark spot in the band, at three o'clock
        let ink = |x: f32, y: f32| (x - 177.0).hypot(y - 100.0) < 8.0;
        let pixels =
            (0..200 * 200).map(|i| if ink((i % 200) as f32, (i / 200) as f32) { 0 } else { 255 }).collect();
        let strip = Strip::unrolled(&Grey::new(200, 200, pixels));
        let (width, middle) = (strip.picture.width, BORDER_PX + BAND_PX / 2);
        let row = &strip.picture.pixels[(middle * width) as usize..][..width as usize];
        let dark: Vec<usize> = (0..row.len()).filter(|&x| row[x] < 100).collect();
        let (first, last) = (dark[0] as u32, dark[dark.len() - 1] as u32);
        let share = (dark[0] - BORDER_PX as usize) as f32 / (width - 2 * BORDER_PX) as f32;
        // it begins near six o'clock, a bit to either side
        assert!((0.60..0.87).contains(&share), "{share}");
        let b = PxBox { left: first, top: BORDER_PX, right: last, bottom: BORDER_PX + BAND_PX };
        let on_page = strip.on_page(b, PxBox { left: 1000, top: 2000, right: 1200, bottom: 2200 });
        assert!(on_page.left >= 1160 && on_page.right <= 1192, "{on_page:?}");
        assert!(on_page.top >= 2088 && on_page.bottom <= 2113, "{on_page:?}");
    }
}
