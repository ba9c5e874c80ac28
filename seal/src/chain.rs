//! The certificates that travel in a signature.

use crate::cms::{self, SignedData};

/// The certificates (DER) in a detached signature: those of the signers and of the authorities between them and a root. Empty
/// where the signature cannot be read. Nothing is said of whether they are to be trusted.
pub fn certificates_in(p7s: &[u8]) -> Vec<Vec<u8>> {
    certificates(p7s, cms::SEAL)
}

/// The same of a time-stamp token.
pub fn certificates_in_token(token: &[u8]) -> Vec<Vec<u8>> {
    certificates(token, cms::TIME_STAMP)
}

fn certificates(der: &[u8], profile: cms::Profile) -> Vec<Vec<u8>> {
    SignedData::from_der(der, profile)
        .map(|signed| signed.certificates.iter().map(|certificate| certificate.der().to_vec()).collect())
        .unwrap_or_default()
}
