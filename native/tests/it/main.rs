//! The pool with real worker processes. Each module here is one file of this folder.

#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start programs")]

mod decode_bad;
mod decode_pdf;
mod decode_pictures;
mod decode_support;
mod faults;
mod files;
mod lifetime;
mod protocol;
mod recognise;
mod support;

/// A module that is not named above would never run.
#[test]
fn every_file_of_this_folder_is_a_module() {
    let named = include_str!("main.rs");
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.strip_suffix(".rs").unwrap_or(&name);
        assert!(module == "main" || named.contains(&format!("mod {module};")), "{name} is forgotten");
    }
}
