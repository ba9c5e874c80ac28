//! Making the seal: a detached CMS SignedData in the CAdES-B profile (ETSI EN 319 122-1, B-B), and B-T where a time stamp
//! over each signature is asked for.
//!
//! Every signature is checked with the public key before it leaves: a token that computes wrongly, or a
//! key that does not belong to its certificate, is found here and not in court.

use der::asn1::{Any, AnyRef, ContextSpecific, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, TagMode, TagNumber, ValueOrd};
use record::{Sha256, Timestamp};
use sha2::Digest as _;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::algorithm::{
    Digest, ECDSA_SHA256, ECDSA_SHA384, Fault, KeyKind, RSA, signing_rsa_bits, signs_until,
};
use crate::certificate::Certificate;
use crate::cms;
use crate::manifest::{Manifest, ManifestError};
use crate::ml_dsa::{ML_DSA_65, SIGNATURE_BYTES};
use crate::tsp::{TimeStampClient, TspError};
use crate::verify::check_integrity;

/// How a [`Signer`] signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 over SHA-256; the signature is the DER SEQUENCE of r and s.
    EcdsaP256Sha256,
    /// ECDSA on P-384 over SHA-384; the signature is the DER SEQUENCE of r and s.
    EcdsaP384Sha384,
    /// RSASSA-PKCS1-v1_5 over SHA-256, the one RSA scheme every token has.
    RsaPkcs1Sha256,
    /// ML-DSA-65 (FIPS 204) beside SHA-512: for the experimental second signature; nothing else is signed with it.
    MlDsa65,
}

impl SignatureAlgorithm {
    pub(crate) fn digest(self) -> Digest {
        match self {
            Self::EcdsaP256Sha256 | Self::RsaPkcs1Sha256 => Digest::Sha256,
            Self::EcdsaP384Sha384 => Digest::Sha384,
            Self::MlDsa65 => Digest::Sha512,
        }
    }

    fn identifier(self) -> AlgorithmIdentifierOwned {
        match self {
            Self::EcdsaP256Sha256 => identifier(ECDSA_SHA256, None),
            Self::EcdsaP384Sha384 => identifier(ECDSA_SHA384, None),
            // RFC 3370 3.2: the plain key type, with NULL, is what every reader knows.
            Self::RsaPkcs1Sha256 => identifier(RSA, Some(Any::null())),
            Self::MlDsa65 => identifier(ML_DSA_65, None),
        }
    }
}

/// A private key and its certificates: a PKCS#12 file, a token, a signing service.
pub trait Signer {
    /// The one algorithm this key signs with.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// DER certificates: the signer's own first, then the authorities above it. A root may be among them
    /// and is left out of the seal.
    fn certificates(&self) -> &[Vec<u8>];

    /// Signs `message` (some hundred bytes, not yet hashed). A token that takes digests hashes it first.
    /// Never asks twice for a PIN: after a refusal the caller decides.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;
}

/// The key did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// A refusal that another try does not change: wrong PIN, key not allowed.
    #[error("the key refused to sign: {0}")]
    Refused(String),
    /// The device or service is away; the caller may try again.
    #[error("the signing device is not reachable: {0}")]
    Unreachable(String),
}

