//! `metadata/other/case.json`, format `hoso-case/1`: bút lục → document → page → file, for machines.
//!
//! Canonical JSON (RFC 8785): keys sorted, no white space, only strings, booleans and integers below 2^53, text NFC.
//! Re-implementable from `docs/format/case-json.md`.

use super::fields_json::{self, JsonFields};
use super::intake::Header;
use super::signatures_json::JsonSignatureCheck;
use crate::PipelineError;
use crate::volumes::{self, VolumeRef};
use record::{
    CaseFile, CaseHeader, DocType, Document, DocumentNo, Finding, FindingKind, FolioMark, FolioSource,
    MasterFile, ObjectId, Page, PageNo, PartialDate, SignatureCheck,
};
use serde::{Deserialize, Serialize};

const FORMAT: &str = "hoso-case/1";

/// Where the file lies inside a package.
pub(crate) const PATH: &str = "metadata/other/case.json";

/// Everything `case.json` says.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct CaseRecord {
    pub(crate) case: CaseFile,
    /// Where each master lies in the package, by [`Page::master_idx`].
    pub(crate) master_paths: Vec<String>,
    /// What the signatures of each master were found to be; empty in packages of earlier versions.
    pub(crate) signatures: Vec<Option<SignatureCheck>>,
    /// Where each page's ALTO lies, in page order.
    pub(crate) alto_paths: Vec<String>,
    /// Where the embedded text of each page's master lies, in page order, where it has one.
    pub(crate) embedded_paths: Vec<Option<String>>,
    /// Where each document's searchable PDF lies; `None` when no page of it could be shown.
    pub(crate) pdf_paths: Vec<Option<String>>,
    /// What belongs to the case file and was not there when it was sealed, as the person at the batch asked.
    pub(crate) left_out: Vec<Finding>,
    /// Why there is this version, where it corrects the one before.
    pub(crate) correction: Option<CorrectionNote>,
    /// The package of another program that it came in, where it came in one.
    pub(crate) received_package: Option<ReceivedPackage>,
    pub(crate) agency: String,
    pub(crate) batch: String,
    pub(crate) created: String,
    /// The id it was stored under; packages of earlier versions do not say.
    pub(crate) object: Option<ObjectId>,
    /// Which volume of its case file it is, from 1; `None` for a case file.
    pub(crate) volume: Option<u32>,
    /// The volumes that hold the documents of a case file too long for one package; then it has none of its own.
    pub(crate) volumes: Vec<VolumeRef>,
    pub(crate) software: String,
}

/// A package of another program, kept whole as it was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReceivedPackage {
    /// Every file of it.
    pub(crate) files: Vec<ReceivedFile>,
    /// What it was by its own rules, in words.
    pub(crate) fixity: String,
    /// What it calls itself; may be empty.
    pub(crate) identifier: String,
    /// `BagIt 1.0`, `OCFL`, `METS AIP`…
    pub(crate) kind: String,
    /// Who sent it, as it says; may be empty.
    pub(crate) sender: String,
}

/// A file of a received package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReceivedFile {
    /// Its path in the received package.
    pub(crate) name: String,
    /// Its path in ours.
    pub(crate) path: String,
    pub(crate) sha256: String,
}

/// Why a version stands in the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionNote {
    /// Who decided it.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
    /// SHA-256 of the manifest of the version before: who seals this one has seen that one.
    pub replaces_manifest_sha256: String,
    /// The number of the version before.
    pub replaces_version: u32,
}

#[derive(Serialize, Deserialize)]
struct Json {
    agency: String,
    batch: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correction: Option<CorrectionNote>,
    created: String,
    documents: Vec<JsonDocument>,
    format: String,
    header: Header,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<JsonLeftOut>,
    masters: Vec<JsonMaster>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    pages: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    received_package: Option<ReceivedPackage>,
    software: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    volume: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<JsonVolume>,
}

