//! From read pages to a stored case file: searchable PDFs, `case.json`, METS, EAD and PREMIS, manifest, signature, one OCFL
//! version; then the index.

use crate::catalog::CatalogEntry;
use crate::document::{OpenCase, OpenPage, below_case, contents};
use crate::flow::Flow;
use crate::format::case_json::{self, CaseRecord, CorrectionNote};
use crate::format::page_result::PageResult;
use crate::index_page::{case_kind, index_page};
use crate::ledger::{Ledger, NewlyStored, StoredCase};
use crate::previous::Previous;
use crate::volumes::{self, Stored, Volume, VolumeRef, Weight};
use crate::{PipelineError, Workbench, foreign, package, page, received_signatures, tlog};
use archive_store::{ArchiveReader, Draft, Object, Sealed, VersionInfo};
use index::{IndexCase, IndexPage};
use ocr::pdf::{PdfError, PdfInfo, PdfWriter};
use record::{
    CaseCode, CaseFile, CaseHeader, Document, DocumentFields, Finding, FindingKind, FolioMark, FolioSource,
    MasterFile, ObjectId, Page, PageNo, PageOutcome, PageSize, PageText, Sha256,
};
use seal::Manifest;
use seal::tlog::VersionKind;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};
use std::sync::{Mutex, PoisonError};

/// The program, as packages and pages name it.
pub(crate) const SOFTWARE: &str = concat!("hoso ", env!("CARGO_PKG_VERSION"));

pub(crate) use seal::{MANIFEST_PATH, SIGNATURE_PATH};

/// No file that is read whole is longer: `case.json`, ALTO, manifest, signature.
pub(crate) const MAX_RECORD_BYTES: u64 = 256 << 20;

/// Packs, seals and stores a case file whose pages are all read. Once this returns, the case file is in the archive and in
/// its log. One too long for one package is stored volume by volume, and what lists them last: before that, nobody sees
/// anything of it.
pub(crate) fn store(flow: &Flow<'_>, case: &OpenCase) -> Result<StoredCase, PipelineError> {
    let bench = flow.bench;
    let id = bench.id_for(case.code())?;
    let mut previous = Previous::of(bench, case.code())?;
    let correction = previous.as_ref().map(|previous| previous.note(flow)).transpose()?;
    for finding in &case.missing {
        flow.found(Finding::new(FindingKind::SealedWithout, &finding.subject, finding.kind.code()))?;
    }
    let refuted = refuted_stamps(flow, case)?;
    let mut volumes = Vec::new();
    for volume in volumes::plan(case, &bench.config.limits) {
        flow.check_stop()?;
        let object = volume.no.map_or_else(|| id.clone(), |no| volumes::volume_id(&id, no));
        let mut record = case_record(flow, case, &volume, &refuted)?;
        record.correction.clone_from(&correction);
        if volume.no.is_none() {
            record.left_out.clone_from(&case.missing);
        }
        let before = match volume.no {
            Some(_) => stored_before_a_stop(bench, &object, &record)?,
            None => None,
        };
        let manifest_sha256 = match before {
            Some(manifest_sha256) => manifest_sha256,
            None => store_package(flow, case, object.clone(), &volume, &mut record, previous.as_mut())?,
        };
        if let Some(no) = volume.no {
            volumes.push(VolumeRef::of(no, object, manifest_sha256, &record));
        }
    }
    if !volumes.is_empty() {
        store_parent(flow, case, &id, volumes, correction, previous.as_ref())?;
    }
    let object = bench.object_of(case.code())?.ok_or_else(|| PipelineError::NoCase(case.code().clone()))?;
    note_stored(bench, object)
}

/// One package, whole; the SHA-256 of its manifest.
fn store_package(
    flow: &Flow<'_>,
    case: &OpenCase,
    object: ObjectId,
    volume: &Volume,
    record: &mut CaseRecord,
    mut previous: Option<&mut Previous<'_>>,
) -> Result<Sha256, PipelineError> {
    let mut draft = flow.bench.store.begin(&object)?;
    record.object = Some(object);
    add_masters(flow.bench, &mut draft, case, volume, record)?;
    received_signatures::judge(flow, &draft, record)?;
    add_pages(flow.bench, &mut draft, case, record)?;
    add_documents(flow, &mut draft, case, record, previous.as_deref_mut())?;
    seal_and_commit(flow, case, draft, record, previous.as_deref())
}

