//! `hoso archive check`: reads case files byte by byte, those first that were not read for longest, and says in a signed
//! report what it found. The promise is that every byte is read every 90 days.
//!
//! A report may say `good` only after a self-test: damage planted in a copy of a small case file must be found.

mod catalog;
mod reading;
mod report;
#[cfg(test)]
mod tests;

use crate::config::{ArchiveConfig, Layout};
use crate::copies::{self, ReplicaPlace};
use crate::pack::SOFTWARE;
use crate::seals::{SealFault, SealJudge};
use crate::tlog::ArchiveLog;
use crate::volumes::case_of_volume;
use crate::{AbsentCase, EvidenceFault, PipelineError, upkeep};
use archive_store::{
    Archive, ObjectReport, ObjectRoot, Planted, Problem, Resident, S3Root, Subset, What, check_copy,
    self_test,
};
use catalog::Catalog;
use durable::Lock;
pub(crate) use reading::check_case;
use reading::{Queue, key, read_all, select};
use record::{CaseCode, Clock, Lang, ObjectId, Timestamp};
use report::{
    DecisionsJson, ObjectJson, OrderJson, PlantedJson, ProblemJson, ReportJson, UnfinishedJson,
    VersionGoneJson,
};
pub(crate) use report::{
    FORMAT, REPORT, decisions_gone_since_check, latest as latest_report, report_manifests,
};
use seal::Pkcs12Signer;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Days within which every byte is read.
pub const FIXITY_DAYS: u32 = 90;

/// What to check.
#[derive(Debug, Clone)]
pub struct CheckOrder {
    /// One part of many.
    pub subset: Option<Subset>,
    /// Only what was not checked since.
    pub not_since: Option<Timestamp>,
    /// Stop before more bytes than these are read; the first case file is always read.
    pub budget_bytes: Option<u64>,
    /// Case files read at the same time, at least one.
    pub jobs: usize,
}

/// Told while the check goes on.
#[derive(Debug)]
pub enum CheckEvent<'a> {
    /// It is known what will be read.
    Started {
        /// Case files to check.
        selected: u64,
        /// Case files in the archive.
        residents: u64,
    },
    /// A case file was read.
    Checked(&'a CheckedCase),
}

/// One case file that was read.
#[derive(Debug)]
pub struct CheckedCase {
    /// Its folder below `ocfl/`.
    pub folder: PathBuf,
    /// Its id, where it is known.
    pub id: Option<ObjectId>,
    /// Its code, where `case.json` can be read.
    pub code: Option<CaseCode>,
    /// Its latest version, where it is known.
    pub head: Option<u32>,
    /// Content files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// A word for the signature of the latest version; `None` where it cannot be read.
    pub signature: Option<&'static str>,
    /// What the validator found.
    pub problems: Vec<Problem>,
    /// What does not agree with the seal.
    pub faults: Vec<SealFault>,
    /// A version after `head` that is still being copied there, and was not read. Only in a replica.
    pub unfinished: Option<u32>,
    /// Why what was found could not be written into the object's `logs/events.ndjson`.
    pub not_logged: Option<String>,
}

impl CheckedCase {
    /// Nothing is known of it yet.
    fn of(resident: &Resident) -> CheckedCase {
        CheckedCase {
            folder: resident.folder.clone(),
            id: resident.id.clone(),
            code: None,
            head: None,
            files: 0,
            bytes: 0,
            signature: None,
            problems: Vec::new(),
            faults: Vec::new(),
            unfinished: None,
            not_logged: None,
        }
    }

    /// Every byte that was read is what was stored and sealed.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.faults.is_empty()
    }

    /// A version that an earlier check saw and that is gone is damage.
    fn compare_head(&mut self, seen: Option<u32>) {
        // The version that is being copied is no version yet.
        let head = self.head.or(self.unfinished.map(|version| version - 1));
        if let (Some(head), Some(seen)) = (head, seen)
            && head < seen
        {
            let what = What::Wrong(format!("an earlier check saw v{seen}, the latest is v{head}"));
            self.problems.push(Problem { code: "version-gone", path: String::new(), what });
        }
    }

    /// Its code, else its id, else its folder.
    pub fn name(&self) -> String {
        match (&self.code, &self.id) {
            (Some(code), _) => code.to_string(),
            (None, Some(id)) => id.to_string(),
            (None, None) => self.folder.display().to_string(),
        }
    }
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckVerdict {
    /// All that was read is good, and the self-test found its damage.
    Good,
    /// Something is damaged, gone, or does not belong into the archive.
    Broken,
    /// There was nothing to read.
    NothingChecked,
    /// The check missed damage that was planted: what it says is worth nothing.
    SelfTestFailed,
}

