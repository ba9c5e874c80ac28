//! What a received file is, and what a page of it is made of: the words that the pool, the worker and the
//! decoders share. Boxes are pixels of the page as displayed.

use record::{PageSize, PxBox, Turn};
use serde::{Deserialize, Serialize};

/// Kinds of file that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaKind {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG.
    Png,
    /// TIFF, one or many pages.
    Tiff,
    /// PDF.
    Pdf,
}

impl MediaKind {
    /// The registered media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Pdf => "application/pdf",
        }
    }
    /// File name endings in lower case, without the dot; the usual one first.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Png => &["png"],
            Self::Tiff => &["tif", "tiff"],
            Self::Pdf => &["pdf"],
        }
    }
}

/// What can be said of a file without decoding its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Its format, by content.
    pub kind: MediaKind,
    /// Pages in it, at least 1.
    pub pages: u32,
    /// Digital signatures inside a PDF; 0 for pictures.
    pub signatures: u32,
}

/// How the bytes of a [`crate::PagePicture`] are coded, in the terms of a PDF image object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "coding")]
pub enum Coding {
    /// A whole JPEG file: `DCTDecode`.
    Jpeg {
        /// 1 grey, 3 colour, 4 CMYK.
        components: u8,
        /// CMYK stored inverted, as Adobe's programs do: `Decode [1 0 1 0 1 0 1 0]`.
        adobe_inverted_cmyk: bool,
    },
    /// One strip of CCITT group 4: `CCITTFaxDecode` with `K -1`.
    CcittG4 {
        /// The value of `BlackIs1`.
        black_is_1: bool,
    },
    /// The joined IDAT chunks of a PNG: `FlateDecode`, predictor 15.
    PngFlate {
        /// Samples per pixel: 1 or 3.
        colors: u8,
        /// Bits per sample: 1, 2, 4, 8 or 16.
        bits: u8,
        /// RGB triples, where the samples are indexes.
        palette: Option<Vec<u8>>,
    },
    /// Rows without predictor, whole bytes each, zlib: `FlateDecode`, predictor 1.
    RawFlate {
        /// Samples per pixel: 1 or 3.
        colors: u8,
        /// Bits per sample: 1 or 8.
        bits: u8,
    },
}

/// The opaque picture of a PDF annotation (a signature's mark) in its place on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where it lies; not empty.
    pub bbox: PxBox,
    /// Its pixels, row by row, 3 bytes each.
    pub rgb: Vec<u8>,
}

/// A part of a page to be shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// What part; not empty, within the page.
    pub area: PxBox,
    /// Pixels across and down of the page that `area` is counted on, as displayed. The picture may be made from more or fewer.
    pub of_px: (u32, u32),
    /// How the part is turned, so that it can be read.
    pub turn: Turn,
    /// Longest side of the result; nothing is enlarged.
    pub max_side_px: u32,
}

impl Cut {
    /// Something, and on the page.
    pub fn is_on_its_page(&self) -> bool {
        !self.area.is_empty() && self.area.right <= self.of_px.0 && self.area.bottom <= self.of_px.1
    }
}

/// What a page is, decoded: as displayed, without annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedPage {
    /// Pixels and resolution as displayed.
    pub size: PageSize,
    /// 1 (grey) or 3 (RGB), 8 bits each.
    pub channels: u8,
    /// Whether the source has only black and white.
    pub bilevel: bool,
    /// The text layer of a PDF page, as the file has it; not to be trusted.
    pub embedded_text: Option<String>,
    /// Row by row, no padding: `width_px * height_px * channels` bytes.
    pub pixels: Vec<u8>,
}

/// A page as it goes into a PDF/A: the original stream where that is possible.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedPicture {
    /// Pixels and resolution as displayed.
    pub size: PageSize,
    /// How `bytes` are coded.
    pub coding: Coding,
    /// Columns and rows as stored, before `orientation`.
    pub stored_px: (u32, u32),
    /// EXIF orientation 1 to 8: how stored pixels are turned for display.
    pub orientation: u8,
    /// Pictures of annotations, to be laid over it in this order.
    pub patches: Vec<Patch>,
    /// The coded picture.
    pub bytes: Vec<u8>,
}
