//! Where coloured ink lies on a page, patch by patch, and what shape each patch has.

use super::bridge;
use super::shape::{Circle, Mask};
use crate::clean::colour::{Ink, InkMap};
use native::PageRaster;
use record::{MarkInk, PageSize, PxBox};

/// Masks are taken at about this resolution.
const MASK_DPI: u32 = 100;
/// Radii of round seals in millimetres: those of people's courts, procuracies, police and communes have 16 to 21.
const SEAL_RADIUS_MM: (f32, f32) = (11.0, 23.0);
/// Patches with fewer pixels of ink than this on the mask are specks.
const LEAST_INK: usize = 24;
/// Share of a patch's box above which it is a picture or a coloured sheet, not a mark.
const MOST_INK: f32 = 0.6;
/// Strokes of print that cross a mark are no wider than this, in millimetres.
pub(super) const STROKE_MM: f32 = 1.3;
/// A page with more groups of ink than this is a picture.
const MOST_GROUPS: usize = 60;

/// A patch of ink of one colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Region {
    /// In pixels of the page.
    pub(super) bbox: PxBox,
    pub(super) ink: MarkInk,
    pub(super) shape: Shape,
}

/// What a patch looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Round, with a ring around it.
    Seal,
    /// In a rectangle that falls by so many degrees to the right.
    Framed(f32),
    /// Anything else: letters of a stamp, or a pen's strokes.
    Loose,
}

/// The coloured patches of a page. Costs a few milliseconds for each.
pub(super) fn coloured(inks: &InkMap, raster: &PageRaster) -> Vec<Region> {
    let mut regions = Vec::new();
    for (ink, colour) in [(Ink::Red, MarkInk::Red), (Ink::Blue, MarkInk::Blue)] {
        if ink == Ink::Blue && !inks.blue_is_a_mark() {
            continue;
        }
        let mut groups = inks.groups(ink, 1);
        if groups.len() > MOST_GROUPS && ink == Ink::Red {
            // on reddish paper pale cells are everywhere
            groups = inks.groups_of_strong_red(1);
        }
        if groups.len() > MOST_GROUPS {
            continue;
        }
        for group in groups {
            let (mask, factor) = mask_of(raster, group, ink);
            regions.extend(shapes(mask, raster.size.dpi / factor).into_iter().map(|(bbox, shape)| Region {
                bbox: on_page(bbox, group, factor, raster.size),
                ink: colour,
                shape,
            }));
        }
    }
    // rings, stars and letters within a seal are parts of it
    let seals: Vec<Region> = regions.iter().filter(|r| r.shape == Shape::Seal).copied().collect();
    let is_part =
        |r: &Region| seals.iter().any(|s| s != r && s.ink == r.ink && s.bbox.intersect(&r.bbox) == r.bbox);
    regions.retain(|r| !is_part(r));
    regions
}

fn on_page(b: PxBox, origin: PxBox, factor: u32, size: PageSize) -> PxBox {
    PxBox {
        left: origin.left + b.left * factor,
        top: origin.top + b.top * factor,
        right: (origin.left + b.right * factor).min(size.width_px),
        bottom: (origin.top + b.bottom * factor).min(size.height_px),
    }
}

/// Where `ink` lies inside `area`, on a copy smaller by the factor returned: a pixel of it counts when one it covers has the
/// colour, or where print crosses the ink.
fn mask_of(raster: &PageRaster, area: PxBox, ink: Ink) -> (Mask, u32) {
    let size = raster.size;
    let factor = (size.dpi / MASK_DPI).max(1);
    let area =
        PxBox { right: area.right.min(size.width_px), bottom: area.bottom.min(size.height_px), ..area };
    let (width, height) = (area.width().div_ceil(factor) as usize, area.height().div_ceil(factor) as usize);
    let (mut depths, mut print) = (vec![0_u8; width * height], vec![false; width * height]);
    let stride = size.width_px as usize * 3;
    let rows = || {
        let rows = raster.pixels().chunks_exact(stride.max(1)).skip(area.top as usize);
        rows.take(area.height() as usize).map(|row| &row[area.left as usize * 3..area.right as usize * 3])
    };
    let least = match ink {
        Ink::Red => least_red(rows().flat_map(|row| row.as_chunks::<3>().0)),
        Ink::Blue => 0,
    };
    for (y, row) in rows().enumerate() {
        let first = y / factor as usize * width;
        for (at, pixels) in (first..).zip(row.chunks(factor as usize * 3)) {
            let pixels = pixels.as_chunks::<3>().0;
            depths[at] |= if pixels.iter().any(|p| is_ink(*p, ink, least)) { 255 } else { 0 };
            print[at] |= pixels.iter().any(|p| bridge::is_print(*p));
        }
    }
    print.iter_mut().zip(&depths).for_each(|(print, depth)| *print &= *depth == 0);
    bridge::across(&mut depths, &print, width, (STROKE_MM * (size.dpi / factor) as f32 / 25.4) as usize);
    let mask = Mask { width, height, ink: depths.into_iter().map(|depth| depth > 0).collect() };
    (mask, factor)
}

