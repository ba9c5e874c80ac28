//! What a writer that died has left half-way is brought to its old or its new state (INV-A2). Runs with the writer
//! lock held, before any write; may itself be stopped at any step and run again; moves to quarantine what it does
//! not trust and deletes nothing that could be part of the archive.

use crate::StoreError;
use crate::error::reading;
use crate::intent::Intent;
use crate::inventory::{
    INVENTORY, MAX_INVENTORY_BYTES, SIDECAR, VersionNo, Vouched, digest_of, read_limited, read_vouched,
    sidecar_digest, sidecar_of,
};
use crate::purge;
use crate::root::Places;
use record::{ObjectId, Sha512};
use std::path::{Path, PathBuf};

/// What the opening of an archive found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// In the order done; empty after an orderly end.
    pub actions: Vec<RecoveryAction>,
}

/// One thing that was put right, or could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryAction {
    /// A version was on disk whole: its inventory was brought to the object's root.
    RolledForward {
        /// The object.
        id: ObjectId,
        /// The version that counts now.
        version: VersionNo,
    },
    /// The root inventory was new, its sidecar old: the sidecar was rewritten.
    SidecarRewritten {
        /// The object.
        id: ObjectId,
        /// The version that counts now.
        version: VersionNo,
    },
    /// The version was in the archive, only traces of the work were left.
    Finished {
        /// The object.
        id: ObjectId,
        /// The version that counts now.
        version: VersionNo,
    },
    /// The version had not reached the object; the object is as before.
    NotStored {
        /// The object.
        id: ObjectId,
        /// The version that did not come to be.
        version: VersionNo,
    },
    /// A version folder whose bytes are not what its inventory says was moved away; the object is as before.
    VersionQuarantined {
        /// The object.
        id: ObjectId,
        /// The version that did not come to be.
        version: VersionNo,
        /// Where it lies now.
        to: PathBuf,
        /// What was wrong.
        why: String,
    },
    /// Unfinished work, or a file that does not belong in the work folders, was moved away.
    WorkQuarantined {
        /// Where it lies now.
        to: PathBuf,
    },
    /// A destruction that was stopped after its tombstone was carried on: nothing of the object is left in the store.
    Destroyed {
        /// The object.
        id: ObjectId,
    },
    /// A destruction was stopped before its tombstone; the object is as before.
    NotDestroyed {
        /// The object.
        id: ObjectId,
    },
    /// An object is damaged in a way no stopped writer leaves. Nothing was changed; a person must look.
    Damaged {
        /// The object's folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl Recovery {
    /// Whether the last writer ended in order.
    pub fn is_clean(&self) -> bool {
        self.actions.is_empty()
    }
}

pub(crate) fn recover(places: &Places) -> Result<Recovery, StoreError> {
    let mut recovery = Recovery::default();
    for path in list(&places.intent())? {
        settle_intent(places, &path, &mut recovery)?;
    }
    purge::recover(places, &mut recovery)?;
    clear_staging(places, &mut recovery)?;
    Ok(recovery)
}

fn settle_intent(places: &Places, path: &Path, recovery: &mut Recovery) -> Result<(), StoreError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(txn) = name.strip_suffix(".json") else {
        // The temporary file of an intent that was never written.
        return Ok(durable::remove_file(path)?);
    };
    let intent = match Intent::read(path) {
        Ok(intent) => intent,
        Err(StoreError::Damaged { .. }) => return quarantine_work(places, path, recovery),
        Err(e) => return Err(e),
    };
    let action = settle(places, &intent)?;
    if matches!(action, RecoveryAction::Damaged { .. }) {
        // The intent stays, so that every opening says so until a person has looked.
        recovery.actions.push(action);
        return Ok(());
    }
    if !matches!(action, RecoveryAction::NotStored { .. }) {
        // What is left of the work are copies of the inventory that the object has now.
        durable::remove_tree(&places.staging().join(txn))?;
    }
    recovery.actions.push(action);
    Ok(durable::remove_file(path)?)
}

