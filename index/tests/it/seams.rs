//! A phrase that runs from the end of a page into the next one of its document.

use crate::pages::{case, find, page, page_text, ranked};
use index::{IndexPage, Indexer, Query, Searcher, highlight_across};
use record::DocumentNo;

const FIRST: &str = "Căn cứ quyết định của Viện kiểm";
const SECOND: &str = "- 2 -\nsát nhân dân tỉnh Hải Giang về việc khởi tố bị can đối với Nguyễn Văn An";

fn index_of(dir: &std::path::Path, pages: impl IntoIterator<Item = IndexPage>) -> Searcher {
    let mut indexer = Indexer::open_or_create(dir).unwrap();
    indexer.put_case(&case("HS-1"), pages).unwrap();
    indexer.commit().unwrap();
    indexer.searcher().unwrap()
}

#[test]
fn found_once_on_the_page_where_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    // A stamp stands behind the body, an empty back page between the two.
    let stamped = format!("{FIRST}\n#ĐẾN 12/5");
    let blank = IndexPage { text: None, ..page(2, "") };
    let index = index_of(dir.path(), [page(1, &stamped), blank, page(3, SECOND), page(4, "trang cuối")]);
    for (query, expected) in [
        ("\"viện kiểm sát\"", vec![(1, "exact-phrase")]),
        ("=\"Viện kiểm sát nhân dân tỉnh\"", vec![(1, "exact-phrase")]),
        ("\"vien kiem sat nhan dan\"", vec![(1, "folded-phrase")]),
        ("~\"viện kiểm sát\"", vec![(1, "exact-phrase")]),
        ("\"quyết định sát\"~3", vec![(1, "exact-phrase")]),
        ("\"quyết định sát\"~2", vec![]),
        ("\"kiểm* sát nhân\"", vec![(1, "exact-phrase")]),
        // all of it on one page
        ("\"sát nhân dân\"", vec![(3, "exact-phrase")]),
        ("\"của Viện kiểm\"", vec![(1, "exact-phrase")]),
        // the stamp is not what the body goes on with
        ("\"kiểm đến\"", vec![]),
        ("\"đến sát\"", vec![]),
        // loose words are on a page or not
        ("kiểm sát", vec![]),
        ("viện KHÔNG \"kiểm sát\"", vec![]),
        ("viện \"kiểm sát\"", vec![(1, "exact-phrase")]),
    ] {
        assert_eq!(ranked(&index, query), expected, "{query}");
    }
}

#[test]
fn as_far_as_twelve_words_on_each_side() {
    let dir = tempfile::tempdir().unwrap();
    let words = |from: usize, count: usize| {
        (from..from + count).map(|n| format!("chữ{n}")).collect::<Vec<_>>().join(" ")
    };
    let index = index_of(dir.path(), [page(1, &words(0, 20)), page(2, &words(20, 20))]);
    assert_eq!(find(&index, &format!("\"{}\"", words(8, 24))).total, 1);
    assert_eq!(find(&index, &format!("\"{}\"", words(7, 14))).total, 0);
    assert_eq!(find(&index, &format!("\"{}\"", words(19, 14))).total, 0);
}

#[test]
fn never_into_another_document() {
    let dir = tempfile::tempdir().unwrap();
    let other = IndexPage { document: DocumentNo::new(2).unwrap(), ..page(2, SECOND) };
    let index = index_of(dir.path(), [page(1, FIRST), other]);
    assert_eq!(find(&index, "\"viện kiểm sát\"").total, 0);
}

#[test]
fn a_page_put_in_anew_is_followed_by_what_follows_now() {
    let dir = tempfile::tempdir().unwrap();
    drop(index_of(dir.path(), [page(1, FIRST), page(2, SECOND)]));
    let index = index_of(dir.path(), [page(1, FIRST), page(2, "thử nghiệm")]);
    assert_eq!((find(&index, "\"kiểm sát\"").total, find(&index, "\"kiểm thử\"").total), (0, 1));
}

#[test]
fn boxes_are_of_the_own_page_only() {
    let (first, second) = (page_text(FIRST), page_text(SECOND));
    let query = Query::parse("\"viện kiểm sát nhân dân\"").unwrap();
    let lit = highlight_across(&query, &first, Some(&second), None);
    // Viện kiểm: the last two of seven words
    assert_eq!(lit.words, [5, 6]);
    assert!(lit.snippet.unwrap().text.ends_with("của Viện kiểm"));
    assert!(highlight_across(&query, &second, None, None).words.is_empty());
    assert!(highlight_across(&query, &first, None, None).words.is_empty());
}
