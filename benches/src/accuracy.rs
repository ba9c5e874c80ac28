//! Error rates of `hoso` on the named sets, on the files as they are received.

use crate::Setting;
use crate::alto;
use crate::measure::{Cost, cost};
use crate::pages::{fresh, make};
use crate::table::{Demand, Report, Section, percent};
use anyhow::{Context, Result, ensure};
use clap::Args;
use fixtures::truth::{PageTruth, Truth};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vitext::cer::{ErrorCount, Level, cer, wer};

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages of each set.
    #[arg(long, default_value_t = 40)]
    pub pages: u32,
    /// The sets.
    #[arg(long, value_delimiter = ',', default_values_t = sets())]
    pub sets: Vec<String>,
}

impl Default for Order {
    fn default() -> Self {
        Self { pages: 40, sets: sets() }
    }
}

fn sets() -> Vec<String> {
    [
        "clean-300",
        "stamped-300",
        "worn-200",
        "fax-100",
        "low-contrast-200",
        "typewriter-200",
        "rotated",
        "blank-and-near-blank",
    ]
    .map(str::to_owned)
    .into()
}

#[derive(Default)]
struct SetAccount {
    cost: Cost,
    pages: u64,
    levels: [ErrorCount; 3],
    words: ErrorCount,
    outcomes: BTreeMap<String, u64>,
    /// Blank pages of the truth that were called blank, and all of them.
    blanks: (u64, u64),
    /// Pages with print that were called blank: text lost without a word.
    wrongly_blank: u64,
    details: Vec<serde_json::Value>,
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    let mut demands = Vec::new();
    let mut details = serde_json::Map::new();
    for name in &order.sets {
        let account = read_set(setting, name, order.pages)?;
        let [exact, tone, ascii] = account.levels;
        let outcomes: Vec<String> =
            account.outcomes.iter().map(|(outcome, n)| format!("{outcome} {n}")).collect();
        rows.push(vec![
            name.clone(),
            percent(exact.rate()),
            percent(tone.rate()),
            percent(ascii.rate()),
            percent(account.words.rate()),
            outcomes.join(", "),
            format!("{} of {}", account.blanks.0, account.blanks.1),
            account.wrongly_blank.to_string(),
            format!("{:.2}", account.cost.cpu_s / account.pages as f64),
        ]);
        if name == "clean-300" {
            let (what, wanted) = ("CER of clean-300".into(), "≤ 0.10 %".into());
            demands.push(Demand {
                what,
                wanted,
                found: format!("{:.3} %", exact.rate() * 100.0),
                met: exact.rate() <= 0.001,
            });
        }
        details.insert(name.clone(), json!(account.details));
    }
    report.add(Section {
        title: format!("Error rates, {} pages of each set", order.pages),
        about: "`hoso ocr --format alto` on the received files; the body without marks against the truth."
            .into(),
        columns: vec![
            "set",
            "CER",
            "tone-folded",
            "ASCII-folded",
            "WER",
            "outcomes",
            "blank pages found",
            "print called blank",
            "CPU-s/page",
        ],
        rows,
        demands,
        details: details.into(),
    });
    Ok(())
}

/// Reads all files of a set, a process for each: names repeat from case file to case file.
fn read_set(setting: &Setting, name: &str, pages: u32) -> Result<SetAccount> {
    let set = make(setting, name, pages)?;
    let mut account = SetAccount::default();
    let files = files(&set.truth);
    eprintln!("benches: reading {} files of {name}", files.len());
    let out = fresh(&setting.work.join("accuracy"))?.join("out.xml");
    for file in &files {
        let mut command = setting.programs.hoso();
        command.args(["ocr", "--format", "alto", "--out"]).arg(&out).arg(set.batch.join(file));
        account.cost += cost(&mut command, &[0, 3])?;
        account.judge(file, &set.truth, &out)?;
    }
    Ok(account)
}

/// The received files in order.
fn files(truth: &Truth) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for page in truth.pages() {
        if !files.contains(&page.file) {
            files.push(page.file.clone());
        }
    }
    files
}

impl SetAccount {
    fn judge(&mut self, file: &str, truth: &Truth, alto: &Path) -> Result<()> {
        let read = alto::pages(&std::fs::read_to_string(alto)?)
            .with_context(|| PathBuf::from(file).display().to_string())?;
        let there: Vec<&PageTruth> = truth.pages().filter(|page| page.file == file).collect();
        ensure!(read.len() == there.len(), "{file}: {} pages read of {}", read.len(), there.len());
        for (page, truth) in read.iter().zip(there) {
            let counts = Level::ALL.map(|level| cer(&truth.body, &page.body, level));
            for (sum, count) in self.levels.iter_mut().zip(counts) {
                *sum += count;
            }
            self.words += wer(&truth.body, &page.body, Level::Exact);
            self.pages += 1;
            *self.outcomes.entry(page.outcome.clone()).or_default() += 1;
            let called_blank = page.outcome == "blank";
            self.blanks.0 += u64::from(truth.blank && called_blank);
            self.blanks.1 += u64::from(truth.blank);
            self.wrongly_blank += u64::from(called_blank && !truth.blank);
            let [exact, ..] = counts;
            self.details.push(json!({
                "file": file, "page_idx": truth.page_idx, "outcome": page.outcome, "blank": truth.blank,
                "edits": exact.edits, "length": exact.length, "marks": page.marks.split_whitespace().collect::<Vec<_>>().join(" "),
            }));
        }
        Ok(())
    }
}
