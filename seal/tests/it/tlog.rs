//! The log before its judges: published vectors, another implementation of the tree, and eighty lines of Python that
//! know only the specifications and `openssl`.

use std::path::Path;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use durable::{Fault, Faults};
use record::{Sha256, Sha512, Timestamp};
use seal::tlog::merkle::{ProofError, Tree, check_consistency, check_inclusion, empty_root, leaf_hash};
use seal::tlog::note::Note;
use seal::tlog::witness::{AddCheckpoint, Refusal, cosign};
use seal::tlog::{
    CaseTags, Checkpoint, Entry, EntryError, KeyKind, Log, LogError, LogFault, LogReader, MAX_ENTRY_BYTES,
    NoteError, NoteKey, PageProof, ReadError, Receipt, ReceiptError, SignedCheckpoint, Verifier, Version,
    VersionKind, root_words,
};
use zeroize::Zeroizing;

use crate::support::{Scratch, moment};

const ORIGIN: &str = "hoso.vks.gov.vn/vks-kv1";

fn key(name: &str, kind: KeyKind) -> NoteKey {
    let seed = std::array::from_fn(|i| i as u8 ^ name.len() as u8);
    NoteKey::new(name, kind, &Zeroizing::new(seed)).expect("a name")
}

fn log_key() -> NoteKey {
    key(ORIGIN, KeyKind::Log)
}

fn now() -> Timestamp {
    moment("2026-11-30T08:00:00Z")
}

fn hash(hex: &str) -> Sha256 {
    hex.parse().expect("a digest")
}

fn judge(scratch: &Scratch, args: &[&str]) -> Result<(), String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tlog_judge.py");
    let output = scratch.run("python3", &[&[script], args].concat());
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()),
    }
}

fn version(no: u32) -> Version {
    Version {
        kind: VersionKind::Seal,
        case_tag: CaseTags::new(&[7; 32]).tag("urn:hoso:H26:1"),
        version: no,
        manifest_sha256: Sha256([1; 32]),
        inventory_sha512: Sha512([2; 64]),
        p7s_sha256: Sha256([3; 32]),
        tree_size: 5,
        tree_root: Sha256([4; 32]),
        signers: vec![Sha256([5; 32])],
        at: moment("2026-11-30T08:00:00.75Z"),
    }
}

fn entries(range: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    range.map(|n| Entry::Version(version(n as u32)).bytes().expect("short enough")).collect()
}

/// The vectors of the reference implementation of Certificate Transparency (transparency-dev/merkle, testonly).
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_published_vectors_of_the_tree() {
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
    };
    let leaves: Vec<Vec<u8>> = LEAVES.iter().map(|hex| bytes(hex)).collect();
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(Tree::of(leaves[..size].iter().map(Vec::as_slice)).root(), hash(root), "{size} leaves");
    }
    let tree = Tree::of(leaves.iter().map(Vec::as_slice));
    let first = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    let sixth = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(tree.inclusion(0), first.map(hash));
    assert_eq!(tree.inclusion(5), sixth.map(hash));
    assert_eq!(tree.consistency(1), first.map(hash));
}

#[test]
fn another_implementation_makes_the_same_trees_and_proofs() {
    let leaves: Vec<Vec<u8>> = (0..70u32).map(|n| n.to_string().into_bytes()).collect();
    let mut other = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    for size in 1..=leaves.len() {
        other.push(leaves[size - 1].clone());
        let tree = Tree::of(leaves[..size].iter().map(Vec::as_slice));
        assert_eq!(tree.root().0[..], other.root().as_bytes()[..]);
        for index in 0..size {
            let theirs = other.prove_inclusion(index);
            let ours: Vec<u8> = tree.inclusion(index as u64).iter().flat_map(|hash| hash.0).collect();
            assert_eq!(ours, theirs.as_bytes(), "leaf {index} of {size}");
            if index > 0 {
                let theirs = other.prove_consistency(size - index);
                let ours: Vec<u8> = tree.consistency(index as u64).iter().flat_map(|hash| hash.0).collect();
                assert_eq!(ours, theirs.as_bytes(), "{index} to {size}");
            }
        }
    }
}

