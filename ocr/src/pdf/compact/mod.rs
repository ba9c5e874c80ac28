//! A small stand-in for a page's picture, for thin lines: the print as a black-and-white mask at full resolution over a
//! background of low resolution that holds everything else in colour (paper, seals, stamps, signatures, drawings).
//!
//! Nothing is taken on trust. The mask is coded without loss and proved ([`super::jbig2`]). Then the page is put together
//! again, as a viewer would from the coded bytes, and compared with the original around every word ([`check`]). Where
//! a mark of a word came or went (words in coloured ink, words that a seal crosses), a piece of the original at full
//! resolution is laid over the place, and compared again. A page that needs too many such pieces, or still differs, is
//! refused, and the caller puts the original in.
//!
//! What no word box covers (handwriting that was not read, drawings) is in the background and is not compared. A page
//! without any word is compared as a whole, square by square.
//!
//! Why and how well: docs/decisions/120-compact-pdf.md. The master and the archived PDF are never made this way.

mod background;
mod check;
mod mask;
mod piece;
mod pixels;

use super::jbig2::{self, NotTheSame};
use background::Background;
use check::Layers;
use native::{PageRaster, Patch};
use piece::Piece;
use pixels::Pixels;
use record::{PageSize, PageText, PxBox};
use std::borrow::Cow;

/// A page's picture in layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactPicture {
    pub(super) size: PageSize,
    /// A JPEG; none below a page that is black and white anyway.
    pub(super) background: Option<Jpeg>,
    /// JBIG2 at the resolution of the page; none on a page without words.
    pub(super) mask: Option<Mask>,
    /// Parts of the original, laid over both.
    pub(super) pieces: Vec<(PxBox, Jpeg)>,
}

/// The lower layer, coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Jpeg {
    pub(super) width_px: u32,
    pub(super) height_px: u32,
    /// 1 or 3.
    pub(super) components: u8,
    /// Pixels of the page, each way, that one of its pixels stands for. The last ones may reach over the page's edge.
    pub(super) factor: u32,
    pub(super) bytes: Vec<u8>,
}

/// The upper layer, coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask {
    pub(super) bytes: Vec<u8>,
    /// The colour of its ink.
    pub(super) rgb: [u8; 3],
}

/// Why a page has no compact picture; the original stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCompact {
    /// The layers do not show what the original shows.
    #[error("the picture would change at {} of its words or places", .words.len())]
    Changed {
        /// The words' boxes; squares of the page where it has no words.
        words: Vec<PxBox>,
    },
    /// The mask did not come back as it was.
    #[error(transparent)]
    Mask(#[from] NotTheSame),
    /// The background could not be coded or did not come back; what the coder said.
    #[error("the background cannot be coded: {0}")]
    Background(String),
}

