//! Searching, always within a clearance.

use crate::collect::{Best, Candidate, Cases};
use crate::error::IndexError;
use crate::expand::expand;
use crate::folder;
use crate::lower::{any_of, lower, visible, within};
use crate::query::Query;
use crate::rank::Tier;
use crate::schema::{Fields, name};
use crate::writer::date_of_range;
use record::{CaseCode, Clearance, DocType, DocumentNo, PageNo, PartialDate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tantivy::query::{BooleanQuery, EnableScoring, Query as EngineQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Index, IndexReader, ReloadPolicy, TERMINATED, Term};

/// Reads one index, from any thread and beside a writer in this or another process. It shows the state of the last
/// [`Searcher::reload`] (or of its opening), unchanged by commits made since.
pub struct Searcher {
    dir: PathBuf,
    reader: IndexReader,
    fields: Fields,
    /// The engine's list of segments as last loaded.
    seen: Mutex<Vec<u8>>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// All pages that answer, within the clearance.
    pub total: usize,
    /// The part asked for, best first.
    pub hits: Vec<Hit>,
    /// Beginnings (`kh*`) that stand for more words on visible pages than are looked for, as typed: there may be more pages.
    pub cut_off: Vec<String>,
}

/// A page that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Mã hồ sơ.
    pub case: CaseCode,
    /// Its document.
    pub document: DocumentNo,
    /// Its number in the case file.
    pub page: PageNo,
    /// Bút lục, as read or listed.
    pub folio: Option<String>,
    /// The kind of its document.
    pub doc_type: Option<DocType>,
    /// The date of its document.
    pub date: Option<PartialDate>,
    /// How well it answers.
    pub tier: Tier,
    /// How far apart the words stand, in words: 0 where they stand together as asked. Of equal tiers the smaller comes first.
    pub spread: u32,
    /// Which groups of filters it holds; by index into `Query::filters`.
    pub(crate) holds: Vec<bool>,
}

