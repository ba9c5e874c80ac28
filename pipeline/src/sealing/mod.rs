//! Sealing after review: officer and agency sign a case file whose paper somebody else has counted.
//!
//! The signatures stand in a new version that adds what the two people state: masters and text are the bytes that the station
//! sealed. METS and PREMIS list what is new, and where PDFs are to be signed, each is those bytes with signatures behind them, in
//! volumes too, which then get a version of their own. A version counts when it is in the log; then the journal notes it. After
//! a stop at any place the same call goes on: what is sealed stays, what a stop left without log entry or note gets it.

mod case;
mod experimental;
mod keys;
mod pdfs;
#[cfg(test)]
mod tests;
mod timing;
mod told;
#[cfg(test)]
mod whole;

pub use experimental::{MadeMlDsaKey, make_ml_dsa_key};
pub(crate) use keys::check_signers;
pub use keys::{FoundKey, KeyFault, KeyView, OpenKey, find_key, key_names, make_trial_signing_keys};
pub use told::PassedOver;

use crate::PipelineError;
use crate::bench::{find_object, station};
use crate::config::{Granularity, Layout, PdfSigning, SealLevel};
use crate::decisions::{is_same_agency, is_same_officer};
use crate::destruction::Obstacle;
use crate::digest::sha256;
use crate::fixity::whole_seconds;
use crate::journal::{self, Act, CaseRef, Journal, ReviewEntry, SealEntry, SealNote};
use crate::ledger::Ledger;
use crate::opening::open_archive;
use crate::pack::{MAX_RECORD_BYTES, stored_in};
use crate::pdf_signing::{Marking, PdfLevel, PdfSigners};
use crate::rebuild::make_sure;
use crate::review::review_case;
use crate::seals::{SealFault, SealFaultKind, SealJudge};
use crate::stamping::clock_is_not_behind;
use crate::tlog::{self, ArchiveLog};
use crate::trust_store::archive_trust;
use crate::volumes::Stored;
use archive_store::{Archive, Object, StoreError, VersionInfo, VersionNo};
use case::{NextVersion, Prepared, Signing, prepare};
use pdfs::PdfDesk;
use record::{CaseCode, Clearance, Clock, Official, Sha256, Timestamp};
use seal::pades::local_time;
use seal::tlog::VersionKind;
use seal::{
    BATCH_PATH, BATCH_PROOF_PATH, BatchLeaf, EXPERIMENTAL_PATH, ExperimentalSigner, MANIFEST_PATH,
    SEAL_FILES, SIGNATURE_PATH, STATEMENT_PATH, SealFiles, SealedBatch, Signer, Statement, sign_detached,
    sign_experimental,
};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use timing::Timing;

/// Case files whose versions are entered in the log and the journal together.
const AT_ONCE: usize = 100;

/// Which case files are sealed.
#[derive(Debug, Clone)]
pub enum SealWhich {
    /// These, each reviewed.
    Codes(Vec<CaseCode>),
    /// This one, whose paper this person has counted.
    Counted { code: CaseCode, pages_on_paper: u32, by: Official },
    /// All whose review is on record, of their latest version, and that are not sealed.
    Reviewed,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct SealOrder {
    /// Which case files.
    pub which: SealWhich,
    /// What one signature covers; without it, what `hoso.toml` says.
    pub granularity: Option<Granularity>,
    /// Whether its signatures hold time stamps; without it, what `hoso.toml` says.
    pub level: Option<SealLevel>,
    /// Whose signatures the searchable PDFs get; without it, what `hoso.toml` says.
    pub pdf: Option<PdfSigning>,
    /// How long those can be judged; without it, what `hoso.toml` says.
    pub pdf_level: Option<PdfLevel>,
}

/// Searchable PDFs that were signed with a case file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignedPdfs {
    /// How many.
    pub count: usize,
    /// Bytes that are in the archive beside those of the version before: all of each PDF, for it is stored a second time.
    pub stored_bytes: u64,
}

