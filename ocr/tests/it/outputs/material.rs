//! Pages made and read by other programs: ImageMagick draws, the `tesseract` program reads.

use super::judges::{run, text};
use record::{Block, BlockKind, Line, PageSize, PageText, PxBox, Turn, Word};
use regex::Regex;
use std::path::Path;

pub(super) const DPI: u32 = 200;
pub(super) const SIZE: PageSize = PageSize { width_px: 1654, height_px: 2339, dpi: DPI };

const LINES: &[&str] = &[
    "VIỆN KIỂM SÁT NHÂN DÂN TỐI CAO",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "QUYẾT ĐỊNH KHỞI TỐ VỤ ÁN HÌNH SỰ",
    "Căn cứ các điều 36, 143, 154 và 156 của Bộ luật Tố tụng hình sự;",
    "Xét thấy có dấu hiệu của tội phạm quy định tại khoản 1 Điều 173",
    "Bộ luật Hình sự, xảy ra ngày 12 tháng 5 năm 2019 tại phường Hàng",
    "Bạc, quận Hoàn Kiếm, thành phố Hà Nội, gây thiệt hại 15.500.000 đồng.",
];

/// A page of print as PNG, `degrees` askew.
pub(super) fn draw_page(to: &Path, degrees: f32) {
    let mut args: Vec<String> =
        ["-size", "1654x2339", "xc:white", "-font", "Liberation-Serif", "-pointsize", "44"]
            .map(str::to_owned)
            .to_vec();
    for (idx, line) in LINES.iter().enumerate() {
        args.extend(["-annotate".into(), format!("+150+{}", 300 + 90 * idx), (*line).to_owned()]);
    }
    args.extend(
        ["-distort", "SRT", &degrees.to_string(), "-density", "200", "-units", "PixelsPerInch"]
            .map(str::to_owned),
    );
    args.push(text(to).to_owned());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run("convert", &args);
}

/// What the `tesseract` program reads on a page.
pub(super) fn read_page(picture: &Path, size: PageSize) -> PageText {
    let hocr = run(
        "tesseract",
        &[text(picture), "stdout", "-l", "vie", "--dpi", &size.dpi.to_string(), "--psm", "4", "hocr"],
    );
    let line = Regex::new(r"class='(?:ocr_line|ocr_header|ocr_caption|ocr_textfloat)'[^>]* title='?\x22?bbox (\d+) (\d+) (\d+) (\d+); baseline (\S+) (\S+?);").unwrap();
    let word = Regex::new(
        r"class='ocrx_word'[^>]* title='bbox (\d+) (\d+) (\d+) (\d+); x_wconf (\d+)'>(.*?)</span>",
    )
    .unwrap();
    let bbox = |c: &regex::Captures<'_>| {
        let [left, top, right, bottom] = [1, 2, 3, 4].map(|i| c[i].parse().unwrap());
        PxBox { left, top, right, bottom }
    };
    let mut lines: Vec<Line> = Vec::new();
    for row in hocr.lines() {
        if let Some(found) = line.captures(row) {
            let bbox = bbox(&found);
            let (slope, offset): (f64, f64) = (found[5].parse().unwrap(), found[6].parse().unwrap());
            let at = |x: u32| (f64::from(bbox.bottom) + offset + slope * f64::from(x)).round() as u32;
            lines.push(Line { bbox, baseline: (at(0), at(bbox.width())), words: Vec::new() });
        }
        if let Some(found) = word.captures(row) {
            let text = found[6].replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&");
            let word = Word::new(text, bbox(&found), found[5].parse().unwrap());
            lines.last_mut().expect("a word stands in a line").words.push(word);
        }
    }
    assert!(lines.len() >= 7, "tesseract reads the page: {hocr}");
    let bbox = PxBox::around(lines.iter().map(|line| &line.bbox));
    PageText { size, turn: Turn::Upright, blocks: vec![Block { kind: BlockKind::Body, bbox, lines }] }
}

/// A line of words of the same width, by hand.
pub(super) fn line_of(words: &[&str], left: u32, top: u32, bottom: u32) -> Line {
    let words: Vec<Word> = words
        .iter()
        .enumerate()
        .map(|(idx, word)| {
            let left = left + 130 * idx as u32;
            let bbox = PxBox { left, top, right: left + 110, bottom };
            Word::new(*word, bbox, 91)
        })
        .collect();
    let bbox = PxBox::around(words.iter().map(|word| &word.bbox));
    let baseline = bottom - (bottom - top) / 5;
    Line { bbox, baseline: (baseline, baseline), words }
}

pub(super) fn block_of(kind: BlockKind, lines: Vec<Line>) -> Block {
    Block { kind, bbox: PxBox::around(lines.iter().map(|line| &line.bbox)), lines }
}
