//! The OCFL editors' own objects: our verdict must be theirs on every one, and our codes those that the object's name gives.

use crate::provided::suite;
use crate::say;
use archive_store::{ObjectReport, Verdict, validate_object};
use std::collections::BTreeSet;
use std::path::Path;

/// Objects of which the name does not give all codes, or gives others: what we say, and why.
const OTHERWISE: &[(&str, &[&str], &str)] = &[];

#[test]
fn our_verdict_and_codes_are_those_of_the_ocfl_editors() {
    let suite = suite("ocfl");
    let (mut checked, mut wrong, mut excepted) = (0, Vec::new(), BTreeSet::new());
    let mut table = format!("{:<17} {:<48} {:<9} {:<20} reason\n", "group", "object", "verdict", "codes");
    for (group, expected) in [
        ("1.0/good-objects", Verdict::Valid),
        ("1.0/warn-objects", Verdict::Warnings),
        ("1.0/bad-objects", Verdict::Invalid),
        ("1.1/good-objects", Verdict::Valid),
        ("1.1/warn-objects", Verdict::Warnings),
    ] {
        let mut objects: Vec<_> =
            std::fs::read_dir(suite.join(group)).unwrap().map(|entry| entry.unwrap().path()).collect();
        objects.sort();
        for path in objects {
            let name = name_of(&path);
            let report = validate_object(&path);
            let found = codes(&report);
            let exception = OTHERWISE.iter().find(|(object, ..)| *object == format!("{group}/{name}"));
            let wanted: BTreeSet<&str> = match exception {
                Some((_, codes, _)) => codes.iter().copied().collect(),
                None => codes_in(&name),
            };
            excepted.extend(exception.map(|(object, ..)| *object));
            let said: Vec<&str> = found.iter().copied().collect();
            let reason = exception.map_or("", |(.., why)| why);
            table += &format!(
                "{group:<17} {name:<48} {:<9} {:<20} {reason}\n",
                format!("{:?}", report.verdict()),
                said.join(" ")
            );
            if report.verdict() != expected || found != wanted {
                wrong
                    .push(format!("{group}/{name}: {:?}, {found:?} instead of {wanted:?}", report.verdict()));
            }
            if std::env::var_os("DBG").is_some() && report.verdict() != Verdict::Valid {
                for p in report.errors.iter().chain(&report.warnings) {
                    say(&format!("DBG {name}: {p}\n"));
                }
            }
            checked += 1;
        }
    }
    table +=
        &format!("{checked} objects, {} differ, {} exceptions with a reason\n", wrong.len(), excepted.len());
    say(&table);
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(excepted.len(), OTHERWISE.len(), "an exception is of no object");
    assert_eq!(checked, 101);
}

/// An exception is one: its codes are not those of the name, and its verdict is told by the codes all the same.
#[test]
fn exceptions_say_why_and_are_needed() {
    for (object, codes, why) in OTHERWISE {
        let name = name_of(Path::new(object));
        let named = codes_in(&name);
        let said: BTreeSet<&str> = codes.iter().copied().collect();
        assert!(said != named && said.len() == codes.len() && !why.is_empty(), "{object}");
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The codes at the front of the folder's name.
fn codes_in(name: &str) -> BTreeSet<&str> {
    let is_code = |part: &&str| part.len() == 4 && part[1..].bytes().all(|b| b.is_ascii_digit());
    name.split('_').take_while(is_code).collect()
}

fn codes(report: &ObjectReport) -> BTreeSet<&'static str> {
    report.errors.iter().chain(&report.warnings).map(|problem| problem.code).collect()
}
