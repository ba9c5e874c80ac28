use crate::archive::Writing;
use crate::error::reading;
use crate::intent::Intent;
use crate::inventory::{
    CONTENT, Content, INVENTORY, Inventory, OBJECT_DECLARATION, SIDECAR, Version, VersionNo, content_path,
    digest_of, read_vouched, sidecar_of, version_folders,
};
use crate::names::Names;
use crate::{StoreError, format_v1, layout};
use durable::{Digests, DurableError, Lock, Staged};
use record::{ObjectId, Sha256, Sha512, Timestamp};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Kept free through the moves of a commit, for the folders that they touch.
pub(crate) const RESERVE_BYTES: u64 = 256 * 1024;

/// A version being made. Nothing of it is in the archive before [`Draft::commit`]; dropped, its staging is removed
/// (it never was part of the archive; after a power cut the next opening moves it to quarantine instead).
#[derive(Debug)]
pub struct Draft {
    /// First, so that it is gone before the locks are.
    staging: Staging,
    _lock: Lock,
    writing: Arc<Writing>,
    id: ObjectId,
    version: VersionNo,
    previous: Option<Inventory>,
    names: Names,
    files: Vec<StagedFile>,
    /// What this version adds to the object, by digest; where below the object.
    added: BTreeMap<Sha512, Added>,
}

#[derive(Debug)]
struct Added {
    content_path: String,
    sha256: Sha256,
}

/// A file of the version being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// Logical path.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// SHA-512 of its bytes.
    pub sha512: Sha512,
    /// Length in bytes.
    pub bytes: u64,
}

/// Why there is a new version and who made it. OCFL wants all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionInfo {
    /// When.
    pub created: Timestamp,
    /// Why; not empty.
    pub message: String,
    /// Who: a person or this program; not empty.
    pub user_name: String,
    /// A URI for them, for example `mailto:…` or `urn:…`.
    pub user_address: String,
}

/// A version that is in the archive, whole and durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The object.
    pub id: ObjectId,
    /// The version made.
    pub version: VersionNo,
    /// SHA-512 of its inventory, which names every byte of the object: what a log entry binds.
    pub inventory_sha512: Sha512,
}

/// `work/staging/<txn>`: `tree` holds what will be moved into the storage root, `root` the inventory pair that
/// replaces the object's. Removed when dropped.
#[derive(Debug)]
pub(crate) struct Staging {
    pub(crate) txn: String,
    pub(crate) dir: PathBuf,
    /// The folder that becomes `v<n>`.
    version_dir: PathBuf,
    /// For a new object: the folder that becomes the object.
    pub(crate) object_dir: Option<PathBuf>,
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Best effort: what stays is moved to quarantine at the next opening.
        let _ = durable::remove_tree(&self.dir);
    }
}

impl Draft {
    pub(crate) fn begin(writing: Arc<Writing>, id: &ObjectId) -> Result<Draft, StoreError> {
        writing.check()?;
        layout::check_id(id)?;
        let places = &writing.places;
        let name = format!("{}.lock", layout::id_digest(id));
        let lock = Lock::try_exclusive(&places.locks().join(name))?;
        let object = places.object(id);
        let previous = if object.exists() { Some(read_settled(&object, id)?) } else { None };
        let version = previous.as_ref().map_or(VersionNo::first(), |inventory| inventory.head().next());
        let staging = writing.watch(Staging::make(&places.staging(), id, version))?;
        Ok(Draft {
            id: id.clone(),
            version,
            previous,
            staging,
            names: Names::default(),
            files: Vec::new(),
            added: BTreeMap::new(),
            _lock: lock,
            writing,
        })
    }

    /// The object.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// The version it will be.
    pub fn version(&self) -> VersionNo {
        self.version
    }

    /// The files so far, by path.
    pub fn files(&self) -> &[StagedFile] {
        &self.files
    }

