//! From a page's pixels to the grey picture the recogniser reads best, as pure functions.
//!
//! Order (each step measured, see docs/decisions/030-reading.md): colour ([`colour`]), a look at a reduced copy ([`Look`]:
//! paper, ink, letters), size, flattening and contrast, level lines ([`rotate`]). Nothing here knows the recogniser.

pub(crate) mod balance;
pub(crate) mod behind;
pub(crate) mod blue;
pub(crate) mod border;
pub(crate) mod colour;
pub(crate) mod components;
pub(crate) mod grey;
pub(crate) mod holes;
pub(crate) mod negative;
pub(crate) mod paper;
pub(crate) mod picture;
pub(crate) mod rotate;
pub(crate) mod ruling;
pub(crate) mod specks;
pub(crate) mod stamp;
pub(crate) mod texture;
pub(crate) mod transposed;
pub(crate) mod typed;

use components::Component;
use grey::{Filter, Grey};
use paper::Paper;
use record::{PageSize, PxBox};
use rotate::Placement;
use std::ops::Range;

/// The look is taken at about this resolution: enough to tell letters, a quarter of the pixels.
const LOOK_DPI: u32 = 150;
/// Ink this dark or darker needs no stretching, in grey levels below the paper.
const FULL_INK: u8 = 150;
/// Capitals at least this tall are never enlarged, in pixels of the page.
const ENLARGE_BELOW_PX: f32 = 21.0;
/// Capitals of a bilevel page measured lower than this are pieces of letters: those of 8 pt print, in inches.
const LEAST_BILEVEL_CAPITAL_INCHES: f32 = 0.075;
/// What of a pattern is taken out, as a multiple of the depth that most of it reaches …
const OVER_GROUND: f32 = 1.5;
/// … and at most, in grey levels: print on patterned paper is darker.
const MOST_GROUND: f32 = 140.0;
/// The scanner's lid is at least this dark, as a share of the depth of ink. The shadow of a fold, which has print in it, is not.
const LID_INK: f32 = 0.7;
/// Rows on either side that sampling and softening some rows of a page need to see.
const BESIDE_PX: u32 = 12;
/// Sides beyond this are refused by the recogniser.
const MAX_SIDE_PX: f32 = 32_000.0;

/// What the reduced copy of a page shows.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// Pixels of the page per pixel of the copy.
    pub(crate) factor: u32,
    /// Resolution of the copy.
    pub(crate) dpi: u32,
    /// How much darker than the paper each of its pixels is.
    pub(crate) depths: Grey<'static>,
    pub(crate) paper: Paper,
    /// Standard deviation of the noise at full size, in grey levels.
    pub(crate) noise: f32,
    /// Depth of the page's ink, where it has any.
    pub(crate) ink_depth: Option<u8>,
    /// Where the scanner's lid is seen past the paper's edge and through punched holes, in pixels of the page: it is no part of
    /// the copy, and is painted as paper before the page is read.
    pub(crate) lid: Vec<PxBox>,
    /// Depth of a pattern that covers the paper, print or not; that of the noise where there is none.
    pub(crate) ground: u8,
    /// Groups of ink pixels of the copy.
    pub(crate) components: Vec<Component>,
    /// Those with the size of letters.
    pub(crate) letters: Vec<Component>,
    /// Height of a capital in pixels of the page.
    pub(crate) capital_px: Option<f32>,
}

impl Look {
    /// Looks at a page of `dpi` dots per inch.
    pub(crate) fn at(grey: &Grey<'_>, dpi: u32) -> Self {
        let dpi = dpi.max(1);
        let factor = (dpi / LOOK_DPI).max(1);
        let mut copy = grey.reduced(factor);
        let copy_dpi = dpi / factor;
        let mut paper = Paper::of(&copy, copy_dpi);
        let noise = paper::noise(grey, paper.level);
        let floor = (noise * 4.0 / factor as f32).clamp(16.0, 60.0) as u8;
        let mut depths = paper::depths(&copy, &paper);
        let ink_depth = paper::ink_depth(&depths, floor);
        let lid = lid(&copy, copy_dpi, paper.level, ink_depth);
        if !lid.is_empty() {
            // the depth of ink stays that of the page as it came: the gentler contrast it gives reads worn pages better
            copy = copy.painted(&lid, paper.level);
            paper = Paper::of(&copy, copy_dpi);
            depths = paper::depths(&copy, &paper);
        }
        let ground = paper::ground(&depths, copy_dpi);
        let threshold = ink_depth.map_or(floor, |d| (f32::from(d) * 0.4) as u8).max(floor);
        let components = components::components(&depths, threshold);
        let letters: Vec<Component> = components.iter().filter(|c| c.is_letter(copy_dpi)).copied().collect();
        let capital_px = components::capital_height(&letters).map(|px| px * factor as f32);
        Self {
            factor,
            dpi: copy_dpi,
            depths,
            paper,
            noise,
            ink_depth,
            lid: lid.into_iter().map(|b| enlarged(b, factor)).collect(),
            ground,
            components,
            letters,
            capital_px,
        }
    }
}

