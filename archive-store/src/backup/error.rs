use crate::StoreError;
use durable::DurableError;
use rustic_core::RusticError;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Why a backup, or what is asked of one, could not be done. Every variant names the object and the cause.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder holds no repository.
    #[error("{} holds no backup repository", .0.display())]
    NoRepository(PathBuf),
    /// Where one is to be made, there is one.
    #[error("{} holds a backup repository already", .0.display())]
    AlreadyThere(PathBuf),
    /// A repository is made in a folder of its own.
    #[error("{} is neither an empty folder nor a backup repository", .0.display())]
    NotEmpty(PathBuf),
    /// No key of the repository opens with this password.
    #[error("the password does not open the backup repository {}", .0.display())]
    WrongPassword(PathBuf),
    /// An empty password is refused.
    #[error("the password of the backup repository {} is empty", .0.display())]
    EmptyPassword(PathBuf),
    /// Another backup is being written into the repository. A retry helps when it is done.
    #[error("another program is writing into the backup repository {}", .0.display())]
    Locked(PathBuf),
    /// No such snapshot, or the beginning of an id that fits more than one.
    #[error("the backup repository {} has no snapshot {asked}, or more than one", repository.display())]
    NoSnapshot {
        /// The repository.
        repository: PathBuf,
        /// As asked.
        asked: String,
    },
    /// The repository has no snapshot yet.
    #[error("the backup repository {} has no snapshot yet", .0.display())]
    NoSnapshotYet(PathBuf),
    /// Snapshots of more than one archive are there, and none was named.
    #[error("the backup repository {} holds snapshots of several archives", .0.display())]
    SeveralArchives(PathBuf),
    /// The archive cannot be read, in a way that is not about one case file.
    #[error("reading the archive: {0}")]
    Archive(StoreError),
    /// Writing failed, into the repository or what is restored.
    #[error(transparent)]
    Write(#[from] DurableError),
    /// The repository cannot be used: damaged, or of another kind.
    #[error("the backup repository {}: {problem}", repository.display())]
    Repository {
        /// The repository.
        repository: PathBuf,
        /// What the library said.
        problem: String,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl BackupError {
    /// What the library says, in one line.
    pub(super) fn of(repository: &Path, error: &RusticError) -> BackupError {
        if error.is_incorrect_password() {
            return Self::WrongPassword(repository.to_owned());
        }
        Self::Repository { repository: repository.to_owned(), problem: one_line(error) }
    }
}

/// The library's message without its frame of headings.
pub(super) fn one_line(error: &RusticError) -> String {
    let text = error.display_log();
    let text = text.strip_prefix("Error: ").unwrap_or(&text);
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(source) = error.source().map(ToString::to_string)
        && !line.contains(&source)
    {
        line = format!("{line}: {source}");
    }
    line
}
