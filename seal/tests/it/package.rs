//! A whole package: which file differs, which is missing, which nobody listed.

use std::os::unix::fs::symlink;

use seal::{
    DirectoryFiles, ManifestState, PackageFiles, PackageReport, SIGNATURE_PATH, SignatureVerdict,
    sign_detached, verify_package,
};

use crate::support::*;

const PAGE: &str = "representations/rep2/data/trang 001.jpg";

struct Sealed {
    scratch: Scratch,
    anchors: Vec<Vec<u8>>,
    manifest: Vec<u8>,
}

impl Sealed {
    fn new() -> Self {
        let scratch = Scratch::new();
        let keys = trial_keys();
        let manifest = small_case(&scratch).to_bytes();
        let p7s = sign_detached(&manifest, &[&trial_signer(&keys)], trial_start()).expect("sealed");
        scratch.write(SIGNATURE_PATH, p7s);
        Self { scratch, anchors: vec![keys.ca_certificate_der], manifest }
    }

    fn report(&self) -> PackageReport {
        let files = DirectoryFiles::open(self.scratch.root()).expect("the folder");
        verify_package(&files, &self.anchors, trial_start())
    }
}

#[test]
fn a_sealed_package_is_good() {
    let sealed = Sealed::new();
    let report = sealed.report();
    assert!(report.is_good(), "{report:?}");
    assert_eq!(report.matching, 4);
    let sizes = sealed.scratch.must("find metadata representations -type f -printf %s\\n");
    let sum: u64 = String::from_utf8_lossy(&sizes).lines().map(|l| l.parse::<u64>().expect("size")).sum();
    assert_eq!(report.bytes, sum);
    let digest = digest_by_coreutils(&sealed.scratch, seal::MANIFEST_PATH);
    assert_eq!(report.manifest, ManifestState::Canonical { sha256: digest, files: 4 });
}

#[test]
fn a_changed_page_is_named_and_the_signature_stays_right() {
    let sealed = Sealed::new();
    let before = digest_by_coreutils(&sealed.scratch, PAGE);
    sealed.scratch.write(PAGE, "ảnh mớt");
    let report = sealed.report();
    assert!(!report.is_good() && report.signature.is_valid());
    let [differing] = report.differing.as_slice() else { panic!("{report:?}") };
    assert_eq!(differing.path, PAGE);
    assert_eq!(differing.expected, before);
    assert_eq!(differing.found, digest_by_coreutils(&sealed.scratch, PAGE));
}

#[test]
fn a_changed_manifest_fails_its_signature_and_still_names_the_page() {
    let sealed = Sealed::new();
    sealed.scratch.write(PAGE, "ảnh hai");
    let changed = String::from_utf8(sealed.manifest.clone()).expect("text");
    let new = digest_by_coreutils(&sealed.scratch, PAGE).to_string();
    let lines = changed
        .lines()
        .map(|l| if l.ends_with(PAGE) { format!("{new}  {PAGE}\n") } else { format!("{l}\n") });
    sealed.scratch.write(seal::MANIFEST_PATH, lines.collect::<String>());
    let report = sealed.report();
    assert!(report.files_are_good(), "the forger made list and page agree: {report:?}");
    assert!(matches!(report.signature, SignatureVerdict::Altered { .. }), "{report:?}");
    assert!(!report.is_good());

    // One byte of the manifest: the signature fails, and the file of that line differs.
    let mut one_byte = sealed.manifest.clone();
    one_byte[0] = if one_byte[0] == b'0' { b'1' } else { b'0' };
    sealed.scratch.write(seal::MANIFEST_PATH, &one_byte);
    let report = sealed.report();
    assert!(matches!(report.signature, SignatureVerdict::Altered { .. }));
    let names: Vec<&str> = report.differing.iter().map(|d| d.path.as_str()).collect();
    assert_eq!(names, ["metadata/other/case.json", PAGE]);

    // Not even in the right form any more: what can be read is still compared.
    let mut upper = sealed.manifest.clone();
    upper[..64].make_ascii_uppercase();
    sealed.scratch.write(seal::MANIFEST_PATH, &upper);
    let report = sealed.report();
    assert!(matches!(report.manifest, ManifestState::NotCanonical { .. }), "{report:?}");
    assert_eq!(report.differing.len(), 1);
    assert_eq!(report.unlisted, ["metadata/other/case.json"]);
}

#[test]
fn missing_unlisted_and_unreadable_files_are_told_apart() {
    let sealed = Sealed::new();
    let scratch = &sealed.scratch;
    std::fs::remove_file(scratch.path(PAGE)).expect("removed");
    scratch.write("representations/rep2/data/thêm.jpg", "x");
    scratch.must("mkfifo pipe");
    std::fs::remove_file(scratch.path("representations/rep2/data/trang 002.jpg")).expect("removed");
    symlink("/etc/hostname", scratch.path("representations/rep2/data/trang 002.jpg")).expect("link");
    symlink("/etc", scratch.path("folder-link")).expect("link");
    let report = sealed.report();
    assert_eq!(report.missing, [PAGE]);
    assert_eq!(report.unlisted, ["representations/rep2/data/thêm.jpg"]);
    let unreadable: Vec<&str> = report.unreadable.iter().map(|u| u.path.as_str()).collect();
    assert_eq!(unreadable, ["folder-link", "pipe", "representations/rep2/data/trang 002.jpg"]);
    assert!(report.signature.is_valid() && !report.is_good() && report.matching == 2);
}

#[test]
fn nothing_lies_beside_manifest_and_signature_unnoticed() {
    let sealed = Sealed::new();
    let strange = ["seal/Manifest.p7s", "seal/evil.txt", "seal/manifest.p7s.old/x", "seal2"];
    for path in strange {
        sealed.scratch.write(path, "x");
    }
    let report = sealed.report();
    assert_eq!(report.unlisted, strange);
    assert!(!report.files_are_good() && !report.is_good());
}

#[test]
fn an_unsealed_or_empty_folder_is_not_good() {
    let sealed = Sealed::new();
    std::fs::remove_file(sealed.scratch.path(SIGNATURE_PATH)).expect("removed");
    let report = sealed.report();
    assert_eq!(report.signature, SignatureVerdict::Missing);
    assert!(report.files_are_good() && !report.is_good());
    std::fs::remove_file(sealed.scratch.path(seal::MANIFEST_PATH)).expect("removed");
    let report = sealed.report();
    assert_eq!(report.manifest, ManifestState::Missing);
    assert_eq!(report.unlisted.len(), 4);

    let empty = Scratch::new();
    let files = DirectoryFiles::open(empty.root()).expect("the folder");
    assert!(!verify_package(&files, &sealed.anchors, trial_start()).is_good());
    assert!(DirectoryFiles::open(&empty.path("none")).is_err());
    for outside in ["../x", "/etc/hostname", "seal/../x", "", "."] {
        assert!(files.open(outside).is_err(), "{outside}");
    }
}
