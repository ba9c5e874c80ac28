//! How a version that lies whole in `work/staging` becomes part of the archive. The one way into the storage root:
//! drafts and copies from another root go through here.

use crate::archive::Writing;
use crate::draft::Sealed;
use crate::intent::Intent;
use crate::inventory::{CONTENT, INVENTORY, OBJECT_DECLARATION, SIDECAR, VersionNo, digest_of, sidecar_of};
use crate::{StoreError, layout};
use durable::{Checksum, DurableError, StagedTree};
use record::ObjectId;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Kept free through the moves of a commit, for the folders that they touch.
const RESERVE_BYTES: u64 = 256 * 1024;

/// `work/staging/<txn>`: `tree` holds what will be moved into the storage root, `root` the inventory pair that
/// replaces the object's. Removed when dropped.
#[derive(Debug)]
pub(crate) struct Staging {
    writing: Arc<Writing>,
    id: ObjectId,
    version: VersionNo,
    txn: String,
    dir: PathBuf,
    tree: StagedTree,
    /// The folder that becomes `v<n>`.
    version_dir: PathBuf,
    /// For a new object: the folder that becomes the object.
    object_dir: Option<PathBuf>,
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Best effort: what stays is moved to quarantine at the next opening.
        let _ = durable::remove_tree(&self.dir);
    }
}

/// A folder in `work/staging` whose name is free, and that name. Not made yet.
pub(crate) fn free_staging(staging: &Path) -> (String, PathBuf) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let txn = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let dir = staging.join(&txn);
        if !dir.exists() {
            return (txn, dir);
        }
    }
}

impl Staging {
    /// A place for this version; v1 is a new object. The caller holds the object's lock.
    pub(crate) fn make(
        writing: &Arc<Writing>,
        id: &ObjectId,
        version: VersionNo,
    ) -> Result<Staging, DurableError> {
        let (txn, dir) = free_staging(&writing.places.staging());
        let tree = dir.join("tree");
        let object_dir = (version == VersionNo::first()).then(|| tree.join(layout::object_folder(id)));
        let version_dir = object_dir.as_ref().unwrap_or(&tree).join(version.to_string());
        let (writing, id) = (writing.clone(), id.clone());
        durable::stage_dir(&version_dir)?;
        let tree = StagedTree::open(&dir)?;
        let staging = Staging { writing, id, version, txn, dir, tree, version_dir, object_dir };
        durable::stage_dir(&staging.root_pair())?;
        Ok(staging)
    }

    /// For a new object: the folder that becomes the object.
    pub(crate) fn object_dir(&self) -> Option<&Path> {
        self.object_dir.as_deref()
    }

