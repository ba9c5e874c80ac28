//! Repair takes proven bytes only, deletes nothing, and says what it could not do.

use crate::faults::{copy, scratch};
use crate::fixity::{DAMAGES, MASTER, archive_in, flip};
use crate::judges::judge;
use crate::{commit_v1, contents, id, info, tree};
use archive_store::{Action, Archive, ArchiveReader, Claim, Refusal, Repair, Resident};
use record::Sha512;
use sha2::Digest as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Whoever knows seals is not here: every claim is taken for sealed.
pub(crate) fn trust_all(_: &Claim<'_>) -> Result<(), String> {
    Ok(())
}

/// A damaged archive, and a replica of it from before.
struct Pair {
    here: TempDir,
    there: TempDir,
    resident: Resident,
    /// The object here.
    folder: PathBuf,
}

impl Pair {
    fn new() -> Pair {
        let (here, there) = (scratch(), scratch());
        let (archive, resident, folder) = archive_in(here.path());
        drop(archive);
        copy(here.path(), there.path());
        Pair { here, there, resident, folder }
    }

    fn replica(&self) -> ArchiveReader {
        Archive::open_read(self.there.path()).unwrap()
    }

    fn repair_trusting(&self, trust: &dyn Fn(&Claim<'_>) -> Result<(), String>) -> Repair {
        let (archive, recovery) = Archive::open(self.here.path()).unwrap();
        assert!(recovery.is_clean(), "{recovery:?}");
        let at = "2026-11-30T06:00:00Z".parse().unwrap();
        archive.repair(&self.resident.folder, &self.replica(), at, trust).unwrap()
    }

    fn repair(&self) -> Repair {
        self.repair_trusting(&trust_all)
    }

    fn is_as_the_replica(&self) -> bool {
        contents(&self.here.path().join("ocfl")) == contents(&self.there.path().join("ocfl"))
    }

    fn quarantined(&self) -> Vec<Vec<u8>> {
        contents(&self.here.path().join("work/quarantine")).into_values().collect()
    }
}

#[test]
fn every_class_of_damage_is_put_right_and_nothing_is_deleted() {
    for (what, damage, _) in DAMAGES {
        let pair = Pair::new();
        damage(&pair.folder);
        let damaged = contents(&pair.folder);
        let repair = pair.repair();
        assert!(repair.left.is_empty() && repair.refused.is_empty(), "{what}: {repair:#?}");
        assert!(!repair.mended.is_empty(), "{what}");
        assert!(pair.is_as_the_replica(), "{what}: {:?}", tree(&pair.folder));
        let kept: Vec<Vec<u8>> = contents(pair.here.path()).into_values().collect();
        assert!(damaged.values().all(|bytes| kept.contains(bytes)), "{what}: bytes are gone");
        let again = pair.repair();
        assert!(again.before.is_empty() && again.mended.is_empty(), "{what}: {again:#?}");
        judge(&pair.here.path().join("ocfl"));
    }
}

#[test]
fn what_was_done_stands_in_the_objects_log() {
    let pair = Pair::new();
    flip(&pair.folder.join(MASTER));
    std::fs::write(pair.folder.join("note.txt"), "x").unwrap();
    let repair = pair.repair();
    let done: Vec<_> = repair.mended.iter().map(|m| (m.path.as_str(), m.action)).collect();
    assert_eq!(done, [("note.txt", Action::PutAside), (MASTER, Action::Restored)]);
    assert!(pair.quarantined().contains(&b"x".to_vec()));
    let log = std::fs::read_to_string(pair.folder.join("logs/events.ndjson")).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines.iter().map(|l| l["event"].as_str().unwrap()).collect::<Vec<_>>(),
        ["repair-begun", "repaired"]
    );
    assert_eq!(lines[1]["mended"][1]["path"], MASTER);
    assert_eq!(lines[1]["left"], serde_json::json!([]));
    let name = lines[1]["mended"][1]["quarantined"].as_str().unwrap();
    assert!(pair.here.path().join("work/quarantine").join(name).is_file());
}

#[test]
fn a_replica_that_lies_is_not_believed() {
    let pair = Pair::new();
    flip(&pair.folder.join(MASTER));
    let damaged = contents(&pair.folder);
    std::fs::write(pair.there.path().join("ocfl").join(&pair.resident.folder).join(MASTER), "lies").unwrap();
    let repair = pair.repair();
    assert!(repair.mended.is_empty() && !repair.left.is_empty(), "{repair:#?}");
    assert!(matches!(&repair.refused[..], [Refusal::NoBytes { path, .. }] if path == MASTER), "{repair:#?}");
    assert_eq!(contents(&pair.folder), damaged, "nothing was moved");
    assert!(pair.quarantined().is_empty());
    assert!(tree(&pair.here.path().join("work/staging")).is_empty());
}

