//! Secrecy stamps where there is no colour to tell them by: small frames in black, and lines of print that say a degree and
//! nothing else.

use super::Sheet;
use super::region::{Region, Shape};
use super::shape::Mask;
use super::words::meaning;
use record::{Line, MarkInk, MarkKind, PageText, PxBox};

/// Sizes of frames in millimetres, across and down.
const FRAME_MM: ([f32; 2], [f32; 2]) = ([10.0, 75.0], [5.0, 20.0]);
/// More small frames than this are cells of a form.
const MOST_FRAMES: usize = 6;

/// Small rectangles of dark ink in the upper half of the page.
pub(super) fn frames(sheet: &Sheet<'_>) -> Vec<Region> {
    let look = sheet.look;
    let mm = |mm: f32| (mm * look.dpi as f32 / 25.4) as u32;
    let inside = |px: u32, range: [f32; 2]| (mm(range[0])..=mm(range[1])).contains(&px);
    let is_small_frame = |c: &&crate::clean::components::Component| {
        inside(c.width(), FRAME_MM.0)
            && inside(c.height(), FRAME_MM.1)
            && c.width() * 10 >= c.height() * 12
            && c.area * 5 < c.width() * c.height() * 3
            && c.bottom * 2 < look.depths.height
    };
    let mut frames = Vec::new();
    for c in look.components.iter().filter(is_small_frame) {
        let (left, top) = (c.left as usize, c.top as usize);
        let (width, height) = (c.width() as usize, c.height() as usize);
        let stride = look.depths.width as usize;
        let threshold = look.ink_depth.map_or(60, |d| (f32::from(d) * 0.35) as u8).max(16);
        let ink = (0..width * height)
            .map(|i| look.depths.pixels[(top + i / width) * stride + left + i % width] > threshold)
            .collect();
        let Some(degrees) = (Mask { width, height, ink }).frame() else { continue };
        let bbox = PxBox {
            left: c.left * look.factor,
            top: c.top * look.factor,
            right: (c.right * look.factor).min(sheet.raster.size.width_px),
            bottom: (c.bottom * look.factor).min(sheet.raster.size.height_px),
        };
        frames.push(Region { bbox, ink: MarkInk::Black, shape: Shape::Framed(degrees) });
    }
    if frames.len() > MOST_FRAMES { Vec::new() } else { frames }
}

/// Degrees of secrecy that stand alone on a line of the upper half's body.
pub(super) fn degrees_in(text: &PageText) -> Vec<&'static str> {
    let upright = text.upright();
    let half = upright.size.height_px / 2;
    let body = upright.blocks.iter().filter(|b| !b.kind.is_mark());
    let lines = body.flat_map(|b| &b.lines).filter(|l| l.bbox.bottom < half);
    let degree =
        |line: &Line| meaning([line.text().as_str()], false).filter(|m| m.kind == MarkKind::SecrecyStamp);
    lines.filter_map(degree).map(|m| m.degree).collect()
}
