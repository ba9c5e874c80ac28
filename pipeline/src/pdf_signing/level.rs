//! How long a signature in a PDF can be judged.

use super::PdfSigningError;
use crate::config::ArchiveConfig;
use serde::{Deserialize, Serialize};

/// How long a signature in a PDF can be judged (ETSI EN 319 142-1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PdfLevel {
    /// B-B: while the certificates are valid.
    #[default]
    #[serde(rename = "b-b")]
    Basic,
    /// B-T: its time is proven.
    #[serde(rename = "b-t")]
    Timed,
    /// B-LT: with all that tells that the certificates were good.
    #[serde(rename = "b-lt")]
    LongTerm,
    /// B-LTA: with a time stamp over that, too.
    #[serde(rename = "b-lta")]
    Archival,
}

impl PdfLevel {
    /// For programs: `b-b`, `b-t`, `b-lt`, `b-lta`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Basic => "b-b",
            Self::Timed => "b-t",
            Self::LongTerm => "b-lt",
            Self::Archival => "b-lta",
        }
    }

    /// Whether `hoso.toml` names whom the level asks.
    pub(crate) fn is_in_reach(self, config: &ArchiveConfig) -> Result<(), PdfSigningError> {
        match self > Self::Basic && config.time.authority.is_empty() {
            true => Err(PdfSigningError::NoTimeAuthority(self.code())),
            false => Ok(()),
        }
    }
}
