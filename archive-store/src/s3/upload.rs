//! How versions of an object reach a bucket. There is no rename there, so the order of the writes is the protocol:
//!
//! 1. `v<n>/inventory.json`, only if it is not there: the claim on version n, and the list of all that belongs to it;
//! 2. the content, each file only if it is not there, with its checksum, read back whole;
//! 3. `v<n>/inventory.json.sha512`: the version is complete;
//! 4. the object's `inventory.json`, only if it is still what was read; 5. its sidecar.
//!
//! Whoever comes later with the same inventory finishes what somebody else began. Nothing is replaced that is not first
//! copied to `quarantine/`, but for the object's own inventory pair, whose former bytes stay in the version's folder.

use super::bucket::{Bucket, Got};
use super::purge::has_tombstone;
use crate::inventory::{
    Content, INVENTORY, Inventory, MAX_INVENTORY_BYTES, OBJECT_DECLARATION, SIDECAR, VersionNo, Vouched,
    digest_of, parse_at, read_vouched, sidecar_digest, sidecar_of,
};
use crate::{CopyState, Object, StoreError, layout};
use record::{ObjectId, Sha512};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Files on their way at the same time.
const AT_ONCE: usize = 4;
/// Looks at something that does not fit before it is believed.
pub(super) const LOOKS: usize = 4;

/// Where an object lies, relative to the prefix.
pub(super) fn object_key(id: &ObjectId) -> String {
    format!("ocfl/{}", layout::object_folder(id).display())
}

/// The latest version of an object there that is complete, by the rule for readers: the root's pair where it fits, else
/// the highest version whose own pair does.
pub(super) struct Settled {
    pub(super) vouched: Vouched,
    /// It stands in the root's pair.
    pub(super) is_in_root: bool,
}

/// `keys`: what lies below the object's folder.
pub(super) async fn settled(
    bucket: &Bucket,
    object: &str,
    keys: &BTreeMap<String, u64>,
) -> Result<Option<Settled>, StoreError> {
    for _ in 0..LOOKS {
        if let Some(vouched) = pair(bucket, object).await? {
            return Ok(Some(Settled { vouched, is_in_root: true }));
        }
        if !keys.contains_key(INVENTORY) {
            break;
        }
    }
    let mut versions: Vec<VersionNo> = keys.keys().filter_map(|key| version_of(key)).collect();
    versions.sort();
    versions.dedup();
    for version in versions.into_iter().rev() {
        if let Some(vouched) = pair(bucket, &format!("{object}/{version}")).await?
            && vouched.inventory.head() == version
        {
            return Ok(Some(Settled { vouched, is_in_root: false }));
        }
    }
    Ok(None)
}

/// The version in whose folder a key lies.
pub(super) fn version_of(key: &str) -> Option<VersionNo> {
    VersionNo::parse(key.split_once('/')?.0)
}

/// An inventory whose sidecar fits; `None` where one is missing or they do not fit.
async fn pair(bucket: &Bucket, dir: &str) -> Result<Option<Vouched>, StoreError> {
    let key = format!("{dir}/{INVENTORY}");
    let Some(Got { bytes, .. }) = bucket.get(&key, MAX_INVENTORY_BYTES).await? else { return Ok(None) };
    let Some(sidecar) = bucket.get(&format!("{dir}/{SIDECAR}"), 4096).await? else { return Ok(None) };
    if sidecar_digest(&sidecar.bytes) != Some(digest_of(&bytes)) {
        return Ok(None);
    }
    Ok(parse_at(Path::new(&bucket.name_of(&key)), &bytes).ok().map(|inventory| Vouched { bytes, inventory }))
}

/// All keys below a folder, relative to it.
pub(super) async fn keys_below(bucket: &Bucket, folder: &str) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut keys = BTreeMap::new();
    let start = format!("{folder}/");
    let mut each = |key: &str, bytes| {
        if let Some(below) = key.strip_prefix(&start) {
            keys.insert(below.to_owned(), bytes);
        }
    };
    // Keys that no file can have are strays of the whole place.
    bucket.list(folder, &mut each).await?;
    Ok(keys)
}

