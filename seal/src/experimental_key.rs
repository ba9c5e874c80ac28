//! The key of the experimental second signature: ML-DSA-65 in a PKCS#12 file, with a certificate that it signed itself.
//!
//! A key in software, made here. No public authority issues such certificates yet, and no token of ours holds such a key.

use std::fmt;

use der::Encode;
use der::asn1::BitString;
use record::Timestamp;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::keys::{KeyError, KeyPackage, read_pkcs12};
use crate::ml_dsa::{Key, ML_DSA_65, SEED_BYTES};
use crate::sign::{SignatureAlgorithm, Signer, SignerError};
use crate::trial::{KeyPair, RandomSource, TrialError, issue_to_itself};

/// The result of [`make_experimental_key`].
#[derive(Clone, PartialEq, Eq)]
pub struct ExperimentalKey {
    /// The certificate: what a reader must have from elsewhere.
    pub certificate_pem: String,
    /// The same in DER.
    pub certificate_der: Vec<u8>,
    /// Key (PKCS#8, seed form of RFC 9881) and certificate, PKCS#12 under the given password.
    pub p12: Vec<u8>,
}

impl fmt::Debug for ExperimentalKey {
    /// Leaves the key file out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExperimentalKey")
            .field("certificate_pem", &self.certificate_pem)
            .finish_non_exhaustive()
    }
}

/// Makes a key of ML-DSA-65 and a certificate for `unit` (at most 64 characters) that it signs itself, valid from `now` (cut to
/// seconds) for 10 years and marked as without legal value. As [`crate::make_trial_keys`].
pub fn make_experimental_key(
    unit: &str,
    password: &str,
    now: Timestamp,
    random: &mut RandomSource<'_>,
) -> Result<ExperimentalKey, TrialError> {
    let mut seed = Zeroizing::new([0u8; SEED_BYTES]);
    random(seed.as_mut_slice())?;
    let key = Key::from_seed(&seed);
    let (certificate_der, p12) = issue_to_itself(unit, &key, password, now, random)?;
    let certificate_pem =
        crate::certificate_to_pem(&certificate_der).map_err(|e| TrialError::KeyFile(e.to_string()))?;
    Ok(ExperimentalKey { certificate_pem, certificate_der, p12 })
}

impl KeyPair for Key {
    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: ML_DSA_65, parameters: None }
    }

    fn spki(&self) -> Result<Vec<u8>, TrialError> {
        let subject_public_key = BitString::from_bytes(&self.public_key())?;
        Ok(SubjectPublicKeyInfoOwned { algorithm: KeyPair::algorithm(self), subject_public_key }.to_der()?)
    }

    fn public_bits(&self) -> Vec<u8> {
        self.public_key()
    }

    fn sign(&self, body: &[u8]) -> Result<Vec<u8>, TrialError> {
        Key::sign(self, body).map_err(TrialError::KeyFile)
    }

    fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, TrialError> {
        Ok(Key::to_pkcs8(self))
    }
}

/// A key of ML-DSA-65 from a PKCS#12 file, ready to sign. The private key is wiped when this is dropped.
pub struct ExperimentalSigner {
    key: Key,
    certificates: Vec<Vec<u8>>,
}

impl ExperimentalSigner {
    /// Opens a key file with its password. Fails on a wrong password, on a key that is not the seed of ML-DSA-65, and on one
    /// that is not that of its certificate.
    pub fn open(bytes: &[u8], password: &str) -> Result<Self, KeyError> {
        let KeyPackage { pkcs8, certificates } = read_pkcs12(bytes, password)?;
        let own = certificates.first().ok_or(KeyError::NoKey)?;
        let own = Certificate::from_der(own).map_err(|e| KeyError::Certificate(e.0))?;
        let key = Key::from_pkcs8(&pkcs8).ok_or(KeyError::NotMlDsa65)?;
        let is_of_this_kind = own.key_algorithm() == Some(ML_DSA_65);
        if !is_of_this_kind || own.public_key() != Some(key.public_key().as_slice()) {
            return Err(KeyError::KeyMismatch { subject: own.subject() });
        }
        Ok(Self { key, certificates })
    }

    /// Subject of the certificate (RFC 4514).
    pub fn subject(&self) -> String {
        Certificate::from_der(&self.certificates[0]).map(|c| c.subject()).unwrap_or_default()
    }
}

impl Signer for ExperimentalSigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::MlDsa65
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.key.sign(message).map_err(SignerError::Refused)
    }
}

impl fmt::Debug for ExperimentalSigner {
    /// Names the certificate, never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExperimentalSigner").field("subject", &self.subject()).finish_non_exhaustive()
    }
}
