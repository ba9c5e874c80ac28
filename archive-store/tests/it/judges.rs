//! Validators of other people judge what we write: `ocfl-py` and `rocfl`.

use crate::provided::from_dev;
use crate::{commit_v1, commit_v2, id, info};
use archive_store::Archive;
use std::path::Path;
use std::process::Command;

/// New, changed, renamed, shared and many-versioned objects, and an empty-looking version.
fn archive_in(dir: &Path) -> Archive {
    let archive = Archive::create(dir).unwrap();
    for n in 1..=4 {
        commit_v1(&archive, &id(n));
    }
    commit_v2(&archive, &id(1));
    for round in 0..11 {
        let mut draft = archive.begin(&id(2)).unwrap();
        draft.keep_previous().unwrap();
        draft
            .add_bytes(&format!("representations/rep2/metadata/ocr/0001/{round:04}.xml"), &[b'x'; 5])
            .unwrap();
        draft.commit(&info("one more")).unwrap();
    }
    let mut draft = archive.begin(&id(3)).unwrap();
    draft.add_bytes("a (1)/renamed.jpg", "trang một".as_bytes()).unwrap();
    draft.add_bytes("empty", b"").unwrap();
    draft.commit(&info("Đổi tên \"tài liệu\" \u{1F4C4}")).unwrap();
    archive
}

/// Neither of them has an error or a warning for anything in a storage root.
pub(crate) fn judge(root: &Path) {
    ocfl_py_accepts(root, "");
    rocfl_accepts(root, "");
}

/// ocfl-py on a storage root with all objects in it: it takes most of a second.
pub(crate) fn ocfl_py_accepts(root: &Path, what: &str) {
    let how = ["validate", "--validate-objects", "--check-digests", "--root"];
    let (ok, text) = run(&from_dev("venv/bin/ocfl-root.py"), &how, root);
    assert!(ok && text.contains("is VALID") && is_silent(&text), "{what}: ocfl-py: {text}");
}

/// rocfl on the same: it takes a hundredth of a second.
pub(crate) fn rocfl_accepts(root: &Path, what: &str) {
    let out = Command::new(from_dev("tools/bin/rocfl")).arg("-r").arg(root).arg("validate").output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let is_valid = out.status.code() == Some(0) && text.contains("Invalid objects: 0");
    assert!(is_valid && is_silent(&text), "{what}: rocfl: {text}");
}

fn is_silent(text: &str) -> bool {
    !text.contains("[E") && !text.contains("[W") && !text.contains("INVALID")
}

fn run(program: &Path, args: &[&str], path: &Path) -> (bool, String) {
    let out = Command::new(program).args(args).arg(path).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (out.status.success(), text)
}

#[test]
fn ocfl_py_finds_the_root_valid() {
    let program = from_dev("venv/bin/ocfl-root.py");
    let dir = tempfile::tempdir().unwrap();
    let archive = archive_in(dir.path());
    let root = dir.path().join("ocfl");
    let (ok, text) = run(&program, &["validate", "--validate-objects", "--check-digests", "--root"], &root);
    assert!(ok && text.contains("is VALID") && !text.contains("INVALID"), "{text}");
    assert!(text.contains("4 / 4 are VALID"), "{text}");
    // It must notice what is wrong, else its word is worth nothing.
    let object = archive.object(&id(1)).unwrap().unwrap();
    std::fs::write(object.folder().join("v1/content/metadata/other/case.json"), "{}").unwrap();
    let (_, text) = run(&program, &["validate", "--validate-objects", "--check-digests", "--root"], &root);
    assert!(text.contains("INVALID"), "{text}");
}

#[test]
fn ocfl_py_has_no_warning_for_any_object() {
    let program = from_dev("venv/bin/ocfl-validate.py");
    let dir = tempfile::tempdir().unwrap();
    let archive = archive_in(dir.path());
    for id in archive.objects().unwrap() {
        let object = archive.object(&id).unwrap().unwrap();
        let (ok, text) = run(&program, &[], object.folder());
        assert!(ok && text.contains("is VALID") && !text.contains("[W"), "{text}");
    }
}

#[test]
fn rocfl_finds_the_root_valid() {
    let program = from_dev("tools/bin/rocfl");
    let dir = tempfile::tempdir().unwrap();
    let archive = archive_in(dir.path());
    let root = dir.path().join("ocfl");
    let validate = || {
        let mut command = Command::new(&program);
        let out = command.arg("-r").arg(&root).args(["validate"]).output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let (code, text) = validate();
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("[W") && !text.contains("[E"), "{text}");
    let object = archive.object(&id(1)).unwrap().unwrap();
    std::fs::write(object.folder().join("v1/content/metadata/other/case.json"), "{}").unwrap();
    assert_eq!(validate().0, Some(2));
}
