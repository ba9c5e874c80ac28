//! Case files that have something in common with one: people, document numbers, pages that are nearly the same.

use crate::PipelineError;
use crate::reading_room::ReadingRoom;
use index::Query;
use record::{CaseCode, CaseFile, Clearance};
use std::collections::{BTreeMap, BTreeSet};

/// People and numbers of a case that are looked for, and its pages that are compared.
const MOST_ASKED: usize = 100;
const MOST_PAGES: usize = 500;

/// What more case files than these have in common relates none of them: the name of a clerk, a form.
const TOO_COMMON: usize = 50;

/// A case file with something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedCase {
    /// Which.
    pub case: CaseCode,
    /// People that both name, as the first names them.
    pub persons: Vec<String>,
    /// Numbers of documents of the first that the other refers to.
    pub numbers: Vec<String>,
    /// Pages of the other that are nearly the same as one of the first.
    pub similar_pages: usize,
}

impl RelatedCase {
    fn weight(&self) -> usize {
        self.persons.len() + self.numbers.len() + self.similar_pages.min(3)
    }
}

impl ReadingRoom {
    /// Case files related to one, the closest first, as far as the clearance covers them: others change nothing in the answer.
    pub fn related(&self, clearance: &Clearance, code: &CaseCode) -> Result<Vec<RelatedCase>, PipelineError> {
        let opened = self.open_case(clearance, code)?;
        self.searcher().reload()?;
        let asked = asked_of(&opened.view().case);
        let mut related: BTreeMap<CaseCode, RelatedCase> = BTreeMap::new();
        let mut note = |case: &CaseCode, add: &dyn Fn(&mut RelatedCase)| {
            if case != code {
                let nothing = || RelatedCase {
                    case: case.clone(),
                    persons: Vec::new(),
                    numbers: Vec::new(),
                    similar_pages: 0,
                };
                add(related.entry(case.clone()).or_insert_with(nothing));
            }
        };
        for (filter, value) in asked {
            // A value that no filter takes relates nothing.
            let Ok(query) = Query::parse(&format!("{filter}:\"{value}\"")) else { continue };
            let found = self.searcher().search_cases(clearance, &query, TOO_COMMON + 1, 0)?;
            if found.cases > TOO_COMMON {
                continue;
            }
            for hit in &found.hits {
                note(&hit.case, &|related| match filter {
                    "nguoi" => related.persons.push(value.clone()),
                    _ => related.numbers.push(value.clone()),
                });
            }
        }
        let own = Query::parse(&format!("ho-so:\"{code}\""))?;
        for hit in self.searcher().search(clearance, &own, MOST_PAGES, 0)?.hits {
            let similar = self.searcher().similar(clearance, &hit, TOO_COMMON)?;
            if similar.total <= TOO_COMMON {
                similar.pages.iter().for_each(|(case, _)| note(case, &|related| related.similar_pages += 1));
            }
        }
        let mut related: Vec<RelatedCase> =
            related.into_values().filter(|related| self.may_name(clearance, &related.case)).collect();
        related.sort_by_key(|case| (std::cmp::Reverse(case.weight()), case.case.clone()));
        Ok(related)
    }
}

/// Filters and the values to ask for.
fn asked_of(case: &CaseFile) -> BTreeSet<(&'static str, String)> {
    let mut asked = BTreeSet::new();
    for document in &case.documents {
        let fields = &document.fields;
        let names = fields.persons.iter().filter_map(|person| person.name.accepted());
        // One word is no name of a person.
        asked.extend(names.filter(|name| name.contains(' ')).map(|name| ("nguoi", name.clone())));
        let number = fields.number.as_ref().and_then(|field| field.accepted());
        let symbol = fields.symbol.as_ref().and_then(|field| field.accepted());
        asked.extend(number.zip(symbol).map(|(number, symbol)| ("so", format!("{number}/{symbol}"))));
    }
    asked.into_iter().filter(|(_, value)| !value.contains('"')).take(MOST_ASKED).collect()
}
