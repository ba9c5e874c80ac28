//! A case file too long for one object lies in volumes (tập): each a package of its own, under a parent that lists them. Here
//! is where it is cut, and how the rest of the program reads a stored case file without asking whether it was.
//!
//! The parent is stored last: with it the version exists. What it lists stands in `docs/format/package.md`.

use crate::PipelineError;
use crate::config::Limits;
use crate::document::OpenCase;
use crate::format::case_json::{self, CaseRecord};
use crate::pack::{MANIFEST_PATH, MAX_RECORD_BYTES};
use archive_store::{ArchiveReader, Object, VersionNo};
use native::MediaKind;
use record::{CaseHeader, DocumentNo, ObjectId, PartialDate, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

/// Files that every package has whatever is in it: lists, schemas, seal.
const FIXED_FILES: u32 = 16;

/// One package of a case file: documents that follow each other, with their files and pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volume {
    /// Its number among the volumes, from 1; `None` where the case file is one package.
    pub(crate) no: Option<u32>,
    /// Its documents, none of them empty.
    pub(crate) documents: Vec<Piece>,
}

/// A document, or a part of one that alone is longer than a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) no: DocumentNo,
    /// Which document of the survey.
    pub(crate) document: usize,
    /// Which part of it and of how many, where it had to be torn.
    pub(crate) part: Option<(usize, usize)>,
    /// Its files in the survey's order.
    pub(crate) files: Range<usize>,
    /// Its pages in the case file.
    pub(crate) pages: Range<usize>,
}

/// Pages and files that something adds to a package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    pages: u32,
    files: u32,
}

impl Size {
    fn with(self, other: Size) -> Size {
        Size { pages: self.pages + other.pages, files: self.files + other.files }
    }

    fn fits(self, limits: &Limits) -> bool {
        self.pages <= limits.volume_pages && self.files.saturating_add(FIXED_FILES) <= limits.volume_files
    }
}

/// Its sheet and its searchable copy.
const DOCUMENT: Size = Size { pages: 0, files: 2 };

/// Cuts a case file into volumes of whole documents. A document that alone is too long is torn between its files, never
/// within one: a single file that is too long is a volume of its own. The same files and limits give the same volumes.
pub(crate) fn plan(case: &OpenCase, limits: &Limits) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = Vec::new();
    let mut filled = Size::default();
    for (piece, size) in pieces(case, limits) {
        match volumes.last_mut().filter(|_| filled.with(size).fits(limits)) {
            Some(volume) => {
                volume.documents.push(piece);
                filled = filled.with(size);
            }
            None => {
                volumes.push(Volume { no: Some(volumes.len() as u32 + 1), documents: vec![piece] });
                filled = size;
            }
        }
    }
    if volumes.is_empty() {
        volumes.push(Volume { no: None, documents: Vec::new() });
    }
    if let [only] = volumes.as_mut_slice() {
        only.no = None;
    }
    volumes
}

fn pieces(case: &OpenCase, limits: &Limits) -> Vec<(Piece, Size)> {
    let mut pieces: Vec<(Piece, Size)> = Vec::new();
    let (mut file, mut page) = (0, 0);
    for (document, (_, files)) in case.surveyed.documents.iter().enumerate() {
        let first = pieces.len();
        for _ in files {
            let size = size_of_file(case, file);
            let torn = pieces.len() > first && !pieces[pieces.len() - 1].1.with(size).fits(limits);
            if pieces.len() == first || torn {
                let no = DocumentNo::from_idx(pieces.len());
                let piece = Piece { no, document, part: None, files: file..file, pages: page..page };
                pieces.push((piece, DOCUMENT));
            }
            let (piece, sum) = pieces.last_mut().expect("one was just there");
            file += 1;
            page += size.pages as usize;
            (piece.files.end, piece.pages.end) = (file, page);
            *sum = sum.with(size);
        }
        let parts = pieces.len() - first;
        if parts > 1 {
            for (idx, (piece, _)) in pieces[first..].iter_mut().enumerate() {
                piece.part = Some((idx + 1, parts));
            }
        }
    }
    pieces
}

/// The file itself, the text of its pages, and the text that a PDF may hold already.
fn size_of_file(case: &OpenCase, file: usize) -> Size {
    if case.masters[file].is_none() {
        return Size::default();
    }
    let info = case.file(file).intake.info.as_ref();
    let pages = info.map_or(0, |info| info.pages);
    let texts = if info.is_some_and(|info| info.kind == MediaKind::Pdf) { 2 } else { 1 };
    Size { pages, files: pages.saturating_mul(texts).saturating_add(1) }
}

