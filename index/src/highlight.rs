//! What of a page answers a query: words to light, and a piece of text to show.

use crate::analysis::{PageToken, analyse, words_of_stream};
use crate::query::{Clause, Query};
use crate::rank::{Positions, occurrences, smallest_window};
use record::{PageText, PxBox, Word};
use std::collections::BTreeMap;
use std::ops::Range;
use vitext::nfc;

/// How long a snippet is, in characters, without the marks of omission.
const SNIPPET_CHARS: usize = 200;

/// The words of a page that answer a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Highlights {
    /// Indexes into [`PageText::words`], ascending.
    pub words: Vec<usize>,
    /// The box of each of them, in the same order, in pixels of the page as displayed. A word is lit whole though the
    /// hit may be a part of it (`điều` of `“điều.`).
    pub boxes: Vec<PxBox>,
    /// Text around the best hit, or the beginning of the body where no word was searched for or none is here; `None`
    /// for a page without text.
    pub snippet: Option<Snippet>,
}

/// A piece of a page's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// NFC, one line, cut at word borders, `…` where text was left out.
    pub text: String,
    /// What to mark in it, in bytes, ascending, apart from each other.
    pub marked: Vec<Range<usize>>,
}

/// Finds a query on a page by the same analysis that indexed it. A quoted phrase lights only where all of it stands
/// together; a loose word lights wherever it is, but with marks that differ from those typed only where the page has
/// no better.
pub fn highlight(query: &Query, text: &PageText) -> Highlights {
    let tokens = analyse(text);
    let at = positions(query, &tokens);
    let mut lit = vec![false; tokens.len()];
    let mut light = |spans: Vec<(u32, u32)>| {
        for (from, to) in spans {
            for position in from..to {
                if let Ok(idx) = tokens.binary_search_by_key(&position, |t| t.position) {
                    lit[idx] = true;
                }
            }
        }
    };
    for clause in &query.clauses {
        for unit in &clause.units {
            light(hits(query, unit, &at));
        }
        if clause.units.len() > 1 {
            light(occurrences(&clause.slots(), &at.folded));
        }
    }
    let mut words: Vec<usize> =
        tokens.iter().zip(&lit).filter(|(_, lit)| **lit).map(|(t, _)| t.word_idx).collect();
    words.sort_unstable();
    words.dedup();
    let all: Vec<&Word> = text.words().collect();
    let boxes = words.iter().map(|idx| all[*idx].bbox).collect();
    let anchor = best_stretch(query, &at, &tokens);
    let snippet = snippet(text, &all, &tokens, &lit, anchor);
    Highlights { words, boxes, snippet }
}

fn positions(query: &Query, tokens: &[PageToken]) -> Positions {
    let mut exact: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let mut folded: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for token in tokens {
        exact.entry(&token.exact).or_default().push(token.position);
        folded.entry(&token.folded).or_default().push(token.position);
    }
    let of = |map: &BTreeMap<&str, Vec<u32>>, form: &str| map.get(form).cloned().unwrap_or_default();
    Positions {
        exact: query.words.iter().map(|w| of(&exact, &w.exact)).collect(),
        folded: query.words.iter().map(|w| of(&folded, &w.folded)).collect(),
    }
}

/// Where a unit stands. A single word typed with marks has so many look-alikes that they count only where the page
/// does not have the word itself.
fn hits(query: &Query, unit: &[usize], at: &Positions) -> Vec<(u32, u32)> {
    if let [slot] = unit
        && query.words[*slot].marked
        && !at.exact[*slot].is_empty()
    {
        return occurrences(unit, &at.exact);
    }
    occurrences(unit, &at.folded)
}

