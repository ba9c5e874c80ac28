//! Pictures and PDF pages to pixels, inside the worker.
//!
//! Everything here reads foreign bytes: the kind is taken from the content, sizes are checked before memory is
//! asked for, and whatever is wrong with a file is an error about that file. A panic below is a bug; it is
//! caught at the entry all the same, so that it costs one page.
//!
//! Pages are taken *as displayed* (EXIF orientation and `/Rotate` applied, square pixels). [`page`] leaves
//! annotations out, for their text is not the paper's; [`picture`] adds them as patches; [`display`] and [`cut`] show them.

mod ccitt;
mod encode;
mod jpeg;
mod patches;
mod pdf;
mod pdf_image;
mod png;
mod raster;
mod resolution;
mod structure;
mod tiff;
mod tiff_file;

use crate::media::{Cut, DecodedPage, EncodedPicture, FileInfo, MediaKind};
use raster::Raster;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

/// Why a file or page cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The content is none of the known formats.
    #[error("neither JPEG, PNG, TIFF nor PDF")]
    UnknownFormat,
    /// The format is known but the content is broken; what the decoder said.
    #[error("cannot be decoded: {0}")]
    Undecodable(String),
    /// A PDF that needs a password.
    #[error("protected by a password")]
    PasswordProtected,
    /// More pixels than the limit.
    #[error("{width_px} × {height_px} pixels; {max} are allowed")]
    TooManyPixels {
        /// Columns.
        width_px: u64,
        /// Rows.
        height_px: u64,
        /// Most pixels allowed.
        max: u64,
    },
    /// A page index beyond the end.
    #[error("has no page {}; it has {pages}", page_idx + 1)]
    NoSuchPage {
        /// Index asked for, from 0.
        page_idx: u32,
        /// Pages there are.
        pages: u32,
    },
    /// Pdfium is not there or not usable.
    #[error("Pdfium cannot be used: {0}")]
    NoPdfium(String),
}

fn undecodable(why: impl ToString) -> DecodeError {
    DecodeError::Undecodable(why.to_string())
}

/// The most pixels a page may have.
#[derive(Debug, Clone, Copy)]
struct PixelLimit(u64);

impl PixelLimit {
    fn check(self, width: u64, height: u64) -> Result<(), DecodeError> {
        match width.checked_mul(height) {
            Some(pixels) if pixels <= self.0 => Ok(()),
            _ => Err(DecodeError::TooManyPixels { width_px: width, height_px: height, max: self.0 }),
        }
    }
}

/// The bytes of a file together with a key that changes when the file does.
#[derive(Clone)]
pub struct Source {
    /// Names these bytes: the same key means the same bytes.
    pub key: u64,
    /// The whole file.
    pub bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
}

impl Source {
    fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }
}

/// Holds what is worth keeping between pages: the bound Pdfium, the last opened PDF.
///
/// Pdfium is not thread-safe: a process may use one `Decoder` at a time.
pub struct Decoder {
    pdfium: pdf::Library,
    limit: PixelLimit,
}

impl Decoder {
    /// `pdfium` is the path of `libpdfium.so`, bound at the first PDF. Pages of more than `max_pixels` are
    /// refused before memory for them is asked for.
    pub fn new(pdfium: Option<PathBuf>, max_pixels: u64) -> Self {
        Self { pdfium: pdf::Library::at(pdfium), limit: PixelLimit(max_pixels) }
    }

    /// Binds Pdfium now instead of at the first PDF.
    pub fn bind_pdfium(&mut self) -> Result<(), DecodeError> {
        self.pdfium.bind().map(|_| ())
    }
}

/// Whether this process may still be busy with a file of which nobody waits for an answer any more: it should end.
pub fn is_overrun() -> bool {
    structure::is_overrun()
}

/// The kind of a file by its first bytes, never by its name.
pub fn detect(bytes: &[u8]) -> Option<MediaKind> {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Some(MediaKind::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(MediaKind::Png);
    }
    if tiff_file::has_magic(bytes) {
        return Some(MediaKind::Tiff);
    }
    // A PDF may have up to 1024 bytes of something else before its header (ISO 32000-1, annex H.3.4.1).
    let head = &bytes[..bytes.len().min(1024)];
    head.windows(5).any(|w| w == b"%PDF-").then_some(MediaKind::Pdf)
}

/// Format, pages, signatures. Decodes no pixels, so that a file that passes may still fail at a page.
pub fn inspect(decoder: &mut Decoder, source: &Source, _name_hint: &str) -> Result<FileInfo, DecodeError> {
    guarded(decoder, |decoder| {
        let bytes = source.bytes();
        let picture = |kind, pages| Ok(FileInfo { kind, pages, signatures: 0 });
        match detect(bytes).ok_or(DecodeError::UnknownFormat)? {
            MediaKind::Jpeg => jpeg::read_header(bytes).and_then(|_| picture(MediaKind::Jpeg, 1)),
            MediaKind::Png => picture(MediaKind::Png, 1),
            MediaKind::Tiff => picture(MediaKind::Tiff, tiff_file::pages(bytes)?.len() as u32),
            MediaKind::Pdf => {
                let document = decoder.pdfium.open(source)?;
                Ok(FileInfo {
                    kind: MediaKind::Pdf,
                    pages: document.pages(),
                    signatures: document.signatures(),
                })
            }
        }
    })
}