/// What became of a case file.
#[derive(Debug)]
pub enum SealEvent {
    /// It is sealed, in the log and in the journal.
    Sealed {
        code: CaseCode,
        version: u32,
        statement: Box<Statement>,
        pdfs: SignedPdfs,
        left_out: Vec<PassedOver>,
    },
    /// It was sealed before; nothing was signed.
    Present { code: CaseCode, version: u32 },
    /// It is not sealed; why.
    Refused { code: CaseCode, error: PipelineError },
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealSummary {
    /// Case files sealed now.
    pub sealed: usize,
    /// Sealed before.
    pub present: usize,
    /// Not sealed.
    pub refused: usize,
    /// How often each of the two keys signed a manifest or a batch.
    pub signatures: usize,
    /// PDFs that were signed beside that, by each of the keys that sign PDFs.
    pub pdfs: SignedPdfs,
}

/// Seals case files with the keys of an officer and of the agency, which the caller has opened. What is wrong with one case
/// file keeps no other from being sealed; a token that is gone ends it, and what was sealed until then stays.
///
/// # Errors
/// [`PipelineError::ClockBehind`] before anything is signed; [`PipelineError::Refused`] with [`Obstacle::Key`] for a pair of keys that may not seal, [`PipelineError::Seal`] where a
/// key does not sign, [`PipelineError::Evidence`] where the journal is not what was signed.
pub fn seal_cases(
    root: &Path,
    clearance: &Clearance,
    order: &SealOrder,
    officer: &OpenKey,
    agency: &OpenKey,
    clock: &dyn Clock,
    mut tell: impl FnMut(SealEvent),
) -> Result<SealSummary, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let at = whole_seconds(clock.now());
    clock_is_not_behind(&layout, at)?;
    check_signers(&layout, Some(officer), agency)?;
    let judge = SealJudge::of(&layout, at)?;
    let config = &judge.config().clone();
    let keys = match order.pdf.unwrap_or(config.seal.pdf) {
        PdfSigning::None => Vec::new(),
        PdfSigning::Agency => vec![agency],
        PdfSigning::Both => vec![officer, agency],
    };
    // What cannot be drawn, or not opened, is told before anything is stated of the paper.
    let experimental = experimental::open(root, config)?;
    let timing = Timing::of(&layout, order.level.unwrap_or(config.seal.level), config, clock)?;
    let marking = (!keys.is_empty()).then(|| Marking::read(&layout, config)).transpose()?;
    let level = order.pdf_level.unwrap_or(config.seal.pdf_level);
    if !keys.is_empty() {
        level.is_in_reach(config)?;
    }
    if let SealWhich::Counted { code, pages_on_paper, by } = &order.which
        && !is_sealed_already(&layout, code, at)?
    {
        check_two_people(code, by, [&officer.facts, &agency.facts])?;
        review_case(root, clearance, code, by, *pages_on_paper, Box::new(At(at)))?;
    }
    let store = open_archive(&layout, judge.config())?;
    let log = tlog::open_or_begin(&layout, judge.config(), &store, at)?;
    let ledger = Ledger::open(&layout.ledger())?;
    let ledger_is_sure = ledger.knows_the_archive()?;
    let journal = Journal::read(&layout, &judge)?.sound()?;
    let (reviews, seals) = (journal.reviews(), journal.seals());
    let signing = Signing { officer: &officer.facts, agency: &agency.facts, at };
    let signers: [&dyn Signer; 2] = [officer.signer.as_ref(), agency.signer.as_ref()];
    let lines = vec![config.agency.clone(), local_time(at)];
    let granularity = order.granularity.unwrap_or(config.seal.granularity);
    let desk = |marking| {
        let trust = archive_trust(&layout)?;
        PdfDesk::new(&layout, PdfSigners { keys, marking, lines, at, level, trust, config, clock })
    };
    let pdf_desk = marking.as_ref().map(desk).transpose()?;
    let mut desk = Desk {
        layout,
        store,
        judge,
        log,
        ledger,
        ledger_is_sure,
        reviews,
        seals,
        clearance,
        signing,
        signers,
        granularity,
        timing,
        pdf_desk,
        experimental,
    };
    let summary = desk.seal(order, &mut tell)?;
    // What an earlier stop left of other case files.
    let Desk { layout, store, ledger, log, .. } = &mut desk;
    if let Err(error) = make_sure(layout, store, ledger, log, at) {
        // What was sealed is sealed; the next opening for work does it.
        tracing::warn!(stage = "seal", code = "catalog", %error, "the catalog is not whole yet");
    }
    Ok(summary)
}

