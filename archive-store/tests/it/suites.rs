//! The OCFL editors' own objects: our verdict must be theirs on every one.

use crate::provided::suite;
use archive_store::{Verdict, validate_object};

#[test]
fn our_verdict_is_that_of_the_ocfl_editors() {
    let suite = suite("ocfl");
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (group, expected) in [
        ("1.0/good-objects", Verdict::Valid),
        ("1.0/warn-objects", Verdict::Warnings),
        ("1.0/bad-objects", Verdict::Invalid),
        ("1.1/good-objects", Verdict::Valid),
        ("1.1/warn-objects", Verdict::Warnings),
    ] {
        for entry in std::fs::read_dir(suite.join(group)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let report = validate_object(&path);
            let found = report.errors.iter().chain(&report.warnings);
            let found: Vec<String> = found.map(ToString::to_string).collect();
            // The codes at the front of the folder's name are what the editors expect, some of several.
            let codes: Vec<&str> = name
                .split('_')
                .take_while(|part| part.len() == 4 && part[1..].bytes().all(|b| b.is_ascii_digit()))
                .collect();
            let overlap = codes.is_empty()
                || codes.iter().any(|code| found.iter().any(|problem| problem.starts_with(code)));
            if report.verdict() != expected || !overlap {
                wrong.push(format!("{group}/{name}: {:?}, {found:#?}", report.verdict()));
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked >= 95, "only {checked} objects found");
}
