//! Running the judges.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Standard output of a program that has to succeed.
pub(super) fn run(program: &str, args: &[&str]) -> String {
    String::from_utf8_lossy(&run_bytes(program, args)).into_owned()
}

pub(super) fn run_bytes(program: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(args).output();
    let output =
        output.unwrap_or_else(|e| panic!("{program} does not start (install it with ./dev test): {e}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {args:?}: {}\n{stdout}\n{stderr}", output.status);
    output.stdout
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().expect("scratch paths are UTF-8")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Something `./dev` or the machine provides: where it is, or `None` after one visible line. With `CI=true` its
/// absence is a failure.
fn provided(what: &str, variable: &str, default: PathBuf) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map_or(default, PathBuf::from);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{what} is missing ({variable})");
    eprintln!("NOT RUN: {what} is missing, set {variable} or run ./dev test");
    None
}

/// The conformance suites.
pub(super) fn suites() -> Option<PathBuf> {
    provided("the conformance suites", "HOSO_SUITES", workspace().join("../shared/suites"))
}

/// Real scans that may be used in place only.
pub(super) fn samples() -> Option<PathBuf> {
    provided("the samples", "HOSO_SAMPLES", workspace().join("../shared/samples"))
}

/// Asks veraPDF about all files at once, for its start costs seconds.
pub(super) fn assert_pdf_a_2b(files: &[PathBuf]) {
    let Some(verapdf) = provided("veraPDF", "HOSO_VERAPDF", workspace().join(".dev/verapdf/verapdf")) else {
        return;
    };
    let mut command = Command::new(verapdf);
    let output = command.args(["--flavour", "2b", "--format", "text", "-v"]).args(files).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let passed = stdout.lines().filter(|line| line.starts_with("PASS ")).count();
    assert_eq!(passed, files.len(), "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// qpdf finds nothing to say.
pub(super) fn assert_sound(pdf: &Path) {
    let said = run("qpdf", &["--check", text(pdf)]);
    assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
}

/// Copies a result into the folder `HOSO_TEST_OUTPUT`, where that is set, for people to look at.
pub(super) fn keep(file: &Path) {
    if let Some(folder) = std::env::var_os("HOSO_TEST_OUTPUT") {
        let name = file.file_name().expect("a file has a name");
        std::fs::copy(file, Path::new(&folder).join(name)).unwrap();
    }
}
