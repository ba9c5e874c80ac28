//! What else a word may be: other readings and suggestions, kept beside the text. Nothing here changes the text.

use record::{Alternative, AlternativeSource, Block, BlockKind, PageText, Word};
use vitext::{bigram, dotted_y};

/// Alternatives of one word, at most.
const MOST: usize = 4;
/// Words read less surely than this are looked at beside their neighbours.
const UNSURE: u8 = 92;
/// Times a syllable has to be likelier between its neighbours than the one read. Of 58 suggestions above this 50 were right,
/// of those from 20 times on 21 of 111.
const LIKELIER: f32 = 700.0;
/// How many of a hundred such suggestions are right.
const SCORE_OF_BIGRAM: u8 = 85;
/// As likely as not: there was no page to count on.
const SCORE_OF_LEXICON: u8 = 50;

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
    between_neighbours(block, |before, word, after| {
        if let Some(dotted) = dotted_y::suggestion(before, &word.text, after) {
            offer(word, dotted, SCORE_OF_LEXICON, AlternativeSource::Lexicon);
        }
        if word.confidence < UNSURE
            && let Some(likely) = bigram::suggestion(before, &word.text, after, LIKELIER)
        {
            offer(word, likely, SCORE_OF_BIGRAM, AlternativeSource::Bigram);
        }
    });
}

/// Visits the words of a block in reading order, each with the texts of the word before it and the word after it.
pub(crate) fn between_neighbours(
    block: &mut Block,
    mut visit: impl FnMut(Option<&str>, &mut Word, Option<&str>),
) {
    let texts: Vec<String> = block.lines.iter().flat_map(|l| &l.words).map(|w| w.text.clone()).collect();
    for (at, word) in block.lines.iter_mut().flat_map(|l| &mut l.words).enumerate() {
        let before = at.checked_sub(1).map(|at| texts[at].as_str());
        visit(before, word, texts.get(at + 1).map(String::as_str));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Line, PageSize, PxBox, Turn};

    fn page(words: &[(&str, u8)]) -> PageText {
        let bbox = PxBox { left: 0, top: 0, right: 10, bottom: 10 };
        let words = words.iter().map(|(text, confidence)| Word::new(*text, bbox, *confidence)).collect();
        let block =
            Block { kind: BlockKind::Body, bbox, lines: vec![Line { bbox, baseline: (9, 9), words }] };
        let size = PageSize { width_px: 10, height_px: 10, dpi: 300 };
        PageText { size, turn: Turn::Upright, blocks: vec![block] }
    }

    fn suggested(words: &[(&str, u8)]) -> Vec<(String, AlternativeSource)> {
        let mut text = page(words);
        complete(&mut text);
        assert_eq!(text.body(), page(words).body(), "the text stays");
        text.words().flat_map(|w| &w.alternatives).map(|a| (a.text.clone(), a.source)).collect()
    }

    #[test]
    fn unsure_words_are_held_against_their_neighbours() {
        let read = [("Giấy", 96), ("chứng", 96), ("nhận", 96), ("đẳng", 60), ("ký", 96), ("kinh", 96)];
        assert_eq!(suggested(&read), [("đăng".into(), AlternativeSource::Bigram)]);
        let sure = read.map(|(text, _)| (text, 96));
        assert!(suggested(&sure).is_empty(), "what was read surely is left alone");
        assert_eq!(suggested(&[("HUYỆN", 96), ("LY,", 96)]), [("LỴ,".into(), AlternativeSource::Lexicon)]);
    }

    #[test]
    fn few_alternatives_stay_and_the_doubt_of_a_number_always() {
        let mut text = page(&[("2919", 70)]);
        let word = &mut text.blocks[0].lines[0].words[0];
        for (other, score) in [("2910", 30), ("2918", 20), ("2917", 25), ("2916", 10), ("2918", 40)] {
            offer(word, other.into(), score, AlternativeSource::Recogniser);
        }
        offer(word, "2019".into(), 5, AlternativeSource::Digits);
        complete(&mut text);
        let kept: Vec<_> =
            text.words().flat_map(|w| &w.alternatives).map(|a| (a.text.as_str(), a.score)).collect();
        assert_eq!(kept, [("2019", 5), ("2918", 40), ("2910", 30), ("2917", 25)]);
    }
}
