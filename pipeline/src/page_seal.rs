//! One file of a package against the signed manifest of that package: all that a page on its own needs.

use crate::digest::sha256;
use crate::seal_files::ReadSeal;
use record::{Lang, Sha256, Timestamp};
use seal::{
    MANIFEST_PATH, MAX_MANIFEST_BYTES, Manifest, ManifestError, SEAL_FOLDER, SIGNATURE_PATH, STATEMENT_PATH,
    SignatureVerdict, StatementFault, Trust,
};
use sha2::Digest;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What the seal of a package says of one file.
#[derive(Debug, Clone)]
pub struct PageSeal {
    /// The digest of the file.
    pub sha256: Sha256,
    /// Under which paths the manifest lists exactly these bytes; none: it does not vouch for them.
    pub listed_as: Vec<String>,
    /// What is wrong with the seal beside its signature.
    pub faults: Vec<PageFault>,
    /// The signature over the manifest, or over the batch that it is one of.
    pub signature: SignatureVerdict,
    /// A statement names those who had to sign. Without one, nothing here says whether a signature was taken away.
    pub is_stated: bool,
}

/// What is wrong with a seal beside its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageFault {
    /// The manifest is not in its one form.
    Manifest(ManifestError),
    /// The statement that it lists is not there: nobody can say whether all have signed whom it names.
    StatementMissing,
    /// The statement is not the one that was sealed.
    StatementChanged,
    /// What the statement says does not hold.
    Statement(StatementFault),
}

impl PageFault {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Manifest(_) => "not-canonical",
            Self::StatementMissing => "statement-missing",
            Self::StatementChanged => "statement-changed",
            Self::Statement(fault) => fault.code(),
        }
    }

    /// For people.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Manifest(error), lang) => seal::told(&error.to_string(), lang),
            (Self::StatementMissing, Lang::Vi) => format!("{STATEMENT_PATH}: bị thiếu"),
            (Self::StatementMissing, Lang::En) => format!("{STATEMENT_PATH}: missing"),
            (Self::StatementChanged, Lang::Vi) => format!("{STATEMENT_PATH}: không phải bản đã niêm phong"),
            (Self::StatementChanged, Lang::En) => format!("{STATEMENT_PATH}: not what was sealed"),
            (Self::Statement(fault), lang) => fault.text(lang),
        }
    }
}

impl PageSeal {
    /// The file is in the manifest, and nothing is wrong with it; who signed is another question.
    pub fn is_listed(&self) -> bool {
        !self.listed_as.is_empty() && self.faults.is_empty()
    }
}

/// Compares a file with the manifest in a folder `seal/`; a statement that the manifest lists is looked for where a package has
/// it, beside that folder. Memory does not grow with the file. An error names the file that
/// could not be read.
pub fn verify_page(
    page: &Path,
    seal: &Path,
    trust: &Trust,
    at: Timestamp,
) -> Result<PageSeal, (PathBuf, io::Error)> {
    let package = seal.join("..");
    let read = |path: &'static str| {
        let place = path.strip_prefix(SEAL_FOLDER).map_or_else(|| package.join(path), |name| seal.join(name));
        let mut bytes = Vec::new();
        let limit = MAX_MANIFEST_BYTES as u64 + 1;
        match File::open(&place).and_then(|file| file.take(limit).read_to_end(&mut bytes)) {
            Ok(_) => Ok(Some(bytes)),
            Err(e)
                if e.kind() == io::ErrorKind::NotFound
                    && ![MANIFEST_PATH, SIGNATURE_PATH].contains(&path) =>
            {
                Ok(None)
            }
            Err(error) => Err((place, error)),
        }
    };
    let seal = ReadSeal::read(read)?.expect("without one of the two it is an error");
    let sha256 = hash(page).map_err(|error| (page.to_owned(), error))?;
    let (signature, statement, stated) = seal.judge(trust, at);
    let (entries, fault) = match Manifest::parse(&seal.manifest) {
        Ok(parsed) => (parsed.entries().to_vec(), fault_of_statement(&parsed, &seal)),
        Err(error) => (Vec::new(), Some(PageFault::Manifest(error))),
    };
    let listed = entries.into_iter().filter(|entry| entry.sha256 == sha256).map(|entry| entry.path);
    let faults = fault.into_iter().chain(stated.into_iter().map(PageFault::Statement)).collect();
    Ok(PageSeal { sha256, listed_as: listed.collect(), faults, signature, is_stated: statement.is_some() })
}

/// Without the statement that was sealed nobody can say whether all have signed whom it names.
fn fault_of_statement(manifest: &Manifest, seal: &ReadSeal) -> Option<PageFault> {
    let found = seal.files().find(|(path, _)| *path == STATEMENT_PATH).map(|(_, bytes)| sha256(bytes));
    match (manifest.get(STATEMENT_PATH).copied(), found) {
        (listed, found) if listed == found => None,
        (_, None) => Some(PageFault::StatementMissing),
        (_, Some(_)) => Some(PageFault::StatementChanged),
    }
}

fn hash(path: &Path) -> io::Result<Sha256> {
    let mut file = File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    io::copy(&mut file, &mut HashWriter(&mut hasher))?;
    Ok(Sha256(hasher.finalize().into()))
}

struct HashWriter<'a>(&'a mut sha2::Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
