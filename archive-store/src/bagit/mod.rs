//! BagIt (RFC 8493): bags are written as version 1.0 with SHA-512 and SHA-256, and read from 0.93 on. Nothing is ever
//! fetched: a bag that names files to fetch is incomplete until they are there.

mod manifest;
mod path;
mod tags;
mod validate;
mod write;

pub(crate) use manifest::Algorithm;
pub(crate) use path::folded;
pub use validate::validate_bag;
pub(crate) use write::BagWriter;

use crate::validate::{Problem, Verdict};

/// What is to be said of a bag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BagReport {
    /// As `bagit.txt` states it, for example `1.0`.
    pub version: Option<String>,
    /// `bag-info.txt` (up to 0.95 `package-info.txt`), in its order; labels may repeat.
    pub info: Vec<(String, String)>,
    /// What makes it invalid or incomplete. Codes: `bagit` declaration, `manifest` lines of manifests, `path` paths that
    /// lead out of the bag, `digest` bytes that differ, `missing`, `extra`, `fetch` what would have to be fetched, `oxum`
    /// count or size of the payload, `io` what could not be read, `limit` as the last of 10,001: the others are not told.
    pub errors: Vec<Problem>,
    /// What is allowed and unwise; as many at most.
    pub warnings: Vec<Problem>,
    /// Files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl BagReport {
    /// Errors weigh more than warnings.
    pub fn verdict(&self) -> Verdict {
        match (self.errors.is_empty(), self.warnings.is_empty()) {
            (false, _) => Verdict::Invalid,
            (true, false) => Verdict::Warnings,
            (true, true) => Verdict::Valid,
        }
    }
}
