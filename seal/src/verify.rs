//! Judging a seal: is this the signature of somebody trusted over exactly these bytes?

use record::{Lang, Sha256, Timestamp};

use crate::algorithm::Fault;
use crate::certificate::Certificate;
use crate::cms::{self, SignedData, SignerInfo};
use crate::path::{PathRefusal, Purpose};
use crate::revocation::{Material, Revocation};
use crate::tlv::Malformed;
use crate::trial::TRIAL_MARK;
use crate::trust::{Question, Trust};
use crate::tsp;

/// Largest signature file that is read, in bytes.
pub const MAX_SIGNATURE_BYTES: usize = 1 << 20;
/// How far a claimed signing time may lie after the moment of checking: clocks differ.
pub(crate) const CLOCK_TOLERANCE_S: i64 = 300;

/// Who signed, as far as their certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerReport {
    /// The common name, or the whole subject if there is none.
    pub name: String,
    /// Subject of the certificate (RFC 4514).
    pub subject: String,
    /// Issuer of the certificate (RFC 4514).
    pub issuer: String,
    /// Serial number, upper-case hexadecimal.
    pub serial: String,
    /// Digest of the whole certificate: its fingerprint.
    pub cert_sha256: Sha256,
    /// Digest of the public key: two certificates of one key are one signer.
    pub key_sha256: Sha256,
    /// The last moment the certificate is valid.
    pub not_after: Timestamp,
    /// The signing time the signer claims; nobody else vouches for it.
    pub claimed: Option<Timestamp>,
    /// When the signature existed, by a valid time stamp over it.
    pub proven: Option<Timestamp>,
    /// Why the time stamp over the signature proves nothing: it is of other data, changed or damaged.
    pub stamp_fault: Option<String>,
    /// What is known of revocations; `NotOffered` as long as nobody trusted vouches for the signer.
    pub revocation: Revocation,
    /// Made with keys for a trial: no legal value.
    pub trial: bool,
}

impl SignerReport {
    pub(crate) fn new(certificate: &Certificate, claimed: Option<Timestamp>, trial: bool) -> Self {
        Self {
            name: certificate.common_name().unwrap_or_else(|| certificate.subject()),
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            serial: certificate.serial_hex(),
            cert_sha256: certificate.sha256(),
            key_sha256: certificate.key_sha256(),
            not_after: certificate.not_after(),
            claimed,
            proven: None,
            stamp_fault: None,
            revocation: Revocation::NotOffered,
            trial,
        }
    }
}

/// What is to be said of a signature. With several signers, the worst case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureVerdict {
    /// Every signature is right, and every signer's certificate leads to a trusted authority, was valid at the claimed time and
    /// at the moment asked for, and was not revoked; or its authority publishes no revocations.
    Valid { signers: Vec<SignerReport> },
    /// All that, at the time that a time stamp proves; since then a certificate expired or was revoked.
    ValidThen { signers: Vec<SignerReport>, reason: String },
    /// The signatures are right and somebody trusted vouches for the signers, but nothing says whether a certificate
    /// was revoked at the moment in question.
    RevocationUnknown { signers: Vec<SignerReport>, reason: String },
    /// The signatures are right, but a certificate was revoked at the moment in question.
    Revoked { signers: Vec<SignerReport>, reason: String },
    /// The signatures are right, but a certificate is out of its time, or a signer claims a time to come.
    Expired { signers: Vec<SignerReport>, reason: String },
    /// The signatures are right, but nobody trusted vouches for a signer.
    UntrustedSigner { signers: Vec<SignerReport>, reason: String },
    /// These are not the bytes that were signed, or the signature itself was changed.
    Altered { reason: String },
    /// The signature file is damaged, or of a kind that is not accepted.
    Malformed { reason: String },
    /// There is no signature file.
    Missing,
}

