//! What a backup reads: the case files as their root inventories have them, each whole, and what lies beside them.
//!
//! Takes no lock. Committed versions never change, so an inventory says which files belong together, whatever a writer does
//! meanwhile. Which objects there are, and up to which version, is settled before the first is read (`cut`). What lies
//! beside `ocfl/` comes before that where it is small enough to be held: then nothing there speaks of a version that the
//! snapshot lacks.

use super::BackupError;
use super::cut::{Cut, cut};
use super::loss::Loss;
use super::opening::{Bytes, Opening, Shared};
use super::run::{Meter, Run};
use crate::error::reading;
use crate::inventory::{
    INVENTORY, OBJECT_DECLARATION, SIDECAR, read_head, read_limited, read_vouched, sidecar_digest, sidecar_of,
};
use crate::walk::{belongs_to_root, is_declaration, list};
use crate::{ArchiveReader, StoreError, VersionNo};
use record::{Sha512, Timestamp};
use rustic_core::repofile::{Metadata, Node, NodeType};
use rustic_core::{ReadSource, ReadSourceEntry, RusticResult};
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Longest file beside `ocfl/` that is read at the beginning.
const HELD_BYTES: u64 = 64 << 10;
/// Longest sidecar.
const SIDECAR_BYTES: u64 = 4096;

/// Everything that goes into a snapshot.
pub(super) struct Source {
    root: PathBuf,
    beside: Vec<Entry>,
    cut: Arc<Cut>,
    shared: Shared,
}

/// One file of the snapshot.
#[derive(Clone)]
struct Entry {
    /// Below the archive's folder.
    path: PathBuf,
    meta: Metadata,
    bytes: Bytes,
}

impl Source {
    /// `beside` are files and folders below the archive's folder, read in this order as far as they are held; those that are
    /// missing, or came with an earlier one, are left out. Objects without an inventory that can be trusted are noted as
    /// left out.
    pub(super) fn new(
        archive: &ArchiveReader,
        beside: &[PathBuf],
        run: Arc<Run>,
        meter: Arc<Meter>,
    ) -> Result<Source, StoreError> {
        let root = archive.root().to_owned();
        let mut entries: Vec<Entry> = Vec::new();
        for path in beside {
            let mut found = Vec::new();
            collect(&root, path, None, &mut found)?;
            for entry in &mut found {
                hold(entry)?;
            }
            entries.extend(found);
        }
        // Stable: of two with one path the one that was read first stays.
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|later, first| later.path == first.path);
        let cut = cut(archive, &run)?;
        meter.all.store(cut.len() as u64, Ordering::Relaxed);
        Ok(Source { root, beside: entries, cut: Arc::new(cut), shared: Shared { run, meter } })
    }
}

/// Reads a small file. One that is gone may be a partial file of a log: see [`full_of`].
fn hold(entry: &mut Entry) -> Result<(), StoreError> {
    let Bytes::OnDisk { file, .. } = &entry.bytes else { return Ok(()) };
    if entry.meta.size > HELD_BYTES {
        return Ok(());
    }
    match read_limited(file, HELD_BYTES) {
        Err(StoreError::Read { source, .. })
            if source.kind() == io::ErrorKind::NotFound && full_of(file).is_some() => {}
        bytes => {
            let bytes = bytes?;
            entry.meta.size = bytes.len() as u64;
            entry.bytes = Bytes::Held(bytes);
        }
    }
    Ok(())
}

/// Of a partial file of a log, `X.p/N`, the full one, `X`: it begins with the same bytes, and is there when the partial one
/// is removed (c2sp.org/tlog-tiles).
pub(super) fn full_of(file: &Path) -> Option<PathBuf> {
    let folder = file.parent().filter(|folder| folder.extension().is_some_and(|ending| ending == "p"))?;
    Some(folder.with_extension(""))
}

