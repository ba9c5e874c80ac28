//! Specks: dust of fewer pixels than any dot has, alone on black-and-white paper. Dots of letters (i, ạ), full stops and leaders stay: they have
//! print or another dot beside them.

use super::components::{Component, components_up_to};
use super::grey::Grey;

/// Groups of ink that begin on a page of print at most, those that join further down counted apart; more are a raster of dots.
const MOST_BEGUN: usize = 40_000;
/// Side of a square of ink that still is a speck, in inches: 0.3 mm, where the full stop of 10 points has 0.4.
const SIDE_INCHES: f32 = 0.012;
/// A speck is alone when no other ink lies within this, in inches: a dot under a letter is 1 mm away, dots of a leader 2.
const ALONE_INCHES: f32 = 0.1;
/// Ink of this many specks around it is print, or too many specks to tell from print.
const PRINT: usize = 3;

/// A black-and-white page of `dpi` without its specks; `None` where there are none.
pub(crate) fn without_specks(page: &Grey<'_>, dpi: u32) -> Option<Grey<'static>> {
    let most = (dpi as f32 * SIDE_INCHES).powi(2).max(2.0) as u32;
    let ink = Grey::new(page.width, page.height, page.pixels.iter().map(|v| 255 - v).collect());
    let mut groups = components_up_to(&ink, 127, MOST_BEGUN)?;
    groups.retain(|c| c.area <= most && is_alone(&ink, c, dpi, most));
    if groups.is_empty() {
        return None;
    }
    let mut cleared = page.pixels.to_vec();
    for speck in groups {
        for y in speck.top..speck.bottom {
            let row = &mut cleared[y as usize * page.width as usize..];
            row[speck.left as usize..speck.right as usize].fill(255);
        }
    }
    Some(Grey::new(page.width, page.height, cleared))
}

/// Whether neither print nor a dot in the same row is near.
fn is_alone(ink: &Grey<'_>, speck: &Component, dpi: u32, most: u32) -> bool {
    let reach = (dpi as f32 * ALONE_INCHES) as u32;
    let (left, right) = (speck.left.saturating_sub(reach), (speck.right + reach).min(ink.width));
    let (top, bottom) = (speck.top.saturating_sub(reach), (speck.bottom + reach).min(ink.height));
    let row = speck.top.saturating_sub(1)..speck.bottom + 1;
    let (mut around, mut beside) = (0, 0);
    for y in top..bottom {
        let dark = &ink.pixels[(y * ink.width + left) as usize..(y * ink.width + right) as usize];
        let count = dark.iter().filter(|v| **v > 127).count();
        around += count;
        beside += if row.contains(&y) { count } else { 0 };
    }
    let own = speck.area as usize;
    beside == own && around - own < PRINT * most as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (400, 200);

    fn page(ink: &[(u32, u32, u32, u32)]) -> Grey<'static> {
        let is_ink =
            |x: u32, y: u32| ink.iter().any(|&(l, t, r, b)| (l..r).contains(&x) && (t..b).contains(&y));
        let pixels = (0..SIZE.0 * SIZE.1).map(|i| if is_ink(i % SIZE.0, i / SIZE.0) { 0 } else { 255 });
        Grey::new(SIZE.0, SIZE.1, pixels.collect())
    }

    fn is_ink(grey: &Grey<'_>, x: u32, y: u32) -> bool {
        grey.pixels[(y * SIZE.0 + x) as usize] == 0
    }

    /// A letter of the height of small print at 100 dpi.
    const LETTER: (u32, u32, u32, u32) = (100, 100, 105, 107);

    #[test]
    fn dust_far_from_print_goes() {
        let cleared =
            without_specks(&page(&[LETTER, (300, 50, 301, 51), (200, 150, 202, 151)]), 100).unwrap();
        assert!(!is_ink(&cleared, 300, 50) && !is_ink(&cleared, 200, 150));
        assert!(is_ink(&cleared, 102, 103));
    }

    #[test]
    fn dots_of_letters_stops_and_leaders_stay() {
        // under the letter (ạ), over it (i), behind it (.), and a leader that runs on far from any letter
        let mut ink = vec![LETTER, (102, 110, 103, 111), (102, 96, 103, 97), (108, 106, 109, 107)];
        ink.extend((0..20).map(|n| (150 + 8 * n, 106, 151 + 8 * n, 107)));
        assert!(without_specks(&page(&ink), 100).is_none());
    }

    #[test]
    fn the_dots_of_print_stay_pixel_by_pixel() {
        // "lệ ạậ ọ i. ......" in 12 points at 100 dpi: dots of one to four pixels
        #[rustfmt::skip]
        const PRINT: [&str; 15] = [
            "...##.....##................##............................................................",
            "....#....##.#..............#.##..................##.......................................",
            "....#.............................................#.......................................",
            "....#.....................................................................................",
            "....#....####.......####...####.......####.......##.......................................",
            "....#...##..##.....#...#..#...#......##...#.......#.......................................",
            "....#...#...##.........#......#......#....##......#.......................................",
            "....#...######......####...####......#....##......#.......................................",
            "....#...#..........#...#..#...#......#....##......#.......................................",
            "....#...#..........#...#..#...#......#....##......#.......................................",
            "....#...##.........#...#..#...#......##...#.......#...##......##..##..##..##..##..##......",
            "...###...####......###.##.###.##......####.......###..##......##..##..##..##..##..##......",
            "..........................................................................................",
            "..........##.........#......#..........##.................................................",
            "..........##.........#......#...........#.................................................",
        ];
        let (left, top) = (100, 100);
        let mut dots = Vec::new();
        for (y, row) in (top..).zip(PRINT) {
            let inked = (left..).zip(row.bytes()).filter(|(_, b)| *b == b'#');
            dots.extend(inked.map(|(x, _)| (x, y, x + 1, y + 1)));
        }
        let plain = page(&dots);
        assert!(without_specks(&plain, 100).is_none());
        dots.extend([(90, 60, 91, 61), (230, 118, 232, 119), (300, 20, 301, 21)]);
        assert_eq!(without_specks(&page(&dots), 100).as_ref(), Some(&plain));
    }

    #[test]
    fn dots_larger_than_specks_stay_wherever_they_are() {
        assert!(without_specks(&page(&[(300, 50, 302, 52)]), 100).is_none());
        assert!(without_specks(&page(&[]), 100).is_none());
        assert!(without_specks(&page(&[(300, 50, 304, 54)]), 300).is_none());
        let finer = without_specks(&page(&[(300, 50, 303, 53)]), 300).expect("a speck at 300 dpi");
        assert!(!is_ink(&finer, 301, 51));
    }

    #[test]
    fn a_page_strewn_with_specks_is_left_as_it_is() {
        let dot = |n: u32| (n * 37 % 397, n * 53 % 199, n * 37 % 397 + 1, n * 53 % 199 + 1);
        let strewn: Vec<_> = (0..4000).map(dot).collect();
        assert!(without_specks(&page(&strewn), 100).is_none());
    }
}
