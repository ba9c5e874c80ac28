//! Destruction in a bucket. There is no rename there: the tombstone is written first, its `tombstone.json` last of its files;
//! from then on whoever reads knows that what is left of the object is going. Whoever runs it again removes the rest.

use super::bucket::Bucket;
use super::upload::{keys_below, object_key, settled, version_of};
use crate::inventory::{INVENTORY, MAX_INVENTORY_BYTES, VersionNo, digest_of, parse_at};
use crate::purge::{Doomed, TOMBSTONE};
use crate::{StoreError, layout};
use record::ObjectId;
use std::path::Path;

/// Longest tombstone.
const MAX_BYTES: u64 = 16 << 20;

fn tombstone_key(id: &ObjectId) -> String {
    format!("evidence/destruction/{}", layout::id_digest(id))
}

pub(super) async fn has_tombstone(bucket: &Bucket, id: &ObjectId) -> Result<bool, StoreError> {
    Ok(bucket.get(&format!("{}/{TOMBSTONE}", tombstone_key(id)), MAX_BYTES).await?.is_some())
}

/// See [`crate::Replica::purge`].
pub(super) async fn purge(
    bucket: &Bucket,
    first: &Doomed,
    parts: &[Doomed],
    files: &[(&str, &[u8])],
) -> Result<bool, StoreError> {
    let doomed = || [first].into_iter().chain(parts);
    if !has_tombstone(bucket, &first.id).await? {
        for doomed in doomed() {
            check_head(bucket, doomed).await?;
        }
    }
    for Doomed { id, .. } in doomed() {
        leave_tombstone(bucket, id, files).await?;
    }
    let mut aside = Vec::new();
    bucket.list("quarantine", &mut |key, _| aside.push(key.to_owned())).await?;
    let mut was_there = false;
    for Doomed { id, .. } in doomed() {
        let object = object_key(id);
        let mut keys: Vec<String> = Vec::new();
        keys.extend(keys_below(bucket, &object).await?.into_keys().map(|path| format!("{object}/{path}")));
        was_there |= !keys.is_empty();
        // As `put_aside` names them: `quarantine/<digest>/<key>`.
        let is_of_object = |key: &&String| key.contains(&format!("/{object}/"));
        keys.extend(aside.iter().filter(is_of_object).cloned());
        for key in keys {
            bucket.remove(&key).await?;
        }
        if !keys_below(bucket, &object).await?.is_empty() {
            return Err(bucket.unreachable("remove", &object, "the server still lists what was removed"));
        }
    }
    Ok(was_there)
}

/// What is there must be one of the versions decided upon: complete ones, and one that is still on its way.
async fn check_head(bucket: &Bucket, Doomed { id, heads }: &Doomed) -> Result<(), StoreError> {
    let object = object_key(id);
    let keys = keys_below(bucket, &object).await?;
    if let Some(settled) = settled(bucket, &object, &keys).await? {
        let vouched = settled.vouched;
        if vouched.inventory.id != *id || !heads.contains(&digest_of(&vouched.bytes)) {
            return Err(StoreError::ChangedSince { id: id.clone(), head: vouched.inventory.head() });
        }
    }
    let Some(last) = keys.keys().filter_map(|key| version_of(key)).max() else { return Ok(()) };
    check_claim(bucket, id, heads, &format!("{object}/{last}/{INVENTORY}"), last).await
}

async fn check_claim(
    bucket: &Bucket,
    id: &ObjectId,
    heads: &[record::Sha512],
    key: &str,
    version: VersionNo,
) -> Result<(), StoreError> {
    match bucket.get(key, MAX_INVENTORY_BYTES).await? {
        Some(got) if heads.contains(&digest_of(&got.bytes)) => Ok(()),
        Some(got) if parse_at(Path::new(key), &got.bytes).is_ok() => {
            Err(StoreError::ChangedSince { id: id.clone(), head: version })
        }
        _ => Err(bucket.damaged(key, "it is no inventory")),
    }
}

/// Every file read back, [`TOMBSTONE`] the last one.
async fn leave_tombstone(bucket: &Bucket, id: &ObjectId, files: &[(&str, &[u8])]) -> Result<(), StoreError> {
    let folder = tombstone_key(id);
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|(path, _)| *path == TOMBSTONE);
    for (path, bytes) in files {
        let key = format!("{folder}/{path}");
        bucket.put_new(&key, bytes.to_vec()).await?;
        match bucket.get(&key, MAX_BYTES).await? {
            Some(got) if got.bytes == *bytes => {}
            Some(_) => return Err(bucket.damaged(&key, "another tombstone is there")),
            None => {
                return Err(bucket.unreachable(
                    "write",
                    &key,
                    "the server does not give back what was written",
                ));
            }
        }
    }
    Ok(())
}
