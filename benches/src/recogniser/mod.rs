//! Our own recogniser beside libtesseract: the same text in the same rectangles, and what either costs. Measured by a program
//! of its own (`native/examples/recogniser`), for both have to run in one process.

mod picture;

use crate::Setting;
use crate::pages::make;
use crate::programs::check;
use crate::table::{Demand, Report, Section, percent};
use anyhow::{Context, Result, ensure};
use clap::Args;
use fixtures::truth::PageTruth;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use vitext::cer::{ErrorCount, Level, cer};

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages of each set that both recognisers read, at least.
    #[arg(long, default_value_t = 20)]
    pub pages: u32,
    /// Pages of each set on which the error rates of the two layouts are compared: where a line is cut differently on one page
    /// in ten, twenty pages tell nothing.
    #[arg(long, default_value_t = 60)]
    pub layout_pages: u32,
    /// The sets.
    #[arg(long, value_delimiter = ',', default_values_t = sets())]
    pub sets: Vec<String>,
    /// The models.
    #[arg(long, value_delimiter = ',', default_values_t = ["vie".to_owned(), "eng".to_owned()])]
    pub languages: Vec<String>,
    /// Folder with more pictures, of which no text is known.
    #[arg(long, env = "HOSO_SAMPLES")]
    pub samples: Option<PathBuf>,
    /// Draw where a page's milliseconds go, for the first model, into this file (SVG).
    #[arg(long)]
    pub picture: Option<PathBuf>,
}

fn sets() -> Vec<String> {
    ["clean-300", "stamped-300", "worn-200", "fax-100", "low-contrast-200", "typewriter-200"]
        .map(str::to_owned)
        .into()
}

/// What is known of the pages of files, by file and page from 0.
type Known = HashMap<(PathBuf, u32), PageTruth>;

/// A set to be read.
struct Pages {
    name: String,
    files: Vec<PathBuf>,
    /// Empty where no text is known.
    truth: Known,
}

impl Pages {
    /// The first files, with so many pages at least; all of them where it is not known how many they have.
    fn first(&self, pages: u32) -> &[PathBuf] {
        let mut sum = 0;
        let pages_of = |file: &PathBuf| self.truth.keys().filter(|(known, _)| known == file).count();
        let enough = self.files.iter().position(|file| {
            sum += pages_of(file);
            sum >= pages as usize
        });
        &self.files[..enough.map_or(self.files.len(), |at| at + 1)]
    }
}

/// Share of lines that must be equal.
const EQUAL: f64 = 0.999;
/// How much faster than libtesseract the recognition must be on each path, and a whole page.
const FASTER: [(&str, f64); 2] = [("avx512vnni", 12.0), ("avx2", 6.0)];
const FASTER_PAGE: f64 = 3.5;
/// … and with the lines that hoso finds itself, at an error rate at most so much higher.
const FASTER_FOUND: f64 = 5.5;
const WORSE: f64 = 0.0005;
const LOADING_MS: f64 = 20.0;
const WORKER_BYTES: u64 = 200_000_000;

/// What the program tells of a model …
#[derive(Debug, Deserialize)]
struct ModelTold {
    load_ms: f64,
    paths: Vec<String>,
}

/// … and of a page.
#[derive(Debug, Deserialize)]
struct PageTold {
    picture: PathBuf,
    page: u32,
    /// Why it was not read, where it was not.
    skipped: Option<String>,
    /// What ours and libtesseract read in each rectangle.
    #[serde(default)]
    lines: Vec<[String; 2]>,
    /// Lines of light letters on a dark ground, which ours does not read as they are: the worker gives it a negative. They are not
    /// among `lines`.
    #[serde(default)]
    refused: usize,
    /// Lines that each path reads as the first one does.
    #[serde(default)]
    alike: Vec<usize>,
    #[serde(default)]
    ms: Spent,
    #[serde(default)]
    worker_bytes: u64,
}

/// Processor milliseconds.
#[derive(Debug, Default, Deserialize)]
struct Spent {
    whole: f64,
    layout: f64,
    recognition: Vec<f64>,
    parts: [f64; 2],
    tesseract_whole: f64,
    tesseract_recognition: f64,
}

/// A page's first reading with either layout.
#[derive(Debug, Deserialize)]
struct WayTold {
    picture: PathBuf,
    page: u32,
    tesseract: Way,
    auto: Way,
}

