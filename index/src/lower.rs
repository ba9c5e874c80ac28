//! A question as nodes: exactly the pages that answer.

use crate::backend::{Field, Node, Term, WordTerms};
use crate::query::{self, Asked, Clause, Condition, Query};

/// The pages that answer; `words` says which terms each of its words is.
pub(crate) fn lower(query: &Query, words: &[WordTerms]) -> Node {
    node(query, words, &query.root)
}

/// The pages that a group of filters asks for.
pub(crate) fn any_of(group: &[Asked]) -> Node {
    one_or(group.iter().map(|asked| condition(&asked.condition)).collect(), Node::Any)
}

fn node(query: &Query, words: &[WordTerms], asked: &query::Node) -> Node {
    let parts = |parts: &[query::Node]| parts.iter().map(|part| node(query, words, part)).collect();
    match asked {
        query::Node::Words(clause) => of_clause(words, clause),
        query::Node::Filter(idx) => any_of(&query.filters[*idx]),
        query::Node::All(all) => Node::All(parts(all)),
        query::Node::Any(any) => Node::Any(parts(any)),
        query::Node::Not(part) => Node::Not(Box::new(node(query, words, part))),
    }
}

fn of_clause(words: &[WordTerms], clause: &Clause) -> Node {
    let terms = |slot: &usize| {
        let word = &words[*slot];
        word.folded.iter().chain(&word.misread).cloned().collect::<Vec<_>>()
    };
    let unit = |unit: &Vec<usize>| match unit.as_slice() {
        [slot] => Node::Terms(terms(slot)),
        slots => Node::Phrase { places: slots.iter().map(terms).collect(), slop: clause.slop },
    };
    one_or(clause.units.iter().map(unit).collect(), Node::All)
}

fn condition(condition: &Condition) -> Node {
    let one = |field, text: &str| Node::Terms(vec![Term::new(field, text)]);
    let name = |field, words: &[String]| match words {
        [word] => one(field, word),
        words => {
            Node::Phrase { places: words.iter().map(|word| vec![Term::new(field, word)]).collect(), slop: 0 }
        }
    };
    match condition {
        Condition::Folio(key) => one(Field::FolioKey, key),
        Condition::FolioRange(first, last) => Node::Folios(*first, *last),
        Condition::Case(key) => one(Field::CaseKey, key),
        Condition::DocType(doc_type) => one(Field::DocType, doc_type.code()),
        Condition::Year(year) => one(Field::Year, &year.to_string()),
        Condition::Reference(keys) => {
            Node::Terms(keys.iter().map(|key| Term::new(Field::Refs, key)).collect())
        }
        Condition::Unit(words) => name(Field::Units, words),
        Condition::Person(words) => name(Field::Persons, words),
    }
}

fn one_or(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { join(nodes) }
}
