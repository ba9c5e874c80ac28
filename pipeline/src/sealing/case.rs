//! One case file that is to be sealed: what its next version will hold. Nothing is written here.

use super::pdfs::{PdfDesk, SignedPdf};
use super::told::PassedOver;
use crate::config::ArchiveConfig;
use crate::destruction::Obstacle;
use crate::digest::sha256;
use crate::format::case_json;
use crate::journal::ReviewEntry;
use crate::pack::MAX_RECORD_BYTES;
use crate::package;
use crate::volumes::{Stored, counts};
use crate::{PipelineError, handed_on};
use archive_store::package::{
    COPIES_PREMIS_PATH, METS_PATH, PREMIS_PATH, Sealing, SignedCopy, VolumeLink, describe_sealed,
};
use archive_store::{Archive, Object, StagedFile, VersionNo};
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
    pub(super) statement: Statement,
    /// Volumes in which PDFs are signed, to be stored before the case file that lists them.
    pub(super) volumes: Vec<NextVersion>,
    /// The case file itself.
    pub(super) own: NextVersion,
    /// What is not signed or listed, and why.
    pub(super) left_out: Vec<PassedOver>,
}

/// A path in a package, and the bytes of its file.
type Named = (String, Vec<u8>);

/// The next version of an object.
pub(super) struct NextVersion {
    pub(super) object: Object,
    /// The version that it follows; of a volume not always the latest, where a stop left one that nothing lists.
    pub(super) before: VersionNo,
    /// Files beside those of the version before, or in place of them.
    pub(super) files: Vec<Named>,
    /// Searchable PDFs that are signed, in place of those before.
    pub(super) pdfs: Vec<SignedPdf>,
    /// Its manifest.
    pub(super) manifest: Vec<u8>,
}

impl Prepared {
    /// All that gets a signature, the case file last.
    pub(super) fn packages(&self) -> impl Iterator<Item = &NextVersion> {
        self.volumes.iter().chain([&self.own])
    }
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
    let mut left_out = Vec::new();
    let mut making = Making { config, code, statement: &statement, pdf_desk, left_out: &mut left_out };
    // A case file in volumes is sealed by the list of them, so they must be what it lists.
    let (mut volumes, mut list) = (Vec::new(), None);
    for volume in &stored.record.volumes {
        if pdf_desk.is_none() {
            volume.find(store)?;
            continue;
        }
        let part = volume.read(store, &stored.record.case.header)?;
        let next = making.next_version(&part, volume.manifest_sha256, Vec::new())?;
        if next.pdfs.is_empty() {
            continue;
        }
        let text = match list.take() {
            Some(text) => text,
            None => String::from_utf8(object.read_of(head, case_json::PATH, MAX_RECORD_BYTES)?)
                .map_err(|e| refuse(Obstacle::NotAsSealed(e.to_string())))?,
        };
        let (old, new) = (volume.manifest_sha256.to_string(), sha256(&next.manifest).to_string());
        list = Some(text.replace(&old, &new));
        volumes.push(next);
    }
    let mut added = vec![(STATEMENT_PATH.to_owned(), statement.to_bytes())];
    added.extend(list.map(|list| (case_json::PATH.to_owned(), list.into_bytes())));
    let own = making.next_version(&stored, review.manifest_sha256, added)?;
    Ok(Prepared { statement, volumes, own, left_out })
}

/// What the packages of a case file are made with.
struct Making<'a> {
    config: &'a ArchiveConfig,
    code: &'a CaseCode,
    statement: &'a Statement,
    pdf_desk: Option<&'a PdfDesk<'a>>,
    left_out: &'a mut Vec<PassedOver>,
}

