//! Properties over any text, the real documents of the samples, and what judges say.
#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start judges")]

mod counts;
mod judges;
mod legacy;
mod properties;
#[path = "../../../tests/provided.rs"]
mod provided;
mod real_texts;