/// Why a manifest was not sealed. Nothing was produced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("not sealed: {0}")]
    Manifest(#[from] ManifestError),
    #[error("not sealed: no signer was given")]
    NoSigner,
    #[error("not sealed: certificate of the signer: {0}")]
    Certificate(String),
    #[error("not sealed: the certificate of \"{subject}\" is valid from {from} to {to}, not at {now}")]
    CertificateOutOfTime { subject: String, from: Timestamp, to: Timestamp, now: Timestamp },
    #[error("not sealed: keys of {algorithm} make no new signatures after {until}")]
    AlgorithmEnded { algorithm: String, until: Timestamp },
    #[error("not sealed: {0}")]
    Signer(#[from] SignerError),
    #[error("not sealed: \"{subject}\" made a signature that its own certificate does not confirm: {reason}")]
    SelfCheck { subject: String, reason: String },
    #[error("not sealed: the time {0} cannot be written into a signature")]
    Time(Timestamp),
    #[error("not sealed: {0} could not be encoded")]
    Encoding(der::Error),
    #[error("not sealed: time stamp: {0}")]
    TimeStamp(#[from] TspError),
}

/// Signs the raw bytes of a canonical manifest, once by each signer, and returns the DER of
/// `manifest.p7s`. `now` (cut to seconds) is the claimed signing time.
pub fn sign_detached(manifest: &[u8], signers: &[&dyn Signer], now: Timestamp) -> Result<Vec<u8>, SealError> {
    Manifest::parse(manifest)?;
    sign_text(manifest, signers, now)
}

/// The same signatures at level B-T (ETSI EN 319 122-1, 5.3): beside each of them a time stamp (RFC 3161) over its value, as
/// an unsigned attribute. `p7s` is what [`sign_detached`] or a batch gave; one question to the authority for each signature.
pub fn time_stamp_signatures(p7s: &[u8], client: &mut TimeStampClient<'_>) -> Result<Vec<u8>, SealError> {
    let mut whole = ContentInfo::from_der(p7s)?;
    let mut infos = whole.content.signer_infos.into_vec();
    for info in &mut infos {
        let token = client.stamp(&Sha256(sha2::Sha256::digest(info.signature.as_bytes()).into()))?;
        info.add_time_stamp(&token)?;
    }
    whole.content.signer_infos = SetOfVec::try_from(infos)?;
    Ok(whole.to_der()?)
}

/// The same over any text.
pub(crate) fn sign_text(text: &[u8], signers: &[&dyn Signer], now: Timestamp) -> Result<Vec<u8>, SealError> {
    let p7s = sign_unchecked(text, signers, now)?;
    check_integrity(text, &p7s).map_err(|(subject, reason)| SealError::SelfCheck { subject, reason })?;
    Ok(p7s)
}

/// The signatures alone: whoever asks for them checks them before they leave.
pub(crate) fn sign_unchecked(
    text: &[u8],
    signers: &[&dyn Signer],
    now: Timestamp,
) -> Result<Vec<u8>, SealError> {
    if signers.is_empty() {
        return Err(SealError::NoSigner);
    }
    let mut certificates: Vec<Vec<u8>> = Vec::new();
    let mut infos = Vec::new();
    let mut digests: Vec<AlgorithmIdentifierOwned> = Vec::new();
    for signer in signers {
        let own = certificate_of(*signer, now)?;
        let digest = signer.algorithm().digest().of(text);
        infos.push(sign_once(digest, *signer, &own, Some(now))?);
        let digest = identifier(signer.algorithm().digest().oid(), None);
        if !digests.contains(&digest) {
            digests.push(digest);
        }
        for der in chain_without_root(*signer)? {
            if !certificates.contains(&der) {
                certificates.push(der);
            }
        }
    }
    signed_data(digests, &certificates, infos)
}

/// A signature for a PDF (ETSI EN 319 142-1, B-B): the signing time stands in the PDF, not in here.
pub(crate) struct PdfSignature {
    info: SignerInfo,
    certificates: Vec<Vec<u8>>,
}

impl PdfSignature {
    /// Signs a digest of the kind that the signer's algorithm wants.
    pub(crate) fn new(digest: Vec<u8>, signer: &dyn Signer, now: Timestamp) -> Result<Self, SealError> {
        let own = certificate_of(signer, now)?;
        let info = sign_once(digest, signer, &own, None)?;
        Ok(Self { info, certificates: chain_without_root(signer)? })
    }

    /// The most bytes a signature by this signer takes, found without its key.
    pub(crate) fn max_bytes(signer: &dyn Signer, now: Timestamp) -> Result<usize, SealError> {
        let own = certificate_of(signer, now)?;
        let signature_bytes = match signer.algorithm() {
            SignatureAlgorithm::EcdsaP256Sha256 => 72,
            SignatureAlgorithm::EcdsaP384Sha384 => 104,
            SignatureAlgorithm::RsaPkcs1Sha256 => rsa_bits(&own)?.map_or(0, |bits| bits.div_ceil(8) as usize),
            SignatureAlgorithm::MlDsa65 => SIGNATURE_BYTES,
        };
        let digest = signer.algorithm().digest().of(b"");
        let unsigned = Unsigned { signer, signature: vec![0; signature_bytes] };
        let info = sign_once(digest, &unsigned, &own, None)?;
        Ok(Self { info, certificates: chain_without_root(signer)? }.to_der()?.len())
    }

    /// What a time stamp over it has to be made for.
    pub(crate) fn value(&self) -> &[u8] {
        self.info.signature.as_bytes()
    }

    pub(crate) fn add_time_stamp(&mut self, token: &[u8]) -> Result<(), SealError> {
        self.info.add_time_stamp(token)
    }

    pub(crate) fn to_der(&self) -> Result<Vec<u8>, SealError> {
        signed_data(vec![self.info.digest_algorithm.clone()], &self.certificates, vec![self.info.clone()])
    }
}

/// Stands for a signer where only sizes count.
struct Unsigned<'a> {
    signer: &'a dyn Signer,
    signature: Vec<u8>,
}

impl Signer for Unsigned<'_> {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.signer.algorithm()
    }

    fn certificates(&self) -> &[Vec<u8>] {
        self.signer.certificates()
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.signature.clone())
    }
}

