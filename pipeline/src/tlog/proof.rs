//! Showing the log, and making and checking proofs.

use super::witness::{cosigned_files, witnesses};
use super::{case_tags, manifest_tree, open_reader, read_text, sha256};
use crate::PipelineError;
use crate::bench::find_object;
use crate::config::{ArchiveConfig, Layout};
use crate::ledger::Ledger;
use crate::pack::MANIFEST_PATH;
use crate::proof::read_unchecked;
use crate::tlog::Cosigned;
use crate::volumes::Stored;
use archive_store::{Archive, ArchiveReader, Object, VersionNo};
use record::{CaseCode, PageNo, Sha256, Timestamp};
use seal::Manifest;
use seal::tlog::merkle::check_consistency;
use seal::tlog::witness::AddCheckpoint;
use seal::tlog::{
    Checkpoint, Entry, LogReader, PageProof, Proven, Receipt, ReceiptError, SignedCheckpoint, Verifier,
    root_words,
};
use std::path::Path;

/// A log at a glance.
#[derive(Debug)]
pub struct LogView {
    /// Its name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root over them.
    pub root: Sha256,
    /// The beginning of the root in syllables, to be written by hand.
    pub words: String,
    /// Public key, as others are given it.
    pub public_key: String,
    /// The latest checkpoint, byte for byte.
    pub checkpoint: String,
    /// The latest that each witness has signed.
    pub cosigned: Vec<Cosigned>,
    /// The entries asked for: index and text.
    pub entries: Vec<(u64, String)>,
}

/// Shows a log with its last `entries` entries.
pub fn view_log(root: &Path, entries: u64, now: Timestamp) -> Result<LogView, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let (key, reader) = open_reader(&layout)?;
    let mut cosigned = Vec::new();
    for (witness, _) in witnesses(&layout)? {
        for (size, path) in cosigned_files(&layout)?.into_iter().rev() {
            let signed = SignedCheckpoint::parse(&read_text(&path)?);
            if let Some(at) = signed.ok().and_then(|signed| signed.cosigned(&witness, now).ok().flatten()) {
                cosigned.push(Cosigned { witness: witness.name().to_owned(), size, at });
                break;
            }
        }
    }
    let checkpoint = reader.checkpoint().clone();
    let first = checkpoint.size.saturating_sub(entries);
    let shown = (first..checkpoint.size).map(|index| -> Result<(u64, String), PipelineError> {
        let text = String::from_utf8_lossy(&reader.entry(index)?).into_owned();
        Ok((index, text))
    });
    Ok(LogView {
        entries: shown.collect::<Result<_, _>>()?,
        words: root_words(&checkpoint.root),
        origin: checkpoint.origin,
        size: checkpoint.size,
        root: checkpoint.root,
        public_key: key.text(),
        checkpoint: reader.signed_checkpoint().raw().to_owned(),
        cosigned,
    })
}

/// What of a case file is to be proven.
#[derive(Debug, Clone)]
pub enum PageSource {
    /// The version as a whole: its receipt.
    Version,
    /// The master of a page.
    Page(PageNo),
    /// A file of the package, by its path.
    File(String),
}

/// The proof of a version, or of a file of it, as a text. Against the latest checkpoint that witnesses signed, if it holds
/// the version; else the log's latest.
pub fn prove(
    root: &Path,
    code: &CaseCode,
    version: Option<u32>,
    what: &PageSource,
) -> Result<String, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let (_, mut reader) = open_reader(&layout)?;
    let config = ArchiveConfig::read(&layout.config())?;
    let ledger = Ledger::open_if_there(&layout.ledger())?;
    let store = Archive::open_read(root)?;
    let object = find_object(&config, &store, &ledger, code)?;
    let object = object.ok_or_else(|| PipelineError::NoCase(code.clone()))?;
    let latest = object.head().get();
    let no_version = |version| PipelineError::NoVersion { case: code.clone(), version, latest };
    let number = version.unwrap_or(latest);
    let version = VersionNo::new(number).filter(|no| no.get() <= latest).ok_or_else(|| no_version(number))?;
    let (object, version, path) = match what {
        PageSource::Version => (object, version, None),
        PageSource::File(path) => (object, version, Some(path.clone())),
        PageSource::Page(page) => {
            let no_page = || PipelineError::NoPage { case: code.clone(), page: page.to_string() };
            let (part, path) =
                part_with(Stored::read(object, version)?, &store, *page)?.ok_or_else(no_page)?;
            (part.object, part.version, Some(path))
        }
    };
    let index = find_entry_of(&layout, &reader, &object, version)?;
    let checkpoint = best_checkpoint(&layout, &reader, index)?;
    prove_against(&checkpoint, &mut reader, index, &object, version, path.as_deref())
}

