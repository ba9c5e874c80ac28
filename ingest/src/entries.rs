//! What lies in a folder, in natural order, with links and special files told apart.

use crate::names::{archive_name, is_system_litter, natural_order};
use std::fs::FileType;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// One entry of a folder.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    /// NFC, printable.
    pub(crate) name: String,
    /// The name on disk is not what the archive writes.
    pub(crate) odd_name: bool,
    pub(crate) kind: EntryKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Folder,
    /// A link, FIFO, socket or device: named, never followed.
    Other(&'static str),
}

/// The entries of a folder in natural order; what operating systems leave there is passed over.
pub(crate) fn read(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (name, odd_name) = archive_name(&entry.file_name());
        if !is_system_litter(&name) {
            entries.push(Entry { path: entry.path(), name, odd_name, kind: kind(entry.file_type()?) });
        }
    }
    // Two names on disk may become one in NFC: the bytes on disk decide then, so that the order is total.
    entries.sort_by(|a, b| natural_order(&a.name, &b.name).then_with(|| a.path.cmp(&b.path)));
    Ok(entries)
}

fn kind(file_type: FileType) -> EntryKind {
    if file_type.is_file() {
        EntryKind::File
    } else if file_type.is_dir() {
        EntryKind::Folder
    } else if file_type.is_symlink() {
        EntryKind::Other("symbolic link")
    } else if file_type.is_fifo() {
        EntryKind::Other("FIFO")
    } else if file_type.is_socket() {
        EntryKind::Other("socket")
    } else {
        EntryKind::Other("device")
    }
}