/// Whether other case files may be sealed all the same: one whose latest version was made by a clock ahead waits alone.
fn spares_others(error: &PipelineError) -> bool {
    error.is_about_one_case() || matches!(error, PipelineError::Store(StoreError::ClockBehind { .. }))
}

/// Whoever counted does not sign, as far as names tell.
fn check_two_people(
    code: &CaseCode,
    counter: &Official,
    [officer, agency]: [&seal::KeyFacts; 2],
) -> Result<(), PipelineError> {
    if is_same_officer(counter, &official(&officer.name)?)
        || is_same_agency(counter, &official(&agency.name)?)
    {
        let why = Box::new(Obstacle::SamePerson(counter.clone()));
        return Err(PipelineError::Refused { case: Some(code.clone()), why });
    }
    Ok(())
}

/// One moment.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn is_sealed_already(layout: &Layout, code: &CaseCode, now: Timestamp) -> Result<bool, PipelineError> {
    let (store, ledger) = (Archive::open_read(&layout.root)?, Ledger::open_if_there(&layout.ledger())?);
    let judge = SealJudge::of(layout, now)?;
    let object = find_object(judge.config(), &store, &ledger, code)?;
    Ok(object.is_some_and(|object| bears_statement(&object)))
}

fn bears_statement(object: &Object) -> bool {
    object.open_file_of(object.head(), STATEMENT_PATH).is_ok()
}

/// An archive open for sealing.
struct Desk<'a> {
    layout: Layout,
    store: Archive,
    judge: SealJudge,
    log: ArchiveLog,
    ledger: Ledger,
    ledger_is_sure: bool,
    /// Of the journal as it was when the desk was opened.
    reviews: HashMap<CaseCode, ReviewEntry>,
    seals: HashMap<CaseCode, SealEntry>,
    clearance: &'a Clearance,
    signing: Signing<'a>,
    signers: [&'a dyn Signer; 2],
    granularity: Granularity,
    /// Who stamps the signatures, where they are to hold time stamps.
    timing: Option<Timing<'a>>,
    /// Where PDFs are signed.
    pdf_desk: Option<PdfDesk<'a>>,
    /// Who makes the experimental second signature, where there is to be one.
    experimental: Option<ExperimentalSigner>,
}

/// What is found of a case file.
enum Found {
    Sealed(Object),
    ToSeal(Box<Prepared>),
}

/// A version that bears its signatures and is to be entered.
struct Committed {
    code: CaseCode,
    object: Object,
    /// It was made now, not before a stop; with these PDFs, and without this.
    made: Option<(SignedPdfs, Vec<PassedOver>)>,
}

