//! How objects come back from a bucket: which there are, and one of them as a folder on this machine.

use super::bucket::Bucket;
use super::upload::{LOOKS, keys_below, version_of};
use crate::archive::ArchiveReader;
use crate::inventory::{
    INVENTORY, Inventory, MAX_INVENTORY_BYTES, SIDECAR, VersionNo, parse_at, read_limited, read_vouched,
};
use crate::layout::id_from_name;
use crate::replica::{Brought, Survey};
use crate::root::Places;
use crate::{Problem, Resident, StoreError, What, root};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Files on their way at the same time.
const AT_ONCE: usize = 8;

/// One pass over the keys below `ocfl/`; memory grows with the objects, not with their files.
pub(super) async fn survey(bucket: &Bucket) -> Result<Survey, StoreError> {
    let mut folders = BTreeSet::new();
    let mut strays = Vec::new();
    let mut each = |key: &str, _| {
        let Some(path) = key.strip_prefix("ocfl/") else { return };
        let parts: Vec<&str> = path.splitn(5, '/').collect();
        match parts[..] {
            [a, b, c, object, _] if [a, b, c].iter().all(|tuple| is_tuple(tuple)) => {
                folders.insert(PathBuf::from_iter([a, b, c, object]));
            }
            _ if root::is_root_file(path) => {}
            _ => strays.push(Problem { code: "E072", path: path.to_owned(), what: What::Extra }),
        }
    };
    let odd = bucket.list("ocfl", &mut each).await?;
    for key in odd {
        let path = key.strip_prefix("ocfl/").unwrap_or(&key).to_owned();
        let what = What::Wrong("no file can have this name".to_owned());
        strays.push(Problem { code: "E072", path, what });
    }
    let resident = |folder: PathBuf| {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Resident { id: id_from_name(name), folder }
    };
    Ok(Survey { residents: folders.into_iter().map(resident).collect(), strays })
}

fn is_tuple(part: &str) -> bool {
    part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Brings the object in `folder` into a storage root of its own below `scratch`, file by file as it lies there; a version
/// that is still being copied there is left out. [`StoreError::Damaged`] where it cannot be a folder here: a key lies where
/// others need a folder, the server sends other lengths than it listed, or there is no room for what it listed.
pub(super) async fn bring(
    bucket: &Arc<Bucket>,
    folder: &Path,
    scratch: PathBuf,
) -> Result<Brought, StoreError> {
    let places = Places { root: scratch };
    let object = places.ocfl().join(folder);
    let key = format!("ocfl/{}", folder.display());
    let keys = keys_below(bucket, &key).await?;
    if let Some((path, why)) = no_folder(&keys) {
        return Err(bucket.damaged(&format!("{key}/{path}"), why));
    }
    let mut brought = Brought::scratch(ArchiveReader { places });
    durable::stage_dir(&object)?;
    let bytes = keys.values().fold(0u64, |sum, bytes| sum.saturating_add(*bytes));
    let free = durable::free_bytes(&object)?;
    if bytes > free {
        return Err(bucket.damaged(&key, &format!("{bytes} bytes are listed, and {free} are free here")));
    }
    let mut waiting = keys.iter();
    let mut running: JoinSet<Result<(), StoreError>> = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some((path, bytes)) = waiting.next()
        {
            let (bucket, key, to, bytes) =
                (bucket.clone(), format!("{key}/{path}"), object.join(path), *bytes);
            running.spawn(async move { fetch(&bucket, &key, bytes, &to).await });
        }
        match running.join_next().await {
            None => break,
            Some(fetched) => fetched.expect("a task of ours does not panic")?,
        }
    }
    brought.unfinished = unfinished(&object, &keys);
    if let Some(version) = brought.unfinished {
        leave_out(&object, version)?;
    }
    Ok(brought)
}

/// The first key that cannot be a file beside the others, and why.
fn no_folder(keys: &BTreeMap<String, u64>) -> Option<(&str, &'static str)> {
    const LONGEST_NAME: usize = 255;
    keys.keys().find_map(|key| {
        let below = format!("{key}/");
        let has_below = keys.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below));
        let is_long = key.split('/').any(|part| part.len() > LONGEST_NAME);
        match (has_below, is_long) {
            (true, _) => Some((key.as_str(), "it lies where other keys need a folder")),
            (_, true) => Some((key.as_str(), "its name is too long for a file")),
            _ => None,
        }
    })
}

/// An answer that ends too early is asked for again.
async fn fetch(bucket: &Bucket, key: &str, bytes: u64, to: &Path) -> Result<(), StoreError> {
    let mut looks = 1;
    loop {
        match bucket.fetch(key, bytes, to).await {
            Err(StoreError::Remote { .. } | StoreError::Damaged { .. }) if looks < LOOKS => looks += 1,
            result => return result,
        }
    }
}

/// The latest version, where it is still being copied there: it is claimed, and the object's own pair is the one before it,
/// not there yet (first version), or on its way from the one to the other. What the object's pair names is complete or damaged.
fn unfinished(object: &Path, keys: &BTreeMap<String, u64>) -> Option<VersionNo> {
    let last = keys.keys().filter_map(|key| version_of(key)).max()?;
    let dir = object.join(last.to_string());
    let claim = read_limited(&dir.join(INVENTORY), MAX_INVENTORY_BYTES).ok()?;
    let head = |bytes: &[u8]| parse_at(&dir, bytes).ok().map(|inventory: Inventory| inventory.head());
    if head(&claim) != Some(last) {
        return None;
    }
    if let Ok(root) = read_vouched(object) {
        return (root.inventory.head().next() == last).then_some(last);
    }
    let root = |name: &str| read_limited(&object.join(name), MAX_INVENTORY_BYTES).ok();
    let before = |name: &str| {
        let no = VersionNo::new(last.get() - 1)?;
        read_limited(&object.join(no.to_string()).join(name), MAX_INVENTORY_BYTES).ok()
    };
    let is_first = last == VersionNo::first() && root(INVENTORY).is_none() && root(SIDECAR).is_none();
    let is_between = root(INVENTORY) == Some(claim)
        && root(SIDECAR) == before(SIDECAR)
        && read_vouched(&dir).is_ok_and(|pair| pair.inventory.head() == last);
    (is_first || is_between).then_some(last)
}

/// Makes of a fetched object what it was before its latest version.
fn leave_out(object: &Path, version: VersionNo) -> Result<(), StoreError> {
    let Some(before) = VersionNo::new(version.get() - 1) else {
        durable::remove_tree(object)?;
        return Ok(durable::stage_dir(object)?);
    };
    durable::remove_tree(&object.join(version.to_string()))?;
    for name in [INVENTORY, SIDECAR] {
        let former = object.join(before.to_string()).join(name);
        let bytes = read_limited(&former, MAX_INVENTORY_BYTES)?;
        durable::write_file(&object.join(name), &bytes)?;
    }
    Ok(())
}
