//! The one way out of the archive: a case file that two people decided to destroy, whole, with all its versions (OCFL 1.1
//! implementation notes 3.3). What stays is its tombstone, `evidence/destruction/<SHA-256 of the id>/`, which is on the
//! medium before the first byte goes (INV-A5). Who may decide it, and what a tombstone says, is not known here.
//!
//! Steps, each durable before the next: order (`work/purge/<digest>.json`) → tombstone → the object's folder is renamed
//! out of the storage root into `work/purge/<digest>` → its files are removed. The order stays until the caller has cleared
//! its caches and says [`Archive::settle_purge`]. A stop before the tombstone leaves the object as it was, a stop after it
//! is carried on at the next opening.
//!
//! Objects that belong to it (volumes) go with it in one order: the tombstone of the first is the point of no return for
//! all, each gets a copy of it, then the first goes and the others after it.

use crate::archive::{Archive, ArchiveReader};
use crate::error::{is_there, reading};
use crate::inventory::{VersionNo, digest_of, read_limited, read_vouched};
use crate::logs::RECEIPT_ENDING;
use crate::publish::free_staging;
use crate::recover::{Recovery, RecoveryAction};
use crate::root::Places;
use crate::{Object, StoreError, layout};
use record::{ObjectId, Sha256, Sha512};
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::path::{Path, PathBuf};

/// The file of a tombstone that says what was destroyed.
pub const TOMBSTONE: &str = "tombstone.json";

/// Longest tombstone and order.
const MAX_BYTES: u64 = 16 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderJson {
    v: u32,
    id: String,
    /// What goes with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<String>,
    tombstone_sha256: String,
}

/// An object that is to be destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Which.
    pub id: ObjectId,
    /// SHA-512 of inventories; that of its head must be among them.
    pub heads: Vec<Sha512>,
}

/// What is to be done, as long as it is not done.
struct Order {
    id: ObjectId,
    parts: Vec<ObjectId>,
    tombstone_sha256: Sha256,
}

impl Order {
    fn to_bytes(&self) -> Vec<u8> {
        let (id, tombstone_sha256) = (self.id.to_string(), self.tombstone_sha256.to_string());
        let parts = self.parts.iter().map(ObjectId::to_string).collect();
        serde_json::to_vec(&OrderJson { v: 1, id, parts, tombstone_sha256 }).expect("text always serialises")
    }

    fn read(path: &Path) -> Result<Order, StoreError> {
        let damaged = |why: String| StoreError::Damaged { path: path.to_owned(), why };
        let json: OrderJson = serde_json::from_slice(&read_limited(path, MAX_BYTES)?)
            .map_err(|error| damaged(error.to_string()))?;
        let id = |text: &String| ObjectId::new(text).map_err(|error| damaged(error.to_string()));
        let parts = json.parts.iter().map(id).collect::<Result<_, _>>()?;
        let id = id(&json.id)?;
        let digest = json.tombstone_sha256.parse().map_err(|_| damaged("no digest".to_owned()))?;
        if json.v != 1 {
            return Err(damaged(format!("order format {} is not known", json.v)));
        }
        Ok(Order { id, parts, tombstone_sha256: digest })
    }

    fn place(places: &Places, id: &ObjectId) -> PathBuf {
        places.purges().join(format!("{}.json", layout::id_digest(id)))
    }

    /// Whether its tombstone is there: from then on there is no way back.
    fn is_begun(&self, places: &Places) -> Result<bool, StoreError> {
        is_there(&places.tombstone(&self.id))
    }

    /// [`StoreError::Damaged`] unless it is the one that was ordered.
    fn check_tombstone(&self, places: &Places) -> Result<(), StoreError> {
        let file = places.tombstone(&self.id).join(TOMBSTONE);
        match sha256(&read_limited(&file, MAX_BYTES)?) == self.tombstone_sha256 {
            true => Ok(()),
            false => {
                Err(StoreError::Damaged { path: file, why: "it is not the one of its order".to_owned() })
            }
        }
    }
}

fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