impl CheckVerdict {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Broken => "broken",
            Self::NothingChecked => "nothing-checked",
            Self::SelfTestFailed => "self-test-failed",
        }
    }
}

/// The end of a check.
#[derive(Debug)]
pub struct CheckSummary {
    /// What it comes to.
    pub verdict: CheckVerdict,
    /// The report.
    pub report: PathBuf,
    /// Whether the station signed it; not in a replica, which has no key.
    pub is_signed: bool,
    /// Packages read: case files and volumes.
    pub checked: u64,
    /// Of these, volumes.
    pub volumes: u64,
    /// Of these, damaged.
    pub broken: u64,
    /// Of the rest, those that are still being copied there; what they had before is good.
    pub unfinished: u64,
    /// What the archive holds and the replica does not, in this version or at all; empty for an archive.
    pub not_copied: Vec<String>,
    /// Selected and not read: the budget was spent, or somebody asked to stop.
    pub left: u64,
    /// Content files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Somebody asked to stop.
    pub interrupted: bool,
    /// Stored once, and gone, as a whole or in their latest versions.
    pub absent: Vec<AbsentCase>,
    /// Why it could not be told what is gone.
    pub absent_unknown: Option<String>,
    /// What lies in `ocfl/` and belongs to no case file, in words.
    pub strays: Vec<String>,
    /// Decisions and tombstones that are not what was signed, or do not agree with the archive.
    pub evidence: Vec<EvidenceFault>,
    /// Case files that no check has read yet.
    pub never_checked: u64,
    /// The longest that one of the others has not been read.
    pub oldest_check: Option<Timestamp>,
    /// Why the self-test could not be made.
    pub self_test_error: Option<String>,
    /// Why the index, which is no part of what is kept, is not to be relied on: see [`crate::index_fault`].
    pub index_fault: Option<String>,
}

/// How an object in a scratch folder (root, object) is checked.
type CheckCopy<'a> = &'a dyn Fn(&Path, &Path) -> ObjectReport;

