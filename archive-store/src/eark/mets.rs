//! What a METS file of any maker says: the object, who made it, and the files that it lists.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::fmt::Display;

/// What one METS file says.
#[derive(Debug, Default)]
pub(super) struct Mets {
    /// `OBJID` of `mets`.
    pub(super) object: String,
    /// `csip:OAISPACKAGETYPE` of `metsHdr`, as written.
    pub(super) package: String,
    /// Names of `agent`s, in order.
    pub(super) agents: Vec<String>,
    /// `file` and `mdRef`, in order.
    pub(super) files: Vec<Listed>,
    /// `xlink:href` of every `mptr`.
    pub(super) others: Vec<String>,
}

/// A file as METS lists it; attributes that are not there are empty.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// `xlink:href`, as written.
    pub(super) href: String,
    pub(super) checksum_type: String,
    pub(super) checksum: String,
    pub(super) size: String,
}

/// Reads METS; namespaces and the order of elements do not matter. A document type or an entity of its own is an error.
pub(super) fn read(bytes: &[u8]) -> Result<Mets, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    let mut reader = Reader::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(text));
    reader.config_mut().expand_empty_elements = true;
    let xml = |e: &dyn Display| format!("not well-formed XML: {e}");
    let (mut mets, mut open) = (Mets::default(), Vec::<String>::new());
    loop {
        match reader.read_event().map_err(|e| xml(&e))? {
            Event::Start(tag) => {
                let name = tag.local_name().as_ref().to_owned();
                if open.is_empty() && name != "mets" {
                    return Err(format!("the root element is {name:?}, not mets"));
                }
                start(&mut mets, &name, &tag).map_err(|e| xml(&e))?;
                open.push(name);
                if open.len() > 64 {
                    return Err("more than 64 elements inside one another".into());
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(part) if open.ends_with(&["agent".into(), "name".into()]) => {
                if let Some(agent) = mets.agents.last_mut() {
                    agent.push_str(&part.xml10_content());
                }
            }
            Event::GeneralRef(reference) => match (&*reference, reference.resolve_char_ref()) {
                ("lt" | "gt" | "amp" | "quot" | "apos", _) | (_, Ok(Some(_))) => {}
                _ => return Err(format!("the entity {} is refused", &*reference)),
            },
            Event::DocType(_) => return Err("a document type is refused".into()),
            Event::Eof if open.is_empty() && !mets.is_empty() => return Ok(mets),
            Event::Eof => return Err("it ends too early".into()),
            _ => {}
        }
    }
}

fn start(mets: &mut Mets, name: &str, tag: &BytesStart<'_>) -> Result<(), quick_xml::Error> {
    let mut listed = Listed::default();
    for attribute in tag.attributes() {
        let attribute = attribute?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0)?.into_owned();
        match (name, attribute.key.local_name().as_ref()) {
            ("mets", "OBJID") => mets.object = value,
            ("metsHdr", "OAISPACKAGETYPE") => mets.package = value,
            ("mptr", "href") => mets.others.push(value),
            ("FLocat", "href") => {
                // A file may lie in several places; the first counts.
                if let Some(file) = mets.files.last_mut().filter(|file| file.href.is_empty()) {
                    file.href = value;
                }
            }
            ("file" | "mdRef", "CHECKSUMTYPE") => listed.checksum_type = value,
            ("file" | "mdRef", "CHECKSUM") => listed.checksum = value,
            ("file" | "mdRef", "SIZE") => listed.size = value,
            ("mdRef", "href") => listed.href = value,
            _ => {}
        }
    }
    match name {
        "agent" => mets.agents.push(String::new()),
        "file" | "mdRef" => mets.files.push(listed),
        _ => {}
    }
    Ok(())
}

impl Mets {
    fn is_empty(&self) -> bool {
        self.object.is_empty() && self.files.is_empty() && self.others.is_empty()
    }
}
