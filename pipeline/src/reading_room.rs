//! The reading room: search, case files, pages, proofs. Reads only, beside a running batch; asks for a clearance to
//! search and a permit to read.

use crate::PipelineError;
use crate::bench::object_id;
use crate::config::{ArchiveConfig, Layout};
use crate::format::case_json::CaseRecord;
use crate::pack::{self, read_record};
use crate::proof::{PageProof, archive_anchors, prove};
use archive_store::{Archive, ArchiveReader, Object};
use index::{Hit, Query, Searcher, Snippet, Tier};
use native::{MediaKind, Pool};
use record::{CaseCode, CaseFile, Clearance, Clock, Lang, PageNo, PageText, Permit, PxBox, permit};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// An archive open for reading.
pub struct ReadingRoom {
    config: ArchiveConfig,
    store: ArchiveReader,
    searcher: Searcher,
    anchors: Vec<Vec<u8>>,
    clock: Box<dyn Clock>,
}

/// What a search found.
#[derive(Debug)]
pub struct SearchAnswer {
    /// Pages that match and may be seen.
    pub total: usize,
    /// The best of them.
    pub hits: Vec<SearchHit>,
    /// How long it took.
    pub took: Duration,
}

/// A page that matches.
#[derive(Debug)]
pub struct SearchHit {
    /// What the index knows: case file, page, bút lục, type, date, score.
    pub hit: Hit,
    /// The title of the case file.
    pub title: String,
    /// A piece of the page's text with the hit marked.
    pub snippet: Option<Snippet>,
    /// Boxes of the words that match, in pixels of the page as displayed.
    pub boxes: Vec<PxBox>,
}

/// A case file as a reader sees it.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// Register data, documents and pages.
    pub case: CaseFile,
    /// The version shown.
    pub version: u32,
    /// When it was packed.
    pub created: String,
    /// Searchable PDF of each document inside the package.
    pub pdf_paths: Vec<Option<String>>,
    alto_paths: Vec<String>,
    master_paths: Vec<String>,
}

/// One page as a reader sees it.
#[derive(Debug)]
pub struct PageView {
    /// Its text with boxes; `None` when it has none.
    pub text: Option<PageText>,
    /// Boxes of the words that match the query it was opened with.
    pub boxes: Vec<PxBox>,
}

/// The picture of a page with its proof.
#[derive(Debug)]
pub struct PagePicture {
    /// Whether the master is what was sealed.
    pub proof: PageProof,
    /// The picture; `None` when it was withheld.
    pub bytes: Option<Vec<u8>>,
    /// `image/jpeg` or `image/png`.
    pub media_type: &'static str,
    /// Whether the bytes are the master itself, not rendered from it.
    pub as_received: bool,
}