fn find_entry_of(
    layout: &Layout,
    reader: &LogReader,
    object: &Object,
    version: VersionNo,
) -> Result<u64, PipelineError> {
    let tag = case_tags(layout)?.tag(object.id().as_str());
    find_entry(reader, tag, version.get(), object.receipt(version)?)
}

/// The proof of a stored version, or of a file of it by its path.
fn prove_against(
    checkpoint: &SignedCheckpoint,
    reader: &mut LogReader,
    index: u64,
    object: &Object,
    version: VersionNo,
    path: Option<&str>,
) -> Result<String, PipelineError> {
    let receipt = reader.receipt(index, checkpoint)?;
    let Some(path) = path else { return Ok(receipt.text()) };
    let manifest = read_unchecked(object, version, MANIFEST_PATH)?;
    let tree = manifest_tree(object, &manifest)?;
    let parsed = Manifest::parse(&manifest).ok();
    let line = parsed.and_then(|manifest| manifest.entries().iter().position(|entry| entry.path == path));
    let line = line.ok_or_else(|| PipelineError::Format {
        what: format!("manifest of {}", object.id()),
        problem: format!("it does not list {path}"),
    })? as u64;
    Ok(PageProof { path: path.to_owned(), line, lines_path: tree.inclusion(line), receipt }.text()?)
}

/// What a court gets of the log.
pub(crate) struct CourtProof {
    pub(crate) key: Verifier,
    /// Of the version, or of one file of it.
    pub(crate) proof: String,
    /// That its checkpoint continues an earlier one, in the form of what is sent to a witness; where that was asked for.
    pub(crate) consistency: Option<String>,
}

/// For a court: the proof of a stored version, or of a file of it. With `since`, the size of a checkpoint that the reader holds,
/// against the log's latest checkpoint. `None` in an archive without a log.
pub(crate) fn prove_for_court(
    layout: &Layout,
    object: &Object,
    version: VersionNo,
    path: Option<&str>,
    since: Option<u64>,
) -> Result<Option<CourtProof>, PipelineError> {
    let (key, mut reader) = match open_reader(layout) {
        Err(PipelineError::NoLog(_)) => return Ok(None),
        opened => opened?,
    };
    let index = find_entry_of(layout, &reader, object, version)?;
    let checkpoint = match since {
        Some(_) => reader.signed_checkpoint().clone(),
        None => best_checkpoint(layout, &reader, index)?,
    };
    let consistency = match since {
        Some(old_size) => {
            let proof = reader.consistency(old_size)?;
            Some(AddCheckpoint { old_size, proof, checkpoint: checkpoint.clone() }.text())
        }
        None => None,
    };
    let proof = prove_against(&checkpoint, &mut reader, index, object, version, path)?;
    Ok(Some(CourtProof { key, proof, consistency }))
}

/// Whether a text of that form shows that one checkpoint continues another.
pub(crate) fn continues(text: &str, old: &Checkpoint, new: &Checkpoint) -> Result<(), String> {
    let shown = AddCheckpoint::parse(text).map_err(|e| e.to_string())?;
    if shown.old_size != old.size {
        return Err(format!("it begins at {} entries, not at {}", shown.old_size, old.size));
    }
    check_consistency((old.size, &old.root), (new.size, &new.root), &shown.proof).map_err(|e| e.to_string())
}

