//! Backup and restore; restic, which is not ours, reads and checks what we write.

use crate::provided::program;
use crate::{commit_v1, commit_v2, contents, id, info};
use archive_store::{
    Archive, BackedUp, BackupError, BackupRepository, Meter, Restored, Snapshot, object_folder,
};
use record::{ObjectId, Timestamp};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const PASSWORD: &str = "mật khẩu sao lưu";

struct Desk {
    scratch: tempfile::TempDir,
    archive: Archive,
}

impl Desk {
    fn new() -> Desk {
        let scratch = tempfile::tempdir().unwrap();
        let archive = Archive::create(&scratch.path().join("kho")).unwrap();
        std::fs::write(scratch.path().join("kho/hoso.toml"), "x = 1\n").unwrap();
        std::fs::create_dir_all(scratch.path().join("kho/evidence/fixity")).unwrap();
        std::fs::write(scratch.path().join("kho/evidence/fixity/long.json"), vec![b'x'; 200_000]).unwrap();
        Desk { scratch, archive }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
    fn create(&self) -> BackupRepository {
        BackupRepository::create(&self.path("sao lưu"), PASSWORD).unwrap()
    }
    fn back_up(&self, to: &BackupRepository) -> BackedUp {
        back_up(&self.archive, to).unwrap()
    }
    fn object(&self, n: u32) -> PathBuf {
        self.path("kho/ocfl").join(object_folder(&id(n)))
    }
    fn restic(&self, args: &[&str]) -> String {
        let mut command = program("restic");
        command.args(["--no-cache", "-r"]).arg(self.path("sao lưu")).args(args);
        let out = command.env("RESTIC_PASSWORD", PASSWORD).output().unwrap();
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        assert!(out.status.success(), "restic {args:?}: {said}");
        said
    }
}

fn back_up(archive: &Archive, to: &BackupRepository) -> Result<BackedUp, BackupError> {
    let beside = ["hoso.toml", "evidence", "units.csv"].map(PathBuf::from);
    to.back_up(archive, "kho-1", &beside, Timestamp::now(), &Arc::new(Meter::default()))
}

fn restore(from: &BackupRepository, snapshot: &Snapshot, to: &Path) -> Restored {
    from.contents(snapshot).unwrap().restore(to, None, &Meter::default()).unwrap()
}

/// Bytes of a folder and all below it.
fn size(folder: &Path) -> u64 {
    contents(folder).values().map(|bytes| bytes.len() as u64).sum()
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// What a snapshot is to hold: the archive without `work/`, with logs.
fn kept(root: &Path) -> Vec<(String, Vec<u8>)> {
    let files =
        crate::tree(root).into_iter().filter(|path| !path.starts_with("work/") && !path.ends_with('/'));
    files.map(|path| (path.clone(), std::fs::read(root.join(path)).unwrap())).collect()
}

#[test]
fn restic_checks_a_snapshot_and_restores_the_same_tree() {
    let desk = Desk::new();
    (1..=3).for_each(|n| drop(commit_v1(&desk.archive, &id(n))));
    commit_v2(&desk.archive, &id(2));
    std::fs::create_dir(desk.object(1).join("logs")).unwrap();
    std::fs::write(desk.object(1).join("logs/events.ndjson"), "{\"v\":1}\n").unwrap();
    let repository = desk.create();
    let done = desk.back_up(&repository);
    assert_eq!((done.cases, done.left_out.len(), done.snapshot.left_out.len()), (3, 0, 0));
    let whole = kept(&desk.path("kho"));
    assert_eq!(done.snapshot.files, whole.len() as u64);

    let restored = restore(&repository, &done.snapshot, &desk.path("lại"));
    assert_eq!((restored.cases, restored.damaged.len()), (3, 0), "{restored:?}");
    assert_eq!(kept(&desk.path("lại")), whole);
    let again = Archive::open_read(&desk.path("lại")).unwrap();
    assert!(again.verify().unwrap().all(|report| report.unwrap().errors.is_empty()));

    let said = desk.restic(&["check", "--read-data"]);
    assert!(said.contains("no errors were found"), "{said}");
    desk.restic(&["restore", "latest", "--target", desk.path("restic").to_str().unwrap()]);
    assert_eq!(kept(&desk.path("restic")), whole);
    assert!(desk.restic(&["snapshots", "--json"]).contains(&done.snapshot.id));
}

#[test]
fn what_has_not_changed_is_not_written_again() {
    let desk = Desk::new();
    let repository = desk.create();
    let mut draft = desk.archive.begin(&id(1)).unwrap();
    // Bytes that cannot be made smaller.
    let mut noise = 88_172_645_463_325_252u64;
    let mut byte = || {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        noise as u8
    };
    let master: Vec<u8> = std::iter::repeat_with(&mut byte).take(6 << 20).collect();
    draft.add_bytes("representations/rep2/data/0001/0001.jpg", &master).unwrap();
    draft.commit(&info("received")).unwrap();
    let first = desk.back_up(&repository);
    let after_first = size(&desk.path("sao lưu"));
    let second = desk.back_up(&repository);
    let after_second = size(&desk.path("sao lưu"));
    assert_eq!((second.files_read, second.snapshot.parent.as_deref()), (0, Some(first.snapshot.id.as_str())));
    println!("backup: {after_first} bytes, the same again {} more", after_second - after_first);
    assert!(after_first > 6 << 20 && after_second - after_first < 2048);
    commit_v1(&desk.archive, &id(2));
    let third = desk.back_up(&repository);
    let grown = size(&desk.path("sao lưu")) - after_second;
    println!("backup: a small case file more: {grown} bytes, {} read", third.files_read);
    assert!(grown < 40_000 && third.files_read < 12);
    // Each snapshot is whole.
    restore(&repository, &first.snapshot, &desk.path("một"));
    assert!(!desk.path("một/ocfl").join(object_folder(&id(2))).exists());
    restore(&repository, &third.snapshot, &desk.path("ba"));
    assert_eq!(kept(&desk.path("ba")), kept(&desk.path("kho")));
    assert_eq!(repository.snapshots().unwrap().len(), 3);
}

#[test]
fn a_damaged_case_file_is_left_out_and_named() {
    let desk = Desk::new();
    (1..=3).for_each(|n| drop(commit_v1(&desk.archive, &id(n))));
    let master = desk.object(2).join("v1/content/representations/rep2/data/0001/0002.jpg");
    let good = std::fs::read(&master).unwrap();
    flip(&master);
    // Gone, and found so when its turn comes.
    std::fs::remove_file(desk.object(3).join("v1/content/representations/rep2/data/0001/0001.jpg")).unwrap();
    let repository = desk.create();
    let done = desk.back_up(&repository);
    let folder = |n: u32| object_folder(&id(n)).to_string_lossy().into_owned();
    let mut damaged = vec![folder(2), folder(3)];
    damaged.sort();
    assert_eq!((done.cases, &done.snapshot.left_out), (1, &damaged));
    assert!(done.left_out.iter().all(|loss| loss.why.contains("0001/000")), "{:?}", done.left_out);
    assert_eq!(repository.snapshots().unwrap().len(), 1, "no snapshot with holes");
    let restored = restore(&repository, &done.snapshot, &desk.path("lại"));
    assert_eq!(restored.cases, 1);
    assert!(!desk.path("lại/ocfl").join(folder(2)).exists());
    desk.restic(&["check", "--read-data"]);
    // Put right, it is in the next one.
    std::fs::write(&master, good).unwrap();
    let done = desk.back_up(&repository);
    assert_eq!((done.cases, done.snapshot.left_out), (2, vec![folder(3)]));
}

#[test]
fn damage_after_a_backup_does_not_reach_the_next_unseen() {
    let desk = Desk::new();
    commit_v1(&desk.archive, &id(1));
    let repository = desk.create();
    let whole = kept(&desk.path("kho"));
    desk.back_up(&repository);
    // Another length, another time: it is read, and named.
    let master = desk.object(1).join("v1/content/representations/rep2/data/0001/0001.jpg");
    std::fs::write(&master, "x").unwrap();
    let done = desk.back_up(&repository);
    assert_eq!((done.cases, done.left_out.len()), (0, 1));
    // The one before has it.
    let earlier = &repository.snapshots().unwrap()[0];
    restore(&repository, earlier, &desk.path("lại"));
    assert_eq!(kept(&desk.path("lại")), whole);
}

#[test]
fn a_damaged_repository_says_what_it_does_not_give_back() {
    let desk = Desk::new();
    (1..=2).for_each(|n| drop(commit_v1(&desk.archive, &id(n))));
    let repository = desk.create();
    let done = desk.back_up(&repository);
    // The largest pack holds the content.
    let packs = crate::tree(&desk.path("sao lưu/data")).into_iter().filter(|path| !path.ends_with('/'));
    let packs = packs.map(|path| desk.path("sao lưu/data").join(path));
    let largest = packs.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(&largest).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&largest, bytes).unwrap();
    let repository = BackupRepository::open(&desk.path("sao lưu"), PASSWORD).unwrap();
    let restored = restore(&repository, &done.snapshot, &desk.path("lại"));
    assert!(!restored.damaged.is_empty(), "{restored:?}");
    // A folder that cannot be read is named in place of what is in it.
    let is_named = |file: &str| restored.damaged.iter().any(|loss| Path::new(file).starts_with(&loss.path));
    let (there, before) = (kept(&desk.path("lại")), kept(&desk.path("kho")));
    for (path, bytes) in before {
        let found = there.iter().find(|(name, _)| *name == path);
        assert!(is_named(&path) != found.is_some_and(|(_, found)| *found == bytes), "{path}");
    }
}

#[test]
fn some_case_files_are_restored_alone() {
    let desk = Desk::new();
    (1..=4).for_each(|n| drop(commit_v1(&desk.archive, &id(n))));
    commit_v2(&desk.archive, &id(3));
    let repository = desk.create();
    let done = desk.back_up(&repository);
    let contents = repository.contents(&done.snapshot).unwrap();
    let (cases, damaged) = contents.cases().unwrap();
    assert_eq!((cases.len(), damaged.len()), (4, 0));
    let head = |n: u32| cases.iter().find(|case| case.folder == object_folder(&id(n))).unwrap().head.get();
    assert_eq!([head(1), head(3)], [1, 2]);
    let only = BTreeSet::from([object_folder(&id(3)), object_folder(&id(1))]);
    contents.restore(&desk.path("hai"), Some(&only), &Meter::default()).unwrap();
    let mut found = Archive::open_read(&desk.path("hai")).unwrap().objects().unwrap();
    found.sort();
    assert_eq!(found, [id(1), id(3)]);
    assert!(desk.path("hai/hoso.toml").is_file());
}

/// The key is written first, the `config` last.
#[test]
fn a_repository_whose_making_was_stopped_is_made_anew_with_one_key() {
    let desk = Desk::new();
    let place = desk.path("sao lưu");
    drop(desk.create());
    std::fs::remove_file(place.join("config")).unwrap();
    let repository = desk.create();
    assert_eq!(std::fs::read_dir(place.join("keys")).unwrap().count(), 1);
    desk.back_up(&repository);
    drop(repository);
    BackupRepository::open(&place, PASSWORD).unwrap().find(None).unwrap();
    // One that lost its `config` later holds what its key is needed for.
    std::fs::remove_file(place.join("config")).unwrap();
    assert!(matches!(BackupRepository::create(&place, PASSWORD), Err(BackupError::NotEmpty(_))));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let desk = Desk::new();
    let place = desk.path("sao lưu");
    assert!(matches!(BackupRepository::open(&place, PASSWORD), Err(BackupError::NoRepository(_))));
    assert!(matches!(BackupRepository::create(&place, ""), Err(BackupError::EmptyPassword(_))));
    assert!(matches!(BackupRepository::create(&desk.path("kho"), PASSWORD), Err(BackupError::NotEmpty(_))));
    let repository = desk.create();
    assert!(matches!(repository.find(None), Err(BackupError::NoSnapshotYet(_))));
    assert!(matches!(BackupRepository::open(&place, "sai"), Err(BackupError::WrongPassword(_))));
    desk.back_up(&repository);
    assert!(matches!(repository.find(Some("zz")), Err(BackupError::NoSnapshot { .. })));
    let id = repository.find(None).unwrap().id;
    assert_eq!(repository.find(Some(&id[..8])).unwrap().id, id);
    // One at a time; what is in the repository can be read meanwhile.
    let _held = durable::Lock::try_exclusive(&place.join("hoso.lock")).unwrap();
    assert!(matches!(back_up(&desk.archive, &repository), Err(BackupError::Locked(_))));
    assert_eq!(repository.snapshots().unwrap().len(), 1);
    // To stop before anything is done.
    drop(_held);
    let meter = Arc::new(Meter { stop: AtomicBool::new(true), ..Meter::default() });
    let stopped = repository.back_up(&desk.archive, "kho-1", &[], Timestamp::now(), &meter);
    assert!(matches!(stopped, Err(BackupError::Interrupted)), "{stopped:?}");
    assert_eq!(repository.snapshots().unwrap().len(), 1);
}

#[test]
fn backups_beside_a_writer_hold_whole_versions() {
    let desk = Desk::new();
    let repository = desk.create();
    let done = AtomicBool::new(false);
    let snapshots = std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=12 {
                commit_v1(&desk.archive, &id(n));
                commit_v2(&desk.archive, &id(n / 2 + 1).clone());
                // A case file in volumes, which are stored before it; then its next version.
                let whole = id(100 + n);
                for object in [part(&whole, 1), part(&whole, 2), whole.clone()] {
                    commit_v1(&desk.archive, &object);
                }
                for object in [part(&whole, 1), part(&whole, 2), whole] {
                    commit_v2(&desk.archive, &object);
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        let mut snapshots = Vec::new();
        while !done.load(Ordering::Relaxed) || snapshots.is_empty() {
            let backed_up = desk.back_up(&repository);
            assert_eq!(backed_up.left_out, []);
            snapshots.push(backed_up.snapshot);
        }
        snapshots
    });
    println!("backup: {} snapshots beside a writer", snapshots.len());
    for (n, snapshot) in snapshots.iter().enumerate() {
        let to = desk.path(&format!("lại {n}"));
        restore(&repository, snapshot, &to);
        let Ok(archive) = Archive::open_read(&to) else { continue };
        for report in archive.verify().unwrap() {
            let report = report.unwrap();
            assert!(report.errors.is_empty(), "snapshot {n}: {report:?}");
        }
        assert_eq!(archive.strays().unwrap(), []);
        for whole in archive.objects().unwrap().iter().filter(|id| !id.as_str().contains('/')) {
            let head = |id| archive.object(&id).unwrap().map(|object| object.head());
            let has_volumes = archive.object(whole).unwrap().is_some() && whole.as_str() >= id(101).as_str();
            for no in (1..=2).filter(|_| has_volumes) {
                assert!(head(part(whole, no)) >= head(whole.clone()), "snapshot {n}: {whole}, volume {no}");
            }
        }
    }
}

fn part(whole: &ObjectId, no: u32) -> ObjectId {
    ObjectId::new(&format!("{whole}/tap-{no:02}")).unwrap()
}
