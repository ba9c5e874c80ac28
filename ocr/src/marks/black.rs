//! Secrecy stamps where there is no colour to tell them by: small frames in black, and lines of print that say a degree and
//! nothing else.

use super::Sheet;
use super::region::{Region, Shape};
use super::shape::Mask;
use super::words::meanings;
use record::{Line, MarkInk, MarkKind, PageText, PxBox};

/// Sizes of frames in millimetres, across and down.
const FRAME_MM: ([f32; 2], [f32; 2]) = ([10.0, 75.0], [5.0, 20.0]);
/// Pieces of a frame that lie so near each other are one.
const GAP_MM: f32 = 0.9;
/// The look is halved once more.
const HALF: usize = 2;
/// More small frames than this are cells of a form.
const MOST_FRAMES: usize = 6;

/// Small rectangles of dark ink in the upper half of the page. Their sides may be broken: pieces less than a millimetre apart
/// belong together.
pub(super) fn frames(sheet: &Sheet<'_>) -> Vec<Region> {
    let look = sheet.look;
    let threshold = look.ink_depth.map_or(60, |d| (f32::from(d) * 0.3) as u8).max(16);
    let (wide, tall) = (look.depths.width as usize, look.depths.height as usize / 2);
    let (width, height) = (wide.div_ceil(HALF), tall.div_ceil(HALF));
    let mut mask = Mask { width, height, ink: vec![false; width * height] };
    let upper = &look.depths.pixels[..wide * tall];
    for (rows, out) in upper.chunks(HALF * wide.max(1)).zip(mask.ink.chunks_mut(width.max(1))) {
        // whole rows first, one on the other
        let mut columns = vec![false; wide];
        for row in rows.chunks(wide.max(1)) {
            columns.iter_mut().zip(row).for_each(|(ink, d)| *ink |= *d > threshold);
        }
        out.iter_mut().zip(columns.chunks(HALF)).for_each(|(out, columns)| *out = columns.contains(&true));
    }
    let mm = |mm: f32| (mm * look.dpi as f32 / HALF as f32 / 25.4) as u32;
    let inside = |px: u32, range: [f32; 2]| (mm(range[0])..=mm(range[1])).contains(&px);
    let fits = |b: PxBox| {
        inside(b.width(), FRAME_MM.0) && inside(b.height(), FRAME_MM.1) && b.width() * 10 >= b.height() * 12
    };
    let mut frames = Vec::new();
    for (bounds, group) in mask.groups(mm(GAP_MM) as usize, 40, fits) {
        let Some(degrees) = group.frame().filter(|_| group.is_hollow(mm(1.1) as usize)) else { continue };
        let px = |at: u32| at * HALF as u32 * look.factor;
        let size = sheet.raster.size;
        let bbox = PxBox {
            left: px(bounds.left),
            top: px(bounds.top),
            right: px(bounds.right).min(size.width_px),
            bottom: px(bounds.bottom).min(size.height_px),
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
    let said = |line: &Line| meanings([line.text().as_str()], false);
    lines.flat_map(said).filter(|m| m.kind == MarkKind::SecrecyStamp).map(|m| m.degree).collect()
}
