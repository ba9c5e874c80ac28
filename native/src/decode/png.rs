//! PNG: pixels, and the compressed rows as they lie in the file.

use super::raster::Raster;
use super::resolution::{Density, ExifFacts, read_exif};
use super::{DecodeError, PixelLimit, undecodable};
use crate::media::Coding;
use png::{BitDepth, ColorType, Transformations};
use std::io::Cursor;

/// A decoded PNG with what display needs.
pub(super) struct Decoded {
    pub(super) raster: Raster,
    pub(super) density: Option<Density>,
    pub(super) orientation: u8,
    /// The coding under which the joined IDAT chunks may go into a PDF as they are.
    pub(super) passes_as: Option<Coding>,
}

/// The pixels: 8 bits, alpha laid over white.
pub(super) fn decode(bytes: &[u8], limit: PixelLimit) -> Result<Decoded, DecodeError> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 64 << 20 });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(undecodable)?;
    let (width, height) = (header.width, header.height);
    limit.check(u64::from(width), u64::from(height))?;
    let mut reader = decoder.read_info().map_err(undecodable)?;
    let size = reader.output_buffer_size().ok_or_else(|| undecodable("PNG without a size"))?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(undecodable)?;
    // The rest is read so that a file cut short after its pixels is noticed too.
    reader.finish().map_err(undecodable)?;
    pixels.truncate(frame.buffer_size());
    let info = reader.info();
    let exif = info.exif_metadata.as_deref().map(read_exif).unwrap_or(ExifFacts::default());
    let density = info
        .pixel_dims
        .filter(|d| d.unit == png::Unit::Meter)
        .map(|d| Density { x: f64::from(d.xppu) * 0.0254, y: f64::from(d.yppu) * 0.0254 });
    let has_alpha = matches!(info.color_type, ColorType::GrayscaleAlpha | ColorType::Rgba);
    let passes_as = (!info.interlaced && !has_alpha && info.trns.is_none()).then(|| Coding::PngFlate {
        colors: if info.color_type == ColorType::Rgb { 3 } else { 1 },
        bits: bits(info.bit_depth),
        palette: info.palette.as_ref().map(|p| p.to_vec()).filter(|_| info.color_type == ColorType::Indexed),
    });
    let (channels, pixels) = match frame.color_type {
        ColorType::Grayscale => (1, pixels),
        ColorType::Rgb => (3, pixels),
        ColorType::GrayscaleAlpha => (1, over_white(&pixels, 1)),
        ColorType::Rgba => (3, over_white(&pixels, 3)),
        ColorType::Indexed => return Err(undecodable("PNG palette was not expanded")),
    };
    let raster = Raster { width, height, channels, pixels };
    Ok(Decoded {
        raster,
        density: density.or(exif.density),
        orientation: exif.orientation.unwrap_or(1),
        passes_as,
    })
}

fn bits(depth: BitDepth) -> u8 {
    match depth {
        BitDepth::One => 1,
        BitDepth::Two => 2,
        BitDepth::Four => 4,
        BitDepth::Eight => 8,
        BitDepth::Sixteen => 16,
    }
}

/// Lays `channels` colour samples and one alpha sample per pixel over white paper.
pub(super) fn over_white(pixels: &[u8], channels: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() / (channels + 1) * channels);
    for pixel in pixels.chunks_exact(channels + 1) {
        let alpha = u32::from(pixel[channels]);
        out.extend(
            pixel[..channels]
                .iter()
                .map(|&v| ((u32::from(v) * alpha + 255 * (255 - alpha) + 127) / 255) as u8),
        );
    }
    out
}

/// The joined bodies of all IDAT chunks: one zlib stream.
pub(super) fn idat(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut joined = Vec::new();
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let body = bytes.get(at + 8..at + 8 + length).ok_or_else(|| undecodable("PNG is cut short"))?;
        match &head[4..] {
            b"IDAT" => joined.extend_from_slice(body),
            b"IEND" => break,
            _ => {}
        }
        at += length + 12;
    }
    Ok(joined)
}

/// The pixels of so many PNG rows in one zlib stream, 8 bits a sample, `colors` 1 or 3; an error where there are fewer.
pub(super) fn decode_rows(stream: &[u8], width: u32, height: u32, colors: u8) -> Result<Raster, DecodeError> {
    let colour = if colors == 1 { ColorType::Grayscale } else { ColorType::Rgb };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, colour as u8, 0, 0, 0]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, body) in [(b"IHDR", &*header), (b"IDAT", stream), (b"IEND", &[])] {
        let length = u32::try_from(body.len()).map_err(undecodable)?;
        file.extend([&length.to_be_bytes()[..], kind, body, &[0; 4]].concat());
    }
    let mut options = png::DecodeOptions::default();
    options.set_ignore_crc(true);
    options.set_ignore_adler32(false);
    let mut decoder = png::Decoder::new_with_options(Cursor::new(file), options);
    decoder.set_limits(png::Limits { bytes: 64 << 20 });
    let mut reader = decoder.read_info().map_err(undecodable)?;
    let mut pixels = vec![0; width as usize * height as usize * usize::from(colors)];
    reader.next_frame(&mut pixels).map_err(undecodable)?;
    reader.finish().map_err(undecodable)?;
    Ok(Raster { width, height, channels: colors, pixels })
}

/// Codes pixels without loss as a PDF takes them: the zlib stream of PNG rows.
pub(super) fn encode_rows(raster: &Raster) -> Result<(Vec<u8>, Coding), DecodeError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, raster.width, raster.height);
    encoder.set_color(if raster.channels == 1 { ColorType::Grayscale } else { ColorType::Rgb });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().map_err(undecodable)?;
    writer.write_image_data(&raster.pixels).map_err(undecodable)?;
    writer.finish().map_err(undecodable)?;
    Ok((idat(&file)?, Coding::PngFlate { colors: raster.channels, bits: 8, palette: None }))
}
