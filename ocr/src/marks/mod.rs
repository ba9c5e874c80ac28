//! What people put on a page after it was printed: seals, stamps, writing with coloured pens. Each layer of ink is read on its
//! own; what it says is kept as a mark with box, colour and text, and never mixed into the body.
//!
//! Order: patches of coloured ink ([`region`], shapes by [`shape`]) → their text ([`stamp`], [`ring`], meaning by [`words`]) →
//! framed stamps in black ([`black`]) → the body without the marks' ink → the signer's lines below a seal ([`signer`]).
//! Measured in docs/decisions/130-marks.md.

mod black;
mod bridge;
mod crop;
pub(crate) mod lexicon;
mod region;
mod ring;
mod shape;
mod signer;
mod stamp;
mod words;

use crate::clean::Look;
use crate::clean::colour::InkMap;
use crate::clean::grey::Grey;
use crate::engine::Engine;
use crate::folio;
use crate::read::PageFinding;
use native::{NativeError, PageRaster};
use record::{Block, BlockKind, FindingKind, Mark, MarkInk, MarkKind, PageText, PxBox};
use region::{Region, Shape};
use stamp::Stamp;
use words::Meaning;

pub(crate) use crop::Crop;
pub use signer::{SignerReading, signer_of};

/// A page as the reading of its marks needs it.
pub(crate) struct Sheet<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) raster: &'a PageRaster,
    /// The plane that was read, at full size.
    pub(crate) grey: &'a Grey<'a>,
    pub(crate) inks: Option<&'a InkMap>,
    pub(crate) look: &'a Look,
    pub(crate) language: &'a str,
}

/// Reads the marks of a page into its text and gives what a person should know of them. Costs nothing on pages without
/// coloured ink and frames, elsewhere a few small recognitions for each mark.
pub(crate) fn read(sheet: &Sheet<'_>, text: &mut PageText) -> Result<Vec<PageFinding>, NativeError> {
    let found = find(sheet, text)?;
    let seals: Vec<PxBox> = found.iter().filter(|m| m.mark.kind == MarkKind::Seal).map(|m| m.bbox).collect();
    for seal in &seals {
        signer::read_again(sheet, text, *seal)?;
    }
    let findings = findings(&found, text);
    for one in found {
        // words in blue ink were filed as a pen's: they are the stamp's, or say what is in a patch without text
        let is_same = |b: &Block| is_pen(b) && is_over(&b.bbox, &one.bbox);
        match one.mark.kind {
            MarkKind::Pen if text.blocks.iter().any(is_same) => continue,
            MarkKind::Pen | MarkKind::Seal => {}
            _ => text.blocks.retain(|b| !is_same(b)),
        }
        file(text, one);
    }
    Ok(findings)
}

fn is_pen(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Mark(mark) if mark.kind == MarkKind::Pen)
}

fn is_folio(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Mark(mark) if mark.kind == MarkKind::FolioStamp)
}

/// The findings alone, for a page of which no text was read.
pub(crate) fn findings_of(sheet: &Sheet<'_>) -> Result<Vec<PageFinding>, NativeError> {
    let Sheet { engine, raster, grey, inks, look, language } = sheet;
    let folio = folio::find(*engine, raster, grey, *inks, look, language)?;
    let blocks = folio.into_iter().map(|stamp| stamp.block).collect();
    let mut text = PageText { size: raster.size, turn: record::Turn::Upright, blocks };
    let found = find(sheet, &mut text)?;
    Ok(findings(&found, &text))
}

/// A mark before it is filed.
struct Found {
    mark: Mark,
    bbox: PxBox,
    lines: Vec<record::Line>,
    /// What it says, secrecy first.
    meanings: Vec<Meaning>,
    /// Whether it may be a secrecy stamp though nothing of it was read.
    is_unread: bool,
}

/// All marks but the bút lục, which `text` holds already; their colour is noted there.
fn find(sheet: &Sheet<'_>, text: &mut PageText) -> Result<Vec<Found>, NativeError> {
    let regions = sheet.inks.map(|inks| region::coloured(inks, sheet.raster)).unwrap_or_default();
    let mut known: Vec<&mut Block> = text.blocks.iter_mut().filter(|b| is_folio(b)).collect();
    let mut found = Vec::new();
    for region in &regions {
        if let Some(block) = known.iter_mut().find(|b| is_over(&region.bbox, &b.bbox)) {
            let kind = MarkKind::FolioStamp;
            block.kind = BlockKind::Mark(Mark { kind, ink: region.ink });
            continue;
        }
        found.extend(of_region(sheet, region)?);
    }
    let taken: Vec<PxBox> = known.iter().map(|b| b.bbox).chain(found.iter().map(|f| f.bbox)).collect();
    for region in black::frames(sheet) {
        if taken.iter().any(|other| is_over(&region.bbox, other)) {
            continue;
        }
        let stamp = stamp::read(sheet, &region)?;
        // a frame in black may be a cell of a form: a stamp is what says so, or has print that cannot be read
        // where bút lục are stamped, an unread frame is one of those
        let is_folio = is_over(&region.bbox, &folio::corner(sheet.raster.size));
        let is_stamp = |s: &Stamp| !s.meanings.is_empty() || s.is_unread_frame && !is_folio;
        found.extend(stamp.filter(is_stamp).map(|stamp| as_mark(&region, stamp)));
    }
    Ok(found)
}

