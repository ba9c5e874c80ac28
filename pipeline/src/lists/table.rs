//! Two tables on their way into files: CSV for programs, XLSX for people.

use crate::PipelineError;
use archive_store::package::{Kind, Profile, SimpleDc};
use durable::Staged;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

/// What a list is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// RFC 4180: commas, quotes, CRLF; UTF-8 with a byte order mark, without which Excel takes it for the system's code page.
    Csv,
    /// Office Open XML.
    Xlsx,
}

impl ListFormat {
    /// By the ending of a file's name.
    pub fn of(path: &Path) -> Option<ListFormat> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }
}

/// The lists, with the name that each has in files.
const LISTS: [(Profile, &str, &str); 2] =
    [(Profile::Tt02File, "ho-so", "Hồ sơ"), (Profile::Tt02Document, "van-ban", "Văn bản")];
/// Lines of a sheet (ECMA-376), the first of which has the columns' names.
const MAX_ROWS: u32 = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Both tables; files appear with [`Tables::finish`].
pub(super) enum Tables {
    Csv([(PathBuf, csv::Writer<Staged>); 2]),
    Xlsx { out: PathBuf, book: Box<Workbook>, sheets: Box<[Sheets; 2]> },
}

/// The sheets of one list: as many as its lines need.
pub(super) struct Sheets {
    profile: Profile,
    name: &'static str,
    full: Vec<Worksheet>,
    last: Worksheet,
    rows: u32,
}

impl Tables {
    pub(super) fn create(format: ListFormat, out: &Path) -> Result<Tables, PipelineError> {
        match format {
            ListFormat::Csv => {
                let [cases, documents] = LISTS.map(|(profile, suffix, _)| {
                    let path = out.with_extension(format!("{suffix}.csv"));
                    csv_writer(&path, profile).map(|writer| (path, writer))
                });
                Ok(Tables::Csv([cases?, documents?]))
            }
            ListFormat::Xlsx => {
                check_free(out)?;
                let mut book = Workbook::new();
                // Lines go to temporary files as they come.
                book.set_tempdir(folder_of(out)).map_err(failed(out))?;
                let [cases, documents] =
                    LISTS.map(|(profile, _, name)| Sheets::new(&mut book, out, profile, name));
                let sheets = Box::new([cases?, documents?]);
                Ok(Tables::Xlsx { out: out.to_owned(), book: Box::new(book), sheets })
            }
        }
    }

    pub(super) fn add(&mut self, list: Profile, line: &SimpleDc) -> Result<(), PipelineError> {
        let idx = LISTS.iter().position(|(profile, ..)| *profile == list).expect("one of the lists");
        match self {
            Tables::Csv(writers) => {
                let (path, writer) = &mut writers[idx];
                let cells =
                    list.fields().iter().map(|field| plain(line.get(&field.name).unwrap_or_default()));
                writer.write_record(cells).map_err(|e| PipelineError::io(&*path)(e.into()))
            }
            Tables::Xlsx { out, book, sheets } => sheets[idx].add(book, out, line),
        }
    }

    /// The files written.
    pub(super) fn finish(self) -> Result<Vec<PathBuf>, PipelineError> {
        match self {
            Tables::Csv(writers) => {
                let mut done = Vec::new();
                for (path, writer) in writers {
                    let staged = writer.into_inner().map_err(|e| PipelineError::io(&path)(e.into_error()))?;
                    done.push((path, staged.seal()?));
                }
                let place =
                    |(path, sealed): (PathBuf, durable::SealedFile)| sealed.put_new(&path).map(|_| path);
                Ok(done.into_iter().map(place).collect::<Result<_, _>>()?)
            }
            Tables::Xlsx { out, mut book, sheets } => {
                for Sheets { full, last, .. } in *sheets {
                    full.into_iter().chain([last]).for_each(|sheet| book.push_worksheet(sheet));
                }
                let mut scratch = tempfile::tempfile_in(folder_of(&out)).map_err(PipelineError::io(&out))?;
                book.save_to_writer(&mut scratch).map_err(failed(&out))?;
                scratch.rewind().map_err(PipelineError::io(&out))?;
                put_new(&out, scratch)?;
                Ok(vec![out])
            }
        }
    }
}

impl Sheets {
    fn new(
        book: &mut Workbook,
        out: &Path,
        profile: Profile,
        name: &'static str,
    ) -> Result<Sheets, PipelineError> {
        let last = sheet(book, profile, name).map_err(failed(out))?;
        Ok(Sheets { profile, name, full: Vec::new(), last, rows: 1 })
    }

    fn add(&mut self, book: &mut Workbook, out: &Path, line: &SimpleDc) -> Result<(), PipelineError> {
        if self.rows == MAX_ROWS {
            let name = format!("{} {}", self.name, self.full.len() + 2);
            let next = sheet(book, self.profile, &name).map_err(failed(out))?;
            self.full.push(std::mem::replace(&mut self.last, next));
            self.rows = 1;
        }
        let row = self.rows;
        self.rows += 1;
        for (column, field) in (0u16..).zip(self.profile.fields()) {
            let Some(value) = line.get(&field.name) else { continue };
            // Digits of a count are a number, everything else is text, whatever it looks like.
            let written = match (field.kind, value.parse::<u32>()) {
                (Kind::Number, Ok(number)) => self.last.write_number(row, column, number),
                _ => self.last.write_string(row, column, value),
            };
            written.map_err(failed(out))?;
        }
        Ok(())
    }
}

fn sheet(book: &mut Workbook, profile: Profile, name: &str) -> Result<Worksheet, XlsxError> {
    let mut sheet = book.new_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, field) in (0u16..).zip(profile.fields()) {
        sheet.write_string(0, column, &field.vietnamese)?;
    }
    Ok(sheet)
}

fn csv_writer(path: &Path, profile: Profile) -> Result<csv::Writer<Staged>, PipelineError> {
    check_free(path)?;
    let mut staged = Staged::create_in(folder_of(path))?;
    staged.write_all(BYTE_ORDER_MARK).map_err(PipelineError::io(path))?;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(staged);
    let names = profile.fields().iter().map(|field| &field.vietnamese);
    writer.write_record(names).map_err(|e| PipelineError::io(path)(e.into()))?;
    Ok(writer)
}

/// A cell of CSV: what a spreadsheet would take for a formula gets an apostrophe in front, which makes it text (OWASP, CSV
/// Injection).
fn plain(value: &str) -> String {
    const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    if value.starts_with(FORMULA) { format!("'{value}") } else { value.to_owned() }
}

fn check_free(path: &Path) -> Result<(), PipelineError> {
    if path.symlink_metadata().is_ok() {
        return Err(durable::DurableError::Exists { op: "write", path: path.to_owned() }.into());
    }
    Ok(())
}

fn put_new(path: &Path, mut file: File) -> Result<(), PipelineError> {
    durable::put_new(path, &mut file)?;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(path: &Path) -> impl Fn(XlsxError) -> PipelineError {
    move |error| {
        PipelineError::io(path)(match error {
            XlsxError::IoError(source) => source,
            other => io::Error::other(other.to_string()),
        })
    }
}

#[cfg(test)]
mod tests;
