//! Searching, always within a clearance.

use crate::backend::embedded::Reader;
use crate::backend::{Field, Plan, Ranking, Reading, Similar, Visible, Whole};
use crate::error::IndexError;
use crate::expand::expand;
use crate::facet::{Facet, FacetCounts};
use crate::lower::{any_of, in_header, lower, plainly, together};
use crate::near;
use crate::query::Query;
use crate::rank::{LEAST_LENGTH, Tier};
use record::{CaseCode, Clearance, DocType, DocumentNo, PageNo, PartialDate};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Reads one index, from any thread and beside a writer in this or another process. It shows the state of the last
/// [`Searcher::reload`] (or of its opening), unchanged by commits made since.
///
/// Whatever it tells, it tells within a clearance. Nobody searches without saying who asks:
///
/// ```
/// use record::{Clearance, Secrecy};
/// let dir = tempfile::tempdir()?;
/// let indexer = index::Indexer::open_or_create(dir.path())?;
/// let searcher = indexer.searcher()?;
/// let query = index::Query::parse("án")?;
/// let clearance = Clearance::whole_archive(Secrecy::Thuong);
/// assert_eq!(searcher.search(&clearance, &query, 10, 0)?.total, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail,E0061
/// fn total(searcher: &index::Searcher, query: &index::Query) -> usize {
///     searcher.search(query, 10, 0).unwrap().total
/// }
/// ```
///
/// Nor does an engine tell its terms or pages past it:
///
/// ```compile_fail,E0624
/// fn words(engine: &dyn index::backend::Reading) -> Vec<String> {
///     let whole = index::backend::Whole::index();
///     engine.beginning(whole, index::backend::Field::Folded, "").unwrap()
/// }
/// ```
pub struct Searcher {
    backend: Box<dyn Reading>,
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
    /// How far apart the words stand: in a phrase, the other words between; else the words of the shortest stretch with all of them, of
    /// a page with few words as many as on one with [`LEAST_LENGTH`]. 0 where they stand side by side as asked. Of equal tiers the
    /// smaller comes first.
    pub spread: u32,
    /// Whether it has the header of its document, and that all the words; of equal spreads these come first.
    pub in_header: bool,
    /// How many words it has, marks included.
    pub length: u32,
    /// What its text looks like as a whole: see [`Searcher::similar`].
    pub fingerprint: Option<u64>,
    /// How many pages of its case answer; 0 unless asked by case.
    pub of_case: usize,
    /// Which groups of filters it holds, in the order of the question.
    pub holds: Vec<bool>,
}

impl Hit {
    /// [`Hit::spread`] on the page itself, whatever its length.
    pub fn spread_here(&self) -> u32 {
        match self.length {
            1..LEAST_LENGTH if !self.tier.is_together() => {
                (u64::from(self.spread) * u64::from(self.length) / u64::from(LEAST_LENGTH)) as u32
            }
            _ => self.spread,
        }
    }
}

/// What was found, by case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResults {
    /// All pages that answer, within the clearance.
    pub total: usize,
    /// The cases that they belong to.
    pub cases: usize,
    /// The part asked for: the best page of each case, best first, with [`Hit::of_case`].
    pub hits: Vec<Hit>,
    /// As [`Results::cut_off`].
    pub cut_off: Vec<String>,
}

/// What of an answer is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asking {
    /// Hits to give.
    pub limit: usize,
    /// Hits to leave out before.
    pub offset: usize,
    /// Whether hits are cases: of each the best page.
    pub by_case: bool,
    /// Whether to count what the pages found have in common.
    pub facets: bool,
}

/// All that was wanted of an answer, found in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// All pages that answer, within the clearance.
    pub total: usize,
    /// The cases that they belong to, where hits are cases.
    pub cases: Option<usize>,
    /// The part asked for, best first.
    pub hits: Vec<Hit>,
    /// How many of the pages that answer have each value, where that was asked.
    pub facets: Vec<FacetCounts>,
    /// As [`Results::cut_off`].
    pub cut_off: Vec<String>,
}

