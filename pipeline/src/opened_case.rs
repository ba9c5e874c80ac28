//! One case file, opened by somebody who may read it: its pages, pictures and PDFs, each compared with the seal before it is
//! given. Its register (`case.json`) and its seal are read once, when it is opened.

use crate::PipelineError;
use crate::format::case_json::{self, CaseRecord, CorrectionNote};
use crate::pack::{self, MAX_RECORD_BYTES};
use crate::proof::{FileProof, Seal, read_unchecked};
use crate::reading_room::ReadingRoom;
use crate::sealed_file::SealedFile;
use archive_store::{Container, Form, Object, StoreError, VersionMeta, VersionNo};
use index::Query;
use native::{MediaKind, Pool};
use record::{CaseFile, PageNo, PageText, Permit, PxBox};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Longest side of a rendered page picture: A4 at 200 dpi.
const MAX_SHOWN_SIDE_PX: u32 = 2400;

/// A case file that somebody may read. Only [`ReadingRoom::open_case`] makes one.
pub struct OpenedCase<'a> {
    room: &'a ReadingRoom,
    permit: Permit,
    shelf: Shelf,
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
    /// Whether all this is what was sealed.
    pub proof: FileProof,
    /// Why there is this version, where it corrects the one before.
    pub correction: Option<CorrectionNote>,
    alto_paths: Vec<String>,
    master_paths: Vec<String>,
}

/// One page as a reader sees it.
#[derive(Debug)]
pub struct PageView {
    /// Its text with boxes, `None` when it has none; the reason when it differs from what was sealed
    /// ([`PipelineError::NotSealed`]) or cannot be read, for then no text is given.
    pub text: Result<Option<PageText>, PipelineError>,
    /// Boxes of the words that match the query it was opened with.
    pub boxes: Vec<PxBox>,
}

/// The picture of a page with its proof.
#[derive(Debug)]
pub struct PagePicture {
    /// Whether the master is what was sealed.
    pub proof: FileProof,
    /// The picture; `None` when it was withheld.
    pub bytes: Option<Vec<u8>>,
    /// `image/jpeg` or `image/png`.
    pub media_type: &'static str,
    /// Whether the bytes are the master itself, not rendered from it.
    pub as_received: bool,
}

/// How a case file is written for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The information package as it lies in the archive: the tree of Thông tư 05/2025/TT-BNV.
    Tt05Aip,
    /// A BagIt bag (RFC 8493) with that tree as payload.
    Bagit,
}

/// What is to be exported, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    /// As what.
    pub profile: Profile,
    /// Into a folder or a zip.
    pub container: Container,
    /// A folder or zip that is not there yet; `None`: in the current folder, named after the object.
    pub to: Option<&'a Path>,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// From 1.
    pub version: u32,
    /// The folder or zip.
    pub path: PathBuf,
}

/// What to do with a page whose master differs from its seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deviant {
    /// Only prove it.
    Withhold,
    /// Give the picture all the same, to somebody who asks what is wrong with it.
    Show,
}

/// A version of a case file taken from its shelf, before anybody was asked whether it may be read.
pub(crate) struct Shelf {
    object: Object,
    version: VersionNo,
    pub(crate) view: CaseView,
    seal: Seal,
}

impl Shelf {
    /// Reads register and seal. The register must be what the store's inventory says; whether it is what was sealed stands
    /// in [`CaseView::proof`].
    pub(crate) fn read(
        room: &ReadingRoom,
        object: Object,
        version: VersionNo,
    ) -> Result<Self, PipelineError> {
        let bytes = object.read_of(version, case_json::PATH, MAX_RECORD_BYTES)?;
        let record = case_json::read(object.id().as_str(), &bytes)?;
        let is_its_own = room.is_own_object(&record, object.id());
        let CaseRecord { case, master_paths, alto_paths, pdf_paths, created, correction, .. } = record;
        let seal = room.seals.of(&object, version, &bytes, is_its_own, room.clock.now())?;
        let proof = seal.prove(case_json::PATH, &bytes);
        let view = CaseView {
            case,
            version: version.get(),
            created,
            pdf_paths,
            proof,
            correction,
            alto_paths,
            master_paths,
        };
        Ok(Self { object, version, view, seal })
    }
}

impl<'a> OpenedCase<'a> {
    pub(crate) fn new(room: &'a ReadingRoom, permit: Permit, shelf: Shelf) -> Self {
        Self { room, permit, shelf }
    }

    /// Register data, documents, pages.
    pub fn view(&self) -> &CaseView {
        &self.shelf.view
    }

    /// The same, kept when the case file is closed.
    pub fn into_view(self) -> CaseView {
        self.shelf.view
    }

    /// What is shown of the register is what was sealed: [`PipelineError::NotSealed`] otherwise.
    pub fn check_record(&self) -> Result<(), PipelineError> {
        self.check(&self.view().proof)
    }

    /// All its versions, the first one first.
    pub fn versions(&self) -> Vec<VersionMeta> {
        self.shelf.object.versions()
    }

    fn check(&self, proof: &FileProof) -> Result<(), PipelineError> {
        if proof.is_good() {
            return Ok(());
        }
        Err(PipelineError::NotSealed { case: self.permit.case().clone(), proof: Box::new(proof.clone()) })
    }

    /// The text of a page, with the boxes of what matches `query`.
    pub fn page(&self, page: PageNo, query: Option<&Query>) -> Result<PageView, PipelineError> {
        let text = self.text_of(page);
        let boxes = match (query, &text) {
            (Some(query), Ok(Some(text))) => index::highlight(query, text, None).boxes,
            _ => Vec::new(),
        };
        Ok(PageView { text, boxes })
    }