    /// Takes over all files of the version before, in front of any other call; their bytes are not stored again.
    /// Nothing for a new object.
    pub fn keep_previous(&mut self) -> Result<(), StoreError> {
        let Some(previous) = &self.previous else { return Ok(()) };
        let object = self.writing.places.object(&self.id);
        let head = previous.version(previous.head()).expect("the head is a version");
        for (path, digest) in &head.state {
            let content = previous.content.get(digest).expect("checked when the inventory was read");
            let stored = content_path(&object, content);
            let bytes = std::fs::metadata(&stored).map_err(reading(&stored))?.len();
            let sha256 = match content.sha256 {
                Some(sha256) => sha256,
                None => Sha256(durable::digest_file(&stored)?.sha256),
            };
            self.names.insert(path)?;
            insert(&mut self.files, StagedFile { path: path.clone(), sha256, sha512: *digest, bytes });
        }
        Ok(())
    }

    /// Takes a file out of the version being made; says whether it was there. Earlier versions keep it.
    pub fn remove(&mut self, path: &str) -> bool {
        match self.files.binary_search_by(|file| file.path.as_str().cmp(path)) {
            Ok(idx) => {
                self.files.remove(idx);
                self.names.remove(path);
                true
            }
            Err(_) => false,
        }
    }

    /// Adds a file: hashed while written, synced, read back. Bytes that the object holds already are not stored
    /// again. The path must be portable ASCII and free ([`StoreError::BadPath`], [`StoreError::PathTaken`]).
    pub fn add(&mut self, path: &str, from: &mut dyn Read) -> Result<StagedFile, StoreError> {
        self.writing.check()?;
        self.names.insert(path)?;
        match self.stage(path, from) {
            Ok(file) => {
                insert(&mut self.files, file.clone());
                Ok(file)
            }
            Err(error) => {
                self.names.remove(path);
                self.writing.watch(Err(error))
            }
        }
    }

    /// The same from memory.
    pub fn add_bytes(&mut self, path: &str, bytes: &[u8]) -> Result<StagedFile, StoreError> {
        self.add(path, &mut &bytes[..])
    }

    /// Opens a file of the version being made.
    pub fn open_file(&self, path: &str) -> Result<File, StoreError> {
        let missing =
            || StoreError::NoSuchFile { id: self.id.clone(), version: self.version, path: path.to_owned() };
        let found = self.files.binary_search_by(|file| file.path.as_str().cmp(path));
        let digest = self.files[found.map_err(|_| missing())?].sha512;
        let stored = match (self.added.get(&digest), &self.previous) {
            (Some(added), _) => self.staging.place_of(&added.content_path),
            (None, Some(previous)) => {
                let content = previous.content.get(&digest).ok_or_else(missing)?;
                content_path(&self.writing.places.object(&self.id), content)
            }
            (None, None) => return Err(missing()),
        };
        File::open(&stored).map_err(reading(&stored))
    }

    fn stage(&mut self, path: &str, from: &mut dyn Read) -> Result<StagedFile, DurableError> {
        let mut staged = Staged::create_in(&self.staging.dir)?;
        staged.copy_from(from)?;
        let sealed = staged.seal()?;
        let Digests { sha256, sha512, bytes } = sealed.digests();
        let (sha256, sha512) = (Sha256(sha256), Sha512(sha512));
        let known = self.previous.as_ref().is_some_and(|inventory| inventory.content.contains_key(&sha512));
        if !known && !self.added.contains_key(&sha512) {
            let content_path = self.free_content_path(path);
            let place = self.staging.place_of(&content_path);
            durable::stage_dir(place.parent().expect("a content path has a folder"))?;
            sealed.stage_as(&place)?;
            self.added.insert(sha512, Added { content_path, sha256 });
        }
        Ok(StagedFile { path: path.to_owned(), sha256, sha512, bytes })
    }

    /// The path itself, below the version's content. A file that was removed from the draft may still lie there
    /// (its bytes may serve another path), then with a number.
    fn free_content_path(&self, path: &str) -> String {
        let base = format!("{}/{CONTENT}/{path}", self.version);
        let numbered = (2u32..).map(|n| format!("{base}.{n}"));
        let mut candidates = [base.clone()].into_iter().chain(numbered);
        let clashes = |candidate: &str| {
            self.added.values().any(|added| {
                let known = added.content_path.as_str();
                known.eq_ignore_ascii_case(candidate)
                    || is_inside(known, candidate)
                    || is_inside(candidate, known)
            })
        };
        candidates.find(|candidate| !clashes(candidate)).expect("some number is free")
    }

