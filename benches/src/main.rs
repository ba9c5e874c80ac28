//! `benches NAME`: figures beside peers in the same run, as Markdown or, with `--json`, as one JSON document.
//!
//! Everything but searching is measured from outside, on the programs as a user starts them: CPU-seconds of whole process trees,
//! memory of whole process trees, text against the truth of generated pages. Speed is told as a ratio to a peer that
//! read the same pages in the same minutes, because seconds of a shared machine mean little by themselves.
//! How each figure comes about: docs/benchmarks.md.
#![allow(
    clippy::disallowed_methods,
    reason = "starts the programs it compares and writes scratch files only"
)]

mod accuracy;
mod alto;
mod catalog;
mod compact;
mod fields;
mod fixity;
mod log;
mod machine;
mod main_job;
mod marks;
mod measure;
mod memory;
mod pades;
mod pages;
mod programs;
mod reading;
mod reading_room;
mod recogniser;
mod seal;
mod search;
mod store;
mod table;
mod verify;
mod volumes;
mod worker;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use programs::Programs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Figures of this program beside its peers.
#[derive(Debug, Parser)]
#[command(name = "benches", version)]
struct Words {
    #[command(subcommand)]
    bench: Bench,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// One JSON document instead of Markdown.
    #[arg(long, global = true)]
    json: bool,
    /// Seed of the generated pages [default: the first for evaluation]
    #[arg(long, global = true)]
    seed: Option<u64>,
    /// Folder for pages and results; made anew.
    #[arg(long, global = true, default_value = "target/bench")]
    work: PathBuf,
    /// Folder with the programs `hoso` and `hoso-worker` [default: that of this program]
    #[arg(long, global = true)]
    programs: Option<PathBuf>,
    /// What `./dev` installs into: Pdfium and the peers' virtual environment.
    #[arg(long, global = true, env = "HOSO_DEV_CACHE", default_value = ".dev")]
    cache: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// OCR and PDF against OCRmyPDF and tesseract, and the whole main job against OCR and PDF alone.
    MainJob(main_job::Order),
    /// Peak of anonymous resident memory of all processes, few pages against many.
    Memory(memory::Order),
    /// Memory of one worker over a thousand pages, and of one that reads a very large page.
    Worker(worker::Order),
    /// Error rates on the named sets.
    Accuracy(accuracy::Order),
    /// Error rates of all sets, speed and calibration beside tesseract and OCRmyPDF.
    Reading(reading::Order),
    /// The own line recogniser against libtesseract: equal text, speed, where a page's time goes.
    Recogniser(recogniser::Order),
    /// Size of searchable PDFs, as received and in layers.
    Compact(compact::Order),
    /// Secrecy stamps: recall and false alarms.
    Marks(marks::Order),
    /// Header fields against the truth.
    Fields(fields::Order),
    /// The catalog of an archive with a hundred thousand case files: listed, and made anew.
    Catalog(catalog::Order),
    /// One case file of ten thousand and more pages: memory of storing, checking, rebuilding, listing.
    Volumes(volumes::Order),
    /// Storing a case file durably, beside copying it and beside other OCFL programs.
    Store(store::Order),
    /// The transparency log: durable entries a second, and the proof of one page in a large log.
    Log(log::Order),
    /// `hoso archive check` beside sha512sum on the same files and cores, and its memory.
    Fixity(fixity::Order),
    /// A whole search, up to the words and boxes of sealed text: each hit in another case file.
    ReadingRoom(reading_room::Order),
    /// Signing PDFs beside pyHanko, beside hashing and copying, and memory.
    Pades(pades::Order),
    /// Sealing a thousand case files with keys on a token: seconds, operations of the token.
    Seal(seal::Order),
    /// `hoso verify ARCHIVE` beside sha256sum on the same files.
    Verify(verify::Order),
    /// Searching a made-up archive, beside SQLite FTS5 and PostgreSQL full text on the same text.
    Search(search::Order),
    /// All of them but the stamps, searching, fixity, verifying, sealing, signing PDFs, the log, the worker's memory, the recogniser, the store, the catalog, the volumes, the reading room, and `reading`, in which peers read every set.
    All(All),
}

#[derive(Debug, Args)]
struct All {
    /// Pages of every set, except for memory.
    #[arg(long, default_value_t = 40)]
    pages: u32,
    /// Pages of the long run for memory.
    #[arg(long, default_value_t = 400)]
    many: u32,
}

fn main() -> ExitCode {
    match run(Words::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("benches: {problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: Words) -> Result<()> {
    let Common { json, seed, work, programs, cache } = words.common;
    std::fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let work = std::fs::canonicalize(work)?;
    let programs = Programs::find(programs, &cache)?;
    let setting = Setting { seed, work, programs, kept: cache.join("bench-peers") };
    let mut report = table::Report::new(machine::look(&setting.programs));
    match words.bench {
        Bench::MainJob(order) => main_job::run(&setting, &order, &mut report)?,
        Bench::Memory(order) => memory::run(&setting, &order, &mut report)?,
        Bench::Worker(order) => worker::run(&setting, &order, &mut report)?,
        Bench::Accuracy(order) => accuracy::run(&setting, &order, &mut report)?,
        Bench::Reading(order) => reading::run(&setting, &order, &mut report)?,
        Bench::Recogniser(order) => recogniser::run(&setting, &order, &mut report)?,
        Bench::Catalog(order) => catalog::run(&setting, &order, &mut report)?,
        Bench::Volumes(order) => volumes::run(&setting, &order, &mut report)?,
        Bench::Store(order) => store::run(&setting, &order, &mut report)?,
        Bench::Compact(order) => compact::run(&setting, &order, &mut report)?,
        Bench::Marks(order) => marks::run(&setting, &order, &mut report)?,
        Bench::Fields(order) => fields::run(&setting, &order, &mut report)?,
        Bench::Fixity(order) => fixity::run(&setting, &order, &mut report)?,
        Bench::Log(order) => log::run(&setting, &order, &mut report)?,
        Bench::ReadingRoom(order) => reading_room::run(&setting, &order, &mut report)?,
        Bench::Pades(order) => pades::run(&setting, &order, &mut report)?,
        Bench::Seal(order) => seal::run(&setting, &order, &mut report)?,
        Bench::Verify(order) => verify::run(&setting, &order, &mut report)?,
        Bench::Search(order) => search::run(&setting, &order, &mut report)?,
        Bench::All(All { pages, many }) => {
            main_job::run(&setting, &main_job::Order { pages, ..main_job::Order::default() }, &mut report)?;
            memory::run(&setting, &memory::Order { few: pages, many, workers: 2 }, &mut report)?;
            accuracy::run(&setting, &accuracy::Order { pages, ..accuracy::Order::default() }, &mut report)?;
            compact::run(&setting, &compact::Order { pages, ..compact::Order::default() }, &mut report)?;
            fields::run(&setting, &fields::Order { pages, ..fields::Order::default() }, &mut report)?;
        }
    }
    report.note_end();
    print!("{}", if json { report.json() } else { report.markdown() });
    Ok(())
}

/// What every bench is given.
struct Setting {
    seed: Option<u64>,
    /// An existing folder, absolute.
    work: PathBuf,
    programs: Programs,
    /// Where texts of peers are kept between runs.
    kept: PathBuf,
}
