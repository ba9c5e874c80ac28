//! Reading order of the national header: two cells side by side, the issuing body left, the motto right. Layout analysis
//! reads across both; here the left cell is put first, then the right one. Everything else stays as the engine gave it.

use record::{Block, BlockKind, Line, PageText, PxBox, Word};
use vitext::fold_ascii;

/// Words of the motto's first line, folded.
const MOTTO: [&str; 8] = ["CONG", "HOA", "XA", "HOI", "CHU", "NGHIA", "VIET", "NAM"];
/// How many of them must stand in one line.
const ENOUGH: usize = 5;
/// Lines of a header cell below the motto at most.
const MOST_LINES: usize = 9;

/// Puts the cells of the national header in order; a page without the motto, or with one cell only, is left alone.
pub(crate) fn header_cells(text: &mut PageText) {
    let Some((motto, left_end, right_start)) = motto(text) else { return };
    let height = motto.height().max(1);
    let mut channel = (left_end, right_start);
    let mut bottom = motto.bottom;
    let (mut left, mut right): (Vec<Word>, Vec<Word>) = (Vec::new(), Vec::new());
    let mut rows: Vec<PxBox> = text.blocks.iter().flat_map(|b| &b.lines).map(|l| l.bbox).collect();
    rows.retain(|b| b.bottom + height > motto.top && b.top < motto.top + height * 3 * MOST_LINES as u32);
    rows.sort_by_key(|b| b.top + b.bottom);
    let mut taken = Vec::new();
    for row in rows {
        if row.top > bottom + height * 3 {
            break;
        }
        let words =
            text.blocks.iter().flat_map(|b| &b.lines).filter(|l| l.bbox == row).flat_map(|l| &l.words);
        let words: Vec<&Word> = words.collect();
        let middle = (channel.0 + channel.1) / 2;
        let is_left = |w: &Word| (w.bbox.left + w.bbox.right) / 2 < middle;
        let end = words.iter().filter(|w| is_left(w)).map(|w| w.bbox.right).max().unwrap_or(0).max(channel.0);
        let start = words
            .iter()
            .filter(|w| !is_left(w))
            .map(|w| w.bbox.left)
            .min()
            .unwrap_or(u32::MAX)
            .min(channel.1);
        if start < end + height / 2 || taken.len() > 2 * MOST_LINES {
            break;
        }
        channel = (end, start);
        bottom = bottom.max(row.bottom);
        taken.push(row);
        let (l, r): (Vec<&Word>, Vec<&Word>) = words.into_iter().partition(|w| is_left(w));
        left.extend(l.into_iter().cloned());
        right.extend(r.into_iter().cloned());
    }
    if left.is_empty() || right.is_empty() {
        return;
    }
    let is_header = |l: &Line| taken.contains(&l.bbox);
    let at = text.blocks.iter().position(|b| b.lines.iter().any(is_header)).unwrap_or(0);
    let cells = [cell(text, &taken, &left), cell(text, &taken, &right)];
    for block in &mut text.blocks {
        block.lines.retain(|l| !is_header(l));
        block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
    }
    text.blocks.splice(at..at, cells);
    text.blocks.retain(|b| !b.lines.is_empty());
}

/// The words of one cell, in the lines they came in, from top to bottom.
fn cell(text: &PageText, taken: &[PxBox], words: &[Word]) -> Block {
    let mut lines: Vec<Line> = Vec::new();
    for line in text.blocks.iter().flat_map(|b| &b.lines).filter(|l| taken.contains(&l.bbox)) {
        let kept: Vec<Word> = line.words.iter().filter(|w| words.contains(w)).cloned().collect();
        if !kept.is_empty() {
            lines.push(Line {
                bbox: PxBox::around(kept.iter().map(|w| &w.bbox)),
                baseline: line.baseline,
                words: kept,
            });
        }
    }
    lines.sort_by_key(|l| l.bbox.top + l.bbox.bottom);
    Block { kind: BlockKind::Body, bbox: PxBox::around(lines.iter().map(|l| &l.bbox)), lines }
}

/// Box of the motto's words, the right end of what stands left of them in that line (0: nothing), their left end.
fn motto(text: &PageText) -> Option<(PxBox, u32, u32)> {
    let upper_half = text.size.height_px / 2;
    let mut lines = text.blocks.iter().flat_map(|b| &b.lines).filter(|l| l.bbox.top < upper_half);
    lines.find_map(|line| {
        let folded: Vec<String> = line.words.iter().map(|w| fold_ascii(&w.text).to_uppercase()).collect();
        let first = folded.iter().position(|w| w == MOTTO[0] || w == MOTTO[1])?;
        let run = &folded[first..];
        let found = MOTTO.iter().filter(|m| run.iter().any(|w| w == *m)).count();
        (found >= ENOUGH && run.len() <= MOTTO.len() + 2).then(|| {
            let left_end = line.words[..first].iter().map(|w| w.bbox.right).max().unwrap_or(0);
            let bbox = PxBox::around(line.words[first..].iter().map(|w| &w.bbox));
            (bbox, left_end, line.words[first].bbox.left)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::PageSize;

    /// A line of words given as (text, left, right) at a height.
    fn line(top: u32, words: &[(&str, u32, u32)]) -> Line {
        let words: Vec<Word> = words
            .iter()
            .map(|&(text, left, right)| Word {
                text: text.into(),
                bbox: PxBox { left, top, right, bottom: top + 20 },
                confidence: 90,
            })
            .collect();
        Line { bbox: PxBox::around(words.iter().map(|w| &w.bbox)), baseline: (top + 20, top + 20), words }
    }

    fn page(lines: Vec<Line>) -> PageText {
        let blocks = lines
            .into_iter()
            .map(|l| Block { kind: BlockKind::Body, bbox: l.bbox, lines: vec![l] })
            .collect();
        PageText { size: PageSize { width_px: 1000, height_px: 1400, dpi: 120 }, blocks }
    }

    #[test]
    fn the_left_cell_is_read_first() {
        let mut text = page(vec![
            line(
                40,
                &[
                    ("VKSND", 100, 200),
                    ("TỈNH", 210, 260),
                    ("CỘNG", 420, 480),
                    ("HÒA", 490, 530),
                    ("XÃ", 540, 560),
                    ("HỘI", 570, 600),
                    ("CHỦ", 610, 650),
                    ("NGHĨA", 660, 720),
                    ("VIỆT", 730, 780),
                    ("NAM", 790, 840),
                ],
            ),
            line(70, &[("P1", 150, 180), ("Độc", 560, 590), ("lập", 600, 630)]),
            line(100, &[("Số:", 120, 150), ("12/CT", 160, 220), ("Huế,", 500, 540), ("ngày", 550, 600)]),
            line(160, &[("CÁO", 440, 500), ("TRẠNG", 510, 580)]),
            line(200, &[("Căn", 100, 150), ("cứ", 160, 190), ("vào", 200, 420), ("luật", 430, 900)]),
        ]);
        header_cells(&mut text);
        assert_eq!(
            text.body().replace("\n\n", "\n"),
            "VKSND TỈNH\nP1\nSố: 12/CT\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập\nHuế, ngày\nCÁO TRẠNG\nCăn cứ vào luật"
        );
    }

    #[test]
    fn a_page_without_the_motto_is_left_alone() {
        let mut text =
            page(vec![line(40, &[("VKSND", 100, 200), ("CỘNG", 420, 480)]), line(70, &[("Số:", 120, 150)])]);
        let before = text.clone();
        header_cells(&mut text);
        assert_eq!(text, before);
    }
}
