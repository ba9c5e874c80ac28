//! Lines read by our own recogniser: Tesseract finds them, `recogniser` reads all lines of a picture together.

use crate::engine::{Row, failed, is_upright, reach_of, row_of, vietnamese_d};
use crate::marks;
use crate::spaces;
use native::wire::{EngineChoice, Failure, Kernels, ReadBlock, ReadLine, ReadWord};
use native::{GreyView, NotOwn, OtherKind};
use recogniser::{Model, ModelError, Outcome, Path, Recogniser, Unit, Unusable, WordReading};
use std::time::Instant;
use tesseract_rs::{PageIterator, TessPageIteratorLevel as Level};

/// What is around a line and read with it, in pixels (`kImagePadding`).
const PAD_PX: i32 = 4;
/// Paper close to ink that is darker than [`INK`].
const EDGE_PX: i32 = 2;
/// Units of less ink than this are specks and rules, in pixels …
const LEAST_HEIGHT_PX: u32 = 8;
/// … or higher than this many times their width.
const STEEPEST: u32 = 8;
/// A gap of this many heights ends a unit.
const WIDEST_GAP: u32 = 2;
/// Lines read between two looks at the clock: more than a page of print has, a moment's work.
const AT_ONCE: usize = 64;
/// Other readings of a word that are less likely than this are not kept, …
const LEAST_ALTERNATIVE: f32 = 0.05;
/// … nor more than so many.
const MOST_ALTERNATIVES: usize = 3;
/// Pixels below this are ink where a word's box is drawn.
const INK: u8 = 170;

/// A row as layout found it.
pub(crate) struct FoundLine {
    row: Row,
    /// Words that are recognised together: all of the row, but for wide gaps and words much taller than the others.
    units: Vec<FoundUnit>,
}

struct FoundUnit {
    /// Left, top, right, bottom of its ink, with a little white.
    ink: [u32; 4],
    /// … and of what is recognised.
    area: [u32; 4],
    /// Its letters, as layout told them apart, and their marks.
    pieces: Vec<[u32; 4]>,
}

/// The recogniser for a model that was parsed, where it shall and can read it on this processor, and faster than Tesseract
/// does.
pub(crate) fn recogniser(
    model: Result<Model, ModelError>,
    language: &str,
    choice: EngineChoice,
    kernels: Kernels,
) -> Result<Recogniser, NotOwn> {
    if choice == EngineChoice::Tesseract {
        return Err(NotOwn::NotAsked);
    }
    let model = model.map_err(|e| NotOwn::Model {
        language: language.to_owned(),
        kind: kind_of(&e),
        said: e.to_string(),
    })?;
    let (path, wanted) = match kernels {
        Kernels::None => return Err(NotOwn::Forced),
        Kernels::Auto => (Path::Auto, "AVX2"),
        Kernels::Scalar => (Path::Scalar, "AVX2"),
        Kernels::Avx2 => (Path::Avx2, "AVX2"),
        Kernels::Avx512vnni => (Path::Avx512Vnni, "AVX-512 VNNI"),
    };
    let no_instructions = || NotOwn::NoInstructions { kernels: wanted.into() };
    let recogniser = Recogniser::new(model, path).map_err(|_| no_instructions())?;
    match kernels {
        _ if is_worth_it(recogniser.path(), choice, kernels) => Ok(recogniser),
        Kernels::Scalar => Err(NotOwn::Forced),
        _ => Err(no_instructions()),
    }
}

/// How a model that is not damaged differs from those that are read.
fn kind_of(error: &ModelError) -> OtherKind {
    match error {
        ModelError::FloatModel => OtherKind::Float,
        ModelError::CodeSequences => OtherKind::Codes,
        ModelError::Script(_) => OtherKind::Script,
        ModelError::OldMatrix | ModelError::OldAlphabet | ModelError::Missing { .. } => OtherKind::Old,
        _ => OtherKind::Layers,
    }
}

/// Plain code reads slower than Tesseract does: only where both were asked for by name.
fn is_worth_it(path: &str, choice: EngineChoice, kernels: Kernels) -> bool {
    path != "scalar" || choice == EngineChoice::Own && kernels == Kernels::Scalar
}

