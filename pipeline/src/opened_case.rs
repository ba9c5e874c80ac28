//! One case file, opened by somebody who may read it: its pages, pictures and PDFs, each compared with the seal before it is
//! given. Its register (`case.json`) and its seal are read once, when it is opened.

use crate::PipelineError;
use crate::cutout::{self, LineSpan, LitWord, lit_words};
use crate::format::case_json::{self, CaseRecord, CorrectionNote};
use crate::handed_on;
use crate::pack::{self, MAX_RECORD_BYTES};
use crate::proof::{FileProof, Seal, read_unchecked};
use crate::reading_room::ReadingRoom;
use crate::sealed_file::SealedFile;
use crate::volumes::{self, VolumeRef, Weight};
use archive_store::package::HandedOn;
use archive_store::{Container, Form, Object, StoreError, UnfinishedFolder, VersionMeta, VersionNo};
use index::Query;
use native::{MediaKind, Pool};
use record::{
    CaseCode, CaseFile, CaseHeader, DocumentNo, Page, PageNo, PageText, Permit, Sha256, SignatureCheck,
};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Longest side of a rendered page picture: A4 at 200 dpi.
const MAX_SHOWN_SIDE_PX: u32 = 2400;

/// A case file that somebody may read. Only [`ReadingRoom::open_case`] makes one.
pub struct OpenedCase<'a> {
    room: &'a ReadingRoom,
    permit: Permit,
    /// The object of the case file itself, and which of its versions.
    object: Object,
    version: VersionNo,
    view: CaseView,
    /// The packages that hold the pages shown, in order.
    shelves: Vec<Shelf>,
    /// All its volumes.
    listed: Vec<VolumeRef>,
}

/// A case file as a reader sees it: all of it, or the volume that holds the page asked for.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// Register data, documents and pages. Numbers of documents and pages run on over volumes.
    pub case: CaseFile,
    /// The version shown.
    pub version: u32,
    /// When it was packed.
    pub created: String,
    /// Documents of the whole case file.
    pub documents: u32,
    /// Pages of the whole case file.
    pub pages: u32,
    /// Its volumes (tập); 0 where it is one package.
    pub volumes: u32,
    /// Searchable PDF of each document shown, inside its package.
    pub pdf_paths: Vec<Option<String>>,
    /// Of each master shown, what its own signatures were found to be when it came in.
    pub signatures: Vec<Option<SignatureCheck>>,
    /// Whether all this is what was sealed.
    pub proof: FileProof,
    /// Why there is this version, where it corrects the one before.
    pub correction: Option<CorrectionNote>,
    alto_paths: Vec<String>,
    master_paths: Vec<String>,
    listed: Vec<VolumeRef>,
}

impl CaseView {
    /// Place of a page among those shown.
    fn place_of(&self, page: PageNo) -> Option<usize> {
        let first = self.case.pages().next()?.1.no;
        page.idx().checked_sub(first.idx()).filter(|place| *place < self.alto_paths.len())
    }

    /// The document with this number, by its place in [`CaseView::pdf_paths`].
    pub fn place_of_document(&self, no: DocumentNo) -> Option<usize> {
        self.case.documents.iter().position(|document| document.no == no)
    }

    /// Puts a volume behind what is here, and gives how much it adds.
    fn append(&mut self, mut volume: CaseView) -> (usize, usize) {
        let added = (volume.case.documents.len(), volume.alto_paths.len());
        let masters = self.case.masters.len();
        for page in volume.case.documents.iter_mut().flat_map(|document| &mut document.pages) {
            page.master_idx += masters;
        }
        self.case.masters.append(&mut volume.case.masters);
        self.case.documents.append(&mut volume.case.documents);
        self.pdf_paths.append(&mut volume.pdf_paths);
        self.alto_paths.append(&mut volume.alto_paths);
        self.master_paths.append(&mut volume.master_paths);
        self.signatures.append(&mut volume.signatures);
        if self.proof.is_good() && !volume.proof.is_good() {
            self.proof = volume.proof;
        }
        added
    }
}

