//! What a pen left in the text: figures filled in with coloured ink, and strokes of signatures read as letters.
//!
//! Words in blue or violet ink on a page printed in black are kept as marks: they are no part of what was printed. Rows of
//! unsure scraps that no language has are strokes; they leave the text, and the picture keeps them.

use crate::turn::is_plausible;
use native::PageRaster;
use record::{Block, BlockKind, Line, Mark, MarkInk, MarkKind, PageText, PxBox, Word};

/// A column of a word is in coloured ink when colour makes up more than this share of its depth, …
const COLOURED: f32 = 0.2;
/// … and a word when this share of its inked columns is: print may share its box with what a pen wrote beside it. Of the
/// page's usual word fewer are: a carbon copy is blue itself.
const WRITTEN: f32 = 0.5;
const PRINTED: f32 = 0.25;
/// Less depth than this is paper and its noise, in levels.
const PAPER_NOISE: i32 = 14;

/// A page is read well enough to tell scraps from poor print at this mean confidence.
const WELL_READ: f32 = 75.0;
/// A word below this confidence is a scrap, …
const UNSURE: u8 = 45;
/// … and one that no language has, below this.
const ODD: u8 = 80;
/// Mean confidence below which a line of scraps is a stroke, …
const POOR_LINE: f32 = 60.0;
/// … and that of three and more scraps in a line of print.
const POOR_RUN: f32 = 40.0;

/// A scrap beside print is one in two, at most, to be right.
const LITTER: u8 = 50;
/// Such a scrap alone in its line is dust when it is lower than this share of the page's words, a number when it is surely wrong, too.
const LOW: f32 = 0.6;
const LOST: u8 = 10;

/// Takes words written in coloured ink out of the body and gives them as marks, one for each row of them. `paper_green`: the
/// paper's brightness in green.
pub(crate) fn coloured_words(text: &mut PageText, raster: &PageRaster, paper_green: u8) -> Vec<Block> {
    if raster.channels != 3 {
        return Vec::new();
    }
    let paper = i32::from(paper_green);
    let mut shares: Vec<(PxBox, f32)> =
        text.body_words().map(|w| (w.bbox, coloured_columns(raster, &w.bbox, paper))).collect();
    shares.sort_by(|a, b| a.1.total_cmp(&b.1));
    if shares.get(shares.len() / 2).is_none_or(|&(_, usual)| usual > PRINTED) {
        return Vec::new();
    }
    let coloured: Vec<PxBox> = shares.into_iter().filter(|s| s.1 > WRITTEN).map(|s| s.0).collect();
    if coloured.is_empty() {
        return Vec::new();
    }
    let mut written = Vec::new();
    for line in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &mut b.lines) {
        let words: Vec<Word> = line.words.extract_if(.., |w| coloured.contains(&w.bbox)).collect();
        if !words.is_empty() {
            written.push(pen_mark(MarkInk::Blue, line.baseline, words));
        }
    }
    drop_empty(text);
    written
}

/// Words that a pen wrote in a row, as a mark.
pub(crate) fn pen_mark(ink: MarkInk, baseline: (u32, u32), words: Vec<Word>) -> Block {
    let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
    let kind = BlockKind::Mark(Mark { kind: MarkKind::Pen, ink });
    Block { kind, bbox, lines: vec![Line { bbox, baseline, words }] }
}

/// Share of a word's inked columns that are blue or violet: 0 black print, 1 pens.
fn coloured_columns(raster: &PageRaster, bbox: &PxBox, paper: i32) -> f32 {
    let stride = raster.size.width_px as usize * 3;
    let across = bbox.left as usize * 3..(bbox.right as usize * 3).min(stride);
    let mut columns = vec![(0, 0, 0); bbox.width() as usize];
    for row in
        raster.pixels().chunks_exact(stride.max(3)).skip(bbox.top as usize).take(bbox.height() as usize)
    {
        let pixels = row.get(across.clone()).unwrap_or_default().as_chunks::<3>().0;
        for (pixel, (depth, blue, violet)) in pixels.iter().zip(&mut columns) {
            let [r, g, b] = pixel.map(i32::from);
            *depth += (paper - PAPER_NOISE - r.min(g)).max(0);
            *blue += b - r;
            *violet += r.min(b) - g;
        }
    }
    let deepest = columns.iter().map(|c| c.0).max().unwrap_or(0);
    let inked = columns.iter().filter(|c| c.0 > 0 && c.0 * 4 >= deepest);
    let is_coloured = |&&(depth, blue, violet): &&(i32, i32, i32)| {
        blue + violet > 0 && (blue.max(0) + violet.max(0)) as f32 > COLOURED * depth as f32
    };
    let (all, coloured) = (inked.clone().count(), inked.filter(is_coloured).count());
    coloured as f32 / all.max(1) as f32
}

