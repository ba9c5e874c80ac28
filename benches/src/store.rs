//! Storing a case file durably beside copying, syncing and hashing the same files, and beside what other OCFL programs do.

use crate::Setting;
use crate::measure::{Cost, cost, peak};
use crate::programs::{quiet, succeed};
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

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
        let mut store = setting.programs.plain_example("store")?;
        let (spent, most) = peak(store.arg(&masters).arg(at("hoso")), &[0])?;
        ours.push(spent);
        memory = memory.max(most.anonymous_bytes);
        forget(&masters)?;
        plain.push(copied(&masters, &at("copy"))?);
        forget(&masters)?;
        rocfl.push(by_rocfl(setting, &masters, &at("rocfl"))?);
        forget(&masters)?;
        ocfl_py.push(by_ocfl_py(setting, &masters, &at("ocfl-py"))?);
        for name in ["hoso", "copy", "rocfl", "ocfl-py"] {
            std::fs::remove_dir_all(at(name))?;
        }
    }
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
             and SHA-256), syncs, drops each file from the cache and reads it back. The others' files are in the cache when they end.",
            order.files, order.bytes, order.rounds
        ),
        columns: vec!["", "synced", "seconds", "CPU-s", "MB/s", "time against hoso"],
        rows: vec![
            row("hoso", "every file and folder", ours),
            row("cp, sync, sha512sum", "once", plain),
            row("rocfl cp, commit", "no", rocfl),
            row("ocfl-py create", "no", ocfl_py),
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

fn copied(masters: &Path, to: &Path) -> Result<Cost> {
    let mut sum = Cost::default();
    let mut cp = quiet(Path::new("cp"));
    sum += cost(cp.arg("-r").arg(masters).arg(to), &[0])?;
    let mut sync = quiet(Path::new("sync"));
    sum += cost(sync.arg("-f").arg(to), &[0])?;
    let files = std::fs::read_dir(to)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    let mut sha512sum = quiet(Path::new("sha512sum"));
    sum += cost(sha512sum.args(files), &[0])?;
    Ok(sum)
}

const OBJECT: &str = "urn:bench:1";

fn by_rocfl(setting: &Setting, masters: &Path, to: &Path) -> Result<Cost> {
    let rocfl = |args: &[&str]| {
        let mut command = quiet(&setting.programs.judge("tools/bin/rocfl"));
        command.arg("-r").arg(to).args(args);
        command
    };
    std::fs::create_dir_all(to)?;
    succeed(&mut rocfl(&["init"]), &[0])?;
    succeed(&mut rocfl(&["new", OBJECT]), &[0])?;
    let mut sum = cost(rocfl(&["cp", "-r", OBJECT]).arg(masters).args(["--", "data"]), &[0])?;
    sum += cost(&mut rocfl(&["commit", "-n", "bench", "-a", "urn:bench", "-m", "bench", OBJECT]), &[0])?;
    Ok(sum)
}

fn by_ocfl_py(setting: &Setting, masters: &Path, to: &Path) -> Result<Cost> {
    let mut command = quiet(&setting.programs.judge("venv/bin/ocfl-object.py"));
    command.arg("create").arg("--objdir").arg(to).args(["--id", OBJECT, "--srcdir"]).arg(masters);
    cost(&mut command, &[0]).context("ocfl-py")
}
