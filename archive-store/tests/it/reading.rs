//! Finding, listing, opening, exporting.

use crate::{V1, V2, commit_v1, commit_v2, id, tree};
use archive_store::{Archive, StoreError, VersionNo};
use std::io::Read;

#[test]
fn every_version_is_read_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    commit_v1(&archive, &id(1));
    commit_v2(&archive, &id(1));
    let reader = Archive::open_read(dir.path()).unwrap();
    let object = reader.object(&id(1)).unwrap().unwrap();
    for (path, content) in V1 {
        let mut text = String::new();
        object.open_file_of(VersionNo::first(), path).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, content);
    }
    for (path, content) in V2 {
        assert_eq!(object.read(path, 1000).unwrap(), content.as_bytes());
    }
    let versions = object.versions();
    assert_eq!(versions.iter().map(|v| v.message.as_str()).collect::<Vec<_>>(), ["received", "read again"]);
    assert_eq!(versions[0].created.to_string(), "2026-11-21T08:30:00Z");
    assert_eq!(versions[1].user_address, "urn:vks-thu:station:1");
    for file in object.files(object.head()).unwrap() {
        let bytes = object.read(&file.path, 1000).unwrap();
        assert_eq!(file.bytes, Some(bytes.len() as u64));
        assert!(file.sha256.is_some());
    }
    assert!(matches!(object.open_file("no/such"), Err(StoreError::NoSuchFile { .. })));
    let nine = VersionNo::new(9).unwrap();
    assert!(matches!(object.files(nine), Err(StoreError::NoSuchVersion { .. })));
    assert!(reader.object(&id(2)).unwrap().is_none());
}

#[test]
fn an_opened_object_does_not_change_under_its_reader() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    commit_v1(&archive, &id(1));
    let before = archive.object(&id(1)).unwrap().unwrap();
    commit_v2(&archive, &id(1));
    assert_eq!(before.head(), VersionNo::first());
    assert_eq!(before.read(V1[1].0, 1000).unwrap(), V1[1].1.as_bytes());
}

#[test]
fn all_objects_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    for n in 1..=5 {
        commit_v1(&archive, &id(n));
    }
    let mut found = archive.objects().unwrap();
    found.sort();
    assert_eq!(found, (1..=5).map(id).collect::<Vec<_>>());
    let reports: Vec<_> = archive.verify().unwrap().map(Result::unwrap).collect();
    assert_eq!(reports.len(), 5);
    assert!(reports.iter().all(|r| r.errors.is_empty() && r.warnings.is_empty() && r.files == 4));
    assert!(archive.strays().unwrap().is_empty());
}

#[test]
fn a_version_is_exported_as_plain_files() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(&dir.path().join("archive")).unwrap();
    commit_v1(&archive, &id(1));
    commit_v2(&archive, &id(1));
    let object = archive.object(&id(1)).unwrap().unwrap();
    let out = dir.path().join("deep/out");
    object.export(VersionNo::first(), &out).unwrap();
    assert_eq!(tree(&out), V1.map(|(path, _)| path));
    for (path, content) in V1 {
        assert_eq!(std::fs::read(out.join(path)).unwrap(), content.as_bytes());
    }
    assert!(matches!(object.export(object.head(), &out), Err(StoreError::DestinationNotEmpty { .. })));
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    object.export(object.head(), &empty).unwrap();
    assert_eq!(tree(&empty).len(), V1.len() + 1);
}
