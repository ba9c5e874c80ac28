//! One page, from pixels to a typed outcome. Reads top to bottom: grey, look, plan, read, place, marks.

use crate::alternatives;
use crate::blank::{self, Print};
use crate::blanks;
use crate::clean::colour::{self, Ink, InkMap};
use crate::clean::grey::Grey;
use crate::clean::picture::Picture;
use crate::clean::rotate::Placement;
use crate::clean::ruling;
use crate::clean::specks;
use crate::clean::typed;
use crate::clean::{Aims, Look, Plan};
use crate::clean::{balance, blue, negative};
use crate::confidence;
use crate::engine::Engine;
use crate::folio;
use crate::lines::{self, FoundLine};
use crate::marks;
use crate::numbers::Numbers;
use crate::numerals;
use crate::order;
use crate::pen;
use crate::quality::Quality;
use crate::recipe::{Channel, Recipe, Rung};
use crate::second::SecondLook;
use crate::signature;
use crate::strips::{self, Strips};
use crate::table;
use crate::turn;
use native::{
    GreyView, ModelFault, NativeError, PageRaster, RecogniseParams, RecognisedLines, RecognisedPage,
    Segmentation,
};
use record::{
    AlternativeSource, Block, BlockKind, FindingKind, FolioMark, Line, PageOutcome, PageSize, PageText,
    PxBox, Turn, UnrecognisedReason, Word,
};
use std::ops::Range;

/// How pages are read. The defaults are measured; see docs/decisions/030-reading.md.
#[derive(Debug, Clone, PartialEq)]
pub struct OcrConfig {
    /// The model, `vie`.
    pub language: String,
    /// Height that capitals of a clean, crisp page are brought to, in pixels.
    pub clean_capital_px: f32,
    /// Height that capitals of any other page are brought to, in pixels.
    pub worn_capital_px: f32,
    /// Noise (standard deviation in grey levels) up to which a page counts as clean.
    pub clean_noise: f32,
    /// Resolution for pages without letters to measure.
    pub default_dpi: u32,
    /// Pages whose lines lean by more than this many degrees are levelled.
    pub level_from_degrees: f32,
    /// Mean confidence (0–100) below which a page gets [`FindingKind::LowConfidence`].
    pub low_confidence: f32,
}

impl Default for OcrConfig {
    fn default() -> Self {
        Self {
            language: "vie".into(),
            clean_capital_px: 30.0,
            worn_capital_px: 28.0,
            clean_noise: 3.0,
            default_dpi: 200,
            level_from_degrees: 0.3,
            low_confidence: 75.0,
        }
    }
}

/// What came of a page, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct PageReading {
    /// Text, blank, or why neither.
    pub outcome: PageOutcome,
    /// What was done.
    pub recipe: Recipe,
    /// The bút lục stamped on it, where two readings agree on one.
    pub folio: Option<FolioMark>,
    /// What a person should know; the caller adds file and page.
    pub findings: Vec<PageFinding>,
}

/// Something about a page that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFinding {
    /// What.
    pub kind: FindingKind,
    /// A number or reason that belongs to it; may be empty.
    pub detail: String,
}

