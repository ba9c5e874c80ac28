//! What it takes to say how well a page answers: the positions of the question's words on it, by whatever engine they are read.

use super::page_doc::Token;
use super::plan::{Node, Term};
use crate::query::Query;
use crate::rank::{self, Rank};
use std::sync::Arc;

/// How pages are ranked. Looks at one page only, at no statistics: so pages that may not be seen move nothing, and every
/// engine has the same order.
#[derive(Debug, Clone)]
pub struct Ranking {
    pub(crate) query: Arc<Query>,
    /// Whose positions are needed; by index into `Query::words`.
    pub words: Vec<WordTerms>,
    /// Whether each of them holds is needed; by index into `Query::filters`.
    pub filters: Vec<Node>,
}

/// The terms that are a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordTerms {
    /// With the marks typed.
    pub exact: Vec<Term>,
    /// Whatever the marks, as far as the question lets them differ.
    pub folded: Vec<Term>,
    /// Beside those, as misread words and other readings; empty unless the word is a tolerant one.
    pub misread: Vec<Term>,
}

/// Where the words of a question stand on one page, in ascending order; by index into [`Ranking::words`].
#[derive(Debug, Default)]
pub struct Positions {
    /// Those of [`WordTerms::exact`].
    pub exact: Vec<Vec<u32>>,
    /// Those of [`WordTerms::folded`].
    pub folded: Vec<Vec<u32>>,
    /// The folded ones and the misread ones; only where [`Ranking::is_tolerant`].
    pub loose: Vec<Vec<u32>>,
}

/// What of one page a question asks for.
#[derive(Debug, Default)]
pub struct Page {
    /// Of the words.
    pub positions: Positions,
    /// Whether the page is as a group of filters asks; by index into [`Ranking::filters`].
    pub holds: Vec<bool>,
}

impl Ranking {
    /// How well a page answers; `None` where it does not.
    pub fn rank(&self, page: &Page) -> Option<Rank> {
        rank::rank(&self.query, page)
    }

    /// Whether misread words count.
    pub fn is_tolerant(&self) -> bool {
        self.query.is_tolerant()
    }

    /// Where the words stand among the tokens of a page: for an engine that keeps the tokens and reads no positions of its own.
    pub fn positions(&self, tokens: &[Token]) -> Positions {
        let standing = |terms: &[Term]| -> Vec<u32> {
            tokens
                .iter()
                .filter(|token| terms.iter().any(|term| token.has(term)))
                .map(|t| t.position)
                .collect()
        };
        let mut at = Positions::default();
        for word in &self.words {
            at.exact.push(standing(&word.exact));
            at.folded.push(standing(&word.folded));
            if self.is_tolerant() {
                at.loose.push(standing(&[word.folded.as_slice(), &word.misread].concat()));
            }
        }
        at
    }
}
