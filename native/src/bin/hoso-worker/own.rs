//! Lines read by our own recogniser: Tesseract finds them, `recogniser` reads all lines of a picture together.

use crate::engine::{Row, failed, is_upright, row_of, vietnamese_d};
use crate::spaces;
use native::GreyView;
use native::wire::{Failure, ReadBlock, ReadLine, ReadWord};
use recogniser::{Model, Path, Recogniser, Unit, WordReading};
use std::time::Instant;
use tesseract_rs::{PageIterator, TessPageIteratorLevel as Level};

/// White around a line that is read with it, in pixels.
const PAD_PX: u32 = 4;
/// Lines lower than this are specks and rules.
const LEAST_HEIGHT_PX: u32 = 8;
/// Higher than this many times its width, a line is none.
const STEEPEST: u32 = 8;
/// A gap of this many heights ends a line.
const WIDEST_GAP: u32 = 2;
/// Lines read between two looks at the clock: more than a page of print has, a moment's work.
const AT_ONCE: usize = 64;
/// Pixels below this are ink where a word's box is drawn.
const INK: u8 = 170;

/// A line as layout found it, or the part of it up to a wide gap.
pub(crate) struct FoundLine {
    /// Left, top, right, bottom.
    bbox: [u32; 4],
    baseline: (u32, u32),
    /// Its pieces of ink, as layout told them apart.
    pieces: Vec<[u32; 4]>,
}

/// The recogniser for a model, where it can read it on this processor faster than Tesseract does.
pub(crate) fn recogniser(model: &[u8]) -> Option<Recogniser> {
    let recogniser = Recogniser::new(Model::parse(model).ok()?, Path::Auto).ok()?;
    (recogniser.path() != "scalar").then_some(recogniser)
}

/// The lines of every block in reading order; `None` when some of them do not stand upright.
pub(crate) fn lines(
    found: &PageIterator,
    image: &GreyView<'_>,
) -> Result<Option<Vec<Vec<FoundLine>>>, Failure> {
    let failed = |e: tesseract_rs::TesseractError| failed(e.to_string());
    let mut blocks: Vec<Vec<FoundLine>> = Vec::new();
    let mut words: Vec<FoundWord> = Vec::new();
    let mut row = row_of(found);
    loop {
        let new_block = blocks.is_empty() || found.is_at_beginning_of(Level::RIL_BLOCK).map_err(failed)?;
        if new_block || found.is_at_beginning_of(Level::RIL_TEXTLINE).map_err(failed)? {
            if let Some(block) = blocks.last_mut() {
                block.extend(found_lines(&mut words, &row, image));
            }
            row = row_of(found);
        }
        if new_block {
            if !is_upright(found) {
                return Ok(None);
            }
            blocks.push(Vec::new());
        }
        let x = |x: i32| x.clamp(0, image.width_px as i32) as u32;
        let y = |y: i32| y.clamp(0, image.height_px as i32) as u32;
        let bbox_of = |level| {
            let bbox = found.bounding_box(level).ok();
            bbox.map(|(left, top, right, bottom)| [x(left), y(top), x(right), y(bottom)])
        };
        if found.is_at_beginning_of(Level::RIL_WORD).map_err(failed)?
            && let Some(bbox) = bbox_of(Level::RIL_WORD)
        {
            words.push(FoundWord { bbox, pieces: Vec::new() });
        }
        if let (Some(word), Some(piece)) = (words.last_mut(), bbox_of(Level::RIL_SYMBOL)) {
            word.pieces.push(piece);
        }
        if !found.next(Level::RIL_SYMBOL).map_err(failed)? {
            break;
        }
    }
    if let Some(block) = blocks.last_mut() {
        block.extend(found_lines(&mut words, &row, image));
    }
    Ok(Some(blocks))
}

struct FoundWord {
    bbox: [u32; 4],
    pieces: Vec<[u32; 4]>,
}

