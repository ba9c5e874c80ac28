//! The survey of a batch folder: which case files, documents and pages are there, and what is wrong with them.

use crate::entries::{self, Entry, EntryKind};
use crate::folios::{self, FolioList};
use crate::register::{self, RegisterError};
use native::{FileInfo, MediaKind, NativeError, Pool};
use record::{CaseCode, CaseHeader, Finding, FindingKind, Secrecy};
use rustix::fs::OFlags;
use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// What may be received.
#[derive(Debug, Clone)]
pub struct IngestConfig {
    /// The secrecy declared for the whole batch; a value in `batch.csv` goes before it.
    pub secrecy: Option<Secrecy>,
    /// The archive: a batch may neither lie inside it nor hold it.
    pub forbidden_root: PathBuf,
    /// Longest file received, in bytes.
    pub max_file_bytes: u64,
}

/// Why a batch cannot be surveyed at all.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The folder cannot be read.
    #[error("{path}: {source}")]
    Folder {
        /// The batch folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The batch folder is no folder.
    #[error("{0}: not a folder")]
    NotAFolder(PathBuf),
    /// The batch lies in the archive, or the archive in the batch.
    #[error("{folder}: lies inside the archive {archive} or holds it")]
    InsideArchive {
        /// The batch folder.
        folder: PathBuf,
        /// The archive.
        archive: PathBuf,
    },
    /// The list is unusable.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A case file without a secrecy declaration.
    #[error("case file {0}: no declaration of secrecy")]
    SecrecyUndeclared(String),
    /// The workers that look into files cannot be used.
    #[error("cannot look into {path}: {source}")]
    Native {
        /// The file asked about.
        path: PathBuf,
        /// Why.
        source: NativeError,
    },
    /// Somebody asked to stop; nothing was received.
    #[error("interrupted while looking through the folder; nothing was received")]
    Interrupted,
}

/// What a batch folder holds.
#[derive(Debug)]
pub struct Survey {
    /// The case files to receive, in natural order.
    pub cases: Vec<CaseIntake>,
    /// What is wrong; a refused case file appears only here.
    pub findings: Vec<Finding>,
}

impl Survey {
    /// All pages to come.
    pub fn pages(&self) -> u64 {
        self.cases.iter().map(|c| u64::from(c.pages())).sum()
    }
}

/// A case file to receive.
#[derive(Debug)]
pub struct CaseIntake {
    /// Register data.
    pub header: CaseHeader,
    /// Documents in order.
    pub documents: Vec<DocumentIntake>,
    /// Folio marks from a list.
    pub folios: FolioList,
    /// What belongs to the case file and cannot be received as it is now: links and special files, files and folders
    /// without permission, files beyond the limit, an unusable folio list. Each is among the survey's findings too.
    pub missing: Vec<Finding>,
}

impl CaseIntake {
    /// Pages counted before work starts.
    pub fn pages(&self) -> u32 {
        self.files().filter_map(|f| f.info.as_ref()).map(|i| i.pages).sum()
    }
    /// All files in order.
    pub fn files(&self) -> impl Iterator<Item = &FileIntake> {
        self.documents.iter().flat_map(|d| &d.files)
    }
}

/// A document to receive.
#[derive(Debug)]
pub struct DocumentIntake {
    /// The name of its file or folder; empty for the loose pictures of a case file.
    pub name: String,
    /// Its files in order.
    pub files: Vec<FileIntake>,
}

/// A file to receive.
#[derive(Debug, Clone)]
pub struct FileIntake {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path below the batch folder as the archive writes it: NFC, printable, unique.
    pub received_as: String,
    /// Its name below the case folder, as a folio list gives it.
    pub name_in_case: String,
    /// What it is; `None` when nothing can read it: received and kept, without pages.
    pub info: Option<FileInfo>,
    /// Length in bytes when surveyed.
    pub bytes: u64,
    /// Time of last change when surveyed.
    pub modified: SystemTime,
}

/// Looks through a batch folder: copies nothing, counts pages, sorts naturally.
///
/// Inside a case folder each PDF, multi-page TIFF or sub-folder is one document; loose pictures together are one.
/// A file nobody can read becomes a finding and is received all the same. Entries that claim the same case code are
/// findings, and none of them is received.
///
/// # Errors
/// [`IngestError`]: nothing has been received then. `stop` ends the survey between two files.
pub fn survey(
    folder: &Path,
    config: &IngestConfig,
    pool: &Pool,
    stop: &AtomicBool,
) -> Result<Survey, IngestError> {
    let mut cases = Vec::new();
    let findings = survey_each(folder, config, pool, stop, &mut |case| cases.push(case))?;
    Ok(Survey { cases, findings })
}

