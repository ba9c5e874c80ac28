//! From read pages to a stored case file: searchable PDFs, `case.json`, METS, EAD and PREMIS, manifest, signature, one OCFL
//! version; then the index.

use crate::catalog::CatalogEntry;
use crate::decisions::Correction;
use crate::document::{OpenCase, OpenPage, below_case, contents};
use crate::flow::Flow;
use crate::format::case_json::{self, CaseRecord, CorrectionNote};
use crate::format::page_result::PageResult;
use crate::ledger::{NewlyStored, StoredCase};
use crate::{PipelineError, Workbench, package, page, tlog};
use archive_store::{Draft, Object, VersionInfo, VersionNo};
use index::{IndexCase, IndexPage};
use ocr::pdf::{PdfError, PdfInfo, PdfWriter};
use record::{
    CaseCode, CaseFile, Document, DocumentNo, Finding, FindingKind, FolioMark, FolioSource, MasterFile, Page,
    PageNo, PageOutcome, PageSize, PageText,
};
use seal::Manifest;
use seal::tlog::VersionKind;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};

/// The program, as packages and pages name it.
pub(crate) const SOFTWARE: &str = concat!("hoso ", env!("CARGO_PKG_VERSION"));

pub(crate) use seal::{MANIFEST_PATH, SIGNATURE_PATH};

/// No file that is read whole is longer: `case.json`, ALTO, manifest, signature.
pub(crate) const MAX_RECORD_BYTES: u64 = 256 << 20;

/// Packs, seals and stores a case file whose pages are all read. Once this returns, the case file is in the archive and in
/// its log.
pub(crate) fn store(flow: &Flow<'_>, case: &OpenCase) -> Result<StoredCase, PipelineError> {
    let bench = flow.bench;
    let mut draft = bench.store.begin(&bench.id_for(case.code())?)?;
    let previous = Previous::of(bench, case.code())?;
    let mut record = case_record(flow, case)?;
    record.object = Some(draft.id().clone());
    record.correction = previous.as_ref().map(|previous| previous.note(flow)).transpose()?;
    for finding in &record.left_out {
        flow.found(Finding::new(FindingKind::SealedWithout, &finding.subject, finding.kind.code()))?;
    }
    add_masters(&mut draft, case, &mut record)?;
    add_pages(bench, &mut draft, case, &mut record)?;
    add_documents(flow, &mut draft, case, &mut record, previous.as_ref())?;
    draft.add_bytes(case_json::PATH, &case_json::write(&record))?;
    package::add(flow, &mut draft, case, &record)?;
    let manifest = Manifest::from_entries(draft.files().iter().map(|f| (f.path.clone(), f.sha256)).collect())
        .map_err(|e| PipelineError::Format {
            what: format!("manifest of {}", case.code()),
            problem: e.to_string(),
        })?
        .to_bytes();
    let signature = seal::sign_detached(&manifest, &[&bench.station], bench.clock.now())?;
    draft.add_bytes(MANIFEST_PATH, &manifest)?;
    draft.add_bytes(SIGNATURE_PATH, &signature)?;
    let sealed = draft.commit(&version_info(flow, &record))?;
    tlog::enter_new(bench, &sealed.id, sealed.version)?;
    if let Some(correction) = &record.correction {
        let detail = format!("v{}: {} ({})", sealed.version.get(), correction.reason, correction.by);
        flow.found(Finding::new(FindingKind::Corrected, case.code().as_str(), detail))?;
    }
    let stored = newly_stored(sealed.id.as_str(), sealed.version.get(), &record.case);
    bench.ledger.set_stored(std::slice::from_ref(&stored))?;
    Ok(stored.case)
}

fn version_info(flow: &Flow<'_>, record: &CaseRecord) -> VersionInfo {
    let config = &flow.bench.config;
    let (message, user_name) = match &record.correction {
        Some(note) => (format!("correction, batch {}: {}", flow.batch, note.reason), note.by.clone()),
        None => (format!("batch {}", flow.batch), config.agency.clone()),
    };
    let user_address = format!("urn:hoso:fonds:{}", config.fonds);
    VersionInfo { created: flow.bench.clock.now(), message, user_name, user_address }
}

/// The latest version of a case file that is about to be corrected.
struct Previous {
    object: Object,
    record: CaseRecord,
}

