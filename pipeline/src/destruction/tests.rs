//! Destruction as two people decide it, on small sealed archives; what is left is looked for in the raw bytes of every file.
#![allow(clippy::disallowed_methods, reason = "tests damage files")]

use super::*;
use crate::CheckSummary;
use crate::copies::{ReplicaPlace, carry_out_in_replica, repair_archive, replicate_archive};
use crate::fixity::{CheckOrder, CheckVerdict, check_archive};
use crate::small_archive::{Ticking, archive, ledger_versions, store_as, store_in_volumes};
use durable::{Fault, Faults};
use std::sync::atomic::AtomicBool;

/// Stands in the master of the case file that is destroyed, and in its title.
const WORD: &str = "Nguyễn Thị Bí Mật";

fn official(name: &str) -> Official {
    Official::new(name).unwrap()
}

fn code(text: &str) -> CaseCode {
    CaseCode::new(text).unwrap()
}

/// Two case files of 1995 that were to be kept ten years, one that is kept for ever, one of which nobody knows.
fn prepared() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    for (code, year, retention, title) in [
        ("CU-1", 1995, "10 năm", WORD),
        ("CU-2", 1995, "10 năm", "ở lại"),
        ("VV-1", 1995, "Vĩnh viễn", "ở lại"),
        ("KR-1", 1995, "lâu dài", "ở lại"),
        ("MOI-1", 2024, "10 năm", "ở lại"),
    ] {
        store_as(dir.path(), code, format!("{title} {code}").as_bytes(), |case| {
            case.header.year = Some(year);
            case.header.retention = retention.into();
            case.header.title = title.into();
            case.documents.iter_mut().for_each(|document| document.date = None);
        });
    }
    let layout = Layout { root: dir.path().to_owned() };
    let mut indexer = index::Indexer::open_or_create(&layout.index()).unwrap();
    for name in ["CU-1", "CU-2", "VV-1", "KR-1", "MOI-1"] {
        indexer.put_case(&labelled(name), [1, 2].map(empty_page)).unwrap();
    }
    indexer.commit().unwrap();
    indexer.close().unwrap();
    ledger_versions(dir.path());
    dir
}

fn labelled(name: &str) -> index::IndexCase {
    let label = record::AccessLabel { secrecy: record::Secrecy::Thuong, unit: "KV7".into() };
    index::IndexCase { code: code(name), label, year: Some(1995), kind: None }
}

fn empty_page(no: u32) -> index::IndexPage {
    index::IndexPage {
        document: record::DocumentNo::new(1).unwrap(),
        page: record::PageNo::new(no).unwrap(),
        folio: None,
        doc_type: None,
        date: None,
        number: None,
        units: Vec::new(),
        persons: Vec::new(),
        text: None,
    }
}

/// Files of the index that have the code of a case file in their bytes. The first code of a column, and one that begins like no other,
/// is spelt out in it.
fn index_files_with(root: &Path, code: &str) -> usize {
    files_with(&root.join("index"), code).len()
}

fn propose(root: &Path, codes: &[&str], by: &str) -> Result<u64, PipelineError> {
    let codes: Vec<CaseCode> = codes.iter().map(|text| code(text)).collect();
    propose_destruction(root, &codes, &official(by), "hết thời hạn", &Ticking::now())
}

fn approve(root: &Path, no: u64, by: &str) -> Result<(), PipelineError> {
    approve_destruction(root, no, &official(by), &Ticking::now())
}

fn carry_out(root: &Path, no: u64) -> Result<Vec<CaseCode>, PipelineError> {
    let mut gone = Vec::new();
    carry_out_destruction(root, no, &Ticking::now(), &mut |case| gone.push(case.code.clone()))?;
    Ok(gone)
}

fn obstacle<T: std::fmt::Debug>(result: Result<T, PipelineError>) -> Obstacle {
    match result {
        Err(PipelineError::Refused { why, .. }) => *why,
        other => panic!("{other:?}"),
    }
}

fn check(root: &Path) -> CheckSummary {
    let order = CheckOrder { subset: None, not_since: None, budget_bytes: None, jobs: 1 };
    check_archive(root, &order, &Ticking::now(), &AtomicBool::new(false), &mut |_| {}).unwrap()
}