#[test]
fn a_proof_proves_one_thing_only() {
    let leaves: Vec<Vec<u8>> = (0..40u32).map(|n| n.to_string().into_bytes()).collect();
    let trees: Vec<Tree> = (0..=40).map(|size| Tree::of(leaves[..size].iter().map(Vec::as_slice))).collect();
    for size in 1..=40u64 {
        let tree = &trees[size as usize];
        let root = tree.root();
        for index in 0..size {
            let leaf = leaf_hash(&leaves[index as usize]);
            let path = tree.inclusion(index);
            assert_eq!(check_inclusion(&leaf, index, size, &path, &root), Ok(()));
            for other in (0..size + 1).filter(|other| *other != index) {
                assert!(check_inclusion(&leaf, other, size, &path, &root).is_err(), "{index} as {other}");
            }
            assert!(check_inclusion(&leaf_hash(b"x"), index, size, &path, &root).is_err());
            assert!(check_inclusion(&leaf, index, size, &[&path[..], &[root]].concat(), &root).is_err());
            if !path.is_empty() {
                assert!(check_inclusion(&leaf, index, size, &path[1..], &root).is_err());
            }
            let old = &trees[index as usize];
            let proof = tree.consistency(index);
            assert_eq!(check_consistency((index, &old.root()), (size, &root), &proof), Ok(()));
            assert!(
                check_consistency((index, &old.root()), (size, &Sha256([9; 32])), &proof).is_err()
                    || index == 0
            );
            assert!(check_consistency((index, &Sha256([9; 32])), (size, &root), &proof).is_err());
            assert!(
                check_consistency((index, &old.root()), (size, &root), &[&proof[..], &[root]].concat())
                    .is_err()
            );
            assert_eq!(
                check_consistency((size, &root), (index, &old.root()), &[]),
                Err(ProofError::Backwards { old: size, new: index })
            );
        }
    }
}

/// The example of golang.org/x/mod/sumdb/note, which the specification was written after.
#[test]
fn keys_and_notes_are_those_of_the_specification() {
    let public = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let secret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    let line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let key = NoteKey::parse(secret).expect("a key");
    assert_eq!(*key.secret_text(), secret);
    assert_eq!(key.verifier().text(), public);
    assert_eq!(key.sign(text), line);
    let verifier = Verifier::parse(public).expect("a key");
    let note = Note::parse(&format!("{text}\n{line}")).expect("a note");
    assert_eq!(note.check(&verifier, now()), Ok(None));
    let other = Note::parse(&format!("{text}!\n\n{line}")).expect("a note");
    assert_eq!(other.check(&verifier, now()), Err(NoteError::WrongSignature("PeterNeumann".into())));
    let renamed = Verifier::parse(&public.replace("PeterNeumann", "Peter"));
    assert!(matches!(renamed, Err(NoteError::Key(_))), "the id belongs to the name");
    for bad in ["x", "x\n\ny\n", "x\n\n— a\n", "x\n\n— a !!\n", "x\u{7}\n\n— a AAAAAAAA\n"] {
        assert!(
            Note::parse(bad).is_err() || Note::parse(bad).unwrap().check(&verifier, now()).is_err(),
            "{bad:?}"
        );
    }
}

#[test]
fn entries_have_one_form_and_no_personal_data() {
    let tags = CaseTags::new(&[7; 32]);
    assert_ne!(tags.tag("urn:hoso:H26:1"), CaseTags::new(&[8; 32]).tag("urn:hoso:H26:1"));
    let all = [
        Entry::Version(version(1)),
        Entry::Version(Version { kind: VersionKind::Adopted, ..version(2) }),
        Entry::Fixity { report_sha256: Sha256([6; 32]), at: now() },
        Entry::Disposal {
            case_tag: tags.tag("urn:hoso:H26:1"),
            version: 2,
            tombstone_sha256: Sha256([8; 32]),
            at: now(),
        },
    ];
    for entry in all {
        let bytes = entry.bytes().expect("an entry");
        assert!(bytes.len() < MAX_ENTRY_BYTES);
        let read = Entry::parse(&bytes).expect("reads back");
        assert_eq!(read.bytes().expect("an entry"), bytes);
        let text = String::from_utf8(bytes).expect("text");
        let spaced = text.replacen(':', ": ", 1);
        assert_eq!(Entry::parse(spaced.as_bytes()), Err(EntryError::NotCanonical));
        let more = text.replacen("\"kind\"", "\"name\":\"Nguyễn Văn A\",\"kind\"", 1);
        assert!(matches!(Entry::parse(more.as_bytes()), Err(EntryError::Malformed(_))), "unknown member");
        let other = text.replacen(&format!("\"kind\":\"{}\"", entry.kind()), "\"kind\":\"other\"", 1);
        assert_eq!(Entry::parse(other.as_bytes()), Err(EntryError::UnknownKind("other".into())));
    }
    let many = Entry::Version(Version { signers: vec![Sha256([5; 32]); 20], ..version(1) });
    assert!(matches!(many.bytes(), Err(EntryError::TooLong(_))));
}

