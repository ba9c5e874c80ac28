//! From a rectangle of a page to the network's input: scaled to 36 rows, stretched in contrast, as int8, and with the noise
//! that stands where the convolution looks over the border. Byte for byte what Tesseract 5 makes with Leptonica.

mod contrast;
mod noise;
mod scale;

pub(crate) use noise::{Noise, NoiseTable};

use crate::model::INPUT_HEIGHT;
use crate::unit::{Unit, Unusable};

/// Pixels of the scaled line in one time step, and of pooling in both directions.
pub(crate) const POOL: usize = 3;
/// Widest scaled line, in pixels: about 1,800 characters.
const MAX_WIDTH: usize = 1 << 16;
/// Below this height nothing is text; above the other one the reference scales by a cruder rule.
const MIN_HEIGHT: u32 = 6;
const MAX_HEIGHT: u32 = 1800;

/// A line as the network takes it: 36 rows of int8, not padded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) width: usize,
    /// `width * 36`, row by row.
    pub(crate) input: Vec<i8>,
}

impl Line {
    /// Time steps of the network: one for three columns of pixels.
    pub(crate) fn steps(&self) -> usize {
        self.width / POOL
    }

    /// Whether it has light letters on a dark ground. Models are trained on dark letters: they read others wrong, often
    /// without being unsure.
    pub(crate) fn is_light_on_dark(&self) -> bool {
        let dark = self.input.iter().filter(|v| **v < 0).count();
        let light = self.input.iter().filter(|v| **v > 64).count();
        dark * 100 >= DARK_GROUND * self.input.len() && light * 100 >= LIGHT_LETTERS * self.input.len()
    }
}

/// Of light letters on a dark ground at least so much is dark, in percent …
const DARK_GROUND: usize = 70;
/// … and so much light.
const LIGHT_LETTERS: usize = 2;

/// Scales and normalises a unit.
///
/// # Errors
/// The unit is no line: empty, too small or too large, or its pixels do not reach to its last row.
pub(crate) fn prepare(unit: &Unit<'_>) -> Result<Line, Unusable> {
    let scaled = scaled(unit)?;
    Ok(Line { width: scaled.width, input: contrast::normalise(&scaled) })
}

/// An 8-bit image without gaps between its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<u8>,
}

pub(crate) fn scaled(unit: &Unit<'_>) -> Result<Image, Unusable> {
    let view = View::new(unit)?;
    if unit.height < MIN_HEIGHT {
        return Err(Unusable::TooFlat);
    }
    if unit.height > MAX_HEIGHT {
        return Err(Unusable::TooLarge);
    }
    let width = view.width as f64 * INPUT_HEIGHT as f64 / view.height as f64;
    if width > MAX_WIDTH as f64 {
        return Err(Unusable::TooLarge);
    }
    let image = scale::to_input_height(&view);
    if image.width < POOL || image.height != INPUT_HEIGHT {
        return Err(Unusable::TooNarrow);
    }
    Ok(image)
}

/// A unit whose sizes have been checked.
pub(crate) struct View<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    stride: usize,
    pixels: &'a [u8],
}

impl<'a> View<'a> {
    pub(crate) fn new(unit: &Unit<'a>) -> Result<View<'a>, Unusable> {
        let (width, height) = (unit.width as usize, unit.height as usize);
        if width == 0 || height == 0 {
            return Err(Unusable::Empty);
        }
        let needed = (height - 1).checked_mul(unit.stride).and_then(|n| n.checked_add(width));
        if unit.stride < width || needed.is_none_or(|n| n > unit.pixels.len()) {
            return Err(Unusable::PixelsMissing);
        }
        Ok(View { width, height, stride: unit.stride, pixels: unit.pixels })
    }

    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        &self.pixels[y * self.stride..][..self.width]
    }
}
