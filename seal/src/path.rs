//! From a signer's certificate to a trust anchor (RFC 5280 section 6, the part without policies, name
//! constraints and revocation; the last is in `revocation`).
//!
//! Names are compared byte for byte. A critical extension that is not understood stops the path, so name
//! constraints refuse rather than mislead.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use record::{Sha256, Timestamp};

use crate::algorithm::Fault;
use crate::certificate::Certificate;

/// Longest chain: signer, three authorities, anchor.
const MAX_CHAIN: usize = 5;
/// Most signatures checked while looking for one path: a bag of look-alike certificates costs no more.
const MAX_CHECKS: u32 = 64;

/// Most pairs of certificates that are remembered.
const MAX_ISSUED: usize = 1024;

pub(crate) const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// Purposes that say a certificate is for something else than signing documents.
const OTHER_PURPOSES: [&str; 4] = [
    "1.3.6.1.5.5.7.3.1", // TLS server
    "1.3.6.1.5.5.7.3.3", // code signing
    "1.3.6.1.5.5.7.3.8", // time stamping
    OCSP_SIGNING,
];

/// Purposes that say it is for signing documents, whatever else it is for.
const SIGNING_PURPOSES: [&str; 3] = [
    "1.3.6.1.5.5.7.3.4",  // e-mail protection
    "1.3.6.1.5.5.7.3.36", // document signing (RFC 9336)
    "2.5.29.37.0",        // any
];

/// What the certificate at the start of a path must be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Documents,
    /// Time stamping alone, and critical (RFC 3161 2.3).
    TimeStamps,
}

/// Why no path was accepted; the later variant got further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathRefusal {
    Untrusted(String),
    Expired(String),
}

/// A path: the signer's certificate first, the anchor last.
pub(crate) struct Path<'a> {
    pub(crate) chain: Vec<&'a Certificate>,
}

impl<'a> Path<'a> {
    pub(crate) fn anchor(&self) -> &'a Certificate {
        self.chain.last().expect("a path ends with its anchor")
    }
}

/// Which certificates were found to be signed by which: the seals of an archive lead through the same few, thousands of times.
#[derive(Default, Clone)]
pub(crate) struct Issued(Arc<Mutex<HashSet<(Sha256, Sha256)>>>);

impl Issued {
    fn check(&self, certificate: &Certificate, issuer: &Certificate) -> Result<(), Fault> {
        let pair = (certificate.sha256(), issuer.sha256());
        // A panic left it whole: every change is one operation.
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&pair) {
            return Ok(());
        }
        certificate.is_signed_by(issuer)?;
        let mut known = known();
        if known.len() < MAX_ISSUED {
            known.insert(pair);
        }
        Ok(())
    }
}

/// Finds a path from `leaf` through `pool` to one of `anchors`, every certificate valid at each of
/// `times`.
pub(crate) fn find_path<'a>(
    leaf: &'a Certificate,
    pool: &[&'a Certificate],
    anchors: &[&'a Certificate],
    times: &[(Timestamp, &str)],
    purpose: Purpose,
    issued: &Issued,
) -> Result<Path<'a>, PathRefusal> {
    check_purpose(leaf, purpose).map_err(PathRefusal::Untrusted)?;
    let mut search = Search {
        pool,
        anchors,
        times,
        issued,
        checks_left: MAX_CHECKS,
        refusal: PathRefusal::Untrusted(format!(
            "no path from \"{}\" to a trusted authority",
            leaf.subject()
        )),
    };
    let mut chain = vec![leaf];
    if search.climb(&mut chain) { Ok(Path { chain }) } else { Err(search.refusal) }
}

struct Search<'a, 't> {
    pool: &'t [&'a Certificate],
    anchors: &'t [&'a Certificate],
    times: &'t [(Timestamp, &'t str)],
    issued: &'t Issued,
    checks_left: u32,
    refusal: PathRefusal,
}

