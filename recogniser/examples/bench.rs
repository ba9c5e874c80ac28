//! Milliseconds a page on each path: `bench MODEL.traineddata FOLDER [ROUNDS [PATH]]`, where the folder holds line images as binary
//! PGM, whose names begin with the page (`clean-300-01-017.pgm`). `tools/golden.cpp` prints what libtesseract needs for
//! the same images.

use recogniser::{Model, Path, Recogniser, Unit};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Processor time of this thread, so that other work on the machine does not count.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

struct Image {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Image {
    fn unit(&self) -> Unit<'_> {
        let Image { width, height, pixels } = self;
        Unit { width: *width, height: *height, stride: *width as usize, pixels }
    }
}

fn pgm(bytes: &[u8]) -> Option<Image> {
    let mut fields = bytes.split(u8::is_ascii_whitespace).skip(1);
    let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse::<u32>().ok();
    let (width, height) = (number()?, number()?);
    let start = bytes.len().checked_sub(width as usize * height as usize)?;
    Some(Image { width, height, pixels: bytes[start..].to_vec() })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, model, folder, rest @ ..] = arguments.as_slice() else {
        return Err("bench MODEL.traineddata FOLDER [ROUNDS [PATH]]".into());
    };
    let rounds: usize = rest.first().map_or(Ok(5), |n| n.parse())?;
    let bytes = std::fs::read(model)?;
    let begin = Instant::now();
    let model = Model::parse(&bytes)?;
    println!("model read in {:.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    let mut pages: BTreeMap<String, Vec<Image>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some((page, _)) = name.strip_suffix(".pgm").and_then(|n| n.rsplit_once('-')) {
            let image = pgm(&std::fs::read(&path)?).ok_or("not a PGM")?;
            pages.entry(page.to_owned()).or_default().push(image);
        }
    }
    let lines: usize = pages.values().map(Vec::len).sum();
    println!("{} pages, {lines} lines; processor ms a page, best of {rounds} rounds", pages.len());
    let mut first: Option<Vec<String>> = None;
    for path in [Path::Avx512Vnni, Path::Avx2, Path::Scalar] {
        let begin = Instant::now();
        let Ok(recogniser) = Recogniser::new(model.clone(), path) else { continue };
        if rest.get(1).is_some_and(|only| only != recogniser.path()) {
            continue;
        }
        let prepared = begin.elapsed().as_secs_f64() * 1e3;
        let rounds = if path == Path::Scalar { 1 } else { rounds };
        let mut best = f64::INFINITY;
        let mut texts = Vec::new();
        for _ in 0..rounds {
            texts.clear();
            let begin = cpu();
            for page in pages.values() {
                let units: Vec<Unit<'_>> = page.iter().map(Image::unit).collect();
                for reading in recogniser.read(&units) {
                    let words: Vec<&str> = reading.words.iter().map(|w| w.text.as_str()).collect();
                    texts.push(words.join(" "));
                }
            }
            best = best.min((cpu() - begin).as_secs_f64() * 1e3 / pages.len() as f64);
        }
        let same =
            first.get_or_insert_with(|| texts.clone()).iter().zip(&texts).filter(|(a, b)| a == b).count();
        println!(
            "{:>11}: {best:8.1}   (made in {prepared:.1} ms; {same} of {lines} lines as the first)",
            recogniser.path()
        );
    }
    Ok(())
}
