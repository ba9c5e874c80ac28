//! placeholder
pub(super) fn read_page(
    _: &[u8],
    _: u32,
    _: super::PixelLimit,
) -> Result<super::StoredPicture, super::DecodeError> {
    Err(super::undecodable("TIFF is not read yet"))
}