/// What to do with a page whose master differs from its seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deviant {
    /// Only prove it.
    Withhold,
    /// Give the picture all the same, to somebody who asks what is wrong with it.
    Show,
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
        let anchors = archive_anchors(&layout)?;
        Ok(Self { config, store, searcher, anchors, clock })
    }

    /// The agency that keeps the archive.
    pub fn agency(&self) -> &str {
        &self.config.agency
    }

    /// Searches. What the clearance does not cover changes nothing in the answer.
    pub fn search(
        &self,
        clearance: &Clearance,
        text: &str,
        limit: usize,
        offset: usize,
    ) -> Result<SearchAnswer, PipelineError> {
        let started = Instant::now();
        let query = Query::parse(text)?;
        self.searcher.reload()?;
        let found = self.searcher.search(clearance, &query, limit, offset)?;
        let mut hits = Vec::with_capacity(found.hits.len());
        let mut last: Option<(Permit, Object, CaseView)> = None;
        for hit in found.hits {
            if last.as_ref().is_none_or(|(permit, ..)| *permit.case() != hit.case) {
                let permit = self.permit(clearance, &hit.case)?;
                let (object, view) = self.object(&permit)?;
                last = Some((permit, object, view));
            }
            let (_, object, view) = last.as_ref().expect("set above");
            let text = page_text(object, view, hit.page)?;
            let highlights = text.as_ref().map(|text| index::highlight(&query, text));
            let (snippet, boxes) = highlights.map(|h| (h.snippet, h.boxes)).unwrap_or_default();
            hits.push(SearchHit { hit, title: view.case.header.title.clone(), snippet, boxes });
        }
        Ok(SearchAnswer { total: found.total, hits, took: started.elapsed() })
    }

    /// The case files that may be seen, in the order of their codes.
    pub fn cases(&self, clearance: &Clearance) -> Result<Vec<CaseView>, PipelineError> {
        let mut views = Vec::new();
        for id in self.store.objects()? {
            let Some(object) = self.store.object(&id)? else { continue };
            let view = view(&object)?;
            if clearance.allows(&view.case.header.label()) {
                views.push(view);
            }
        }
        views.sort_by(|a, b| a.case.header.code.cmp(&b.case.header.code));
        Ok(views)
    }

    /// Leave to read a case file. One that may not be seen answers like one that is not there.
    pub fn permit(&self, clearance: &Clearance, code: &CaseCode) -> Result<Permit, PipelineError> {
        let missing = || PipelineError::NoCase(code.clone());
        let object = self.store.object(&object_id(&self.config, code))?.ok_or_else(missing)?;
        permit(clearance, code, &view(&object)?.case.header.label()).ok_or_else(missing)
    }

    /// A case file: register data, documents, pages.
    pub fn case(&self, permit: &Permit) -> Result<CaseView, PipelineError> {
        Ok(self.object(permit)?.1)
    }

    /// The text of a page, with the boxes of what matches `query`.
    pub fn page(
        &self,
        permit: &Permit,
        page: PageNo,
        query: Option<&str>,
    ) -> Result<PageView, PipelineError> {
        let (object, view) = self.object(permit)?;
        let text = page_text(&object, &view, page)?;
        let query = query.filter(|q| !q.trim().is_empty()).map(Query::parse).transpose()?;
        let boxes = match (&query, &text) {
            (Some(query), Some(text)) => index::highlight(query, text).boxes,
            _ => Vec::new(),
        };
        Ok(PageView { text, boxes })
    }

    /// The page that bears a bút lục; the first when several do. `45` finds `045` too.
    pub fn page_of_folio(&self, permit: &Permit, folio: &str) -> Result<Option<PageNo>, PipelineError> {
        let plain = |label: &str| label.trim().trim_start_matches('0').to_lowercase();
        let wanted = plain(folio);
        let view = self.case(permit)?;
        let mut pages = view.case.pages().map(|(_, page)| page);
        Ok(pages.find(|p| p.folio.as_ref().is_some_and(|f| plain(&f.label) == wanted)).map(|p| p.no))
    }

    /// The picture of a page for a browser, with the proof that its master is what was sealed: the bytes proven are the
    /// bytes shown or decoded. JPEG and PNG masters are given as they are, others are rendered by a worker. A master that
    /// differs from its seal is neither given nor rendered unless `deviant` says so.
    pub fn picture(
        &self,
        permit: &Permit,
        page: PageNo,
        pool: &Pool,
        deviant: Deviant,
    ) -> Result<PagePicture, PipelineError> {
        let (object, view) = self.object(permit)?;
        let (path, master, page_idx) = self.master(&view, permit, page)?;
        let bytes = read_master(&object, &path)?;
        let proof = prove(&object, permit.case(), &path, &bytes, &self.anchors, self.clock.now())?;
        let kind = [MediaKind::Jpeg, MediaKind::Png].into_iter().find(|kind| master == kind.media_type());
        let media_type = kind.unwrap_or(MediaKind::Jpeg).media_type();
        let picture =
            |bytes| PagePicture { proof: proof.clone(), bytes, media_type, as_received: kind.is_some() };
        if deviant == Deviant::Withhold && !proof.is_good() {
            return Ok(picture(None));
        }
        if kind.is_some() {
            return Ok(picture(Some(bytes)));
        }
        // The worker decodes the very bytes that were proven, not the file read a second time.
        let mut proven = tempfile::tempfile().map_err(PipelineError::io(&path))?;
        proven.write_all(&bytes).map_err(PipelineError::io(&path))?;
        Ok(picture(Some(pool.display(&proven, page_idx, Some(MAX_SHOWN_SIDE_PX))?)))
    }

    /// Proves a page without showing it.
    pub fn prove_page(&self, permit: &Permit, page: PageNo) -> Result<PageProof, PipelineError> {
        let (object, view) = self.object(permit)?;
        let (path, ..) = self.master(&view, permit, page)?;
        let bytes = read_master(&object, &path)?;
        prove(&object, permit.case(), &path, &bytes, &self.anchors, self.clock.now())
    }

    /// The searchable PDF of a document, by its index in [`CaseView::pdf_paths`].
    pub fn pdf(&self, permit: &Permit, document_idx: usize) -> Result<Option<Vec<u8>>, PipelineError> {
        let (object, view) = self.object(permit)?;
        match view.pdf_paths.get(document_idx).and_then(Option::as_ref) {
            Some(path) => Ok(Some(read_record(&object, path)?)),
            None => Ok(None),
        }
    }

    /// Writes a case file as a folder that stock tools can check.
    pub fn export(&self, permit: &Permit, to: &Path) -> Result<u32, PipelineError> {
        let (object, view) = self.object(permit)?;
        let parent = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = parent.canonicalize().map_err(PipelineError::io(parent))?;
        let root = self.store.root().canonicalize().map_err(PipelineError::io(self.store.root()))?;
        if real.starts_with(root) {
            return Err(PipelineError::IntoTheArchive(to.to_owned()));
        }
        object.export(object.head(), to)?;
        Ok(view.version)
    }

    fn object(&self, permit: &Permit) -> Result<(Object, CaseView), PipelineError> {
        let id = object_id(&self.config, permit.case());
        let object = self.store.object(&id)?.ok_or_else(|| PipelineError::NoCase(permit.case().clone()))?;
        let view = view(&object)?;
        Ok((object, view))
    }

    /// Path, media type and page of the master that a page lies in.
    fn master(
        &self,
        view: &CaseView,
        permit: &Permit,
        page: PageNo,
    ) -> Result<(String, String, u32), PipelineError> {
        let missing = || PipelineError::NoPage { case: permit.case().clone(), page: page.to_string() };
        let (_, found) = view.case.page(page).ok_or_else(missing)?;
        let path = view.master_paths.get(found.master_idx).ok_or_else(missing)?;
        let media_type = &view.case.masters[found.master_idx].media_type;
        Ok((path.clone(), media_type.clone(), found.page_idx))
    }
}

