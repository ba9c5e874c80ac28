//! PDF pages through Pdfium: opening, drawing, text.

use super::pdf_image::{self, Direct};
use super::raster::Raster;
use super::resolution::{self, Density};
use super::structure::{Plain, Structure};
use super::{DecodeError, PageSizeParts, PixelLimit, Source, StoredPicture, fit, undecodable};
use crate::media::{Coding, EncodedPicture, Patch};
use pdfium_render::prelude::*;
use record::{PageSize, PxBox};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

/// Resolution at which pages without a scan are drawn.
const VECTOR_DPI: f64 = 300.0;

/// Pdfium, bound at first use, and the document opened last.
pub(super) struct Library {
    path: Option<PathBuf>,
    bound: Option<&'static Pdfium>,
    opened: Option<Document>,
}

impl Library {
    pub(super) fn at(path: Option<PathBuf>) -> Self {
        Self { path, bound: None, opened: None }
    }

    /// The bound library. It stays bound until the process ends, so the little object that stands for it is
    /// leaked once per [`Library`].
    pub(super) fn bind(&mut self) -> Result<&'static Pdfium, DecodeError> {
        if let Some(bound) = self.bound {
            return Ok(bound);
        }
        let path = self.path.as_ref().ok_or_else(|| DecodeError::NoPdfium("no path is set".into()))?;
        let pdfium = match Pdfium::bind_to_library(path) {
            Ok(bindings) => Pdfium::new(bindings),
            Err(PdfiumError::PdfiumLibraryBindingsAlreadyInitialized) => Pdfium::default(),
            Err(e) => return Err(DecodeError::NoPdfium(format!("{}: {e}", path.display()))),
        };
        let bound: &'static Pdfium = Box::leak(Box::new(pdfium));
        self.bound = Some(bound);
        Ok(bound)
    }

    /// The document of a source; the one opened last stays open. Reads no more of the file than the
    /// cross-reference table and the catalogue.
    pub(super) fn open(&mut self, source: &Source) -> Result<&Document, DecodeError> {
        let pdfium = self.bind()?;
        if self.opened.as_ref().is_none_or(|d| d.key != source.key) {
            self.opened = None;
            let reader = SharedReader { bytes: Arc::clone(&source.bytes), at: 0 };
            let document = pdfium.load_pdf_from_reader(reader, None).map_err(|e| match e {
                PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::PasswordError) => {
                    DecodeError::PasswordProtected
                }
                other => undecodable(format!("PDF: {other:?}")),
            })?;
            if document.pages().is_empty() {
                return Err(undecodable("a PDF without pages"));
            }
            let (key, bytes) = (source.key, Arc::clone(&source.bytes));
            let (structure, verdicts) = (OnceCell::new(), RefCell::default());
            self.opened = Some(Document { key, document, bytes, structure, verdicts });
        }
        Ok(self.opened.as_ref().expect("a document was opened just now"))
    }

    /// Closes the document: after a panic nothing is known of its state.
    pub(super) fn forget_document(&mut self) {
        self.opened = None;
    }
}

/// Reads a shared byte buffer as Pdfium asks for it.
struct SharedReader {
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
    at: u64,
}

impl Read for SharedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = (*self.bytes).as_ref();
        let rest = usize::try_from(self.at).ok().and_then(|at| bytes.get(at..)).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SharedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = (*self.bytes).as_ref().len() as u64;
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// An open PDF.
pub(super) struct Document {
    key: u64,
    document: PdfDocument<'static>,
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
    /// The same file as another reader sees it, read when it is first asked.
    structure: OnceCell<Option<Structure>>,
    /// Of pages that were looked at.
    verdicts: RefCell<HashMap<u32, Verdict>>,
}

/// What may stand for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// Its image, whose stream passes in this coding.
    Stream(Coding),
    /// Its image.
    Image,
    /// Only the page drawn.
    Drawn,
}

impl Document {
    /// Pages, at least 1.
    pub(super) fn pages(&self) -> u32 {
        self.document.pages().len().unsigned_abs()
    }

    /// Signatures in the form, valid or not.
    pub(super) fn signatures(&self) -> u32 {
        u32::from(self.document.signatures().len())
    }

