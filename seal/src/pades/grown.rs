//! A PDF with what was appended to it, read as one file: several revisions are made before anything is written.

use std::io::{self, Read, Seek, SeekFrom};

/// A file and bytes behind it. Only those bytes are in memory.
pub struct Grown<F> {
    base: F,
    base_bytes: u64,
    tail: Vec<u8>,
    at: u64,
}

impl<F: Read + Seek> Grown<F> {
    /// The file as it is.
    pub fn new(mut base: F) -> io::Result<Self> {
        let base_bytes = base.seek(SeekFrom::End(0))?;
        Ok(Self { base, base_bytes, tail: Vec::new(), at: 0 })
    }

    /// Puts bytes behind it.
    pub fn append(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
    }

    /// What was put behind it.
    pub fn appended(&self) -> &[u8] {
        &self.tail
    }
}

impl<F: Read + Seek> Read for Grown<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = if self.at < self.base_bytes {
            self.base.seek(SeekFrom::Start(self.at))?;
            let left = usize::try_from(self.base_bytes - self.at).unwrap_or(usize::MAX);
            let room = buffer.len().min(left);
            self.base.read(&mut buffer[..room])?
        } else {
            let from = usize::try_from(self.at - self.base_bytes).unwrap_or(usize::MAX).min(self.tail.len());
            (&self.tail[from..]).read(buffer)?
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl<F: Read + Seek> Seek for Grown<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let len = self.base_bytes + self.tail.len() as u64;
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
