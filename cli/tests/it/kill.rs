//! A job that is killed again and again, and jobs that are run again: nothing is lost, nothing is done twice.

use crate::support::{Desk, files_below, hoso, hoso_command, python, run, say, tool, tree};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

/// How often the job is killed.
const KILLS: usize = 30;
const WORKERS: usize = 2;

/// Case files of one to three pages: enough of them that there is something to receive, read, pack and index in every
/// life.
const CASES: usize = 64;
/// Behind the end of the first picture of each case file lie this many bytes: still the picture, and receiving it takes
/// a while.
const BALLAST_BYTES: usize = 3 << 20;

fn cases() -> impl Iterator<Item = (String, usize)> {
    (1..=CASES).map(|no| (format!("HS-{no:02}"), 1 + no % 3))
}

/// Marsaglia's xorshift: enough for moments.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    std::env::var("HOSO_KILL_SEED").map_or(now | 1, |seed| seed.parse().unwrap())
}

/// Lays the pages out; each is a picture of its own.
fn lay_out(desk: &Desk) {
    for (case, pages) in cases() {
        let folder = desk.batch.join(&case);
        fs::create_dir(&folder).unwrap();
        let mut command = Command::new("convert");
        command.args(["-size", "800x400", "-font", "Liberation-Serif", "-pointsize", "40"]);
        for n in 1..=pages {
            command
                .args(["(", "xc:white", "-annotate", "+60+150"])
                .arg(format!("hồ sơ {case} trang thứ {n}"))
                .arg(")");
        }
        command.args(["-density", "150", "-units", "PixelsPerInch"]);
        let said = run(command.arg("+adjoin").arg("-scene").arg("1").arg(folder.join("trang %d.png")));
        assert_eq!(said.exit, 0, "{}", said.all());
        let mut file = File::options().append(true).open(folder.join("trang 1.png")).unwrap();
        file.write_all(&vec![pages as u8; BALLAST_BYTES]).unwrap();
    }
}

/// What the job is about when it is killed. It does these things side by side, so one kill can hit several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Receiving,
    Reading,
    Packing,
    Indexing,
}

/// When to kill: a moment after this was first seen to go on.
#[derive(Clone, Copy, Debug)]
struct Aim {
    phase: Phase,
    moment: Duration,
}

impl Aim {
    fn random(dice: &mut Dice) -> Aim {
        let (phase, span_ms) = match dice.below(4) {
            0 => (Phase::Receiving, 40),
            1 => (Phase::Reading, 200),
            2 => (Phase::Packing, 120),
            _ => (Phase::Indexing, 40),
        };
        Aim { phase, moment: Duration::from_micros(dice.below(span_ms * 1000)) }
    }

    /// Has it begun in this life? Of lines the job has said so far, and of the folders it works in.
    fn has_begun(&self, lines: &[Value], work: &Path, spooled_before: usize) -> bool {
        let said =
            |kind: &str| lines.iter().filter(|l| l["type"] == kind).map(|l| &l["case"]).collect::<Vec<_>>();
        match self.phase {
            Phase::Receiving => entries(&work.join("spool")) > spooled_before,
            Phase::Reading => lines.iter().any(|l| l["type"] == "page" && l["known"] == false),
            Phase::Packing => !said("started").is_empty() && entries(&work.join("staging")) > 0,
            // What an earlier life stored is indexed at the beginning of this one: case files are compared, not numbers.
            Phase::Indexing => {
                let indexed = said("indexed");
                said("stored").iter().any(|case| !indexed.contains(case))
            }
        }
    }
}

/// Entries of a folder of folders, both levels.
fn entries(folder: &Path) -> usize {
    let list = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    list(folder).map(|inner| 1 + list(&inner).count()).sum()
}

/// What a kill has hit, by what it left behind.
fn hit(archive: &Path, life: &Life) -> BTreeSet<Phase> {
    let mut hit = BTreeSet::new();
    let work = archive.join("work");
    let ledger = Connection::open(archive.join("ledger.sqlite")).unwrap();
    let count = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    // Bytes that have no name yet, or a case file of which some files are acknowledged and others not.
    let unnamed = fs::read_dir(work.join("spool")).into_iter().flatten().flatten();
    let begun = "SELECT count(*) FROM (SELECT seq, count(*) AS n FROM receipt GROUP BY batch, seq) AS r
                 JOIN batch_case AS c ON c.seq = r.seq WHERE r.n < c.pages";
    if unnamed.filter(|e| e.path().is_file()).count() > 0 || count(begun) > 0 {
        hit.insert(Phase::Receiving);
    }
    if life.begun > life.fresh.len() {
        hit.insert(Phase::Reading);
    }
    if entries(&work.join("staging")) + entries(&work.join("intent")) > 0 {
        hit.insert(Phase::Packing);
    }
    if count("SELECT count(*) FROM stored_case WHERE indexed = 0") > 0 {
        hit.insert(Phase::Indexing);
    }
    hit
}

