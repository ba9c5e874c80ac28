//! What only an object store does: races, interrupted uploads, servers and networks that misbehave.

use crate::fault_proxy::{Proxy, Sent, Wrong};
use crate::fixity::{MASTER, archive_in, flip};
use crate::places::{Place, at, judge, key, listed};
use crate::repair::trust_all;
use crate::s3_servers::{Server, moto, versitygw};
use crate::{commit_v1, commit_v2, id, info, say};
use archive_store::{
    Archive, CopyState, Object, ObjectRoot, RemoteFault, Repair, Replica, S3Key, S3Place, S3Root, StoreError,
    Writers, object_folder,
};
use sha2::Digest;
use std::path::Path;
use std::time::Duration;

fn work() -> tempfile::TempDir {
    // In memory: what is tried here is the way to the server, and syncs cost time.
    crate::faults::scratch()
}

#[test]
fn both_servers_stand_the_trial_and_it_is_kept() {
    // The model does not compare a body with the checksum that comes with it.
    for (server, compares) in [(moto(), false), (versitygw(), true)] {
        let (place, dir) = (Place::on(server), work());
        let open = || S3Root::open(&place.s3(), &key(), dir.path(), at()).unwrap();
        let (root, probe) = open();
        say(&format!("{}: {probe:?}\n", probe.server));
        assert!(probe.is_atomic() && probe.create_winners == [1; 20], "{}", probe.against());
        assert!(!probe.server.is_empty());
        assert_eq!(probe.altered_refused, compares, "{probe:?}");
        let kept: serde_json::Value =
            serde_json::from_slice(&root.note("hoso-s3.json").unwrap().unwrap()).unwrap();
        assert_eq!(kept["format"], "hoso-s3-probe/1");
        assert_eq!(kept["server"], probe.server.as_str());
        drop(root);
        // Tried again, with one race: the same server stood twenty.
        assert_eq!(open().1.create_winners, [1; 20]);
        assert!(listed(&place).iter().all(|key| !key.contains("/probe/")), "a trial leaves nothing");
    }
}

#[test]
fn machines_that_copy_at_once_do_not_disturb_each_other() {
    for server in [moto(), versitygw()] {
        let (here, place) = (work(), Place::on(server));
        let (archive, ..) = archive_in(here.path());
        let object = archive.object(&id(1)).unwrap().unwrap();
        let dirs = [work(), work(), work(), work()];
        std::thread::scope(|scope| {
            let copy = |dir: &Path| {
                let (root, _) = S3Root::open(&place.s3(), &key(), dir, at()).unwrap();
                root.copy_missing(&object).unwrap()
            };
            let running = dirs.each_ref().map(|dir| scope.spawn(move || copy(dir.path())));
            for copied in running.map(|thread| thread.join().unwrap()) {
                assert!(matches!(copied, CopyState::Copied { .. } | CopyState::Same), "{copied:?}");
            }
        });
        judge(place.storage_root().path(), here.path());
    }
}

/// A place behind the proxy, in little time.
fn behind(proxy: &Proxy, place: &Place) -> S3Place {
    let (timeout, patience) = (Duration::from_secs(5), Duration::from_secs(15));
    S3Place { endpoint: Some(proxy.endpoint()), timeout, patience, ..place.s3() }
}

fn open(s3: &S3Place, dir: &Path) -> S3Root {
    S3Root::open(s3, &key(), dir, at()).unwrap().0
}

