//! The second signature of a seal, with ML-DSA-65: an experiment with what is to be signed with when quantum computers break
//! the others (docs/decisions/330-ml-dsa.md, docs/format/manifest.md section 8).
//!
//! It lies in a file of its own beside the seal, over the same manifest, and is told as what it is. It never makes a seal
//! valid, nor the other way round: whoever knows nothing of it loses nothing.

use record::{Lang, Timestamp};

use crate::algorithm::Fault;
use crate::certificate::Certificate;
use crate::cms::{self, SignedData, SignerInfo};
use crate::experimental_key::ExperimentalSigner;
use crate::manifest::Manifest;
use crate::path::{self, Issued, PathRefusal, Purpose};
use crate::sign::{SealError, sign_unchecked};
use crate::tlv::Malformed;
use crate::trial::TRIAL_MARK;
use crate::trust::Trust;
use crate::verify::{CLOCK_TOLERANCE_S, MAX_SIGNATURE_BYTES, SignerReport};

/// Where it lies in a package.
pub const EXPERIMENTAL_PATH: &str = "seal/manifest-ml-dsa.p7s";

/// What is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExperimentalVerdict {
    /// It is right, and the reader has this very certificate from elsewhere, in its time.
    Valid { signer: Box<SignerReport>, algorithm: &'static str },
    /// It is right in itself, but the certificate is nobody's whom the reader knows, or not for it.
    Unvouched { signer: Box<SignerReport>, algorithm: &'static str, reason: String },
    /// The manifest is not the one that was signed, or the signature itself was changed.
    Altered { reason: String },
    /// The file is damaged, or of a kind that is not accepted.
    Malformed { reason: String },
}

impl ExperimentalVerdict {
    /// Something was changed or damaged: people must be told.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Altered { .. } | Self::Malformed { .. })
    }

    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Valid { .. } => "valid",
            Self::Unvouched { .. } => "unvouched",
            Self::Altered { .. } => "altered",
            Self::Malformed { .. } => "malformed",
        }
    }

    /// What it is, in a few words for people.
    pub fn name(lang: Lang) -> &'static str {
        lang.pick("chữ ký thứ hai ML-DSA (thử nghiệm)", "second signature, ML-DSA (experimental)")
    }

    /// One sentence for people.
    pub fn title(&self, lang: Lang) -> &'static str {
        match self {
            Self::Valid { .. } => lang.pick("hợp lệ", "valid"),
            Self::Unvouched { .. } => {
                lang.pick("đúng, nhưng không ai bảo đảm người ký", "right, but nobody vouches for the signer")
            }
            Self::Altered { .. } => lang
                .pick("bảng kê hoặc chữ ký này đã bị thay đổi", "the manifest or this signature was changed"),
            Self::Malformed { .. } => lang.pick("tệp chữ ký bị hỏng", "the signature file is damaged"),
        }
    }

    /// Why it is not valid; empty for a valid one.
    pub fn reason(&self) -> &str {
        match self {
            Self::Valid { .. } => "",
            Self::Unvouched { reason, .. } | Self::Altered { reason } | Self::Malformed { reason } => reason,
        }
    }

    /// Who signed, and with which parameters, where it is right in itself.
    pub fn signer(&self) -> Option<(&SignerReport, &'static str)> {
        match self {
            Self::Valid { signer, algorithm } | Self::Unvouched { signer, algorithm, .. } => {
                Some((signer, algorithm))
            }
            Self::Altered { .. } | Self::Malformed { .. } => None,
        }
    }
}

/// Signs the raw bytes of a canonical manifest and returns the DER of [`EXPERIMENTAL_PATH`]. `now` (cut to seconds) is the
/// claimed signing time. Checked with the public key before it leaves.
pub fn sign_experimental(
    manifest: &[u8],
    signer: &ExperimentalSigner,
    now: Timestamp,
) -> Result<Vec<u8>, SealError> {
    Manifest::parse(manifest)?;
    let p7s = sign_unchecked(manifest, &[signer], now)?;
    let wrong = |reason| SealError::SelfCheck { subject: signer.subject(), reason };
    match judge(manifest, &p7s, &Trust::default(), now) {
        Ok(_) => Ok(p7s),
        Err(Broken::Altered(reason) | Broken::Malformed(reason)) => Err(wrong(reason)),
    }
}

/// Judges such a signature over the raw bytes of `manifest`, as [`crate::verify_detached`] does with the others. A certificate
/// vouches for itself alone: it must be among those that the reader brings ([`Trust::add_experimental`], or an anchor).
pub fn verify_experimental(manifest: &[u8], p7s: &[u8], trust: &Trust, at: Timestamp) -> ExperimentalVerdict {
    match judge(manifest, p7s, trust, at) {
        Ok(verdict) => verdict,
        Err(Broken::Altered(reason)) => ExperimentalVerdict::Altered { reason },
        Err(Broken::Malformed(reason)) => ExperimentalVerdict::Malformed { reason },
    }
}

enum Broken {
    Altered(String),
    Malformed(String),
}

impl From<Malformed> for Broken {
    fn from(Malformed(reason): Malformed) -> Self {
        Self::Malformed(reason)
    }
}

fn judge(manifest: &[u8], p7s: &[u8], trust: &Trust, at: Timestamp) -> Result<ExperimentalVerdict, Broken> {
    if p7s.len() > MAX_SIGNATURE_BYTES {
        return Err(Broken::Malformed("the signature file is larger than 1 MiB".into()));
    }
    let signed = SignedData::from_der(p7s, cms::EXPERIMENTAL)?;
    let [info] = signed.signers.as_slice() else {
        return Err(Broken::Malformed("more than one signer".into()));
    };
    let own = signed.certificate_of(info)?;
    match info.verify_attributes(own) {
        Ok(()) => {}
        Err(Fault::Wrong) => {
            let reason = format!("the signature of \"{}\" does not match what it signs", own.subject());
            return Err(Broken::Altered(reason));
        }
        Err(Fault::Unsupported(what) | Fault::Weak(what)) => {
            return Err(Broken::Malformed(format!("not accepted: {what}")));
        }
    }
    if info.digest.of(manifest) != info.message_digest {
        return Err(Broken::Altered(format!("the manifest is not the one \"{}\" signed", own.subject())));
    }
    let trial = own.subject().contains(TRIAL_MARK) || own.issuer().contains(TRIAL_MARK);
    let signer = Box::new(SignerReport::new(own, info.claimed, trial));
    let algorithm = info.scheme();
    Ok(match vouched(own, info, trust, at) {
        Ok(()) => ExperimentalVerdict::Valid { signer, algorithm },
        Err(reason) => ExperimentalVerdict::Unvouched { signer, algorithm, reason },
    })
}

fn vouched(own: &Certificate, info: &SignerInfo<'_>, trust: &Trust, at: Timestamp) -> Result<(), String> {
    let claimed = info.claimed.unwrap_or(at);
    if claimed.as_second() > at.as_second() + CLOCK_TOLERANCE_S {
        return Err(format!("\"{}\" claims to have signed at {claimed}, after {at}", own.subject()));
    }
    trust.knows_experimental(own, at, claimed)?;
    let times = [(claimed, "the claimed signing time"), (at, "the time of checking")];
    // The path of one certificate: purpose, critical extensions and times.
    match path::find_path(own, &[], &[own], &times, Purpose::Documents, &Issued::default()) {
        Ok(_) => Ok(()),
        Err(PathRefusal::Untrusted(reason) | PathRefusal::Expired(reason)) => Err(reason),
    }
}
