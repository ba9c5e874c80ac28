//! Which words of the index answer the words of a question: the word itself, what begins with it, what it was misread as.

use crate::query::{Manner, Query, QueryWord};
use crate::schema::Fields;
use std::collections::{BTreeSet, HashSet};
use tantivy::query::{EnableScoring, FuzzyTermQuery, Query as EngineQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, Searcher, TERMINATED, Term};
use vitext::{fold_ascii, syllable};

/// Words of the index that one beginning stands for, at most.
const MAX_BEGINNINGS: usize = 200;

/// What answers each word of a question.
pub(crate) struct Expansion {
    /// By index into `Query::words`.
    pub(crate) words: Vec<WordTerms>,
    /// Beginnings that more visible words share than were taken, by the same index.
    pub(crate) cut_off: Vec<usize>,
}

/// The terms that are a word.
#[derive(Debug, Default)]
pub(crate) struct WordTerms {
    /// With the marks typed.
    pub(crate) exact: Vec<Term>,
    /// Whatever the marks, as far as the question lets them differ.
    pub(crate) folded: Vec<Term>,
    /// With the marks typed or restored; empty unless the question has restored words.
    pub(crate) restored: Vec<Term>,
    /// Beside those, as misread words and other readings; empty unless the word is a tolerant one.
    pub(crate) misread: Vec<Term>,
}

/// `visible` matches the pages that the asker may see. Other pages change nothing of what is found on these: the words that a
/// beginning stands for are counted among the visible ones alone, and all else is not counted at all.
pub(crate) fn expand(
    engine: &Searcher,
    fields: &Fields,
    query: &Query,
    visible: &dyn EngineQuery,
) -> tantivy::Result<Expansion> {
    let mut found = Expansion { words: Vec::new(), cut_off: Vec::new() };
    let mut dictionary = Dictionary { engine, visible, pages: None };
    for (idx, word) in query.words.iter().enumerate() {
        let (mut terms, is_cut) = match word.is_prefix {
            true => dictionary.beginning(fields, word)?,
            false => (WordTerms::of(fields, word), false),
        };
        if query.is_restored() {
            terms.restored.clone_from(&terms.exact);
            let restored =
                word.restored.iter().map(|other| Term::from_field_text(fields.exact, &other.exact));
            terms.restored.extend(restored);
        }
        if word.manner == Manner::Tolerant {
            terms.misread = dictionary.misread(fields.folded, word)?;
            terms.misread.push(Term::from_field_text(fields.alt, &word.folded));
        }
        found.words.push(terms);
        if is_cut {
            found.cut_off.push(idx);
        }
    }
    Ok(found)
}

impl WordTerms {
    fn of(fields: &Fields, word: &QueryWord) -> Self {
        let exact = vec![Term::from_field_text(fields.exact, &word.exact)];
        let folded = match word.manner {
            Manner::Exact => exact.clone(),
            _ => vec![Term::from_field_text(fields.folded, &word.folded)],
        };
        Self { exact, folded, ..Self::default() }
    }
}

struct Dictionary<'a> {
    engine: &'a Searcher,
    visible: &'a dyn EngineQuery,
    /// Which pages of each segment are visible; worked out when first needed.
    pages: Option<Vec<Vec<bool>>>,
}

