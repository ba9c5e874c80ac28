//! Reading a CMS SignedData (RFC 5652), and nothing else of CMS.
//!
//! Only DER with definite lengths, only with signed attributes; which content and which weaknesses are accepted says
//! the [`Profile`].
//! Bytes that are signed are handed on as they were received.

use der::Tag;
use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use record::Timestamp;

use crate::algorithm::{Digest, Fault, SHA1, SHA256, SignatureScheme, refused_digest};
use crate::certificate::Certificate;
use crate::tlv::{Fields, Malformed, Tlv};

pub(crate) const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(crate) const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(crate) const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
pub(crate) const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
pub(crate) const SIGNATURE_TIME_STAMP: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
/// TSTInfo, the content of a time stamp (RFC 3161 2.4.2).
pub(crate) const ID_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// What is accepted of a SignedData.
#[derive(Clone, Copy)]
pub(crate) struct Profile {
    content: ObjectIdentifier,
    is_detached: bool,
    /// Foreign signatures: SHA-1, the older signing-certificate, or none.
    is_foreign: bool,
    /// Signed with ML-DSA, and with nothing else.
    is_experimental: bool,
}

/// A seal of our own.
pub(crate) const SEAL: Profile =
    Profile { content: ID_DATA, is_detached: true, is_foreign: false, is_experimental: false };
/// The experimental second signature over a seal of our own.
pub(crate) const EXPERIMENTAL: Profile = Profile { is_experimental: true, ..SEAL };
/// A signature in a PDF of anybody.
pub(crate) const PDF: Profile =
    Profile { content: ID_DATA, is_detached: true, is_foreign: true, is_experimental: false };
/// A time stamp.
pub(crate) const TIME_STAMP: Profile =
    Profile { content: ID_TST_INFO, is_detached: false, is_foreign: true, is_experimental: false };

/// Of signed attributes (RFC 5652, 5.3: they are DER; X.690, 11.6: DER sorts a SET OF).
const NOT_IN_ORDER: &str =
    "the signed attributes are stored in another order than that of DER (RFC 5652, 5.3)";

/// Most certificates, signers and attributes that are looked at.
const MAX_CERTIFICATES: usize = 32;
const MAX_SIGNERS: usize = 8;
const MAX_ATTRIBUTES: usize = 64;

pub(crate) struct SignedData<'a> {
    pub(crate) certificates: Vec<Certificate>,
    /// Revocation lists that came along, DER.
    pub(crate) crls: Vec<&'a [u8]>,
    /// What was signed, where it is carried along.
    pub(crate) content: Option<&'a [u8]>,
    pub(crate) signers: Vec<SignerInfo<'a>>,
}

/// Which certificate a signer says is theirs.
enum SignerId<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    SubjectKeyId(&'a [u8]),
}

pub(crate) struct SignerInfo<'a> {
    id: SignerId<'a>,
    pub(crate) digest: Digest,
    scheme: SignatureScheme,
    /// The signed attributes with the tag they are signed under, SET OF (RFC 5652 5.4).
    signed_attributes: Vec<u8>,
    pub(crate) message_digest: &'a [u8],
    /// The time the signer claims; nobody else vouches for it.
    pub(crate) claimed: Option<Timestamp>,
    signing_certificate: Option<SigningCertificate<'a>>,
    pub(crate) signature: &'a [u8],
    /// The time stamp over the signature.
    pub(crate) time_stamp: Option<&'a [u8]>,
}

