//! Proofs that travel: the receipt of an entry (C2SP tlog-proof) and the proof of one page, both checked offline with
//! nothing but the log's public key, and those of its witnesses.

use record::{Sha256, Timestamp};

use super::base64;
use super::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, decimal};
use super::entry::{Entry, EntryError};
use super::merkle::{ProofError, check_inclusion, leaf_hash};
use super::note::{NoteError, Verifier};

const RECEIPT_HEAD: &str = "c2sp.org/tlog-proof@v1";
const PAGE_HEAD: &str = "hoso.vks.gov.vn/page-proof@v1";
/// Longest proof that is read, in bytes.
pub const MAX_PROOF_BYTES: usize = 64 << 10;
/// Most hashes of a path.
const MAX_PATH: usize = 64;

/// Why a receipt or a page's proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    #[error("not a proof of a log: {0}")]
    Malformed(&'static str),
    #[error("it does not hold the entry that it proves")]
    NoEntry,
    #[error("the entry: {0}")]
    Entry(#[from] EntryError),
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    #[error("a cosignature: {0}")]
    Cosignature(#[from] NoteError),
    #[error("the entry is not in the log: {0}")]
    Proof(#[from] ProofError),
    #[error("the entry is not about a version of a case file")]
    NotAVersion,
    #[error("the page is not in the sealed manifest: {0}")]
    Page(ProofError),
}

/// An entry's place in a log, proven against a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The entry itself, in the line `extra`; whoever has it from elsewhere needs none.
    pub entry: Option<Vec<u8>>,
    /// Its index, from 0.
    pub index: u64,
    /// Leaf's sibling first.
    pub path: Vec<Sha256>,
    pub checkpoint: SignedCheckpoint,
}

/// What a receipt shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    pub entry: Entry,
    pub index: u64,
    pub checkpoint: Checkpoint,
    /// Which of the witnesses asked for have seen the checkpoint, and when.
    pub cosigned: Vec<(String, Timestamp)>,
}

impl Receipt {
    pub fn text(&self) -> String {
        let extra = self.entry.as_deref().map(|entry| format!("extra {}\n", base64::encode(entry)));
        let extra = extra.unwrap_or_default();
        let path = hash_lines(&self.path);
        format!("{RECEIPT_HEAD}\n{extra}index {}\n{path}\n{}", self.index, self.checkpoint.raw())
    }

    pub fn parse(text: &str) -> Result<Receipt, ReceiptError> {
        let malformed = ReceiptError::Malformed;
        if text.len() > MAX_PROOF_BYTES {
            return Err(malformed("longer than 64 KiB"));
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed("there is no checkpoint"))?;
        let mut lines = head.lines().peekable();
        if lines.next() != Some(RECEIPT_HEAD) {
            return Err(malformed("it does not begin with c2sp.org/tlog-proof@v1"));
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let entry = extra.map(|line| base64::decode(&line[6..]).ok_or(malformed("the line extra")));
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        Ok(Receipt {
            entry: entry.transpose()?,
            index: index.ok_or(malformed("there is no index"))?,
            path: hashes(lines)?,
            checkpoint: SignedCheckpoint::parse(checkpoint)?,
        })
    }

    /// Checks the log's signature, the entry's place, and what the witnesses say. How many witnesses are enough is for
    /// the caller to say.
    pub fn check(
        &self,
        log: &Verifier,
        witnesses: &[Verifier],
        now: Timestamp,
    ) -> Result<Proven, ReceiptError> {
        let bytes = self.entry.as_deref().ok_or(ReceiptError::NoEntry)?;
        let checkpoint = self.checkpoint.check(log)?;
        check_inclusion(&leaf_hash(bytes), self.index, checkpoint.size, &self.path, &checkpoint.root)?;
        let mut cosigned = Vec::new();
        for witness in witnesses {
            if let Some(time) = self.checkpoint.cosigned(witness, now)? {
                cosigned.push((witness.name().to_owned(), time));
            }
        }
        let entry = Entry::parse(bytes)?;
        Ok(Proven { entry, index: self.index, checkpoint: checkpoint.clone(), cosigned })
    }
}

/// That a page, or any file of a case file, stood in a manifest that was sealed and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageProof {
    /// The file's path in the manifest.
    pub path: String,
    /// Its line, from 0.
    pub line: u64,
    /// From the line to the root over the manifest's lines.
    pub lines_path: Vec<Sha256>,
    /// The receipt of the version's entry; the entry must be in it.
    pub receipt: Receipt,
}

impl PageProof {
    /// The page's part, the entry, and the receipt without the entry.
    pub fn text(&self) -> Result<String, ReceiptError> {
        let entry = self.receipt.entry.as_deref().ok_or(ReceiptError::NoEntry)?;
        let entry =
            std::str::from_utf8(entry).map_err(|_| ReceiptError::Malformed("the entry is no text"))?;
        let receipt = Receipt { entry: None, ..self.receipt.clone() }.text();
        let lines = hash_lines(&self.lines_path);
        Ok(format!("{PAGE_HEAD}\npath {}\nline {}\n{lines}\n{entry}\n\n{receipt}", self.path, self.line))
    }

    pub fn parse(text: &str) -> Result<PageProof, ReceiptError> {
        let malformed = ReceiptError::Malformed;
        if text.len() > MAX_PROOF_BYTES {
            return Err(malformed("longer than 64 KiB"));
        }
        let mut parts = text.splitn(3, "\n\n");
        let (Some(page), Some(entry), Some(receipt)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed("it has no three parts"));
        };
        let mut lines = page.lines();
        if lines.next() != Some(PAGE_HEAD) {
            return Err(malformed("it does not begin with hoso.vks.gov.vn/page-proof@v1"));
        }
        let path = lines.next().and_then(|line| line.strip_prefix("path ")).ok_or(malformed("no path"))?;
        let line = lines.next().and_then(|line| line.strip_prefix("line ")).and_then(decimal);
        let receipt = Receipt { entry: Some(entry.as_bytes().to_vec()), ..Receipt::parse(receipt)? };
        Ok(PageProof {
            path: path.to_owned(),
            line: line.ok_or(malformed("there is no line number"))?,
            lines_path: hashes(lines)?,
            receipt,
        })
    }

    /// Checks that a file with this digest stood at this path in the manifest of the entry, and the entry in the log.
    pub fn check(
        &self,
        file: &Sha256,
        log: &Verifier,
        witnesses: &[Verifier],
        now: Timestamp,
    ) -> Result<Proven, ReceiptError> {
        let proven = self.receipt.check(log, witnesses, now)?;
        let Entry::Version(version) = &proven.entry else { return Err(ReceiptError::NotAVersion) };
        let line = format!("{file}  {}", self.path);
        let leaf = leaf_hash(line.as_bytes());
        check_inclusion(&leaf, self.line, version.tree_size, &self.lines_path, &version.tree_root)
            .map_err(ReceiptError::Page)?;
        Ok(proven)
    }
}

pub(super) fn hash_lines(hashes: &[Sha256]) -> String {
    hashes.iter().map(|hash| format!("{}\n", base64::encode(&hash.0))).collect()
}

fn hashes<'t>(lines: impl Iterator<Item = &'t str>) -> Result<Vec<Sha256>, ReceiptError> {
    let wrong = ReceiptError::Malformed("a line that is no hash");
    let hashes: Vec<Sha256> = lines
        .map(|line| base64::decode_array(line).map(Sha256).ok_or(wrong.clone()))
        .collect::<Result<_, _>>()?;
    if hashes.len() > MAX_PATH { Err(ReceiptError::Malformed("more than 64 hashes")) } else { Ok(hashes) }
}
