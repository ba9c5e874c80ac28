//! The embedded engine, and the slowest one that there can be, beside reading every page; on OpenSearch `./dev test-cluster` does the
//! same.

use crate::reference::brute::BruteWriter;
use crate::reference::{Tally, compare, sheets, write};
use index::Indexer;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Archives, each asked by a thread of its own.
const ARCHIVES: u64 = 3;
const ASKED: usize = 1700;

#[test]
fn searching_agrees_with_reading_every_page() {
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..ARCHIVES).map(|no| scope.spawn(move || ask_both(7 + no))).collect();
        asked.into_iter().for_each(|asked| tally.add(asked.join().unwrap()));
    });
    assert!(tally.asked >= 5000);
    tally.check();
}

fn ask_both(seed: u64) -> Tally {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let sheets = sheets(&mut random);
    let dir = tempfile::tempdir().unwrap();
    let mut embedded = Indexer::open_or_create(dir.path()).unwrap();
    let mut brute = Indexer::with(Box::new(BruteWriter::default())).unwrap();
    write(&mut embedded, &sheets);
    write(&mut brute, &sheets);
    let searchers = [embedded.searcher().unwrap(), brute.searcher().unwrap()];
    compare(&mut random, &sheets, &searchers, ASKED)
}
