//! A repository in a local folder, laid out as restic does, every file written durably.

use super::BackupError;
use super::run::Run;
use bytes::Bytes;
use durable::{DurableError, Staged};
use rustic_core::{
    ALL_FILE_TYPES, BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where files are written before they get their names; other programs of the format do not look here.
const STAGING: &str = "tmp";

#[derive(Debug)]
pub(super) struct RepositoryFolder {
    root: PathBuf,
    run: Arc<Run>,
}

impl RepositoryFolder {
    pub(super) fn new(root: &Path, run: Arc<Run>) -> RepositoryFolder {
        RepositoryFolder { root: root.to_owned(), run }
    }

    fn dir(&self, kind: FileType) -> PathBuf {
        self.root.join(kind.dirname())
    }

    fn path(&self, kind: FileType, id: &Id) -> PathBuf {
        let hex = id.to_hex();
        let dir = self.dir(kind);
        match kind {
            FileType::Config => dir,
            FileType::Pack => dir.join(&hex[..2]).join(hex.as_str()),
            _ => dir.join(hex.as_str()),
        }
    }
}

/// Readies the staging folder for the one who holds the repository's lock: what a killed backup left is removed.
pub(super) fn clear_staging(root: &Path) -> Result<(), DurableError> {
    let staging = root.join(STAGING);
    durable::remove_tree(&staging)?;
    durable::create_dir_durable(&staging)
}

fn reading(path: &Path) -> impl FnOnce(io::Error) -> Box<RusticError> {
    let path = path.display().to_string();
    move |error| {
        RusticError::with_source(ErrorKind::Backend, "cannot read `{path}`", error)
            .attach_context("path", path)
    }
}

impl ReadBackend for RepositoryFolder {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let dir = self.dir(kind);
        if kind == FileType::Config {
            return Ok(fs::metadata(&dir)
                .map(|meta| vec![(Id::default(), length(&meta))])
                .unwrap_or_default());
        }
        let mut found = Vec::new();
        let mut open = vec![dir];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(&dir).map_err(reading(&dir))? {
                let entry = entry.map_err(reading(&dir))?;
                let meta = entry.metadata().map_err(reading(&entry.path()))?;
                if meta.is_dir() {
                    open.push(entry.path());
                } else if let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
                    found.push((id, length(&meta)));
                }
            }
        }
        Ok(found)
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        let path = self.path(kind, id);
        fs::read(&path).map(Bytes::from).map_err(reading(&path))
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let path = self.path(kind, id);
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(offset.into()))?;
            let mut bytes = vec![0; length as usize];
            file.read_exact(&mut bytes)?;
            Ok(Bytes::from(bytes))
        };
        read().map_err(reading(&path))
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.path(kind, id).display().to_string()
    }
}

/// Files of a repository are shorter than 4 GiB.
fn length(meta: &fs::Metadata) -> u32 {
    u32::try_from(meta.len()).unwrap_or(u32::MAX)
}

impl WriteBackend for RepositoryFolder {
    fn create(&self) -> RusticResult<()> {
        let make = || {
            for kind in ALL_FILE_TYPES {
                durable::create_dir_durable(&self.dir(kind))?;
            }
            durable::create_dir_durable(&self.root.join("locks"))?;
            let packs = self.dir(FileType::Pack);
            (0..=255u8).try_for_each(|byte| durable::stage_dir(&packs.join(format!("{byte:02x}"))))?;
            durable::sync_tree(&packs)
        };
        make().map_err(|error| self.refuse(error))
    }

    fn write_bytes(&self, kind: FileType, id: &Id, _cacheable: bool, content: BytesList) -> RusticResult<()> {
        if kind == FileType::Snapshot && !self.run.may_save() {
            return Err(RusticError::new(ErrorKind::Backend, "the snapshot would not be whole"));
        }
        let write = || {
            let mut staged = Staged::create_in(&self.root.join(STAGING))?;
            staged.copy_from(&mut content.reader())?;
            staged.seal()?.put_new(&self.path(kind, id))
        };
        match write() {
            // Its name is the digest of its bytes: it is there already.
            Ok(_) => Ok(()),
            Err(DurableError::Exists { .. }) if kind != FileType::Config => Ok(()),
            Err(error) => Err(self.refuse(error)),
        }
    }

    fn remove(&self, kind: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        durable::remove_file(&self.path(kind, id)).map_err(|error| self.refuse(error))
    }
}

impl RepositoryFolder {
    /// The library may go on after a failed write: no snapshot is saved any more.
    fn refuse(&self, error: DurableError) -> Box<RusticError> {
        let said = RusticError::new(ErrorKind::Backend, error.to_string());
        self.run.fail(BackupError::Write(error));
        said
    }
}
