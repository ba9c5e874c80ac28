use native::Segmentation;
use record::Turn;
use std::fmt;

/// What was done to a page before it was read: with the page's digest and the engine's identity it is the key of the
/// result. Printed as one line, for example `channel=red capital=37 dpi=240 flat=1 gain=1.00 angle=0.00 psm=3 rung=1
/// turn=0`.
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
    /// 1 for the plain reading, more for a retry; 0 where nothing was read.
    pub rung: u8,
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
            " noise={:.1} dpi={} flat={} gain={:.2} angle={:.2} psm={} rung={} turn={}",
            self.noise,
            self.working_dpi,
            u8::from(self.flattened),
            self.gain,
            self.degrees,
            self.segmentation.number(),
            self.rung,
            self.turn.degrees()
        )
    }
}
