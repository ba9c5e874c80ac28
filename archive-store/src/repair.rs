//! Puts a damaged object right from a replica. Only bytes are taken whose digests stand in an inventory that is proven:
//! its sidecar fits, and whoever knows seals says that it is the sealed one. The bad file goes to quarantine first, the
//! good one is staged, read back and renamed into the free place. Nothing is deleted or overwritten, so it may be stopped
//! at any moment and run again.

use crate::events::{self, Event};
use crate::inventory::{
    Content, INVENTORY, Inventory, MAX_INVENTORY_BYTES, OBJECT_DECLARATION, SIDECAR, VersionNo, Vouched,
    digest_of, read_limited, read_vouched, sidecar_digest, sidecar_of, version_folders,
};
use crate::publish::free_staging;
use crate::replicate::CopyState;
use crate::{Archive, ArchiveReader, Claim, Problem, StoreError, What, layout};
use record::{ObjectId, Sha512, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// One file that was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// Relative to the object.
    pub path: String,
    /// What was done.
    pub action: Action,
    /// The name in `work/quarantine` of what lay there before, if something did.
    pub quarantined: Option<String>,
}

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It has its bytes again.
    Restored,
    /// It does not belong to the object and was put aside.
    PutAside,
}

impl Action {
    /// `restored` or `put-aside`.
    pub fn code(self) -> &'static str {
        match self {
            Action::Restored => "restored",
            Action::PutAside => "put-aside",
        }
    }
}

/// What became of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repair {
    /// The object, where it is known.
    pub id: Option<ObjectId>,
    /// What was wrong before.
    pub before: Vec<Problem>,
    /// What was put right, in this order.
    pub mended: Vec<Mended>,
    /// Versions that were missing here and were copied: first and last.
    pub copied: Option<(VersionNo, VersionNo)>,
    /// What is wrong still.
    pub left: Vec<Problem>,
    /// Why nothing was done, or not all.
    pub refused: Vec<Refusal>,
}

/// Why bytes were not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No inventory of the object, here or in the replica, is proven; why not, for each.
    Unproven(Vec<String>),
    /// Here and there lie two different inventories, each of them proven: a person must decide.
    Different,
    /// The replica does not have the right bytes for this file; why not.
    NoBytes {
        /// Relative to the object.
        path: String,
        /// For each place that was tried.
        why: Vec<String>,
    },
}