/// One life of the job.
#[derive(Default)]
struct Life {
    fresh: BTreeSet<(String, u64)>,
    known: BTreeSet<(String, u64)>,
    /// Readings that began, by the log.
    begun: usize,
    was_killed: bool,
}

/// The workers of a running job.
fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = tasks.filter_map(|t| fs::read_to_string(t.ok()?.path().join("children")).ok());
    lists.flat_map(|l| l.split_whitespace().filter_map(|p| p.parse().ok()).collect::<Vec<_>>()).collect()
}

fn is_worker(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("hoso-worker"))
}

fn is_alive(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    is_worker(pid) && !state.contains(") Z ")
}

/// Starts the job, kills it where `aim` says, and gathers what it said. Without an aim it lives until it is done.
fn live(mut command: Command, desk: &Desk, aim: Option<Aim>, workers: &mut BTreeSet<u32>) -> Life {
    let (log, work) = (desk.path("log"), desk.archive.join("work"));
    let spooled_before = entries(&work.join("spool"));
    let log_file = File::create(&log).unwrap();
    let mut child =
        command.env("HOSO_LOG", "pipeline=debug").stdout(Stdio::piped()).stderr(log_file).spawn().unwrap();
    let (heard, lines) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let listener = std::thread::spawn(move || {
        // A killed program may leave half a line.
        for line in out.lines().map_while(Result::ok).filter_map(|l| serde_json::from_str::<Value>(&l).ok()) {
            heard.send(line).unwrap();
        }
    });
    let (mut said, mut aim) = (Vec::new(), aim);
    loop {
        let line = match aim {
            // What goes on in folders is looked for every millisecond.
            Some(_) => lines.recv_timeout(Duration::from_millis(1)),
            None => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match line {
            Ok(line) => said.push(line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Some(Aim { moment, .. }) = aim.take_if(|a| a.has_begun(&said, &work, spooled_before)) {
            // The random moment is what is tried here, not a way to wait for something.
            std::thread::sleep(moment);
            workers.extend(children(child.id()).into_iter().filter(|p| is_worker(*p)));
            child.kill().unwrap();
        }
    }
    listener.join().unwrap();
    let mut life = Life { was_killed: child.wait().unwrap().code().is_none(), ..Life::default() };
    for line in said.iter().filter(|l| l["type"] == "page") {
        let page = (line["case"].as_str().unwrap().to_owned(), line["page"].as_u64().unwrap());
        if line["known"] == true {
            life.known.insert(page)
        } else {
            life.fresh.insert(page)
        };
    }
    life.begun = fs::read_to_string(log).unwrap().lines().filter(|l| l.contains("reading begins")).count();
    life
}

#[test]
fn a_job_killed_thirty_times_loses_and_repeats_nothing() {
    let seed = seed();
    say(&format!("HOSO_KILL_SEED={seed}\n"));
    let mut dice = Dice(seed);
    let desk = Desk::new();
    lay_out(&desk);
    let (mut lives, mut workers) = (Vec::<Life>::new(), BTreeSet::new());
    let mut hits = BTreeMap::<Phase, usize>::new();
    for no in 1..=KILLS {
        // The first life begins the batch; it has to be written down before anything can be resumed.
        let command = if no == 1 { desk.batch_command() } else { resume(&desk) };
        let aim = Aim::random(&mut dice);
        let life = live(command, &desk, Some(aim), &mut workers);
        assert!(life.was_killed, "seed {seed}: the job ended before kill {no}, {aim:?}");
        for phase in hit(&desk.archive, &life) {
            *hits.entry(phase).or_default() += 1;
        }
        lives.push(life);
    }
    let last = live(resume(&desk), &desk, None, &mut workers);
    assert!(!last.was_killed);
    lives.push(last);
    say(&format!("seed {seed}: what {KILLS} kills hit: {hits:?}\n"));
    for phase in [Phase::Receiving, Phase::Reading, Phase::Packing, Phase::Indexing] {
        assert!(hits.get(&phase).is_some_and(|n| *n >= 2), "seed {seed}: {phase:?} in {hits:?}");
    }

    let pages: usize = cases().map(|(_, pages)| pages).sum();
    let mut recorded = BTreeSet::new();
    for (no, life) in lives.iter().enumerate() {
        let again: Vec<_> = life.fresh.intersection(&recorded).collect();
        assert!(again.is_empty(), "seed {seed}, life {no}: read again: {again:?}");
        recorded.extend(life.fresh.iter().cloned());
        recorded.extend(life.known.iter().cloned());
    }
    assert_eq!(recorded.len(), pages, "seed {seed}");
    let begun: usize = lives.iter().map(|l| l.begun).sum();
    assert!(
        begun >= pages && begun <= pages + KILLS * WORKERS,
        "seed {seed}: {begun} readings began for {pages} pages"
    );

    let report = desk.hoso(&["batch", "report", "--json"]).expect(0);
    let report = &report.of_type("report")[0];
    for count in ["received", "stored", "indexed", "pages_read", "readings"] {
        assert_eq!(report[count], pages, "seed {seed}: {count}: {report}");
    }
    assert_eq!(report["complete"], true);
    desk.assert_valid_ocfl();
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);
    for (case, pages) in cases() {
        let mut files = files_below(&desk.export(&case, &case).join("representations/rep2/data"));
        assert_eq!(files.len(), pages);
        let mut received = files_below(&desk.batch.join(&case));
        (files, received) = (by_digest(files), by_digest(received));
        assert_eq!(files, received, "seed {seed}: {case}");
    }

    let patience = Instant::now();
    while workers.iter().any(|p| is_alive(*p)) && patience.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
    }
    let left: Vec<_> = workers.iter().filter(|p| is_alive(**p)).collect();
    assert!(!workers.is_empty() && left.is_empty(), "seed {seed}: workers left of {workers:?}: {left:?}");
    tool("flock", ["-n".as_ref(), desk.archive.join("work/locks/writer.lock").as_os_str(), "true".as_ref()]);
    for folder in ["spool", "pages", "staging", "intent"] {
        let left = files_below(&desk.archive.join("work").join(folder));
        assert!(left.is_empty(), "seed {seed}: {left:?}");
    }
}

/// Names do not matter here, only what the files hold.
fn by_digest(files: Vec<std::path::PathBuf>) -> Vec<std::path::PathBuf> {
    let mut digests: Vec<_> = crate::support::sha256_of(&files).into_iter().map(Into::into).collect();
    digests.sort();
    digests
}

fn resume(desk: &Desk) -> Command {
    let mut command = hoso_command();
    command
        .args(["batch", "resume", "--json", "--workers", &WORKERS.to_string(), "--archive"])
        .arg(&desk.archive);
    command
}

fn small_batch() -> Desk {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "trang một");
    desk.page("HS-1/trang 2.png", "trang hai");
    desk.page("HS-2/trang 1.png", "trang khác");
    desk
}

