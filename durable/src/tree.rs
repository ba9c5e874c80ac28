use crate::digest::{Checksum, first_altered};
use crate::error::at;
use crate::{DurableError, sys};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder that holds the name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Makes the names in a folder durable.
pub fn fsync_dir(dir: &Path) -> Result<(), DurableError> {
    sys::fsync_dir(dir).map_err(at("sync folder", dir))
}

/// Makes a folder and its missing ancestors, durably. A folder that exists is left as it is.
pub fn create_dir_durable(dir: &Path) -> Result<(), DurableError> {
    if dir.is_dir() {
        return Ok(());
    }
    create_dir_durable(parent(dir))?;
    create_dir_in_place(dir)
}

/// Makes a folder, durably, in one that is there: no ancestor is made. A folder that exists is left as it is.
pub fn create_dir_in_place(dir: &Path) -> Result<(), DurableError> {
    match sys::mkdir(dir) {
        Ok(()) => fsync_dir(parent(dir)),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        Err(e) => Err(at("make folder", dir)(e)),
    }
}

/// Makes a folder and its missing ancestors inside a tree that becomes visible only later. Not durable before
/// [`sync_tree`].
pub fn stage_dir(dir: &Path) -> Result<(), DurableError> {
    if dir.is_dir() {
        return Ok(());
    }
    stage_dir(parent(dir))?;
    match sys::mkdir(dir) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        other => other.map_err(at("make folder", dir)),
    }
}

/// Renames a file or folder to a free name on the same file system and syncs both parents, the new one first.
pub fn rename_noreplace(from: &Path, to: &Path) -> Result<(), DurableError> {
    sys::rename_noreplace(from, to).map_err(at("move to", to))?;
    sync_parents(from, to)
}

/// Renames a synced file over another and syncs both parents, the new one first.
pub fn rename_replace(from: &Path, to: &Path) -> Result<(), DurableError> {
    sys::rename_replace(from, to).map_err(at("replace", to))?;
    sync_parents(from, to)
}

/// Two files or folders of one file system take each other's name, at one moment, and both parents are synced. `false` where the file
/// system has no such step (network ones have none): nothing was changed then.
pub fn exchange(a: &Path, b: &Path) -> Result<bool, DurableError> {
    let is_done = sys::exchange(a, b).map_err(at("exchange with", b))?;
    if is_done {
        sync_parents(a, b)?;
    }
    Ok(is_done)
}

fn sync_parents(from: &Path, to: &Path) -> Result<(), DurableError> {
    fsync_dir(parent(to))?;
    if parent(from) != parent(to) {
        fsync_dir(parent(from))?;
    }
    Ok(())
}

/// Syncs every file and folder of a tree, deepest first, the top folder last. The name of the top folder itself
/// belongs to its parent.
pub fn sync_tree(dir: &Path) -> Result<(), DurableError> {
    for (path, is_dir) in entries(dir)? {
        if is_dir {
            sync_tree(&path)?;
        } else {
            let file = File::open(&path).map_err(at("open", &path))?;
            sys::fsync(&file, &path).map_err(at("sync", &path))?;
        }
    }
    fsync_dir(dir)
}

/// A tree of many files that becomes visible only later and is made durable as a whole, with one wait in place of one for each.
///
/// Open it before the first file is written: what fails on its way to the medium from then on is reported by
/// [`StagedTree::settle`] (Linux 5.8 and later; before, only what is read back tells).
#[derive(Debug)]
pub struct StagedTree {
    dir: PathBuf,
    file_system: File,
}

impl StagedTree {
    /// The tree in a folder that is there.
    pub fn open(dir: &Path) -> Result<StagedTree, DurableError> {
        let file_system = File::open(dir).map_err(at("open", dir))?;
        Ok(StagedTree { dir: dir.to_owned(), file_system })
    }

    /// Makes everything below it durable with one sync of its file system, then reads `files` back from the medium, one
    /// after the other, and compares them: [`DurableError::Altered`] names the first whose checksum is another. What other
    /// programs have written to the file system meanwhile is waited for too.
    pub fn settle(&self, files: impl IntoIterator<Item = (PathBuf, Checksum)>) -> Result<(), DurableError> {
        sys::sync_fs(&self.file_system, &self.dir).map_err(at("sync the file system of", &self.dir))?;
        match first_altered(files)? {
            Some(path) => Err(DurableError::Altered { path }),
            None => Ok(()),
        }
    }
}

