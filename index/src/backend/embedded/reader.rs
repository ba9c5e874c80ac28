//! Reading with the embedded engine.

use super::collect::{Best, Candidate};
use super::counts::{CountBy, Nearest};
use super::dictionary::Dictionary;
use super::folder;
use super::lower::lower;
use super::schema::{Fields, column};
use crate::backend::{Field, Found, Node, Plan, Reading, Similar, Term, Visible, date_of_range};
use crate::error::IndexError;
use crate::near;
use crate::search::Hit;
use record::{CaseCode, DocType, DocumentNo, PageNo};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tantivy::query::{EnableScoring, Query};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Index, IndexReader, ReloadPolicy, TERMINATED};

pub(crate) struct Reader {
    dir: PathBuf,
    reader: IndexReader,
    fields: Fields,
    /// The engine's list of segments as last loaded.
    seen: Mutex<Vec<u8>>,
}

impl Reader {
    /// Opens the index in `dir`; needs no writer and disturbs none.
    pub(crate) fn open(dir: &Path) -> Result<Self, IndexError> {
        let (index, fields) = folder::open(dir)?;
        Self::of(dir, index, fields)
    }

    pub(super) fn of(dir: &Path, index: Index, fields: Fields) -> Result<Self, IndexError> {
        let seen = read_meta(dir)?;
        let reader = folder::guarded(dir, || {
            let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
            reader.map_err(|e| IndexError::from_engine(dir, e))
        })?;
        Ok(Self { dir: dir.to_owned(), reader, fields, seen: Mutex::new(seen) })
    }

    fn guarded<T>(&self, work: impl FnOnce() -> tantivy::Result<T>) -> Result<T, IndexError> {
        folder::guarded(&self.dir, || work().map_err(|e| IndexError::from_engine(&self.dir, e)))
    }

    pub(super) fn page_count(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    fn visible(&self, visible: &Visible) -> Box<dyn Query> {
        lower(&self.fields, &Node::All(visible.nodes())).query
    }

    fn hit(&self, engine: &tantivy::Searcher, candidate: Candidate) -> tantivy::Result<Hit> {
        let columns = engine.segment_reader(candidate.address.segment_ord).fast_fields();
        let doc = candidate.address.doc_id;
        let text = |name: &str| -> tantivy::Result<Option<String>> {
            let Some(column) = columns.str(name)? else { return Ok(None) };
            let Some(ord) = column.ords().first(doc) else { return Ok(None) };
            let mut text = String::new();
            column.ord_to_str(ord, &mut text)?;
            Ok(Some(text))
        };
        let document = columns.u64(column::DOCUMENT)?.first(doc);
        let document = document.and_then(|n| u32::try_from(n).ok()).and_then(|n| DocumentNo::new(n).ok());
        let dates = (columns.i64(column::DATE_FROM)?.first(doc), columns.i64(column::DATE_TO)?.first(doc));
        Ok(Hit {
            case: known(CaseCode::new(&candidate.case).ok(), Field::Case.name())?,
            document: known(document, column::DOCUMENT)?,
            page: page_no(Some(candidate.page))?,
            folio: text(column::FOLIO)?,
            doc_type: text(Field::DocType.name())?.and_then(|code| DocType::from_code(&code)),
            date: dates.0.zip(dates.1).and_then(|(from, to)| date_of_range(from, to)),
            tier: candidate.rank.tier,
            spread: candidate.rank.window,
            in_header: !candidate.rank.outside_header,
            length: columns.u64(column::LENGTH)?.first(doc).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            fingerprint: columns.u64(column::FINGERPRINT)?.first(doc),
            of_case: candidate.of_case,
            holds: candidate.holds,
        })
    }
}

impl Reading for Reader {
    fn reload(&self) -> Result<bool, IndexError> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let meta = read_meta(&self.dir)?;
        if *seen == meta {
            return Ok(false);
        }
        self.guarded(|| self.reader.reload())?;
        *seen = meta;
        Ok(true)
    }

    fn search(&self, plan: &Plan) -> Result<Found, IndexError> {
        let keep = if plan.limit == 0 { 0 } else { plan.limit.saturating_add(plan.offset) };
        self.guarded(|| {
            let engine = self.reader.searcher();
            let is_exact = lower(&self.fields, &plan.wanted).is_exact;
            let mut nodes = plan.visible.nodes();
            nodes.push(plan.wanted.clone());
            let query = lower(&self.fields, &Node::All(nodes)).query;
            let filters = plan.ranking.asked().map(|filter| {
                lower(&self.fields, filter).query.weight(EnableScoring::disabled_from_searcher(&engine))
            });
            let filters = filters.collect::<tantivy::Result<Vec<_>>>()?;
            let best = Best {
                ranking: &plan.ranking,
                fields: self.fields,
                filters,
                is_exact,
                keep,
                by_case: plan.by_case,
                facets: &plan.facets,
            };
            let found = engine.search(&query, &best)?;
            let best = found.best.into_iter().skip(plan.offset);
            let hits = best.map(|mut candidate| {
                candidate.holds.truncate(plan.ranking.filters.len());
                self.hit(&engine, candidate)
            });
            let hits = hits.collect::<tantivy::Result<_>>()?;
            Ok(Found { total: found.total, cases: found.cases, hits, facets: found.facets })
        })
    }

