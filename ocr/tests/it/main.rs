//! The crate as others use it, judged by other programs.

mod outputs;
mod reading;