/// Whatever is written, whole or in parts, goes with the SHA-256 of its bytes, so that a server can refuse what was altered on
/// its way. Counted at the wire.
#[test]
fn every_put_carries_the_sha256_of_its_body() {
    for server in [moto(), versitygw()] {
        let (here, dir, place) = (work(), work(), Place::on(server));
        let archive = Archive::create(here.path()).unwrap();
        commit_v1(&archive, &id(1));
        let mut draft = archive.begin(&id(1)).unwrap();
        draft.keep_previous().unwrap();
        // Larger than what goes in one request.
        let large: Vec<u8> =
            (0..20_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        draft.add_bytes("more/large", &large).unwrap();
        draft.commit(&info("more")).unwrap();
        let proxy = Proxy::before(server.address);
        proxy.record();
        let root = open(&S3Place { timeout: Duration::from_secs(60), ..behind(&proxy, &place) }, dir.path());
        root.copy_missing(&archive.object(&id(1)).unwrap().unwrap()).unwrap();
        let sent = proxy.recorded();
        let (parts, whole): (Vec<_>, Vec<_>) = sent.iter().partition(|put| put.line.contains("partNumber="));
        assert!(parts.len() == 3 && whole.len() > 10, "{} parts, {} whole", parts.len(), whole.len());
        let mut altered = 0;
        for put in &sent {
            let stated = put.header("x-amz-checksum-sha256").unwrap_or_else(|| panic!("{}", put.head));
            let is_right = stated == base64(&sha2::Sha256::digest(&put.body));
            // The trial sends one body that is not what it says it is.
            if put.line.contains("/probe/") && put.line.ends_with("/altered") {
                altered += usize::from(!is_right);
                continue;
            }
            assert!(is_right, "{}", put.line);
        }
        assert_eq!(altered, 1);
        let object = archive.object(&id(1)).unwrap().unwrap();
        for file in object.files(object.head()).unwrap() {
            let is_of_it = |put: &Sent| put.line.contains(&file.path);
            assert!(sent.iter().any(is_of_it), "{} was never sent", file.path);
        }
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().chain(&[0, 0]).take(3).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let letters = (0..4).map(|n| char::from(LETTERS[(bits >> (18 - 6 * n) & 63) as usize]));
        out.extend(letters.take(three.len() + 1));
        out.push_str(&"=".repeat(3 - three.len()));
    }
    out
}

/// What goes wrong, and at every how many-th request.
const WRONGS: [(Wrong, usize); 9] = [
    (Wrong::Status(500), 6),
    (Wrong::DoneAndStatus(500), 6),
    (Wrong::Status(409), 6),
    (Wrong::DoneAndCut, 6),
    (Wrong::Truncated, 6),
    (Wrong::Halved, 6),
    (Wrong::OtherEtag, 6),
    (Wrong::Flipped, 6),
    (Wrong::Hang, 16),
];

#[test]
fn whatever_goes_wrong_once_the_next_run_ends_valid() {
    goes_wrong_once("moto", moto(), &WRONGS);
}

/// Over a real server; what never reaches a server is tried over the model alone.
#[test]
fn whatever_goes_wrong_once_at_a_real_server_the_next_run_ends_valid() {
    let reaches_it = |wrong: &Wrong| !matches!(wrong, Wrong::Hang | Wrong::Status(_));
    let wrongs: Vec<_> = WRONGS.into_iter().filter(|(wrong, _)| reaches_it(wrong)).collect();
    goes_wrong_once("VersityGW", versitygw(), &wrongs);
}

fn goes_wrong_once(name: &str, server: &'static Server, wrongs: &[(Wrong, usize)]) {
    let (here, dir, place) = (work(), work(), Place::on(server));
    let archive = Archive::create(here.path()).unwrap();
    let object = |n| {
        commit_v1(&archive, &id(n));
        commit_v2(&archive, &id(n));
        archive.object(&id(n)).unwrap().unwrap()
    };
    let proxy = Proxy::before(server.address);
    let root = open(&behind(&proxy, &place), dir.path());
    proxy.arm(Wrong::Hang, usize::MAX, usize::MAX);
    root.copy_missing(&object(1)).unwrap();
    let requests = proxy.disarm().0;
    let (mut points, mut carried) = (0, 0);
    for (kind, (wrong, step)) in wrongs.iter().copied().enumerate() {
        for request in (1 + kind % step..=requests).step_by(step) {
            points += 1;
            let object = object(points + 1);
            proxy.arm(wrong, request, request);
            let first = root.copy_missing(&object);
            let (_, hit) = proxy.disarm();
            let what = format!("{wrong:?} at request {request} ({hit:?})");
            carried += u32::from(first.is_ok());
            if let Err(error) = first {
                assert!(
                    matches!(error, StoreError::Remote { .. } | StoreError::Damaged { .. }),
                    "{what}: {error}"
                );
                assert!(error.to_string().contains("s3://"), "{what}: {error}");
            }
            let copied = root.copy_missing(&object);
            assert!(matches!(copied, Ok(CopyState::Copied { .. } | CopyState::Same)), "{what}: {copied:?}");
            is_whole(&root, &object, &what);
        }
    }
    say(&format!(
        "{name}: {points} points of failure over {requests} requests of a replicate, {carried} overcome in the same run\n"
    ));
    assert!(points as usize + 6 >= requests && carried > 0, "{points} of {requests}");
    drop(root);
    judge(place.storage_root().path(), here.path());
}

/// Read from the server, every byte of the copy is the archive's.
fn is_whole(root: &S3Root, object: &Object, what: &str) {
    let folder = object_folder(object.id());
    let brought = root.bring(&folder).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(brought.unfinished.is_none(), "{what}");
    let report = brought.check(&folder);
    assert!(report.errors.is_empty(), "{what}: {:?}", report.errors);
    let there = crate::contents(&brought.root().join("ocfl").join(&folder));
    assert_eq!(there, crate::contents(object.folder()), "{what}");
}

#[test]
fn what_goes_wrong_for_good_is_said_and_nothing_is_lost() {
    let (here, dir, place) = (work(), work(), Place::on(moto()));
    let archive = Archive::create(here.path()).unwrap();
    let proxy = Proxy::before(moto().address);
    let root = open(&S3Place { patience: Duration::from_secs(2), ..behind(&proxy, &place) }, dir.path());
    let wrongs = [
        Wrong::Status(500),
        Wrong::Status(409),
        Wrong::Hang,
        Wrong::DoneAndCut,
        Wrong::Truncated,
        Wrong::Halved,
        Wrong::Flipped,
    ];
    for (n, wrong) in (1..).zip(wrongs) {
        commit_v1(&archive, &id(n));
        commit_v2(&archive, &id(n));
        let object = archive.object(&id(n)).unwrap().unwrap();
        // From the third request on: the claim is there.
        proxy.arm(wrong, 3, usize::MAX);
        let error = root.copy_missing(&object).unwrap_err();
        proxy.disarm();
        assert!(
            matches!(error, StoreError::Remote { .. } | StoreError::Damaged { .. }),
            "{wrong:?}: {error}"
        );
        assert!(error.to_string().contains("s3://"), "{wrong:?}: {error}");
        assert!(!error.to_string().contains(&key().access_key), "{wrong:?}: {error}");
        let brought = root.bring(&object_folder(object.id())).unwrap();
        assert!(brought.unfinished.is_some() || root.head(object.id()).unwrap().is_none(), "{wrong:?}");
        root.copy_missing(&object).unwrap_or_else(|error| panic!("{wrong:?}: {error}"));
        is_whole(&root, &object, &format!("{wrong:?}"));
    }
    drop(root);
    judge(place.storage_root().path(), here.path());
}

/// At its turn each request of a repair goes wrong, once or for good. Nothing that was right here is changed, nothing that is
/// damaged is called whole, and the next repair mends all of it.
#[test]
fn what_goes_wrong_while_an_archive_is_repaired_makes_nothing_worse() {
    let (here, dir, place) = (work(), work(), Place::on(moto()));
    let (archive, resident, folder) = archive_in(here.path());
    let proxy = Proxy::before(moto().address);
    let root = open(&S3Place { patience: Duration::from_secs(1), ..behind(&proxy, &place) }, dir.path());
    root.copy_missing(&archive.object(&id(1)).unwrap().unwrap()).unwrap();
    let now = || crate::contents(&here.path().join("ocfl"));
    let whole = now();
    let damage = || {
        flip(&folder.join(MASTER));
        std::fs::remove_file(folder.join("inventory.json.sha512")).unwrap();
        now()
    };
    let repair = || archive.repair(&resident.folder, &root, at(), &trust_all);
    let is_done = |repair: &Repair| repair.left.is_empty() && repair.refused.is_empty();
    damage();
    proxy.arm(Wrong::Hang, usize::MAX, usize::MAX);
    assert!(is_done(&repair().unwrap()) && now() == whole);
    let requests = proxy.disarm().0;
    let wrongs = [
        Wrong::Status(500),
        Wrong::Status(409),
        Wrong::DoneAndCut,
        Wrong::Truncated,
        Wrong::Halved,
        Wrong::Flipped,
        Wrong::Hang,
    ];
    let (mut points, mut overcome) = (0, 0);
    for (kind, wrong) in wrongs.into_iter().enumerate() {
        let once = (1 + kind % 2..=requests).step_by(2).map(|request| (request, request));
        let for_good = [(1, usize::MAX), (requests / 2, usize::MAX)];
        for (first, last) in once.chain(for_good) {
            let damaged = damage();
            proxy.arm(wrong, first, last);
            let result = repair();
            let (_, hit) = proxy.disarm();
            let what = format!("{wrong:?} from request {first} on ({} hit)", hit.len());
            match &result {
                Ok(repair) if is_done(repair) => {
                    assert!(now() == whole, "{what}: called whole");
                    overcome += 1;
                }
                Ok(_) => {}
                Err(error) => {
                    let is_of_the_store =
                        matches!(error, StoreError::Remote { .. } | StoreError::Damaged { .. });
                    assert!(is_of_the_store && error.to_string().contains("s3://"), "{what}: {error}");
                }
            }
            for (path, bytes) in now() {
                let is_as_before = damaged.get(&path) == Some(&bytes) || whole.get(&path) == Some(&bytes);
                assert!(is_as_before, "{what}: {path:?}");
            }
            let again = repair().unwrap_or_else(|error| panic!("{what}: again: {error}"));
            assert!(is_done(&again) && now() == whole, "{what}: again: {again:?}");
            points += 1;
        }
    }
    say(&format!(
        "{points} points of failure over {requests} requests of a repair, {overcome} of them overcome\n"
    ));
    assert!(points > requests && overcome > 0 && overcome < points);
}

#[test]
fn a_server_without_conditions_is_for_one_writer() {
    let here = work();
    let (archive, ..) = archive_in(here.path());
    let object = archive.object(&id(1)).unwrap().unwrap();
    let proxy = Proxy::before(moto().address);
    proxy.forget_conditions();
    let (place, dir) = (Place::on(moto()), work());
    let s3 = S3Place { endpoint: Some(proxy.endpoint()), ..place.s3() };
    let error = S3Root::open(&s3, &key(), dir.path(), at()).unwrap_err();
    let StoreError::NotAtomic { server, why, .. } = &error else { panic!("{error}") };
    assert!(!server.is_empty() && why.contains("If-None-Match") && why.contains("If-Match"), "{error}");
    assert!(why.contains("what is there is replaced"), "{error}");
    let (root, probe) =
        S3Root::open(&S3Place { writers: Writers::One, ..s3 }, &key(), dir.path(), at()).unwrap();
    assert!(!probe.is_atomic());
    assert!(matches!(root.copy_missing(&object), Ok(CopyState::Copied { .. })));
    assert_eq!(root.copy_missing(&object).unwrap(), CopyState::Same);
    // One program at a time on this machine too.
    let second = S3Root::open_read(&place.s3(), &key(), dir.path()).unwrap_err();
    assert!(matches!(second, StoreError::Locked { .. }), "{second}");
    drop(root);
    judge(place.storage_root().path(), here.path());
}

#[test]
fn a_wrong_key_a_missing_bucket_and_a_dead_server_are_told_apart() {
    let (place, dir) = (Place::on(versitygw()), work());
    let fault = |s3: &S3Place, key: &S3Key| match S3Root::open_read(s3, key, dir.path()).unwrap_err() {
        StoreError::Remote { fault, object, why, .. } => {
            assert!(object.starts_with("s3://") && !why.contains(&key.access_key), "{object}: {why}");
            Some(fault)
        }
        StoreError::NoSuchArchive { .. } => None,
        error => panic!("{error}"),
    };
    let quick = S3Place { patience: Duration::from_secs(1), ..place.s3() };
    let wrong = S3Key { access_key: "hoso-other".to_owned(), secret_key: "x".repeat(20) };
    assert_eq!(fault(&quick, &wrong), Some(RemoteFault::Denied));
    assert_eq!(fault(&quick, &key()), None);
    let dead = S3Place { endpoint: Some("http://127.0.0.1:9".to_owned()), ..quick.clone() };
    assert_eq!(fault(&dead, &key()), Some(RemoteFault::Unreachable));
    let nowhere = S3Place { bucket: "hoso-nowhere".to_owned(), ..quick };
    let error = S3Root::open(&nowhere, &key(), dir.path(), at()).unwrap_err();
    assert!(matches!(error, StoreError::Remote { fault: RemoteFault::NoBucket, .. }), "{error}");
}

#[test]
fn a_race_counts_only_with_a_clear_answer_for_everybody() {
    let proxy = Proxy::before(moto().address);
    proxy.put_once();
    let (place, dir) = (Place::on(moto()), work());
    let s3 = S3Place { patience: Duration::from_secs(1), ..behind(&proxy, &place) };
    let opened = S3Root::open(&s3, &key(), dir.path(), at());
    assert!(matches!(opened, Err(StoreError::Remote { fault: RemoteFault::Unreachable, .. })), "{opened:?}");
}

/// A copy of an object of two versions in a store, its folder, and where the archive has it.
fn copied(here: &Path, dir: &Path, place: &Place) -> (S3Root, Object, String) {
    let (archive, ..) = archive_in(here);
    let object = archive.object(&id(1)).unwrap().unwrap();
    let root = open(&place.s3(), dir);
    root.copy_missing(&object).unwrap();
    let folder = object_folder(object.id()).display().to_string();
    (root, object, folder)
}

fn names_of_damage(root: &S3Root, folder: &str) -> Vec<String> {
    let brought = root.bring(Path::new(folder)).unwrap();
    let mut names: Vec<String> =
        brought.check(Path::new(folder)).errors.into_iter().map(|problem| problem.path).collect();
    names.dedup();
    names
}

#[test]
fn a_key_taken_away_hides_no_damage() {
    let (here, dir, place) = (work(), work(), Place::on(moto()));
    let (root, object, folder) = copied(here.path(), dir.path(), &place);
    let master = std::fs::read(object.folder().join(MASTER)).unwrap();
    let own = |path: &str| std::fs::read(object.folder().join(path)).unwrap();
    let unfinished = || root.bring(Path::new(&folder)).unwrap().unfinished.map(|version| version.get());
    // Complete by the object's own pair, and not there.
    place.remove(&format!("{folder}/v2/inventory.json.sha512"));
    place.plant(&format!("{folder}/{MASTER}"), b"other bytes");
    assert_eq!(unfinished(), None);
    assert!(names_of_damage(&root, &folder).contains(&MASTER.to_owned()));
    // Truly on its way: what lies before it is checked all the same.
    for name in ["inventory.json", "inventory.json.sha512"] {
        place.plant(&format!("{folder}/{name}"), &own(&format!("v1/{name}")));
    }
    assert_eq!(unfinished(), Some(2));
    assert_eq!(names_of_damage(&root, &folder), [MASTER]);
    place.plant(&format!("{folder}/{MASTER}"), &master);
    assert_eq!((unfinished(), names_of_damage(&root, &folder)), (Some(2), Vec::new()));
    // Its inventory is the object's, the sidecar is still the former.
    place.plant(&format!("{folder}/v2/inventory.json.sha512"), &own("v2/inventory.json.sha512"));
    place.plant(&format!("{folder}/inventory.json"), &own("inventory.json"));
    assert_eq!((unfinished(), names_of_damage(&root, &folder)), (Some(2), Vec::new()));
    root.copy_missing(&object).unwrap();
    assert_eq!((unfinished(), names_of_damage(&root, &folder)), (None, Vec::new()));
}

#[test]
fn keys_that_no_file_can_have_are_told_and_hinder_nothing() {
    let (here, dir, place) = (work(), work(), Place::on(moto()));
    place.plant_key("vks/ban-sao/", b"");
    let (root, object, folder) = copied(here.path(), dir.path(), &place);
    assert!(root.is_empty().is_ok_and(|is_empty| !is_empty));
    assert!(names_of_damage(&root, &folder).is_empty());
    let mut odd = [format!("{folder}/v1/"), "a//b".to_owned()];
    odd.sort();
    for key in &odd {
        place.plant(key, b"");
    }
    let mut strays: Vec<String> = root.survey().unwrap().strays.into_iter().map(|stray| stray.path).collect();
    strays.sort();
    assert_eq!(strays, odd);
    assert!(names_of_damage(&root, &folder).is_empty());
    assert_eq!(root.copy_missing(&object).unwrap(), CopyState::Same);
    // A key where others need a folder is damage of that object.
    place.plant(&format!("{folder}/v1"), b"x");
    let error = root.bring(Path::new(&folder)).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { path, .. } if path.ends_with("v1")), "{error}");
}

