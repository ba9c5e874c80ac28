//! Evidence records (RFC 4998): that data existed at a time, proven by one time stamp for many, and kept provable by further
//! time stamps over the older ones. Own encoder and decoder; docs/format/evidence-record.md.

mod asn1;
mod tree;
mod verify;

pub use asn1::{ArchiveTimeStamp, EvidenceError, EvidenceRecord, MAX_EVIDENCE_BYTES};
pub use tree::{EvidenceDigest, HashLists, HashTree, root_of};
pub use verify::EvidenceVerdict;
pub(crate) use verify::verify_evidence;
