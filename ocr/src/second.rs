//! The second look: lines whose marks layout analysis cut off, lines it did not see, and lines with unsure words are read
//! twice more, from two other samplings of the page, and the readings vote.
//!
//! Nothing is corrected here: every word kept was read by the recogniser from the picture. All boxes are in pixels of the
//! working picture.

use crate::alternatives;
use crate::clean::components::Component;
use crate::clean::grey::Grey;
use crate::clean::picture::Picture;
use crate::turn::is_plausible;
use record::{AlternativeSource, Block, BlockKind, Line, PxBox, Word};

/// Words read less surely than this make their line unsure.
const SURE: u8 = 92;
/// A line that nobody saw at first is taken when both readings agree and are at least this sure of each word.
const SURE_OF_NEW: u8 = 60;
/// A word that only the first reading saw stays from this confidence on.
const LEAST_SURE: u8 = 30;
/// Pieces of ink at most this high, in capitals, can be tone marks and dots.
const MARK_HEIGHT: f32 = 0.62;
/// A mark stands at most this far above or below its line, in capitals.
const MARK_REACH: f32 = 0.42;
/// A second reading of a whole line that is this much less sure than that of its part is not believed alone.
const MUCH_LESS: f32 = 20.0;
/// Words of print are lower than this many capitals, marks and descenders included.
const DRAWN_HEIGHT: f32 = 2.4;
/// A gap of this many heights parts a row: cells side by side are read one by one.
const WIDEST_GAP: u32 = 2;
/// Readings of a line that take part in the vote.
const READINGS: u8 = 3;
/// New lines looked for on a page; more than these are a drawing.
const MOST_NEW: usize = 40;

/// What shall be read again.
#[derive(Debug)]
pub(crate) struct SecondLook {
    again: Vec<Again>,
    new: Vec<PxBox>,
}

#[derive(Debug)]
struct Again {
    block: usize,
    line: usize,
    area: PxBox,
    /// The first reading did not see all of the line.
    was_cut: bool,
}

impl SecondLook {
    /// Looks for lines to read again. Specks that layout took for lines of their own go back to the lines they are marks
    /// of, and rows are parted at wide gaps ([`crate::order`] joins them again). `capital_px`: height of capitals on the
    /// picture; `all`: every line is to be read again.
    pub(crate) fn plan(blocks: &mut [Block], picture: &Picture<'_>, capital_px: f32, all: bool) -> Self {
        drop_drawings(blocks, capital_px);
        part_rows(blocks);
        let mut cut = give_marks_back(blocks, capital_px);
        let mut dashes = Vec::new();
        let pieces = uncovered(blocks, picture, capital_px);
        let (marks, letters): (Vec<PxBox>, Vec<PxBox>) =
            pieces.into_iter().partition(|p| (p.height() as f32) < capital_px * MARK_HEIGHT);
        for mark in &marks {
            if let Some((block, line)) = line_of_mark(blocks, mark, capital_px) {
                cut.push((block, line, *mark));
            } else if let Some((block, line)) = line_after_dash(blocks, mark, capital_px) {
                dashes.push((block, line, *mark));
            }
        }
        let pad = (capital_px * 0.13).round().max(2.0) as u32;
        let mut again = Vec::new();
        for (block, b) in blocks.iter().enumerate().filter(|(_, b)| b.kind == BlockKind::Body) {
            for (line, l) in b.lines.iter().enumerate() {
                let of_line = |pieces: &[(usize, usize, PxBox)]| -> Vec<PxBox> {
                    pieces.iter().filter(|p| (p.0, p.1) == (block, line)).map(|p| p.2).collect()
                };
                let (mut marks, dashes) = (of_line(&cut), of_line(&dashes));
                let was_cut = !marks.is_empty();
                // a dash alone makes no reading believed that another does not share
                marks.extend(&dashes);
                if all || !marks.is_empty() || l.words.iter().any(|w| w.confidence < SURE) {
                    let area = grown(PxBox::around(&marks).union(&l.bbox), pad, picture);
                    again.push(Again { block, line, area, was_cut });
                }
            }
        }
        let new = new_lines(&letters, &marks, capital_px);
        Self { again, new: new.into_iter().map(|b| grown(b, pad, picture)).collect() }
    }

