//! Time stamps (RFC 3161): the question to a time-stamp authority, its answer, and judging a token.
//!
//! The line to the authority belongs to the caller: here are only bytes. Times are read more kindly than DER
//! allows, for authorities send fractions of seconds in many lengths.

use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode, Encode, Sequence, Tag};
use record::{Lang, Timestamp};
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::algorithm::{Digest, Fault, refused_digest};
use crate::certificate::Certificate;
use crate::cms::{self, SignedData};
use crate::evidence::EvidenceDigest;
use crate::path::{PathRefusal, Purpose};
use crate::revocation::{Material, Revocation};
use crate::tlv::{Fields, Malformed, Tlv};
use crate::trial::TRIAL_MARK;
use crate::trust::{Question, Trust};
use crate::verify::{CLOCK_TOLERANCE_S, SignerReport};

/// Largest answer that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 1 << 20;

/// Why there is no time stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TspError {
    /// The authority was not reached; another try, or another authority, may help.
    #[error("the time-stamp authority is not reachable: {0}")]
    Unreachable(String),
    #[error("no random numbers for the nonce: {0}")]
    Random(String),
    #[error("the time-stamp authority refused (status {status}): {text}")]
    Refused { status: u8, text: String },
    #[error("the answer of the time-stamp authority: {0}")]
    Malformed(String),
    #[error("the answer of the time-stamp authority belongs to another question (nonce)")]
    WrongNonce,
    #[error("the time stamp is for other data")]
    WrongData,
    #[error("the time stamp does not hold: {0}")]
    Broken(String),
    #[error("the question to the time-stamp authority could not be encoded: {0}")]
    Encoding(String),
}

/// Carries a request there and the answer back.
pub type Transport<'a> = dyn FnMut(&[u8]) -> Result<Vec<u8>, TspError> + 'a;

/// Asks one time-stamp authority.
pub struct TimeStampClient<'a> {
    /// Carries a request (DER, `application/timestamp-query`) there and the answer back.
    pub send: &'a mut Transport<'a>,
    /// Fills a buffer with unpredictable bytes.
    pub random: &'a mut dyn FnMut(&mut [u8]) -> std::io::Result<()>,
}

/// One question, kept until its answer is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampRequest {
    digest: Digest,
    imprint: Vec<u8>,
    nonce: u64,
}

/// What a time stamp says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStamp {
    /// The data existed at this moment.
    pub time: Timestamp,
    /// Serial number at the authority, upper-case hexadecimal.
    pub serial: String,
    /// The policy, as numbers with dots.
    pub policy: String,
    /// Digest of the data in words.
    pub algorithm: String,
    /// The authority.
    pub authority: SignerReport,
}

/// What is to be said of a time stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeStampVerdict {
    /// Right, and the authority leads to a trusted one, valid at the time it states and still at the one it is judged for.
    Valid(TimeStamp),
    /// Right in itself, but nobody trusted vouches for the authority.
    Untrusted { stamp: TimeStamp, reason: String },
    /// Right in itself, but by an algorithm or key that can be forged: it proves no time.
    Weak { stamp: TimeStamp, reason: String },
    /// For other data, or changed.
    Altered { reason: String },
    /// Damaged, or of a kind that is not accepted.
    Malformed { reason: String },
}

impl TimeStampVerdict {
    /// The proven time: only of a valid time stamp.
    pub fn time(&self) -> Option<Timestamp> {
        if let Self::Valid(stamp) = self { Some(stamp.time) } else { None }
    }

    /// Why it is not valid; empty for a valid one.
    pub fn reason(&self) -> &str {
        match self {
            Self::Valid(_) => "",
            Self::Untrusted { reason, .. }
            | Self::Weak { reason, .. }
            | Self::Altered { reason }
            | Self::Malformed { reason } => reason,
        }
    }
}

impl TimeStampRequest {
    /// A question for data whose SHA-256 is given. The nonce must be unpredictable.
    pub fn new(sha256: &record::Sha256, nonce: u64) -> Self {
        Self { digest: Digest::Sha256, imprint: sha256.0.to_vec(), nonce }
    }

    /// A question for a hash that was made with any digest that an evidence record may have.
    pub fn of_hash(digest: EvidenceDigest, hash: &[u8], nonce: u64) -> Self {
        Self { digest: digest.digest(), imprint: hash.to_vec(), nonce }
    }

