//! Lines in known places, and what is around them: blank ones, inverted ones, such as no recogniser takes, blocks that lie turned.

use crate::support::{
    Grey, VIETNAMESE, config, config_with, convert, read, sample_picture, text_picture, words_of,
};
use native::{EngineChoice, GreyView, Pool, Reader, RecogniseParams, Segmentation, WorkerConfig};
use record::PxBox;
use std::time::Duration;

/// One line, in `vie`.
fn params() -> RecogniseParams {
    RecogniseParams::new("vie", Segmentation::Line)
}

/// A pool of each reader.
fn both_readers() -> [(Reader, Pool); 2] {
    [(Reader::Own, EngineChoice::Own), (Reader::Tesseract, EngineChoice::Tesseract)]
        .map(|(reader, engine)| (reader, Pool::start(WorkerConfig { engine, ..config() }, 1).unwrap()))
}

#[test]
fn lines_in_known_places_are_read_by_both_readers() {
    let pool = Pool::start(config(), 1).unwrap();
    let picture = text_picture(VIETNAMESE);
    let page = read(&pool, &picture, "vie");
    let lines: Vec<&record::Line> = page.blocks.iter().flat_map(|b| &b.lines).collect();
    let grown =
        |b: &PxBox| PxBox { left: b.left - 6, top: b.top - 6, right: b.right + 6, bottom: b.bottom + 6 };
    let mut areas: Vec<PxBox> = lines.iter().map(|l| grown(&l.bbox)).collect();
    areas.push(PxBox { left: 0, top: 0, right: 40, bottom: 30 });
    for (reader, pool) in both_readers() {
        let read = pool.read_lines(picture.view(), &areas, &params()).unwrap();
        assert_eq!((read.complete, read.reader), (true, Some(reader)));
        let read = read.lines;
        assert_eq!(read.len(), areas.len());
        let (blank, printed) = read.split_last().unwrap();
        assert!(blank.words.is_empty() && printed.len() == lines.len() && lines.len() > 2, "{blank:?}");
        for (line, area) in lines.iter().zip(printed) {
            assert_eq!(line.text(), area.text(), "{reader:?}");
            for (a, b) in line.words.iter().zip(&area.words) {
                let near = |a: u32, b: u32| a.abs_diff(b) <= 6;
                let (a, b) = (a.bbox, b.bbox);
                let same = near(a.left, b.left) && near(a.right, b.right) && near(a.top, b.top);
                assert!(same && near(a.bottom, b.bottom), "{reader:?} {a:?} {b:?}");
            }
        }
    }
}

/// The same with a black bar of 300 × 60 pixels in its upper left corner.
fn with_a_bar(mut picture: Grey) -> Grey {
    let width = picture.width_px as usize;
    picture.pixels.chunks_mut(width).take(60).for_each(|row| row[..300].fill(0));
    picture
}

#[test]
fn blank_areas_hold_no_words() {
    let picture = with_a_bar(text_picture(VIETNAMESE));
    let (width, height) = (picture.width_px, picture.height_px);
    let areas = [
        PxBox { left: 0, top: 0, right: 300, bottom: 60 },
        PxBox { left: 310, top: 4, right: width, bottom: 50 },
        PxBox { left: 0, top: height - 40, right: width, bottom: height },
        // no line at all: flatter and narrower than any letter
        PxBox { left: 0, top: 0, right: 200, bottom: 4 },
        PxBox { left: 310, top: 0, right: 311, bottom: 50 },
    ];
    for (reader, pool) in both_readers() {
        let read = pool.read_lines(picture.view(), &areas, &params()).unwrap();
        assert!(read.complete && read.lines.len() == areas.len(), "{reader:?}");
        assert!(read.lines.iter().all(|line| line.words.is_empty()), "{reader:?} {:?}", read.lines);
        for grey in [0, 255] {
            let pixels = vec![grey; 600 * 40];
            let sheet = GreyView { width_px: 600, height_px: 40, dpi: 200, pixels: &pixels };
            let all = PxBox { left: 0, top: 0, right: 600, bottom: 40 };
            let read = pool.read_lines(sheet, &[all], &params()).unwrap();
            assert!(read.complete && read.lines[0].words.is_empty(), "{reader:?} {grey} {:?}", read.lines);
        }
    }
}

