//! Was a certificate revoked? What authorities say of that, in lists (CRL, RFC 5280 section 5) and answers (OCSP, RFC 6960),
//! judged for a moment: the time at which a signature is proven to have existed, or the time of checking.
//!
//! Foreign bytes: parsed by hand with bounds, believed only with the issuer's signature. Nothing is fetched here. Delta
//! and indirect lists are not accepted: they cannot be read alone, and no authority of the field issues them.

mod crl;
mod ocsp;

use std::sync::Arc;

use record::{Lang, Timestamp};

use crate::certificate::Certificate;
use crate::trust::Trust;
use crate::verify::CLOCK_TOLERANCE_S;
use crl::Crl;
use ocsp::OcspResponse;

/// Largest list or answer, in bytes.
pub const MAX_REVOCATION_BYTES: usize = 32 << 20;
/// Most lists, and most answers, that are believed about one certificate, from one place; the newest are asked first.
const MAX_BELIEVED: usize = 32;
/// So many that say nothing, as they bear a false signature, are passed over.
const MAX_PASSED_OVER: usize = 256;
/// How long an answer counts that does not say when the next one comes.
const DEFAULT_AGE_S: i64 = 24 * 3600;

/// What is known of the revocation of a certificate, or of the worst of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// The certificate names no place to ask, and nothing at hand speaks of it: a trial authority, or an anchor itself.
    NotOffered,
    /// Not revoked at the moment in question.
    Good {
        /// When that was said.
        as_of: Timestamp,
    },
    /// Not revoked at the moment in question, but later.
    RevokedLater { certificate: String, at: Timestamp, reason: RevocationReason },
    /// Nothing at hand says what it was at the moment in question.
    Unknown { certificate: String, why: String },
    /// Revoked at the moment in question.
    Revoked { certificate: String, at: Timestamp, reason: RevocationReason },
}

/// Why it was revoked (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevocationReason(pub(crate) Option<u8>);

impl RevocationReason {
    const HOLD: Self = Self(Some(6));

    /// As the standard writes it.
    pub fn code(self) -> &'static str {
        match self.0 {
            None | Some(0) => "unspecified",
            Some(1) => "keyCompromise",
            Some(2) => "cACompromise",
            Some(3) => "affiliationChanged",
            Some(4) => "superseded",
            Some(5) => "cessationOfOperation",
            Some(6) => "certificateHold",
            Some(9) => "privilegeWithdrawn",
            Some(10) => "aACompromise",
            Some(_) => "another reason",
        }
    }

    /// Does everything that a time-stamp authority stamped before stay right (RFC 3161, 4)?
    fn spares_earlier_stamps(self) -> bool {
        matches!(self.0, Some(0 | 3 | 4 | 5))
    }
}

impl Revocation {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOffered => "not-offered",
            Self::Good { .. } => "good",
            Self::RevokedLater { .. } => "revoked-later",
            Self::Unknown { .. } => "unknown",
            Self::Revoked { .. } => "revoked",
        }
    }

    /// A clause for people, with names and times.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::NotOffered => {
                lang.pick("nơi cấp không công bố thu hồi", "its issuer publishes no revocations").to_owned()
            }
            Self::Good { as_of } => {
                format!("{} {as_of}", lang.pick("chưa bị thu hồi, theo thông tin lúc", "not revoked, as of"))
            }
            Self::RevokedLater { certificate, at, reason } | Self::Revoked { certificate, at, reason } => {
                let word = lang.pick("bị thu hồi lúc", "revoked at");
                format!("\"{certificate}\" {word} {at} ({})", reason.code())
            }
            Self::Unknown { certificate, why } => {
                let word = lang.pick("chưa rõ có bị thu hồi không", "revocation unknown");
                format!("\"{certificate}\": {word}: {}", crate::told::told(why, lang))
            }
        }
    }

    /// The worse of two. Between the first two the signer's own certificate decides, whatever is known above it.
    fn rank(&self) -> u8 {
        match self {
            Self::NotOffered | Self::Good { .. } => 0,
            Self::RevokedLater { .. } => 1,
            Self::Unknown { .. } => 2,
            Self::Revoked { .. } => 3,
        }
    }
}

