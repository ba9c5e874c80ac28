//! Signatures in searchable PDFs (PAdES): those of stored ones when a case file is sealed, and those of copies that leave.

mod copies;
mod error;
mod judge;
mod level;
mod mark;

pub use copies::{CopiesMade, CopyOrder, export_signed_copies};
pub use error::PdfSigningError;
pub(crate) use judge::not_signed_by;
pub use level::PdfLevel;
pub(crate) use mark::Marking;

use crate::PipelineError;
use crate::config::ArchiveConfig;
use crate::sealing::OpenKey;
use crate::stamping::any_of;
use judge::{Made, must_be_accepted};
use record::{Clock, Timestamp};
use seal::pades::{
    Grown, HashedStart, Mark, SignatureRequest, add_validation_data, sign_hashed_pdf, sign_pdf,
    time_stamp_pdf,
};
use seal::{Role, TimeStampClient, Trust};
use std::io::{Read, Seek};

/// Who signs PDFs, when, what is seen of it, and how long it can be judged.
pub(crate) struct PdfSigners<'a> {
    /// In this order; the mark is the agency's.
    pub(crate) keys: Vec<&'a OpenKey>,
    pub(crate) marking: &'a Marking,
    /// What the mark says, the time of signing last.
    pub(crate) lines: Vec<String>,
    /// The time that the signatures claim, whole seconds.
    pub(crate) at: Timestamp,
    pub(crate) level: PdfLevel,
    /// What the result is judged by, and the answers of time-stamp authorities.
    pub(crate) trust: Trust,
    /// Names those.
    pub(crate) config: &'a ArchiveConfig,
    pub(crate) clock: &'a dyn Clock,
}

/// A PDF before it is signed.
pub(crate) struct Unsigned<'a> {
    /// Which, for errors.
    pub(crate) subject: &'a str,
    /// How long it is.
    pub(crate) bytes: u64,
    /// What of it was hashed.
    pub(crate) hashed: Option<&'a HashedStart>,
}

impl PdfSigners<'_> {
    /// Appends a signature of each of `keys` and what the level wants beside it, judged as a reader will who trusts what the
    /// archive trusts.
    ///
    /// # Errors
    /// [`PipelineError::PdfSigning`] where the level cannot be reached, with what is missing for it.
    pub(crate) fn sign<F: Read + Seek>(
        &self,
        pdf: &mut Grown<F>,
        unsigned: &Unsigned<'_>,
        keys: &[&OpenKey],
    ) -> Result<(), PipelineError> {
        let wrong = |source| PdfSigningError::of_pdf(unsigned.subject, source);
        let mut send = any_of(self.config, &self.trust, self.clock);
        let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other);
        let mut client = TimeStampClient { send: &mut send, random: &mut random };
        for key in keys {
            let mark = (key.role == Role::Agency).then(|| Mark {
                lines: self.lines.clone(),
                font: &self.marking.font,
                picture: self.marking.picture.as_ref(),
            });
            let request = SignatureRequest { now: self.at, mark, certify: false };
            let stamps = (self.level >= PdfLevel::Timed).then_some(&mut client);
            let appended = match unsigned.hashed {
                Some(hashed) => sign_hashed_pdf(pdf, hashed, &request, key.signer.as_ref(), stamps),
                None => sign_pdf(pdf, &request, key.signer.as_ref(), stamps),
            };
            pdf.append(&appended.map_err(wrong)?);
        }
        if self.level >= PdfLevel::LongTerm {
            let found = self.trust.validation_data(pdf, unsigned.bytes, self.clock.now());
            let (data, lacking) = found.map_err(|error| wrong(error.into()))?;
            if !lacking.is_empty() {
                return Err(PdfSigningError::Lacking(lacking).into());
            }
            let appended = add_validation_data(pdf, &data).map_err(wrong)?;
            pdf.append(&appended);
        }
        if self.level >= PdfLevel::Archival {
            let appended = time_stamp_pdf(pdf, &mut client).map_err(wrong)?;
            pdf.append(&appended);
        }
        let ends_signed = self.level != PdfLevel::LongTerm;
        let made = Made { subject: unsigned.subject, before_bytes: unsigned.bytes, keys, ends_signed };
        must_be_accepted(&self.trust, pdf, &made, self.clock.now())
    }
}