    /// Places to read, in pixels of the working picture.
    pub(crate) fn areas(&self) -> Vec<PxBox> {
        self.again.iter().map(|a| a.area).chain(self.new.iter().copied()).collect()
    }

    /// Takes what two more readings of [`Self::areas`] say.
    pub(crate) fn settle(self, blocks: &mut Vec<Block>, second: Vec<Line>, third: Vec<Line>) {
        let mut readings = second.into_iter().zip(third);
        for (again, (second, third)) in self.again.iter().zip(readings.by_ref()) {
            let line = &mut blocks[again.block].lines[again.line];
            *line = settled(line, &second, &third, again.was_cut);
        }
        for (second, third) in readings {
            let sure = |l: &Line| {
                l.words.iter().all(|w| w.confidence >= SURE_OF_NEW)
                    && l.words.iter().any(|w| w.text.chars().any(char::is_alphanumeric))
            };
            if second.text() == third.text() && sure(&second) && sure(&third) {
                let at = blocks.iter().position(|b| b.bbox.top >= second.bbox.bottom).unwrap_or(blocks.len());
                blocks.insert(at, Block { kind: BlockKind::Body, bbox: second.bbox, lines: vec![second] });
            }
        }
        for block in blocks.iter_mut() {
            block.lines.retain(|l| !l.words.is_empty());
        }
        blocks.retain(|b| !b.lines.is_empty());
    }
}

/// One line from three readings, with what the others read differently as alternatives.
fn settled(first: &Line, second: &Line, third: &Line, was_cut: bool) -> Line {
    let mut line = voted(first, second, third, was_cut);
    let words = line.words.len();
    for reading in [first, second, third].into_iter().filter(|r| r.words.len() == words) {
        for (word, other) in line.words.iter_mut().zip(&reading.words).filter(|(a, b)| a.text != b.text) {
            let score = other.confidence / READINGS;
            alternatives::offer(word, other.text.clone(), score, AlternativeSource::Sampling);
        }
    }
    line
}

/// Words that two of three readings share win over the first reading's; where all differ, the first stands, or the second
/// when the first did not see the whole line.
fn voted(first: &Line, second: &Line, third: &Line, was_cut: bool) -> Line {
    let texts = [first.text(), second.text(), third.text()];
    if !was_cut && (texts[0] == texts[1] || texts[0] == texts[2]) {
        return first.clone();
    }
    let saw_more = was_cut && !second.words.is_empty() && sureness(second) + MUCH_LESS >= sureness(first);
    let fallback = if saw_more { second } else { first };
    if texts[1] == texts[2] && !second.words.is_empty() {
        return with_ends_of(first, with_boxes_of(first, second.clone(), was_cut));
    }
    let [a, b, c] = [first, second, third].map(|l| l.words.len());
    if a != b || b != c {
        return fallback.clone();
    }
    let mut line = fallback.clone();
    for (at, word) in line.words.iter_mut().enumerate() {
        let [a, b, c] = [first, second, third].map(|l| &l.words[at]);
        if b.text == c.text {
            *word = if was_cut { b.clone() } else { Word { bbox: a.bbox, ..b.clone() } };
        } else if a.text == b.text || a.text == c.text {
            *word = a.clone();
        }
    }
    line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
    line
}

/// Mean confidence of a line's words, by their letters, 0–100.
fn sureness(line: &Line) -> f32 {
    let letters = |w: &Word| w.text.chars().count() as f32;
    let sum: f32 = line.words.iter().map(|w| letters(w) * f32::from(w.confidence)).sum();
    sum / line.words.iter().map(letters).sum::<f32>().max(1.0)
}

/// Another reading's words in the boxes of the first, which layout drew around each word's ink.
fn with_boxes_of(first: &Line, mut other: Line, was_cut: bool) -> Line {
    if !was_cut && first.words.len() == other.words.len() {
        other.words.iter_mut().zip(&first.words).for_each(|(word, first)| word.bbox = first.bbox);
        (other.bbox, other.baseline) = (first.bbox, first.baseline);
    }
    other
}

