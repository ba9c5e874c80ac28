//! A PDF file from which short pieces are read: never the whole of it.

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// Largest piece that is read at once, in bytes.
const MAX_PIECE_BYTES: usize = 64 << 20;
/// Bytes that are hashed at once.
const BLOCK_BYTES: usize = 256 << 10;

/// The first `len` bytes of a file.
pub(crate) struct Source<'f, F> {
    file: Rc<RefCell<&'f mut F>>,
    len: u64,
}

impl<'f, F: Read + Seek> Source<'f, F> {
    pub(crate) fn new(file: &'f mut F) -> io::Result<Self> {
        let len = file.seek(SeekFrom::End(0))?;
        Ok(Self { file: Rc::new(RefCell::new(file)), len })
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The same file as if it ended at `len`.
    pub(crate) fn cut(&self, len: u64) -> Self {
        Self { file: Rc::clone(&self.file), len: self.len.min(len) }
    }

    /// Up to `len` bytes from `at` on; fewer at the end.
    pub(crate) fn piece(&self, at: u64, len: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(left).min(MAX_PIECE_BYTES)];
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Hands the bytes of `from..to` to `take` in blocks.
    pub(crate) fn each_block(&self, from: u64, to: u64, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(from))?;
        let mut block = vec![0; BLOCK_BYTES];
        let mut left = to.min(self.len).saturating_sub(from);
        while left > 0 {
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            file.read_exact(&mut block[..len])?;
            take(&block[..len]);
            left -= len as u64;
        }
        Ok(())
    }
}
