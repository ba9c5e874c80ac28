//! The main job beside its peers: OCR and PDF against OCRmyPDF and tesseract on the same pictures, and everything up to
//! the sealed, indexed archive against OCR and PDF alone.
//!
//! Programs take turns volume by volume, so that whatever else the machine does falls on all of them alike.

use crate::Setting;
use crate::alto;
use crate::measure::{Cost, cost};
use crate::pages::{Volume, fresh, make, volumes};
use crate::table::{Demand, Report, Section, percent};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;
use std::path::Path;
use vitext::cer::{ErrorCount, Level, cer, wer};

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
    /// How often the whole main job and OCR alone take turns.
    #[arg(long, default_value_t = 2)]
    pub rounds: u32,
    /// Leave the peers out: only the whole main job against OCR and PDF alone.
    #[arg(long)]
    pub no_peers: bool,
    /// OCRmyPDF with its main settings only: a third of the time.
    #[arg(long)]
    pub quick: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self { pages: 40, set: "stamped-300".into(), volume: 8, rounds: 2, no_peers: false, quick: false }
    }
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    HosoPdf,
    HosoAlto,
    OcrMyPdf,
    OcrMyPdfTurned,
    OcrMyPdfFast,
    Tesseract,
}

impl Reader {
    const ALL: [Self; 6] = [
        Self::HosoPdf,
        Self::OcrMyPdf,
        Self::Tesseract,
        Self::HosoAlto,
        Self::OcrMyPdfTurned,
        Self::OcrMyPdfFast,
    ];

    /// Whether it is another setting of one that takes part anyway.
    fn is_extra(self) -> bool {
        matches!(self, Self::OcrMyPdfTurned | Self::OcrMyPdfFast)
    }

    fn label(self) -> &'static str {
        match self {
            Self::HosoPdf => "`hoso ocr --format pdf`",
            Self::HosoAlto => "`hoso ocr --format alto`",
            Self::OcrMyPdf => "`ocrmypdf --output-type pdfa-2`",
            Self::OcrMyPdfTurned => "`ocrmypdf … --rotate-pages --deskew`",
            Self::OcrMyPdfFast => "`ocrmypdf … --optimize 0 --pdfa-backend internal`",
            Self::Tesseract => "`tesseract … --psm 3 pdf txt`, a process a page",
        }
    }
}

/// What one reader needed and read.
#[derive(Debug, Default)]
struct Account {
    cost: Cost,
    characters: ErrorCount,
    folded: ErrorCount,
    words: ErrorCount,
    /// Page, character errors, characters of the truth.
    pages: Vec<(String, u64, u64)>,
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let set = make(setting, &order.set, order.pages)?;
    let folder = fresh(&setting.work.join("main-job"))?;
    let volumes = volumes(&set, order.volume, &folder, &setting.programs)?;
    if !order.no_peers {
        peers(setting, order, set.seed, &folder, &volumes, report)?;
    }
    whole_job(setting, order, &folder, &volumes, report)
}

fn peers(
    setting: &Setting,
    order: &Order,
    seed: u64,
    folder: &Path,
    volumes: &[Volume],
    report: &mut Report,
) -> Result<()> {
    let out = fresh(&folder.join("read"))?;
    let readers = Reader::ALL.into_iter().filter(|reader| !order.quick || !reader.is_extra());
    let mut accounts: Vec<(Reader, Account)> = readers.map(|reader| (reader, Account::default())).collect();
    for (n, volume) in volumes.iter().enumerate() {
        eprintln!("benches: volume {} of {} ({} pages)", n + 1, volumes.len(), volume.truth.len());
        // Another one is first every time.
        for turn in 0..accounts.len() {
            let place = (turn + n) % accounts.len();
            let (reader, account) = &mut accounts[place];
            let (cost, texts) = read(*reader, setting, volume, &out)
                .with_context(|| format!("{} on {}", reader.label(), volume.pdf.display()))?;
            account.cost += cost;
            if let Some(texts) = texts {
                account.judge(volume, &texts)?;
            }
        }
    }
    report.add(peers_section(order, seed, volumes, &accounts));
    Ok(())
}

