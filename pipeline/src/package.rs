//! What makes a case file a package of Thông tư 05/2025: METS, EAD, PREMIS and a sheet for each document, made by
//! `archive-store` from what was received and read.

use crate::document::OpenCase;
use crate::flow::Flow;
use crate::foreign::CameIn;
use crate::format::case_json::CaseRecord;
use crate::volumes::VolumeRef;
use crate::{PipelineError, Workbench};
use archive_store::Draft;
use archive_store::package::{
    self, Conversion, Description, Format, HEAD_BYTES, LeftOut, Origin, VolumeLink,
};
use ocr::Engine;
use record::{BatchId, Finding, FindingKind, PageNo, Timestamp};
use std::io::Read;

pub(crate) const PROGRAM: (&str, &str) = ("hoso", env!("CARGO_PKG_VERSION"));

/// Adds the package's own files to a draft that holds everything else but the seal. Fields that nobody filled in and
/// values too long for the circular become findings.
pub(crate) fn add(
    flow: &Flow<'_>,
    draft: &mut Draft,
    case: &OpenCase,
    record: &CaseRecord,
    came_in: Option<&CameIn>,
) -> Result<(), PipelineError> {
    let bench = flow.bench;
    let files = came_in.iter().flat_map(|came_in| &came_in.about.files);
    let origin_files: Vec<_> = files.map(|file| (file.path.clone(), file.name.clone())).collect();
    let origin = came_in.map(|CameIn { about, is_new }| Origin {
        kind: &about.kind,
        identifier: &about.identifier,
        sender: &about.sender,
        fixity: &about.fixity,
        files: &origin_files,
        is_new: *is_new,
    });
    let formats = master_formats(draft, record)?;
    let engine = bench.pool.identity()?;
    let volumes: Vec<VolumeLink<'_>> = record.volumes.iter().map(link).collect();
    let description = Description {
        id: draft.id(),
        fonds: &bench.config.fonds,
        archive_code: &bench.config.archive_code,
        agency: &bench.config.agency,
        created: record.created.parse().expect("a time this program wrote"),
        software: PROGRAM,
        reader: &format!("{}, model SHA-256 {}", engine.program, engine.model_sha256),
        conversion: Conversion {
            batch: flow.batch.as_str(),
            received: received(bench, flow.batch)?,
            device: bench.config.scanner.device.as_deref(),
            operator: bench.config.scanner.operator.as_deref(),
        },
        case: &record.case,
        master_paths: &record.master_paths,
        master_formats: &formats,
        signatures: &record.signatures,
        alto_paths: &record.alto_paths,
        pdf_paths: &record.pdf_paths,
        origin,
        volume: record.volume,
        volumes: &volumes,
        left_out: record.left_out.len(),
        correction: record.correction.as_ref().map(|note| (note.by.as_str(), note.reason.as_str())),
        files: draft.files(),
    };
    let package = package::describe(&description)
        .map_err(|source| PipelineError::Package { case: case.code().clone(), source })?;
    for (path, bytes) in &package.files {
        draft.add_bytes(path, bytes)?;
    }
    if !package.missing.is_empty() {
        let fields = package.missing.join(", ");
        flow.found(Finding::new(FindingKind::DescriptionIncomplete, case.code().as_str(), fields))?;
    }
    for left_out in &package.left_out {
        flow.found(value_left_out(case, record, left_out))?;
    }
    Ok(())
}

pub(crate) fn link(volume: &VolumeRef) -> VolumeLink<'_> {
    let VolumeRef { object, documents, pages, dates, .. } = volume;
    VolumeLink { id: object, documents: *documents, pages: *pages, dates: *dates }
}

/// On the first page of the document, for that is where to look.
fn value_left_out(case: &OpenCase, record: &CaseRecord, left_out: &LeftOut) -> Finding {
    let detail = format!("{}: {}", left_out.field, left_out.fault);
    let document = record.case.documents.iter().find(|document| document.no == left_out.document);
    match document.and_then(|document| document.pages.first()) {
        Some(page) => case.finding_on_page(FindingKind::ValueTooLong, page.no.idx(), &detail),
        None => {
            Finding::on_page(FindingKind::ValueTooLong, case.code().as_str(), PageNo::from_idx(0), detail)
        }
    }
}

fn master_formats(draft: &Draft, record: &CaseRecord) -> Result<Vec<Format>, PipelineError> {
    let mut formats = Vec::with_capacity(record.master_paths.len());
    for (path, master) in record.master_paths.iter().zip(&record.case.masters) {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        let mut file = draft.open_file(path)?.take(HEAD_BYTES as u64);
        file.read_to_end(&mut head).map_err(PipelineError::io(path))?;
        formats.push(package::identify(&master.media_type, &head));
    }
    Ok(formats)
}

/// When the batch came in.
fn received(bench: &Workbench, batch: &BatchId) -> Result<Timestamp, PipelineError> {
    let row = bench.ledger.batch(batch.as_str())?;
    row.started.parse().map_err(|e| PipelineError::Format {
        what: format!("ledger, start of batch {batch}"),
        problem: format!("{e}"),
    })
}
