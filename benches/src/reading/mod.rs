//! Every named set beside `tesseract` and OCRmyPDF: error rates, CPU, calibration and blank pages, with all that is wanted
//! of them in one report.
//!
//! Sets are read one after the other; within a set programs take turns volume by volume. Nothing is reported before all
//! sets are read. A peer that fails on a volume is left out of the comparison for that set, and the report says so; when
//! `hoso` fails, so does the run.

mod calibration;
mod demands;
mod diagram;
mod displayed;
mod kept;
mod report;
mod unordered;

use crate::Setting;
use crate::alto;
use crate::main_job::form_feeds;
use crate::measure::{Cost, cost};
use crate::pages::{MadeSet, Volume, fresh, make};
use crate::table::Report;
use anyhow::{Context, Result, ensure};
use calibration::Calibration;
use clap::{Args, ValueEnum};
use displayed::{Lie, volumes};
use kept::Kept;
use std::path::{Path, PathBuf};
use unordered::unordered;
use vitext::cer::{ErrorCount, Level, cer};

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages of each set.
    #[arg(long, default_value_t = 60)]
    pub pages: u32,
    /// The sets.
    #[arg(long, value_delimiter = ',', default_values_t = demands::sets())]
    pub sets: Vec<String>,
    /// Who reads beside us.
    #[arg(long, value_enum, default_value_t = Peers::All)]
    pub peers: Peers,
    /// Let peers read again what they read in an earlier run; where speed is compared they always do.
    #[arg(long)]
    pub peers_again: bool,
    /// Pages of a volume: programs take turns after so many.
    #[arg(long, default_value_t = 8)]
    pub volume: usize,
    /// The reliability diagram, SVG [default: reliability.svg in the work folder]
    #[arg(long)]
    pub diagram: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peers {
    /// `tesseract` with psm 1 and 3, and OCRmyPDF.
    All,
    /// `tesseract` only: about half of the time.
    Fast,
    /// OCRmyPDF as documented for PDF/A only, where speed is held against it: the least time.
    Documented,
    /// Nobody: error rates, calibration and blanks only.
    None,
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    HosoAlto,
    HosoPdf,
    /// The pages of a turned set, upright.
    HosoUpright,
    /// Page segmentation 1: with orientation.
    TesseractTurning,
    /// Page segmentation 3.
    Tesseract,
    /// `--rotate-pages --deskew`.
    OcrMyPdf,
    /// As documented for PDF/A, nothing more: faster, so it is asked where speed is held against OCRmyPDF.
    OcrMyPdfMain,
}

impl Reader {
    fn label(self) -> &'static str {
        match self {
            Self::HosoAlto => "`hoso ocr --format alto`",
            Self::HosoPdf => "`hoso ocr --format pdf`",
            Self::HosoUpright => "`hoso`, upright",
            Self::TesseractTurning => "`tesseract --psm 1`",
            Self::Tesseract => "`tesseract --psm 3`",
            Self::OcrMyPdf => "`ocrmypdf --rotate-pages --deskew`",
            Self::OcrMyPdfMain => "`ocrmypdf`",
        }
    }

    fn is_peer(self) -> bool {
        self.is_tesseract() || self.is_ocrmypdf()
    }

    fn is_tesseract(self) -> bool {
        matches!(self, Self::TesseractTurning | Self::Tesseract)
    }

    fn is_ocrmypdf(self) -> bool {
        matches!(self, Self::OcrMyPdf | Self::OcrMyPdfMain)
    }

    /// Who reads a set.
    fn of(set: &str, peers: Peers) -> Vec<Self> {
        let mut readers = vec![Self::HosoAlto];
        if set == demands::BLANKS {
            return readers;
        }
        readers.push(Self::HosoPdf);
        if set == demands::TURNED {
            readers.push(Self::HosoUpright);
        }
        if matches!(peers, Peers::All | Peers::Fast) {
            readers.extend([Self::TesseractTurning, Self::Tesseract]);
        }
        if peers == Peers::All {
            readers.push(Self::OcrMyPdf);
        }
        if matches!(peers, Peers::All | Peers::Documented) && demands::SPEED.contains(&set) {
            readers.push(Self::OcrMyPdfMain);
        }
        readers
    }
}

