//! The field tables of Thông tư 05/2025/TT-BNV as data: `fields.csv`, `codes.csv`, `doc_types.csv`. What the circular says
//! twice and differently stands in the column `note`.

use record::{DocType, PartialDate};
use serde::Deserialize;
use std::fmt;
use std::sync::LazyLock;

/// Which sheet of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `EAD.xml` of `AIP_hoso` (annex I): a case file, 18 fields.
    AipFile,
    /// `EAD_doc_*.xml` of `AIP_hoso` (annex I): a document, 19 fields.
    AipDocument,
    /// `EAD.xml` of `SIP_hoso` (annex III): a case file, 18 fields.
    SipFile,
    /// `EAD_doc_*.xml` of `SIP_hoso` (annex III): a document, 21 fields.
    SipDocument,
    /// `EAD.xml` of the DIP (annex V): a case file, 18 fields.
    DipFile,
    /// `EAD_doc_*.xml` of the DIP (annex V): a document, 20 fields.
    DipDocument,
    /// A line of the list of case files of Thông tư 02/2019/TT-BNV (repealed, in use): 23 columns.
    Tt02File,
    /// A line of its list of documents: 22 columns.
    Tt02Document,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 8] = [
        Self::AipFile,
        Self::AipDocument,
        Self::SipFile,
        Self::SipDocument,
        Self::DipFile,
        Self::DipDocument,
        Self::Tt02File,
        Self::Tt02Document,
    ];

    /// Its name in tables and messages.
    pub fn code(self) -> &'static str {
        match self {
            Self::AipFile => "aip-hoso/ead",
            Self::AipDocument => "aip-hoso/ead-doc",
            Self::SipFile => "sip-hoso/ead",
            Self::SipDocument => "sip-hoso/ead-doc",
            Self::DipFile => "dip-hoso/ead",
            Self::DipDocument => "dip-hoso/ead-doc",
            Self::Tt02File => "tt02/ho-so",
            Self::Tt02Document => "tt02/van-ban",
        }
    }

    /// The files that it is for, and what they describe.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::AipFile | Self::SipFile | Self::DipFile => "metadata/descriptive/EAD.xml: a case file",
            Self::AipDocument | Self::SipDocument | Self::DipDocument => "EAD_doc_*.xml: a document",
            Self::Tt02File => "a line of the list of case files",
            Self::Tt02Document => "a line of the list of documents",
        }
    }

    /// The package that has such sheets, and the circular's annex about it.
    pub(super) fn package(self) -> (&'static str, &'static str) {
        match self {
            Self::AipFile | Self::AipDocument => ("AIP_hoso", "I"),
            Self::SipFile | Self::SipDocument => ("SIP_hoso", "III"),
            Self::DipFile | Self::DipDocument => ("DIP", "V"),
            Self::Tt02File | Self::Tt02Document => ("TT02", ""),
        }
    }

    /// Its fields, in the order in which they are written.
    pub fn fields(self) -> &'static [Field] {
        let idx = Self::ALL.iter().position(|p| *p == self).expect("ALL holds all");
        &TABLES.fields[idx]
    }

    /// A field by its own name or one that other programs give it.
    pub fn field(self, name: &str) -> Option<&'static Field> {
        let fields = self.fields().iter();
        let other = |f: &&Field| f.aliases.iter().any(|alias| alias == name);
        fields.clone().find(|f| f.name == name).or_else(|| fields.clone().find(other))
    }
}

/// One field of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Element name.
    pub name: String,
    /// The circular's name.
    pub vietnamese: String,
    /// What may stand in it.
    pub kind: Kind,
    /// Most characters; for numbers, digits.
    pub max_chars: usize,
    /// Whether a case file digitized from paper must have it.
    pub is_required: bool,
    /// Names under which other programs write it.
    pub aliases: Vec<String>,
    /// Where the circular contradicts itself.
    pub note: String,
}

