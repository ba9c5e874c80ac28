//! The logical tree of a version, as ordinary files.

use crate::object::{Object, check_digest};
use crate::{StoreError, VersionNo, root};
use record::Sha512;
use std::fs::File;
use std::path::Path;

/// `dest` must be missing or empty; nothing in it is overwritten. A damaged file stops the export and is named.
pub(crate) fn export(object: &Object, version: VersionNo, dest: &Path) -> Result<(), StoreError> {
    let paths: Vec<&String> = object.version(version)?.state.keys().collect();
    if root::is_non_empty_dir(dest)? {
        return Err(StoreError::DestinationNotEmpty { path: dest.to_owned() });
    }
    durable::create_dir_durable(dest)?;
    for path in paths {
        let (expected, stored) = object.locate(version, path)?;
        let target = dest.join(path);
        if let Some(parent) = target.parent() {
            durable::stage_dir(parent)?;
        }
        let mut source = File::open(&stored).map_err(crate::error::reading(&stored))?;
        let digests = durable::stage_file(&target, &mut source)?;
        check_digest(&stored, expected, Sha512(digests.sha512))?;
    }
    Ok(durable::sync_tree(dest)?)
}
