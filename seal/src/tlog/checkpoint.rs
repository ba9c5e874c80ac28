//! A checkpoint (C2SP tlog-checkpoint): origin, size and root of a log, as a signed note.

use record::{Sha256, Timestamp};

use super::base64;
use super::note::{Note, NoteError, NoteKey, Verifier, signature_lines};

/// Why a text is no checkpoint of the log that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    #[error("a checkpoint of {found}, not of {wanted}")]
    OtherLog { found: String, wanted: String },
}

/// Origin, size and root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `hoso.vks.gov.vn/<unit>`.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    pub root: Sha256,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64::encode(&self.root.0))
    }

    /// Signed by the log.
    pub fn sign(&self, key: &NoteKey) -> SignedCheckpoint {
        let text = self.text();
        let raw = format!("{text}\n{}", key.sign(&text));
        SignedCheckpoint { checkpoint: self.clone(), raw }
    }
}

/// A checkpoint with its signatures, byte for byte as it was read. Nothing is checked until asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    raw: String,
}

impl SignedCheckpoint {
    /// Lines after the third are refused: nobody who audits a log could see what they mean.
    pub fn parse(raw: &str) -> Result<SignedCheckpoint, CheckpointError> {
        let note = Note::parse(raw)?;
        let malformed = CheckpointError::Malformed("it is not origin, size and root, each on its line");
        let lines: Vec<&str> = note.text.lines().collect();
        let [origin, size, root] = lines[..] else { return Err(malformed) };
        let size = decimal(size).ok_or(malformed.clone())?;
        let root = base64::decode_array(root).map(Sha256).ok_or(malformed.clone())?;
        if origin.is_empty() {
            return Err(malformed);
        }
        Ok(SignedCheckpoint {
            checkpoint: Checkpoint { origin: origin.to_owned(), size, root },
            raw: raw.to_owned(),
        })
    }

    /// As it was read.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// What it says, whoever signed it: only to know whom to ask.
    pub fn unchecked(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// What it says, if this log signed it.
    pub fn check(&self, log: &Verifier) -> Result<&Checkpoint, CheckpointError> {
        if self.checkpoint.origin != log.name() {
            let (found, wanted) = (self.checkpoint.origin.clone(), log.name().to_owned());
            return Err(CheckpointError::OtherLog { found, wanted });
        }
        // A log's key says no time.
        self.note().check(log, Timestamp::UNIX_EPOCH)?;
        Ok(&self.checkpoint)
    }

    /// With the lines of this log's key alone.
    pub fn only_of(&self, log: &Verifier) -> SignedCheckpoint {
        let text = self.checkpoint.text();
        let lines = self.raw[text.len() + 1..].split_inclusive('\n');
        let own: String = lines.filter(|line| line.starts_with(&format!("— {} ", log.name()))).collect();
        SignedCheckpoint { checkpoint: self.checkpoint.clone(), raw: format!("{text}\n{own}") }
    }

    /// When this witness saw it, if it did. A wrong signature in its name is an error.
    pub fn cosigned(&self, witness: &Verifier, now: Timestamp) -> Result<Option<Timestamp>, NoteError> {
        match self.note().check(witness, now) {
            Ok(time) => Ok(time),
            Err(NoteError::NotSigned(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// With the line of a witness beside the others; lines of keys that are not asked for are left out. Fails unless the
    /// witness has signed this very text, and when the note is full.
    pub fn with_cosignature(
        &self,
        lines: &str,
        witness: &Verifier,
        now: Timestamp,
    ) -> Result<SignedCheckpoint, NoteError> {
        for (line, signature) in lines.split_inclusive('\n').zip(signature_lines(lines)?) {
            let alone = Note { text: self.checkpoint.text(), signatures: vec![signature] };
            match alone.check(witness, now) {
                Ok(_) if self.raw.contains(line) => return Ok(self.clone()),
                Ok(_) => {
                    let raw = format!("{}{line}", self.raw);
                    Note::parse(&raw)?;
                    return Ok(SignedCheckpoint { checkpoint: self.checkpoint.clone(), raw });
                }
                Err(NoteError::NotSigned(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(NoteError::NotSigned(witness.name().to_owned()))
    }

    /// With the lines of another one of the same text that are not on this one yet. Fails when the note is full.
    pub(super) fn merged(&self, other: &SignedCheckpoint) -> Result<SignedCheckpoint, CheckpointError> {
        let mut raw = self.raw.clone();
        let start = self.checkpoint.text().len() + 1;
        for line in other.raw[start..].split_inclusive('\n') {
            if !raw[start..].split_inclusive('\n').any(|own| own == line) {
                raw.push_str(line);
            }
        }
        SignedCheckpoint::parse(&raw)
    }

    fn note(&self) -> Note {
        Note::parse(&self.raw).expect("was read as a note")
    }
}

/// Decimal without leading zeroes.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
