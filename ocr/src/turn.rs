//! Which way round a page lies, where no metadata says so: sideways by the rows its letters form, head first by reading a
//! few of its lines both ways. In doubt a page is upright.

use crate::clean::Look;
use crate::clean::components::Component;
use crate::clean::grey::Grey;
use crate::engine::Engine;
use native::{GreyView, NativeError, PageRaster, RecogniseParams, Segmentation};
use record::{Line, PageSize, PxBox, Turn};
use vitext::fold_ascii;

/// Width of the strips in which rows are looked for, in inches: narrow enough for pages that lean by some degrees.
const STRIP_INCHES: f32 = 1.0;
/// Letters stand in columns this many times more than in rows: the page may lie sideways.
const SIDEWAYS: f32 = 1.5;
/// Letters below which rows say nothing.
const LEAST_LETTERS: usize = 60;
/// Letters above which it is a drawing or noise.
const MOST_LETTERS: usize = 8_000;
/// Letters from which on disorder tells that they are none …
const MANY_LETTERS: usize = 400;
/// … where they gather less than this. Seventeen pages of five worn and clean sets gather by 1.58 to 1.80 along their lines.
const LEAST_ROWNESS: f32 = 0.6;
/// Lines read each way.
const LINES: usize = 8;
/// Letters that make a line worth reading.
const LEAST_IN_LINE: usize = 8;
/// Letters of a line that are read; more tell nothing new.
const MOST_IN_LINE: usize = 40;
/// A page is taken as turned when its lines read at least this well that way (0–100) …
const WELL: f32 = 60.0;
/// … and better than upright, and than the other way round, by this much …
const BETTER: f32 = 25.0;
/// … over at least this many letters and figures.
const LEAST_READ: f32 = 40.0;
/// Lines are read on at most this part of the page, each way: eight of print take a twentieth.
const MOST_OF_PAGE: u64 = 5;
/// White around and between lines, in pixels of the page.
const BORDER_PX: u32 = 12;

/// The picture turned clockwise, exactly: every byte of it is a byte of the page.
pub(crate) fn turned(raster: &PageRaster, turn: Turn) -> PageRaster {
    let PageSize { width_px, height_px, .. } = raster.size;
    let pixels = match raster.channels {
        1 => turned_pixels::<1>(raster.pixels(), width_px, height_px, turn),
        _ => turned_pixels::<3>(raster.pixels(), width_px, height_px, turn),
    };
    PageRaster::from_pixels(turn.size(raster.size), raster.channels, raster.bilevel, pixels)
}