/// At each size, as `openssl` and Python see it: all files, the checkpoint, some receipts.
#[test]
fn python_and_openssl_agree_on_a_growing_log() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    let mut log = Log::create(&folder, log_key()).expect("a log");
    let vkey = log.key().verifier().text();
    let mut size = 0;
    for batch in [0, 1, 4, 250, 1, 1, 255, 256, 3, 1000] {
        assert_eq!(log.append(&entries(size..size + batch)).expect("appended"), size);
        size += batch;
        judge(&scratch, &["log", "tlog", &vkey]).unwrap_or_else(|e| panic!("at {size}: {e}"));
        let mut reader = LogReader::open(&folder, log.key().verifier()).expect("a log");
        assert_eq!(reader.verify(&mut |_, _| {}), []);
        for index in [0, size / 2, size.saturating_sub(1)].into_iter().filter(|index| *index < size) {
            let checkpoint = reader.signed_checkpoint().clone();
            let receipt = reader.receipt(index, &checkpoint).expect("a receipt");
            assert_eq!(receipt.entry.as_ref(), Some(&entries(index..index + 1)[0]));
            scratch.write("r.tlog-proof", receipt.text());
            judge(&scratch, &["receipt", "r.tlog-proof", &vkey]).unwrap_or_else(|e| panic!("{index}: {e}"));
            assert_eq!(Receipt::parse(&receipt.text()), Ok(receipt));
        }
    }
    assert!(!folder.join("tile/entries/000.p").exists(), "a full bundle replaces the partial ones");
    let mut again = Log::open(&folder, log_key()).expect("opens");
    assert_eq!(again.append(&entries(size..size + 1)).expect("appended"), size);
    judge(&scratch, &["log", "tlog", &vkey]).expect("after opening anew");
    // The first one has not seen that; it catches up before it appends.
    assert_eq!(log.append(&entries(size + 1..size + 2)).expect("appended"), size + 1);
    judge(&scratch, &["log", "tlog", &vkey]).expect("after both");
}

#[test]
fn a_big_log_has_tiles_of_three_levels() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    let mut log = Log::create(&folder, log_key()).expect("a log");
    log.append(&entries(0..70_000)).expect("appended");
    for (path, bytes) in
        [("0/272", 8192), ("0/273.p/112", 3584), ("1/000", 8192), ("1/001.p/17", 544), ("2/000.p/1", 32)]
    {
        assert_eq!(std::fs::metadata(folder.join("tile").join(path)).expect(path).len(), bytes, "{path}");
    }
    judge(&scratch, &["log", "tlog", &log.key().verifier().text()]).expect("right");
    let mut reader = log.reader().expect("a log");
    let proof = reader.consistency(1_000).expect("a proof");
    let old = Tree::of_hashes(entries(0..1_000).iter().map(|entry| leaf_hash(entry)).collect()).root();
    assert_eq!(reader.root(1_000).expect("a root"), old);
    let new = reader.checkpoint().root;
    assert_eq!(check_consistency((1_000, &old), (70_000, &new), &proof), Ok(()));
}

