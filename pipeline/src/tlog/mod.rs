//! The archive's transparency log: one entry for each stored version, each report of a check, each destruction. A case file
//! counts as stored when its version is in the log and the receipt lies beside it (docs/format/log.md).
//!
//! A version without an entry (a stop came between) is entered when work goes on. An entry without its version is never
//! put right by a program: [`check`] names it.

mod check;
mod proof;
#[cfg(test)]
mod tests;
mod witness;

pub use check::{LogFinding, LogReport, check_log};
pub(crate) use proof::{CourtProof, continues, prove_for_court, verifier};
pub use proof::{LogView, PageSource, ProofVerdict, prove, verify_proof, view_log};
pub use witness::{
    Cosigned, Witness, WitnessError, add_witness, ask_witnesses, export_checkpoint, import_cosignature,
};

use crate::config::{ArchiveConfig, Layout};
use crate::ledger::Ledger;
use crate::seal_files::ReadSeal;
use crate::{PipelineError, Workbench};
use archive_store::{Archive, ArchiveReader, Object, VersionNo};
use durable::DurableError;
use record::{ObjectId, Sha256, Timestamp};
use seal::Manifest;
use seal::tlog::merkle::Tree;
use seal::tlog::{
    CHECKPOINT_FILE, CaseTags, Entry, KeyKind, Log, LogError, LogReader, NoteKey, Receipt, Verifier, Version,
    VersionKind,
};
use sha2::Digest;
use std::collections::HashMap;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;
use zeroize::Zeroizing;

/// Before the unit's code in the name of its log.
const ORIGIN: &str = "hoso.vks.gov.vn";
/// Entries appended in one durable batch.
const AT_ONCE: usize = 100;
/// How long another writer's append is waited for, and how often it is looked at.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);

/// What an entry is about, by the tag of the case file. It is entered once.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    Version(Sha256, u32),
    Disposal(Sha256),
}

/// The log, open for appending.
pub(crate) struct ArchiveLog {
    log: Log,
    tags: CaseTags,
    /// Where each version and each destruction stands, read from the log when it is first asked for.
    known: Option<HashMap<Place, u64>>,
}

impl ArchiveLog {
    /// Opens the log of an archive. Its key must be there.
    pub(crate) fn open(layout: &Layout) -> Result<ArchiveLog, PipelineError> {
        let key = NoteKey::parse(read_text(&layout.log_key())?.trim())
            .map_err(|source| PipelineError::LogKey { path: layout.log_key(), source })?;
        let log = Log::open(&layout.tlog(), key)?;
        Ok(ArchiveLog { log, tags: case_tags(layout)?, known: None })
    }

    /// Entries so far.
    pub(crate) fn size(&self) -> u64 {
        self.log.size()
    }

    /// Appends entries in durable batches and gives the index of the first. Waits while another program appends.
    fn append(&mut self, entries: &[Entry]) -> Result<u64, PipelineError> {
        let bytes: Result<Vec<Vec<u8>>, _> = entries.iter().map(Entry::bytes).collect();
        let bytes =
            bytes.map_err(|e| PipelineError::Format { what: "log entry".into(), problem: e.to_string() })?;
        let mut waited = Duration::ZERO;
        let first = loop {
            match self.log.append(&bytes) {
                Err(LogError::Write(DurableError::Locked { .. })) if waited < PATIENCE => {
                    std::thread::sleep(LOOK);
                    waited += LOOK;
                }
                other => break other?,
            }
        };
        if let Some(known) = &mut self.known {
            known.extend(
                entries.iter().zip(first..).filter_map(|(entry, index)| Some((place(entry)?, index))),
            );
        }
        Ok(first)
    }

    /// Where a version or a destruction stands in the log.
    fn index_of(&mut self, place_of: &Place) -> Result<Option<u64>, PipelineError> {
        if self.known.is_none() {
            let reader = self.log.reader()?;
            let mut known = HashMap::new();
            for bundle in 0..reader.bundles() {
                for (bytes, index) in reader.bundle(bundle)?.iter().zip(bundle * 256..) {
                    if let Some(place) = Entry::parse(bytes).ok().as_ref().and_then(place) {
                        known.insert(place, index);
                    }
                }
            }
            self.known = Some(known);
        }
        Ok(self.known.as_ref().and_then(|known| known.get(place_of).copied()))
    }

    /// Enters the destruction of an object up to a version, unless that was done; by its tombstone. Gives the receipt, to be
    /// kept beside the tombstone.
    pub(crate) fn enter_disposal(
        &mut self,
        id: &ObjectId,
        version: u32,
        tombstone_sha256: Sha256,
        now: Timestamp,
    ) -> Result<String, PipelineError> {
        let case_tag = self.tags.tag(id.as_str());
        let index = match self.index_of(&Place::Disposal(case_tag))? {
            Some(index) => index,
            None => self.append(&[Entry::Disposal { case_tag, version, tombstone_sha256, at: now }])?,
        };
        self.receipt(index)
    }

