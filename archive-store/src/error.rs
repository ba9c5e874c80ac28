use crate::VersionNo;
use durable::DurableError;
use record::{ObjectId, Timestamp};
use std::io;
use std::path::{Path, PathBuf};

/// Why the archive could not do what was asked. Every variant names the object and the cause.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no storage root.
    #[error("{} holds no archive (no ocfl/0=ocfl_1.1)", root.display())]
    NoSuchArchive {
        /// The archive's folder.
        root: PathBuf,
    },
    /// There is one already.
    #[error("{} holds an archive already", root.display())]
    AlreadyThere {
        /// The archive's folder.
        root: PathBuf,
    },
    /// A storage root that is not ours: another layout or OCFL version.
    #[error("{} is not written the way this program writes archives: {why}", path.display())]
    Unsupported {
        /// The file that says so.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// Locks, rename and sync mean less over a network.
    #[error("{} lies on a network file system, where a power cut can undo what was acknowledged", root.display())]
    NetworkFileSystem {
        /// The archive's folder.
        root: PathBuf,
    },
    /// Another writer has the archive or the case file. A retry helps when it is done.
    #[error("{} is locked by another writer", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A write failed before; nothing more is written until the archive is opened again.
    #[error("the archive {} takes no more writes until it is opened again, because: {reason}", root.display())]
    Latched {
        /// The archive's folder.
        root: PathBuf,
        /// What failed.
        reason: String,
    },
    /// A logical path that is not portable.
    #[error("the path {path:?} cannot be stored: {why}")]
    BadPath {
        /// As given.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The path is taken, or differs from one only in the case of its letters, or is a folder and a file.
    #[error("the path {path:?} collides with {other:?}")]
    PathTaken {
        /// As given.
        path: String,
        /// What is there.
        other: String,
    },
    /// An id that is no URI or does not fit into a folder's name.
    #[error("the object id {id} cannot be stored: {why}")]
    BadId {
        /// As given.
        id: ObjectId,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Something about the version that would make validators warn.
    #[error("a new version of {id} needs {what}")]
    BadVersionInfo {
        /// The object.
        id: ObjectId,
        /// What is missing or wrong.
        what: &'static str,
    },
    /// A version cannot be older than the one before it: one of the two clocks is wrong.
    #[error("this machine's clock says {now}, but the latest version of {id} was stored at {stored}")]
    ClockBehind {
        /// The object.
        id: ObjectId,
        /// When the new version says it is made.
        now: Timestamp,
        /// When the latest version was.
        stored: Timestamp,
    },
    /// A version without files.
    #[error("a new version of {id} has no files")]
    Empty {
        /// The object.
        id: ObjectId,
    },
    /// It was destroyed by decision of two people; its tombstone stands in its place.
    #[error("{id} was destroyed; nothing is stored under this id again")]
    Destroyed {
        /// The object.
        id: ObjectId,
    },
    /// It is not what was decided upon.
    #[error("{id} has changed since it was decided upon: its latest version is {head}")]
    ChangedSince {
        /// The object.
        id: ObjectId,
        /// Its latest version.
        head: VersionNo,
    },
    /// No such version.
    #[error("{id} has no version {version}")]
    NoSuchVersion {
        /// The object.
        id: ObjectId,
        /// The version asked for.
        version: VersionNo,
    },
    /// No such logical path in that version.
    #[error("{id} has no file {path:?} in version {version}")]
    NoSuchFile {
        /// The object.
        id: ObjectId,
        /// The version asked.
        version: VersionNo,
        /// The path asked for.
        path: String,
    },
    /// Bytes on disk are not what they should be. Corruption is an error, never repaired silently.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// An export never mixes with what is there.
    #[error("the folder {} is not empty", path.display())]
    DestinationNotEmpty {
        /// The destination.
        path: PathBuf,
    },
    /// Beyond the point of no return: the version is safe on disk and opening the archive again finishes it.
    #[error(
        "version {version} of {id} is stored but not finished (open the archive again to finish it): {source}"
    )]
    Unfinished {
        /// The object.
        id: ObjectId,
        /// The version that will be there.
        version: VersionNo,
        /// What stopped it.
        source: DurableError,
    },
    /// An object store did not do what was asked.
    #[error("cannot {doing} {object}: {why}")]
    Remote {
        /// `read`, `write`, `list`, `put aside`, `open`.
        doing: &'static str,
        /// `s3://bucket/prefix/key`.
        object: String,
        /// What server or network said.
        why: String,
        /// What to do about it.
        fault: RemoteFault,
    },
    /// An object store that cannot keep two writers apart.
    #[error("the server of {place} ({server}) does not write atomically under a condition: {why}")]
    NotAtomic {
        /// `s3://bucket/prefix`.
        place: String,
        /// What the server calls itself.
        server: String,
        /// What the trial found.
        why: String,
    },
    /// Without encryption, to another machine.
    #[error("{endpoint} is neither https nor on this machine")]
    PlainHttp {
        /// As configured.
        endpoint: String,
    },
    /// Writing failed; what it was about stands in the message.
    #[error(transparent)]
    Write(DurableError),
    /// Reading failed.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Whose turn it is when an object store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteFault {
    /// Server or network: the same call may succeed later.
    Unreachable,
    /// The key is not known there or may not do this.
    Denied,
    /// There is no such bucket.
    NoBucket,
    /// The server does not know the request.
    Refused,
}

impl StoreError {
    /// Whether the same call may succeed later: when a lock is free, when there is space, after reopening.
    pub fn retry_can_help(&self) -> bool {
        match self {
            Self::Locked { .. } | Self::Latched { .. } | Self::Unfinished { .. } => true,
            Self::Remote { fault, .. } => *fault == RemoteFault::Unreachable,
            Self::Write(e) => e.retry_can_help(),
            _ => false,
        }
    }
}

impl From<DurableError> for StoreError {
    fn from(error: DurableError) -> Self {
        match error {
            DurableError::Locked { path } => Self::Locked { path },
            other => Self::Write(other),
        }
    }
}

/// For `map_err` on reads.
pub(crate) fn reading(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Read { path, source }
}

/// Whether something lies there, be it a link that leads nowhere. Only what is surely not there is absent.
pub(crate) fn is_there(path: &Path) -> Result<bool, StoreError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(reading(path)(e)),
    }
}
