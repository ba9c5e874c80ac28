//! Replicas and repair with real seals.
#![allow(clippy::disallowed_methods, reason = "tests damage files")]

use super::*;
use crate::small_archive::{MASTER, Ticking, archive, flip, ledger_versions, store};
use crate::{CheckOrder, CheckVerdict, check_archive};
use record::Lang;
use std::collections::BTreeMap;

fn replicate(root: &Path, target: &Path) -> Result<Vec<&'static str>, PipelineError> {
    let mut states = Vec::new();
    let target = ReplicaPlace::Folder(target.to_owned());
    replicate_archive(root, &target, &Ticking::now(), &AtomicBool::new(false), &mut |case, _, _| {
        states.push(case.state.code());
    })?;
    Ok(states)
}

fn repair(root: &Path, replica: &Path, cases: &[CaseCode]) -> Vec<RepairedCase> {
    let mut repaired = Vec::new();
    let (clock, stop) = (Ticking::now(), AtomicBool::new(false));
    let replica = ReplicaPlace::Folder(replica.to_owned());
    repair_archive(root, &replica, cases, &clock, Lang::Vi, &stop, &mut |case, _, _| {
        repaired.push(RepairedCase {
            folder: case.folder.clone(),
            code: case.code.clone(),
            repair: case.repair.clone(),
        });
    })
    .unwrap();
    repaired
}

