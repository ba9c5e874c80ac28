//! A replica in an S3-compatible object store, laid out as on disk: `<prefix>/ocfl/…` is the storage root. The asynchronous
//! client stays in here: each call from outside drives it on the calling thread.

mod bucket;
mod fetch;
mod place;
mod probe;
mod purge;
mod upload;
mod wire;

pub use place::{S3Key, S3Place, Writers, parse_s3_address};
pub use probe::Probe;

use crate::replica::{Brought, ObjectRoot, Replica, Survey};
use crate::{CopyState, Doomed, Object, StoreError, VersionNo, root};
use bucket::Bucket;
use durable::Lock;
use record::{ObjectId, Sha512, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::{Builder, Runtime};

/// Times that a request is tried again, within the place's patience.
const RETRIES: usize = 6;
/// The largest small file that is read.
const MAX_NOTE_BYTES: u64 = 4 << 20;

/// A bucket, or a folder in one, that holds a copy of an archive.
pub struct S3Root {
    runtime: Runtime,
    bucket: Arc<Bucket>,
    place: S3Place,
    /// Objects that were fetched lie here for a while.
    scratch: PathBuf,
    next: AtomicU64,
    _lock: Lock,
}

impl std::fmt::Debug for S3Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "S3Root({})", self.place)
    }
}

impl S3Root {
    /// Opens a replica to read it. [`StoreError::NoSuchArchive`] where there is none. `work` is a folder for what is fetched,
    /// made where it is missing, for one user at a time ([`StoreError::Locked`]).
    pub fn open_read(place: &S3Place, key: &S3Key, work: &Path) -> Result<S3Root, StoreError> {
        let root = Self::connect(place, key, work)?;
        let (declaration, text) = root::DECLARATION;
        match root.runtime.block_on(root.bucket.get(&format!("ocfl/{declaration}"), 64))? {
            Some(got) if got.bytes == text.as_bytes() => Ok(root),
            Some(_) => Err(root.unsupported(declaration, "it does not say ocfl_1.1")),
            None => Err(StoreError::NoSuchArchive { root: PathBuf::from(place.to_string()) }),
        }
    }

    /// Opens a replica to copy into it, made where there is none, after the server was tried out.
    /// [`StoreError::NotAtomic`] where many may write and the server does not keep them apart.
    pub fn open(
        place: &S3Place,
        key: &S3Key,
        work: &Path,
        at: Timestamp,
    ) -> Result<(S3Root, Probe), StoreError> {
        let root = Self::connect(place, key, work)?;
        let strict = S3Place { writers: Writers::Many, ..place.clone() };
        let trial = Arc::new(Bucket::open(&strict, key, Arc::default(), 0)?);
        let probe = root.runtime.block_on(root.try_out(&trial, at))?;
        if place.writers == Writers::Many && !probe.is_atomic() {
            let (server, why) = (probe.server.clone(), probe.against());
            return Err(StoreError::NotAtomic { place: place.to_string(), server, why });
        }
        for (name, text) in root::root_files() {
            root.put_new_note(&format!("ocfl/{name}"), text.as_bytes())?;
            let found = root.note(&format!("ocfl/{name}"))?.unwrap_or_default();
            if !root::says_the_same(&found, text) {
                return Err(root.unsupported(&name, "it says something else"));
            }
        }
        Ok((root, probe))
    }

    fn connect(place: &S3Place, key: &S3Key, work: &Path) -> Result<S3Root, StoreError> {
        durable::create_dir_durable(work)?;
        let lock = Lock::try_exclusive(&work.join("lock"))?;
        let scratch = work.join("fetched");
        durable::remove_tree(&scratch)?;
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(crate::error::reading(work))?;
        let bucket = Arc::new(Bucket::open(place, key, Arc::default(), RETRIES)?);
        Ok(S3Root { runtime, bucket, place: place.clone(), scratch, next: AtomicU64::new(0), _lock: lock })
    }

