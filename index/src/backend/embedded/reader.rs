//! Reading with the embedded engine.

use super::collect::{self, Best, Candidate};
use super::counts::{CountBy, Nearest, add_counts};
use super::dictionary::Dictionary;
use super::folder;
use super::lower::{Lowered, lower, only_with_another, visible};
use super::schema::{Fields, column};
use crate::backend::{Field, Found, Node, Plan, Reading, Similar, Term, Visible, Whole, date_of_range};
use crate::error::IndexError;
use crate::near;
use crate::search::Hit;
use record::{CaseCode, DocType, DocumentNo, PageNo};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use tantivy::collector::Count;
use tantivy::query::{BooleanQuery, EnableScoring, Query};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Executor, Index, IndexReader, ReloadPolicy, TERMINATED};

/// From so many on, starting threads costs nothing beside the search.
const MANY_PAGES: u64 = 500_000;

pub(crate) struct Reader {
    dir: PathBuf,
    reader: IndexReader,
    /// Several threads for a large index, each for a segment.
    threads: OnceLock<Executor>,
    fields: Fields,
    /// The engine's list of segments as last loaded.
    seen: Mutex<Vec<u8>>,
}

impl Reader {
    /// Opens the index in `dir`; needs no writer and disturbs none.
    pub(crate) fn open(dir: &Path) -> Result<Self, IndexError> {
        folder::steady(dir, || {
            let (index, fields) = folder::open(dir)?;
            Self::of(dir, index, fields)
        })
    }

    pub(super) fn of(dir: &Path, index: Index, fields: Fields) -> Result<Self, IndexError> {
        let seen = folder::read_meta(dir)?;
        let reader = folder::guarded(dir, || {
            let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
            reader.map_err(|e| IndexError::from_engine(dir, e))
        })?;
        Ok(Self { dir: dir.to_owned(), reader, threads: OnceLock::new(), fields, seen: Mutex::new(seen) })
    }

    fn guarded<T>(&self, work: impl FnOnce() -> tantivy::Result<T>) -> Result<T, IndexError> {
        folder::guarded(&self.dir, || work().map_err(|e| IndexError::from_engine(&self.dir, e)))
    }

