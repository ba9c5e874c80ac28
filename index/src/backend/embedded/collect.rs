//! Ranking inside the engine's walk over matching pages: positions are read there, and only the best are kept.

use super::counts::{Counts, add_counts};
use super::places::{PagePlaces, is_at};
use super::schema::{Fields, column};
use crate::backend::{Field, Rank, Ranking};
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{Scorer, Weight};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

/// Counts all pages that answer and keeps the `keep` best, in the order of [`Rank`], case code, page.
pub(crate) struct Best<'a> {
    pub(crate) ranking: &'a Ranking,
    pub(crate) fields: Fields,
    /// Of each node of [`Ranking::asked`].
    pub(crate) filters: Vec<Box<dyn Weight>>,
    /// Whether all pages that the engine finds answer.
    pub(crate) is_exact: bool,
    /// Pages that are left out.
    pub(crate) without: Option<Box<dyn Weight>>,
    pub(crate) keep: usize,
    /// Whether only the best page of each case counts as one of them.
    pub(crate) by_case: bool,
    pub(crate) facets: &'a [Field],
}

/// A page found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) rank: Rank,
    pub(crate) case: String,
    pub(crate) page: u64,
    pub(crate) address: DocAddress,
    /// As [`crate::backend::Page::holds`].
    pub(crate) holds: Vec<bool>,
    /// Pages of its case that answer, where asked by case.
    pub(crate) of_case: usize,
}

pub(crate) struct Found {
    pub(crate) total: usize,
    pub(crate) cases: usize,
    pub(crate) facets: Vec<BTreeMap<String, usize>>,
    /// Best first, at most as many as were to be kept.
    pub(crate) best: Vec<Candidate>,
}

