//! A page as a row of tokens: the one place where page text becomes what is indexed, found and lit.

use record::PageText;
use std::ops::Range;
use vitext::{nfc, syllable, tokens};

/// Between body and marks, and between marks: no phrase reaches across.
const GAP: u32 = 16;

/// A token of a page.
#[derive(Debug, Clone)]
pub(crate) struct PageToken {
    pub(crate) exact: String,
    pub(crate) folded: String,
    /// Place in the row; neighbours differ by one.
    pub(crate) position: u32,
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
                row.push(&word.text, word_idx, stream);
                word_idx += 1;
            }
        }
    }
    row.tokens
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
    fn push(&mut self, word: &str, word_idx: usize, stream: usize) {
        let word = nfc(word);
        for token in tokens(&word) {
            self.tokens.push(PageToken {
                exact: syllable::exact(token.text),
                folded: syllable::folded(token.text),
                position: self.next,
                word_idx,
                range: token.range,
                stream,
            });
            self.next += 1;
        }
    }
}

/// One form of all tokens as the engine takes them: each token followed by a space, an empty place for each position
/// without a token.
pub(crate) fn joined<'a>(tokens: &'a [PageToken], form: impl Fn(&'a PageToken) -> &'a str) -> String {
    let mut out = String::new();
    let mut position = 0;
    for token in tokens {
        while position < token.position {
            out.push(' ');
            position += 1;
        }
        out.push_str(form(token));
        out.push(' ');
        position += 1;
    }
    out
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
