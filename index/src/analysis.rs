//! A page as a row of tokens: the one place where page text becomes what is indexed, found and lit.

use crate::backend::Token;
use record::{Line, PageText, Word};
use std::ops::Range;
use vitext::patterns::reference::references;
use vitext::{nfc, syllable, tokens};

/// Between body and marks, and between marks: no phrase reaches across.
pub(crate) const GAP: u32 = 16;

/// Other readings of one word that are kept, the likelier ones: an engine may need a field for each.
pub(crate) const MAX_OTHERS: usize = 4;

/// A token of a page, and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct PageToken {
    pub(crate) token: Token,
    /// Index into `PageText::words`.
    pub(crate) word_idx: usize,
    /// Bytes of the word's NFC text.
    pub(crate) range: Range<usize>,
    /// 0 for the body, else the mark (block) it belongs to, from 1.
    pub(crate) stream: usize,
}

/// The tokens of a page in the order of their positions: the body's in reading order through all its blocks, then
/// those of each mark.
pub(crate) fn analyse(text: &PageText) -> Vec<PageToken> {
    let mut row = Row { tokens: Vec::new(), next: 0 };
    for marks in [false, true] {
        let mut word_idx = 0;
        for (block_idx, block) in text.blocks.iter().enumerate() {
            let words = block.lines.iter().flat_map(|l| &l.words);
            if block.kind.is_mark() != marks {
                word_idx += words.count();
                continue;
            }
            let stream = if marks { block_idx + 1 } else { 0 };
            row.gap_before(stream);
            for word in words {
                row.push(word, word_idx, stream);
                word_idx += 1;
            }
        }
    }
    row.tokens
}

/// The first tokens of the body, `count` at most, with positions from 0. A page number printed above it is none of it.
pub(crate) fn beginning(text: &PageText, count: usize) -> Vec<Token> {
    let mut row = Row { tokens: Vec::new(), next: 0 };
    let body = text.blocks.iter().filter(|block| !block.kind.is_mark()).flat_map(|block| &block.lines);
    let is_page_number = |line: &Line| {
        let mut letters = line.words.iter().flat_map(|word| word.text.chars());
        letters.all(|c| c.is_ascii_digit() || matches!(c, '-' | '–' | '—'))
    };
    for (idx, line) in body.enumerate() {
        if idx == 0 && is_page_number(line) {
            continue;
        }
        line.words.iter().for_each(|word| row.push(word, 0, 0));
        if row.tokens.len() >= count {
            break;
        }
    }
    row.tokens.into_iter().take(count).map(|token| token.token).collect()
}

struct Row {
    tokens: Vec<PageToken>,
    next: u32,
}

impl Row {
    fn gap_before(&mut self, stream: usize) {
        if self.tokens.last().is_some_and(|last| last.stream != stream) {
            self.next += GAP;
        }
    }
    fn push(&mut self, word: &Word, word_idx: usize, stream: usize) {
        let text = nfc(&word.text);
        let alternatives = match word.alternatives.is_empty() {
            true => Vec::new(),
            false => alternatives(word, tokens(&text).count()),
        };
        for (place, token) in tokens(&text).enumerate() {
            let folded = syllable::folded(token.text);
            let mut others: Vec<String> = alternatives.iter().map(|tokens| tokens[place].clone()).collect();
            others.sort_unstable();
            others.dedup();
            others.retain(|other| *other != folded);
            let exact = syllable::exact(token.text);
            self.tokens.push(PageToken {
                token: Token { position: self.next, exact, folded, others },
                word_idx,
                range: token.range,
                stream,
            });
            self.next += 1;
        }
    }
}

/// The folded tokens of a word's alternatives, as far as they have as many as the word itself.
fn alternatives(word: &Word, count: usize) -> Vec<Vec<String>> {
    let folded = |text: &str| tokens(&nfc(text)).map(|t| syllable::folded(t.text)).collect::<Vec<_>>();
    word.alternatives
        .iter()
        .map(|a| folded(&a.text))
        .filter(|tokens| tokens.len() == count)
        .take(MAX_OTHERS)
        .collect()
}

/// A reference key and the words that say it, as indexes into `PageText::words`.
pub(crate) struct Reference {
    pub(crate) key: String,
    pub(crate) words: Vec<usize>,
}

/// What the body refers to, then each mark.
pub(crate) fn references_of(text: &PageText) -> Vec<Reference> {
    let all: Vec<&Word> = text.words().collect();
    let marks =
        text.blocks.iter().enumerate().filter(|(_, block)| block.kind.is_mark()).map(|(idx, _)| idx + 1);
    let mut found = Vec::new();
    for stream in std::iter::once(0).chain(marks) {
        let words = words_of_stream(text, stream);
        let mut joined = String::new();
        let mut ends = Vec::with_capacity(words.len());
        for word in &words {
            joined.push_str(&nfc(&all[*word].text));
            joined.push(' ');
            ends.push(joined.len());
        }
        for reference in references(&joined) {
            let first = ends.partition_point(|end| *end <= reference.range.start);
            let last = ends.partition_point(|end| *end < reference.range.end);
            found.push(Reference { key: reference.value, words: words[first..=last].to_vec() });
        }
    }
    found
}

/// The words of one stream, as indexes into `PageText::words`, in reading order.
pub(crate) fn words_of_stream(text: &PageText, stream: usize) -> Vec<usize> {
    let mut word_idx = 0;
    let mut found = Vec::new();
    for (block_idx, block) in text.blocks.iter().enumerate() {
        let count = block.lines.iter().map(|l| l.words.len()).sum::<usize>();
        let own = if stream == 0 { !block.kind.is_mark() } else { block_idx + 1 == stream };
        if own {
            found.extend(word_idx..word_idx + count);
        }
        word_idx += count;
    }
    found
}