/// Bytes of `ocfl/`, without logs.
fn truth(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![root.join("ocfl")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("logs") {
                folders.push(path);
            } else if path.is_file() {
                files.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_replica_can_be_checked_and_repairs_the_archive() {
    let scratch = tempfile::tempdir().unwrap();
    let (root, target) = (scratch.path().join("kho"), scratch.path().join("bản sao"));
    archive(&root);
    let folder = root.join(store(&root, "HS-1", b"one"));
    store(&root, "HS-1", b"one, better");
    store(&root, "HS-2", b"two");
    assert_eq!(replicate(&root, &target).unwrap(), ["copied", "copied"]);
    assert_eq!(replicate(&root, &target).unwrap(), ["same", "same"]);
    assert_eq!(truth(&root), truth(&target));
    let order = CheckOrder { subset: None, not_since: None, budget_bytes: None, jobs: 1 };
    let check = |root: &Path| {
        check_archive(root, &order, &Ticking::now(), &AtomicBool::new(false), &mut |_| {}).unwrap()
    };
    let of_copy = check(&target);
    assert_eq!((of_copy.verdict, of_copy.is_signed), (CheckVerdict::Good, false));
    // Damage in a version that is no longer the latest, and in its seal.
    flip(&folder.join("v1/content").join(MASTER));
    flip(&folder.join("v1/content/seal/manifest.p7s"));
    assert_eq!(check(&root).verdict, CheckVerdict::Broken);
    let repaired = repair(&root, &target, &[]);
    assert_eq!(repaired.len(), 2);
    assert!(repaired.iter().all(RepairedCase::is_whole), "{repaired:#?}");
    assert_eq!(repaired.iter().filter(|case| case.was_whole()).count(), 1);
    assert_eq!(check(&root).verdict, CheckVerdict::Good);
    assert_eq!(truth(&root), truth(&target));
    // Named case files only.
    assert_eq!(repair(&root, &target, &[CaseCode::new("HS-2").unwrap()]).len(), 1);
}

#[test]
fn bytes_that_no_seal_proves_are_not_taken() {
    let scratch = tempfile::tempdir().unwrap();
    let (root, target) = (scratch.path().join("kho"), scratch.path().join("bản sao"));
    archive(&root);
    let folder = store(&root, "HS-1", b"one");
    replicate(&root, &target).unwrap();
    // Both signatures are damaged: nothing proves which bytes are right.
    for place in [&root, &target] {
        flip(&place.join(&folder).join("v1/content/seal/manifest.p7s"));
    }
    let before = truth(&root);
    let repaired = repair(&root, &target, &[]);
    assert!(matches!(&repaired[0].repair.refused[..], [Refusal::Unproven(_)]), "{repaired:#?}");
    assert!(!repaired[0].is_whole());
    assert_eq!(truth(&root), before);
    let why = why_refused(&repaired[0].repair.refused[0], Lang::Vi);
    assert!(why.contains("không đọc được"), "in the clerk's language: {why}");
}

#[test]
fn a_case_file_that_is_gone_comes_back_and_one_of_another_archive_does_not() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    archive(&path("kho"));
    store(&path("kho"), "HS-1", b"one");
    replicate(&path("kho"), &path("sao")).unwrap();
    let whole = truth(&path("kho"));
    let mut shelf = std::fs::read_dir(path("kho/ocfl")).unwrap().map(|e| e.unwrap().path());
    let shelf = shelf.find(|p| p.is_dir() && !p.ends_with("extensions")).unwrap();
    std::fs::remove_dir_all(shelf).unwrap();
    assert_eq!(replicate(&path("kho"), &path("sao")).unwrap(), ["only-in-replica"]);
    let repaired = repair(&path("kho"), &path("sao"), &[]);
    assert!(repaired[0].is_whole() && repaired[0].repair.copied.is_some(), "{repaired:#?}");
    assert_eq!(truth(&path("kho")), whole);
    // Sealed by a station that this archive does not trust.
    archive(&path("khác"));
    store(&path("khác"), "HS-9", b"nine");
    let before = truth(&path("kho"));
    let repaired = repair(&path("kho"), &path("khác"), &[]);
    let foreign = repaired.iter().find(|case| !case.is_whole()).unwrap();
    assert!(matches!(&foreign.repair.refused[..], [Refusal::Unproven(_)]), "{foreign:#?}");
    assert_eq!(truth(&path("kho")), before);
}

#[test]
fn a_replica_goes_into_a_folder_of_its_own() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    archive(&path("kho"));
    archive(&path("khác"));
    std::fs::create_dir(path("đầy")).unwrap();
    std::fs::write(path("đầy/tệp"), "x").unwrap();
    for taken in ["khác", "đầy"] {
        let refused = replicate(&path("kho"), &path(taken));
        assert!(matches!(refused, Err(PipelineError::NotAReplica(_))), "{taken}: {refused:?}");
    }
    for inside in ["kho/sao", "kho", ""] {
        let refused = replicate(&path("kho"), &path(inside));
        assert!(matches!(refused, Err(PipelineError::IntoTheArchive(_))), "{inside}: {refused:?}");
    }
    assert!(matches!(replicate(&path("đầy"), &path("sao")), Err(PipelineError::NoArchive(_))));
}

#[test]
fn what_no_seal_proves_is_not_copied() {
    let scratch = tempfile::tempdir().unwrap();
    let (root, target) = (scratch.path().join("kho"), scratch.path().join("sao"));
    let config = archive(&root);
    store(&root, "HS-1", b"one");
    assert_eq!(replicate(&root, &target).unwrap(), ["copied"]);
    let before = truth(&target);
    // A second version with fitting inventories, and without a seal of its own.
    let (store, _) = Archive::open(&root).unwrap();
    let mut draft = store.begin(&object_id(&config, &CaseCode::new("HS-1").unwrap())).unwrap();
    draft.keep_previous().unwrap();
    draft.add_bytes("representations/rep2/data/0001/0002.pdf", b"forged").unwrap();
    let info = archive_store::VersionInfo {
        created: Ticking::now().now(),
        message: "forged".into(),
        user_name: "x".into(),
        user_address: "urn:x:1".into(),
    };
    draft.commit(&info).unwrap();
    drop(store);
    assert_eq!(replicate(&root, &target).unwrap(), ["damaged"]);
    assert_eq!(truth(&target), before, "the replica is as good as it was");
    assert_eq!(replicate(&root, &scratch.path().join("sao 2")).unwrap(), ["damaged"]);
}

#[test]
fn certificates_that_only_the_replica_trusts_stay() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    for name in ["kho", "a", "b", "c"] {
        archive(&path(name));
    }
    let anchor = |name: &str| std::fs::read_to_string(Layout { root: path(name) }.anchor()).unwrap();
    let trusted = |name: &str| Layout { root: path(name) }.trusted();
    std::fs::write(trusted("kho"), anchor("a")).unwrap();
    replicate(&path("kho"), &path("sao")).unwrap();
    std::fs::write(trusted("sao"), anchor("a") + &anchor("b")).unwrap();
    std::fs::write(trusted("kho"), anchor("a") + &anchor("c")).unwrap();
    for _ in 0..2 {
        replicate(&path("kho"), &path("sao")).unwrap();
        let found = std::fs::read(trusted("sao")).unwrap();
        let all: Vec<Vec<u8>> = ["a", "b", "c"]
            .iter()
            .flat_map(|name| seal::certificates_from_pem(anchor(name).as_bytes()).unwrap())
            .collect();
        assert_eq!(seal::certificates_from_pem(&found).unwrap(), all);
    }
}

