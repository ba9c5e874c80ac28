//! What the bench `log` measures, as one JSON line: durable entries a second, and the proof of one page in a large log.
//!
//! `log FOLDER BATCHES BATCH ENTRIES`: appends BATCHES of BATCH entries durably; then makes a log of ENTRIES entries (short
//! ones, for only their hashes count) and proves pages in it, each time from a log that was just opened.
#![allow(clippy::disallowed_methods, reason = "the large log is scratch and need not be durable")]

use record::{Sha256, Sha512, Timestamp};
use seal::tlog::merkle::Tree;
use seal::tlog::tile::{Edge, LogFile};
use seal::tlog::witness::cosign;
use seal::tlog::{
    CaseTags, Checkpoint, Entry, KeyKind, Log, LogReader, NoteKey, PageProof, Version, VersionKind,
};
use std::path::Path;
use std::time::Instant;
use zeroize::Zeroizing;

const ORIGIN: &str = "hoso.vks.gov.vn/VKS-KV1";
/// Files of the case file whose page is proven.
const FILES: usize = 500;
const PROOFS: u64 = 1000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, batches, batch, entries] = &args[..] else { panic!("FOLDER BATCHES BATCH ENTRIES") };
    let number = |text: &String| text.parse::<u64>().expect("a number");
    let folder = Path::new(folder);
    let seconds = durable(&folder.join("durable"), number(batches), number(batch));
    let per_second = (number(batches) * number(batch)) as f64 / seconds;
    let proof = large(&folder.join("large"), number(entries));
    println!(
        "{{\"durable_entries_per_s\":{per_second:.0},\"ms_per_batch\":{:.2},\"memory_entries_per_s\":{:.0},\"proof_us_median\":{:.0},\"proof_us_p99\":{:.0},\"raw_hash_bytes\":{},\"text_bytes\":{},\"entry_bytes\":{}}}",
        seconds * 1e3 / number(batches) as f64,
        in_memory(),
        proof.median_us,
        proof.p99_us,
        proof.raw_bytes,
        proof.text_bytes,
        proof.entry_bytes
    );
}

fn entry(no: u32, tree: Option<&Tree>) -> Vec<u8> {
    let version = Version {
        kind: VersionKind::Seal,
        case_tag: CaseTags::new(&[7; 32]).tag(&no.to_string()),
        version: 1,
        manifest_sha256: Sha256([1; 32]),
        inventory_sha512: Sha512([2; 64]),
        p7s_sha256: Sha256([3; 32]),
        tree_size: tree.map_or(FILES as u64, Tree::size),
        tree_root: tree.map_or(Sha256([4; 32]), Tree::root),
        signers: vec![Sha256([5; 32])],
        at: "2026-11-30T08:00:00Z".parse().expect("a time"),
    };
    Entry::Version(version).bytes().expect("short enough")
}

fn key(name: &str, kind: KeyKind) -> NoteKey {
    NoteKey::new(name, kind, &Zeroizing::new([9; 32])).expect("a name")
}

fn durable(folder: &Path, batches: u64, batch: u64) -> f64 {
    let entries: Vec<Vec<u8>> = (0..batch as u32).map(|no| entry(no, None)).collect();
    let mut log = Log::create(folder, key(ORIGIN, KeyKind::Log)).expect("a log");
    let begun = Instant::now();
    for _ in 0..batches {
        log.append(&entries).expect("appended");
    }
    begun.elapsed().as_secs_f64()
}

/// Appended without any file.
fn in_memory() -> f64 {
    let entries: Vec<Vec<u8>> = (0..100_000).map(|no| entry(no, None)).collect();
    let begun = Instant::now();
    let mut edge = Edge::default();
    let files = edge.append(entries.iter().map(Vec::as_slice));
    assert!(!files.is_empty() && edge.size() == 100_000);
    100_000.0 / begun.elapsed().as_secs_f64()
}

struct Proof {
    median_us: f64,
    p99_us: f64,
    raw_bytes: usize,
    text_bytes: usize,
    entry_bytes: usize,
}

fn large(folder: &Path, size: u64) -> Proof {
    let lines: Vec<String> = (0..FILES)
        .map(|n| format!("{}  representations/rep2/data/{:04}/{n:04}.jpg", Sha256([n as u8; 32]), n / 10))
        .collect();
    let manifest = lines.join("\n");
    let tree = Tree::of(lines.iter().map(String::as_bytes));
    let proven = entry(0, Some(&tree));
    let index = size * 2 / 3;
    let mut edge = Edge::default();
    let put = |files: Vec<LogFile>| {
        for file in files.iter().filter(|file| !file.path.contains(".p/")) {
            write(folder, file);
        }
    };
    for first in (0..size - size % 256).step_by(256) {
        let short: Vec<[u8; 8]> = (first..first + 256).map(u64::to_be_bytes).collect();
        put(edge
            .append((0..256).map(|n| if first + n == index { &proven[..] } else { &short[n as usize][..] })));
    }
    let rest: Vec<[u8; 8]> = (size - size % 256..size).map(u64::to_be_bytes).collect();
    for file in edge.append(rest.iter().map(|entry| &entry[..])) {
        write(folder, &file);
    }
    for file in edge.partial_tiles(usize::MAX) {
        write(folder, &file);
    }
    let now: Timestamp = "2026-11-30T09:00:00Z".parse().expect("a time");
    let (log, witness) = (key(ORIGIN, KeyKind::Log), key("vks-tinh.example/witness", KeyKind::Witness));
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: edge.root() };
    let signed = checkpoint.sign(&log);
    let signed = signed
        .with_cosignature(&cosign(&checkpoint, &witness, now), witness.verifier(), now)
        .expect("signed");
    std::fs::write(folder.join("checkpoint"), signed.raw()).expect("written");

    let prove = |index: u64, line: u64| {
        let mut reader = LogReader::open(folder, log.verifier()).expect("a log");
        let checkpoint = reader.signed_checkpoint().clone();
        let receipt = reader.receipt(index, &checkpoint).expect("a receipt");
        let tree = Tree::of(manifest.split('\n').map(str::as_bytes));
        PageProof { path: lines[line as usize][66..].into(), line, lines_path: tree.inclusion(line), receipt }
    };
    let mut micros: Vec<f64> = (0..PROOFS)
        .map(|n| {
            let begun = Instant::now();
            let proof = prove(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % size, n % FILES as u64);
            std::hint::black_box(&proof.receipt.text());
            begun.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    let proof = prove(index, 117);
    let text = proof.text().expect("a text");
    let digest = Sha256([117; 32]);
    let checked = PageProof::parse(&text).expect("reads").check(
        &digest,
        log.verifier(),
        &[witness.verifier().clone()],
        now,
    );
    assert_eq!(checked.expect("proven").cosigned.len(), 1);
    Proof {
        median_us: micros[micros.len() / 2],
        p99_us: micros[micros.len() * 99 / 100],
        raw_bytes: 32 * (proof.lines_path.len() + proof.receipt.path.len()),
        text_bytes: text.len(),
        entry_bytes: proven.len(),
    }
}

fn write(folder: &Path, file: &LogFile) {
    let path = folder.join(&file.path);
    std::fs::create_dir_all(path.parent().expect("a folder above")).expect("folder");
    std::fs::write(path, &file.bytes).expect("written");
}