/// Why a page could not be read though nothing is wrong with it; another try, later or elsewhere, may do better.
#[derive(Debug, thiserror::Error)]
pub enum OcrError {
    /// The recogniser cannot be had at all: no program, no model, another version.
    #[error("no recogniser: {0}")]
    Engine(#[source] NativeError),
}

/// Reads a page. Costs 0.5 to 2 CPU seconds in the engine, about 0.1 here; memory: two grey planes of the page, and a
/// turned copy of it where it lies turned.
///
/// Whatever is wrong with the page is in the outcome and the findings; an error means that no page could be read now.
pub fn read_page(
    engine: &dyn Engine,
    raster: &PageRaster,
    config: &OcrConfig,
) -> Result<PageReading, OcrError> {
    let Some(positive) = negative::turned_over(raster) else { return read_positive(engine, raster, config) };
    let mut reading = read_positive(engine, &positive, config)?;
    if let PageOutcome::Blank(size) = reading.outcome {
        // a dark picture is no empty sheet
        let reason = UnrecognisedReason::NoTextFound;
        reading.findings = vec![finding(FindingKind::Unrecognised, reason.code())];
        reading.outcome = PageOutcome::Unrecognised { size: Some(size), reason };
    }
    Ok(reading)
}

/// Reads a page of dark print on light paper.
fn read_positive(
    engine: &dyn Engine,
    raster: &PageRaster,
    config: &OcrConfig,
) -> Result<PageReading, OcrError> {
    let balanced = balance::on_grey_paper(raster);
    let raster = balanced.as_ref().unwrap_or(raster);
    let (page, grey) = Page::at(engine, raster, config, Turn::Upright);
    if page.print == Print::None {
        let recipe = page.recipe();
        return page.blank(recipe, &grey);
    }
    if blank::is_grain(&page.look) || turn::is_in_disorder(&page.look) {
        let recipe = page.recipe();
        return Ok(page.unrecognised(UnrecognisedReason::NoTextFound, recipe));
    }
    if turn::seems_sideways(&page.look)
        && let Some(turn) = page.lies(&grey, &[Turn::Right, Turn::Left, Turn::Upright])?
        && let Some(reading) = read_turned(engine, raster, config, turn)?
    {
        return Ok(reading);
    }
    let picture = page.working(&page.plan, &grey);
    let first = page.first(&picture);
    if first.1.as_ref().is_ok_and(|first| is_poor(first, config))
        && let Some(turn) = page.lies(&grey, &Turn::ALL)?
        && let Some(reading) = read_turned(engine, raster, config, turn)?
    {
        return Ok(reading);
    }
    page.read(&grey, &picture, first)
}

/// A page's first reading alone, as it comes from the engine, with boxes on the picture that was read: nothing is turned, read
/// again, ordered or filed. What [`read_page`] costs up to here is compared with other programs.
pub fn first_reading(
    engine: &dyn Engine,
    raster: &PageRaster,
    config: &OcrConfig,
) -> Result<RecognisedPage, OcrError> {
    let balanced = balance::on_grey_paper(raster);
    let raster = balanced.as_ref().unwrap_or(raster);
    let (page, grey) = Page::at(engine, raster, config, Turn::Upright);
    page.first(&page.working(&page.plan, &grey)).1.map_err(OcrError::Engine)
}

/// The findings about stamps on an upright page, its text left unread: what a gate before reading asks. Costs a look at the
/// page and a few small recognitions where there are marks.
pub fn look_for_stamps(
    engine: &dyn Engine,
    raster: &PageRaster,
    config: &OcrConfig,
) -> Result<Vec<PageFinding>, OcrError> {
    let balanced = balance::on_grey_paper(raster);
    let raster = balanced.as_ref().unwrap_or(raster);
    let (page, grey) = Page::at(engine, raster, config, Turn::Upright);
    page.marks(marks::findings_of, &grey)
}

/// Reads a page that lies turned on a copy that stands upright, and lays the text back; `None` without text.
fn read_turned(
    engine: &dyn Engine,
    raster: &PageRaster,
    config: &OcrConfig,
    turn: Turn,
) -> Result<Option<PageReading>, OcrError> {
    let upright = turn::turned(raster, turn);
    let (page, grey) = Page::at(engine, &upright, config, turn);
    let picture = page.working(&page.plan, &grey);
    let first = page.first(&picture);
    let mut reading = page.read(&grey, &picture, first)?;
    let Some(text) = reading.outcome.text() else { return Ok(None) };
    reading.outcome = PageOutcome::Text(text.laid(turn));
    reading.findings.push(finding(FindingKind::TurnedPage, &format!("{}°", turn.degrees())));
    Ok(Some(reading))
}

/// Whether a page may have been read the wrong way round.
fn is_poor(recognised: &RecognisedPage, config: &OcrConfig) -> bool {
    let (mut sum, mut letters) = (0.0, 0.0);
    for word in recognised.blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words) {
        let n = word.text.chars().count() as f32;
        sum += n * f32::from(word.confidence);
        letters += n;
    }
    sum < letters * config.low_confidence || letters == 0.0
}

impl OcrConfig {
    fn aims(&self) -> Aims {
        Aims {
            clean_capital_px: self.clean_capital_px,
            worn_capital_px: self.worn_capital_px,
            clean_noise: self.clean_noise,
            default_dpi: self.default_dpi,
            level_from_degrees: self.level_from_degrees,
        }
    }
}

