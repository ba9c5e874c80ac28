//! Reading order where two cells stand side by side: the national header (issuing body left, motto right) and the
//! signature (receivers or another signer left, signer right). Layout analysis reads across both; here the left cell is
//! put first, then the right one. Everything else, tables above all, stays as the engine gave it.

use record::{Block, BlockKind, Line, PageText, PxBox, Word};
use vitext::fold_ascii;

/// Words of the motto's first line, folded.
const MOTTO: [&str; 8] = ["CONG", "HOA", "XA", "HOI", "CHU", "NGHIA", "VIET", "NAM"];
/// How many of them must stand in one line.
const ENOUGH: usize = 5;
/// Lines of a header cell below the motto at most.
const MOST_LINES: usize = 9;

/// Puts the cells of the national header and of the signature in order; a page without them is left alone.
pub(crate) fn cells_in_order(text: &mut PageText) {
    join_rows(text);
    if let Some((motto, left_end, right_start)) = motto(text) {
        let height = motto.height().max(1);
        let mut rows = rows(text);
        rows.retain(|b| b.bottom + height > motto.top && b.top < motto.top + height * 3 * MOST_LINES as u32);
        rows.truncate(2 * MOST_LINES);
        let zone = Zone { channel: (left_end, right_start), narrowest: height / 2, farthest: height * 3 };
        zone.rearrange(text, &rows);
    }
    if let Some((first, left_end, right_start)) = signature(text) {
        let height = first.height().max(1);
        let mut rows = rows(text);
        rows.retain(|b| b.top + b.bottom + height > first.top + first.bottom);
        let zone = Zone { channel: (left_end, right_start), narrowest: height, farthest: height * 12 };
        zone.rearrange(text, &rows);
    }
}

/// Parts of one row, which the engine read one by one, become one line again.
fn join_rows(text: &mut PageText) {
    for block in &mut text.blocks {
        let mut rows: Vec<Line> = Vec::new();
        for line in block.lines.drain(..) {
            let is_next_part = |row: &Line| {
                let shared =
                    row.bbox.bottom.min(line.bbox.bottom).saturating_sub(row.bbox.top.max(line.bbox.top));
                row.bbox.right <= line.bbox.left && shared * 2 > row.bbox.height().min(line.bbox.height())
            };
            match rows.last_mut().filter(|row| is_next_part(row)) {
                Some(row) => {
                    row.bbox = row.bbox.union(&line.bbox);
                    row.baseline.1 = line.baseline.1;
                    row.words.extend(line.words);
                }
                None => rows.push(line),
            }
        }
        block.lines = rows;
    }
}

/// Boxes of all lines from top to bottom.
fn rows(text: &PageText) -> Vec<PxBox> {
    let mut rows: Vec<PxBox> = text.blocks.iter().flat_map(|b| &b.lines).map(|l| l.bbox).collect();
    rows.sort_by_key(|b| b.top + b.bottom);
    rows
}

/// Two cells side by side with a channel of white between them; lengths in pixels.
struct Zone {
    /// Right end of the left cell (0: not known), left end of the right one.
    channel: (u32, u32),
    /// The channel is at least this wide.
    narrowest: u32,
    /// No more white than this between one line and the next.
    farthest: u32,
}

impl Zone {
    /// Takes rows as long as the channel stays open, then puts the left cell before the right one.
    fn rearrange(self, text: &mut PageText, rows: &[PxBox]) {
        let (mut channel, mut bottom, mut taken) = (self.channel, None, Vec::new());
        let (mut left, mut right): (Vec<Word>, Vec<Word>) = (Vec::new(), Vec::new());
        for &row in rows {
            if bottom.is_some_and(|bottom| row.top > bottom + self.farthest) {
                break;
            }
            let lines = text.blocks.iter().flat_map(|b| &b.lines).filter(|l| l.bbox == row);
            let words: Vec<&Word> = lines.flat_map(|l| &l.words).collect();
            let (end, start) = widest_white(&words, channel);
            if start < end + self.narrowest {
                break;
            }
            channel = (end, start);
            bottom = Some(bottom.unwrap_or(0).max(row.bottom));
            taken.push(row);
            let middle = end.midpoint(start);
            let (l, r): (Vec<&Word>, Vec<&Word>) =
                words.into_iter().partition(|w| w.bbox.left.midpoint(w.bbox.right) < middle);
            left.extend(l.into_iter().cloned());
            right.extend(r.into_iter().cloned());
        }
        if left.is_empty() || right.is_empty() {
            return;
        }
        let is_taken = |l: &Line| taken.contains(&l.bbox);
        let at = text.blocks.iter().position(|b| b.lines.iter().any(is_taken)).unwrap_or(0);
        let cells = [cell(text, &taken, &left), cell(text, &taken, &right)];
        // what the block of the first row holds above the zone stays before it
        let above = text.blocks[at].lines.iter().take_while(|l| !is_taken(l)).count();
        let rest = text.blocks[at].lines.split_off(above);
        let tail = Block { kind: BlockKind::Body, bbox: PxBox::default(), lines: rest };
        text.blocks.splice(at + 1..at + 1, cells.into_iter().chain([tail]));
        for (idx, block) in text.blocks.iter_mut().enumerate() {
            if idx != at + 1 && idx != at + 2 {
                block.lines.retain(|l| !is_taken(l));
            }
            block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
        }
        text.blocks.retain(|b| !b.lines.is_empty());
    }
}

