//! What a person should know of an archive besides its seals: what was put aside, what does not belong there, what is gone.

use crate::PipelineError;
use crate::config::Layout;
use crate::ledger::Ledger;
use archive_store::Archive;
use record::{CaseCode, ObjectId};
use std::path::Path;

/// What lies in an archive and waits for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// What recovery did not trust, in `work/quarantine`.
    pub quarantined: Vec<String>,
    /// Files and empty folders in `ocfl/` that belong to no case file, in words.
    pub strays: Vec<String>,
}

/// Looks into an archive, beside whatever is at work in it. Lists folders; reads no file of a case.
pub fn upkeep(root: &Path) -> Result<Upkeep, PipelineError> {
    if !(Layout { root: root.to_owned() }).config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let store = Archive::open_read(root)?;
    let strays = store.strays()?.iter().map(ToString::to_string).collect();
    Ok(Upkeep { quarantined: store.quarantined()?, strays })
}

/// Case files that the ledger knows as stored and the archive does not hold. What is left of a case file, however
/// damaged, is for the verification to name.
pub fn absent_cases(root: &Path) -> Result<Vec<CaseCode>, PipelineError> {
    let ledger = Ledger::open_if_there(&Layout { root: root.to_owned() }.ledger())?;
    let store = Archive::open_read(root)?;
    let mut absent = Vec::new();
    for (code, id) in ledger.stored_objects()? {
        let is_absent = match ObjectId::new(&id) {
            Ok(id) => matches!(store.object(&id), Ok(None)),
            Err(_) => true,
        };
        if is_absent {
            absent.push(code);
        }
    }
    Ok(absent)
}
