//! The searchable PDFs of case files that are sealed, where `hoso.toml` wants them signed. Each becomes the sealed bytes with
//! signatures behind them; a batch prepares its case files twice, and gets the same signatures the second time.

use crate::PipelineError;
use crate::destruction::Obstacle;
use crate::pdf_signing::PdfSigners;
use archive_store::package::SignedCopy;
use archive_store::{Object, StagedFile, VersionNo};
use record::{CaseCode, Sha256, Sha512};
use seal::pades::Grown;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;

/// Who signs them, and what was signed before.
pub(super) struct PdfDesk<'a> {
    pub(super) signers: PdfSigners<'a>,
    /// Of a batch.
    pub(super) kept: Option<RefCell<Kept>>,
}

/// What was appended to PDFs, in a file without a name, by case file and path.
pub(super) struct Kept {
    file: File,
    places: HashMap<(CaseCode, String), Range<u64>>,
}

/// A PDF of the next version.
pub(super) struct SignedPdf {
    /// What it was.
    pub(super) before: SignedCopy,
    /// What it is.
    pub(super) now: StagedFile,
    appended: Vec<u8>,
}

impl Kept {
    pub(super) fn new() -> std::io::Result<Kept> {
        Ok(Kept { file: tempfile::tempfile()?, places: HashMap::new() })
    }

    fn take(&mut self, key: &(CaseCode, String)) -> std::io::Result<Option<Vec<u8>>> {
        let Some(place) = self.places.get(key) else { return Ok(None) };
        let mut bytes = vec![0; (place.end - place.start) as usize];
        self.file.seek(SeekFrom::Start(place.start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn put(&mut self, key: (CaseCode, String), bytes: &[u8]) -> std::io::Result<()> {
        let start = self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(bytes)?;
        self.places.insert(key, start..start + bytes.len() as u64);
        Ok(())
    }
}

impl PdfDesk<'_> {
    /// Signs a PDF of a version, whose bytes must be those that were sealed.
    pub(super) fn sign(
        &self,
        code: &CaseCode,
        (object, version): (&Object, VersionNo),
        path: &str,
        sealed: Option<Sha256>,
    ) -> Result<SignedPdf, PipelineError> {
        let failed = || PipelineError::io(path);
        let before = durable::digest_reader(&mut object.open_file_of(version, path)?).map_err(failed())?;
        if sealed != Some(Sha256(before.sha256)) {
            let why = Box::new(Obstacle::NotAsSealed(path.to_owned()));
            return Err(PipelineError::Refused { case: Some(code.clone()), why });
        }
        let mut pdf = Grown::new(object.open_file_of(version, path)?).map_err(failed())?;
        let key = (code.clone(), path.to_owned());
        let kept =
            self.kept.as_ref().map(|kept| kept.borrow_mut().take(&key)).transpose().map_err(failed())?;
        match kept.flatten() {
            Some(appended) => pdf.append(&appended),
            None => {
                self.signers.sign(path, &mut pdf, None)?;
                if let Some(kept) = &self.kept {
                    kept.borrow_mut().put(key, pdf.appended()).map_err(failed())?;
                }
            }
        }
        pdf.rewind().map_err(failed())?;
        let now = durable::digest_reader(&mut pdf).map_err(failed())?;
        Ok(SignedPdf {
            before: SignedCopy { path: path.to_owned(), sha256: Sha256(before.sha256), bytes: before.bytes },
            now: StagedFile {
                path: path.to_owned(),
                sha256: Sha256(now.sha256),
                sha512: Sha512(now.sha512),
                bytes: now.bytes,
            },
            appended: pdf.appended().to_vec(),
        })
    }
}

impl SignedPdf {
    /// Its bytes, from the version that was signed.
    pub(super) fn open(&self, object: &Object, version: VersionNo) -> Result<Grown<File>, PipelineError> {
        let path = &self.now.path;
        let mut pdf = Grown::new(object.open_file_of(version, path)?).map_err(PipelineError::io(path))?;
        pdf.append(&self.appended);
        pdf.rewind().map_err(PipelineError::io(path))?;
        Ok(pdf)
    }
}