/// Reads a volume; the text of its pages where the format holds it plainly.
fn read(
    reader: Reader,
    setting: &Setting,
    volume: &Volume,
    out: &Path,
) -> Result<(Cost, Option<Vec<String>>)> {
    let programs = &setting.programs;
    let (pdf, text) = (out.join("out.pdf"), out.join("out.txt"));
    let hoso = |format: &str, to: &Path| {
        let mut command = programs.hoso();
        command.args(["ocr", "--format", format, "--out"]).arg(to).arg(&volume.pdf);
        cost(&mut command, &[0, 3])
    };
    let ocrmypdf = |more: &[&str]| -> Result<_> {
        let cost = cost(&mut programs.ocrmypdf(more, &volume.pdf, &pdf, &text), &[0])?;
        Ok((cost, Some(form_feeds(&text)?)))
    };
    match reader {
        Reader::HosoPdf => Ok((hoso("pdf", &pdf)?, None)),
        Reader::HosoAlto => {
            let cost = hoso("alto", &text)?;
            let pages = alto::pages(&std::fs::read_to_string(&text)?)?;
            Ok((cost, Some(pages.into_iter().map(|page| page.body).collect())))
        }
        Reader::OcrMyPdf => ocrmypdf(&[]),
        Reader::OcrMyPdfTurned => ocrmypdf(&["--rotate-pages", "--deskew"]),
        Reader::OcrMyPdfFast => ocrmypdf(&["--optimize", "0", "--pdfa-backend", "internal"]),
        Reader::Tesseract => {
            let mut sum = Cost::default();
            let mut texts = Vec::new();
            for picture in &volume.pictures {
                sum += cost(&mut programs.tesseract(picture, &out.join("out"), "3"), &[0])?;
                texts.push(std::fs::read_to_string(&text)?);
            }
            Ok((sum, Some(texts)))
        }
    }
}

/// Pages of a text file parted by form feeds.
pub(crate) fn form_feeds(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path)?;
    let text = text.strip_suffix('\u{c}').unwrap_or(&text);
    Ok(text.split('\u{c}').map(str::to_owned).collect())
}

impl Account {
    fn judge(&mut self, volume: &Volume, texts: &[String]) -> Result<()> {
        let (found, there) = (texts.len(), volume.truth.len());
        ensure!(found == there, "text of {found} pages where there are {there}");
        for (text, truth) in texts.iter().zip(&volume.truth) {
            let characters = cer(&truth.body, text, Level::Exact);
            self.characters += characters;
            self.folded += cer(&truth.body, text, Level::AsciiFolded);
            self.words += wer(&truth.body, text, Level::Exact);
            self.pages.push((format!("{}/{}", volume.case, truth.page), characters.edits, characters.length));
        }
        Ok(())
    }

    fn has_text(&self) -> bool {
        !self.pages.is_empty()
    }
}

fn peers_section(order: &Order, seed: u64, volumes: &[Volume], accounts: &[(Reader, Account)]) -> Section {
    let pages: usize = volumes.iter().map(|volume| volume.truth.len()).sum();
    let of =
        |reader: Reader| accounts.iter().find(|(r, _)| *r == reader).map(|(_, a)| a).expect("all took part");
    let (ours, ours_text, theirs) = (of(Reader::HosoPdf), of(Reader::HosoAlto), of(Reader::OcrMyPdf));
    let rows = accounts.iter().map(|(reader, account)| {
        let cpu = account.cost.cpu_s;
        let text =
            |rate: ErrorCount| if account.has_text() { percent(rate.rate()) } else { "as ALTO".into() };
        vec![
            reader.label().to_owned(),
            format!("{:.2}", cpu / pages as f64),
            format!("{:.3}", pages as f64 / cpu),
            format!("{:.2}", theirs.cost.cpu_s / cpu),
            format!("{:.2}", account.cost.wall_s / pages as f64),
            text(account.characters),
            text(account.folded),
            text(account.words),
        ]
    });
    let settings = || {
        let of_ocrmypdf =
            |reader| matches!(reader, Reader::OcrMyPdf | Reader::OcrMyPdfTurned | Reader::OcrMyPdfFast);
        accounts.iter().filter(move |(reader, _)| of_ocrmypdf(*reader)).map(|(_, account)| account)
    };
    let fastest = settings().map(|account| account.cost.cpu_s).fold(f64::INFINITY, f64::min);
    let best = settings().map(|account| account.characters.rate()).fold(f64::INFINITY, f64::min);
    let (ratio, strict) = (theirs.cost.cpu_s / ours.cost.cpu_s, fastest / ours.cost.cpu_s);
    let rate = ours_text.characters.rate();
    let demands = vec![
        demand("pages per CPU-second against OCRmyPDF", "≥ 2.2 ×", format!("{ratio:.2} ×"), ratio >= 2.2),
        demand(
            "the same against the fastest of its settings here",
            "≥ 2.2 ×",
            format!("{strict:.2} ×"),
            strict >= 2.2,
        ),
        demand(
            "CER of the body against the best of OCRmyPDF's settings here",
            "≤ 0.2 ×",
            format!("{:.3} × ({} : {})", rate / best, percent(rate), percent(best)),
            rate <= best / 5.0,
        ),
    ];
    let details = accounts.iter().map(|(reader, account)| {
        json!({
            "reader": reader.label(), "cpu_s": account.cost.cpu_s, "wall_s": account.cost.wall_s,
            "characters": count(account.characters), "ascii_folded": count(account.folded), "words": count(account.words),
            "pages": account.pages.iter().map(|(page, edits, length)| json!([page, edits, length])).collect::<Vec<_>>(),
        })
    });
    Section {
        title: format!("OCR and PDF: {}, {pages} pages, seed {seed}", order.set),
        about: format!(
            "One process at a time, one thread each (`OMP_THREAD_LIMIT=1`, `--jobs 1`), {} volumes of up to {} pages as \
             image-only PDFs; tesseract gets the same JPEG pictures. Volume by volume in turn.",
            volumes.len(),
            order.volume
        ),
        columns: vec![
            "program",
            "CPU-s/page",
            "pages/CPU-s",
            "× OCRmyPDF",
            "wall s/page",
            "CER",
            "CER without marks of tone and letter",
            "WER",
        ],
        rows: rows.collect(),
        demands,
        details: json!({"pages": pages, "readers": details.collect::<Vec<_>>()}),
    }
}