/// The plane to read: what came in, or the colour with red ink left out where there is any.
fn grey_of<'a>(raster: &'a PageRaster, inks: Option<&InkMap>) -> (Channel, Grey<'a>) {
    let (width, height) = (raster.size.width_px, raster.size.height_px);
    match inks {
        None => (Channel::Grey, Grey::borrowed(width, height, raster.pixels())),
        Some(inks) if inks.blue_is_a_mark() => {
            let near = inks.near_blue();
            (
                Channel::Print,
                blue::without_blue_ink(width, height, raster.pixels(), &near.rows(), |x, y| near.holds(x, y)),
            )
        }
        Some(inks) if inks.has(Ink::Red) => {
            (Channel::Red, colour::red_channel(width, height, raster.pixels()))
        }
        Some(_) => (Channel::Luminance, colour::luminance(width, height, raster.pixels())),
    }
}

/// How a page was first read, and what came of it.
type First = (Rung, Result<RecognisedPage, NativeError>);

struct Page<'a> {
    engine: &'a dyn Engine,
    raster: &'a PageRaster,
    config: &'a OcrConfig,
    /// How `raster` was turned before.
    turn: Turn,
    channel: Channel,
    inks: Option<InkMap>,
    look: Look,
    print: Print,
    plan: Plan,
}