    /// TimeStampReq with nonce, asking for the authority's certificate.
    pub fn to_der(&self) -> Result<Vec<u8>, TspError> {
        let algorithm = AlgorithmIdentifierOwned { oid: self.digest.oid(), parameters: None };
        let encoded = OctetString::new(self.imprint.clone()).and_then(|hashed| {
            let imprint = MessageImprint { algorithm, hashed };
            TimeStampReq { version: 1, imprint, nonce: self.nonce, certificate: true }.to_der()
        });
        encoded.map_err(|e| TspError::Encoding(e.to_string()))
    }

    /// A question that [`TimeStampRequest::to_der`] wrote.
    pub fn from_der(der: &[u8]) -> Result<Self, TspError> {
        let wrong = |why: String| TspError::Malformed(format!("no question: {why}"));
        let request = TimeStampReq::from_der(der).map_err(|e| wrong(e.to_string()))?;
        let MessageImprint { algorithm, hashed } = request.imprint;
        let digest = Digest::from_oid(algorithm.oid).ok_or_else(|| wrong(algorithm.oid.to_string()))?;
        Ok(Self { digest, imprint: hashed.as_bytes().to_vec(), nonce: request.nonce })
    }

    /// Judges a time stamp over what is asked about, as [`verify_time_stamp`] does, by all that is known of authorities.
    pub fn judge(&self, token: &[u8], trust: &Trust, at: Timestamp) -> TimeStampVerdict {
        match read(token, |used| if used == self.digest { self.imprint.clone() } else { Vec::new() }) {
            Ok(stamp) => stamp.judge(trust, &Material::default(), at),
            Err(fault) => fault.into(),
        }
    }

    /// Takes the token out of the answer, after checking that it is granted, complete, right in itself, made
    /// for this question and by a certificate for time stamping. Whether the authority is trusted is asked
    /// by [`verify_time_stamp`].
    pub fn accept(&self, response: &[u8]) -> Result<Vec<u8>, TspError> {
        if response.len() > MAX_RESPONSE_BYTES {
            return Err(TspError::Malformed("larger than 1 MiB".into()));
        }
        let token = granted_token(response)?;
        let parsed = Token::from_der(token).map_err(|e| TspError::Malformed(e.0))?;
        if parsed.nonce.and_then(unsigned) != Some(self.nonce) {
            return Err(TspError::WrongNonce);
        }
        if (parsed.digest, parsed.imprint) != (self.digest, self.imprint.as_slice()) {
            return Err(TspError::WrongData);
        }
        let (certificate, weak) =
            parsed.check_signature().map_err(|fault| TspError::Broken(fault.into_reason()))?;
        if let Some(weak) = weak {
            return Err(TspError::Broken(format!("weak: {weak}")));
        }
        if !certificate.is_for_time_stamps_only() {
            return Err(TspError::Broken("its certificate is not for time stamps alone".into()));
        }
        if !certificate.is_valid_at(parsed.time) {
            return Err(TspError::Broken(format!("its certificate is not valid at {}", parsed.time)));
        }
        Ok(token.to_vec())
    }
}

impl TimeStampClient<'_> {
    /// A time stamp (ContentInfo, DER) for data whose SHA-256 is given. One question, no second try.
    pub fn stamp(&mut self, sha256: &record::Sha256) -> Result<Vec<u8>, TspError> {
        self.stamp_hash(EvidenceDigest::Sha256, &sha256.0)
    }

    /// The same for a hash.
    pub fn stamp_hash(&mut self, digest: EvidenceDigest, hash: &[u8]) -> Result<Vec<u8>, TspError> {
        let mut nonce = [0u8; 8];
        (self.random)(&mut nonce).map_err(|e| TspError::Random(e.to_string()))?;
        let request = TimeStampRequest::of_hash(digest, hash, u64::from_be_bytes(nonce));
        let response = (self.send)(&request.to_der()?)?;
        request.accept(&response)
    }
}

/// Judges a time stamp over `data`. Its authority must be trusted at the time that it states, and at `at`: the moment of
/// checking, or an earlier one at which the stamp is proven to have existed. An authority alone does not say how long
/// its key was its own.
///
/// `anchors` are DER certificates of trusted authorities; nothing is known of revocations.
pub fn verify_time_stamp(token: &[u8], data: &[u8], anchors: &[Vec<u8>], at: Timestamp) -> TimeStampVerdict {
    match read(token, |digest| digest.of(data)) {
        Ok(stamp) => stamp.judge(&Trust::of_certificates(anchors), &Material::default(), at),
        Err(fault) => fault.into(),
    }
}

