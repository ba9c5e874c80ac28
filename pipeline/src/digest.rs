//! SHA-256 of bytes in memory.

use record::Sha256;
use sha2::Digest;

pub(crate) fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}
