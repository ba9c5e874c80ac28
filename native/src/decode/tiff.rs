//! TIFF pages to pixels: strips and tiles, interleaved or in planes, 1 to 32 bits, all codings that scanners and
//! fax machines write. What is not read: old-style JPEG (compression 6), CIE L*a*b*, uncoded YCbCr.

use super::jpeg::{self, Colours};
use super::raster::Raster;
use super::resolution::Density;
use super::tiff_file::{Directory, pages, tag};
use super::{DecodeError, PixelLimit, StoredPicture, ccitt, encode, undecodable};
use crate::media::Coding;
use flate2::read::ZlibDecoder;
use std::borrow::Cow;
use std::io::Read;

/// Reads one page.
pub(super) fn read_page(
    bytes: &[u8],
    page_idx: u32,
    limit: PixelLimit,
) -> Result<StoredPicture, DecodeError> {
    let pages = pages(bytes)?;
    let count = pages.len() as u32;
    let directory = pages.get(page_idx as usize).ok_or(DecodeError::NoSuchPage { page_idx, pages: count })?;
    let plan = Plan::read(directory, limit)?;
    let raster = plan.decode(limit)?;
    let original = match plan.group_4_strip() {
        Some((strip, black_is_1)) => Some((strip, Coding::CcittG4 { black_is_1 })),
        None => plan.jpeg_strip(),
    };
    let unit = match directory.number(tag::RESOLUTION_UNIT).unwrap_or(2) {
        2 => Some(1.0),
        3 => Some(2.54),
        _ => None,
    };
    let density = match (unit, directory.rational(tag::X_RESOLUTION), directory.rational(tag::Y_RESOLUTION)) {
        (Some(unit), Some(x), Some(y)) => Some(Density { x: x * unit, y: y * unit }),
        _ => None,
    };
    let orientation =
        directory.number(tag::ORIENTATION).filter(|o| (1..=8).contains(o)).map_or(1, |o| o as u8);
    let is_derived = plan.compression == Compression::Jpeg;
    Ok(StoredPicture { raster, is_derived, density, orientation, original })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Ccitt(ccitt::Scheme),
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Photometric {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
}

/// How samples beyond the colours are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alpha {
    None,
    Associated,
    Unassociated,
}

/// All that is needed to decode a page, checked.
struct Plan<'a> {
    directory: &'a Directory<'a>,
    width: u32,
    height: u32,
    bits: u32,
    samples: usize,
    compression: Compression,
    photometric: Photometric,
    alpha: Alpha,
    is_signed: bool,
    is_float: bool,
    has_predictor: bool,
    is_planar: bool,
    reverse_bits: bool,
    chunk_width: u32,
    chunk_height: u32,
    chunks: Vec<(u64, u64)>,
    palette: Vec<[u8; 3]>,
}

/// Samples per pixel that are looked at; more is damage.
const MAX_SAMPLES: u64 = 16;

