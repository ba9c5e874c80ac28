//! From ALTO to [`AltoFile`]: exact for files of our own, lenient about those of others, strict about size,
//! depth and anything that could make a small file large (DTDs, entities).

use super::{
    ALTERNATIVE_PURPOSE, AltoFacts, AltoFile, MARK_INK_TYPE, MARK_KIND_TYPE, MARK_TYPE, PAGE_STEP, Source,
    Step, reason_of,
};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use record::{
    Alternative, AlternativeSource, Block, BlockKind, Line, Mark, MarkInk, MarkKind, PageNo, PageOutcome,
    PageSize, PageText, PxBox, Turn, UnrecognisedReason, Word,
};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

const MAX_BYTES: usize = 64 << 20;
const MAX_DEPTH: usize = 64;
/// Of one element; ALTO's richest has about 30.
const MAX_ATTRIBUTES: usize = 100;
/// Where the file does not say: what most programs assume.
const ASSUMED_DPI: u32 = 300;

/// Why a file could not be read as ALTO. Nothing of it is returned then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AltoError {
    /// Larger than 64 MiB.
    #[error("the ALTO file has {0} bytes, more than 64 MiB")]
    TooLarge(usize),
    /// Elements nested deeper than 64.
    #[error("the ALTO file nests deeper than 64 elements")]
    TooDeep,
    /// Not UTF-8.
    #[error("the ALTO file is not UTF-8")]
    NotUtf8,
    /// A document type declaration or an entity that is not one of XML's own five.
    #[error("the ALTO file has a document type or entity ({0}); these are refused")]
    Entity(String),
    /// Not well formed.
    #[error("the ALTO file is not well-formed XML: {0}")]
    Xml(String),
    /// Well formed, but no ALTO.
    #[error("no ALTO file: {0}")]
    NotAlto(&'static str),
    /// Not exactly one page.
    #[error("the ALTO file has {0} pages; one is expected")]
    Pages(usize),
    /// A number that is none.
    #[error("the ALTO file has {attribute}=\"{value}\"")]
    Number {
        /// Which attribute.
        attribute: String,
        /// Its value.
        value: String,
    },
}

/// Reads a file of one page. The text comes in NFC, whatever the file has.
pub fn read(bytes: &[u8]) -> Result<AltoFile, AltoError> {
    if bytes.len() > MAX_BYTES {
        return Err(AltoError::TooLarge(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| AltoError::NotUtf8)?;
    let mut reader = Reader::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(text));
    let mut reading = Reading::default();
    let xml = |e: &dyn std::fmt::Display| AltoError::Xml(e.to_string());
    let mut depth = 0;
    loop {
        match reader.read_event().map_err(|e| xml(&e))? {
            Event::Start(tag) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(AltoError::TooDeep);
                }
                reading.open(&tag, depth)?;
            }
            Event::Empty(tag) => {
                reading.open(&tag, depth + 1)?;
                reading.close(tag.local_name().as_ref())?;
            }
            Event::End(tag) => {
                depth -= 1;
                reading.close(tag.local_name().as_ref())?;
            }
            Event::Text(part) => reading.leaf.push_str(&part.xml10_content()),
            Event::CData(part) => reading.leaf.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => {
                let resolved = match &*reference {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().map_err(|e| xml(&e))?,
                };
                reading.leaf.push(resolved.ok_or_else(|| AltoError::Entity(reference.to_string()))?);
            }
            Event::DocType(_) => return Err(AltoError::Entity("DOCTYPE".into())),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose().map_err(|e| xml(&e))?;
                if encoding
                    .is_some_and(|e| !e.eq_ignore_ascii_case("utf-8") && !e.eq_ignore_ascii_case("us-ascii"))
                {
                    return Err(AltoError::NotUtf8);
                }
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if depth > 0 => return Err(AltoError::Xml("it ends inside an element".into())),
            Event::Eof => break,
        }
    }
    reading.finish()
}

/// Names without prefix and values, as they stand: few of an element's are asked for, and a page has thousands.
#[derive(Default)]
struct Attributes<'t>(Vec<(Cow<'t, str>, Cow<'t, str>)>);

