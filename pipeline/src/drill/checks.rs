//! What our own code finds in what was brought back, and what is counted.

use super::DrillEvent;
use super::report::{CaseJson, DifferJson, ProblemJson};
use super::rpo::{Residents, case_of};
use super::source::Held;
use crate::config::Layout;
use crate::fixity::check_case;
use crate::ledger::Ledger;
use crate::seals::SealJudge;
use crate::{CatalogEntry, PipelineError};
use archive_store::Archive;
use record::{CaseCode, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What is wrong with a volume is wrong with its case file.
pub(super) fn by_case(problems: BTreeMap<PathBuf, Vec<ProblemJson>>) -> BTreeMap<PathBuf, Vec<ProblemJson>> {
    let mut by_case: BTreeMap<PathBuf, Vec<ProblemJson>> = BTreeMap::new();
    for (folder, mut found) in problems {
        let case = case_of(&folder);
        if case.is_some() {
            found
                .iter_mut()
                .for_each(|problem| problem.path = format!("{}/{}", folder.display(), problem.path));
        }
        by_case.entry(case.unwrap_or(folder)).or_default().append(&mut found);
    }
    by_case
}

/// What our own code finds, by package: bytes against inventory, inventory against seal, by the archive's anchors.
pub(super) fn check(
    layout: &Layout,
    rebuilt: &Layout,
    chosen: &BTreeSet<PathBuf>,
    now: Timestamp,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(DrillEvent),
) -> Result<BTreeMap<PathBuf, Vec<ProblemJson>>, PipelineError> {
    let judge = SealJudge::of(layout, now)?;
    let store = Archive::open_read(&rebuilt.root)?;
    let residents = store.residents()?;
    let mut problems: BTreeMap<PathBuf, Vec<ProblemJson>> = BTreeMap::new();
    for (done, resident) in residents.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Err(PipelineError::Interrupted);
        }
        let checked = check_case(&store, &judge, &HashSet::new(), resident)?;
        let stored = checked.problems.iter().map(ProblemJson::stored);
        let found: Vec<ProblemJson> = stored.chain(checked.faults.iter().map(ProblemJson::sealed)).collect();
        if !found.is_empty() {
            problems.insert(resident.folder.clone(), found);
        }
        tell(DrillEvent::Checking(done as u64 + 1, residents.len() as u64));
    }
    let there: BTreeSet<&PathBuf> = residents.iter().map(|resident| &resident.folder).collect();
    for folder in chosen.iter().filter(|folder| !there.contains(folder)) {
        problems.entry(folder.clone()).or_default().push(ProblemJson::of_case("not-back"));
    }
    Ok(problems)
}

/// What is counted in the archive and in what was rebuilt.
pub(super) struct Counts {
    pub(super) cases: Vec<CaseJson>,
    pub(super) differ: Vec<DifferJson>,
    /// Case files whose version here is that of the archive: they can be searched for in both.
    pub(super) same: Vec<CaseCode>,
}

pub(super) fn count(
    layout: &Layout,
    rebuilt: &Layout,
    residents: &Residents,
    chosen: &BTreeSet<PathBuf>,
    held: &[Held],
    mut problems: BTreeMap<PathBuf, Vec<ProblemJson>>,
) -> Result<Counts, PipelineError> {
    let entries = |layout: &Layout, wanted: &dyn Fn(&CaseCode) -> bool| {
        let mut entries: HashMap<CaseCode, CatalogEntry> = HashMap::new();
        Ledger::open_if_there(&layout.ledger())?.catalog(|entry| {
            if wanted(&entry.code) {
                entries.insert(entry.code.clone(), entry);
            }
        })?;
        Ok::<_, PipelineError>(entries)
    };
    let there = entries(rebuilt, &|_| true)?;
    let here = entries(layout, &|code| there.contains_key(code))?;
    let pages = |layout: &Layout| Ok::<_, PipelineError>(index::Inventory::open(&layout.index())?.cases()?);
    let (pages_here, pages_there) = (pages(layout)?, pages(rebuilt)?);
    let restored: HashMap<PathBuf, CaseCode> = Ledger::open_if_there(&rebuilt.ledger())?
        .stored_objects()?
        .into_iter()
        .filter_map(|(code, id)| {
            Some((archive_store::object_folder(&record::ObjectId::new(&id).ok()?), code))
        })
        .collect();
    let heads: HashMap<&Path, u32> = held.iter().map(|held| (held.folder.as_path(), held.head)).collect();
    let mut counts = Counts { cases: Vec::new(), differ: Vec::new(), same: Vec::new() };
    for folder in chosen {
        let code = restored.get(folder);
        let entry = code.and_then(|code| there.get(code));
        let mut found = problems.remove(folder).unwrap_or_default();
        if code.is_none() && found.is_empty() {
            found.push(ProblemJson::of_case("not-in-ledger"));
        }
        if let (Some(code), Some(entry)) = (code, entry) {
            match here.get(code) {
                Some(live) if live == entry => {
                    counts.same.push(code.clone());
                    if pages_here.get(code) != pages_there.get(code) {
                        counts.differ.push(DifferJson::of(code, "index-pages"));
                    }
                }
                // It has a later version now.
                Some(live) if live.version > entry.version => {}
                Some(_) => counts.differ.push(DifferJson::of(code, "catalog")),
                None if residents.contains_key(folder) => {
                    counts.differ.push(DifferJson::of(code, "ledger"));
                }
                None => {}
            }
        }
        counts.cases.push(CaseJson {
            case: code.map(CaseCode::to_string),
            documents: entry.map_or(0, |entry| entry.documents),
            folder: folder.display().to_string(),
            good: found.is_empty(),
            head: heads.get(folder.as_path()).copied().unwrap_or(0),
            pages: entry.map_or(0, |entry| entry.pages),
            problems: found,
        });
    }
    Ok(counts)
}
