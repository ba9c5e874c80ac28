//! Reads a zip that came from elsewhere, and trusts nothing in it: what it says of itself is checked whole before the first
//! byte is given, and every file's length and CRC while it is read. Nothing is unpacked here.

use crate::bagit::folded;
use crate::files::{FileList, Files, ListedFile, MAX_DEPTH};
use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive, ZipArchiveEntryWayfinder,
    ZipFileHeaderRecord,
};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What a zip may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZipLimits {
    /// Files and folders.
    pub entries: u64,
    /// Bytes of one file, unpacked.
    pub entry_bytes: u64,
    /// Bytes of all files, unpacked.
    pub total_bytes: u64,
    /// Bytes of all files for each byte of the zip; looked at above 64 MiB.
    pub ratio: u64,
    /// Folders inside one another.
    pub depth: usize,
}

impl Default for ZipLimits {
    /// More than a package of 4,000 files needs: 100,000 entries, 64 GiB each, 1 TiB together, 200 to 1, 64 deep.
    fn default() -> ZipLimits {
        ZipLimits {
            entries: 100_000,
            entry_bytes: 64 << 30,
            total_bytes: 1 << 40,
            ratio: 200,
            depth: MAX_DEPTH,
        }
    }
}

/// Below this many bytes no ratio is a danger.
const RATIO_MATTERS_BYTES: u64 = 64 << 20;
/// The extra field that gives a file a second name.
const UNICODE_PATH: u16 = 0x7075;

/// Why a zip is not read.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The zip.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not even begin as a zip does.
    #[error("{}: not a zip", path.display())]
    NotAZip {
        /// The file.
        path: PathBuf,
    },
    /// A zip that is damaged.
    #[error("{}: not a zip that can be read: {why}", path.display())]
    Damaged {
        /// The zip.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The whole asks for more than is allowed.
    #[error("{}: {fault}", path.display())]
    TooMuch {
        /// The zip.
        path: PathBuf,
        /// Of what.
        fault: ZipFault,
    },
    /// One entry is refused, and with it the zip.
    #[error("{}: entry {entry:?}: {fault}", path.display())]
    Entry {
        /// The zip.
        path: PathBuf,
        /// The entry's name; what is not UTF-8 in it is replaced.
        entry: String,
        /// Why.
        fault: ZipFault,
    },
}

