//! What the pages found are counted by, as it is shown: lists whose entries narrow the question.

use crate::unit_tree::UnitTree;
use index::{Facet, FacetCounts, NO_UNIT, Query};
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
    /// As the index has it; of a unit, what can be typed behind `don-vi:` (of one that no register names, but units below it do, its
    /// name in the list of units).
    pub value: String,
    /// Of a unit, its name in the list of units.
    pub name: Option<String>,
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
        let label = match &self.name {
            Some(name) => name.clone(),
            None => facet.label(&self.value, lang),
        };
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
        name: None,
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
                    let is_unnamed = branch.own.as_deref() == Some("");
                    let value = match branch.own {
                        Some(_) if is_unnamed => NO_UNIT.to_owned(),
                        own => own.unwrap_or_else(|| branch.name.clone()),
                    };
                    FacetEntry {
                        value,
                        name: (!is_unnamed).then_some(branch.name),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_unit_is_a_filter_and_its_label_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("units.csv");
        let text = "id,name,parent\ntinh,VKSND tỉnh Hải Giang,\nkv7,VKSND khu vực 7,tinh\n";
        durable::write_file(&list, text.as_bytes()).unwrap();
        let units = UnitTree::read(&list).unwrap();
        let counts = [("kv7", 3), ("VKSND tỉnh Hải Giang", 2), ("", 1)];
        let counts = counts.map(|(unit, pages)| (unit.to_owned(), pages)).to_vec();
        let query = Query::parse("án").unwrap();
        let counts = vec![FacetCounts { facet: Facet::Unit, counts }];
        let lists = facet_lists(counts, &units, "án", &query);
        let found: Vec<(&str, String)> = lists[0]
            .entries
            .iter()
            .map(|entry| (entry.value.as_str(), entry.label(Facet::Unit, Lang::Vi)))
            .collect();
        let expected = [
            ("VKSND tỉnh Hải Giang", "VKSND tỉnh Hải Giang"),
            ("kv7", "VKSND khu vực 7"),
            ("chua-ghi", "(chưa ghi)"),
        ];
        assert_eq!(found, expected.map(|(value, label)| (value, label.to_owned())));
        for entry in &lists[0].entries {
            Query::parse(&format!("don-vi:\"{}\"", entry.value)).unwrap();
        }
    }

    #[test]
    fn secrecy_is_said_in_the_language_of_the_talk() {
        assert_eq!(Facet::Secrecy.label("thuong", Lang::Vi), "Thường");
        assert_eq!(Facet::Secrecy.label("thuong", Lang::En), "not secret");
    }
}