/// One page as displayed, without annotations.
pub fn page(decoder: &mut Decoder, source: &Source, page_idx: u32) -> Result<DecodedPage, DecodeError> {
    guarded(decoder, |decoder| {
        let limit = decoder.limit;
        match detect(source.bytes()).ok_or(DecodeError::UnknownFormat)? {
            MediaKind::Pdf => {
                let document = decoder.pdfium.open(source)?;
                let shown = document.shown(page_idx, limit)?;
                let text = shown.text();
                displayed(shown.into_picture(), limit, text)
            }
            kind => displayed(picture_file(kind, source.bytes(), page_idx, limit)?, limit, None),
        }
    })
}

/// One page as it goes into a PDF/A: the original stream where that is possible (see [`EncodedPicture`]).
pub fn picture(decoder: &mut Decoder, source: &Source, page_idx: u32) -> Result<EncodedPicture, DecodeError> {
    guarded(decoder, |decoder| {
        let limit = decoder.limit;
        match detect(source.bytes()).ok_or(DecodeError::UnknownFormat)? {
            MediaKind::Pdf => {
                let document = decoder.pdfium.open(source)?;
                if let Some(original) = document.original(page_idx, limit)? {
                    return Ok(original);
                }
                let shown = document.shown(page_idx, limit)?;
                let picture = shown.picture();
                let size = picture.size();
                limit.check(u64::from(size.width_px), u64::from(size.height_px))?;
                let patches = shown.patches(size)?;
                let mut encoded = encode::encode(shown.into_picture())?;
                encoded.patches = patches;
                Ok(encoded)
            }
            kind => {
                let picture = picture_file(kind, source.bytes(), page_idx, limit)?;
                let size = picture.size();
                limit.check(u64::from(size.width_px), u64::from(size.height_px))?;
                encode::encode(picture)
            }
        }
    })
}

/// Quality of the JPEG made for people.
const DISPLAY_QUALITY: u8 = 85;

/// One page as a JPEG for people, annotations visible; the longer side at most `max_side_px`.
pub fn display(
    decoder: &mut Decoder,
    source: &Source,
    page_idx: u32,
    max_side_px: Option<u32>,
) -> Result<Vec<u8>, DecodeError> {
    guarded(decoder, |decoder| {
        let max_side = max_side_px.unwrap_or(MAX_JPEG_SIDE_PX);
        let (raster, dpi) = for_people(decoder, source, page_idx, max_side)?;
        for_screen(raster.collapsed(), dpi, max_side)
    })
}

/// The same of a part of the page, turned so that it can be read. The whole page is decoded or drawn for it.
pub fn cut(
    decoder: &mut Decoder,
    source: &Source,
    page_idx: u32,
    wanted: &Cut,
) -> Result<Vec<u8>, DecodeError> {
    guarded(decoder, |decoder| {
        let (raster, dpi) = for_people(decoder, source, page_idx, MAX_JPEG_SIDE_PX)?;
        let area = wanted.area.resized(wanted.of_px, (raster.width, raster.height));
        for_screen(raster.part(area).collapsed().turned(wanted.turn), dpi, wanted.max_side_px)
    })
}

/// A side of a JPEG has 16 bits.
const MAX_JPEG_SIDE_PX: u32 = u16::MAX as u32;

/// A page with its annotations, and its resolution. The longer side of a PDF page, which is drawn, is at most `max_side`.
fn for_people(
    decoder: &mut Decoder,
    source: &Source,
    page_idx: u32,
    max_side: u32,
) -> Result<(Raster, u32), DecodeError> {
    let limit = decoder.limit;
    let bytes = source.bytes();
    let kind = detect(bytes).ok_or(DecodeError::UnknownFormat)?;
    if kind == MediaKind::Pdf {
        let document = decoder.pdfium.open(source)?;
        return document.render_for_people(page_idx, max_side.clamp(1, MAX_JPEG_SIDE_PX), limit);
    }
    let page = displayed(picture_file(kind, bytes, page_idx, limit)?, limit, None)?;
    let record::PageSize { width_px: width, height_px: height, dpi } = page.size;
    Ok((Raster { width, height, channels: page.channels, pixels: page.pixels }, dpi))
}

/// A JPEG whose longer side is at most `max_side`.
fn for_screen(raster: Raster, dpi: u32, max_side: u32) -> Result<Vec<u8>, DecodeError> {
    let size = record::PageSize { width_px: raster.width, height_px: raster.height, dpi };
    let PageSizeParts { width, height, dpi } = fit(size, max_side.clamp(1, MAX_JPEG_SIDE_PX));
    let raster =
        if (width, height) == (raster.width, raster.height) { raster } else { raster.shrunk(width, height) };
    jpeg::encode(&raster, DISPLAY_QUALITY, dpi)
}