impl Previous {
    fn of(bench: &Workbench, code: &CaseCode) -> Result<Option<Self>, PipelineError> {
        let Some(object) = bench.object_of(code)? else { return Ok(None) };
        let record = read_case(&object)?;
        Ok(Some(Self { object, record }))
    }

    /// What the next version says of this one.
    fn note(&self, flow: &Flow<'_>) -> Result<CorrectionNote, PipelineError> {
        use sha2::Digest;
        // only who was asked for a reason comes here
        let Correction { reason, by, .. } =
            flow.decisions.correction.clone().expect("a correction was decided");
        let manifest = self.object.read(MANIFEST_PATH, MAX_RECORD_BYTES)?;
        Ok(CorrectionNote {
            by,
            reason,
            replaces_manifest_sha256: record::Sha256(sha2::Sha256::digest(&manifest).into()).to_string(),
            replaces_version: self.object.head().get(),
        })
    }

    /// Its searchable PDF of a document of which nothing changed, for that is not written anew.
    fn pdf_of(&self, document: &Document, alike: impl Fn(&Page, &str, &Page) -> bool) -> Option<&str> {
        let at = self.record.case.documents.iter().position(|old| old.no == document.no)?;
        let old = &self.record.case.documents[at];
        let before = self.record.case.documents[..at].iter().map(|d| d.pages.len()).sum::<usize>();
        let altos = self.record.alto_paths.get(before..before + old.pages.len())?;
        let is_same = (&old.name, old.doc_type) == (&document.name, document.doc_type)
            && old.pages.len() == document.pages.len()
            && old.pages.iter().zip(altos).zip(&document.pages).all(|((old, alto), new)| {
                old.folio.as_ref().map(|f| &f.label) == new.folio.as_ref().map(|f| &f.label)
                    && alike(old, alto, new)
            });
        is_same.then(|| self.record.pdf_paths.get(at)?.as_deref()).flatten()
    }
}

/// Names of files that the stored version of a case file holds and this delivery does not, under any name.
pub(crate) fn lost_by(bench: &Workbench, case: &OpenCase) -> Result<Vec<String>, PipelineError> {
    let Some(previous) = Previous::of(bench, case.code())? else { return Ok(Vec::new()) };
    let there: HashSet<record::Sha256> = case.masters.iter().flatten().map(|m| m.sha256).collect();
    let lost = previous.record.case.masters.into_iter().filter(|m| !there.contains(&m.sha256));
    Ok(lost.map(|master| below_case(&master.received_as).to_owned()).collect())
}

/// What `case.json` will say, before the files have their places.
fn case_record(flow: &Flow<'_>, case: &OpenCase) -> Result<CaseRecord, PipelineError> {
    let bench = flow.bench;
    // Files that were not received have no master: `master_of` maps a file of the survey to its master.
    let mut masters = Vec::new();
    let mut master_of = Vec::with_capacity(case.masters.len());
    for (file, received) in case.surveyed.files().zip(&case.masters) {
        master_of.push(masters.len());
        if let Some(received) = received {
            masters.push(MasterFile {
                received_as: file.intake.received_as.clone(),
                sha256: received.sha256,
                bytes: received.bytes,
                media_type: media_type(file.intake.info.as_ref()).into(),
            });
        }
    }
    let mut documents: Vec<Document> = Vec::new();
    let (mut file_idx, mut page_idx) = (0, 0);
    for (name, files) in &case.surveyed.documents {
        let mut pages = Vec::new();
        let file_range = file_idx..file_idx + files.len();
        file_idx += files.len();
        while let Some(page) = case.pages.get(page_idx).filter(|p| file_range.contains(&p.file)) {
            let result = page_result(bench, case, *page)?;
            let listed =
                files[page.file - file_range.start].folios.iter().find(|(no, _)| *no == page.page_idx + 1);
            let listed = listed.map(|(_, label)| FolioMark {
                label: label.clone(),
                source: FolioSource::List,
                confidence: 100,
            });
            pages.push(Page {
                no: PageNo::from_idx(page_idx),
                master_idx: master_of[page.file],
                page_idx: page.page_idx,
                folio: listed.or_else(|| result.folio_mark()),
                outcome: result.outcome,
            });
            page_idx += 1;
        }
        let mut reader = ocr::header::Reader::new(&bench.units);
        for page in pages.iter().filter(|page| page.outcome != "blank") {
            reader.page(page.no, text_of(bench, case, case.pages[page.no.idx()])?.as_ref());
        }
        let fields = reader.finish();
        documents.push(Document {
            no: DocumentNo::from_idx(documents.len()),
            name: name.clone(),
            doc_type: fields.doc_type.as_ref().and_then(|f| f.accepted().copied()),
            date: fields.date.as_ref().and_then(|f| f.accepted().copied()),
            fields,
            pages,
        });
    }
    leave_refuted_stamps_open(flow, case, &mut documents)?;
    let case_file = CaseFile { header: case.surveyed.header.clone(), masters, documents };
    Ok(CaseRecord {
        case: case_file,
        master_paths: Vec::new(),
        alto_paths: Vec::new(),
        embedded_paths: Vec::new(),
        pdf_paths: Vec::new(),
        left_out: case.missing.clone(),
        correction: None,
        agency: bench.config.agency.clone(),
        batch: flow.batch.to_string(),
        created: bench.clock.now().to_string(),
        object: None,
        software: SOFTWARE.into(),
    })
}