impl Desk<'_> {
    fn seal(
        &mut self,
        order: &SealOrder,
        tell: &mut impl FnMut(SealEvent),
    ) -> Result<SealSummary, PipelineError> {
        let codes: Vec<CaseCode> = match &order.which {
            // Named twice is named once.
            SealWhich::Codes(codes) => codes.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
            SealWhich::Counted { code, .. } => vec![code.clone()],
            SealWhich::Reviewed => self.reviewed()?,
        };
        let mut summary = SealSummary::default();
        let batch = match self.granularity {
            Granularity::Batch => self.sign_batch(&codes, &mut summary)?,
            Granularity::Case => None,
        };
        for codes in codes.chunks(AT_ONCE) {
            let mut done = Vec::new();
            let ended = self.commit_each(codes, batch.as_ref(), &mut done, &mut summary, tell);
            // What was committed before a token was pulled out counts all the same.
            self.enter(done, &mut summary, tell)?;
            ended?;
        }
        Ok(summary)
    }

    /// Codes whose latest version was counted and is not sealed, or was sealed and lacks its note, in order.
    fn reviewed(&self) -> Result<Vec<CaseCode>, PipelineError> {
        let mut codes = Vec::new();
        for (code, review) in &self.reviews {
            let object = find_object(self.judge.config(), &self.store, &self.ledger, code)?;
            let is_due = |object: Object| match bears_statement(&object) {
                true => !self.is_noted(code, object.head()),
                false => object.head().get() == review.version,
            };
            if object.is_some_and(is_due) {
                codes.push(code.clone());
            }
        }
        codes.sort();
        Ok(codes)
    }

    /// Whether the journal notes the seal of a version.
    fn is_noted(&self, code: &CaseCode, version: VersionNo) -> bool {
        self.seals.get(code).is_some_and(|noted| noted.version == version.get())
    }

    fn find(&self, code: &CaseCode) -> Result<Found, PipelineError> {
        let object = find_object(self.judge.config(), &self.store, &self.ledger, code)?;
        let object = object.ok_or_else(|| PipelineError::NoCase(code.clone()))?;
        let refuse = |why| PipelineError::Refused { case: Some(code.clone()), why: Box::new(why) };
        let state = self.judge.judge(&object.claim());
        // A medium that does not give a file back says nothing of what was sealed.
        let unread = |fault: &&SealFault| matches!(fault.kind, SealFaultKind::Unread(_));
        if let Some(fault) = state.faults.iter().find(unread) {
            return Err(PipelineError::io(&fault.path)(std::io::Error::other(fault.to_string())));
        }
        if let Some(fault) = state.faults.first() {
            return Err(refuse(Obstacle::NotAsSealed(fault.to_string())));
        }
        if !self.clearance.allows(&Stored::latest(object.clone())?.record.case.header.label()) {
            return Err(PipelineError::NoCase(code.clone()));
        }
        if bears_statement(&object) {
            return Ok(Found::Sealed(object));
        }
        let review = self.reviews.get(code);
        if let Some(review) = review {
            check_two_people(code, &review.by, [self.signing.officer, self.signing.agency])?;
        }
        let who = (&self.signing, self.pdf_desk.as_ref());
        let prepared = prepare(&self.store, self.judge.config(), code, object, review, who)?;
        Ok(Found::ToSeal(Box::new(prepared)))
    }

    /// Signs all that can be sealed with one signature of each key. Each is prepared again when it is committed, so that a
    /// batch needs no memory for its case files.
    fn sign_batch(
        &self,
        codes: &[CaseCode],
        summary: &mut SealSummary,
    ) -> Result<Option<Batch>, PipelineError> {
        let (mut places, mut leaves) = (HashMap::new(), Vec::new());
        for code in codes {
            match self.find(code) {
                Ok(Found::ToSeal(prepared)) => {
                    for package in prepared.packages() {
                        let leaf = BatchLeaf::of(&package.manifest);
                        places.insert(sha256(&package.manifest), leaves.len());
                        leaves.push(leaf);
                    }
                }
                Ok(Found::Sealed(_)) => {}
                // Told when its turn comes.
                Err(error) if spares_others(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if leaves.is_empty() {
            return Ok(None);
        }
        let archive = format!("urn:hoso:archive:{}", self.judge.config().id);
        let mut sealed = SealedBatch::sign(&archive, &leaves, &self.signers, self.signing.at)?;
        sealed.signature = self.timed(sealed.signature)?;
        summary.signatures += 1;
        Ok(Some(Batch { sealed, places }))
    }

    /// Signatures with the time stamps that they are to hold.
    fn timed(&self, p7s: Vec<u8>) -> Result<Vec<u8>, PipelineError> {
        match &self.timing {
            Some(timing) => timing.stamp(&p7s),
            None => Ok(p7s),
        }
    }

    fn commit_each(
        &mut self,
        codes: &[CaseCode],
        batch: Option<&Batch>,
        done: &mut Vec<Committed>,
        summary: &mut SealSummary,
        tell: &mut impl FnMut(SealEvent),
    ) -> Result<(), PipelineError> {
        for code in codes {
            let found = self.find(code).and_then(|found| match found {
                Found::Sealed(object) => Ok(Committed { code: code.clone(), object, made: None }),
                Found::ToSeal(prepared) => {
                    let committed = self.commit(code, &prepared, batch, summary);
                    // Volumes may have their new version already, which nothing lists: the log gets it when the archive is next
                    // opened for work.
                    self.ledger_is_sure &= committed.is_ok() || prepared.volumes.is_empty();
                    let object = committed?;
                    let pdfs = || prepared.packages().flat_map(|package| &package.pdfs);
                    let stored_bytes = pdfs().map(|pdf| pdf.now.bytes).sum();
                    let made = SignedPdfs { count: pdfs().count(), stored_bytes };
                    Ok(Committed { code: code.clone(), object, made: Some((made, prepared.left_out)) })
                }
            });
            match found {
                Ok(committed) => done.push(committed),
                Err(error) if spares_others(&error) => {
                    summary.refused += 1;
                    tell(SealEvent::Refused { code: code.clone(), error });
                }
                Err(error) => return Err(error),
            }
            // A batch was signed as a whole, and its case files are prepared again.
            if let (Some(desk), None) = (&self.pdf_desk, batch) {
                desk.forget().map_err(PipelineError::io(self.layout.pages()))?;
            }
        }
        Ok(())
    }

    /// Signs a case file, unless its batch is signed, and makes the versions that bear the signatures: those of its volumes, then its
    /// own.
    fn commit(
        &self,
        code: &CaseCode,
        prepared: &Prepared,
        batch: Option<&Batch>,
        summary: &mut SealSummary,
    ) -> Result<Object, PipelineError> {
        let statement = prepared.statement.to_bytes();
        for volume in &prepared.volumes {
            self.commit_one(code, (volume, &prepared.statement), None, batch, summary)?;
        }
        self.commit_one(code, (&prepared.own, &prepared.statement), Some(&statement), batch, summary)
    }

    fn commit_one(
        &self,
        code: &CaseCode,
        (next, counted): (&NextVersion, &Statement),
        statement: Option<&[u8]>,
        batch: Option<&Batch>,
        summary: &mut SealSummary,
    ) -> Result<Object, PipelineError> {
        let changed = || PipelineError::Refused {
            case: Some(code.clone()),
            why: Box::new(Obstacle::NotAsSealed(MANIFEST_PATH.into())),
        };
        let manifest = &next.manifest;
        let own = match batch {
            Some(_) => None,
            None => {
                summary.signatures += 1;
                Some(self.timed(sign_detached(manifest, &self.signers, self.signing.at)?)?)
            }
        };
        let of_batch = batch.map(|batch| batch.of(manifest).ok_or_else(changed)).transpose()?;
        let signature = own.as_deref().or(batch.map(|batch| &batch.sealed.signature[..])).unwrap_or_default();
        let text = batch.map(|batch| &batch.sealed.text[..]);
        let seal =
            SealFiles { manifest, signature, batch: text, batch_proof: of_batch.as_deref(), statement };
        keys::must_be_accepted(&self.layout, &seal, self.signing.at)?;
        let second = self.experimental.as_ref();
        let second = second.map(|key| sign_experimental(manifest, key, self.signing.at)).transpose()?;

        let mut draft = self.store.begin(next.object.id())?;
        draft.keep(next.before)?;
        for path in SEAL_FILES.into_iter().chain(next.files.iter().map(|(path, _)| path.as_str())) {
            draft.remove(path);
        }
        for (path, bytes) in &next.files {
            draft.add_bytes(path, bytes)?;
        }
        if let Some(desk) = &self.pdf_desk {
            for pdf in &next.pdfs {
                draft.remove(&pdf.now.path);
                draft.add(&pdf.now.path, &mut desk.open(pdf, &next.object, next.before)?)?;
            }
        }
        let listed = seal::Manifest::parse(manifest).map_err(|_| changed())?;
        let is_listed = |file: &archive_store::StagedFile| listed.get(&file.path) == Some(&file.sha256);
        if draft.files().len() != listed.entries().len() || !draft.files().iter().all(is_listed) {
            return Err(changed());
        }
        draft.add_bytes(MANIFEST_PATH, manifest)?;
        draft.add_bytes(SIGNATURE_PATH, signature)?;
        let besides = [
            (BATCH_PATH, text),
            (BATCH_PROOF_PATH, of_batch.as_deref()),
            (EXPERIMENTAL_PATH, second.as_deref()),
        ];
        for (path, bytes) in besides {
            if let Some(bytes) = bytes {
                draft.add_bytes(path, bytes)?;
            }
        }
        // A stop from here to the entry in the log is made good when the archive is next opened for work.
        self.ledger.set_unsure_of_the_archive()?;
        let sealed = draft.commit(&VersionInfo {
            created: self.signing.at,
            message: format!(
                "sealed after review: {} pages, counted by {}",
                counted.pages, counted.counted_by
            ),
            user_name: counted.agency.name.clone(),
            user_address: format!("urn:hoso:fonds:{}", self.judge.config().fonds),
        })?;
        let object = self.store.object(&sealed.id)?;
        object.ok_or_else(|| PipelineError::NoCase(code.clone()))
    }

    /// Log, ledger and journal of versions that are committed; each only where it lacks them.
    fn enter(
        &mut self,
        committed: Vec<Committed>,
        summary: &mut SealSummary,
        tell: &mut impl FnMut(SealEvent),
    ) -> Result<(), PipelineError> {
        if committed.is_empty() {
            return Ok(());
        }
        let mut objects = Vec::new();
        for Committed { object, .. } in &committed {
            // Those of which nothing was signed are in the log, and stay as they are.
            for volume in Stored::latest(object.clone())?.record.volumes {
                match volume.find(&self.store) {
                    Ok((object, _)) => objects.push(object),
                    // For the checks to tell.
                    Err(PipelineError::NoVolume { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            objects.push(object.clone());
        }
        tlog::enter(&mut self.log, &self.store, &objects, VersionKind::Seal, self.signing.at)?;
        let (mut stored, mut acts) = (Vec::new(), Vec::new());
        for Committed { code, object, .. } in &committed {
            let is_indexed = self.ledger.stored(code)?.is_some_and(|known| known.indexed);
            let mut known = stored_in(&self.store, object.clone())?;
            // Nothing that can be searched has changed.
            known.case.indexed = is_indexed;
            stored.push(known);
            let version = object.head();
            if !self.is_noted(code, version) {
                let manifest_sha256 = sha256(&object.read(MANIFEST_PATH, MAX_RECORD_BYTES)?);
                let sealed = note_of(&statement_of(object, version)?)?;
                let case = CaseRef { code: code.clone(), id: object.id().clone() };
                acts.push(Act::Seal { case, version: version.get(), manifest_sha256, sealed });
            }
        }
        self.ledger.set_stored(&stored)?;
        if self.ledger_is_sure {
            self.ledger.set_knows_the_archive()?;
        }
        if !acts.is_empty() {
            let signer = station(&self.layout)?;
            journal::append_several(&self.layout, &self.judge, &signer, acts, self.signing.at)?;
        }
        for Committed { code, object, made } in committed {
            let version = object.head().get();
            match made {
                Some((pdfs, left_out)) => {
                    summary.sealed += 1;
                    summary.pdfs.count += pdfs.count;
                    summary.pdfs.stored_bytes += pdfs.stored_bytes;
                    let statement = Box::new(statement_of(&object, object.head())?);
                    tell(SealEvent::Sealed { code, version, statement, pdfs, left_out });
                }
                None => {
                    summary.present += 1;
                    tell(SealEvent::Present { code, version });
                }
            }
        }
        Ok(())
    }
}

/// A batch that is signed, with the case files in it.
struct Batch {
    sealed: SealedBatch,
    /// Where each manifest stands, by its digest.
    places: HashMap<Sha256, usize>,
}

impl Batch {
    /// The proof of a package; nothing where it is not in the batch as it is now.
    fn of(&self, manifest: &[u8]) -> Option<Vec<u8>> {
        self.places.get(&sha256(manifest)).map(|place| self.sealed.proof(*place))
    }
}

fn statement_of(object: &Object, version: VersionNo) -> Result<Statement, PipelineError> {
    let bytes = object.read_of(version, STATEMENT_PATH, MAX_RECORD_BYTES)?;
    Statement::parse(&bytes)
        .map_err(|e| PipelineError::Format { what: object.id().to_string(), problem: e.to_string() })
}

fn official(name: &str) -> Result<Official, PipelineError> {
    Official::new(name)
        .map_err(|e| PipelineError::Format { what: "name in a certificate".into(), problem: e.to_string() })
}

fn note_of(statement: &Statement) -> Result<SealNote, PipelineError> {
    Ok(SealNote {
        reviewed_version: statement.reviewed_version,
        pages: statement.pages,
        counted_by: official(&statement.counted_by)?,
        counted_at: statement.counted_at,
        officer: official(&statement.officer.name)?,
        agency: official(&statement.agency.name)?,
    })
}
