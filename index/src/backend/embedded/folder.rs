//! The folder of an index: its stamp, opening, making anew. docs/format/index.md.

use super::schema::{self, Fields};
use crate::backend::SCHEMA_VERSION;
use crate::error::IndexError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::{Index, IndexSettings};
use vitext::syllable::ANALYZER;

const STAMP: &str = "hoso-index.txt";
/// The engine's list of segments: replaced as a whole by each commit.
const META: &str = "meta.json";

/// What the stamp of this program's indexes says. The engine's name stands in it because its files are its own.
fn stamp() -> String {
    format!("hoso-index schema={SCHEMA_VERSION} analyzer={ANALYZER} engine=tantivy-0.27\n")
}

/// Opens an index that must be there.
pub(super) fn open(dir: &Path) -> Result<(Index, Fields), IndexError> {
    let Some(found) = read_stamp(dir)? else {
        let missing = !dir.join(META).exists();
        return Err(match missing {
            true => IndexError::Missing { dir: dir.to_owned() },
            false => version_error(dir, "an index without a stamp"),
        });
    };
    check_stamp(dir, &found)?;
    guarded(dir, || {
        let (schema, fields) = schema::build();
        let index = Index::open_in_dir(dir).map_err(|e| IndexError::from_engine(dir, e))?;
        if index.schema() != schema {
            return Err(IndexError::Corrupt { dir: dir.to_owned(), cause: "its fields are not ours".into() });
        }
        schema::register_tokenizer(&index);
        Ok((index, fields))
    })
}

/// Opens an index, or makes an empty one where there is none; a folder left half-made is made whole.
pub(super) fn open_or_create(dir: &Path) -> Result<(Index, Fields), IndexError> {
    std::fs::create_dir_all(dir).map_err(|e| IndexError::io(dir, e))?;
    let stamped = read_stamp(dir)?;
    if let Some(found) = &stamped {
        check_stamp(dir, found)?;
    }
    if dir.join(META).exists() {
        return open(dir);
    }
    if segment_files(dir)?.next().is_some() {
        let cause = format!("{META} is missing");
        return Err(IndexError::Corrupt { dir: dir.to_owned(), cause });
    }
    let files = MmapDirectory::open(dir).map_err(|e| IndexError::from_engine(dir, e.into()))?;
    if stamped.is_none() {
        files.atomic_write(Path::new(STAMP), stamp().as_bytes()).map_err(|e| IndexError::io(dir, e))?;
        files.sync_directory().map_err(|e| IndexError::io(dir, e))?;
    }
    let (schema, _) = schema::build();
    Index::create(files, schema, IndexSettings::default()).map_err(|e| IndexError::from_engine(dir, e))?;
    open(dir)
}

/// Removes the files of an index, whatever their state or version, and nothing else.
pub(super) fn clear(dir: &Path) -> Result<(), IndexError> {
    if !dir.exists() {
        return Ok(());
    }
    let io = |e| IndexError::io(dir, e);
    let files = MmapDirectory::open(dir).map_err(|e| IndexError::from_engine(dir, e.into()))?;
    let lock = files.acquire_lock(&INDEX_WRITER_LOCK);
    let _lock = lock.map_err(|_| IndexError::Locked { dir: dir.to_owned() })?;
    // The list of segments goes first and the stamp last: a stop in between leaves what `open_or_create` refuses.
    for name in [META, ".managed.json"] {
        remove_if_there(&dir.join(name)).map_err(io)?;
    }
    for path in segment_files(dir)? {
        remove_if_there(&path).map_err(io)?;
    }
    remove_if_there(&dir.join(STAMP)).map_err(io)?;
    files.sync_directory().map_err(io)
}

/// The list of segments, as it is now.
pub(super) fn read_meta(dir: &Path) -> Result<Vec<u8>, IndexError> {
    std::fs::read(dir.join(META)).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            IndexError::Corrupt { dir: dir.to_owned(), cause: format!("{META} is missing") }
        }
        _ => IndexError::io(dir, e),
    })
}

/// How often a look is taken again at what changes under it.
const LOOKS: u32 = 20;

/// Looks at list and segments together. Where another index took the folder's place between the two (a rebuild), or the writer replaced a
/// segment, it is looked again: only what fails while nothing changes is damage.
pub(super) fn steady<T>(
    dir: &Path,
    mut look: impl FnMut() -> Result<T, IndexError>,
) -> Result<T, IndexError> {
    for _ in 1..LOOKS {
        let before = read_meta(dir).ok();
        match look() {
            Err(_) if read_meta(dir).ok() != before => {}
            seen => return seen,
        }
    }
    look()
}

/// Runs engine code on files that may be damaged in ways it does not expect: its panic is damage, not the end of us.
pub(super) fn guarded<T>(dir: &Path, work: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the engine failed");
        Err(IndexError::Corrupt { dir: dir.to_owned(), cause: said.to_owned() })
    })
}

fn read_stamp(dir: &Path) -> Result<Option<String>, IndexError> {
    match std::fs::read(dir.join(STAMP)) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(IndexError::io(dir, e)),
    }
}

fn check_stamp(dir: &Path, found: &str) -> Result<(), IndexError> {
    if found == stamp() { Ok(()) } else { Err(version_error(dir, found)) }
}

fn version_error(dir: &Path, found: &str) -> IndexError {
    let wanted = stamp().trim().to_owned();
    IndexError::Version { dir: dir.to_owned(), found: found.trim().to_owned(), wanted }
}

/// Files named as the engine names a segment's: 32 hexadecimal digits and an ending.
fn segment_files(dir: &Path) -> Result<impl Iterator<Item = std::path::PathBuf>, IndexError> {
    let entries = std::fs::read_dir(dir).map_err(|e| IndexError::io(dir, e))?;
    let is_segment = |name: &str| {
        name.split_once('.')
            .is_some_and(|(id, _)| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    Ok(entries.filter_map(move |entry| {
        let entry = entry.ok()?;
        entry.file_name().to_str().is_some_and(is_segment).then(|| entry.path())
    }))
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
