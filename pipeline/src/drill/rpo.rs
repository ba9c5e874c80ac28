//! What would be lost today.

use super::report::{BehindJson, RpoJson};
use super::source::Held;
use crate::PipelineError;
use crate::backup::code_in;
use crate::fixity::whole_seconds;
use crate::volumes::case_of_volume;
use archive_store::{ArchiveReader, Object, Resident, VersionMeta};
use record::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// A version published so shortly before the state that is held may have come after it.
const RECENT_S: i64 = 3600;

/// What the archive holds, by folder: when each version was published here, v1 first; none where the inventory cannot be
/// read. An import may bring versions that were made long ago.
pub(super) type Residents = BTreeMap<PathBuf, Vec<Timestamp>>;

pub(super) fn residents(store: &ArchiveReader) -> Result<Residents, PipelineError> {
    let published = |resident: &Resident| {
        let Some(Ok(Some(object))) = resident.id.as_ref().map(|id| store.object(id)) else {
            return Vec::new();
        };
        object.versions().iter().map(|made| published(&object, made)).collect()
    };
    let residents = store.residents()?;
    Ok(residents.iter().map(|resident| (resident.folder.clone(), published(resident))).collect())
}

/// As its inventory's file says; when it was made, where the file system does not know.
fn published(object: &Object, made: &VersionMeta) -> Timestamp {
    let inventory = object.folder().join(made.version.to_string()).join("inventory.json");
    let written = inventory.metadata().and_then(|meta| meta.modified()).ok();
    written.and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(made.created)
}

/// The folder of the case file whose volume lies in a folder; `None` for what is no volume.
pub(super) fn case_of(folder: &Path) -> Option<PathBuf> {
    Some(archive_store::object_folder(&case_of_volume(&archive_store::object_of_folder(folder)?)?))
}

/// `destroyed`: held, and in the archive no more by decision. `as_of`: the moment whose state is held; where nobody knows it,
/// the newest that is held was published then. `left_out`: damaged already when the copy was made.
pub(super) fn rpo(
    store: &ArchiveReader,
    residents: &Residents,
    (held, destroyed): (&[Held], &[Held]),
    as_of: Option<Timestamp>,
    left_out: Vec<String>,
) -> RpoJson {
    let heads: HashMap<&Path, u32> = held.iter().map(|held| (held.folder.as_path(), held.head)).collect();
    let newest_archive = residents.values().filter_map(|published| published.last()).max().copied();
    let newest_held = held.iter().filter_map(|held| published_of(residents, held)).max();
    let as_of = as_of.or(newest_held);
    let (mut behind, mut missing): (Vec<BehindJson>, Vec<BehindJson>) = (Vec::new(), Vec::new());
    for (folder, published) in residents {
        let held_version = heads.get(folder.as_path()).copied();
        let lacked = published.get(held_version.unwrap_or(0) as usize);
        // Nobody knows since when it is here, and nothing of it is held.
        let is_lost = published.is_empty() && held_version.is_none();
        if lacked.is_none() && !is_lost {
            continue;
        }
        let entry = BehindJson {
            archive_version: published.len() as u32,
            case: code_in(store, folder).map(|code| code.to_string()),
            folder: folder.display().to_string(),
            held_version,
        };
        let is_overdue = lacked
            .zip(as_of)
            .is_some_and(|(lacked, as_of)| lacked.as_second() + RECENT_S < as_of.as_second());
        if is_lost || is_overdue { missing.push(entry) } else { behind.push(entry) }
    }
    // A case file is named once, not with each of its volumes.
    for entries in [&mut behind, &mut missing] {
        let named: BTreeSet<PathBuf> = entries.iter().map(|entry| PathBuf::from(&entry.folder)).collect();
        entries.retain(|entry| case_of(Path::new(&entry.folder)).is_none_or(|case| !named.contains(&case)));
    }
    let only_held = held.iter().chain(destroyed).filter(|held| !residents.contains_key(&held.folder));
    let case_files = |folders: &mut dyn Iterator<Item = &PathBuf>| {
        folders.filter(|folder| case_of(folder).is_none()).count() as u64
    };
    RpoJson {
        as_of: as_of.map(|at| whole_seconds(at).to_string()),
        behind,
        held: case_files(&mut held.iter().map(|held| &held.folder)),
        left_out,
        missing,
        newest_archive: newest_archive.map(|at| whole_seconds(at).to_string()),
        newest_held: newest_held.map(|at| whole_seconds(at).to_string()),
        only_held: only_held.map(|held| held.folder.display().to_string()).collect(),
        residents: case_files(&mut residents.keys()),
        seconds: newest_archive.zip(newest_held).map(|(here, there)| here.as_second() - there.as_second()),
    }
}

/// When the version that is held was published in the archive, if it was.
pub(super) fn published_of(residents: &Residents, held: &Held) -> Option<Timestamp> {
    residents.get(&held.folder)?.get(held.head.checked_sub(1)? as usize).copied()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files")]
mod tests {
    use super::*;
    use archive_store::{Archive, VersionInfo};
    use record::ObjectId;
    use std::time::{Duration, SystemTime};

    #[test]
    fn what_was_published_since_is_behind_and_what_is_older_or_unreadable_is_missing() {
        let scratch = tempfile::tempdir().unwrap();
        let archive = Archive::create(&scratch.path().join("kho")).unwrap();
        // Made long ago, imported now.
        let mut draft = archive.begin(&ObjectId::new("urn:x:1").unwrap()).unwrap();
        draft.add_bytes("a", b"a").unwrap();
        let created = "2020-01-01T00:00:00Z".parse().unwrap();
        let (user_name, user_address) = ("hoso".into(), "urn:x:station".into());
        draft.commit(&VersionInfo { created, message: "m".into(), user_name, user_address }).unwrap();
        let counts = |as_of: Option<Timestamp>| {
            let residents = residents(&archive).unwrap();
            let rpo = rpo(&archive, &residents, (&[], &[]), as_of, Vec::new());
            (rpo.behind.len(), rpo.missing.len())
        };
        let now = Timestamp::now();
        assert_eq!(counts(Some(now)), (1, 0));
        // Here for two hours when the copy was made.
        let object = archive.object(&ObjectId::new("urn:x:1").unwrap()).unwrap().unwrap();
        let inventory = object.folder().join("v1/inventory.json");
        let file = std::fs::File::options().append(true).open(&inventory).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(7200)).unwrap();
        assert_eq!(counts(Some(now)), (0, 1));
        for damaged in [inventory, object.folder().join("inventory.json")] {
            std::fs::write(damaged, "x").unwrap();
        }
        assert_eq!(counts(Some(now)), (0, 1));
        assert_eq!(counts(None), (0, 1));
    }
}
