//! What is no page of Vietnamese print: each has a typed outcome, and no word is read that is not there.

use super::{TEXT, error_rate, kinds, picture, pool, read};
use crate::provided::sample;
use native::PageRaster;
use ocr::{OcrConfig, PageReading, read_page};
use record::{FindingKind, PageOutcome, PageSize};
use std::collections::BTreeSet;
use std::fs::File;
use vitext::fold_ascii;

const INK: [&str; 6] = ["-fill", "none", "-stroke", "black", "-strokewidth", "4"];

/// Words read with a confidence of 60 or more, folded.
fn sure_words(reading: &PageReading) -> Vec<String> {
    let text = reading.outcome.text();
    text.map(|t| t.words().filter(|w| w.confidence >= 60).map(|w| fold_ascii(&w.text)).collect())
        .unwrap_or_default()
}

/// Nothing was read, and the reading says so.
fn assert_no_text(name: &str, reading: &PageReading) {
    assert_eq!(sure_words(reading), [""; 0], "{name}: {}", reading.recipe);
    assert!(!reading.findings.is_empty(), "{name} is passed over in silence");
}

fn grey(width_px: u32, height_px: u32, value: impl Fn(u32, u32) -> u8) -> PageRaster {
    let pixels = (0..width_px * height_px).map(|i| value(i % width_px, i / width_px)).collect();
    PageRaster::from_pixels(PageSize { width_px, height_px, dpi: 300 }, 1, false, pixels)
}

#[test]
fn on_a_photo_no_word_is_read_but_those_written_on_it() {
    let photo = File::open(sample("images/exif/Portrait_8.jpg")).unwrap();
    let raster = pool().decode(&photo, 0).unwrap();
    assert!(raster.size.height_px > raster.size.width_px, "as displayed");
    let reading = read(&raster);
    let invented = |w: &String| !["top", "bottom", "left", "right", "8"].contains(&w.as_str());
    assert_eq!(sure_words(&reading).into_iter().filter(invented).collect::<Vec<_>>(), [""; 0]);
    assert!(!reading.findings.is_empty());
}

#[test]
fn a_map_is_no_text() {
    // contour lines, a river, roads and a grid
    let mut lines = String::new();
    for (n, (x, y)) in [(700, 900), (1700, 1400), (900, 2600)].into_iter().enumerate() {
        for r in (60..600).step_by(60) {
            lines += &format!("ellipse {x},{y} {},{} 0,360 ", r + 20 * n as u32, r * 2 / 3);
        }
    }
    for at in (300..3400).step_by(620) {
        lines += &format!("line 0,{at} 2480,{at} bezier {at},0 {},1200 {},2400 {at},3507 ", at + 500, at / 2);
    }
    let draw = [&INK[..], &["-draw", &lines]].concat();
    assert_no_text("map", &read(&picture(300, 1, &draw)));
}

/// Rows of loops, hooks and bars as a quick pen leaves them: strokes that join, words, margins.
fn handwriting() -> String {
    let mut strokes = String::new();
    for row in 0..22_u32 {
        let (mut x, base) = (300, 500 + row * 120);
        for n in 0..26_u32 {
            let turn = (row * 31 + n * 17) % 7;
            let (up, wide) = ([34, 80, 28, 40, 95, 30, 36][turn as usize], 26 + turn * 3);
            strokes += &format!(
                "bezier {x},{base} {},{} {},{} {},{} ",
                x + wide,
                base - up,
                x - 8,
                base - up - 6,
                x + wide,
                base + if turn == 3 { 50 } else { 0 }
            );
            x += wide + if n % 5 == 4 { 55 } else { 0 };
        }
    }
    strokes
}

#[test]
fn handwriting_is_no_print() {
    let strokes = handwriting();
    let draw = [&INK[..], &["-draw", &strokes]].concat();
    assert_no_text("handwriting", &read(&picture(300, 1, &draw)));
}

/// 中国人大小日月口田木本王土工上下十山, each as strokes in a square of 10.
const HAN: [&str; 18] = [
    "rectangle 1,2 9,6 line 5,0 5,10",
    "rectangle 1,1 9,9 line 3,3 7,3 line 3,5 7,5 line 3,7 7,7 line 5,3 5,7",
    "line 5,0 1,10 line 5,3 9,10",
    "line 1,3 9,3 line 5,0 1,10 line 5,3 9,10",
    "line 5,0 5,10 line 2,4 1,7 line 8,4 9,7",
    "rectangle 2,1 8,9 line 2,5 8,5",
    "line 3,0 2,10 line 3,0 8,0 line 8,0 8,10 line 3,3 8,3 line 3,6 8,6",
    "rectangle 1,2 9,9",
    "rectangle 1,1 9,9 line 1,5 9,5 line 5,1 5,9",
    "line 0,3 10,3 line 5,0 5,10 line 5,3 0,9 line 5,3 10,9",
    "line 0,3 10,3 line 5,0 5,10 line 5,3 0,9 line 5,3 10,9 line 3,8 7,8",
    "line 1,1 9,1 line 1,5 9,5 line 0,9 10,9 line 5,1 5,9",
    "line 2,4 8,4 line 0,9 10,9 line 5,0 5,9",
    "line 1,1 9,1 line 0,9 10,9 line 5,1 5,9",
    "line 5,0 5,9 line 5,4 8,4 line 0,9 10,9",
    "line 0,1 10,1 line 5,1 5,10 line 5,3 8,5",
    "line 0,4 10,4 line 5,0 5,10",
    "line 5,0 5,9 line 1,4 1,9 line 9,4 9,9 line 1,9 9,9",
];

