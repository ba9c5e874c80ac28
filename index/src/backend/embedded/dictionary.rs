//! The terms of a field.

use std::collections::BTreeSet;
use tantivy::query::{EnableScoring, FuzzyTermQuery, Query};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, Searcher, TERMINATED, Term};

pub(super) struct Dictionary<'a> {
    engine: &'a Searcher,
    field: Field,
}

impl<'a> Dictionary<'a> {
    pub(super) fn of(engine: &'a Searcher, field: Field) -> Self {
        Self { engine, field }
    }

    pub(super) fn beginning(&self, letters: &str) -> tantivy::Result<Vec<String>> {
        let mut known = BTreeSet::new();
        for segment in self.engine.segment_readers() {
            let inverted = segment.inverted_index(self.field)?;
            let mut stream = inverted.terms().range().ge(letters).into_stream()?;
            while stream.advance() {
                let Ok(term) = std::str::from_utf8(stream.key()) else { continue };
                if !term.starts_with(letters) {
                    break;
                }
                known.insert(term.to_owned());
            }
        }
        Ok(known.into_iter().collect())
    }

    pub(super) fn near(&self, word: &str) -> tantivy::Result<Vec<String>> {
        let near = FuzzyTermQuery::new(Term::from_field_text(self.field, word), 1, false);
        let mut known = BTreeSet::new();
        for segment in self.engine.segment_readers() {
            let inverted = segment.inverted_index(self.field)?;
            let mut stream = inverted.terms().search(near.automaton()?).into_stream()?;
            while stream.advance() {
                known.extend(std::str::from_utf8(stream.key()).map(str::to_owned));
            }
        }
        Ok(known.into_iter().collect())
    }

    /// The first `limit` of the terms that stand on a page that `pages` matches.
    pub(super) fn on_pages(
        &self,
        pages: &dyn Query,
        terms: &[String],
        limit: usize,
    ) -> tantivy::Result<Vec<String>> {
        let pages = matched(self.engine, pages)?;
        let mut seen = Vec::new();
        for text in terms {
            let term = Term::from_field_text(self.field, text);
            if seen.len() == limit {
                break;
            }
            for (segment, pages) in self.engine.segment_readers().iter().zip(&pages) {
                let inverted = segment.inverted_index(self.field)?;
                let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else {
                    continue;
                };
                while postings.doc() != TERMINATED && !pages[postings.doc() as usize] {
                    postings.advance();
                }
                if postings.doc() != TERMINATED {
                    seen.push(text.clone());
                    break;
                }
            }
        }
        Ok(seen)
    }
}

/// Of each segment, which pages match.
fn matched(engine: &Searcher, query: &dyn Query) -> tantivy::Result<Vec<Vec<bool>>> {
    let weight = query.weight(EnableScoring::disabled_from_searcher(engine))?;
    let mut pages = Vec::new();
    for segment in engine.segment_readers() {
        let mut of_segment = vec![false; segment.max_doc() as usize];
        let mut scorer = weight.scorer(segment, 1.0)?;
        while scorer.doc() != TERMINATED {
            let doc = scorer.doc();
            of_segment[doc as usize] = segment.alive_bitset().is_none_or(|alive| alive.is_alive(doc));
            scorer.advance();
        }
        pages.push(of_segment);
    }
    Ok(pages)
}
