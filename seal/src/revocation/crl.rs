//! Revocation lists (RFC 5280 section 5): complete and direct ones.

use std::ops::Range;

use der::{Decode, Tag};
use record::Timestamp;
use x509_cert::ext::pkix::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::DistributionPointName;

use super::{RevocationReason, Said};
use crate::algorithm::{Fault, SignatureScheme};
use crate::certificate::{Certificate, bits};
use crate::cms;
use crate::tlv::{Fields, Malformed, Tlv};
use crate::tsp;

/// Most entries of one list.
const MAX_ENTRIES: usize = 1_000_000;
/// Most extensions of a list or an entry.
const MAX_EXTENSIONS: usize = 64;

const REASON: &str = "2.5.29.21";
const CERTIFICATE_ISSUER: &str = "2.5.29.29";
const DELTA: &str = "2.5.29.27";
const SCOPE: &str = "2.5.29.28";
const EXPIRED_CERTIFICATES: &str = "2.5.29.60";

pub(super) struct Crl {
    der: Vec<u8>,
    tbs: Range<usize>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Sorted by the bytes of the serial numbers.
    entries: Vec<Entry>,
    scope: Option<IssuingDistributionPoint>,
    /// From the extension expiredCertsOnCRL (X.509, 9.5.2.8).
    keeps_expired_since: Option<Timestamp>,
    /// Why it cannot be used, if so.
    fault: Option<String>,
}

struct Entry {
    /// Where the serial number (INTEGER, DER) lies in the list.
    serial: Range<usize>,
    at: Timestamp,
    reason: RevocationReason,
}

impl Crl {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Fields::of(Tlv::only(der)?, 3, "CertificateList")?;
        let tbs = outer.take(Tag::Sequence)?;
        let algorithm = outer.take(Tag::Sequence)?.whole;
        let signature = bits(outer.take(Tag::BitString)?)?.to_vec();
        outer.end()?;
        let place = |part: &[u8]| {
            let start = part.as_ptr().addr() - der.as_ptr().addr();
            start..start + part.len()
        };
        let mut fields = Fields::of(tbs, 7, "TBSCertList")?;
        fields.take_if(Tag::Integer); // version
        if fields.take(Tag::Sequence)?.whole != algorithm {
            return Err(Malformed::new("a list with two different signature algorithms"));
        }
        let issuer = fields.take(Tag::Sequence)?.whole.to_vec();
        let this_update = time(fields.take_any()?)?;
        let next_update = match fields.take_if(Tag::UtcTime).or_else(|| fields.take_if(Tag::GeneralizedTime))
        {
            Some(next) => Some(time(next)?),
            None => None,
        };
        let mut crl = Self {
            tbs: place(tbs.whole),
            algorithm: algorithm.to_vec(),
            signature,
            issuer,
            this_update,
            next_update,
            entries: Vec::new(),
            scope: None,
            keeps_expired_since: None,
            fault: None,
            der: der.to_vec(),
        };
        if let Some(list) = fields.take_if(Tag::Sequence) {
            for entry in list.children(MAX_ENTRIES)? {
                let entry = crl.entry(entry, place)?;
                crl.entries.push(entry);
            }
        }
        if let Some(extensions) = fields.take_context(0) {
            crl.extensions(Tlv::only(extensions.value)?)?;
        }
        fields.end()?;
        let (bytes, entries) = (&crl.der, &mut crl.entries);
        entries.sort_by(|a, b| bytes[a.serial.clone()].cmp(&bytes[b.serial.clone()]));
        Ok(crl)
    }

    fn entry(&mut self, tlv: Tlv<'_>, place: impl Fn(&[u8]) -> Range<usize>) -> Result<Entry, Malformed> {
        let mut fields = Fields::of(tlv, 3, "an entry of a list")?;
        let serial = place(fields.take(Tag::Integer)?.whole);
        let at = time(fields.take_any()?)?;
        let mut reason = RevocationReason(None);
        if let Some(list) = fields.take_if(Tag::Sequence) {
            for (oid, critical, value) in extensions_of(list)? {
                match oid.as_str() {
                    REASON => reason = RevocationReason(Some(enumerated(value)?)),
                    CERTIFICATE_ISSUER => self.fault = Some("an indirect list".into()),
                    other if critical => {
                        self.fault = Some(format!("a list with the unknown critical extension {other}"));
                    }
                    _ => {}
                }
            }
        }
        fields.end()?;
        Ok(Entry { serial, at, reason })
    }

    fn extensions(&mut self, list: Tlv<'_>) -> Result<(), Malformed> {
        for (oid, critical, value) in extensions_of(list)? {
            match oid.as_str() {
                SCOPE => self.scope = Some(IssuingDistributionPoint::from_der(value)?),
                DELTA => self.fault = Some("a list of changes only (delta CRL)".into()),
                EXPIRED_CERTIFICATES => self.keeps_expired_since = Some(time(Tlv::only(value)?)?),
                other if critical => {
                    self.fault = Some(format!("a list with the unknown critical extension {other}"));
                }
                _ => {}
            }
        }
        if self.scope.as_ref().is_some_and(|scope| scope.indirect_crl) {
            self.fault = Some("an indirect list".into());
        }
        Ok(())
    }

    /// Does it bear the issuer's name?
    pub(super) fn is_of(&self, issuer: &Certificate) -> bool {
        self.issuer == issuer.subject_der()
    }

    /// Is there an entry with the number of the certificate?
    pub(super) fn names(&self, certificate: &Certificate) -> bool {
        self.entry_of(certificate).is_some()
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn this_update(&self) -> Timestamp {
        self.this_update
    }

    fn entry_of(&self, certificate: &Certificate) -> Option<&Entry> {
        let wanted = certificate.serial_der();
        let found = self.entries.binary_search_by(|entry| self.der[entry.serial.clone()].cmp(wanted));
        found.ok().map(|idx| &self.entries[idx])
    }

    /// What it says of a certificate; nothing unless the issuer signed it and it is about such certificates.
    pub(super) fn ask(&self, certificate: &Certificate, issuer: &Certificate) -> Said {
        if let Err(why) = self.check(certificate, issuer) {
            return Said::Nothing(why);
        }
        match self.entry_of(certificate) {
            // Only delta lists lift a revocation (RFC 5280, 5.3.1).
            Some(Entry { at, reason, .. }) => {
                Said::Revoked { this_update: self.this_update, at: *at, reason: *reason }
            }
            None if self.scope.as_ref().is_some_and(|scope| scope.only_some_reasons.is_some()) => {
                Said::Nothing("a list of some reasons for revocation only".into())
            }
            None => Said::Good {
                this_update: self.this_update,
                next_update: self.next_update,
                keeps_expired_since: self.keeps_expired_since,
            },
        }
    }

    fn check(&self, certificate: &Certificate, issuer: &Certificate) -> Result<(), String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if let Some(scope) = &self.scope {
            check_scope(scope, certificate)?;
        }
        if let Ok(Some(usage)) = issuer.key_usage()
            && !usage.crl_sign()
        {
            return Err(format!("\"{}\" may not sign lists", issuer.subject()));
        }
        let scheme = SignatureScheme::from_der(&self.algorithm, None);
        let right = scheme.and_then(|scheme| {
            scheme.verify(issuer.spki_der(), &self.der[self.tbs.clone()], &self.signature)
        });
        right.map_err(|fault| match fault {
            Fault::Wrong => format!("a list under the name of \"{}\" that it did not sign", issuer.subject()),
            Fault::Unsupported(what) | Fault::Weak(what) => format!("a list signed with {what}"),
        })
    }
}

