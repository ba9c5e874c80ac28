//! Many small files that nobody is led to yet.

use crate::digest::{Checksum, first_altered};
use crate::error::at;
use crate::tree::parent;
use crate::{DurableError, fsync_dir, stage_dir, sys};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Writes files below a folder that is there, at paths relative to it, whose names mean nothing to a reader until something
/// else, written later, leads to them. Returns when all of them and every folder between, made where it is missing, are on
/// the medium; then they are read back from it. A file that is there already is what a stop left and is replaced, and a
/// folder that a stop left is synced too. Written in the order given.
///
/// One sync for each file and each folder, after everything is written: a batch costs little more than its largest file.
pub fn write_unseen(within: &Path, files: &[(PathBuf, &[u8])]) -> Result<(), DurableError> {
    let files: Vec<(PathBuf, &[u8])> =
        files.iter().map(|(path, bytes)| (within.join(path), *bytes)).collect();
    let mut folders = BTreeSet::new();
    for (path, bytes) in &files {
        stage_dir(parent(path))?;
        folders.extend(path.ancestors().skip(1).take_while(|folder| folder.starts_with(within)));
        let mut file = create(path)?;
        sys::write_all(&mut file, path, bytes).map_err(at("write", path))?;
    }
    for (path, _) in &files {
        let file = File::open(path).map_err(at("open", path))?;
        sys::fsync(&file, path).map_err(at("sync", path))?;
    }
    for folder in folders {
        fsync_dir(folder)?;
    }
    match first_altered(files.iter().map(|(path, bytes)| (path.clone(), Checksum::of(bytes))))? {
        Some(path) => Err(DurableError::Altered { path }),
        None => Ok(()),
    }
}

fn create(path: &Path) -> Result<File, DurableError> {
    match sys::create_new(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            sys::unlink(path).map_err(at("replace", path))?;
            sys::create_new(path).map_err(at("create", path))
        }
        other => other.map_err(at("create", path)),
    }
}