/// What is left of the channel between the words of a row: the widest white inside it.
fn widest_white(words: &[&Word], channel: (u32, u32)) -> (u32, u32) {
    let mut inside: Vec<PxBox> = words.iter().map(|w| w.bbox).collect();
    inside.retain(|b| b.right > channel.0 && b.left < channel.1);
    inside.sort_by_key(|b| b.left);
    let (mut widest, mut cursor) = ((channel.0, channel.0), channel.0);
    let ends = inside.iter().map(|b| (b.left, b.right)).chain([(channel.1, channel.1)]);
    for (left, right) in ends {
        if left.saturating_sub(cursor) > widest.1 - widest.0 {
            widest = (cursor, left);
        }
        cursor = cursor.max(right);
    }
    widest
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
        let alike = |at: usize| MOTTO.iter().zip(&folded[at..]).filter(|(m, w)| m == w).count();
        let first = (0..folded.len()).max_by_key(|&at| (alike(at), usize::MAX - at))?;
        (alike(first) >= ENOUGH).then(|| {
            let left_end = line.words[..first].iter().map(|w| w.bbox.right).max().unwrap_or(0);
            let bbox = PxBox::around(line.words[first..].iter().map(|w| &w.bbox));
            (bbox, left_end, line.words[first].bbox.left)
        })
    })
}

/// The first row of the signature: "Nơi nhận" with the signer's title beside it, or two titles in capitals side by side. Its box,
/// and both sides of the gap.
fn signature(text: &PageText) -> Option<(PxBox, u32, u32)> {
    let zone = text.size.height_px * 3 / 10;
    let lines: Vec<&Line> = text.blocks.iter().flat_map(|b| &b.lines).filter(|l| l.bbox.top > zone).collect();
    let receivers = lines.iter().find(|l| fold_ascii(&l.text()).to_uppercase().starts_with("NOI NHAN"));
    if let Some(first) = receivers {
        // the signer's title may stand a line lower or higher: the first near line with a gap says where the cells part
        let height = first.bbox.height();
        let near = |l: &&&Line| {
            l.bbox.bottom + height > first.bbox.top && l.bbox.top < first.bbox.bottom + 5 * height
        };
        let gap = widest_gap(first).or_else(|| lines.iter().filter(near).find_map(|l| widest_gap(l)));
        let (left, right) = gap.unwrap_or((first.bbox.right, text.size.width_px));
        return Some((first.bbox, left, right));
    }
    lines.iter().rev().find_map(|line| {
        let (left, right) = widest_gap(line)?;
        let side = |on_left: bool| {
            let words = line.words.iter().filter(move |w| (w.bbox.right <= left) == on_left);
            words.map(|w| w.text.as_str()).collect::<String>()
        };
        (is_title(&side(true)) && is_title(&side(false))).then_some((line.bbox, left, right))
    })
}

/// The widest white between two words of a line, where it is wider than two heights.
fn widest_gap(line: &Line) -> Option<(u32, u32)> {
    let gaps = line.words.windows(2).map(|w| (w[0].bbox.right, w[1].bbox.left));
    let widest = gaps.max_by_key(|g| g.1.saturating_sub(g.0))?;
    (widest.1.saturating_sub(widest.0) > line.bbox.height() * 2).then_some(widest)
}

/// Capitals only, no figures.
fn is_title(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 4 && !text.chars().any(|c| c.is_lowercase() || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{PageSize, Turn};

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
        PageText { size: PageSize { width_px: 1000, height_px: 1400, dpi: 120 }, turn: Turn::Upright, blocks }
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
            line(900, &[("Nơi", 100, 140), ("nhận:", 150, 200), ("VIỆN", 600, 660), ("TRƯỞNG", 670, 760)]),
            line(930, &[("-", 100, 105), ("VKSND", 110, 180)]),
            line(960, &[("-", 100, 105), ("Lưu.", 110, 160), ("Lê", 640, 670), ("Bình", 680, 730)]),
        ]);
        cells_in_order(&mut text);
        assert_eq!(
            text.body().replace("\n\n", "\n"),
            "VKSND TỈNH\nP1\nSố: 12/CT\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập\nHuế, ngày\nCÁO TRẠNG\nCăn cứ vào luật\n\
             Nơi nhận:\n- VKSND\n- Lưu.\nVIỆN TRƯỞNG\nLê Bình"
        );
    }

    #[test]
    fn a_page_without_the_motto_is_left_alone() {
        let mut text =
            page(vec![line(40, &[("VKSND", 100, 200), ("CỘNG", 420, 480)]), line(70, &[("Số:", 120, 150)])]);
        let before = text.clone();
        cells_in_order(&mut text);
        assert_eq!(text, before);
    }
}
