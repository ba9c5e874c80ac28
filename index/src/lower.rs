//! A question as nodes: exactly the pages that answer.

use crate::backend::{Field, Node, SEAM, Term, WordTerms};
use crate::query::{self, Asked, Clause, Condition, Query, QueryWord};

/// The pages that answer; `words` says which terms each of its words is.
pub(crate) fn lower(query: &Query, words: &[WordTerms]) -> Node {
    node(query, words, &query.root)
}

/// The pages that a group of filters asks for.
pub(crate) fn any_of(group: &[Asked]) -> Node {
    one_or(group.iter().map(|asked| condition(&asked.condition)).collect(), Node::Any)
}

/// The pages in whose document's header all wanted words stand, anywhere in it; `None` where no word is wanted.
pub(crate) fn in_header(query: &Query, words: &[WordTerms]) -> Option<Node> {
    header_node(&query.root, words)
}

fn header_node(asked: &query::Node, words: &[WordTerms]) -> Option<Node> {
    let parts = |parts: &[query::Node], join: fn(Vec<Node>) -> Node| {
        let parts: Vec<Node> = parts.iter().filter_map(|part| header_node(part, words)).collect();
        (!parts.is_empty()).then(|| one_or(parts, join))
    };
    match asked {
        query::Node::Words(clause) => {
            let slots = clause.slots().into_iter();
            let terms = slots.map(|slot| words[slot].all().iter().filter_map(Term::in_header).collect());
            Some(one_or(terms.map(Node::Terms).collect(), Node::All))
        }
        query::Node::Filter(_) | query::Node::Not(_) => None,
        query::Node::All(all) => parts(all, Node::All),
        query::Node::Any(any) => parts(any, Node::Any),
    }
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
    let units = clause.units.iter().map(|unit| {
        let places: Vec<Vec<Term>> = unit.iter().map(|slot| words[*slot].all()).collect();
        match places.as_slice() {
            [terms] => Node::Terms(terms.clone()),
            _ => across_pages(places, clause.slop),
        }
    });
    one_or(units.collect(), Node::All)
}

/// What the pages on which all loose words stand together have beside all that is wanted; `None` where that narrows nothing: a
/// phrase is wanted as it is.
pub(crate) fn together(query: &Query) -> Option<Node> {
    let of_clause = |asked: &query::Node| match asked {
        query::Node::Words(clause) if clause.units.len() > 1 && clause.slop == 0 => pairs(query, clause),
        _ => Vec::new(),
    };
    let all: Vec<Node> = match &query.root {
        query::Node::All(parts) => parts.iter().flat_map(of_clause).collect(),
        one => of_clause(one),
    };
    Some(all).filter(|all| !all.is_empty()).map(Node::All)
}

/// The neighbours among the words of a clause, as far as both stand for one word.
fn pairs(query: &Query, clause: &Clause) -> Vec<Node> {
    let slots = clause.slots();
    let words = slots.iter().map(|slot| &query.words[*slot]);
    let pairs = words.clone().zip(words.skip(1)).filter(|(a, b)| !a.is_prefix && !b.is_prefix);
    let place = |word: &QueryWord| vec![Term::new(Field::Folded, &word.folded)];
    pairs.map(|(a, b)| Node::Phrase { places: vec![place(a), place(b)], slop: 0 }).collect()
}

/// The pages that answer without any misread word; `None` where none counts.
pub(crate) fn plainly(query: &Query, words: &[WordTerms]) -> Option<Node> {
    let plain = |word: &WordTerms| WordTerms { misread: Vec::new(), ..word.clone() };
    let plain: Vec<WordTerms> = words.iter().map(plain).collect();
    query.is_tolerant().then(|| lower(query, &plain))
}

/// A phrase on the page, or from its end into the next one: any of its words but the last may be the page's last one.
pub(crate) fn across_pages(places: Vec<Vec<Term>>, slop: u32) -> Node {
    let breaks = (1..places.len()).filter(|at| *at <= SEAM && places.len() - at <= SEAM);
    let broken = breaks.map(|at| {
        let tail = places[..at].iter().map(|terms| terms.iter().filter_map(Term::in_tail).collect());
        let head = places[at..].iter().map(|terms| terms.iter().filter_map(Term::in_head).collect());
        Node::Phrase { places: tail.chain(head).collect(), slop }
    });
    let broken: Vec<Node> = broken.collect();
    one_or(std::iter::once(Node::Phrase { places, slop }).chain(broken).collect(), Node::Any)
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
        Condition::Value(facet, value) => one(facet.field(), value),
        Condition::Unit(words) => name(Field::Units, words),
        Condition::Person(words) => name(Field::Persons, words),
    }
}

fn one_or(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { join(nodes) }
}