/// Is the certificate one of those that the list is about (RFC 5280, 6.3.3 b 2)?
fn check_scope(scope: &IssuingDistributionPoint, certificate: &Certificate) -> Result<(), String> {
    let is_authority = certificate.basic_constraints().ok().flatten().is_some_and(|c| c.ca);
    if scope.only_contains_attribute_certs
        || scope.only_contains_user_certs && is_authority
        || scope.only_contains_ca_certs && !is_authority
    {
        return Err("a list of another kind of certificates".into());
    }
    match &scope.distribution_point {
        None => Ok(()),
        Some(DistributionPointName::FullName(names)) => {
            let places = certificate.crl_places();
            match names.iter().any(|name| places.contains(name)) {
                true => Ok(()),
                false => Err("a list of another place than the certificate names".into()),
            }
        }
        Some(DistributionPointName::NameRelativeToCRLIssuer(_)) => {
            Err("a list whose place is named in a way that is not accepted".into())
        }
    }
}

/// Object identifier, criticality and value of an extension.
type Extension<'a> = (String, bool, &'a [u8]);

fn extensions_of(list: Tlv<'_>) -> Result<Vec<Extension<'_>>, Malformed> {
    let list = list.expect(Tag::Sequence, "extensions")?;
    let mut found = Vec::new();
    for tlv in list.children(MAX_EXTENSIONS)? {
        let mut fields = Fields::of(tlv, 3, "extension")?;
        let oid = fields.take(Tag::ObjectIdentifier)?.oid()?.to_string();
        let critical = fields.take_if(Tag::Boolean).is_some_and(|flag| flag.value != [0]);
        found.push((oid, critical, fields.take(Tag::OctetString)?.value));
        fields.end()?;
    }
    Ok(found)
}

fn enumerated(der: &[u8]) -> Result<u8, Malformed> {
    match Tlv::only(der)?.expect(Tag::Enumerated, "reason")?.value {
        [value] => Ok(*value),
        _ => Err(Malformed::new("a reason that is no small number")),
    }
}

/// Either form, generalized times as kindly as in time stamps.
pub(super) fn time(tlv: Tlv<'_>) -> Result<Timestamp, Malformed> {
    if tlv.tag == Tag::GeneralizedTime { tsp::generalized_time(tlv.value) } else { cms::time(tlv) }
}
