//! A question as the engine's query: never fewer pages than answer, often exactly those.

use crate::expand::Expansion;
use crate::query::{Clause, Condition, Manner, Node, Query};
use crate::schema::Fields;
use record::{Clearance, Secrecy};
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, PhraseQuery, Query as EngineQuery, RangeQuery, TermQuery,
    TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

/// An engine's query for a part of a question.
pub(crate) struct Lowered {
    pub(crate) query: Box<dyn EngineQuery>,
    /// Whether all that it matches answers. Else pages are still to be looked at one by one.
    pub(crate) is_exact: bool,
}

impl Lowered {
    fn exact(query: Box<dyn EngineQuery>) -> Self {
        Self { query, is_exact: true }
    }
}

/// What every hit must fulfil; the clearance is not optional.
pub(crate) fn within(fields: &Fields, clearance: &Clearance, lowered: Lowered) -> BooleanQuery {
    let mut must = visible(fields, clearance);
    must.push(lowered.query);
    BooleanQuery::intersection(must)
}

/// The pages that a clearance covers.
pub(crate) fn visible(fields: &Fields, clearance: &Clearance) -> Vec<Box<dyn EngineQuery>> {
    let levels = [Secrecy::Thuong, Secrecy::Mat, Secrecy::ToiMat, Secrecy::TuyetMat];
    let covered = levels.into_iter().filter(|level| *level <= clearance.max_secrecy());
    let covered = covered.map(|level| Term::from_field_text(fields.secrecy, level.code()));
    let mut must: Vec<Box<dyn EngineQuery>> = vec![Box::new(TermSetQuery::new(covered))];
    if let Some(units) = clearance.units() {
        let units = units.iter().map(|unit| Term::from_field_text(fields.unit, unit));
        must.push(Box::new(TermSetQuery::new(units)));
    }
    must
}

/// The pages that may answer `query`, whoever may see them.
pub(crate) fn lower(fields: &Fields, query: &Query, expansion: &Expansion) -> Lowered {
    Lowering { fields, query, expansion }.node(&query.root)
}

/// The pages that a group of filters asks for.
pub(crate) fn any_of(fields: &Fields, group: &[crate::query::Asked]) -> Box<dyn EngineQuery> {
    Box::new(BooleanQuery::union(group.iter().map(|asked| condition(fields, &asked.condition)).collect()))
}

struct Lowering<'a> {
    fields: &'a Fields,
    query: &'a Query,
    expansion: &'a Expansion,
}

impl Lowering<'_> {
    fn node(&self, node: &Node) -> Lowered {
        match node {
            Node::Words(clause) => self.clause(clause),
            Node::Filter(idx) => Lowered::exact(any_of(self.fields, &self.query.filters[*idx])),
            Node::All(parts) => self.all(parts),
            Node::Any(parts) => {
                let parts: Vec<Lowered> = parts.iter().map(|part| self.node(part)).collect();
                let is_exact = parts.iter().all(|part| part.is_exact);
                let parts = parts.into_iter().map(|part| part.query).collect();
                Lowered { query: Box::new(BooleanQuery::union(parts)), is_exact }
            }
            // left to our own look at the pages: the engine's exclusion seeks phrases backwards
            Node::Not(_) => Lowered { query: Box::new(AllQuery), is_exact: false },
        }
    }

    fn all(&self, parts: &[Node]) -> Lowered {
        let wanted = parts.iter().filter(|part| !matches!(part, Node::Not(_)));
        let wanted: Vec<Lowered> = wanted.map(|part| self.node(part)).collect();
        let is_exact = wanted.len() == parts.len() && wanted.iter().all(|part| part.is_exact);
        let wanted = wanted.into_iter().map(|part| part.query).collect();
        Lowered { query: Box::new(BooleanQuery::intersection(wanted)), is_exact }
    }

    fn clause(&self, clause: &Clause) -> Lowered {
        let mut units: Vec<Lowered> = clause.units.iter().map(|unit| self.unit(unit, clause.slop)).collect();
        match units.len() {
            1 => units.remove(0),
            _ => {
                let is_exact = units.iter().all(|unit| unit.is_exact);
                let units = units.into_iter().map(|unit| unit.query).collect();
                Lowered { query: Box::new(BooleanQuery::intersection(units)), is_exact }
            }
        }
    }

    /// Words that stand together: a phrase for the engine if each is one term of one field, else all of them anywhere.
    fn unit(&self, unit: &[usize], slop: u32) -> Lowered {
        let field = |slot: &usize| {
            let word = &self.query.words[*slot];
            match word.manner {
                Manner::Plain if !word.is_prefix => Some(self.fields.folded),
                Manner::Exact if !word.is_prefix => Some(self.fields.exact),
                _ => None,
            }
        };
        let first = field(&unit[0]);
        if unit.len() > 1 && slop == 0 && first.is_some() && unit.iter().all(|slot| field(slot) == first) {
            let terms = unit.iter().flat_map(|slot| self.expansion.words[*slot].folded.clone());
            return Lowered::exact(phrase(terms.collect()));
        }
        let words = unit.iter().map(|slot| {
            let terms = &self.expansion.words[*slot];
            any_term(terms.folded.iter().chain(&terms.misread).cloned().collect())
        });
        Lowered { query: Box::new(BooleanQuery::intersection(words.collect())), is_exact: unit.len() == 1 }
    }
}

fn condition(f: &Fields, condition: &Condition) -> Box<dyn EngineQuery> {
    let text = |field: Field, text: &str| single(Term::from_field_text(field, text));
    let name = |field: Field, words: &[String]| {
        phrase(words.iter().map(|word| Term::from_field_text(field, word)).collect())
    };
    match condition {
        Condition::Folio(key) => text(f.folio_key, key),
        Condition::FolioRange(first, last) => {
            let bound = |n: u64| Bound::Included(Term::from_field_u64(f.folio_number, n));
            Box::new(RangeQuery::new(bound(*first), bound(*last)))
        }
        Condition::Case(key) => text(f.case_key, key),
        Condition::DocType(doc_type) => text(f.doc_type, doc_type.code()),
        Condition::Year(year) => single(Term::from_field_u64(f.year, u64::from(*year))),
        Condition::Reference(keys) => {
            any_term(keys.iter().map(|key| Term::from_field_text(f.refs, key)).collect())
        }
        Condition::Unit(words) => name(f.units, words),
        Condition::Person(words) => name(f.persons, words),
    }
}

fn single(term: Term) -> Box<dyn EngineQuery> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn any_term(mut terms: Vec<Term>) -> Box<dyn EngineQuery> {
    match terms.len() {
        0 => Box::new(EmptyQuery),
        1 => single(terms.remove(0)),
        _ => Box::new(TermSetQuery::new(terms)),
    }
}

fn phrase(mut terms: Vec<Term>) -> Box<dyn EngineQuery> {
    match terms.len() {
        1 => single(terms.remove(0)),
        _ => Box::new(PhraseQuery::new(terms)),
    }
}
