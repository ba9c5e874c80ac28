//! EvidenceRecord in DER (RFC 4998, appendix A: implicit tags), both ways.

use super::tree::{EvidenceDigest, HashLists};
use crate::algorithm::Digest;
use crate::tlv::{Fields, Malformed, Tlv};
use der::{Encode, Tag};

/// Longest evidence record that is read, in bytes.
pub const MAX_EVIDENCE_BYTES: usize = 1 << 20;
/// Most chains, time stamps in a chain, lists in a tree, hashes in a list.
const MAX_CHAINS: usize = 32;
const MAX_STAMPS: usize = 64;
const MAX_LISTS: usize = 64;
const MAX_HASHES: usize = 1024;

const SEQUENCE: u8 = 0x30;
const OCTETS: u8 = 0x04;
const DIGEST_ALGORITHM: u8 = 0xA0;
const REDUCED_TREE: u8 = 0xA2;

/// Bytes that are no evidence record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an evidence record: {0}")]
pub struct EvidenceError(pub(crate) String);

impl From<Malformed> for EvidenceError {
    fn from(Malformed(reason): Malformed) -> Self {
        Self(reason)
    }
}

/// A time stamp over the root of a tree, and the reduced tree of what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveTimeStamp {
    pub digest: EvidenceDigest,
    /// Empty where the time stamp is over the one hash itself.
    pub reduced: HashLists,
    /// ContentInfo of the token, DER.
    pub token: Vec<u8>,
}

/// Chains of archive time stamps, the oldest first; within a chain each renews the one before. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRecord {
    pub(super) chains: Vec<Vec<ArchiveTimeStamp>>,
}

impl EvidenceRecord {
    /// With its first time stamp.
    pub fn new(first: ArchiveTimeStamp) -> EvidenceRecord {
        EvidenceRecord { chains: vec![vec![first]] }
    }

    /// Its chains; neither the list nor a chain is empty.
    pub fn chains(&self) -> &[Vec<ArchiveTimeStamp>] {
        &self.chains
    }

    /// The time stamp that was made last.
    pub fn last(&self) -> &ArchiveTimeStamp {
        self.chains.last().and_then(|chain| chain.last()).expect("never empty")
    }

    /// Renews by a time stamp over the last one (RFC 4998, 5.2), which must hash as that does.
    ///
    /// # Errors
    /// Another digest, or more time stamps than are read.
    pub fn renew_time_stamp(&mut self, next: ArchiveTimeStamp) -> Result<(), EvidenceError> {
        if next.digest != self.last().digest {
            return Err(EvidenceError("a renewal within a chain hashes as the chain does".into()));
        }
        let chain = self.chains.last_mut().expect("never empty");
        if chain.len() == MAX_STAMPS {
            return Err(EvidenceError(format!("more than {MAX_STAMPS} time stamps in a chain")));
        }
        chain.push(next);
        Ok(())
    }

    /// Renews by a new chain over the objects and all that is here (RFC 4998, 5.2: hash-tree renewal).
    ///
    /// # Errors
    /// More chains than are read.
    pub fn renew_hash_tree(&mut self, first: ArchiveTimeStamp) -> Result<(), EvidenceError> {
        if self.chains.len() == MAX_CHAINS {
            return Err(EvidenceError(format!("more than {MAX_CHAINS} chains")));
        }
        self.chains.push(vec![first]);
        Ok(())
    }

    /// The group of hashes that a time-stamp renewal stamps: the last token's.
    pub fn time_stamp_group(&self) -> Vec<Vec<u8>> {
        vec![self.last().digest.of(&self.last().token)]
    }

    /// The group of hashes that a hash-tree renewal stamps.
    pub fn hash_tree_group(&self, digest: EvidenceDigest, objects: &[&[u8]]) -> Vec<Vec<u8>> {
        self.group_of_chain(self.chains.len(), digest, objects)
    }

    /// The hashes that the first time stamp of a chain must cover.
    pub(super) fn group_of_chain(
        &self,
        chain: usize,
        digest: EvidenceDigest,
        objects: &[&[u8]],
    ) -> Vec<Vec<u8>> {
        let own = objects.iter().map(|object| digest.of(object));
        if chain == 0 {
            return own.collect();
        }
        let older = digest.of(&sequence_of_chains(&self.chains[..chain]));
        own.map(|hash| digest.of(&[hash, older.clone()].concat())).collect()
    }