/// ESSCertIDv2 (RFC 5035): the signer names the certificate inside what is signed.
struct SigningCertificate<'a> {
    digest: Digest,
    hash: &'a [u8],
    issuer_and_serial: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> SignedData<'a> {
    pub(crate) fn from_der(bytes: &'a [u8], profile: Profile) -> Result<Self, Malformed> {
        let mut info = Fields::of(Tlv::only(bytes)?, 2, "ContentInfo")?;
        if info.take(Tag::ObjectIdentifier)?.oid()? != ID_SIGNED_DATA {
            return Err(Malformed::new("not a CMS SignedData"));
        }
        let content = info.take_context(0).ok_or_else(|| Malformed::new("ContentInfo without content"))?;
        info.end()?;

        let mut fields = Fields::of(Tlv::only(content.value)?, 6, "SignedData")?;
        let version = small_integer(fields.take(Tag::Integer)?)?;
        if !matches!(version, 1 | 3..=5) {
            return Err(Malformed(format!("SignedData of version {version}")));
        }
        let digests = digest_oids(fields.take(Tag::Set)?)?;
        let mut encapsulated = Fields::of(fields.take(Tag::Sequence)?, 2, "EncapsulatedContentInfo")?;
        if encapsulated.take(Tag::ObjectIdentifier)?.oid()? != profile.content {
            return Err(Malformed::new("the signed content is not of the kind it should be"));
        }
        let content = match (encapsulated.take_context(0), profile.is_detached) {
            (None, true) => None,
            (Some(content), false) => {
                Some(Tlv::only(content.value)?.expect(Tag::OctetString, "content")?.value)
            }
            (Some(_), true) => {
                return Err(Malformed::new(
                    "the signature carries a content of its own, it must be detached",
                ));
            }
            (None, false) => return Err(Malformed::new("the signed content is missing")),
        };
        encapsulated.end()?;
        let certificates = match fields.take_context(0) {
            Some(set) => certificates(set)?,
            None => Vec::new(),
        };
        let lists = fields.take_context(1).map_or(Ok(Vec::new()), |set| set.children(MAX_CERTIFICATES))?;
        // Other formats than lists are legal here.
        let crls = lists.iter().filter(|list| list.tag == Tag::Sequence).map(|list| list.whole).collect();
        let infos = fields.take(Tag::Set)?.children(MAX_SIGNERS)?;
        fields.end()?;
        if infos.is_empty() {
            return Err(Malformed::new("nobody signed"));
        }
        let signers =
            infos.into_iter().map(|tlv| signer(tlv, &digests, profile)).collect::<Result<_, _>>()?;
        Ok(Self { certificates, crls, content, signers })
    }

    /// The certificate a signer points to, which must also be the one named inside what was signed.
    pub(crate) fn certificate_of(&self, signer: &SignerInfo<'_>) -> Result<&Certificate, Malformed> {
        let meant = |c: &&Certificate| match &signer.id {
            SignerId::IssuerAndSerial { issuer, serial } => {
                c.issuer_der() == *issuer && c.serial_der() == *serial
            }
            SignerId::SubjectKeyId(id) => c.subject_key_id().as_deref() == Some(*id),
        };
        let mut fault = Malformed::new("the signer's certificate is not in the signature");
        for certificate in self.certificates.iter().filter(meant) {
            match signer.signing_certificate.as_ref().map_or(Ok(()), |named| named.check(certificate)) {
                Ok(()) => return Ok(certificate),
                Err(why) => fault = why,
            }
        }
        Err(fault)
    }
}

impl SignerInfo<'_> {
    /// The scheme in words.
    pub(crate) fn scheme(&self) -> &'static str {
        self.scheme.name()
    }

    /// Digest and scheme in words.
    pub(crate) fn algorithm(&self) -> String {
        format!("{} / {}", self.scheme.name(), self.digest.name())
    }

    /// Does the signer name the certificate inside what is signed (CAdES)?
    pub(crate) fn names_certificate(&self) -> bool {
        self.signing_certificate.is_some()
    }

    /// Is the signature over the signed attributes by this certificate's key? Of others, in the order in which they stand:
    /// some sign them unsorted, and every judge takes that.
    pub(crate) fn verify_attributes(&self, certificate: &Certificate) -> Result<(), Fault> {
        match self.scheme.verify(certificate.spki_der(), &self.signed_attributes, self.signature) {
            Err(Fault::Wrong) => {
                // RFC 5652, 5.4 signs the attributes in the order of DER, whatever order they are stored in, which 5.3 forbids.
                // Somebody has changed it, or stored it wrongly: nobody else accepts such a one, but it is no forgery.
                let sorted = sorted_set(&self.signed_attributes).map_err(|_| Fault::Wrong)?;
                if sorted == self.signed_attributes {
                    return Err(Fault::Wrong);
                }
                self.scheme.verify(certificate.spki_der(), &sorted, self.signature)?;
                Err(Fault::Unsupported(NOT_IN_ORDER.into()))
            }
            other => other,
        }
    }
}

impl SigningCertificate<'_> {
    fn check(&self, certificate: &Certificate) -> Result<(), Malformed> {
        if self.digest.of(certificate.der()) != self.hash {
            return Err(Malformed::new("the certificate is not the one named inside the signature"));
        }
        match self.issuer_and_serial {
            Some((issuer, serial))
                if issuer != certificate.issuer_der() || serial != certificate.serial_der() =>
            {
                Err(Malformed::new(
                    "the certificate's issuer or number is not the one named inside the signature",
                ))
            }
            _ => Ok(()),
        }
    }
}

