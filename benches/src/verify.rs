//! `hoso verify ARCHIVE` beside `sha256sum` over the same files on the same core, each from a cold cache; and its memory.

use crate::Setting;
use crate::fixity::{files_below, forget, make_archive};
use crate::measure::{Cost, cost, high_water};
use crate::pages::fresh;
use crate::table::{Demand, Report, Section};
use anyhow::Result;
use clap::Args;
use serde_json::json;
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
    /// Times that each program reads everything, in turns.
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
}

/// Speed of sha256sum that verifying must reach.
const SPEED: f64 = 0.85;

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let folder = fresh(&setting.work.join("verify"))?;
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
    let (mut ours, mut theirs, mut held) = (Cost::default(), Cost::default(), 0);
    for round in 1..=order.rounds {
        eprintln!("benches: round {round} of {}", order.rounds);
        forget(&files)?;
        // `hoso verify` reads with one thread: so does the other.
        let mut verify = setting.programs.hoso();
        let (spent, high) = high_water(verify.arg("verify").arg(&archive), &[0])?;
        ours += spent;
        held = held.max(high);
        forget(&files)?;
        let mut sums = Command::new("xargs");
        sums.args(["-0", "-a"]).arg(&list).args(["-n", "16", "-P", "1", "sha256sum", "--"]);
        theirs += cost(sums.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()), &[0])?;
    }
    let all_bytes = bytes as f64 * f64::from(order.rounds);
    let speed = |cost: &Cost| all_bytes / 1e6 / cost.wall_s;
    let row = |what: &str, cost: &Cost, held: String| {
        let per_gb = format!("{:.2}", cost.cpu_s / (all_bytes / 1e9));
        vec![what.into(), format!("{:.0}", speed(cost)), per_gb, held]
    };
    let ratio = speed(&ours) / speed(&theirs);
    report.add(Section {
        title: format!("Verifying an archive: {} files, {:.1} GB", files.len(), bytes as f64 / 1e9),
        about: "Each program reads all files of the storage root with one thread, in turns, the page cache dropped before. `hoso verify` makes SHA-512 (inventories) and SHA-256 (seals) of each and judges seals, log and time stamps; `sha256sum` one digest.".into(),
        columns: vec!["program", "MB/s", "CPU-s/GB", "VmHWM"],
        rows: vec![
            row("`hoso verify`", &ours, format!("{:.0} MB", held as f64 / 1e6)),
            row("`sha256sum`", &theirs, "–".into()),
        ],
        demands: vec![Demand {
            what: "speed of verifying by that of sha256sum".into(),
            wanted: format!("≥ {SPEED}"),
            found: format!("{ratio:.2}"),
            met: ratio >= SPEED,
        }],
        details: json!({
            "files": files.len(), "bytes": bytes, "rounds": order.rounds, "ratio": ratio,
            "verify": {"wall_s": ours.wall_s, "cpu_s": ours.cpu_s, "high_water_bytes": held},
            "sha256sum": {"wall_s": theirs.wall_s, "cpu_s": theirs.cpu_s},
        }),
    });
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