/// Checks case files of an archive, beside whatever is at work in it, and writes the report. One check at a time. When
/// `stop` is set it ends after the case files in hand.
pub fn check_archive(
    root: &Path,
    order: &CheckOrder,
    clock: &dyn Clock,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(CheckEvent<'_>),
) -> Result<CheckSummary, PipelineError> {
    run(root, None, order, clock, stop, tell, &check_copy)
}

/// The same for a replica of the archive: its case files are judged by the archive's certificates, those in an object store
/// are fetched one by one; what the archive holds and the replica lacks is told. The report is kept in the archive and
/// signed by its station. ([`check_archive`] on the folder of a replica takes its own word for all of this.)
pub fn check_replica(
    root: &Path,
    replica: &ReplicaPlace,
    order: &CheckOrder,
    clock: &dyn Clock,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(CheckEvent<'_>),
) -> Result<CheckSummary, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    match replica {
        ReplicaPlace::Folder(folder) => {
            // By whatever path it is called, it is the same.
            let folder = folder.canonicalize().map_err(PipelineError::io(folder))?;
            let there = Layout { root: folder.clone() };
            if !there.config().is_file() {
                return Err(PipelineError::NoArchive(folder));
            }
            if ArchiveConfig::read(&there.config())?.id != ArchiveConfig::read(&layout.config())?.id {
                return Err(PipelineError::NotAReplica(folder));
            }
            let (there, slug) = (Archive::open_read(&folder)?, copies::slug_of_folder(&folder));
            run(root, Some((&there, &slug)), order, clock, stop, tell, &check_copy)
        }
        ReplicaPlace::Store { address, key } => {
            let store = copies::store(&layout, address, key.as_ref())?;
            let root_there = S3Root::open_read(&store.place, &store.key, &store.work)?;
            run(root, Some((&root_there, store.slug.as_str())), order, clock, stop, tell, &check_copy)
        }
    }
}

fn run(
    root: &Path,
    replica: Option<(&dyn ObjectRoot, &str)>,
    order: &CheckOrder,
    clock: &dyn Clock,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(CheckEvent<'_>),
    check_copy: CheckCopy<'_>,
) -> Result<CheckSummary, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let _lock = one_at_a_time(&layout)?;
    let started = whole_seconds(clock.now());
    let judge = SealJudge::of(&layout, started)?;
    let signer = station_key(&layout)?;
    let archive = Archive::open_read(root)?;
    let (store, reports, catalog): (&dyn ObjectRoot, _, _) = match replica {
        None => (&archive, layout.fixity_reports(), layout.fixity_catalog()),
        Some((there, slug)) => {
            // A cache of these reports alone: what is read there says nothing of what lies here.
            let work = layout.root.join("work/replicas").join(slug);
            durable::create_dir_durable(&work)?;
            (there, layout.replica_reports(slug), work.join("fixity.sqlite"))
        }
    };
    let mut catalog = Catalog::open(&catalog)?;
    let name = replica.map(|(there, _)| there.name());
    report::catch_up(&mut catalog, &reports, &judge, name.as_deref(), signer.is_some(), started)?;
    let survey = store.survey()?;
    let residents = survey.residents;
    let mut last_checks = catalog.last_checks(started.as_second())?;
    let seen_heads = catalog.heads()?;
    let selected = select(&residents, &last_checks, order);
    let mut strays: Vec<String> = survey.strays.iter().map(ToString::to_string).collect();
    // The ledger is a cache: without it nobody knows what is gone, and what is there is checked all the same.
    let (absent, absent_unknown) =
        match replica.map_or_else(|| upkeep::absent_cases(root), |_| Ok(Vec::new())) {
            Ok(absent) => (absent, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
    let there: HashSet<PathBuf> = residents.iter().map(|resident| resident.folder.clone()).collect();
    let mut not_copied = BTreeSet::new();
    let mut destroyed: HashSet<String> = HashSet::new();
    if replica.is_some() {
        // By the archive's own word: a tombstone that lies there alone proves nothing.
        let ids = crate::destruction::tombstones(&layout)?
            .into_iter()
            .flat_map(|(_, stone)| stone.ids().collect::<Vec<_>>());
        destroyed.extend(ids.map(|id| archive_store::object_folder(&id).display().to_string()));
        let own = archive.residents()?.into_iter().filter(|resident| !there.contains(&resident.folder));
        not_copied.extend(own.map(|resident| key(&resident)));
        // Nobody keeps a ledger of a replica; what an earlier check saw there must be there still.
        let here: HashSet<String> = residents.iter().map(key).collect();
        let missed = |folder: &&String| !here.contains(*folder) && !destroyed.contains(*folder);
        let mut gone: Vec<&String> = seen_heads.keys().filter(missed).collect();
        gone.sort();
        strays
            .extend(gone.into_iter().map(|folder| format!("{folder}: an earlier check saw it, it is gone")));
    }
    // What people decided and what was destroyed is kept here, whatever place is checked.
    let (journal, mut evidence) = crate::destruction::faults(&layout, &judge, &archive)?;
    let previous = report::newest(&catalog, &reports)?;
    let has_key = signer.is_some();
    let (gone, decisions_gone) =
        report::decisions_gone(&layout, &reports, Some(&catalog), &judge, has_key, &journal.digests)?;
    evidence.extend(gone);
    tell(CheckEvent::Started { selected: selected.len() as u64, residents: residents.len() as u64 });

    let mut account = Account::default();
    let queue = Queue::new(store, &selected, order.budget_bytes);
    let mut unfinished = Vec::new();
    // A check runs for hours; what two people destroyed meanwhile is not damaged.
    let is_destroyed = |resident: &Resident| {
        let is_gone = |id| {
            archive.tombstone(id).is_some() && !archive.root().join("ocfl").join(&resident.folder).exists()
        };
        replica.is_none() && resident.id.as_ref().is_some_and(is_gone)
    };
    let mut destroyed_meanwhile = 0;
    let failed = read_all(store, &judge, &there, &queue, order.jobs, stop, &mut |resident, mut checked| {
        if is_destroyed(resident) {
            destroyed_meanwhile += 1;
            return;
        }
        if destroyed.contains(&key(resident)) {
            // What is destroyed here, and there not yet or not wholly, is going.
            checked.unfinished = checked.unfinished.or(Some(checked.head.unwrap_or(1)));
            (checked.problems, checked.faults) = (Vec::new(), Vec::new());
        } else {
            checked.compare_head(seen_heads.get(&key(resident)).copied());
        }
        if replica.is_some() && checked.is_good() && is_behind(&archive, &checked) {
            not_copied.insert(key(resident));
        }
        if let Some(version) = checked.unfinished {
            unfinished.push(UnfinishedJson { folder: key(resident), good: checked.is_good(), version });
            if checked.is_good() {
                tell(CheckEvent::Checked(&checked));
                return;
            }
        }
        if replica.is_none() && !checked.problems.is_empty() {
            let noted = archive.note_failure(&checked.folder, whole_seconds(clock.now()), &checked.problems);
            checked.not_logged = noted.err().map(|error| error.to_string());
        }
        last_checks.insert(key(resident), started.as_second());
        account.add(resident, &checked);
        tell(CheckEvent::Checked(&checked));
    });

    let (self_test, self_test_error) = match account.smallest(&is_destroyed) {
        Some(resident) => {
            let scratch = layout.root.join("work/self-test");
            let brought = store.bring(&resident.folder);
            match brought.and_then(|brought| self_test(&brought, resident, &scratch, check_copy)) {
                Ok(planted) => (planted, None),
                Err(error) => (Vec::new(), Some(error.to_string())),
            }
        }
        None => (Vec::new(), None),
    };
    let verdict =
        verdict(&account, &self_test, strays.is_empty() && absent.is_empty() && evidence.is_empty());
    let still_there = residents.iter().filter(|resident| !is_destroyed(resident));
    let checks = still_there.map(|resident| last_checks.get(&key(resident)));
    let never_checked = checks.clone().filter(Option::is_none).count() as u64;
    let oldest_check = checks.flatten().min().and_then(|at| Timestamp::from_second(*at).ok());
    let unfinished_good = unfinished.iter().filter(|object| object.good).count() as u64;
    let left = selected.len() as u64 - account.objects.len() as u64 - unfinished_good - destroyed_meanwhile;
    let not_copied: Vec<String> = not_copied.into_iter().collect();
    let interrupted = left > 0 && stop.load(Ordering::Relaxed);
    let Account { objects, volumes, broken, files, bytes, .. } = account;
    let checked = objects.len() as u64;
    let report = ReportJson {
        absent: absent_unknown
            .is_none()
            .then(|| absent.iter().filter(|c| c.head.is_none()).map(|c| c.code.to_string()).collect()),
        archive: judge.config().id.clone(),
        broken,
        bytes,
        checked,
        decisions: decisions_gone.or_else(|| {
            let sha256 = journal.digests.last()?.to_string();
            Some(DecisionsJson { no: journal.digests.len() as u64, sha256 })
        }),
        evidence: evidence.iter().map(|fault| fault.text(Lang::En)).collect(),
        files,
        finished: whole_seconds(clock.now()).to_string(),
        format: FORMAT,
        interrupted,
        left,
        never_checked,
        not_copied: name.is_some().then(|| not_copied.clone()),
        objects,
        oldest_check: oldest_check.map(|at| at.to_string()),
        order: OrderJson {
            budget_bytes: order.budget_bytes,
            not_since: order.not_since.map(|at| whole_seconds(at).to_string()),
            subset: order.subset.map(|subset| subset.to_string()),
        },
        previous,
        replica: name.clone(),
        residents: residents.len() as u64,
        self_test: self_test.into_iter().map(planted_json).collect(),
        self_test_error: self_test_error.clone(),
        software: SOFTWARE,
        started: started.to_string(),
        strays: strays.clone(),
        unfinished: name.is_some().then_some(unfinished),
        verdict: verdict.code(),
        versions_gone: absent.iter().filter_map(version_gone_json).collect(),
    };
    let path = report::write(&reports, &report, signer.as_ref(), clock.now())?;
    // A replica in a folder and what was restored have no key; an archive of an earlier program gets one when it is next
    // worked on.
    if layout.log_key().exists() && layout.log_public_key().exists() {
        report::enter_in_log(&reports, &mut ArchiveLog::open(&layout)?, clock.now())?;
    }
    report::catch_up(&mut catalog, &reports, &judge, name.as_deref(), signer.is_some(), started)?;
    // What could be read stands in the report.
    failed?;
    Ok(CheckSummary {
        verdict,
        report: path,
        is_signed: signer.is_some(),
        checked,
        volumes,
        broken,
        unfinished: unfinished_good,
        not_copied,
        left,
        files,
        bytes,
        interrupted,
        absent,
        absent_unknown,
        evidence,
        strays,
        never_checked,
        oldest_check,
        self_test_error,
        index_fault: replica.map_or_else(|| upkeep::index_fault(root), |_| None),
    })
}

/// Whether the archive has a later version than was read there.
fn is_behind(archive: &dyn ObjectRoot, there: &CheckedCase) -> bool {
    let own = there.id.as_ref().and_then(|id| archive.head(id).ok().flatten());
    own.is_some_and(|(own, _)| there.head.is_none_or(|head| head < own.get()))
}

fn verdict(account: &Account<'_>, self_test: &[Planted], nothing_else: bool) -> CheckVerdict {
    if account.broken > 0 || !nothing_else {
        CheckVerdict::Broken
    } else if account.objects.is_empty() {
        CheckVerdict::NothingChecked
    } else if !self_test.is_empty() && self_test.iter().all(|planted| planted.found) {
        CheckVerdict::Good
    } else {
        CheckVerdict::SelfTestFailed
    }
}

/// Two checks at once would read everything twice and write into one scratch folder.
pub(crate) fn one_at_a_time(layout: &Layout) -> Result<Lock, PipelineError> {
    let locks = layout.root.join("work/locks");
    durable::create_dir_durable(&locks)?;
    Ok(Lock::try_exclusive(&locks.join("check.lock"))?)
}

/// The station's key; none in a replica.
pub(crate) fn station_key(layout: &Layout) -> Result<Option<Pkcs12Signer>, PipelineError> {
    if !layout.station_key().exists() {
        return Ok(None);
    }
    crate::bench::station(layout).map(Some)
}

/// As reports and events have it.
pub(crate) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// What has been found so far.
#[derive(Default)]
struct Account<'a> {
    objects: Vec<ObjectJson>,
    volumes: u64,
    broken: u64,
    files: u64,
    bytes: u64,
    /// The good ones with their bytes.
    good: Vec<(&'a Resident, u64)>,
}

impl<'a> Account<'a> {
    /// The smallest good one that is still there, for the self-test.
    fn smallest(&self, is_destroyed: &dyn Fn(&Resident) -> bool) -> Option<&'a Resident> {
        let there = self.good.iter().filter(|(resident, _)| !is_destroyed(resident));
        there.min_by_key(|(_, bytes)| *bytes).map(|(resident, _)| *resident)
    }

    fn add(&mut self, resident: &'a Resident, checked: &CheckedCase) {
        self.volumes += u64::from(checked.id.as_ref().and_then(case_of_volume).is_some());
        self.files += checked.files;
        self.bytes += checked.bytes;
        if !checked.is_good() {
            self.broken += 1;
        } else {
            self.good.push((resident, checked.bytes));
        }
        let stored = checked.problems.iter().map(|problem| ProblemJson {
            code: problem.code.to_owned(),
            path: problem.path.clone(),
            what: problem.to_string(),
        });
        let sealed = checked.faults.iter().map(|fault| ProblemJson {
            code: fault.kind.code().to_owned(),
            path: fault.path.clone(),
            what: fault.to_string(),
        });
        self.objects.push(ObjectJson {
            bytes: checked.bytes,
            files: checked.files,
            folder: key(resident),
            good: checked.is_good(),
            head: checked.head,
            id: checked.id.as_ref().map(ToString::to_string),
            problems: stored.chain(sealed).collect(),
            signature: checked.signature,
        });
    }
}

fn planted_json(planted: Planted) -> PlantedJson {
    PlantedJson { damage: planted.damage, file: planted.file, found: planted.found }
}

fn version_gone_json(case: &AbsentCase) -> Option<VersionGoneJson> {
    Some(VersionGoneJson { case: case.code.to_string(), head: case.head?, noted: case.noted })
}
