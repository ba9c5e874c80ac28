//! The searchable copy: PDF/A-2b with the page's picture in front of people and its text, invisible, in front
//! of machines.
//!
//! Written page by page to any [`Write`]; what stays in memory does not grow with the pictures (8 bytes for
//! every object, the labels, the set of characters used). Coded pictures pass through bit by bit. The same
//! calls give the same bytes: dates and identity come from the caller. The format is described in
//! `docs/format/searchable-pdf.md`, the choices in `docs/decisions/031-pdfa.md`.
//!
//! It refuses what PDF/A-2b cannot hold: CMYK pictures, pages outside 3 to 14,400 points, JPEG kinds that
//! PDF readers do not know.

mod compact;
mod font;
mod icc;
mod jbig2;
mod jpeg;
mod layered;
mod metadata;
mod objects;
mod picture;
mod text;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use native::{Coding, PagePicture, Patch};
use objects::ObjectFile;
use pdf_writer::types::OutputIntentSubtype;
use pdf_writer::writers::{Catalog, PageLabel};
use pdf_writer::{Content, Filter, Name, Rect, Ref, TextStr};
use record::{PageSize, PageText, Timestamp};
use std::io::{self, Write};

pub use compact::{CompactPicture, NotCompact};
pub use jbig2::NotTheSame;
pub use picture::PictureError;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const FONT: Ref = Ref::new(3);
const ICC: Ref = Ref::new(9);
const XMP: Ref = Ref::new(10);
const INFO: Ref = Ref::new(11);
const FIRST_FREE: i32 = 12;

const FONT_NAME: Name<'static> = Name(b"F");

/// What viewers show where the bút lục is not known, before the number of the page in this PDF: nobody takes `tr. 3` for a
/// bút lục, which is printed without a word before it.
const PAGE_OF_PDF: &str = "tr. ";

/// What is said of the whole document.
#[derive(Debug, Clone)]
pub struct PdfInfo<'a> {
    /// Its title, NFC. Characters that XML cannot hold are left out.
    pub title: &'a str,
    /// When it was made; stands as date of creation and of last change.
    pub created: Timestamp,
    /// Program and version.
    pub producer: &'a str,
    /// Its identity, for example the first half of a digest of its masters. Same input, same bytes.
    pub id: [u8; 16],
}

/// One page's picture, as coded.
#[derive(Debug, Clone, Copy)]
pub struct PagePictureRef<'a> {
    /// The page as displayed.
    pub size: PageSize,
    /// Columns and rows as stored, before `orientation`.
    pub stored_px: (u32, u32),
    /// How `bytes` are coded.
    pub coding: &'a Coding,
    /// EXIF orientation, 1 to 8: how the stored picture is turned for display.
    pub orientation: u8,
    /// The coded picture; it stands in the PDF bit by bit.
    pub bytes: &'a [u8],
    /// Opaque pictures laid over it, in this order.
    pub patches: &'a [Patch],
}

impl<'a> From<&'a PagePicture> for PagePictureRef<'a> {
    fn from(picture: &'a PagePicture) -> Self {
        Self {
            size: picture.size,
            stored_px: picture.stored_px,
            coding: &picture.coding,
            orientation: picture.orientation,
            bytes: picture.bytes(),
            patches: &picture.patches,
        }
    }
}

/// Why a PDF could not be written. Pages count from 1 within this PDF. After an error about a page nothing
/// of that page is in the file and the next one may follow; after an I/O error the file is broken for good.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// Writing failed; the file is incomplete.
    #[error("the PDF could not be written: {0}")]
    Io(#[from] io::Error),
    /// An earlier write failed, so nothing more is taken.
    #[error("the PDF is incomplete, an earlier write failed")]
    Broken,
    /// PDF/A-2 allows pages of 3 to 14,400 points a side.
    #[error(
        "page {page}: {width_px} x {height_px} pixels at {dpi} dpi are no PDF page (3 to 14,400 points a side)"
    )]
    PageSize {
        /// Which page.
        page: usize,
        /// Pixels across.
        width_px: u32,
        /// Pixels down.
        height_px: u32,
        /// Dots per inch.
        dpi: u32,
    },
    /// A CMYK picture; PDF/A-2b with an sRGB output intent has no place for it: deliver it as RGB.
    #[error("page {page}: a CMYK picture has to be converted to RGB first")]
    CmykNeedsConversion {
        /// Which page.
        page: usize,
    },
    /// The picture cannot stand in a PDF as it is.
    #[error("page {page}: {source}")]
    Picture {
        /// Which page.
        page: usize,
        /// What is wrong with it.
        source: PictureError,
    },
    /// A PDF has at least one page.
    #[error("a PDF needs at least one page")]
    NoPages,
}