/// A volume; `first_date` and `last_date` stand together or not at all.
#[derive(Serialize, Deserialize)]
struct JsonVolume {
    documents: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_date: Option<String>,
    manifest_sha256: String,
    object: String,
    pages: u32,
}

#[derive(Serialize, Deserialize)]
struct JsonMaster {
    bytes: u64,
    media_type: String,
    path: String,
    received_as: String,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature_check: Option<JsonSignatureCheck>,
}

#[derive(Serialize, Deserialize)]
struct JsonLeftOut {
    detail: String,
    finding: String,
    received_as: String,
}

#[derive(Serialize, Deserialize)]
struct JsonDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<JsonFields>,
    name: String,
    no: u32,
    pages: Vec<JsonPage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pdf: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct JsonPage {
    alto: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    embedded_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folio: Option<JsonFolio>,
    /// Index into `masters`, from 0.
    master: usize,
    no: u32,
    outcome: String,
    /// Page of the master, from 1.
    page_of_master: u32,
}

#[derive(Serialize, Deserialize)]
struct JsonFolio {
    confidence: u8,
    label: String,
    source: String,
}

/// As canonical JSON.
pub(crate) fn write(record: &CaseRecord) -> Vec<u8> {
    let mut altos = record.alto_paths.iter();
    let mut embedded = record.embedded_paths.iter();
    let documents = record.case.documents.iter().zip(&record.pdf_paths).map(|(document, pdf)| JsonDocument {
        date: document.date.map(|d| d.to_string()),
        doc_type: document.doc_type.map(|t| t.code().to_owned()),
        fields: fields_json::of(&document.fields),
        name: document.name.clone(),
        no: document.no.get(),
        pages: document
            .pages
            .iter()
            .map(|page| JsonPage {
                embedded_text: embedded.next().cloned().flatten(),
                ..json_page(page, altos.next().cloned().unwrap_or_default())
            })
            .collect(),
        pdf: pdf.clone(),
    });
    let masters = record.case.masters.iter().zip(&record.master_paths).enumerate();
    let masters = masters.map(|(idx, (master, path))| JsonMaster {
        bytes: master.bytes,
        media_type: master.media_type.clone(),
        path: path.clone(),
        received_as: master.received_as.clone(),
        sha256: master.sha256.to_string(),
        signature_check: record.signatures.get(idx).and_then(Option::as_ref).map(JsonSignatureCheck::of),
    });
    let left_out = record.left_out.iter().map(|finding| JsonLeftOut {
        detail: finding.detail.clone(),
        finding: finding.kind.code().to_owned(),
        received_as: finding.subject.clone(),
    });
    let json = Json {
        agency: record.agency.clone(),
        batch: record.batch.clone(),
        correction: record.correction.clone(),
        created: record.created.clone(),
        documents: documents.collect(),
        format: FORMAT.into(),
        header: Header::of(&record.case.header),
        left_out: left_out.collect(),
        masters: masters.collect(),
        object: record.object.as_ref().map(ToString::to_string),
        pages: volumes::counts(record).1,
        received_package: record.received_package.clone(),
        software: record.software.clone(),
        volume: record.volume,
        volumes: record.volumes.iter().map(json_volume).collect(),
    };
    // A `Value` keeps its keys sorted; that is all RFC 8785 asks beyond what serde_json does for such values.
    let value = serde_json::to_value(&json).expect("strings and integers can be written as JSON");
    value.to_string().into_bytes()
}

fn json_volume(volume: &VolumeRef) -> JsonVolume {
    JsonVolume {
        documents: volume.documents,
        first_date: volume.dates.map(|(first, _)| first.to_string()),
        last_date: volume.dates.map(|(_, last)| last.to_string()),
        manifest_sha256: volume.manifest_sha256.to_string(),
        object: volume.object.to_string(),
        pages: volume.pages,
    }
}

