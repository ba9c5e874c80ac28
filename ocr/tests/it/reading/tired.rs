//! What happens when the lines of a plain page cannot all be read together: time that runs out is told, and a worker that ends
//! leaves the page to the next way of reading. Both are faults that no real page gives at will.

use super::{TEXT, picture, pool};
use native::{GreyView, NativeError, PageRaster, RecogniseParams, RecognisedLines, RecognisedPage};
use ocr::{Engine, EngineIdentity, OcrConfig, PageReading, Rung, read_page};
use record::{FindingKind, PxBox};

/// Fails where the lines of a whole page are read.
struct Tired {
    fault: fn(RecognisedLines) -> Result<RecognisedLines, NativeError>,
}

impl Engine for Tired {
    fn recognise(
        &self,
        image: GreyView<'_>,
        params: &RecogniseParams,
    ) -> Result<RecognisedPage, NativeError> {
        Engine::recognise(pool(), image, params)
    }

    fn read_lines(
        &self,
        image: GreyView<'_>,
        areas: &[PxBox],
        params: &RecogniseParams,
    ) -> Result<RecognisedLines, NativeError> {
        let read = Engine::read_lines(pool(), image, areas, params)?;
        if areas.len() < 8 { Ok(read) } else { (self.fault)(read) }
    }

    fn reads_lines(&self) -> Result<bool, NativeError> {
        Engine::reads_lines(pool())
    }

    fn identity(&self) -> Result<EngineIdentity, NativeError> {
        Engine::identity(pool())
    }
}

fn read(fault: fn(RecognisedLines) -> Result<RecognisedLines, NativeError>) -> PageReading {
    read_page(&Tired { fault }, &page(), &OcrConfig::default()).expect("the recogniser is there")
}

fn page() -> PageRaster {
    let lines: String = (0..2).map(|_| format!("{TEXT}\n")).collect();
    picture(200, 1, &["-annotate", "+120+300", &lines])
}

fn words(reading: &PageReading) -> usize {
    reading.outcome.text().map_or(0, |text| text.words().count())
}

#[test]
fn lines_that_time_left_unread_are_told() {
    let whole = read(Ok);
    assert_eq!(whole.recipe.tries[0].rung, Rung::Lines);
    let half = read(|mut read| {
        let first = read.lines.len() / 2;
        read.lines[first..].iter_mut().for_each(|line| line.words.clear());
        Ok(RecognisedLines { complete: false, ..read })
    });
    assert!(words(&half) > 0 && words(&half) < words(&whole));
    let is_told =
        |f: &ocr::PageFinding| f.kind == FindingKind::Unrecognised && f.detail.contains("time ran out");
    assert!(half.findings.iter().any(is_told) && !whole.findings.iter().any(is_told), "{:?}", half.findings);
}

#[test]
fn lines_that_end_a_worker_are_laid_out_by_tesseract() {
    let reading = read(|_| Err(NativeError::OutOfMemory { how: "signal 6".into(), said: String::new() }));
    assert_eq!(reading.recipe.tries.iter().map(|t| t.rung).collect::<Vec<_>>(), [Rung::Plain]);
    assert_eq!(words(&reading), words(&read(Ok)));
}
