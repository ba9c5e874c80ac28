//! One X.509 certificate: its original bytes beside what they mean.

use der::asn1::ObjectIdentifier;
use der::{Decode, Tag};
use record::{Sha256, Timestamp};
use sha2::Digest as _;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage,
};

use crate::algorithm::{Fault, SignatureScheme};
use crate::tlv::{Fields, Malformed, Tlv};

/// Largest certificate that is read, in bytes.
const MAX_CERTIFICATE_BYTES: usize = 64 << 10;

/// Extensions whose meaning is honoured, or that cannot widen trust when passed over. A critical one
/// outside this list stops a path (RFC 5280 4.2).
const KNOWN_EXTENSIONS: [&str; 9] = [
    "2.5.29.14", // subject key identifier
    "2.5.29.15", // key usage: checked
    "2.5.29.17", // subject alternative name
    "2.5.29.18", // issuer alternative name
    "2.5.29.19", // basic constraints: checked
    "2.5.29.31", // CRL distribution points
    "2.5.29.32", // certificate policies: no policy is asked for
    "2.5.29.35", // authority key identifier
    "2.5.29.37", // extended key usage: checked
];

const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// Where to ask an OCSP server (RFC 5280, 4.2.2.1).
const OCSP_ACCESS: &str = "1.3.6.1.5.5.7.48.1";
/// This responder is not to be checked for revocation (RFC 6960, 4.2.2.2.1).
const NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";

#[derive(Clone)]
pub(crate) struct Certificate {
    der: Vec<u8>,
    tbs: std::ops::Range<usize>,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    serial: Vec<u8>,
    spki: Vec<u8>,
    signature_algorithm: Vec<u8>,
    parsed: x509_cert::Certificate,
}