fn read_volume((idx, volume): (usize, JsonVolume)) -> Result<VolumeRef, String> {
    let date = |text: Option<String>| text.as_deref().and_then(PartialDate::parse);
    Ok(VolumeRef {
        no: idx as u32 + 1,
        object: ObjectId::new(&volume.object).map_err(|e| e.to_string())?,
        manifest_sha256: volume
            .manifest_sha256
            .parse()
            .map_err(|_| format!("digest {:?}", volume.manifest_sha256))?,
        documents: volume.documents,
        pages: volume.pages,
        dates: date(volume.first_date).zip(date(volume.last_date)),
    })
}

fn json_page(page: &Page, alto: String) -> JsonPage {
    let folio = page.folio.as_ref().map(|f| JsonFolio {
        confidence: f.confidence,
        label: f.label.clone(),
        source: match f.source {
            FolioSource::List => "list".into(),
            FolioSource::Stamp => "stamp".into(),
        },
    });
    let page_of_master = page.page_idx + 1;
    JsonPage {
        alto,
        embedded_text: None,
        folio,
        master: page.master_idx,
        no: page.no.get(),
        outcome: page.outcome.clone(),
        page_of_master,
    }
}

/// What is read of a register when nothing but its header is asked for.
#[derive(Deserialize)]
struct JsonCover {
    format: String,
    header: Header,
}

/// The header alone: a fraction of the work.
pub(crate) fn read_header(what: &str, bytes: &[u8]) -> Result<CaseHeader, PipelineError> {
    let wrong = |problem: String| PipelineError::Format { what: format!("{what}, {PATH}"), problem };
    let json: JsonCover = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
    if json.format != FORMAT {
        return Err(wrong(format!("format {:?}, this program reads {FORMAT:?}", json.format)));
    }
    json.header.header().map_err(wrong)
}

/// Reads what [`write`] wrote; the error says what is wrong with it.
pub(crate) fn read(what: &str, bytes: &[u8]) -> Result<CaseRecord, PipelineError> {
    let wrong = |problem: String| PipelineError::Format { what: format!("{what}, {PATH}"), problem };
    let json: Json = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
    if json.format != FORMAT {
        return Err(wrong(format!("format {:?}, this program reads {FORMAT:?}", json.format)));
    }
    let mut case = CaseFile {
        header: json.header.header().map_err(wrong)?,
        masters: Vec::with_capacity(json.masters.len()),
        documents: Vec::with_capacity(json.documents.len()),
    };
    let mut master_paths = Vec::with_capacity(json.masters.len());
    let mut signatures = Vec::with_capacity(json.masters.len());
    for master in json.masters {
        case.masters.push(MasterFile {
            received_as: master.received_as,
            sha256: master.sha256.parse().map_err(|_| wrong(format!("digest {:?}", master.sha256)))?,
            bytes: master.bytes,
            media_type: master.media_type,
        });
        master_paths.push(master.path);
        let check = master.signature_check.map(JsonSignatureCheck::check);
        signatures.push(check.transpose().map_err(wrong)?);
    }
    let (mut alto_paths, mut embedded_paths, mut pdf_paths) = (Vec::new(), Vec::new(), Vec::new());
    for document in json.documents {
        let mut pages = Vec::with_capacity(document.pages.len());
        for page in document.pages {
            if page.master >= master_paths.len() {
                return Err(wrong(format!("page {} names master {}", page.no, page.master)));
            }
            alto_paths.push(page.alto.clone());
            embedded_paths.push(page.embedded_text.clone());
            pages.push(read_page(page).map_err(wrong)?);
        }
        pdf_paths.push(document.pdf);
        case.documents.push(Document {
            no: DocumentNo::new(document.no).map_err(|e| wrong(e.to_string()))?,
            name: document.name,
            doc_type: document.doc_type.as_deref().and_then(DocType::from_code),
            date: document.date.as_deref().and_then(PartialDate::parse),
            fields: document.fields.map_or(Ok(Default::default()), fields_json::read).map_err(wrong)?,
            pages,
        });
    }
    let left_out = json.left_out.into_iter().map(|entry| {
        let kind = FindingKind::from_code(&entry.finding).unwrap_or(FindingKind::SealedWithout);
        Finding::new(kind, entry.received_as, entry.detail)
    });
    let left_out = left_out.collect();
    let object = json.object.map(|id| ObjectId::new(&id)).transpose().map_err(|e| wrong(e.to_string()))?;
    let volumes = json.volumes.into_iter().enumerate().map(read_volume);
    let volumes = volumes.collect::<Result<_, _>>().map_err(wrong)?;
    let (agency, batch, created, software) = (json.agency, json.batch, json.created, json.software);
    Ok(CaseRecord {
        case,
        master_paths,
        signatures,
        alto_paths,
        embedded_paths,
        pdf_paths,
        left_out,
        correction: json.correction,
        received_package: json.received_package,
        agency,
        batch,
        created,
        object,
        volume: json.volume,
        volumes,
        software,
    })
}