    fn load(&self, page_idx: u32) -> Result<PdfPage<'_>, DecodeError> {
        let pages = self.pages();
        if page_idx >= pages {
            return Err(DecodeError::NoSuchPage { page_idx, pages });
        }
        self.document
            .pages()
            .get(page_idx as PdfPageIndex)
            .map_err(|e| undecodable(format!("PDF page {}: {e:?}", page_idx + 1)))
    }

    /// A page without annotations: its one image where that is all there is to see, else drawn.
    pub(super) fn shown(&self, page_idx: u32, limit: PixelLimit) -> Result<Shown<'_>, DecodeError> {
        let page = self.load(page_idx)?;
        let verdict = self.verdicts.borrow().get(&page_idx).cloned();
        if verdict != Some(Verdict::Drawn) {
            let read = match pdf_image::find(&page) {
                Some(direct) => {
                    limit.check(u64::from(direct.width), u64::from(direct.height))?;
                    let only = |stream: &[u8]| self.only_picture(page_idx, stream);
                    // Of an image it is not kept whether it stood for the page as it is or the other way round.
                    let known_jpeg = matches!(verdict, Some(Verdict::Stream(Coding::Jpeg { .. })));
                    pdf_image::read(&page, &direct, limit, known_jpeg, only)?
                }
                None => None,
            };
            let verdict = match &read {
                Some(StoredPicture { original: Some((_, coding)), .. }) => Verdict::Stream(coding.clone()),
                Some(_) => Verdict::Image,
                None => Verdict::Drawn,
            };
            self.verdicts.borrow_mut().insert(page_idx, verdict);
            if let Some(picture) = read {
                return Ok(Shown { page, picture });
            }
        }
        let dpi = pdf_image::scan_dpi(&page).unwrap_or(VECTOR_DPI);
        let (width, height) = drawn_size(&page, dpi);
        limit.check(width, height)?;
        let raster = render(&page, width as u32, height as u32, false)?;
        let picture = StoredPicture {
            raster,
            is_derived: true,
            density: Some(Density::square(dpi)),
            orientation: 1,
            original: None,
        };
        Ok(Shown { page, picture })
    }

    fn only_picture(&self, page_idx: u32, stream: &[u8]) -> Option<Plain> {
        let structure = self.structure.get_or_init(|| Structure::of(&self.bytes));
        structure.as_ref()?.only_picture(page_idx, self.pages(), stream)
    }

    /// A page that was [`Self::shown`] before and whose image's stream stands for it: nothing is decoded again.
    pub(super) fn original(
        &self,
        page_idx: u32,
        limit: PixelLimit,
    ) -> Result<Option<EncodedPicture>, DecodeError> {
        let verdict = self.verdicts.borrow().get(&page_idx).cloned();
        let Some(Verdict::Stream(coding)) = verdict else { return Ok(None) };
        let page = self.load(page_idx)?;
        let Some(direct) = pdf_image::find(&page) else { return Ok(None) };
        let Some(bytes) = pdf_image::stream(&page, &direct) else { return Ok(None) };
        let size = direct.size();
        limit.check(u64::from(size.width_px), u64::from(size.height_px))?;
        let (stored_px, orientation) = ((direct.width, direct.height), direct.orientation);
        let patches = patches(&page, size)?;
        Ok(Some(EncodedPicture { size, coding, stored_px, orientation, patches, bytes }))
    }

    /// The page with its annotations, the longer side at most `max_side`; and its resolution.
    pub(super) fn render_for_people(
        &self,
        page_idx: u32,
        max_side: u32,
        limit: PixelLimit,
    ) -> Result<(Raster, u32), DecodeError> {
        let page = self.load(page_idx)?;
        let native = match pdf_image::find(&page) {
            Some(direct) => direct.size(),
            None => {
                let dpi = pdf_image::scan_dpi(&page).unwrap_or(VECTOR_DPI);
                let (width, height) = drawn_size(&page, dpi);
                let bounded = |v: u64| v.min(u64::from(u32::MAX)) as u32;
                PageSize { width_px: bounded(width), height_px: bounded(height), dpi: dpi.round() as u32 }
            }
        };
        let PageSizeParts { width, height, dpi } = fit(native, max_side);
        limit.check(u64::from(width), u64::from(height))?;
        Ok((render(&page, width, height, true)?, dpi))
    }
}

/// Pixels of a page drawn at a resolution; at least one each way.
fn drawn_size(page: &PdfPage<'_>, dpi: f64) -> (u64, u64) {
    let pixels = |points: PdfPoints| (f64::from(points.value) * dpi / 72.0).round().max(1.0) as u64;
    (pixels(page.width()), pixels(page.height()))
}

/// A page ready to be shown, and the picture that stands for it.
pub(super) struct Shown<'d> {
    page: PdfPage<'d>,
    picture: StoredPicture,
}

