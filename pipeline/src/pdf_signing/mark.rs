//! What is seen of a signature on page one: the agency's name and the time (Thông tư 05/2025/TT-BNV, Điều 8.1), on a copy its
//! form above them (Nghị định 30/2020/NĐ-CP, phụ lục I), and the red seal where a unit wants it.

use super::PdfSigningError;
use crate::config::{ArchiveConfig, Layout};
use crate::paper::serif_font;
use seal::pades::{PackedPicture, Picture};
use std::io::Cursor;
use std::path::Path;

/// Width of a seal on paper where `hoso.toml` does not say.
const PICTURE_MM: u32 = 36;
/// Longest side of a picture, in pixels: a seal of 100 mm at 600 dpi is smaller.
const MAX_SIDE_PX: u32 = 4000;

/// Font and picture, read and made ready once.
pub(crate) struct Marking {
    pub(super) font: Vec<u8>,
    pub(super) picture: Option<PackedPicture>,
}

impl Marking {
    pub(crate) fn read(layout: &Layout, config: &ArchiveConfig) -> Result<Marking, PdfSigningError> {
        let (_, font) = serif_font().ok_or(PdfSigningError::NoFont)?;
        let width_mm = config.seal.picture_mm.map_or(PICTURE_MM, std::num::NonZeroU32::get);
        let picture = match &config.seal.picture {
            Some(path) => Some(read_picture(&layout.root.join(path), f64::from(width_mm))?),
            None => None,
        };
        Ok(Marking { font, picture })
    }
}

fn read_picture(path: &Path, width_mm: f64) -> Result<PackedPicture, PdfSigningError> {
    let wrong = |why: String| PdfSigningError::Picture { path: path.to_owned(), why };
    let bytes = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|e| wrong(e.to_string()))?;
    let (width_px, height_px) = reader.info().size();
    let room = reader.output_buffer_size().filter(|_| width_px.max(height_px) <= MAX_SIDE_PX);
    let mut samples = vec![0; room.ok_or_else(|| wrong(format!("larger than {MAX_SIDE_PX} pixels")))?];
    let frame = reader.next_frame(&mut samples).map_err(|e| wrong(e.to_string()))?;
    let (channels, has_alpha) = match frame.color_type {
        png::ColorType::Grayscale => (1, false),
        png::ColorType::GrayscaleAlpha => (2, true),
        png::ColorType::Rgb => (3, false),
        png::ColorType::Rgba => (4, true),
        png::ColorType::Indexed => return Err(wrong("a palette that was not resolved".into())),
    };
    let pixels = || samples[..frame.buffer_size()].chunks_exact(channels);
    let rgb: Vec<u8> = match channels {
        1 | 2 => pixels().flat_map(|pixel| [pixel[0]; 3]).collect(),
        _ => pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
    };
    let alpha: Option<Vec<u8>> = has_alpha.then(|| pixels().map(|pixel| pixel[channels - 1]).collect());
    let picture = Picture { width_px, height_px, rgb: &rgb, alpha: alpha.as_deref(), width_mm };
    picture.packed().map_err(|e| wrong(e.to_string()))
}
