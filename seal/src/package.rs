//! Checking a whole package: every file against the manifest, the manifest against its signature.

use std::collections::BTreeSet;
use std::io::{self, Read};

use record::{Sha256, Timestamp};
use sha2::Digest;

use crate::batch::{BATCH_PATH, BATCH_PROOF_PATH, MAX_BATCH_BYTES};
use crate::experimental::{EXPERIMENTAL_PATH, ExperimentalVerdict};
use crate::manifest::{MAX_MANIFEST_BYTES, Manifest, ManifestEntry, ManifestError};
use crate::sealed::{SealFiles, judge_seal};
use crate::statement::{
    CASE_PATH, MAX_CASE_BYTES, MAX_STATEMENT_BYTES, STATEMENT_PATH, Statement, StatementFault,
};
use crate::trust::Trust;
use crate::verify::{MAX_SIGNATURE_BYTES, SignatureVerdict};

/// The folder the manifest does not list.
pub const SEAL_FOLDER: &str = "seal/";
/// Where the manifest lies in a package.
pub const MANIFEST_PATH: &str = "seal/manifest-sha256.txt";
/// Where its signature lies.
pub const SIGNATURE_PATH: &str = "seal/manifest.p7s";

/// All that the folder [`SEAL_FOLDER`] may hold: nothing vouches for these but the seal itself.
pub const SEAL_FILES: [&str; 5] =
    [MANIFEST_PATH, SIGNATURE_PATH, BATCH_PATH, BATCH_PROOF_PATH, EXPERIMENTAL_PATH];
const BUFFER_BYTES: usize = 256 << 10;

/// What a package holds: names, and things that are no ordinary files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Every ordinary file, relative, parts separated by `/`, in any order.
    pub files: Vec<String>,
    /// What cannot be checked: symbolic links, devices, names that are no text, folders that cannot be
    /// entered. Each with the reason.
    pub refused: Vec<UnreadableFile>,
}

/// The files of one package: a folder, an OCFL version, an archive file.
pub trait PackageFiles {
    /// Every file, those in `seal/` too. An error means that nothing could be listed at all.
    fn list(&self) -> io::Result<Listing>;

    /// The contents of one file of the list.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>>;

    /// SHA-256 and length of a file that has just been read for another check: it is not read again for this one.
    fn read_before(&self, _path: &str) -> Option<(Sha256, u64)> {
        None
    }
}

/// A file whose contents are not what the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferingFile {
    pub path: String,
    /// What the manifest says.
    pub expected: Sha256,
    /// What the file has.
    pub found: Sha256,
}

/// A file, or something in a file's place, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableFile {
    pub path: String,
    pub reason: String,
}

/// The state of `seal/manifest-sha256.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestState {
    /// There, and in its one form.
    Canonical {
        sha256: Sha256,
        files: usize,
    },
    /// There, but not as `hoso` writes it. Files were compared with the lines that can still be read.
    NotCanonical {
        sha256: Sha256,
        error: ManifestError,
    },
    Missing,
    Unreadable {
        reason: String,
    },
}

/// What is to be said of a package. Lists are sorted by the bytes of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageReport {
    pub manifest: ManifestState,
    /// Over the raw bytes of the manifest, or of the batch it is one of.
    pub signature: SignatureVerdict,
    /// The experimental second signature, where there is one. No verdict here hangs on it.
    pub experimental: Option<ExperimentalVerdict>,
    /// What two people stated when it was sealed, where they did; to be believed as far as the rest is good.
    pub statement: Option<Statement>,
    /// What does not agree with the statement.
    pub statement_faults: Vec<StatementFault>,
    /// Files that are as the manifest says.
    pub matching: usize,
    /// Bytes read for this.
    pub bytes: u64,
    pub differing: Vec<DifferingFile>,
    /// Listed, but not there.
    pub missing: Vec<String>,
    /// There, but not listed; in `seal/` whatever is neither manifest nor signature.
    pub unlisted: Vec<String>,
    pub unreadable: Vec<UnreadableFile>,
}

