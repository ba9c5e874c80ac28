//! What happened to a case file on its way into the archive, and who or what took part.

use super::premis::identifier;
use super::xml::Xml;
use super::{Making, Origin, vietnam_time};
use record::Timestamp;
use std::collections::BTreeSet;

/// The Library of Congress's list of event types.
pub(super) const EVENT_TYPES: &str = "http://id.loc.gov/vocabulary/preservation/eventType";

/// What happened, in this order. The circular wants `transfer` for the digitization itself.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Step {
    Correction,
    Transfer,
    Fixity,
    Validation,
    TextRecognition,
    Copies,
    Digests,
    Packing,
    Ingestion,
}

impl Step {
    const ALL: [Step; 9] = [
        Self::Correction,
        Self::Transfer,
        Self::Fixity,
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
            Self::Correction => ("modification", true),
            Self::Transfer => ("transfer", true),
            Self::Fixity => ("fixity check", true),
            Self::Validation => ("validation", true),
            Self::TextRecognition => ("text recognition", false),
            Self::Copies => ("creation", true),
            Self::Digests => ("message digest calculation", true),
            Self::Packing => ("information package creation", true),
            Self::Ingestion => ("ingestion", true),
        }
    }

    /// The steps of a package; a correction, or the check of a package received, is one only where there was one. What came
    /// before packing stands in the volumes, where there are some, but for what became of a package received.
    pub(super) fn all(making: &Making<'_>) -> impl Iterator<Item = Step> + use<> {
        let (is_corrected, is_parent) = (making.d.correction.is_some(), making.is_parent());
        let (keeps_a_package, came_in_one) = (making.d.origin.is_some(), new_origin(making).is_some());
        let is_volume = making.d.volume.is_some();
        Self::ALL.into_iter().filter(move |step| match step {
            Self::Correction => is_corrected,
            Self::Fixity => came_in_one && !is_volume,
            Self::Transfer => came_in_one || !is_parent,
            Self::Digests => keeps_a_package || !is_parent,
            Self::Packing | Self::Ingestion => true,
            _ => !is_parent,
        })
    }

    /// Of this step in this batch: versions of a case file come from different ones.
    pub(super) fn id(self, making: &Making<'_>) -> String {
        making.id(&format!("event {} {}", self.kind().0, making.d.conversion.batch))
    }
}

/// The package that this version came in.
fn new_origin<'a>(making: &'a Making<'_>) -> Option<&'a Origin<'a>> {
    making.d.origin.as_ref().filter(|origin| origin.is_new)
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

/// The identifier of the program as an agent.
pub(super) fn program_id(making: &Making<'_>) -> String {
    Agent::Program.id(making)
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
    // What lists volumes has no representations.
    let rep = |name, role| match making.is_parent() {
        true => ("OBJID", d.id.to_string(), role),
        false => ("Representation", making.id(name), role),
    };
    let sources = || {
        let names = ["rep1", "rep2"].into_iter().skip(usize::from(making.is_parent()));
        names.map(|name| rep(name, "source"))
    };
    let whole = Told {
        at: d.created,
        detail: String::new(),
        outcome: DONE,
        note: None,
        agents: vec![(Agent::Program, "executing program")],
        objects: Vec::new(),
    };
    match step {
        Step::Correction => {
            let (by, reason) = d.correction.unwrap_or_default();
            Told {
                detail: format!("Đính chính: {reason}"),
                note: Some(format!("người quyết định: {by}")),
                agents: vec![(Agent::Agency, "authorizer"), (Agent::Program, "executing program")],
                objects: vec![("OBJID", d.id.to_string(), "outcome")],
                ..whole
            }
        }
        Step::Transfer => {
            let who = if d.conversion.operator.is_some() { Agent::Operator } else { Agent::Agency };
            let missing = format!("{} tệp của hồ sơ không nhận được", d.left_out);
            Told {
                at: d.conversion.received,
                detail: transfer(making),
                outcome: if d.left_out == 0 { DONE } else { PARTLY },
                note: (d.left_out > 0).then_some(missing),
                agents: [
                    (who, "implementer"),
                    (Agent::Device, "implementer"),
                    (Agent::Program, "executing program"),
                ]
                .into_iter()
                // Somebody else's device, which nobody here knows.
                .filter(|(agent, _)| new_origin(making).is_none() || !matches!(agent, Agent::Device))
                .collect(),
                objects: vec![rep("rep2", "outcome")],
            }
        }
        Step::Fixity => {
            let origin = new_origin(making).expect("a step only where a package came");
            Told {
                detail: format!("Kiểm tra gói nhận được theo quy tắc của chính gói ({})", origin.kind),
                note: Some(origin.fixity.to_owned()),
                objects: vec![("OBJID", d.id.to_string(), "source")],
                ..whole
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
            objects: sources().collect(),
            ..whole
        },
        Step::Packing => {
            let sources = sources().filter(|_| !making.is_parent());
            Told {
                detail: "Đóng gói AIP_hoso".into(),
                objects: sources.chain([("OBJID", d.id.to_string(), "outcome")]).collect(),
                ..whole
            }
        }
        Step::Ingestion => Told {
            detail: "Đưa gói vào kho lưu trữ".into(),
            agents: vec![(Agent::Agency, "authorizer"), (Agent::Program, "executing program")],
            objects: vec![("OBJID", d.id.to_string(), "source")],
            ..whole
        },
    }
}

/// How the files came here.
fn transfer(making: &Making<'_>) -> String {
    let (files, batch) = (making.d.case.masters.len(), making.d.conversion.batch);
    let Some(origin) = new_origin(making) else {
        return format!("Số hóa và giao nhận {files} tệp, lô {batch}; thiết bị: {}", device(making));
    };
    // What lists volumes keeps the package, and its volumes the files that were in it.
    let files = if making.is_parent() { origin.files.len() } else { files };
    let kept = if making.d.volume.is_some() { " của gói hồ sơ" } else { "" };
    format!(
        "Nhận {files} tệp trong một gói do chương trình khác lập, lô {batch}; dạng gói: {}; mã gói: {}; nơi gửi: {}; số hóa trước khi gửi, thiết bị: chưa rõ; giữ nguyên cả gói trong documentation/received{kept}",
        origin.kind,
        or_unknown(origin.identifier),
        or_unknown(origin.sender)
    )
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "chưa rõ" } else { text }
}

/// An `event`.
pub(super) fn event(xml: &mut Xml, making: &Making<'_>, step: Step) {
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
pub(super) fn linked(xml: &mut Xml, what: &str, (kind, value): (&str, &str), role: &str) {
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

/// The `agent` elements.
pub(super) fn agents(xml: &mut Xml, making: &Making<'_>) {
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
