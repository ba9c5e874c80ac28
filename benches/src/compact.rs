//! Size of searchable PDFs: as received and in layers, beside OCRmyPDF with its own settings and with the smallest that
//! keeps 200 dpi; and whether layers change the text that others find.

use crate::Setting;
use crate::measure::{Cost, cost};
use crate::pages::{Volume, fresh, make, volumes};
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages in all.
    #[arg(long, default_value_t = 40)]
    pub pages: u32,
    /// The set; its pages must be JPEG inside whatever files.
    #[arg(long, default_value = "stamped-300")]
    pub set: String,
    /// Pages of a volume: programs take turns after so many.
    #[arg(long, default_value_t = 8)]
    pub volume: usize,
}

impl Default for Order {
    fn default() -> Self {
        Self { pages: 40, set: "stamped-300".into(), volume: 8 }
    }
}

/// Most of OCRmyPDF's size that the compact PDF may have.
const LIMIT: f64 = 0.25;

/// The smallest that OCRmyPDF documents for colour pages at no less than 200 dpi, without a program that Debian's package
/// does not bring along.
const SMALL: [&str; 8] = [
    "--pdfa-backend",
    "ghostscript",
    "--pdfa-image-compression",
    "jpeg",
    "--ghostscript-jpeg-quality",
    "50",
    "--ghostscript-jpeg-maxdpi",
    "200",
];

/// What one program wrote.
#[derive(Default)]
struct Account {
    label: &'static str,
    cost: Cost,
    bytes: u64,
    words: usize,
    /// Pages with a stencil over their background.
    layered: usize,
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let set = make(setting, &order.set, order.pages)?;
    let folder = fresh(&setting.work.join("compact"))?;
    let volumes = volumes(&set, order.volume, &folder, &setting.programs)?;
    let labels = [
        "`hoso ocr --format pdf`",
        "`hoso ocr --format pdf --pdf compact`",
        "`ocrmypdf --output-type pdfa-2`",
        "`ocrmypdf …`, JPEG quality 50 at 200 dpi",
    ];
    let mut accounts = labels.map(|label| Account { label, ..Account::default() });
    let mut same_text = 0;
    for (n, volume) in volumes.iter().enumerate() {
        eprintln!("benches: volume {} of {} ({} pages)", n + 1, volumes.len(), volume.truth.len());
        let mut texts = Vec::new();
        for (which, account) in accounts.iter_mut().enumerate() {
            texts.push(account.write(setting, volume, which, &folder).with_context(|| account.label)?);
        }
        same_text += usize::from(texts[0] == texts[1]);
    }
    let pages: usize = volumes.iter().map(|volume| volume.truth.len()).sum();
    report.add(section(order, set.seed, pages, (same_text, volumes.len()), &accounts));
    Ok(())
}

impl Account {
    /// Writes a volume; the text that `pdftotext` finds in it.
    fn write(&mut self, setting: &Setting, volume: &Volume, which: usize, folder: &Path) -> Result<String> {
        let (pdf, sidecar) = (folder.join(format!("{which}.pdf")), folder.join("sidecar.txt"));
        let programs = &setting.programs;
        let mut command = match which {
            0 | 1 => {
                let mut command = programs.hoso();
                let kind = if which == 0 { "faithful" } else { "compact" };
                command.args(["ocr", "--format", "pdf", "--pdf", kind, "--out"]).arg(&pdf).arg(&volume.pdf);
                command
            }
            2 => programs.ocrmypdf(&[], &volume.pdf, &pdf, &sidecar),
            _ => programs.ocrmypdf(&SMALL, &volume.pdf, &pdf, &sidecar),
        };
        self.cost += cost(&mut command, &[0, 3])?;
        self.bytes += std::fs::metadata(&pdf)?.len();
        let text = said(Command::new("pdftotext").args(["-enc", "UTF-8"]).arg(&pdf).arg("-"))?;
        self.words += text.split_whitespace().count();
        let images = said(Command::new("pdfimages").arg("-list").arg(&pdf))?;
        let stencils = images.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let layered: BTreeSet<String> = stencils
            .filter(|cells| cells.get(2) == Some(&"stencil"))
            .map(|cells| cells[0].to_owned())
            .collect();
        self.layered += layered.len();
        Ok(text)
    }
}

/// Standard output of a judge.
fn said(command: &mut Command) -> Result<String> {
    let out =
        command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(out.status.success(), "{} ended with {}", command.get_program().display(), out.status);
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

fn section(order: &Order, seed: u64, pages: usize, same: (usize, usize), accounts: &[Account; 4]) -> Section {
    let per_page = |account: &Account| account.bytes as f64 / pages as f64;
    let theirs = per_page(&accounts[2]);
    let ratio = per_page(&accounts[1]) / theirs;
    let rows = accounts.iter().map(|account| {
        vec![
            account.label.to_owned(),
            format!("{:.1}", per_page(account) / 1000.0),
            format!("{:.2}", per_page(account) / theirs),
            account.words.to_string(),
            account.layered.to_string(),
            format!("{:.2}", account.cost.cpu_s / pages as f64),
        ]
    });
    let (same, volumes) = same;
    Section {
        title: format!("Compact PDF: {}, {pages} pages, seed {seed}", order.set),
        about: "Bytes of the whole PDF/A; words as `pdftotext` finds them.".into(),
        columns: vec!["program", "kB/page", "of OCRmyPDF", "words", "pages in layers", "CPU-s/page"],
        rows: rows.collect(),
        demands: vec![
            Demand {
                what: "compact PDF, mean size beside OCRmyPDF".into(),
                wanted: format!("≤ {LIMIT} ×"),
                found: format!("{ratio:.3} ×"),
                met: ratio <= LIMIT,
            },
            Demand {
                what: "volumes whose compact and faithful PDF give the same text".into(),
                wanted: format!("{volumes}"),
                found: format!("{same}"),
                met: same == volumes,
            },
        ],
        details: json!(accounts.iter().map(|a| json!({"program": a.label, "bytes": a.bytes, "words": a.words, "layered": a.layered, "cpu_s": a.cost.cpu_s})).collect::<Vec<_>>()),
    }
}