    /// As it is stored.
    pub fn to_der(&self) -> Vec<u8> {
        let mut digests: Vec<EvidenceDigest> = Vec::new();
        for stamp in self.chains.iter().flatten() {
            if !digests.contains(&stamp.digest) {
                digests.push(stamp.digest);
            }
        }
        let algorithms: Vec<u8> =
            digests.iter().flat_map(|digest| tlv(SEQUENCE, &algorithm(*digest))).collect();
        let version = [0x02, 0x01, 0x01];
        let parts = [version.to_vec(), tlv(SEQUENCE, &algorithms), sequence_of_chains(&self.chains)];
        tlv(SEQUENCE, &parts.concat())
    }

    /// Reads one, in exactly the form that [`EvidenceRecord::to_der`] writes.
    pub fn parse(der: &[u8]) -> Result<EvidenceRecord, EvidenceError> {
        if der.len() > MAX_EVIDENCE_BYTES {
            return Err(EvidenceError("longer than 1 MiB".into()));
        }
        let mut fields = Fields::of(Tlv::only(der)?, 5, "EvidenceRecord")?;
        if fields.take(Tag::Integer)?.value != [1] {
            return Err(EvidenceError("of an unknown version".into()));
        }
        fields.take(Tag::Sequence)?; // digests in use: each time stamp names its own
        let sequence = fields.take(Tag::Sequence)?;
        fields.end()?;
        let mut chains = Vec::new();
        for chain in sequence.children(MAX_CHAINS)? {
            let stamps = chain.expect(Tag::Sequence, "ArchiveTimeStampChain")?.children(MAX_STAMPS)?;
            chains.push(stamps.into_iter().map(archive_time_stamp).collect::<Result<Vec<_>, _>>()?);
        }
        if chains.is_empty() || chains.iter().any(Vec::is_empty) {
            return Err(EvidenceError("without a time stamp".into()));
        }
        let record = EvidenceRecord { chains };
        // Later chains hash the older ones as they are encoded: there is one encoding.
        if der != record.to_der() {
            return Err(EvidenceError("not in its one form".into()));
        }
        Ok(record)
    }
}

fn archive_time_stamp(tlv: Tlv<'_>) -> Result<ArchiveTimeStamp, EvidenceError> {
    let mut fields = Fields::of(tlv, 4, "ArchiveTimeStamp")?;
    let named = fields.take_context(0).ok_or_else(|| EvidenceError("it names no digest".into()))?;
    let oid = named.children(2)?.first().ok_or_else(|| EvidenceError("it names no digest".into()))?.oid()?;
    let digest = Digest::from_oid(oid).and_then(EvidenceDigest::from_digest);
    let digest = digest.ok_or_else(|| EvidenceError(format!("the digest {oid} is not accepted")))?;
    let mut reduced = Vec::new();
    if let Some(tree) = fields.take_context(2) {
        for list in tree.children(MAX_LISTS)? {
            let hashes = list.expect(Tag::Sequence, "PartialHashtree")?.children(MAX_HASHES)?;
            let hash = |hash: Tlv<'_>| Ok(hash.expect(Tag::OctetString, "PartialHashtree")?.value.to_vec());
            reduced.push(hashes.into_iter().map(hash).collect::<Result<Vec<_>, Malformed>>()?);
        }
    }
    let token = fields.take(Tag::Sequence)?.whole.to_vec();
    fields.end()?;
    Ok(ArchiveTimeStamp { digest, reduced, token })
}

/// ArchiveTimeStampSequence.
fn sequence_of_chains(chains: &[Vec<ArchiveTimeStamp>]) -> Vec<u8> {
    let chain = |chain: &Vec<ArchiveTimeStamp>| {
        let stamps: Vec<u8> = chain.iter().flat_map(encoded).collect();
        tlv(SEQUENCE, &stamps)
    };
    tlv(SEQUENCE, &chains.iter().flat_map(chain).collect::<Vec<u8>>())
}

fn encoded(stamp: &ArchiveTimeStamp) -> Vec<u8> {
    let list = |hashes: &Vec<Vec<u8>>| {
        let hashes: Vec<u8> = hashes.iter().flat_map(|hash| tlv(OCTETS, hash)).collect();
        tlv(SEQUENCE, &hashes)
    };
    let lists: Vec<u8> = stamp.reduced.iter().flat_map(list).collect();
    let tree = if stamp.reduced.is_empty() { Vec::new() } else { tlv(REDUCED_TREE, &lists) };
    let parts = [tlv(DIGEST_ALGORITHM, &algorithm(stamp.digest)), tree, stamp.token.clone()];
    tlv(SEQUENCE, &parts.concat())
}

/// The contents of an AlgorithmIdentifier without parameters.
fn algorithm(digest: EvidenceDigest) -> Vec<u8> {
    digest.digest().oid().to_der().expect("a fixed identifier")
}

/// An element in DER.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(value.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let length = value.len().to_be_bytes();
            let digits: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | digits.len() as u8);
            out.extend(digits);
        }
    }
    out.extend_from_slice(value);
    out
}
