use std::io;
use std::path::{Path, PathBuf};

/// Why something could not be made durable. Every variant names the object and what was being done to it.
#[derive(Debug, thiserror::Error)]
pub enum DurableError {
    /// The medium or the quota is full. A retry helps once space is free.
    #[error("cannot {op} {}: no space left on the medium", path.display())]
    NoSpace {
        /// What was being done.
        op: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// The file system is mounted read-only (often: by the kernel, after a fault of the disk).
    #[error("cannot {op} {}: the file system is read-only", path.display())]
    ReadOnly {
        /// What was being done.
        op: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// The name is taken, and nothing is ever overwritten here.
    #[error("cannot {op} {}: it exists already", path.display())]
    Exists {
        /// What was being done.
        op: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// Another living process (or another part of this one) holds the lock. A retry helps when it is done.
    #[error("{} is locked by another writer", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// Read back from the medium, the bytes are not those that were written.
    #[error("{} was written, but other bytes come back from the medium", path.display())]
    Altered {
        /// The file.
        path: PathBuf,
    },
    /// The reader the caller handed in failed; nothing is wrong with the place written to.
    #[error("cannot read what is to be stored as {}: {source}", path.display())]
    Source {
        /// Where it was to be stored.
        path: PathBuf,
        /// What the reader said.
        source: io::Error,
    },
    /// Anything else the system said.
    #[error("cannot {op} {}: {source}", path.display())]
    Io {
        /// What was being done.
        op: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DurableError {
    /// The file or folder it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::NoSpace { path, .. }
            | Self::ReadOnly { path, .. }
            | Self::Exists { path, .. }
            | Self::Locked { path }
            | Self::Altered { path }
            | Self::Source { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    /// Whether the same call may succeed later, when somebody has freed space or let go of the lock.
    pub fn retry_can_help(&self) -> bool {
        matches!(self, Self::NoSpace { .. } | Self::Locked { .. })
    }

    /// Whether a write or a sync failed, so that what is on the medium is no longer known for sure. A store
    /// must then refuse further writes until it has been opened again.
    pub fn leaves_doubt(&self) -> bool {
        match self {
            Self::NoSpace { .. } | Self::ReadOnly { .. } | Self::Altered { .. } | Self::Io { .. } => true,
            Self::Exists { .. } | Self::Locked { .. } | Self::Source { .. } => false,
        }
    }
}

/// For `map_err`: names operation and object.
pub(crate) fn at(op: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DurableError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DurableError::NoSpace { op, path },
        io::ErrorKind::ReadOnlyFilesystem => DurableError::ReadOnly { op, path },
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => DurableError::Exists { op, path },
        _ => DurableError::Io { op, path, source },
    }
}
