//! The header of a JPEG: what a PDF has to say of the picture before anybody decodes it. Nothing is decoded
//! here.

/// What the frame header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) width_px: u32,
    pub(super) height_px: u32,
    pub(super) components: u8,
    /// Three components that are RGB, not YCbCr, without an Adobe marker to say so. A PDF reader would take
    /// them for YCbCr.
    pub(super) unmarked_rgb: bool,
}

/// Reads the frame header; the error says why the picture cannot be a `DCTDecode` stream.
pub(super) fn frame(bytes: &[u8]) -> Result<Frame, &'static str> {
    const CUT: &str = "it ends inside its header";
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8]).ok_or("it does not begin like a JPEG")?;
    let (mut jfif, mut adobe) = (false, false);
    loop {
        let (&first, after) = rest.split_first().ok_or(CUT)?;
        if first != 0xFF {
            return Err("bytes between its markers");
        }
        let (&marker, after) = after.split_first().ok_or(CUT)?;
        rest = after;
        match marker {
            0xFF => {
                // Fill bytes before a marker: look at the second one again.
                rest = bytes.get(bytes.len() - after.len() - 1..).ok_or(CUT)?;
                continue;
            }
            0x01 | 0xD0..=0xD7 => continue,
            0xD9 | 0xDA => return Err("it has no frame header"),
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*rest.first().ok_or(CUT)?, *rest.get(1).ok_or(CUT)?]));
        let segment = rest.get(2..length).ok_or(CUT)?;
        match marker {
            0xE0 => jfif |= segment.starts_with(b"JFIF\0"),
            0xEE => adobe |= segment.starts_with(b"Adobe"),
            0xC0..=0xC2 => return baseline_or_progressive(segment, jfif || adobe),
            0xC3 | 0xC5..=0xC7 => return Err("lossless or hierarchical JPEG"),
            0xC8..=0xCB | 0xCD..=0xCF => return Err("arithmetic-coded JPEG"),
            _ => {}
        }
        rest = &rest[length..];
    }
}

fn baseline_or_progressive(segment: &[u8], colour_is_marked: bool) -> Result<Frame, &'static str> {
    let &[precision, h1, h0, w1, w0, components, ref table @ ..] = segment else {
        return Err("its frame header is cut");
    };
    if precision != 8 {
        return Err("more than 8 bits a sample");
    }
    let ids: Vec<u8> = table.chunks_exact(3).map(|c| c[0]).collect();
    Ok(Frame {
        width_px: u32::from(u16::from_be_bytes([w1, w0])),
        height_px: u32::from(u16::from_be_bytes([h1, h0])),
        components,
        unmarked_rgb: !colour_is_marked && ids == *b"RGB",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_frame_and_refuses_what_pdf_cannot_hold() {
        let jpeg = |sof: u8, ids: &[u8; 3]| {
            let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xFE, 0, 4, 1, 2, 0xFF];
            bytes.extend_from_slice(&[0xFF, sof, 0, 17, 8, 0, 20, 0, 10, 3]);
            ids.iter().for_each(|id| bytes.extend_from_slice(&[*id, 0x11, 0]));
            bytes
        };
        let expected = Frame { width_px: 10, height_px: 20, components: 3, unmarked_rgb: false };
        assert_eq!(frame(&jpeg(0xC0, &[1, 2, 3])), Ok(expected));
        assert_eq!(frame(&jpeg(0xC2, b"RGB")), Ok(Frame { unmarked_rgb: true, ..expected }));
        assert_eq!(frame(&jpeg(0xC9, &[1, 2, 3])), Err("arithmetic-coded JPEG"));
        assert!(frame(&[0xFF, 0xD8, 0xFF]).is_err());
        assert!(frame(b"\x89PNG").is_err());
        let whole = jpeg(0xC0, &[1, 2, 3]);
        (0..whole.len()).for_each(|cut| assert!(frame(&whole[..cut]).is_err()));
    }
}
