//! The visible mark of a signature: plain text at the upper right of page one, and a picture where wanted.
//!
//! Letters are drawn as outlines, so that no font has to lie in the PDF and PDF/A stays valid. Text and place
//! follow Nghị định 30/2020/NĐ-CP, phụ lục I: upright, 10 points, black, no frame.

use std::io::Write;

use ab_glyph::{Font, FontRef, OutlineCurve};
use record::Timestamp;

use super::error::PadesError;
use super::object::{Dict, Object};
use super::read::Page;

/// Size of the letters, in points.
const SIZE_PT: f64 = 10.0;
/// From one line to the next, in points.
const LEADING_PT: f64 = 12.0;
/// From the edges of the page, in points (10 mm).
const MARGIN_PT: f64 = 28.35;
/// Between two marks, in points.
const GAP_PT: f64 = 4.0;
/// Units of an em in the content stream: 1/25 point for 10-point letters.
const EM: f64 = 256.0;
/// Most lines and letters of a mark.
const MAX_LINES: usize = 8;

/// What is seen of a signature.
pub struct Mark<'a> {
    /// Lines of text, Vietnamese letters in NFC; see [`copy_mark`].
    pub lines: Vec<String>,
    /// The font file whose outlines are drawn (TrueType): Liberation Serif, or Times New Roman.
    pub font: &'a [u8],
    /// A picture above the text, where a unit wants one: packed once for all files that show it.
    pub picture: Option<&'a PackedPicture>,
}

/// A picture of 8-bit RGB pixels, with opacity where wanted.
pub struct Picture<'a> {
    pub width_px: u32,
    pub height_px: u32,
    pub rgb: &'a [u8],
    pub alpha: Option<&'a [u8]>,
    /// Width on paper, in millimetres.
    pub width_mm: f64,
}

/// The mark of a copy made from paper: form of the copy, agency, time of signing in the zone of Việt Nam
/// (ISO 8601 with +07:00, whole seconds).
pub fn copy_mark(form_of_copy: &str, agency: &str, at: Timestamp) -> Vec<String> {
    vec![form_of_copy.to_owned(), agency.to_owned(), local_time(at)]
}

/// A moment in the zone of Việt Nam, as ISO 8601 with seconds and `+07:00`.
pub fn local_time(at: Timestamp) -> String {
    let shifted = Timestamp::from_second(at.as_second() + 7 * 3600).unwrap_or(at);
    let text = shifted.to_string();
    format!("{}+07:00", text.trim_end_matches('Z').split('.').next().unwrap_or_default())
}

/// A mark made ready: its place and its drawing.
pub(crate) struct Drawn<'a> {
    pub(crate) rect: [f64; 4],
    pub(crate) form: Dict,
    pub(crate) content: Vec<u8>,
    pub(crate) picture: Option<&'a PackedPicture>,
}

/// A picture as image dictionaries and packed data; see [`Picture::packed`].
pub struct PackedPicture {
    pub(crate) pixels: (Dict, Vec<u8>),
    pub(crate) alpha: Option<(Dict, Vec<u8>)>,
    /// Width and height on paper, in points.
    size_pt: (f64, f64),
}

