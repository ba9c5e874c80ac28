//! Why a PDF was not signed.

use crate::PipelineError;
use record::Lang;
use seal::pades::{Lacking, PadesError};
use std::path::PathBuf;

/// Why a PDF was not signed, or not at the level asked for. Nothing was written.
#[derive(Debug, Clone)]
pub enum PdfSigningError {
    /// The visible text cannot be drawn.
    NoFont,
    /// The picture of the seal cannot be used.
    Picture {
        /// Its file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The level wants a time stamp, and `hoso.toml` names nobody who gives one.
    NoTimeAuthority(&'static str),
    /// The level wants proof that certificates were good, and this is not at hand.
    Lacking(Vec<Lacking>),
    /// The PDF refuses a signature.
    Pdf {
        /// Which.
        subject: String,
        /// Why.
        source: PadesError,
    },
    /// What was signed would not be accepted.
    NotAccepted {
        /// Which PDF.
        subject: String,
        /// Why.
        why: String,
        /// It is the key's fault: no other PDF would fare better.
        is_of_key: bool,
    },
}

impl std::error::Error for PdfSigningError {}

impl std::fmt::Display for PdfSigningError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title(Lang::En))
    }
}

impl PdfSigningError {
    /// A key that does not sign is about no PDF.
    pub(crate) fn of_pdf(subject: &str, source: PadesError) -> PipelineError {
        match source {
            PadesError::Seal(error) => PipelineError::Seal(error),
            source => Self::Pdf { subject: subject.to_owned(), source }.into(),
        }
    }

    /// For people. What the PDF, the authority or a certificate says in its own words stays in English.
    pub fn title(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::NoFont, Lang::Vi) => {
                "chưa cài phông chữ Liberation Serif để vẽ chữ ký nhìn thấy được".into()
            }
            (Self::NoFont, Lang::En) => {
                "the font Liberation Serif is not installed, so the visible mark cannot be drawn".into()
            }
            (Self::Picture { path, why }, Lang::Vi) => {
                format!("{}: không dùng được ảnh con dấu: {why}", path.display())
            }
            (Self::Picture { path, why }, Lang::En) => {
                format!("{}: not a picture that can be used: {why}", path.display())
            }
            (Self::NoTimeAuthority(level), Lang::Vi) => {
                format!("mức {level} cần dấu thời gian, mà hoso.toml không nêu máy chủ dấu thời gian nào")
            }
            (Self::NoTimeAuthority(level), Lang::En) => {
                format!("level {level} wants time stamps, and hoso.toml names no time-stamp authority")
            }
            (Self::Lacking(lacking), _) => {
                let each = |one: &Lacking| {
                    let places = match one.places.is_empty() {
                        true => String::new(),
                        false => format!(" ({})", one.places.join(", ")),
                    };
                    format!("\"{}\": {}{places}", one.certificate, one.why)
                };
                let all = lacking.iter().map(each).collect::<Vec<_>>().join("; ");
                match lang {
                    Lang::Vi => format!("thiếu thông tin về chứng thư cho mức đã chọn: {all}"),
                    Lang::En => format!("the level asked for wants what is not at hand: {all}"),
                }
            }
            (Self::Pdf { subject, source }, Lang::Vi) => format!("{subject}: chưa ký được: {source}"),
            (Self::Pdf { subject, source }, Lang::En) => format!("{subject}: {source}"),
            (Self::NotAccepted { subject, why, .. }, Lang::Vi) => {
                format!("{subject}: chữ ký sẽ không được chấp nhận: {why}")
            }
            (Self::NotAccepted { subject, why, .. }, Lang::En) => {
                format!("{subject}: the signature would not be accepted: {why}")
            }
        }
    }

    /// Whether other PDFs may be signed all the same.
    pub(crate) fn is_about_one_pdf(&self) -> bool {
        !matches!(self, Self::NotAccepted { is_of_key: true, .. })
    }

    /// The next step, for people.
    pub(crate) fn hint(&self, lang: Lang) -> Option<&'static str> {
        Some(match self {
            Self::NoFont => lang.pick("cài gói fonts-liberation2", "install fonts-liberation2"),
            Self::Picture { .. } => lang.pick(
                "ghi một tệp PNG vào picture trong mục [seal] của hoso.toml",
                "name a PNG file as picture in [seal] of hoso.toml",
            ),
            Self::NoTimeAuthority(_) => lang.pick(
                "thêm [[time.authority]] vào hoso.toml, hoặc dùng mức b-b",
                "add [[time.authority]] to hoso.toml, or use level b-b",
            ),
            Self::Lacking(_) => lang.pick(
                "có mạng: hoso trust fetch; không có mạng: lấy danh sách thu hồi bằng máy khác rồi hoso trust add-revocation; nơi cấp: hoso trust add",
                "with a network: hoso trust fetch; without: bring the lists from elsewhere, then hoso trust add-revocation; authorities: hoso trust add",
            ),
            Self::Pdf { source: PadesError::TimeStamp(_), .. } => lang.pick(
                "thử lại khi nối được máy chủ dấu thời gian, hoặc dùng mức b-b",
                "try again when the time-stamp authority can be reached, or use level b-b",
            ),
            Self::Pdf { .. } => return None,
            Self::NotAccepted { .. } => lang.pick(
                "thêm chứng thư của nơi cấp bằng hoso trust add",
                "add the issuer's certificate: hoso trust add",
            ),
        })
    }
}
