//! A page to words with boxes, laid out by Tesseract and with the lines that hoso finds itself. A developer's tool, told what to
//! do by `./dev bench recogniser`:
//!
//!   page LANGUAGE PICTURE...
//!
//! For each page one line of JSON: for both layouts the text of the page as it is kept in the end, and processor milliseconds of
//! this thread and its worker for the first reading, from the decoded picture on.

use native::{LayoutChoice, Pool, WorkerConfig};
use ocr::{OcrConfig, first_reading, read_page};
use std::path::PathBuf;

type Failed = Box<dyn std::error::Error>;

/// Each layout is measured so often, and the least counts.
const ROUNDS: usize = 2;

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let language = arguments.next().ok_or("page LANGUAGE PICTURE...")?;
    let pools = [LayoutChoice::Tesseract, LayoutChoice::Auto].map(|layout| {
        Pool::start(WorkerConfig { layout, ..worker_config(&language)? }, 1).map_err(Failed::from)
    });
    let [tesseract, auto] = pools;
    let (tesseract, auto) = (tesseract?, auto?);
    let config = OcrConfig { language, ..OcrConfig::default() };
    for path in arguments {
        let file = std::fs::File::open(&path)?;
        for page in 0..auto.inspect(&file, &path)?.pages {
            let raster = auto.decode(&file, page)?;
            let read = |pool: &Pool| -> Result<serde_json::Value, Failed> {
                let mut least = f64::INFINITY;
                for _ in 0..ROUNDS {
                    let begin = cpu_ms(pool)?;
                    first_reading(pool, &raster, &config)?;
                    least = least.min(cpu_ms(pool)? - begin);
                }
                let text = read_page(pool, &raster, &config)?.outcome.text().map(record::PageText::body);
                Ok(serde_json::json!({"ms": least, "text": text.unwrap_or_default()}))
            };
            let (tesseract, auto) = (read(&tesseract)?, read(&auto)?);
            println!(
                "{}",
                serde_json::json!({"picture": path, "page": page, "tesseract": tesseract, "auto": auto})
            );
        }
    }
    Ok(())
}

fn worker_config(language: &str) -> Result<WorkerConfig, Failed> {
    let program = std::env::current_exe()?;
    let pdfium: Vec<PathBuf> = std::env::var_os("HOSO_PDFIUM").map(Into::into).into_iter().collect();
    let folders: Vec<PathBuf> = program.ancestors().skip(1).take(3).map(Into::into).collect();
    Ok(WorkerConfig::find(&folders, &[], &pdfium, language)?)
}

/// Processor time of this thread and of the pool's only worker, in milliseconds.
fn cpu_ms(pool: &Pool) -> Result<f64, Failed> {
    let spent = |schedstat: &str| -> Result<f64, Failed> {
        let text = std::fs::read_to_string(schedstat)?;
        let nanoseconds = text.split_whitespace().next().ok_or("an empty schedstat")?;
        Ok(nanoseconds.parse::<u64>()? as f64 / 1e6)
    };
    let workers = pool.idle_pids().into_iter().map(|pid| spent(&format!("/proc/{pid}/schedstat")));
    workers.chain([spent("/proc/thread-self/schedstat")]).sum()
}
