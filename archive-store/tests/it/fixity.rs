//! A check names every damage, a part of an archive is always the same part, and a check that misses planted damage is
//! not believed.

use crate::faults::scratch;
use crate::{commit_v1, commit_v2, id, tree};
use archive_store::{Archive, ObjectReport, Resident, Subset, check_copy, self_test};
use std::path::{Path, PathBuf};

/// An archive with an object of two versions, and where that lies.
pub(crate) fn archive_in(dir: &Path) -> (Archive, Resident, PathBuf) {
    let archive = Archive::create(dir).unwrap();
    commit_v1(&archive, &id(1));
    commit_v2(&archive, &id(1));
    let resident = archive.residents().unwrap().remove(0);
    let folder = dir.join("ocfl").join(&resident.folder);
    (archive, resident, folder)
}

/// A master, named in the first version.
pub(crate) const MASTER: &str = "v1/content/representations/rep2/data/0001/0001.jpg";
/// A file that the second version replaced: only the first has it.
pub(crate) const OLD: &str = "v1/content/representations/rep1/data/HS-1.0001.pdf";

/// What is done to an object, and the file that must be named.
pub(crate) type Damage = (&'static str, fn(&Path), &'static str);

/// One of each class.
pub(crate) const DAMAGES: [Damage; 11] = [
    ("a bit of a master", |object| flip(&object.join(MASTER)), MASTER),
    ("a master is gone", |object| std::fs::remove_file(object.join(MASTER)).unwrap(), MASTER),
    ("a bit of an old version", |object| flip(&object.join(OLD)), OLD),
    ("a file too many", |object| std::fs::write(object.join("v2/content/x"), "x").unwrap(), "v2/content/x"),
    ("a note", |object| std::fs::write(object.join("note.txt"), "x").unwrap(), "note.txt"),
    ("half an inventory", |object| cut(&object.join("inventory.json")), "inventory.json"),
    (
        "an empty inventory",
        |object| std::fs::write(object.join("inventory.json"), "").unwrap(),
        "inventory.json",
    ),
    (
        "a sidecar of other bytes",
        |object| {
            let other = std::fs::read(object.join("v1/inventory.json.sha512")).unwrap();
            std::fs::write(object.join("inventory.json.sha512"), other).unwrap();
        },
        "inventory.json.sha512",
    ),
    ("half an old inventory", |object| cut(&object.join("v1/inventory.json")), "v1/inventory.json"),
    (
        "a version is gone",
        |object| std::fs::remove_dir_all(object.join("v2")).unwrap(),
        "v2/content/seal/manifest-sha256.txt",
    ),
    (
        "the latest version's pair is gone",
        |object| {
            std::fs::remove_file(object.join("v2/inventory.json")).unwrap();
            std::fs::remove_file(object.join("v2/inventory.json.sha512")).unwrap();
        },
        "v2",
    ),
];

pub(crate) fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn cut(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

#[test]
fn every_class_of_damage_is_named_and_written_into_the_objects_log() {
    for (what, damage, named) in DAMAGES {
        let dir = scratch();
        let (archive, resident, folder) = archive_in(dir.path());
        assert!(archive.check(&resident.folder).errors.is_empty(), "{what}: whole before");
        damage(&folder);
        let report = archive.check(&resident.folder);
        assert!(report.errors.iter().any(|problem| problem.path == named), "{what}: {report:#?}");
        let at = "2026-11-30T06:00:00Z".parse().unwrap();
        archive.note_failure(&resident.folder, at, &report.errors).unwrap();
        archive.note_failure(&resident.folder, at, &report.errors).unwrap();
        let log = std::fs::read_to_string(folder.join("logs/events.ndjson")).unwrap();
        assert_eq!(log.lines().count(), 2, "{log}");
        for line in log.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!((line["event"].as_str(), line["v"].as_i64()), (Some("fixity-failed"), Some(1)));
            assert_eq!(line["at"], "2026-11-30T06:00:00Z");
            let paths: Vec<_> = line["problems"].as_array().unwrap().iter().map(|p| &p["path"]).collect();
            assert!(paths.iter().any(|path| *path == named), "{line}");
        }
    }
}

#[test]
fn every_object_is_in_exactly_one_part_and_always_the_same() {
    let dir = scratch();
    let archive = Archive::create(dir.path()).unwrap();
    for n in 1..=24 {
        commit_v1(&archive, &id(n));
    }
    let residents = archive.residents().unwrap();
    assert_eq!(residents.len(), 24);
    for of in 1..=9 {
        for resident in &residents {
            let parts = (1..=of).filter(|part| Subset::new(*part, of).unwrap().holds(resident)).count();
            assert_eq!(parts, 1, "{resident:?} of {of}");
        }
    }
    // By Python: int.from_bytes(sha256(id).digest()[:8], "big") % 7 + 1.
    for (n, part) in [(1, 3), (2, 3), (3, 4)] {
        let resident = residents.iter().find(|r| r.id == Some(id(n))).unwrap();
        assert!(Subset::new(part, 7).unwrap().holds(resident), "{n}");
    }
    for (part, of) in [(0, 3), (4, 3), (1, 0)] {
        assert_eq!(Subset::new(part, of), None);
    }
}

#[test]
fn the_self_test_finds_what_it_plants_and_a_blind_check_does_not() {
    let dir = scratch();
    let (archive, resident, folder) = archive_in(dir.path());
    let before = tree(&folder);
    let place = dir.path().join("work/self-test");
    let planted = self_test(&archive, &resident, &place, &check_copy).unwrap();
    let damages: Vec<_> = planted.iter().map(|p| (p.damage, p.found)).collect();
    let expected = ["none", "flipped-byte", "missing-file", "wrong-sidecar"].map(|damage| (damage, true));
    assert_eq!(damages, expected);
    assert!(!place.exists(), "nothing stays");
    assert_eq!(tree(&folder), before);

    let blind =
        |_: &Path, object: &Path| ObjectReport { folder: object.to_owned(), ..ObjectReport::default() };
    let planted = self_test(&archive, &resident, &place, &blind).unwrap();
    assert_eq!(planted.iter().map(|p| p.found).collect::<Vec<_>>(), [true, false, false, false]);

    // One that cries always is no better.
    let shouting = |root: &Path, object: &Path| {
        std::fs::write(object.join("note.txt"), "x").unwrap();
        check_copy(root, object)
    };
    let planted = self_test(&archive, &resident, &place, &shouting).unwrap();
    assert!(!planted[0].found);
}
