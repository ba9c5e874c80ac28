//! Objects of another storage root come in whole or not at all, with every version as it was.

use crate::faults::{copy, scratch};
use crate::judges::judge;
use crate::{V1, commit_v1, commit_v2, id, info, say, tree};
use archive_store::{
    AdoptError, Adopted, Archive, Object, RecoveryAction, StoreError, VersionNo, object_folders,
};
use durable::{Fault, Faults};
use std::path::{Path, PathBuf};

/// Another archive with an object of three versions and a log; the object's folder.
fn source(dir: &Path) -> PathBuf {
    let other = Archive::create(dir).unwrap();
    commit_v1(&other, &id(1));
    commit_v2(&other, &id(1));
    let mut draft = other.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    draft.remove("seal/manifest-sha256.txt");
    draft.commit(&info("third")).unwrap();
    let folder = other.object(&id(1)).unwrap().unwrap().folder().to_owned();
    std::fs::create_dir(folder.join("logs")).unwrap();
    std::fs::write(folder.join("logs/v1.tlog-proof"), "proof").unwrap();
    folder
}

/// Takes whatever is valid.
fn any(_: &Object) -> Result<(), AdoptError> {
    Ok(())
}

fn same_bytes(a: &Path, b: &Path) -> bool {
    tree(a) == tree(b)
        && tree(a).iter().all(|f| {
            f.ends_with('/') || std::fs::read(a.join(f)).unwrap() == std::fs::read(b.join(f)).unwrap()
        })
}

#[test]
fn every_version_comes_along_byte_for_byte_and_judges_agree() {
    let dir = tempfile::tempdir().unwrap();
    let from = source(&dir.path().join("other"));
    let archive = Archive::create(&dir.path().join("kho")).unwrap();
    commit_v1(&archive, &id(9));
    let v3 = VersionNo::new(3).unwrap();
    assert_eq!(archive.would_adopt(&from).unwrap(), Adopted::New(v3));
    assert!(archive.object(&id(1)).unwrap().is_none());
    let found: Vec<_> = object_folders(&dir.path().join("other/ocfl")).unwrap().map(Result::unwrap).collect();
    assert_eq!(found, std::slice::from_ref(&from));
    assert_eq!(archive.adopt(&from, any).unwrap(), Adopted::New(v3));
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert!(same_bytes(&from, object.folder()));
    assert_eq!(archive.adopt(&from, any).unwrap(), Adopted::Present(v3), "a second time changes nothing");
    judge(&dir.path().join("kho/ocfl"));
    assert_eq!(archive.objects().unwrap().len(), 2);
    // It is an object like any other: the next version can be written.
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    draft.add_bytes("documentation/note.txt", b"note").unwrap();
    assert_eq!(draft.commit(&info("fourth")).unwrap().version.get(), 4);
}

#[test]
fn another_object_under_the_same_id_is_named_and_nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let from = source(&dir.path().join("other"));
    let archive = Archive::create(&dir.path().join("kho")).unwrap();
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.add_bytes("another/file", b"").unwrap();
    draft.commit(&info("another first version")).unwrap();
    let before = tree(&dir.path().join("kho/ocfl"));
    let error = archive.adopt(&from, any).unwrap_err();
    assert!(
        matches!(&error, AdoptError::Differs { why, .. } if why.contains("v1 there and v3 here; the first 0")),
        "{error}"
    );
    assert_eq!(tree(&dir.path().join("kho/ocfl")), before);
    // The same object, damaged in the archive: that is a difference, too.
    let other = Archive::create(&dir.path().join("third")).unwrap();
    other.adopt(&from, any).unwrap();
    let object = other.object(&id(1)).unwrap().unwrap();
    std::fs::write(object.folder().join("v1/content/representations/rep2/data/0001/0001.jpg"), "trang mot")
        .unwrap();
    assert!(
        matches!(other.adopt(&from, any), Err(AdoptError::Differs { why, .. }) if why.contains("damaged"))
    );
}

/// Versions in the storage root's own words, and all files but those in `logs`.
fn without_logs(object: &Path) -> Vec<(String, Vec<u8>)> {
    let files = tree(object).into_iter().filter(|path| !path.starts_with("logs/") && !path.ends_with('/'));
    files.map(|path| (path.clone(), std::fs::read(object.join(path)).unwrap())).collect()
}

