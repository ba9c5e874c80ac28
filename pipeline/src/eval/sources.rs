//! Where the texts of both sides come from: files, folders whose files pair by name, the truth of a generated set, an archive,
//! exported case files. Layouts: `docs/format/eval-report.md`.

use super::EvalError;
use super::score::{Expected, Field};
use crate::format::case_json::{self, CaseRecord};
use crate::format::truth_json::{self, CaseTruth, PageTruth, SetTruth};
use crate::{PipelineError, ReadingRoom};
use ocr::header::Units;
use record::{CaseCode, CaseFile, Clearance, PageNo, PageText};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// No file that is read whole is longer.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Endings of files with text, longest first.
const TEXT_ENDINGS: [&str; 3] = [".alto.xml", ".xml", ".txt"];
/// Endings of pictures that may lie beside a text.
const PICTURE_ENDINGS: [&str; 6] = [".jpg", ".jpeg", ".png", ".tif", ".tiff", ".pdf"];

/// Which page of a set: file name without ending (empty in a case file), number from 1.
pub(super) type PageKey = (String, u32);

/// One page of one side.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) text: String,
    /// Of the truth: what is asked for.
    pub(super) expected: BTreeMap<Field, Expected>,
    /// Of the hypothesis: what was read; `None` when this kind of source has no fields.
    pub(super) fields: Option<BTreeMap<Field, String>>,
    pub(super) picture: Option<PictureSource>,
}

pub(super) type Pages = BTreeMap<PageKey, Page>;

/// Where the picture of a page can be had.
#[derive(Debug, Clone)]
pub(super) enum PictureSource {
    /// A page (from 0) of a file.
    File(PathBuf, u32),
    /// A page of a case file of the archive that is the hypothesis.
    Stored(CaseCode, PageNo),
}

/// What a path is.
pub(super) enum Kind {
    File,
    Folder,
    Generated,
    Archive,
    Exported,
}

pub(super) fn kind(path: &Path) -> Result<Kind, EvalError> {
    let about = std::fs::metadata(path).map_err(EvalError::io(path))?;
    Ok(match () {
        () if about.is_file() => Kind::File,
        () if path.join(truth_json::SET_FILE).is_file() => Kind::Generated,
        () if path.join("hoso.toml").is_file() => Kind::Archive,
        () if path.join(case_json::PATH).is_file() => Kind::Exported,
        () => Kind::Folder,
    })
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, EvalError> {
    let file = ingest::open_plain(path).map_err(EvalError::io(path))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(EvalError::io(path))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(EvalError::TooLarge { path: path.to_owned(), max_mib: MAX_FILE_BYTES >> 20 });
    }
    Ok(bytes)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, EvalError> {
    serde_json::from_slice(&read_bytes(path)?)
        .map_err(|e| EvalError::Format { path: path.to_owned(), problem: e.to_string() })
}

/// The pages of a text file: a form feed ends a page, what follows the last one is a page when anything follows.
fn pages_of_text(text: &str) -> Vec<&str> {
    let mut pages: Vec<&str> = text.split('\u{C}').collect();
    if pages.len() > 1 && pages.last().is_some_and(|last| last.is_empty()) {
        pages.pop();
    }
    pages
}

/// The pages of a file of text or ALTO, by its ending; numbers from 1.
pub(super) fn pages_of_file(path: &Path) -> Result<Vec<Page>, EvalError> {
    let bytes = read_bytes(path)?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml")) {
        let read =
            ocr::alto::read(&bytes).map_err(|source| EvalError::Alto { path: path.to_owned(), source })?;
        let fields = alto_fields(read.outcome.text(), read.facts.folio);
        let text = read.outcome.text().map(PageText::body).unwrap_or_default();
        return Ok(vec![Page { text, fields: Some(fields), ..Page::default() }]);
    }
    let text = String::from_utf8(bytes)
        .map_err(|e| EvalError::NotUtf8 { path: path.to_owned(), byte: e.utf8_error().valid_up_to() + 1 })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    Ok(pages_of_text(text)
        .into_iter()
        .map(|page| Page { text: page.to_owned(), ..Page::default() })
        .collect())
}

/// Names of issuing bodies, as every archive has them.
static UNITS: LazyLock<Units> = LazyLock::new(Units::built_in);

