//! "Did you mean": another spelling of a question that found nothing. Words come from the lexicon alone, and a spelling is named only
//! when it finds a page that the asker may see.

use crate::error::IndexError;
use crate::lexicon::Lexicon;
use crate::query::{Manner, Query, QueryWord, is_slip};
use crate::restore::choices;
use crate::search::Searcher;
use record::Clearance;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use vitext::bigram::Choice;
use vitext::patterns::reference::references;
use vitext::syllable;

/// Longer rows of words are not looked through.
const MOST_WORDS: usize = 12;
/// How much likelier a row must be with another syllable before a word that is one is taken for a slip.
const SLIP: f32 = 1.0 / 3000.0;

impl Searcher {
    /// A likelier spelling of `query` with which pages are found within the clearance; `None` where there is none. To be asked where the
    /// query itself found nothing.
    pub fn suggest(
        &self,
        clearance: &Clearance,
        query: &Query,
        lexicon: &Lexicon,
    ) -> Result<Option<String>, IndexError> {
        let Some(text) = query.respelt(lexicon) else { return Ok(None) };
        let Ok(other) = Query::parse(&text) else { return Ok(None) };
        let found = self.search(clearance, &other, 0, 0)?.total;
        Ok((found > 0).then_some(text))
    }
}

impl Query {
    /// The question with the words that are likelier in their places; `None` where those typed are.
    pub(crate) fn respelt(&self, lexicon: &Lexicon) -> Option<String> {
        // `13/CT-VKS-P1` and `BL 45` are no words, and are meant so.
        let references = references(&self.text);
        let is_cited = |range: &Range<usize>| {
            let mut cited = references.iter().map(|cited| with_label(&self.text, &cited.range));
            cited.any(|cited| cited.start < range.end && range.start < cited.end)
        };
        let cited = self.places.iter().filter(|(_, range)| is_cited(range)).map(|(slot, _)| *slot);
        let cited: BTreeSet<usize> = cited.collect();
        let mut changed: BTreeMap<usize, String> = BTreeMap::new();
        for clause in self.wanted() {
            let slots = clause.slots();
            if slots.len() > MOST_WORDS {
                continue;
            }
            let row: Vec<Vec<Choice>> =
                slots.iter().map(|slot| spellings(&self.words[*slot], lexicon)).collect();
            let taken = lexicon.model().likeliest(&row);
            let words =
                slots.iter().zip(&row).zip(taken).map(|((slot, row), taken)| (*slot, &row[taken].word));
            let words: Vec<(usize, &String)> = words.collect();
            let is_other =
                |(slot, word): &(usize, &String)| syllable::folded(word) != self.words[*slot].whole;
            if words.iter().any(is_other) {
                let typed = |slot: usize| self.words[slot].is_respellable() && !cited.contains(&slot);
                changed.extend(
                    words
                        .iter()
                        .filter(|(slot, _)| typed(*slot))
                        .map(|(slot, word)| (*slot, (*word).clone())),
                );
            }
        }
        if changed.is_empty() {
            return None;
        }
        let mut text = self.text.clone();
        for (slot, range) in self.places.iter().rev() {
            if let Some(word) = changed.get(slot) {
                text.replace_range(range.clone(), word);
            }
        }
        (text != self.text).then_some(text)
    }
}

/// A reference and the word before it, which says what it is.
fn with_label(text: &str, reference: &Range<usize>) -> Range<usize> {
    let before = text[..reference.start].trim_end();
    let label = before.chars().rev().take_while(|c| c.is_alphabetic()).map(char::len_utf8);
    before.len() - label.sum::<usize>()..reference.end
}

impl QueryWord {
    fn is_respellable(&self) -> bool {
        self.manner != Manner::Exact && !self.is_prefix && self.typed.chars().all(char::is_alphabetic)
    }
}

/// A word and, one slip of the finger away, the syllables that it may have been meant as. What is no word of the lexicon can only be a slip.
fn spellings(word: &QueryWord, lexicon: &Lexicon) -> Vec<Choice> {
    let mut row = choices(word, lexicon);
    if !word.is_respellable() {
        return row;
    }
    let is_known = lexicon.model().with_base(&word.folded).next().is_some();
    let weight = if is_known { SLIP } else { 1.0 };
    let letters = syllable::folded_beginning(&word.typed);
    let is_near = |known: &&str| is_slip(&letters, &syllable::folded_beginning(known));
    let near = lexicon.model().syllables().filter(is_near);
    let near: Vec<Choice> = near.map(|known| Choice { word: known.to_owned(), weight }).collect();
    if !is_known && !near.is_empty() {
        row.clear();
    }
    row.extend(near);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn respelt(text: &str) -> Option<String> {
        Query::parse(text).unwrap().respelt(&Lexicon::public())
    }

    #[test]
    fn slips_are_respelt() {
        assert_eq!(respelt("dagn ky kinh doanh").as_deref(), Some("đăng ký kinh doanh"));
        assert_eq!(respelt("\"đăng kyy\" bl:45").as_deref(), Some("\"đăng ký\" bl:45"));
        assert_eq!(
            respelt("uy bam nhan dan").as_deref(),
            Some("ủy ban nhân dân"),
            "a syllable that does not fit"
        );
    }

    #[test]
    fn what_fits_or_is_meant_stays() {
        let cited = ["13/CT-VKS-P1", "BL 45", "hồ sơ số HS-007"];
        let fitting =
            ["đăng ký kinh doanh", "dang ky", "=\"dagn ky\"", "115/2003", "xyz*", "bl:45", "-dagn ky"];
        for text in cited.into_iter().chain(fitting) {
            assert_eq!(respelt(text), None, "{text}");
        }
    }
}
