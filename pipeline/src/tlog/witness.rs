//! Witnesses of the log, on both sides: the archive that asks (over HTTP, or by a file on a stick), and the unit above that
//! signs and remembers.

use super::{open_reader, read_text};
use crate::PipelineError;
use crate::config::Layout;
use crate::http::{self, Request};
use durable::{DurableError, Lock};
use record::{Sha256, Timestamp};
use seal::tlog::witness::{AddCheckpoint, Refusal, cosign};
use seal::tlog::{KeyKind, Log, NoteError, NoteKey, SignedCheckpoint, Verifier};
use sha2::Digest;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The witness refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The witness answered something else; `text` is the beginning of it.
    #[error("{url} answered {status}: {text}")]
    Answer {
        /// Its address.
        url: String,
        /// Status of HTTP.
        status: u16,
        /// What it said.
        text: String,
    },
    /// The witness cannot be reached.
    #[error("cannot reach the witness: {0}")]
    Unreachable(io::Error),
    /// No such witness is trusted here.
    #[error("no witness {0:?} is trusted here")]
    Unknown(String),
    /// Nothing in it was signed by a witness that is trusted here.
    #[error("no witness that is trusted here has signed it")]
    NotSigned,
    /// It is signed, but is not a checkpoint of this log as it is.
    #[error("not a checkpoint of this log as it stands: {0}")]
    OtherHistory(String),
}

/// A witness has signed this many entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// Its name.
    pub witness: String,
    /// Entries of the checkpoint.
    pub size: u64,
    /// When, by the witness's clock.
    pub at: Timestamp,
}

/// Trusts a witness from now on: its public key, and its address where it can be reached.
pub fn add_witness(root: &Path, key: &str, url: Option<&str>) -> Result<Verifier, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    open_reader(&layout)?;
    let path = layout.witnesses();
    let verifier = verifier_of(key, KeyKind::Witness, &path)?;
    let mut lines = if path.exists() { read_text(&path)? } else { String::new() };
    lines.push_str(&verifier.text());
    if let Some(url) = url {
        lines.push(' ');
        lines.push_str(url);
    }
    lines.push('\n');
    durable::write_file(&path, lines.as_bytes())?;
    Ok(verifier)
}

fn verifier_of(key: &str, kind: KeyKind, path: &Path) -> Result<Verifier, PipelineError> {
    let other = NoteError::Key("a key of a log where one of a witness is needed, or the other way round");
    let verifier = Verifier::parse(key.trim());
    let verifier =
        verifier.and_then(|verifier| if verifier.kind() == kind { Ok(verifier) } else { Err(other) });
    verifier.map_err(|source| PipelineError::LogKey { path: path.to_owned(), source })
}

/// The witnesses of an archive's log, with their addresses. The last line of a key counts.
pub(super) fn witnesses(layout: &Layout) -> Result<Vec<(Verifier, Option<String>)>, PipelineError> {
    let path = layout.witnesses();
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut witnesses: Vec<(Verifier, Option<String>)> = Vec::new();
    for line in read_text(&path)?.lines().filter(|line| !line.trim().is_empty()) {
        let (key, url) =
            line.split_once(' ').map_or((line, None), |(key, url)| (key, Some(url.trim().to_owned())));
        let verifier = verifier_of(key, KeyKind::Witness, &path)?;
        witnesses.retain(|(known, _)| *known != verifier);
        witnesses.push((verifier, url));
    }
    Ok(witnesses)
}

/// Checkpoints that witnesses have signed, by size, smallest first: `tlog/cosigned/<size>`.
pub(super) fn cosigned_files(layout: &Layout) -> Result<Vec<(u64, PathBuf)>, PipelineError> {
    let folder = cosigned_folder(layout);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(PipelineError::io(&folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(PipelineError::io(&folder))?.path();
        let size = path.file_name().and_then(|name| name.to_str()?.parse().ok());
        files.extend(size.map(|size| (size, path)));
    }
    files.sort();
    Ok(files)
}

fn cosigned_folder(layout: &Layout) -> PathBuf {
    layout.tlog().join("cosigned")
}

/// What is carried to a witness, and sent to it: the latest checkpoint with the proof that it follows `old`, by default the
/// one that this witness signed last.
pub fn export_checkpoint(
    root: &Path,
    witness: Option<&str>,
    old: Option<u64>,
) -> Result<String, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let (_, mut reader) = open_reader(&layout)?;
    let known = witnesses(&layout)?;
    let old_size = match (old, witness) {
        (Some(old), _) => old,
        (None, Some(name)) => {
            let witness = known.iter().find(|(verifier, _)| verifier.name() == name);
            let (witness, _) = witness.ok_or_else(|| WitnessError::Unknown(name.to_owned()))?;
            last_signed(&layout, witness)?
        }
        (None, None) => 0,
    };
    let proof = reader.consistency(old_size)?;
    Ok(AddCheckpoint { old_size, proof, checkpoint: reader.signed_checkpoint().clone() }.text())
}

