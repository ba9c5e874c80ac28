//! `butluc.csv` in the folder of a case file: the folio marks as a person listed them (`file,page,folio`).

use crate::list_text;
use crate::survey::open_plain;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use vitext::legacy::Encoding;

/// Folio marks by file (name below the case folder) and page of that file (from 1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolioList {
    marks: HashMap<(String, u32), String>,
    converted_from: Option<Encoding>,
}

/// The name of the list inside a case folder.
pub(crate) const FILE_NAME: &str = "butluc.csv";

impl FolioList {
    /// Reads the list; a missing list is an empty one. The error names the line.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let file = match open_plain(path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(e.to_string()),
        };
        let list = list_text::read(file).map_err(|e| e.to_string())?;
        let mut marks = HashMap::new();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(list.text.as_bytes());
        let head = reader.headers().map_err(|e| e.to_string())?.clone();
        let column = |name: &str| {
            head.iter()
                .position(|h| h.trim_start_matches('\u{feff}') == name)
                .ok_or_else(|| format!("the column {name:?} is missing"))
        };
        let (file, page, folio) = (column("file")?, column("page")?, column("folio")?);
        for row in reader.records() {
            let row = row.map_err(|e| e.to_string())?;
            let line = row.position().map_or(0, csv::Position::line);
            let cell = |i: usize| row.get(i).unwrap_or("");
            let page: u32 = cell(page).parse().map_err(|_| format!("line {line}: page {:?}", cell(page)))?;
            // Stamps are read without leading zeros; so is the list.
            let mark = vitext::nfc(cell(folio)).trim_start_matches('0').to_owned();
            if !mark.is_empty() {
                marks.insert((vitext::nfc(cell(file)).to_string(), page), mark);
            }
        }
        Ok(Self { marks, converted_from: list.converted_from })
    }

    /// The encoding it was converted from, when it was not Unicode.
    pub(crate) fn converted_from(&self) -> Option<Encoding> {
        self.converted_from
    }

    /// The folio mark of a page, counted from 1 in its file.
    pub fn get(&self, file: &str, page: u32) -> Option<&str> {
        self.marks.get(&(file.to_owned(), page)).map(String::as_str)
    }
}
