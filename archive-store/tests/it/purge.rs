//! Destruction: after it no file below the archive's folder holds a word of the case file, whatever step it was stopped at;
//! before it, nothing has changed. Judged by reading raw bytes, not by asking the store.

use crate::faults::{copy, scratch};
use crate::{commit_v1, commit_v2, id, say, tree};
use archive_store::{Archive, Doomed, RecoveryAction, StoreError, TOMBSTONE, VersionNo};
use durable::{Fault, Faults};
use record::Sha512;
use std::path::Path;
use std::process::{Command, Stdio};

const CHILD: &str = "HOSO_PURGE_CHILD";
/// Stands in v1 and in v2 of the object, and in what a repair had put aside of it.
const WORD: &[u8] = "trang hai".as_bytes();
const WORD_OF_THE_OTHER: &[u8] = b"must stay";
const STONE: &[u8] = b"{\"destroyed\":true}";

fn prepare(root: &Path) {
    let archive = Archive::create(root).unwrap();
    let mut draft = archive.begin(&id(9)).unwrap();
    draft.add_bytes("metadata/other/case.json", WORD_OF_THE_OTHER).unwrap();
    draft.commit(&crate::info("other")).unwrap();
    commit_v1(&archive, &id(1));
    commit_v2(&archive, &id(1));
    let lock = tree(&root.join("work/locks")).into_iter().collect::<Vec<_>>();
    assert!(!lock.is_empty());
    // As `Archive::repair` names what it puts aside: sixteen digits of the id's SHA-256.
    let digest = sha256_hex(id(1).as_str());
    std::fs::write(root.join("work/quarantine").join(format!("{}-0002.jpg", &digest[..16])), WORD).unwrap();
}

fn sha256_hex(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn doomed(no: u32, head: Sha512) -> Doomed {
    Doomed { id: id(no), heads: vec![head] }
}

fn purge(archive: &Archive) -> Result<(), StoreError> {
    let object = archive.object(&id(1)).unwrap().unwrap();
    let head = object.inventory_sha512(object.head()).unwrap();
    archive.purge(&doomed(1, head), &[], &[(TOMBSTONE, STONE), ("seal/manifest-sha256.txt", b"seal")])
}

/// How many files below a folder hold these bytes.
fn files_with(root: &Path, word: &[u8]) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found += files_with(&path, word);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found += usize::from(bytes.windows(word.len()).any(|window| window == word));
        }
    }
    found
}

/// Opens the archive; either everything of the object is there and no tombstone, or the tombstone and nothing else.
fn check(root: &Path, what: &str) -> bool {
    let (archive, recovery) = Archive::open(root).unwrap_or_else(|e| panic!("{what}: {e}"));
    let bad = recovery.actions.iter().any(|a| matches!(a, RecoveryAction::Damaged { .. }));
    assert!(!bad, "{what}: {recovery:?}");
    let gone = archive.object(&id(1)).unwrap().is_none();
    for report in archive.verify().unwrap() {
        let report = report.unwrap();
        assert!(report.errors.is_empty() && report.warnings.is_empty(), "{what}: {report:#?}");
    }
    assert!(archive.strays().unwrap().is_empty(), "{what}: {:?}", archive.strays());
    assert_eq!(files_with(root, WORD_OF_THE_OTHER), 1, "{what}");
    let stone = archive.tombstone(&id(1));
    if gone {
        assert_eq!(std::fs::read(stone.unwrap().join(TOMBSTONE)).unwrap(), STONE, "{what}");
        assert_eq!(files_with(root, WORD), 0, "{what}");
        assert!(matches!(archive.begin(&id(1)), Err(StoreError::Destroyed { .. })), "{what}");
        for unsettled in archive.unsettled_purges().unwrap() {
            archive.settle_purge(&unsettled).unwrap();
        }
        assert!(archive.unsettled_purges().unwrap().is_empty(), "{what}");
    } else {
        assert!(stone.is_none(), "{what}");
        assert!(archive.unsettled_purges().unwrap().is_empty(), "{what}");
        assert_eq!(archive.object(&id(1)).unwrap().unwrap().head(), VersionNo::new(2).unwrap(), "{what}");
    }
    drop(archive);
    let (archive, recovery) = Archive::open(root).unwrap();
    let aside = |a: &RecoveryAction| matches!(a, RecoveryAction::WorkQuarantined { .. });
    assert!(recovery.is_clean() || recovery.actions.iter().all(aside), "{what}: {recovery:?}");
    if !gone {
        purge(&archive).unwrap_or_else(|e| panic!("{what}: again: {e}"));
        assert_eq!(files_with(root, WORD), 0, "{what}: again");
    }
    gone
}

