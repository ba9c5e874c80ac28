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
#[derive(Debug, Clone)]
pub struct Received {
    /// SHA-256 of the bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
    /// Where they lie now.
    pub path: PathBuf,
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
        source: durable::Error,
    },
}

impl Spool {
    /// Opens the spool, making its folder when it is missing.
    pub fn open(root: &Path) -> Result<Self, durable::Error> {
        durable::create_dir_durable(root)?;
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
        let incoming = durable::Incoming::write(&self.root, &mut source).map_err(keep_error)?;
        if !is_unchanged(&source, file).map_err(read_error)? {
            return Err(ReceiveError::StillBeingWritten(path));
        }
        let (sha256, bytes) = (Sha256(incoming.sha256()), incoming.bytes());
        let target = self.path(&sha256);
        incoming.place(&target).map_err(keep_error)?;
        Ok(Received { sha256, bytes, path: target })
    }

    /// Opens received bytes for reading.
    pub fn open_master(&self, sha256: &Sha256) -> io::Result<File> {
        File::open(self.path(sha256))
    }

    /// Forgets received bytes that the archive now holds. The archive is the truth from there on.
    pub fn discard(&self, sha256: &Sha256) -> io::Result<()> {
        match std::fs::remove_file(self.path(sha256)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

fn is_unchanged(file: &File, surveyed: &FileIntake) -> io::Result<bool> {
    let meta = file.metadata()?;
    Ok(meta.len() == surveyed.bytes && meta.modified()? == surveyed.modified)
}
