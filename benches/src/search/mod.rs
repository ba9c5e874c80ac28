//! Searching a made-up archive of many pages, beside SQLite FTS5 and PostgreSQL full text on the same text.

mod questions;
pub(crate) mod text;

use crate::Setting;
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result, ensure};
use clap::Args;
use index::{IndexCase, IndexPage, Indexer};
use questions::{Answers, KINDS, Kind, PAGES_A_CASE, questions};
use record::{AccessLabel, CaseCode, DocType, DocumentNo, PageNo, PartialDate, Secrecy};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use text::{Dice, Words, laid_out};

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages.
    #[arg(long, default_value_t = 200_000)]
    pub pages: usize,
    /// Only ours, no peers.
    #[arg(long)]
    pub alone: bool,
    /// Only ask an index that is there, and print what was found: the bench starts itself so.
    #[arg(long, hide = true)]
    pub ask: Option<PathBuf>,
}

const LEAST_PAGES_A_CPU_S: f64 = 1000.0;
const MOST_INDEX_TO_TEXT: f64 = 1.25;
const MOST_OPEN_MS: f64 = 200.0;
const MOST_ANONYMOUS_BYTES: u64 = 300_000_000;
/// For which the limits of `KINDS` hold; from `MANY_PAGES` on its second ones.
const LIMIT_PAGES: usize = 200_000;
const MANY_PAGES: usize = 2_000_000;

/// What the peers' script prints.
#[derive(Debug, Deserialize)]
struct Peer {
    name: String,
    indexing_s: f64,
    bytes: u64,
    times_ms: BTreeMap<String, Vec<f64>>,
    hits: BTreeMap<String, usize>,
}

