//! PDF pages that are one scanned image: finding it, and reading it without drawing the page.
//!
//! Pdfium does not tell of soft masks, decode arrays or clipping. So the image is believed only if the page is built of nothing else
//! ([`super::structure`]) or if it looks like the page drawn small; otherwise the page is drawn. The decode parameters of CCITT streams are not told either:
//! a stream passes as group 4 if it decodes to the same pixels that Pdfium gets from it. Flate streams pass where the structure tells their parameters.

use super::jpeg::{self, Colours};
use super::raster::{Raster, Window};
use super::resolution::Density;
use super::structure::Plain;
use super::{DecodeError, PixelLimit, StoredPicture, ccitt, encode, pdf, png, undecodable};
use crate::media::Coding;
use pdfium_render::prelude::*;

/// The image that covers a page.
pub(super) struct Direct {
    object_idx: usize,
    pub(super) width: u32,
    pub(super) height: u32,
    /// How stored pixels are turned for display: the image's matrix and `/Rotate` together.
    pub(super) orientation: u8,
    /// Of the stored pixels.
    pub(super) density: Density,
    /// The page's area in stored pixels: pages and their scans differ by a few pixels.
    window: Window,
}

/// How far, in points, an image may end before the page's edge or reach over it.
const EDGE_PT: f32 = 2.0;

/// The last thing painted, if that is an image over the whole page with its sides along the page's. Text that is
/// painted invisibly (the layer of an earlier recognition) does not count.
pub(super) fn find(page: &PdfPage<'_>) -> Option<Direct> {
    let area = page.boundaries().bounding().ok()?.bounds;
    let mut found = None;
    for (object_idx, object) in page.objects().iter().enumerate() {
        if let Some(image) = object.as_image_object() {
            found = covering(image, object_idx, &area, page);
        } else if !object
            .as_text_object()
            .is_some_and(|t| t.render_mode() == PdfPageTextRenderMode::Invisible)
        {
            found = None;
        }
    }
    found
}

fn covering(
    image: &PdfPageImageObject<'_>,
    object_idx: usize,
    area: &PdfRect,
    page: &PdfPage<'_>,
) -> Option<Direct> {
    let m = image.matrix().ok()?;
    let (a, b, c, d, e, f) = (m.a(), m.b(), m.c(), m.d(), m.e(), m.f());
    let tiny = |v: f32, against: f32| v.abs() <= against.abs() * 1e-3;
    let is_upright = tiny(b, a) && tiny(c, d);
    let is_turned = tiny(a, b) && tiny(d, c);
    if !is_upright && !is_turned {
        return None;
    }
    let (left, right) = (e + a.min(0.0) + c.min(0.0), e + a.max(0.0) + c.max(0.0));
    let (bottom, top) = (f + b.min(0.0) + d.min(0.0), f + b.max(0.0) + d.max(0.0));
    let near = |one: f32, other: PdfPoints| (one - other.value).abs() <= EDGE_PT;
    if !(near(left, area.left())
        && near(right, area.right())
        && near(bottom, area.bottom())
        && near(top, area.top()))
    {
        return None;
    }
    let rotate = page.rotation().ok()?;
    // Where "right" and "down" of the stored image point on the displayed page, y downwards.
    let turn = |(x, y): (f32, f32)| match rotate {
        PdfPageRenderRotation::None => (x, y),
        PdfPageRenderRotation::Degrees90 => (-y, x),
        PdfPageRenderRotation::Degrees180 => (-x, -y),
        PdfPageRenderRotation::Degrees270 => (y, -x),
    };
    let sign = |(x, y): (f32, f32)| {
        if x.abs() > y.abs() { (x.signum() as i8, 0) } else { (0, y.signum() as i8) }
    };
    let orientation = match (sign(turn((a, -b))), sign(turn((-c, d)))) {
        ((1, 0), (0, 1)) => 1,
        ((-1, 0), (0, 1)) => 2,
        ((-1, 0), (0, -1)) => 3,
        ((1, 0), (0, -1)) => 4,
        ((0, 1), (1, 0)) => 5,
        ((0, 1), (-1, 0)) => 6,
        ((0, -1), (-1, 0)) => 7,
        ((0, -1), (1, 0)) => 8,
        _ => return None,
    };
    let (width, height) = pixels(image)?;
    let density = Density {
        x: f64::from(width) * 72.0 / f64::from(a.hypot(b)),
        y: f64::from(height) * 72.0 / f64::from(c.hypot(d)),
    };
    let window = page_window(&m, area, width, height)?;
    Some(Direct { object_idx, width, height, orientation, density, window })
}

