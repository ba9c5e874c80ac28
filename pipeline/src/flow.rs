//! The main job. [`work`] reads in the order in which a page travels: received, read, packed, sealed, stored, indexed.
//!
//! Threads, not tasks: one receives, one per worker reads, one packs. The queues between them are short, so memory does
//! not grow with the batch, and both cores read pages while receiving, packing and indexing go on beside them.

use crate::decisions::{Decisions, Incomplete, Stamps};
use crate::document::OpenCase;
use crate::format::intake::{self, SurveyedCase};
use crate::ledger::{BatchRow, CaseRow, CaseState, Ledger, NewBatch};
use crate::report::{BatchReport, reconcile};
use crate::trust_store::archive_trust;
use crate::waiting::{self, NOT_RECEIVED};
use crate::watch::{Event, Watch};
use crate::{ArchiveConfig, Equipment, Layout, PipelineError, Workbench, foreign, pack, page, previous};
use crossbeam_channel::{Receiver, Sender, bounded};
use ingest::{CaseIntake, IngestConfig, ReceiveError, Survey};
use record::{BatchId, CaseCode, Finding, FindingKind, PageNo, Secrecy, Timestamp};
use seal::Trust;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

/// What the person who starts a batch declares.
#[derive(Debug, Clone)]
pub struct BatchOptions {
    /// The secrecy of all its case files; `batch.csv` may say it for each.
    pub secrecy: Option<Secrecy>,
    /// What else.
    pub decisions: Decisions,
}

/// A page on its way to a worker.
struct PageJob {
    case: Arc<OpenCase>,
    /// Index of the page in its case file.
    idx: usize,
}

/// What the threads of a batch share.
pub(crate) struct Flow<'a> {
    pub(crate) bench: &'a Workbench,
    pub(crate) batch: &'a BatchId,
    pub(crate) watch: &'a dyn Watch,
    stop: &'a AtomicBool,
    pub(crate) decisions: &'a Decisions,
    trust: OnceLock<Trust>,
}

/// Does the main job for a folder: every case file below it is received, read, packed, sealed, stored and indexed.
///
/// # Errors
/// [`PipelineError::Interrupted`] after `stop` was set; [`resume_batch`] goes on. Any other error also leaves the batch
/// to be resumed; what was acknowledged is in the archive.
pub fn run_batch(
    bench: &Workbench,
    folder: &Path,
    options: &BatchOptions,
    watch: &dyn Watch,
    stop: &AtomicBool,
) -> Result<BatchReport, PipelineError> {
    run_batch_knowing(bench, folder, options, Vec::new(), watch, stop)
}

/// The same with findings that were there before its survey.
pub(crate) fn run_batch_knowing(
    bench: &Workbench,
    folder: &Path,
    options: &BatchOptions,
    known: Vec<Finding>,
    watch: &dyn Watch,
    stop: &AtomicBool,
) -> Result<BatchReport, PipelineError> {
    let batch = new_batch_id(bench.clock.now());
    // Whoever resumes may stand in another folder.
    let place = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let place = place.to_string_lossy();
    let findings = bench.ledger.open_batch(&batch, &place, bench.clock.now(), |new| {
        let config = survey_config(&bench.layout, &bench.config, folder, options.secrecy);
        // Each case file is written down when it is looked through: no more than one is in memory.
        let mut written = Ok(());
        let mut write_down = |case: CaseIntake| {
            if written.is_ok() {
                let (code, pages) = (case.header.code.clone(), case.pages());
                written = new.add_case(&code, pages, &intake::write(&SurveyedCase::of(case)));
            }
        };
        let mut findings = ingest::survey_each(folder, &config, &bench.pool, stop, &mut write_down)?;
        written?;
        findings.extend(known);
        note_raised_secrecy(new, &mut findings)?;
        findings.iter().try_for_each(|finding| new.add_finding(finding))?;
        Ok(findings)
    })?;
    findings.into_iter().for_each(|finding| watch.event(&Event::Found(finding)));
    let flow =
        Flow { bench, batch: &batch, watch, stop, decisions: &options.decisions, trust: OnceLock::new() };
    if let Some(correction) = &options.decisions.correction {
        bench.ledger.set_correction(&batch, correction)?;
    }
    let rows = bench.ledger.cases(&batch)?;
    work(&flow, rows)
}