#[test]
fn without_proof_nothing_is_done() {
    let pair = Pair::new();
    flip(&pair.folder.join(MASTER));
    let damaged = contents(&pair.folder);
    let repair = pair.repair_trusting(&|_| Err("no signature".to_owned()));
    assert_eq!(repair.refused, [Refusal::Unproven(vec!["no signature".to_owned()])]);
    assert!(!repair.left.is_empty() && repair.mended.is_empty());
    assert_eq!(contents(&pair.folder), damaged);
}

/// Replaces a master and makes inventories and sidecars fit: a validator finds nothing.
fn forge(object: &Path) {
    let forged = "trang giả";
    let digests = |bytes: &[u8]| {
        let hex = |digest: &[u8]| digest.iter().map(|b| format!("{b:02x}")).collect::<String>();
        (hex(&sha2::Sha512::digest(bytes)), hex(&sha2::Sha256::digest(bytes)))
    };
    let (old, new) = (digests(&std::fs::read(object.join(MASTER)).unwrap()), digests(forged.as_bytes()));
    std::fs::write(object.join(MASTER), forged).unwrap();
    for dir in ["", "v1", "v2"] {
        let place = object.join(dir);
        let inventory = std::fs::read_to_string(place.join("inventory.json")).unwrap();
        let inventory = inventory.replace(&old.0, &new.0).replace(&old.1, &new.1);
        std::fs::write(place.join("inventory.json"), &inventory).unwrap();
        let sidecar = format!("{} inventory.json\n", digests(inventory.as_bytes()).0);
        std::fs::write(place.join("inventory.json.sha512"), sidecar).unwrap();
    }
}

#[test]
fn a_forged_object_that_validators_accept_is_put_right_by_the_seal() {
    let pair = Pair::new();
    let sealed: Sha512 = Sha512(sha2::Sha512::digest("trang một".as_bytes()).into());
    forge(&pair.folder);
    let honest = |claim: &Claim<'_>| {
        let version = claim.versions().last().unwrap();
        let files = claim.files(version);
        let master = files.iter().find(|file| file.path.ends_with("0001.jpg")).unwrap();
        if master.sha512 == sealed { Ok(()) } else { Err("not what was sealed".to_owned()) }
    };
    let repair = pair.repair_trusting(&honest);
    assert!(repair.before.is_empty(), "{repair:#?}");
    assert!(repair.left.is_empty() && repair.refused.is_empty(), "{repair:#?}");
    assert!(pair.is_as_the_replica());
    assert!(pair.quarantined().contains(&"trang giả".as_bytes().to_vec()));
    // Two that are both proven: nobody but a person can tell.
    forge(&pair.folder);
    let before = contents(&pair.folder);
    let repair = pair.repair();
    assert_eq!(repair.refused, [Refusal::Different]);
    assert_eq!(contents(&pair.folder), before);
}

#[test]
fn what_only_the_replica_has_comes_back() {
    let pair = Pair::new();
    let (replica, _) = Archive::open(pair.there.path()).unwrap();
    let mut draft = replica.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    draft.add_bytes("later", b"later").unwrap();
    draft.commit(&info("later")).unwrap();
    drop(replica);
    flip(&pair.folder.join(MASTER));
    let repair = pair.repair();
    assert_eq!(repair.copied.map(|(first, last)| (first.get(), last.get())), Some((3, 3)), "{repair:#?}");
    assert!(pair.is_as_the_replica());
    // The whole object.
    std::fs::remove_dir_all(pair.folder.parent().unwrap().parent().unwrap().parent().unwrap()).unwrap();
    let repair = pair.repair();
    assert_eq!(repair.copied.map(|(first, last)| (first.get(), last.get())), Some((1, 3)), "{repair:#?}");
    assert!(pair.is_as_the_replica());
}

#[test]
fn an_object_that_is_whole_is_left_alone() {
    let pair = Pair::new();
    let (archive, _) = Archive::open(pair.here.path()).unwrap();
    commit_v1(&archive, &id(2));
    drop(archive);
    let before = tree(pair.here.path());
    assert_eq!(pair.repair(), Repair { id: Some(id(1)), ..Repair::default() });
    let after = tree(pair.here.path());
    let folder = |path: &String| !path.contains("work/locks");
    assert_eq!(
        after.iter().filter(|p| folder(p)).collect::<Vec<_>>(),
        before.iter().filter(|p| folder(p)).collect::<Vec<_>>()
    );
}

/// The files of a version take the place of those of the root.
fn make_root_of(version: &str, object: &Path) {
    for file in ["inventory.json", "inventory.json.sha512"] {
        std::fs::copy(object.join(version).join(file), object.join(file)).unwrap();
    }
}