/// Removes a file, durably. One that is not there is no error.
pub fn remove_file(path: &Path) -> Result<(), DurableError> {
    match sys::unlink(path) {
        Ok(()) => fsync_dir(parent(path)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(at("remove", path)(e)),
    }
}

/// Removes a tree of folders if no file is in it; says whether it is gone. Folders without files are removed,
/// those that lead to a file stay.
pub fn remove_empty_tree(dir: &Path) -> Result<bool, DurableError> {
    let mut empty = true;
    for (path, is_dir) in entries(dir)? {
        empty &= is_dir && remove_empty_tree(&path)?;
    }
    if empty {
        sys::rmdir(dir).map_err(at("remove folder", dir))?;
        fsync_dir(parent(dir))?;
    }
    Ok(empty)
}

/// Removes a tree with its files: for work that never became part of anything, and for a case file that two people decided
/// to destroy (`archive-store`, INV-A5).
pub fn remove_tree(dir: &Path) -> Result<(), DurableError> {
    fn clear(dir: &Path) -> Result<(), DurableError> {
        for (path, is_dir) in entries(dir)? {
            if is_dir {
                clear(&path)?;
            } else {
                sys::unlink(&path).map_err(at("remove", &path))?;
            }
        }
        sys::rmdir(dir).map_err(at("remove folder", dir))
    }
    match dir.symlink_metadata() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(at("list", dir)(e)),
        Ok(_) => {}
    }
    clear(dir)?;
    fsync_dir(parent(dir))
}

/// What is in a folder: path and whether it is a folder itself (links are not followed), in order of names.
fn entries(dir: &Path) -> Result<Vec<(PathBuf, bool)>, DurableError> {
    let list = |dir: &Path| -> io::Result<Vec<(PathBuf, bool)>> {
        fs::read_dir(dir)?
            .map(|entry| {
                let entry = entry?;
                Ok((entry.path(), entry.file_type()?.is_dir()))
            })
            .collect()
    };
    let mut found = list(dir).map_err(at("list", dir))?;
    found.sort();
    Ok(found)
}

/// Space on the medium kept free for what must not fail later. Dropping it frees the space for use.
#[derive(Debug)]
pub struct Reservation {
    path: PathBuf,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let _ = sys::unlink(&self.path);
    }
}

/// Takes `bytes` of the medium that holds `dir` (a file `.reserve-…` there), or says
/// [`DurableError::NoSpace`].
pub fn reserve(dir: &Path, bytes: u64) -> Result<Reservation, DurableError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!(".reserve-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = dir.join(name);
    let file = sys::create_new(&path).map_err(at("reserve space with", &path))?;
    let reservation = Reservation { path };
    sys::allocate(&file, &reservation.path, bytes).map_err(at("reserve space with", &reservation.path))?;
    Ok(reservation)
}

/// Bytes an ordinary user may still write on the medium that holds `dir`.
pub fn free_bytes(dir: &Path) -> Result<u64, DurableError> {
    let stat = rustix::fs::statvfs(dir).map_err(|e| at("ask the free space of", dir)(e.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether the folder lies on a network file system (NFS, SMB, 9p, AFS, Ceph, FUSE), where locks, rename and
/// sync mean less than on a local one.
pub fn is_network_fs(dir: &Path) -> Result<bool, DurableError> {
    // linux/magic.h
    const NETWORK: [u32; 12] = [
        0x6969,      // nfs
        0x517B,      // smb
        0xFF53_4D42, // cifs
        0xFE53_4D42, // smb2
        0x0102_1997, // 9p
        0x5346_414F, // afs
        0x00C3_6400, // ceph
        0x7375_7245, // coda
        0x6573_5546, // fuse
        0x0BD0_0BD0, // lustre
        0x4750_4653, // gpfs
        0x786F_4256, // vboxsf
    ];
    let stat = rustix::fs::statfs(dir).map_err(|e| at("ask the file system of", dir)(e.into()))?;
    Ok(NETWORK.contains(&(stat.f_type as u32)))
}
