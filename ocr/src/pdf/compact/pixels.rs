//! The page's pixels, read in two ways.

use native::PageRaster;
use record::PxBox;

/// 8-bit pixels, 1 or 3 channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pixels<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: usize,
    pub(super) bytes: &'a [u8],
}

impl<'a> Pixels<'a> {
    pub(super) fn of(raster: &'a PageRaster) -> Self {
        Self {
            width: raster.size.width_px,
            height: raster.size.height_px,
            channels: usize::from(raster.channels),
            bytes: raster.pixels(),
        }
    }

    pub(super) fn bounds(&self) -> PxBox {
        PxBox { left: 0, top: 0, right: self.width, bottom: self.height }
    }

    /// The bytes of a row from column `left` to `right`.
    pub(super) fn row(&self, y: u32, left: u32, right: u32) -> &'a [u8] {
        let start = (y as usize * self.width as usize + left as usize) * self.channels;
        &self.bytes[start..start + (right - left) as usize * self.channels]
    }

    pub(super) fn rgb(&self, x: u32, y: u32) -> [u8; 3] {
        as_rgb(self.row(y, x, x + 1))
    }
}

/// One pixel of 1 or 3 channels.
pub(super) fn as_rgb(pixel: &[u8]) -> [u8; 3] {
    match pixel {
        [r, g, b] => [*r, *g, *b],
        _ => [pixel[0]; 3],
    }
}

/// A way to see a pixel as bright or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// By its brightest part: black print is dark, ink of any colour hardly.
    Print,
    /// As the eye does: ink of every colour is dark.
    Eye,
}

impl View {
    pub(super) fn see(self, [r, g, b]: [u8; 3]) -> u8 {
        match self {
            Self::Print => r.max(g).max(b),
            Self::Eye => ((u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29) >> 8) as u8,
        }
    }
}

/// How dark and bright fall apart in a part of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    /// Mean of the dark pixels.
    pub(super) ink: f32,
    /// Mean of the bright ones.
    pub(super) paper: f32,
    /// Halfway between the two.
    pub(super) threshold: f32,
}

impl Split {
    /// By Otsu's method; `None` where everything is about equally bright.
    pub(super) fn of(values: impl Iterator<Item = u8>) -> Option<Self> {
        let mut histogram = [0_u32; 256];
        values.for_each(|v| histogram[usize::from(v)] += 1);
        let total: f64 = histogram.iter().map(|&n| f64::from(n)).sum();
        let whole: f64 = histogram.iter().enumerate().map(|(v, &n)| v as f64 * f64::from(n)).sum();
        let (mut below, mut sum, mut best) = (0.0, 0.0, (0.0, None));
        for (value, &n) in histogram.iter().enumerate() {
            below += f64::from(n);
            sum += value as f64 * f64::from(n);
            let above = total - below;
            if below == 0.0 || above == 0.0 {
                continue;
            }
            let (dark, bright) = (sum / below, (whole - sum) / above);
            let between = below * above * (bright - dark).powi(2);
            if between > best.0 {
                best = (between, Some((dark as f32, bright as f32)));
            }
        }
        let (ink, paper) = best.1?;
        (paper - ink >= LEAST_CONTRAST).then_some(Self { ink, paper, threshold: (ink + paper) / 2.0 })
    }
}

/// Differences smaller than this, in grey levels, are no ink.
const LEAST_CONTRAST: f32 = 24.0;