/// The time that a token states, believed by nobody yet; `None` for bytes that are no token.
pub fn time_of(token: &[u8]) -> Option<Timestamp> {
    Token::from_der(token).ok().map(|token| token.time)
}

/// See [`Trust::verify_time_stamp_of_hash`].
pub(crate) fn verify_of_hash(
    token: &[u8],
    (digest, hash): (EvidenceDigest, &[u8]),
    trust: &Trust,
    at: Timestamp,
) -> TimeStampVerdict {
    match read(token, |used| if used == digest.digest() { hash.to_vec() } else { Vec::new() }) {
        Ok(stamp) => stamp.judge(trust, &Material::default(), at),
        Err(fault) => fault.into(),
    }
}

/// A time stamp that is right in itself and made for the data; whether its authority is trusted is still open.
pub(crate) struct RightStamp {
    pub(crate) stamp: TimeStamp,
    /// The authority's first.
    certificates: Vec<Certificate>,
    weak: Option<String>,
}

/// Reads a time stamp, with a function that gives the digest of the data.
pub(crate) fn read(token: &[u8], imprint: impl FnOnce(Digest) -> Vec<u8>) -> Result<RightStamp, TokenFault> {
    let token = Token::from_der(token)?;
    let (certificate, weak) = token.check_signature()?;
    if imprint(token.digest) != token.imprint {
        return Err(TokenFault::Altered("the time stamp is for other data".into()));
    }
    let trial = [certificate.subject(), certificate.issuer()].iter().any(|n| n.contains(TRIAL_MARK));
    let stamp = TimeStamp {
        time: token.time,
        serial: token.serial.iter().map(|b| format!("{b:02X}")).collect(),
        policy: token.policy.to_string(),
        algorithm: token.digest.name().to_owned(),
        authority: SignerReport::new(certificate, Some(token.time), trial),
    };
    let all = std::iter::once(certificate).chain(&token.signed.certificates);
    let certificates = all.filter_map(|c| Certificate::from_der(c.der()).ok()).collect();
    Ok(RightStamp { stamp, certificates, weak })
}

impl RightStamp {
    /// More certificates that may lead from the authority to a trusted one.
    pub(crate) fn add_certificates(&mut self, more: &[Certificate]) {
        self.certificates.extend_from_slice(more);
    }

    /// The authority's certificate first, then those that came with the time stamp.
    pub(crate) fn into_certificates(self) -> Vec<Certificate> {
        self.certificates
    }

    /// See [`verify_time_stamp`].
    pub(crate) fn judge(self, trust: &Trust, more: &Material, at: Timestamp) -> TimeStampVerdict {
        self.judge_with_end(trust, more, at).0
    }

    /// The same, and when the first certificate between the authority and the trusted one expires, if it is valid.
    pub(crate) fn judge_with_end(
        self,
        trust: &Trust,
        more: &Material,
        at: Timestamp,
    ) -> (TimeStampVerdict, Option<Timestamp>) {
        let Self { stamp, certificates, weak } = self;
        if let Some(reason) = weak {
            return (TimeStampVerdict::Weak { stamp, reason }, None);
        }
        if stamp.time.as_second() > at.as_second() + CLOCK_TOLERANCE_S {
            let reason = format!("it states {}, after {at}", stamp.time);
            return (TimeStampVerdict::Untrusted { stamp, reason }, None);
        }
        let times = [(stamp.time.min(at), "the time of the time stamp"), (at, "the time it is judged for")];
        let [own, pool @ ..] = certificates.as_slice() else {
            let reason = "its certificate is damaged".into();
            return (TimeStampVerdict::Malformed { reason }, None);
        };
        let (claimed, purpose) = (Some(stamp.time), Purpose::TimeStamps);
        let question = Question { own, pool, times: &times, moment: at, claimed, purpose, more };
        let (reason, ends) = match trust.judge(&question) {
            Ok(vouched) => match vouched.revocation {
                found @ (Revocation::Revoked { .. } | Revocation::Unknown { .. }) => {
                    (Some(found.text(Lang::En)), None)
                }
                _ => (None, Some(vouched.ends)),
            },
            Err(PathRefusal::Untrusted(reason) | PathRefusal::Expired(reason)) => (Some(reason), None),
        };
        let verdict = match reason {
            Some(reason) => TimeStampVerdict::Untrusted { stamp, reason },
            None => TimeStampVerdict::Valid(stamp),
        };
        (verdict, ends)
    }
}

