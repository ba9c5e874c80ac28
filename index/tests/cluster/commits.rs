//! What a commit shows, and what is left where none came.

use crate::nodes::Node;
use crate::pages::{case, code, find, page};
use index::backend::opensearch::{Cluster, Writer};
use index::{Indexer, Searcher};
use serde_json::json;
use std::path::Path;

fn indexer(place: &Cluster) -> Indexer {
    Indexer::with(Box::new(Writer::open_or_create(place).unwrap())).unwrap()
}

fn pages_with(searcher: &Searcher, question: &str) -> Vec<(String, u32)> {
    find(searcher, question).hits.iter().map(|hit| (hit.case.to_string(), hit.page.get())).collect()
}

/// Documents in the cluster, shown or not.
fn documents(place: &Cluster) -> u64 {
    let node = Node::shared();
    node.ask("POST", &format!("{}.pages/_refresh", place.index), "");
    node.ask("GET", &format!("{}.pages/_count", place.index), "")["count"].as_u64().unwrap()
}

#[test]
fn a_commit_shows_as_a_whole_to_readers_that_reload() {
    let place = Node::shared().place(3);
    let mut indexer = indexer(&place);
    let reader = indexer.searcher().unwrap();
    indexer.put_case(&case("HS-1"), [page(1, "bản án"), page(2, "cáo trạng")]).unwrap();
    assert_eq!(pages_with(&indexer.searcher().unwrap(), "án HOẶC trạng"), []);
    indexer.commit().unwrap();
    assert_eq!(pages_with(&reader, "án"), []);
    assert!(reader.reload().unwrap() && !reader.reload().unwrap());
    assert_eq!(pages_with(&reader, "án HOẶC trạng"), [("HS-1".into(), 1), ("HS-1".into(), 2)]);

    // What is replaced stays for a reader that does not reload, whole.
    indexer.put_case(&case("HS-2"), [page(1, "bản án")]).unwrap();
    indexer.put_case(&case("HS-1"), [page(1, "quyết định")]).unwrap();
    indexer.commit().unwrap();
    indexer.put_case(&case("HS-3"), [page(1, "bản án")]).unwrap();
    indexer.commit().unwrap();
    assert_eq!(pages_with(&reader, "án HOẶC trạng"), [("HS-1".into(), 1), ("HS-1".into(), 2)]);
    reader.reload().unwrap();
    assert_eq!(pages_with(&reader, "án HOẶC trạng"), [("HS-2".into(), 1), ("HS-3".into(), 1)]);
    assert_eq!(pages_with(&reader, "quyết"), [("HS-1".into(), 1)]);
    assert_eq!(documents(&place), 3);
}

#[test]
fn the_last_of_several_orders_for_a_case_counts() {
    let place = Node::shared().place(2);
    let mut indexer = indexer(&place);
    indexer.put_case(&case("HS-1"), [page(1, "một"), page(2, "hai")]).unwrap();
    indexer.put_case(&case("HS-1"), [page(1, "ba")]).unwrap();
    indexer.put_case(&case("HS-2"), [page(1, "bốn")]).unwrap();
    indexer.remove_case(&code("HS-2")).unwrap();
    indexer.commit().unwrap();
    let reader = indexer.searcher().unwrap();
    assert_eq!(pages_with(&reader, "một HOẶC hai HOẶC ba HOẶC bốn"), [("HS-1".into(), 1)]);
    assert_eq!(documents(&place), 1);
}

#[test]
fn what_was_not_committed_is_gone() {
    let place = Node::shared().place(2);
    let mut first = indexer(&place);
    first.put_case(&case("HS-1"), [page(1, "bản án")]).unwrap();
    first.commit().unwrap();
    first.put_case(&case("HS-1"), [page(1, "quyết định")]).unwrap();
    first.rollback().unwrap();
    first.put_case(&case("HS-2"), [page(1, "cáo trạng")]).unwrap();
    first.commit().unwrap();
    // Pages long enough to be sent before the commit that never comes.
    let long: Vec<String> = (0..15_000).map(|idx| format!("{}{}", "x".repeat(80), idx % 10)).collect();
    first.put_case(&case("HS-3"), (1..=3).map(|no| page(no, &long.join(" ")))).unwrap();
    assert!(documents(&place) > 2);
    drop(first);

    let second = indexer(&place);
    assert_eq!(documents(&place), 2);
    let reader = second.searcher().unwrap();
    assert_eq!(pages_with(&reader, "án HOẶC trạng HOẶC quyết"), [("HS-1".into(), 1), ("HS-2".into(), 1)]);
}

/// A writer that is killed between the commit and the sweep after it.
#[test]
fn what_a_commit_replaced_does_not_show_even_if_it_is_still_there() {
    let place = Node::shared().place(2);
    let mut first = indexer(&place);
    first.put_case(&case("HS-1"), [page(1, "bản án")]).unwrap();
    first.put_case(&case("HS-2"), [page(1, "bản án")]).unwrap();
    first.commit().unwrap();
    drop(first);
    let node = Node::shared();
    let path = format!("{}.words/_doc/state", place.index);
    let mut state = node.ask("GET", &path, "")["_source"].clone();
    state["state"]["generation"] = json!(state["state"]["next"].as_u64().unwrap());
    state["state"]["next"] = json!(state["state"]["next"].as_u64().unwrap() + 1);
    state["state"]["removed"] = json!(["HS-1"]);
    node.ask("PUT", &format!("{path}?refresh=true"), &state.to_string());
    let reader = Searcher::with(Box::new(index::backend::opensearch::Reader::open(&place).unwrap()));
    assert_eq!(pages_with(&reader, "án"), [("HS-2".into(), 1)]);
    assert_eq!(documents(&place), 2);
    let second = indexer(&place);
    assert_eq!(documents(&place), 1);
    assert_eq!(pages_with(&second.searcher().unwrap(), "án"), [("HS-2".into(), 1)]);
}

/// Files of the node that hold these letters.
fn files_with(dir: &Path, letters: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, letters));
        } else if std::fs::read(&path)
            .is_ok_and(|bytes| bytes.windows(letters.len()).any(|w| w == letters.as_bytes()))
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn erased_pages_are_in_no_file_and_the_others_are_found() {
    let place = Node::shared().place(2);
    let mut indexer = indexer(&place);
    indexer.put_case(&case("HS-1"), [page(1, "zanzibarq"), page(2, "trang hai")]).unwrap();
    indexer.put_case(&case("HS-2"), [page(1, "quyết định")]).unwrap();
    indexer.commit().unwrap();
    let data = &Node::shared().data;
    assert!(!files_with(data, "zanzibarq").is_empty());
    indexer.erase_cases(&[code("HS-1")]).unwrap();
    assert_eq!(files_with(data, "zanzibarq"), [""; 0]);
    assert_eq!(pages_with(&indexer.searcher().unwrap(), "quyết HOẶC hai"), [("HS-2".into(), 1)]);
    // Words of pages that come later are learnt again.
    indexer.put_case(&case("HS-3"), [page(1, "zanzibarq")]).unwrap();
    indexer.commit().unwrap();
    assert_eq!(pages_with(&indexer.searcher().unwrap(), "zanzi*"), [("HS-3".into(), 1)]);
}
