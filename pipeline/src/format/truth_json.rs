//! The truth beside a generated batch (`docs/format/fixtures.md`, version 1), as far as readings are compared with it. The
//! generator is no part of this program: what it writes is a format like any other.

use serde::Deserialize;

/// The version read here.
pub(crate) const VERSION: u32 = 1;
/// The name of the file that makes a folder the truth of a set.
pub(crate) const SET_FILE: &str = "truth.json";
/// The name of a case file's own file, in the folder of its code.
pub(crate) const CASE_FILE: &str = "case.json";

/// `truth.json`.
#[derive(Deserialize)]
pub(crate) struct SetTruth {
    pub(crate) v: u32,
    pub(crate) cases: Vec<String>,
}

/// `<case>/case.json`.
#[derive(Deserialize)]
pub(crate) struct CaseTruth {
    pub(crate) pages: u32,
    pub(crate) documents: Vec<DocumentTruth>,
}

/// A document of a case file.
#[derive(Deserialize)]
pub(crate) struct DocumentTruth {
    pub(crate) doc_type: String,
    /// From 1, in the case file.
    pub(crate) first_page: u32,
    pub(crate) header: HeaderTruth,
}

/// Its header; empty where the form has none.
#[derive(Deserialize)]
pub(crate) struct HeaderTruth {
    pub(crate) issuing_body: String,
    pub(crate) number: String,
    pub(crate) place: String,
    pub(crate) date: String,
    pub(crate) signer: String,
    pub(crate) title: String,
}

/// `<case>/page-NNNN.json`.
#[derive(Deserialize)]
pub(crate) struct PageTruth {
    /// Below the batch folder.
    pub(crate) file: String,
    /// From 0, in that file.
    pub(crate) page_idx: u32,
    pub(crate) folio: Option<String>,
    pub(crate) folio_stamped: bool,
    pub(crate) body: String,
}

/// The name of a page's file, from 1.
pub(crate) fn page_file(page: u32) -> String {
    format!("page-{page:04}.json")
}
