//! Backups of the archive, and bringing one back. Each writes a report of what it did into `evidence/`
//! (docs/format/drill-report.md); what a repository is worth is shown by a drill ([`crate::drill`]).

mod report;

pub(crate) use report::{
    BACKUP, BACKUP_FORMAT, BackupJson, LeftOutJson, RESTORE, RESTORE_FORMAT, RestoreJson,
};

use crate::apart::apart_from_archives;
use crate::config::{ArchiveConfig, Layout};
use crate::fixity::{station_key, whole_seconds};
use crate::pack::SOFTWARE;
use crate::rebuild::make_caches;
use crate::{Damage, PipelineError, evidence, pack};
use archive_store::{Archive, ArchiveReader, BackupError, BackupRepository, Loss, Meter, Object, Snapshot};
use durable::StagedTree;
use record::{CaseCode, Clock, Lang};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How far it is: case files done, case files in all, bytes.
pub(crate) type Progress<'a> = &'a mut (dyn FnMut(u64, u64, u64) + 'a);

/// What a backup did.
#[derive(Debug)]
pub struct BackupSummary {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Case files in it.
    pub cases: u64,
    /// Files that were new or changed, and read.
    pub files_read: u64,
    /// Case files that are damaged in the archive and left out.
    pub left_out: Vec<LeftOut>,
    /// The report.
    pub report: PathBuf,
}

/// Something that is not in a backup, or does not come back from it.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// Its code, where it can be read.
    pub case: Option<CaseCode>,
    /// Its folder below `ocfl/`, or a path below the archive's folder.
    pub path: PathBuf,
    /// What is wrong, for programs: `missing`, `unreadable`, `damaged`, `not-sealed`.
    pub code: &'static str,
    /// Which file, and the cause, for technicians.
    pub why: String,
}

impl LeftOut {
    pub(crate) fn of(Loss { path, kind, why }: Loss) -> LeftOut {
        LeftOut { case: None, path, code: kind.code(), why }
    }

    /// Its code, else its path; what is wrong; the cause.
    pub fn text(&self, lang: Lang) -> String {
        LeftOutJson::of(self).text(lang)
    }
}

/// Opens a backup repository.
pub fn open_backups(folder: &Path, password: &str) -> Result<BackupRepository, PipelineError> {
    Ok(BackupRepository::open(folder, password)?)
}

/// Makes one for the backups of an archive, outside of it.
pub fn create_backups(root: &Path, folder: &Path, password: &str) -> Result<BackupRepository, PipelineError> {
    archive_at(root)?;
    apart_from_archives(folder, Some(root))?;
    Ok(BackupRepository::create(folder, password)?)
}

/// Takes a snapshot of an archive, beside whatever is at work in it. Case files in committed versions, evidence,
/// configuration and public certificates are in it; private keys, accounts, caches and unfinished work are not.
pub fn back_up_archive(
    root: &Path,
    repository: &BackupRepository,
    clock: &dyn Clock,
    stop: &AtomicBool,
    tell: Progress<'_>,
) -> Result<BackupSummary, PipelineError> {
    let layout = archive_at(root)?;
    let config = ArchiveConfig::read(&layout.config())?;
    let store = Archive::open_read(root)?;
    let beside = beside(&layout)?;
    let started = whole_seconds(clock.now());
    let meter = Arc::new(Meter::default());
    let done =
        watched(stop, &meter, tell, || repository.back_up(&store, &config.id, &beside, started, &meter))?;
    let left_out = done
        .left_out
        .into_iter()
        .map(|loss| LeftOut { case: code_in(&store, &loss.path), ..LeftOut::of(loss) });
    let left_out: Vec<LeftOut> = left_out.collect();
    let report = BackupJson {
        added_bytes: done.snapshot.added_bytes,
        archive: config.id,
        bytes: done.snapshot.bytes,
        cases: done.cases,
        files: done.snapshot.files,
        files_read: done.files_read,
        finished: whole_seconds(clock.now()).to_string(),
        format: BACKUP_FORMAT.to_owned(),
        left_out: left_out.iter().map(LeftOutJson::of).collect(),
        parent: done.snapshot.parent.clone(),
        repository: repository.folder().display().to_string(),
        snapshot: done.snapshot.id.clone(),
        software: SOFTWARE.to_owned(),
        started: started.to_string(),
        verdict: if left_out.is_empty() { "good" } else { "incomplete" }.to_owned(),
    };
    let bytes = serde_json::to_vec(&report).expect("text, numbers and lists always serialise");
    let signer = station_key(&layout)?;
    let folder = layout.evidence("backup");
    let report = evidence::write(&folder, &[(BACKUP, bytes)], &report.started, signer.as_ref(), clock.now())?
        .join(BACKUP);
    Ok(BackupSummary {
        snapshot: done.snapshot,
        cases: done.cases,
        files_read: done.files_read,
        left_out,
        report,
    })
}

