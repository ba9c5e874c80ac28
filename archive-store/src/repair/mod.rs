//! Puts a damaged object right from a replica. Only bytes are taken whose digests stand in an inventory that is proven:
//! its sidecar fits, and whoever knows seals says that it is the sealed one. The bad file goes to quarantine first, the
//! good one is staged, read back and renamed into the free place. Nothing is deleted or overwritten, so it may be stopped
//! at any moment and run again.

mod truth;
mod work;

use crate::events::{self, Event};
use crate::inventory::{
    Content, INVENTORY, Inventory, OBJECT_DECLARATION, SIDECAR, VersionNo, Vouched, digest_of, read_head,
    read_limited, read_vouched, sidecar_digest, sidecar_of,
};
use crate::replicate::CopyState;
use crate::{Archive, ArchiveReader, Claim, ObjectRoot, Problem, StoreError, What};
use record::{ObjectId, Sha512, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use truth::{inventories, latest_proven, proven};
use work::Work;

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
        replica: &dyn ObjectRoot,
        at: Timestamp,
        trust: Trust<'_>,
    ) -> Result<Repair, StoreError> {
        self.writing.check()?;
        let object = self.places.ocfl().join(folder);
        let is_here = object.is_dir();
        let before = if is_here { self.check(folder).errors } else { Vec::new() };
        let mut repair = Repair { before, ..Repair::default() };
        if is_here && repair.before.is_empty() {
            repair.id = agreed(&object, replica, trust)?;
            if repair.id.is_some() {
                return Ok(repair);
            }
        }
        let name = replica.name();
        let replica = match replica.bring(folder) {
            Ok(brought) => brought,
            Err(StoreError::Damaged { path, why }) => {
                repair.left = repair.before.clone();
                let why = vec![format!("{}: {why}", path.display())];
                repair.refused.push(Refusal::NoBytes { path: String::new(), why });
                return Ok(repair);
            }
            Err(error) => return Err(error),
        };
        let replica = &*replica;
        let other = replica.places.ocfl().join(folder);
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
            let begun = Event::RepairBegun { problems: &repair.before, replica: &name };
            events::append(&self.places, &object, at, &begun)?;
            self.mend(folder, &work, &other, &truth, &mut repair)?;
            repair.left = self.check(folder).errors;
        }
        if repair.left.is_empty() {
            self.bring_later_versions(replica, &id, trust, &mut repair)?;
            let here = self.object(&id)?.map(|object| object.head());
            if let Some(missing) = latest_proven(&other, &id, here, trust)
                && repair.refused.is_empty()
            {
                let why = vec![format!("{}: its own inventory does not lead to it", other.display())];
                repair.refused.push(Refusal::NoBytes { path: missing.to_string(), why });
            }
        }
        if !repair.mended.is_empty() || repair.copied.is_some() {
            let done = Event::Repaired { mended: &repair.mended, left: &repair.left, replica: &name };
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
        let origin = match replica.object(id) {
            Ok(Some(origin)) => origin,
            // Whether there is a later version nevertheless is looked at afterwards.
            Ok(None) | Err(StoreError::Damaged { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
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

/// The id of an object that is whole here, proven, and the same there: then nothing has to be brought from there.
fn agreed(object: &Path, replica: &dyn ObjectRoot, trust: Trust<'_>) -> Result<Option<ObjectId>, StoreError> {
    let Vouched { bytes, inventory } = read_head(object)?;
    let there = match replica.head(&inventory.id) {
        Err(StoreError::Damaged { .. } | StoreError::Read { .. }) => None,
        head => head?,
    };
    let is_same = there == Some((inventory.head(), digest_of(&bytes)));
    let is_proven = is_same && trust(&Claim::new(&inventory, vec![object])).is_ok();
    Ok(is_proven.then_some(inventory.id))
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