/// What may stand in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Digits.
    Number,
    /// `DD/MM/YYYY`.
    Date,
    /// `DD/MM/YYYY`, `MM/YYYY` or `YYYY`.
    PartialDate,
    /// `0` or `1`.
    Flag,
    /// One code of a list.
    Code(&'static str),
    /// One or several codes of a list, with commas between them.
    Codes(&'static str),
}

/// Why a value may not stand in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// More characters than the circular allows.
    TooLong {
        /// Characters found.
        chars: usize,
        /// Characters allowed.
        max: usize,
    },
    /// Not what the field is for: no number, no date, no code of its list.
    NotOfKind(Kind),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { chars, max } => write!(f, "{chars} characters, {max} are allowed"),
            Self::NotOfKind(Kind::Number) => f.write_str("no number"),
            Self::NotOfKind(Kind::Date) => f.write_str("no date DD/MM/YYYY"),
            Self::NotOfKind(Kind::PartialDate) => f.write_str("no date DD/MM/YYYY, MM/YYYY or YYYY"),
            Self::NotOfKind(Kind::Flag) => f.write_str("neither 0 nor 1"),
            Self::NotOfKind(Kind::Code(list) | Kind::Codes(list)) => write!(f, "no code of the list {list}"),
            Self::NotOfKind(Kind::Text) => f.write_str("no text"),
        }
    }
}

impl Field {
    /// What is wrong with a value; an empty one is "unknown" and never wrong here.
    pub fn fault(&self, value: &str) -> Option<Fault> {
        if value.is_empty() {
            return None;
        }
        let chars = value.chars().count();
        if chars > self.max_chars {
            return Some(Fault::TooLong { chars, max: self.max_chars });
        }
        let holds = match self.kind {
            Kind::Text => true,
            Kind::Number => value.bytes().all(|b| b.is_ascii_digit()),
            Kind::Date => date_from(value).is_some_and(|d| d.day.is_some()),
            Kind::PartialDate => date_from(value).is_some(),
            Kind::Flag => matches!(value, "0" | "1"),
            Kind::Code(list) => meaning(list, value).is_some(),
            Kind::Codes(list) => value.split(',').all(|code| meaning(list, code.trim()).is_some()),
        };
        (!holds).then_some(Fault::NotOfKind(self.kind))
    }
}

/// `12/05/1998`, `05/1998` or `1998`.
pub fn date_text(date: PartialDate) -> String {
    match (date.month, date.day) {
        (Some(month), Some(day)) => format!("{day:02}/{month:02}/{:04}", date.year),
        (Some(month), None) => format!("{month:02}/{:04}", date.year),
        _ => format!("{:04}", date.year),
    }
}

/// Reads what [`date_text`] writes.
pub fn date_from(text: &str) -> Option<PartialDate> {
    let parts: Vec<&str> = text.rsplit('/').collect();
    let widths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
    matches!(widths.as_slice(), [4] | [4, 2] | [4, 2, 2]).then(|| PartialDate::parse(&parts.join("-")))?
}

/// The codes of a list, in its order.
pub(super) fn codes(list: &str) -> impl Iterator<Item = &'static str> {
    TABLES.codes.iter().filter(move |c| c.list == list).map(|c| c.code.as_str())
}

/// What a code of a list means.
pub fn meaning(list: &str, code: &str) -> Option<&'static str> {
    TABLES.codes.iter().find(|c| c.list == list && c.code == code).map(|c| c.vietnamese.as_str())
}

/// The code of a list for a Vietnamese word; letter case and the number of spaces do not count.
pub fn code_of(list: &str, word: &str) -> Option<&'static str> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let word = plain(word);
    TABLES.codes.iter().find(|c| c.list == list && plain(&c.vietnamese) == word).map(|c| c.code.as_str())
}

/// `typeName` for one of our document types. The circular knows none of the papers of criminal procedure but decisions
/// and minutes: the others are `32` Khác.
pub fn type_code(doc_type: DocType) -> &'static str {
    let row = TABLES.doc_types.iter().find(|row| row.doc_type == doc_type.code());
    row.map_or(OTHER_TYPE, |row| row.code.as_str())
}

/// `typeName` Khác.
pub(super) const OTHER_TYPE: &str = "32";

struct Tables {
    /// By [`Profile::ALL`].
    fields: [Vec<Field>; 8],
    codes: Vec<CodeRow>,
    doc_types: Vec<TypeRow>,
}

#[derive(Deserialize)]
struct FieldRow {
    profile: String,
    field: String,
    vietnamese: String,
    kind: String,
    max: usize,
    required: String,
    aliases: String,
    note: String,
}

#[derive(Deserialize)]
struct CodeRow {
    list: String,
    code: String,
    vietnamese: String,
}

