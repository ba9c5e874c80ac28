//! The seal before its judges: `openssl` and `sha256sum` of the system decide what is right.
#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start the judges")]

mod evidence;
mod foreign;
mod judges;
mod keys;
mod ml_dsa;
mod mutation;
mod package;
mod pades;
mod pades_attacks;
mod pades_foreign;
mod pdf_support;
#[path = "../../../tests/provided.rs"]
mod provided;
mod revocation;
mod sealing;
mod support;
mod tlog;
mod token;
mod tsp;
#[path = "../../../tests/verdict_table.rs"]
mod verdict_table;