    /// Makes the version part of the archive, durably, or leaves the object as it was.
    ///
    /// [`StoreError::Unfinished`] alone means that the version is stored and the next opening finishes it. After
    /// any failed write the archive takes no more writes until it is opened again.
    pub fn commit(self, info: &VersionInfo) -> Result<Sealed, StoreError> {
        self.writing.check()?;
        self.check_info(info)?;
        let inventory = self.inventory(info);
        let bytes = format_v1::to_bytes(&inventory);
        let writing = self.writing.clone();
        let intent = Intent {
            id: self.id.clone(),
            from: self.previous.as_ref().map(Inventory::head),
            to: self.version,
            inventory_sha512: digest_of(&bytes),
        };
        let intent_path = writing.places.intent().join(format!("{}.json", self.staging.txn));
        writing.watch(self.prepare(&bytes, &intent, &intent_path))?;
        if let Err(source) = self.publish().and_then(|()| self.replace_root_pair()) {
            if self.staging.version_dir.exists() {
                // Nothing has moved: the object is as it was. A trace that stays is cleared at the next opening.
                let _ = durable::remove_file(&intent_path);
                return writing.watch(Err(source));
            }
            writing.fall(&source);
            return Err(StoreError::Unfinished { id: self.id.clone(), version: self.version, source });
        }
        // The version is in the archive; what follows is tidying, and a failure only closes the latch.
        let tidied =
            durable::remove_tree(&self.staging.dir).and_then(|()| durable::remove_file(&intent_path));
        if let Err(error) = tidied {
            writing.fall(&error);
        }
        Ok(Sealed { id: self.id.clone(), version: self.version, inventory_sha512: intent.inventory_sha512 })
    }

    fn check_info(&self, info: &VersionInfo) -> Result<(), StoreError> {
        let bad = |what| Err(StoreError::BadVersionInfo { id: self.id.clone(), what });
        if self.files.is_empty() {
            return Err(StoreError::Empty { id: self.id.clone() });
        }
        if info.message.trim().is_empty() {
            return bad("a message that says why");
        }
        if info.user_name.trim().is_empty() {
            return bad("the name of who makes it");
        }
        if !layout::is_uri(&info.user_address) {
            return bad("an address of who makes it that is a URI");
        }
        Ok(())
    }

    /// Versions so far and this one; contents so far and those of this one that a file still uses.
    fn inventory(&self, info: &VersionInfo) -> Inventory {
        let (mut versions, mut content) = match &self.previous {
            Some(previous) => (previous.versions.clone(), previous.content.clone()),
            None => (Vec::new(), BTreeMap::new()),
        };
        let used: std::collections::HashSet<Sha512> = self.files.iter().map(|file| file.sha512).collect();
        for (digest, added) in self.added.iter().filter(|(digest, _)| used.contains(digest)) {
            let entry = Content { paths: vec![added.content_path.clone()], sha256: Some(added.sha256) };
            content.insert(*digest, entry);
        }
        for file in &self.files {
            if let Some(entry) = content.get_mut(&file.sha512) {
                entry.sha256 = Some(file.sha256);
            }
        }
        versions.push(Version {
            created: info.created,
            message: info.message.clone(),
            user_name: info.user_name.clone(),
            user_address: info.user_address.clone(),
            state: self.files.iter().map(|file| (file.path.clone(), file.sha512)).collect(),
        });
        Inventory { id: self.id.clone(), versions, content }
    }

    /// Everything that needs space, before anything moves: inventories, sidecars, sync of the tree (INV-A1), the
    /// intent.
    fn prepare(&self, inventory: &[u8], intent: &Intent, intent_path: &Path) -> Result<(), DurableError> {
        let staging = &self.staging;
        let used: std::collections::HashSet<Sha512> = self.files.iter().map(|file| file.sha512).collect();
        for (_, unused) in self.added.iter().filter(|(digest, _)| !used.contains(digest)) {
            durable::remove_file(&staging.place_of(&unused.content_path))?;
        }
        let content = staging.version_dir.join(CONTENT);
        if content.exists() {
            durable::remove_empty_tree(&content)?;
        }
        let sidecar = sidecar_of(inventory);
        stage_pair(&staging.version_dir, inventory, &sidecar)?;
        match &staging.object_dir {
            Some(object) => {
                stage_pair(object, inventory, &sidecar)?;
                let (name, text) = OBJECT_DECLARATION;
                durable::stage_file(&object.join(name), &mut text.as_bytes())?;
            }
            None => stage_pair(&staging.root_pair(), inventory, &sidecar)?,
        }
        durable::sync_tree(&staging.dir)?;
        durable::fsync_dir(staging.dir.parent().expect("staging has a parent"))?;
        let reservation = durable::reserve(&staging.dir, RESERVE_BYTES)?;
        durable::write_file(intent_path, &intent.to_bytes())?;
        drop(reservation);
        Ok(())
    }

