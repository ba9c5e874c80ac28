use crate::digest::{CHUNK, Hashing, drop_cached, first_altered};
use crate::error::at;
use crate::tree::parent;
use crate::{Digests, DurableError, fsync_dir, sys};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file being written under a temporary name, hashed on the way. Dropped before [`Staged::seal`] it is removed.
pub struct Staged {
    file: File,
    temp: Temp,
    hashing: Hashing,
    failed: bool,
}

/// A file that is written whole, neither synced nor compared yet, still under its temporary name. Dropped before it is
/// put anywhere it is removed.
#[derive(Debug)]
pub struct WrittenFile {
    temp: Temp,
    digests: Digests,
}

/// A file that is written, synced and has been read back from the medium, still under its temporary name.
/// Dropped before it is put anywhere it is removed.
#[derive(Debug)]
pub struct SealedFile {
    temp: Temp,
    digests: Digests,
}

/// A name that is unlinked when dropped, unless it was given away.
#[derive(Debug)]
struct Temp(Option<PathBuf>);

impl Temp {
    fn path(&self) -> &Path {
        self.0.as_deref().expect("given away only by value")
    }
    fn give_away(mut self) -> PathBuf {
        self.0.take().expect("given away only by value")
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // Best effort: after a power cut the leftover stays under a name that starts with TEMP_PREFIX.
            let _ = sys::unlink(&path);
        }
    }
}

const TEMP_PREFIX: &str = ".tmp-";

fn temp_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{TEMP_PREFIX}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Staged {
    /// Begins a file under a temporary name (`.tmp-…`) in `dir`, which must be on the file system of its final
    /// place.
    pub fn create_in(dir: &Path) -> Result<Staged, DurableError> {
        loop {
            let path = dir.join(temp_name());
            match sys::create_new(&path) {
                Ok(file) => return Ok(Self::of(file, path)),
                // Left by an earlier process with the same number: take the next name.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(at("create", &path)(e)),
            }
        }
    }

    fn of(file: File, path: PathBuf) -> Staged {
        Staged { file, temp: Temp(Some(path)), hashing: Hashing::default(), failed: false }
    }

    /// Adds everything the reader gives. A failing reader is [`DurableError::Source`].
    pub fn copy_from(&mut self, reader: &mut dyn Read) -> Result<(), DurableError> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let n = match fill(reader, &mut chunk) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(source) => {
                    return Err(DurableError::Source { path: self.temp.path().to_owned(), source });
                }
            };
            self.add(&chunk[..n]).map_err(at("write", self.temp.path()))?;
        }
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.hashing.bytes()
    }

    fn add(&mut self, piece: &[u8]) -> io::Result<()> {
        sys::write_all(&mut self.file, self.temp.path(), piece).inspect_err(|_| self.failed = true)?;
        self.hashing.update(piece);
        Ok(())
    }

    /// Ends the file for a tree that is settled as a whole later. The kernel is asked to begin writing it.
    pub fn finish(self) -> Result<WrittenFile, DurableError> {
        self.check()?;
        drop_cached(&self.file);
        Ok(WrittenFile { temp: self.temp, digests: self.hashing.finish() })
    }

    fn check(&self) -> Result<(), DurableError> {
        if !self.failed {
            return Ok(());
        }
        let source = io::Error::other("an earlier write to it failed");
        Err(DurableError::Io { op: "seal", path: self.temp.path().to_owned(), source })
    }

    /// Syncs the file, drops it from the cache, reads it back and compares.
    pub fn seal(self) -> Result<SealedFile, DurableError> {
        self.check()?;
        let path = self.temp.path();
        sys::fsync(&self.file, path).map_err(at("sync", path))?;
        drop(self.file);
        let digests = self.hashing.finish();
        if let Some(path) = first_altered([(path.to_owned(), digests.checksum)])? {
            return Err(DurableError::Altered { path });
        }
        Ok(SealedFile { temp: self.temp, digests })
    }
}

impl Write for Staged {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.add(piece).map(|()| piece.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WrittenFile {
    /// What was written.
    pub fn digests(&self) -> Digests {
        self.digests
    }

    /// Gives it its name inside a tree that becomes visible only later; [`DurableError::Exists`] if the name is
    /// taken. Neither bytes nor name are durable before [`crate::StagedTree::settle`].
    pub fn stage_as(self, to: &Path) -> Result<Digests, DurableError> {
        sys::rename_noreplace(self.temp.path(), to).map_err(at("put in place", to))?;
        self.temp.give_away();
        Ok(self.digests)
    }
}

impl SealedFile {
    /// What the medium holds.
    pub fn digests(&self) -> Digests {
        self.digests
    }

    /// Where the bytes are until they are put somewhere.
    pub fn path(&self) -> &Path {
        self.temp.path()
    }

    /// Gives it its name, durably. [`DurableError::Exists`] if the name is taken; the staged file is then gone.
    pub fn put_new(self, to: &Path) -> Result<Digests, DurableError> {
        sys::rename_noreplace(self.temp.path(), to).map_err(at("put in place", to))?;
        let from = self.temp.give_away();
        sync_both(&from, to)?;
        Ok(self.digests)
    }

    /// Gives it its name, durably, in place of what had it before.
    pub fn replace(self, to: &Path) -> Result<Digests, DurableError> {
        sys::rename_replace(self.temp.path(), to).map_err(at("put in place", to))?;
        let from = self.temp.give_away();
        sync_both(&from, to)?;
        Ok(self.digests)
    }
}

fn sync_both(from: &Path, to: &Path) -> Result<(), DurableError> {
    fsync_dir(parent(to))?;
    if parent(from) != parent(to) {
        fsync_dir(parent(from))?;
    }
    Ok(())
}

/// Fills the chunk as far as the reader goes: full chunks keep writes few.
fn fill(reader: &mut dyn Read, chunk: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match reader.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// Stores what the reader gives under a name that must be free, durably: staged beside it, hashed while written,
/// synced, read back from the medium and compared, renamed without replacing. On any error nothing is there.
pub fn put_new(path: &Path, reader: &mut dyn Read) -> Result<Digests, DurableError> {
    let mut staged = Staged::create_in(parent(path))?;
    staged.copy_from(reader)?;
    staged.seal()?.put_new(path)
}

/// Writes a small file whole, durably, in place of what had the name before. A power cut leaves the old bytes or
/// the new ones.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    let mut staged = Staged::create_in(parent(path))?;
    staged.copy_from(&mut &bytes[..])?;
    staged.seal()?.replace(path).map(|_| ())
}

/// As [`write_file`], readable and writable by its owner alone from before the first byte.
pub fn write_secret_file(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    let mut staged = Staged::create_in(parent(path))?;
    let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    staged.file.set_permissions(owner_only).map_err(at("restrict", staged.temp.path()))?;
    staged.copy_from(&mut &bytes[..])?;
    staged.seal()?.replace(path).map(|_| ())
}

/// Writes a file inside a tree that becomes visible only later: created new under its own name, hashed, synced,
/// read back and compared. Its *name* is not durable before [`crate::sync_tree`]. On error the file is removed.
pub fn stage_file(path: &Path, reader: &mut dyn Read) -> Result<Digests, DurableError> {
    let file = sys::create_new(path).map_err(at("create", path))?;
    let mut staged = Staged::of(file, path.to_owned());
    staged.copy_from(reader)?;
    let sealed = staged.seal()?;
    let digests = sealed.digests;
    sealed.temp.give_away();
    Ok(digests)
}
