//! Stamps: what the letters of a coloured or framed patch say. Looked for secrecy first: a patch that may say MẬT is read at
//! two sizes and from three layers, and a framed one that cannot be read at all is reported as a doubt.

use super::Sheet;
use super::bridge;
use super::crop::Crop;
use super::region::{Region, STROKE_MM, Shape};
use super::words::{Meaning, meanings};
use crate::clean::colour;
use crate::clean::grey::Grey;
use crate::clean::stamp;
use crate::folio::{crop_rgb, grown};
use native::{NativeError, Segmentation};
use record::{Line, MarkInk, MarkKind, PageSize};

/// Words read less surely than this are no text of a stamp.
const LEAST_CONFIDENCE: u8 = 50;
/// Sizes of stamps that are read, in millimetres: across and down.
const STAMP_MM: ([u32; 2], [u32; 2]) = ([5, 110], [3, 40]);
/// Sizes of a stamp with one line that may say MẬT.
const ONE_LINE_MM: ([u32; 2], [u32; 2]) = ([7, 90], [3, 20]);
/// Sizes of a frame that is reported though it could not be read.
const FRAME_MM: ([u32; 2], [u32; 2]) = ([12, 70], [6, 16]);

/// What came of a patch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stamp {
    /// Its text; may be none.
    pub(super) lines: Vec<Line>,
    /// What it says, secrecy first; empty where that is not known.
    pub(super) meanings: Vec<Meaning>,
    /// A frame like that of a secrecy stamp, and nothing could be read in it.
    pub(super) is_unread_frame: bool,
}

fn fits(region: &Region, size: PageSize, mm: ([u32; 2], [u32; 2])) -> bool {
    let px = |mm: u32| size.dpi * mm * 10 / 254;
    let inside = |px_long: u32, range: [u32; 2]| (px(range[0])..=px(range[1])).contains(&px_long);
    inside(region.bbox.width(), mm.0) && inside(region.bbox.height(), mm.1)
}

/// Reads a patch; `None` where it has not the size of a stamp. Costs one small recognition, up to seven where it may say MẬT and
/// is hard to read.
pub(super) fn read(sheet: &Sheet<'_>, region: &Region) -> Result<Option<Stamp>, NativeError> {
    let size = sheet.raster.size;
    if !fits(region, size, STAMP_MM) {
        return Ok(None);
    }
    let layers = layers(sheet, region);
    let may_be_secret = fits(region, size, ONE_LINE_MM)
        && region.bbox.width() * 10 >= region.bbox.height() * 12
        && region.ink != MarkInk::Blue;
    let lines = layers[0].read(sheet, 200, Segmentation::Block)?;
    let mut readings = vec![lines];
    let said = |readings: &[Vec<Line>], lenient: bool| {
        let one = |lines: &Vec<Line>| {
            let texts: Vec<String> = lines.iter().map(Line::text).collect();
            meanings(texts.iter().map(String::as_str), lenient)
        };
        let weight = |m: &Vec<Meaning>| m.first().map(|m| (m.is_exact, m.kind == MarkKind::SecrecyStamp));
        readings.iter().map(one).max_by_key(weight).unwrap_or_default()
    };
    let mut known = said(&readings, false);
    if known.is_empty() && may_be_secret {
        let [sharp, soft, deep] = &layers;
        let mut tries =
            [(sharp, 200), (soft, 200), (deep, 200), (deep, 140)].map(|(c, dpi)| (c.clone(), dpi)).to_vec();
        // letters without a frame say themselves how they lean
        let degrees = stamp::lean_degrees(&soft.layer);
        if region.shape == Shape::Loose && degrees != 0.0 {
            tries.extend([soft, deep].map(|crop| (crop.clone().levelled(degrees), 200)));
        }
        for (crop, at_dpi) in tries {
            let Some(place) = crop.ink_box() else { break };
            let place = grown(place, size.dpi / 60, size);
            readings.push(crop.read_lines(sheet, at_dpi, &[place])?);
            known = said(&readings[readings.len() - 1..], false);
            if !known.is_empty() {
                readings.swap_remove(0);
                break;
            }
        }
        // the layers are read once more where the first look at them found letters, but not these
        if known.is_empty() {
            known = said(&readings, true);
        }
    }
    let best = readings.into_iter().max_by_key(|lines| sureness(lines)).unwrap_or_default();
    let lines: Vec<Line> = if known.is_empty() { sure(best) } else { best };
    let is_frame = matches!(region.shape, Shape::Framed(_)) && region.ink != MarkInk::Blue;
    let is_written = || {
        let ink = layers[1].ink_box().unwrap_or_default();
        ink.width() * 100 > region.bbox.width() * 45 && ink.height() * 100 > region.bbox.height() * 30
    };
    let letters = lines.iter().flat_map(|l| &l.words).flat_map(|w| w.text.chars());
    let is_unread_frame = known.is_empty()
        && is_frame
        && fits(region, size, FRAME_MM)
        && letters.filter(|c| c.is_alphanumeric()).count() < 3
        && is_written();
    Ok(Some(Stamp { lines, meanings: known, is_unread_frame }))
}

