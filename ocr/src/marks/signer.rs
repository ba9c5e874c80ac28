//! Who signed, under the seal: the lines around a seal are read again from layers without its ink, and of the readings the
//! one is kept that says an office or a name. Every word kept was read from the picture; a known office only decides
//! which reading stands.

use super::Sheet;
use super::crop::Crop;
use super::lexicon;
use crate::clean::colour;
use crate::clean::grey::Grey;
use crate::folio::{crop_rgb, grown};
use native::{NativeError, Segmentation};
use record::{Block, BlockKind, Line, Mark, MarkKind, PageText, PxBox, Word};

/// Where the signer's lines lie, from the seal's sides in its widths and heights: the seal covers the left third of the
/// signature.
const REACH: (f32, f32, f32) = (0.35, 1.1, 0.45);
/// Brighter than this is paper in the second reading.
const PAPER: u8 = 165;
/// Lines whose words were all read at least this surely, and say an office or a name, are not read again.
const SURE: u8 = 88;
/// A word without a letter or figure below this is a stroke of the seal or of the pen.
const STROKE: u8 = 80;

/// Who signed a page, as its text says it around a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerReading {
    /// On whose behalf and as what, for example `KT. VIỆN TRƯỞNG` and `PHÓ VIỆN TRƯỞNG`, written as offices are; from the top.
    pub offices: Vec<String>,
    /// Rank before the name, for example `Thượng tá`.
    pub rank: Option<String>,
    /// The name as read.
    pub name: Option<String>,
    /// Around each office's line in order, then around the name's.
    pub boxes: Vec<PxBox>,
    /// 0–100: that of the least sure word.
    pub confidence: u8,
}

fn reach(seal: PxBox, text: &PageText) -> PxBox {
    let (w, h) = (seal.width() as f32, seal.height() as f32);
    PxBox {
        left: (seal.left as f32 - REACH.0 * w).max(0.0) as u32,
        top: (seal.top as f32 - REACH.2 * h).max(0.0) as u32,
        right: ((seal.right as f32 + REACH.1 * w) as u32).min(text.size.width_px),
        bottom: ((seal.bottom as f32 + REACH.2 * h) as u32).min(text.size.height_px),
    }
}

/// What a line is for a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Office,
    Name,
}

/// How well a text fills a role: 0 not at all.
fn fit(text: &str, role: Role) -> u8 {
    match role {
        Role::Office if lexicon::is_office(text) => 3,
        Role::Office => u8::from(lexicon::office(text).is_some()) * 2,
        Role::Name => lexicon::name(lexicon::rank(text).1),
    }
}

fn role(text: &str) -> Option<Role> {
    match () {
        () if lexicon::office(text).is_some() => Some(Role::Office),
        () if lexicon::name(lexicon::rank(text).1) > 0 => Some(Role::Name),
        () => None,
    }
}

/// A line of the body, or the part of it in the signer's cell.
#[derive(Debug, Clone)]
struct Spot {
    block: usize,
    line: usize,
    words: std::ops::Range<usize>,
    bbox: PxBox,
    role: Role,
}

/// The lines of the signature around a seal, with what stands beside them on the same row left out.
fn spots(text: &PageText, area: PxBox) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (block_idx, block) in text.blocks.iter().enumerate().filter(|(_, b)| !b.kind.is_mark()) {
        for (line_idx, line) in block.lines.iter().enumerate() {
            let (x, y) = (|b: &PxBox| b.left.midpoint(b.right), line.bbox.top.midpoint(line.bbox.bottom));
            if !(area.top..area.bottom).contains(&y) {
                continue;
            }
            let is_in = |w: &Word| (area.left..area.right).contains(&x(&w.bbox));
            let Some(first) = line.words.iter().position(is_in) else { continue };
            let Some(last) = line.words.iter().rposition(is_in) else { continue };
            // a line of running text only passes through
            if first > 0 && !is_gap(&line.words[first - 1], &line.words[first]) {
                continue;
            }
            let words = first..last + 1;
            let kept: Vec<&Word> = line.words[words.clone()].iter().filter(|w| !is_stroke(w)).collect();
            let said = kept.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
            let Some(role) = role(&said) else { continue };
            let bbox = PxBox::around(kept.iter().map(|w| &w.bbox));
            spots.push(Spot { block: block_idx, line: line_idx, words, bbox, role });
        }
    }
    spots
}

/// Whether two neighbours stand in different columns.
fn is_gap(a: &Word, b: &Word) -> bool {
    b.bbox.left.saturating_sub(a.bbox.right) > 2 * a.bbox.height().min(b.bbox.height())
}

/// A mark of the seal or the pen at either end of a line, not punctuation of an office.
fn is_stroke(w: &Word) -> bool {
    !w.text.chars().any(char::is_alphanumeric) && w.confidence < STROKE
}

