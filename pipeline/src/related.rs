//! Case files that have something in common with one: people, document numbers, pages that are nearly the same.

use crate::PipelineError;
use crate::opened_case::Extent;
use crate::reading_room::ReadingRoom;
use index::{Hit, Query};
use record::{CaseCode, CaseFile, Clearance, PageNo};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use vitext::{nfc, syllable, tokens};

/// People of a case that are looked for, as many numbers, and its pages that are compared.
const MOST_ASKED: usize = 100;
const MOST_PAGES: usize = 500;

/// What more case files than these have in common relates none of them: the name of a clerk, a form.
const TOO_COMMON: usize = 50;

/// Case files looked into for one name: the index knows names without marks, so some name another person.
const MOST_LOOKED_INTO: usize = 4 * TOO_COMMON;

/// Pages that may be nearly the same as one: more are a form, whosever they are.
const MOST_SIMILAR: usize = 1000;

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
        let clearance = &self.look(clearance)?;
        let case = &opened.view().case;
        let mut others = Others { room: self, clearance, of: code, people: HashMap::new() };
        let mut related: BTreeMap<CaseCode, RelatedCase> = BTreeMap::new();
        for (key, name) in people_of(case).into_iter().take(MOST_ASKED) {
            let named = others.asked("nguoi", &name, MOST_LOOKED_INTO)?;
            let named: Vec<CaseCode> = named.into_iter().filter(|other| others.names(other, &key)).collect();
            if named.len() <= TOO_COMMON {
                named.into_iter().for_each(|other| entry(&mut related, other).persons.push(name.clone()));
            }
        }
        for number in numbers_of(case).into_iter().take(MOST_ASKED) {
            for other in others.asked("so", &number, TOO_COMMON)? {
                entry(&mut related, other).numbers.push(number.clone());
            }
        }
        let mut similar: BTreeSet<(CaseCode, PageNo)> = BTreeSet::new();
        let own = Query::parse(&format!("ho-so:\"{code}\""))?;
        for hit in self.searcher().search(clearance, &own, MOST_PAGES, 0)?.hits {
            similar.extend(others.similar(&hit)?);
        }
        // A page that is like several of the first counts once.
        similar.into_iter().for_each(|(other, _)| entry(&mut related, other).similar_pages += 1);
        let mut related: Vec<RelatedCase> =
            related.into_values().filter(|related| self.may_name(clearance, &related.case)).collect();
        related.sort_by_key(|case| (std::cmp::Reverse(case.weight()), case.case.clone()));
        Ok(related)
    }
}

fn entry(related: &mut BTreeMap<CaseCode, RelatedCase>, case: CaseCode) -> &mut RelatedCase {
    related.entry(case.clone()).or_insert(RelatedCase {
        case,
        persons: Vec::new(),
        numbers: Vec::new(),
        similar_pages: 0,
    })
}

/// The other case files, as far as the clearance covers them.
struct Others<'a> {
    room: &'a ReadingRoom,
    clearance: &'a Clearance,
    /// The one that they are others to.
    of: &'a CaseCode,
    /// Keys of the people whom those looked into name.
    people: HashMap<CaseCode, BTreeSet<String>>,
}

impl Others<'_> {
    /// Those with a page that has the value; none where more than `most` have it, or where the filter takes no such value.
    fn asked(&self, filter: &str, value: &str, most: usize) -> Result<Vec<CaseCode>, PipelineError> {
        let Ok(query) = Query::parse(&format!("{filter}:\"{value}\"")) else { return Ok(Vec::new()) };
        // Itself is among them.
        let found = self.room.searcher().search_cases(self.clearance, &query, most + 2, 0)?;
        let others = found.hits.into_iter().map(|hit| hit.case).filter(|case| case != self.of);
        let others: Vec<CaseCode> = others.collect();
        Ok(if others.len() > most { Vec::new() } else { others })
    }

    /// Whether one names this very person, by its register. One that cannot be read names nobody.
    fn names(&mut self, case: &CaseCode, key: &str) -> bool {
        let look = || match self.room.open_extent(self.clearance, case, None, Extent::Whole) {
            Ok(opened) => {
                let case = &opened.view().case;
                people_of(case).into_keys().chain(signers_of(case)).collect()
            }
            Err(error) => {
                tracing::warn!(stage = "related", code = "unread", case = %case, %error, "a case file is not looked into");
                BTreeSet::new()
            }
        };
        self.people.entry(case.clone()).or_insert_with(look).contains(key)
    }

    /// Their pages that are nearly the same as one; none where those belong to too many case files.
    fn similar(&self, hit: &Hit) -> Result<Vec<(CaseCode, PageNo)>, PipelineError> {
        let found = self.room.searcher().similar(self.clearance, hit, MOST_SIMILAR)?;
        let is_whole = found.total <= MOST_SIMILAR;
        let others: Vec<_> = found.pages.into_iter().filter(|(case, _)| case != self.of).collect();
        let cases: BTreeSet<&CaseCode> = others.iter().map(|(case, _)| case).collect();
        Ok(if is_whole && cases.len() <= TOO_COMMON { others } else { Vec::new() })
    }
}

