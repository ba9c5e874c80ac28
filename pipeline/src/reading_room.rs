//! The reading room: search, case files, pages, proofs. Reads only, beside a running batch; asks for a clearance to
//! search and to open a case file.

use crate::PipelineError;
use crate::bench::{self, object_id};
use crate::config::{ArchiveConfig, Layout};
use crate::cutout::{Cutout, LitWord, lit_words};
use crate::damage::Damage;
use crate::facets::{FacetList, facet_lists};
use crate::format::case_json::{self, CaseRecord};
use crate::ledger::Ledger;
use crate::lexicon::{self, newest_lexicon};
use crate::opened_case::{CaseView, Extent, OpenedCase, Shelf, Wanted};
use crate::pack::MAX_RECORD_BYTES;
use crate::proof::Seals;
use crate::sealed_file::KnownFiles;
use crate::trust_store::archive_trust;
use crate::unit_tree::UnitTree;
use crate::volumes::case_of_volume;
use archive_store::{Archive, ArchiveReader, Object, VersionNo};
use index::{Asking, Hit, Inventory, Lexicon, Query, Searcher, Similar, Snippet, Tier};
use record::{CaseCode, Clearance, Clock, DocumentNo, Lang, ObjectId, PageNo, permit};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An archive open for reading.
pub struct ReadingRoom {
    config: ArchiveConfig,
    pub(crate) searcher: Searcher,
    /// The lexicon in use, and the number that it was asked for by.
    lexicon: Mutex<(u32, Arc<Lexicon>)>,
    pub(crate) store: ArchiveReader,
    pub(crate) seals: Seals,
    pub(crate) files: KnownFiles,
    pub(crate) clock: Box<dyn Clock>,
}

/// What a search found.
#[derive(Debug)]
pub struct SearchAnswer {
    /// Pages that match and may be seen.
    pub total: usize,
    /// The best of them.
    pub hits: Vec<SearchHit>,
    /// How the question was understood.
    pub query: Query,
    /// The cases that they belong to, where hits are cases.
    pub cases: Option<usize>,
    /// What they are counted by, where that was asked.
    pub facets: Vec<FacetList>,
    /// Beginnings (`kh*`) that stand for too many words: there may be more pages.
    pub cut_off: Vec<String>,
    /// Another spelling with which pages are found, where this one finds none.
    pub suggestion: Option<String>,
    /// What of `hits` cannot be shown as sealed, and why; each case file or file once.
    pub damaged: Vec<Damage>,
    /// How long it took; in tenths of a second for whom not all units are open to. It depends on pages that may not be seen, too: the
    /// engine's lists are of all pages.
    pub took: Duration,
}

/// A page that matches.
#[derive(Debug)]
pub struct SearchHit {
    /// Case file and page as the index knows them; bút lục, type and date as they were sealed (as the index knows them when
    /// the case file is damaged).
    pub hit: Hit,
    /// The title of the case file; empty when it is damaged.
    pub title: String,
    /// A piece of the page's text with the hit marked.
    pub snippet: Option<Snippet>,
    /// The words that match, in pixels of the page as displayed.
    pub lit: Vec<LitWord>,
    /// What of the page's picture shows the best of it.
    pub cutout: Option<Cutout>,
    /// Its text differs from what was sealed or cannot be read: there is no snippet. Why stands in
    /// [`SearchAnswer::damaged`].
    pub is_withheld: bool,
    /// Other pages that are nearly the same and may be seen; the first few of them.
    pub similar: Similar,
}

/// Pages named that are nearly the same as a hit.
const MAX_SIMILAR: usize = 3;

/// A part of the list of case files.
#[derive(Debug)]
pub struct CaseSheet {
    /// All case files that may be seen, damaged ones too.
    pub total: usize,
    /// Those of this part that can be read, in the order of their codes.
    pub cases: Vec<CaseView>,
    /// Those of this part that are damaged or missing. The first part names also what has no code any more.
    pub damaged: Vec<Damage>,
}

/// Packages of one answer that are kept open.
const MAX_OPEN: usize = 64;