/// Bits of an RSA key, none of another; one that is too short signs nothing.
fn rsa_bits(certificate: &Certificate) -> Result<Option<u32>, SealError> {
    signing_rsa_bits(certificate.spki_der()).map_err(|fault| {
        SealError::Certificate(match fault {
            Fault::Weak(what) => format!("{what}; 2048 are the least"),
            Fault::Unsupported(what) => what,
            Fault::Wrong => "its key is damaged".into(),
        })
    })
}

/// The signer's certificates but for a root, which nobody believes because it is sent along.
fn chain_without_root(signer: &dyn Signer) -> Result<Vec<Vec<u8>>, SealError> {
    let mut chain = Vec::new();
    for (idx, der) in signer.certificates().iter().enumerate() {
        let certificate = Certificate::from_der(der).map_err(|e| SealError::Certificate(e.0))?;
        if idx == 0 || !certificate.is_self_issued() {
            chain.push(der.clone());
        }
    }
    Ok(chain)
}

fn signed_data(
    digests: Vec<AlgorithmIdentifierOwned>,
    certificates: &[Vec<u8>],
    infos: Vec<SignerInfo>,
) -> Result<Vec<u8>, SealError> {
    let certificates = certificates.iter().map(|der| AnyRef::from_der(der)).collect::<Result<Vec<_>, _>>()?;
    let content = SignedData {
        version: 1,
        digest_algorithms: SetOfVec::try_from(digests)?,
        content: Content { content_type: cms::ID_DATA },
        certificates: SetOfVec::try_from(certificates)?,
        signer_infos: SetOfVec::try_from(infos)?,
    };
    Ok(ContentInfo { content_type: cms::ID_SIGNED_DATA, content }.to_der()?)
}

fn certificate_of(signer: &dyn Signer, now: Timestamp) -> Result<Certificate, SealError> {
    let der = signer.certificates().first().ok_or_else(|| SealError::Certificate("there is none".into()))?;
    let certificate = Certificate::from_der(der).map_err(|e| SealError::Certificate(e.0))?;
    if !certificate.is_valid_at(now) {
        return Err(SealError::CertificateOutOfTime {
            subject: certificate.subject(),
            from: certificate.not_before(),
            to: certificate.not_after(),
            now,
        });
    }
    rsa_bits(&certificate)?;
    if let Some(kind) = KeyKind::of(certificate.spki_der())
        && signs_until(kind) < now
    {
        return Err(SealError::AlgorithmEnded { algorithm: kind.name(), until: signs_until(kind) });
    }
    Ok(certificate)
}

