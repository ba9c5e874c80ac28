//! The report of a restore drill (docs/format/drill-report.md).

use crate::SealFault;
use crate::backup::LeftOutJson;
use archive_store::Problem;
use record::{CaseCode, Lang};
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
    pub counts_differ: Vec<DifferJson>,
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
    pub problems: Vec<ProblemJson>,
}

/// What is wrong with a case file that was restored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProblemJson {
    /// As in a fixity report; `not-back`, `not-in-ledger`.
    pub code: String,
    /// `differs`, `missing`, `extra`, `wrong`, `seal`, `not-back`, `not-in-ledger`.
    pub kind: String,
    pub path: String,
    /// For technicians.
    pub what: String,
}

impl ProblemJson {
    pub(super) fn stored(problem: &Problem) -> ProblemJson {
        let (code, path) = (problem.code.to_owned(), problem.path.clone());
        ProblemJson { code, kind: problem.kind().to_owned(), path, what: problem.to_string() }
    }

    pub(super) fn sealed(fault: &SealFault) -> ProblemJson {
        let (code, path) = (fault.kind.code().to_owned(), fault.path.clone());
        ProblemJson { code, kind: "seal".to_owned(), path, what: fault.to_string() }
    }

    /// Of the case file as a whole.
    pub(super) fn of_case(code: &str) -> ProblemJson {
        let mut problem = ProblemJson {
            code: code.to_owned(),
            kind: code.to_owned(),
            path: String::new(),
            what: String::new(),
        };
        problem.what = problem.text(Lang::En);
        problem
    }

    /// For people.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let what = match self.kind.as_str() {
            "differs" => lang.pick("khác bản đã lưu", "differs from what was stored"),
            "missing" => lang.pick("bị thiếu", "missing"),
            "extra" => lang.pick("không thuộc về đây", "does not belong here"),
            "seal" => lang.pick("không đúng như đã niêm phong", "is not what was sealed"),
            "not-back" => return lang.pick("không phục hồi được", "it did not come back").to_owned(),
            "not-in-ledger" => {
                let text =
                    lang.pick("không vào được sổ dựng lại", "it is not in the ledger that was made from it");
                return text.to_owned();
            }
            _ => lang.pick("không đúng quy cách", "is not as it has to be"),
        };
        let path = if self.path.is_empty() { lang.pick("hồ sơ", "the object") } else { &self.path };
        format!("{path}: {what} [{}]", self.code)
    }
}

/// A count that is another in the archive than in what was rebuilt.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DifferJson {
    pub case: String,
    /// `catalog`, `index-pages`, `ledger`.
    pub code: String,
}

impl DifferJson {
    pub(super) fn of(case: &CaseCode, code: &str) -> DifferJson {
        DifferJson { case: case.to_string(), code: code.to_owned() }
    }

    /// For people.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let what = match self.code.as_str() {
            "index-pages" => lang.pick("số trang trong chỉ mục", "pages in the index"),
            "ledger" => lang.pick("sổ của kho không có", "not in the archive's ledger"),
            _ => lang.pick("mục lục", "catalog"),
        };
        format!("{}: {what}", self.case)
    }
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
