use crate::archive::Writing;
use crate::error::reading;
use crate::inventory::{
    CONTENT, Content, Inventory, Version, VersionNo, content_path, read_vouched, version_folders,
};
use crate::names::Names;
use crate::publish::Staging;
use crate::{StoreError, format_v1, layout};
use durable::{Checksum, Digests, DurableError, Lock, Staged};
use record::{ObjectId, Sha256, Sha512, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

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
    /// The content paths of these in lower case.
    content_paths: BTreeSet<String>,
}

#[derive(Debug)]
struct Added {
    content_path: String,
    sha256: Sha256,
    /// What the medium must give back.
    checksum: Checksum,
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

impl Draft {
    pub(crate) fn begin(writing: Arc<Writing>, id: &ObjectId) -> Result<Draft, StoreError> {
        writing.check()?;
        layout::check_id(id)?;
        let places = &writing.places;
        let lock = writing.lock_object(id)?;
        let object = places.object(id);
        let previous = if object.exists() { Some(read_settled(&object, id)?) } else { None };
        let version = previous.as_ref().map_or(VersionNo::first(), |inventory| inventory.head().next());
        let staging = writing.watch(Staging::make(&writing, id, version))?;
        Ok(Draft {
            id: id.clone(),
            version,
            previous,
            staging,
            names: Names::default(),
            files: Vec::new(),
            added: BTreeMap::new(),
            content_paths: BTreeSet::new(),
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
        self.previous.as_ref().map(|previous| previous.head()).map_or(Ok(()), |head| self.keep(head))
    }

    /// The same of any earlier version; nothing where there is none of that number.
    pub fn keep(&mut self, version: VersionNo) -> Result<(), StoreError> {
        let Some(previous) = &self.previous else { return Ok(()) };
        let Some(kept) = previous.version(version) else { return Ok(()) };
        let object = self.writing.places.object(&self.id);
        for (path, digest) in &kept.state {
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

    /// Adds a file, hashed while written; [`Draft::commit`] makes it durable and compares it with what the medium
    /// gives back. Bytes that the object holds already are not stored again. The path must be portable ASCII and free ([`StoreError::BadPath`], [`StoreError::PathTaken`]).
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
        let mut staged = Staged::create_in(self.staging.dir())?;
        staged.copy_from(from)?;
        let written = staged.finish()?;
        let Digests { sha256, sha512, bytes, checksum } = written.digests();
        let (sha256, sha512) = (Sha256(sha256), Sha512(sha512));
        let known = self.previous.as_ref().is_some_and(|inventory| inventory.content.contains_key(&sha512));
        if !known && !self.added.contains_key(&sha512) {
            let content_path = self.free_content_path(path);
            let place = self.staging.place_of(&content_path);
            durable::stage_dir(place.parent().expect("a content path has a folder"))?;
            written.stage_as(&place)?;
            self.content_paths.insert(content_path.to_ascii_lowercase());
            self.added.insert(sha512, Added { content_path, sha256, checksum });
        }
        Ok(StagedFile { path: path.to_owned(), sha256, sha512, bytes })
    }

    /// The path itself, below the version's content. A file that was removed from the draft may still lie there
    /// (its bytes may serve another path), then with a number.
    fn free_content_path(&self, path: &str) -> String {
        let base = format!("{}/{CONTENT}/{path}", self.version);
        let numbered = (2u32..).map(|n| format!("{base}.{n}"));
        let mut candidates = [base.clone()].into_iter().chain(numbered);
        let clashes = |candidate: &String| {
            let path = candidate.to_ascii_lowercase();
            let below = format!("{path}/");
            let mut folders = path.match_indices('/').map(|(end, _)| &path[..end]);
            let mut from_below = self.content_paths.range(below.clone()..);
            self.content_paths.contains(&path)
                || folders.any(|folder| self.content_paths.contains(folder))
                || from_below.next().is_some_and(|known| known.starts_with(&below))
        };
        candidates.find(|candidate| !clashes(candidate)).expect("some number is free")
    }

    /// Makes the version part of the archive, durably, or leaves the object as it was.
    ///
    /// [`StoreError::ClockBehind`] where the version before was made later than this one says.
    /// [`StoreError::Unfinished`] alone means that the version is stored and the next opening finishes it. After
    /// any failed write the archive takes no more writes until it is opened again.
    pub fn commit(self, info: &VersionInfo) -> Result<Sealed, StoreError> {
        self.writing.check()?;
        self.check_info(info)?;
        let inventory = format_v1::to_bytes(&self.inventory(info));
        self.writing.watch(self.drop_unused())?;
        let used: HashSet<Sha512> = self.files.iter().map(|file| file.sha512).collect();
        let written = self.added.iter().filter(|(digest, _)| used.contains(digest));
        let written = written.map(|(_, added)| (self.staging.place_of(&added.content_path), added.checksum));
        let written = written.collect();
        self.staging.publish(&inventory, written)
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
        self.previous.as_ref().map_or(Ok(()), |previous| previous.check_clock(info.created))
    }

    /// Versions so far and this one; contents so far and those of this one that a file still uses.
    fn inventory(&self, info: &VersionInfo) -> Inventory {
        let (mut versions, mut content) = match &self.previous {
            Some(previous) => (previous.versions.clone(), previous.content.clone()),
            None => (Vec::new(), BTreeMap::new()),
        };
        let used: HashSet<Sha512> = self.files.iter().map(|file| file.sha512).collect();
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

    /// Takes away content that no file of the version uses any more; it never was part of the archive.
    fn drop_unused(&self) -> Result<(), DurableError> {
        let used: HashSet<Sha512> = self.files.iter().map(|file| file.sha512).collect();
        for (_, unused) in self.added.iter().filter(|(digest, _)| !used.contains(digest)) {
            durable::remove_file(&self.staging.place_of(&unused.content_path))?;
        }
        Ok(())
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

/// Keeps the list sorted by path.
fn insert(files: &mut Vec<StagedFile>, file: StagedFile) {
    let at = files.partition_point(|known| known.path < file.path);
    files.insert(at, file);
}
