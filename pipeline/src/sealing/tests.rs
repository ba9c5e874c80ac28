//! Sealing in the hands of people who are in a hurry, of tokens that are pulled out, of stops, and of somebody who changes
//! files.
#![allow(clippy::disallowed_methods, reason = "tests damage files")]

use super::*;
use crate::ObjectVerification;
use crate::review::CaseStates;
use crate::small_archive::{Ticking, archive, ledger_versions, store, store_in_volumes};
use record::{Clearance, Secrecy};
use seal::{Role, SignatureAlgorithm, SignerError, StatementFault};
use std::cell::Cell;
use std::rc::Rc;

const COUNTER: &str = "Trần Thị B, thủ kho";

struct Room {
    dir: tempfile::TempDir,
    clock: Ticking,
}

fn code(text: &str) -> CaseCode {
    CaseCode::new(text).unwrap()
}

fn clearance() -> Clearance {
    Clearance::whole_archive(Secrecy::Thuong)
}

impl Room {
    /// An archive with these case files, each of one package, and keys for a trial of Lê Văn C and the agency.
    fn new(codes: &[&str]) -> Room {
        let room = Room { dir: tempfile::tempdir().unwrap(), clock: Ticking::now() };
        archive(room.root());
        make_trial_signing_keys(room.root(), "Lê Văn C", &room.clock).unwrap();
        for code in codes {
            store(room.root(), code, code.as_bytes());
        }
        ledger_versions(room.root());
        room.enter_in_the_log();
        room
    }

    fn enter_in_the_log(&self) {
        let layout = Layout { root: self.root().to_owned() };
        let (store, _) = Archive::open(self.root()).unwrap();
        let mut log = ArchiveLog::open(&layout).unwrap();
        tlog::enter_all(&mut log, &store, VersionKind::Adopted, self.clock.now()).unwrap();
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn key(&self, name: &str) -> OpenKey {
        let key = find_key(self.root(), name, &self.clock).unwrap();
        let secret = std::fs::read_to_string(key.secret_file.clone().unwrap()).unwrap();
        key.open(&secret, false).unwrap()
    }

    fn pages(&self, of: &str) -> u32 {
        let mut pages = None;
        crate::catalog(self.root(), &clearance(), |entry| {
            if entry.code == code(of) {
                pages = Some(entry.pages);
            }
        })
        .unwrap();
        pages.unwrap()
    }

    fn review(&self, of: &str) {
        let by = Official::new(COUNTER).unwrap();
        let clock = Box::new(At(self.clock.now()));
        review_case(self.root(), &clearance(), &code(of), &by, self.pages(of), clock).unwrap();
    }

    fn seal_with(
        &self,
        which: SealWhich,
        granularity: Granularity,
        officer: &OpenKey,
        agency: &OpenKey,
    ) -> Result<(SealSummary, Vec<SealEvent>), PipelineError> {
        let mut events = Vec::new();
        let order =
            SealOrder { which, granularity: Some(granularity), level: None, pdf: None, pdf_level: None };
        let tell = |event| events.push(event);
        let done = seal_cases(self.root(), &clearance(), &order, officer, agency, &self.clock, tell)?;
        Ok((done, events))
    }

    fn seal(&self, which: SealWhich) -> Result<(SealSummary, Vec<SealEvent>), PipelineError> {
        self.seal_with(which, Granularity::Case, &self.key("officer"), &self.key("agency"))
    }

    fn state(&self, of: &str, version: u32) -> &'static str {
        let states = CaseStates::read(self.root(), &self.clock).unwrap();
        assert!(states.faults().is_empty());
        states.of(&code(of), version, self.pages(of)).code()
    }

    fn verify(&self) -> Vec<ObjectVerification> {
        let mut all = Vec::new();
        crate::verify_archive(self.root(), None, &[], self.clock.now(), |found| all.push(found)).unwrap();
        all
    }

    fn log_is_right(&self) {
        let report = crate::check_log(self.root(), None, self.clock.now()).unwrap().unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }

    /// A file of the latest version of a case file.
    fn file(&self, of: &str, path: &str) -> std::path::PathBuf {
        let layout = Layout { root: self.root().to_owned() };
        let config = crate::ArchiveConfig::read(&layout.config()).unwrap();
        let id = crate::bench::object_id(&config, &code(of));
        let object = self.root().join("ocfl").join(archive_store::object_folder(&id));
        object.join("v2/content").join(path)
    }
}