/// Writes one PDF/A-2b, page by page.
pub struct PdfWriter<W: Write> {
    file: ObjectFile<W>,
    characters: font::Characters,
    pages: Vec<Ref>,
    labels: Vec<Option<String>>,
    title: String,
    producer: String,
    created: Timestamp,
    id: [u8; 16],
}

impl<W: Write> PdfWriter<W> {
    /// Begins the file.
    pub fn new(sink: W, info: &PdfInfo<'_>) -> Result<Self, PdfError> {
        Ok(Self {
            file: ObjectFile::begin(sink, FIRST_FREE)?,
            characters: font::Characters::new(),
            pages: Vec::new(),
            labels: Vec::new(),
            title: metadata::xml_text(info.title),
            producer: metadata::xml_text(info.producer),
            created: info.created,
            id: info.id,
        })
    }

    /// Adds a page: its picture, its text where there is any, its bút lục where it is known.
    ///
    /// Boxes of `text` are pixels of `picture.size`. The text follows the order of the blocks, marks last.
    pub fn page<'p>(
        &mut self,
        picture: impl Into<PagePictureRef<'p>>,
        text: Option<&PageText>,
        label: Option<&str>,
    ) -> Result<(), PdfError> {
        let picture = picture.into();
        let page = self.pages.len() + 1;
        let points = page_points(page, picture.size)?;
        let image = picture::Image::of(&picture).map_err(|source| match source {
            PictureError::Cmyk => PdfError::CmykNeedsConversion { page },
            source => PdfError::Picture { page, source },
        })?;
        self.unbroken()?;

        let mut content = Content::new();
        let mut images = Vec::new();
        let id = self.file.fresh();
        image.write(&mut self.file, id)?;
        picture::draw(&mut content, b"Im0", picture::page_matrix(picture.orientation, points));
        images.push(id);
        for (idx, patch) in picture.patches.iter().enumerate() {
            let id = self.file.fresh();
            picture::write_patch(&mut self.file, id, patch)?;
            let name = format!("Im{}", idx + 1);
            picture::draw(&mut content, name.as_bytes(), picture::box_matrix(patch.bbox, picture.size));
            images.push(id);
        }
        if let Some(text) = text {
            text::write(&mut content, text, &mut self.characters);
        }
        self.finish_page(points, content, &images, text.is_some(), label)
    }

    /// Adds a page with its picture in layers; text and label as in [`PdfWriter::page`].
    pub fn compact_page(
        &mut self,
        picture: &CompactPicture,
        text: Option<&PageText>,
        label: Option<&str>,
    ) -> Result<(), PdfError> {
        let points = page_points(self.pages.len() + 1, picture.size)?;
        self.unbroken()?;
        let mut content = Content::new();
        let images = layered::write(&mut self.file, &mut content, picture, points)?;
        if let Some(text) = text {
            text::write(&mut content, text, &mut self.characters);
        }
        self.finish_page(points, content, &images, text.is_some(), label)
    }

    /// Adds a page whose picture cannot be had: an empty frame crossed out, which nobody takes for blank paper.
    pub fn page_without_picture(&mut self, size: PageSize, label: Option<&str>) -> Result<(), PdfError> {
        let points = page_points(self.pages.len() + 1, size)?;
        self.unbroken()?;
        let (width, height) = points;
        let mut content = Content::new();
        content.set_line_width(1.0).set_stroke_gray(0.5);
        content.rect(0.5, 0.5, width - 1.0, height - 1.0);
        content.move_to(0.0, 0.0).line_to(width, height);
        content.move_to(0.0, height).line_to(width, 0.0).stroke();
        self.finish_page(points, content, &[], false, label)
    }

    /// Pages written so far.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Ends the file and gives the sink back, flushed but not synced.
    pub fn finish(mut self) -> Result<W, PdfError> {
        self.unbroken()?;
        if self.pages.is_empty() {
            return Err(PdfError::NoPages);
        }
        font::write(&mut self.file, FONT, &self.characters)?;
        self.write_output_profile()?;
        self.write_metadata()?;
        self.write_page_tree()?;
        self.write_catalog()?;
        Ok(self.file.end(CATALOG, INFO, self.id)?)
    }

    fn unbroken(&self) -> Result<(), PdfError> {
        if self.file.is_broken() { Err(PdfError::Broken) } else { Ok(()) }
    }

    fn finish_page(
        &mut self,
        (width, height): (f32, f32),
        content: Content,
        images: &[Ref],
        has_text: bool,
        label: Option<&str>,
    ) -> Result<(), PdfError> {
        let (content_id, page_id) = (self.file.fresh(), self.file.fresh());
        let data = deflate(content.finish().as_slice());
        self.file.put(|chunk| {
            chunk.stream(content_id, &data).filter(Filter::FlateDecode);
        })?;
        self.file.put(|chunk| {
            let mut page = chunk.page(page_id);
            page.parent(PAGES).media_box(Rect::new(0.0, 0.0, width, height)).contents(content_id);
            let mut resources = page.resources();
            if !images.is_empty() {
                let mut dict = resources.x_objects();
                for (idx, id) in images.iter().enumerate() {
                    dict.pair(Name(format!("Im{idx}").as_bytes()), *id);
                }
            }
            if has_text {
                resources.fonts().pair(FONT_NAME, FONT);
            }
        })?;
        self.pages.push(page_id);
        self.labels.push(label.map(str::to_owned));
        Ok(())
    }

    fn write_output_profile(&mut self) -> io::Result<()> {
        let data = deflate(&icc::srgb());
        self.file.put(|chunk| {
            chunk.icc_profile(ICC, &data).n(3).filter(Filter::FlateDecode);
        })
    }

    fn write_metadata(&mut self) -> io::Result<()> {
        let about = metadata::About {
            title: &self.title,
            producer: &self.producer,
            created: self.created,
            id: self.id,
        };
        self.file.put(|chunk| metadata::write_xmp(chunk, XMP, &about))?;
        self.file.put(|chunk| metadata::write_info(chunk, INFO, &about))
    }

    fn write_page_tree(&mut self) -> io::Result<()> {
        let count = i32::try_from(self.pages.len()).expect("fewer pages than object numbers, which are i32");
        self.file.put(|chunk| {
            chunk.pages(PAGES).kids(self.pages.iter().copied()).count(count);
        })
    }

    fn write_catalog(&mut self) -> io::Result<()> {
        let labels = &self.labels;
        self.file.put(|chunk| {
            let mut catalog = chunk.indirect(CATALOG).start::<Catalog<'_>>();
            catalog.pages(PAGES).metadata(XMP).lang(TextStr("vi-VN"));
            catalog.viewer_preferences().pair(Name(b"DisplayDocTitle"), true);
            catalog
                .output_intents()
                .push()
                .subtype(OutputIntentSubtype::PDFA)
                .output_condition_identifier(TextStr("sRGB IEC61966-2.1"))
                .registry_name(TextStr("http://www.color.org"))
                .info(TextStr("sRGB IEC61966-2.1"))
                .dest_output_profile(ICC);
            write_labels(&mut catalog, labels);
        })
    }
}

