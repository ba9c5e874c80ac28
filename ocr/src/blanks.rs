//! The blanks of forms: "Số: …/QĐ", "ngày … tháng … năm". What a pen filled in is no print, in whatever ink: it is taller than the
//! print beside it, or its figures jump. It is filed as a mark; the label and the symbol stay in the body.

use crate::clean::Look;
use crate::clean::components::{self, Component};
use crate::clean::grey::Grey;
use crate::pen::{drop_empty, pen_mark};
use record::{Block, BlockKind, Line, MarkInk, PageText, PxBox, Word};
use vitext::fold_ascii;

/// The label before a number; the symbol begins with a stroke.
const NUMBER: &str = "SO";
/// Labels with a blank between them, folded.
const BETWEEN: [(&str, &str); 2] = [("NGAY", "THANG"), ("THANG", "NAM")];
/// Figures of a day, a month or a number at most, with what specks may add.
const MOST_SIGNS: usize = 6;
/// Words from a label to the end of its blank at most.
const MOST_WORDS: usize = 3;
/// Words on either side of a blank that say how tall print is.
const PRINT_BESIDE: usize = 3;
/// A blank is at most this wide, in heights of its line.
const WIDEST: u32 = 8;
/// Pieces of ink lower than this share of a printed capital are marks and specks.
const FIGURE: f32 = 0.6;
/// Print stands this near the baseline, in capitals.
const ON_THE_LINE: f32 = 0.12;
/// Figures on average taller than printed capitals by this share of them, and by [`SURELY_PX`], are a pen's, …
const TALLER: f32 = 0.07;
/// … or by this share, when they differ in height by [`JUMP`], and by [`SURELY_PX`].
const HARDLY_TALLER: f32 = 0.04;
const JUMP: f32 = 0.075;
/// Less says nothing: print ends in the middle of pixels.
const SURELY_PX: f32 = 1.4;

/// Takes figures that a pen wrote into blanks out of the body and gives them as marks. `grey`: the page as it was read, at full
/// size.
pub(crate) fn figures(text: &mut PageText, grey: &Grey<'_>, look: &Look) -> Vec<Block> {
    let blanks = blanks(text, grey, look);
    let mut written = Vec::new();
    for blank in &blanks {
        if is_a_pens(text, blank, grey, look) {
            part(text, blank);
            written.extend(taken_out(text, blank));
        }
    }
    drop_empty(text);
    written
}

/// A blank with the print of its line.
#[derive(Debug)]
struct Blank {
    bbox: PxBox,
    baseline: (u32, u32),
    print: Vec<PxBox>,
    /// The word that holds what was filled in and the print behind it, and how many signs of it stand in the blank.
    shared: Option<(PxBox, usize)>,
}

impl Blank {
    fn holds(&self, b: &PxBox) -> bool {
        let (x, y) = (b.left.midpoint(b.right), b.top.midpoint(b.bottom));
        (self.bbox.left..self.bbox.right).contains(&x) && (self.bbox.top..self.bbox.bottom).contains(&y)
    }
}

fn body(text: &PageText) -> impl Iterator<Item = &Line> {
    text.blocks.iter().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &b.lines)
}

fn blanks(text: &PageText, grey: &Grey<'_>, look: &Look) -> Vec<Blank> {
    let of_line = |line| ends(line).into_iter().filter_map(move |(at, end)| blank(line, at, end, grey, look));
    let mut blanks: Vec<Blank> = body(text).flat_map(of_line).collect();
    let boxes: Vec<PxBox> = blanks.iter().map(|b| b.bbox).collect();
    let is_filled_in = |b: &PxBox| boxes.iter().any(|blank| !blank.intersect(b).is_empty());
    blanks.iter_mut().for_each(|blank| blank.print.retain(|b| !is_filled_in(b)));
    blanks
}