/// The positions of the best hit: the first place where a clause stands together (with the marks typed, if anywhere),
/// else the closest meeting of its words; in the body, if the body has any.
fn best_stretch(query: &Query, at: &Positions, tokens: &[PageToken]) -> Option<(u32, u32)> {
    let together = |slots: &[usize]| {
        let exact = occurrences(slots, &at.exact);
        if exact.is_empty() { occurrences(slots, &at.folded) } else { exact }
    };
    let groups_of = |clause: &Clause| {
        let whole = together(&clause.slots());
        if whole.is_empty() { clause.units.iter().map(|u| together(u)).collect() } else { vec![whole] }
    };
    let mut groups: Vec<Vec<(u32, u32)>> = query.clauses.iter().flat_map(groups_of).collect();
    let body_end = tokens.iter().filter(|t| t.stream == 0).map(|t| t.position + 1).max().unwrap_or(0);
    let in_body = |span: &(u32, u32)| span.1 <= body_end;
    if groups.iter().flatten().any(in_body) {
        for group in &mut groups {
            group.retain(in_body);
        }
    }
    groups.retain(|group| !group.is_empty());
    if groups.is_empty() { None } else { smallest_window(&groups) }
}

fn snippet(
    text: &PageText,
    all: &[&Word],
    tokens: &[PageToken],
    lit: &[bool],
    anchor: Option<(u32, u32)>,
) -> Option<Snippet> {
    let inside: Vec<&PageToken> =
        tokens.iter().filter(|t| anchor.is_some_and(|(from, to)| (from..to).contains(&t.position))).collect();
    let stream = inside.first().map_or(0, |t| t.stream);
    let mut words = words_of_stream(text, stream);
    if words.is_empty() {
        words = (0..all.len()).collect();
    }
    let place = |word_idx: usize| words.iter().position(|w| *w == word_idx);
    let first = inside.first().and_then(|t| place(t.word_idx)).unwrap_or(0);
    let last =
        inside.iter().rev().find(|t| t.stream == stream).and_then(|t| place(t.word_idx)).unwrap_or(first);
    let shown = around(&words, all, first, last)?;

    let mut marks: BTreeMap<usize, Vec<Range<usize>>> = BTreeMap::new();
    for (token, _) in tokens.iter().zip(lit).filter(|(_, lit)| **lit) {
        marks.entry(token.word_idx).or_default().push(token.range.clone());
    }
    let mut out = String::new();
    let mut marked: Vec<Range<usize>> = Vec::new();
    if shown.start > 0 {
        out.push('…');
    }
    for (n, word_idx) in words[shown.clone()].iter().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        let start = out.len();
        let word = nfc(&all[*word_idx].text);
        let kept = word.char_indices().nth(SNIPPET_CHARS).map_or(word.len(), |(at, _)| at);
        out.push_str(&word[..kept]);
        for range in marks.get(word_idx).into_iter().flatten().filter(|r| r.end <= kept) {
            add_mark(&mut marked, &out, start + range.start..start + range.end);
        }
        if kept < word.len() {
            out.push('…');
        }
    }
    if shown.end < words.len() {
        out.push('…');
    }
    Some(Snippet { text: out, marked })
}

/// Marks with nothing but one space between them become one.
fn add_mark(marked: &mut Vec<Range<usize>>, text: &str, range: Range<usize>) {
    match marked.last_mut() {
        Some(last) if matches!(&text[last.end..range.start], "" | " ") => last.end = range.end,
        _ => marked.push(range),
    }
}

/// Which words to show: those from `first` to `last` (as far as they fit), then neighbours on both sides in turn while
/// there is room.
fn around(words: &[usize], all: &[&Word], first: usize, last: usize) -> Option<Range<usize>> {
    let cost = |place: usize| all[words[place]].text.chars().count() + 1;
    if words.is_empty() {
        return None;
    }
    let mut shown = first..first + 1;
    let mut used = cost(first);
    while shown.end <= last && used + cost(shown.end) <= SNIPPET_CHARS {
        used += cost(shown.end);
        shown.end += 1;
    }
    loop {
        let mut grew = false;
        if shown.end < words.len() && used + cost(shown.end) <= SNIPPET_CHARS {
            used += cost(shown.end);
            shown.end += 1;
            grew = true;
        }
        if shown.start > 0 && used + cost(shown.start - 1) <= SNIPPET_CHARS {
            shown.start -= 1;
            used += cost(shown.start);
            grew = true;
        }
        if !grew {
            return Some(shown);
        }
    }
}
