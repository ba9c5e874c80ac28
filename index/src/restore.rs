//! Marks for words that were typed without: what they likely are, by the lexicon and their neighbours. They rank pages; they take
//! none away and bring none.

use crate::lexicon::Lexicon;
use crate::query::{Clause, Manner, Node, Query, QueryWord, Restored};
use vitext::bigram::Choice;
use vitext::syllable;

impl Query {
    /// Adds to each word typed without marks, as it stands among its neighbours, the word that it likely is. Words of `=`, beginnings and
    /// what must not be there stay as they are.
    pub fn restore(&mut self, lexicon: &Lexicon) {
        let mut found = Vec::new();
        for clause in self.wanted() {
            let slots = clause.slots();
            let row: Vec<Vec<Choice>> =
                slots.iter().map(|slot| choices(&self.words[*slot], lexicon)).collect();
            let taken = lexicon.model().likeliest(&row);
            for ((slot, choices), taken) in slots.iter().zip(&row).zip(taken) {
                let written = choices[taken].word.clone();
                found.push((*slot, Restored { exact: syllable::exact(&written), written }));
            }
        }
        for (slot, restored) in found {
            let word = &mut self.words[slot];
            if restored.exact != word.exact && !word.restored.contains(&restored) {
                word.restored.push(restored);
            }
        }
    }

    /// Whether marks were put in anywhere.
    pub(crate) fn is_restored(&self) -> bool {
        self.words.iter().any(|word| !word.restored.is_empty())
    }

    /// The clauses that are not under a `KHÔNG`.
    pub(crate) fn wanted(&self) -> Vec<&Clause> {
        let mut clauses = Vec::new();
        gather(&self.root, &mut clauses);
        clauses
    }
}

fn gather<'a>(node: &'a Node, clauses: &mut Vec<&'a Clause>) {
    match node {
        Node::Words(clause) => clauses.push(clause),
        Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| gather(part, clauses)),
        Node::Filter(_) | Node::Not(_) => {}
    }
}

/// What a word may be, as the lexicon writes it: the word itself first.
pub(crate) fn choices(word: &QueryWord, lexicon: &Lexicon) -> Vec<Choice> {
    let small = word.typed.to_lowercase();
    let itself = lexicon.written(&word.whole, &word.exact).map_or(small, str::to_owned);
    let mut words = vec![itself];
    if is_open(word) {
        words.extend(lexicon.model().with_base(&word.folded).map(str::to_owned));
    }
    words.into_iter().map(|word| Choice { word, weight: 1.0 }).collect()
}

fn is_open(word: &QueryWord) -> bool {
    !word.marked && !word.is_prefix && word.manner != Manner::Exact
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a question as restored, by the public texts alone.
    fn restored(text: &str) -> String {
        let mut query = Query::parse(text).unwrap();
        query.restore(&Lexicon::public());
        let of_word = |word: &QueryWord| {
            word.restored.iter().map(|restored| restored.written.as_str()).collect::<Vec<_>>().join("|")
        };
        query.words.iter().map(of_word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn marks_come_from_the_neighbours() {
        assert_eq!(restored("dang ky kinh doanh"), "đăng ký  ");
        assert_eq!(restored("\"uy ban nhan dan\""), "ủy  nhân dân");
        assert_eq!(restored("đăng ky"), " ký", "what was typed with marks stays and helps");
    }

    #[test]
    fn what_is_meant_as_typed_stays() {
        assert_eq!(restored("=\"dang ky\""), " ");
        assert_eq!(restored("dan*"), "");
        assert_eq!(restored("115/2003/ND xyz"), "   ");
        assert_eq!(restored("đăng -ky"), " ");
        assert_eq!(restored("bl:45"), "");
    }

    #[test]
    fn one_word_may_be_two_in_two_places() {
        let mut query = Query::parse("\"dang ky\" HOẶC \"cap bang\" HOẶC \"bang thep\"").unwrap();
        query.restore(&Lexicon::public());
        assert!(query.words.iter().all(|word| word.restored.len() <= 2));
    }
}
