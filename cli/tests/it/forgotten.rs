//! A module that nobody names is a test that never runs.

use crate::provided::workspace;
use std::path::{Path, PathBuf};

/// The test files below a folder whose modules are named in `named_in`, and that are not.
fn forgotten_in(folder: &Path, named_in: &Path, forgotten: &mut Vec<PathBuf>) {
    let names = std::fs::read_to_string(named_in).unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let inner = path.join("mod.rs");
        let is_module = path.extension().is_some_and(|e| e == "rs") || inner.is_file();
        let stem = path.file_stem().unwrap().to_string_lossy();
        let is_named = names.lines().any(|l| l.trim_start_matches("pub(crate) ") == format!("mod {stem};"));
        if is_module && path != named_in && !is_named {
            forgotten.push(path.clone());
        }
        if inner.is_file() {
            forgotten_in(&path, &inner, forgotten);
        }
    }
}

#[test]
fn every_test_file_of_every_crate_is_a_module() {
    let (mut forgotten, mut crates) = (Vec::new(), 0);
    for member in std::fs::read_dir(workspace()).unwrap() {
        let folder = member.unwrap().path().join("tests/it");
        let main = folder.join("main.rs");
        if main.is_file() {
            forgotten_in(&folder, &main, &mut forgotten);
            crates += 1;
        }
    }
    assert!(forgotten.is_empty(), "not named by the module above them: {forgotten:?}");
    assert!(crates >= 10, "{crates} crates with tests");
}
