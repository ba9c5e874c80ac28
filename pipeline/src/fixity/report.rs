//! The report of a check: canonical JSON in a small package, sealed as case files are (docs/format/fixity-report.md).

use crate::config::Layout;
use crate::digest::sha256;
use crate::fixity::catalog::Catalog;
use crate::seals::SealJudge;
use crate::tlog::ArchiveLog;
use crate::{EvidenceFault, PipelineError, evidence};
use record::{Sha256, Timestamp};
use seal::Pkcs12Signer;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

pub(crate) const FORMAT: &str = "hoso-fixity-report/1";

// Canonical (RFC 8785): the fields of each struct stand in the order of their names.

#[derive(Debug, Serialize)]
pub(super) struct ReportJson {
    pub absent: Option<Vec<String>>,
    pub archive: String,
    pub broken: u64,
    pub bytes: u64,
    pub checked: u64,
    pub decisions: Option<DecisionsJson>,
    pub evidence: Vec<String>,
    pub files: u64,
    pub finished: String,
    pub format: &'static str,
    pub interrupted: bool,
    pub left: u64,
    pub never_checked: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_copied: Option<Vec<String>>,
    pub objects: Vec<ObjectJson>,
    pub oldest_check: Option<String>,
    pub order: OrderJson,
    pub previous: Option<PreviousJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica: Option<String>,
    pub residents: u64,
    pub self_test: Vec<PlantedJson>,
    pub self_test_error: Option<String>,
    pub software: &'static str,
    pub started: String,
    pub strays: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<Vec<UnfinishedJson>>,
    pub verdict: &'static str,
    pub versions_gone: Vec<VersionGoneJson>,
}

/// The last decision that was there: the next report misses one that is taken away.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DecisionsJson {
    pub no: u64,
    pub sha256: String,
}

