//! A signing key in a PKCS#12 file (`.p12`, `.pfx`).
//!
//! Reads what OpenSSL 3 writes (PBES2, AES-256, HMAC-SHA256) and older files (RC2, 3DES, SHA-1). RSA keys sign with AWS-LC, in a
//! time that does not depend on the key (docs/decisions/050-seal.md).

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use p12_keystore::KeyStore;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::{DecodePrivateKey, PrivateKeyInfoRef};
use x509_cert::der::Decode;
use zeroize::Zeroizing;

use crate::algorithm::RSA;
use crate::certificate::Certificate;
use crate::sign::{SignatureAlgorithm, Signer, SignerError};

/// Largest key file that is read, in bytes.
const MAX_PKCS12_BYTES: usize = 1 << 20;

/// Why a key file gave no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("wrong password for the key file, or the file is damaged")]
    WrongPassword,
    #[error("not a PKCS#12 key file: {0}")]
    NotPkcs12(String),
    #[error("the key file has no private key with its certificate")]
    NoKey,
    #[error("the key file has {0} private keys: keep one key per file")]
    SeveralKeys(usize),
    #[error("the RSA key in the file is not accepted: {0} (wanted: 2048 to 8192 bits)")]
    Rsa(String),
    #[error(
        "the key in the file is of a kind that is not accepted (wanted: elliptic curve P-256 or P-384, or RSA)"
    )]
    UnknownKey,
    #[error("the key in the file is not one of ML-DSA-65 in the form of a seed")]
    NotMlDsa65,
    #[error("the certificate in the key file: {0}")]
    Certificate(String),
    #[error("the private key does not belong to the certificate of \"{subject}\"")]
    KeyMismatch { subject: String },
}

enum Key {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa(RsaKeyPair),
}

/// A key from a PKCS#12 file, ready to sign. The private key is wiped when this is dropped.
pub struct Pkcs12Signer {
    key: Key,
    certificates: Vec<Vec<u8>>,
}

impl Pkcs12Signer {
    /// Opens a key file with its password. Fails on a wrong password, on a kind of key that is not
    /// accepted, and on a key that is not the one of its certificate. Takes some tenths of a second: passwords are stretched.
    pub fn open(bytes: &[u8], password: &str) -> Result<Self, KeyError> {
        let KeyPackage { pkcs8, certificates } = read_pkcs12(bytes, password)?;
        let own = certificates.first().ok_or(KeyError::NoKey)?;
        let own = Certificate::from_der(own).map_err(|e| KeyError::Certificate(e.0))?;
        let key = read_key(&pkcs8)?;
        if !key.is_of(&own) {
            return Err(KeyError::KeyMismatch { subject: own.subject() });
        }
        Ok(Self { key, certificates })
    }

    /// Subject of the signer's own certificate (RFC 4514).
    pub fn subject(&self) -> String {
        Certificate::from_der(&self.certificates[0]).map(|c| c.subject()).unwrap_or_default()
    }
}

/// What a PKCS#12 file holds.
pub(crate) struct KeyPackage {
    /// The one private key.
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    /// DER, its own first.
    pub(crate) certificates: Vec<Vec<u8>>,
}

/// Opens a PKCS#12 file.
pub(crate) fn read_pkcs12(bytes: &[u8], password: &str) -> Result<KeyPackage, KeyError> {
    if bytes.len() > MAX_PKCS12_BYTES {
        return Err(KeyError::NotPkcs12("larger than 1 MiB".into()));
    }
    let store = KeyStore::from_pkcs12(bytes, password).map_err(|e| match e {
        p12_keystore::error::Error::MacError(_) => KeyError::WrongPassword,
        other => KeyError::NotPkcs12(other.to_string()),
    })?;
    let mut chains = store.entries().filter_map(|(_, entry)| match entry {
        p12_keystore::KeyStoreEntry::PrivateKeyChain(chain) => Some(chain),
        _ => None,
    });
    let chain = chains.next().ok_or(KeyError::NoKey)?;
    match chains.count() {
        0 => {}
        more => return Err(KeyError::SeveralKeys(more + 1)),
    }
    let certificates = chain.chain().iter().map(|c| c.as_der().to_vec()).collect();
    Ok(KeyPackage { pkcs8: Zeroizing::new(chain.key().to_vec()), certificates })
}

fn read_key(pkcs8: &[u8]) -> Result<Key, KeyError> {
    if let Ok(key) = p256::SecretKey::from_pkcs8_der(pkcs8) {
        return Ok(Key::P256(key.into()));
    }
    if let Ok(key) = p384::SecretKey::from_pkcs8_der(pkcs8) {
        return Ok(Key::P384(key.into()));
    }
    match PrivateKeyInfoRef::from_der(pkcs8) {
        Ok(info) if info.algorithm.oid == RSA => {
            RsaKeyPair::from_pkcs8(pkcs8).map(Key::Rsa).map_err(|error| KeyError::Rsa(error.to_string()))
        }
        _ => Err(KeyError::UnknownKey),
    }
}

impl Key {
    fn is_of(&self, certificate: &Certificate) -> bool {
        use p256::pkcs8::EncodePublicKey;
        let spki = match self {
            Self::P256(key) => key.verifying_key().to_public_key_der().map(|spki| spki.to_vec()).ok(),
            Self::P384(key) => key.verifying_key().to_public_key_der().map(|spki| spki.to_vec()).ok(),
            Self::Rsa(key) => key.public_key().as_der().map(|spki| spki.as_ref().to_vec()).ok(),
        };
        spki.is_some_and(|spki| spki == certificate.spki_der())
    }
}

impl Signer for Pkcs12Signer {
    fn algorithm(&self) -> SignatureAlgorithm {
        match self.key {
            Key::P256(_) => SignatureAlgorithm::EcdsaP256Sha256,
            Key::P384(_) => SignatureAlgorithm::EcdsaP384Sha384,
            Key::Rsa(_) => SignatureAlgorithm::RsaPkcs1Sha256,
        }
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// Deterministic (RFC 6979; RFC 8017, 8.2): what is signed needs no random numbers.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        match &self.key {
            Key::P256(key) => {
                let signature: p256::ecdsa::DerSignature = key.try_sign(message).map_err(refused)?;
                Ok(signature.as_bytes().to_vec())
            }
            Key::P384(key) => {
                let signature: p384::ecdsa::DerSignature = key.try_sign(message).map_err(refused)?;
                Ok(signature.as_bytes().to_vec())
            }
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|error| SignerError::Refused(error.to_string()))?;
                Ok(signature)
            }
        }
    }
}

fn refused(error: p256::ecdsa::signature::Error) -> SignerError {
    SignerError::Refused(error.to_string())
}

impl fmt::Debug for Pkcs12Signer {
    /// Names the certificate, never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs12Signer").field("subject", &self.subject()).finish_non_exhaustive()
    }
}