/// Takes strokes read as letters out of the body of a page that was read well otherwise.
pub(crate) fn drop_strokes(text: &mut PageText) {
    if text.confidence().is_none_or(|confidence| confidence < WELL_READ) {
        return;
    }
    for line in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &mut b.lines) {
        let mut kept = Vec::with_capacity(line.words.len());
        for run in line.words.chunk_by(|a, b| is_scrap(a) == is_scrap(b)) {
            let whole = run.len() == line.words.len();
            if !(is_scrap(&run[0]) && is_stroke(run, whole)) {
                kept.extend_from_slice(run);
            }
        }
        if kept.len() < line.words.len() {
            line.words = kept;
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
        }
    }
    drop_empty(text);
}

/// A word that may be no word: hardly read, or nothing that Vietnamese or a number has.
fn is_scrap(word: &Word) -> bool {
    let letters = word.text.chars().filter(|c| c.is_alphanumeric()).count();
    let figures = word.text.chars().filter(char::is_ascii_digit).count();
    let is_odd = letters == 0 || figures < 2 && !is_plausible(&word.text) || letters == 1 && figures == 0;
    let is_number = figures >= 4 && figures * 2 >= word.text.chars().count();
    !is_number
        && !is_symbol(&word.text)
        && (word.confidence < UNSURE || is_odd && word.confidence < ODD || letters == 0)
}

/// Takes scraps out at the ends of lines and alone in one, once confidence is a probability.
pub(crate) fn drop_scraps(text: &mut PageText) {
    if text.confidence().is_none_or(|confidence| confidence < WELL_READ) {
        return;
    }
    let mut heights: Vec<u32> = text.body_words().map(|w| w.bbox.height()).collect();
    heights.sort_unstable();
    let low = heights[heights.len() / 2] as f32 * LOW;
    for line in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &mut b.lines) {
        if let [word] = line.words.as_slice()
            && (word.bbox.height() as f32) < low
            && is_dust(word)
        {
            line.words.clear();
        }
        let from = line.words.iter().take_while(|w| is_litter(w)).count();
        let behind = line.words[from..].iter().rev().take_while(|w| is_litter(w)).count();
        line.words.truncate(line.words.len() - behind);
        line.words.drain(..from);
    }
    drop_empty(text);
}

/// What so low a word alone in its line has to be: no syllable, no dash of a list, no number that may be right.
fn is_dust(word: &Word) -> bool {
    let count = |of: fn(char) -> bool| word.text.chars().filter(|&c| of(c)).count();
    let is_syllable = count(char::is_alphabetic) > 1 && is_plausible(&word.text);
    let figures = count(|c| c.is_ascii_digit());
    word.confidence < if figures > 0 { LOST } else { LITTER }
        && !is_syllable
        && !matches!(&*word.text, "-" | "+")
}

/// Hardly sure, and a sign or a capital at most, or a letter and what is no letter before a figure. Numbers (29A), points (a, b)) and the dash of a list
/// stay.
fn is_litter(word: &Word) -> bool {
    let count = |of: fn(char) -> bool| word.text.chars().filter(|&c| of(c)).count();
    let (letters, figures) = (count(char::is_alphabetic), count(|c| c.is_ascii_digit()));
    let is_mixed = figures > 0
        && letters + figures < 4
        && letters > 0
        && !word.text.starts_with(|c: char| c.is_ascii_digit());
    let is_point = word.text.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c == 'đ');
    word.confidence < LITTER
        && (letters < 2 && figures == 0 && !is_point || is_mixed)
        && !matches!(&*word.text, "-" | "+")
}

