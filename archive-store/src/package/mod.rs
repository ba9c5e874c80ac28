//! A case file as the package `AIP_hoso` of Thông tư 05/2025/TT-BNV: METS, EAD, PREMIS 3 and one EAD_doc for each document,
//! as bytes. Pure: the files are described by their paths and digests, and the same description gives the same bytes.
//!
//! The files stand in `docs/format/package.md`, the reasons in `docs/decisions/210-packages.md`, what the circular asks in
//! `docs/conformance/tt05.md`.

mod events;
mod format;
mod handed_on;
mod lists;
mod mets;
mod premis;
mod profile;
mod schema;
mod sealing;
mod sheets;
mod signatures;
mod simpledc;
mod xml;

pub use format::{Format, HEAD_BYTES, identify};
pub use handed_on::{HandedOn, Part, describe_handed_on};
pub use lists::{Line, Listed, line_of_case, lines_of_documents};
pub use profile::{Fault, Field, Kind, Profile, code_of, date_from, date_text, meaning, type_code};
pub use sealing::{COPIES_PREMIS_PATH, Sealing, SignedCopy, describe_sealed};
pub use simpledc::{Deviation, FieldFault, SheetError, SimpleDc};

use crate::StagedFile;
use jiff::tz::{TimeZone, offset};
use record::{CaseFile, DocumentNo, ObjectId, PartialDate, Sha256, SignatureCheck, Timestamp};
use sha2::Digest;
use std::collections::BTreeMap;

/// The root's list of all files.
pub const METS_PATH: &str = "METS.xml";
/// The sheet of the case file.
pub const EAD_PATH: &str = "metadata/descriptive/EAD.xml";
/// Who converted, when, with what.
pub const PREMIS_PATH: &str = "metadata/preservation/PREMIS.xml";
/// The searchable copies.
const REP1: &str = "representations/rep1/";
/// Masters and their text.
const REP2: &str = "representations/rep2/";

/// METS 1.12.1, as published (CC0 1.0): the circular wants it in the package.
const METS_XSD: &str = include_str!("schemas/METS.xsd");
/// What lies where and how to check it, for people, in Vietnamese and English.
const README: &str = include_str!("README.txt");

/// `csip:OAISPACKAGETYPE`: what a package is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageType {
    /// Kept in an archive (annex I).
    Aip,
    /// Handed to another system (annex III).
    Sip,
    /// Handed to whoever uses it (annex V).
    Dip,
}

impl PackageType {
    /// As METS has it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Aip => "AIP",
            Self::Sip => "SIP",
            Self::Dip => "DIP",
        }
    }

    fn case_sheet(self) -> Profile {
        match self {
            Self::Aip => Profile::AipFile,
            Self::Sip => Profile::SipFile,
            Self::Dip => Profile::DipFile,
        }
    }

    fn document_sheet(self) -> Profile {
        match self {
            Self::Aip => Profile::AipDocument,
            Self::Sip => Profile::SipDocument,
            Self::Dip => Profile::DipDocument,
        }
    }
}

/// What a package is made from: the case file, the files that are already in the package, and how they came about.
#[derive(Debug, Clone, Copy)]
pub struct Description<'a> {
    /// The object; METS OBJID.
    pub id: &'a ObjectId,
    /// Mã phông.
    pub fonds: &'a str,
    /// Mã cơ quan lưu trữ, set before the case code; may be empty.
    pub archive_code: &'a str,
    /// The agency that keeps the archive.
    pub agency: &'a str,
    /// When it is packed.
    pub created: Timestamp,
    /// The program that packs it: name and version.
    pub software: (&'a str, &'a str),
    /// What reads the pages: program and model.
    pub reader: &'a str,
    /// How the paper became files.
    pub conversion: Conversion<'a>,
    /// Register data, masters, documents, pages.
    pub case: &'a CaseFile,
    /// Of each master, its path in the package.
    pub master_paths: &'a [String],
    /// Of each master, its format.
    pub master_formats: &'a [Format],
    /// Of each master, what its own signatures were found to be; empty where nobody looked.
    pub signatures: &'a [Option<SignatureCheck>],
    /// Of each page, the path of its ALTO file.
    pub alto_paths: &'a [String],
    /// Of each document, the path of its searchable copy, where it has one.
    pub pdf_paths: &'a [Option<String>],
    /// The package of another program that it came in, where it came in one.
    pub origin: Option<Origin<'a>>,
    /// Which volume (tập) of its case file this is, from 1.
    pub volume: Option<u32>,
    /// The volumes of a case file too long for one package; then it holds no documents itself.
    pub volumes: &'a [VolumeLink<'a>],
    /// How many files belong to the case file and were not there.
    pub left_out: usize,
    /// Where this corrects an earlier version: who decided it, and why.
    pub correction: Option<(&'a str, &'a str)>,
    /// Every file that is in the package so far.
    pub files: &'a [StagedFile],
}

