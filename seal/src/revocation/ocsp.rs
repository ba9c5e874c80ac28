//! Answers of OCSP servers (RFC 6960): the basic response, signed by the issuer, by a responder that the issuer named for
//! this alone, or by one that is trusted for it here.

use std::ops::Range;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode, Tag};
use record::Timestamp;
use sha1::Digest as _;

use super::crl::time;
use super::{RevocationReason, Said};
use crate::algorithm::{Digest, Fault, SHA1, SignatureScheme};
use crate::certificate::{Certificate, bits};
use crate::path::OCSP_SIGNING;
use crate::tlv::{Fields, Malformed, Tlv};
use crate::trust::Trust;
use crate::verify::CLOCK_TOLERANCE_S;

const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
/// Most certificates and single answers of one response.
const MAX_CERTIFICATES: usize = 8;
const MAX_SINGLE: usize = 64;

pub(super) struct OcspResponse {
    der: Vec<u8>,
    tbs: Range<usize>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    responder: ResponderId,
    produced_at: Timestamp,
    single: Vec<Single>,
    certificates: Vec<Certificate>,
}

enum ResponderId {
    /// DER of the name.
    Name(Vec<u8>),
    /// SHA-1 of the public key.
    Key(Vec<u8>),
}

struct Single {
    digest: Digest,
    issuer_name: Vec<u8>,
    issuer_key: Vec<u8>,
    /// INTEGER in DER.
    serial: Vec<u8>,
    status: Status,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
}

#[derive(Clone, Copy)]
enum Status {
    Good,
    Revoked(Timestamp, RevocationReason),
    Unknown,
}

