//! The invisible text over the picture: every word in render mode 3, scaled so that its advance is the width of
//! its box, on the baseline of its line.
//!
//! Between two words stands one space, as wide as the gap, so that copied text has single spaces and viewers
//! find lines by position. The height is the line's, not the word's: what is marked in a viewer is an even band,
//! as in born-digital PDFs.

use super::font::{ADVANCE, ASCENT, Characters};
use super::{FONT_NAME, round3};
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Str};
use record::{BlockKind, Line, PageSize, PageText, PxBox};

/// A baseline steeper than this is no baseline of a line read from left to right.
const MAX_SLOPE: f32 = 0.2;

/// Writes the whole text of a page: body blocks in their order, then the marks.
pub(super) fn write(content: &mut Content, text: &PageText, characters: &mut Characters) {
    let of_kind = |kind| text.blocks.iter().filter(move |block| block.kind == kind);
    let lines = of_kind(BlockKind::Body).chain(of_kind(BlockKind::Mark)).flat_map(|block| &block.lines);
    content.begin_text().set_text_rendering_mode(TextRenderingMode::Invisible);
    for line in lines {
        write_line(content, line, text.size, characters);
    }
    content.end_text();
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
    // A skewed line's box is higher than its print.
    let height = (bottom - top - slope.abs() * width).max(1.0);
    let above = baseline.max(baseline + slope * width) - top - slope.abs() * width;
    let font_size = (above / ASCENT).clamp(height * 0.9, height * 1.3);
    Place { slope, left: left as f32, baseline, font_size }
}

fn write_line(content: &mut Content, line: &Line, size: PageSize, characters: &mut Characters) {
    let Place { slope, left, baseline, font_size } = place(line);
    let scale = 72.0 / size.dpi as f32;
    let (_, page_height) = size.points();
    let stretch = (1.0 + slope * slope).sqrt();
    let (cos, sin) = (1.0 / stretch, -slope / stretch);
    let font_pt = round3(font_size * scale).max(0.001);
    content.set_font(FONT_NAME, font_pt);
    let space = characters.encode(" ");
    // Percent that makes `count` characters as wide as `width_px` measured along the slanted baseline.
    let percent = |width_px: f32, count: usize| {
        round3(100.0 * width_px * stretch * scale / (count as f32 * ADVANCE * font_pt)).max(0.001)
    };
    let words: Vec<_> = line.words.iter().filter(|word| !word.text.is_empty()).collect();
    for (idx, word) in words.iter().enumerate() {
        let x_px = word.bbox.left as f32;
        let y_px = baseline + slope * (x_px - left);
        let (x, y) = (round3(x_px * scale), round3(page_height - y_px * scale));
        let codes = characters.encode(&word.text);
        content.set_text_matrix([cos, sin, -sin, cos, x, y]);
        content.set_horizontal_scaling(percent(word.bbox.width().max(1) as f32, codes.len() / 2));
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
