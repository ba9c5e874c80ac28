use crate::files::names;
use durable::{
    DurableError, create_dir_durable, exchange, free_bytes, is_network_fs, remove_empty_tree, remove_file,
    remove_tree, rename_noreplace, rename_replace, reserve, stage_file, sync_tree,
};
use std::fs;

#[test]
fn a_tree_is_built_and_moved_into_place_once() {
    let dir = tempfile::tempdir().unwrap();
    let [from, to] = ["staging/x", "store"].map(|name| dir.path().join(name));
    create_dir_durable(&from.join("a/b")).unwrap();
    create_dir_durable(&from.join("a/b")).unwrap();
    let digests = stage_file(&from.join("a/b/c"), &mut &b"content"[..]).unwrap();
    assert_eq!(digests.bytes, 7);
    assert!(matches!(stage_file(&from.join("a/b/c"), &mut &b""[..]), Err(DurableError::Exists { .. })));
    sync_tree(&from).unwrap();
    rename_noreplace(&from, &to).unwrap();
    assert_eq!(fs::read(to.join("a/b/c")).unwrap(), b"content");
    assert!(!from.exists());
    create_dir_durable(&from).unwrap();
    assert!(matches!(rename_noreplace(&from, &to), Err(DurableError::Exists { .. })));
    assert_eq!(fs::read(to.join("a/b/c")).unwrap(), b"content");
}

#[test]
fn one_file_takes_the_place_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let [new, old] = ["new", "old"].map(|name| dir.path().join(name));
    fs::write(&new, "new").unwrap();
    fs::write(&old, "old").unwrap();
    rename_replace(&new, &old).unwrap();
    assert_eq!(fs::read(&old).unwrap(), b"new");
    assert_eq!(names(dir.path()), ["old"]);
}

#[test]
fn two_folders_take_each_others_name() {
    let dir = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "deep/other"].map(|name| dir.path().join(name));
    for (folder, file) in [(&one, "a"), (&other, "b")] {
        create_dir_durable(folder).unwrap();
        fs::write(folder.join(file), file).unwrap();
    }
    assert!(exchange(&one, &other).unwrap(), "the tests need a local file system");
    assert_eq!((names(&one), names(&other)), (vec!["b".to_owned()], vec!["a".to_owned()]));
    // Both must be there.
    let error = exchange(&one, &dir.path().join("none")).unwrap_err();
    assert!(matches!(error, DurableError::Io { .. }), "{error}");
    assert_eq!(names(&one), ["b"]);
}

#[test]
fn folders_that_lead_to_a_file_stay() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().join("top");
    create_dir_durable(&top.join("empty/deep")).unwrap();
    create_dir_durable(&top.join("full")).unwrap();
    fs::write(top.join("full/file"), "x").unwrap();
    assert!(!remove_empty_tree(&top).unwrap());
    assert_eq!(names(&top), ["full"]);
    remove_file(&top.join("full/file")).unwrap();
    remove_file(&top.join("full/file")).unwrap();
    assert!(remove_empty_tree(&top).unwrap());
    assert!(!top.exists());
}

#[test]
fn a_work_tree_is_removed_without_following_links() {
    let dir = tempfile::tempdir().unwrap();
    let [top, outside] = ["top", "outside"].map(|name| dir.path().join(name));
    create_dir_durable(&top.join("a")).unwrap();
    create_dir_durable(&outside).unwrap();
    fs::write(outside.join("file"), "x").unwrap();
    std::os::unix::fs::symlink(&outside, top.join("a/link")).unwrap();
    remove_tree(&top).unwrap();
    remove_tree(&top).unwrap();
    assert_eq!(names(dir.path()), ["outside"]);
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"x");
}

#[test]
fn space_is_reserved_and_given_back() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    assert!(free_bytes(dir.path()).unwrap() > 0);
    let reservation = reserve(dir.path(), 1 << 20).unwrap();
    let [name] = names(dir.path()).try_into().unwrap();
    assert!(fs::metadata(dir.path().join(name)).unwrap().blocks() * 512 >= 1 << 20);
    drop(reservation);
    assert!(names(dir.path()).is_empty());
    let error = reserve(dir.path(), 1 << 60).unwrap_err();
    assert!(matches!(error, DurableError::NoSpace { .. } | DurableError::Io { .. }), "{error}");
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_scratch_folder_is_local_and_a_missing_one_is_named() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!is_network_fs(dir.path()).unwrap());
    let missing = dir.path().join("missing");
    let error = is_network_fs(&missing).unwrap_err();
    assert_eq!(error.path(), missing);
}