/// Entries of the last checkpoint that this witness signed.
fn last_signed(layout: &Layout, witness: &Verifier) -> Result<u64, PipelineError> {
    for (size, path) in cosigned_files(layout)?.into_iter().rev() {
        let signed = SignedCheckpoint::parse(&read_text(&path)?);
        if signed.is_ok_and(|signed| matches!(signed.cosigned(witness, Timestamp::MAX), Ok(Some(_)))) {
            return Ok(size);
        }
    }
    Ok(0)
}

/// Takes a checkpoint that witnesses have signed, kept beside the log. It must be one of this log as it stands.
pub fn import_cosignature(root: &Path, text: &str, now: Timestamp) -> Result<Vec<Cosigned>, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let (key, mut reader) = open_reader(&layout)?;
    let other = |why: String| PipelineError::from(WitnessError::OtherHistory(why));
    let signed = SignedCheckpoint::parse(text).map_err(|e| other(e.to_string()))?;
    let size = signed.check(&key).map_err(|e| other(e.to_string()))?.size;
    if size > reader.size() || reader.root(size)? != signed.unchecked().root {
        return Err(other(format!("{size} entries with another root")));
    }
    let path = cosigned_folder(&layout).join(size.to_string());
    let kept = match path.exists() {
        true => SignedCheckpoint::parse(&read_text(&path)?).map_err(|e| other(e.to_string()))?,
        false => signed.only_of(&key),
    };
    let signature_lines = text.rsplit_once("\n\n").map_or("", |(_, lines)| lines);
    let (mut all, mut cosigned) = (kept, Vec::new());
    for (witness, _) in witnesses(&layout)? {
        let Ok(Some(at)) = signed.cosigned(&witness, now) else { continue };
        all = all.with_cosignature(signature_lines, &witness, now).map_err(|e| other(e.to_string()))?;
        cosigned.push(Cosigned { witness: witness.name().to_owned(), size, at });
    }
    if cosigned.is_empty() {
        return Err(WitnessError::NotSigned.into());
    }
    durable::create_dir_durable(&cosigned_folder(&layout))?;
    durable::write_file(&path, all.raw().as_bytes())?;
    if size == reader.size() {
        let secret = Zeroizing::new(read_text(&layout.log_key())?);
        let secret = NoteKey::parse(secret.trim())
            .map_err(|source| PipelineError::LogKey { path: layout.log_key(), source })?;
        Log::open(&layout.tlog(), secret)?.add_cosignatures(&all)?;
    }
    Ok(cosigned)
}

/// The name of a witness, and what it said.
pub(crate) type Answer = (String, Result<Cosigned, PipelineError>);

/// Asks every witness that has an address. One that refuses or is away does not keep the others from signing.
pub fn ask_witnesses(root: &Path, now: &dyn Fn() -> Timestamp) -> Result<Vec<Answer>, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    open_reader(&layout)?;
    let mut answers = Vec::new();
    for (witness, url) in witnesses(&layout)? {
        if let Some(url) = url {
            answers.push((witness.name().to_owned(), ask(root, &witness, &url, now)));
        }
    }
    Ok(answers)
}

fn ask(
    root: &Path,
    witness: &Verifier,
    url: &str,
    now: &dyn Fn() -> Timestamp,
) -> Result<Cosigned, PipelineError> {
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let mut old = None;
    loop {
        let request = export_checkpoint(root, Some(witness.name()), old)?;
        let asked = Request {
            url: &url,
            body: Some(("text/plain; charset=utf-8", request.as_bytes())),
            patience: HTTP_PATIENCE,
            max_answer_bytes: MAX_ANSWER_BYTES,
        };
        let (status, body) = http::ask(&asked).map_err(WitnessError::Unreachable)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let known: Option<u64> = body.trim().parse().ok();
        match (status, known) {
            (200, _) => {
                let (_, checkpoint) = request.split_once("\n\n").expect("a request that this program made");
                let cosigned = import_cosignature(root, &format!("{checkpoint}{body}"), now())?;
                let own = cosigned.into_iter().find(|cosigned| cosigned.witness == witness.name());
                return own.ok_or_else(|| WitnessError::NotSigned.into());
            }
            // It remembers another size than this archive does: once more from there, if this log has it.
            (409, Some(size))
                if old.is_none()
                    && size
                        <= AddCheckpoint::parse(&request)
                            .map_err(WitnessError::from)?
                            .checkpoint
                            .unchecked()
                            .size =>
            {
                old = Some(size);
            }
            _ => {
                let text = body.trim().replace(char::is_control, " ").chars().take(200).collect();
                return Err(WitnessError::Answer { url, status, text }.into());
            }
        }
    }
}

