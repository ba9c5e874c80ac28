//! White print on black: photostats, negatives of microfilm, a plate in a brochure. Turned over it is a page like any other.

use native::PageRaster;

/// A page is a negative when at least this share of it is dark …
const DARK_SHARE: f32 = 0.6;
/// … and at least this share is light: a black page alone is none.
const LIGHT_SHARE: f32 = 0.003;
const DARK: u8 = 96;
const LIGHT: u8 = 160;
/// Strokes are narrower than this, in inches. A slip of paper under an open lid is light for longer.
const STROKE_INCHES: f32 = 0.12;
/// Rows between two that are looked at.
const EVERY: usize = 8;

/// The page with black for white, when it is light strokes on a dark ground; `None` for any other.
pub(crate) fn turned_over(raster: &PageRaster) -> Option<PageRaster> {
    is_negative(raster).then(|| {
        let pixels = raster.pixels().iter().map(|v| 255 - v).collect();
        PageRaster::from_pixels(raster.size, raster.channels, raster.bilevel, pixels)
    })
}

fn is_negative(raster: &PageRaster) -> bool {
    let (width, channels) = (raster.size.width_px as usize, usize::from(raster.channels));
    let broad = (raster.size.dpi as f32 * STROKE_INCHES).max(8.0) as usize;
    let rows = || raster.pixels().chunks_exact((width * channels).max(1)).step_by(EVERY);
    // green stands for brightness
    let values =
        |row: &'_ [u8]| row.iter().skip(channels / 2).step_by(channels).copied().collect::<Vec<u8>>();
    let (mut all, mut dark) = (0, 0);
    for row in rows() {
        all += width;
        dark += values(row).iter().filter(|v| **v < DARK).count();
    }
    let share = |n: usize| n as f32 / all.max(1) as f32;
    if share(dark) < DARK_SHARE {
        return false;
    }
    let (mut in_strokes, mut in_areas) = (0, 0);
    for row in rows() {
        for run in values(row).split(|v| *v <= LIGHT).map(<[u8]>::len) {
            *(if run < broad { &mut in_strokes } else { &mut in_areas }) += run;
        }
    }
    share(in_strokes) >= LIGHT_SHARE && in_strokes > in_areas
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::PageSize;

    /// 600 x 800 pixels at 100 dpi; `channels` of the same value.
    fn page(channels: u8, value: impl Fn(usize, usize) -> u8) -> PageRaster {
        let size = PageSize { width_px: 600, height_px: 800, dpi: 100 };
        let pixel = |i: usize| vec![value(i % 600, i / 600); usize::from(channels)];
        PageRaster::from_pixels(size, channels, false, (0..600 * 800).flat_map(pixel).collect())
    }

    /// Uprights 2 px wide in lines of 8 px.
    fn letters(x: usize, y: usize) -> bool {
        x % 6 < 2 && y % 16 < 8 && (50..550).contains(&x)
    }

    #[test]
    fn white_print_on_black_becomes_black_on_white() {
        for channels in [1, 3] {
            let over = turned_over(&page(channels, |x, y| if letters(x, y) { 240 } else { 15 })).unwrap();
            let at = |x: usize, y: usize| over.pixels()[(y * 600 + x) * usize::from(channels)];
            assert_eq!((at(60, 0), at(64, 0), at(10, 10)), (15, 240, 240), "{channels}");
        }
    }

    #[test]
    fn other_dark_pages_stay() {
        let print = page(1, |x, y| if letters(x, y) { 15 } else { 240 });
        let black = page(1, |_, _| 5);
        let slip = page(3, |x, y| match (200..420).contains(&x) && (200..600).contains(&y) {
            true => {
                if letters(x, y) {
                    20
                } else {
                    245
                }
            }
            false => 12,
        });
        for (name, page) in [("print", print), ("black", black), ("a slip on black", slip)] {
            assert!(turned_over(&page).is_none(), "{name}");
        }
    }
}