fn whole_job(
    setting: &Setting,
    order: &Order,
    folder: &Path,
    volumes: &[Volume],
    report: &mut Report,
) -> Result<()> {
    let pages: usize = volumes.iter().map(|volume| volume.truth.len()).sum();
    let batch = folder.join("batch");
    let (mut alone, mut whole, mut init) = (Cost::default(), Cost::default(), Cost::default());
    for round in 0..order.rounds.max(1) {
        eprintln!("benches: whole main job, round {} of {}", round + 1, order.rounds.max(1));
        let out = fresh(&folder.join("alone"))?;
        for volume in volumes {
            let name = format!("{}-{}", volume.case, volume.pdf.file_name().unwrap_or_default().display());
            let mut command = setting.programs.hoso();
            command.args(["ocr", "--format", "pdf", "--out"]).arg(out.join(name)).arg(&volume.pdf);
            alone += cost(&mut command, &[0, 3])?;
        }
        let archive = fresh(&folder.join("whole"))?.join("archive");
        let mut command = setting.programs.hoso();
        let made = cost(command.arg("init").arg(&archive), &[0])?;
        init += made;
        whole += made;
        let mut command = setting.programs.hoso();
        command.args(["batch", "run"]).arg(&batch).arg("--archive").arg(&archive);
        whole += cost(command.args(["--secrecy", "thuong", "--workers", "1"]), &[0, 3])?;
    }
    let all = pages as f64 * f64::from(order.rounds.max(1));
    let ratio = whole.cpu_s / alone.cpu_s;
    let row = |name: &str, cost: Cost| {
        vec![
            name.to_owned(),
            format!("{:.2}", cost.cpu_s / all),
            format!("{:.3}", cost.cpu_s / alone.cpu_s),
            format!("{:.2}", cost.wall_s / all),
        ]
    };
    report.add(Section {
        title: format!("The whole main job: {}, {pages} pages", order.set),
        about: format!(
            "`hoso init` and `hoso batch run --workers 1` (received, read, packed, sealed, stored, indexed) against \
             `hoso ocr --format pdf` on the same PDFs, {} rounds in turn.",
            order.rounds.max(1)
        ),
        columns: vec!["job", "CPU-s/page", "× OCR and PDF", "wall s/page"],
        rows: vec![
            row("OCR and PDF alone", alone),
            row("`init` and `batch run`", whole),
            row("of which `init`", init),
        ],
        demands: vec![demand("CPU of the whole main job", "≤ 1.25 × OCR and PDF", format!("{ratio:.3} ×"), ratio <= 1.25)],
        details: json!({"pages": all, "alone_cpu_s": alone.cpu_s, "whole_cpu_s": whole.cpu_s, "init_cpu_s": init.cpu_s}),
    });
    Ok(())
}

fn demand(what: &str, wanted: &str, found: String, met: bool) -> Demand {
    Demand { what: what.into(), wanted: wanted.into(), found, met }
}

fn count(count: ErrorCount) -> serde_json::Value {
    json!({"edits": count.edits, "length": count.length})
}
