//! The report of a check: canonical JSON with a detached signature beside it (docs/format/fixity-report.md).

use crate::PipelineError;
use crate::fixity::catalog::Catalog;
use crate::seals::SealJudge;
use record::{Sha256, Timestamp};
use seal::{Pkcs12Signer, Signer};
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::path::{Path, PathBuf};

pub(super) const FORMAT: &str = "hoso-fixity-report/1";

// Canonical (RFC 8785): the fields of each struct stand in the order of their names.

#[derive(Debug, Serialize)]
pub(super) struct ReportJson {
    pub absent: Option<Vec<String>>,
    pub archive: String,
    pub broken: u64,
    pub bytes: u64,
    pub checked: u64,
    pub files: u64,
    pub finished: String,
    pub format: &'static str,
    pub interrupted: bool,
    pub left: u64,
    pub never_checked: u64,
    pub objects: Vec<ObjectJson>,
    pub oldest_check: Option<String>,
    pub order: OrderJson,
    pub previous: Option<PreviousJson>,
    pub residents: u64,
    pub self_test: Vec<PlantedJson>,
    pub self_test_error: Option<String>,
    pub software: &'static str,
    pub started: String,
    pub strays: Vec<String>,
    pub verdict: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct ObjectJson {
    pub bytes: u64,
    pub files: u64,
    pub folder: String,
    pub good: bool,
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ProblemJson>,
    pub signature: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct ProblemJson {
    pub code: String,
    pub path: String,
    pub what: String,
}

#[derive(Debug, Serialize)]
pub(super) struct OrderJson {
    pub budget_bytes: Option<u64>,
    pub not_since: Option<String>,
    pub subset: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct PreviousJson {
    pub name: String,
    pub sha256: String,
}

#[derive(Debug, Serialize)]
pub(super) struct PlantedJson {
    pub damage: &'static str,
    pub file: String,
    pub found: bool,
}

/// What the catalog takes from a report.
#[derive(Debug)]
pub(super) struct Checked {
    /// Seconds since 1970: an object counts as checked when its run began.
    pub started_s: i64,
    pub objects: Vec<CheckedJson>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckedJson {
    pub folder: String,
    pub good: bool,
}

#[derive(Deserialize)]
struct CheckedReport {
    format: String,
    started: String,
    objects: Vec<CheckedJson>,
}

/// The name of the newest report and its digest: the next one names them, so that one taken away is missed.
pub(super) fn newest(folder: &Path) -> Result<Option<PreviousJson>, PipelineError> {
    let Some(name) = names(folder)?.pop() else { return Ok(None) };
    let path = folder.join(&name);
    let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
    let sha256 = Sha256(sha2::Sha256::digest(&bytes).into()).to_string();
    Ok(Some(PreviousJson { name, sha256 }))
}

/// Writes report and signature, durably, the report last: where it is, its signature is too. Without a key there is none.
pub(super) fn write(
    folder: &Path,
    report: &ReportJson,
    signer: Option<&Pkcs12Signer>,
    now: Timestamp,
) -> Result<PathBuf, PipelineError> {
    durable::create_dir_durable(folder)?;
    let bytes = serde_json::to_vec(report).expect("text, numbers and lists always serialise");
    let stamp = report.started.replace(':', "");
    let stem = [stamp.clone()].into_iter().chain((2..).map(|n| format!("{stamp}-{n}")));
    let is_free = |stem: &String| {
        !folder.join(format!("{stem}.json")).exists() && !folder.join(format!("{stem}.p7s")).exists()
    };
    let stem = stem.into_iter().find(is_free).expect("some number is free");
    if let Some(signer) = signer {
        let signature = seal::sign_detached(&bytes, &[signer as &dyn Signer], now)?;
        durable::put_new(&folder.join(format!("{stem}.p7s")), &mut &signature[..])?;
    }
    let path = folder.join(format!("{stem}.json"));
    durable::put_new(&path, &mut &bytes[..])?;
    Ok(path)
}

/// Takes the reports into the catalog that it does not know. One whose signature is not right does not count; where the
/// archive's folder has no key (a replica), reports have no signature.
pub(super) fn catch_up(
    catalog: &mut Catalog,
    folder: &Path,
    judge: &SealJudge,
    has_key: bool,
) -> Result<(), PipelineError> {
    let known = catalog.reports()?;
    for name in names(folder)?.into_iter().filter(|name| !known.contains(name)) {
        let path = folder.join(&name);
        let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
        let is_right = match std::fs::read(path.with_extension("p7s")) {
            Ok(signature) => judge.verdict(&bytes, &signature).1,
            Err(error) => !has_key && error.kind() == std::io::ErrorKind::NotFound,
        };
        match checked_of(&bytes) {
            Some(checked) if is_right => catalog.add(&name, &checked)?,
            _ => tracing::warn!(
                stage = "check",
                code = "report-not-trusted",
                report = %path.display(),
                "a fixity report is not what the station signed; it does not count"
            ),
        }
    }
    Ok(())
}

/// What the catalog takes from a report; `None` if it is none.
fn checked_of(bytes: &[u8]) -> Option<Checked> {
    let report: CheckedReport =
        serde_json::from_slice(bytes).ok().filter(|r: &CheckedReport| r.format == FORMAT)?;
    let started: Timestamp = report.started.parse().ok()?;
    Some(Checked { started_s: started.as_second(), objects: report.objects })
}

/// Names of the reports, oldest first.
fn names(folder: &Path) -> Result<Vec<String>, PipelineError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(PipelineError::io(folder)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(PipelineError::io(folder))?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
