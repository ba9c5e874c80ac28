//! Signatures in PDFs (PAdES, ETSI EN 319 142-1): appending them, and judging those of anybody.
//!
//! A PDF is never loaded: cross-references lead to the few objects that are needed, and everything new is
//! appended as a revision of its own. Broken files are refused, not repaired.

mod appearance;
mod changes;
mod collect;
mod dss;
mod error;
mod form;
mod grown;
mod object;
mod read;
mod report;
mod sign;
mod source;
mod stream;
mod verify;
mod write;
mod xref;

pub use appearance::{Mark, PackedPicture, Picture, copy_mark, local_time};
pub use changes::{Change, ChangeKind};
pub use collect::Lacking;
pub use dss::{ValidationData, add_validation_data};
pub use error::{PadesError, PdfError};
pub use grown::Grown;
pub use report::{PdfReason, PdfReport, PdfSignatureKind, PdfSignatureReport, PdfStatus, ReasonCode};
pub use sign::{HashedStart, SignatureRequest, sign_hashed_pdf, sign_pdf, time_stamp_pdf};
pub use verify::verify_pdf;
pub(crate) use verify::verify_with;
