//! Two writers, a network disk, a disk that is full.

use crate::{V1, add_v1, commit_v1, commit_v2, id, info};
use archive_store::{Archive, StoreError, VersionNo};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn the_second_writer_is_told_that_the_archive_is_locked() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let error = Archive::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }) && error.retry_can_help());
    // Readers are let in; a draft keeps the lock though the archive is dropped.
    Archive::open_read(dir.path()).unwrap();
    let draft = archive.begin(&id(1)).unwrap();
    drop(archive);
    assert!(matches!(Archive::open(dir.path()), Err(StoreError::Locked { .. })));
    drop(draft);
    assert!(Archive::open(dir.path()).unwrap().1.is_clean());
}

#[test]
fn one_case_file_has_one_draft_and_others_may_have_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let mut first = archive.begin(&id(1)).unwrap();
    assert!(matches!(archive.begin(&id(1)), Err(StoreError::Locked { .. })));
    add_v1(&mut first);
    std::thread::scope(|scope| {
        for n in 2..=5 {
            let archive = &archive;
            scope.spawn(move || {
                commit_v1(archive, &id(n));
                commit_v2(archive, &id(n));
            });
        }
    });
    first.commit(&info("x")).unwrap();
    assert_eq!(archive.objects().unwrap().len(), 5);
    assert!(archive.verify().unwrap().all(|report| report.unwrap().errors.is_empty()));
}

/// A small file system of its own; needs the rights to mount.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<SmallDisk> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(at);
        match mount.output() {
            Ok(out) if out.status.success() => Some(SmallDisk(at.to_owned())),
            _ => None,
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// The fault layer fails every single step in `faults`; this is the real thing.
#[test]
fn a_full_disk_leaves_the_object_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(dir.path()) else {
        eprintln!("NOT RUN: a small file system cannot be mounted here; only planned faults were tried");
        return;
    };
    let archive = Archive::create(&disk.0).unwrap();
    commit_v1(&archive, &id(1));
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    let error = draft.add("big", &mut io::repeat(1).take(8 << 20)).unwrap_err();
    assert!(error.to_string().contains("no space left") && error.retry_can_help(), "{error}");
    let latched = draft.commit(&info("x")).unwrap_err();
    assert!(matches!(latched, StoreError::Latched { .. }), "{latched}");
    assert!(matches!(archive.begin(&id(2)), Err(StoreError::Latched { .. })));
    drop(archive);
    let (archive, recovery) = Archive::open(&disk.0).unwrap();
    assert!(recovery.is_clean(), "{recovery:?}");
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert_eq!(object.head(), VersionNo::first());
    assert_eq!(object.files(object.head()).unwrap().len(), V1.len());
    assert!(object.verify().errors.is_empty());
    commit_v2(&archive, &id(1));
    drop(archive);
}