impl Collector for Best<'_> {
    type Fruit = Found;
    type Child = BestOfSegment;

    fn for_segment(&self, ordinal: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<BestOfSegment> {
        let filters = self.filters.iter().map(|weight| weight.scorer(reader, 1.0));
        Ok(BestOfSegment {
            ranking: self.ranking.clone(),
            places: PagePlaces::open(reader, &self.fields, self.ranking)?,
            filters: filters.collect::<tantivy::Result<Vec<_>>>()?,
            holds: Vec::new(),
            is_exact: self.is_exact,
            without: self.without.as_ref().map(|weight| weight.scorer(reader, 1.0)).transpose()?,
            cases: reader.fast_fields().str(Field::Case.name())?,
            pages: reader.fast_fields().u64(column::PAGE)?,
            lengths: reader.fast_fields().u64(column::LENGTH)?,
            ordinal,
            keep: self.keep,
            total: 0,
            best: BinaryHeap::new(),
            by_case: self.by_case.then(HashMap::new),
            counts: Counts::open(reader, self.facets)?,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Found>>) -> tantivy::Result<Found> {
        let mut all =
            Found { total: 0, cases: 0, facets: vec![BTreeMap::new(); self.facets.len()], best: Vec::new() };
        for segment in segments {
            let segment = segment?;
            all.total += segment.total;
            all.best.extend(segment.best);
            add_counts(&mut all.facets, segment.facets);
        }
        if self.by_case {
            all.best = best_of_each_case(all.best);
            all.cases = all.best.len();
        }
        all.best.sort_unstable();
        all.best.truncate(self.keep);
        Ok(all)
    }
}

/// A case may have pages in several segments.
fn best_of_each_case(pages: Vec<Candidate>) -> Vec<Candidate> {
    let mut cases: BTreeMap<String, Candidate> = BTreeMap::new();
    for page in pages {
        let Some(known) = cases.get_mut(&page.case) else {
            cases.insert(page.case.clone(), page);
            continue;
        };
        let of_case = known.of_case + page.of_case;
        if page < *known {
            *known = page;
        }
        known.of_case = of_case;
    }
    cases.into_values().collect()
}

pub(crate) struct BestOfSegment {
    ranking: Ranking,
    places: PagePlaces,
    filters: Vec<Box<dyn Scorer>>,
    holds: Vec<bool>,
    is_exact: bool,
    without: Option<Box<dyn Scorer>>,
    cases: Option<StrColumn>,
    pages: Column<u64>,
    lengths: Column<u64>,
    ordinal: SegmentOrdinal,
    keep: usize,
    total: usize,
    /// The worst on top. Case ordinals of one segment sort as the codes do.
    best: BinaryHeap<Entry>,
    /// The best page of each case and how many answer, by case ordinal.
    by_case: Option<HashMap<u64, (Entry, usize)>>,
    counts: Counts,
}

/// Rank, ordinal of the case, page, document, filters that hold.
type Entry = (Rank, u64, u64, DocId, Vec<bool>);

impl SegmentCollector for BestOfSegment {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        if self.without.as_mut().is_some_and(|without| is_at(without, doc)) {
            return;
        }
        if self.is_exact && !self.may_be_kept(doc) {
            self.total += 1;
            self.counts.add(doc);
            return;
        }
        self.look_at_filters(doc);
        self.places.go_to(doc);
        let length = self.lengths.first(doc).and_then(|length| u32::try_from(length).ok()).unwrap_or(0);
        let Some(rank) = self.ranking.rank_of(&mut self.places, &self.holds, length) else { return };
        self.total += 1;
        self.counts.add(doc);
        if self.keep == 0 && self.by_case.is_none() {
            return;
        }
        let (case, page) = name_of(&self.cases, &self.pages, doc);
        let entry = (rank, case, page, doc, self.holds.clone());
        match &mut self.by_case {
            Some(cases) => match cases.entry(case) {
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert((entry, 1));
                }
                std::collections::hash_map::Entry::Occupied(mut known) => {
                    let (best, count) = known.get_mut();
                    *count += 1;
                    if entry < *best {
                        *best = entry;
                    }
                }
            },
            None => {
                self.best.push(entry);
                if self.best.len() > self.keep {
                    self.best.pop();
                }
            }
        }
    }

    fn harvest(self) -> tantivy::Result<Found> {
        let best = self.best.into_sorted_vec().into_iter().map(|entry| (entry, 0));
        let mut found = Vec::new();
        for ((rank, case_ord, page, doc, holds), of_case) in
            best.chain(self.by_case.into_iter().flat_map(HashMap::into_values))
        {
            let mut case = String::new();
            if let Some(cases) = &self.cases {
                cases.ord_to_str(case_ord, &mut case)?;
            }
            let address = DocAddress::new(self.ordinal, doc);
            found.push(Candidate { rank, case, page, address, holds, of_case });
        }
        Ok(Found { total: self.total, cases: 0, facets: self.counts.harvest()?, best: found })
    }
}

impl BestOfSegment {
    /// Whether a page that answers may be one of the best, as far as that can be told without its positions: where all kept ones
    /// are as good as it can be at best, by its name.
    fn may_be_kept(&mut self, doc: DocId) -> bool {
        if self.by_case.is_some() {
            return true;
        }
        if self.best.len() < self.keep || self.keep == 0 {
            return self.keep > 0;
        }
        let Some((worst, case, page, ..)) = self.best.peek() else { return true };
        let (worst, name) = (*worst, (*case, *page));
        let header = self.ranking.header.as_ref().and(self.filters.last_mut());
        let is_in_header = header.is_some_and(|header| is_at(header, doc));
        let (places, cases, pages) = (&mut self.places, &self.cases, &self.pages);
        let beats = |best: Rank| best < worst || best == worst && name_of(cases, pages, doc) < name;
        self.ranking.may_beat(is_in_header, &mut |level, word| places.stands(level, word, doc), &beats)
    }

    fn look_at_filters(&mut self, doc: DocId) {
        self.holds.clear();
        self.holds.extend(self.filters.iter_mut().map(|filter| is_at(filter, doc)));
    }
}

/// Ordinal of its case, and page.
fn name_of(cases: &Option<StrColumn>, pages: &Column<u64>, doc: DocId) -> (u64, u64) {
    let case = cases.as_ref().and_then(|cases| cases.ords().first(doc));
    (case.unwrap_or(u64::MAX), pages.first(doc).unwrap_or(0))
}