    /// Who walks: this thread, or for a large index several.
    fn threads(&self, engine: &tantivy::Searcher) -> Executor {
        if engine.num_docs() < MANY_PAGES {
            return Executor::single_thread();
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // Where none can be started, this one does it alone.
        let several = || Executor::multi_thread(cores, "search-").unwrap_or(Executor::SingleThread);
        self.threads.get_or_init(several).clone()
    }

    pub(super) fn page_count(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    fn visible(&self, pages: &Visible) -> Box<dyn Query> {
        Box::new(BooleanQuery::intersection(visible(&self.fields, pages)))
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

/// A walk over visible pages.
struct Walk<'a> {
    /// Which pages answer.
    wanted: &'a Node,
    /// What they must have beside it.
    narrowed: Option<&'a Node>,
    /// Where all pages are that are not left out, if anywhere but by `wanted`; and which are left out, all of which answer.
    beside: Option<(Box<dyn Query>, &'a Node)>,
    /// Pages to keep.
    keep: usize,
    by_case: bool,
    facets: &'a [Field],
}

impl<'a> Walk<'a> {
    fn of(plan: &'a Plan) -> Self {
        let keep = if plan.limit == 0 { 0 } else { plan.limit.saturating_add(plan.offset) };
        let (by_case, facets) = (plan.by_case, plan.facets.as_slice());
        Self { wanted: &plan.wanted, narrowed: None, beside: None, keep, by_case, facets }
    }
}

impl Reader {
    /// The answer, where there are as many pages as are asked for on which all words stand together: only those are looked at, and
    /// all that answer are counted unread. `None` where there are fewer.
    fn found_together(
        &self,
        engine: &tantivy::Searcher,
        plan: &Plan,
    ) -> tantivy::Result<Option<collect::Found>> {
        let whole = Walk::of(plan);
        let Some(together) = plan.together.as_ref().filter(|_| whole.keep > 0 && !whole.by_case) else {
            return Ok(None);
        };
        if !lower(&self.fields, &plan.wanted).is_exact {
            return Ok(None);
        }
        let keep = whole.keep;
        let best = self.walk(engine, plan, Walk { narrowed: Some(together), facets: &[], ..whole })?.best;
        let all_together = best.iter().all(|page| page.rank.tier.is_plainly_together());
        if best.len() < keep || !all_together {
            return Ok(None);
        }
        let counted = self.walk(engine, plan, Walk { keep: 0, ..Walk::of(plan) })?;
        Ok(Some(collect::Found { best, ..counted }))
    }

    /// The answer, where as many pages as are asked for answer without any misread word: of the others it is only looked whether
    /// they answer. `None` where there are fewer.
    fn found_plainly(
        &self,
        engine: &tantivy::Searcher,
        plan: &Plan,
    ) -> tantivy::Result<Option<collect::Found>> {
        let whole = Walk::of(plan);
        let Some(plainly) = plan.plainly.as_ref().filter(|_| !whole.by_case) else { return Ok(None) };
        let Some(others) = only_with_another(&self.fields, &plan.wanted) else { return Ok(None) };
        if !lower(&self.fields, plainly).is_exact {
            return Ok(None);
        }
        let keep = whole.keep;
        let mut found = self.walk(engine, plan, Walk { wanted: plainly, ..whole })?;
        if found.best.len() < keep {
            return Ok(None);
        }
        let others =
            self.walk(engine, plan, Walk { beside: Some((others, plainly)), keep: 0, ..Walk::of(plan) })?;
        found.total += others.total;
        add_counts(&mut found.facets, others.facets);
        Ok(Some(found))
    }

    fn walk(
        &self,
        engine: &tantivy::Searcher,
        plan: &Plan,
        walk: Walk<'_>,
    ) -> tantivy::Result<collect::Found> {
        let weight = |query: &dyn Query| query.weight(EnableScoring::disabled_from_searcher(engine));
        let Lowered { query, is_exact } = lower(&self.fields, walk.wanted);
        let (query, without) = match walk.beside {
            Some((beside, left_out)) => (beside, Some(weight(&*lower(&self.fields, left_out).query)?)),
            None => (query, None),
        };
        let is_exact = is_exact && without.is_none();
        let mut all = visible(&self.fields, &plan.visible);
        all.extend(walk.narrowed.map(|node| lower(&self.fields, node).query));
        all.push(query);
        let query = BooleanQuery::intersection(all);
        let scoring = EnableScoring::disabled_from_searcher(engine);
        if is_exact && walk.keep == 0 && !walk.by_case && walk.facets.is_empty() {
            let total = engine.search_with_executor(&query, &Count, &self.threads(engine), scoring)?;
            return Ok(collect::Found { total, cases: 0, facets: Vec::new(), best: Vec::new() });
        }
        let filters = plan.ranking.asked().map(|filter| weight(&*lower(&self.fields, filter).query));
        let filters = filters.collect::<tantivy::Result<Vec<_>>>()?;
        let (ranking, fields) = (&plan.ranking, self.fields);
        let (keep, by_case, facets) = (walk.keep, walk.by_case, walk.facets);
        let best = Best { ranking, fields, filters, is_exact, without, keep, by_case, facets };
        engine.search_with_executor(&query, &best, &self.threads(engine), scoring)
    }
}

impl Reading for Reader {
    fn reload(&self) -> Result<bool, IndexError> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        folder::steady(&self.dir, || {
            let meta = folder::read_meta(&self.dir)?;
            if *seen == meta {
                return Ok(false);
            }
            self.guarded(|| self.reader.reload())?;
            *seen = meta;
            Ok(true)
        })
    }

    fn search(&self, plan: &Plan) -> Result<Found, IndexError> {
        self.guarded(|| {
            let engine = self.reader.searcher();
            let found = match self.found_together(&engine, plan)? {
                Some(found) => Some(found),
                None => self.found_plainly(&engine, plan)?,
            };
            let found = match found {
                Some(found) => found,
                None => self.walk(&engine, plan, Walk::of(plan))?,
            };
            let best = found.best.into_iter().skip(plan.offset);
            let hits = best.map(|mut candidate| {
                candidate.holds.truncate(plan.ranking.filters.len());
                self.hit(&engine, candidate)
            });
            let hits = hits.collect::<tantivy::Result<_>>()?;
            Ok(Found { total: found.total, cases: found.cases, hits, facets: found.facets })
        })
    }

    fn beginning(&self, _: Whole, field: Field, letters: &str) -> Result<Vec<String>, IndexError> {
        self.guarded(|| Dictionary::of(&self.reader.searcher(), self.fields.of(field)).beginning(letters))
    }

    fn near(&self, _: Whole, field: Field, word: &str) -> Result<Vec<String>, IndexError> {
        self.guarded(|| Dictionary::of(&self.reader.searcher(), self.fields.of(field)).near(word))
    }

    fn on_visible_pages(
        &self,
        pages: &Visible,
        field: Field,
        terms: &[String],
        limit: usize,
    ) -> Result<Vec<String>, IndexError> {
        let pages = self.visible(pages);
        self.guarded(|| {
            let engine = self.reader.searcher();
            Dictionary::of(&engine, self.fields.of(field)).on_pages(pages.as_ref(), terms, limit)
        })
    }

    fn similar(
        &self,
        pages: &Visible,
        fingerprint: u64,
        distance: u32,
        limit: usize,
    ) -> Result<Similar, IndexError> {
        let bands = near::bands(fingerprint).map(|band| Term::new(Field::Near, band)).collect();
        let mut all = visible(&self.fields, pages);
        all.push(lower(&self.fields, &Node::Terms(bands)).query);
        let query = BooleanQuery::intersection(all);
        self.guarded(|| {
            let nearest = Nearest { fingerprint, distance, keep: limit };
            let engine = self.reader.searcher();
            let scoring = EnableScoring::disabled_from_searcher(&engine);
            let (total, pages) =
                engine.search_with_executor(&query, &nearest, &self.threads(&engine), scoring)?;
            let page = |(_, case, page): (u32, String, u64)| {
                Ok((known(CaseCode::new(&case).ok(), Field::Case.name())?, page_no(Some(page))?))
            };
            Ok(Similar { total, pages: pages.into_iter().map(page).collect::<tantivy::Result<_>>()? })
        })
    }

    fn cases(&self, pages: &Visible) -> Result<BTreeMap<CaseCode, u32>, IndexError> {
        let pages = self.visible(pages);
        self.guarded(|| {
            let cases = self.reader.searcher().search(pages.as_ref(), &CountBy(Field::Case))?;
            let code = |code: String| known(CaseCode::new(&code).ok(), Field::Case.name());
            let cases = cases.into_iter();
            cases.map(|(case, pages)| Ok((code(case)?, u32::try_from(pages).unwrap_or(u32::MAX)))).collect()
        })
    }

    fn pages_of(&self, _: Whole, case: &CaseCode) -> Result<Vec<PageNo>, IndexError> {
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
        folder::steady(&self.dir, || {
            let searcher = self.reader.searcher();
            let index = searcher.index();
            // Not by the engine's own `validate_checksum`: it passes over what its list of files does not name. What the list names must be
            // there, for a segment opens without its positions.
            let files = self.guarded(|| Ok(index.load_metas()?.list_segment_files()))?;
            let named = index.directory().list_managed_files();
            let mut damaged = Vec::new();
            for file in files.iter().filter(|file| named.contains(*file) || self.dir.join(file).exists()) {
                if !self.guarded(|| Ok(index.directory().validate_checksum(file)?))? {
                    damaged.push(file.display().to_string());
                }
            }
            if damaged.is_empty() {
                return Ok(());
            }
            damaged.sort();
            let cause = format!("checksum of {}", damaged.join(", "));
            Err(IndexError::Corrupt { dir: self.dir.clone(), cause })
        })
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
