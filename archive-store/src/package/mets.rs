//! METS 1.12 in the shape of E-ARK CSIP: the root lists every file of the package but itself and `seal/`; each
//! representation lists its own.

use super::xml::Xml;
use super::{
    EAD_PATH, Making, PREMIS_PATH, PREMIS_REP1, PREMIS_REP2, PackageType, REP1, REP2, VolumeLink,
    ead_doc_path, uuid, vietnam_time,
};

const CSIP: &str = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS";
/// The profiles that the circular's example of an AIP names.
const AIP_PROFILE: &str = "http://www.ra.ee/METS/v01/IP.xml";
/// Those of E-ARK, where no example of the circular is at hand.
const SIP_PROFILE: &str = "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml";
const DIP_PROFILE: &str = "https://earkdip.dilcis.eu/profile/E-ARK-DIP.xml";
const REPRESENTATION_PROFILE: &str = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml";
/// The machine-readable record.
const CASE_JSON_PATH: &str = "metadata/other/case.json";
/// What two people stated when it was sealed.
const STATEMENT_PATH: &str = "metadata/other/statement.json";

/// A METS file in the making.
struct Mets<'a> {
    xml: Xml,
    making: &'a Making<'a>,
    /// Folder that paths are written relative to: empty or a representation's.
    base: &'static str,
}

/// What a metadata file is.
#[derive(Clone, Copy)]
enum Metadata {
    SimpleDc,
    Premis,
    CaseJson,
    Statement,
}

/// The root's METS.
pub(super) fn of_package(making: &Making<'_>) -> Vec<u8> {
    let d = making.d;
    let volume = d.volume.map_or_else(String::new, |no| format!(", tập {no}"));
    let label = format!("Hồ sơ {}{volume} {}", d.case.header.code, d.case.header.title);
    let profile = match making.package {
        PackageType::Aip => AIP_PROFILE,
        PackageType::Sip => SIP_PROFILE,
        PackageType::Dip => DIP_PROFILE,
    };
    let schema = ("http://www.loc.gov/METS/ schemas/METS.xsd", profile);
    let object = making.object.as_str();
    let mut mets = Mets::start(making, "", object, label.trim(), schema);
    mets.header(&[
        ("OTHER", "SOFTWARE", d.software.0, d.software.1),
        ("ORGANIZATION", "", d.agency, d.fonds),
    ]);
    mets.section("dmdSec", EAD_PATH, Metadata::SimpleDc);
    mets.section("dmdSec", CASE_JSON_PATH, Metadata::CaseJson);
    let has_statement = making.has(STATEMENT_PATH);
    if has_statement {
        mets.section("dmdSec", STATEMENT_PATH, Metadata::Statement);
    }
    let adm = mets.amd_sec(PREMIS_PATH);
    mets.file_sec(&[
        ("Documentation", "documentation/"),
        ("Schemas", "schemas/"),
        ("Representations/rep1", REP1),
        ("Representations/rep2", REP2),
    ]);
    let ids = |mets: &Mets<'_>, paths: &[&str]| -> String {
        paths.iter().map(|p| mets.id(p)).collect::<Vec<_>>().join(" ")
    };
    let described = [EAD_PATH, CASE_JSON_PATH, STATEMENT_PATH];
    let dmd = ids(&mets, if has_statement { &described } else { &described[..2] });
    mets.start_map(object, "NORMALIZED");
    mets.div("Metadata", &[("DMDID", &dmd), ("ADMID", &adm)], None);
    for group in ["Documentation", "Schemas"] {
        let id = mets.id(group);
        mets.div(group, &[], Some(&id));
    }
    let representations = [("Representations/rep1", REP1), ("Representations/rep2", REP2)];
    for (rep, folder) in representations.into_iter().filter(|_| d.volumes.is_empty()) {
        if !making.has(&format!("{folder}METS.xml")) {
            continue;
        }
        let (id, group) = (mets.id(&format!("div {rep}")), mets.id(rep));
        let href = format!("{folder}METS.xml");
        let location = [("LOCTYPE", "URL"), ("xlink:type", "simple"), ("xlink:href", href.as_str())];
        mets.xml.start("div", &[("ID", &id), ("LABEL", rep)]);
        mets.xml.empty("mptr", &[&location[..], &[("xlink:title", group.as_str())]].concat());
        mets.xml.end("div");
    }
    mets.end_map();
    if !d.volumes.is_empty() {
        mets.volumes(d.volumes);
    }
    mets.finish()
}