/// What is wrong with a zip or an entry of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZipFault {
    /// More entries than allowed.
    #[error("more than {0} entries")]
    TooManyEntries(u64),
    /// The directory lists another number of entries than it announces.
    #[error("it announces {stated} entries and lists {found}")]
    EntryCount {
        /// As announced.
        stated: u64,
        /// As counted.
        found: u64,
    },
    /// Unpacked it would be too large.
    #[error("larger than {0} bytes unpacked")]
    TooLarge(u64),
    /// Unpacked it would be so much larger that it must be a bomb.
    #[error("unpacked more than {0} times its size: a zip bomb")]
    Bomb(u64),
    /// Too many folders inside one another.
    #[error("more than {0} folders inside one another")]
    TooDeep(usize),
    /// The name is not UTF-8.
    #[error("the name is not UTF-8")]
    Encoding,
    /// The name leads out of the folder it is unpacked into, on some system.
    #[error("the name {0}")]
    Path(&'static str),
    /// Another entry has the same name, perhaps but for case or the form of accents, or is a folder where this is a file.
    #[error("its name collides with {0:?}")]
    Collides(String),
    /// A symbolic link, device or pipe.
    #[error("a link or device, not a file")]
    Special,
    /// Encrypted.
    #[error("encrypted")]
    Encrypted,
    /// Compressed in a way that is not read.
    #[error("compression method {0} is not read; only stored and deflate are")]
    Method(u16),
    /// Its bytes are those of another entry too, or of the directory: a zip bomb.
    #[error("its bytes overlap with those of another entry or of the directory")]
    Overlaps,
    /// The two places that describe it do not agree.
    #[error("its own header and the directory do not agree on its {0}")]
    Headers(&'static str),
    /// It has a second name.
    #[error("it has two names")]
    TwoNames,
    /// A folder with content, or a stored file with two lengths.
    #[error("its stated sizes contradict one another")]
    Sizes,
}

/// The files of a zip, checked as a whole.
#[derive(Debug)]
pub struct ZipFiles {
    archive: ZipArchive<FileReader>,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    at: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    bytes: u64,
}

impl ZipFiles {
    /// Whether a file begins as a zip does.
    pub fn is_zip(path: &Path) -> bool {
        let mut start = [0; 4];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
        read.is_ok() && (start == *b"PK\x03\x04" || start == *b"PK\x05\x06")
    }

    /// Reads the directory and the header of every entry; an entry that is refused refuses the zip.
    pub fn open(path: &Path, limits: &ZipLimits) -> Result<ZipFiles, ZipError> {
        let reading = |source| ZipError::Read { path: path.to_owned(), source };
        let damaged = |e: rawzip::Error| ZipError::Damaged { path: path.to_owned(), why: e.to_string() };
        let file = File::open(path).map_err(reading)?;
        let zip_bytes = file.metadata().map_err(reading)?.len();
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let archive = ZipArchive::from_file(file, &mut buffer).map_err(|e| match ZipFiles::is_zip(path) {
            true => damaged(e),
            false => ZipError::NotAZip { path: path.to_owned() },
        })?;
        let too_much = |fault| ZipError::TooMuch { path: path.to_owned(), fault };
        let stated = archive.entries_hint();
        if stated > limits.entries {
            return Err(too_much(ZipFault::TooManyEntries(limits.entries)));
        }
        let mut taken = Taken::new(limits);
        let mut directory = archive.entries(&mut buffer);
        let mut found = 0;
        while let Some(record) = directory.next_entry().map_err(damaged)? {
            found += 1;
            if found > limits.entries {
                return Err(too_much(ZipFault::TooManyEntries(limits.entries)));
            }
            let name = String::from_utf8_lossy(record.file_path().as_bytes()).into_owned();
            let refused = |fault| ZipError::Entry { path: path.to_owned(), entry: name.clone(), fault };
            taken.check(&record).map_err(refused)?;
            let local = taken.check_local(&archive, &record).map_err(damaged)?;
            local.map_err(refused)?;
        }
        if found != stated {
            return Err(too_much(ZipFault::EntryCount { stated, found }));
        }
        if taken.total > RATIO_MATTERS_BYTES && taken.total / limits.ratio > zip_bytes {
            return Err(too_much(ZipFault::Bomb(limits.ratio)));
        }
        if let Some(entry) = taken.overlapping(archive.directory_offset()) {
            let fault = ZipFault::Overlaps;
            return Err(ZipError::Entry { path: path.to_owned(), entry, fault });
        }
        Ok(ZipFiles { archive, entries: taken.files })
    }
}

impl Files for ZipFiles {
    fn list(&self) -> io::Result<FileList> {
        let file = |(path, entry): (&String, &Entry)| ListedFile { path: path.clone(), bytes: entry.bytes };
        Ok(FileList { files: self.entries.iter().map(file).collect(), refused: Vec::new() })
    }

    /// Reading fails where length or CRC are not those stated.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("{path} is not in the zip"));
        let entry = self.entries.get(path).ok_or_else(missing)?;
        let local = self.archive.get_entry(entry.at).map_err(io::Error::other)?;
        Ok(match entry.method {
            CompressionMethod::DEFLATE => {
                Box::new(local.verifying_reader(DeflateDecoder::new(local.reader())))
            }
            _ => Box::new(local.verifying_reader(local.reader())),
        })
    }
}

/// What the entries so far have taken.
struct Taken<'a> {
    limits: &'a ZipLimits,
    files: BTreeMap<String, Entry>,
    /// Folded path → as written, and whether it is a file; of files and of every folder above one.
    names: HashMap<String, (String, bool)>,
    /// First and last byte, name.
    ranges: Vec<(u64, u64, String)>,
    total: u64,
    /// For name and extra fields of a header.
    buffer: Vec<u8>,
}

