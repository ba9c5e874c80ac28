//! Our own recogniser beside libtesseract, in one process and one thread: the same pictures, the same layout, the same
//! rectangles. A developer's tool, told what to do by `./dev bench recogniser`:
//!
//!   recogniser LANGUAGE PICTURE...
//!
//! For each page one line of JSON: what either reads in each rectangle, and processor milliseconds.
#![allow(dead_code, reason = "modules of the worker, of which not everything is used here")]

#[path = "../../src/bin/hoso-worker/bilevel.rs"]
mod bilevel;
#[path = "../../src/bin/hoso-worker/engine.rs"]
mod engine;
#[path = "../../src/bin/hoso-worker/layout.rs"]
mod layout;
#[path = "../../src/bin/hoso-worker/marks.rs"]
mod marks;
#[path = "../../src/bin/hoso-worker/own.rs"]
mod own;
#[path = "../../src/bin/hoso-worker/spaces.rs"]
mod spaces;

use engine::Engine;
use native::wire::{EngineChoice, Kernels};
use native::{GreyView, Limits, Pool, RecogniseParams, Segmentation, WorkerConfig};
use recogniser::{LineReading, Model, Outcome, Recogniser, Unit, Unusable};
use std::path::PathBuf;
use std::time::Duration;
use tesseract_rs::TesseractAPI;
use unicode_normalization::UnicodeNormalization;

type Failed = Box<dyn std::error::Error>;

/// Page segmentation modes: a page, and a rectangle that is one line as it is.
const PAGE: u8 = 3;
const RAW_LINE: u8 = 13;
/// Longer than any page takes.
const NO_END_MS: u32 = 600_000;
/// Each way of reading is measured so often, and the least counts.
const ROUNDS: usize = 2;

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let language = arguments.next().ok_or("recogniser LANGUAGE PICTURE...")?;
    let folder = PathBuf::from("/usr/share/tesseract-ocr/5/tessdata");
    let mut bench = Bench::new(folder, &language)?;
    println!("{}", bench.models()?);
    let pool = Pool::start(bench.worker_config()?, 1)?;
    for path in arguments {
        let file = std::fs::File::open(&path)?;
        for page in 0..pool.inspect(&file, &path)?.pages {
            let raster = pool.decode(&file, page)?;
            let channels = usize::from(raster.channels);
            // the red channel, in which red ink is paper
            let pixels: Vec<u8> = raster.pixels().iter().step_by(channels).copied().collect();
            let size = raster.size;
            let image = GreyView {
                width_px: size.width_px,
                height_px: size.height_px,
                dpi: size.dpi,
                pixels: &pixels,
            };
            let mut told =
                bench.page(image).unwrap_or_else(|why| serde_json::json!({"skipped": why.to_string()}));
            pool.recognise(image, &RecogniseParams::new(&language, Segmentation::Auto))?;
            told["worker_bytes"] = peak_of(&pool).into();
            told["picture"] = path.clone().into();
            told["page"] = page.into();
            println!("{told}");
        }
    }
    Ok(())
}

struct Bench {
    folder: PathBuf,
    language: String,
    /// As the worker reads.
    ours: Engine,
    /// libtesseract as it is installed.
    theirs: TesseractAPI,
    /// The recogniser on every path that this processor has, the fastest first.
    paths: Vec<Recogniser>,
}

impl Bench {
    fn new(folder: PathBuf, language: &str) -> Result<Self, Failed> {
        let model = std::fs::read(folder.join(format!("{language}.traineddata")))?;
        let theirs = engine::tesseract(&model, language)?;
        let ours = Engine::new(folder.clone(), EngineChoice::Own, Kernels::Auto);
        let path = |kernels| own::recogniser(Model::parse(&model), language, EngineChoice::Own, kernels).ok();
        let paths = [Kernels::Avx512vnni, Kernels::Avx2].into_iter().filter_map(path).collect();
        Ok(Self { folder, language: language.into(), ours, theirs, paths })
    }

    fn worker_config(&self) -> Result<WorkerConfig, Failed> {
        let program = std::env::current_exe()?;
        let pdfium: Vec<PathBuf> = std::env::var_os("HOSO_PDFIUM").map(Into::into).into_iter().collect();
        let folders: Vec<PathBuf> = program.ancestors().skip(1).take(3).map(Into::into).collect();
        let mut config = WorkerConfig::find(&folders, &[], &pdfium, &self.language)?;
        config.limits = Limits { wall: Duration::from_secs(600), ..config.limits };
        Ok(config)
    }

    /// How long a model takes from its file to the first line.
    fn models(&self) -> Result<serde_json::Value, Failed> {
        let file = self.folder.join(format!("{}.traineddata", self.language));
        let model = || Model::parse(&std::fs::read(&file).ok()?).ok();
        let load = || own::recogniser(Ok(model()?), "", EngineChoice::Own, Kernels::Auto).ok();
        let loading = least(5, || load().map(drop));
        let paths: Vec<&str> = self.paths.iter().map(Recogniser::path).collect();
        Ok(serde_json::json!({"language": self.language, "load_ms": loading, "paths": paths}))
    }