/// Stops the machine at every single step of an append; what is there afterwards is the log before or after it.
#[test]
fn after_a_power_cut_the_log_is_as_before_or_as_after() {
    let scratch = Scratch::new();
    drop(prepared(&scratch.path("before")));
    let copy = |name: &str| {
        scratch.must(&format!("cp -r before {name}"));
        let folder = scratch.path(name);
        (Log::open(&folder, log_key()).expect("opens"), folder)
    };
    let steps = {
        let (mut log, _) = copy("count");
        let faults = Faults::count();
        log.append(&entries(254..260)).expect("appended");
        faults.steps().len() as u64
    };
    assert!(steps > 20, "{steps}");
    for fault in [Fault::PowerCut, Fault::NoSpace, Fault::Io] {
        for step in 1..=steps {
            let (mut log, folder) = copy(&format!("{fault:?}-{step}"));
            let faults = Faults::at(step, fault);
            let done = log.append(&entries(254..260));
            drop(log);
            match fault {
                Fault::PowerCut => faults.lose_unsynced().expect("lost"),
                _ => drop(faults),
            }
            let mut log = Log::open(&folder, log_key()).unwrap_or_else(|e| panic!("step {step}: {e}"));
            assert_eq!(log.size(), if done.is_ok() { 260 } else { 254 }, "step {step}: {done:?}");
            let size = log.size();
            log.append(&entries(size..261)).unwrap_or_else(|e| panic!("step {step}: {e}"));
            let reader = log.reader().expect("a log");
            let mut seen = Vec::new();
            assert_eq!(reader.verify(&mut |_, entry| seen.push(entry.to_vec())), [], "step {step}");
            assert_eq!(seen, entries(0..261), "step {step}");
        }
    }
}

/// The tiles are the history; without its checkpoint it is a damaged log, not an empty folder.
#[test]
fn a_log_is_not_begun_over_the_tiles_of_another() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    drop(prepared(&folder));
    std::fs::remove_file(folder.join("checkpoint")).expect("removed");
    assert!(matches!(Log::create(&folder, log_key()), Err(LogError::Exists(_))));
}

#[test]
fn a_reader_sees_its_log_while_a_writer_goes_on() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    let mut log = prepared(&folder);
    let mut reader = log.reader().expect("a log");
    log.append(&entries(254..600)).expect("appended");
    assert!(!folder.join("tile/0/000.p").exists(), "the partial tile went");
    assert_eq!(reader.verify(&mut |_, _| {}), []);
    assert_eq!(reader.entry(253).expect("there"), entries(253..254)[0]);
    let checkpoint = reader.signed_checkpoint().clone();
    let receipt = reader.receipt(253, &checkpoint).expect("a receipt");
    receipt.check(log.key().verifier(), &[], now()).expect("proven");
    // What stands in must be whole.
    let path = folder.join("tile/0/000");
    std::fs::write(&path, &std::fs::read(&path).expect("there")[..255 * 32]).expect("written");
    assert_eq!(reader.verify(&mut |_, _| {}), [LogFault::OtherHashes { path: "tile/0/000.p/254".into() }]);
}

#[test]
fn an_entry_added_to_a_bundle_is_named() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    let log = prepared(&folder);
    let path = folder.join("tile/entries/000.p/254");
    let mut bytes = std::fs::read(&path).expect("there");
    bytes.extend([0, 1, b'x']);
    std::fs::write(&path, bytes).expect("written");
    let faults = log.reader().expect("a log").verify(&mut |_, _| {});
    assert!(
        matches!(&faults[..], [LogFault::Unreadable { reason, .. }] if reason.contains("too many entries")),
        "{faults:?}"
    );
}

#[test]
fn witnesses_lines_come_together_and_the_log_keeps_its_own() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    let mut log = prepared(&folder);
    let plain = log.checkpoint().clone();
    let witnesses = [key("a.example", KeyKind::Witness), key("b.example/w", KeyKind::Witness)];
    for witness in &witnesses {
        let line = cosign(plain.unchecked(), witness, now());
        let cosigned = plain.with_cosignature(&line, witness.verifier(), now()).expect("its own line");
        log.add_cosignatures(&cosigned).expect("kept");
    }
    let reader = log.reader().expect("opens");
    for witness in &witnesses {
        let seen = reader.signed_checkpoint().cosigned(witness.verifier(), now());
        assert_eq!(seen, Ok(Some(now())), "{}", witness.verifier().name());
    }
    // The same three lines without the log's own signature.
    let text = plain.unchecked().text();
    let foreign = SignedCheckpoint::parse(&format!("{text}\n{}", witnesses[0].cosign(&text, now())))
        .expect("a note of a witness");
    let refused = log.add_cosignatures(&foreign);
    assert!(matches!(refused, Err(LogError::Read(ReadError::Checkpoint { .. }))), "{refused:?}");
    Log::open(&folder, log_key()).expect("opens");
    // As many lines as a note may have.
    let full: String =
        (0..99).map(|n| key(&format!("w{n}"), KeyKind::Witness).cosign(&text, now())).collect();
    let full = SignedCheckpoint::parse(&format!("{}{full}", plain.raw())).expect("100 lines");
    let line = cosign(plain.unchecked(), &witnesses[0], now());
    let refused = full.with_cosignature(&line, witnesses[0].verifier(), now());
    assert!(matches!(refused, Err(NoteError::Malformed(_))), "{refused:?}");
}

