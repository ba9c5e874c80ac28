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
/// Lines of both cells of a signature at most: receivers can be many.
const MOST_SIGNATURE_ROWS: usize = 150;
/// Lines of a page of print at most.
const MOST_LINES_OF_A_PAGE: usize = 500;
/// White of less than this many tenths of a usual space of the line does not part cells.
const RUNS_ON: u32 = 19;

/// Puts the cells of the national header and of the signature in order; a page without them is left alone.
pub(crate) fn cells_in_order(text: &mut PageText) {
    join_rows(text);
    if let Some((motto, left_end, right_start)) = motto(text) {
        let height = motto.height().max(1);
        let mut rows = rows(text);
        // a scrap above it is no line of a cell
        rows.retain(|r| {
            (r.bottom > motto.top || r.bottom + height > motto.top && r.height() * 2 > height)
                && r.top < motto.top + height * 3 * MOST_LINES as u32
        });
        rows.truncate(2 * MOST_LINES);
        let zone = Zone {
            channel: (left_end, right_start),
            narrowest: height / 2,
            farthest: height * 3,
            centre: centre(text),
        };
        zone.rearrange(text, &rows);
    }
    if let Some((first, left_end, right_start)) = signature(text) {
        let height = first.height().max(1);
        let mut rows = rows(text);
        rows.retain(|r| r.top + r.bottom + height > first.top + first.bottom);
        if rows.last().is_some_and(|r| is_page_number(text, r)) {
            rows.pop();
        }
        rows.truncate(MOST_SIGNATURE_ROWS);
        let zone = Zone {
            channel: (left_end, right_start),
            narrowest: height,
            farthest: height * 12,
            centre: centre(text),
        };
        zone.rearrange(text, &rows);
    }
}

/// Lines of the body such that none stands before one above it: layout may take the left and the right half of a heading, or of the
/// last lines above a signature, for columns. Otherwise lines keep their order; a page of thousands of lines is a drawing.
pub(crate) fn downwards(text: &mut PageText) {
    let lines: Vec<(usize, Line)> = {
        let body = text.blocks.iter().enumerate().filter(|(_, b)| b.kind == BlockKind::Body);
        body.flat_map(|(block, b)| b.lines.iter().map(move |line| (block, line.clone()))).collect()
    };
    if lines.len() > MOST_LINES_OF_A_PAGE {
        return;
    }
    let is_above = |a: &PxBox, b: &PxBox| {
        let shared = a.right.min(b.right).saturating_sub(a.left.max(b.left));
        let lower_half = a.bottom - a.height().min(b.height()) / 3;
        shared * 3 >= a.width().min(b.width()) && lower_half <= b.top && a.top < b.top
    };
    let mut left: Vec<usize> = (0..lines.len()).collect();
    let mut order = Vec::with_capacity(lines.len());
    while !left.is_empty() {
        let is_next = |&&at: &&usize| {
            let bbox = &lines[at].1.bbox;
            !left.iter().any(|&other| other != at && is_above(&lines[other].1.bbox, bbox))
        };
        let next = left.iter().find(is_next).copied().unwrap_or(left[0]);
        left.retain(|&at| at != next);
        order.push(next);
    }
    if order.is_sorted() {
        return;
    }
    let mut blocks: Vec<Block> = Vec::new();
    let mut of = usize::MAX;
    for at in order {
        let (block, line) = lines[at].clone();
        if block != of || blocks.is_empty() {
            blocks.push(Block { kind: BlockKind::Body, bbox: line.bbox, lines: Vec::new() });
            of = block;
        }
        let last = blocks.last_mut().expect("one was pushed");
        last.bbox = last.bbox.union(&line.bbox);
        last.lines.push(line);
    }
    let marks = text.blocks.extract_if(.., |b| b.kind != BlockKind::Body).collect::<Vec<_>>();
    text.blocks = blocks;
    text.blocks.extend(marks);
}

/// Parts of one row, which the engine read one by one, become one line again, from left to right.
fn join_rows(text: &mut PageText) {
    for block in &mut text.blocks {
        let mut rows: Vec<Line> = Vec::new();
        for line in block.lines.drain(..) {
            let is_part_of = |row: &Line| {
                let beside = row.bbox.right <= line.bbox.left || line.bbox.right <= row.bbox.left;
                beside && stand_side_by_side(&row.bbox, &line.bbox)
            };
            match rows.last_mut().filter(|row| is_part_of(row)) {
                Some(row) if row.bbox.left < line.bbox.left => {
                    row.bbox = row.bbox.union(&line.bbox);
                    row.baseline.1 = line.baseline.1;
                    row.words.extend(line.words);
                }
                Some(row) => {
                    row.bbox = row.bbox.union(&line.bbox);
                    row.baseline.0 = line.baseline.0;
                    row.words.splice(0..0, line.words);
                }
                None => rows.push(line),
            }
        }
        block.lines = rows;
    }
}