#[test]
fn a_later_version_is_kept_when_the_root_speaks_of_an_earlier_one() {
    let pair = Pair::new();
    let whole = contents(&pair.folder);
    // Restored in part: the root is that of v1 again. The replica never had v2.
    make_root_of("v1", &pair.folder);
    let other = pair.there.path().join("ocfl").join(&pair.resident.folder);
    make_root_of("v1", &other);
    std::fs::remove_dir_all(other.join("v2")).unwrap();
    let repair = pair.repair();
    assert!(repair.left.is_empty() && repair.refused.is_empty(), "{repair:#?}");
    assert!(repair.mended.iter().all(|mended| mended.action == Action::Restored), "{repair:#?}");
    let now = contents(&pair.folder);
    assert!(whole.iter().all(|(path, bytes)| now.get(path) == Some(bytes)), "{:?}", tree(&pair.folder));
    judge(&pair.here.path().join("ocfl"));
    // Nobody can prove v2: what it is, a person must say.
    make_root_of("v1", &pair.folder);
    flip(&pair.folder.join("v2/inventory.json"));
    let before = contents(&pair.folder);
    let repair = pair.repair();
    assert!(matches!(&repair.refused[..], [Refusal::Unproven(_)]), "{repair:#?}");
    assert_eq!(contents(&pair.folder), before);
}

#[test]
fn what_is_no_folder_goes_to_quarantine_and_a_link_is_not_followed() {
    let elsewhere = scratch();
    let link = |from: &Path| {
        std::fs::rename(from, elsewhere.path().join("moved")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("moved"), from).unwrap();
    };
    for place in ["v1/content", "v2", "v1/content/representations", ""] {
        let pair = Pair::new();
        link(pair.folder.join(place).components().as_path());
        std::fs::write(elsewhere.path().join("moved/note"), "foreign").unwrap();
        let foreign = contents(elsewhere.path());
        let repair = pair.repair();
        assert!(repair.left.is_empty() && repair.refused.is_empty(), "{place}: {repair:#?}");
        assert!(pair.is_as_the_replica(), "{place}: {:?}", tree(&pair.folder));
        assert_eq!(contents(elsewhere.path()), foreign, "{place}: nothing outside is touched");
        std::fs::remove_dir_all(elsewhere.path().join("moved")).unwrap();
    }
    for place in ["v1/content", "v1", "logs"] {
        let pair = Pair::new();
        flip(&pair.folder.join("inventory.json"));
        let _ = std::fs::remove_dir_all(pair.folder.join(place));
        std::fs::write(pair.folder.join(place), "a file").unwrap();
        let repair = pair.repair();
        assert!(repair.left.is_empty() && repair.refused.is_empty(), "{place}: {repair:#?}");
        assert!(pair.is_as_the_replica(), "{place}: {:?}", tree(&pair.folder));
        assert!(pair.quarantined().contains(&b"a file".to_vec()), "{place}");
    }
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_named_and_put_right() {
    for place in ["inventory.json", "inventory.json.sha512", "v1/inventory.json", MASTER] {
        let pair = Pair::new();
        std::fs::remove_file(pair.folder.join(place)).unwrap();
        let made = std::process::Command::new("mkfifo").arg(pair.folder.join(place)).status().unwrap();
        assert!(made.success());
        let (done, ended) = std::sync::mpsc::channel();
        let repair = std::thread::spawn(move || {
            let repair = pair.repair();
            done.send(()).unwrap();
            (repair, pair)
        });
        ended.recv_timeout(std::time::Duration::from_secs(60)).expect("nobody waits for a pipe");
        let (repair, pair) = repair.join().unwrap();
        assert!(repair.before.iter().any(|p| p.path == place), "{place}: {repair:#?}");
        assert!(repair.left.is_empty() && repair.refused.is_empty(), "{place}: {repair:#?}");
        assert!(pair.is_as_the_replica(), "{place}");
    }
}

#[test]
fn a_later_version_that_is_proven_and_cannot_be_brought_is_told() {
    let pair = Pair::new();
    let (replica, _) = Archive::open(pair.there.path()).unwrap();
    let mut draft = replica.begin(&id(1)).unwrap();
    draft.keep_previous().unwrap();
    draft.add_bytes("later", b"later").unwrap();
    draft.commit(&info("later")).unwrap();
    drop(replica);
    let other = pair.there.path().join("ocfl").join(&pair.resident.folder);
    make_root_of("v2", &other);
    flip(&pair.folder.join(MASTER));
    let repair = pair.repair();
    assert!(repair.left.is_empty() && repair.copied.is_none(), "{repair:#?}");
    let missing = |refusal: &Refusal| matches!(refusal, Refusal::NoBytes { path, .. } if path == "v3");
    assert!(repair.refused.iter().any(missing), "{repair:#?}");
}