#[test]
fn the_same_batch_twice_adds_nothing() {
    let desk = small_batch();
    desk.run_batch().expect(0);
    let ocfl = desk.archive.join("ocfl");
    let before = tree(&ocfl);
    let again = desk.run_batch().expect(0);
    assert_eq!(again.of_type("present").len(), 2);
    assert_eq!((again.of_type("page").len(), again.of_type("stored").len()), (0, 0));
    // The batch folder may have moved meanwhile.
    let moved = desk.path("nơi khác");
    fs::rename(&desk.batch, &moved).unwrap();
    let moved = Desk { batch: moved, ..desk };
    assert_eq!(moved.run_batch().expect(0).of_type("present").len(), 2);
    assert_eq!(tree(&ocfl), before);
}

#[test]
fn a_lost_ledger_is_filled_from_the_archive() {
    let desk = small_batch();
    desk.run_batch().expect(0);
    let ocfl = desk.archive.join("ocfl");
    let before = tree(&ocfl);
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(desk.archive.join(format!("ledger.sqlite{ending}")));
    }
    // Looking makes no ledger, else the next batch would take an empty one for the truth.
    assert!(desk.hoso(&["batch", "status", "--json"]).expect(0).of_type("batch").is_empty());
    assert!(!desk.archive.join("ledger.sqlite").exists());
    fs::create_dir(desk.batch.join("HS-3")).unwrap();
    fs::copy(desk.batch.join("HS-2/trang 1.png"), desk.batch.join("HS-3/trang 1.png")).unwrap();
    let again = desk.run_batch().expect(3);
    assert_eq!(again.of_type("stored").len(), 1);
    assert_eq!(
        again.findings_on("HS-3/trang 1.png").into_iter().collect::<Vec<_>>(),
        ["master-in-other-case"]
    );
    let after = tree(&ocfl);
    assert!(before.iter().all(|file| after.contains(file)), "nothing that was stored has changed");
    assert_eq!(again.of_type("report")[0]["complete"], true);
}

