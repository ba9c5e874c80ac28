//! What is said of the signatures of a PDF: kinds, statuses and reasons, with their words. The three statuses are those of
//! ETSI EN 319 102-1.

use record::{Lang, Timestamp};

use super::changes::Change;
use super::error::PdfError;
use crate::revocation::Revocation;
use crate::tsp::TimeStampVerdict;
use crate::verify::SignerReport;

/// What is to be said of the signatures of one PDF.
#[derive(Debug, Clone)]
pub struct PdfReport {
    pub size_bytes: u64,
    /// Why the file could not be read to its end as a PDF: then there is nothing to say of its signatures.
    pub fault: Option<PdfError>,
    /// In the order of the form, which is that of signing as a rule.
    pub signatures: Vec<PdfSignatureReport>,
}

/// One signature, or one time stamp over the file.
#[derive(Debug, Clone)]
pub struct PdfSignatureReport {
    /// Name of its form field.
    pub field: String,
    pub kind: PdfSignatureKind,
    /// How it is encoded, such as `ETSI.CAdES.detached`.
    pub sub_filter: String,
    /// Who signed, if the certificate could be read.
    pub signer: Option<SignerReport>,
    /// Scheme and digest in words.
    pub algorithm: String,
    /// The signing time that the PDF or the signature claims; nobody else vouches for it.
    pub claimed: Option<Timestamp>,
    /// The time stamp over the signature, if there is one.
    pub time_stamp: Option<TimeStampVerdict>,
    /// When the signature existed, by the earliest valid time stamp over it.
    pub proven: Option<Timestamp>,
    /// Bytes from the beginning of the file that the signature is about.
    pub covered_bytes: u64,
    pub covers_whole_file: bool,
    /// What later revisions changed.
    pub changes: Vec<Change>,
    /// What is known of revocations; `None` as long as nobody trusted vouches for the signer.
    pub revocation: Option<Revocation>,
    /// What became of a certificate since the proven time: it expired, or was revoked. Nothing that speaks against the signature.
    pub since: Option<String>,
    pub status: PdfStatus,
    /// Everything that speaks against it; empty exactly for [`PdfStatus::TotalPassed`].
    pub reasons: Vec<PdfReason>,
}

/// What a signature stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PdfSignatureKind {
    Approval,
    /// The first signature, which says what may be changed: 1 nothing, 2 filling in and signing, 3 notes too.
    Certification(i64),
    TimeStamp,
}

/// The statuses of ETSI EN 319 102-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PdfStatus {
    TotalPassed,
    Indeterminate,
    TotalFailed,
}

/// One thing that speaks against a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdfReason {
    pub code: ReasonCode,
    /// Names, numbers and times.
    pub detail: String,
}

/// What kind of thing speaks against a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonCode {
    /// No authority that is trusted vouches for the signer.
    Untrusted,
    /// A certificate was not valid at the proven time, or is no more and no time is proven.
    OutOfTime,
    /// Nothing says whether a certificate was revoked at the moment in question.
    RevocationUnknown,
    /// A certificate was revoked before the time of checking, and nothing proves that the signature is older.
    RevokedNoPoe,
    /// The signer claims a time later than the one that is proven, or than that of checking.
    ClockWrong,
    /// The time stamp over the signature is of other data, changed or damaged: it proves nothing, and somebody put it there.
    TimeStampFails,
    /// SHA-1, or an RSA key below 2048 bits.
    WeakAlgorithm,
    /// An algorithm, key or encoding that is not accepted here.
    NotAccepted,
    /// Bytes follow the signed part that belong to no revision: nothing shows them, nobody vouches for them.
    AppendedBytes,
    /// Later revisions are too many or too damaged to say what they changed.
    ChangesUnknown,
    /// ByteRange does not start at 0, overlaps, or reaches behind the file.
    ByteRange,
    /// What ByteRange leaves out is not exactly the signature.
    Gap,
    /// There are bytes after the signature in its room.
    Padding,
    /// The signature is damaged.
    Format,
    /// The signed bytes were changed, or the signature belongs to another file.
    Altered,
    /// A certificate was revoked before the proven time.
    Revoked,
    /// The signature does not belong to its certificate.
    WrongKey,
    /// The signed revision is no longer part of the file's history.
    HistoryReplaced,
    /// Objects were changed after signing that are neither signatures nor what belongs to them.
    ContentChanged,
}

