//! On small sealed archives: order, budget, report, self-test, and a catalog that may be lost.
#![allow(clippy::disallowed_methods, reason = "tests damage files")]

use super::*;
use crate::small_archive::{MASTER, Ticking, archive, flip, ledger_versions, store};
use serde_json::Value;

const ALL: CheckOrder = CheckOrder { subset: None, not_since: None, budget_bytes: None, jobs: 2 };

/// Checks; the summary, and the codes of the case files read, in the order of their ends.
fn check(root: &Path, order: &CheckOrder, clock: &Ticking) -> (CheckSummary, Vec<String>) {
    let mut names = Vec::new();
    let summary = check_archive(root, order, clock, &AtomicBool::new(false), &mut |event| {
        if let CheckEvent::Checked(case) = event {
            names.push(case.name());
        }
    });
    (summary.unwrap(), names)
}

fn report(summary: &CheckSummary) -> Value {
    serde_json::from_slice(&std::fs::read(&summary.report).unwrap()).unwrap()
}

#[test]
fn a_good_archive_gets_a_signed_canonical_report_that_counts_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let clock = Ticking::now();
    let (empty, _) = check(dir.path(), &ALL, &clock);
    assert_eq!(empty.verdict, CheckVerdict::NothingChecked);
    store(dir.path(), "HS-1", b"one");
    store(dir.path(), "HS-2", b"two");
    store(dir.path(), "HS-2", b"two, better");
    let (summary, names) = check(dir.path(), &ALL, &clock);
    assert_eq!(summary.verdict, CheckVerdict::Good, "{summary:?}");
    assert_eq!((summary.checked, summary.broken, summary.left, summary.never_checked), (2, 0, 0, 0));
    // Four files in the first version, four in the second less `case.json`, which is the same.
    assert_eq!((names.len(), summary.files), (2, 4 + 4 + 3));
    let bytes = std::fs::read(&summary.report).unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value.to_string().into_bytes(), bytes, "keys sorted, no white space");
    assert_eq!((value["verdict"].as_str(), value["checked"].as_u64()), (Some("good"), Some(2)));
    let planted: Vec<_> =
        value["self_test"].as_array().unwrap().iter().map(|p| p["damage"].as_str()).collect();
    let expected = ["none", "flipped-byte", "missing-file", "wrong-sidecar"].map(Some);
    assert_eq!(planted, expected);
    // The chain of reports, by sha256sum's own word on the one before.
    let sum = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(&empty.report, sum.path()).unwrap();
    let before = durable::digest_file(sum.path()).unwrap().sha256;
    let before: String = before.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(value["previous"]["sha256"].as_str(), Some(before.as_str()));
    let name = empty.report.parent().unwrap().file_name().and_then(|name| name.to_str());
    assert_eq!(value["previous"]["name"].as_str(), name);
    let judge = SealJudge::of(&Layout { root: dir.path().to_owned() }, clock.now()).unwrap();
    let package = summary.report.parent().unwrap();
    assert!(summary.is_signed && judge.package_is_right(package));
    std::fs::write(&summary.report, value.to_string().replace("good", "fine")).unwrap();
    assert!(!judge.package_is_right(package));
}

#[test]
fn the_oldest_comes_first_and_the_budget_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let clock = Ticking::now();
    for code in ["HS-1", "HS-2", "HS-3"] {
        store(dir.path(), code, code.as_bytes());
    }
    // Less than two case files: one a day.
    let one = CheckOrder { budget_bytes: Some(1), jobs: 3, ..ALL };
    let mut first_round = Vec::new();
    for left in [2, 2, 2] {
        let (summary, names) = check(dir.path(), &one, &clock);
        assert_eq!((names.len(), summary.left), (1, left), "{summary:?}");
        first_round.extend(names);
        clock.wait_days(1);
    }
    let mut sorted = first_round.clone();
    sorted.sort();
    assert_eq!(sorted, ["HS-1", "HS-2", "HS-3"], "everything had its turn");
    for code in &first_round {
        assert_eq!(check(dir.path(), &one, &clock).1.join(" "), *code, "the same order again");
        clock.wait_days(1);
    }
    // Without its cache the archive knows the same, from the reports.
    std::fs::remove_file(dir.path().join("fixity.sqlite")).unwrap();
    assert_eq!(check(dir.path(), &one, &clock).1, [first_round[0].clone()]);
    std::fs::write(dir.path().join("fixity.sqlite"), "no database").unwrap();
    assert_eq!(check(dir.path(), &one, &clock).1, [first_round[1].clone()]);
    // Read on the sixth day: two; on the fifth: one.
    let since = |days: i64| {
        let at = Timestamp::from_second(clock.now().as_second() - days * 86_400).unwrap();
        CheckOrder { not_since: Some(at), ..ALL }
    };
    assert!(check(dir.path(), &since(3), &clock).1.is_empty());
    clock.wait_days(1);
    assert_eq!(check(dir.path(), &since(2), &clock).1, [first_round[2].clone()]);
}

