//! Bút lục: the number stamped in the upper right corner. Never guessed: two readings of differently prepared crops must
//! agree on a label that says what it is ("BL 45", "Bút lục số 45"); a bare number may be a page number.

use crate::clean::Look;
use crate::clean::colour::{self, InkMap};
use crate::clean::grey::{Filter, Grey};
use crate::clean::stamp;
use crate::engine::Engine;
use native::{GreyView, NativeError, PageRaster, RecogniseParams, Segmentation};
use record::{
    Block, BlockKind, FolioMark, FolioSource, Line, Mark, MarkInk, MarkKind, PageSize, PageText, PxBox, Word,
};
use vitext::patterns::folio_stamp;

/// Resolutions at which a crop is read: two samplings of the same figures, whose errors differ.
const CROP_DPI: [u32; 2] = [200, 300];
/// White around a crop in pixels of the crop.
pub(crate) const BORDER_PX: u32 = 16;
/// Words of the number read less surely than this do not count.
const LEAST_CONFIDENCE: u8 = 40;
/// Coloured marks in the corner that are looked at.
const MOST_CROPS: usize = 3;

/// A stamp found: what it says, and its words as a mark on the page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stamp {
    pub(crate) mark: FolioMark,
    pub(crate) block: Block,
}

/// Where bút lục are stamped: the right two fifths of the top seventh.
pub(crate) fn corner(size: PageSize) -> PxBox {
    PxBox { left: size.width_px * 3 / 5, top: 0, right: size.width_px, bottom: size.height_px / 7 }
}

/// Looks for the stamp: first among coloured marks, then in black print. Costs a few small recognitions where something is there.
pub(crate) fn find(
    engine: &dyn Engine,
    raster: &PageRaster,
    grey: &Grey<'_>,
    inks: Option<&InkMap>,
    look: &Look,
    language: &str,
) -> Result<Option<Stamp>, NativeError> {
    let size = raster.size;
    let coloured = inks.map(|inks| coloured_marks(inks, size)).unwrap_or_default();
    for &area in &coloured {
        let rgb = crop_rgb(raster, area);
        let (width, height) = (area.width(), area.height());
        let plain = readable(&stamp::darkest_layer(width, height, &rgb));
        if let Some(found) = agree(engine, [&plain, &plain], area, size.dpi, language)? {
            return Ok(Some(found));
        }
        // black print below the stamp is left out by colour, at the price of sharpness
        let chroma = readable(&colour::chroma_layer(width, height, &rgb));
        let gated = readable(&colour::gated_layer(width, height, &rgb));
        if let Some(found) = agree(engine, [&chroma, &gated], area, size.dpi, language)? {
            return Ok(Some(found));
        }
    }
    let Some(area) = black_mark(look, size) else { return Ok(None) };
    if coloured.iter().any(|mark| mark.left < area.right && area.left < mark.right && mark.bottom > area.top)
    {
        return Ok(None);
    }
    let plain = readable(&grey.crop(area.left, area.top, area.right, area.bottom));
    agree(engine, [&plain, &plain], area, size.dpi, language)
}