#[test]
fn a_longer_fork_under_an_open_log_is_not_followed() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    let mut log = prepared(&folder);
    let mut fork = Log::create(&scratch.path("fork"), log_key()).expect("a log");
    fork.append(&entries(1..300)).expect("appended");
    std::fs::remove_dir_all(&folder).expect("removed");
    std::fs::rename(scratch.path("fork"), &folder).expect("moved");
    let refused = log.append(&entries(300..301));
    assert!(matches!(refused, Err(LogError::TakenBack { known: 254, found: 299, .. })), "{refused:?}");
}

fn prepared(folder: &Path) -> Log {
    let mut log = Log::create(folder, log_key()).expect("a log");
    log.append(&entries(0..254)).expect("appended");
    log
}

#[test]
fn one_writer_at_a_time() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    let mut log = prepared(&folder);
    let lock = durable::Lock::try_exclusive(&folder.join(".lock")).expect("free");
    assert!(matches!(
        log.append(&entries(254..255)),
        Err(LogError::Write(durable::DurableError::Locked { .. }))
    ));
    drop(lock);
    assert_eq!(log.append(&entries(254..255)).expect("appended"), 254);
    assert!(matches!(Log::create(&folder, log_key()), Err(LogError::Exists(_))));
}

/// What an attacker with the run of the folder does, and what is said about it.
#[test]
fn every_attack_on_the_files_is_named() {
    let scratch = Scratch::new();
    let vkey = log_key().verifier().text();
    let damage = |name: &str, how: &dyn Fn(&Path)| {
        let folder = scratch.path(name);
        let mut log = Log::create(&folder, log_key()).expect("a log");
        log.append(&entries(0..600)).expect("appended");
        how(&folder);
        let judged = judge(&scratch, &["log", name, &vkey]);
        assert!(judged.is_err(), "{name}: the judge sees nothing");
        LogReader::open(&folder, log_key().verifier()).map(|reader| reader.verify(&mut |_, _| {}))
    };
    let edit = |path: &'static str, how: fn(Vec<u8>) -> Vec<u8>| {
        move |folder: &Path| {
            let path = folder.join(path);
            std::fs::write(&path, how(std::fs::read(&path).expect("there"))).expect("written");
        }
    };
    let altered = damage(
        "entry-altered",
        &edit("tile/entries/001", |mut bytes| {
            let at = bytes.windows(10).position(|w| w == b"\"version\":").expect("a version") + 10;
            bytes[at] = if bytes[at] == b'9' { b'8' } else { b'9' };
            bytes
        }),
    );
    let faults = altered.expect("opens");
    assert!(faults.contains(&LogFault::OtherHashes { path: "tile/0/001".into() }), "{faults:?}");
    assert!(faults.contains(&LogFault::OtherRoot { size: 600 }), "{faults:?}");
    let removed = damage(
        "entry-removed",
        &edit("tile/entries/001", |bytes| {
            bytes[2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))..].to_vec()
        }),
    );
    let faults = removed.expect("opens");
    assert!(
        matches!(&faults[..], [LogFault::Unreadable { path, .. }] if path == "tile/entries/001"),
        "{faults:?}"
    );
    let tile = damage(
        "tile-altered",
        &edit("tile/1/000.p/2", |mut bytes| {
            bytes[5] ^= 1;
            bytes
        }),
    );
    assert_eq!(tile.expect("opens"), [LogFault::OtherHashes { path: "tile/1/000.p/2".into() }]);
    let cut =
        damage("tile-gone", &|folder| std::fs::remove_file(folder.join("tile/0/000")).expect("removed"));
    assert!(matches!(&cut.expect("opens")[..], [LogFault::Unreadable { path, .. }] if path == "tile/0/000"));
    let unsigned = damage(
        "checkpoint-altered",
        &edit("checkpoint", |bytes| {
            String::from_utf8(bytes).expect("text").replacen("\n600\n", "\n599\n", 1).into_bytes()
        }),
    );
    assert!(unsigned.is_err_and(|e| e.to_string().contains("does not fit")));
    let other = damage("checkpoint-of-another-key", &|folder| {
        let stranger = NoteKey::new(ORIGIN, KeyKind::Log, &Zeroizing::new([77; 32])).expect("a key");
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size: 600, root: Sha256([1; 32]) };
        std::fs::write(folder.join("checkpoint"), checkpoint.sign(&stranger).raw()).expect("written");
    });
    assert!(other.is_err_and(|e| e.to_string().contains("no signature")));
}

