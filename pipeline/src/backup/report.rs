//! The reports of a backup and of a restore (docs/format/drill-report.md).

use super::LeftOut;
use record::{CaseCode, Lang};
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
    /// [`LeftOut::code`]
    pub code: String,
    pub path: String,
    pub why: String,
}

impl LeftOutJson {
    pub(crate) fn of(left_out: &LeftOut) -> LeftOutJson {
        LeftOutJson {
            case: left_out.case.as_ref().map(CaseCode::to_string),
            code: left_out.code.to_owned(),
            path: left_out.path.display().to_string(),
            why: left_out.why.clone(),
        }
    }

    /// For people: what it is, what is wrong, and the cause as the system or the library told it.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let what = match self.code.as_str() {
            "missing" => lang.pick("thiếu tệp", "a file is missing"),
            "unreadable" => lang.pick("không đọc được", "it cannot be read"),
            "not-sealed" => lang.pick("không đúng như đã niêm phong", "it is not what was sealed"),
            _ => lang.pick("không đúng như đã lưu", "it is not what was stored"),
        };
        format!("{}: {what} ({})", self.case.as_ref().unwrap_or(&self.path), self.why)
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