/// A case file that is refused for its secrecy may be in the archive already, where everybody with an account sees it.
fn note_raised_secrecy(batch: &NewBatch<'_>, findings: &mut Vec<Finding>) -> Result<(), PipelineError> {
    let refused = findings.iter().filter(|f| f.kind == FindingKind::SecrecyRefused);
    let mut raised = Vec::new();
    for code in refused.filter_map(|f| CaseCode::new(&f.subject).ok()) {
        if batch.is_stored(&code)? {
            raised.push(Finding::new(FindingKind::RegisterChanged, code.as_str(), "secrecy"));
        }
    }
    findings.extend(raised);
    Ok(())
}

/// Only looks: what [`run_batch`] would receive. Changes nothing.
pub fn survey_batch(
    root: &Path,
    folder: &Path,
    options: &BatchOptions,
    equipment: Equipment,
    stop: &AtomicBool,
) -> Result<Survey, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let pool = native::Pool::start(equipment.worker, 1)?;
    let config = survey_config(&layout, &config, folder, options.secrecy);
    Ok(ingest::survey(folder, &config, &pool, stop)?)
}

pub(crate) fn survey_config(
    layout: &Layout,
    config: &ArchiveConfig,
    folder: &Path,
    secrecy: Option<Secrecy>,
) -> IngestConfig {
    let max_file_bytes = config.limits.max_file_bytes;
    // An import makes its batch in the archive's own work folder.
    let forbidden_root =
        if layout.is_incoming(folder) { layout.root.join("ocfl") } else { layout.root.clone() };
    IngestConfig { secrecy, forbidden_root, max_file_bytes }
}

/// Goes on with a batch after a stop of any kind; only what is missing is done. Case files that wait are looked at
/// again. Without an id: the newest unfinished.
pub fn resume_batch(
    bench: &Workbench,
    id: Option<&str>,
    decisions: &Decisions,
    watch: &dyn Watch,
    stop: &AtomicBool,
) -> Result<BatchReport, PipelineError> {
    let row = match id {
        Some(id) => bench.ledger.batch(id)?,
        None => {
            let unfinished = bench.ledger.batches()?.into_iter().find(|b| b.state != "finished");
            unfinished.ok_or_else(|| PipelineError::NothingToResume)?
        }
    };
    let rows = waiting::look_again(bench, &row, watch, stop)?;
    bench.ledger.set_batch_state(&row.id, "running", None)?;
    // A correction was decided for the batch; a new decision takes its place.
    let decided = decisions.correction.clone();
    let correction = match &decided {
        Some(correction) => {
            bench.ledger.set_correction(&row.id, correction)?;
            decided
        }
        None => bench.ledger.correction(&row.id)?,
    };
    let decisions = Decisions { correction, ..decisions.clone() };
    work(&Flow { bench, batch: &row.id, watch, stop, decisions: &decisions, trust: OnceLock::new() }, rows)
}

/// The batches of an archive, newest first.
pub fn batches(root: &Path) -> Result<Vec<BatchRow>, PipelineError> {
    ledger(root)?.batches()
}

/// Pages done and pages in all of a batch.
pub fn progress_of(root: &Path, id: &BatchId) -> Result<(u64, u64), PipelineError> {
    ledger(root)?.progress(id)
}

fn ledger(root: &Path) -> Result<Ledger, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    Ledger::open_if_there(&layout.ledger())
}

