//! The transparency log: an append-only Merkle tree (RFC 6962) over what happened in the archive, signed by a key of its
//! own, in files that any web server can hand out (C2SP tlog-tiles). Whoever kept an earlier checkpoint, or a
//! cosignature of a witness, sees when the archive's history was taken back or rewritten.
//!
//! Pure parts: [`merkle`] (hashes and proofs), [`tile`] (names and contents of files), [`note`] (signed texts),
//! [`checkpoint`], [`entry`], [`receipt`], [`witness`]. [`Log`] and [`LogReader`] keep them in a folder. The formats stand
//! in docs/format/log.md. No entry holds personal data: a case file is named by a keyed digest.

mod base64;
pub mod checkpoint;
pub mod entry;
mod log;
pub mod merkle;
pub mod note;
mod reader;
pub mod receipt;
pub mod tile;
pub mod witness;
mod words;

pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use entry::{CaseTags, Entry, EntryError, MAX_ENTRY_BYTES, Version, VersionKind};
pub use log::{Log, LogError};
pub use note::{KeyKind, NoteError, NoteKey, Verifier};
pub use reader::{CHECKPOINT_FILE, LogFault, LogReader, ReadError};
pub use receipt::{PageProof, Proven, Receipt, ReceiptError};
pub use words::root_words;