/// Lists and answers, parsed and not yet believed.
#[derive(Default, Clone)]
pub(crate) struct Material {
    crls: Vec<Arc<Crl>>,
    answers: Vec<Arc<OcspResponse>>,
}

impl Material {
    fn crls(&self) -> impl Iterator<Item = &Crl> {
        self.crls.iter().map(Arc::as_ref)
    }

    fn answers(&self) -> impl Iterator<Item = &OcspResponse> {
        self.answers.iter().map(Arc::as_ref)
    }

    /// Takes a list or an answer in DER; the error says what it is not.
    pub(crate) fn add(&mut self, der: &[u8]) -> Result<RevocationKind, String> {
        if der.len() > MAX_REVOCATION_BYTES {
            return Err("larger than 32 MiB".into());
        }
        let not_a_list = match Crl::from_der(der) {
            Ok(crl) => {
                self.crls.push(Arc::new(crl));
                return Ok(RevocationKind::Crl);
            }
            Err(error) => error.0,
        };
        match OcspResponse::from_der(der) {
            Ok(answer) => {
                self.answers.push(Arc::new(answer));
                Ok(RevocationKind::Ocsp)
            }
            Err(error) => {
                Err(format!("neither a revocation list ({not_a_list}) nor an OCSP answer ({})", error.0))
            }
        }
    }
}

/// What a file of revocation material is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationKind {
    Crl,
    Ocsp,
}

impl RevocationKind {
    /// How names of files of it end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Crl => "crl",
            Self::Ocsp => "ocsp",
        }
    }
}

/// Where to ask whether a certificate was revoked, over plain HTTP: what comes back is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationPlace {
    /// Subject of the certificate.
    pub certificate: String,
    pub url: String,
    /// What to send (`application/ocsp-request`); `None`: a list lies there to be fetched.
    pub request: Option<Vec<u8>>,
}

/// The places that these certificates (DER) name, a server only where the issuer is among them, too.
pub fn revocation_places(certificates: &[Vec<u8>]) -> Vec<RevocationPlace> {
    let all: Vec<Certificate> =
        certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    let mut places = Vec::new();
    for certificate in &all {
        let mut place =
            |url, request| places.push(RevocationPlace { certificate: certificate.subject(), url, request });
        let issuer = all.iter().find(|issuer| issuer.subject_der() == certificate.issuer_der());
        if let Some(request) = issuer.and_then(|issuer| ocsp::request(certificate, issuer)) {
            certificate.ocsp_urls().into_iter().for_each(|url| place(url, Some(request.clone())));
        }
        certificate.crl_urls().into_iter().for_each(|url| place(url, None));
    }
    places.sort_by(|a, b| (&a.url, &a.request).cmp(&(&b.url, &b.request)));
    places.dedup_by(|a, b| a.url == b.url && a.request == b.request);
    places
}

/// A list or an answer (DER) by which a certificate is known to be good.
pub(crate) enum Evidence<'t> {
    List(&'t [u8]),
    Answer(&'t [u8]),
}

/// The newest piece at hand that shows by itself, to somebody in later years, that a certificate was not revoked at a moment; a
/// list before an answer. `None`: the certificate names no place to ask. The error says why there is none.
pub(crate) fn evidence<'t>(
    certificate: &Certificate,
    issuer: &Certificate,
    moment: Timestamp,
    trust: &'t Trust,
) -> Result<Option<Evidence<'t>>, String> {
    let material = trust.material();
    match judge(certificate, issuer, moment, trust, &[material]) {
        Revocation::Good { .. } => {}
        Revocation::NotOffered => return Ok(None),
        other => return Err(other.text(Lang::En)),
    }
    let is_good = |said| matches!(weigh(certificate, moment, vec![said]), Revocation::Good { .. });
    let lists = material.crls().filter(|crl| crl.is_of(issuer) && is_good(crl.ask(certificate, issuer)));
    if let Some(list) = lists.max_by_key(|crl| crl.this_update()) {
        return Ok(Some(Evidence::List(list.der())));
    }
    let check_responder = |responder: &Certificate, at| check_responder(responder, at, issuer, &[material]);
    let says_good = |answer: &&OcspResponse| {
        answer.speaks_of(certificate, issuer)
            && is_good(answer.ask(certificate, issuer, trust, check_responder))
    };
    let answer = material.answers().filter(says_good).max_by_key(|answer| answer.produced_at());
    answer.map(|answer| Some(Evidence::Answer(answer.der()))).ok_or_else(|| "nothing at hand says so".into())
}