/// A witness: a folder with its key, the keys of the logs that it watches, and the last checkpoint of each.
#[derive(Debug)]
pub struct Witness {
    folder: PathBuf,
    key: NoteKey,
}

/// How long another request is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(5);
/// How long a witness may take to answer.
const HTTP_PATIENCE: Duration = Duration::from_secs(20);
const MAX_ANSWER_BYTES: usize = 128 << 10;

impl Witness {
    /// Makes one in a new folder.
    pub fn create(folder: &Path, name: &str) -> Result<Witness, PipelineError> {
        let path = folder.join("witness.key");
        if path.exists() {
            return Err(DurableError::Exists { op: "make the key of a witness", path }.into());
        }
        let mut seed = Zeroizing::new([0u8; 32]);
        getrandom::fill(seed.as_mut_slice()).expect("the system gives random numbers");
        let key = NoteKey::new(name, KeyKind::Witness, &seed)
            .map_err(|source| PipelineError::LogKey { path: path.clone(), source })?;
        durable::create_dir_durable(&folder.join("seen"))?;
        durable::write_secret_file(&path, format!("{}\n", *key.secret_text()).as_bytes())?;
        durable::write_file(&folder.join("witness.vkey"), format!("{}\n", key.verifier().text()).as_bytes())?;
        Ok(Witness { folder: folder.to_owned(), key })
    }

    /// Opens it.
    pub fn open(folder: &Path) -> Result<Witness, PipelineError> {
        let path = folder.join("witness.key");
        let text = Zeroizing::new(read_text(&path)?);
        let key = NoteKey::parse(text.trim()).map_err(|source| PipelineError::LogKey { path, source })?;
        Ok(Witness { folder: folder.to_owned(), key })
    }

    /// Its public key, for the archives that it watches.
    pub fn public_key(&self) -> String {
        self.key.verifier().text()
    }

    /// Watches a log from now on.
    pub fn watch(&self, key: &str) -> Result<Verifier, PipelineError> {
        let path = self.folder.join("logs");
        let verifier = verifier_of(key, KeyKind::Log, &path)?;
        let mut lines = if path.exists() { read_text(&path)? } else { String::new() };
        lines.push_str(&format!("{}\n", verifier.text()));
        durable::write_file(&path, lines.as_bytes())?;
        Ok(verifier)
    }

    /// Signs the checkpoint of a request if it follows the one that was signed last, which it durably replaces before the
    /// answer is given. Gives the request's checkpoint with the new signature, and its line alone.
    ///
    /// # Errors
    /// [`WitnessError::Refused`] says why not.
    pub fn add_checkpoint(&self, request: &str, now: Timestamp) -> Result<(String, String), PipelineError> {
        let request = AddCheckpoint::parse(request).map_err(WitnessError::from)?;
        let _lock = self.lock()?;
        let path = self.folder.join("logs");
        let logs = if path.exists() { read_text(&path)? } else { String::new() };
        let logs: Result<Vec<Verifier>, _> =
            logs.lines().map(|line| verifier_of(line, KeyKind::Log, &path)).collect();
        let name = Sha256(sha2::Sha256::digest(&request.checkpoint.unchecked().origin).into());
        let seen = self.folder.join("seen").join(name.to_string());
        let last = match std::fs::read_to_string(&seen) {
            // A log that was never seen, and no other reason: what was seen once is not forgotten.
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            text => {
                let text = text.map_err(PipelineError::io(&seen))?;
                Some(SignedCheckpoint::parse(&text).map_err(|e| PipelineError::Format {
                    what: seen.display().to_string(),
                    problem: e.to_string(),
                })?)
            }
        };
        let checkpoint = request
            .check(&logs?, last.as_ref().map(SignedCheckpoint::unchecked))
            .map_err(WitnessError::from)?;
        durable::write_file(&seen, request.checkpoint.raw().as_bytes())?;
        let line = cosign(checkpoint, &self.key, now);
        Ok((format!("{}{line}", request.checkpoint.raw()), line))
    }

    fn lock(&self) -> Result<Lock, PipelineError> {
        let mut waited = Duration::ZERO;
        loop {
            match Lock::try_exclusive(&self.folder.join(".lock")) {
                Err(DurableError::Locked { .. }) if waited < PATIENCE => {
                    std::thread::sleep(LOOK);
                    waited += LOOK;
                }
                other => return Ok(other?),
            }
        }
    }
}