fn refusal(result: Result<(SealSummary, Vec<SealEvent>), PipelineError>) -> &'static str {
    let error = match result {
        Ok((_, events)) => match events.into_iter().next() {
            Some(SealEvent::Refused { error, .. }) => error,
            other => panic!("{other:?}"),
        },
        Err(error) => error,
    };
    match error {
        PipelineError::Refused { why, .. } => why.code(),
        other => panic!("{other}"),
    }
}

#[test]
fn officer_and_agency_seal_what_somebody_else_counted() {
    let room = Room::new(&["HS-1", "HS-2"]);
    room.review("HS-1");
    assert_eq!(room.state("HS-1", 1), "reviewed");
    let (done, events) = room.seal(SealWhich::Reviewed).unwrap();
    assert_eq!(done, SealSummary { sealed: 1, signatures: 1, ..SealSummary::default() });
    let SealEvent::Sealed { version: 2, statement, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((statement.counted_by.as_str(), statement.officer.name.as_str()), (COUNTER, "Lê Văn C"));
    assert_eq!((room.state("HS-1", 2), room.state("HS-2", 1)), ("sealed", "stored"));
    let found = room.verify();
    assert!(found.iter().all(ObjectVerification::is_good), "{found:?}");
    let sealed = found.iter().find(|case| case.code == Some(code("HS-1"))).unwrap();
    assert_eq!(sealed.package.signature.signers().len(), 2);
    assert_eq!(sealed.package.statement.as_ref(), Some(&**statement));
    room.log_is_right();
    // The version adds its statement and its seal, and no master.
    let added = std::fs::read_dir(room.file("HS-1", "")).unwrap();
    let mut added: Vec<_> = added.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    added.sort();
    assert_eq!(added, ["metadata", "seal"]);
    // Again: nothing is signed, nothing is made.
    let (done, _) = room.seal(SealWhich::Codes(vec![code("HS-1"), code("HS-1")])).unwrap();
    assert_eq!(done, SealSummary { present: 1, ..SealSummary::default() });
    assert_eq!(room.seal(SealWhich::Reviewed).unwrap().0, SealSummary::default());
    // Counting and sealing in one call.
    let counted = |pages| SealWhich::Counted {
        code: code("HS-2"),
        pages_on_paper: pages,
        by: Official::new(COUNTER).unwrap(),
    };
    let pages = room.pages("HS-2");
    assert_eq!(refusal(room.seal(counted(pages + 1))), "count-differs");
    assert_eq!(room.seal(counted(pages)).unwrap().0.sealed, 1);
    assert_eq!(room.seal(counted(pages)).unwrap().0.present, 1);
    assert_eq!(room.state("HS-2", 2), "sealed");
}

#[test]
fn one_person_or_the_wrong_keys_seal_nothing() {
    let room = Room::new(&["HS-1"]);
    let pages = room.pages("HS-1");
    assert_eq!(refusal(room.seal(SealWhich::Codes(vec![code("HS-1")]))), "not-reviewed");
    // The officer's own name, typed otherwise.
    for by in ["LE VAN C, kiểm sát viên", "lê văn c"] {
        let by = Official::new(by).unwrap();
        let which = SealWhich::Counted { code: code("HS-1"), pages_on_paper: pages, by };
        assert_eq!(refusal(room.seal(which)), "same-person");
    }
    room.review("HS-1");
    let (officer, agency) = (room.key("officer"), room.key("agency"));
    let with =
        |officer, agency| refusal(room.seal_with(SealWhich::Reviewed, Granularity::Case, officer, agency));
    assert_eq!(with(&agency, &officer), "wrong-role");
    assert_eq!(with(&officer, &officer), "wrong-role");
    let both = OpenKey { role: Role::Agency, ..room.key("officer") };
    assert_eq!(with(&officer, &both), "one-key");
    let station = station(&Layout { root: room.root().to_owned() }).unwrap();
    let station = OpenKey::new(Role::Officer, Box::new(station)).unwrap();
    assert_eq!(with(&station, &agency), "station-key");
    // An authority that the archive does not trust.
    let stranger = Room::new(&[]);
    room.clock.wait_days(1);
    let other = stranger.key("officer");
    assert_eq!(with(&other, &agency), "key-not-accepted");
    assert_eq!(room.state("HS-1", 1), "reviewed");
    assert!(!room.file("HS-1", "").exists(), "nothing was made");
    assert_eq!(room.seal(SealWhich::Reviewed).unwrap().0.sealed, 1);
}

/// A key that is gone after so many signatures, and counts them.
struct Wired {
    key: Box<dyn Signer>,
    left: Rc<Cell<usize>>,
}

impl Signer for Wired {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
    fn certificates(&self) -> &[Vec<u8>] {
        self.key.certificates()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| SignerError::Unreachable("pulled out".into()))?);
        self.key.sign(message)
    }
}