fn work(flow: &Flow<'_>, rows: Vec<CaseRow>) -> Result<BatchReport, PipelineError> {
    let Flow { bench, batch, watch, .. } = *flow;
    let pages = rows.iter().map(|r| u64::from(r.pages)).sum();
    let is_done = |r: &&CaseRow| r.state.is_settled() || r.state == CaseState::Stored;
    let pages_done = rows.iter().filter(is_done).map(|r| u64::from(r.pages)).sum();
    watch.event(&Event::Started { batch: batch.clone(), cases: rows.len() as u32, pages, pages_done });

    let (page_queue, pages) = bounded::<PageJob>(2 * bench.workers);
    let (case_queue, cases) = bounded::<Arc<OpenCase>>(2);
    let results = thread::scope(|scope| {
        let mut threads = Vec::new();
        let to_pack = case_queue.clone();
        threads.push(scope.spawn(|| flow.guard(|| receive_cases(flow, rows, page_queue, to_pack))));
        for _ in 0..bench.workers {
            let (pages, to_pack) = (pages.clone(), case_queue.clone());
            threads.push(scope.spawn(|| flow.guard(|| read_pages(flow, pages, to_pack))));
        }
        drop((pages, case_queue));
        threads.push(scope.spawn(|| flow.guard(|| pack_cases(flow, cases))));
        threads.into_iter().map(|t| t.join()).collect::<Vec<_>>()
    });
    let end = first_error(results);
    if let Err(error) = end {
        // Where even this cannot be written (a full disk), the first error is the one to tell.
        let noted = bench.ledger.set_batch_state(batch, "interrupted", None);
        return Err(if matches!(error, PipelineError::Interrupted) {
            noted.err().unwrap_or(error)
        } else {
            error
        });
    }
    let now = bench.clock.now();
    match bench.ledger.cases(batch)?.iter().all(|r| r.state.is_settled()) {
        true => bench.ledger.set_batch_state(batch, "finished", Some(now))?,
        false => bench.ledger.set_batch_state(batch, "waiting", None)?,
    }
    bench.ledger.settle_waiting(now)?;
    let report = reconcile(bench, batch)?;
    pack::clear_work(bench)?;
    foreign::clear_finished(bench)?;
    Ok(report)
}

/// The error that stopped the work; an interruption only when nothing worse happened.
fn first_error(results: Vec<thread::Result<Result<(), PipelineError>>>) -> Result<(), PipelineError> {
    let mut end = Ok(());
    for result in results {
        let result = result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if matches!(&end, Ok(()) | Err(PipelineError::Interrupted)) && result.is_err() {
            end = result;
        }
    }
    end
}

impl Flow<'_> {
    /// Whom the archive trusts, as it was when signatures were first looked at in this run.
    pub(crate) fn trust(&self) -> Result<&Trust, PipelineError> {
        if let Some(trust) = self.trust.get() {
            return Ok(trust);
        }
        let trust = archive_trust(&self.bench.layout)?;
        Ok(self.trust.get_or_init(|| trust))
    }

    /// Runs one thread's part; its failure stops the others.
    fn guard(&self, part: impl FnOnce() -> Result<(), PipelineError>) -> Result<(), PipelineError> {
        let result = part();
        if result.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        result
    }

    pub(crate) fn check_stop(&self) -> Result<(), PipelineError> {
        if self.stop.load(Ordering::Relaxed) { Err(PipelineError::Interrupted) } else { Ok(()) }
    }

    /// A case file that failed for a reason of its own stays open, and the others go on; any other error ends the work.
    fn case_failed(&self, code: &CaseCode, error: PipelineError) -> Result<(), PipelineError> {
        if !error.is_about_one_case() {
            return Err(error.of_case(code));
        }
        tracing::error!(stage = "case", code = "case-failed", case = %code, %error, "case file is not stored");
        self.found(Finding::new(FindingKind::CaseFailed, code.as_str(), error.to_string()))
    }

    /// Notes a finding and tells it, unless an earlier run did.
    pub(crate) fn found(&self, finding: Finding) -> Result<(), PipelineError> {
        if self.bench.ledger.add_finding(self.batch, &finding)? {
            self.watch.event(&Event::Found(finding));
        }
        Ok(())
    }
}