/// The object of a volume: `/tap-02` after that of its case file.
pub(crate) fn volume_id(case: &ObjectId, no: u32) -> ObjectId {
    ObjectId::new(&format!("{case}/tap-{no:02}")).expect("an id with a few characters more")
}

/// Whether an object was destroyed, or the case file whose volume it is.
pub(crate) fn is_destroyed(store: &ArchiveReader, id: &ObjectId) -> bool {
    store.tombstone(id).is_some() || case_of_volume(id).is_some_and(|case| store.tombstone(&case).is_some())
}

/// The object of the case file that a volume belongs to; `None` for what is no volume.
pub(crate) fn case_of_volume(id: &ObjectId) -> Option<ObjectId> {
    let (case, no) = id.as_str().rsplit_once("/tap-")?;
    let is_number = no.len() >= 2 && no.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| ObjectId::new(case).ok()).flatten()
}

/// The objects of all volumes in the archive, by the object of their case file and in the order of their numbers, whether any
/// of its versions lists them or not.
pub(crate) fn by_case(store: &ArchiveReader) -> Result<BTreeMap<ObjectId, Vec<ObjectId>>, PipelineError> {
    let mut volumes: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
    for id in store.objects()? {
        if let Some(case) = case_of_volume(&id) {
            volumes.entry(case).or_default().push(id);
        }
    }
    // `tap-99` before `tap-100`.
    let by_number = |id: &ObjectId| (id.as_str().len(), id.clone());
    volumes.values_mut().for_each(|of_one| of_one.sort_by_key(by_number));
    Ok(volumes)
}

/// A volume, as its case file lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VolumeRef {
    /// Its number, from 1: its place in the list.
    pub(crate) no: u32,
    pub(crate) object: ObjectId,
    /// SHA-256 of its manifest: which of its versions it is, and every byte of it.
    pub(crate) manifest_sha256: Sha256,
    pub(crate) documents: u32,
    pub(crate) pages: u32,
    /// Date of its earliest and latest document.
    pub(crate) dates: Option<(PartialDate, PartialDate)>,
}

impl VolumeRef {
    pub(crate) fn of(no: u32, object: ObjectId, manifest_sha256: Sha256, record: &CaseRecord) -> Self {
        let dates = || record.case.documents.iter().filter_map(|document| document.date);
        Self {
            no,
            object,
            manifest_sha256,
            documents: record.case.documents.len() as u32,
            pages: record.case.pages().count() as u32,
            dates: dates().min().zip(dates().max()),
        }
    }

    /// It, and the version of it that is listed.
    pub(crate) fn find(&self, store: &ArchiveReader) -> Result<(Object, VersionNo), PipelineError> {
        let missing = || PipelineError::NoVolume { volume: self.object.clone() };
        let object = store.object(&self.object)?.ok_or_else(missing)?;
        let version = version_with(&object, &self.manifest_sha256).ok_or_else(missing)?;
        Ok((object, version))
    }

    /// The same, with its `case.json`. `case` is what the list says of the case file.
    pub(crate) fn read(&self, store: &ArchiveReader, case: &CaseHeader) -> Result<Stored, PipelineError> {
        let (object, version) = self.find(store)?;
        let stored = Stored::read(object, version)?;
        self.check(&stored.record, case)?;
        Ok(stored)
    }

    /// Whoever may read a case file may read its volumes, and no other package whatever its list says:
    /// [`PipelineError::NoVolume`] for another volume, and for one of another case file, unit or secrecy.
    pub(crate) fn check(&self, record: &CaseRecord, case: &CaseHeader) -> Result<(), PipelineError> {
        let found = &record.case.header;
        let is_listed =
            record.volume == Some(self.no) && found.code == case.code && found.label() == case.label();
        match is_listed {
            true => Ok(()),
            false => Err(PipelineError::NoVolume { volume: self.object.clone() }),
        }
    }
}

/// The latest version of an object that has this manifest, by its inventory.
pub(crate) fn version_with(object: &Object, manifest_sha256: &Sha256) -> Option<VersionNo> {
    let versions = object.versions();
    let mut versions = versions.iter().rev().map(|made| made.version);
    versions.find(|version| object.sha256_of(*version, MANIFEST_PATH) == Some(*manifest_sha256))
}

/// A version of a package in the archive, with its `case.json`.
pub(crate) struct Stored {
    pub(crate) object: Object,
    pub(crate) version: VersionNo,
    pub(crate) record: CaseRecord,
}