impl Attributes<'_> {
    /// The last one of that name.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn into_owned(self) -> Attributes<'static> {
        let each = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Attributes(self.0.into_iter().map(|(name, value)| (each(name), each(value))).collect())
    }
}

#[derive(Default)]
struct Reading {
    seen_root: bool,
    /// Text of the element that is open.
    leaf: String,
    /// Attributes of the element last opened.
    identifier_location: String,
    unit: Unit,
    source: Source,
    steps: Vec<Step>,
    /// The step being read and its ID.
    step: Option<(String, Step)>,
    notes: Vec<(String, String)>,
    mark_tags: HashSet<String>,
    kind_tags: HashMap<String, MarkKind>,
    ink_tags: HashMap<String, MarkInk>,
    pages: usize,
    page_attributes: Attributes<'static>,
    blocks: Vec<Block>,
    /// Of each block.
    turns: Vec<Turn>,
    in_block: bool,
    in_line: bool,
    /// A `String` of one word is open: alternatives are of that word.
    in_word: bool,
    /// Source and score of the alternative that is open.
    alternative: Option<(AlternativeSource, u8)>,
}

/// What the file's numbers count.
#[derive(Default, Clone, Copy, PartialEq)]
enum Unit {
    #[default]
    Pixel,
    Mm10,
    Inch1200,
}

impl Unit {
    fn pixels(self, value: f64) -> f64 {
        match self {
            Self::Pixel => value,
            Self::Mm10 => value * f64::from(ASSUMED_DPI) / 254.0,
            Self::Inch1200 => value * f64::from(ASSUMED_DPI) / 1200.0,
        }
    }
}

