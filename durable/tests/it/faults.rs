//! The power may go at any step: afterwards a file is the old one or the new one, whole, or not there.

use crate::files::names;
use durable::{
    DurableError, Fault, Faults, LineLog, Staged, StagedTree, create_dir_durable, exchange, put_new,
    rename_noreplace, stage_file, sync_tree, write_file,
};
use std::fs;
use std::path::Path;

/// Runs `job` with the power cut at each of its steps, in a folder prepared by `before`, once with everything
/// unsynced lost and once with everything kept, and then `check`s. Returns the number of steps.
fn cut_everywhere(before: fn(&Path), job: fn(&Path) -> bool, check: fn(&Path, bool)) -> usize {
    let all = {
        let dir = tempfile::tempdir().unwrap();
        before(dir.path());
        let faults = Faults::count();
        assert!(job(dir.path()));
        let steps = faults.steps().len();
        faults.lose_unsynced().unwrap();
        check(dir.path(), true);
        steps
    };
    for number in 1..=all {
        for lose in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            before(dir.path());
            let faults = Faults::at(number as u64, Fault::PowerCut);
            let done = job(dir.path());
            if lose {
                faults.lose_unsynced().unwrap();
            } else {
                drop(faults);
            }
            assert!(!done, "step {number} was cut and success was reported");
            check(dir.path(), done);
        }
    }
    all
}

fn nothing(_: &Path) {}

#[test]
fn a_replaced_file_is_old_or_new() {
    let steps = cut_everywhere(
        |dir| fs::write(dir.join("a"), "old").unwrap(),
        |dir| write_file(&dir.join("a"), b"new").is_ok(),
        |dir, done| {
            let content = fs::read_to_string(dir.join("a")).unwrap();
            assert!(content == "new" || (!done && content == "old"), "{content:?}");
        },
    );
    assert_eq!(steps, 5, "create, write, sync, rename, sync the folder");
}

#[test]
fn a_new_file_is_whole_or_absent() {
    cut_everywhere(
        nothing,
        |dir| put_new(&dir.join("a"), &mut &b"new"[..]).is_ok(),
        |dir, done| match fs::read(dir.join("a")) {
            Ok(content) => assert_eq!(content, b"new"),
            Err(_) => assert!(!done),
        },
    );
}

#[test]
fn a_tree_is_whole_or_absent() {
    cut_everywhere(
        nothing,
        |dir| {
            let job = || {
                create_dir_durable(&dir.join("staging/x/deep"))?;
                stage_file(&dir.join("staging/x/deep/file"), &mut &b"content"[..])?;
                sync_tree(&dir.join("staging/x"))?;
                rename_noreplace(&dir.join("staging/x"), &dir.join("store"))
            };
            job().is_ok()
        },
        |dir, done| {
            if dir.join("store").exists() {
                assert_eq!(fs::read(dir.join("store/deep/file")).unwrap(), b"content");
            } else {
                assert!(!done);
            }
        },
    );
}

#[test]
fn names_that_are_exchanged_are_the_one_or_the_other_way_round() {
    let steps = cut_everywhere(
        |dir| {
            for name in ["one", "deep/other"] {
                fs::create_dir_all(dir.join(name)).unwrap();
                fs::write(dir.join(name).join("file"), name).unwrap();
            }
        },
        |dir| {
            // What was written and not synced before goes along.
            let staged = stage_file(&dir.join("one/new"), &mut &b"new"[..]).is_ok();
            staged && exchange(&dir.join("one"), &dir.join("deep/other")).is_ok_and(|is_done| is_done)
        },
        |dir, done| {
            let found =
                ["one", "deep/other"].map(|name| fs::read_to_string(dir.join(name).join("file")).unwrap());
            let is_exchanged = found == ["deep/other", "one"];
            assert!(is_exchanged || (!done && found == ["one", "deep/other"]), "{found:?}");
        },
    );
    assert!(steps >= 6, "{steps}: stage, exchange, sync both folders");
}