fn wired(key: OpenKey, left: usize) -> (OpenKey, Rc<Cell<usize>>) {
    let left = Rc::new(Cell::new(left));
    let signer = Box::new(Wired { key: key.signer, left: Rc::clone(&left) });
    (OpenKey { signer, ..key }, left)
}

#[test]
fn a_token_pulled_out_loses_nothing_and_sealing_goes_on() {
    let room = Room::new(&["HS-1", "HS-2", "HS-3"]);
    ["HS-1", "HS-2", "HS-3"].into_iter().for_each(|case| room.review(case));
    let (officer, _) = wired(room.key("officer"), 2);
    let (agency, _) = wired(room.key("agency"), 1);
    let stopped = room.seal_with(SealWhich::Reviewed, Granularity::Case, &officer, &agency);
    let away = |error: &PipelineError| {
        matches!(error, PipelineError::Seal(seal::SealError::Signer(SignerError::Unreachable(_))))
    };
    assert!(stopped.as_ref().is_err_and(away), "{stopped:?}");
    assert_eq!((room.state("HS-1", 2), room.state("HS-2", 1)), ("sealed", "reviewed"));
    assert!(room.verify().iter().all(ObjectVerification::is_good));
    room.log_is_right();
    let (done, _) = room.seal(SealWhich::Reviewed).unwrap();
    assert_eq!(done, SealSummary { sealed: 2, signatures: 2, ..SealSummary::default() });
    room.log_is_right();
}

#[test]
fn a_version_that_was_made_by_a_clock_ahead_is_told_of_before_a_key_signs() {
    let room = Room::new(&["HS-1"]);
    let (store, _) = Archive::open(room.root()).unwrap();
    let id = store.objects().unwrap().pop().unwrap();
    let mut draft = store.begin(&id).unwrap();
    draft.keep_previous().unwrap();
    let ahead = Timestamp::from_second(room.clock.now().as_second() + 86_400).unwrap();
    let user = ("x".to_owned(), "urn:x:y".to_owned());
    let info = VersionInfo { created: ahead, message: "x".into(), user_name: user.0, user_address: user.1 };
    draft.commit(&info).unwrap();
    drop(store);
    room.enter_in_the_log();
    room.review("HS-1");
    let (officer, left) = wired(room.key("officer"), 9);
    for granularity in [Granularity::Case, Granularity::Batch] {
        let (done, events) =
            room.seal_with(SealWhich::Reviewed, granularity, &officer, &room.key("agency")).unwrap();
        assert_eq!((done.sealed, done.refused, left.get()), (0, 1, 9), "{events:?}");
        let behind = |event: &SealEvent| {
            matches!(
                event,
                SealEvent::Refused { error: PipelineError::Store(StoreError::ClockBehind { .. }), .. }
            )
        };
        assert!(events.iter().any(behind), "{events:?}");
    }
}

#[test]
fn a_stop_before_the_journal_is_made_good_by_the_same_call() {
    for which in [SealWhich::Codes(vec![code("HS-1")]), SealWhich::Reviewed] {
        let room = Room::new(&["HS-1"]);
        room.review("HS-1");
        let layout = Layout { root: room.root().to_owned() };
        let held = journal::lock(&layout).unwrap();
        let stopped = room.seal(which.clone());
        assert!(matches!(stopped, Err(PipelineError::Locked(_))), "{stopped:?}");
        drop(held);
        assert_eq!(room.state("HS-1", 2), "stored", "it is not noted");
        let (done, _) = room.seal(which.clone()).unwrap();
        assert_eq!(done, SealSummary { present: 1, ..SealSummary::default() });
        assert_eq!(room.state("HS-1", 2), "sealed");
        assert!(!room.file("HS-1", "").parent().unwrap().with_file_name("v3").exists());
        room.log_is_right();
        // Nothing is left to do.
        assert_eq!(room.seal(SealWhich::Reviewed).unwrap().0, SealSummary::default());
    }
}