#[test]
fn a_log_that_is_taken_back_while_it_is_open_is_not_written_to() {
    let scratch = Scratch::new();
    let folder = scratch.path("tlog");
    let mut log = prepared(&folder);
    let old = std::fs::read(folder.join("checkpoint")).expect("there");
    log.append(&entries(254..255)).expect("appended");
    std::fs::write(folder.join("checkpoint"), old).expect("rolled back");
    let refused = log.append(&entries(255..256));
    assert!(matches!(refused, Err(LogError::TakenBack { known: 255, found: 254, .. })), "{refused:?}");
}

#[test]
fn a_page_is_proven_by_one_small_text() {
    let scratch = Scratch::new();
    let page = b"the picture of a page";
    scratch.write("page.tif", page);
    let digest: Sha256 = {
        let hex = scratch.must("sha256sum page.tif");
        String::from_utf8(hex).expect("text")[..64].parse().expect("a digest")
    };
    let path = "representations/rep1/data/Trang 17.tif";
    let lines: Vec<String> =
        (0..500)
            .map(|n| {
                if n == 17 { format!("{digest}  {path}") } else { format!("{}  x{n}", Sha256([n as u8; 32])) }
            })
            .collect();
    let tree = Tree::of(lines.iter().map(String::as_bytes));
    let mut log = Log::create(&scratch.path("tlog"), log_key()).expect("a log");
    log.append(&entries(0..300)).expect("appended");
    let entry = Entry::Version(Version { tree_size: 500, tree_root: tree.root(), ..version(1) });
    log.append(&[entry.bytes().expect("short")]).expect("appended");
    log.append(&entries(301..1000)).expect("appended");
    let witness = key("vks-tinh.example/w", KeyKind::Witness);
    let line = cosign(log.checkpoint().unchecked(), &witness, now());
    let cosigned = log.checkpoint().with_cosignature(&line, witness.verifier(), now()).expect("its own line");
    log.add_cosignatures(&cosigned).expect("kept");
    let receipt = log.reader().expect("a log").receipt(300, &cosigned).expect("a receipt");
    let proof = PageProof { path: path.into(), line: 17, lines_path: tree.inclusion(17), receipt };
    let text = proof.text().expect("it has its entry");
    let read = PageProof::parse(&text).expect("reads");
    assert_eq!(read, proof);
    let log_vkey = log.key().verifier().clone();
    let witnesses = [witness.verifier().clone()];
    let proven = read.check(&digest, &log_vkey, &witnesses, now()).expect("proven");
    assert_eq!(proven.cosigned, [("vks-tinh.example/w".to_owned(), now())]);
    assert!(matches!(read.check(&Sha256([0; 32]), &log_vkey, &[], now()), Err(ReceiptError::Page(_))));
    scratch.write("page-proof", &text);
    let vkeys = (log_vkey.text(), witnesses[0].text());
    judge(&scratch, &["page", "page-proof", "page.tif", &vkeys.0, &vkeys.1]).expect("the judge agrees");
    scratch.write("page.tif", b"another picture");
    assert_eq!(
        judge(&scratch, &["page", "page-proof", "page.tif", &vkeys.0]),
        Err("AssertionError: page".into())
    );
    // The receipt alone, with another case file's entry in it.
    let mut foreign = proof.receipt.clone();
    foreign.entry = Some(entries(5..6).remove(0));
    assert!(matches!(foreign.check(&log_vkey, &[], now()), Err(ReceiptError::Proof(_))));
    let stranger = key("hoso.vks.gov.vn/khac", KeyKind::Log);
    assert!(matches!(proof.receipt.check(stranger.verifier(), &[], now()), Err(ReceiptError::Checkpoint(_))));
    for cut in 0..text.len() {
        // Anywhere, even within a letter of more than one byte.
        let Some(part) = text.get(..cut) else { continue };
        let proves = PageProof::parse(part).is_ok_and(|p| {
            p.check(&digest, &log_vkey, &witnesses, now()).is_ok_and(|p| !p.cosigned.is_empty())
        });
        assert!(!proves, "cut at {cut}");
    }
}

