//! Bút lục: the number stamped in the upper right corner. Never guessed: two readings of differently prepared crops must
//! agree on a label that says what it is ("BL 45", "Bút lục số 45"); a bare number may be a page number.

use crate::clean::Look;
use crate::clean::colour::{self, InkMap};
use crate::clean::grey::{Filter, Grey};
use crate::clean::stamp;
use crate::engine::Engine;
use crate::marks;
use native::{GreyView, NativeError, PageRaster, RecogniseParams, Segmentation};
use record::{
    Block, BlockKind, FolioMark, FolioSource, Line, Mark, MarkInk, MarkKind, PageSize, PageText, PxBox, Word,
};
use vitext::cer::distance;
use vitext::patterns::folio_stamp;

/// Resolutions at which a crop is read: two samplings of the same figures, whose errors differ.
const CROP_DPI: [u32; 2] = [200, 300];
/// White around a crop in pixels of the crop.
pub(crate) const BORDER_PX: u32 = 16;
/// Words of the number read less surely than this do not count.
const LEAST_CONFIDENCE: u8 = 25;
/// What agreeing samplings and their labels have to come to: two samplings with one label as it is written or with two worn
/// ones, or three with one worn label.
const LEAST_SUPPORT: usize = 4;
/// Coloured marks in the corner that are looked at.
const MOST_CROPS: usize = 3;

/// A stamp found: what it says, and its words as a mark on the page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stamp {
    pub(crate) mark: FolioMark,
    pub(crate) block: Block,
}

/// Where bút lục are stamped: the right two fifths of the top seventh.
pub(crate) fn corner(size: PageSize) -> PxBox {
    PxBox { left: size.width_px * 3 / 5, top: 0, right: size.width_px, bottom: size.height_px / 7 }
}

/// Looks for the stamp: first among coloured marks, then in black print. Costs a few small recognitions where something is there.
pub(crate) fn find(
    engine: &dyn Engine,
    raster: &PageRaster,
    grey: &Grey<'_>,
    inks: Option<&InkMap>,
    look: &Look,
    language: &str,
) -> Result<Option<Stamp>, NativeError> {
    let size = raster.size;
    let coloured = inks.map(|inks| coloured_marks(inks, size)).unwrap_or_default();
    for &area in &coloured {
        let rgb = crop_rgb(raster, area);
        let (width, height) = (area.width(), area.height());
        let plain = readable(&stamp::darkest_layer(width, height, &rgb));
        let mut vote = Vote::new(engine, area, size.dpi, language);
        if let Some(found) = vote.hear(&plain, &plain)? {
            return Ok(Some(found));
        }
        // black print below the stamp is left out by colour, at the price of sharpness
        let chroma = readable(&colour::chroma_layer(width, height, &rgb));
        let gated = readable(&colour::gated_layer(width, height, &rgb));
        if let Some(found) = vote.hear(&chroma, &gated)? {
            return Ok(Some(found));
        }
    }
    let Some(area) = black_mark(look, size) else { return Ok(None) };
    if coloured.iter().any(|mark| mark.left < area.right && area.left < mark.right && mark.bottom > area.top)
    {
        return Ok(None);
    }
    let crop = grey.crop(area.left, area.top, area.right, area.bottom);
    let plain = readable(&crop);
    let mut vote = Vote::new(engine, area, size.dpi, language);
    if let Some(found) = vote.hear(&plain, &plain)? {
        return Ok(Some(found));
    }
    let mended = mended(&crop, area);
    vote.hear(&mended, &mended)
}

