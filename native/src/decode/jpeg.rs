//! JPEG files and streams: what the headers say, and the pixels.
//!
//! A stream that ends before its end-of-image marker is refused: what a decoder would fill in grey is not
//! what was scanned.

use super::raster::Raster;
use super::resolution::{Density, ExifFacts, read_exif};
use super::{DecodeError, PixelLimit, undecodable};
use std::io::Cursor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// What the markers of a JPEG stream say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: u8,
    /// Baseline, extended or progressive Huffman, 8 bits: what PDF's `DCTDecode` takes.
    pub(super) is_common: bool,
    /// The colour transform named by an Adobe marker.
    pub(super) adobe_transform: Option<u8>,
    /// Whether a JFIF marker says that grey is luminance and three components are YCbCr.
    pub(super) is_jfif: bool,
    pub(super) density: Option<Density>,
    pub(super) orientation: u8,
    /// Whether the end-of-image marker was met.
    pub(super) is_complete: bool,
    /// Not progressive, yet its components stand in scans of their own.
    is_scan_by_scan: bool,
}

/// Walks the markers without decoding.
pub(super) fn read_header(bytes: &[u8]) -> Result<Header, DecodeError> {
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return Err(undecodable("no JPEG start marker"));
    }
    let mut frame = None;
    let mut adobe_transform = None;
    let (mut is_jfif, mut jfif) = (false, None);
    let mut exif = ExifFacts::default();
    let mut is_complete = false;
    let mut first_scan = None;
    let mut is_progressive = false;
    let mut at = 2;
    while let Some((marker, after)) = next_marker(bytes, at) {
        if marker == 0xD9 {
            is_complete = true;
            break;
        }
        let Some(body) = segment(bytes, after) else { break };
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if body.len() >= 6 && frame.is_none() => {
                let number = |i: usize| u32::from(body[i]) << 8 | u32::from(body[i + 1]);
                frame = Some((number(3), number(1), body[5], marker <= 0xC2 && body[0] == 8));
                is_progressive = matches!(marker, 0xC2 | 0xC6 | 0xCA);
            }
            0xDA if !body.is_empty() && first_scan.is_none() => first_scan = Some(body[0]),
            0xE0 if body.starts_with(b"JFIF\0") && body.len() >= 12 => {
                let number = |i: usize| f64::from(u32::from(body[i]) << 8 | u32::from(body[i + 1]));
                let unit = match body[7] {
                    1 => 1.0,
                    2 => 2.54,
                    _ => 0.0,
                };
                is_jfif = true;
                jfif = Some(Density { x: number(8) * unit, y: number(10) * unit }).filter(|d| d.x > 0.0);
            }
            0xE1 if body.starts_with(b"Exif\0\0") && exif == ExifFacts::default() => {
                exif = read_exif(&body[6..]);
            }
            0xEE if body.starts_with(b"Adobe") && body.len() >= 12 => adobe_transform = Some(body[11]),
            _ => {}
        }
        at = after + 2 + body.len();
    }
    let Some((width, height, components, is_common)) = frame else {
        return Err(undecodable("JPEG without a frame header"));
    };
    Ok(Header {
        width,
        height,
        components,
        is_common,
        adobe_transform,
        is_jfif,
        density: jfif.or(exif.density),
        orientation: exif.orientation.unwrap_or(1),
        is_complete,
        is_scan_by_scan: !is_progressive && first_scan.is_some_and(|scan| scan < components),
    })
}

/// The next marker at or after `at` and the place after it; skips fill bytes, entropy-coded bytes and
/// markers without a body.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += bytes.get(at..)?.iter().position(|&b| b == 0xFF)?;
        match *bytes.get(at + 1)? {
            0xFF => at += 1,
            0x00 | 0x01 | 0xD0..=0xD8 => at += 2,
            marker => return Some((marker, at + 2)),
        }
    }
}

fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(*bytes.get(at)?) << 8 | usize::from(*bytes.get(at + 1)?);
    bytes.get(at + 2..at + length.max(2))
}

/// How the three components of a stream are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    /// As the stream itself says.
    Declared,
    /// As they are, without transform: a TIFF whose photometric interpretation is RGB.
    Untransformed,
}

