//! For tests: an archive with sealed case files of a few bytes, without any reading of pages.

use crate::bench::{object_id, station};
use crate::config::{ArchiveConfig, Layout};
use crate::format::case_json::{self, CaseRecord};
use crate::ledger::Ledger;
use crate::pack::{MANIFEST_PATH, SIGNATURE_PATH};
use crate::rebuild::refill_ledger;
use crate::volumes::{VolumeRef, volume_id};
use crate::{NewArchive, init_archive};
use archive_store::{Archive, VersionInfo};
use record::{CaseCode, Clock, ObjectId, PageNo, PageOutcome, PageText, Timestamp};
use seal::Manifest;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

/// Counts the seconds it is asked for.
pub(crate) struct Ticking {
    next: AtomicI64,
    waited: AtomicI64,
}

impl Ticking {
    pub(crate) fn now() -> Ticking {
        Ticking { next: AtomicI64::new(Timestamp::now().as_second()), waited: AtomicI64::new(0) }
    }
    pub(crate) fn wait_days(&self, days: i64) {
        self.waited.fetch_add(days * 86_400, Ordering::Relaxed);
        self.next.fetch_add(days * 86_400, Ordering::Relaxed);
    }
}

impl Clock for Ticking {
    /// A second later each time, and never behind the machine's clock, by which packages are stored here.
    fn now(&self) -> Timestamp {
        let real = Timestamp::now().as_second() + self.waited.load(Ordering::Relaxed);
        let tick = |next: i64| Some(next.max(real) + 1);
        let next = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, tick).expect("always some");
        Timestamp::from_second(next.max(real)).unwrap()
    }
}

/// A master's path in every case file made here.
pub(crate) const MASTER: &str = "representations/rep2/data/0001/0001.pdf";

/// An archive with a trial key and nothing in it.
pub(crate) fn archive(root: &Path) -> ArchiveConfig {
    let new = NewArchive {
        fonds: "VKS-THU".into(),
        agency: "VKS thử".into(),
        station: "thử".into(),
        on_network_disk: false,
    };
    init_archive(root, &new, &Ticking::now()).unwrap()
}

/// Stores a new version of a case file with this master, sealed; its folder below the archive's.
pub(crate) fn store(root: &Path, code: &str, master: &[u8]) -> PathBuf {
    store_as(root, code, master, |_| {})
}

/// The same with another register.
pub(crate) fn store_as(
    root: &Path,
    code: &str,
    master: &[u8],
    edit: impl FnOnce(&mut record::CaseFile),
) -> PathBuf {
    let layout = Layout { root: root.to_owned() };
    let config = ArchiveConfig::read(&layout.config()).unwrap();
    let code = CaseCode::new(code).unwrap();
    let id = object_id(&config, &code);
    let mut record = case_json::tests::sample();
    record.case.header.code = code;
    edit(&mut record.case);
    store_package(root, &id, master, record);
    Path::new("ocfl").join(archive_store::object_folder(&id))
}

/// A case file in volumes, one for each master, `edit` made to the record of all. The object of the case file.
pub(crate) fn store_in_volumes(
    root: &Path,
    code: &str,
    masters: &[&[u8]],
    edit: impl Fn(&mut record::CaseFile),
) -> ObjectId {
    let config = ArchiveConfig::read(&Layout { root: root.to_owned() }.config()).unwrap();
    let code = CaseCode::new(code).unwrap();
    let id = object_id(&config, &code);
    let record = || {
        let mut record = case_json::tests::sample();
        record.case.header.code = code.clone();
        edit(&mut record.case);
        record
    };
    let mut parent = record();
    for (no, master) in (1..).zip(masters) {
        let volume = volume_id(&id, no);
        let manifest = store_package(root, &volume, master, CaseRecord { volume: Some(no), ..record() });
        parent.volumes.push(VolumeRef::of(no, volume, manifest, &record()));
    }
    (parent.case.documents, parent.case.masters) = Default::default();
    (parent.master_paths, parent.alto_paths, parent.embedded_paths, parent.pdf_paths) = Default::default();
    parent.signatures.clear();
    store_package(root, &id, b"", parent);
    id
}

/// Stores a case file with the texts of its pages, sealed.
pub(crate) fn store_read(root: &Path, record: CaseRecord, texts: Vec<PageText>) {
    let config = ArchiveConfig::read(&Layout { root: root.to_owned() }.config()).unwrap();
    let id = object_id(&config, &record.case.header.code);
    let alto = |(no, text)| {
        let (page, source) = (PageNo::new(no).unwrap(), Default::default());
        let facts = ocr::alto::AltoFacts { page, folio: None, source, steps: Vec::new() };
        ocr::alto::write(&facts, &PageOutcome::Text(text)).into_bytes()
    };
    let files = record.alto_paths.iter().cloned().zip((1..).zip(texts).map(alto)).collect();
    store_files(root, &id, MASTER.as_bytes(), record, files);
}

/// Stores a package; the digest of its manifest.
pub(crate) fn store_package(root: &Path, id: &ObjectId, master: &[u8], record: CaseRecord) -> record::Sha256 {
    store_files(root, id, master, record, Vec::new())
}

fn store_files(
    root: &Path,
    id: &ObjectId,
    master: &[u8],
    mut record: CaseRecord,
    files: Vec<(String, Vec<u8>)>,
) -> record::Sha256 {
    use sha2::Digest;
    let layout = Layout { root: root.to_owned() };
    let (archive, _) = Archive::open(root).unwrap();
    record.object = Some(id.clone());
    let mut draft = archive.begin(id).unwrap();
    draft.add_bytes(MASTER, master).unwrap();
    for (path, bytes) in &files {
        draft.add_bytes(path, bytes).unwrap();
    }
    draft.add_bytes(case_json::PATH, &case_json::write(&record)).unwrap();
    let entries = draft.files().iter().map(|f| (f.path.clone(), f.sha256)).collect();
    let manifest = Manifest::from_entries(entries).unwrap().to_bytes();
    let now = Timestamp::now();
    let signature = seal::sign_detached(&manifest, &[&station(&layout).unwrap()], now).unwrap();
    draft.add_bytes(MANIFEST_PATH, &manifest).unwrap();
    draft.add_bytes(SIGNATURE_PATH, &signature).unwrap();
    let info = VersionInfo {
        created: now,
        message: "test".into(),
        user_name: "test".into(),
        user_address: "urn:test:1".into(),
    };
    draft.commit(&info).unwrap();
    // Nobody told the ledger.
    Ledger::open(&layout.ledger()).unwrap().set_unsure_of_the_archive().unwrap();
    record::Sha256(sha2::Sha256::digest(&manifest).into())
}

/// Fills the ledger from the archive if it is not sure of it, as every opening does; its versions by code.
pub(crate) fn ledger_versions(root: &Path) -> Vec<(String, u32)> {
    let layout = Layout { root: root.to_owned() };
    let ledger = Ledger::open(&layout.ledger()).unwrap();
    if !ledger.knows_the_archive().unwrap() {
        let (store, _) = Archive::open(root).unwrap();
        drop(index::Indexer::open_or_create(&layout.index()).unwrap());
        refill_ledger(&layout, &store, &ledger).unwrap();
    }
    let heads = ledger.stored_heads().unwrap().into_iter();
    heads.map(|(code, _, version)| (code.to_string(), version)).collect()
}

/// Changes one byte in the middle of a file.
#[allow(clippy::disallowed_methods, reason = "damages on purpose")]
pub(crate) fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}
