//! What a backup reads: the case files as their root inventories have them, each whole, and what lies beside them.
//!
//! Takes no lock. Committed versions never change, so the inventory read when a case file's turn comes says which files belong
//! together, whatever a writer does meanwhile. What lies beside `ocfl/` comes first where it is small enough to be held: then
//! nothing there speaks of a version that the snapshot lacks.

use super::BackupError;
use super::run::{Meter, Run};
use crate::error::reading;
use crate::inventory::{
    INVENTORY, OBJECT_DECLARATION, SIDECAR, digest_of, read_head, read_limited, sidecar_digest, sidecar_of,
};
use crate::walk::{belongs_to_root, is_declaration, list};
use crate::{ArchiveReader, StoreError};
use record::{Sha512, Timestamp};
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustic_core::{ErrorKind, ReadSource, ReadSourceEntry, ReadSourceOpen, RusticError, RusticResult};
use sha2::Digest;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest file beside `ocfl/` that is read at the beginning.
const HELD_BYTES: u64 = 64 << 10;
/// Longest sidecar.
const SIDECAR_BYTES: u64 = 4096;

/// Everything that goes into a snapshot.
pub(super) struct Source {
    root: PathBuf,
    beside: Vec<Entry>,
    shared: Shared,
}

#[derive(Clone)]
struct Shared {
    run: Arc<Run>,
    meter: Arc<Meter>,
}

/// One file of the snapshot.
#[derive(Clone)]
struct Entry {
    /// Below the archive's folder.
    path: PathBuf,
    meta: Metadata,
    bytes: Bytes,
}

/// Where its bytes come from.
#[derive(Clone)]
enum Bytes {
    /// Read already.
    Held(Vec<u8>),
    /// As many as the file had when it was listed; nothing vouches for them.
    AsFound(PathBuf),
    /// Those that an inventory of the object in this folder (below `ocfl/`) states.
    Stated { file: PathBuf, sha512: Sha512, object: PathBuf },
}

impl Source {
    /// `beside` are files and folders below the archive's folder; those that are missing are left out.
    pub(super) fn new(
        archive: &ArchiveReader,
        beside: &[PathBuf],
        run: Arc<Run>,
        meter: Arc<Meter>,
    ) -> Result<Source, StoreError> {
        let root = archive.root().to_owned();
        let mut entries = Vec::new();
        for path in beside {
            collect(&root, path, &mut entries)?;
        }
        for entry in &mut entries {
            if let Bytes::AsFound(file) = &entry.bytes
                && entry.meta.size <= HELD_BYTES
            {
                let bytes = read_limited(file, HELD_BYTES)?;
                entry.meta.size = bytes.len() as u64;
                entry.bytes = Bytes::Held(bytes);
            }
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Source { root, beside: entries, shared: Shared { run, meter } })
    }
}

/// Every ordinary file at or below a path; links are not followed.
fn collect(root: &Path, path: &Path, entries: &mut Vec<Entry>) -> Result<(), StoreError> {
    let file = root.join(path);
    let meta = match fs::symlink_metadata(&file) {
        Ok(meta) => meta,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(reading(&file)(e)),
    };
    if meta.is_dir() {
        for inside in list(&file)? {
            collect(root, &path.join(inside.file_name().unwrap_or_default()), entries)?;
        }
    } else if meta.is_file() && !is_temporary(path) {
        entries.push(Entry { path: path.to_owned(), meta: metadata(&meta), bytes: Bytes::AsFound(file) });
    }
    Ok(())
}

/// Half a file of somebody who is writing.
fn is_temporary(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_string_lossy().starts_with(".tmp-"))
}

fn metadata(meta: &fs::Metadata) -> Metadata {
    let time = |s: i64, ns: i64| Timestamp::new(s, i32::try_from(ns).unwrap_or_default()).ok();
    Metadata {
        mode: Some(meta.mode() & 0o777),
        mtime: time(meta.mtime(), meta.mtime_nsec()),
        ctime: time(meta.ctime(), meta.ctime_nsec()),
        inode: meta.ino(),
        size: meta.len(),
        ..Metadata::default()
    }
}

