//! The bytes of a file while they are read for a snapshot. What cannot be read, or is not what was stored, is noted before
//! the library hears of it: it would only warn, and save the snapshot without the file.

use super::BackupError;
use super::loss::Loss;
use super::run::{Meter, Run};
use super::source::full_of;
use crate::StoreError;
use crate::error::reading;
use crate::inventory::digest_of;
use record::Sha512;
use rustic_core::{ErrorKind, ReadSourceOpen, RusticError, RusticResult};
use sha2::Digest;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the bytes of a file come from.
#[derive(Clone)]
pub(super) enum Bytes {
    /// Read already.
    Held(Vec<u8>),
    /// As many as the file had when it was listed.
    OnDisk {
        file: PathBuf,
        /// What an inventory states; `None` where nothing vouches for them.
        sha512: Option<Sha512>,
        /// The folder (below `ocfl/`) of the object whose they are; `None` of what lies beside the objects.
        object: Option<PathBuf>,
    },
}

/// What is shared with the threads of the library.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) run: Arc<Run>,
    pub(super) meter: Arc<Meter>,
}

/// A file that may be opened.
pub(super) struct Opening {
    bytes: Bytes,
    length: u64,
    shared: Shared,
}

impl Opening {
    pub(super) fn new(bytes: Bytes, length: u64, shared: Shared) -> Opening {
        Opening { bytes, length, shared }
    }
}

impl ReadSourceOpen for Opening {
    type Reader = Box<dyn Read + Send>;

    fn open(self) -> RusticResult<Self::Reader> {
        let Opening { bytes, length, shared } = self;
        let (path, sha512, object) = match bytes {
            Bytes::Held(bytes) => return Ok(Box::new(Cursor::new(bytes))),
            Bytes::OnDisk { file, sha512, object } => (file, sha512, object),
        };
        let owner = Owner { object, path, shared };
        // The library may not ask for the bytes of an empty file.
        let opened = match length == 0 && sha512.is_some_and(|stated| stated != digest_of(b"")) {
            true => Err(owner.damaged("it is empty")),
            false => open_listed(&owner.path).map_err(|error| owner.lost(error)),
        };
        match opened {
            Ok(file) => {
                let hash = sha512.map(|stated| (sha2::Sha512::new(), stated));
                Ok(Box::new(Checked { file, left: length, hash, is_done: false, owner }))
            }
            Err(error) => {
                let error = RusticError::with_source(ErrorKind::InputOutput, "cannot read `{path}`", error);
                Err(error.attach_context("path", owner.path.display().to_string()))
            }
        }
    }
}

/// A file that was listed, or the one that took its place.
fn open_listed(path: &Path) -> io::Result<File> {
    match (durable::open_file(path), full_of(path)) {
        (Err(error), Some(full)) if error.kind() == io::ErrorKind::NotFound => durable::open_file(&full),
        (opened, _) => opened,
    }
}

/// Whose a file is, and so what its loss means.
struct Owner {
    object: Option<PathBuf>,
    path: PathBuf,
    shared: Shared,
}

impl Owner {
    /// Notes that the file cannot be read: its object is left out; of what lies beside, nothing may be lacking.
    fn lost(&self, error: io::Error) -> io::Error {
        let again = io::Error::new(error.kind(), error.to_string());
        self.note(reading(&self.path)(again));
        error
    }

    /// Notes that it is not what it should be.
    fn damaged(&self, why: &str) -> io::Error {
        let error = StoreError::Damaged { path: self.path.clone(), why: why.to_owned() };
        let told = io::Error::new(io::ErrorKind::InvalidData, error.to_string());
        self.note(error);
        told
    }

    fn note(&self, error: StoreError) {
        match &self.object {
            Some(object) => self.shared.run.leave_out(Loss::of(object.clone(), &error)),
            None => self.shared.run.fail(BackupError::Archive(error)),
        }
    }
}

/// Passes on the bytes of a file, the last ones only if there are as many as were listed and all have the digest stated.
struct Checked {
    file: File,
    left: u64,
    hash: Option<(sha2::Sha512, Sha512)>,
    is_done: bool,
    owner: Owner,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Shared { run, meter } = &self.owner.shared;
        if meter.is_stopped() {
            run.fail(BackupError::Interrupted);
            return Err(io::Error::other("interrupted"));
        }
        if self.is_done || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let n = match self.file.read(&mut buffer[..most]) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => return Err(self.owner.lost(error)),
        };
        if let Some((hash, _)) = &mut self.hash {
            hash.update(&buffer[..n]);
        }
        meter.add(&meter.bytes, n as u64);
        self.left -= n as u64;
        if n > 0 && self.left > 0 {
            return Ok(n);
        }
        self.is_done = true;
        if self.left > 0 {
            return Err(self.owner.damaged("it has become shorter"));
        }
        if let Some((hash, stated)) = self.hash.take()
            && Sha512(hash.finalize().into()) != stated
        {
            return Err(self.owner.damaged("its SHA-512 is not that of the inventory"));
        }
        Ok(n)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests make files")]
mod tests {
    use super::*;

    fn read(bytes: Bytes, length: u64) -> (Shared, bool) {
        let shared = Shared { run: Arc::default(), meter: Arc::default() };
        let opened = Opening::new(bytes, length, shared.clone()).open();
        let is_read = opened.is_ok_and(|mut file| file.read_to_end(&mut Vec::new()).is_ok());
        (shared, is_read)
    }

    #[test]
    fn what_is_lost_while_it_is_read_is_noted() {
        let scratch = tempfile::tempdir().unwrap();
        let short = scratch.path().join("short");
        std::fs::write(&short, "x").unwrap();
        // Opens, and then fails with EIO; ends too early; cannot be opened.
        for file in [PathBuf::from("/proc/self/mem"), short, scratch.path().join("none")] {
            let beside = Bytes::OnDisk { file: file.clone(), sha512: None, object: None };
            let (shared, is_read) = read(beside, 100_000);
            assert!(!is_read && !shared.run.may_save(), "{file:?}");
            let failure = shared.run.failure();
            assert!(matches!(failure, Some(BackupError::Archive(_))), "{file:?}: {failure:?}");
            // The log of an object takes this object with it, not the backup.
            let log = Bytes::OnDisk { file: file.clone(), sha512: None, object: Some("a".into()) };
            let (shared, is_read) = read(log, 100_000);
            assert!(!is_read && !shared.run.may_save(), "{file:?}");
            assert!(shared.run.failure().is_none() && shared.run.left_out().len() == 1, "{file:?}");
        }
    }
}
