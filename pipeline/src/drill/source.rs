//! What a drill restores from: a snapshot of a backup repository, or a replica.

use super::report::SourceJson;
use crate::PipelineError;
use crate::backup::{LeftOut, Progress, watched};
use crate::config::{ArchiveConfig, Layout};
use crate::fixity::whole_seconds;
use archive_store::{Archive, ArchiveReader, BackupRepository, Contents, Meter, OpenOptions, Snapshot};
use record::Timestamp;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the copies are.
pub enum DrillSource<'a> {
    /// A snapshot of a backup repository.
    Backup {
        /// The repository.
        repository: &'a BackupRepository,
        /// Which.
        snapshot: &'a Snapshot,
    },
    /// A replica, as `replicate` writes it.
    Replica(&'a Path),
}

/// The source, opened.
pub(super) enum Copies<'a> {
    Backup { contents: Contents, repository: &'a BackupRepository, snapshot: &'a Snapshot },
    Replica { store: ArchiveReader, root: &'a Path },
}

/// A case file that is held.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// Below `ocfl/`.
    pub folder: PathBuf,
    /// Its latest version there; 0 where its inventory cannot be read.
    pub head: u32,
}

/// What was brought back.
#[derive(Debug, Default)]
pub(super) struct BroughtBack {
    pub files: u64,
    pub bytes: u64,
    pub damaged: Vec<LeftOut>,
}

impl<'a> Copies<'a> {
    /// Opens the source; it must be of this archive.
    pub(super) fn open(source: &DrillSource<'a>, archive: &str) -> Result<Copies<'a>, PipelineError> {
        match *source {
            DrillSource::Backup { repository, snapshot } => {
                if snapshot.archive != archive {
                    return Err(PipelineError::OtherArchive(repository.folder().to_owned()));
                }
                Ok(Copies::Backup { contents: repository.contents(snapshot)?, repository, snapshot })
            }
            DrillSource::Replica(root) => {
                let layout = Layout { root: root.to_owned() };
                if !layout.config().is_file() {
                    return Err(PipelineError::NoArchive(root.to_owned()));
                }
                if ArchiveConfig::read(&layout.config())?.id != archive {
                    return Err(PipelineError::OtherArchive(root.to_owned()));
                }
                Ok(Copies::Replica { store: Archive::open_read(root)?, root })
            }
        }
    }

    /// The case files held, and what of the list cannot be read.
    pub(super) fn held(&self) -> Result<(Vec<Held>, Vec<LeftOut>), PipelineError> {
        match self {
            Copies::Backup { contents, .. } => {
                let (cases, damaged) = contents.cases()?;
                let held = cases.into_iter().map(|case| Held { folder: case.folder, head: case.head.get() });
                Ok((held.collect(), damaged.into_iter().map(LeftOut::of).collect()))
            }
            Copies::Replica { store, .. } => {
                let head = |resident: &archive_store::Resident| {
                    let object = store.object(resident.id.as_ref()?).ok()??;
                    Some(object.head().get())
                };
                let residents = store.residents()?;
                let held = residents.iter().map(|resident| Held {
                    head: head(resident).unwrap_or(0),
                    folder: resident.folder.clone(),
                });
                Ok((held.collect(), Vec::new()))
            }
        }
    }

    /// The moment whose state it holds; unknown of a replica.
    pub(super) fn as_of(&self) -> Option<Timestamp> {
        match self {
            Copies::Backup { snapshot, .. } => Some(whole_seconds(snapshot.time)),
            Copies::Replica { .. } => None,
        }
    }

    /// Case files that were damaged when it was made.
    pub(super) fn left_out(&self) -> Vec<String> {
        match self {
            Copies::Backup { snapshot, .. } => snapshot.left_out.clone(),
            Copies::Replica { .. } => Vec::new(),
        }
    }

    /// Bytes of all that it holds.
    pub(super) fn bytes(&self) -> Result<u64, PipelineError> {
        Ok(match self {
            Copies::Backup { snapshot, .. } => snapshot.bytes,
            Copies::Replica { store, .. } => {
                store.residents()?.iter().map(|resident| store.size(&resident.folder)).sum()
            }
        })
    }

    pub(super) fn json(&self) -> SourceJson {
        let (kind, path, snapshot) = match self {
            Copies::Backup { repository, snapshot, .. } => {
                ("backup", repository.folder(), Some(snapshot.id.clone()))
            }
            Copies::Replica { root, .. } => ("replica", *root, None),
        };
        SourceJson { kind: kind.to_owned(), path: path.display().to_string(), snapshot }
    }

    /// Brings the case files in `folders`, and what lies beside them, into `to`.
    pub(super) fn bring_back(
        &self,
        folders: &BTreeSet<PathBuf>,
        to: &Path,
        stop: &AtomicBool,
        tell: Progress<'_>,
    ) -> Result<BroughtBack, PipelineError> {
        match self {
            Copies::Backup { contents, .. } => {
                let meter = Meter::default();
                meter.all.store(folders.len() as u64, Ordering::Relaxed);
                let restored = watched(stop, &meter, tell, || contents.restore(to, Some(folders), &meter))?;
                let damaged = restored.damaged.into_iter().map(LeftOut::of).collect();
                Ok(BroughtBack { files: restored.files, bytes: restored.bytes, damaged })
            }
            Copies::Replica { store, root } => copy(store, root, folders, to, stop, tell),
        }
    }
}

/// Every version through the archive's own way of writing: hashed, synced, read back.
fn copy(
    store: &ArchiveReader,
    root: &Path,
    folders: &BTreeSet<PathBuf>,
    to: &Path,
    stop: &AtomicBool,
    tell: Progress<'_>,
) -> Result<BroughtBack, PipelineError> {
    let (from, layout) = (Layout { root: root.to_owned() }, Layout { root: to.to_owned() });
    durable::create_dir_durable(&to.join("keys"))?;
    for (from, to) in [
        (from.config(), layout.config()),
        (from.anchor(), layout.anchor()),
        (from.trusted(), layout.trusted()),
    ] {
        match std::fs::read(&from) {
            Ok(bytes) => durable::write_file(&to, &bytes)?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(PipelineError::io(from)(e)),
        }
    }
    // What lies there is only looked at, wherever that is.
    let target = Archive::create_with(to, OpenOptions { allow_network_fs: true })?;
    let mut back = BroughtBack::default();
    let residents = store.residents()?.into_iter().filter(|resident| folders.contains(&resident.folder));
    for (done, resident) in residents.enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Err(PipelineError::Interrupted);
        }
        let object = resident.id.as_ref().map(|id| store.object(id));
        let copied = match object {
            Some(Ok(Some(object))) => target.copy_missing(&object).map(|_| ()).map_err(PipelineError::from),
            Some(Err(error)) => Err(error.into()),
            _ => Err(PipelineError::Format {
                what: resident.folder.display().to_string(),
                problem: "it has no inventory that can be trusted".to_owned(),
            }),
        };
        match copied {
            Ok(()) => {
                back.bytes += target.size(&resident.folder);
                back.files += files_below(&to.join("ocfl").join(&resident.folder));
            }
            Err(error) if error.is_about_one_case() => {
                let (path, why) = (resident.folder, error.to_string());
                back.damaged.push(LeftOut { case: None, path, code: "damaged", why });
            }
            Err(error) => return Err(error),
        }
        tell(done as u64 + 1, folders.len() as u64, back.bytes);
    }
    Ok(back)
}

fn files_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let each = entries.map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => files_below(&entry.path()),
        _ => 1,
    });
    each.sum()
}
