//! The seal of a case file: which files belong to it, signed so that nobody can change one unnoticed.
//!
//! A case file is sealed by two small files beside it: `seal/manifest-sha256.txt`, a list that
//! `sha256sum -c` reads, and `seal/manifest.p7s`, a detached CAdES signature over the raw bytes of that
//! list that `openssl cms -verify` reads (docs/format/manifest.md). [`verify_package`] says which file
//! differs, and whose signature it is.
//!
//! What was sealed, and in which order, stands in a log that cannot be rewritten unseen: [`tlog`].
//!
//! A library without clock, environment, network or randomness of its own: time, random bytes and
//! passwords come from the caller. Revocation and time stamps are not looked at here yet; a verdict says
//! so by what it checks. Private keys never leave their [`Signer`] and are never printed.

mod algorithm;
mod certificate;
mod chain;
mod cms;
mod directory;
pub mod evidence;
mod keys;
mod manifest;
mod package;
pub mod pades;
mod path;
mod sign;
pub mod tlog;
mod tlv;
mod trial;
mod tsp;
mod verify;

pub use chain::certificates_in;
pub use directory::DirectoryFiles;
pub use keys::{KeyError, Pkcs12Signer};
pub use manifest::{
    MAX_MANIFEST_BYTES, MAX_MANIFEST_FILES, MAX_PATH_BYTES, Manifest, ManifestEntry, ManifestError, PathFault,
};
pub use package::{
    DifferingFile, Listing, MANIFEST_PATH, ManifestState, PackageFiles, PackageReport, SEAL_FOLDER,
    SIGNATURE_PATH, UnreadableFile, verify_package,
};
pub use sign::{SealError, SignatureAlgorithm, Signer, SignerError, sign_detached};
pub use trial::{RandomSource, TRIAL_MARK, TrialError, TrialKeys, TrialNames, make_trial_keys};
pub use tsp::{
    TimeStamp, TimeStampClient, TimeStampRequest, TimeStampVerdict, Transport, TspError, time_of,
    verify_time_stamp, verify_time_stamp_of_hash,
};
pub use verify::{MAX_SIGNATURE_BYTES, SignatureVerdict, SignerReport, verify_detached};

/// The certificates of a PEM text (`-----BEGIN CERTIFICATE-----` blocks) as DER, byte for byte: what trust
/// anchors are read from. Text and blocks of other kinds between them are passed over; a text without any
/// certificate, or with a damaged one, is an error.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = std::str::from_utf8(pem).map_err(|_| PemError("not text".into()))?;
    let mut certificates = Vec::new();
    for block in text.split(BEGIN).skip(1) {
        let end = block.find(END).ok_or_else(|| PemError("a block has no end".into()))?;
        let block = format!("{BEGIN}{}{END}\n", &block[..end]);
        let (_, document) = der::Document::from_pem(&block).map_err(|e| PemError(e.to_string()))?;
        certificate::Certificate::from_der(document.as_bytes()).map_err(|e| PemError(e.0))?;
        certificates.push(document.as_bytes().to_vec());
    }
    if certificates.is_empty() {
        return Err(PemError("there is no certificate in it".into()));
    }
    Ok(certificates)
}

/// One certificate (DER) as such a text, with a line feed at its end.
pub fn certificate_to_pem(certificate: &[u8]) -> Result<String, PemError> {
    let line_end = der::pem::LineEnding::LF;
    der::pem::encode_string("CERTIFICATE", line_end, certificate).map_err(|e| PemError(e.to_string()))
}

/// A text that is no list of certificates in PEM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a list of PEM certificates: {0}")]
pub struct PemError(String);