impl Certificate {
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(Malformed::new("a certificate larger than 64 KiB"));
        }
        let parsed =
            x509_cert::Certificate::from_der(der).map_err(|e| Malformed(format!("certificate: {e}")))?;
        let mut outer = Fields::of(Tlv::only(der)?, 3, "certificate")?;
        let tbs = outer.take(Tag::Sequence)?;
        let algorithm = outer.take(Tag::Sequence)?;
        let mut fields = Fields::of(tbs, 12, "certificate body")?;
        fields.take_context(0);
        let serial = fields.take(Tag::Integer)?;
        let inner_algorithm = fields.take(Tag::Sequence)?;
        if inner_algorithm.whole != algorithm.whole {
            return Err(Malformed::new("certificate: two different signature algorithms"));
        }
        let issuer = fields.take(Tag::Sequence)?;
        fields.take(Tag::Sequence)?; // validity, read from `parsed`
        let subject = fields.take(Tag::Sequence)?;
        let spki = fields.take(Tag::Sequence)?;
        let start = tbs.whole.as_ptr().addr() - der.as_ptr().addr();
        Ok(Self {
            der: der.to_vec(),
            tbs: start..start + tbs.whole.len(),
            issuer: issuer.whole.to_vec(),
            subject: subject.whole.to_vec(),
            serial: serial.whole.to_vec(),
            spki: spki.whole.to_vec(),
            signature_algorithm: algorithm.whole.to_vec(),
            parsed,
        })
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// DER of the issuer's name.
    pub(crate) fn issuer_der(&self) -> &[u8] {
        &self.issuer
    }

    /// DER of the subject's name.
    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.subject
    }

    /// DER of the serial number, an INTEGER.
    pub(crate) fn serial_der(&self) -> &[u8] {
        &self.serial
    }

    /// DER of the SubjectPublicKeyInfo.
    pub(crate) fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Of the public key.
    pub(crate) fn key_sha256(&self) -> Sha256 {
        Sha256(sha2::Sha256::digest(&self.spki).into())
    }

    pub(crate) fn sha256(&self) -> Sha256 {
        Sha256(sha2::Sha256::digest(&self.der).into())
    }

    pub(crate) fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    pub(crate) fn issuer(&self) -> String {
        self.parsed.tbs_certificate().issuer().to_string()
    }

    pub(crate) fn common_name(&self) -> Option<String> {
        let name = self.parsed.tbs_certificate().subject().common_name().ok()??;
        Some(name.value().into_owned())
    }

    /// Serial number in upper-case hexadecimal, as `openssl x509 -serial` prints it.
    pub(crate) fn serial_hex(&self) -> String {
        let bytes = self.parsed.tbs_certificate().serial_number().as_bytes();
        bytes.iter().map(|b| format!("{b:02X}")).collect()
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Another certificate of the same name and key, or this one?
    pub(crate) fn is_same_authority(&self, other: &Certificate) -> bool {
        self.subject == other.subject && self.spki == other.spki
    }

    pub(crate) fn not_before(&self) -> Timestamp {
        moment(self.parsed.tbs_certificate().validity().not_before)
    }

    pub(crate) fn not_after(&self) -> Timestamp {
        moment(self.parsed.tbs_certificate().validity().not_after)
    }

    pub(crate) fn is_valid_at(&self, at: Timestamp) -> bool {
        // Certificates count whole seconds, the last one included (RFC 5280 4.1.2.5).
        self.not_before().as_second() <= at.as_second() && at.as_second() <= self.not_after().as_second()
    }

    pub(crate) fn subject_key_id(&self) -> Option<Vec<u8>> {
        let found =
            self.parsed.tbs_certificate().get_extension::<x509_cert::ext::pkix::SubjectKeyIdentifier>();
        found.ok().flatten().map(|(_, id)| id.0.as_bytes().to_vec())
    }

    /// Did `issuer`'s key sign this certificate? Names are compared by the caller.
    pub(crate) fn is_signed_by(&self, issuer: &Certificate) -> Result<(), Fault> {
        let scheme = SignatureScheme::from_der(&self.signature_algorithm, None)?;
        let signature = self.parsed.signature().as_bytes().ok_or(Fault::Wrong)?;
        scheme.verify(&issuer.spki, &self.der[self.tbs.clone()], signature)
    }

    /// A critical extension that is not understood here, if there is one.
    pub(crate) fn unknown_critical_extension(&self) -> Option<ObjectIdentifier> {
        let extensions = self.parsed.tbs_certificate().extensions()?;
        let mut critical = extensions.iter().filter(|e| e.critical).map(|e| e.extn_id);
        critical.find(|oid| !KNOWN_EXTENSIONS.contains(&oid.to_string().as_str()))
    }

    pub(crate) fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Malformed> {
        Ok(self.parsed.tbs_certificate().get_extension()?.map(|(_, value)| value))
    }

    pub(crate) fn key_usage(&self) -> Result<Option<KeyUsage>, Malformed> {
        Ok(self.parsed.tbs_certificate().get_extension()?.map(|(_, value)| value))
    }

    /// Is time stamping its only purpose, and marked critical (RFC 3161 2.3)?
    pub(crate) fn is_for_time_stamps_only(&self) -> bool {
        let found = self.parsed.tbs_certificate().get_extension::<ExtendedKeyUsage>();
        matches!(found, Ok(Some((true, purposes)))
            if purposes.0.len() == 1 && purposes.0[0].to_string() == TIME_STAMPING)
    }

    /// Where lists about it lie, by the names of all its distribution points.
    pub(crate) fn crl_places(&self) -> Vec<GeneralName> {
        let found = self.parsed.tbs_certificate().get_extension::<CrlDistributionPoints>();
        let points = found.ok().flatten().map(|(_, points)| points.0).unwrap_or_default();
        let names = points.into_iter().filter_map(|point| point.distribution_point);
        names
            .flat_map(|name| match name {
                DistributionPointName::FullName(names) => names,
                DistributionPointName::NameRelativeToCRLIssuer(_) => Vec::new(),
            })
            .collect()
    }

    /// Addresses of lists about it.
    pub(crate) fn crl_urls(&self) -> Vec<String> {
        self.crl_places().iter().filter_map(url).collect()
    }

    /// Addresses of servers that answer about it.
    pub(crate) fn ocsp_urls(&self) -> Vec<String> {
        let found = self.parsed.tbs_certificate().get_extension::<AuthorityInfoAccessSyntax>();
        let ways = found.ok().flatten().map(|(_, ways)| ways.0).unwrap_or_default();
        let ways = ways.iter().filter(|way| way.access_method.to_string() == OCSP_ACCESS);
        ways.filter_map(|way| url(&way.access_location)).collect()
    }

    /// Does it say where to ask whether it was revoked?
    pub(crate) fn names_revocation_service(&self) -> bool {
        let places = self.parsed.tbs_certificate().get_extension::<CrlDistributionPoints>();
        matches!(places, Ok(Some(_)) | Err(_)) || !self.ocsp_urls().is_empty()
    }

    /// A responder that its authority wants believed without asking (RFC 6960, 4.2.2.2.1).
    pub(crate) fn is_not_to_be_checked(&self) -> bool {
        let mut extensions = self.parsed.tbs_certificate().extensions().into_iter().flatten();
        extensions.any(|extension| extension.extn_id.to_string() == NO_CHECK)
    }

    /// Of which kind the public key is.
    pub(crate) fn key_algorithm(&self) -> Option<ObjectIdentifier> {
        let mut fields = Fields::of(Tlv::only(&self.spki).ok()?, 2, "public key").ok()?;
        let algorithm = fields.take(Tag::Sequence).ok()?;
        Fields::of(algorithm, 2, "algorithm").ok()?.take(Tag::ObjectIdentifier).ok()?.oid().ok()
    }

    /// The bits of the public key alone: what hashes of keys are over.
    pub(crate) fn public_key(&self) -> Option<&[u8]> {
        let mut fields = Fields::of(Tlv::only(&self.spki).ok()?, 2, "public key").ok()?;
        fields.take_any().ok()?;
        bits(fields.take(Tag::BitString).ok()?).ok()
    }

    pub(crate) fn extended_key_usage(&self) -> Result<Option<ExtendedKeyUsage>, Malformed> {
        Ok(self.parsed.tbs_certificate().get_extension()?.map(|(_, value)| value))
    }
}

fn url(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str().to_owned()),
        _ => None,
    }
}

/// The bytes of a BIT STRING of whole bytes.
pub(crate) fn bits(tlv: Tlv<'_>) -> Result<&[u8], Malformed> {
    match tlv.expect(Tag::BitString, "bits")?.value {
        [0, bytes @ ..] => Ok(bytes),
        _ => Err(Malformed::new("a BIT STRING that is no whole number of bytes")),
    }
}

fn moment(time: x509_cert::time::Time) -> Timestamp {
    let seconds = time.to_unix_duration().as_secs();
    Timestamp::from_second(i64::try_from(seconds).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
}
