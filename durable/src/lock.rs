use crate::DurableError;
use crate::error::at;
use rustix::fs::FlockOperation;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// An exclusive lock bound to an open file. The kernel frees it when the holder lets go or dies, however it
/// dies; that the lock *file* exists means nothing.
///
/// It is `flock(2)`, which like `F_OFD_SETLK` belongs to the open file description: two locks on one path
/// exclude each other within a process too, and closing some other handle of the file frees nothing.
///
/// A program started meanwhile has a copy of the handle until it is running, so letting go unlocks explicitly and
/// does not wait for that copy.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock or says [`DurableError::Locked`] at once. Makes the lock file where it is missing; its
    /// folder must exist.
    pub fn try_exclusive(path: &Path) -> Result<Lock, DurableError> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(at("open the lock", path))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Lock { file, path: path.to_owned() }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(DurableError::Locked { path: path.to_owned() }),
            Err(e) => Err(at("lock", path)(e.into())),
        }
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Cannot fail for a handle that holds the lock; closing the file frees it in any case.
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
    }
}
