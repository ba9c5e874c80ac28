//! Writing that survives a power cut, and locks that death sets free.
//!
//! Everything here returns only when the bytes *and* the names that lead to them are on the medium: file synced,
//! then the folder that holds the name; or, for a tree of many files that nobody sees yet, the file system once ([`StagedTree`]). All of the house's own file writing goes through this crate (clippy bans
//! the usual calls elsewhere). It knows nothing of archives, spools or formats, and never overwrites unless the
//! function's name says so.
//!
//! The pieces: [`write_file`] (small files, replaced whole), [`put_new`] and [`Staged`] (content, hashed while
//! written and read back from the medium), [`stage_file`] (a file inside a tree that is moved into place later),
//! [`write_unseen`] (many files that something later leads to),
//! [`create_dir_durable`], [`create_dir_in_place`], [`stage_dir`], [`sync_tree`], [`StagedTree`], [`rename_noreplace`], [`rename_replace`], [`exchange`], [`remove_file`],
//! [`remove_empty_tree`], [`reserve`], [`free_bytes`], [`Lock`], [`LineLog`], and for tests [`Faults`].
#![allow(clippy::disallowed_methods, reason = "this is the crate the ban points to")]

mod digest;
mod error;
mod faults;
mod line_log;
mod lock;
mod staged;
mod sys;
mod tree;
mod unseen;

pub use digest::{Checksum, Digests, digest_file, digest_reader, open_ahead, open_file, open_uncached};
pub use error::DurableError;
pub use faults::{Fault, Faults, Step};
pub use line_log::LineLog;
pub use lock::Lock;
pub use staged::{SealedFile, Staged, WrittenFile, put_new, stage_file, write_file, write_secret_file};
pub use tree::{
    Reservation, StagedTree, create_dir_durable, create_dir_in_place, exchange, free_bytes, fsync_dir,
    is_network_fs, remove_empty_tree, remove_file, remove_tree, rename_noreplace, rename_replace, reserve,
    stage_dir, sync_tree,
};
pub use unseen::write_unseen;