fn steps() -> Vec<durable::Step> {
    let dir = scratch();
    prepare(dir.path());
    let (archive, _) = Archive::open(dir.path()).unwrap();
    let faults = Faults::count();
    purge(&archive).unwrap();
    drop(archive);
    let steps = faults.steps();
    faults.lose_unsynced().unwrap();
    assert!(check(dir.path(), "no fault"));
    steps
}

#[test]
fn a_destruction_that_is_stopped_at_any_step_is_whole_or_not_begun() {
    let template = scratch();
    prepare(template.path());
    assert!(files_with(template.path(), WORD) >= 2);
    let steps = steps();
    for (fault, lose) in [(Fault::Io, false), (Fault::NoSpace, false), (Fault::PowerCut, true)] {
        let (mut there, mut gone) = (0, 0);
        for (idx, step) in steps.iter().enumerate() {
            let what = format!("{fault:?} at step {}, {} {}", idx + 1, step.op, step.path.display());
            let dir = scratch();
            copy(template.path(), dir.path());
            let (archive, _) = Archive::open(dir.path()).unwrap();
            let faults = Faults::at(idx as u64 + 1, fault);
            let result = purge(&archive);
            drop(archive);
            if lose {
                faults.lose_unsynced().unwrap();
            } else {
                drop(faults);
            }
            let is_gone = check(dir.path(), &what);
            assert!(is_gone || result.is_err(), "{what}: it was said to be destroyed");
            *(if is_gone { &mut gone } else { &mut there }) += 1;
        }
        say(&format!(
            "destruction, {fault:?}: {} points tried; {there} times nothing had happened, {gone} times it was whole\n",
            steps.len()
        ));
        assert!(there > 0 && gone > 0);
    }
}

/// Not a test by itself: the process that the next one lets die at a step.
#[test]
fn child_dies_while_destroying() {
    let Some(order) = std::env::var_os(CHILD) else { return };
    let order = order.into_string().unwrap();
    let (number, root) = order.split_once(' ').unwrap();
    let (archive, _) = Archive::open(root.as_ref()).unwrap();
    let _faults = Faults::at(number.parse().unwrap(), Fault::Abort);
    purge(&archive).unwrap();
}

#[test]
fn a_process_that_dies_while_destroying_leaves_one_of_two_states() {
    let template = scratch();
    prepare(template.path());
    let steps = steps().len();
    for number in 1..=steps {
        let dir = scratch();
        copy(template.path(), dir.path());
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "purge::child_dies_while_destroying"])
            .env(CHILD, format!("{number} {}", dir.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!status.success(), "the child should have died at step {number}");
        check(dir.path(), &format!("death at step {number}"));
    }
    say(&format!("destruction: a process died at {steps} steps\n"));
}

#[test]
fn what_was_not_decided_upon_is_not_destroyed() {
    let dir = scratch();
    prepare(dir.path());
    let (archive, _) = Archive::open(dir.path()).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    let first = object.inventory_sha512(VersionNo::first()).unwrap();
    let refused = archive.purge(&doomed(1, first), &[], &[(TOMBSTONE, STONE)]);
    assert!(matches!(refused, Err(StoreError::ChangedSince { .. })), "{refused:?}");
    // Damage is repaired first, then destroyed: what it is now nobody decided upon.
    let inventory = object.folder().join("inventory.json");
    let bytes = std::fs::read(&inventory).unwrap();
    std::fs::write(&inventory, &bytes[..bytes.len() - 1]).unwrap();
    let head = object.inventory_sha512(object.head()).unwrap();
    let refused = archive.purge(&doomed(1, head), &[], &[(TOMBSTONE, STONE)]);
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    assert!(archive.tombstone(&id(1)).is_none());
    assert!(files_with(dir.path(), WORD) >= 2);
}

