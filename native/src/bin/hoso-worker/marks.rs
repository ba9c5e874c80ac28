//! Tone marks and dots that layout analysis keeps apart from the letters they belong to: it tells how far the words of a row
//! reach with them, not where each lies.

use native::GreyView;

/// Boxes (left, top, right, bottom) of groups of pixels darker than `ink` that lie inside `area`, outside all `letters`, and
/// do not reach out of the area, as what belongs to the next line does.
pub(crate) fn loose(
    [left, top, right, bottom]: [u32; 4],
    letters: &[[u32; 4]],
    image: &GreyView<'_>,
    ink: u8,
) -> Vec<[u32; 4]> {
    let (width, height) = ((right - left) as usize, (bottom - top) as usize);
    let stride = image.width_px as usize;
    // ink to be walked over; what is white, covered or walked over already is not
    let mut ahead = vec![false; width * height];
    for (row, y) in ahead.chunks_exact_mut(width).zip(top as usize..) {
        let pixels = &image.pixels[y * stride + left as usize..][..width];
        row.iter_mut().zip(pixels).for_each(|(ahead, &v)| *ahead = v < ink);
    }
    for &[l, t, r, b] in letters {
        let (l, r) = (l.clamp(left, right) - left, r.clamp(left, right) - left);
        for y in t.max(top)..b.min(bottom) {
            let row = (y - top) as usize * width;
            ahead[row + l as usize..row + r.max(l) as usize].fill(false);
        }
    }
    let (mut marks, mut todo) = (Vec::new(), Vec::new());
    for start in 0..ahead.len() {
        if !ahead[start] {
            continue;
        }
        ahead[start] = false;
        todo.push(start);
        let (mut l, mut t, mut r, mut b) = (width, height, 0, 0);
        while let Some(at) = todo.pop() {
            let (x, y) = (at % width, at / width);
            (l, t, r, b) = (l.min(x), t.min(y), r.max(x + 1), b.max(y + 1));
            for y in y.saturating_sub(1)..(y + 2).min(height) {
                for next in (x.saturating_sub(1)..(x + 2).min(width)).map(|x| y * width + x) {
                    if ahead[next] {
                        ahead[next] = false;
                        todo.push(next);
                    }
                }
            }
        }
        if l > 0 && t > 0 && r < width && b < height {
            marks.push([left + l as u32, top + t as u32, left + r as u32, top + b as u32]);
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_over_a_letter_is_found_and_the_next_lines_tail_is_not() {
        let rows = [
            "......#.......",
            "......#.......",
            "..##..........",
            ".....##.......",
            "..........#...",
            ".####.####....",
            ".#..#.#..#....",
            ".####.####....",
            "..............",
            "...........#..",
            "...........#..",
        ];
        let pixels: Vec<u8> =
            rows.iter().flat_map(|r| r.bytes().map(|b| if b == b'#' { 0 } else { 255 })).collect();
        let image = GreyView { width_px: 14, height_px: 11, dpi: 300, pixels: &pixels };
        let letters = [[1, 5, 5, 8], [6, 5, 10, 8]];
        let found = loose([0, 1, 14, 10], &letters, &image, 128);
        // the grave over the first letter, a piece above the second, and the dot that touches its corner
        assert_eq!(found, [[2, 2, 4, 3], [5, 3, 7, 4], [10, 4, 11, 5]]);
        assert_eq!(loose([0, 0, 14, 11], &[[0, 0, 14, 11]], &image, 128), [[0; 4]; 0]);
    }
}