/// Dark on white, without the stamp's frame.
fn readable(layer: &Grey<'_>) -> Grey<'static> {
    stamp::without_frame(stamp::inked(layer))
}

/// Groups of coloured ink in the corner with the size of a stamp, the nearest to the corner first.
fn coloured_marks(inks: &InkMap, size: PageSize) -> Vec<PxBox> {
    let corner = corner(size);
    let mm = |mm: u32| size.dpi * mm / 25;
    let mut marks: Vec<PxBox> = inks
        .groups_of_any(3)
        .into_iter()
        .filter(|b| {
            let (x, y) = (b.left.midpoint(b.right), b.top.midpoint(b.bottom));
            x >= corner.left && y < corner.bottom
        })
        .filter(|b| (mm(5)..mm(90)).contains(&b.width()) && (mm(2)..mm(36)).contains(&b.height()))
        .map(|b| grown(b, mm(2), size))
        .collect();
    marks.sort_by_key(|b| b.top + (size.width_px - b.right));
    marks.truncate(MOST_CROPS);
    marks
}

/// Around the letters that stand alone at the very top right, if there are any: the top twelfth, where no text of the
/// document begins.
fn black_mark(look: &Look, size: PageSize) -> Option<PxBox> {
    let corner = corner(size);
    let mm = |mm: u32| size.dpi * mm / 25;
    let on_page = |c: &crate::clean::components::Component| PxBox {
        left: c.left * look.factor,
        top: c.top * look.factor,
        right: c.right * look.factor,
        bottom: c.bottom * look.factor,
    };
    let letters: Vec<PxBox> = look
        .letters
        .iter()
        .map(on_page)
        .filter(|b| b.left >= corner.left && b.bottom < size.height_px / 12 && b.bottom > mm(2))
        .collect();
    let around = PxBox::around(&letters);
    let fits = (2..40).contains(&letters.len()) && around.width() < mm(70) && around.height() < mm(24);
    fits.then(|| grown(around, mm(3), size))
}

pub(crate) fn grown(b: PxBox, by: u32, size: PageSize) -> PxBox {
    PxBox {
        left: b.left.saturating_sub(by),
        top: b.top.saturating_sub(by),
        right: (b.right + by).min(size.width_px),
        bottom: (b.bottom + by).min(size.height_px),
    }
}

pub(crate) fn crop_rgb(raster: &PageRaster, area: PxBox) -> Vec<u8> {
    let stride = raster.size.width_px as usize * 3;
    let rows =
        raster.pixels().chunks_exact(stride.max(1)).skip(area.top as usize).take(area.height() as usize);
    rows.flat_map(|row| &row[area.left as usize * 3..area.right as usize * 3]).copied().collect()
}

/// Reads the layers (the first at the lower, the second at the higher resolution) until two readings agree; any two that
/// differ end it.
fn agree(
    engine: &dyn Engine,
    layers: [&Grey<'_>; 2],
    area: PxBox,
    dpi: u32,
    language: &str,
) -> Result<Option<Stamp>, NativeError> {
    let tries = [
        (layers[0], CROP_DPI[0], Segmentation::Block),
        (layers[1], CROP_DPI[1], Segmentation::Block),
        (layers[0], CROP_DPI[0], Segmentation::Sparse),
        (layers[1], CROP_DPI[1], Segmentation::Sparse),
    ];
    let mut first: Option<Stamp> = None;
    for (done, (layer, at_dpi, how)) in tries.into_iter().enumerate() {
        let crop = Crop { layer, area, dpi, at_dpi };
        let stamp = crop.read(engine, how, language)?;
        match (&first, stamp) {
            (Some(first), Some(second)) if first.mark.label == second.mark.label => {
                let mut agreed = first.clone();
                agreed.mark.confidence = agreed.mark.confidence.min(second.mark.confidence);
                return Ok(Some(agreed));
            }
            (Some(_), Some(_)) => return Ok(None),
            (None, stamp) => first = stamp,
            (Some(_), None) => {}
        }
        if done == 1 && first.is_none() {
            return Ok(None);
        }
    }
    Ok(None)
}

/// A prepared part of the page and the resolution it is read at.
struct Crop<'a> {
    layer: &'a Grey<'a>,
    /// Where it lies on the page.
    area: PxBox,
    /// Resolution of the page.
    dpi: u32,
    at_dpi: u32,
}

impl Crop<'_> {
    fn read(
        &self,
        engine: &dyn Engine,
        how: Segmentation,
        language: &str,
    ) -> Result<Option<Stamp>, NativeError> {
        let (layer, area) = (self.layer, self.area);
        let scale = (self.at_dpi as f32 / self.dpi.max(1) as f32).min(3.0);
        let scaled = |px: u32| ((px as f32 * scale).round() as u32).max(3);
        let small = layer.resized(scaled(layer.width), scaled(layer.height), Filter::Lanczos);
        let picture = bordered(&small);
        let view = GreyView {
            width_px: picture.width,
            height_px: picture.height,
            dpi: self.at_dpi,
            pixels: &picture.pixels,
        };
        let recognised = engine.recognise(view, &RecogniseParams::new(language, how))?;
        let on_page = |b: PxBox| {
            let x =
                |px: u32| (area.left + (px.saturating_sub(BORDER_PX) as f32 / scale) as u32).min(area.right);
            let y =
                |px: u32| (area.top + (px.saturating_sub(BORDER_PX) as f32 / scale) as u32).min(area.bottom);
            PxBox {
                left: x(b.left),
                top: y(b.top),
                right: x(b.right).max(x(b.left) + 1),
                bottom: y(b.bottom).max(y(b.top) + 1),
            }
        };
        let lines: Vec<Line> = recognised
            .blocks
            .into_iter()
            .flat_map(|b| b.lines)
            .filter_map(|line| {
                let words: Vec<Word> = line
                    .words
                    .into_iter()
                    .map(|w| Word {
                        text: vitext::nfc(w.text.trim()).into_owned(),
                        bbox: on_page(w.bbox),
                        ..w
                    })
                    .filter(|w| w.text.chars().any(char::is_alphanumeric))
                    .collect();
                let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
                (!words.is_empty()).then_some(Line { bbox, baseline: (bbox.bottom, bbox.bottom), words })
            })
            .collect();
        let text = lines.iter().map(Line::text).collect::<Vec<_>>().join("\n");
        let Some(found) = folio_stamp(&text).filter(|f| f.labelled && !f.guessed) else { return Ok(None) };
        let words = lines.iter().flat_map(|l| &l.words);
        let confidence = words
            .filter(|w| w.text.chars().any(|c| c.is_ascii_digit()))
            .map(|w| w.confidence)
            .min()
            .filter(|&c| c >= LEAST_CONFIDENCE);
        Ok(confidence.map(|confidence| Stamp {
            mark: FolioMark { label: found.label, source: FolioSource::Stamp, confidence },
            block: Block {
                kind: BlockKind::Mark(Mark { kind: MarkKind::FolioStamp, ink: MarkInk::Other }),
                bbox: PxBox::around(lines.iter().map(|l| &l.bbox)),
                lines,
            },
        }))
    }
}