/// A token that was read, not yet believed.
struct Token<'a> {
    signed: SignedData<'a>,
    policy: ObjectIdentifier,
    digest: Digest,
    imprint: &'a [u8],
    serial: &'a [u8],
    time: Timestamp,
    /// The value of the INTEGER, of any length: others ask with longer ones than we do.
    nonce: Option<&'a [u8]>,
}

/// What is wrong with a token in itself.
pub(crate) enum TokenFault {
    Altered(String),
    Malformed(Malformed),
}

impl TokenFault {
    pub(crate) fn into_reason(self) -> String {
        match self {
            Self::Altered(reason) | Self::Malformed(Malformed(reason)) => reason,
        }
    }
}

impl From<TokenFault> for TimeStampVerdict {
    fn from(fault: TokenFault) -> Self {
        match fault {
            TokenFault::Altered(reason) => Self::Altered { reason },
            TokenFault::Malformed(Malformed(reason)) => Self::Malformed { reason },
        }
    }
}

impl From<Malformed> for TokenFault {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

impl<'a> Token<'a> {
    fn from_der(der: &'a [u8]) -> Result<Self, Malformed> {
        let signed = SignedData::from_der(der, cms::TIME_STAMP)?;
        if signed.signers.len() != 1 {
            return Err(Malformed::new("a time stamp has one signer"));
        }
        let content = signed.content.ok_or_else(|| Malformed::new("a time stamp without content"))?;
        let mut fields = Fields::of(Tlv::only(content)?, 10, "TSTInfo")?;
        if fields.take(Tag::Integer)?.value != [1] {
            return Err(Malformed::new("TSTInfo of an unknown version"));
        }
        let policy = fields.take(Tag::ObjectIdentifier)?.oid()?;
        let mut imprint = Fields::of(fields.take(Tag::Sequence)?, 2, "MessageImprint")?;
        let mut algorithm = Fields::of(imprint.take(Tag::Sequence)?, 2, "AlgorithmIdentifier")?;
        let oid = algorithm.take(Tag::ObjectIdentifier)?.oid()?;
        let digest = Digest::from_oid_or_weak(oid).ok_or_else(|| {
            Malformed(format!("the digest {} of a time stamp is not accepted", refused_digest(oid)))
        })?;
        let hashed = imprint.take(Tag::OctetString)?.value;
        let serial = fields.take(Tag::Integer)?.value;
        let time = generalized_time(fields.take(Tag::GeneralizedTime)?.value)?;
        fields.take_if(Tag::Sequence); // accuracy
        fields.take_if(Tag::Boolean); // ordering
        let nonce = fields.take_if(Tag::Integer).map(|nonce| nonce.value);
        fields.take_context(0); // the authority's name: its certificate says more
        fields.take_context(1); // extensions
        fields.end()?;
        Ok(Self { policy, digest, imprint: hashed, serial, time, nonce, signed })
    }