impl PackageReport {
    /// Everything is as it was sealed, by somebody trusted.
    pub fn is_good(&self) -> bool {
        self.files_are_good() && self.signature.is_valid() && self.statement_faults.is_empty()
    }

    /// Every file is as it was sealed, by somebody trusted; but whether a certificate was revoked is not known.
    pub fn is_open(&self) -> bool {
        self.files_are_good() && self.signature.is_open() && self.statement_faults.is_empty()
    }

    /// The experimental second signature was changed or damaged. The seal is what it is without it, but somebody must be told.
    pub fn experimental_is_broken(&self) -> bool {
        self.experimental.as_ref().is_some_and(ExperimentalVerdict::is_broken)
    }

    /// Every file is as the manifest says, whoever signed it.
    pub fn files_are_good(&self) -> bool {
        matches!(self.manifest, ManifestState::Canonical { .. })
            && self.differing.is_empty()
            && self.missing.is_empty()
            && self.unlisted.is_empty()
            && self.unreadable.is_empty()
    }
}

/// Reads every file once and compares it with the manifest; checks the manifest's signature (see
/// [`crate::verify_detached`] for `anchors` and `at`). Never fails: what cannot be read stands in the report.
/// Memory does not grow with the size of files.
pub fn verify_package(files: &dyn PackageFiles, anchors: &[Vec<u8>], at: Timestamp) -> PackageReport {
    verify_with(files, &Trust::of_certificates(anchors), at)
}

/// The same, with all that is known of authorities and revocations.
pub(crate) fn verify_with(files: &dyn PackageFiles, trust: &Trust, at: Timestamp) -> PackageReport {
    let (listing, list_error) = match files.list() {
        Ok(listing) => (listing, None),
        Err(e) => (Listing::default(), Some(UnreadableFile { path: String::new(), reason: e.to_string() })),
    };
    let manifest_bytes = read_small(files, MANIFEST_PATH, MAX_MANIFEST_BYTES);
    // Some kinds of packages do not say of a file that cannot be opened whether it is there.
    let is_there = |path: &str| listing.files.iter().any(|file| file == path);
    let small = |path, limit| match read_small(files, path, limit) {
        _ if !is_there(path) => None,
        Small::Bytes(bytes) => Some(bytes),
        // One that cannot be read proves nothing.
        Small::Unreadable(_) => Some(Vec::new()),
        Small::Missing => None,
    };
    let (batch, batch_proof) = (small(BATCH_PATH, MAX_BATCH_BYTES), small(BATCH_PROOF_PATH, MAX_BATCH_BYTES));
    let statement = small(STATEMENT_PATH, MAX_STATEMENT_BYTES);
    let (signature, statement, mut statement_faults) =
        match (&manifest_bytes, read_small(files, SIGNATURE_PATH, MAX_SIGNATURE_BYTES)) {
            (_, Small::Missing) => (SignatureVerdict::Missing, None, Vec::new()),
            (_, Small::Unreadable(reason)) => (SignatureVerdict::Malformed { reason }, None, Vec::new()),
            (Small::Bytes(manifest), Small::Bytes(signature)) => {
                let (batch, batch_proof) = (batch.as_deref(), batch_proof.as_deref());
                let statement = statement.as_deref();
                let seal = SealFiles { manifest, signature: &signature, batch, batch_proof, statement };
                judge_seal(&seal, trust, at)
            }
            (_, Small::Bytes(_)) => {
                let reason = "there is no manifest to compare with".into();
                (SignatureVerdict::Altered { reason }, None, Vec::new())
            }
        };
    let experimental = match (&manifest_bytes, read_small(files, EXPERIMENTAL_PATH, MAX_SIGNATURE_BYTES)) {
        _ if !is_there(EXPERIMENTAL_PATH) => None,
        (_, Small::Missing) => None,
        (_, Small::Unreadable(reason)) => Some(ExperimentalVerdict::Malformed { reason }),
        (Small::Bytes(manifest), Small::Bytes(p7s)) => Some(trust.verify_experimental(manifest, &p7s, at)),
        (_, Small::Bytes(_)) => {
            let reason = "there is no manifest to compare with".into();
            Some(ExperimentalVerdict::Altered { reason })
        }
    };
    if let Some(statement) = &statement {
        let case = small(CASE_PATH, MAX_CASE_BYTES).unwrap_or_default();
        statement_faults.extend(statement.against_case(&case));
    }
    let (manifest, entries) = match manifest_bytes {
        Small::Missing => (ManifestState::Missing, Vec::new()),
        Small::Unreadable(reason) => (ManifestState::Unreadable { reason }, Vec::new()),
        Small::Bytes(bytes) => read_manifest(&bytes),
    };
    let mut report = PackageReport {
        manifest,
        signature,
        experimental,
        statement,
        statement_faults,
        matching: 0,
        bytes: 0,
        differing: Vec::new(),
        missing: Vec::new(),
        unlisted: Vec::new(),
        unreadable: listing.refused,
    };
    report.unreadable.extend(list_error);
    let mut found: BTreeSet<String> =
        listing.files.into_iter().filter(|p| !SEAL_FILES.contains(&p.as_str())).collect();
    let mut buffer = vec![0; BUFFER_BYTES];
    for entry in entries {
        if !found.remove(&entry.path) {
            if !report.unreadable.iter().any(|u| u.path == entry.path) {
                report.missing.push(entry.path);
            }
            continue;
        }
        compare(files, entry, &mut buffer, &mut report);
    }
    report.unlisted = found.into_iter().collect();
    report.unreadable.sort_by(|a, b| a.path.cmp(&b.path));
    report
}

