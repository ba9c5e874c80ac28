//! The crate as others see it, on a real file system.
#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start themselves again")]

mod faults;
mod files;
mod lock;
mod trees;