fn digest_oids(set: Tlv<'_>) -> Result<Vec<ObjectIdentifier>, Malformed> {
    set.children(MAX_SIGNERS)?
        .into_iter()
        .map(|tlv| Fields::of(tlv, 2, "DigestAlgorithmIdentifier")?.take(Tag::ObjectIdentifier)?.oid())
        .collect()
}

fn certificates(set: Tlv<'_>) -> Result<Vec<Certificate>, Malformed> {
    let choices = set.children(MAX_CERTIFICATES)?;
    // Attribute certificates and other formats are legal here, and of no use.
    choices.into_iter().filter(|c| c.tag == Tag::Sequence).map(|c| Certificate::from_der(c.whole)).collect()
}

fn signer<'a>(
    tlv: Tlv<'a>,
    listed: &[ObjectIdentifier],
    profile: Profile,
) -> Result<SignerInfo<'a>, Malformed> {
    let mut fields = Fields::of(tlv, 7, "SignerInfo")?;
    let version = small_integer(fields.take(Tag::Integer)?)?;
    let sid = fields.take_any()?;
    let id = match (version, sid.tag) {
        (1, Tag::Sequence) => {
            let mut names = Fields::of(sid, 2, "IssuerAndSerialNumber")?;
            let issuer = names.take(Tag::Sequence)?.whole;
            let serial = names.take(Tag::Integer)?.whole;
            names.end()?;
            SignerId::IssuerAndSerial { issuer, serial }
        }
        (3, tag) if tag.is_context_specific() && tag.number().0 == 0 => SignerId::SubjectKeyId(sid.value),
        _ => return Err(Malformed(format!("SignerInfo of version {version} with {}", sid.tag))),
    };
    let digest_oid = algorithm_oid(fields.take(Tag::Sequence)?)?;
    if !listed.contains(&digest_oid) {
        return Err(Malformed::new("the signer's digest is not listed in the SignedData"));
    }
    let digest = match profile.is_foreign {
        true => foreign_digest(digest_oid)?,
        false => digest_from(digest_oid)?,
    };
    let attributes = fields.take_context(0).ok_or_else(|| Malformed::new("no signed attributes"))?;
    let scheme = fields.take(Tag::Sequence)?.whole;
    let scheme = match profile {
        Profile { is_experimental: true, .. } => SignatureScheme::experimental_from_der(scheme),
        Profile { is_foreign: true, .. } => SignatureScheme::from_der_or_weak(scheme, Some(digest)),
        _ => SignatureScheme::from_der(scheme, Some(digest)),
    };
    let scheme = match scheme {
        Ok(scheme) if scheme.digest == digest => scheme,
        Ok(_) => return Err(Malformed::new("signature and message use two different digests")),
        Err(Fault::Unsupported(what) | Fault::Weak(what)) => {
            return Err(Malformed(format!("not accepted: {what}")));
        }
        Err(Fault::Wrong) => return Err(Malformed::new("signature algorithm")),
    };
    let signature = fields.take(Tag::OctetString)?.value;
    let unsigned = match fields.take_context(1) {
        Some(unsigned) => unsigned.children(MAX_ATTRIBUTES)?,
        None => Vec::new(),
    };
    fields.end()?;

    let list = attributes.children(MAX_ATTRIBUTES)?;
    if !profile.is_foreign && !list.is_sorted_by_key(|attribute| attribute.whole) {
        return Err(Malformed::new(NOT_IN_ORDER));
    }
    let content_type = attribute(&list, CONTENT_TYPE)?.ok_or_else(|| missing("content-type"))?;
    if content_type.expect(Tag::ObjectIdentifier, "content-type")?.oid()? != profile.content {
        return Err(Malformed::new("the signed content type is not that of the content"));
    }
    let message_digest = attribute(&list, MESSAGE_DIGEST)?.ok_or_else(|| missing("message-digest"))?;
    let claimed = attribute(&list, SIGNING_TIME)?.map(time).transpose()?;
    let named = match attribute(&list, SIGNING_CERTIFICATE_V2)? {
        Some(named) => {
            let named = signing_certificate(named, SHA256)?;
            if named.digest.is_weak() && !profile.is_foreign {
                return Err(Malformed::new("the signing certificate is named by SHA-1"));
            }
            Some(named)
        }
        None if profile.is_foreign => attribute(&list, SIGNING_CERTIFICATE)?
            .map(|named| signing_certificate(named, SHA1))
            .transpose()?,
        None => return Err(missing("signing-certificate-v2")),
    };
    let mut signed_attributes = attributes.whole.to_vec();
    signed_attributes[0] = 0x31;
    Ok(SignerInfo {
        id,
        digest,
        scheme,
        signed_attributes,
        message_digest: message_digest.expect(Tag::OctetString, "message-digest")?.value,
        claimed,
        signing_certificate: named,
        signature,
        time_stamp: attribute(&unsigned, SIGNATURE_TIME_STAMP)?.map(|token| token.whole),
    })
}

