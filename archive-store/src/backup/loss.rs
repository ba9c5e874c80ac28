use crate::StoreError;
use std::io;
use std::path::PathBuf;

/// Something that is not in a backup, or does not come back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Folder below `ocfl/` of a case file that is left out; of a restore a path below the archive's folder.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: LossKind,
    /// Which file, and the cause, for technicians.
    pub why: String,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossKind {
    /// A file is not there.
    Missing,
    /// The medium does not give it.
    Unreadable,
    /// It is not what was stored.
    Damaged,
}

impl LossKind {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Damaged => "damaged",
        }
    }

    fn of_io(error: &io::Error) -> LossKind {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable,
        }
    }
}

impl Loss {
    /// An object that cannot be stored.
    pub(super) fn of(object: PathBuf, error: &StoreError) -> Loss {
        let kind = match error {
            StoreError::Read { source, .. } => LossKind::of_io(source),
            _ => LossKind::Damaged,
        };
        Loss { path: object, kind, why: error.to_string() }
    }

    /// It does not come back.
    pub(super) fn unreadable(path: PathBuf, why: String) -> Loss {
        Loss { path, kind: LossKind::Unreadable, why }
    }

    /// What comes back is something else.
    pub(super) fn damaged(path: PathBuf, why: String) -> Loss {
        Loss { path, kind: LossKind::Damaged, why }
    }
}
