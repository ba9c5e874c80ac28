//! A part of the page, prepared as one grey layer, given to the recogniser; answers come back in pixels of the page.

use super::Sheet;
use crate::clean::grey::{Filter, Grey};
use crate::clean::rotate;
use crate::folio::{BORDER_PX, bordered};
use native::{GreyView, NativeError, RecogniseParams, Segmentation};
use record::{Line, PxBox, Word};

/// Straight rows and columns at a crop's edge that are inked to this share are its frame, in hundredths.
const FRAME_SHARE: usize = 45;
/// From this depth on a pixel belongs to a frame.
const FRAME_DEPTH: u8 = 80;

/// Dark on white, with the place it has on the page.
#[derive(Debug, Clone)]
pub(crate) struct Crop {
    pub(crate) layer: Grey<'static>,
    pub(crate) area: PxBox,
}

impl Crop {
    /// The crop scaled to `at_dpi` with white around it, and the scale.
    fn picture(&self, dpi: u32, at_dpi: u32) -> (Grey<'static>, f32) {
        let scale = (at_dpi as f32 / dpi.max(1) as f32).min(3.0);
        let scaled = |px: u32| ((px as f32 * scale).round() as u32).max(3);
        let small = self.layer.resized(scaled(self.layer.width), scaled(self.layer.height), Filter::Lanczos);
        (bordered(&small), scale)
    }

    fn on_page(&self, b: PxBox, scale: f32) -> PxBox {
        let x = |px: u32| {
            (self.area.left + (px.saturating_sub(BORDER_PX) as f32 / scale) as u32).min(self.area.right)
        };
        let y = |px: u32| {
            (self.area.top + (px.saturating_sub(BORDER_PX) as f32 / scale) as u32).min(self.area.bottom)
        };
        PxBox {
            left: x(b.left),
            top: y(b.top),
            right: x(b.right).max(x(b.left) + 1),
            bottom: y(b.bottom).max(y(b.top) + 1),
        }
    }

    fn placed(&self, lines: impl IntoIterator<Item = Line>, scale: f32) -> Vec<Line> {
        let word = |w: Word| Word {
            text: vitext::nfc(w.text.trim()).split_whitespace().collect(),
            bbox: self.on_page(w.bbox, scale),
            confidence: w.confidence.min(100),
            ..w
        };
        let line = |line: Line| {
            let words: Vec<Word> = line.words.into_iter().map(word).filter(|w| !w.text.is_empty()).collect();
            let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
            (!words.is_empty()).then_some(Line { bbox, baseline: (bbox.bottom, bbox.bottom), words })
        };
        lines.into_iter().filter_map(line).collect()
    }

    /// Its lines as layout finds them.
    pub(super) fn read(
        &self,
        sheet: &Sheet<'_>,
        at_dpi: u32,
        how: Segmentation,
    ) -> Result<Vec<Line>, NativeError> {
        let (picture, scale) = self.picture(sheet.raster.size.dpi, at_dpi);
        let recognised =
            sheet.engine.recognise(view(&picture, at_dpi), &RecogniseParams::new(sheet.language, how))?;
        Ok(self.placed(recognised.blocks.into_iter().flat_map(|b| b.lines), scale))
    }

    /// What stands in known places of it (pixels of the page), each of them one line; one answer for each, maybe without words.
    pub(super) fn read_lines(
        &self,
        sheet: &Sheet<'_>,
        at_dpi: u32,
        places: &[PxBox],
    ) -> Result<Vec<Line>, NativeError> {
        let (picture, scale) = self.picture(sheet.raster.size.dpi, at_dpi);
        let there = |b: &PxBox| {
            let x = |px: u32| (px.saturating_sub(self.area.left) as f32 * scale) as u32 + BORDER_PX;
            let y = |px: u32| (px.saturating_sub(self.area.top) as f32 * scale) as u32 + BORDER_PX;
            PxBox {
                left: x(b.left).min(picture.width - 2),
                top: y(b.top).min(picture.height - 2),
                right: x(b.right).clamp(x(b.left) + 1, picture.width.max(x(b.left) + 1)),
                bottom: y(b.bottom).clamp(y(b.top) + 1, picture.height.max(y(b.top) + 1)),
            }
        };
        let areas: Vec<PxBox> = places.iter().map(there).collect();
        let params = RecogniseParams::new(sheet.language, Segmentation::Line);
        let lines = sheet.engine.read_lines(view(&picture, at_dpi), &areas, &params)?.lines;
        let empty = || Line { bbox: PxBox::default(), baseline: (0, 0), words: Vec::new() };
        Ok(lines.into_iter().map(|line| self.placed([line], scale).pop().unwrap_or_else(empty)).collect())
    }

