//! From paper to pages: reads a batch folder, counts its pages, and receives every file into the spool.
//!
//! Two steps, kept apart. [`survey`] copies nothing: it sorts, asks the workers what each file is, and reports what is
//! wrong. [`Spool::receive`] then takes the exact bytes, hashed and synced: the master. Nothing is derived before that.

mod entries;
mod folios;
mod list_text;
mod names;
mod register;
mod spool;
mod survey;

pub use folios::FolioList;
pub use list_text::ListError;
pub use names::natural_order;
pub use register::RegisterError;
pub use spool::{ReceiveError, Received, Spool};
pub use survey::{
    CaseIntake, DocumentIntake, FileIntake, IngestConfig, IngestError, Survey, open_plain, survey,
    survey_again, survey_each, why_unread,
};