/// Another reading with the words at the first's ends that it did not see: a wide blank behind "Số:" loses the label.
fn with_ends_of(first: &Line, mut other: Line) -> Line {
    let (left, right) = (other.bbox.left, other.bbox.right);
    let count = |w: &Word, of: fn(char) -> bool| w.text.chars().filter(|&c| of(c)).count();
    let is_word = |w: &&Word| {
        let is_syllable = count(w, char::is_alphabetic) > 1 && is_plausible(&w.text);
        let is_number = count(w, |c| c.is_ascii_digit()) > 0 && w.confidence >= SURE_OF_NEW;
        w.confidence >= LEAST_SURE && is_syllable || is_number
    };
    let before = first.words.iter().take_while(|w| w.bbox.right <= left).filter(is_word);
    let behind = first.words.iter().skip_while(|w| w.bbox.left < right).filter(is_word);
    let behind: Vec<Word> = behind.cloned().collect();
    other.words.splice(0..0, before.cloned());
    other.words.extend(behind);
    other.bbox = PxBox::around(other.words.iter().map(|w| &w.bbox));
    other
}

fn grown(b: PxBox, by: u32, picture: &Grey<'_>) -> PxBox {
    PxBox {
        left: b.left.saturating_sub(by),
        top: b.top.saturating_sub(by),
        right: (b.right + by).min(picture.width),
        bottom: (b.bottom + by).min(picture.height),
    }
}

/// Parts rows where a gap is wide.
fn part_rows(blocks: &mut [Block]) {
    for block in blocks {
        let is_near = |a: &Word, b: &Word| {
            b.bbox.left < a.bbox.right + WIDEST_GAP * a.bbox.height().max(b.bbox.height())
        };
        let part = |line: Line| {
            let parts = line.words.chunk_by(is_near).map(|words| Line {
                bbox: PxBox::around(words.iter().map(|w| &w.bbox)),
                baseline: line.baseline,
                words: words.to_vec(),
            });
            parts.collect::<Vec<_>>()
        };
        block.lines = std::mem::take(&mut block.lines).into_iter().flat_map(part).collect();
    }
}

/// Takes out what is as tall as no print and was read as next to nothing: a pen's strokes, or a column of figures read as one
/// letter. Print in it is looked for again, as letters in no box.
fn drop_drawings(blocks: &mut [Block], capital_px: f32) {
    let mut heights: Vec<u32> =
        blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words).map(|w| w.bbox.height()).collect();
    heights.sort_unstable();
    // on worn pages capitals may have been measured on pieces of letters
    let usual = heights.get(heights.len() / 2).map_or(capital_px, |&h| capital_px.max(h as f32 * 0.8));
    let is_drawn = |w: &Word| {
        let letters = w.text.chars().filter(|c| c.is_alphanumeric()).count();
        w.confidence < SURE_OF_NEW && letters <= 2 && w.bbox.height() as f32 > usual * DRAWN_HEIGHT
    };
    for line in blocks.iter_mut().flat_map(|b| &mut b.lines) {
        if line.words.iter().any(is_drawn) {
            line.words.retain(|w| !is_drawn(w));
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
        }
    }
}

/// Takes lines of a lone speck out where they are a mark of the line above or below; tells which lines get which mark.
fn give_marks_back(blocks: &mut [Block], capital_px: f32) -> Vec<(usize, usize, PxBox)> {
    let is_speck = |l: &Line| {
        let (w, h) = (l.bbox.width() as f32, l.bbox.height() as f32);
        l.words.len() == 1 && h < capital_px * MARK_HEIGHT && w < capital_px * 0.8
    };
    let mut back = Vec::new();
    for block in 0..blocks.len() {
        for line in 0..blocks[block].lines.len() {
            let speck = &blocks[block].lines[line];
            let bbox = speck.bbox;
            if !is_speck(speck) {
                continue;
            }
            if let Some(owner) = line_of_mark_but(blocks, &bbox, capital_px, (block, line)) {
                back.push((owner.0, owner.1, bbox));
                blocks[block].lines[line].words.clear();
            }
        }
    }
    back
}

