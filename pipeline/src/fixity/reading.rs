//! Which case files are read, in which order, and by how many threads at once.

use super::{CheckOrder, CheckedCase};
use crate::proof::absent_volumes;
use crate::seals::{SealJudge, SealState};
use archive_store::{ObjectRoot, Problem, Resident, StoreError, What};
use crossbeam_channel::bounded;
use std::collections::HashMap;
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
/// that of a place that cannot be reached: then the rest is not read.
pub(super) fn read_all<'a>(
    store: &dyn ObjectRoot,
    judge: &SealJudge,
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
                    if done.send((resident, check_case(store, judge, resident))).is_err() {
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

/// Reads one case file: its bytes against its inventory, its inventory against its seals.
pub(crate) fn check_case(
    store: &dyn ObjectRoot,
    judge: &SealJudge,
    resident: &Resident,
) -> Result<CheckedCase, StoreError> {
    let mut store_here = store.bring(&resident.folder)?;
    let mut report = store_here.check(&resident.folder);
    if !report.errors.is_empty() && store_here.is_fetched() && !store_here.is_unfinished {
        // Before it is called damaged: fetched once more, for it may have been the way here.
        store_here = store.bring(&resident.folder)?;
        report = store_here.check(&resident.folder);
    }
    // What a stopped destruction left in an object store is going.
    let is_going = match &resident.id {
        Some(id) if store_here.is_fetched() => store.has_tombstone(id)?,
        _ => false,
    };
    let is_unfinished = store_here.is_unfinished || is_going;
    let store = &*store_here;
    let object = resident.id.as_ref().map(|id| store.object(id));
    let (state, head) = match &object {
        Some(Ok(Some(object))) => (judge.judge(&object.claim()), Some(object.head().get())),
        _ => (SealState { code: None, signature: None, faults: Vec::new() }, None),
    };
    let mut problems = report.errors;
    if is_unfinished {
        problems.clear();
    } else if state.signature.is_none() && problems.is_empty() {
        let what = What::Wrong("its seal cannot be read".to_owned());
        problems.push(Problem { code: "seal", path: String::new(), what });
    }
    // An object that was fetched lies alone: its volumes are fetched and judged in their own turn.
    if let Some(Ok(Some(object))) = object.filter(|_| !store_here.is_fetched()) {
        problems.extend(absent_volumes(store, &object).into_iter().map(|error| {
            let what = What::Wrong(error.to_string());
            Problem { code: "volume-gone", path: String::new(), what }
        }));
    }
    Ok(CheckedCase {
        folder: resident.folder.clone(),
        id: resident.id.clone(),
        code: state.code,
        head,
        files: report.files,
        bytes: report.bytes,
        signature: state.signature.map(|verdict| verdict.code()),
        problems,
        faults: if is_unfinished { Vec::new() } else { state.faults },
        is_unfinished,
        not_logged: None,
    })
}
