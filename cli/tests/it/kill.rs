//! A job that is killed again and again, and jobs that are run again: nothing is lost, nothing is done twice.

use crate::support::{Desk, files_below, hoso, hoso_command, python, run, tool, tree};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// How often the job is killed.
const KILLS: usize = 30;
const WORKERS: usize = 2;

/// Pages by case file: small ones are packed early, the last keeps the job going.
const CASES: [(&str, usize); 3] = [("HS-1", 6), ("HS-2", 14), ("HS-3", 40)];

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
    for (case, pages) in CASES {
        let folder = desk.batch.join(case);
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
    }
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

/// Starts the job, kills it `moment` after its start or after its n-th line, and gathers what it said.
fn live(
    mut command: Command,
    log: &Path,
    kill: Option<(Option<usize>, Duration)>,
    workers: &mut BTreeSet<u32>,
) -> Life {
    let log_file = File::create(log).unwrap();
    let mut child =
        command.env("HOSO_LOG", "pipeline=debug").stdout(Stdio::piped()).stderr(log_file).spawn().unwrap();
    let mut life = Life::default();
    let mut end = |child: &mut Child, moment: Duration| {
        // The random moment is what is tried here, not a way to wait for something.
        std::thread::sleep(moment);
        workers.extend(children(child.id()).into_iter().filter(|p| is_worker(*p)));
        child.kill().unwrap();
    };
    if let Some((None, moment)) = kill {
        end(&mut child, moment);
    }
    let mut killed = false;
    for (no, line) in BufReader::new(child.stdout.take().unwrap()).lines().enumerate() {
        // A killed program may leave half a line.
        let Ok(line) = serde_json::from_str::<Value>(&line.unwrap()) else { continue };
        if line["type"] == "page" {
            let page = (line["case"].as_str().unwrap().to_owned(), line["page"].as_u64().unwrap());
            if line["known"] == true {
                life.known.insert(page)
            } else {
                life.fresh.insert(page)
            };
        }
        if let Some((Some(after), moment)) = kill
            && !killed
            && no >= after
        {
            killed = true;
            end(&mut child, moment);
        }
    }
    life.was_killed = child.wait().unwrap().code().is_none();
    life.begun = fs::read_to_string(log).unwrap().lines().filter(|l| l.contains("reading begins")).count();
    life
}

#[test]
fn a_job_killed_thirty_times_loses_and_repeats_nothing() {
    let seed = seed();
    eprintln!("HOSO_KILL_SEED={seed}");
    let mut dice = Dice(seed);
    let desk = Desk::new();
    lay_out(&desk);
    let log = desk.path("log");
    let (mut lives, mut workers) = (Vec::<Life>::new(), BTreeSet::new());
    let started = Instant::now();
    let mut kills = 0;
    while kills < KILLS {
        // The first life begins the batch; it has to be written down before anything can be resumed.
        let first = lives.is_empty();
        let command = if first { desk.batch_command() } else { resume(&desk) };
        let (line, span_ms) = match dice.below(3) {
            0 if !first => (None, 400),
            1 => (Some(0), 200),
            _ => (Some(0), 450),
        };
        let moment = Duration::from_micros(dice.below(span_ms * 1000));
        let life = live(command, &log, Some((line, moment)), &mut workers);
        assert!(life.was_killed, "seed {seed}: the job ended after {kills} kills");
        kills += 1;
        lives.push(life);
    }
    let last = live(resume(&desk), &log, None, &mut workers);
    assert!(!last.was_killed);
    lives.push(last);
    eprintln!("{kills} kills in {:.1} s", started.elapsed().as_secs_f32());

    let pages: usize = CASES.iter().map(|(_, pages)| pages).sum();
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
    for (case, pages) in CASES {
        let mut files = files_below(&desk.export(case, case).join("representations/rep2/data"));
        assert_eq!(files.len(), pages);
        let mut received = files_below(&desk.batch.join(case));
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
