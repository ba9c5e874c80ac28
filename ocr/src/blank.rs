//! Whether a page bears print, from its picture alone. Two tests: ink in the central area and groups of ink with the
//! size of letters. Where they leave a doubt, the recogniser is asked; a page with text is never called blank.

use crate::clean::Look;
use crate::clean::components::Component;

/// Share of ink in the central area above which something is on the page, whatever its shape.
const INK_SHARE: f32 = 0.0007;
/// Groups with the size of letters below which a page may be blank.
const FEW_LETTERS: usize = 12;
/// Ink less dark than this below the paper may come from the other side.
const FAINT_DEPTH: u8 = 70;

/// Share of the page that is dark all over above which it is no empty sheet.
const DARK_SHARE: f32 = 0.2;
/// Share of the central area that is inked, by lines and shapes of any size, above which it is none either.
const DRAWN_SHARE: f32 = 0.02;

/// A page with fewer pixels of the copy than this for each group of ink is grain or weave: the densest print of 6 points, with all
/// its marks, has about seventy (reckoned). Layout analysis would need minutes to find no line there.
const GRAIN_PX: usize = 25;
/// Fewer groups than this cost layout nothing.
const FEW_GROUPS: usize = 10_000;

/// Whether the page is covered with more groups of ink than print can have.
pub(crate) fn is_grain(look: &Look) -> bool {
    let groups = look.components.len();
    groups > FEW_GROUPS && look.depths.pixels.len() < groups * GRAIN_PX
}

/// What the picture says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Print {
    /// Nothing that could be a letter.
    None,
    /// So little or so faint that only reading it decides.
    Doubtful,
    /// Plenty, or something else that is no empty sheet.
    Plenty,
}

/// Judges a page by its look.
pub(crate) fn print_on(look: &Look) -> Print {
    if look.paper.dark_share > DARK_SHARE {
        // whatever that is, a person has to look at it
        return Print::Plenty;
    }
    let Some(depth) = look.ink_depth else {
        return if look.letters.is_empty() { Print::None } else { Print::Doubtful };
    };
    if depth >= FAINT_DEPTH && inked_share(look, depth) > DRAWN_SHARE {
        return Print::Plenty;
    }
    let letters = look.letters.iter().filter(|c| !is_flaw(look, c)).count();
    let share = central_ink(look);
    if letters == 0 && share < INK_SHARE {
        return Print::None;
    }
    if letters < FEW_LETTERS || depth < FAINT_DEPTH || share < INK_SHARE {
        Print::Doubtful
    } else {
        Print::Plenty
    }
}

/// Share of pixels of ink, whatever shape they belong to, inside margins of an eighth on every side: past holes and edges.
fn inked_share(look: &Look, depth: u8) -> f32 {
    let (width, height) = (look.depths.width as usize, look.depths.height as usize);
    let rows = look.depths.rows().skip(height / 8).take(height - height / 4);
    let inked = |row: &[u8]| row[width / 8..width - width / 8].iter().filter(|&&d| d > depth / 2).count();
    let all = (width - width / 4) * (height - height / 4);
    rows.map(inked).sum::<usize>() as f32 / all.max(1) as f32
}

/// Share of ink pixels inside margins of a twentieth on every side, punch holes and edges left out.
fn central_ink(look: &Look) -> f32 {
    let (width, height) = (look.depths.width, look.depths.height);
    let inside = |c: &&Component| {
        c.left > width / 20
            && c.right < width - width / 20
            && c.top > height / 20
            && c.bottom < height - height / 20
    };
    let ink: u64 =
        look.components.iter().filter(inside).filter(|c| !is_flaw(look, c)).map(|c| u64::from(c.area)).sum();
    ink as f32 / (u64::from(width) * u64::from(height)).max(1) as f32
}

/// A shadow at the edge of the page, a punch hole or a staple: ink that nobody wrote.
fn is_flaw(look: &Look, c: &Component) -> bool {
    let (width, height) = (look.depths.width, look.depths.height);
    if c.left == 0 || c.top == 0 || c.right == width || c.bottom == height {
        return true;
    }
    // a round hole of 4 to 8 mm fills 0.79 of its box and lies within 25 mm of an edge
    let mm = |mm: u32| look.dpi * mm / 25;
    let (w, h) = (c.width(), c.height());
    let round = w.abs_diff(h) * 5 <= w.max(h) && c.area * 10 >= w * h * 7;
    let sized = (mm(4)..=mm(9)).contains(&w.max(h));
    let marginal =
        c.right < mm(25) || c.left + mm(25) > width || c.bottom < mm(25) || c.top + mm(25) > height;
    round && sized && marginal
}
