//! A writer killed with SIGKILL: this binary starts itself as the writer.

use crate::pages::{case, code, find, page};
use index::{Indexer, Inventory, Searcher};
use rand::RngExt;
use rand::SeedableRng;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

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
    let known = indexer.inventory().unwrap().cases().unwrap().len();
    for no in known.. {
        // The first case file gets another text each time.
        for (case_no, text) in [(no, 0), (0, no)] {
            let pages = (1..=3).map(|p| page(p, &format!("trang án bản{text}")));
            indexer.put_case(&case(&format!("HS-{case_no:04}")), pages).unwrap();
            indexer.commit().unwrap();
            println!("\ncommitted {case_no} {text}");
        }
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
    indexer.inventory().unwrap().check().unwrap();
}

/// How often the writer is killed.
const KILLS: usize = 50;

/// Each round a writer puts in new case files and, between, an old one anew with another text; it is killed at a random moment. What it
/// said was committed is there, whole, and nothing is there twice.
#[test]
fn killed_at_any_moment_keeps_what_was_committed() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = std::env::var("HOSO_KILL_SEED").map_or(now, |seed| seed.parse().unwrap());
    println!("again with HOSO_KILL_SEED={seed}");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    // Of each case file the latest text that was committed, by its number.
    let mut committed: BTreeMap<usize, usize> = BTreeMap::new();
    for round in 0..KILLS {
        let (mut child, lines) = start(dir.path(), "commit");
        let note = |line: String, committed: &mut BTreeMap<usize, usize>| {
            let (case, text) = line.strip_prefix("committed ")?.split_once(' ')?;
            committed.insert(case.parse().ok()?, text.parse().ok()?);
            Some(())
        };
        // After the n-th commit, and some time into the work on the next ones.
        let mut lines = lines;
        let mut commits = random.random_range(0..4);
        while commits > 0 {
            let line = lines.next().expect("it works until it is killed");
            commits -= usize::from(note(line, &mut committed).is_some());
        }
        let until = Instant::now() + Duration::from_micros(random.random_range(0..60_000));
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        // What it had said before it died counts too.
        for line in lines {
            note(line, &mut committed);
        }
        child.wait().unwrap();
        if !dir.path().join("meta.json").exists() {
            assert!(committed.is_empty(), "round {round}");
            continue;
        }
        let (index, stock) = (Searcher::open(dir.path()).unwrap(), Inventory::open(dir.path()).unwrap());
        let cases = stock.cases().unwrap();
        for (case, text) in &mut committed {
            let code = code(&format!("HS-{case:04}"));
            let pages: Vec<u32> = stock.pages_of(&code).unwrap().iter().map(|page| page.get()).collect();
            assert_eq!(pages, [1, 2, 3], "round {round}: {code}");
            let pages_with = |text: usize| find(&index, &format!("ho-so:{code} \"bản{text}\"")).total;
            // What was committed when it died need not have been said, and the text after it may be further on than the next: a number
            // is passed over where the writer died between its two case files.
            let found = (*text..=cases.len()).find(|text| pages_with(*text) == 3);
            *text = found.unwrap_or_else(|| panic!("round {round}: {code}: {text} was committed"));
        }
        assert!(cases.values().all(|pages| *pages == 3), "round {round}: {cases:?}");
        assert_eq!(find(&index, "\"trang án\"").total, cases.len() * 3);
        stock.check().unwrap();
    }
    assert!(committed.len() >= KILLS / 2, "{} case files committed", committed.len());
}