/// Takes away stamps that contradict the pages before and after, and says so. A listed number stands whatever its neighbours.
fn leave_refuted_stamps_open(
    flow: &Flow<'_>,
    case: &OpenCase,
    documents: &mut [Document],
) -> Result<(), PipelineError> {
    let mut pages: Vec<&mut Page> = documents.iter_mut().flat_map(|d| &mut d.pages).collect();
    let labels: Vec<Option<&str>> =
        pages.iter().map(|page| page.folio.as_ref().map(|f| f.label.as_str())).collect();
    for idx in ocr::sequence::refuted(&labels) {
        let folio = &mut pages[idx].folio;
        if let Some(read) = folio.take_if(|f| f.source == FolioSource::Stamp) {
            flow.found(case.finding_on_page(FindingKind::FolioOutOfOrder, idx, &read.label))?;
        }
    }
    Ok(())
}

fn media_type(info: Option<&native::FileInfo>) -> &'static str {
    info.map_or("application/octet-stream", |i| i.kind.media_type())
}

/// The masters, bit for bit: `representations/rep2/data/<document>/<file>.<ending>`.
fn add_masters(draft: &mut Draft, case: &OpenCase, record: &mut CaseRecord) -> Result<(), PipelineError> {
    let mut received = case.masters.iter();
    for (document_idx, (_, files)) in case.surveyed.documents.iter().enumerate() {
        for (file_idx, file) in files.iter().enumerate() {
            let Some(master) = received.next().expect("one for each file") else { continue };
            let ending = file.intake.info.as_ref().map_or("bin", |i| i.kind.extensions()[0]);
            let path =
                format!("representations/rep2/data/{:04}/{:04}.{ending}", document_idx + 1, file_idx + 1);
            let mut bytes = File::open(&master.path).map_err(PipelineError::io(&master.path))?;
            let staged = draft.add(&path, &mut bytes)?;
            if staged.sha256 != master.sha256 {
                let problem = "its bytes are no longer those received".to_owned();
                return Err(PipelineError::Format { what: master.path.display().to_string(), problem });
            }
            record.master_paths.push(path);
        }
    }
    Ok(())
}

/// The text of the pages: `representations/rep2/metadata/ocr/<document>/<page of document>.xml`; beside it, in
/// `embedded-text`, what a received PDF claims to say on the page: kept as found, neither trusted nor searched.
fn add_pages(
    bench: &Workbench,
    draft: &mut Draft,
    case: &OpenCase,
    record: &mut CaseRecord,
) -> Result<(), PipelineError> {
    for document in &record.case.documents {
        for (idx, page) in document.pages.iter().enumerate() {
            let open = case.pages[page.no.idx()];
            let path =
                format!("representations/rep2/metadata/ocr/{:04}/{:04}.xml", document.no.get(), idx + 1);
            let alto_file = bench.alto_file(&case.master(open).sha256, open.page_idx);
            let mut bytes = File::open(&alto_file).map_err(PipelineError::io(&alto_file))?;
            draft.add(&path, &mut bytes)?;
            record.alto_paths.push(path);
            if !page_result(bench, case, open)?.embedded_text {
                record.embedded_paths.push(None);
                continue;
            }
            let folder = "representations/rep2/metadata/embedded-text";
            let path = format!("{folder}/{:04}/{:04}.txt", document.no.get(), idx + 1);
            let text_file = bench.embedded_file(&case.master(open).sha256, open.page_idx);
            draft.add(&path, &mut File::open(&text_file).map_err(PipelineError::io(&text_file))?)?;
            record.embedded_paths.push(Some(path));
        }
    }
    Ok(())
}

