//! How a picture goes into the searchable PDF: its original stream where a PDF takes it, else coded anew.
//!
//! Coded anew: black and white as CCITT group 4; everything else as compressed PNG rows, without loss. Only
//! what is itself lossy or drawn (a JPEG 2000 image, a rendered page) becomes a JPEG of quality 92, and only
//! where the lossless form would be more than three times as large.

use super::jpeg::{self, Header};
use super::{DecodeError, StoredPicture, ccitt, png};
use crate::media::{Coding, EncodedPicture};

/// How many times the size of the JPEG the lossless form may have.
const LOSSLESS_COST: usize = 3;
const JPEG_QUALITY: u8 = 92;
/// The `fax` encoder counts columns in 16 bits with sign.
const MAX_G4_WIDTH: u32 = 32_000;

/// The coding under which a JPEG stream passes as it is; none for kinds that `DCTDecode` does not know.
pub(super) fn passing_jpeg(header: &Header) -> Option<Coding> {
    let adobe_inverted_cmyk = header.components == 4 && header.adobe_transform.is_some();
    (header.is_common && matches!(header.components, 1 | 3 | 4))
        .then_some(Coding::Jpeg { components: header.components, adobe_inverted_cmyk })
}

/// The picture in its final coding, without patches.
pub(super) fn encode(picture: StoredPicture) -> Result<EncodedPicture, DecodeError> {
    let size = picture.size();
    if let Some((bytes, coding)) = picture.original {
        let stored_px = (picture.raster.width, picture.raster.height);
        let orientation = picture.orientation;
        return Ok(EncodedPicture { size, coding, stored_px, orientation, patches: Vec::new(), bytes });
    }
    let raster = picture.raster.collapsed().oriented(picture.orientation);
    let stored_px = (raster.width, raster.height);
    let (bytes, coding) = if raster.is_bilevel() && raster.width <= MAX_G4_WIDTH {
        (ccitt::encode_g4(&raster), Coding::CcittG4 { black_is_1: false })
    } else {
        let (rows, coding) = png::encode_rows(&raster)?;
        let fits_jpeg = raster.width.max(raster.height) <= u32::from(u16::MAX);
        if picture.is_derived && fits_jpeg {
            let lossy = jpeg::encode(&raster, JPEG_QUALITY, size.dpi)?;
            if rows.len() > LOSSLESS_COST * lossy.len() {
                (lossy, Coding::Jpeg { components: raster.channels, adobe_inverted_cmyk: false })
            } else {
                (rows, coding)
            }
        } else {
            (rows, coding)
        }
    };
    Ok(EncodedPicture { size, coding, stored_px, orientation: 1, patches: Vec::new(), bytes })
}