/// The scanner's lid on a copy of a page, in its pixels; as dark as ink at least.
fn lid(copy: &Grey<'_>, dpi: u32, paper: u8, ink_depth: Option<u8>) -> Vec<PxBox> {
    let Some(ink) = ink_depth else { return Vec::new() };
    let dark = paper.saturating_sub((f32::from(ink) * LID_INK) as u8);
    [border::of(copy, dpi, dark), holes::of(copy, dpi, dark)].concat()
}

/// A box of the copy, on the page.
fn enlarged(b: PxBox, factor: u32) -> PxBox {
    PxBox { left: b.left * factor, top: b.top * factor, right: b.right * factor, bottom: b.bottom * factor }
}

/// How the grey picture is brought to the form the recogniser is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plan {
    /// Pixels of the working picture per pixel of the page.
    pub(crate) scale: f32,
    /// Whether the paper's brightness is evened out.
    pub(crate) flatten: bool,
    /// Depths up to this are paper.
    pub(crate) dead_zone: u8,
    /// What the remaining depth is multiplied by.
    pub(crate) gain: f32,
    /// Angle taken out, in degrees.
    pub(crate) degrees: f32,
    /// Whether the picture is softened: crisp print that was made smaller loses its marks in the recogniser's own,
    /// sharpening reduction.
    pub(crate) soften: bool,
}

/// What the plan aims at; all lengths in pixels of the working picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Aims {
    /// Height of capitals on a clean, crisp page.
    pub(crate) clean_capital_px: f32,
    /// Height of capitals on any other page.
    pub(crate) worn_capital_px: f32,
    /// Noise (standard deviation, grey levels) up to which a page is clean.
    pub(crate) clean_noise: f32,
    /// Resolution where the page shows no letters to measure.
    pub(crate) default_dpi: u32,
    /// Pages whose lines lean by more than this many degrees are levelled.
    pub(crate) level_from_degrees: f32,
}

impl Plan {
    /// For a page as it looks.
    pub(crate) fn for_page(size: PageSize, bilevel: bool, look: &Look, aims: &Aims) -> Self {
        let dpi = size.dpi.max(1) as f32;
        let depth = look.ink_depth.unwrap_or(255);
        let clean = !bilevel && look.noise <= aims.clean_noise && depth >= FULL_INK;
        let aim = if clean { aims.clean_capital_px } else { aims.worn_capital_px };
        // worn bilevel letters fall into pieces whose height says nothing
        let plausible = |px: &f32| !bilevel || *px >= dpi * LEAST_BILEVEL_CAPITAL_INCHES;
        let wanted = match look.capital_px.filter(plausible) {
            Some(capital) => aim / capital,
            None => aims.default_dpi as f32 / dpi,
        };
        // enlarging helps small letters only
        let tall_enough = look.capital_px.is_some_and(|px| px >= ENLARGE_BELOW_PX);
        let scale = wanted.clamp(0.25, if tall_enough { 1.0 } else { 3.0 });
        let scale = if (0.87..1.2).contains(&scale) { 1.0 } else { scale };
        let longest = size.width_px.max(size.height_px) as f32;
        let scale = scale.min(MAX_SIDE_PX / longest);
        let dead_zone = if bilevel { 0 } else { (look.noise * 2.0).min(f32::from(depth) * 0.15) as u8 };
        let reach = f32::from(depth.max(1)) - f32::from(dead_zone);
        let gain = if depth < FULL_INK { 200.0 / reach } else { f32::from(depth) / reach };
        let degrees = components::skew_degrees(&look.letters)
            .filter(|d| d.abs() > aims.level_from_degrees)
            .unwrap_or(0.0);
        Self {
            scale,
            flatten: !bilevel && !look.paper.even,
            dead_zone,
            gain: gain.min(8.0),
            degrees,
            soften: clean && scale < 1.0,
        }
    }

    /// For a page that was read poorly: brightness evened out, faint traces, noise and the pattern of the paper left out, the
    /// rest stretched and softened.
    pub(crate) fn stronger(&self, look: &Look) -> Self {
        let traces = f32::from(self.dead_zone) + 255.0 / self.gain * 0.18;
        // on such paper the page's ink depth is mostly that of the pattern
        let pattern = (f32::from(look.ground) * OVER_GROUND).min(MOST_GROUND);
        let dead_zone = traces.max(pattern) as u8;
        Self { flatten: true, dead_zone, gain: (self.gain * 1.5).min(8.0), soften: true, ..*self }
    }

