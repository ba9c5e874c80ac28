//! One flipped bit anywhere has a name.

use crate::{commit_v1, commit_v2, id, tree};
use archive_store::{Archive, ObjectReport, StoreError, What};
use std::path::{Path, PathBuf};

/// An archive with one object of two versions; the object's folder.
fn archive_in(dir: &Path) -> (Archive, PathBuf) {
    let archive = Archive::create(dir).unwrap();
    commit_v1(&archive, &id(1));
    commit_v2(&archive, &id(1));
    let folder = archive.object(&id(1)).unwrap().unwrap().folder().to_owned();
    (archive, folder)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn names(report: &ObjectReport) -> Vec<&str> {
    report.errors.iter().map(|problem| problem.path.as_str()).collect()
}

#[test]
fn a_flipped_bit_is_named_in_whichever_file_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, folder) = archive_in(dir.path());
    for file in tree(&folder) {
        let path = folder.join(&file);
        let length = std::fs::metadata(&path).unwrap().len() as usize;
        for at in [0, length / 2, length - 1] {
            flip(&path, at);
            let report = archive.verify().unwrap().next().unwrap().unwrap();
            assert!(names(&report).contains(&file.as_str()), "byte {at} of {file}: {:#?}", report.errors);
            flip(&path, at);
        }
    }
    assert!(archive.verify().unwrap().all(|report| report.unwrap().errors.is_empty()));
}

#[test]
fn both_digests_of_an_altered_file_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, folder) = archive_in(dir.path());
    let page = "v1/content/representations/rep2/data/0001/0001.jpg";
    std::fs::write(folder.join(page), "trang khác").unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    let report = object.verify();
    let stated = object.files(object.head()).unwrap();
    let stated = stated.iter().find(|f| f.path.ends_with("0001.jpg")).unwrap();
    // By `printf 'trang khác' | sha512sum`.
    let differs = What::Differs {
        algorithm: "sha512",
        expected: stated.sha512.to_string(),
        found: "cae8ee3d81d86724e4eccb08019bbd21b54095ab49a6bba2f79706b78f1f63acf4058c9115dda16b812e8436ac007b4ef735102316c49b1fb6307cfd2e090dd4".to_owned(),
    };
    assert!(
        report.errors.iter().any(|p| p.path == page && p.code == "E092" && p.what == differs),
        "{report:#?}"
    );
    assert!(report.errors.iter().any(|p| p.path == page && p.code == "E093"), "the sha256 says so too");
    let error = object.read("representations/rep2/data/0001/0001.jpg", 1000).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { path, .. } if path.ends_with(page)), "{error}");
    let out = dir.path().join("out");
    assert!(matches!(object.export(object.head(), &out), Err(StoreError::Damaged { .. })));
}

#[test]
fn missing_and_foreign_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, folder) = archive_in(dir.path());
    let page = "v1/content/representations/rep2/data/0001/0002.jpg";
    std::fs::remove_file(folder.join(page)).unwrap();
    std::fs::write(folder.join("v2/content/extra.txt"), "x").unwrap();
    std::fs::write(folder.join("note.txt"), "x").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("v1/content/link")).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    let report = object.verify();
    for (path, code) in
        [(page, "E092"), ("v2/content/extra.txt", "E023"), ("note.txt", "E001"), ("v1/content/link", "E090")]
    {
        assert!(report.errors.iter().any(|p| p.path == path && p.code == code), "{path}: {report:#?}");
    }
    assert!(
        report.errors.iter().any(|p| p.path == page && matches!(p.what, What::Missing { expected: Some(_) }))
    );
    let files = object.files(object.head()).unwrap();
    assert!(files.iter().any(|file| file.path.ends_with("0002.jpg") && file.bytes.is_none()));
}

#[test]
fn what_lies_about_in_the_storage_root_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, folder) = archive_in(dir.path());
    std::fs::create_dir_all(dir.path().join("ocfl/abc/def")).unwrap();
    std::fs::write(folder.parent().unwrap().join("stray"), "x").unwrap();
    let strays: Vec<_> = archive.strays().unwrap().into_iter().map(|p| (p.code, p.path)).collect();
    assert!(strays.contains(&("E073", "abc/def".to_owned())), "{strays:?}");
    assert!(strays.iter().any(|(code, path)| *code == "E072" && path.ends_with("/stray")), "{strays:?}");
    // An object that was moved is itself intact, and in the wrong place.
    std::fs::remove_file(folder.parent().unwrap().join("stray")).unwrap();
    std::fs::rename(&folder, dir.path().join("ocfl/abc/def/elsewhere")).unwrap();
    let report = archive.verify().unwrap().next().unwrap().unwrap();
    assert_eq!(report.errors.iter().map(|p| p.code).collect::<Vec<_>>(), ["layout"]);
}