struct Made {
    cpu_s: f64,
    text_bytes: u64,
    index_bytes: u64,
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    if let Some(dir) = &order.ask {
        println!("{}", serde_json::to_string(&questions::ask(dir, order.pages)?)?);
        std::process::exit(0);
    }
    let dir = setting.work.join("search");
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    std::fs::create_dir_all(&dir)?;
    let words = Words::new();
    let made = make(&dir, &words, order.pages)?;
    let answers = answers(&dir.join("index"), order.pages)?;
    let peers = if order.alone { Vec::new() } else { peers(&dir, &words, order.pages)? };
    report.add(section(order.pages, &made, &answers, &peers));
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

/// The index, and the text for the peers. CPU is that of the whole process without what making the text takes.
fn make(dir: &Path, words: &Words, pages: usize) -> Result<Made> {
    let mut list = std::io::BufWriter::new(std::fs::File::create(dir.join("pages.tsv"))?);
    let mut indexer = Indexer::open_or_create(&dir.join("index"))?;
    let (mut text_bytes, mut aside_ns) = (0, 0);
    let before = cpu_s()?;
    for case in 0..pages.div_ceil(PAGES_A_CASE) {
        let started = thread_ns()?;
        let mut texts = Vec::with_capacity(PAGES_A_CASE);
        for page in 0..PAGES_A_CASE.min(pages - case * PAGES_A_CASE) {
            let number = case * PAGES_A_CASE + page;
            let page_words = words.page(number);
            let text = page_words.join(" ");
            text_bytes += text.len() as u64;
            writeln!(list, "{number}\t{}", vitext::fold_ascii(&text).to_lowercase())?;
            let mut dice = Dice::new(number as u64);
            let persons = vec![words.name(&mut dice), words.name(&mut dice)];
            texts.push((persons, laid_out(&page_words)));
        }
        aside_ns += thread_ns()? - started;
        indexer
            .put_case(&case_of(case)?, texts.into_iter().enumerate().map(|(at, text)| page_of(at, text)))?;
        if case % 100 == 99 {
            indexer.commit()?;
        }
    }
    indexer.commit()?;
    indexer.close()?;
    list.flush()?;
    let cpu_s = cpu_s()? - before - aside_ns as f64 / 1e9;
    Ok(Made { cpu_s, text_bytes, index_bytes: bytes_of(&dir.join("index"))? })
}

fn case_of(case: usize) -> Result<IndexCase> {
    Ok(IndexCase {
        code: CaseCode::new(&format!("HS-{case:06}")).context("a code")?,
        label: AccessLabel { secrecy: Secrecy::Thuong, unit: format!("VKSND khu vực {}", case % 40) },
        year: Some(1990 + (case % 30) as u16),
        kind: index::CaseKind::ALL.get(case % 7).copied(),
    })
}

/// Four pages a document; its first one has a number and names two people.
fn page_of(at: usize, (persons, text): (Vec<String>, record::PageText)) -> IndexPage {
    let no = at as u32 + 1;
    let is_first = at.is_multiple_of(4);
    IndexPage {
        document: DocumentNo::new(1 + at as u32 / 4).expect("from 1"),
        page: PageNo::new(no).expect("from 1"),
        folio: Some(no.to_string()),
        doc_type: DocType::ALL.get(at % DocType::ALL.len()).copied(),
        date: PartialDate::parse(&format!("{}-0{}", 1990 + at % 30, 1 + at % 9)),
        number: is_first.then(|| format!("{}/CT-VKS-P{}", 1 + at % 300, 1 + at % 9)),
        units: vec!["Cơ quan Cảnh sát điều tra".into()],
        persons: if is_first { persons } else { Vec::new() },
        text: Some(text),
    }
}

fn answers(index: &Path, pages: usize) -> Result<Answers> {
    let itself = std::env::current_exe()?;
    let output =
        Command::new(itself).args(["search", "--pages", &pages.to_string(), "--ask"]).arg(index).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn peers(dir: &Path, words: &Words, pages: usize) -> Result<Vec<Peer>> {
    let asked: BTreeMap<String, Vec<String>> = questions(words, pages)
        .into_iter()
        .filter(|(kind, _)| matches!(kind, Kind::TwoWords | Kind::RarePhrase | Kind::Boilerplate))
        .map(|(kind, asked)| {
            let folded = asked.iter().map(|text| vitext::fold_ascii(text).to_lowercase());
            (format!("{kind:?}"), folded.collect())
        })
        .collect();
    std::fs::write(dir.join("questions.json"), serde_json::to_vec(&asked)?)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("search_peers.py");
    let output = Command::new("python3").arg(script).arg(dir).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn section(pages: usize, made: &Made, answers: &Answers, peers: &[Peer]) -> Section {
    let (pages_f, text_mb) = (pages as f64, made.text_bytes as f64 / 1e6);
    let mut demands = Vec::new();
    let mut demand = |what: &str, wanted: String, found: String, met: bool| {
        demands.push(Demand { what: what.into(), wanted, found, met });
    };
    let each_s = pages_f / made.cpu_s;
    demand(
        "indexing",
        format!("≥ {LEAST_PAGES_A_CPU_S} pages a CPU-s"),
        format!("{each_s:.0}"),
        each_s >= LEAST_PAGES_A_CPU_S,
    );
    let ratio = made.index_bytes as f64 / made.text_bytes as f64;
    demand(
        "index to text",
        format!("≤ {MOST_INDEX_TO_TEXT}"),
        format!("{ratio:.2}"),
        ratio <= MOST_INDEX_TO_TEXT,
    );
    demand(
        "opening",
        format!("≤ {MOST_OPEN_MS} ms"),
        format!("{:.1}", answers.open_ms),
        answers.open_ms <= MOST_OPEN_MS,
    );
    demand(
        "anonymous memory",
        format!("≤ {} MB", MOST_ANONYMOUS_BYTES / 1_000_000),
        format!("{:.0} MB", answers.anonymous_bytes as f64 / 1e6),
        answers.anonymous_bytes <= MOST_ANONYMOUS_BYTES,
    );
    let rows = KINDS.iter().map(|(kind, title, limits)| {
        let name = format!("{kind:?}");
        let limit = limits[usize::from(pages >= MANY_PAGES)];
        let times = &answers.times_ms[kind];
        let ours = p95(times);
        if pages >= LIMIT_PAGES {
            demand(title, format!("p95 ≤ {limit} ms"), format!("{ours:.1}"), ours <= limit);
        }
        let mut row = vec![
            (*title).to_owned(),
            format!("{}", answers.hits[kind] / times.len()),
            format!("{:.1}", median(times)),
            format!("{ours:.1}"),
        ];
        for at in 0..2 {
            row.push(match peers.get(at).and_then(|peer| Some((peer.times_ms.get(&name)?, peer))) {
                Some((theirs, peer)) => {
                    let p95 = p95(theirs);
                    format!("{p95:.1} ({:.1}×), {} hits", p95 / ours, peer.hits[&name] / theirs.len())
                }
                None => "–".into(),
            });
        }
        row
    });
    let rows = rows.collect();
    let peer = |peer: &Peer| {
        format!(
            "{}: indexed in {:.0} s, {:.2} times the text.",
            peer.name,
            peer.indexing_s,
            peer.bytes as f64 / made.text_bytes as f64
        )
    };
    let threads = if pages >= MANY_PAGES { "All processors" } else { "One thread" };
    Section {
        title: format!("Searching {pages} pages"),
        about: format!(
            "Made-up pages of 340 words, {text_mb:.0} MB of text, one letter in fifty wrong; {PAGES_A_CASE} pages a case file. All fields, one word in twenty with another reading. {threads}; \
             40 questions of a kind, each asked twice, the second time counts; ours counts all pages, ranks them and gives \
             20. Of the whole search every second question is typed without marks. Snippets and pages nearly the same for each hit, texts from memory and not from the archive. Peers have the folded text only, count all and give 20, without ranking. {}",
            peers.iter().map(peer).collect::<Vec<_>>().join(" ")
        ),
        columns: vec!["", "pages found", "median ms", "p95 ms", "SQLite FTS5 p95", "PostgreSQL p95"],
        rows,
        demands,
        details: json!({"times_ms": answers.times_ms.iter().map(|(kind, times)| (format!("{kind:?}"), times)).collect::<BTreeMap<_, _>>()}),
    }
}

fn sorted(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times
}

pub(crate) fn p95(times: &[f64]) -> f64 {
    let times = sorted(times);
    times[(times.len() * 95).div_ceil(100) - 1]
}

pub(crate) fn median(times: &[f64]) -> f64 {
    let times = sorted(times);
    times[times.len() / 2]
}

fn bytes_of(dir: &Path) -> Result<u64> {
    let sizes = std::fs::read_dir(dir)?.map(|entry| Ok(entry?.metadata()?.len()));
    sizes.sum()
}

/// Of this process, all threads; in hundredths of a second.
fn cpu_s() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().context("stat")?.split_whitespace().collect();
    // utime and stime, fields 14 and 15 of proc(5), counted from behind the name
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

/// Of this thread, in nanoseconds on a processor.
fn thread_ns() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split_whitespace().next().context("schedstat")?.parse()?)
}
