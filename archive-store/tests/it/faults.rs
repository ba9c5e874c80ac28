//! The writer is stopped at every step that changes the medium: by an error, by a power cut, by death. Afterwards
//! the object is exactly old or new (INV-A2), no lock is left, old bytes are readable, the next commit works.

use crate::judges::{ocfl_py_accepts, rocfl_accepts};
use crate::{V1, V2, commit_v1, commit_v2, contents, id, info, say, tree};
use archive_store::{Archive, RecoveryAction, StoreError, VersionNo};
use durable::{Fault, Faults};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// An archive with an object at rest, and, for a second version, the object to be changed.
fn prepare(root: &Path, old: bool) {
    let archive = Archive::create(root).unwrap();
    commit_v1(&archive, &id(9));
    if old {
        commit_v1(&archive, &id(1));
    }
}

/// The work that is interrupted: v1 of a new object or v2 of an old one.
fn work(archive: &Archive) -> Result<(), StoreError> {
    let mut draft = archive.begin(&id(1))?;
    if draft.version() == VersionNo::first() {
        for (path, content) in V1 {
            draft.add_bytes(path, content.as_bytes())?;
        }
    } else {
        draft.keep_previous()?;
        for (path, content) in V2 {
            draft.remove(path);
            draft.add_bytes(path, content.as_bytes())?;
        }
    }
    draft.commit(&info("interrupted")).map(|_| ())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Old,
    New,
    Either,
}

/// Every byte sequence that no stop and no recovery may take away: of the storage root, of unfinished work, of what was put
/// aside. Space that is only kept free is none, nor is a file into which nothing was written.
pub(crate) fn kept(root: &Path) -> BTreeSet<Vec<u8>> {
    let of = |folder: &str| contents(&root.join(folder)).into_iter();
    let files = ["ocfl", "work/staging", "work/quarantine"].into_iter().flat_map(of);
    let files = files.filter(|(path, bytes)| !path.contains(".reserve-") && !bytes.is_empty());
    files.map(|(_, bytes)| bytes).collect()
}

/// All of `before` is still somewhere in the archive's folder.
pub(crate) fn assert_nothing_is_gone(before: &BTreeSet<Vec<u8>>, root: &Path, what: &str) {
    let now: BTreeSet<Vec<u8>> = contents(root).into_values().collect();
    let gone: Vec<_> = before.difference(&now).map(|bytes| String::from_utf8_lossy(bytes)).collect();
    assert!(gone.is_empty(), "{what}: gone: {gone:?}");
}

/// Opens the archive and checks the invariant; says whether the new state is there.
fn check(root: &Path, old: bool, expect: Expect, what: &str) -> bool {
    let kept_before = kept(root);
    let (archive, recovery) = Archive::open(root).unwrap_or_else(|e| panic!("{what}: {e}"));
    let damaged = recovery
        .actions
        .iter()
        .any(|a| matches!(a, RecoveryAction::Damaged { .. } | RecoveryAction::VersionQuarantined { .. }));
    assert!(!damaged, "{what}: {recovery:?}");
    assert_nothing_is_gone(&kept_before, root, what);
    rocfl_accepts(&root.join("ocfl"), what);
    let head = archive.object(&id(1)).unwrap().map_or(0, |object| object.head().get());
    let (before, after) = if old { (1, 2) } else { (0, 1) };
    let new = head == after;
    assert!(new || head == before, "{what}: head is v{head}");
    assert!(expect != Expect::New || new, "{what}: what was stored is gone");
    assert!(expect != Expect::Old || !new, "{what}: an error was reported, and the version is there");
    for report in archive.verify().unwrap() {
        let report = report.unwrap();
        assert!(report.errors.is_empty() && report.warnings.is_empty(), "{what}: {report:#?}");
    }
    assert!(archive.strays().unwrap().is_empty(), "{what}");
    if let Some(object) = archive.object(&id(1)).unwrap() {
        for (path, content) in V1 {
            let mut text = String::new();
            std::io::Read::read_to_string(
                &mut object.open_file_of(VersionNo::first(), path).unwrap(),
                &mut text,
            )
            .unwrap();
            assert_eq!(text, content, "{what}");
        }
    }
    for folder in ["work/staging", "work/intent"] {
        assert!(tree(&root.join(folder)).is_empty(), "{what}: {:?}", tree(&root.join(folder)));
    }
    if !new {
        work(&archive).unwrap_or_else(|e| panic!("{what}: the next commit: {e}"));
    }
    drop(archive);
    let (archive, recovery) = Archive::open(root).unwrap();
    assert!(recovery.is_clean(), "{what}: {recovery:?}");
    assert_eq!(archive.object(&id(1)).unwrap().unwrap().head().get(), after, "{what}");
    assert_nothing_is_gone(&kept_before, root, what);
    new
}