    /// The text of a page; `None` when it has none.
    pub(crate) fn text_of(&self, page: PageNo) -> Result<Option<PageText>, PipelineError> {
        self.text(self.view().alto_paths.get(page.idx()).ok_or_else(|| self.no_page(page))?)
    }

    /// The text in a file of the package, if it is what was sealed.
    fn text(&self, path: &str) -> Result<Option<PageText>, PipelineError> {
        let bytes = read_unchecked(&self.shelf.object, self.shelf.version, path)?;
        self.check(&self.shelf.seal.prove(path, &bytes))?;
        pack::read_alto(path, &bytes)
    }

    /// The page that bears a bút lục; the first when several do. `45` finds `045` too.
    pub fn page_of_folio(&self, folio: &str) -> Option<PageNo> {
        let plain = |label: &str| label.trim().trim_start_matches('0').to_lowercase();
        let wanted = plain(folio);
        let mut pages = self.view().case.pages().map(|(_, page)| page);
        pages.find(|p| p.folio.as_ref().is_some_and(|f| plain(&f.label) == wanted)).map(|p| p.no)
    }

    /// The picture of a page for a browser, with the proof that its master is what was sealed: the bytes proven are the
    /// bytes shown or decoded. JPEG and PNG masters are given as they are, others are rendered by a worker. A master that
    /// differs from its seal is neither given nor rendered unless `deviant` says so.
    pub fn picture(&self, page: PageNo, pool: &Pool, deviant: Deviant) -> Result<PagePicture, PipelineError> {
        let (_, found) = self.view().case.page(page).ok_or_else(|| self.no_page(page))?;
        let path = self.view().master_paths.get(found.master_idx).ok_or_else(|| self.no_page(page))?;
        let master = &self.view().case.masters[found.master_idx].media_type;
        // Read once: what is proven is what is shown.
        let mut bytes = Vec::new();
        self.shelf
            .object
            .open_file_of(self.shelf.version, path)?
            .read_to_end(&mut bytes)
            .map_err(PipelineError::io(path))?;
        let proof = self.shelf.seal.prove(path, &bytes);
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
        let mut proven = tempfile::tempfile().map_err(PipelineError::io(path))?;
        proven.write_all(&bytes).map_err(PipelineError::io(path))?;
        Ok(picture(Some(pool.display(&proven, found.page_idx, Some(MAX_SHOWN_SIDE_PX))?)))
    }

    /// The searchable PDF of a document, by its index in [`CaseView::pdf_paths`], of any size. The first time it is read
    /// whole, to be compared with the seal; [`PipelineError::NotSealed`] when it differs.
    pub fn pdf(&self, document_idx: usize) -> Result<Option<SealedFile>, PipelineError> {
        let Some(path) = self.view().pdf_paths.get(document_idx).and_then(Option::as_ref) else {
            return Ok(None);
        };
        let file = self.shelf.object.open_file_of(self.shelf.version, path)?;
        let prove = |found| self.shelf.seal.prove_digest(path, found);
        self.room.files.open(file, self.permit.case(), path, prove).map(Some)
    }

    /// Writes a version (the latest, if none is asked for) for others to take and check.
    pub fn export(&self, order: &Export<'_>) -> Result<Exported, PipelineError> {
        let (object, version) = (&self.shelf.object, self.shelf.version);
        let ending = if order.container == Container::Zip { ".zip" } else { "" };
        let own_name = PathBuf::from(format!("{}{ending}", archive_store::package_name(object.id())));
        let to = order.to.map_or(own_name, Path::to_owned);
        let parent = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A link leads to where things are written.
        let place = if to.exists() { &to } else { parent };
        let real = place.canonicalize().map_err(PipelineError::io(place))?;
        let root = self.room.store.root();
        let root = root.canonicalize().map_err(PipelineError::io(root))?;
        if real.starts_with(root) {
            return Err(PipelineError::IntoTheArchive(to));
        }
        let info = self.bag_info(version)?;
        let form = match order.profile {
            Profile::Tt05Aip => Form::Package,
            Profile::Bagit => Form::Bag(&info),
        };
        object.export_as(version, form, order.container, &to)?;
        Ok(Exported { version: version.get(), path: to })
    }

    /// What `bag-info.txt` says; nothing of it changes from one export to the next.
    fn bag_info(&self, version: VersionNo) -> Result<Vec<(String, String)>, PipelineError> {
        let object = &self.shelf.object;
        let made = object.versions().into_iter().find(|made| made.version == version);
        let missing = || StoreError::NoSuchVersion { id: object.id().clone(), version };
        let date = made.ok_or_else(missing)?.created.to_string();
        let pairs = [
            ("Source-Organization", self.room.agency()),
            ("Bag-Software-Agent", pack::SOFTWARE),
            ("Bagging-Date", date.get(..10).unwrap_or_default()),
            ("External-Identifier", object.id().as_str()),
            ("Internal-Sender-Identifier", self.permit.case().as_str()),
            ("Internal-Sender-Description", &format!("hoso package, version {version}")),
        ];
        Ok(pairs.map(|(label, value)| (label.to_owned(), value.to_owned())).to_vec())
    }

    fn no_page(&self, page: PageNo) -> PipelineError {
        PipelineError::NoPage { case: self.permit.case().clone(), page: page.to_string() }
    }
}
