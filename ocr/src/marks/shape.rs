//! The shape of a patch of ink on a small black-and-white copy: a ring, a rectangle, or neither. Pure; knows no page.

use record::PxBox;

/// Coloured or dark pixels of a part of a page, reduced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) ink: Vec<bool>,
}

/// A circle on a mask, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Circle {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) radius: f32,
}

/// Directions in which a circle is looked at.
const DIRECTIONS: usize = 72;
/// Share of a circle's directions that have ink on it.
const LEAST_RING: f32 = 0.62;
/// Inside a seal there is paper between the letters: more ink than this is a picture.
const MOST_FILLED: f32 = 0.75;
/// Share of a frame's sides that are inked, long ones and short ones.
const LEAST_SIDES: (f32, f32) = (0.62, 0.5);

impl Mask {
    pub(super) fn at(&self, x: i32, y: i32) -> bool {
        let inside = (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y);
        inside && self.ink[y as usize * self.width + x as usize]
    }

    pub(super) fn count(&self) -> usize {
        self.ink.iter().filter(|&&on| on).count()
    }

    /// The tightest box around its ink, in its pixels; empty without ink.
    pub(super) fn bounds(&self) -> PxBox {
        let (mut left, mut top, mut right, mut bottom) = (self.width, self.height, 0, 0);
        for (y, row) in self.ink.chunks_exact(self.width.max(1)).enumerate() {
            let Some(first) = row.iter().position(|&on| on) else { continue };
            let last = row.iter().rposition(|&on| on).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.min(y), y + 1);
        }
        if right == 0 {
            return PxBox::default();
        }
        PxBox { left: left as u32, top: top as u32, right: right as u32, bottom: bottom as u32 }
    }

    /// Groups of at least `least` pixels of ink that lie at most `gap` pixels apart, the largest first; only those whose box `fits`. Each
    /// with that box, of which it is a mask.
    pub(super) fn groups(
        &self,
        gap: usize,
        least: usize,
        fits: impl Fn(PxBox) -> bool,
    ) -> Vec<(PxBox, Mask)> {
        let mut left = self.ink.clone();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for start in 0..left.len() {
            if !left[start] {
                continue;
            }
            let (mut members, mut next) = (vec![start], 0);
            left[start] = false;
            while let Some(&at) = members.get(next) {
                next += 1;
                let (x, y) = (at % self.width, at / self.width);
                for ny in y.saturating_sub(gap + 1)..(y + gap + 2).min(self.height) {
                    for nx in x.saturating_sub(gap + 1)..(x + gap + 2).min(self.width) {
                        let neighbour = ny * self.width + nx;
                        if left[neighbour] {
                            left[neighbour] = false;
                            members.push(neighbour);
                        }
                    }
                }
            }
            if members.len() >= least && fits(bounds(&members, self.width)) {
                groups.push(members);
            }
        }
        groups.sort_by_key(|g| std::cmp::Reverse(g.len()));
        let mask = |members: Vec<usize>| {
            let b = bounds(&members, self.width);
            let (width, height) = (b.width() as usize, b.height() as usize);
            let mut ink = vec![false; width * height];
            for at in members {
                let (x, y) = (at % self.width - b.left as usize, at / self.width - b.top as usize);
                ink[y * width + x] = true;
            }
            (b, Mask { width, height, ink })
        };
        groups.into_iter().map(mask).collect()
    }

    /// Without the ink in and on a circle.
    pub(super) fn without(mut self, circle: Circle) -> Mask {
        let reach = circle.radius * 1.05 + 1.5;
        for (at, on) in self.ink.iter_mut().enumerate() {
            let (x, y) = ((at % self.width) as f32 - circle.x, (at / self.width) as f32 - circle.y);
            *on &= x * x + y * y > reach * reach;
        }
        self
    }

    /// Share of the directions in which there is ink on the circle, give or take `slack` pixels.
    fn ring(&self, circle: Circle, slack: f32) -> f32 {
        let is_inked = |idx: &usize| {
            let (sin, cos) = (*idx as f32 * std::f32::consts::TAU / DIRECTIONS as f32).sin_cos();
            let mut radius = circle.radius - slack;
            while radius <= circle.radius + slack {
                if self.at((circle.x + radius * cos).round() as i32, (circle.y + radius * sin).round() as i32)
                {
                    return true;
                }
                radius += 1.0;
            }
            false
        };
        (0..DIRECTIONS).filter(is_inked).count() as f32 / DIRECTIONS as f32
    }

    fn filled(&self, circle: Circle) -> f32 {
        let (mut ink, mut all) = (0_u32, 0_u32);
        let reach = circle.radius.ceil() as i32;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                if (dx * dx + dy * dy) as f32 <= circle.radius * circle.radius {
                    all += 1;
                    ink += u32::from(self.at(circle.x as i32 + dx, circle.y as i32 + dy));
                }
            }
        }
        ink as f32 / all.max(1) as f32
    }

    /// The ring of ink with a radius in `radii` that is inked most completely, if any is a seal's edge.
    pub(super) fn seal(&self, radii: std::ops::RangeInclusive<f32>) -> Option<Circle> {
        let bounds = self.bounds();
        let whole = Circle {
            x: (bounds.left + bounds.right) as f32 / 2.0,
            y: (bounds.top + bounds.bottom) as f32 / 2.0,
            radius: (bounds.width() + bounds.height()) as f32 / 4.0 - 1.0,
        };
        let is_square = bounds.width().abs_diff(bounds.height()) * 8 <= bounds.width().max(bounds.height());
        let is_seal = |c: &Circle| {
            radii.contains(&c.radius) && self.ring(*c, 2.0) >= LEAST_RING && self.filled(*c) <= MOST_FILLED
        };
        if is_square && is_seal(&whole) && self.ring(whole, 2.0) >= 0.8 {
            return Some(whole);
        }
        self.best_circle(radii.clone()).filter(is_seal)
    }

    /// Every pixel votes for the middles of the circles it may lie on (Hough 1962), on a quarter of the pixels; the winner
    /// is then moved to where its ring is fullest.
    fn best_circle(&self, radii: std::ops::RangeInclusive<f32>) -> Option<Circle> {
        const STEP: usize = 2;
        let (w, h) = (self.width / STEP + 1, self.height / STEP + 1);
        let edge: Vec<(f32, f32)> = (0..self.ink.len())
            .filter(|&at| {
                self.ink[at]
                    && (at % self.width).is_multiple_of(STEP)
                    && (at / self.width).is_multiple_of(STEP)
            })
            .map(|at| ((at % self.width / STEP) as f32, (at / self.width / STEP) as f32))
            .collect();
        let (mut best, mut most) = (None, 0.0);
        let mut votes = vec![0_u16; w * h];
        let mut radius = *radii.end() / STEP as f32;
        while radius >= *radii.start() / STEP as f32 {
            votes.fill(0);
            for (x, y) in &edge {
                for idx in 0..DIRECTIONS / 2 {
                    let (sin, cos) = (idx as f32 * std::f32::consts::TAU * 2.0 / DIRECTIONS as f32).sin_cos();
                    let (cx, cy) = ((x + radius * cos).round() as i32, (y + radius * sin).round() as i32);
                    if (0..w as i32).contains(&cx) && (0..h as i32).contains(&cy) {
                        votes[cy as usize * w + cx as usize] += 1;
                    }
                }
            }
            let Some((at, &n)) = votes.iter().enumerate().max_by_key(|v| v.1) else { break };
            // a larger circle has more pixels to vote for it; beyond that, size is no merit
            let merit = f32::from(n) / radius.powf(0.3);
            if merit > most {
                most = merit;
                let at = ((at % w * STEP) as f32, (at / w * STEP) as f32);
                best = Some(Circle { x: at.0, y: at.1, radius: radius * STEP as f32 });
            }
            radius -= 1.0;
        }
        let rough = best?;
        let mut tries = Vec::new();
        for dr in -4..=6 {
            for dx in -3..=3 {
                for dy in -3..=3 {
                    let c = Circle {
                        x: rough.x + dx as f32,
                        y: rough.y + dy as f32,
                        radius: rough.radius + dr as f32,
                    };
                    tries.push((self.ring(c, 1.0), c));
                }
            }
        }
        // the outer edge: of rings about as full the widest
        let fullest = tries.iter().map(|t| t.0).fold(0.0, f32::max);
        let full = tries.into_iter().filter(|t| t.0 >= fullest - 0.04);
        full.max_by(|a, b| a.1.radius.total_cmp(&b.1.radius)).map(|t| t.1)
    }

    /// By how much the lines of a frame around all the ink fall to the right, in degrees; `None` where there is no frame.
    pub(super) fn frame(&self) -> Option<f32> {
        let (w, h) = (self.width, self.height);
        if w < 12 || h < 8 {
            return None;
        }
        let column = |x: usize| (0..h).filter(move |y| self.ink[y * w + x]);
        let row = |y: usize| (0..w).filter(move |x| self.ink[y * w + x]);
        let across: Vec<usize> = (w / 12..w - w / 12).collect();
        let down: Vec<usize> = (h / 6..h - h / 6).collect();
        let tops: Vec<Option<f32>> = across.iter().map(|&x| column(x).next().map(|y| y as f32)).collect();
        let bottoms: Vec<Option<f32>> =
            across.iter().map(|&x| column(x).next_back().map(|y| y as f32)).collect();
        let lefts: Vec<Option<f32>> = down.iter().map(|&y| row(y).next().map(|x| x as f32)).collect();
        let rights: Vec<Option<f32>> = down.iter().map(|&y| row(y).next_back().map(|x| x as f32)).collect();
        let (top, slope_top) = straight(&tops);
        let (bottom, slope_bottom) = straight(&bottoms);
        let sides = [straight(&lefts).0, straight(&rights).0];
        let is_frame = top.min(bottom) >= LEAST_SIDES.0 && sides.iter().all(|share| *share >= LEAST_SIDES.1);
        let slope = (slope_top + slope_bottom) / 2.0;
        (is_frame && (slope_top - slope_bottom).abs() < 0.08).then(|| slope.atan().to_degrees())
    }
}