    /// The point of no return is the one rename in here.
    fn publish(&self) -> Result<(), DurableError> {
        let ocfl = self.writing.places.ocfl();
        if self.staging.object_dir.is_none() {
            let to = self.writing.places.object(&self.id).join(self.version.to_string());
            return durable::rename_noreplace(&self.staging.version_dir, &to);
        }
        self.staging.publish_new(&ocfl, &self.id)
    }

    /// INV-A3: inventory first, then its sidecar.
    fn replace_root_pair(&self) -> Result<(), DurableError> {
        if self.staging.object_dir.is_some() {
            return Ok(());
        }
        let object = self.writing.places.object(&self.id);
        for name in [INVENTORY, SIDECAR] {
            durable::rename_replace(&self.staging.root_pair().join(name), &object.join(name))?;
        }
        Ok(())
    }
}

impl Staging {
    pub(crate) fn make(staging: &Path, id: &ObjectId, version: VersionNo) -> Result<Staging, DurableError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (txn, dir) = loop {
            let txn = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let dir = staging.join(&txn);
            if !dir.exists() {
                break (txn, dir);
            }
        };
        let tree = dir.join("tree");
        let object_dir = (version == VersionNo::first()).then(|| tree.join(layout::object_folder(id)));
        let version_dir = object_dir.as_ref().unwrap_or(&tree).join(version.to_string());
        let staging = Staging { txn, dir, version_dir, object_dir };
        durable::stage_dir(&staging.version_dir)?;
        durable::stage_dir(&staging.root_pair())?;
        Ok(staging)
    }

    /// Moves the new object into the storage root: the point of no return is the one rename in here.
    pub(crate) fn publish_new(&self, ocfl: &Path, id: &ObjectId) -> Result<(), DurableError> {
        // The highest folder that is missing is moved with all that is below it, so that there is never an empty
        // folder in the storage root. Another draft may make it first: then the next lower one is moved.
        let parts = layout::object_parts(id);
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

    fn root_pair(&self) -> PathBuf {
        self.dir.join("root")
    }

    /// Where a content path (`v1/content/…`) lies for now.
    fn place_of(&self, content_path: &str) -> PathBuf {
        self.version_dir.parent().expect("a version has a folder above").join(content_path)
    }
}

/// The inventory of an object that is at rest. The lock is held, so whatever is half-way was left by a writer that
/// died; the next opening settles it.
pub(crate) fn read_settled(object: &Path, id: &ObjectId) -> Result<Inventory, StoreError> {
    let inventory = read_vouched(object)?.inventory;
    let damaged = |why: String| Err(StoreError::Damaged { path: object.to_owned(), why });
    if inventory.id != *id {
        return damaged(format!("it holds {} instead of {id}", inventory.id));
    }
    if version_folders(object)?.last() != Some(&inventory.head()) {
        return damaged("its version folders and its inventory do not fit".to_owned());
    }
    Ok(inventory)
}

fn stage_pair(dir: &Path, inventory: &[u8], sidecar: &str) -> Result<(), DurableError> {
    durable::stage_file(&dir.join(INVENTORY), &mut &inventory[..])?;
    durable::stage_file(&dir.join(SIDECAR), &mut sidecar.as_bytes())?;
    Ok(())
}

/// Keeps the list sorted by path.
fn insert(files: &mut Vec<StagedFile>, file: StagedFile) {
    let at = files.partition_point(|known| known.path < file.path);
    files.insert(at, file);
}

/// Whether `folder/` is the beginning of `path`.
fn is_inside(path: &str, folder: &str) -> bool {
    path.len() > folder.len() && path.is_char_boundary(folder.len()) && {
        let (head, tail) = path.split_at(folder.len());
        head.eq_ignore_ascii_case(folder) && tail.starts_with('/')
    }
}
