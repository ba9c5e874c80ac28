//! Backup: snapshots of the archive in a repository in the format of restic, incremental, encrypted and authenticated. The
//! library is `rustic_core`; restic itself reads and checks what is written (docs/decisions/250-backup.md).
//!
//! A snapshot holds whole case files in committed versions only, and every byte read for it had the digest that the inventory
//! states: a damaged case file is left out and named, never stored silently. Nothing is ever removed from a repository.

mod cut;
mod error;
mod folder;
mod loss;
mod opening;
mod restore;
mod run;
mod source;

pub use error::BackupError;
pub use loss::{Loss, LossKind};
pub use restore::{BackedUpCase, Contents, Restored};
pub use run::Meter;

use crate::ArchiveReader;
use durable::Lock;
use folder::{RepositoryFolder, clear_staging};
use record::Timestamp;
use run::Run;
use rustic_core::jiff::tz::TimeZone;
use rustic_core::repofile::SnapshotFile;
use rustic_core::{
    BackupOptions, ConfigOptions, Credentials, KeyOptions, OpenStatus, Repository, RepositoryBackends,
    RepositoryOptions, RusticResult, SnapshotOptions,
};
use source::Source;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Size of a file in the repository that holds content. It does not grow with the repository, and so neither does memory.
const PACK_SIZE: &str = "16MiB";
/// The tag of a snapshot that lacks damaged case files.
const INCOMPLETE: &str = "incomplete";
const HOST: &str = "hoso";

/// A backup repository whose password was right.
pub struct BackupRepository {
    folder: PathBuf,
    run: Arc<Run>,
    backends: RepositoryBackends,
    repository: Repository<OpenStatus>,
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// 64 hexadecimal digits.
    pub id: String,
    /// When it was begun: every version acknowledged before is in it.
    pub time: Timestamp,
    /// The archive's id.
    pub archive: String,
    /// The one it was compared with, in which unchanged files were not read again.
    pub parent: Option<String>,
    /// Files it holds.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes that the repository grew by, without its index.
    pub added_bytes: u64,
    /// Folders below `ocfl/` of the case files that were damaged and are not in it.
    pub left_out: Vec<String>,
}

/// What a backup did.
#[derive(Debug)]
pub struct BackedUp {
    /// What was written.
    pub snapshot: Snapshot,
    /// Case files in it.
    pub cases: u64,
    /// Files that were new or changed, and read.
    pub files_read: u64,
    /// Damaged case files that were left out.
    pub left_out: Vec<Loss>,
}

impl BackupRepository {
    /// Makes a repository in a folder that is missing or empty. What a stopped making left counts as empty.
    pub fn create(folder: &Path, password: &str) -> Result<BackupRepository, BackupError> {
        if password.is_empty() {
            return Err(BackupError::EmptyPassword(folder.to_owned()));
        }
        durable::create_dir_durable(folder)?;
        if Self::is_at(folder) {
            return Err(BackupError::AlreadyThere(folder.to_owned()));
        }
        if !may_become_one(folder) {
            return Err(BackupError::NotEmpty(folder.to_owned()));
        }
        let _lock = lock(folder)?;
        clear_staging(folder)?;
        clear_keys(folder)?;
        let mut packs = ConfigOptions::default();
        packs.set_datapack_size = PACK_SIZE.parse().ok();
        (packs.set_datapack_growfactor, packs.set_treepack_growfactor) = (Some(0), Some(0));
        Self::with(folder, |repository| {
            repository.init(
                &Credentials::password(password),
                &KeyOptions::default().hostname(HOST.to_owned()),
                &packs,
            )
        })
    }

    /// Opens one. Deriving the key takes a good part of a second, on purpose.
    pub fn open(folder: &Path, password: &str) -> Result<BackupRepository, BackupError> {
        if !Self::is_at(folder) {
            return Err(BackupError::NoRepository(folder.to_owned()));
        }
        Self::with(folder, |repository| repository.open(&Credentials::password(password)))
    }

    /// Whether there is a repository.
    pub fn is_at(folder: &Path) -> bool {
        folder.join("config").is_file() && folder.join("keys").is_dir()
    }

    fn with(
        folder: &Path,
        begin: impl FnOnce(Repository<()>) -> RusticResult<Repository<OpenStatus>>,
    ) -> Result<BackupRepository, BackupError> {
        let run = Arc::new(Run::default());
        let backend = Arc::new(RepositoryFolder::new(folder, run.clone()));
        let backends = RepositoryBackends::new(backend, None);
        let opened = Repository::new(&options(), &backends).and_then(begin);
        let repository = opened.map_err(|e| run.failure().unwrap_or_else(|| BackupError::of(folder, &e)))?;
        Ok(BackupRepository { folder: folder.to_owned(), run, backends, repository })
    }