    /// Tries the server out and keeps the result. A server that does not answer is asked once more, patiently, so that the
    /// message is about reaching it.
    async fn try_out(&self, trial: &Arc<Bucket>, at: Timestamp) -> Result<Probe, StoreError> {
        let known =
            self.bucket.get(probe::RECORD, MAX_NOTE_BYTES).await?.and_then(|got| Probe::parse(&got.bytes));
        let mut tries = 0;
        let probe = loop {
            match probe::probe(trial, known.as_ref(), at).await {
                Err(StoreError::Remote { fault: crate::RemoteFault::Unreachable, .. }) if tries < 2 => {
                    tries += 1
                }
                result => break result?,
            }
        };
        self.bucket.overwrite(probe::RECORD, probe.to_bytes()).await?;
        Ok(probe)
    }

    fn unsupported(&self, name: &str, why: &str) -> StoreError {
        StoreError::Unsupported {
            path: PathBuf::from(format!("{}/ocfl/{name}", self.place)),
            why: why.to_owned(),
        }
    }

    /// Whether nothing lies there but what a trial leaves.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        let mut is_empty = true;
        let mut each = |key: &str, _| {
            is_empty &= key == probe::RECORD
                || key.starts_with("probe/")
                || root::is_root_file(key.trim_start_matches("ocfl/"));
        };
        self.runtime.block_on(self.bucket.list("", &mut each))?;
        Ok(is_empty)
    }

    /// A small file beside the storage root, such as `hoso.toml`; `None` where there is none.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.runtime.block_on(self.bucket.get(name, MAX_NOTE_BYTES))?.map(|got| got.bytes))
    }

    /// Writes a small file that is not there yet; one that is there stays.
    pub fn put_new_note(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if self.note(name)?.is_none() {
            self.runtime.block_on(self.bucket.put_new(name, bytes.to_vec()))?;
        }
        Ok(())
    }

    /// Writes a small file, whatever was there.
    pub fn put_note(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.runtime.block_on(self.bucket.overwrite(name, bytes.to_vec()))
    }
}

impl ObjectRoot for S3Root {
    fn name(&self) -> String {
        self.place.to_string()
    }

    fn survey(&self) -> Result<Survey, StoreError> {
        self.runtime.block_on(fetch::survey(&self.bucket))
    }

    fn head(&self, id: &ObjectId) -> Result<Option<(VersionNo, Sha512)>, StoreError> {
        self.runtime.block_on(async {
            let object = upload::object_key(id);
            let keys = upload::keys_below(&self.bucket, &object).await?;
            let settled = upload::settled(&self.bucket, &object, &keys).await?;
            Ok(settled.map(|s| (s.vouched.inventory.head(), crate::inventory::digest_of(&s.vouched.bytes))))
        })
    }

    fn has_tombstone(&self, id: &ObjectId) -> Result<bool, StoreError> {
        self.runtime.block_on(purge::has_tombstone(&self.bucket, id))
    }

    fn bring(&self, folder: &Path) -> Result<Brought, StoreError> {
        let scratch = self.scratch.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        self.runtime.block_on(fetch::bring(&self.bucket, folder, scratch))
    }

    fn size(&self, folder: &Path) -> u64 {
        let key = format!("ocfl/{}", folder.display());
        let keys = self.runtime.block_on(upload::keys_below(&self.bucket, &key));
        keys.map_or(0, |keys| keys.values().sum())
    }
}

impl Replica for S3Root {
    fn copy_missing(&self, origin: &Object) -> Result<CopyState, StoreError> {
        self.runtime.block_on(upload::copy_missing(&self.bucket, origin))
    }

    fn purge(&self, first: &Doomed, parts: &[Doomed], files: &[(&str, &[u8])]) -> Result<bool, StoreError> {
        self.runtime.block_on(purge::purge(&self.bucket, first, parts, files))
    }
}
