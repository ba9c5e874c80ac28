use native::{Reader, Segmentation};
use record::Turn;
use std::fmt;

/// What was done to a page before it was read: with the page's digest and the engine's identity it is the key of the
/// result. Printed as one line, for example `channel=red capital=37 dpi=240 flat=1 gain=1.00 angle=0.00 psm=3 rung=1
/// turn=0 engine=own`; where the page was read more than once, with all tries and what each read surely (signs of signs):
/// `tries=plain:12/310,contrast:980/1204`.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// How colour became grey.
    pub channel: Channel,
    /// Height of capitals in pixels of the page, where it could be measured.
    pub capital_px: Option<f32>,
    /// Standard deviation of the noise on the paper in grey levels.
    pub noise: f32,
    /// Pixels of the picture read per pixel of the page.
    pub scale: f32,
    /// Resolution of the picture read.
    pub working_dpi: u32,
    /// Whether the paper's brightness was evened out.
    pub flattened: bool,
    /// What the depth of ink was multiplied by.
    pub gain: f32,
    /// Angle taken out, in degrees; positive where lines fell to the right.
    pub degrees: f32,
    /// What the recogniser was told to expect.
    pub segmentation: Segmentation,
    /// How the page was turned before anything else was done to it.
    pub turn: Turn,
    /// 1 for the first reading, more for a retry; 0 where nothing was read.
    pub rung: u8,
    /// What read it; `None` where nothing was read.
    pub reader: Option<Reader>,
    /// Every reading of the page that was made, in order.
    pub tries: Vec<Try>,
}

/// One reading of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// How.
    pub rung: Rung,
    /// Signs read that belong to sure words.
    pub sure: usize,
    /// All signs read.
    pub signs: usize,
}

/// The ladder: how a page is read, and read again when that gave little or poor text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// As planned from the page's look, its lines found from their letters: plain print only.
    Lines,
    /// As planned from the page's look, laid out by Tesseract.
    Plain,
    /// Brightness evened out, noise, specks and faint traces left out, ink stretched and softened.
    Contrast,
    /// Words anywhere, in no order.
    Sparse,
    /// All of it as one block of text.
    Block,
}

impl Rung {
    /// In the order of their trial. A page is recognised at most once for each.
    pub const ALL: [Self; 5] = [Self::Lines, Self::Plain, Self::Contrast, Self::Sparse, Self::Block];

    /// A stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Plain => "plain",
            Self::Contrast => "contrast",
            Self::Sparse => "sparse",
            Self::Block => "block",
        }
    }

    /// What the recogniser is told to expect.
    pub fn segmentation(self) -> Segmentation {
        match self {
            Self::Lines => Segmentation::Line,
            Self::Plain | Self::Contrast => Segmentation::Auto,
            Self::Sparse => Segmentation::Sparse,
            Self::Block => Segmentation::Block,
        }
    }
}

/// How colour became grey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The page came in grey.
    Grey,
    /// Brightness.
    Luminance,
    /// The red channel: red ink is left out.
    Red,
    /// The red channel with blue and violet ink made bright: all coloured ink is left out.
    Print,
}

impl Channel {
    /// A stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Luminance => "luminance",
            Self::Red => "red",
            Self::Print => "print",
        }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "channel={} capital=", self.channel.code())?;
        match self.capital_px {
            Some(px) => write!(f, "{px:.0}")?,
            None => f.write_str("-")?,
        }
        write!(
            f,
            " noise={:.1} dpi={} flat={} gain={:.2} angle={:.2} psm={} rung={} turn={} engine={}",
            self.noise,
            self.working_dpi,
            u8::from(self.flattened),
            self.gain,
            self.degrees,
            self.segmentation.number(),
            self.rung,
            self.turn.degrees(),
            self.reader.map_or("-", Reader::code)
        )?;
        if self.tries.len() > 1 {
            let told = |t: &Try| format!("{}:{}/{}", t.rung.code(), t.sure, t.signs);
            write!(f, " tries={}", self.tries.iter().map(told).collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    }
}