impl OcspResponse {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Fields::of(Tlv::only(der)?, 2, "OCSPResponse")?;
        match outer.take(Tag::Enumerated)?.value {
            [0] => {}
            [status] => return Err(Malformed(format!("the server did not answer (status {status})"))),
            _ => return Err(Malformed::new("OCSPResponse without status")),
        }
        let bytes = outer.take_context(0).ok_or_else(|| Malformed::new("OCSPResponse without content"))?;
        outer.end()?;
        let mut bytes = Fields::of(Tlv::only(bytes.value)?, 2, "ResponseBytes")?;
        if bytes.take(Tag::ObjectIdentifier)?.oid()?.to_string() != BASIC {
            return Err(Malformed::new("an answer of another kind than basic"));
        }
        let basic = bytes.take(Tag::OctetString)?.value;
        let mut fields = Fields::of(Tlv::only(basic)?, 4, "BasicOCSPResponse")?;
        let tbs = fields.take(Tag::Sequence)?;
        let algorithm = fields.take(Tag::Sequence)?.whole.to_vec();
        let signature = bits(fields.take(Tag::BitString)?)?.to_vec();
        let mut certificates = Vec::new();
        if let Some(list) = fields.take_context(0) {
            let list = Tlv::only(list.value)?.expect(Tag::Sequence, "certificates of an answer")?;
            for tlv in list.children(MAX_CERTIFICATES)? {
                certificates.push(Certificate::from_der(tlv.whole)?);
            }
        }
        fields.end()?;
        let mut data = Fields::of(tbs, 5, "ResponseData")?;
        data.take_context(0); // version
        let responder = match (data.take_context(1), data.take_context(2)) {
            (Some(name), None) => ResponderId::Name(Tlv::only(name.value)?.whole.to_vec()),
            (None, Some(key)) => {
                let key = Tlv::only(key.value)?.expect(Tag::OctetString, "key of the responder")?;
                ResponderId::Key(key.value.to_vec())
            }
            _ => return Err(Malformed::new("an answer without responder")),
        };
        let produced_at = time(data.take(Tag::GeneralizedTime)?)?;
        let list = data.take(Tag::Sequence)?.children(MAX_SINGLE)?;
        let single = list.into_iter().map(single).collect::<Result<_, _>>()?;
        let start = tbs.whole.as_ptr().addr() - der.as_ptr().addr();
        Ok(Self {
            tbs: start..start + tbs.whole.len(),
            algorithm,
            signature,
            responder,
            produced_at,
            single,
            certificates,
            der: der.to_vec(),
        })
    }

    /// Does it speak of this certificate?
    pub(super) fn speaks_of(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.about(certificate, issuer).is_some()
    }

    /// Does it say that this certificate was revoked?
    pub(super) fn revokes(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.about(certificate, issuer).is_some_and(|single| matches!(single.status, Status::Revoked(..)))
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn produced_at(&self) -> Timestamp {
        self.produced_at
    }

    fn about(&self, certificate: &Certificate, issuer: &Certificate) -> Option<&Single> {
        self.single.iter().find(|single| single.is_about(certificate, issuer))
    }

    /// What it says of a certificate that it speaks of; nothing unless it is signed by who may.
    pub(super) fn ask(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        trust: &Trust,
        check_responder: impl Fn(&Certificate, Timestamp) -> Result<(), String>,
    ) -> Said {
        let Some(single) = self.about(certificate, issuer) else {
            return Said::Nothing("an answer about other certificates".into());
        };
        if let Err(why) = self.check(issuer, trust, check_responder) {
            return Said::Nothing(why);
        }
        let this_update = single.this_update;
        if this_update.as_second() > self.produced_at.as_second() + CLOCK_TOLERANCE_S {
            return Said::Nothing(format!(
                "an answer made at {}, before what it says was so at {this_update}",
                self.produced_at
            ));
        }
        match single.status {
            Status::Good => {
                Said::Good { this_update, next_update: single.next_update, keeps_expired_since: None }
            }
            Status::Revoked(at, reason) => Said::Revoked { this_update, at, reason },
            Status::Unknown => Said::Nothing(format!("the server said at {this_update}: unknown")),
        }
    }

    fn check(
        &self,
        issuer: &Certificate,
        trust: &Trust,
        check_responder: impl Fn(&Certificate, Timestamp) -> Result<(), String>,
    ) -> Result<(), String> {
        if self.is_named(issuer) {
            return self.is_signed_by(issuer);
        }
        if let Some(trusted) = trust.ocsp_responders(self.produced_at).find(|c| self.is_named(c)) {
            self.check_time(trusted)?;
            return self.is_signed_by(trusted);
        }
        let responder = self.certificates.iter().find(|c| self.is_named(c));
        let responder = responder.ok_or("an answer whose signer is not known")?;
        let name = responder.subject();
        if responder.issuer_der() != issuer.subject_der() || responder.is_signed_by(issuer).is_err() {
            return Err(format!(
                "an answer of \"{name}\", whom \"{}\" did not name for that",
                issuer.subject()
            ));
        }
        let purposes = responder.extended_key_usage().map_err(|e| e.0)?;
        if !purposes.is_some_and(|list| list.0.iter().any(|p| p.to_string() == OCSP_SIGNING)) {
            return Err(format!("an answer of \"{name}\", whose certificate is not for that"));
        }
        if let Some(oid) = responder.unknown_critical_extension() {
            return Err(format!("an answer of \"{name}\" with the unknown critical extension {oid}"));
        }
        if trust.distrusts(responder) {
            return Err(format!("an answer of \"{name}\", which is not trusted any more"));
        }
        self.check_time(responder)?;
        self.is_signed_by(responder)?;
        match responder.is_not_to_be_checked() {
            true => Ok(()),
            false => check_responder(responder, self.produced_at),
        }
    }

    /// Was the responder's certificate valid when it answered?
    fn check_time(&self, responder: &Certificate) -> Result<(), String> {
        let (name, at) = (responder.subject(), self.produced_at);
        match responder.is_valid_at(at) {
            true => Ok(()),
            false => Err(format!("an answer of \"{name}\", whose certificate was not valid at {at}")),
        }
    }

    fn is_named(&self, certificate: &Certificate) -> bool {
        match &self.responder {
            ResponderId::Name(name) => certificate.subject_der() == name,
            ResponderId::Key(hash) => certificate
                .public_key()
                .is_some_and(|key| sha1::Sha1::digest(key).as_slice() == hash.as_slice()),
        }
    }

    fn is_signed_by(&self, signer: &Certificate) -> Result<(), String> {
        let scheme = SignatureScheme::from_der(&self.algorithm, None);
        let signed = &self.der[self.tbs.clone()];
        let right = scheme.and_then(|scheme| scheme.verify(signer.spki_der(), signed, &self.signature));
        right.map_err(|fault| match fault {
            Fault::Wrong => {
                format!("an answer under the name of \"{}\" that it did not sign", signer.subject())
            }
            Fault::Unsupported(what) | Fault::Weak(what) => format!("an answer signed with {what}"),
        })
    }
}

