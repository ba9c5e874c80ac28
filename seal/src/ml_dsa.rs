//! ML-DSA (FIPS 204): checking a signature, and a key of ML-DSA-65. Pure mode with an empty context, as RFC 9882 wants it.
//!
//! For the [experimental second signature](crate::experimental) alone: no certificate, no seal, no time stamp and no PDF is
//! accepted with it.

use der::Decode;
use der::asn1::ObjectIdentifier;
use ml_dsa::{
    EncodedVerifyingKey, Keypair, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Seed, Signature, SignatureEncoding,
    Signer, SigningKey, VerifyingKey,
};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use zeroize::Zeroizing;

use crate::algorithm::Fault;

pub(crate) const ML_DSA_65: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18");
const ML_DSA_44: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17");
const ML_DSA_87: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19");

/// Bytes of the seed that a key is made from.
pub(crate) const SEED_BYTES: usize = 32;
/// Bytes of a signature of ML-DSA-65.
pub(crate) const SIGNATURE_BYTES: usize = 3309;

/// PKCS#8 of a seed of ML-DSA-65 (RFC 9881, section 6): all that stands before the 32 bytes. OneAsymmetricKey of version 0,
/// the algorithm without parameters, an OCTET STRING with the choice `seed`, `[0]`.
const PKCS8_HEAD: [u8; 22] = [
    0x30, 0x34, 0x02, 0x01, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03,
    0x12, 0x04, 0x22, 0x80, 0x20,
];

/// A parameter set of FIPS 204.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterSet {
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

impl ParameterSet {
    /// From an AlgorithmIdentifier, which must be without parameters, not even NULL (RFC 9881, section 2).
    pub(crate) fn from_identifier(id: &AlgorithmIdentifierRef<'_>) -> Option<Self> {
        match id.oid {
            _ if id.parameters.is_some() => None,
            ML_DSA_44 => Some(Self::MlDsa44),
            ML_DSA_65 => Some(Self::MlDsa65),
            ML_DSA_87 => Some(Self::MlDsa87),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
        }
    }

    /// Checks `signature` over `message` with a SubjectPublicKeyInfo in DER, whose key must be of the same set.
    pub(crate) fn verify(self, spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let unsupported = |what: String| Fault::Unsupported(what);
        let spki =
            SubjectPublicKeyInfoRef::from_der(spki).map_err(|e| unsupported(format!("public key: {e}")))?;
        if Self::from_identifier(&spki.algorithm) != Some(self) {
            return Err(unsupported(format!("a key of type {} for {}", spki.algorithm.oid, self.name())));
        }
        let key = spki.subject_public_key.as_bytes().unwrap_or_default();
        match self {
            Self::MlDsa44 => verify::<MlDsa44>(key, message, signature),
            Self::MlDsa65 => verify::<MlDsa65>(key, message, signature),
            Self::MlDsa87 => verify::<MlDsa87>(key, message, signature),
        }
    }
}

fn verify<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Fault> {
    let key = EncodedVerifyingKey::<P>::try_from(key)
        .map_err(|_| Fault::Unsupported("an ML-DSA key of another length".into()))?;
    let signature = Signature::<P>::try_from(signature).map_err(|_| Fault::Wrong)?;
    match VerifyingKey::<P>::decode(&key).verify_with_context(message, &[], &signature) {
        true => Ok(()),
        false => Err(Fault::Wrong),
    }
}

/// A private key of ML-DSA-65, wiped when it is dropped.
pub(crate) struct Key(SigningKey<MlDsa65>);

impl Key {
    /// Algorithm 6 of FIPS 204.
    pub(crate) fn from_seed(seed: &[u8; SEED_BYTES]) -> Self {
        let seed = Zeroizing::new(Seed::from(*seed));
        Self(SigningKey::from_seed(&seed))
    }

    /// From PKCS#8 in its one form, that of a seed. None for any other: expanded keys are not taken, because nobody can tell
    /// from one whether it was made as it should be.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let seed = der.strip_prefix(&PKCS8_HEAD)?;
        Some(Self::from_seed(seed.try_into().ok()?))
    }

    pub(crate) fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let mut der = Zeroizing::new(Vec::with_capacity(PKCS8_HEAD.len() + SEED_BYTES));
        der.extend_from_slice(&PKCS8_HEAD);
        der.extend_from_slice(self.0.as_seed());
        der
    }

    /// The public key, 1,952 bytes.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().encode().to_vec()
    }

    /// Deterministic, the variant of FIPS 204 that needs no random numbers.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        self.0.try_sign(message).map(|signature| signature.to_vec()).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pkcs8_is_the_example_of_rfc_9881() {
        // Appendix C.1.2.1: the seed of all examples, in the seed-only form.
        let seed: [u8; SEED_BYTES] = std::array::from_fn(|idx| idx as u8);
        let key = Key::from_seed(&seed);
        let der = key.to_pkcs8();
        let document = der::Document::try_from(der.as_slice()).expect("DER");
        let pem = document.to_pem("PRIVATE KEY", der::pem::LineEnding::LF).expect("PEM");
        assert_eq!(
            pem,
            "-----BEGIN PRIVATE KEY-----\n\
             MDQCAQAwCwYJYIZIAWUDBAMSBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ\n\
             GhscHR4f\n-----END PRIVATE KEY-----\n"
        );
        let again = Key::from_pkcs8(&der).expect("read again");
        assert_eq!(again.public_key(), key.public_key());
        for wrong in [&der[..der.len() - 1], &[der.as_slice(), &[0]].concat(), &[]] {
            assert!(Key::from_pkcs8(wrong).is_none());
        }
    }
    #[test]
    fn a_bit_of_the_key_and_another_set_are_seen() {
        let key = Key::from_seed(&[7; SEED_BYTES]);
        let spki = crate::trial::KeyPair::spki(&key).expect("encoded");
        let signature = key.sign(b"text").expect("signed");
        let set = ParameterSet::MlDsa65;
        let unsupported = |found: Result<(), Fault>| matches!(found, Err(Fault::Unsupported(_)));
        assert_eq!(set.verify(&spki, b"text", &signature), Ok(()));
        assert_eq!(signature.len(), SIGNATURE_BYTES);
        for at in [spki.len() - 1952, spki.len() - 1900, spki.len() - 1] {
            let mut changed = spki.clone();
            changed[at] ^= 1;
            assert_eq!(set.verify(&changed, b"text", &signature), Err(Fault::Wrong), "byte {at} of the key");
        }
        assert_eq!(set.verify(&spki, b"test", &signature), Err(Fault::Wrong));
        assert_eq!(set.verify(&spki, b"text", &signature[1..]), Err(Fault::Wrong));
        assert!(unsupported(ParameterSet::MlDsa44.verify(&spki, b"text", &signature)));
        assert!(unsupported(set.verify(&spki[..spki.len() - 1], b"text", &signature)));
        let other = place_of(&spki, &[0x03, 0x12]);
        let mut other_set = spki;
        other_set[other + 1] = 0x11;
        assert!(
            unsupported(ParameterSet::MlDsa44.verify(&other_set, b"text", &signature)),
            "a key of another length"
        );
    }

    fn place_of(whole: &[u8], part: &[u8]) -> usize {
        whole.windows(part.len()).position(|window| window == part).expect("it is in there")
    }
}
