//! placeholder
pub(super) fn has_magic(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*")
}
pub(super) fn pages(_: &[u8]) -> Result<Vec<u64>, super::DecodeError> {
    Ok(vec![0])
}
