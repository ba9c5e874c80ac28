//! A case file that is erased leaves no byte in the index's files: they are written anew without it.

use crate::pages::{case, code, page};
use index::Indexer;
use std::collections::BTreeSet;
use std::path::Path;

fn segments(dir: &Path) -> BTreeSet<String> {
    let names =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // Thirty-two hexadecimal digits and an ending: the engine's segment files.
    names.filter(|name| name.len() > 32 && name.as_bytes()[..32].iter().all(u8::is_ascii_hexdigit)).collect()
}

/// Terms of all segments, deleted pages included, that hold these letters: asked of the engine itself.
fn terms_with(dir: &Path, word: &str) -> usize {
    let index = tantivy::Index::open_in_dir(dir).unwrap();
    let searcher = index.reader().unwrap().searcher();
    let mut found = 0;
    for segment in searcher.segment_readers() {
        for (field, _) in index.schema().fields().filter(|(_, entry)| entry.is_indexed()) {
            let inverted = segment.inverted_index(field).unwrap();
            let mut terms = inverted.terms().stream().unwrap();
            while terms.advance() {
                found += usize::from(terms.key().windows(word.len()).any(|part| part == word.as_bytes()));
            }
        }
    }
    found
}

#[test]
fn erased_pages_are_in_no_file_and_the_others_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    // One segment with both, one with the case file alone.
    indexer.put_case(&case("HS-1"), [page(1, "zanzibarq"), page(2, "trang hai")]).unwrap();
    indexer.put_case(&case("HS-2"), [page(1, "quyết định")]).unwrap();
    indexer.commit().unwrap();
    indexer.put_case(&case("HS-3"), [page(1, "bản án")]).unwrap();
    indexer.commit().unwrap();
    let before = segments(dir.path());
    assert!(terms_with(dir.path(), "zanzibarq") > 0 && terms_with(dir.path(), "HS-1") > 0);
    indexer.erase_cases(&[code("HS-1"), code("HS-9")]).unwrap();
    assert_eq!((terms_with(dir.path(), "zanzibarq"), terms_with(dir.path(), "HS-1")), (0, 0));
    // The engine may have merged the other segment into the new one by itself, before or after; what is there is searched.
    let held = tantivy::Index::open_in_dir(dir.path()).unwrap().searchable_segment_ids().unwrap();
    let held: BTreeSet<String> = held.iter().map(|id| id.uuid_string()).collect();
    let there = segments(dir.path());
    assert!(there.iter().all(|name| held.contains(&name[..32])), "{there:?} {held:?} {before:?}");
    let cases = indexer.searcher().unwrap().cases().unwrap();
    assert_eq!(
        cases.keys().map(|code| code.as_str()).collect::<BTreeSet<_>>(),
        BTreeSet::from(["HS-2", "HS-3"])
    );
    indexer.erase_cases(&[code("HS-2"), code("HS-3")]).unwrap();
    assert!(indexer.searcher().unwrap().cases().unwrap().is_empty());
    indexer.close().unwrap();
}