impl Shown<'_> {
    pub(super) fn picture(&self) -> &StoredPicture {
        &self.picture
    }
    pub(super) fn into_picture(self) -> StoredPicture {
        self.picture
    }

    /// The text layer; `None` where there is none.
    pub(super) fn text(&self) -> Option<String> {
        let text = self.page.text().ok()?;
        let area = self.page.boundaries().bounding().ok()?.bounds;
        Some(text.inside_rect(area)).filter(|t| !t.trim().is_empty())
    }

    /// What annotations put on the page.
    pub(super) fn patches(&self, size: PageSize) -> Result<Vec<Patch>, DecodeError> {
        patches(&self.page, size)
    }
}

/// What annotations put on the page, in pixels of a page of `size`: where the page drawn with them differs from the
/// page drawn without, inside their rectangles.
fn patches(page: &PdfPage<'_>, size: PageSize) -> Result<Vec<Patch>, DecodeError> {
    let places = annotation_places(page, size);
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let without = render(page, size.width_px, size.height_px, false)?;
    let with = render(page, size.width_px, size.height_px, true)?;
    Ok(super::patches::differing(&without, &with, &places))
}

/// The rectangles of annotations that may have an appearance, a little enlarged.
fn annotation_places(page: &PdfPage<'_>, size: PageSize) -> Vec<PxBox> {
    const MARGIN_PX: i64 = 3;
    let (Ok(w), Ok(h)) = (i32::try_from(size.width_px), i32::try_from(size.height_px)) else {
        return Vec::new();
    };
    let config = PdfRenderConfig::new().set_target_size(w, h);
    let place = |rect: PdfRect| {
        let (x0, y0) = page.points_to_pixels(rect.left(), rect.bottom(), &config).ok()?;
        let (x1, y1) = page.points_to_pixels(rect.right(), rect.top(), &config).ok()?;
        let within = |v: i32, by: i64, end: u32| (i64::from(v) + by).clamp(0, i64::from(end)) as u32;
        Some(PxBox {
            left: within(x0.min(x1), -MARGIN_PX, size.width_px),
            top: within(y0.min(y1), -MARGIN_PX, size.height_px),
            right: within(x0.max(x1), MARGIN_PX, size.width_px),
            bottom: within(y0.max(y1), MARGIN_PX, size.height_px),
        })
    };
    page.annotations()
        .iter()
        .filter(|a| {
            !matches!(a.annotation_type(), PdfPageAnnotationType::Link | PdfPageAnnotationType::Popup)
        })
        .filter_map(|a| place(a.bounds().ok()?))
        .filter(|place| !place.is_empty())
        .collect()
}

/// Draws a page to RGB of exactly this size, over white.
pub(super) fn render(
    page: &PdfPage<'_>,
    width: u32,
    height: u32,
    annotations: bool,
) -> Result<Raster, DecodeError> {
    let too_wide = |_| undecodable("a page too large to draw");
    let (w, h) = (i32::try_from(width).map_err(too_wide)?, i32::try_from(height).map_err(too_wide)?);
    let stride = (width as usize * 3).next_multiple_of(4);
    let mut pixels = vec![255u8; stride * height as usize];
    {
        let mut bitmap =
            PdfBitmap::from_bytes(w, h, PdfBitmapFormat::BGR, &mut pixels).map_err(drawing_failed)?;
        let config = PdfRenderConfig::new()
            .set_target_size(w, h)
            .render_form_data(annotations)
            .render_annotations(annotations)
            .force_half_tone(true)
            .set_reverse_byte_order(false);
        // Signature marks are form fields: only the form pass draws them. The other pass takes a page for as large as
        // its whole points, which would shrink it by up to a point.
        let config = if annotations {
            config
        } else {
            let missing = |points: f32| if points >= 1.0 { points / points.trunc() } else { 1.0 };
            config.scale(missing(page.width().value), missing(page.height().value)).map_err(drawing_failed)?
        };
        page.render_into_bitmap_with_config(&mut bitmap, &config).map_err(drawing_failed)?;
    }
    let row_bytes = width as usize * 3;
    for y in 0..height as usize {
        pixels.copy_within(y * stride..y * stride + row_bytes, y * row_bytes);
    }
    pixels.truncate(row_bytes * height as usize);
    pixels.chunks_exact_mut(3).for_each(|p| p.swap(0, 2));
    Ok(Raster { width, height, channels: 3, pixels })
}

fn drawing_failed(e: PdfiumError) -> DecodeError {
    undecodable(format!("PDF page cannot be drawn: {e:?}"))
}

impl Direct {
    /// Size of the page as displayed.
    pub(super) fn size(&self) -> PageSize {
        let turned = self.orientation >= 5;
        let (width, height) = if turned { (self.height, self.width) } else { (self.width, self.height) };
        resolution::page_size(width, height, Some(self.density.oriented(self.orientation)))
    }
}
