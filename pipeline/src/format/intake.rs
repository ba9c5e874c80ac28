//! A surveyed case file as the ledger keeps it, so that a batch goes on after a stop without its folder being read anew.

use crate::PipelineError;
use ingest::{CaseIntake, FileIntake};
use native::{FileInfo, MediaKind};
use record::{CaseCode, CaseHeader, Finding, FindingKind, Secrecy};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) code: String,
    pub(crate) title: String,
    pub(crate) unit: String,
    pub(crate) year: Option<u16>,
    pub(crate) retention: String,
    pub(crate) secrecy: String,
    pub(crate) sheets: Option<u32>,
    pub(crate) pages: Option<u32>,
    pub(crate) paper_location: String,
}

impl Header {
    pub(crate) fn of(header: &CaseHeader) -> Self {
        Self {
            code: header.code.to_string(),
            title: header.title.clone(),
            unit: header.unit.clone(),
            year: header.year,
            retention: header.retention.clone(),
            secrecy: header.secrecy.code().into(),
            sheets: header.sheets,
            pages: header.pages,
            paper_location: header.paper_location.clone(),
        }
    }

    pub(crate) fn header(self) -> Result<CaseHeader, String> {
        Ok(CaseHeader {
            code: CaseCode::new(&self.code).map_err(|e| e.to_string())?,
            title: self.title,
            unit: self.unit,
            year: self.year,
            retention: self.retention,
            secrecy: Secrecy::parse(&self.secrecy).ok_or_else(|| format!("secrecy {:?}", self.secrecy))?,
            sheets: self.sheets,
            pages: self.pages,
            paper_location: self.paper_location,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Intake {
    v: u32,
    header: Header,
    documents: Vec<DocumentRow>,
    /// What could not be received: code of the finding, name, detail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    missing: Vec<(String, String, String)>,
}

#[derive(Serialize, Deserialize)]
struct DocumentRow {
    name: String,
    files: Vec<FileRow>,
}

#[derive(Serialize, Deserialize)]
struct FileRow {
    /// Raw bytes of the path in hexadecimal: names need not be UTF-8.
    path: String,
    received_as: String,
    kind: Option<String>,
    pages: u32,
    signatures: u32,
    bytes: u64,
    modified_ns: i128,
    /// Listed folio marks by page, from 1.
    folios: Vec<(u32, String)>,
}

/// Every kind of file that has pages.
const MEDIA_KINDS: [MediaKind; 4] = [MediaKind::Jpeg, MediaKind::Png, MediaKind::Tiff, MediaKind::Pdf];

/// A surveyed case file read back.
pub(crate) struct SurveyedCase {
    pub(crate) header: CaseHeader,
    pub(crate) documents: Vec<(String, Vec<SurveyedFile>)>,
    /// What belongs to it and could not be received as the survey found it.
    pub(crate) missing: Vec<Finding>,
}

/// A file to receive, with what the list says of its pages.
#[derive(Clone)]
pub(crate) struct SurveyedFile {
    pub(crate) intake: FileIntake,
    pub(crate) folios: Vec<(u32, String)>,
}

impl SurveyedCase {
    /// All files in order.
    pub(crate) fn files(&self) -> impl Iterator<Item = &SurveyedFile> {
        self.documents.iter().flat_map(|(_, files)| files)
    }

    /// Pages counted by the survey.
    pub(crate) fn pages(&self) -> u32 {
        self.files().filter_map(|f| f.intake.info.as_ref()).map(|i| i.pages).sum()
    }

    /// As the survey gives it.
    pub(crate) fn of(case: CaseIntake) -> Self {
        let CaseIntake { header, documents, folios, missing } = case;
        let file = |intake: FileIntake| {
            let pages = intake.info.as_ref().map_or(0, |i| i.pages);
            let listed =
                (1..=pages).filter_map(|p| folios.get(&intake.name_in_case, p).map(|m| (p, m.to_owned())));
            SurveyedFile { folios: listed.collect(), intake }
        };
        let document =
            |d: ingest::DocumentIntake| (d.name, d.files.into_iter().map(file).collect::<Vec<_>>());
        Self { header, documents: documents.into_iter().map(document).collect(), missing }
    }
}

/// As text for the ledger.
pub(crate) fn write(case: &SurveyedCase) -> String {
    let file = |f: &SurveyedFile| FileRow {
        path: hex(f.intake.path.as_os_str().as_bytes()),
        received_as: f.intake.received_as.clone(),
        kind: f.intake.info.as_ref().map(|i| i.kind.media_type().to_owned()),
        pages: f.intake.info.as_ref().map_or(0, |i| i.pages),
        signatures: f.intake.info.as_ref().map_or(0, |i| i.signatures),
        bytes: f.intake.bytes,
        modified_ns: nanoseconds(f.intake.modified),
        folios: f.folios.clone(),
    };
    let documents = case.documents.iter();
    let documents = documents
        .map(|(name, files)| DocumentRow { name: name.clone(), files: files.iter().map(file).collect() });
    let missing =
        case.missing.iter().map(|f| (f.kind.code().to_owned(), f.subject.clone(), f.detail.clone()));
    let intake = Intake {
        v: 1,
        header: Header::of(&case.header),
        documents: documents.collect(),
        missing: missing.collect(),
    };
    serde_json::to_string(&intake).expect("strings and numbers can be written as JSON")
}

/// Reads what [`write`] wrote.
pub(crate) fn read(code: &CaseCode, text: &str) -> Result<SurveyedCase, PipelineError> {
    let wrong =
        |problem: String| PipelineError::Format { what: format!("ledger, case file {code}"), problem };
    let intake: Intake = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let header = intake.header.header().map_err(wrong)?;
    let mut documents = Vec::with_capacity(intake.documents.len());
    for document in intake.documents {
        let files =
            document.files.into_iter().map(surveyed_file).collect::<Result<_, String>>().map_err(wrong)?;
        documents.push((document.name, files));
    }
    let missing = intake.missing.into_iter().map(|(kind, subject, detail)| {
        let kind = FindingKind::from_code(&kind).ok_or_else(|| wrong(format!("finding {kind:?}")))?;
        Ok(Finding::new(kind, subject, detail))
    });
    let missing = missing.collect::<Result<_, PipelineError>>()?;
    Ok(SurveyedCase { header, documents, missing })
}

fn surveyed_file(row: FileRow) -> Result<SurveyedFile, String> {
    let info = match &row.kind {
        None => None,
        Some(kind) => {
            let kind = MEDIA_KINDS.into_iter().find(|k| k.media_type() == kind);
            let kind = kind.ok_or_else(|| format!("media type {:?}", row.kind))?;
            Some(FileInfo { kind, pages: row.pages, signatures: row.signatures })
        }
    };
    let path = PathBuf::from(OsString::from_vec(unhex(&row.path).ok_or("path")?));
    let intake = FileIntake {
        path,
        received_as: row.received_as.clone(),
        name_in_case: row.received_as,
        info,
        bytes: row.bytes,
        modified: from_nanoseconds(row.modified_ns),
    };
    Ok(SurveyedFile { intake, folios: row.folios })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn nanoseconds(time: SystemTime) -> i128 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}

fn from_nanoseconds(ns: i128) -> SystemTime {
    let magnitude = Duration::from_nanos_u128(ns.unsigned_abs());
    if ns >= 0 { SystemTime::UNIX_EPOCH + magnitude } else { SystemTime::UNIX_EPOCH - magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_times_survive() {
        let odd = b"/a/\xff\n\xc3\xa1".to_vec();
        assert_eq!(unhex(&hex(&odd)), Some(odd));
        let time = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        assert_eq!(from_nanoseconds(nanoseconds(time)), time);
        let before = SystemTime::UNIX_EPOCH - Duration::new(5, 1);
        assert_eq!(from_nanoseconds(nanoseconds(before)), before);
    }
}
