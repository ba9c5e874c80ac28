//! A case file that is erased leaves no byte in the index's files: they are written anew without it.

use crate::pages::{case, code, labelled, page};
use index::Indexer;
use record::Secrecy;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn segments(dir: &Path) -> BTreeSet<String> {
    let names =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // Thirty-two hexadecimal digits and an ending: the engine's segment files.
    names.filter(|name| name.len() > 32 && name.as_bytes()[..32].iter().all(u8::is_ascii_hexdigit)).collect()
}

/// How the dictionary of an engine's segment spells the inner letters of a word that begins like no other: the nodes of a chain lie one
/// behind the other, the last letter first, a byte each (`fst` format, "one transition, next node": two high bits, then the letter's
/// place among the 63 commonest).
fn spelt_in_dictionary(word: &str) -> Vec<u8> {
    const COMMONEST: &[u8] = b"te/oasripcnw.hlm-du012g=:bf3y5&_4v9678k%?xCDASFIBEjPTzRNM+LOqHG";
    let place = |letter| COMMONEST.iter().position(|common| common == letter).unwrap() as u8 + 1;
    let letters = &word.as_bytes()[1..word.len() - 1];
    letters.iter().rev().map(|letter| 0b1100_0000 | place(letter)).collect()
}

/// The endings of all files of the folder that hold these bytes, whatever the engine says of them.
fn files_with(dir: &Path, bytes: &[u8]) -> BTreeSet<String> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let holds = |path: &PathBuf| std::fs::read(path).unwrap().windows(bytes.len()).any(|part| part == bytes);
    let ending = |path: PathBuf| path.extension().unwrap_or_default().to_str().unwrap().to_owned();
    files.filter(holds).map(ending).collect()
}

/// In all the ways in which it can stand in a file: a word of its page as the dictionary spells it and as it is, its code and its unit.
fn traces(dir: &Path, word: &str, code: &str, unit: &str) -> [BTreeSet<String>; 4] {
    let bytes = [spelt_in_dictionary(word), word.into(), code.into(), unit.into()];
    bytes.map(|bytes| files_with(dir, &bytes))
}

#[test]
fn erased_pages_are_in_no_file_and_the_others_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    // Words that begin like no other are spelt out: "ZX-1" is no "HS-…".
    let erased = labelled("ZX-1", Secrecy::Thuong, "Đơn vị Zanzibar");
    let traces = || traces(dir.path(), "zqxwvanbaomat", "ZX-1", "Đơn vị Zanzibar");
    // One segment with both, one with the case file alone.
    indexer.put_case(&erased, [page(1, "zqxwvanbaomat"), page(2, "trang hai")]).unwrap();
    indexer.put_case(&case("HS-2"), [page(1, "quyết định")]).unwrap();
    indexer.commit().unwrap();
    indexer.put_case(&case("HS-3"), [page(1, "bản án")]).unwrap();
    indexer.commit().unwrap();
    let before = segments(dir.path());
    let (dictionary, columns) = (BTreeSet::from(["term".to_owned()]), BTreeSet::from(["fast".to_owned()]));
    assert_eq!(traces(), [dictionary, BTreeSet::new(), columns.clone(), columns]);
    indexer.erase_cases(&[code("ZX-1"), code("HS-9")]).unwrap();
    assert!(traces().iter().all(BTreeSet::is_empty), "{:?}", traces());
    assert!(!files_with(dir.path(), b"HS-2").is_empty(), "the others are spelt out as before");
    // The engine may have merged the other segment into the new one by itself, before or after; what is there is searched.
    let held = tantivy::Index::open_in_dir(dir.path()).unwrap().searchable_segment_ids().unwrap();
    let held: BTreeSet<String> = held.iter().map(|id| id.uuid_string()).collect();
    let there = segments(dir.path());
    assert!(there.iter().all(|name| held.contains(&name[..32])), "{there:?} {held:?} {before:?}");
    let cases = indexer.inventory().unwrap().cases().unwrap();
    assert_eq!(
        cases.keys().map(|code| code.as_str()).collect::<BTreeSet<_>>(),
        BTreeSet::from(["HS-2", "HS-3"])
    );
    indexer.erase_cases(&[code("HS-2"), code("HS-3")]).unwrap();
    assert!(indexer.inventory().unwrap().cases().unwrap().is_empty());
    indexer.close().unwrap();
}