/// The lines of every block in reading order, in rectangles such as Tesseract itself reads (`LSTMRecognizeWord`): the words of
/// a row together, from the row's descenders to its ascenders at least, and a little white around. `None` when some of
/// them do not stand upright.
pub(crate) fn lines(
    found: &PageIterator,
    image: &GreyView<'_>,
) -> Result<Option<Vec<Vec<FoundLine>>>, Failure> {
    let begins = |level| found.is_at_beginning_of(level).map_err(|e| failed(e.to_string()));
    let mut blocks: Vec<Vec<FoundLine>> = Vec::new();
    loop {
        if blocks.is_empty() || begins(Level::RIL_BLOCK)? {
            if !is_upright(found) {
                return Ok(None);
            }
            blocks.push(Vec::new());
        }
        let block = blocks.last_mut().expect("a block was opened first");
        if block.is_empty() || begins(Level::RIL_TEXTLINE)? {
            block.push(FoundLine { row: row_of(found), units: Vec::new() });
        }
        let units = &mut block.last_mut().expect("a line was opened first").units;
        // nothing is there where a block is a picture
        if begins(Level::RIL_WORD)?
            && let Ok((left, top, right, bottom)) = found.bounding_box(Level::RIL_WORD)
        {
            let (highest, lowest) = reach_of(found);
            let grown = |top, bottom, by| {
                let (top, bottom): (i32, i32) = (top, bottom);
                let above = top.saturating_sub(by);
                clipped((left - by, above, right + by, bottom.saturating_add(by)), image)
            };
            units.push(FoundUnit {
                ink: grown(top, bottom, EDGE_PX),
                area: grown(top.min(highest), bottom.max(lowest), PAD_PX),
                pieces: Vec::new(),
            });
        }
        if let (Some(unit), Ok(piece)) = (units.last_mut(), found.bounding_box(Level::RIL_SYMBOL)) {
            unit.pieces.push(clipped(piece, image));
        }
        if !found.next(Level::RIL_SYMBOL).map_err(|e| failed(e.to_string()))? {
            break;
        }
    }
    for line in blocks.iter_mut().flatten() {
        line.units = joined(std::mem::take(&mut line.units));
        for unit in &mut line.units {
            unit.pieces.extend(marks::loose(unit.ink, &unit.pieces, image, INK));
        }
    }
    Ok(Some(blocks))
}

/// Words of a row are read together; a wide gap, or a word much taller than the row, starts another unit.
fn joined(words: Vec<FoundUnit>) -> Vec<FoundUnit> {
    let height = |b: &[u32; 4]| b[3] - b[1];
    let mut heights: Vec<u32> = words.iter().map(|w| height(&w.ink)).collect();
    heights.sort_unstable();
    let usual = heights.get(heights.len() / 2).copied().unwrap_or(0);
    let mut units: Vec<FoundUnit> = Vec::new();
    for word in words {
        if let Some(last) = units.last_mut() {
            let ink = around(last.ink, word.ink);
            if word.ink[0].saturating_sub(last.ink[2]) < WIDEST_GAP * usual && height(&ink) * 2 <= usual * 3 {
                last.ink = ink;
                last.area = around(last.area, word.area);
                last.pieces.extend(word.pieces);
                continue;
            }
        }
        units.push(word);
    }
    units.retain(|unit| is_text(unit.ink));
    units
}

fn is_text([left, top, right, bottom]: [u32; 4]) -> bool {
    let (width, height) = (right - left, bottom - top);
    height >= LEAST_HEIGHT_PX + 2 * EDGE_PX as u32 && height <= STEEPEST * width
}

fn around(a: [u32; 4], b: [u32; 4]) -> [u32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn clipped((left, top, right, bottom): (i32, i32, i32, i32), image: &GreyView<'_>) -> [u32; 4] {
    let x = |x: i32| x.clamp(0, image.width_px as i32) as u32;
    let y = |y: i32| y.clamp(0, image.height_px as i32) as u32;
    [x(left), y(top), x(right), y(bottom)]
}

/// The rectangles that are read, in order.
pub(crate) fn areas(blocks: &[Vec<FoundLine>]) -> Vec<[u32; 4]> {
    blocks.iter().flatten().flat_map(|line| &line.units).map(|unit| unit.area).collect()
}

/// A rectangle of a picture.
pub(crate) fn unit<'a>(&[left, top, right, bottom]: &[u32; 4], image: &GreyView<'a>) -> Unit<'a> {
    let stride = image.width_px as usize;
    Unit {
        width: right - left,
        height: bottom - top,
        stride,
        pixels: &image.pixels[top as usize * stride + left as usize..],
    }
}

/// The letters in each of [`areas`].
pub(crate) fn pieces(blocks: &[Vec<FoundLine>]) -> Vec<&[[u32; 4]]> {
    blocks.iter().flatten().flat_map(|line| &line.units).map(|unit| &*unit.pieces).collect()
}

/// What was read in [`areas`] as layout found it; lines and blocks without words are left out.
pub(crate) fn in_blocks(
    read: Vec<Vec<ReadWord>>,
    blocks: &[Vec<FoundLine>],
    image: &GreyView<'_>,
) -> Vec<ReadBlock> {
    let mut read = read.into_iter();
    let mut result = Vec::new();
    for block in blocks {
        let mut lines = Vec::new();
        for line in block {
            let words: Vec<ReadWord> = read.by_ref().take(line.units.len()).flatten().collect();
            if !words.is_empty() {
                lines.push(ReadLine { baseline: line.row.baseline_under(&words, image.height_px), words });
            }
        }
        if !lines.is_empty() {
            result.push(ReadBlock { lines });
        }
    }
    result
}

