//! The witness of numbers: words with figures are read once more, by a model that knows no Vietnamese. Where it reads other
//! figures the number is doubtful, and the other reading becomes an alternative. All boxes are in pixels of the working picture.

use crate::alternatives;
use record::{AlternativeSource, Block, BlockKind, Line, PxBox, Word};
use std::ops::Range;

/// Words without figures between two numbers, at most, that are read with them.
const BETWEEN: usize = 2;

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
                let said: String = heard.words.iter().filter(inside).map(|w| w.text.as_str()).collect();
                if is_doubtful(&words[at].text, &said) {
                    alternatives::offer(&mut words[at], said, 50, AlternativeSource::Digits);
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