impl Reading {
    fn open(&mut self, tag: &BytesStart<'_>, depth: usize) -> Result<(), AltoError> {
        self.leaf.clear();
        let name = tag.local_name();
        let name: &str = name.as_ref();
        if depth == 1 {
            if name != "alto" || self.seen_root {
                return Err(AltoError::NotAlto("its root element is not alto"));
            }
            self.seen_root = true;
        }
        match name {
            "fileIdentifier" => {
                self.identifier_location =
                    attributes(tag)?.owned("fileIdentifierLocation").unwrap_or_default();
            }
            "Processing" | "preProcessingStep" | "ocrProcessingStep" | "postProcessingStep" => {
                let id = attributes(tag)?.owned("ID").unwrap_or_default();
                self.step = Some((id, Step::default()));
            }
            "LayoutTag" | "StructureTag" | "RoleTag" | "NamedEntityTag" | "OtherTag" => {
                let tag = attributes(tag)?;
                let label = tag.get("LABEL").unwrap_or_default();
                match (tag.get("TYPE").unwrap_or_default(), tag.owned("ID")) {
                    (MARK_TYPE, Some(id)) => drop(self.mark_tags.insert(id)),
                    (MARK_KIND_TYPE, Some(id)) => {
                        self.kind_tags.extend(MarkKind::from_code(label).map(|kind| (id, kind)));
                    }
                    (MARK_INK_TYPE, Some(id)) => {
                        self.ink_tags.extend(MarkInk::from_code(label).map(|ink| (id, ink)));
                    }
                    _ => {}
                }
            }
            "Page" => {
                self.pages += 1;
                self.page_attributes = attributes(tag)?.into_owned();
            }
            "TextBlock" => {
                let tag = attributes(tag)?;
                let refs = tag.get("TAGREFS").unwrap_or_default();
                let kind = self.kind_of(refs);
                self.blocks.push(Block { kind, bbox: self.bbox(&tag)?, lines: Vec::new() });
                self.turns.push(turn(&tag)?);
                self.in_block = true;
                // a block inside a line is no ALTO, and has no line yet
                self.in_line = false;
            }
            "TextLine" if self.in_block => {
                let tag = attributes(tag)?;
                let bbox = self.bbox(&tag)?;
                let turn = self.turns.last().copied().unwrap_or_default();
                let baseline = tag.get("BASELINE").and_then(|points| self.baseline(points, turn));
                let baseline = baseline.unwrap_or(foot(bbox, turn));
                let line = Line { bbox, baseline, words: Vec::new() };
                self.block().lines.push(line);
                self.in_line = true;
            }
            "String" if self.in_line => {
                let tag = attributes(tag)?;
                let bbox = self.bbox(&tag)?;
                let confidence = confidence(&tag)?;
                let content = vitext::nfc(tag.get("CONTENT").unwrap_or_default());
                let words = split(&content, bbox, confidence);
                self.in_word = words.len() == 1;
                self.line().words.extend(words);
            }
            "ALTERNATIVE" if self.in_word => {
                self.alternative = attributes(tag)?.get("PURPOSE").and_then(of_purpose);
            }
            "HYP" if self.in_line => {
                let tag = attributes(tag)?;
                let (bbox, content) = (self.bbox(&tag)?, tag.get("CONTENT").map_or("", str::trim));
                if let Some(word) = self.line().words.last_mut() {
                    word.text.push_str(content);
                    word.bbox = word.bbox.union(&bbox);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A mark or body text, by the tags that a block refers to; kinds that this version does not know are "other".
    fn kind_of(&self, refs: &str) -> BlockKind {
        let mut refs = refs.split_ascii_whitespace();
        if !refs.clone().any(|one| self.mark_tags.contains(one)) {
            return BlockKind::Body;
        }
        let kind = refs.clone().find_map(|one| self.kind_tags.get(one)).copied().unwrap_or_default();
        let ink = refs.find_map(|one| self.ink_tags.get(one)).copied().unwrap_or_default();
        BlockKind::Mark(Mark { kind, ink })
    }

    fn close(&mut self, name: &str) -> Result<(), AltoError> {
        let leaf = std::mem::take(&mut self.leaf);
        match name {
            "MeasurementUnit" => {
                self.unit = match leaf.trim() {
                    "mm10" => Unit::Mm10,
                    "inch1200" => Unit::Inch1200,
                    _ => Unit::Pixel,
                }
            }
            "fileName" => self.source.file_name = leaf,
            "fileIdentifier" if self.identifier_location == "sha256" => {
                self.source.sha256 = leaf.trim().parse().ok();
            }
            "processingStepDescription" => match &mut self.step {
                Some((id, _)) if id == PAGE_STEP => {
                    let (key, value) = leaf.split_once('=').unwrap_or((&leaf, ""));
                    self.notes.push((key.to_owned(), value.to_owned()));
                }
                Some((_, step)) => step.description = leaf,
                None => {}
            },
            "ALTERNATIVE" => {
                if let Some((source, score)) = self.alternative.take() {
                    let text = vitext::nfc(&leaf).into_owned();
                    let line = self.blocks.last_mut().and_then(|block| block.lines.last_mut());
                    if let Some(word) = line.and_then(|line| line.words.last_mut()) {
                        word.alternatives.push(Alternative { text, score, source });
                    }
                }
            }
            "String" => self.in_word = false,
            "processingStepSettings" => self.in_step(|step| step.settings = leaf),
            "softwareName" => self.in_step(|step| step.software = leaf),
            "softwareVersion" => self.in_step(|step| step.version = leaf),
            "processingDateTime" => self.in_step(|step| step.when = leaf.trim().parse().ok()),
            "Processing" | "preProcessingStep" | "ocrProcessingStep" | "postProcessingStep" => {
                let step = self.step.take().filter(|(id, _)| id != PAGE_STEP);
                self.steps.extend(step.map(|(_, step)| step));
            }
            "TextBlock" => self.in_block = false,
            "TextLine" => self.in_line = false,
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<AltoFile, AltoError> {
        if !self.seen_root {
            return Err(AltoError::NotAlto("it is empty"));
        }
        if self.pages != 1 {
            return Err(AltoError::Pages(self.pages));
        }
        let page = match self.page_attributes.get("PHYSICAL_IMG_NR") {
            Some(value) => PageNo::new(whole("PHYSICAL_IMG_NR", value, Unit::Pixel)?),
            None => PageNo::new(1),
        };
        // Other programs count from 0 or leave it so.
        let page = page.unwrap_or(PageNo::from_idx(0));
        let folio = self.page_attributes.owned("PRINTED_IMG_NR");
        let outcome = self.outcome()?;
        self.source.page_of_file = self.note("page-of-file").and_then(|n| n.parse().ok());
        let facts = AltoFacts { page, folio, source: self.source, steps: self.steps };
        Ok(AltoFile { facts, outcome })
    }

    fn outcome(&mut self) -> Result<PageOutcome, AltoError> {
        let size = self.size()?;
        let has_words = self.blocks.iter().flat_map(|b| &b.lines).any(|l| !l.words.is_empty());
        let reason = || {
            let detail = self.note("detail").unwrap_or_default();
            self.note("reason").and_then(|code| reason_of(code, detail))
        };
        // A foreign page without words says nothing of why; it never becomes blank.
        Ok(match self.note("outcome") {
            Some("blank") if !has_words => PageOutcome::Blank(size.unwrap_or(self.bounds())),
            Some("unrecognised") if !has_words => PageOutcome::Unrecognised {
                size,
                reason: reason().unwrap_or(UnrecognisedReason::NoTextFound),
            },
            None if !has_words => PageOutcome::Unrecognised { size, reason: UnrecognisedReason::NoTextFound },
            _ => {
                let size = size.unwrap_or(self.bounds());
                let turn = self.turn_of_page();
                PageOutcome::Text(PageText { size, turn, blocks: std::mem::take(&mut self.blocks) })
            }
        })
    }

    /// That of all blocks. Where they differ the page counts as upright, and lines that lie otherwise lose their baseline.
    fn turn_of_page(&mut self) -> Turn {
        let first = self.turns.first().copied().unwrap_or_default();
        if self.turns.iter().all(|turn| *turn == first) {
            return first;
        }
        for (block, _) in self.blocks.iter_mut().zip(&self.turns).filter(|(_, turn)| **turn != Turn::Upright)
        {
            block.lines.iter_mut().for_each(|line| line.baseline = foot(line.bbox, Turn::Upright));
        }
        Turn::Upright
    }

    fn size(&self) -> Result<Option<PageSize>, AltoError> {
        let side = |name: &str| {
            self.page_attributes.get(name).map(|value| whole(name, value, self.unit)).transpose()
        };
        let (Some(width_px), Some(height_px)) = (side("WIDTH")?, side("HEIGHT")?) else {
            return Ok(None);
        };
        Ok(Some(PageSize { width_px, height_px, dpi: self.dpi() }))
    }

    fn dpi(&self) -> u32 {
        self.note("dpi").and_then(|dpi| dpi.parse().ok()).unwrap_or(ASSUMED_DPI)
    }

    /// A page just large enough, where the file gives none.
    fn bounds(&self) -> PageSize {
        let all =
            PxBox::around(self.blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words).map(|w| &w.bbox));
        PageSize { width_px: all.right.max(1), height_px: all.bottom.max(1), dpi: self.dpi() }
    }

    fn note(&self, key: &str) -> Option<&str> {
        self.notes.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    fn in_step(&mut self, set: impl FnOnce(&mut Step)) {
        if let Some((_, step)) = &mut self.step {
            set(step);
        }
    }

    fn block(&mut self) -> &mut Block {
        self.blocks.last_mut().expect("called inside a block")
    }

    fn line(&mut self) -> &mut Line {
        self.block().lines.last_mut().expect("called inside a line")
    }

    fn bbox(&self, tag: &Attributes<'_>) -> Result<PxBox, AltoError> {
        let number = |name: &str| {
            tag.get(name)
                .map(|value| number(name, value, self.unit))
                .transpose()
                .map(Option::unwrap_or_default)
        };
        let (left, top) = (number("HPOS")?, number("VPOS")?);
        let (right, bottom) = (left + number("WIDTH")?, top + number("HEIGHT")?);
        let [left, top, right, bottom] = [left, top, right, bottom].map(to_u32);
        Ok(PxBox { left, top, right, bottom })
    }

    /// Of ALTO 4.2 and later a list of points, before it one height. Both ends of the line.
    fn baseline(&self, points: &str, turn: Turn) -> Option<(u32, u32)> {
        let numbers: Vec<f64> = points
            .split(|c: char| c == ',' || c.is_ascii_whitespace())
            .filter(|part| !part.is_empty())
            .map(|part| part.parse::<f64>().ok().filter(|n| n.is_finite()))
            .collect::<Option<_>>()?;
        let at = |y: f64| to_u32(self.unit.pixels(y));
        match numbers.as_slice() {
            [y] => Some((at(*y), at(*y))),
            [first, _, .., last, _] if turn.is_sideways() && numbers.len().is_multiple_of(2) => {
                Some((at(*first), at(*last)))
            }
            [x, _] if turn.is_sideways() => Some((at(*x), at(*x))),
            [_, first, .., last] if numbers.len().is_multiple_of(2) => Some((at(*first), at(*last))),
            [_, y] => Some((at(*y), at(*y))),
            _ => None,
        }
    }
}

/// The side of a line's box that its letters stand on.
fn foot(bbox: PxBox, turn: Turn) -> (u32, u32) {
    let at = match turn {
        Turn::Upright => bbox.bottom,
        Turn::Right => bbox.right,
        Turn::Half => bbox.top,
        Turn::Left => bbox.left,
    };
    (at, at)
}

/// How a block's text lies: whole quarters of a circle, other angles as none.
fn turn(tag: &Attributes<'_>) -> Result<Turn, AltoError> {
    let Some(value) = tag.get("ROTATION") else { return Ok(Turn::Upright) };
    let wrong = || AltoError::Number { attribute: "ROTATION".into(), value: value.to_owned() };
    let degrees = value.trim().parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(wrong)?;
    Ok(Turn::from_degrees(to_u32(degrees.rem_euclid(360.0))).unwrap_or_default())
}

fn attributes<'t>(tag: &'t BytesStart<'_>) -> Result<Attributes<'t>, AltoError> {
    let mut all = tag.attributes();
    // Of two with one name the last one counts.
    all.with_checks(false);
    let mut found = Vec::with_capacity(10);
    for (idx, attribute) in all.enumerate() {
        if idx >= MAX_ATTRIBUTES {
            return Err(AltoError::Xml("an element with more than 100 attributes".into()));
        }
        let attribute = attribute.map_err(|e| AltoError::Xml(e.to_string()))?;
        let value = attribute
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(|e| AltoError::Entity(e.to_string()))?;
        found.push((attribute.key.local_name().into_inner().into(), value));
    }
    Ok(Attributes(found))
}

/// A finite number in pixels, not below 0.
fn number(attribute: &str, value: &str, unit: Unit) -> Result<f64, AltoError> {
    let parsed = value.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let wrong = || AltoError::Number { attribute: attribute.to_owned(), value: value.to_owned() };
    Ok(unit.pixels(parsed.ok_or_else(wrong)?.max(0.0)))
}

fn whole(attribute: &str, value: &str, unit: Unit) -> Result<u32, AltoError> {
    number(attribute, value, unit).map(to_u32)
}

fn to_u32(value: f64) -> u32 {
    // `as` holds to the ends of the range.
    value.round() as u32
}

/// 0–100; a file that says nothing is not trusted, one that counts in percent is understood.
fn confidence(tag: &Attributes<'_>) -> Result<u8, AltoError> {
    let Some(value) = tag.get("WC") else { return Ok(0) };
    let value = number("WC", value, Unit::Pixel)?;
    let percent = if value <= 1.0 { value * 100.0 } else { value };
    Ok(percent.round().min(100.0) as u8)
}

/// What an alternative of our own says of itself; those of others have no score, and are not kept.
fn of_purpose(purpose: &str) -> Option<(AlternativeSource, u8)> {
    let (source, score) = purpose.strip_prefix(ALTERNATIVE_PURPOSE)?.strip_prefix(':')?.split_once(':')?;
    let score = score.parse().ok().filter(|score| *score <= 100)?;
    Some((AlternativeSource::from_code(source)?, score))
}

/// One word, or several where a foreign file put white space into a String; these share its box by their
/// number of characters.
fn split(content: &str, bbox: PxBox, confidence: u8) -> Vec<Word> {
    let chars = content.chars().count();
    if !content.contains(char::is_whitespace) {
        let word = Word::new(content, bbox, confidence);
        return if content.is_empty() { Vec::new() } else { vec![word] };
    }
    let at = |idx: usize| bbox.left + (u64::from(bbox.width()) * idx as u64 / chars as u64) as u32;
    let mut words: Vec<Word> = Vec::new();
    let mut inside = false;
    for (idx, c) in content.chars().enumerate() {
        if c.is_whitespace() {
            inside = false;
            continue;
        }
        if !inside {
            words.push(Word::new(String::new(), PxBox { left: at(idx), ..bbox }, confidence));
        }
        inside = true;
        let word = words.last_mut().expect("just pushed");
        word.text.push(c);
        word.bbox.right = at(idx + 1);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(xml: &str) -> PageText {
        read(xml.as_bytes()).unwrap().outcome.text().unwrap().clone()
    }

    #[test]
    fn foreign_versions_and_units_are_understood() {
        let page = page_of(
            r#"<?xml version="1.0"?><a:alto xmlns:a="http://www.loc.gov/standards/alto/ns-v2#"><a:Description>
            <a:MeasurementUnit>mm10</a:MeasurementUnit></a:Description><a:Layout><a:Page ID="P" PHYSICAL_IMG_NR="0"
            WIDTH="2100" HEIGHT="2970"><a:TopMargin/><a:PrintSpace><a:ComposedBlock ID="C"><a:TextBlock ID="T">
            <a:TextLine HPOS="254" VPOS="254" WIDTH="508" HEIGHT="25.4" BASELINE="270"><a:String CONTENT="Vi&#7879;n
            ki&#7875;m" HPOS="254" VPOS="-3" WIDTH="254" HEIGHT="25.4" WC="87"/><a:SP/><a:HYP CONTENT="-"/></a:TextLine>
            </a:TextBlock></a:ComposedBlock></a:PrintSpace></a:Page></a:Layout></a:alto>"#,
        );
        assert_eq!((page.size.width_px, page.size.dpi), (2480, 300));
        let line = &page.blocks[0].lines[0];
        assert_eq!(line.baseline, (319, 319));
        assert_eq!(line.text(), "Viện kiểm-");
        assert_eq!((line.words[0].confidence, line.words[0].bbox.top), (87, 0));
        assert!(line.words[0].bbox.right < line.words[1].bbox.left);
    }

    #[test]
    fn a_foreign_page_without_words_is_not_blank() {
        let xml = r#"<alto><Layout><Page ID="P" PHYSICAL_IMG_NR="1"><PrintSpace/></Page></Layout></alto>"#;
        let reason = UnrecognisedReason::NoTextFound;
        assert_eq!(read(xml.as_bytes()).unwrap().outcome, PageOutcome::Unrecognised { size: None, reason });
    }

    #[test]
    fn bombs_and_rubbish_are_refused() {
        let error = |xml: &str| read(xml.as_bytes()).unwrap_err();
        assert!(matches!(error("<!DOCTYPE alto [<!ENTITY a 'aaa'>]><alto>&a;</alto>"), AltoError::Entity(_)));
        assert!(matches!(error("<alto><Layout>&a;</Layout></alto>"), AltoError::Entity(_)));
        let attribute = "<alto><Layout><Page WIDTH='&a;'/></Layout></alto>";
        assert!(matches!(error(attribute), AltoError::Entity(_)));
        assert_eq!(error(&format!("<alto>{}", "<a>".repeat(64))), AltoError::TooDeep);
        assert!(matches!(error("<alto>"), AltoError::Xml(_)));
        assert!(matches!(error("<alto></b>"), AltoError::Xml(_)));
        assert!(matches!(error("<html/>"), AltoError::NotAlto(_)));
        assert!(matches!(error(""), AltoError::NotAlto(_)));
        let many: String = (0..101).map(|n| format!(" a{n}=''")).collect();
        assert!(matches!(error(&format!("<alto><Layout><Page{many}/></Layout></alto>")), AltoError::Xml(_)));
        assert_eq!(error("<alto/>"), AltoError::Pages(0));
        assert!(matches!(error("<alto><Page/><Page/></alto>"), AltoError::Pages(2)));
        assert_eq!(read(b"\xFF\xFE<\0").unwrap_err(), AltoError::NotUtf8);
        let wide = "<alto><Layout><Page WIDTH='NaN' HEIGHT='1'/></Layout></alto>";
        assert!(matches!(error(wide), AltoError::Number { .. }));
    }
}