#[test]
fn versions_that_come_back_are_noted_at_the_next_opening() {
    let scratch = tempfile::tempdir().unwrap();
    let (root, target) = (scratch.path().join("kho"), scratch.path().join("sao"));
    archive(&root);
    let folder = root.join(store(&root, "HS-1", b"one"));
    let noted = || ledger_versions(&root).pop().map(|(_, version)| version);
    assert_eq!(noted(), Some(1));
    replicate(&root, &target).unwrap();
    let whole = truth(&root);
    store(&root, "HS-1", b"one, better");
    replicate(&root, &target).unwrap();
    std::fs::remove_dir_all(folder.join("v2")).unwrap();
    for (path, bytes) in whole {
        std::fs::write(root.join(path), bytes).unwrap();
    }
    assert_eq!(noted(), Some(1));
    assert!(repair(&root, &target, &[])[0].repair.copied.is_some());
    assert_eq!(noted(), Some(2), "a version that a repair brought back");
}

#[test]
fn a_case_file_is_copied_after_its_volumes() {
    let scratch = tempfile::tempdir().unwrap();
    let (root, target) = (scratch.path().join("kho"), scratch.path().join("sao"));
    archive(&root);
    for code in ["HS-1", "HS-2", "HS-3", "HS-4"] {
        crate::small_archive::store_in_volumes(&root, code, &[b"1", b"2"], |_| {});
    }
    let mut are_volumes = Vec::new();
    let target = ReplicaPlace::Folder(target);
    replicate_archive(&root, &target, &Ticking::now(), &AtomicBool::new(false), &mut |case, _, _| {
        assert_eq!(case.state.code(), "copied", "{case:?}");
        are_volumes.push(case.id.as_ref().and_then(case_of_volume).is_some());
    })
    .unwrap();
    assert_eq!(are_volumes, [vec![true; 8], vec![false; 4]].concat());
}

#[test]
fn two_stores_never_share_a_name() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let layout = Layout { root: dir.path().to_owned() };
    let key = archive_store::S3Key { access_key: "a".into(), secret_key: "b".into() };
    let slug = |address: &str| place::store(&layout, address, Some(&key)).unwrap().slug;
    let addresses = ["s3://kho/a_b", "s3://kho/a/b", "s3://kho/a__b", "s3://kho/a_/b", "s3://kho/a/_b"];
    let slugs: HashSet<String> = addresses.iter().map(|address| slug(address)).collect();
    assert_eq!(slugs.len(), addresses.len());
    assert_eq!(slug("s3://kho/a/b/"), slug("s3://kho/a/b"));
}

#[test]
fn a_replica_in_a_folder_is_judged_by_the_archive_and_misses_what_is_gone() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    archive(&path("kho"));
    let first = store(&path("kho"), "HS-1", b"one");
    replicate(&path("kho"), &path("sao")).unwrap();
    store(&path("kho"), "HS-2", b"two");
    let order = CheckOrder { subset: None, not_since: None, budget_bytes: None, jobs: 1 };
    let clock = Ticking::now();
    let check = |replica: &Path| {
        let place = ReplicaPlace::Folder(replica.to_owned());
        crate::check_replica(&path("kho"), &place, &order, &clock, &AtomicBool::new(false), &mut |_| {})
    };
    let summary = check(&path("sao")).unwrap();
    assert_eq!((summary.verdict, summary.not_copied.len()), (CheckVerdict::Good, 1), "{summary:?}");
    assert!(summary.is_signed && summary.report.starts_with(path("kho")), "{summary:?}");
    assert!(!path("sao/evidence/fixity").exists(), "nothing is written there");
    // What an earlier check saw there is gone: the folder itself says nothing of it.
    replicate(&path("kho"), &path("sao")).unwrap();
    std::fs::remove_dir_all(path("sao").join(&first)).unwrap();
    let summary = check(&path("sao")).unwrap();
    assert_eq!(summary.verdict, CheckVerdict::Broken, "{summary:?}");
    assert!(summary.strays.iter().any(|stray| stray.contains("it is gone")), "{summary:?}");
    // Somebody puts in its place an archive that a key of his own has sealed, with the certificates for it.
    archive(&path("khác"));
    store(&path("khác"), "HS-1", b"forged");
    std::fs::copy(path("kho/hoso.toml"), path("khác/hoso.toml")).unwrap();
    assert_eq!(check(&path("khác")).unwrap().verdict, CheckVerdict::Broken);
    archive(&path("lạ"));
    assert!(matches!(check(&path("lạ")), Err(PipelineError::NotAReplica(_))));
}
