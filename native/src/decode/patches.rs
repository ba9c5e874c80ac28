//! Where two renderings of one page differ: the places of annotations.

use super::raster::Raster;
use crate::media::Patch;
use record::PxBox;

/// Side of the squares in which differences are gathered.
const CELL_PX: u32 = 16;
/// Squares at most this far apart belong to one patch.
const REACH_CELLS: i64 = 2;
/// Difference of a channel that counts: less is rounding, for both pages are drawn in different ways.
const TELLING: u8 = 32;
/// By how much a region is enlarged, for the soft edges of what was found.
const SOFT_PX: u32 = 2;

/// Crops of `with` (RGB), one for each region inside `places` where it differs from `without` (same size, RGB); from
/// top to bottom, not overlapping.
pub(super) fn differing(without: &Raster, with: &Raster, places: &[PxBox]) -> Vec<Patch> {
    let columns = with.width.div_ceil(CELL_PX);
    let rows = with.height.div_ceil(CELL_PX);
    let cells = differing_cells(without, with, places, columns, rows);
    let boxes = regions(&cells, columns, rows).into_iter().map(|found| {
        let soft = PxBox {
            left: found.left.saturating_sub(SOFT_PX),
            top: found.top.saturating_sub(SOFT_PX),
            right: found.right + SOFT_PX,
            bottom: found.bottom + SOFT_PX,
        };
        soft.intersect(&PxBox { left: 0, top: 0, right: with.width, bottom: with.height })
    });
    let boxes = merged(boxes.collect());
    boxes.into_iter().map(|bbox| Patch { bbox, rgb: crop(with, bbox) }).collect()
}

/// For each square the exact box of what differs in it.
fn differing_cells(without: &Raster, with: &Raster, places: &[PxBox], columns: u32, rows: u32) -> Vec<PxBox> {
    let mut cells = vec![PxBox::default(); columns as usize * rows as usize];
    for place in places {
        let part = place.left as usize * 3..place.right as usize * 3;
        for y in place.top..place.bottom {
            let (old, new) = (&without.row(y)[part.clone()], &with.row(y)[part.clone()]);
            if old == new {
                continue;
            }
            for (x, (a, b)) in (place.left..).zip(old.chunks_exact(3).zip(new.chunks_exact(3))) {
                if a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) >= TELLING) {
                    let cell = &mut cells[(y / CELL_PX * columns + x / CELL_PX) as usize];
                    *cell = cell.union(&PxBox { left: x, top: y, right: x + 1, bottom: y + 1 });
                }
            }
        }
    }
    cells
}

/// Boxes around groups of neighbouring squares.
fn regions(cells: &[PxBox], columns: u32, rows: u32) -> Vec<PxBox> {
    let mut seen = vec![false; cells.len()];
    let mut found = Vec::new();
    for start in 0..cells.len() {
        if seen[start] || cells[start].is_empty() {
            continue;
        }
        seen[start] = true;
        let mut around = PxBox::default();
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            around = around.union(&cells[at]);
            let (cx, cy) = (at as i64 % i64::from(columns), at as i64 / i64::from(columns));
            for y in (cy - REACH_CELLS).max(0)..=(cy + REACH_CELLS).min(i64::from(rows) - 1) {
                for x in (cx - REACH_CELLS).max(0)..=(cx + REACH_CELLS).min(i64::from(columns) - 1) {
                    let next = (y * i64::from(columns) + x) as usize;
                    if !seen[next] && !cells[next].is_empty() {
                        seen[next] = true;
                        open.push(next);
                    }
                }
            }
        }
        found.push(around);
    }
    found
}

/// Joins boxes until none overlap.
fn merged(mut boxes: Vec<PxBox>) -> Vec<PxBox> {
    loop {
        let pair = (0..boxes.len())
            .flat_map(|i| (i + 1..boxes.len()).map(move |j| (i, j)))
            .find(|&(i, j)| !boxes[i].intersect(&boxes[j]).is_empty());
        let Some((i, j)) = pair else { break };
        let other = boxes.swap_remove(j);
        boxes[i] = boxes[i].union(&other);
    }
    boxes.sort_by_key(|b| (b.top, b.left));
    boxes
}

fn crop(raster: &Raster, bbox: PxBox) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(bbox.width() as usize * bbox.height() as usize * 3);
    for y in bbox.top..bbox.bottom {
        rgb.extend_from_slice(&raster.row(y)[bbox.left as usize * 3..bbox.right as usize * 3]);
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_marks_and_joins_near_ones() {
        let blank = Raster::white(300, 200, 3);
        let mut marked = blank.clone();
        let mut dot = |x: usize, y: usize| {
            let at = (y * 300 + x) * 3;
            marked.pixels[at..at + 3].copy_from_slice(&[200, 0, 0]);
        };
        dot(10, 10);
        dot(40, 30);
        dot(250, 150);
        dot(250, 190);
        let patches = differing(&blank, &marked, &[PxBox { left: 0, top: 0, right: 300, bottom: 180 }]);
        let boxes: Vec<PxBox> = patches.iter().map(|p| p.bbox).collect();
        assert_eq!(
            boxes,
            [
                PxBox { left: 8, top: 8, right: 43, bottom: 33 },
                PxBox { left: 248, top: 148, right: 253, bottom: 153 }
            ]
        );
        assert_eq!(patches[1].rgb[(2 * 5 + 2) * 3..][..3], [200, 0, 0]);
        assert_eq!(patches[0].rgb.len(), 35 * 25 * 3);
        assert!(differing(&blank, &blank, &[PxBox { left: 0, top: 0, right: 300, bottom: 200 }]).is_empty());
    }
}