/// See [`crate::Replica::copy_missing`].
pub(super) async fn copy_missing(bucket: &Arc<Bucket>, origin: &Object) -> Result<CopyState, StoreError> {
    let object = object_key(origin.id());
    let keys = keys_below(bucket, &object).await?;
    let settled = settled(bucket, &object, &keys).await?;
    let there = origin.head();
    let mut first = VersionNo::first();
    if let Some(Settled { vouched, is_in_root }) = &settled {
        let here = vouched.inventory.head();
        let common = here.min(there);
        let inventory = format!("{object}/{common}/{INVENTORY}");
        let copy = bucket.get(&inventory, MAX_INVENTORY_BYTES).await?.map(|got| got.bytes);
        let own = read_vouched(&origin.folder().join(common.to_string()))?.bytes;
        let is_known = |bytes: &[u8]| parse_at(Path::new(&inventory), bytes).is_ok();
        match copy {
            Some(copy) if copy == own => {}
            Some(copy) if is_known(&copy) => return Ok(CopyState::Different { version: common }),
            _ => return Err(bucket.damaged(&inventory, "it is no inventory")),
        }
        if here == common && vouched.bytes != own {
            return Ok(CopyState::Different { version: common });
        }
        if here > there {
            return Ok(CopyState::Ahead { copy: here, origin: there });
        }
        first = if *is_in_root { here.next() } else { here };
    }
    if first <= there && has_tombstone(bucket, origin.id()).await? {
        return Err(StoreError::Destroyed { id: origin.id().clone() });
    }
    let mut bytes = 0;
    for no in first.get()..=there.get() {
        let version = VersionNo::new(no).expect("counts from 1");
        let inventory = read_vouched(&origin.folder().join(version.to_string()))?;
        if inventory.inventory.id != *origin.id() || inventory.inventory.head() != version {
            let why = format!("its inventory is not that of {version} of {}", origin.id());
            return Err(StoreError::Damaged { path: origin.folder().join(version.to_string()), why });
        }
        let upload = Upload {
            bucket,
            object: &object,
            origin: origin.folder(),
            keys: &keys,
            version,
            inventory: &inventory,
        };
        match upload.run().await? {
            Some(sent) => bytes += sent,
            None => return Ok(CopyState::Different { version }),
        }
    }
    if first > there {
        return Ok(CopyState::Same);
    }
    Ok(CopyState::Copied { first, last: there, bytes })
}

/// One version on its way.
struct Upload<'a> {
    bucket: &'a Arc<Bucket>,
    object: &'a str,
    origin: &'a Path,
    keys: &'a BTreeMap<String, u64>,
    version: VersionNo,
    inventory: &'a Vouched,
}

