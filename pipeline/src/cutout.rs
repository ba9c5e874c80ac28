//! The lines of a page that hold a hit, to be cut out of the page's picture and shown beside the words. A request names lines, never
//! pixels: where they lie is taken from the sealed text each time.

use index::Highlights;
use native::Cut;
use record::{Line, PageSize, PageText, PxBox, Sha256, Word};
use std::fmt;
use std::str::FromStr;

/// Lines cut out at once, at most.
const MAX_LINES: u32 = 3;
/// Longest side of the picture: a line across A4 at 300 dpi keeps its pixels.
const MAX_SIDE_PX: u32 = 2500;

/// Lines of a page from the first to the last, counted from 1 over the whole page in reading order; written `7` or `7-8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSpan {
    first: u32,
    last: u32,
}

impl LineSpan {
    /// None where the order is wrong, or for more than three lines.
    pub fn new(first: u32, last: u32) -> Option<Self> {
        (1 <= first && first <= last && last - first < MAX_LINES).then_some(Self { first, last })
    }
}

impl fmt::Display for LineSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

impl FromStr for LineSpan {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| text.parse::<u32>().map_err(|_| ());
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        // One way to write it: no `+1`, `01` or `1-1`.
        Self::new(number(first)?, number(last)?).filter(|span| span.to_string() == text).ok_or(())
    }
}

/// A word that matches a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LitWord {
    /// Where it stands, in pixels of the page as displayed, or of the cutout.
    pub bbox: PxBox,
    /// How sure the recogniser was of it, 0–100.
    pub confidence: u8,
}

/// What of a page's picture shows the best of a hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutout {
    /// The lines, of one block.
    pub lines: LineSpan,
    /// SHA-256 of the sealed text (ALTO) that they were counted in.
    pub text_sha256: Sha256,
    /// Their words as read, a space between.
    pub words: String,
    /// Pixels of that part of the page, turned so that it can be read. The picture may have fewer.
    pub size: PageSize,
    /// The words on it that match, in its own pixels.
    pub lit: Vec<LitWord>,
}

impl Cutout {
    /// From where the best of a hit begins as far as it goes on in the same block, three lines at most; none where nothing is lit.
    pub(crate) fn of(text: &PageText, found: &Highlights, text_sha256: Sha256) -> Option<Self> {
        // The lines with the best hit, their block, and the place of their first word.
        let mut held: Option<(usize, u32, u32, usize)> = None;
        let mut at = 0;
        for (no, (block, line)) in (1..).zip(lines(text)) {
            let words = at..at + line.words.len();
            at = words.end;
            if !found.best.iter().any(|idx| words.contains(idx)) {
                continue;
            }
            match &mut held {
                None => held = Some((block, no, no, words.start)),
                Some((of, first, last, _)) if *of == block && no - *first < MAX_LINES => *last = no,
                Some(_) => {}
            }
        }
        let (_, first, last, from) = held?;
        let span = LineSpan::new(first, last)?;
        let (area, held) = area(text, span)?;
        let words: Vec<&Word> = held.iter().flat_map(|line| &line.words).collect();
        let turned = |bbox: PxBox| text.turn.bbox(bbox, text.size);
        let origin = turned(area);
        let on_it = |word: &Word| {
            let b = turned(word.bbox.intersect(&area));
            let (x, y) = (|px: u32| px.saturating_sub(origin.left), |px: u32| px.saturating_sub(origin.top));
            let bbox = PxBox { left: x(b.left), top: y(b.top), right: x(b.right), bottom: y(b.bottom) };
            (!bbox.is_empty()).then_some(LitWord { bbox, confidence: word.confidence })
        };
        let lit = found.words.iter().filter_map(|idx| words.get(idx.checked_sub(from)?));
        Some(Self {
            lines: span,
            text_sha256,
            words: words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
            size: PageSize { width_px: origin.width(), height_px: origin.height(), dpi: text.size.dpi },
            lit: lit.filter_map(|word| on_it(word)).collect(),
        })
    }
}

