//! Which case files are read, in which order, and by how many threads at once.

use super::{CheckOrder, CheckedCase};
use crate::PipelineError;
use crate::proof::{absent_volumes, listed_volumes};
use crate::seals::SealJudge;
use archive_store::{Brought, Object, ObjectRoot, Problem, Resident, StoreError, What, object_folder};
use crossbeam_channel::bounded;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// How catalog and reports name an object.
pub(super) fn key(resident: &Resident) -> String {
    resident.folder.to_string_lossy().into_owned()
}

/// Those never checked first, then those not checked for longest; equals in the order of their folders.
pub(super) fn select<'a>(
    residents: &'a [Resident],
    last_checks: &HashMap<String, i64>,
    order: &CheckOrder,
) -> Vec<&'a Resident> {
    let in_subset = |resident: &&Resident| order.subset.is_none_or(|subset| subset.holds(resident));
    let dated = residents
        .iter()
        .filter(in_subset)
        .map(|resident| (last_checks.get(&key(resident)).copied(), resident));
    let is_due =
        |last: Option<i64>| order.not_since.is_none_or(|since| last.is_none_or(|at| at < since.as_second()));
    let mut due: Vec<(Option<i64>, &Resident)> = dated.filter(|(last, _)| is_due(*last)).collect();
    due.sort_by_key(|(last, _)| *last);
    due.into_iter().map(|(_, resident)| resident).collect()
}

/// Hands out what is to be read, in order, until the budget is spent.
pub(super) struct Queue<'a> {
    store: &'a dyn ObjectRoot,
    selected: &'a [&'a Resident],
    budget_bytes: Option<u64>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    next: usize,
    bytes: u64,
}

impl<'a> Queue<'a> {
    /// Over what was selected.
    pub(super) fn new(
        store: &'a dyn ObjectRoot,
        selected: &'a [&'a Resident],
        budget_bytes: Option<u64>,
    ) -> Self {
        Queue { store, selected, budget_bytes, taken: Mutex::default() }
    }

    fn next(&self) -> Option<&'a Resident> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let resident = *self.selected.get(taken.next)?;
        if let Some(budget) = self.budget_bytes {
            let bytes = self.store.size(&resident.folder);
            if taken.next > 0 && taken.bytes + bytes > budget {
                // Not the next smaller one either: the oldest shall have its turn.
                taken.next = self.selected.len();
                return None;
            }
            taken.bytes += bytes;
        }
        taken.next += 1;
        Some(resident)
    }
}

/// Reads with `jobs` threads; `tell` is called on this one. Memory: a buffer and an inventory for each thread. The error is
/// that of a place that cannot be reached: then the rest is not read. `there`: the folders of all objects of the place.
pub(super) fn read_all<'a>(
    store: &dyn ObjectRoot,
    judge: &SealJudge,
    there: &HashSet<PathBuf>,
    queue: &Queue<'a>,
    jobs: usize,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&'a Resident, CheckedCase),
) -> Result<(), StoreError> {
    let has_failed = AtomicBool::new(false);
    let mut failed = Ok(());
    std::thread::scope(|scope| {
        let (done, results) = bounded(jobs);
        for _ in 0..jobs.max(1) {
            let (done, has_failed) = (done.clone(), &has_failed);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) && !has_failed.load(Ordering::Relaxed) {
                    let Some(resident) = queue.next() else { return };
                    if done.send((resident, check_case(store, judge, there, resident))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        for (resident, checked) in results {
            match checked {
                Ok(checked) => tell(resident, checked),
                Err(error) => {
                    has_failed.store(true, Ordering::Relaxed);
                    failed = Err(error);
                }
            }
        }
    });
    failed
}

/// Reads one case file: its bytes against its inventory, its inventory against its seals; `there`: all folders of the place.
pub(crate) fn check_case(
    store: &dyn ObjectRoot,
    judge: &SealJudge,
    there: &HashSet<PathBuf>,
    resident: &Resident,
) -> Result<CheckedCase, StoreError> {
    let first = check_once(store, judge, there, resident)?;
    if store.local().is_some() || first.is_good() {
        return Ok(first);
    }
    // Before it is called damaged: fetched once more, for it may have been the way here.
    check_once(store, judge, there, resident)
}

fn check_once(
    store: &dyn ObjectRoot,
    judge: &SealJudge,
    there: &HashSet<PathBuf>,
    resident: &Resident,
) -> Result<CheckedCase, StoreError> {
    let mut case = CheckedCase::of(resident);
    let brought = match store.bring(&resident.folder) {
        Ok(brought) => brought,
        Err(StoreError::Damaged { path, why }) if store.local().is_none() => {
            let what = What::Wrong(format!("{}: {why}", path.display()));
            case.problems.push(Problem { code: "io", path: String::new(), what });
            return Ok(case);
        }
        Err(error) => return Err(error),
    };
    case.unfinished = brought.unfinished.map(|version| version.get());
    if case.unfinished == Some(1) {
        return Ok(case); // No version before it that could be read.
    }
    let report = brought.check(&resident.folder);
    (case.files, case.bytes, case.problems) = (report.files, report.bytes, report.errors);
    let object = resident.id.as_ref().and_then(|id| brought.object(id).ok().flatten());
    if let Some(object) = &object {
        let state = judge.judge(&object.claim());
        case.head = Some(object.head().get());
        (case.code, case.signature) = (state.code, state.signature.map(|verdict| verdict.code()));
        case.faults = state.faults;
    }
    if case.signature.is_none() && case.problems.is_empty() {
        let what = What::Wrong("its seal cannot be read".to_owned());
        case.problems.push(Problem { code: "seal", path: String::new(), what });
    }
    if let Some(object) = &object {
        case.problems.extend(volumes_gone(&brought, object, there));
    }
    Ok(case)
}

/// The volumes that a case file lists and that are not there. An object that was fetched lies alone: its volumes are
/// fetched and judged in their own turn, and here only looked for among the folders of the place.
fn volumes_gone(store: &Brought, object: &Object, there: &HashSet<PathBuf>) -> Vec<Problem> {
    let gone: Vec<String> = if store.is_fetched() {
        let listed = listed_volumes(object).into_iter();
        let gone = listed.filter(|volume| !there.contains(&object_folder(&volume.object)));
        gone.map(|volume| PipelineError::NoVolume { volume: volume.object }.to_string()).collect()
    } else {
        absent_volumes(store, object).iter().map(ToString::to_string).collect()
    };
    let problem = |why| Problem { code: "volume-gone", path: String::new(), what: What::Wrong(why) };
    gone.into_iter().map(problem).collect()
}
