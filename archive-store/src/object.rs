use crate::archive::verify_in_place;
use crate::error::reading;
use crate::export::{self, Container, Form};
use crate::inventory::{Content, Inventory, Version, content_path, read_head};
use crate::{Claim, ObjectReport, StoreError, VersionNo};
use record::{ObjectId, Sha256, Sha512, Timestamp};
use sha2::Digest;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A case file in the archive, sealed: nothing here can change it. It shows the versions that were there when it was
/// opened.
#[derive(Debug, Clone)]
pub struct Object {
    folder: PathBuf,
    inventory: Inventory,
}

/// Who made a version, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionMeta {
    /// Which.
    pub version: VersionNo,
    /// When it was made.
    pub created: Timestamp,
    /// Why.
    pub message: String,
    /// By whom.
    pub user_name: String,
    /// A URI for that person or program.
    pub user_address: String,
}

/// One file of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFile {
    /// Logical path, `/` between parts.
    pub path: String,
    /// SHA-512, as the inventory states it.
    pub sha512: Sha512,
    /// SHA-256, as the inventory states it; objects of other programs may state none.
    pub sha256: Option<Sha256>,
    /// Length on disk; `None` when the bytes are missing.
    pub bytes: Option<u64>,
}

impl Object {
    pub(crate) fn open(folder: PathBuf, id: &ObjectId) -> Result<Object, StoreError> {
        let inventory = read_head(&folder)?.inventory;
        if inventory.id != *id {
            let why = format!("it says {} instead of {id}", inventory.id);
            return Err(StoreError::Damaged { path: folder.join(crate::inventory::INVENTORY), why });
        }
        Ok(Object { folder, inventory })
    }

    /// An object of any storage root, or of none. [`StoreError::Damaged`] where its inventory is not one that this program
    /// writes; the rest of it is not looked at.
    pub fn open_folder(folder: &Path) -> Result<Object, StoreError> {
        Ok(Object { folder: folder.to_owned(), inventory: read_head(folder)?.inventory })
    }

    /// Its id.
    pub fn id(&self) -> &ObjectId {
        &self.inventory.id
    }

    /// The latest version.
    pub fn head(&self) -> VersionNo {
        self.inventory.head()
    }

    /// All versions, v1 first.
    pub fn versions(&self) -> Vec<VersionMeta> {
        let numbered = self.inventory.versions.iter().zip(1u32..);
        numbered
            .map(|(version, no)| VersionMeta {
                version: VersionNo::new(no).expect("counts from 1"),
                created: version.created,
                message: version.message.clone(),
                user_name: version.user_name.clone(),
                user_address: version.user_address.clone(),
            })
            .collect()
    }

    /// Whether a version made at this time may follow the latest one.
    ///
    /// # Errors
    /// [`StoreError::ClockBehind`], as [`crate::Draft::commit`] would say, for whoever signs the version before.
    pub fn check_clock(&self, now: Timestamp) -> Result<(), StoreError> {
        self.inventory.check_clock(now)
    }

    /// The files of a version, by path. Asks the disk for their lengths, reads none.
    pub fn files(&self, version: VersionNo) -> Result<Vec<ObjectFile>, StoreError> {
        let state = &self.version(version)?.state;
        let file = |(path, digest): (&String, &Sha512)| {
            let content = self.content(digest);
            let meta = std::fs::metadata(content_path(&self.folder, content));
            ObjectFile {
                path: path.clone(),
                sha512: *digest,
                sha256: content.sha256,
                bytes: meta.ok().map(|meta| meta.len()),
            }
        };
        Ok(state.iter().map(file).collect())
    }

    /// SHA-256 of a file of a version, as the inventory states it; `None` where it states none or there is no such file.
    pub fn sha256_of(&self, version: VersionNo, path: &str) -> Option<Sha256> {
        let digest = self.inventory.version(version)?.state.get(path)?;
        self.content(digest).sha256
    }

    /// Bytes of its inventory.
    pub fn inventory_bytes(&self) -> Result<u64, StoreError> {
        let path = self.folder.join(crate::inventory::INVENTORY);
        Ok(std::fs::metadata(&path).map_err(reading(&path))?.len())
    }

    /// Opens a file of the latest version. What is read from it is not checked; see [`Object::read`].
    pub fn open_file(&self, path: &str) -> Result<File, StoreError> {
        self.open_file_of(self.head(), path)
    }

    /// Opens a file of any version.
    pub fn open_file_of(&self, version: VersionNo, path: &str) -> Result<File, StoreError> {
        let (_, stored) = self.locate(version, path)?;
        durable::open_file(&stored).map_err(reading(&stored))
    }

    /// The bytes of a file of the latest version, at most `max_bytes`, checked against the inventory:
    /// [`StoreError::Damaged`] if a bit has flipped.
    pub fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>, StoreError> {
        self.read_of(self.head(), path, max_bytes)
    }

    /// The same of any version.
    pub fn read_of(&self, version: VersionNo, path: &str, max_bytes: u64) -> Result<Vec<u8>, StoreError> {
        let (digest, stored) = self.locate(version, path)?;
        let bytes = crate::inventory::read_limited(&stored, max_bytes)?;
        check_digest(&stored, digest, Sha512(sha2::Sha512::digest(&bytes).into()))?;
        Ok(bytes)
    }

    /// Writes the logical tree of a version into `dest`, which must be empty or missing. Every file is checked
    /// against the inventory on the way and synced.
    pub fn export(&self, version: VersionNo, dest: &Path) -> Result<(), StoreError> {
        self.export_as(version, Form::Package, Container::Folder, dest)
    }

    /// The same in any form, into a folder or a zip.
    pub fn export_as(
        &self,
        version: VersionNo,
        form: Form<'_>,
        container: Container,
        dest: &Path,
    ) -> Result<(), StoreError> {
        export::export(self, version, form, container, dest)
    }

    /// Reads every byte of every version and names every file that differs, is missing or does not belong.
    pub fn verify(&self) -> ObjectReport {
        match self.folder.ancestors().nth(4) {
            Some(ocfl) => verify_in_place(ocfl, &self.folder),
            None => crate::validate_object(&self.folder),
        }
    }

    /// What its inventory says, with its own bytes to prove it.
    pub fn claim(&self) -> Claim<'_> {
        Claim::new(&self.inventory, vec![&self.folder])
    }

    /// Its folder in the storage root.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn version(&self, no: VersionNo) -> Result<&Version, StoreError> {
        let missing = || StoreError::NoSuchVersion { id: self.id().clone(), version: no };
        self.inventory.version(no).ok_or_else(missing)
    }

    fn content(&self, digest: &Sha512) -> &Content {
        self.inventory.content.get(digest).expect("checked when the inventory was read")
    }

    /// Digest and place of a logical file.
    pub(crate) fn locate(&self, version: VersionNo, path: &str) -> Result<(Sha512, PathBuf), StoreError> {
        let missing = || StoreError::NoSuchFile { id: self.id().clone(), version, path: path.to_owned() };
        let digest = *self.version(version)?.state.get(path).ok_or_else(missing)?;
        Ok((digest, content_path(&self.folder, self.content(&digest))))
    }
}

pub(crate) fn check_digest(path: &Path, expected: Sha512, found: Sha512) -> Result<(), StoreError> {
    if expected == found {
        return Ok(());
    }
    let why = format!("its SHA-512 is {found}, the inventory says {expected}");
    Err(StoreError::Damaged { path: path.to_owned(), why })
}