    fn page(&mut self, image: GreyView<'_>) -> Result<serde_json::Value, Failed> {
        let whole = least(ROUNDS, || {
            let read = self.ours.recognise(image, &self.language, PAGE, "", NO_END_MS);
            read.map(|read| serde_json::to_vec(&read.blocks))
        });
        let mut lines = None;
        let layout = self.ours.layout().map_err(told)?;
        let layout = least(ROUNDS, || lines = layout.lines(&image, PAGE).ok().flatten());
        let areas = own::areas(&lines.ok_or("text that does not stand upright")?);
        let units: Vec<Unit<'_>> = areas.iter().map(|area| own::unit(area, &image)).collect();
        let mut read: Vec<Vec<LineReading>> = Vec::new();
        let mut recognition = Vec::new();
        for path in &self.paths {
            let mut readings = Vec::new();
            recognition.push(least(ROUNDS, || readings = path.read(&units)));
            read.push(readings);
        }
        let parts = self.paths.first().map(|path| path.stages(&units, cpu_ms));
        let whole_theirs = least(ROUNDS, || self.theirs_whole(image));
        let (lines_theirs, texts) = self.theirs_lines(image, &areas)?;
        let first = read.first().ok_or("this processor has no path")?;
        // what is light on dark the worker reads in a negative
        let is_refused = |line: &LineReading| line.outcome == Outcome::Unusable(Unusable::LightOnDark);
        let refused = first.iter().filter(|line| is_refused(line)).count();
        let both = first.iter().zip(texts).filter(|(ours, _)| !is_refused(ours));
        let lines: Vec<[String; 2]> = both.map(|(ours, theirs)| [text(ours), theirs]).collect();
        let alike: Vec<usize> = read
            .iter()
            .map(|other| {
                other.iter().zip(first).filter(|(a, b)| !is_refused(b) && text(a) == text(b)).count()
            })
            .collect();
        Ok(serde_json::json!({
            "lines": lines, "refused": refused, "alike": alike,
            "ms": {
                "whole": whole, "layout": layout, "recognition": recognition, "parts": parts,
                "tesseract_whole": whole_theirs, "tesseract_recognition": lines_theirs,
            },
        }))
    }

    /// A page read by libtesseract alone, to words with boxes.
    fn theirs_whole(&self, image: GreyView<'_>) -> Result<usize, Failed> {
        engine::show(&self.theirs, image, PAGE).map_err(told)?;
        engine::recognise_within(&self.theirs, NO_END_MS);
        let words = engine::walk(&self.theirs.get_iterator()?, &image)?;
        self.theirs.clear()?;
        Ok(words.len())
    }

    /// Each rectangle read by libtesseract as it is; what its recognition takes, without finding ink and rows in it.
    fn theirs_lines(&self, image: GreyView<'_>, areas: &[[u32; 4]]) -> Result<(f64, Vec<String>), Failed> {
        engine::show(&self.theirs, image, RAW_LINE).map_err(told)?;
        let (mut spent, mut texts) = (0.0, Vec::new());
        for &[left, top, right, bottom] in areas {
            let [x, y, width, height] = [left, top, right - left, bottom - top].map(|v| v as i32);
            // for a rectangle as wide as the picture libtesseract looks into the picture at the rectangle's own places
            // (`ImageThresholder::BestPix`): it is shown as a picture instead
            let rows = image.width_px as usize;
            let pixels = &image.pixels[top as usize * rows..bottom as usize * rows];
            let strip = GreyView { height_px: bottom - top, pixels, ..image };
            let is_strip = right - left == image.width_px;
            let again = || match is_strip {
                true => engine::show(&self.theirs, strip, RAW_LINE).map_err(told),
                false => Ok(self.theirs.set_rectangle(x, y, width, height)?),
            };
            let finding = least(ROUNDS, || again().map(|()| drop(layout::found(&self.theirs))));
            let all = least(ROUNDS, || again().map(|()| engine::recognise_within(&self.theirs, NO_END_MS)));
            spent += (all - finding).max(0.0);
            let text = self.theirs.get_utf8_text().unwrap_or_default();
            texts.push(text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect());
            if is_strip {
                engine::show(&self.theirs, image, RAW_LINE).map_err(told)?;
            }
        }
        self.theirs.clear()?;
        Ok((spent, texts))
    }
}

fn text(line: &LineReading) -> String {
    line.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn told(failure: native::wire::Failure) -> Failed {
    native::NativeError::from(failure).into()
}

/// The least processor time of some rounds, in milliseconds.
fn least<T>(rounds: usize, mut work: impl FnMut() -> T) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let begin = cpu_ms();
        let done = work();
        best = best.min(cpu_ms() - begin);
        drop(done);
    }
    best
}

/// `struct timespec` and `CLOCK_THREAD_CPUTIME_ID` of Linux on 64 bits.
#[repr(C)]
struct TimeSpec {
    seconds: i64,
    nanoseconds: i64,
}
const THREAD_TIME: i32 = 3;

unsafe extern "C" {
    fn clock_gettime(clock: i32, time: *mut TimeSpec) -> i32;
}

/// Processor time of this thread: other work on the machine does not count.
fn cpu_ms() -> f64 {
    let mut time = TimeSpec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the clock exists, and the place is there for the call.
    unsafe { clock_gettime(THREAD_TIME, &mut time) };
    time.seconds as f64 * 1e3 + time.nanoseconds as f64 / 1e6
}

/// Most memory that the worker ever held, in bytes.
fn peak_of(pool: &Pool) -> u64 {
    let peak = |pid: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    pool.idle_pids().iter().filter_map(peak).max().unwrap_or(0) << 10
}
