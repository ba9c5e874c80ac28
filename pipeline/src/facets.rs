//! What the pages found are counted by, as it is shown: lists whose entries narrow the question.

use crate::unit_tree::UnitTree;
use index::{Facet, FacetCounts, Query};
use record::Lang;

/// A list of counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetList {
    /// Of what.
    pub facet: Facet,
    /// The most first; units as a tree, each behind the one that it is below.
    pub entries: Vec<FacetEntry>,
}

/// A value and the pages that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetEntry {
    /// As the index has it; of a unit with others below it, its name.
    pub value: String,
    /// How many units it is below.
    pub depth: usize,
    /// Pages that answer and may be seen, those of units below it too.
    pub pages: usize,
    /// A unit whose case files have gone over to the one that it stands below.
    pub is_abolished: bool,
    /// The question that finds exactly these pages, as it is typed.
    pub query: String,
}

impl FacetEntry {
    /// For people.
    pub fn label(&self, facet: Facet, lang: Lang) -> String {
        let label = facet.label(&self.value, lang);
        match self.is_abolished {
            true => format!("{label} {}", lang.pick("(đã giải thể)", "(abolished)")),
            false => label,
        }
    }
}

/// `typed` is the question as typed, `query` what it means.
pub(crate) fn facet_lists(
    counts: Vec<FacetCounts>,
    units: &UnitTree,
    typed: &str,
    query: &Query,
) -> Vec<FacetList> {
    let entry = |facet: Facet, value: String, pages| FacetEntry {
        query: narrowed(typed, query, &facet.filter(&value)),
        value,
        depth: 0,
        pages,
        is_abolished: false,
    };
    let lists = counts.into_iter().map(|FacetCounts { facet, counts }| {
        let entries = match facet {
            Facet::Unit => units
                .grown(&counts)
                .into_iter()
                .map(|branch| {
                    let filters: Vec<String> = branch.units.iter().map(|unit| facet.filter(unit)).collect();
                    let value = match branch.units.as_slice() {
                        [unit] if unit.is_empty() => String::new(),
                        _ => branch.name,
                    };
                    FacetEntry {
                        value,
                        depth: branch.depth,
                        pages: branch.pages,
                        is_abolished: branch.is_abolished,
                        query: narrowed(typed, query, &any_of(&filters)),
                    }
                })
                .collect(),
            _ => counts.into_iter().map(|(value, pages)| entry(facet, value, pages)).collect(),
        };
        FacetList { facet, entries }
    });
    lists.filter(|list| !list.entries.is_empty()).collect()
}

fn any_of(filters: &[String]) -> String {
    match filters {
        [filter] => filter.clone(),
        _ => format!("({})", filters.join(" HOẶC ")),
    }
}

/// The question with one more thing asked.
fn narrowed(typed: &str, query: &Query, filter: &str) -> String {
    match query.outline(Lang::Vi).kind {
        "any" => format!("({typed}) VÀ {filter}"),
        _ => format!("{typed} VÀ {filter}"),
    }
}