/// The page's area in pixels of an image painted with matrix `m`, whose sides are along the page's.
fn page_window(m: &PdfMatrix, area: &PdfRect, width: u32, height: u32) -> Option<Window> {
    let (a, b, c, d) = (f64::from(m.a()), f64::from(m.b()), f64::from(m.c()), f64::from(m.d()));
    let determinant = a * d - b * c;
    if determinant.abs() < 1e-6 {
        return None;
    }
    let stored = |x: PdfPoints, y: PdfPoints| {
        let (x, y) = (f64::from(x.value - m.e()), f64::from(y.value - m.f()));
        let (u, v) = ((d * x - c * y) / determinant, (a * y - b * x) / determinant);
        (u * f64::from(width), (1.0 - v) * f64::from(height))
    };
    let (one, other) = (stored(area.left(), area.bottom()), stored(area.right(), area.top()));
    Some(Window { x: (one.0.min(other.0), one.0.max(other.0)), y: (one.1.min(other.1), one.1.max(other.1)) })
}

fn pixels(image: &PdfPageImageObject<'_>) -> Option<(u32, u32)> {
    let width = u32::try_from(image.width().ok()?).ok()?;
    let height = u32::try_from(image.height().ok()?).ok()?;
    (width > 0 && height > 0).then_some((width, height))
}

/// The resolution of the largest image, if images fill at least half of the page: a scan with something added.
pub(super) fn scan_dpi(page: &PdfPage<'_>) -> Option<f64> {
    let page_area = f64::from(page.width().value) * f64::from(page.height().value);
    let (mut covered, mut largest) = (0.0, (0.0, 0.0));
    for object in page.objects().iter() {
        let Some(image) = object.as_image_object() else { continue };
        let (Ok(m), Some((width, height))) = (image.matrix(), pixels(image)) else { continue };
        let (across, down) = (f64::from(m.a().hypot(m.b())), f64::from(m.c().hypot(m.d())));
        let area = across * down;
        covered += area;
        if area > largest.0 {
            largest = (area, (f64::from(width) / across).max(f64::from(height) / down) * 72.0);
        }
    }
    (covered >= page_area / 2.0 && largest.1.is_finite()).then(|| largest.1.clamp(50.0, 600.0))
}

/// Longer side of the small drawing that an image is compared with.
const SKETCH_PX: u32 = 1000;

/// The page drawn small, without annotations.
fn sketch(page: &PdfPage<'_>, direct: &Direct) -> Result<Raster, DecodeError> {
    let size = direct.size();
    let small = super::fit(size, SKETCH_PX);
    pdf::render(page, small.width, small.height, false)
}

/// Reads the image; `None` if it does not look like the page. A JPEG of which that is known is believed, and so is what `only` says
/// is all that the page shows: it is given the image's stream.
pub(super) fn read(
    page: &PdfPage<'_>,
    direct: &Direct,
    limit: PixelLimit,
    known_jpeg: bool,
    only: impl Fn(&[u8]) -> Option<Plain>,
) -> Result<Option<StoredPicture>, DecodeError> {
    let object =
        page.objects().get(direct.object_idx).map_err(|e| undecodable(format!("PDF image: {e:?}")))?;
    let Some(image) = object.as_image_object() else { return Ok(None) };
    let filters: Vec<String> = image.filters().iter().map(|f| f.name().to_owned()).collect();
    let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    let is_alone = page.objects().len() == 1 && !object.has_transparency();
    let only = |stream: &[u8]| if is_alone { only(stream) } else { None };
    // drawn when it is first needed
    let mut drawn: Option<Raster> = None;
    let mut like = |raster: &Raster| -> Result<bool, DecodeError> {
        let drawn = match &mut drawn {
            Some(drawn) => drawn,
            none => none.insert(sketch(page, direct)?),
        };
        Ok(looks_like(raster, direct, drawn))
    };
    let read = |raster, is_derived, original| {
        let (density, orientation) = (Some(direct.density), direct.orientation);
        StoredPicture { raster, is_derived, density, orientation, original }
    };
    if let ["DCTDecode" | "DCT"] = filters[..]
        && let Some((stream, header, coding)) = jpeg_stream(image, direct)
        && let Ok(raster) = jpeg::decode(&stream, limit, Colours::Declared)
        && (known_jpeg || is_told(&header, only(&stream)) || like(&raster)?)
    {
        return Ok(Some(read(raster, true, Some((stream, coding)))));
    }
    if let ["FlateDecode" | "Fl"] = filters[..]
        && let Ok(stream) = image.get_raw_image_data()
        && let Some(Plain { colors, png_columns: Some(columns) }) = only(&stream)
        && columns == direct.width
        && let Ok(raster) = png::decode_rows(&stream, direct.width, direct.height, colors)
    {
        let coding = Coding::PngFlate { colors, bits: 8, palette: None };
        return Ok(Some(read(raster, false, Some((stream, coding)))));
    }
    let Some(raster) = bitmap(image, direct)? else { return Ok(None) };
    // Pdfium decodes it in the same way where it draws it
    let told = || image.get_raw_image_data().is_ok_and(|stream| only(&stream).is_some());
    let raster = if told() || like(&raster)? {
        raster
    } else {
        // A stencil mask comes as its mask: painted black, it is the other way round.
        let inverted = raster.is_bilevel().then(|| raster.inverted());
        match inverted {
            Some(inverted) if like(&inverted)? => inverted,
            _ => return Ok(None),
        }
    };
    let original = match filters[..] {
        ["CCITTFaxDecode" | "CCF"] if raster.is_bilevel() => group_4_stream(image, &raster),
        _ => None,
    };
    let is_lossy = filters.last().is_some_and(|f| matches!(*f, "DCTDecode" | "DCT" | "JPXDecode"));
    Ok(Some(read(raster, is_lossy, original)))
}

