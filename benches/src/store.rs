//! Storing a case file durably beside copying, syncing and hashing the same files, and beside what other OCFL programs do.

use crate::Setting;
use crate::measure::{Cost, cost, peak};
use crate::programs::{quiet, succeed};
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Masters of the case file.
    #[arg(long, default_value_t = 250)]
    pub files: u32,
    /// Bytes of each.
    #[arg(long, default_value_t = 1_000_000)]
    pub bytes: usize,
    /// Each way is measured so often; the best counts.
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
}

/// Share of the speed of `cp`, `sync` and `sha512sum` one after the other.
const SHARE: f64 = 0.8;
/// What may be held meanwhile.
const MEMORY_BYTES: u64 = 150_000_000;

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let folder = setting.work.join("store");
    let masters = folder.join("masters");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&masters)?;
    for n in 0..order.files {
        std::fs::write(masters.join(format!("{n:04}.jpg")), noise(u64::from(n) + 1, order.bytes))?;
    }
    let (mut ours, mut plain, mut rocfl, mut ocfl_py) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut memory = 0;
    for round in 0..order.rounds {
        let at = |name: &str| folder.join(format!("{name}-{round}"));
        forget(&masters)?;
        let (spent, most) = peak(&mut by_hoso(setting, &masters, &at("hoso"))?, &[0])?;
        ours.push(spent);
        memory = memory.max(most.anonymous_bytes);
        for (way, costs) in [(COPIED, &mut plain), (ROCFL, &mut rocfl), (OCFL_PY, &mut ocfl_py)] {
            forget(&masters)?;
            let mut sum = Cost::default();
            each(setting, &masters, &at(way), way, &mut |command| {
                sum += cost(command, &[0])?;
                Ok(())
            })?;
            costs.push(sum);
        }
        for name in ["hoso", COPIED, ROCFL, OCFL_PY] {
            std::fs::remove_dir_all(at(name))?;
        }
    }
    // Once more, watched: what each of them asks the kernel to bring to the medium.
    let log = folder.join("strace");
    let mut own = BTreeMap::new();
    count_syncs(&mut by_hoso(setting, &masters, &folder.join("hoso"))?, &log, &mut own)?;
    let [plain_syncs, rocfl_syncs, ocfl_py_syncs] = [COPIED, ROCFL, OCFL_PY].map(|way| {
        let mut counted = BTreeMap::new();
        let mut count = |command: &mut Command| count_syncs(command, &log, &mut counted);
        each(setting, &masters, &folder.join(way), way, &mut count).map(|()| told(&counted))
    });
    let own_syncs = told(&own);
    let best = |costs: &[Cost]| {
        let least = |what: fn(&Cost) -> f64| costs.iter().map(what).fold(f64::INFINITY, f64::min);
        Cost { cpu_s: least(|c| c.cpu_s), wall_s: least(|c| c.wall_s) }
    };
    let [ours, plain, rocfl, ocfl_py] = [ours, plain, rocfl, ocfl_py].map(|costs| best(&costs));
    let megabytes = f64::from(order.files) * order.bytes as f64 / 1e6;
    let row = |what: &str, syncs: &str, spent: Cost| {
        let speed = format!("{:.0}", megabytes / spent.wall_s);
        let ratio = format!("{:.2} ×", spent.wall_s / ours.wall_s);
        let seconds = [spent.wall_s, spent.cpu_s].map(|s| format!("{s:.2}"));
        [vec![what.to_owned(), syncs.into()], seconds.into(), vec![speed, ratio]].concat()
    };
    let share = plain.wall_s / ours.wall_s;
    report.add(Section {
        title: "Storing a case file".into(),
        about: format!(
            "{} masters of {} bytes, read cold, stored as one object; the best of {} rounds, one thread. hoso writes, hashes (SHA-512 \
             and SHA-256), syncs the file system once (`syncfs`) and by name what the commit rests on, and reads every file back past the \
             cache. The others' files are in the cache when they end. Synced: calls counted by strace in a run of its own, which is not timed.",
            order.files, order.bytes, order.rounds
        ),
        columns: vec!["", "synced", "seconds", "CPU-s", "MB/s", "time against hoso"],
        rows: vec![
            row("hoso", &own_syncs, ours),
            row("cp, sync, sha512sum", &plain_syncs?, plain),
            row("rocfl cp, commit", &rocfl_syncs?, rocfl),
            row("ocfl-py create", &ocfl_py_syncs?, ocfl_py),
        ],
        demands: vec![
            Demand {
                what: "speed against cp, sync, sha512sum one after the other".into(),
                wanted: format!("≥ {SHARE:.2}"),
                found: format!("{share:.2}"),
                met: share >= SHARE,
            },
            Demand {
                what: "memory while storing".into(),
                wanted: format!("≤ {} MB", MEMORY_BYTES / 1_000_000),
                found: format!("{:.1} MB", memory as f64 / 1e6),
                met: memory <= MEMORY_BYTES,
            },
        ],
        details: json!({}),
    });
    Ok(())
}

