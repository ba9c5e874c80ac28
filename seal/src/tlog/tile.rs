//! The files of a log as C2SP tlog-tiles names and fills them: `tile/<L>/<N>[.p/<W>]` with up to 256 hashes of 32 bytes,
//! `tile/entries/<N>[.p/<W>]` with as many entries, each after its length in two bytes, big end first.

use record::Sha256;

use super::merkle::{self, Tree, node_hash};

/// Where all of them are, in the folder of the log.
pub(super) const FOLDER: &str = "tile";
/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Longest entry, in bytes: its length has two bytes.
pub const MAX_BUNDLED_BYTES: usize = u16::MAX as usize;

/// What a file of the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Hashes; level 0 are those of leaves, each hash of a level is the root of a full tile of the level below.
    Hashes(u8),
    Entries,
}

/// The path of a tile or bundle with `width` (1 to 256) hashes or entries: `tile/0/x001/x234/067`, `tile/0/000.p/17`.
pub fn path(shelf: Shelf, index: u64, width: u64) -> String {
    let mut digits = vec![format!("{:03}", index % 1000)];
    let mut rest = index / 1000;
    while rest > 0 {
        digits.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    digits.reverse();
    let shelf = match shelf {
        Shelf::Hashes(level) => level.to_string(),
        Shelf::Entries => "entries".to_owned(),
    };
    let partial = if width < TILE_WIDTH { format!(".p/{width}") } else { String::new() };
    format!("{FOLDER}/{shelf}/{}{partial}", digits.join("/"))
}

/// How many hashes the tile `index` of a level has in a log of `size` entries: 0 to 256.
pub fn width(level: u8, index: u64, size: u64) -> u64 {
    let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    hashes.saturating_sub(index.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH)
}

/// The hashes of a tile file; `None` if its length fits none.
pub fn hashes(tile: &[u8]) -> Option<Vec<Sha256>> {
    let (hashes, rest) = tile.as_chunks::<32>();
    rest.is_empty().then(|| hashes.iter().copied().map(Sha256).collect())
}

/// The entries of a bundle; `None` if it breaks off.
pub fn entries(bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let (length, after) = rest.split_at_checked(2)?;
        let (entry, after) =
            after.split_at_checked(usize::from(u16::from_be_bytes([length[0], length[1]])))?;
        entries.push(entry);
        rest = after;
    }
    Some(entries)
}

/// A file of the log, to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    pub path: String,
    pub bytes: Vec<u8>,
}

/// The right edge of a log: all that is needed to append to it. Memory: at most 256 entries and 256 hashes a level.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// The entries of the last bundle, as they stand in its file.
    bundle: Vec<u8>,
    /// The hashes of the last tile of each level; fewer than 256.
    levels: Vec<Vec<Sha256>>,
}

impl Edge {
    /// From the last bundle and the last tile of each level, lowest first.
    pub(super) fn of(size: u64, bundle: Vec<u8>, levels: Vec<Vec<Sha256>>) -> Edge {
        Edge { size, bundle, levels }
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all of them: complete subtrees of falling size, folded from the right.
    pub fn root(&self) -> Sha256 {
        let mut root: Option<Sha256> = None;
        for level in &self.levels {
            let mut end = level.len();
            while end > 0 {
                let start = end - (1 << end.trailing_zeros());
                let subtree = Tree::of_hashes(level[start..end].to_vec()).root();
                root = Some(root.map_or(subtree, |right| node_hash(&subtree, &right)));
                end = start;
            }
        }
        root.unwrap_or_else(merkle::empty_root)
    }

    /// Appends entries and gives the files that are new: full ones as they fill up, then the partial ones at the edge.
    /// Bundles come before tiles. No file that belongs to the log as it was gets other bytes.
    ///
    /// # Panics
    /// If an entry is longer than [`MAX_BUNDLED_BYTES`].
    pub fn append<'e>(&mut self, entries: impl IntoIterator<Item = &'e [u8]>) -> Vec<LogFile> {
        let (mut bundles, mut tiles) = (Vec::new(), Vec::new());
        let mut grown = 0;
        for entry in entries {
            let length = u16::try_from(entry.len()).expect("an entry that fits its length");
            self.bundle.extend(length.to_be_bytes());
            self.bundle.extend(entry);
            grown = grown.max(self.push(0, merkle::leaf_hash(entry), &mut tiles));
            self.size += 1;
            if self.size.is_multiple_of(TILE_WIDTH) {
                let path = path(Shelf::Entries, self.size / TILE_WIDTH - 1, TILE_WIDTH);
                bundles.push(LogFile { path, bytes: std::mem::take(&mut self.bundle) });
            }
        }
        if !self.bundle.is_empty() && grown > 0 {
            let path = path(Shelf::Entries, self.size / TILE_WIDTH, self.size % TILE_WIDTH);
            bundles.push(LogFile { path, bytes: self.bundle.clone() });
        }
        bundles.extend(tiles);
        bundles.extend(self.partial_tiles(grown));
        bundles
    }

    /// The last tile of each of the first `levels` levels, where it is not full.
    pub fn partial_tiles(&self, levels: usize) -> Vec<LogFile> {
        let levels = (0u8..).zip(&self.levels).take(levels).filter(|(_, hashes)| !hashes.is_empty());
        let index = |level: u8| (self.size >> (8 * u32::from(level))) / TILE_WIDTH;
        levels.map(|(level, hashes)| tile(level, index(level), hashes)).collect()
    }

    /// Adds a hash to a level, and to the next when a tile is full. Gives the number of levels that have grown.
    fn push(&mut self, level: usize, hash: Sha256, full: &mut Vec<LogFile>) -> usize {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        self.levels[level].push(hash);
        if (self.levels[level].len() as u64) < TILE_WIDTH {
            return level + 1;
        }
        let hashes = std::mem::take(&mut self.levels[level]);
        // Entries are counted after their hashes have gone up.
        let index = (self.size >> (8 * level as u32)) / TILE_WIDTH;
        full.push(tile(level as u8, index, &hashes));
        self.push(level + 1, Tree::of_hashes(hashes).root(), full)
    }
}

fn tile(level: u8, index: u64, hashes: &[Sha256]) -> LogFile {
    let bytes = hashes.iter().flat_map(|hash| hash.0).collect();
    LogFile { path: path(Shelf::Hashes(level), index, hashes.len() as u64), bytes }
}
