//! Nodes as the engine's queries: never fewer pages than answer, often exactly those.

use super::schema::Fields;
use crate::backend::{Field, Node, Term, Visible};
use std::ops::Bound;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::IndexRecordOption;

/// An engine's query for a node.
pub(super) struct Lowered {
    pub(super) query: Box<dyn Query>,
    /// Whether all that it matches answers. Else pages are still to be looked at one by one.
    pub(super) is_exact: bool,
}

impl Lowered {
    fn exact(query: Box<dyn Query>) -> Self {
        Self { query, is_exact: true }
    }
}

/// Queries that exactly the visible pages match all of.
pub(super) fn visible(fields: &Fields, pages: &Visible) -> Vec<Box<dyn Query>> {
    let exactly = |node: &Node| -> Box<dyn Query> {
        let Node::Not(part) = node else { return lower(fields, node).query };
        // The engine's exclusion is safe where no phrase is excluded.
        let all: Box<dyn Query> = Box::new(AllQuery);
        Box::new(BooleanQuery::new(vec![(Occur::Must, all), (Occur::MustNot, lower(fields, part).query)]))
    };
    pages.nodes().iter().map(exactly).collect()
}

/// The pages that may answer.
pub(super) fn lower(fields: &Fields, node: &Node) -> Lowered {
    match node {
        Node::Terms(terms) => Lowered::exact(any_term(fields, terms)),
        Node::Phrase { places, slop } => phrase(fields, places, *slop),
        Node::Folios(first, last) => {
            let bound = |n: u64| Bound::Included(tantivy::Term::from_field_u64(fields.folio_number, n));
            Lowered::exact(Box::new(RangeQuery::new(bound(*first), bound(*last))))
        }
        Node::All(parts) => all(fields, parts),
        Node::Any(parts) => {
            let parts: Vec<Lowered> = parts.iter().map(|part| lower(fields, part)).collect();
            let is_exact = parts.iter().all(|part| part.is_exact);
            let parts = parts.into_iter().map(|part| part.query).collect();
            Lowered { query: Box::new(BooleanQuery::union(parts)), is_exact }
        }
        // left to our own look at the pages: the engine's exclusion seeks phrases backwards
        Node::Not(_) => Lowered { query: Box::new(AllQuery), is_exact: false },
    }
}

fn all(fields: &Fields, parts: &[Node]) -> Lowered {
    let wanted = parts.iter().filter(|part| !matches!(part, Node::Not(_)));
    let mut wanted: Vec<Lowered> = wanted.map(|part| lower(fields, part)).collect();
    let is_exact = wanted.len() == parts.len() && wanted.iter().all(|part| part.is_exact);
    let query: Box<dyn Query> = match wanted.len() {
        0 => Box::new(AllQuery),
        1 => wanted.remove(0).query,
        _ => Box::new(BooleanQuery::intersection(wanted.into_iter().map(|part| part.query).collect())),
    };
    Lowered { query, is_exact }
}

/// A phrase for the engine if each place is one term of one field, else pages that have all that it takes somewhere.
fn phrase(fields: &Fields, places: &[Vec<Term>], slop: u32) -> Lowered {
    let terms = places.iter().map(|place| place.first().filter(|_| place.len() == 1));
    let terms: Option<Vec<&Term>> = terms.collect();
    if let Some(terms) = terms.filter(|_| slop == 0)
        && terms.iter().all(|term| term.field == terms[0].field)
    {
        return Lowered::exact(match terms[0].field {
            Field::Folded => phrase_of_pairs(fields, &terms),
            _ => Box::new(PhraseQuery::new(terms.iter().map(|term| fields.term(term)).collect())),
        });
    }
    let anywhere =
        || BooleanQuery::intersection(places.iter().map(|terms| any_term(fields, terms)).collect());
    let query = match first_of_each(places).zip(with_another(fields, places, slop)) {
        Some((first, with_another)) => {
            BooleanQuery::union(vec![phrase(fields, &first, slop).query, with_another])
        }
        None => anywhere(),
    };
    Lowered { query: Box::new(query), is_exact: false }
}

