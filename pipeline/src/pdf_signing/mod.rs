//! Signatures in searchable PDFs (PAdES): those of stored ones when a case file is sealed, and those of copies that leave.

mod copies;
mod error;
mod judge;
mod mark;

pub use copies::{CopiesMade, CopyOrder, PdfLevel, export_signed_copies};
pub use error::PdfSigningError;
pub(crate) use judge::{Made, must_be_accepted, not_signed_by};
pub(crate) use mark::Marking;

use crate::PipelineError;
use crate::sealing::OpenKey;
use record::Timestamp;
use seal::pades::{Grown, HashedStart, Mark, SignatureRequest, sign_hashed_pdf, sign_pdf};
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
    /// Appends a signature of each of `keys`, with a time stamp where there is somebody to ask. `subject` is the PDF, for errors;
    /// `start` is what of it was hashed.
    pub(crate) fn sign<F: Read + Seek>(
        &self,
        subject: &str,
        pdf: &mut Grown<F>,
        (keys, start): (&[&OpenKey], Option<&HashedStart>),
        mut time_stamps: Option<&mut TimeStampClient<'_>>,
    ) -> Result<(), PipelineError> {
        for key in keys {
            let mark = (key.role == Role::Agency).then(|| Mark {
                lines: self.lines.clone(),
                font: &self.marking.font,
                picture: self.marking.picture.as_ref(),
            });
            let request = SignatureRequest { now: self.at, mark, certify: false };
            let (signer, stamps) = (key.signer.as_ref(), time_stamps.as_deref_mut());
            let appended = match start {
                Some(start) => sign_hashed_pdf(pdf, start, &request, signer, stamps),
                None => sign_pdf(pdf, &request, signer, stamps),
            };
            pdf.append(&appended.map_err(|source| PdfSigningError::of_pdf(subject, source))?);
        }
        Ok(())
    }
}