/// What people are told apart by: the words of their name with their marks, wherever in a syllable its tone is written. Nothing for
/// one word, which is no name of a person.
fn person_key(name: &str) -> Option<String> {
    let name = nfc(name);
    let words: Vec<String> = tokens(&name).map(|token| syllable::exact(token.text)).collect();
    (words.len() > 1).then(|| words.join(" "))
}

/// The people whom a case file names, by key, as first named.
fn people_of(case: &CaseFile) -> BTreeMap<String, String> {
    let mut people = BTreeMap::new();
    for person in case.documents.iter().flat_map(|document| &document.fields.persons) {
        let name = person.name.accepted().filter(|name| !name.contains('"'));
        if let Some((key, name)) = name.and_then(|name| Some((person_key(name)?, name))) {
            people.entry(key).or_insert_with(|| name.clone());
        }
    }
    people
}

/// Keys of those who signed its documents.
fn signers_of(case: &CaseFile) -> impl Iterator<Item = String> + '_ {
    let signers = case.documents.iter().filter_map(|document| document.fields.signer.as_ref()?.accepted());
    signers.filter_map(|signer| person_key(&signer.name))
}

/// Numbers of its documents, with their symbols.
fn numbers_of(case: &CaseFile) -> BTreeSet<String> {
    let documents = case.documents.iter().map(|document| &document.fields);
    let numbers = documents.filter_map(|fields| {
        let number = fields.number.as_ref().and_then(|field| field.accepted())?;
        let symbol = fields.symbol.as_ref().and_then(|field| field.accepted())?;
        Some(format!("{number}/{symbol}"))
    });
    numbers.filter(|number| !number.contains('"')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;
    use crate::small_archive::{MASTER, Ticking, archive, store_as};
    use index::{IndexCase, IndexPage, Indexer};
    use record::{
        Block, BlockKind, DocumentFields, DocumentNo, Field, Line, PageSize, PageText, Person, PxBox,
        Reading, Secrecy, Turn, Word,
    };
    use std::path::Path;

    fn code(code: &str) -> CaseCode {
        CaseCode::new(code).unwrap()
    }

    fn accepted(value: String) -> Field<String> {
        let (places, rule) = (Vec::new(), "test".into());
        Field::Accepted(Reading { value, read: None, places, confidence: 99, rule })
    }

    /// A text of forty words that no other `subject` shares.
    fn text(subject: &str) -> PageText {
        let bbox = PxBox { left: 0, top: 0, right: 10, bottom: 10 };
        let words = (0..40).map(|n| Word::new(format!("{subject}{}", n % 13), bbox, 96)).collect();
        let lines = vec![Line { bbox, baseline: (10, 10), words }];
        let size = PageSize { width_px: 100, height_px: 100, dpi: 300 };
        let blocks = vec![Block { kind: BlockKind::Body, bbox, lines }];
        PageText { size, turn: Turn::Upright, blocks }
    }

    /// A case file in archive and index that names these people and has a page of each text.
    fn put(root: &Path, indexer: &mut Indexer, name: &str, people: &[&str], texts: &[&str]) {
        let persons: Vec<Person> = people
            .iter()
            .map(|name| Person {
                role: None,
                name: accepted((*name).to_owned()),
                born: None,
                id_number: None,
                address: None,
            })
            .collect();
        store_as(root, name, MASTER.as_bytes(), |case| {
            case.header.unit = "KV7".into();
            for document in &mut case.documents {
                document.fields = DocumentFields { persons: persons.clone(), ..Default::default() };
            }
        });
        let pages = (1..).zip(texts).map(|(no, subject)| IndexPage {
            document: DocumentNo::new(1).unwrap(),
            page: PageNo::new(no).unwrap(),
            folio: None,
            doc_type: None,
            date: None,
            number: None,
            units: Vec::new(),
            persons: people.iter().map(|name| (*name).to_owned()).collect(),
            text: Some(text(subject)),
        });
        let label = record::AccessLabel { secrecy: Secrecy::Thuong, unit: "KV7".into() };
        let case = IndexCase { code: code(name), label, year: None, kind: None };
        indexer.put_case(&case, pages).unwrap();
    }

    #[test]
    fn people_are_told_apart_by_their_marks_and_pages_are_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        archive(root);
        let mut indexer = Indexer::open_or_create(&Layout { root: root.to_owned() }.index()).unwrap();
        // Twice the same page; one person under two spellings of one name.
        let own = ["Nguyễn Văn Hoà", "Nguyễn Văn Hòa", "Trần Thị Mai"];
        put(root, &mut indexer, "HS-1", &own, &["mot", "mot", "hai"]);
        put(root, &mut indexer, "HS-2", &["Nguyễn Văn Hoả"], &["ba"]);
        put(root, &mut indexer, "HS-3", &["NGUYỄN VĂN HÒA"], &["bon"]);
        put(root, &mut indexer, "HS-4", &["Mai"], &["mot", "nam"]);
        put(
            root,
            &mut indexer,
            "HS-5",
            &["Nguyễn Văn Hoả", "Trần Thị Mai", "Nguyễn Văn Hoà"],
            &["mot", "mot"],
        );
        indexer.commit().unwrap();
        indexer.close().unwrap();
        let room = ReadingRoom::open(root, Box::new(Ticking::now())).unwrap();
        let related = room.related(&Clearance::whole_archive(Secrecy::Thuong), &code("HS-1")).unwrap();
        let found: Vec<(&str, usize, usize)> =
            related.iter().map(|one| (one.case.as_str(), one.persons.len(), one.similar_pages)).collect();
        assert_eq!(found, [("HS-5", 2, 2), ("HS-3", 1, 0), ("HS-4", 0, 1)]);
        assert!(related[1].persons[0].starts_with("Nguyễn Văn H"), "{related:?}");
    }

    #[test]
    fn many_pages_of_one_case_file_relate_it_and_pages_of_many_relate_none() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        archive(root);
        let mut indexer = Indexer::open_or_create(&Layout { root: root.to_owned() }.index()).unwrap();
        put(root, &mut indexer, "HS-1", &[], &["mot", "bieu"]);
        put(root, &mut indexer, "HS-2", &[], &["mot"; TOO_COMMON + 10]);
        let label = record::AccessLabel { secrecy: Secrecy::Thuong, unit: "KV7".into() };
        for no in 0..=TOO_COMMON {
            let case =
                IndexCase { code: code(&format!("MAU-{no}")), label: label.clone(), year: None, kind: None };
            let page = IndexPage {
                document: DocumentNo::new(1).unwrap(),
                page: PageNo::new(1).unwrap(),
                folio: None,
                doc_type: None,
                date: None,
                number: None,
                units: Vec::new(),
                persons: Vec::new(),
                text: Some(text("bieu")),
            };
            indexer.put_case(&case, [page]).unwrap();
        }
        indexer.commit().unwrap();
        indexer.close().unwrap();
        let room = ReadingRoom::open(root, Box::new(Ticking::now())).unwrap();
        let related = room.related(&Clearance::whole_archive(Secrecy::Thuong), &code("HS-1")).unwrap();
        let found: Vec<(&str, usize)> =
            related.iter().map(|one| (one.case.as_str(), one.similar_pages)).collect();
        assert_eq!(found, [("HS-2", TOO_COMMON + 10)]);
    }

    #[test]
    fn the_place_of_a_tone_makes_no_other_person() {
        assert_eq!(person_key("Nguyễn Văn Hoà"), person_key("NGUYỄN  VĂN HÒA"));
        assert_ne!(person_key("Nguyễn Văn Hoà"), person_key("Nguyễn Văn Hoả"));
        assert_ne!(person_key("Nguyễn Văn Hoà"), person_key("Nguyen Van Hoa"));
        assert_eq!(person_key("Hoà"), None);
    }
}
