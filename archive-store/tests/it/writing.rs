//! What can be written, what is refused, and what is on disk afterwards.

use crate::{V1, V2, add_v1, commit_v1, commit_v2, id, info, tree};
use archive_store::{Archive, StoreError, VersionInfo, VersionNo, object_folder};
use record::ObjectId;
use std::io::{self, Read};
use std::process::Command;

#[test]
fn an_empty_archive_is_a_storage_root_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("archive");
    let archive = Archive::create(&root).unwrap();
    assert_eq!(
        tree(&root.join("ocfl")),
        ["0=ocfl_1.1", "extensions/0003-hash-and-id-n-tuple-storage-layout/config.json", "ocfl_layout.json"]
    );
    assert_eq!(std::fs::read(root.join("ocfl/0=ocfl_1.1")).unwrap(), b"ocfl_1.1\n");
    assert!(archive.objects().unwrap().is_empty());
    drop(archive);
    assert!(matches!(Archive::create(&root), Err(StoreError::AlreadyThere { .. })));
    assert!(Archive::open(&root).unwrap().1.is_clean());
    assert!(matches!(Archive::open(dir.path()), Err(StoreError::NoSuchArchive { .. })));
}

#[test]
fn an_archive_of_another_layout_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(Archive::create(dir.path()).unwrap());
    let config = dir.path().join("ocfl/extensions/0003-hash-and-id-n-tuple-storage-layout/config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"tupleSize\": 3", "\"tupleSize\": 2")).unwrap();
    assert!(matches!(Archive::open(dir.path()), Err(StoreError::Unsupported { path, .. }) if path == config));
}

#[test]
fn a_first_version_lies_where_its_id_says() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let sealed = commit_v1(&archive, &id(1));
    assert_eq!((sealed.id.clone(), sealed.version.to_string()), (id(1), "v1".to_owned()));
    let object = dir.path().join("ocfl").join(object_folder(&id(1)));
    let mut wanted: Vec<String> = V1.iter().map(|(path, _)| format!("v1/content/{path}")).collect();
    wanted.insert(0, "0=ocfl_object_1.1".to_owned());
    wanted.extend(
        ["inventory.json", "inventory.json.sha512", "v1/inventory.json", "v1/inventory.json.sha512"]
            .map(String::from),
    );
    wanted.sort();
    let mut found = tree(&object);
    found.sort();
    assert_eq!(found, wanted);
    // The digest handed back is that of the inventory, by another program's reckoning.
    let out = Command::new("sha512sum").arg(object.join("inventory.json")).output().unwrap();
    assert!(String::from_utf8(out.stdout).unwrap().starts_with(&sealed.inventory_sha512.to_string()));
    assert!(
        tree(&dir.path().join("work")).iter().all(|path| path.starts_with("locks/") || path.ends_with('/'))
    );
}

#[test]
fn a_second_version_stores_only_what_changed() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    commit_v1(&archive, &id(1));
    let sealed = commit_v2(&archive, &id(1));
    assert_eq!(sealed.version.get(), 2);
    let object = archive.object(&id(1)).unwrap().unwrap();
    let mut wanted: Vec<String> = V2.iter().map(|(path, _)| format!("content/{path}")).collect();
    wanted.extend(["inventory.json", "inventory.json.sha512"].map(String::from));
    assert_eq!(tree(&object.folder().join("v2")), wanted);
    assert_eq!(object.files(VersionNo::first()).unwrap().len(), V1.len());
    assert_eq!(object.files(object.head()).unwrap().len(), V1.len() + 1);
    assert!(object.verify().errors.is_empty() && object.verify().warnings.is_empty());
}

#[test]
fn the_same_bytes_are_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.add_bytes("a/first", b"same").unwrap();
    draft.add_bytes("b/second", b"same").unwrap();
    draft.commit(&info("twice the same")).unwrap();
    // Renamed in the next version: no new bytes, no content folder at all.
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.add_bytes("c/third", b"same").unwrap();
    draft.commit(&info("renamed")).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert_eq!(tree(&object.folder().join("v1/content")), ["a/first"]);
    assert_eq!(tree(&object.folder().join("v2")), ["inventory.json", "inventory.json.sha512"]);
    assert_eq!(object.read("c/third", 100).unwrap(), b"same");
    assert!(object.verify().errors.is_empty() && object.verify().warnings.is_empty());
}

#[test]
fn a_file_can_be_taken_out_of_a_draft_and_put_in_again() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.add_bytes("only/here/a", b"first").unwrap();
    draft.add_bytes("b", b"stays").unwrap();
    assert!(draft.remove("only/here/a"));
    assert!(!draft.remove("only/here/a"));
    draft.add_bytes("only", b"now a file").unwrap();
    draft.remove("only");
    draft.add_bytes("B2", b"first").unwrap();
    let listed: Vec<_> = draft.files().iter().map(|file| file.path.as_str()).collect();
    assert_eq!(listed, ["B2", "b"]);
    let mut text = String::new();
    draft.open_file("B2").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "first");
    draft.commit(&info("x")).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert_eq!(object.read("B2", 10).unwrap(), b"first");
    let report = object.verify();
    assert!(report.errors.is_empty() && report.warnings.is_empty(), "{report:?}");
    assert_eq!(report.files, 2, "what no file uses is not stored");
}

