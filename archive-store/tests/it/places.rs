//! One contract for every place in which objects are kept: a folder, an object store over a model of Amazon's, and one
//! over a real server.

use crate::fixity::{MASTER, archive_in, flip};
use crate::repair::trust_all;
use crate::s3_servers::{ACCESS_KEY, SECRET_KEY, Server, botocore, moto, versitygw};
use crate::{commit_v1, commit_v2, contents, id, info};
use archive_store::{
    Archive, CopyState, Doomed, ObjectRoot, Replica, S3Key, S3Place, S3Root, StoreError, TOMBSTONE,
    VersionNo, object_folder,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) fn at() -> record::Timestamp {
    "2026-11-30T06:00:00Z".parse().unwrap()
}

pub(crate) fn key() -> S3Key {
    S3Key { access_key: ACCESS_KEY.to_owned(), secret_key: SECRET_KEY.to_owned() }
}

fn no(n: u32) -> VersionNo {
    VersionNo::new(n).unwrap()
}

/// An empty place, and the ways to it that do not lead through the code that is tested.
pub(crate) struct Place {
    dir: TempDir,
    server: Option<(&'static Server, String)>,
}

impl Place {
    fn folder() -> Place {
        Place { dir: tempfile::tempdir().unwrap(), server: None }
    }

    pub(crate) fn on(server: &'static Server) -> Place {
        Place { dir: tempfile::tempdir().unwrap(), server: Some((server, server.make_bucket())) }
    }

    pub(crate) fn s3(&self) -> S3Place {
        let (server, bucket) = self.server.as_ref().unwrap();
        S3Place {
            endpoint: Some(server.endpoint()),
            timeout: Duration::from_secs(60),
            ..S3Place::parse(&format!("s3://{bucket}/vks/ban-sao")).unwrap()
        }
    }

    fn work(&self) -> std::path::PathBuf {
        self.dir.path().join("work-s3")
    }

    /// Open for copying.
    fn open(&self) -> Box<dyn Replica> {
        if self.server.is_some() {
            return Box::new(S3Root::open(&self.s3(), &key(), &self.work(), at()).unwrap().0);
        }
        match Archive::open(self.dir.path()) {
            Ok((archive, _)) => Box::new(archive),
            Err(StoreError::NoSuchArchive { .. }) => Box::new(Archive::create(self.dir.path()).unwrap()),
            Err(error) => panic!("{error}"),
        }
    }

    fn open_read(&self) -> Result<Box<dyn ObjectRoot>, StoreError> {
        if self.server.is_some() {
            return Ok(Box::new(S3Root::open_read(&self.s3(), &key(), &self.work())?));
        }
        Ok(Box::new(Archive::open_read(self.dir.path())?))
    }

    /// The storage root as a folder, as another program sees it.
    pub(crate) fn storage_root(&self) -> TempDir {
        let to = tempfile::tempdir().unwrap();
        match &self.server {
            None => {
                std::fs::create_dir(to.path().join("ocfl")).unwrap();
                crate::faults::copy(&self.dir.path().join("ocfl"), &to.path().join("ocfl"));
            }
            Some((server, bucket)) => {
                let whole = tempfile::tempdir().unwrap();
                botocore(&server.endpoint(), &["download", bucket, whole.path().to_str().unwrap()]);
                std::fs::rename(whole.path().join("vks/ban-sao/ocfl"), to.path().join("ocfl")).unwrap();
            }
        }
        to
    }

