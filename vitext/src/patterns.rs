//! What case files are full of: dates, document numbers, bút lục (folio numbers), citations of law, codes of other case files, numbers of
//! identity cards.
//!
//! Patterns run over ASCII-folded text, so that one wrong tone does not hide a match; ranges are bytes of the text
//! given, which is NFC. Nothing is repaired: what does not fit is not found.

mod case_code;
mod citation;
mod date;
mod folio;
mod identity;
mod number;
pub mod reference;

pub use case_code::case_codes;
pub use citation::{Citation, Code, citations};
pub use date::{DateParts, dates};
pub use folio::{FolioRange, FolioStamp, folio_citations, folio_stamp};
pub use identity::id_numbers;
pub use number::{DocumentNumber, document_numbers};

use crate::fold::Folded;
use regex::Captures;
use std::ops::Range;

/// Something found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// Where, in bytes of the text given.
    pub range: Range<usize>,
    /// What.
    pub value: T,
}

impl<T> Found<T> {
    fn whole(folded: &Folded, captures: &Captures<'_>, value: T) -> Self {
        Self { range: folded.original(captures.get_match().range()), value }
    }
}

/// A named group as text; empty when it took no part.
fn group<'t>(captures: &Captures<'t>, name: &str) -> &'t str {
    captures.name(name).map_or("", |m| m.as_str())
}
