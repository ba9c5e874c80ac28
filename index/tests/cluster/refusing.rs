//! What is refused instead of guessed at.

use crate::nodes::Node;
use crate::pages::{case, code, page};
use index::backend::opensearch::{Cluster, ClusterError, Reader, Writer};
use index::{IndexError, Indexer};

fn reason<T>(result: Result<T, IndexError>) -> ClusterError {
    match result {
        Err(IndexError::Cluster(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn an_index_of_another_version_is_not_opened() {
    let place = Node::shared().place(1);
    drop(Writer::open_or_create(&place).unwrap());
    let stamp = r#"{"_meta": {"stamp": "hoso-index schema=1 analyzer=1 engine=opensearch-2"}}"#;
    Node::shared().ask("PUT", &format!("{}.pages/_mapping", place.index), stamp);
    assert!(
        matches!(reason(Reader::open(&place)), ClusterError::Version { found, .. } if found.contains("schema=1"))
    );
    assert!(matches!(reason(Writer::open_or_create(&place)), ClusterError::Version { .. }));
    let mut anew = Indexer::with(Box::new(Writer::create_anew(&place).unwrap())).unwrap();
    anew.put_case(&case("HS-1"), [page(1, "bản án")]).unwrap();
    anew.commit().unwrap();
    assert_eq!(anew.inventory().unwrap().page_count().unwrap(), 1);
}

#[test]
fn the_first_of_two_writers_cannot_commit() {
    let place = Node::shared().place(1);
    let open = || Indexer::with(Box::new(Writer::open_or_create(&place).unwrap())).unwrap();
    let (mut first, mut second) = (open(), open());
    first.put_case(&case("HS-1"), [page(1, "bản án")]).unwrap();
    assert!(matches!(reason(first.commit()), ClusterError::Refused { status: 409, .. }));
    assert!(matches!(reason(first.commit()), ClusterError::Stopped { .. }));
    second.put_case(&case("HS-2"), [page(1, "bản án")]).unwrap();
    second.commit().unwrap();
    // What the first one sent shows neither now nor later.
    let reader = second.searcher().unwrap();
    let cases = |second: &Indexer| second.inventory().unwrap().cases().unwrap();
    assert_eq!(cases(&second).into_keys().collect::<Vec<_>>(), [code("HS-2")]);
    second.commit().unwrap();
    assert!(reader.reload().unwrap());
    assert_eq!(cases(&second), [(code("HS-2"), 1)].into());
}

#[test]
fn what_is_not_there_is_named() {
    let place = Node::shared().place(1);
    assert!(matches!(reason(Reader::open(&place)), ClusterError::Missing { .. }));
    let nowhere = Cluster { url: "http://127.0.0.1:1".into(), ..place.clone() };
    assert!(matches!(reason(Reader::open(&nowhere)), ClusterError::Unreachable { .. }));
    for name in ["", "Hoso", "../x", "a.b", "_all", "*"] {
        let named = Cluster { index: name.into(), ..place.clone() };
        assert!(matches!(reason(Reader::open(&named)), ClusterError::Refused { status: 400, .. }), "{name}");
    }
}

/// Nothing but what the mapping knows is taken, and no index is made by mistake.
#[test]
fn an_index_that_went_away_under_a_writer_is_not_made_again() {
    let place = Node::shared().place(1);
    let mut indexer = Indexer::with(Box::new(Writer::open_or_create(&place).unwrap())).unwrap();
    Node::shared().ask("DELETE", &format!("{0}.pages.1,{0}.words.1", place.index), "");
    indexer.put_case(&case("HS-1"), [page(1, "bản án")]).unwrap();
    assert!(matches!(reason(indexer.commit()), ClusterError::Refused { .. }));
    assert!(matches!(reason(Reader::open(&place)), ClusterError::Missing { .. }));
}
