//! Which picture of a page goes into a compact PDF: its layers, or the picture as received with the reason why.

use native::{Coding, PagePicture, PageRaster};
use ocr::pdf::{CompactPicture, NotCompact};
use record::PageOutcome;

/// How a page stands in a compact PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureKept {
    /// In layers: print at full resolution without loss, the rest at low resolution.
    Layers,
    /// As received: that is smaller than its layers.
    Smaller,
    /// As received: ink that was not read, so that nothing could be compared.
    Unread,
    /// As received: the layers would have changed so many words.
    Changed {
        /// How many.
        words: usize,
    },
    /// As received: a layer could not be coded, or did not come back as it was; what the coder said.
    Uncoded(String),
}

impl PictureKept {
    /// A stable word for `--json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Smaller => "smaller",
            Self::Unread => "unread",
            Self::Changed { .. } => "changed",
            Self::Uncoded(_) => "uncoded",
        }
    }
    /// Whether the page is larger than was asked for.
    pub fn is_setback(&self) -> bool {
        !matches!(self, Self::Layers | Self::Smaller)
    }
}

/// The layers of a page, or why the picture as received has to stand.
pub(crate) fn layers(
    raster: Option<&PageRaster>,
    picture: &PagePicture,
    outcome: &PageOutcome,
) -> Result<CompactPicture, PictureKept> {
    let Some(raster) = raster else { return Err(PictureKept::Unread) };
    let is_unread = matches!(outcome, PageOutcome::Unrecognised { .. });
    // Black and white is kept without loss, read or not.
    if is_unread && !(raster.bilevel && picture.patches.is_empty()) {
        return Err(PictureKept::Unread);
    }
    let layers = CompactPicture::of(raster, &picture.patches, outcome.text()).map_err(|why| match why {
        NotCompact::Changed { words } => PictureKept::Changed { words: words.len() },
        other => PictureKept::Uncoded(other.to_string()),
    })?;
    let is_cmyk = matches!(picture.coding, Coding::Jpeg { components: 4, .. });
    if layers.bytes() >= picture.bytes().len() && !is_cmyk {
        return Err(PictureKept::Smaller);
    }
    Ok(layers)
}
