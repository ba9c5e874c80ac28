//! Checks any OCFL 1.0 or 1.1 object by the specification, ours or another program's. It shares no reading code
//! with the writer, so that one mistake is not made twice. Codes are the specification's own (E…, W…).

mod across;
mod disk;
mod inventory;

use std::path::{Path, PathBuf};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    /// The code of the OCFL specification, for example `E092`; `layout` for an object in the wrong folder, `io` for
    /// bytes that could not be read.
    pub code: &'static str,
    /// The file or folder, relative to the object; empty for the object itself.
    pub path: String,
    /// What is wrong.
    pub what: What,
}

/// What is wrong with a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum What {
    /// Its bytes are not those that were stored. Digests in hexadecimal.
    Differs {
        /// `sha512`, `sha256`…
        algorithm: &'static str,
        /// What the inventory or sidecar says.
        expected: String,
        /// What the bytes on disk give.
        found: String,
    },
    /// It is listed and not there.
    Missing {
        /// The digest it should have, where known.
        expected: Option<String>,
    },
    /// It is there and not listed.
    Extra,
    /// Anything else, in words.
    Wrong(String),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = if self.path.is_empty() { "the object" } else { &self.path };
        write!(f, "{} {path}: ", self.code)?;
        match &self.what {
            What::Differs { algorithm, expected, found } => {
                write!(f, "differs: {algorithm} is {found} instead of {expected}")
            }
            What::Missing { expected: Some(digest) } => write!(f, "missing (digest {digest})"),
            What::Missing { expected: None } => write!(f, "missing"),
            What::Extra => write!(f, "does not belong here"),
            What::Wrong(why) => f.write_str(why),
        }
    }
}

/// The outcome for one object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectReport {
    /// The object's folder.
    pub folder: PathBuf,
    /// Its id as the root inventory states it.
    pub id: Option<String>,
    /// What makes it invalid.
    pub errors: Vec<Problem>,
    /// What is allowed and unwise.
    pub warnings: Vec<Problem>,
    /// Content files read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a report comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing to say.
    Valid,
    /// Valid, with warnings.
    Warnings,
    /// Not valid.
    Invalid,
}

impl ObjectReport {
    /// Errors weigh more than warnings.
    pub fn verdict(&self) -> Verdict {
        match (self.errors.is_empty(), self.warnings.is_empty()) {
            (false, _) => Verdict::Invalid,
            (true, false) => Verdict::Warnings,
            (true, true) => Verdict::Valid,
        }
    }

    fn error(&mut self, code: &'static str, path: &str, what: What) {
        let problem = Problem { code, path: path.to_owned(), what };
        if !self.errors.contains(&problem) {
            self.errors.push(problem);
        }
    }

    fn wrong(&mut self, code: &'static str, path: &str, why: impl Into<String>) {
        self.error(code, path, What::Wrong(why.into()));
    }

    fn warn(&mut self, code: &'static str, path: &str, why: impl Into<String>) {
        let problem = Problem { code, path: path.to_owned(), what: What::Wrong(why.into()) };
        if !self.warnings.contains(&problem) {
            self.warnings.push(problem);
        }
    }
}

/// Reads everything in the folder and reports. Never fails: what cannot be read is in the report.
pub fn validate_object(folder: &Path) -> ObjectReport {
    let mut report = ObjectReport { folder: folder.to_owned(), ..ObjectReport::default() };
    let Some(declared) = disk::declaration(folder, &mut report) else { return report };
    let Some(root) = disk::inventory_in(folder, "", &mut report) else { return report };
    let Some(inventory) = inventory::check(&root.json, "inventory.json", &mut report) else { return report };
    report.id = inventory.id.clone();
    if inventory.spec.is_some_and(|spec| spec != declared) {
        report.wrong("E038", "inventory.json", format!("its type is not that of OCFL {declared}"));
    }
    let layout = disk::check_root_entries(folder, &inventory, &mut report);
    let others = across::check_versions(folder, &layout, &root, &inventory, &mut report);
    disk::check_content(folder, &layout, &inventory, &others, &mut report);
    report
}
