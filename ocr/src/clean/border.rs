//! The scan bed seen past the paper's edge: a dark border, straight or a wedge, along a side of the page. Nobody wrote it, and layout
//! takes it for a picture or reads it as bars.

use super::grey::Grey;
use record::PxBox;

/// A border runs along at least this much of a side, in inches: no letter that the edge cuts is as tall.
const LEAST_ALONG_INCHES: f32 = 1.0;
/// It reaches into the page by at most this part of it; what reaches further is a picture, or a band of print across the page.
const MOST_DEEP: u32 = 6;
/// White between the edge and the border, in inches: some scanners leave a line.
const GAP_INCHES: f32 = 0.02;
/// Its usual width is that over this much of it, in inches; print that runs into it sticks out …
const STRAIGHT_INCHES: f32 = 1.0;
/// … by more than this many pixels, and stays.
const ROUGH_PX: u32 = 1;
/// Pixels past its dark part that are grey with it.
const SOFT_PX: u32 = 2;

/// The borders of a page of `dpi`, as strips one pixel high or wide; none on most pages. Values up to `dark` are dark.
pub(crate) fn of(page: &Grey<'_>, dpi: u32, dark: u8) -> Vec<PxBox> {
    let (width, height) = (page.width, page.height);
    let is_dark = |x: u32, y: u32| page.pixels[(y * width + x) as usize] <= dark;
    let row = |y: u32, left: u32, right: u32| PxBox { left, top: y, right, bottom: y + 1 };
    let column = |x: u32, top: u32, bottom: u32| PxBox { left: x, top, right: x + 1, bottom };
    let (sides, ends) = ((height, width), (width, height));
    [
        strips(dpi, sides, |y, x| is_dark(x, y), |y, deep| row(y, 0, deep)),
        strips(dpi, sides, |y, x| is_dark(width - 1 - x, y), |y, deep| row(y, width - deep, width)),
        strips(dpi, ends, is_dark, |x, deep| column(x, 0, deep)),
        strips(dpi, ends, |x, y| is_dark(x, height - 1 - y), |x, deep| column(x, height - deep, height)),
    ]
    .concat()
}

/// The strips of one side, `along` pixels long, of a page that is `across` deep as seen from it.
fn strips(
    dpi: u32,
    (along, across): (u32, u32),
    is_dark: impl Fn(u32, u32) -> bool,
    strip: impl Fn(u32, u32) -> PxBox,
) -> Vec<PxBox> {
    let px = |inches: f32| (dpi as f32 * inches) as u32;
    let depths: Vec<Option<u32>> =
        (0..along).map(|at| depth(across, px(GAP_INCHES), |deep| is_dark(at, deep))).collect();
    let is_border = |depth: &Option<u32>| depth.is_some_and(|deep| deep > 0);
    let (mut found, mut at) = (Vec::new(), 0);
    for stretch in depths.chunk_by(|a, b| is_border(a) == is_border(b)) {
        let (first, end) = (at, at + stretch.len());
        at = end;
        if !is_border(&stretch[0]) || (stretch.len() as u32) < px(LEAST_ALONG_INCHES) {
            continue;
        }
        let deep: Vec<u32> = stretch.iter().flatten().copied().collect();
        let usual = |idx: usize| usual(&deep, idx, px(STRAIGHT_INCHES / 2.0) as usize);
        let mut add = |at: usize, deep: u32| found.push(strip(at as u32, (deep + SOFT_PX).min(across)));
        (0..deep.len()).for_each(|idx| add(first + idx, deep[idx].min(usual(idx) + ROUGH_PX)));
        // on through the corners, where the border of the next side is dark all along
        let is_corner = |at: &usize| depths[*at].is_none();
        (0..first).rev().take_while(is_corner).for_each(|at| add(at, usual(0)));
        (end..depths.len()).take_while(is_corner).for_each(|at| add(at, usual(deep.len() - 1)));
    }
    found
}