/// Sends to a queue; when the other side is gone, something stopped it.
fn send<T>(queue: &Sender<T>, item: T) -> Result<(), PipelineError> {
    queue.send(item).map_err(|_| PipelineError::Interrupted)
}

/// Receives the files of one case after the other and hands their pages on.
fn receive_cases(
    flow: &Flow<'_>,
    rows: Vec<CaseRow>,
    pages: Sender<PageJob>,
    to_pack: Sender<Arc<OpenCase>>,
) -> Result<(), PipelineError> {
    for row in rows.into_iter().filter(|r| !r.state.is_settled()) {
        flow.check_stop()?;
        flow.bench.ledger.forget_findings(flow.batch, row.code.as_str(), &[FindingKind::CaseFailed])?;
        let case = match receive_case(flow, &row) {
            Ok(Some(case)) => case,
            Ok(None) => continue,
            Err(error) => {
                flow.case_failed(&row.code, error)?;
                continue;
            }
        };
        let case = Arc::new(case);
        if case.pages() == 0 || case.is_stored {
            send(&to_pack, case)?;
            continue;
        }
        for idx in 0..case.pages() {
            flow.check_stop()?;
            if case.has_failed() {
                break;
            }
            send(&pages, PageJob { case: Arc::clone(&case), idx })?;
        }
    }
    Ok(())
}

/// Receives the files of one case file. `None` when nothing is left to do for it, or it has to wait.
fn receive_case(flow: &Flow<'_>, row: &CaseRow) -> Result<Option<OpenCase>, PipelineError> {
    let bench = flow.bench;
    if crate::destruction::is_destroyed(bench, &row.code) {
        flow.found(Finding::new(FindingKind::Destroyed, row.code.as_str(), ""))?;
        bench.ledger.set_case_state(flow.batch, row.seq, CaseState::Destroyed)?;
        return Ok(None);
    }
    let surveyed = intake::read(&row.code, &bench.ledger.intake(flow.batch, row.seq)?)?;
    let (mut masters, mut missing) = (Vec::new(), surveyed.missing.clone());
    for (file, surveyed) in surveyed.files().enumerate() {
        flow.check_stop()?;
        match receive_file(flow, row, file as u32, &surveyed.intake)? {
            Ok(received) => masters.push(Some(received)),
            Err(finding) => {
                missing.push(finding);
                masters.push(None);
            }
        }
    }
    let mut case = OpenCase::new(row.seq, surveyed, masters, missing);
    let may_go_on = case.missing.is_empty() || flow.decisions.incomplete == Incomplete::Seal;
    if case.masters.iter().all(Option::is_none) && may_go_on {
        bench.ledger.set_case_state(flow.batch, row.seq, CaseState::Empty)?;
        return Ok(None);
    }
    // After a stop between the commit and the ledger's note, the archive knows better.
    pack::note_if_stored(bench, &case)?;
    let stored = bench.ledger.stored(&row.code)?;
    let is_what_is_stored = match &stored {
        Some(stored) => {
            stored.contents == case.contents() && pack::was_sealed_without(bench, &row.code, &case.missing)?
        }
        None => false,
    };
    if !may_go_on && !is_what_is_stored {
        bench.ledger.set_case_state(flow.batch, row.seq, CaseState::Waiting)?;
        let files = case.missing.iter().map(|f| f.subject.clone()).collect();
        flow.watch.event(&Event::Waiting { case: row.code.clone(), files });
        return Ok(None);
    }
    let Some(stored) = stored else {
        note_repeats(flow, &case)?;
        return Ok(Some(case));
    };
    let register = pack::register_changes(bench, &case)?;
    let difference = match () {
        () if stored.contents != case.contents() => {
            Some(Finding::new(FindingKind::ChangedSinceStored, row.code.as_str(), ""))
        }
        () if !register.is_empty() => {
            Some(Finding::new(FindingKind::RegisterChanged, row.code.as_str(), register.join(", ")))
        }
        () => None,
    };
    if let Some(difference) = difference {
        if may_correct(flow, &case)? {
            note_repeats(flow, &case)?;
            return Ok(Some(case));
        }
        if flow.decisions.correction.is_none() {
            flow.found(difference)?;
        }
        bench.ledger.set_case_state(flow.batch, row.seq, CaseState::Differs)?;
        return Ok(None);
    }
    if stored.indexed {
        let state = if row.state == CaseState::Stored { CaseState::Indexed } else { CaseState::Present };
        bench.ledger.set_case_state(flow.batch, row.seq, state)?;
        flow.watch.event(&Event::Present { case: row.code.clone(), pages: stored.pages });
        return Ok(None);
    }
    case.is_stored = true;
    Ok(Some(case))
}