/// The hits of an answer, as they are shown.
#[derive(Default)]
struct Sheet {
    hits: Vec<SearchHit>,
    damaged: Vec<Damage>,
    /// Case files that may not be seen, says their register; the index says otherwise.
    hidden: Vec<CaseCode>,
    /// Which case files may be named beside a hit: of those with hits it is known when they are opened.
    named: HashMap<CaseCode, bool>,
}

/// A case file asked for in a search.
enum Asked<'a> {
    Open(OpenedCase<'a>),
    Damaged,
    /// Not among those that may be seen, says its register; the index says otherwise.
    Hidden,
}

impl Asked<'_> {
    /// What was found out counts for this page too.
    fn holds(&self, page: PageNo) -> bool {
        match self {
            Self::Open(case) => case.view().volumes == 0 || case.view().case.page(page).is_some(),
            Self::Damaged | Self::Hidden => true,
        }
    }
}

impl ReadingRoom {
    /// Opens an archive for reading.
    pub fn open(root: &Path, clock: Box<dyn Clock>) -> Result<Self, PipelineError> {
        let layout = Layout { root: root.to_owned() };
        if !layout.config().is_file() {
            return Err(PipelineError::NoArchive(root.to_owned()));
        }
        let config = ArchiveConfig::read(&layout.config())?;
        let store = Archive::open_read(root)?;
        let searcher = Searcher::open(&layout.index())?;
        let seals = Seals::new(archive_trust(&layout)?);
        let lexicon = Mutex::new((0, Arc::new(Lexicon::public())));
        Ok(Self { config, searcher, lexicon, store, seals, files: KnownFiles::default(), clock })
    }

    /// Nothing is written into the archive but the archive: [`PipelineError::IntoTheArchive`].
    pub(crate) fn check_outside(&self, to: &Path) -> Result<(), PipelineError> {
        let parent = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A link leads to where things are written.
        let place = if to.exists() { to } else { parent };
        let real = place.canonicalize().map_err(PipelineError::io(place))?;
        let root = self.store.root();
        let root = root.canonicalize().map_err(PipelineError::io(root))?;
        if real.starts_with(root) { Err(PipelineError::IntoTheArchive(to.to_owned())) } else { Ok(()) }
    }

    pub(crate) fn config(&self) -> &ArchiveConfig {
        &self.config
    }

    /// The agency that keeps the archive.
    pub fn agency(&self) -> &str {
        &self.config.agency
    }

    /// Searches: pages, and nothing counted.
    pub fn search(
        &self,
        clearance: &Clearance,
        text: &str,
        limit: usize,
        offset: usize,
    ) -> Result<SearchAnswer, PipelineError> {
        self.search_as(clearance, text, Asking { limit, offset, ..Asking::default() })
    }

    /// Searches. What the clearance does not cover changes nothing in the answer. A damaged case file is named, the others
    /// are shown.
    pub fn search_as(
        &self,
        clearance: &Clearance,
        text: &str,
        asking: Asking,
    ) -> Result<SearchAnswer, PipelineError> {
        let started = Instant::now();
        let mut query = Query::parse(text)?;
        let mut clearance = self.look(clearance)?;
        let lexicon = self.lexicon();
        query.restore(&lexicon);
        loop {
            let found = self.searcher.answer(&clearance, &query, asking)?;
            let Sheet { mut hits, damaged, hidden, mut named } = self.sheet(&clearance, &query, found.hits);
            if !hidden.is_empty() {
                // What hit, count and facet would tell of them is not known: it is asked again without them.
                clearance = clearance.without(hidden);
                continue;
            }
            let mut hidden = Vec::new();
            for hit in &mut hits {
                hit.similar = self.searcher.similar(&clearance, &hit.hit, MAX_SIMILAR)?;
                for (case, _) in &hit.similar.pages {
                    if !*named.entry(case.clone()).or_insert_with(|| self.may_name(&clearance, case)) {
                        hidden.push(case.clone());
                    }
                }
            }
            if !hidden.is_empty() {
                clearance = clearance.without(hidden);
                continue;
            }
            let facets = match asking.facets {
                true => facet_lists(found.facets, &self.units()?, text, &query),
                false => Vec::new(),
            };
            let suggestion = match found.total {
                0 => self.searcher.suggest(&clearance, &query, &lexicon)?,
                _ => None,
            };
            return Ok(SearchAnswer {
                total: found.total,
                cases: found.cases,
                facets,
                hits,
                query,
                cut_off: found.cut_off,
                suggestion,
                damaged,
                took: told(&clearance, started.elapsed()),
            });
        }
    }

