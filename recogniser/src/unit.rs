//! What goes in and what comes out.

use crate::line::{self, View};

/// A rectangle that should hold one line of text: a window into an 8-bit grey image, dark on light, upright.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// Width of the window, in pixels.
    pub width: u32,
    /// Height of the window, in pixels. 6 to 1800 are read.
    pub height: u32,
    /// Bytes from one row to the next; at least `width`.
    pub stride: usize,
    /// From the window's first pixel on; must reach to the last pixel of its last row.
    pub pixels: &'a [u8],
}

/// Grey values between its darkest and lightest pixel that a unit with ink on it has at least.
const LEAST_CONTRAST: u8 = 4;

impl Unit<'_> {
    /// Whether there is nothing on it that could be ink: fewer than 4 shades between its darkest and lightest pixel. The
    /// network reads letters even on a white sheet. False for what has no pixels.
    pub fn is_blank(&self) -> bool {
        let Ok(view) = View::new(self) else { return false };
        let (mut darkest, mut lightest) = (u8::MAX, u8::MIN);
        // print shows itself within a few rows
        (0..view.height).all(|y| {
            let row = view.row(y);
            darkest = row.iter().fold(darkest, |least, v| least.min(*v));
            lightest = row.iter().fold(lightest, |most, v| most.max(*v));
            lightest - darkest < LEAST_CONTRAST
        })
    }

    /// Whether it holds light letters on a dark ground, which a model trained on dark letters reads wrong, often without
    /// being unsure. False for what is no line. Costs the scaling of the line.
    pub fn is_light_on_dark(&self) -> bool {
        line::prepare(self).is_ok_and(|line| line.is_light_on_dark())
    }
}

/// Why a unit was not read. It is no error: page layout finds such rectangles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("the rectangle is empty")]
    Empty,
    #[error("the pixels end before the rectangle")]
    PixelsMissing,
    #[error("the rectangle is less than 6 pixels high")]
    TooFlat,
    #[error("the rectangle is too narrow for its height to hold a character")]
    TooNarrow,
    #[error("the rectangle is larger than any line")]
    TooLarge,
    #[error("its letters are lighter than their ground; a negative of it can be read")]
    LightOnDark,
    #[error("the network's outputs are no probabilities")]
    NotProbabilities,
}

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// It was read; it may still hold no word.
    Read {
        /// Mean over the characters of their certainty (natural logarithm, 0 is certain, worse is smaller); 0 without any.
        mean_certainty: f32,
        /// The worst of them.
        min_certainty: f32,
    },
    /// It was not read.
    Unusable(Unusable),
}

/// One unit's text.
#[derive(Debug, Clone, PartialEq)]
pub struct LineReading {
    /// From left to right.
    pub words: Vec<WordReading>,
    pub outcome: Outcome,
}

/// A word: what stands between spaces, or between the beginnings of two words of the dictionary.
#[derive(Debug, Clone, PartialEq)]
pub struct WordReading {
    /// In NFC, without spaces, not empty.
    pub text: String,
    /// 0 to 100, as Tesseract counts it.
    pub confidence: f32,
    /// Left edge in pixels of the unit, from the time steps of its characters: exact to about a twelfth of the height.
    pub left: f32,
    /// Right edge, exclusive.
    pub right: f32,
    /// Whether its characters spell a word, a number or punctuation of the model's dictionary.
    pub in_dictionary: bool,
    pub chars: Vec<CharReading>,
}

/// A character as the model counts them; some have several code points.
#[derive(Debug, Clone, PartialEq)]
pub struct CharReading {
    /// As the model writes it.
    pub text: String,
    /// Natural logarithm of its worst time step, weighed by the search: 0 is certain, -20 the floor.
    pub certainty: f32,
    pub left: f32,
    pub right: f32,
    /// What else it could be: the best runners-up with their share of the probability of all characters over the time
    /// steps of this one, from best to worst. At most four, none below 0.001.
    pub alternatives: Vec<(String, f32)>,
}
