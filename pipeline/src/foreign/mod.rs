//! Packages that other programs made (a BagIt bag, an OCFL object, a package with METS): judged by their own rules, kept
//! whole, and made into a case file of this archive the way paper goes, page by page.
//!
//! The package is copied first, and the copy is judged: what was found good is what is stored. Its pages become a batch
//! with a register of one line; the package itself goes along under `documentation/received/`. Nothing else is believed of
//! it: neither its seals nor its text.

mod describe;
mod origin;

use crate::flow::{BatchOptions, run_batch_knowing};
use crate::format::case_json::{ReceivedFile, ReceivedPackage};
use crate::import::ImportRefusal;
use crate::incoming::{Incoming, Place};
use crate::{BatchReport, Decisions, PipelineError, Watch, Workbench};
use archive_store::{
    BagReport, Below, EarkReport, Files, Folder, Problem, What, eark_package_type, validate_bag,
    validate_eark, validate_object,
};
use describe::{Described, is_secret, sender};
use origin::Desk;
use record::{CaseCode, CaseHeader, Finding, FindingKind, Secrecy, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

pub(crate) use origin::{CameIn, add, clear_desk, clear_finished};

/// What a person says of a package that another program made; it goes before what the package says.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Mã hồ sơ.
    pub code: Option<CaseCode>,
    /// Độ mật; there is no default.
    pub secrecy: Option<Secrecy>,
    /// Tiêu đề.
    pub title: Option<String>,
    /// Đơn vị.
    pub unit: Option<String>,
    /// Năm.
    pub year: Option<u16>,
    /// Thời hạn bảo quản.
    pub retention: Option<String>,
    /// The folder of the package that holds the pages; without it, where such a package has them.
    pub pages: Option<String>,
}

/// What a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bag,
    Object,
    Mets,
}

/// A package, looked at where it lies.
struct Found {
    kind: Kind,
    /// The folder that holds all of it, empty or ending with `/`.
    top: String,
    /// The folder of the package with METS, where there is one: in a bag, below its `data/`.
    mets: Option<String>,
}

/// What a package is by its own rules.
struct Judged {
    bag: Option<BagReport>,
    mets: Option<EarkReport>,
    /// What is wrong.
    problems: Vec<Problem>,
    /// In words, for PREMIS.
    fixity: String,
}