/// Draws a mark for page one, below the marks (`taken`, in page coordinates) that are already there.
pub(crate) fn draw<'a>(mark: &Mark<'a>, page: &Page, taken: &[[f64; 4]]) -> Result<Drawn<'a>, PadesError> {
    let font = FontRef::try_from_slice(mark.font).map_err(|_| PadesError::Font)?;
    let units = f64::from(font.units_per_em().ok_or(PadesError::Font)?);
    let lines = &mark.lines[..mark.lines.len().min(MAX_LINES)];
    let mut text = Text { font: &font, scale: EM / units, out: Vec::new() };
    let widths = lines.iter().map(|line| text.width(line)).collect::<Result<Vec<_>, _>>()?;
    let em = SIZE_PT / EM;
    let text_width = widths.iter().fold(0.0f64, |a, b| a.max(*b)) * em;
    let text_height = LEADING_PT * lines.len() as f64;
    let picture_size = mark.picture.map(|picture| picture.size_pt);
    let (picture_width, picture_height) = picture_size.unwrap_or_default();
    let (width, height) = (text_width.max(picture_width).max(1.0), (text_height + picture_height).max(1.0));

    if picture_size.is_some() {
        let (left, bottom) = (width - picture_width, text_height);
        text.put(format_args!(
            "q {picture_width:.2} 0 0 {picture_height:.2} {left:.2} {bottom:.2} cm /P Do Q\n"
        ));
    }
    text.put(format_args!("0 g\n"));
    for (idx, (line, line_width)) in lines.iter().zip(&widths).enumerate() {
        // Right-aligned, as the mark stands at the right edge.
        let left = width - line_width * em;
        let baseline = text_height - LEADING_PT * idx as f64 - SIZE_PT * 0.9;
        text.put(format_args!("q {em:.6} 0 0 {em:.6} {left:.2} {baseline:.2} cm\n"));
        text.line(line)?;
        text.put(format_args!("Q\n"));
    }
    let (rect, matrix) = place(page, width, height, taken);
    let resources = Dict::default();
    let form = Dict::default()
        .with("Type", Object::named("XObject"))
        .with("Subtype", Object::named("Form"))
        .with("BBox", numbers(&[0.0, 0.0, width, height]))
        .with("Matrix", numbers(&matrix))
        .with("Filter", Object::named("FlateDecode"))
        .with("Resources", Object::Dict(resources));
    Ok(Drawn { rect, form, content: pack(&text.out), picture: mark.picture })
}

/// The rectangle at the upper right of the page as displayed, below what is taken, and the matrix that turns
/// the drawing upright.
fn place(page: &Page, width: f64, height: f64, taken: &[[f64; 4]]) -> ([f64; 4], [f64; 6]) {
    let [x0, y0, x1, y1] = page.crop_box;
    // Sizes are real ones, page coordinates are multiples of the user unit.
    let unit = page.user_unit;
    let (w, h, m, gap) = (width / unit, height / unit, MARGIN_PT / unit, GAP_PT / unit);
    let at = |down: f64| match page.rotate {
        90 => [x0 + m + down, y1 - m - w, x0 + m + down + h, y1 - m],
        180 => [x0 + m, y0 + m + down, x0 + m + w, y0 + m + down + h],
        270 => [x1 - m - down - h, y0 + m, x1 - m - down, y0 + m + w],
        _ => [x1 - m - w, y1 - m - down - h, x1 - m, y1 - m - down],
    };
    let mut down = 0.0;
    // Each step goes past one mark at least.
    for _ in 0..=taken.len() {
        let rect = at(down);
        let Some(hit) = taken.iter().find(|t| overlap(&rect, t)) else { break };
        down += gap
            + match page.rotate {
                90 => hit[2] - rect[0],
                180 => hit[3] - rect[1],
                270 => rect[2] - hit[0],
                _ => rect[3] - hit[1],
            };
    }
    let matrix = match page.rotate {
        90 => [0.0, 1.0, -1.0, 0.0, 0.0, 0.0],
        180 => [-1.0, 0.0, 0.0, -1.0, 0.0, 0.0],
        270 => [0.0, -1.0, 1.0, 0.0, 0.0, 0.0],
        _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    };
    (at(down), matrix)
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

pub(crate) fn numbers(values: &[f64]) -> Object {
    let number = |v: &f64| {
        let text = format!("{v:.3}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if text.contains('.') {
            Object::Real(text.to_owned())
        } else {
            Object::Int(text.parse().unwrap_or(0))
        }
    };
    Object::Array(values.iter().map(number).collect())
}

struct Text<'a, 'f> {
    font: &'a FontRef<'f>,
    /// From units of the font to those of the drawing.
    scale: f64,
    out: Vec<u8>,
}

impl Text<'_, '_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.write_fmt(text).expect("memory");
    }

    fn glyph(&self, letter: char) -> Result<ab_glyph::GlyphId, PadesError> {
        let id = self.font.glyph_id(letter);
        if id.0 == 0 { Err(PadesError::Letter(letter)) } else { Ok(id) }
    }

    fn width(&self, line: &str) -> Result<f64, PadesError> {
        line.chars().try_fold(0.0, |sum, letter| {
            Ok(sum + f64::from(self.font.h_advance_unscaled(self.glyph(letter)?)) * self.scale)
        })
    }

    fn line(&mut self, line: &str) -> Result<(), PadesError> {
        for letter in line.chars() {
            let glyph = self.glyph(letter)?;
            if let Some(outline) = self.font.outline(glyph) {
                self.outline(&outline.curves);
            }
            // The same letter is the same bytes everywhere, and packs well.
            let advance = f64::from(self.font.h_advance_unscaled(glyph)) * self.scale;
            self.put(format_args!("1 0 0 1 {advance:.1} 0 cm\n"));
        }
        Ok(())
    }

    fn outline(&mut self, curves: &[OutlineCurve]) {
        let scale = self.scale;
        let at = |p: ab_glyph::Point| (f64::from(p.x) * scale, f64::from(p.y) * scale);
        let mut pen = None;
        for curve in curves {
            let start = match curve {
                OutlineCurve::Line(a, _) | OutlineCurve::Quad(a, ..) | OutlineCurve::Cubic(a, ..) => *a,
            };
            if pen != Some(start) {
                let (x, y) = at(start);
                self.put(format_args!("{x:.0} {y:.0} m\n"));
            }
            let end = match *curve {
                OutlineCurve::Line(_, b) => {
                    let (x, y) = at(b);
                    self.put(format_args!("{x:.0} {y:.0} l\n"));
                    b
                }
                OutlineCurve::Quad(a, b, c) => {
                    let ((ax, ay), (bx, by), (cx, cy)) = (at(a), at(b), at(c));
                    let (px, py) = (ax + (bx - ax) * 2.0 / 3.0, ay + (by - ay) * 2.0 / 3.0);
                    let (qx, qy) = (cx + (bx - cx) * 2.0 / 3.0, cy + (by - cy) * 2.0 / 3.0);
                    self.put(format_args!("{px:.0} {py:.0} {qx:.0} {qy:.0} {cx:.0} {cy:.0} c\n"));
                    c
                }
                OutlineCurve::Cubic(_, b, c, d) => {
                    let ((bx, by), (cx, cy), (dx, dy)) = (at(b), at(c), at(d));
                    self.put(format_args!("{bx:.0} {by:.0} {cx:.0} {cy:.0} {dx:.0} {dy:.0} c\n"));
                    d
                }
            };
            pen = Some(end);
        }
        if pen.is_some() {
            self.put(format_args!("f\n"));
        }
    }
}