/// Words of a line between which is a blank, or in the second of which it ends.
fn ends(line: &Line) -> Vec<(usize, usize)> {
    let folded: Vec<String> = line.words.iter().map(|w| label(&w.text)).collect();
    let is_blank = |at: usize, end: usize| {
        BETWEEN.iter().any(|(a, b)| folded[at] == *a && folded[end] == *b)
            || folded[at] == NUMBER && line.words[end].text.contains('/')
    };
    let words = line.words.len();
    let end_of = |at: usize| (at + 1..words).take(MOST_WORDS).find(|&end| is_blank(at, end));
    (0..words).filter_map(|at| Some((at, end_of(at)?))).collect()
}

/// The blank between two words of a line; `None` where they stand far apart.
fn blank(line: &Line, at: usize, end: usize, grey: &Grey<'_>, look: &Look) -> Option<Blank> {
    let (label, last) = (&line.words[at], &line.words[end]);
    let height = line.bbox.height();
    // the number and the symbol may be one word
    let stroke = last.text.find('/').filter(|_| self::label(&label.text) == NUMBER);
    let signs = stroke.map_or(0, |stroke| last.text[..stroke].chars().count());
    if signs > MOST_SIGNS || last.bbox.left > label.bbox.right + WIDEST * height {
        return None;
    }
    let right = match signs {
        0 => last.bbox.left,
        _ => white_before_the_stroke(last, signs, grey, look)?,
    };
    let bbox = PxBox {
        left: label.bbox.right,
        top: line.bbox.top.saturating_sub(height / 4),
        right,
        bottom: line.bbox.bottom + height / 4,
    };
    let before = at.saturating_sub(PRINT_BESIDE)..=at;
    let behind = end + 1..line.words.len().min(end + 1 + PRINT_BESIDE);
    let mut print: Vec<PxBox> = before.chain(behind).map(|i| line.words[i].bbox).collect();
    print.push(PxBox { left: right, ..last.bbox });
    let shared = (signs > 0).then_some((last.bbox, signs));
    (!bbox.is_empty()).then_some(Blank { bbox, baseline: line.baseline, print, shared })
}

fn label(text: &str) -> String {
    let folded = fold_ascii(text).to_uppercase();
    folded.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// Where "168/QĐ-VKS", read in one, is to be cut: the white nearest to where the number ends by its signs.
fn white_before_the_stroke(word: &Word, signs: usize, grey: &Grey<'_>, look: &Look) -> Option<u32> {
    let about = word.bbox.left + word.bbox.width() * signs as u32 / word.text.chars().count() as u32;
    let white = |p: &[PxBox]| (p[0].right <= p[1].left).then(|| p[0].right.midpoint(p[1].left));
    pieces(grey, look, &word.bbox).windows(2).filter_map(white).min_by_key(|x| x.abs_diff(about))
}

/// Parts the word that runs over the end of a blank.
fn part(text: &mut PageText, blank: &Blank) {
    let Some((bbox, signs)) = blank.shared else { return };
    for line in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &mut b.lines) {
        let Some(at) = line.words.iter().position(|w| w.bbox == bbox) else { continue };
        let word = &line.words[at];
        let split = word.text.char_indices().nth(signs).map_or(word.text.len(), |(byte, _)| byte);
        let (number, symbol) = word.text.split_at(split);
        let parts = [
            Word::new(number, PxBox { right: blank.bbox.right, ..bbox }, word.confidence),
            Word::new(symbol, PxBox { left: blank.bbox.right, ..bbox }, word.confidence),
        ];
        line.words.splice(at..=at, parts);
        return;
    }
}