/// METS of the searchable copies, each tied to its sheet.
pub(super) fn of_copies(making: &Making<'_>) -> Vec<u8> {
    let d = making.d;
    let mut mets = Mets::of_representation(making, "rep1", REP1, "PDF/A hai lớp của từng tài liệu");
    let sheets: Vec<String> = d.case.documents.iter().map(|doc| ead_doc_path(doc.no)).collect();
    for sheet in &sheets {
        mets.section("dmdSec", sheet, Metadata::SimpleDc);
    }
    let adm = mets.amd_sec(&format!("{REP1}{PREMIS_REP1}"));
    let has_data = mets.file_sec(&[("Data", &format!("{REP1}data/"))]);
    let data = mets.id("Data");
    mets.start_map("rep1", "NORMALIZED");
    mets.div("Metadata", &[("ADMID", &adm)], None);
    mets.div("Data", &[], has_data.then_some(data.as_str()));
    let link_id = mets.id("div MetadataLink");
    mets.xml.start("div", &[("ID", &link_id), ("LABEL", "MetadataLink")]);
    for ((sheet, pdf), document) in sheets.iter().zip(d.pdf_paths).zip(&d.case.documents) {
        let dmd = mets.id(sheet);
        let file = pdf.as_ref().map(|path| making.file_id(path));
        let order = document.no.to_string();
        let link = [("ORDER", order.as_str()), ("DMDID", dmd.as_str()), ("ADMID", adm.as_str())];
        mets.named_div(&format!("div link {sheet}"), "MetadataLink/File", &link, file.as_deref());
    }
    mets.xml.end("div");
    mets.end_map();
    mets.finish()
}

/// METS of the masters, with a second map: document, page with its bút lục, master and text.
pub(super) fn of_masters(making: &Making<'_>) -> Vec<u8> {
    let d = making.d;
    let mut mets =
        Mets::of_representation(making, "rep2", REP2, "Bản gốc nhận được và văn bản ALTO của từng trang");
    let adm = mets.amd_sec(&format!("{REP2}{PREMIS_REP2}"));
    let (masters, alto) = (format!("{REP2}data/"), format!("{REP2}metadata/ocr/"));
    let found = format!("{REP2}metadata/embedded-text/");
    mets.file_sec(&[("Data", &masters), ("Metadata/ocr", &alto), ("Metadata/embedded-text", &found)]);
    let has_data = making.below(&masters).next().is_some();
    let data = mets.id("Data");
    mets.start_map("rep2", "ORIGINAL");
    mets.div("Metadata", &[("ADMID", &adm)], None);
    mets.div("Data", &[], has_data.then_some(data.as_str()));
    mets.end_map();
    let map_id = mets.id("structMap pages");
    let top_id = mets.id("div pages");
    mets.xml.start("structMap", &[("ID", &map_id), ("TYPE", "LOGICAL"), ("LABEL", "Bút lục")]);
    mets.xml.start("div", &[("ID", &top_id), ("LABEL", d.case.header.code.as_str())]);
    let mut altos = d.alto_paths.iter();
    for document in &d.case.documents {
        let (id, order) = (mets.id(&format!("div document {}", document.no)), document.no.to_string());
        mets.xml.start("div", &[("ID", &id), ("TYPE", "document"), ("ORDER", &order)]);
        for page in &document.pages {
            let alto = altos.next().expect("one for each page");
            let (id, order) = (mets.id(&format!("div page {}", page.no)), page.no.to_string());
            let mut attributes = vec![("ID", id.as_str()), ("TYPE", "page"), ("ORDER", order.as_str())];
            if let Some(folio) = &page.folio {
                attributes.push(("ORDERLABEL", &folio.label));
            }
            mets.xml.start("div", &attributes);
            for path in [&d.master_paths[page.master_idx], alto] {
                mets.xml.empty("fptr", &[("FILEID", &making.file_id(path))]);
            }
            mets.xml.end("div");
        }
        mets.xml.end("div");
    }
    mets.end_map();
    mets.finish()
}

impl<'a> Mets<'a> {
    fn start(
        making: &'a Making<'a>,
        base: &'static str,
        object: &str,
        label: &str,
        (schema, profile): (&str, &str),
    ) -> Self {
        let mut xml = Xml::new();
        let namespaces = [
            ("xmlns", "http://www.loc.gov/METS/"),
            ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
            ("xmlns:csip", CSIP),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ];
        let attributes = [
            ("xsi:schemaLocation", schema),
            ("OBJID", object),
            ("LABEL", label),
            ("TYPE", "Mixed"),
            ("PROFILE", profile),
            ("csip:CONTENTINFORMATIONTYPE", "MIXED"),
        ];
        xml.start("mets", &[&namespaces[..], &attributes].concat());
        Self { xml, making, base }
    }

