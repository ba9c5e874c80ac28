//! What is true of a damaged object: the inventory that is proven, and those of its earlier versions that agree with it.

use super::{Refusal, Trust};
use crate::inventory::{Content, Inventory, VersionNo, Vouched, digest_of, read_vouched, version_folders};
use crate::{Claim, layout};
use record::{ObjectId, Sha512};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The inventory that counts: that of the latest version here, from here or from the replica, whichever is proven. The
/// latest is the highest that anything here speaks of, be it the root's inventory or a version's folder: where that one
/// cannot be proven nothing is done, lest a version that was acknowledged is put aside.
pub(super) fn proven(
    folder: &Path,
    object: &Path,
    other: &Path,
    trust: Trust<'_>,
) -> Result<Vouched, Refusal> {
    let (own, theirs) = (pairs(object), pairs(other));
    let root_head = read_vouched(object).ok().map(|root| root.inventory.head());
    let highest = |pairs: &[Vouched]| pairs.iter().map(|pair| pair.inventory.head()).max();
    let is_used = |no: &VersionNo| {
        let folder = object.join(no.to_string());
        fs::symlink_metadata(&folder).is_ok_and(|meta| meta.is_dir())
            && fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some())
    };
    let on_disk = version_folders(object).unwrap_or_default().into_iter().filter(is_used).max();
    let head = root_head.max(on_disk).max(highest(&own)).or(highest(&theirs));
    let mut reasons = Vec::new();
    let mut found: Option<Vouched> = None;
    let mut seen = BTreeSet::new();
    for pair in own.into_iter().chain(theirs) {
        if Some(pair.inventory.head()) != head || !seen.insert(digest_of(&pair.bytes)) {
            continue;
        }
        if layout::object_folder(&pair.inventory.id) != folder {
            reasons.push(format!("{} does not belong here", pair.inventory.id));
            continue;
        }
        match trust(&Claim::new(&pair.inventory, vec![object, other])) {
            Err(why) => reasons.push(why),
            Ok(()) if found.is_some() => return Err(Refusal::Different),
            Ok(()) => found = Some(pair),
        }
    }
    if reasons.is_empty() && found.is_none() {
        reasons.push("no inventory of its latest version has a sidecar that fits".to_owned());
    }
    found.ok_or(Refusal::Unproven(reasons))
}

/// The latest version after `here` that is proven by an inventory in the replica's object.
pub(super) fn latest_proven(
    other: &Path,
    id: &ObjectId,
    here: Option<VersionNo>,
    trust: Trust<'_>,
) -> Option<VersionNo> {
    let later = |pair: &Vouched| pair.inventory.id == *id && Some(pair.inventory.head()) > here;
    let is_proven = |pair: &Vouched| trust(&Claim::new(&pair.inventory, vec![other])).is_ok();
    let found = pairs(other).into_iter().filter(later).filter(is_proven);
    found.map(|pair| pair.inventory.head()).max()
}

/// Every inventory of an object whose sidecar fits: the root's, then those of its versions.
fn pairs(object: &Path) -> Vec<Vouched> {
    let versions = version_folders(object).unwrap_or_default();
    let dirs = [object.to_owned()].into_iter().chain(versions.iter().map(|no| object.join(no.to_string())));
    dirs.filter_map(|dir| read_vouched(&dir).ok()).collect()
}

/// The right bytes of the inventory of each version and of the root, by folder. A version for which neither side has one
/// that agrees with the truth is left out.
pub(super) fn inventories(object: &Path, other: &Path, truth: &Vouched) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for no in 1..=truth.inventory.head().get() {
        let version = VersionNo::new(no).expect("counts from 1");
        let dir = version.to_string();
        let bytes = if version == truth.inventory.head() {
            Some(truth.bytes.clone())
        } else {
            let pairs = [object, other].map(|side| read_vouched(&side.join(&dir)));
            let fitting = pairs.into_iter().flatten().find(|pair| is_before(&pair.inventory, version, truth));
            fitting.map(|pair| pair.bytes)
        };
        all.extend(bytes.map(|bytes| (dir, bytes)));
    }
    all.push((String::new(), truth.bytes.clone()));
    all
}

/// Whether an inventory of an earlier version says nothing that the truth does not say.
fn is_before(earlier: &Inventory, version: VersionNo, truth: &Vouched) -> bool {
    let truth = &truth.inventory;
    let is_known = |(digest, content): (&Sha512, &Content)| {
        truth.content.get(digest).is_some_and(|known| {
            known.paths == content.paths && (content.sha256.is_none() || known.sha256 == content.sha256)
        })
    };
    earlier.id == truth.id
        && earlier.head() == version
        && earlier.versions[..] == truth.versions[..earlier.versions.len()]
        && earlier.content.iter().all(is_known)
}
