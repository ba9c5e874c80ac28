//! The log against an archive on which somebody with the run of its folder has been at work. Each attack is named.
#![allow(clippy::disallowed_methods, reason = "tests damage files")]

use super::check::{Differing, ReceiptProblem};
use super::*;
use crate::pack::read_case;
use crate::small_archive::{MASTER, Ticking, archive, store};
use record::{CaseCode, Clock};
use std::path::PathBuf;

fn layout(root: &Path) -> Layout {
    Layout { root: root.to_owned() }
}

/// Enters what is in the archive and not in its log, as every opening for work does.
fn enter_rest(root: &Path) {
    let mut log = ArchiveLog::open(&layout(root)).unwrap();
    let (store, _) = Archive::open(root).unwrap();
    enter_all(&mut log, &store, VersionKind::Seal, Ticking::now().now()).unwrap();
}

/// Two case files; the first has two versions.
fn archive_with_log(root: &Path) -> [PathBuf; 2] {
    archive(root);
    let first = store(root, "HS-1", b"page one");
    enter_rest(root);
    store(root, "HS-1", b"page one, better");
    enter_rest(root);
    let second = store(root, "HS-2", b"page of another");
    enter_rest(root);
    [root.join(first), root.join(second)]
}

fn codes(root: &Path) -> Vec<&'static str> {
    findings(root, None).iter().map(LogFinding::code).collect()
}

fn findings(root: &Path, known: Option<&str>) -> Vec<LogFinding> {
    check_log(root, known, Ticking::now().now()).unwrap().expect("there is a log").findings
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), &target).unwrap()),
        }
    }
}

/// Takes a folder's earlier state back.
fn put_back(saved: &Path, place: &Path) {
    std::fs::remove_dir_all(place).unwrap();
    copy(saved, place);
}

#[test]
fn every_stored_version_is_in_the_log_once_with_its_receipt() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    let [first, second] = archive_with_log(&root);
    let report = check_log(&root, None, Ticking::now().now()).unwrap().expect("there is a log");
    assert_eq!((report.size, report.findings), (3, Vec::new()));
    for receipt in [
        first.join("logs/v1.tlog-proof"),
        first.join("logs/v2.tlog-proof"),
        second.join("logs/v1.tlog-proof"),
    ] {
        assert!(receipt.is_file(), "{}", receipt.display());
    }
    enter_rest(&root);
    assert_eq!(
        check_log(&root, None, Ticking::now().now()).unwrap().expect("there is a log").size,
        3,
        "nothing is entered twice"
    );
    let report = archive_store::validate_object(&first);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
}

#[test]
fn a_version_whose_entry_a_stop_prevented_is_entered_later() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    archive_with_log(&root);
    let third = root.join(store(&root, "HS-3", b"committed, then the power went"));
    assert_eq!(codes(&root), ["version-not-logged"]);
    enter_rest(&root);
    assert_eq!(codes(&root), [""; 0]);
    // The entry is there, the receipt is not: it is written again, nothing is entered.
    std::fs::remove_file(third.join("logs/v1.tlog-proof")).unwrap();
    assert_eq!(codes(&root), ["receipt-missing"]);
    enter_rest(&root);
    let report = check_log(&root, None, Ticking::now().now()).unwrap().expect("there is a log");
    assert_eq!((report.size, report.findings.len()), (4, 0));
}

#[test]
fn a_case_file_that_is_gone_is_missed_whatever_the_log_says_of_its_destruction() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    let [first, second] = archive_with_log(&root);
    let saved = scratch.path().join("saved");
    copy(&second, &saved);
    std::fs::remove_dir_all(&second).unwrap();
    assert_eq!(findings(&root, None), [LogFinding::WithoutVersion { index: 2, version: 1 }]);
    enter_rest(&root);
    assert_eq!(codes(&root), ["log-without-version"], "no program puts that right");
    let id = {
        copy(&saved, &second);
        let (store, _) = Archive::open(&root).unwrap();
        let objects = store.objects().unwrap().into_iter();
        let of = |id: &ObjectId| read_case(&store.object(id).unwrap().unwrap()).unwrap().case.header.code;
        objects.into_iter().find(|id| of(id) == CaseCode::new("HS-2").unwrap()).unwrap()
    };
    let mut log = ArchiveLog::open(&layout(&root)).unwrap();
    let receipt = log.enter_disposal(&id, 1, sha256(b"two people decided"), Ticking::now().now()).unwrap();
    assert!(receipt.starts_with("c2sp.org/tlog-proof@v1\n"));
    assert_eq!(codes(&root), ["destroyed-but-there", "tombstone-gone"]);
    std::fs::remove_dir_all(&second).unwrap();
    assert_eq!(codes(&root), ["log-without-version", "tombstone-gone"], "an entry alone explains nothing");
    std::fs::remove_dir_all(&first).unwrap();
    assert_eq!(
        codes(&root),
        ["log-without-version"; 3].iter().copied().chain(["tombstone-gone"]).collect::<Vec<_>>()
    );
}