impl<'a> Plan<'a> {
    fn read(directory: &'a Directory<'a>, limit: PixelLimit) -> Result<Self, DecodeError> {
        let size = |tag| directory.number(tag).and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0);
        let (Some(width), Some(height)) = (size(tag::WIDTH), size(tag::HEIGHT)) else {
            return Err(undecodable("TIFF page without pixels"));
        };
        limit.check(u64::from(width), u64::from(height))?;
        let samples = directory.number(tag::SAMPLES).unwrap_or(1);
        if samples == 0 || samples > MAX_SAMPLES {
            return Err(undecodable(format!("TIFF of {samples} samples per pixel")));
        }
        let all_bits = directory.numbers(tag::BITS);
        let bits = all_bits.first().copied().unwrap_or(1);
        if all_bits.iter().any(|b| *b != bits) || !(matches!(bits, 1..=16) || bits == 32) {
            return Err(undecodable(format!("TIFF of {all_bits:?} bits")));
        }
        let bits = bits as u32;
        let compression = compression(directory)?;
        let photometric = photometric(directory, compression)?;
        let colours = match photometric {
            Photometric::Rgb | Photometric::YCbCr => 3,
            Photometric::Cmyk => 4,
            _ => 1,
        };
        if samples < colours {
            return Err(undecodable(format!("TIFF of {samples} samples where {colours} are needed")));
        }
        // The extra sample of a CMYK picture is a saved selection, not transparency: it may hide nothing.
        let may_be_seen_through = samples > colours && photometric != Photometric::Cmyk;
        let alpha = match directory.number(tag::EXTRA_SAMPLES).filter(|_| may_be_seen_through) {
            Some(1) => Alpha::Associated,
            Some(2) => Alpha::Unassociated,
            _ => Alpha::None,
        };
        let format = directory.number(tag::SAMPLE_FORMAT).unwrap_or(1);
        let is_float = format == 3;
        if !(1..=4).contains(&format) || (is_float && bits != 32) {
            return Err(undecodable(format!("TIFF of sample format {format} with {bits} bits")));
        }
        if matches!(compression, Compression::Ccitt(_)) && (bits, samples) != (1, 1) {
            return Err(undecodable("TIFF with CCITT coding but not bilevel"));
        }
        let predictor = directory.number(tag::PREDICTOR).unwrap_or(1);
        if !matches!(predictor, 1 | 2) {
            return Err(undecodable(format!("TIFF with predictor {predictor}")));
        }
        let has_predictor =
            predictor == 2 && matches!(compression, Compression::Lzw | Compression::Deflate) && !is_float;
        let is_planar = directory.number(tag::PLANAR) == Some(2) && samples > 1;
        let is_tiled = directory.number(tag::TILE_WIDTH).is_some();
        let (chunk_width, chunk_height) = if is_tiled {
            match (size(tag::TILE_WIDTH), size(tag::TILE_HEIGHT)) {
                (Some(w), Some(h)) => (w, h),
                _ => return Err(undecodable("TIFF with tiles of no size")),
            }
        } else {
            let rows = directory.number(tag::ROWS_PER_STRIP).filter(|v| *v > 0).unwrap_or(u64::MAX);
            (width, rows.min(u64::from(height)) as u32)
        };
        // More than four samples are weighed as more pixels: they too need memory.
        limit.check(u64::from(chunk_width) * samples.div_ceil(4), u64::from(chunk_height))?;
        let (offsets, lengths) = if is_tiled {
            (tag::TILE_OFFSETS, tag::TILE_BYTES)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTES)
        };
        let (offsets, lengths) = (directory.numbers(offsets), directory.numbers(lengths));
        let planes = if is_planar { samples } else { 1 };
        let needed =
            u64::from(width.div_ceil(chunk_width)) * u64::from(height.div_ceil(chunk_height)) * planes;
        if (offsets.len() as u64) < needed || (lengths.len() as u64) < needed {
            return Err(undecodable("TIFF names fewer strips or tiles than it has"));
        }
        let palette =
            if photometric == Photometric::Palette { palette(directory, bits)? } else { Vec::new() };
        let chunks = offsets.into_iter().zip(lengths).collect();
        Ok(Self {
            directory,
            width,
            height,
            bits,
            samples: samples as usize,
            compression,
            photometric,
            alpha,
            is_signed: format == 2,
            is_float,
            has_predictor,
            is_planar,
            reverse_bits: directory.number(tag::FILL_ORDER) == Some(2)
                && (matches!(compression, Compression::Ccitt(_)) || bits < 8),
            chunk_width,
            chunk_height,
            chunks,
            palette,
        })
    }

    /// The one strip of a group 4 page, in the usual bit order, and PDF's `BlackIs1` for it.
    fn group_4_strip(&self) -> Option<(Vec<u8>, bool)> {
        let is_one = self.chunk_height >= self.height && self.chunk_width == self.width;
        if self.compression != Compression::Ccitt(ccitt::Scheme::Group4) || !is_one {
            return None;
        }
        let black_is_1 = match self.photometric {
            Photometric::WhiteIsZero => false,
            Photometric::BlackIsZero => true,
            _ => return None,
        };
        self.stored(0).ok().map(|strip| (strip.into_owned(), black_is_1))
    }

    /// The one strip of a JPEG page, together with its tables a whole JPEG stream.
    fn jpeg_strip(&self) -> Option<(Vec<u8>, Coding)> {
        let is_one = self.chunk_height >= self.height && self.chunk_width == self.width;
        // Without an Adobe marker, PDF takes three components for YCbCr.
        let is_plain = matches!(self.photometric, Photometric::YCbCr | Photometric::BlackIsZero);
        if self.compression != Compression::Jpeg || !is_one || !is_plain || self.is_planar {
            return None;
        }
        let stream = self.whole_jpeg(&self.stored(0).ok()?).into_owned();
        let header = jpeg::read_header(&stream).ok()?;
        let coding = encode::passing_jpeg(&header)?;
        ((header.width, header.height) == (self.width, self.height)).then_some((stream, coding))
    }

    /// The stored bytes of a strip or tile.
    fn stored(&self, chunk_idx: usize) -> Result<Cow<'a, [u8]>, DecodeError> {
        let (at, length) = self.chunks[chunk_idx];
        let bytes = self
            .directory
            .slice(at, length)
            .ok_or_else(|| undecodable("TIFF is cut short: a strip or tile lies outside the file"))?;
        if self.reverse_bits {
            return Ok(Cow::Owned(bytes.iter().map(|b| b.reverse_bits()).collect()));
        }
        Ok(Cow::Borrowed(bytes))
    }

    fn decode(&self, limit: PixelLimit) -> Result<Raster, DecodeError> {
        let is_grey = matches!(self.photometric, Photometric::WhiteIsZero | Photometric::BlackIsZero);
        let mut out = Raster::white(self.width, self.height, if is_grey { 1 } else { 3 });
        let across = self.width.div_ceil(self.chunk_width) as usize;
        let down = self.height.div_ceil(self.chunk_height) as usize;
        let planes = if self.is_planar { self.samples } else { 1 };
        for chunk_idx in 0..across * down {
            let left = (chunk_idx % across) as u32 * self.chunk_width;
            let top = (chunk_idx / across) as u32 * self.chunk_height;
            let columns = self.chunk_width.min(self.width - left);
            let rows = self.chunk_height.min(self.height - top);
            // A strip at the end holds only the rows that are there; a tile is always whole.
            let stored_rows =
                if self.chunk_width == self.width && across == 1 { rows } else { self.chunk_height };
            let plane_samples = if self.is_planar { 1 } else { self.samples };
            let mut decoded = Vec::with_capacity(planes);
            for plane in 0..planes {
                decoded.push(self.chunk(
                    plane * across * down + chunk_idx,
                    plane_samples,
                    stored_rows,
                    limit,
                )?);
            }
            for y in 0..rows {
                self.place_row(&decoded, plane_samples, y, columns, &mut out, left, top + y);
            }
        }
        Ok(out)
    }

    /// The samples of a strip or tile as 8-bit values (or palette indexes), interleaved.
    fn chunk(
        &self,
        chunk_idx: usize,
        samples: usize,
        rows: u32,
        limit: PixelLimit,
    ) -> Result<Vec<u8>, DecodeError> {
        let stored = self.stored(chunk_idx)?;
        let (width, rows_len) = (self.chunk_width as usize, rows as usize);
        if self.compression == Compression::Jpeg {
            return self.jpeg_chunk(&stored, samples, rows, limit);
        }
        let row_bits = width as u64 * samples as u64 * u64::from(self.bits);
        let row_bytes = row_bits.div_ceil(8) as usize;
        let total = row_bytes
            .checked_mul(rows_len)
            .filter(|t| *t as u64 <= limit.0.saturating_mul(4 * samples as u64))
            .ok_or_else(|| undecodable("TIFF strip too large"))?;
        let unpacked: Cow<'_, [u8]> = match self.compression {
            Compression::None => stored,
            Compression::Ccitt(scheme) => Cow::Owned(ccitt::decode(&stored, scheme, self.chunk_width, rows)?),
            Compression::Lzw => Cow::Owned(lzw(&stored, total)?),
            Compression::Deflate => {
                let mut out = Vec::new();
                ZlibDecoder::new(&stored[..])
                    .take(total as u64)
                    .read_to_end(&mut out)
                    .map_err(undecodable)?;
                Cow::Owned(out)
            }
            Compression::PackBits => Cow::Owned(pack_bits(&stored, total)),
            Compression::Jpeg => return Err(undecodable("TIFF with JPEG was handled before")),
        };
        if unpacked.len() < total {
            return Err(undecodable("TIFF is cut short: a strip or tile holds too little"));
        }
        let mut out = Vec::with_capacity(width * rows_len * samples);
        for row in unpacked.chunks_exact(row_bytes).take(rows_len) {
            self.row_samples(row, width * samples, samples, &mut out);
        }
        Ok(out)
    }

    /// One row of packed samples to 8 bits each.
    fn row_samples(&self, row: &[u8], count: usize, samples: usize, out: &mut Vec<u8>) {
        let is_index = self.photometric == Photometric::Palette;
        if self.bits == 8 && !self.has_predictor && !self.is_signed {
            out.extend_from_slice(&row[..count]);
            return;
        }
        if self.bits == 1 && !self.has_predictor && !self.is_signed && !is_index {
            for (first, byte) in (0..count).step_by(8).zip(row) {
                let all: [u8; 8] = std::array::from_fn(|i| if byte << i & 0x80 != 0 { 255 } else { 0 });
                out.extend_from_slice(&all[..(count - first).min(8)]);
            }
            return;
        }
        let mask = if self.bits == 32 { u32::MAX } else { (1 << self.bits) - 1 };
        let sign = if self.is_signed { 1u32 << (self.bits - 1) } else { 0 };
        let mut before = [0u32; MAX_SAMPLES as usize];
        for i in 0..count {
            let mut value = self.sample(row, i);
            if self.has_predictor {
                value = value.wrapping_add(before[i % samples]) & mask;
                before[i % samples] = value;
            }
            if self.is_float {
                out.push((f32::from_bits(value).clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
                continue;
            }
            let value = value ^ sign;
            out.push(if is_index {
                value.min(255) as u8
            } else {
                ((u64::from(value) * 255 + u64::from(mask) / 2) / u64::from(mask)) as u8
            });
        }
    }

    fn sample(&self, row: &[u8], i: usize) -> u32 {
        let big = self.directory.layout.is_big_endian;
        match self.bits {
            8 => u32::from(row[i]),
            16 => {
                let pair = [row[2 * i], row[2 * i + 1]];
                u32::from(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
            }
            32 => {
                let four = [row[4 * i], row[4 * i + 1], row[4 * i + 2], row[4 * i + 3]];
                if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
            }
            bits => {
                let (first, skip) = (i * bits as usize / 8, i as u32 * bits % 8);
                let byte = |k: usize| u32::from(row.get(first + k).copied().unwrap_or(0));
                let window = byte(0) << 16 | byte(1) << 8 | byte(2);
                window >> (24 - skip - bits) & ((1 << bits) - 1)
            }
        }
    }

    /// A strip or tile of JPEG with the tables it needs.
    fn whole_jpeg<'s>(&self, stored: &'s [u8]) -> Cow<'s, [u8]> {
        // Tables common to all strips stand in a field of their own, as a stream without an image.
        let tables = self.directory.raw(tag::JPEG_TABLES);
        match tables.filter(|t| t.len() > 4 && t.starts_with(&[0xFF, 0xD8])) {
            Some(tables) if stored.starts_with(&[0xFF, 0xD8]) => {
                let end = if tables.ends_with(&[0xFF, 0xD9]) { tables.len() - 2 } else { tables.len() };
                Cow::Owned([&tables[..end], &stored[2..]].concat())
            }
            _ => Cow::Borrowed(stored),
        }
    }

    fn jpeg_chunk(
        &self,
        stored: &[u8],
        samples: usize,
        rows: u32,
        limit: PixelLimit,
    ) -> Result<Vec<u8>, DecodeError> {
        let stream = self.whole_jpeg(stored);
        let colours =
            if self.photometric == Photometric::YCbCr { Colours::Declared } else { Colours::Untransformed };
        let part = jpeg::decode(&stream, limit, colours)?;
        if usize::from(part.channels) != samples || part.width < self.chunk_width || part.height < rows {
            return Err(undecodable("TIFF whose JPEG parts do not match it"));
        }
        let used = self.chunk_width as usize * samples;
        Ok((0..rows).flat_map(|y| part.row(y)[..used].iter().copied()).collect())
    }

    /// Colours of one row, laid into the page.
    fn place_row(
        &self,
        planes: &[Vec<u8>],
        plane_samples: usize,
        y: u32,
        columns: u32,
        out: &mut Raster,
        left: u32,
        top: u32,
    ) {
        let first = y as usize * self.chunk_width as usize;
        let at = |x: usize, sample: usize| -> u8 {
            if self.is_planar {
                planes[sample][first + x]
            } else {
                planes[0][(first + x) * plane_samples + sample]
            }
        };
        let channels = usize::from(out.channels);
        let start = top as usize * out.stride() + left as usize * channels;
        let target = &mut out.pixels[start..start + columns as usize * channels];
        if channels == 1 && plane_samples == 1 && self.alpha == Alpha::None {
            target.copy_from_slice(&planes[0][first..first + columns as usize]);
            if self.photometric == Photometric::WhiteIsZero {
                target.iter_mut().for_each(|v| *v = !*v);
            }
            return;
        }
        for (x, pixel) in target.chunks_exact_mut(channels).enumerate() {
            let colours = match self.photometric {
                Photometric::WhiteIsZero => {
                    pixel[0] = 255 - at(x, 0);
                    1
                }
                Photometric::BlackIsZero => {
                    pixel[0] = at(x, 0);
                    1
                }
                Photometric::Palette => {
                    let colour = self.palette.get(usize::from(at(x, 0))).copied().unwrap_or([0; 3]);
                    pixel.copy_from_slice(&colour);
                    1
                }
                Photometric::Rgb | Photometric::YCbCr => {
                    pixel.copy_from_slice(&[at(x, 0), at(x, 1), at(x, 2)]);
                    3
                }
                Photometric::Cmyk => {
                    let light = 255 - u32::from(at(x, 3));
                    for (i, value) in pixel.iter_mut().enumerate() {
                        *value = (((255 - u32::from(at(x, i))) * light + 127) / 255) as u8;
                    }
                    4
                }
            };
            if self.alpha != Alpha::None {
                let alpha = u32::from(at(x, colours));
                for value in pixel {
                    let ink = u32::from(*value);
                    let ink = if self.alpha == Alpha::Associated { ink } else { (ink * alpha + 127) / 255 };
                    *value = (ink + 255 - alpha).min(255) as u8;
                }
            }
        }
    }
}

