//! The rows of a picture that some lines stand in, one strip below the other: to read three lines again, no more is sampled and
//! handed over than they need.

use crate::clean::grey::Grey;
use record::PxBox;
use std::ops::Range;

/// Rows kept above and below a line.
const MARGIN_PX: u32 = 4;
/// Strips that make up more than this share of the picture, in hundredths, are all of it.
const NEARLY_ALL: u32 = 70;

/// Which rows of a picture are kept, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strips(Vec<Range<u32>>);

impl Strips {
    /// Around areas of a picture of this height.
    pub(crate) fn around(areas: &[PxBox], height: u32) -> Self {
        let rows = |b: &PxBox| b.top.saturating_sub(MARGIN_PX)..(b.bottom + MARGIN_PX).min(height);
        let mut wanted: Vec<Range<u32>> = areas.iter().map(rows).collect();
        wanted.sort_by_key(|rows| rows.start);
        let mut strips: Vec<Range<u32>> = Vec::new();
        for rows in wanted {
            match strips.last_mut().filter(|last| rows.start <= last.end) {
                Some(last) => last.end = last.end.max(rows.end),
                None => strips.push(rows),
            }
        }
        let kept: u32 = strips.iter().map(|rows| rows.len() as u32).sum();
        if u64::from(kept) * 100 > u64::from(height) * u64::from(NEARLY_ALL) {
            return Self(std::iter::once(0..height).collect());
        }
        Self(strips)
    }

    /// The strips of a picture `width` pixels wide below each other; `of` gives the rows of each.
    pub(crate) fn stacked<'a>(&self, width: u32, of: impl Fn(&Range<u32>) -> Grey<'a>) -> Grey<'a> {
        if let [all] = self.0.as_slice() {
            return of(all);
        }
        let height: u32 = self.0.iter().map(|rows| rows.len() as u32).sum();
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        self.0.iter().for_each(|rows| pixels.extend_from_slice(&of(rows).pixels));
        Grey::new(width, height, pixels)
    }

    /// How much higher an area of the picture lies on the stack.
    pub(crate) fn lifted(&self, area: &PxBox) -> u32 {
        let (mut lifted, mut end) = (0, 0);
        for rows in self.0.iter().take_while(|rows| rows.start <= area.top) {
            lifted += rows.start - end;
            end = rows.end;
        }
        lifted
    }
}

/// A box that much higher.
pub(crate) fn raised(b: &PxBox, by: u32) -> PxBox {
    PxBox { top: b.top - by, bottom: b.bottom - by, ..*b }
}

/// A box that much lower.
pub(crate) fn lowered(b: &PxBox, by: u32) -> PxBox {
    PxBox { top: b.top + by, bottom: b.bottom + by, ..*b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(top: u32, bottom: u32) -> PxBox {
        PxBox { left: 1, top, right: 2, bottom }
    }

    #[test]
    fn lines_near_each_other_share_a_strip_and_all_find_their_rows_again() {
        let areas = [area(500, 530), area(100, 130), area(132, 160), area(0, 20)];
        let strips = Strips::around(&areas, 1000);
        assert_eq!(strips.0, [0..24, 96..164, 496..534]);
        let page = Grey::new(3, 1000, (0..3000).map(|at| (at / 3 % 251) as u8).collect());
        let stack = strips.stacked(3, |rows| page.crop(0, rows.start, 3, rows.end));
        assert_eq!((stack.width, stack.height), (3, 24 + 68 + 38));
        for area in &areas {
            let there = raised(area, strips.lifted(area));
            assert_eq!(stack.pixels[there.top as usize * 3], (area.top % 251) as u8, "{area:?}");
            assert_eq!(lowered(&there, strips.lifted(area)), *area);
        }
    }

    #[test]
    fn most_of_a_page_is_the_page() {
        let only = |area: PxBox| {
            let strips = Strips::around(&[area], 1000).0;
            assert_eq!(strips.len(), 1);
            strips[0].clone()
        };
        assert_eq!(only(area(10, 800)), 0..1000);
        assert_eq!(only(area(900, 1000)), 896..1000);
    }
}