/// What the program reads from the text of a first page and accepts, and its bút lục.
fn alto_fields(text: Option<&PageText>, folio: Option<String>) -> BTreeMap<Field, String> {
    let header =
        text.map(|text| ocr::header::read(&UNITS, [(PageNo::from_idx(0), Some(text))])).unwrap_or_default();
    let accepted = |field: &Option<record::Field<String>>| field.as_ref().and_then(|f| f.accepted().cloned());
    let number = accepted(&header.number).zip(accepted(&header.symbol));
    let fields = [
        (Field::DocType, header.doc_type.as_ref().and_then(|f| f.accepted()).map(|t| t.code().to_owned())),
        (Field::Date, header.date.as_ref().and_then(|f| f.accepted()).map(ToString::to_string)),
        (Field::Number, number.map(|(number, symbol)| format!("{number}/{symbol}"))),
        (Field::Place, accepted(&header.place)),
        (Field::Folio, folio),
    ];
    fields.into_iter().filter_map(|(field, value)| Some((field, value?))).collect()
}

/// Texts below a folder: by sub-folder (`.` for the folder itself), by name without endings.
pub(super) type Texts = BTreeMap<String, BTreeMap<String, PathBuf>>;

/// Finds them; links are not followed.
pub(super) fn texts_below(root: &Path) -> Result<Texts, EvalError> {
    let mut texts = Texts::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let set = folder.strip_prefix(root).expect("all lie below the root").to_string_lossy();
        let set = if set.is_empty() { ".".to_owned() } else { vitext::nfc(&set).into_owned() };
        for entry in std::fs::read_dir(&folder).map_err(EvalError::io(&folder))? {
            let entry = entry.map_err(EvalError::io(&folder))?;
            let path = entry.path();
            if entry.file_type().map_err(EvalError::io(&path))?.is_dir() {
                folders.push(path);
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(stem) = without_ending(&name, &TEXT_ENDINGS) else { continue };
            let stem = without_ending(stem, &PICTURE_ENDINGS).unwrap_or(stem);
            let stem = vitext::nfc(stem).into_owned();
            if let Some(first) = texts.entry(set.clone()).or_default().insert(stem, path.clone()) {
                return Err(EvalError::SamePage { first, second: path });
            }
        }
    }
    Ok(texts)
}

fn without_ending<'a>(name: &'a str, endings: &[&str]) -> Option<&'a str> {
    let ends = |ending: &&&str| {
        let at = name.len().checked_sub(ending.len())?;
        name.get(at..)?.eq_ignore_ascii_case(ending).then_some(at)
    };
    endings.iter().find_map(|ending| ends(&ending)).map(|at| &name[..at])
}

/// The pages of some files of one folder, with the pictures that lie beside them.
pub(super) fn pages_of_files(files: &BTreeMap<String, PathBuf>) -> Result<Pages, EvalError> {
    let mut pages = Pages::new();
    for (stem, path) in files {
        let picture = picture_beside(path);
        for (idx, page) in pages_of_file(path)?.into_iter().enumerate() {
            let picture = picture.clone().map(|file| PictureSource::File(file, idx as u32));
            pages.insert((stem.clone(), idx as u32 + 1), Page { picture, ..page });
        }
    }
    Ok(pages)
}

/// `001.jpg` beside `001.txt`, or `001.jpg` beside `001.jpg.alto.xml`.
fn picture_beside(text: &Path) -> Option<PathBuf> {
    let name = text.file_name()?.to_str()?;
    let stem = without_ending(name, &TEXT_ENDINGS)?;
    let named_in_full = without_ending(stem, &PICTURE_ENDINGS).map(|_| text.with_file_name(stem));
    let beside = PICTURE_ENDINGS.iter().map(|ending| text.with_file_name(format!("{stem}{ending}")));
    named_in_full.into_iter().chain(beside).find(|path| path.is_file())
}

/// The truth of a generated set.
pub(super) struct Generated {
    root: PathBuf,
    pub(super) cases: Vec<String>,
}

impl Generated {
    pub(super) fn open(root: &Path) -> Result<Self, EvalError> {
        let path = root.join(truth_json::SET_FILE);
        let set: SetTruth = read_json(&path)?;
        if set.v != truth_json::VERSION {
            let problem = format!("version {}; this program reads {}", set.v, truth_json::VERSION);
            return Err(EvalError::Format { path, problem });
        }
        Ok(Self { root: root.to_owned(), cases: set.cases })
    }