    /// Turned so that lines falling by `degrees` are level.
    pub(crate) fn levelled(mut self, degrees: f32) -> Crop {
        if degrees.abs() > 0.4 {
            self.layer = rotate::levelled(&self.layer, degrees);
        }
        self
    }

    /// Without the straight lines of a frame along its edges: rows in the upper and lower third, columns in the left and right
    /// fifth that are inked to almost a half. Letters that touch the frame stay.
    pub(crate) fn without_frame(mut self) -> Crop {
        let (w, h) = (self.layer.width as usize, self.layer.height as usize);
        let is_ink = |at: usize| 255 - self.layer.pixels[at] >= FRAME_DEPTH;
        let row = |y: &usize| (0..w).filter(|x| is_ink(y * w + x)).count() * 100 >= w * FRAME_SHARE;
        let column = |x: &usize| (0..h).filter(|y| is_ink(y * w + x)).count() * 100 >= h * FRAME_SHARE;
        let rows: Vec<usize> = (0..h / 3).chain(h - h / 3..h).filter(row).collect();
        let columns: Vec<usize> = (0..w / 5).chain(w - w / 5..w).filter(column).collect();
        // what lies outside the frame's inner edge goes with it, and its soft edge
        let soft = (h / 40).max(2);
        let top = rows.iter().filter(|&&y| y < h / 2).max().map_or(0, |y| y + soft);
        let bottom = rows.iter().filter(|&&y| y > h / 2).min().map_or(h, |y| y.saturating_sub(soft));
        let left = columns.iter().filter(|&&x| x < w / 2).max().map_or(0, |x| x + soft);
        let right = columns.iter().filter(|&&x| x > w / 2).min().map_or(w, |x| x.saturating_sub(soft));
        let pixels = self.layer.pixels.to_mut();
        for (at, pixel) in pixels.iter_mut().enumerate() {
            if !((left..right).contains(&(at % w)) && (top..bottom).contains(&(at / w))) {
                *pixel = 255;
            }
        }
        self
    }

    /// Values above `white` to white, the rest stretched over the whole range.
    pub(super) fn stretched(mut self, white: u8) -> Crop {
        let white = u32::from(white.max(1));
        self.layer.pixels.to_mut().iter_mut().for_each(|v| *v = (u32::from(*v) * 255 / white).min(255) as u8);
        self
    }

    /// The box around its ink, in pixels of the page; `None` without any.
    pub(super) fn ink_box(&self) -> Option<PxBox> {
        let (w, h) = (self.layer.width as usize, self.layer.height as usize);
        let (mut left, mut top, mut right, mut bottom) = (w, h, 0, 0);
        for (at, v) in self.layer.pixels.iter().enumerate() {
            if *v < 140 {
                (left, right) = (left.min(at % w), right.max(at % w + 1));
                (top, bottom) = (top.min(at / w), bottom.max(at / w + 1));
            }
        }
        (right > left).then(|| PxBox {
            left: self.area.left + left as u32,
            top: self.area.top + top as u32,
            right: self.area.left + right as u32,
            bottom: self.area.top + bottom as u32,
        })
    }
}

fn view<'a>(picture: &'a Grey<'static>, dpi: u32) -> GreyView<'a> {
    GreyView { width_px: picture.width, height_px: picture.height, dpi, pixels: &picture.pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_goes_though_a_letter_touches_it() {
        let (w, h) = (200_u32, 80_u32);
        let ink = |x: u32, y: u32| {
            let inside = (10..190).contains(&x) && (10..70).contains(&y);
            let frame = inside && !((14..186).contains(&x) && (14..66).contains(&y));
            frame || (90..100).contains(&x) && (12..50).contains(&y)
        };
        let pixels = (0..w * h).map(|i| if ink(i % w, i / w) { 0 } else { 255 }).collect();
        let area = PxBox { left: 1000, top: 500, right: 1200, bottom: 580 };
        let crop = Crop { layer: Grey::new(w, h, pixels), area }.without_frame();
        let left = crop.ink_box().unwrap();
        assert_eq!((left.left, left.right, left.bottom), (1090, 1100, 550));
        assert!(left.top >= 514 && left.top < 520, "{left:?}");
    }

    #[test]
    fn stretching_whitens_what_is_bright() {
        let crop = Crop { layer: Grey::new(3, 1, vec![0, 110, 170]), area: PxBox::default() }.stretched(165);
        assert_eq!(&*crop.layer.pixels, &[0, 170, 255]);
    }
}