/// The same, case file by case file: `tell` is given each as soon as it is looked through, in natural order, so that no more
/// than one is held. On an error those told before count for nothing. Gives what is wrong.
pub fn survey_each(
    folder: &Path,
    config: &IngestConfig,
    pool: &Pool,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(CaseIntake),
) -> Result<Vec<Finding>, IngestError> {
    look_through(folder, config, pool, stop, None, tell)
}

/// The same for some case files only: files of others are not looked into, and nothing is said about them.
pub fn survey_again(
    folder: &Path,
    config: &IngestConfig,
    pool: &Pool,
    stop: &AtomicBool,
    wanted: &HashSet<CaseCode>,
) -> Result<Survey, IngestError> {
    let mut cases = Vec::new();
    let tell = &mut |case| cases.push(case);
    let findings = look_through(folder, config, pool, stop, Some(wanted), tell)?;
    Ok(Survey { cases, findings })
}

fn look_through(
    folder: &Path,
    config: &IngestConfig,
    pool: &Pool,
    stop: &AtomicBool,
    wanted: Option<&HashSet<CaseCode>>,
    tell: &mut dyn FnMut(CaseIntake),
) -> Result<Vec<Finding>, IngestError> {
    let folder = checked_folder(folder, &config.forbidden_root)?;
    let register = register::read(&folder.join(register::FILE_NAME), config.secrecy)?;
    let list = register.as_ref().map(|register| register.entries.as_slice());
    let mut look =
        Look { pool, config, stop, findings: Vec::new(), missing: Vec::new(), names: HashSet::new() };
    if let Some(encoding) = register.as_ref().and_then(|register| register.converted_from) {
        look.findings.push(Finding::new(FindingKind::ListConverted, register::FILE_NAME, encoding.name()));
    }
    // Whose each entry is and whether it may come in is settled before any file is looked into.
    let mut entries = read_folder(&folder)?;
    entries.retain(|e| e.name != register::FILE_NAME);
    look.note_names(&entries, "");
    let mut claimed: HashMap<CaseCode, Vec<PathBuf>> = HashMap::new();
    let mut owned = Vec::new();
    for entry in entries {
        if let Some(header) = look.case_header(&entry, list)? {
            claimed.entry(header.code.clone()).or_default().push(entry.path.clone());
            owned.push((entry, header));
        }
    }
    if let Some(wanted) = wanted {
        look.findings.clear();
        owned.retain(|(_, header)| wanted.contains(&header.code));
    }
    for (entry, header) in owned {
        let code = header.code.as_str();
        let claims = &claimed[&header.code];
        if claims.len() > 1 {
            // Which of them is meant, nobody here can know; none is received.
            let detail = format!("{code}: {claims:?}");
            look.findings.push(Finding::new(FindingKind::CaseFailed, &entry.name, detail));
        } else if header.secrecy > Secrecy::Thuong {
            look.findings.push(Finding::new(FindingKind::SecrecyRefused, code, header.secrecy.vietnamese()));
        } else if let Some(case) = look.case(&entry, header)? {
            tell(case);
        }
        // Every name below an entry begins with the entry's own.
        look.names.clear();
    }
    let unclaimed = list.into_iter().flatten().filter(|e| !claimed.contains_key(&e.header.code));
    for missing in unclaimed.filter(|_| wanted.is_none()) {
        look.findings.push(Finding::new(FindingKind::ListedButMissing, missing.header.code.as_str(), ""));
    }
    Ok(look.findings)
}

fn checked_folder(folder: &Path, archive: &Path) -> Result<PathBuf, IngestError> {
    let real =
        folder.canonicalize().map_err(|source| IngestError::Folder { path: folder.to_owned(), source })?;
    if !real.is_dir() {
        return Err(IngestError::NotAFolder(folder.to_owned()));
    }
    let archive = archive.canonicalize().unwrap_or_else(|_| archive.to_owned());
    if real.starts_with(&archive) || archive.starts_with(&real) {
        return Err(IngestError::InsideArchive { folder: folder.to_owned(), archive });
    }
    Ok(real)
}

fn read_folder(folder: &Path) -> Result<Vec<Entry>, IngestError> {
    entries::read(folder).map_err(|source| IngestError::Folder { path: folder.to_owned(), source })
}

