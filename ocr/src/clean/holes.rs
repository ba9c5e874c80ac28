//! Punched holes, through which the dark lid is seen: discs of 4 to 8.5 mm in the margin, alone, in pairs or fours. What print they touch stays.

use super::components::components;
use super::grey::Grey;
use record::PxBox;
use std::ops::Range;

/// Radius of a hole, in inches.
const RADIUS_INCHES: std::ops::RangeInclusive<f32> = 0.078..=0.17;
/// Half the side of the square that fits into a hole and into no stroke of a letter, in inches: 1.1 mm.
const CORE_INCHES: f32 = 0.043;
/// Its middle lies at most this far from a side of the page, in inches.
const MARGIN_INCHES: f32 = 1.0;
/// Share of it that is dark, leaving out its rim …
const FULL: f32 = 0.95;
/// … and most of what lies around it that may be: the hole can touch a line of print.
const AROUND: f32 = 0.35;
/// More of them are a pattern.
const MOST: usize = 8;

/// The holes of a page of `dpi`, as strips one pixel high; none on most pages. Values up to `dark` are dark.
pub(crate) fn of(page: &Grey<'_>, dpi: u32, dark: u8) -> Vec<PxBox> {
    let core = (dpi as f32 * CORE_INCHES).round().max(1.0) as usize;
    let is_round = |w: u32, h: u32| w.abs_diff(h) * 4 <= w.max(h).max(8);
    let Some(cores) = shrunk(page, dark, core) else { return Vec::new() };
    let discs: Vec<Disc> = components(&cores, 0)
        .iter()
        .filter(|c| is_round(c.width(), c.height()))
        .map(|c| {
            // the square's middle stays in the hole while its corners do
            let reach = (c.width() + c.height()) as f32 / 4.0 + core as f32;
            Disc {
                x: (c.left + c.right) as f32 / 2.0,
                y: (c.top + c.bottom) as f32 / 2.0,
                radius: reach.hypot(core as f32),
            }
        })
        .filter(|disc| disc.is_hole(page, dpi, dark))
        .take(MOST + 1)
        .collect();
    if discs.len() > MOST { Vec::new() } else { discs.iter().flat_map(|disc| disc.strips(page)).collect() }
}