/// Whether a stored case file that came with something else in it becomes a new version. One that would lose files does so
/// only where a person said that it may.
fn may_correct(flow: &Flow<'_>, case: &OpenCase) -> Result<bool, PipelineError> {
    let Some(correction) = &flow.decisions.correction else { return Ok(false) };
    let lost = previous::lost_by(flow.bench, case)?;
    if lost.is_empty() || correction.may_remove {
        return Ok(true);
    }
    flow.found(Finding::new(FindingKind::CorrectionWouldRemove, case.code().as_str(), lost.join(", ")))?;
    Ok(false)
}

/// Receives one file, or says why it cannot be received now; a later run tries again.
fn receive_file(
    flow: &Flow<'_>,
    row: &CaseRow,
    file: u32,
    intake: &ingest::FileIntake,
) -> Result<Result<ingest::Received, Finding>, PipelineError> {
    let bench = flow.bench;
    if let Some((sha256, bytes)) = bench.ledger.receipt(flow.batch, row.seq, file)?
        && bench.spool.path(&sha256).is_file()
    {
        return Ok(Ok(ingest::Received { sha256, bytes }));
    }
    let kind = match bench.spool.receive(intake) {
        Ok(received) => {
            bench.ledger.forget_findings(flow.batch, &intake.received_as, &NOT_RECEIVED)?;
            bench.ledger.set_receipt(flow.batch, row.seq, file, (received.sha256, received.bytes))?;
            return Ok(Ok(received));
        }
        Err(ReceiveError::Keep { path, source }) => return Err(PipelineError::Keep { path, source }),
        Err(ReceiveError::StillBeingWritten(_)) => FindingKind::StillBeingWritten,
        Err(ReceiveError::Read { source, .. }) => ingest::why_unread(&source),
    };
    let others: Vec<FindingKind> = NOT_RECEIVED.into_iter().filter(|k| *k != kind).collect();
    bench.ledger.forget_findings(flow.batch, &intake.received_as, &others)?;
    let finding = Finding::new(kind, &intake.received_as, "");
    flow.found(finding.clone())?;
    Ok(Err(finding))
}

/// Findings about masters that come twice in one case file.
fn note_repeats(flow: &Flow<'_>, case: &OpenCase) -> Result<(), PipelineError> {
    let mut seen = std::collections::HashMap::new();
    for (received, file) in case.masters.iter().zip(case.surveyed.files()) {
        let Some(received) = received.as_ref().filter(|r| r.bytes > 0) else { continue };
        let name = &file.intake.received_as;
        if let Some(first) = seen.insert(received.sha256, name) {
            flow.found(Finding::new(FindingKind::RepeatedInCase, name, first))?;
        }
    }
    Ok(())
}

/// Findings about masters that are stored under another case code. Asked when a case file is packed: case files are
/// stored one after the other, so of two in one batch the second one finds the first.
fn note_masters_elsewhere(flow: &Flow<'_>, case: &OpenCase) -> Result<(), PipelineError> {
    for (received, file) in case.masters.iter().zip(case.surveyed.files()) {
        let Some(received) = received.as_ref().filter(|r| r.bytes > 0) else { continue };
        for other in flow.bench.ledger.other_cases_with(&received.sha256, case.code())? {
            flow.found(Finding::new(FindingKind::MasterInOtherCase, &file.intake.received_as, other))?;
        }
    }
    Ok(())
}