    /// Hits as they were sealed.
    fn sheet(&self, clearance: &Clearance, query: &Query, found: Vec<Hit>) -> Sheet {
        let mut sheet = Sheet { hits: Vec::with_capacity(found.len()), ..Sheet::default() };
        let mut cases: HashMap<CaseCode, Vec<Asked<'_>>> = HashMap::new();
        let mut open = 0;
        for hit in found {
            let volumes = cases.entry(hit.case.clone()).or_default();
            let known = volumes.iter().position(|asked| asked.holds(hit.page));
            let place = match known {
                Some(place) => place,
                None => {
                    open += 1;
                    volumes.push(match self.try_open(clearance, &hit.case, Extent::AtPage(hit.page)) {
                        Ok(Some(case)) => {
                            sheet.named.insert(hit.case.clone(), true);
                            Asked::Open(case)
                        }
                        Ok(None) => Asked::Hidden,
                        Err(error) => {
                            sheet.damaged.push(Damage::of(&hit.case, error));
                            Asked::Damaged
                        }
                    });
                    volumes.len() - 1
                }
            };
            match &volumes[place] {
                Asked::Open(case) => sheet.hits.push(match sealed_hit(case, &hit, query) {
                    Ok(shown) => shown,
                    Err(error) => {
                        sheet.damaged.push(Damage::of(&hit.case, error));
                        withheld(hit, case.view().case.header.title.clone())
                    }
                }),
                Asked::Damaged => sheet.hits.push(withheld(hit, String::new())),
                Asked::Hidden => sheet.hidden.push(hit.case),
            }
            if open >= MAX_OPEN {
                open = 0;
                cases.values_mut().for_each(|asked| asked.retain(|one| !matches!(one, Asked::Open(_))));
            }
        }
        sheet
    }