fn first_of_each(places: &[Vec<Term>]) -> Option<Vec<Vec<Term>>> {
    places.iter().map(|terms| Some(vec![terms.first()?.clone()])).collect()
}

/// All pages where the places of a phrase stand together, not all of them with their first term; and others. Wherever such a phrase
/// stands, no place has its first term, or a place that has it is next to one that has not. Those neighbours are rare as pairs.
/// `None` where pairs do not tell, or each place has one term.
fn with_another(fields: &Fields, places: &[Vec<Term>], slop: u32) -> Option<Box<dyn Query>> {
    let split: Option<Vec<(&Term, &[Term])>> = places.iter().map(|terms| terms.split_first()).collect();
    let split = split.filter(|_| slop == 0)?;
    let has_others = split.iter().any(|(_, others)| !others.is_empty());
    if !has_others || split.iter().any(|(first, _)| first.field != Field::Folded) {
        return None;
    }
    let is_folded = |term: &&Term| term.field == Field::Folded;
    let folded = |others: &'_ [Term]| others.iter().filter(is_folded).map(|term| term.text.clone()).collect();
    let mut terms: Vec<tantivy::Term> = Vec::new();
    for ((a, not_a), (b, not_b)) in split.iter().zip(&split[1..]) {
        let (not_a, not_b): (Vec<String>, Vec<String>) = (folded(not_a), folded(not_b));
        terms.extend(not_a.iter().map(|other| fields.pair(other, &b.text)));
        terms.extend(not_b.iter().map(|other| fields.pair(&a.text, other)));
    }
    let elsewhere = split.iter().flat_map(|(_, others)| others.iter().filter(|term| !is_folded(term)));
    terms.extend(elsewhere.map(|term| fields.term(term)));
    let none_first = split.iter().map(|(_, others)| any_term(fields, others)).collect();
    Some(Box::new(BooleanQuery::union(vec![
        Box::new(TermSetQuery::new(terms)),
        Box::new(BooleanQuery::intersection(none_first)),
    ])))
}

/// All pages that answer a phrase, as a page may have it or two, only by another than the first term of a place; and others. `None`
/// where the engine cannot tell them apart from all the rest.
pub(super) fn only_with_another(fields: &Fields, node: &Node) -> Option<Box<dyn Query>> {
    match node {
        Node::Phrase { places, slop } => {
            with_another(fields, places, *slop).or_else(|| Some(phrase(fields, places, *slop).query))
        }
        Node::Any(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(|part| only_with_another(fields, part)).collect();
            Some(Box::new(BooleanQuery::union(parts?)))
        }
        _ => None,
    }
}

/// Words by twos, which are rarer: half as many lists to walk, and shorter ones. Of an odd number the last two overlap.
fn phrase_of_pairs(fields: &Fields, words: &[&Term]) -> Box<dyn Query> {
    let last = words.len() - 2;
    let starts = (0..last).step_by(2).chain([last]);
    let pairs = starts.map(|at| (at, fields.pair(&words[at].text, &words[at + 1].text)));
    let mut pairs: Vec<(usize, tantivy::Term)> = pairs.collect();
    match pairs.len() {
        1 => Box::new(TermQuery::new(pairs.remove(0).1, IndexRecordOption::Basic)),
        _ => Box::new(PhraseQuery::new_with_offset(pairs)),
    }
}

/// Up to so many terms are walked side by side: a set of terms costs an automaton of some megabytes each time.
const FEW: usize = 8;

fn any_term(fields: &Fields, terms: &[Term]) -> Box<dyn Query> {
    match terms {
        [] => Box::new(EmptyQuery),
        [term] => Box::new(TermQuery::new(fields.term(term), IndexRecordOption::Basic)),
        terms if terms.len() <= FEW => {
            let one = |term| -> Box<dyn Query> {
                Box::new(TermQuery::new(fields.term(term), IndexRecordOption::Basic))
            };
            Box::new(BooleanQuery::union(terms.iter().map(one).collect()))
        }
        terms => Box::new(TermSetQuery::new(terms.iter().map(|term| fields.term(term)))),
    }
}