fn archive_at(root: &Path) -> Result<Layout, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if layout.config().is_file() { Ok(layout) } else { Err(PipelineError::NoArchive(root.to_owned())) }
}

/// What of an archive's folder is kept beside the case files: no private key, nothing that can be made anew. The secret of the
/// log's names says which entry is about which case file; whoever reads a backup reads the case files.
fn beside(layout: &Layout) -> Result<Vec<PathBuf>, PipelineError> {
    // Of the log what speaks of its size comes first: what is appended meanwhile then only adds to what that says.
    let mut kept: Vec<PathBuf> = [
        "hoso.toml",
        "units.csv",
        "retention.toml",
        "drill-queries.txt",
        "saved-searches.txt",
        "evidence",
        "tlog/cosigned",
        "tlog/checkpoint",
        "tlog",
    ]
    .map(PathBuf::from)
    .to_vec();
    let of_the_log = [layout.log_public_key(), layout.case_tag_secret(), layout.witnesses()];
    kept.extend(of_the_log.iter().filter_map(|path| Some(path.strip_prefix(&layout.root).ok()?.to_owned())));
    let keys = layout.root.join("keys");
    for entry in std::fs::read_dir(&keys).map_err(PipelineError::io(&keys))? {
        let path = entry.map_err(PipelineError::io(&keys))?.path();
        let is_public = path.extension().is_some_and(|ending| ending == "pem")
            && !std::fs::read(&path)
                .map_err(PipelineError::io(&path))?
                .windows(b"PRIVATE KEY".len())
                .any(|piece| piece == b"PRIVATE KEY");
        if is_public {
            kept.push(Path::new("keys").join(path.file_name().unwrap_or_default()));
        }
    }
    Ok(kept)
}

/// The code of the case file in a folder; `None` where it cannot be read.
pub(crate) fn code_in(store: &ArchiveReader, folder: &Path) -> Option<CaseCode> {
    let object = Object::open_folder(&store.root().join("ocfl").join(folder)).ok()?;
    Some(pack::read_case(&object).ok()?.case.header.code)
}

