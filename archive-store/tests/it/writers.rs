//! Two writers, a disk that is full.

use crate::{V1, add_v1, commit_v1, commit_v2, id, info};
use archive_store::{Archive, StoreError, VersionNo};
use std::io::{self, Read};
use std::path::Path;
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

const SMALL_DISK: &str = "ARCHIVE_STORE_TEST_SMALL_DISK";

/// The fault layer fails every single step in `faults`; this is the real thing: the next test, on a file system of two
/// megabytes that only it can see.
#[test]
fn a_full_disk_leaves_the_object_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let script =
        "mount -t tmpfs -o size=2m tmpfs \"$1\" && exec \"$2\" --exact writers::child_fills_its_disk";
    // Without root, as the root of a user namespace of its own.
    let output = Command::new("unshare")
        .args([if is_root { "-m" } else { "-rm" }, "sh", "-c", script, "sh"])
        .arg(dir.path())
        .arg(std::env::current_exe().unwrap())
        .env(SMALL_DISK, dir.path())
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let why = "it needs a mount namespace (root, or user namespaces allowed by the kernel)";
    assert!(output.status.success() && said.contains("1 passed"), "{why}:\n{said}\n{errors}");
}

/// Not a test by itself: what the one before starts on its small disk.
#[test]
fn child_fills_its_disk() {
    let Some(disk) = std::env::var_os(SMALL_DISK) else { return };
    let disk = Path::new(&disk);
    let archive = Archive::create(disk).unwrap();
    commit_v1(&archive, &id(1));
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    let error = draft.add("big", &mut io::repeat(1).take(8 << 20)).unwrap_err();
    assert!(error.to_string().contains("no space left") && error.retry_can_help(), "{error}");
    let latched = draft.commit(&info("x")).unwrap_err();
    assert!(matches!(latched, StoreError::Latched { .. }), "{latched}");
    assert!(matches!(archive.begin(&id(2)), Err(StoreError::Latched { .. })));
    drop(archive);
    let (archive, recovery) = Archive::open(disk).unwrap();
    assert!(recovery.is_clean(), "{recovery:?}");
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert_eq!(object.head(), VersionNo::first());
    assert_eq!(object.files(object.head()).unwrap().len(), V1.len());
    assert!(object.verify().errors.is_empty());
    commit_v2(&archive, &id(1));
    drop(archive);
}