fn compare(files: &dyn PackageFiles, entry: ManifestEntry, buffer: &mut [u8], report: &mut PackageReport) {
    let found = files.read_before(&entry.path);
    match found.map_or_else(|| digest(files, &entry.path, buffer), Ok) {
        Ok((found, bytes)) => {
            report.bytes += bytes;
            if found == entry.sha256 {
                report.matching += 1;
            } else {
                report.differing.push(DifferingFile { path: entry.path, expected: entry.sha256, found });
            }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => report.missing.push(entry.path),
        Err(e) => report.unreadable.push(UnreadableFile { path: entry.path, reason: e.to_string() }),
    }
}

fn digest(files: &dyn PackageFiles, path: &str, buffer: &mut [u8]) -> io::Result<(Sha256, u64)> {
    let mut reader = files.open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut bytes = 0;
    loop {
        match reader.read(buffer) {
            Ok(0) => return Ok((Sha256(hasher.finalize().into()), bytes)),
            Ok(n) => {
                hasher.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

fn read_manifest(bytes: &[u8]) -> (ManifestState, Vec<ManifestEntry>) {
    let sha256 = Sha256(sha2::Sha256::digest(bytes).into());
    match Manifest::parse(bytes) {
        Ok(manifest) => {
            let entries = manifest.entries().to_vec();
            (ManifestState::Canonical { sha256, files: entries.len() }, entries)
        }
        Err(error) => (ManifestState::NotCanonical { sha256, error }, Manifest::legible_lines(bytes)),
    }
}

enum Small {
    Bytes(Vec<u8>),
    Missing,
    Unreadable(String),
}

fn read_small(files: &dyn PackageFiles, path: &str, max_bytes: usize) -> Small {
    let mut bytes = Vec::new();
    let read = files.open(path).and_then(|r| r.take(max_bytes as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() > max_bytes => {
            Small::Unreadable(format!("{path} is larger than {max_bytes} bytes"))
        }
        Ok(_) => Small::Bytes(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Small::Missing,
        Err(e) => Small::Unreadable(format!("{path}: {e}")),
    }
}