/// What is gathered on the way.
struct Look<'a> {
    pool: &'a Pool,
    config: &'a IngestConfig,
    stop: &'a AtomicBool,
    findings: Vec<Finding>,
    /// What the case file in hand lacks.
    missing: Vec<Finding>,
    /// Names given so far, so that each is given once.
    names: HashSet<String>,
}

impl Look<'_> {
    fn check_stop(&self) -> Result<(), IngestError> {
        if self.stop.load(Ordering::Relaxed) { Err(IngestError::Interrupted) } else { Ok(()) }
    }

    /// A finding about something that stays out of the case file in hand.
    fn leave_out(&mut self, kind: FindingKind, subject: &str, detail: impl Into<String>) {
        let finding = Finding::new(kind, subject, detail);
        self.findings.push(finding.clone());
        self.missing.push(finding);
    }

    /// The register's data of the case file that lies in this entry; `None` when the entry is none.
    fn case_header(
        &mut self,
        entry: &Entry,
        list: Option<&[register::Entry]>,
    ) -> Result<Option<CaseHeader>, IngestError> {
        let stem = match entry.kind {
            EntryKind::Folder => entry.name.as_str(),
            EntryKind::File if is_container_name(&entry.name) => {
                entry.name.rsplit_once('.').map_or(entry.name.as_str(), |(stem, _)| stem)
            }
            EntryKind::File => {
                self.findings.push(Finding::new(FindingKind::LooseFile, &entry.name, ""));
                return Ok(None);
            }
            EntryKind::Other(kind) => {
                self.findings.push(Finding::new(FindingKind::NotAFile, &entry.name, kind));
                return Ok(None);
            }
        };
        let same_code = |e: &&register::Entry| e.header.code.as_str() == stem;
        let same_name = |e: &&register::Entry| as_folder_name(e.header.code.as_str()) == as_folder_name(stem);
        let listed = list.and_then(|l| l.iter().find(same_code).or_else(|| l.iter().find(same_name)));
        if let Some(listed) = listed {
            if !listed.secrecy_declared {
                return Err(IngestError::SecrecyUndeclared(stem.to_owned()));
            }
            return Ok(Some(listed.header.clone()));
        }
        let Some(secrecy) = self.config.secrecy else {
            return Err(IngestError::SecrecyUndeclared(stem.to_owned()));
        };
        let code = match CaseCode::new(stem) {
            Ok(code) => code,
            Err(why) => {
                self.findings.push(Finding::new(FindingKind::CaseFailed, &entry.name, why.to_string()));
                return Ok(None);
            }
        };
        let (title, unit) = (String::new(), String::new());
        let (retention, paper_location) = (String::new(), String::new());
        let (year, sheets, pages) = (None, None, None);
        let header =
            CaseHeader { code, title, unit, year, retention, secrecy, sheets, pages, paper_location };
        Ok(Some(header))
    }

    fn case(&mut self, entry: &Entry, header: CaseHeader) -> Result<Option<CaseIntake>, IngestError> {
        let code = header.code.clone();
        self.missing.clear();
        let mut folios = FolioList::default();
        let documents = if entry.kind == EntryKind::Folder {
            let documents = self.documents(entry)?;
            let is_shut = self.missing.iter().any(|f| f.subject == entry.name);
            match FolioList::read(&entry.path.join(folios::FILE_NAME)) {
                Ok(list) => {
                    if let Some(encoding) = list.converted_from() {
                        let subject = format!("{}/{}", entry.name, folios::FILE_NAME);
                        let finding = Finding::new(FindingKind::ListConverted, subject, encoding.name());
                        self.findings.push(finding);
                    }
                    folios = list;
                }
                Err(why) if !is_shut => {
                    let subject = format!("{}/{}", entry.name, folios::FILE_NAME);
                    self.leave_out(FindingKind::FolioListUnusable, &subject, why);
                }
                Err(_) => {}
            }
            documents
        } else {
            let file = self.file(entry, &entry.name, &entry.name)?;
            file.map(|f| DocumentIntake { name: entry.name.clone(), files: vec![f] }).into_iter().collect()
        };
        let case = CaseIntake { header, documents, folios, missing: std::mem::take(&mut self.missing) };
        let pages = case.pages();
        if pages == 0 && case.missing.is_empty() {
            self.findings.push(Finding::new(FindingKind::EmptyCase, code.as_str(), ""));
        }
        if let Some(declared) = case.header.pages.filter(|declared| *declared != pages) {
            let detail = format!("{pages} ≠ {declared}");
            self.findings.push(Finding::new(FindingKind::PageCountDiffers, code.as_str(), detail));
        }
        Ok((!case.documents.is_empty() || !case.missing.is_empty()).then_some(case))
    }

    fn documents(&mut self, case: &Entry) -> Result<Vec<DocumentIntake>, IngestError> {
        let mut documents: Vec<DocumentIntake> = Vec::new();
        let mut loose_idx = None;
        for entry in self.folder_of_case(case, &case.name)? {
            if entry.name == folios::FILE_NAME {
                continue;
            }
            if entry.kind == EntryKind::Folder {
                let files =
                    self.files_below(&entry, &format!("{}/{}", case.name, entry.name), &entry.name)?;
                documents.push(DocumentIntake { name: entry.name, files });
                continue;
            }
            let received_as = format!("{}/{}", case.name, entry.name);
            let Some(file) = self.file(&entry, &received_as, &entry.name)? else { continue };
            if is_document_of_its_own(&file) {
                documents.push(DocumentIntake { name: entry.name, files: vec![file] });
                continue;
            }
            let idx = *loose_idx.get_or_insert_with(|| {
                documents.push(DocumentIntake { name: String::new(), files: Vec::new() });
                documents.len() - 1
            });
            documents[idx].files.push(file);
        }
        documents.retain(|d| !d.files.is_empty());
        Ok(documents)
    }

    /// Every file below a folder that is one document.
    fn files_below(
        &mut self,
        folder: &Entry,
        received_as: &str,
        name_in_case: &str,
    ) -> Result<Vec<FileIntake>, IngestError> {
        let mut files = Vec::new();
        for entry in self.folder_of_case(folder, received_as)? {
            let received_as = format!("{received_as}/{}", entry.name);
            let name_in_case = format!("{name_in_case}/{}", entry.name);
            match entry.kind {
                EntryKind::Folder => files.extend(self.files_below(&entry, &received_as, &name_in_case)?),
                _ => files.extend(self.file(&entry, &received_as, &name_in_case)?),
            }
        }
        Ok(files)
    }

    /// The entries of a folder inside a case; one that cannot be read is a finding.
    fn folder_of_case(&mut self, folder: &Entry, received_as: &str) -> Result<Vec<Entry>, IngestError> {
        self.check_stop()?;
        let entries = match entries::read(&folder.path) {
            Ok(entries) => entries,
            Err(error) => {
                self.leave_out(why_unread(&error), received_as, detail_of(&error));
                return Ok(Vec::new());
            }
        };
        self.note_names(&entries, &format!("{received_as}/"));
        Ok(entries)
    }

    /// Findings about the names in one folder; `prefix` is what stands before them.
    fn note_names(&mut self, entries: &[Entry], prefix: &str) {
        let mut seen: HashMap<String, &Entry> = HashMap::new();
        for entry in entries {
            let subject = format!("{prefix}{}", entry.name);
            if let Some(other) = seen.insert(entry.name.to_lowercase(), entry) {
                // Two Unicode forms of one name look alike: only the escaped one tells them apart.
                let other = match other.name == entry.name {
                    true => other
                        .path
                        .file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .escape_default()
                        .to_string(),
                    false => other.name.clone(),
                };
                self.findings.push(Finding::new(FindingKind::NamesDifferByCase, &subject, other));
            }
            if entry.odd_name {
                self.findings.push(Finding::new(FindingKind::OddName, subject, ""));
            }
        }
    }

    /// One file: what it is, or a finding. `None` when there are no bytes to receive.
    fn file(
        &mut self,
        entry: &Entry,
        received_as: &str,
        name_in_case: &str,
    ) -> Result<Option<FileIntake>, IngestError> {
        self.check_stop()?;
        let received_as = self.unique(received_as);
        if let EntryKind::Other(kind) = entry.kind {
            self.leave_out(FindingKind::NotAFile, &received_as, kind);
            return Ok(None);
        }
        let opened =
            open_plain(&entry.path).and_then(|f| f.metadata().and_then(|m| Ok((f, m.len(), m.modified()?))));
        let (file, bytes, modified) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                self.leave_out(why_unread(&error), &received_as, detail_of(&error));
                return Ok(None);
            }
        };
        if bytes > self.config.max_file_bytes {
            let detail = format!("{bytes} > {}", self.config.max_file_bytes);
            self.leave_out(FindingKind::TooLarge, &received_as, detail);
            return Ok(None);
        }
        let mut finding = |kind, detail: String| self.findings.push(Finding::new(kind, &received_as, detail));
        let info = if bytes == 0 {
            finding(FindingKind::ZeroBytes, String::new());
            None
        } else {
            match self.pool.inspect(&file, &entry.name) {
                Ok(info) => Some(info),
                // A file that ends two workers one after the other is as bad as one that cannot be decoded.
                Err(error) if error.is_about_the_file() || ends_workers(&error) => {
                    finding(kind_of(&error), error.to_string());
                    None
                }
                Err(source) => return Err(IngestError::Native { path: entry.path.clone(), source }),
            }
        };
        if let Some(info) = &info {
            if !has_extension_of(&entry.name, info.kind) {
                finding(FindingKind::WrongExtension, info.kind.media_type().into());
            }
            if info.signatures > 0 {
                finding(FindingKind::SignedMaster, info.signatures.to_string());
            }
        }
        let name_in_case = name_in_case.to_owned();
        Ok(Some(FileIntake { path: entry.path.clone(), received_as, name_in_case, info, bytes, modified }))
    }

    /// The name itself, or with a number when it was given before (names that differ only in Unicode form).
    fn unique(&mut self, name: &str) -> String {
        let numbered = (2..).map(|n| format!("{name}~{n}"));
        let free = std::iter::once(name.to_owned()).chain(numbered).find(|n| !self.names.contains(n));
        let free = free.expect("there is always one more number");
        self.names.insert(free.clone());
        free
    }
}