#[derive(Debug, Deserialize)]
struct Way {
    ms: f64,
    text: String,
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let mut sets: Vec<Pages> = Vec::new();
    for name in &order.sets {
        let set = make(setting, name, order.layout_pages.max(order.pages))?;
        let pages = set.truth.cases.iter().flat_map(|(_, pages)| pages);
        let truth: Known =
            pages.map(|page| ((set.batch.join(&page.file), page.page_idx), page.clone())).collect();
        let files: BTreeSet<PathBuf> = truth.keys().map(|(file, _)| file.clone()).collect();
        sets.push(Pages { name: name.clone(), files: files.into_iter().collect(), truth });
    }
    if let Some(folder) = &order.samples {
        let files = ["real-vi", "images/tesseract"].map(|sub| pictures(&folder.join(sub))).concat();
        sets.push(Pages { name: "samples".into(), files, truth: HashMap::new() });
    }
    for language in &order.languages {
        let (mut rows, mut all) = (Vec::new(), Vec::new());
        let mut model = None;
        for set in &sets {
            let (told, pages) = measure(setting, language, set.first(order.pages))?;
            let ways = measure_ways(setting, language, &set.files)?;
            rows.push(SetResult::of(&set.name, &pages, &ways, &set.truth));
            all.extend(pages);
            model = Some(told);
        }
        let model = model.context("no set was asked for")?;
        if let Some(file) = order.picture.as_ref().filter(|_| language == &order.languages[0]) {
            std::fs::write(file, drawn(&rows, &all))
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        report.add(equality(language, &rows, &all, &model));
        report.add(speed(language, &rows, &all, &model));
        report.add(layouts(language, &rows));
    }
    Ok(())
}

/// Pictures in a folder and below, in order.
fn pictures(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        match path.extension().and_then(|e| e.to_str()) {
            _ if path.is_dir() => found.extend(pictures(&path)),
            Some("png" | "jpg" | "jpeg" | "tif" | "tiff" | "pdf") => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}

fn measure(setting: &Setting, language: &str, files: &[PathBuf]) -> Result<(ModelTold, Vec<PageTold>)> {
    let text = told_by(setting, "recogniser", language, files)?;
    let mut lines = text.lines();
    let model = serde_json::from_str(lines.next().context("it told nothing")?)?;
    let pages = lines.map(serde_json::from_str).collect::<Result<Vec<PageTold>, _>>()?;
    ensure!(!pages.is_empty(), "no page was read");
    Ok((model, pages))
}

fn measure_ways(setting: &Setting, language: &str, files: &[PathBuf]) -> Result<Vec<WayTold>> {
    let text = told_by(setting, "page", language, files)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn told_by(setting: &Setting, example: &str, language: &str, files: &[PathBuf]) -> Result<String> {
    let mut command = setting.programs.example(example)?;
    let out = command.arg(language).args(files).output().context("cannot start the measuring program")?;
    check(example.as_ref(), out.status, &out.stderr, &[0])?;
    Ok(String::from_utf8(out.stdout)?)
}

/// The sums of a set.
struct SetResult {
    name: String,
    pages: usize,
    skipped: usize,
    lines: usize,
    equal: usize,
    refused: usize,
    /// Of ours and of libtesseract, where the text is known.
    errors: Option<[ErrorCount; 2]>,
    spent: Spent,
    /// With Tesseract's layout and with hoso's: milliseconds of the pages that libtesseract read too, and errors of all pages
    /// whose text is known.
    ways: [(f64, ErrorCount); 2],
    /// How many pages these are.
    compared: usize,
}

impl SetResult {
    fn of(name: &str, pages: &[PageTold], ways: &[WayTold], truth: &Known) -> Self {
        let read: Vec<&PageTold> = pages.iter().filter(|page| page.skipped.is_none()).collect();
        let lines = || read.iter().flat_map(|page| &page.lines);
        let mut errors = [ErrorCount::default(), ErrorCount::default()];
        for page in &read {
            let Some(known) = truth.get(&(page.picture.clone(), page.page)).filter(|p| !p.blank) else {
                continue;
            };
            for (n, sum) in errors.iter_mut().enumerate() {
                let text: Vec<&str> = page.lines.iter().map(|line| line[n].as_str()).collect();
                *sum += cer(&known.body, &text.join("\n"), Level::Exact);
            }
        }
        let is_read = |way: &WayTold| read.iter().any(|p| p.picture == way.picture && p.page == way.page);
        let mut both = [(0.0, ErrorCount::default()); 2];
        let mut compared = 0;
        for way in ways {
            let known = truth.get(&(way.picture.clone(), way.page)).filter(|p| !p.blank);
            compared += usize::from(known.is_some());
            for ((ms, errors), Way { ms: spent, text }) in both.iter_mut().zip([&way.tesseract, &way.auto]) {
                *ms += if is_read(way) { *spent } else { 0.0 };
                if let Some(known) = known {
                    *errors += cer(&known.body, text, Level::Exact);
                }
            }
        }
        Self {
            name: name.into(),
            ways: both,
            compared,
            pages: read.len(),
            skipped: pages.len() - read.len(),
            lines: lines().count(),
            equal: lines().filter(|[ours, theirs]| ours == theirs).count(),
            refused: read.iter().map(|page| page.refused).sum(),
            errors: (!truth.is_empty()).then_some(errors),
            spent: Spent::sum(&read),
        }
    }

    fn share(&self) -> f64 {
        self.equal as f64 / self.lines.max(1) as f64
    }
}

impl Spent {
    fn sum(pages: &[&PageTold]) -> Self {
        let mut sum = Self::default();
        for Spent { whole, layout, recognition, parts, tesseract_whole, tesseract_recognition } in
            pages.iter().map(|page| &page.ms)
        {
            sum.recognition.resize(recognition.len().max(sum.recognition.len()), 0.0);
            sum.recognition.iter_mut().zip(recognition).for_each(|(sum, ms)| *sum += ms);
            sum.parts.iter_mut().zip(parts).for_each(|(sum, ms)| *sum += ms);
            sum.whole += whole;
            sum.layout += layout;
            sum.tesseract_whole += tesseract_whole;
            sum.tesseract_recognition += tesseract_recognition;
        }
        sum
    }
}

fn equality(language: &str, rows: &[SetResult], all: &[PageTold], model: &ModelTold) -> Section {
    let lines: usize = rows.iter().map(|set| set.lines).sum();
    let demand = |what: String, wanted: String, found: String, met| Demand { what, wanted, found, met };
    let worst = rows.iter().min_by(|a, b| a.share().total_cmp(&b.share())).expect("there is a set");
    let mut demands = vec![
        demand(format!("lines, {language}"), "≥ 5000".into(), lines.to_string(), lines >= 5000),
        demand(
            format!("equal lines in every set, {language}"),
            format!("≥ {}", percent(EQUAL)),
            format!("{} in {}", percent(worst.share()), worst.name),
            worst.share() >= EQUAL,
        ),
    ];
    let higher: Vec<&str> = rows
        .iter()
        .filter(|set| set.errors.is_some_and(|[ours, theirs]| ours.edits > theirs.edits))
        .map(|set| set.name.as_str())
        .collect();
    demands.push(demand(
        format!("sets with a higher error rate, {language}"),
        "none".into(),
        if higher.is_empty() { "none".into() } else { higher.join(", ") },
        higher.is_empty(),
    ));
    for (n, path) in model.paths.iter().enumerate().skip(1) {
        let alike: usize = all.iter().filter_map(|page| page.alike.get(n)).sum();
        let what = format!("lines that {path} reads as {} does, {language}", model.paths[0]);
        demands.push(demand(what, "all".into(), format!("{alike} of {lines}"), alike == lines));
    }
    let unequal: Vec<_> = all
        .iter()
        .flat_map(|page| page.lines.iter().map(move |line| (page, line)))
        .filter(|(_, [ours, theirs])| ours != theirs)
        .map(|(page, line)| json!({"picture": page.picture, "page": page.page, "ours": line[0], "libtesseract": line[1]}))
        .collect();
    let row = |set: &SetResult| {
        let rate = |n: usize| set.errors.map_or("–".into(), |errors| percent(errors[n].rate()));
        let pages = if set.skipped == 0 {
            set.pages.to_string()
        } else {
            format!("{} ({} not upright)", set.pages, set.skipped)
        };
        let numbers = [set.refused, set.lines, set.lines - set.equal].map(|n| n.to_string());
        [vec![set.name.clone(), pages], numbers.into(), vec![percent(set.share()), rate(0), rate(1)]].concat()
    };
    Section {
        title: format!("The same text as libtesseract, model `{language}`"),
        about: "Every rectangle that page layout found, read by both; a line is equal when every character is. Lines of \
            light letters on a dark ground are counted apart and not compared: ours refuses them, and the worker has it read a \
            negative. Error rates: all other lines of a page against its text, in the order of layout, without anything that hoso \
            does around it."
            .into(),
        columns: vec![
            "set",
            "pages",
            "light on dark",
            "lines",
            "unequal",
            "equal",
            "CER ours",
            "CER libtesseract",
        ],
        rows: rows.iter().map(row).collect(),
        demands,
        details: json!({"unequal": unequal}),
    }
}

/// A page of libtesseract's, of ours with its layout, and of ours with lines of our own, which takes in what is done to the picture
/// before; on the fastest path.
fn drawn(rows: &[SetResult], all: &[PageTold]) -> String {
    let read: Vec<&PageTold> = all.iter().filter(|page| page.skipped.is_none()).collect();
    let pages = read.len().max(1) as f64;
    let Spent { whole, layout, recognition, parts, tesseract_whole, tesseract_recognition } =
        Spent::sum(&read);
    let first = recognition.first().copied().unwrap_or(0.0);
    let [scaling, network] = parts;
    let each = |(part, ms, colour): (&'static str, f64, &'static str)| (part, ms.max(0.0) / pages, colour);
    let ours = [
        ("layout", layout, "#9aa5b1"),
        ("scaling", scaling, "#e0b04a"),
        ("network", network, "#c8553d"),
        ("search", first - scaling - network, "#588b8b"),
        ("boxes", whole - layout - first, "#6d597a"),
    ];
    let theirs = [
        ("layout and the rest", tesseract_whole - tesseract_recognition, "#9aa5b1"),
        ("recognition", tesseract_recognition, "#c8553d"),
    ];
    let found: f64 = rows.iter().map(|row| row.ways[1].0).sum();
    let own = [("recognition", first, "#c8553d"), ("picture, lines and boxes", found - first, "#9aa5b1")];
    let bars = [
        picture::Bar { label: "libtesseract", parts: theirs.map(each).into() },
        picture::Bar { label: "hoso, its layout", parts: ours.map(each).into() },
        picture::Bar { label: "hoso, own lines", parts: own.map(each).into() },
    ];
    picture::svg("Processor milliseconds of a page, one thread", &bars)
}

fn speed(language: &str, rows: &[SetResult], all: &[PageTold], model: &ModelTold) -> Section {
    let read: Vec<&PageTold> = all.iter().filter(|page| page.skipped.is_none()).collect();
    let total = Spent::sum(&read);
    let times = |faster: f64| format!("{faster:.1} ×");
    let mut demands = Vec::new();
    for (path, wanted) in FASTER {
        let Some(n) = model.paths.iter().position(|known| known == path) else { continue };
        let faster = total.tesseract_recognition / total.recognition[n];
        let what = format!("recognition alone, {path}, {language}");
        demands.push(Demand {
            what,
            wanted: format!("≥ {}", times(wanted)),
            found: times(faster),
            met: faster >= wanted,
        });
    }
    let faster = total.tesseract_whole / total.whole;
    demands.push(Demand {
        what: format!("whole page to words with boxes, full-size layout, without cleaning, {language}"),
        wanted: format!("≥ {}", times(FASTER_PAGE)),
        found: times(faster),
        met: faster >= FASTER_PAGE,
    });
    demands.push(Demand {
        what: format!("loading the model, {language}"),
        wanted: format!("≤ {LOADING_MS} ms"),
        found: format!("{:.1} ms", model.load_ms),
        met: model.load_ms <= LOADING_MS,
    });
    let bytes = all.iter().map(|page| page.worker_bytes).max().unwrap_or(0);
    demands.push(Demand {
        what: format!("memory of a worker at its peak, {language}"),
        wanted: format!("≤ {} MB", WORKER_BYTES / 1_000_000),
        found: format!("{} MB", bytes / 1_000_000),
        met: bytes <= WORKER_BYTES,
    });
    let row = |name: &str, pages: usize, spent: &Spent| {
        let each = |ms: f64| format!("{:.1}", ms / pages.max(1) as f64);
        let [scaling, network] = spent.parts;
        let first = spent.recognition.first().copied().unwrap_or(0.0);
        let second = spent.recognition.get(1).map_or("–".into(), |ms| each(*ms));
        let around = (spent.whole - spent.layout - first).max(0.0);
        let search = (first - scaling - network).max(0.0);
        let ours = [spent.layout, scaling, network, search, around, spent.whole, first].map(each);
        let theirs = [spent.tesseract_whole, spent.tesseract_recognition].map(each);
        [vec![name.to_owned()], ours.into(), vec![second], theirs.into()].concat()
    };
    let mut table: Vec<Vec<String>> = rows.iter().map(|set| row(&set.name, set.pages, &set.spent)).collect();
    table.push(row("all", read.len(), &total));
    Section {
        title: format!("Where a page's milliseconds go, model `{language}`"),
        about: format!(
            "Processor milliseconds a page, one thread, everything in one process, the least of two rounds. Ours: layout by \
             libtesseract with the picture handed over, then {} ({} in the column after). libtesseract: as installed, its \
             recognition alone on the same rectangles without looking for rows in them.",
            model.paths.first().map_or("–", String::as_str),
            model.paths.get(1).map_or("–", String::as_str),
        ),
        columns: vec![
            "set",
            "layout",
            "scaling",
            "network",
            "search",
            "boxes",
            "whole page",
            "recognition",
            "… other path",
            "libtesseract page",
            "libtesseract recognition",
        ],
        rows: table,
        demands,
        details: json!({"load_ms": model.load_ms, "paths": model.paths}),
    }
}

fn layouts(language: &str, rows: &[SetResult]) -> Section {
    let faster = |sets: &[&SetResult], n: usize| {
        let theirs: f64 = sets.iter().map(|set| set.spent.tesseract_whole).sum();
        theirs / sets.iter().map(|set| set.ways[n].0).sum::<f64>()
    };
    let made: Vec<&SetResult> = rows.iter().filter(|set| set.errors.is_some()).collect();
    let times = |faster: f64| format!("{faster:.1} ×");
    let demand = |what: &str, wanted: f64, found: f64| Demand {
        what: format!("{what}, {language}"),
        wanted: format!("≥ {}", times(wanted)),
        found: times(found),
        met: found >= wanted,
    };
    // with full-size layout the demand is one on recognition, made above: here cleaning and levelling are in the time
    let mut demands = vec![demand(
        "picture to words with boxes, lines found by hoso, generated sets",
        FASTER_FOUND,
        faster(&made, 1),
    )];
    let worse = |set: &&&SetResult| set.ways[1].1.rate() > set.ways[0].1.rate() + WORSE;
    let worse: Vec<&str> = made.iter().filter(worse).map(|set| set.name.as_str()).collect();
    demands.push(Demand {
        what: format!("sets where finding lines costs more than {}, {language}", percent(WORSE)),
        wanted: "none".into(),
        found: if worse.is_empty() { "none".into() } else { worse.join(", ") },
        met: worse.is_empty(),
    });
    let row = |set: &SetResult| {
        let each = |ms: f64| format!("{:.1}", ms / set.pages.max(1) as f64);
        let rate = |n: usize| set.errors.map_or("–".into(), |_| percent(set.ways[n].1.rate()));
        let way = |n: usize| [each(set.ways[n].0), times(faster(&[set], n)), rate(n)];
        let compared = if set.compared == 0 { "–".into() } else { set.compared.to_string() };
        let first = vec![set.name.clone(), each(set.spent.tesseract_whole)];
        [first, way(0).into(), way(1).into(), vec![compared]].concat()
    };
    let mut table: Vec<Vec<String>> = rows.iter().map(row).collect();
    let [laid_out, found] = [0, 1].map(|n| times(faster(&made, n)));
    let none = || "–".to_owned();
    let all = [none(), none(), laid_out, none(), none(), found, none(), none()];
    table.push([vec!["generated sets".to_owned()], all.into()].concat());
    Section {
        title: format!("Who lays a page out, model `{language}`"),
        about: "Processor milliseconds a page, one thread, from the decoded picture to words with boxes, the least of two rounds. \
            Ours is the first reading of a page as the product makes it: inks, cleaning, levelling, scaling and the talk with the \
            worker are in it. libtesseract: as installed, on the red channel. Pages with blocks that do not stand upright are left \
            out, as in the tables above. Error rates: of the text as it is kept in the end, of all pages of the set with text."
            .into(),
        columns: vec![
            "set",
            "libtesseract",
            "laid out by Tesseract",
            "faster",
            "CER",
            "found by hoso",
            "faster",
            "CER",
            "pages with text",
        ],
        rows: table,
        demands,
        details: json!({}),
    }
}
