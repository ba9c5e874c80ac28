//! One file of a package against the signed manifest of that package: all that a page on its own needs.

use crate::digest::sha256;
use crate::seal_files::ReadSeal;
use record::{Sha256, Timestamp};
use seal::{
    MANIFEST_PATH, MAX_MANIFEST_BYTES, Manifest, SEAL_FOLDER, SIGNATURE_PATH, STATEMENT_PATH,
    SignatureVerdict, Trust,
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
    /// What is wrong with the manifest itself.
    pub fault: Option<String>,
    /// The signature over the manifest, or over the batch that it is one of.
    pub signature: SignatureVerdict,
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
    let (entries, fault) = match Manifest::parse(&seal.manifest) {
        Ok(parsed) => (parsed.entries().to_vec(), fault_of_statement(&parsed, &seal)),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let listed = entries.into_iter().filter(|entry| entry.sha256 == sha256).map(|entry| entry.path);
    let signature = seal.verify(trust, at);
    Ok(PageSeal { sha256, listed_as: listed.collect(), fault, signature })
}

/// Without the statement that was sealed nobody can say whether all have signed whom it names.
fn fault_of_statement(manifest: &Manifest, seal: &ReadSeal) -> Option<String> {
    let found = seal.files().find(|(path, _)| *path == STATEMENT_PATH).map(|(_, bytes)| sha256(bytes));
    let wrong = manifest.get(STATEMENT_PATH).copied() != found;
    wrong.then(|| {
        format!("{STATEMENT_PATH}: {}", if found.is_some() { "not what was sealed" } else { "missing" })
    })
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
