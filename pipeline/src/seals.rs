//! What the seals of a stored case file say of its inventory: version by version, the signed manifest against the digests
//! that the inventory states. Reads manifests, signatures and `case.json`, no master: whoever reads every byte against the
//! inventory has thereby compared it with the seal.

use crate::PipelineError;
use crate::bench::is_own_object;
use crate::config::{ArchiveConfig, Layout};
use crate::format::case_json;
use crate::pack::{MANIFEST_PATH, MAX_RECORD_BYTES, SIGNATURE_PATH};
use crate::proof::own_anchors;
use crate::seal_files::ReadSeal;
use crate::trust_store::archive_trust;
use archive_store::{Claim, StoreError, VersionNo};
use record::{CaseCode, Lang, Sha256, Timestamp};
use seal::{DirectoryFiles, Manifest, SignatureVerdict, Trust};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// Judges the seals of an archive's case files at a moment.
pub(crate) struct SealJudge {
    config: ArchiveConfig,
    trust: Trust,
    /// Those of them under which the archive itself signs.
    own: Vec<Vec<u8>>,
    now: Timestamp,
}

/// What was found of one case file.
#[derive(Debug, Clone)]
pub(crate) struct SealState {
    /// Its code, where `case.json` can be read.
    pub(crate) code: Option<CaseCode>,
    /// The signature of the latest version; `None` where it cannot be read.
    pub(crate) signature: Option<SignatureVerdict>,
    /// What is wrong. A certificate whose time has run out since is not: it says nothing about the bytes.
    pub(crate) faults: Vec<SealFault>,
}

/// Something that does not agree with the seal.
#[derive(Debug, Clone)]
pub struct SealFault {
    /// The version, `v1`.
    pub version: VersionNo,
    /// The file of that version.
    pub path: String,
    /// What is wrong with it.
    pub kind: SealFaultKind,
}

/// What is wrong.
#[derive(Debug, Clone)]
pub enum SealFaultKind {
    /// The signature.
    Signature(SignatureVerdict),
    /// It is not what the inventory says, or cannot be understood.
    Unreadable(String),
    /// The medium does not give it back; another try may.
    Unread(String),
    /// The inventory states another digest than the seal.
    Differs,
    /// The seal lists it, the inventory does not.
    Missing,
    /// The inventory lists it, the seal does not.
    Unlisted,
    /// `case.json` is that of another case file.
    OtherCase,
}

impl SealFaultKind {
    fn of(error: &PipelineError) -> SealFaultKind {
        match error {
            PipelineError::Store(StoreError::Read { source, .. }) if source.kind() != ErrorKind::NotFound => {
                Self::Unread(error.to_string())
            }
            _ => Self::Unreadable(error.to_string()),
        }
    }

    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signature(verdict) => verdict.code(),
            Self::Unreadable(_) | Self::Unread(_) => "seal-unreadable",
            Self::Differs => "seal-differs",
            Self::Missing => "seal-missing",
            Self::Unlisted => "seal-unlisted",
            Self::OtherCase => "seal-other-case",
        }
    }

    /// For people.
    pub fn title(&self, lang: Lang) -> String {
        let text = match self {
            Self::Signature(verdict) => verdict.title(lang),
            Self::Unreadable(why) | Self::Unread(why) => {
                return format!("{} ({why})", lang.pick("không đọc được", "unreadable"));
            }
            Self::Differs => {
                lang.pick("mã băm khác bản đã niêm phong", "its digest is not the one that was sealed")
            }
            Self::Missing => {
                lang.pick("bảng kê niêm phong có, kho không có", "sealed, but not in the inventory")
            }
            Self::Unlisted => {
                lang.pick("không có trong bảng kê niêm phong", "not listed by the sealed manifest")
            }
            Self::OtherCase => lang.pick("là của hồ sơ khác", "is that of another case file"),
        };
        text.to_owned()
    }
}

impl std::fmt::Display for SealFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl SealFault {
    /// For people.
    pub fn text(&self, lang: Lang) -> String {
        format!("{} {}: {}", self.version, self.path, self.kind.title(lang))
    }
}

