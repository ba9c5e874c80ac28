//! Parts of the original at full resolution, for places that two layers cannot show.

use super::Jpeg;
use super::background::{decoded, encoded};
use super::grown;
use super::pixels::{Pixels, as_rgb};
use jpeg_encoder::SamplingFactor;
use record::PxBox;

/// Pages that would need more of their area, one part in this, are better left as they are.
const LARGEST_SHARE: u64 = 5;
/// JPEG quality, 1 to 100.
const QUALITY: u8 = 85;

/// A part of a page.
pub(super) struct Piece {
    pub(super) bbox: PxBox,
    channels: usize,
    bytes: Vec<u8>,
}

/// Boxes that hold these words with some room and do not overlap; `None` where they are too large a part of the page.
pub(super) fn places(words: &[PxBox], pixels: &Pixels<'_>, dpi: u32) -> Option<Vec<PxBox>> {
    let mut places: Vec<PxBox> = Vec::new();
    for word in words {
        let mut new = grown(*word, dpi / 40, pixels.bounds());
        while let Some(at) = places.iter().position(|place| !place.intersect(&new).is_empty()) {
            new = new.union(&places.swap_remove(at));
        }
        places.push(new);
    }
    let area = |b: &PxBox| u64::from(b.width()) * u64::from(b.height());
    let covered: u64 = places.iter().map(area).sum();
    places.sort_by_key(|place| (place.top, place.left));
    (covered * LARGEST_SHARE <= area(&pixels.bounds())).then_some(places)
}

impl Piece {
    pub(super) fn cut(pixels: &Pixels<'_>, bbox: PxBox) -> Self {
        let rows = (bbox.top..bbox.bottom).flat_map(|y| pixels.row(y, bbox.left, bbox.right));
        Self { bbox, channels: pixels.channels, bytes: rows.copied().collect() }
    }

    pub(super) fn encode(&self) -> Result<Jpeg, String> {
        let size = (self.bbox.width(), self.bbox.height());
        encoded(&self.bytes, size, self.channels, 1, QUALITY, SamplingFactor::F_1_1)
    }

    /// What a viewer will see of it. Only ever given bytes that were made here.
    pub(super) fn decode(bbox: PxBox, jpeg: &Jpeg) -> Result<Self, String> {
        Ok(Self { bbox, channels: usize::from(jpeg.components), bytes: decoded(jpeg)? })
    }

    /// Its colour at a pixel of the page, if that is in it.
    pub(super) fn rgb(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        let PxBox { left, top, right, bottom } = self.bbox;
        if !((left..right).contains(&x) && (top..bottom).contains(&y)) {
            return None;
        }
        let start = ((y - top) as usize * self.bbox.width() as usize + (x - left) as usize) * self.channels;
        Some(as_rgb(&self.bytes[start..start + self.channels]))
    }
}