/// Page labels: the bút lục as read; on every other page its place in this PDF, told apart by [`PAGE_OF_PDF`]. One label a
/// page, each its prefix alone, so that no number is ever counted on.
fn write_labels(catalog: &mut Catalog<'_>, labels: &[Option<String>]) {
    let mut tree = catalog.insert(Name(b"PageLabels")).dict();
    let mut nums = tree.insert(Name(b"Nums")).array();
    for (idx, label) in labels.iter().enumerate() {
        nums.item(i32::try_from(idx).expect("page indexes fit, see the page tree"));
        let shown = label.clone().unwrap_or_else(|| format!("{PAGE_OF_PDF}{}", idx + 1));
        nums.push().start::<PageLabel<'_>>().prefix(TextStr(&shown));
    }
}

/// Width and height in points, each within what PDF/A-2 allows (ISO 19005-2, 6.1.13).
fn page_points(page: usize, size: PageSize) -> Result<(f32, f32), PdfError> {
    let (width, height) = size.points();
    let fits = |side: f32| (3.0..=14_400.0).contains(&side);
    if size.dpi == 0 || !fits(width) || !fits(height) {
        let PageSize { width_px, height_px, dpi } = size;
        return Err(PdfError::PageSize { page, width_px, height_px, dpi });
    }
    Ok((round3(width), round3(height)))
}

/// zlib at a middling level: text streams and small tables.
fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(data).expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}

/// A thousandth of a point is far below a pixel; more digits only cost bytes.
fn round3(x: f32) -> f32 {
    ((f64::from(x) * 1000.0).round() / 1000.0) as f32
}