#[test]
fn an_old_version_that_is_put_back_is_missed() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    archive(&root);
    let first = root.join(store(&root, "HS-1", b"page one"));
    enter_rest(&root);
    let saved = scratch.path().join("saved");
    copy(&first, &saved);
    store(&root, "HS-1", b"page one, with the second suspect");
    enter_rest(&root);
    put_back(&saved, &first);
    assert_eq!(findings(&root, None), [LogFinding::WithoutVersion { index: 1, version: 2 }]);
}

/// Whoever has the station's key can make everything anew so that every seal and inventory is right.
#[test]
fn a_case_file_that_is_made_anew_with_the_right_key_is_not_the_one_that_was_entered() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    archive(&root);
    let first = root.join(store(&root, "HS-1", b"the true page"));
    enter_rest(&root);
    let receipt = std::fs::read(first.join("logs/v1.tlog-proof")).unwrap();
    std::fs::remove_dir_all(&first).unwrap();
    store(&root, "HS-1", b"the false page");
    std::fs::create_dir_all(first.join("logs")).unwrap();
    std::fs::write(first.join("logs/v1.tlog-proof"), receipt).unwrap();
    let report = archive_store::validate_object(&first);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert!(first.join("v1/content").join(MASTER).is_file());
    assert_eq!(codes(&root), ["log-inventory-differs", "log-manifest-differs", "log-signature-differs"]);
    enter_rest(&root);
    assert!(codes(&root).contains(&"log-inventory-differs"), "no program puts that right");
}

#[test]
fn inventories_that_are_rewritten_consistently_are_found_by_their_digest_in_the_log() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    let [_, second] = archive_with_log(&root);
    for folder in [second.clone(), second.join("v1")] {
        let path = folder.join("inventory.json");
        let text = std::fs::read_to_string(&path).unwrap().replacen("\"test\"", "\"somebody else\"", 1);
        std::fs::write(&path, &text).unwrap();
        let digest = record::Sha512(sha2::Sha512::digest(text.as_bytes()).into());
        std::fs::write(folder.join("inventory.json.sha512"), format!("{digest} inventory.json\n")).unwrap();
    }
    let report = archive_store::validate_object(&second);
    assert!(report.errors.is_empty(), "as OCFL sees it nothing is wrong: {:?}", report.errors);
    let what = Differing::Inventory;
    let case = "HS-2".to_owned();
    assert_eq!(findings(&root, None), [LogFinding::Differs { case, version: 1, index: 2, what }]);
}

#[test]
fn the_receipt_of_another_case_file_is_no_receipt() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    let [first, second] = archive_with_log(&root);
    let own = std::fs::read_to_string(second.join("logs/v1.tlog-proof")).unwrap();
    std::fs::copy(first.join("logs/v1.tlog-proof"), second.join("logs/v1.tlog-proof")).unwrap();
    let problem = |problem| LogFinding::Receipt { case: "HS-2".into(), version: 1, problem };
    assert_eq!(findings(&root, None), [problem(ReceiptProblem::OfAnother)]);
    std::fs::write(second.join("logs/v1.tlog-proof"), own.replacen("index 2", "index 1", 1)).unwrap();
    assert_eq!(findings(&root, None), [problem(ReceiptProblem::Wrong)]);
}

