//! The invisible text: it is where the print is, in the order of reading, complete, and nobody sees it.

use super::judges::{assert_pdf_a_2b, assert_sound, keep, run, run_bytes, text};
use super::material::{SIZE, block_of, draw_page, line_of, read_page};
use super::pdf::{white, write};
use crate::provided::sample;
use native::{Coding, PagePicture};
use record::{BlockKind, Mark, PageSize, PageText, PxBox, Turn};
use regex::Regex;
use std::path::Path;

/// A word as poppler finds it, in points from the top left corner.
struct Found {
    text: String,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

fn words_in(pdf: &Path) -> Vec<Found> {
    let html = run("pdftotext", &["-bbox", text(pdf), "-"]);
    let word =
        Regex::new(r#"<word xMin="(\S+)" yMin="(\S+)" xMax="(\S+)" yMax="(\S+)">(.*?)</word>"#).unwrap();
    word.captures_iter(&html)
        .map(|c| {
            let number = |i: usize| c[i].parse().unwrap();
            let text =
                c[5].replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            Found { text, left: number(1), top: number(2), right: number(3), bottom: number(4) }
        })
        .collect()
}

fn lines_of(text: &PageText) -> Vec<String> {
    text.blocks.iter().flat_map(|b| &b.lines).map(|line| line.text()).collect()
}

fn raw_lines(pdf: &Path) -> Vec<String> {
    run("pdftotext", &["-raw", "-nopgbrk", text(pdf), "-"]).lines().map(str::to_owned).collect()
}

/// Every word is found where it was read: sideways within 2 points of its box, in height around it within
/// `height_pt`. On real scans single boxes reach into the next line, while the text layer keeps to its own.
fn assert_boxes_agree(pdf: &Path, page: &PageText, height_pt: f32) {
    let found = words_in(pdf);
    let scale = 72.0 / page.size.dpi as f32;
    let mut used = vec![false; found.len()];
    for line in page.blocks.iter().flat_map(|b| &b.lines) {
        for word in &line.words {
            let PxBox { left, top, right, bottom } = word.bbox;
            let [left, top, right, bottom] = [left, top, right, bottom].map(|side| side as f32 * scale);
            let near = |f: &Found| {
                let height = line.bbox.height() as f32 * scale;
                f.text == word.text
                    && (f.left - left).abs() <= 2.0
                    && (f.right - right).abs() <= 2.0
                    && f.top <= top + height_pt
                    && f.bottom >= bottom - height_pt
                    && f.bottom - f.top <= 1.4 * height + height_pt
            };
            let idx = found.iter().enumerate().position(|(idx, f)| !used[idx] && near(f));
            let idx = idx.unwrap_or_else(|| {
                let same: Vec<_> = found.iter().filter(|f| f.text == word.text).collect();
                let same: Vec<_> = same.iter().map(|f| (f.left, f.top, f.right, f.bottom)).collect();
                panic!("{} at {:?}: poppler has {same:?}", word.text, (left, top, right, bottom))
            });
            used[idx] = true;
        }
    }
    assert!(used.iter().all(|u| *u), "poppler finds more words than there are");
}

/// A printed page, straight and askew, as grey JPEG with what Tesseract reads on it.
fn printed(dir: &Path, name: &str, degrees: f32) -> (PagePicture, PageText) {
    let (drawn, jpeg) = (dir.join(format!("{name}.png")), dir.join(format!("{name}.jpg")));
    draw_page(&drawn, degrees);
    run("convert", &[text(&drawn), "-colorspace", "Gray", "-quality", "70", text(&jpeg)]);
    let coding = Coding::Jpeg { components: 1, adobe_inverted_cmyk: false };
    let stored = (SIZE.width_px, SIZE.height_px);
    let bytes = std::fs::read(&jpeg).unwrap();
    (PagePicture::from_bytes(SIZE, coding, stored, 1, Vec::new(), bytes), read_page(&drawn, SIZE))
}

#[test]
fn text_lies_over_the_print_straight_and_askew() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, degrees) in [("straight", 0.0), ("askew", 1.5), ("askew-left", -1.5)] {
        let (picture, page) = printed(dir.path(), name, degrees);
        let pdf = dir.path().join(format!("{name}.pdf"));
        write(&pdf, &[(&picture, Some(&page), Some("1"))]);
        keep(&pdf);
        assert_sound(&pdf);
        assert_boxes_agree(&pdf, &page, if degrees == 0.0 { 2.0 } else { 3.0 });
        assert_eq!(
            raw_lines(&pdf),
            lines_of(&page),
            "{name}: words parted by one space, lines by a line break"
        );
        files.push(pdf);
    }
    assert_pdf_a_2b(&files);
}

