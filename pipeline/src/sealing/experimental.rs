//! The experimental second signature: its key is made here, and opened where `hoso.toml` asks for such signatures.

use super::keys::{KeyFault, config, fault, password};
use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout};
use crate::digest::sha256;
use record::{Clock, Sha256};
use seal::ExperimentalSigner;
use std::path::{Path, PathBuf};

/// What was made.
#[derive(Debug, Clone)]
pub struct MadeMlDsaKey {
    /// The file of certificates that a reader has to have.
    pub certificates: PathBuf,
    /// Fingerprint of the new one.
    pub sha256: Sha256,
}

/// Makes a key of ML-DSA-65 with its password beside it and a certificate that it signed itself, and switches the experimental
/// second signature on in `hoso.toml`. Certificates of earlier keys stay: what they signed is still verified.
///
/// # Errors
/// [`PipelineError::Refused`] with [`KeyFault::Exists`] where `hoso.toml` names such a key already, or an earlier one lies there.
pub fn make_ml_dsa_key(root: &Path, clock: &dyn Clock) -> Result<MadeMlDsaKey, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let config = config(root)?;
    if config.seal.ml_dsa.is_some() {
        return Err(fault(KeyFault::Exists { key: "seal.ml_dsa".to_owned() }));
    }
    let key = root.join("keys/ml-dsa.p12");
    if key.exists() {
        return Err(fault(KeyFault::Exists { key: "keys/ml-dsa.p12".to_owned() }));
    }
    let mut text = std::fs::read_to_string(layout.config()).map_err(PipelineError::io(layout.config()))?;
    text.push_str("\n[seal.ml_dsa]\npath = \"keys/ml-dsa.p12\"\nsecret_file = \"keys/ml-dsa.password\"\n");
    // A section cannot be added to what is written in one line.
    ArchiveConfig::parse(&layout.config(), &text)?;
    let password = password();
    let random = &mut |bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other);
    let made = seal::make_experimental_key(&config.agency, &password, clock.now(), random)?;
    durable::write_secret_file(&key, &made.p12)?;
    durable::write_secret_file(&root.join("keys/ml-dsa.password"), password.as_bytes())?;
    let certificates = layout.ml_dsa_certificates();
    super::keys::add_certificate(&certificates, &made.certificate_pem)?;
    durable::write_file(&layout.config(), text.as_bytes())?;
    Ok(MadeMlDsaKey { certificates, sha256: sha256(&made.certificate_der) })
}

/// The key, where `hoso.toml` names one.
pub(super) fn open(root: &Path, config: &ArchiveConfig) -> Result<Option<ExperimentalSigner>, PipelineError> {
    let Some(key) = &config.seal.ml_dsa else { return Ok(None) };
    let (path, secret) = (root.join(&key.path), root.join(&key.secret_file));
    let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
    let secret =
        std::fs::read_to_string(&secret).map(zeroize::Zeroizing::new).map_err(PipelineError::io(&secret))?;
    Ok(Some(ExperimentalSigner::open(&bytes, secret.trim_end_matches(['\r', '\n']))?))
}