#[test]
fn a_log_that_is_rolled_back_is_known_by_receipts_and_by_any_checkpoint_kept_elsewhere() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    archive(&root);
    store(&root, "HS-1", b"page one");
    enter_rest(&root);
    let saved = scratch.path().join("tlog");
    copy(&root.join("tlog"), &saved);
    let second = root.join(store(&root, "HS-2", b"page of another"));
    enter_rest(&root);
    let kept = std::fs::read_to_string(root.join("tlog/checkpoint")).unwrap();
    assert_eq!(findings(&root, Some(&kept)), []);
    put_back(&saved, &root.join("tlog"));
    assert_eq!(codes(&root), ["log-rolled-back", "version-not-logged"]);
    std::fs::remove_dir_all(&second).unwrap();
    assert_eq!(codes(&root), [""; 0], "whoever takes back everything together leaves no trace inside");
    let rolled = LogFinding::RolledBack { known: 2, found: 1, by: "--checkpoint".into() };
    assert_eq!(findings(&root, Some(&kept)), [rolled]);
    // Then another future.
    store(&root, "HS-3", b"instead");
    store(&root, "HS-4", b"instead");
    enter_rest(&root);
    assert_eq!(codes(&root), [""; 0]);
    let forked = LogFinding::Forked { size: 2, by: "--checkpoint".into() };
    assert_eq!(findings(&root, Some(&kept)), [forked]);
    assert_eq!(findings(&root, Some("nonsense"))[0].code(), "log-not-signed");
}

#[test]
fn an_entry_that_is_altered_or_removed_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    archive_with_log(&root);
    let bundle = root.join("tlog/tile/entries/000.p/3");
    let bytes = std::fs::read(&bundle).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let at = text.find("\"version\":").unwrap() + 10;
    let mut altered = bytes.clone();
    altered[at] = b'9';
    std::fs::write(&bundle, altered).unwrap();
    // Nothing that stands in an altered bundle is believed, whatever version it speaks of.
    let not_logged = ["version-not-logged"; 3];
    assert_eq!(codes(&root), [&["log-altered"][..], &not_logged].concat());
    assert!(
        matches!(ArchiveLog::open(&layout(&root)), Err(PipelineError::LogRead(_))),
        "nothing is appended to it"
    );
    let first = 2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    std::fs::write(&bundle, &bytes[first..]).unwrap();
    assert_eq!(codes(&root)[0], "log-altered");
    std::fs::remove_dir_all(root.join("tlog")).unwrap();
    assert_eq!(codes(&root), ["log-unreadable"]);
}

#[test]
fn an_older_archive_gets_its_log_when_it_is_next_worked_on_and_a_lost_log_is_not_begun_again() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    let config = archive(&root);
    let layout = layout(&root);
    for path in [layout.log_key(), layout.log_public_key(), layout.case_tag_secret()] {
        std::fs::remove_file(path).unwrap();
    }
    std::fs::remove_dir_all(layout.tlog()).unwrap();
    store(&root, "HS-1", b"page one");
    store(&root, "HS-1", b"page one, better");
    store(&root, "HS-2", b"page of another");
    assert!(check_log(&root, None, Ticking::now().now()).unwrap().is_none(), "no log, no verdict");
    let begin = || {
        let (store, _) = Archive::open(&root).unwrap();
        open_or_begin(&layout, &config, &store, Ticking::now().now())
    };
    begin().unwrap();
    assert_eq!(codes(&root), [""; 0]);
    let view = view_log(&root, 10, Ticking::now().now()).unwrap();
    assert_eq!(view.size, 3);
    assert!(view.entries.iter().all(|(_, text)| text.contains("\"kind\":\"adopted\"")), "{:?}", view.entries);
    // A stop before the public key was written: it is gone on with.
    std::fs::remove_file(layout.log_public_key()).unwrap();
    begin().unwrap();
    assert_eq!(view_log(&root, 0, Ticking::now().now()).unwrap().size, 3);
    // Key and log are taken away: the receipts speak of them.
    std::fs::remove_dir_all(layout.tlog()).unwrap();
    for path in [layout.log_key(), layout.log_public_key()] {
        std::fs::remove_file(path).unwrap();
    }
    assert!(matches!(begin(), Err(PipelineError::LogGone(_))));
    assert_eq!(codes(&root), ["log-gone"]);
}

#[test]
fn what_a_batch_stores_while_the_log_is_checked_is_no_alarm() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    let [first, _] = archive_with_log(&root);
    let beside = |mut during: Box<dyn FnMut()>| {
        let report = check::check_beside(&root, None, Ticking::now().now(), &mut during).unwrap();
        report.expect("there is a log").findings
    };
    let (again, none) = (root.clone(), Vec::new());
    let stores = move || {
        store(&again, "HS-1", b"page one, better still");
        enter_rest(&again);
    };
    assert_eq!(beside(Box::new(stores)), none);
    // Whoever takes the log back meanwhile does not get away with it.
    let (saved, again) = (scratch.path().join("tlog"), root.clone());
    copy(&root.join("tlog"), &saved);
    let takes_back = move || {
        store(&again, "HS-1", b"page one, the best");
        enter_rest(&again);
        put_back(&saved, &again.join("tlog"));
    };
    let found = beside(Box::new(takes_back));
    let codes: Vec<&str> = found.iter().map(LogFinding::code).collect();
    assert_eq!(codes, ["log-rolled-back", "version-not-logged"], "{}", first.display());
}