/// A package of another program, kept whole in this one.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// What it is: `BagIt 1.0`.
    pub kind: &'a str,
    /// What it calls itself; may be empty.
    pub identifier: &'a str,
    /// Who sent it, as it says; may be empty.
    pub sender: &'a str,
    /// What it was by its own rules, in words.
    pub fixity: &'a str,
    /// Of each of its files, the path in this package and in that.
    pub files: &'a [(String, String)],
    /// It came with this version, not with an earlier one.
    pub is_new: bool,
}

/// A volume, as its case file lists it.
#[derive(Debug, Clone, Copy)]
pub struct VolumeLink<'a> {
    /// Its object; METS OBJID.
    pub id: &'a ObjectId,
    /// How many documents it holds.
    pub documents: u32,
    /// How many pages.
    pub pages: u32,
    /// Date of its earliest and latest document.
    pub dates: Option<(PartialDate, PartialDate)>,
}

/// How the paper became files. What is not known is said to be unknown.
#[derive(Debug, Clone, Copy)]
pub struct Conversion<'a> {
    /// Id of the batch.
    pub batch: &'a str,
    /// When the batch was received.
    pub received: Timestamp,
    /// The scanner.
    pub device: Option<&'a str>,
    /// Who worked it.
    pub operator: Option<&'a str>,
}

/// The files to add, and what a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Path and bytes, `METS.xml` last.
    pub files: Vec<(String, Vec<u8>)>,
    /// Fields of the case file that the circular requires and nobody filled in.
    pub missing: Vec<&'static str>,
    /// Values that were read and the circular has no room for.
    pub left_out: Vec<LeftOut>,
}

/// A value left out of a document's sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The document.
    pub document: DocumentNo,
    /// The field.
    pub field: String,
    /// Why.
    pub fault: Fault,
}

/// Why there can be no package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// A register value that the circular has no room for; shorten it there.
    #[error("{column} of the register does not fit into {field} of the package: {fault}")]
    Register {
        /// Column of the register.
        column: &'static str,
        /// Field of `EAD.xml`.
        field: String,
        /// What is wrong.
        fault: Fault,
    },
    /// A stored PREMIS file is not in the form that this program writes: no event can be added to it.
    #[error("{PREMIS_PATH} of the stored package is not in its form; the sealing cannot be noted in it")]
    Premis,
}

/// The files that make a case file a package. Costs memory of about 2 KiB a file.
///
/// # Panics
/// When the description is not whole: a path that is not among its files, fewer formats than masters.
pub fn describe(d: &Description<'_>) -> Result<Package, PackageError> {
    let mut making = Making::new(d, PackageType::Aip, d.id.clone());
    making.add("schemas/METS.xsd".into(), METS_XSD.into());
    making.add("documentation/README.txt".into(), README.into());
    let (missing, left_out) = making.add_sheets()?;
    making.add(PREMIS_PATH.into(), premis::of_package(&making));
    if d.volumes.is_empty() {
        making.add(format!("{REP1}{PREMIS_REP1}"), premis::of_copies(&making));
        making.add(format!("{REP2}{PREMIS_REP2}"), premis::of_masters(&making));
        making.add(format!("{REP1}METS.xml"), mets::of_copies(&making));
        making.add(format!("{REP2}METS.xml"), mets::of_masters(&making));
    }
    making.add(METS_PATH.into(), mets::of_package(&making));
    Ok(Package { files: making.files, missing, left_out })
}

const PREMIS_REP1: &str = "metadata/preservation/PREMIS_rep1.xml";
const PREMIS_REP2: &str = "metadata/preservation/PREMIS_rep2.xml";

/// The sheet of a document; numbered as its searchable copy is.
fn ead_doc_path(no: DocumentNo) -> String {
    format!("{REP1}metadata/descriptive/EAD_doc_{:03}.xml", no.get())
}

/// A package in the making: what it was made from and the files so far.
struct Making<'a> {
    d: &'a Description<'a>,
    package: PackageType,
    /// METS OBJID; that of the description but where a package is made from a stored one.
    object: ObjectId,
    /// Where it is made from a stored one: the number of the version.
    of_version: Option<u32>,
    /// Where a stored version is sealed.
    sealing: Option<&'a Sealing<'a>>,
    entries: BTreeMap<String, Entry<'a>>,
    files: Vec<(String, Vec<u8>)>,
}

