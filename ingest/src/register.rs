//! `batch.csv`: what the archive's register says of the case files of a batch.

use crate::list_text::{self, ListError};
use crate::survey::open_plain;
use record::{CaseCode, CaseHeader, IdError, Secrecy};
use std::io;
use std::path::{Path, PathBuf};
use vitext::legacy::Encoding;

/// The name of the list in the batch folder.
pub(crate) const FILE_NAME: &str = "batch.csv";

const COLUMNS: [&str; 9] =
    ["code", "title", "unit", "year", "retention", "secrecy", "sheets", "pages", "paper_location"];

/// A list that cannot be used. Nothing is received then: a wrong list would put pages under wrong case files.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// It cannot be opened, or is a link or special file.
    #[error("{path}: {source}")]
    Open {
        /// The list.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no text that could be made out.
    #[error("{path}: {source}")]
    Text {
        /// The list.
        path: PathBuf,
        /// Why.
        source: ListError,
    },
    /// It cannot be read as CSV.
    #[error("{path}: not a CSV file: {source}")]
    Csv {
        /// The list.
        path: PathBuf,
        /// What the reader said.
        source: csv::Error,
    },
    /// A column nobody knows, or no column `code`.
    #[error("{path}: {problem}")]
    Columns {
        /// The list.
        path: PathBuf,
        /// What is wrong with its head line.
        problem: String,
    },
    /// A value of a line cannot be used.
    #[error("{path}, line {line}: {problem}")]
    Value {
        /// The list.
        path: PathBuf,
        /// Line of the file, from 1.
        line: u64,
        /// Which value and why.
        problem: String,
    },
}

/// One line: the header of a case file, without a secrecy declaration where the column is empty.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) header: CaseHeader,
    pub(crate) secrecy_declared: bool,
}

/// The list.
#[derive(Debug)]
pub(crate) struct Register {
    pub(crate) entries: Vec<Entry>,
    /// The encoding it was converted from, when it was not Unicode.
    pub(crate) converted_from: Option<Encoding>,
}

/// Reads the list; `None` when there is none. `fallback` is the secrecy declared for the whole batch.
pub(crate) fn read(path: &Path, fallback: Option<Secrecy>) -> Result<Option<Register>, RegisterError> {
    let file = match open_plain(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(RegisterError::Open { path: path.to_owned(), source }),
    };
    let csv_error = |source| RegisterError::Csv { path: path.to_owned(), source };
    let list =
        list_text::read(file).map_err(|source| RegisterError::Text { path: path.to_owned(), source })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(list.text.as_bytes());
    let head: Vec<String> = reader
        .headers()
        .map_err(csv_error)?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_lowercase())
        .collect();
    let columns = |problem| RegisterError::Columns { path: path.to_owned(), problem };
    if let Some(unknown) = head.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        return Err(columns(format!("unknown column {unknown:?}; known are {}", COLUMNS.join(", "))));
    }
    if !head.iter().any(|name| name == "code") {
        return Err(columns("the column \"code\" is missing".into()));
    }
    let mut entries: Vec<Entry> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(csv_error)?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |name: &str| head.iter().position(|h| h == name).and_then(|i| row.get(i)).unwrap_or("");
        let entry = entry(&cell, fallback).map_err(|problem| RegisterError::Value {
            path: path.to_owned(),
            line,
            problem,
        })?;
        if entries.iter().any(|e| e.header.code == entry.header.code) {
            let problem = format!("the code {} stands in the list twice", entry.header.code);
            return Err(RegisterError::Value { path: path.to_owned(), line, problem });
        }
        entries.push(entry);
    }
    Ok(Some(Register { entries, converted_from: list.converted_from }))
}

fn entry<'a>(cell: &impl Fn(&str) -> &'a str, fallback: Option<Secrecy>) -> Result<Entry, String> {
    let text = |name: &str| vitext::nfc(cell(name)).to_string();
    let number = |name: &str| match cell(name) {
        "" => Ok(None),
        value => value.parse::<u32>().map(Some).map_err(|_| format!("{name} {value:?} is not a number")),
    };
    let declared = match cell("secrecy") {
        "" => None,
        value => Some(
            Secrecy::parse(&vitext::nfc(value))
                .ok_or_else(|| format!("secrecy {value:?} is not one of thuong, mat, toi-mat, tuyet-mat"))?,
        ),
    };
    let year = match number("year")? {
        None => None,
        Some(year @ 1900..=2100) => Some(year as u16),
        Some(year) => return Err(format!("year {year} is not between 1900 and 2100")),
    };
    Ok(Entry {
        header: CaseHeader {
            code: CaseCode::new(&text("code")).map_err(|e: IdError| e.to_string())?,
            title: text("title"),
            unit: text("unit"),
            year,
            retention: text("retention"),
            secrecy: declared.or(fallback).unwrap_or(Secrecy::Thuong),
            sheets: number("sheets")?,
            pages: number("pages")?,
            paper_location: text("paper_location"),
        },
        secrecy_declared: declared.or(fallback).is_some(),
    })
}
