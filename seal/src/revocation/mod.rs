//! Was a certificate revoked? What authorities say of that, in lists (CRL, RFC 5280 section 5) and answers (OCSP, RFC 6960),
//! judged for a moment: the time at which a signature is proven to have existed, or the time of checking.
//!
//! Foreign bytes: parsed by hand with bounds, believed only with the issuer's signature. Nothing is fetched here. Delta
//! and indirect lists are not accepted: they cannot be read alone, and no authority of the field issues them.

mod crl;
mod ocsp;

use record::{Lang, Timestamp};

use crate::certificate::Certificate;
use crate::trust::Trust;
use crate::verify::CLOCK_TOLERANCE_S;
use crl::Crl;
use ocsp::OcspResponse;

/// Largest list or answer, in bytes.
pub const MAX_REVOCATION_BYTES: usize = 32 << 20;
/// Most lists and answers that are asked about one certificate.
const MAX_ASKED: usize = 32;
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
                format!("\"{certificate}\": {word}: {why}")
            }
        }
    }

    /// The worse of two.
    fn rank(&self) -> u8 {
        match self {
            Self::NotOffered => 0,
            Self::Good { .. } => 1,
            Self::RevokedLater { .. } => 2,
            Self::Unknown { .. } => 3,
            Self::Revoked { .. } => 4,
        }
    }
}

/// Lists and answers, parsed and not yet believed.
#[derive(Default)]
pub(crate) struct Material {
    crls: Vec<Crl>,
    answers: Vec<OcspResponse>,
}

impl Material {
    /// Takes a list or an answer in DER; the error says what it is not.
    pub(crate) fn add(&mut self, der: &[u8]) -> Result<RevocationKind, String> {
        if der.len() > MAX_REVOCATION_BYTES {
            return Err("larger than 32 MiB".into());
        }
        let not_a_list = match Crl::from_der(der) {
            Ok(crl) => {
                self.crls.push(crl);
                return Ok(RevocationKind::Crl);
            }
            Err(error) => error.0,
        };
        match OcspResponse::from_der(der) {
            Ok(answer) => {
                self.answers.push(answer);
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

/// What one list or answer says of a certificate.
enum Said {
    Good {
        this_update: Timestamp,
        next_update: Option<Timestamp>,
        keeps_expired: bool,
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
    let mut worst = Revocation::NotOffered;
    for pair in path.windows(2) {
        let mut found = judge(pair[0], pair[1], moment, trust, &[trust.material(), more]);
        if let (Revocation::Revoked { at, reason, .. }, Some(issued)) = (&found, issued)
            && reason.spares_earlier_stamps()
            && issued < *at
        {
            let Revocation::Revoked { certificate, at, reason } = found else { unreachable!() };
            found = Revocation::RevokedLater { certificate, at, reason };
        }
        if found.rank() > worst.rank() {
            worst = found;
        }
    }
    worst
}

fn judge(
    certificate: &Certificate,
    issuer: &Certificate,
    moment: Timestamp,
    trust: &Trust,
    material: &[&Material],
) -> Revocation {
    let lists = material.iter().flat_map(|m| &m.crls).filter(|crl| crl.is_of(issuer)).take(MAX_ASKED);
    let answers = material.iter().flat_map(|m| &m.answers).take(4 * MAX_ASKED);
    let answers = answers.filter(|answer| answer.speaks_of(certificate, issuer)).take(MAX_ASKED);
    let said = lists.map(|crl| crl.ask(certificate, issuer));
    let said = said.chain(answers.map(|answer| {
        let check_responder = |responder: &Certificate| responder_is_revoked(responder, issuer, material);
        answer.ask(certificate, issuer, trust, check_responder)
    }));
    weigh(certificate, moment, said.collect())
}

/// A responder without the extension no-check is looked up in the lists of its issuer.
fn responder_is_revoked(responder: &Certificate, issuer: &Certificate, material: &[&Material]) -> bool {
    let lists = material.iter().flat_map(|m| &m.crls).filter(|crl| crl.is_of(issuer)).take(MAX_ASKED);
    lists.map(|crl| crl.ask(responder, issuer)).any(|said| matches!(said, Said::Revoked { .. }))
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
                revoked = revoked.filter(|(earlier, _)| *earlier <= at).or(Some((at, reason)));
            }
            Said::Revoked { .. } => {}
            Said::Good { this_update, next_update, keeps_expired } => {
                match fits(certificate, moment, this_update, next_update, keeps_expired) {
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

/// Does what was said at `this_update` still, or already, count for `moment`?
fn fits(
    certificate: &Certificate,
    moment: Timestamp,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    keeps_expired: bool,
) -> Result<(), String> {
    let (this, moment_s) = (this_update.as_second(), moment.as_second());
    if this + CLOCK_TOLERANCE_S >= moment_s {
        // Issuers take certificates off their lists after these have expired.
        if this > certificate.not_after().as_second() && !keeps_expired {
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
