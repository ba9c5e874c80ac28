//! What tests are given from outside: other people's programs that judge our work, samples, conformance suites. Test
//! crates take this file in with `#[path]`. One rule for all: what is missing fails the test and is named together with
//! what installs it. Nothing is passed over, for a test that did not run looks like one that passed.

#![allow(dead_code, reason = "no crate needs everything")]
#![allow(clippy::disallowed_methods, reason = "tests start judges")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates lie in the workspace").to_owned()
}

/// A program or library in the folder that `./dev` fills.
pub(crate) fn from_dev(path: &str) -> PathBuf {
    let path = workspace().join(".dev").join(path);
    assert!(path.exists(), "{} is missing: ./dev setup test installs it", path.display());
    path
}

/// Where a program of the system lies, found by its name.
pub(crate) fn program_path(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: ./dev setup test installs it"))
}

/// A program of the system, found by its name; or any, by its path.
pub(crate) fn program(name: &str) -> Command {
    if name.contains('/') { Command::new(name) } else { Command::new(program_path(name)) }
}

/// The library Pdfium: where `HOSO_PDFIUM` says, else that of `./dev`.
pub(crate) fn pdfium() -> PathBuf {
    std::env::var_os("HOSO_PDFIUM").map_or_else(|| from_dev("pdfium/libpdfium.so"), PathBuf::from)
}

/// A file or folder of the samples.
pub(crate) fn sample(path: &str) -> PathBuf {
    shared("HOSO_SAMPLES", "samples", path)
}

/// A file or folder of the conformance suites.
pub(crate) fn suite(path: &str) -> PathBuf {
    shared("HOSO_SUITES", "suites", path)
}

fn shared(variable: &str, default: &str, path: &str) -> PathBuf {
    let folder =
        std::env::var_os(variable).map_or_else(|| workspace().join("../shared").join(default), PathBuf::from);
    let path = folder.join(path);
    assert!(path.exists(), "{} is missing: set {variable} to the folder of the {default}", path.display());
    path
}
