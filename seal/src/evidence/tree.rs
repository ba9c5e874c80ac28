//! The hash tree of many objects and its reduced trees (RFC 4998, 4.2 and 4.3).

use crate::algorithm::Digest;

/// Lists of hashes, as an archive time stamp holds them: the first with the object's own, each later one with what stands beside
/// the way to the root.
pub type HashLists = Vec<Vec<Vec<u8>>>;

/// What a tree hashes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceDigest {
    Sha256,
    Sha384,
    Sha512,
}

impl EvidenceDigest {
    pub(crate) fn digest(self) -> Digest {
        match self {
            Self::Sha256 => Digest::Sha256,
            Self::Sha384 => Digest::Sha384,
            Self::Sha512 => Digest::Sha512,
        }
    }

    pub(crate) fn from_digest(digest: Digest) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|own| own.digest() == digest)
    }

    /// The hash of bytes.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        self.digest().of(bytes)
    }

    /// In words.
    pub fn name(self) -> &'static str {
        self.digest().name()
    }
}

/// A binary tree over groups of hashes. The leaf of a group is what [`node`] makes of it; two neighbours make a node; one that is
/// left over passes up as it is.
#[derive(Debug, Clone)]
pub struct HashTree {
    digest: EvidenceDigest,
    groups: HashLists,
    /// Leaves first, the root alone last.
    levels: HashLists,
}

impl HashTree {
    /// Of one group at least, none of them empty; else there is no tree.
    pub fn of(digest: EvidenceDigest, groups: HashLists) -> Option<HashTree> {
        if groups.is_empty() || groups.iter().any(Vec::is_empty) {
            return None;
        }
        let mut level: Vec<Vec<u8>> = groups.iter().map(|group| node(digest, group.clone())).collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.chunks(2).map(|pair| node(digest, pair.to_vec())).collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Some(HashTree { digest, groups, levels })
    }

    /// What is time-stamped.
    pub fn root(&self) -> &[u8] {
        &self.levels[self.levels.len() - 1][0]
    }

    /// What it hashes with.
    pub fn digest(&self) -> EvidenceDigest {
        self.digest
    }

    /// The reduced tree of a group, from 0; `None` for a group that is not there.
    pub fn reduced(&self, group: usize) -> Option<HashLists> {
        let mut own = self.groups.get(group)?.clone();
        own.sort();
        let mut lists = vec![own];
        let mut place = group;
        for level in &self.levels {
            lists.extend(level.get(place ^ 1).map(|sibling| vec![sibling.clone()]));
            place /= 2;
        }
        Some(lists)
    }
}

/// One hash as it is; several hashed together, in the order of their bytes.
fn node(digest: EvidenceDigest, mut hashes: Vec<Vec<u8>>) -> Vec<u8> {
    match hashes.len() {
        1 => hashes.remove(0),
        _ => {
            hashes.sort();
            digest.of(&hashes.concat())
        }
    }
}

/// The root that a reduced tree leads to; `None` for one without hashes.
pub fn root_of(digest: EvidenceDigest, lists: &[Vec<Vec<u8>>]) -> Option<Vec<u8>> {
    let (first, rest) = lists.split_first().filter(|_| lists.iter().all(|list| !list.is_empty()))?;
    let leaf = node(digest, first.clone());
    Some(rest.iter().fold(leaf, |below, list| node(digest, [list.as_slice(), &[below]].concat())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reduced_tree_leads_to_the_root() {
        for count in 1..40usize {
            let groups = (0..count).map(|n| vec![vec![n as u8; 32], vec![255 - n as u8; 32]]).collect();
            let tree = HashTree::of(EvidenceDigest::Sha256, groups).unwrap();
            for group in 0..count {
                let lists = tree.reduced(group).unwrap();
                assert_eq!(
                    root_of(EvidenceDigest::Sha256, &lists).unwrap(),
                    tree.root(),
                    "{group} of {count}"
                );
                let mut forged = lists.clone();
                forged[0][0][5] ^= 1;
                assert_ne!(root_of(EvidenceDigest::Sha256, &forged).unwrap(), tree.root());
            }
            assert!(tree.reduced(count).is_none());
        }
        assert!(HashTree::of(EvidenceDigest::Sha256, Vec::new()).is_none());
        assert!(root_of(EvidenceDigest::Sha256, &[]).is_none());
    }
}
