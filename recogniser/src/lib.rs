//! Reads lines of print with the int8 line models of Tesseract 4 and 5 (`*.traineddata` of tessdata_fast), without
//! Tesseract: the same text, certainties and character borders at a small part of the time, because a page's lines are
//! computed together with the vector instructions of the processor.
//!
//! It does one thing: rectangles with one upright, dark-on-light line of text each become words. It does not find lines,
//! turn or clean images, read white on black (it says so: [`Unusable::LightOnDark`]), or train; models of another shape are refused (`ModelError`).
//!
//! ```text
//! Unit ─► line (scale, contrast) ─► net (scalar | avx2 | avx512vnni) ─► beam (dictionary) ─► words ─► LineReading
//! ```

mod alternatives;
mod beam;
mod line;
mod model;
mod net;
mod recogniser;
mod unit;
mod words;

pub use model::{MAX_MODEL_BYTES, Model, ModelError};
pub use net::Path;
pub use recogniser::{Recogniser, RecogniserError};
pub use unit::{CharReading, LineReading, Outcome, Unit, Unusable, WordReading};

#[cfg(test)]
mod golden;