#[test]
fn a_file_may_take_longer_than_the_timeout_while_it_flows() {
    let (here, dir, place) = (work(), work(), Place::on(moto()));
    let (root, _, folder) = copied(here.path(), dir.path(), &place);
    drop(root);
    let proxy = Proxy::before(moto().address);
    let s3 = S3Place { timeout: Duration::from_secs(4), ..behind(&proxy, &place) };
    let root = S3Root::open_read(&s3, &key(), dir.path()).unwrap();
    proxy.arm_about("/rep2/", Wrong::Slow, 1, 1);
    let begun = std::time::Instant::now();
    assert!(names_of_damage(&root, &folder).is_empty());
    assert_eq!(proxy.disarm().1.len(), 1);
    assert!(begun.elapsed() > s3.timeout);
}

#[test]
fn a_replica_that_lies_about_lengths_does_not_fill_the_disk() {
    let (here, dir, place) = (work(), work(), Place::on(moto()));
    let (root, _, folder) = copied(here.path(), dir.path(), &place);
    drop(root);
    let proxy = Proxy::before(moto().address);
    let root = S3Root::open_read(&behind(&proxy, &place), &key(), dir.path()).unwrap();
    proxy.arm_about("list-type", Wrong::Huge, 1, usize::MAX);
    let error = root.bring(Path::new(&folder)).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { why, .. } if why.contains("are free")), "{error}");
}