/// Between the two renames of a commit, and after a torn one, readers go on with what is vouched for.
#[test]
fn a_reader_trusts_the_highest_version_whose_own_sidecar_fits() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, folder) = archive_in(dir.path());
    flip(&folder.join("inventory.json.sha512"), 3);
    assert_eq!(archive.object(&id(1)).unwrap().unwrap().head().get(), 2);
    flip(&folder.join("v2/inventory.json"), 100);
    assert_eq!(archive.object(&id(1)).unwrap().unwrap().head().get(), 1);
    flip(&folder.join("v1/inventory.json.sha512"), 3);
    assert!(matches!(archive.object(&id(1)), Err(StoreError::Damaged { .. })));
    assert!(
        matches!(archive.begin(&id(1)), Err(StoreError::Damaged { .. })),
        "nothing is built on doubtful ground"
    );
}

#[test]
fn an_inventory_cannot_lead_out_of_its_object() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, folder) = archive_in(dir.path());
    std::fs::write(dir.path().join("secret"), "x").unwrap();
    for evil in ["v1/content/../../../../../../secret", "/etc/passwd", "secret", "v1/content/a//b"] {
        let inventory = folder.join("inventory.json");
        let honest = std::fs::read_to_string(folder.join("v2/inventory.json")).unwrap();
        let text = honest.replace("v1/content/representations/rep2/data/0001/0001.jpg", evil);
        assert_ne!(text, honest);
        std::fs::write(&inventory, text).unwrap();
        let sum = std::process::Command::new("sha512sum").arg(&inventory).output().unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        let sidecar = format!("{} inventory.json\n", &sum[..128]);
        std::fs::write(folder.join("inventory.json.sha512"), sidecar).unwrap();
        // The forged pair fits, its paths are refused; the version's own inventory is trusted.
        let object = archive.object(&id(1)).unwrap().unwrap();
        assert_eq!(
            object.read("representations/rep2/data/0001/0001.jpg", 99).unwrap(),
            "trang một".as_bytes()
        );
        assert!(!object.verify().errors.is_empty());
    }
}

/// Every value of an inventory in turn becomes something else, with fitting sidecars: always an answer, and `null`
/// is wrong everywhere.
#[test]
fn an_inventory_of_the_wrong_shape_is_reported() {
    use serde_json::{Value, json};
    fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
        out.push(at.to_owned());
        let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(k, v)| pointers(v, &format!("{at}/{}", escape(k)), out))
            }
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(i, v)| pointers(v, &format!("{at}/{i}"), out))
            }
            _ => {}
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::create(dir.path()).unwrap();
    commit_v1(&archive, &id(1));
    let folder = archive.object(&id(1)).unwrap().unwrap().folder().to_owned();
    let honest: Value =
        serde_json::from_slice(&std::fs::read(folder.join("inventory.json")).unwrap()).unwrap();
    let mut all = Vec::new();
    pointers(&honest, "", &mut all);
    for pointer in all {
        for other in [
            json!(null),
            json!(7),
            json!(""),
            json!("../x"),
            json!([]),
            json!({}),
            json!([null]),
            json!({"": []}),
        ] {
            let mut changed = honest.clone();
            *changed.pointer_mut(&pointer).unwrap() = other.clone();
            let bytes = serde_json::to_vec(&changed).unwrap();
            let sum: [u8; 64] = durable::digest_reader(&mut &bytes[..]).unwrap().sha512;
            let hex: String = sum.iter().map(|b| format!("{b:02x}")).collect();
            for place in [folder.clone(), folder.join("v1")] {
                std::fs::write(place.join("inventory.json"), &bytes).unwrap();
                std::fs::write(place.join("inventory.json.sha512"), format!("{hex} inventory.json\n"))
                    .unwrap();
            }
            let report = archive_store::validate_object(&folder);
            assert!(other != json!(null) || !report.errors.is_empty(), "null at {pointer} passes");
        }
    }
}