    /// Enters the report of a check by the manifest that was signed. Gives the receipt.
    pub(crate) fn enter_report(&mut self, manifest: &[u8], now: Timestamp) -> Result<String, PipelineError> {
        let index = self.append(&[Entry::Fixity { report_sha256: sha256(manifest), at: now }])?;
        self.receipt(index)
    }

    fn receipt(&self, index: u64) -> Result<String, PipelineError> {
        let mut reader = self.log.reader()?;
        let checkpoint = reader.signed_checkpoint().clone();
        Ok(reader.receipt(index, &checkpoint)?.text())
    }
}

fn place(entry: &Entry) -> Option<Place> {
    match entry {
        Entry::Version(version) => Some(Place::Version(version.case_tag, version.version)),
        Entry::Disposal { case_tag, .. } => Some(Place::Disposal(*case_tag)),
        Entry::Fixity { .. } => None,
    }
}

/// Makes the keys and an empty log. The public key comes last: with it, the log is complete.
pub(crate) fn create(layout: &Layout, config: &ArchiveConfig) -> Result<(), PipelineError> {
    let mut seed = Zeroizing::new([0u8; 32]);
    let mut secret = Zeroizing::new([0u8; 32]);
    for bytes in [&mut seed, &mut secret] {
        getrandom::fill(bytes.as_mut_slice()).expect("the system gives random numbers");
    }
    let failed = |source| PipelineError::LogKey { path: layout.log_key(), source };
    let key = NoteKey::new(&origin(config), KeyKind::Log, &seed).map_err(failed)?;
    let secret = Zeroizing::new(format!("{}\n", Sha256(*secret)));
    durable::write_secret_file(&layout.case_tag_secret(), secret.as_bytes())?;
    durable::write_secret_file(&layout.log_key(), format!("{}\n", *key.secret_text()).as_bytes())?;
    Log::create(&layout.tlog(), key)?;
    Ok(())
}

/// With this file the log counts: every version stored before is in it.
pub(crate) fn announce(layout: &Layout, log: &ArchiveLog) -> Result<(), PipelineError> {
    let text = format!("{}\n", log.log.key().verifier().text());
    Ok(durable::write_file(&layout.log_public_key(), text.as_bytes())?)
}

/// Opens the log for work. An archive that has none gets one, with every version that it holds entered once as adopted.
/// A log that is gone is not begun again: where receipts speak of one, that is an alarm.
pub(crate) fn open_or_begin(
    layout: &Layout,
    config: &ArchiveConfig,
    store: &Archive,
    now: Timestamp,
) -> Result<ArchiveLog, PipelineError> {
    if layout.log_public_key().exists() {
        return ArchiveLog::open(layout);
    }
    let is_begun = layout.tlog().join(CHECKPOINT_FILE).exists();
    if !is_begun || !layout.log_key().exists() {
        if is_begun || speaks_of(store, &origin(config))? {
            return Err(PipelineError::LogGone(layout.log_key()));
        }
        create(layout, config)?;
    }
    let mut log = ArchiveLog::open(layout)?;
    enter_all(&mut log, store, VersionKind::Adopted, now)?;
    announce(layout, &log)?;
    Ok(log)
}