/// A page that was fed turned: the picture as it lies, the text as it is read, each word over its print.
#[test]
fn text_of_a_turned_page_is_turned_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for turn in [Turn::Right, Turn::Half, Turn::Left] {
        let name = format!("turned-{}", turn.degrees());
        let (drawn, jpeg) = (dir.path().join(format!("{name}.png")), dir.path().join(format!("{name}.jpg")));
        draw_page(&drawn, 0.0);
        let page = read_page(&drawn, SIZE);
        let fed = turn.back().degrees().to_string();
        let turned = ["-rotate", &fed, "-colorspace", "Gray", "-quality", "70"];
        run("convert", &[&[text(&drawn)], &turned[..], &[text(&jpeg)]].concat());
        let lying = page.laid(turn);
        let coding = Coding::Jpeg { components: 1, adobe_inverted_cmyk: false };
        let stored = (lying.size.width_px, lying.size.height_px);
        let bytes = std::fs::read(&jpeg).unwrap();
        let picture = PagePicture::from_bytes(lying.size, coding, stored, 1, Vec::new(), bytes);
        let pdf = dir.path().join(format!("{name}.pdf"));
        write(&pdf, &[(&picture, Some(&lying), Some("1"))]);
        keep(&pdf);
        assert_sound(&pdf);
        // poppler's raw mode begins a new line at every word that does not run along the page
        assert_eq!(raw_lines(&pdf).join(" "), lines_of(&page).join(" "), "{name}");
        let found = words_in(&pdf);
        let scale = 72.0 / SIZE.dpi as f32;
        for word in lying.words() {
            let PxBox { left, top, right, bottom } = word.bbox;
            let (x, y) = ((left + right) as f32 / 2.0 * scale, (top + bottom) as f32 / 2.0 * scale);
            let over = |f: &Found| f.left < x && x < f.right && f.top < y && y < f.bottom;
            assert!(
                found.iter().any(|f| f.text == word.text && over(f)),
                "{name}: {} {:?}",
                word.text,
                word.bbox
            );
        }
        files.push(pdf);
    }
    assert_pdf_a_2b(&files);
}

#[test]
fn nobody_sees_the_text() {
    let dir = tempfile::tempdir().unwrap();
    let line = line_of(&["Viện", "kiểm", "sát"], 200, 300, 340);
    let page =
        PageText { size: SIZE, turn: Turn::Upright, blocks: vec![block_of(BlockKind::Body, vec![line])] };
    let (pdf, shown) = (dir.path().join("a.pdf"), dir.path().join("a.png"));
    write(&pdf, &[(&white(SIZE), Some(&page), None)]);
    run("pdftoppm", &["-r", "100", "-png", "-singlefile", text(&pdf), text(&shown.with_extension(""))]);
    assert_eq!(run("convert", &[text(&shown), "-format", "%[fx:minima]", "info:"]), "1");
}

#[test]
fn reading_order_is_that_of_the_blocks_and_marks_come_last() {
    let dir = tempfile::tempdir().unwrap();
    let body =
        |words: &[&str], left, top| block_of(BlockKind::Body, vec![line_of(words, left, top, top + 40)]);
    // The left header cell, then the right one, a little lower beside it, then a mark between them, then the text.
    let page = PageText {
        size: SIZE,
        turn: Turn::Upright,
        blocks: vec![
            body(&["VIỆN", "KIỂM", "SÁT"], 100, 200),
            body(&["CỘNG", "HÒA"], 900, 230),
            block_of(BlockKind::Mark(Mark::default()), vec![line_of(&["ĐẾN", "ngày"], 500, 250, 290)]),
            body(&["CÁO", "TRẠNG"], 600, 500),
        ],
    };
    let pdf = dir.path().join("a.pdf");
    write(&pdf, &[(&white(SIZE), Some(&page), None)]);
    assert_eq!(raw_lines(&pdf).join(" / "), "VIỆN KIỂM SÁT / CỘNG HÒA / CÁO TRẠNG / ĐẾN ngày");
}

