//! The manuals say what the program takes, and every decision stands in the list of decisions.

use crate::support::{HOSO, files_below, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The lines of a manual that start the program, continued lines joined.
fn commands(manual: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(manual)).unwrap().replace("\\\n", " ");
    text.lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .filter(|line| line.starts_with("hoso "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_of_the_manuals_is_one_the_program_takes() {
    for manual in ["README.md", "docs/trial.md", "docs/keeping.md"] {
        let commands = commands(manual);
        assert!(commands.len() > 4, "{manual}: {commands:?}");
        for command in commands {
            // The shell splits the words; help is asked for last, when the words before it were understood.
            let script = format!("hoso() {{ \"$0\" \"$@\" --help >/dev/null || exit 2; }}\n{command}");
            let said = run(Command::new("sh").args(["-c", &script, HOSO]));
            assert_eq!(said.exit, 0, "{manual}: {command}\n{}", said.all());
        }
    }
}

#[test]
fn every_decision_stands_in_the_list() {
    let folder = root().join("docs/decisions");
    let list = fs::read_to_string(folder.join("README.md")).unwrap();
    let notes = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for note in notes.filter(|note| note != "README.md") {
        assert!(list.contains(&format!("({note})")), "{note}");
    }
}

/// Both spellings are right; a screen that uses both looks careless. Ours is that of the circulars: `khóa`, `hủy`.
#[test]
fn marks_stand_where_the_circulars_put_them() {
    let mut files = vec![root().join("README.md"), root().join("GLOSSARY.md"), root().join("docs/trial.md")];
    for folder in ["cli/src", "access/src", "record/src"] {
        files.extend(files_below(&root().join(folder)));
    }
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let words = text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
        for word in words {
            let other = ["khoá", "hoá", "toà", "xoá", "huỷ"].contains(&word.as_str());
            assert!(!other, "{}: {word}", file.display());
        }
    }
}