/// Reads the signer's lines around a seal again and puts what is better in the place of what stood there. Costs nothing where
/// they were read surely, else two or four short readings.
pub(super) fn read_again(sheet: &Sheet<'_>, text: &mut PageText, seal: PxBox) -> Result<(), NativeError> {
    let area = reach(seal, text);
    let found = spots(text, area);
    if found.is_empty() && !is_signature(text, area) {
        return Ok(());
    }
    let doubtful: Vec<&Spot> = found.iter().filter(|spot| !is_settled(text, spot)).collect();
    if !doubtful.is_empty() {
        let size = sheet.raster.size;
        let places: Vec<PxBox> = doubtful.iter().map(|s| grown(s.bbox, s.bbox.height() / 8, size)).collect();
        let around = grown(PxBox::around(&places), size.dpi / 12, size);
        let mut readings = Vec::new();
        for layer in layers(sheet, around) {
            readings.push(layer.read_lines(sheet, 200, &places)?);
        }
        for (idx, spot) in doubtful.into_iter().enumerate() {
            settle(text, spot, readings.iter().map(|r| &r[idx]));
        }
        drop_empty(text);
    }
    let found = spots(text, area);
    let lacks = |role| !found.iter().any(|s| s.role == role);
    // somebody signed here, but not everything of it was seen
    if (lacks(Role::Name) || lacks(Role::Office)) && (!found.is_empty() || is_signature(text, area)) {
        look_anew(sheet, text, area)?;
    }
    Ok(())
}

/// Whether the place looks like that of a signature: receivers stand to the left of it, or there is little print in it.
fn is_signature(text: &PageText, area: PxBox) -> bool {
    let lines = text.blocks.iter().filter(|b| !b.kind.is_mark()).flat_map(|b| &b.lines);
    let beside = |l: &&Line| l.bbox.top < area.bottom && area.top < l.bbox.bottom;
    let (mut passes, mut receivers) = (0, false);
    for line in lines.filter(beside) {
        passes += usize::from(line.bbox.left < area.left && line.bbox.right > area.left + area.width() / 2);
        receivers |= vitext::fold_ascii(&line.text()).to_lowercase().contains("noi nhan");
    }
    receivers || passes == 0 && area.top > text.size.height_px / 3
}

fn is_settled(text: &PageText, spot: &Spot) -> bool {
    let words = &text.blocks[spot.block].lines[spot.line].words[spot.words.clone()];
    let said = words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
    fit(&said, spot.role) == 3 && words.iter().all(|w| w.confidence >= SURE)
}

/// The signature without the seal's ink: the red channel, and the brightest of the three, which leaves blue pens out as well.
fn layers(sheet: &Sheet<'_>, area: PxBox) -> Vec<Crop> {
    let (width, height) = (area.width(), area.height());
    if sheet.raster.channels != 3 {
        return Vec::new();
    }
    let rgb = crop_rgb(sheet.raster, area);
    let brightest: Vec<u8> = rgb.as_chunks::<3>().0.iter().map(|p| p[0].max(p[1]).max(p[2])).collect();
    [colour::red_channel(width, height, &rgb), Grey::new(width, height, brightest)]
        .into_iter()
        .map(|layer| Crop { layer, area }.stretched(PAPER))
        .collect()
}

/// Takes the reading that fills the role best; of equals the first reading of the page stands unless two others agree against it.
fn settle<'a>(text: &mut PageText, spot: &Spot, readings: impl Iterator<Item = &'a Line>) {
    let line = &mut text.blocks[spot.block].lines[spot.line];
    let plain: Vec<Word> = line.words[spot.words.clone()].to_vec();
    let trimmed = |words: &[Word]| -> Vec<Word> {
        let mut words: Vec<Word> = words.to_vec();
        while words.first().is_some_and(|w| !w.text.chars().any(char::is_alphanumeric)) {
            words.remove(0);
        }
        while words.last().is_some_and(|w| !w.text.chars().any(char::is_alphanumeric)) {
            words.pop();
        }
        // a stroke that was read as a quotation mark of the first word
        if let Some(first) = words.first_mut() {
            first.text = first.text.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned();
        }
        words
    };
    let said = |words: &[Word]| words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
    let mut choices: Vec<Vec<Word>> = vec![trimmed(&plain)];
    choices.extend(readings.map(|l| trimmed(&l.words)).filter(|w| !w.is_empty()));
    let texts: Vec<String> = choices.iter().map(|c| said(c)).collect();
    let score = |idx: usize| {
        let votes = texts.iter().filter(|t| **t == texts[idx]).count();
        let least = choices[idx].iter().map(|w| w.confidence).min().unwrap_or(0);
        (fit(&texts[idx], spot.role), votes, idx == 0, least)
    };
    let best = (0..choices.len()).max_by_key(|&idx| score(idx)).unwrap_or(0);
    let mut words = choices.swap_remove(best);
    if words.len() == choices.first().map_or(0, Vec::len) && best != 0 {
        // boxes of the page's own pass are tighter; after the swap its words stand at the place of the winner
        let first = trimmed(&plain);
        words.iter_mut().zip(first).for_each(|(word, old)| word.bbox = old.bbox);
    }
    line.words.splice(spot.words.clone(), words);
    line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
    let block = &mut text.blocks[spot.block];
    block.bbox = PxBox::around(block.lines.iter().map(|l| &l.bbox));
}

