//! What the certificate of a signing key says, for whoever is to sign with it.

use record::{Sha256, Timestamp};

use crate::algorithm::{KeyKind, signs_until};
use crate::certificate::Certificate;
use crate::sign::SealError;
use crate::trial::TRIAL_MARK;

/// A signing key, by its certificate. Nothing of the private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// The common name, or the whole subject if there is none.
    pub name: String,
    /// Subject of the certificate (RFC 4514).
    pub subject: String,
    /// Issuer of the certificate (RFC 4514).
    pub issuer: String,
    /// Serial number, upper-case hexadecimal.
    pub serial: String,
    /// Digest of the whole certificate: its fingerprint.
    pub cert_sha256: Sha256,
    /// Digest of the public key: two certificates of one key are one signer.
    pub key_sha256: Sha256,
    /// The first moment the certificate is valid.
    pub not_before: Timestamp,
    /// The last.
    pub not_after: Timestamp,
    /// `P-256`, `P-384`, `RSA-2048`…
    pub algorithm: String,
    /// The last moment at which this program signs with such a key, whatever the certificate says.
    pub signs_until: Timestamp,
    /// Made for a trial: no legal value.
    pub trial: bool,
}

impl KeyFacts {
    /// Of a certificate (DER). Fails on one that is damaged, or with a key that signs nothing here.
    pub fn of(certificate: &[u8]) -> Result<KeyFacts, SealError> {
        let certificate = Certificate::from_der(certificate).map_err(|e| SealError::Certificate(e.0))?;
        let kind = KeyKind::of(certificate.spki_der())
            .ok_or_else(|| SealError::Certificate("its key is neither RSA nor on P-256 or P-384".into()))?;
        let (subject, issuer) = (certificate.subject(), certificate.issuer());
        Ok(KeyFacts {
            name: certificate.common_name().unwrap_or_else(|| subject.clone()),
            trial: subject.contains(TRIAL_MARK) || issuer.contains(TRIAL_MARK),
            subject,
            issuer,
            serial: certificate.serial_hex(),
            cert_sha256: certificate.sha256(),
            key_sha256: certificate.key_sha256(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            algorithm: kind.name(),
            signs_until: signs_until(kind),
        })
    }
}
