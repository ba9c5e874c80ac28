//! How a new index takes the place of the old one, and what a stop in the middle of that leaves.
//!
//! A new index is made in `work/index-new`, which may be half made at any time. When it is whole it is called `work/index-old` and then
//! exchanges its name with `index`: whoever reads finds the one or the other at every moment, and a stop leaves an index to readers that
//! can do nothing about it. Where the file system cannot exchange names, three renames take the place of that; then there is no index
//! between two of them. The published lexicons, which are no cache, lie in both meanwhile.

use crate::lexicon::lexicons_in;
use crate::{Layout, PipelineError};
use durable::DurableError;
use index::Searcher;
use std::path::Path;

/// Puts the whole index in `work/index-new` in the place of the one in use, which [`put_back`] takes away.
pub(crate) fn take_place(layout: &Layout) -> Result<(), PipelineError> {
    take_place_by(layout, durable::exchange)
}

fn take_place_by(
    layout: &Layout,
    exchange: impl Fn(&Path, &Path) -> Result<bool, DurableError>,
) -> Result<(), PipelineError> {
    let (index, work) = (layout.index(), layout.root.join("work"));
    let (fresh, old) = (work.join("index-new"), work.join("index-old"));
    durable::rename_noreplace(&fresh, &old)?;
    if !exchange(&old, &index)? {
        durable::rename_noreplace(&index, &fresh)?;
        durable::rename_noreplace(&old, &index)?;
        durable::rename_noreplace(&fresh, &old)?;
    }
    Ok(())
}

/// Puts an index back that lost its name by a stop, and takes the remains away; published lexicons stay, whichever index it is. Called
/// with the archive's writer lock held, before the index is opened: else the renames may be under way.
pub(crate) fn put_back(layout: &Layout) -> Result<(), PipelineError> {
    let (index, work) = (layout.index(), layout.root.join("work"));
    let (fresh, old) = (work.join("index-new"), work.join("index-old"));
    if index.exists() {
        // One that was in use until a stop has lexicons that were published meanwhile.
        keep_lexicons(&fresh, &index)?;
    }
    // A new one alone may be half made.
    if !old.is_dir() {
        return Ok(());
    }
    if !index.exists() {
        let is_whole = fresh.is_dir() && Searcher::open(&fresh).is_ok();
        let found = if is_whole { &fresh } else { &old };
        tracing::warn!(stage = "open", code = "recovered", from = %found.display(), "the index is put back after a stop");
        durable::rename_noreplace(found, &index)?;
        if !is_whole {
            return Ok(());
        }
    }
    keep_lexicons(&old, &index)?;
    Ok(durable::remove_tree(&old)?)
}

