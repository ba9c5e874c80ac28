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
//! passwords come from the caller, and so does what authorities say of revocations ([`Trust`]). Private keys never leave
//! their [`Signer`] and are never printed.

mod algorithm;
mod batch;
mod certificate;
mod chain;
mod cms;
mod directory;
pub mod evidence;
mod experimental;
mod experimental_key;
mod key_facts;
mod keys;
mod manifest;
mod ml_dsa;
mod package;
pub mod pades;
mod path;
mod revocation;
mod sealed;
mod sign;
mod statement;
pub mod tlog;
mod tlv;
mod token;
mod told;
mod trial;
mod trust;
mod tsp;
mod verify;

pub use batch::{
    BATCH_PATH, BATCH_PROOF_PATH, BatchLeaf, BatchPageProof, MAX_BATCH_CASES, MAX_BATCH_PAGE_BYTES,
    SealedBatch,
};
pub use chain::{certificates_in, certificates_in_token};
pub use directory::DirectoryFiles;
pub use experimental::{EXPERIMENTAL_PATH, ExperimentalVerdict, sign_experimental, verify_experimental};
pub use experimental_key::{ExperimentalKey, ExperimentalSigner, make_experimental_key};
pub use key_facts::KeyFacts;
pub use keys::{KeyError, Pkcs12Signer};
pub use manifest::{
    MAX_MANIFEST_BYTES, MAX_MANIFEST_FILES, MAX_PATH_BYTES, Manifest, ManifestEntry, ManifestError, PathFault,
};
pub use package::{
    DifferingFile, Listing, MANIFEST_PATH, ManifestState, PackageFiles, PackageReport, SEAL_FILES,
    SEAL_FOLDER, SIGNATURE_PATH, UnreadableFile, verify_package,
};
pub use revocation::{
    MAX_REVOCATION_BYTES, Revocation, RevocationKind, RevocationPlace, RevocationReason, revocation_places,
};
pub use sealed::{SealFiles, judge_seal, verify_seal};
pub use sign::{SealError, SignatureAlgorithm, Signer, SignerError, sign_detached, time_stamp_signatures};
pub use statement::{Role, STATEMENT_PATH, StatedSigner, Statement, StatementError, StatementFault};
pub use token::{PinState, Token, TokenError, TokenFacts, TokenPlace, TokenSigner, tokens_of};
pub use told::told;
pub use trial::{
    RandomSource, TRIAL_MARK, TrialError, TrialKeys, TrialNames, TrialSigners, make_trial_keys,
    make_trial_signers,
};
pub use trust::{Anchor, AnchorPurpose, AnchorState, Trust};
pub use tsp::{
    TimeStamp, TimeStampClient, TimeStampRequest, TimeStampVerdict, Transport, TspError, time_of,
    verify_time_stamp,
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

/// The certificates that a detached signature (DER) carries, DER.
pub fn certificates_of_signature(p7s: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    let signed = cms::SignedData::from_der(p7s, cms::SEAL).map_err(|e| PemError(e.0))?;
    Ok(signed.certificates.iter().map(|c| c.der().to_vec()).collect())
}

/// The subject of a certificate (DER), as RFC 4514 writes it.
pub fn certificate_subject(certificate: &[u8]) -> Result<String, PemError> {
    certificate::Certificate::from_der(certificate).map(|c| c.subject()).map_err(|e| PemError(e.0))
}

/// A revocation list in DER: as it is, or out of a PEM text (`-----BEGIN X509 CRL-----`).
pub fn list_from_pem(bytes: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let text =
        std::str::from_utf8(bytes).ok().filter(|text| text.trim_start().starts_with("-----BEGIN X509 CRL"));
    match text.and_then(|text| der::Document::from_pem(text.trim_start()).ok()) {
        Some((_, document)) => document.as_bytes().to_vec().into(),
        None => bytes.into(),
    }
}

/// The revocation lists among the blocks of a PEM text, DER; what cannot be read is passed over, for it says nothing.
pub fn lists_from_pem(pem: &[u8]) -> Vec<Vec<u8>> {
    const BEGIN: &str = "-----BEGIN X509 CRL-----";
    let text = String::from_utf8_lossy(pem);
    let blocks = text.split(BEGIN).skip(1).map(|block| format!("{BEGIN}{block}"));
    let ends = |block: String| {
        Some(block.split_once("-----END X509 CRL-----")?.0.to_owned() + "-----END X509 CRL-----\n")
    };
    let der = |block: String| Some(der::Document::from_pem(&block).ok()?.1.as_bytes().to_vec());
    blocks.filter_map(ends).filter_map(der).collect()
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