fn turned_grey(grey: &Grey<'_>, turn: Turn) -> Grey<'static> {
    let pixels = turned_pixels::<1>(&grey.pixels, grey.width, grey.height, turn);
    let (width, height) =
        if turn.is_sideways() { (grey.height, grey.width) } else { (grey.width, grey.height) };
    Grey::new(width, height, pixels)
}

/// `N` bytes a pixel. Sideways it goes by squares, so that neither side leaves the cache.
fn turned_pixels<const N: usize>(pixels: &[u8], width: u32, height: u32, turn: Turn) -> Vec<u8> {
    const SQUARE: usize = 64;
    let (from, _) = pixels.as_chunks::<N>();
    let (width, height) = (width as usize, height as usize);
    let mut out = match turn {
        Turn::Upright => return pixels.to_vec(),
        Turn::Half => return from.iter().rev().copied().flatten().collect(),
        Turn::Right | Turn::Left => vec![0; pixels.len()],
    };
    let (to, _) = out.as_chunks_mut::<N>();
    for top in (0..height).step_by(SQUARE) {
        for left in (0..width).step_by(SQUARE) {
            for x in left..width.min(left + SQUARE) {
                for y in top..height.min(top + SQUARE) {
                    let at = match turn {
                        Turn::Right => x * height + height - 1 - y,
                        _ => (width - 1 - x) * height + y,
                    };
                    to[at] = from[y * width + x];
                }
            }
        }
    }
    out
}

/// Whether the letters of a page stand in columns rather than in rows. A first, cheap look; reading decides.
pub(crate) fn seems_sideways(look: &Look) -> bool {
    look.letters.len() >= LEAST_LETTERS && {
        let (rows, columns) = (rowness(look, Turn::Upright), rowness(look, Turn::Right));
        columns > rows * SIDEWAYS
    }
}

/// Whether a page is strewn with letters that gather neither in rows nor in columns: stipple, grain, leaves.
pub(crate) fn is_in_disorder(look: &Look) -> bool {
    let gather = |turn| rowness(look, turn) >= LEAST_ROWNESS;
    look.letters.len() >= MANY_LETTERS && !gather(Turn::Upright) && !gather(Turn::Right)
}

/// How much letters gather in rows: the change of coverage over the height of a letter, in strips down the page, as a share
/// of all coverage. 2 where rows of letters part cleanly, little where letters of many lines lie over each other.
fn rowness(look: &Look, turn: Turn) -> f32 {
    let size = PageSize { width_px: look.depths.width, height_px: look.depths.height, dpi: look.dpi };
    let (strip, turned_size) = ((look.dpi as f32 * STRIP_INCHES).max(1.0) as u32, turn.size(size));
    let strips = turned_size.width_px.div_ceil(strip) as usize;
    let boxes: Vec<PxBox> = look.letters.iter().map(|c| turn.bbox(bbox_of(c), size)).collect();
    let mut heights: Vec<u32> = boxes.iter().map(PxBox::height).collect();
    heights.sort_unstable();
    let lag = heights.get(heights.len() / 2).map_or(1, |&h| h as usize);
    let height = turned_size.height_px as usize + lag;
    let mut covered = vec![0_i64; strips * height];
    for b in &boxes {
        let at = (b.left.midpoint(b.right) / strip) as usize * height;
        for row in &mut covered[at + b.top as usize..at + b.bottom as usize] {
            *row += i64::from(b.width());
        }
    }
    let (mut change, mut all) = (0, 0);
    for strip in covered.chunks_exact(height) {
        change += strip.windows(lag + 1).map(|w| (w[lag] - w[0]).pow(2)).sum::<i64>();
        all += strip.iter().map(|v| v * v).sum::<i64>();
    }
    change as f32 / all.max(1) as f32
}

fn bbox_of(c: &Component) -> PxBox {
    PxBox { left: c.left, top: c.top, right: c.right, bottom: c.bottom }
}

/// Reads a few lines of the page each way and tells the turn that reads well and far better than all others; `None`
/// where none does, or where that is the page as it lies. Costs about two milliseconds a line and way.
pub(crate) fn by_reading(
    engine: &dyn Engine,
    grey: &Grey<'_>,
    look: &Look,
    dpi: u32,
    language: &str,
    ways: &[Turn],
) -> Result<Option<Turn>, NativeError> {
    if look.letters.len() > MOST_LETTERS {
        return Ok(None);
    }
    let mut best: Option<(Turn, Reading)> = None;
    let mut next = 0.0_f32;
    for &turn in ways {
        let reading = Reading::of(&read_lines(engine, grey, look, dpi, language, turn)?);
        match &best {
            Some((_, one)) if one.well >= reading.well => next = next.max(reading.well),
            _ => next = best.replace((turn, reading)).map_or(0.0, |(_, one)| one.well.max(next)),
        }
    }
    let sure = |one: &Reading| one.well >= WELL && one.well >= next + BETTER && one.letters >= LEAST_READ;
    Ok(best.filter(|(turn, one)| *turn != Turn::Upright && sure(one)).map(|(turn, _)| turn))
}

/// How well lines read.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reading {
    /// Mean confidence of letters and figures, 0–100; words that are no Vietnamese syllable and no number count as 0.
    well: f32,
    letters: f32,
}

impl Reading {
    fn of(lines: &[Line]) -> Self {
        let (mut sum, mut letters) = (0.0, 0.0);
        for word in lines.iter().flat_map(|l| &l.words) {
            let n = word.text.chars().filter(|c| c.is_alphanumeric()).count() as f32;
            letters += n;
            if is_plausible(&word.text) {
                sum += n * f32::from(word.confidence);
            }
        }
        Self { well: if letters > 0.0 { sum / letters } else { 0.0 }, letters }
    }
}

/// Whether a word can be a Vietnamese syllable or a number.
pub(crate) fn is_plausible(word: &str) -> bool {
    const ONSETS: [&str; 28] = [
        "", "b", "c", "ch", "d", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p",
        "ph", "q", "r", "s", "t", "th", "tr", "v", "x", "qu",
    ];
    const CODAS: [&str; 9] = ["", "c", "ch", "m", "n", "ng", "nh", "p", "t"];
    let folded = fold_ascii(word).to_lowercase();
    let core = folded.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if core.chars().all(|c| !c.is_ascii_alphabetic()) {
        return true;
    }
    let is_vowel = |c: char| "aeiouy".contains(c);
    let Some(first) = core.find(is_vowel) else { return false };
    let rest = &core[first..];
    let nucleus = rest.find(|c| !is_vowel(c)).unwrap_or(rest.len());
    ONSETS.contains(&&core[..first]) && nucleus <= 3 && CODAS.contains(&&rest[nucleus..])
}

/// The longest lines of the page as it would be after `turn`, read.
fn read_lines(
    engine: &dyn Engine,
    grey: &Grey<'_>,
    look: &Look,
    dpi: u32,
    language: &str,
    turn: Turn,
) -> Result<Vec<Line>, NativeError> {
    let size = PageSize { width_px: grey.width, height_px: grey.height, dpi };
    let crops: Vec<Grey<'_>> = longest_lines(look, turn, size)
        .into_iter()
        .map(|b| crisp(turned_grey(&grey.crop(b.left, b.top, b.right, b.bottom), turn)))
        .collect();
    if crops.is_empty() {
        return Ok(Vec::new());
    }
    let (picture, areas) = stacked(&crops);
    let view = GreyView {
        width_px: picture.width,
        height_px: picture.height,
        dpi: dpi.max(70),
        pixels: &picture.pixels,
    };
    Ok(engine.read_lines(view, &areas, &RecogniseParams::new(language, Segmentation::Line))?.lines)
}