/// By what somebody without the rest of it can judge a certificate: the newest list and the newest answer that say something of it,
/// the newest from before it expired, and the newest that say it was revoked.
pub(crate) fn about<'t>(
    certificate: &Certificate,
    issuer: &Certificate,
    trust: &'t Trust,
) -> Vec<(RevocationKind, &'t [u8])> {
    let material = trust.material();
    let ends = certificate.not_after();
    let lists: Vec<_> = material.crls().filter(|crl| crl.is_of(issuer)).collect();
    let says = |crl: &Crl| !matches!(crl.ask(certificate, issuer), Said::Nothing(_));
    let list = |is_meant: &dyn Fn(&Crl) -> bool| {
        let meant = lists.iter().copied().filter(|crl| is_meant(crl)).collect();
        newest(meant, Crl::this_update, says).map(|crl| (RevocationKind::Crl, crl.der()))
    };
    let answers: Vec<_> = material.answers().filter(|answer| answer.speaks_of(certificate, issuer)).collect();
    let check_responder = |responder: &Certificate, at| check_responder(responder, at, issuer, &[material]);
    let says = |answer: &OcspResponse| {
        !matches!(answer.ask(certificate, issuer, trust, check_responder), Said::Nothing(_))
    };
    let answer = |is_meant: &dyn Fn(&OcspResponse) -> bool| {
        let meant = answers.iter().copied().filter(|answer| is_meant(answer)).collect();
        newest(meant, OcspResponse::produced_at, says).map(|answer| (RevocationKind::Ocsp, answer.der()))
    };
    let found = [
        list(&|_| true),
        list(&|crl| crl.this_update() <= ends),
        list(&|crl| crl.names(certificate)),
        answer(&|_| true),
        answer(&|answer| answer.produced_at() <= ends),
        answer(&|answer| answer.revokes(certificate, issuer)),
    ];
    found.into_iter().flatten().collect()
}

fn newest<T>(mut all: Vec<&T>, time: impl Fn(&T) -> Timestamp, says: impl Fn(&T) -> bool) -> Option<&T> {
    all.sort_by_key(|one| std::cmp::Reverse(time(one)));
    all.into_iter().find(|one| says(one))
}

/// What one list or answer says of a certificate.
enum Said {
    Good {
        this_update: Timestamp,
        next_update: Option<Timestamp>,
        /// Certificates that expired since then are still spoken of; of older ones nothing is said.
        keeps_expired_since: Option<Timestamp>,
    },
    Revoked {
        this_update: Timestamp,
        at: Timestamp,
        reason: RevocationReason,
    },
    /// It speaks of the certificate and says nothing that helps.
    Nothing(String),
}

