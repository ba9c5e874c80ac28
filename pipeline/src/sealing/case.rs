//! One case file that is to be sealed: what its next version will hold. Nothing is written here.

use super::pdfs::{PdfDesk, SignedPdf};
use crate::config::ArchiveConfig;
use crate::destruction::Obstacle;
use crate::digest::sha256;
use crate::journal::ReviewEntry;
use crate::pack::MAX_RECORD_BYTES;
use crate::package;
use crate::volumes::{Stored, counts};
use crate::{PipelineError, handed_on};
use archive_store::package::{
    COPIES_PREMIS_PATH, METS_PATH, PREMIS_PATH, Sealing, SignedCopy, VolumeLink, describe_sealed,
};
use archive_store::{Archive, Object, StagedFile};
use record::{CaseCode, Sha256, Timestamp};
use seal::{KeyFacts, MANIFEST_PATH, Manifest, STATEMENT_PATH, StatedSigner, Statement};
use sha2::Digest;
use std::collections::BTreeMap;

/// What two people say, and who signs.
pub(super) struct Signing<'a> {
    pub(super) officer: &'a KeyFacts,
    pub(super) agency: &'a KeyFacts,
    /// Whole seconds.
    pub(super) at: Timestamp,
}

/// A case file ready to be signed.
pub(super) struct Prepared {
    pub(super) object: Object,
    pub(super) statement: Statement,
    /// Files that the next version has beside those of the last, or in place of them.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// Searchable PDFs that are signed, in place of those of the last.
    pub(super) pdfs: Vec<SignedPdf>,
    /// Its manifest.
    pub(super) manifest: Vec<u8>,
}

/// Prepares the latest version of a case file. The same order gives the same bytes. Reads no master: what the station sealed
/// is what its manifest lists, and the inventory was compared with that. PDFs that are to be signed are read and compared.
pub(super) fn prepare(
    store: &Archive,
    config: &ArchiveConfig,
    code: &CaseCode,
    object: Object,
    review: Option<&ReviewEntry>,
    (signing, pdf_desk): (&Signing<'_>, Option<&PdfDesk<'_>>),
) -> Result<Prepared, PipelineError> {
    let refuse = |why| PipelineError::Refused { case: Some(code.clone()), why: Box::new(why) };
    let head = object.head();
    let stored = Stored::read(object.clone(), head)?;
    let review =
        review.filter(|review| review.version == head.get()).ok_or_else(|| refuse(Obstacle::NotReviewed))?;
    let old = object.read(MANIFEST_PATH, MAX_RECORD_BYTES)?;
    if review.manifest_sha256 != sha256(&old) {
        return Err(refuse(Obstacle::NotAsSealed(MANIFEST_PATH.into())));
    }
    let pages = counts(&stored.record).1;
    if pages != review.pages_on_paper {
        let count = record::CountDiffers { on_paper: review.pages_on_paper, in_package: pages };
        return Err(refuse(Obstacle::Count(count)));
    }
    // A case file in volumes is sealed by the list of them, so they must be what it lists.
    for volume in &stored.record.volumes {
        volume.find(store)?;
    }
    let signer = |facts: &KeyFacts| StatedSigner {
        certificate_sha256: facts.cert_sha256,
        name: vitext::nfc(&facts.name).into_owned(),
    };
    let statement = Statement {
        case: code.to_string(),
        object: object.id().to_string(),
        reviewed_version: head.get(),
        reviewed_manifest_sha256: review.manifest_sha256,
        pages,
        pages_on_paper: review.pages_on_paper,
        counted_by: review.by.to_string(),
        counted_at: review.at,
        sealed_at: signing.at,
        officer: signer(signing.officer),
        agency: signer(signing.agency),
    };
    let old = Manifest::parse(&old).map_err(|e| refuse(Obstacle::NotAsSealed(e.to_string())))?;
    let mut listed: BTreeMap<String, Sha256> =
        old.entries().iter().map(|entry| (entry.path.clone(), entry.sha256)).collect();
    let mut pdfs = Vec::new();
    if let Some(desk) = pdf_desk {
        for path in stored.record.pdf_paths.iter().flatten() {
            pdfs.push(desk.sign(code, (&object, head), path, listed.get(path).copied())?);
        }
    }
    let mut files = vec![(STATEMENT_PATH.to_owned(), statement.to_bytes())];
    files.extend(description(config, &stored, &statement, &files[0], &pdfs)?);
    for (path, bytes) in &files {
        listed.insert(path.clone(), Sha256(sha2::Sha256::digest(bytes).into()));
    }
    listed.extend(pdfs.iter().map(|pdf| (pdf.now.path.clone(), pdf.now.sha256)));
    let manifest = Manifest::from_entries(listed.into_iter().collect());
    let manifest = manifest.map_err(|e| refuse(Obstacle::NotAsSealed(e.to_string())))?.to_bytes();
    Ok(Prepared { object, statement, files, pdfs, manifest })
}

/// PREMIS with the sealing, METS, and the lists of PDFs that are signed; nothing for a case file that was packed before there were such files.
fn description(
    config: &ArchiveConfig,
    stored: &Stored,
    statement: &Statement,
    added: &(String, Vec<u8>),
    pdfs: &[SignedPdf],
) -> Result<Vec<(String, Vec<u8>)>, PipelineError> {
    let (object, record) = (&stored.object, &stored.record);
    let all = object.files(stored.version)?;
    let has = |path: &str| all.iter().any(|file| file.path == path);
    if !has(METS_PATH) || !has(PREMIS_PATH) {
        return Ok(Vec::new());
    }
    let made_anew = |path: &str| {
        [METS_PATH, PREMIS_PATH].contains(&path)
            || path.starts_with(seal::SEAL_FOLDER)
            || pdfs.iter().any(|pdf| pdf.now.path == path)
    };
    let kept = all.into_iter().filter(|file| !made_anew(&file.path));
    let mut files: Vec<StagedFile> = kept.map(handed_on::staged).collect::<Result<_, _>>()?;
    files.extend(pdfs.iter().map(|pdf| pdf.now.clone()));
    let (path, bytes) = added;
    files.push(StagedFile {
        path: path.clone(),
        sha256: sha256(bytes),
        sha512: record::Sha512(sha2::Sha512::digest(bytes).into()),
        bytes: bytes.len() as u64,
    });
    let volumes: Vec<VolumeLink<'_>> = record.volumes.iter().map(package::link).collect();
    let description = handed_on::describing(config, object.id(), record, &volumes, &files)?;
    let copies: Vec<SignedCopy> = pdfs.iter().map(|pdf| pdf.before.clone()).collect();
    let sealing = Sealing {
        at: statement.sealed_at,
        version: statement.reviewed_version + 1,
        pages: statement.pages,
        counted_by: &statement.counted_by,
        officer: &statement.officer.name,
        agency: &statement.agency.name,
        copies: &copies,
    };
    let premis = object.read(PREMIS_PATH, MAX_RECORD_BYTES)?;
    let has_lists = !copies.is_empty() && object.open_file_of(stored.version, COPIES_PREMIS_PATH).is_ok();
    let premis_rep1 = has_lists.then(|| object.read(COPIES_PREMIS_PATH, MAX_RECORD_BYTES)).transpose()?;
    describe_sealed(&description, &sealing, &premis, premis_rep1.as_deref())
        .map_err(|source| PipelineError::Package { case: record.case.header.code.clone(), source })
}