fn sign_once(
    digest: Vec<u8>,
    signer: &dyn Signer,
    own: &Certificate,
    claimed: Option<Timestamp>,
) -> Result<SignerInfo, SealError> {
    let algorithm = signer.algorithm();
    let mut attributes = vec![
        attribute(cms::CONTENT_TYPE, &cms::ID_DATA)?,
        attribute(cms::MESSAGE_DIGEST, &OctetString::new(digest)?)?,
        attribute(cms::SIGNING_CERTIFICATE_V2, &signing_certificate(own)?)?,
    ];
    if let Some(claimed) = claimed {
        attributes.push(attribute(cms::SIGNING_TIME, &signing_time(claimed)?)?);
    }
    let signed_attributes = SetOfVec::try_from(attributes)?;
    // Signed under the tag SET OF, stored under [0] (RFC 5652 5.4).
    let message = signed_attributes.to_der()?;
    let signature = signer.sign(&message)?;
    Ok(SignerInfo {
        version: 1,
        id: IssuerAndSerial {
            issuer: Any::from_der(own.issuer_der())?,
            serial: Any::from_der(own.serial_der())?,
        },
        digest_algorithm: identifier(algorithm.digest().oid(), None),
        signed_attributes,
        signature_algorithm: algorithm.identifier(),
        signature: OctetString::new(signature)?,
        unsigned_attributes: None,
    })
}

/// UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5652 11.3).
fn signing_time(now: Timestamp) -> Result<x509_cert::time::Time, SealError> {
    let seconds = u64::try_from(now.as_second()).map_err(|_| SealError::Time(now))?;
    let time = der::DateTime::from_unix_duration(std::time::Duration::from_secs(seconds));
    Ok(time.map_err(|_| SealError::Time(now))?.into())
}

/// SigningCertificateV2 with the issuer and serial number; SHA-256 is the default and so left out.
fn signing_certificate(own: &Certificate) -> Result<SigningCertificateV2, der::Error> {
    let directory_name = ContextSpecific {
        tag_number: TagNumber(4),
        tag_mode: TagMode::Explicit,
        value: Any::from_der(own.issuer_der())?,
    };
    let issuer_serial = IssuerSerial {
        issuer: vec![Any::encode_from(&directory_name)?],
        serial: Any::from_der(own.serial_der())?,
    };
    let hash = OctetString::new(Digest::Sha256.of(own.der()))?;
    Ok(SigningCertificateV2 { certificates: vec![EssCertIdV2 { hash, issuer_serial }] })
}

fn attribute(oid: ObjectIdentifier, value: &(impl Encode + der::Tagged)) -> Result<Attribute, der::Error> {
    let value = Any::from_der(&value.to_der()?)?;
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}

fn identifier(oid: ObjectIdentifier, parameters: Option<Any>) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters }
}

impl From<der::Error> for SealError {
    fn from(error: der::Error) -> Self {
        Self::Encoding(error)
    }
}

#[derive(Sequence)]
struct ContentInfo<'a> {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData<'a>,
}

#[derive(Sequence)]
struct SignedData<'a> {
    version: u8,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    content: Content,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    certificates: SetOfVec<AnyRef<'a>>,
    signer_infos: SetOfVec<SignerInfo>,
}

#[derive(Sequence)]
struct Content {
    content_type: ObjectIdentifier,
}

#[derive(Clone, Sequence, ValueOrd)]
struct SignerInfo {
    version: u8,
    id: IssuerAndSerial,
    digest_algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    signed_attributes: SetOfVec<Attribute>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: OctetString,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    unsigned_attributes: Option<SetOfVec<Attribute>>,
}

impl SignerInfo {
    fn add_time_stamp(&mut self, token: &[u8]) -> Result<(), SealError> {
        let token = attribute(cms::SIGNATURE_TIME_STAMP, &Any::from_der(token)?)?;
        self.unsigned_attributes = Some(SetOfVec::try_from(vec![token])?);
        Ok(())
    }
}

#[derive(Clone, Sequence, ValueOrd)]
struct IssuerAndSerial {
    issuer: Any,
    serial: Any,
}

#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertIdV2>,
}

#[derive(Sequence)]
struct EssCertIdV2 {
    hash: OctetString,
    issuer_serial: IssuerSerial,
}

#[derive(Sequence)]
struct IssuerSerial {
    issuer: Vec<Any>,
    serial: Any,
}
