//! The spool: every byte received, kept under its digest before anything is derived from it.

use crate::survey::{FileIntake, open_plain};
use record::Sha256;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of received files, each under its SHA-256.
#[derive(Debug, Clone)]
pub struct Spool {
    root: PathBuf,
}

/// A master: these bytes exactly, synced to disk.
#[derive(Debug, Clone, Copy)]
pub struct Received {
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
}

/// Why a file was not received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It changed since the survey or while it was read.
    #[error("{0}: changed while it was received")]
    StillBeingWritten(PathBuf),
    /// It cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The spool cannot take it.
    #[error("cannot keep {path}: {source}")]
    Keep {
        /// The file.
        path: PathBuf,
        /// Why; the store is full, read-only or broken.
        source: durable::DurableError,
    },
}

impl Spool {
    /// Opens the spool, making its folder when it is missing. Half copies that a stopped process left are removed:
    /// whoever holds the archive's writer lock is the only one who receives.
    pub fn open(root: &Path) -> Result<Self, durable::DurableError> {
        durable::create_dir_durable(root)?;
        let reading = |source| durable::DurableError::Io { op: "list", path: root.to_owned(), source };
        for entry in std::fs::read_dir(root).map_err(reading)? {
            let entry = entry.map_err(reading)?;
            if entry.file_type().is_ok_and(|t| t.is_file()) {
                durable::remove_file(&entry.path())?;
            }
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Where the bytes with this digest lie, if they were received.
    pub fn path(&self, sha256: &Sha256) -> PathBuf {
        let hex = sha256.to_string();
        self.root.join(&hex[..2]).join(&hex)
    }

    /// Takes the bytes of a file: copied and hashed in one pass, synced, read back, and only then named by their digest.
    /// The same bytes received twice are kept once.
    pub fn receive(&self, file: &FileIntake) -> Result<Received, ReceiveError> {
        let path = file.path.clone();
        let read_error = |source| ReceiveError::Read { path: path.clone(), source };
        let mut source = open_plain(&file.path).map_err(read_error)?;
        if !is_unchanged(&source, file).map_err(read_error)? {
            return Err(ReceiveError::StillBeingWritten(path));
        }
        let keep_error = |source| ReceiveError::Keep { path: path.clone(), source };
        let mut staged = durable::Staged::create_in(&self.root).map_err(keep_error)?;
        match staged.copy_from(&mut source) {
            Err(durable::DurableError::Source { source, .. }) => return Err(read_error(source)),
            copied => copied.map_err(keep_error)?,
        }
        let bytes = staged.bytes();
        let sealed = staged.seal().map_err(keep_error)?;
        if !is_unchanged(&source, file).map_err(read_error)? {
            return Err(ReceiveError::StillBeingWritten(path));
        }
        let sha256 = Sha256(sealed.digests().sha256);
        let target = self.path(&sha256);
        durable::create_dir_durable(target.parent().expect("a folder of the spool")).map_err(keep_error)?;
        match sealed.put_new(&target) {
            // The same bytes were received before.
            Err(durable::DurableError::Exists { .. }) => {}
            placed => drop(placed.map_err(keep_error)?),
        }
        Ok(Received { sha256, bytes })
    }

    /// Forgets received bytes that `may_go` says the archive holds; all others stay. `may_go` is asked once for each.
    pub fn clear<E: From<durable::DurableError>>(
        &self,
        mut may_go: impl FnMut(&Sha256) -> Result<bool, E>,
    ) -> Result<(), E> {
        let failed =
            |path: &Path, source| durable::DurableError::Io { op: "clear", path: path.to_owned(), source };
        for shelf in std::fs::read_dir(&self.root).map_err(|e| failed(&self.root, e))? {
            let shelf = shelf.map_err(|e| failed(&self.root, e))?.path();
            let Ok(files) = std::fs::read_dir(&shelf) else { continue };
            for file in files {
                let path = file.map_err(|e| failed(&shelf, e))?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if let Ok(sha256) = name.parse::<Sha256>()
                    && may_go(&sha256)?
                {
                    std::fs::remove_file(&path).map_err(|e| failed(&path, e))?;
                }
            }
        }
        Ok(())
    }
}

fn is_unchanged(file: &File, surveyed: &FileIntake) -> io::Result<bool> {
    let meta = file.metadata()?;
    Ok(meta.len() == surveyed.bytes && meta.modified()? == surveyed.modified)
}
