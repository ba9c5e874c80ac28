//! From [`PageOutcome`] to ALTO 4.4.

use super::{
    ALTERNATIVE_PURPOSE, AltoFacts, MARK_INK_TYPE, MARK_KIND_TYPE, MARK_TAG, MARK_TYPE, NAMESPACE, PAGE_STEP,
    Step,
};
use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;
use record::{
    Alternative, Block, BlockKind, Lang, Line, Mark, MarkInk, MarkKind, PageOutcome, PageSize, PageText,
    PxBox, Turn, UnrecognisedReason, Word,
};
use std::borrow::Cow;

/// The ALTO file of one page, UTF-8, ending with a line break.
///
/// Valid by the schema of ALTO 4.4. Loss-free, except that characters which XML 1.0 cannot hold become U+FFFD
/// and words without any text are left out.
pub fn write(facts: &AltoFacts, outcome: &PageOutcome) -> String {
    let mut xml = Xml { writer: Writer::new_with_indent(Vec::new(), b' ', 1) };
    xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    xml.start("alto", &[("xmlns", NAMESPACE.into()), ("SCHEMAVERSION", "4.4".into())]);
    description(&mut xml, facts, outcome);
    let text = outcome.text();
    let marks: Vec<Mark> = text.map(marks_of).unwrap_or_default();
    if !marks.is_empty() {
        xml.start("Tags", &[]);
        mark_tags(&mut xml, &marks);
        xml.end("Tags");
    }
    xml.start("Layout", &[]);
    page(&mut xml, facts, outcome);
    xml.end("Layout");
    xml.end("alto");
    let mut bytes = xml.writer.into_inner();
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("made of strings")
}

/// The marks of a page, each kind and ink once.
fn marks_of(text: &PageText) -> Vec<Mark> {
    let mark = |b: &Block| if let BlockKind::Mark(mark) = b.kind { Some(mark) } else { None };
    let mut marks: Vec<Mark> = text.blocks.iter().filter_map(mark).collect();
    marks.sort();
    marks.dedup();
    marks
}

/// One tag that says "a mark", one for each kind and ink on the page.
fn mark_tags(xml: &mut Xml, marks: &[Mark]) {
    let mut tag = |id: &str, of: &'static str, label: &'static str, description: &'static str| {
        let id = id.to_owned().into();
        let (of, label, description) = (of.into(), label.into(), description.into());
        xml.empty("LayoutTag", &[("ID", id), ("TYPE", of), ("LABEL", label), ("DESCRIPTION", description)]);
    };
    tag(MARK_TAG, MARK_TYPE, MARK_TAG, "stamp, seal or number put on the paper later; not part of the text");
    let (mut kinds, mut inks): (Vec<_>, Vec<_>) = marks.iter().map(|m| (m.kind, m.ink)).unzip();
    kinds.dedup();
    inks.sort();
    inks.dedup();
    for kind in kinds.into_iter().filter(|k| *k != MarkKind::Other) {
        tag(&kind_tag(kind), MARK_KIND_TYPE, kind.code(), kind.title(Lang::En));
    }
    for ink in inks.into_iter().filter(|i| *i != MarkInk::Other) {
        tag(&ink_tag(ink), MARK_INK_TYPE, ink.code(), ink.title(Lang::En));
    }
}

fn kind_tag(kind: MarkKind) -> String {
    format!("mark-{}", kind.code())
}

fn ink_tag(ink: MarkInk) -> String {
    format!("ink-{}", ink.code())
}

/// What a block of this kind refers to.
fn tags_of(mark: Mark) -> String {
    let mut refs = MARK_TAG.to_owned();
    if mark.kind != MarkKind::Other {
        refs = refs + " " + &kind_tag(mark.kind);
    }
    if mark.ink != MarkInk::Other {
        refs = refs + " " + &ink_tag(mark.ink);
    }
    refs
}

fn size_of(outcome: &PageOutcome) -> Option<PageSize> {
    match outcome {
        PageOutcome::Text(text) => Some(text.size),
        PageOutcome::Blank(size) => Some(*size),
        PageOutcome::Unrecognised { size, .. } => *size,
    }
}