/// A case code as people write it for a folder: characters that names cannot hold (`12/2019/HSST`) and spaces become
/// dashes. Letters and their marks stay: Tân and Tấn are two people.
fn as_folder_name(code: &str) -> String {
    code.chars().map(|c| if c.is_whitespace() || "/\\:*?\"<>|_".contains(c) { '-' } else { c }).collect()
}

/// Opens a plain file for reading; never follows a link, never waits for a FIFO's writer.
pub fn open_plain(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("not a plain file")) }
}

/// What it means for a clerk that a file or folder of the batch cannot be opened or read.
pub fn why_unread(error: &io::Error) -> FindingKind {
    let is = |errno: rustix::io::Errno| error.raw_os_error() == Some(errno.raw_os_error());
    match error.kind() {
        io::ErrorKind::NotFound => FindingKind::Vanished,
        io::ErrorKind::PermissionDenied => FindingKind::NoPermission,
        // Links, sockets, and what `open_plain` refuses.
        _ if is(rustix::io::Errno::LOOP) || is(rustix::io::Errno::NXIO) => FindingKind::NotAFile,
        io::ErrorKind::Other if error.raw_os_error().is_none() => FindingKind::NotAFile,
        _ => FindingKind::ReadFailed,
    }
}

/// What the system said, where the finding's own words do not say it.
fn detail_of(error: &io::Error) -> String {
    match why_unread(error) {
        FindingKind::NoPermission | FindingKind::Vanished => String::new(),
        _ => error.to_string(),
    }
}

