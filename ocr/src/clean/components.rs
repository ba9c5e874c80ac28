//! Connected groups of ink pixels, and what they say about the print: how many letters, how tall, how skewed.

use super::grey::Grey;
use native::wide;

/// Ink pixels that touch each other (sides or corners).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) left: u32,
    pub(crate) top: u32,
    /// First column to the right of it.
    pub(crate) right: u32,
    /// First row below it.
    pub(crate) bottom: u32,
    /// Pixels of ink.
    pub(crate) area: u32,
}

impl Component {
    pub(crate) fn width(&self) -> u32 {
        self.right - self.left
    }
    pub(crate) fn height(&self) -> u32 {
        self.bottom - self.top
    }

    /// Whether it has the size and filling of a printed letter (or a few joined ones) on a page of `dpi`.
    pub(crate) fn is_letter(&self, dpi: u32) -> bool {
        let (w, h) = (self.width(), self.height());
        // 1.0 mm to 12 mm: small letters of 6 pt to capitals of 48 pt; never below 4 px
        let low = (dpi as f32 / 25.0).max(4.0) as u32;
        (low..=dpi / 2).contains(&h) && w <= h * 8 && w * 6 >= h && self.area * 14 >= w * h
    }
}

struct Run {
    left: u32,
    right: u32,
    label: u32,
}

/// All groups of pixels whose value is above `threshold`, in order of their first pixel.
pub(crate) fn components(depths: &Grey<'_>, threshold: u8) -> Vec<Component> {
    groups(depths, |depth| depth > threshold, usize::MAX).unwrap_or_default()
}

/// The same, given up (`None`) as soon as more than `most` have begun, those that join further down counted apart.
pub(crate) fn components_up_to(depths: &Grey<'_>, threshold: u8, most: usize) -> Option<Vec<Component>> {
    groups(depths, |depth| depth > threshold, most)
}

/// All groups of pixels more than `depth` darker than white.
pub(crate) fn darker_than_white(picture: &Grey<'_>, depth: u8) -> Vec<Component> {
    groups(picture, |value| u8::MAX - value > depth, usize::MAX).unwrap_or_default()
}

/// Where ink begins. Paper is passed over many pixels at once.
#[inline(always)]
fn first_ink(row: &[u8], is_ink: impl Fn(u8) -> bool) -> Option<usize> {
    let is_paper = |pixels: &&[u8; 32]| !pixels.iter().fold(false, |any, v| any | is_ink(*v));
    let paper = row.as_chunks().0.iter().take_while(is_paper).count() * 32;
    row[paper..].iter().position(|v| is_ink(*v)).map(|at| paper + at)
}

fn groups(plane: &Grey<'_>, is_ink: impl Fn(u8) -> bool, most: usize) -> Option<Vec<Component>> {
    wide(|| groups_of(plane, &is_ink, most))
}

#[inline(always)]
fn groups_of(plane: &Grey<'_>, is_ink: &impl Fn(u8) -> bool, most: usize) -> Option<Vec<Component>> {
    let mut parents: Vec<u32> = Vec::new();
    let mut parts: Vec<Component> = Vec::new();
    let (mut above, mut here): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    for (y, row) in plane.rows().enumerate() {
        let y = y as u32;
        let mut x = 0;
        let mut first = 0;
        while let Some(skip) = first_ink(&row[x..], is_ink) {
            let left = x + skip;
            let length = row[left..].iter().position(|&v| !is_ink(v)).unwrap_or(row.len() - left);
            let (left, right) = (left as u32, (left + length) as u32);
            let mut label = u32::MAX;
            while first < above.len() && above[first].right < left {
                first += 1;
            }
            for run in above[first..].iter().take_while(|run| run.left <= right) {
                let root = find(&mut parents, run.label);
                if label == u32::MAX {
                    label = root;
                } else if label != root {
                    let (keep, drop) = (label.min(root), label.max(root));
                    parents[drop as usize] = keep;
                    label = keep;
                }
            }
            if label == u32::MAX {
                label = parents.len() as u32;
                parents.push(label);
                parts.push(Component { left, top: y, right, bottom: y + 1, area: 0 });
            }
            let part = &mut parts[label as usize];
            part.left = part.left.min(left);
            part.right = part.right.max(right);
            part.bottom = y + 1;
            part.area += right - left;
            here.push(Run { left, right, label });
            x = right as usize;
            if x >= row.len() {
                break;
            }
        }
        if parts.len() > most {
            return None;
        }
        std::mem::swap(&mut above, &mut here);
        here.clear();
    }
    for idx in (0..parts.len()).rev() {
        let root = parents[idx] as usize;
        if root != idx {
            let part = parts[idx];
            let whole = &mut parts[root];
            whole.left = whole.left.min(part.left);
            whole.top = whole.top.min(part.top);
            whole.right = whole.right.max(part.right);
            whole.bottom = whole.bottom.max(part.bottom);
            whole.area += part.area;
        }
    }
    let roots = (0..parts.len()).filter(|&i| parents[i] as usize == i);
    Some(roots.map(|i| parts[i]).collect())
}

fn find(parents: &mut [u32], mut label: u32) -> u32 {
    while parents[label as usize] != label {
        let up = parents[label as usize];
        parents[label as usize] = parents[up as usize];
        label = parents[label as usize];
    }
    label
}

/// Capitals are that many times as high as small letters in the faces that offices use (1.33–1.45).
pub(crate) const CAPITAL: f32 = 1.42;

