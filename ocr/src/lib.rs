//! From a page's picture to its text, with boxes and confidence, or to a stated reason why there is none; and the
//! forms in which that is kept.
//!
//! Reading order: [`without_back`], where the other side of the sheet shows through, then [`read_page`] → `clean` (pure picture functions) → `blank` → [`Engine`]. Text is kept as read, never
//! corrected. The crate knows no files, no archive and no other leaf.

mod alternatives;
pub mod alto;
mod blank;
mod blanks;
mod clean;
mod confidence;
mod engine;
mod folio;
pub mod header;
pub mod hocr;
mod lines;
pub mod marks;
mod numbers;
mod numerals;
mod order;
mod paragraphs;
pub mod pdf;
mod pen;
pub mod plain;
mod quality;
mod read;
mod recipe;
mod second;
pub mod sequence;
mod signature;
mod strips;
mod table;
mod turn;

pub use clean::behind::without_back;
pub use engine::{Engine, EngineIdentity};
pub use read::{OcrConfig, OcrError, PageFinding, PageReading, first_reading, look_for_stamps, read_page};
pub use recipe::{Channel, Recipe, Rung, Try};