struct PageSizeParts {
    width: u32,
    height: u32,
    dpi: u32,
}

/// A size whose longer side is at most `max_side`.
fn fit(size: record::PageSize, max_side: u32) -> PageSizeParts {
    let long = size.width_px.max(size.height_px).max(1);
    if long <= max_side {
        return PageSizeParts { width: size.width_px, height: size.height_px, dpi: size.dpi };
    }
    let scaled = |v: u32| ((u64::from(v) * u64::from(max_side) / u64::from(long)) as u32).max(1);
    PageSizeParts { width: scaled(size.width_px), height: scaled(size.height_px), dpi: scaled(size.dpi) }
}

/// A page's picture before it is turned, together with the stream that may stand for it.
struct StoredPicture {
    raster: Raster,
    /// Whether the raster was made from lossy or drawn content, so that coding it as JPEG loses nothing of
    /// the original.
    is_derived: bool,
    density: Option<resolution::Density>,
    orientation: u8,
    /// The original stream and its coding, where a PDF can take it as it is.
    original: Option<(Vec<u8>, crate::media::Coding)>,
}

impl StoredPicture {
    /// Size as displayed.
    fn size(&self) -> record::PageSize {
        let turned = self.orientation >= 5;
        let (w, h) = (self.raster.width, self.raster.height);
        let (width, height) = if turned { (h, w) } else { (w, h) };
        resolution::page_size(width, height, self.density.map(|d| d.oriented(self.orientation)))
    }
}

fn picture_file(
    kind: MediaKind,
    bytes: &[u8],
    page_idx: u32,
    limit: PixelLimit,
) -> Result<StoredPicture, DecodeError> {
    if kind != MediaKind::Tiff && page_idx > 0 {
        return Err(DecodeError::NoSuchPage { page_idx, pages: 1 });
    }
    match kind {
        MediaKind::Jpeg => {
            let header = jpeg::read_header(bytes)?;
            let raster = jpeg::decode(bytes, limit, jpeg::Colours::Declared)?;
            Ok(StoredPicture {
                raster,
                is_derived: true,
                density: header.density,
                orientation: header.orientation,
                original: encode::passing_jpeg(&header).map(|coding| (bytes.to_vec(), coding)),
            })
        }
        MediaKind::Png => {
            let decoded = png::decode(bytes, limit)?;
            let original = match decoded.passes_as {
                Some(coding) => Some((png::idat(bytes)?, coding)),
                None => None,
            };
            Ok(StoredPicture {
                raster: decoded.raster,
                is_derived: false,
                density: decoded.density,
                orientation: decoded.orientation,
                original,
            })
        }
        MediaKind::Tiff => tiff::read_page(bytes, page_idx, limit),
        MediaKind::Pdf => Err(undecodable("a PDF is no picture file")),
    }
}

fn displayed(
    picture: StoredPicture,
    limit: PixelLimit,
    embedded_text: Option<String>,
) -> Result<DecodedPage, DecodeError> {
    let size = picture.size();
    limit.check(u64::from(size.width_px), u64::from(size.height_px))?;
    let raster = picture.raster.collapsed().oriented(picture.orientation);
    let raster = raster.stretched(size.width_px, size.height_px);
    Ok(DecodedPage {
        size,
        channels: raster.channels,
        bilevel: raster.is_bilevel(),
        embedded_text,
        pixels: raster.pixels,
    })
}

/// Runs `work`; a panic in it (a bug here or in a decoder) becomes an error about the file.
fn guarded<T>(
    decoder: &mut Decoder,
    work: impl FnOnce(&mut Decoder) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    match catch_unwind(AssertUnwindSafe(|| work(decoder))) {
        Ok(result) => result,
        Err(panic) => {
            decoder.pdfium.forget_document();
            let said = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("unknown");
            Err(undecodable(format!("a decoder gave up unexpectedly: {said}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_the_kind() {
        assert_eq!(detect(b""), None);
        assert_eq!(detect(b"\xFF\xD8\xFF\xE0"), Some(MediaKind::Jpeg));
        assert_eq!(detect(b"\x89PNG\r\n\x1a\nxx"), Some(MediaKind::Png));
        assert_eq!(detect(b"MM\0\x2a\0\0\0\x08"), Some(MediaKind::Tiff));
        assert_eq!(detect(b"garbage %PDF-1.7"), Some(MediaKind::Pdf));
        assert_eq!(detect(&[&[b' '; 1200], b"%PDF-1.7".as_slice()].concat()), None);
    }

    #[test]
    fn a_panic_is_an_error() {
        let mut decoder = Decoder::new(None, 1);
        let result: Result<(), _> = guarded(&mut decoder, |_| panic!("boom"));
        assert!(matches!(result, Err(DecodeError::Undecodable(why)) if why.contains("boom")));
    }
}