/// Whether the receipt of any version is one of this log.
fn speaks_of(store: &ArchiveReader, origin: &str) -> Result<bool, PipelineError> {
    for object in store.objects()?.iter().filter_map(|id| store.object(id).ok().flatten()) {
        for version in object.versions() {
            let receipt = object.receipt(version.version)?.and_then(|bytes| String::from_utf8(bytes).ok());
            let receipt = receipt.and_then(|text| Receipt::parse(&text).ok());
            if receipt.is_some_and(|receipt| receipt.checkpoint.unchecked().origin == origin) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Enters every version that has no receipt of its own of this log. A damaged case file does not keep the others out; the check of the
/// log names what was left.
pub(crate) fn enter_all(
    log: &mut ArchiveLog,
    store: &Archive,
    kind: VersionKind,
    now: Timestamp,
) -> Result<(), PipelineError> {
    let mut objects = Vec::new();
    for id in store.objects()? {
        match store.object(&id) {
            // What is entered is not kept: of a case file in a thousand volumes each inventory has thousands of lines.
            Ok(Some(object)) if !unreceipted(log, &object)?.is_empty() => objects.push(object),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(stage = "open", code = "not-logged", object = %id, %error, "case file is not in the log");
            }
        }
        if objects.len() == AT_ONCE {
            enter(log, store, &std::mem::take(&mut objects), kind, now)?;
        }
    }
    enter(log, store, &objects, kind, now)
}

/// Enters the versions of these objects that have no receipt of their own of this log, in one batch, and puts the receipts beside them.
pub(crate) fn enter(
    log: &mut ArchiveLog,
    store: &Archive,
    objects: &[Object],
    kind: VersionKind,
    now: Timestamp,
) -> Result<(), PipelineError> {
    let (mut new, mut entries, mut entered) = (Vec::new(), Vec::new(), Vec::new());
    for object in objects {
        let tag = log.tags.tag(object.id().as_str());
        for version in unreceipted(log, object)? {
            if let Some(index) = log.index_of(&Place::Version(tag, version.get()))? {
                entered.push((object, version, index));
                continue;
            }
            match version_entry(object, version, tag, kind, now) {
                Ok(entry) => {
                    new.push((object, version));
                    entries.push(entry);
                }
                Err(error) if error.is_about_one_case() => {
                    tracing::error!(stage = "log", code = "not-logged", object = %object.id(), %error, "case file is not in the log");
                }
                Err(error) => return Err(error),
            }
        }
    }
    if !entries.is_empty() {
        let first = log.append(&entries)?;
        entered
            .extend(new.into_iter().zip(first..).map(|((object, version), index)| (object, version, index)));
    }
    if entered.is_empty() {
        return Ok(());
    }
    let mut reader = log.log.reader()?;
    let checkpoint = reader.signed_checkpoint().clone();
    for (object, version, index) in entered {
        let receipt = reader.receipt(index, &checkpoint)?.text();
        store.put_receipt(object, version, receipt.as_bytes())?;
    }
    Ok(())
}

/// The versions of an object that have no receipt of their own of this log.
fn unreceipted(log: &ArchiveLog, object: &Object) -> Result<Vec<VersionNo>, PipelineError> {
    let tag = log.tags.tag(object.id().as_str());
    let mut without = Vec::new();
    for version in object.versions().iter().map(|meta| meta.version) {
        let receipt = receipt_of(object, version, log.log.key().verifier())?;
        if !receipt.is_some_and(|receipt| is_about(&receipt, version, tag)) {
            without.push(version);
        }
    }
    Ok(without)
}

/// A version that was just committed: into the log, the receipt beside it. Only then is it stored.
pub(crate) fn enter_new(bench: &Workbench, id: &ObjectId, version: VersionNo) -> Result<(), PipelineError> {
    let missing = || PipelineError::Format { what: id.to_string(), problem: "its folder is gone".into() };
    let object = bench.store.object(id)?.ok_or_else(missing)?;
    let mut log = bench.log.lock().unwrap_or_else(PoisonError::into_inner);
    let now = bench.clock.now();
    let tag = log.tags.tag(id.as_str());
    let entry = version_entry(&object, version, tag, VersionKind::Seal, now)?;
    let index = log.append(&[entry])?;
    let receipt = log.receipt(index)?;
    Ok(bench.store.put_receipt(&object, version, receipt.as_bytes())?)
}

/// A version that is in the log: where it lies, and what of it was sealed.
pub(crate) struct LoggedSeal {
    pub(crate) object: Object,
    pub(crate) version: VersionNo,
    /// SHA-256 of its manifest and of its signature.
    pub(crate) hashes: [Sha256; 2],
}

/// The log's size, and the versions entered from `first` on that are in the archive still.
pub(crate) fn seals_since(
    layout: &Layout,
    store: &Archive,
    first: u64,
) -> Result<(u64, Vec<LoggedSeal>), PipelineError> {
    let (_, reader) = match open_reader(layout) {
        Err(PipelineError::NoLog(_)) => return Ok((0, Vec::new())),
        opened => opened?,
    };
    let mut entries = Vec::new();
    for bundle in first / 256..reader.bundles() {
        for (bytes, index) in reader.bundle(bundle)?.iter().zip(bundle * 256..) {
            if let (true, Ok(Entry::Version(entry))) = (index >= first, Entry::parse(bytes)) {
                entries.push(entry);
            }
        }
    }
    let tags = case_tags(layout)?;
    let tag_of = |id: ObjectId| (tags.tag(id.as_str()), id);
    let known = Ledger::open_if_there(&layout.ledger())?.stored_heads()?;
    let mut ids: HashMap<Sha256, ObjectId> =
        known.iter().filter_map(|(_, id, _)| ObjectId::new(id).ok()).map(tag_of).collect();
    // Volumes, and whatever the ledger does not know.
    if entries.iter().any(|entry| !ids.contains_key(&entry.case_tag)) {
        ids.extend(store.objects()?.into_iter().map(tag_of));
    }
    let mut seals = Vec::new();
    for entry in entries {
        let Some(object) = ids.get(&entry.case_tag).map(|id| store.object(id)) else { continue };
        let version = VersionNo::new(entry.version);
        if let (Ok(Some(object)), Some(version)) = (object, version) {
            let hashes = [entry.manifest_sha256, entry.p7s_sha256];
            seals.push(LoggedSeal { object, version, hashes });
        }
    }
    Ok((reader.size(), seals))
}

/// An object that is in the archive already: whatever of it is not in the log is entered.
pub(crate) fn enter_found(
    bench: &Workbench,
    object: &Object,
    kind: VersionKind,
) -> Result<(), PipelineError> {
    let mut log = bench.log.lock().unwrap_or_else(PoisonError::into_inner);
    enter(&mut log, &bench.store, std::slice::from_ref(object), kind, bench.clock.now())
}

/// The receipt of a version, if it is one of this log.
fn receipt_of(object: &Object, version: VersionNo, log: &Verifier) -> Result<Option<Receipt>, PipelineError> {
    let text = object.receipt(version)?.and_then(|bytes| String::from_utf8(bytes).ok());
    let receipt = text.and_then(|text| Receipt::parse(&text).ok());
    Ok(receipt.filter(|receipt| receipt.check(log, &[], Timestamp::UNIX_EPOCH).is_ok()))
}

/// Whether a receipt is about this version: with an object that was taken in, or by a hand that copies, that of another may
/// have come. Whether it says what lies there is for the check to tell: nothing is entered twice.
fn is_about(receipt: &Receipt, version: VersionNo, tag: Sha256) -> bool {
    let entry = receipt.entry.as_deref().and_then(|bytes| Entry::parse(bytes).ok());
    matches!(entry, Some(Entry::Version(entry)) if entry.case_tag == tag && entry.version == version.get())
}

/// What the log says of a version, from the files that lie there.
fn version_entry(
    object: &Object,
    version: VersionNo,
    case_tag: Sha256,
    kind: VersionKind,
    now: Timestamp,
) -> Result<Entry, PipelineError> {
    let seal = ReadSeal::of(object, version)?;
    let (manifest, signature) = (&seal.manifest, &seal.signature);
    let tree = manifest_tree(object, manifest)?;
    let verdict = seal.verify(&seal::Trust::default(), now);
    Ok(Entry::Version(Version {
        kind,
        case_tag,
        version: version.get(),
        manifest_sha256: sha256(manifest),
        inventory_sha512: object.inventory_sha512(version)?,
        p7s_sha256: sha256(signature),
        tree_size: tree.size(),
        tree_root: tree.root(),
        signers: verdict.signers().iter().map(|signer| signer.cert_sha256).collect(),
        at: now,
    }))
}

/// The tree over the lines of a manifest.
fn manifest_tree(object: &Object, manifest: &[u8]) -> Result<Tree, PipelineError> {
    let wrong =
        |problem: String| PipelineError::Format { what: format!("manifest of {}", object.id()), problem };
    Manifest::parse(manifest).map_err(|e| wrong(e.to_string()))?;
    Ok(Tree::of(manifest.strip_suffix(b"\n").unwrap_or(manifest).split(|byte| *byte == b'\n')))
}

/// The name of an archive's log.
fn origin(config: &ArchiveConfig) -> String {
    format!("{ORIGIN}/{}", config.fonds)
}

/// The log's public key; `None` in an archive without a log: a replica, or one of an earlier program.
fn public_key(layout: &Layout) -> Result<Option<Verifier>, PipelineError> {
    let path = layout.log_public_key();
    if !path.exists() {
        return Ok(None);
    }
    read_verifier(&path).map(Some)
}

/// A public key from a file.
fn read_verifier(path: &Path) -> Result<Verifier, PipelineError> {
    Verifier::parse(read_text(path)?.trim())
        .map_err(|source| PipelineError::LogKey { path: path.to_owned(), source })
}

/// The log as it stands, for whoever only reads.
fn open_reader(layout: &Layout) -> Result<(Verifier, LogReader), PipelineError> {
    let key = public_key(layout)?.ok_or_else(|| PipelineError::NoLog(layout.root.clone()))?;
    let reader = LogReader::open(&layout.tlog(), &key)?;
    Ok((key, reader))
}

fn case_tags(layout: &Layout) -> Result<CaseTags, PipelineError> {
    let path = layout.case_tag_secret();
    let secret = Zeroizing::new(read_text(&path)?);
    let secret: Sha256 = secret.trim().parse().map_err(|e: record::DigestParseError| {
        PipelineError::Format { what: path.display().to_string(), problem: e.to_string() }
    })?;
    Ok(CaseTags::new(&secret.0))
}

fn read_text(path: &Path) -> Result<String, PipelineError> {
    std::fs::read_to_string(path).map_err(PipelineError::io(path))
}

fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}