impl Single {
    fn is_about(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.serial == certificate.serial_der()
            && self.issuer_name == self.digest.of(issuer.subject_der())
            && issuer.public_key().is_some_and(|key| self.issuer_key == self.digest.of(key))
    }
}

fn single(tlv: Tlv<'_>) -> Result<Single, Malformed> {
    let mut fields = Fields::of(tlv, 5, "SingleResponse")?;
    let mut id = Fields::of(fields.take(Tag::Sequence)?, 4, "CertID")?;
    let mut algorithm = Fields::of(id.take(Tag::Sequence)?, 2, "AlgorithmIdentifier")?;
    let oid = algorithm.take(Tag::ObjectIdentifier)?.oid()?;
    // Here SHA-1 names a certificate and signs nothing.
    let digest = Digest::from_oid_or_weak(oid).ok_or_else(|| Malformed(format!("the digest {oid}")))?;
    let issuer_name = id.take(Tag::OctetString)?.value.to_vec();
    let issuer_key = id.take(Tag::OctetString)?.value.to_vec();
    let serial = id.take(Tag::Integer)?.whole.to_vec();
    let status = fields.take_any()?;
    let status = match (status.tag.is_context_specific(), status.tag.number().0) {
        (true, 0) => Status::Good,
        (true, 1) => revoked(status)?,
        (true, 2) => Status::Unknown,
        _ => return Err(Malformed::new("a status that is none")),
    };
    let this_update = time(fields.take(Tag::GeneralizedTime)?)?;
    let next_update = match fields.take_context(0) {
        Some(next) => Some(time(Tlv::only(next.value)?)?),
        None => None,
    };
    fields.take_context(1);
    fields.end()?;
    Ok(Single { digest, issuer_name, issuer_key, serial, status, this_update, next_update })
}

fn revoked(tlv: Tlv<'_>) -> Result<Status, Malformed> {
    let parts = tlv.children(2)?;
    let [at, rest @ ..] = parts.as_slice() else { return Err(Malformed::new("revoked without a time")) };
    let reason = match rest.first().map(|reason| Tlv::only(reason.value)) {
        Some(reason) => match reason?.expect(Tag::Enumerated, "reason")?.value {
            [code] => Some(*code),
            _ => return Err(Malformed::new("a reason that is no small number")),
        },
        None => None,
    };
    Ok(Status::Revoked(time(*at)?, RevocationReason(reason)))
}

/// OCSPRequest (DER) about a certificate, with SHA-1 as every server knows it (RFC 5019, 2.1.1), without nonce: answers are
/// kept and must count for others.
pub(super) fn request(certificate: &Certificate, issuer: &Certificate) -> Option<Vec<u8>> {
    let sequence = |parts: &[&[u8]]| AnyRef::new(Tag::Sequence, &parts.concat()).and_then(|any| any.to_der());
    let octets = |bytes: &[u8]| AnyRef::new(Tag::OctetString, bytes).and_then(|any| any.to_der());
    let encode = || -> der::Result<Vec<u8>> {
        let oid: ObjectIdentifier = SHA1;
        let algorithm = sequence(&[&oid.to_der()?, &[5, 0]])?;
        let key = issuer.public_key().unwrap_or_default();
        let id = sequence(&[
            &algorithm,
            &octets(&Digest::Sha1.of(issuer.subject_der()))?,
            &octets(&Digest::Sha1.of(key))?,
            certificate.serial_der(),
        ])?;
        let list = sequence(&[&sequence(&[&id])?])?;
        sequence(&[&sequence(&[&list])?])
    };
    encode().ok()
}
