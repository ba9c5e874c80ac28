//! The page's picture as an image object: its bytes as they are, its colour space and filter said in PDF's
//! words, its orientation by the matrix that draws it.

use super::objects::ObjectFile;
use super::{PagePictureRef, deflate, jpeg, round3};
use native::{Coding, Patch};
use pdf_writer::types::Predictor;
use pdf_writer::writers::DecodeParms;
use pdf_writer::{Content, Dict, Name, Ref, Str};
use record::{PageSize, PxBox};
use std::io::{self, Write};

/// Why a picture cannot stand in a PDF as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Four components.
    #[error("a CMYK picture")]
    Cmyk,
    /// A JPEG whose header no PDF reader could work with, or that contradicts what was said of it.
    #[error("the JPEG cannot be passed through: {0}")]
    Jpeg(&'static str),
    /// Numbers that make no picture.
    #[error("{what} is {value}")]
    Number {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// A patch outside the page or with too few or too many bytes.
    #[error("patch {idx} has {bytes} bytes for {width_px} x {height_px} RGB pixels")]
    Patch {
        /// Which one, from 0.
        idx: usize,
        /// Bytes given.
        bytes: usize,
        /// Columns.
        width_px: u32,
        /// Rows.
        height_px: u32,
    },
}

/// A picture found fit for the PDF.
pub(super) struct Image<'a> {
    picture: &'a PagePictureRef<'a>,
    unmarked_rgb: bool,
}

impl<'a> Image<'a> {
    /// Checks everything before the first byte is written.
    pub(super) fn of(picture: &'a PagePictureRef<'a>) -> Result<Self, PictureError> {
        let number = |what, value: u64| Err(PictureError::Number { what, value });
        let (columns, rows) = picture.stored_px;
        for (what, side) in [("the number of columns", columns), ("the number of rows", rows)] {
            if side == 0 || i32::try_from(side).is_err() {
                return number(what, side.into());
            }
        }
        if !(1..=8).contains(&picture.orientation) {
            return number("the orientation", picture.orientation.into());
        }
        for (idx, patch) in picture.patches.iter().enumerate() {
            let (width_px, height_px) = (patch.bbox.width(), patch.bbox.height());
            let wanted = u64::from(width_px) * u64::from(height_px) * 3;
            if wanted == 0 || wanted != patch.rgb.len() as u64 {
                return Err(PictureError::Patch { idx, bytes: patch.rgb.len(), width_px, height_px });
            }
        }
        let mut unmarked_rgb = false;
        match picture.coding {
            Coding::Jpeg { components, .. } => {
                if *components == 4 {
                    return Err(PictureError::Cmyk);
                }
                let frame = jpeg::frame(picture.bytes).map_err(PictureError::Jpeg)?;
                if frame.components == 4 {
                    return Err(PictureError::Cmyk);
                }
                if !matches!(frame.components, 1 | 3) || frame.components != *components {
                    return number("the number of components", frame.components.into());
                }
                if (frame.width_px, frame.height_px) != (columns, rows) {
                    return Err(PictureError::Jpeg("its size differs from what was said"));
                }
                unmarked_rgb = frame.unmarked_rgb;
            }
            Coding::CcittG4 { .. } => {}
            Coding::PngFlate { colors, bits, palette } => {
                let fits = match (colors, palette) {
                    (1, None) => matches!(bits, 1 | 2 | 4 | 8 | 16),
                    (1, Some(_)) => matches!(bits, 1 | 2 | 4 | 8),
                    (3, None) => matches!(bits, 8 | 16),
                    _ => return number("the number of colours", (*colors).into()),
                };
                if !fits {
                    return number("the number of bits", (*bits).into());
                }
                if let Some(palette) = palette
                    && (palette.is_empty() || palette.len() % 3 != 0 || palette.len() > 3 << bits)
                {
                    return number("the palette's length", palette.len() as u64);
                }
            }
            Coding::RawFlate { colors, bits } => {
                if !matches!(colors, 1 | 3) {
                    return number("the number of colours", (*colors).into());
                }
                if !matches!(bits, 1 | 2 | 4 | 8 | 16) {
                    return number("the number of bits", (*bits).into());
                }
            }
        }
        Ok(Self { picture, unmarked_rgb })
    }

    pub(super) fn write<W: Write>(&self, file: &mut ObjectFile<W>, id: Ref) -> io::Result<()> {
        file.put_stream(id, self.picture.bytes, |dict| self.dictionary(dict))
    }

