//! Keys for trying the program out: an authority and a station made on the spot, marked as worthless.
//!
//! The authority's private key is thrown away at once, so nobody can issue another certificate under it.
//! Keys for real use come from a public authority, on a token.

use std::fmt;
use std::time::Duration;

use der::asn1::{Any, BitString, ObjectIdentifier, OctetString, PrintableStringRef, Utf8StringRef};
use der::flagset::FlagSet;
use der::{Decode, Encode, EncodePem, Sequence};
use p12_keystore::{Certificate as Pkcs12Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry};
use p12_keystore::{MacAlgorithm, PrivateKeyChain};
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey};
use record::Timestamp;
use sha2::{Digest, Sha256};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

use crate::algorithm::ECDSA_SHA256;

/// Stands in every trial certificate: "of no legal value".
pub const TRIAL_MARK: &str = "KHÔNG CÓ GIÁ TRỊ PHÁP LÝ";

const TRIAL_NAME: &str = "THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ";
const TRIAL_CA_NAME: &str = "CA THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ";
const TRIAL_SIGNERS_CA_NAME: &str = "CA KÝ THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ";
/// Upper bound of names in certificates, in characters (RFC 5280 appendix A).
const MAX_NAME_CHARS: usize = 64;
const DAY_S: u64 = 86_400;
const CA_DAYS: u64 = 20 * 365;
const STATION_DAYS: u64 = 10 * 365;
/// Rounds of password stretching in the PKCS#12 file: the figure OWASP gives for PBKDF2 with HMAC-SHA256.
const PKCS12_ROUNDS: u64 = 600_000;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const ORGANISATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
/// RFC 9336: signing documents.
const DOCUMENT_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36");

/// Fills a buffer with unpredictable bytes, from the operating system outside of tests.
pub type RandomSource<'a> = dyn FnMut(&mut [u8]) -> std::io::Result<()> + 'a;

/// What the trial certificates say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialNames {
    /// The procuracy's name, at most 64 characters.
    pub unit: String,
    /// The scanning station's name, at most 64 characters.
    pub station: String,
}

/// The result of [`make_trial_keys`].
#[derive(Clone, PartialEq, Eq)]
pub struct TrialKeys {
    /// The trial authority, the trust anchor: one PEM block.
    pub ca_certificate_pem: String,
    /// The same in DER.
    pub ca_certificate_der: Vec<u8>,
    /// The station's certificate in DER.
    pub station_certificate_der: Vec<u8>,
    /// The station's key and both certificates, PKCS#12 (PBES2, AES-256-CBC, HMAC-SHA256), under the
    /// given password.
    pub station_p12: Vec<u8>,
}