    /// Shows what was committed to the index last, and gives the clearance without the case files that the ledger knows to be stored under
    /// a label that it does not cover, and not to be indexed so yet. Where the ledger cannot be read, that is not known: only whom all
    /// units are open to searches on.
    pub(crate) fn look(&self, clearance: &Clearance) -> Result<Clearance, PipelineError> {
        // The ledger first: what it has noted as indexed by then is in the index that is shown then.
        let behind = match self.ledger().and_then(|ledger| ledger.labels_not_indexed()) {
            Ok(behind) => behind,
            Err(error) if clearance.units().is_none() => {
                tracing::warn!(stage = "search", code = "ledger", %error, "what the index lacks is not known");
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        self.searcher.reload()?;
        let hidden = behind.into_iter().filter(|(_, label)| !clearance.allows(label));
        Ok(clearance.without(hidden.map(|(code, _)| code)))
    }

    fn units(&self) -> Result<UnitTree, PipelineError> {
        UnitTree::read(&Layout { root: self.store.root().to_owned() }.units())
    }

    pub(crate) fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    /// The lexicon published last; the public texts alone where there is none, or where its file is damaged.
    pub(crate) fn lexicon(&self) -> Arc<Lexicon> {
        let layout = Layout { root: self.store.root().to_owned() };
        let newest = newest_lexicon(&layout).unwrap_or(0);
        let mut known = self.lexicon.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != newest {
            let read = match newest {
                0 => Lexicon::public(),
                _ => lexicon::read(&layout, newest).map(|(_, lexicon)| lexicon).unwrap_or_else(|error| {
                    tracing::warn!(stage = "search", code = "lexicon", %error, "public words only");
                    Lexicon::public()
                }),
            };
            *known = (newest, Arc::new(read));
        }
        Arc::clone(&known.1)
    }

    /// Has this room search with the lexicon of another one.
    pub(crate) fn use_lexicon_of(&self, other: &ReadingRoom) {
        let own = newest_lexicon(&Layout { root: self.store.root().to_owned() }).unwrap_or(0);
        let lexicon = other.lexicon();
        *self.lexicon.lock().unwrap_or_else(PoisonError::into_inner) = (own, lexicon);
    }

    /// Case files that may be seen: `limit` of them after the first `offset`, in the order of their codes. Which there are
    /// is asked of the index; registers are read of those given only, and of case files that the index does not have.
    pub fn cases(
        &self,
        clearance: &Clearance,
        limit: usize,
        offset: usize,
    ) -> Result<CaseSheet, PipelineError> {
        // Before what is shown: whatever comes into the index meanwhile is read from its register, too.
        let in_index = Inventory::open(&Layout { root: self.store.root().to_owned() }.index())?.cases()?;
        let within = self.look(clearance)?;
        let mut damaged = Vec::new();
        let mut codes: BTreeSet<CaseCode> = self.searcher.cases_within(&within)?;
        let noted: HashMap<CaseCode, String> = self
            .ledger()
            .and_then(|ledger| ledger.stored_objects())
            .unwrap_or_default()
            .into_iter()
            .collect();
        let noted = |code: &CaseCode| noted.get(code).and_then(|id| ObjectId::new(id).ok());
        let indexed: HashSet<ObjectId> =
            in_index.keys().map(|code| noted(code).unwrap_or_else(|| self.id_of(code))).collect();
        match self.store.objects() {
            Ok(ids) => {
                let is_case = |id: &ObjectId| case_of_volume(id).is_none();
                for id in ids.into_iter().filter(|id| is_case(id) && !indexed.contains(id)) {
                    match self.shelf(&id) {
                        Ok(Some((_, view))) if clearance.allows(&view.case.header.label()) => {
                            codes.insert(view.case.header.code);
                        }
                        Ok(_) => {}
                        Err(error) => damaged.push(Damage::nameless(id.as_str(), error)),
                    }
                }
            }
            Err(error) => damaged.push(Damage::nameless("ocfl", error.into())),
        }
        // What cannot be read has no label: only those who may see every unit hear of it, once.
        if clearance.units().is_some() {
            damaged.clear();
        }
        let total = codes.len() + damaged.len();
        if offset > 0 {
            damaged.clear();
        }
        let mut cases = Vec::new();
        for code in codes.into_iter().skip(offset).take(limit) {
            match self.try_open(clearance, &code, Extent::Cover) {
                Ok(Some(case)) => cases.push(case.into_view()),
                Ok(None) => {}
                Err(error) => damaged.push(Damage::of(&code, error)),
            }
        }
        Ok(CaseSheet { total, cases, damaged })
    }

    /// Opens a case file. One that may not be seen answers like one that is not there. One that is not as it was sealed is
    /// opened all the same: what is shown of it carries its proof.
    pub fn open_case(&self, clearance: &Clearance, code: &CaseCode) -> Result<OpenedCase<'_>, PipelineError> {
        self.open_version(clearance, code, None)
    }

    /// The same, of a case file in volumes only the one with this page: what it takes to show a page.
    pub fn open_at(
        &self,
        clearance: &Clearance,
        code: &CaseCode,
        page: PageNo,
    ) -> Result<OpenedCase<'_>, PipelineError> {
        self.open_extent(clearance, code, None, Extent::AtPage(page))
    }