/// A file as lists name it.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    sha256: Sha256,
    bytes: u64,
    media_type: &'a str,
}

/// What is in the package already; masters have the media type that they were received as.
fn known_files<'a>(d: &Description<'a>) -> BTreeMap<String, Entry<'a>> {
    let entry = |f: &StagedFile| Entry { sha256: f.sha256, bytes: f.bytes, media_type: by_ending(&f.path) };
    let mut entries: BTreeMap<_, _> = d.files.iter().map(|f| (f.path.clone(), entry(f))).collect();
    for (path, master) in d.master_paths.iter().zip(&d.case.masters) {
        if let Some(entry) = entries.get_mut(path) {
            entry.media_type = &master.media_type;
        }
    }
    entries
}

/// The media type of our own files.
fn by_ending(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("xml" | "xsd") => "text/xml",
        Some("pdf") => "application/pdf",
        Some("json") => "application/json",
        Some("txt") => "text/plain",
        _ => "application/octet-stream",
    }
}

impl<'a> Making<'a> {
    fn new(d: &'a Description<'a>, package: PackageType, object: ObjectId) -> Self {
        Self {
            d,
            package,
            object,
            of_version: None,
            sealing: None,
            entries: known_files(d),
            files: Vec::new(),
        }
    }

    /// The sheets with their schemas: required fields of the case file without a value, values left out.
    fn add_sheets(&mut self) -> Result<(Vec<&'static str>, Vec<LeftOut>), PackageError> {
        let (d, package) = (self.d, self.package);
        let case_sheet = sheets::of_case(d, package)?;
        self.add("schemas/EAD.xsd".into(), schema::of(package.case_sheet()));
        self.add("schemas/EAD_doc.xsd".into(), schema::of(package.document_sheet()));
        let written = |sheet: &SimpleDc, schema| sheet.write(schema).expect("its faults are taken out");
        self.add(EAD_PATH.into(), written(&case_sheet, "../../schemas/EAD.xsd"));
        let mut left_out = Vec::new();
        for document in &d.case.documents {
            let (sheet, mut without) = sheets::of_document(d, package, document);
            self.add(ead_doc_path(document.no), written(&sheet, "../../../../schemas/EAD_doc.xsd"));
            left_out.append(&mut without);
        }
        Ok((case_sheet.missing(), left_out))
    }

    fn has(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    fn add(&mut self, path: String, bytes: Vec<u8>) {
        let sha256 = Sha256(sha2::Sha256::digest(&bytes).into());
        let entry = Entry { sha256, bytes: bytes.len() as u64, media_type: by_ending(&path) };
        self.entries.insert(path.clone(), entry);
        self.files.push((path, bytes));
    }

    fn entry(&self, path: &str) -> Entry<'a> {
        *self.entries.get(path).unwrap_or_else(|| panic!("{path} is not among the files"))
    }

    /// Paths below a folder, in order.
    fn below<'b>(&'b self, folder: &'b str) -> impl Iterator<Item = &'b str> {
        let from = self.entries.range(folder.to_owned()..).map(|(path, _)| path.as_str());
        from.take_while(move |path| path.starts_with(folder))
    }

    /// The identifier of a file: from the object, its path and its bytes.
    fn file_id(&self, path: &str) -> String {
        format!("ID-{}", uuid(&[self.d.id.as_str(), path, &self.entry(path).sha256.to_string()]))
    }

    /// The identifier of anything else, by a name that the package has once.
    fn id(&self, name: &str) -> String {
        format!("uuid-{}", uuid(&[self.d.id.as_str(), name]))
    }

    /// It lists volumes and holds no documents itself.
    fn is_parent(&self) -> bool {
        !self.d.volumes.is_empty()
    }

    fn created(&self) -> String {
        vietnam_time(self.d.created)
    }
}

/// A name-based UUID (version 8, RFC 9562) over SHA-256 of the parts, each ended by a line feed; upper case.
fn uuid(parts: &[&str]) -> String {
    let mut hash = sha2::Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update("\n");
    }
    let mut bytes: [u8; 16] = hash.finalize()[..16].try_into().expect("32 bytes hold 16");
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// `2026-11-21T15:30:12+07:00`: the time of day in Việt Nam, as the circular writes it; parts of a second are left out.
fn vietnam_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::fixed(offset(7))).strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string()
}
