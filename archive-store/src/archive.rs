use crate::error::is_there;
use crate::inventory::read_head;
use crate::object::Object;
use crate::recover::{self, Recovery};
use crate::root::{self, Places};
use crate::validate::{ObjectReport, Problem, What, validate_object};
use crate::walk::{Found, Walk};
use crate::{Draft, StoreError, layout};
use durable::{DurableError, Lock};
use record::ObjectId;
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// How to open an archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenOptions {
    /// Accept NFS, SMB and other network file systems, where locks, rename and sync mean less.
    pub allow_network_fs: bool,
}

/// An archive opened for reading. Any number of readers may be open beside one writer.
#[derive(Debug, Clone)]
pub struct ArchiveReader {
    pub(crate) places: Places,
}

/// An archive opened for writing: there is one at a time. The writer lock is let go when it and all its drafts are
/// dropped, or the process dies.
#[derive(Debug, Clone)]
pub struct Archive {
    reader: ArchiveReader,
    pub(crate) writing: Arc<Writing>,
}

/// What drafts, copies and repairs share with their archive.
#[derive(Debug)]
pub(crate) struct Writing {
    pub(crate) places: Places,
    latch: Mutex<Option<String>>,
    _lock: Lock,
}

impl Writing {
    /// Refuses once a write has failed.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match &*self.latch.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(reason) => {
                Err(StoreError::Latched { root: self.places.root.clone(), reason: reason.clone() })
            }
        }
    }

    /// Passes the result on; after a failed write or sync the latch falls.
    pub(crate) fn watch<T>(&self, result: Result<T, DurableError>) -> Result<T, StoreError> {
        result.map_err(|error| {
            if error.leaves_doubt() {
                self.fall(&error);
            }
            error.into()
        })
    }

    /// One writer an object. [`StoreError::Locked`] while a draft of it lives, [`StoreError::Destroyed`] for ever where it
    /// has a tombstone.
    pub(crate) fn lock_object(&self, id: &ObjectId) -> Result<Lock, StoreError> {
        let name = format!("{}.lock", layout::id_digest(id));
        let lock = Lock::try_exclusive(&self.places.locks().join(name))?;
        match is_there(&self.places.tombstone(id))? {
            true => Err(StoreError::Destroyed { id: id.clone() }),
            false => Ok(lock),
        }
    }

    pub(crate) fn fall(&self, error: &DurableError) {
        let mut latch = self.latch.lock().unwrap_or_else(PoisonError::into_inner);
        latch.get_or_insert_with(|| error.to_string());
    }
}

impl Archive {
    /// Makes an empty storage root in `root` (made where missing; other files there are left alone) and opens it.
    /// The root appears whole or not at all.
    pub fn create(root: &Path) -> Result<Archive, StoreError> {
        Self::create_with(root, OpenOptions::default())
    }

    /// The same, with options.
    pub fn create_with(root: &Path, options: OpenOptions) -> Result<Archive, StoreError> {
        durable::create_dir_durable(root)?;
        let places = Places { root: root.to_owned() };
        check_file_system(&places, options)?;
        places.make_work()?;
        let lock = lock(&places)?;
        if places.ocfl().exists() {
            return Err(StoreError::AlreadyThere { root: root.to_owned() });
        }
        recover::clear_staging(&places, &mut Recovery::default())?;
        let staged = places.staging().join("create");
        root::stage_root(&staged)?;
        durable::rename_noreplace(&staged, &places.ocfl())?;
        Ok(Self::of(places, lock))
    }

    /// Opens for writing: takes the writer lock ([`StoreError::Locked`] if another has it), then brings objects
    /// that a stopped writer left half-way to their old or new state. What was done stands in [`Recovery`].
    pub fn open(root: &Path) -> Result<(Archive, Recovery), StoreError> {
        Self::open_with(root, OpenOptions::default())
    }

    /// The same, with options.
    pub fn open_with(root: &Path, options: OpenOptions) -> Result<(Archive, Recovery), StoreError> {
        let reader = Self::open_read(root)?;
        check_file_system(&reader.places, options)?;
        reader.places.make_work()?;
        let lock = lock(&reader.places)?;
        let recovery = recover::recover(&reader.places)?;
        Ok((Self::of(reader.places, lock), recovery))
    }

    /// Opens for reading: nothing is locked, nothing is changed.
    pub fn open_read(root: &Path) -> Result<ArchiveReader, StoreError> {
        let places = Places { root: root.to_owned() };
        root::check_root(&places)?;
        Ok(ArchiveReader { places })
    }

