//! The report of a restore drill (docs/format/drill-report.md).

use crate::backup::LeftOutJson;
use serde::{Deserialize, Serialize};

pub(crate) const FORMAT: &str = "hoso-drill-report/1";
/// The files in a report's folder.
pub(crate) const DRILL: &str = "drill.json";
pub(crate) const DRILL_TEXT: &str = "drill.txt";

// Canonical (RFC 8785): the fields of each struct stand in the order of their names. Numbers are integers.

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DrillJson {
    pub archive: String,
    pub cases: Vec<CaseJson>,
    pub counts_differ: Vec<String>,
    pub damaged: Vec<LeftOutJson>,
    pub finished: String,
    pub format: String,
    pub judges: Vec<JudgeJson>,
    pub order: OrderJson,
    pub rpo: RpoJson,
    pub rto: RtoJson,
    pub searches: SearchesJson,
    pub software: String,
    pub source: SourceJson,
    pub started: String,
    pub verdict: String,
}

/// A case file that was restored, or should have been.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CaseJson {
    pub case: Option<String>,
    pub documents: u32,
    pub folder: String,
    pub good: bool,
    pub head: u32,
    pub pages: u32,
    pub problems: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct JudgeJson {
    pub name: String,
    pub problem: Option<String>,
    /// `valid`, `invalid`, `failed`, `not-installed`.
    pub verdict: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrderJson {
    pub newest: u64,
    pub sample_ppm: u64,
    pub seed: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RpoJson {
    pub as_of: Option<String>,
    /// Stored or changed after that: what would be lost today.
    pub behind: Vec<BehindJson>,
    pub held: u64,
    pub left_out: Vec<String>,
    /// Should be there and is not.
    pub missing: Vec<BehindJson>,
    pub newest_archive: Option<String>,
    pub newest_held: Option<String>,
    pub only_held: Vec<String>,
    pub residents: u64,
    /// Between the newest version of the archive and the newest that is held.
    pub seconds: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BehindJson {
    pub archive_version: u32,
    pub case: Option<String>,
    pub folder: String,
    pub held_version: Option<u32>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct RtoJson {
    pub bytes: u64,
    pub bytes_per_s: u64,
    pub check_ms: u64,
    pub files: u64,
    pub rebuild_ms: u64,
    pub restore_ms: u64,
    pub whole_bytes: u64,
    /// Restoring and rebuilding all of it at the speed measured.
    pub whole_s: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct SearchesJson {
    pub differ: Vec<String>,
    pub hits: u64,
    pub queries: u64,
    pub runs: u64,
    /// `drill-queries.txt`, or `sample`: made from the case files restored.
    pub source: String,
    pub unusable: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SourceJson {
    /// `backup` or `replica`.
    pub kind: String,
    pub path: String,
    pub snapshot: Option<String>,
}
