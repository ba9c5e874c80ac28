//! A second copy of the archive, in a folder or an object store, and repair from it.

mod place;

use crate::apart::apart_from_archives;
use crate::bench::object_id;
use crate::config::{ArchiveConfig, Layout};
use crate::fixity::whole_seconds;
use crate::ledger::Ledger;
use crate::opening::{open_archive, open_at};
use crate::seals::{SealFault, SealJudge};
use crate::tlog::{self, ArchiveLog};
use crate::volumes::{case_of_volume, is_destroyed};
use crate::{PipelineError, destruction, journal, pack};
use archive_store::{
    Archive, ArchiveReader, CopyState, Object, ObjectRoot, OpenOptions, Refusal, Repair, Replica, Resident,
    S3Root, StoreError,
};
pub use place::ReplicaPlace;
pub(crate) use place::{slug_of_folder, store};
use record::{CaseCode, Clock, ObjectId};
use seal::tlog::VersionKind;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// How the copy of one case file stands.
#[derive(Debug)]
pub struct ReplicaCase {
    /// Its folder below `ocfl/`.
    pub folder: PathBuf,
    /// Its id, where it is known.
    pub id: Option<ObjectId>,
    /// Its code, where something is to be said of it and `case.json` can be read.
    pub code: Option<CaseCode>,
    /// How it stands.
    pub state: ReplicaState,
}

/// How the copy of a case file stands to the archive.
#[derive(Debug)]
pub enum ReplicaState {
    /// Compared or copied.
    Compared(CopyState),
    /// The replica holds it, the archive does not.
    OnlyInReplica,
    /// The replica holds it, the archive has destroyed it ([`carry_out_in_replica`]).
    Destroyed,
    /// The archive holds it, and the replica has a tombstone of it of which the archive knows nothing; nothing was copied.
    DestroyedThere,
    /// A file on either side is damaged: which, and why.
    Damaged(PipelineError),
    /// What the archive holds of it is not what was sealed; nothing was copied.
    Unproven(Vec<SealFault>),
    /// The object store failed; the next run carries on.
    Failed(PipelineError),
}

impl ReplicaState {
    /// For programs: `same`, `copied`, `ahead`, `different`, `only-in-replica`, `destroyed`, `destroyed-there`, `damaged` or
    /// `failed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Compared(CopyState::Same) => "same",
            Self::Compared(CopyState::Copied { .. }) => "copied",
            Self::Compared(CopyState::Ahead { .. }) => "ahead",
            Self::Compared(CopyState::Different { .. }) => "different",
            Self::OnlyInReplica => "only-in-replica",
            Self::Destroyed => "destroyed",
            Self::DestroyedThere => "destroyed-there",
            Self::Damaged(_) | Self::Unproven(_) => "damaged",
            Self::Failed(_) => "failed",
        }
    }
}

/// A store that failed for so many case files one after the other is not asked for the next.
const MAX_FAILED_IN_A_ROW: u32 = 2;