/// Whether more than half of the lower box's height is beside the other one.
fn stand_side_by_side(a: &PxBox, b: &PxBox) -> bool {
    let shared = a.bottom.min(b.bottom).saturating_sub(a.top.max(b.top));
    shared * 2 > a.height().min(b.height())
}

/// Boxes of all lines from top to bottom.
fn rows(text: &PageText) -> Vec<PxBox> {
    let mut rows: Vec<PxBox> = text.blocks.iter().flat_map(|b| &b.lines).map(|l| l.bbox).collect();
    rows.sort_by_key(|b| b.top + b.bottom);
    rows
}

/// The words of all lines with this box.
fn words_of<'a>(text: &'a PageText, row: &PxBox) -> Vec<&'a Word> {
    text.blocks.iter().flat_map(|b| &b.lines).filter(|l| l.bbox == *row).flat_map(|l| &l.words).collect()
}

/// Two cells side by side with a channel of white between them; lengths in pixels.
struct Zone {
    /// Right end of the left cell (0: not known), left end of the right one.
    channel: (u32, u32),
    /// The channel is at least this wide.
    narrowest: u32,
    /// No more white than this between one line and the next.
    farthest: u32,
    /// Where headings are centred.
    centre: u32,
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
            let words = words_of(text, &row);
            let (end, start) = widest_white(&words, channel);
            if start < end + self.narrowest {
                break;
            }
            let middle = end.midpoint(start);
            let (l, r): (Vec<&Word>, Vec<&Word>) =
                words.into_iter().partition(|w| w.bbox.left.midpoint(w.bbox.right) < middle);
            // a heading may stand in two lines of the engine, one on either side
            let beside = |left: bool| {
                let lines = rows.iter().filter(|o| **o != row && stand_side_by_side(o, &row));
                let words = lines.flat_map(|o| words_of(text, o));
                words.filter(move |w| (w.bbox.left.midpoint(w.bbox.right) < middle) == left).collect()
            };
            let other_l: Vec<&Word> = if l.is_empty() { beside(true) } else { Vec::new() };
            let other_r: Vec<&Word> = if r.is_empty() { beside(false) } else { Vec::new() };
            let whole_l = if l.is_empty() { &other_l } else { &l };
            let whole_r = if r.is_empty() { &other_r } else { &r };
            if !taken.is_empty() && runs_on(whole_l, whole_r) && !is_under(&left, &right, whole_l, whole_r) {
                break;
            }
            let row_centre = row.left.midpoint(row.right);
            let is_title = is_title(&l.iter().chain(&r).map(|w| w.text.as_str()).collect::<String>());
            let of_cell = |cell: &[Word]| {
                let cell = PxBox::around(cell.iter().map(|w| &w.bbox));
                cell.left.midpoint(cell.right).abs_diff(row_centre) <= 2 * row.height()
            };
            let is_centred = self.centre.abs_diff(row_centre) <= row.height();
            if !taken.is_empty() && is_title && is_centred && !of_cell(&left) && !of_cell(&right) {
                break;
            }
            channel = (end, start);
            bottom = Some(bottom.unwrap_or(0).max(row.bottom));
            taken.push(row);
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

/// The middle between the left and the right end of the text: of the lines that are half as wide as the page, or of the page.
fn centre(text: &PageText) -> u32 {
    let wide = |l: &&Line| l.bbox.width() * 2 > text.size.width_px;
    let wide = PxBox::around(text.blocks.iter().flat_map(|b| &b.lines).filter(wide).map(|l| &l.bbox));
    if wide.is_empty() { text.size.width_px / 2 } else { wide.left.midpoint(wide.right) }
}

/// Whether the words left and right of a channel are one line of text that runs on across it, a heading or a paragraph: the
/// white between them is a usual space of theirs. Heights say what is usual where there are too few spaces.
fn runs_on(left: &[&Word], right: &[&Word]) -> bool {
    let (Some(end), Some(start)) =
        (left.iter().map(|w| w.bbox.right).max(), right.iter().map(|w| w.bbox.left).min())
    else {
        return false;
    };
    let mut spaces: Vec<u32> = [left, right].into_iter().flat_map(spaces).collect();
    spaces.sort_unstable();
    let mut heights: Vec<u32> = left.iter().chain(right).map(|w| w.bbox.height()).collect();
    heights.sort_unstable();
    let usual = if spaces.len() < 2 { heights[heights.len() / 2] / 2 } else { spaces[spaces.len() / 2] };
    start.saturating_sub(end) * 10 < usual * RUNS_ON
}

/// The white between neighbouring words.
fn spaces(words: &[&Word]) -> Vec<u32> {
    let mut boxes: Vec<PxBox> = words.iter().map(|w| w.bbox).collect();
    boxes.sort_by_key(|b| b.left);
    boxes.windows(2).map(|b| b[1].left.saturating_sub(b[0].right)).collect()
}

/// Whether the words of a row stand centred under what their cells hold so far: cells may nearly touch.
fn is_under(left: &[Word], right: &[Word], row_left: &[&Word], row_right: &[&Word]) -> bool {
    let fits = |cell: &[Word], row: &[&Word]| {
        let cell = PxBox::around(cell.iter().map(|w| &w.bbox));
        let row = PxBox::around(row.iter().map(|w| &w.bbox));
        let apart = cell.left.midpoint(cell.right).abs_diff(row.left.midpoint(row.right));
        !cell.is_empty() && apart * 2 <= row.height()
    };
    fits(left, row_left) && fits(right, row_right)
}

/// A row with nothing but a figure or two, alone below everything else.
fn is_page_number(text: &PageText, row: &PxBox) -> bool {
    let words = words_of(text, row);
    let digits: usize = words.iter().map(|w| w.text.chars().filter(char::is_ascii_digit).count()).sum();
    let others = words.iter().any(|w| w.text.chars().any(char::is_alphabetic));
    (1..=3).contains(&digits) && !others
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

/// Capitals, but for a misread one in eight, and no figures.
fn is_title(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let small = text.chars().filter(|c| c.is_lowercase()).count();
    letters >= 4 && small * 8 <= letters && !text.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{PageSize, Turn};

    /// A line of words given as (text, left, right) at a height.
    fn line(top: u32, words: &[(&str, u32, u32)]) -> Line {
        let words: Vec<Word> = words
            .iter()
            .map(|&(text, left, right)| Word::new(text, PxBox { left, top, right, bottom: top + 20 }, 90))
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

    const MOTTO_ROW: [(&str, u32, u32); 8] = [
        ("CỘNG", 420, 480),
        ("HÒA", 490, 530),
        ("XÃ", 540, 560),
        ("HỘI", 570, 600),
        ("CHỦ", 610, 650),
        ("NGHĨA", 660, 720),
        ("VIỆT", 730, 780),
        ("NAM", 790, 840),
    ];

    fn body_of(lines: Vec<Line>) -> String {
        let mut text = page(lines);
        cells_in_order(&mut text);
        text.body().replace("\n\n", "\n")
    }

    #[test]
    fn a_heading_and_a_line_that_run_on_across_the_channel_end_the_header() {
        let header = || {
            vec![
                line(40, &[&[("VKSND", 100, 200), ("HUẾ", 210, 260)], &MOTTO_ROW[..]].concat()),
                line(70, &[("P1", 150, 180), ("Độc", 560, 590), ("lập", 600, 630)]),
            ]
        };
        let head = "VKSND HUẾ\nP1\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập\n";
        // a typewriter's spaces are wide; the channel would stay open between BIÊN and BẢN
        let heading =
            line(130, &[("BIÊN", 290, 360), ("BẢN", 384, 440), ("HỎI", 464, 520), ("CUNG", 544, 620)]);
        let text = line(170, &[("Căn", 100, 150), ("cứ", 174, 210), ("vào", 234, 290), ("luật", 314, 380)]);
        let read = body_of([header(), vec![heading, text]].concat());
        assert_eq!(read, format!("{head}BIÊN BẢN HỎI CUNG\nCăn cứ vào luật"));
        // a heading on one side of the channel only, centred on the page
        let wide = line(200, &[("Hôm", 100, 300), ("nay,", 310, 600), ("ngày", 610, 900)]);
        let lone = line(130, &[("LỆNH", 440, 500), ("TẠM", 510, 560)]);
        let read = body_of([header(), vec![lone, wide]].concat());
        assert_eq!(read, format!("{head}LỆNH TẠM\nHôm nay, ngày"));
    }

    #[test]
    fn a_scrap_above_the_motto_is_no_line_of_a_cell() {
        let mut scrap = line(24, &[("~.", 200, 460)]);
        (scrap.bbox.bottom, scrap.words[0].bbox.bottom) = (30, 30);
        let read = body_of(vec![
            scrap,
            line(40, &[&[("VKSND", 100, 200), ("HUẾ", 210, 260)], &MOTTO_ROW[..]].concat()),
            line(70, &[("P1", 150, 180), ("Độc", 560, 590), ("lập", 600, 630)]),
        ]);
        assert_eq!(read, "~.\nVKSND HUẾ\nP1\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập");
    }

    #[test]
    fn a_misread_capital_leaves_a_title_a_title() {
        let read = body_of(vec![
            line(
                900,
                &[
                    ("THƯ", 100, 140),
                    ("Ký", 150, 180),
                    ("PHIÊN", 190, 260),
                    ("CHỦ", 600, 660),
                    ("TỌA", 670, 760),
                ],
            ),
            line(960, &[("Lê", 110, 140), ("Long", 150, 200), ("Lý", 640, 670), ("Bình", 680, 730)]),
        ]);
        assert_eq!(read, "THƯ Ký PHIÊN\nLê Long\nCHỦ TỌA\nLý Bình");
    }

    #[test]
    fn no_line_stands_before_one_above_it() {
        let downwards = |lines: Vec<Line>| {
            let mut text = page(lines);
            downwards(&mut text);
            text.body().replace("\n\n", "\n")
        };
        // layout took halves of the page for columns: a heading and the end of a paragraph
        let columns = vec![
            line(40, &[("VKSND", 100, 300)]),
            line(140, &[("vụ", 350, 400), ("án", 420, 650)]),
            line(200, &[("Hôm", 100, 500), ("nay", 510, 900)]),
            line(900, &[("thực", 100, 150), ("hiện", 160, 210)]),
            line(940, &[("NGƯỜI", 200, 280), ("LẬP", 290, 340)]),
            line(980, &[("Lê", 200, 230), ("Long", 240, 300)]),
            line(40, &[("CỘNG", 500, 900)]),
            line(110, &[("CÁO", 420, 500), ("TRẠNG", 510, 580)]),
            line(900, &[("các", 230, 270), ("chính", 280, 340), ("sách", 350, 700)]),
            line(940, &[("KIỂM", 560, 640), ("SÁT", 650, 700)]),
        ];
        assert_eq!(
            downwards(columns),
            "VKSND\nCỘNG\nCÁO TRẠNG\nvụ án\nHôm nay\nthực hiện\ncác chính sách\nNGƯỜI LẬP\nLê Long\nKIỂM SÁT"
        );
        // two columns stay two columns, and rows whose boxes touch stay as they are
        let cells = || {
            vec![
                line(40, &[("một", 100, 300)]),
                line(58, &[("hai", 100, 300)]),
                line(40, &[("ba", 320, 600)]),
                line(58, &[("bốn", 320, 600)]),
            ]
        };
        assert_eq!(downwards(cells()), "một\nhai\nba\nbốn");
    }

    #[test]
    fn parts_of_a_row_are_joined_from_left_to_right() {
        let parts =
            vec![line(100, &[("2021", 700, 760)]), line(101, &[("Huế,", 400, 450), ("năm", 460, 520)])];
        let mut text = page(vec![]);
        let block = Block { kind: BlockKind::Body, bbox: PxBox::default(), lines: parts };
        text.blocks.push(block);
        cells_in_order(&mut text);
        assert_eq!(text.body(), "Huế, năm 2021");
        assert_eq!(text.blocks[0].lines[0].bbox, PxBox { left: 400, top: 100, right: 760, bottom: 121 });
    }

    #[test]
    fn the_page_number_stays_below_the_signature() {
        let read = body_of(vec![
            line(900, &[("Nơi", 100, 140), ("nhận:", 150, 200), ("VIỆN", 600, 660), ("TRƯỞNG", 670, 760)]),
            line(960, &[("-", 100, 105), ("Lưu.", 110, 160), ("Lê", 640, 670), ("Bình", 680, 730)]),
            line(1200, &[("2", 495, 505)]),
        ]);
        assert_eq!(read, "Nơi nhận:\n- Lưu.\nVIỆN TRƯỞNG\nLê Bình\n2");
    }
}