/// With white around it: layout analysis loses letters that touch the edge.
pub(crate) fn bordered(grey: &Grey<'_>) -> Grey<'static> {
    let (width, height) = (grey.width + 2 * BORDER_PX, grey.height + 2 * BORDER_PX);
    let mut pixels = vec![255; width as usize * height as usize];
    let rows = pixels.chunks_exact_mut(width as usize).skip(BORDER_PX as usize);
    for (row, from) in rows.zip(grey.rows()) {
        row[BORDER_PX as usize..][..from.len()].copy_from_slice(from);
    }
    Grey::new(width, height, pixels)
}

/// Puts the stamp on the page as a mark and takes what the page's own pass read of it out of the body.
pub(crate) fn file_as_mark(text: &mut PageText, stamp: &Stamp) {
    let area = grown(stamp.block.bbox, text.size.dpi / 12, text.size);
    let inside = |b: &PxBox| {
        let (x, y) = (b.left.midpoint(b.right), b.top.midpoint(b.bottom));
        (area.left..area.right).contains(&x) && (area.top..area.bottom).contains(&y)
    };
    for block in &mut text.blocks {
        for line in &mut block.lines {
            line.words.retain(|w| !inside(&w.bbox));
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
        }
        block.lines.retain(|l| !l.words.is_empty());
        block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
    }
    text.blocks.retain(|b| !b.lines.is_empty());
    text.blocks.push(stamp.block.clone());
}
