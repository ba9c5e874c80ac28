//! The embedded engine, and the slowest one that there can be, beside reading every page; on OpenSearch `./dev test-cluster` does the
//! same.

use crate::reference::brute::BruteWriter;
use crate::reference::{Tally, compare, sheets, write};
use index::Indexer;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

#[test]
fn searching_agrees_with_reading_every_page() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut tally = Tally::default();
    for _ in 0..3 {
        let sheets = sheets(&mut random);
        let dir = tempfile::tempdir().unwrap();
        let mut embedded = Indexer::open_or_create(dir.path()).unwrap();
        let mut brute = Indexer::with(Box::new(BruteWriter::default())).unwrap();
        write(&mut embedded, &sheets);
        write(&mut brute, &sheets);
        let searchers = [embedded.searcher().unwrap(), brute.searcher().unwrap()];
        tally.add(compare(&mut random, &sheets, &searchers, 1700));
    }
    assert!(tally.asked >= 5000);
    tally.check();
}
