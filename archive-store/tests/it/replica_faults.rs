//! Copying into a replica and repairing from one, stopped at every step that changes the medium: the next run ends in a
//! valid archive, what was acknowledged is there, nothing is gone.

use crate::faults::{assert_nothing_is_gone, copy, kept, scratch};
use crate::fixity::{DAMAGES, archive_in};
use crate::judges::{ocfl_py_accepts, rocfl_accepts};
use crate::repair::trust_all;
use crate::{commit_v1, commit_v2, contents, id, say, tree};
use archive_store::{Archive, CopyState, RecoveryAction, StoreError};
use durable::{Fault, Faults, Step};
use std::path::Path;

/// Of so many points one is put before rocfl: it is started anew for each.
const RARELY: usize = 4;

/// Every fault, and whether what was not synced is lost.
const FAULTS: [(Fault, bool); 4] =
    [(Fault::NoSpace, false), (Fault::Io, false), (Fault::PowerCut, true), (Fault::PowerCut, false)];

fn at() -> record::Timestamp {
    "2026-11-30T06:00:00Z".parse().unwrap()
}

/// Runs `work` on copies of `template`, with each fault at each step; then `after` with the copy, whether the work said
/// that it is done, and where it was. The number of points.
fn stop_at_every_step(
    template: &Path,
    work: &dyn Fn(&Archive) -> Result<(), StoreError>,
    after: &dyn Fn(&Path, bool, &str),
) -> usize {
    let run = |fault: Option<(u64, Fault)>, lose: bool| -> (tempfile::TempDir, bool, Vec<Step>) {
        let dir = scratch();
        copy(template, dir.path());
        let (archive, _) = Archive::open(dir.path()).unwrap();
        let faults = fault.map_or_else(Faults::count, |(step, fault)| Faults::at(step, fault));
        let is_done = work(&archive).is_ok();
        drop(archive);
        let steps = faults.steps();
        if lose {
            faults.lose_unsynced().unwrap();
        }
        (dir, is_done, steps)
    };
    let (dir, is_done, steps) = run(None, true);
    assert!(is_done);
    after(dir.path(), true, "no fault");
    let (kept, mut points, mut last) = (kept(template), 0, None);
    for (fault, lose) in FAULTS {
        for (idx, step) in steps.iter().enumerate() {
            let number = idx as u64 + 1;
            let name = step.path.file_name().unwrap_or_default().to_string_lossy();
            let what = format!("{fault:?} (lost: {lose}) at step {number}, {} {name}", step.op);
            let (dir, is_done, _) = run(Some((number, fault)), lose);
            after(dir.path(), is_done, &what);
            assert_nothing_is_gone(&kept, dir.path(), &what);
            points += 1;
            if points % RARELY == 0 {
                rocfl_accepts(&dir.path().join("ocfl"), &what);
            }
            last = Some(dir);
        }
    }
    ocfl_py_accepts(&last.unwrap().path().join("ocfl"), "the last of them");
    points
}

/// Opens an archive after a stop: nothing in it is damaged by the stop itself.
fn reopen(root: &Path, what: &str) -> Archive {
    let (archive, recovery) = Archive::open(root).unwrap_or_else(|e| panic!("{what}: {e}"));
    let is_damage = |action: &RecoveryAction| {
        matches!(action, RecoveryAction::Damaged { .. } | RecoveryAction::VersionQuarantined { .. })
    };
    assert!(!recovery.actions.iter().any(is_damage), "{what}: {recovery:?}");
    for folder in ["work/staging", "work/intent"] {
        assert!(tree(&root.join(folder)).is_empty(), "{what}: {:?}", tree(&root.join(folder)));
    }
    archive
}

fn assert_valid(archive: &Archive, what: &str) {
    for report in archive.verify().unwrap() {
        let report = report.unwrap();
        assert!(report.errors.is_empty(), "{what}: {report:#?}");
    }
    assert!(archive.strays().unwrap().is_empty(), "{what}: {:?}", archive.strays());
}

#[test]
fn a_replicate_stopped_at_every_step() {
    let origin_dir = scratch();
    let (origin, ..) = archive_in(origin_dir.path());
    commit_v1(&origin, &id(2));
    let before = contents(&origin_dir.path().join("ocfl"));
    let copy_both = |replica: &Archive| {
        for n in 1..=2 {
            replica.copy_missing(&origin.object(&id(n)).unwrap().unwrap())?;
        }
        Ok(())
    };
    let mut points = 0;
    // Into an empty replica, and into one that has an older version.
    for old in [false, true] {
        let template = scratch();
        let replica = Archive::create(template.path()).unwrap();
        if old {
            let first_dir = scratch();
            let first = Archive::create(first_dir.path()).unwrap();
            commit_v1(&first, &id(1));
            replica.copy_missing(&first.object(&id(1)).unwrap().unwrap()).unwrap();
        }
        drop(replica);
        points += stop_at_every_step(template.path(), &copy_both, &|root, is_done, what| {
            let replica = reopen(root, what);
            assert_valid(&replica, what);
            if is_done {
                assert_eq!(contents(&root.join("ocfl")), before, "{what}: acknowledged and gone");
            }
            assert!(!old || replica.object(&id(1)).unwrap().is_some(), "{what}");
            copy_both(&replica).unwrap_or_else(|e| panic!("{what}: the next run: {e}"));
            let state = replica.copy_missing(&origin.object(&id(1)).unwrap().unwrap()).unwrap();
            assert_eq!(state, CopyState::Same, "{what}");
            assert_eq!(contents(&root.join("ocfl")), before, "{what}");
            assert_valid(&replica, what);
        });
    }
    assert_eq!(contents(&origin_dir.path().join("ocfl")), before, "the origin is only read");
    say(&format!("replicate: stopped at {points} points\n"));
    assert!(points > 400, "{points}");
}

#[test]
fn a_repair_stopped_at_every_step() {
    let origin_dir = scratch();
    let (origin, resident, _) = archive_in(origin_dir.path());
    drop(origin);
    let replica_dir = scratch();
    copy(origin_dir.path(), replica_dir.path());
    let (replica, _) = Archive::open(replica_dir.path()).unwrap();
    commit_v2(&replica, &id(1));
    let whole = contents(&replica_dir.path().join("ocfl"));
    let mut points = 0;
    for (what, damage, _) in DAMAGES {
        let template = scratch();
        copy(origin_dir.path(), template.path());
        damage(&template.path().join("ocfl").join(&resident.folder));
        let repair = |archive: &Archive| {
            let repair = archive.repair(&resident.folder, &replica, at(), &trust_all)?;
            assert!(repair.left.is_empty() && repair.refused.is_empty(), "{repair:#?}");
            Ok(())
        };
        let is_whole = |root: &Path| contents(&root.join("ocfl")) == whole;
        points += stop_at_every_step(template.path(), &repair, &|root, is_done, at| {
            let at = format!("{what}: {at}");
            let archive = reopen(root, &at);
            if is_done {
                assert_valid(&archive, &at);
            }
            repair(&archive).unwrap_or_else(|e| panic!("{at}: the next run: {e}"));
            assert_valid(&archive, &at);
            assert!(is_whole(root), "{at}");
        });
    }
    assert_eq!(contents(&replica_dir.path().join("ocfl")), whole, "the replica is only read");
    say(&format!("repair: stopped at {points} points\n"));
    assert!(points > 1000, "{points}");
}
