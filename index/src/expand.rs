//! Which words of the index answer the words of a question: the word itself, what begins with it, what it was misread as.

use crate::backend::{Field, Reading, Term, Visible, Whole, WordTerms};
use crate::error::IndexError;
use crate::query::{Manner, Query, QueryWord};
use std::collections::HashSet;
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

/// Pages that the asker may not see change nothing of what is found on the others: the words that a beginning stands for are
/// counted among the visible ones alone, and all else is not counted at all.
pub(crate) fn expand(
    engine: &dyn Reading,
    query: &Query,
    visible: &Visible,
) -> Result<Expansion, IndexError> {
    let mut found = Expansion { words: Vec::new(), cut_off: Vec::new() };
    let dictionary = Dictionary { engine, visible };
    for (idx, word) in query.words.iter().enumerate() {
        let (mut terms, is_cut) = match word.is_prefix {
            true => dictionary.beginning(word)?,
            false => (the_word(word), false),
        };
        if query.is_restored() {
            terms.restored.clone_from(&terms.exact);
            let restored = word.restored.iter().map(|other| Term::new(Field::Exact, &other.exact));
            terms.restored.extend(restored);
        }
        if word.manner == Manner::Tolerant {
            terms.misread = dictionary.misread(word)?;
            terms.misread.push(Term::new(Field::Alt, &word.folded));
        }
        found.words.push(terms);
        if is_cut {
            found.cut_off.push(idx);
        }
    }
    Ok(found)
}

fn the_word(word: &QueryWord) -> WordTerms {
    let exact = vec![Term::new(Field::Exact, &word.exact)];
    let folded = match word.manner {
        Manner::Exact => exact.clone(),
        _ => vec![Term::new(Field::Folded, &word.folded)],
    };
    WordTerms { exact, folded, ..WordTerms::default() }
}

struct Dictionary<'a> {
    engine: &'a dyn Reading,
    visible: &'a Visible,
}

impl Dictionary<'_> {
    /// What a beginning stands for, and whether there is more. Of the words taken all spellings with the marks typed are taken.
    fn beginning(&self, word: &QueryWord) -> Result<(WordTerms, bool), IndexError> {
        let stem = word.exact.trim_end_matches(syllable::TONES);
        let mut exact = self.known(Field::Exact, stem, &|term| word.is_exactly(term))?;
        if word.manner == Manner::Exact {
            let is_cut = self.cut(Field::Exact, &mut exact)?;
            let exact = terms_of(Field::Exact, &exact);
            return Ok((WordTerms { folded: exact.clone(), exact, ..WordTerms::default() }, is_cut));
        }
        let mut folded = self.known(Field::Folded, &word.folded, &|term| word.is_folded(term))?;
        let is_cut = self.cut(Field::Folded, &mut folded)?;
        if word.whole != word.folded {
            folded.push(word.whole.clone());
        }
        let taken: HashSet<&String> = folded.iter().collect();
        exact.retain(|term| taken.contains(&syllable::folded(term)));
        let (exact, folded) = (terms_of(Field::Exact, &exact), terms_of(Field::Folded, &folded));
        Ok((WordTerms { exact, folded, ..WordTerms::default() }, is_cut))
    }

    /// Terms that begin so and are `is_it`: those spelt like syllables first, then by letters.
    fn known(
        &self,
        field: Field,
        beginning: &str,
        is_it: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>, IndexError> {
        let mut known = self.engine.beginning(Whole::index(), field, beginning)?;
        known.retain(|term| is_it(term));
        let letters = |term: &str| fold_ascii(term.trim_end_matches(syllable::TONES));
        known.sort_by_cached_key(|term| (!syllable::is_spelt(&letters(term)), term.clone()));
        Ok(known)
    }

    /// Leaves as many words as are taken of those on visible pages, where there are more; whether there were.
    fn cut(&self, field: Field, words: &mut Vec<String>) -> Result<bool, IndexError> {
        if words.len() <= MAX_BEGINNINGS {
            return Ok(false);
        }
        *words = self.engine.on_visible_pages(self.visible, field, words, MAX_BEGINNINGS + 1)?;
        let is_cut = words.len() > MAX_BEGINNINGS;
        words.truncate(MAX_BEGINNINGS);
        Ok(is_cut)
    }

    /// Terms that the word may have been misread as. They are not counted: one letter away there are but some hundred spellings.
    fn misread(&self, word: &QueryWord) -> Result<Vec<Term>, IndexError> {
        let mut known = self.engine.near(Whole::index(), Field::Folded, &word.folded)?;
        known.retain(|term| word.is_misread_as(term));
        known.sort_unstable();
        Ok(terms_of(Field::Folded, &known))
    }
}

fn terms_of(field: Field, words: &[String]) -> Vec<Term> {
    words.iter().map(|word| Term::new(field, word)).collect()
}