/// One page as a reader sees it.
#[derive(Debug)]
pub struct PageView {
    /// Its text with boxes, `None` when it has none; the reason when it differs from what was sealed
    /// ([`PipelineError::NotSealed`]) or cannot be read, for then no text is given.
    pub text: Result<Option<PageText>, PipelineError>,
    /// The words that match the query it was opened with, in pixels of the page as displayed.
    pub lit: Vec<LitWord>,
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
    /// A package made from it: SIP for another system, DIP for use.
    HandedOn(HandedOn),
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
    /// How many packages: one, or more with volumes.
    pub packages: usize,
    /// The folder or zip.
    pub path: PathBuf,
}

/// A master as read, and what the seal says of these bytes.
struct Proven<'a> {
    /// The page it was read for.
    page: &'a Page,
    bytes: Vec<u8>,
    proof: FileProof,
}

/// A worker is given the very bytes that were proven, not the file read a second time.
fn unnamed(bytes: &[u8], path: &str) -> Result<File, PipelineError> {
    let mut file = tempfile::tempfile().map_err(PipelineError::io(path))?;
    file.write_all(bytes).map_err(PipelineError::io(path))?;
    Ok(file)
}

/// What to do with a page whose master differs from its seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deviant {
    /// Only prove it.
    Withhold,
    /// Give the picture all the same, to somebody who asks what is wrong with it.
    Show,
}

/// A version of a package taken from its shelf, before anybody was asked whether it may be read.
pub(crate) struct Shelf {
    object: Object,
    version: VersionNo,
    seal: Seal,
    /// How many documents and pages of the view are its.
    holds: (usize, usize),
}

/// What a package has to be, by what led to it.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Any case file.
    Any,
    /// The case file with this code.
    Case(&'a CaseCode),
    /// A volume.
    Volume {
        listed: &'a VolumeRef,
        /// What the case file that lists it says of itself, and whether that, list and all, is what was sealed.
        case: &'a CaseHeader,
        is_sealed: bool,
    },
}

/// What part of a case file is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    /// No volume: what the case file itself says of them.
    Cover,
    /// All volumes.
    Whole,
    /// The volume that holds a page.
    AtPage(PageNo),
    /// The volume that holds a document.
    AtDocument(DocumentNo),
}

impl Shelf {
    /// Reads register and seal. The register must be what the store's inventory says; whether it is what was sealed stands
    /// in [`CaseView::proof`], which is good only for the package wanted.
    pub(crate) fn read(
        room: &ReadingRoom,
        object: Object,
        version: VersionNo,
        wanted: Wanted<'_>,
    ) -> Result<(Self, CaseView), PipelineError> {
        let bytes = object.read_of(version, case_json::PATH, MAX_RECORD_BYTES)?;
        let record = case_json::read(object.id().as_str(), &bytes)?;
        let mut manifest = None;
        let is_wanted = match wanted {
            Wanted::Any => record.volume.is_none(),
            Wanted::Case(code) => record.volume.is_none() && record.case.header.code == *code,
            Wanted::Volume { listed, case, is_sealed } => {
                listed.check(&record, case)?;
                manifest = Some(listed.manifest_sha256);
                is_sealed
            }
        };
        let is_its_own = is_wanted && room.is_own_object(&record, object.id());
        let (documents, pages) = volumes::counts(&record);
        let CaseRecord {
            case,
            master_paths,
            signatures,
            alto_paths,
            pdf_paths,
            created,
            correction,
            volumes,
            ..
        } = record;
        let seal = room.seals.of(&object, version, (&bytes, is_its_own), manifest, room.clock.now())?;
        let proof = seal.prove(case_json::PATH, &bytes);
        let view = CaseView {
            version: version.get(),
            created,
            documents,
            pages,
            volumes: volumes.len() as u32,
            pdf_paths,
            proof,
            correction,
            alto_paths,
            master_paths,
            signatures,
            listed: volumes,
            case,
        };
        let holds = (view.case.documents.len(), view.alto_paths.len());
        Ok((Self { object, version, seal, holds }, view))
    }

    /// The same for the version of a volume that a case file lists; `case` and `is_sealed` as in [`Wanted::Volume`].
    fn of_volume(
        room: &ReadingRoom,
        listed: &VolumeRef,
        case: &CaseHeader,
        is_sealed: bool,
    ) -> Result<(Self, CaseView), PipelineError> {
        let (object, version) = listed.find(&room.store)?;
        Self::read(room, object, version, Wanted::Volume { listed, case, is_sealed })
    }
}

