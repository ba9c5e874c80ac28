//! The algorithms a seal may use, and checking one signature.
//!
//! MD5 has no place here, nor RSA keys below 2048 bits. ML-DSA is read in the experimental second signature alone. SHA-1 is read only where foreign PDF signatures and time stamps
//! are judged, and named as weak there; a seal with it is refused.

use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use record::Timestamp;
use rsa::pkcs1::RsaPssParamsOwned;
use rsa::signature::hazmat::PrehashVerifier;
use rsa::traits::PublicKeyParts as _;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use crate::ml_dsa::ParameterSet;
use crate::sign::SignatureAlgorithm;

pub(crate) const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
pub(crate) const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
pub(crate) const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
pub(crate) const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
pub(crate) const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
pub(crate) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const RSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Digests that are not accepted, by the names that people know.
const REFUSED_DIGESTS: [(ObjectIdentifier, &str); 9] = [
    (SHA1, "SHA-1"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.2.5"), "MD5"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.2.1"), "RIPEMD-160"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4"), "SHA-224"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.6"), "SHA-512/256"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.8"), "SHA3-256"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.9"), "SHA3-384"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.10"), "SHA3-512"),
    (ObjectIdentifier::new_unwrap("1.2.643.7.1.1.2.2"), "GOST R 34.11-2012"),
];

/// The name of a digest that is not accepted; its number where it has none here.
pub(crate) fn refused_digest(oid: ObjectIdentifier) -> String {
    let known = REFUSED_DIGESTS.iter().find(|(known, _)| *known == oid);
    known.map_or_else(|| oid.to_string(), |(_, name)| (*name).to_owned())
}

/// Shortest RSA modulus that is accepted (ETSI TS 119 312 and NIST SP 800-57 ask for no less).
const MIN_RSA_BITS: u32 = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    /// Broken for signatures; see the module.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        match oid {
            SHA256 => Some(Self::Sha256),
            SHA384 => Some(Self::Sha384),
            SHA512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// As [`Digest::from_oid`], and SHA-1.
    pub(crate) fn from_oid_or_weak(oid: ObjectIdentifier) -> Option<Self> {
        if oid == SHA1 { Some(Self::Sha1) } else { Self::from_oid(oid) }
    }

    pub(crate) fn is_weak(self) -> bool {
        self == Self::Sha1
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    pub(crate) fn hasher(self) -> Hasher {
        match self {
            Self::Sha1 => Hasher::Sha1(Sha1::new()),
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Sha384 => Hasher::Sha384(Sha384::new()),
            Self::Sha512 => Hasher::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => SHA1,
            Self::Sha256 => SHA256,
            Self::Sha384 => SHA384,
            Self::Sha512 => SHA512,
        }
    }

    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// A digest of bytes that come in pieces.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(h) => h.update(bytes),
            Self::Sha256(h) => h.update(bytes),
            Self::Sha384(h) => h.update(bytes),
            Self::Sha512(h) => h.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(h) => h.finalize().to_vec(),
            Self::Sha256(h) => h.finalize().to_vec(),
            Self::Sha384(h) => h.finalize().to_vec(),
            Self::Sha512(h) => h.finalize().to_vec(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Ecdsa,
    RsaPkcs1,
    RsaPss {
        salt_bytes: usize,
    },
    /// Over the message itself; the digest is that of the content beside it.
    MlDsa(ParameterSet),
}

/// How a signature was made: scheme and digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignatureScheme {
    scheme: Scheme,
    pub(crate) digest: Digest,
}

/// Why a signature was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An algorithm or key this program does not accept.
    Unsupported(String),
    /// Mathematics says yes, but the key is too short to prove anything.
    Weak(String),
    /// Mathematics says no.
    Wrong,
}

impl SignatureScheme {
    /// From an AlgorithmIdentifier in DER; `rsaEncryption` alone takes the digest named beside it.
    pub(crate) fn from_der(der: &[u8], beside: Option<Digest>) -> Result<Self, Fault> {
        let scheme = Self::from_der_or_weak(der, beside)?;
        if scheme.digest.is_weak() { Err(unsupported("a signature over SHA-1")) } else { Ok(scheme) }
    }