/// Three files in a tree of two folders, settled as a whole.
fn settle(dir: &Path) -> Result<(), DurableError> {
    create_dir_durable(&dir.join("staging/x/deep"))?;
    let tree = StagedTree::open(&dir.join("staging/x"))?;
    let mut files = Vec::new();
    for name in ["a", "deep/b", "deep/c"] {
        let mut staged = Staged::create_in(&dir.join("staging"))?;
        staged.copy_from(&mut name.as_bytes())?;
        let to = dir.join("staging/x").join(name);
        files.push((to.clone(), staged.finish()?.stage_as(&to)?.checksum));
    }
    tree.settle(files)
}

#[test]
fn a_tree_settled_as_a_whole_is_whole_or_absent() {
    let steps = cut_everywhere(
        nothing,
        |dir| settle(dir).and_then(|()| rename_noreplace(&dir.join("staging/x"), &dir.join("store"))).is_ok(),
        |dir, done| {
            for name in ["a", "deep/b", "deep/c"] {
                match fs::read_to_string(dir.join("store").join(name)) {
                    Ok(content) => assert_eq!(content, name),
                    Err(_) => assert!(!done && !dir.join("store").exists()),
                }
            }
        },
    );
    assert!(steps > 12, "{steps}");
}

#[test]
fn a_bit_that_flips_in_a_tree_is_noticed_when_it_is_settled() {
    let steps = {
        let dir = tempfile::tempdir().unwrap();
        let faults = Faults::count();
        settle(dir.path()).unwrap();
        faults.steps()
    };
    let writes = steps.iter().zip(1u64..).filter(|(step, _)| step.op == "write").map(|(_, number)| number);
    let writes: Vec<u64> = writes.collect();
    assert_eq!(writes.len(), 3);
    for number in writes {
        let dir = tempfile::tempdir().unwrap();
        let _faults = Faults::at(number, Fault::FlipBit);
        let error = settle(dir.path()).unwrap_err();
        assert!(matches!(error, DurableError::Altered { .. }) && error.leaves_doubt(), "{error}");
    }
}

#[test]
fn acknowledged_lines_are_all_there() {
    cut_everywhere(
        nothing,
        |dir| {
            let job = || {
                let mut log = LineLog::open(&dir.join("log"))?;
                log.append("one")?;
                log.append("two")
            };
            job().is_ok()
        },
        |dir, done| {
            let log = LineLog::open(&dir.join("log"));
            drop(log.unwrap());
            let content = fs::read_to_string(dir.join("log")).unwrap();
            assert!("one\ntwo\n".starts_with(&content), "{content:?}");
            assert!(!done || content == "one\ntwo\n");
        },
    );
}

/// The layer itself: it must take away what a careless writer leaves unsynced, else the tests above prove nothing.
#[test]
fn what_is_not_synced_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let faults = Faults::count();
    create_dir_durable(&dir.path().join("kept")).unwrap();
    // The content is synced, the name never is.
    stage_file(&dir.path().join("kept/file"), &mut &b"content"[..]).unwrap();
    assert_eq!(names(&dir.path().join("kept")), ["file"]);
    faults.lose_unsynced().unwrap();
    assert!(names(&dir.path().join("kept")).is_empty());
}

#[test]
fn after_the_cut_nothing_works_until_the_machine_is_on_again() {
    let dir = tempfile::tempdir().unwrap();
    let faults = Faults::at(3, Fault::PowerCut);
    assert!(write_file(&dir.path().join("a"), b"x").is_err());
    assert!(write_file(&dir.path().join("b"), b"x").is_err());
    assert_eq!(names(dir.path()).len(), 1, "not even the temporary file is removed");
    faults.lose_unsynced().unwrap();
    write_file(&dir.path().join("a"), b"x").unwrap();
    assert_eq!(names(dir.path()), ["a"]);
}