/// The words of a page that are lit.
pub(crate) fn lit_words(text: &PageText, found: &Highlights) -> Vec<LitWord> {
    let words: Vec<&Word> = text.words().collect();
    let lit = found.words.iter().map(|idx| words[*idx]);
    lit.map(|word| LitWord { bbox: word.bbox, confidence: word.confidence }).collect()
}

/// What the worker is to cut out for these lines; none where the page has no such lines in one block.
pub(crate) fn cut(text: &PageText, span: LineSpan) -> Option<Cut> {
    let (area, _) = area(text, span)?;
    let of_px = (text.size.width_px, text.size.height_px);
    Some(Cut { area, of_px, turn: text.turn, max_side_px: MAX_SIDE_PX })
}

/// The lines and the part of the page that holds them, with a little air around them.
fn area(text: &PageText, span: LineSpan) -> Option<(PxBox, Vec<&Line>)> {
    let count = (span.last - span.first + 1) as usize;
    let held: Vec<(usize, &Line)> = lines(text).skip(span.first as usize - 1).take(count).collect();
    if held.len() < count || held.iter().any(|(block, _)| *block != held[0].0) {
        return None;
    }
    let page = text.size.bounds();
    let ink = PxBox::around(held.iter().map(|(_, line)| &line.bbox)).intersect(&page);
    if ink.is_empty() {
        return None;
    }
    // Less than two millimetres: marks over capitals reach beyond some boxes.
    let air = (text.size.dpi / 15).max(3);
    let area = PxBox {
        left: ink.left.saturating_sub(air),
        top: ink.top.saturating_sub(air),
        right: ink.right.saturating_add(air),
        bottom: ink.bottom.saturating_add(air),
    };
    Some((area.intersect(&page), held.into_iter().map(|(_, line)| line).collect()))
}