    fn dictionary(&self, dict: &mut Dict<'_>) {
        let (columns, rows) = self.picture.stored_px;
        head(dict, columns, rows);
        let mut parts = |filter: &[u8], bits: u8| {
            dict.pair(Name(b"BitsPerComponent"), i32::from(bits));
            dict.pair(Name(b"Filter"), Name(filter));
        };
        match self.picture.coding {
            Coding::Jpeg { components, .. } => {
                parts(b"DCTDecode", 8);
                dict.pair(Name(b"ColorSpace"), device(*components));
                if self.unmarked_rgb {
                    dict.insert(Name(b"DecodeParms")).start::<DecodeParms<'_>>().color_transform(false);
                }
            }
            Coding::CcittG4 { black_is_1 } => {
                parts(b"CCITTFaxDecode", 1);
                dict.pair(Name(b"ColorSpace"), Name(b"DeviceGray"));
                // Rows says where the picture ends, so a strip without an end-of-block code will do.
                dict.insert(Name(b"DecodeParms"))
                    .start::<DecodeParms<'_>>()
                    .k(-1)
                    .columns(columns as i32)
                    .rows(rows as i32)
                    .black_is_1(*black_is_1)
                    .end_of_block(false);
            }
            Coding::PngFlate { colors, bits, palette } => {
                parts(b"FlateDecode", *bits);
                match palette {
                    None => {
                        dict.pair(Name(b"ColorSpace"), device(*colors));
                    }
                    Some(palette) => {
                        let mut space = dict.insert(Name(b"ColorSpace")).array();
                        space.item(Name(b"Indexed")).item(Name(b"DeviceRGB"));
                        space.item((palette.len() / 3) as i32 - 1).item(Str(palette));
                    }
                }
                dict.insert(Name(b"DecodeParms"))
                    .start::<DecodeParms<'_>>()
                    .predictor(Predictor::PngOptimum)
                    .colors((*colors).into())
                    .bits_per_component((*bits).into())
                    .columns(columns as i32);
            }
            Coding::RawFlate { colors, bits } => {
                parts(b"FlateDecode", *bits);
                dict.pair(Name(b"ColorSpace"), device(*colors));
            }
        }
    }
}

/// Writes an opaque RGB picture; it is ours, so it is compressed here.
pub(super) fn write_patch<W: Write>(file: &mut ObjectFile<W>, id: Ref, patch: &Patch) -> io::Result<()> {
    file.put_stream(id, &deflate(&patch.rgb), |dict| {
        head(dict, patch.bbox.width(), patch.bbox.height());
        dict.pair(Name(b"BitsPerComponent"), 8);
        dict.pair(Name(b"Filter"), Name(b"FlateDecode"));
        dict.pair(Name(b"ColorSpace"), device(3));
    })
}

pub(super) fn head(dict: &mut Dict<'_>, columns: u32, rows: u32) {
    dict.pair(Name(b"Type"), Name(b"XObject"));
    dict.pair(Name(b"Subtype"), Name(b"Image"));
    dict.pair(Name(b"Width"), columns as i32);
    dict.pair(Name(b"Height"), rows as i32);
}

pub(super) fn device(components: u8) -> Name<'static> {
    if components == 1 { Name(b"DeviceGray") } else { Name(b"DeviceRGB") }
}

/// Draws the named image into the square that the matrix makes of the unit square.
pub(super) fn draw(content: &mut Content, name: &[u8], matrix: [f32; 6]) {
    content.save_state().transform(matrix).x_object(Name(name)).restore_state();
}

/// Turns the unit square, whose top left corner holds the first stored pixel, so that the page shows the
/// picture as displayed. `orientation` is EXIF's, 1 to 8.
pub(super) fn page_matrix(orientation: u8, (width, height): (f32, f32)) -> [f32; 6] {
    let (w, h) = (width, height);
    match orientation {
        2 => [-w, 0.0, 0.0, h, w, 0.0],
        3 => [-w, 0.0, 0.0, -h, w, h],
        4 => [w, 0.0, 0.0, -h, 0.0, h],
        5 => [0.0, -h, -w, 0.0, w, h],
        6 => [0.0, -h, w, 0.0, 0.0, h],
        7 => [0.0, h, w, 0.0, 0.0, 0.0],
        8 => [0.0, h, -w, 0.0, w, 0.0],
        _ => [w, 0.0, 0.0, h, 0.0, 0.0],
    }
}

/// The unit square onto a box of the page.
pub(super) fn box_matrix(bbox: PxBox, size: PageSize) -> [f32; 6] {
    let scale = 72.0 / size.dpi as f32;
    let (_, page_height) = size.points();
    let [width, height] = [bbox.width(), bbox.height()].map(|side| round3(side as f32 * scale));
    let (x, y) = (round3(bbox.left as f32 * scale), round3(page_height - bbox.bottom as f32 * scale));
    [width, 0.0, 0.0, height, x, y]
}
