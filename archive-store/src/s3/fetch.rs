//! How objects come back from a bucket: which there are, and one of them as a folder on this machine.

use super::bucket::Bucket;
use super::upload::{LOOKS, keys_below, version_of};
use crate::archive::ArchiveReader;
use crate::inventory::{INVENTORY, SIDECAR, VersionNo};
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
    bucket.list("ocfl", &mut each).await?;
    let resident = |folder: PathBuf| {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Resident { id: id_from_name(name), folder }
    };
    Ok(Survey { residents: folders.into_iter().map(resident).collect(), strays })
}

fn is_tuple(part: &str) -> bool {
    part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Brings the object in `folder` into a storage root of its own below `scratch`, file by file as it lies there.
pub(super) async fn bring(
    bucket: &Arc<Bucket>,
    folder: &Path,
    scratch: PathBuf,
) -> Result<Brought, StoreError> {
    let places = Places { root: scratch };
    let object = places.ocfl().join(folder);
    let key = format!("ocfl/{}", folder.display());
    let keys = keys_below(bucket, &key).await?;
    let mut brought = Brought::scratch(ArchiveReader { places });
    durable::stage_dir(&object)?;
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
    brought.is_unfinished = is_unfinished(&object, &keys);
    Ok(brought)
}

/// An answer that ends too early is asked for again.
async fn fetch(bucket: &Bucket, key: &str, bytes: u64, to: &Path) -> Result<(), StoreError> {
    let mut looks = 1;
    loop {
        match bucket.fetch(key, bytes, to).await {
            Err(StoreError::Remote { .. }) if looks < LOOKS => looks += 1,
            result => return result,
        }
    }
}

/// Whether the latest version is still being copied there: it is claimed and not complete, or complete and the object's
/// own pair is still the one before it.
fn is_unfinished(object: &Path, keys: &BTreeMap<String, u64>) -> bool {
    let Some(last) = keys.keys().filter_map(|key| version_of(key)).max() else { return false };
    let last_dir = last.to_string();
    let has = |name: &str| keys.contains_key(&format!("{last_dir}/{name}"));
    if !has(INVENTORY) || !has(SIDECAR) {
        return has(INVENTORY);
    }
    let read = |dir: &str, name: &str| std::fs::read(object.join(dir).join(name)).ok();
    let before = |name: &str| match last.get() {
        1 => None,
        no => read(&VersionNo::new(no - 1).expect("counts from 1").to_string(), name),
    };
    let (inventory, sidecar) = (read("", INVENTORY), read("", SIDECAR));
    let is_before = inventory == before(INVENTORY) && sidecar == before(SIDECAR);
    let is_between = inventory == read(&last_dir, INVENTORY) && sidecar == before(SIDECAR);
    is_before || is_between
}