impl<'a> Search<'a, '_> {
    /// Is there a way up? Then `chain` is it.
    fn climb(&mut self, chain: &mut Vec<&'a Certificate>) -> bool {
        let last = *chain.last().expect("a chain starts with the signer");
        if self.anchors.iter().any(|a| a.der() == last.der()) {
            return match check_chain(chain, self.times) {
                Ok(()) => true,
                Err(refusal) => {
                    self.note(refusal);
                    false
                }
            };
        }
        if chain.len() == MAX_CHAIN {
            return false;
        }
        let (pool, anchors) = (self.pool, self.anchors);
        for candidate in anchors.iter().chain(pool).copied() {
            let used = chain.iter().any(|c| c.der() == candidate.der());
            if used || candidate.subject_der() != last.issuer_der() {
                continue;
            }
            if self.checks_left == 0 {
                self.note(PathRefusal::Untrusted("too many certificates of the same name".into()));
                return false;
            }
            self.checks_left -= 1;
            match self.issued.check(last, candidate) {
                Ok(()) => {
                    chain.push(candidate);
                    if self.climb(chain) {
                        return true;
                    }
                    chain.pop();
                }
                Err(Fault::Wrong) => {}
                Err(Fault::Unsupported(what) | Fault::Weak(what)) => {
                    self.note(PathRefusal::Untrusted(format!("certificate \"{}\": {what}", last.subject())));
                }
            }
        }
        false
    }

    fn note(&mut self, refusal: PathRefusal) {
        if !matches!((&self.refusal, &refusal), (PathRefusal::Expired(_), PathRefusal::Untrusted(_))) {
            self.refusal = refusal;
        }
    }
}

fn check_chain(chain: &[&Certificate], times: &[(Timestamp, &str)]) -> Result<(), PathRefusal> {
    for (idx, certificate) in chain.iter().enumerate() {
        let name = certificate.subject();
        if let Some(oid) = certificate.unknown_critical_extension() {
            return Err(PathRefusal::Untrusted(format!(
                "\"{name}\" has the unknown critical extension {oid}"
            )));
        }
        if idx > 0 {
            let below = chain[1..idx].iter().filter(|c| !c.is_self_issued()).count();
            check_authority(certificate, below)
                .map_err(|why| PathRefusal::Untrusted(format!("\"{name}\" {why}")))?;
        }
    }
    for (at, which) in times {
        if let Some(certificate) = chain.iter().find(|c| !c.is_valid_at(*at)) {
            return Err(PathRefusal::Expired(format!(
                "\"{}\" is valid from {} to {}, not at {which} {at}",
                certificate.subject(),
                certificate.not_before(),
                certificate.not_after(),
            )));
        }
    }
    Ok(())
}

/// May this certificate issue others, with `below` authorities between it and the signer?
fn check_authority(certificate: &Certificate, below: usize) -> Result<(), String> {
    let constraints = certificate.basic_constraints().map_err(|e| e.0)?;
    let Some(constraints) = constraints.filter(|c| c.ca) else {
        return Err("is not a certificate authority".into());
    };
    if constraints.path_len_constraint.is_some_and(|max| below > usize::from(max)) {
        return Err("allows fewer authorities below it".into());
    }
    match certificate.key_usage().map_err(|e| e.0)? {
        Some(usage) if !usage.key_cert_sign() => Err("may not sign certificates".into()),
        _ => Ok(()),
    }
}

/// May this certificate sign documents itself, by what it says of its key?
pub(crate) fn signs_documents(certificate: &Certificate) -> bool {
    let is_authority = matches!(certificate.basic_constraints(), Ok(Some(constraints)) if constraints.ca);
    !is_authority && check_signer(certificate).is_ok()
}

fn check_purpose(certificate: &Certificate, purpose: Purpose) -> Result<(), String> {
    match purpose {
        Purpose::Documents => check_signer(certificate),
        Purpose::TimeStamps if certificate.is_for_time_stamps_only() => check_key_usage(certificate),
        Purpose::TimeStamps => {
            Err(format!("the certificate of \"{}\" is not for time stamps alone", certificate.subject()))
        }
    }
}

fn check_signer(certificate: &Certificate) -> Result<(), String> {
    check_key_usage(certificate)?;
    let Some(purposes) = certificate.extended_key_usage().map_err(|e| e.0)? else { return Ok(()) };
    let is_among = |list: &[&str]| purposes.0.iter().any(|p| list.contains(&p.to_string().as_str()));
    match is_among(&SIGNING_PURPOSES) || !purposes.0.is_empty() && !is_among(&OTHER_PURPOSES) {
        true => Ok(()),
        false => Err(format!(
            "the certificate of \"{}\" is not meant for signing documents",
            certificate.subject()
        )),
    }
}

fn check_key_usage(certificate: &Certificate) -> Result<(), String> {
    match certificate.key_usage().map_err(|e| e.0)? {
        Some(usage) if !usage.digital_signature() && !usage.non_repudiation() => {
            Err(format!("the key of \"{}\" is not for signatures", certificate.subject()))
        }
        _ => Ok(()),
    }
}