fn line_of_mark(blocks: &[Block], mark: &PxBox, capital_px: f32) -> Option<(usize, usize)> {
    line_of_mark_but(blocks, mark, capital_px, (usize::MAX, 0))
}

/// The line of a list whose dash layout left out: it stands right before the first word, at half height.
fn line_after_dash(blocks: &[Block], dash: &PxBox, capital_px: f32) -> Option<(usize, usize)> {
    let space = capital_px as u32;
    if dash.width() < 2 * dash.height() || dash.width() > space {
        return None;
    }
    let middle = dash.top.midpoint(dash.bottom);
    let is_behind = |l: &Line| {
        let quarter = l.bbox.height() / 4;
        (dash.right..=dash.right + space).contains(&l.bbox.left)
            && (l.bbox.top + quarter..l.bbox.bottom.saturating_sub(quarter)).contains(&middle)
    };
    let lines = |(block, b): (usize, &Block)| b.lines.iter().position(&is_behind).map(|line| (block, line));
    blocks.iter().enumerate().find_map(lines)
}

/// The line whose words a mark stands above or below, near enough to belong to them.
fn line_of_mark_but(
    blocks: &[Block],
    mark: &PxBox,
    capital_px: f32,
    but: (usize, usize),
) -> Option<(usize, usize)> {
    let reach = (capital_px * MARK_REACH) as u32;
    let mut nearest = None;
    for (block, b) in blocks.iter().enumerate() {
        for (line, l) in b.lines.iter().enumerate().filter(|&(line, _)| (block, line) != but) {
            let spans = |w: &&Word| w.bbox.left < mark.right && mark.left < w.bbox.right;
            let Some(word) = l.words.iter().find(spans) else { continue };
            let gap =
                word.bbox.top.saturating_sub(mark.bottom).max(mark.top.saturating_sub(word.bbox.bottom));
            if gap <= reach && word.bbox.height() as f32 > capital_px * MARK_HEIGHT {
                nearest = nearest.into_iter().chain([(gap, (block, line))]).min();
            }
        }
    }
    nearest.map(|(_, at)| at)
}

/// Pieces of ink that are in no word's box, dust left out.
fn uncovered(blocks: &[Block], picture: &Picture<'_>, capital_px: f32) -> Vec<PxBox> {
    let lines: Vec<&Line> = blocks.iter().flat_map(|b| &b.lines).collect();
    let is_print = |c: &Component| {
        let (w, h) = (c.width() as f32 / capital_px, c.height() as f32 / capital_px);
        (0.1..1.7).contains(&h) && (0.08..3.0).contains(&w)
    };
    let is_covered = |b: &PxBox| {
        let (x, y) = (b.left.midpoint(b.right), b.top.midpoint(b.bottom));
        // words end between their last letter and the next one
        let beside = (capital_px * 0.35) as u32;
        let holds =
            |o: &PxBox| x + beside >= o.left && x < o.right + beside && (o.top..o.bottom).contains(&y);
        lines.iter().any(|l| holds(&l.bbox) && l.words.iter().any(|w| holds(&w.bbox)))
    };
    picture
        .pieces()
        .iter()
        .filter(|c| is_print(c))
        .map(|c| PxBox { left: c.left, top: c.top, right: c.right, bottom: c.bottom })
        .filter(|b| !is_covered(b))
        .collect()
}