/// What one reader needed and read of a set.
#[derive(Debug, Default)]
struct Account {
    cost: Cost,
    exact: ErrorCount,
    folded: ErrorCount,
    /// Words missed or invented, whatever their order.
    unordered: ErrorCount,
    /// Page, character errors, those without marks, characters of the truth.
    pages: Vec<(String, u64, u64, u64)>,
    /// What a peer said on volumes it gave up on.
    failures: Vec<String>,
    /// Volumes whose text was kept from an earlier run, time included.
    kept: usize,
}

/// Pages without print.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Blanks {
    there: u64,
    found: u64,
    /// Pages with print that were called blank: text lost without a word.
    wrongly: u64,
}

/// What was found on one set.
#[derive(Debug)]
struct SetResult {
    name: String,
    seed: u64,
    pages: usize,
    accounts: Vec<(Reader, Account)>,
    calibration: Calibration,
    blanks: Blanks,
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let diagram = order.diagram.clone().unwrap_or_else(|| setting.work.join("reliability.svg"));
    let mut results = Vec::new();
    for (n, name) in order.sets.iter().enumerate() {
        let set = make(setting, name, order.pages)?;
        eprintln!("benches: set {} of {}: {name}", n + 1, order.sets.len());
        results.push(read_set(setting, order, name, &set).with_context(|| name.clone())?);
    }
    let mut all = Calibration::default();
    results.iter().for_each(|set| all += set.calibration);
    let about = format!("{} sets, {} words read", results.len(), all.words());
    std::fs::write(&diagram, diagram::svg(&all, &about))
        .with_context(|| format!("cannot write {}", diagram.display()))?;
    eprintln!("benches: reliability diagram: {}", diagram.display());
    for section in report::sections(&results, &all) {
        report.add(section);
    }
    Ok(())
}

fn read_set(setting: &Setting, order: &Order, name: &str, set: &MadeSet) -> Result<SetResult> {
    let folder = fresh(&setting.work.join("reading"))?;
    let programs = &setting.programs;
    let shown = volumes(set, order.volume, Lie::AsDisplayed, &folder.join("shown"), programs)?;
    let readers = Reader::of(name, order.peers);
    let upright = if readers.contains(&Reader::HosoUpright) {
        volumes(set, order.volume, Lie::Upright, &folder.join("upright"), programs)?
    } else {
        Vec::new()
    };
    let accounts = readers.into_iter().map(|reader| (reader, Account::default())).collect();
    let versions = programs.versions();
    let mut result = SetResult {
        name: name.to_owned(),
        seed: set.seed,
        pages: shown.iter().map(|volume| volume.truth.len()).sum(),
        accounts,
        calibration: Calibration::default(),
        blanks: Blanks::default(),
    };
    for (n, volume) in shown.iter().enumerate() {
        eprintln!("benches: {name}: volume {} of {} ({} pages)", n + 1, shown.len(), volume.truth.len());
        // Another one is first every time.
        for turn in 0..result.accounts.len() {
            let place = (turn + n) % result.accounts.len();
            let reader = result.accounts[place].0;
            let volume = if reader == Reader::HosoUpright { &upright[n] } else { volume };
            let out = fresh(&folder.join("out"))?;
            let kept = match reader.is_peer() && !demands::SPEED.contains(&name) {
                true => Some(kept::place(&setting.kept, reader.label(), &versions, volume)?),
                false => None,
            };
            let known = kept.as_deref().filter(|_| !order.peers_again).and_then(Kept::read);
            result.accounts[place].1.kept += usize::from(known.is_some());
            let read = match known.map(Kept::into_parts) {
                Some((cost, texts)) => Ok((cost, Read::Text(texts))),
                None => read(reader, setting, volume, &out),
            };
            let read = read
                .and_then(|(cost, read)| {
                    result.judge(place, volume, cost, &read)?;
                    match (kept, &read) {
                        (Some(path), Read::Text(texts)) => Kept::new(cost, texts).write(&path),
                        _ => Ok(()),
                    }
                })
                .with_context(|| format!("{} on {}", reader.label(), volume.pdf.display()));
            match read {
                Err(problem) if reader.is_peer() => {
                    eprintln!("benches: {problem:#}");
                    result.accounts[place].1.failures.push(format!("{problem:#}"));
                }
                other => other?,
            }
        }
    }
    Ok(result)
}