fn files_with(root: &Path, word: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, word));
        } else if std::fs::read(&path).unwrap().windows(word.len()).any(|bytes| bytes == word.as_bytes()) {
            found.push(path);
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

#[test]
fn two_people_destroy_what_is_expired_and_nothing_else() {
    let dir = prepared();
    let root = dir.path();
    assert_eq!(obstacle(propose(root, &["VV-1"], "A")), Obstacle::Permanent);
    assert_eq!(obstacle(propose(root, &["MOI-1"], "A")), Obstacle::NotExpired { until: 2034 });
    assert!(matches!(obstacle(propose(root, &["KR-1"], "A")), Obstacle::UnknownPeriod(_)));
    // One that may not go keeps the whole list from being proposed.
    assert_eq!(obstacle(propose(root, &["CU-1", "VV-1"], "A")), Obstacle::Permanent);
    assert_eq!(obstacle(propose(root, &["CU-1", "CU-1"], "A")), Obstacle::BadList);
    let no = propose(root, &["CU-1"], "Trần Thị B, lưu trữ viên").unwrap();
    assert_eq!(obstacle(carry_out(root, no)), Obstacle::OneDecision);
    assert_eq!(obstacle(approve(root, no + 7, "X")), Obstacle::NoProposal(no + 7));
    for same in ["Trần Thị B, lưu trữ viên", "tran thi b  LƯU TRỮ VIÊN"] {
        assert!(matches!(obstacle(approve(root, no, same)), Obstacle::SamePerson(_)), "{same}");
    }
    approve(root, no, "Lê Văn C, viện trưởng").unwrap();
    assert!(!files_with(root, WORD).is_empty());
    assert!(index_files_with(root, "CU-1") > 0 && index_files_with(root, "MOI-1") > 0);
    assert_eq!(carry_out(root, no).unwrap(), [code("CU-1")]);
    assert_eq!(files_with(root, WORD), Vec::<std::path::PathBuf>::new());
    assert_eq!(index_files_with(root, "CU-1"), 0);
    assert!(index_files_with(root, "MOI-1") > 0);
    assert_eq!(obstacle(carry_out(root, no)), Obstacle::CarriedOut);
    assert_eq!(obstacle(propose(root, &["CU-1"], "A")), Obstacle::Destroyed);
    assert!(proposals(root, &Ticking::now()).unwrap()[0].is_carried_out());
    // The others are as they were, and nobody misses what was destroyed.
    let summary = check(root);
    assert_eq!((summary.verdict, summary.checked), (CheckVerdict::Good, 4), "{summary:?}");
    assert!(summary.absent.is_empty() && summary.evidence.is_empty());
    let left: Vec<String> = ledger_versions(root).into_iter().map(|(code, _)| code).collect();
    assert_eq!(left, ["CU-2", "KR-1", "MOI-1", "VV-1"]);
    std::fs::remove_file(root.join("ledger.sqlite")).unwrap();
    assert_eq!(ledger_versions(root).len(), 4);
}

#[test]
fn a_hold_a_change_and_a_clock_that_jumps_back_stop_it() {
    let dir = prepared();
    let root = dir.path();
    let clock = || Box::new(Ticking::now());
    let held = |reason| crate::hold_case(root, &code("CU-1"), &official("D"), reason, &*clock());
    let release = || crate::release_case(root, &code("CU-1"), &official("D"), "xong", &*clock());
    held("kháng nghị").unwrap();
    assert!(matches!(obstacle(propose(root, &["CU-1"], "A")), Obstacle::OnHold(_)));
    release().unwrap();
    assert_eq!(obstacle(release()), Obstacle::NotOnHold);
    let no = propose(root, &["CU-1", "CU-2"], "A").unwrap();
    approve(root, no, "B").unwrap();
    // A hold that comes between decision and deed stops the whole list.
    held("khiếu nại").unwrap();
    assert!(matches!(obstacle(carry_out(root, no)), Obstacle::OnHold(_)));
    release().unwrap();
    // The clock is set back to a year in which it was still to be kept.
    let earlier = Ticking::now();
    earlier.wait_days(-25 * 365);
    let back = carry_out_destruction(root, no, &earlier, &mut |_| {});
    assert!(back.is_err(), "{back:?}");
    store_as(root, "CU-1", b"another", |case| {
        case.header.year = Some(1995);
        case.header.retention = "10 năm".into();
        case.documents.iter_mut().for_each(|document| document.date = None);
    });
    assert_eq!(obstacle(carry_out(root, no)), Obstacle::ChangedSince { decided: 1, latest: 2 });
    assert_eq!(check(root).checked, 5);
}

#[test]
fn stopped_at_any_step_it_is_there_or_destroyed_and_running_again_ends_it() {
    let template = prepared();
    let no = propose(template.path(), &["CU-1"], "A").unwrap();
    approve(template.path(), no, "B").unwrap();
    let run = |root: &Path, fault: Option<(u64, Fault)>| {
        let faults = fault.map_or_else(Faults::count, |(step, fault)| Faults::at(step, fault));
        let result = carry_out(root, no);
        let steps = faults.steps().len() as u64;
        if matches!(fault, Some((_, Fault::PowerCut))) {
            faults.lose_unsynced().unwrap();
        }
        (result, steps)
    };
    let whole = tempfile::tempdir().unwrap();
    copy(template.path(), whole.path());
    let (result, steps) = run(whole.path(), None);
    result.unwrap();
    assert!(index_files_with(template.path(), "CU-1") > 0);
    let (mut there, mut gone) = (0, 0);
    // Every third: `archive-store` stops the removal itself at each of its steps.
    for step in (1..=steps).step_by(3) {
        let dir = tempfile::tempdir().unwrap();
        copy(template.path(), dir.path());
        let fault = if step % 2 == 0 { Fault::Io } else { Fault::PowerCut };
        let (result, _) = run(dir.path(), Some((step, fault)));
        let what = format!("step {step} of {steps}, {fault:?}: {result:?}");
        drop(Archive::open(dir.path()).unwrap());
        let store = Archive::open_read(dir.path()).unwrap();
        let id = object_id(&ArchiveConfig::read(&dir.path().join("hoso.toml")).unwrap(), &code("CU-1"));
        let (object, stone) = (store.object(&id).unwrap(), store.tombstone(&id));
        assert_eq!(object.is_some(), stone.is_none(), "{what}");
        match object {
            Some(_) => there += 1,
            None => gone += 1,
        }
        match carry_out(dir.path(), no) {
            Ok(_) => {}
            Err(PipelineError::Refused { why, .. }) => assert_eq!(*why, Obstacle::CarriedOut, "{what}"),
            Err(error) => panic!("{what}: {error}"),
        }
        assert_eq!(files_with(dir.path(), WORD), Vec::<std::path::PathBuf>::new(), "{what}");
        assert_eq!(index_files_with(dir.path(), "CU-1"), 0, "{what}");
        if step % 8 == 1 {
            let summary = check(dir.path());
            assert_eq!(summary.verdict, CheckVerdict::Good, "{what}: {summary:?}");
        }
        let layout = Layout { root: dir.path().to_owned() };
        let journal = Desk::of(&layout, Timestamp::now()).unwrap().journal().unwrap();
        let noted = journal.entries.iter().filter(|entry| matches!(entry.act, Act::Destroyed { .. }));
        assert_eq!(noted.count(), 1, "{what}");
        let entries = crate::view_log(dir.path(), 10, Timestamp::now()).unwrap().entries;
        let disposals = entries.iter().filter(|(_, text)| text.contains("\"kind\":\"disposal\""));
        assert_eq!(disposals.count(), 1, "{what}: {entries:?}");
    }
    println!("{steps} steps: {there} times it was there, {gone} times destroyed");
    assert!(there > 0 && gone > 0);
}

/// What the check of the log says.
fn log_codes(root: &Path) -> Vec<&'static str> {
    let report = crate::check_log(root, None, Timestamp::now()).unwrap().expect("there is a log");
    report.findings.iter().map(crate::LogFinding::code).collect()
}

