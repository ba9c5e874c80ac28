use crate::error::at;
use crate::{DurableError, sys};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file of lines that only grows. A line that was acknowledged is on the medium; a line torn by a power cut
/// is cut off at the next opening.
#[derive(Debug)]
pub struct LineLog {
    file: File,
    path: PathBuf,
}

impl LineLog {
    /// Opens or makes the log and cuts off a last line without line end. One writer at a time: hold a
    /// [`crate::Lock`].
    pub fn open(path: &Path) -> Result<LineLog, DurableError> {
        if !path.exists() {
            match sys::create_new(path) {
                Ok(_) => crate::fsync_dir(parent(path))?,
                Err(e) => return Err(at("create", path)(e)),
            }
        }
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).open(path).map_err(at("open", path))?;
        let whole = length_of_whole_lines(&mut file).map_err(at("read", path))?;
        if whole < file.metadata().map_err(at("look at", path))?.len() {
            sys::truncate(&file, path, whole).map_err(at("cut the torn line of", path))?;
            sys::fsync(&file, path).map_err(at("sync", path))?;
        }
        Ok(LineLog { file, path: path.to_owned() })
    }

    /// Adds one line (without its line end) and returns when it is on the medium.
    ///
    /// # Panics
    /// If the line holds a line end.
    pub fn append(&mut self, line: &str) -> Result<(), DurableError> {
        assert!(!line.contains('\n'), "one line at a time");
        let bytes = format!("{line}\n").into_bytes();
        sys::write_all(&mut self.file, &self.path, &bytes).map_err(at("append to", &self.path))?;
        sys::fsync(&self.file, &self.path).map_err(at("sync", &self.path))
    }
}

fn parent(path: &Path) -> &Path {
    crate::tree::parent(path)
}

fn length_of_whole_lines(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut chunk = vec![0; 4096];
    while end > 0 {
        let start = end.saturating_sub(chunk.len() as u64);
        let piece = &mut chunk[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(piece)?;
        if let Some(idx) = piece.iter().rposition(|b| *b == b'\n') {
            return Ok(start + idx as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