#[test]
fn an_object_that_has_more_versions_there_is_continued() {
    let dir = tempfile::tempdir().unwrap();
    let from = source(&dir.path().join("other"));
    let archive = Archive::create(&dir.path().join("kho")).unwrap();
    commit_v1(&archive, &id(1));
    let head = || archive.object(&id(1)).unwrap().unwrap().head().get();
    let v3 = VersionNo::new(3).unwrap();
    assert_eq!(archive.would_adopt(&from).unwrap(), Adopted::Continued(v3));
    let refuse = |_: &Object| Err(AdoptError::Foreign { folder: from.clone(), why: "refused".into() });
    assert!(matches!(archive.adopt(&from, refuse), Err(AdoptError::Foreign { .. })));
    assert_eq!(head(), 1, "nothing comes in that was not judged");
    assert_eq!(archive.adopt(&from, any).unwrap(), Adopted::Continued(v3));
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert_eq!(without_logs(object.folder()), without_logs(&from));
    assert!(tree(&dir.path().join("kho/work/staging")).is_empty());
    judge(&dir.path().join("kho/ocfl"));
    assert_eq!(archive.objects().unwrap().len(), 1);
    assert_eq!(archive.adopt(&from, any).unwrap(), Adopted::Present(v3));
    // One that has fewer takes nothing back, and one whose shared versions are damaged here is not continued.
    let short = Archive::create(&dir.path().join("short")).unwrap();
    commit_v1(&short, &id(1));
    let short_folder = short.object(&id(1)).unwrap().unwrap().folder().to_owned();
    assert!(matches!(archive.adopt(&short_folder, any), Err(AdoptError::Differs { .. })));
    assert_eq!(head(), 3);
    std::fs::write(short_folder.join("v1/content").join(V1[0].0), "other").unwrap();
    let damaged = short.adopt(&from, any);
    assert!(matches!(damaged, Err(AdoptError::Differs { why, .. }) if why.contains("damaged")));
}

/// Every step of it is made to fail in every way; whatever happens, the object has one version or more of the very same
/// bytes, and the next try brings the rest.
#[test]
fn a_fault_while_an_object_is_continued_leaves_a_valid_shorter_one() {
    let template = scratch();
    let from = source(&template.path().join("other"));
    commit_v1(&Archive::create(&template.path().join("kho")).unwrap(), &id(1));
    let from = from.strip_prefix(template.path()).unwrap().to_owned();
    let steps = {
        let dir = scratch();
        copy(template.path(), dir.path());
        let (archive, _) = Archive::open(&dir.path().join("kho")).unwrap();
        let faults = Faults::count();
        archive.adopt(&dir.path().join(&from), any).unwrap();
        faults.steps().len() as u64
    };
    let (mut tried, mut lengths) = (0, [0; 4]);
    for (fault, lose) in [(Fault::NoSpace, false), (Fault::PowerCut, true), (Fault::PowerCut, false)] {
        for number in 1..=steps {
            let what = format!("{fault:?} at step {number} of {steps}");
            let dir = scratch();
            copy(template.path(), dir.path());
            let (kho, from) = (dir.path().join("kho"), dir.path().join(&from));
            let (archive, _) = Archive::open(&kho).unwrap();
            let faults = Faults::at(number, fault);
            let result = archive.adopt(&from, any);
            drop(archive);
            if lose {
                faults.lose_unsynced().unwrap()
            } else {
                drop(faults)
            }
            let (archive, _) = Archive::open(&kho).unwrap_or_else(|e| panic!("{what}: {e}"));
            let head = archive.object(&id(1)).unwrap().unwrap().head().get();
            lengths[head as usize] += 1;
            assert!(result.is_err() || head == 3, "{what}");
            assert!(archive.verify().unwrap().all(|report| report.unwrap().errors.is_empty()), "{what}");
            assert!(tree(&kho.join("work/staging")).is_empty(), "{what}");
            archive.adopt(&from, any).unwrap_or_else(|e| panic!("{what}: again: {e}"));
            let object = archive.object(&id(1)).unwrap().unwrap();
            assert_eq!(without_logs(object.folder()), without_logs(&from), "{what}");
            tried += 1;
        }
    }
    say(&format!("continued: {tried} faults tried; versions afterwards {:?}\n", &lengths[1..]));
    assert!(lengths[1..].iter().all(|times| *times > 0));
}

#[test]
fn what_is_not_whole_or_not_of_our_kind_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let from = source(&dir.path().join("other"));
    let archive = Archive::create(&dir.path().join("kho")).unwrap();
    let page = from.join("v1/content/representations/rep2/data/0001/0001.jpg");
    let right = std::fs::read(&page).unwrap();
    std::fs::write(&page, "trang mot").unwrap();
    let error = archive.adopt(&from, any).unwrap_err();
    assert!(
        matches!(&error, AdoptError::Invalid { .. }) && error.to_string().contains("0001.jpg"),
        "{error}"
    );
    std::fs::write(&page, right).unwrap();
    std::fs::create_dir_all(from.join("extensions/initial")).unwrap();
    std::fs::write(from.join("extensions/initial/a"), "").unwrap();
    assert!(matches!(archive.adopt(&from, any), Err(AdoptError::Foreign { .. })));
    std::fs::remove_dir_all(from.join("extensions")).unwrap();
    // A version without its own inventory is valid OCFL and not what this program writes.
    std::fs::remove_file(from.join("v1/inventory.json")).unwrap();
    std::fs::remove_file(from.join("v1/inventory.json.sha512")).unwrap();
    assert!(matches!(archive.adopt(&from, any), Err(AdoptError::Foreign { .. })));
    assert!(archive.objects().unwrap().is_empty() && tree(&dir.path().join("kho/work/staging")).is_empty());
}