/// Judges every certificate of a path (the signer's first, the anchor last) at a moment, with what `trust` and `more` hold.
/// `issued` tells of time stamps: revocations that spare what was stamped before are passed over.
pub(crate) fn judge_path(
    path: &[&Certificate],
    moment: Timestamp,
    issued: Option<Timestamp>,
    trust: &Trust,
    more: &Material,
) -> Revocation {
    let mut worst: Option<Revocation> = None;
    for pair in path.windows(2) {
        let mut found = judge(pair[0], pair[1], moment, trust, &[trust.material(), trust.brought(), more]);
        if let (Revocation::Revoked { at, reason, .. }, Some(issued)) = (&found, issued)
            && reason.spares_earlier_stamps()
            && issued < *at
        {
            let Revocation::Revoked { certificate, at, reason } = found else { unreachable!() };
            found = Revocation::RevokedLater { certificate, at, reason };
        }
        if worst.as_ref().is_none_or(|worst| found.rank() > worst.rank()) {
            worst = Some(found);
        }
    }
    worst.unwrap_or(Revocation::NotOffered)
}

fn judge(
    certificate: &Certificate,
    issuer: &Certificate,
    moment: Timestamp,
    trust: &Trust,
    material: &[&Material],
) -> Revocation {
    let mut said = ask_lists(certificate, issuer, material);
    for place in material {
        let check_responder = |responder: &Certificate, at| check_responder(responder, at, issuer, material);
        let answers = place.answers().filter(|answer| answer.speaks_of(certificate, issuer));
        let (revoking, others) = answers.partition(|answer| answer.revokes(certificate, issuer));
        for answers in [revoking, others] {
            let ask = |answer: &OcspResponse| answer.ask(certificate, issuer, trust, check_responder);
            said.extend(ask_newest(answers, OcspResponse::produced_at, ask));
        }
    }
    weigh(certificate, moment, said)
}

/// Those that name the certificate and those that do not are asked apart: the ones must not hide the others.
fn ask_lists(certificate: &Certificate, issuer: &Certificate, material: &[&Material]) -> Vec<Said> {
    let mut said = Vec::new();
    for place in material {
        let lists = place.crls().filter(|crl| crl.is_of(issuer));
        let (naming, others) = lists.partition(|crl| crl.names(certificate));
        for lists in [naming, others] {
            said.extend(ask_newest(lists, Crl::this_update, |crl| crl.ask(certificate, issuer)));
        }
    }
    said
}

fn ask_newest<T>(mut all: Vec<&T>, time: impl Fn(&T) -> Timestamp, ask: impl Fn(&T) -> Said) -> Vec<Said> {
    all.sort_by_key(|one| std::cmp::Reverse(time(one)));
    let (mut believed, mut passed_over) = (0, 0);
    let mut said = Vec::new();
    for one in all {
        said.push(ask(one));
        match said.last() {
            Some(Said::Nothing(_)) => passed_over += 1,
            _ => believed += 1,
        }
        if believed == MAX_BELIEVED || passed_over == MAX_PASSED_OVER {
            break;
        }
    }
    said
}

/// A responder without the extension no-check is looked up in the lists of its issuer, for the time of its answer. One that
/// names a place to ask must be known to be good.
fn check_responder(
    responder: &Certificate,
    at: Timestamp,
    issuer: &Certificate,
    material: &[&Material],
) -> Result<(), String> {
    let name = responder.subject();
    match weigh(responder, at, ask_lists(responder, issuer, material)) {
        Revocation::Good { .. } | Revocation::NotOffered => Ok(()),
        // Its key may have dated the answer back.
        Revocation::Revoked { .. } | Revocation::RevokedLater { .. } => {
            Err(format!("an answer of \"{name}\", which was revoked"))
        }
        Revocation::Unknown { .. } => {
            Err(format!("an answer of \"{name}\", of which is not known whether it was revoked"))
        }
    }
}