/// The files of an object, as its root inventory has them, in the order of their paths.
fn files_of(ocfl: &Path, object: &Path) -> Result<Vec<Entry>, StoreError> {
    let folder = ocfl.join(object);
    let below = Path::new("ocfl").join(object);
    let damaged = |path: &Path, why: &str| StoreError::Damaged { path: path.to_owned(), why: why.to_owned() };
    let ordinary = |file: &Path| {
        let meta = fs::symlink_metadata(file).map_err(reading(file))?;
        if meta.is_file() { Ok(metadata(&meta)) } else { Err(damaged(file, "it is no ordinary file")) }
    };
    let held = |name: &str, meta: Metadata, bytes: Vec<u8>| Entry {
        path: below.join(name),
        meta: Metadata { size: bytes.len() as u64, ..meta },
        bytes: Bytes::Held(bytes),
    };
    let stated = |name: &str, sha512: Sha512| {
        let file = folder.join(name);
        let meta = ordinary(&file)?;
        let bytes = Bytes::Stated { file, sha512, object: object.to_owned() };
        Ok::<_, StoreError>(Entry { path: below.join(name), meta, bytes })
    };
    let head = read_head(&folder)?;
    let declaration = folder.join(OBJECT_DECLARATION.0);
    let declared = read_limited(&declaration, 64)?;
    if declared != OBJECT_DECLARATION.1.as_bytes() {
        return Err(damaged(&declaration, "it is not what declares an object"));
    }
    let mut entries = vec![held(OBJECT_DECLARATION.0, ordinary(&declaration)?, declared)];
    for version in (1..=head.inventory.head().get()).map(|no| format!("v{no}")) {
        let sidecar = folder.join(&version).join(SIDECAR);
        let bytes = read_limited(&sidecar, SIDECAR_BYTES)?;
        let sha512 = sidecar_digest(&bytes).ok_or_else(|| damaged(&sidecar, "it states no SHA-512"))?;
        entries.push(stated(&format!("{version}/{INVENTORY}"), sha512)?);
        entries.push(held(&format!("{version}/{SIDECAR}"), ordinary(&sidecar)?, bytes));
    }
    let newest = folder.join(head.inventory.head().to_string());
    let root_sidecar = sidecar_of(&head.bytes).into_bytes();
    entries.push(held(SIDECAR, ordinary(&newest.join(SIDECAR))?, root_sidecar));
    entries.push(held(INVENTORY, ordinary(&newest.join(INVENTORY))?, head.bytes));
    for (sha512, content) in &head.inventory.content {
        for path in &content.paths {
            entries.push(stated(path, *sha512)?);
        }
    }
    collect(
        ocfl.parent().expect("the storage root is in the archive's folder"),
        &below.join("logs"),
        &mut entries,
    )?;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

impl ReadSource for Source {
    type Open = Opening;
    type Iter = Entries;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(None)
    }

    fn entries(&self) -> Entries {
        let ocfl = PathBuf::from("ocfl");
        let (ready, after) = self.beside.iter().cloned().partition(|entry| entry.path < ocfl);
        let ocfl = self.root.join(ocfl);
        Entries { open: vec![ocfl.clone()], ocfl, ready, after, shared: self.shared.clone() }
    }
}

/// Goes through the archive in the order of paths. Keeps the files of one object.
pub(super) struct Entries {
    ocfl: PathBuf,
    /// Next ones.
    ready: VecDeque<Entry>,
    /// Folders and files of the storage root still to be looked at, next one last.
    open: Vec<PathBuf>,
    /// What comes after the storage root.
    after: VecDeque<Entry>,
    shared: Shared,
}

impl Iterator for Entries {
    type Item = RusticResult<ReadSourceEntry<Opening>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.shared.meter.is_stopped() {
                self.shared.run.fail(BackupError::Interrupted);
                return None;
            }
            if let Some(Entry { path, meta, bytes }) = self.ready.pop_front() {
                let node = Node::new_node(path.file_name().unwrap_or_default(), NodeType::File, meta.clone());
                let open = Opening { bytes, length: meta.size, shared: self.shared.clone() };
                return Some(Ok(ReadSourceEntry { path, node, open: Some(open) }));
            }
            let Some(path) = self.open.pop() else {
                self.ready = std::mem::take(&mut self.after);
                if self.ready.is_empty() {
                    return None;
                }
                continue;
            };
            if let Err(error) = self.look_at(path) {
                self.shared.run.fail(BackupError::Archive(error));
                return None;
            }
        }
    }
}