impl Picture<'_> {
    fn size_pt(&self) -> Option<(f64, f64)> {
        let pixels = usize::try_from(u64::from(self.width_px) * u64::from(self.height_px)).ok()?;
        let fits = pixels > 0
            && pixels <= 16 << 20
            && self.rgb.len() == pixels * 3
            && self.alpha.is_none_or(|a| a.len() == pixels)
            && (1.0..=100.0).contains(&self.width_mm);
        let width = self.width_mm * 72.0 / 25.4;
        fits.then(|| (width, width * f64::from(self.height_px) / f64::from(self.width_px)))
    }

    /// Made ready to be drawn, which takes far longer than drawing it.
    ///
    /// # Errors
    /// [`PadesError::Picture`] where its sizes do not fit together.
    pub fn packed(&self) -> Result<PackedPicture, PadesError> {
        let size_pt = self.size_pt().ok_or(PadesError::Picture)?;
        let image = |space: &str| {
            Dict::default()
                .with("Type", Object::named("XObject"))
                .with("Subtype", Object::named("Image"))
                .with("Width", Object::Int(self.width_px.into()))
                .with("Height", Object::Int(self.height_px.into()))
                .with("BitsPerComponent", Object::Int(8))
                .with("ColorSpace", Object::named(space))
                .with("Filter", Object::named("FlateDecode"))
        };
        let alpha = self.alpha.map(|alpha| (image("DeviceGray"), pack(alpha)));
        Ok(PackedPicture { pixels: (image("DeviceRGB"), pack(self.rgb)), alpha, size_pt })
    }
}

pub(crate) fn pack(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}