/// Every ordinary file at or below a path, with nothing to vouch for it; links are not followed. `object`: whose it is.
fn collect(
    root: &Path,
    path: &Path,
    object: Option<&Path>,
    entries: &mut Vec<Entry>,
) -> Result<(), StoreError> {
    let file = root.join(path);
    let meta = match fs::symlink_metadata(&file) {
        Ok(meta) => meta,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(reading(&file)(e)),
    };
    if meta.is_dir() {
        let inside = match list(&file) {
            // Removed since its parent was listed.
            Err(StoreError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Vec::new(),
            listed => listed?,
        };
        for inside in inside {
            collect(root, &path.join(inside.file_name().unwrap_or_default()), object, entries)?;
        }
        if path.extension().is_some_and(|ending| ending == "p") {
            // In place of those that were removed meanwhile: see [`full_of`].
            collect(root, &path.with_extension(""), object, entries)?;
        }
    } else if meta.is_file() && !is_temporary(path) {
        let bytes = Bytes::OnDisk { file, sha512: None, object: object.map(Path::to_owned) };
        entries.push(Entry { path: path.to_owned(), meta: metadata(&meta), bytes });
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

/// The files of an object up to a version, as its inventory has them, in the order of their paths.
fn files_of(ocfl: &Path, object: &Path, newest: VersionNo) -> Result<Vec<Entry>, StoreError> {
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
        let bytes = Bytes::OnDisk { file, sha512: Some(sha512), object: Some(object.to_owned()) };
        Ok::<_, StoreError>(Entry { path: below.join(name), meta, bytes })
    };
    let mut head = read_head(&folder)?;
    if head.inventory.head() > newest {
        // What was the root inventory then.
        head = read_vouched(&folder.join(newest.to_string()))?;
    }
    if head.inventory.head() != newest {
        return Err(damaged(&folder.join(INVENTORY), &format!("it is not that of {newest}")));
    }
    let declaration = folder.join(OBJECT_DECLARATION.0);
    let declared = read_limited(&declaration, 64)?;
    if declared != OBJECT_DECLARATION.1.as_bytes() {
        return Err(damaged(&declaration, "it is not what declares an object"));
    }
    let mut entries = vec![held(OBJECT_DECLARATION.0, ordinary(&declaration)?, declared)];
    for version in (1..=newest.get()).map(|no| format!("v{no}")) {
        let sidecar = folder.join(&version).join(SIDECAR);
        let bytes = read_limited(&sidecar, SIDECAR_BYTES)?;
        let sha512 = sidecar_digest(&bytes).ok_or_else(|| damaged(&sidecar, "it states no SHA-512"))?;
        entries.push(stated(&format!("{version}/{INVENTORY}"), sha512)?);
        entries.push(held(&format!("{version}/{SIDECAR}"), ordinary(&sidecar)?, bytes));
    }
    let newest = folder.join(newest.to_string());
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
        Some(object),
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
        let (cut, shared) = (self.cut.clone(), self.shared.clone());
        Entries { open: vec![ocfl.clone()], ocfl, cut, ready, after, shared }
    }
}

/// Goes through the archive in the order of paths. Keeps the files of one object.
pub(super) struct Entries {
    ocfl: PathBuf,
    cut: Arc<Cut>,
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
                let open = Opening::new(bytes, meta.size, self.shared.clone());
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
                collect(archive, &Path::new("ocfl").join(&below), None, &mut found)?;
                self.ready.extend(found);
            }
            return Ok(());
        }
        let inside = list(&path)?;
        if !inside.iter().any(|path| is_declaration(path)) {
            self.open.extend(inside);
            return Ok(());
        }
        // What is not in the cut came after it.
        let Some(newest) = self.cut.get(&below) else { return Ok(()) };
        let Shared { run, meter } = &self.shared;
        meter.add(&meter.cases, 1);
        if let Some(newest) = newest
            && !run.is_left_out(&below)
        {
            match files_of(&self.ocfl, &below, *newest) {
                Ok(entries) => self.ready.extend(entries),
                Err(error) => run.leave_out(Loss::of(below, &error)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Archive, VersionInfo};
    use record::ObjectId;

    fn store(archive: &Archive, id: &str, content: &str) {
        let mut draft = archive.begin(&ObjectId::new(id).unwrap()).unwrap();
        draft.add_bytes("a", content.as_bytes()).unwrap();
        let created = "2026-11-21T08:30:00Z".parse().unwrap();
        let (user_name, user_address) = ("hoso".into(), "urn:x:station".into());
        draft.commit(&VersionInfo { created, message: "m".into(), user_name, user_address }).unwrap();
    }

    #[test]
    fn what_is_stored_after_the_cut_is_not_in_the_snapshot() {
        let scratch = tempfile::tempdir().unwrap();
        let archive = Archive::create(&scratch.path().join("kho")).unwrap();
        store(&archive, "urn:x:1", "one");
        let (run, meter) = (Arc::new(Run::default()), Arc::new(Meter::default()));
        let source = Source::new(&archive, &[], run.clone(), meter.clone()).unwrap();
        store(&archive, "urn:x:1", "two");
        for id in ["urn:x:2/tap-01", "urn:x:2"] {
            store(&archive, id, "new");
        }
        let found: Vec<PathBuf> = source.entries().map(|entry| entry.unwrap().path).collect();
        let folder = Path::new("ocfl").join(crate::object_folder(&ObjectId::new("urn:x:1").unwrap()));
        let of_objects: Vec<&PathBuf> = found
            .iter()
            .filter(|path| path.components().count() > 4 && !path.starts_with("ocfl/extensions"))
            .collect();
        assert!(of_objects.iter().all(|path| path.starts_with(&folder)), "{of_objects:?}");
        assert!(of_objects.contains(&&folder.join("v1/content/a")), "{of_objects:?}");
        assert!(!of_objects.iter().any(|path| path.starts_with(folder.join("v2"))), "{of_objects:?}");
        assert!(run.may_save() && meter.all.load(Ordering::Relaxed) == 1);
    }

    /// A log that a batch adds to, entry by entry, while a backup goes on.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "plays the writer of a log")]
    fn a_partial_file_that_gives_way_to_the_full_one_is_read_from_that() {
        use rustic_core::ReadSourceOpen;
        use std::io::Read;
        let scratch = tempfile::tempdir().unwrap();
        let archive = Archive::create(&scratch.path().join("kho")).unwrap();
        let bundles = scratch.path().join("kho/tlog/tile/entries");
        fs::create_dir_all(bundles.join("000.p")).unwrap();
        let full: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        fs::write(bundles.join("000.p/200"), &full[..300_000]).unwrap();
        fs::write(scratch.path().join("kho/tlog/checkpoint"), "200").unwrap();
        let (run, meter) = (Arc::new(Run::default()), Arc::new(Meter::default()));
        let beside = ["tlog/checkpoint", "tlog"].map(PathBuf::from);
        let source = Source::new(&archive, &beside, run.clone(), meter).unwrap();
        fs::write(bundles.join("000"), &full).unwrap();
        fs::remove_dir_all(bundles.join("000.p")).unwrap();
        fs::write(scratch.path().join("kho/tlog/checkpoint"), "256").unwrap();
        let mut read = Vec::new();
        for entry in source.entries() {
            let ReadSourceEntry { path, open, .. } = entry.unwrap();
            if path.starts_with("tlog") {
                let mut bytes = Vec::new();
                open.unwrap().open().unwrap().read_to_end(&mut bytes).unwrap();
                read.push((path.display().to_string(), bytes));
            }
        }
        assert!(run.may_save() && run.failure().is_none());
        let names: Vec<&str> = read.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["tlog/checkpoint", "tlog/tile/entries/000.p/200"]);
        assert!(read[0].1 == b"200" && read[1].1 == full[..300_000]);
    }
}