#[test]
fn what_is_gone_is_explained_by_its_tombstone_and_by_nothing_else() {
    let dir = prepared();
    let root = dir.path();
    let layout = Layout { root: root.to_owned() };
    let (store, _) = Archive::open(root).unwrap();
    let mut log = tlog::ArchiveLog::open(&layout).unwrap();
    tlog::enter_all(&mut log, &store, seal::tlog::VersionKind::Seal, Timestamp::now()).unwrap();
    drop((store, log));
    assert_eq!(log_codes(root), [""; 0]);
    let no = propose(root, &["CU-1"], "A").unwrap();
    approve(root, no, "B").unwrap();
    carry_out(root, no).unwrap();
    assert_eq!(log_codes(root), [""; 0]);
    let stone = Archive::open_read(root).unwrap().tombstones().unwrap().remove(0);
    assert!(stone.with_extension("tlog-proof").is_file(), "its receipt lies beside it");
    let kept = tempfile::tempdir().unwrap();
    copy(&stone, kept.path());
    std::fs::write(stone.join("tombstone.json"), "{}").unwrap();
    assert_eq!(log_codes(root), ["log-without-version", "tombstone-gone"]);
    std::fs::remove_dir_all(&stone).unwrap();
    assert_eq!(log_codes(root), ["log-without-version", "tombstone-gone"]);
    std::fs::create_dir(&stone).unwrap();
    copy(kept.path(), &stone);
    assert_eq!(log_codes(root), [""; 0]);
}