/// Boxes of the page, in its pixels, that hold the lines with the most letters when it is read after `turn`.
fn longest_lines(look: &Look, turn: Turn, size: PageSize) -> Vec<PxBox> {
    let copy = PageSize { width_px: look.depths.width, height_px: look.depths.height, dpi: look.dpi };
    let mut letters: Vec<PxBox> = look.letters.iter().map(|c| turn.bbox(bbox_of(c), copy)).collect();
    letters.sort_by_key(|b| (b.left, b.top));
    let mut lines: Vec<Vec<PxBox>> = Vec::new();
    for letter in letters {
        let follows = |line: &&mut Vec<PxBox>| {
            let last = line[line.len() - 1];
            let shared = last.bottom.min(letter.bottom).saturating_sub(last.top.max(letter.top));
            let lower = last.height().min(letter.height());
            shared * 2 > lower && letter.left <= last.right + last.height().max(letter.height()) * 3 / 2
        };
        match lines.iter_mut().rev().find(follows) {
            Some(line) if line.len() < MOST_IN_LINE => line.push(letter),
            // what goes on beyond is a line of its own
            _ => lines.push(vec![letter]),
        }
    }
    lines.retain(|line| line.len() >= LEAST_IN_LINE);
    lines.sort_by_key(|line| (std::cmp::Reverse(line.len()), line[0].top));
    lines.truncate(LINES);
    let back = turn.back();
    let on_page = |line: Vec<PxBox>| {
        let around = PxBox::around(&line);
        let mut heights: Vec<u32> = line.iter().map(PxBox::height).collect();
        heights.sort_unstable();
        let air = heights[heights.len() / 2] / 2;
        let b = PxBox {
            left: around.left.saturating_sub(air),
            top: around.top.saturating_sub(air),
            right: around.right + air,
            bottom: around.bottom + air,
        };
        let b = back.bbox(b, turn.size(copy));
        PxBox {
            left: b.left * look.factor,
            top: b.top * look.factor,
            right: (b.right * look.factor).min(size.width_px),
            bottom: (b.bottom * look.factor).min(size.height_px),
        }
    };
    let mut left_px = u64::from(size.width_px) * u64::from(size.height_px) / MOST_OF_PAGE;
    let mut fits = |b: &PxBox| {
        let area = u64::from(b.width()) * u64::from(b.height());
        left_px = left_px.saturating_sub(area);
        area > 0 && left_px > 0
    };
    lines.into_iter().map(on_page).filter(|b| fits(b)).collect()
}

/// Paper white and ink black, as far as the darkest and brightest fiftieth of the crop tell.
fn crisp(mut crop: Grey<'static>) -> Grey<'static> {
    let mut count = [0_usize; 256];
    crop.pixels.iter().for_each(|&v| count[usize::from(v)] += 1);
    let share = crop.pixels.len() / 50;
    let level = |mut values: Box<dyn Iterator<Item = usize>>| {
        let mut seen = 0;
        let found = values.find(|&v| {
            seen += count[v];
            seen > share
        });
        found.unwrap_or(0) as i32
    };
    let (ink, paper) = (level(Box::new(0..256)), level(Box::new((0..256).rev())));
    if paper > ink {
        let table: Vec<u8> =
            (0..256).map(|v| ((v - ink) * 255 / (paper - ink)).clamp(0, 255) as u8).collect();
        crop.pixels.to_mut().iter_mut().for_each(|v| *v = table[usize::from(*v)]);
    }
    crop
}

/// The crops under each other on white, and where each of them is.
fn stacked(crops: &[Grey<'_>]) -> (Grey<'static>, Vec<PxBox>) {
    let width = crops.iter().map(|c| c.width).max().unwrap_or(0) + 2 * BORDER_PX;
    let height = crops.iter().map(|c| c.height + BORDER_PX).sum::<u32>() + BORDER_PX;
    let mut pixels = vec![255; width as usize * height as usize];
    let (mut top, mut areas) = (BORDER_PX, Vec::new());
    for crop in crops {
        let rows = pixels.chunks_exact_mut(width as usize).skip(top as usize);
        for (row, from) in rows.zip(crop.rows()) {
            row[BORDER_PX as usize..][..from.len()].copy_from_slice(from);
        }
        let (right, bottom) = (BORDER_PX + crop.width, top + crop.height);
        areas.push(PxBox { left: BORDER_PX, top, right, bottom });
        top = bottom + BORDER_PX;
    }
    (Grey::new(width, height, pixels), areas)
}

#[cfg(test)]
mod tests;
