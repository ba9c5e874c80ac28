//! What else a word may be: other readings and suggestions, kept beside the text. Nothing here changes the text.

use record::{Alternative, AlternativeSource, Block, BlockKind, PageText, Word};
use vitext::{bigram, dotted_y};

/// Alternatives of one word, at most.
const MOST: usize = 4;
/// Words read less surely than this are looked at beside their neighbours.
const UNSURE: u8 = 92;
/// Times a syllable has to be likelier between its neighbours than the one read.
const LIKELIER: f32 = 20.0;

/// Puts one more alternative to a word; of two with the same text the likelier stays.
pub(crate) fn offer(word: &mut Word, text: String, score: u8, source: AlternativeSource) {
    match word.alternatives.iter_mut().find(|known| known.text == text) {
        Some(known) if known.score < score => *known = Alternative { text, score, source },
        Some(_) => {}
        None => word.alternatives.push(Alternative { text, score, source }),
    }
}

/// Adds what the language suggests to the words of the body, and leaves each word its likeliest alternatives.
pub(crate) fn complete(text: &mut PageText) {
    for block in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body) {
        suggest(block);
    }
    for word in text.blocks.iter_mut().flat_map(|b| &mut b.lines).flat_map(|l| &mut l.words) {
        // a doubtful number is marked by its alternative, which therefore always stays
        word.alternatives.sort_by_key(|a| (a.source != AlternativeSource::Digits, u8::MAX - a.score));
        word.alternatives.truncate(MOST);
    }
}

fn suggest(block: &mut Block) {
    let texts: Vec<String> = block.lines.iter().flat_map(|l| &l.words).map(|w| w.text.clone()).collect();
    let words = block.lines.iter_mut().flat_map(|l| &mut l.words);
    for (at, word) in words.enumerate() {
        let before = at.checked_sub(1).map(|at| texts[at].as_str());
        let after = texts.get(at + 1).map(String::as_str);
        if let Some(dotted) = dotted_y::suggestion(before, &word.text, after) {
            offer(word, dotted, 50, AlternativeSource::Lexicon);
        }
        if word.confidence < UNSURE
            && let Some((likely, times)) = bigram::suggestion(before, &word.text, after, LIKELIER)
        {
            let score = (100.0 * times / (times + LIKELIER * 4.0)) as u8;
            offer(word, likely, score, AlternativeSource::Bigram);
        }
    }
}
