//! Stored formats and their conversions. Domain types carry no serde: what lies on disk is written down here, versioned.

pub(crate) mod case_json;
mod fields_json;
pub(crate) mod intake;
pub(crate) mod page_result;
mod signatures_json;
pub(crate) mod truth_json;