fn description(xml: &mut Xml, facts: &AltoFacts, outcome: &PageOutcome) {
    xml.start("Description", &[]);
    xml.leaf("MeasurementUnit", "pixel");
    xml.start("sourceImageInformation", &[]);
    xml.leaf("fileName", &facts.source.file_name);
    if let Some(digest) = facts.source.sha256 {
        xml.start("fileIdentifier", &[("fileIdentifierLocation", "sha256".into())]);
        xml.text(&digest.to_string());
        xml.end("fileIdentifier");
    }
    xml.end("sourceImageInformation");
    page_step(xml, facts, outcome);
    for (idx, step) in facts.steps.iter().enumerate() {
        processing(xml, &format!("step{}", idx + 1), step);
    }
    xml.end("Description");
}

/// What ALTO has no attribute for, one `key=value` in each description.
fn page_step(xml: &mut Xml, facts: &AltoFacts, outcome: &PageOutcome) {
    xml.start("Processing", &[("ID", PAGE_STEP.into())]);
    xml.leaf("processingCategory", "other");
    let mut note = |key: &str, value: &str| xml.leaf("processingStepDescription", &format!("{key}={value}"));
    note("outcome", outcome.code());
    if let PageOutcome::Unrecognised { reason, .. } = outcome {
        note("reason", reason.code());
        if let UnrecognisedReason::Undecodable(detail) = reason {
            note("detail", detail);
        }
    }
    if let Some(size) = size_of(outcome) {
        note("dpi", &size.dpi.to_string());
    }
    if let Some(page) = facts.source.page_of_file {
        note("page-of-file", &page.to_string());
    }
    xml.end("Processing");
}

fn processing(xml: &mut Xml, id: &str, step: &Step) {
    xml.start("Processing", &[("ID", id.into())]);
    xml.leaf("processingCategory", "contentGeneration");
    if let Some(when) = step.when {
        xml.leaf("processingDateTime", &when.to_string());
    }
    xml.leaf("processingStepDescription", &step.description);
    xml.leaf("processingStepSettings", &step.settings);
    xml.start("processingSoftware", &[]);
    xml.leaf("softwareName", &step.software);
    xml.leaf("softwareVersion", &step.version);
    xml.end("processingSoftware");
    xml.end("Processing");
}

fn page(xml: &mut Xml, facts: &AltoFacts, outcome: &PageOutcome) {
    let mut attributes = vec![("ID", Cow::from("page1")), ("PHYSICAL_IMG_NR", facts.page.to_string().into())];
    if let Some(folio) = &facts.folio {
        attributes.push(("PRINTED_IMG_NR", folio.into()));
    }
    let size = size_of(outcome);
    if let Some(size) = size {
        attributes.push(("WIDTH", size.width_px.to_string().into()));
        attributes.push(("HEIGHT", size.height_px.to_string().into()));
    }
    attributes.push(("LANG", "vi".into()));
    if let Some(confidence) = outcome.text().and_then(PageText::confidence) {
        attributes.push(("PC", format!("{:.3}", confidence / 100.0).into()));
    }
    xml.start("Page", &attributes);
    let mut attributes = vec![("ID", Cow::from("space1"))];
    attributes.extend(size.map(|size| position(&size.bounds())).into_iter().flatten());
    match outcome.text().filter(|text| !text.blocks.is_empty()) {
        None => xml.empty("PrintSpace", &attributes),
        Some(text) => {
            xml.start("PrintSpace", &attributes);
            for (idx, one) in text.blocks.iter().enumerate() {
                block(xml, idx + 1, one, text.turn);
            }
            xml.end("PrintSpace");
        }
    }
    xml.end("Page");
}

fn block(xml: &mut Xml, no: usize, block: &Block, turn: Turn) {
    let mut attributes = vec![("ID", Cow::from(format!("b{no}")))];
    if let BlockKind::Mark(mark) = block.kind {
        attributes.push(("TAGREFS", tags_of(mark).into()));
    }
    attributes.extend(position(&block.bbox));
    if turn != Turn::Upright {
        // counter-clockwise that the text lies is clockwise that the page has to be turned
        attributes.push(("ROTATION", turn.degrees().to_string().into()));
    }
    if block.lines.is_empty() {
        return xml.empty("TextBlock", &attributes);
    }
    xml.start("TextBlock", &attributes);
    for (idx, one) in block.lines.iter().enumerate() {
        line(xml, no, idx + 1, one, turn);
    }
    xml.end("TextBlock");
}