/// One searchable PDF/A for each document: `representations/rep1/data/<mã hồ sơ>.<STT>.pdf`.
fn add_documents(
    flow: &Flow<'_>,
    draft: &mut Draft,
    case: &OpenCase,
    record: &mut CaseRecord,
    previous: Option<&Previous>,
) -> Result<(), PipelineError> {
    let slug = file_stem(case.code());
    let staged: HashMap<String, record::Sha512> =
        draft.files().iter().map(|file| (file.path.clone(), file.sha512)).collect();
    let mut altos = record.alto_paths.iter();
    for document in &record.case.documents {
        let path = format!("representations/rep1/data/{slug}.{:03}.pdf", document.no.get());
        let altos: Vec<&String> = altos.by_ref().take(document.pages.len()).collect();
        if let Some((previous, kept)) = kept_pdf(previous, &record.case, document, &altos, &staged)? {
            draft.add(&path, &mut BufReader::new(previous.object.open_file(&kept)?))?;
            record.pdf_paths.push(Some(path));
            continue;
        }
        let mut scratch = tempfile::tempfile_in(flow.bench.layout.pages())
            .map_err(PipelineError::io(flow.bench.layout.pages()))?;
        let pages = write_pdf(flow, case, document, &mut scratch, &record.created)?;
        if pages == 0 {
            record.pdf_paths.push(None);
            continue;
        }
        scratch.rewind().map_err(PipelineError::io(&path))?;
        draft.add(&path, &mut BufReader::new(scratch))?;
        record.pdf_paths.push(Some(path));
    }
    Ok(())
}

/// The PDF of the version before, where nothing of the document changed: same masters, same text, same bút lục.
fn kept_pdf<'p>(
    previous: Option<&'p Previous>,
    case: &CaseFile,
    document: &Document,
    altos: &[&String],
    staged: &HashMap<String, record::Sha512>,
) -> Result<Option<(&'p Previous, String)>, PipelineError> {
    let Some(previous) = previous else { return Ok(None) };
    let files = previous.object.files(previous.object.head())?;
    let stored: HashMap<&str, record::Sha512> = files.iter().map(|f| (f.path.as_str(), f.sha512)).collect();
    let first = document.pages.first().map_or(0, |page| page.no.idx());
    let alike = |old: &Page, old_alto: &str, new: &Page| {
        let master = |case: &CaseFile, page: &Page| (case.masters[page.master_idx].sha256, page.page_idx);
        let alto = altos.get(new.no.idx() - first).and_then(|alto| staged.get(*alto));
        master(&previous.record.case, old) == master(case, new) && stored.get(old_alto) == alto
    };
    Ok(previous.pdf_of(document, alike).map(|path| (previous, path.to_owned())))
}

/// The case code as a file name that every system takes: ASCII, and no name that stands for a device on Windows.
fn file_stem(code: &CaseCode) -> String {
    let slug = vitext::ascii_slug(code.as_str());
    let base = slug.split('.').next().unwrap_or_default().to_lowercase();
    let numbered = |name: &str| {
        base.strip_prefix(name).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit())
    };
    let is_device =
        matches!(base.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt");
    if is_device { format!("_{slug}") } else { slug }
}

/// The frame of a page whose picture cannot be had.
const A4_AT_300_DPI: PageSize = PageSize { width_px: 2480, height_px: 3508, dpi: 300 };