fn read_page(page: JsonPage) -> Result<Page, String> {
    let folio = page.folio.map(|f| FolioMark {
        label: f.label,
        source: if f.source == "list" { FolioSource::List } else { FolioSource::Stamp },
        confidence: f.confidence,
    });
    Ok(Page {
        no: PageNo::new(page.no).map_err(|e| e.to_string())?,
        master_idx: page.master,
        page_idx: page.page_of_master.checked_sub(1).ok_or("page_of_master counts from 1")?,
        folio,
        outcome: page.outcome,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use record::{CaseCode, CaseHeader, Secrecy, Sha256};

    pub(crate) fn sample() -> CaseRecord {
        let page = |no, folio| Page {
            no: PageNo::new(no).unwrap(),
            master_idx: 0,
            page_idx: no - 1,
            folio,
            outcome: "text".into(),
        };
        let mark = FolioMark { label: "45a".into(), source: FolioSource::Stamp, confidence: 91 };
        let case = CaseFile {
            header: CaseHeader {
                code: CaseCode::new("12/2019/HSST").unwrap(),
                title: "Vụ án \"mẫu\"".into(),
                unit: "KV7".into(),
                year: Some(2019),
                retention: "Vĩnh viễn".into(),
                secrecy: Secrecy::Thuong,
                sheets: None,
                pages: Some(2),
                paper_location: String::new(),
            },
            masters: vec![MasterFile {
                received_as: "HS/a.pdf".into(),
                sha256: Sha256([7; 32]),
                bytes: 9,
                media_type: "application/pdf".into(),
            }],
            documents: vec![Document {
                no: DocumentNo::new(1).unwrap(),
                name: "a.pdf".into(),
                doc_type: Some(DocType::CaoTrang),
                date: PartialDate::parse("1998-05"),
                fields: fields_json::sample(),
                pages: vec![page(1, Some(mark)), page(2, None)],
            }],
        };
        CaseRecord {
            case,
            master_paths: vec!["representations/rep2/data/0001/0001.pdf".into()],
            signatures: vec![Some(SignatureCheck {
                at: "2026-11-21T08:00:00Z".parse().unwrap(),
                fault: None,
                signatures: vec![record::CheckedSignature {
                    field: "Signature1".into(),
                    kind: "approval".into(),
                    status: "INDETERMINATE".into(),
                    reasons: vec![("no-certificate-chain-found".into(), "không có".into())],
                    signer: Some(["CN=A".into(), "CN=B".into(), "0A".into()]),
                    algorithm: "RSA / SHA-1".into(),
                    claimed: "2021-04-05T06:07:08Z".parse().ok(),
                    proven: None,
                    covers_whole_file: true,
                }],
            })],
            alto_paths: vec!["a1.xml".into(), "a2.xml".into()],
            embedded_paths: vec![None, Some("e2.txt".into())],
            pdf_paths: vec![Some("x.001.pdf".into())],
            left_out: vec![Finding::new(FindingKind::NotAFile, "HS/b.pdf", "FIFO")],
            correction: Some(CorrectionNote {
                by: "Trần Thị B".into(),
                reason: "quét lại trang mờ".into(),
                replaces_manifest_sha256: Sha256([9; 32]).to_string(),
                replaces_version: 1,
            }),
            received_package: Some(ReceivedPackage {
                files: vec![ReceivedFile {
                    name: "bagit.txt".into(),
                    path: "documentation/received/bagit.txt".into(),
                    sha256: Sha256([5; 32]).to_string(),
                }],
                fixity: "BagIt: 1 tệp khớp".into(),
                identifier: String::new(),
                kind: "BagIt 1.0".into(),
                sender: "Tòa án".into(),
            }),
            agency: "VKS".into(),
            batch: "b".into(),
            created: "2026-11-21T00:00:00Z".into(),
            object: Some(ObjectId::new("urn:VKS:uuid:1").unwrap()),
            volume: None,
            volumes: Vec::new(),
            software: "hoso".into(),
        }
    }

    #[test]
    fn what_is_written_is_read_and_canonical() {
        let bytes = write(&sample());
        let back = read("test", &bytes).unwrap();
        assert_eq!(back.case, sample().case);
        assert_eq!(read_header("test", &bytes).unwrap(), sample().case.header);
        assert_eq!(back.alto_paths, sample().alto_paths);
        assert_eq!(back.embedded_paths, sample().embedded_paths);
        assert_eq!(back.left_out, sample().left_out);
        assert_eq!(back.correction, sample().correction);
        assert_eq!(back.received_package, sample().received_package);
        assert_eq!(back.object, sample().object);
        assert_eq!(write(&back), bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with(r#"{"agency":"VKS","batch":"b","correction":"#), "{text}");
        assert!(text.contains(r#""title":"Vụ án \"mẫu\"""#));
    }

    #[test]
    fn a_package_of_an_earlier_version_has_no_fields() {
        let mut json: serde_json::Value = serde_json::from_slice(&write(&sample())).unwrap();
        json["documents"][0].as_object_mut().unwrap().remove("fields").unwrap();
        json.as_object_mut().unwrap().remove("object").unwrap();
        let back = read("test", json.to_string().as_bytes()).unwrap();
        assert_eq!(back.object, None);
        assert!(back.case.documents[0].fields.is_empty());
        assert_eq!(back.case.documents[0].doc_type, Some(DocType::CaoTrang));
    }

    #[test]
    fn volumes_are_read_as_they_were_written() {
        let volume = |no: u8, dates: Option<(&str, &str)>| VolumeRef {
            no: no.into(),
            object: ObjectId::new(&format!("urn:VKS:uuid:1/tap-{no:02}")).unwrap(),
            manifest_sha256: Sha256([no; 32]),
            documents: 3,
            pages: 1000,
            dates: dates.map(|(a, b)| (PartialDate::parse(a).unwrap(), PartialDate::parse(b).unwrap())),
        };
        let mut parent = sample();
        (parent.case.documents, parent.case.masters) = (Vec::new(), Vec::new());
        parent.volumes = vec![volume(1, Some(("1998-05", "1999-01-02"))), volume(2, None)];
        let bytes = write(&parent);
        let back = read("test", &bytes).unwrap();
        assert_eq!(back.volumes, parent.volumes);
        assert_eq!(write(&back), bytes);
        assert!(String::from_utf8(bytes).unwrap().contains(r#""pages":2000,"#));
    }

    #[test]
    fn a_page_of_no_master_is_refused() {
        let text = String::from_utf8(write(&sample())).unwrap().replace(r#""master":0"#, r#""master":3"#);
        assert!(read("test", text.as_bytes()).is_err());
    }
}