/// Letters that stand side by side, with the marks at them. None when there are too many: their number only grows, and a
/// page of ten thousand specks is not compared speck by speck.
fn new_lines(letters: &[PxBox], marks: &[PxBox], capital_px: f32) -> Vec<PxBox> {
    let gap = (capital_px * 1.2) as u32;
    let mut letters = letters.to_vec();
    letters.sort_by_key(|b| (b.left, b.top));
    let mut lines: Vec<PxBox> = Vec::new();
    for letter in letters {
        let beside = |l: &PxBox| {
            let shared = l.bottom.min(letter.bottom).saturating_sub(l.top.max(letter.top));
            letter.left <= l.right + gap && shared * 2 >= l.height().min(letter.height())
        };
        match lines.iter().position(beside) {
            Some(at) => lines[at] = lines[at].union(&letter),
            None if lines.len() == MOST_NEW => return Vec::new(),
            None => lines.push(letter),
        }
    }
    let reach = (capital_px * MARK_REACH) as u32;
    for line in &mut lines {
        let near = |m: &&PxBox| {
            m.left < line.right + reach
                && line.left < m.right + reach
                && m.top < line.bottom + reach
                && line.top < m.bottom + reach
        };
        *line = PxBox::around(marks.iter().filter(near)).union(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, confidence: u8, left: u32) -> Word {
        Word::new(text, PxBox { left, top: 100, right: left + 60, bottom: 130 }, confidence)
    }

    fn line(words: &[(&str, u8)]) -> Line {
        let words: Vec<Word> =
            words.iter().enumerate().map(|(i, (t, c))| word(t, *c, 100 + 80 * i as u32)).collect();
        Line { bbox: PxBox::around(words.iter().map(|w| &w.bbox)), baseline: (130, 130), words }
    }

    #[test]
    fn two_readings_outvote_the_first_and_lone_ones_do_not() {
        let first = line(&[("SƠ", 96), ("THẤM", 80)]);
        let good = line(&[("SƠ", 96), ("THẨM", 85)]);
        assert_eq!(voted(&first, &good, &good, false).text(), "SƠ THẨM");
        assert_eq!(voted(&first, &good, &first, false).text(), "SƠ THẤM");
        assert_eq!(voted(&first, &good, &line(&[("SƠ", 9), ("THÂM", 9)]), false).text(), "SƠ THẤM");
        // word by word, when all lines differ
        let (b, c) = (line(&[("SỞ", 50), ("THẨM", 90)]), line(&[("SƠ", 90), ("THẨM", 90)]));
        assert_eq!(voted(&first, &b, &c, false).text(), "SƠ THẨM");
        // a longer reading needs a partner
        assert_eq!(voted(&first, &line(&[("SƠ", 90)]), &good, false).text(), "SƠ THẤM");
        // a line that was cut believes the second reading
        assert_eq!(voted(&first, &good, &line(&[("x", 9)]), true).text(), "SƠ THẨM");
        assert_eq!(voted(&first, &line(&[]), &line(&[]), true).text(), "SƠ THẤM");
        // … but not one that is far less sure
        assert_eq!(voted(&first, &line(&[("~~", 9)]), &line(&[("x", 9)]), true).text(), "SƠ THẤM");
    }

    #[test]
    fn a_label_that_later_readings_did_not_see_stays_and_a_scrap_does_not() {
        let first = line(&[("Số:", 41), ("/QĐ-CSĐT", 41), ("15", 80), ("ơi", 12)]);
        let mut later = line(&[("/QĐ-CSĐT", 80)]);
        (later.words[0].bbox, later.bbox) = (first.words[1].bbox, first.words[1].bbox);
        assert_eq!(settled(&first, &later, &later, false).text(), "Số: /QĐ-CSĐT 15");
    }

    #[test]
    fn what_lost_the_vote_is_an_alternative() {
        let first = line(&[("SƠ", 96), ("THẤM", 81)]);
        let (second, third) = (line(&[("SƠ", 96), ("THẨM", 90)]), line(&[("SỞ", 60), ("THẨM", 84)]));
        let settled = settled(&first, &second, &third, false);
        assert_eq!(settled.text(), "SƠ THẨM");
        let alternatives: Vec<Vec<(&str, u8)>> = settled
            .words
            .iter()
            .map(|w| w.alternatives.iter().map(|a| (a.text.as_str(), a.score)).collect())
            .collect();
        assert_eq!(alternatives, [vec![("SỞ", 20)], vec![("THẤM", 27)]]);
    }

    #[test]
    fn a_dot_below_goes_back_to_its_line() {
        let mut blocks: Vec<Block> = [line(&[("VIÊN", 96), ("TRƯỞNG", 96)]), {
            let dot = PxBox { left: 120, top: 134, right: 126, bottom: 140 };
            let words = vec![Word::new("-", dot, 0)];
            Line { bbox: dot, baseline: (140, 140), words }
        }]
        .into_iter()
        .map(|l| Block { kind: BlockKind::Body, bbox: l.bbox, lines: vec![l] })
        .collect();
        let picture = Picture::new(Grey::new(400, 300, vec![255; 400 * 300]), 200);
        let look = SecondLook::plan(&mut blocks, &picture, 30.0, false);
        assert_eq!(look.again.len(), 1);
        assert!(look.again[0].was_cut && look.again[0].area.bottom >= 140);
        look.settle(&mut blocks, vec![line(&[("VIỆN", 96), ("TRƯỞNG", 96)])], vec![line(&[])]);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].lines[0].text(), "VIỆN TRƯỞNG");
    }

    #[test]
    fn a_dash_that_layout_left_out_begins_its_line() {
        let mut blocks: Vec<Block> = vec![line(&[("Bị", 96), ("cáo;", 96)])]
            .into_iter()
            .map(|l| Block { kind: BlockKind::Body, bbox: l.bbox, lines: vec![l] })
            .collect();
        let plan = |blocks: &mut Vec<Block>, left: usize, top: usize| {
            let mut pixels = vec![255; 400 * 300];
            (top..top + 4).for_each(|y| pixels[y * 400 + left..y * 400 + left + 12].fill(0));
            SecondLook::plan(blocks, &Picture::new(Grey::new(400, 300, pixels), 200), 30.0, false)
        };
        let look = plan(&mut blocks, 78, 114);
        assert_eq!(look.again.len(), 1);
        assert!(!look.again[0].was_cut && look.again[0].area.left <= 78);
        assert!(plan(&mut blocks, 20, 114).again.is_empty(), "far from the line");
        assert!(plan(&mut blocks, 78, 200).again.is_empty(), "below it");
    }

    #[test]
    fn a_stroke_as_tall_as_three_lines_is_no_word() {
        let stroke = |text: &str, confidence| {
            Word::new(text, PxBox { left: 500, top: 60, right: 540, bottom: 160 }, confidence)
        };
        let mut with_strokes = line(&[("KT.", 96), ("VIỆN", 96), ("TRƯỞNG", 96), ("PHÓ", 96)]);
        with_strokes.words.extend([stroke("Z", 20), stroke("Z", 90), stroke("Bình", 20)]);
        let mut blocks =
            [Block { kind: BlockKind::Body, bbox: with_strokes.bbox, lines: vec![with_strokes] }];
        drop_drawings(&mut blocks, 30.0);
        assert_eq!(blocks[0].lines[0].text(), "KT. VIỆN TRƯỞNG PHÓ Z Bình", "only what was hardly read goes");
    }

    #[test]
    fn a_drawing_is_no_new_lines() {
        let letter = |n: u32| {
            let (left, top) = (200 * (n % 8), 100 * (n / 8));
            PxBox { left, top, right: left + 20, bottom: top + 30 }
        };
        let scattered: Vec<PxBox> = (0..MOST_NEW as u32).map(letter).collect();
        assert_eq!(new_lines(&scattered, &[], 30.0).len(), MOST_NEW);
        assert!(new_lines(&[scattered, vec![letter(90)]].concat(), &[], 30.0).is_empty());
    }

    #[test]
    fn a_page_number_nobody_saw_is_a_new_line() {
        let mut blocks: Vec<Block> = vec![];
        let mut pixels = vec![255; 400 * 300];
        for y in 20..50 {
            pixels[y * 400 + 200..y * 400 + 215].fill(0);
        }
        let picture = Picture::new(Grey::new(400, 300, pixels), 200);
        let look = SecondLook::plan(&mut blocks, &picture, 30.0, false);
        assert_eq!(look.areas().len(), 1);
        let two = line(&[("2", 90)]);
        look.settle(&mut blocks, vec![two.clone()], vec![two]);
        assert_eq!(blocks[0].lines[0].text(), "2");
    }
}