/// Expired, in three volumes.
fn with_volumes() -> (tempfile::TempDir, ObjectId) {
    let dir = prepared();
    let masters = [1, 2, 3].map(|no| format!("{WORD}, tập {no}"));
    let masters: Vec<&[u8]> = masters.iter().map(String::as_bytes).collect();
    let id = store_in_volumes(dir.path(), "TAP-1", &masters, |case| {
        case.header.year = Some(1995);
        case.header.retention = "10 năm".into();
        case.header.title = WORD.into();
        case.documents.iter_mut().for_each(|document| document.date = None);
    });
    ledger_versions(dir.path());
    (dir, id)
}

#[test]
fn volumes_go_with_their_case_file() {
    let (dir, id) = with_volumes();
    let root = dir.path();
    let place = tempfile::tempdir().unwrap();
    let replica = ReplicaPlace::Folder(place.path().join("bản sao"));
    let never = AtomicBool::new(false);
    let states = || {
        let mut states = BTreeMap::new();
        replicate_archive(root, &replica, &Ticking::now(), &never, &mut |case, _, _| {
            *states.entry(case.state.code()).or_insert(0) += 1;
        })
        .unwrap();
        states
    };
    assert_eq!(states(), [("copied", 9)].into());
    let no = propose(root, &["TAP-1", "CU-1"], "A").unwrap();
    approve(root, no, "B").unwrap();
    // A volume alone gets another version: a correction that was stopped before its case file was stored.
    let second = volumes::volume_id(&id, 2);
    let mut record = crate::format::case_json::tests::sample();
    record.volume = Some(2);
    record.case.header.code = code("TAP-1");
    crate::small_archive::store_package(root, &second, b"another", record);
    assert_eq!(obstacle(carry_out(root, no)), Obstacle::ChangedSince { decided: 1, latest: 1 });
    let no = propose(root, &["TAP-1", "CU-1"], "A").unwrap();
    approve(root, no, "B").unwrap();
    assert_eq!(carry_out(root, no).unwrap(), [code("TAP-1"), code("CU-1")]);

    assert_eq!(files_with(root, WORD), Vec::<std::path::PathBuf>::new());
    let store = Archive::open_read(root).unwrap();
    let stone = |id: &ObjectId| std::fs::read(store.tombstone(id).unwrap().join("tombstone.json")).unwrap();
    for no in 1..=3 {
        assert_eq!(stone(&volumes::volume_id(&id, no)), stone(&id));
    }
    let said: serde_json::Value = serde_json::from_slice(&stone(&id)).unwrap();
    assert_eq!((&said["documents"], &said["pages"]), (&3.into(), &6.into()), "{said}");
    assert_eq!(said["volumes"][1]["versions"].as_array().unwrap().len(), 2);
    drop(store);
    // Each object's destruction is in the log: three volumes and what lists them, and the other case file.
    let entries = crate::view_log(root, 10, Timestamp::now()).unwrap().entries;
    assert_eq!(entries.iter().filter(|(_, text)| text.contains("\"kind\":\"disposal\"")).count(), 5);
    let summary = check(root);
    assert_eq!((summary.verdict, summary.checked), (CheckVerdict::Good, 4), "{summary:?}");
    assert!(crate::upkeep(root).unwrap().loose_volumes.is_empty());
    std::fs::remove_file(root.join("ledger.sqlite")).unwrap();
    assert_eq!(ledger_versions(root).len(), 4);

    assert_eq!(states(), [("same", 4), ("destroyed", 5)].into());
    repair_archive(root, &replica, &[], &Ticking::now(), Lang::En, &never, &mut |case, _, _| {
        assert!(case.was_whole(), "{case:?}");
    })
    .unwrap();
    assert!(files_with(root, WORD).is_empty());
    let mut gone = Vec::new();
    carry_out_in_replica(root, &replica, &Ticking::now(), &mut |id| gone.push(id.clone())).unwrap();
    assert_eq!(gone.len(), 2);
    assert_eq!(files_with(place.path(), WORD), Vec::<std::path::PathBuf>::new());
    assert_eq!(states(), [("same", 4)].into());
    assert_eq!(check(&place.path().join("bản sao")).verdict, CheckVerdict::Good);

    // The tombstone of a volume is missed like that of its case file.
    let stone = Archive::open_read(root).unwrap().tombstone(&second).unwrap();
    std::fs::remove_dir_all(stone).unwrap();
    assert_eq!(check(root).verdict, CheckVerdict::Broken);
}

