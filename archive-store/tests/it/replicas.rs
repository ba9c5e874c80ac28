//! A second root: what is missing arrives whole, what is there is never overwritten.

use crate::faults::scratch;
use crate::fixity::{MASTER, archive_in, flip};
use crate::judges::judge;
use crate::{commit_v1, commit_v2, contents, id, info, tree};
use archive_store::{Archive, CopyState, StoreError, VersionNo};

fn no(n: u32) -> VersionNo {
    VersionNo::new(n).unwrap()
}

#[test]
fn missing_versions_arrive_bit_for_bit_and_once() {
    let (here, there) = (scratch(), scratch());
    let archive = Archive::create(here.path()).unwrap();
    let replica = Archive::create(there.path()).unwrap();
    commit_v1(&archive, &id(1));
    let object = || archive.object(&id(1)).unwrap().unwrap();
    let copied = replica.copy_missing(&object()).unwrap();
    assert!(
        matches!(copied, CopyState::Copied { first, last, bytes } if first == no(1) && last == no(1) && bytes > 0)
    );
    assert_eq!(replica.copy_missing(&object()).unwrap(), CopyState::Same);
    commit_v2(&archive, &id(1));
    for n in 0..2 {
        let mut draft = archive.begin(&id(1)).unwrap();
        draft.keep_previous().unwrap();
        draft.add_bytes(&format!("more/{n}"), b"more").unwrap();
        draft.commit(&info("more")).unwrap();
    }
    let copied = replica.copy_missing(&object()).unwrap();
    assert!(
        matches!(copied, CopyState::Copied { first, last, .. } if first == no(2) && last == no(4)),
        "{copied:?}"
    );
    assert_eq!(contents(&here.path().join("ocfl")), contents(&there.path().join("ocfl")));
    assert!(replica.verify().unwrap().all(|r| r.unwrap().errors.is_empty()));
    for folder in ["work/staging", "work/intent", "work/quarantine"] {
        assert!(tree(&there.path().join(folder)).is_empty());
    }
}

#[test]
fn a_replica_that_is_ahead_or_different_is_left_as_it_is() {
    let (here, there) = (scratch(), scratch());
    let (archive, ..) = archive_in(here.path());
    let replica = Archive::create(there.path()).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    replica.copy_missing(&object).unwrap();
    let mut draft = replica.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    draft.add_bytes("only/there", b"x").unwrap();
    draft.commit(&info("only there")).unwrap();
    let before = contents(there.path());
    assert_eq!(replica.copy_missing(&object).unwrap(), CopyState::Ahead { copy: no(3), origin: no(2) });
    // Another third version here: the two histories part.
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    draft.add_bytes("only/here", b"y").unwrap();
    draft.commit(&info("only here")).unwrap();
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert_eq!(replica.copy_missing(&object).unwrap(), CopyState::Different { version: no(3) });
    commit_v2(&archive, &id(1));
    let object = archive.object(&id(1)).unwrap().unwrap();
    assert_eq!(replica.copy_missing(&object).unwrap(), CopyState::Different { version: no(3) });
    assert_eq!(contents(there.path()), before);
}

#[test]
fn damage_is_not_copied() {
    let (here, there) = (scratch(), scratch());
    let (archive, _, folder) = archive_in(here.path());
    let replica = Archive::create(there.path()).unwrap();
    flip(&folder.join(MASTER));
    let object = archive.object(&id(1)).unwrap().unwrap();
    let error = replica.copy_missing(&object).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { path, .. } if path.ends_with(MASTER)), "{error}");
    assert!(replica.residents().unwrap().is_empty() && replica.strays().unwrap().is_empty());
    assert!(tree(&there.path().join("work/staging")).is_empty());
    // The replica goes on with others.
    commit_v1(&archive, &id(2));
    replica.copy_missing(&archive.object(&id(2)).unwrap().unwrap()).unwrap();
    // A damaged copy is not built upon.
    flip(&folder.join(MASTER));
    replica.copy_missing(&object).unwrap();
    commit_v2(&archive, &id(2));
    let copy = replica.object(&id(2)).unwrap().unwrap();
    std::fs::write(copy.folder().join("inventory.json"), "").unwrap();
    let error = replica.copy_missing(&archive.object(&id(2)).unwrap().unwrap()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn other_peoples_validators_accept_a_replica() {
    let (here, there) = (scratch(), scratch());
    let (archive, ..) = archive_in(here.path());
    commit_v1(&archive, &id(2));
    let replica = Archive::create(there.path()).unwrap();
    for n in 1..=2 {
        replica.copy_missing(&archive.object(&id(n)).unwrap().unwrap()).unwrap();
    }
    judge(&there.path().join("ocfl"));
}