impl SignatureVerdict {
    /// Only [`SignatureVerdict::Valid`] and [`SignatureVerdict::ValidThen`] are good.
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid { .. } | Self::ValidThen { .. })
    }

    /// A verdict for the moment that an evidence record proves, as it is told later: a certificate that has expired since then takes
    /// nothing away, and is named.
    pub fn told_at(self, proven: Timestamp, now: Timestamp) -> Self {
        let Self::Valid { signers } = self else { return self };
        let ended = signers.iter().find(|signer| signer.not_after < now);
        let reason = ended.map(|signer| {
            let SignerReport { subject, not_after, .. } = signer;
            format!("the certificate of \"{subject}\" expired at {not_after}, after the proven time {proven}")
        });
        match reason {
            Some(reason) => Self::ValidThen { signers, reason },
            None => Self::Valid { signers },
        }
    }

    /// Nothing is wrong, but something is not known.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::RevocationUnknown { .. })
    }

    /// Every signer of a signature that is right in itself; empty for the other verdicts.
    pub fn signers(&self) -> &[SignerReport] {
        match self {
            Self::Valid { signers }
            | Self::ValidThen { signers, .. }
            | Self::RevocationUnknown { signers, .. }
            | Self::Revoked { signers, .. }
            | Self::Expired { signers, .. }
            | Self::UntrustedSigner { signers, .. } => signers,
            Self::Altered { .. } | Self::Malformed { .. } | Self::Missing => &[],
        }
    }

    /// Was a key for a trial used?
    pub fn is_trial(&self) -> bool {
        self.signers().iter().any(|s| s.trial)
    }

    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Valid { .. } => "valid",
            Self::ValidThen { .. } => "valid-then",
            Self::RevocationUnknown { .. } => "unknown",
            Self::Revoked { .. } => "revoked",
            Self::Expired { .. } => "expired",
            Self::UntrustedSigner { .. } => "untrusted-signer",
            Self::Altered { .. } => "altered",
            Self::Malformed { .. } => "malformed",
            Self::Missing => "missing",
        }
    }

    /// One sentence for people.
    pub fn title(&self, lang: Lang) -> &'static str {
        match self {
            Self::Valid { .. } => lang.pick("chữ ký hợp lệ", "the signature is valid"),
            Self::ValidThen { .. } => lang.pick(
                "chữ ký hợp lệ tại thời điểm được chứng minh",
                "the signature was valid at the time that is proven",
            ),
            Self::RevocationUnknown { .. } => lang.pick(
                "chữ ký đúng nhưng chưa rõ chứng thư có bị thu hồi không",
                "the signature is right but whether a certificate was revoked is not known",
            ),
            Self::Revoked { .. } => lang.pick(
                "chữ ký đúng nhưng chứng thư đã bị thu hồi",
                "the signature is right but a certificate was revoked",
            ),
            Self::Expired { .. } => lang.pick(
                "chữ ký đúng nhưng chứng thư ngoài thời hạn",
                "the signature is right but a certificate is out of its time",
            ),
            Self::UntrustedSigner { .. } => lang.pick(
                "chữ ký đúng nhưng người ký không được tin cậy",
                "the signature is right but the signer is not trusted",
            ),
            Self::Altered { .. } => {
                lang.pick("bảng kê hoặc chữ ký đã bị thay đổi", "the manifest or the signature was changed")
            }
            Self::Malformed { .. } => lang.pick(
                "tệp chữ ký bị hỏng, hoặc thuộc loại không được chấp nhận",
                "the signature file is damaged, or of a kind that is not accepted",
            ),
            Self::Missing => lang.pick("không có tệp chữ ký", "there is no signature file"),
        }
    }

    /// Why it is not valid, or what became of a certificate since, with names, numbers and times; empty for a valid one.
    pub fn reason(&self) -> &str {
        match self {
            Self::ValidThen { reason, .. }
            | Self::RevocationUnknown { reason, .. }
            | Self::Revoked { reason, .. }
            | Self::Expired { reason, .. }
            | Self::UntrustedSigner { reason, .. }
            | Self::Altered { reason }
            | Self::Malformed { reason } => reason,
            Self::Valid { .. } | Self::Missing => "",
        }
    }
}