impl<'a> OpenedCase<'a> {
    /// `shelf` and `view` are the case file's own package; volumes are opened as far as asked for.
    pub(crate) fn open(
        room: &'a ReadingRoom,
        permit: Permit,
        (shelf, mut view): (Shelf, CaseView),
        extent: Extent,
    ) -> Result<Self, PipelineError> {
        let (object, version) = (shelf.object.clone(), shelf.version);
        let is_sealed = view.proof.is_good();
        let mut shelves = vec![shelf];
        let (mut documents, mut pages) = (0, 0);
        let listed = std::mem::take(&mut view.listed);
        for volume in &listed {
            let (from_document, from_page) = (documents, pages);
            documents += volume.documents as usize;
            pages += volume.pages as usize;
            let is_wanted = match extent {
                Extent::Cover => false,
                Extent::Whole => true,
                Extent::AtPage(page) => (from_page..pages).contains(&page.idx()),
                Extent::AtDocument(document) => (from_document..documents).contains(&document.idx()),
            };
            if is_wanted {
                let (mut shelf, of_volume) = Shelf::of_volume(room, volume, &view.case.header, is_sealed)?;
                shelf.holds = view.append(of_volume);
                shelves.push(shelf);
            }
        }
        Ok(Self { room, permit, object, version, view, shelves, listed })
    }

    /// Register data, documents, pages.
    pub fn view(&self) -> &CaseView {
        &self.view
    }

    pub(crate) fn object(&self) -> &Object {
        &self.object
    }