#[test]
fn a_batch_is_one_signature_of_each_key() {
    let codes = ["HS-1", "HS-2", "HS-3", "HS-4", "HS-5"];
    let room = Room::new(&codes);
    codes.into_iter().for_each(|case| room.review(case));
    let (officer, left) = wired(room.key("officer"), 10);
    let (done, _) =
        room.seal_with(SealWhich::Reviewed, Granularity::Batch, &officer, &room.key("agency")).unwrap();
    assert_eq!(done, SealSummary { sealed: 5, signatures: 1, ..SealSummary::default() });
    assert_eq!(left.get(), 9, "one operation of the key");
    let found = room.verify();
    assert!(found.iter().all(ObjectVerification::is_good), "{found:?}");
    room.log_is_right();
    // The proof of another case file of the same batch proves nothing of this one.
    let [own, other] = ["HS-2", "HS-4"].map(|case| room.file(case, BATCH_PROOF_PATH));
    std::fs::copy(other, own).unwrap();
    let broken: Vec<_> = room.verify().into_iter().filter(|case| !case.package.is_good()).collect();
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0].code, Some(code("HS-2")));
    assert_eq!(broken[0].package.signature.code(), "altered");
    assert!(broken[0].package.signature.reason().contains("not one of the batch"));
}

#[test]
fn the_list_of_volumes_is_sealed_for_all_of_them() {
    let room = Room::new(&[]);
    store_in_volumes(room.root(), "HS-1", &[b"one", b"two"], |_| {});
    ledger_versions(room.root());
    room.review("HS-1");
    assert_eq!(room.seal(SealWhich::Reviewed).unwrap().0.sealed, 1);
    assert_eq!(room.state("HS-1", 2), "sealed");
    assert!(room.verify().iter().all(ObjectVerification::is_good));
}

/// What a thief of one key can do: a right signature of one of the two over the true manifest.
#[test]
fn a_seal_from_which_a_signature_was_taken_names_whose() {
    let room = Room::new(&["HS-1", "HS-2"]);
    ["HS-1", "HS-2"].into_iter().for_each(|case| room.review(case));
    room.seal(SealWhich::Reviewed).unwrap();
    let signature = room.file("HS-1", SIGNATURE_PATH);
    let whole = std::fs::read(&signature).unwrap();
    let manifest = std::fs::read(room.file("HS-1", MANIFEST_PATH)).unwrap();
    let alone = sign_detached(&manifest, &[room.key("officer").signer.as_ref()], room.clock.now()).unwrap();
    std::fs::write(&signature, alone).unwrap();
    let faults = |of: &str| {
        let found = room.verify().into_iter().find(|case| case.code == Some(code(of))).unwrap();
        assert!(!found.is_good());
        (found.package.signature.code(), found.package.statement_faults)
    };
    let (verdict, missing) = faults("HS-1");
    assert_eq!(verdict, "altered");
    assert!(
        matches!(&missing[..], [StatementFault::SignatureMissing { role: Role::Agency, .. }]),
        "{missing:?}"
    );
    // The seal of another case file.
    std::fs::copy(room.file("HS-2", SIGNATURE_PATH), &signature).unwrap();
    assert_eq!(faults("HS-1").0, "altered");
    std::fs::write(&signature, whole).unwrap();
    // Another count in the statement: the manifest lists its digest.
    let statement = room.file("HS-1", STATEMENT_PATH);
    let text = std::fs::read_to_string(&statement).unwrap();
    std::fs::write(&statement, text.replace("Trần Thị B", "Trần Thị D")).unwrap();
    let found = room.verify().into_iter().find(|case| case.code == Some(code("HS-1"))).unwrap();
    assert_eq!(found.package.differing[0].path, STATEMENT_PATH);
}