/// Tesseract takes a rectangle as wide as the picture for the picture; the other reader has no such habit.
#[test]
fn a_line_as_wide_as_the_picture_is_read_where_it_stands() {
    let lines = ["Biên bản hỏi cung bị can", "Kết luận điều tra vụ án", "Cáo trạng truy tố bị can"];
    let pieces: Vec<String> = lines.iter().map(|line| format!("label:{line}")).collect();
    let mut args =
        vec!["-background", "white", "-fill", "black", "-font", "Liberation-Serif", "-size", "700x70"];
    args.extend(pieces.iter().map(String::as_str));
    let picture = convert(&[&args[..], &["-append"]].concat(), 200);
    let third = picture.height_px / 3;
    let area = |n: u32| PxBox { left: 0, top: n * third, right: picture.width_px, bottom: (n + 1) * third };
    for (reader, pool) in both_readers() {
        let read = pool.read_lines(picture.view(), &[area(0), area(1), area(2)], &params()).unwrap().lines;
        // Spaces, and a stroke on the empty paper behind a line, are another matter.
        let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
        assert_eq!(read.len(), lines.len());
        for (read, printed) in read.iter().zip(lines) {
            let (read, printed) = (letters(&read.text()), letters(printed));
            let wrong = read.chars().zip(printed.chars()).filter(|(a, b)| a != b).count();
            // At most one mark.
            assert!(
                read.chars().count() == printed.chars().count() && wrong <= 1,
                "{reader:?} {read} {printed}"
            );
        }
    }
}

/// Longer than our own recogniser takes: brought to its height it has more than 65,536 columns.
#[test]
fn a_line_of_thirty_thousand_pixels_is_read_by_tesseract() {
    let font = ["-background", "white", "-fill", "black", "-font", "Liberation-Serif", "-size", "x16"];
    let piece = convert(&[&font[..], &["label:Biên bản hỏi cung bị can "]].concat(), 100);
    let times = 30_000 / piece.width_px as usize;
    let rows = piece.pixels.chunks_exact(piece.width_px as usize);
    let pixels: Vec<u8> = rows.flat_map(|row| row.repeat(times)).collect();
    let (width_px, height_px) = (piece.width_px * times as u32, piece.height_px);
    assert!(width_px > 29_000 && width_px * 36 / height_px > 1 << 16, "{width_px} × {height_px}");
    let view = GreyView { width_px, height_px, dpi: 100, pixels: &pixels };
    let all = PxBox { left: 0, top: 0, right: width_px, bottom: height_px };
    let some = PxBox { left: 0, top: 0, right: width_px / 10, bottom: height_px };
    // some seconds' work, on however busy a machine
    let config = config_with(|limits| limits.wall = Duration::from_secs(900));
    let pool = Pool::start(WorkerConfig { engine: EngineChoice::Own, ..config }, 1).unwrap();
    let read = pool.read_lines(view, &[some, all], &params()).unwrap();
    assert!(read.complete);
    let [some, all] = &read.lines[..] else { panic!("{:?}", read.lines.len()) };
    // Six words in each piece; so small a print is not read without mistakes.
    assert!(all.words.len().abs_diff(6 * times) * 10 < 6 * times, "{} of {}", all.words.len(), 6 * times);
    assert!(some.words.len().abs_diff(6 * times / 10) * 10 < 6 * times, "{}", some.words.len());
    let known = |text: &str| ["Biên", "bản", "hỏi", "cung", "bị", "can"].contains(&text);
    assert!(all.words.iter().filter(|w| known(&w.text)).count() * 4 > all.words.len(), "{}", all.text());
    assert!(all.words.iter().all(|w| w.bbox.right <= width_px && !w.bbox.is_empty()));
}

const LIGHT: &str = "Cộng hòa xã hội chủ nghĩa Việt Nam";

/// A line of white letters in a black bar.
fn bar(border: &str) -> Vec<&str> {
    let label =
        ["+size", "-background", "black", "-fill", "white", "label:Cộng hòa xã hội chủ nghĩa Việt Nam"];
    [&label[..], &["-bordercolor", "black", "-border", border]].concat()
}

const FONT: [&str; 6] = ["-density", "200", "-font", "Liberation-Serif", "-pointsize", "14"];

#[test]
fn white_letters_in_a_black_bar_are_read() {
    let around = ["-bordercolor", "white", "-border", "60"];
    let picture = convert(&[&FONT[..], &bar("20")[..], &around[..]].concat(), 200);
    // in the bar, a little off its sides
    let (right, bottom) = (picture.width_px - 72, picture.height_px - 70);
    let areas = [PxBox { left: 72, top: 70, right, bottom }];
    for (reader, pool) in both_readers() {
        let lines = pool.read_lines(picture.view(), &areas, &params()).unwrap().lines;
        assert_eq!(lines[0].text(), LIGHT, "{reader:?}");
        let inside = |b: &PxBox| b.top >= 70 && b.bottom <= bottom && !b.is_empty();
        assert!(lines[0].words.iter().all(|w| inside(&w.bbox)), "{reader:?} {:?}", lines[0].words);
    }
}

