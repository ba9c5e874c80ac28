//! Reports about the archive: small packages in `evidence/`, sealed as case files are.

use crate::PipelineError;
use record::{Sha256, Timestamp};
use seal::{Manifest, Pkcs12Signer};
use sha2::Digest;
use std::path::{Path, PathBuf};

/// Writes the files of a report into a folder of its own below `folder`, named after the moment it was `started` (UTC, RFC
/// 3339), sealed as a package is; without a key there is no seal. The folder appears whole and durable, or not at all.
/// Returns it.
pub(crate) fn write(
    folder: &Path,
    files: &[(&str, Vec<u8>)],
    started: &str,
    signer: Option<&Pkcs12Signer>,
    now: Timestamp,
) -> Result<PathBuf, PipelineError> {
    durable::create_dir_durable(folder)?;
    // Half a report of a program that was killed.
    let staged = folder.join(".tmp-report");
    durable::remove_tree(&staged)?;
    durable::stage_dir(&staged)?;
    for (name, bytes) in files {
        durable::stage_file(&staged.join(name), &mut &bytes[..])?;
    }
    if let Some(signer) = signer {
        let sha256 = |bytes: &[u8]| Sha256(sha2::Sha256::digest(bytes).into());
        let entries = files.iter().map(|(name, bytes)| ((*name).to_owned(), sha256(bytes))).collect();
        let manifest = Manifest::from_entries(entries)
            .map_err(|e| PipelineError::Format {
                what: staged.display().to_string(),
                problem: e.to_string(),
            })?
            .to_bytes();
        let signature = seal::sign_detached(&manifest, &[signer], now)?;
        durable::stage_dir(&staged.join(seal::SEAL_FOLDER))?;
        durable::stage_file(&staged.join(seal::MANIFEST_PATH), &mut &manifest[..])?;
        durable::stage_file(&staged.join(seal::SIGNATURE_PATH), &mut &signature[..])?;
    }
    durable::sync_tree(&staged)?;
    let stamp = started.replace(':', "");
    let names = [stamp.clone()].into_iter().chain((2..).map(|n| format!("{stamp}-{n}")));
    let mut places = names.map(|name| folder.join(name));
    let place = places.find(|place| !place.exists()).expect("some number is free");
    durable::rename_noreplace(&staged, &place)?;
    Ok(place)
}
