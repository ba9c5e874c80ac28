//! What of a page answers a query: words to light, and a piece of text to show.

use crate::analysis::{PageToken, analyse, references_of, words_of_stream};
use crate::backend::{Form, Positions, Seam, Token};
use crate::query::{Clause, Condition, Manner, Node, Query, QueryWord};
use crate::rank::{crossings, occurrences, places, places_here, rank_clause, smallest_window, spans};
use crate::search::Hit;
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
    /// Those of `words` that make the best hit, which the snippet is about; empty only where no word is lit.
    pub best: Vec<usize>,
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
/// no better, and misread only where it has neither. What must not be there is never lit, of alternatives only those that the page
/// answers; dates, articles, document numbers and whatever else has a reference key are lit where they stand, if asked for by filter.
///
/// `hit` is the page as this query found it: it says which filters hold. Without one any of them may hold or not.
pub fn highlight(query: &Query, text: &PageText, hit: Option<&Hit>) -> Highlights {
    highlight_across(query, text, None, hit)
}

/// The same where the page's document goes on: `next` is its next page with text. What runs from one into the other is lit on
/// this page only.
pub fn highlight_across(
    query: &Query,
    text: &PageText,
    next: Option<&PageText>,
    hit: Option<&Hit>,
) -> Highlights {
    let tokens = analyse(text);
    let at = positions(query, &tokens, next);
    let holds = hit.map(|hit| hit.holds.as_slice());
    let mut found =
        Found { query, at: &at, holds, positions: Vec::new(), groups: Vec::new(), filters: Vec::new() };
    found.node(&query.root);

    let mut lit = vec![false; tokens.len()];
    for position in &found.positions {
        if let Ok(idx) = tokens.binary_search_by_key(position, |t| t.token.position) {
            lit[idx] = true;
        }
    }
    let mut words: Vec<usize> =
        tokens.iter().zip(&lit).filter(|(_, lit)| **lit).map(|(t, _)| t.word_idx).collect();
    words.extend(referred_to(&found.filters, query, text));
    words.sort_unstable();
    words.dedup();
    let all: Vec<&Word> = text.words().collect();
    let boxes = words.iter().map(|idx| all[*idx].bbox).collect();
    let anchor = best_stretch(found.groups, &tokens);
    let best = best_words(&words, &tokens, &lit, anchor);
    let snippet = snippet(text, &all, &tokens, &lit, anchor);
    Highlights { words, boxes, best, snippet }
}

/// The lit words of the best stretch; the first lit word where none is lit there (what a filter asks for has no stretch).
fn best_words(words: &[usize], tokens: &[PageToken], lit: &[bool], anchor: Option<(u32, u32)>) -> Vec<usize> {
    let inside = |t: &PageToken| anchor.is_some_and(|(from, to)| (from..to).contains(&t.token.position));
    let mut best: Vec<usize> =
        tokens.iter().zip(lit).filter(|(t, lit)| **lit && inside(t)).map(|(t, _)| t.word_idx).collect();
    best.sort_unstable();
    best.dedup();
    if best.is_empty() {
        best.extend(words.first());
    }
    best
}

fn positions(query: &Query, tokens: &[PageToken], next: Option<&PageText>) -> Positions {
    let own: Vec<&Token> = tokens.iter().map(|token| &token.token).collect();
    let body: Vec<Token> =
        tokens.iter().filter(|token| token.stream == 0).map(|token| token.token.clone()).collect();
    let seam = next.filter(|_| query.has_phrases()).and_then(|next| Seam::new(&body, next));
    let (tail, head) = match &seam {
        Some(seam) => (seam.tail.iter().collect(), seam.head.iter().collect()),
        None => (Vec::new(), Vec::new()),
    };
    let is_exact = |word: &QueryWord, token: &Token| word.is_exactly(&token.exact);
    let is_restored =
        |word: &QueryWord, token: &Token| word.is_exactly(&token.exact) || word.is_restored_as(&token.exact);
    let is_folded = |word: &QueryWord, token: &Token| match word.manner {
        Manner::Exact => word.is_exactly(&token.exact),
        _ => word.is_folded(&token.folded),
    };
    let is_misread =
        |word: &QueryWord, token: &Token| is_folded(word, token) || word.is_misread_as(&token.folded);
    let is_other = |word: &QueryWord, token: &Token| {
        is_misread(word, token) || word.manner == Manner::Tolerant && token.others.contains(&word.folded)
    };
    let standing = |tokens: &[&Token], is_it: &dyn Fn(&QueryWord, &Token) -> bool| {
        let here = |word| tokens.iter().filter(move |token| is_it(word, token)).map(|token| token.position);
        query.words.iter().map(|word| here(word).collect()).collect::<Vec<Vec<u32>>>()
    };
    let form = |own_is: &dyn Fn(&QueryWord, &Token) -> bool, seam_is: &dyn Fn(&QueryWord, &Token) -> bool| {
        Form { own: standing(&own, own_is), tail: standing(&tail, seam_is), head: standing(&head, seam_is) }
    };
    Positions {
        exact: form(&is_exact, &is_exact),
        restored: form(&is_restored, &is_restored),
        folded: form(&is_folded, &is_folded),
        loose: form(&is_other, &is_misread),
    }
}