/// Whether the figures in a blank are taller than the print beside it.
fn is_a_pens(text: &PageText, blank: &Blank, grey: &Grey<'_>, look: &Look) -> bool {
    let words: Vec<&Word> = body(text).flat_map(|l| &l.words).filter(|w| blank.holds(&w.bbox)).collect();
    let shared = blank.shared.map_or(0, |(_, signs)| signs);
    let signs = words.iter().map(|w| w.text.chars().count()).sum::<usize>() + shared;
    if !(1..=MOST_SIGNS).contains(&signs) {
        return false;
    }
    let Some(capital) = capital(blank, grey, look) else { return false };
    let figures: Vec<PxBox> = pieces(grey, look, &blank.bbox)
        .into_iter()
        .filter(|p| blank.holds(p) && p.height() as f32 >= FIGURE * capital)
        .collect();
    if figures.is_empty() {
        // specks of ink that was taken out, or the dots of a blank that nobody filled in
        return shared == 0 && words.iter().all(|w| !w.text.chars().any(char::is_alphanumeric));
    }
    let heights = figures.iter().map(|p| p.height() as f32);
    let mean = heights.clone().sum::<f32>() / figures.len() as f32;
    let (least, most) = heights.fold((f32::MAX, 0.0_f32), |(a, b), h| (a.min(h), b.max(h)));
    let is_more = |px: f32, share: f32| px >= (share * capital).max(SURELY_PX);
    is_more(mean - capital, TALLER)
        || mean - capital >= HARDLY_TALLER * capital && is_more(most - least, JUMP)
}

/// Height of the capitals and tall letters in the print around a blank: those that stand on its baseline.
fn capital(blank: &Blank, grey: &Grey<'_>, look: &Look) -> Option<f32> {
    let pieces: Vec<PxBox> = blank.print.iter().flat_map(|b| pieces(grey, look, b)).collect();
    let mut bottoms: Vec<u32> = pieces.iter().map(|p| p.bottom).collect();
    bottoms.sort_unstable();
    let level = *bottoms.get(bottoms.len() / 2)? as f32;
    let tallest = pieces.iter().map(|p| p.height()).max()? as f32;
    let mut heights: Vec<u32> = pieces
        .iter()
        .filter(|p| (p.bottom as f32 - level).abs() <= ON_THE_LINE * tallest)
        .map(|p| p.height())
        .collect();
    let tallest = *heights.iter().max()?;
    heights.retain(|h| h * 5 >= tallest * 4);
    heights.sort_unstable();
    Some(heights[heights.len() / 2] as f32)
}

/// Connected ink that overlaps a word's box, from left to right, in pixels of the page.
pub(crate) fn pieces(grey: &Grey<'_>, look: &Look, word: &PxBox) -> Vec<PxBox> {
    let pad = word.height() / 3;
    let area = PxBox {
        left: word.left.saturating_sub(2),
        top: word.top.saturating_sub(pad),
        right: (word.right + 2).min(grey.width),
        bottom: (word.bottom + pad).min(grey.height),
    };
    if area.is_empty() {
        return Vec::new();
    }
    let crop = grey.crop(area.left, area.top, area.right, area.bottom);
    let paper = look.paper.level;
    let depths =
        Grey::new(crop.width, crop.height, crop.pixels.iter().map(|v| paper.saturating_sub(*v)).collect());
    let threshold = look.ink_depth.map_or(60, |d| (f32::from(d) * 0.4) as u8).max(16);
    let on_page = |c: &Component| PxBox {
        left: area.left + c.left,
        top: area.top + c.top,
        right: area.left + c.right,
        bottom: area.top + c.bottom,
    };
    let overlaps = |b: &PxBox| !b.intersect(word).is_empty();
    let mut pieces: Vec<PxBox> =
        components::components(&depths, threshold).iter().map(on_page).filter(overlaps).collect();
    pieces.sort_by_key(|b| b.left);
    pieces
}