/// Does the work on another thread; here it is told how far it is, and passed on that somebody asks to stop.
pub(crate) fn watched<T: Send>(
    stop: &AtomicBool,
    meter: &Meter,
    tell: Progress<'_>,
    work: impl FnOnce() -> T + Send,
) -> T {
    const PAUSE: Duration = Duration::from_millis(40);
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    std::thread::scope(|scope| {
        let worker = scope.spawn(work);
        while !worker.is_finished() {
            meter.stop.store(stop.load(Ordering::Relaxed), Ordering::Relaxed);
            tell(count(&meter.cases), count(&meter.all), count(&meter.bytes));
            std::thread::sleep(PAUSE);
        }
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What was brought back.
#[derive(Debug)]
pub struct RestoreSummary {
    /// From which snapshot.
    pub snapshot: Snapshot,
    /// Case files.
    pub cases: u64,
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What the repository did not give back.
    pub damaged: Vec<LeftOut>,
    /// Case files that came back and cannot be read.
    pub unreadable: Vec<Damage>,
    /// The report.
    pub report: PathBuf,
}

/// Restores a snapshot into `to`, which must be missing or empty: an archive without a key, with its ledger and index made
/// anew, that can be read, searched, checked and repaired from. It appears whole, when all is on the medium; a stopped restore
/// is run again from the start.
pub fn restore_archive(
    repository: &BackupRepository,
    snapshot: &Snapshot,
    to: &Path,
    clock: &dyn Clock,
    stop: &AtomicBool,
    tell: Progress<'_>,
) -> Result<RestoreSummary, PipelineError> {
    let occupied = || BackupError::NotEmpty(to.to_owned());
    apart_from_archives(to, None)?;
    if to.exists() {
        let is_empty = std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_none());
        if !is_empty || !durable::remove_empty_tree(to).map_err(|_| occupied())? {
            return Err(occupied().into());
        }
    }
    let (started, clock_started) = (whole_seconds(clock.now()), Instant::now());
    let name = to.file_name().ok_or_else(occupied)?.to_string_lossy();
    let beside = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let staged = beside.join(format!(".tmp-restore-{name}"));
    durable::remove_tree(&staged).map_err(BackupError::Write)?;
    let contents = repository.contents(snapshot)?;
    let meter = Meter::default();
    make_private(&staged)?;
    let restored = watched(stop, &meter, tell, || contents.restore(&staged, None, &meter))?;
    let layout = Layout { root: staged.clone() };
    let unreadable = make_caches(&layout)?;
    let damaged: Vec<LeftOut> = restored.damaged.into_iter().map(LeftOut::of).collect();
    let is_whole = damaged.is_empty() && unreadable.is_empty() && snapshot.left_out.is_empty();
    let report = RestoreJson {
        archive: snapshot.archive.clone(),
        bytes: restored.bytes,
        cases: restored.cases,
        damaged: damaged.iter().map(LeftOutJson::of).collect(),
        files: restored.files,
        finished: whole_seconds(clock.now()).to_string(),
        format: RESTORE_FORMAT.to_owned(),
        left_out: snapshot.left_out.clone(),
        repository: repository.folder().display().to_string(),
        snapshot: snapshot.id.clone(),
        snapshot_time: snapshot.time.to_string(),
        software: SOFTWARE.to_owned(),
        started: started.to_string(),
        took_ms: clock_started.elapsed().as_millis() as u64,
        unreadable: unreadable.iter().map(|damage| damage.name.clone()).collect(),
        verdict: if is_whole { "good" } else { "incomplete" }.to_owned(),
    };
    let bytes = serde_json::to_vec(&report).expect("text, numbers and lists always serialise");
    let written = evidence::write(
        &layout.evidence("restore"),
        &[(RESTORE, bytes)],
        &report.started,
        None,
        clock.now(),
    )?;
    let below = written.strip_prefix(&staged).expect("it was written there").join(RESTORE);
    StagedTree::open(&staged).and_then(|tree| tree.settle([])).map_err(BackupError::Write)?;
    durable::rename_noreplace(&staged, to).map_err(BackupError::Write)?;
    let (cases, files, bytes) = (restored.cases, restored.files, restored.bytes);
    let report = to.join(below);
    Ok(RestoreSummary { snapshot: snapshot.clone(), cases, files, bytes, damaged, unreadable, report })
}

/// A folder that only its owner looks into, as an archive's is.
pub(crate) fn make_private(folder: &Path) -> Result<(), PipelineError> {
    use std::os::unix::fs::PermissionsExt;
    durable::create_dir_durable(folder).map_err(BackupError::Write)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(PipelineError::io(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source reads in this order: a checkpoint must not be newer than the tiles.
    #[test]
    fn of_the_log_what_others_hold_comes_first_then_its_size_then_its_entries() {
        let dir = tempfile::tempdir().unwrap();
        crate::small_archive::archive(dir.path());
        let kept = beside(&Layout { root: dir.path().to_owned() }).unwrap();
        let of_the_log: Vec<&Path> =
            kept.iter().map(PathBuf::as_path).filter(|path| path.starts_with("tlog")).collect();
        assert_eq!(of_the_log, ["tlog/cosigned", "tlog/checkpoint", "tlog"].map(Path::new));
    }
}
