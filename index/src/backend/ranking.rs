//! What it takes to say how well a page answers: the positions of the question's words on it, by whatever engine they are read.

use super::page_doc::{Seam, Token};
use super::plan::{Node, Term};
use crate::query::Query;
use crate::rank::{self, Places, Rank};
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
    /// With the marks typed or restored; empty unless the question has restored words.
    pub restored: Vec<Term>,
    /// Beside those, as misread words and other readings; empty unless the word is a tolerant one.
    pub misread: Vec<Term>,
}

/// Where the words of a question stand on one page.
#[derive(Debug, Default)]
pub struct Positions {
    /// Those of [`WordTerms::exact`].
    pub exact: Form,
    /// Those of [`WordTerms::restored`]; only where [`Ranking::is_restored`].
    pub restored: Form,
    /// Those of [`WordTerms::folded`].
    pub folded: Form,
    /// The folded ones and the misread ones; only where [`Ranking::is_tolerant`].
    pub loose: Form,
}

/// Positions in ascending order, by index into [`Ranking::words`].
#[derive(Debug, Default)]
pub struct Form {
    /// On the page.
    pub own: Vec<Vec<u32>>,
    /// Of [`Term::in_tail`]; may be empty unless [`Ranking::has_phrases`].
    pub tail: Vec<Vec<u32>>,
    /// Of [`Term::in_head`]; likewise.
    pub head: Vec<Vec<u32>>,
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
        self.rank_of(&mut &page.positions, &page.holds)
    }

    /// The same where positions are read as they are needed.
    pub(crate) fn rank_of(&self, places: &mut dyn Places, holds: &[bool]) -> Option<Rank> {
        rank::rank(&self.query, places, holds)
    }

    /// The best rank that any page can have.
    pub(crate) fn best_rank(&self) -> Rank {
        rank::best_rank(&self.query)
    }

    /// Whether marks were restored to a word of the question.
    pub fn is_restored(&self) -> bool {
        self.query.is_restored()
    }

    /// Whether misread words count.
    pub fn is_tolerant(&self) -> bool {
        self.query.is_tolerant()
    }

    /// Whether words are to stand together, on the page or from its end into the next one.
    pub fn has_phrases(&self) -> bool {
        self.query.has_phrases()
    }

    /// Where the words stand among the tokens of a page: for an engine that keeps the tokens and reads no positions of its own.
    pub fn positions(&self, tokens: &[Token], seam: Option<&Seam>) -> Positions {
        let standing = |tokens: &[Token], terms: &[Term]| -> Vec<u32> {
            let here = tokens.iter().filter(|token| terms.iter().any(|term| token.has(term)));
            here.map(|token| token.position).collect()
        };
        let (tail, head) = seam.map_or((&[] as &[_], &[] as &[_]), |seam| (&seam.tail, &seam.head));
        let form = |terms: &dyn Fn(&WordTerms) -> Vec<Term>| {
            let of =
                |tokens: &[Token]| self.words.iter().map(|word| standing(tokens, &terms(word))).collect();
            // Other readings do not count over a page break.
            let without = |tokens: &[Token]| {
                let words = self.words.iter().map(terms);
                let kept =
                    words.map(|terms| terms.into_iter().filter(|term| term.in_tail().is_some()).collect());
                kept.map(|terms: Vec<Term>| standing(tokens, &terms)).collect()
            };
            Form { own: of(tokens), tail: without(tail), head: without(head) }
        };
        Positions {
            exact: form(&|word| word.exact.clone()),
            restored: if self.is_restored() { form(&|word| word.restored.clone()) } else { Form::default() },
            folded: form(&|word| word.folded.clone()),
            loose: if self.is_tolerant() { form(&WordTerms::all) } else { Form::default() },
        }
    }
}

impl WordTerms {
    /// All that a question takes for the word.
    pub fn all(&self) -> Vec<Term> {
        [self.folded.as_slice(), &self.misread].concat()
    }
}