/// Whether a JPEG's own header says of its colours what the page does.
fn is_told(header: &jpeg::Header, only: Option<Plain>) -> bool {
    match (only.map(|plain| plain.colors), header.components, header.adobe_transform) {
        (Some(1), 1, None) => true,
        (Some(3), 3, transform) => transform == Some(1) || transform.is_none() && header.is_jfif,
        _ => false,
    }
}

/// The stream of an image that was [`read`] before.
pub(super) fn stream(page: &PdfPage<'_>, direct: &Direct) -> Option<Vec<u8>> {
    let object = page.objects().get(direct.object_idx).ok()?;
    object.as_image_object()?.get_raw_image_data().ok()
}

/// A stream with the single filter `DCTDecode`; none where its header and the image dictionary disagree or it is of a kind that
/// does not pass.
fn jpeg_stream(image: &PdfPageImageObject<'_>, direct: &Direct) -> Option<(Vec<u8>, jpeg::Header, Coding)> {
    let stream = image.get_raw_image_data().ok()?;
    let header = jpeg::read_header(&stream).ok()?;
    if (header.width, header.height) != (direct.width, direct.height) {
        return None;
    }
    let coding = encode::passing_jpeg(&header)?;
    Some((stream, header, coding))
}

/// The raw stream, if read as group 4 it gives these pixels.
fn group_4_stream(image: &PdfPageImageObject<'_>, raster: &Raster) -> Option<(Vec<u8>, Coding)> {
    let stream = image.get_raw_image_data().ok()?;
    let packed = ccitt::decode(&stream, ccitt::Scheme::Group4, raster.width, raster.height).ok()?;
    [false, true]
        .into_iter()
        .find(|&black_is_1| {
            let black = if black_is_1 { 255 } else { 0 };
            ccitt::to_grey(&packed, raster.width, raster.height, black).pixels == raster.pixels
        })
        .map(|black_is_1| (stream, Coding::CcittG4 { black_is_1 }))
}

/// The image as Pdfium decodes it: colour space and decode array applied, masks not.
fn bitmap(image: &PdfPageImageObject<'_>, direct: &Direct) -> Result<Option<Raster>, DecodeError> {
    let bitmap = image.get_raw_bitmap().map_err(|e| undecodable(format!("PDF image: {e:?}")))?;
    let (width, height) = (direct.width, direct.height);
    if i64::from(bitmap.width()) != i64::from(width) || i64::from(bitmap.height()) != i64::from(height) {
        return Ok(None);
    }
    let Ok(format) = bitmap.format() else { return Ok(None) };
    let bytes = bitmap.as_raw_bytes();
    let stride = bytes.len() / height as usize;
    let (source, channels) = match format {
        PdfBitmapFormat::Gray => (1, 1u8),
        PdfBitmapFormat::BGR => (3, 3),
        PdfBitmapFormat::BGRx => (4, 3),
        PdfBitmapFormat::BGRA => return Ok(None),
    };
    let used = width as usize * source;
    if stride < used {
        return Ok(None);
    }
    let mut pixels = Vec::with_capacity(width as usize * height as usize * usize::from(channels));
    for row in bytes.chunks_exact(stride) {
        if channels == 1 {
            pixels.extend_from_slice(&row[..used]);
        } else {
            pixels.extend(row[..used].chunks_exact(source).flat_map(|p| [p[2], p[1], p[0]]));
        }
    }
    Ok(Some(Raster { width, height, channels, pixels }.collapsed()))
}

/// Pixels of the small drawing that are averaged before comparing: Pdfium shrinks in another way than we.
const BLOCK: u32 = 8;
/// Share of the averaged blocks that may differ clearly, and by how much a block then differs.
const UNLIKE_SHARE: f64 = 0.002;
const UNLIKE: u8 = 40;

/// Whether a stored image, turned and shrunk, looks like the drawn page.
fn looks_like(raster: &Raster, direct: &Direct, sketch: &Raster) -> bool {
    let (width, height) = (sketch.width / BLOCK, sketch.height / BLOCK);
    if width == 0 || height == 0 || raster.width < width || raster.height < height {
        return false;
    }
    let drawn = sketch.shrunk(width, height);
    let turned = direct.orientation >= 5;
    let (w, h) = if turned { (height, width) } else { (width, height) };
    let small = raster.window_shrunk(direct.window, w, h).oriented(direct.orientation).into_rgb();
    if (small.width, small.height) != (drawn.width, drawn.height) {
        return false;
    }
    let unlike = small
        .pixels
        .chunks_exact(3)
        .zip(drawn.pixels.chunks_exact(3))
        .filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > UNLIKE))
        .count();
    let total = small.pixels.len() / 3;
    unlike as f64 <= total as f64 * UNLIKE_SHARE
}