/// The words that say a reference which a filter asks for.
fn referred_to(filters: &[usize], query: &Query, text: &PageText) -> Vec<usize> {
    let asked = filters.iter().flat_map(|idx| &query.filters[*idx]);
    let keys: Vec<&String> = asked
        .flat_map(|asked| match &asked.condition {
            Condition::Reference(keys) => keys.as_slice(),
            _ => &[],
        })
        .collect();
    if keys.is_empty() {
        return Vec::new();
    }
    references_of(text)
        .into_iter()
        .filter(|found| keys.contains(&&found.key))
        .flat_map(|found| found.words)
        .collect()
}

/// What of a query is on a page.
struct Found<'a> {
    query: &'a Query,
    at: &'a Positions,
    /// Whether each group of filters holds, where that is known.
    holds: Option<&'a [bool]>,
    /// To be lit.
    positions: Vec<u32>,
    /// For each clause where its best is: it stands together, or its parts.
    groups: Vec<Vec<(u32, u32)>>,
    filters: Vec<usize>,
}

impl Found<'_> {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Words(clause) => self.clause(clause),
            Node::Filter(idx) => self.filters.push(*idx),
            Node::All(parts) => parts.iter().for_each(|part| self.node(part)),
            Node::Any(parts) => {
                let here: Vec<&Node> = parts.iter().filter(|part| self.may_answer(part, true)).collect();
                here.into_iter().for_each(|part| self.node(part));
            }
            Node::Not(_) => {}
        }
    }

    /// Whether the page has the words for it. Filters of which nothing is known are as they must be for that.
    fn may_answer(&self, node: &Node, filters: bool) -> bool {
        match node {
            Node::Words(clause) => rank_clause(self.query, clause, &mut &*self.at).is_some(),
            Node::Filter(idx) => self.holds.and_then(|holds| holds.get(*idx).copied()).unwrap_or(filters),
            Node::Not(part) => !self.may_answer(part, !filters),
            Node::All(parts) => parts.iter().all(|part| self.may_answer(part, filters)),
            Node::Any(parts) => parts.iter().any(|part| self.may_answer(part, filters)),
        }
    }

    fn clause(&mut self, clause: &Clause) {
        let (query, at) = (self.query, self.at);
        for unit in &clause.units {
            let form = best_form(query, at, unit);
            for (start, _) in occurrences(unit, clause.slop, &form.own) {
                self.positions.extend(places(unit, start, &form.own));
            }
            // As far as they stand on this page: those of the next one light nothing here.
            for (start, _) in crossings(unit, clause.slop, form) {
                self.positions.extend(places_here(unit, start, form));
            }
        }
        let slots = clause.slots();
        if clause.units.len() > 1 {
            let form = if query.is_tolerant() { &at.loose } else { &at.folded };
            self.positions.extend(occurrences(&slots, 0, &form.own).flat_map(|(from, to)| from..to));
        }
        let whole = best_spans(at, &slots, clause.slop);
        match whole.is_empty() {
            true => self.groups.extend(clause.units.iter().map(|unit| best_spans(at, unit, clause.slop))),
            false => self.groups.push(whole),
        }
    }
}

/// The form by which a unit is lit. A single word typed with marks has so many look-alikes that they count only where the
/// page does not have the word itself.
fn best_form<'a>(query: &Query, at: &'a Positions, unit: &[usize]) -> &'a Form {
    let is_marked_word = matches!(unit, [slot] if query.words[*slot].marked);
    let stands = |form: &Form| occurrences(unit, 0, &form.own).next().is_some();
    match () {
        () if is_marked_word && stands(&at.exact) => &at.exact,
        () if !query.is_tolerant() || unit.len() == 1 && stands(&at.folded) => &at.folded,
        () => &at.loose,
    }
}

/// Where slots stand together, with the marks typed, if anywhere.
fn best_spans(at: &Positions, slots: &[usize], slop: u32) -> Vec<(u32, u32)> {
    let forms = [&at.exact, &at.restored, &at.folded, &at.loose];
    let mut found = forms.into_iter().map(|form| spans(slots, slop, form));
    found.find(|spans| !spans.is_empty()).unwrap_or_default()
}

/// The positions of the best hit: the first place where a clause stands together, else the closest meeting of its words; in the
/// body, if the body has any.
fn best_stretch(mut groups: Vec<Vec<(u32, u32)>>, tokens: &[PageToken]) -> Option<(u32, u32)> {
    let body_end = tokens.iter().filter(|t| t.stream == 0).map(|t| t.token.position + 1).max().unwrap_or(0);
    let in_body = |span: &(u32, u32)| span.0 < body_end;
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
    let inside: Vec<&PageToken> = tokens
        .iter()
        .filter(|t| anchor.is_some_and(|(from, to)| (from..to).contains(&t.token.position)))
        .collect();
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