fn settle(places: &Places, intent: &Intent) -> Result<RecoveryAction, StoreError> {
    let (id, version) = (intent.id.clone(), intent.to);
    let object = places.object(&id);
    let folder = object.join(version.to_string());
    if !folder.exists() {
        return Ok(RecoveryAction::NotStored { id, version });
    }
    // The names may have reached this program, but not the medium: from here they have.
    durable::fsync_dir(&object)?;
    for ancestor in object.ancestors().skip(1).take(4) {
        durable::fsync_dir(ancestor)?;
    }
    let root_bytes = read_limited(&object.join(INVENTORY), MAX_INVENTORY_BYTES)?;
    if digest_of(&root_bytes) == intent.inventory_sha512 {
        let sidecar = read_limited(&object.join(SIDECAR), 4096).unwrap_or_default();
        if sidecar_digest(&sidecar) == Some(intent.inventory_sha512) {
            return Ok(RecoveryAction::Finished { id, version });
        }
        install_pair(places, &object, &root_bytes)?;
        return Ok(RecoveryAction::SidecarRewritten { id, version });
    }
    match read_vouched(&object) {
        Ok(root) if root.inventory.head() >= version => Ok(RecoveryAction::Finished { id, version }),
        Ok(root) if root.inventory.head().next() == version => match trust(&object, intent) {
            Ok(new) => {
                install_pair(places, &object, &new.bytes)?;
                Ok(RecoveryAction::RolledForward { id, version })
            }
            Err(e @ StoreError::Damaged { .. }) => {
                let to = places.quarantine_name(&format!("{}-{version}", crate::layout::id_digest(&id)));
                durable::rename_noreplace(&folder, &to)?;
                Ok(RecoveryAction::VersionQuarantined { id, version, to, why: e.to_string() })
            }
            Err(e) => Err(e),
        },
        Ok(root) => {
            let why = format!("{version} is there, the inventory ends with {}", root.inventory.head());
            Ok(RecoveryAction::Damaged { path: object, why })
        }
        Err(e @ StoreError::Damaged { .. }) => {
            Ok(RecoveryAction::Damaged { path: object, why: e.to_string() })
        }
        Err(e) => Err(e),
    }
}

/// The new version's inventory, if it is the one announced and every byte the version adds is right.
fn trust(object: &Path, intent: &Intent) -> Result<Vouched, StoreError> {
    let folder = object.join(intent.to.to_string());
    let damaged = |path: &Path, why: &str| StoreError::Damaged { path: path.to_owned(), why: why.to_owned() };
    let missing = |e: StoreError, path: &Path| match e {
        StoreError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            damaged(path, "it is missing")
        }
        other => other,
    };
    let new = read_vouched(&folder).map_err(|e| missing(e, &folder))?;
    if digest_of(&new.bytes) != intent.inventory_sha512 || new.inventory.head() != intent.to {
        return Err(damaged(&folder, "its inventory is not the one announced"));
    }
    let own = format!("{}/", intent.to);
    for (expected, content) in &new.inventory.content {
        for path in content.paths.iter().filter(|path| path.starts_with(&own)) {
            let stored = object.join(path);
            if !stored.is_file() {
                return Err(damaged(&stored, "it is missing"));
            }
            let found = Sha512(durable::digest_file(&stored)?.sha512);
            crate::object::check_digest(&stored, *expected, found)?;
        }
    }
    Ok(new)
}

/// Puts inventory and sidecar into the object's root, each by renaming a synced file (INV-A3).
fn install_pair(places: &Places, object: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let staged = places.staging().join("recovery");
    durable::remove_tree(&staged)?;
    durable::stage_dir(&staged)?;
    for (name, text) in [(INVENTORY, bytes), (SIDECAR, sidecar_of(bytes).as_bytes())] {
        durable::stage_file(&staged.join(name), &mut &text[..])?;
    }
    durable::sync_tree(&staged)?;
    for name in [INVENTORY, SIDECAR] {
        durable::rename_replace(&staged.join(name), &object.join(name))?;
    }
    Ok(durable::remove_tree(&staged)?)
}

/// Empties the staging folder: empty folders are removed, anything else goes to quarantine.
pub(crate) fn clear_staging(places: &Places, recovery: &mut Recovery) -> Result<(), StoreError> {
    for path in list(&places.staging())? {
        if !(path.is_dir() && durable::remove_empty_tree(&path)?) {
            quarantine_work(places, &path, recovery)?;
        }
    }
    Ok(())
}

fn quarantine_work(places: &Places, path: &Path, recovery: &mut Recovery) -> Result<(), StoreError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let to = places.quarantine_name(&format!("work-{name}"));
    durable::rename_noreplace(path, &to)?;
    recovery.actions.push(RecoveryAction::WorkQuarantined { to });
    Ok(())
}

fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = std::fs::read_dir(dir).map_err(reading(dir))?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|e| e.path())).collect();
    let mut paths = paths.map_err(reading(dir))?;
    paths.sort();
    Ok(paths)
}