#[test]
fn a_receipt_of_another_keeps_no_version_out_of_the_log() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    let [first, _] = archive_with_log(&root);
    let third = root.join(store(&root, "HS-3", b"came with somebody's receipt"));
    std::fs::create_dir_all(third.join("logs")).unwrap();
    std::fs::copy(first.join("logs/v1.tlog-proof"), third.join("logs/v1.tlog-proof")).unwrap();
    assert_eq!(codes(&root), ["version-not-logged"]);
    enter_rest(&root);
    assert_eq!(codes(&root), [""; 0]);
}

#[test]
fn a_page_is_proven_offline_and_a_witness_has_signed() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    archive_with_log(&root);
    crate::small_archive::ledger_versions(&root);
    let now = || Ticking::now().now();
    let witness = Witness::create(&scratch.path().join("witness"), "vks-tinh.example/w").unwrap();
    let log_key = view_log(&root, 0, now()).unwrap().public_key;
    let request = export_checkpoint(&root, None, None).unwrap();
    let unknown = witness.add_checkpoint(&request, now()).unwrap_err();
    assert!(matches!(unknown, PipelineError::Witness(WitnessError::Refused(_))), "{unknown}");
    witness.watch(&log_key).unwrap();
    let (signed, _) = witness.add_checkpoint(&request, now()).unwrap();
    let untrusted = import_cosignature(&root, &signed, now()).unwrap_err();
    assert!(matches!(untrusted, PipelineError::Witness(WitnessError::NotSigned)), "{untrusted}");
    add_witness(&root, &witness.public_key(), None).unwrap();
    let cosigned = import_cosignature(&root, &signed, now()).unwrap();
    assert_eq!((cosigned[0].witness.as_str(), cosigned[0].size), ("vks-tinh.example/w", 3));
    let code = CaseCode::new("HS-2").unwrap();
    let proof = prove(&root, &code, None, &PageSource::File(MASTER.into())).unwrap();
    let witnesses = [witness.public_key()];
    let check = |file: &[u8]| verify_proof(&proof, Some(file), &log_key, &witnesses, now()).unwrap().proven;
    let proven = check(b"page of another").unwrap();
    assert_eq!((proven.index, proven.cosigned.len()), (2, 1));
    assert!(check(b"another page").is_err());
    let old = prove(&root, &CaseCode::new("HS-1").unwrap(), Some(1), &PageSource::Version).unwrap();
    let proven = verify_proof(&old, None, &log_key, &witnesses, now()).unwrap().proven.unwrap();
    assert_eq!((proven.index, proven.entry.kind()), (0, "seal"));
    // The log grows; the witness goes on from where it was, and does not go back.
    store(&root, "HS-3", b"more");
    enter_rest(&root);
    let next = export_checkpoint(&root, Some("vks-tinh.example/w"), None).unwrap();
    assert!(next.starts_with("old 3\n"), "{next}");
    witness.add_checkpoint(&next, now()).unwrap();
    let refused = witness.add_checkpoint(&request, now()).unwrap_err();
    let PipelineError::Witness(WitnessError::Refused(refused)) = refused else { panic!("{refused}") };
    assert_eq!((refused.status(), refused.known_size()), (409, Some(4)));
    assert_eq!(codes(&root), [""; 0]);
}

#[test]
fn the_report_of_a_check_is_entered_and_missed_when_it_is_gone() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("kho");
    archive_with_log(&root);
    let order = crate::CheckOrder { subset: None, not_since: None, budget_bytes: None, jobs: 1 };
    let stop = std::sync::atomic::AtomicBool::new(false);
    let summary = crate::check_archive(&root, &order, &Ticking::now(), &stop, &mut |_| {}).unwrap();
    let folder = summary.report.parent().unwrap();
    assert!(
        folder
            .with_file_name(format!("{}.tlog-proof", folder.file_name().unwrap().to_str().unwrap()))
            .is_file()
    );
    assert_eq!(check_log(&root, None, Ticking::now().now()).unwrap().unwrap().size, 4);
    assert_eq!(codes(&root), [""; 0]);
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(findings(&root, None), [LogFinding::ReportGone { index: 3 }]);
}
