//! Appending to a log in a folder. The order is what makes it safe: entries, tiles, sync, sync of folders, then the
//! checkpoint takes its name. A stop before that leaves the log as it was; what lies beyond the checkpoint is no part of
//! it and is written over. Nothing that a checkpoint speaks of is ever changed.

use std::path::{Path, PathBuf};

use durable::{DurableError, Lock};

use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::merkle::check_consistency;
use super::note::NoteKey;
use super::reader::{CHECKPOINT_FILE, LogReader, ReadError};
use super::tile::{self, Edge, Shelf, TILE_WIDTH};

/// Held while a batch is appended. In the folder, for whoever writes there takes it; no part of the log.
const LOCK_FILE: &str = ".lock";

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] DurableError),
    #[error("{0}: there is a log here already")]
    Exists(PathBuf),
    #[error("{folder}: the log has {found} entries now and had {known}: it was taken back or forked")]
    TakenBack { folder: PathBuf, known: u64, found: u64 },
}

/// A log that is written to. Several may stand on one folder: each append takes the lock and looks whether another one has
/// appended since.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    key: NoteKey,
    edge: Edge,
    checkpoint: SignedCheckpoint,
}

impl Log {
    /// Begins a log: an empty folder with the checkpoint of nothing. Where a log's tiles are, none is begun, even if its
    /// checkpoint is gone: its history would be written over.
    pub fn create(folder: &Path, key: NoteKey) -> Result<Log, LogError> {
        let path = folder.join(CHECKPOINT_FILE);
        durable::create_dir_durable(folder)?;
        let _lock = Lock::try_exclusive(&folder.join(LOCK_FILE))?;
        if path.exists() || folder.join(tile::FOLDER).exists() {
            return Err(LogError::Exists(folder.to_owned()));
        }
        let edge = Edge::default();
        let checkpoint = signed(&edge, &key);
        durable::write_file(&path, checkpoint.raw().as_bytes())?;
        Ok(Log { folder: folder.to_owned(), key, edge, checkpoint })
    }

    /// Opens it and compares its right edge with its checkpoint. What a stop left beyond it is not looked at.
    pub fn open(folder: &Path, key: NoteKey) -> Result<Log, LogError> {
        let reader = LogReader::open(folder, key.verifier())?;
        let edge = reader.edge()?;
        let checkpoint = reader.signed_checkpoint().clone();
        Ok(Log { folder: folder.to_owned(), key, edge, checkpoint })
    }

    /// How many entries it has, as far as this one knows.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The checkpoint after the last append.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    /// For proofs of what was appended.
    pub fn reader(&self) -> Result<LogReader, ReadError> {
        LogReader::open(&self.folder, self.key.verifier())
    }

    /// Appends entries in one durable batch and gives the index of the first. Fails with [`DurableError::Locked`] while
    /// another one appends: a retry helps. After any other failure nothing was appended, and
    /// the same call may be made again; only a medium that fails twice on the name of the checkpoint, or a power cut,
    /// leaves it open: then the log, opened anew, tells.
    ///
    /// # Panics
    /// If an entry is longer than [`tile::MAX_BUNDLED_BYTES`].
    pub fn append(&mut self, entries: &[Vec<u8>]) -> Result<u64, LogError> {
        let _lock = Lock::try_exclusive(&self.folder.join(LOCK_FILE))?;
        self.catch_up()?;
        let first = self.edge.size();
        if entries.is_empty() {
            return Ok(first);
        }
        let mut edge = self.edge.clone();
        let files = edge.append(entries.iter().map(Vec::as_slice));
        let files: Vec<(PathBuf, &[u8])> =
            files.iter().map(|file| (PathBuf::from(&file.path), file.bytes.as_slice())).collect();
        durable::write_unseen(&self.folder, &files)?;
        let checkpoint = signed(&edge, &self.key);
        self.store(&checkpoint)?;
        (self.edge, self.checkpoint) = (edge, checkpoint);
        // The entries are in, whatever becomes of files that nobody needs.
        let _ = self.clear_partial(first);
        Ok(first)
    }

    /// Adds the lines of witnesses to the latest checkpoint, beside those it has. One of another size or root is passed
    /// over: the log has grown since. Fails unless the log itself signed what is given.
    pub fn add_cosignatures(&mut self, cosigned: &SignedCheckpoint) -> Result<(), LogError> {
        let _lock = Lock::try_exclusive(&self.folder.join(LOCK_FILE))?;
        self.catch_up()?;
        if cosigned.unchecked() == self.checkpoint.unchecked() {
            let path = self.folder.join(CHECKPOINT_FILE);
            let merged = cosigned.check(self.key.verifier()).and_then(|_| self.checkpoint.merged(cosigned));
            let merged = merged.map_err(|source| ReadError::Checkpoint { path, source })?;
            self.store(&merged)?;
            self.checkpoint = merged;
        }
        Ok(())
    }

    /// Gives the checkpoint its name. An error after that, of the sync of the folder, is none if a second sync works.
    fn store(&self, checkpoint: &SignedCheckpoint) -> Result<(), LogError> {
        let path = self.folder.join(CHECKPOINT_FILE);
        let Err(error) = durable::write_file(&path, checkpoint.raw().as_bytes()) else { return Ok(()) };
        let is_in_place = self.reader().is_ok_and(|reader| reader.signed_checkpoint() == checkpoint);
        match is_in_place && durable::fsync_dir(&self.folder).is_ok() {
            true => Ok(()),
            false => Err(error.into()),
        }
    }

    /// What another one has appended since. It must go on from what this one knows.
    fn catch_up(&mut self) -> Result<(), LogError> {
        let mut reader = self.reader()?;
        let (known, found) = (self.checkpoint.unchecked(), reader.checkpoint().clone());
        if *known != found {
            let folder = self.folder.clone();
            let taken_back = LogError::TakenBack { folder, known: known.size, found: found.size };
            if found.size <= known.size {
                return Err(taken_back);
            }
            let proof = reader.consistency(known.size)?;
            if check_consistency((known.size, &known.root), (found.size, &found.root), &proof).is_err() {
                return Err(taken_back);
            }
            self.edge = reader.edge()?;
        }
        self.checkpoint = reader.signed_checkpoint().clone();
        Ok(())
    }

    /// A partial file whose full one is there says nothing more: it goes, else a log of single appends would take
    /// 128 times its size. This is what tlog-tiles allows; no entry and no hash is removed.
    fn clear_partial(&self, before: u64) -> Result<(), LogError> {
        for level in 0u8..8 {
            let (old, new) = (before >> (8 * u32::from(level)), self.size() >> (8 * u32::from(level)));
            if new == 0 {
                break;
            }
            for index in [old / TILE_WIDTH].into_iter().filter(|index| *index < new / TILE_WIDTH) {
                let mut shelves = vec![Shelf::Hashes(level)];
                if level == 0 {
                    shelves.push(Shelf::Entries);
                }
                for shelf in shelves {
                    let full = self.folder.join(tile::path(shelf, index, TILE_WIDTH));
                    durable::remove_tree(&full.with_extension("p"))?;
                }
            }
        }
        Ok(())
    }
}

fn signed(edge: &Edge, key: &NoteKey) -> SignedCheckpoint {
    let origin = key.verifier().name().to_owned();
    Checkpoint { origin, size: edge.size(), root: edge.root() }.sign(key)
}
