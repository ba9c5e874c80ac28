//! What lies on disk, against what the inventories say.

use super::across::VersionInventory;
use super::inventory::{Checked, version_number};
use super::{ObjectReport, What};
use crate::inventory::MAX_INVENTORY_BYTES;
use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512, Sha512_256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// An inventory file: its bytes and the JSON in them.
pub(super) struct InventoryFile {
    pub(super) bytes: Vec<u8>,
    pub(super) json: Value,
}

/// The folders that make an object.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Names of version folders on disk that the root inventory knows.
    pub(super) versions: Vec<String>,
    /// Content files below the object: path relative to it.
    pub(super) content: BTreeSet<String>,
}

/// Extensions with a registered name, at the time of OCFL 1.1.
const EXTENSIONS: [&str; 10] = [
    "0001-digest-algorithms",
    "0002-flat-direct-storage-layout",
    "0003-hash-and-id-n-tuple-storage-layout",
    "0004-hashed-n-tuple-storage-layout",
    "0005-mutable-head",
    "0006-flat-omit-prefix-storage-layout",
    "0007-n-tuple-omit-prefix-storage-layout",
    "0008-schema-registry",
    "0009-digest-algorithms",
    "initial",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Other,
}

/// Names in a folder, sorted, with their kind (links are not followed).
fn list(dir: &Path) -> io::Result<Vec<(String, Kind)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let kind = match (kind.is_file(), kind.is_dir()) {
            (true, _) => Kind::File,
            (_, true) => Kind::Folder,
            _ => Kind::Other,
        };
        found.push((entry.file_name().to_string_lossy().into_owned(), kind));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn list_or_report(folder: &Path, at: &str, report: &mut ObjectReport) -> Vec<(String, Kind)> {
    list(&folder.join(at)).unwrap_or_else(|e| {
        report.wrong("io", at, format!("cannot list the folder: {e}"));
        Vec::new()
    })
}

/// The OCFL version that the object declares.
pub(super) fn declaration(folder: &Path, report: &mut ObjectReport) -> Option<&'static str> {
    let names = list_or_report(folder, "", report);
    let declared: Vec<&str> =
        names.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("0=")).collect();
    let (name, text, spec) = match declared[..] {
        ["0=ocfl_object_1.0"] => ("0=ocfl_object_1.0", "ocfl_object_1.0\n", "1.0"),
        ["0=ocfl_object_1.1"] => ("0=ocfl_object_1.1", "ocfl_object_1.1\n", "1.1"),
        _ => {
            report.wrong(
                "E003",
                "",
                format!("one declaration of OCFL 1.0 or 1.1 is needed, found {declared:?}"),
            );
            if !names.iter().any(|(name, _)| name == "inventory.json") {
                report.error("E063", "inventory.json", What::Missing { expected: None });
            }
            return None;
        }
    };
    match read_limited(&folder.join(name), 1024) {
        Ok(bytes) if bytes == text.as_bytes() => {}
        Ok(_) => report.wrong("E007", name, "its content is not its name without 0="),
        Err(e) => report.wrong("io", name, e.to_string()),
    }
    Some(spec)
}

pub(super) fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    durable::open_file(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("longer than {limit} bytes")));
    }
    Ok(bytes)
}

/// `inventory.json` in a folder of the object (`""` or `v1`) and its sidecar. `None` where there is none that
/// could be read.
pub(super) fn inventory_in(folder: &Path, dir: &str, report: &mut ObjectReport) -> Option<InventoryFile> {
    let at = join(dir, "inventory.json");
    let bytes = match read_limited(&folder.join(&at), MAX_INVENTORY_BYTES) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            report.error("E063", &at, What::Missing { expected: None });
            return None;
        }
        Err(e) => {
            report.wrong("io", &at, e.to_string());
            return None;
        }
    };
    let json = match serde_json::from_slice::<Value>(&bytes) {
        Ok(json) => json,
        Err(e) => {
            report.wrong("E033", &at, format!("no JSON: {e}"));
            // The sidecar says that the bytes changed; so does the version's own copy.
            check_sidecar(folder, dir, "sha512", &bytes, report);
            return None;
        }
    };
    let algorithm = match json.get("digestAlgorithm").and_then(Value::as_str) {
        Some("sha256") => "sha256",
        _ => "sha512",
    };
    check_sidecar(folder, dir, algorithm, &bytes, report);
    Some(InventoryFile { bytes, json })
}