#[test]
fn a_witness_signs_one_history() {
    let scratch = Scratch::new();
    let mut log = prepared(&scratch.path("tlog"));
    let logs = [log.key().verifier().clone()];
    let witness = key("witness.example", KeyKind::Witness);
    let request = |log: &Log, old: u64| {
        let mut reader = log.reader().expect("a log");
        let proof = reader.consistency(old).expect("a proof");
        let request = AddCheckpoint { old_size: old, proof, checkpoint: log.checkpoint().clone() };
        AddCheckpoint::parse(&request.text()).expect("reads back")
    };
    let first = request(&log, 0);
    let seen = first.check(&logs, None).expect("the first is taken as it is").clone();
    let line = cosign(&seen, &witness, now());
    let cosigned = log.checkpoint().with_cosignature(&line, witness.verifier(), now()).expect("signed");
    scratch.write("cosigned", cosigned.raw());
    judge(&scratch, &["note", "cosigned", &witness.verifier().text()]).expect("openssl agrees");
    judge(&scratch, &["note", "cosigned", &logs[0].text()]).expect("openssl agrees");
    assert_eq!(first.check(&logs, Some(&seen)), Err(Refusal::OtherSize { size: 254, asked: 0 }));

    log.append(&entries(254..700)).expect("appended");
    let next = request(&log, 254);
    assert_eq!(next.check(&logs, Some(&seen)).map(|c| c.size), Ok(700));
    assert_eq!(next.check(&[], Some(&seen)), Err(Refusal::UnknownLog(ORIGIN.into())));
    let refusal = AddCheckpoint { proof: Vec::new(), ..next.clone() }.check(&logs, Some(&seen)).unwrap_err();
    assert_eq!(refusal.status(), 422);
    let latest = next.check(&logs, Some(&seen)).expect("follows").clone();

    // Rolled back: the older checkpoint again.
    let refusal = first.check(&logs, Some(&latest)).unwrap_err();
    assert_eq!((refusal.status(), refusal.known_size()), (409, Some(700)));
    // Rolled back and given another future, as long as the first and longer.
    for (name, extra, refused) in [("fork", 0, 409), ("longer", 50, 422)] {
        let mut forked = Log::create(&scratch.path(name), log_key()).expect("a log");
        forked.append(&entries(1..701 + extra)).expect("appended");
        let refusal = request(&forked, 700).check(&logs, Some(&latest)).unwrap_err();
        assert_eq!(refusal.status(), refused, "{refusal}");
    }
    // Signed by somebody else in the log's name.
    let stranger = NoteKey::new(ORIGIN, KeyKind::Log, &Zeroizing::new([77; 32])).expect("a key");
    let forged = AddCheckpoint { checkpoint: latest.sign(&stranger), old_size: 700, proof: Vec::new() };
    assert_eq!(forged.check(&logs, Some(&latest)).unwrap_err().status(), 403);
    for bad in [
        "",
        "old 1\n",
        "old 01\n\nx",
        "old 1\nAAAA\n\nx",
        &format!("old 1\n{}\n{}", "A".repeat(43) + "=\n", "x"),
    ] {
        assert_eq!(AddCheckpoint::parse(bad).unwrap_err().status(), 400, "{bad:?}");
    }
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let long = format!("old 1\n{}\n{}", hash.repeat(64), log.checkpoint().raw());
    assert_eq!(AddCheckpoint::parse(&long).unwrap_err().status(), 400);
    // A witness from the future is not believed.
    let early = moment("2026-11-30T07:00:00Z");
    assert!(
        log.checkpoint()
            .with_cosignature(&cosign(&latest, &witness, now()), witness.verifier(), early)
            .is_err()
    );
}

#[test]
fn the_words_of_a_root_differ_where_roots_differ() {
    let words = root_words(&empty_root());
    assert_eq!(words.split([' ', '-']).filter(|word| !word.is_empty()).count(), 16);
    let all: std::collections::BTreeSet<String> =
        (0..=255).map(|byte| root_words(&Sha256([byte; 32]))).collect();
    assert_eq!(all.len(), 256);
}