impl Archive {
    /// Destroys an object, and with it those that belong to it, and leaves a tombstone under the id of each: `files` by path
    /// below its folder, [`TOMBSTONE`] among them. An object that has become another since it was decided upon, or is
    /// damaged, keeps all of them from being touched. Where there is no object only the tombstone is left.
    ///
    /// Nobody else may be writing into this archive, in this program either. Afterwards caches are to be cleared and
    /// [`Archive::settle_purge`] called with the first id; until then [`Archive::unsettled_purges`] names it.
    ///
    /// # Errors
    /// [`StoreError::Destroyed`] where a tombstone is there already, [`StoreError::ChangedSince`] for another head,
    /// [`StoreError::Damaged`]. After any other error the next opening decides: without a tombstone nothing has happened.
    pub fn purge(&self, first: &Doomed, parts: &[Doomed], files: &[(&str, &[u8])]) -> Result<(), StoreError> {
        let (writing, places) = (&self.writing, &self.places);
        writing.check()?;
        let mut locks = Vec::new();
        for Doomed { id, heads } in [first].into_iter().chain(parts) {
            locks.push(writing.lock_object(id)?);
            if is_there(&places.object(id))? {
                let head = read_vouched(&places.object(id))?;
                if head.inventory.id != *id || !heads.contains(&digest_of(&head.bytes)) {
                    return Err(StoreError::ChangedSince { id: id.clone(), head: head.inventory.head() });
                }
            }
        }
        let text = files.iter().find(|(path, _)| *path == TOMBSTONE).map(|(_, bytes)| *bytes);
        let order = Order {
            id: first.id.clone(),
            parts: parts.iter().map(|part| part.id.clone()).collect(),
            tombstone_sha256: sha256(text.unwrap_or_default()),
        };
        let (place, bytes) = (Order::place(places, &first.id), order.to_bytes());
        if let Some(longest) = files.iter().map(|(_, bytes)| bytes.len()).chain([bytes.len()]).max()
            && longest as u64 > MAX_BYTES
        {
            let why = format!("{longest} bytes, and {MAX_BYTES} are the most that is read");
            return Err(StoreError::Damaged { path: place, why });
        }
        writing.watch(durable::write_file(&place, &bytes))?;
        let (_, staged) = free_staging(&places.staging());
        writing.watch(stage_tombstone(&staged, files))?;
        writing.watch(durable::create_dir_durable(&places.tombstones()))?;
        // The point of no return is this rename.
        writing.watch(durable::rename_noreplace(&staged, &places.tombstone(&first.id)))?;
        carry_out(places, &order).inspect_err(|error| {
            if let StoreError::Write(error) = error {
                writing.fall(error);
            }
        })
    }

    /// Says that caches know nothing of a destroyed object any more. Nothing happens where it was said before.
    pub fn settle_purge(&self, id: &ObjectId) -> Result<(), StoreError> {
        let order = Order::place(&self.places, id);
        self.writing.watch(durable::remove_file(&order))
    }
}

impl ArchiveReader {
    /// Objects that were destroyed and of which caches may still know; something of what belongs to them may still be there.
    pub fn unsettled_purges(&self) -> Result<Vec<ObjectId>, StoreError> {
        let mut unsettled = Vec::new();
        for path in orders(&self.places)? {
            let order = Order::read(&path)?;
            if order.is_begun(&self.places)? {
                unsettled.push(order.id);
            }
        }
        Ok(unsettled)
    }

    /// The folder of an object's tombstone; `None` where it was not destroyed. Nothing is ever written under its id again.
    /// One that cannot be looked at counts as there.
    pub fn tombstone(&self, id: &ObjectId) -> Option<PathBuf> {
        Some(self.places.tombstone(id)).filter(|folder| is_there(folder).unwrap_or(true))
    }

    /// The folders of all tombstones, in the order of their names. Receipts of a log lie beside them.
    pub fn tombstones(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut found = list(&self.places.tombstones())?;
        found.retain(|path| path.extension().is_none_or(|ending| ending != RECEIPT_ENDING));
        Ok(found)
    }

    /// Names in `work/quarantine` of what was put aside from an object, as far as their names tell. What a stopped work
    /// left (`work-…`) may be of any.
    pub fn quarantined_of(&self, id: &ObjectId) -> Result<Vec<String>, StoreError> {
        let digest = layout::id_digest(id).to_string();
        let mut names = self.quarantined()?;
        names.retain(|name| name.starts_with(&digest[..16]));
        Ok(names)
    }
}