/// What is judged is what will be in the archive, whatever becomes of the source meanwhile.
#[test]
fn the_staged_object_is_judged_and_what_is_refused_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let from = source(&dir.path().join("other"));
    let archive = Archive::create(&dir.path().join("kho")).unwrap();
    let staging = dir.path().join("kho/work/staging");
    let refuse = |staged: &Object| {
        assert!(staged.folder().starts_with(&staging) && same_bytes(&from, staged.folder()));
        assert_eq!((staged.id(), staged.head().get()), (&id(1), 3));
        assert_eq!(staged.read(V1[1].0, 1000).unwrap(), crate::V2[0].1.as_bytes());
        Err(AdoptError::Foreign { folder: from.clone(), why: "refused".into() })
    };
    let error = archive.adopt(&from, refuse).unwrap_err();
    assert!(matches!(&error, AdoptError::Foreign { why, .. } if why == "refused"), "{error}");
    assert!(archive.objects().unwrap().is_empty() && tree(&staging).is_empty());
    // What changes the source once it was copied does not change what is taken.
    let page = from.join("v1/content/representations/rep2/data/0001/0001.jpg");
    let before = std::fs::read(&page).unwrap();
    let change = |_: &Object| {
        std::fs::write(&page, "other").unwrap();
        Ok::<_, AdoptError>(())
    };
    archive.adopt(&from, change).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert_eq!(std::fs::read(object.folder().join(page.strip_prefix(&from).unwrap())).unwrap(), before);
    let unasked = |_: &Object| -> Result<(), AdoptError> { panic!("it is there already") };
    std::fs::write(&page, before).unwrap();
    assert_eq!(archive.adopt(&from, unasked).unwrap(), Adopted::Present(VersionNo::new(3).unwrap()));
}

/// Every step of taking an object is made to fail in every way; afterwards it is there whole or not at all, and may be
/// taken again.
#[test]
fn a_fault_at_every_step_leaves_all_or_nothing() {
    let template = scratch();
    let from = source(&template.path().join("other"));
    commit_v1(&Archive::create(&template.path().join("kho")).unwrap(), &id(9));
    let from = from.strip_prefix(template.path()).unwrap().to_owned();
    let steps = {
        let dir = scratch();
        copy(template.path(), dir.path());
        let (archive, _) = Archive::open(&dir.path().join("kho")).unwrap();
        let faults = Faults::count();
        archive.adopt(&dir.path().join(&from), any).unwrap();
        faults.steps().len() as u64
    };
    let (mut tried, mut taken) = (0, 0);
    for (fault, lose) in
        [(Fault::NoSpace, false), (Fault::Io, false), (Fault::PowerCut, true), (Fault::PowerCut, false)]
    {
        for number in 1..=steps {
            let what = format!("{fault:?} at step {number} of {steps}");
            let dir = scratch();
            copy(template.path(), dir.path());
            let (kho, from) = (dir.path().join("kho"), dir.path().join(&from));
            let (archive, _) = Archive::open(&kho).unwrap();
            let faults = Faults::at(number, fault);
            let result = archive.adopt(&from, any);
            drop(archive);
            if lose {
                faults.lose_unsynced().unwrap()
            } else {
                drop(faults)
            }
            let (archive, recovery) = Archive::open(&kho).unwrap_or_else(|e| panic!("{what}: {e}"));
            let doubtful = |a: &RecoveryAction| {
                matches!(a, RecoveryAction::Damaged { .. } | RecoveryAction::VersionQuarantined { .. })
            };
            assert!(!recovery.actions.iter().any(doubtful), "{what}: {recovery:?}");
            let object = archive.object(&id(1)).unwrap();
            match (&result, fault) {
                (Ok(_), _) => assert!(object.is_some(), "{what}"),
                // Whether the one rename reached the medium nobody can know.
                (Err(_), Fault::PowerCut) => {}
                (Err(AdoptError::Store(StoreError::Unfinished { .. })), _) => {
                    assert!(object.is_some(), "{what}")
                }
                (Err(_), _) => assert!(object.is_none(), "{what}: an error was told, and it is there"),
            }
            if let Some(object) = object {
                assert!(same_bytes(&from, object.folder()), "{what}");
                taken += 1;
            }
            for report in archive.verify().unwrap() {
                assert!(report.unwrap().errors.is_empty(), "{what}");
            }
            assert!(archive.strays().unwrap().is_empty(), "{what}");
            for folder in ["work/staging", "work/intent"] {
                assert!(tree(&kho.join(folder)).is_empty(), "{what}: {folder}");
            }
            archive.adopt(&from, any).unwrap_or_else(|e| panic!("{what}: again: {e}"));
            let text = archive.object(&id(1)).unwrap().unwrap().read(V1[1].0, 1000).unwrap();
            assert_eq!(text, crate::V2[0].1.as_bytes(), "{what}");
            tried += 1;
        }
    }
    say(&format!("import: {tried} faults tried, {taken} times the object was there afterwards\n"));
    assert!(taken > 4 && taken < tried);
}