/// Why no trial keys were made.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    #[error("the name {0:?} is empty, longer than {MAX_NAME_CHARS} characters, or has a control character")]
    Name(String),
    #[error("the time {0} cannot stand in a certificate")]
    Time(Timestamp),
    #[error("no random numbers: {0}")]
    Random(#[from] std::io::Error),
    #[error("the certificate could not be encoded: {0}")]
    Encoding(#[from] der::Error),
    #[error("the key file could not be written: {0}")]
    KeyFile(String),
}

/// Makes a trial authority and a station key under it, both P-256, valid from `now` (cut to seconds) for
/// 20 and 10 years. Keys and serial numbers come from `random`; the salts of the key file are taken from
/// the operating system by the PKCS#12 writer. Takes some tenths of a second.
pub fn make_trial_keys(
    names: &TrialNames,
    password: &str,
    now: Timestamp,
    random: &mut RandomSource<'_>,
) -> Result<TrialKeys, TrialError> {
    let unit = checked_name(&names.unit)?;
    let authority = TrialAuthority::new(unit, TRIAL_CA_NAME, now, random)?;
    let station = authority.issue(unit, checked_name(&names.station)?, password, now, random)?;
    Ok(TrialKeys {
        ca_certificate_pem: authority.pem()?,
        ca_certificate_der: authority.certificate,
        station_certificate_der: station.0,
        station_p12: station.1,
    })
}

/// Keys of an officer and of the agency, for a trial: PKCS#12 files as that of the station.
#[derive(Clone, PartialEq, Eq)]
pub struct TrialSigners {
    /// The authority above both, the trust anchor: one PEM block.
    pub ca_certificate_pem: String,
    /// The officer's key.
    pub officer_p12: Vec<u8>,
    /// The agency's key.
    pub agency_p12: Vec<u8>,
}

/// Makes a trial authority with the keys of an officer of this name and of the agency (`unit`) under it, each with its
/// password. As [`make_trial_keys`].
pub fn make_trial_signers(
    unit: &str,
    officer: &str,
    [officer_password, agency_password]: [&str; 2],
    now: Timestamp,
    random: &mut RandomSource<'_>,
) -> Result<TrialSigners, TrialError> {
    let (unit, officer) = (checked_name(unit)?, checked_name(officer)?);
    let authority = TrialAuthority::new(unit, TRIAL_SIGNERS_CA_NAME, now, random)?;
    Ok(TrialSigners {
        ca_certificate_pem: authority.pem()?,
        officer_p12: authority.issue(unit, officer, officer_password, now, random)?.1,
        agency_p12: authority.issue(unit, unit, agency_password, now, random)?.1,
    })
}

/// An authority whose key is gone when this is.
struct TrialAuthority {
    name: Name,
    key: SigningKey,
    certificate: Vec<u8>,
}

impl TrialAuthority {
    fn new(
        unit: &str,
        common_name: &str,
        now: Timestamp,
        random: &mut RandomSource<'_>,
    ) -> Result<TrialAuthority, TrialError> {
        let key = new_key(random)?;
        let ca_name = name(&[(ORGANISATION, unit), (COMMON_NAME, common_name)])?;
        let request = Request {
            subject: ca_name.clone(),
            key: &key,
            days: CA_DAYS,
            extensions: vec![
                extension(true, &BasicConstraints { ca: true, path_len_constraint: Some(0) })?,
                extension(true, &key_usage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
            ],
        };
        let certificate = issue(request, (&ca_name, &key), now, random)?;
        Ok(TrialAuthority { name: ca_name, key, certificate })
    }

    /// Certificate and key file of somebody who signs.
    fn issue(
        &self,
        unit: &str,
        common_name: &str,
        password: &str,
        now: Timestamp,
        random: &mut RandomSource<'_>,
    ) -> Result<(Vec<u8>, Vec<u8>), TrialError> {
        let key = new_key(random)?;
        let request = signer_request(unit, common_name, &key)?;
        let certificate = issue(request, (&self.name, &self.key), now, random)?;
        let file = pkcs12(&key, &certificate, Some(self.certificate.as_slice()), password)?;
        Ok((certificate, file))
    }

    fn pem(&self) -> Result<String, TrialError> {
        let certificate = x509_cert::Certificate::from_der(&self.certificate)?;
        Ok(certificate.to_pem(der::pem::LineEnding::LF)?)
    }
}

/// A key pair that certificates are made for and with.
pub(crate) trait KeyPair {
    /// How it signs certificates.
    fn algorithm(&self) -> AlgorithmIdentifierOwned;
    /// SubjectPublicKeyInfo, DER.
    fn spki(&self) -> Result<Vec<u8>, TrialError>;
    /// The bits of the public key alone.
    fn public_bits(&self) -> Vec<u8>;
    fn sign(&self, body: &[u8]) -> Result<Vec<u8>, TrialError>;
    fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, TrialError>;
}

impl KeyPair for SigningKey {
    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: ECDSA_SHA256, parameters: None }
    }

    fn spki(&self) -> Result<Vec<u8>, TrialError> {
        let document = self.verifying_key().to_public_key_der();
        Ok(document.map_err(|e| TrialError::KeyFile(e.to_string()))?.into_vec())
    }

    fn public_bits(&self) -> Vec<u8> {
        self.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    fn sign(&self, body: &[u8]) -> Result<Vec<u8>, TrialError> {
        let signature: DerSignature = p256::ecdsa::signature::Signer::sign(self, body);
        Ok(signature.as_bytes().to_vec())
    }

    fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, TrialError> {
        let pkcs8 = self.to_pkcs8_der().map_err(|e| TrialError::KeyFile(e.to_string()))?;
        Ok(Zeroizing::new(pkcs8.as_bytes().to_vec()))
    }
}

/// Certificate and key file of somebody who signs, by the key itself: nobody stands above it.
pub(crate) fn issue_to_itself(
    unit: &str,
    key: &dyn KeyPair,
    password: &str,
    now: Timestamp,
    random: &mut RandomSource<'_>,
) -> Result<(Vec<u8>, Vec<u8>), TrialError> {
    let request = signer_request(checked_name(unit)?, unit, key)?;
    let subject = request.subject.clone();
    let certificate = issue(request, (&subject, key), now, random)?;
    let file = pkcs12(key, &certificate, None, password)?;
    Ok((certificate, file))
}

fn signer_request<'k>(
    unit: &str,
    common_name: &str,
    key: &'k dyn KeyPair,
) -> Result<Request<'k>, TrialError> {
    let subject =
        name(&[(ORGANISATION, unit), (ORGANISATIONAL_UNIT, TRIAL_NAME), (COMMON_NAME, common_name)])?;
    let extensions = vec![
        extension(true, &BasicConstraints { ca: false, path_len_constraint: None })?,
        extension(true, &key_usage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation))?,
        extension(false, &ExtendedKeyUsage(vec![EMAIL_PROTECTION, DOCUMENT_SIGNING]))?,
    ];
    Ok(Request { subject, key, days: STATION_DAYS, extensions })
}

struct Request<'k> {
    subject: Name,
    key: &'k dyn KeyPair,
    days: u64,
    extensions: Vec<Extension>,
}

