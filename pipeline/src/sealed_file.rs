//! A large file shown in pieces: compared with the seal as a whole, then block by block.
//!
//! Before the first byte is given, the whole file is hashed once. The same pass keeps the digest of every block. Each block
//! given later is read, hashed and compared with that digest, so what is shown is what was compared, though the file stays
//! open to change and no copy of it is made. Memory: one block, and 32 bytes for each MiB.

use crate::PipelineError;
use crate::digest::sha256;
use crate::proof::FileProof;
use record::{CaseCode, Sha256};
use sha2::Digest;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of a block; the last one is shorter.
const BLOCK_BYTES: u64 = 1 << 20;
/// Files whose blocks are remembered; the oldest goes first.
const MAX_KNOWN: usize = 32;

/// A file of a case file that is what was sealed.
#[derive(Debug)]
pub struct SealedFile {
    file: File,
    case: CaseCode,
    proof: FileProof,
    blocks: Arc<Blocks>,
}

/// What hashing a file gave.
#[derive(Debug)]
struct Blocks {
    state: FileState,
    whole: Sha256,
    each: Vec<Sha256>,
    /// A block was different later: not to be used again.
    is_spoiled: AtomicBool,
}

/// What changes when somebody writes to a file. It only spares hashing the whole again: what is given is compared anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileState {
    place: (u64, u64),
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileState {
    fn of(meta: &Metadata) -> Self {
        Self {
            place: (meta.dev(), meta.ino()),
            bytes: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// The files hashed lately: a viewer asks for a file in many pieces.
#[derive(Debug, Default)]
pub(crate) struct KnownFiles {
    known: Mutex<Vec<Arc<Blocks>>>,
    /// Held while a file is hashed: who asks for the same file meanwhile finds it known.
    hashing: Mutex<()>,
}

impl KnownFiles {
    fn known(&self) -> MutexGuard<'_, Vec<Arc<Blocks>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, state: &FileState) -> Option<Arc<Blocks>> {
        let known = self.known();
        known.iter().find(|b| b.state == *state && !b.is_spoiled.load(Ordering::Relaxed)).map(Arc::clone)
    }

    fn blocks(&self, file: &File) -> io::Result<Arc<Blocks>> {
        let state = FileState::of(&file.metadata()?);
        if let Some(found) = self.find(&state) {
            return Ok(found);
        }
        let _turn = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = self.find(&state) {
            return Ok(found);
        }
        let made = Arc::new(hash(file, state)?);
        let mut known = self.known();
        known.retain(|b| b.state.place != made.state.place);
        if known.len() >= MAX_KNOWN {
            known.remove(0);
        }
        known.push(Arc::clone(&made));
        Ok(made)
    }

    /// Hashes a file unless it is known, and asks `prove` what the seal says of its digest.
    pub(crate) fn open(
        &self,
        file: File,
        case: &CaseCode,
        path: &str,
        prove: impl FnOnce(Sha256) -> FileProof,
    ) -> Result<SealedFile, PipelineError> {
        let blocks = self.blocks(&file).map_err(PipelineError::io(path))?;
        let proof = prove(blocks.whole);
        if !proof.is_good() {
            return Err(PipelineError::NotSealed { case: case.clone(), proof: Box::new(proof) });
        }
        Ok(SealedFile { file, case: case.clone(), proof, blocks })
    }
}

/// A [`SealedFile`] while it is read. Where it was changed meanwhile, reading fails.
pub(crate) struct SealedReader<'a> {
    file: &'a SealedFile,
    at: u64,
    /// What was read last, and where it begins.
    block: Vec<u8>,
    block_at: u64,
}

impl Read for SealedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let is_in_block = (self.block_at..self.block_at + self.block.len() as u64).contains(&self.at);
        if !is_in_block {
            self.block = self.file.read(self.at, u64::MAX).map_err(|e| io::Error::other(e.to_string()))?;
            self.block_at = self.at;
        }
        let read = (&self.block[(self.at - self.block_at) as usize..]).read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for SealedReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.file.bytes().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Reads a file from its start to its end.
fn hash(file: &File, state: FileState) -> io::Result<Blocks> {
    let mut whole = sha2::Sha256::new();
    let mut each = Vec::new();
    let mut block = Vec::new();
    let mut at = 0;
    loop {
        block.clear();
        let mut rest = At { file, offset: at }.take(BLOCK_BYTES);
        let read = rest.read_to_end(&mut block)? as u64;
        if read == 0 {
            break;
        }
        whole.update(&block);
        each.push(sha256(&block));
        at += read;
    }
    Ok(Blocks {
        state: FileState { bytes: at, ..state },
        whole: Sha256(whole.finalize().into()),
        each,
        is_spoiled: AtomicBool::new(false),
    })
}

/// Reads from a place on without moving the file's own.
struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl SealedFile {
    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.blocks.state.bytes
    }

    /// SHA-256 of the whole, as sealed.
    pub fn sha256(&self) -> Sha256 {
        self.blocks.whole
    }

    /// Its name without folders.
    pub fn name(&self) -> &str {
        self.proof.path.rsplit('/').next().unwrap_or_default()
    }

    /// The bytes from `from` to the end of the block it lies in, at most 1 MiB and not beyond `end`; none at the end.
    /// Compared before they are given: [`PipelineError::NotSealed`] when the file was changed meanwhile.
    pub fn read(&self, from: u64, end: u64) -> Result<Vec<u8>, PipelineError> {
        let end = end.min(self.bytes());
        if from >= end {
            return Ok(Vec::new());
        }
        let idx = from / BLOCK_BYTES;
        let start = idx * BLOCK_BYTES;
        let mut block = Vec::with_capacity((self.bytes() - start).min(BLOCK_BYTES) as usize);
        let mut bytes = At { file: &self.file, offset: start }.take((self.bytes() - start).min(BLOCK_BYTES));
        bytes.read_to_end(&mut block).map_err(PipelineError::io(&self.proof.path))?;
        if self.blocks.each.get(idx as usize) != Some(&sha256(&block)) {
            return Err(self.changed());
        }
        block.truncate((end - start).min(BLOCK_BYTES) as usize);
        block.drain(..(from - start) as usize);
        Ok(block)
    }

    /// The file as something to be read at any place, compared in the same way.
    pub(crate) fn reader(&self) -> SealedReader<'_> {
        SealedReader { file: self, at: 0, block: Vec::new(), block_at: 0 }
    }

    /// What is wrong with a file that was right when it was opened.
    fn changed(&self) -> PipelineError {
        self.blocks.is_spoiled.store(true, Ordering::Relaxed);
        match hash(&self.file, self.blocks.state.clone()) {
            Ok(now) if now.whole != self.blocks.whole => PipelineError::NotSealed {
                case: self.case.clone(),
                proof: Box::new(FileProof { found: now.whole, ..self.proof.clone() }),
            },
            // It is right again: the disk gave other bytes once.
            Ok(_) => PipelineError::io(&self.proof.path)(io::Error::new(
                io::ErrorKind::InvalidData,
                "read twice with different bytes",
            )),
            Err(error) => PipelineError::io(&self.proof.path)(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seal::SignatureVerdict;
    use std::io::Write;

    fn good(found: Sha256) -> FileProof {
        let signature = SignatureVerdict::Valid { signers: Vec::new() };
        FileProof { path: "a.pdf".into(), signature, found, sealed: Some(found), record_is_sealed: true }
    }

    /// Two blocks and a half, no two alike.
    fn content() -> Vec<u8> {
        (0u32..(BLOCK_BYTES as u32 * 5 / 2) / 4).flat_map(u32::to_le_bytes).collect()
    }

    fn stored(bytes: &[u8]) -> (tempfile::NamedTempFile, SealedFile, KnownFiles) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let known = KnownFiles::default();
        let code = CaseCode::new("HS-1").unwrap();
        let sealed = known.open(file.reopen().unwrap(), &code, "a.pdf", good).unwrap();
        (file, sealed, known)
    }

    #[test]
    fn pieces_joined_are_the_file() {
        let bytes = content();
        let (_file, sealed, _) = stored(&bytes);
        assert_eq!(sealed.bytes(), bytes.len() as u64);
        assert_eq!(sealed.sha256(), sha256(&bytes));
        for (from, end) in
            [(0, u64::MAX), (5, 6), (BLOCK_BYTES - 1, BLOCK_BYTES + 1), (2 * BLOCK_BYTES, u64::MAX)]
        {
            let mut got = Vec::new();
            loop {
                let piece = sealed.read(from + got.len() as u64, end).unwrap();
                if piece.is_empty() {
                    break;
                }
                assert!(piece.len() as u64 <= BLOCK_BYTES);
                got.extend(piece);
            }
            assert!(got == bytes[from as usize..(end.min(bytes.len() as u64)) as usize], "{from}..{end}");
        }
        assert!(sealed.read(bytes.len() as u64, u64::MAX).unwrap().is_empty());
    }

    #[test]
    fn a_block_changed_after_the_comparison_is_not_given() {
        let bytes = content();
        let (file, sealed, known) = stored(&bytes);
        let changed = BLOCK_BYTES + 17;
        file.as_file().write_at(&[!bytes[changed as usize]], changed).unwrap();
        assert!(sealed.read(0, u64::MAX).is_ok(), "the first block is as it was");
        match sealed.read(changed + 100, u64::MAX) {
            Err(PipelineError::NotSealed { case, proof }) => {
                assert_eq!((case.as_str(), proof.is_good()), ("HS-1", false));
                assert_eq!(proof.sealed, Some(sha256(&bytes)));
            }
            other => panic!("{other:?}"),
        }
        // Another opening hashes anew, whatever the clock of the disk says.
        let sealed_digest = sha256(&bytes);
        let prove = |found| FileProof { sealed: Some(sealed_digest), ..good(found) };
        let code = CaseCode::new("HS-1").unwrap();
        let again = known.open(file.reopen().unwrap(), &code, "a.pdf", prove);
        assert!(matches!(again, Err(PipelineError::NotSealed { .. })), "{again:?}");
    }

    #[test]
    fn a_file_cut_short_gives_no_part_of_its_last_block() {
        let bytes = content();
        let (file, sealed, _) = stored(&bytes);
        file.as_file().set_len(2 * BLOCK_BYTES + 10).unwrap();
        assert!(matches!(sealed.read(2 * BLOCK_BYTES, u64::MAX), Err(PipelineError::NotSealed { .. })));
    }
}
