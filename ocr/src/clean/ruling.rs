//! Printed lines: grids of tables, whose lines touch figures and are read as bars, and rules under headings, which are read as
//! rows of letters. They are painted over before reading.

use super::Look;
use super::components::Component;
use super::grey::Grey;
use record::PxBox;

/// Straight runs at least this long are lines of the grid, in inches: no letter of a table is as wide or as tall.
const LEAST_LINE_INCHES: (f32, f32) = (0.45, 0.33);
/// A pixel this much darker than white counts as part of a line.
const LINE_DEPTH: u8 = 70;

/// More grids and rules than this are stripes, or the grain of wood: painting them over takes seconds and shows no print.
const MOST_LINES: usize = 150;

/// Painted white around a line, too.
const SOFT_EDGE_PX: usize = 2;

/// Boxes of the page's grids and rules in pixels of the page: hollow groups of ink a third of the page wide and 25 mm tall, and
/// groups as thin and long as only a rule is.
pub(crate) fn grids_and_rules(look: &Look) -> Vec<PxBox> {
    let is_grid = |w: u32, h: u32, area: u32| w * 3 > look.depths.width && h > look.dpi && area * 8 < w * h;
    let is_rule = |w: u32, h: u32| w * 2 > look.dpi && h * 12 < w && h * 16 < look.dpi;
    let lines = look
        .components
        .iter()
        .filter(|c| is_grid(c.width(), c.height(), c.area) || is_rule(c.width(), c.height()));
    let on_page = |c: &Component| {
        let on_copy = PxBox { left: c.left, top: c.top, right: c.right, bottom: c.bottom };
        super::enlarged(on_copy, look.factor)
    };
    let boxes: Vec<PxBox> = lines.map(on_page).collect();
    if boxes.len() > MOST_LINES { Vec::new() } else { boxes }
}

/// Paints the straight lines in and around `grid` (pixels of a page of `dpi`) white on a picture `scale` times as large, of which
/// `picture` holds the rows from `first` on.
pub(crate) fn erase(picture: &mut Grey<'_>, first: u32, grid: PxBox, scale: f32, dpi: u32) {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let dpi = dpi as f32 * scale;
    // a quarter of an inch more on every side: levelling moves the corners
    let before = |px: u32| (px as f32 * scale - dpi / 4.0).max(0.0) as usize;
    let after = |px: u32| (px as f32 * scale + dpi / 4.0) as usize;
    let (left, right) = (before(grid.left), after(grid.right).min(width));
    let first = first as usize;
    let (top, bottom) =
        (before(grid.top).saturating_sub(first), after(grid.bottom).saturating_sub(first).min(height));
    let least_wide = (dpi * LEAST_LINE_INCHES.0) as usize;
    // of a line that runs down through some rows of a picture no more is seen
    let least_tall = ((dpi * LEAST_LINE_INCHES.1) as usize).min(height);
    let is_ink = |at: usize| 255 - picture.pixels[at] > LINE_DEPTH;
    let mut lines: Vec<(usize, usize, usize, usize)> = Vec::new();
    for y in top..bottom {
        for (from, to) in runs(left, right, |x| is_ink(y * width + x)) {
            if to - from >= least_wide {
                lines.push((from, y, to, y + 1));
            }
        }
    }
    for x in left..right {
        for (from, to) in runs(top, bottom, |y| is_ink(y * width + x)) {
            if to - from >= least_tall {
                lines.push((x, from, x + 1, to));
            }
        }
    }
    let pixels = picture.pixels.to_mut();
    for (left, top, right, bottom) in lines {
        for row in top.saturating_sub(SOFT_EDGE_PX)..(bottom + SOFT_EDGE_PX).min(height) {
            pixels[row * width + left.saturating_sub(SOFT_EDGE_PX)
                ..row * width + (right + SOFT_EDGE_PX).min(width)]
                .fill(255);
        }
    }
}

/// Unbroken stretches of `from..to` where `is_ink` holds.
fn runs(from: usize, to: usize, is_ink: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let (mut found, mut start) = (Vec::new(), None);
    for at in from..=to {
        match (at < to && is_ink(at), start) {
            (true, None) => start = Some(at),
            (false, Some(first)) => {
                found.push((first, at));
                start = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_are_no_rules() {
        let page = |pitch: usize| {
            let pixels =
                (0..1000 * 1400).map(|i| if (i / 1000 + pitch / 2) % pitch < 2 { 0 } else { 255 }).collect();
            grids_and_rules(&Look::at(&Grey::new(1000, 1400, pixels), 150)).len()
        };
        assert_eq!((page(100), page(8)), (14, 0));
    }

    #[test]
    fn a_line_down_through_a_strip_goes() {
        let pixels = (0..200 * 50).map(|i| if (90..93).contains(&(i % 200)) { 10 } else { 255 }).collect();
        let mut strip = Grey::new(200, 50, pixels);
        let grid = PxBox { left: 20, top: 100, right: 190, bottom: 900 };
        erase(&mut strip, 400, grid, 1.0, 200);
        assert!(strip.pixels.iter().all(|&v| v == 255));
    }

    #[test]
    fn lines_of_a_grid_go_and_letters_stay() {
        // at 100 dpi: a cell of 80 x 60 px with a letter of 12 x 14 px in it
        let (w, h) = (100, 80);
        let ink = |x: u32, y: u32| {
            let cell = (10..90).contains(&x) && (10..70).contains(&y);
            let line = cell && !((12..88).contains(&x) && (12..68).contains(&y));
            line || (40..52).contains(&x) && (30..44).contains(&y)
        };
        let pixels = (0..w * h).map(|i| if ink(i % w, i / w) { 20 } else { 255 }).collect();
        let mut picture = Grey::new(w, h, pixels);
        erase(&mut picture, 0, PxBox { left: 5, top: 5, right: 95, bottom: 75 }, 1.0, 100);
        let at = |x: u32, y: u32| picture.pixels[(y * w + x) as usize];
        assert_eq!((at(11, 40), at(50, 11), at(89, 69)), (255, 255, 255));
        assert_eq!(at(45, 35), 20);
    }
}
