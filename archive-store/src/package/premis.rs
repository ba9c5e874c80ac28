//! PREMIS 3: `PREMIS.xml` tells what happened to the case file and who did it; `PREMIS_rep1.xml` and `PREMIS_rep2.xml` hold
//! the files with digest, size, format and what they were made from. Events are referred to by their identifiers.

use super::events::{Step, agents, event};
use super::format::{self, Format};
use super::signatures;
use super::xml::Xml;
use super::{Making, REP1, REP2};

const NAMESPACE: &str = "http://www.loc.gov/premis/v3";

/// `PREMIS.xml`.
pub(super) fn of_package(making: &Making<'_>) -> Vec<u8> {
    let mut xml = root();
    entity(&mut xml, making);
    for (rep, folder) in [("rep1", REP1), ("rep2", REP2)].into_iter().filter(|_| !making.is_parent()) {
        representation(&mut xml, making, rep, folder);
    }
    if let Some(origin) = &making.d.origin {
        let steps: &[Step] =
            if origin.is_new { &[Step::Transfer, Step::Fixity, Step::Digests] } else { &[Step::Digests] };
        for (path, name) in origin.files {
            file(&mut xml, making, path, &format::UNKNOWN, Some(name), &[], &step_ids(making, steps));
        }
    }
    for step in Step::all(making) {
        event(&mut xml, making, step);
    }
    signatures::events(&mut xml, making);
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
        file(&mut xml, making, path, &format::PDF_A_2B, None, &sources, &step_ids(making, &steps));
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
    for (idx, ((path, master), format)) in masters.enumerate() {
        let mut events = step_ids(making, &[Step::Transfer, Step::Validation, Step::Digests]);
        if signatures::of(making, idx).is_some() {
            events.push(signatures::event_id(making, path));
        }
        file(&mut xml, making, path, format, Some(&master.received_as), &[], &events);
    }
    for ((_, page), alto) in d.case.pages().zip(d.alto_paths) {
        let master = d.master_paths[page.master_idx].as_str();
        let steps = [Step::TextRecognition, Step::Digests];
        file(&mut xml, making, alto, &format::ALTO, None, &[master], &step_ids(making, &steps));
    }
    for found in making.below(&format!("{REP2}metadata/embedded-text/")) {
        let events = step_ids(making, &[Step::Digests]);
        file(&mut xml, making, found, &format::PLAIN_TEXT, None, &[], &events);
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
pub(super) fn identifier(xml: &mut Xml, name: &str, kind: &str, value: &str) {
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
    if making.is_parent() {
        let volumes = making.d.volumes.iter().map(|volume| ("OBJID", volume.id.to_string()));
        relationship(xml, ("structural", "has part"), &volumes.collect::<Vec<_>>());
    }
    let steps =
        Step::all(making).filter(|step| matches!(step, Step::Correction | Step::Packing | Step::Ingestion));
    for step in steps {
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
    events: &[String],
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
    if !sources.is_empty() {
        let sources: Vec<_> = sources.iter().map(|path| ("File", making.file_id(path))).collect();
        relationship(xml, ("derivation", "has source"), &sources);
    }
    for event in events {
        identifier(xml, "linkingEventIdentifier", "UUID", event);
    }
    xml.end("object");
}

fn step_ids(making: &Making<'_>, steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.id(making)).collect()
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