/// Judges whether what a claim says is what was sealed; the reason where it is not.
pub type Trust<'a> = &'a dyn Fn(&Claim<'_>) -> Result<(), String>;

impl Archive {
    /// Puts the object in `folder` (relative to the storage root) right from `replica`, as far as what is needed can be
    /// proven, and brings versions that only the replica has. Reads the object twice. What was done is written into the
    /// object's `logs/events.ndjson`.
    pub fn repair(
        &self,
        folder: &Path,
        replica: &ArchiveReader,
        at: Timestamp,
        trust: Trust<'_>,
    ) -> Result<Repair, StoreError> {
        self.writing.check()?;
        let object = self.places.ocfl().join(folder);
        let other = replica.places.ocfl().join(folder);
        let is_here = object.is_dir();
        let before = if is_here { self.check(folder).errors } else { Vec::new() };
        let mut repair = Repair { before, ..Repair::default() };
        let truth = match proven(folder, &object, &other, trust) {
            Ok(truth) => truth,
            Err(refusal) => {
                repair.left = repair.before.clone();
                repair.refused.push(refusal);
                return Ok(repair);
            }
        };
        let id = truth.inventory.id.clone();
        repair.id = Some(id.clone());
        let _lock = self.writing.lock_object(&id)?;
        let work = Work { archive: self, object: &object, id: &id };
        work.clear_the_way("", &mut repair)?;
        let is_here = is_here && object.is_dir();
        let is_forged = is_here && read_vouched(&object).is_ok_and(|root| root.bytes != truth.bytes);
        if is_here && (is_forged || !repair.before.is_empty()) {
            work.clear_the_log(&mut repair)?;
            let begun = Event::RepairBegun { problems: &repair.before, replica: replica.root() };
            events::append(&self.places, &object, at, &begun)?;
            self.mend(folder, &work, &other, &truth, &mut repair)?;
            repair.left = self.check(folder).errors;
        }
        if repair.left.is_empty() {
            self.bring_later_versions(replica, &id, trust, &mut repair)?;
        }
        if !repair.mended.is_empty() || repair.copied.is_some() {
            let done =
                Event::Repaired { mended: &repair.mended, left: &repair.left, replica: replica.root() };
            events::append(&self.places, &object, at, &done)?;
        }
        Ok(repair)
    }

    /// Copies what the replica has beyond what is here (everything, where nothing is here), if it is proven.
    fn bring_later_versions(
        &self,
        replica: &ArchiveReader,
        id: &ObjectId,
        trust: Trust<'_>,
        repair: &mut Repair,
    ) -> Result<(), StoreError> {
        let Ok(Some(origin)) = replica.object(id) else { return Ok(()) };
        let here = self.object(id)?.map(|object| object.head());
        if here.is_some_and(|here| here >= origin.head()) {
            return Ok(());
        }
        if let Err(why) = trust(&origin.claim()) {
            repair.refused.push(Refusal::Unproven(vec![why]));
            return Ok(());
        }
        match self.copy_missing_locked(&origin) {
            Ok(CopyState::Copied { first, last, .. }) => repair.copied = Some((first, last)),
            Ok(CopyState::Different { .. }) => repair.refused.push(Refusal::Different),
            Ok(CopyState::Same | CopyState::Ahead { .. }) => {}
            Err(StoreError::Damaged { path, why }) => {
                let why = vec![format!("{}: {why}", path.display())];
                repair.refused.push(Refusal::NoBytes { path: String::new(), why });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn mend(
        &self,
        folder: &Path,
        work: &Work<'_>,
        other: &Path,
        truth: &Vouched,
        repair: &mut Repair,
    ) -> Result<(), StoreError> {
        let object = work.object;
        let (name, text) = OBJECT_DECLARATION;
        work.put_text(name, text.as_bytes(), repair)?;
        for (dir, bytes) in inventories(object, other, truth) {
            work.put_text(&join(&dir, INVENTORY), &bytes, repair)?;
            let is_right = read_limited(&object.join(&dir).join(SIDECAR), 4096)
                .is_ok_and(|sidecar| sidecar_digest(&sidecar) == Some(digest_of(&bytes)));
            if !is_right {
                work.put_text(&join(&dir, SIDECAR), sidecar_of(&bytes).as_bytes(), repair)?;
            }
        }
        let contents = contents(&truth.inventory);
        let now = self.check(folder).errors;
        let extra: BTreeSet<&str> = now
            .iter()
            .filter(|problem| problem.what == What::Extra || matches!(problem.code, "E090" | "E024"))
            .map(|problem| problem.path.as_str())
            .filter(|path| !contents.keys().any(|known| is_at_or_above(path, known)))
            .collect();
        for path in extra {
            let quarantined = work.put_aside(path)?;
            let path = path.to_owned();
            repair.mended.push(Mended { path, action: Action::PutAside, quarantined });
        }
        let damaged: BTreeSet<&str> = now
            .iter()
            .flat_map(|problem| contents.keys().filter(|known| is_at_or_above(&problem.path, known)))
            .copied()
            .collect();
        for path in damaged {
            let (sha512, content) = contents[path];
            let others = content.paths.iter().filter(|other| *other != path).map(|other| object.join(other));
            let sources = others.chain(content.paths.iter().map(|path| other.join(path)));
            work.restore(path, sha512, content, sources, repair)?;
        }
        Ok(())
    }
}

/// Whether `path` is the file or a folder that leads to it; the object itself (an empty path) is not.
fn is_at_or_above(path: &str, file: &str) -> bool {
    !path.is_empty() && file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

fn contents(inventory: &Inventory) -> BTreeMap<&str, (Sha512, &Content)> {
    let each = inventory.content.iter();
    each.flat_map(|(digest, content)| content.paths.iter().map(move |p| (p.as_str(), (*digest, content))))
        .collect()
}

/// The inventory that counts: that of the latest version here, from here or from the replica, whichever is proven. The
/// latest is the highest that anything here speaks of, be it the root's inventory or a version's folder: where that one
/// cannot be proven nothing is done, lest a version that was acknowledged is put aside.
fn proven(folder: &Path, object: &Path, other: &Path, trust: Trust<'_>) -> Result<Vouched, Refusal> {
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

/// Every inventory of an object whose sidecar fits: the root's, then those of its versions.
fn pairs(object: &Path) -> Vec<Vouched> {
    let versions = version_folders(object).unwrap_or_default();
    let dirs = [object.to_owned()].into_iter().chain(versions.iter().map(|no| object.join(no.to_string())));
    dirs.filter_map(|dir| read_vouched(&dir).ok()).collect()
}

/// The right bytes of the inventory of each version and of the root, by folder. A version for which neither side has one
/// that agrees with the truth is left out.
fn inventories(object: &Path, other: &Path, truth: &Vouched) -> Vec<(String, Vec<u8>)> {
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

/// The hands of a repair: one object, whose lock is held.
struct Work<'a> {
    archive: &'a Archive,
    object: &'a Path,
    id: &'a ObjectId,
}

impl Work<'_> {
    /// Gives a small file these bytes, unless it has them.
    fn put_text(&self, path: &str, bytes: &[u8], repair: &mut Repair) -> Result<(), StoreError> {
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
    fn restore(
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
    fn clear_the_way(&self, path: &str, repair: &mut Repair) -> Result<(), StoreError> {
        let Some(dir) = self.in_the_way(path) else { return Ok(()) };
        let quarantined = self.put_aside(dir)?;
        repair.mended.push(Mended { path: dir.to_owned(), action: Action::PutAside, quarantined });
        Ok(())
    }

    /// Puts aside what would keep events from being written: a link, a pipe.
    fn clear_the_log(&self, repair: &mut Repair) -> Result<(), StoreError> {
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
    fn put_aside(&self, path: &str) -> Result<Option<String>, StoreError> {
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
