//! The reconciliation report: every page received is stored and indexed, or it is named.

use crate::bench::find_object;
use crate::document::below_case;
use crate::format;
use crate::ledger::{CaseState, Ledger};
use crate::volumes::Stored;
use crate::{ArchiveConfig, Layout, PipelineError, Workbench, pack};
use archive_store::{Archive, ArchiveReader, Object};
use record::{BatchId, CaseCode, Finding, FindingKind, PageNo, Severity, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::Path;

/// How a batch stands.
#[derive(Debug, Clone)]
pub struct BatchReport {
    /// The batch.
    pub batch: BatchId,
    /// Its folder.
    pub folder: String,
    /// `running`, `interrupted`, `waiting` or `finished`.
    pub state: String,
    /// Its case files in order.
    pub cases: Vec<CaseReport>,
    /// What people should know.
    pub findings: Vec<Finding>,
    /// Pages that are not where they should be.
    pub differences: Vec<Difference>,
    /// Pages of the archive's ledger that were read, and how often a page was read: equal unless work was done twice.
    pub readings: (u64, u64),
}

/// How a case file stands.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// The case file.
    pub code: CaseCode,
    /// `open`, `stored`, `indexed`, `present`, `waiting`, `differs`, `empty` or `destroyed`.
    pub state: &'static str,
    /// Pages the survey counted.
    pub surveyed: u32,
    /// Pages of the files received.
    pub received: u32,
    /// Pages the archive holds.
    pub stored: u32,
    /// Pages the index holds.
    pub indexed: u32,
    /// Pages by outcome.
    pub outcomes: BTreeMap<String, u32>,
}

/// A page or file that was received but is not stored, or stored but not indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The case file.
    pub code: CaseCode,
    /// The file, as received.
    pub file: String,
    /// The page in the case file, where it has one.
    pub page: Option<PageNo>,
    /// `not-received`, `not-stored`, `not-indexed`, or `damaged`: what the archive holds cannot be read.
    pub what: &'static str,
}

impl BatchReport {
    /// Whether a person has to look at something.
    pub fn needs_review(&self) -> bool {
        !self.differences.is_empty() || self.findings.iter().any(|f| f.kind.severity() == Severity::Review)
    }
    /// Whether every page received is stored and indexed.
    pub fn is_complete(&self) -> bool {
        self.differences.is_empty()
    }
    /// A sum over the case files.
    pub fn total(&self, count: impl Fn(&CaseReport) -> u32) -> u64 {
        self.cases.iter().map(|c| u64::from(count(c))).sum()
    }
}

/// The report of a batch, beside whatever is at work in the archive.
pub fn report(root: &Path, batch: &str) -> Result<BatchReport, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let ledger = Ledger::open_if_there(&layout.ledger())?;
    let store = Archive::open_read(root)?;
    let object = |code: &CaseCode| find_object(&config, &store, &ledger, code);
    compare(&layout, &ledger, &store, &object, &ledger.batch(batch)?.id)
}

/// The same for an archive open for work.
pub(crate) fn reconcile(bench: &Workbench, batch: &BatchId) -> Result<BatchReport, PipelineError> {
    compare(&bench.layout, &bench.ledger, &bench.store, &|code| bench.object_of(code), batch)
}

/// What the archive holds of a case file, with all its volumes.
#[derive(Default)]
struct Held {
    /// Of each master the pages made from it; as often as it is there.
    masters: HashMap<Sha256, VecDeque<Vec<PageNo>>>,
    /// Names below the case folder: of masters, and of what was left out on purpose.
    names: HashSet<String>,
    pages: u32,
    outcomes: BTreeMap<String, u32>,
}

impl Held {
    fn of(store: &ArchiveReader, stored: Stored) -> Result<Held, PipelineError> {
        let mut held = Held::default();
        let left_out = stored.record.left_out.iter();
        held.names.extend(left_out.map(|finding| below_case(&finding.subject).to_owned()));
        for part in stored.into_parts(store) {
            let case = part?.record.case;
            let mut pages = vec![Vec::new(); case.masters.len()];
            for (_, page) in case.pages() {
                pages[page.master_idx].push(page.no);
                *held.outcomes.entry(page.outcome.clone()).or_insert(0) += 1;
                held.pages += 1;
            }
            for (master, pages) in case.masters.into_iter().zip(pages) {
                held.names.insert(below_case(&master.received_as).to_owned());
                held.masters.entry(master.sha256).or_default().push_back(pages);
            }
        }
        Ok(held)
    }
}