fn check_sidecar(folder: &Path, dir: &str, algorithm: &'static str, bytes: &[u8], report: &mut ObjectReport) {
    let at = join(dir, &format!("inventory.json.{algorithm}"));
    let sidecar = match read_limited(&folder.join(&at), 4096) {
        Ok(sidecar) => sidecar,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return report.error("E058", &at, What::Missing { expected: None });
        }
        Err(e) => return report.wrong("io", &at, e.to_string()),
    };
    let text = String::from_utf8_lossy(&sidecar);
    let mut words = text.split_ascii_whitespace();
    let (Some(stated), Some("inventory.json"), None) = (words.next(), words.next(), words.next()) else {
        return report.wrong("E061", &at, "it is not a digest and the name inventory.json");
    };
    let found = match algorithm {
        "sha256" => hex(&Sha256::digest(bytes)),
        _ => hex(&Sha512::digest(bytes)),
    };
    if stated.len() != found.len() || !stated.bytes().all(|b| b.is_ascii_hexdigit()) {
        return report.wrong("E061", &at, "its digest has the wrong shape");
    }
    if !stated.eq_ignore_ascii_case(&found) {
        // A changed inventory changes every digit; two digests that are nearly the same mean a changed sidecar.
        let same = stated.bytes().zip(found.bytes()).filter(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        let accused = if same > found.len() / 2 { at } else { join(dir, "inventory.json") };
        let what = What::Differs { algorithm, expected: stated.to_owned(), found };
        report.error("E060", &accused, what);
    }
}

/// What lies in the object's own folder, and the content files of all versions.
pub(super) fn check_root_entries(folder: &Path, root: &Checked, report: &mut ObjectReport) -> Layout {
    let mut layout = Layout::default();
    let sidecar = format!("inventory.json.{}", root.algorithm.unwrap_or("sha512"));
    for (name, kind) in list_or_report(folder, "", report) {
        match (name.as_str(), kind) {
            (_, Kind::Other) => report.wrong("E090", &name, "neither file nor folder"),
            ("inventory.json", Kind::File) | ("logs", Kind::Folder) => {}
            (_, Kind::File) if name == sidecar || name.starts_with("0=ocfl_object_") => {}
            ("extensions", Kind::Folder) => check_extensions(folder, report),
            (_, Kind::Folder) if version_number(&name).is_some() => {
                if root.versions.contains_key(&name) {
                    layout.versions.push(name);
                } else {
                    report.error("E046", &name, What::Extra);
                }
            }
            _ => report.error("E001", &name, What::Extra),
        }
    }
    for name in root.versions.keys().filter(|name| version_number(name).is_some()) {
        if !layout.versions.contains(name) {
            report.error("E010", name, What::Missing { expected: None });
        }
    }
    layout.versions.sort_by_key(|name| version_number(name));
    for version in layout.versions.clone() {
        check_version_folder(folder, &version, root, &mut layout, report);
    }
    layout
}

fn check_extensions(folder: &Path, report: &mut ObjectReport) {
    for (name, kind) in list_or_report(folder, "extensions", report) {
        let at = join("extensions", &name);
        if kind != Kind::Folder {
            report.error("E067", &at, What::Extra);
        } else if !EXTENSIONS.contains(&name.as_str()) {
            report.warn("W013", &at, "the extension is not registered");
        }
    }
}

fn check_version_folder(
    folder: &Path,
    version: &str,
    root: &Checked,
    layout: &mut Layout,
    report: &mut ObjectReport,
) {
    let names = list_or_report(folder, version, report);
    let has_inventory = names.iter().any(|(name, _)| name == "inventory.json");
    for (name, kind) in &names {
        let at = join(version, name);
        let is_sidecar = matches!(name.as_str(), "inventory.json.sha512" | "inventory.json.sha256");
        match kind {
            Kind::Other => report.wrong("E090", &at, "neither file nor folder"),
            Kind::File if name == "inventory.json" || (is_sidecar && has_inventory) => {}
            Kind::File => report.error("E015", &at, What::Extra),
            Kind::Folder if *name == root.content_directory => {
                list_content(folder, &at, layout, report);
            }
            Kind::Folder => report.warn("W002", &at, "a version folder holds its content folder only"),
        }
    }
    if !has_inventory {
        report.warn("W010", version, "the version has no inventory");
    }
}

fn list_content(folder: &Path, dir: &str, layout: &mut Layout, report: &mut ObjectReport) {
    let names = list_or_report(folder, dir, report);
    if names.is_empty() {
        report.wrong("E024", dir, "the folder is empty");
    }
    for (name, kind) in names {
        let at = join(dir, &name);
        match kind {
            Kind::File => {
                layout.content.insert(at);
            }
            Kind::Folder => list_content(folder, &at, layout, report),
            Kind::Other => report.wrong("E090", &at, "neither file nor folder"),
        }
    }
}

