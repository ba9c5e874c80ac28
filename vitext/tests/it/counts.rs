//! The counts of `vitext::bigram` are those of the texts that are set aside for language statistics.

use std::path::Path;

const TEXTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/texts/statistics");
const COUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bigrams.txt");

/// With `HOSO_COUNT_AGAIN=1` the counts are written anew.
#[test]
fn the_counts_are_those_of_the_texts() {
    let mut files: Vec<_> = std::fs::read_dir(TEXTS).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "txt"));
    assert_eq!(files.len(), 4);
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let counted = vitext::bigram::counted(texts.iter().map(String::as_str));
    if std::env::var_os("HOSO_COUNT_AGAIN").is_some() {
        std::fs::write(Path::new(COUNTS), &counted).unwrap();
    }
    assert!(counted == std::fs::read_to_string(COUNTS).unwrap(), "count again: HOSO_COUNT_AGAIN=1");
}

/// Counted by hand in the texts (`grep -oi`).
#[test]
fn some_counts_are_right() {
    let counts = std::fs::read_to_string(COUNTS).unwrap();
    let follows = |syllable: &str, next: &str| {
        let line = counts.lines().find(|l| l.starts_with(&format!("{syllable} ")))?;
        let fields: Vec<&str> = line.split(' ').skip(2).collect();
        fields.chunks(2).find(|pair| pair[0] == next)?[1].parse::<u32>().ok()
    };
    assert_eq!(follows("đăng", "ký"), Some(333));
    assert_eq!(follows("biên", "chế"), Some(7));
    assert_eq!(follows("ký", "đăng"), None);
}
