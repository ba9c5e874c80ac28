//! What can be wrong with a PDF, and with a wish to sign it.

use std::sync::Arc;

use crate::sign::SealError;
use crate::tsp::TspError;

/// Why a PDF could not be read. Nothing is repaired.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PdfError {
    #[error("not a PDF: it does not begin with %PDF-")]
    NotPdf,
    #[error("the PDF is encrypted")]
    Encrypted,
    #[error("broken xref at byte {at}: {reason}")]
    BrokenXref { at: u64, reason: String },
    #[error("damaged PDF: {what} at byte {at}: {reason}")]
    Damaged { what: String, at: u64, reason: String },
    #[error("damaged PDF: {0}")]
    Structure(String),
    #[error("the PDF is made so that it costs too much to read")]
    TooCostly,
    #[error("the PDF could not be read: {0}")]
    Io(#[source] Arc<std::io::Error>),
}

impl From<std::io::Error> for PdfError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            // The budget of `Source`; reading itself knows no quota.
            std::io::ErrorKind::QuotaExceeded => Self::TooCostly,
            _ => Self::Io(Arc::new(error)),
        }
    }
}

/// Why nothing was appended to a PDF.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PadesError {
    #[error("not signed: {0}")]
    Pdf(#[from] PdfError),
    #[error("not signed: the PDF was certified so that nothing may be added (DocMDP P=1)")]
    NoChangesAllowed,
    #[error("not signed: the PDF has the permissions /{0}, which signing would break")]
    ForeignPermissions(String),
    #[error("not certified: only the first signature can certify, and the PDF has {0} already")]
    NotFirst(usize),
    #[error("not signed: the form of the PDF is an XFA form")]
    Xfa,
    #[error("not signed: {0}")]
    Seal(#[from] SealError),
    #[error("not signed: time stamp: {0}")]
    TimeStamp(#[from] TspError),
    #[error("not signed: the font has no letter {0:?}")]
    Letter(char),
    #[error("not signed: the font could not be read")]
    Font,
    #[error("not signed: the picture's sizes do not fit together")]
    Picture,
    #[error("not signed: validation data: {0}")]
    ValidationData(String),
}
