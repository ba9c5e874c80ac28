//! Memory of one worker over many pages: what it holds between two pages must not rise, and the largest page has a bound.

use crate::Setting;
use crate::measure::{children_named, resident};
use crate::pages::{MadeSet, make};
use crate::programs::{check, succeed};
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages that one worker reads.
    #[arg(long, default_value_t = 1000)]
    pub pages: u32,
    /// Different pages among them; they come again and again.
    #[arg(long, default_value_t = 50)]
    pub distinct: u32,
}

/// Pages after which memory is noted for the first time.
const EARLY: u32 = 100;
/// Pages around such a place over which the lowest value is what the worker holds between two pages.
const AROUND: u32 = 10;
/// What may be added from there to the end.
const GROWTH_BYTES: u64 = 5_000_000;
/// What a worker may hold for an A4 page at 300 dpi.
const A4_BYTES: u64 = 260_000_000;
/// An A3 page at 600 dpi.
const A3_PX: (u32, u32) = (7016, 9921);

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    ensure!(order.pages > EARLY + AROUND, "growth is told from page {EARLY} on");
    let set = make(setting, "clean-300", order.distinct)?;
    let files = files(&set)?;
    let each = set.truth.cases.iter().map(|(_, pages)| pages.len() as u32).sum::<u32>();
    let rounds = order.pages.div_ceil(each.max(1)) as usize;
    let a4 = read(setting, &vec![files; rounds].concat())?;
    let a3 = read(setting, &[a3_page(setting, &set)?])?;
    let (early, late) = (a4.between_pages(EARLY), a4.between_pages(a4.pages() - AROUND));
    let mb = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    let row = |what: &str, run: &Run, held: String| {
        vec![what.into(), run.pages().to_string(), held, mb(run.peak()), run.workers.len().to_string()]
    };
    let demand = |what: &str, wanted: u64, found: u64| Demand {
        what: what.into(),
        wanted: format!("≤ {} MB", mb(wanted)),
        found: format!("{} MB", mb(found)),
        met: found <= wanted,
    };
    let held = format!("{} after {EARLY}, {} at the end", mb(early), mb(late));
    report.add(Section {
        title: "Memory of one worker".into(),
        about: "VmRSS of `hoso-worker` under `hoso ocr`, sampled every 10 ms; between two pages: the lowest of ten pages on either side.".into(),
        columns: vec!["pages", "read", "MB between two pages", "peak MB", "workers"],
        rows: vec![row("A4, 300 dpi", &a4, held), row("A3, 600 dpi", &a3, "–".into())],
        demands: vec![
            demand(&format!("growth from page {EARLY} to the last"), GROWTH_BYTES, late.saturating_sub(early)),
            demand("A4 at 300 dpi", A4_BYTES, a4.peak()),
        ],
        details: json!({
            "a4": {"pages": a4.pages(), "early_bytes": early, "late_bytes": late, "peak_bytes": a4.peak(), "workers": a4.workers.len()},
            "a3": {"pages": a3.pages(), "peak_bytes": a3.peak(), "workers": a3.workers.len()},
        }),
    });
    Ok(())
}

/// The received files of a set, in order.
fn files(set: &MadeSet) -> Result<Vec<PathBuf>> {
    let pages = set.truth.cases.iter().flat_map(|(_, pages)| pages);
    let names: BTreeSet<&str> = pages.map(|page| page.file.as_str()).collect();
    Ok(names.into_iter().map(|name| set.batch.join(name)).collect())
}

/// A page of the set enlarged to A3 at 600 dpi, as a colour JPEG.
fn a3_page(setting: &Setting, set: &MadeSet) -> Result<PathBuf> {
    let files = files(set)?;
    let pdf = files.iter().find(|file| file.extension().is_some_and(|e| e == "pdf"));
    let stem = setting.work.join("a3");
    let (across, down) = (A3_PX.0.to_string(), A3_PX.1.to_string());
    let mut command = Command::new("pdftoppm");
    command.args(["-jpeg", "-singlefile", "-scale-to-x", &across, "-scale-to-y", &down]);
    succeed(command.arg(pdf.context("the set holds no PDF")?).arg(&stem), &[0])?;
    Ok(stem.with_extension("jpg"))
}

/// What was seen of the worker while pages were read.
#[derive(Debug, Default)]
struct Run {
    /// Pages finished, and bytes held then.
    samples: Vec<(u32, u64)>,
    workers: BTreeSet<u32>,
}

impl Run {
    fn pages(&self) -> u32 {
        self.samples.last().map_or(0, |sample| sample.0)
    }

    fn peak(&self) -> u64 {
        self.samples.iter().map(|sample| sample.1).max().unwrap_or(0)
    }

    fn between_pages(&self, page: u32) -> u64 {
        let near = self.samples.iter().filter(|(at, _)| at.abs_diff(page) <= AROUND);
        near.map(|sample| sample.1).min().unwrap_or(0)
    }
}

/// Reads files one after the other in one worker and watches it.
fn read(setting: &Setting, files: &[impl AsRef<Path>]) -> Result<Run> {
    let mut command = setting.programs.hoso();
    command.args(["ocr", "--json", "--format", "text"]).args(files.iter().map(AsRef::as_ref));
    let mut child = command.stderr(Stdio::piped()).spawn().context("cannot start hoso")?;
    let (root, said) = (child.id(), child.stderr.take().context("standard error is piped")?);
    let (pages, done) = (AtomicU32::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut run = Run::default();
            while !done.load(Ordering::Relaxed) {
                for worker in children_named(root, "hoso-worker") {
                    run.workers.insert(worker);
                    run.samples.push((pages.load(Ordering::Relaxed), resident(worker).unwrap_or(0)));
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            // one that ends holds nothing any more
            run.samples.retain(|sample| sample.1 > 0);
            run.samples.push((pages.load(Ordering::Relaxed), run.samples.last().map_or(0, |s| s.1)));
            run
        });
        let told = count_pages(said, &pages);
        let status = child.wait();
        done.store(true, Ordering::Relaxed);
        let run = sampler.join().expect("the sampler does not panic");
        // 3: a page wants a person's eyes
        check("hoso".as_ref(), status?, &told?, &[0, 3])?;
        Ok(run)
    })
}

/// Counts the pages told in lines of JSON, and keeps all other lines.
fn count_pages(said: impl Read, pages: &AtomicU32) -> Result<Vec<u8>> {
    let mut rest = Vec::new();
    for line in BufReader::new(said).lines() {
        let line = line?;
        if line.contains(r#""type":"page""#) {
            pages.fetch_add(1, Ordering::Relaxed);
        } else {
            rest.extend_from_slice(line.as_bytes());
            rest.push(b'\n');
        }
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_between_pages_is_the_lowest_nearby() {
        let samples = vec![(0, 90), (95, 200), (100, 120), (104, 180), (500, 60), (990, 230), (1000, 125)];
        let run = Run { samples, workers: BTreeSet::new() };
        assert_eq!((run.between_pages(100), run.between_pages(990), run.peak()), (120, 125, 230));
        assert_eq!(run.pages(), 1000);
    }

    #[test]
    fn pages_are_counted_and_other_words_kept() {
        let pages = AtomicU32::new(0);
        let said = "{\"type\":\"page\",\"v\":1}\nno paper\n{\"type\":\"page\",\"v\":1}\n";
        assert_eq!(count_pages(said.as_bytes(), &pages).unwrap(), b"no paper\n");
        assert_eq!(pages.load(Ordering::Relaxed), 2);
    }
}