impl SealJudge {
    /// With the certificates that the archive itself trusts.
    pub(crate) fn of(layout: &Layout, now: Timestamp) -> Result<SealJudge, PipelineError> {
        let config = ArchiveConfig::read(&layout.config())?;
        Ok(SealJudge { config, trust: archive_trust(layout)?, own: own_anchors(layout)?, now })
    }

    pub(crate) fn config(&self) -> &ArchiveConfig {
        &self.config
    }

    /// Whether every file of a folder is as the archive itself sealed it: a report, a tombstone.
    pub(crate) fn package_is_right(&self, folder: &Path) -> bool {
        let Ok(files) = DirectoryFiles::open(folder) else { return false };
        let report = seal::verify_package(&files, &self.own, self.now);
        report.files_are_good() && is_right(&report.signature)
    }

    /// Whether a detached signature is right and of the archive itself: who signed case files that were imported decides
    /// nothing here.
    pub(crate) fn is_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        is_right(&seal::verify_detached(bytes, signature, &self.own, self.now))
    }

    /// Looks at every version.
    pub(crate) fn judge(&self, claim: &Claim<'_>) -> SealState {
        let mut state = SealState { code: None, signature: None, faults: Vec::new() };
        let mut head = VersionNo::first();
        for version in claim.versions() {
            state.signature = self.judge_version(claim, version, &mut state.faults);
            head = version;
        }
        let mut fault = |kind| {
            state.faults.push(SealFault { version: head, path: case_json::PATH.to_owned(), kind });
        };
        let record = claim.read(head, case_json::PATH, MAX_RECORD_BYTES).map_err(PipelineError::from);
        match record.and_then(|bytes| case_json::read(claim.id().as_str(), &bytes)) {
            Ok(record) => {
                if !is_own_object(&self.config, &record, claim.id()) {
                    fault(SealFaultKind::OtherCase);
                }
                state.code = Some(record.case.header.code);
            }
            Err(error) => fault(SealFaultKind::of(&error)),
        }
        state
    }

    fn judge_version(
        &self,
        claim: &Claim<'_>,
        version: VersionNo,
        faults: &mut Vec<SealFault>,
    ) -> Option<SignatureVerdict> {
        let mut fault = |path: &str, kind| faults.push(SealFault { version, path: path.to_owned(), kind });
        let files = claim.files(version);
        let seal = ReadSeal::read(|path: &'static str| {
            let is_optional = ![MANIFEST_PATH, SIGNATURE_PATH].contains(&path);
            if is_optional && !files.iter().any(|file| file.path == path) {
                return Ok(None);
            }
            let bytes = claim.read(version, path, MAX_RECORD_BYTES);
            bytes.map(Some).map_err(|error| fault(path, SealFaultKind::of(&error.into())))
        });
        let seal = seal.ok()??;
        let verdict = seal.verify(&self.trust, self.now);
        if !is_right(&verdict) {
            fault(SIGNATURE_PATH, SealFaultKind::Signature(verdict.clone()));
        }
        let manifest = match Manifest::parse(&seal.manifest) {
            Ok(manifest) => manifest,
            Err(error) => {
                fault(MANIFEST_PATH, SealFaultKind::Unreadable(error.to_string()));
                return Some(verdict);
            }
        };
        let stated: BTreeMap<&str, Option<Sha256>> =
            files.iter().map(|file| (file.path.as_str(), file.sha256)).collect();
        for entry in manifest.entries() {
            match stated.get(entry.path.as_str()) {
                None => fault(&entry.path, SealFaultKind::Missing),
                Some(sha256) if *sha256 != Some(entry.sha256) => fault(&entry.path, SealFaultKind::Differs),
                Some(_) => {}
            }
        }
        for path in stated.keys().filter(|path| !path.starts_with(seal::SEAL_FOLDER)) {
            if manifest.get(path).is_none() {
                fault(path, SealFaultKind::Unlisted);
            }
        }
        Some(verdict)
    }
}

/// The signature is right and of somebody trusted, whatever has become of the certificate since. A revoked one is not: the
/// key may have been somebody else's.
fn is_right(verdict: &SignatureVerdict) -> bool {
    verdict.is_valid() || verdict.is_open() || matches!(verdict, SignatureVerdict::Expired { .. })
}
