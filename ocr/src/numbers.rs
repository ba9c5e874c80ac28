//! The witness of numbers: words with figures are read once more, by a model that knows no Vietnamese. Where it reads other
//! figures the number is doubtful, and the other reading becomes an alternative. All boxes are in pixels of the working picture.

use crate::alternatives;
use record::{AlternativeSource, Block, BlockKind, Line, PxBox, Word};
use std::ops::Range;

/// Words without figures between two numbers, at most, that are read with them.
const BETWEEN: usize = 2;

/// A witness that is this much less sure than the first reader is not believed, 0–100.
const LESS_SURE: u8 = 18;
/// The first reader and the witness.
const VOICES: u8 = 2;

/// Where there are numbers.
#[derive(Debug)]
pub(crate) struct Numbers {
    places: Vec<Place>,
}

/// Words side by side of a line, the first and the last of them with figures.
#[derive(Debug)]
struct Place {
    block: usize,
    line: usize,
    words: Range<usize>,
    area: PxBox,
}

impl Numbers {
    /// Of the body, on a picture of `size` pixels.
    pub(crate) fn on(blocks: &[Block], (width, height): (u32, u32)) -> Self {
        let mut places = Vec::new();
        for (block, b) in blocks.iter().enumerate().filter(|(_, b)| b.kind == BlockKind::Body) {
            for (line, l) in b.lines.iter().enumerate() {
                for words in runs(&l.words) {
                    let pad = (l.bbox.height() / 8).max(4);
                    let area = PxBox {
                        left: extent(&l.words, words.start)
                            .start
                            .max(l.words[words.start].bbox.left.saturating_sub(pad)),
                        top: l.bbox.top.saturating_sub(pad),
                        right: extent(&l.words, words.end - 1)
                            .end
                            .min(l.words[words.end - 1].bbox.right + pad)
                            .min(width),
                        bottom: (l.bbox.bottom + pad).min(height),
                    };
                    if !area.is_empty() {
                        places.push(Place { block, line, words, area });
                    }
                }
            }
        }
        Self { places }
    }

    /// Where the witness shall look.
    pub(crate) fn areas(&self) -> Vec<PxBox> {
        self.places.iter().map(|p| p.area).collect()
    }

    /// Compares what the witness read in [`Self::areas`] with the words.
    pub(crate) fn hear(self, blocks: &mut [Block], witness: &[Line]) {
        for (place, heard) in self.places.into_iter().zip(witness) {
            let words = &mut blocks[place.block].lines[place.line].words;
            for at in place.words {
                let of_word = extent(words, at);
                let inside = |w: &&Word| of_word.contains(&w.bbox.left.midpoint(w.bbox.right));
                let said: Vec<&Word> = heard.words.iter().filter(inside).collect();
                let text: String = said.iter().map(|w| w.text.as_str()).collect();
                let sure = said.iter().map(|w| w.confidence).min().unwrap_or(0);
                if is_doubtful(&words[at].text, &text)
                    && sure.saturating_add(LESS_SURE) >= words[at].confidence
                {
                    alternatives::offer(&mut words[at], text, sure / VOICES, AlternativeSource::Digits);
                }
            }
        }
    }
}

/// Words with figures, and those between them.
fn runs(words: &[Word]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in (0..words.len()).filter(|&at| has_figure(&words[at].text)) {
        match runs.last_mut().filter(|run| at - run.end <= BETWEEN) {
            Some(run) => run.end = at + 1,
            None => runs.push(at..at + 1),
        }
    }
    runs
}

/// From the middle of the gap before a word to that of the gap after it.
fn extent(words: &[Word], at: usize) -> Range<u32> {
    let middle = |a: &Word, b: &Word| a.bbox.right.midpoint(b.bbox.left);
    let from = at.checked_sub(1).map_or(0, |before| middle(&words[before], &words[at]));
    let to = words.get(at + 1).map_or(u32::MAX, |after| middle(&words[at], after));
    from..to
}

fn has_figure(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

/// Whether the witness read other figures; where it read none it says nothing.
fn is_doubtful(read: &str, said: &str) -> bool {
    let figures = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    has_figure(read) && has_figure(said) && figures(read) != figures(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[(&str, u8)]) -> Line {
        let place = |at: u32| PxBox { left: 100 * at, top: 10, right: 100 * at + 80, bottom: 40 };
        let words: Vec<Word> = (0..).zip(words).map(|(at, (t, c))| Word::new(*t, place(at), *c)).collect();
        Line { bbox: PxBox::around(words.iter().map(|w| &w.bbox)), baseline: (40, 40), words }
    }

    fn blocks(words: &[(&str, u8)]) -> Vec<Block> {
        let line = line(words);
        vec![Block { kind: BlockKind::Body, bbox: line.bbox, lines: vec![line] }]
    }

    fn doubted(words: &[(&str, u8)], witness: &[(&str, u8)]) -> Vec<String> {
        let mut blocks = blocks(words);
        Numbers::on(&blocks, (1000, 100)).hear(&mut blocks, &[line(witness)]);
        assert_eq!(blocks[0].lines[0].text(), line(words).text(), "the text stays");
        blocks[0].lines[0].words.iter().flat_map(|w| &w.alternatives).map(|a| a.text.clone()).collect()
    }

    #[test]
    fn other_figures_make_a_number_doubtful() {
        let read = [("ngày", 96), ("05", 90), ("tháng", 95), ("8", 96), ("năm", 96), ("2919", 76)];
        let heard = [("ngay", 60), ("05", 96), ("thang", 50), ("8", 96), ("nam", 60), ("2019", 94)];
        assert_eq!(doubted(&read, &heard), ["2019"]);
        // no figures, or only other letters, are no other number
        assert!(doubted(&[("12/QĐ-VKS", 90)], &[("12/QD-VKS", 90)]).is_empty());
        assert!(
            doubted(&[("12", 90)], &[("l2", 90)]) == ["l2"]
                && doubted(&[("12", 90)], &[("IZ", 90)]).is_empty()
        );
        // a witness that hardly sees anything
        assert!(doubted(&[("12", 96)], &[("42", 50)]).is_empty());
    }

    #[test]
    fn only_numbers_are_shown_to_the_witness() {
        let words = [
            ("Căn", 96),
            ("cứ", 96),
            ("12", 96),
            ("và", 96),
            ("13", 96),
            ("a", 96),
            ("b", 96),
            ("c", 96),
            ("14", 96),
        ];
        let areas = Numbers::on(&blocks(&words), (1000, 100)).areas();
        let sides: Vec<(u32, u32)> = areas.iter().map(|a| (a.left, a.right)).collect();
        assert_eq!(sides, [(196, 484), (796, 884)]);
        assert!(Numbers::on(&blocks(&[("Căn", 96)]), (1000, 100)).areas().is_empty());
    }
}
