//! Questions in running text: which words carry them, which pages to look at, which stretch of a page answers best. Nothing is written
//! here: an answer is a stretch of a page, word by word.

use crate::analysis::{PageToken, analyse, references_of, words_of_stream};
use crate::error::QueryError;
use crate::lexicon::Lexicon;
use crate::query::{Clause, Node, Query, QueryWord};
use record::PageText;
use std::ops::Range;
use vitext::patterns::reference::references;
use vitext::{is_marked, nfc, syllable, tokens};

/// Words that ask, or that every page has.
const STOP_WORDS: &str = "ai gì nào đâu sao mấy bao nhiêu thế như là có không được đã đang sẽ thì mà và hoặc hay của ở tại trong \
    ngoài với cho về theo từ đến bởi vì do những các một này đó kia ấy ra vào lên xuống rồi hãy xin hỏi biết khi lúc bị";
/// Words of which the first is one of those above, and is kept with the second.
const KEPT_PAIRS: &[(&str, &str)] =
    &[("bị", "can"), ("bị", "cáo"), ("bị", "hại"), ("bị", "đơn"), ("từ", "chối"), ("từ", "trần")];
/// Words of a question that are looked for; the rarest stay.
const MOST_WORDS: usize = 24;
/// Tokens of the stretch that is looked at as one.
const WINDOW: u32 = 60;
/// What a word that the lexicon does not know is worth, and at most any word.
const MOST_WORTH: f32 = 12.0;

/// A question, analysed.
#[derive(Debug, Clone)]
pub struct Question {
    query: Query,
    slots: Vec<usize>,
    /// By slot: how much a page says that has it. Rarer words say more.
    worth: Vec<f32>,
    /// Dates, articles, document numbers, bút lục, case files and cards that it names.
    keys: Vec<String>,
}

/// A stretch of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Its words, as indexes into [`PageText::words`], in reading order.
    pub words: Vec<usize>,
    /// Higher is better; only to be compared with others of the same question.
    pub score: f32,
}

impl Question {
    /// Leaves out the words that only ask. [`QueryError::Empty`] where nothing remains, [`QueryError::TooLong`] as for a query.
    pub fn new(text: &str, lexicon: &Lexicon) -> Result<Self, QueryError> {
        if text.len() > Query::MAX_BYTES {
            return Err(QueryError::TooLong { bytes: text.len(), max: Query::MAX_BYTES });
        }
        let text = nfc(text);
        let kept = carrying(&text);
        let mut kept: Vec<(usize, f32)> =
            kept.into_iter().map(|(at, word)| (at, worth(&word, lexicon))).collect();
        kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        kept.truncate(MOST_WORDS);
        kept.sort_by_key(|(at, _)| *at);
        let all: Vec<&str> = tokens(&text).map(|token| token.text).collect();
        // Small letters: an operator is a word here.
        let typed: Vec<String> = kept.iter().map(|(at, _)| all[*at].to_lowercase()).collect();
        let mut query = Query::parse(&typed.join(" "))?;
        query.restore(lexicon);
        let slots: Vec<usize> = query.wanted().into_iter().flat_map(Clause::slots).collect();
        let keys = references(&text).into_iter().map(|found| found.value).filter(|key| is_precise(key));
        Ok(Self {
            slots,
            worth: kept.into_iter().map(|(_, worth)| worth).collect(),
            keys: keys.take(MOST_WORDS).collect(),
            query,
        })
    }

    /// The words that are looked for, as typed.
    pub fn words(&self) -> Vec<&str> {
        self.slots.iter().map(|slot| self.query.words[*slot].typed.as_str()).collect()
    }