#[test]
fn chinese_is_not_read_as_vietnamese() {
    let mut draw: Vec<String> =
        ["-fill", "none", "-stroke", "black", "-strokewidth", "1"].map(String::from).into();
    for (row, column) in (0..30).flat_map(|row| (0..32).map(move |column| (row, column))) {
        let strokes = HAN[(row * 7 + column * 5) % HAN.len()];
        let (x, y) = (300 + column * 56, 400 + row * 85);
        draw.extend(["-draw".into(), format!("translate {x},{y} scale 4.6,4.6 {strokes}")]);
    }
    let draw: Vec<&str> = draw.iter().map(String::as_str).collect();
    let reading = read(&picture(300, 1, &draw));
    let words =
        sure_words(&reading).into_iter().filter(|w| w.chars().filter(|c| c.is_alphabetic()).count() > 2);
    assert_eq!(words.collect::<Vec<_>>(), [""; 0], "{}", reading.recipe);
    assert!(!reading.findings.is_empty());
}

#[test]
fn french_is_read_as_it_stands() {
    const FRENCH: &str = "Le tribunal de grande instance de Hanoi, statuant publiquement, contradictoirement et en\n\
        premier ressort, declare le prevenu coupable des faits qui lui sont reproches et le condamne a\n\
        la peine de trois mois de prison avec sursis ainsi qu'aux frais de la procedure";
    let reading = read(&picture(300, 1, &["-annotate", "+300+900", FRENCH]));
    let there: BTreeSet<String> = FRENCH.split_whitespace().map(fold_ascii).collect();
    let words = sure_words(&reading);
    let right = words.iter().filter(|w| there.contains(*w)).count();
    assert!(words.len() >= 25 && right * 10 >= words.len() * 9, "{right} of {words:?}");
}

#[test]
fn white_print_on_black_is_read() {
    for channels in [1, 3] {
        let reading =
            read(&picture(300, channels, &["-annotate", "+300+1200", TEXT, "-channel", "RGB", "-negate"]));
        assert!(error_rate(&reading) <= 0.01, "{} {}", error_rate(&reading), reading.recipe);
    }
}

/// The page with a ground of lines 100 levels darker than the paper laid over it, as ink of two colours lies.
fn on_pattern(mut raster: PageRaster, is_line: impl Fn(f32, f32) -> bool) -> PageRaster {
    let size = raster.size;
    let ground =
        |at: usize| is_line((at % size.width_px as usize) as f32, (at / size.width_px as usize) as f32);
    let pixels = raster.pixels().iter().enumerate();
    let pixels = pixels.map(|(at, &v)| if ground(at) { v.saturating_sub(100) } else { v }).collect();
    raster = PageRaster::from_pixels(size, 1, false, pixels);
    raster
}

#[test]
fn print_on_patterned_paper_is_read() {
    let lines = |at: f32, pitch: f32| at.rem_euclid(pitch) < 3.0;
    let wave = |x: f32, y: f32, phase: f32| y + 22.0 * (x * 0.035 + phase).sin();
    let guilloche = move |x, y| (0..3).any(|n| lines(wave(x, y, n as f32 * 2.1), 20.0));
    let hatching = move |x: f32, y: f32| lines(x + y / 2.0, 14.0) || lines(x - y / 2.0, 14.0);
    type Pattern<'a> = &'a dyn Fn(f32, f32) -> bool;
    let patterns: [(&str, Pattern<'_>); 2] = [("guilloche", &guilloche), ("hatching", &hatching)];
    for (name, pattern) in patterns {
        let page = picture(300, 1, &["-annotate", "+300+1200", TEXT]);
        let reading = read(&on_pattern(page, pattern));
        assert!(error_rate(&reading) <= 0.05, "{name}: {} {}", error_rate(&reading), reading.recipe);
    }
}

#[test]
fn slips_and_strips_of_any_size_have_an_outcome() {
    let ink = |x: u32, y: u32| if (x / 7 + y / 9).is_multiple_of(3) { 30 } else { 250 };
    for (width, height) in [(1, 1), (1, 3000), (2, 2), (3, 3), (40, 2), (30_000, 200), (200, 30_000)] {
        for drawn in [true, false] {
            let reading = read(&grey(width, height, |x, y| if drawn { ink(x, y) } else { 255 }));
            assert_no_text(&format!("{width} x {height}"), &reading);
        }
    }
    // the sides that the recogniser cannot take
    let reading = read_page(pool(), &grey(60_000, 20, ink), &OcrConfig::default()).unwrap();
    assert_no_text("60000 x 20", &reading);
}

#[test]
fn a_strip_of_print_is_read() {
    let line = TEXT.lines().next().unwrap();
    let pages = picture(300, 1, &["-annotate", "+300+150", line]);
    let (width, wide) = (pages.size.width_px as usize, 30_000);
    let mut pixels = vec![255; wide * 200];
    for (to, from) in pixels.chunks_exact_mut(wide).zip(pages.pixels().chunks_exact(width)) {
        to[..width].copy_from_slice(from);
    }
    let size = PageSize { width_px: wide as u32, height_px: 200, dpi: 300 };
    let reading = read(&PageRaster::from_pixels(size, 1, false, pixels));
    assert_eq!(reading.outcome.text().map(|t| t.body()).as_deref(), Some(line), "{}", reading.recipe);
}

#[test]
fn a_black_page_and_a_dark_picture_are_not_called_blank() {
    let black = grey(1200, 1700, |_, _| 4);
    let stars = grey(1200, 1700, |x, y| if x % 40 < 4 && y % 37 < 4 { 250 } else { 6 });
    for (name, raster) in [("black", black), ("stars", stars)] {
        let reading = read(&raster);
        assert!(!matches!(reading.outcome, PageOutcome::Blank(_)), "{name}");
        assert_eq!(kinds(&reading), [FindingKind::Unrecognised], "{name}");
    }
}