/// Makes a package of another program into a case file. The inner error says why it is not taken; nothing is stored then.
///
/// # Errors
/// As [`crate::run_batch`]: the batch can be resumed, or the import run again.
pub fn import_foreign(
    bench: &Workbench,
    source: &Path,
    declared: &Declared,
    decisions: &Decisions,
    watch: &dyn Watch,
    stop: &AtomicBool,
) -> Result<Result<BatchReport, ImportRefusal>, PipelineError> {
    let (files, header, found) = match look(bench, source, declared)? {
        Ok(looked) => looked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let object = bench.id_for(&header.code)?;
    let desk = Desk::new(&bench.layout, &object);
    // What a batch that is not finished waits for is not taken away from it.
    if let Some(row) = desk.open_batch(&bench.ledger.batches()?) {
        return Ok(Err(ImportRefusal::Waiting { code: header.code, batch: row.id.to_string() }));
    }
    desk.clear()?;
    let prepared = prepare(&desk, files.as_ref(), &found, &header, declared.pages.as_deref());
    if !matches!(prepared, Ok(Ok(_))) {
        desk.clear()?;
    }
    let known = match prepared? {
        Ok(known) => known,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let options = BatchOptions { secrecy: Some(header.secrecy), decisions: decisions.clone() };
    // Its end clears the desk; a batch that waits is resumed from there.
    Ok(Ok(run_batch_knowing(bench, &desk.batch(), &options, known, watch, stop)?))
}

/// Looks without copying anything: what it is, and whether it may enter.
#[allow(clippy::type_complexity, reason = "three things that are used at once")]
fn look(
    bench: &Workbench,
    source: &Path,
    declared: &Declared,
) -> Result<Result<(Box<dyn Files>, CaseHeader, Found), ImportRefusal>, PipelineError> {
    if let Some(secrecy) = declared.secrecy.filter(|secrecy| *secrecy > Secrecy::Thuong) {
        return Ok(Err(ImportRefusal::Secret(secrecy)));
    }
    let (files, kind): (Box<dyn Files>, _) = match Incoming::open(source)? {
        Err(error) => return Ok(Err(error.into())),
        Ok(Incoming::Files(files)) => (files, None),
        Ok(Incoming::Object(folder)) => {
            (Box::new(Folder::open(&folder).map_err(PipelineError::io(&folder))?), Some(Kind::Object))
        }
        Ok(Incoming::Root(root)) => {
            let what = format!("{}: an OCFL storage root; name one object of it", root.display());
            return Ok(Err(ImportRefusal::OtherKind(what)));
        }
        Ok(Incoming::Several(_)) => {
            let what = format!("{}: several packages; name one of them", source.display());
            return Ok(Err(ImportRefusal::OtherKind(what)));
        }
    };
    let list = files.list().map_err(PipelineError::io(source))?;
    if let Some(refused) = list.refused.first() {
        let what = What::Wrong(refused.why.clone());
        let storage = vec![Problem { code: "io", path: refused.path.clone(), what }];
        return Ok(Err(ImportRefusal::Broken { storage, package: None }));
    }
    let place = Place::find(&list);
    let mets_at = |at: &str| eark_package_type(&Below::new(files.as_ref(), at)).map(|_| at.to_owned());
    let found = match (kind, place.bag) {
        (Some(kind), _) => Some(Found { kind, top: String::new(), mets: None }),
        (None, Some(top)) => Some(Found { kind: Kind::Bag, top, mets: mets_at(&place.package) }),
        (None, None) => mets_at(&place.package).map(|mets| Found {
            kind: Kind::Mets,
            top: place.package.clone(),
            mets: Some(mets),
        }),
    };
    let Some(found) = found else { return Ok(Err(ImportRefusal::Unknown)) };
    // A package of this program comes in with its seal, or not at all.
    let is_own =
        |path: &str| path.ends_with(crate::format::case_json::PATH) || path.ends_with(seal::MANIFEST_PATH);
    if list.files.iter().any(|file| is_own(&file.path)) {
        return Ok(Err(ImportRefusal::Own));
    }
    let mut described = match &found.mets {
        Some(at) => Described::by_sheet(&Below::new(files.as_ref(), at), &bench.config.archive_code),
        None => Described::default(),
    };
    match is_secret(files.as_ref(), &list) {
        Ok(false) => {}
        Ok(true) => return Ok(Err(ImportRefusal::Secret(Secrecy::Mat))),
        Err(problem) => return Ok(Err(ImportRefusal::Broken { storage: vec![problem], package: None })),
    }
    if found.kind == Kind::Bag {
        described = described.or_bag(&validate_bag(&Below::new(files.as_ref(), &found.top)));
    }
    let header = match described.header(declared) {
        Ok(header) => header,
        Err(missing) => return Ok(Err(ImportRefusal::Undeclared { missing })),
    };
    Ok(Ok((files, header, found)))
}

/// Makes a batch of the package on the desk. With it what is told of files that are not read, or have no digest.
fn prepare(
    desk: &Desk,
    files: &dyn Files,
    found: &Found,
    header: &CaseHeader,
    pages: Option<&str>,
) -> Result<Result<Vec<Finding>, ImportRefusal>, PipelineError> {
    let (about, unproven) = match take_in(desk, files, found)? {
        Ok(taken) => taken,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let unread = match lay_out(desk, found, &about, header, pages)? {
        Ok(unread) => unread,
        Err(refusal) => return Ok(Err(refusal)),
    };
    desk.write(&about)?;
    let unread = unread.into_iter().map(|name| Finding::new(FindingKind::UnreadFile, name, ""));
    let unproven = unproven.into_iter().map(|name| Finding::new(FindingKind::UnprovenFile, name, ""));
    Ok(Ok(unread.chain(unproven).collect()))
}

/// Copies the package and judges the copy. With it the files for which its METS has no digest.
fn take_in(
    desk: &Desk,
    files: &dyn Files,
    found: &Found,
) -> Result<Result<(ReceivedPackage, Vec<String>), ImportRefusal>, PipelineError> {
    let source = Below::new(files, &found.top);
    let (folder, mut kept) = (desk.package(), Vec::new());
    durable::create_dir_durable(&folder)?;
    for file in source.list().map_err(PipelineError::io(&folder))?.files {
        let to = folder.join(&file.path);
        durable::stage_dir(to.parent().expect("a file lies in a folder"))?;
        let mut bytes = source.open(&file.path).map_err(PipelineError::io(&file.path))?;
        let digests = durable::stage_file(&to, bytes.as_mut())?;
        let sha256 = Sha256(digests.sha256).to_string();
        kept.push(ReceivedFile { path: origin::place(&file.path), sha256, name: file.path });
    }
    let judged = judge(&folder, found)?;
    if !judged.problems.is_empty() {
        return Ok(Err(ImportRefusal::Broken { storage: judged.problems, package: None }));
    }
    let (kind, identifier) = match (found.kind, &judged.mets, &judged.bag) {
        (Kind::Object, ..) => ("OCFL".to_owned(), object_id(&folder)),
        (Kind::Bag, mets, Some(bag)) => {
            let version = bag.version.clone().unwrap_or_default();
            (format!("BagIt {version}"), mets.as_ref().map(|mets| mets.object.clone()).unwrap_or_default())
        }
        (_, Some(mets), _) => (format!("METS {}", mets.package), mets.object.clone()),
        (_, None, _) => (String::new(), String::new()),
    };
    let sender = sender(judged.bag.as_ref(), judged.mets.as_ref());
    let at = found.mets.as_deref().map_or("", |at| at.strip_prefix(&found.top).unwrap_or(at));
    let unproven = judged.mets.iter().flat_map(|mets| &mets.unproven).map(|path| format!("{at}{path}"));
    let unproven = unproven.collect();
    Ok(Ok((ReceivedPackage { files: kept, fixity: judged.fixity, identifier, kind, sender }, unproven)))
}

fn object_id(folder: &Path) -> String {
    validate_object(folder).id.unwrap_or_default()
}

/// By the package's own rules.
fn judge(folder: &Path, found: &Found) -> Result<Judged, PipelineError> {
    let whole = Folder::open(folder).map_err(PipelineError::io(folder))?;
    let mut judged = Judged { bag: None, mets: None, problems: Vec::new(), fixity: String::new() };
    let mut said = Vec::new();
    if found.kind == Kind::Object {
        let report = validate_object(folder);
        judged.problems.extend(report.errors.iter().cloned());
        said.push(format!("OCFL: {} tệp khớp", report.files));
    }
    if found.kind == Kind::Bag {
        let report = validate_bag(&whole);
        judged.problems.extend(report.errors.iter().cloned());
        said.push(format!("BagIt: {} tệp khớp", report.files));
        judged.bag = Some(report);
    }
    if let Some(at) = &found.mets {
        let at = at.strip_prefix(&found.top).unwrap_or(at);
        let report = validate_eark(&Below::new(&whole, at));
        judged.problems.extend(report.errors.iter().cloned());
        said.push(format!(
            "METS: {} tệp khớp, {} tệp không có mã kiểm tra",
            report.files,
            report.unproven.len()
        ));
        judged.mets = Some(report);
    }
    judged.fixity = said.join("; ");
    Ok(judged)
}

/// The batch: one case folder with the files that have pages, and a register of one line. Gives the files of the package of
/// which nothing is read.
fn lay_out(
    desk: &Desk,
    found: &Found,
    about: &ReceivedPackage,
    header: &CaseHeader,
    pages: Option<&str>,
) -> Result<Result<Vec<String>, ImportRefusal>, PipelineError> {
    let names: Vec<(String, String)> = match found.kind {
        Kind::Object => latest_files(&desk.package())?,
        Kind::Bag | Kind::Mets => {
            about.files.iter().map(|file| (file.name.clone(), file.name.clone())).collect()
        }
    };
    let Some((at, taken)) = pages_of(found, &names, pages) else { return Ok(Err(ImportRefusal::NoPages)) };
    let read: HashSet<&str> = taken.iter().map(|(_, name)| name.as_str()).collect();
    let unread =
        names.iter().map(|(_, name)| name).filter(|name| !read.contains(name.as_str()) && !is_about_it(name));
    let unread = unread.cloned().collect();
    let case = desk.batch().join(folder_name(&header.code));
    for (from, name) in taken {
        let (from, to) = (desk.package().join(from), case.join(&name[at.len()..]));
        durable::stage_dir(to.parent().expect("a file lies in a folder"))?;
        let mut bytes = std::fs::File::open(&from).map_err(PipelineError::io(&from))?;
        durable::stage_file(&to, &mut bytes)?;
    }
    let columns = ["code", "title", "unit", "year", "retention", "secrecy", "sheets", "paper_location"];
    let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
    let (year, sheets) = (number(header.year.map(u32::from)), number(header.sheets));
    let values = [
        header.code.as_str(),
        &header.title,
        &header.unit,
        &year,
        &header.retention,
        header.secrecy.code(),
        &sheets,
        &header.paper_location,
    ];
    let mut list = csv::Writer::from_writer(Vec::new());
    let written = list.write_record(columns).and_then(|()| list.write_record(values));
    written.expect("writing to memory cannot fail");
    let list = list.into_inner().expect("writing to memory cannot fail");
    durable::write_file(&desk.batch().join("batch.csv"), &list)?;
    durable::sync_tree(&desk.package())?;
    durable::sync_tree(&desk.batch())?;
    Ok(Ok(unread))
}

/// What describes and lists a package, and is no part of the case: METS, sheets and schemas, the tag files of a bag.
fn is_about_it(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let tags = ["bagit.txt", "bag-info.txt", "fetch.txt"];
    let is_tag = |name: &str| {
        tags.contains(&name) || name.starts_with("manifest-") || name.starts_with("tagmanifest-")
    };
    parts.last() == Some(&"METS.xml")
        || parts.iter().any(|part| ["metadata", "schemas"].contains(part))
        || (parts.len() == 1 && is_tag(name))
}

/// As the register's code is found again (`docs/format/batch-folder.md`).
fn folder_name(code: &CaseCode) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !"/\\:*?\"<>|".contains(c);
    code.as_str().chars().map(|c| if is_plain(c) { c } else { '-' }).collect()
}

/// Endings of files that have pages.
const PAGES: [&str; 6] = ["pdf", "jpg", "jpeg", "png", "tif", "tiff"];

/// The files that have pages, and the folder that they lie in: the one asked for; of a package with METS the data of its first
/// representation that has any; of a bag its payload; else all of it. Of each file, where it lies and its name.
fn pages_of<'a>(
    found: &Found,
    files: &'a [(String, String)],
    asked: Option<&str>,
) -> Option<(String, Vec<&'a (String, String)>)> {
    let has_pages = |name: &str| {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        ending.is_some_and(|ending| PAGES.contains(&ending.as_str()))
    };
    let below = |at: &str| -> Vec<&'a (String, String)> {
        files.iter().filter(|(_, name)| name.starts_with(at) && has_pages(name)).collect()
    };
    let folders: Vec<String> = match (asked, &found.mets, found.kind) {
        (Some(asked), ..) => vec![format!("{}/", asked.trim_matches('/'))],
        (None, Some(mets), _) => {
            let at = format!("{}representations/", mets.strip_prefix(&found.top).unwrap_or(mets));
            let data = |name: &str| {
                let (rep, _) = name.strip_prefix(&at)?.split_once("/data/")?;
                (!rep.contains('/')).then(|| format!("{at}{rep}/data/"))
            };
            let mut folders: Vec<String> = files.iter().filter_map(|(_, name)| data(name)).collect();
            folders.dedup();
            folders
        }
        (None, None, Kind::Bag) => vec!["data/".to_owned()],
        (None, None, _) => vec![String::new()],
    };
    let with_pages = |at: String| Some(below(&at)).filter(|found| !found.is_empty()).map(|found| (at, found));
    folders.into_iter().find_map(with_pages)
}