#[derive(Debug, Serialize)]
pub(super) struct UnfinishedJson {
    pub folder: String,
    pub good: bool,
    pub version: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct VersionGoneJson {
    pub case: String,
    pub head: u32,
    pub noted: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct ObjectJson {
    pub bytes: u64,
    pub files: u64,
    pub folder: String,
    pub good: bool,
    pub head: Option<u32>,
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
    /// Reports of earlier programs do not say it.
    #[serde(default)]
    pub head: Option<u32>,
}

#[derive(Deserialize)]
struct CheckedReport {
    format: String,
    started: String,
    objects: Vec<CheckedJson>,
    #[serde(default)]
    replica: Option<String>,
}

/// The file in a report's folder.
pub(crate) const REPORT: &str = "fixity.json";

/// The name of the report written last and its digest: the next one names them, so that one taken away is missed. Not the
/// last by name: a name comes from the clock, which may have been wrong.
pub(super) fn newest(catalog: &Catalog, folder: &Path) -> Result<Option<PreviousJson>, PipelineError> {
    let mut names = catalog.latest_reports()?.into_iter();
    let Some(name) = names.find(|name| folder.join(name).join(REPORT).is_file()) else { return Ok(None) };
    let path = folder.join(&name).join(REPORT);
    let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
    Ok(Some(PreviousJson { name, sha256: sha256(&bytes).to_string() }))
}

/// The folder of the report written last, whatever the clock said then: the catalog knows the order in which they came.
/// Without it, the last by the time in its name.
pub(crate) fn latest(layout: &Layout) -> Result<PathBuf, PipelineError> {
    let folder = layout.fixity_reports();
    let newest = newest_first(&folder, catalog_if_there(layout)?.as_ref())?.into_iter().next();
    newest.ok_or_else(|| PipelineError::io(&folder)(std::io::ErrorKind::NotFound.into()))
}

fn catalog_if_there(layout: &Layout) -> Result<Option<Catalog>, PipelineError> {
    let path = layout.fixity_catalog();
    path.is_file().then(|| Catalog::open(&path)).transpose()
}

/// The folders of the reports, the one written last first.
fn newest_first(folder: &Path, catalog: Option<&Catalog>) -> Result<Vec<PathBuf>, PipelineError> {
    let mut here = names(folder)?;
    let known = catalog.map_or_else(|| Ok(Vec::new()), Catalog::latest_reports)?;
    // `2026-11-30T095543Z-10` comes after `2026-11-30T095543Z-2`.
    let key = |name: &String| {
        let (stamp, no) = name.split_once("Z-").unwrap_or((name.trim_end_matches('Z'), "1"));
        (stamp.to_owned(), no.parse::<u64>().unwrap_or(1))
    };
    here.sort_by_key(|name| std::cmp::Reverse(key(name)));
    // One that the catalog has not taken in yet is later than all it knows.
    if here.iter().all(|name| known.contains(name)) {
        here.sort_by_key(|name| known.iter().position(|known| known == name));
    }
    Ok(here.into_iter().map(|name| folder.join(name)).collect())
}

/// What is wrong when the decisions that an earlier check saw are not there any more, or when nobody can say whether they
/// are: its report is not what was signed.
pub(crate) fn decisions_gone_since_check(
    layout: &Layout,
    judge: &SealJudge,
    digests: &[Sha256],
) -> Result<Vec<EvidenceFault>, PipelineError> {
    let (folder, catalog) = (layout.fixity_reports(), catalog_if_there(layout)?);
    let has_key = layout.station_key().exists();
    Ok(decisions_gone(layout, &folder, catalog.as_ref(), judge, has_key, digests)?.0)
}

/// The same for the reports in a folder, and the decisions that the next report must go on naming because they are gone: an
/// alarm that sounds once is soon over.
pub(super) fn decisions_gone(
    layout: &Layout,
    folder: &Path,
    catalog: Option<&Catalog>,
    judge: &SealJudge,
    has_key: bool,
    digests: &[Sha256],
) -> Result<(Vec<EvidenceFault>, Option<DecisionsJson>), PipelineError> {
    let mut faults = Vec::new();
    for report in newest_first(folder, catalog)? {
        let Some(seen) = decisions_seen(&report, judge, has_key) else {
            let path = report.strip_prefix(&layout.root).unwrap_or(&report).display().to_string();
            let (vi, en) =
                ("báo cáo kiểm tra không còn như khi ký", "the report of a check is not what was signed");
            faults.push(EvidenceFault::new(path, vi, en));
            continue;
        };
        let is_there = |seen: &DecisionsJson| {
            let idx = usize::try_from(seen.no).ok().and_then(|no| no.checked_sub(1));
            idx.and_then(|idx| digests.get(idx)).map(ToString::to_string).as_ref() == Some(&seen.sha256)
        };
        let gone = seen.filter(|seen| !is_there(seen));
        faults.extend(gone.as_ref().map(|seen| {
            EvidenceFault::new(
                crate::journal::FILE,
                format!("lần kiểm tra trước đã thấy {} quyết định, nay không còn như vậy", seen.no),
                format!("an earlier check saw {} decisions, and they are not there as they were", seen.no),
            )
        }));
        return Ok((faults, gone));
    }
    Ok((faults, None))
}

/// The decisions that a report names, if any; `None` for a report that does not count.
fn decisions_seen(report: &Path, judge: &SealJudge, has_key: bool) -> Option<Option<DecisionsJson>> {
    #[derive(Deserialize)]
    struct Seen {
        #[serde(default)]
        decisions: Option<DecisionsJson>,
    }
    let bytes = std::fs::read(report.join(REPORT)).ok().filter(|_| is_right(report, judge, has_key))?;
    Some(serde_json::from_slice::<Seen>(&bytes).ok()?.decisions)
}

/// Whether a report is what was signed; where the archive's folder has no key (a replica), reports have no seal.
fn is_right(report: &Path, judge: &SealJudge, has_key: bool) -> bool {
    match report.join(seal::SEAL_FOLDER).exists() {
        true => judge.package_is_right(report),
        false => !has_key,
    }
}

/// Writes a report into a folder of its own; its path.
pub(super) fn write(
    folder: &Path,
    report: &ReportJson,
    signer: Option<&Pkcs12Signer>,
    now: Timestamp,
) -> Result<PathBuf, PipelineError> {
    let bytes = serde_json::to_vec(report).expect("text, numbers and lists always serialise");
    Ok(evidence::write(folder, &[(REPORT, bytes)], &report.started, signer, now)?.join(REPORT))
}

/// Takes the reports into the catalog that it does not know. One whose seal is not right does not count; where the
/// archive's folder has no key (a replica), reports have no seal. Nor does one about another place than `replica`.
pub(super) fn catch_up(
    catalog: &mut Catalog,
    folder: &Path,
    judge: &SealJudge,
    replica: Option<&str>,
    has_key: bool,
    now: Timestamp,
) -> Result<(), PipelineError> {
    let known = catalog.reports()?;
    for name in names(folder)?.into_iter().filter(|name| !known.contains(name)) {
        let place = folder.join(&name);
        let is_right = is_right(&place, judge, has_key);
        let checked = std::fs::read(place.join(REPORT)).ok().and_then(|bytes| checked_of(&bytes, replica));
        match checked {
            Some(checked) if is_right => catalog.add(&name, &checked, now.as_second())?,
            _ => tracing::warn!(
                stage = "check",
                code = "report-not-trusted",
                report = %place.display(),
                "a fixity report is not what the station signed; it does not count"
            ),
        }
    }
    Ok(())
}

/// What the catalog takes from a report; `None` if it is none about this place.
fn checked_of(bytes: &[u8], replica: Option<&str>) -> Option<Checked> {
    let report: CheckedReport =
        serde_json::from_slice(bytes).ok().filter(|r: &CheckedReport| r.format == FORMAT)?;
    if report.replica.as_deref() != replica {
        return None;
    }
    let started: Timestamp = report.started.parse().ok()?;
    Some(Checked { started_s: started.as_second(), objects: report.objects })
}

/// Enters the reports that have no receipt yet into the log: the one just written, and those that a stop or an earlier
/// program left out. The receipt lies beside the report's folder, for nothing may be added to what is sealed.
pub(super) fn enter_in_log(folder: &Path, log: &mut ArchiveLog, now: Timestamp) -> Result<(), PipelineError> {
    for name in names(folder)? {
        let receipt = folder.join(format!("{name}.tlog-proof"));
        let manifest = folder.join(&name).join(seal::MANIFEST_PATH);
        if receipt.exists() || !manifest.exists() {
            continue;
        }
        let manifest = std::fs::read(&manifest).map_err(PipelineError::io(&manifest))?;
        durable::write_file(&receipt, log.enter_report(&manifest, now)?.as_bytes())?;
    }
    Ok(())
}

/// The manifests of the signed reports that are there, of the archive and of its replicas.
pub(crate) fn report_manifests(layout: &Layout) -> Result<Vec<Vec<u8>>, PipelineError> {
    let mut manifests = Vec::new();
    let of_replicas =
        files(&layout.replica_reports(""))?.into_iter().map(|slug| layout.replica_reports(&slug));
    for folder in of_replicas.chain([layout.fixity_reports()]) {
        let names = names(&folder)?.into_iter();
        manifests.extend(names.map(|name| folder.join(name).join(seal::MANIFEST_PATH)));
    }
    manifests
        .into_iter()
        .filter(|path| path.exists())
        .map(|path| std::fs::read(&path).map_err(PipelineError::io(&path)))
        .collect()
}

/// Names of the reports, oldest first.
fn names(folder: &Path) -> Result<Vec<String>, PipelineError> {
    let mut names = files(folder)?;
    names.retain(|name| !name.starts_with('.') && folder.join(name).join(REPORT).is_file());
    Ok(names)
}

/// Names in a folder, in order; one that is missing is empty.
fn files(folder: &Path) -> Result<Vec<String>, PipelineError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(PipelineError::io(folder)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(PipelineError::io(folder))?.file_name().to_string_lossy().into_owned();
        names.push(name);
    }
    names.sort();
    Ok(names)
}