/// The pixels as stored: grey, RGB, or CMYK turned to RGB.
pub(super) fn decode(bytes: &[u8], limit: PixelLimit, colours: Colours) -> Result<Raster, DecodeError> {
    let header = read_header(bytes)?;
    limit.check(u64::from(header.width), u64::from(header.height))?;
    if header.width == 0 || header.height == 0 {
        return Err(undecodable("JPEG without pixels"));
    }
    if !header.is_complete {
        return Err(undecodable("JPEG is cut short"));
    }
    if header.is_scan_by_scan && header.components == 3 {
        return decode_scan_by_scan(bytes, &header, colours);
    }
    let strict = decode_stream(bytes, &header, colours, true);
    match strict {
        // Bytes between segments harm nothing; other programs skip them too.
        Err(DecodeError::Undecodable(why)) if why.contains("Extra bytes") => {
            decode_stream(bytes, &header, colours, false)
        }
        other => other,
    }
}

fn decode_stream(
    bytes: &[u8],
    header: &Header,
    colours: Colours,
    strict: bool,
) -> Result<Raster, DecodeError> {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(strict);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().map_err(undecodable)?;
    let stored = decoder.input_colorspace().ok_or_else(|| undecodable("JPEG without a colour space"))?;
    let wanted = match (header.components, colours) {
        (1, _) => ColorSpace::Luma,
        (3, Colours::Untransformed) => stored,
        (3, Colours::Declared) => ColorSpace::RGB,
        (4, _) => stored,
        (n, _) => return Err(undecodable(format!("JPEG of {n} components"))),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let pixels = decoder.decode().map_err(undecodable)?;
    let samples = header.width as usize * header.height as usize;
    if pixels.len() != samples * usize::from(header.components) {
        return Err(undecodable("JPEG whose scans do not match its frame"));
    }
    let (width, height) = (header.width, header.height);
    match header.components {
        4 => {
            let inverted = header.adobe_transform.is_some();
            let pixels = four_to_rgb(&pixels, stored == ColorSpace::YCCK, inverted);
            Ok(Raster { width, height, channels: 3, pixels })
        }
        n => Ok(Raster { width, height, channels: n, pixels }),
    }
}

/// Sequential streams with a scan for each component: `zune-jpeg` 0.5.15 mixes up the rows of subsampled ones.
fn decode_scan_by_scan(bytes: &[u8], header: &Header, colours: Colours) -> Result<Raster, DecodeError> {
    let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(bytes));
    if colours == Colours::Untransformed {
        decoder.set_color_transform(jpeg_decoder::ColorTransform::None);
    }
    let pixels = decoder.decode().map_err(undecodable)?;
    if pixels.len() != header.width as usize * header.height as usize * 3 {
        return Err(undecodable("JPEG whose scans do not match its frame"));
    }
    Ok(Raster { width: header.width, height: header.height, channels: 3, pixels })
}

/// CMYK or YCCK to RGB, without colour management. Adobe's programs store ink inverted.
fn four_to_rgb(pixels: &[u8], is_ycck: bool, inverted: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() / 4 * 3);
    for p in pixels.chunks_exact(4) {
        let cmy = if is_ycck { ycc_to_rgb(p).map(|v| 255 - v) } else { [p[0], p[1], p[2]] };
        let light = |v: u8| u32::from(if inverted { v } else { 255 - v });
        out.extend(cmy.map(|ink| ((light(ink) * light(p[3]) + 127) / 255) as u8));
    }
    out
}

fn ycc_to_rgb(p: &[u8]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(p[0]), f32::from(p[1]) - 128.0, f32::from(p[2]) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|v| (v + 0.5).clamp(0.0, 255.0) as u8)
}

/// Codes pixels at a quality of 1 to 100; `dpi` goes into the JFIF header.
pub(super) fn encode(raster: &Raster, quality: u8, dpi: u32) -> Result<Vec<u8>, DecodeError> {
    let too_large = || DecodeError::TooManyPixels {
        width_px: u64::from(raster.width),
        height_px: u64::from(raster.height),
        max: u64::from(u16::MAX) * u64::from(u16::MAX),
    };
    let width = u16::try_from(raster.width).map_err(|_| too_large())?;
    let height = u16::try_from(raster.height).map_err(|_| too_large())?;
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
    let dpi = dpi.clamp(1, u32::from(u16::MAX)) as u16;
    encoder.set_density(jpeg_encoder::PixelDensity {
        density: (dpi, dpi),
        unit: jpeg_encoder::PixelDensityUnit::Inches,
    });
    let colour =
        if raster.channels == 1 { jpeg_encoder::ColorType::Luma } else { jpeg_encoder::ColorType::Rgb };
    encoder.encode(&raster.pixels, width, height, colour).map_err(undecodable)?;
    Ok(bytes)
}