    /// Is the content what the certificate in it signed?
    /// Gives its certificate, and what is weak about it.
    fn check_signature(&self) -> Result<(&Certificate, Option<String>), TokenFault> {
        let signer = &self.signed.signers[0];
        let mut weak =
            [self.digest, signer.digest].into_iter().find(|d| d.is_weak()).map(|d| d.name().into());
        let certificate = self.signed.certificate_of(signer)?;
        if !signer.names_certificate() {
            return Err(Malformed::new("the time stamp does not name its certificate").into());
        }
        match signer.verify_attributes(certificate) {
            Ok(()) => {}
            Err(Fault::Weak(what)) => weak = Some(what),
            Err(Fault::Wrong) => return Err(TokenFault::Altered("the time stamp was changed".into())),
            Err(Fault::Unsupported(what)) => return Err(Malformed(format!("not accepted: {what}")).into()),
        }
        if signer.digest.of(self.signed.content.unwrap_or_default()) != signer.message_digest {
            return Err(TokenFault::Altered("the content of the time stamp was changed".into()));
        }
        Ok((certificate, weak))
    }
}

/// The token of a TimeStampResp whose status is granted.
fn granted_token(response: &[u8]) -> Result<&[u8], TspError> {
    let malformed = |e: Malformed| TspError::Malformed(e.0);
    let mut fields =
        Tlv::only(response).and_then(|r| Fields::of(r, 2, "TimeStampResp")).map_err(malformed)?;
    let status = fields.take(Tag::Sequence).map_err(malformed)?.children(3).map_err(malformed)?;
    let code = match status.first() {
        Some(Tlv { tag: Tag::Integer, value: [code], .. }) => *code,
        _ => return Err(TspError::Malformed("no status".into())),
    };
    if code > 1 {
        let texts = status.get(1).and_then(|t| t.children(8).ok()).unwrap_or_default();
        let text: Vec<_> = texts.iter().map(|t| String::from_utf8_lossy(t.value).into_owned()).collect();
        return Err(TspError::Refused { status: code, text: text.join("; ") });
    }
    Ok(fields.take(Tag::Sequence).map_err(malformed)?.whole)
}

/// `None` for a negative number or one of more than 64 bits.
fn unsigned(bytes: &[u8]) -> Option<u64> {
    let digits = if bytes.first() == Some(&0) { &bytes[1..] } else { bytes };
    if digits.len() > 8 || bytes.first().is_some_and(|b| b & 0x80 != 0) {
        return None;
    }
    Some(digits.iter().fold(0, |value, b| (value << 8) | u64::from(*b)))
}

/// `YYYYMMDDhhmm[ss][.fff…](Z|±hhmm)`: RFC 3161 wants UTC and no trailing zeros, servers send more.
pub(crate) fn generalized_time(bytes: &[u8]) -> Result<Timestamp, Malformed> {
    let bad = || Malformed(format!("the time {:?}", String::from_utf8_lossy(bytes)));
    let text = std::str::from_utf8(bytes).ok().filter(|t| t.is_ascii() && t.len() <= 40).ok_or_else(bad)?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let seconds = match digits {
        12 => "00",
        14 => &text[12..14],
        _ => return Err(bad()),
    };
    let rest = text[digits..].replace(',', ".");
    let zone_at = rest.find(['Z', '+', '-']).ok_or_else(bad)?;
    let (fraction, zone) = rest.split_at(zone_at);
    if !fraction.is_empty() && (digits != 14 || fraction.len() < 2 || !fraction.starts_with('.')) {
        return Err(bad());
    }
    // Nanoseconds are the finest that is kept.
    let fraction = &fraction[..fraction.len().min(10)];
    let zone = match zone.len() {
        1 => zone.to_owned(),
        3 => format!("{zone}:00"),
        5 => format!("{}:{}", &zone[..3], &zone[3..]),
        _ => return Err(bad()),
    };
    let (date, clock) = (&text[..8], &text[8..12]);
    let iso = format!(
        "{}-{}-{}T{}:{}:{seconds}{fraction}{zone}",
        &date[..4],
        &date[4..6],
        &date[6..],
        &clock[..2],
        &clock[2..]
    );
    iso.parse().map_err(|_| bad())
}

#[derive(Sequence)]
struct TimeStampReq {
    version: u8,
    imprint: MessageImprint,
    nonce: u64,
    certificate: bool,
}

#[derive(Sequence)]
struct MessageImprint {
    algorithm: AlgorithmIdentifierOwned,
    hashed: OctetString,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_real_authorities_are_read() {
        let cases = [
            ("20261130101512Z", "2026-11-30T10:15:12Z"),
            ("20261130101512.13534Z", "2026-11-30T10:15:12.13534Z"),
            ("20261130101512.100Z", "2026-11-30T10:15:12.1Z"),
            ("20261130101512,5Z", "2026-11-30T10:15:12.5Z"),
            ("20261130101512.1234567891234Z", "2026-11-30T10:15:12.123456789Z"),
            ("202611301015Z", "2026-11-30T10:15:00Z"),
            ("20261130171512+0700", "2026-11-30T10:15:12Z"),
        ];
        for (text, expected) in cases {
            let expected: Timestamp = expected.parse().expect("a time");
            assert_eq!(generalized_time(text.as_bytes()), Ok(expected), "{text}");
        }
        for bad in [
            "",
            "Z",
            "2026113010151",
            "20261330101512Z",
            "20261130101512",
            "20261130101512.Z",
            "2026113010.5Z",
        ] {
            assert!(generalized_time(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(generalized_time("٢0261130101512Z".as_bytes()).is_err());
    }
}
