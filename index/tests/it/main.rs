//! The index as its users see it: a real index in a scratch folder for each test.
#![allow(clippy::disallowed_methods, reason = "tests write scratch files and start a process to kill it")]

mod bad_input;
mod cited;
mod clearance;
mod crash;
mod damage;
mod differential;
mod erasing;
mod facets;
mod full_disk;
mod highlights;
mod interference;
mod noise;
mod oracle;
mod pages;
#[path = "../../../tests/provided.rs"]
mod provided;
mod questions;
mod real_texts;
mod reference;
mod relevance;
mod seams;
mod searching;