fn compression(directory: &Directory<'_>) -> Result<Compression, DecodeError> {
    let two_dimensional = directory.number(tag::T4_OPTIONS).unwrap_or(0) & 1 == 1;
    Ok(match directory.number(tag::COMPRESSION).unwrap_or(1) {
        1 => Compression::None,
        2 => Compression::Ccitt(ccitt::Scheme::ModifiedHuffman),
        3 => Compression::Ccitt(ccitt::Scheme::Group3 { two_dimensional }),
        4 => Compression::Ccitt(ccitt::Scheme::Group4),
        5 => Compression::Lzw,
        7 => Compression::Jpeg,
        8 | 32_946 => Compression::Deflate,
        32_773 => Compression::PackBits,
        other => return Err(undecodable(format!("TIFF with compression {other}"))),
    })
}

fn photometric(directory: &Directory<'_>, compression: Compression) -> Result<Photometric, DecodeError> {
    Ok(match directory.number(tag::PHOTOMETRIC) {
        Some(0) => Photometric::WhiteIsZero,
        Some(1) => Photometric::BlackIsZero,
        Some(2) => Photometric::Rgb,
        Some(3) => Photometric::Palette,
        Some(5) => Photometric::Cmyk,
        Some(6) if compression == Compression::Jpeg => Photometric::YCbCr,
        None if matches!(compression, Compression::Ccitt(_)) => Photometric::WhiteIsZero,
        None => Photometric::BlackIsZero,
        Some(other) => return Err(undecodable(format!("TIFF with photometric interpretation {other}"))),
    })
}

