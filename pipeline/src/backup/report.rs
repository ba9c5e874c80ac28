//! The reports of a backup and of a restore (docs/format/drill-report.md).

use super::LeftOut;
use record::CaseCode;
use serde::{Deserialize, Serialize};

pub(crate) const BACKUP_FORMAT: &str = "hoso-backup-report/1";
pub(crate) const RESTORE_FORMAT: &str = "hoso-restore-report/1";
/// The files in a report's folder.
pub(crate) const BACKUP: &str = "backup.json";
pub(crate) const RESTORE: &str = "restore.json";

// Canonical (RFC 8785): the fields of each struct stand in the order of their names.

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BackupJson {
    pub added_bytes: u64,
    pub archive: String,
    pub bytes: u64,
    pub cases: u64,
    pub files: u64,
    pub files_read: u64,
    pub finished: String,
    pub format: String,
    pub left_out: Vec<LeftOutJson>,
    pub parent: Option<String>,
    pub repository: String,
    pub snapshot: String,
    pub software: String,
    pub started: String,
    pub verdict: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LeftOutJson {
    pub case: Option<String>,
    pub path: String,
    pub why: String,
}

impl LeftOutJson {
    pub(crate) fn of(left_out: &LeftOut) -> LeftOutJson {
        LeftOutJson {
            case: left_out.code.as_ref().map(CaseCode::to_string),
            path: left_out.path.display().to_string(),
            why: left_out.why.clone(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RestoreJson {
    pub archive: String,
    pub bytes: u64,
    pub cases: u64,
    pub damaged: Vec<LeftOutJson>,
    pub files: u64,
    pub finished: String,
    pub format: String,
    pub left_out: Vec<String>,
    pub repository: String,
    pub snapshot: String,
    pub snapshot_time: String,
    pub software: String,
    pub started: String,
    pub took_ms: u64,
    pub unreadable: Vec<String>,
    pub verdict: String,
}