/// Height of a capital in pixels, from the usual height of the letters; `None` below 20 letters.
///
/// The common heights of a Vietnamese page are small letters, and capitals or small letters with a mark, which are up to
/// 1.75 times as tall; loose tone marks are smaller still.
pub(crate) fn capital_height(letters: &[Component]) -> Option<f32> {
    if letters.len() < 20 {
        return None;
    }
    let mut histogram = [0_f32; 256];
    for letter in letters {
        histogram[letter.height().min(254) as usize] += 1.0;
    }
    let smooth = |h: usize| histogram[h - 1] + 2.0 * histogram[h] + histogram[h + 1];
    let weighty = |h: usize| smooth(h) * h as f32;
    let tall = (1..255).max_by(|&a, &b| weighty(a).total_cmp(&weighty(b)))?;
    let is_peak = |&h: &usize| {
        h > 1 && smooth(h) >= smooth(h - 1) && smooth(h) >= smooth(h + 1) && smooth(h) >= 0.35 * smooth(tall)
    };
    let small = (tall * 4).div_ceil(7)..tall;
    let peak = small.into_iter().find(is_peak).unwrap_or(tall);
    // centre of gravity around the peak: finer than a pixel
    let around = peak.saturating_sub(1).max(1)..=peak + 1;
    let (sum, count) = around.fold((0.0, 0.0), |(s, n), h| (s + h as f32 * histogram[h], n + histogram[h]));
    Some(sum / count * CAPITAL)
}

/// How far the lines of print rise (negative) or fall (positive) to the right, in degrees; `None` where the page does not say so
/// clearly. Tried from -5° to 5°.
pub(crate) fn skew_degrees(letters: &[Component]) -> Option<f32> {
    if letters.len() < 60 {
        return None;
    }
    let every = letters.len().div_ceil(4000);
    let feet: Vec<(f32, f32)> =
        letters.iter().step_by(every).map(|c| ((c.left + c.right) as f32 / 2.0, c.bottom as f32)).collect();
    let reach = feet.iter().fold(0.0_f32, |m, f| m.max(f.0).max(f.1));
    let mut bins = vec![0_u32; reach as usize * 2 + 8];
    let mut score = |degrees: f32| {
        let slope = degrees.to_radians().tan();
        bins.fill(0);
        for &(x, y) in &feet {
            let at = (y - x * slope) + reach * 0.5;
            let at = (at.max(0.0) as usize).min(bins.len() - 2);
            bins[at] += 1;
        }
        bins.windows(2).map(|w| u64::from(w[0] + w[1]).pow(2)).sum::<u64>() as f32
    };
    let mut best = (0.0, score(0.0));
    let straight = best.1;
    let mut total = 0.0;
    for step in -20..=20 {
        let degrees = step as f32 * 0.25;
        let s = score(degrees);
        total += s;
        if s > best.1 {
            best = (degrees, s);
        }
    }
    for step in -4..=4 {
        let degrees = best.0 + step as f32 * 0.05;
        let s = score(degrees);
        if s > best.1 {
            best = (degrees, s);
        }
    }
    let clear = best.1 > 1.3 * total / 41.0 && (best.0.abs() < 0.05 || best.1 > 1.05 * straight);
    clear.then_some(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_rows(rows: &[&str]) -> Grey<'static> {
        let pixels = rows.iter().flat_map(|r| r.bytes().map(|b| if b == b'#' { 200 } else { 0 })).collect();
        Grey::new(rows[0].len() as u32, rows.len() as u32, pixels)
    }

    #[test]
    fn groups_join_over_corners_and_merge_late() {
        let found = components(&from_rows(&["#..#...", ".#.#..#", "..##...", "......."]), 100);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Component { left: 0, top: 0, right: 4, bottom: 3, area: 6 });
        assert_eq!(found[1], Component { left: 6, top: 1, right: 7, bottom: 2, area: 1 });
    }

    #[test]
    fn a_cup_is_one_group() {
        let found = components(&from_rows(&["#...#", "#...#", "#####"]), 100);
        assert_eq!(found, [Component { left: 0, top: 0, right: 5, bottom: 3, area: 9 }]);
    }

    /// `lines` lines of 40 letters, each 10 px high, turned by `degrees`.
    fn letters(lines: u32, degrees: f32) -> Vec<Component> {
        let slope = degrees.to_radians().tan();
        let mut all = Vec::new();
        for line in 0..lines {
            for i in 0..40 {
                let left = 50 + i * 18;
                let top = (100.0 + line as f32 * 25.0 + left as f32 * slope).round() as u32;
                all.push(Component { left, top, right: left + 9, bottom: top + 10, area: 50 });
                all.push(Component { left, top: top - 5, right: left + 5, bottom: top - 1, area: 12 });
            }
        }
        all
    }

    #[test]
    fn the_height_of_capitals_comes_from_small_letters() {
        let cap = capital_height(&letters(10, 0.0)).unwrap();
        assert!((cap - 14.2).abs() < 0.5, "{cap}");
        assert_eq!(capital_height(&letters(10, 0.0)[..10]), None);
    }

    #[test]
    fn skew_is_found_to_a_tenth_of_a_degree() {
        for degrees in [-3.0_f32, -0.8, 0.0, 0.5, 2.2] {
            let found = skew_degrees(&letters(20, degrees)).unwrap();
            assert!((found - degrees).abs() < 0.11, "{degrees}: {found}");
        }
    }

    #[test]
    fn scattered_groups_have_no_skew() {
        let mut seed = 7_u32;
        let mut next = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % n
        };
        let mut one = || (next(1000), next(1400));
        let scattered: Vec<Component> = (0..800)
            .map(|_| one())
            .map(|(left, top)| Component { left, top, right: left + 9, bottom: top + 10, area: 50 })
            .collect();
        assert_eq!(skew_degrees(&scattered), None);
    }
}
