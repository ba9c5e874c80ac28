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

fn files_with(dir: &Path, word: &str) -> usize {
    let holds = |bytes: Vec<u8>| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    std::fs::read_dir(dir)
        .unwrap()
        .filter(|entry| holds(std::fs::read(entry.as_ref().unwrap().path()).unwrap()))
        .count()
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
    assert!(files_with(dir.path(), "zanzibarq") > 0, "the word is looked for as it is stored");
    indexer.erase_cases(&[code("HS-1"), code("HS-9")]).unwrap();
    assert_eq!(files_with(dir.path(), "zanzibarq"), 0);
    assert_eq!(files_with(dir.path(), "HS-1"), 0);
    let kept: BTreeSet<_> = segments(dir.path()).intersection(&before).cloned().collect();
    let touched = before.difference(&kept).count();
    assert!(touched > 0 && !kept.is_empty(), "{touched} of {} files were written anew", before.len());
    let cases = indexer.searcher().unwrap().cases().unwrap();
    assert_eq!(
        cases.keys().map(|code| code.as_str()).collect::<BTreeSet<_>>(),
        BTreeSet::from(["HS-2", "HS-3"])
    );
    indexer.erase_cases(&[code("HS-2"), code("HS-3")]).unwrap();
    assert!(indexer.searcher().unwrap().cases().unwrap().is_empty());
    indexer.close().unwrap();
}