    fn of_representation(making: &'a Making<'a>, rep: &str, base: &'static str, label: &str) -> Self {
        let schema = ("http://www.loc.gov/METS/ ../../schemas/METS.xsd", REPRESENTATION_PROFILE);
        let mut mets = Self::start(making, base, &making.id(rep), label, schema);
        mets.header(&[("ORGANIZATION", "", making.d.agency, making.d.fonds)]);
        mets
    }

    /// An identifier that is this file's own.
    fn id(&self, name: &str) -> String {
        let name = format!("{}METS.xml {name}", self.base);
        format!("uuid-{}", uuid(&[self.making.object.as_str(), &name]))
    }

    /// `TYPE`, `OTHERTYPE`, name and note of each agent.
    fn header(&mut self, agents: &[(&str, &str, &str, &str)]) {
        let created = self.making.created();
        let xml = &mut self.xml;
        let sealed = self.making.sealing.map(|sealing| vietnam_time(sealing.at));
        let changed = sealed.as_ref().unwrap_or(&created);
        let times = [("CREATEDATE", created.as_str()), ("LASTMODDATE", changed.as_str())];
        let is_first = self.making.d.correction.is_none() && sealed.is_none();
        let status = if is_first { "NEW" } else { "REVISED" };
        let kind = [("RECORDSTATUS", status), ("csip:OAISPACKAGETYPE", self.making.package.code())];
        xml.start("metsHdr", &[times, kind].concat());
        for (kind, other, name, note) in agents {
            let is_program = !other.is_empty();
            let role = if is_program || agents.len() == 1 { "CREATOR" } else { "ARCHIVIST" };
            let mut attributes = vec![("ROLE", role), ("TYPE", kind)];
            if is_program {
                attributes.push(("OTHERTYPE", other));
            }
            xml.start("agent", &attributes);
            xml.leaf("name", name);
            let note_type = if is_program { "SOFTWARE VERSION" } else { "IDENTIFICATIONCODE" };
            xml.leaf_with("note", &[("csip:NOTETYPE", note_type)], note);
            xml.end("agent");
        }
        if let Some(version) = self.making.of_version {
            xml.leaf_with("altRecordID", &[("TYPE", "AIP")], self.making.d.id.as_str());
            xml.leaf_with("altRecordID", &[("TYPE", "AIP VERSION")], &version.to_string());
        }
        xml.end("metsHdr");
    }

    /// A section that points to a metadata file; its `ID` is [`Mets::id`] of the path.
    fn section(&mut self, element: &str, path: &str, metadata: Metadata) {
        let sealed = self.making.sealing.filter(|_| [PREMIS_PATH, STATEMENT_PATH].contains(&path));
        let created = sealed.map_or_else(|| self.making.created(), |sealing| vietnam_time(sealing.at));
        let id = self.id(path);
        self.xml.start(element, &[("ID", &id), ("CREATED", &created), ("STATUS", "CURRENT")]);
        let kind: &[(&str, &str)] = match metadata {
            Metadata::SimpleDc => {
                &[("MDTYPE", "OTHER"), ("OTHERMDTYPE", "simpledc"), ("MDTYPEVERSION", "1.0")]
            }
            Metadata::Premis => &[("MDTYPE", "PREMIS"), ("MDTYPEVERSION", "3.0")],
            Metadata::CaseJson => {
                &[("MDTYPE", "OTHER"), ("OTHERMDTYPE", "hoso-case"), ("MDTYPEVERSION", "1")]
            }
            Metadata::Statement => {
                &[("MDTYPE", "OTHER"), ("OTHERMDTYPE", "hoso-statement"), ("MDTYPEVERSION", "1")]
            }
        };
        let (entry, href) = (self.making.entry(path), self.relative(path).to_owned());
        let (size, digest) = (entry.bytes.to_string(), checksum(&entry.sha256));
        let place = [("LOCTYPE", "URL"), ("xlink:type", "simple"), ("xlink:href", href.as_str())];
        let facts = [
            ("MIMETYPE", entry.media_type),
            ("SIZE", &size),
            ("CREATED", &created),
            ("CHECKSUMTYPE", "SHA-256"),
            ("CHECKSUM", &digest),
        ];
        self.xml.empty("mdRef", &[&place[..], kind, &facts].concat());
        self.xml.end(element);
    }

    /// The section of the PREMIS file, by its `ID`; empty where the package has none.
    fn amd_sec(&mut self, premis: &str) -> String {
        if !self.making.has(premis) {
            return String::new();
        }
        let id = self.id("amdSec");
        self.xml.start("amdSec", &[("ID", &id)]);
        self.section("digiprovMD", premis, Metadata::Premis);
        self.xml.end("amdSec");
        self.id(premis)
    }