    /// As [`SignatureScheme::from_der`], and RSA over SHA-1.
    pub(crate) fn from_der_or_weak(der: &[u8], beside: Option<Digest>) -> Result<Self, Fault> {
        let id = AlgorithmIdentifierRef::from_der(der)
            .map_err(|e| unsupported(format!("algorithm identifier: {e}")))?;
        let null_or_absent = id.parameters.is_none_or(|p| p.is_null());
        let (scheme, digest) = match id.oid {
            ECDSA_SHA256 => (Scheme::Ecdsa, Digest::Sha256),
            ECDSA_SHA384 => (Scheme::Ecdsa, Digest::Sha384),
            ECDSA_SHA512 => (Scheme::Ecdsa, Digest::Sha512),
            RSA_SHA1 => (Scheme::RsaPkcs1, Digest::Sha1),
            RSA_SHA256 => (Scheme::RsaPkcs1, Digest::Sha256),
            RSA_SHA384 => (Scheme::RsaPkcs1, Digest::Sha384),
            RSA_SHA512 => (Scheme::RsaPkcs1, Digest::Sha512),
            RSA => match beside {
                Some(digest) => (Scheme::RsaPkcs1, digest),
                None => return Err(unsupported("RSA without a digest")),
            },
            RSA_PSS => return pss(&id),
            other => return Err(unsupported(format!("signature algorithm {other}"))),
        };
        if !null_or_absent {
            return Err(unsupported(format!("parameters of the signature algorithm {}", id.oid)));
        }
        Ok(Self { scheme, digest })
    }

    /// Of the experimental second signature: ML-DSA beside SHA-512, the one digest that RFC 9882 (section 3.3) asks all to know.
    pub(crate) fn experimental_from_der(der: &[u8]) -> Result<Self, Fault> {
        let id = AlgorithmIdentifierRef::from_der(der)
            .map_err(|e| unsupported(format!("algorithm identifier: {e}")))?;
        let set = ParameterSet::from_identifier(&id).ok_or_else(|| {
            unsupported(format!("signature algorithm {} for an experimental signature", id.oid))
        })?;
        Ok(Self { scheme: Scheme::MlDsa(set), digest: Digest::Sha512 })
    }