#[test]
fn a_late_document_in_a_volume_prolongs() {
    let dir = prepared();
    store_in_volumes(dir.path(), "TAP-1", &[b"1", b"2"], |case| {
        case.header.year = Some(1995);
        case.header.retention = "10 năm".into();
        case.documents.iter_mut().for_each(|document| document.date = record::PartialDate::parse("2020-03"));
    });
    ledger_versions(dir.path());
    assert_eq!(obstacle(propose(dir.path(), &["TAP-1"], "A")), Obstacle::NotExpired { until: 2030 });
}

#[test]
fn who_touches_tombstones_or_decisions_is_noticed() {
    let dir = prepared();
    let no = propose(dir.path(), &["CU-1"], "A").unwrap();
    approve(dir.path(), no, "B").unwrap();
    carry_out(dir.path(), no).unwrap();
    assert_eq!(check(dir.path()).verdict, CheckVerdict::Good);
    type Touch = fn(&Path, &Path);
    let touches: [(&str, Touch); 5] = [
        ("another reason in the tombstone", |_, stone| {
            let file = stone.join("tombstone.json");
            let text = std::fs::read_to_string(&file).unwrap().replace("hết thời hạn", "theo lệnh");
            std::fs::write(file, text).unwrap();
        }),
        ("no tombstone", |_, stone| std::fs::remove_dir_all(stone).unwrap()),
        ("the tombstone of another id", |_, stone| {
            let mut other = stone.to_owned();
            other.set_file_name("0".repeat(64));
            std::fs::rename(stone, other).unwrap();
        }),
        ("a decision changed", |root, _| {
            let file = root.join("evidence/decisions.ndjson");
            let text = std::fs::read_to_string(&file).unwrap().replace("hết thời hạn", "theo lệnh");
            std::fs::write(file, text).unwrap();
        }),
        // Its chain is whole and its last line well signed: only the report before has seen more.
        ("the last decision taken away", |root, _| {
            let file = root.join("evidence/decisions.ndjson");
            let text = std::fs::read_to_string(&file).unwrap();
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            std::fs::write(file, lines[..lines.len() - 1].concat()).unwrap();
        }),
    ];
    for (what, touch) in touches {
        let other = tempfile::tempdir().unwrap();
        copy(dir.path(), other.path());
        let stone = Archive::open_read(other.path()).unwrap().tombstones().unwrap().remove(0);
        touch(other.path(), &stone);
        let summary = check(other.path());
        assert_eq!(summary.verdict, CheckVerdict::Broken, "{what}");
        assert!(!summary.evidence.is_empty(), "{what}");
    }
}

#[test]
fn a_hold_cut_off_the_journal_stops_destruction_once_a_check_has_seen_it() {
    let dir = prepared();
    let root = dir.path();
    crate::hold_case(root, &code("CU-1"), &official("D"), "khiếu nại", &Ticking::now()).unwrap();
    assert_eq!(check(root).verdict, CheckVerdict::Good);
    std::fs::write(root.join("evidence/decisions.ndjson"), b"").unwrap();
    // However often somebody looks, as the hint says: the alarm does not wear off.
    for _ in 0..3 {
        for cases in [["CU-1"], ["CU-2"]] {
            assert!(matches!(propose(root, &cases, "A"), Err(PipelineError::Evidence { .. })));
        }
        let summary = check(root);
        assert_eq!((summary.verdict, summary.evidence.len()), (CheckVerdict::Broken, 1), "{summary:?}");
    }
}