/// Brings everything that `target` lacks into it. `target` is a place that is missing or empty, or a replica of this
/// archive; what it holds is never overwritten. Nothing is copied that the seals do not prove. It becomes an archive of its own without a key: it can be read, checked and
/// repaired from, and nothing can be sealed in it. May be stopped at any moment and run again.
pub fn replicate_archive(
    root: &Path,
    target: &ReplicaPlace,
    clock: &dyn Clock,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&ReplicaCase, usize, usize),
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let judge = SealJudge::of(&layout, clock.now())?;
    let origin = Archive::open_read(root)?;
    let replica: Box<dyn Replica> = match target {
        ReplicaPlace::Folder(folder) => Box::new(open_replica(&layout, folder)?),
        ReplicaPlace::Store { address, key } => {
            let store = store(&layout, address, key.as_ref())?;
            Box::new(open_store(&layout, &store, clock)?)
        }
    };
    let replica = &*replica;
    // Volumes come before the case file that lists them, as they do in the archive.
    let mut residents = origin.residents()?;
    residents.sort_by_key(|resident| resident.id.as_ref().and_then(case_of_volume).is_none());
    let mut failed_in_a_row = 0;
    for (done, resident) in residents.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Err(PipelineError::Interrupted);
        }
        let state = match copy_case(&origin, replica, &judge, resident) {
            Ok(state) => state,
            Err(error) if error.is_about_one_case() => ReplicaState::Damaged(error),
            Err(error) if failed_in_a_row < MAX_FAILED_IN_A_ROW && error.is_of_an_object_store() => {
                ReplicaState::Failed(error)
            }
            Err(error) => return Err(error),
        };
        failed_in_a_row = if matches!(state, ReplicaState::Failed(_)) { failed_in_a_row + 1 } else { 0 };
        let is_same = matches!(state, ReplicaState::Compared(CopyState::Same));
        let code = if is_same { None } else { code_of(&origin, resident.id.as_ref()) };
        let case = ReplicaCase { folder: resident.folder.clone(), id: resident.id.clone(), code, state };
        tell(&case, done + 1, residents.len());
    }
    let known: HashSet<&Path> = residents.iter().map(|resident| resident.folder.as_path()).collect();
    for Resident { folder, id } in replica.survey()?.residents {
        if !known.contains(folder.as_path()) {
            let code = replica.local().and_then(|reader| code_of(reader, id.as_ref()));
            let was_destroyed = id.as_ref().is_some_and(|id| is_destroyed(&origin, id));
            let state = if was_destroyed { ReplicaState::Destroyed } else { ReplicaState::OnlyInReplica };
            let case = ReplicaCase { folder, id, code, state };
            tell(&case, residents.len(), residents.len());
        }
    }
    match target {
        ReplicaPlace::Folder(folder) => journal::copy(&layout, &Layout { root: folder.clone() }),
        ReplicaPlace::Store { .. } => Ok(()),
    }
}

/// Destroys in a replica what the archive has destroyed, and leaves the same tombstones there. Nothing does so unasked.
/// `tell` hears of what the replica held; a copy that is not what was destroyed here stays, and so does one whose tombstone
/// is not what was signed: these are given, and the others have their turn all the same.
pub fn carry_out_in_replica(
    root: &Path,
    target: &ReplicaPlace,
    clock: &dyn Clock,
    tell: &mut dyn FnMut(&ObjectId),
) -> Result<Vec<(ObjectId, PipelineError)>, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let judge = SealJudge::of(&layout, clock.now())?;
    let replica: Box<dyn Replica> = match target {
        ReplicaPlace::Folder(folder) => {
            let replica = open_replica(&layout, folder)?;
            // There too the decision is on the medium before what is done on it.
            journal::copy(&layout, &Layout { root: folder.clone() })?;
            // What an earlier run was stopped in was carried on when the replica was opened.
            for id in replica.unsettled_purges()? {
                replica.settle_purge(&id)?;
                tell(&id);
            }
            Box::new(replica)
        }
        ReplicaPlace::Store { address, key } => {
            let store = store(&layout, address, key.as_ref())?;
            Box::new(open_store(&layout, &store, clock)?)
        }
    };
    let mut failed = Vec::new();
    for (folder, stone) in destruction::tombstones(&layout)? {
        let Ok(id) = ObjectId::new(&stone.id) else { continue };
        match destruction::carry_over(&judge, &folder, &id, &*replica) {
            Ok(true) => tell(&id),
            Ok(false) => {}
            Err(error) if error.is_about_one_case() => failed.push((id, error)),
            Err(error) => return Err(error),
        }
    }
    Ok(failed)
}

/// The code of a case file, for people; `None` where it cannot be read.
fn code_of(archive: &ArchiveReader, id: Option<&ObjectId>) -> Option<CaseCode> {
    let object = archive.object(id?).ok()??;
    Some(pack::read_case(&object).ok()?.case.header.code)
}

