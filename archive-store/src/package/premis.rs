//! PREMIS 3: `PREMIS.xml` tells what happened to the case file and who did it; `PREMIS_rep1.xml` and `PREMIS_rep2.xml` hold
//! the files with digest, size, format and what they were made from. Events are referred to by their identifiers.

use super::format::{self, Format};
use super::xml::Xml;
use super::{Making, REP1, REP2, vietnam_time};
use record::Timestamp;
use std::collections::BTreeSet;

const NAMESPACE: &str = "http://www.loc.gov/premis/v3";
/// The Library of Congress's list of event types.
const EVENT_TYPES: &str = "http://id.loc.gov/vocabulary/preservation/eventType";

/// What happened, in this order. The circular wants `transfer` for the digitization itself.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Transfer,
    Validation,
    TextRecognition,
    Copies,
    Digests,
    Packing,
    Ingestion,
}

impl Step {
    const ALL: [Step; 7] = [
        Self::Transfer,
        Self::Validation,
        Self::TextRecognition,
        Self::Copies,
        Self::Digests,
        Self::Packing,
        Self::Ingestion,
    ];

    /// `eventType`, and whether it is of the Library's list.
    fn kind(self) -> (&'static str, bool) {
        match self {
            Self::Transfer => ("transfer", true),
            Self::Validation => ("validation", true),
            Self::TextRecognition => ("text recognition", false),
            Self::Copies => ("creation", true),
            Self::Digests => ("message digest calculation", true),
            Self::Packing => ("information package creation", true),
            Self::Ingestion => ("ingestion", true),
        }
    }

    fn id(self, making: &Making<'_>) -> String {
        making.id(&format!("event {}", self.kind().0))
    }
}

/// Who or what took part.
#[derive(Clone, Copy)]
enum Agent {
    Program,
    Reader,
    Agency,
    Device,
    Operator,
}

impl Agent {
    fn id(self, making: &Making<'_>) -> String {
        let name = match self {
            Self::Program => "program",
            Self::Reader => "reader",
            Self::Agency => "agency",
            Self::Device => "device",
            Self::Operator => "operator",
        };
        making.id(&format!("agent {name}"))
    }
}

/// `PREMIS.xml`.
pub(super) fn of_package(making: &Making<'_>) -> Vec<u8> {
    let mut xml = root();
    entity(&mut xml, making);
    for (rep, folder) in [("rep1", REP1), ("rep2", REP2)] {
        representation(&mut xml, making, rep, folder);
    }
    for step in Step::ALL {
        event(&mut xml, making, step);
    }
    agents(&mut xml, making);
    xml.end("premis");
    xml.finish()
}

/// `PREMIS_rep1.xml`: the searchable copies.
pub(super) fn of_copies(making: &Making<'_>) -> Vec<u8> {
    let d = making.d;
    let mut xml = root();
    for (document, path) in d.case.documents.iter().zip(d.pdf_paths) {
        let Some(path) = path else { continue };
        let mut masters: Vec<usize> = document.pages.iter().map(|p| p.master_idx).collect();
        masters.dedup();
        let sources: Vec<&str> = masters.into_iter().map(|m| d.master_paths[m].as_str()).collect();
        let steps = [Step::Copies, Step::Digests];
        file(&mut xml, making, path, &format::PDF_A_2B, None, &sources, &steps);
    }
    if d.pdf_paths.iter().all(Option::is_none) {
        representation(&mut xml, making, "rep1", REP1);
    }
    xml.end("premis");
    xml.finish()
}

