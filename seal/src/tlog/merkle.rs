//! The Merkle tree of RFC 6962 section 2.1 over SHA-256: leaves are hashed with a 0x00 before them, nodes with a 0x01.
//! Proofs are made from hashes of complete subtrees, wherever these come from; checking follows RFC 9162 section 2.1.

use record::Sha256;
use sha2::Digest;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("there is no leaf {index} in a tree of {size}")]
    NoSuchLeaf { index: u64, size: u64 },
    #[error("a tree of {new} leaves does not follow one of {old}")]
    Backwards { old: u64, new: u64 },
    #[error("the proof has {found} hashes, not the number that such a tree needs")]
    Length { found: usize },
    #[error("the proof leads to another root")]
    OtherRoot,
    #[error("the proof does not start from the older root")]
    OtherOldRoot,
}

/// MTH of one entry: SHA-256(0x00 || entry).
pub fn leaf_hash(entry: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// SHA-256(0x01 || left || right).
pub fn node_hash(left: &Sha256, right: &Sha256) -> Sha256 {
    Sha256(sha2::Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// MTH of the empty tree: SHA-256 of nothing.
pub fn empty_root() -> Sha256 {
    Sha256(sha2::Sha256::digest(b"").into())
}

/// Gives the hash of the complete subtree over the leaves `index << level .. (index + 1) << level`.
pub trait Subtrees {
    type Error;
    fn subtree(&mut self, level: u32, index: u64) -> Result<Sha256, Self::Error>;
}

/// The root of the first `size` leaves.
pub fn root<S: Subtrees>(source: &mut S, size: u64) -> Result<Sha256, S::Error> {
    if size == 0 { Ok(empty_root()) } else { range(source, 0, size) }
}

/// PATH(index, D[0:size]): the leaf's sibling first. At most 64 hashes.
///
/// # Panics
/// Unless `index < size`.
pub fn inclusion<S: Subtrees>(source: &mut S, index: u64, size: u64) -> Result<Vec<Sha256>, S::Error> {
    assert!(index < size, "a leaf of the tree");
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range(source, middle, end)?);
            end = middle;
        } else {
            path.push(range(source, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// PROOF(old, D[0:new]). Empty when `old` is 0 or `new`. At most 63 hashes for logs that fit on Earth.
///
/// # Panics
/// Unless `old <= new`.
pub fn consistency<S: Subtrees>(source: &mut S, old: u64, new: u64) -> Result<Vec<Sha256>, S::Error> {
    assert!(old <= new, "an older tree of the same log");
    let mut proof = Vec::new();
    if old == 0 || old == new {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, new);
    // SUBPROOF: down towards the edge of the old tree, noting the other half each time.
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range(source, middle, end)?);
            end = middle;
        } else {
            proof.push(range(source, start, middle)?);
            start = middle;
        }
    }
    // The old tree's own root is known to the reader; anything smaller has to be told.
    if start != 0 {
        proof.push(range(source, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Is the leaf with this hash at `index` in the tree of `size` leaves with this root? (RFC 9162 2.1.3.2)
pub fn check_inclusion(
    leaf: &Sha256,
    index: u64,
    size: u64,
    path: &[Sha256],
    root: &Sha256,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let wrong_length = ProofError::Length { found: path.len() };
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::OtherRoot),
        _ => Err(wrong_length),
    }
}

/// Does the tree with the newer root begin with the tree with the older one? (RFC 9162 2.1.4.2) The empty tree begins
/// every tree and needs an empty proof.
pub fn check_consistency(
    (old, old_root): (u64, &Sha256),
    (new, new_root): (u64, &Sha256),
    proof: &[Sha256],
) -> Result<(), ProofError> {
    let wrong_length = ProofError::Length { found: proof.len() };
    if old > new {
        return Err(ProofError::Backwards { old, new });
    }
    if old == 0 || old == new {
        return match (proof.is_empty(), old == 0 || old_root == new_root) {
            (false, _) => Err(wrong_length),
            (true, false) => Err(ProofError::OtherRoot),
            (true, true) if old == 0 && *old_root != empty_root() => Err(ProofError::OtherOldRoot),
            (true, true) => Ok(()),
        };
    }
    let mut proof = proof.iter();
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    // An old tree that is one complete subtree is its own first hash.
    let first = if node == 0 { old_root } else { proof.next().ok_or(wrong_length)? };
    let (mut from_old, mut from_new) = (*first, *first);
    for hash in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(hash, &from_old);
            from_new = node_hash(hash, &from_new);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            from_new = node_hash(&from_new, hash);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match last {
        0 if from_old != *old_root => Err(ProofError::OtherOldRoot),
        0 if from_new != *new_root => Err(ProofError::OtherRoot),
        0 => Ok(()),
        _ => Err(wrong_length),
    }
}

/// The largest power of two smaller than `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// MTH(D[start:end]) for the ranges that occur in a tree: they begin where a complete subtree begins.
fn range<S: Subtrees>(source: &mut S, start: u64, end: u64) -> Result<Sha256, S::Error> {
    let length = end - start;
    if length.is_power_of_two() {
        return source.subtree(length.ilog2(), start >> length.ilog2());
    }
    let middle = start + split(length);
    let left = range(source, start, middle)?;
    Ok(node_hash(&left, &range(source, middle, end)?))
}

/// A tree that is held in memory: that of the lines of a manifest.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Hashes of the complete subtrees: `levels[l][i]` is that of 2^l leaves.
    levels: Vec<Vec<Sha256>>,
}

impl Tree {
    /// Over these entries.
    pub fn of<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Tree {
        Tree::of_hashes(entries.into_iter().map(leaf_hash).collect())
    }

    /// Over entries whose [`leaf_hash`]es are known.
    pub fn of_hashes(leaves: Vec<Sha256>) -> Tree {
        let mut levels = vec![leaves];
        while let Some(last) = levels.last().filter(|level| level.len() > 1) {
            levels.push(last.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect());
        }
        Tree { levels }
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.levels[0].len() as u64
    }

    pub fn root(&self) -> Sha256 {
        let Ok(hash) = root(&mut &*self, self.size());
        hash
    }

    /// See [`inclusion`].
    pub fn inclusion(&self, index: u64) -> Vec<Sha256> {
        let Ok(path) = inclusion(&mut &*self, index, self.size());
        path
    }

    /// From its first `old` leaves to all of them; see [`consistency`].
    pub fn consistency(&self, old: u64) -> Vec<Sha256> {
        let Ok(proof) = consistency(&mut &*self, old, self.size());
        proof
    }
}

impl Subtrees for &Tree {
    type Error = std::convert::Infallible;

    fn subtree(&mut self, level: u32, index: u64) -> Result<Sha256, Self::Error> {
        Ok(self.levels[level as usize][index as usize])
    }
}
