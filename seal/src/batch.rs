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

/// That a file stood in a manifest of a signed batch, without the rest of the manifest: its line, the way from the line to the root over
/// the lines, what the manifest is in the batch, and the way from there to the root that is signed
/// (docs/format/manifest.md, section 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPageProof {
    /// The file's path in the manifest.
    pub path: String,
    /// Its line, from 0.
    line: u64,
    lines_path: Vec<Sha256>,
    leaf: String,
    /// [`BATCH_PROOF_PATH`].
    proof: String,
}

const PAGE_FORMAT: &str = "hoso-batch-page/1";
/// Longest proof of a page that is read, in bytes.
pub const MAX_BATCH_PAGE_BYTES: usize = 64 << 10;

impl BatchPageProof {
    /// Of a path in a canonical manifest with its proof; `None` where the manifest does not list it.
    pub fn of(manifest: &[u8], proof: &[u8], path: &str) -> Option<BatchPageProof> {
        let body = manifest.strip_suffix(b"\n").unwrap_or(manifest);
        let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
        let line = lines.iter().position(|line| line.get(66..) == Some(path.as_bytes()))? as u64;
        let lines_path = Tree::of(lines).inclusion(line);
        let proof = String::from_utf8(proof.to_vec()).ok()?;
        Some(BatchPageProof {
            path: path.to_owned(),
            line,
            lines_path,
            leaf: BatchLeaf::of(manifest).0,
            proof,
        })
    }

    /// As it is handed on.
    pub fn text(&self) -> String {
        let hashes = self.lines_path.iter().map(|hash| Base64::encode_string(&hash.0) + "\n");
        let hashes: String = hashes.collect();
        let Self { path, line, leaf, proof, .. } = self;
        format!("{PAGE_FORMAT}\npath {path}\nline {line}\n{hashes}\n{leaf}\n{proof}")
    }

    /// `None` for what is not in its form.
    pub fn parse(text: &str) -> Option<BatchPageProof> {
        let (page, batch) = text.split_once("\n\n")?;
        let (leaf, proof) = batch.split_once('\n')?;
        let mut lines = page.split('\n');
        if text.len() > MAX_BATCH_PAGE_BYTES || lines.next() != Some(PAGE_FORMAT) {
            return None;
        }
        let path = lines.next()?.strip_prefix("path ")?.to_owned();
        let line = number(lines.next()?.strip_prefix("line ")?)?;
        let lines_path = lines.map(hash).collect::<Option<_>>()?;
        Some(BatchPageProof { path, line, lines_path, leaf: leaf.to_owned(), proof: proof.to_owned() })
    }

    /// Whether a file with this digest stood there, in a manifest of the batch with this text; why not. Who signed the text is
    /// another question.
    pub fn check(&self, file: &Sha256, text: &[u8]) -> Result<(), String> {
        let not_in_form = || "the proof of the page is not in its form".to_owned();
        let (digest, rest) = self.leaf.split_once(' ').ok_or_else(not_in_form)?;
        let (size, root) = rest.split_once(' ').ok_or_else(not_in_form)?;
        let (size, root) = number(size).zip(hash(root)).ok_or_else(not_in_form)?;
        digest.parse::<Sha256>().map_err(|_| not_in_form())?;
        let line = leaf_hash(format!("{file}  {}", self.path).as_bytes());
        check_inclusion(&line, self.line, size, &self.lines_path, &root)
            .map_err(|_| "the page is not in the manifest that was signed".to_owned())?;
        let text = parse_text(text).ok_or("the signed text of the batch is not in its form")?;
        let (index, path) =
            parse_proof(self.proof.as_bytes()).ok_or("the proof of the batch is not in its form")?;
        check_inclusion(&leaf_hash(self.leaf.as_bytes()), index, text.size, &path, &text.root)
            .map_err(|_| "the manifest is not one of the batch that was signed".to_owned())
    }
}