/// The lines of a page in reading order, each with the number of its block.
fn lines(text: &PageText) -> impl Iterator<Item = (usize, &Line)> {
    text.blocks.iter().enumerate().flat_map(|(no, block)| block.lines.iter().map(move |line| (no, line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Block, BlockKind, Turn};

    /// Two blocks; words 90 pixels wide every 100, lines 40 high every 60, the second block 1,000 below the first.
    fn page(blocks: &[&[&str]]) -> PageText {
        let mut top = 100;
        let mut made = Vec::new();
        for block in blocks {
            let mut lines = Vec::new();
            for line in *block {
                let word = |(n, word): (usize, &str)| {
                    let left = 200 + 100 * n as u32;
                    Word::new(word, PxBox { left, top, right: left + 90, bottom: top + 40 }, 50 + n as u8)
                };
                let words: Vec<Word> = line.split(' ').enumerate().map(word).collect();
                let bbox = PxBox::around(words.iter().map(|word| &word.bbox));
                lines.push(Line { bbox, baseline: (bbox.bottom, bbox.bottom), words });
                top += 60;
            }
            top += 1000;
            let bbox = PxBox::around(lines.iter().map(|line| &line.bbox));
            made.push(Block { kind: BlockKind::Body, bbox, lines });
        }
        let size = PageSize { width_px: 2480, height_px: 3508, dpi: 300 };
        PageText { size, turn: Turn::Upright, blocks: made }
    }

    fn found(words: &[usize], best: &[usize]) -> Highlights {
        Highlights { words: words.to_vec(), best: best.to_vec(), ..Highlights::default() }
    }

    fn of(text: &PageText, words: &[usize], best: &[usize]) -> Option<Cutout> {
        Cutout::of(text, &found(words, best), Sha256([7; 32]))
    }

    const SHEET: &[&[&str]] = &[&["a b c", "d e f", "g h", "i", "j"], &["k l", "m"]];

    #[test]
    fn the_lines_of_the_best_hit_are_cut_out() {
        let text = page(SHEET);
        let one = of(&text, &[1, 4, 5], &[4]).unwrap();
        assert_eq!((one.lines.to_string().as_str(), one.words.as_str()), ("2", "d e f"));
        // 300 dpi: 20 pixels of air around 290 by 40.
        assert_eq!((one.size.width_px, one.size.height_px), (330, 80));
        let at = |left: u32, top: u32| PxBox { left, top, right: left + 90, bottom: top + 40 };
        let lit = |cutout: &Cutout| cutout.lit.iter().map(|w| (w.bbox, w.confidence)).collect::<Vec<_>>();
        assert_eq!(lit(&one), [(at(120, 20), 51), (at(220, 20), 52)], "all that is lit on the line");
        let two = of(&text, &[5, 6], &[5, 6]).unwrap();
        assert_eq!((two.lines.to_string().as_str(), two.words.as_str()), ("2-3", "d e f g h"));
        assert_eq!(lit(&two), [(at(220, 20), 52), (at(20, 80), 50)]);
        let apart = of(&text, &[0, 6], &[0, 6]).unwrap();
        assert_eq!(apart.lines.to_string(), "1-3", "with the line between");
        assert_eq!(of(&text, &[0, 9], &[0, 9]).unwrap().lines.to_string(), "1", "too far apart");
        assert_eq!(of(&text, &[9, 10], &[9, 10]).unwrap().lines.to_string(), "5", "of another block");
        assert_eq!(of(&text, &[10, 12], &[12]).unwrap().lines.to_string(), "7");
        assert_eq!(of(&text, &[], &[]), None);
    }

    #[test]
    fn only_lines_of_one_block_can_be_asked_for() {
        let text = page(SHEET);
        let asked = |lines: &str| cut(&text, lines.parse().unwrap()).map(|cut| cut.area);
        let area = |left, top, right, bottom| Some(PxBox { left, top, right, bottom });
        assert_eq!(asked("1"), area(180, 80, 510, 160));
        assert_eq!(asked("1-3"), area(180, 80, 510, 280));
        assert_eq!((asked("5-6"), asked("7-8"), asked("8"), asked("4294967295")), (None, None, None, None));
        for wrong in
            ["", "0", "2-1", "1-4", "0-1", "1-", "-1", "1-2-3", "+1", "01", "1-1", "a", " 1", "4294967296"]
        {
            assert_eq!(wrong.parse::<LineSpan>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn a_line_at_the_edge_or_beyond_it_stays_on_its_page() {
        let mut text = page(&[&["a"]]);
        let b = PxBox { left: 2400, top: 5, right: 2600, bottom: 45 };
        (text.blocks[0].lines[0].bbox, text.blocks[0].lines[0].words[0].bbox) = (b, b);
        let there = cut(&text, LineSpan::new(1, 1).unwrap()).unwrap();
        assert!(there.is_on_its_page());
        assert_eq!(there.area, PxBox { left: 2380, top: 0, right: 2480, bottom: 65 });
        assert_eq!(
            of(&text, &[0], &[0]).unwrap().lit[0].bbox,
            PxBox { left: 20, top: 5, right: 100, bottom: 45 }
        );
        text.blocks[0].lines[0].bbox = PxBox { left: 2500, right: 2600, ..b };
        assert_eq!(cut(&text, LineSpan::new(1, 1).unwrap()), None, "nothing of it is on the page");
    }

    #[test]
    fn a_line_of_a_turned_page_lies_as_it_is_read() {
        let read = page(SHEET);
        let upright = of(&read, &[4], &[4]).unwrap();
        for turn in Turn::ALL {
            let lying = read.laid(turn);
            let cutout = of(&lying, &[4], &[4]).unwrap();
            assert_eq!(cutout, upright, "{turn:?}");
            let cut = cut(&lying, cutout.lines).unwrap();
            assert_eq!((cut.turn, cut.is_on_its_page()), (turn, true));
            let tall = cut.area.height() > cut.area.width();
            assert_eq!(tall, turn.is_sideways(), "{turn:?}");
            assert_eq!(
                turn.bbox(cut.area, lying.size),
                PxBox { left: 180, top: 140, right: 510, bottom: 220 }
            );
        }
    }
}