    /// The same for a document.
    pub fn open_at_document(
        &self,
        clearance: &Clearance,
        code: &CaseCode,
        document: DocumentNo,
    ) -> Result<OpenedCase<'_>, PipelineError> {
        self.open_extent(clearance, code, None, Extent::AtDocument(document))
    }

    /// The same for one of its versions, from 1. Whoever may not see the case file as it is now sees no earlier version.
    pub fn open_version(
        &self,
        clearance: &Clearance,
        code: &CaseCode,
        version: Option<u32>,
    ) -> Result<OpenedCase<'_>, PipelineError> {
        self.open_extent(clearance, code, version, Extent::Whole)
    }

    /// The same without its volumes, which [`OpenedCase::parts`] gives one by one.
    pub fn open_cover(
        &self,
        clearance: &Clearance,
        code: &CaseCode,
        version: Option<u32>,
    ) -> Result<OpenedCase<'_>, PipelineError> {
        self.open_extent(clearance, code, version, Extent::Cover)
    }

    pub(crate) fn open_extent(
        &self,
        clearance: &Clearance,
        code: &CaseCode,
        version: Option<u32>,
        extent: Extent,
    ) -> Result<OpenedCase<'_>, PipelineError> {
        let missing = || PipelineError::NoCase(code.clone());
        let read = || {
            let object = self.object_of(code)?.ok_or_else(missing)?;
            let cover = Shelf::read(self, object.clone(), object.head(), Wanted::Case(code))?;
            Ok((object, cover))
        };
        let (object, cover) = read().map_err(|error| self.as_may_be_told(clearance, code, error))?;
        let head = object.head();
        let permit = permit(clearance, code, &cover.1.case.header.label()).ok_or_else(missing)?;
        let Some(number) = version.filter(|number| *number != head.get()) else {
            return OpenedCase::open(self, permit, cover, extent);
        };
        let no_version =
            || PipelineError::NoVersion { case: code.clone(), version: number, latest: head.get() };
        let version = VersionNo::new(number).filter(|no| *no <= head).ok_or_else(no_version)?;
        let cover = Shelf::read(self, object, version, Wanted::Case(code))?;
        let label = cover.1.case.header.label();
        let permit = record::permit(clearance, code, &label).ok_or_else(missing)?;
        OpenedCase::open(self, permit, cover, extent)
    }

    /// Why a case file whose register cannot be read is not opened. Its label cannot be asked: the index knows under which it was put
    /// there; of one that the index does not have, only those hear who may see every unit. To others it is not there.
    fn as_may_be_told(&self, clearance: &Clearance, code: &CaseCode, error: PipelineError) -> PipelineError {
        let known = self.look(clearance).and_then(|within| Ok(self.searcher.covers(&within, code)?));
        let may_be_named = match known {
            Ok(Some(is_covered)) => is_covered,
            Ok(None) | Err(_) => clearance.units().is_none(),
        };
        if may_be_named { error } else { PipelineError::NoCase(code.clone()) }
    }

    /// The same for a case file that the index knows under this clearance: not to be there or not to be what was sealed is
    /// an error, not to be among those that may be seen is `None`.
    pub(crate) fn try_open(
        &self,
        clearance: &Clearance,
        code: &CaseCode,
        extent: Extent,
    ) -> Result<Option<OpenedCase<'_>>, PipelineError> {
        let cover = self
            .object_of(code)?
            .map(|object| self.shelf_in(object, Wanted::Case(code)))
            .transpose()?
            .ok_or_else(|| PipelineError::NoCase(code.clone()))?;
        let Some(permit) = permit(clearance, code, &cover.1.case.header.label()) else { return Ok(None) };
        let case = OpenedCase::open(self, permit, cover, extent)?;
        case.check_record()?;
        Ok(Some(case))
    }

    /// Whether a case file that the index names may be named, by its register: the index may be behind. Nothing of it is shown, so
    /// its seal is not asked.
    pub(crate) fn may_name(&self, clearance: &Clearance, code: &CaseCode) -> bool {
        let header = || {
            let object = self.object_of(code).ok()??;
            let bytes = object.read(case_json::PATH, MAX_RECORD_BYTES).ok()?;
            case_json::read_header(object.id().as_str(), &bytes).ok()
        };
        match header() {
            Some(header) => permit(clearance, code, &header.label()).is_some(),
            // Unreadable: whose it is cannot be told.
            None => clearance.units().is_none(),
        }
    }

    /// The object of a case file: under the id that its code gives here, else the one it was imported under.
    fn object_of(&self, code: &CaseCode) -> Result<Option<Object>, PipelineError> {
        if let Some(object) = self.store.object(&self.id_of(code))? {
            return Ok(Some(object));
        }
        let noted = self.ledger().and_then(|ledger| ledger.stored(code)).unwrap_or_else(|error| {
            tracing::warn!(stage = "read", code = "ledger", %error, "imported case files cannot be looked up");
            None
        });
        let id = noted.and_then(|stored| ObjectId::new(&stored.object_id).ok());
        Ok(id.map(|id| self.store.object(&id)).transpose()?.flatten())
    }

    /// Only to look case files up that were imported under the id of another archive.
    fn ledger(&self) -> Result<Ledger, PipelineError> {
        Ledger::open_if_there(&Layout { root: self.store.root().to_owned() }.ledger())
    }

    fn shelf(&self, id: &ObjectId) -> Result<Option<(Shelf, CaseView)>, PipelineError> {
        self.store.object(id)?.map(|object| self.shelf_in(object, Wanted::Any)).transpose()
    }

    fn shelf_in(&self, object: Object, wanted: Wanted<'_>) -> Result<(Shelf, CaseView), PipelineError> {
        let head = object.head();
        Shelf::read(self, object, head, wanted)
    }

    pub(crate) fn is_own_object(&self, record: &CaseRecord, id: &ObjectId) -> bool {
        bench::is_own_object(&self.config, record, id)
    }

    fn id_of(&self, code: &CaseCode) -> ObjectId {
        object_id(&self.config, code)
    }
}

