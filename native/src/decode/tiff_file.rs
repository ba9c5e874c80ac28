//! The structure of a TIFF file (TIFF 6.0, BigTIFF): directories and their fields. Reads no pixels.

use super::{DecodeError, undecodable};
use std::collections::{BTreeMap, HashSet};

/// More pages than any scanner puts into a file: a longer chain is taken for damage.
const MAX_PAGES: usize = 65_535;
/// Most values of a field that are looked at (strip offsets of a page as tall as JPEG allows).
const MAX_VALUES: u64 = 1 << 20;

/// Tags that are used.
pub(super) mod tag {
    pub(in super::super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(in super::super) const WIDTH: u16 = 256;
    pub(in super::super) const HEIGHT: u16 = 257;
    pub(in super::super) const BITS: u16 = 258;
    pub(in super::super) const COMPRESSION: u16 = 259;
    pub(in super::super) const PHOTOMETRIC: u16 = 262;
    pub(in super::super) const FILL_ORDER: u16 = 266;
    pub(in super::super) const STRIP_OFFSETS: u16 = 273;
    pub(in super::super) const ORIENTATION: u16 = 274;
    pub(in super::super) const SAMPLES: u16 = 277;
    pub(in super::super) const ROWS_PER_STRIP: u16 = 278;
    pub(in super::super) const STRIP_BYTES: u16 = 279;
    pub(in super::super) const X_RESOLUTION: u16 = 282;
    pub(in super::super) const Y_RESOLUTION: u16 = 283;
    pub(in super::super) const PLANAR: u16 = 284;
    pub(in super::super) const T4_OPTIONS: u16 = 292;
    pub(in super::super) const RESOLUTION_UNIT: u16 = 296;
    pub(in super::super) const PREDICTOR: u16 = 317;
    pub(in super::super) const COLOUR_MAP: u16 = 320;
    pub(in super::super) const TILE_WIDTH: u16 = 322;
    pub(in super::super) const TILE_HEIGHT: u16 = 323;
    pub(in super::super) const TILE_OFFSETS: u16 = 324;
    pub(in super::super) const TILE_BYTES: u16 = 325;
    pub(in super::super) const EXTRA_SAMPLES: u16 = 338;
    pub(in super::super) const SAMPLE_FORMAT: u16 = 339;
    pub(in super::super) const JPEG_TABLES: u16 = 347;
}

/// Whether a file begins as a TIFF or BigTIFF does.
pub(super) fn has_magic(bytes: &[u8]) -> bool {
    [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| bytes.starts_with(*magic))
}

/// How numbers are stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) is_big_endian: bool,
    is_big_tiff: bool,
}

impl Layout {
    fn number(self, bytes: &[u8], at: u64, size: usize) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let field = bytes.get(at..at.checked_add(size)?)?;
        let fold = |all: u64, &byte: &u8| all << 8 | u64::from(byte);
        Some(if self.is_big_endian { field.iter().fold(0, fold) } else { field.iter().rev().fold(0, fold) })
    }
}

/// One field: its type, how many values, where they lie.
#[derive(Debug, Clone, Copy)]
struct Field {
    kind: u16,
    count: u64,
    at: u64,
}

fn value_size(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

/// An image directory.
pub(super) struct Directory<'a> {
    bytes: &'a [u8],
    pub(super) layout: Layout,
    fields: BTreeMap<u16, Field>,
}

impl<'a> Directory<'a> {
    /// All values of a field of whole numbers; empty where it is absent or broken.
    pub(super) fn numbers(&self, tag: u16) -> Vec<u64> {
        let Some(field) = self.fields.get(&tag) else { return Vec::new() };
        let Some(size) =
            value_size(field.kind).filter(|_| matches!(field.kind, 1 | 3 | 4 | 7 | 13 | 16 | 18))
        else {
            return Vec::new();
        };
        (0..field.count.min(MAX_VALUES))
            .map_while(|i| self.layout.number(self.bytes, field.at.checked_add(i * size)?, size as usize))
            .collect()
    }

