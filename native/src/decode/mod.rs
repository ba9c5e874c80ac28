//! Pictures and PDF pages to pixels, inside the worker. (First wiring; see the types in `media.rs`.)

use crate::media::{DecodedPage, EncodedPicture, FileInfo};
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

/// The bytes of a file together with a key that changes when the file does.
#[derive(Clone)]
pub struct Source {
    /// Names these bytes: the same key means the same bytes.
    pub key: u64,
    /// The whole file.
    pub bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
}

/// Holds what is worth keeping between pages: the bound Pdfium, the last opened PDF.
pub struct Decoder {
    _pdfium: Option<PathBuf>,
    _max_pixels: u64,
}

impl Decoder {
    /// `pdfium` is the path of `libpdfium.so`, bound at the first PDF.
    pub fn new(pdfium: Option<PathBuf>, max_pixels: u64) -> Self {
        Self { _pdfium: pdfium, _max_pixels: max_pixels }
    }
    /// The build of Pdfium, where one can be bound.
    pub fn pdfium_version(&mut self) -> Option<String> {
        None
    }
}

/// Format, pages, signatures.
pub fn inspect(_: &mut Decoder, _: &Source, _name_hint: &str) -> Result<FileInfo, DecodeError> {
    Err(DecodeError::UnknownFormat)
}
/// One page as displayed, without annotations.
pub fn page(_: &mut Decoder, _: &Source, _page_idx: u32) -> Result<DecodedPage, DecodeError> {
    Err(DecodeError::UnknownFormat)
}
/// One page as it goes into a PDF/A.
pub fn picture(_: &mut Decoder, _: &Source, _page_idx: u32) -> Result<EncodedPicture, DecodeError> {
    Err(DecodeError::UnknownFormat)
}
/// One page as a JPEG for people.
pub fn display(_: &mut Decoder, _: &Source, _page_idx: u32, _max_side_px: Option<u32>) -> Result<Vec<u8>, DecodeError> {
    Err(DecodeError::UnknownFormat)
}
