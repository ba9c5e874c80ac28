//! The stored version of a case file that is about to be corrected: what the next one says of it, takes over from it, and must
//! not lose.

use crate::digest::sha256;
use crate::document::{OpenCase, below_case};
use crate::flow::Flow;
use crate::format::case_json::{CorrectionNote, ReceivedPackage};
use crate::pack::{MANIFEST_PATH, MAX_RECORD_BYTES};
use crate::volumes::{Stored, VolumeRef};
use crate::{PipelineError, Workbench};
use archive_store::{Object, VersionNo};
use record::{CaseCode, CaseFile, CaseHeader, Document, Page, Sha256, Sha512};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::ops::Range;

/// The latest version of a case file. Of its packages one at a time is in memory.
pub(crate) struct Previous<'a> {
    bench: &'a Workbench,
    head: Object,
    header: CaseHeader,
    /// Its volumes with the documents in each, numbered from 1; none where it is one package.
    volumes: Vec<(Range<u32>, VolumeRef)>,
    open: Option<Part>,
    /// The package of another program that it came in.
    received: Option<ReceivedPackage>,
}

struct Part {
    documents: Range<u32>,
    stored: Stored,
    digests: HashMap<String, Sha512>,
}

/// A file of the version before.
pub(crate) struct Kept {
    object: Object,
    version: VersionNo,
    path: String,
}

impl Kept {
    pub(crate) fn open(&self) -> Result<File, PipelineError> {
        Ok(self.object.open_file_of(self.version, &self.path)?)
    }
}

impl<'a> Previous<'a> {
    pub(crate) fn of(bench: &'a Workbench, code: &CaseCode) -> Result<Option<Self>, PipelineError> {
        let Some(object) = bench.object_of(code)? else { return Ok(None) };
        let mut stored = Stored::latest(object.clone())?;
        let received = stored.record.received_package.take();
        let mut next = 1;
        let volumes = std::mem::take(&mut stored.record.volumes).into_iter().map(|volume| {
            let documents = next..next + volume.documents;
            next = documents.end;
            (documents, volume)
        });
        let volumes: Vec<_> = volumes.collect();
        let header = stored.record.case.header.clone();
        let open = volumes.is_empty().then(|| Part::new(1..u32::MAX, stored)).transpose()?;
        Ok(Some(Self { bench, head: object, header, volumes, open, received }))
    }

    /// What the next version says of this one.
    pub(crate) fn note(&self, flow: &Flow<'_>) -> Result<CorrectionNote, PipelineError> {
        // only who was asked for a reason comes here
        let decided = flow.decisions.correction.clone().expect("a correction was decided");
        let manifest = self.head.read(MANIFEST_PATH, MAX_RECORD_BYTES)?;
        Ok(CorrectionNote {
            by: decided.by.to_string(),
            reason: decided.reason,
            replaces_manifest_sha256: sha256(&manifest).to_string(),
            replaces_version: self.head.head().get(),
        })
    }

    /// The package of another program that it came in, and the object that keeps it.
    pub(crate) fn received(&self) -> Option<(&ReceivedPackage, &Object)> {
        self.received.as_ref().map(|received| (received, &self.head))
    }

    fn part_with(&mut self, document: u32) -> Result<Option<&Part>, PipelineError> {
        if !self.open.as_ref().is_some_and(|part| part.documents.contains(&document)) {
            let Some((documents, volume)) = self.volumes.iter().find(|(range, _)| range.contains(&document))
            else {
                return Ok(None);
            };
            let stored = volume.read(&self.bench.store, &self.header)?;
            self.open = Some(Part::new(documents.clone(), stored)?);
        }
        Ok(self.open.as_ref())
    }

    /// The searchable PDF of a document of which nothing changed, for that is not written anew: same masters, same text, same
    /// bút lục. `altos`: where the text of its pages lies; `staged`: the digests of what is in the package so far.
    pub(crate) fn pdf_of(
        &mut self,
        case: &CaseFile,
        document: &Document,
        altos: &[String],
        staged: &HashMap<String, Sha512>,
    ) -> Result<Option<Kept>, PipelineError> {
        let Some(part) = self.part_with(document.no.get())? else { return Ok(None) };
        let kept = part.pdf_of(case, document, altos, staged);
        let (object, version) = (&part.stored.object, part.stored.version);
        Ok(kept.map(|path| Kept { object: object.clone(), version, path: path.to_owned() }))
    }
}

impl Part {
    fn new(documents: Range<u32>, stored: Stored) -> Result<Part, PipelineError> {
        let files = stored.object.files(stored.version)?;
        let digests = files.into_iter().map(|file| (file.path, file.sha512)).collect();
        Ok(Part { documents, stored, digests })
    }

    fn pdf_of(
        &self,
        case: &CaseFile,
        document: &Document,
        altos: &[String],
        staged: &HashMap<String, Sha512>,
    ) -> Option<&str> {
        let record = &self.stored.record;
        let at = record.case.documents.iter().position(|old| old.no == document.no)?;
        let old = &record.case.documents[at];
        let before = record.case.documents[..at].iter().map(|d| d.pages.len()).sum::<usize>();
        let old_altos = record.alto_paths.get(before..before + old.pages.len())?;
        let master = |case: &CaseFile, page: &Page| (case.masters[page.master_idx].sha256, page.page_idx);
        let label = |page: &Page| page.folio.as_ref().map(|f| f.label.clone());
        let is_same =
            (&old.name, old.doc_type) == (&document.name, document.doc_type)
                && old.pages.len() == document.pages.len()
                && old.pages.iter().zip(&document.pages).all(|(old, new)| {
                    label(old) == label(new) && master(&record.case, old) == master(case, new)
                })
                && old_altos.iter().zip(altos).all(|(old, new)| self.digests.get(old) == staged.get(new));
        is_same.then(|| record.pdf_paths.get(at)?.as_deref()).flatten()
    }
}

/// Names of files that the stored version of a case file holds and this delivery does not, under any name.
pub(crate) fn lost_by(bench: &Workbench, case: &OpenCase) -> Result<Vec<String>, PipelineError> {
    let Some(object) = bench.object_of(case.code())? else { return Ok(Vec::new()) };
    let there: HashSet<Sha256> = case.masters.iter().flatten().map(|m| m.sha256).collect();
    let mut lost = Vec::new();
    for part in Stored::latest(object)?.into_parts(&bench.store) {
        let masters = part?.record.case.masters.into_iter();
        let gone = masters.filter(|master| !there.contains(&master.sha256));
        lost.extend(gone.map(|master| below_case(&master.received_as).to_owned()));
    }
    Ok(lost)
}
