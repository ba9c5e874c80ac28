use crate::media::{Coding, Patch};
use crate::memory::Mapping;
use crate::model::NotOwn;
use crate::wire::Reader;
use record::{Block, Line, PageSize};

/// Bytes of our own, or the worker's sealed ones.
#[derive(Debug)]
pub(crate) enum Bytes {
    Owned(Vec<u8>),
    Mapped(Mapping),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(mapping) => mapping,
        }
    }
}

/// A page decoded: as displayed, without annotations.
#[derive(Debug)]
pub struct PageRaster {
    /// Pixels and resolution as displayed.
    pub size: PageSize,
    /// 1 (grey) or 3 (RGB), 8 bits each.
    pub channels: u8,
    /// Whether the source has only black and white.
    pub bilevel: bool,
    /// The text layer of a PDF page, as the file has it; not to be trusted.
    pub embedded_text: Option<String>,
    pub(crate) pixels: Bytes,
}

impl PageRaster {
    /// From pixels that come from somewhere else than a worker.
    ///
    /// # Panics
    /// Unless `pixels` has `width_px * height_px * channels` bytes.
    pub fn from_pixels(size: PageSize, channels: u8, bilevel: bool, pixels: Vec<u8>) -> Self {
        let expected = size.width_px as usize * size.height_px as usize * usize::from(channels);
        assert_eq!(pixels.len(), expected, "one byte per pixel and channel");
        Self { size, channels, bilevel, embedded_text: None, pixels: Bytes::Owned(pixels) }
    }
    /// Row by row, no padding, `channels` bytes a pixel.
    pub fn pixels(&self) -> &[u8] {
        self.pixels.get()
    }
}

/// A page as it goes into a PDF/A: the original stream where that is possible.
#[derive(Debug)]
pub struct PagePicture {
    /// Pixels and resolution as displayed.
    pub size: PageSize,
    /// How the bytes are coded.
    pub coding: Coding,
    /// Columns and rows as stored, before `orientation`.
    pub stored_px: (u32, u32),
    /// EXIF orientation 1 to 8: how stored pixels are turned for display.
    pub orientation: u8,
    /// Pictures of annotations, to be laid over it in this order.
    pub patches: Vec<Patch>,
    pub(crate) bytes: Bytes,
}

impl PagePicture {
    /// From a stream that comes from somewhere else than a worker.
    pub fn from_bytes(
        size: PageSize,
        coding: Coding,
        stored_px: (u32, u32),
        orientation: u8,
        patches: Vec<Patch>,
        bytes: Vec<u8>,
    ) -> Self {
        Self { size, coding, stored_px, orientation, patches, bytes: Bytes::Owned(bytes) }
    }
    /// The coded picture.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get()
    }
}

/// A grey picture to be recognised.
#[derive(Debug, Clone, Copy)]
pub struct GreyView<'a> {
    /// Columns, 3 to 32,767.
    pub width_px: u32,
    /// Rows, 3 to 32,767.
    pub height_px: u32,
    /// Resolution; Tesseract's layout analysis depends on it.
    pub dpi: u32,
    /// One byte a pixel, row by row, no padding; 0 is black.
    pub pixels: &'a [u8],
}

/// How to recognise a picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecogniseParams {
    /// The model: `vie` or `eng`.
    pub language: String,
    /// What to expect on the picture.
    pub segmentation: Segmentation,
    /// Characters that must not be read. `None` takes the language's own list ([`default_blacklist`]), the empty
    /// text forbids nothing.
    pub blacklist: Option<String>,
}

impl RecogniseParams {
    /// With the blacklist of the language.
    pub fn new(language: &str, segmentation: Segmentation) -> Self {
        Self { language: language.into(), segmentation, blacklist: None }
    }
    /// The characters that must not be read.
    pub(crate) fn blacklist(&self) -> &str {
        self.blacklist.as_deref().unwrap_or(default_blacklist(&self.language))
    }
}

/// The model that reads numbers a second time, as a witness; where it is not there, numbers stay unchecked.
pub const WITNESS: &str = "eng";

/// Characters that the model can print though its language never uses them.
///
/// For `vie`: foreign letters and typographic marks from its training text; a dash and a stroke that are read as `~` and `⁄` are
/// none. `Ð` (U+00D0) is not among them: it
/// stands for `Đ` (U+0110) and is returned as that.
pub fn default_blacklist(language: &str) -> &'static str {
    match language {
        "vie" => "ÄŸÏŠƑÖŒØÑƒöïðÿšäñøœ‡†¬ˆ¡¿‹›„~⁄",
        _ => "",
    }
}

/// Tesseract's page segmentation modes, as far as they are of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Segmentation {
    /// 3: a page with columns and blocks.
    Auto,
    /// 4: one column of text of different sizes.
    SingleColumn,
    /// 6: one block of text.
    Block,
    /// 7: one line.
    Line,
    /// 11: words anywhere, in no order.
    Sparse,
}

impl Segmentation {
    /// Tesseract's number.
    pub fn number(self) -> u8 {
        match self {
            Self::Auto => 3,
            Self::SingleColumn => 4,
            Self::Block => 6,
            Self::Line => 7,
            Self::Sparse => 11,
        }
    }
    /// From Tesseract's number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Auto, Self::SingleColumn, Self::Block, Self::Line, Self::Sparse]
            .into_iter()
            .find(|s| s.number() == number)
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct RecognisedPage {
    /// In reading order; boxes in pixels of the picture given. All of them [`record::BlockKind::Body`].
    pub blocks: Vec<Block>,
    /// `false` when the time was up before the last word: what is there is right, the rest is missing.
    pub complete: bool,
    /// What read them; `None` where nothing was asked.
    pub reader: Option<Reader>,
}

/// Lines read in known places.
#[derive(Debug, Clone, PartialEq)]
pub struct RecognisedLines {
    /// One for each place; without words where there were none.
    pub lines: Vec<Line>,
    /// `false` when the time was up before the last line.
    pub complete: bool,
    /// What read them; `None` where nothing was asked.
    pub reader: Option<Reader>,
}

/// What exactly reads the pages: part of the key of every result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// This crate and `hoso-worker`, for example `0.1.0`.
    pub program: String,
    /// The worker protocol.
    pub protocol: u32,
    /// For example `5.3.0`.
    pub tesseract: String,
    /// For example `leptonica-1.82.0`.
    pub leptonica: String,
    /// SHA-256 of `libpdfium.so`, where there is one.
    pub pdfium_sha256: Option<record::Sha256>,
    /// SHA-256 of the configured language's model.
    pub model_sha256: record::Sha256,
    /// SHA-256 of the model [`WITNESS`], where there is one.
    pub witness_sha256: Option<record::Sha256>,
    /// How our own recogniser computes (`scalar`, `avx2`, `avx512vnni`), or why Tesseract reads the lines.
    pub own: Result<String, NotOwn>,
    /// What keeps workers off the network: `own-namespace`, `own-user-namespace` or `shared` (nothing does).
    pub network: String,
}
