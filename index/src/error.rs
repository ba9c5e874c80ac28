use std::path::{Path, PathBuf};
use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenReadError};

/// Why the index could not be opened, written or searched.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is none.
    #[error("no index in {dir}; make it with `hoso index rebuild`")]
    Missing {
        /// Where.
        dir: PathBuf,
    },
    /// Written by another version: tokens or fields differ, so that searches would silently miss.
    #[error(
        "the index in {dir} was written as {found}, this program needs {wanted}; run `hoso index rebuild`"
    )]
    Version {
        /// Where.
        dir: PathBuf,
        /// What its stamp says.
        found: String,
        /// What this program writes.
        wanted: String,
    },
    /// Files are missing or damaged.
    #[error("the index in {dir} is damaged ({cause}); run `hoso index rebuild`")]
    Corrupt {
        /// Where.
        dir: PathBuf,
        /// What was noticed.
        cause: String,
    },
    /// Another process writes to it; a retry may help.
    #[error("another process is writing to the index in {dir}")]
    Locked {
        /// Where.
        dir: PathBuf,
    },
    /// An earlier write failed; what was not committed is lost. Open the index again.
    #[error("the index in {dir} takes no more writes after an earlier failure; open it again")]
    Stopped {
        /// Where.
        dir: PathBuf,
    },
    /// The disk or the system failed.
    #[error("the index in {dir}: {cause}")]
    Io {
        /// Where.
        dir: PathBuf,
        /// What the system said.
        cause: String,
    },
}

impl IndexError {
    /// From what the engine says. Only unmistakable failures of the system are `Io`; everything else that keeps an
    /// index from being read is damage, for which rebuilding is the cure.
    pub(crate) fn from_engine(dir: &Path, error: TantivyError) -> Self {
        let dir = dir.to_owned();
        let cause = error.to_string();
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Locked { dir },
            TantivyError::IncompatibleIndex(_) => Self::Corrupt { dir, cause },
            TantivyError::OpenWriteError(_)
            | TantivyError::LockFailure(..)
            | TantivyError::SystemError(_) => Self::Io { dir, cause },
            TantivyError::IoError(ref io) if is_of_the_system(io) => Self::Io { dir, cause },
            TantivyError::OpenReadError(OpenReadError::IoError { ref io_error, .. })
                if is_of_the_system(io_error) =>
            {
                Self::Io { dir, cause }
            }
            TantivyError::ErrorInThread(_) | TantivyError::Poisoned => Self::Io { dir, cause },
            _ => Self::Corrupt { dir, cause },
        }
    }
    pub(crate) fn io(dir: &Path, error: impl std::fmt::Display) -> Self {
        Self::Io { dir: dir.to_owned(), cause: error.to_string() }
    }
}

/// A full disk, a refused permission: nothing that the bytes of the index could cause.
fn is_of_the_system(error: &std::io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| code != 2)
}

/// Why a query means nothing. Positions are characters of the composed (NFC) query, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No word and no filter.
    #[error("the query has no word to search for")]
    Empty,
    /// Too much text.
    #[error("the query has {bytes} bytes; at most {max} are taken")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Too many words.
    #[error("more than {max} words, counted up to character {at}")]
    TooManyWords {
        /// Where the first word too many stands.
        at: usize,
        /// Words allowed.
        max: usize,
    },
    /// `*` or `?` in or at a word: not understood, and dropping it would change the meaning.
    #[error("“{sign}” at character {at}: incomplete words cannot be searched for; write the whole word")]
    Wildcard {
        /// The character.
        sign: char,
        /// Where.
        at: usize,
    },
    /// A filter that is known with a value that is not.
    #[error("“{value}” at character {at} is no value for {field}: expected {expected}")]
    BadValue {
        /// The filter as it is called here.
        field: &'static str,
        /// What was given.
        value: String,
        /// Where the value starts.
        at: usize,
        /// What could stand there.
        expected: &'static str,
    },
}