    /// How a signer with this algorithm signs.
    pub(crate) fn of(algorithm: SignatureAlgorithm) -> Self {
        let scheme = match algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => Scheme::RsaPkcs1,
            SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::EcdsaP384Sha384 => Scheme::Ecdsa,
            SignatureAlgorithm::MlDsa65 => Scheme::MlDsa(ParameterSet::MlDsa65),
        };
        Self { scheme, digest: algorithm.digest() }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.scheme {
            Scheme::Ecdsa => "ECDSA",
            Scheme::RsaPkcs1 => "RSA",
            Scheme::RsaPss { .. } => "RSA-PSS",
            Scheme::MlDsa(set) => set.name(),
        }
    }

    /// Checks `signature` over `message` with a SubjectPublicKeyInfo in DER.
    pub(crate) fn verify(&self, spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        if let Scheme::MlDsa(set) = self.scheme {
            return set.verify(spki, message, signature);
        }
        let hash = self.digest.of(message);
        let spki =
            SubjectPublicKeyInfoRef::from_der(spki).map_err(|e| unsupported(format!("public key: {e}")))?;
        match (self.scheme, spki.algorithm.oid) {
            (Scheme::Ecdsa, EC_KEY) => verify_ecdsa(spki, &hash, signature),
            (Scheme::RsaPkcs1 | Scheme::RsaPss { .. }, RSA) => self.verify_rsa(spki, &hash, signature),
            (_, other) => Err(unsupported(format!("a key of type {other} for this signature"))),
        }
    }

    fn verify_rsa(
        &self,
        spki: SubjectPublicKeyInfoRef<'_>,
        hash: &[u8],
        signature: &[u8],
    ) -> Result<(), Fault> {
        let key = rsa_key(spki)?;
        let bits = key.n().bits();
        let right = match (self.scheme, self.digest) {
            (Scheme::RsaPss { salt_bytes }, digest) => {
                use rsa::pss::{Signature, VerifyingKey};
                let signature = Signature::try_from(signature).map_err(|_| Fault::Wrong)?;
                match digest {
                    Digest::Sha1 => return Err(unsupported("RSASSA-PSS over SHA-1")),
                    Digest::Sha256 => VerifyingKey::<Sha256>::new_with_salt_len(key, salt_bytes)
                        .verify_prehash(hash, &signature),
                    Digest::Sha384 => VerifyingKey::<Sha384>::new_with_salt_len(key, salt_bytes)
                        .verify_prehash(hash, &signature),
                    Digest::Sha512 => VerifyingKey::<Sha512>::new_with_salt_len(key, salt_bytes)
                        .verify_prehash(hash, &signature),
                }
            }
            (_, digest) => {
                use rsa::pkcs1v15::{Signature, VerifyingKey};
                let signature = Signature::try_from(signature).map_err(|_| Fault::Wrong)?;
                match digest {
                    Digest::Sha1 => VerifyingKey::<Sha1>::new(key).verify_prehash(hash, &signature),
                    Digest::Sha256 => VerifyingKey::<Sha256>::new(key).verify_prehash(hash, &signature),
                    Digest::Sha384 => VerifyingKey::<Sha384>::new(key).verify_prehash(hash, &signature),
                    Digest::Sha512 => VerifyingKey::<Sha512>::new(key).verify_prehash(hash, &signature),
                }
            }
        };
        right.map_err(|_| Fault::Wrong)?;
        if bits < MIN_RSA_BITS { Err(Fault::Weak(format!("an RSA key of {bits} bits"))) } else { Ok(()) }
    }
}

/// The kinds of keys that seals are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    P256,
    P384,
    /// With a modulus of so many bits.
    Rsa {
        bits: u32,
    },
}

/// Until when keys make new signatures here: the kind of key from so many bits on, and the last day. What was signed before
/// stays as it is. RSA below 3,072 bits (112 bits of security): NIST SP 800-57 part 1 rev. 5, table 4. The others, which a
/// quantum computer would break: NIST IR 8547, initial public draft, tables 2 and 4.
const SIGNS_UNTIL: [(KeyKind, &str); 4] = [
    (KeyKind::Rsa { bits: MIN_RSA_BITS }, "2030-12-31T23:59:59Z"),
    (KeyKind::Rsa { bits: 3072 }, "2035-12-31T23:59:59Z"),
    (KeyKind::P256, "2035-12-31T23:59:59Z"),
    (KeyKind::P384, "2035-12-31T23:59:59Z"),
];

/// The last moment at which a key of this kind signs.
pub(crate) fn signs_until(kind: KeyKind) -> Timestamp {
    let is_it = |row: &KeyKind| match (row, kind) {
        (KeyKind::Rsa { bits: from }, KeyKind::Rsa { bits }) => bits >= *from,
        (row, kind) => *row == kind,
    };
    let row = SIGNS_UNTIL.iter().rfind(|(row, _)| is_it(row));
    let last = row.map_or("1970-01-01T00:00:00Z", |(_, until)| *until);
    last.parse().expect("a time of the table")
}

impl KeyKind {
    /// `P-256`, `RSA-2048`…
    pub(crate) fn name(self) -> String {
        match self {
            Self::P256 => "P-256".into(),
            Self::P384 => "P-384".into(),
            Self::Rsa { bits } => format!("RSA-{bits}"),
        }
    }

    /// The kind of a SubjectPublicKeyInfo (DER); none for other keys.
    pub(crate) fn of(spki: &[u8]) -> Option<KeyKind> {
        let spki = SubjectPublicKeyInfoRef::from_der(spki).ok()?;
        let curve = spki.algorithm.parameters_oid().ok();
        match (spki.algorithm.oid, curve) {
            (RSA, _) => Some(Self::Rsa { bits: rsa_key(spki).ok()?.n().bits() }),
            (EC_KEY, Some(P256)) => Some(Self::P256),
            (EC_KEY, Some(P384)) => Some(Self::P384),
            _ => None,
        }
    }
}

