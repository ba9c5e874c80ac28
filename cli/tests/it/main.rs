//! The program as its users meet it, and the rules of the house.

#![allow(clippy::disallowed_methods, reason = "tests start the program and write scratch files")]

mod alike;
mod architecture;
mod bad_input;
mod catalog;
mod compact;
mod contract;
mod damage;
mod engines;
mod eval;
mod exchange;
mod forgotten;
mod guards;
mod keeping;
mod kill;
mod lists;
mod log;
mod minutes;
mod packages;
#[path = "../../../tests/provided.rs"]
mod provided;
mod real_scans;
mod secrecy;
mod show_through;
mod support;
mod versions;
mod waiting;
#[path = "../../../tests/xsd.rs"]
mod xsd;
