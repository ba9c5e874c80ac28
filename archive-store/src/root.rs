//! The archive's folder: where its parts lie, and the files that make a storage root.

use crate::StoreError;
use crate::error::reading;
use crate::inventory::read_limited;
use record::ObjectId;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) const DECLARATION: (&str, &str) = ("0=ocfl_1.1", "ocfl_1.1\n");
const LAYOUT: &str = "ocfl_layout.json";
const EXTENSION: &str = "0003-hash-and-id-n-tuple-storage-layout";
const LAYOUT_JSON: &str = r#"{
  "extension": "0003-hash-and-id-n-tuple-storage-layout",
  "description": "One object per case file. Its folder: the SHA-256 of the object id in lower-case hexadecimal, its first nine digits as three folders of three, then the id itself with every byte but A-Z a-z 0-9 - _ written as % and two hexadecimal digits."
}
"#;
const CONFIG_JSON: &str = r#"{
  "extensionName": "0003-hash-and-id-n-tuple-storage-layout",
  "digestAlgorithm": "sha256",
  "tupleSize": 3,
  "numberOfTuples": 3
}
"#;

/// The folders of an archive.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The archive's own folder.
    pub(crate) root: PathBuf,
}

impl Places {
    pub(crate) fn ocfl(&self) -> PathBuf {
        self.root.join("ocfl")
    }
    pub(crate) fn staging(&self) -> PathBuf {
        self.root.join("work/staging")
    }
    pub(crate) fn locks(&self) -> PathBuf {
        self.root.join("work/locks")
    }
    pub(crate) fn quarantine(&self) -> PathBuf {
        self.root.join("work/quarantine")
    }
    pub(crate) fn intent(&self) -> PathBuf {
        self.root.join("work/intent")
    }
    /// Orders to destroy that are not settled, and the files of objects that are being removed.
    pub(crate) fn purges(&self) -> PathBuf {
        self.root.join("work/purge")
    }
    pub(crate) fn tombstones(&self) -> PathBuf {
        self.root.join("evidence/destruction")
    }
    pub(crate) fn tombstone(&self, id: &ObjectId) -> PathBuf {
        self.tombstones().join(crate::layout::id_digest(id).to_string())
    }
    pub(crate) fn object(&self, id: &ObjectId) -> PathBuf {
        self.ocfl().join(crate::object_folder(id))
    }
    pub(crate) fn make_work(&self) -> Result<(), StoreError> {
        for dir in [self.staging(), self.locks(), self.quarantine(), self.intent(), self.purges()] {
            durable::create_dir_durable(&dir)?;
        }
        Ok(())
    }
    /// A name in quarantine that is free.
    pub(crate) fn quarantine_name(&self, name: &str) -> PathBuf {
        let dir = self.quarantine();
        let numbered = (2..).map(|n| dir.join(format!("{name}-{n}")));
        let mut names = [dir.join(name)].into_iter().chain(numbered);
        names.find(|path| path.symlink_metadata().is_err()).expect("some number is free")
    }
}

/// The files that make an empty storage root, relative to it, and what they say.
pub(crate) fn root_files() -> [(String, &'static str); 3] {
    let config = format!("extensions/{EXTENSION}/config.json");
    [(DECLARATION.0.to_owned(), DECLARATION.1), (LAYOUT.to_owned(), LAYOUT_JSON), (config, CONFIG_JSON)]
}

/// Whether a path, relative to the storage root, is one of them.
pub(crate) fn is_root_file(path: &str) -> bool {
    root_files().iter().any(|(name, _)| name == path)
}

/// Whether a file of the storage root says what ours does: the same JSON but for the description, else the same bytes.
pub(crate) fn says_the_same(found: &[u8], wanted: &str) -> bool {
    let parse = |bytes: &[u8]| {
        let mut value = serde_json::from_slice::<serde_json::Value>(bytes).ok()?;
        value.as_object_mut()?.remove("description");
        Some(value)
    };
    found == wanted.as_bytes() || parse(found).is_some_and(|found| Some(found) == parse(wanted.as_bytes()))
}

/// Writes an empty storage root into `dir`, which becomes visible later.
pub(crate) fn stage_root(dir: &Path) -> Result<(), StoreError> {
    durable::stage_dir(&dir.join("extensions").join(EXTENSION))?;
    for (name, text) in root_files() {
        durable::stage_file(&dir.join(name), &mut text.as_bytes())?;
    }
    Ok(durable::sync_tree(dir)?)
}

/// Whether the storage root is one of ours. The files may be formatted otherwise, they must say the same.
pub(crate) fn check_root(places: &Places) -> Result<(), StoreError> {
    let ocfl = places.ocfl();
    let declaration = ocfl.join(DECLARATION.0);
    match read_limited(&declaration, 64) {
        Ok(bytes) if bytes == DECLARATION.1.as_bytes() => {}
        Ok(_) => return Err(unsupported(&declaration, "it does not say ocfl_1.1")),
        Err(StoreError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(StoreError::NoSuchArchive { root: places.root.clone() });
        }
        Err(e) => return Err(e),
    }
    let config = ocfl.join("extensions").join(EXTENSION).join("config.json");
    for (path, wanted) in [(ocfl.join(LAYOUT), LAYOUT_JSON), (config, CONFIG_JSON)] {
        let found = read_limited(&path, 64 << 10)?;
        if !says_the_same(&found, wanted) {
            let found = String::from_utf8_lossy(&found);
            return Err(unsupported(&path, &format!("{found} instead of {wanted}")));
        }
    }
    Ok(())
}

fn unsupported(path: &Path, why: &str) -> StoreError {
    StoreError::Unsupported { path: path.to_owned(), why: why.to_owned() }
}

/// Whether a folder exists and holds something.
pub(crate) fn is_non_empty_dir(dir: &Path) -> Result<bool, StoreError> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(reading(dir)(e)),
    }
}
