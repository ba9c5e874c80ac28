//! Vietnamese text, pure: composed form, tones, folding, syllables and words, the patterns of numbers, dates and
//! citations, error rates and where texts differ, the encodings before Unicode, and what else a word may be.
//!
//! No I/O, no correction: text is read as it stands, never repaired; suggestions ([`bigram`], [`dotted_y`]) stay beside it. Offsets always refer to the
//! text given, which callers hold in NFC ([`nfc`]).

pub mod align;
pub mod bigram;
pub mod cer;
pub mod dotted_y;
mod fold;
pub mod legacy;
mod letter;
pub mod patterns;
mod spelling;
pub mod syllable;
mod token;

pub use fold::{
    Folded, ascii_slug, fold_ascii, fold_ascii_char, fold_tones, fold_tones_char, is_marked, nfc,
};
pub use token::{Token, tokens};
