use crate::DurableError;
use crate::error::at;
use sha2::{Digest, Sha256, Sha512};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes taken per read and write.
pub(crate) const CHUNK: usize = 256 * 1024;

/// What one pass over a file's bytes says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256 (FIPS 180-4).
    pub sha256: [u8; 32],
    /// SHA-512 (FIPS 180-4).
    pub sha512: [u8; 64],
    /// Length in bytes.
    pub bytes: u64,
}

/// Both digests, fed piece by piece.
#[derive(Default)]
pub(crate) struct Hashing {
    sha256: Sha256,
    sha512: Sha512,
    bytes: u64,
}

impl Hashing {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.sha256.update(piece);
        self.sha512.update(piece);
        self.bytes += piece.len() as u64;
    }
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
    pub(crate) fn finish(self) -> Digests {
        Digests {
            sha256: self.sha256.finalize().into(),
            sha512: self.sha512.finalize().into(),
            bytes: self.bytes,
        }
    }
}

/// Reads to the end and says both digests and the length.
pub fn digest_reader(reader: &mut dyn Read) -> io::Result<Digests> {
    let mut hashing = Hashing::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(hashing.finish()),
            Ok(n) => hashing.update(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Both digests of a file, read from the medium rather than from memory where the system allows.
pub fn digest_file(path: &Path) -> Result<Digests, DurableError> {
    let mut file = open_uncached(path).map_err(at("open", path))?;
    digest_reader(&mut file).map_err(at("read", path))
}

/// SHA-256 of a file as the medium gives it back: one digest is enough to compare.
pub(crate) fn reread_sha256(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = open_uncached(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(n) => hasher.update(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Opens a file to be read once, from its start to its end, from the medium: asks the kernel to forget its copy, else
/// memory is verified, and to read ahead. Advice only: a file system that ignores it (tmpfs) changes nothing about
/// the result.
pub fn open_uncached(path: &Path) -> io::Result<File> {
    use rustix::fs::{Advice, fadvise};
    let file = File::open(path)?;
    let _advice = fadvise(&file, 0, None, Advice::DontNeed);
    let _advice = fadvise(&file, 0, None, Advice::Sequential);
    Ok(file)
}
