//! Rows for columns.

use native::wide;

/// Side of the squares that are turned at once: as many bytes as a word has.
const SQUARE: usize = 8;
/// Side of the tiles that squares are taken from, so that neither side leaves the cache.
const TILE: usize = 64;

/// The rows of `pixels`, each `width` long, as columns; what is left of a row that is not whole is dropped. They are written over
/// what `out` held, whose memory need not be fetched and cleared then.
pub(crate) fn transposed(pixels: &[u8], width: usize, mut out: Vec<u8>) -> Vec<u8> {
    let height = pixels.len().checked_div(width).unwrap_or(0);
    out.resize(width * height, 0);
    wide(|| turn_all(pixels, width, height, &mut out));
    out
}

#[inline(always)]
fn turn_all(pixels: &[u8], width: usize, height: usize, out: &mut [u8]) {
    let (across, down) = (width - width % SQUARE, height - height % SQUARE);
    for (top, left) in (0..down).step_by(TILE).flat_map(|y| (0..across).step_by(TILE).map(move |x| (y, x))) {
        for y in (top..down.min(top + TILE)).step_by(SQUARE) {
            for x in (left..across.min(left + TILE)).step_by(SQUARE) {
                let row = |n: usize| pixels[(y + n) * width + x..].first_chunk().expect("a whole square");
                let columns = turned(std::array::from_fn(|n| u64::from_le_bytes(*row(n))));
                for (n, column) in columns.into_iter().enumerate() {
                    out[(x + n) * height + y..][..SQUARE].copy_from_slice(&column.to_le_bytes());
                }
            }
        }
    }
    let mut turn = |x: usize, y: usize| out[x * height + y] = pixels[y * width + x];
    (0..down).for_each(|y| (across..width).for_each(|x| turn(x, y)));
    (down..height).for_each(|y| (0..width).for_each(|x| turn(x, y)));
}

/// A square of bytes with rows for columns: halves are changed for each other, then quarters, then bytes.
#[inline(always)]
fn turned(mut rows: [u64; SQUARE]) -> [u64; SQUARE] {
    for (apart, mask) in [(4, 0x0000_0000_ffff_ffff), (2, 0x0000_ffff_0000_ffff), (1, 0x00ff_00ff_00ff_00ff)]
    {
        for at in (0..SQUARE).filter(|at| at & apart == 0) {
            let changed = ((rows[at] >> (8 * apart)) ^ rows[at + apart]) & mask;
            rows[at] ^= changed << (8 * apart);
            rows[at + apart] ^= changed;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        assert_eq!(transposed(&[1, 2, 3, 4, 5, 6], 3, vec![9; 8]), [1, 4, 2, 5, 3, 6]);
        assert_eq!(transposed(&[], 0, Vec::new()), [0; 0]);
        for (width, height) in [(1, 9), (8, 8), (64, 16), (70, 67), (131, 200)] {
            let pixels: Vec<u8> = (0..width * height).map(|at| (at * 37 % 251) as u8).collect();
            let plain: Vec<u8> = (0..width)
                .flat_map(|x| (0..height).map(move |y| y * width + x))
                .map(|at| pixels[at])
                .collect();
            assert!(transposed(&pixels, width, Vec::new()) == plain, "{width} x {height}");
        }
    }
}
