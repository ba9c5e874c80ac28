//! Numbers are read a second time by another model, and nothing else is.

use super::{TEXT, kinds, picture, pool};
use native::{GreyView, NativeError, RecogniseParams, RecognisedLines, RecognisedPage, WITNESS};
use ocr::{Engine, EngineIdentity, OcrConfig, PageReading, read_page};
use record::{AlternativeSource, FindingKind, Line, PxBox, Word};
use std::sync::Mutex;

/// Both real models. Keeps what the witness was asked, and may change what it says.
struct Courtroom {
    /// What the first model reads in each place that the witness was shown.
    shown: Mutex<Vec<String>>,
    testimony: fn(&mut Word),
}

impl Engine for Courtroom {
    fn recognise(
        &self,
        image: GreyView<'_>,
        params: &RecogniseParams,
    ) -> Result<RecognisedPage, NativeError> {
        assert_eq!(params.language, "vie", "the witness reads lines only");
        Engine::recognise(pool(), image, params)
    }

    fn read_lines(
        &self,
        image: GreyView<'_>,
        areas: &[PxBox],
        params: &RecogniseParams,
    ) -> Result<RecognisedLines, NativeError> {
        let mut read = Engine::read_lines(pool(), image, areas, params)?;
        if params.language == WITNESS {
            let first = RecogniseParams { language: "vie".into(), ..params.clone() };
            let lines = Engine::read_lines(pool(), image, areas, &first)?.lines;
            self.shown.lock().unwrap().extend(lines.iter().map(Line::text));
            read.lines.iter_mut().flat_map(|line| &mut line.words).for_each(self.testimony);
        }
        Ok(read)
    }

    fn reads_lines(&self) -> Result<bool, NativeError> {
        Engine::reads_lines(pool())
    }

    fn identity(&self) -> Result<EngineIdentity, NativeError> {
        Engine::identity(pool())
    }
}

/// A page with these words, and what the witness was shown of it.
fn heard(text: &str, testimony: fn(&mut Word)) -> (PageReading, Vec<String>) {
    let engine = Courtroom { shown: Mutex::default(), testimony };
    let page = picture(300, 1, &["-annotate", "+300+800", text]);
    let reading = read_page(&engine, &page, &OcrConfig::default()).expect("both models are there");
    (reading, engine.shown.into_inner().unwrap())
}

/// The words that the witness doubts, each with what it says.
fn doubted(reading: &PageReading) -> Vec<(String, String)> {
    let words = reading.outcome.text().expect("text").words();
    let digits = |w: &Word| w.alternatives.iter().find(|a| a.source == AlternativeSource::Digits).cloned();
    words.filter_map(|w| digits(w).map(|other| (w.text.clone(), other.text))).collect()
}

#[test]
fn the_witness_is_shown_numbers_only() {
    let (reading, shown) = heard(TEXT, |_| ());
    let numbers = TEXT.lines().filter(|line| line.contains(|c: char| c.is_ascii_digit())).count();
    assert!(numbers == 2 && shown.len() >= numbers, "{shown:?}");
    // Each place begins and ends with a figure and holds at most two words between two of them: "36, 39 và 179", …
    for place in &shown {
        let words: Vec<&str> = place.split(' ').collect();
        let is_number = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
        assert!(words.first().is_some_and(is_number) && words.last().is_some_and(is_number), "{place}");
    }
    let all = shown.join(" ");
    for number in ["36,", "39", "179", "2015", "15.000.000"] {
        assert!(all.split(' ').any(|word| word == number), "{number}: {all}");
    }
    // clean print: the two agree
    assert!(doubted(&reading).is_empty() && !kinds(&reading).contains(&FindingKind::DoubtfulNumber));
}

#[test]
fn a_page_without_numbers_is_not_shown_to_the_witness() {
    let words: String = TEXT.chars().filter(|c| !c.is_ascii_digit()).collect();
    let (reading, shown) = heard(&words, |_| panic!("it was not asked"));
    assert!(reading.outcome.text().is_some_and(|text| text.words().count() > 50));
    assert!(shown.is_empty(), "{shown:?}");
}

#[test]
fn a_number_that_the_witness_reads_otherwise_is_doubtful() {
    let swap = |word: &mut Word| word.text = word.text.replace('9', "4");
    let (reading, _) = heard(TEXT, swap);
    let pairs = [("39", "34"), ("179", "174")].map(|(read, said)| (read.to_owned(), said.to_owned()));
    assert_eq!(doubted(&reading), pairs);
    let finding = reading.findings.iter().find(|f| f.kind == FindingKind::DoubtfulNumber);
    assert_eq!(finding.map(|f| f.detail.as_str()), Some("2"));
    // the text stays as it was read first
    assert!(reading.outcome.text().unwrap().body().contains("36, 39 và 179"));
    // a witness that hardly sees anything is not believed
    let (reading, _) = heard(TEXT, |word| {
        (word.text, word.confidence) = (word.text.replace('9', "4"), 40);
    });
    assert!(doubted(&reading).is_empty() && !kinds(&reading).contains(&FindingKind::DoubtfulNumber));
}