    /// The pages of a case file.
    pub(super) fn pages(&self, code: &str) -> Result<Pages, EvalError> {
        let folder = self.root.join(code);
        let case: CaseTruth = read_json(&folder.join(truth_json::CASE_FILE))?;
        // the pictures, where the set lies as it was made
        let batch = self.root.join("../batch");
        let mut pages = Pages::new();
        for no in 1..=case.pages {
            let page: PageTruth = read_json(&folder.join(truth_json::page_file(no)))?;
            let mut expected = BTreeMap::new();
            if let Some(document) = case.documents.iter().find(|d| d.first_page == no) {
                let header = &document.header;
                for (field, value) in [
                    (Field::DocType, &document.doc_type),
                    (Field::Number, &header.number),
                    (Field::Date, &header.date),
                    (Field::Place, &header.place),
                    (Field::IssuingBody, &header.issuing_body),
                    (Field::Title, &header.title),
                    (Field::Signer, &header.signer),
                ] {
                    let value =
                        if value.is_empty() { Expected::Absent } else { Expected::Value(value.clone()) };
                    expected.insert(field, value);
                }
            }
            let folio = match page.folio {
                // lists and stamps are read without leading zeros
                Some(folio) if page.folio_stamped => {
                    Expected::Value(folio.trim_start_matches('0').to_owned())
                }
                Some(folio) => Expected::Elsewhere(folio.trim_start_matches('0').to_owned()),
                None => Expected::Absent,
            };
            expected.insert(Field::Folio, folio);
            let picture = Some(batch.join(&page.file)).filter(|file| file.is_file());
            let picture = picture.map(|file| PictureSource::File(file, page.page_idx));
            pages.insert((String::new(), no), Page { text: page.body, expected, fields: None, picture });
        }
        Ok(pages)
    }
}

/// Read case files, found by their codes.
pub(super) enum Cases {
    Archive(Box<ReadingRoom>),
    Folder {
        root: PathBuf,
        /// Exported case files by their codes.
        exported: BTreeMap<String, PathBuf>,
    },
}

impl Cases {
    /// A folder: one exported case file, or for each code an exported case file, a folder of pages or one text.
    pub(super) fn in_folder(root: &Path) -> Result<Self, EvalError> {
        let mut exported = BTreeMap::new();
        let mut candidates = vec![root.to_owned()];
        for entry in std::fs::read_dir(root).map_err(EvalError::io(root))? {
            candidates.push(entry.map_err(EvalError::io(root))?.path());
        }
        for folder in candidates {
            if folder.join(case_json::PATH).is_file() {
                exported.insert(record_of(&folder)?.case.header.code.to_string(), folder);
            }
        }
        Ok(Self::Folder { root: root.to_owned(), exported })
    }

    /// The pages of a case file; `None` when it is not there.
    pub(super) fn pages(&self, code: &str, clearance: &Clearance) -> Result<Option<Pages>, EvalError> {
        match self {
            Self::Archive(room) => stored_pages(room, code, clearance),
            Self::Folder { root, exported } => match exported.get(code) {
                Some(folder) => exported_pages(folder).map(Some),
                None => loose_pages(root, code),
            },
        }
    }

    /// Codes of case files that are there beside these, by whoever may ask.
    pub(super) fn others(&self, codes: &[String], clearance: &Clearance) -> Result<Vec<String>, EvalError> {
        let there: BTreeSet<String> = match self {
            Self::Archive(room) => {
                let sheet = room.cases(clearance, usize::MAX, 0)?;
                sheet.cases.iter().map(|view| view.case.header.code.to_string()).collect()
            }
            Self::Folder { root, exported } => {
                let mut there: BTreeSet<String> = exported.keys().cloned().collect();
                let is_one_case = exported.values().any(|folder| folder == root);
                for entry in std::fs::read_dir(root).map_err(EvalError::io(root))? {
                    let path = entry.map_err(EvalError::io(root))?.path();
                    if is_one_case || exported.values().any(|folder| *folder == path) {
                        continue;
                    }
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    match without_ending(&name, &[".txt"]) {
                        _ if path.is_dir() => drop(there.insert(name)),
                        Some(stem) => drop(there.insert(stem.to_owned())),
                        None => {}
                    }
                }
                there
            }
        };
        Ok(there.into_iter().filter(|code| !codes.contains(code)).collect())
    }
}