impl Searcher {
    /// Opens the index in `dir` for reading; needs no writer and disturbs none.
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        let (index, fields) = folder::open(dir)?;
        Self::of(dir, index, fields)
    }

    pub(crate) fn of(dir: &Path, index: Index, fields: Fields) -> Result<Self, IndexError> {
        let seen = read_meta(dir)?;
        let reader = folder::guarded(dir, || {
            let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
            reader.map_err(|e| IndexError::from_engine(dir, e))
        })?;
        Ok(Self { dir: dir.to_owned(), reader, fields, seen: Mutex::new(seen) })
    }

    /// Shows what has been committed since, by whatever process. Gives whether there was anything; costs one small
    /// file read if not.
    pub fn reload(&self) -> Result<bool, IndexError> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let meta = read_meta(&self.dir)?;
        if *seen == meta {
            return Ok(false);
        }
        self.guarded(|| self.reader.reload())?;
        *seen = meta;
        Ok(true)
    }

    /// The pages that answer `query`, as far as `clearance` covers them: `limit` of them after the first `offset`,
    /// in a fixed order. Cost grows with the pages that have all the words.
    pub fn search(
        &self,
        clearance: &Clearance,
        query: &Query,
        limit: usize,
        offset: usize,
    ) -> Result<Results, IndexError> {
        let keep = if limit == 0 { 0 } else { limit.saturating_add(offset) };
        self.guarded(|| {
            let engine = self.reader.searcher();
            let seen = BooleanQuery::intersection(visible(&self.fields, clearance));
            let expansion = expand(&engine, &self.fields, query, &seen)?;
            let lowered = lower(&self.fields, query, &expansion);
            let is_exact = lowered.is_exact;
            let engine_query = within(&self.fields, clearance, lowered);
            let cut_off =
                expansion.cut_off.iter().map(|word| format!("{}*", query.words[*word].typed)).collect();
            let filters = query.filters.iter().map(|group| {
                any_of(&self.fields, group).weight(EnableScoring::disabled_from_searcher(&engine))
            });
            let filters = filters.collect::<tantivy::Result<Vec<_>>>()?;
            let best =
                Best { query: Arc::new(query.clone()), terms: expansion.words, filters, is_exact, keep };
            let found = engine.search(&engine_query, &best)?;
            let mut hits = Vec::new();
            for candidate in found.best.into_iter().skip(offset) {
                hits.push(self.hit(&engine, candidate)?);
            }
            Ok(Results { total: found.total, hits, cut_off })
        })
    }

    /// The cases of which the clearance covers a page. Costs one step for each page covered.
    pub fn cases_within(&self, clearance: &Clearance) -> Result<BTreeSet<CaseCode>, IndexError> {
        self.guarded(|| {
            let engine = self.reader.searcher();
            let codes =
                engine.search(&BooleanQuery::intersection(visible(&self.fields, clearance)), &Cases)?;
            codes.iter().map(|code| known(CaseCode::new(code).ok(), name::CASE)).collect()
        })
    }

    /// How many pages the index has, of all cases: for reconciliation, not for people who search.
    pub fn page_count(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// The cases of the index and how many pages it has of each: for reconciliation.
    pub fn cases(&self) -> Result<BTreeMap<CaseCode, u32>, IndexError> {
        self.guarded(|| {
            let mut cases = BTreeMap::new();
            for segment in self.reader.searcher().segment_readers() {
                let Some(column) = segment.fast_fields().str(name::CASE)? else { continue };
                let mut pages: BTreeMap<u64, u32> = BTreeMap::new();
                for ord in segment.doc_ids_alive().filter_map(|doc| column.ords().first(doc)) {
                    *pages.entry(ord).or_default() += 1;
                }
                for (ord, count) in pages {
                    let mut code = String::new();
                    column.ord_to_str(ord, &mut code)?;
                    *cases.entry(known(CaseCode::new(&code).ok(), name::CASE)?).or_default() += count;
                }
            }
            Ok(cases)
        })
    }

    /// The pages that the index has of a case, in order; twice if it has one twice. For reconciliation.
    pub fn pages_of(&self, case: &CaseCode) -> Result<Vec<PageNo>, IndexError> {
        self.guarded(|| {
            let term = Term::from_field_text(self.fields.case, case.as_str());
            let mut pages = Vec::new();
            for segment in self.reader.searcher().segment_readers() {
                let inverted = segment.inverted_index(self.fields.case)?;
                let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else {
                    continue;
                };
                let column = segment.fast_fields().u64(name::PAGE)?;
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

    /// Reads all files of the index and compares their checksums; [`IndexError::Corrupt`] names those that differ.
    pub fn check(&self) -> Result<(), IndexError> {
        let damaged = self.guarded(|| self.reader.searcher().index().validate_checksum())?;
        if damaged.is_empty() {
            return Ok(());
        }
        let mut names: Vec<String> = damaged.iter().map(|p| p.display().to_string()).collect();
        names.sort();
        Err(IndexError::Corrupt { dir: self.dir.clone(), cause: format!("checksum of {}", names.join(", ")) })
    }

    fn guarded<T>(&self, work: impl FnOnce() -> tantivy::Result<T>) -> Result<T, IndexError> {
        folder::guarded(&self.dir, || work().map_err(|e| IndexError::from_engine(&self.dir, e)))
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
        let dates = (columns.i64(name::DATE_FROM)?.first(doc), columns.i64(name::DATE_TO)?.first(doc));
        let document = columns.u64(name::DOCUMENT)?.first(doc);
        let document = document.and_then(|n| u32::try_from(n).ok()).and_then(|n| DocumentNo::new(n).ok());
        Ok(Hit {
            case: known(CaseCode::new(&candidate.case).ok(), name::CASE)?,
            document: known(document, name::DOCUMENT)?,
            page: page_no(Some(candidate.page))?,
            folio: text(name::FOLIO)?,
            doc_type: text(name::DOC_TYPE)?.and_then(|code| DocType::from_code(&code)),
            date: match dates {
                (Some(from), Some(to)) => date_of_range(from, to),
                _ => None,
            },
            tier: candidate.rank.tier,
            spread: candidate.rank.window,
            holds: candidate.holds,
        })
    }
}

fn page_no(value: Option<u64>) -> tantivy::Result<PageNo> {
    known(value.and_then(|n| u32::try_from(n).ok()).and_then(|n| PageNo::new(n).ok()), name::PAGE)
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
