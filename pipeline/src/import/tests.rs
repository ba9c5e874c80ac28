#![allow(clippy::disallowed_methods, reason = "changes a source on purpose")]

use super::*;
use crate::small_archive::{MASTER, archive, store};
use archive_store::{Container, FileList, Folder, Form};
use seal::SIGNATURE_PATH;
use std::io;
use std::path::PathBuf;

/// Three archives with authorities of their own; two of them hold a case file of one code.
struct Three {
    dir: tempfile::TempDir,
    own: Layout,
    theirs: PathBuf,
    strangers: PathBuf,
}

impl Three {
    fn new() -> Three {
        let dir = tempfile::tempdir().unwrap();
        let root = |name: &str| dir.path().join(name);
        for name in ["own", "theirs", "strangers"] {
            archive(&root(name));
        }
        let theirs = root("theirs").join(store(&root("theirs"), "HS-1", b"%PDF-1.4 theirs"));
        let strangers = root("strangers").join(store(&root("strangers"), "HS-1", b"%PDF-1.4 strangers"));
        Three { own: Layout { root: root("own") }, theirs, strangers, dir }
    }

    fn authority(&self, name: &str) -> Vec<u8> {
        std::fs::read(Layout { root: self.dir.path().join(name) }.anchor()).unwrap()
    }

    /// The desk of our archive, told to trust these.
    fn at_desk<T>(&self, trusted: &[u8], work: impl FnOnce(&Desk<'_>, &Archive) -> T) -> T {
        let config = ArchiveConfig::read(&self.own.config()).unwrap();
        let (store, _) = Archive::open(&self.own.root).unwrap();
        let ledger = Ledger::open(&self.own.ledger()).unwrap();
        let now = Timestamp::now();
        let desk = Desk::new(&config, &store, &ledger, &self.own, trusted, now, None).unwrap();
        work(&desk, &store)
    }

    fn export(&self, folder: &Path, name: &str) -> PathBuf {
        let to = self.dir.path().join(name);
        let object = Object::open_folder(folder).unwrap();
        object.export_as(VersionNo::first(), Form::Package, Container::Folder, &to).unwrap();
        to
    }

    fn kept(&self) -> Vec<Vec<u8>> {
        let pem = std::fs::read(self.own.trusted());
        pem.map(|pem| seal::certificates_from_pem(&pem).unwrap()).unwrap_or_default()
    }
}

fn judge(desk: &Desk<'_>, folder: &Path) -> Identity {
    desk.judge(&Object::open_folder(folder).unwrap()).ok().unwrap()
}

#[test]
fn an_object_that_changes_after_it_was_judged_is_not_taken() {
    let three = Three::new();
    let aside = three.dir.path().join("aside");
    three.at_desk(&three.authority("theirs"), |desk, store| {
        let judged = judge(desk, &three.theirs);
        std::fs::rename(&three.theirs, &aside).unwrap();
        std::fs::rename(&three.strangers, &three.theirs).unwrap();
        let taken = store.adopt(&three.theirs, |staged| desk.accept(staged, &judged));
        assert!(matches!(taken, Err(Stop::Refused(ImportRefusal::Untrusted(_)))));
        assert!(store.objects().unwrap().is_empty() && three.kept().is_empty());
        let taken = store.adopt(&aside, |staged| desk.accept(staged, &judged));
        assert!(matches!(taken, Ok(Adopted::New(_))));
        assert_eq!(three.kept().len(), 1);
    });
}

/// Does not list one of its files.
struct Without<'a>(&'a Folder, &'a str);

impl Files for Without<'_> {
    fn list(&self) -> io::Result<FileList> {
        let mut list = self.0.list()?;
        list.files.retain(|file| file.path != self.1);
        Ok(list)
    }
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        self.0.open(path)
    }
}

#[test]
fn a_package_that_changes_after_it_was_judged_is_not_taken() {
    let three = Three::new();
    let theirs = three.export(&three.theirs, "package");
    let theirs = Folder::open(&theirs).unwrap();
    let strangers = Folder::open(&three.export(&three.strangers, "other package")).unwrap();
    three.at_desk(&three.authority("theirs"), |desk, store| {
        let judged = judge(desk, &three.theirs);
        let why = |files: &dyn Files| match desk.take(store, &judged, files) {
            Err(Stop::Refused(why)) => why.to_string(),
            other => panic!("taken: {}", other.is_ok()),
        };
        assert!(why(&Without(&theirs, MASTER)).contains(MASTER), "a page that is gone");
        assert!(why(&Without(&theirs, SIGNATURE_PATH)).contains(SIGNATURE_PATH));
        assert!(why(&strangers).contains(SIGNATURE_PATH), "sealed by somebody else");
        let other = Identity { code: CaseCode::new("HS-2").unwrap(), id: judged.id.clone() };
        assert!(desk.take(store, &other, &theirs).is_err(), "another case file than the one that was judged");
        assert!(store.objects().unwrap().is_empty() && three.kept().is_empty());
        assert!(desk.take(store, &judged, &theirs).is_ok());
    });
}

#[test]
fn only_authorities_that_are_needed_are_kept_and_each_once() {
    let three = Three::new();
    let given = [three.authority("strangers"), three.authority("theirs"), three.authority("own")].concat();
    let theirs = seal::certificates_from_pem(&three.authority("theirs")).unwrap();
    three.at_desk(&given, |desk, store| {
        let take = |folder: &Path| {
            let judged = judge(desk, folder);
            assert!(matches!(
                store.adopt(folder, |staged| desk.accept(staged, &judged)),
                Ok(Adopted::New(_))
            ));
        };
        take(&three.theirs);
        assert_eq!(three.kept(), theirs);
        let root = three.dir.path().join("theirs");
        take(&root.join(crate::small_archive::store(&root, "HS-2", b"%PDF-1.4 second")));
        assert_eq!(three.kept(), theirs, "trusted already");
    });
    assert_eq!(Archive::open_read(&three.own.root).unwrap().objects().unwrap().len(), 2);
}
