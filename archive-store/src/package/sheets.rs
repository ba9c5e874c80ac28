//! What the sheets of a case file and its documents say: from the words of `record` to the circular's fields.

use super::profile::{self, Fault, OTHER_TYPE};
use super::simpledc::SimpleDc;
use super::{Description, LeftOut, PackageError, PackageType, VolumeLink, uuid, vietnam_time};
use record::{Document, Field, PartialDate, Secrecy};

/// Số hóa: made by scanning paper.
const DIGITIZED: &str = "02";
const VIETNAMESE: &str = "01";
const OTHER_RETENTION: &str = "07";

/// `EAD.xml`. What people wrote into the register and the circular has no room for is an error: they can shorten it. Dates
/// without a day, which the SIP does not know, are left out there.
pub(super) fn of_case(d: &Description<'_>, package: PackageType) -> Result<SimpleDc, PackageError> {
    let header = &d.case.header;
    let mut sheet = SimpleDc::new(package.case_sheet());
    match package {
        PackageType::Sip => sheet.set("fileCode", header.code.as_str()),
        PackageType::Aip | PackageType::Dip => sheet.set("arcFileCode", file_code(d)),
    }
    sheet.set("title", &header.title);
    let retention = header.retention.trim();
    let known = profile::code_of("maintenance", retention);
    sheet.set("maintenance", maintenance(retention));
    sheet.set("mode", mode(header.secrecy));
    sheet.set("language", VIETNAMESE);
    let own = || d.case.documents.iter().filter_map(|document| document.date);
    let dates = || own().chain(d.volumes.iter().filter_map(|volume| volume.dates).flat_map(<[_; 2]>::from));
    let year = header.year.map(|year| PartialDate { year, month: None, day: None });
    for (name, date) in [("startDate", dates().min()), ("endDate", dates().max())] {
        if let Some(date) = date.or(year) {
            sheet.set(name, profile::date_text(date));
        }
        if sheet.fault(name).is_some() {
            sheet.clear(name);
        }
    }
    let (documents, pages) = (d.case.documents.len() as u64, d.case.pages().count() as u64);
    let sum = |count: fn(&VolumeLink<'_>) -> u32| d.volumes.iter().map(count).map(u64::from).sum::<u64>();
    sheet.set("totalDoc", (documents + sum(|volume| volume.documents)).to_string());
    // The register counts the sheets of the whole case file.
    if let Some(sheets) = header.sheets.filter(|_| d.volume.is_none()) {
        sheet.set("numberOfPaper", sheets.to_string());
    }
    sheet.set("numberOfPage", (pages + sum(|volume| volume.pages)).to_string());
    sheet.set("confidenceLevel", DIGITIZED);
    sheet.set("paperFileCode", &header.paper_location);
    let mut notes = Vec::new();
    if let Some(no) = d.volume {
        notes.push(format!("Tập {no} của hồ sơ."));
    }
    if !d.volumes.is_empty() {
        notes.push(format!("Gồm {} tập.", d.volumes.len()));
    }
    if !header.unit.is_empty() {
        notes.push(format!("Đơn vị: {}.", header.unit));
    }
    if known.is_none() && !retention.is_empty() {
        notes.push(format!("Thời hạn lưu trữ: {retention}."));
    }
    if d.left_out > 0 {
        notes.push(format!("Niêm phong thiếu {} tệp, xem metadata/other/case.json.", d.left_out));
    }
    let told = notes.join(" ");
    // Who converted the paper, when and with what. Only here is it known; where the notes leave no room, PREMIS has it.
    if package == PackageType::Aip {
        sheet.set("description", format!("{told} {}", conversion(d)));
    }
    if package != PackageType::Aip || sheet.fault("description").is_some() {
        sheet.set("description", told);
    }
    match sheet.faults().into_iter().next() {
        Some(fault) => Err(too_long(&fault.field.name, &fault.fault)),
        None => Ok(sheet),
    }
}

fn conversion(d: &Description<'_>) -> String {
    let or_unknown = |text: Option<&str>| text.unwrap_or("chưa rõ").to_owned();
    let (name, version) = d.software;
    let (agency, at) = (d.agency, vietnam_time(d.conversion.received));
    match d.origin.as_ref().filter(|origin| origin.is_new) {
        Some(_) => format!(
            "Số hóa trước khi gửi đến; người thực hiện, thiết bị: chưa rõ. Nhận và đóng gói: {agency}, chương trình {name} {version}, lúc {at}."
        ),
        None => format!(
            "Số hóa: {agency}; người thực hiện: {}; thiết bị: {}; chương trình: {name} {version}; lúc {at}.",
            or_unknown(d.conversion.operator),
            or_unknown(d.conversion.device)
        ),
    }
}

fn too_long(field: &str, fault: &Fault) -> PackageError {
    let column = match field {
        "arcFileCode" => "code",
        "paperFileCode" => "paper_location",
        "description" => "unit, retention",
        _ => "title",
    };
    PackageError::Register { column, field: field.to_owned(), fault: fault.clone() }
}

/// `EAD_doc_<n>.xml`, from facts only, never from proposals. What was read and the circular has no room for is left out
/// whole; `case.json` keeps it.
pub(super) fn of_document(
    d: &Description<'_>,
    package: PackageType,
    document: &Document,
) -> (SimpleDc, Vec<LeftOut>) {
    let mut sheet = SimpleDc::new(package.document_sheet());
    let fields = &document.fields;
    if package == PackageType::Aip {
        sheet.set("arcFileCode", file_code(d));
        sheet.set("docOrdinal", document.no.to_string());
    } else {
        sheet.set("docId", document_id(d, document));
        sheet.set("maintenance", maintenance(d.case.header.retention.trim()));
    }
    sheet.set("mode", mode(d.case.header.secrecy));
    sheet.set("language", VIETNAMESE);
    sheet.set("numberOfPage", document.pages.len().to_string());
    sheet.set("confidenceLevel", DIGITIZED);
    sheet.set("docCode", format!("{}.{:07}", file_code(d), document.no.get()));
    if let Some(doc_type) = document.doc_type {
        let code = profile::type_code(doc_type);
        sheet.set("typeName", code);
        if code == OTHER_TYPE {
            sheet.set("description", format!("Loại tài liệu: {}.", doc_type.vietnamese()));
        }
    }
    let texts =
        [("codeNumber", &fields.number), ("codeNotation", &fields.symbol), ("subject", &fields.subject)];
    for (name, field) in texts {
        if let Some(text) = field.as_ref().and_then(Field::accepted) {
            sheet.set(name, text);
        }
    }
    if let Some(date) = document.date {
        sheet.set("issuedDate", profile::date_text(date));
    }
    let has_organ = package != PackageType::Dip;
    if let Some(body) = fields.issuing_body.as_ref().and_then(Field::accepted).filter(|_| has_organ) {
        sheet.set("organName", &body.name);
    }
    let left_out = sheet.faults().into_iter().map(|fault| LeftOut {
        document: document.no,
        field: fault.field.name.clone(),
        fault: fault.fault,
    });
    let left_out: Vec<LeftOut> = left_out.collect();
    left_out.iter().for_each(|one| sheet.clear(&one.field));
    (sheet, left_out)
}

/// `maintenance` by the words of the register; nothing where it has none.
fn maintenance(retention: &str) -> &'static str {
    match retention {
        "" => "",
        words => profile::code_of("maintenance", words).unwrap_or(OTHER_RETENTION),
    }
}

/// Mã định danh tài liệu, at most 25 characters: the first 24 digits of the document's UUID.
fn document_id(d: &Description<'_>, document: &Document) -> String {
    let digits = uuid(&[d.id.as_str(), &format!("document {}", document.no)]).replace('-', "");
    digits[..24].to_owned()
}

/// Mã hồ sơ lưu trữ: archive code and case code (TT05, annex I).
fn file_code(d: &Description<'_>) -> String {
    match d.archive_code {
        "" => d.case.header.code.to_string(),
        archive => format!("{archive}.{}", d.case.header.code),
    }
}

/// Case files are never open to the public as such: what is no secret is "có điều kiện".
fn mode(secrecy: Secrecy) -> &'static str {
    match secrecy {
        Secrecy::Thuong => "02",
        Secrecy::Mat | Secrecy::ToiMat | Secrecy::TuyetMat => "03",
    }
}