/// Every step of the work, counted in a run without faults.
fn steps_of_work(old: bool) -> Vec<durable::Step> {
    let dir = scratch();
    prepare(dir.path(), old);
    let (archive, _) = Archive::open(dir.path()).unwrap();
    let faults = Faults::count();
    work(&archive).unwrap();
    drop(archive);
    let steps = faults.steps();
    // The strictest reading of success: whatever was not synced is lost.
    faults.lose_unsynced().unwrap();
    assert!(check(dir.path(), old, Expect::New, "no fault"));
    steps
}

pub(crate) fn copy(from: &Path, to: &Path) {
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

/// In memory where there is such a place: hundreds of archives are made here, and what a sync does is the fault
/// layer's affair.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn stop_at_every_step(old: bool, fault: Fault, lose: bool) {
    let template = scratch();
    prepare(template.path(), old);
    let acknowledged = kept(template.path());
    let steps = steps_of_work(old);
    let (mut olds, mut news, mut last) = (0, 0, None);
    for (idx, step) in steps.iter().enumerate() {
        let number = idx as u64 + 1;
        let name = step.path.file_name().unwrap_or_default().to_string_lossy();
        let what = format!("{fault:?} at step {number}, {} {name}", step.op);
        let dir = scratch();
        copy(template.path(), dir.path());
        let (archive, _) = Archive::open(dir.path()).unwrap();
        let faults = Faults::at(number, fault);
        let result = work(&archive);
        if result.is_err() {
            let latched = archive.begin(&id(5));
            assert!(matches!(latched, Err(StoreError::Latched { .. })), "{what}: {latched:?}");
        }
        drop(archive);
        if lose {
            faults.lose_unsynced().unwrap();
        } else {
            drop(faults);
        }
        let expect = match (fault, &result) {
            (_, Ok(())) => Expect::New,
            (Fault::PowerCut, Err(_)) => Expect::Either,
            (_, Err(StoreError::Unfinished { .. })) => Expect::New,
            (_, Err(_)) => Expect::Old,
        };
        assert_nothing_is_gone(&acknowledged, dir.path(), &what);
        if check(dir.path(), old, expect, &what) {
            news += 1
        } else {
            olds += 1
        }
        last = Some(dir);
    }
    ocfl_py_accepts(&last.unwrap().path().join("ocfl"), "the last of them");
    say(&format!(
        "{}, {fault:?}{}: {} points tried, {olds} ended in the old state and {news} in the new\n",
        if old { "new version" } else { "store" },
        if lose { ", unsynced bytes lost" } else { "" },
        steps.len()
    ));
    assert!(olds > 10 && news > 1, "both outcomes occur: {olds} old, {news} new");
}

#[test]
fn a_full_disk_at_every_step_of_a_new_object() {
    stop_at_every_step(false, Fault::NoSpace, false);
}

#[test]
fn a_full_disk_at_every_step_of_a_new_version() {
    stop_at_every_step(true, Fault::NoSpace, false);
}

#[test]
fn a_failing_disk_at_every_step_of_a_new_object() {
    stop_at_every_step(false, Fault::Io, false);
}

#[test]
fn a_failing_disk_at_every_step_of_a_new_version() {
    stop_at_every_step(true, Fault::Io, false);
}

#[test]
fn a_power_cut_at_every_step_of_a_new_object_loses_what_was_not_synced() {
    stop_at_every_step(false, Fault::PowerCut, true);
}

#[test]
fn a_power_cut_at_every_step_of_a_new_version_loses_what_was_not_synced() {
    stop_at_every_step(true, Fault::PowerCut, true);
}

#[test]
fn a_power_cut_at_every_step_of_a_new_object_with_everything_written_by_luck() {
    stop_at_every_step(false, Fault::PowerCut, false);
}

#[test]
fn a_power_cut_at_every_step_of_a_new_version_with_everything_written_by_luck() {
    stop_at_every_step(true, Fault::PowerCut, false);
}

/// A wrong bit on the medium in place of what was written: no version with it is ever stored.
#[test]
fn a_bit_that_flips_at_any_write_is_noticed_before_the_commit() {
    for old in [false, true] {
        let template = scratch();
        prepare(template.path(), old);
        let steps = steps_of_work(old);
        let writes = steps.iter().zip(1u64..).filter(|(step, _)| step.op == "write");
        let mut flipped = 0;
        for (step, number) in writes {
            let what = format!("a bit flips at step {number}, {}", step.path.display());
            let dir = scratch();
            copy(template.path(), dir.path());
            let (archive, _) = Archive::open(dir.path()).unwrap();
            let faults = Faults::at(number, Fault::FlipBit);
            work(&archive).expect_err(&what);
            drop(archive);
            drop(faults);
            check(dir.path(), old, Expect::Old, &what);
            flipped += 1;
        }
        say(&format!("{}: a bit flipped at {flipped} writes\n", if old { "new version" } else { "store" }));
        assert!(flipped > 4, "{flipped}");
    }
}

