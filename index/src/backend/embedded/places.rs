//! Where the words of a question stand: positions read from the engine's lists.

use super::schema::Fields;
use crate::backend::{Form, Ranking, Term, WordTerms};
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, SegmentReader, TERMINATED};

/// Where the words of a question stand, in one form.
pub(super) struct FormPlaces {
    own: Vec<Places>,
    tail: Vec<Places>,
    head: Vec<Places>,
}

impl FormPlaces {
    pub(super) fn open(
        reader: &SegmentReader,
        fields: &Fields,
        ranking: &Ranking,
        terms: &dyn Fn(&WordTerms) -> Vec<Term>,
    ) -> tantivy::Result<Self> {
        let open = |kept: &dyn Fn(&Term) -> Option<Term>| {
            let words = ranking.words.iter().map(|word| terms(word).iter().filter_map(kept).collect());
            words.map(|terms: Vec<Term>| Places::open(reader, fields, &terms)).collect()
        };
        let over_a_break = |kept: &dyn Fn(&Term) -> Option<Term>| match ranking.has_phrases() {
            true => open(kept),
            false => Ok(Vec::new()),
        };
        Ok(Self {
            own: open(&|term| Some(term.clone()))?,
            tail: over_a_break(&Term::in_tail)?,
            head: over_a_break(&Term::in_head)?,
        })
    }

    /// Pages have to be asked for in ascending order.
    pub(super) fn read(&mut self, doc: DocId, into: &mut Form) {
        read_positions(&mut self.own, doc, &mut into.own);
        read_positions(&mut self.tail, doc, &mut into.tail);
        read_positions(&mut self.head, doc, &mut into.head);
    }
}

/// Where any of some terms stands.
struct Places {
    terms: Vec<SegmentPostings>,
}

impl Places {
    fn open(reader: &SegmentReader, fields: &Fields, terms: &[Term]) -> tantivy::Result<Self> {
        let mut found = Vec::new();
        for term in terms {
            let term = fields.term(term);
            let inverted = reader.inverted_index(term.field())?;
            found.extend(inverted.read_postings(&term, IndexRecordOption::WithFreqsAndPositions)?);
        }
        Ok(Self { terms: found })
    }

    fn read(&mut self, doc: DocId, into: &mut Vec<u32>) {
        into.clear();
        let mut lists = 0;
        for postings in &mut self.terms {
            if postings.doc() < doc {
                postings.seek(doc);
            }
            if postings.doc() == doc && doc != TERMINATED {
                postings.append_positions_with_offset(0, into);
                lists += 1;
            }
        }
        if lists > 1 {
            into.sort_unstable();
            into.dedup();
        }
    }
}

fn read_positions(words: &mut [Places], doc: DocId, into: &mut Vec<Vec<u32>>) {
    into.resize_with(words.len(), Vec::new);
    words.iter_mut().zip(into).for_each(|(word, into)| word.read(doc, into));
}
