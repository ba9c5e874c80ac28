//! Ranking inside the engine's walk over matching pages: positions are read there, and only the best are kept. And, for
//! lists, which cases the matching pages belong to.

use crate::query::Query;
use crate::rank::{Positions, Rank, Tier, rank};
use crate::schema::{Fields, name};
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocId, DocSet, Score, SegmentOrdinal, SegmentReader, TERMINATED, Term};

/// Counts all matching pages and keeps the `keep` best, in the order of [`Rank`], case code, page.
pub(crate) struct Best {
    pub(crate) query: Arc<Query>,
    pub(crate) fields: Fields,
    pub(crate) keep: usize,
}

/// A page found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) rank: Rank,
    pub(crate) case: String,
    pub(crate) page: u64,
    pub(crate) address: DocAddress,
}

pub(crate) struct Found {
    pub(crate) total: usize,
    /// Best first, at most as many as were to be kept.
    pub(crate) best: Vec<Candidate>,
}

impl Collector for Best {
    type Fruit = Found;
    type Child = BestOfSegment;

    fn for_segment(&self, ordinal: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<BestOfSegment> {
        let forms = |field: Field, form: fn(&crate::query::QueryWord) -> &str| {
            let inverted = reader.inverted_index(field)?;
            let terms = self.query.words.iter().map(|w| Term::from_field_text(field, form(w)));
            let postings =
                terms.map(|t| inverted.read_postings(&t, IndexRecordOption::WithFreqsAndPositions));
            postings.collect::<std::io::Result<Vec<_>>>().map_err(tantivy::TantivyError::from)
        };
        let words = self.query.words.len();
        Ok(BestOfSegment {
            query: Arc::clone(&self.query),
            exact: forms(self.fields.exact, |w| &w.exact)?,
            folded: forms(self.fields.folded, |w| &w.folded)?,
            positions: Positions { exact: vec![Vec::new(); words], folded: vec![Vec::new(); words] },
            cases: reader.fast_fields().str(name::CASE)?,
            pages: reader.fast_fields().u64(name::PAGE)?,
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
    query: Arc<Query>,
    exact: Vec<Option<SegmentPostings>>,
    folded: Vec<Option<SegmentPostings>>,
    positions: Positions,
    cases: Option<StrColumn>,
    pages: Column<u64>,
    ordinal: SegmentOrdinal,
    keep: usize,
    total: usize,
    /// The worst on top. Case ordinals of one segment sort as the codes do.
    best: BinaryHeap<(Rank, u64, u64, DocId)>,
}

impl SegmentCollector for BestOfSegment {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        self.total += 1;
        if self.keep == 0 {
            return;
        }
        read_positions(&mut self.exact, doc, &mut self.positions.exact);
        read_positions(&mut self.folded, doc, &mut self.positions.folded);
        // The engine has matched the words; a page that we would not match ranks last rather than vanish from a total
        // that counts it.
        let worst = Rank { tier: Tier::FoldedWords, window: u32::MAX };
        let rank = rank(&self.query, &self.positions).unwrap_or(worst);
        let case = self.cases.as_ref().and_then(|c| c.ords().first(doc)).unwrap_or(u64::MAX);
        let page = self.pages.first(doc).unwrap_or(0);
        self.best.push((rank, case, page, doc));
        if self.best.len() > self.keep {
            self.best.pop();
        }
    }

    fn harvest(self) -> tantivy::Result<Found> {
        let mut best = Vec::with_capacity(self.best.len());
        for (rank, case_ord, page, doc) in self.best.into_sorted_vec() {
            let mut case = String::new();
            if let Some(cases) = &self.cases {
                cases.ord_to_str(case_ord, &mut case)?;
            }
            best.push(Candidate { rank, case, page, address: DocAddress::new(self.ordinal, doc) });
        }
        Ok(Found { total: self.total, best })
    }
}

/// Gathers the codes of the cases whose pages match.
pub(crate) struct Cases;

pub(crate) struct CasesOfSegment {
    cases: Option<StrColumn>,
    seen: BTreeSet<u64>,
}

impl Collector for Cases {
    type Fruit = BTreeSet<String>;
    type Child = CasesOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<CasesOfSegment> {
        Ok(CasesOfSegment { cases: reader.fast_fields().str(name::CASE)?, seen: BTreeSet::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Self::Fruit>>) -> tantivy::Result<Self::Fruit> {
        let mut all = BTreeSet::new();
        for segment in segments {
            all.extend(segment?);
        }
        Ok(all)
    }
}

impl SegmentCollector for CasesOfSegment {
    type Fruit = tantivy::Result<BTreeSet<String>>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        self.seen.extend(self.cases.as_ref().and_then(|cases| cases.ords().first(doc)));
    }

    fn harvest(self) -> Self::Fruit {
        let mut codes = BTreeSet::new();
        if let Some(cases) = &self.cases {
            for ord in self.seen {
                let mut code = String::new();
                cases.ord_to_str(ord, &mut code)?;
                codes.insert(code);
            }
        }
        Ok(codes)
    }
}

/// Pages come in ascending order, so each list is walked once.
fn read_positions(words: &mut [Option<SegmentPostings>], doc: DocId, into: &mut [Vec<u32>]) {
    for (postings, positions) in words.iter_mut().zip(into) {
        positions.clear();
        let Some(postings) = postings else { continue };
        if postings.doc() < doc {
            postings.seek(doc);
        }
        if postings.doc() == doc && doc != TERMINATED {
            postings.positions(positions);
        }
    }
}
