//! Lines of the two lists of Thông tư 02/2019/TT-BNV, which most digitized stock has: case files and documents.

use super::profile::{self, Profile};
use super::simpledc::{FieldFault, SimpleDc};
use record::{CaseFile, DocType, Document, Field, ObjectId, PartialDate};

/// A stored case file that is to be listed.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The object in the archive.
    pub id: &'a ObjectId,
    /// Mã cơ quan lưu trữ; may be empty.
    pub archive_code: &'a str,
    /// Mã phông.
    pub fonds: &'a str,
    /// Register data, documents and pages.
    pub case: &'a CaseFile,
    /// Of each document, the path of its searchable copy behind the name of its package, where it has one, and its SHA-256.
    pub pdfs: &'a [Option<(String, String)>],
}

/// A line: its values, and those that its columns have no room for, which are left out whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The values, by the table of [`Profile::Tt02File`] or [`Profile::Tt02Document`].
    pub values: SimpleDc,
    /// What is left out.
    pub left_out: Vec<FieldFault>,
}

const VIETNAMESE: &str = "01";
const CONDITIONAL: &str = "02";
const DIGITIZED: &str = "02";

/// The line of a case file.
pub fn line_of_case(listed: &Listed<'_>) -> Line {
    let header = &listed.case.header;
    let mut line = SimpleDc::new(Profile::Tt02File);
    line.set("identifier", listed.archive_code);
    line.set("organId", listed.fonds);
    line.set("fileNotation", header.code.as_str());
    line.set("fileCode", header.code.as_str());
    line.set("box", &header.paper_location);
    line.set("title", &header.title);
    line.set("maintenance", &header.retention);
    line.set("rights", word("mode", CONDITIONAL));
    line.set("language", word("language", VIETNAMESE));
    let year = header.year.map(|year| PartialDate { year, month: None, day: None });
    if let Some(year) = header.year {
        line.set("fileCatalog", year.to_string());
    }
    let dates = || listed.case.documents.iter().filter_map(|document| document.date);
    for (name, date) in [("startDate", dates().min()), ("endDate", dates().max())] {
        if let Some(date) = date.or(year) {
            line.set(name, profile::date_text(date));
        }
    }
    line.set("totalDoc", listed.case.documents.len().to_string());
    if let Some(sheets) = header.sheets {
        line.set("maximum", sheets.to_string());
    }
    line.set("pageNumber", listed.case.pages().count().to_string());
    line.set("confidenceLevel", word("confidence", DIGITIZED));
    line.set("unit", &header.unit);
    line.set("secrecy", header.secrecy.vietnamese());
    line.set("package", listed.id.as_str());
    fitting(line)
}

/// The line of each document, from facts only, never from proposals.
pub fn lines_of_documents<'a>(listed: &'a Listed<'a>) -> impl Iterator<Item = Line> + 'a {
    listed.case.documents.iter().zip(listed.pdfs).map(|(document, pdf)| {
        let mut line = SimpleDc::new(Profile::Tt02Document);
        let code = listed.case.header.code.as_str();
        line.set("fileCode", code);
        line.set("docOrdinal", document.no.to_string());
        line.set("docCode", format!("{code}.{:07}", document.no.get()));
        line.set("typeName", document.doc_type.map_or("", DocType::vietnamese));
        let fields = &document.fields;
        let texts =
            [("codeNumber", &fields.number), ("codeNotation", &fields.symbol), ("subject", &fields.subject)];
        for (name, field) in texts {
            line.set(name, field.as_ref().and_then(Field::accepted).map_or("", String::as_str));
        }
        line.set("issuedDate", document.date.map(profile::date_text).unwrap_or_default());
        let body = fields.issuing_body.as_ref().and_then(Field::accepted);
        line.set("organName", body.map_or("", |body| body.name.as_str()));
        line.set("language", word("language", VIETNAMESE));
        line.set("pageAmount", document.pages.len().to_string());
        line.set("mode", word("mode", CONDITIONAL));
        line.set("confidenceLevel", word("confidence", DIGITIZED));
        line.set("folios", folios(document));
        if let Some((path, sha256)) = pdf {
            line.set("path", path);
            line.set("sha256", sha256);
        }
        fitting(line)
    })
}

fn word(list: &str, code: &str) -> &'static str {
    profile::meaning(list, code).expect("a code of the list")
}

/// `45`, or `45–52`: the first and the last that are known.
fn folios(document: &Document) -> String {
    let mut labels = document.pages.iter().filter_map(|page| page.folio.as_ref()).map(|f| f.label.as_str());
    match (labels.next(), labels.next_back()) {
        (Some(first), Some(last)) if first != last => format!("{first}–{last}"),
        (first, _) => first.unwrap_or_default().to_owned(),
    }
}

fn fitting(mut values: SimpleDc) -> Line {
    let left_out = values.faults();
    left_out.iter().for_each(|fault| values.clear(&fault.field.name));
    Line { values, left_out }
}