/// `PREMIS_rep2.xml`: the masters, and the text that was read or found on their pages.
pub(super) fn of_masters(making: &Making<'_>) -> Vec<u8> {
    let d = making.d;
    let mut xml = root();
    let masters = d.master_paths.iter().zip(&d.case.masters).zip(d.master_formats);
    for ((path, master), format) in masters {
        let steps = [Step::Transfer, Step::Validation, Step::Digests];
        file(&mut xml, making, path, format, Some(&master.received_as), &[], &steps);
    }
    for ((_, page), alto) in d.case.pages().zip(d.alto_paths) {
        let master = d.master_paths[page.master_idx].as_str();
        let steps = [Step::TextRecognition, Step::Digests];
        file(&mut xml, making, alto, &format::ALTO, None, &[master], &steps);
    }
    for found in making.below(&format!("{REP2}metadata/embedded-text/")) {
        file(&mut xml, making, found, &format::PLAIN_TEXT, None, &[], &[Step::Digests]);
    }
    if d.master_paths.is_empty() {
        representation(&mut xml, making, "rep2", REP2);
    }
    xml.end("premis");
    xml.finish()
}

fn root() -> Xml {
    let mut xml = Xml::new();
    let instance = ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
    xml.start("premis", &[("xmlns", NAMESPACE), instance, ("version", "3.0")]);
    xml
}

/// A `…Identifier` element with type and value.
fn identifier(xml: &mut Xml, name: &str, kind: &str, value: &str) {
    xml.start(name, &[]);
    xml.leaf(&format!("{name}Type"), kind);
    xml.leaf(&format!("{name}Value"), value);
    xml.end(name);
}

/// The case file itself.
fn entity(xml: &mut Xml, making: &Making<'_>) {
    xml.start("object", &[("xsi:type", "intellectualEntity"), ("xmlID", &making.id("entity"))]);
    identifier(xml, "objectIdentifier", "OBJID", making.d.id.as_str());
    xml.leaf("originalName", making.d.case.header.code.as_str());
    for step in [Step::Packing, Step::Ingestion] {
        identifier(xml, "linkingEventIdentifier", "UUID", &step.id(making));
    }
    xml.end("object");
}

fn representation(xml: &mut Xml, making: &Making<'_>, rep: &str, folder: &str) {
    let id = making.id(rep);
    xml.start("object", &[("xsi:type", "representation"), ("xmlID", &id)]);
    identifier(xml, "objectIdentifier", "Representation", &id);
    storage(xml, folder);
    relationship(xml, ("structural", "is part of"), &[("OBJID", making.d.id.to_string())]);
    xml.end("object");
}

fn storage(xml: &mut Xml, path: &str) {
    xml.start("storage", &[]);
    xml.start("contentLocation", &[]);
    xml.leaf("contentLocationType", "path in the package");
    xml.leaf("contentLocationValue", path);
    xml.end("contentLocation");
    xml.end("storage");
}

fn relationship(xml: &mut Xml, (kind, sub): (&str, &str), objects: &[(&str, String)]) {
    xml.start("relationship", &[]);
    xml.leaf("relationshipType", kind);
    xml.leaf("relationshipSubType", sub);
    for (kind, value) in objects {
        identifier(xml, "relatedObjectIdentifier", kind, value);
    }
    xml.end("relationship");
}

fn file(
    xml: &mut Xml,
    making: &Making<'_>,
    path: &str,
    format: &Format,
    original_name: Option<&str>,
    sources: &[&str],
    steps: &[Step],
) {
    let (entry, id) = (making.entry(path), making.file_id(path));
    xml.start("object", &[("xsi:type", "file"), ("xmlID", &id)]);
    identifier(xml, "objectIdentifier", "File", &id);
    xml.start("objectCharacteristics", &[]);
    xml.leaf("compositionLevel", "0");
    xml.start("fixity", &[]);
    xml.leaf("messageDigestAlgorithm", "SHA-256");
    xml.leaf("messageDigest", &entry.sha256.to_string());
    xml.end("fixity");
    xml.leaf("size", &entry.bytes.to_string());
    format_of(xml, format);
    xml.end("objectCharacteristics");
    if let Some(name) = original_name {
        xml.leaf("originalName", name);
    }
    storage(xml, path);
    // Here `signatureInformation` has its place: signatures that a received PDF bears.
    if !sources.is_empty() {
        let sources: Vec<_> = sources.iter().map(|path| ("File", making.file_id(path))).collect();
        relationship(xml, ("derivation", "has source"), &sources);
    }
    for step in steps {
        identifier(xml, "linkingEventIdentifier", "UUID", &step.id(making));
    }
    xml.end("object");
}

