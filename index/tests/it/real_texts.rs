//! Real Vietnamese documents, cut into pages, searched by phrases taken from them.

use crate::pages::{case, find, page, page_text};
use crate::provided::sample;
use index::{Indexer, Query, Tier, highlight};

#[test]
fn phrases_of_real_documents_are_found_with_and_without_marks() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(sample("vi-text")).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut all = Vec::new();
    for path in &names {
        let text = std::fs::read_to_string(path).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        let pages: Vec<String> = words.chunks(350).map(|words| words.join(" ")).collect();
        let name = path.file_stem().unwrap().to_str().unwrap();
        indexer.put_case(&case(name), pages.iter().enumerate().map(|(n, t)| page(n as u32 + 1, t))).unwrap();
        all.extend(pages.into_iter().enumerate().map(|(n, text)| (name.to_owned(), n as u32 + 1, text)));
    }
    indexer.commit().unwrap();
    let index = indexer.searcher().unwrap();
    assert_eq!(indexer.inventory().unwrap().page_count().unwrap(), all.len() as u64);
    for (name, no, text) in &all {
        let words: Vec<&str> = text.split_whitespace().collect();
        let Some(words) = words.get(words.len() / 2..words.len() / 2 + 6) else { continue };
        let phrase: String = words.join(" ").replace(['"', '“', '”', '*'], " ");
        let is_it = |h: &index::Hit| h.case.as_str() == name && h.page.get() == *no;
        let marked = find(&index, &format!("\"{phrase}\""));
        assert!(marked.hits.iter().any(|h| is_it(h) && h.tier == Tier::ExactPhrase), "{name} {no}: {phrase}");
        let unmarked = find(&index, &format!("\"{}\"", vitext::fold_ascii(&vitext::nfc(&phrase))));
        assert!(unmarked.hits.iter().any(is_it), "{name} {no}: {phrase}");
        assert!(unmarked.total >= marked.total);
        let query = Query::parse(&format!("\"{phrase}\"")).unwrap();
        let lit = highlight(&query, &page_text(text), None);
        assert!(lit.words.len() >= words.iter().filter(|w| vitext::tokens(w).next().is_some()).count());
        let snippet = lit.snippet.unwrap();
        assert!(snippet.text.chars().count() <= 202 && !snippet.marked.is_empty(), "{snippet:?}");
    }
}
