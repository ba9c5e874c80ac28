//! The single system calls that change the medium. Each is one step of the fault layer.

use crate::faults;
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    faults::step("create", path)?;
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
    faults::created(path);
    Ok(file)
}

pub(crate) fn write_all(file: &mut File, path: &Path, piece: &[u8]) -> io::Result<()> {
    let flip = faults::step("write", path)?;
    faults::dirty(path);
    if flip && !piece.is_empty() {
        let mut altered = piece.to_vec();
        altered[piece.len() / 2] ^= 1;
        return file.write_all(&altered);
    }
    file.write_all(piece)
}

pub(crate) fn truncate(file: &File, path: &Path, length: u64) -> io::Result<()> {
    faults::step("truncate", path)?;
    faults::dirty(path);
    let mut file = file;
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length)).map(|_| ())
}

pub(crate) fn allocate(file: &File, path: &Path, bytes: u64) -> io::Result<()> {
    faults::step("allocate", path)?;
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
        // NFS before 4.2 and many a FUSE: what is written is taken too.
        Err(Errno::OPNOTSUPP) => {
            let mut file = file;
            io::copy(&mut io::repeat(0).take(bytes), &mut file)?;
            file.sync_all()
        }
        result => Ok(result?),
    }
}

pub(crate) fn fsync(file: &File, path: &Path) -> io::Result<()> {
    faults::step("fsync", path)?;
    file.sync_all()?;
    faults::file_synced(path);
    Ok(())
}

/// Everything on the file system that `file_system` is open on; `dir` names it.
pub(crate) fn sync_fs(file_system: &File, dir: &Path) -> io::Result<()> {
    faults::step("sync file system", dir)?;
    rustix::fs::syncfs(file_system)?;
    faults::fs_synced();
    Ok(())
}

pub(crate) fn fsync_dir(path: &Path) -> io::Result<()> {
    faults::step("fsync folder", path)?;
    File::open(path)?.sync_all()?;
    faults::dir_synced(path);
    Ok(())
}

pub(crate) fn mkdir(path: &Path) -> io::Result<()> {
    faults::step("mkdir", path)?;
    fs::create_dir(path)?;
    faults::created(path);
    Ok(())
}

pub(crate) fn rename_noreplace(from: &Path, to: &Path) -> io::Result<()> {
    faults::step("rename", to)?;
    let cwd = rustix::fs::CWD;
    match rustix::fs::renameat_with(cwd, from, cwd, to, rustix::fs::RenameFlags::NOREPLACE) {
        // NFS and many a FUSE do not know the flag. Looking first is enough for whoever holds the lock.
        Err(Errno::INVAL | Errno::NOSYS) => match to.symlink_metadata() {
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(from, to)?,
            Err(error) => return Err(error),
        },
        result => result?,
    }
    faults::renamed(from, to, None);
    Ok(())
}

/// `false`: the file system cannot, and nothing was changed.
pub(crate) fn exchange(a: &Path, b: &Path) -> io::Result<bool> {
    use rustix::io::Errno;
    faults::step("exchange", b)?;
    let cwd = rustix::fs::CWD;
    match rustix::fs::renameat_with(cwd, a, cwd, b, rustix::fs::RenameFlags::EXCHANGE) {
        Ok(()) => {
            faults::exchanged(a, b);
            Ok(true)
        }
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

pub(crate) fn rename_replace(from: &Path, to: &Path) -> io::Result<()> {
    faults::step("rename over", to)?;
    let replaced = faults::content_before(to);
    fs::rename(from, to)?;
    faults::renamed(from, to, replaced);
    Ok(())
}

pub(crate) fn unlink(path: &Path) -> io::Result<()> {
    faults::step("unlink", path)?;
    let content = faults::content_before(path);
    fs::remove_file(path)?;
    faults::removed(path, content);
    Ok(())
}

pub(crate) fn rmdir(path: &Path) -> io::Result<()> {
    faults::step("rmdir", path)?;
    fs::remove_dir(path)?;
    faults::removed(path, None);
    Ok(())
}