/// What makes a case file of volumes: register data and the list of them.
fn store_parent(
    flow: &Flow<'_>,
    case: &OpenCase,
    object: &ObjectId,
    volumes: Vec<VolumeRef>,
    correction: Option<CorrectionNote>,
    previous: Option<&Previous<'_>>,
) -> Result<(), PipelineError> {
    let mut record = empty_record(flow, case);
    record.object = Some(object.clone());
    record.left_out.clone_from(&case.missing);
    (record.volumes, record.correction) = (volumes, correction);
    seal_and_commit(flow, case, flow.bench.store.begin(object)?, &mut record, previous).map(drop)
}

fn seal_and_commit(
    flow: &Flow<'_>,
    case: &OpenCase,
    mut draft: Draft,
    record: &mut CaseRecord,
    previous: Option<&Previous<'_>>,
) -> Result<Sha256, PipelineError> {
    let bench = flow.bench;
    let came_in = foreign::add(flow, &mut draft, record, previous)?;
    draft.add_bytes(case_json::PATH, &case_json::write(record))?;
    package::add(flow, &mut draft, case, record, came_in.as_ref())?;
    let manifest = Manifest::from_entries(draft.files().iter().map(|f| (f.path.clone(), f.sha256)).collect())
        .map_err(|e| PipelineError::Format {
            what: format!("manifest of {}", case.code()),
            problem: e.to_string(),
        })?
        .to_bytes();
    let signature = seal::sign_detached(&manifest, &[&bench.station], bench.clock.now())?;
    let staged = draft.add_bytes(MANIFEST_PATH, &manifest)?;
    draft.add_bytes(SIGNATURE_PATH, &signature)?;
    // Volumes are found by the label of their case file, which is stored last.
    if previous.is_some() && record.volume.is_none() {
        let before = bench.object_of(case.code())?;
        take_out_if_relabelled(&bench.ledger, &bench.index, before, &record.case.header)?;
    }
    let sealed = draft.commit(&version_info(flow, record))?;
    tlog::enter_new(bench, &sealed.id, sealed.version)?;
    note_weight(flow, case, &sealed)?;
    if let Some(correction) = record.correction.as_ref().filter(|_| record.volume.is_none()) {
        let detail = format!("v{}: {} ({})", sealed.version.get(), correction.reason, correction.by);
        flow.found(Finding::new(FindingKind::Corrected, case.code().as_str(), detail))?;
    }
    Ok(staged.sha256)
}

/// Inventories grow with files times versions; whoever corrects again should know.
fn note_weight(flow: &Flow<'_>, case: &OpenCase, sealed: &Sealed) -> Result<(), PipelineError> {
    let Some(object) = flow.bench.store.object(&sealed.id)? else { return Ok(()) };
    if let Some(weight) = Some(Weight::of(&object)?).filter(Weight::is_heavy) {
        let Weight { versions, inventory_bytes } = weight;
        let detail = format!("{}: v{versions}, inventory.json {inventory_bytes} B", sealed.id);
        flow.found(Finding::new(FindingKind::Heavy, case.code().as_str(), detail))?;
    }
    Ok(())
}