/// Copies the lexicons that are not there yet.
fn keep_lexicons(from: &Path, to: &Path) -> Result<(), PipelineError> {
    for lexicon in lexicons_in(from) {
        let kept = to.join(lexicon.file_name().unwrap_or_default());
        if !kept.exists() {
            let mut file = std::fs::File::open(&lexicon).map_err(PipelineError::io(&lexicon))?;
            durable::put_new(&kept, &mut file)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use durable::{Fault, Faults};
    use index::{IndexCase, Indexer, Inventory, Query};
    use record::{AccessLabel, CaseCode, Clearance, Secrecy};
    use std::collections::BTreeSet;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Places {
        folder: tempfile::TempDir,
        layout: Layout,
    }

    impl Places {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let layout = Layout { root: folder.path().to_owned() };
            durable::create_dir_durable(&folder.path().join("work")).unwrap();
            Self { folder, layout }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// An index with a lexicon of each number; its only case bears its name.
        fn put(&self, name: &str, case: &str, lexicons: &[u32]) {
            let mut indexer = Indexer::open_or_create(&self.path(name)).unwrap();
            let label = AccessLabel { secrecy: Secrecy::Thuong, unit: String::new() };
            let case = IndexCase { code: CaseCode::new(case).unwrap(), label, year: None, kind: None };
            let page = index::IndexPage {
                document: record::DocumentNo::new(1).unwrap(),
                page: record::PageNo::new(1).unwrap(),
                folio: None,
                doc_type: None,
                date: None,
                number: None,
                units: Vec::new(),
                persons: Vec::new(),
                text: None,
            };
            indexer.put_case(&case, [page]).unwrap();
            indexer.commit().unwrap();
            indexer.close().unwrap();
            for no in lexicons {
                let path = self.path(name).join(format!("lexicon-{no}.txt"));
                durable::write_file(&path, format!("lexicon {no}").as_bytes()).unwrap();
            }
        }

        /// What the index has: its case, and its lexicons.
        fn index(&self) -> (String, Vec<String>) {
            let cases = Inventory::open(&self.layout.index()).unwrap().cases().unwrap();
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            let mut lexicons: Vec<String> = lexicons_in(&self.layout.index()).into_iter().map(name).collect();
            lexicons.sort();
            (cases.keys().map(CaseCode::to_string).collect(), lexicons)
        }

        fn is_there(&self, name: &str) -> bool {
            self.path(name).exists()
        }
    }

    fn lexicons(numbers: &[u32]) -> Vec<String> {
        numbers.iter().map(|no| format!("lexicon-{no}.txt")).collect()
    }

    #[test]
    fn before_the_renames_nothing_is_touched() {
        let places = Places::new();
        places.put("index", "CU", &[1, 2]);
        put_back(&places.layout).unwrap();
        // While the new one is made.
        places.put("work/index-new", "MOI", &[]);
        put_back(&places.layout).unwrap();
        assert_eq!(places.index(), ("CU".to_owned(), lexicons(&[1, 2])));
        assert!(places.is_there("work/index-new"));
    }

    #[test]
    fn between_the_renames_the_new_one_takes_its_place() {
        let places = Places::new();
        // The third lexicon was published while the new index was made.
        places.put("work/index-old", "CU", &[1, 2, 3]);
        places.put("work/index-new", "MOI", &[1, 2]);
        for _ in 0..2 {
            put_back(&places.layout).unwrap();
            assert_eq!(places.index(), ("MOI".to_owned(), lexicons(&[1, 2, 3])));
            assert!(!places.is_there("work/index-old") && !places.is_there("work/index-new"));
        }
        let third = std::fs::read_to_string(places.path("index/lexicon-3.txt")).unwrap();
        assert_eq!(third, "lexicon 3");
    }

    #[test]
    fn a_new_one_that_is_not_whole_gives_way_to_the_old_one() {
        for is_there in [false, true] {
            let places = Places::new();
            places.put("work/index-old", "CU", &[1]);
            if is_there {
                places.put("work/index-new", "MOI", &[1]);
                std::fs::remove_file(places.path("work/index-new/meta.json")).unwrap();
            }
            put_back(&places.layout).unwrap();
            assert_eq!(places.index(), ("CU".to_owned(), lexicons(&[1])), "{is_there}");
            assert!(!places.is_there("work/index-old"));
        }
    }

    #[test]
    fn behind_the_renames_only_what_the_new_one_lacks_is_taken_from_the_old_one() {
        let places = Places::new();
        places.put("index", "MOI", &[1]);
        places.put("work/index-old", "CU", &[1, 2]);
        put_back(&places.layout).unwrap();
        assert_eq!(places.index(), ("MOI".to_owned(), lexicons(&[1, 2])));
        assert!(!places.is_there("work/index-old"));
    }

    #[test]
    fn a_new_one_alone_may_be_half_made_and_is_left_alone() {
        let places = Places::new();
        places.put("work/index-new", "MOI", &[]);
        put_back(&places.layout).unwrap();
        assert!(!places.is_there("index") && places.is_there("work/index-new"));
    }

    /// The index with a lexicon, and beside it a new one with the same and another case.
    fn about_to_swap() -> Places {
        let places = Places::new();
        places.put("index", "CU", &[1]);
        places.put("work/index-new", "MOI", &[1]);
        places
    }

    #[test]
    fn a_stop_at_any_step_leaves_an_index_to_readers_and_to_the_next_opening() {
        let steps = {
            let places = about_to_swap();
            let faults = Faults::count();
            take_place(&places.layout).unwrap();
            let steps = faults.steps();
            assert_eq!(places.index(), ("MOI".to_owned(), lexicons(&[1])));
            assert!(steps.iter().any(|step| step.op == "exchange"), "{steps:?}");
            steps.len() as u64
        };
        for (step, is_lost) in (1..=steps).flat_map(|step| [(step, true), (step, false)]) {
            let places = about_to_swap();
            let faults = Faults::at(step, Fault::PowerCut);
            take_place(&places.layout).unwrap_err();
            if is_lost {
                faults.lose_unsynced().unwrap();
            } else {
                drop(faults);
            }
            let found = places.index();
            assert!(["CU", "MOI"].contains(&found.0.as_str()), "step {step}: {found:?}");
            put_back(&places.layout).unwrap();
            assert_eq!(places.index(), found, "step {step}");
            assert!(!places.is_there("work/index-old"), "step {step}");
        }
    }

    #[test]
    fn where_names_cannot_be_exchanged_the_next_opening_finds_one_after_any_stop() {
        let take_place = |layout: &Layout| take_place_by(layout, |_, _| Ok(false));
        let steps = {
            let places = about_to_swap();
            let faults = Faults::count();
            take_place(&places.layout).unwrap();
            assert_eq!(places.index(), ("MOI".to_owned(), lexicons(&[1])));
            faults.steps().len() as u64
        };
        for step in 1..=steps {
            let places = about_to_swap();
            let faults = Faults::at(step, Fault::PowerCut);
            take_place(&places.layout).unwrap_err();
            drop(faults);
            // Published by somebody who needs no lock, where an index is.
            if places.is_there("index") {
                durable::write_file(&places.path("index/lexicon-2.txt"), b"lexicon 2").unwrap();
            }
            let published = if places.is_there("index") { lexicons(&[1, 2]) } else { lexicons(&[1]) };
            put_back(&places.layout).unwrap();
            let found = places.index();
            assert!(["CU", "MOI"].contains(&found.0.as_str()), "step {step}: {found:?}");
            assert_eq!(found.1, published, "step {step}");
        }
    }

    /// One index after the other takes the place, while somebody who has it open, and somebody who opens it, search all the time.
    #[test]
    fn whoever_searches_meanwhile_always_has_an_answer() {
        let places = Places::new();
        places.put("index", "HS-0", &[]);
        let clearance = Clearance::whole_archive(Secrecy::Thuong);
        let query = Query::parse("do-mat:thuong").unwrap();
        let is_over = AtomicBool::new(false);
        let answers = std::thread::scope(|scope| {
            let searching = |is_opened_anew: bool| {
                let (layout, clearance, query, is_over) = (&places.layout, &clearance, &query, &is_over);
                scope.spawn(move || {
                    let mut searcher = Searcher::open(&layout.index()).unwrap();
                    let mut seen = BTreeSet::new();
                    while !is_over.load(Ordering::Relaxed) {
                        if is_opened_anew {
                            searcher = Searcher::open(&layout.index()).unwrap();
                        } else {
                            searcher.reload().unwrap();
                        }
                        let found = searcher.search(clearance, query, 10, 0).unwrap();
                        assert_eq!((found.total, found.hits.len()), (1, 1));
                        seen.insert(found.hits[0].case.to_string());
                    }
                    seen.len()
                })
            };
            let readers = [searching(false), searching(true)];
            for no in 1..=40 {
                places.put("work/index-new", &format!("HS-{no}"), &[]);
                take_place(&places.layout).unwrap();
                put_back(&places.layout).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
            readers.map(|reader| reader.join().unwrap())
        });
        assert!(answers.iter().all(|seen| *seen > 2), "{answers:?}");
        assert_eq!(places.index().0, "HS-40");
    }
}
