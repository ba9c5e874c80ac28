//! Reading a log from its folder. Nothing in it is believed that the caller does not compare with a signed checkpoint.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use record::Sha256;

use super::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use super::merkle::{self, Subtrees, Tree};
use super::note::{MAX_NOTE_BYTES, Verifier};
use super::receipt::Receipt;
use super::tile::{self, Edge, Shelf, TILE_WIDTH};

/// The file with the latest checkpoint, in the log's folder.
pub const CHECKPOINT_FILE: &str = "checkpoint";
/// Longest file of a log: a full bundle of the longest entries.
const MAX_FILE_BYTES: u64 = TILE_WIDTH * (tile::MAX_BUNDLED_BYTES as u64 + 2);
const FULL_TILE_BYTES: usize = TILE_WIDTH as usize * 32;
/// Tiles kept in memory while proofs are made; then all are forgotten.
const MAX_KEPT: usize = 1024;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: {problem}")]
    Damaged { path: PathBuf, problem: &'static str },
    #[error("{path}: {source}")]
    Checkpoint { path: PathBuf, source: CheckpointError },
    #[error("there is no entry {index} in a log of {size}")]
    NoSuchEntry { index: u64, size: u64 },
}

/// Something in a log that is not as its checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFault {
    /// A bundle or tile is missing, cut off or unreadable.
    Unreadable { path: String, reason: String },
    /// A tile does not hold what its entries hash to: an entry, or the tile, was altered.
    OtherHashes { path: String },
    /// All entries together do not give the signed root: entries were altered, removed or exchanged.
    OtherRoot { size: u64 },
}

/// A log in a folder, at the size of one checkpoint.
#[derive(Debug)]
pub struct LogReader {
    folder: PathBuf,
    checkpoint: SignedCheckpoint,
    kept: HashMap<(u8, u64), Tree>,
}

impl LogReader {
    /// Opens it at its latest checkpoint, whose signature is checked.
    pub fn open(folder: &Path, log: &Verifier) -> Result<LogReader, ReadError> {
        let path = folder.join(CHECKPOINT_FILE);
        let bytes = read_file(&path, MAX_NOTE_BYTES as u64)?;
        let failed = |source| ReadError::Checkpoint { path: path.clone(), source };
        let text = String::from_utf8(bytes)
            .map_err(|_| ReadError::Damaged { path: path.clone(), problem: "not a text" })?;
        let checkpoint = SignedCheckpoint::parse(&text).map_err(failed)?;
        checkpoint.check(log).map_err(failed)?;
        Ok(LogReader { folder: folder.to_owned(), checkpoint, kept: HashMap::new() })
    }

    pub fn checkpoint(&self) -> &Checkpoint {
        self.checkpoint.unchecked()
    }

    /// The same with its signatures.
    pub fn signed_checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    pub fn size(&self) -> u64 {
        self.checkpoint().size
    }

