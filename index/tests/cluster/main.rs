//! The index in OpenSearch: real nodes on loopback. `./dev test-cluster` runs it.
#![allow(clippy::disallowed_methods, reason = "tests start nodes and look at their files")]

mod agreeing;
mod answers;
mod commits;
mod nodes;
#[path = "../it/pages.rs"]
#[allow(dead_code, reason = "shared")]
mod pages;
#[path = "../it/reference/mod.rs"]
mod reference;
mod refusing;