/// From this excess on a pixel is of the group's red ink: half of what its strongest tenth has, so that pale lines have no gaps.
fn least_red<'p>(pixels: impl Iterator<Item = &'p [u8; 3]>) -> i16 {
    let mut histogram = [0_u64; 256];
    pixels.map(|p| red_excess(*p)).filter(|e| *e > 20).for_each(|e| histogram[e as usize] += 1);
    let all: u64 = histogram.iter().sum();
    let mut above = 0;
    let strong = (0..=255_i16).rev().find(|&e| {
        above += histogram[e as usize];
        all > 0 && above * 10 >= all
    });
    strong.map_or(40, |strong| (strong / 2).clamp(20, 40))
}

fn red_excess(p: [u8; 3]) -> i16 {
    let [r, g, b] = p.map(i16::from);
    r - g.max(b)
}

/// Fainter than what makes a cell of [`InkMap`]: there the group is known to be of that ink.
fn is_ink(p: [u8; 3], ink: Ink, least_red: i16) -> bool {
    let [r, g, b] = p.map(i16::from);
    match ink {
        Ink::Red => red_excess(p) > least_red,
        Ink::Blue => b - r.min(g) > 36 && b >= r.max(g),
    }
}

/// The seals of a mask, and what is left of it, group by group.
fn shapes(mut mask: Mask, dpi: u32) -> Vec<(PxBox, Shape)> {
    let mm = |mm: f32| mm * dpi as f32 / 25.4;
    let mut found = Vec::new();
    let radii = mm(SEAL_RADIUS_MM.0)..=mm(SEAL_RADIUS_MM.1);
    for _ in 0..3 {
        let bounds = mask.bounds();
        if bounds.width().min(bounds.height()) < (2.0 * radii.start()) as u32 {
            break;
        }
        let filled = mask.count() as f32 / (bounds.width() * bounds.height()).max(1) as f32;
        if filled > MOST_INK {
            return found;
        }
        let Some(seal) = mask.seal(radii.clone()) else { break };
        found.push((around(seal, &mask), Shape::Seal));
        mask = mask.without(seal);
    }
    for (bounds, part) in mask.groups(mm(2.2) as usize, LEAST_INK, |_| true) {
        let filled = part.count() as f32 / part.ink.len().max(1) as f32;
        if filled > MOST_INK && bounds.height() > mm(4.0) as u32 {
            continue;
        }
        let shape = part.frame().map_or(Shape::Loose, Shape::Framed);
        found.push((bounds, shape));
    }
    found
}

fn around(c: Circle, mask: &Mask) -> PxBox {
    let side = |v: f32, end: usize| v.round().clamp(0.0, end as f32) as u32;
    let reach = c.radius + 1.0;
    PxBox {
        left: side(c.x - reach, mask.width),
        top: side(c.y - reach, mask.height),
        right: side(c.x + reach, mask.width),
        bottom: side(c.y + reach, mask.height),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pale_ink_is_told_from_paper_by_its_own_strength() {
        let group = |ink: [u8; 3]| -> Vec<[u8; 3]> {
            (0..1000).map(|at| if at % 5 == 0 { ink } else { [246, 246, 246] }).collect()
        };
        let (strong, pale) = (group([214, 60, 58]), group([226, 176, 180]));
        assert_eq!((least_red(strong.iter()), least_red(pale.iter())), (40, 23));
        assert_eq!(least_red(group([246, 246, 246]).iter()), 40);
    }
}
