//! Ranking inside the engine's walk over matching pages: positions are read there, and only the best are kept. And, for
//! lists, which cases the matching pages belong to.

use super::schema::{Fields, column};
use crate::backend::{Field, Page, Positions, Rank, Ranking, Term, WordTerms};
use std::collections::{BTreeMap, BinaryHeap};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{Scorer, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet, Score, SegmentOrdinal, SegmentReader, TERMINATED};

/// Counts all pages that answer and keeps the `keep` best, in the order of [`Rank`], case code, page.
pub(crate) struct Best<'a> {
    pub(crate) ranking: &'a Ranking,
    pub(crate) fields: Fields,
    /// Of each group of filters of the question.
    pub(crate) filters: Vec<Box<dyn Weight>>,
    /// Whether all pages that the engine finds answer.
    pub(crate) is_exact: bool,
    pub(crate) keep: usize,
}

/// A page found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) rank: Rank,
    pub(crate) case: String,
    pub(crate) page: u64,
    pub(crate) address: DocAddress,
    /// As [`Page::holds`].
    pub(crate) holds: Vec<bool>,
}

pub(crate) struct Found {
    pub(crate) total: usize,
    /// Best first, at most as many as were to be kept.
    pub(crate) best: Vec<Candidate>,
}

impl Collector for Best<'_> {
    type Fruit = Found;
    type Child = BestOfSegment;

    fn for_segment(&self, ordinal: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<BestOfSegment> {
        let open = |terms: fn(&WordTerms) -> &Vec<Term>| {
            let words = self.ranking.words.iter();
            words
                .map(|word| Places::open(reader, &self.fields, terms(word)))
                .collect::<tantivy::Result<Vec<_>>>()
        };
        let filters = self.filters.iter().map(|weight| weight.scorer(reader, 1.0));
        Ok(BestOfSegment {
            ranking: self.ranking.clone(),
            exact: open(|word| &word.exact)?,
            folded: open(|word| &word.folded)?,
            misread: open(|word| &word.misread)?,
            filters: filters.collect::<tantivy::Result<Vec<_>>>()?,
            page: Page::default(),
            is_exact: self.is_exact,
            cases: reader.fast_fields().str(Field::Case.name())?,
            pages: reader.fast_fields().u64(column::PAGE)?,
            ordinal,
            keep: self.keep,
            total: 0,
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Found>>) -> tantivy::Result<Found> {
        let mut all = Found { total: 0, best: Vec::new() };
        for segment in segments {
            let segment = segment?;
            all.total += segment.total;
            all.best.extend(segment.best);
        }
        all.best.sort_unstable();
        all.best.truncate(self.keep);
        Ok(all)
    }
}

pub(crate) struct BestOfSegment {
    ranking: Ranking,
    exact: Vec<Places>,
    folded: Vec<Places>,
    misread: Vec<Places>,
    filters: Vec<Box<dyn Scorer>>,
    page: Page,
    is_exact: bool,
    cases: Option<StrColumn>,
    pages: Column<u64>,
    ordinal: SegmentOrdinal,
    keep: usize,
    total: usize,
    /// The worst on top. Case ordinals of one segment sort as the codes do.
    best: BinaryHeap<(Rank, u64, u64, DocId, Vec<bool>)>,
}

impl SegmentCollector for BestOfSegment {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        if self.keep == 0 && self.is_exact {
            self.total += 1;
            return;
        }
        self.read(doc);
        let Some(rank) = self.ranking.rank(&self.page) else { return };
        self.total += 1;
        let case = self.cases.as_ref().and_then(|c| c.ords().first(doc)).unwrap_or(u64::MAX);
        let page = self.pages.first(doc).unwrap_or(0);
        self.best.push((rank, case, page, doc, self.page.holds.clone()));
        if self.best.len() > self.keep {
            self.best.pop();
        }
    }

    fn harvest(self) -> tantivy::Result<Found> {
        let mut best = Vec::with_capacity(self.best.len());
        for (rank, case_ord, page, doc, holds) in self.best.into_sorted_vec() {
            let mut case = String::new();
            if let Some(cases) = &self.cases {
                cases.ord_to_str(case_ord, &mut case)?;
            }
            best.push(Candidate { rank, case, page, address: DocAddress::new(self.ordinal, doc), holds });
        }
        Ok(Found { total: self.total, best })
    }
}

impl BestOfSegment {
    /// Pages come in ascending order, so each list is walked once.
    fn read(&mut self, doc: DocId) {
        let Positions { exact, folded, loose } = &mut self.page.positions;
        read_positions(&mut self.exact, doc, exact);
        read_positions(&mut self.folded, doc, folded);
        if self.ranking.is_tolerant() {
            read_positions(&mut self.misread, doc, loose);
            for (loose, folded) in loose.iter_mut().zip(folded) {
                loose.extend_from_slice(folded);
                loose.sort_unstable();
                loose.dedup();
            }
        }
        self.page.holds.clear();
        self.page.holds.extend(self.filters.iter_mut().map(|filter| {
            if filter.doc() < doc {
                filter.seek(doc);
            }
            filter.doc() == doc
        }));
    }
}

/// Counts the pages that match, by case.
pub(crate) struct Cases;

pub(crate) struct CasesOfSegment {
    cases: Option<StrColumn>,
    pages: BTreeMap<u64, u32>,
}

impl Collector for Cases {
    type Fruit = BTreeMap<String, u32>;
    type Child = CasesOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<CasesOfSegment> {
        let cases = reader.fast_fields().str(Field::Case.name())?;
        Ok(CasesOfSegment { cases, pages: BTreeMap::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Self::Fruit>>) -> tantivy::Result<Self::Fruit> {
        let mut all = BTreeMap::new();
        for segment in segments {
            for (case, pages) in segment? {
                *all.entry(case).or_default() += pages;
            }
        }
        Ok(all)
    }
}

impl SegmentCollector for CasesOfSegment {
    type Fruit = tantivy::Result<BTreeMap<String, u32>>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        if let Some(ord) = self.cases.as_ref().and_then(|cases| cases.ords().first(doc)) {
            *self.pages.entry(ord).or_default() += 1;
        }
    }

    fn harvest(self) -> Self::Fruit {
        let mut all = BTreeMap::new();
        if let Some(cases) = &self.cases {
            for (ord, pages) in self.pages {
                let mut code = String::new();
                cases.ord_to_str(ord, &mut code)?;
                all.insert(code, pages);
            }
        }
        Ok(all)
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