    /// Writes a file of the storage root, past everything.
    pub(crate) fn plant(&self, path: &str, bytes: &[u8]) {
        match &self.server {
            None => {
                let path = self.dir.path().join("ocfl").join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            Some(_) => self.plant_key(&format!("vks/ban-sao/ocfl/{path}"), bytes),
        }
    }

    /// Writes any key of the bucket.
    pub(crate) fn plant_key(&self, key: &str, bytes: &[u8]) {
        let (server, bucket) = self.server.as_ref().unwrap();
        let file = self.dir.path().join("planted");
        std::fs::write(&file, bytes).unwrap();
        botocore(&server.endpoint(), &["put", bucket, key, file.to_str().unwrap()]);
    }
}

impl Place {
    /// Removes a key of the storage root, past everything.
    pub(crate) fn remove(&self, path: &str) {
        let (server, bucket) = self.server.as_ref().unwrap();
        botocore(&server.endpoint(), &["delete", bucket, &format!("vks/ban-sao/ocfl/{path}")]);
    }
}

/// ocfl-py, rocfl and our own check of what another program downloaded, against the archive's own files.
pub(crate) fn judge(root: &Path, origin: &Path) {
    assert_eq!(contents(&root.join("ocfl")), contents(&origin.join("ocfl")));
    crate::judges::judge(&root.join("ocfl"));
    let reader = Archive::open_read(root).unwrap();
    assert!(reader.verify().unwrap().all(|report| report.unwrap().errors.is_empty()));
}

macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod folder { $(#[test] fn $name() { super::$name(&super::Place::folder()) })* }
        mod on_moto { $(#[test] fn $name() { super::$name(&super::Place::on(super::moto())) })* }
        mod on_versitygw { $(#[test] fn $name() { super::$name(&super::Place::on(super::versitygw())) })* }
    };
}

contract!(
    versions_arrive_whole_and_once,
    a_copy_that_is_ahead_or_different_is_left,
    what_is_there_is_found_and_comes_back,
    damage_at_the_origin_is_not_copied,
    an_archive_is_mended_from_it_and_made_anew,
    damage_there_and_strays_are_found,
    what_is_destroyed_there_is_gone_for_good,
);

fn versions_arrive_whole_and_once(place: &Place) {
    let here = tempfile::tempdir().unwrap();
    let archive = Archive::create(here.path()).unwrap();
    let replica = place.open();
    let object = |n| archive.object(&id(n)).unwrap().unwrap();
    commit_v1(&archive, &id(1));
    let copied = replica.copy_missing(&object(1)).unwrap();
    assert!(
        matches!(copied, CopyState::Copied { first, last, bytes } if first == no(1) && last == no(1) && bytes > 0)
    );
    assert_eq!(replica.copy_missing(&object(1)).unwrap(), CopyState::Same);
    commit_v2(&archive, &id(1));
    let mut draft = archive.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    draft.add_bytes("more/empty", b"").unwrap();
    // Larger than what goes in one request.
    let large: Vec<u8> = (0..20_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    draft.add_bytes("more/large", &large).unwrap();
    draft.commit(&info("more")).unwrap();
    let copied = replica.copy_missing(&object(1)).unwrap();
    assert!(
        matches!(copied, CopyState::Copied { first, last, .. } if first == no(2) && last == no(3)),
        "{copied:?}"
    );
    commit_v1(&archive, &id(2));
    replica.copy_missing(&object(2)).unwrap();
    for n in [1, 2] {
        assert_eq!(replica.copy_missing(&object(n)).unwrap(), CopyState::Same);
    }
    judge(place.storage_root().path(), here.path());
}

fn a_copy_that_is_ahead_or_different_is_left(place: &Place) {
    let (here, ahead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (archive, ..) = archive_in(here.path());
    crate::faults::copy(here.path(), ahead.path());
    let (ahead, _) = Archive::open(ahead.path()).unwrap();
    for (archive, path) in [(&ahead, "only/there"), (&archive, "only/here")] {
        let mut draft = archive.begin(&id(1)).unwrap();
        draft.keep_previous().unwrap();
        draft.add_bytes(path, b"x").unwrap();
        draft.commit(&info(path)).unwrap();
    }
    let replica = place.open();
    replica.copy_missing(&ahead.object(&id(1)).unwrap().unwrap()).unwrap();
    let before = contents(&place.storage_root().path().join("ocfl"));
    let copied = replica.copy_missing(&archive.object(&id(1)).unwrap().unwrap()).unwrap();
    assert_eq!(copied, CopyState::Different { version: no(3) });
    let old = tempfile::tempdir().unwrap();
    let (old, ..) = archive_in(old.path());
    let copied = replica.copy_missing(&old.object(&id(1)).unwrap().unwrap()).unwrap();
    assert_eq!(copied, CopyState::Ahead { copy: no(3), origin: no(2) });
    assert_eq!(contents(&place.storage_root().path().join("ocfl")), before);
}

fn what_is_there_is_found_and_comes_back(place: &Place) {
    assert!(matches!(place.open_read().err(), Some(StoreError::NoSuchArchive { .. })));
    let here = tempfile::tempdir().unwrap();
    let (archive, resident, _) = archive_in(here.path());
    {
        let replica = place.open();
        assert!(replica.survey().unwrap().residents.is_empty());
        assert!(matches!(replica.head(&id(1)), Ok(None)));
        replica.copy_missing(&archive.object(&id(1)).unwrap().unwrap()).unwrap();
    }
    let there = place.open_read().unwrap();
    let survey = there.survey().unwrap();
    assert_eq!(survey.residents, std::slice::from_ref(&resident));
    assert!(survey.strays.is_empty());
    assert_eq!(there.head(&id(1)).unwrap(), archive.head(&id(1)).unwrap());
    assert_eq!(there.size(&resident.folder), archive.size(&resident.folder));
    let brought = there.bring(&resident.folder).unwrap();
    assert!(brought.unfinished.is_none());
    assert_eq!(
        contents(&brought.root().join("ocfl").join(&resident.folder)),
        contents(&here.path().join("ocfl").join(&resident.folder))
    );
    assert!(brought.check(&resident.folder).errors.is_empty());
}

fn damage_at_the_origin_is_not_copied(place: &Place) {
    let here = tempfile::tempdir().unwrap();
    let (archive, _, folder) = archive_in(here.path());
    let whole = std::fs::read(folder.join(MASTER)).unwrap();
    flip(&folder.join(MASTER));
    let replica = place.open();
    let object = archive.object(&id(1)).unwrap().unwrap();
    let error = replica.copy_missing(&object).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { path, .. } if path.ends_with(MASTER)), "{error}");
    assert!(matches!(replica.head(&id(1)), Ok(None)));
    std::fs::write(folder.join(MASTER), whole).unwrap();
    assert!(matches!(replica.copy_missing(&object).unwrap(), CopyState::Copied { .. }));
    judge(place.storage_root().path(), here.path());
}

fn an_archive_is_mended_from_it_and_made_anew(place: &Place) {
    let (here, anew) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (archive, resident, folder) = archive_in(here.path());
    let replica = place.open();
    replica.copy_missing(&archive.object(&id(1)).unwrap().unwrap()).unwrap();
    let before = contents(&here.path().join("ocfl"));
    flip(&folder.join(MASTER));
    std::fs::remove_file(folder.join("inventory.json")).unwrap();
    let repair = archive.repair(&resident.folder, &*replica, at(), &trust_all).unwrap();
    assert!(repair.left.is_empty() && repair.refused.is_empty(), "{repair:?}");
    assert_eq!(contents(&here.path().join("ocfl")), before);
    let whole = archive.repair(&resident.folder, &*replica, at(), &trust_all).unwrap();
    assert!(whole.mended.is_empty() && whole.before.is_empty() && whole.id == Some(id(1)), "{whole:?}");
    // All is lost but the replica.
    let lost = Archive::create(anew.path()).unwrap();
    for resident in replica.survey().unwrap().residents {
        let repair = lost.repair(&resident.folder, &*replica, at(), &trust_all).unwrap();
        assert_eq!(repair.copied, Some((no(1), no(2))));
    }
    assert_eq!(contents(&anew.path().join("ocfl")), before);
    judge(anew.path(), here.path());
}

fn damage_there_and_strays_are_found(place: &Place) {
    let here = tempfile::tempdir().unwrap();
    let (archive, resident, _) = archive_in(here.path());
    let object = archive.object(&id(1)).unwrap().unwrap();
    let replica = place.open();
    replica.copy_missing(&object).unwrap();
    let damaged = format!("{}/{MASTER}", object_folder(&id(1)).display());
    place.plant(&damaged, "trang mot".as_bytes());
    let named = |replica: &dyn ObjectRoot| {
        let report = replica.bring(&resident.folder).unwrap().check(&resident.folder);
        report.errors.iter().any(|problem| problem.path == MASTER)
    };
    assert!(named(&*replica));
    // Copying again overwrites nothing: the damage stays to be seen.
    assert_eq!(replica.copy_missing(&object).unwrap(), CopyState::Same);
    assert!(named(&*replica));
    place.plant("readme.txt", b"who put this here?");
    let strays: Vec<String> =
        replica.survey().unwrap().strays.into_iter().map(|problem| problem.path).collect();
    assert_eq!(strays, ["readme.txt"]);
}

fn what_is_destroyed_there_is_gone_for_good(place: &Place) {
    let here = tempfile::tempdir().unwrap();
    let archive = Archive::create(here.path()).unwrap();
    let replica = place.open();
    for n in [1, 2] {
        commit_v1(&archive, &id(n));
        replica.copy_missing(&archive.object(&id(n)).unwrap().unwrap()).unwrap();
    }
    let object = archive.object(&id(1)).unwrap().unwrap();
    let head = |n| {
        let object = archive.object(&id(n)).unwrap().unwrap();
        object.inventory_sha512(object.head()).unwrap()
    };
    let doomed = |heads| Doomed { id: id(1), heads };
    let files: [(&str, &[u8]); 2] = [(TOMBSTONE, b"{}"), ("seal/manifest-sha256.txt", b"seal")];
    // Only what was decided upon.
    let other = replica.purge(&doomed(vec![head(2)]), &[], &files);
    assert!(matches!(other, Err(StoreError::ChangedSince { .. })), "{other:?}");
    assert!(!replica.has_tombstone(&id(1)).unwrap());
    let decided = doomed(vec![head(1)]);
    assert!(replica.purge(&decided, &[], &files).unwrap());
    assert!(replica.has_tombstone(&id(1)).unwrap() && !replica.has_tombstone(&id(2)).unwrap());
    assert!(matches!(replica.head(&id(1)), Ok(None)));
    let survey = replica.survey().unwrap();
    let there: Vec<_> = survey.residents.into_iter().map(|resident| resident.id).collect();
    assert!(there == [Some(id(2))] && survey.strays.is_empty(), "{there:?} {:?}", survey.strays);
    assert!(!replica.purge(&decided, &[], &files).unwrap(), "a second time there is nothing");
    assert!(matches!(replica.copy_missing(&object), Err(StoreError::Destroyed { .. })));
    Replica::purge(&archive, &decided, &[], &files).unwrap();
    judge(place.storage_root().path(), here.path());
}

/// The keys of a bucket, by name.
pub(crate) fn listed(place: &Place) -> BTreeSet<String> {
    let (server, bucket) = place.server.as_ref().unwrap();
    botocore(&server.endpoint(), &["list", bucket]).lines().map(str::to_owned).collect()
}