impl Upload<'_> {
    /// The bytes of content that the version has; `None` if the version is claimed with another inventory.
    async fn run(&self) -> Result<Option<u64>, StoreError> {
        let version = self.version;
        let wanted = &self.inventory.bytes;
        let sidecar = sidecar_of(wanted);
        if self.ensure(&format!("{version}/{INVENTORY}"), wanted, Found::Claim).await? == Ensured::OtherThere
        {
            return Ok(None);
        }
        if version == VersionNo::first() {
            let (name, text) = OBJECT_DECLARATION;
            self.ensure(name, text.as_bytes(), Found::Nothing).await?;
        }
        let bytes = self.send_contents().await?;
        self.ensure(&format!("{version}/{SIDECAR}"), sidecar.as_bytes(), Found::Nothing).await?;
        let former = match version.get() {
            1 => None,
            no => {
                let before = VersionNo::new(no - 1).expect("counts from 1");
                Some(read_vouched(&self.origin.join(before.to_string()))?.bytes)
            }
        };
        let former_sidecar = former.as_ref().map(|bytes| sidecar_of(bytes).into_bytes());
        if self.ensure(INVENTORY, wanted, Found::Former(former)).await? == Ensured::Done {
            self.ensure(SIDECAR, sidecar.as_bytes(), Found::Former(former_sidecar)).await?;
        }
        Ok(Some(bytes))
    }

    async fn send_contents(&self) -> Result<u64, StoreError> {
        let own = format!("{}/", self.version);
        let contents = self.inventory.inventory.content.iter();
        let mut files = contents.flat_map(|(digest, content)| {
            let own = &own;
            let paths = content.paths.iter().filter(move |path| path.starts_with(own));
            paths.map(move |path| (path.clone(), *digest, content.clone()))
        });
        let mut running: JoinSet<Result<u64, StoreError>> = JoinSet::new();
        let mut bytes = 0;
        loop {
            while running.len() < AT_ONCE
                && let Some((path, digest, content)) = files.next()
            {
                let bucket = self.bucket.clone();
                let key = format!("{}/{path}", self.object);
                let (file, there) = (self.origin.join(&path), self.keys.get(&path).copied());
                running.spawn(async move { send(&bucket, &key, &file, digest, &content, there).await });
            }
            match running.join_next().await {
                None => return Ok(bytes),
                Some(sent) => bytes += sent.expect("a task of ours does not panic")?,
            }
        }
    }

    /// Sees to it that a small file there has these bytes, read back.
    async fn ensure(&self, path: &str, wanted: &[u8], found: Found) -> Result<Ensured, StoreError> {
        let key = format!("{}/{path}", self.object);
        if !self.keys.contains_key(path) {
            self.bucket.put_new(&key, wanted.to_vec()).await?;
        }
        for look in 1..=2 * LOOKS {
            let got = match self.bucket.get(&key, MAX_INVENTORY_BYTES).await? {
                Some(got) if got.bytes == wanted => return Ok(Ensured::Done),
                Some(got) => got,
                None => {
                    self.bucket.put_new(&key, wanted.to_vec()).await?;
                    continue;
                }
            };
            if found.is_of_another(&got.bytes, self.version) {
                return Ok(Ensured::OtherThere);
            }
            let is_former = matches!(&found, Found::Former(Some(former)) if *former == got.bytes);
            if !is_former {
                if look < LOOKS {
                    continue; // An answer that came damaged: look again before it is believed.
                }
                put_aside(self.bucket, &key, digest_of(&got.bytes)).await?;
            }
            self.bucket.replace(&key, got.etag, wanted.to_vec()).await?;
        }
        Err(self.bucket.unreachable("write", &key, "the server does not give back what was written"))
    }
}

/// What may be found where a small file belongs.
enum Found {
    /// The inventory of a version: another one of that version is somebody's claim.
    Claim,
    /// A file of the root's pair: these bytes, or those of a later version.
    Former(Option<Vec<u8>>),
    /// Nothing else.
    Nothing,
}

#[derive(PartialEq, Eq)]
enum Ensured {
    Done,
    /// Another inventory lies there, of this version or of a later one; it was left.
    OtherThere,
}

impl Found {
    fn is_of_another(&self, bytes: &[u8], version: VersionNo) -> bool {
        let head = || parse_at(Path::new(INVENTORY), bytes).ok().map(|inventory: Inventory| inventory.head());
        match self {
            Found::Claim => head() == Some(version),
            Found::Former(_) => head().is_some_and(|head| head > version),
            Found::Nothing => false,
        }
    }
}

/// Sees to it that a content file is there with its bytes, read back. Its length.
async fn send(
    bucket: &Bucket,
    key: &str,
    file: &Path,
    sha512: Sha512,
    content: &Content,
    there: Option<u64>,
) -> Result<u64, StoreError> {
    let meta = std::fs::symlink_metadata(file).map_err(crate::error::reading(file))?;
    if !meta.is_file() {
        return Err(StoreError::Damaged {
            path: PathBuf::from(file),
            why: "it is no ordinary file".to_owned(),
        });
    }
    let digests = (sha512, content.sha256);
    if there.is_none() {
        bucket.put_file(key, file, digests, None).await?;
    }
    for look in 1..=2 * LOOKS {
        match bucket.digest(key).await? {
            Some((found, _)) if found == sha512 => return Ok(meta.len()),
            None => bucket.put_file(key, file, digests, None).await?,
            Some(_) if look < LOOKS => {}
            Some((found, etag)) => {
                put_aside(bucket, key, found).await?;
                bucket.put_file(key, file, digests, Some(etag)).await?;
            }
        }
    }
    Err(bucket.unreachable("write", key, "the server does not give back what was written"))
}

/// Copies what lies at a key to `quarantine/`, under a name that its own digest makes: nothing is overwritten there.
async fn put_aside(bucket: &Bucket, key: &str, sha512: Sha512) -> Result<(), StoreError> {
    let digest = sha512.to_string();
    bucket.copy(key, &format!("quarantine/{}/{key}", &digest[..32])).await
}
