//! Which objects a snapshot holds, and up to which version, so that no case file is in it without its parts.
//!
//! An object whose id goes on with `/` after that of another (a volume) belongs to that one and is stored before it. So the
//! heads are read in the order of ids, which has a whole before its parts; a part is then at least as new as the whole wants
//! it. Parts that came while the folders were listed are found by listing once more.

use super::loss::Loss;
use super::run::Run;
use crate::inventory::read_head;
use crate::{ArchiveReader, Resident, StoreError, VersionNo};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

/// The latest version that is in the snapshot, by folder below `ocfl/`; none of a damaged object, which is left out.
pub(super) type Cut = BTreeMap<PathBuf, Option<VersionNo>>;

/// Settles it.
pub(super) fn cut(archive: &ArchiveReader, run: &Run) -> Result<Cut, StoreError> {
    let mut cut = Cut::new();
    let first = archive.residents()?;
    let wholes: HashSet<String> =
        first.iter().filter_map(|resident| Some(resident.id.as_ref()?.as_str().to_owned())).collect();
    add(archive, first, run, &mut cut);
    let is_new_part = |resident: &Resident| {
        let id = resident.id.as_ref().map_or("", |id| id.as_str());
        !cut.contains_key(&resident.folder)
            && id.rsplit_once('/').is_some_and(|(whole, _)| wholes.contains(whole))
    };
    let parts: Vec<Resident> = archive.residents()?.into_iter().filter(is_new_part).collect();
    add(archive, parts, run, &mut cut);
    Ok(cut)
}

fn add(archive: &ArchiveReader, mut residents: Vec<Resident>, run: &Run, cut: &mut Cut) {
    residents.sort_by(|a, b| a.id.as_ref().map(|id| id.as_str()).cmp(&b.id.as_ref().map(|id| id.as_str())));
    for Resident { folder, .. } in residents {
        let head = match read_head(&archive.root().join("ocfl").join(&folder)) {
            Ok(read) => Some(read.inventory.head()),
            Err(error) => {
                run.leave_out(Loss::of(folder.clone(), &error));
                None
            }
        };
        cut.insert(folder, head);
    }
}
