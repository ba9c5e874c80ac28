//! Counting pages by the terms of a column.

use super::schema::column;
use crate::backend::Field;
use std::collections::{BTreeMap, BinaryHeap};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

/// Counts of one segment, by ordinals of each column.
pub(super) struct Counts {
    columns: Vec<(Option<StrColumn>, Vec<usize>)>,
}

impl Counts {
    pub(super) fn open(reader: &SegmentReader, fields: &[Field]) -> tantivy::Result<Self> {
        let column = |field: &Field| {
            let column = reader.fast_fields().str(field.name())?;
            let terms = column.as_ref().map_or(0, |column| column.num_terms());
            Ok((column, vec![0; terms]))
        };
        Ok(Self { columns: fields.iter().map(column).collect::<tantivy::Result<_>>()? })
    }

    pub(super) fn add(&mut self, doc: DocId) {
        for (column, counts) in &mut self.columns {
            for ord in column.iter().flat_map(|column| column.term_ords(doc)) {
                if let Some(count) = usize::try_from(ord).ok().and_then(|ord| counts.get_mut(ord)) {
                    *count += 1;
                }
            }
        }
    }

    pub(super) fn harvest(self) -> tantivy::Result<Vec<BTreeMap<String, usize>>> {
        let of_column = |(column, counts): (Option<StrColumn>, Vec<usize>)| {
            let mut found = BTreeMap::new();
            let Some(column) = column else { return Ok(found) };
            for (ord, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
                let mut term = String::new();
                column.ord_to_str(ord as u64, &mut term)?;
                found.insert(term, count);
            }
            Ok(found)
        };
        self.columns.into_iter().map(of_column).collect()
    }
}

pub(super) fn add_counts(all: &mut [BTreeMap<String, usize>], more: Vec<BTreeMap<String, usize>>) {
    for (all, more) in all.iter_mut().zip(more) {
        for (term, count) in more {
            *all.entry(term).or_default() += count;
        }
    }
}

/// Counts the pages that match, by the terms of one column.
pub(super) struct CountBy(pub(super) Field);

pub(super) struct CountOfSegment(Counts);

impl Collector for CountBy {
    type Fruit = BTreeMap<String, usize>;
    type Child = CountOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<CountOfSegment> {
        Ok(CountOfSegment(Counts::open(reader, &[self.0])?))
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(
        &self,
        segments: Vec<tantivy::Result<Vec<BTreeMap<String, usize>>>>,
    ) -> tantivy::Result<Self::Fruit> {
        let mut all = [BTreeMap::new()];
        for segment in segments {
            add_counts(&mut all, segment?);
        }
        let [all] = all;
        Ok(all)
    }
}

impl SegmentCollector for CountOfSegment {
    type Fruit = tantivy::Result<Vec<BTreeMap<String, usize>>>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        self.0.add(doc);
    }

    fn harvest(self) -> Self::Fruit {
        self.0.harvest()
    }
}

/// Counts the pages whose fingerprint is near one, and keeps the nearest.
pub(super) struct Nearest {
    pub(super) fingerprint: u64,
    pub(super) distance: u32,
    pub(super) keep: usize,
}

pub(super) struct NearestOfSegment {
    asked: u64,
    distance: u32,
    keep: usize,
    fingerprints: Column<u64>,
    cases: Option<StrColumn>,
    pages: Column<u64>,
    total: usize,
    /// The farthest on top. Case ordinals of one segment sort as the codes do.
    best: BinaryHeap<(u32, u64, u64)>,
}

/// How many there are; of the nearest the bits that differ, case code and page.
pub(super) type Near = (usize, Vec<(u32, String, u64)>);

impl Collector for Nearest {
    type Fruit = Near;
    type Child = NearestOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<NearestOfSegment> {
        let columns = reader.fast_fields();
        Ok(NearestOfSegment {
            asked: self.fingerprint,
            distance: self.distance,
            keep: self.keep,
            fingerprints: columns.u64(column::FINGERPRINT)?,
            cases: columns.str(Field::Case.name())?,
            pages: columns.u64(column::PAGE)?,
            total: 0,
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Near>>) -> tantivy::Result<Near> {
        let (mut total, mut all) = (0, Vec::new());
        for segment in segments {
            let (count, pages) = segment?;
            total += count;
            all.extend(pages);
        }
        all.sort_unstable();
        all.truncate(self.keep);
        Ok((total, all))
    }
}

impl SegmentCollector for NearestOfSegment {
    type Fruit = tantivy::Result<Near>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        let Some(fingerprint) = self.fingerprints.first(doc) else { return };
        let distance = (fingerprint ^ self.asked).count_ones();
        if distance > self.distance {
            return;
        }
        self.total += 1;
        let case = self.cases.as_ref().and_then(|cases| cases.ords().first(doc)).unwrap_or(u64::MAX);
        self.best.push((distance, case, self.pages.first(doc).unwrap_or(0)));
        if self.best.len() > self.keep {
            self.best.pop();
        }
    }

    fn harvest(self) -> tantivy::Result<Near> {
        let mut best = Vec::with_capacity(self.best.len());
        for (distance, ord, page) in self.best {
            let mut case = String::new();
            if let Some(cases) = &self.cases {
                cases.ord_to_str(ord, &mut case)?;
            }
            best.push((distance, case, page));
        }
        Ok((self.total, best))
    }
}
