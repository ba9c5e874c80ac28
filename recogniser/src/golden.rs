//! Every stage against what libtesseract made of the same line images (`tests/golden`, written by `tools/golden.cpp`).

use crate::beam::Search;
use crate::line::{self, Line};
use crate::model::Model;
use crate::net::tests::vector_paths;
use crate::net::{Forward, Path as Way, Probabilities, forward};
use crate::unit::Unit;
use crate::words::{self, Place};
use std::path::Path;

struct Golden {
    name: String,
    /// None if Tesseract would not read the line.
    stages: Option<Stages>,
}

struct Stages {
    width: usize,
    height: usize,
    scaled: u64,
    input: u64,
    outputs: u64,
    winners: Vec<(u32, f32)>,
    /// Character id, time step, certainty.
    characters: Vec<(u32, u32, f32)>,
    borders: Vec<u32>,
    words: Vec<(String, f32)>,
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.0.split_first_chunk::<N>().expect("golden files are whole");
        self.0 = rest;
        *head
    }
    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }
    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
    fn f32(&mut self) -> f32 {
        f32::from_le_bytes(self.array())
    }
    fn text(&mut self) -> String {
        let length = self.u32() as usize;
        let (head, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8(head.to_vec()).expect("UTF-8")
    }
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.u32()).map(|_| item(self)).collect()
    }
    fn golden(&mut self) -> Golden {
        let name = self.text();
        let width = self.u32() as usize;
        if width == 0 {
            return Golden { name, stages: None };
        }
        let (height, scaled, input, steps, outputs) =
            (self.u32() as usize, self.u64(), self.u64(), self.u32(), self.u64());
        let winners = (0..steps).map(|_| (self.u32(), self.f32())).collect();
        let characters = self.list(|c| {
            let (id, step, certainty, _rating) = (c.u32(), c.u32(), c.f32(), c.f32());
            (id, step, certainty)
        });
        let borders = self.list(Cursor::u32);
        let words = self.list(|c| (c.text(), c.f32()));
        let stages = Stages { width, height, scaled, input, outputs, winners, characters, borders, words };
        Golden { name, stages: Some(stages) }
    }
}

