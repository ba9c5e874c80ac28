//! Marks read with the real recogniser: stamps and seals drawn by ImageMagick.

use super::{TEXT, error_rate, kinds, picture, read};
use native::PageRaster;
use ocr::{OcrConfig, look_for_stamps};
use record::{BlockKind, FindingKind, Mark, MarkInk, MarkKind, PxBox};

const RED: &str = "rgb(214,30,34)";

/// A frame with a word in it, its upper left corner at (x, y), 300 dpi.
fn stamp(word: &str, x: u32, y: u32, colour: &str) -> Vec<String> {
    let wide = 60 + 42 * word.chars().count() as u32;
    let frame = format!("rectangle {x},{y} {},{}", x + wide, y + 110);
    let inside = format!("+{}+{}", x + 34, y + 78);
    [
        "-fill",
        "none",
        "-stroke",
        colour,
        "-strokewidth",
        "5",
        "-draw",
        &frame,
        "-stroke",
        "none",
        "-fill",
        colour,
    ]
    .into_iter()
    .chain(["-font", "Liberation-Serif-Bold", "-pointsize", "16", "-annotate", &inside, word])
    .map(str::to_owned)
    .collect()
}

fn page_with(channels: u8, more: &[Vec<String>]) -> PageRaster {
    let draw: Vec<&str> = ["-annotate", "+300+1200", TEXT]
        .into_iter()
        .chain(more.iter().flatten().map(String::as_str))
        .collect();
    picture(300, channels, &draw)
}

fn marks(reading: &ocr::PageReading) -> Vec<(Mark, PxBox, String)> {
    let text = reading.outcome.text().expect("text");
    let mark = |b: &record::Block| match b.kind {
        BlockKind::Mark(mark) => {
            Some((mark, b.bbox, b.lines.iter().map(|l| l.text()).collect::<Vec<_>>().join(" ")))
        }
        BlockKind::Body => None,
    };
    text.blocks.iter().filter_map(mark).collect()
}

#[test]
fn stamps_of_secrecy_are_found_in_colour_and_without() {
    for (word, kind, found) in [
        ("MẬT", MarkKind::SecrecyStamp, FindingKind::SecrecyStamp),
        ("TỐI MẬT", MarkKind::SecrecyStamp, FindingKind::SecrecyStamp),
        ("HỎA TỐC", MarkKind::UrgencyStamp, FindingKind::UrgencyStamp),
    ] {
        for (channels, ink) in [(3, MarkInk::Red), (1, MarkInk::Black)] {
            let raster = page_with(channels, &[stamp(word, 420, 640, RED)]);
            let reading = read(&raster);
            let finding = reading.findings.iter().find(|f| f.kind == found);
            assert_eq!(
                finding.map(|f| f.detail.as_str()),
                Some(word),
                "{word} {ink:?} {:?}",
                reading.findings
            );
            let marks = marks(&reading);
            assert_eq!(marks.len(), 1, "{word} {marks:?}");
            assert_eq!(marks[0].0, Mark { kind, ink });
            assert!(marks[0].1.left.abs_diff(420) < 20 && marks[0].1.bottom.abs_diff(750) < 20, "{marks:?}");
            assert!(error_rate(&reading) <= 0.01, "{word} {ink:?}");
            let alone = look_for_stamps(super::pool(), &raster, &OcrConfig::default()).unwrap();
            assert!(alone.iter().any(|f| f.kind == found && f.detail == word), "{word} {alone:?}");
        }
    }
}

#[test]
fn other_frames_are_no_secrecy_stamps() {
    for word in ["BẢN SAO", "SAO Y BẢN CHÍNH"] {
        let reading = read(&page_with(3, &[stamp(word, 420, 640, RED)]));
        assert_eq!(kinds(&reading), [], "{word}");
        assert_eq!(marks(&reading)[0].0, Mark { kind: MarkKind::Other, ink: MarkInk::Red });
        assert_eq!(vitext::fold_ascii(&marks(&reading)[0].2), vitext::fold_ascii(word));
    }
    let reading = read(&page_with(1, &[stamp("BẢN SAO", 420, 640, "rgb(20,20,24)")]));
    assert_eq!((kinds(&reading), marks(&reading)), (vec![], vec![]));
}

#[test]
fn a_red_frame_that_cannot_be_read_is_a_doubt() {
    let scribble =
        "path 'M 460,700 C 480,600 500,800 520,700 C 540,600 560,800 580,700 C 600,600 620,800 640,700'";
    let mut draw = stamp(" ", 420, 640, RED);
    draw.splice(6..8, ["-draw", "rectangle 420,640 690,750", "-draw", scribble].map(str::to_owned));
    let reading = read(&page_with(3, &[draw]));
    assert_eq!(kinds(&reading), [FindingKind::MaybeSecrecyStamp]);
    assert_eq!(marks(&reading)[0].0, Mark { kind: MarkKind::SecrecyStamp, ink: MarkInk::Red });
}

#[test]
fn the_signer_below_a_seal_is_read_and_the_seal_is_a_mark() {
    let ring = |radius: u32| format!("circle 1560,2500 {},2500", 1560 + radius);
    let line = |at: &str, text: &str| {
        ["-fill", "rgb(20,20,24)", "-stroke", "none", "-font", "Liberation-Serif-Bold", "-pointsize", "14"]
            .into_iter()
            .chain(["-annotate", at, text])
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let seal: Vec<String> = ["-fill", "none", "-stroke", RED, "-strokewidth", "9", "-draw", &ring(200)]
        .into_iter()
        .chain(["-strokewidth", "4", "-draw", &ring(120)])
        .map(str::to_owned)
        .collect();
    let reading = read(&page_with(
        3,
        &[
            // below the print: stamping ink lets black through
            seal,
            line("+1480+2330", "KT. VIỆN TRƯỞNG"),
            line("+1450+2400", "PHÓ VIỆN TRƯỞNG"),
            line("+1500+2660", "Dương Bá Trường"),
        ],
    ));
    let marks = marks(&reading);
    assert_eq!((marks.len(), marks[0].0), (1, Mark { kind: MarkKind::Seal, ink: MarkInk::Red }), "{marks:?}");
    let around = PxBox { left: 1360, top: 2300, right: 1760, bottom: 2700 };
    assert!(marks[0].1.left.abs_diff(around.left) < 16 && marks[0].1.bottom.abs_diff(around.bottom) < 16);
    let text = reading.outcome.text().unwrap();
    let signer = ocr::marks::signer_of(text).expect("a signer");
    assert_eq!(signer.offices, ["KT. VIỆN TRƯỞNG", "PHÓ VIỆN TRƯỞNG"]);
    assert_eq!(signer.name.as_deref(), Some("Dương Bá Trường"));
    assert_eq!(signer.boxes.len(), 3);
    assert!(text.body().contains("PHÓ VIỆN TRƯỞNG") && text.body().contains("Dương Bá Trường"));
}