/// Words of a row become a line; a wide gap, or a word much taller than the row, starts another one.
fn found_lines(words: &mut Vec<FoundWord>, row: &Row, image: &GreyView<'_>) -> Vec<FoundLine> {
    let height = |b: &[u32; 4]| b[3] - b[1];
    let mut heights: Vec<u32> = words.iter().map(|w| height(&w.bbox)).collect();
    heights.sort_unstable();
    let usual = heights.get(heights.len() / 2).copied().unwrap_or(0);
    let mut lines: Vec<FoundWord> = Vec::new();
    for word in words.drain(..) {
        if let Some(last) = lines.last_mut() {
            let (a, b) = (last.bbox, word.bbox);
            let both = [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
            if b[0].saturating_sub(a[2]) < WIDEST_GAP * usual && height(&both) * 2 <= usual * 3 {
                last.bbox = both;
                last.pieces.extend(word.pieces);
                continue;
            }
        }
        lines.push(word);
    }
    let line = |FoundWord { bbox, pieces }: FoundWord| {
        let baseline = row.baseline_between(bbox[0], bbox[2], image.height_px);
        FoundLine { bbox: with_marks(bbox, image), baseline, pieces }
    };
    lines.into_iter().filter(|l| is_line(l.bbox)).map(line).collect()
}

/// The box with the tone marks and dots that layout left out: ink close above or below it that white paper parts from
/// the lines next to it.
fn with_marks([left, top, right, bottom]: [u32; 4], image: &GreyView<'_>) -> [u32; 4] {
    let height = bottom - top;
    let stride = image.width_px as usize;
    let is_white = |y: u32| {
        let row = y as usize * stride;
        image.pixels[row + left as usize..row + right as usize].iter().all(|&v| v >= INK)
    };
    let (gap, mark) = (height / 6, height * 2 / 5);
    let reach = |rows: &mut dyn Iterator<Item = u32>| {
        let mut rows = rows.peekable();
        let mut white = 0;
        while white <= gap && rows.next_if(|&y| is_white(y)).is_some() {
            white += 1;
        }
        let mut inked = 0;
        while inked <= mark && rows.next_if(|&y| !is_white(y)).is_some() {
            inked += 1;
        }
        let ends = white <= gap && inked > 0 && inked <= mark;
        if ends { white + inked } else { 0 }
    };
    let above = reach(&mut (0..top).rev());
    let below = reach(&mut (bottom..image.height_px));
    [left, top - above, right, bottom + below]
}

fn is_line([left, top, right, bottom]: [u32; 4]) -> bool {
    left < right && bottom >= top + LEAST_HEIGHT_PX && bottom - top <= STEEPEST * (right - left)
}

/// Reads what layout found, and whether all of it was read before `end`; lines and blocks without words are left out.
pub(crate) fn read_blocks(
    own: &Recogniser,
    image: &GreyView<'_>,
    blocks: &[Vec<FoundLine>],
    end: Instant,
) -> (Vec<ReadBlock>, bool) {
    let areas: Vec<[u32; 4]> = blocks.iter().flatten().map(|line| padded(line.bbox, image)).collect();
    let pieces: Vec<&[[u32; 4]]> = blocks.iter().flatten().map(|line| &*line.pieces).collect();
    let read = words(own, image, &areas, &pieces, end);
    let complete = read.len() == areas.len();
    let mut read = read.into_iter();
    let mut result = Vec::new();
    for block in blocks {
        let mut lines = Vec::new();
        for (line, words) in block.iter().zip(read.by_ref()) {
            if !words.is_empty() {
                lines.push(ReadLine { baseline: line.baseline, words });
            }
        }
        if !lines.is_empty() {
            result.push(ReadBlock { lines });
        }
    }
    (result, complete)
}

/// Reads lines in known places, one block for each, and whether all were read before `end`.
pub(crate) fn read_lines(
    own: &Recogniser,
    image: &GreyView<'_>,
    areas: &[[u32; 4]],
    end: Instant,
) -> (Vec<ReadBlock>, bool) {
    let mut read = words(own, image, areas, &vec![&[][..]; areas.len()], end);
    let complete = read.len() == areas.len();
    read.resize_with(areas.len(), Vec::new);
    let block = |(words, area): (Vec<ReadWord>, &[u32; 4])| {
        let foot = words.iter().map(|w| w.bbox[3]).min().unwrap_or(area[3]);
        let lines = if words.is_empty() { vec![] } else { vec![ReadLine { baseline: (foot, foot), words }] };
        ReadBlock { lines }
    };
    (read.into_iter().zip(areas).map(block).collect(), complete)
}

fn padded([left, top, right, bottom]: [u32; 4], image: &GreyView<'_>) -> [u32; 4] {
    [
        left.saturating_sub(PAD_PX),
        top.saturating_sub(PAD_PX),
        (right + PAD_PX).min(image.width_px),
        (bottom + PAD_PX).min(image.height_px),
    ]
}

/// The words of each area; of fewer areas when the time was up at `end`. `pieces`: those of each line, where layout found
/// them; boxes are drawn around them, else around the ink.
fn words(
    own: &Recogniser,
    image: &GreyView<'_>,
    areas: &[[u32; 4]],
    pieces: &[&[[u32; 4]]],
    end: Instant,
) -> Vec<Vec<ReadWord>> {
    let stride = image.width_px as usize;
    let unit = |&[left, top, right, bottom]: &[u32; 4]| Unit {
        width: right - left,
        height: bottom - top,
        stride,
        pixels: &image.pixels[top as usize * stride + left as usize..],
    };
    let mut read = Vec::with_capacity(areas.len());
    for (areas, pieces) in areas.chunks(AT_ONCE).zip(pieces.chunks(AT_ONCE)) {
        if Instant::now() >= end {
            break;
        }
        let units: Vec<Unit<'_>> = areas.iter().map(unit).collect();
        let readings = own.read(&units).into_iter().zip(areas).zip(pieces);
        read.extend(readings.map(|((reading, &area), pieces)| placed(reading.words, area, pieces, image)));
    }
    read
}

/// Words with their boxes. The recogniser knows only about where one ends and the next begins; the white between them
/// lies in the picture.
fn placed(
    words: Vec<WordReading>,
    area: [u32; 4],
    pieces: &[[u32; 4]],
    image: &GreyView<'_>,
) -> Vec<ReadWord> {
    let words = if pieces.is_empty() { spaces::parted(words, area, image) } else { words };
    let [left, top, right, bottom] = area;
    let height = bottom - top;
    let white = white_columns(area, image);
    let middle = |w: &WordReading| left + ((w.left + w.right) / 2.0).max(0.0) as u32;
    let mut edges = vec![left];
    for pair in words.windows(2) {
        let gap = left + ((pair[0].right + pair[1].left) / 2.0).max(0.0) as u32;
        let from = middle(&pair[0]).max(gap.saturating_sub(height)).min(right);
        let to = middle(&pair[1]).min(gap + height).clamp(from, right);
        edges.push(widest_run(&white, left, from, to).unwrap_or(gap.min(right)));
    }
    edges.push(right);
    let words = words.into_iter().zip(edges.windows(2));
    words
        .map(|(word, edge)| {
            let (from, to) = (edge[0], edge[1].max(edge[0] + 1).min(image.width_px));
            let own = pieces.iter().filter(|p| (from..to).contains(&p[0].midpoint(p[2]))).copied();
            let around = own.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
            let bbox = around.unwrap_or_else(|| inked([from.min(to - 1), top, to, bottom], image));
            let text = word.text.chars().map(vietnamese_d).collect();
            ReadWord { text, bbox, confidence: word.confidence.round() as u8 }
        })
        .collect()
}

/// Columns of an area without ink where letters stand: marks above and below may overhang.
fn white_columns(area: [u32; 4], image: &GreyView<'_>) -> Vec<bool> {
    let [left, top, right, bottom] = area;
    let (top, bottom) = (top + (bottom - top) / 4, bottom - (bottom - top) / 5);
    let stride = image.width_px as usize;
    let mut white = vec![true; (right - left) as usize];
    for y in top..bottom {
        let row = &image.pixels[y as usize * stride + left as usize..y as usize * stride + right as usize];
        white.iter_mut().zip(row).for_each(|(white, &v)| *white &= v >= INK);
    }
    white
}

/// The middle of the widest white run between two places.
fn widest_run(white: &[bool], left: u32, from: u32, to: u32) -> Option<u32> {
    let columns = &white[(from - left) as usize..(to - left) as usize];
    let (mut best, mut start) = ((0, 0), None);
    for x in 0..=columns.len() {
        match (columns.get(x).copied().unwrap_or(false), start) {
            (true, None) => start = Some(x),
            (false, Some(begun)) => {
                best = best.max((x - begun, begun));
                start = None;
            }
            _ => {}
        }
    }
    (best.0 > 0).then(|| from + (best.1 + best.0 / 2) as u32)
}

/// The box drawn in around the ink inside it; where there is none, it stays.
fn inked(area: [u32; 4], image: &GreyView<'_>) -> [u32; 4] {
    let [left, top, right, bottom] = area;
    let right = right.min(image.width_px);
    let (mut l, mut t, mut r, mut b) = (u32::MAX, u32::MAX, 0, 0);
    let stride = image.width_px as usize;
    for y in top..bottom.min(image.height_px) {
        let row = &image.pixels[y as usize * stride + left as usize..y as usize * stride + right as usize];
        let Some(first) = row.iter().position(|&v| v < INK) else { continue };
        let last = row.iter().rposition(|&v| v < INK).expect("one was found");
        l = l.min(left + first as u32);
        r = r.max(left + last as u32 + 1);
        t = t.min(y);
        b = y + 1;
    }
    if l < r && t < b { [l, t, r, b] } else { area }
}