/// `/QĐ-CSĐT-KTBC`, whatever a pen wrote before it: capitals in parts.
fn is_symbol(text: &str) -> bool {
    let symbol = text.find('/').map_or(text, |stroke| &text[stroke..]);
    let letters = symbol.chars().filter(|c| c.is_uppercase()).count();
    letters >= 3 && symbol.contains(['-', '/']) && !symbol.chars().any(char::is_lowercase)
}

fn is_stroke(run: &[Word], whole_line: bool) -> bool {
    let mean = run.iter().map(|w| f32::from(w.confidence)).sum::<f32>() / run.len() as f32;
    if whole_line { mean < POOR_LINE } else { run.len() >= 3 && mean < POOR_RUN }
}

pub(crate) fn drop_empty(text: &mut PageText) {
    for block in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body) {
        for line in &mut block.lines {
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
        }
        block.lines.retain(|l| !l.words.is_empty());
        block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
    }
    text.blocks.retain(|b| b.kind != BlockKind::Body || !b.lines.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{PageSize, Turn};

    const SIZE: PageSize = PageSize { width_px: 400, height_px: 200, dpi: 200 };

    /// One line for each row of words, a word every 40 px, rows 20 px apart.
    fn page(rows: &[&[(&str, u8)]]) -> PageText {
        let word = |row: u32, at: u32, &(text, confidence): &(&str, u8)| {
            let (left, top) = (at * 40, row * 20);
            Word::new(text, PxBox { left, top, right: left + 30, bottom: top + 15 }, confidence)
        };
        let line = |(row, words): (u32, &&[(&str, u8)])| {
            let words: Vec<Word> = (0..).zip(*words).map(|(at, w)| word(row, at, w)).collect();
            Line { bbox: PxBox::around(words.iter().map(|w| &w.bbox)), baseline: (0, 0), words }
        };
        let lines: Vec<Line> = (0..).zip(rows).map(line).collect();
        let bbox = PxBox::around(lines.iter().map(|l| &l.bbox));
        PageText {
            size: SIZE,
            turn: Turn::Upright,
            blocks: vec![Block { kind: BlockKind::Body, bbox, lines }],
        }
    }

    /// A page whose words have upright strokes in the ink that `ink` gives for the place of their first pixel.
    fn raster(text: &PageText, ink: impl Fn(u32) -> [u8; 3]) -> PageRaster {
        let mut pixels = vec![250; (SIZE.width_px * SIZE.height_px * 3) as usize];
        for bbox in text.words().map(|w| w.bbox) {
            for (y, x) in
                (bbox.top..bbox.bottom).flat_map(|y| (bbox.left..bbox.right).step_by(5).map(move |x| (y, x)))
            {
                for x in x..x + 2 {
                    pixels[((y * SIZE.width_px + x) * 3) as usize..][..3].copy_from_slice(&ink(bbox.left));
                }
            }
        }
        PageRaster::from_pixels(SIZE, 3, false, pixels)
    }

    #[test]
    fn figures_in_blue_ink_are_marks_and_print_stays() {
        let mut text = page(&[&[("Số:", 97), ("156", 96), ("/QĐ-CSĐT", 90)], &[("QUYẾT", 95), ("ĐỊNH", 95)]]);
        let raster = raster(&text, |left| if left == 40 { [40, 60, 150] } else { [20, 20, 24] });
        // the first word of the second row stands at 0, the second at 40 as well
        let marks = coloured_words(&mut text, &raster, 250);
        assert_eq!(text.body(), "Số: /QĐ-CSĐT\nQUYẾT");
        let marks: Vec<String> = marks.iter().map(|b| b.lines[0].text()).collect();
        assert_eq!(marks, ["156", "ĐỊNH"]);
    }

    #[test]
    fn print_beside_a_pens_figures_stays() {
        // one box around both: five columns of print, three of a pen
        let mut text = page(&[&[("Căn", 97), ("cứ", 96), ("Bộ", 97), ("luật", 97)], &[("Số:", 40)]]);
        let pen = text.blocks[0].lines[1].words[0].bbox;
        let mut raster = raster(&text, |_| [20, 20, 24]);
        let mut pixels = raster.pixels().to_vec();
        for (x, y) in (pen.left + 20..pen.right).flat_map(|x| (pen.top..pen.bottom).map(move |y| (x, y))) {
            let at = ((y * SIZE.width_px + x) * 3) as usize;
            if pixels[at] < 200 {
                pixels[at..at + 3].copy_from_slice(&[40, 60, 150]);
            }
        }
        raster = PageRaster::from_pixels(SIZE, 3, false, pixels);
        assert!(coloured_words(&mut text, &raster, 250).is_empty());
        assert_eq!(text.words().count(), 5);
    }

    #[test]
    fn scraps_at_the_ends_of_lines_go() {
        let print: &[(&str, u8)] =
            &[("Quyết", 97), ("định", 96), ("khởi", 97), ("tố", 97), ("bị", 96), ("can", 96)];
        let mut text = page(&[
            print,
            print,
            print,
            print,
            &[("(X", 22), ("Nguyễn", 90), ("Đức", 90), (".^-", 7)],
            &[("z2", 13)],
            &[("-", 40), ("Trại", 95), ("47.", 30)],
            &[("Đắk", 30), ("Nia", 90), ("II", 30)],
            &[("7", 20)],
            &[("29A", 30), ("điểm", 95), ("a", 30)],
            &[("1024", 5)],
            &[("2048", 5)],
            &[("em", 30)],
            &[("16", 30)],
        ]);
        for line in text.blocks[0].lines.iter_mut().rev().take(3) {
            line.words[0].bbox.bottom -= 8;
        }
        drop_scraps(&mut text);
        let body = text.body();
        let last: Vec<&str> = body.lines().skip(4).collect();
        assert_eq!(last, ["Nguyễn Đức", "- Trại 47.", "Đắk Nia II", "7", "29A điểm a", "1024", "em", "16"]);
    }

    #[test]
    fn a_page_printed_in_blue_is_no_handwriting() {
        let mut text = page(&[&[("Số:", 97), ("156", 96)]]);
        let raster = raster(&text, |_| [40, 60, 150]);
        let before = text.clone();
        assert!(coloured_words(&mut text, &raster, 250).is_empty());
        assert_eq!(text, before);
    }

    #[test]
    fn strokes_go_and_print_stays() {
        let print: &[(&str, u8)] = &[
            ("Căn", 97),
            ("cứ", 96),
            ("Bộ", 97),
            ("luật", 97),
            ("Hình", 97),
            ("sự", 96),
            ("năm", 97),
            ("2015", 96),
        ];
        let more: &[(&str, u8)] =
            &[("Quyết", 97), ("định", 96), ("khởi", 97), ("tố", 97), ("bị", 96), ("can", 96)];
        let mut text = page(&[
            print,
            more,
            more,
            more,
            more,
            more,
            more,
            &[("229", 12), ("B78", 44), ("j", 6), ("`", 69)],
            &[("x", 16), ("-.”0/", 0), ("N", 24), ("Phan", 93), ("Thị", 95)],
            &[("-", 88), ("Lưu:", 92), ("ban-filân:", 0), ("VP;", 90)],
            &[("24/11/2019?", 30)],
            &[("Số:", 3), ("/QĐ-CSĐT-KTBC", 63)],
            &[("lớ/LTG-VKS", 30)],
        ]);
        drop_strokes(&mut text);
        let body = text.body();
        let last: Vec<&str> = body.lines().skip(7).collect();
        assert_eq!(body.lines().next(), Some("Căn cứ Bộ luật Hình sự năm 2015"));
        assert_eq!(
            last,
            ["Phan Thị", "- Lưu: ban-filân: VP;", "24/11/2019?", "Số: /QĐ-CSĐT-KTBC", "lớ/LTG-VKS"]
        );
    }

    #[test]
    fn a_page_read_poorly_keeps_everything() {
        let mut text = page(&[&[("Cạn", 50), ("cử", 40)], &[("x", 16), ("-.”0/", 0), ("N", 24)]]);
        let before = text.clone();
        drop_strokes(&mut text);
        assert_eq!(text, before);
    }
}