fn format_of(xml: &mut Xml, format: &Format) {
    xml.start("format", &[]);
    xml.start("formatDesignation", &[]);
    xml.leaf("formatName", format.name);
    if let Some(version) = format.version {
        xml.leaf("formatVersion", version);
    }
    xml.end("formatDesignation");
    if let Some(key) = format.pronom {
        xml.start("formatRegistry", &[]);
        xml.leaf("formatRegistryName", "PRONOM");
        xml.leaf("formatRegistryKey", key);
        xml.end("formatRegistry");
    }
    xml.end("format");
}

/// What a step says of itself.
struct Told {
    at: Timestamp,
    detail: String,
    outcome: &'static str,
    note: Option<String>,
    agents: Vec<(Agent, &'static str)>,
    /// Identifier type and value, and role.
    objects: Vec<(&'static str, String, &'static str)>,
}

const DONE: &str = "thành công";
const PARTLY: &str = "thành công một phần";

fn told(making: &Making<'_>, step: Step) -> Told {
    let d = making.d;
    let rep = |name, role| ("Representation", making.id(name), role);
    let whole = Told {
        at: d.created,
        detail: String::new(),
        outcome: DONE,
        note: None,
        agents: vec![(Agent::Program, "executing program")],
        objects: Vec::new(),
    };
    match step {
        Step::Transfer => {
            let who = if d.conversion.operator.is_some() { Agent::Operator } else { Agent::Agency };
            let missing = format!("{} tệp của hồ sơ không nhận được", d.left_out);
            Told {
                at: d.conversion.received,
                detail: format!(
                    "Số hóa và giao nhận {} tệp, lô {}; thiết bị: {}",
                    d.case.masters.len(),
                    d.conversion.batch,
                    device(making)
                ),
                outcome: if d.left_out == 0 { DONE } else { PARTLY },
                note: (d.left_out > 0).then_some(missing),
                agents: vec![
                    (who, "implementer"),
                    (Agent::Device, "implementer"),
                    (Agent::Program, "executing program"),
                ],
                objects: vec![rep("rep2", "outcome")],
            }
        }
        Step::Validation => {
            let with_pages: BTreeSet<usize> = d.case.pages().map(|(_, p)| p.master_idx).collect();
            let unread = d.case.masters.len() - with_pages.len();
            Told {
                detail: "Mở và giải mã từng tệp nhận được".into(),
                outcome: if unread == 0 { DONE } else { PARTLY },
                note: Some(format!(
                    "{} tệp, {} trang; {unread} tệp không mở được",
                    d.case.masters.len(),
                    d.case.pages().count()
                )),
                objects: vec![rep("rep2", "source")],
                ..whole
            }
        }
        Step::TextRecognition => {
            let count = |outcome| d.case.pages().filter(|(_, p)| p.outcome == outcome).count();
            let (text, blank) = (count("text"), count("blank"));
            let unread = d.case.pages().count() - text - blank;
            Told {
                detail: "Nhận dạng chữ từng trang, ghi thành ALTO 4.4".into(),
                outcome: if unread == 0 { DONE } else { PARTLY },
                note: Some(format!("{text} trang có chữ, {blank} trang trắng, {unread} trang chưa đọc được")),
                agents: vec![(Agent::Reader, "executing program"), (Agent::Program, "executing program")],
                objects: vec![rep("rep2", "source")],
                ..whole
            }
        }
        Step::Copies => Told {
            detail: "Tạo PDF/A-2b hai lớp cho từng tài liệu".into(),
            objects: vec![rep("rep2", "source"), rep("rep1", "outcome")],
            ..whole
        },
        Step::Digests => Told {
            detail: "Tính SHA-256 của từng tệp khi ghi, đọc lại và so".into(),
            objects: vec![rep("rep1", "source"), rep("rep2", "source")],
            ..whole
        },
        Step::Packing => Told {
            detail: "Đóng gói AIP_hoso".into(),
            objects: vec![
                rep("rep1", "source"),
                rep("rep2", "source"),
                ("OBJID", d.id.to_string(), "outcome"),
            ],
            ..whole
        },
        Step::Ingestion => Told {
            detail: "Đưa gói vào kho lưu trữ".into(),
            agents: vec![(Agent::Agency, "authorizer"), (Agent::Program, "executing program")],
            objects: vec![("OBJID", d.id.to_string(), "source")],
            ..whole
        },
    }
}

fn event(xml: &mut Xml, making: &Making<'_>, step: Step) {
    let (id, told) = (step.id(making), told(making, step));
    xml.start("event", &[("xmlID", &id)]);
    identifier(xml, "eventIdentifier", "UUID", &id);
    let (kind, is_of_list) = step.kind();
    let list = [("authority", "eventType"), ("authorityURI", EVENT_TYPES)];
    xml.leaf_with("eventType", if is_of_list { &list } else { &[] }, kind);
    xml.leaf("eventDateTime", &vietnam_time(told.at));
    xml.start("eventDetailInformation", &[]);
    xml.leaf("eventDetail", &told.detail);
    xml.end("eventDetailInformation");
    xml.start("eventOutcomeInformation", &[]);
    xml.leaf("eventOutcome", told.outcome);
    if let Some(note) = &told.note {
        xml.start("eventOutcomeDetail", &[]);
        xml.leaf("eventOutcomeDetailNote", note);
        xml.end("eventOutcomeDetail");
    }
    xml.end("eventOutcomeInformation");
    for (agent, role) in &told.agents {
        linked(xml, "Agent", ("UUID", &agent.id(making)), role);
    }
    for (kind, value, role) in &told.objects {
        linked(xml, "Object", (kind, value), role);
    }
    xml.end("event");
}

/// A `linking…Identifier` with its role.
fn linked(xml: &mut Xml, what: &str, (kind, value): (&str, &str), role: &str) {
    let name = format!("linking{what}Identifier");
    xml.start(&name, &[]);
    xml.leaf(&format!("{name}Type"), kind);
    xml.leaf(&format!("{name}Value"), value);
    xml.leaf(&format!("linking{what}Role"), role);
    xml.end(&name);
}

fn device<'a>(making: &'a Making<'_>) -> &'a str {
    making.d.conversion.device.unwrap_or("chưa rõ")
}

fn agents(xml: &mut Xml, making: &Making<'_>) {
    let d = making.d;
    let mut agent = |who: Agent, name: &str, kind: &str, version: Option<&str>, note: Option<&str>| {
        let id = who.id(making);
        xml.start("agent", &[("xmlID", &id)]);
        identifier(xml, "agentIdentifier", "UUID", &id);
        xml.leaf("agentName", name);
        xml.leaf("agentType", kind);
        if let Some(version) = version {
            xml.leaf("agentVersion", version);
        }
        if let Some(note) = note {
            xml.leaf("agentNote", note);
        }
        xml.end("agent");
    };
    let (name, version) = d.software;
    agent(Agent::Program, name, "software", Some(version), Some("task: AIP_hoso"));
    let note = "chương trình và mô hình đã đọc từng trang: xem tệp ALTO của trang";
    agent(Agent::Reader, d.reader, "software", None, Some(note));
    agent(Agent::Agency, d.agency, "organization", None, Some(&format!("mã phông: {}", d.fonds)));
    agent(Agent::Device, device(making), "hardware", None, None);
    if let Some(operator) = d.conversion.operator {
        agent(Agent::Operator, operator, "person", None, None);
    }
}
