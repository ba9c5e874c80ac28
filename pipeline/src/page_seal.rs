//! One file of a package against the signed manifest of that package: all that a page on its own needs.

use record::{Sha256, Timestamp};
use seal::{MAX_MANIFEST_BYTES, MAX_SIGNATURE_BYTES, Manifest, SignatureVerdict, Trust};
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
    /// The signature over the manifest.
    pub signature: SignatureVerdict,
}

/// Compares a file with the manifest in a folder `seal/`. Memory does not grow with the file. An error names the file that
/// could not be read.
pub fn verify_page(
    page: &Path,
    seal: &Path,
    trust: &Trust,
    at: Timestamp,
) -> Result<PageSeal, (PathBuf, io::Error)> {
    let read = |name: &str, max: usize| {
        let path = seal.join(name);
        let mut bytes = Vec::new();
        let file = File::open(&path).and_then(|file| file.take(max as u64 + 1).read_to_end(&mut bytes));
        file.map(|_| bytes).map_err(|error| (path, error))
    };
    let manifest = read("manifest-sha256.txt", MAX_MANIFEST_BYTES)?;
    let signature = read("manifest.p7s", MAX_SIGNATURE_BYTES)?;
    let sha256 = hash(page).map_err(|error| (page.to_owned(), error))?;
    let (entries, fault) = match Manifest::parse(&manifest) {
        Ok(parsed) => (parsed.entries().to_vec(), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let listed = entries.into_iter().filter(|entry| entry.sha256 == sha256).map(|entry| entry.path);
    let signature = trust.verify_detached(&manifest, &signature, at);
    Ok(PageSeal { sha256, listed_as: listed.collect(), fault, signature })
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