/// Compares what was received with archive and index, page by page. Reads both, trusts the ledger for neither.
fn compare(
    layout: &Layout,
    ledger: &Ledger,
    store: &ArchiveReader,
    object: &dyn Fn(&CaseCode) -> Result<Option<Object>, PipelineError>,
    batch: &BatchId,
) -> Result<BatchReport, PipelineError> {
    let row = ledger.batch(batch.as_str())?;
    let index = index::Inventory::open(&layout.index())?;
    let (mut cases, mut differences) = (Vec::new(), Vec::new());
    let mut findings = ledger.findings(batch)?;
    for case in ledger.cases(batch)? {
        if case.state == CaseState::Destroyed {
            cases.push(CaseReport {
                code: case.code.clone(),
                state: case.state.code(),
                surveyed: case.pages,
                received: 0,
                stored: 0,
                indexed: 0,
                outcomes: BTreeMap::new(),
            });
            continue;
        }
        let surveyed = format::intake::read(&case.code, &ledger.intake(batch, case.seq)?)?;
        let mut is_damaged = |error: PipelineError| {
            let (code, file) = (case.code.clone(), String::new());
            differences.push(Difference { code, file, page: None, what: "damaged" });
            findings.push(Finding::new(FindingKind::DamagedInArchive, case.code.as_str(), error.to_string()));
        };
        let found = object(&case.code);
        let latest = found.as_ref().ok().and_then(Option::as_ref).map(|object| object.head().get());
        let read = found.and_then(|object| {
            let Some(object) = object else { return Ok(None) };
            let stored = pack::version_of_batch(object, batch.as_str())?;
            // the index knows the latest version alone
            let is_latest = Some(stored.version.get()) == latest;
            Ok(Some((Held::of(store, stored)?, is_latest)))
        });
        let (mut held, is_latest) = match read {
            Ok(None) if ledger.stored(&case.code)?.is_some() => {
                is_damaged(PipelineError::NoCase(case.code.clone()));
                Default::default()
            }
            Ok(held) => held.unwrap_or_default(),
            Err(error) if error.is_about_one_case() => {
                is_damaged(error);
                Default::default()
            }
            Err(error) => return Err(error),
        };
        // A file that this batch did not get may have come with another, or have been left out on purpose.
        let is_settled = |held: &Held, name: &str| held.names.contains(below_case(name));
        for missing in surveyed.missing.iter().filter(|f| !is_settled(&held, &f.subject)) {
            let (code, file) = (case.code.clone(), missing.subject.clone());
            differences.push(Difference { code, file, page: None, what: "not-received" });
        }
        let mut indexed = index.pages_of(&case.code)?;
        indexed.dedup();
        let mut received = 0;
        for (file, surveyed) in surveyed.files().enumerate() {
            let name = &surveyed.intake.received_as;
            let pages = surveyed.intake.info.as_ref().map_or(0, |i| i.pages);
            let mut differ = |page, what| {
                differences.push(Difference { code: case.code.clone(), file: name.clone(), page, what });
            };
            let Some((sha256, _)) = ledger.receipt(batch, case.seq, file as u32)? else {
                if !is_settled(&held, name) {
                    differ(None, "not-received");
                }
                continue;
            };
            received += pages;
            // The same bytes received twice are stored twice.
            let Some(stored_pages) = held.masters.get_mut(&sha256).and_then(VecDeque::pop_front) else {
                differ(None, "not-stored");
                continue;
            };
            if (stored_pages.len() as u32) < pages {
                differ(None, "not-stored");
            }
            stored_pages
                .iter()
                .filter(|p| is_latest && indexed.binary_search(p).is_err())
                .for_each(|p| differ(Some(*p), "not-indexed"));
        }
        cases.push(CaseReport {
            code: case.code.clone(),
            state: case.state.code(),
            surveyed: case.pages,
            received,
            stored: held.pages,
            indexed: indexed.len() as u32,
            outcomes: held.outcomes,
        });
    }
    let readings = ledger.page_counts()?;
    Ok(BatchReport {
        batch: row.id,
        folder: row.folder,
        state: row.state,
        cases,
        findings,
        differences,
        readings,
    })
}
