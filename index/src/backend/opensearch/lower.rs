//! Nodes as queries of OpenSearch, which find exactly the pages that answer.

use super::mapping::{self, names_of};
use crate::backend::{Field, Node, Term};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn lower(node: &Node) -> Value {
    match node {
        Node::Terms(terms) => {
            any(by_field(terms).into_iter().map(|(name, texts)| json!({"terms": {name: texts}})))
        }
        Node::Phrase { places, slop } => phrase(places, *slop),
        Node::Folios(first, last) => json!({"range": {mapping::FOLIO_NUMBER: {"gte": first, "lte": last}}}),
        Node::All(parts) if parts.is_empty() => json!({"match_all": {}}),
        Node::All(parts) => json!({"bool": {"filter": parts.iter().map(lower).collect::<Vec<_>>()}}),
        Node::Any(parts) => any(parts.iter().map(lower)),
        Node::Not(part) => json!({"bool": {"must_not": lower(part)}}),
    }
}

fn any(parts: impl Iterator<Item = Value>) -> Value {
    let mut parts: Vec<Value> = parts.collect();
    match parts.len() {
        0 => json!({"match_none": {}}),
        1 => parts.remove(0),
        _ => json!({"bool": {"should": parts, "minimum_should_match": 1}}),
    }
}

/// The terms by the names of the fields that hold them.
fn by_field(terms: &[Term]) -> BTreeMap<&'static str, Vec<&str>> {
    let mut fields: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for term in terms {
        for name in names_of(term.field) {
            fields.entry(name).or_default().push(&term.text);
        }
    }
    fields
}

fn phrase(places: &[Vec<Term>], slop: u32) -> Value {
    if places.iter().any(Vec::is_empty) {
        return json!({"match_none": {}});
    }
    // Positions are the same in all fields of a phrase: what stands in another one is told to be in this.
    let field = places[0][0].field;
    let is_plain =
        field != Field::Alt && places.iter().all(|place| place.len() == 1 && place[0].field == field);
    if slop == 0 && is_plain {
        let texts: Vec<&str> = places.iter().map(|place| place[0].text.as_str()).collect();
        return json!({"match_phrase": {field.name(): texts.join(" ")}});
    }
    // `match_phrase` would count moves, and let words change places from a slop of 2 on.
    let clauses: Vec<Value> = places.iter().map(|place| span_of(field, place)).collect();
    json!({"span_near": {"clauses": clauses, "in_order": true, "slop": slop}})
}

fn span_of(field: Field, place: &[Term]) -> Value {
    let base = names_of(field)[0];
    let mut spans = Vec::new();
    for (name, texts) in by_field(place) {
        for text in texts {
            let span = json!({"span_term": {name: text}});
            spans.push(match name == base {
                true => span,
                false => json!({"field_masking_span": {"query": span, "field": base}}),
            });
        }
    }
    match spans.len() {
        1 => spans.remove(0),
        _ => json!({"span_or": {"clauses": spans}}),
    }
}