impl Stored {
    pub(crate) fn read(object: Object, version: VersionNo) -> Result<Self, PipelineError> {
        let bytes = object.read_of(version, case_json::PATH, MAX_RECORD_BYTES)?;
        let record = case_json::read(object.id().as_str(), &bytes)?;
        Ok(Self { object, version, record })
    }

    pub(crate) fn latest(object: Object) -> Result<Self, PipelineError> {
        let head = object.head();
        Self::read(object, head)
    }

    /// The packages that hold the pages of a case file, in order: its volumes, each read when it is asked for, or itself.
    pub(crate) fn into_parts(
        mut self,
        store: &ArchiveReader,
    ) -> impl Iterator<Item = Result<Stored, PipelineError>> {
        let volumes = std::mem::take(&mut self.record.volumes);
        let case = self.record.case.header.clone();
        let whole = volumes.is_empty().then_some(Ok(self));
        whole.into_iter().chain(volumes.into_iter().map(move |volume| volume.read(store, &case)))
    }
}

/// Documents and pages of a case file, by its `case.json` alone.
pub(crate) fn counts(record: &CaseRecord) -> (u32, u32) {
    let own = (record.case.documents.len() as u32, record.case.pages().count() as u32);
    record.volumes.iter().fold(own, |sum, volume| (sum.0 + volume.documents, sum.1 + volume.pages))
}

/// How much a package costs whoever writes to it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Its versions.
    pub versions: u32,
    /// Bytes of its inventory.
    pub inventory_bytes: u64,
}

impl Weight {
    /// From here on it should not be corrected often.
    const HEAVY_VERSIONS: u32 = 10;
    const HEAVY_INVENTORY_BYTES: u64 = 4_000_000;

    pub(crate) fn of(object: &Object) -> Result<Weight, PipelineError> {
        Ok(Weight { versions: object.head().get(), inventory_bytes: object.inventory_bytes()? })
    }

    /// Of two packages of a case file, the heavier in each way.
    pub fn max(self, other: Weight) -> Weight {
        Weight {
            versions: self.versions.max(other.versions),
            inventory_bytes: self.inventory_bytes.max(other.inventory_bytes),
        }
    }