/// Recovery is itself cut at every step, in every state that a cut commit leaves behind.
#[test]
fn recovery_may_be_cut_and_run_again() {
    let template = scratch();
    prepare(template.path(), true);
    let steps = steps_of_work(true);
    let (mut kinds, mut states, mut cuts) = (BTreeSet::new(), 0, 0);
    for number in 1..=steps.len() as u64 {
        let state = scratch();
        copy(template.path(), state.path());
        let (archive, _) = Archive::open(state.path()).unwrap();
        let faults = Faults::at(number, Fault::PowerCut);
        let _ = work(&archive);
        drop(archive);
        drop(faults);
        if tree(&state.path().join("work/intent")).is_empty() {
            continue;
        }
        let count = {
            let dir = scratch();
            copy(state.path(), dir.path());
            let faults = Faults::count();
            let (_, recovery) = Archive::open(dir.path()).unwrap();
            kinds.extend(
                recovery.actions.iter().map(|a| format!("{a:?}").split(' ').next().unwrap().to_owned()),
            );
            faults.steps().len() as u64
        };
        states += 1;
        for cut in 1..=count {
            for lose in [true, false] {
                cuts += 1;
                let dir = scratch();
                copy(state.path(), dir.path());
                let faults = Faults::at(cut, Fault::PowerCut);
                assert!(Archive::open(dir.path()).is_err());
                if lose {
                    faults.lose_unsynced().unwrap();
                } else {
                    drop(faults);
                }
                check(dir.path(), true, Expect::Either, &format!("work cut at {number}, recovery at {cut}"));
            }
        }
    }
    say(&format!("recovery cut at {cuts} points, in {states} states that a cut commit leaves\n"));
    for kind in ["RolledForward", "SidecarRewritten", "Finished"] {
        assert!(kinds.contains(kind), "{kind} never occurred: {kinds:?}");
    }
}

/// A version folder that does not hold what was announced is moved away, whole, and the old state stays.
#[test]
fn an_untrustworthy_version_goes_to_quarantine() {
    let steps = steps_of_work(true);
    let last_rename = steps.iter().rposition(|s| s.op == "rename over").unwrap() as u64;
    let dir = scratch();
    prepare(dir.path(), true);
    let (archive, _) = Archive::open(dir.path()).unwrap();
    // The rename before the last one brings the root inventory: cut there, the version is in place, the root old.
    let first_rename =
        steps[..last_rename as usize].iter().rposition(|s| s.op == "rename over").unwrap() as u64 + 1;
    let faults = Faults::at(first_rename, Fault::PowerCut);
    work(&archive).unwrap_err();
    let object = archive.object(&id(1)).unwrap().unwrap();
    drop(archive);
    drop(faults);
    let altered = object.folder().join("v2/content/seal/manifest-sha256.txt");
    std::fs::write(&altered, "altered").unwrap();
    let (archive, recovery) = Archive::open(dir.path()).unwrap();
    let moved = recovery.actions.iter().find_map(|action| match action {
        RecoveryAction::VersionQuarantined { to, why, .. } => Some((to, why)),
        _ => None,
    });
    let (to, why) = moved.unwrap_or_else(|| panic!("{recovery:?}"));
    assert!(why.contains("manifest-sha256.txt"), "{why}");
    assert_eq!(std::fs::read(to.join("content/seal/manifest-sha256.txt")).unwrap(), b"altered");
    assert_eq!(archive.object(&id(1)).unwrap().unwrap().head(), VersionNo::first());
    assert_eq!(commit_v2(&archive, &id(1)).version.get(), 2);
    assert!(archive.verify().unwrap().all(|report| report.unwrap().errors.is_empty()));
}

const CHILD: &str = "ARCHIVE_STORE_TEST_ABORT";

/// Not a test by itself: the process that the next one lets die at a step.
#[test]
fn child_dies_at_a_step() {
    let Some(order) = std::env::var_os(CHILD) else { return };
    let order = order.into_string().unwrap();
    let (number, root) = order.split_once(' ').unwrap();
    let (archive, _) = Archive::open(root.as_ref()).unwrap();
    let _faults = Faults::at(number.parse().unwrap(), Fault::Abort);
    work(&archive).unwrap();
}

#[test]
fn a_process_that_dies_leaves_no_lock_and_one_of_two_states() {
    for old in [false, true] {
        let template = scratch();
        prepare(template.path(), old);
        let steps = steps_of_work(old);
        // Every fourth step, and every one from the intent on.
        let late = steps.iter().rposition(|s| s.op == "allocate").unwrap();
        let mut died = 0;
        for number in (1..=steps.len()).filter(|n| n % 4 == 0 || *n > late) {
            let dir = scratch();
            copy(template.path(), dir.path());
            let status = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "faults::child_dies_at_a_step"])
                .env(CHILD, format!("{number} {}", dir.path().display()))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            assert!(!status.success(), "the child should have died at step {number}");
            check(dir.path(), old, Expect::Either, &format!("death at step {number}"));
            died += 1;
        }
        say(&format!("{}: a process died at {died} steps\n", if old { "new version" } else { "store" }));
    }
}