/// Every content file is listed, every listed file is there, and has all the digests that any inventory states.
pub(super) fn check_content(
    folder: &Path,
    layout: &Layout,
    root: &Checked,
    others: &[VersionInventory],
    report: &mut ObjectReport,
) {
    let mut expected: BTreeMap<&str, Vec<Expected>> = BTreeMap::new();
    let everywhere = || [root].into_iter().chain(others.iter().map(|other| &other.checked));
    for checked in everywhere() {
        let algorithm = checked.algorithm.unwrap_or("sha512");
        for (digest, paths) in &checked.manifest {
            for path in paths {
                expected.entry(path).or_default().push(Expected::new("E092", algorithm, digest));
            }
        }
        for (algorithm, digest, path) in &checked.fixity {
            if let Some(algorithm) = known_algorithm(algorithm) {
                expected.entry(path).or_default().push(Expected::new("E093", algorithm, digest));
            }
        }
    }
    let listed = root.digest_by_path();
    for path in layout.content.iter().filter(|path| !listed.contains_key(path.as_str())) {
        report.error("E023", path, What::Extra);
    }
    for other in others {
        let listed = other.checked.digest_by_path();
        let until = version_number(&other.version).unwrap_or(0);
        let own = |path: &str| path.split('/').next().and_then(version_number).is_some_and(|no| no <= until);
        for path in layout.content.iter().filter(|path| own(path) && !listed.contains_key(path.as_str())) {
            let at = join(&other.version, "inventory.json");
            report.wrong("E023", &at, format!("it does not list {path}"));
        }
    }
    let mut buffer = vec![0; BUFFER_BYTES];
    for (path, mut wanted) in expected {
        wanted.sort_by(|a, b| (a.code, a.algorithm, &a.digest).cmp(&(b.code, b.algorithm, &b.digest)));
        wanted.dedup();
        if !layout.content.contains(path) {
            // Of what only a fixity block names, and nobody stores, that block is wrong.
            let (code, digest) =
                wanted.into_iter().next().map_or(("E092", None), |e| (e.code, Some(e.digest)));
            report.error(code, path, What::Missing { expected: digest });
            continue;
        }
        let algorithms: BTreeSet<&'static str> = wanted.iter().map(|e| e.algorithm).collect();
        match digests_of(&folder.join(path), &algorithms, &mut buffer) {
            Ok((found, bytes)) => {
                report.files += 1;
                report.bytes += bytes;
                for Expected { code, algorithm, digest } in wanted {
                    if found[algorithm] != digest {
                        let what =
                            What::Differs { algorithm, expected: digest, found: found[algorithm].clone() };
                        report.error(code, path, what);
                    }
                }
            }
            Err(e) => report.wrong("io", path, e.to_string()),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Expected {
    code: &'static str,
    algorithm: &'static str,
    digest: String,
}

impl Expected {
    fn new(code: &'static str, algorithm: &'static str, digest: &str) -> Expected {
        Expected { code, algorithm, digest: digest.to_ascii_lowercase() }
    }
}

/// Those of the specification that are checked here. Others (blake2b…) are not required by it and pass unseen.
fn known_algorithm(name: &str) -> Option<&'static str> {
    ["md5", "sha1", "sha256", "sha512", "sha512/256"].into_iter().find(|known| *known == name)
}

/// Bytes taken per read: few calls, and all that a check holds of any file.
const BUFFER_BYTES: usize = 1 << 20;
/// Bytes that one digest takes before the next has them, still in the nearest cache.
const PIECE_BYTES: usize = 32 << 10;

/// Several digests of a file in one pass over the medium, and its length.
fn digests_of(
    path: &Path,
    algorithms: &BTreeSet<&'static str>,
    buffer: &mut [u8],
) -> io::Result<(BTreeMap<&'static str, String>, u64)> {
    let mut hashers: Vec<(&'static str, Hasher)> = algorithms.iter().map(|a| (*a, Hasher::new(a))).collect();
    let mut file = durable::open_uncached(path)?;
    let mut bytes = 0;
    loop {
        match file.read(buffer) {
            Ok(0) => break,
            Ok(n) => {
                bytes += n as u64;
                for piece in buffer[..n].chunks(PIECE_BYTES) {
                    hashers.iter_mut().for_each(|(_, hasher)| hasher.update(piece));
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok((hashers.into_iter().map(|(name, hasher)| (name, hasher.finish())).collect(), bytes))
}

enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    Sha512Of256(Sha512_256),
}

impl Hasher {
    fn new(algorithm: &str) -> Hasher {
        match algorithm {
            "md5" => Hasher::Md5(Md5::new()),
            "sha1" => Hasher::Sha1(Sha1::new()),
            "sha256" => Hasher::Sha256(Sha256::new()),
            "sha512/256" => Hasher::Sha512Of256(Sha512_256::new()),
            _ => Hasher::Sha512(Sha512::new()),
        }
    }
    fn update(&mut self, piece: &[u8]) {
        match self {
            Hasher::Md5(h) => h.update(piece),
            Hasher::Sha1(h) => h.update(piece),
            Hasher::Sha256(h) => h.update(piece),
            Hasher::Sha512(h) => h.update(piece),
            Hasher::Sha512Of256(h) => h.update(piece),
        }
    }
    fn finish(self) -> String {
        match self {
            Hasher::Md5(h) => hex(&h.finalize()),
            Hasher::Sha1(h) => hex(&h.finalize()),
            Hasher::Sha256(h) => hex(&h.finalize()),
            Hasher::Sha512(h) => hex(&h.finalize()),
            Hasher::Sha512Of256(h) => hex(&h.finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
