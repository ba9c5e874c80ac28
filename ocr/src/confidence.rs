//! How likely it is that a word was read right: the recogniser's own confidence is the same for a tone that two letters share
//! and for one that none other has, and for a faxed page and a clean one. Here it is weighed with what else is known.
//!
//! The weights are those of a logistic regression over 96,000 words of six generated sets, tuning seeds 101 and 104
//! (docs/decisions/150-confidence.md tells how it was fitted and what it gives on other seeds).

use crate::alternatives::between_neighbours;
use crate::turn::is_plausible;
use record::{AlternativeSource, BlockKind, PageText, Word};
use vitext::{bigram, fold_ascii};

/// The recogniser is unsure of words below this.
const UNSURE: u8 = 92;
/// What is held back of what surely looks right, in logits: papers differ from those that were counted. With it, words that are
/// right 985 times in 1,000 are given 95.
const CAUTION: f32 = 1.24;
/// From these logits on it is held back in full.
const SURE_LOGITS: f32 = 4.18;

/// Replaces the recogniser's confidence of every word of the body by how likely the word is right, 0–100.
pub(crate) fn calibrate(text: &mut PageText) {
    let Some(mean) = text.confidence() else { return };
    let (unsure, all) =
        (text.body_words().filter(|w| w.confidence < UNSURE).count(), text.body_words().count());
    let page = Page { rough: unsure as f32 / all as f32, odds: odds(mean) };
    for block in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body) {
        between_neighbours(block, |before, word, after| {
            word.confidence = cautious(logits(word, before, after, page));
        });
    }
}

/// How well the page was read as a whole.
#[derive(Debug, Clone, Copy)]
struct Page {
    /// Share of words below [`UNSURE`].
    rough: f32,
    /// [`odds`] of the mean confidence.
    odds: f32,
}

/// Confidence of 0–100 stretched at its upper end, where the recogniser keeps nearly all words.
fn odds(confidence: f32) -> f32 {
    -(1.01 - confidence / 100.0).ln()
}

/// The logarithm of how many times likelier it is that the word is right than that it is wrong.
fn logits(word: &Word, before: Option<&str>, after: Option<&str>, page: Page) -> f32 {
    let standing = bigram::standing(before, &word.text, after);
    let small = word.text.to_lowercase();
    let letters = || word.text.chars().filter(|c| c.is_alphabetic());
    let is_upper = letters().all(char::is_uppercase);
    let first = letters().next().filter(|_| !is_upper);
    let score = |source| word.alternatives.iter().filter(|a| a.source == source).map(|a| a.score).max();
    let others = score(AlternativeSource::Recogniser);
    let is = |yes: bool| f32::from(u8::from(yes));

    let mut z = WEIGHTS.bias + WEIGHTS.page_odds * page.odds + WEIGHTS.page_rough * page.rough;
    z += WEIGHTS.odds * odds(f32::from(word.confidence));
    z += WEIGHTS.letters * word.text.chars().count().min(10) as f32 / 10.0;
    // as a syllable, and between its neighbours
    z += WEIGHTS.plausible * is(is_plausible(&word.text));
    z += WEIGHTS.known * is(standing.known);
    z += WEIGHTS.agree * standing.agree.ln_1p() + WEIGHTS.against * standing.against.ln_1p();
    // what is easily taken for something else
    z += WEIGHTS.figures * is(small.chars().any(|c| c.is_ascii_digit()));
    z += WEIGHTS.marked * is(fold_ascii(&small) != small);
    z += WEIGHTS.acute_or_hook * is(small.chars().any(|c| "ấẩếểốổ".contains(c)));
    z += WEIGHTS.capital * is(first.is_some_and(char::is_uppercase));
    z += WEIGHTS.capital_l * is(first == Some('L'));
    // what other readings say
    z += WEIGHTS.has_other * is(others.is_some())
        + WEIGHTS.other_score * f32::from(others.unwrap_or(0)).ln_1p();
    z += WEIGHTS.other_sampling * is(score(AlternativeSource::Sampling).is_some());
    z += WEIGHTS.doubtful_number * is(score(AlternativeSource::Digits).is_some());
    z
}

