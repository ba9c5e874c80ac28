//! The OCFL editors' own objects: our verdict must be theirs on every one, and our codes those that the object's name gives.

use crate::provided::suite;
use crate::say;
use archive_store::{ObjectReport, Verdict, validate_object};
use std::collections::BTreeSet;
use std::path::Path;

/// Objects of which the name does not give all codes, or several of which one holds: what we say, and why.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("1.0/bad-objects/E001_extra_dir_in_root", "E001 W007", "its version has neither message nor user"),
    ("1.0/bad-objects/E001_extra_file_in_root", "E001 W007", "its version has neither message nor user"),
    (
        "1.0/bad-objects/E001_invalid_version_format",
        "E001 E009 E042 E046 E092",
        "`1` for `v1` is wrong as a folder, as a version, and in every content path",
    ),
    (
        "1.0/bad-objects/E007_bad_declaration_contents",
        "E007 W007",
        "its version has neither message nor user",
    ),
    (
        "1.0/bad-objects/E011_E013_invalid_padded_head_version",
        "E013 E023 E092 W001",
        "the name gives two codes for v10 after v09; v08 lists v1/content for v01/content",
    ),
    (
        "1.0/bad-objects/E015_content_not_in_content_dir",
        "E015 E042 E092",
        "the files lie, and are listed, outside of a content folder",
    ),
    (
        "1.0/bad-objects/E017_invalid_content_dir",
        "E017 E023 E092",
        "what is no folder name does not tell where the content lies",
    ),
    (
        "1.0/bad-objects/E019_inconsistent_content_dir",
        "E019 E042 E092 W002",
        "each inventory finds its content in another folder",
    ),
    ("1.0/bad-objects/E023_extra_file", "E023 W009", "its user has an address that is no URI"),
    (
        "1.0/bad-objects/E025_wrong_digest_algorithm",
        "E001 E015 E025 E058 E092",
        "md5 allows neither its sidecars nor its digests",
    ),
    ("1.0/bad-objects/E040_wrong_head_doesnt_exist", "E040 W007", "its version has neither message nor user"),
    ("1.0/bad-objects/E040_wrong_head_format", "E040 W007", "its version has neither message nor user"),
    ("1.0/bad-objects/E041_no_manifest", "E041 W007", "its version has neither message nor user"),
    (
        "1.0/bad-objects/E049_E050_E054_bad_version_block_values",
        "E049 E050 E054 E094 E107",
        "the message is wrong too, and no state uses the content",
    ),
    (
        "1.0/bad-objects/E050_manifest_digest_wrong_case",
        "E050 E107",
        "what the state names otherwise, no version uses",
    ),
    (
        "1.0/bad-objects/E060_E064_root_inventory_digest_mismatch",
        "E060 E064 W011",
        "the two inventories differ in what they say of v1",
    ),
    (
        "1.0/bad-objects/E060_version_inventory_digest_mismatch",
        "E060 W011",
        "the two inventories differ in what they say of v1",
    ),
    ("1.0/bad-objects/E066_algorithm_change_state_mismatch", "E066 W004", "it uses sha256"),
    (
        "1.0/bad-objects/E067_file_in_extensions_dir",
        "E067 W007 W013",
        "its version has neither message nor user; the other extension is not registered",
    ),
    (
        "1.0/bad-objects/E092_E093_content_path_does_not_exist",
        "E092",
        "the name gives two codes for a file that is not there",
    ),
    ("1.0/bad-objects/E092_algorithm_change_incorrect_digest", "E092 W004", "it uses sha256"),
    (
        "1.0/bad-objects/E096_manifest_duplicate_digests",
        "E096 E101 E107",
        "the second digest names the same path, and no version uses it",
    ),
    ("1.0/bad-objects/E097_fixity_duplicate_digests", "E097 E101", "the second digest names the same path"),
    (
        "1.0/bad-objects/E100_E099_fixity_invalid_content_paths",
        "E023 E092 E093 E099 E100",
        "none of these paths is in the manifest, which names one file that is not there",
    ),
    (
        "1.0/bad-objects/E100_E099_manifest_invalid_content_paths",
        "E023 E042 E092 E099 E100",
        "none of these paths leads to a file, and no file is listed",
    ),
];

#[test]
fn our_verdict_and_codes_are_those_of_the_ocfl_editors() {
    let suite = suite("ocfl");
    let (mut checked, mut wrong, mut excepted) = (0, Vec::new(), BTreeSet::new());
    let mut table = format!("{:<17} {:<48} {:<9} {:<25} reason\n", "group", "object", "verdict", "codes");
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
                Some((_, codes, _)) => codes.split(' ').collect(),
                None => codes_in(&name),
            };
            excepted.extend(exception.map(|(object, ..)| *object));
            let said: Vec<&str> = found.iter().copied().collect();
            let reason = exception.map_or("", |(.., why)| why);
            table += &format!(
                "{group:<17} {name:<48} {:<9} {:<25} {reason}\n",
                format!("{:?}", report.verdict()),
                said.join(" ")
            );
            if report.verdict() != expected || found != wanted {
                wrong
                    .push(format!("{group}/{name}: {:?}, {found:?} instead of {wanted:?}", report.verdict()));
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
        let said: BTreeSet<&str> = codes.split(' ').collect();
        assert!(said != named && !said.is_disjoint(&named) && !why.is_empty(), "{object}");
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