    /// The repository once more, for what uses it up; the key is known.
    fn again(&self) -> RusticResult<Repository<OpenStatus>> {
        Repository::new(&options(), &self.backends)?.open(&Credentials::Masterkey(self.repository.key()))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All snapshots, oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, BackupError> {
        let found = self.repository.get_all_snapshots().map_err(|e| BackupError::of(&self.folder, &e))?;
        let mut snapshots: Vec<Snapshot> = found.iter().map(snapshot).collect();
        snapshots.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(snapshots)
    }

    /// The snapshot whose id begins so; without one the latest, if all are of one archive.
    pub fn find(&self, asked: Option<&str>) -> Result<Snapshot, BackupError> {
        let mut snapshots = self.snapshots()?;
        let Some(asked) = asked else {
            let newest = snapshots.pop().ok_or_else(|| BackupError::NoSnapshotYet(self.folder.clone()))?;
            return match snapshots.iter().all(|other| other.archive == newest.archive) {
                true => Ok(newest),
                false => Err(BackupError::SeveralArchives(self.folder.clone())),
            };
        };
        let mut fitting = snapshots.into_iter().filter(|s| !asked.is_empty() && s.id.starts_with(asked));
        match (fitting.next(), fitting.next()) {
            (Some(found), None) => Ok(found),
            _ => Err(BackupError::NoSnapshot { repository: self.folder.clone(), asked: asked.to_owned() }),
        }
    }

    /// Writes a snapshot of the archive, beside whatever is at work in it: all case files, and the files and folders `beside`
    /// (below the archive's folder; missing ones are left out). `archive_id` names it in the list. May be stopped or killed
    /// at any moment: there is a whole snapshot or none, and what was written before is used by the next run. One at a time
    /// for a repository.
    pub fn back_up(
        &self,
        archive: &ArchiveReader,
        archive_id: &str,
        beside: &[PathBuf],
        now: Timestamp,
        meter: &Arc<Meter>,
    ) -> Result<BackedUp, BackupError> {
        let _lock = lock(&self.folder)?;
        clear_staging(&self.folder)?;
        self.run.forget();
        loop {
            meter.cases.store(0, Ordering::Relaxed);
            let source = Source::new(archive, beside, self.run.clone(), meter.clone());
            let source = source.map_err(BackupError::Archive)?;
            let saved = self.snapshot_of(&source, archive_id, now);
            if let Some(failure) = self.run.failure() {
                return Err(failure);
            }
            if !self.run.may_save() {
                // Without what was found damaged; what was written of the rest is in the repository.
                continue;
            }
            let saved = saved.map_err(|e| BackupError::of(&self.folder, &e))?;
            let left_out = self.run.left_out();
            let cases = meter.cases.load(Ordering::Relaxed).saturating_sub(left_out.len() as u64);
            let summary = saved.summary.clone().unwrap_or_default();
            let files_read = summary.files_new + summary.files_changed;
            return Ok(BackedUp { snapshot: snapshot(&saved), cases, files_read, left_out });
        }
    }

    fn snapshot_of(&self, source: &Source, archive_id: &str, now: Timestamp) -> RusticResult<SnapshotFile> {
        let left_out = self.run.announce();
        let mut options = SnapshotOptions::default()
            .host(HOST.to_owned())
            .label(archive_id.to_owned())
            .time(now.to_zoned(TimeZone::UTC));
        if !left_out.is_empty() {
            options = options.add_tags(INCOMPLETE)?.description(left_out.join("\n"));
        }
        let snapshot = options.to_snapshot()?;
        let repository = self.again()?.to_indexed_ids()?;
        repository.archive(&BackupOptions::default(), source, snapshot, &[PathBuf::from("/")])
    }

    /// What a snapshot holds.
    pub fn contents(&self, snapshot: &Snapshot) -> Result<Contents, BackupError> {
        let open = || {
            let repository = self.again()?;
            let file = repository.get_snapshot_from_str(&snapshot.id, |_| true)?;
            Ok((repository.to_indexed()?, file.tree))
        };
        let (repository, tree) = open().map_err(|e: Box<_>| BackupError::of(&self.folder, &e))?;
        Ok(Contents::new(self.folder.clone(), repository, tree))
    }
}

fn snapshot(file: &SnapshotFile) -> Snapshot {
    let summary = file.summary.clone().unwrap_or_default();
    Snapshot {
        id: file.id.to_hex().as_str().to_owned(),
        time: file.time.timestamp(),
        archive: file.label.clone(),
        parent: file.parent.map(|id| id.to_hex().as_str().to_owned()),
        files: summary.total_files_processed,
        bytes: summary.total_bytes_processed,
        added_bytes: summary.data_added_packed,
        left_out: file.description.iter().flat_map(|text| text.lines()).map(str::to_owned).collect(),
    }
}

/// Nothing of an encrypted repository is kept elsewhere in the clear.
fn options() -> RepositoryOptions {
    RepositoryOptions::default().no_cache(true)
}

/// One writer for a repository; the kernel frees it when the writer ends or dies.
fn lock(folder: &Path) -> Result<Lock, BackupError> {
    Lock::try_exclusive(&folder.join(LOCK)).map_err(|error| match error {
        durable::DurableError::Locked { .. } => BackupError::Locked(folder.to_owned()),
        other => BackupError::Write(other),
    })
}

const LOCK: &str = "hoso.lock";

/// Nothing but what the making of a repository writes before its `config`: no file that a key is needed for.
fn may_become_one(folder: &Path) -> bool {
    const BEFORE: [&str; 7] = [LOCK, "keys", "snapshots", "index", "data", "locks", "tmp"];
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names = entries.flatten().map(|entry| entry.file_name());
    names.all(|name| BEFORE.iter().any(|known| name == **known))
        && ["snapshots", "index", "data"].iter().all(|name| is_without_files(&folder.join(name)))
}

fn is_without_files(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.all(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_without_files(&entry.path()))
}

/// Removes the keys of a making that was stopped before its `config`. Nothing was ever written with them, and the password would
/// open one of them instead of the one made next.
fn clear_keys(folder: &Path) -> Result<(), BackupError> {
    let keys = std::fs::read_dir(folder.join("keys")).into_iter().flatten().flatten();
    Ok(keys.map(|entry| entry.path()).try_for_each(|key| durable::remove_file(&key))?)
}
