//! What a kit says it is: `kit.json`. Nobody signed it; what matters of it is compared with what was signed.

use crate::OpenedCase;
use archive_store::{Object, VersionNo};
use record::{PageNo, Timestamp};
use seal::{DirectoryFiles, PackageFiles};
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

pub(super) const KIT: &str = "kit.json";
/// The package, as it lies in the archive.
pub(super) const DATA: &str = "data";
/// What proves it beside its own seal.
pub(super) const PROOF: &str = "proof";
/// In it: that the log continues the reader's checkpoint.
pub(super) const CONSISTENCY: &str = "consistency";
/// In it: the evidence record; its last token by itself, for stock programs, and what that is over, in hexadecimal.
pub(super) const EVIDENCE: &str = "evidence.er";
pub(super) const TOKEN: &str = "evidence.tst";
pub(super) const ROOT: &str = "evidence.root";
/// In it: certificates of the time-stamp authorities that the archive trusts, for comparing.
pub(super) const TSA_ROOT: &str = "tsa-root.pem";
/// In it, a folder: what authorities said of revocations, each signed by its issuer.
pub(super) const REVOCATION: &str = "revocation";
/// Most of these that are read, and their bytes together.
const MAX_LISTS: usize = 64;
const MAX_LISTS_BYTES: usize = 64 << 20;
const FORMAT: &str = "hoso-court/1";
/// Longest `kit.json` that is read, in bytes.
const MAX_BYTES: usize = 64 << 10;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KitJson {
    /// Code of the case file.
    pub(super) case: String,
    pub(super) format: String,
    /// When it was written, UTC.
    pub(super) made: String,
    pub(super) object: String,
    /// Where only one page was handed over: which, and the path of its master.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    /// Of the object, from 1.
    pub(super) version: u32,
}

impl KitJson {
    pub(super) fn new(
        case: &OpenedCase<'_>,
        object: &Object,
        version: VersionNo,
        page: Option<(PageNo, &str)>,
        now: Timestamp,
    ) -> KitJson {
        KitJson {
            case: case.view().case.header.code.to_string(),
            format: FORMAT.to_owned(),
            made: Timestamp::from_second(now.as_second()).unwrap_or(now).to_string(),
            object: object.id().to_string(),
            page: page.map(|(no, _)| no.get()),
            path: page.map(|(_, path)| path.to_owned()),
            version: version.get(),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("strings and small numbers");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the one of a kit; `Err` says why it is none.
    pub(super) fn read(kit: &DirectoryFiles) -> Result<KitJson, String> {
        let bytes = read(kit, KIT, MAX_BYTES)?.ok_or("missing")?;
        let read: KitJson = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        match (read.format == FORMAT, read.page.is_some() == read.path.is_some()) {
            (true, true) => Ok(read),
            (false, _) => Err(format!("format {}", read.format)),
            (true, false) => Err("page and path belong together".to_owned()),
        }
    }

    /// The proof of a page of a signed batch in [`PROOF`], which needs no manifest.
    pub(super) fn batch_page_name(&self) -> String {
        format!("page-{:04}.batch-proof", self.page.unwrap_or_default())
    }

    /// The proof of the log in [`PROOF`].
    pub(super) fn log_proof_name(&self) -> String {
        match self.page {
            Some(page) => format!("page-{page:04}.tlog-proof"),
            None => "case.tlog-proof".to_owned(),
        }
    }
}

/// A file of a kit, which is a stranger's: no link is followed, no pipe waited for. Nothing where there is none.
pub(super) fn read(kit: &DirectoryFiles, path: &str, max_bytes: usize) -> Result<Option<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    let file = kit.open(path);
    match file.and_then(|file| file.take(max_bytes as u64 + 1).read_to_end(&mut bytes)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
        Ok(_) if bytes.len() > max_bytes => Err(format!("longer than {max_bytes} bytes")),
        Ok(_) => Ok(Some(bytes)),
    }
}

/// The lists and answers in a kit. What cannot be read, or is too much, says nothing.
pub(super) fn lists(kit: &DirectoryFiles) -> Vec<Vec<u8>> {
    let folder = format!("{PROOF}/{REVOCATION}/");
    let mut paths = kit.list().map(|listing| listing.files).unwrap_or_default();
    paths.retain(|path| path.starts_with(&folder));
    paths.sort();
    let mut left = MAX_LISTS_BYTES;
    let mut lists = Vec::new();
    for path in paths.iter().take(MAX_LISTS) {
        if let Ok(Some(list)) = read(kit, path, left) {
            left -= list.len();
            lists.push(list);
        }
    }
    lists
}

/// Whether a folder is one for a court.
pub(super) fn is_kit(folder: &Path) -> bool {
    folder.join(KIT).is_file() && folder.join(DATA).is_dir()
}

/// The folders for a court in a folder: itself, or those of a case file in volumes. None where it holds anything else.
pub fn kits_in(folder: &Path) -> Vec<PathBuf> {
    if is_kit(folder) {
        return vec![folder.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut kits: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    kits.sort();
    if kits.iter().all(|kit| is_kit(kit)) { kits } else { Vec::new() }
}