#[test]
fn paths_and_ids_that_do_not_travel_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.add_bytes("Data/a", b"x").unwrap();
    for path in ["", "/etc/passwd", "../x", "a//b", "hồ sơ", "e\u{301}", "a\nb"] {
        assert!(matches!(draft.add_bytes(path, b"x"), Err(StoreError::BadPath { .. })), "{path:?}");
    }
    for path in ["Data/a", "data/b", "DATA", "Data/A", "Data/a/b"] {
        assert!(matches!(draft.add_bytes(path, b"x"), Err(StoreError::PathTaken { .. })), "{path:?}");
    }
    assert_eq!(draft.files().len(), 1);
    draft.commit(&info("x")).unwrap();
    for bad in ["no-uri", "urn:hồ sơ:1"] {
        assert!(
            matches!(archive.begin(&ObjectId::new(bad).unwrap()), Err(StoreError::BadId { .. })),
            "{bad}"
        );
    }
}

#[test]
fn a_version_needs_files_a_reason_and_a_person() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let empty = archive.begin(&id(1)).unwrap();
    assert!(matches!(empty.commit(&info("x")), Err(StoreError::Empty { .. })));
    let bad = [
        VersionInfo { message: " ".into(), ..info("x") },
        VersionInfo { user_name: String::new(), ..info("x") },
        VersionInfo { user_address: "Phòng 5".into(), ..info("x") },
    ];
    for info in bad {
        let mut draft = archive.begin(&id(1)).unwrap();
        add_v1(&mut draft);
        assert!(matches!(draft.commit(&info), Err(StoreError::BadVersionInfo { .. })), "{info:?}");
    }
    assert!(archive.objects().unwrap().is_empty());
    commit_v1(&archive, &id(1));
}

#[test]
fn a_dropped_draft_and_a_failing_source_leave_nothing() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("spool unplugged"))
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let mut draft = archive.begin(&id(1)).unwrap();
    add_v1(&mut draft);
    let error = draft.add("x", &mut Broken).unwrap_err();
    assert!(error.to_string().contains("spool unplugged"), "{error}");
    // The source is at fault, not the store: the draft and the archive can go on.
    draft.add_bytes("x", b"again").unwrap();
    drop(draft);
    assert!(tree(&dir.path().join("work/staging")).is_empty());
    assert!(archive.objects().unwrap().is_empty());
    commit_v1(&archive, &id(1));
}

#[test]
fn a_large_file_goes_through_in_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let mut draft = archive.begin(&id(1)).unwrap();
    let length = 9_000_001;
    let staged = draft.add("big.tif", &mut io::repeat(0x5a).take(length)).unwrap();
    assert_eq!(staged.bytes, length);
    draft.commit(&info("big")).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    let out = dir.path().join("out");
    object.export(object.head(), &out).unwrap();
    let sum = Command::new("sha256sum").arg(out.join("big.tif")).output().unwrap();
    assert!(String::from_utf8(sum.stdout).unwrap().starts_with(&staged.sha256.to_string()));
    assert!(matches!(object.read("big.tif", 100), Err(StoreError::Damaged { .. })), "the limit holds");
}

/// Of two versions the later one is not older, whatever a clock says: refused with both times, and nothing stays of it.
#[test]
fn a_version_is_not_older_than_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    let at = |created: &str| VersionInfo { created: created.parse().unwrap(), ..info("x") };
    let commit = |name: &str, created: &str| {
        let mut draft = archive.begin(&id(1)).unwrap();
        draft.keep_previous().unwrap();
        draft.add_bytes(name, name.as_bytes()).unwrap();
        draft.commit(&at(created))
    };
    commit("a", "2026-11-21T08:30:00Z").unwrap();
    let error = commit("b", "2026-11-21T08:29:59Z").unwrap_err();
    assert!(matches!(error, StoreError::ClockBehind { .. }) && !error.retry_can_help(), "{error}");
    let text = error.to_string();
    assert!(text.contains("2026-11-21T08:29:59Z") && text.contains("2026-11-21T08:30:00Z"), "{text}");
    assert!(tree(&dir.path().join("work/staging")).is_empty());
    assert_eq!(archive.object(&id(1)).unwrap().unwrap().head(), VersionNo::first());
    // The archive goes on: the same moment is not before, and other case files have nothing to do with it.
    assert_eq!(commit("b", "2026-11-21T08:30:00Z").unwrap().version.get(), 2);
    let mut other = archive.begin(&id(2)).unwrap();
    add_v1(&mut other);
    other.commit(&at("2020-01-01T00:00:00Z")).unwrap();
}
