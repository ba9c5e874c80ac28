//! What a person should know of an archive besides its seals: what was put aside, what does not belong there, what is gone.

use crate::PipelineError;
use crate::config::Layout;
use crate::ledger::Ledger;
use crate::volumes::case_of_volume;
use archive_store::Archive;
use index::{IndexError, Inventory};
use record::{CaseCode, Lang, ObjectId};
use std::collections::BTreeSet;
use std::path::Path;

/// What lies in an archive and waits for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// What recovery did not trust, in `work/quarantine`.
    pub quarantined: Vec<String>,
    /// Files and empty folders in `ocfl/` that belong to no case file, in words.
    pub strays: Vec<String>,
    /// Volumes whose case file is not there: a stop came before it was stored, and `batch resume` finishes it.
    pub loose_volumes: Vec<ObjectId>,
}

/// Looks into an archive, beside whatever is at work in it. Lists folders; reads no file of a case.
pub fn upkeep(root: &Path) -> Result<Upkeep, PipelineError> {
    if !(Layout { root: root.to_owned() }).config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let store = Archive::open_read(root)?;
    let strays = store.strays()?.iter().map(ToString::to_string).collect();
    let ids: BTreeSet<ObjectId> = store.objects()?.into_iter().collect();
    let is_loose = |id: &&ObjectId| {
        case_of_volume(id).is_some_and(|case| !ids.contains(&case)) && store.tombstone(id).is_none()
    };
    let loose_volumes = ids.iter().filter(is_loose).cloned().collect();
    Ok(Upkeep { quarantined: store.quarantined()?, strays, loose_volumes })
}

/// Why the index of an archive is not to be relied on: all its files are read, beside whatever is at work. `None` where nothing is wrong,
/// or where there is none, as in a replica.
pub fn index_fault(root: &Path) -> Option<String> {
    let index = (Layout { root: root.to_owned() }).index();
    match Inventory::open(&index).and_then(|index| index.check()) {
        Ok(()) | Err(IndexError::Missing { .. }) => None,
        Err(IndexError::Corrupt { cause, .. }) => Some(cause),
        Err(error) => Some(error.to_string()),
    }
}

/// A case file that was stored and is gone, or its latest versions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentCase {
    /// Its code.
    pub code: CaseCode,
    /// The version that the ledger knows as the latest.
    pub noted: u32,
    /// The latest that the archive holds; `None` where it holds nothing of it.
    pub head: Option<u32>,
}

impl AbsentCase {
    /// For people.
    pub fn title(&self, lang: Lang) -> String {
        let AbsentCase { noted, head, .. } = self;
        match (lang, head) {
            (Lang::Vi, None) => "đã lưu, nay không còn trong kho".to_owned(),
            (Lang::En, None) => "was stored, is gone from the archive".to_owned(),
            (Lang::Vi, Some(head)) => format!("bản v{noted} đã lưu, nay kho chỉ còn đến v{head}"),
            (Lang::En, Some(head)) => {
                format!("version v{noted} was stored, the archive holds only up to v{head}")
            }
        }
    }
}

/// Case files that the ledger knows as stored and the archive does not hold, or not in their latest version. What is
/// left of a case file, however damaged, is for the verification to name.
pub fn absent_cases(root: &Path) -> Result<Vec<AbsentCase>, PipelineError> {
    let ledger = Ledger::open_if_there(&Layout { root: root.to_owned() }.ledger())?;
    let store = Archive::open_read(root)?;
    let mut absent = Vec::new();
    for (code, id, noted) in ledger.stored_heads()? {
        // It is not missed: its tombstone says where it went.
        if ObjectId::new(&id).is_ok_and(|id| store.tombstone(&id).is_some()) {
            continue;
        }
        let object = ObjectId::new(&id).map(|id| store.object(&id));
        let head = match object {
            Ok(Err(_)) => continue,
            Ok(Ok(object)) => object.map(|object| object.head().get()),
            Err(_) => None,
        };
        if head.is_none_or(|head| head < noted) {
            absent.push(AbsentCase { code, noted, head });
        }
    }
    Ok(absent)
}
