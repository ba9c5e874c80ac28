//! A package that is a plain folder. Symbolic links are refused, never followed, on the way down too.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, fstat, openat};
use std::os::fd::{AsFd, OwnedFd};

use crate::package::{Listing, PackageFiles, UnreadableFile};

/// Deepest nesting of folders that is entered.
const MAX_DEPTH: usize = 64;
/// Most files that are listed; more than a manifest can name.
const MAX_FILES: usize = 1_000_000;

/// The files of a folder.
#[derive(Debug)]
pub struct DirectoryFiles {
    root: OwnedFd,
    shown: PathBuf,
}

impl DirectoryFiles {
    /// Opens a folder. The folder itself may be reached through a link, nothing below it.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let root = openat(CWD, folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { root, shown: folder.to_path_buf() })
    }

    /// The folder, as it was given.
    pub fn folder(&self) -> &Path {
        &self.shown
    }

    fn walk(&self, folder: OwnedFd, prefix: &str, depth: usize, out: &mut Listing) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                entries.push(entry.file_name().to_owned());
            }
        }
        entries.sort();
        for name in entries {
            if out.files.len() + out.refused.len() >= MAX_FILES {
                return Err(io::Error::other(format!("more than {MAX_FILES} files")));
            }
            let shown = format!("{prefix}{}", name.to_string_lossy());
            let mut refuse =
                |reason: String| out.refused.push(UnreadableFile { path: shown.clone(), reason });
            if name.to_str().is_err() {
                refuse("the name is not UTF-8".into());
                continue;
            }
            let stat = match rustix::fs::statat(&folder, &name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(e) => {
                    refuse(io::Error::from(e).to_string());
                    continue;
                }
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => out.files.push(shown),
                FileType::Directory if depth == MAX_DEPTH => {
                    refuse("too many folders inside one another".into())
                }
                FileType::Directory => match open_folder(&folder, &name) {
                    Ok(inner) => {
                        if let Err(e) = self.walk(inner, &format!("{shown}/"), depth + 1, out) {
                            out.refused.push(UnreadableFile { path: shown, reason: e.to_string() });
                        }
                    }
                    Err(e) => refuse(e.to_string()),
                },
                FileType::Symlink => refuse("a symbolic link, not a file".into()),
                _ => refuse("not an ordinary file".into()),
            }
        }
        Ok(())
    }
}

impl PackageFiles for DirectoryFiles {
    fn list(&self) -> io::Result<Listing> {
        let mut out = Listing::default();
        let folder =
            openat(&self.root, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        self.walk(folder, "", 0, &mut out)?;
        Ok(out)
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        let mut parts = path.split('/');
        let name = parts.next_back().unwrap_or_default();
        let mut folder: Option<OwnedFd> = None;
        for part in parts {
            let at = folder.as_ref().map_or(self.root.as_fd(), AsFd::as_fd);
            folder = Some(open_folder(at, check_part(part)?)?);
        }
        let at = folder.as_ref().map_or(self.root.as_fd(), AsFd::as_fd);
        // Not blocking: somebody may have put a pipe in the file's place.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(at, check_part(name)?, flags, Mode::empty())?;
        if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(io::Error::other("not an ordinary file"));
        }
        Ok(Box::new(File::from(file)))
    }
}

fn open_folder(at: impl AsFd, name: impl rustix::path::Arg) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(at, name, flags, Mode::empty())?)
}

fn check_part(part: &str) -> io::Result<&str> {
    match part {
        "" | "." | ".." => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a path inside the package")),
        _ => Ok(part),
    }
}
