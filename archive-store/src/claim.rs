//! What an inventory says of an object, and the bytes that are there to prove it. Whoever knows seals judges it;
//! this crate does not.

use crate::StoreError;
use crate::inventory::{Inventory, VersionNo, read_limited};
use record::{ObjectId, Sha256, Sha512};
use sha2::Digest;
use std::path::Path;

/// An inventory, and the folders in which the bytes it names may lie: those of the object and, when one is repaired,
/// those of its replica.
#[derive(Debug)]
pub struct Claim<'a> {
    inventory: &'a Inventory,
    folders: Vec<&'a Path>,
}

/// One file of a version, as the inventory states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedFile {
    /// Logical path.
    pub path: String,
    /// SHA-512 of its bytes.
    pub sha512: Sha512,
    /// SHA-256 of its bytes; objects of other programs may state none.
    pub sha256: Option<Sha256>,
}

impl<'a> Claim<'a> {
    pub(crate) fn new(inventory: &'a Inventory, folders: Vec<&'a Path>) -> Claim<'a> {
        Claim { inventory, folders }
    }

    /// The object.
    pub fn id(&self) -> &ObjectId {
        &self.inventory.id
    }

    /// Its versions, v1 first.
    pub fn versions(&self) -> impl Iterator<Item = VersionNo> + use<> {
        (1..=self.inventory.head().get()).filter_map(VersionNo::new)
    }

    /// The files of a version, by path; none for a version that is not there.
    pub fn files(&self, version: VersionNo) -> Vec<ClaimedFile> {
        let state = self.inventory.version(version).into_iter().flat_map(|version| &version.state);
        let file = |(path, digest): (&String, &Sha512)| ClaimedFile {
            path: path.clone(),
            sha512: *digest,
            sha256: self.inventory.content.get(digest).and_then(|content| content.sha256),
        };
        state.map(file).collect()
    }

    /// The bytes of a file of a version, at most `max_bytes`, from the first folder that has them with the digests
    /// stated. The error is that of the first folder.
    pub fn read(&self, version: VersionNo, path: &str, max_bytes: u64) -> Result<Vec<u8>, StoreError> {
        let missing =
            || StoreError::NoSuchFile { id: self.inventory.id.clone(), version, path: path.to_owned() };
        let state = &self.inventory.version(version).ok_or_else(missing)?.state;
        let sha512 = state.get(path).ok_or_else(missing)?;
        let content = self.inventory.content.get(sha512).ok_or_else(missing)?;
        let mut failed = None;
        for stored in
            self.folders.iter().flat_map(|folder| content.paths.iter().map(move |path| folder.join(path)))
        {
            match read_limited(&stored, max_bytes) {
                Ok(bytes) if has_digests(&bytes, *sha512, content.sha256) => return Ok(bytes),
                Ok(_) => {
                    let why = "its digests are not those of the inventory".to_owned();
                    failed.get_or_insert(StoreError::Damaged { path: stored, why });
                }
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        Err(failed.unwrap_or_else(missing))
    }
}

fn has_digests(bytes: &[u8], sha512: Sha512, sha256: Option<Sha256>) -> bool {
    Sha512(sha2::Sha512::digest(bytes).into()) == sha512
        && sha256.is_none_or(|sha256| Sha256(sha2::Sha256::digest(bytes).into()) == sha256)
}
