//! Which case files are read, in which order, and by how many threads at once.

use super::{CheckOrder, CheckedCase};
use crate::seals::{SealJudge, SealState};
use archive_store::{ArchiveReader, Problem, Resident, What};
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
    store: &'a ArchiveReader,
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
        store: &'a ArchiveReader,
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

/// Reads with `jobs` threads; `tell` is called on this one. Memory: a buffer and an inventory for each thread.
pub(super) fn read_all<'a>(
    store: &ArchiveReader,
    judge: &SealJudge,
    queue: &Queue<'a>,
    jobs: usize,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&'a Resident, CheckedCase),
) {
    std::thread::scope(|scope| {
        let (done, results) = bounded(jobs);
        for _ in 0..jobs.max(1) {
            let done = done.clone();
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let Some(resident) = queue.next() else { return };
                    if done.send((resident, check_case(store, judge, resident))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        results.iter().for_each(|(resident, checked)| tell(resident, checked));
    });
}

/// Reads one case file: its bytes against its inventory, its inventory against its seals.
pub(crate) fn check_case(store: &ArchiveReader, judge: &SealJudge, resident: &Resident) -> CheckedCase {
    let report = store.check(&resident.folder);
    let object = resident.id.as_ref().map(|id| store.object(id));
    let (state, head) = match object {
        Some(Ok(Some(object))) => (judge.judge(&object.claim()), Some(object.head().get())),
        _ => (SealState { code: None, signature: None, faults: Vec::new() }, None),
    };
    let mut problems = report.errors;
    if state.signature.is_none() && problems.is_empty() {
        let what = What::Wrong("its seal cannot be read".to_owned());
        problems.push(Problem { code: "seal", path: String::new(), what });
    }
    CheckedCase {
        folder: resident.folder.clone(),
        id: resident.id.clone(),
        code: state.code,
        head,
        files: report.files,
        bytes: report.bytes,
        signature: state.signature.map(|verdict| verdict.code()),
        problems,
        faults: state.faults,
        not_logged: None,
    }
}