/// The crate refuses moduli below 1024 bits, which is not enough.
fn rsa_key(spki: SubjectPublicKeyInfoRef<'_>) -> Result<rsa::RsaPublicKey, Fault> {
    rsa::RsaPublicKey::try_from(spki.clone()).map_err(|error| match rsa_modulus_bits(&spki) {
        Some(bits) if bits < 1024 => unsupported(format!("an RSA key of {bits} bits")),
        _ => unsupported(format!("RSA key: {error}")),
    })
}

/// Of a key that the crate does not take.
fn rsa_modulus_bits(spki: &SubjectPublicKeyInfoRef<'_>) -> Option<usize> {
    let key = rsa::pkcs1::RsaPublicKeyRef::from_der(spki.subject_public_key.as_bytes()?).ok()?;
    let modulus = key.modulus.as_bytes();
    Some(modulus.len() * 8 - modulus.first()?.leading_zeros() as usize)
}

/// Bits of the modulus of an RSA key in a SubjectPublicKeyInfo (DER) that signing may use: 2048 or more. `None` for a
/// key of another kind.
pub(crate) fn signing_rsa_bits(spki: &[u8]) -> Result<Option<u32>, Fault> {
    let spki =
        SubjectPublicKeyInfoRef::from_der(spki).map_err(|e| unsupported(format!("public key: {e}")))?;
    if spki.algorithm.oid != RSA {
        return Ok(None);
    }
    match rsa_key(spki)?.n().bits() {
        bits if bits < MIN_RSA_BITS => Err(Fault::Weak(format!("an RSA key of {bits} bits"))),
        bits => Ok(Some(bits)),
    }
}

fn verify_ecdsa(spki: SubjectPublicKeyInfoRef<'_>, hash: &[u8], signature: &[u8]) -> Result<(), Fault> {
    let curve = spki.algorithm.parameters_oid().map_err(|_| unsupported("a key without a named curve"))?;
    match curve {
        P256 => {
            let key = p256::ecdsa::VerifyingKey::try_from(spki)
                .map_err(|e| unsupported(format!("P-256 key: {e}")))?;
            let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| Fault::Wrong)?;
            key.verify_prehash(hash, &signature).map_err(|_| Fault::Wrong)
        }
        P384 => {
            let key = p384::ecdsa::VerifyingKey::try_from(spki)
                .map_err(|e| unsupported(format!("P-384 key: {e}")))?;
            let signature = p384::ecdsa::Signature::from_der(signature).map_err(|_| Fault::Wrong)?;
            key.verify_prehash(hash, &signature).map_err(|_| Fault::Wrong)
        }
        other => Err(unsupported(format!("the elliptic curve {other}"))),
    }
}

fn pss(id: &AlgorithmIdentifierRef<'_>) -> Result<SignatureScheme, Fault> {
    let params = id.parameters.ok_or_else(|| unsupported("RSASSA-PSS without parameters"))?;
    let faulty = |e: der::Error| unsupported(format!("RSASSA-PSS parameters: {e}"));
    let params = params.to_der().map_err(faulty)?;
    let params = RsaPssParamsOwned::from_der(&params).map_err(faulty)?;
    let digest =
        Digest::from_oid(params.hash.oid).ok_or_else(|| unsupported("RSASSA-PSS with a weak digest"))?;
    let mask = params.mask_gen.parameters.map(|p| p.oid);
    if params.mask_gen.oid != MGF1 || mask != Some(params.hash.oid) {
        return Err(unsupported("RSASSA-PSS with a mask of another digest"));
    }
    Ok(SignatureScheme { scheme: Scheme::RsaPss { salt_bytes: params.salt_len.into() }, digest })
}

fn unsupported(what: impl Into<String>) -> Fault {
    Fault::Unsupported(what.into())
}