#[test]
fn nothing_brings_a_destroyed_case_file_back() {
    let (dir, replica) = (scratch(), scratch());
    prepare(dir.path());
    prepare(replica.path());
    let (archive, _) = Archive::open(dir.path()).unwrap();
    let other = Archive::open_read(replica.path()).unwrap();
    purge(&archive).unwrap();
    let copy = other.object(&id(1)).unwrap().unwrap();
    assert!(matches!(archive.copy_missing(&copy), Err(StoreError::Destroyed { .. })));
    let folder = archive_store::object_folder(&id(1));
    let repaired = archive.repair(&folder, &other, record::Timestamp::UNIX_EPOCH, &|_| Ok(()));
    assert!(matches!(repaired, Err(StoreError::Destroyed { .. })), "{repaired:?}");
    let adopted = archive.adopt(copy.folder(), |_| Ok::<(), archive_store::AdoptError>(()));
    assert!(
        matches!(adopted, Err(archive_store::AdoptError::Store(StoreError::Destroyed { .. }))),
        "{adopted:?}"
    );
    assert_eq!(files_with(dir.path(), WORD), 0);
}

#[test]
fn what_belongs_to_it_goes_with_it_or_stays_with_it() {
    let ids = [1, 11, 12];
    let prepare_parts = |root: &Path| {
        prepare(root);
        let (archive, _) = Archive::open(root).unwrap();
        ids[1..].iter().for_each(|no| drop(commit_v1(&archive, &id(*no))));
    };
    let doomed_now = |archive: &Archive, no: u32| {
        let object = archive.object(&id(no)).unwrap();
        let head = |object: archive_store::Object| object.inventory_sha512(object.head()).unwrap();
        Doomed { id: id(no), heads: object.map(head).into_iter().collect() }
    };
    let purge_all = |archive: &Archive| {
        let [first, a, b] = ids.map(|no| doomed_now(archive, no));
        archive.purge(&first, &[a, b], &[(TOMBSTONE, STONE), ("seal/manifest-sha256.txt", b"seal")])
    };
    let whole = scratch();
    prepare_parts(whole.path());
    // One that nobody decided upon keeps all of them.
    let (archive, _) = Archive::open(whole.path()).unwrap();
    let [first, a, mut b] = ids.map(|no| doomed_now(&archive, no));
    b.heads = a.heads.clone();
    let refused = archive.purge(&first, &[a, b], &[(TOMBSTONE, STONE)]);
    assert!(matches!(refused, Err(StoreError::ChangedSince { .. })), "{refused:?}");
    assert!(ids.iter().all(|no| archive.tombstone(&id(*no)).is_none()));
    let faults = Faults::count();
    purge_all(&archive).unwrap();
    let steps = faults.steps().len() as u64;
    drop(faults);
    drop(archive);
    let (mut stayed, mut gone) = (0, 0);
    for step in (1..=steps).step_by(2) {
        let dir = scratch();
        prepare_parts(dir.path());
        let (archive, _) = Archive::open(dir.path()).unwrap();
        let fault = if step % 4 == 1 { Fault::PowerCut } else { Fault::Io };
        let faults = Faults::at(step, fault);
        let _ = purge_all(&archive);
        drop(archive);
        match fault {
            Fault::PowerCut => faults.lose_unsynced().unwrap(),
            _ => drop(faults),
        }
        let (archive, _) = Archive::open(dir.path()).unwrap();
        let there = ids.map(|no| archive.object(&id(no)).unwrap().is_some());
        let stones = ids.map(|no| archive.tombstone(&id(no)).is_some());
        assert!(
            there == [true; 3] && stones == [false; 3] || there == [false; 3] && stones == [true; 3],
            "{step}"
        );
        if there[0] {
            stayed += 1;
        } else {
            gone += 1;
            assert_eq!(files_with(dir.path(), WORD), 0, "{step}");
            assert_eq!(archive.unsettled_purges().unwrap(), [id(1)]);
            archive.settle_purge(&id(1)).unwrap();
        }
    }
    assert!(stayed > 0 && gone > 0, "{stayed} {gone}");
}

