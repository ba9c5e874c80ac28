//! What the ledger keeps of a read page: everything but its text, which stands in the page's ALTO file.

use crate::PipelineError;
use record::{FindingKind, FolioMark, FolioSource};
use serde::{Deserialize, Serialize};

/// The result of reading one page, without the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageResult {
    pub(crate) v: u32,
    /// [`record::PageOutcome::code`].
    pub(crate) outcome: String,
    /// [`record::UnrecognisedReason::code`], where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The folio stamp read, with its confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folio: Option<(String, u8)>,
    /// Findings as (code, detail).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) findings: Vec<(String, String)>,
    /// What read it (`own`, `tesseract`), and the SHA-256 of its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) engine: Option<(String, String)>,
    /// Mean confidence of the body, 0–100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<u8>,
    /// The received PDF has a text layer for the page; it waits beside the ALTO file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) embedded_text: bool,
}

impl PageResult {
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers can be written as JSON")
    }

    pub(crate) fn read(text: &str) -> Result<Self, PipelineError> {
        serde_json::from_str(text)
            .map_err(|e| PipelineError::Format { what: "ledger, page result".into(), problem: e.to_string() })
    }

    pub(crate) fn folio_mark(&self) -> Option<FolioMark> {
        let (label, confidence) = self.folio.clone()?;
        Some(FolioMark { label, source: FolioSource::Stamp, confidence })
    }

    pub(crate) fn finding_kinds(&self) -> impl Iterator<Item = (FindingKind, &str)> {
        self.findings
            .iter()
            .filter_map(|(kind, detail)| Some((FindingKind::from_code(kind)?, detail.as_str())))
    }
}