    /// A group for each folder that has files; whether there is any. A group's `ID` is [`Mets::id`] of its use.
    fn file_sec(&mut self, groups: &[(&str, &str)]) -> bool {
        let making = self.making;
        let filled = groups.iter().filter(|(_, folder)| making.below(folder).next().is_some());
        let filled: Vec<_> = filled.collect();
        if filled.is_empty() {
            return false;
        }
        let id = self.id("fileSec");
        self.xml.start("fileSec", &[("ID", &id)]);
        for (name, folder) in filled {
            let id = self.id(name);
            let mut attributes = vec![("ID", id.as_str()), ("USE", name)];
            if name.starts_with("Representations/") {
                attributes.push(("csip:CONTENTINFORMATIONTYPE", "MIXED"));
            }
            self.xml.start("fileGrp", &attributes);
            for path in making.below(folder) {
                self.file(path);
            }
            self.xml.end("fileGrp");
        }
        self.xml.end("fileSec");
        true
    }

    fn file(&mut self, path: &str) {
        let (entry, id, created) =
            (self.making.entry(path), self.making.file_id(path), self.making.created());
        let (size, digest) = (entry.bytes.to_string(), checksum(&entry.sha256));
        let href = self.relative(path).to_owned();
        let facts = [
            ("ID", id.as_str()),
            ("MIMETYPE", entry.media_type),
            ("SIZE", &size),
            ("CREATED", &created),
            ("CHECKSUM", &digest),
            ("CHECKSUMTYPE", "SHA-256"),
        ];
        self.xml.start("file", &facts);
        let place = [("LOCTYPE", "URL"), ("xlink:type", "simple"), ("xlink:href", href.as_str())];
        self.xml.empty("FLocat", &place);
        self.xml.end("file");
    }

    fn start_map(&mut self, label: &str, kind: &str) {
        let (map, top) = (self.id("structMap"), self.id("div"));
        self.xml.start("structMap", &[("ID", &map), ("TYPE", "PHYSICAL"), ("LABEL", "CSIP")]);
        self.xml.start("div", &[("ID", &top), ("LABEL", label), ("TYPE", kind)]);
    }

    /// The map of a case file over its volumes, each a package of its own that is named by its OBJID.
    fn volumes(&mut self, volumes: &[VolumeLink<'_>]) {
        let (map, top) = (self.id("structMap volumes"), self.id("div volumes"));
        self.xml.start("structMap", &[("ID", &map), ("TYPE", "LOGICAL"), ("LABEL", "Tập")]);
        self.xml.start("div", &[("ID", &top), ("LABEL", self.making.d.case.header.code.as_str())]);
        let mut first = 1;
        for (volume, no) in volumes.iter().zip(1..) {
            let id = self.id(&format!("div volume {no}"));
            let (order, label) = (no.to_string(), format!("Tập {no}"));
            let pages = format!("{first}–{}", first + volume.pages.saturating_sub(1));
            first += volume.pages;
            let facts =
                [("ORDER", order.as_str()), ("LABEL", label.as_str()), ("ORDERLABEL", pages.as_str())];
            self.xml.start("div", &[&[("ID", id.as_str()), ("TYPE", "volume")], &facts[..]].concat());
            let location = [("LOCTYPE", "URN"), ("xlink:type", "simple"), ("xlink:href", volume.id.as_str())];
            self.xml.empty("mptr", &location);
            self.xml.end("div");
        }
        self.end_map();
    }

    fn end_map(&mut self) {
        self.xml.end("div");
        self.xml.end("structMap");
    }

    fn div(&mut self, label: &str, links: &[(&str, &str)], file: Option<&str>) {
        self.named_div(&format!("div {label}"), label, links, file);
    }

    /// Links to nothing are left out.
    fn named_div(&mut self, name: &str, label: &str, links: &[(&str, &str)], file: Option<&str>) {
        let id = self.id(name);
        let own = [("ID", id.as_str()), ("LABEL", label)];
        let links = links.iter().filter(|(_, target)| !target.is_empty()).copied();
        self.xml.start("div", &own.into_iter().chain(links).collect::<Vec<_>>());
        if let Some(file) = file {
            self.xml.empty("fptr", &[("FILEID", file)]);
        }
        self.xml.end("div");
    }

    fn relative<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(self.base).expect("a METS lists what lies beside or below it")
    }

    fn finish(mut self) -> Vec<u8> {
        self.xml.end("mets");
        self.xml.finish()
    }
}

/// Upper case, as in the circular's sample.
fn checksum(sha256: &record::Sha256) -> String {
    sha256.to_string().to_uppercase()
}
