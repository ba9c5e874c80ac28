//! Verification: is this what was sealed? Works offline, on an archive, an exported case file, or one page on screen.

use crate::PipelineError;
use crate::bench::object_id;
use crate::config::{ArchiveConfig, Layout};
use crate::format::case_json;
use crate::pack::{MANIFEST_PATH, MAX_RECORD_BYTES, SIGNATURE_PATH, read_case};
use archive_store::{Archive, Object};
use record::{CaseCode, ObjectId, Sha256, Timestamp};
use seal::{DirectoryFiles, Listing, Manifest, PackageFiles, PackageReport, SignatureVerdict};
use std::io::{self, Read};
use std::path::Path;

/// Whether the bytes of a page on screen are those that were sealed.
#[derive(Debug, Clone)]
pub struct PageProof {
    /// The signature over the manifest.
    pub signature: SignatureVerdict,
    /// SHA-256 of the master's bytes as read just now.
    pub found: Sha256,
    /// SHA-256 that the manifest names; `None` when it does not list the file.
    pub sealed: Option<Sha256>,
    /// `case.json`, which says which page of which master this is and what bút lục it bears, is the sealed one and is that
    /// of this case file.
    pub record_is_sealed: bool,
}

impl PageProof {
    /// Signature valid, digest equal, and the page is where the seal says it is.
    pub fn is_good(&self) -> bool {
        self.signature.is_valid() && self.sealed == Some(self.found) && self.record_is_sealed
    }
}

/// What verifying one stored case file found.
#[derive(Debug)]
pub struct ObjectVerification {
    /// Its OCFL id; its folder where the id cannot be read.
    pub name: String,
    /// Its code, where `case.json` can be read.
    pub code: Option<CaseCode>,
    /// Files whose bytes differ from the OCFL inventory, missing or extra files; in words.
    pub storage: Vec<String>,
    /// Manifest and signature.
    pub package: PackageReport,
}

impl ObjectVerification {
    /// Nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.storage.is_empty() && self.package.is_good()
    }
}

/// Verifies every case file of an archive, one after the other, and tells each result as it comes.
pub fn verify_archive(
    root: &Path,
    anchors: Option<&[Vec<u8>]>,
    now: Timestamp,
    mut tell: impl FnMut(ObjectVerification),
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let own;
    let anchors = match anchors {
        Some(given) => given,
        None => {
            own = archive_anchors(&layout)?;
            &own
        }
    };
    let store = Archive::open_read(root)?;
    // An object that cannot even be opened is a broken one; the others are verified all the same.
    for report in store.verify()? {
        let report = report?;
        let mut storage: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
        let id = report.id.as_deref().and_then(|id| ObjectId::new(id).ok());
        let object = id.as_ref().map(|id| store.object(id));
        let (code, package) = match object {
            Some(Ok(Some(object))) => {
                let code = read_case(&object).ok().map(|r| r.case.header.code);
                // A true case file in the place of another is no true case file.
                let is_its_own = code.as_ref().is_none_or(|code| object_id(&config, code) == *object.id());
                if !is_its_own || !report.folder.ends_with(archive_store::object_folder(object.id())) {
                    storage.push(format!("{}: holds another case file", report.folder.display()));
                }
                (code, seal::verify_package(&ObjectFiles(&object), anchors, now))
            }
            unopened => {
                if let Some(Err(error)) = unopened {
                    storage.push(error.to_string());
                }
                (None, seal::verify_package(&Nothing, anchors, now))
            }
        };
        let name = id.map_or_else(|| report.folder.display().to_string(), |id| id.to_string());
        tell(ObjectVerification { name, code, storage, package });
    }
    let strays = store.strays()?;
    if !strays.is_empty() {
        let storage = strays.iter().map(ToString::to_string).collect();
        let package = seal::verify_package(&Nothing, anchors, now);
        tell(ObjectVerification {
            name: store.root().join("ocfl").display().to_string(),
            code: None,
            storage,
            package,
        });
    }
    Ok(())
}

/// Verifies an exported case file.
pub fn verify_folder(
    folder: &Path,
    anchors: &[Vec<u8>],
    now: Timestamp,
) -> Result<PackageReport, PipelineError> {
    let files = DirectoryFiles::open(folder).map_err(PipelineError::io(folder))?;
    Ok(seal::verify_package(&files, anchors, now))
}

/// The certificates an archive trusts.
pub(crate) fn archive_anchors(layout: &Layout) -> Result<Vec<Vec<u8>>, PipelineError> {
    let pem = std::fs::read(layout.anchor()).map_err(PipelineError::io(layout.anchor()))?;
    seal::certificates_from_pem(&pem).map_err(|e| PipelineError::Format {
        what: layout.anchor().display().to_string(),
        problem: e.to_string(),
    })
}

/// Proves one file of a stored case file: the signature over the manifest, the digest of the bytes given, and that the
/// register of pages is sealed too. Manifest, signature and register are read without the store's own checks: what is
/// wrong with them is for the seal to say.
pub(crate) fn prove(
    object: &Object,
    code: &CaseCode,
    path: &str,
    bytes: &[u8],
    anchors: &[Vec<u8>],
    now: Timestamp,
) -> Result<PageProof, PipelineError> {
    let manifest = read_unchecked(object, MANIFEST_PATH)?;
    let signature = seal::verify_detached(&manifest, &read_unchecked(object, SIGNATURE_PATH)?, anchors, now);
    let manifest = Manifest::parse(&manifest).ok();
    let sealed = |path: &str| manifest.as_ref().and_then(|m| m.get(path).copied());
    let record = read_unchecked(object, case_json::PATH)?;
    let record_is_sealed = sealed(case_json::PATH) == Some(digest(&record))
        && case_json::read(case_json::PATH, &record).is_ok_and(|r| r.case.header.code == *code);
    Ok(PageProof { signature, found: digest(bytes), sealed: sealed(path), record_is_sealed })
}

fn digest(bytes: &[u8]) -> Sha256 {
    use sha2::Digest;
    Sha256(sha2::Sha256::digest(bytes).into())
}

fn read_unchecked(object: &Object, path: &str) -> Result<Vec<u8>, PipelineError> {
    let mut bytes = Vec::new();
    let file = object.open_file(path)?;
    file.take(MAX_RECORD_BYTES).read_to_end(&mut bytes).map_err(PipelineError::io(path))?;
    Ok(bytes)
}

/// What is left of an object that cannot be opened.
struct Nothing;

impl PackageFiles for Nothing {
    fn list(&self) -> io::Result<Listing> {
        Ok(Listing::default())
    }
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        Err(io::Error::new(io::ErrorKind::NotFound, path.to_owned()))
    }
}

/// The files of the head version of an object, as a package.
struct ObjectFiles<'a>(&'a Object);

impl PackageFiles for ObjectFiles<'_> {
    fn list(&self) -> io::Result<Listing> {
        let files = self.0.files(self.0.head()).map_err(io::Error::other)?;
        Ok(Listing { files: files.into_iter().map(|f| f.path).collect(), refused: Vec::new() })
    }
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0.open_file(path).map_err(io::Error::other)?))
    }
}