/// A log's public key from its text.
pub(crate) fn verifier(text: &str) -> Result<Verifier, PipelineError> {
    let failed = |source| PipelineError::LogKey { path: text.trim().into(), source };
    Verifier::parse(text.trim()).map_err(failed)
}

/// The package that holds a page, itself or one of its volumes, and the path of the page's master there.
fn part_with(
    case: Stored,
    store: &ArchiveReader,
    page: PageNo,
) -> Result<Option<(Stored, String)>, PipelineError> {
    for part in case.into_parts(store) {
        let part = part?;
        let master = part.record.case.pages().find(|(_, p)| p.no == page).map(|(_, page)| page.master_idx);
        if let Some(path) = master.and_then(|idx| part.record.master_paths.get(idx).cloned()) {
            return Ok(Some((part, path)));
        }
    }
    Ok(None)
}

/// The index of a version's entry: as its receipt says, if the entry there is that of the version; else looked for.
fn find_entry(
    reader: &LogReader,
    tag: Sha256,
    version: u32,
    receipt: Option<Vec<u8>>,
) -> Result<u64, PipelineError> {
    let is_it = |bytes: &[u8]| matches!(Entry::parse(bytes), Ok(Entry::Version(entry)) if entry.case_tag == tag && entry.version == version);
    let hinted = receipt.and_then(|bytes| Receipt::parse(&String::from_utf8(bytes).ok()?).ok());
    if let Some(index) = hinted.map(|receipt| receipt.index)
        && reader.entry(index).is_ok_and(|bytes| is_it(&bytes))
    {
        return Ok(index);
    }
    for bundle in (0..reader.bundles()).rev() {
        if let Some(at) = reader.bundle(bundle)?.iter().position(|bytes| is_it(bytes)) {
            return Ok(bundle * 256 + at as u64);
        }
    }
    Err(PipelineError::NotLogged(version))
}

fn best_checkpoint(
    layout: &Layout,
    reader: &LogReader,
    index: u64,
) -> Result<SignedCheckpoint, PipelineError> {
    let cosigned = cosigned_files(layout)?.into_iter().next_back().filter(|(size, _)| *size > index);
    let cosigned = cosigned.map(|(_, path)| read_text(&path)).transpose()?;
    let cosigned = cosigned.and_then(|text| SignedCheckpoint::parse(&text).ok());
    Ok(cosigned.unwrap_or_else(|| reader.signed_checkpoint().clone()))
}

/// What is to be said of a proof.
#[derive(Debug)]
pub struct ProofVerdict {
    /// What it shows, or why it shows nothing.
    pub proven: Result<Proven, ReceiptError>,
    /// The path that it proves, if it is the proof of a file.
    pub path: Option<String>,
}

/// Checks a proof offline with nothing but public keys: a receipt, or the proof of a file, whose bytes are then needed.
///
/// # Errors
/// A key that is none, or a text that is no proof. A proof that proves nothing is a verdict.
pub fn verify_proof(
    text: &str,
    file: Option<&[u8]>,
    log_key: &str,
    witness_keys: &[String],
    now: Timestamp,
) -> Result<ProofVerdict, PipelineError> {
    let log = verifier(log_key)?;
    let witnesses: Vec<Verifier> =
        witness_keys.iter().map(|text| verifier(text)).collect::<Result<_, _>>()?;
    if !text.starts_with("hoso.vks.gov.vn/page-proof") {
        let proven = Receipt::parse(text)?.check(&log, &witnesses, now);
        return Ok(ProofVerdict { proven, path: None });
    }
    let proof = PageProof::parse(text)?;
    let file = file.ok_or(ReceiptError::Malformed("the file that it proves is needed"))?;
    let proven = proof.check(&sha256(file), &log, &witnesses, now);
    Ok(ProofVerdict { proven, path: Some(proof.path) })
}