impl Searcher {
    /// Opens the index in `dir` for reading; needs no writer and disturbs none.
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        Ok(Self::with(Box::new(Reader::open(dir)?)))
    }

    /// Reads with this engine.
    pub fn with(backend: Box<dyn Reading>) -> Self {
        Self { backend }
    }

    /// Shows what has been committed since, by whatever process. Gives whether there was anything; costs one small
    /// file read if not.
    pub fn reload(&self) -> Result<bool, IndexError> {
        self.backend.reload()
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
        let Answer { total, hits, cut_off, .. } =
            self.answer(clearance, query, Asking { limit, offset, ..Asking::default() })?;
        Ok(Results { total, hits, cut_off })
    }

    /// The same by case: of each case its best page, in the same order.
    pub fn search_cases(
        &self,
        clearance: &Clearance,
        query: &Query,
        limit: usize,
        offset: usize,
    ) -> Result<CaseResults, IndexError> {
        let asking = Asking { limit, offset, by_case: true, facets: false };
        let Answer { total, cases, hits, cut_off, .. } = self.answer(clearance, query, asking)?;
        Ok(CaseResults { total, cases: cases.unwrap_or_default(), hits, cut_off })
    }

    /// How many of the pages that answer have each value, as far as `clearance` covers them.
    pub fn facets(&self, clearance: &Clearance, query: &Query) -> Result<Vec<FacetCounts>, IndexError> {
        Ok(self.answer(clearance, query, Asking { facets: true, ..Asking::default() })?.facets)
    }

    /// All that is wanted of an answer: the engine is asked once.
    pub fn answer(&self, clearance: &Clearance, query: &Query, asking: Asking) -> Result<Answer, IndexError> {
        let visible = Visible::new(clearance);
        let expansion = expand(self.backend.as_ref(), query, &visible)?;
        let wanted = lower(query, &expansion.words);
        let (together, plainly) = (together(query), plainly(query, &expansion.words));
        let filters = query.filters.iter().map(|group| any_of(group)).collect();
        let header = in_header(query, &expansion.words);
        let ranking = Ranking { query: Arc::new(query.clone()), words: expansion.words, filters, header };
        let Asking { limit, offset, by_case, .. } = asking;
        let fields = if asking.facets { Facet::ALL.map(Facet::field).to_vec() } else { Vec::new() };
        let plan =
            Plan { visible, wanted, together, plainly, ranking, limit, offset, by_case, facets: fields };
        let found = self.backend.search(&plan)?;
        let facets = found.facets.into_iter().map(|counts| {
            let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            counts
        });
        let facets = Facet::ALL.into_iter().zip(facets).map(|(facet, counts)| FacetCounts { facet, counts });
        Ok(Answer {
            total: found.total,
            cases: by_case.then_some(found.cases),
            hits: found.hits,
            facets: facets.collect(),
            cut_off: expansion.cut_off.iter().map(|word| format!("{}*", query.words[*word].typed)).collect(),
        })
    }

    /// Other pages that are nearly the same as a hit, as far as `clearance` covers them; `limit` of them, the closest first.
    pub fn similar(&self, clearance: &Clearance, hit: &Hit, limit: usize) -> Result<Similar, IndexError> {
        let Some(fingerprint) = hit.fingerprint else { return Ok(Similar::default()) };
        // The page itself is among them.
        let visible = Visible::new(clearance);
        let mut found =
            self.backend.similar(&visible, fingerprint, near::DISTANCE, limit.saturating_add(1))?;
        let itself = |page: &(CaseCode, PageNo)| page.0 == hit.case && page.1 == hit.page;
        found.pages.retain(|page| !itself(page));
        found.pages.truncate(limit);
        found.total = found.total.saturating_sub(1);
        Ok(found)
    }

    /// The cases of which the clearance covers a page. Costs one step for each page covered.
    pub fn cases_within(&self, clearance: &Clearance) -> Result<BTreeSet<CaseCode>, IndexError> {
        Ok(self.backend.cases(&Visible::new(clearance))?.into_keys().collect())
    }

    /// Whether the clearance covers a case, by the label that its pages in the index have; `None` where the index has none of them.
    pub fn covers(&self, clearance: &Clearance, case: &CaseCode) -> Result<Option<bool>, IndexError> {
        if self.backend.pages_of(Whole::index(), case)?.is_empty() {
            return Ok(None);
        }
        let terms = [case.as_str().to_owned()];
        let visible = self.backend.on_visible_pages(&Visible::new(clearance), Field::Case, &terms, 1)?;
        Ok(Some(!visible.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Found;
    use crate::{IndexCase, IndexPage, Indexer};
    use record::{AccessLabel, Secrecy};
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts the questions that the engine behind it is asked.
    struct Counting {
        engine: Reader,
        asked: Arc<AtomicUsize>,
    }

    impl Reading for Counting {
        fn reload(&self) -> Result<bool, IndexError> {
            self.engine.reload()
        }
        fn search(&self, plan: &Plan) -> Result<Found, IndexError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.engine.search(plan)
        }
        fn beginning(&self, of: Whole, field: Field, letters: &str) -> Result<Vec<String>, IndexError> {
            self.engine.beginning(of, field, letters)
        }
        fn near(&self, of: Whole, field: Field, word: &str) -> Result<Vec<String>, IndexError> {
            self.engine.near(of, field, word)
        }
        fn on_visible_pages(
            &self,
            visible: &Visible,
            field: Field,
            terms: &[String],
            limit: usize,
        ) -> Result<Vec<String>, IndexError> {
            self.engine.on_visible_pages(visible, field, terms, limit)
        }
        fn similar(
            &self,
            visible: &Visible,
            fingerprint: u64,
            distance: u32,
            limit: usize,
        ) -> Result<Similar, IndexError> {
            self.engine.similar(visible, fingerprint, distance, limit)
        }
        fn cases(&self, visible: &Visible) -> Result<BTreeMap<CaseCode, u32>, IndexError> {
            self.engine.cases(visible)
        }
        fn pages_of(&self, of: Whole, case: &CaseCode) -> Result<Vec<PageNo>, IndexError> {
            self.engine.pages_of(of, case)
        }
        fn check(&self) -> Result<(), IndexError> {
            self.engine.check()
        }
    }

    #[test]
    fn hits_and_counts_are_one_question_to_the_engine() {
        let dir = tempfile::tempdir().unwrap();
        let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
        for (code, year) in [("HS-1", 2019), ("HS-2", 2020)] {
            let label = AccessLabel { secrecy: Secrecy::Thuong, unit: "KV7".into() };
            let case = IndexCase { code: CaseCode::new(code).unwrap(), label, year: Some(year), kind: None };
            let page = |no| IndexPage {
                document: DocumentNo::new(1).unwrap(),
                page: PageNo::new(no).unwrap(),
                folio: None,
                doc_type: None,
                date: None,
                number: None,
                units: Vec::new(),
                persons: Vec::new(),
                text: None,
            };
            indexer.put_case(&case, [page(1), page(2)]).unwrap();
        }
        indexer.commit().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let engine = Counting { engine: Reader::open(dir.path()).unwrap(), asked: Arc::clone(&asked) };
        let searcher = Searcher::with(Box::new(engine));
        let clearance = Clearance::whole_archive(Secrecy::Thuong);
        let query = Query::parse("don-vi:KV7").unwrap();
        for by_case in [false, true] {
            let before = asked.load(Ordering::Relaxed);
            let asking = Asking { limit: 1, offset: 1, by_case, facets: true };
            let answer = searcher.answer(&clearance, &query, asking).unwrap();
            assert_eq!(asked.load(Ordering::Relaxed), before + 1);
            assert_eq!((answer.total, answer.cases), (4, by_case.then_some(2)));
            assert_eq!(answer.hits[0].case.as_str(), if by_case { "HS-2" } else { "HS-1" });
            assert_eq!(answer.facets, searcher.facets(&clearance, &query).unwrap());
            let years = answer.facets.iter().find(|list| list.facet == Facet::Year).unwrap();
            assert_eq!(years.counts, [("2019".to_owned(), 2), ("2020".to_owned(), 2)]);
        }
        assert_eq!(searcher.answer(&clearance, &query, Asking::default()).unwrap().facets, []);
    }
}