fn digest(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Width, height, pixels of a grey PNG or of a binary PGM with a plain header.
pub(crate) fn grey(path: &Path) -> (u32, u32, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if path.extension().is_some_and(|e| e == "png") {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
        let info = reader.next_frame(&mut pixels).expect("a whole PNG");
        assert_eq!(info.color_type, png::ColorType::Grayscale, "{}", path.display());
        return (info.width, info.height, pixels);
    }
    let mut fields = bytes.split(u8::is_ascii_whitespace).skip(1);
    let mut number = || -> u32 {
        std::str::from_utf8(fields.next().expect("a field")).expect("ASCII").parse().expect("a number")
    };
    let (width, height) = (number(), number());
    let pixels = bytes[bytes.len() - (width * height) as usize..].to_vec();
    (width, height, pixels)
}

pub(crate) fn model(language: &str) -> Model {
    let path = format!("/usr/share/tesseract-ocr/5/tessdata/{language}.traineddata");
    let bytes =
        std::fs::read(&path).unwrap_or_else(|e| panic!("{path} (package tesseract-ocr-{language}): {e}"));
    Model::parse(&bytes).expect("Debian's model is supported")
}

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[test]
fn every_stage_is_that_of_libtesseract() {
    let more = std::env::var_os("HOSO_RECOGNISER_GOLDEN");
    for language in ["vie", "eng"] {
        let model = model(language);
        let scalar = forward(&model.network, model.sample_iteration, Way::Scalar);
        for network in vector_paths(&model.network, model.sample_iteration).into_iter().chain(scalar) {
            let lines = judge(Path::new(FOLDER), language, &model, &*network);
            assert!(lines >= 60, "{lines} lines");
            // A large set from outside the repository, on the fast paths.
            if let Some(more) = more.as_ref().map(Path::new).filter(|_| network.name() != "scalar")
                && more.join(format!("{language}.golden")).exists()
            {
                let lines = judge(more, language, &model, &*network);
                println!("{lines} more lines of {language} are equal on the path {}", network.name());
            }
        }
    }
}

/// With real weights and real lines: the last integers before probabilities are the same on every path.
#[test]
fn activations_of_every_path_are_those_of_the_plain_one() {
    for language in ["vie", "eng"] {
        let model = model(language);
        let plain = forward(&model.network, model.sample_iteration, Way::Scalar).expect("plain code runs");
        let fast = vector_paths(&model.network, model.sample_iteration);
        let mut lines = 0;
        for entry in std::fs::read_dir(FOLDER).expect("the folder is there") {
            let path = entry.expect("readable").path();
            if path.extension().is_none_or(|e| e != "png") {
                continue;
            }
            let (width, height, pixels) = grey(&path);
            let unit = Unit { width, height, stride: width as usize, pixels: &pixels };
            let Ok(line) = line::prepare(&unit) else { continue };
            let expected = plain.last_activations(&line);
            assert!(!expected.is_empty() && expected.iter().any(|a| *a != expected[0]), "{}", path.display());
            for network in &fast {
                let own = network.last_activations(&line);
                assert!(own == expected, "{} on {}, {language}", path.display(), network.name());
            }
            lines += 1;
        }
        assert!(lines >= 60, "{lines} lines");
    }
}

/// How many lines were equal.
fn judge(folder: &Path, language: &str, model: &Model, network: &dyn Forward) -> usize {
    let bytes = std::fs::read(folder.join(format!("{language}.golden"))).expect("readable");
    let mut cursor = Cursor(&bytes);
    let enabled = vec![true; model.charset.size()];
    let mut search = Search::new(&model.charset, model.dictionary.as_ref(), &enabled);
    let (mut lines, mut shifted) = (0, 0);
    while !cursor.0.is_empty() {
        let golden = cursor.golden();
        let name = &golden.name;
        let (width, height, pixels) = grey(&folder.join(name));
        let unit = Unit { width, height, stride: width as usize, pixels: &pixels };
        let Some(stages) = golden.stages else {
            assert!(line::prepare(&unit).is_err(), "{name}: libtesseract refuses it");
            lines += 1;
            continue;
        };
        let scaled = line::scaled(&unit).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((scaled.width, scaled.height), (stages.width, stages.height), "{name}");
        assert_eq!(digest(scaled.pixels.iter().copied()), stages.scaled, "{name}: scaled image");
        let line = line::prepare(&unit).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(digest(line.input.iter().map(|v| v.cast_unsigned())), stages.input, "{name}: input");
        network.run(&[&line], &mut |_, probabilities| {
            outputs(name, &stages, &probabilities, network.name());
            shifted +=
                usize::from(characters(name, &stages, model, &mut search, &probabilities, &unit, &line));
        });
        lines += 1;
    }
    // The exponential of the vector paths may turn a tie: a border moves by a time step, in very few lines.
    let few = if network.name() == "scalar" { 0 } else { lines / 1000 };
    assert!(
        shifted <= few,
        "{shifted} of {lines} lines have other time steps on the path {}",
        network.name()
    );
    lines
}

fn outputs(name: &str, stages: &Stages, probabilities: &Probabilities<'_>, path: &str) {
    assert_eq!(probabilities.steps(), stages.winners.len(), "{name}: time steps");
    for (step, (winner, golden)) in stages.winners.iter().enumerate() {
        let own = probabilities.step(step)[*winner as usize];
        assert!((own - golden).abs() < 2e-6, "{name}, step {step}: {own} for {golden}");
    }
    if path == "scalar" {
        let own = digest(probabilities.values.iter().flat_map(|p| p.to_le_bytes()));
        assert_eq!(own, stages.outputs, "{name}: outputs, bit for bit");
    }
}

/// Whether a time step or border is another; the text must be the same.
fn characters(
    name: &str,
    stages: &Stages,
    model: &Model,
    search: &mut Search<'_>,
    probabilities: &Probabilities<'_>,
    unit: &Unit<'_>,
    line: &Line,
) -> bool {
    let own = search.read(probabilities).unwrap_or_else(|e| panic!("{name}: {e}"));
    let text = |ids: &[u32]| ids.iter().map(|id| model.charset.text(*id as u16)).collect::<String>();
    let own_ids: Vec<u32> = own.iter().map(|c| u32::from(c.id)).collect();
    let ids: Vec<u32> = stages.characters.iter().map(|c| c.0).collect();
    assert_eq!(text(&own_ids), text(&ids), "{name}");
    assert_eq!(own_ids, ids, "{name}: ids");
    let mut shifted = false;
    for (own, (_, step, certainty)) in own.iter().zip(&stages.characters) {
        assert!(own.steps.0.abs_diff(*step as usize) <= 1, "{name}: time step");
        shifted |= own.steps.0 != *step as usize;
        assert!((own.certainty - certainty).abs() < 2e-5, "{name}: {} for {certainty}", own.certainty);
    }
    let mut borders: Vec<u32> = own.iter().map(|c| c.borders.0 as u32).collect();
    if !own.is_empty() {
        borders.push(line.steps() as u32);
        assert_eq!(borders.len(), stages.borders.len(), "{name}: borders");
        assert!(borders.iter().zip(&stages.borders).all(|(a, b)| a.abs_diff(*b) <= 1), "{name}: borders");
        shifted |= borders != stages.borders;
    }
    let enabled = vec![true; model.charset.size()];
    let place =
        Place { charset: &model.charset, enabled: &enabled, height_px: unit.height, width_px: unit.width };
    let reading = words::line(&place, &own, probabilities);
    let words: Vec<&str> = reading.words.iter().map(|w| w.text.as_str()).collect();
    let golden: Vec<&(String, f32)> = stages.words.iter().filter(|(t, _)| !t.trim().is_empty()).collect();
    let golden_words: Vec<&str> = golden.iter().map(|(t, _)| t.trim()).collect();
    assert_eq!(words, golden_words, "{name}: words");
    for (word, (text, certainty)) in reading.words.iter().zip(golden) {
        let confidence = (100.0 + 35.0 * certainty).clamp(0.0, 100.0);
        // A space at a word's beginning counts for Tesseract; it is not part of ours.
        let tolerance = if text.starts_with(' ') { 100.0 } else { 1e-3 };
        assert!((word.confidence - confidence).abs() < tolerance, "{name} {text}: {}", word.confidence);
    }
    shifted
}
