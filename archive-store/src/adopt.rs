//! Takes an OCFL object of another storage root as it is: every version with its bytes and inventories, under its own id.

use crate::draft::read_settled;
use crate::inventory::{INVENTORY, Inventory, OBJECT_DECLARATION, SIDECAR, Vouched, read_vouched};
use crate::names::Names;
use crate::publish::Staging;
use crate::validate::Problem;
use crate::walk::{Found, Walk};
use crate::{Archive, ArchiveReader, Object, StoreError, VersionNo, layout, validate_object};
use durable::DurableError;
use record::{ObjectId, Sha512};
use std::fs::File;
use std::path::{Path, PathBuf};

/// How an object came to be in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// It was taken.
    New(VersionNo),
    /// Its earlier versions were there, byte for byte, and are whole; the later ones were taken, up to this.
    Continued(VersionNo),
    /// It was there, byte for byte, and is whole.
    Present(VersionNo),
}

/// Why an object was not taken; the archive is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The object is not valid.
    #[error("{} is not a valid OCFL object: {}", folder.display(), list(problems))]
    Invalid {
        /// The object that was to be taken.
        folder: PathBuf,
        /// What is wrong with it.
        problems: Vec<Problem>,
    },
    /// It is valid, but not as this program writes objects.
    #[error("{} is not written the way this program writes objects: {why}", folder.display())]
    Foreign {
        /// The object that was to be taken.
        folder: PathBuf,
        /// What is different.
        why: String,
    },
    /// The archive holds another object under the same id. Nothing was changed.
    #[error("the archive holds {id} already, and differently: {why}")]
    Differs {
        /// The object.
        id: ObjectId,
        /// In what.
        why: String,
    },
    /// The archive could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DurableError> for AdoptError {
    fn from(error: DurableError) -> Self {
        Self::Store(error.into())
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The folders of all objects below an OCFL storage root of any layout, lazily.
pub fn object_folders(root: &Path) -> Result<impl Iterator<Item = Result<PathBuf, StoreError>>, StoreError> {
    Ok(Walk::over(root)?.filter_map(|found| match found {
        Ok(Found::Object(path)) => Some(Ok(path)),
        Ok(_) => None,
        Err(e) => Some(Err(e)),
    }))
}

impl Archive {
    /// Takes the object in `folder`. It is validated where it is, and once more, from the medium, as what will be in the
    /// archive; so its bytes are read three times. It is then shown to `judge`, as it will be and where nobody
    /// else changes it; only what `judge` accepts is taken. Where the archive holds its earlier versions, the later ones are
    /// brought, one after the other. What lies in the `logs` of a new object comes along, unjudged.
    ///
    /// # Errors
    /// What `judge` says. All but [`StoreError::Unfinished`] leave the archive as it was.
    pub fn adopt<E: From<AdoptError>>(
        &self,
        folder: &Path,
        judge: impl FnOnce(&Object) -> Result<(), E>,
    ) -> Result<Adopted, E> {
        let source = check(folder)?;
        let (id, head) = (&source.inventory.id, source.inventory.head());
        let writing = &self.writing;
        writing.check().map_err(AdoptError::from)?;
        let _lock = writing.lock_object(id).map_err(AdoptError::from)?;
        let object = writing.places.object(id);
        let there = if object.exists() { Some(compare(&object, folder, &source)?) } else { None };
        if let Some(present @ Adopted::Present(_)) = there {
            return Ok(present);
        }
        let staging =
            writing.watch(Staging::make(writing, id, VersionNo::first())).map_err(AdoptError::from)?;
        let staged = staging.object_dir().expect("the first version makes an object").to_owned();
        writing.watch(copy(folder, &staged, &source)).map_err(AdoptError::from)?;
        check_staged(folder, &staged, &source)?;
        let whole = Object::open_folder(&staged).map_err(AdoptError::from)?;
        judge(&whole)?;
        match there {
            Some(continued) => {
                // Compared under this very lock: there is something to copy, and nothing that differs.
                self.copy_missing_locked(&whole).map_err(AdoptError::from)?;
                Ok(continued)
            }
            None => {
                staging.publish_whole(head, &source.bytes).map_err(AdoptError::from)?;
                Ok(Adopted::New(head))
            }
        }
    }
}

impl ArchiveReader {
    /// What [`Archive::adopt`] would say, without taking anything.
    pub fn would_adopt(&self, folder: &Path) -> Result<Adopted, AdoptError> {
        let source = check(folder)?;
        let object = self.places().object(&source.inventory.id);
        if !object.exists() {
            return Ok(Adopted::New(source.inventory.head()));
        }
        compare(&object, folder, &source)
    }
}

/// Valid, and still the object that was found valid where it came from.
fn check_staged(folder: &Path, staged: &Path, source: &Vouched) -> Result<(), AdoptError> {
    let report = validate_object(staged);
    if !report.errors.is_empty() {
        return Err(AdoptError::Invalid { folder: folder.to_owned(), problems: report.errors });
    }
    if read_vouched(staged)?.bytes != source.bytes {
        let source = std::io::Error::other("it changed while it was copied");
        return Err(DurableError::Source { path: folder.join(INVENTORY), source }.into());
    }
    Ok(())
}

/// Valid, whole, and of the kind that this program writes.
fn check(folder: &Path) -> Result<Vouched, AdoptError> {
    let report = validate_object(folder);
    if !report.errors.is_empty() {
        return Err(AdoptError::Invalid { folder: folder.to_owned(), problems: report.errors });
    }
    let foreign = |why: String| AdoptError::Foreign { folder: folder.to_owned(), why };
    let source = read_vouched(folder).map_err(|e| foreign(e.to_string()))?;
    layout::check_id(&source.inventory.id).map_err(|e| foreign(e.to_string()))?;
    for name in [OBJECT_DECLARATION.0.to_owned()].into_iter().chain(version_files(&source.inventory)) {
        if !folder.join(&name).is_file() {
            return Err(foreign(format!("there is no {name}")));
        }
    }
    if folder.join("extensions").exists() {
        return Err(foreign("it has extensions".into()));
    }
    for version in &source.inventory.versions {
        let mut names = Names::default();
        version.state.keys().try_for_each(|path| names.insert(path)).map_err(|e| foreign(e.to_string()))?;
    }
    Ok(source)
}

/// The inventory pair of every version.
fn version_files(inventory: &Inventory) -> impl Iterator<Item = String> + use<> {
    let versions = 1..=inventory.head().get();
    versions.flat_map(|no| [INVENTORY, SIDECAR].map(|name| format!("v{no}/{name}")))
}

/// How an object of the archive stands to the one in `folder` that has its id.
fn compare(object: &Path, folder: &Path, source: &Vouched) -> Result<Adopted, AdoptError> {
    let id = &source.inventory.id;
    let differs = |why: String| Err(AdoptError::Differs { id: id.clone(), why });
    let there = match read_settled(object, id) {
        Err(e @ StoreError::Damaged { .. }) => {
            return differs(format!("what is in the archive is damaged: {e}"));
        }
        there => there?,
    };
    let (ours, theirs) = (there.head(), source.inventory.head());
    // The inventory of a version names every byte of the object up to it, seals too.
    let inventory = |at: &Path| read_vouched(&at.join(ours.to_string())).map(|vouched| vouched.bytes);
    let is_continued = ours < theirs && inventory(object)? == inventory(folder)?;
    if !is_continued && there != source.inventory {
        let common =
            there.versions.iter().zip(&source.inventory.versions).take_while(|(a, b)| a == b).count();
        return differs(format!(
            "it has {ours} there and {theirs} here; the first {common} versions are the same"
        ));
    }
    let report = validate_object(object);
    match report.errors.first() {
        None if is_continued => Ok(Adopted::Continued(theirs)),
        None => Ok(Adopted::Present(ours)),
        Some(problem) => differs(format!("what is in the archive is damaged: {problem}")),
    }
}

/// Every file that belongs to the object, and nothing else.
fn copy(folder: &Path, staged: &Path, source: &Vouched) -> Result<(), DurableError> {
    for (digest, content) in &source.inventory.content {
        for path in &content.paths {
            let found = copy_file(folder, staged, path)?;
            if found != *digest {
                let source = std::io::Error::other("it changed while it was copied");
                return Err(DurableError::Source { path: folder.join(path), source });
            }
        }
    }
    for name in [OBJECT_DECLARATION.0, INVENTORY, SIDECAR]
        .map(str::to_owned)
        .into_iter()
        .chain(version_files(&source.inventory))
    {
        copy_file(folder, staged, &name)?;
    }
    for name in logs(folder)? {
        copy_file(folder, staged, &name)?;
    }
    Ok(())
}

fn copy_file(folder: &Path, staged: &Path, path: &str) -> Result<Sha512, DurableError> {
    let (from, to) = (folder.join(path), staged.join(path));
    durable::stage_dir(to.parent().expect("a file lies in a folder"))?;
    let failed = |source| DurableError::Source { path: from.clone(), source };
    let mut file = File::open(&from).map_err(failed)?;
    Ok(Sha512(durable::stage_file(&to, &mut file)?.sha512))
}

/// Plain files in `logs`, however deep.
fn logs(folder: &Path) -> Result<Vec<String>, DurableError> {
    use crate::files::{Files, Folder};
    let logs = folder.join("logs");
    if !logs.is_dir() {
        return Ok(Vec::new());
    }
    let list = Folder::open(&logs).and_then(|folder| folder.list());
    let list = list.map_err(|source| DurableError::Source { path: logs, source })?;
    Ok(list.files.into_iter().map(|file| format!("logs/{}", file.path)).collect())
}