/// Pixels around which a square of half the side `core` is dark all over; `None` where there are none.
fn shrunk(page: &Grey<'_>, dark: u8, core: usize) -> Option<Grey<'static>> {
    let (width, side) = (page.width as usize, 2 * core + 1);
    let mut both = Vec::new();
    // rows above in which each column was dark across
    let mut above = vec![0_usize; width];
    for (y, row) in page.rows().enumerate() {
        let across = dark_runs(row, dark, side);
        let mut x = 0;
        for run in across {
            above[x..run.start + core].fill(0);
            x = run.end - core;
            for (x, rows) in (run.start + core..x).zip(&mut above[run.start + core..x]) {
                *rows += 1;
                if *rows >= side {
                    both.resize(page.pixels.len(), 0);
                    both[(y - core) * width + x] = 1;
                }
            }
        }
        above[x..].fill(0);
    }
    (!both.is_empty()).then(|| Grey::new(page.width, page.height, both))
}

/// Stretches of at least `side` dark pixels. Most of a page is passed over in steps of that length.
fn dark_runs(row: &[u8], dark: u8, side: usize) -> Vec<Range<usize>> {
    let (mut runs, mut from) = (Vec::new(), 0);
    while let Some(next) = row.get(from..from + side) {
        from += match next.iter().rposition(|v| *v > dark) {
            Some(light) => light + 1,
            None => {
                let length = row[from..].iter().take_while(|v| **v <= dark).count();
                runs.push(from..from + length);
                length
            }
        };
    }
    runs
}

/// In pixels.
struct Disc {
    x: f32,
    y: f32,
    radius: f32,
}

impl Disc {
    fn is_hole(&self, page: &Grey<'_>, dpi: u32, dark: u8) -> bool {
        let (width, height, dpi) = (page.width as f32, page.height as f32, dpi as f32);
        let to_side = self.x.min(width - self.x).min(self.y).min(height - self.y);
        RADIUS_INCHES.contains(&(self.radius / dpi))
            && to_side <= dpi * MARGIN_INCHES
            && self.dark_share(page, dark, 0.0, 0.85) >= FULL
            && self.dark_share(page, dark, 1.25, 1.6) <= AROUND
    }

    /// Share of dark pixels between two multiples of the radius.
    fn dark_share(&self, page: &Grey<'_>, dark: u8, from: f32, to: f32) -> f32 {
        let reach = to * self.radius + 1.0;
        let around = |middle: f32, end: u32| {
            (middle - reach).max(0.0) as usize..((middle + reach).ceil() as usize).min(end as usize)
        };
        let (across, down) = (around(self.x, page.width), around(self.y, page.height));
        let (mut inked, mut all) = (0, 0);
        for (y, row) in page.rows().enumerate().take(down.end).skip(down.start) {
            let dy = y as f32 + 0.5 - self.y;
            for (x, &value) in across.clone().zip(&row[across.clone()]) {
                let away = dy.hypot(x as f32 + 0.5 - self.x) / self.radius;
                if (from..to).contains(&away) {
                    inked += u32::from(value <= dark);
                    all += 1;
                }
            }
        }
        inked as f32 / all.max(1) as f32
    }

    /// It and its grey rim.
    fn strips(&self, page: &Grey<'_>) -> Vec<PxBox> {
        let radius = self.radius * 1.06 + 1.5;
        let (top, bottom) = ((self.y - radius).max(0.0) as u32, (self.y + radius).ceil() as u32);
        let strip = |y: u32| {
            let half = (radius.powi(2) - (y as f32 + 0.5 - self.y).powi(2)).max(0.0).sqrt();
            let (left, right) = ((self.x - half).max(0.0) as u32, (self.x + half).ceil() as u32);
            PxBox { left, top: y, right, bottom: y + 1 }
        };
        (top..bottom.min(page.height)).map(strip).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DPI: u32 = 150;
    const DARK: u8 = 90;
    const SIZE: (u32, u32) = (1240, 1754);

    /// Lines of bars like letters, with discs of a radius (in millimetres) at places in millimetres.
    fn page(discs: &[(f32, f32, f32)]) -> Grey<'static> {
        let mm = |px: u32| (px as f32 + 0.5) / DPI as f32 * 25.4;
        let print = |x: u32, y: u32| {
            (150..1100).contains(&x) && (150..1600).contains(&y) && y % 36 < 14 && x % 12 < 4
        };
        let in_disc = |x: u32, y: u32| discs.iter().any(|(cx, cy, r)| (mm(x) - cx).hypot(mm(y) - cy) <= *r);
        let pixels = (0..SIZE.0 * SIZE.1).map(|i| (i % SIZE.0, i / SIZE.0));
        let pixels = pixels.map(|(x, y)| {
            if in_disc(x, y) {
                24
            } else if print(x, y) {
                40
            } else {
                235
            }
        });
        Grey::new(SIZE.0, SIZE.1, pixels.collect())
    }

    fn dark(grey: &Grey<'_>) -> usize {
        grey.pixels.iter().filter(|v| **v < 100).count()
    }

    #[test]
    fn a_pair_of_holes_and_a_single_one_become_white_and_print_stays() {
        let plain = dark(&page(&[]));
        for discs in [&[(11.0, 108.0, 2.8), (11.0, 188.0, 2.8)][..], &[(105.0, 12.0, 3.4)]] {
            let with = page(discs);
            assert!(dark(&with) > plain + 500);
            let cleared = with.painted(&of(&with, DPI, DARK), 255);
            assert_eq!(dark(&cleared), plain);
        }
    }

    #[test]
    fn a_hole_that_touches_print_leaves_the_rest_of_it() {
        let with = page(&[(24.5, 150.0, 3.0)]);
        let cleared = with.painted(&of(&with, DPI, DARK), 255);
        let hole = 3.3 * DPI as f32 / 25.4;
        let (x, y) = (24.5 / 25.4 * DPI as f32, 150.0 / 25.4 * DPI as f32);
        for (i, (&was, &is)) in with.pixels.iter().zip(cleared.pixels.iter()).enumerate() {
            let (px, py) = ((i as u32 % SIZE.0) as f32 + 0.5, (i as u32 / SIZE.0) as f32 + 0.5);
            let away = (px - x).hypot(py - y);
            assert!(was == is || away <= hole + 2.0, "{px} {py}");
            assert!(away > hole - 3.0 || is == 255, "{px} {py}");
        }
    }

    #[test]
    fn dots_far_from_the_edge_large_ones_and_patterns_stay() {
        let none = |discs: &[(f32, f32, f32)]| of(&page(discs), DPI, DARK).is_empty();
        assert!(none(&[]));
        assert!(none(&[(105.0, 150.0, 2.8)]), "in the middle of the page");
        assert!(none(&[(14.0, 150.0, 7.0)]), "too large");
        assert!(none(&[(14.0, 150.0, 1.2)]), "too small");
        let many: Vec<_> = (0..20).map(|n| (11.0, 20.0 + 12.0 * n as f32, 2.8)).collect();
        assert!(none(&many), "a pattern");
    }
}