#[test]
fn a_report_that_nobody_signed_vouches_for_no_decision() {
    let dir = prepared();
    let root = dir.path();
    crate::hold_case(root, &code("CU-1"), &official("D"), "khiếu nại", &Ticking::now()).unwrap();
    let report = check(root).report;
    type Touch = fn(&Path);
    let touches: [(&str, Touch); 4] = [
        ("unreadable", |report| std::fs::write(report, "{").unwrap()),
        ("of nothing", |report| std::fs::write(report, "{}").unwrap()),
        ("without a seal", |report| {
            std::fs::write(report, "{}").unwrap();
            std::fs::remove_dir_all(report.parent().unwrap().join("seal")).unwrap();
        }),
        ("a later one without a seal", |report| {
            let later = report.parent().unwrap().with_file_name("2999-01-01T000000Z");
            std::fs::create_dir(&later).unwrap();
            std::fs::write(later.join("fixity.json"), "{}").unwrap();
        }),
    ];
    for (what, touch) in touches {
        let other = tempfile::tempdir().unwrap();
        copy(root, other.path());
        touch(&other.path().join(report.strip_prefix(root).unwrap()));
        std::fs::write(other.path().join("evidence/decisions.ndjson"), b"").unwrap();
        assert!(
            matches!(propose(other.path(), &["CU-1"], "A"), Err(PipelineError::Evidence { .. })),
            "{what}"
        );
        let summary = check(other.path());
        assert_eq!(summary.verdict, CheckVerdict::Broken, "{what}");
        assert!(
            summary.evidence.iter().any(|fault| fault.path.contains("evidence/fixity")),
            "{what}: {summary:?}"
        );
    }
}

#[test]
fn a_tombstone_that_the_station_signed_without_a_decision_explains_nothing() {
    let dir = prepared();
    let root = dir.path();
    let layout = Layout { root: root.to_owned() };
    let (store, _) = Archive::open(root).unwrap();
    let mut log = tlog::ArchiveLog::open(&layout).unwrap();
    tlog::enter_all(&mut log, &store, seal::tlog::VersionKind::Seal, Timestamp::now()).unwrap();
    drop((store, log));
    let no = propose(root, &["CU-1"], "A").unwrap();
    approve(root, no, "B").unwrap();
    carry_out(root, no).unwrap();
    assert_eq!(check(root).verdict, CheckVerdict::Good);
    // Whoever has the station's key removes another case file and writes the like of its tombstone.
    let store = Archive::open_read(root).unwrap();
    let config = ArchiveConfig::read(&layout.config()).unwrap();
    let (first, second) = (object_id(&config, &code("CU-1")), object_id(&config, &code("CU-2")));
    let (mut stone, _) = Tombstone::read(&store.tombstone(&first).unwrap()).unwrap();
    (stone.id, stone.code) = (second.to_string(), "CU-2".to_owned());
    let place = store.tombstones().unwrap()[0]
        .with_file_name(crate::digest::sha256(second.as_str().as_bytes()).to_string());
    for (path, bytes) in stone.files(&station(&layout).unwrap(), Timestamp::now()).unwrap() {
        std::fs::create_dir_all(place.join(path).parent().unwrap()).unwrap();
        std::fs::write(place.join(path), bytes).unwrap();
    }
    assert_eq!(store.tombstone(&second).as_ref(), Some(&place));
    std::fs::remove_dir_all(store.object(&second).unwrap().unwrap().folder()).unwrap();
    let summary = check(root);
    assert_eq!((summary.verdict, summary.evidence.len()), (CheckVerdict::Broken, 2), "{summary:?}");
    assert_eq!(log_codes(root), ["log-without-version"]);
}

