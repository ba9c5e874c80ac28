//! A place beside the archive in which copies of its objects are kept: what copying, checking, mending and bringing back
//! need of it, whatever it is made of. A folder ([`ArchiveReader`], [`Archive`]) or an object store ([`crate::S3Root`]).

use crate::inventory::{digest_of, read_limited};
use crate::{Archive, ArchiveReader, CopyState, Doomed, Object, Problem, Resident, StoreError, VersionNo};
use record::{ObjectId, Sha512};
use std::ops::Deref;
use std::path::Path;

/// A place that holds objects.
pub trait ObjectRoot: Sync {
    /// What people call it: a folder, or `s3://bucket/prefix`.
    fn name(&self) -> String;

    /// Every object, damaged ones too, in the order of their folders, and what belongs to none.
    fn survey(&self) -> Result<Survey, StoreError>;

    /// The latest version of an object and the SHA-512 of its inventory; `None` where there is none that is complete.
    fn head(&self, id: &ObjectId) -> Result<Option<(VersionNo, Sha512)>, StoreError>;

    /// Whether an object was destroyed there; what is still left of it is going.
    fn has_tombstone(&self, id: &ObjectId) -> Result<bool, StoreError>;

    /// The object in a folder (relative to the storage root) within reach: as it lies there, whatever its state. From an
    /// object store all its bytes are fetched. [`StoreError::Damaged`] where what lies there can be no folder.
    fn bring(&self, folder: &Path) -> Result<Brought, StoreError>;

    /// The place as a folder on this machine, if it is one.
    fn local(&self) -> Option<&ArchiveReader> {
        None
    }

    /// Bytes of all files of an object; 0 where nothing can be listed. Reads none.
    fn size(&self, folder: &Path) -> u64;
}

/// A place into which objects are copied.
pub trait Replica: ObjectRoot {
    /// Brings the versions of an object there that are missing there, each read back. May be stopped at any moment and run
    /// again. What is there is never overwritten.
    ///
    /// [`StoreError::Damaged`] names the file of either side that stopped it; the versions copied before it stay.
    fn copy_missing(&self, origin: &Object) -> Result<CopyState, StoreError>;

    /// Destroys an object and those that belong to it ([`Archive::purge`]), or what an earlier run left of them. Whether
    /// anything was there.
    fn purge(&self, first: &Doomed, parts: &[Doomed], files: &[(&str, &[u8])]) -> Result<bool, StoreError>;
}

/// What a place holds.
#[derive(Debug, Default)]
pub struct Survey {
    /// Its objects.
    pub residents: Vec<Resident>,
    /// What lies in the storage root and belongs to no object; paths are relative to the storage root.
    pub strays: Vec<Problem>,
}

/// An object within reach, in a storage root that holds at least it. What was fetched for it goes when it is dropped.
#[derive(Debug)]
pub struct Brought {
    reader: ArchiveReader,
    is_scratch: bool,
    /// A version after its latest that is still being copied there, neither whole nor damaged; it was not brought.
    pub unfinished: Option<VersionNo>,
}

impl Brought {
    pub(crate) fn scratch(reader: ArchiveReader) -> Brought {
        Brought { reader, is_scratch: true, unfinished: None }
    }
}

impl Brought {
    /// Whether its bytes came over a network.
    pub fn is_fetched(&self) -> bool {
        self.is_scratch
    }
}

impl Deref for Brought {
    type Target = ArchiveReader;
    fn deref(&self) -> &ArchiveReader {
        &self.reader
    }
}

impl Drop for Brought {
    fn drop(&mut self) {
        if self.is_scratch {
            // Best effort: what stays is removed when the place is opened again.
            let _ = durable::remove_tree(self.reader.root());
        }
    }
}

impl ObjectRoot for ArchiveReader {
    fn name(&self) -> String {
        self.root().display().to_string()
    }

    fn survey(&self) -> Result<Survey, StoreError> {
        Ok(Survey { residents: self.residents()?, strays: self.strays()? })
    }

    fn head(&self, id: &ObjectId) -> Result<Option<(VersionNo, Sha512)>, StoreError> {
        let folder = self.places.object(id);
        if !folder.exists() {
            return Ok(None);
        }
        let head = crate::inventory::read_head(&folder)?;
        Ok(Some((head.inventory.head(), digest_of(&head.bytes))))
    }

    fn has_tombstone(&self, id: &ObjectId) -> Result<bool, StoreError> {
        Ok(self.tombstone(id).is_some())
    }

    fn bring(&self, _: &Path) -> Result<Brought, StoreError> {
        Ok(Brought { reader: self.clone(), is_scratch: false, unfinished: None })
    }

    fn local(&self) -> Option<&ArchiveReader> {
        Some(self)
    }

    fn size(&self, folder: &Path) -> u64 {
        ArchiveReader::size(self, folder)
    }
}

impl ObjectRoot for Archive {
    fn name(&self) -> String {
        ObjectRoot::name(&**self)
    }
    fn survey(&self) -> Result<Survey, StoreError> {
        (**self).survey()
    }
    fn head(&self, id: &ObjectId) -> Result<Option<(VersionNo, Sha512)>, StoreError> {
        (**self).head(id)
    }
    fn has_tombstone(&self, id: &ObjectId) -> Result<bool, StoreError> {
        (**self).has_tombstone(id)
    }
    fn bring(&self, folder: &Path) -> Result<Brought, StoreError> {
        (**self).bring(folder)
    }
    fn local(&self) -> Option<&ArchiveReader> {
        Some(self)
    }
    fn size(&self, folder: &Path) -> u64 {
        (**self).size(folder)
    }
}

impl Replica for Archive {
    fn copy_missing(&self, origin: &Object) -> Result<CopyState, StoreError> {
        Archive::copy_missing(self, origin)
    }

    /// A place without caches: nothing is left to settle. A stopped run was carried on when the archive was opened.
    fn purge(&self, first: &Doomed, parts: &[Doomed], files: &[(&str, &[u8])]) -> Result<bool, StoreError> {
        if let Some(there) = self.tombstone(&first.id) {
            // One that lies there alone proves nothing.
            for (path, bytes) in files {
                let file = there.join(path);
                if read_limited(&file, bytes.len() as u64)? != *bytes {
                    let why = "another tombstone is there".to_owned();
                    return Err(StoreError::Damaged { path: file, why });
                }
            }
            return Ok(false);
        }
        let is_there = |doomed: &Doomed| self.places.object(&doomed.id).exists();
        let was_there = [first].into_iter().chain(parts).any(is_there);
        Archive::purge(self, first, parts, files)?;
        self.settle_purge(&first.id)?;
        Ok(was_there)
    }
}