fn stored_pages(room: &ReadingRoom, code: &str, clearance: &Clearance) -> Result<Option<Pages>, EvalError> {
    let Ok(code) = CaseCode::new(code) else { return Ok(None) };
    let case = match room.open_case(clearance, &code) {
        Ok(case) => case,
        Err(PipelineError::NoCase(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    case.check_record()?;
    let mut pages = Pages::new();
    for (_, page) in case.view().case.pages() {
        let text = case.page(page.no, None)?.text?;
        let picture = Some(PictureSource::Stored(code.clone(), page.no));
        let page = Page { picture, ..case_page(&case.view().case, page.no, text.as_ref()) };
        pages.insert((String::new(), pages.len() as u32 + 1), page);
    }
    Ok(Some(pages))
}

fn record_of(folder: &Path) -> Result<CaseRecord, EvalError> {
    let path = folder.join(case_json::PATH);
    let wrong = |e: PipelineError| EvalError::Format { path: path.clone(), problem: e.to_string() };
    case_json::read("case file", &read_bytes(&path)?).map_err(wrong)
}

fn exported_pages(folder: &Path) -> Result<Pages, EvalError> {
    let record = record_of(folder)?;
    let mut pages = Pages::new();
    for ((_, page), alto_path) in record.case.pages().zip(&record.alto_paths) {
        let path = folder.join(alto_path);
        let alto = ocr::alto::read(&read_bytes(&path)?).map_err(|source| EvalError::Alto { path, source })?;
        let master = folder.join(&record.master_paths[page.master_idx]);
        let picture = Some(PictureSource::File(master, page.page_idx));
        let read = Page { picture, ..case_page(&record.case, page.no, alto.outcome.text()) };
        pages.insert((String::new(), page.no.get()), read);
    }
    Ok(pages)
}

/// A page of a stored case file: what was stored of its document goes before what would be read from its text today.
fn case_page(case: &CaseFile, no: PageNo, text: Option<&PageText>) -> Page {
    let (document, page) = case.page(no).expect("the number comes from the case file");
    let mut fields = alto_fields(text, page.folio.as_ref().map(|f| f.label.clone()));
    fields.remove(&Field::DocType);
    fields.remove(&Field::Date);
    fields.extend(document.doc_type.map(|t| (Field::DocType, t.code().to_owned())));
    fields.extend(document.date.map(|d| (Field::Date, d.to_string())));
    Page { text: text.map(PageText::body).unwrap_or_default(), fields: Some(fields), ..Page::default() }
}

/// `<code>.txt` with form feeds, or the folder `<code>` with a file for each page.
fn loose_pages(root: &Path, code: &str) -> Result<Option<Pages>, EvalError> {
    let whole = root.join(format!("{code}.txt"));
    if whole.is_file() {
        let pages = pages_of_file(&whole)?.into_iter().enumerate();
        return Ok(Some(pages.map(|(idx, page)| ((String::new(), idx as u32 + 1), page)).collect()));
    }
    let folder = root.join(code);
    if !folder.is_dir() {
        return Ok(None);
    }
    let texts = texts_below(&folder)?;
    let Some(files) = texts.get(".") else { return Ok(None) };
    let mut pages = Pages::new();
    let mut known: BTreeMap<u32, &PathBuf> = BTreeMap::new();
    for (stem, path) in files {
        let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let no = stem[stem.len() - digits..].parse().map_err(|_| EvalError::NoNumber(path.clone()))?;
        if let Some(first) = known.insert(no, path) {
            return Err(EvalError::SamePage { first: first.clone(), second: path.clone() });
        }
        let text = pages_of_file(path)?;
        if text.len() > 1 {
            let problem = "several pages where its name says one".to_owned();
            return Err(EvalError::Format { path: path.clone(), problem });
        }
        let page = text.into_iter().next().unwrap_or_default();
        let picture = picture_beside(path).map(|file| PictureSource::File(file, 0));
        pages.insert((String::new(), no), Page { picture, ..page });
    }
    Ok(Some(pages))
}