/// Takes the words in a blank out of the body; as a mark, where they say anything.
fn taken_out(text: &mut PageText, blank: &Blank) -> Option<Block> {
    let mut words = Vec::new();
    for line in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &mut b.lines) {
        words.extend(line.words.extract_if(.., |w| blank.holds(&w.bbox)));
    }
    words.retain(|w| w.text.chars().any(char::is_alphanumeric));
    words.sort_by_key(|w| w.bbox.left);
    (!words.is_empty()).then(|| pen_mark(MarkInk::Black, blank.baseline, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{PageSize, Turn};

    const SIZE: PageSize = PageSize { width_px: 900, height_px: 200, dpi: 200 };

    /// A line of words, (text, left, height of its signs); a sign every 20 px, all on the same baseline.
    fn page(words: &[(&str, u32, u32)]) -> (PageText, Grey<'static>) {
        let mut pixels = vec![255_u8; (SIZE.width_px * SIZE.height_px) as usize];
        let mut line = Vec::new();
        for &(text, left, height) in words {
            let signs = text.chars().count() as u32;
            let bbox = PxBox { left, top: 100 - height, right: left + signs * 20 - 6, bottom: 100 };
            for sign in 0..signs {
                for y in bbox.top..bbox.bottom {
                    let row = (y * SIZE.width_px + left + sign * 20) as usize;
                    pixels[row..row + 14].fill(20);
                }
            }
            line.push(Word::new(text, bbox, 90));
        }
        let bbox = PxBox::around(line.iter().map(|w| &w.bbox));
        let lines = vec![Line { bbox, baseline: (100, 100), words: line }];
        let blocks = vec![Block { kind: BlockKind::Body, bbox, lines }];
        (
            PageText { size: SIZE, turn: Turn::Upright, blocks },
            Grey::new(SIZE.width_px, SIZE.height_px, pixels),
        )
    }

    fn read(words: &[(&str, u32, u32)]) -> (String, Vec<String>) {
        let (mut text, grey) = page(words);
        let look = Look::at(&grey, SIZE.dpi);
        let marks = figures(&mut text, &grey, &look);
        (text.body(), marks.iter().map(|b| b.lines[0].text()).collect())
    }

    #[test]
    fn tall_figures_in_blanks_are_a_pens_and_printed_ones_stay() {
        let date = |height| {
            [
                ("ngày", 20, 24),
                ("23", 130, height),
                ("tháng", 190, 24),
                ("7", 310, height),
                ("năm", 350, 24),
                ("2019", 430, 24),
            ]
        };
        let marks = ["23", "7"].map(str::to_owned).to_vec();
        assert_eq!(read(&date(30)), ("ngày tháng năm 2019".to_owned(), marks));
        assert_eq!(read(&date(24)), ("ngày 23 tháng 7 năm 2019".to_owned(), vec![]));
        // outside of blanks nothing is asked
        let (body, marks) = read(&[("Điều", 20, 24), ("173", 120, 30), ("Bộ", 200, 24), ("luật", 260, 24)]);
        assert_eq!((body.as_str(), marks.len()), ("Điều 173 Bộ luật", 0));
    }

    #[test]
    fn a_number_read_with_its_symbol_is_parted_from_it() {
        let (mut text, mut grey) = page(&[("Số:", 20, 24), ("168/QĐ-VKS", 100, 24)]);
        assert!(figures(&mut text, &grey, &Look::at(&grey, SIZE.dpi)).is_empty(), "printed");
        assert_eq!(text.body(), "Số: 168/QĐ-VKS");
        // its three figures drawn taller
        let pixels = grey.pixels.to_mut();
        for y in 68..80 {
            for x in [100, 120, 140] {
                let row = y * SIZE.width_px as usize + x;
                pixels[row..row + 14].fill(20);
            }
        }
        let marks = figures(&mut text, &grey, &Look::at(&grey, SIZE.dpi));
        assert_eq!((text.body().as_str(), marks[0].lines[0].text().as_str()), ("Số: /QĐ-VKS", "168"));
        assert!(marks[0].bbox.right <= text.blocks[0].lines[0].words[1].bbox.left);
    }

    #[test]
    fn a_speck_in_a_blank_is_nothing() {
        let words = [("ngày", 20, 24), (".", 130, 3), ("tháng", 190, 24), ("năm", 350, 24)];
        assert_eq!(read(&words), ("ngày tháng năm".to_owned(), vec![]));
    }
}