const STRANGE: [&str; 5] = ["ấẫẵựỵĐđ", "𠀋𝔘", "€§“”…", "(\\)<>", "Ω"];

/// Touching, overlapping, empty and outside boxes; a baseline nowhere near; a line without words.
pub(super) fn strange_text() -> PageText {
    let mut line = line_of(&STRANGE, 200, 300, 340);
    line.words[1].bbox = PxBox { left: 310, top: 300, right: 310, bottom: 300 };
    line.words[2].bbox = PxBox { left: 250, top: 0, right: 9000, bottom: 9000 };
    line.baseline = (0, u32::MAX);
    let empty = line_of(&[], 0, 0, 0);
    PageText { size: SIZE, turn: Turn::Upright, blocks: vec![block_of(BlockKind::Body, vec![line, empty])] }
}

#[test]
fn every_character_survives() {
    let dir = tempfile::tempdir().unwrap();
    let pdf = dir.path().join("a.pdf");
    let line = line_of(&STRANGE, 200, 300, 340);
    let page =
        PageText { size: SIZE, turn: Turn::Upright, blocks: vec![block_of(BlockKind::Body, vec![line])] };
    write(&pdf, &[(&white(SIZE), Some(&page), None)]);
    assert_sound(&pdf);
    let found: Vec<String> = words_in(&pdf).into_iter().map(|f| f.text).collect();
    assert_eq!(found, STRANGE);
}

/// One page of a real scan: its picture as it stands in the PDF received, and what Tesseract reads on it.
fn real_page(dir: &Path, scan: &Path, page: u32, size: PageSize, coding: Coding) -> (PagePicture, PageText) {
    let (stem, no) = (dir.join("real"), page.to_string());
    let ending = if matches!(coding, Coding::Jpeg { .. }) { "jpg" } else { "ccitt" };
    run("pdfimages", &["-all", "-f", &no, "-l", &no, text(scan), text(&stem)]);
    let bytes = std::fs::read(dir.join(format!("real-000.{ending}"))).unwrap();
    run("pdfimages", &["-png", "-f", &no, "-l", &no, text(scan), text(&stem)]);
    let read = read_page(&dir.join("real-000.png"), size);
    (PagePicture::from_bytes(size, coding, (size.width_px, size.height_px), 1, Vec::new(), bytes), read)
}

#[test]
fn real_scans_become_searchable_copies() {
    let dir = tempfile::tempdir().unwrap();
    let size = |width_px, height_px| PageSize { width_px, height_px, dpi: 300 };
    let fax = Coding::CcittG4 { black_is_1: false };
    let jpeg = Coding::Jpeg { components: 3, adobe_inverted_cmyk: false };
    let mut files = Vec::new();
    for (scan, page, size, coding) in [
        ("chi-thi-16-2021.pdf", 2, size(2496, 3527), fax),
        ("cong-van-574-2025.pdf", 1, size(2464, 3508), jpeg),
    ] {
        let (picture, read) = real_page(dir.path(), &sample("real-vi").join(scan), page, size, coding);
        let pdf = dir.path().join(scan);
        write(&pdf, &[(&picture, Some(&read), Some("1"))]);
        keep(&pdf);
        assert_sound(&pdf);
        let raw = run_bytes("qpdf", &["--show-object=12", "--raw-stream-data", text(&pdf)]);
        assert!(raw == picture.bytes(), "{scan}: the picture's stream is the one received");
        assert_boxes_agree(&pdf, &read, 6.0);
        files.push(pdf);
    }
    assert_pdf_a_2b(&files);
}