    /// Its folder, for files without a place yet.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    fn root_pair(&self) -> PathBuf {
        self.dir.join("root")
    }

    /// Where a content path (`v1/content/…`) lies for now.
    pub(crate) fn place_of(&self, content_path: &str) -> PathBuf {
        self.version_dir.parent().expect("a version has a folder above").join(content_path)
    }

    /// Makes the version part of the archive, durably, or leaves the object as it was: see [`crate::Draft::commit`].
    /// `written`: files of the staging that are neither synced nor compared yet, with what they must hold.
    pub(crate) fn publish(
        self,
        inventory: &[u8],
        written: Vec<(PathBuf, Checksum)>,
    ) -> Result<Sealed, StoreError> {
        let writing = self.writing.clone();
        writing.watch(self.stage_inventories(inventory))?;
        let to = self.version;
        self.move_in(VersionNo::new(to.get() - 1), to, inventory, &written)
    }

    /// The same for a new object that lies in [`Staging::object_dir`] whole, with all its versions up to `head`.
    pub(crate) fn publish_whole(self, head: VersionNo, inventory: &[u8]) -> Result<Sealed, StoreError> {
        self.move_in(None, head, inventory, &[])
    }

    fn move_in(
        self,
        from: Option<VersionNo>,
        to: VersionNo,
        inventory: &[u8],
        written: &[(PathBuf, Checksum)],
    ) -> Result<Sealed, StoreError> {
        let writing = &self.writing;
        let intent = Intent { id: self.id.clone(), from, to, inventory_sha512: digest_of(inventory) };
        let intent_path = writing.places.intent().join(format!("{}.json", self.txn));
        writing.watch(self.prepare(written, &intent, &intent_path))?;
        if let Err(source) = self.move_into_root().and_then(|()| self.replace_root_pair()) {
            if self.version_dir.exists() {
                // Nothing has moved: the object is as it was. A trace that stays is cleared at the next opening.
                let _ = durable::remove_file(&intent_path);
                return writing.watch(Err(source));
            }
            writing.fall(&source);
            return Err(StoreError::Unfinished { id: self.id.clone(), version: to, source });
        }
        // The version is in the archive; what follows is tidying, and a failure only closes the latch.
        let tidied = durable::remove_tree(&self.dir).and_then(|()| durable::remove_file(&intent_path));
        if let Err(error) = tidied {
            writing.fall(&error);
        }
        Ok(Sealed { id: intent.id, version: to, inventory_sha512: intent.inventory_sha512 })
    }

    fn stage_inventories(&self, inventory: &[u8]) -> Result<(), DurableError> {
        let content = self.version_dir.join(CONTENT);
        if content.exists() {
            durable::remove_empty_tree(&content)?;
        }
        let sidecar = sidecar_of(inventory);
        stage_pair(&self.version_dir, inventory, &sidecar)?;
        match &self.object_dir {
            Some(object) => {
                stage_pair(object, inventory, &sidecar)?;
                let (name, text) = OBJECT_DECLARATION;
                durable::stage_file(&object.join(name), &mut text.as_bytes()).map(drop)
            }
            None => stage_pair(&self.root_pair(), inventory, &sidecar),
        }
    }

    /// All else that needs space, before anything moves: sync of the tree (INV-A1), the intent.
    fn prepare(
        &self,
        written: &[(PathBuf, Checksum)],
        intent: &Intent,
        intent_path: &Path,
    ) -> Result<(), DurableError> {
        self.tree.settle(written.iter().cloned())?;
        let reservation = durable::reserve(&self.dir, RESERVE_BYTES)?;
        durable::write_file(intent_path, &intent.to_bytes())?;
        drop(reservation);
        Ok(())
    }

    /// The point of no return is the one rename in here.
    fn move_into_root(&self) -> Result<(), DurableError> {
        let ocfl = self.writing.places.ocfl();
        if self.object_dir.is_none() {
            let to = self.writing.places.object(&self.id).join(self.version.to_string());
            return durable::rename_noreplace(&self.version_dir, &to);
        }
        // The highest folder that is missing is moved with all that is below it, so that there is never an empty
        // folder in the storage root. Another draft may make it first: then the next lower one is moved.
        let parts = layout::object_parts(&self.id);
        let mut result = Ok(());
        for depth in 1..=parts.len() {
            let below: PathBuf = parts[..depth].iter().collect();
            let to = ocfl.join(&below);
            if to.exists() && depth < parts.len() {
                continue;
            }
            result = durable::rename_noreplace(&self.dir.join("tree").join(&below), &to);
            match &result {
                Err(DurableError::Exists { .. }) if depth < parts.len() => {}
                _ => break,
            }
        }
        result
    }

    /// INV-A3: inventory first, then its sidecar.
    fn replace_root_pair(&self) -> Result<(), DurableError> {
        if self.object_dir.is_some() {
            return Ok(());
        }
        let object = self.writing.places.object(&self.id);
        for name in [INVENTORY, SIDECAR] {
            durable::rename_replace(&self.root_pair().join(name), &object.join(name))?;
        }
        Ok(())
    }
}

fn stage_pair(dir: &Path, inventory: &[u8], sidecar: &str) -> Result<(), DurableError> {
    durable::stage_file(&dir.join(INVENTORY), &mut &inventory[..])?;
    durable::stage_file(&dir.join(SIDECAR), &mut sidecar.as_bytes())?;
    Ok(())
}