/// Reads pages; the worker that finishes the last page of a case file hands it on to be packed.
fn read_pages(
    flow: &Flow<'_>,
    pages: Receiver<PageJob>,
    to_pack: Sender<Arc<OpenCase>>,
) -> Result<(), PipelineError> {
    for job in pages {
        flow.check_stop()?;
        if job.case.has_failed() {
            continue;
        }
        let (known, result) = match contained(|| page::read(flow.bench, &job.case, job.idx)) {
            Ok(read) => read,
            Err(error) => {
                job.case.fail();
                flow.case_failed(job.case.code(), error)?;
                continue;
            }
        };
        let page = PageNo::from_idx(job.idx);
        for (kind, detail) in result.finding_kinds() {
            flow.found(job.case.finding_on_page(kind, job.idx, detail))?;
            // a page is read once for good: a case file that is resumed is held again
            if kind == FindingKind::SecrecyStamp && flow.decisions.stamps == Stamps::Hold {
                job.case.hold();
            }
        }
        let case = job.case.code().clone();
        flow.watch.event(&Event::PageRead { case, page, outcome: result.outcome, known });
        if job.case.one_page_less() {
            match job.case.is_held() {
                true => hold(flow, &job.case)?,
                false => send(&to_pack, job.case)?,
            }
        }
    }
    flow.check_stop()
}

/// A case file with a secrecy stamp is not packed: state secrets do not enter an archive on a network, declared or not.
fn hold(flow: &Flow<'_>, case: &OpenCase) -> Result<(), PipelineError> {
    flow.bench.ledger.set_case_state(flow.batch, case.seq, CaseState::Waiting)?;
    flow.watch.event(&Event::Waiting { case: case.code().clone(), files: Vec::new() });
    Ok(())
}

/// Packs, seals, stores and indexes finished case files.
fn pack_cases(flow: &Flow<'_>, cases: Receiver<Arc<OpenCase>>) -> Result<(), PipelineError> {
    for case in cases {
        flow.check_stop()?;
        if let Err(error) = contained(|| pack_case(flow, &case)) {
            flow.case_failed(case.code(), error)?;
        }
    }
    Ok(())
}

/// Does the work on one page or case file. A fault of the program itself on the way is this case file's trouble: the
/// others go on, and it stays open.
fn contained<T>(work: impl FnOnce() -> Result<T, PipelineError>) -> Result<T, PipelineError> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    caught.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(PipelineError::Fault(said.unwrap_or_else(|| "without a word".into())))
    })
}

fn pack_case(flow: &Flow<'_>, case: &OpenCase) -> Result<(), PipelineError> {
    let code = case.code().clone();
    if !case.is_stored {
        note_masters_elsewhere(flow, case)?;
        let stored = pack::store(flow, case)?;
        flow.bench.ledger.set_case_state(flow.batch, case.seq, CaseState::Stored)?;
        flow.watch.event(&Event::Stored { case: code.clone(), pages: stored.pages, version: stored.version });
    }
    pack::index_case(flow.bench, &code)?;
    flow.bench.ledger.set_case_state(flow.batch, case.seq, CaseState::Indexed)?;
    flow.watch.event(&Event::Indexed { case: code });
    Ok(())
}

/// `20261121-193012-4f2a`: sorts by time, unique by chance.
fn new_batch_id(now: Timestamp) -> BatchId {
    let mut tail = [0u8; 2];
    getrandom::fill(&mut tail).expect("the system gives random numbers");
    let digits: String = now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let id = format!("{}-{}-{:02x}{:02x}", &digits[..8], &digits[8..], tail[0], tail[1]);
    BatchId::new(&id).expect("digits and dashes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_program_is_the_trouble_of_one_case_file() {
        let error = contained::<()>(|| panic!("row {} is not there", 7)).unwrap_err();
        assert_eq!(error.to_string(), "a fault of the program itself: row 7 is not there");
        assert!(error.is_about_one_case());
        assert_eq!(contained(|| Ok(5)).unwrap(), 5);
    }
}