#[test]
fn what_is_destroyed_while_a_check_reads_is_not_damaged() {
    let dir = prepared();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("sao");
    let (root, replica, never) = (dir.path(), ReplicaPlace::Folder(folder.clone()), AtomicBool::new(false));
    replicate_archive(root, &replica, &Ticking::now(), &never, &mut |_, _, _| {}).unwrap();
    let no = propose(root, &["CU-1"], "A").unwrap();
    approve(root, no, "B").unwrap();
    carry_out(root, no).unwrap();
    let order = CheckOrder { subset: None, not_since: None, budget_bytes: None, jobs: 1 };
    let summary = check_archive(&folder, &order, &Ticking::now(), &never, &mut |event| {
        if let crate::CheckEvent::Started { .. } = event {
            carry_out_in_replica(root, &replica, &Ticking::now(), &mut |_| {}).unwrap();
        }
    });
    let summary = summary.unwrap();
    let told = (summary.verdict, summary.checked, summary.left, summary.never_checked);
    assert_eq!(told, (CheckVerdict::Good, 4, 0, 0), "{summary:?}");
    assert!(Archive::open_read(&folder).unwrap().strays().unwrap().is_empty());
    assert_eq!(check(&folder).verdict, CheckVerdict::Good);
    // A check of the archive itself, or a drill, keeps a destruction waiting: it would clear their folders.
    let no = propose(root, &["CU-2"], "A").unwrap();
    approve(root, no, "B").unwrap();
    for lock in [crate::fixity::one_at_a_time, crate::drill::one_at_a_time] {
        let held = lock(&Layout { root: root.to_owned() }).unwrap();
        assert!(carry_out(root, no).is_err());
        drop(held);
    }
    carry_out(root, no).unwrap();
}

#[test]
fn a_loose_volume_of_a_destroyed_case_file_does_not_come_back() {
    let (dir, id) = with_volumes();
    let (root, place) = (dir.path(), tempfile::tempdir().unwrap());
    let (replica, never) = (ReplicaPlace::Folder(place.path().join("sao")), AtomicBool::new(false));
    // One that the case file does not list: it stays in the replica alone.
    let fourth = volumes::volume_id(&id, 4);
    let mut record = crate::format::case_json::tests::sample();
    record.volume = Some(4);
    record.case.header.code = code("TAP-1");
    crate::small_archive::store_package(root, &fourth, WORD.as_bytes(), record);
    replicate_archive(root, &replica, &Ticking::now(), &never, &mut |_, _, _| {}).unwrap();
    std::fs::remove_dir_all(root.join("ocfl").join(archive_store::object_folder(&fourth))).unwrap();
    let no = propose(root, &["TAP-1", "CU-1"], "A").unwrap();
    approve(root, no, "B").unwrap();
    carry_out(root, no).unwrap();
    repair_archive(root, &replica, &[], &Ticking::now(), Lang::En, &never, &mut |_, _, _| {}).unwrap();
    assert_eq!(files_with(root, WORD), Vec::<std::path::PathBuf>::new());
    assert!(Archive::open_read(root).unwrap().object(&fourth).unwrap().is_none());
}

