//! Full-text search over the pages of an archive.
//!
//! One document per page; the engine (Tantivy, or another behind [`backend`]) keeps terms, positions and ids, never text. What a word is and when
//! two words are the same is decided here (with `vitext`), not by the engine; ranks and highlights too. The index is
//! a cache: everything in it can be rebuilt from the archive, and a damaged or older one is refused, never guessed at.
//!
//! No search without a [`record::Clearance`]: what it does not cover changes nothing of an answer, neither hits nor
//! order nor totals. What the index has of all pages is told by an [`Inventory`] alone, which answers no question.

mod analysis;
pub mod backend;
mod error;
mod expand;
mod facet;
mod highlight;
mod inventory;
mod lexicon;
mod lower;
mod near;
mod query;
mod question;
mod rank;
mod restore;
mod search;
mod suggest;
mod writer;

pub use backend::{SCHEMA_VERSION, Similar};
pub use error::{IndexError, QueryError};
pub use facet::{CaseKind, Facet, FacetCounts, NO_UNIT};
pub use highlight::{Highlights, Snippet, highlight, highlight_across};
pub use inventory::Inventory;
pub use lexicon::{Anonymity, Census, Lexicon};
pub use query::{Outline, Query, UnusedSign};
pub use question::{Passage, Question};
pub use rank::{LEAST_LENGTH, Tier};
pub use search::{Answer, Asking, CaseResults, Hit, Results, Searcher};
pub use writer::{IndexCase, IndexPage, Indexer};
