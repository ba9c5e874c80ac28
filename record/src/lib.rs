//! The words of the field, as types: who, which case file, which page, what was read, what was wrong.
//!
//! Pure: no I/O, no clock, no engine. Everything else in the house depends on this crate and on nothing
//! sideways. Vietnamese terms stand in GLOSSARY.md.

mod access;
mod casefile;
mod digest;
mod fields;
mod finding;
mod geometry;
mod id;
mod lang;
mod mark;
mod signature;
mod state;
mod text;
mod turn;

pub use access::{AccessLabel, Clearance, Permit, Secrecy, permit};
pub use casefile::{
    CaseFile, CaseHeader, DocType, Document, FolioMark, FolioSource, MasterFile, Page, PartialDate,
};
pub use digest::{DigestParseError, Sha256, Sha512};
pub use fields::{
    Article, DocumentFields, Field, Person, Place, Reading, Role, SecrecyStamp, Signer, UnitName,
    UrgencyStamp,
};
pub use finding::{Finding, FindingKind, Severity};
pub use geometry::{PageSize, PxBox};
pub use id::{BatchId, CaseCode, DocumentNo, IdError, ObjectId, Official, PageNo};
pub use jiff::Timestamp;
pub use lang::Lang;
pub use mark::{Mark, MarkInk, MarkKind};
pub use signature::{CheckedSignature, SignatureCheck};
pub use state::{CaseState, CountDiffers, Review, Reviewed, SamePerson, Sealed, Signers, Stored};
pub use text::{
    Alternative, AlternativeSource, Block, BlockKind, Line, PageOutcome, PageText, UnrecognisedReason, Word,
};
pub use turn::Turn;

/// Where the time comes from: injected, so that tests own it.
pub trait Clock: Send + Sync {
    /// The present moment, UTC.
    fn now(&self) -> Timestamp;
}
