//! The invisible text over the picture: every word in render mode 3, scaled so that its advance is the width of
//! its box, on the baseline of its line.
//!
//! Between two words stands one space, as wide as the gap, so that copied text has single spaces and viewers
//! find lines by position. The height is the line's, not the word's: what is marked in a viewer is an even band,
//! as in born-digital PDFs.

use super::font::{ADVANCE, ASCENT, Characters, DESCENT};
use super::{FONT_NAME, round3};
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Str};
use record::{Line, PageSize, PageText, PxBox, Turn};

/// A baseline steeper than this is no baseline of a line read from left to right.
const MAX_SLOPE: f32 = 0.2;

/// Writes the whole text of a page: body blocks in their order, then the marks. Text of a page that lies turned is laid out
/// on the page as it is read and turned with it.
pub(super) fn write(content: &mut Content, text: &PageText, characters: &mut Characters) {
    let turned = text.turn != Turn::Upright;
    if turned {
        content.save_state().transform(turn_matrix(text.turn, text.size));
    }
    let text = &text.upright();
    let of_kind = |mark| text.blocks.iter().filter(move |block| block.kind.is_mark() == mark);
    let lines = of_kind(false).chain(of_kind(true)).flat_map(|block| &block.lines);
    content.begin_text().set_text_rendering_mode(TextRenderingMode::Invisible);
    for line in lines {
        write_line(content, line, text.size, characters);
    }
    content.end_text();
    if turned {
        content.restore_state();
    }
}

/// From points of the page as it is read to points of the page as it lies, both counted from their bottom left corner.
fn turn_matrix(turn: Turn, size: PageSize) -> [f32; 6] {
    let (width, height) = size.points();
    let (width, height) = (round3(width), round3(height));
    match turn {
        Turn::Upright => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        Turn::Right => [0.0, 1.0, -1.0, 0.0, width, 0.0],
        Turn::Half => [-1.0, 0.0, 0.0, -1.0, width, height],
        Turn::Left => [0.0, -1.0, 1.0, 0.0, 0.0, height],
    }
}

/// Where a line stands, in pixels.
#[derive(Debug, PartialEq)]
struct Place {
    /// Pixels that the baseline falls per pixel to the right.
    slope: f32,
    /// Of the baseline at the line's left end.
    left: f32,
    baseline: f32,
    font_size: f32,
}

fn place(line: &Line) -> Place {
    let PxBox { left, top, bottom, .. } = line.bbox;
    let (top, bottom) = (top as f32, bottom as f32);
    let width = line.bbox.width().max(1) as f32;
    let (start, end) = (line.baseline.0 as f32, line.baseline.1 as f32);
    let mut slope = (end - start) / width;
    let mut baseline = start;
    let inside = |y: f32| y > top && y <= bottom;
    if slope.abs() > MAX_SLOPE || !(inside(start) || inside(end)) {
        (slope, baseline) = (0.0, bottom);
    }
    // Measured word by word: on a skewed page the line's box is higher than its print.
    let boxes = line.words.iter().map(|word| &word.bbox).chain(line.words.is_empty().then_some(&line.bbox));
    let (mut heights, mut aboves, mut belows) = (Vec::new(), Vec::new(), Vec::new());
    for bbox in boxes {
        let box_width = bbox.width() as f32;
        let skewed = slope.abs() * box_width;
        let here = baseline + slope * (bbox.left as f32 + box_width / 2.0 - left as f32);
        heights.push(bbox.height() as f32 - skewed);
        aboves.push(here - bbox.top as f32 - skewed / 2.0);
        belows.push(bbox.bottom as f32 - here - skewed / 2.0);
    }
    let [height, above, below] = [heights, aboves, belows].map(nearly_largest);
    let height = height.max(1.0);
    let font_size = (above / ASCENT).max(below / DESCENT).clamp(height * 0.9, height * 1.2);
    Place { slope, left: left as f32, baseline, font_size }
}

/// The largest, in long lines without the top tenth: engines put a neighbour's accent into a box now and then.
fn nearly_largest(mut sizes: Vec<f32>) -> f32 {
    sizes.sort_by(f32::total_cmp);
    sizes[(sizes.len() - 1) * 9 / 10]
}

fn write_line(content: &mut Content, line: &Line, size: PageSize, characters: &mut Characters) {
    let Place { slope, left, baseline, font_size } = place(line);
    let scale = 72.0 / size.dpi as f32;
    let (_, page_height) = size.points();
    let font_pt = round3(font_size * scale).max(0.001);
    content.set_font(FONT_NAME, font_pt);
    let space = characters.encode(" ");
    // Percent that makes `count` characters `width_px` wide.
    let percent = |width_px: f32, count: usize| {
        round3(100.0 * width_px * scale / (count as f32 * ADVANCE * font_pt)).max(0.001)
    };
    let words: Vec<_> = line.words.iter().filter(|word| !word.text.is_empty()).collect();
    for (idx, word) in words.iter().enumerate() {
        let (left_px, width_px) = (word.bbox.left as f32, word.bbox.width().max(1) as f32);
        let y_px = baseline + slope * (left_px + width_px / 2.0 - left);
        let codes = characters.encode(&word.text);
        // Each word level at its own height: along a slanted baseline poppler breaks words into pieces.
        let (x, y) = (round3(left_px * scale), round3(page_height - y_px * scale));
        content.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        content.set_horizontal_scaling(percent(width_px, codes.len() / 2));
        content.show(Str(&codes));
        if let Some(next) = words.get(idx + 1) {
            let gap = next.bbox.left.saturating_sub(word.bbox.right).max(1) as f32;
            content.set_horizontal_scaling(percent(gap, 1)).show(Str(&space));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bbox: [u32; 4], baseline: (u32, u32)) -> Line {
        let [left, top, right, bottom] = bbox;
        Line { bbox: PxBox { left, top, right, bottom }, baseline, words: vec![] }
    }

    #[test]
    fn a_line_keeps_its_baseline() {
        let straight = place(&line([100, 50, 900, 100], (90, 90)));
        assert_eq!(straight, Place { slope: 0.0, left: 100.0, baseline: 90.0, font_size: 50.0 });
        let skewed = place(&line([0, 50, 1000, 120], (90, 110)));
        assert_eq!((skewed.slope, skewed.baseline, skewed.font_size), (0.02, 90.0, 50.0));
    }

    #[test]
    fn a_baseline_that_cannot_be_is_left_out() {
        let outside = place(&line([0, 50, 1000, 100], (10, 10)));
        assert_eq!((outside.slope, outside.baseline), (0.0, 100.0));
        let steep = place(&line([0, 0, 20, 100], (10, 90)));
        assert_eq!((steep.slope, steep.baseline), (0.0, 100.0));
        let empty = place(&line([0, 0, 0, 0], (0, 0)));
        assert!(empty.font_size > 0.0);
    }
}