impl Mask {
    /// Whether there is paper behind most of the outline, `inside` pixels further in: a frame, not a block of print.
    pub(super) fn is_hollow(&self, inside: usize) -> bool {
        let (w, h) = (self.width, self.height);
        let is_free = |x: usize, y: usize| !self.at(x as i32, y as i32);
        let column = |x: usize| -> Option<[bool; 2]> {
            let first = (0..h).find(|y| self.ink[y * w + x])?;
            let last = (0..h).rfind(|y| self.ink[y * w + x])?;
            Some([is_free(x, first + inside), is_free(x, last.saturating_sub(inside))])
        };
        let row = |y: usize| -> Option<[bool; 2]> {
            let first = (0..w).find(|x| self.ink[y * w + x])?;
            let last = (0..w).rfind(|x| self.ink[y * w + x])?;
            Some([is_free(first + inside, y), is_free(last.saturating_sub(inside), y)])
        };
        let columns: Vec<[bool; 2]> = (w / 12..w - w / 12).filter_map(column).collect();
        let rows: Vec<[bool; 2]> = (h / 6..h - h / 6).filter_map(row).collect();
        let mostly = |side: &[[bool; 2]], which: usize| {
            side.iter().filter(|free| free[which]).count() * 10 >= side.len() * 7
        };
        (0..2).all(|which| mostly(&columns, which) && mostly(&rows, which))
    }
}