fn line(xml: &mut Xml, block_no: usize, no: usize, line: &Line, turn: Turn) {
    let mut attributes = vec![("ID", Cow::from(format!("b{block_no}l{no}")))];
    attributes.extend(position(&line.bbox));
    let PxBox { left, top, right, bottom } = line.bbox;
    let (begin, end) = line.baseline;
    let baseline = match turn {
        Turn::Upright => format!("{left},{begin} {right},{end}"),
        Turn::Right => format!("{begin},{bottom} {end},{top}"),
        Turn::Half => format!("{right},{begin} {left},{end}"),
        Turn::Left => format!("{begin},{top} {end},{bottom}"),
    };
    attributes.push(("BASELINE", baseline.into()));
    xml.start("TextLine", &attributes);
    let words: Vec<&Word> = line.words.iter().filter(|word| !word.text.is_empty()).collect();
    if words.is_empty() {
        // The schema wants a String in every line.
        xml.empty("String", &[("CONTENT", "".into())]);
    }
    for (idx, word) in words.iter().enumerate() {
        let mut attributes = vec![("CONTENT", Cow::from(word.text.as_str()))];
        attributes.extend(position(&word.bbox));
        let (whole, hundredths) = (word.confidence.min(100) / 100, word.confidence.min(100) % 100);
        attributes.push(("WC", format!("{whole}.{hundredths:02}").into()));
        string(xml, word, &attributes);
        if idx + 1 < words.len() {
            xml.empty("SP", &[]);
        }
    }
    xml.end("TextLine");
}

fn string(xml: &mut Xml, word: &Word, attributes: &[(&str, Cow<'_, str>)]) {
    if word.alternatives.is_empty() {
        return xml.empty("String", attributes);
    }
    xml.start("String", attributes);
    for Alternative { text, score, source } in &word.alternatives {
        let purpose = format!("{ALTERNATIVE_PURPOSE}:{}:{}", source.code(), score.min(&100));
        xml.start("ALTERNATIVE", &[("PURPOSE", purpose.into())]);
        xml.text(text);
        xml.end("ALTERNATIVE");
    }
    xml.end("String");
}

fn position(bbox: &PxBox) -> [(&'static str, Cow<'static, str>); 4] {
    [
        ("HPOS", bbox.left.to_string().into()),
        ("VPOS", bbox.top.to_string().into()),
        ("WIDTH", bbox.width().to_string().into()),
        ("HEIGHT", bbox.height().to_string().into()),
    ]
}

/// A writer to memory, where nothing can fail.
struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    fn event(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect("writing to memory cannot fail");
    }

    fn start(&mut self, name: &str, attributes: &[(&str, Cow<'_, str>)]) {
        self.event(Event::Start(tag(name, attributes)));
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, Cow<'_, str>)]) {
        self.event(Event::Empty(tag(name, attributes)));
    }

    fn end(&mut self, name: &str) {
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn text(&mut self, text: &str) {
        self.event(Event::Text(BytesText::from_escaped(escaped(text))));
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.start(name, &[]);
        self.text(text);
        self.end(name);
    }
}

fn tag<'a>(name: &'a str, attributes: &'a [(&str, Cow<'_, str>)]) -> BytesStart<'a> {
    let mut tag = BytesStart::new(name);
    for (key, value) in attributes {
        tag.push_attribute(Attribute { key: QName(key), value: escaped(value) });
    }
    tag
}

/// Escapes for text and attributes alike; white space other than the space by number, so that no reader
/// normalises it away.
fn escaped(text: &str) -> Cow<'_, str> {
    let plain =
        |c: char| !c.is_control() && !matches!(c, '<' | '>' | '&' | '"' | '\'' | '\u{FFFE}' | '\u{FFFF}');
    if text.chars().all(plain) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' | '\u{7F}'..='\u{9F}' => out.push_str(&format!("&#{};", c as u32)),
            c if plain(c) => out.push(c),
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
    out.into()
}
