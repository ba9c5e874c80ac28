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

/// Reads files back from the medium, one after the other, and gives the first whose checksum is another.
pub(crate) fn first_altered(
    files: impl IntoIterator<Item = (PathBuf, Checksum)>,
) -> Result<Option<PathBuf>, DurableError> {
    let mut chunk = AlignedChunk::new();
    for (path, checksum) in files {
        if checksum_on_medium(&path, &mut chunk).map_err(at("read back", &path))? != checksum {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The checksum of a file as the medium gives it back: read past the kernel's copy (`O_DIRECT`), which is also twice as fast as
/// filling that copy anew. Where the file system takes no such reads, the kernel is asked to forget its copy first.
fn checksum_on_medium(path: &Path, chunk: &mut AlignedChunk) -> io::Result<Checksum> {
    let mut file = match open_with(path, OFlags::DIRECT) {
        Err(e) if Errno::from_io_error(&e) == Some(Errno::INVAL) => open_uncached(path)?,
        other => other?,
    };
    let mut digest = crc_fast::Digest::new(Crc64Nvme);
    loop {
        match file.read(chunk.bytes()) {
            Ok(0) => return Ok(Checksum(digest.finalize())),
            Ok(n) => digest.update(&chunk.bytes()[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if Errno::from_io_error(&e) == Some(Errno::INVAL) && reads_directly(&file)? => {
                rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
                drop_cached(&file);
            }
            Err(e) => return Err(e),
        }
    }
}

fn reads_directly(file: &File) -> io::Result<bool> {
    Ok(rustix::fs::fcntl_getfl(file)?.contains(OFlags::DIRECT))
}

/// Room for [`CHUNK`] bytes that begins where direct reads want it (open(2): the block of the file system).
struct AlignedChunk {
    room: Vec<u8>,
    begin: usize,
}

/// Where direct reads begin: a multiple of what nearly all media and file systems want. One that wants more (blocks up to 64 KiB)
/// refuses such a read, and the file is read through the kernel's memory.
const ALIGNMENT: usize = 4096;

impl AlignedChunk {
    fn new() -> Self {
        let room = vec![0; CHUNK + ALIGNMENT];
        let begin = room.as_ptr().align_offset(ALIGNMENT);
        Self { room, begin }
    }
    fn bytes(&mut self) -> &mut [u8] {
        &mut self.room[self.begin..self.begin + CHUNK]
    }
}

/// Opens an ordinary file to be read. A symbolic link, a pipe or a device is an error at once: nothing that lies in a
/// file's place is followed or waited for.
pub fn open_file(path: &Path) -> io::Result<File> {
    open_with(path, OFlags::empty())
}

fn open_with(path: &Path, more: OFlags) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | more;
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

/// Files that are asked for before their turn.
const AHEAD: usize = 2;

/// Opens files as [`open_file`] does, one after the other; while one is in use the next two are already being read from the
/// medium. Advice only: a file system that ignores it changes nothing about the result.
pub fn open_ahead<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
) -> impl Iterator<Item = io::Result<File>> {
    let mut paths = paths.into_iter().fuse();
    let mut opened = VecDeque::new();
    std::iter::from_fn(move || {
        while opened.len() <= AHEAD
            && let Some(path) = paths.next()
        {
            let file = open_file(path.as_ref());
            if let Ok(file) = &file {
                let _advice = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::WillNeed);
            }
            opened.push_back(file);
        }
        opened.pop_front()
    })
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
