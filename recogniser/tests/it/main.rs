//! Tests of the crate from outside.

mod containers;
mod mutation;
mod reading;

/// Debian's model, or one from elsewhere.
fn model_bytes(language: &str) -> Vec<u8> {
    let folder = std::env::var("TESSDATA_PREFIX").unwrap_or("/usr/share/tesseract-ocr/5/tessdata".to_owned());
    let path = format!("{folder}/{language}.traineddata");
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path} (package tesseract-ocr-{language}): {e}"))
}

#[test]
fn no_file_is_forgotten() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    for entry in std::fs::read_dir(folder).expect("the folder of this file") {
        let name = entry.expect("readable").file_name().into_string().expect("a plain name");
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || include_str!("main.rs").contains(&format!("mod {module};")), "{name}");
    }
}