/// A hit with what the sealed register and the sealed text say of it.
fn sealed_hit(case: &OpenedCase<'_>, hit: &Hit, query: &Query) -> Result<SearchHit, PipelineError> {
    let view = case.view();
    let (text, sha256) = case.sealed_text(hit.page)?;
    let shown = text.as_ref().map(|text| {
        let here = index::highlight(query, text, Some(hit));
        // Nothing of it stands here alone: it runs over into the next page.
        let found = match here.words.is_empty().then(|| case.text_behind(hit.page)).flatten() {
            Some(next) => index::highlight_across(query, text, Some(&next), Some(hit)),
            None => here,
        };
        let cutout = Cutout::of(text, &found, sha256);
        (lit_words(text, &found), cutout, found.snippet)
    });
    let (lit, cutout, snippet) = shown.unwrap_or_default();
    let mut hit = hit.clone();
    if let Some((document, page)) = view.case.page(hit.page) {
        hit.document = document.no;
        hit.folio = page.folio.as_ref().map(|f| f.label.clone());
        hit.doc_type = document.doc_type;
        hit.date = document.date;
    }
    Ok(SearchHit {
        hit,
        title: view.case.header.title.clone(),
        snippet,
        lit,
        cutout,
        is_withheld: false,
        similar: Similar::default(),
    })
}

/// A time as it is told.
fn told(clearance: &Clearance, took: Duration) -> Duration {
    match clearance.units() {
        None => took,
        Some(_) => Duration::from_millis(100 * took.as_millis().div_ceil(100) as u64),
    }
}

fn withheld(hit: Hit, title: String) -> SearchHit {
    let (snippet, lit, cutout, similar) = Default::default();
    SearchHit { hit, title, snippet, lit, cutout, is_withheld: true, similar }
}

/// How well a hit matches, for people.
pub fn tier_name(tier: Tier, lang: Lang) -> &'static str {
    match tier {
        Tier::ExactPhrase => lang.pick("khớp chính xác", "exact phrase"),
        Tier::RestoredPhrase => lang.pick("khớp khi thêm dấu", "phrase with marks restored"),
        Tier::FoldedPhrase => lang.pick("khớp không dấu", "phrase without marks"),
        Tier::ExactWords => lang.pick("đủ các từ", "all words"),
        Tier::RestoredWords => lang.pick("đủ các từ khi thêm dấu", "all words with marks restored"),
        Tier::FoldedWords => lang.pick("đủ các từ, không dấu", "all words without marks"),
        Tier::TolerantPhrase => lang.pick("gần đúng (OCR)", "phrase, misread"),
        Tier::TolerantWords => lang.pick("đủ các từ, gần đúng (OCR)", "all words, some misread"),
        Tier::Filter => lang.pick("theo bộ lọc", "by filter"),
    }
}

#[cfg(test)]
mod tests;