fn weigh(certificate: &Certificate, moment: Timestamp, said: Vec<Said>) -> Revocation {
    let name = certificate.subject();
    let newest = |said: &Said| match said {
        Said::Good { this_update, .. } | Said::Revoked { this_update, .. } => Some(*this_update),
        Said::Nothing(_) => None,
    };
    let newest = said.iter().filter_map(newest).max();
    let mut revoked: Option<(Timestamp, RevocationReason)> = None;
    let mut good: Option<Timestamp> = None;
    let mut why: Option<(Option<Timestamp>, String)> = None;
    for one in said {
        match one {
            // A hold may be lifted: only the newest word on it counts.
            Said::Revoked { this_update, at, reason }
                if reason != RevocationReason::HOLD || Some(this_update) == newest =>
            {
                revoked =
                    Some(revoked.map_or((at, reason), |known| earlier_and_harsher(known, (at, reason))));
            }
            Said::Revoked { .. } => {}
            Said::Good { this_update, next_update, keeps_expired_since } => {
                match fits(certificate, moment, this_update, next_update, keeps_expired_since) {
                    Ok(()) => good = good.max(Some(this_update)),
                    Err(reason) if why.as_ref().is_none_or(|(at, _)| *at < Some(this_update)) => {
                        why = Some((Some(this_update), reason));
                    }
                    Err(_) => {}
                }
            }
            Said::Nothing(reason) => why = why.or(Some((None, reason))),
        }
    }
    match (revoked, good) {
        (Some((at, reason)), _) if at <= moment => Revocation::Revoked { certificate: name, at, reason },
        (Some((at, reason)), _) => Revocation::RevokedLater { certificate: name, at, reason },
        (None, Some(as_of)) => Revocation::Good { as_of },
        // What was found and does not fit is no worse than nothing.
        (None, None) if !certificate.names_revocation_service() => Revocation::NotOffered,
        (None, None) => {
            let nothing = || "no list and no answer of its issuer is at hand".to_owned();
            Revocation::Unknown { certificate: name, why: why.map_or_else(nothing, |(_, why)| why) }
        }
    }
}

/// What two say of one revocation: the earlier date, and a reason that spares earlier stamps only if both say so.
fn earlier_and_harsher(
    a: (Timestamp, RevocationReason),
    b: (Timestamp, RevocationReason),
) -> (Timestamp, RevocationReason) {
    let (first, second) = if b.0 < a.0 { (b, a) } else { (a, b) };
    let harsher = first.1.spares_earlier_stamps() && !second.1.spares_earlier_stamps();
    (first.0, if harsher { second.1 } else { first.1 })
}

/// Does what was said at `this_update` still, or already, count for `moment`?
fn fits(
    certificate: &Certificate,
    moment: Timestamp,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    keeps_expired_since: Option<Timestamp>,
) -> Result<(), String> {
    let (this, moment_s) = (this_update.as_second(), moment.as_second());
    if this + CLOCK_TOLERANCE_S >= moment_s {
        // Issuers take certificates off their lists after these have expired.
        let is_kept = keeps_expired_since.is_some_and(|since| since <= certificate.not_after());
        if this > certificate.not_after().as_second() && !is_kept {
            return Err(format!("what was said at {this_update} came after the certificate had expired"));
        }
        return Ok(());
    }
    let end = next_update.map_or(this + DEFAULT_AGE_S, Timestamp::as_second);
    if end + CLOCK_TOLERANCE_S >= moment_s {
        return Ok(());
    }
    match next_update {
        Some(next) => Err(format!("what was said at {this_update} counted until {next} only")),
        None => Err(format!("what was said at {this_update} without a next time is too old")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_dates_the_earlier_counts_and_of_two_reasons_the_harsher() {
        let (one, two) = (Timestamp::from_second(1).unwrap(), Timestamp::from_second(2).unwrap());
        let (key, moved, ended) =
            (RevocationReason(Some(1)), RevocationReason(Some(4)), RevocationReason(Some(5)));
        for (a, b, wanted) in [
            ((one, moved), (two, key), (one, key)),
            ((one, key), (two, moved), (one, key)),
            ((one, moved), (two, ended), (one, moved)),
            ((one, moved), (one, RevocationReason(None)), (one, RevocationReason(None))),
        ] {
            assert_eq!(earlier_and_harsher(a, b), wanted);
            if a.0 != b.0 {
                assert_eq!(earlier_and_harsher(b, a), wanted);
            }
        }
    }
}