/// A check that began before: it finds files gone, and wants to write that down.
#[test]
fn what_a_check_says_of_it_later_makes_no_folder() {
    let dir = scratch();
    prepare(dir.path());
    let (archive, _) = Archive::open(dir.path()).unwrap();
    let folder = archive_store::object_folder(&id(1));
    purge(&archive).unwrap();
    let problems = archive.check(&folder).errors;
    assert!(!problems.is_empty());
    archive.note_failure(&folder, record::Timestamp::UNIX_EPOCH, &problems).unwrap();
    assert!(!dir.path().join("ocfl").join(&folder).exists());
    assert!(archive.strays().unwrap().is_empty(), "{:?}", archive.strays());
    drop(archive);
    // What an earlier program left so is no reason not to open the archive.
    let gone = dir.path().join("work/purge").join(sha256_hex(id(1).as_str()));
    for half in [dir.path().join("ocfl").join(&folder).join("logs"), gone.join("v1")] {
        std::fs::create_dir_all(half).unwrap();
    }
    assert!(check(dir.path(), "both folders"));
}

#[test]
fn a_tombstone_that_cannot_be_read_drops_no_order() {
    let dir = scratch();
    prepare(dir.path());
    let (archive, _) = Archive::open(dir.path()).unwrap();
    purge(&archive).unwrap();
    let stone = archive.tombstone(&id(1)).unwrap().join(TOMBSTONE);
    drop(archive);
    for damage in ["{}", ""] {
        match damage {
            "" => std::fs::remove_file(&stone).unwrap(),
            text => std::fs::write(&stone, text).unwrap(),
        }
        assert!(Archive::open(dir.path()).is_err(), "{damage:?}");
        assert_eq!(Archive::open_read(dir.path()).unwrap().unsettled_purges().unwrap(), [id(1)]);
    }
    std::fs::write(&stone, STONE).unwrap();
    assert!(check(dir.path(), "the tombstone again"));
}

#[test]
fn an_order_is_read_as_long_as_it_was_written() {
    let dir = scratch();
    prepare(dir.path());
    let (archive, _) = Archive::open(dir.path()).unwrap();
    // Two thousand volumes: well above 64 KiB.
    let part = |no| Doomed { id: id(no), heads: Vec::new() };
    let parts: Vec<Doomed> = (100..2100).map(part).collect();
    let object = archive.object(&id(1)).unwrap().unwrap();
    let head = object.inventory_sha512(object.head()).unwrap();
    // A part that is there and was not decided upon would refuse it; these are not there.
    archive.purge(&doomed(1, head), &parts, &[(TOMBSTONE, STONE)]).unwrap();
    assert_eq!(archive.unsettled_purges().unwrap(), [id(1)]);
    assert!(
        std::fs::metadata(dir.path().join("work/purge").join(format!("{}.json", sha256_hex(id(1).as_str()))))
            .unwrap()
            .len()
            > 64 << 10
    );
    let long = vec![b' '; (16 << 20) + 1];
    let other = archive.object(&id(9)).unwrap().unwrap();
    let head = other.inventory_sha512(other.head()).unwrap();
    let refused = archive.purge(&doomed(9, head), &[], &[(TOMBSTONE, &long)]);
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    assert!(archive.tombstone(&id(9)).is_none());
}

#[test]
fn in_a_replica_only_the_same_tombstone_counts() {
    use archive_store::Replica;
    let dir = scratch();
    prepare(dir.path());
    let (archive, _) = Archive::open(dir.path()).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    let first = doomed(1, object.inventory_sha512(object.head()).unwrap());
    assert!(Replica::purge(&archive, &first, &[], &[(TOMBSTONE, STONE)]).unwrap());
    assert!(!Replica::purge(&archive, &first, &[], &[(TOMBSTONE, STONE)]).unwrap());
    for other in [&b"{}"[..], b"{\"destroyed\":trux}"] {
        let refused = Replica::purge(&archive, &first, &[], &[(TOMBSTONE, other)]);
        assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    }
}
