//! The seal before its judges: `openssl` and `sha256sum` of the system decide what is right.
#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start the judges")]

mod foreign;
mod judges;
mod keys;
mod mutation;
mod package;
mod support;

#[test]
fn no_file_of_this_folder_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let own = include_str!("main.rs");
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("text");
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || own.contains(&format!("mod {module};")), "{name} is not in main.rs");
    }
}