    /// One entry. Its place in the tree is not checked: that is what a receipt is for.
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        let size = self.size();
        if index >= size {
            return Err(ReadError::NoSuchEntry { index, size });
        }
        let mut bundle = self.bundle(index / TILE_WIDTH)?;
        Ok(bundle.swap_remove((index % TILE_WIDTH) as usize))
    }

    /// The entries of a bundle, of which there are 256, in the last fewer.
    pub fn bundle(&self, index: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let width = tile::width(0, index, self.size());
        let (path, bytes, held) = self.shelf_file(Shelf::Entries, index, width)?;
        let damaged = |problem| ReadError::Damaged { path: path.clone(), problem };
        let entries = tile::entries(&bytes).ok_or_else(|| damaged("a bundle that breaks off"))?;
        match (entries.len() as u64).cmp(&held) {
            Ordering::Less => return Err(damaged("a bundle with too few entries")),
            Ordering::Greater => return Err(damaged("a bundle with too many entries")),
            Ordering::Equal => {}
        }
        Ok(entries.into_iter().take(width as usize).map(<[u8]>::to_vec).collect())
    }

    /// How many bundles there are.
    pub fn bundles(&self) -> u64 {
        self.size().div_ceil(TILE_WIDTH)
    }

    /// The root of the first `size` entries.
    pub fn root(&mut self, size: u64) -> Result<Sha256, ReadError> {
        self.check_size(size)?;
        merkle::root(self, size)
    }

    /// The receipt of an entry, against the latest checkpoint, or an earlier one of this log that holds it.
    pub fn receipt(&mut self, index: u64, checkpoint: &SignedCheckpoint) -> Result<Receipt, ReadError> {
        let size = checkpoint.unchecked().size;
        self.check_size(size)?;
        if index >= size {
            return Err(ReadError::NoSuchEntry { index, size });
        }
        let entry = Some(self.entry(index)?);
        let path = merkle::inclusion(self, index, size)?;
        Ok(Receipt { entry, index, path, checkpoint: checkpoint.clone() })
    }

    /// That the first `old` entries are still those of the latest checkpoint.
    pub fn consistency(&mut self, old: u64) -> Result<Vec<Sha256>, ReadError> {
        self.check_size(old)?;
        let size = self.size();
        merkle::consistency(self, old, size)
    }

    fn check_size(&self, size: u64) -> Result<(), ReadError> {
        match size <= self.size() {
            true => Ok(()),
            false => Err(ReadError::NoSuchEntry { index: size - 1, size: self.size() }),
        }
    }

    /// Hashes every entry anew and compares with every tile and the signed root. `each` is given every entry with its
    /// index. Memory does not grow with the log. Stops at the first bundle that cannot be read.
    pub fn verify(&self, each: &mut dyn FnMut(u64, &[u8])) -> Vec<LogFault> {
        let mut faults = Vec::new();
        let mut edge = Edge::default();
        for index in 0..self.bundles() {
            let entries = match self.bundle(index) {
                Ok(entries) => entries,
                Err(error) => {
                    let path = tile::path(Shelf::Entries, index, tile::width(0, index, self.size()));
                    faults.push(LogFault::Unreadable { path, reason: error.to_string() });
                    return faults;
                }
            };
            for (entry, at) in entries.iter().zip(index * TILE_WIDTH..) {
                each(at, entry);
            }
            let files = edge.append(entries.iter().map(Vec::as_slice));
            let is_full_tile = |path: &str| !path.starts_with("tile/entries/") && !path.contains(".p/");
            let full = files.into_iter().filter(|file| is_full_tile(&file.path));
            faults.extend(full.filter_map(|file| self.compare(file.path, &file.bytes)));
        }
        let partial = edge.partial_tiles(usize::MAX).into_iter();
        faults.extend(partial.filter_map(|file| self.compare(file.path, &file.bytes)));
        if edge.root() != self.checkpoint().root {
            faults.push(LogFault::OtherRoot { size: self.size() });
        }
        faults
    }

    fn compare(&self, path: String, expected: &[u8]) -> Option<LogFault> {
        match self.read(&path) {
            Ok(read) => {
                let length = if read.is_stand_in { FULL_TILE_BYTES } else { expected.len() };
                let same = read.bytes.len() == length && read.bytes.starts_with(expected);
                (!same).then_some(LogFault::OtherHashes { path })
            }
            Err(error) => Some(LogFault::Unreadable { path, reason: error.to_string() }),
        }
    }

    /// The right edge, compared with the checkpoint: what [`super::Log`] appends to.
    pub(super) fn edge(&self) -> Result<Edge, ReadError> {
        let size = self.size();
        let mut levels = Vec::new();
        for level in 0u8..8 {
            let hashes = size >> (8 * u32::from(level));
            if hashes == 0 {
                break;
            }
            levels.push(match hashes % TILE_WIDTH {
                0 => Vec::new(),
                width => self.tile(level, hashes / TILE_WIDTH, width)?,
            });
        }
        let bundle = match size % TILE_WIDTH {
            0 => Vec::new(),
            width => {
                let index = size / TILE_WIDTH;
                let entries = self.bundle(index)?;
                let path = self.folder.join(tile::path(Shelf::Entries, index, width));
                let hashes: Vec<Sha256> = entries.iter().map(|entry| merkle::leaf_hash(entry)).collect();
                if levels[0] != hashes {
                    return Err(ReadError::Damaged {
                        path,
                        problem: "its entries are not those of the tile",
                    });
                }
                let lengths = |entry: &Vec<u8>| (entry.len() as u16).to_be_bytes();
                entries.iter().flat_map(|entry| [&lengths(entry)[..], entry].concat()).collect()
            }
        };
        let edge = Edge::of(size, bundle, levels);
        if edge.root() != self.checkpoint().root {
            let path = self.folder.join(CHECKPOINT_FILE);
            return Err(ReadError::Damaged { path, problem: "the tiles do not give the signed root" });
        }
        Ok(edge)
    }

    /// The first `width` hashes of a tile.
    fn tile(&self, level: u8, index: u64, width: u64) -> Result<Vec<Sha256>, ReadError> {
        let (path, bytes, held) = self.shelf_file(Shelf::Hashes(level), index, width)?;
        match tile::hashes(&bytes) {
            Some(mut hashes) if hashes.len() as u64 == held => {
                hashes.truncate(width as usize);
                Ok(hashes)
            }
            _ => Err(ReadError::Damaged { path, problem: "a tile of another length" }),
        }
    }

    /// A file and how many hashes or entries must be in it.
    fn shelf_file(&self, shelf: Shelf, index: u64, width: u64) -> Result<(PathBuf, Vec<u8>, u64), ReadError> {
        let path = tile::path(shelf, index, width);
        let read = self.read(&path)?;
        let held = if read.is_stand_in { TILE_WIDTH } else { width };
        Ok((self.folder.join(&path), read.bytes, held))
    }

    /// A file's bytes. A partial file goes when it has been filled: the full one, which begins with it, stands in.
    fn read(&self, path: &str) -> Result<ShelfFile, ReadError> {
        let bytes = read_file(&self.folder.join(path), MAX_FILE_BYTES);
        match (bytes, path.split_once(".p/")) {
            (Err(ReadError::Io { source, .. }), Some((full, _)))
                if source.kind() == io::ErrorKind::NotFound && self.folder.join(full).exists() =>
            {
                let bytes = read_file(&self.folder.join(full), MAX_FILE_BYTES)?;
                Ok(ShelfFile { bytes, is_stand_in: true })
            }
            (bytes, _) => Ok(ShelfFile { bytes: bytes?, is_stand_in: false }),
        }
    }
}

