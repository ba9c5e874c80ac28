//! A stored version that officer and agency seal: what of the package changes. An event joins those of `PREMIS.xml`, which
//! keeps every other byte, and `METS.xml` lists the statement; masters, copies and sheets are not touched.

use super::events::{DONE, EVENT_TYPES, linked, program};
use super::premis::identifier;
use super::xml::Xml;
use super::{Description, METS_PATH, Making, PREMIS_PATH, PackageError, PackageType, mets, vietnam_time};
use record::Timestamp;

/// Who seals what, and who counted it.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    /// When.
    pub at: Timestamp,
    /// The version that is made.
    pub version: u32,
    /// Pages, on paper as in the package.
    pub pages: u32,
    /// Who counted the paper.
    pub counted_by: &'a str,
    /// The person who signs.
    pub officer: &'a str,
    /// The agency that signs.
    pub agency: &'a str,
}

/// `PREMIS.xml` with the sealing and `METS.xml`, for a package that has them. `d` describes the stored version, `d.files` all
/// files of the new one but these two and the seal.
///
/// # Errors
/// [`PackageError::Premis`].
pub fn describe_sealed(
    d: &Description<'_>,
    sealing: &Sealing<'_>,
    premis: &[u8],
) -> Result<Vec<(String, Vec<u8>)>, PackageError> {
    let mut making = Making::new(d, PackageType::Aip, d.id.clone());
    making.sealing = Some(sealing);
    let premis = with_sealing(&making, sealing, premis).ok_or(PackageError::Premis)?;
    making.add(PREMIS_PATH.into(), premis);
    making.add(METS_PATH.into(), mets::of_package(&making));
    Ok(making.files)
}

/// Puts the event after the events, its agents after the agents, and a link to it into the case file's own object, which is
/// the first. Text never holds `<`, so each mark is a tag.
fn with_sealing(making: &Making<'_>, sealing: &Sealing<'_>, premis: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(premis).ok()?;
    let (object, rest) = text.split_once(" </object>\n")?;
    let at = rest.find(" <agent ")?;
    let (events, agents) = rest.split_at(at);
    let agents = agents.strip_suffix("</premis>\n")?;
    let (link, event, new_agents) = parts(making, sealing);
    Some(format!("{object}{link} </object>\n{events}{event}{agents}{new_agents}</premis>\n").into_bytes())
}

fn parts(making: &Making<'_>, sealing: &Sealing<'_>) -> (String, String, String) {
    let id = making.id(&format!("event digital signature generation v{}", sealing.version));
    let people = [
        ("counter", sealing.counted_by, "person", "validator"),
        ("officer", sealing.officer, "person", "authorizer"),
        ("sealing agency", sealing.agency, "organization", "authorizer"),
    ];
    let agent_id = |who: &str| making.id(&format!("agent {who} v{}", sealing.version));

    let mut link = Xml::fragment();
    identifier(&mut link, "linkingEventIdentifier", "UUID", &id);

    let mut event = Xml::fragment();
    event.start("event", &[("xmlID", &id)]);
    identifier(&mut event, "eventIdentifier", "UUID", &id);
    let list = [("authority", "eventType"), ("authorityURI", EVENT_TYPES)];
    event.leaf_with("eventType", &list, "digital signature generation");
    event.leaf("eventDateTime", &vietnam_time(sealing.at));
    event.start("eventDetailInformation", &[]);
    event.leaf("eventDetail", "Niêm phong sau đối chiếu: ký số bảng kê của gói, hai chữ ký");
    event.end("eventDetailInformation");
    event.start("eventOutcomeInformation", &[]);
    event.leaf("eventOutcome", DONE);
    event.start("eventOutcomeDetail", &[]);
    let count = format!(
        "{0} trang trên giấy, {0} trang trong gói; tuyên bố: metadata/other/statement.json",
        sealing.pages
    );
    event.leaf("eventOutcomeDetailNote", &count);
    event.end("eventOutcomeDetail");
    event.end("eventOutcomeInformation");
    for (who, _, _, role) in people {
        linked(&mut event, "Agent", ("UUID", &agent_id(who)), role);
    }
    linked(&mut event, "Agent", ("UUID", &program(making)), "executing program");
    linked(&mut event, "Object", ("OBJID", making.d.id.as_str()), "source");
    event.end("event");

    let mut agents = Xml::fragment();
    for (who, name, kind, _) in people {
        let id = agent_id(who);
        agents.start("agent", &[("xmlID", &id)]);
        identifier(&mut agents, "agentIdentifier", "UUID", &id);
        agents.leaf("agentName", name);
        agents.leaf("agentType", kind);
        agents.end("agent");
    }
    // One level deeper than where they were made.
    let indented = |xml: Xml, by: &str| -> String {
        let text = String::from_utf8(xml.finish()).expect("it was written as text");
        text.lines().filter(|line| !line.is_empty()).map(|line| format!("{by}{line}\n")).collect()
    };
    (indented(link, "  "), indented(event, " "), indented(agents, " "))
}
