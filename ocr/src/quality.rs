//! How well a page was read, as far as the reading itself tells: whether to try again, which try to keep, and what is no text.

use crate::recipe::{Rung, Try};
use crate::turn::is_plausible;
use record::{Block, PageText, Word};

/// A word is sure from this confidence.
const SURE: u8 = 75;
/// A word of another language is sure from this confidence.
const SURE_FOREIGN: u8 = 88;
/// A lone figure is sure from this confidence.
const SURE_FIGURE: u8 = 88;
/// Share of sure letters below which a page is read again …
const POOR: f32 = 0.5;
/// … and below which what was read is no text: strokes, grain, a picture. Pictures of grain, weave and
/// scrawl gave at most 0.05.
const NO_TEXT: f32 = 0.12;
/// Sure signs below which a page with plenty of ink bears no text: a figure and a stroke that were strokes of a drawing.
const SCRAP: usize = 4;
/// Letters read for each group of ink with the size of a letter below which most of the page was overlooked.
const OVERLOOKED: f32 = 0.3;
/// Fewer groups of ink than this may be anything.
const MANY_LETTERS: usize = 200;

/// Signs read, and how many of them belong to words that are surely Vietnamese or figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quality {
    sure: usize,
    signs: usize,
}

impl Quality {
    pub(crate) fn of(text: &PageText) -> Self {
        Self::of_blocks(&text.blocks)
    }

    /// Of the recogniser's answer, before it is text of the page.
    pub(crate) fn of_blocks(blocks: &[Block]) -> Self {
        let words = || blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words);
        let signs = |w: &Word| w.text.chars().count();
        Self { sure: words().filter(|w| is_sure(w)).map(signs).sum(), signs: words().map(signs).sum() }
    }

    /// For the record.
    pub(crate) fn as_try(self, rung: Rung) -> Try {
        Try { rung, sure: self.sure, signs: self.signs }
    }

    fn share(self) -> f32 {
        if self.signs == 0 { 0.0 } else { self.sure as f32 / self.signs as f32 }
    }

    /// Nothing that was read is text.
    pub(crate) fn is_no_text(self) -> bool {
        self.share() < NO_TEXT
    }

    /// A sign or two among strokes: nothing that a page with ink all over it says.
    pub(crate) fn is_a_scrap(self) -> bool {
        self.sure < SCRAP
    }

    /// Worth another try; `letters`: groups of ink on the page with the size of a letter.
    pub(crate) fn is_poor(self, letters: usize) -> bool {
        let overlooked = letters >= MANY_LETTERS && (self.signs as f32) < letters as f32 * OVERLOOKED;
        self.share() < POOR || overlooked
    }

    /// Holds more sure text than another reading of the page.
    pub(crate) fn is_better_than(self, other: Self) -> bool {
        self.sure > other.sure
    }
}

/// Read surely, and something that a language has, or a number.
fn is_sure(word: &Word) -> bool {
    let letters = word.text.chars().filter(|c| c.is_alphabetic()).count();
    let figures = word.text.chars().filter(char::is_ascii_digit).count();
    let is_word = letters >= 2 && word.confidence >= SURE && is_plausible(&word.text);
    // at least four letters and nothing else: scraps have signs among them
    let is_foreign = letters >= 4 && letters == word.text.chars().count() && word.confidence >= SURE_FOREIGN;
    is_word
        || is_foreign
        || figures >= 2 && word.confidence >= SURE
        || figures == 1 && word.confidence >= SURE_FIGURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{BlockKind, Line, PageSize, PxBox, Turn};

    fn quality(words: &[(&str, u8)]) -> Quality {
        let bbox = PxBox { left: 0, top: 0, right: 10, bottom: 10 };
        let word = |&(text, confidence): &(&str, u8)| Word::new(text, bbox, confidence);
        let line = Line { bbox, baseline: (10, 10), words: words.iter().map(word).collect() };
        let blocks = vec![Block { kind: BlockKind::Body, bbox, lines: vec![line] }];
        let size = PageSize { width_px: 100, height_px: 100, dpi: 300 };
        Quality::of(&PageText { size, turn: Turn::Upright, blocks })
    }

    #[test]
    fn print_is_text_and_scraps_are_not() {
        let print = quality(&[("Căn", 97), ("cứ", 92), ("Điều", 60), ("41", 96)]);
        assert!(!print.is_no_text() && !print.is_poor(10));
        let scraps = quality(&[("`", 90), (":", 80), ("ế,", 40), ("WXS+xv/", 70), ("N", 88), ("vIA\\", 60)]);
        assert!(scraps.is_no_text() && scraps.is_poor(10));
        assert!(print.is_better_than(scraps));
        assert!(quality(&[]).is_no_text());
    }

    #[test]
    fn other_languages_are_text() {
        assert!(
            !quality(&[("jugement", 93), ("contradictoire", 90), ("à", 60), ("l'égard", 70)]).is_no_text()
        );
    }

    #[test]
    fn a_page_number_is_text() {
        assert!(!quality(&[("2", 95)]).is_no_text());
        assert!(quality(&[("2", 60)]).is_no_text());
    }

    #[test]
    fn a_stroke_and_a_figure_are_a_scrap_and_a_caption_is_none() {
        assert!(quality(&[("9", 90), ("/", 95), ("\\", 80)]).is_a_scrap());
        assert!(!quality(&[("Ảnh", 90), ("12", 95)]).is_a_scrap());
    }

    #[test]
    fn little_text_on_a_page_full_of_letters_is_poor() {
        let print = quality(&[("Căn", 97), ("cứ", 92)]);
        assert!(print.is_poor(400) && !print.is_poor(100));
    }
}