fn drop_empty(text: &mut PageText) {
    for block in text.blocks.iter_mut().filter(|b| !b.kind.is_mark()) {
        block.lines.retain(|l| !l.words.is_empty());
    }
    text.blocks.retain(|b| b.kind.is_mark() || !b.lines.is_empty());
}

/// Looks for the signer's lines where the page's own pass saw none: layout anew on the place without the seal's ink.
fn look_anew(sheet: &Sheet<'_>, text: &mut PageText, area: PxBox) -> Result<(), NativeError> {
    let mut new: Vec<(Line, Role)> = Vec::new();
    for (layer, how) in layers(sheet, area).iter().rev().zip([Segmentation::Block, Segmentation::Sparse]) {
        for mut line in layer.read(sheet, 200, how)? {
            line.words.retain(|w| !is_stroke(w));
            let said = line.text();
            let Some(role) = role(&said) else { continue };
            line.bbox = PxBox::around(line.words.iter().map(|w| &w.bbox));
            let is_there = |other: &PxBox| super::is_over(&line.bbox, other);
            if fit(&said, role) < 3 || new.iter().any(|(l, _)| is_there(&l.bbox)) {
                continue;
            }
            let lines = || text.blocks.iter().filter(|b| !b.kind.is_mark()).flat_map(|b| &b.lines);
            let stands = lines().any(|l| l.words.iter().any(|w| w.confidence >= 70 && is_there(&w.bbox)));
            if !stands && line.words.iter().all(|w| w.confidence >= 60) {
                new.push((line, role));
            }
        }
    }
    for (line, _) in new {
        let place = line.bbox;
        super::keep_in_body(text, |w| !super::is_over(&w.bbox, &place));
        let body = text.blocks.iter().filter(|b| !b.kind.is_mark()).count();
        let after =
            text.blocks.iter().take(body).rposition(|b| b.bbox.bottom <= place.top + place.height() / 2);
        let at = after.map_or(body, |at| at + 1);
        text.blocks.insert(at, Block { kind: BlockKind::Body, bbox: place, lines: vec![line] });
    }
    Ok(())
}

/// Who signed a page: the offices and the name around its last seal that has them. `None` where there is no seal, or no office
/// and no name beside it.
pub fn signer_of(text: &PageText) -> Option<SignerReading> {
    let text = text.upright();
    let is_seal = |b: &&Block| matches!(b.kind, BlockKind::Mark(Mark { kind: MarkKind::Seal, .. }));
    let mut seals: Vec<PxBox> = text.blocks.iter().filter(is_seal).map(|b| b.bbox).collect();
    seals.sort_by_key(|b| std::cmp::Reverse(b.top));
    seals.into_iter().find_map(|seal| reading(&text, seal))
}

fn reading(text: &PageText, seal: PxBox) -> Option<SignerReading> {
    let mut found = spots(text, reach(seal, text));
    found.sort_by_key(|s| s.bbox.top);
    let name = found.iter().filter(|s| s.role == Role::Name).max_by_key(|s| s.bbox.top)?;
    let offices: Vec<&Spot> =
        found.iter().filter(|s| s.role == Role::Office && s.bbox.bottom <= name.bbox.top).collect();
    let words = |spot: &Spot| -> Vec<Word> {
        let words = &text.blocks[spot.block].lines[spot.line].words[spot.words.clone()];
        words.iter().filter(|w| !is_stroke(w)).cloned().collect()
    };
    let said = |spot: &Spot| words(spot).iter().map(|w| w.text.clone()).collect::<Vec<_>>().join(" ");
    let line = said(name);
    let (rank, rest) = lexicon::rank(&line);
    let all = || offices.iter().copied().chain([name]);
    Some(SignerReading {
        offices: offices.iter().filter_map(|s| lexicon::office(&said(s))).collect(),
        rank: rank.map(str::to_owned),
        name: Some(rest.to_owned()),
        boxes: all().map(|s| s.bbox).collect(),
        confidence: all().flat_map(&words).map(|w| w.confidence).min().unwrap_or(0),
    })
}