/// The manifest of a volume that this batch stored before it was stopped: the same documents, pages and files.
fn stored_before_a_stop(
    bench: &Workbench,
    object: &ObjectId,
    record: &CaseRecord,
) -> Result<Option<Sha256>, PipelineError> {
    let Some(object) = bench.store.object(object)? else { return Ok(None) };
    // The stop may have come between its commit and its entry.
    tlog::enter_found(bench, &object, VersionKind::Seal)?;
    let there = Stored::latest(object)?;
    let is_same = there.record.batch == record.batch
        && there.record.volume == record.volume
        && there.record.correction == record.correction
        && there.record.case == record.case;
    Ok(is_same.then(|| there.object.sha256_of(there.version, MANIFEST_PATH)).flatten())
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

/// What `case.json` says of any package of this case file.
fn empty_record(flow: &Flow<'_>, case: &OpenCase) -> CaseRecord {
    let bench = flow.bench;
    let header = case.surveyed.header.clone();
    CaseRecord {
        case: CaseFile { header, masters: Vec::new(), documents: Vec::new() },
        master_paths: Vec::new(),
        signatures: Vec::new(),
        alto_paths: Vec::new(),
        embedded_paths: Vec::new(),
        pdf_paths: Vec::new(),
        left_out: Vec::new(),
        correction: None,
        received_package: None,
        agency: bench.config.agency.clone(),
        batch: flow.batch.to_string(),
        created: bench.clock.now().to_string(),
        object: None,
        volume: None,
        volumes: Vec::new(),
        software: SOFTWARE.into(),
    }
}

/// What `case.json` will say of one package, before the files have their places.
fn case_record(
    flow: &Flow<'_>,
    case: &OpenCase,
    volume: &Volume,
    refuted: &[usize],
) -> Result<CaseRecord, PipelineError> {
    let bench = flow.bench;
    let mut record = empty_record(flow, case);
    record.volume = volume.no;
    // Files that were not received have no master.
    let mut master_of = HashMap::new();
    for file in volume.documents.iter().flat_map(|piece| piece.files.clone()) {
        if let Some(received) = &case.masters[file] {
            let intake = &case.file(file).intake;
            master_of.insert(file, record.case.masters.len());
            record.case.masters.push(MasterFile {
                received_as: intake.received_as.clone(),
                sha256: received.sha256,
                bytes: received.bytes,
                media_type: media_type(intake.info.as_ref()).into(),
            });
        }
    }
    for piece in &volume.documents {
        let mut pages = Vec::with_capacity(piece.pages.len());
        for idx in piece.pages.clone() {
            let open = case.page(idx);
            let result = page_result(bench, case, open)?;
            let folio = case.listed_folio(open).or_else(|| result.folio_mark());
            pages.push(Page {
                no: PageNo::from_idx(idx),
                master_idx: master_of[&open.file],
                page_idx: open.page_idx,
                // A listed number stands whatever its neighbours.
                folio: folio
                    .filter(|f| f.source == FolioSource::List || refuted.binary_search(&idx).is_err()),
                outcome: result.outcome,
            });
        }
        let name = &case.surveyed.documents[piece.document].0;
        let mut document = Document {
            no: piece.no,
            name: match piece.part {
                Some((part, parts)) => format!("{name} ({part}/{parts})"),
                None => name.clone(),
            },
            doc_type: None,
            date: None,
            fields: DocumentFields::default(),
            pages,
        };
        // What a document says of itself stands on its first pages.
        if piece.part.is_none_or(|(part, _)| part == 1) {
            let mut reader = ocr::header::Reader::new(&bench.units);
            for page in document.pages.iter().filter(|page| page.outcome != "blank") {
                reader.page(page.no, text_of(bench, case, case.page(page.no.idx()))?.as_ref());
            }
            document.fields = reader.finish();
            document.doc_type = document.fields.doc_type.as_ref().and_then(|f| f.accepted().copied());
            document.date = document.fields.date.as_ref().and_then(|f| f.accepted().copied());
        }
        record.case.documents.push(document);
    }
    Ok(record)
}

/// Pages whose stamp contradicts the pages before and after, and says so. Looks at the whole case file, and keeps nothing of it.
fn refuted_stamps(flow: &Flow<'_>, case: &OpenCase) -> Result<Vec<usize>, PipelineError> {
    let mark = |open: OpenPage| -> Result<Option<FolioMark>, PipelineError> {
        Ok(case.listed_folio(open).or(page_result(flow.bench, case, open)?.folio_mark()))
    };
    let mut failed = None;
    let labels = (0..case.pages()).map_while(|idx| match mark(case.page(idx)) {
        Ok(mark) => Some(mark.map(|mark| mark.label)),
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let refuted = ocr::sequence::refuted(labels);
    if let Some(error) = failed {
        return Err(error);
    }
    let mut stamps = Vec::new();
    for idx in refuted {
        if let Some(read) = mark(case.page(idx))?.filter(|mark| mark.source == FolioSource::Stamp) {
            flow.found(case.finding_on_page(FindingKind::FolioOutOfOrder, idx, &read.label))?;
            stamps.push(idx);
        }
    }
    Ok(stamps)
}

fn media_type(info: Option<&native::FileInfo>) -> &'static str {
    info.map_or("application/octet-stream", |i| i.kind.media_type())
}

/// The masters, bit for bit: `representations/rep2/data/<document>/<file>.<ending>`.
fn add_masters(
    bench: &Workbench,
    draft: &mut Draft,
    case: &OpenCase,
    volume: &Volume,
    record: &mut CaseRecord,
) -> Result<(), PipelineError> {
    let files = volume.documents.iter().flat_map(|piece| {
        piece.files.clone().enumerate().map(move |(file_idx, file)| (piece.no, file_idx, file))
    });
    let masters = files.filter_map(|(document, file_idx, file)| {
        let ending = case.file(file).intake.info.as_ref().map_or("bin", |i| i.kind.extensions()[0]);
        let path = format!("representations/rep2/data/{:04}/{:04}.{ending}", document.get(), file_idx + 1);
        let sha256 = case.masters[file].as_ref()?.sha256;
        Some((path, bench.spool.path(&sha256), sha256))
    });
    let masters: Vec<_> = masters.collect();
    let sources = durable::open_ahead(masters.iter().map(|(_, place, _)| place));
    for ((path, place, sha256), bytes) in masters.iter().zip(sources) {
        let staged = draft.add(path, &mut bytes.map_err(PipelineError::io(place))?)?;
        if staged.sha256 != *sha256 {
            let problem = "its bytes are no longer those received".to_owned();
            return Err(PipelineError::Format { what: place.display().to_string(), problem });
        }
        record.master_paths.push(path.clone());
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
            let open = case.page(page.no.idx());
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
    mut previous: Option<&mut Previous<'_>>,
) -> Result<(), PipelineError> {
    let slug = file_stem(case.code());
    let staged: HashMap<String, record::Sha512> =
        draft.files().iter().map(|file| (file.path.clone(), file.sha512)).collect();
    let mut first = 0;
    for document in &record.case.documents {
        let path = format!("representations/rep1/data/{slug}.{:03}.pdf", document.no.get());
        let altos = &record.alto_paths[first..first + document.pages.len()];
        first += document.pages.len();
        let kept = match &mut previous {
            Some(previous) => previous.pdf_of(&record.case, document, altos, &staged)?,
            None => None,
        };
        if let Some(kept) = kept {
            draft.add(&path, &mut BufReader::new(kept.open()?))?;
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
        let open = case.page(page.no.idx());
        let place = bench.spool.path(&case.master(open).sha256);
        let file = File::open(&place).map_err(PipelineError::io(&place))?;
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
        let open = case.page(page.no.idx());
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
    let stored = Stored::latest(object)?;
    let (old, new) = (&stored.record.case.header, &case.surveyed.header);
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
    let mut then = BTreeMap::new();
    for part in stored.into_parts(&bench.store) {
        let stored = part?.record.case;
        for (_, page) in stored.pages() {
            if let Some(listed) = page.folio.as_ref().filter(|label| label.source == FolioSource::List) {
                let name = below_case(&stored.masters[page.master_idx].received_as).to_owned();
                then.insert((name, page.page_idx + 1), listed.label.clone());
            }
        }
    }
    let received = case.surveyed.files().zip(&case.masters).filter(|(_, master)| master.is_some());
    let now = received.flat_map(|(file, _)| {
        let name = below_case(&file.intake.received_as);
        file.folios.iter().map(move |(page, label)| ((name.to_owned(), *page), label.clone()))
    });
    compare("butluc.csv", then == now.collect());
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
    match (stored, object) {
        (Some(stored), _) if found.is_none_or(|found| found < stored) => {
            Err(PipelineError::Gone { case: case.code().clone(), stored, found })
        }
        (_, Some(object)) if stored != found => {
            tlog::enter_found(bench, &object, VersionKind::Seal)?;
            note_stored(bench, object).map(drop)
        }
        _ => Ok(()),
    }
}

/// Notes in the ledger what an object of the archive holds.
pub(crate) fn note_stored(bench: &Workbench, object: Object) -> Result<StoredCase, PipelineError> {
    let stored = stored_in(&bench.store, object)?;
    bench.ledger.set_stored(std::slice::from_ref(&stored))?;
    Ok(stored.case)
}

/// What an object of the archive holds, with its volumes, for the ledger.
pub(crate) fn stored_in(store: &ArchiveReader, object: Object) -> Result<NewlyStored, PipelineError> {
    let (object_id, version) = (object.id().to_string(), object.head().get());
    let head = Stored::latest(object)?;
    let entry = CatalogEntry::of(&head.record, version);
    let (mut names, mut masters) = (Vec::new(), Vec::new());
    for part in head.into_parts(store) {
        for master in part?.record.case.masters {
            masters.push(master.sha256);
            names.push(master.received_as);
        }
    }
    let named = names.iter().zip(&masters).map(|(name, sha256)| (name.as_str(), sha256.to_string()));
    let case = StoredCase {
        code: entry.code.clone(),
        object_id,
        version,
        pages: entry.pages,
        contents: contents(named),
        indexed: false,
    };
    Ok(NewlyStored { case, entry, masters })
}

/// `case.json` of the head version.
pub(crate) fn read_case(object: &Object) -> Result<CaseRecord, PipelineError> {
    Ok(Stored::latest(object.clone())?.record)
}

/// The version of a case file that a batch made; the latest where it made none.
pub(crate) fn version_of_batch(object: Object, batch: &str) -> Result<Stored, PipelineError> {
    let latest = Stored::latest(object.clone())?;
    for version in object.versions().iter().rev().skip(1).map(|meta| meta.version) {
        if latest.record.batch == batch {
            break;
        }
        let earlier = Stored::read(object.clone(), version)?;
        if earlier.record.batch == batch {
            return Ok(earlier);
        }
    }
    Ok(latest)
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
    let mut indexer = bench.index.lock().unwrap_or_else(PoisonError::into_inner);
    let mut done = Vec::with_capacity(codes.len());
    for code in codes {
        let object = bench.object_of(code);
        let object = object.and_then(|found| found.ok_or_else(|| PipelineError::NoCase(code.clone())));
        match object.and_then(|object| put_case(&mut indexer, &bench.store, object)) {
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

/// Takes a case file out of the index when the version that is about to be stored has another label than the one `before`. So the index
/// never has a page under a label that the register has not, wherever a stop comes. [`index_case`] puts it in again, after a stop when the
/// archive is next opened for work.
pub(crate) fn take_out_if_relabelled(
    ledger: &Ledger,
    index: &Mutex<index::Indexer>,
    before: Option<Object>,
    header: &CaseHeader,
) -> Result<(), PipelineError> {
    let Some(before) = before else { return Ok(()) };
    if read_case(&before).is_ok_and(|stored| stored.case.header.label() == header.label()) {
        return Ok(());
    }
    ledger.set_not_indexed(&header.code)?;
    let mut indexer = index.lock().unwrap_or_else(PoisonError::into_inner);
    indexer.remove_case(&header.code)?;
    Ok(indexer.commit()?)
}

/// Adds the pages of a case file to the index; the caller commits. After an error the index has none of them.
pub(crate) fn put_case(
    indexer: &mut index::Indexer,
    store: &ArchiveReader,
    object: Object,
) -> Result<(), PipelineError> {
    let head = Stored::latest(object)?;
    let header = head.record.case.header.clone();
    let kind = case_kind(&head.record.case);
    let case = IndexCase { code: header.code.clone(), label: header.label(), year: header.year, kind };
    // Volumes and texts are read one by one while the index takes them; the first that cannot be read ends it.
    let mut failed = None;
    let pages = head.into_parts(store).flat_map(|part| {
        let (part, error) = match part {
            Ok(part) => (Some(part), None),
            Err(error) => (None, Some(Err(error))),
        };
        part.into_iter().flat_map(index_pages).chain(error)
    });
    let pages = pages.map_while(|page| page.map_err(|error| failed = Some(error)).ok());
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

/// The pages of one package, their texts read one by one.
pub(crate) fn index_pages(part: Stored) -> impl Iterator<Item = Result<IndexPage, PipelineError>> {
    let documents = part.record.case.documents.iter().enumerate();
    let places = documents.flat_map(|(at, document)| (0..document.pages.len()).map(move |page| (at, page)));
    let places: Vec<(usize, usize)> = places.collect();
    places.into_iter().enumerate().map(move |(idx, (document, page))| {
        let alto = &part.record.alto_paths[idx];
        let text = read_alto(alto, &part.object.read_of(part.version, alto, MAX_RECORD_BYTES)?)?;
        let document = &part.record.case.documents[document];
        let page = &document.pages[page];
        Ok(index_page(document, page, text))
    })
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
