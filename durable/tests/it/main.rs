//! The crate as others see it, on a real file system.
#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start themselves again")]

mod faults;
mod files;
mod lock;
mod trees;

/// Every file of this folder is part of the binary: a forgotten one would never run.
#[test]
fn no_test_file_is_forgotten() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let main = std::fs::read_to_string(format!("{here}/main.rs")).unwrap();
    for entry in std::fs::read_dir(here).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.strip_suffix(".rs").expect("only Rust files here");
        assert!(module == "main" || main.contains(&format!("\nmod {module};")), "{name} is not in main.rs");
    }
}