/// A crop of a black-and-white page with the gaps in its strokes closed, level and without the pieces of its frame.
fn mended(crop: &Grey<'_>, area: PxBox) -> Grey<'static> {
    let lean = stamp::lean_degrees(crop);
    let layer = stamp::inked(&crop.softened().softened());
    let level = marks::Crop { layer, area }.levelled(lean).without_frame();
    stamp::without_frame(level.layer)
}

/// Dark on white, without the stamp's frame.
fn readable(layer: &Grey<'_>) -> Grey<'static> {
    stamp::without_frame(stamp::inked(layer))
}

/// Groups of coloured ink in the corner with the size of a stamp, the nearest to the corner first.
fn coloured_marks(inks: &InkMap, size: PageSize) -> Vec<PxBox> {
    let corner = corner(size);
    let mm = |mm: u32| size.dpi * mm / 25;
    let mut marks: Vec<PxBox> = inks
        .groups_of_any(3)
        .into_iter()
        .filter(|b| {
            let (x, y) = (b.left.midpoint(b.right), b.top.midpoint(b.bottom));
            x >= corner.left && y < corner.bottom
        })
        .filter(|b| (mm(5)..mm(90)).contains(&b.width()) && (mm(2)..mm(36)).contains(&b.height()))
        .map(|b| {
            let near = grown(b, mm(2), size);
            // a faint last figure may have no colour to be grouped by
            PxBox { right: (near.right + mm(6)).min(size.width_px), ..near }
        })
        .collect();
    marks.sort_by_key(|b| b.top + (size.width_px - b.right));
    marks.truncate(MOST_CROPS);
    marks
}

/// Around the letters that stand alone at the very top right, if there are any: the top twelfth, where no text of the
/// document begins.
fn black_mark(look: &Look, size: PageSize) -> Option<PxBox> {
    let corner = corner(size);
    let mm = |mm: u32| size.dpi * mm / 25;
    let on_page = |c: &crate::clean::components::Component| PxBox {
        left: c.left * look.factor,
        top: c.top * look.factor,
        right: c.right * look.factor,
        bottom: c.bottom * look.factor,
    };
    let letters: Vec<PxBox> = look
        .letters
        .iter()
        .map(on_page)
        .filter(|b| b.left >= corner.left && b.bottom < size.height_px / 12 && b.bottom > mm(2))
        .collect();
    let around = PxBox::around(&letters);
    let fits = (2..40).contains(&letters.len()) && around.width() < mm(70) && around.height() < mm(24);
    fits.then(|| grown(around, mm(3), size))
}

pub(crate) fn grown(b: PxBox, by: u32, size: PageSize) -> PxBox {
    PxBox {
        left: b.left.saturating_sub(by),
        top: b.top.saturating_sub(by),
        right: (b.right + by).min(size.width_px),
        bottom: (b.bottom + by).min(size.height_px),
    }
}

pub(crate) fn crop_rgb(raster: &PageRaster, area: PxBox) -> Vec<u8> {
    let stride = raster.size.width_px as usize * 3;
    let rows =
        raster.pixels().chunks_exact(stride.max(1)).skip(area.top as usize).take(area.height() as usize);
    rows.flat_map(|row| &row[area.left as usize * 3..area.right as usize * 3]).copied().collect()
}

/// What samplings of one crop say of its number, one after the other.
struct Vote<'a> {
    engine: &'a dyn Engine,
    area: PxBox,
    dpi: u32,
    language: &'a str,
    readings: Vec<Reading>,
    /// Samplings heard; two ways of layout look at the same one.
    samplings: usize,
}

/// What one sampling says.
#[derive(Debug, Clone, PartialEq)]
struct Reading {
    sampling: usize,
    /// How surely a label stands before the number: 2 as it is written, 1 with letters misread, 0 none.
    label: u8,
    stamp: Stamp,
}

impl<'a> Vote<'a> {
    fn new(engine: &'a dyn Engine, area: PxBox, dpi: u32, language: &'a str) -> Self {
        Self { engine, area, dpi, language, readings: Vec::new(), samplings: 0 }
    }

    /// Reads two layers, the first at the lower, the second at the higher resolution, until the readings so far agree.
    fn hear(&mut self, low: &Grey<'_>, high: &Grey<'_>) -> Result<Option<Stamp>, NativeError> {
        let before = self.readings.len();
        for how in [Segmentation::Block, Segmentation::Sparse] {
            for (at, layer) in [low, high].into_iter().enumerate() {
                let crop = Crop { layer, area: self.area, dpi: self.dpi, at_dpi: CROP_DPI[at] };
                let reading = crop.read(self.engine, how, self.language)?;
                self.readings.extend(reading.map(|r| Reading { sampling: self.samplings + at, ..r }));
                if let Some(stamp) = agreed(&self.readings) {
                    return Ok(Some(stamp));
                }
            }
            if self.readings.len() == before {
                break;
            }
        }
        self.samplings += 2;
        Ok(None)
    }
}

/// The number that two samplings read, and one more for each reading that says otherwise, with a label before it.
fn agreed(readings: &[Reading]) -> Option<Stamp> {
    let says = |r: &Reading, number: &str| r.stamp.mark.label == number;
    readings.iter().find_map(|reading| {
        let number = &reading.stamp.mark.label;
        let (mut samplings, mut label) = (Vec::new(), 0);
        for r in readings.iter().filter(|r| says(r, number)) {
            if !samplings.contains(&r.sampling) {
                samplings.push(r.sampling);
                label += usize::from(r.label);
            }
        }
        let against = readings.iter().filter(|r| !says(r, number)).count();
        let is_agreed =
            label > 0 && samplings.len() >= 2 + against && samplings.len() + label >= LEAST_SUPPORT;
        let same = || readings.iter().filter(|r| says(r, number));
        let best = same().max_by_key(|r| (r.label, r.stamp.mark.confidence)).filter(|_| is_agreed)?;
        let confidence = same().map(|r| r.stamp.mark.confidence).min().unwrap_or_default();
        let mark = FolioMark { confidence, ..best.stamp.mark.clone() };
        Some(Stamp { mark, block: best.stamp.block.clone() })
    })
}

/// A prepared part of the page and the resolution it is read at.
struct Crop<'a> {
    layer: &'a Grey<'a>,
    /// Where it lies on the page.
    area: PxBox,
    /// Resolution of the page.
    dpi: u32,
    at_dpi: u32,
}

