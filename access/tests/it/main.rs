//! The web face over a real archive: pages made by the generator, read by Tesseract, sealed, stored, served.

#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start the browser")]

mod archive;
mod browser;
mod client;
mod cutouts;
mod damage;
mod forgotten;
mod login;
#[path = "../../../tests/provided.rs"]
mod provided;
mod reading;
mod seal;
mod volumes;
