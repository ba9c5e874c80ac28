//! Where the words of a question stand: positions read from the engine's lists.

use super::schema::Fields;
use crate::backend::{Form, Ranking, Term, WordTerms};
use crate::rank::{self, Level};
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, SegmentReader};

/// Where the words of a question stand on one page after the other, read as far as it is asked for.
pub(super) struct PagePlaces {
    exact: FormPlaces,
    /// Without words unless marks were restored.
    restored: FormPlaces,
    folded: FormPlaces,
    /// Without words unless misread ones count.
    loose: FormPlaces,
    doc: DocId,
}

impl PagePlaces {
    pub(super) fn open(reader: &SegmentReader, fields: &Fields, ranking: &Ranking) -> tantivy::Result<Self> {
        let open = |terms: &dyn Fn(&WordTerms) -> Vec<Term>| {
            let words: Vec<Vec<Term>> = ranking.words.iter().map(terms).collect();
            FormPlaces::open(reader, fields, &words, ranking.has_phrases())
        };
        let none = || FormPlaces::open(reader, fields, &[], false);
        Ok(Self {
            exact: open(&|word| word.exact.clone())?,
            restored: match ranking.is_restored() {
                true => open(&|word| word.restored.clone())?,
                false => none()?,
            },
            folded: open(&|word| word.folded.clone())?,
            loose: match ranking.is_tolerant() {
                true => open(&WordTerms::all)?,
                false => none()?,
            },
            doc: 0,
        })
    }

    /// Whether a word stands on a page, or behind its end where that counts, in a spelling of this level. Reads no positions.
    pub(super) fn stands(&mut self, level: Level, word: usize, doc: DocId) -> bool {
        let form = self.of(level);
        let lists = [&mut form.own, &mut form.head];
        lists.into_iter().filter_map(|words| words.get_mut(word)).any(|places| places.is_at(doc))
    }

    fn of(&mut self, level: Level) -> &mut FormPlaces {
        match level {
            Level::Exact => &mut self.exact,
            Level::Restored => &mut self.restored,
            Level::Folded => &mut self.folded,
            Level::Loose => &mut self.loose,
        }
    }

    /// Goes to a page; they come in ascending order, so each list is walked once.
    pub(super) fn go_to(&mut self, doc: DocId) {
        self.doc = doc;
    }
}

impl rank::Places for PagePlaces {
    fn form(&mut self, level: Level, across: bool) -> &Form {
        let doc = self.doc;
        let places = self.of(level);
        places.read(doc, across);
        &places.form
    }
}

/// The same in one form.
struct FormPlaces {
    own: Vec<Places>,
    tail: Vec<Places>,
    head: Vec<Places>,
    form: Form,
    /// The pages for which `form` holds the own positions, and those at the page break.
    own_of: Option<DocId>,
    seam_of: Option<DocId>,
}

impl FormPlaces {
    fn open(
        reader: &SegmentReader,
        fields: &Fields,
        words: &[Vec<Term>],
        has_phrases: bool,
    ) -> tantivy::Result<Self> {
        let open = |kept: &dyn Fn(&Term) -> Option<Term>| {
            let words = words.iter().map(|terms| terms.iter().filter_map(kept).collect());
            words.map(|terms: Vec<Term>| Places::open(reader, fields, &terms)).collect()
        };
        let at_a_break = |kept: &dyn Fn(&Term) -> Option<Term>| match has_phrases {
            true => open(kept),
            false => Ok(Vec::new()),
        };
        Ok(Self {
            own: open(&|term| Some(term.clone()))?,
            tail: at_a_break(&Term::in_tail)?,
            head: at_a_break(&Term::in_head)?,
            form: Form::default(),
            own_of: None,
            seam_of: None,
        })
    }

    fn read(&mut self, doc: DocId, across: bool) {
        if self.own_of != Some(doc) {
            read_positions(&mut self.own, doc, &mut self.form.own);
            self.own_of = Some(doc);
        }
        if across && self.seam_of != Some(doc) {
            read_positions(&mut self.tail, doc, &mut self.form.tail);
            read_positions(&mut self.head, doc, &mut self.form.head);
            self.seam_of = Some(doc);
        }
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

    fn is_at(&mut self, doc: DocId) -> bool {
        self.terms.iter_mut().any(|postings| is_at(postings, doc))
    }

    fn read(&mut self, doc: DocId, into: &mut Vec<u32>) {
        into.clear();
        let mut lists = 0;
        for postings in &mut self.terms {
            if is_at(postings, doc) {
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

/// Whether a walk has a page; pages come in ascending order.
pub(super) fn is_at(walk: &mut impl DocSet, doc: DocId) -> bool {
    if walk.doc() < doc {
        walk.seek(doc);
    }
    walk.doc() == doc
}

fn read_positions(words: &mut [Places], doc: DocId, into: &mut Vec<Vec<u32>>) {
    into.resize_with(words.len(), Vec::new);
    words.iter_mut().zip(into).for_each(|(word, into)| word.read(doc, into));
}