/// What came out of a volume, page by page.
enum Read {
    Alto(Vec<alto::PageBody>),
    Text(Vec<String>),
    /// A PDF; its text is that of the ALTO.
    Pdf,
}

fn read(reader: Reader, setting: &Setting, volume: &Volume, out: &Path) -> Result<(Cost, Read)> {
    let programs = &setting.programs;
    let (pdf, text) = (out.join("out.pdf"), out.join("out.txt"));
    let hoso = |format: &str, to: &Path| {
        let mut command = programs.hoso();
        command.args(["ocr", "--format", format, "--out"]).arg(to).arg(&volume.pdf);
        cost(&mut command, &[0, 3])
    };
    let ocrmypdf = |more: &[&str]| -> Result<_> {
        let cost = cost(&mut programs.ocrmypdf(more, &volume.pdf, &pdf, &text), &[0])?;
        Ok((cost, Read::Text(form_feeds(&text)?)))
    };
    let tesseract = |psm: &str| -> Result<_> {
        let mut sum = Cost::default();
        let mut texts = Vec::new();
        for picture in &volume.pictures {
            sum += cost(&mut programs.tesseract(picture, &out.join("out"), psm), &[0])?;
            texts.push(std::fs::read_to_string(&text)?);
            std::fs::remove_file(&text)?;
        }
        Ok((sum, Read::Text(texts)))
    };
    match reader {
        Reader::HosoPdf => Ok((hoso("pdf", &pdf)?, Read::Pdf)),
        Reader::HosoAlto | Reader::HosoUpright => {
            let cost = hoso("alto", &text)?;
            Ok((cost, Read::Alto(alto::pages(&std::fs::read_to_string(&text)?)?)))
        }
        Reader::TesseractTurning => tesseract("1"),
        Reader::Tesseract => tesseract("3"),
        Reader::OcrMyPdf => ocrmypdf(&["--rotate-pages", "--deskew"]),
        Reader::OcrMyPdfMain => ocrmypdf(&[]),
    }
}

impl SetResult {
    fn judge(&mut self, place: usize, volume: &Volume, cost: Cost, read: &Read) -> Result<()> {
        let (reader, account) = &mut self.accounts[place];
        let texts: Vec<&str> = match read {
            Read::Alto(pages) => pages.iter().map(|page| page.body.as_str()).collect(),
            Read::Text(texts) => texts.iter().map(String::as_str).collect(),
            Read::Pdf => Vec::new(),
        };
        let (found, there) = (texts.len(), volume.truth.len());
        ensure!(matches!(read, Read::Pdf) || found == there, "text of {found} pages where there are {there}");
        account.cost += cost;
        for (text, truth) in texts.iter().zip(&volume.truth) {
            let [exact, folded] =
                [Level::Exact, Level::AsciiFolded].map(|level| cer(&truth.body, text, level));
            account.exact += exact;
            account.folded += folded;
            account.unordered += unordered(&truth.body, text);
            let page = format!("{}/{}", volume.case, truth.page);
            account.pages.push((page, exact.edits, folded.edits, exact.length));
        }
        if let (Reader::HosoAlto, Read::Alto(pages)) = (*reader, read) {
            for (page, truth) in pages.iter().zip(&volume.truth) {
                self.calibration += Calibration::of(&truth.body, &page.words);
                let called_blank = page.outcome == "blank";
                self.blanks.there += u64::from(truth.blank);
                self.blanks.found += u64::from(truth.blank && called_blank);
                self.blanks.wrongly += u64::from(!truth.blank && called_blank);
            }
        }
        Ok(())
    }

    /// The account of one who takes part and has read all of it.
    fn of(&self, reader: Reader) -> Option<&Account> {
        let (_, account) = self.accounts.iter().find(|(one, _)| *one == reader)?;
        account.failures.is_empty().then_some(account)
    }

    /// Peers that have read all of it.
    fn peers(&self) -> impl Iterator<Item = (Reader, &Account)> {
        let whole =
            self.accounts.iter().filter(|(one, account)| one.is_peer() && account.failures.is_empty());
        whole.map(|(one, account)| (*one, account))
    }

    /// The least character error rate of a peer.
    fn best_peer(&self) -> Option<(Reader, f64)> {
        let rates = self.peers().map(|(reader, account)| (reader, account.exact.rate()));
        rates.min_by(|(_, a), (_, b)| a.total_cmp(b))
    }
}
