//! `hoso archive check` beside `sha512sum` over the same files, on the same cores, each from a cold cache; and its memory.

use crate::Setting;
use crate::measure::{Cost, cost, high_water};
use crate::pages::fresh;
use crate::programs::succeed;
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Case files.
    #[arg(long, default_value_t = 8)]
    pub cases: u32,
    /// Masters of each.
    #[arg(long, default_value_t = 64)]
    pub masters: u32,
    /// Megabytes of each master.
    #[arg(long, default_value_t = 8)]
    pub megabytes: u64,
    /// Threads, and processes of sha512sum.
    #[arg(long, default_value_t = 2)]
    pub jobs: u16,
    /// Times that each program reads everything, in turns.
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
}

/// Speed of sha512sum that a check must reach.
const SPEED: f64 = 0.85;
/// What it may hold.
const LIMIT_BYTES: u64 = 150_000_000;

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let folder = fresh(&setting.work.join("fixity"))?;
    let archive = make_archive(setting, (order.cases, order.masters, order.megabytes), &folder)?;
    let files = files_below(&archive.join("ocfl"))?;
    let mut bytes = 0;
    for file in &files {
        bytes += std::fs::metadata(file)?.len();
    }
    let list = folder.join("files");
    std::fs::write(
        &list,
        files.iter().flat_map(|f| [f.as_os_str().as_encoded_bytes(), b"\0"].concat()).collect::<Vec<u8>>(),
    )?;
    let jobs = order.jobs.to_string();
    let (mut ours, mut theirs, mut held) = (Cost::default(), Cost::default(), 0);
    for round in 1..=order.rounds {
        eprintln!("benches: round {round} of {}", order.rounds);
        forget(&files)?;
        let mut check = setting.programs.hoso();
        check.args(["archive", "check", "--jobs", &jobs, "--archive"]).arg(&archive);
        let (cost_of_check, high) = high_water(&mut check, &[0])?;
        ours += cost_of_check;
        held = held.max(high);
        forget(&files)?;
        let mut sums = Command::new("xargs");
        sums.args(["-0", "-a"]).arg(&list).args(["-n", "16", "-P", &jobs, "sha512sum", "--"]);
        theirs += cost(sums.stdout(Stdio::null()).stderr(Stdio::piped()), &[0])?;
    }
    let speed = |cost: &Cost| bytes as f64 * f64::from(order.rounds) / 1e6 / cost.wall_s;
    let per_gb = |cost: &Cost| cost.cpu_s / (bytes as f64 * f64::from(order.rounds) / 1e9);
    let row = |what: &str, cost: &Cost, held: String| {
        vec![what.into(), format!("{:.0}", speed(cost)), format!("{:.2}", per_gb(cost)), held]
    };
    let ratio = speed(&ours) / speed(&theirs);
    let megabytes = |bytes: u64| format!("{:.0} MB", bytes as f64 / 1e6);
    report.add(Section {
        title: format!("Fixity: {} files, {:.1} GB, {jobs} threads", files.len(), bytes as f64 / 1e9),
        about: "Each program reads all files of the storage root, in turns, the page cache dropped before. `hoso archive check` makes SHA-512 and SHA-256 of each, its self-test and its signed report; `sha512sum` one digest.".into(),
        columns: vec!["program", "MB/s", "CPU-s/GB", "VmHWM"],
        rows: vec![
            row("`hoso archive check`", &ours, megabytes(held)),
            row(&format!("`xargs -P {jobs} sha512sum`"), &theirs, "–".into()),
        ],
        demands: vec![
            Demand {
                what: "speed of a check by that of sha512sum".into(),
                wanted: format!("≥ {SPEED}"),
                found: format!("{ratio:.2}"),
                met: ratio >= SPEED,
            },
            Demand {
                what: "memory of a check".into(),
                wanted: format!("≤ {}", megabytes(LIMIT_BYTES)),
                found: megabytes(held),
                met: held <= LIMIT_BYTES,
            },
        ],
        details: json!({
            "files": files.len(), "bytes": bytes, "rounds": order.rounds, "jobs": order.jobs, "ratio": ratio,
            "check": {"wall_s": ours.wall_s, "cpu_s": ours.cpu_s, "high_water_bytes": held},
            "sha512sum": {"wall_s": theirs.wall_s, "cpu_s": theirs.cpu_s},
        }),
    });
    Ok(())
}

/// An archive of blank pages, each with many bytes that belong to no picture: so many case files of so many masters of so many
/// megabytes; one case file is small, for the self-test.
pub(crate) fn make_archive(
    setting: &Setting,
    (cases, masters, megabytes): (u32, u32, u64),
    folder: &Path,
) -> Result<PathBuf> {
    let (archive, batch) = (folder.join("archive"), fresh(&folder.join("batch"))?);
    let page = folder.join("page.png");
    succeed(Command::new("convert").args(["-size", "300x200", "xc:white"]).arg(&page), &[0])?;
    let page = std::fs::read(&page)?;
    let mut noise = std::fs::File::open("/dev/urandom").context("no random bytes")?;
    for case in 0..=cases {
        let case_folder = fresh(&batch.join(format!("HS-{case:03}")))?;
        for master in 0..if case == 0 { 1 } else { masters } {
            let mut file = std::fs::File::create(case_folder.join(format!("{master:04}.png")))?;
            file.write_all(&page)?;
            let ballast = if case == 0 { 1000 } else { megabytes * 1_000_000 };
            std::io::copy(&mut (&mut noise).take(ballast), &mut file)?;
        }
    }
    let password = folder.join("password");
    std::fs::write(&password, "a password for figures\n")?;
    succeed(setting.programs.hoso().arg("init").arg(&archive).arg("--password-file").arg(&password), &[0])?;
    let mut store = setting.programs.hoso();
    store.args(["batch", "run", "--secrecy", "thuong", "--archive"]).arg(&archive).arg(&batch);
    succeed(&mut store, &[0, 3])?;
    std::fs::remove_dir_all(&batch)?;
    Ok(archive)
}

/// Drops files from the page cache, as dd does when asked (its manual's own example).
pub(crate) fn forget(files: &[PathBuf]) -> Result<()> {
    for file in files {
        let mut dd = Command::new("dd");
        let of = [std::ffi::OsStr::new("of="), file.as_os_str()].join(std::ffi::OsStr::new(""));
        dd.arg(of).args(["oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"]);
        succeed(dd.stdin(Stdio::null()).stderr(Stdio::piped()), &[0])?;
    }
    Ok(())
}

pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    Ok(files)
}
