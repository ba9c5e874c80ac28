//! native

pub mod decode;
pub mod media;
