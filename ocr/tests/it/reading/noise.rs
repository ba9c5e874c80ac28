//! Pages without a word: nothing is read from them, and they cost no more than twenty pages of print.

use super::{TEXT, picture, pool, textures};
use native::{GreyView, NativeError, PageRaster, Pool, RecogniseParams, RecognisedLines, RecognisedPage};
use ocr::{Engine, EngineIdentity, OcrConfig, PageReading, read_page};
use record::PxBox;
use std::sync::Mutex;

/// The real recogniser, with an account of what it was asked.
struct Metered<'a> {
    /// Whether it says that it reads lines in known places.
    reads_lines: bool,
    pool: &'a Pool,
    spent: Mutex<Spent>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    /// Pictures laid out.
    layouts: usize,
    /// Their pixels.
    laid_out_px: u64,
    /// Pixels of the lines that were read, as often as they were.
    read_px: u64,
}

impl Spent {
    fn px(self) -> u64 {
        self.laid_out_px + self.read_px
    }
}

/// Pixels of a line as it is read: brought to a height of 36.
fn area(b: &PxBox) -> u64 {
    u64::from(b.width()) * 36 * 36 / u64::from(b.height().max(1))
}

impl Engine for Metered<'_> {
    fn recognise(
        &self,
        image: GreyView<'_>,
        params: &RecogniseParams,
    ) -> Result<RecognisedPage, NativeError> {
        let read = Engine::recognise(self.pool, image, params)?;
        let mut spent = self.spent.lock().unwrap();
        spent.layouts += 1;
        spent.laid_out_px += image.pixels.len() as u64;
        spent.read_px += read.blocks.iter().flat_map(|b| &b.lines).map(|l| area(&l.bbox)).sum::<u64>();
        Ok(read)
    }

    fn read_lines(
        &self,
        image: GreyView<'_>,
        areas: &[PxBox],
        params: &RecogniseParams,
    ) -> Result<RecognisedLines, NativeError> {
        self.spent.lock().unwrap().read_px += areas.iter().map(area).sum::<u64>();
        Engine::read_lines(self.pool, image, areas, params)
    }

    fn reads_lines(&self) -> Result<bool, NativeError> {
        Ok(self.reads_lines && Engine::reads_lines(self.pool)?)
    }

    fn identity(&self) -> Result<EngineIdentity, NativeError> {
        Engine::identity(self.pool)
    }
}

fn metered(raster: &PageRaster, reads_lines: bool) -> (PageReading, Spent) {
    let engine = Metered { pool: pool(), reads_lines, spent: Mutex::default() };
    let reading = read_page(&engine, raster, &OcrConfig::default()).expect("the recogniser is there");
    (reading, engine.spent.into_inner().unwrap())
}

/// Pixels that the recogniser was given, for each pixel of the page, or of the working picture where that is larger.
fn cost(raster: &PageRaster, reading: &PageReading, spent: Spent) -> f64 {
    let working =
        raster.size.width_px as f32 * raster.size.height_px as f32 * reading.recipe.scale.max(1.0).powi(2);
    spent.px() as f64 / f64::from(working)
}

#[test]
fn two_hundred_pages_of_texture_give_no_word_and_cost_at_most_twenty_pages_of_print() {
    let lines: String = (0..4).map(|_| format!("{TEXT}\n")).collect();
    let print = picture(200, 1, &["-annotate", "+120+300", &lines]);
    let (reading, spent) = metered(&print, true);
    assert!(cost(&print, &reading, spent) < 0.5 && spent.layouts == 0, "{spent:?}");
    // what is no plain print costs a layout
    let (reading, spent) = metered(&print, false);
    let usual = cost(&print, &reading, spent);
    assert!(usual > 1.1 && spent.layouts == 1, "{usual} {spent:?}");
    for number in 0..200 {
        let (name, raster) = textures::page(number);
        let (reading, spent) = metered(&raster, true);
        let words = reading.outcome.text().map(|t| t.words().filter(|w| w.confidence >= 60).count());
        assert!(words.is_none_or(|words| words == 0), "{number}, {name}: {}", reading.recipe);
        assert!(!reading.findings.is_empty(), "{number}, {name}");
        let cost = cost(&raster, &reading, spent);
        assert!(cost <= 20.0 * usual, "{number}, {name}: {cost} against {usual}, {spent:?}");
    }
}