    /// Ten versions, or an inventory of more than 4 MB.
    pub fn is_heavy(&self) -> bool {
        self.versions >= Self::HEAVY_VERSIONS || self.inventory_bytes > Self::HEAVY_INVENTORY_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::intake::{SurveyedCase, SurveyedFile};
    use crate::small_archive;
    use ingest::{FileIntake, Received};
    use native::FileInfo;
    use record::{CaseCode, Secrecy};
    use std::time::SystemTime;

    fn file(pages: u32, kind: MediaKind) -> SurveyedFile {
        let intake = FileIntake {
            path: "x".into(),
            received_as: "HS/x".into(),
            name_in_case: "x".into(),
            info: Some(FileInfo { kind, pages, signatures: 0 }),
            bytes: 1,
            modified: SystemTime::UNIX_EPOCH,
        };
        SurveyedFile { intake, folios: Vec::new() }
    }

    /// Documents by the pages of their files; a file of no page was not received.
    fn case(documents: &[&[u32]], kind: MediaKind) -> OpenCase {
        let received = |pages: &u32| {
            let master = Received { sha256: Sha256([0; 32]), bytes: 1 };
            (*pages > 0).then_some(master)
        };
        let masters = documents.iter().flat_map(|files| files.iter().map(received)).collect();
        let documents = documents.iter().enumerate().map(|(idx, files)| {
            (format!("d{idx}"), files.iter().map(|pages| file((*pages).max(1), kind)).collect())
        });
        let header = CaseHeader {
            code: CaseCode::new("HS").unwrap(),
            title: String::new(),
            unit: String::new(),
            year: None,
            retention: String::new(),
            secrecy: Secrecy::Thuong,
            sheets: None,
            pages: None,
            paper_location: String::new(),
        };
        let surveyed = SurveyedCase { header, documents: documents.collect(), missing: Vec::new() };
        OpenCase::new(0, surveyed, masters, Vec::new())
    }

    /// Document, pages, part.
    type Cut = (usize, Range<usize>, Option<(usize, usize)>);

    /// Of each volume the pages of its documents, with the part of a document torn.
    fn cut(case: &OpenCase, pages: u32, files: u32) -> Vec<Vec<Cut>> {
        let limits = Limits { volume_pages: pages, volume_files: files, ..Limits::default() };
        let volumes = plan(case, &limits);
        let numbers: Vec<_> = volumes.iter().map(|volume| volume.no).collect();
        match volumes.len() {
            1 => assert_eq!(numbers, [None]),
            n => assert_eq!(numbers, (1..=n as u32).map(Some).collect::<Vec<_>>()),
        }
        let pieces = volumes.iter().flat_map(|volume| &volume.documents);
        assert!(pieces.enumerate().all(|(idx, piece)| piece.no.idx() == idx));
        let piece = |piece: &Piece| (piece.document, piece.pages.clone(), piece.part);
        volumes.iter().map(|volume| volume.documents.iter().map(piece).collect()).collect()
    }

    #[test]
    fn documents_stay_whole_and_in_order() {
        let case = case(&[&[1, 1], &[2], &[1], &[3], &[1]], MediaKind::Jpeg);
        let whole =
            vec![vec![(0, 0..2, None), (1, 2..4, None), (2, 4..5, None), (3, 5..8, None), (4, 8..9, None)]];
        assert_eq!(cut(&case, 9, 4000), whole);
        let volumes = vec![
            vec![(0, 0..2, None), (1, 2..4, None)],
            vec![(2, 4..5, None), (3, 5..8, None)],
            vec![(4, 8..9, None)],
        ];
        assert_eq!(cut(&case, 4, 4000), volumes);
    }

    #[test]
    fn files_count_too_and_those_not_received_do_not() {
        // two files of documents, and for each picture itself and its text
        let pictures = case(&[&[1], &[1], &[1]], MediaKind::Png);
        assert_eq!(cut(&pictures, 1000, FIXED_FILES + 12).len(), 1);
        assert_eq!(cut(&pictures, 1000, FIXED_FILES + 11).len(), 2);
        // a PDF may hold text of its own
        let pdfs = case(&[&[1], &[1], &[1]], MediaKind::Pdf);
        assert_eq!(cut(&pdfs, 1000, FIXED_FILES + 14).len(), 2);
        let gaps = case(&[&[1, 0], &[0], &[1]], MediaKind::Png);
        assert_eq!(cut(&gaps, 1000, FIXED_FILES + 10).len(), 1);
        assert_eq!(cut(&gaps, 1000, FIXED_FILES + 9).len(), 2);
        assert!(cut(&case(&[], MediaKind::Png), 4, 20).concat().is_empty());
    }

    #[test]
    fn only_what_is_alone_too_long_is_torn_and_no_file_is() {
        let case = case(&[&[1], &[2, 2, 1, 1], &[9], &[1]], MediaKind::Tiff);
        let volumes = vec![
            vec![(0, 0..1, None)],
            vec![(1, 1..5, Some((1, 2)))],
            vec![(1, 5..7, Some((2, 2)))],
            vec![(2, 7..16, None)],
            vec![(3, 16..17, None)],
        ];
        assert_eq!(cut(&case, 4, 4000), volumes);
    }

    #[test]
    fn ten_versions_are_heavy() {
        let scratch = tempfile::tempdir().unwrap();
        small_archive::archive(scratch.path());
        let mut heavy = Vec::new();
        for version in 1..=10u8 {
            let folder = small_archive::store(scratch.path(), "HS-1", &[version]);
            let object = Object::open_folder(&scratch.path().join(folder)).unwrap();
            let weight = Weight::of(&object).unwrap();
            let inventory = scratch.path().join(object.folder()).join("inventory.json");
            assert_eq!(weight.inventory_bytes, std::fs::metadata(inventory).unwrap().len());
            heavy.push(weight.is_heavy());
        }
        assert_eq!(heavy, [[false; 9].as_slice(), &[true]].concat());
        assert!(Weight { versions: 1, inventory_bytes: 4_000_001 }.is_heavy());
    }

    #[test]
    fn a_volume_is_known_by_its_id() {
        let case = ObjectId::new("urn:F:uuid:1").unwrap();
        for no in [1, 2, 99, 1000] {
            assert_eq!(case_of_volume(&volume_id(&case, no)), Some(case.clone()));
        }
        assert_eq!(volume_id(&case, 2).as_str(), "urn:F:uuid:1/tap-02");
        for other in ["urn:F:uuid:1", "urn:F:uuid:1/tap-", "urn:F:uuid:1/tap-2", "urn:F:uuid:1/tap-0x"] {
            assert_eq!(case_of_volume(&ObjectId::new(other).unwrap()), None, "{other}");
        }
    }
}