impl Object {
    /// SHA-512 of the inventory that a version was stored with: it names every byte of the object up to then.
    pub fn inventory_sha512(&self, version: VersionNo) -> Result<Sha512, StoreError> {
        let vouched = read_vouched(&self.folder().join(version.to_string()))?;
        Ok(digest_of(&vouched.bytes))
    }
}

fn stage_tombstone(staged: &Path, files: &[(&str, &[u8])]) -> Result<(), durable::DurableError> {
    for (path, bytes) in files {
        let file = staged.join(path);
        durable::stage_dir(file.parent().unwrap_or(staged))?;
        durable::stage_file(&file, &mut &bytes[..])?;
    }
    durable::sync_tree(staged)
}

/// After the tombstone: every part gets a copy of it, then the object goes, and its parts after it, so that nobody misses
/// them. May be run again.
fn carry_out(places: &Places, order: &Order) -> Result<(), StoreError> {
    for part in &order.parts {
        copy_tombstone(places, &order.id, part)?;
    }
    for id in [&order.id].into_iter().chain(&order.parts) {
        remove(places, id)?;
    }
    Ok(())
}

fn copy_tombstone(places: &Places, from: &ObjectId, to: &ObjectId) -> Result<(), StoreError> {
    let (from, to) = (places.tombstone(from), places.tombstone(to));
    if is_there(&to)? {
        return Ok(());
    }
    let mut files = Vec::new();
    files_below(&from, "", &mut files)?;
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), &bytes[..])).collect();
    let (_, staged) = free_staging(&places.staging());
    stage_tombstone(&staged, &files)?;
    Ok(durable::rename_noreplace(&staged, &to)?)
}

/// The files of a tombstone with their paths below its folder.
fn files_below(folder: &Path, below: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
    for path in list(folder)? {
        let name = format!("{below}{}", path.file_name().unwrap_or_default().to_string_lossy());
        match path.is_dir() {
            true => files_below(&path, &format!("{name}/"), files)?,
            false => files.push((name, read_limited(&path, MAX_BYTES)?)),
        }
    }
    Ok(())
}

/// Takes the object out of the storage root in one step, then removes its files, what a repair put aside of it, and the
/// folders that lead nowhere now. May be run again.
fn remove(places: &Places, id: &ObjectId) -> Result<(), StoreError> {
    let (object, gone) = (places.object(id), places.purges().join(layout::id_digest(id).to_string()));
    if is_there(&object)? {
        // What an earlier run was stopped in.
        durable::remove_tree(&gone)?;
        durable::rename_noreplace(&object, &gone)?;
    }
    durable::remove_tree(&gone)?;
    let reader = ArchiveReader { places: places.clone() };
    for name in reader.quarantined_of(id)? {
        let path = places.quarantine().join(name);
        match path.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            true => durable::remove_tree(&path)?,
            false => durable::remove_file(&path)?,
        }
    }
    for folder in object.ancestors().skip(1).take(3) {
        if !folder.exists() || !list(folder)?.is_empty() {
            continue;
        }
        durable::remove_empty_tree(folder)?;
    }
    Ok(())
}

/// Carries on, or drops, what a stopped purge left.
pub(crate) fn recover(places: &Places, recovery: &mut Recovery) -> Result<(), StoreError> {
    for path in orders(places)? {
        let order = Order::read(&path)?;
        let id = order.id.clone();
        if !order.is_begun(places)? {
            durable::remove_file(&path)?;
            recovery.actions.push(RecoveryAction::NotDestroyed { id });
            continue;
        }
        // One that cannot be read is no reason to forget what was ordered: half of the object may be gone.
        order.check_tombstone(places)?;
        // The tombstone's name may have reached this program, but not the medium: from here it has.
        let tombstone = places.tombstone(&id);
        for folder in tombstone.ancestors().take(3) {
            durable::fsync_dir(folder)?;
        }
        carry_out(places, &order)?;
        recovery.actions.push(RecoveryAction::Destroyed { id });
    }
    Ok(())
}

/// The orders that are not settled; what a stopped write of one left is removed.
fn orders(places: &Places) -> Result<Vec<PathBuf>, StoreError> {
    let mut orders = list(&places.purges())?;
    orders.retain(|path| path.extension().is_some_and(|ending| ending == "json") && !is_half(path));
    Ok(orders)
}

fn is_half(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(reading(dir)(e)),
    };
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|e| e.path())).collect();
    let mut paths = paths.map_err(reading(dir))?;
    paths.sort();
    Ok(paths)
}