struct Weights {
    bias: f32,
    odds: f32,
    page_odds: f32,
    page_rough: f32,
    letters: f32,
    plausible: f32,
    known: f32,
    agree: f32,
    against: f32,
    figures: f32,
    marked: f32,
    acute_or_hook: f32,
    capital: f32,
    capital_l: f32,
    has_other: f32,
    other_score: f32,
    other_sampling: f32,
    doubtful_number: f32,
}

const WEIGHTS: Weights = Weights {
    bias: -3.22,
    odds: 1.45,
    page_odds: 1.11,
    page_rough: -2.67,
    letters: 2.00,
    plausible: 0.59,
    known: 2.26,
    agree: 0.53,
    against: -1.29,
    figures: -0.38,
    marked: -1.46,
    acute_or_hook: -1.90,
    capital: 0.83,
    capital_l: -3.15,
    has_other: -2.28,
    other_score: 0.49,
    other_sampling: -2.59,
    doubtful_number: -4.35,
};

/// A probability of 0–100 from logits, rounded down; the likelier, the more is held back.
fn cautious(logits: f32) -> u8 {
    let held_back = logits - CAUTION * (logits / SURE_LOGITS).clamp(0.0, 1.0);
    (100.0 / (1.0 + (-held_back).exp())) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Alternative, Block, Line, PageSize, PxBox, Turn};

    fn word(text: &str, confidence: u8) -> Word {
        Word::new(text, PxBox { left: 0, top: 0, right: 10, bottom: 10 }, confidence)
    }

    fn calibrated(words: Vec<Word>) -> Vec<u8> {
        let bbox = PxBox { left: 0, top: 0, right: 10, bottom: 10 };
        let lines = vec![Line { bbox, baseline: (9, 9), words }];
        let size = PageSize { width_px: 10, height_px: 10, dpi: 300 };
        let blocks = vec![Block { kind: BlockKind::Body, bbox, lines }];
        let mut text = PageText { size, turn: Turn::Upright, blocks };
        calibrate(&mut text);
        text.words().map(|w| w.confidence).collect()
    }

    #[test]
    fn what_speaks_against_a_word_lowers_it() {
        let line = |tested: Word| {
            let mut words: Vec<Word> = "Giấy chứng nhận kinh doanh".split(' ').map(|t| word(t, 96)).collect();
            words.splice(3..3, [tested, word("ký", 96)]);
            calibrated(words)[3]
        };
        let right = line(word("đăng", 96));
        assert!(right >= 95, "{right}");
        assert!(line(word("đằng", 96)) < 80, "other marks than between these neighbours");
        assert!(line(word("đăng", 60)) < right, "less sure");
        let mut doubted = word("đăng", 60);
        doubted.alternatives.push(Alternative {
            text: "đặng".into(),
            score: 30,
            source: AlternativeSource::Sampling,
        });
        assert!(line(doubted) < line(word("đăng", 60)), "another sampling read something else");
        assert!(line(word("xkqz;", 96)) < right, "no language has it");
    }

    #[test]
    fn the_same_word_is_worth_less_on_a_page_that_was_read_poorly() {
        let on = |others: u8| {
            let words = ["hội", "đồng", "quản", "trị", "hợp", "tác", "xã"].map(|t| word(t, others));
            calibrated(words.into_iter().chain([word("tổ", 96)]).collect())[7]
        };
        assert!(on(60) < on(96), "{} {}", on(60), on(96));
    }

    #[test]
    fn probabilities_stay_in_order_and_in_range() {
        let all: Vec<u8> = (-200..=200).map(|z| cautious(z as f32 / 10.0)).collect();
        assert!(all.is_sorted() && all[0] == 0 && *all.last().unwrap() == 100, "{all:?}");
        // 0.985 is given 95, one half a half
        assert_eq!((cautious(4.19), cautious(4.15), cautious(0.0)), (95, 94, 50));
        assert!(calibrated(vec![]).is_empty());
    }
}