/// The files of the latest version of a valid OCFL object: where they lie in it, and their logical paths.
fn latest_files(object: &Path) -> Result<Vec<(String, String)>, PipelineError> {
    #[derive(serde::Deserialize)]
    struct Inventory {
        head: String,
        manifest: BTreeMap<String, Vec<String>>,
        versions: BTreeMap<String, Version>,
    }
    #[derive(serde::Deserialize)]
    struct Version {
        state: BTreeMap<String, Vec<String>>,
    }
    let path = object.join("inventory.json");
    let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
    let wrong = |problem: String| PipelineError::Format { what: path.display().to_string(), problem };
    let mut inventory: Inventory = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
    let head = inventory.versions.remove(&inventory.head).ok_or_else(|| wrong("head".into()))?;
    // Digests are compared whatever the case of their letters.
    let manifest: BTreeMap<String, Vec<String>> =
        inventory.manifest.into_iter().map(|(digest, paths)| (digest.to_lowercase(), paths)).collect();
    let mut files = Vec::new();
    for (digest, names) in head.state {
        let content = manifest.get(&digest.to_lowercase()).and_then(|paths| paths.first());
        let content = content.ok_or_else(|| wrong(format!("digest {digest}")))?;
        files.extend(names.into_iter().map(|name| (content.clone(), name)));
    }
    files.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(files)
}
