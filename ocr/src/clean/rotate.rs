//! Turning a page by a small angle about its middle, same size, and turning boxes back.

use super::grey::Grey;
use record::PxBox;
use std::ops::Range;

/// The page turned so that lines falling by `degrees` to the right become level; what comes from outside is white.
pub(crate) fn levelled(grey: &Grey<'_>, degrees: f32) -> Grey<'static> {
    let all = 0..grey.height;
    rows_levelled(grey, &all, grey.height, degrees, &all)
}

/// How far up and down pixels of a page move when it is turned, in rows.
pub(crate) fn reach((width, height): (u32, u32), degrees: f32) -> u32 {
    let (sin, cos) = degrees.to_radians().sin_cos();
    ((sin.abs() * width as f32 + (1.0 - cos) * height as f32) / 2.0).ceil() as u32 + 2
}

/// The `rows` of what [`levelled`] gives for a page `page_height` pixels high, from that part of it whose rows `held` are.
pub(crate) fn rows_levelled(
    part: &Grey<'_>,
    held: &Range<u32>,
    page_height: u32,
    degrees: f32,
    rows: &Range<u32>,
) -> Grey<'static> {
    let (width, height) = (part.width as usize, page_height as usize);
    let (first, last) = (i64::from(held.start), i64::from(held.end) - 1);
    let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
    let (mx, my) = ((width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0);
    let fixed = |v: f64| (v * 65_536.0) as i64;
    let (step_x, step_y) = (fixed(cos), fixed(sin));
    let mut pixels = vec![255_u8; width * rows.len()];
    for (y, row) in rows.clone().zip(pixels.chunks_exact_mut(width.max(1))) {
        let dy = f64::from(y) - my;
        let mut sx = fixed(mx - cos * mx - sin * dy);
        let mut sy = fixed(my - sin * mx + cos * dy);
        for out in row {
            let (x, y) = (sx >> 16, sy >> 16);
            if x >= 0 && y >= first && x < width as i64 - 1 && y < last {
                let at = (y - first) as usize * width + x as usize;
                let (fx, fy) = ((sx & 0xffff) as u32 >> 8, (sy & 0xffff) as u32 >> 8);
                let line =
                    |at: usize| u32::from(part.pixels[at]) * (256 - fx) + u32::from(part.pixels[at + 1]) * fx;
                *out = ((line(at) * (256 - fy) + line(at + width) * fy) >> 16) as u8;
            }
            sx += step_x;
            sy += step_y;
        }
    }
    Grey::new(part.width, rows.len() as u32, pixels)
}

/// How boxes of the picture given to the recogniser lie on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    /// Pixels of the page, across and down.
    pub(crate) page_px: (u32, u32),
    /// Pixels of the working picture, across and down.
    pub(crate) working_px: (u32, u32),
    /// As given to [`levelled`].
    pub(crate) degrees: f32,
}

impl Placement {
    /// A point of the working picture on the page, not rounded.
    fn point(&self, x: f32, y: f32) -> (f32, f32) {
        let (w, h) = (self.working_px.0 as f32, self.working_px.1 as f32);
        let (mx, my) = (w / 2.0, h / 2.0);
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let (dx, dy) = (x - mx, y - my);
        let (x, y) = (mx + cos * dx - sin * dy, my + sin * dx + cos * dy);
        (x * self.page_px.0 as f32 / w, y * self.page_px.1 as f32 / h)
    }

    /// A box of the working picture on the page: the upright box around it when the page was turned. A turned word keeps
    /// its own height; only its middle moves with the angle.
    pub(crate) fn to_page(self, b: PxBox) -> PxBox {
        let (left, right) = (b.left as f32, b.right as f32);
        let (top, bottom) = (b.top as f32, b.bottom as f32);
        let corners =
            [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| self.point(x, y));
        let least = |f: fn(&(f32, f32)) -> f32| corners.iter().map(f).fold(f32::MAX, f32::min);
        let most = |f: fn(&(f32, f32)) -> f32| corners.iter().map(f).fold(f32::MIN, f32::max);
        let clamp = |v: f32, end: u32| v.clamp(0.0, end as f32) as u32;
        // a thousandth against numbers like 29.99999
        PxBox {
            left: clamp((least(|c| c.0) + 1e-3).floor(), self.page_px.0),
            top: clamp((least(|c| c.1) + 1e-3).floor(), self.page_px.1),
            right: clamp((most(|c| c.0) - 1e-3).ceil(), self.page_px.0),
            bottom: clamp((most(|c| c.1) - 1e-3).ceil(), self.page_px.1),
        }
    }

    /// Height of a point of the working picture on the page, in pixels from its top.
    pub(crate) fn height_on_page(self, x: u32, y: u32) -> u32 {
        (self.point(x as f32, y as f32).1.round().max(0.0) as u32).min(self.page_px.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_falling_line_becomes_level() {
        let slope = 2.0_f32.to_radians().tan();
        let mut pixels = vec![255; 400 * 300];
        for x in 0..400_usize {
            let y = (150.0 + (x as f32 - 199.5) * slope).round() as usize;
            pixels[y * 400 + x] = 0;
            pixels[(y + 1) * 400 + x] = 0;
        }
        let level = levelled(&Grey::new(400, 300, pixels), 2.0);
        let darkest = |x: usize| (0..300).min_by_key(|y| level.pixels[y * 400 + x]).unwrap();
        assert!(darkest(20).abs_diff(darkest(380)) <= 1, "{} {}", darkest(20), darkest(380));
    }

    #[test]
    fn boxes_go_back_to_where_the_ink_was() {
        let plain = Placement { page_px: (3000, 2400), working_px: (2000, 1600), degrees: 0.0 };
        let on_page = plain.to_page(PxBox { left: 20, top: 30, right: 61, bottom: 40 });
        assert_eq!(on_page, PxBox { left: 30, top: 45, right: 92, bottom: 60 });
        assert_eq!(plain.height_on_page(5, 100), 150);

        // ink at one point of a turned page is found there again
        let mut pixels = vec![255; 400 * 300];
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            pixels[(60 + dy) * 400 + 350 + dx] = 0;
        }
        let turned = levelled(&Grey::new(400, 300, pixels), 3.0);
        let at = (0..turned.pixels.len()).min_by_key(|&i| turned.pixels[i]).unwrap() as u32;
        let (x, y) = (at % 400, at / 400);
        let place = Placement { page_px: (400, 300), working_px: (400, 300), degrees: 3.0 };
        let back = place.to_page(PxBox { left: x, top: y, right: x + 1, bottom: y + 1 });
        assert!(back.left.abs_diff(350) <= 2 && back.top.abs_diff(60) <= 2, "{back:?}");
    }
}