impl CompactPicture {
    /// Puts a page into layers. `patches` are the annotations that lie over it.
    ///
    /// Costs about 0.4 CPU seconds for A4 at 300 dpi; memory beside the raster: about 5 bytes for each pixel of the background
    /// and a quarter of a byte for each pixel of the page.
    pub fn of(raster: &PageRaster, patches: &[Patch], text: Option<&PageText>) -> Result<Self, NotCompact> {
        let size = raster.size;
        if raster.bilevel && patches.is_empty() {
            let all = mask::everything(&Pixels::of(raster));
            let mask = Mask { bytes: jbig2::encode(&all)?, rgb: [0; 3] };
            return Ok(Self { size, background: None, mask: Some(mask), pieces: Vec::new() });
        }
        let patched = patched(raster, patches);
        let pixels = match &patched {
            Cow::Borrowed(_) => Pixels::of(raster),
            Cow::Owned(rgb) => Pixels { bytes: rgb, channels: 3, ..Pixels::of(raster) },
        };
        let words: Vec<PxBox> = text
            .into_iter()
            .flat_map(PageText::words)
            .map(|word| word.bbox.intersect(&size.bounds()))
            .collect();
        let words: Vec<PxBox> = words.into_iter().filter(|bbox| !bbox.is_empty()).collect();
        let print = mask::Print::of(&pixels, &words, size.dpi);
        let background = Background::of(&pixels, &print.ink, size.dpi);
        let jpeg = background.encode().map_err(NotCompact::Background)?;
        let shown = Background::decode(&jpeg).map_err(NotCompact::Background)?;
        let mut layers = Layers { print: &print, background: &shown, pieces: Vec::new() };
        let looked_at = if words.is_empty() { tiles(size) } else { words };
        let changed = check::changed_words(&pixels, &looked_at, size.dpi, &layers);
        let refused = |words| Err(NotCompact::Changed { words });
        let Some(places) = piece::places(&changed, &pixels, size.dpi) else { return refused(changed) };
        let mut pieces = Vec::new();
        for bbox in places {
            let jpeg = Piece::cut(&pixels, bbox).encode().map_err(NotCompact::Background)?;
            layers.pieces.push(Piece::decode(bbox, &jpeg).map_err(NotCompact::Background)?);
            pieces.push((bbox, jpeg));
        }
        if !pieces.is_empty() {
            let touched = |word: &&PxBox| {
                pieces.iter().any(|(bbox, _)| {
                    !grown(**word, size.dpi / 60, pixels.bounds()).intersect(bbox).is_empty()
                })
            };
            let again: Vec<PxBox> = looked_at.iter().filter(touched).copied().collect();
            let changed = check::changed_words(&pixels, &again, size.dpi, &layers);
            if !changed.is_empty() {
                return refused(changed);
            }
        }
        let mask = match print.ink.has_ink() {
            true => Some(Mask { bytes: jbig2::encode(&print.ink)?, rgb: print.rgb }),
            false => None,
        };
        Ok(Self { size, background: Some(jpeg), mask, pieces })
    }

    /// Bytes of its coded layers.
    pub fn bytes(&self) -> usize {
        let [background, mask, pieces] = self.layer_bytes();
        background + mask + pieces
    }

    /// The same for each layer: background, mask, pieces of the original.
    pub fn layer_bytes(&self) -> [usize; 3] {
        [
            self.background.as_ref().map_or(0, |b| b.bytes.len()),
            self.mask.as_ref().map_or(0, |m| m.bytes.len()),
            self.pieces.iter().map(|(_, jpeg)| jpeg.bytes.len()).sum(),
        ]
    }
}

/// The page's pixels with the annotations laid over them; copied only where there are any.
fn patched<'a>(raster: &'a PageRaster, patches: &[Patch]) -> Cow<'a, [u8]> {
    if patches.is_empty() {
        return Cow::Borrowed(raster.pixels());
    }
    let width = raster.size.width_px as usize;
    let mut rgb: Vec<u8> = match raster.channels {
        1 => raster.pixels().iter().flat_map(|&v| [v; 3]).collect(),
        _ => raster.pixels().to_vec(),
    };
    for patch in patches {
        let inside = patch.bbox.intersect(&raster.size.bounds());
        let columns = patch.bbox.width() as usize;
        for y in inside.top..inside.bottom {
            let from =
                ((y - patch.bbox.top) as usize * columns + (inside.left - patch.bbox.left) as usize) * 3;
            let to = (y as usize * width + inside.left as usize) * 3;
            let bytes = inside.width() as usize * 3;
            rgb[to..to + bytes].copy_from_slice(&patch.rgb[from..from + bytes]);
        }
    }
    Cow::Owned(rgb)
}

/// The whole page in squares of an inch.
fn tiles(size: PageSize) -> Vec<PxBox> {
    let side = size.dpi.max(32);
    let columns = || (0..size.width_px).step_by(side as usize);
    let tile =
        |left, top| PxBox { left, top, right: left + side, bottom: top + side }.intersect(&size.bounds());
    (0..size.height_px)
        .step_by(side as usize)
        .flat_map(|top| columns().map(move |left| tile(left, top)))
        .collect()
}

/// A box with `by` pixels more on every side, inside the page.
fn grown(bbox: PxBox, by: u32, page: PxBox) -> PxBox {
    let PxBox { left, top, right, bottom } = bbox;
    let more = |v: u32| v.saturating_add(by);
    PxBox {
        left: left.saturating_sub(by),
        top: top.saturating_sub(by),
        right: more(right),
        bottom: more(bottom),
    }
    .intersect(&page)
}

#[cfg(test)]
mod tests;