/// The colour map in 8 bits: all reds, all greens, all blues.
fn palette(directory: &Directory<'_>, bits: u32) -> Result<Vec<[u8; 3]>, DecodeError> {
    let values = directory.numbers(tag::COLOUR_MAP);
    let count = 1usize << bits.min(8);
    if bits > 8 || values.len() < 3 * count {
        return Err(undecodable("TIFF with too small a colour map"));
    }
    // Some programs wrote 8-bit values into the 16-bit map.
    let shift = if values.iter().any(|v| *v > 255) { 8 } else { 0 };
    let eight = |v: u64| (v >> shift) as u8;
    Ok((0..count).map(|i| [0, 1, 2].map(|c| eight(values[c * count + i]))).collect())
}

fn lzw(stored: &[u8], total: usize) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let mut out = vec![0u8; total];
    let (mut read, mut written) = (0, 0);
    while written < total {
        let step = decoder.decode_bytes(&stored[read..], &mut out[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status.map_err(undecodable)? {
            weezl::LzwStatus::Ok if step.consumed_in + step.consumed_out > 0 => {}
            _ => break,
        }
    }
    out.truncate(written);
    Ok(out)
}

/// PackBits (TIFF 6.0, section 9), at most `total` bytes.
fn pack_bits(stored: &[u8], total: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while out.len() < total && at < stored.len() {
        let head = stored[at] as i8;
        at += 1;
        if head >= 0 {
            let end = (at + head as usize + 1).min(stored.len());
            out.extend_from_slice(&stored[at..end]);
            at = end;
        } else if head != -128 {
            let Some(&value) = stored.get(at) else { break };
            out.resize(out.len() + 1 + usize::from(head.unsigned_abs()), value);
            at += 1;
        }
    }
    out.truncate(total);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_bits_of_the_specification() {
        let stored =
            [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];
        let expected = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22, 0xAA, 0xAA,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        assert_eq!(pack_bits(&stored, 24), expected);
        assert_eq!(pack_bits(&[0x81, 1], 5), [1; 5]);
        assert!(pack_bits(&[0xFE], 5).is_empty());
    }
}
