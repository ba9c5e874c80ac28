//! Signatures in searchable PDFs (PAdES): those of stored ones when a case file is sealed, and those of copies that leave.

mod copies;
mod error;
mod mark;

pub use copies::{CopiesMade, CopyOrder, PdfLevel, export_signed_copies};
pub use error::PdfSigningError;
pub(crate) use mark::Marking;

use crate::PipelineError;
use crate::sealing::OpenKey;
use record::Timestamp;
use seal::pades::{Grown, Mark, SignatureRequest, sign_pdf};
use seal::{Role, TimeStampClient};
use std::io::{Read, Seek};

/// Who signs PDFs, when, and what is seen of it.
pub(crate) struct PdfSigners<'a> {
    /// In this order; the mark is the agency's.
    pub(crate) keys: Vec<&'a OpenKey>,
    pub(crate) marking: &'a Marking,
    /// What the mark says, the time of signing last.
    pub(crate) lines: Vec<String>,
    /// The time that the signatures claim, whole seconds.
    pub(crate) at: Timestamp,
}

impl PdfSigners<'_> {
    /// Appends a signature of each key, with a time stamp where there is somebody to ask. `subject` is the PDF, for errors.
    pub(crate) fn sign<F: Read + Seek>(
        &self,
        subject: &str,
        pdf: &mut Grown<F>,
        mut time_stamps: Option<&mut TimeStampClient<'_>>,
    ) -> Result<(), PipelineError> {
        for key in &self.keys {
            let mark = (key.role == Role::Agency).then(|| Mark {
                lines: self.lines.clone(),
                font: &self.marking.font,
                picture: self.marking.picture(),
            });
            let request = SignatureRequest { now: self.at, mark, certify: false };
            let appended = sign_pdf(pdf, &request, key.signer.as_ref(), time_stamps.as_deref_mut());
            pdf.append(&appended.map_err(|source| PdfSigningError::of_pdf(subject, source))?);
        }
        Ok(())
    }
}