impl Crop<'_> {
    fn read(
        &self,
        engine: &dyn Engine,
        how: Segmentation,
        language: &str,
    ) -> Result<Option<Reading>, NativeError> {
        let (layer, area) = (self.layer, self.area);
        let scale = (self.at_dpi as f32 / self.dpi.max(1) as f32).min(3.0);
        let scaled = |px: u32| ((px as f32 * scale).round() as u32).max(3);
        let small = layer.resized(scaled(layer.width), scaled(layer.height), Filter::Lanczos);
        let picture = bordered(&small);
        let view = GreyView {
            width_px: picture.width,
            height_px: picture.height,
            dpi: self.at_dpi,
            pixels: &picture.pixels,
        };
        let recognised = engine.recognise(view, &RecogniseParams::new(language, how))?;
        let on_page = |b: PxBox| {
            let x =
                |px: u32| (area.left + (px.saturating_sub(BORDER_PX) as f32 / scale) as u32).min(area.right);
            let y =
                |px: u32| (area.top + (px.saturating_sub(BORDER_PX) as f32 / scale) as u32).min(area.bottom);
            PxBox {
                left: x(b.left),
                top: y(b.top),
                right: x(b.right).max(x(b.left) + 1),
                bottom: y(b.bottom).max(y(b.top) + 1),
            }
        };
        let mut lines: Vec<Line> = recognised
            .blocks
            .into_iter()
            .flat_map(|b| b.lines)
            .filter_map(|line| {
                let words: Vec<Word> = line
                    .words
                    .into_iter()
                    .map(|w| Word {
                        text: vitext::nfc(w.text.trim()).into_owned(),
                        bbox: on_page(w.bbox),
                        ..w
                    })
                    .filter(|w| w.text.chars().any(char::is_alphanumeric))
                    .collect();
                let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
                (!words.is_empty()).then_some(Line { bbox, baseline: (bbox.bottom, bbox.bottom), words })
            })
            .collect();
        let Some((label, number)) = numbered(&text_of(&lines)) else { return Ok(None) };
        lines.truncate(lines_that_say(&lines, &number));
        let words = lines.iter().flat_map(|l| &l.words);
        let confidence = words
            .filter(|w| w.text.chars().any(|c| c.is_ascii_digit()))
            .map(|w| w.confidence)
            .min()
            .filter(|&c| c >= LEAST_CONFIDENCE);
        Ok(confidence.map(|confidence| Reading {
            sampling: 0,
            label,
            stamp: Stamp {
                mark: FolioMark { label: number, source: FolioSource::Stamp, confidence },
                block: Block {
                    kind: BlockKind::Mark(Mark { kind: MarkKind::FolioStamp, ink: MarkInk::Other }),
                    bbox: PxBox::around(lines.iter().map(|l| &l.bbox)),
                    lines,
                },
            },
        }))
    }
}

fn text_of(lines: &[Line]) -> String {
    lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
}

/// How many of the lines say the number already: print below the stamp shines through its layer and is none of it.
fn lines_that_say(lines: &[Line], number: &str) -> usize {
    let say = |&many: &usize| numbered(&text_of(&lines[..many])).is_some_and(|(_, said)| said == number);
    (1..lines.len()).find(say).unwrap_or(lines.len())
}