#[derive(Deserialize)]
struct TypeRow {
    doc_type: String,
    code: String,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let rows: Vec<FieldRow> = rows(include_str!("fields.csv"));
    let of = |profile: Profile| rows.iter().filter(|r| r.profile == profile.code()).map(field).collect();
    Tables {
        fields: Profile::ALL.map(of),
        codes: self::rows(include_str!("codes.csv")),
        doc_types: self::rows(include_str!("doc_types.csv")),
    }
});

fn rows<T: for<'a> Deserialize<'a>>(table: &str) -> Vec<T> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    reader.deserialize().map(|row| row.expect("the tables are part of the program")).collect()
}

fn field(row: &FieldRow) -> Field {
    Field {
        name: row.field.clone(),
        vietnamese: row.vietnamese.clone(),
        kind: kind(&row.kind),
        max_chars: row.max,
        is_required: row.required == "yes",
        aliases: row.aliases.split_whitespace().map(str::to_owned).collect(),
        note: row.note.clone(),
    }
}

fn kind(text: &str) -> Kind {
    const LISTS: [&str; 6] = ["maintenance", "mode", "language", "format", "confidence", "risk"];
    let list = |name: &str| {
        LISTS.into_iter().chain(["type"]).find(|l| *l == name).expect("the tables name known lists")
    };
    match text.split_once(':') {
        Some(("code", name)) => Kind::Code(list(name)),
        Some(("codes", name)) => Kind::Codes(list(name)),
        _ => match text {
            "text" => Kind::Text,
            "number" => Kind::Number,
            "date" => Kind::Date,
            "partial-date" => Kind::PartialDate,
            "flag" => Kind::Flag,
            other => unreachable!("the tables have no kind {other}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheets_have_the_fields_that_the_circular_counts() {
        assert_eq!(Profile::ALL.map(|p| p.fields().len()), [18, 19, 18, 21, 18, 20, 23, 22]);
        let kinds = Profile::ALL.iter().flat_map(|p| p.fields()).map(|f| f.kind);
        for kind in kinds {
            if let Kind::Code(list) | Kind::Codes(list) = kind {
                assert!(meaning(list, "01").is_some(), "{list}");
            }
        }
    }

    #[test]
    fn every_document_type_has_a_code_of_the_circular() {
        for doc_type in DocType::ALL {
            let row = TABLES.doc_types.iter().find(|r| r.doc_type == doc_type.code());
            assert!(row.is_some_and(|r| meaning("type", &r.code).is_some()), "{}", doc_type.code());
        }
        assert_eq!(TABLES.doc_types.len(), DocType::ALL.len());
        assert_eq!(type_code(DocType::CaoTrang), OTHER_TYPE);
        assert_eq!(type_code(DocType::BienBanHoiCung), "20");
    }

    #[test]
    fn retention_is_known_by_its_words() {
        assert_eq!(code_of("maintenance", "vĩnh viễn"), Some("01"));
        assert_eq!(code_of("maintenance", " 50  Năm "), Some("03"));
        assert_eq!(code_of("maintenance", "15 năm"), None);
    }

    #[test]
    fn dates_are_written_with_slashes() {
        for text in ["12/05/1998", "05/1998", "1998"] {
            assert_eq!(date_text(date_from(text).unwrap()), text);
        }
        for bad in ["12-05-1998", "1/5/1998", "13/1998", "40/05/1998", "98", "", "12/05/1998/1"] {
            assert_eq!(date_from(bad), None, "{bad}");
        }
    }

    #[test]
    fn values_are_checked_against_the_table() {
        let field = |name| Profile::AipFile.field(name).unwrap();
        assert_eq!(field("title").fault(&"ệ".repeat(1000)), None);
        assert_eq!(field("title").fault(&"ệ".repeat(1001)), Some(Fault::TooLong { chars: 1001, max: 1000 }));
        assert!(field("maintenance").fault("08").is_some() && field("maintenance").fault("07").is_none());
        assert!(field("language").fault("01,02").is_none() && field("language").fault("01;02").is_some());
        assert!(field("totalDoc").fault("1a").is_some() && field("riskRecovery").fault("2").is_some());
        assert!(field("startDate").fault("2019").is_none());
        assert!(Profile::SipFile.field("startDate").unwrap().fault("2019").is_some());
        assert_eq!(Profile::AipDocument.field("arcDocCode").unwrap().name, "docCode");
    }
}
