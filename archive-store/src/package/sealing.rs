//! A stored version that officer and agency seal: what of the package changes. An event joins those of `PREMIS.xml`, which
//! keeps every other byte, and `METS.xml` lists the statement; masters and sheets are not touched. Where the searchable copies are
//! signed, too, their lists say so.

use super::events::{DONE, EVENT_TYPES, linked, program};
use super::premis::identifier;
use super::xml::Xml;
use super::{
    Description, METS_PATH, Making, PREMIS_PATH, PackageError, PackageType, REP1, mets, uuid, vietnam_time,
};
use record::{Sha256, Timestamp};

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
    /// The searchable copies that are signed themselves.
    pub copies: &'a [SignedCopy],
}

/// A searchable copy that got signatures, and what it was before.
#[derive(Debug, Clone)]
pub struct SignedCopy {
    /// In the package.
    pub path: String,
    /// Before.
    pub sha256: Sha256,
    /// Before.
    pub bytes: u64,
}

/// `PREMIS_rep1.xml`, the list of the searchable copies, in a package.
pub const COPIES_PREMIS_PATH: &str = "representations/rep1/metadata/preservation/PREMIS_rep1.xml";

/// `PREMIS.xml` with the sealing and `METS.xml`, for a package that has them; and the lists of the searchable copies, where those
/// are signed. `d` describes the stored version, `d.files` all files of the new one but the seal and what is given back.
/// `premis` is `PREMIS.xml` of the stored version, `premis_rep1` its [`COPIES_PREMIS_PATH`], needed where copies are signed.
///
/// # Errors
/// [`PackageError::Premis`].
pub fn describe_sealed(
    d: &Description<'_>,
    sealing: &Sealing<'_>,
    premis: &[u8],
    premis_rep1: Option<&[u8]>,
) -> Result<Vec<(String, Vec<u8>)>, PackageError> {
    let mut making = Making::new(d, PackageType::Aip, d.id.clone());
    making.sealing = Some(sealing);
    if !sealing.copies.is_empty() {
        let listed = premis_rep1.and_then(|listed| with_signed_copies(&making, sealing, listed));
        making.add(COPIES_PREMIS_PATH.into(), listed.ok_or(PackageError::Premis)?);
        making.add(format!("{REP1}METS.xml"), mets::of_copies(&making));
    }
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

fn event_id(making: &Making<'_>, sealing: &Sealing<'_>) -> String {
    making.id(&format!("event digital signature generation v{}", sealing.version))
}

/// Puts the new digest, size and identifier of each signed copy in the place of the old ones, and a link to the event behind them.
fn with_signed_copies(making: &Making<'_>, sealing: &Sealing<'_>, premis: &[u8]) -> Option<Vec<u8>> {
    let mut text = std::str::from_utf8(premis).ok()?.to_owned();
    let mut link = Xml::fragment();
    identifier(&mut link, "linkingEventIdentifier", "UUID", &event_id(making, sealing));
    let link = indented(link, "  ");
    for SignedCopy { path, sha256, bytes } in sealing.copies {
        let old_id = format!("ID-{}", uuid(&[making.d.id.as_str(), path, &sha256.to_string()]));
        let start = text.find(&format!("xmlID=\"{old_id}\""))?;
        let end = start + text[start..].find(" </object>")?;
        let new = making.entry(path);
        let object = text[start..end]
            .replace(&old_id, &making.file_id(path))
            .replace(&sha256.to_string(), &new.sha256.to_string())
            .replace(&format!("<size>{bytes}<"), &format!("<size>{}<", new.bytes));
        text.replace_range(start..end, &format!("{object}{link}"));
    }
    Some(text.into_bytes())
}

/// One level deeper than where it was made.
fn indented(xml: Xml, by: &str) -> String {
    let text = String::from_utf8(xml.finish()).expect("it was written as text");
    text.lines().filter(|line| !line.is_empty()).map(|line| format!("{by}{line}\n")).collect()
}

fn parts(making: &Making<'_>, sealing: &Sealing<'_>) -> (String, String, String) {
    let id = event_id(making, sealing);
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
    let pages = sealing.pages;
    let mut count = match making.d.volume {
        None => format!(
            "{pages} trang trên giấy, {pages} trang trong gói; tuyên bố: metadata/other/statement.json"
        ),
        Some(_) => format!("niêm phong cùng hồ sơ ({pages} trang); tuyên bố nằm trong gói của hồ sơ"),
    };
    if !sealing.copies.is_empty() {
        count += &format!("; ký số {} tệp PDF", sealing.copies.len());
    }
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
    (indented(link, "  "), indented(event, " "), indented(agents, " "))
}