impl Entries {
    fn look_at(&mut self, path: PathBuf) -> Result<(), StoreError> {
        let below = path.strip_prefix(&self.ocfl).unwrap_or(&path).to_owned();
        let meta = fs::symlink_metadata(&path).map_err(reading(&path))?;
        if !meta.is_dir() {
            let top = below.iter().next().unwrap_or_default();
            // What belongs to nobody stays where it is; `verify` names it.
            if belongs_to_root(Path::new(top)) {
                let archive = self.ocfl.parent().expect("the storage root is in the archive's folder");
                let mut found = Vec::new();
                collect(archive, &Path::new("ocfl").join(&below), &mut found)?;
                self.ready.extend(found);
            }
            return Ok(());
        }
        let inside = list(&path)?;
        if !inside.iter().any(|path| is_declaration(path)) {
            self.open.extend(inside);
            return Ok(());
        }
        let Shared { run, meter } = &self.shared;
        meter.add(&meter.cases, 1);
        if !run.is_left_out(&below) {
            match files_of(&self.ocfl, &below) {
                Ok(entries) => self.ready.extend(entries),
                Err(error) => run.leave_out(&below, error.to_string()),
            }
        }
        Ok(())
    }
}

/// A file that may be opened.
pub(super) struct Opening {
    bytes: Bytes,
    length: u64,
    shared: Shared,
}

impl ReadSourceOpen for Opening {
    type Reader = Box<dyn Read + Send>;

    fn open(self) -> RusticResult<Self::Reader> {
        let Opening { bytes, length, shared } = self;
        let unreadable = |file: &Path, error: io::Error| {
            RusticError::with_source(ErrorKind::InputOutput, "cannot read `{path}`", error)
                .attach_context("path", file.display().to_string())
        };
        match bytes {
            Bytes::Held(bytes) => Ok(Box::new(Cursor::new(bytes))),
            Bytes::AsFound(path) => match durable::open_file(&path) {
                Ok(file) => Ok(Box::new(file.take(length))),
                Err(error) => {
                    let again = io::Error::new(error.kind(), error.to_string());
                    shared.run.fail(BackupError::Archive(reading(&path)(again)));
                    Err(unreadable(&path, error))
                }
            },
            // The library may not ask for the bytes of an empty file.
            Bytes::Stated { file, sha512, object } if length == 0 && sha512 != digest_of(b"") => {
                let why = format!("{}: it is empty", file.display());
                shared.run.leave_out(&object, why.clone());
                Err(unreadable(&file, io::Error::new(io::ErrorKind::InvalidData, why)))
            }
            Bytes::Stated { file: path, sha512, object } => match durable::open_file(&path) {
                Ok(file) => Ok(Box::new(Proving {
                    file,
                    left: length,
                    hash: Some(sha2::Sha512::new()),
                    sha512,
                    object,
                    path,
                    shared,
                })),
                Err(error) => {
                    shared.run.leave_out(&object, format!("{}: {error}", path.display()));
                    Err(unreadable(&path, error))
                }
            },
        }
    }
}

/// Passes on the bytes of a file, the last ones only if all have the digest stated.
struct Proving {
    file: File,
    left: u64,
    /// `None` once it is compared.
    hash: Option<sha2::Sha512>,
    sha512: Sha512,
    object: PathBuf,
    path: PathBuf,
    shared: Shared,
}

impl Read for Proving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let meter = &self.shared.meter;
        if meter.is_stopped() {
            self.shared.run.fail(BackupError::Interrupted);
            return Err(io::Error::other("interrupted"));
        }
        let Some(hash) = &mut self.hash else { return Ok(0) };
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let n = match self.file.read(&mut buffer[..most]) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => return Err(self.damaged(&error.to_string())),
        };
        hash.update(&buffer[..n]);
        meter.add(&meter.bytes, n as u64);
        self.left -= n as u64;
        if n > 0 && self.left > 0 || buffer.is_empty() {
            return Ok(n);
        }
        let found = self.hash.take().map(|hash| Sha512(hash.finalize().into()));
        if self.left == 0 && found == Some(self.sha512) {
            return Ok(n);
        }
        Err(self.damaged("its SHA-512 is not that of the inventory"))
    }
}

impl Proving {
    fn damaged(&self, why: &str) -> io::Error {
        let why = format!("{}: {why}", self.path.display());
        self.shared.run.leave_out(&self.object, why.clone());
        io::Error::new(io::ErrorKind::InvalidData, why)
    }
}