fn of_region(sheet: &Sheet<'_>, region: &Region) -> Result<Option<Found>, NativeError> {
    if region.shape == Shape::Seal {
        let lines = ring::read(sheet, region)?;
        let mark = Mark { kind: MarkKind::Seal, ink: region.ink };
        return Ok(Some(Found { mark, bbox: region.bbox, lines, meanings: Vec::new(), is_unread: false }));
    }
    let pen = || Found {
        mark: Mark { kind: MarkKind::Pen, ink: region.ink },
        bbox: region.bbox,
        lines: Vec::new(),
        meanings: Vec::new(),
        is_unread: false,
    };
    let is_framed = matches!(region.shape, Shape::Framed(_));
    if !is_framed && region.ink == MarkInk::Blue && !is_stamp_sized(region, sheet.raster.size.dpi) {
        return Ok(Some(pen()));
    }
    Ok(match stamp::read(sheet, region)? {
        None if region.ink == MarkInk::Blue => Some(pen()),
        Some(stamp) if !is_framed && !stamp::is_print(&stamp) => {
            (region.ink == MarkInk::Blue || !stamp.lines.is_empty()).then(pen)
        }
        Some(stamp) => Some(as_mark(region, stamp)),
        None => None,
    })
}

/// Whether loose blue strokes have the size of print; a signature is larger, a date's figures are smaller.
fn is_stamp_sized(region: &Region, dpi: u32) -> bool {
    let mm = |mm: u32| dpi * mm * 10 / 254;
    region.bbox.width() >= mm(14) && (mm(3)..mm(14)).contains(&region.bbox.height())
}

fn as_mark(region: &Region, stamp: Stamp) -> Found {
    let kind = match stamp.meanings.first() {
        Some(meaning) => meaning.kind,
        None if stamp.is_unread_frame => MarkKind::SecrecyStamp,
        None => MarkKind::Other,
    };
    let mark = Mark { kind, ink: region.ink };
    let Stamp { lines, meanings, is_unread_frame: is_unread } = stamp;
    Found { mark, bbox: region.bbox, lines, meanings, is_unread }
}

/// Whether half of the smaller box lies in the other.
fn is_over(a: &PxBox, b: &PxBox) -> bool {
    let area = |b: &PxBox| u64::from(b.width()) * u64::from(b.height());
    let shared = a.intersect(b);
    !shared.is_empty() && area(&shared) * 2 >= area(a).min(area(b))
}

fn findings(found: &[Found], text: &PageText) -> Vec<PageFinding> {
    let mut findings = Vec::new();
    let mut note = |kind: FindingKind, detail: &str| {
        if !findings.iter().any(|f: &PageFinding| f.kind == kind && f.detail == detail) {
            findings.push(PageFinding { kind, detail: detail.to_owned() });
        }
    };
    for one in found {
        for Meaning { kind, degree, is_exact } in &one.meanings {
            match kind {
                MarkKind::SecrecyStamp if *is_exact => note(FindingKind::SecrecyStamp, degree),
                MarkKind::SecrecyStamp => note(FindingKind::MaybeSecrecyStamp, degree),
                MarkKind::UrgencyStamp => note(FindingKind::UrgencyStamp, degree),
                _ => {}
            }
        }
        if one.is_unread {
            note(FindingKind::MaybeSecrecyStamp, "");
        }
    }
    for degree in black::degrees_in(text) {
        note(FindingKind::SecrecyStamp, degree);
    }
    findings
}

/// Puts a mark on the page and takes out of the body what was read of its ink.
fn file(text: &mut PageText, found: Found) {
    let is_stamp = !matches!(found.mark.kind, MarkKind::Seal | MarkKind::Pen);
    if is_stamp {
        let words: Vec<&record::Word> = found.lines.iter().flat_map(|l| &l.words).collect();
        let says = |w: &record::Word| {
            words.iter().any(|m| same(&m.text, &w.text)) || found.mark.ink == MarkInk::Black
        };
        let inside = |b: &PxBox| {
            let (x, y) = (b.left.midpoint(b.right), b.top.midpoint(b.bottom));
            (found.bbox.left..found.bbox.right).contains(&x)
                && (found.bbox.top..found.bbox.bottom).contains(&y)
        };
        keep_in_body(text, |w| !(inside(&w.bbox) && says(w)));
    }
    let bbox = found.bbox;
    text.blocks.push(Block { kind: BlockKind::Mark(found.mark), bbox, lines: found.lines });
}

fn same(a: &str, b: &str) -> bool {
    let letters =
        |s: &str| -> String { vitext::fold_ascii(s).chars().filter(|c| c.is_alphanumeric()).collect() };
    let (a, b) = (letters(a), letters(b));
    !a.is_empty() && a.eq_ignore_ascii_case(&b)
}

/// Drops words of the body; lines and blocks that lose all of theirs go, too.
fn keep_in_body(text: &mut PageText, keep: impl Fn(&record::Word) -> bool) {
    for block in text.blocks.iter_mut().filter(|b| !b.kind.is_mark()) {
        let before = block.lines.iter().map(|l| l.words.len()).sum::<usize>();
        for line in &mut block.lines {
            line.words.retain(&keep);
        }
        if block.lines.iter().map(|l| l.words.len()).sum::<usize>() == before {
            continue;
        }
        for line in &mut block.lines {
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
        }
        block.lines.retain(|l| !l.words.is_empty());
        block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
    }
    text.blocks.retain(|b| b.kind.is_mark() || !b.lines.is_empty());
}
