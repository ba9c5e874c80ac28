//! A writer killed with SIGKILL: this binary starts itself as the writer.

use crate::pages::{case, code, find, page};
use index::{Indexer, Searcher};
use rand::RngExt;
use rand::SeedableRng;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const DIR: &str = "HOSO_TEST_INDEX_DIR";
const MODE: &str = "HOSO_TEST_INDEX_MODE";

/// The writer's part: does nothing unless a test below has started it.
#[test]
fn writer_to_be_killed() {
    let (Some(dir), Some(mode)) = (std::env::var_os(DIR), std::env::var_os(MODE)) else { return };
    let mut indexer = Indexer::open_or_create(Path::new(&dir)).unwrap();
    if mode == "add" {
        indexer.put_case(&case("HS-1"), (1..=50).map(|p| page(p, "mới"))).unwrap();
        println!("\nadded");
        let _until_killed = std::io::stdin().read(&mut [0]);
        return;
    }
    let known = indexer.searcher().unwrap().cases().unwrap().len();
    for no in known.. {
        indexer.put_case(&case(&format!("HS-{no:04}")), (1..=3).map(|p| page(p, "trang án"))).unwrap();
        indexer.commit().unwrap();
        println!("\ncommitted {no}");
    }
}

fn start(dir: &Path, mode: &str) -> (Child, impl Iterator<Item = String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::writer_to_be_killed", "--nocapture"])
        .envs([(DIR, dir.as_os_str()), (MODE, mode.as_ref())])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    (child, lines)
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn killed_between_adding_and_commit_leaves_the_old_state() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    indexer.put_case(&case("HS-1"), [page(1, "cũ"), page(2, "cũ")]).unwrap();
    indexer.commit().unwrap();
    indexer.close().unwrap();
    let (child, mut lines) = start(dir.path(), "add");
    assert!(lines.any(|line| line == "added"));
    assert!(Indexer::open_or_create(dir.path()).is_err(), "the writer holds the lock");
    kill(child);
    let indexer = Indexer::open_or_create(dir.path()).expect("the lock dies with the process");
    let index = indexer.searcher().unwrap();
    assert_eq!((find(&index, "cũ").total, find(&index, "mới").total), (2, 0));
    index.check().unwrap();
}

#[test]
fn killed_at_any_moment_keeps_what_was_committed() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(2);
    let mut committed = 0;
    for round in 0..12 {
        let (child, lines) = start(dir.path(), "commit");
        // Killed somewhere in the work after the n-th commit; a random amount of spinning varies the moment.
        let done = lines.filter_map(|l| l.strip_prefix("committed ")?.parse::<usize>().ok());
        if let Some(last) = done.take(random.random_range(1..6)).last() {
            committed = last + 1;
        }
        for _ in 0..random.random_range(0..200_000) {
            std::hint::spin_loop();
        }
        kill(child);
        let index = Searcher::open(dir.path()).unwrap();
        let cases = index.cases().unwrap();
        assert!(cases.len() >= committed, "round {round}: {} of {committed}", cases.len());
        assert!(cases.values().all(|pages| *pages == 3), "round {round}: {cases:?}");
        assert_eq!(find(&index, "\"trang án\"").total, cases.len() * 3);
        assert!(cases.contains_key(&code("HS-0000")));
        index.check().unwrap();
    }
}