/// How far the dark reaches from the edge inwards: 0 where it does not begin there, `None` where it goes on and on.
fn depth(across: u32, gap: u32, is_dark: impl Fn(u32) -> bool) -> Option<u32> {
    let Some(first) = (0..=gap.min(across.saturating_sub(1))).find(|&deep| is_dark(deep)) else {
        return Some(0);
    };
    // a single light pixel is dust on the bed
    let is_end = |&deep: &u32| !is_dark(deep) && !is_dark((deep + 1).min(across - 1));
    (first..across / MOST_DEEP).find(is_end)
}

/// The median around one place.
fn usual(depths: &[u32], at: usize, reach: usize) -> u32 {
    let mut near = depths[at.saturating_sub(reach)..(at + reach + 1).min(depths.len())].to_vec();
    let middle = near.len() / 2;
    *near.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const DPI: u32 = 150;
    const DARK: u8 = 90;
    const SIZE: (u32, u32) = (1240, 1754);

    /// Lines of bars like letters on grey paper, and what `dark` says.
    fn page(dark: impl Fn(u32, u32) -> bool) -> Grey<'static> {
        let print = |x: u32, y: u32| {
            (150..1100).contains(&x) && (150..1600).contains(&y) && y % 36 < 14 && x % 12 < 4
        };
        let pixels = (0..SIZE.0 * SIZE.1).map(|i| (i % SIZE.0, i / SIZE.0));
        let pixels = pixels.map(|(x, y)| {
            if dark(x, y) {
                24
            } else if print(x, y) {
                40
            } else {
                235
            }
        });
        Grey::new(SIZE.0, SIZE.1, pixels.collect())
    }

    fn cleared(grey: &Grey<'_>) -> Grey<'static> {
        grey.painted(&of(grey, DPI, DARK), 255)
    }

    fn at(grey: &Grey<'_>, x: u32, y: u32) -> u8 {
        grey.pixels[(y * SIZE.0 + x) as usize]
    }

    #[test]
    fn wedges_on_all_sides_become_white_and_print_stays() {
        let wedge =
            |x: u32, y: u32| x < 10 + y / 60 || x + 30 - y / 80 > SIZE.0 || y < 6 + x / 90 || y + 20 > SIZE.1;
        let (plain, with) = (page(|_, _| false), page(wedge));
        let cleared = cleared(&with);
        let dark = |p: &Grey<'_>| p.pixels.iter().filter(|v| **v < 100).count();
        assert_eq!(dark(&cleared), dark(&plain));
        assert_eq!((at(&cleared, 3, 900), at(&cleared, 1236, 300), at(&cleared, 600, 2)), (255, 255, 255));
        assert_eq!(at(&cleared, 600, 900), at(&with, 600, 900));
    }

    #[test]
    fn print_that_runs_into_the_border_stays() {
        // a line of print goes on into the wedge on the left
        let into = |x: u32, y: u32| (500..514).contains(&y) && x < 150 && x % 12 < 8;
        let wedge = |x: u32, y: u32| x < 20 + y / 100;
        let cleared = cleared(&page(|x, y| wedge(x, y) || into(x, y)));
        for x in [36, 49, 62, 98, 146] {
            assert_eq!(at(&cleared, x, 505), 24, "{x}");
        }
        assert_eq!(at(&cleared, 10, 505), 255);
    }

    #[test]
    fn pages_without_a_border_stay_as_they_are() {
        assert!(of(&page(|_, _| false), DPI, DARK).is_empty());
        // letters cut by the edge, a bar across the page, a black page
        let cut = |x: u32, y: u32| x < 20 && y % 36 < 14;
        let bar = |_: u32, y: u32| (700..860).contains(&y);
        assert!(of(&page(cut), DPI, DARK).is_empty());
        assert!(of(&page(bar), DPI, DARK).is_empty());
        assert!(of(&page(|_, _| true), DPI, DARK).is_empty());
        assert!(of(&Grey::new(1, 1, vec![0]), DPI, DARK).is_empty());
    }
}