/// The single value of an attribute that may occur once.
fn attribute<'a>(list: &[Tlv<'a>], wanted: ObjectIdentifier) -> Result<Option<Tlv<'a>>, Malformed> {
    let mut found = None;
    for tlv in list {
        let mut fields = Fields::of(*tlv, 2, "signed attribute")?;
        if fields.take(Tag::ObjectIdentifier)?.oid()? != wanted {
            continue;
        }
        let values = fields.take(Tag::Set)?.children(2)?;
        fields.end()?;
        if values.len() != 1 || found.is_some() {
            return Err(Malformed(format!("the signed attribute {wanted} has not exactly one value")));
        }
        found = values.first().copied();
    }
    Ok(found)
}

/// The first ESSCertID or ESSCertIDv2: the signer's own certificate.
fn signing_certificate(tlv: Tlv<'_>, default: ObjectIdentifier) -> Result<SigningCertificate<'_>, Malformed> {
    let mut outer = Fields::of(tlv, 2, "signing-certificate-v2")?;
    let mut ids = Fields::of(outer.take(Tag::Sequence)?, MAX_CERTIFICATES, "signing-certificate-v2")?;
    let mut id = Fields::of(ids.take(Tag::Sequence)?, 3, "ESSCertIDv2")?;
    let digest_oid = match id.take_if(Tag::Sequence) {
        Some(algorithm) => algorithm_oid(algorithm)?,
        None => default,
    };
    let hash = id.take(Tag::OctetString)?.value;
    let issuer_and_serial = id.take_if(Tag::Sequence).map(issuer_and_serial).transpose()?;
    id.end()?;
    Ok(SigningCertificate { digest: foreign_digest(digest_oid)?, hash, issuer_and_serial })
}

/// IssuerSerial: GeneralNames with one directoryName, and the number.
fn issuer_and_serial(tlv: Tlv<'_>) -> Result<(&[u8], &[u8]), Malformed> {
    let mut fields = Fields::of(tlv, 2, "IssuerSerial")?;
    let mut names = Fields::of(fields.take(Tag::Sequence)?, 1, "IssuerSerial")?;
    let name =
        names.take_context(4).ok_or_else(|| Malformed::new("IssuerSerial without a directory name"))?;
    let issuer = Tlv::only(name.value)?.whole;
    Ok((issuer, fields.take(Tag::Integer)?.whole))
}

pub(crate) fn time(tlv: Tlv<'_>) -> Result<Timestamp, Malformed> {
    let time = x509_cert::time::Time::from_der(tlv.whole)?;
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_err(|_| Malformed::new("signing-time out of range"))
}

fn algorithm_oid(tlv: Tlv<'_>) -> Result<ObjectIdentifier, Malformed> {
    let mut fields = Fields::of(tlv, 2, "AlgorithmIdentifier")?;
    let oid = fields.take(Tag::ObjectIdentifier)?.oid()?;
    fields.take_if(Tag::Null);
    fields.end()?;
    Ok(oid)
}

fn digest_from(oid: ObjectIdentifier) -> Result<Digest, Malformed> {
    Digest::from_oid(oid).ok_or_else(|| not_accepted(oid))
}

fn foreign_digest(oid: ObjectIdentifier) -> Result<Digest, Malformed> {
    Digest::from_oid_or_weak(oid).ok_or_else(|| not_accepted(oid))
}

fn not_accepted(digest: ObjectIdentifier) -> Malformed {
    Malformed(format!("the digest {} is not accepted", refused_digest(digest)))
}

fn small_integer(tlv: Tlv<'_>) -> Result<u8, Malformed> {
    Ok(u8::from_der(tlv.whole)?)
}

fn sorted_set(set: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut elements = Tlv::only(set)?.children(MAX_ATTRIBUTES)?;
    elements.sort_by_key(|e| e.whole);
    let contents: Vec<u8> = elements.iter().flat_map(|e| e.whole).copied().collect();
    Ok(der::asn1::AnyRef::new(Tag::Set, &contents)?.to_der()?)
}

fn missing(name: &str) -> Malformed {
    Malformed(format!("no signed attribute {name}"))
}