/// Judges the detached signature `p7s` over the raw bytes of `manifest`.
///
/// `anchors` are DER certificates of the trusted authorities; nothing is known of revocations ([`Trust`] knows more).
/// `at` is the moment for which the question is asked: the time of a time stamp beside the signature that proves when it
/// existed, otherwise the present. A valid time stamp inside the signature takes its place. Claimed times are only
/// believed to make a verdict worse.
pub fn verify_detached(manifest: &[u8], p7s: &[u8], anchors: &[Vec<u8>], at: Timestamp) -> SignatureVerdict {
    verify_with(manifest, p7s, &Trust::of_certificates(anchors), at)
}

/// The same, with all that is known of authorities and revocations.
pub(crate) fn verify_with(manifest: &[u8], p7s: &[u8], trust: &Trust, at: Timestamp) -> SignatureVerdict {
    match judge(manifest, p7s, trust, at) {
        Ok(verdict) => verdict,
        Err(Broken::Altered(reason)) => SignatureVerdict::Altered { reason },
        Err(Broken::Malformed(Malformed(reason))) => SignatureVerdict::Malformed { reason },
    }
}

enum Broken {
    Altered(String),
    Malformed(Malformed),
}

impl From<Malformed> for Broken {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

fn judge(manifest: &[u8], p7s: &[u8], trust: &Trust, at: Timestamp) -> Result<SignatureVerdict, Broken> {
    let signed = parse(p7s)?;
    let mut certificates = Vec::new();
    for signer in &signed.signers {
        certificates.push(check_signer_info(manifest, &signed, signer)?);
    }
    let mut more = Material::default();
    for crl in &signed.crls {
        // What cannot be read says nothing.
        let _ = more.add(crl);
    }
    let mut signers = Vec::new();
    let mut worst = Standing::Good;
    for (info, certificate) in signed.signers.iter().zip(certificates) {
        let trial = certificate.subject().contains(TRIAL_MARK) || certificate.issuer().contains(TRIAL_MARK);
        let mut report = SignerReport::new(certificate, info.claimed, trial);
        let standing = judge_signer(info, certificate, &signed, &mut report, &(trust, &more), at);
        if standing.rank() > worst.rank() {
            worst = standing;
        }
        signers.push(report);
    }
    Ok(match worst {
        Standing::Good => SignatureVerdict::Valid { signers },
        Standing::GoodThen(reason) => SignatureVerdict::ValidThen { signers, reason },
        Standing::Unknown(reason) => SignatureVerdict::RevocationUnknown { signers, reason },
        Standing::Expired(reason) => SignatureVerdict::Expired { signers, reason },
        Standing::Revoked(reason) => SignatureVerdict::Revoked { signers, reason },
        Standing::Untrusted(reason) => SignatureVerdict::UntrustedSigner { signers, reason },
    })
}

/// What is to be said of one signer, the later the worse.
enum Standing {
    Good,
    GoodThen(String),
    Unknown(String),
    Expired(String),
    Revoked(String),
    Untrusted(String),
}

impl Standing {
    fn rank(&self) -> u8 {
        match self {
            Self::Good => 0,
            Self::GoodThen(_) => 1,
            Self::Unknown(_) => 2,
            Self::Expired(_) => 3,
            Self::Revoked(_) => 4,
            Self::Untrusted(_) => 5,
        }
    }
}

fn judge_signer(
    info: &SignerInfo<'_>,
    own: &Certificate,
    signed: &SignedData<'_>,
    report: &mut SignerReport,
    (trust, more): &(&Trust, &Material),
    at: Timestamp,
) -> Standing {
    match info.time_stamp.map(|token| tsp::read(token, |digest| digest.of(info.signature))) {
        Some(Ok(stamp)) => {
            report.proven = stamp.judge(trust, more, at).time().filter(|proven| *proven <= at);
        }
        Some(Err(fault)) => report.stamp_fault = Some(fault.into_reason()),
        None => {}
    }
    let (moment, which) = match report.proven {
        Some(proven) => (proven, "the proven time"),
        None => (at, "the time of checking"),
    };
    let claimed = info.claimed.unwrap_or(moment);
    if claimed.as_second() > moment.as_second() + CLOCK_TOLERANCE_S {
        return Standing::Expired(format!(
            "\"{}\" claims to have signed at {claimed}, after {which} {moment}",
            own.subject()
        ));
    }
    let times = [(claimed, "the claimed signing time"), (moment, which)];
    let (pool, purpose) = (signed.certificates.as_slice(), Purpose::Documents);
    let question = Question { own, pool, times: &times, moment, claimed: Some(claimed), purpose, more };
    let vouched = match trust.judge(&question) {
        Ok(vouched) => vouched,
        Err(PathRefusal::Expired(reason)) => return Standing::Expired(reason),
        Err(PathRefusal::Untrusted(reason)) => return Standing::Untrusted(reason),
    };
    report.trial |= vouched.anchor.contains(TRIAL_MARK);
    report.revocation = vouched.revocation;
    match &report.revocation {
        found @ Revocation::Revoked { .. } => Standing::Revoked(found.text(Lang::En)),
        found @ Revocation::Unknown { .. } => Standing::Unknown(found.text(Lang::En)),
        found @ Revocation::RevokedLater { .. } => {
            Standing::GoodThen(format!("{}, after {which} {moment}", found.text(Lang::En)))
        }
        _ if vouched.ends < at => {
            Standing::GoodThen(format!("a certificate expired at {}, after {which} {moment}", vouched.ends))
        }
        _ => Standing::Good,
    }
}

fn parse(p7s: &[u8]) -> Result<SignedData<'_>, Malformed> {
    if p7s.len() > MAX_SIGNATURE_BYTES {
        return Err(Malformed::new("the signature file is larger than 1 MiB"));
    }
    SignedData::from_der(p7s, cms::SEAL)
}