impl Page<'_> {
    /// Looks at a page: what is to be read, and its grey plane.
    fn at<'a>(
        engine: &'a dyn Engine,
        raster: &'a PageRaster,
        config: &'a OcrConfig,
        turn: Turn,
    ) -> (Page<'a>, Grey<'a>) {
        let size = raster.size;
        let inks =
            (raster.channels == 3).then(|| InkMap::survey(size.width_px, size.height_px, raster.pixels()));
        let (channel, grey) = grey_of(raster, inks.as_ref());
        let look = Look::at(&grey, size.dpi);
        let grey = if look.lid.is_empty() { grey } else { grey.painted(&look.lid, look.paper.level) };
        let plan = Plan::for_page(size, raster.bilevel, &look, &config.aims());
        let print = blank::print_on(&look);
        (Page { engine, raster, config, turn, channel, inks, look, print, plan }, grey)
    }

    /// What is done to it for the plain reading.
    fn recipe(&self) -> Recipe {
        let (look, plan) = (&self.look, &self.plan);
        Recipe {
            channel: self.channel,
            capital_px: look.capital_px,
            noise: look.noise,
            scale: plan.scale,
            working_dpi: self.working_dpi(),
            flattened: plan.flatten,
            gain: plan.gain,
            degrees: plan.degrees,
            segmentation: Segmentation::Auto,
            rung: 0,
            reader: None,
            tries: Vec::new(),
            turn: self.turn,
        }
    }

    fn working_dpi(&self) -> u32 {
        (self.raster.size.dpi as f32 * self.plan.scale).round() as u32
    }

    /// The one of `ways` that it surely has to be turned by; `None` for none, and in doubt.
    fn lies(&self, grey: &Grey<'_>, ways: &[Turn]) -> Result<Option<Turn>, OcrError> {
        let (dpi, language) = (self.raster.size.dpi, &self.config.language);
        // lines that end a worker leave the page as it lies
        turn::by_reading(self.engine, grey, &self.look, dpi, language, ways)
            .or_else(|error| reason_of(error).map(|_| None))
    }

    /// Climbs the ladder until a reading is good, and keeps the best; `first` is the answer of its first rung. At most five
    /// readings; a second look only at readings with sure words. Textures are not laid out at all, so that no page costs more
    /// than twenty pages of print of its size.
    fn read(self, grey: &Grey<'_>, picture: &Picture<'_>, first: First) -> Result<PageReading, OcrError> {
        let mut recipe = self.recipe();
        let (begun, first) = first;
        let mut first = Some(first);
        let mut best: Option<(PageText, Quality, bool)> = None;
        for (rung, number) in Rung::ALL.into_iter().skip_while(|rung| *rung != begun).zip(1..) {
            let is_stronger = rung == Rung::Contrast;
            let cleared = (is_stronger && self.raster.bilevel)
                .then(|| specks::without_specks(grey, self.raster.size.dpi))
                .flatten();
            let bare = cleared.as_ref().unwrap_or(grey);
            let stronger = is_stronger.then(|| self.working(&self.plan.stronger(&self.look), bare));
            let picture = stronger.as_ref().unwrap_or(picture);
            let answer = first.take().unwrap_or_else(|| self.ask(picture, rung.segmentation()));
            let reader = answer.as_ref().ok().and_then(|recognised| recognised.reader);
            let (text, complete) = match answer.map(|recognised| self.finish(recognised, grey, picture)) {
                Ok(read) => read?,
                // lines that end a worker when they are read together may be read one by one
                Err(error) if rung == Rung::Lines => {
                    reason_of(error)?;
                    continue;
                }
                // what was read before stands
                Err(error) if best.is_some() => {
                    reason_of(error)?;
                    break;
                }
                Err(error) => return Ok(self.unrecognised(reason_of(error)?, recipe)),
            };
            let is_blank = || complete && !is_convincing(&text) && !picture.is_texture();
            if number == 1 && self.print == Print::Doubtful && is_blank() {
                (recipe.rung, recipe.reader) = (1, reader);
                return self.blank(recipe, grey);
            }
            let quality = Quality::of(&text);
            recipe.tries.push(quality.as_try(rung));
            if best.as_ref().is_none_or(|(_, best, _)| quality.is_better_than(*best)) {
                (recipe.rung, recipe.segmentation, recipe.reader) = (number, rung.segmentation(), reader);
                best = Some((text, quality, complete));
            }
            // where words anywhere were none, they are none in one block
            let is_hopeless = rung == Rung::Sparse && quality.is_no_text();
            if !complete || is_hopeless || !quality.is_poor(self.look.letters.len()) {
                break;
            }
        }
        let (text, quality, complete) = best.expect("the first rung gave a reading or returned");
        match complete {
            false if text.words().next().is_none() => {
                Ok(self.unrecognised(UnrecognisedReason::TimedOut, recipe))
            }
            true if quality.is_no_text() || self.print == Print::Plenty && quality.is_a_scrap() => {
                Ok(self.unrecognised(UnrecognisedReason::NoTextFound, recipe))
            }
            _ => self.text(text, complete, grey, recipe),
        }
    }

    /// From the recogniser's answer to text on the page: unsure lines read again, boxes placed, order mended, what a pen left
    /// taken out. Tells, too, whether all of it was read in time.
    fn finish(
        &self,
        mut recognised: RecognisedPage,
        grey: &Grey<'_>,
        picture: &Picture<'_>,
    ) -> Result<(PageText, bool), OcrError> {
        // scraps of strokes and grain read no better the second time
        if recognised.complete
            && !Quality::of_blocks(&recognised.blocks).is_no_text()
            && let Err(error) = self.look_again(&mut recognised.blocks, grey, picture)
        {
            // the page is read; a line that ends a worker keeps its first reading
            reason_of(error)?;
        }
        if recognised.complete
            && let Err(error) = self.hear_the_witness(&mut recognised.blocks, picture)
        {
            // the page is read; its numbers stay unchecked
            reason_of(error)?;
        }
        let (size, complete) = (self.raster.size, recognised.complete);
        let mut text = place(recognised, size, self.plan.placement(size));
        drop_pieces_of_others(&mut text);
        let mut written = match &self.inks {
            Some(inks) => pen::coloured_words(&mut text, self.raster, inks.paper_green),
            None => Vec::new(),
        };
        pen::drop_strokes(&mut text);
        order::cells_in_order(&mut text);
        table::cells_in_order(&mut text, &table::grids(&self.look));
        written.extend(blanks::figures(&mut text, grey, &self.look));
        order::downwards(&mut text);
        written.extend(signature::strokes(&mut text));
        numerals::by_strokes(&mut text, grey, &self.look);
        text.blocks.extend(written);
        Ok((text, complete))
    }

    /// Lines that need it are read twice more ([`crate::second`]).
    fn look_again(
        &self,
        blocks: &mut Vec<Block>,
        grey: &Grey<'_>,
        picture: &Picture<'_>,
    ) -> Result<(), NativeError> {
        let Some(capital) = self.look.capital_px else { return Ok(()) };
        let is_typed = typed::is_typed(blocks);
        let look = SecondLook::plan(blocks, picture, capital * self.plan.scale, is_typed);
        let areas = look.areas();
        if areas.is_empty() {
            return Ok(());
        }
        let [second, third] = if is_typed {
            self.plan.typed_samplings().map(|plan| self.read_typed(&plan, grey, &areas))
        } else {
            self.plan.other_samplings().map(|plan| self.read_lines(&plan, grey, &areas))
        };
        look.settle(blocks, second?, third?);
        Ok(())
    }

    /// Numbers are read once more by another model ([`crate::numbers`]); where there is none, they stay unchecked.
    fn hear_the_witness(&self, blocks: &mut [Block], picture: &Grey<'_>) -> Result<(), NativeError> {
        let numbers = Numbers::on(blocks, (picture.width, picture.height));
        let areas = numbers.areas();
        if areas.is_empty() {
            return Ok(());
        }
        let params = RecogniseParams::new(native::WITNESS, Segmentation::Line);
        let strips = Strips::around(&areas, picture.height);
        let stack = strips.stacked(picture.width, |rows| picture.rows_of(rows));
        let areas: Vec<PxBox> = areas.iter().map(|b| strips::raised(b, strips.lifted(b))).collect();
        // where the words stand is not asked
        match self.engine.read_lines(self.view(&stack), &areas, &params) {
            Ok(witness) => numbers.hear(blocks, &witness.lines),
            Err(NativeError::NoModel { fault: ModelFault::NotFound { .. }, .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads lines of typescript as if they were print ([`typed`]).
    fn read_typed(&self, plan: &Plan, grey: &Grey<'_>, areas: &[PxBox]) -> Result<Vec<Line>, NativeError> {
        let picture = self.picture(plan, grey);
        let capital_px = self.look.capital_px.map(|px| px * plan.scale);
        let picture = match capital_px {
            Some(px) => typed::without_dots(picture, px),
            None => picture,
        };
        let picture = typed::narrowed(&picture);
        let size = (picture.width, picture.height);
        let rows_of = |rows: &Range<u32>| picture.rows_of(rows);
        self.read_strips(size, rows_of, plan, areas)
    }

    /// Reads lines from another sampling; `areas` and result in pixels of the working picture.
    fn read_lines(&self, plan: &Plan, grey: &Grey<'_>, areas: &[PxBox]) -> Result<Vec<Line>, NativeError> {
        let size = plan.working_px(self.raster.size);
        self.read_strips(size, |rows| self.rows(plan, grey, rows), plan, areas)
    }

    /// Reads lines on a picture of the page, whatever its `size`; `rows_of` gives the rows that they stand in.
    fn read_strips<'g>(
        &self,
        size: (u32, u32),
        rows_of: impl Fn(&Range<u32>) -> Grey<'g>,
        plan: &Plan,
        areas: &[PxBox],
    ) -> Result<Vec<Line>, NativeError> {
        let working = self.plan.working_px(self.raster.size);
        let there: Vec<PxBox> = areas.iter().map(|b| b.resized(working, size)).collect();
        let strips = Strips::around(&there, size.1);
        let picture = strips.stacked(size.0, rows_of);
        let on_strips: Vec<PxBox> = there.iter().map(|b| strips::raised(b, strips.lifted(b))).collect();
        let view = GreyView {
            width_px: picture.width,
            height_px: picture.height,
            dpi: ((self.raster.size.dpi as f32 * plan.scale).round() as u32).max(70),
            pixels: &picture.pixels,
        };
        let params = RecogniseParams::new(&self.config.language, Segmentation::Line);
        let mut lines = self.engine.read_lines(view, &on_strips, &params)?.lines;
        for (line, area) in lines.iter_mut().zip(&there) {
            let by = strips.lifted(area);
            let back = |b: &PxBox| strips::lowered(b, by).resized(size, working);
            line.words.iter_mut().for_each(|w| w.bbox = back(&w.bbox));
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
            let level = |y: u32| (u64::from(y + by) * u64::from(working.1) / u64::from(size.1)) as u32;
            line.baseline = (level(line.baseline.0), level(line.baseline.1));
        }
        Ok(lines)
    }

    /// The page as a plan wants it, to be read.
    fn working<'g>(&self, plan: &Plan, grey: &'g Grey<'g>) -> Picture<'g> {
        Picture::new(self.picture(plan, grey), self.working_dpi())
    }

    /// The page as a plan wants it, without the lines of tables.
    fn picture<'g>(&self, plan: &Plan, grey: &'g Grey<'g>) -> Grey<'g> {
        self.rows(plan, grey, &(0..plan.working_px(self.raster.size).1))
    }

    /// Some rows of it.
    fn rows<'g>(&self, plan: &Plan, grey: &'g Grey<'g>, rows: &Range<u32>) -> Grey<'g> {
        let mut picture = plan.carry_out(grey, self.raster.size, &self.look.paper, rows);
        for grid in ruling::grids_and_rules(&self.look) {
            ruling::erase(&mut picture, rows.start, grid, plan.scale, self.raster.size.dpi);
        }
        picture
    }

    /// The first reading: of lines found from their letters where the page is plain, else laid out by Tesseract.
    fn first(&self, picture: &Picture<'_>) -> First {
        match self.plain_lines(picture) {
            Ok(Some(found)) => (Rung::Lines, self.read_found(&found, picture)),
            Ok(None) => (Rung::Plain, self.ask(picture, Segmentation::Auto)),
            Err(error) => (Rung::Plain, Err(error)),
        }
    }

    /// The lines of a page of plain print, where the engine reads such.
    fn plain_lines(&self, picture: &Picture<'_>) -> Result<Option<Vec<Vec<FoundLine>>>, NativeError> {
        let Some(capital) = self.look.capital_px.map(|px| px * self.plan.scale) else { return Ok(None) };
        let has_tables = !table::grids(&self.look).is_empty();
        if has_tables || !self.engine.reads_lines()? || picture.is_texture() {
            return Ok(None);
        }
        let size = self.plan.working_px(self.raster.size);
        Ok(lines::of_plain_print(picture.pieces(), capital, size))
    }

    fn read_found(
        &self,
        found: &[Vec<FoundLine>],
        picture: &Picture<'_>,
    ) -> Result<RecognisedPage, NativeError> {
        let areas: Vec<PxBox> = found.iter().flatten().map(|line| line.area).collect();
        let params = RecogniseParams::new(&self.config.language, Segmentation::Line);
        let RecognisedLines { lines, complete, reader } =
            self.engine.read_lines(self.view(picture), &areas, &params)?;
        let mut read = lines.into_iter();
        let block = |lines: &Vec<FoundLine>| {
            let lines = lines.iter().zip(read.by_ref()).map(|(found, read)| found.read_as(read));
            let lines: Vec<Line> = lines.filter(|l| !l.words.is_empty()).collect();
            let bbox = PxBox::around(lines.iter().map(|l| &l.bbox));
            (!lines.is_empty()).then_some(Block { kind: BlockKind::Body, bbox, lines })
        };
        let blocks = found.iter().filter_map(block).collect();
        Ok(RecognisedPage { blocks, complete, reader })
    }

    /// The recogniser's answer. On a texture there are no lines to be found, and it is not asked.
    fn ask(&self, picture: &Picture<'_>, how: Segmentation) -> Result<RecognisedPage, NativeError> {
        if picture.is_texture() {
            return Ok(RecognisedPage { blocks: Vec::new(), complete: true, reader: None });
        }
        self.engine.recognise(self.view(picture), &RecogniseParams::new(&self.config.language, how))
    }

    /// A working picture as the engine takes it.
    fn view<'g>(&self, picture: &'g Grey<'_>) -> GreyView<'g> {
        GreyView {
            width_px: picture.width,
            height_px: picture.height,
            dpi: self.working_dpi().max(70),
            pixels: &picture.pixels,
        }
    }

    fn text(
        self,
        mut text: PageText,
        complete: bool,
        grey: &Grey<'_>,
        recipe: Recipe,
    ) -> Result<PageReading, OcrError> {
        let (inks, look) = (self.inks.as_ref(), &self.look);
        let stamp = match folio::find(self.engine, self.raster, grey, inks, look, &self.config.language) {
            Ok(stamp) => stamp,
            // the page is read; a crop that ends a worker costs the stamp only
            Err(error) => reason_of(error).map(|_| None)?,
        };
        match &stamp {
            Some(stamp) => folio::file_as_mark(&mut text, stamp),
            None => folio::file_unread(&mut text, look),
        }
        let mut findings = self.marks(|sheet| marks::read(sheet, &mut text), grey)?;
        alternatives::complete(&mut text);
        findings.extend(doubtful_numbers(&text));
        if !complete {
            findings.push(finding(FindingKind::Unrecognised, "time ran out: part of the text is missing"));
        }
        if let Some(mean) = text.confidence()
            && mean < self.config.low_confidence
        {
            findings.push(finding(FindingKind::LowConfidence, &format!("{mean:.0}/100")));
        }
        // last: all that was decided above goes by what the recogniser said
        confidence::calibrate(&mut text);
        pen::drop_scraps(&mut text);
        Ok(PageReading { outcome: PageOutcome::Text(text), recipe, folio: stamp.map(|s| s.mark), findings })
    }

    /// Marks that `look` finds; a crop that ends a worker costs the marks only.
    fn marks(
        &self,
        look: impl FnOnce(&marks::Sheet<'_>) -> Result<Vec<PageFinding>, NativeError>,
        grey: &Grey<'_>,
    ) -> Result<Vec<PageFinding>, OcrError> {
        let (engine, raster, inks) = (self.engine, self.raster, self.inks.as_ref());
        let language = self.config.language.as_str();
        look(&marks::Sheet { engine, raster, grey, inks, look: &self.look, language })
            .or_else(|error| reason_of(error).map(|_| Vec::new()))
    }

    /// Nothing readable on it; a mark of colour or a few specks make it "nearly" blank.
    fn blank(self, recipe: Recipe, grey: &Grey<'_>) -> Result<PageReading, OcrError> {
        let coloured = self.inks.as_ref().is_some_and(|inks| inks.has(Ink::Red) || inks.has(Ink::Blue));
        let kind = if coloured || !self.look.letters.is_empty() || recipe.rung > 0 {
            FindingKind::NearBlankPage
        } else {
            FindingKind::BlankPage
        };
        let detail = if coloured { "coloured ink" } else { "" };
        let mut findings = vec![finding(kind, detail)];
        if self.inks.is_some() {
            findings.extend(self.marks(marks::findings_of, grey)?);
        }
        let outcome = PageOutcome::Blank(self.raster.size);
        Ok(PageReading { outcome, recipe, folio: None, findings })
    }

    fn unrecognised(self, reason: UnrecognisedReason, recipe: Recipe) -> PageReading {
        let findings = vec![finding(FindingKind::Unrecognised, reason.code())];
        let outcome = PageOutcome::Unrecognised { size: Some(self.raster.size), reason };
        PageReading { outcome, recipe, folio: None, findings }
    }
}

fn finding(kind: FindingKind, detail: &str) -> PageFinding {
    PageFinding { kind, detail: detail.into() }
}

/// How many numbers of the body two models read differently, where there are any.
fn doubtful_numbers(text: &PageText) -> Option<PageFinding> {
    let is_doubtful = |w: &&Word| w.alternatives.iter().any(|a| a.source == AlternativeSource::Digits);
    let doubtful = text.body_words().filter(is_doubtful).count();
    (doubtful > 0).then(|| finding(FindingKind::DoubtfulNumber, &doubtful.to_string()))
}

/// What an engine's failure says about the page; failures that are not the page's are errors.
fn reason_of(error: NativeError) -> Result<UnrecognisedReason, OcrError> {
    match error {
        NativeError::TimedOut { .. } => Ok(UnrecognisedReason::TimedOut),
        NativeError::Died { .. } | NativeError::OutOfMemory { .. } => Ok(UnrecognisedReason::WorkerDied),
        NativeError::TooManyPixels { .. } => Ok(UnrecognisedReason::TooManyPixels),
        NativeError::Unrecognisable { .. } => Ok(UnrecognisedReason::NoTextFound),
        error if error.is_about_the_file() => Ok(UnrecognisedReason::Undecodable(error.to_string())),
        error => Err(OcrError::Engine(error)),
    }
}

/// Whether words were surely read: on a page that may be blank, noise must not pass for text.
fn is_convincing(text: &PageText) -> bool {
    let sure = |w: &&Word| w.confidence >= 60 && w.text.chars().filter(|c| c.is_alphanumeric()).count() >= 1;
    let (sure, all) = (text.words().filter(sure).count(), text.words().count());
    sure > 0 && sure * 2 >= all
}

/// A printed rule that was read as a bar or a row of dashes: a drawing, not text. A single dash is punctuation.
fn is_rule(text: &str) -> bool {
    let is_bar = |c: char| matches!(c, '|' | '¦' | '_');
    text.chars().all(is_bar)
        || text.chars().count() >= 2 && text.chars().all(|c| is_bar(c) || matches!(c, '—' | '–' | '―' | '¬'))
}

/// A piece of another line's word has at most this many letters.
const MOST_OF_A_PIECE: usize = 2;

/// Drops words that lie inside a word of another line: dots and tone marks of that word, or a letter or two of it, which layout
/// gave to the line above or below.
fn drop_pieces_of_others(text: &mut PageText) {
    let is_mark = |w: &Word| !w.text.chars().any(char::is_alphanumeric);
    let is_figure = |w: &Word| w.text.contains(|c: char| c.is_ascii_digit());
    let is_piece = |w: &Word| is_mark(w) || w.text.chars().count() <= MOST_OF_A_PIECE && !is_figure(w);
    let lines = || text.blocks.iter().flat_map(|b| &b.lines);
    let mut heights: Vec<u32> = lines().flat_map(|l| &l.words).map(|w| w.bbox.height()).collect();
    heights.sort_unstable();
    // a seal or a pen's stroke read as a word holds the marks of many lines
    let tallest = 2 * heights.get(heights.len() / 2).copied().unwrap_or(0);
    let is_inside = |piece: &Word, line: &Line| {
        let holds = |w: &Word| {
            let (across, down) = (piece.bbox.width(), piece.bbox.height());
            let shared = w.bbox.intersect(&piece.bbox);
            let is_print = w.bbox.height() <= tallest && !is_mark(w);
            is_print
                && (is_mark(piece) || w.text.chars().count() > MOST_OF_A_PIECE)
                && !piece.bbox.is_empty()
                && shared.width() * 10 >= across * 8
                && shared.height() * 10 >= down * 8
        };
        lines().any(|other| other != line && other.words.iter().any(holds))
    };
    let strays: Vec<PxBox> = lines()
        .flat_map(|l| l.words.iter().filter(|w| is_piece(w) && is_inside(w, l)).map(|w| w.bbox))
        .collect();
    if strays.is_empty() {
        return;
    }
    for block in &mut text.blocks {
        for line in &mut block.lines {
            line.words.retain(|w| !is_piece(w) || !strays.contains(&w.bbox));
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
        }
        block.lines.retain(|l| !l.words.is_empty());
        block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
    }
    text.blocks.retain(|b| !b.lines.is_empty());
}

/// Boxes brought to the page; words without text, lines without words and blocks without lines dropped.
fn place(recognised: RecognisedPage, size: PageSize, placement: Placement) -> PageText {
    let word = |mut w: Word| {
        let text: String = vitext::nfc(&w.text).split_whitespace().collect();
        let bbox = placement.to_page(w.bbox);
        w.alternatives.iter_mut().for_each(|a| a.text = vitext::nfc(&a.text).split_whitespace().collect());
        w.alternatives.retain(|a| !a.text.is_empty() && a.text != text);
        (!text.is_empty() && !is_rule(&text) && !bbox.is_empty()).then_some(Word {
            text,
            bbox,
            confidence: w.confidence.min(100),
            ..w
        })
    };
    let line = |l: Line| {
        let baseline = (
            placement.height_on_page(l.bbox.left, l.baseline.0),
            placement.height_on_page(l.bbox.right, l.baseline.1),
        );
        let words: Vec<Word> = l.words.into_iter().filter_map(word).collect();
        (!words.is_empty()).then(|| Line {
            bbox: PxBox::around(words.iter().map(|w| &w.bbox)),
            baseline,
            words,
        })
    };
    let block = |b: Block| {
        let lines: Vec<Line> = b.lines.into_iter().filter_map(line).collect();
        (!lines.is_empty()).then(|| Block {
            kind: BlockKind::Body,
            bbox: PxBox::around(lines.iter().map(|l| &l.bbox)),
            lines,
        })
    };
    PageText { size, turn: Turn::Upright, blocks: recognised.blocks.into_iter().filter_map(block).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dot_of_a_word_below_is_no_dash_of_the_line_above() {
        let word =
            |text: &str, left, top, right, bottom| Word::new(text, PxBox { left, top, right, bottom }, 80);
        let line = |words: Vec<Word>| Line {
            bbox: PxBox::around(words.iter().map(|w| &w.bbox)),
            baseline: (0, 0),
            words,
        };
        let above = line(vec![word("Trại", 440, 2440, 540, 2480), word("-", 562, 2489, 587, 2501)]);
        let below = line(vec![word("giam;", 553, 2489, 656, 2531), word("-", 700, 2510, 720, 2514)]);
        let block = |line: Line| Block { kind: BlockKind::Body, bbox: line.bbox, lines: vec![line] };
        let mut text = PageText {
            size: PageSize { width_px: 2480, height_px: 3508, dpi: 300 },
            turn: Turn::Upright,
            blocks: vec![block(above), block(below)],
        };
        drop_pieces_of_others(&mut text);
        assert_eq!(text.body(), "Trại\n\ngiam; -");
        assert_eq!(text.blocks[0].bbox.bottom, 2480);
    }
}