/// A bundle or tile as it was read.
struct ShelfFile {
    bytes: Vec<u8>,
    /// The full one in place of a partial one.
    is_stand_in: bool,
}

impl Subtrees for LogReader {
    type Error = ReadError;

    fn subtree(&mut self, level: u32, index: u64) -> Result<Sha256, ReadError> {
        let (shelf, within) = ((level / 8) as u8, level % 8);
        // A subtree of 2^within hashes lies within one tile.
        let first = index << within;
        let tile = first / TILE_WIDTH;
        if !self.kept.contains_key(&(shelf, tile)) {
            if self.kept.len() >= MAX_KEPT {
                self.kept.clear();
            }
            let width = tile::width(shelf, tile, self.size());
            let hashes = self.tile(shelf, tile, width)?;
            self.kept.insert((shelf, tile), Tree::of_hashes(hashes));
        }
        let Ok(hash) = (&self.kept[&(shelf, tile)]).subtree(within, index % (TILE_WIDTH >> within));
        Ok(hash)
    }
}

fn read_file(path: &Path, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let file = durable::open_file(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut bytes).map_err(io)?;
    match bytes.len() as u64 > max_bytes {
        true => Err(ReadError::Damaged { path: path.to_owned(), problem: "longer than it can be" }),
        false => Ok(bytes),
    }
}