#[test]
fn what_lies_in_the_place_of_a_sealed_version_is_not_shown_as_sealed() {
    let room = Room::new(&["HS-1", "HS-2"]);
    ["HS-1", "HS-2"].into_iter().for_each(|case| room.review(case));
    room.seal(SealWhich::Reviewed).unwrap();
    let (own, other) = (room.file("HS-1", MANIFEST_PATH), room.file("HS-2", MANIFEST_PATH));
    let whole = std::fs::read(&own).unwrap();
    std::fs::copy(other, &own).unwrap();
    assert_eq!((room.state("HS-1", 2), room.state("HS-2", 2)), ("stored", "sealed"));
    std::fs::write(&own, whole).unwrap();
    assert_eq!(room.state("HS-1", 2), "sealed");
}

/// A sealed version whose files are these, after one with those; what differs though sealing changes none of its kind.
fn changed_since_counted(before: &[(&str, &[u8])], after: &[(&str, &[u8])]) -> Vec<String> {
    let room = Room::new(&[]);
    let config = crate::ArchiveConfig::read(&Layout { root: room.root().to_owned() }.config()).unwrap();
    let id = crate::bench::object_id(&config, &code("HS-1"));
    let mut record = crate::format::case_json::tests::sample();
    record.case.header.code = code("HS-1");
    record.object = Some(id.clone());
    let pages = record.case.pages().count() as u32;
    let case = crate::format::case_json::write(&record);
    let (store, _) = Archive::open(room.root()).unwrap();
    let (officer, agency) = (room.key("officer"), room.key("agency"));
    let station = station(&Layout { root: room.root().to_owned() }).unwrap();
    let at = whole_seconds(room.clock.now());
    let commit = |files: &[(&str, &[u8])], signers: &[&dyn Signer]| {
        let mut draft = store.begin(&id).unwrap();
        draft.add_bytes(crate::format::case_json::PATH, &case).unwrap();
        for (path, bytes) in files {
            draft.add_bytes(path, bytes).unwrap();
        }
        let entries = draft.files().iter().map(|file| (file.path.clone(), file.sha256)).collect();
        let manifest = seal::Manifest::from_entries(entries).unwrap().to_bytes();
        draft.add_bytes(MANIFEST_PATH, &manifest).unwrap();
        draft.add_bytes(SIGNATURE_PATH, &sign_detached(&manifest, signers, at).unwrap()).unwrap();
        let info = VersionInfo {
            created: at,
            message: "test".into(),
            user_name: "test".into(),
            user_address: "urn:test:1".into(),
        };
        draft.commit(&info).unwrap();
        sha256(&manifest)
    };
    let counted = commit(before, &[&station]);
    let signer = |key: &OpenKey| seal::StatedSigner {
        certificate_sha256: key.facts.cert_sha256,
        name: key.facts.name.clone(),
    };
    let statement = Statement {
        case: "HS-1".into(),
        object: id.to_string(),
        reviewed_version: 1,
        reviewed_manifest_sha256: counted,
        pages,
        pages_on_paper: pages,
        counted_by: COUNTER.into(),
        counted_at: at,
        sealed_at: at,
        officer: signer(&officer),
        agency: signer(&agency),
    };
    let statement = statement.to_bytes();
    let after: Vec<(&str, &[u8])> = after.iter().copied().chain([(STATEMENT_PATH, &statement[..])]).collect();
    commit(&after, &[officer.signer.as_ref(), agency.signer.as_ref()]);
    let found = room.verify().remove(0);
    let faults = found.package.statement_faults.into_iter().map(|fault| match fault {
        StatementFault::ChangedSinceCounted { version: 1, path } => path,
        other => panic!("{other:?}"),
    });
    faults.collect()
}