/// Around pixels given by their places in a mask of this width.
fn bounds(members: &[usize], width: usize) -> PxBox {
    let mut b = PxBox { left: u32::MAX, top: u32::MAX, right: 0, bottom: 0 };
    for at in members {
        let (x, y) = ((at % width) as u32, (at / width) as u32);
        (b.left, b.top) = (b.left.min(x), b.top.min(y));
        (b.right, b.bottom) = (b.right.max(x + 1), b.bottom.max(y + 1));
    }
    b
}

/// The share of values that lie within 1.6 of the line through them, and its slope; the line goes through the medians of the
/// first and the last third.
fn straight(values: &[Option<f32>]) -> (f32, f32) {
    let n = values.len();
    let median = |range: std::ops::Range<usize>| {
        let mut there: Vec<f32> = values[range].iter().flatten().copied().collect();
        there.sort_by(f32::total_cmp);
        there.get(there.len() / 2).copied()
    };
    let third = (n / 3).max(1);
    let (Some(first), Some(last)) = (median(0..third.min(n)), median(n - third.min(n)..n)) else {
        return (0.0, 0.0);
    };
    let reach = (n - third).max(1) as f32;
    let slope = (last - first) / reach;
    let on_line = |(at, value): (usize, &Option<f32>)| {
        let there = first + slope * (at as f32 - third as f32 / 2.0);
        value.is_some_and(|v| (v - there).abs() <= 1.6)
    };
    (values.iter().enumerate().filter(|v| on_line(*v)).count() as f32 / n.max(1) as f32, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: usize, height: usize, ink: impl Fn(f32, f32) -> bool) -> Mask {
        let at = |i: usize| ink((i % width) as f32, (i / width) as f32);
        Mask { width, height, ink: (0..width * height).map(at).collect() }
    }

    fn is_on_ring(x: f32, y: f32, radius: f32) -> bool {
        ((x * x + y * y).sqrt() - radius).abs() < 1.5
    }

    #[test]
    fn a_seal_is_found_alone_and_beside_other_ink() {
        let seal = |x: f32, y: f32| is_on_ring(x - 90.0, y - 80.0, 66.0) || (x - 90.0).hypot(y - 80.0) < 20.0;
        let alone = drawn(180, 160, seal).seal(40.0..=90.0).unwrap();
        assert!((alone.x - 90.0).abs() < 2.0 && (alone.radius - 66.0).abs() < 3.0, "{alone:?}");
        // a name stamp in the same ink runs into it, and a sixth of the ring is missing
        let worn = drawn(300, 200, |x, y| {
            let name = (100.0..280.0).contains(&x)
                && (150.0..166.0).contains(&y)
                && (x as u32 / 6).is_multiple_of(2);
            name || seal(x, y) && !(x > 100.0 && y < 40.0)
        });
        let found = worn.seal(40.0..=90.0).unwrap();
        assert!((found.x - 90.0).abs() < 4.0 && (found.y - 80.0).abs() < 4.0, "{found:?}");
        assert!((found.radius - 66.0).abs() < 4.0, "{found:?}");
        let rest = worn.without(found);
        assert!(rest.count() > 500 && rest.bounds().top >= 149, "{:?}", rest.bounds());
    }

    #[test]
    fn a_disc_a_square_and_writing_are_no_seals() {
        assert_eq!(drawn(160, 160, |x, y| (x - 80.0).hypot(y - 80.0) < 70.0).seal(40.0..=90.0), None);
        let square = drawn(160, 160, |x, y| x < 3.0 || y < 3.0 || x > 156.0 || y > 156.0);
        assert_eq!(square.seal(40.0..=90.0), None);
        let wave = drawn(240, 160, |x, y| (y - 80.0 - 50.0 * (x / 17.0).sin()).abs() < 3.0);
        assert_eq!(wave.seal(40.0..=90.0), None);
    }

    #[test]
    fn a_leaning_frame_is_one_and_letters_without_a_frame_are_none() {
        let framed = drawn(200, 70, |x, y| {
            let y = y - 0.05 * (x - 100.0);
            let inside = (6.0..194.0).contains(&x) && (8.0..62.0).contains(&y);
            let line = inside && !((9.0..191.0).contains(&x) && (11.0..59.0).contains(&y));
            line || (60.0..80.0).contains(&x) && (22.0..46.0).contains(&y)
        });
        let lean = framed.frame().unwrap();
        assert!((lean - 2.86).abs() < 0.5, "{lean}");
        let letters =
            drawn(200, 40, |x, y| (x as u32 / 10).is_multiple_of(2) && (y < 4.0 || (x as u32 % 10) < 4));
        assert_eq!(letters.frame(), None);
        assert!(framed.is_hollow(5));
        let block = drawn(120, 40, |x, y| (x as u32 % 7) < 5 && (y as u32 % 13) < 9);
        assert!(!block.is_hollow(4));
    }

    #[test]
    fn groups_part_at_gaps() {
        let two = drawn(60, 10, |x, _| !(10.0..=40.0).contains(&x));
        assert_eq!(two.groups(3, 1, |_| true).len(), 2);
        assert_eq!(two.groups(35, 1, |_| true).len(), 1);
        assert!(two.groups(3, 1, |b| b.width() > 30).is_empty());
        assert_eq!(two.groups(3, 150, |_| true)[0].0.left, 41);
    }
}