impl Dictionary<'_> {
    /// What a beginning stands for, and whether there is more. Of the words taken all spellings with the marks typed are taken.
    fn beginning(&mut self, fields: &Fields, word: &QueryWord) -> tantivy::Result<(WordTerms, bool)> {
        let stem = word.exact.trim_end_matches(syllable::TONES);
        let mut exact = self.known(fields.exact, stem, &|term| word.is_exactly(term))?;
        if word.manner == Manner::Exact {
            let is_cut = self.cut(fields.exact, &mut exact)?;
            let exact = terms_of(fields.exact, &exact);
            return Ok((WordTerms { folded: exact.clone(), exact, ..WordTerms::default() }, is_cut));
        }
        let mut folded = self.known(fields.folded, &word.folded, &|term| word.is_folded(term))?;
        let is_cut = self.cut(fields.folded, &mut folded)?;
        if word.whole != word.folded {
            folded.push(word.whole.clone());
        }
        let taken: HashSet<&String> = folded.iter().collect();
        exact.retain(|term| taken.contains(&syllable::folded(term)));
        let (exact, folded) = (terms_of(fields.exact, &exact), terms_of(fields.folded, &folded));
        Ok((WordTerms { exact, folded, ..WordTerms::default() }, is_cut))
    }

    /// Terms that begin so and are `is_it`: those spelt like syllables first, then by letters.
    fn known(
        &self,
        field: Field,
        beginning: &str,
        is_it: &dyn Fn(&str) -> bool,
    ) -> tantivy::Result<Vec<String>> {
        let mut known = BTreeSet::new();
        for segment in self.engine.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut stream = inverted.terms().range().ge(beginning).into_stream()?;
            while stream.advance() {
                let Ok(term) = std::str::from_utf8(stream.key()) else { continue };
                if !term.starts_with(beginning) {
                    break;
                }
                if is_it(term) {
                    let letters = fold_ascii(term.trim_end_matches(syllable::TONES));
                    known.insert((!syllable::is_spelt(&letters), term.to_owned()));
                }
            }
        }
        Ok(known.into_iter().map(|(_, term)| term).collect())
    }

    /// Leaves as many words as are taken of those on visible pages, where there are more; whether there were.
    fn cut(&mut self, field: Field, words: &mut Vec<String>) -> tantivy::Result<bool> {
        if words.len() <= MAX_BEGINNINGS {
            return Ok(false);
        }
        *words = self.on_visible_pages(field, words, MAX_BEGINNINGS + 1)?;
        let is_cut = words.len() > MAX_BEGINNINGS;
        words.truncate(MAX_BEGINNINGS);
        Ok(is_cut)
    }

    /// The first `limit` of the words that stand on a visible page.
    fn on_visible_pages(
        &mut self,
        field: Field,
        words: &[String],
        limit: usize,
    ) -> tantivy::Result<Vec<String>> {
        if self.pages.is_none() {
            self.pages = Some(visible_pages(self.engine, self.visible)?);
        }
        let pages = self.pages.as_deref().unwrap_or_default();
        let mut seen = Vec::new();
        for word in words {
            let term = Term::from_field_text(field, word);
            if seen.len() == limit {
                break;
            }
            for (segment, pages) in self.engine.segment_readers().iter().zip(pages) {
                let inverted = segment.inverted_index(field)?;
                let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else {
                    continue;
                };
                while postings.doc() != TERMINATED && !pages[postings.doc() as usize] {
                    postings.advance();
                }
                if postings.doc() != TERMINATED {
                    seen.push(word.clone());
                    break;
                }
            }
        }
        Ok(seen)
    }

    /// Terms that the word may have been misread as. They are not counted: one letter away there are but some hundred spellings.
    fn misread(&self, field: Field, word: &QueryWord) -> tantivy::Result<Vec<Term>> {
        let near = FuzzyTermQuery::new(Term::from_field_text(field, &word.folded), 1, false);
        let mut known = BTreeSet::new();
        for segment in self.engine.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut stream = inverted.terms().search(near.automaton()?).into_stream()?;
            while stream.advance() {
                let Ok(term) = std::str::from_utf8(stream.key()) else { continue };
                if word.is_misread_as(term) {
                    known.insert(term.to_owned());
                }
            }
        }
        Ok(known.iter().map(|term| Term::from_field_text(field, term)).collect())
    }
}

fn terms_of(field: Field, words: &[String]) -> Vec<Term> {
    words.iter().map(|word| Term::from_field_text(field, word)).collect()
}

fn visible_pages(engine: &Searcher, visible: &dyn EngineQuery) -> tantivy::Result<Vec<Vec<bool>>> {
    let weight = visible.weight(EnableScoring::disabled_from_searcher(engine))?;
    let mut pages = Vec::new();
    for segment in engine.segment_readers() {
        let mut of_segment = vec![false; segment.max_doc() as usize];
        let mut scorer = weight.scorer(segment, 1.0)?;
        while scorer.doc() != TERMINATED {
            let doc = scorer.doc();
            of_segment[doc as usize] = segment.alive_bitset().is_none_or(|alive| alive.is_alive(doc));
            scorer.advance();
        }
        pages.push(of_segment);
    }
    Ok(pages)
}