    /// Its packages, own one first, with their versions.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (&Object, VersionNo)> {
        self.shelves.iter().map(|shelf| (&shelf.object, shelf.version))
    }

    pub(crate) fn room(&self) -> &ReadingRoom {
        self.room
    }

    /// The package that holds a page, the path of the page's master there, and the SHA-256 that is sealed.
    pub(crate) fn master_of(
        &self,
        page: PageNo,
    ) -> Result<(&Object, VersionNo, &str, Option<Sha256>), PipelineError> {
        let (_, found) = self.view().case.page(page).ok_or_else(|| self.no_page(page))?;
        let place = self.view().place_of(page).ok_or_else(|| self.no_page(page))?;
        let shelf = self.shelf(place, |shelf| shelf.holds.1);
        let path = self.view().master_paths.get(found.master_idx).ok_or_else(|| self.no_page(page))?;
        Ok((&shelf.object, shelf.version, path, shelf.seal.sealed(path)))
    }

    /// The same, kept when the case file is closed.
    pub fn into_view(self) -> CaseView {
        self.view
    }

    /// The shelf with a page or document, by its place in the view.
    fn shelf(&self, place: usize, holds: impl Fn(&Shelf) -> usize) -> &Shelf {
        let mut end = 0;
        let found = self.shelves.iter().find(|shelf| {
            end += holds(shelf);
            place < end
        });
        found.unwrap_or(&self.shelves[0])
    }

    /// What each of its packages holds, in order: itself, or its volumes, each opened when it is asked for, whatever part of
    /// the case file is open. So a case file of any size goes by in the memory of one volume. What is given is what was sealed:
    /// [`PipelineError::NotSealed`] otherwise.
    pub fn parts(&self) -> impl Iterator<Item = Result<(CaseView, Weight), PipelineError>> + '_ {
        let whole = self.listed.is_empty().then(|| Ok((self.view.clone(), Weight::of(&self.object)?)));
        let volumes = self.listed.iter().map(|listed| {
            let is_sealed = self.view.proof.is_good();
            let (shelf, view) = Shelf::of_volume(self.room, listed, &self.view.case.header, is_sealed)?;
            self.check(&view.proof)?;
            Ok((view, Weight::of(&shelf.object)?))
        });
        whole.into_iter().chain(volumes)
    }

    /// What is shown of the register is what was sealed: [`PipelineError::NotSealed`] otherwise.
    pub fn check_record(&self) -> Result<(), PipelineError> {
        self.check(&self.view().proof)
    }

    /// How much it costs to correct its own package again; of volumes [`OpenedCase::parts`] tells.
    pub fn weight(&self) -> Result<Weight, PipelineError> {
        Weight::of(&self.object)
    }

    /// All its versions, the first one first.
    pub fn versions(&self) -> Vec<VersionMeta> {
        self.object.versions()
    }

    fn check(&self, proof: &FileProof) -> Result<(), PipelineError> {
        if proof.is_good() {
            return Ok(());
        }
        Err(PipelineError::NotSealed { case: self.permit.case().clone(), proof: Box::new(proof.clone()) })
    }

    /// The text of a page, with what of it matches `query`.
    pub fn page(&self, page: PageNo, query: Option<&Query>) -> Result<PageView, PipelineError> {
        let text = self.text_of(page);
        let lit = match (query, &text) {
            (Some(query), Ok(Some(text))) => {
                lit_words(text, &index::highlight_across(query, text, self.text_behind(page).as_ref(), None))
            }
            _ => Vec::new(),
        };
        Ok(PageView { text, lit })
    }

    /// Where the text of a page goes on: the next page of its document that has text; none if that cannot be read.
    pub(crate) fn text_behind(&self, page: PageNo) -> Option<PageText> {
        let (document, _) = self.view.case.page(page)?;
        let behind = document.pages.iter().map(|page| page.no).filter(|no| *no > page);
        let texts = behind.map_while(|no| self.text_of(no).ok());
        texts.flatten().find(|text| text.blocks.iter().any(|block| !block.kind.is_mark()))
    }

    /// The text of a page; `None` when it has none.
    pub(crate) fn text_of(&self, page: PageNo) -> Result<Option<PageText>, PipelineError> {
        self.sealed_text(page).map(|(text, _)| text)
    }

    /// The same with the SHA-256 of the file that it was read from, as sealed.
    pub(crate) fn sealed_text(&self, page: PageNo) -> Result<(Option<PageText>, Sha256), PipelineError> {
        let place = self.view.place_of(page).ok_or_else(|| self.no_page(page))?;
        let (shelf, path) = (self.shelf(place, |shelf| shelf.holds.1), &self.view.alto_paths[place]);
        let bytes = read_unchecked(&shelf.object, shelf.version, path)?;
        let proof = shelf.seal.prove(path, &bytes);
        self.check(&proof)?;
        Ok((pack::read_alto(path, &bytes)?, proof.found))
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
        let Proven { page: found, bytes, proof } = self.proven_master(page)?;
        let master = &self.view().case.masters[found.master_idx].media_type;
        let kind = [MediaKind::Jpeg, MediaKind::Png].into_iter().find(|kind| master == kind.media_type());
        let media_type = kind.unwrap_or(MediaKind::Jpeg).media_type();
        let is_withheld = deviant == Deviant::Withhold && !proof.is_good();
        let bytes = match (is_withheld, kind) {
            (true, _) => None,
            (false, Some(_)) => Some(bytes),
            (false, None) => {
                Some(pool.display(&unnamed(&bytes, &proof.path)?, found.page_idx, Some(MAX_SHOWN_SIDE_PX))?)
            }
        };
        Ok(PagePicture { proof, bytes, media_type, as_received: kind.is_some() })
    }

    /// Lines of a page cut out of its picture by a worker, turned so that they can be read: a JPEG, with the same proof as the whole
    /// picture, and withheld like that. `text` is the SHA-256 of the sealed text that the lines were counted in;
    /// [`PipelineError::NoPage`] where the page has another by now or no such lines.
    pub fn cutout(
        &self,
        page: PageNo,
        lines: LineSpan,
        text: Sha256,
        pool: &Pool,
    ) -> Result<PagePicture, PipelineError> {
        let (read, sealed) = self.sealed_text(page)?;
        let cut = read.filter(|_| sealed == text).and_then(|read| cutout::cut(&read, lines));
        let cut = cut.ok_or_else(|| self.no_page(page))?;
        let Proven { page: found, bytes, proof } = self.proven_master(page)?;
        let bytes = match proof.is_good() {
            true => Some(pool.cut(&unnamed(&bytes, &proof.path)?, found.page_idx, &cut)?),
            false => None,
        };
        Ok(PagePicture { proof, bytes, media_type: MediaKind::Jpeg.media_type(), as_received: false })
    }

    /// The master of a page, read once: what is proven is what is shown.
    fn proven_master(&self, page: PageNo) -> Result<Proven<'_>, PipelineError> {
        let (_, found) = self.view().case.page(page).ok_or_else(|| self.no_page(page))?;
        let place = self.view.place_of(page).ok_or_else(|| self.no_page(page))?;
        let shelf = self.shelf(place, |shelf| shelf.holds.1);
        let path = self.view().master_paths.get(found.master_idx).ok_or_else(|| self.no_page(page))?;
        let mut bytes = Vec::new();
        let mut file = shelf.object.open_file_of(shelf.version, path)?;
        file.read_to_end(&mut bytes).map_err(PipelineError::io(path))?;
        let proof = shelf.seal.prove(path, &bytes);
        Ok(Proven { page: found, bytes, proof })
    }

    /// The searchable PDF of a document, by its index in [`CaseView::pdf_paths`], of any size. The first time it is read
    /// whole, to be compared with the seal; [`PipelineError::NotSealed`] when it differs.
    pub fn pdf(&self, document_idx: usize) -> Result<Option<SealedFile>, PipelineError> {
        let Some(path) = self.view().pdf_paths.get(document_idx).and_then(Option::as_ref) else {
            return Ok(None);
        };
        let shelf = self.shelf(document_idx, |shelf| shelf.holds.0);
        let file = shelf.object.open_file_of(shelf.version, path)?;
        let prove = |found| shelf.seal.prove_digest(path, found);
        self.room.files.open(file, self.permit.case(), path, prove).map(Some)
    }

    /// The object that holds it.
    pub(crate) fn object_id(&self) -> &record::ObjectId {
        self.object.id()
    }

    /// Of each document shown, where its searchable PDF lies, behind the name of its package, and the SHA-256 that is sealed;
    /// where it has one.
    pub(crate) fn pdfs(&self) -> Vec<Option<(String, String)>> {
        let sealed = |(idx, path): (usize, &Option<String>)| {
            let (shelf, path) = (self.shelf(idx, |shelf| shelf.holds.0), path.as_ref()?);
            let package = archive_store::package_name(shelf.object.id());
            Some((format!("{package}/{path}"), shelf.seal.sealed(path)?.to_string()))
        };
        self.view().pdf_paths.iter().enumerate().map(sealed).collect()
    }

    /// Writes a version (the latest, if none is asked for) for others to take and check. A case file in volumes becomes a folder
    /// of packages, its own and one for each volume, which is there whole or not at all.
    pub fn export(&self, order: &Export<'_>) -> Result<Exported, PipelineError> {
        if let Profile::HandedOn(_) = order.profile {
            // Its sheets say what the sealed register says.
            self.check_record()?;
        }
        let whole = match order.profile {
            Profile::HandedOn(how) => handed_on::id(self.room.config(), &self.object, self.version, how),
            Profile::Tt05Aip | Profile::Bagit => self.object.id().clone(),
        };
        let ending = if order.container == Container::Zip { ".zip" } else { "" };
        let alone = self.shelves.len() == 1;
        let name = archive_store::package_name(&whole);
        let own_name = if alone { format!("{name}{ending}") } else { name };
        let to = order.to.map_or_else(|| PathBuf::from(own_name), Path::to_owned);
        self.room.check_outside(&to)?;
        let folder = if alone { None } else { Some(UnfinishedFolder::create(&to)?) };
        for shelf in &self.shelves {
            let place = |id: &record::ObjectId| match &folder {
                None => to.clone(),
                Some(folder) => folder.path().join(format!("{}{ending}", archive_store::package_name(id))),
            };
            let (object, version, container) = (&shelf.object, shelf.version, order.container);
            match order.profile {
                Profile::Tt05Aip => {
                    object.export_as(version, Form::Package, container, &place(object.id()))?;
                }
                Profile::Bagit => {
                    let info = self.bag_info(shelf)?;
                    object.export_as(version, Form::Bag(&info), container, &place(object.id()))?;
                }
                Profile::HandedOn(how) => {
                    let made = handed_on::make(self.room.config(), object, version, how, &whole)?;
                    made.write(object, version, container, &place(made.id()))?;
                }
            }
        }
        if let Some(folder) = folder {
            folder.finish()?;
        }
        Ok(Exported { version: self.version.get(), packages: self.shelves.len(), path: to.clone() })
    }

    /// What `bag-info.txt` says; nothing of it changes from one export to the next.
    fn bag_info(
        &self,
        Shelf { object, version, .. }: &Shelf,
    ) -> Result<Vec<(String, String)>, PipelineError> {
        let made = object.versions().into_iter().find(|made| made.version == *version);
        let missing = || StoreError::NoSuchVersion { id: object.id().clone(), version: *version };
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