    /// Queries for the pages to look at, the narrowest first: all words, then ever fewer, the commonest left out.
    pub fn queries(&self) -> Vec<Query> {
        let mut by_worth: Vec<usize> = (0..self.slots.len()).collect();
        by_worth.sort_by(|a, b| self.worth[*b].total_cmp(&self.worth[*a]).then(a.cmp(b)));
        let mut queries = Vec::new();
        let mut most = by_worth.len();
        loop {
            let mut taken = by_worth[..most].to_vec();
            taken.sort_unstable();
            let units = taken.iter().map(|at| vec![self.slots[*at]]).collect();
            let root = Node::Words(Clause { units, quoted: false, slop: 0 });
            queries.push(Query { root, ..self.query.clone() });
            if most <= 1 {
                return queries;
            }
            most = (most * 3 / 4).min(most - 1);
        }
    }

    /// The stretch of a page that says most of what is asked for; `None` where it says nothing of it.
    pub fn best_passage(&self, text: &PageText) -> Option<Passage> {
        let tokens = analyse(text);
        let matches = self.matches(&tokens, text);
        let (mut best, mut best_score) = (None, 0.0);
        for (from, first) in matches.iter().enumerate() {
            let end = first.position + WINDOW;
            let inside = matches[from..].iter().take_while(|m| m.position < end && m.stream == first.stream);
            let inside: Vec<&Match> = inside.collect();
            let score = self.score(&inside);
            if score > best_score {
                (best, best_score) =
                    (Some((first.stream, first.word_idx..inside[inside.len() - 1].word_idx)), score);
            }
        }
        let (stream, words) = best?;
        Some(Passage { words: whole_lines(text, stream, &words), score: best_score })
    }

    fn matches(&self, tokens: &[PageToken], text: &PageText) -> Vec<Match> {
        let mut found = Vec::new();
        for token in tokens {
            for (n, slot) in self.slots.iter().enumerate() {
                if let Some(quality) = quality(&self.query.words[*slot], token) {
                    let (position, word_idx, stream) = (token.token.position, token.word_idx, token.stream);
                    found.push(Match {
                        position,
                        word_idx,
                        stream,
                        asked: n,
                        worth: self.worth[n] * quality,
                    });
                }
            }
        }
        for reference in references_of(text) {
            let Some(n) = self.keys.iter().position(|key| *key == reference.key) else { continue };
            let first = reference.words.first().and_then(|word| tokens.iter().find(|t| t.word_idx == *word));
            if let Some(token) = first {
                let (position, word_idx, stream) = (token.token.position, token.word_idx, token.stream);
                let asked = self.slots.len() + n;
                found.push(Match { position, word_idx, stream, asked, worth: MOST_WORTH });
            }
        }
        found.sort_by_key(|found| (found.position, found.asked));
        found
    }

    /// Each word asked for counts once, as its best; words that stand side by side as in the question count half again.
    fn score(&self, inside: &[&Match]) -> f32 {
        let mut best = vec![0.0_f32; self.slots.len() + self.keys.len()];
        let mut together = vec![0.0_f32; best.len()];
        for (n, found) in inside.iter().enumerate() {
            best[found.asked] = best[found.asked].max(found.worth);
            let next = inside[n..].iter().filter(|next| next.position == found.position + 1);
            for next in next.filter(|next| next.asked == found.asked + 1 && next.asked < self.slots.len()) {
                together[found.asked] = together[found.asked].max((found.worth + next.worth) / 2.0);
            }
        }
        best.iter().chain(&together).sum()
    }
}

struct Match {
    position: u32,
    word_idx: usize,
    stream: usize,
    /// Which word of the question, or reference behind them.
    asked: usize,
    worth: f32,
}

/// How surely a token is the word.
fn quality(word: &QueryWord, token: &PageToken) -> Option<f32> {
    match () {
        () if word.is_exactly(&token.token.exact) => Some(1.0),
        () if word.is_restored_as(&token.token.exact) => Some(0.95),
        () if word.is_folded(&token.token.folded) => Some(0.6),
        () => None,
    }
}