/// The number that a reading ends with, and how surely a label stands before it.
fn numbered(text: &str) -> Option<(u8, String)> {
    if let Some(found) = folio_stamp(text).filter(|f| f.labelled) {
        return (!found.guessed).then_some((2, found.label));
    }
    // other signs beside a figure may be what is left of one
    let text = text.trim_end_matches([' ', '\n', '.', ',', ':', ';', ']', ')', '}']);
    let (before, last) = text.rsplit_once([' ', '\n', '.', ',', ':', ';', '[', '(', '{'])?;
    let is_number = last.chars().all(|c| c.is_ascii_digit());
    let number = folio_stamp(last).filter(|_| is_number)?.label;
    Some((u8::from(is_like_a_label(before)), number))
}

fn is_no_letter(c: char) -> bool {
    !c.is_alphanumeric()
}

/// Whether worn letters say "Bút lục" or "BL" rather than what else stands before a number in the corner of a form.
fn is_like_a_label(text: &str) -> bool {
    let folded = vitext::fold_ascii(text).to_ascii_uppercase();
    let mut words: Vec<&str> = folded.split(is_no_letter).filter(|w| !w.is_empty()).collect();
    if words.len() > 1 && words.last().is_some_and(|w| w.len() == 2 && !w.ends_with('L')) {
        words.pop();
    }
    let letters: String = words.concat();
    let far = |word: &str| distance(word.as_bytes(), letters.as_bytes());
    let others = ["MUCLUC", "PHULUC", "PHANLOAI"];
    let is_long = far("BUTLUC") <= 2 && others.iter().all(|other| far(other) > far("BUTLUC"));
    is_long || ["BI", "B1", "8L", "8I", "RL", "EL", "3L"].contains(&letters.as_str())
}

