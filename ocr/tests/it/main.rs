//! The crate as others use it, judged by other programs.

mod outputs;
#[path = "../../../tests/provided.rs"]
mod provided;
mod reading;