/// Content, signed attributes and certificate of one signer belong together; trust is another question.
fn check_signer_info<'s>(
    manifest: &[u8],
    signed: &'s SignedData<'_>,
    signer: &SignerInfo<'_>,
) -> Result<&'s Certificate, Broken> {
    let certificate = signed.certificate_of(signer)?;
    match signer.verify_attributes(certificate) {
        Ok(()) => {}
        Err(Fault::Wrong) => {
            let reason =
                format!("the signature of \"{}\" does not match what it signs", certificate.subject());
            return Err(Broken::Altered(reason));
        }
        Err(Fault::Unsupported(what) | Fault::Weak(what)) => {
            return Err(Malformed(format!("not accepted: {what}")).into());
        }
    }
    if signer.digest.of(manifest) != signer.message_digest {
        let reason = format!("the manifest is not the one \"{}\" signed", certificate.subject());
        return Err(Broken::Altered(reason));
    }
    Ok(certificate)
}

/// The self-check after signing. The error names the signer (empty if unknown) and the reason.
pub(crate) fn check_integrity(manifest: &[u8], p7s: &[u8]) -> Result<(), (String, String)> {
    let unnamed = |Malformed(reason)| (String::new(), reason);
    let signed = parse(p7s).map_err(unnamed)?;
    for signer in &signed.signers {
        let subject = signed.certificate_of(signer).map_err(unnamed)?.subject();
        match check_signer_info(manifest, &signed, signer) {
            Ok(_) => {}
            Err(Broken::Altered(reason) | Broken::Malformed(Malformed(reason))) => {
                return Err((subject, reason));
            }
        }
    }
    Ok(())
}

/// The same for a signature in a PDF over bytes of this digest.
pub(crate) fn check_pdf_integrity(digest: &[u8], der: &[u8]) -> Result<(), (String, String)> {
    let unnamed = |Malformed(reason)| (String::new(), reason);
    let signed = SignedData::from_der(der, cms::PDF).map_err(unnamed)?;
    for signer in &signed.signers {
        let certificate = signed.certificate_of(signer).map_err(unnamed)?;
        let wrong = |reason: String| (certificate.subject(), reason);
        match signer.verify_attributes(certificate) {
            Ok(()) if signer.message_digest == digest => {}
            Ok(()) => return Err(wrong("it is over other bytes".into())),
            Err(Fault::Wrong) => return Err(wrong("it does not match what it signs".into())),
            Err(Fault::Unsupported(what) | Fault::Weak(what)) => return Err(wrong(what)),
        }
    }
    Ok(())
}
