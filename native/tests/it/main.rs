//! The pool with real worker processes. Each module here is one file of this folder.

#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start programs")]

mod decode_bad;
mod decode_pdf;
mod decode_pictures;
mod decode_support;
mod faults;
mod files;
mod lifetime;
mod lines;
mod models;
mod protocol;
#[path = "../../../tests/provided.rs"]
mod provided;
mod recognise;
mod support;