/// Letters of words that were not guessed, weighted with how surely they were read.
fn sureness(lines: &[Line]) -> u32 {
    let words = lines.iter().flat_map(|l| &l.words).filter(|w| w.confidence >= LEAST_CONFIDENCE);
    words
        .map(|w| w.text.chars().filter(|c| c.is_alphanumeric()).count() as u32 * u32::from(w.confidence))
        .sum()
}

/// Lines without the words that were guessed.
fn sure(lines: Vec<Line>) -> Vec<Line> {
    let kept = |mut line: Line| {
        line.words.retain(|w| w.confidence >= LEAST_CONFIDENCE && w.text.chars().any(char::is_alphanumeric));
        (!line.words.is_empty()).then_some(line)
    };
    lines.into_iter().filter_map(kept).collect()
}

/// The patch as grey layers: sharp; soft, for coloured ink by its colour alone; and that deepened.
fn layers(sheet: &Sheet<'_>, region: &Region) -> [Crop; 3] {
    let size = sheet.raster.size;
    let area = grown(region.bbox, size.dpi / 16, size);
    let (width, height) = (area.width(), area.height());
    let (sharp, soft) = if region.ink == MarkInk::Black {
        let crop = sheet.grey.crop(area.left, area.top, area.right, area.bottom);
        // worn letters of a black-and-white scan close up when softened
        let soft = crop.softened().softened();
        (crop, soft)
    } else {
        let rgb = crop_rgb(sheet.raster, area);
        (colour::gated_layer(width, height, &rgb), bridged(width, height, &rgb, size.dpi))
    };
    let prepared = |layer| {
        let crop = Crop { layer: stamp::inked(&layer), area };
        match region.shape {
            Shape::Framed(degrees) => crop.levelled(degrees).without_frame(),
            _ => crop,
        }
    };
    let (sharp, soft) = (prepared(sharp), prepared(soft));
    let deep = Crop { layer: deepened(&soft.layer), area };
    [sharp, soft, deep]
}

/// Twice as dark: the thin bars of pale letters stay.
fn deepened(layer: &Grey<'static>) -> Grey<'static> {
    let pixels = layer.pixels.iter().map(|v| 255 - (255 - v).saturating_mul(2)).collect();
    Grey::new(layer.width, layer.height, pixels)
}

/// The colour alone, and strokes of it going on where print crosses them.
fn bridged(width: u32, height: u32, rgb: &[u8], dpi: u32) -> Grey<'static> {
    let mut layer = colour::chroma_layer(width, height, rgb);
    let (w, soft) = (width as usize, (dpi / 150) as usize);
    let mut print = vec![false; rgb.len() / 3];
    for (at, _) in rgb.as_chunks::<3>().0.iter().enumerate().filter(|(_, p)| bridge::is_print(**p)) {
        // at its edges print and ink run into each other
        let (x, y) = (at % w, at / w);
        for row in y.saturating_sub(soft)..(y + soft + 1).min(height as usize) {
            print[row * w + x.saturating_sub(soft)..row * w + (x + soft + 1).min(w)].fill(true);
        }
    }
    let pixels = layer.pixels.to_mut();
    pixels.iter_mut().for_each(|v| *v = 255 - *v);
    bridge::across(pixels, &print, w, (STROKE_MM * dpi as f32 / 25.4) as usize);
    pixels.iter_mut().for_each(|v| *v = 255 - *v);
    layer
}

/// Whether a patch of blue that was read is a stamp: print, not a pen.
pub(super) fn is_print(stamp: &Stamp) -> bool {
    let words = || stamp.lines.iter().flat_map(|l| &l.words);
    let letters = words().flat_map(|w| w.text.chars()).filter(|c| c.is_alphanumeric()).count();
    stamp.meanings.iter().any(|m| m.kind != MarkKind::Other)
        || letters >= 4 && words().all(|w| w.confidence >= 80)
}
