//! The hands of a repair: what is staged, put aside and put in place.

use super::{Action, Mended, Refusal, Repair};
use crate::inventory::{Content, MAX_INVENTORY_BYTES, read_limited};
use crate::publish::free_staging;
use crate::{Archive, StoreError, events, layout};
use record::{ObjectId, Sha512};
use std::fs;
use std::path::{Path, PathBuf};

/// One object, whose lock is held.
pub(super) struct Work<'a> {
    pub(super) archive: &'a Archive,
    pub(super) object: &'a Path,
    pub(super) id: &'a ObjectId,
}

impl Work<'_> {
    /// Gives a small file these bytes, unless it has them.
    pub(super) fn put_text(&self, path: &str, bytes: &[u8], repair: &mut Repair) -> Result<(), StoreError> {
        let has_bytes =
            || read_limited(&self.object.join(path), MAX_INVENTORY_BYTES).is_ok_and(|found| found == bytes);
        if self.in_the_way(path).is_none() && has_bytes() {
            return Ok(());
        }
        let staged = self.staged()?;
        let writing = &self.archive.writing;
        writing.watch(durable::stage_file(&staged.0, &mut &bytes[..]))?;
        self.place(&staged.0, path, repair)
    }

    /// Gives a content file its bytes, from the first source that has them.
    pub(super) fn restore(
        &self,
        path: &str,
        sha512: Sha512,
        content: &Content,
        sources: impl Iterator<Item = PathBuf>,
        repair: &mut Repair,
    ) -> Result<(), StoreError> {
        let has_bytes = |file: &Path| {
            fs::symlink_metadata(file).is_ok_and(|meta| meta.is_file())
                && durable::digest_file(file).is_ok_and(|found| Sha512(found.sha512) == sha512)
        };
        if self.in_the_way(path).is_none() && has_bytes(&self.object.join(path)) {
            return Ok(());
        }
        let mut why = Vec::new();
        for source in sources {
            let about = |what: &dyn std::fmt::Display| format!("{}: {what}", source.display());
            // Looked at before it is copied: a replica that lies does not fill the disk.
            if !has_bytes(&source) {
                why.push(about(&"missing, unreadable or other bytes"));
                continue;
            }
            let staged = self.staged()?;
            match self.archive.stage_copy(&source, &staged.0, sha512, content) {
                Ok(_) => return self.place(&staged.0, path, repair),
                Err(error @ (StoreError::Damaged { .. } | StoreError::Read { .. })) => {
                    why.push(about(&error));
                }
                Err(error) => return Err(error),
            }
        }
        repair.refused.push(Refusal::NoBytes { path: path.to_owned(), why });
        Ok(())
    }

    /// The first on the way from the object's own folder to a path that is there and no folder: a symbolic link would lead
    /// out of the archive.
    fn in_the_way<'p>(&self, path: &'p str) -> Option<&'p str> {
        let ends = path.match_indices('/').map(|(end, _)| end);
        let folders = [""].into_iter().chain(ends.map(|end| &path[..end]));
        folders.into_iter().find(|dir| {
            let place = if dir.is_empty() { self.object.to_owned() } else { self.object.join(dir) };
            fs::symlink_metadata(place).is_ok_and(|meta| !meta.is_dir())
        })
    }

    /// Puts aside what is in the way to a path.
    pub(super) fn clear_the_way(&self, path: &str, repair: &mut Repair) -> Result<(), StoreError> {
        let Some(dir) = self.in_the_way(path) else { return Ok(()) };
        let quarantined = self.put_aside(dir)?;
        repair.mended.push(Mended { path: dir.to_owned(), action: Action::PutAside, quarantined });
        Ok(())
    }

    /// Puts aside what would keep events from being written: a link, a pipe.
    pub(super) fn clear_the_log(&self, repair: &mut Repair) -> Result<(), StoreError> {
        self.clear_the_way(events::LOG, repair)?;
        if fs::symlink_metadata(self.object.join(events::LOG)).is_ok_and(|meta| !meta.is_file()) {
            let quarantined = self.put_aside(events::LOG)?;
            repair.mended.push(Mended {
                path: events::LOG.to_owned(),
                action: Action::PutAside,
                quarantined,
            });
        }
        Ok(())
    }

    /// Moves a staged file to its place; what lay there goes to quarantine first.
    fn place(&self, staged: &Path, path: &str, repair: &mut Repair) -> Result<(), StoreError> {
        self.clear_the_way(path, repair)?;
        let quarantined = self.put_aside(path)?;
        let to = self.object.join(path);
        let writing = &self.archive.writing;
        writing.watch(durable::create_dir_durable(to.parent().expect("a file has a folder")))?;
        writing.watch(durable::rename_noreplace(staged, &to))?;
        repair.mended.push(Mended { path: path.to_owned(), action: Action::Restored, quarantined });
        Ok(())
    }

    /// Moves what lies at a path to quarantine; its name there.
    pub(super) fn put_aside(&self, path: &str) -> Result<Option<String>, StoreError> {
        // Without a slash at the end: a link is moved, not what it leads to.
        let from = if path.is_empty() { self.object.to_owned() } else { self.object.join(path) };
        if self.in_the_way(path).is_some_and(|dir| dir != path) {
            return Ok(None);
        }
        if fs::symlink_metadata(&from).is_err() {
            return Ok(None);
        }
        let digest = layout::id_digest(self.id).to_string();
        let name = if path.is_empty() { "object" } else { path.rsplit('/').next().unwrap_or(path) };
        let to = self.archive.places.quarantine_name(&format!("{}-{name}", &digest[..16]));
        self.archive.writing.watch(durable::rename_noreplace(&from, &to))?;
        Ok(to.file_name().map(|name| name.to_string_lossy().into_owned()))
    }

    fn staged(&self) -> Result<InStaging, StoreError> {
        let (_, dir) = free_staging(&self.archive.places.staging());
        self.archive.writing.watch(durable::stage_dir(&dir))?;
        Ok(InStaging(dir.join("file"), dir))
    }
}

/// A file in a staging folder of its own, which is removed when dropped.
struct InStaging(PathBuf, PathBuf);

impl Drop for InStaging {
    fn drop(&mut self) {
        // Best effort: what stays is moved to quarantine at the next opening.
        let _ = durable::remove_tree(&self.1);
    }
}