fn issue(
    mut request: Request<'_>,
    (issuer, issuer_key): (&Name, &dyn KeyPair),
    now: Timestamp,
    random: &mut RandomSource<'_>,
) -> Result<Vec<u8>, TrialError> {
    request.extensions.push(extension(false, &SubjectKeyIdentifier(key_id(request.key)?))?);
    request.extensions.push(extension(
        false,
        &AuthorityKeyIdentifier {
            key_identifier: Some(key_id(issuer_key)?),
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        },
    )?);
    let mut serial = [0u8; 16];
    random(&mut serial)?;
    serial[0] = serial[0] & 0x7f | 0x40; // positive, never shortened
    let algorithm = issuer_key.algorithm();
    let body = CertificateBody {
        version: 2,
        serial: SerialNumber::new(&serial)?,
        signature: algorithm.clone(),
        issuer: issuer.clone(),
        validity: validity(now, request.days)?,
        subject: request.subject,
        public_key: SubjectPublicKeyInfoOwned::from_der(&request.key.spki()?)?,
        extensions: request.extensions,
    };
    let signature = issuer_key.sign(&body.to_der()?)?;
    let certificate = Certificate { body, algorithm, signature: BitString::from_bytes(&signature)? };
    Ok(certificate.to_der()?)
}

fn pkcs12(key: &dyn KeyPair, own: &[u8], ca: Option<&[u8]>, password: &str) -> Result<Vec<u8>, TrialError> {
    let failed = |e: p12_keystore::error::Error| TrialError::KeyFile(e.to_string());
    let pkcs8 = key.to_pkcs8()?;
    let chain = std::iter::once(own).chain(ca).map(|der| Pkcs12Certificate::from_der(der).map_err(failed));
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let local_key_id = Sha256::digest(own)[..20].to_vec();
    let mut store = KeyStore::new();
    let entry = PrivateKeyChain::new(pkcs8.as_slice(), local_key_id, chain);
    store.add_entry("hoso", KeyStoreEntry::PrivateKeyChain(entry));
    let writer = store
        .writer(password)
        .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
        .encryption_iterations(PKCS12_ROUNDS)
        .mac_algorithm(MacAlgorithm::HmacSha256)
        .mac_iterations(PKCS12_ROUNDS);
    writer.write().map_err(failed)
}

fn new_key(random: &mut RandomSource<'_>) -> Result<SigningKey, TrialError> {
    let mut scalar = Zeroizing::new([0u8; 32]);
    // All but one in 2^32 of these numbers are a key (FIPS 186-5 A.2.2); a source that never gives one is broken.
    for _ in 0..16 {
        random(scalar.as_mut_slice())?;
        if let Ok(key) = SigningKey::from_slice(scalar.as_slice()) {
            return Ok(key);
        }
    }
    Err(std::io::Error::other("the source gives no usable numbers").into())
}

fn validity(now: Timestamp, days: u64) -> Result<Validity, TrialError> {
    let from = u64::try_from(now.as_second()).map_err(|_| TrialError::Time(now))?;
    let time = |seconds: u64| {
        let date = der::DateTime::from_unix_duration(Duration::from_secs(seconds));
        date.map(Time::from).map_err(|_| TrialError::Time(now))
    };
    Ok(Validity::new(time(from)?, time(from + days * DAY_S)?))
}

fn checked_name(text: &str) -> Result<&str, TrialError> {
    let chars = text.chars().count();
    if text.trim().is_empty() || chars > MAX_NAME_CHARS || text.chars().any(char::is_control) {
        return Err(TrialError::Name(text.into()));
    }
    Ok(text)
}

/// C=VN and the given parts, each an UTF8String.
fn name(parts: &[(ObjectIdentifier, &str)]) -> Result<Name, der::Error> {
    let mut names = RdnSequence::default();
    let country = Any::encode_from(&PrintableStringRef::new("VN")?)?;
    let mut push = |oid, value| -> Result<(), der::Error> {
        names.push(vec![AttributeTypeAndValue { oid, value }].try_into()?);
        Ok(())
    };
    push(COUNTRY, country)?;
    for (oid, text) in parts {
        push(*oid, Any::encode_from(&Utf8StringRef::new(text)?)?)?;
    }
    Name::from_der(&names.to_der()?)
}

fn extension<T>(critical: bool, value: &T) -> Result<Extension, der::Error>
where
    T: Encode + der::oid::AssociatedOid,
{
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

fn key_usage(uses: impl Into<FlagSet<KeyUsages>>) -> KeyUsage {
    KeyUsage(uses.into())
}

/// RFC 7093, method 1: the first 160 bits of SHA-256 over the key.
fn key_id(key: &dyn KeyPair) -> Result<OctetString, der::Error> {
    OctetString::new(Sha256::digest(key.public_bits())[..20].to_vec())
}

#[derive(Sequence)]
struct Certificate {
    body: CertificateBody,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

#[derive(Sequence)]
struct CertificateBody {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    public_key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

impl fmt::Debug for TrialSigners {
    /// Leaves the key files out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrialSigners")
            .field("ca_certificate_pem", &self.ca_certificate_pem)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TrialKeys {
    /// Leaves the key file out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrialKeys")
            .field("ca_certificate_pem", &self.ca_certificate_pem)
            .finish_non_exhaustive()
    }
}
