//! Goes through a storage root, folder by folder, and tells objects from what does not belong there.

use crate::StoreError;
use crate::error::reading;
use std::fs;
use std::path::{Path, PathBuf};

/// What lies in a storage root.
#[derive(Debug)]
pub(crate) enum Found {
    /// A folder with an object's declaration.
    Object(PathBuf),
    /// A file that belongs to no object.
    Stray(PathBuf),
    /// A folder without anything.
    EmptyFolder(PathBuf),
}

/// In the order of names, lazily: a folder is listed when its turn comes.
pub(crate) struct Walk {
    /// What is still to be looked at, next one last.
    open: Vec<PathBuf>,
}

impl Walk {
    pub(crate) fn over(root: &Path) -> Result<Walk, StoreError> {
        let mut walk = Walk { open: Vec::new() };
        walk.open = list(root)?;
        walk.open.retain(|path| !belongs_to_root(path));
        Ok(walk)
    }
}

impl Iterator for Walk {
    type Item = Result<Found, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(path) = self.open.pop() {
            let is_dir = match fs::symlink_metadata(&path) {
                Ok(meta) => meta.is_dir(),
                Err(e) => return Some(Err(reading(&path)(e))),
            };
            if !is_dir {
                return Some(Ok(Found::Stray(path)));
            }
            let inside = match list(&path) {
                Ok(inside) => inside,
                Err(e) => return Some(Err(e)),
            };
            if inside.is_empty() {
                return Some(Ok(Found::EmptyFolder(path)));
            }
            if inside.iter().any(|path| is_declaration(path)) {
                return Some(Ok(Found::Object(path)));
            }
            self.open.extend(inside);
        }
        None
    }
}

/// What a storage root holds beside objects: its own files, the extensions, and copies of the specification.
pub(crate) fn belongs_to_root(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == "extensions"
        || name.starts_with("0=ocfl_1.")
        || name == "ocfl_layout.json"
        || (name.starts_with("ocfl_1.") || name.starts_with("0003-hash-and-id-n-tuple-storage-layout."))
            && !path.is_dir()
}

pub(crate) fn is_declaration(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("0=ocfl_object_"))
}

/// Names in reverse order, so that the last one is taken first.
pub(crate) fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = fs::read_dir(dir).map_err(reading(dir))?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|e| e.path())).collect();
    let mut paths = paths.map_err(reading(dir))?;
    paths.sort_by(|a, b| b.cmp(a));
    Ok(paths)
}