#[test]
fn signed_pdfs_begin_with_the_bytes_that_were_counted() {
    const PDF: &str = "representations/rep1/data/HS-1.001.pdf";
    const OTHER: &str = "representations/rep1/data/HS-1.002.pdf";
    const MASTER: &str = crate::small_archive::MASTER;
    let before: [(&str, &[u8]); 2] = [(PDF, b"as counted"), (MASTER, b"master")];
    let with = |pdf: &'static [u8]| changed_since_counted(&before, &[(PDF, pdf), (MASTER, b"master")]);
    assert_eq!(with(b"as counted"), [""; 0]);
    assert_eq!(with(b"as counted, and signed"), [""; 0]);
    for changed in [&b"as Counted, and signed"[..], b"as count", b"", b"signed: as counted"] {
        assert_eq!(with(changed), [PDF], "{changed:?}");
    }
    // One that is new, one that is gone, and a master with something behind it.
    let master = (MASTER, &b"master"[..]);
    let added = [(PDF, &b"as counted"[..]), (OTHER, b"as counted, and signed"), master];
    assert_eq!(changed_since_counted(&before, &added), [OTHER]);
    assert_eq!(changed_since_counted(&before, &[master]), [PDF]);
    let grown = [(PDF, &b"as counted"[..]), (MASTER, b"master, and more")];
    assert_eq!(changed_since_counted(&before, &grown), [MASTER]);
}

/// What both keys together can do to a case file in volumes, and what anybody can who may write.
#[test]
fn a_volume_with_another_master_or_of_an_earlier_day_is_named() {
    let room = Room::new(&[]);
    let id = store_in_volumes(room.root(), "HS-1", &[b"one", b"two"], |_| {});
    ledger_versions(room.root());
    let (volume, pages) = (crate::volumes::volume_id(&id, 1), room.pages("HS-1"));
    let (store, _) = Archive::open(room.root()).unwrap();
    let (officer, agency) = (room.key("officer"), room.key("agency"));
    let at = whole_seconds(room.clock.now());
    let manifest_of = |id: &record::ObjectId| {
        sha256(&store.object(id).unwrap().unwrap().read(MANIFEST_PATH, 1 << 20).unwrap())
    };
    let commit = |id: &record::ObjectId, files: &[(&str, Vec<u8>)]| {
        let mut draft = store.begin(id).unwrap();
        draft.keep_previous().unwrap();
        for path in SEAL_FILES.into_iter().chain(files.iter().map(|(path, _)| *path)) {
            draft.remove(path);
        }
        for (path, bytes) in files {
            draft.add_bytes(path, bytes).unwrap();
        }
        let entries = draft.files().iter().map(|file| (file.path.clone(), file.sha256)).collect();
        let manifest = seal::Manifest::from_entries(entries).unwrap().to_bytes();
        let signers: [&dyn Signer; 2] = [officer.signer.as_ref(), agency.signer.as_ref()];
        draft.add_bytes(MANIFEST_PATH, &manifest).unwrap();
        draft.add_bytes(SIGNATURE_PATH, &sign_detached(&manifest, &signers, at).unwrap()).unwrap();
        let info = VersionInfo {
            created: at,
            message: "test".into(),
            user_name: "test".into(),
            user_address: "urn:test:1".into(),
        };
        draft.commit(&info).unwrap();
    };
    let (counted, old) = (manifest_of(&id), manifest_of(&volume));
    let list = store.object(&id).unwrap().unwrap().read(crate::format::case_json::PATH, 1 << 20).unwrap();
    commit(&volume, &[(crate::small_archive::MASTER, b"another".to_vec())]);
    let list = String::from_utf8(list).unwrap().replace(&old.to_string(), &manifest_of(&volume).to_string());
    let signer = |key: &OpenKey| seal::StatedSigner {
        certificate_sha256: key.facts.cert_sha256,
        name: key.facts.name.clone(),
    };
    let statement = Statement {
        case: "HS-1".into(),
        object: id.to_string(),
        reviewed_version: 1,
        reviewed_manifest_sha256: counted,
        pages,
        pages_on_paper: pages,
        counted_by: COUNTER.into(),
        counted_at: at,
        sealed_at: at,
        officer: signer(&officer),
        agency: signer(&agency),
    };
    let lists = [(crate::format::case_json::PATH, list.into_bytes()), (STATEMENT_PATH, statement.to_bytes())];
    commit(&id, &lists);
    let of_the_case = || {
        let is_it = |found: &ObjectVerification| found.volume.is_none() && found.code == Some(code("HS-1"));
        room.verify().into_iter().find(is_it).unwrap()
    };
    let found = of_the_case();
    let path = format!("{volume}: {}", crate::small_archive::MASTER);
    assert_eq!(
        found.package.statement_faults,
        [StatementFault::ChangedSinceCounted { version: 1, path }],
        "the signatures of both are right"
    );
    assert!(found.storage.is_empty() && found.package.signature.is_valid(), "{found:?}");
    // The volume as it was before: the list of its case file names what is gone.
    let object = room.root().join("ocfl").join(archive_store::object_folder(&volume));
    std::fs::remove_dir_all(object.join("v2")).unwrap();
    for file in ["inventory.json", "inventory.json.sha512"] {
        std::fs::copy(object.join("v1").join(file), object.join(file)).unwrap();
    }
    let found = of_the_case();
    let codes: Vec<_> = found.storage.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["volume"], "{:?}", found.storage);
    assert!(found.storage[0].to_string().contains(volume.as_str()), "{:?}", found.storage);
}