/// What a kill leaves between the commit to the archive and the note in the ledger.
#[test]
fn a_stop_between_commit_and_ledger_adds_no_version() {
    let desk = small_batch();
    desk.run_batch().expect(0);
    let ocfl = desk.archive.join("ocfl");
    let before = tree(&ocfl);
    let ledger = Connection::open(desk.archive.join("ledger.sqlite")).unwrap();
    ledger
        .execute_batch(
            "UPDATE batch SET state = 'running', finished = NULL; UPDATE batch_case SET state = 'open';
             DELETE FROM stored_case; DELETE FROM stored_master;",
        )
        .unwrap();
    drop(ledger);
    let again = run(&mut resume(&desk)).expect(0);
    assert_eq!((again.of_type("stored").len(), again.of_type("page").len()), (0, 0));
    assert_eq!(again.of_type("report")[0]["complete"], true);
    assert_eq!(tree(&ocfl), before);
}

#[test]
fn a_master_in_two_case_files_tells_neither_of_the_other() {
    let desk = Desk::new();
    let first = desk.page("HS-KÍN/trang riêng.png", "trang chung");
    fs::create_dir(desk.batch.join("HS-MỞ")).unwrap();
    fs::copy(first, desk.batch.join("HS-MỞ/a.png")).unwrap();
    let said = desk.run_batch().expect(3);
    let found = said.of_type("finding").into_iter().filter(|f| f["code"] == "master-in-other-case");
    let found: BTreeSet<String> = found.map(|f| f.to_string()).collect();
    assert_eq!(found.len(), 1, "whichever is stored second: {}", said.all());
    let report = &said.of_type("report")[0];
    assert_eq!(
        (&report["pages_read"], &report["readings"]),
        (&1.into(), &1.into()),
        "the same bytes are read once"
    );
    for file in files_below(&desk.export("HS-MỞ", "xuất")) {
        let bytes = fs::read(&file).unwrap();
        for word in ["HS-KÍN", "trang riêng"] {
            assert!(
                !bytes.windows(word.len()).any(|w| w == word.as_bytes()),
                "{} names {word}",
                file.display()
            );
        }
    }
}

/// A resumed batch does not tell the old findings anew; its report has them all.
#[test]
fn findings_are_told_once_over_all_lives() {
    let desk = Desk::new();
    fs::create_dir(desk.batch.join("HS-1")).unwrap();
    fs::write(desk.batch.join("HS-1/trang 1.png"), b"").unwrap();
    desk.page("HS-1/trang 2.png", "trang hai");
    python(
        "import sys; open(sys.argv[1],'wb').write(open(sys.argv[2],'rb').read()[:-40])",
        [desk.batch.join("HS-1/trang 3.png"), desk.batch.join("HS-1/trang 2.png")],
    );
    let first = desk.run_batch().expect(3);
    let ledger = Connection::open(desk.archive.join("ledger.sqlite")).unwrap();
    ledger.execute_batch("UPDATE batch SET state = 'running'; UPDATE batch_case SET state = 'open'").unwrap();
    drop(ledger);
    let again = run(&mut resume(&desk)).expect(3);
    let told = |said: &crate::support::Said| -> Vec<String> {
        said.of_type("finding").iter().map(Value::to_string).collect()
    };
    let before_report = |said: &crate::support::Said| {
        let lines = said.lines();
        lines.iter().take_while(|l| l["type"] != "case-report").filter(|l| l["type"] == "finding").count()
    };
    assert!(before_report(&first) > 0);
    assert_eq!(before_report(&again), 0, "{}", again.all());
    let report: BTreeSet<String> = told(&again).into_iter().collect();
    assert_eq!(report.len(), told(&again).len(), "the report names each once");
    assert_eq!(report, told(&first).into_iter().collect());
}