/// With white around it: layout analysis loses letters that touch the edge.
pub(crate) fn bordered(grey: &Grey<'_>) -> Grey<'static> {
    let (width, height) = (grey.width + 2 * BORDER_PX, grey.height + 2 * BORDER_PX);
    let mut pixels = vec![255; width as usize * height as usize];
    let rows = pixels.chunks_exact_mut(width as usize).skip(BORDER_PX as usize);
    for (row, from) in rows.zip(grey.rows()) {
        row[BORDER_PX as usize..][..from.len()].copy_from_slice(from);
    }
    Grey::new(width, height, pixels)
}

/// Puts the stamp on the page as a mark and takes what the page's own pass read of it out of the body.
pub(crate) fn file_as_mark(text: &mut PageText, stamp: &Stamp) {
    taken_out(text, grown(stamp.block.bbox, text.size.dpi / 12, text.size));
    text.blocks.push(stamp.block.clone());
}

/// A stamp in black whose number could not be made out is a mark, too, as far as its letters say what it is.
pub(crate) fn file_unread(text: &mut PageText, look: &Look) {
    let Some(area) = black_mark(look, text.size) else { return };
    let words = text.body_words().filter(|w| holds(&area, &w.bbox));
    if !is_what_is_left_of_a_label(&words.map(|w| w.text.as_str()).collect::<String>()) {
        return;
    }
    let lines = taken_out(text, area);
    let kind = BlockKind::Mark(Mark { kind: MarkKind::FolioStamp, ink: MarkInk::Other });
    text.blocks.push(Block { kind, bbox: PxBox::around(lines.iter().map(|l| &l.bbox)), lines });
}

fn holds(area: &PxBox, b: &PxBox) -> bool {
    let (x, y) = (b.left.midpoint(b.right), b.top.midpoint(b.bottom));
    (area.left..area.right).contains(&x) && (area.top..area.bottom).contains(&y)
}

/// The words in an area, line by line, taken out of the text.
fn taken_out(text: &mut PageText, area: PxBox) -> Vec<Line> {
    let mut taken = Vec::new();
    for block in &mut text.blocks {
        for line in &mut block.lines {
            let words: Vec<Word> = line.words.extract_if(.., |w| holds(&area, &w.bbox)).collect();
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
            let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
            taken.push(Line { bbox, baseline: line.baseline, words });
        }
        block.lines.retain(|l| !l.words.is_empty());
        block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
    }
    text.blocks.retain(|b| !b.lines.is_empty());
    taken.retain(|l| !l.words.is_empty());
    taken
}

/// Half of the letters of "Bút lục số" or "BL" at least, beside figures or not.
fn is_what_is_left_of_a_label(text: &str) -> bool {
    let folded = vitext::fold_ascii(text).to_ascii_uppercase();
    let letters: String = folded.chars().filter(char::is_ascii_alphabetic).collect();
    ["BUTLUCSO", "BUTLUC", "BL"]
        .iter()
        .any(|label| distance(label.as_bytes(), letters.as_bytes()) * 2 <= label.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(sampling: usize, label: u8, number: &str) -> Reading {
        let mark = FolioMark { label: number.into(), source: FolioSource::Stamp, confidence: 90 };
        let kind = BlockKind::Mark(Mark { kind: MarkKind::FolioStamp, ink: MarkInk::Other });
        let block = Block { kind, bbox: PxBox::default(), lines: Vec::new() };
        Reading { sampling, label, stamp: Stamp { mark, block } }
    }

    fn number(readings: &[(usize, u8, &str)]) -> Option<String> {
        let readings: Vec<Reading> = readings.iter().map(|&(s, l, n)| reading(s, l, n)).collect();
        agreed(&readings).map(|stamp| stamp.mark.label)
    }

    #[test]
    fn two_samplings_and_a_label_agree_on_a_number() {
        assert_eq!(number(&[(0, 2, "16"), (1, 2, "16")]), Some("16".into()));
        assert_eq!(number(&[(0, 0, "16"), (1, 2, "16")]), Some("16".into()));
        assert_eq!(number(&[(0, 1, "31"), (1, 0, "31"), (2, 0, "31")]), Some("31".into()));
    }

    #[test]
    fn one_sampling_read_twice_a_bare_number_and_a_contradiction_are_not_enough() {
        assert_eq!(number(&[(0, 2, "13"), (0, 2, "13")]), None);
        assert_eq!(number(&[(0, 0, "3"), (1, 0, "3"), (2, 0, "3"), (3, 0, "3")]), None);
        assert_eq!(number(&[(0, 1, "31"), (1, 0, "31")]), None);
        assert_eq!(number(&[(0, 2, "1"), (1, 2, "16"), (2, 2, "1")]), None);
        // three against one
        let three = [(0, 2, "1"), (1, 2, "16"), (2, 2, "16"), (3, 2, "16")];
        assert_eq!(number(&three), Some("16".into()));
    }

    #[test]
    fn a_stamp_ends_with_the_line_of_its_number() {
        let lines = |said: &[&str]| -> Vec<Line> {
            let words = |text: &str| text.split(' ').map(|w| Word::new(w, PxBox::default(), 90)).collect();
            said.iter()
                .map(|text| Line { bbox: PxBox::default(), baseline: (0, 0), words: words(text) })
                .collect()
        };
        let read = lines(&["Bút lục", "số 15", "NAM"]);
        assert_eq!(numbered(&text_of(&read[..2])), Some((2, "15".into())));
        assert_eq!(lines_that_say(&read, "15"), 2);
        assert_eq!(lines_that_say(&lines(&["Bút lục", "số 15"]), "15"), 2);
        assert_eq!(lines_that_say(&lines(&["BL: 15", "BL: 15"]), "15"), 1);
    }

    #[test]
    fn worn_labels_are_known_and_other_words_of_a_corner_are_not() {
        for text in ["Đút lục số 15", "Bát lạc số 15", "[BỨT tục Í\nSố: 15", "Bí. 15", "RL: 15]"]
        {
            assert_eq!(numbered(text), Some((1, "15".into())), "{text}");
        }
        assert_eq!(numbered("BL: 15"), Some((2, "15".into())));
        for text in ["Mục lục số 15", "Phụ lục 15", "Trang 15", "BM 15", "Mẫu số 15", "Số: 15"]
        {
            assert_eq!(numbered(text), Some((0, "15".into())), "{text}");
        }
        // what stands beside a figure may be a figure
        for text in ["BỊ, !3", "BL /7", "Bút lục", "9⁄2", ""] {
            assert_eq!(numbered(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_left_of_an_unread_stamp_is_known() {
        for text in ["BULUCSo:04", "BI05", "BELU:,", "Tilacso7", "B1,01", "BT,05"] {
            assert!(is_what_is_left_of_a_label(text), "{text}");
        }
        for text in ["Mẫusố07-HS", "12", "TỐIMẬT", "Trang2", "Số12", "PHỤLỤCI", "HỎATỐC", "ĐẾN"]
        {
            assert!(!is_what_is_left_of_a_label(text), "{text}");
        }
    }
}
