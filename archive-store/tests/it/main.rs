//! The archive as others see it, on a real file system.
#![allow(clippy::disallowed_methods, reason = "tests damage files, start judges and start themselves again")]

mod adopting;
mod backup;
mod bags;
mod damage;
#[path = "../../../tests/fault_proxy.rs"]
mod fault_proxy;
mod faults;
mod fixity;
mod judges;
mod object_store;
mod package;
mod places;
#[path = "../../../tests/provided.rs"]
mod provided;
mod purge;
mod reading;
mod repair;
mod replica_faults;
mod replicas;
#[path = "../../../tests/s3_servers.rs"]
mod s3_servers;
mod suites;
mod writers;
mod writing;
#[path = "../../../tests/xsd.rs"]
mod xsd;
mod zips;

use archive_store::{Archive, Draft, Sealed, VersionInfo};
use record::ObjectId;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Past the test runner, which keeps what tests print: people should see it each time.
fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

fn id(n: u32) -> ObjectId {
    ObjectId::new(&format!("urn:vks-thu:uuid:00000000-0000-4000-8000-{n:012}")).unwrap()
}

fn info(message: &str) -> VersionInfo {
    VersionInfo {
        created: "2026-11-21T08:30:00Z".parse().unwrap(),
        message: message.to_owned(),
        user_name: "hoso".to_owned(),
        user_address: "urn:vks-thu:station:1".to_owned(),
    }
}

/// The files of a small case file.
const V1: [(&str, &str); 4] = [
    ("metadata/other/case.json", "{\"code\":\"HS-1\"}"),
    ("representations/rep1/data/HS-1.0001.pdf", "%PDF-1.7 trang một"),
    ("representations/rep2/data/0001/0001.jpg", "trang một"),
    ("representations/rep2/data/0001/0002.jpg", "trang hai"),
];
/// What the second version changes or adds.
const V2: [(&str, &str); 2] = [
    ("representations/rep1/data/HS-1.0001.pdf", "%PDF-1.7 trang một, đọc lại"),
    ("seal/manifest-sha256.txt", "…"),
];

fn add_v1(draft: &mut Draft) {
    for (path, content) in V1 {
        draft.add_bytes(path, content.as_bytes()).unwrap();
    }
}

fn commit_v1(archive: &Archive, id: &ObjectId) -> Sealed {
    let mut draft = archive.begin(id).unwrap();
    add_v1(&mut draft);
    draft.commit(&info("received")).unwrap()
}

fn commit_v2(archive: &Archive, id: &ObjectId) -> Sealed {
    let mut draft = archive.begin(id).unwrap();
    draft.keep_previous().unwrap();
    for (path, content) in V2 {
        draft.remove(path);
        draft.add_bytes(path, content.as_bytes()).unwrap();
    }
    draft.commit(&info("read again")).unwrap()
}

/// The bytes of all files below a folder, by path; `logs/` of objects left out.
fn contents(root: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let is_kept = |path: &String| !path.ends_with('/') && !path.contains("logs/");
    tree(root)
        .into_iter()
        .filter(is_kept)
        .map(|p| (p.clone(), std::fs::read(root.join(p)).unwrap()))
        .collect()
}

/// All files below a folder, relative, sorted; folders without files end with `/`.
fn tree(root: &Path) -> Vec<String> {
    fn visit(dir: &Path, root: &Path, out: &mut Vec<String>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        if entries.is_empty() && dir != root {
            out.push(format!("{}/", dir.strip_prefix(root).unwrap().display()));
        }
        for path in entries {
            if path.is_dir() {
                visit(&path, root, out);
            } else {
                out.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut out = Vec::new();
    visit(root, root, &mut out);
    out
}
