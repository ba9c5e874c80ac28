//! The program as its users meet it, and the rules of the house.

#![allow(clippy::disallowed_methods, reason = "tests start the program and write scratch files")]

mod alike;
mod architecture;
mod asking;
mod backup;
mod bad_input;
mod beside;
mod catalog;
mod clock;
mod compact;
mod contract;
mod court;
mod damage;
mod destruction;
mod engines;
mod eval;
mod exchange;
#[path = "../../../tests/fault_proxy.rs"]
mod fault_proxy;
mod foreign;
mod forgotten;
mod guards;
mod handed_on;
mod keeping;
mod kill;
mod killed;
mod lists;
mod log;
mod manual;
mod minutes;
mod ml_dsa;
mod network;
mod network_disk;
mod packages;
#[path = "../../../tests/provided.rs"]
mod provided;
mod real_scans;
mod rebuilt;
mod recovered;
#[path = "../../../tests/s3_servers.rs"]
mod s3_servers;
mod sealing;
mod secrecy;
mod show_through;
mod signatures;
mod signed_pdfs;
mod stamps;
mod stores;
mod support;
mod timed_seals;
mod tt02;
#[path = "../../../tests/verdict_table.rs"]
mod verdict_table;
mod versions;
mod volumes;
mod waiting;
#[path = "../../../tests/xsd.rs"]
mod xsd;
