//! A page in layers: the JPEG background, over it the mask as a stencil through which one colour is painted, over both the
//! pieces of the original. No transparency, no groups: what the oldest reader of PDF 1.4 shows is what the newest shows.

use super::compact::{CompactPicture, Jpeg, Mask};
use super::objects::ObjectFile;
use super::picture::{box_matrix, device, draw, head};
use super::round3;
use pdf_writer::{Content, Name, Ref};
use record::PageSize;
use std::io::{self, Write};

/// Writes the layers and what draws them; the names are `Im0`, `Im1` in the order of the ids.
pub(super) fn write<W: Write>(
    file: &mut ObjectFile<W>,
    content: &mut Content,
    picture: &CompactPicture,
    points: (f32, f32),
) -> io::Result<Vec<Ref>> {
    let mut images = Vec::new();
    if let Some(background) = &picture.background {
        let id = file.fresh();
        write_jpeg(file, id, background)?;
        draw(content, b"Im0", background_matrix(background, picture.size));
        images.push(id);
    }
    if let Some(mask) = &picture.mask {
        let id = file.fresh();
        write_mask(file, id, mask, picture.size)?;
        let [r, g, b] = mask.rgb.map(|v| f32::from(v) / 255.0);
        content.save_state().set_fill_rgb(round3(r), round3(g), round3(b));
        draw(content, format!("Im{}", images.len()).as_bytes(), [points.0, 0.0, 0.0, points.1, 0.0, 0.0]);
        content.restore_state();
        images.push(id);
    }
    for (bbox, jpeg) in &picture.pieces {
        let id = file.fresh();
        write_jpeg(file, id, jpeg)?;
        draw(content, format!("Im{}", images.len()).as_bytes(), box_matrix(*bbox, picture.size));
        images.push(id);
    }
    Ok(images)
}

fn write_jpeg<W: Write>(file: &mut ObjectFile<W>, id: Ref, jpeg: &Jpeg) -> io::Result<()> {
    file.put_stream(id, &jpeg.bytes, |dict| {
        head(dict, jpeg.width_px, jpeg.height_px);
        dict.pair(Name(b"BitsPerComponent"), 8);
        dict.pair(Name(b"Filter"), Name(b"DCTDecode"));
        dict.pair(Name(b"ColorSpace"), device(jpeg.components));
    })
}

/// JBIG2's black is what is painted: a stencil's 0 after the filter's inversion (ISO 32000-1, 7.4.7 and 8.9.6.2).
fn write_mask<W: Write>(file: &mut ObjectFile<W>, id: Ref, mask: &Mask, size: PageSize) -> io::Result<()> {
    file.put_stream(id, &mask.bytes, |dict| {
        head(dict, size.width_px, size.height_px);
        dict.pair(Name(b"ImageMask"), true);
        dict.pair(Name(b"BitsPerComponent"), 1);
        dict.pair(Name(b"Filter"), Name(b"JBIG2Decode"));
    })
}

/// Its last column and row may reach over the page's edge, where the page cuts them off: so every one of its pixels lies
/// exactly over those of the page that it was made from.
fn background_matrix(jpeg: &Jpeg, size: PageSize) -> [f32; 6] {
    let points = |px: u32| (f64::from(px) * 72.0 / f64::from(size.dpi)) as f32;
    let (width, height) = (points(jpeg.width_px * jpeg.factor), points(jpeg.height_px * jpeg.factor));
    let (_, page_height) = size.points();
    [round3(width), 0.0, 0.0, round3(height), 0.0, round3(page_height - height)]
}
