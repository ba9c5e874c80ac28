//! A module that nobody names is a test that never runs.

use std::path::Path;

#[test]
fn every_test_file_of_every_crate_is_a_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut forgotten = Vec::new();
    for member in std::fs::read_dir(&root).unwrap() {
        let folder = member.unwrap().path().join("tests/it");
        let Ok(main) = std::fs::read_to_string(folder.join("main.rs")) else { continue };
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let is_module = path.extension().is_some_and(|e| e == "rs") || path.join("mod.rs").is_file();
            if is_module && stem != "main" && !main.contains(&format!("mod {stem};")) {
                forgotten.push(path.display().to_string());
            }
        }
    }
    assert!(forgotten.is_empty(), "not named in main.rs: {forgotten:?}");
}
