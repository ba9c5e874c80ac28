//! Judging a seal: is this the signature of somebody trusted over exactly these bytes?

use record::{Lang, Sha256, Timestamp};

use crate::algorithm::Fault;
use crate::certificate::Certificate;
use crate::cms::{self, SignedData, SignerInfo};
use crate::path::{PathRefusal, Purpose, find_anchor};
use crate::tlv::Malformed;
use crate::trial::TRIAL_MARK;

/// Largest signature file that is read, in bytes.
pub const MAX_SIGNATURE_BYTES: usize = 1 << 20;
/// How far a claimed signing time may lie after the moment of checking: clocks differ.
const CLOCK_TOLERANCE_S: i64 = 300;

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
    /// The last moment the certificate is valid.
    pub not_after: Timestamp,
    /// The signing time the signer claims; nobody else vouches for it.
    pub claimed: Option<Timestamp>,
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
            not_after: certificate.not_after(),
            claimed,
            trial,
        }
    }
}

/// What is to be said of a signature. With several signers, the worst case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureVerdict {
    /// Every signature is right, and every signer's certificate leads to a trusted authority and was
    /// valid at the claimed time and at the moment asked for. Revocation was not looked at.
    Valid { signers: Vec<SignerReport> },
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
    /// Only a [`SignatureVerdict::Valid`] is good.
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid { .. })
    }

    /// Every signer of a signature that is right in itself; empty for the other verdicts.
    pub fn signers(&self) -> &[SignerReport] {
        match self {
            Self::Valid { signers }
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
            Self::Malformed { .. } => lang.pick("tệp chữ ký bị hỏng", "the signature file is damaged"),
            Self::Missing => lang.pick("không có tệp chữ ký", "there is no signature file"),
        }
    }

    /// Why it is not valid, with names, numbers and times; empty for a valid one.
    pub fn reason(&self) -> &str {
        match self {
            Self::Expired { reason, .. }
            | Self::UntrustedSigner { reason, .. }
            | Self::Altered { reason }
            | Self::Malformed { reason } => reason,
            Self::Valid { .. } | Self::Missing => "",
        }
    }
}

/// Judges the detached signature `p7s` over the raw bytes of `manifest`.
///
/// `anchors` are DER certificates of the trusted authorities. `at` is the moment for which the question is
/// asked: the time of a time stamp that proves when the signature existed, otherwise the present. Claimed
/// times are only believed to make a verdict worse.
pub fn verify_detached(manifest: &[u8], p7s: &[u8], anchors: &[Vec<u8>], at: Timestamp) -> SignatureVerdict {
    match judge(manifest, p7s, anchors, at) {
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

fn judge(
    manifest: &[u8],
    p7s: &[u8],
    anchors: &[Vec<u8>],
    at: Timestamp,
) -> Result<SignatureVerdict, Broken> {
    let signed = parse(p7s)?;
    let mut certificates = Vec::new();
    for signer in &signed.signers {
        certificates.push(check_signer_info(manifest, &signed, signer)?);
    }
    let readable = anchors.iter().filter_map(|der| Certificate::from_der(der).ok()).collect::<Vec<_>>();
    let mut signers = Vec::new();
    let mut worst: Option<PathRefusal> = None;
    for (info, certificate) in signed.signers.iter().zip(certificates) {
        let claimed = info.claimed.unwrap_or(at);
        let times = [(claimed, "the claimed signing time"), (at, "the time of checking")];
        let mut trial =
            certificate.subject().contains(TRIAL_MARK) || certificate.issuer().contains(TRIAL_MARK);
        let mut refusal =
            match find_anchor(certificate, &signed.certificates, &readable, &times, Purpose::Documents) {
                Ok(anchor) => {
                    trial |= anchor.subject().contains(TRIAL_MARK);
                    None
                }
                Err(refusal) => Some(refusal),
            };
        if refusal.is_none() && claimed.as_second() > at.as_second() + CLOCK_TOLERANCE_S {
            refusal = Some(PathRefusal::Expired(format!(
                "\"{}\" claims to have signed at {claimed}, after the time of checking {at}",
                certificate.subject()
            )));
        }
        if let Some(refusal) = refusal
            && !matches!((&worst, &refusal), (Some(PathRefusal::Untrusted(_)), _))
        {
            worst = Some(refusal);
        }
        signers.push(SignerReport::new(certificate, info.claimed, trial));
    }
    Ok(match worst {
        None => SignatureVerdict::Valid { signers },
        Some(PathRefusal::Expired(reason)) => SignatureVerdict::Expired { signers, reason },
        Some(PathRefusal::Untrusted(reason)) => SignatureVerdict::UntrustedSigner { signers, reason },
    })
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
        Err(Fault::Unsupported(what)) => return Err(Malformed(format!("not accepted: {what}")).into()),
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
            Err(Fault::Unsupported(what)) => return Err(wrong(what)),
        }
    }
    Ok(())
}
