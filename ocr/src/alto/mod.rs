//! ALTO 4.4: what was read on a page, as an archive keeps it, without loss both ways.
//!
//! [`write`] and [`read`] are each other's inverse for [`PageOutcome`]: blocks in reading order, lines with
//! their baseline, words with box and confidence, marks told from the body, resolution, and why there is no
//! text where there is none. `docs/format/alto.md` says where each of these stands. [`read`] also takes files
//! of other programs, ALTO 2 to 4 (`docs/format/alto.md`, "Foreign files").

mod reader;
mod writer;

use record::{PageNo, PageOutcome, Sha256, Timestamp, UnrecognisedReason};

pub use reader::{AltoError, read};
pub use writer::write;

/// The namespace of ALTO 4.
pub const NAMESPACE: &str = "http://www.loc.gov/standards/alto/ns-v4#";

/// What the file says besides the text.
#[derive(Debug, Clone, PartialEq)]
pub struct AltoFacts {
    /// The page's number in its case file or file.
    pub page: PageNo,
    /// Bút lục, where known.
    pub folio: Option<String>,
    /// Where its picture comes from.
    pub source: Source,
    /// What was done, in order; the last one read the text.
    pub steps: Vec<Step>,
}

/// The file that a page's picture was taken from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// Its name or path as received; empty when unknown.
    pub file_name: String,
    /// Its digest.
    pub sha256: Option<Sha256>,
    /// Which page of it, from 1.
    pub page_of_file: Option<u32>,
}

/// One thing done to make the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// What it was, in words, for example `recognition`.
    pub description: String,
    /// Its settings, enough to do it again.
    pub settings: String,
    /// The program.
    pub software: String,
    /// Its version.
    pub version: String,
    /// When.
    pub when: Option<Timestamp>,
}

/// A file as read.
#[derive(Debug, Clone, PartialEq)]
pub struct AltoFile {
    /// What it says besides the text.
    pub facts: AltoFacts,
    /// The text, or why there is none.
    pub outcome: PageOutcome,
}

/// Of the processing step that holds what ALTO has no place for.
const PAGE_STEP: &str = "page";
/// Of the tag that marks carry.
const MARK_TAG: &str = "mark";
const MARK_TYPE: &str = "hoso:block-kind";
/// Of the tags that say which mark it is, and the beginning of their IDs.
const MARK_KIND_TYPE: &str = "hoso:mark-kind";
const MARK_INK_TYPE: &str = "hoso:mark-ink";
/// How the purpose of an alternative begins; source and score follow, each after a colon.
const ALTERNATIVE_PURPOSE: &str = "hoso";

fn reason_of(code: &str, detail: &str) -> Option<UnrecognisedReason> {
    [
        UnrecognisedReason::NoTextFound,
        UnrecognisedReason::TimedOut,
        UnrecognisedReason::WorkerDied,
        UnrecognisedReason::Undecodable(detail.to_owned()),
        UnrecognisedReason::TooManyPixels,
    ]
    .into_iter()
    .find(|reason| reason.code() == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{
        Alternative, AlternativeSource, Block, BlockKind, Line, Mark, MarkInk, MarkKind, PageSize, PageText,
        PxBox, Turn, Word,
    };

    fn bbox(left: u32, top: u32, right: u32, bottom: u32) -> PxBox {
        PxBox { left, top, right, bottom }
    }

    pub(super) fn facts() -> AltoFacts {
        AltoFacts {
            page: PageNo::new(7).unwrap(),
            folio: Some("45a".into()),
            source: Source {
                file_name: "Hồ sơ/trang \"7\" & <8>.jpg".into(),
                sha256: Some(Sha256([0x5a; 32])),
                page_of_file: Some(3),
            },
            steps: vec![Step {
                description: "recognition".into(),
                settings: "psm=3\nlanguage=vie".into(),
                software: "tesseract".into(),
                version: "5.3.0".into(),
                when: Some("2026-03-01T02:03:04Z".parse().unwrap()),
            }],
        }
    }

    fn text() -> PageText {
        let word = |text: &str, bbox, confidence| Word::new(text, bbox, confidence);
        let mut words =
            vec![word("CỘNG", bbox(10, 20, 60, 40), 0), word("HÒA<&>\"'", bbox(70, 21, 120, 40), 100)];
        let alternative = |(source, score)| Alternative { text: "HỌA<&>".into(), score, source };
        words[1].alternatives =
            AlternativeSource::ALL.into_iter().zip([100, 0, 7, 30, 99]).map(alternative).collect();
        let line = |words| Line { bbox: bbox(10, 20, 120, 44), baseline: (39, 41), words };
        let block = |kind, lines| Block { kind, bbox: bbox(10, 20, 120, 44), lines };
        let confidences = (0..=100).map(|c| word("chữ", bbox(c, 1, c + 5, 9), c as u8)).collect();
        PageText {
            size: PageSize { width_px: 2480, height_px: 3508, dpi: 301 },
            turn: Turn::Upright,
            blocks: vec![
                block(BlockKind::Body, vec![line(words), line(vec![])]),
                block(BlockKind::Mark(Mark::default()), vec![line(vec![word("ĐẾN", bbox(1, 2, 3, 4), 55)])]),
                block(BlockKind::Body, vec![line(confidences)]),
                block(BlockKind::Body, vec![]),
                block(BlockKind::Mark(Mark { kind: MarkKind::Seal, ink: MarkInk::Red }), vec![]),
                block(BlockKind::Mark(Mark { kind: MarkKind::Other, ink: MarkInk::Red }), vec![]),
            ],
        }
    }

    fn round_trips(outcome: PageOutcome) {
        let xml = write(&facts(), &outcome);
        let file = read(xml.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{xml}"));
        assert_eq!(file.outcome, outcome);
        assert_eq!(file.facts, facts());
        assert_eq!(write(&file.facts, &file.outcome), xml);
    }

    #[test]
    fn text_round_trips() {
        round_trips(PageOutcome::Text(text()));
        for turn in Turn::ALL {
            round_trips(PageOutcome::Text(PageText { turn, ..text() }));
        }
        let size = PageSize { width_px: 1, height_px: 1, dpi: 72 };
        round_trips(PageOutcome::Text(PageText { size, turn: Turn::Upright, blocks: vec![] }));
    }

    #[test]
    fn pages_without_text_round_trip() {
        let size = PageSize { width_px: 2480, height_px: 3508, dpi: 300 };
        round_trips(PageOutcome::Blank(size));
        for reason in [
            UnrecognisedReason::NoTextFound,
            UnrecognisedReason::TimedOut,
            UnrecognisedReason::WorkerDied,
            UnrecognisedReason::Undecodable("cut off at byte 12\nor = so".into()),
            UnrecognisedReason::TooManyPixels,
        ] {
            round_trips(PageOutcome::Unrecognised { size: Some(size), reason: reason.clone() });
            round_trips(PageOutcome::Unrecognised { size: None, reason });
        }
    }

    #[test]
    fn what_xml_cannot_hold_becomes_the_replacement_character() {
        let mut text = text();
        text.blocks.truncate(1);
        text.blocks[0].lines[0].words[0].text = "a\u{1}b\u{FFFF}".into();
        let xml = write(&facts(), &PageOutcome::Text(text));
        let read = read(xml.as_bytes()).unwrap();
        assert_eq!(read.outcome.text().unwrap().words().next().unwrap().text, "a\u{FFFD}b\u{FFFD}");
    }
}
