//! A whole search by `hoso search`: the part that no index knows is the sealed register and the sealed text of each hit, opened, compared with
//! the seal and read for its snippet and its boxes. Each hit is in another case file, which is the dearest there is.

use crate::Setting;
use crate::programs::{check, succeed};
use crate::search::text::{STOCK, Words};
use crate::search::{median, p95};
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Case files, one for each hit.
    #[arg(long, default_value_t = 20)]
    cases: usize,
    /// Pages of each.
    #[arg(long, default_value_t = 250)]
    pages: usize,
    /// Ask an archive that an earlier run made.
    #[arg(long)]
    again: bool,
}

/// Pages of print in each case file, in a TIFF of their own.
const PRINTED: usize = 2;
/// Pages of each other received file, a TIFF. Small ones: their text is listed and never read.
const PAGES_A_FILE: usize = 10;
/// Of the slowest of twenty questions.
const MOST_MS: f64 = 80.0;

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let archive = setting.work.join("reading-room");
    if !order.again {
        make(setting, order, &archive)?;
    }
    let mut rows = Vec::new();
    let mut demands = Vec::new();
    for hits in [1, order.cases] {
        let times = ask(setting, &archive, hits)?;
        let slowest = p95(&times);
        let what = format!("{hits} hits in as many case files");
        rows.push(vec![what.clone(), format!("{:.0}", median(&times)), format!("{slowest:.0}")]);
        if hits > 1 {
            let (wanted, found) = (format!("p95 ≤ {MOST_MS} ms"), format!("{slowest:.0}"));
            demands.push(Demand { what, wanted, found, met: slowest <= MOST_MS });
        }
    }
    report.add(Section {
        title: format!("A whole search, {} case files of {} pages", order.cases, order.pages),
        about: format!(
            "`hoso search --group case`, forty phrases, with quotes and without; a process for each, so that nothing is remembered from the one before; the \
             time that it tells, from the question to the last box. Of the pages of each case file {PRINTED} have some 340 words and stand in another case \
             file too, the others are small and without words."
        ),
        columns: vec!["", "median ms", "p95 ms"],
        rows,
        demands,
        details: json!({}),
    });
    Ok(())
}

fn make(setting: &Setting, order: &Order, archive: &Path) -> Result<()> {
    let batch = setting.work.join("reading-room-batch");
    for folder in [archive, &batch] {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    let words = Words::new();
    for case in 0..order.cases {
        let folder = batch.join(format!("HS-{case:03}"));
        std::fs::create_dir_all(&folder)?;
        // The same pages stand in two case files.
        draw(&words, case % order.cases.div_ceil(2) * PRINTED, &folder.join("0000.tif"))?;
        for first in (PRINTED + 1..=order.pages).step_by(PAGES_A_FILE) {
            let numbers = (first..order.pages + 1).take(PAGES_A_FILE).map(|page| case * order.pages + page);
            std::fs::write(folder.join(format!("{first:04}.tif")), small_pages(numbers))?;
        }
    }
    let password = setting.work.join("reading-room.password");
    std::fs::write(&password, "một mật khẩu dài\n")?;
    succeed(setting.programs.hoso().arg("init").arg(archive).arg("--password-file").arg(&password), &[0])?;
    let mut run = setting.programs.hoso();
    run.args(["batch", "run", "--secrecy", "thuong", "--archive"]).arg(archive).arg(&batch);
    // 3: pages for a person to look at, such as those that come twice.
    succeed(&mut run, &[0, 3])?;
    std::fs::remove_dir_all(&batch)?;
    Ok(())
}

/// Pages of print, black and white, as a scanner set for text gives them.
fn draw(words: &Words, from: usize, tiff: &Path) -> Result<()> {
    let mut command = Command::new("convert");
    command.args([
        "-density",
        "200",
        "-units",
        "PixelsPerInch",
        "-font",
        "Liberation-Serif",
        "-pointsize",
        "12",
    ]);
    for page in from..from + PRINTED {
        // Every phrase that will be asked for, then words of its own.
        let stock = STOCK.iter().flat_map(|phrase| phrase.split(' ')).map(str::to_owned);
        let text: Vec<String> = stock.chain(words.page(page)).take(340).collect();
        let lines: Vec<String> = text.chunks(12).map(|line| line.join(" ")).collect();
        command.args([
            "(",
            "-size",
            "1654x2339",
            "xc:white",
            "-annotate",
            "+120+180",
            &lines.join("\n"),
            ")",
        ]);
    }
    succeed(command.args(["-threshold", "60%", "-compress", "Group4"]).arg(tiff), &[0])
}

/// A TIFF of pages of 256 × 80 pixels, black and white, not compressed: each shows the bits of its number as bars.
fn small_pages(numbers: impl Iterator<Item = usize>) -> Vec<u8> {
    const ROWS: usize = 80;
    const ROW_BYTES: usize = 32;
    let mut tiff = b"II*\0".to_vec();
    let mut link = tiff.len();
    tiff.extend([0; 4]);
    for number in numbers {
        let strip = tiff.len() as u32;
        for row in 0..ROWS {
            let bar =
                |column: usize| (20..60).contains(&row) && column >= 4 && number >> (column - 4) & 1 == 1;
            tiff.extend((0..ROW_BYTES).map(|column| if bar(column) { 0xFF } else { 0 }));
        }
        let directory = tiff.len() as u32;
        tiff[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        // Width, height, bits, no compression, white is zero, place, samples, rows and bytes of the strip: tag and value, all LONG.
        let (width, height, bytes) = (8 * ROW_BYTES as u32, ROWS as u32, (ROWS * ROW_BYTES) as u32);
        let fields = [
            (256, width),
            (257, height),
            (258, 1),
            (259, 1),
            (262, 0),
            (273, strip),
            (277, 1),
            (278, height),
            (279, bytes),
        ];
        tiff.extend((fields.len() as u16).to_le_bytes());
        for (tag, value) in fields {
            tiff.extend([tag as u16, 4].iter().flat_map(|n| n.to_le_bytes()));
            tiff.extend([1u32, value].iter().flat_map(|n| n.to_le_bytes()));
        }
        link = tiff.len();
        tiff.extend([0; 4]);
    }
    tiff
}

/// Milliseconds of forty questions, each asked twice: the second time the disk's pages are in memory.
fn ask(setting: &Setting, archive: &Path, hits: usize) -> Result<Vec<f64>> {
    let questions = STOCK.iter().flat_map(|phrase| [(*phrase).to_owned(), format!("\"{phrase}\"")]);
    let mut times = Vec::new();
    for question in questions {
        let mut second = None;
        for _ in 0..2 {
            let mut search = setting.programs.hoso();
            search.args(["search", "--json", "--group", "case", "--limit", &hits.to_string(), "--archive"]);
            search.arg(archive).arg(&question).stdout(Stdio::piped());
            let out = search.output().context("cannot start hoso")?;
            check(search.get_program(), out.status, &out.stderr, &[0])?;
            let lines = out.stdout.split(|b| *b == b'\n').filter(|line| !line.is_empty());
            let lines: Vec<Value> = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
            let lit = |line: &&Value| {
                line["type"] == "hit" && line["boxes"].as_array().is_some_and(|b| !b.is_empty())
            };
            let found = lines.iter().filter(lit).count();
            ensure!(found == hits, "{question}: {found} hits with boxes instead of {hits}");
            second =
                lines.iter().find(|line| line["type"] == "answer").and_then(|line| line["took_ms"].as_f64());
        }
        times.push(second.context("hoso search tells no time")?);
    }
    Ok(times)
}
