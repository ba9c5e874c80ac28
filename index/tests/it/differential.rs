//! The embedded engine beside the slow searcher; on OpenSearch `./dev test-cluster` does the same.

use crate::reference::{compare, sheets, write};
use index::Indexer;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

#[test]
fn searching_agrees_with_reading_every_page() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut asked, mut found, mut lit) = (0, 0, 0);
    for _ in 0..3 {
        let sheets = sheets(&mut random);
        let dir = tempfile::tempdir().unwrap();
        let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
        write(&mut indexer, &sheets);
        let tally = compare(&mut random, &sheets, &[indexer.searcher().unwrap()], 1700);
        (asked, found, lit) = (asked + tally.asked, found + tally.found, lit + tally.lit);
    }
    println!("{asked} questions, {found} with pages found, {lit} pages lit");
    assert!(asked >= 5000 && found > asked / 3 && lit > asked / 4, "{asked} {found} {lit}");
}
