//! Many case files under one signature: the signed text is the root of a Merkle tree (RFC 6962) over their manifests, and
//! each case file keeps that text and its own way to the root. A token then signs once for a batch
//! (docs/format/manifest.md, section 7).
//!
//! A leaf names a manifest twice: by the SHA-256 of its bytes, and by the root of the tree over its lines. So one page can
//! be proven with its line, two paths and the signed text, without the rest of the manifest.

use base64ct::{Base64, Encoding};
use record::{Sha256, Timestamp};
use sha2::Digest;

use crate::sign::{SealError, Signer, sign_text};
use crate::tlog::merkle::{Tree, check_inclusion, leaf_hash};

/// The text that is signed for a batch. Where it is there, `manifest.p7s` is over it.
pub const BATCH_PATH: &str = "seal/batch.txt";
/// The way from the manifest to the root that the text names.
pub const BATCH_PROOF_PATH: &str = "seal/batch.proof";

/// Longest signed text or proof that is read, in bytes.
pub(crate) const MAX_BATCH_BYTES: usize = 8 << 10;
/// Most manifests of a batch.
pub const MAX_BATCH_CASES: usize = 1 << 20;

const TEXT_FORMAT: &str = "hoso-batch/1";
const PROOF_FORMAT: &str = "hoso-batch-proof/1";

/// What a manifest is in the tree of a batch: `<SHA-256, hexadecimal> <number of lines> <root over the lines, base64>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchLeaf(String);

impl BatchLeaf {
    /// Of the bytes of a canonical manifest.
    pub fn of(manifest: &[u8]) -> BatchLeaf {
        let lines = manifest.strip_suffix(b"\n").unwrap_or(manifest).split(|byte| *byte == b'\n');
        let tree = Tree::of(lines);
        let sha256 = Sha256(sha2::Sha256::digest(manifest).into());
        BatchLeaf(format!("{sha256} {} {}", tree.size(), Base64::encode_string(&tree.root().0)))
    }
}

/// A batch that was signed: what each of its case files keeps.
pub struct SealedBatch {
    tree: Tree,
    /// [`BATCH_PATH`].
    pub text: Vec<u8>,
    /// `manifest.p7s`, over the text.
    pub signature: Vec<u8>,
}

impl SealedBatch {
    /// Signs the root over these manifests, once by each signer. `archive` names the archive, without line feed.
    ///
    /// # Panics
    /// Without any manifest, or with more than [`MAX_BATCH_CASES`].
    pub fn sign(
        archive: &str,
        leaves: &[BatchLeaf],
        signers: &[&dyn Signer],
        now: Timestamp,
    ) -> Result<SealedBatch, SealError> {
        assert!((1..=MAX_BATCH_CASES).contains(&leaves.len()), "a batch of {}", leaves.len());
        let tree = Tree::of(leaves.iter().map(|leaf| leaf.0.as_bytes()));
        let (size, root) = (tree.size(), Base64::encode_string(&tree.root().0));
        let text = format!("{TEXT_FORMAT}\n{archive}\n{now}\n{size}\n{root}\n").into_bytes();
        let signature = sign_text(&text, signers, now)?;
        Ok(SealedBatch { tree, text, signature })
    }

    /// [`BATCH_PROOF_PATH`] of the manifest at this place, from 0.
    pub fn proof(&self, index: usize) -> Vec<u8> {
        let path = self.tree.inclusion(index as u64);
        let mut text = format!("{PROOF_FORMAT}\n{index}\n");
        for hash in path {
            text.push_str(&Base64::encode_string(&hash.0));
            text.push('\n');
        }
        text.into_bytes()
    }
}

/// What a batch's text says.
struct BatchText {
    size: u64,
    root: Sha256,
}

fn hash(line: &str) -> Option<Sha256> {
    Some(Sha256(Base64::decode_vec(line).ok()?.try_into().ok()?))
}

/// A number as it is printed, and no other spelling.
fn number(line: &str) -> Option<u64> {
    line.parse().ok().filter(|number: &u64| number.to_string() == line)
}

fn lines(bytes: &[u8]) -> Option<Vec<&str>> {
    Some(std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.split('\n').collect())
}

fn parse_text(bytes: &[u8]) -> Option<BatchText> {
    match lines(bytes)?[..] {
        [TEXT_FORMAT, _archive, _time, size, root] => {
            Some(BatchText { size: number(size)?, root: hash(root)? })
        }
        _ => None,
    }
}

fn parse_proof(bytes: &[u8]) -> Option<(u64, Vec<Sha256>)> {
    match &lines(bytes)?[..] {
        [PROOF_FORMAT, index, path @ ..] => {
            Some((number(index)?, path.iter().map(|line| hash(line)).collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// Whether a manifest is one of those that the text speaks for; why not.
pub(crate) fn check(manifest: &[u8], text: &[u8], proof: &[u8]) -> Result<(), String> {
    let text = parse_text(text).ok_or("the signed text of the batch is not in its form")?;
    let (index, path) = parse_proof(proof).ok_or("the proof of the batch is not in its form")?;
    let leaf = leaf_hash(BatchLeaf::of(manifest).0.as_bytes());
    match check_inclusion(&leaf, index, text.size, &path, &text.root) {
        Ok(()) => Ok(()),
        Err(_) => Err("the manifest is not one of the batch that was signed".into()),
    }
}
