//! Thousands of random questions: the same pages, totals, ranks, parts, facets and likenesses from reading every page, from the embedded
//! engine, the slowest one and OpenSearch. And no answer at all where a shard is not there.

use crate::nodes::Node;
use crate::pages::{all, code, find};
use crate::reference::brute::BruteWriter;
use crate::reference::{Tally, compare, sheets, write};
use index::backend::opensearch::{Cluster, ClusterError, Reader, Writer};
use index::backend::{Field, Reading, Visible};
use index::{IndexError, Indexer, Inventory, Query, Searcher};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// One archive in all engines.
fn agree(random: &mut ChaCha8Rng, cluster: &Cluster, asked: usize) -> Tally {
    let sheets = sheets(random);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut embedded = Indexer::open_or_create(dir.path()).unwrap();
    let mut cluster = Indexer::with(Box::new(Writer::open_or_create(cluster).unwrap())).unwrap();
    let mut brute = Indexer::with(Box::new(BruteWriter::default())).unwrap();
    for indexer in [&mut embedded, &mut cluster, &mut brute] {
        write(indexer, &sheets);
    }
    let searchers = [&embedded, &cluster, &brute].map(|indexer| indexer.searcher().unwrap());
    let stocks = [&embedded, &cluster, &brute].map(|indexer| indexer.inventory().unwrap());
    for stock in &stocks[1..] {
        assert_eq!(stocks[0].cases().unwrap(), stock.cases().unwrap());
        for case in stocks[0].cases().unwrap().keys() {
            assert_eq!(stocks[0].pages_of(case).unwrap(), stock.pages_of(case).unwrap());
        }
    }
    compare(random, &sheets, &searchers, asked)
}

#[test]
fn one_node_agrees_with_reading_every_page() {
    let agree = |shards| {
        let mut random = ChaCha8Rng::seed_from_u64(10 + u64::from(shards));
        agree(&mut random, &Node::shared().place(shards), 1700)
    };
    let tallies = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=3).map(|shards| scope.spawn(move || agree(shards))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let mut all = Tally::default();
    tallies.into_iter().for_each(|tally| all.add(tally));
    assert!(all.asked >= 5000);
    all.check();
}

#[test]
fn two_nodes_agree_and_one_alone_says_that_it_is_not_enough() {
    let one = Node::alone();
    let two = one.joined();
    let place = one.place(4);
    let mut random = ChaCha8Rng::seed_from_u64(20);
    agree(&mut random, &place, 1000).check();
    let shards = one.ask("GET", &format!("_cat/shards/{}.pages?format=json", place.index), "");
    let on_two =
        shards.as_array().unwrap().iter().filter(|shard| shard["node"].as_str().unwrap().starts_with("two"));
    assert_eq!(on_two.count(), 2, "{shards}");

    let reader = Searcher::with(Box::new(Reader::open(&place).unwrap()));
    let stock = Inventory::with(Box::new(Reader::open(&place).unwrap()));
    assert!(find(&reader, "tội").total > 0);
    drop(two);
    let is_partial = |error: &IndexError| {
        matches!(error, IndexError::Cluster(ClusterError::Partial { ok: 2, total: 4, .. }))
    };
    // A reader that was open, in each of its answers, and one that is opened now.
    for (limit, question) in [
        (0, "tội"),
        (10, "tội"),
        (10, "\"tội án\""),
        (10, "loai:ban-an"),
        (10, "=tội"),
        (10, "không-có-ở-đâu"),
    ] {
        let query = Query::parse(question).unwrap();
        let error = reader.search(&all(), &query, limit, 0).unwrap_err();
        assert!(is_partial(&error), "{question}: {error}");
    }
    for error in
        [stock.cases().unwrap_err(), stock.pages_of(&code("HS-01")).unwrap_err(), stock.check().unwrap_err()]
    {
        assert!(is_partial(&error), "{error}");
    }
    // Of pages or of words, whichever is seen first.
    let error = Reader::open(&place).err().unwrap();
    assert!(matches!(error, IndexError::Cluster(ClusterError::Partial { .. })), "{error}");
    drop(one);
    let error = reader.search(&all(), &Query::parse("tội").unwrap(), 10, 0).unwrap_err();
    assert!(matches!(error, IndexError::Cluster(ClusterError::Unreachable { .. })), "{error}");
}

#[test]
fn the_dictionary_knows_what_begins_so_and_what_is_one_letter_away() {
    let place = Node::shared().place(2);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let cluster = Indexer::with(Box::new(Writer::open_or_create(&place).unwrap())).unwrap();
    let mut indexers = [Indexer::open_or_create(dir.path()).unwrap(), cluster];
    // A word a page.
    let words = "kiem klem kicm kim kiemx ki k\u{1ec3}m kíem xkiem kie mkie";
    for indexer in &mut indexers {
        let pages = words.split(' ').zip(1..).map(|(word, no)| crate::pages::page(no, word));
        indexer.put_case(&crate::pages::case("HS-1"), pages).unwrap();
        indexer.commit().unwrap();
    }
    let [embedded, cluster] = indexers.map(|indexer| indexer.searcher().unwrap());
    for (typed, least) in [("kie*", 4), ("=zz*", 0), ("~kiem", 5), ("~klem", 2)] {
        let pages = |searcher: &Searcher| {
            find(searcher, typed).hits.iter().map(|hit| hit.page.get()).collect::<Vec<_>>()
        };
        assert_eq!(pages(&embedded), pages(&cluster), "{typed}");
        assert!(pages(&cluster).len() >= least, "{typed}");
    }
    let reader = Reader::open(&place).unwrap();
    let terms = ["zz", "kim", "klem", "yy", "kicm"].map(str::to_owned);
    let visible = Visible::new(&all());
    assert_eq!(reader.on_visible_pages(&visible, Field::Folded, &terms, 2).unwrap(), ["kim", "klem"]);
}