/// The bytes of a master, read once: what is proven is what is shown.
fn read_master(object: &Object, path: &str) -> Result<Vec<u8>, PipelineError> {
    let mut bytes = Vec::new();
    object.open_file(path)?.read_to_end(&mut bytes).map_err(PipelineError::io(path))?;
    Ok(bytes)
}

/// Longest side of a rendered page picture: A4 at 200 dpi.
const MAX_SHOWN_SIDE_PX: u32 = 2400;

fn view(object: &Object) -> Result<CaseView, PipelineError> {
    let CaseRecord { case, master_paths, alto_paths, pdf_paths, created, .. } = pack::read_case(object)?;
    Ok(CaseView { case, version: object.head().get(), created, pdf_paths, alto_paths, master_paths })
}

fn page_text(object: &Object, view: &CaseView, page: PageNo) -> Result<Option<PageText>, PipelineError> {
    let missing = || PipelineError::NoPage { case: view.case.header.code.clone(), page: page.to_string() };
    let path = view.alto_paths.get(page.idx()).ok_or_else(missing)?;
    pack::read_alto(path, &read_record(object, path)?)
}

/// How well a hit matches, for people.
pub fn tier_name(tier: Tier, lang: Lang) -> &'static str {
    match tier {
        Tier::ExactPhrase => lang.pick("khớp chính xác", "exact phrase"),
        Tier::FoldedPhrase => lang.pick("khớp không dấu", "phrase without marks"),
        Tier::ExactWords => lang.pick("đủ các từ", "all words"),
        Tier::FoldedWords => lang.pick("đủ các từ, không dấu", "all words without marks"),
        Tier::Filter => lang.pick("theo bộ lọc", "by filter"),
    }
}