/// The words that carry a question, with their places in it.
fn carrying(text: &str) -> Vec<(usize, String)> {
    let words: Vec<String> = tokens(text).map(|token| token.text.to_lowercase()).collect();
    // Without any mark in it, a question is taken by its letters alone.
    let form = if is_marked(text) { syllable::exact } else { syllable::folded };
    let stop: Vec<String> = STOP_WORDS.split_whitespace().map(form).collect();
    let is_pair = |at: usize| {
        let pair = (words.get(at).map(String::as_str), words.get(at + 1).map(String::as_str));
        KEPT_PAIRS.iter().any(|(a, b)| pair.0.map(form) == Some(form(a)) && pair.1.map(form) == Some(form(b)))
    };
    let is_kept = |(at, word): &(usize, &String)| !stop.contains(&form(word)) || is_pair(*at);
    words.iter().enumerate().filter(is_kept).map(|(at, word)| (at, word.clone())).collect()
}

fn worth(word: &str, lexicon: &Lexicon) -> f32 {
    match lexicon.share(word) {
        share if share > 0.0 => (-share.ln()).clamp(1.0, MOST_WORTH),
        _ => MOST_WORTH,
    }
}

/// A whole date, a document number with its symbol, an article, a bút lục, a case file, a card; not the year that a date also names.
fn is_precise(key: &str) -> bool {
    match key.split_once(':') {
        Some(("d", date)) => date.len() == 10,
        Some(("so", number)) => number.contains('/'),
        Some(("dieu", article)) => !article.contains('@'),
        Some(("bl" | "hs" | "id", _)) => true,
        _ => false,
    }
}

/// The words of the lines that a stretch runs over, the mark's or body's alone.
fn whole_lines(text: &PageText, stream: usize, words: &Range<usize>) -> Vec<usize> {
    let own = words_of_stream(text, stream);
    let mut at = 0;
    let mut shown = Vec::new();
    for line in text.blocks.iter().flat_map(|block| &block.lines) {
        let of_line = at..at + line.words.len();
        at = of_line.end;
        let is_own = own.binary_search(&of_line.start).is_ok();
        if is_own && of_line.start <= words.end && words.start < of_line.end {
            shown.extend(of_line);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let question = Question::new(text, &Lexicon::public()).unwrap();
        question.words().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn words_that_only_ask_are_left_out() {
        assert_eq!(words("Ai là người làm chứng trong vụ án?"), ["người", "làm", "chứng", "vụ", "án"]);
        assert_eq!(words("Bị can bị bắt ở đâu, khi nào?"), ["bị", "can", "bắt"]);
        assert_eq!(words("ai la nguoi lam chung, bi can o dau?"), ["nguoi", "lam", "chung", "bi", "can"]);
        assert_eq!(words("KHÔNG VÀ trộm"), ["trộm"], "operators are words here");
        assert_eq!(Question::new("ai, ở đâu?", &Lexicon::public()).unwrap_err(), QueryError::Empty);
        assert_eq!(Question::new("", &Lexicon::public()).unwrap_err(), QueryError::Empty);
    }

    #[test]
    fn queries_ask_for_ever_fewer_words() {
        let question = Question::new("người bị bắt tên Quách Tỉnh", &Lexicon::public()).unwrap();
        let queries = question.queries();
        let counts: Vec<usize> = queries.iter().map(|query| query.wanted()[0].units.len()).collect();
        assert_eq!(counts, [5, 3, 2, 1]);
    }

    #[test]
    fn references_are_precise() {
        let question =
            Question::new("Điều 173 khoản 2, ngày 12/5/1998, số 12/CT-VKS?", &Lexicon::public()).unwrap();
        for key in ["dieu:173/k2", "d:1998-05-12", "so:12/ct-vks"] {
            assert!(question.keys.iter().any(|known| known == key), "{key}: {:?}", question.keys);
        }
        assert!(!question.keys.iter().any(|key| key == "d:1998"));
    }
}