/// Writes a document; the number of pages that can be shown.
fn write_pdf(
    flow: &Flow<'_>,
    case: &OpenCase,
    document: &Document,
    out: &mut File,
    created: &str,
) -> Result<u32, PipelineError> {
    let bench = flow.bench;
    let subject = || format!("{}, {}", case.code(), document.no);
    let pdf_error = |source| PipelineError::Pdf { subject: subject(), source };
    let title = match document.doc_type {
        Some(doc_type) => format!("{} – {}", case.code(), doc_type.vietnamese()),
        None => format!("{} – {}", case.code(), document.no),
    };
    let info = PdfInfo {
        title: &title,
        created: created.parse().expect("a time this program wrote"),
        producer: SOFTWARE,
        id: document_id(case, document),
    };
    let mut pdf = PdfWriter::new(BufWriter::new(out), &info).map_err(pdf_error)?;
    let mut written = 0;
    for page in &document.pages {
        flow.check_stop()?;
        let open = case.pages[page.no.idx()];
        let master = case.master(open);
        let file = File::open(&master.path).map_err(PipelineError::io(&master.path))?;
        let label = page.folio.as_ref().map(|f| f.label.as_str());
        let picture = match bench.pool.picture(&file, open.page_idx) {
            Ok(picture) => picture,
            // A page that cannot be shown keeps its place; its outcome stands in `case.json` and among the findings.
            Err(error) if page::is_about_one_page(&error) => {
                if page.outcome == "text" {
                    flow.found(case.finding_on_page(
                        FindingKind::Undecodable,
                        page.no.idx(),
                        &error.to_string(),
                    ))?;
                }
                pdf.page_without_picture(A4_AT_300_DPI, label).map_err(pdf_error)?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let text = text_of(bench, case, open)?;
        match pdf.page(&picture, text.as_ref(), label) {
            Ok(()) => written += 1,
            Err(error @ (PdfError::Io(_) | PdfError::Broken)) => return Err(pdf_error(error)),
            Err(error) => {
                flow.found(case.finding_on_page(
                    FindingKind::Undecodable,
                    page.no.idx(),
                    &error.to_string(),
                ))?;
                pdf.page_without_picture(A4_AT_300_DPI, label).map_err(pdf_error)?;
            }
        }
    }
    if written > 0 {
        pdf.finish().map_err(pdf_error)?.flush().map_err(PipelineError::io(bench.layout.pages()))?;
    }
    Ok(written)
}

/// The same masters and pages give the same PDF identity.
fn document_id(case: &OpenCase, document: &Document) -> [u8; 16] {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    hash.update(case.code().as_str());
    for page in &document.pages {
        let open = case.pages[page.no.idx()];
        hash.update(case.master(open).sha256.as_bytes());
        hash.update(open.page_idx.to_be_bytes());
    }
    hash.finalize()[..16].try_into().expect("32 bytes hold 16")
}

fn page_result(bench: &Workbench, case: &OpenCase, page: OpenPage) -> Result<PageResult, PipelineError> {
    let sha256 = case.master(page).sha256;
    let text = bench.ledger.page_result(&sha256, page.page_idx, &bench.step)?;
    let missing =
        || PipelineError::Format { what: format!("ledger, page of {sha256}"), problem: "not there".into() };
    PageResult::read(&text.ok_or_else(missing)?)
}

/// The text of a read page that waits to be packed.
fn text_of(bench: &Workbench, case: &OpenCase, page: OpenPage) -> Result<Option<PageText>, PipelineError> {
    let alto_file = bench.alto_file(&case.master(page).sha256, page.page_idx);
    let bytes = std::fs::read(&alto_file).map_err(PipelineError::io(&alto_file))?;
    read_alto(&alto_file.display().to_string(), &bytes)
}

/// The text in an ALTO file; `None` when the page has none.
pub(crate) fn read_alto(what: &str, bytes: &[u8]) -> Result<Option<PageText>, PipelineError> {
    let file = ocr::alto::read(bytes)
        .map_err(|e| PipelineError::Format { what: what.to_owned(), problem: e.to_string() })?;
    Ok(match file.outcome {
        PageOutcome::Text(text) => Some(text),
        PageOutcome::Blank(_) | PageOutcome::Unrecognised { .. } => None,
    })
}

/// What the register and the folio lists say otherwise than when the case file was stored: names of columns, and
/// `butluc.csv`. Empty when the archive does not hold it.
pub(crate) fn register_changes(
    bench: &Workbench,
    case: &OpenCase,
) -> Result<Vec<&'static str>, PipelineError> {
    let Some(object) = bench.object_of(case.code())? else {
        return Ok(Vec::new());
    };
    let stored = read_case(&object)?.case;
    let (old, new) = (&stored.header, &case.surveyed.header);
    let mut changes = Vec::new();
    let mut compare = |name, is_equal: bool| {
        if !is_equal {
            changes.push(name);
        }
    };
    compare("title", old.title == new.title);
    compare("unit", old.unit == new.unit);
    compare("year", old.year == new.year);
    compare("retention", old.retention == new.retention);
    compare("secrecy", old.secrecy == new.secrecy);
    compare("sheets", old.sheets == new.sheets);
    compare("pages", old.pages == new.pages);
    compare("paper_location", old.paper_location == new.paper_location);
    let listed = |label: &FolioMark| (label.source == FolioSource::List).then(|| label.label.clone());
    let then = stored.pages().filter_map(|(_, page)| {
        let name = below_case(&stored.masters[page.master_idx].received_as).to_owned();
        Some(((name, page.page_idx + 1), listed(page.folio.as_ref()?)?))
    });
    let received = case.surveyed.files().zip(&case.masters).filter(|(_, master)| master.is_some());
    let now = received.flat_map(|(file, _)| {
        let name = below_case(&file.intake.received_as);
        file.folios.iter().map(move |(page, label)| ((name.to_owned(), *page), label.clone()))
    });
    let (then, now): (BTreeMap<_, _>, BTreeMap<_, _>) = (then.collect(), now.collect());
    compare("butluc.csv", then == now);
    Ok(changes)
}

/// Whether the stored version of a case file says of all this that it was left out.
pub(crate) fn was_sealed_without(
    bench: &Workbench,
    code: &CaseCode,
    missing: &[Finding],
) -> Result<bool, PipelineError> {
    if missing.is_empty() {
        return Ok(true);
    }
    let Some(object) = bench.object_of(code)? else { return Ok(false) };
    let below: Vec<String> =
        read_case(&object)?.left_out.iter().map(|f| below_case(&f.subject).to_owned()).collect();
    Ok(missing.iter().all(|f| below.iter().any(|name| name == below_case(&f.subject))))
}

/// After a stop between commit and ledger: notes what the archive holds under this code.
///
/// # Errors
/// [`PipelineError::Gone`] where it holds less than was stored: nothing may cover that up.
pub(crate) fn note_if_stored(bench: &Workbench, case: &OpenCase) -> Result<(), PipelineError> {
    let stored = bench.ledger.stored(case.code())?.map(|stored| stored.version);
    let object = bench.object_of(case.code())?;
    let found = object.as_ref().map(|object| object.head().get());
    match (stored, &object) {
        (Some(stored), _) if found.is_none_or(|found| found < stored) => {
            Err(PipelineError::Gone { case: case.code().clone(), stored, found })
        }
        (_, Some(object)) if stored != found => {
            tlog::enter_found(bench, object, VersionKind::Seal)?;
            note_stored(bench, object).map(drop)
        }
        _ => Ok(()),
    }
}

/// Notes in the ledger what an object of the archive holds.
pub(crate) fn note_stored(bench: &Workbench, object: &Object) -> Result<CaseCode, PipelineError> {
    let stored = stored_in(object)?;
    bench.ledger.set_stored(std::slice::from_ref(&stored))?;
    Ok(stored.case.code)
}

/// What an object of the archive holds, for the ledger.
pub(crate) fn stored_in(object: &Object) -> Result<NewlyStored, PipelineError> {
    let record = read_case(object)?;
    Ok(newly_stored(object.id().as_str(), object.head().get(), &record.case))
}

/// `case.json` of the head version.
pub(crate) fn read_case(object: &Object) -> Result<CaseRecord, PipelineError> {
    case_json::read(object.id().as_str(), &object.read(case_json::PATH, MAX_RECORD_BYTES)?)
}

/// `case.json` of the version that a batch made, with its number; of the latest where it made none.
pub(crate) fn read_case_of_batch(object: &Object, batch: &str) -> Result<(u32, CaseRecord), PipelineError> {
    let read = |version: VersionNo| -> Result<(u32, CaseRecord), PipelineError> {
        let bytes = object.read_of(version, case_json::PATH, MAX_RECORD_BYTES)?;
        Ok((version.get(), case_json::read(object.id().as_str(), &bytes)?))
    };
    let latest = read(object.head())?;
    for version in object.versions().iter().rev().skip(1).map(|meta| meta.version) {
        if latest.1.batch == batch {
            break;
        }
        let earlier = read(version)?;
        if earlier.1.batch == batch {
            return Ok(earlier);
        }
    }
    Ok(latest)
}

fn newly_stored(object_id: &str, version: u32, case: &CaseFile) -> NewlyStored {
    let names = case.masters.iter().map(|m| (m.received_as.as_str(), m.sha256.to_string()));
    let stored = StoredCase {
        code: case.header.code.clone(),
        object_id: object_id.to_owned(),
        version,
        pages: case.pages().count() as u32,
        contents: contents(names),
        indexed: false,
    };
    let masters = case.masters.iter().map(|m| m.sha256).collect();
    NewlyStored { case: stored, entry: CatalogEntry::of(case, version), masters }
}

/// Puts a stored case file into the index, from what the archive holds, in place of what the index had of it.
pub(crate) fn index_case(bench: &Workbench, code: &CaseCode) -> Result<(), PipelineError> {
    let mut failed = None;
    index_cases(bench, std::slice::from_ref(code), |_, error| failed = Some(error))?;
    failed.map_or(Ok(()), Err)
}

/// The same for several, in one commit. What is wrong with one of them is told; the others are put in.
pub(crate) fn index_cases(
    bench: &Workbench,
    codes: &[CaseCode],
    mut tell: impl FnMut(&CaseCode, PipelineError),
) -> Result<(), PipelineError> {
    let mut indexer = bench.index.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut done = Vec::with_capacity(codes.len());
    for code in codes {
        let object = bench.object_of(code);
        let object = object.and_then(|found| found.ok_or_else(|| PipelineError::NoCase(code.clone())));
        match object.and_then(|object| put_case(&mut indexer, &object)) {
            Ok(()) => done.push(code.clone()),
            Err(error) if error.is_about_one_case() => tell(code, error),
            Err(error) => {
                indexer.rollback()?;
                return Err(error);
            }
        }
    }
    indexer.commit()?;
    bench.ledger.set_indexed(&done)
}

/// Adds the pages of an object to the index; the caller commits. After an error the index has none of them.
pub(crate) fn put_case(indexer: &mut index::Indexer, object: &Object) -> Result<(), PipelineError> {
    let record = read_case(object)?;
    let header = &record.case.header;
    let case = IndexCase { code: header.code.clone(), label: header.label(), year: header.year };
    // Texts are read one by one while the index takes them; the first that cannot be read ends it.
    let mut failed = None;
    let pages = record.case.pages().zip(&record.alto_paths).map_while(|((document, page), alto)| {
        let text = object
            .read(alto, MAX_RECORD_BYTES)
            .map_err(PipelineError::from)
            .and_then(|b| read_alto(alto, &b));
        let text = text.map_err(|error| failed = Some(error)).ok()?;
        Some(IndexPage {
            document: document.no,
            page: page.no,
            folio: page.folio.as_ref().map(|f| f.label.clone()),
            doc_type: document.doc_type,
            date: document.date,
            text,
        })
    });
    indexer.put_case(&case, pages)?;
    match failed {
        Some(error) => {
            // Not a rollback: other case files may wait for the same commit.
            indexer.remove_case(&header.code)?;
            Err(error)
        }
        None => Ok(()),
    }
}

/// Takes away the copies of what the archive holds and no unfinished batch waits for. What was received and not stored
/// (it differs from its stored case file, say) stays in the work folder, of this batch and of every other.
pub(crate) fn clear_work(bench: &Workbench) -> Result<(), PipelineError> {
    bench.spool.clear(|sha256| bench.ledger.may_go(sha256))?;
    let folder = bench.layout.pages();
    let failed = |e| PipelineError::io(&folder)(e);
    for shelf in std::fs::read_dir(&folder).map_err(failed)? {
        let Ok(files) = std::fs::read_dir(shelf.map_err(failed)?.path()) else { continue };
        for file in files {
            let path = file.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // `<digest>-<page>.xml` or `.txt`, or half of one that a stopped process left.
            let may_go = match name.split_once('-').map(|(digest, _)| digest.parse()) {
                Some(Ok(sha256)) => bench.ledger.may_go(&sha256)?,
                _ => true,
            };
            if may_go {
                std::fs::remove_file(&path).map_err(PipelineError::io(&path))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_codes_become_file_names_that_every_system_takes() {
        for (code, stem) in
            [("KV7-2019", "KV7-2019"), ("CON", "_CON"), ("com1.2019", "_com1.2019"), ("Hồ sơ", "Ho-so")]
        {
            assert_eq!(file_stem(&CaseCode::new(code).unwrap()), stem);
        }
    }
}
