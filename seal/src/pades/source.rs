//! A PDF file from which short pieces are read: never the whole of it.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// Largest piece that is read at once, in bytes.
const MAX_PIECE_BYTES: usize = 64 << 20;
/// Bytes that are hashed at once.
const BLOCK_BYTES: usize = 256 << 10;

/// What may be read and unpacked of one file, all told, beside sixteen times its length: a hostile one costs no more.
const BUDGET_BYTES: u64 = 256 << 20;

/// The first `len` bytes of a file.
pub(crate) struct Source<'f, F> {
    file: Rc<RefCell<&'f mut F>>,
    len: u64,
    /// Bytes that may still be read or unpacked, shared by all cuts.
    left: Rc<Cell<u64>>,
}

impl<'f, F: Read + Seek> Source<'f, F> {
    pub(crate) fn new(file: &'f mut F) -> io::Result<Self> {
        let len = file.seek(SeekFrom::End(0))?;
        let left = Rc::new(Cell::new(len.saturating_mul(16).saturating_add(BUDGET_BYTES)));
        Ok(Self { file: Rc::new(RefCell::new(file)), len, left })
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The same file as if it ended at `len`.
    pub(crate) fn cut(&self, len: u64) -> Self {
        Self { file: Rc::clone(&self.file), len: self.len.min(len), left: Rc::clone(&self.left) }
    }

    /// Takes work off the budget; an error of the kind `QuotaExceeded` when it is spent.
    pub(crate) fn charge(&self, bytes: u64) -> io::Result<()> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(io::ErrorKind::QuotaExceeded.into()),
        }
    }

    /// Up to `len` bytes from `at` on; fewer at the end.
    pub(crate) fn piece(&self, at: u64, len: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(left).min(MAX_PIECE_BYTES)];
        self.charge(bytes.len() as u64)?;
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
        self.charge(left)?;
        while left > 0 {
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            file.read_exact(&mut block[..len])?;
            take(&block[..len]);
            left -= len as u64;
        }
        Ok(())
    }
}