fn copy_case(
    origin: &ArchiveReader,
    replica: &dyn Replica,
    judge: &SealJudge,
    resident: &Resident,
) -> Result<ReplicaState, PipelineError> {
    let damaged = || StoreError::Damaged {
        path: origin.root().join("ocfl").join(&resident.folder),
        why: "it has no inventory that can be trusted".to_owned(),
    };
    let id = resident.id.as_ref().ok_or_else(damaged)?;
    let object = origin.object(id)?.ok_or_else(damaged)?;
    let is_there = matches!(replica.head(id), Ok(Some((head, _))) if head >= object.head());
    if !is_there {
        if replica.has_tombstone(id)? {
            // A tombstone that lies there alone proves nothing.
            return Ok(match origin.tombstone(id) {
                Some(_) => ReplicaState::Destroyed,
                None => ReplicaState::DestroyedThere,
            });
        }
        let faults = judge.judge(&object.claim()).faults;
        if !faults.is_empty() {
            return Ok(ReplicaState::Unproven(faults));
        }
        copy_new_volumes(origin, replica, judge, &object)?;
    }
    Ok(ReplicaState::Compared(replica.copy_missing(&object)?))
}

/// A batch may have stored volumes since those had their turn: all that this case file lists are there before it is.
fn copy_new_volumes(
    origin: &ArchiveReader,
    replica: &dyn Replica,
    judge: &SealJudge,
    case: &Object,
) -> Result<(), PipelineError> {
    for volume in pack::read_case(case)?.volumes {
        let volume =
            Resident { folder: archive_store::object_folder(&volume.object), id: Some(volume.object) };
        match copy_case(origin, replica, judge, &volume) {
            Err(error) if !error.is_about_one_case() => return Err(error),
            // What is wrong with one is told in its own turn.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// The replica open for writing, made where there is none.
fn open_replica(layout: &Layout, target: &Path) -> Result<Archive, PipelineError> {
    let config = ArchiveConfig::read(&layout.config())?;
    apart_from_archives(target, Some(&layout.root))?;
    durable::create_dir_durable(target)?;
    let replica = Layout { root: target.to_owned() };
    if !replica.config().is_file() && !is_empty(target)? {
        return Err(PipelineError::NotAReplica(target.to_owned()));
    }
    if replica.config().is_file() && ArchiveConfig::read(&replica.config())?.id != config.id {
        return Err(PipelineError::NotAReplica(target.to_owned()));
    }
    // Its name comes first: whatever stops this, the next run knows whose folder it is.
    copy_missing_file(&layout.config(), &replica.config())?;
    durable::create_dir_durable(&target.join("keys"))?;
    copy_missing_file(&layout.anchor(), &replica.anchor())?;
    if layout.units().is_file() {
        copy_missing_file(&layout.units(), &replica.units())?;
    }
    // Grows with imports under other authorities.
    if layout.trusted().is_file() {
        add_certificates(&layout.trusted(), &replica.trusted())?;
    }
    let on_network_disk = config.network_disk.replicas;
    match open_at(target, on_network_disk) {
        Err(PipelineError::Store(StoreError::NoSuchArchive { .. })) => {
            Ok(Archive::create_with(target, OpenOptions { allow_network_fs: on_network_disk })?)
        }
        opened => opened,
    }
}

/// The same in an object store.
fn open_store(layout: &Layout, store: &place::Store, clock: &dyn Clock) -> Result<S3Root, PipelineError> {
    let config = ArchiveConfig::read(&layout.config())?;
    let not_ours = || PipelineError::NotAReplica(PathBuf::from(store.place.to_string()));
    let (root, _) = S3Root::open(&store.place, &store.key, &store.work, clock.now())?;
    let read = |path: &Path| std::fs::read(path).map_err(PipelineError::io(path));
    match root.note("hoso.toml")? {
        Some(bytes) => {
            let id = std::str::from_utf8(&bytes).ok().and_then(ArchiveConfig::id_in);
            if id.as_deref() != Some(config.id.as_str()) {
                return Err(not_ours());
            }
        }
        None if root.is_empty()? => root.put_new_note("hoso.toml", &read(&layout.config())?)?,
        None => return Err(not_ours()),
    }
    root.put_new_note("keys/trial-ca.pem", &read(&layout.anchor())?)?;
    for (path, name) in [(layout.units(), "units.csv"), (layout.trusted(), "keys/trusted.pem")] {
        if path.is_file() {
            let bytes = read(&path)?;
            // Both grow only.
            if root.note(name)?.is_none_or(|there| there.len() < bytes.len()) {
                root.put_note(name, &bytes)?;
            }
        }
    }
    Ok(root)
}

/// Nothing but what a stopped copy of the first file leaves.
fn is_empty(dir: &Path) -> Result<bool, PipelineError> {
    for entry in std::fs::read_dir(dir).map_err(PipelineError::io(dir))? {
        let name = entry.map_err(PipelineError::io(dir))?.file_name();
        if !name.to_string_lossy().starts_with(".tmp-") {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Adds the certificates of one PEM file that another lacks; what that one holds stays.
fn add_certificates(from: &Path, to: &Path) -> Result<(), PipelineError> {
    const END: &str = "-----END CERTIFICATE-----";
    copy_missing_file(from, to)?;
    let read = |path: &Path| std::fs::read_to_string(path).map_err(PipelineError::io(path));
    let mut all = read(to)?;
    let before = all.len();
    for certificate in read(from)?.split_inclusive(END).map(str::trim).filter(|pem| pem.ends_with(END)) {
        if !all.contains(certificate) {
            if !all.ends_with('\n') {
                all.push('\n');
            }
            all.push_str(certificate);
            all.push('\n');
        }
    }
    if all.len() > before {
        durable::write_file(to, all.as_bytes())?;
    }
    Ok(())
}

fn copy_missing_file(from: &Path, to: &Path) -> Result<(), PipelineError> {
    if to.exists() {
        return Ok(());
    }
    let bytes = std::fs::read(from).map_err(PipelineError::io(from))?;
    durable::put_new(to, &mut &bytes[..])?;
    Ok(())
}

/// What became of one case file.
#[derive(Debug)]
pub struct RepairedCase {
    /// Its folder below `ocfl/`.
    pub folder: PathBuf,
    /// Its code, where something is to be said of it and `case.json` can be read.
    pub code: Option<CaseCode>,
    /// What was found and done.
    pub repair: Repair,
}

impl RepairedCase {
    /// Nothing was wrong, nothing was done.
    pub fn was_whole(&self) -> bool {
        let repair = &self.repair;
        self.is_whole() && repair.before.is_empty() && repair.mended.is_empty() && repair.copied.is_none()
    }

    /// Nothing is wrong any more.
    pub fn is_whole(&self) -> bool {
        self.repair.left.is_empty() && self.repair.refused.is_empty()
    }
}

/// Checks case files (all, or those named) and puts right what is damaged, with bytes of `replica`. Of these only such count
/// as are in a version's inventory that agrees with the version's signed manifest; the certificates are the archive's own.
/// Case files and versions that only the replica has are brought back too; the ledger is then filled anew at the next
/// opening. Reasons are given in `lang`.
pub fn repair_archive(
    root: &Path,
    replica: &ReplicaPlace,
    cases: &[CaseCode],
    clock: &dyn Clock,
    lang: record::Lang,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&RepairedCase, usize, usize),
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let judge = SealJudge::of(&layout, clock.now())?;
    let replica: Box<dyn ObjectRoot> = match replica {
        ReplicaPlace::Folder(folder) => Box::new(Archive::open_read(folder)?),
        ReplicaPlace::Store { address, key } => {
            let store = store(&layout, address, key.as_ref())?;
            Box::new(S3Root::open_read(&store.place, &store.key, &store.work)?)
        }
    };
    let archive = open_archive(&layout, judge.config())?;
    let trust = |claim: &archive_store::Claim<'_>| {
        let faults = judge.judge(claim).faults;
        if faults.is_empty() {
            return Ok(());
        }
        Err(faults.iter().map(|fault| fault.text(lang)).collect::<Vec<_>>().join("; "))
    };
    // What was destroyed here is not brought back.
    let is_kept = |r: &Resident| r.id.as_ref().is_none_or(|id| !is_destroyed(&archive, id));
    let folders = if cases.is_empty() {
        let mut folders: Vec<PathBuf> = archive.residents()?.into_iter().map(|r| r.folder).collect();
        folders.extend(replica.survey()?.residents.into_iter().filter(is_kept).map(|r| r.folder));
        folders.sort();
        folders.dedup();
        folders
    } else {
        let ledger = Ledger::open_if_there(&layout.ledger())?;
        let id = |code: &CaseCode| -> Result<ObjectId, PipelineError> {
            let noted = ledger.stored(code)?.and_then(|stored| ObjectId::new(&stored.object_id).ok());
            Ok(noted.unwrap_or_else(|| object_id(judge.config(), code)))
        };
        let ids = cases.iter().map(id).collect::<Result<Vec<_>, _>>()?;
        let mut folders: Vec<PathBuf> = ids.iter().map(archive_store::object_folder).collect();
        let there = archive.residents()?.into_iter().chain(replica.survey()?.residents);
        let is_volume =
            |r: &Resident| r.id.as_ref().and_then(case_of_volume).is_some_and(|case| ids.contains(&case));
        let mut volumes: Vec<PathBuf> = there.filter(is_volume).filter(is_kept).map(|r| r.folder).collect();
        volumes.sort();
        volumes.dedup();
        folders.append(&mut volumes);
        folders
    };
    let mut brought_back: Vec<ObjectId> = Vec::new();
    for (done, folder) in folders.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Err(PipelineError::Interrupted);
        }
        let repair = archive.repair(folder, &*replica, whole_seconds(clock.now()), &trust)?;
        if repair.copied.is_some() && layout.ledger().is_file() {
            Ledger::open(&layout.ledger())?.set_unsure_of_the_archive()?;
        }
        if repair.copied.is_some() {
            brought_back.extend(repair.id.clone());
        }
        let mut case = RepairedCase { folder: folder.clone(), code: None, repair };
        if !case.was_whole() {
            case.code = code_of(&archive, case.repair.id.as_ref());
        }
        tell(&case, done + 1, folders.len());
    }
    if layout.ledger().is_file() {
        note_brought_back(&Ledger::open(&layout.ledger())?, &archive, &brought_back)?;
    }
    // Receipts are not copied: those of versions that came back are made anew from the log.
    if !brought_back.is_empty() && layout.log_key().exists() && layout.log_public_key().exists() {
        let mut log = ArchiveLog::open(&layout)?;
        tlog::enter_all(&mut log, &archive, VersionKind::Adopted, clock.now())?;
    }
    Ok(())
}

/// Notes the case files of which versions came back as not indexed: the index may have been made while they were gone, from an earlier
/// version with another label.
fn note_brought_back(
    ledger: &Ledger,
    archive: &ArchiveReader,
    ids: &[ObjectId],
) -> Result<(), PipelineError> {
    for id in ids.iter().filter(|id| case_of_volume(id).is_none()) {
        // What cannot be read is looked at when the archive is next opened for work.
        let object = archive.object(id).ok().flatten();
        if let Some(Ok(stored)) = object.map(|object| pack::stored_in(archive, object)) {
            ledger.set_stored(&[stored])?;
        }
    }
    Ok(())
}

/// Why nothing could be put right, for people.
pub fn why_refused(refusal: &Refusal, lang: record::Lang) -> String {
    match refusal {
        Refusal::Unproven(why) => {
            let text = lang.pick(
                "không chứng minh được bằng niêm phong bản nào đúng",
                "no seal proves which bytes are right",
            );
            format!("{text}: {}", why.join("; "))
        }
        Refusal::Different => lang
            .pick(
                "kho và bản sao có hai bản khác nhau, cả hai đều được niêm phong",
                "archive and replica hold two different versions, both of them sealed",
            )
            .to_owned(),
        Refusal::NoBytes { path, why } => {
            let text = lang.pick("bản sao không có đúng byte", "the replica does not have the right bytes");
            format!("{path}: {text} ({})", why.join("; "))
        }
    }
}

#[cfg(test)]
mod tests;