impl Making<'_> {
    /// Signs the PDFs of a package, whose manifest must be this one, and lists what changes with that and with what is `added`.
    fn next_version(
        &mut self,
        stored: &Stored,
        manifest_sha256: Sha256,
        added: Vec<(String, Vec<u8>)>,
    ) -> Result<NextVersion, PipelineError> {
        let (object, before) = (&stored.object, stored.version);
        object.check_clock(self.statement.sealed_at)?;
        let not_as_sealed = |why: String| PipelineError::Refused {
            case: Some(self.code.clone()),
            why: Box::new(Obstacle::NotAsSealed(why)),
        };
        let old = object.read_of(before, MANIFEST_PATH, MAX_RECORD_BYTES)?;
        if sha256(&old) != manifest_sha256 {
            return Err(not_as_sealed(MANIFEST_PATH.into()));
        }
        let old = Manifest::parse(&old).map_err(|e| not_as_sealed(e.to_string()))?;
        let mut listed: BTreeMap<String, Sha256> =
            old.entries().iter().map(|entry| (entry.path.clone(), entry.sha256)).collect();
        let mut pdfs = Vec::new();
        if let Some(desk) = self.pdf_desk {
            for (document, path) in stored.record.case.documents.iter().zip(&stored.record.pdf_paths) {
                let document = document.no.get();
                let Some(path) = path else {
                    self.left_out.push(PassedOver::NoPdf { document });
                    continue;
                };
                let sealed = listed.get(path).copied();
                match desk.sign(self.code, (object, before), path, sealed)? {
                    Some(signed) => pdfs.push(signed),
                    None => self.left_out.push(PassedOver::SignedBefore { document, path: path.clone() }),
                }
            }
        }
        let mut files = added;
        if !files.is_empty() || !pdfs.is_empty() {
            match description(self.config, stored, self.statement, &files, &pdfs)? {
                Some(lists) => files.extend(lists),
                None => self.left_out.push(PassedOver::NoLists { volume: stored.record.volume }),
            }
        }
        for (path, bytes) in &files {
            listed.insert(path.clone(), Sha256(sha2::Sha256::digest(bytes).into()));
        }
        listed.extend(pdfs.iter().map(|pdf| (pdf.now.path.clone(), pdf.now.sha256)));
        let manifest = Manifest::from_entries(listed.into_iter().collect());
        let manifest = manifest.map_err(|e| not_as_sealed(e.to_string()))?.to_bytes();
        Ok(NextVersion { object: object.clone(), before, files, pdfs, manifest })
    }
}

/// PREMIS with the sealing, METS, and the lists of PDFs that are signed; nothing for a case file that was packed before there were such files.
fn description(
    config: &ArchiveConfig,
    stored: &Stored,
    statement: &Statement,
    added: &[Named],
    pdfs: &[SignedPdf],
) -> Result<Option<Vec<Named>>, PipelineError> {
    let (object, record) = (&stored.object, &stored.record);
    let all = object.files(stored.version)?;
    let has = |path: &str| all.iter().any(|file| file.path == path);
    if !has(METS_PATH) || !has(PREMIS_PATH) {
        return Ok(None);
    }
    let made_anew = |path: &str| {
        [METS_PATH, PREMIS_PATH].contains(&path)
            || path.starts_with(seal::SEAL_FOLDER)
            || added.iter().any(|(added, _)| added == path)
            || pdfs.iter().any(|pdf| pdf.now.path == path)
    };
    let has_lists = !pdfs.is_empty() && has(COPIES_PREMIS_PATH);
    let kept = all.into_iter().filter(|file| !made_anew(&file.path));
    let mut files: Vec<StagedFile> = kept.map(handed_on::staged).collect::<Result<_, _>>()?;
    files.extend(pdfs.iter().map(|pdf| pdf.now.clone()));
    files.extend(added.iter().map(|(path, bytes)| StagedFile {
        path: path.clone(),
        sha256: sha256(bytes),
        sha512: record::Sha512(sha2::Sha512::digest(bytes).into()),
        bytes: bytes.len() as u64,
    }));
    let volumes: Vec<VolumeLink<'_>> = record.volumes.iter().map(package::link).collect();
    let description = handed_on::describing(config, object.id(), record, &volumes, &files)?;
    let copies: Vec<SignedCopy> = pdfs.iter().map(|pdf| pdf.before.clone()).collect();
    let sealing = Sealing {
        at: statement.sealed_at,
        version: object.head().get() + 1,
        pages: statement.pages,
        counted_by: &statement.counted_by,
        officer: &statement.officer.name,
        agency: &statement.agency.name,
        copies: &copies,
    };
    let premis = object.read_of(stored.version, PREMIS_PATH, MAX_RECORD_BYTES)?;
    let read_lists = || object.read_of(stored.version, COPIES_PREMIS_PATH, MAX_RECORD_BYTES);
    let premis_rep1 = has_lists.then(read_lists).transpose()?;
    describe_sealed(&description, &sealing, &premis, premis_rep1.as_deref())
        .map(Some)
        .map_err(|source| PipelineError::Package { case: record.case.header.code.clone(), source })
}
