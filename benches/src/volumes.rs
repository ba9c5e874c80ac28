//! One case file of very many pages: the memory of storing, checking, rebuilding, listing and searching it. Stored by the whole main job;
//! only recognising is spared: every received file holds the same bytes, so that its pages are read once, and taken from the
//! ledger for the others, as for any file that comes twice. The archive keeps equal bytes of an object once, too: with
//! `--distinct` every file ends with bytes of its own, so that each is stored, checked, and recognised.

use crate::Setting;
use crate::measure::{Cost, Peak, peak};
use crate::programs::succeed;
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages of the case file; several sizes, one after the other.
    #[arg(long, num_args = 1.., default_values_t = [10_000, 100_000])]
    pages: Vec<u32>,
    /// Every received file has bytes of its own: all are stored and read, and all pages are recognised, which takes its time.
    #[arg(long)]
    distinct: bool,
}

/// Pages of one received file, a TIFF.
const PAGES_A_FILE: u32 = 50;
/// Stands on each of them.
const EVERY_PAGE: &str = "trang";
const MEMORY_BYTES: u64 = 150_000_000;

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let tiff = setting.work.join("volumes.tif");
    draw(&tiff, PAGES_A_FILE)?;
    let (mut rows, mut highest) = (Vec::new(), 0);
    for pages in &order.pages {
        for (what, cost, memory) in one_size(setting, &tiff, *pages, order.distinct)? {
            highest = highest.max(memory.anonymous_bytes);
            let megabytes = format!("{:.1}", memory.anonymous_bytes as f64 / 1e6);
            rows.push(vec![pages.to_string(), what.into(), format!("{:.1}", cost.wall_s), megabytes]);
        }
    }
    let bytes = match order.distinct {
        true => "each with bytes of its own: all of it is the real work, recognising too",
        false => {
            "all of them with the same bytes: they are recognised once, and each volume stores and checks them once; lists, texts and \
             searchable copies are the real work"
        }
    };
    report.add(Section {
        title: "One case file of many pages".into(),
        about: format!(
            "{PAGES_A_FILE} tiny pages (220 × 60 pixels, black and white) in each received TIFF, {bytes}. Memory: anonymous, of all processes \
             together, the worker too."
        ),
        columns: vec!["pages", "", "seconds", "MB"],
        rows,
        demands: vec![Demand {
            what: "memory".into(),
            wanted: format!("≤ {} MB", MEMORY_BYTES / 1_000_000),
            found: format!("{:.1} MB", highest as f64 / 1e6),
            met: highest <= MEMORY_BYTES,
        }],
        details: json!({}),
    });
    Ok(())
}

fn one_size(
    setting: &Setting,
    tiff: &Path,
    pages: u32,
    distinct: bool,
) -> Result<Vec<(&'static str, Cost, Peak)>> {
    let (archive, batch) = (setting.work.join("volumes"), setting.work.join("volumes-batch"));
    for folder in [&archive, &batch] {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    let password = setting.work.join("volumes.password");
    std::fs::write(&password, "một mật khẩu dài\n")?;
    succeed(setting.programs.hoso().arg("init").arg(&archive).arg("--password-file").arg(&password), &[0])?;
    let case = batch.join("HS-1");
    std::fs::create_dir_all(&case)?;
    for file in 1..=pages.div_ceil(PAGES_A_FILE) {
        let path = case.join(format!("{file:06}.tif"));
        if !distinct {
            std::fs::hard_link(tiff, path)?;
            continue;
        }
        std::fs::copy(tiff, &path)?;
        // Behind everything that the TIFF points to: no decoder looks there.
        write!(std::fs::File::options().append(true).open(path)?, "file {file:06}")?;
    }
    // Bút lục of the last pages alone: a list of all of them would be measured, too.
    let last = pages.div_ceil(PAGES_A_FILE);
    let first_page = u64::from(last - 1) * u64::from(PAGES_A_FILE) + 1;
    let rows =
        (1..=PAGES_A_FILE).zip(first_page..).map(|(page, folio)| format!("{last:06}.tif,{page},{folio}\n"));
    std::fs::write(case.join("butluc.csv"), format!("file,page,folio\n{}", rows.collect::<String>()))?;
    let on = |words: &[&str]| {
        let mut command = setting.programs.hoso();
        command.args(words).arg("--archive").arg(&archive);
        command
    };
    let mut rows = Vec::new();
    let mut measure = |what, command: &mut Command, codes: &[i32]| -> Result<()> {
        let (cost, memory) = peak(command, codes)?;
        rows.push((what, cost, memory));
        Ok(())
    };
    // 3: that a file comes twice is for a person to look at.
    measure("stored", on(&["batch", "run", "--workers", "1", "--secrecy", "thuong"]).arg(&batch), &[0, 3])?;
    measure("checked", &mut on(&["archive", "check"]), &[0])?;
    std::fs::remove_file(archive.join("ledger.sqlite"))?;
    std::fs::remove_dir_all(archive.join("index"))?;
    measure("ledger and index made anew", &mut on(&["index", "rebuild"]), &[0])?;
    measure("listed", &mut on(&["case", "list"]), &[0])?;
    measure("shown, every page", &mut on(&["case", "show", "HS-1", "--json"]), &[0])?;
    let all = u64::from(last) * u64::from(PAGES_A_FILE);
    let one = format!("ho-so:HS-1 bl:{all}");
    for (what, query, expected) in [
        ("searched: a word of every page, first sheet", EVERY_PAGE, all),
        ("searched: the last page by its bút lục", one.as_str(), 1),
    ] {
        measure(what, &mut on(&["search", query, "--json"]), &[0])?;
        let found = total(&mut on(&["search", query, "--json", "--limit", "0"]))?;
        ensure!(found == expected, "{query}: {found} of {expected} pages found");
    }
    std::fs::remove_dir_all(&archive)?;
    std::fs::remove_dir_all(&batch)?;
    Ok(rows)
}

/// How many pages a search says that it found.
fn total(search: &mut Command) -> Result<u64> {
    let out = search.stdout(Stdio::piped()).output()?;
    let lines = String::from_utf8(out.stdout)?;
    let answer = lines.lines().last().context("no answer")?;
    serde_json::from_str::<Value>(answer)?["total"].as_u64().context("no total")
}

/// Tiny pages, each with its number.
pub(crate) fn draw(tiff: &Path, pages: u32) -> Result<()> {
    let mut command = Command::new("convert");
    for page in 1..=pages {
        command.args(["(", "-size", "220x60", "xc:white", "-font", "Liberation-Serif", "-pointsize", "28"]);
        command.args(["-annotate", "+10+40", &format!("trang {page}"), ")"]);
    }
    command.args(["-density", "100", "-units", "PixelsPerInch", "-monochrome", "-compress", "Group4"]);
    succeed(command.arg(tiff), &[0])
}