impl<'a> Taken<'a> {
    fn new(limits: &'a ZipLimits) -> Taken<'a> {
        Taken {
            limits,
            files: BTreeMap::new(),
            names: HashMap::new(),
            ranges: Vec::new(),
            total: 0,
            buffer: vec![0; 2 * usize::from(u16::MAX)],
        }
    }

    /// Judges what the directory says of an entry, and takes it.
    fn check(&mut self, record: &ZipFileHeaderRecord<'_>) -> Result<(), ZipFault> {
        let flags = record.flags();
        if flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked() {
            return Err(ZipFault::Encrypted);
        }
        if record.extra_fields().any(|(id, _)| id.as_u16() == UNICODE_PATH) {
            return Err(ZipFault::TwoNames);
        }
        let raw = record.file_path();
        let name = std::str::from_utf8(raw.as_bytes()).map_err(|_| ZipFault::Encoding)?;
        let (path, is_folder) = name.strip_suffix('/').map_or((name, false), |path| (path, true));
        check_path(path)?;
        if path.split('/').count() > self.limits.depth {
            return Err(ZipFault::TooDeep(self.limits.depth));
        }
        // Unix file type, wherever the entry says it was made: some programs look at nothing else.
        match (record.external_attributes() >> 28, is_folder) {
            (0, _) | (0o10, false) | (0o4, true) => {}
            _ => return Err(ZipFault::Special),
        }
        self.take_name(path, is_folder)?;
        let method = record.compression_method();
        if ![CompressionMethod::STORE, CompressionMethod::DEFLATE].contains(&method) {
            return Err(ZipFault::Method(method.as_u16()));
        }
        let (bytes, packed) = (record.uncompressed_size_hint(), record.compressed_size_hint());
        if bytes > self.limits.entry_bytes {
            return Err(ZipFault::TooLarge(self.limits.entry_bytes));
        }
        self.total = self.total.saturating_add(bytes);
        if self.total > self.limits.total_bytes {
            return Err(ZipFault::TooLarge(self.limits.total_bytes));
        }
        if (is_folder && bytes > 0) || (method == CompressionMethod::STORE && bytes != packed) {
            return Err(ZipFault::Sizes);
        }
        if !is_folder {
            self.files.insert(path.to_owned(), Entry { at: record.wayfinder(), method, bytes });
        }
        Ok(())
    }

    fn take_name(&mut self, path: &str, is_folder: bool) -> Result<(), ZipFault> {
        for (end, _) in path.match_indices('/') {
            self.take(&path[..end], false, false)?;
        }
        self.take(path, !is_folder, true)
    }

    /// A folder may be named by its own entry and by every file in it; anything else only once.
    fn take(&mut self, path: &str, is_file: bool, is_own: bool) -> Result<(), ZipFault> {
        let folded = folded(path);
        match self.names.get(&folded) {
            Some((other, other_is_file)) if is_file || *other_is_file || other != path => {
                Err(ZipFault::Collides(other.clone()))
            }
            Some(_) if !is_own => Ok(()),
            _ => {
                self.names.insert(folded, (path.to_owned(), is_file));
                Ok(())
            }
        }
    }

    /// Compares an entry's own header with the directory. The outer error: the header cannot be read.
    fn check_local(
        &mut self,
        archive: &ZipArchive<FileReader>,
        record: &ZipFileHeaderRecord<'_>,
    ) -> Result<Result<(), ZipFault>, rawzip::Error> {
        let entry = archive.get_entry(record.wayfinder())?;
        let local = entry.local_header(&mut self.buffer)?;
        let name = record.file_path().as_bytes();
        let range = (record.local_header_offset(), entry.compressed_data_range().1);
        self.ranges.push((range.0, range.1, String::from_utf8_lossy(name).into_owned()));
        let (flags, stated) = (local.flags(), record.flags());
        let sizes = (local.uncompressed_size_hint(), local.compressed_size_hint());
        let is_known = !flags.has_data_descriptor();
        let fault = if local.file_path().as_bytes() != name {
            "name"
        } else if local.compression_method() != record.compression_method() {
            "compression"
        } else if flags.has_data_descriptor() != stated.has_data_descriptor() || flags.is_encrypted() {
            "flags"
        } else if is_known && sizes != (record.uncompressed_size_hint(), record.compressed_size_hint()) {
            "size"
        } else if is_known && local.crc32() != record.crc32() {
            "CRC"
        } else {
            return Ok(Ok(()));
        };
        Ok(Err(ZipFault::Headers(fault)))
    }

    /// An entry whose bytes another one, or the directory, has too.
    fn overlapping(&mut self, directory: u64) -> Option<String> {
        self.ranges.sort();
        let ends = self.ranges.iter().skip(1).map(|next| next.0).chain([directory]);
        self.ranges.iter().zip(ends).find(|(range, end)| range.1 > *end).map(|(range, _)| range.2.clone())
    }
}

fn check_path(path: &str) -> Result<(), ZipFault> {
    if path.is_empty() || path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return Err(ZipFault::Path("is empty or absolute"));
    }
    if path.contains('\\') {
        return Err(ZipFault::Path("holds a backslash"));
    }
    if path.chars().any(char::is_control) {
        return Err(ZipFault::Path("holds a control character"));
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(ZipFault::Path("has a part that is empty, . or .."));
    }
    Ok(())
}