/// Bytes that no program can shrink (xorshift64).
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Drops the files of a folder from the page cache.
fn forget(folder: &Path) -> Result<()> {
    let mut sync = quiet(Path::new("sync"));
    succeed(sync.arg("-f").arg(folder), &[0])?;
    for entry in std::fs::read_dir(folder)? {
        let mut dd = quiet(Path::new("dd"));
        dd.arg(format!("if={}", entry?.path().display())).args(["iflag=nocache", "count=0", "status=none"]);
        succeed(&mut dd, &[0])?;
    }
    Ok(())
}

const COPIED: &str = "copy";
const ROCFL: &str = "rocfl";
const OCFL_PY: &str = "ocfl-py";

fn by_hoso(setting: &Setting, masters: &Path, to: &Path) -> Result<Command> {
    let mut store = setting.programs.plain_example("store")?;
    store.arg(masters).arg(to);
    Ok(store)
}

/// Runs the programs of one way by `run`, one after the other; what only makes them ready is not run by it.
fn each(setting: &Setting, masters: &Path, to: &Path, way: &str, run: Run<'_>) -> Result<()> {
    match way {
        COPIED => copied(masters, to, run),
        ROCFL => by_rocfl(setting, masters, to, run),
        _ => by_ocfl_py(setting, masters, to, run),
    }
}

type Run<'a> = &'a mut dyn FnMut(&mut Command) -> Result<()>;

fn copied(masters: &Path, to: &Path, run: Run<'_>) -> Result<()> {
    run(quiet(Path::new("cp")).arg("-r").arg(masters).arg(to))?;
    run(quiet(Path::new("sync")).arg("-f").arg(to))?;
    let files = std::fs::read_dir(to)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    run(quiet(Path::new("sha512sum")).args(files))
}

const OBJECT: &str = "urn:bench:1";

fn by_rocfl(setting: &Setting, masters: &Path, to: &Path, run: Run<'_>) -> Result<()> {
    let rocfl = |args: &[&str]| {
        let mut command = quiet(&setting.programs.judge("tools/bin/rocfl"));
        command.arg("-r").arg(to).args(args);
        command
    };
    std::fs::create_dir_all(to)?;
    succeed(&mut rocfl(&["init"]), &[0])?;
    succeed(&mut rocfl(&["new", OBJECT]), &[0])?;
    run(rocfl(&["cp", "-r", OBJECT]).arg(masters).args(["--", "data"]))?;
    run(&mut rocfl(&["commit", "-n", "bench", "-a", "urn:bench", "-m", "bench", OBJECT]))
}

fn by_ocfl_py(setting: &Setting, masters: &Path, to: &Path, run: Run<'_>) -> Result<()> {
    let mut command = quiet(&setting.programs.judge("venv/bin/ocfl-object.py"));
    command.arg("create").arg("--objdir").arg(to).args(["--id", OBJECT, "--srcdir"]).arg(masters);
    run(&mut command).context("ocfl-py")
}

/// What brings bytes to the medium.
const SYNCS: [&str; 5] = ["syncfs", "fsync", "fdatasync", "sync", "sync_file_range"];

/// Runs a program under strace and adds its calls of [`SYNCS`], by name.
fn count_syncs(command: &mut Command, log: &Path, counted: &mut BTreeMap<&'static str, usize>) -> Result<()> {
    let mut watched = quiet(Path::new("strace"));
    watched.args(["-f", "-qq", "-e", &format!("trace={}", SYNCS.join(",")), "-o"]).arg(log);
    watched.arg(command.get_program()).args(command.get_args());
    watched.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    succeed(&mut watched, &[0]).context("strace: ./dev bench installs it")?;
    // `1234 fsync(3) = 0`; the end of a call that another thread interrupted begins with `<`.
    let text = std::fs::read_to_string(log)?;
    for call in text.lines().filter_map(|line| line.split_once(' ')?.1.trim_start().split('(').next()) {
        if let Some(name) = SYNCS.into_iter().find(|name| *name == call) {
            *counted.entry(name).or_default() += 1;
        }
    }
    Ok(())
}

/// `1 × syncfs, 12 × fsync`, or `no`.
fn told(counted: &BTreeMap<&'static str, usize>) -> String {
    let calls = SYNCS.into_iter().filter_map(|name| Some(format!("{} × {name}", counted.get(name)?)));
    let calls: Vec<String> = calls.collect();
    if calls.is_empty() { "no".to_owned() } else { calls.join(", ") }
}