#[test]
fn a_delivery_that_waits_goes_with_its_case_file() {
    let dir = prepared();
    let root = dir.path();
    let layout = Layout { root: root.to_owned() };
    let digest = crate::digest::sha256(WORD.as_bytes()).to_string();
    let ledger = Ledger::open(&layout.ledger()).unwrap();
    let batch = record::BatchId::new("B-1").unwrap();
    ledger
        .open_batch(&batch, "lô", Timestamp::now(), |batch| batch.add_case(&code("CU-1"), 1, "{}"))
        .unwrap();
    drop(ledger);
    let raw = rusqlite::Connection::open(layout.ledger()).unwrap();
    raw.execute("INSERT INTO receipt VALUES ('B-1', 0, 0, ?1, 1)", [&digest]).unwrap();
    drop(raw);
    let desk = layout.incoming().join(archive_store::package_name(&object_id(
        &ArchiveConfig::read(&layout.config()).unwrap(),
        &code("CU-1"),
    )));
    for file in [layout.spool().join(&digest[..2]).join(format!("{digest}.pdf")), desk.join("package/a")] {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, WORD).unwrap();
    }
    let no = propose(root, &["CU-1"], "A").unwrap();
    approve(root, no, "B").unwrap();
    carry_out(root, no).unwrap();
    assert_eq!(files_with(root, WORD), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_ledger_that_names_another_object_condemns_nothing() {
    let dir = prepared();
    let root = dir.path();
    let layout = Layout { root: root.to_owned() };
    let raw = rusqlite::Connection::open(layout.ledger()).unwrap();
    assert_eq!(raw.execute("UPDATE stored_case SET code = 'CU-9' WHERE code = 'CU-1'", []).unwrap(), 1);
    drop(raw);
    let refused = propose(root, &["CU-9"], "A");
    assert!(matches!(refused, Err(PipelineError::Format { .. })), "{refused:?}");
}

#[test]
fn one_tombstone_that_is_refused_stops_no_other_and_a_strange_one_is_told() {
    let dir = prepared();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("sao");
    let (root, replica, never) = (dir.path(), ReplicaPlace::Folder(folder.clone()), AtomicBool::new(false));
    replicate_archive(root, &replica, &Ticking::now(), &never, &mut |_, _, _| {}).unwrap();
    let no = propose(root, &["CU-1", "CU-2"], "A").unwrap();
    approve(root, no, "B").unwrap();
    carry_out(root, no).unwrap();
    // Whichever comes first.
    for stone in Archive::open_read(root).unwrap().tombstones().unwrap() {
        let file = stone.join("seal/manifest-sha256.txt");
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, b"").unwrap();
        let failed = carry_out_in_replica(root, &replica, &Ticking::now(), &mut |_| {}).unwrap();
        assert_eq!(failed.len(), 1, "{failed:?}");
        std::fs::write(&file, whole).unwrap();
    }
    let left = Archive::open_read(&folder).unwrap().objects().unwrap();
    assert_eq!(left.len(), 3, "each went while the other was refused");
    // A tombstone there of what the archive holds.
    let id = object_id(&ArchiveConfig::read(&root.join("hoso.toml")).unwrap(), &code("VV-1"));
    let strange =
        folder.join("evidence/destruction").join(crate::digest::sha256(id.as_str().as_bytes()).to_string());
    std::fs::create_dir_all(&strange).unwrap();
    std::fs::remove_dir_all(folder.join("ocfl").join(archive_store::object_folder(&id))).unwrap();
    let mut states = Vec::new();
    let mut tell = |case: &crate::ReplicaCase, _, _| states.push(case.state.code());
    replicate_archive(root, &replica, &Ticking::now(), &never, &mut tell).unwrap();
    states.sort_unstable();
    assert_eq!(states, ["destroyed-there", "same", "same"]);
}

#[test]
fn a_replica_is_told_and_gives_nothing_back() {
    let dir = prepared();
    let place = tempfile::tempdir().unwrap();
    let replica = place.path().join("bản sao");
    let place_of = ReplicaPlace::Folder(replica.clone());
    let never = AtomicBool::new(false);
    let states = |root: &Path, target: &Path| {
        let mut states = Vec::new();
        replicate_archive(
            root,
            &ReplicaPlace::Folder(target.to_owned()),
            &Ticking::now(),
            &never,
            &mut |case, _, _| {
                states.push(case.state.code().to_owned());
            },
        )
        .unwrap();
        states
    };
    states(dir.path(), &replica);
    let no = propose(dir.path(), &["CU-1"], "A").unwrap();
    approve(dir.path(), no, "B").unwrap();
    carry_out(dir.path(), no).unwrap();
    // Replicating tells, changes nothing; repairing brings nothing back.
    assert_eq!(states(dir.path(), &replica), ["same", "same", "same", "same", "destroyed"]);
    assert!(!files_with(&replica, WORD).is_empty());
    repair_archive(dir.path(), &place_of, &[], &Ticking::now(), Lang::En, &never, &mut |case, _, _| {
        assert!(case.was_whole(), "{case:?}");
    })
    .unwrap();
    assert!(files_with(dir.path(), WORD).is_empty());
    let mut gone = Vec::new();
    carry_out_in_replica(dir.path(), &place_of, &Ticking::now(), &mut |id| gone.push(id.clone())).unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(files_with(&replica, WORD), Vec::<std::path::PathBuf>::new());
    assert_eq!(states(dir.path(), &replica), ["same"; 4]);
    assert_eq!(check(&replica).verdict, CheckVerdict::Good);
    carry_out_in_replica(dir.path(), &place_of, &Ticking::now(), &mut |_| panic!("twice")).unwrap();
}
