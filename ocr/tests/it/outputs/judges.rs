//! Running the judges.

use crate::provided::{self, from_dev};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Standard output of a program that has to succeed.
pub(super) fn run(program: &str, args: &[&str]) -> String {
    String::from_utf8_lossy(&run_bytes(program, args)).into_owned()
}

pub(super) fn run_bytes(program: &str, args: &[&str]) -> Vec<u8> {
    let output = provided::program(program).args(args).output();
    let output = output.unwrap_or_else(|e| panic!("{program} does not start: {e}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {args:?}: {}\n{stdout}\n{stderr}", output.status);
    output.stdout
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().expect("scratch paths are UTF-8")
}

/// Asks veraPDF about all files at once, for its start costs seconds.
pub(super) fn assert_pdf_a_2b(files: &[PathBuf]) {
    let mut command = Command::new(from_dev("verapdf/verapdf"));
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