    /// The first value of a field of whole numbers.
    pub(super) fn number(&self, tag: u16) -> Option<u64> {
        let field = self.fields.get(&tag)?;
        let size = value_size(field.kind).filter(|_| field.count > 0 && field.kind != 5)?;
        self.layout.number(self.bytes, field.at, size as usize)
    }

    /// A fraction.
    pub(super) fn rational(&self, tag: u16) -> Option<f64> {
        let field = self.fields.get(&tag)?;
        if field.kind != 5 {
            return self.number(tag).map(|v| v as f64);
        }
        let above = self.layout.number(self.bytes, field.at, 4)?;
        let below = self.layout.number(self.bytes, field.at.checked_add(4)?, 4)?;
        (below != 0).then(|| above as f64 / below as f64)
    }

    /// The bytes of a field.
    pub(super) fn raw(&self, tag: u16) -> Option<&'a [u8]> {
        let field = self.fields.get(&tag)?;
        let length = field.count.checked_mul(value_size(field.kind)?)?;
        self.slice(field.at, length)
    }

    /// A piece of the file.
    pub(super) fn slice(&self, at: u64, length: u64) -> Option<&'a [u8]> {
        let (from, to) = (usize::try_from(at).ok()?, usize::try_from(at.checked_add(length)?).ok()?);
        self.bytes.get(from..to)
    }
}

/// The directories of all pages, in file order. Reduced copies and masks are no pages. The chain is followed until
/// it ends, leaves the file or comes back on itself, which is an error.
pub(super) fn pages(bytes: &[u8]) -> Result<Vec<Directory<'_>>, DecodeError> {
    let is_big_endian = bytes.starts_with(b"MM");
    let mut layout = Layout { is_big_endian, is_big_tiff: false };
    let version = layout.number(bytes, 2, 2).ok_or_else(|| undecodable("TIFF is cut short"))?;
    layout.is_big_tiff = version == 43;
    let cut = || undecodable("TIFF is cut short: a directory lies outside the file");
    let (mut at, size) = if layout.is_big_tiff { (8, 8) } else { (4, 4) };
    let mut seen = HashSet::new();
    let (mut pages, mut others) = (Vec::new(), Vec::new());
    loop {
        at = layout.number(bytes, at, size).ok_or_else(cut)?;
        if at == 0 {
            break;
        }
        if !seen.insert(at) || seen.len() > MAX_PAGES {
            return Err(undecodable("TIFF directories run in a circle"));
        }
        let (directory, next) = read_directory(bytes, layout, at).ok_or_else(cut)?;
        let kind = directory.number(tag::NEW_SUBFILE_TYPE).unwrap_or(0);
        if directory.fields.contains_key(&tag::WIDTH) {
            if kind & 0b101 == 0 { &mut pages } else { &mut others }.push(directory);
        }
        at = next;
    }
    if pages.is_empty() {
        pages = others;
    }
    if pages.is_empty() {
        return Err(undecodable("TIFF without a picture"));
    }
    Ok(pages)
}

/// A directory, and where the offset of the next one stands.
fn read_directory(bytes: &[u8], layout: Layout, at: u64) -> Option<(Directory<'_>, u64)> {
    let (head, entry, inline) = if layout.is_big_tiff { (8, 20, 8) } else { (2, 12, 4) };
    let count = layout.number(bytes, at, head as usize)?;
    if count > u64::from(u16::MAX) {
        return None;
    }
    let mut fields = BTreeMap::new();
    for i in 0..count {
        let start = at.checked_add(head + i * entry)?;
        let tag = layout.number(bytes, start, 2)? as u16;
        let kind = layout.number(bytes, start + 2, 2)? as u16;
        let count = layout.number(bytes, start + 4, inline as usize)?;
        let value_at = start + 4 + inline;
        let Some(length) = value_size(kind).and_then(|size| size.checked_mul(count)) else { continue };
        let value_at =
            if length <= inline { value_at } else { layout.number(bytes, value_at, inline as usize)? };
        fields.insert(tag, Field { kind, count, at: value_at });
    }
    let next = at.checked_add(head + count * entry)?;
    layout.number(bytes, next, inline as usize)?;
    Some((Directory { bytes, layout, fields }, next))
}
