//! What is told of a case file that was sealed.

use record::Lang;

/// Something of a case file that sealing passes over, and why: the case file is sealed all the same, and its seal covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassedOver {
    /// A document, counted in the case file, has no searchable PDF that could be signed.
    NoPdf { document: u32 },
    /// Each key has signed the PDF with an earlier version, and it has not changed since.
    SignedBefore { document: u32, path: String },
    /// The package, or this volume of it, was packed before packages had METS and PREMIS, so neither tells of the sealing.
    NoLists { volume: Option<u32> },
}

impl PassedOver {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPdf { .. } => "no-pdf",
            Self::SignedBefore { .. } => "signed-before",
            Self::NoLists { .. } => "no-mets",
        }
    }

    /// For people.
    pub fn title(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::NoPdf { document }, Lang::Vi) => {
                format!("văn bản {document}: không có tệp PDF để ký (không trang nào hiển thị được)")
            }
            (Self::NoPdf { document }, Lang::En) => {
                format!("document {document}: there is no PDF to sign (none of its pages can be shown)")
            }
            (Self::SignedBefore { document, .. }, Lang::Vi) => {
                format!("văn bản {document}: tệp PDF đã được chính khóa này ký và chưa đổi, giữ nguyên")
            }
            (Self::SignedBefore { document, .. }, Lang::En) => {
                format!(
                    "document {document}: its PDF was signed with this key and has not changed; it stays as it is"
                )
            }
            (Self::NoLists { volume }, lang) => {
                let which = volume.map(|no| match lang {
                    Lang::Vi => format!("tập {no}: "),
                    Lang::En => format!("volume {no}: "),
                });
                let text = lang.pick(
                    "gói cũ, không có METS và PREMIS: việc niêm phong chỉ ghi trong tuyên bố và chữ ký",
                    "packed before there were METS and PREMIS: only statement and signature tell of the sealing",
                );
                which.unwrap_or_default() + text
            }
        }
    }
}
