//! A stamp below or above black print: where a black stroke crosses a coloured one, the coloured one is taken to go on. Pure.

/// Darker than this in all three parts, and without colour, is print; stamping ink, even dark blue, has colour.
const PRINT_BELOW: u8 = 170;
const MOST_COLOUR: u8 = 60;

/// Whether a pixel is print, as far as its colour tells.
pub(super) fn is_print(p: [u8; 3]) -> bool {
    let (least, most) = (p[0].min(p[1]).min(p[2]), p[0].max(p[1]).max(p[2]));
    most < PRINT_BELOW && most - least < MOST_COLOUR
}

/// Fills runs of print no longer than `reach`, level, upright or slanting, as deep as the shallower of what stands at their two
/// ends. `depths` are 0 for paper; both are row by row, `width` wide.
pub(super) fn across(depths: &mut [u8], is_print: &[bool], width: usize, reach: usize) {
    let height = depths.len() / width.max(1);
    let before = depths.to_vec();
    for (dx, dy) in [(1_isize, 0_isize), (0, 1), (1, 1), (1, -1)] {
        let step = |at: usize| {
            let (x, y) = ((at % width).checked_add_signed(dx)?, (at / width).checked_add_signed(dy)?);
            (x < width && y < height).then_some(y * width + x)
        };
        for start in 0..depths.len() {
            let Some(first) = step(start) else { continue };
            if is_print[start] || before[start] == 0 || !is_print[first] {
                continue;
            }
            let run = || std::iter::successors(Some(first), |&at| step(at).filter(|&next| is_print[next]));
            let Some(end) =
                run().take(reach + 1).last().filter(|_| run().nth(reach).is_none()).and_then(step)
            else {
                continue;
            };
            let depth = before[start].min(before[end]);
            run().for_each(|at| depths[at] = depths[at].max(depth));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 9 x 9: a coloured bar of depth 200 across the middle, crossed by print three wide.
    fn crossed(reach: usize) -> Vec<u8> {
        let print: Vec<bool> = (0..81).map(|i| (3..6).contains(&(i % 9))).collect();
        let mut depths: Vec<u8> =
            (0..81).map(|i| if (3..6).contains(&(i / 9)) && !print[i] { 200 } else { 0 }).collect();
        across(&mut depths, &print, 9, reach);
        depths
    }

    #[test]
    fn a_stroke_goes_on_below_print_and_print_beside_it_is_left_out() {
        let bridged = crossed(3);
        assert!((3..6).all(|y| (0..9).all(|x| bridged[y * 9 + x] == 200)), "{bridged:?}");
        assert!((0..9).all(|x| bridged[x] == 0 && bridged[72 + x] == 0), "{bridged:?}");
        assert_eq!(crossed(2)[4 * 9 + 4], 0, "too wide to be a stroke");
    }

    #[test]
    fn print_is_told_from_ink() {
        assert!(is_print([30, 28, 33]) && is_print([120, 118, 119]));
        for ink in [[228, 11, 15], [43, 62, 158], [96, 52, 140], [250, 248, 244]] {
            assert!(!is_print(ink), "{ink:?}");
        }
    }
}
