//! What a stop in the middle of a rebuild leaves of the index. The new one takes the place of the old one by two renames (`index` to
//! `work/index-old`, `work/index-new` to `index`); between them no index has its name, and the published lexicons, which are no cache,
//! lie in both.

use crate::lexicon::lexicons_in;
use crate::{Layout, PipelineError};
use index::Searcher;
use std::path::Path;

/// Puts an index back that lost its name by a stop, and takes the remains away; published lexicons stay, whichever index it is. Called
/// with the archive's writer lock held, before the index is opened: else the renames may be under way.
pub(crate) fn put_back(layout: &Layout) -> Result<(), PipelineError> {
    let (index, work) = (layout.index(), layout.root.join("work"));
    let (fresh, old) = (work.join("index-new"), work.join("index-old"));
    // The old one goes away only when the new one is whole: a new one alone may be half made.
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
    use index::{IndexCase, Indexer};
    use record::{AccessLabel, CaseCode, Secrecy};
    use std::path::PathBuf;

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
            let cases = Searcher::open(&self.layout.index()).unwrap().cases().unwrap();
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
}