#[test]
fn damage_is_named_in_report_and_log_and_other_case_files_are_read_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let clock = Ticking::now();
    store(dir.path(), "HS-1", b"one");
    let folder = dir.path().join(store(dir.path(), "HS-2", b"two"));
    flip(&folder.join("v1/content").join(MASTER));
    let (summary, _) = check(dir.path(), &ALL, &clock);
    assert_eq!((summary.verdict, summary.checked, summary.broken), (CheckVerdict::Broken, 2, 1));
    let value = report(&summary);
    let bad = value["objects"].as_array().unwrap().iter().find(|object| object["good"] == false).unwrap();
    let path = format!("v1/content/{MASTER}");
    assert!(bad["problems"].as_array().unwrap().iter().any(|p| p["path"] == path.as_str()), "{bad}");
    let log = std::fs::read_to_string(folder.join("logs/events.ndjson")).unwrap();
    assert!(log.contains("fixity-failed") && log.contains(MASTER), "{log}");
    // So is what belongs to no case file.
    std::fs::write(dir.path().join("ocfl/stray"), "x").unwrap();
    flip(&folder.join("v1/content").join(MASTER));
    let (summary, _) = check(dir.path(), &ALL, &clock);
    assert_eq!((summary.verdict, summary.broken, summary.strays.len()), (CheckVerdict::Broken, 0, 1));
}

#[test]
fn a_forged_case_file_that_every_validator_accepts_is_found_by_its_seal() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let folder = dir.path().join(store(dir.path(), "HS-1", b"one"));
    let (old, new) = (durable::digest_reader(&mut &b"one"[..]), durable::digest_reader(&mut &b"lie"[..]));
    let (old, new) = (old.unwrap(), new.unwrap());
    let hex = |digest: &[u8]| digest.iter().map(|b| format!("{b:02x}")).collect::<String>();
    std::fs::write(folder.join("v1/content").join(MASTER), "lie").unwrap();
    for place in [folder.clone(), folder.join("v1")] {
        let text = std::fs::read_to_string(place.join("inventory.json")).unwrap();
        let text = text.replace(&hex(&old.sha512), &hex(&new.sha512));
        let text = text.replace(&hex(&old.sha256), &hex(&new.sha256));
        std::fs::write(place.join("inventory.json"), &text).unwrap();
        let sum = durable::digest_reader(&mut text.as_bytes()).unwrap().sha512;
        std::fs::write(place.join("inventory.json.sha512"), format!("{} inventory.json\n", hex(&sum)))
            .unwrap();
    }
    let (summary, _) = check(dir.path(), &ALL, &Ticking::now());
    assert_eq!(summary.verdict, CheckVerdict::Broken);
    let value = report(&summary);
    assert_eq!(value["objects"][0]["problems"][0]["code"], "seal-differs", "{value}");
    assert_eq!(value["objects"][0]["problems"][0]["path"], MASTER);
}

#[test]
fn a_check_that_misses_planted_damage_never_says_good() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    store(dir.path(), "HS-1", b"one");
    let blind =
        |_: &Path, object: &Path| ObjectReport { folder: object.to_owned(), ..ObjectReport::default() };
    let clock = Ticking::now();
    let summary = run(dir.path(), None, &ALL, &clock, &AtomicBool::new(false), &mut |_| {}, &blind).unwrap();
    assert_eq!((summary.verdict, summary.broken), (CheckVerdict::SelfTestFailed, 0));
    let value = report(&summary);
    assert_eq!(value["verdict"], "self-test-failed");
    assert!(value["self_test"].as_array().unwrap().iter().any(|planted| planted["found"] == false));
}

#[test]
fn a_report_that_the_station_did_not_sign_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    store(dir.path(), "HS-1", b"one");
    let clock = Ticking::now();
    let (summary, _) = check(dir.path(), &ALL, &clock);
    let text = std::fs::read_to_string(&summary.report).unwrap();
    let started = report(&summary)["started"].as_str().unwrap().to_owned();
    let later = Timestamp::from_second(clock.now().as_second() + 40 * 86_400).unwrap();
    let package = summary.report.parent().unwrap();
    let forged = package.with_file_name("2099-01-01T000000Z");
    std::fs::create_dir_all(forged.join("seal")).unwrap();
    for file in [seal::MANIFEST_PATH, seal::SIGNATURE_PATH] {
        std::fs::copy(package.join(file), forged.join(file)).unwrap();
    }
    std::fs::write(forged.join("fixity.json"), text.replace(&started, &later.to_string())).unwrap();
    let unsigned = package.with_file_name("2099-01-02T000000Z");
    std::fs::create_dir(&unsigned).unwrap();
    std::fs::copy(forged.join("fixity.json"), unsigned.join("fixity.json")).unwrap();
    clock.wait_days(41);
    let due = CheckOrder { not_since: Some(later), ..ALL };
    assert_eq!(check(dir.path(), &due, &clock).1, ["HS-1"]);
}

