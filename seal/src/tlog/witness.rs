//! A witness (C2SP tlog-witness): it remembers the last checkpoint of each log that it has signed and signs a newer one
//! only if that begins with the same entries. So a log that shows others another history cannot have both cosigned.
//! Where it remembers, and how requests come, is for the caller to say.

use record::{Sha256, Timestamp};

use super::base64;
use super::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, decimal};
use super::merkle::{self, check_consistency};
use super::note::{MAX_NOTE_BYTES, NoteKey, Verifier};
use super::receipt::hash_lines;

/// Most lines of a consistency proof.
pub const MAX_PROOF_LINES: usize = 63;

/// Why a witness does not sign; each is a status of HTTP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not a request to a witness: {0}")]
    Malformed(String),
    #[error("the log {0} is not known to this witness")]
    UnknownLog(String),
    #[error("the checkpoint is not signed by the log: {0}")]
    NotSigned(String),
    #[error("the witness last signed {size} entries, not {asked}")]
    OtherSize { size: u64, asked: u64 },
    #[error("the witness has signed another history of {size} entries: the log was forked")]
    Forked { size: u64 },
    #[error("the newer checkpoint does not begin with the older one: {0}")]
    Inconsistent(merkle::ProofError),
}

impl Refusal {
    /// The status of HTTP that says so.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NotSigned(_) => 403,
            Self::UnknownLog(_) => 404,
            Self::OtherSize { .. } | Self::Forked { .. } => 409,
            Self::Inconsistent(_) => 422,
        }
    }

    /// For a conflict the size that the witness last signed.
    pub fn known_size(&self) -> Option<u64> {
        match self {
            Self::OtherSize { size, .. } | Self::Forked { size } => Some(*size),
            _ => None,
        }
    }
}

/// A request: please cosign this checkpoint; it follows the one you signed last, and here is the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    pub old_size: u64,
    pub proof: Vec<Sha256>,
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// The body of `add-checkpoint`, and what is carried on a stick.
    pub fn text(&self) -> String {
        format!("old {}\n{}\n{}", self.old_size, hash_lines(&self.proof), self.checkpoint.raw())
    }

    pub fn parse(text: &str) -> Result<AddCheckpoint, Refusal> {
        let malformed = |what: &str| Refusal::Malformed(what.to_owned());
        if text.len() > 2 * MAX_NOTE_BYTES {
            return Err(malformed("longer than 128 KiB"));
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed("there is no checkpoint"))?;
        let mut lines = head.lines();
        let old_size = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let proof: Option<Vec<Sha256>> = lines.map(|line| base64::decode_array(line).map(Sha256)).collect();
        let proof = proof.ok_or(malformed("a line that is no hash"))?;
        if proof.len() > MAX_PROOF_LINES {
            return Err(malformed("more than 63 hashes"));
        }
        Ok(AddCheckpoint {
            old_size: old_size.ok_or(malformed("it does not begin with the old size"))?,
            proof,
            checkpoint: SignedCheckpoint::parse(checkpoint).map_err(|e| Refusal::Malformed(e.to_string()))?,
        })
    }

    /// May this checkpoint be signed by a witness that knows these logs? `last` is what it signed last for this origin.
    /// The caller keeps the result durably, then signs it with [`cosign`].
    pub fn check(&self, logs: &[Verifier], last: Option<&Checkpoint>) -> Result<&Checkpoint, Refusal> {
        let origin = &self.checkpoint.unchecked().origin;
        let log = logs.iter().find(|log| log.name() == origin);
        let log = log.ok_or_else(|| Refusal::UnknownLog(origin.clone()))?;
        let checkpoint =
            self.checkpoint.check(log).map_err(|e: CheckpointError| Refusal::NotSigned(e.to_string()))?;
        if self.old_size > checkpoint.size {
            return Err(Refusal::Malformed("the old size is larger than the new one".into()));
        }
        let size = last.map_or(0, |last| last.size);
        if self.old_size != size {
            return Err(Refusal::OtherSize { size, asked: self.old_size });
        }
        let root = last.map_or_else(merkle::empty_root, |last| last.root);
        if size == checkpoint.size && root != checkpoint.root {
            return Err(Refusal::Forked { size });
        }
        check_consistency((size, &root), (checkpoint.size, &checkpoint.root), &self.proof)
            .map_err(Refusal::Inconsistent)?;
        Ok(checkpoint)
    }
}

/// The signature line of a witness, which is its answer.
pub fn cosign(checkpoint: &Checkpoint, key: &NoteKey, at: Timestamp) -> String {
    key.cosign(&checkpoint.text(), at)
}
