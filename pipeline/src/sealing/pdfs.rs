//! The searchable PDFs of case files that are sealed, where `hoso.toml` wants them signed. Each becomes the sealed bytes with
//! signatures behind them, judged before it enters the archive. What was appended lies in a file without a name until then, so memory
//! does not grow with a case file; a batch prepares its case files twice, and gets the same signatures the second time.

use crate::PipelineError;
use crate::config::Layout;
use crate::destruction::Obstacle;
use crate::pdf_signing::{PdfSigners, Unsigned, not_signed_by};
use archive_store::package::SignedCopy;
use archive_store::{Object, StagedFile, VersionNo};
use record::{CaseCode, ObjectId, Sha256, Sha512};
use seal::pades::{Grown, HashedStart};
use sha2::Digest;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

/// Bytes taken per read.
const CHUNK: usize = 256 << 10;

/// Who signs them, and what was signed before.
pub(super) struct PdfDesk<'a> {
    signers: PdfSigners<'a>,
    kept: RefCell<Kept>,
}

/// What was appended to PDFs, in a file without a name, and what is known of each, by object, path and sealed digest; nothing of those
/// that bear all signatures already.
struct Kept {
    file: File,
    known: HashMap<(ObjectId, String, Sha256), Option<SignedPdf>>,
}

/// A PDF of the next version.
#[derive(Clone)]
pub(super) struct SignedPdf {
    /// What it was.
    pub(super) before: SignedCopy,
    /// What it is.
    pub(super) now: StagedFile,
    /// Where what was appended lies.
    appended: Range<u64>,
}

impl Kept {
    fn get(&mut self, place: &Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; (place.end - place.start) as usize];
        self.file.seek(SeekFrom::Start(place.start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<Range<u64>> {
        let start = self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(bytes)?;
        Ok(start..start + bytes.len() as u64)
    }
}

/// A file hashed once: what it was, and the start of what it becomes.
struct HashedFile {
    start: HashedStart,
    sha512: sha2::Sha512,
}

impl HashedFile {
    fn read(mut file: &File) -> io::Result<HashedFile> {
        let (mut sha256, mut sha512, mut bytes) = (sha2::Sha256::new(), sha2::Sha512::new(), 0);
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(HashedFile { start: HashedStart { bytes, sha256 }, sha512 }),
                Ok(read) => {
                    sha256.update(&chunk[..read]);
                    sha512.update(&chunk[..read]);
                    bytes += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn sha256(&self) -> Sha256 {
        Sha256(self.start.sha256.clone().finalize().into())
    }

    /// As it is with these bytes behind it.
    fn grown(self, path: &str, appended: &[u8]) -> StagedFile {
        StagedFile {
            path: path.to_owned(),
            sha256: Sha256(self.start.sha256.chain_update(appended).finalize().into()),
            sha512: Sha512(self.sha512.chain_update(appended).finalize().into()),
            bytes: self.start.bytes + appended.len() as u64,
        }
    }
}

impl<'a> PdfDesk<'a> {
    pub(super) fn new(layout: &Layout, signers: PdfSigners<'a>) -> Result<Self, PipelineError> {
        let work = layout.pages();
        durable::create_dir_durable(&work)?;
        let file = tempfile::tempfile_in(&work).map_err(PipelineError::io(work))?;
        Ok(PdfDesk { signers, kept: RefCell::new(Kept { file, known: HashMap::new() }) })
    }

    /// Signs a PDF of a version, whose bytes must be those that were sealed, with each key that has not signed it. Nothing for one
    /// that every key has signed: it stays as it is. Read once to be hashed, and once to judge each signature.
    pub(super) fn sign(
        &self,
        code: &CaseCode,
        (object, version): (&Object, VersionNo),
        path: &str,
        sealed: Option<Sha256>,
    ) -> Result<Option<SignedPdf>, PipelineError> {
        let failed = || PipelineError::io(path);
        let differs = || PipelineError::Refused {
            case: Some(code.clone()),
            why: Box::new(Obstacle::NotAsSealed(path.to_owned())),
        };
        let sealed = sealed.ok_or_else(differs)?;
        let key = (object.id().clone(), path.to_owned(), sealed);
        if let Some(known) = self.kept.borrow().known.get(&key) {
            return Ok(known.clone());
        }
        let file = object.open_file_of(version, path)?;
        let hashed = HashedFile::read(&file).map_err(failed())?;
        if hashed.sha256() != sealed {
            return Err(differs());
        }
        let before = SignedCopy { path: path.to_owned(), sha256: sealed, bytes: hashed.start.bytes };
        let mut pdf = Grown::new(file).map_err(failed())?;
        // Of a PDF without signatures this reads little.
        let report = self.signers.trust.verify_pdf(&mut pdf, self.signers.at).map_err(failed())?;
        let keys = not_signed_by(&report, &self.signers.keys);
        let signed = match keys.is_empty() {
            true => None,
            false => {
                let unsigned = Unsigned { subject: path, bytes: before.bytes, hashed: Some(&hashed.start) };
                self.signers.sign(&mut pdf, &unsigned, &keys)?;
                let appended = self.kept.borrow_mut().put(pdf.appended()).map_err(failed())?;
                Some(SignedPdf { before, now: hashed.grown(path, pdf.appended()), appended })
            }
        };
        self.kept.borrow_mut().known.insert(key, signed.clone());
        Ok(signed)
    }

    /// Its bytes, from the version that was signed.
    pub(super) fn open(
        &self,
        pdf: &SignedPdf,
        object: &Object,
        version: VersionNo,
    ) -> Result<Grown<File>, PipelineError> {
        let path = &pdf.now.path;
        let mut file = Grown::new(object.open_file_of(version, path)?).map_err(PipelineError::io(path))?;
        file.append(&self.kept.borrow_mut().get(&pdf.appended).map_err(PipelineError::io(path))?);
        file.rewind().map_err(PipelineError::io(path))?;
        Ok(file)
    }

    /// Forgets what was signed: it is in the archive, or will not be.
    pub(super) fn forget(&self) -> io::Result<()> {
        let mut kept = self.kept.borrow_mut();
        kept.known.clear();
        kept.file.set_len(0)
    }
}