impl ReasonCode {
    /// A word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Untrusted => "no-certificate-chain-found",
            Self::OutOfTime => "out-of-bounds-no-poe",
            Self::RevocationUnknown => "revocation-unknown",
            Self::RevokedNoPoe => "revoked-no-poe",
            Self::Revoked => "revoked",
            Self::ClockWrong => "claimed-time-too-late",
            Self::TimeStampFails => "time-stamp-fails",
            Self::WeakAlgorithm => "crypto-constraints-failure",
            Self::NotAccepted => "not-accepted",
            Self::ChangesUnknown => "changes-unknown",
            Self::ByteRange => "byte-range",
            Self::Gap => "byte-range-gap",
            Self::Padding => "padding",
            Self::Format => "format-failure",
            Self::Altered => "hash-failure",
            Self::WrongKey => "sig-crypto-failure",
            Self::AppendedBytes => "appended-bytes",
            Self::HistoryReplaced => "history-replaced",
            Self::ContentChanged => "content-changed",
        }
    }

    /// One clause for people.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Untrusted => lang.pick("người ký không được tin cậy", "the signer is not trusted"),
            Self::OutOfTime => lang.pick("chứng thư ngoài thời hạn", "a certificate is out of its time"),
            Self::RevocationUnknown => lang.pick(
                "chưa rõ chứng thư có bị thu hồi không",
                "whether a certificate was revoked is not known",
            ),
            Self::RevokedNoPoe => lang.pick(
                "chứng thư đã bị thu hồi, không chứng minh được đã ký trước đó",
                "a certificate was revoked, and nothing proves that it was signed before",
            ),
            Self::Revoked => lang.pick(
                "chứng thư đã bị thu hồi trước khi ký",
                "a certificate was revoked before the time of signing",
            ),
            Self::ClockWrong => {
                lang.pick("thời gian tự khai muộn hơn thực tế", "the claimed time lies in the future")
            }
            Self::TimeStampFails => {
                lang.pick("dấu thời gian trên chữ ký không đúng", "the time stamp over the signature fails")
            }
            Self::WeakAlgorithm => lang.pick("thuật toán hoặc khóa yếu", "a weak algorithm or key"),
            Self::NotAccepted => {
                lang.pick("thuật toán hoặc kiểu chữ ký không được chấp nhận", "not accepted here")
            }
            Self::ChangesUnknown => lang
                .pick("không xác định được thay đổi sau khi ký", "what was changed after signing is unknown"),
            Self::ByteRange => lang.pick("ByteRange sai", "the ByteRange is wrong"),
            Self::Gap => lang.pick(
                "chữ ký bỏ trống phần khác ngoài chính nó",
                "the signature leaves out more than itself",
            ),
            Self::Padding => lang.pick("có dữ liệu giấu sau chữ ký", "data are hidden behind the signature"),
            Self::Format => lang.pick("chữ ký bị hỏng", "the signature is damaged"),
            Self::Altered => lang.pick("nội dung đã ký bị thay đổi", "the signed content was changed"),
            Self::WrongKey => lang
                .pick("chữ ký không khớp với chứng thư", "the signature does not belong to its certificate"),
            Self::AppendedBytes => {
                lang.pick("có dữ liệu nối thêm sau phần đã ký", "bytes were appended after signing")
            }
            Self::HistoryReplaced => {
                lang.pick("lịch sử của tệp đã bị thay", "the history of the file was replaced")
            }
            Self::ContentChanged => {
                lang.pick("nội dung bị thay đổi sau khi ký", "content was changed after signing")
            }
        }
    }

    pub(super) fn status(self) -> PdfStatus {
        if self <= Self::ChangesUnknown { PdfStatus::Indeterminate } else { PdfStatus::TotalFailed }
    }
}

impl PdfStatus {
    /// As the standard writes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::TotalFailed => "TOTAL-FAILED",
        }
    }

    /// One word or two for people.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::TotalPassed => lang.pick("hợp lệ", "valid"),
            Self::Indeterminate => lang.pick("chưa kết luận được", "not conclusive"),
            Self::TotalFailed => lang.pick("không hợp lệ", "not valid"),
        }
    }
}

impl PdfReport {
    /// The worst status of all; of a file that could not be read nothing is known. `None`: there is no signature.
    pub fn status(&self) -> Option<PdfStatus> {
        if self.fault.is_some() {
            return Some(PdfStatus::Indeterminate);
        }
        self.signatures.iter().map(|s| s.status).max()
    }
}