/// The worker ended on this file, twice; the next file may well be readable.
fn ends_workers(error: &NativeError) -> bool {
    matches!(error, NativeError::TimedOut { .. } | NativeError::Died { .. } | NativeError::OutOfMemory { .. })
}

/// The finding that tells a clerk what this error means for a file.
fn kind_of(error: &NativeError) -> FindingKind {
    match error {
        NativeError::UnknownFormat => FindingKind::UnknownFormat,
        NativeError::PasswordProtected => FindingKind::PasswordProtected,
        NativeError::TooManyPixels { .. } => FindingKind::TooManyPixels,
        NativeError::TooLarge { .. } => FindingKind::TooLarge,
        _ => FindingKind::Undecodable,
    }
}

fn is_document_of_its_own(file: &FileIntake) -> bool {
    match &file.info {
        Some(info) => info.kind == MediaKind::Pdf || (info.kind == MediaKind::Tiff && info.pages > 1),
        None => is_container_name(&file.name_in_case),
    }
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ext)| ext.to_lowercase()).unwrap_or_default()
}

fn is_container_name(name: &str) -> bool {
    matches!(extension(name).as_str(), "pdf" | "tif" | "tiff")
}

fn has_extension_of(name: &str, kind: MediaKind) -> bool {
    kind.extensions().contains(&extension(name).as_str())
}