    fn beginning(&self, field: Field, letters: &str) -> Result<Vec<String>, IndexError> {
        self.guarded(|| Dictionary::of(&self.reader.searcher(), self.fields.of(field)).beginning(letters))
    }

    fn near(&self, field: Field, word: &str) -> Result<Vec<String>, IndexError> {
        self.guarded(|| Dictionary::of(&self.reader.searcher(), self.fields.of(field)).near(word))
    }

    fn on_visible_pages(
        &self,
        visible: &Visible,
        field: Field,
        terms: &[String],
        limit: usize,
    ) -> Result<Vec<String>, IndexError> {
        let visible = self.visible(visible);
        self.guarded(|| {
            let engine = self.reader.searcher();
            Dictionary::of(&engine, self.fields.of(field)).on_pages(visible.as_ref(), terms, limit)
        })
    }

    fn similar(
        &self,
        visible: &Visible,
        fingerprint: u64,
        distance: u32,
        limit: usize,
    ) -> Result<Similar, IndexError> {
        let bands = near::bands(fingerprint).map(|band| Term::new(Field::Near, band)).collect();
        let mut nodes = visible.nodes();
        nodes.push(Node::Terms(bands));
        let query = lower(&self.fields, &Node::All(nodes)).query;
        self.guarded(|| {
            let nearest = Nearest { fingerprint, distance, keep: limit };
            let (total, pages) = self.reader.searcher().search(query.as_ref(), &nearest)?;
            let page = |(_, case, page): (u32, String, u64)| {
                Ok((known(CaseCode::new(&case).ok(), Field::Case.name())?, page_no(Some(page))?))
            };
            Ok(Similar { total, pages: pages.into_iter().map(page).collect::<tantivy::Result<_>>()? })
        })
    }

    fn cases(&self, visible: &Visible) -> Result<BTreeMap<CaseCode, u32>, IndexError> {
        let visible = self.visible(visible);
        self.guarded(|| {
            let cases = self.reader.searcher().search(visible.as_ref(), &CountBy(Field::Case))?;
            let code = |code: String| known(CaseCode::new(&code).ok(), Field::Case.name());
            let cases = cases.into_iter();
            cases.map(|(case, pages)| Ok((code(case)?, u32::try_from(pages).unwrap_or(u32::MAX)))).collect()
        })
    }

    fn pages_of(&self, case: &CaseCode) -> Result<Vec<PageNo>, IndexError> {
        let term = self.fields.term(&Term::new(Field::Case, case.as_str()));
        self.guarded(|| {
            let mut pages = Vec::new();
            for segment in self.reader.searcher().segment_readers() {
                let inverted = segment.inverted_index(term.field())?;
                let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else {
                    continue;
                };
                let column = segment.fast_fields().u64(column::PAGE)?;
                while postings.doc() != TERMINATED {
                    let doc = postings.doc();
                    if segment.alive_bitset().is_none_or(|alive| alive.is_alive(doc)) {
                        pages.push(page_no(column.first(doc))?);
                    }
                    postings.advance();
                }
            }
            pages.sort_unstable();
            Ok(pages)
        })
    }

    fn check(&self) -> Result<(), IndexError> {
        let damaged = self.guarded(|| self.reader.searcher().index().validate_checksum())?;
        if damaged.is_empty() {
            return Ok(());
        }
        let mut names: Vec<String> = damaged.iter().map(|p| p.display().to_string()).collect();
        names.sort();
        Err(IndexError::Corrupt { dir: self.dir.clone(), cause: format!("checksum of {}", names.join(", ")) })
    }
}

fn page_no(value: Option<u64>) -> tantivy::Result<PageNo> {
    known(value.and_then(|n| u32::try_from(n).ok()).and_then(|n| PageNo::new(n).ok()), column::PAGE)
}

/// A value that we have written ourselves; without it the index is damaged.
fn known<T>(value: Option<T>, field: &str) -> tantivy::Result<T> {
    let cause = || tantivy::error::DataCorruption::comment_only(format!("a page without {field}"));
    value.ok_or_else(|| tantivy::TantivyError::DataCorruption(cause()))
}

fn read_meta(dir: &Path) -> Result<Vec<u8>, IndexError> {
    std::fs::read(dir.join(folder::META)).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            IndexError::Corrupt { dir: dir.to_owned(), cause: format!("{} is missing", folder::META) }
        }
        _ => IndexError::io(dir, e),
    })
}