/// The same as layout finds it, between lines of dark letters, which it must not change.
#[test]
fn white_letters_in_a_black_bar_are_read_on_a_page() {
    let dark = ["-background", "white", "-fill", "black", "-size", "1400x"];
    let caption = format!("caption:{VIETNAMESE}");
    let space = ["(", "-size", "1400x24", "xc:white", ")"];
    let page = |between: &[&str]| {
        let print = [&["("], &dark[..], &[caption.as_str(), ")"]].concat();
        let args = [
            &FONT[..],
            &print[..],
            &space[..],
            between,
            &space[..],
            &print[..],
            &["-background", "white"][..],
        ]
        .concat();
        convert(&[&args[..], &["-append", "-bordercolor", "white", "-border", "60"]].concat(), 200)
    };
    let with_bar = page(&[&["("], &bar("4")[..], &[")"]].concat());
    let without = page(&space[..]);
    for (reader, pool) in both_readers() {
        let light = words_of(&read(&pool, &with_bar, "vie"));
        let dark = words_of(&read(&pool, &without, "vie"));
        let printed: Vec<&str> = VIETNAMESE.split_whitespace().collect();
        assert_eq!(dark, [&printed[..], &printed[..]].concat(), "{reader:?}");
        let bar: Vec<&str> = LIGHT.split_whitespace().collect();
        // The bar's own edge may be read as a word or two.
        let (known, strays): (Vec<&str>, Vec<&str>) =
            light.iter().map(String::as_str).partition(|word| printed.contains(word) || bar.contains(word));
        assert_eq!(known, [&printed[..], &bar[..], &printed[..]].concat(), "{reader:?}");
        assert!(strays.len() <= 2, "{reader:?} {strays:?}");
    }
}

/// A block that does not stand upright: Tesseract turns it, our own recogniser does not.
#[test]
fn a_page_that_lies_on_its_side_is_left_to_tesseract() {
    let truth = std::fs::read_to_string(crate::provided::sample("images/tesseract/phototest.txt")).unwrap();
    for engine in [EngineChoice::Auto, EngineChoice::Own] {
        let pool = Pool::start(WorkerConfig { engine, ..config() }, 1).unwrap();
        let upright = read(&pool, &sample_picture("phototest.tif"), "eng");
        assert_eq!(upright.reader, Some(Reader::Own));
        let turned = read(&pool, &sample_picture("phototest-rotated-R.png"), "eng");
        assert_eq!((turned.reader, turned.complete), (Some(Reader::Tesseract), true), "{engine:?}");
        assert_eq!(words_of(&turned), truth.split_whitespace().collect::<Vec<_>>(), "{engine:?}");
        // the other way round layout takes the foot of the page for its head, as the program tesseract does, too
        let other = read(&pool, &sample_picture("phototest-rotated-L.png"), "eng");
        assert_eq!(other.reader, Some(Reader::Tesseract), "{engine:?}");
    }
}

/// A word that could also be another one says so at the far end, and never where Tesseract reads.
#[test]
fn doubtful_words_give_their_alternatives() {
    let small = ["-resize", "38%", "-blur", "0x0.6"];
    let sharp = text_picture(VIETNAMESE);
    let caption = format!("caption:{VIETNAMESE}");
    let args = [&FONT[..], &["-background", "white", "-fill", "black", "-size", "1400x"]].concat();
    let args = [&args[..], &[caption.as_str()], &small[..], &["-bordercolor", "white", "-border", "30"]];
    let blurred = convert(&args.concat(), 76);
    for (reader, pool) in both_readers() {
        let offered = |picture: &Grey| -> Vec<(String, record::Alternative)> {
            let page = read(&pool, picture, "vie");
            let words = page.blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words);
            words.flat_map(|w| w.alternatives.iter().map(|a| (w.text.clone(), a.clone()))).collect()
        };
        let (few, many) = (offered(&sharp), offered(&blurred));
        if reader == Reader::Tesseract {
            assert!(few.is_empty() && many.is_empty());
            continue;
        }
        assert!(many.len() >= 3 && many.len() > few.len(), "{few:?} {many:?}");
        for (word, other) in &many {
            assert!(
                other.source == record::AlternativeSource::Recogniser && other.text != *word,
                "{other:?}"
            );
            assert!((5..=100).contains(&other.score), "{word} {other:?}");
        }
    }
}
