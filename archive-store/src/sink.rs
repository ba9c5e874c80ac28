//! Where an export goes: a folder, or a zip.

use crate::error::reading;
use crate::{StoreError, root};
use durable::{DurableError, Staged};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use record::Timestamp;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Takes the files of an export, one after the other.
pub(crate) trait Sink {
    /// Takes a file; `path` is relative and was not given before.
    fn put(&mut self, path: &str, from: &mut dyn Read) -> Result<(), StoreError>;
}

/// A folder that is written under a name that says that it is unfinished; once all of it is synced, it gets its own. Where the
/// folder is there already, and empty, what was written gets its places one after the other, and the unfinished one goes last.
/// Dropped before [`UnfinishedFolder::finish`] it is removed.
#[derive(Debug)]
pub struct UnfinishedFolder<'a> {
    dest: &'a Path,
    is_there: bool,
    staging: PathBuf,
}

impl Drop for UnfinishedFolder<'_> {
    fn drop(&mut self) {
        // What cannot be removed keeps a name that says what it is.
        if self.staging.exists() {
            let _ = durable::remove_tree(&self.staging);
        }
    }
}

/// The folder that `path` lies in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl<'a> UnfinishedFolder<'a> {
    /// `dest` must be missing or empty: [`StoreError::DestinationNotEmpty`].
    pub fn create(dest: &'a Path) -> Result<UnfinishedFolder<'a>, StoreError> {
        if root::is_non_empty_dir(dest)? {
            return Err(StoreError::DestinationNotEmpty { path: dest.to_owned() });
        }
        let (is_there, unfinished) = (dest.exists(), format!("unfinished-{}", std::process::id()));
        let staging = match is_there {
            true => dest.join(format!(".{unfinished}")),
            false => {
                let name = dest.file_name().unwrap_or_default().to_string_lossy();
                folder_of(dest).join(format!(".{name}.{unfinished}"))
            }
        };
        durable::create_dir_durable(&staging)?;
        Ok(UnfinishedFolder { dest, is_there, staging })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.staging
    }

    /// Gives it its name, durably.
    pub fn finish(self) -> Result<(), StoreError> {
        let staging = &self.staging;
        durable::sync_tree(staging)?;
        if !self.is_there {
            return Ok(durable::rename_noreplace(staging, self.dest)?);
        }
        for entry in std::fs::read_dir(staging).map_err(reading(staging))? {
            let entry = entry.map_err(reading(staging))?;
            durable::rename_noreplace(&entry.path(), &self.dest.join(entry.file_name()))?;
        }
        Ok(())
    }
}

impl Sink for UnfinishedFolder<'_> {
    fn put(&mut self, path: &str, from: &mut dyn Read) -> Result<(), StoreError> {
        let target = self.staging.join(path);
        if let Some(parent) = target.parent() {
            durable::stage_dir(parent)?;
        }
        durable::stage_file(&target, from)?;
        Ok(())
    }
}

/// A zip with one folder at its top. The same files in the same order give the same bytes from the same release: times
/// and permissions are fixed.
pub(crate) struct ZipSink<'a> {
    dest: &'a Path,
    zip: ZipArchiveWriter<Staged>,
    top: String,
    time: UtcDateTime,
}

/// What a zip cannot make smaller.
const COMPRESSED: [&str; 6] = ["jpg", "png", "pdf", "jp2", "zip", "tif"];

impl<'a> ZipSink<'a> {
    /// `dest` must be free; `time` is given to every file.
    pub(crate) fn create(dest: &'a Path, top: &str, time: Timestamp) -> Result<ZipSink<'a>, StoreError> {
        if dest.exists() {
            let path = dest.to_owned();
            return Err(StoreError::Write(DurableError::Exists { op: "write", path }));
        }
        let folder = folder_of(dest);
        durable::create_dir_durable(folder)?;
        let zip = ZipArchiveWriter::new(Staged::create_in(folder)?);
        Ok(ZipSink { dest, zip, top: top.to_owned(), time: UtcDateTime::from_unix(time.as_second()) })
    }

    pub(crate) fn finish(self) -> Result<(), StoreError> {
        let staged = self.zip.finish().map_err(|e| writing(self.dest, io_error(e)))?;
        staged.seal()?.put_new(self.dest)?;
        Ok(())
    }
}

impl Sink for ZipSink<'_> {
    fn put(&mut self, path: &str, from: &mut dyn Read) -> Result<(), StoreError> {
        let failed = |e: io::Error| writing(self.dest, e);
        let name = format!("{}/{path}", self.top);
        let ending = path.rsplit('.').next().unwrap_or_default();
        let level = if COMPRESSED.contains(&ending) { Compression::none() } else { Compression::default() };
        let file = self.zip.new_file(&name).compression_method(CompressionMethod::DEFLATE);
        let file = file.last_modified(self.time).unix_permissions(0o644);
        let (mut entry, config) = file.start().map_err(|e| failed(io_error(e)))?;
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, level));
        let mut chunk = vec![0; 256 << 10];
        loop {
            let n = match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => {
                    let path = PathBuf::from(path);
                    return Err(StoreError::Write(DurableError::Source { path, source }));
                }
            };
            writer.write_all(&chunk[..n]).map_err(failed)?;
        }
        let (encoder, sums) = writer.finish().map_err(|e| failed(io_error(e)))?;
        encoder.finish().map_err(failed)?;
        entry.finish(sums).map_err(|e| failed(io_error(e)))?;
        Ok(())
    }
}

fn writing(path: &Path, source: io::Error) -> StoreError {
    let (op, path) = ("write", path.to_owned());
    StoreError::Write(match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DurableError::NoSpace { op, path },
        _ => DurableError::Io { op, path, source },
    })
}

fn io_error(error: rawzip::Error) -> io::Error {
    match error.into_kind() {
        rawzip::ErrorKind::IO(source) => source,
        other => io::Error::other(rawzip::Error::from(other)),
    }
}
