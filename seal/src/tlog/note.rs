//! Signed notes (C2SP signed-note) and their keys: a text, an empty line, and lines `— name base64(key id || signature)`.
//! Only Ed25519: type 0x01 for a log's own signature, type 0x04 for the time-stamped cosignature of a witness.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use record::Timestamp;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::base64;

/// Longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 << 10;
/// Most signature lines that are read.
const MAX_SIGNATURES: usize = 100;
/// How far a cosignature's time may lie after the moment of checking: clocks differ.
const CLOCK_TOLERANCE_S: u64 = 300;

/// Why a text is no note, or a key no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    #[error("not a key of a log or witness: {0}")]
    Key(&'static str),
    #[error("the signature of {0} does not fit the text")]
    WrongSignature(String),
    #[error("there is no signature of {0}")]
    NotSigned(String),
}

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Checkpoints of its own log: Ed25519 over the text (type 0x01).
    Log,
    /// Checkpoints of others: cosignature/v1 (type 0x04).
    Witness,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }

    fn of(byte: u8) -> Result<Self, NoteError> {
        match byte {
            0x01 => Ok(Self::Log),
            0x04 => Ok(Self::Witness),
            _ => Err(NoteError::Key("of another kind than Ed25519 or cosignature/v1")),
        }
    }
}

/// The public half: what is needed to know a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    kind: KeyKind,
    key: VerifyingKey,
}

impl Verifier {
    /// Reads `name+key id+base64(type || key)` (signed-note, verifier keys).
    pub fn parse(text: &str) -> Result<Verifier, NoteError> {
        let (name, id, key) = key_parts(text)?;
        let [byte, key @ ..] = key.as_slice() else { return Err(NoteError::Key("empty")) };
        let key: &[u8; 32] = key.try_into().map_err(|_| NoteError::Key("not of 32 bytes"))?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NoteError::Key("not a point of the curve"))?;
        let verifier = Verifier { name: checked_name(name)?, kind: KeyKind::of(*byte)?, key };
        if hex(&verifier.id()) != id {
            return Err(NoteError::Key("its key id belongs to another name or key"));
        }
        Ok(verifier)
    }

    /// As a text that [`Verifier::parse`] reads; without a line feed.
    pub fn text(&self) -> String {
        let mut key = vec![self.kind.byte()];
        key.extend(self.key.as_bytes());
        format!("{}+{}+{}", self.name, hex(&self.id()), base64::encode(&key))
    }

    /// The name in signature lines: for a log its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The raw Ed25519 key (RFC 8032).
    pub fn key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// SHA-256(name || LF || type || key), the first four bytes.
    fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.key.as_bytes())
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    fn is_of(&self, signature: &NoteSignature) -> bool {
        signature.name == self.name && signature.key_id == self.id()
    }
}

/// The private half. Wiped when dropped, never printed.
pub struct NoteKey {
    verifier: Verifier,
    key: SigningKey,
}

/// Stands before a private key, as in Go's `sumdb/note`.
const PRIVATE: &str = "PRIVATE+KEY+";

impl NoteKey {
    /// From 32 unpredictable bytes.
    pub fn new(name: &str, kind: KeyKind, seed: &Zeroizing<[u8; 32]>) -> Result<NoteKey, NoteError> {
        let key = SigningKey::from_bytes(seed);
        Ok(NoteKey { verifier: Verifier { name: checked_name(name)?, kind, key: key.verifying_key() }, key })
    }

    /// Reads `PRIVATE+KEY+name+key id+base64(type || seed)`.
    pub fn parse(text: &str) -> Result<NoteKey, NoteError> {
        let rest = text.strip_prefix(PRIVATE).ok_or(NoteError::Key("not a private key"))?;
        let (name, id, bytes) = key_parts(rest)?;
        let bytes = Zeroizing::new(bytes);
        let [byte, seed @ ..] = bytes.as_slice() else { return Err(NoteError::Key("empty")) };
        let seed: [u8; 32] = seed.try_into().map_err(|_| NoteError::Key("not of 32 bytes"))?;
        let key = NoteKey::new(name, KeyKind::of(*byte)?, &Zeroizing::new(seed))?;
        if hex(&key.verifier.id()) != id {
            return Err(NoteError::Key("its key id belongs to another name or key"));
        }
        Ok(key)
    }

