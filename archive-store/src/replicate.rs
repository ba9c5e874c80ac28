//! A second root: missing versions are copied from one archive into another, one after the other, each through the same
//! staged protocol as a new version. What is there is never overwritten.

use crate::draft::read_settled;
use crate::error::reading;
use crate::inventory::{Content, VersionNo, Vouched, read_vouched};
use crate::publish::Staging;
use crate::{Archive, Object, StoreError};
use record::{Sha256, Sha512};
use std::path::Path;

/// How a copy of an object stands to its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyState {
    /// It has the same versions.
    Same,
    /// It lacked these and has them now, read back from the medium.
    Copied {
        /// The first that was copied.
        first: VersionNo,
        /// The last.
        last: VersionNo,
        /// Bytes of content copied.
        bytes: u64,
    },
    /// It has all versions of the origin and more. Nothing was changed.
    Ahead {
        /// Its latest.
        copy: VersionNo,
        /// The origin's latest.
        origin: VersionNo,
    },
    /// A version of it is another one than the origin's. Nothing was changed.
    Different {
        /// Which.
        version: VersionNo,
    },
}

impl Archive {
    /// Brings the versions of an object of another archive here that are missing here. May be stopped at any moment and
    /// run again: every version arrives whole or not at all. Takes the object's lock.
    ///
    /// [`StoreError::Damaged`] names the file of either side that stopped it; the versions copied before it stay.
    pub fn copy_missing(&self, origin: &Object) -> Result<CopyState, StoreError> {
        self.writing.check()?;
        let _lock = self.writing.lock_object(origin.id())?;
        self.copy_missing_locked(origin)
    }

    pub(crate) fn copy_missing_locked(&self, origin: &Object) -> Result<CopyState, StoreError> {
        let there = origin.head();
        let here = self.head_settled(origin)?;
        if let Some(here) = here {
            let common = here.min(there);
            let version = |object: &Path| read_vouched(&object.join(common.to_string()));
            if version(origin.folder())?.bytes != version(&self.places.object(origin.id()))?.bytes {
                return Ok(CopyState::Different { version: common });
            }
            if here > there {
                return Ok(CopyState::Ahead { copy: here, origin: there });
            }
        }
        let first = here.map_or(VersionNo::first(), VersionNo::next);
        let mut bytes = 0;
        let missing: Vec<VersionNo> =
            (first.get()..=there.get()).map(|no| VersionNo::new(no).expect("counts from 1")).collect();
        for version in &missing {
            bytes += self.copy_version(origin, *version)?;
        }
        match missing.last() {
            Some(last) => Ok(CopyState::Copied { first, last: *last, bytes }),
            None => Ok(CopyState::Same),
        }
    }

    /// The latest version here, of an object at rest.
    fn head_settled(&self, origin: &Object) -> Result<Option<VersionNo>, StoreError> {
        let folder = self.places.object(origin.id());
        if !folder.exists() {
            return Ok(None);
        }
        Ok(Some(read_settled(&folder, origin.id())?.head()))
    }

    /// Copies one version: its inventory as it is, and the content that it added. Returns the bytes of content.
    fn copy_version(&self, origin: &Object, version: VersionNo) -> Result<u64, StoreError> {
        let folder = origin.folder().join(version.to_string());
        let Vouched { bytes: inventory_bytes, inventory } = read_vouched(&folder)?;
        if inventory.id != *origin.id() || inventory.head() != version {
            let why = format!("its inventory is not that of {version} of {}", origin.id());
            return Err(StoreError::Damaged { path: folder, why });
        }
        let staging = self.writing.watch(Staging::make(&self.writing, origin.id(), version))?;
        let own = format!("{version}/");
        let mut bytes = 0;
        for (sha512, content) in &inventory.content {
            for path in content.paths.iter().filter(|path| path.starts_with(&own)) {
                let to = staging.place_of(path);
                bytes += self.stage_copy(&origin.folder().join(path), &to, *sha512, content)?;
            }
        }
        staging.publish(&inventory_bytes, Vec::new())?;
        Ok(bytes)
    }

    /// Copies a file into staging, hashed on the way and read back; it must have the digests stated. Returns its length.
    pub(crate) fn stage_copy(
        &self,
        from: &Path,
        to: &Path,
        sha512: Sha512,
        content: &Content,
    ) -> Result<u64, StoreError> {
        let damaged = |why: &str| StoreError::Damaged { path: from.to_owned(), why: why.to_owned() };
        let is_file = std::fs::symlink_metadata(from).map_err(reading(from))?.is_file();
        if !is_file {
            return Err(damaged("it is no ordinary file"));
        }
        self.writing.watch(durable::stage_dir(to.parent().expect("a staged file has a folder")))?;
        let mut file = durable::open_file(from).map_err(reading(from))?;
        let found = self.writing.watch(durable::stage_file(to, &mut file))?;
        let is_right = Sha512(found.sha512) == sha512
            && content.sha256.is_none_or(|sha256| sha256 == Sha256(found.sha256));
        if is_right { Ok(found.bytes) } else { Err(damaged("its digests are not those of the inventory")) }
    }
}