    fn of(places: Places, lock: Lock) -> Archive {
        let writing = Arc::new(Writing { places: places.clone(), latch: Mutex::new(None), _lock: lock });
        Archive { reader: ArchiveReader { places }, writing }
    }

    /// Begins the next version of an object: v1 where there is none. The draft starts without files; see
    /// [`Draft::keep_previous`]. [`StoreError::Locked`] while another draft of the object lives.
    pub fn begin(&self, id: &ObjectId) -> Result<Draft, StoreError> {
        Draft::begin(self.writing.clone(), id)
    }
}

impl Deref for Archive {
    type Target = ArchiveReader;
    fn deref(&self) -> &ArchiveReader {
        &self.reader
    }
}

fn check_file_system(places: &Places, options: OpenOptions) -> Result<(), StoreError> {
    // Each may be a disk of its own.
    for folder in [places.root.clone(), places.ocfl(), places.staging()] {
        if !options.allow_network_fs && folder.exists() && durable::is_network_fs(&folder)? {
            return Err(StoreError::NetworkFileSystem { root: folder });
        }
    }
    Ok(())
}

fn lock(places: &Places) -> Result<Lock, StoreError> {
    Ok(Lock::try_exclusive(&places.locks().join("writer.lock"))?)
}

impl ArchiveReader {
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// The archive's folder.
    pub fn root(&self) -> &Path {
        &self.places.root
    }

    /// The ids of all objects, in the order of their folders (which is that of their digests). Reads no inventory
    /// unless an id is too long for its folder's name.
    pub fn objects(&self) -> Result<Vec<ObjectId>, StoreError> {
        let mut ids = Vec::new();
        for found in Walk::over(&self.places.ocfl())? {
            if let Found::Object(path) = found? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                match layout::id_from_name(name) {
                    Some(id) => ids.push(id),
                    None => ids.push(read_head(&path)?.inventory.id),
                }
            }
        }
        Ok(ids)
    }

    /// One object as it is now, `None` if there is none. A later version does not change what it shows.
    pub fn object(&self, id: &ObjectId) -> Result<Option<Object>, StoreError> {
        let folder = self.places.object(id);
        if !folder.exists() {
            return Ok(None);
        }
        Object::open(folder, id).map(Some)
    }

    /// Checks every object, one after the other as the iterator is asked: every byte is read. A version that is
    /// being committed meanwhile may be reported; check that object again.
    pub fn verify(
        &self,
    ) -> Result<impl Iterator<Item = Result<ObjectReport, StoreError>> + use<>, StoreError> {
        let ocfl = self.places.ocfl();
        let walk = Walk::over(&ocfl)?;
        Ok(walk.filter_map(move |found| match found {
            Ok(Found::Object(path)) => Some(Ok(verify_in_place(&ocfl, &path))),
            Ok(_) => None,
            Err(e) => Some(Err(e)),
        }))
    }

    /// What recovery did not trust and put aside: names in `work/quarantine`. A person may remove it.
    pub fn quarantined(&self) -> Result<Vec<String>, StoreError> {
        let dir = self.places.quarantine();
        let entries = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(crate::error::reading(&dir)(e)),
        };
        let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let names: Result<Vec<String>, _> = entries.map(|entry| entry.map(name)).collect();
        let mut names = names.map_err(crate::error::reading(&dir))?;
        names.sort();
        Ok(names)
    }

    /// What lies in the storage root and belongs to no object: stray files, empty folders. Paths are relative to
    /// the storage root.
    pub fn strays(&self) -> Result<Vec<Problem>, StoreError> {
        let ocfl = self.places.ocfl();
        let mut problems = Vec::new();
        for found in Walk::over(&ocfl)? {
            let (code, path) = match found? {
                Found::Object(_) => continue,
                Found::Stray(path) => ("E072", path),
                Found::EmptyFolder(path) => ("E073", path),
            };
            let path = path.strip_prefix(&ocfl).unwrap_or(&path).to_string_lossy().into_owned();
            problems.push(Problem { code, path, what: What::Extra });
        }
        Ok(problems)
    }
}

/// The validator's report, and whether the object lies where its id says.
pub(crate) fn verify_in_place(ocfl: &Path, folder: &Path) -> ObjectReport {
    let mut report = validate_object(folder);
    if let Some(id) = report.id.as_deref().and_then(|id| ObjectId::new(id).ok()) {
        let wanted = layout::object_folder(&id);
        if folder.strip_prefix(ocfl).is_ok_and(|found| found != wanted) {
            let why = format!("the object {id} belongs into {}", wanted.display());
            report.errors.push(Problem { code: "layout", path: String::new(), what: What::Wrong(why) });
        }
    }
    report
}