    /// As a text that [`NoteKey::parse`] reads: a secret.
    pub fn secret_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(vec![self.verifier.kind.byte()]);
        bytes.extend(self.key.as_bytes());
        let key = Zeroizing::new(base64::encode(&bytes));
        Zeroizing::new(format!("{PRIVATE}{}+{}+{}", self.verifier.name, hex(&self.verifier.id()), *key))
    }

    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// A log's signature line over a note's text, with its line feed.
    ///
    /// # Panics
    /// If this is the key of a witness.
    pub fn sign(&self, text: &str) -> String {
        assert_eq!(self.verifier.kind, KeyKind::Log, "a log's key");
        self.line(&self.key.sign(text.as_bytes()).to_bytes())
    }

    /// The signature line of a witness that sees the note at this time.
    ///
    /// # Panics
    /// If this is the key of a log.
    pub fn cosign(&self, text: &str, at: Timestamp) -> String {
        assert_eq!(self.verifier.kind, KeyKind::Witness, "the key of a witness");
        let time = u64::try_from(at.as_second()).unwrap_or(0);
        let signature = self.key.sign(cosigned(text, time).as_bytes()).to_bytes();
        self.line(&[&time.to_be_bytes()[..], &signature].concat())
    }

    fn line(&self, signature: &[u8]) -> String {
        let bytes = [&self.verifier.id()[..], signature].concat();
        format!("— {} {}\n", self.verifier.name, base64::encode(&bytes))
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    pub name: String,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

/// A note as it was read: its text with the last line feed, and its signatures, checked by nobody yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub text: String,
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    pub fn parse(note: &str) -> Result<Note, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed("longer than 64 KiB"));
        }
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Malformed("it has control characters"));
        }
        let at =
            note.rfind("\n\n").ok_or(NoteError::Malformed("there is no empty line before signatures"))?;
        let signatures = signature_lines(&note[at + 2..])?;
        if signatures.is_empty() {
            return Err(NoteError::Malformed("there is no signature"));
        }
        Ok(Note { text: note[..=at].to_owned(), signatures })
    }

    /// Checks the signature of one key. Gives the time that a witness says; none for a log.
    pub fn check(&self, verifier: &Verifier, now: Timestamp) -> Result<Option<Timestamp>, NoteError> {
        let wrong = || NoteError::WrongSignature(verifier.name.clone());
        let mut found = None;
        for signature in self.signatures.iter().filter(|s| verifier.is_of(s)) {
            let bytes = signature.signature.as_slice();
            let (time, bytes) = match verifier.kind {
                KeyKind::Log => (None, bytes),
                KeyKind::Witness => {
                    let (time, rest) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
                    (Some(u64::from_be_bytes(*time)), rest)
                }
            };
            let signature = ed25519_dalek::Signature::from_slice(bytes).map_err(|_| wrong())?;
            let message = time.map_or_else(|| self.text.clone(), |time| cosigned(&self.text, time));
            verifier.key.verify_strict(message.as_bytes(), &signature).map_err(|_| wrong())?;
            let latest = u64::try_from(now.as_second()).unwrap_or(0) + CLOCK_TOLERANCE_S;
            if time.is_some_and(|time| time > latest) {
                return Err(wrong());
            }
            let time = time.and_then(|time| Timestamp::from_second(time.try_into().ok()?).ok());
            found = Some(time);
        }
        found.ok_or_else(|| NoteError::NotSigned(verifier.name.clone()))
    }
}

/// The signature lines of a note, or of a witness's answer.
pub(super) fn signature_lines(text: &str) -> Result<Vec<NoteSignature>, NoteError> {
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(NoteError::Malformed("the last line does not end"));
    }
    let signatures: Vec<NoteSignature> = text.lines().map(signature_line).collect::<Result<_, _>>()?;
    match signatures.len() <= MAX_SIGNATURES {
        true => Ok(signatures),
        false => Err(NoteError::Malformed("more than 100 signatures")),
    }
}

fn signature_line(line: &str) -> Result<NoteSignature, NoteError> {
    let malformed = NoteError::Malformed("a signature line is not as it should be");
    let rest = line.strip_prefix("— ").ok_or(malformed.clone())?;
    let (name, bytes) = rest.split_once(' ').ok_or(malformed.clone())?;
    let bytes = base64::decode(bytes).ok_or(malformed.clone())?;
    let (key_id, signature) = bytes.split_first_chunk::<4>().ok_or(malformed.clone())?;
    if signature.is_empty() {
        return Err(malformed);
    }
    Ok(NoteSignature { name: checked_name(name)?, key_id: *key_id, signature: signature.to_vec() })
}

/// What a witness signs (tlog-cosignature, Ed25519 signed message).
fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn key_parts(text: &str) -> Result<(&str, &str, Vec<u8>), NoteError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(NoteError::Key("it has no three parts with + between them"));
    };
    let key = base64::decode(key).ok_or(NoteError::Key("not in base64"))?;
    Ok((name, id, key))
}

/// Names have neither spaces nor +, and are not empty.
fn checked_name(name: &str) -> Result<String, NoteError> {
    match name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        true => Err(NoteError::Key("its name is empty or has a space or a +")),
        false => Ok(name.to_owned()),
    }
}

fn hex(id: &[u8; 4]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
