//! Searching, always within a clearance.

use crate::backend::embedded::Reader;
use crate::backend::{Field, Found, Plan, Ranking, Reading, Similar, Visible};
use crate::error::IndexError;
use crate::expand::expand;
use crate::facet::{Facet, FacetCounts};
use crate::lower::{any_of, lower, plainly, together};
use crate::near;
use crate::query::Query;
use crate::rank::Tier;
use record::{CaseCode, Clearance, DocType, DocumentNo, PageNo, PartialDate, Secrecy};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Reads one index, from any thread and beside a writer in this or another process. It shows the state of the last
/// [`Searcher::reload`] (or of its opening), unchanged by commits made since.
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
    /// How far apart the words stand, in words: 0 where they stand together as asked. Of equal tiers the smaller comes first.
    pub spread: u32,
    /// What its text looks like as a whole: see [`Searcher::similar`].
    pub fingerprint: Option<u64>,
    /// How many pages of its case answer; 0 unless asked by case.
    pub of_case: usize,
    /// Which groups of filters it holds, in the order of the question.
    pub holds: Vec<bool>,
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

/// What of the pages that answer is asked.
struct Ask {
    limit: usize,
    offset: usize,
    by_case: bool,
    facets: Vec<Field>,
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
        let ask = Ask { limit, offset, by_case: false, facets: Vec::new() };
        let (found, cut_off) = self.ask(clearance, query, ask)?;
        Ok(Results { total: found.total, hits: found.hits, cut_off })
    }

    /// The same by case: of each case its best page, in the same order.
    pub fn search_cases(
        &self,
        clearance: &Clearance,
        query: &Query,
        limit: usize,
        offset: usize,
    ) -> Result<CaseResults, IndexError> {
        let ask = Ask { limit, offset, by_case: true, facets: Vec::new() };
        let (found, cut_off) = self.ask(clearance, query, ask)?;
        Ok(CaseResults { total: found.total, cases: found.cases, hits: found.hits, cut_off })
    }

    /// How many of the pages that answer have each value, as far as `clearance` covers them.
    pub fn facets(&self, clearance: &Clearance, query: &Query) -> Result<Vec<FacetCounts>, IndexError> {
        let facets = Facet::ALL.map(Facet::field).to_vec();
        let (found, _) = self.ask(clearance, query, Ask { limit: 0, offset: 0, by_case: false, facets })?;
        let counts = found.facets.into_iter().map(|counts| {
            let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            counts
        });
        Ok(Facet::ALL.into_iter().zip(counts).map(|(facet, counts)| FacetCounts { facet, counts }).collect())
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

    fn ask(
        &self,
        clearance: &Clearance,
        query: &Query,
        ask: Ask,
    ) -> Result<(Found, Vec<String>), IndexError> {
        let visible = Visible::new(clearance);
        let expansion = expand(self.backend.as_ref(), query, &visible)?;
        let wanted = lower(query, &expansion.words);
        let (together, plainly) = (together(query), plainly(query, &expansion.words));
        let filters = query.filters.iter().map(|group| any_of(group)).collect();
        let ranking = Ranking { query: Arc::new(query.clone()), words: expansion.words, filters };
        let Ask { limit, offset, by_case, facets } = ask;
        let plan = Plan { visible, wanted, together, plainly, ranking, limit, offset, by_case, facets };
        let found = self.backend.search(&plan)?;
        let cut_off = expansion.cut_off.iter().map(|word| format!("{}*", query.words[*word].typed)).collect();
        Ok((found, cut_off))
    }

    /// The cases of which the clearance covers a page. Costs one step for each page covered.
    pub fn cases_within(&self, clearance: &Clearance) -> Result<BTreeSet<CaseCode>, IndexError> {
        Ok(self.backend.cases(&Visible::new(clearance))?.into_keys().collect())
    }

    /// How many pages the index has, of all cases: for reconciliation, not for people who search.
    pub fn page_count(&self) -> Result<u64, IndexError> {
        Ok(self.cases()?.values().map(|pages| u64::from(*pages)).sum())
    }

    /// The cases of the index and how many pages it has of each: for reconciliation.
    pub fn cases(&self) -> Result<BTreeMap<CaseCode, u32>, IndexError> {
        self.backend.cases(&Visible::new(&Clearance::whole_archive(Secrecy::TuyetMat)))
    }

    /// The pages that the index has of a case, in order; twice if it has one twice. For reconciliation.
    pub fn pages_of(&self, case: &CaseCode) -> Result<Vec<PageNo>, IndexError> {
        self.backend.pages_of(case)
    }

    /// Reads all files of the index and compares their checksums; [`IndexError::Corrupt`] names those that differ.
    pub fn check(&self) -> Result<(), IndexError> {
        self.backend.check()
    }
}