#[test]
fn one_check_at_a_time_and_a_stop_leaves_a_report() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    store(dir.path(), "HS-1", b"one");
    let layout = Layout { root: dir.path().to_owned() };
    let lock = one_at_a_time(&layout).unwrap();
    let clock = Ticking::now();
    let second = check_archive(dir.path(), &ALL, &clock, &AtomicBool::new(false), &mut |_| {});
    assert!(matches!(second, Err(PipelineError::Locked(_))), "{second:?}");
    drop(lock);
    let stopped = check_archive(dir.path(), &ALL, &clock, &AtomicBool::new(true), &mut |_| {}).unwrap();
    assert!(stopped.interrupted && stopped.left == 1 && stopped.verdict == CheckVerdict::NothingChecked);
    assert_eq!(report(&stopped)["interrupted"], true);
}

/// Takes the second version away, as if it had never been.
fn cut_to_v1(object: &Path) {
    std::fs::remove_dir_all(object.join("v2")).unwrap();
    for file in ["inventory.json", "inventory.json.sha512"] {
        std::fs::copy(object.join("v1").join(file), object.join(file)).unwrap();
    }
}

#[test]
fn a_case_file_or_a_version_that_the_ledger_knows_and_that_is_gone_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let clock = Ticking::now();
    store(dir.path(), "HS-1", b"one");
    let gone = dir.path().join(store(dir.path(), "HS-2", b"two"));
    let cut = dir.path().join(store(dir.path(), "HS-3", b"three"));
    store(dir.path(), "HS-3", b"three, better");
    let noted = ledger_versions(dir.path());
    assert_eq!(noted, [("HS-1", 1), ("HS-2", 1), ("HS-3", 2)].map(|(code, no)| (code.to_owned(), no)));
    let first_tuple = gone.ancestors().nth(3).unwrap().to_owned();
    std::fs::remove_dir_all(first_tuple).unwrap();
    cut_to_v1(&cut);
    let (summary, _) = check(dir.path(), &ALL, &clock);
    assert_eq!((summary.verdict, summary.broken, summary.checked), (CheckVerdict::Broken, 0, 2));
    let found: Vec<_> = summary.absent.iter().map(|c| (c.code.as_str(), c.noted, c.head)).collect();
    assert_eq!(found, [("HS-2", 1, None), ("HS-3", 2, Some(1))]);
    let value = report(&summary);
    assert_eq!(value["absent"], serde_json::json!(["HS-2"]));
    assert_eq!(value["versions_gone"], serde_json::json!([{"case": "HS-3", "head": 1, "noted": 2}]));
}

#[test]
fn a_version_that_an_earlier_report_saw_is_missed_without_any_ledger() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let clock = Ticking::now();
    let folder = dir.path().join(store(dir.path(), "HS-1", b"one"));
    store(dir.path(), "HS-1", b"one, better");
    let (summary, _) = check(dir.path(), &ALL, &clock);
    assert_eq!(report(&summary)["objects"][0]["head"], 2);
    cut_to_v1(&folder);
    // The catalog is a cache: the signed reports know it.
    std::fs::remove_file(dir.path().join("fixity.sqlite")).unwrap();
    for _ in 0..2 {
        let (summary, _) = check(dir.path(), &ALL, &clock);
        assert_eq!(summary.verdict, CheckVerdict::Broken, "{summary:?}");
        assert_eq!(report(&summary)["objects"][0]["problems"][0]["code"], "version-gone");
    }
}

#[test]
fn a_check_by_a_clock_that_was_wrong_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    store(dir.path(), "HS-1", b"one");
    let clock = Ticking::now();
    let due = |clock: &Ticking| {
        let at = Timestamp::from_second(clock.now().as_second() - 90 * 86_400).unwrap();
        CheckOrder { not_since: Some(at), ..ALL }
    };
    let ahead = Ticking::now();
    ahead.wait_days(5 * 365);
    let (wrong, names) = check(dir.path(), &ALL, &ahead);
    assert_eq!(names, ["HS-1"]);
    for with_catalog in [true, false] {
        if !with_catalog {
            std::fs::remove_file(dir.path().join("fixity.sqlite")).unwrap();
            clock.wait_days(91);
        }
        let (summary, names) = check(dir.path(), &due(&clock), &clock);
        assert_eq!((names.len(), summary.never_checked), (1, 0), "{summary:?}");
        assert!(check(dir.path(), &due(&clock), &clock).1.is_empty(), "it was read just now");
    }
    // The chain follows the order of writing.
    let name = |summary: &CheckSummary| {
        summary.report.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned()
    };
    let (last, _) = check(dir.path(), &ALL, &clock);
    let (next, _) = check(dir.path(), &ALL, &clock);
    assert_eq!(report(&next)["previous"]["name"], name(&last).as_str());
    assert_ne!(name(&last), name(&wrong));
}
