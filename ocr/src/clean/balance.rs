//! Yellowed and tinted paper made grey as bright as its brightest part, so that the colour of ink says what ink it is: on yellow paper blue ink is grey.

use super::colour::commonest;
use native::PageRaster;

/// Parts of the paper's colour that lie this close together are white or grey already.
const NEUTRAL: u8 = 5;
/// Brightness around the commonest that still is paper.
const SPREAD: u8 = 12;
/// Paper is no darker than this in any of its parts.
const DARKEST_PAPER: u8 = 120;

/// The same page on paper without colour; `None` where the page is grey, its paper is white or grey, or no paper can be told. Costs a
/// copy of the pixels.
pub(crate) fn on_grey_paper(raster: &PageRaster) -> Option<PageRaster> {
    if raster.channels != 3 {
        return None;
    }
    let paper = paper_colour(raster.size.width_px, raster.pixels())?;
    let (least, most) = (*paper.iter().min()?, *paper.iter().max()?);
    if most - least <= NEUTRAL || least < DARKEST_PAPER {
        return None;
    }
    let tables = paper.map(|paper| -> [u8; 256] {
        let (paper, most) = (u32::from(paper), u32::from(most));
        std::array::from_fn(|v| ((v as u32 * most + paper / 2) / paper).min(255) as u8)
    });
    let mut pixels = raster.pixels().to_vec();
    for pixel in pixels.as_chunks_mut::<3>().0 {
        *pixel = std::array::from_fn(|part| tables[part][usize::from(pixel[part])]);
    }
    Some(PageRaster::from_pixels(raster.size, 3, raster.bilevel, pixels))
}

/// Red, green and blue of the page's commonest brightness, from every fourth pixel of every fourth row.
fn paper_colour(width: u32, rgb: &[u8]) -> Option<[u8; 3]> {
    let rows = || rgb.chunks_exact(width.max(1) as usize * 3).step_by(4);
    let sample = || rows().flat_map(|row| row.as_chunks::<3>().0.iter().step_by(4));
    let common = commonest(sample().map(|p| p[1]));
    let (mut sums, mut count) = ([0_u64; 3], 0_u64);
    sample().filter(|p| p[1].abs_diff(common) <= SPREAD).for_each(|pixel| {
        sums.iter_mut().zip(pixel).for_each(|(sum, &part)| *sum += u64::from(part));
        count += 1;
    });
    (count > 0).then(|| sums.map(|sum| (sum / count) as u8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::PageSize;

    /// 80 x 80 px of paper with a bar of ink at the top of it.
    fn page(paper: [u8; 3], ink: [u8; 3]) -> PageRaster {
        let pixels = (0..80 * 80).flat_map(|i| if i < 80 * 8 { ink } else { paper }).collect();
        PageRaster::from_pixels(PageSize { width_px: 80, height_px: 80, dpi: 100 }, 3, false, pixels)
    }

    #[test]
    fn yellow_paper_becomes_grey_and_pale_blue_ink_blue() {
        let grey = on_grey_paper(&page([241, 228, 196], [112, 119, 150])).unwrap();
        let at = |i: usize| grey.pixels()[i * 3..][..3].to_vec();
        assert_eq!(at(80 * 40), [241, 241, 241]);
        let [r, g, b] = at(0)[..] else { unreachable!() };
        assert!(b - r > 60 && b - g > 50, "{r} {g} {b}");
    }

    #[test]
    fn white_grey_and_dark_pages_stay_as_they_are() {
        for paper in [[255, 255, 255], [200, 202, 199], [60, 40, 20]] {
            assert!(on_grey_paper(&page(paper, [10, 10, 10])).is_none(), "{paper:?}");
        }
        let size = PageSize { width_px: 2, height_px: 2, dpi: 100 };
        assert!(on_grey_paper(&PageRaster::from_pixels(size, 1, false, vec![9; 4])).is_none());
    }
}
