//! Whole packages of a hundred pages each, with all their lists: one signature of each key for all of them, and what is new of a
//! version. What that costs with keys on a token: `./dev bench seal`.

use super::*;
use crate::format::case_json;
use crate::small_archive::{Ticking, archive, ledger_versions};
use crate::{bench::object_id, package::PROGRAM};
use archive_store::package::{Conversion, Description, describe, identify};
use record::{Clearance, MasterFile, Page, PageNo, Secrecy};
use seal::Manifest;

const PAGES: usize = 100;

/// A case file as a batch packs it, with METS, EAD and PREMIS: a picture of some bytes and a text for each page.
fn store_whole(root: &Path, code: &CaseCode) {
    let layout = Layout { root: root.to_owned() };
    let config = crate::ArchiveConfig::read(&layout.config()).unwrap();
    let (store, _) = Archive::open(root).unwrap();
    let id = object_id(&config, code);
    let mut draft = store.begin(&id).unwrap();
    let mut record = case_json::tests::sample();
    (record.received_package, record.correction) = (None, None);
    record.left_out = Vec::new();
    record.object = Some(id.clone());
    record.case.header.code = code.clone();
    record.case.masters = Vec::new();
    (record.master_paths, record.alto_paths) = Default::default();
    record.embedded_paths = vec![None; PAGES];
    let mut pages = Vec::new();
    for idx in 0..PAGES {
        let master = format!("representations/rep2/data/0001/{:04}.png", idx + 1);
        let alto = format!("representations/rep2/metadata/ocr/0001/{:04}.xml", idx + 1);
        let staged = draft.add_bytes(&master, format!("{code} {idx}").as_bytes()).unwrap();
        draft.add_bytes(&alto, format!("<alto>{code} {idx}</alto>").as_bytes()).unwrap();
        record.case.masters.push(MasterFile {
            received_as: format!("{code}/{idx}.png"),
            sha256: staged.sha256,
            bytes: staged.bytes,
            media_type: "image/png".into(),
        });
        record.master_paths.push(master);
        record.alto_paths.push(alto);
        let no = PageNo::from_idx(idx);
        pages.push(Page { no, master_idx: idx, page_idx: 0, folio: None, outcome: "text".into() });
    }
    record.case.documents[0].pages = pages;
    let pdf = "representations/rep1/data/HS.001.pdf";
    draft.add_bytes(pdf, b"%PDF-1.7").unwrap();
    record.pdf_paths = vec![Some(pdf.into())];
    draft.add_bytes(case_json::PATH, &case_json::write(&record)).unwrap();
    let formats = vec![identify("image/png", b""); PAGES];
    let created = record.created.parse().unwrap();
    let package = describe(&Description {
        id: &id,
        fonds: &config.fonds,
        archive_code: "",
        agency: &config.agency,
        created,
        software: PROGRAM,
        reader: "reader",
        conversion: Conversion { batch: "b", received: created, device: None, operator: None },
        case: &record.case,
        master_paths: &record.master_paths,
        master_formats: &formats,
        signatures: &record.signatures,
        alto_paths: &record.alto_paths,
        pdf_paths: &record.pdf_paths,
        origin: None,
        volume: None,
        volumes: &[],
        left_out: 0,
        correction: None,
        files: draft.files(),
    });
    for (path, bytes) in package.unwrap().files {
        draft.add_bytes(&path, &bytes).unwrap();
    }
    let entries = draft.files().iter().map(|file| (file.path.clone(), file.sha256)).collect();
    let manifest = Manifest::from_entries(entries).unwrap().to_bytes();
    let signature = sign_detached(&manifest, &[&station(&layout).unwrap()], Timestamp::now()).unwrap();
    draft.add_bytes(MANIFEST_PATH, &manifest).unwrap();
    draft.add_bytes(SIGNATURE_PATH, &signature).unwrap();
    let info = VersionInfo {
        created: Timestamp::now(),
        message: "test".into(),
        user_name: "test".into(),
        user_address: "urn:test:1".into(),
    };
    draft.commit(&info).unwrap();
    Ledger::open(&layout.ledger()).unwrap().set_unsure_of_the_archive().unwrap();
}

#[test]
fn case_files_of_a_hundred_pages_are_sealed_with_one_signature_of_each_key() {
    let cases = 3;
    let dir = tempfile::tempdir().unwrap();
    let (root, clock) = (dir.path(), Ticking::now());
    archive(root);
    make_trial_signing_keys(root, "Lê Văn C", &clock).unwrap();
    let codes: Vec<CaseCode> = (0..cases).map(|no| CaseCode::new(&format!("HS-{no:04}")).unwrap()).collect();
    codes.iter().for_each(|code| store_whole(root, code));
    ledger_versions(root);
    let clearance = Clearance::whole_archive(Secrecy::Thuong);
    let by = Official::new("Trần Thị B").unwrap();
    for code in &codes {
        review_case(root, &clearance, code, &by, PAGES as u32, Box::new(At(clock.now()))).unwrap();
    }
    let key = |name: &str| {
        let key = find_key(root, name, &clock).unwrap();
        let secret = std::fs::read_to_string(key.secret_file.clone().unwrap()).unwrap();
        key.open(&secret, false).unwrap()
    };
    let (officer, agency) = (key("officer"), key("agency"));
    let order = SealOrder {
        which: SealWhich::Reviewed,
        granularity: Some(Granularity::Batch),
        pdf: None,
        pdf_level: None,
        level: None,
    };
    let done = seal_cases(root, &clearance, &order, &officer, &agency, &clock, |_| {}).unwrap();
    assert_eq!((done.sealed, done.signatures, done.refused), (cases, 1, 0));
    let mut good = 0;
    let count = |found: crate::ObjectVerification| good += usize::from(found.is_good());
    crate::verify_archive(root, None, &[], clock.now(), count).unwrap();
    assert_eq!(good, cases);
    // What is new of a version: statement, PREMIS, METS and the seal.
    let (store, _) = Archive::open(root).unwrap();
    let config = crate::ArchiveConfig::read(&Layout { root: root.to_owned() }.config()).unwrap();
    let object = store.object(&object_id(&config, &codes[0])).unwrap().unwrap();
    let files = |version| object.files(version).unwrap().into_iter().map(|file| (file.path, file.sha512));
    let first: HashMap<_, _> = files(VersionNo::first()).collect();
    let new: Vec<String> = files(object.head())
        .filter(|(path, digest)| first.get(path) != Some(digest))
        .map(|it| it.0)
        .collect();
    let expected = [
        "METS.xml",
        "metadata/other/statement.json",
        "metadata/preservation/PREMIS.xml",
        "seal/batch.proof",
        "seal/batch.txt",
        "seal/manifest-sha256.txt",
        "seal/manifest.p7s",
    ];
    assert_eq!(new, expected);
}
