//! Files that came from elsewhere, in a folder or a zip: what there is, and the bytes of each. Reads only; follows no
//! link.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Deepest nesting of folders that is entered.
pub(crate) const MAX_DEPTH: usize = 64;
/// Most files that are listed.
pub(crate) const MAX_FILES: usize = 1_000_000;

/// A tree of ordinary files.
pub trait Files {
    /// Every file. An error means that nothing could be listed at all.
    fn list(&self) -> io::Result<FileList>;
    /// The bytes of one file of the list.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// What a tree holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileList {
    /// Ordinary files, sorted by path.
    pub files: Vec<ListedFile>,
    /// What is no ordinary file: links, devices, names that are not UTF-8, folders that cannot be entered.
    pub refused: Vec<RefusedFile>,
}

/// An ordinary file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFile {
    /// Relative, `/` between parts.
    pub path: String,
    /// Length in bytes, as stated by folder or zip.
    pub bytes: u64,
}

/// Something that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFile {
    /// Relative, `/` between parts; what is not UTF-8 in it is replaced.
    pub path: String,
    /// Why.
    pub why: String,
}

/// The files below a folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder itself may be reached through a link, nothing below it.
    pub fn open(root: &Path) -> io::Result<Folder> {
        fs::read_dir(root)?;
        Ok(Folder { root: root.to_owned() })
    }

    fn walk(&self, prefix: &str, depth: usize, list: &mut FileList) -> io::Result<()> {
        let mut entries = fs::read_dir(self.root.join(prefix))?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(|entry| entry.file_name());
        for entry in entries {
            if list.files.len() + list.refused.len() >= MAX_FILES {
                return Err(io::Error::other(format!("more than {MAX_FILES} files")));
            }
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let mut refuse = |why: String| list.refused.push(RefusedFile { path: path.clone(), why });
            if entry.file_name().to_str().is_none() {
                refuse("the name is not UTF-8".into());
                continue;
            }
            match entry.metadata() {
                Err(e) => refuse(e.to_string()),
                Ok(meta) if meta.is_file() => list.files.push(ListedFile { path, bytes: meta.len() }),
                Ok(meta) if meta.is_dir() && depth >= MAX_DEPTH => {
                    refuse("too many folders inside one another".into());
                }
                Ok(meta) if meta.is_dir() => {
                    if let Err(e) = self.walk(&format!("{path}/"), depth + 1, list) {
                        list.refused.push(RefusedFile { path, why: e.to_string() });
                    }
                }
                Ok(meta) if meta.is_symlink() => refuse("a symbolic link, not a file".into()),
                Ok(_) => refuse("not an ordinary file".into()),
            }
        }
        Ok(())
    }
}

impl Files for Folder {
    fn list(&self) -> io::Result<FileList> {
        let mut list = FileList::default();
        self.walk("", 1, &mut list)?;
        list.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(list)
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        let mut at = self.root.clone();
        for part in path.split('/') {
            if matches!(part, "" | "." | "..") {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a path inside the folder"));
            }
            at.push(part);
            if at.symlink_metadata()?.is_symlink() {
                return Err(io::Error::other("a symbolic link, not a file"));
            }
        }
        if !at.symlink_metadata()?.is_file() {
            return Err(io::Error::other("not an ordinary file"));
        }
        Ok(Box::new(File::open(&at)?))
    }
}

/// A part of a tree: what lies below a folder of it.
pub struct Below<'a> {
    files: &'a dyn Files,
    prefix: String,
}

impl<'a> Below<'a> {
    /// `prefix` is empty or ends with `/`.
    pub fn new(files: &'a dyn Files, prefix: &str) -> Below<'a> {
        Below { files, prefix: prefix.to_owned() }
    }
}

impl Files for Below<'_> {
    fn list(&self) -> io::Result<FileList> {
        let whole = self.files.list()?;
        let below = |path: &str| path.strip_prefix(&self.prefix).map(str::to_owned);
        let files =
            whole.files.iter().filter_map(|f| Some(ListedFile { path: below(&f.path)?, bytes: f.bytes }));
        let refused = whole
            .refused
            .iter()
            .filter_map(|f| Some(RefusedFile { path: below(&f.path)?, why: f.why.clone() }));
        Ok(FileList { files: files.collect(), refused: refused.collect() })
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        self.files.open(&format!("{}{path}", self.prefix))
    }
}

/// Reads a small file whole; longer than `limit` is an error.
pub(crate) fn read_small(files: &dyn Files, path: &str, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    files.open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("longer than {limit} bytes")));
    }
    Ok(bytes)
}