    /// Two other samplings of the same page for a second look: a fifth larger, and 1.3 times as large without softening,
    /// which is the page as scanned at 300 dpi.
    pub(crate) fn other_samplings(&self) -> [Self; 2] {
        let at = |factor: f32| {
            let scale = self.scale * factor;
            if (0.95..1.05).contains(&scale) { 1.0 } else { scale }
        };
        [Self { scale: at(1.2), ..*self }, Self { scale: at(1.3), soften: false, ..*self }]
    }

    /// Two samplings of a typed page, as it is and softened.
    pub(crate) fn typed_samplings(&self) -> [Self; 2] {
        [Self { soften: false, ..*self }, Self { soften: true, ..*self }]
    }

    /// Pixels of the working picture.
    pub(crate) fn working_px(&self, size: PageSize) -> (u32, u32) {
        let scaled = |px: u32| ((px as f32 * self.scale).round() as u32).max(1);
        (scaled(size.width_px), scaled(size.height_px))
    }

    /// How its boxes lie on the page.
    pub(crate) fn placement(&self, size: PageSize) -> Placement {
        Placement {
            page_px: (size.width_px, size.height_px),
            working_px: self.working_px(size),
            degrees: self.degrees,
        }
    }

    /// Carries it out for some rows of the working picture; those beside them are sampled with them, so that they come out as
    /// they would with the whole. Enlarging comes after flattening: an uneven page enlarged first loses its letters.
    pub(crate) fn carry_out<'a>(
        &self,
        grey: &'a Grey<'a>,
        size: PageSize,
        paper: &Paper,
        rows: &Range<u32>,
    ) -> Grey<'a> {
        let (width, height) = self.working_px(size);
        let lean = if self.degrees == 0.0 { 0 } else { rotate::reach((width, height), self.degrees) };
        let beside = lean + if *rows == (0..height) { 0 } else { BESIDE_PX };
        let held = rows.start.saturating_sub(beside)..(rows.end + beside).min(height);
        let on_page = |row: u32| f64::from(row) * f64::from(grey.height) / f64::from(height);
        let picture = if self.scale == 1.0 {
            self.tone(grey.rows_of(&held), paper, height, &held)
        } else {
            let support = f64::from(BESIDE_PX) * f64::from(self.scale.recip().max(1.0));
            let from = (on_page(held.start) - support).max(0.0) as u32;
            let to = ((on_page(held.end) + support).ceil() as u32).min(grey.height);
            let source = grey.rows_of(&(from..to));
            let part = (on_page(held.start) - f64::from(from), on_page(held.end) - f64::from(from));
            let resized =
                |source: &Grey<'_>| source.part_resized(part, width, held.len() as u32, Filter::Lanczos);
            if self.scale < 1.0 {
                self.tone(resized(&source), paper, height, &held)
            } else {
                resized(&self.tone(source, paper, grey.height, &(from..to)))
            }
        };
        let picture = if self.soften { picture.softened() } else { picture };
        if self.degrees != 0.0 {
            rotate::rows_levelled(&picture, &held, height, self.degrees, rows)
        } else if held == *rows {
            picture
        } else {
            picture.crop(0, rows.start - held.start, width, rows.end - held.start)
        }
    }

    /// Flattens and stretches `rows` of a page that is `page_height` high: depth below the paper becomes depth below white.
    fn tone<'a>(&self, picture: Grey<'a>, paper: &Paper, page_height: u32, rows: &Range<u32>) -> Grey<'a> {
        let table = self.table();
        let (width, height) = (picture.width, picture.height);
        if self.flatten {
            let mut pixels = paper.spread(width, page_height, rows).pixels.into_owned();
            for (p, &v) in pixels.iter_mut().zip(picture.pixels.iter()) {
                *p = table[usize::from(p.saturating_sub(v))];
            }
            return Grey::new(width, height, pixels);
        }
        let level = paper.level;
        if level == 255 && self.dead_zone == 0 && self.gain == 1.0 {
            return picture;
        }
        let table: [u8; 256] = std::array::from_fn(|v| table[usize::from(level.saturating_sub(v as u8))]);
        let mut pixels = picture.pixels.into_owned();
        pixels.iter_mut().for_each(|v| *v = table[usize::from(*v)]);
        Grey::new(width, height, pixels)
    }

    /// Brightness for every depth.
    fn table(&self) -> [u8; 256] {
        std::array::from_fn(|depth| {
            let depth = (depth as f32 - f32::from(self.dead_zone)).max(0.0) * self.gain;
            (255.0 - depth).clamp(0.0, 255.0) as u8
        })
    }
}

#[cfg(test)]
mod tests;
