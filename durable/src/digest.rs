use crate::DurableError;
use crate::error::at;
use crc_fast::CrcAlgorithm::Crc64Nvme;
use rustix::fs::OFlags;
use rustix::io::Errno;
use sha2::{Digest, Sha256, Sha512};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

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
    /// What the medium must give back.
    pub checksum: Checksum,
}

/// CRC-64/NVMe of a file's bytes, by which what was written is compared with what the medium gives back. It is made for what
/// media do to bytes, and a SHA-256 would take most of the time of reading back; who changes bytes on purpose is found by the
/// digests, which are taken of the bytes before they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum(u64);

impl Checksum {
    pub(crate) fn of(bytes: &[u8]) -> Checksum {
        Checksum(crc_fast::checksum(Crc64Nvme, bytes))
    }
}

/// All of them, fed piece by piece.
pub(crate) struct Hashing {
    sha256: Sha256,
    sha512: Sha512,
    checksum: crc_fast::Digest,
    bytes: u64,
}

impl Default for Hashing {
    fn default() -> Self {
        let checksum = crc_fast::Digest::new(Crc64Nvme);
        Self { sha256: Sha256::new(), sha512: Sha512::new(), checksum, bytes: 0 }
    }
}

impl Hashing {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.sha256.update(piece);
        self.sha512.update(piece);
        self.checksum.update(piece);
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
            checksum: Checksum(self.checksum.finalize()),
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

/// The checksum of a file as the medium gives it back.
pub(crate) fn reread(path: &Path) -> io::Result<Checksum> {
    checksum_of(&mut open_uncached(path)?, &mut vec![0; CHUNK])
}

/// Files that the medium is asked for before they are read, so that it works while the one before is compared.
const AHEAD: usize = 4;

/// Reads files back from the medium, one after the other, and gives the first whose checksum is another.
pub(crate) fn first_altered(
    files: impl IntoIterator<Item = (PathBuf, Checksum)>,
) -> Result<Option<PathBuf>, DurableError> {
    let mut files = files.into_iter();
    let (mut asked, mut chunk) = (VecDeque::new(), vec![0; CHUNK]);
    loop {
        while asked.len() < AHEAD
            && let Some((path, checksum)) = files.next()
        {
            let file = open_uncached(&path).map_err(at("read back", &path))?;
            let _advice = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::WillNeed);
            asked.push_back((path, checksum, file));
        }
        let Some((path, checksum, mut file)) = asked.pop_front() else { return Ok(None) };
        if checksum_of(&mut file, &mut chunk).map_err(at("read back", &path))? != checksum {
            return Ok(Some(path));
        }
    }
}

fn checksum_of(file: &mut File, chunk: &mut [u8]) -> io::Result<Checksum> {
    let mut digest = crc_fast::Digest::new(Crc64Nvme);
    loop {
        match file.read(chunk) {
            Ok(0) => return Ok(Checksum(digest.finalize())),
            Ok(n) => digest.update(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Opens an ordinary file to be read. A symbolic link, a pipe or a device is an error at once: nothing that lies in a
/// file's place is followed or waited for.
pub fn open_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::options().read(true).custom_flags(flags.bits() as i32).open(path);
    let file = file.map_err(|e| match Errno::from_io_error(&e) {
        Some(Errno::LOOP) => io::Error::other("a symbolic link, not an ordinary file"),
        _ => e,
    })?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("not an ordinary file")),
    }
}

/// Opens a file as [`open_file`] does, to be read once, from its start to its end, from the medium: asks the kernel to forget its copy, else
/// memory is verified, and to read ahead. Advice only: a file system that ignores it (tmpfs) changes nothing about
/// the result.
pub fn open_uncached(path: &Path) -> io::Result<File> {
    let file = open_file(path)?;
    drop_cached(&file);
    let _advice = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Sequential);
    Ok(file)
}

/// Asks the kernel to forget its copy, else memory is verified and not the medium. Advice only: a file system
/// that ignores it (tmpfs) changes nothing about the result. Bytes that are not written yet begin to be.
pub(crate) fn drop_cached(file: &File) {
    let _advice = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_catalogue() {
        // CRC RevEng, catalogue of parametrised CRC algorithms: CRC-64/NVME, check value.
        assert_eq!(Checksum::of(b"123456789"), Checksum(0xae8b_1486_0a79_9888));
        let mut hashing = Hashing::default();
        b"123456789".chunks(4).for_each(|piece| hashing.update(piece));
        assert_eq!(hashing.finish().checksum, Checksum::of(b"123456789"));
    }
}