/// What was read of lines in known places: one block for each.
pub(crate) fn in_lines(mut read: Vec<Vec<ReadWord>>, areas: &[[u32; 4]]) -> Vec<ReadBlock> {
    read.resize_with(areas.len(), Vec::new);
    let block = |(words, area): (Vec<ReadWord>, &[u32; 4])| {
        let foot = words.iter().map(|w| w.bbox[3]).min().unwrap_or(area[3]);
        let lines = if words.is_empty() { vec![] } else { vec![ReadLine { baseline: (foot, foot), words }] };
        ReadBlock { lines }
    };
    read.into_iter().zip(areas).map(block).collect()
}

/// What the recogniser made of some areas.
pub(crate) struct Words {
    /// The words of each area; of fewer areas when the time was up.
    pub(crate) read: Vec<Vec<ReadWord>>,
    /// Areas that it does not take though there is something on them: longer than any line, say. By number, from 0.
    pub(crate) refused: Vec<usize>,
}

/// The words of each area, until `end`. `pieces`: those of each line, where layout found them; boxes are drawn around them,
/// else around the ink.
pub(crate) fn words(
    own: &Recogniser,
    image: &GreyView<'_>,
    areas: &[[u32; 4]],
    pieces: &[&[[u32; 4]]],
    end: Instant,
) -> Words {
    let (mut read, mut refused) = (Vec::with_capacity(areas.len()), Vec::new());
    // of the whole picture, in which light letters on a dark ground are read
    let mut negative: Option<Vec<u8>> = None;
    for (areas, pieces) in areas.chunks(AT_ONCE).zip(pieces.chunks(AT_ONCE)) {
        if Instant::now() >= end {
            break;
        }
        let units: Vec<Unit<'_>> = areas.iter().map(|area| unit(area, image)).collect();
        for ((reading, &area), pieces) in own.read(&units).into_iter().zip(areas).zip(pieces) {
            let (reading, shown) = if reading.outcome == Outcome::Unusable(Unusable::LightOnDark) {
                let pixels = negative.get_or_insert_with(|| negative_of(image));
                let shown = GreyView { pixels, ..*image };
                (own.read(&[unit(&area, &shown)]).remove(0), shown)
            } else {
                (reading, *image)
            };
            if matches!(reading.outcome, Outcome::Unusable(_)) && !unit(&area, image).is_blank() {
                refused.push(read.len());
            }
            read.push(placed(reading.words, area, pieces, &shown));
        }
    }
    Words { read, refused }
}

/// Where a line that was read lies, with a little of what is around it.
pub(crate) fn area_of<'a>(line: &'a mut ReadLine, image: &GreyView<'_>) -> (&'a mut ReadLine, [u32; 4]) {
    let ink = line.words.iter().map(|word| word.bbox).reduce(around).unwrap_or_default();
    let [left, top, right, bottom] = ink.map(|v| v as i32);
    (line, clipped((left - PAD_PX, top - PAD_PX, right + PAD_PX, bottom + PAD_PX), image))
}

/// The pixels of a picture with black and white exchanged.
pub(crate) fn negative_of(image: &GreyView<'_>) -> Vec<u8> {
    image.pixels.iter().map(|v| u8::MAX - v).collect()
}

/// Words with their boxes. The recogniser knows only about where one ends and the next begins; the white between them
/// lies in the picture.
fn placed(
    words: Vec<WordReading>,
    area: [u32; 4],
    pieces: &[[u32; 4]],
    image: &GreyView<'_>,
) -> Vec<ReadWord> {
    let words = spaces::parted(words, area, image);
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
            let letters = own.reduce(around);
            let bbox = letters.unwrap_or_else(|| inked([from.min(to - 1), top, to, bottom], image));
            let text = word.text.chars().map(vietnamese_d).collect();
            let confidence = word.confidence.round() as u8;
            ReadWord { text, bbox, confidence, alternatives: alternatives(&word) }
        })
        .collect()
}

/// What else a word may be, the likeliest only.
fn alternatives(word: &WordReading) -> Vec<(String, u8)> {
    let found = word.alternatives(LEAST_ALTERNATIVE).into_iter().take(MOST_ALTERNATIVES);
    let mapped = |text: String| text.chars().map(vietnamese_d).collect();
    found.map(|(text, probability)| (mapped(text), (probability * 100.0).round() as u8)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As on a processor without AVX2, whatever this one has.
    #[test]
    fn plain_code_reads_only_where_it_was_asked_for_by_name() {
        assert!(is_worth_it("avx2", EngineChoice::Auto, Kernels::Auto));
        assert!(!is_worth_it("scalar", EngineChoice::Auto, Kernels::Auto));
        assert!(!is_worth_it("scalar", EngineChoice::Own, Kernels::Auto));
        assert!(!is_worth_it("scalar", EngineChoice::Auto, Kernels::Scalar));
        assert!(is_worth_it("scalar", EngineChoice::Own, Kernels::Scalar));
    }
}
