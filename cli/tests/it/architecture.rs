//! ARCHITECTURE.md against the crates as they are.

use crate::support::files_below;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

type Edges = BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>;

/// The table: crate → (own crates it may use, own crates its tests may use too).
fn table() -> Edges {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut edges = Edges::new();
    let rows =
        text.lines().skip_while(|l| !l.starts_with("| crate |")).skip(2).take_while(|l| l.starts_with('|'));
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{row}");
        let names = |cell: &str| match cell {
            "–" => BTreeSet::new(),
            list => list.split(", ").map(str::to_owned).collect(),
        };
        edges.insert(cells[0].to_owned(), (names(cells[2]), names(cells[3])));
    }
    edges
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The crates: name → dependencies as (name, is it for tests only).
fn crates() -> BTreeMap<String, Vec<(String, bool)>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let dependencies = |package: &Value| {
        let list = package["dependencies"].as_array().unwrap().iter();
        list.map(|d| (d["name"].as_str().unwrap().to_owned(), d["kind"] == "dev")).collect()
    };
    packages.map(|p| (p["name"].as_str().unwrap().to_owned(), dependencies(p))).collect()
}

#[test]
fn the_table_of_edges_is_true() {
    let (table, crates) = (table(), crates());
    let names = |edges: Vec<&String>| edges.into_iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        names(table.keys().collect()),
        names(crates.keys().collect()),
        "crates of table and workspace"
    );
    for (name, dependencies) in &crates {
        let (may_use, in_tests) = &table[name];
        let own = |dev: bool| -> BTreeSet<String> {
            let ours = dependencies.iter().filter(|(d, is_dev)| *is_dev == dev && crates.contains_key(d));
            ours.map(|(d, _)| d.clone()).collect()
        };
        assert_eq!(own(false), *may_use, "what {name} uses, against ARCHITECTURE.md");
        let undeclared: Vec<String> =
            own(true).into_iter().filter(|d| !may_use.contains(d) && !in_tests.contains(d)).collect();
        assert!(undeclared.is_empty(), "tests of {name} use {undeclared:?}, not in ARCHITECTURE.md");
    }
}

#[test]
fn foreign_crates_stay_in_their_rooms() {
    let rooms: [(&str, &[&str]); 11] = [
        ("rustic_core", &["archive-store"]),
        ("tantivy", &["index"]),
        ("tesseract-rs", &["native"]),
        ("pdfium-render", &["native"]),
        ("tokio", &["access", "cli", "archive-store"]),
        ("object_store", &["archive-store"]),
        ("axum", &["access"]),
        ("rusqlite", &["pipeline", "cli"]),
        ("pdf-writer", &["ocr", "pipeline", "fixtures"]),
        ("cms", &["seal"]),
        ("clap", &["cli", "fixtures", "benches"]),
    ];
    for (name, dependencies) in crates() {
        for (foreign, allowed) in rooms {
            let used = dependencies.iter().any(|(d, dev)| d == foreign && !dev);
            assert!(!used || allowed.contains(&name.as_str()), "{name} uses {foreign}; only {allowed:?} may");
        }
    }
    let record = &crates()["record"];
    let pure = ["jiff", "thiserror"];
    assert!(record.iter().all(|(d, _)| pure.contains(&d.as_str())), "record is pure: {record:?}");
}

#[test]
fn unsafe_code_is_in_native_and_the_kernels_alone() {
    for name in crates().into_keys() {
        let manifest = std::fs::read_to_string(root().join(&name).join("Cargo.toml")).unwrap();
        let inherits = manifest.contains("[lints]\nworkspace = true");
        let may = ["native", "recogniser"].contains(&name.as_str());
        assert_eq!(inherits, !may, "{name}: the workspace's lints forbid unsafe code");
    }
}

/// INV-A5: case files are destroyed in one place, after two people decided so.
#[test]
fn case_files_are_destroyed_in_one_place() {
    let sources = crates().into_keys().flat_map(|name| files_below(&root().join(name).join("src")));
    let calls = sources.filter(|path| {
        path.extension().is_some_and(|ending| ending == "rs")
            && std::fs::read_to_string(path).unwrap().contains(".purge(")
    });
    let mut places: Vec<PathBuf> =
        calls.map(|path| path.strip_prefix(root()).unwrap().parent().unwrap().to_owned()).collect();
    places.dedup();
    assert_eq!(places, [Path::new("pipeline/src/destruction")]);
}

#[test]
fn versions_stand_in_the_root_alone() {
    for name in crates().into_keys() {
        let manifest = std::fs::read_to_string(root().join(&name).join("Cargo.toml")).unwrap();
        let section = |line: &str| line.starts_with('[').then(|| line.contains("dependencies"));
        let mut inside = false;
        for line in manifest.lines() {
            inside = section(line).unwrap_or(inside);
            let is_entry = inside && !line.starts_with('[') && line.contains('=') && !line.starts_with('#');
            assert!(!is_entry || line.contains("workspace = true"), "{name}: {line}");
        }
    }
}