#[test]
fn what_cannot_be_drawn_is_told_before_anything_is_stated() {
    let room = Room::new(&["HS-1"]);
    let layout = Layout { root: room.root().to_owned() };
    let config = std::fs::read_to_string(layout.config()).unwrap();
    std::fs::write(layout.config(), format!("{config}\n[seal]\npicture = \"keys/none.png\"\n")).unwrap();
    let order = SealOrder {
        which: SealWhich::Counted {
            code: code("HS-1"),
            pages_on_paper: room.pages("HS-1"),
            by: Official::new(COUNTER).unwrap(),
        },
        granularity: None,
        pdf: Some(PdfSigning::Agency),
        pdf_level: None,
        level: None,
    };
    let (officer, agency) = (room.key("officer"), room.key("agency"));
    let refused = seal_cases(room.root(), &clearance(), &order, &officer, &agency, &room.clock, |_| {});
    assert!(matches!(refused, Err(PipelineError::PdfSigning(_))), "{refused:?}");
    assert_eq!(room.state("HS-1", 1), "stored", "nobody has stated a count");
}

#[test]
fn a_file_that_the_medium_does_not_give_is_no_other_file() {
    let room = Room::new(&["HS-1"]);
    room.review("HS-1");
    let own = room.file("HS-1", "").parent().unwrap().with_file_name("v1");
    let manifest = own.join("content").join(MANIFEST_PATH);
    let whole = std::fs::read(&manifest).unwrap();
    std::fs::remove_file(&manifest).unwrap();
    std::fs::create_dir(&manifest).unwrap();
    let (_, events) = room.seal(SealWhich::Codes(vec![code("HS-1")])).unwrap();
    assert!(
        matches!(&events[..], [SealEvent::Refused { error: PipelineError::Io { .. }, .. }]),
        "{events:?}"
    );
    std::fs::remove_dir(&manifest).unwrap();
    std::fs::write(&manifest, [&whole[..], b"x"].concat()).unwrap();
    assert_eq!(refusal(room.seal(SealWhich::Codes(vec![code("HS-1")]))), "not-as-sealed");
    std::fs::write(&manifest, whole).unwrap();
    let (done, events) = room.seal(SealWhich::Codes(vec![code("HS-1")])).unwrap();
    assert_eq!(done.sealed, 1);
    // Such small packages have no METS, which is told.
    let SealEvent::Sealed { left_out, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(left_out[..], [PassedOver::NoLists { volume: None }]);
}

#[test]
fn a_seal_on_another_version_than_the_next_is_told() {
    let room = Room::new(&["HS-1"]);
    room.review("HS-1");
    room.seal(SealWhich::Reviewed).unwrap();
    let (store, _) = Archive::open(room.root()).unwrap();
    let config = crate::ArchiveConfig::read(&Layout { root: room.root().to_owned() }.config()).unwrap();
    let mut draft = store.begin(&crate::bench::object_id(&config, &code("HS-1"))).unwrap();
    draft.keep_previous().unwrap();
    let info = VersionInfo {
        created: room.clock.now(),
        message: "again".into(),
        user_name: "test".into(),
        user_address: "urn:test:1".into(),
    };
    draft.commit(&info).unwrap();
    let found = room.verify().remove(0);
    let faults = &found.package.statement_faults[..];
    assert!(matches!(faults, [StatementFault::OtherVersion { version: 1, found: None, .. }]), "{faults:?}");
    assert!(found.earlier.iter().all(|(_, package)| package.statement_faults.is_empty()));
}
