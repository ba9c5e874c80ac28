//! How far a case file has come, and what people state about it: a review (the counting statement), a legal hold. Both are
//! lines of the journal and change no version: whoever has counted or asks to keep has added no byte to the case file.

use crate::PipelineError;
use crate::bench::{object_id, station};
use crate::config::Layout;
use crate::decisions::{is_same_agency, is_same_officer};
use crate::destruction::{Obstacle, manifest_sha256};
use crate::journal::{self, Act, CaseRef, EvidenceFault, Hold, Journal, ReviewEntry, SealEntry, SealNote};
use crate::ledger::Ledger;
use crate::reading_room::ReadingRoom;
use crate::seals::SealJudge;
use archive_store::{Archive, ArchiveReader, VersionNo, object_folder};
use record::{CaseCode, CaseState, Clearance, Clock, ObjectId, Official, Review, Sha256, Signers, Stored};
use std::collections::HashMap;
use std::path::Path;

/// What was stated about case files.
#[derive(Debug)]
pub struct CaseStates {
    store: ArchiveReader,
    holds: HashMap<CaseCode, Hold>,
    reviews: HashMap<CaseCode, ReviewEntry>,
    seals: HashMap<CaseCode, SealEntry>,
    faults: Vec<EvidenceFault>,
}

impl CaseStates {
    /// Reads the journal. Where it is not what was signed, what can be read of it is given: see [`CaseStates::faults`].
    pub fn read(root: &Path, clock: &dyn Clock) -> Result<CaseStates, PipelineError> {
        let layout = Layout { root: root.to_owned() };
        let judge = SealJudge::of(&layout, clock.now())?;
        let journal = Journal::read(&layout, &judge)?;
        let store = Archive::open_read(root)?;
        let (holds, reviews, seals) = (journal.holds(), journal.reviews(), journal.seals());
        Ok(CaseStates { store, holds, reviews, seals, faults: journal.faults })
    }

    /// How far a version of a case file with so many pages has come. Of one that was counted or sealed the manifest is read:
    /// it must be the one that was there then.
    pub fn of(&self, code: &CaseCode, version: u32, pages: u32) -> CaseState {
        if let Some(sealed) = self.sealed(code, version) {
            return CaseState::Sealed(sealed);
        }
        let stored = Stored::new(version, pages);
        let is_it = |said: &&ReviewEntry| {
            said.version == version && self.is_there(&said.id, version, said.manifest_sha256)
        };
        let Some(said) = self.reviews.get(code).filter(is_it) else {
            return CaseState::Stored(stored);
        };
        let review = Review { by: said.by.clone(), at: said.at, pages_on_paper: said.pages_on_paper };
        match stored.clone().review(review) {
            Ok(reviewed) => CaseState::Reviewed(reviewed),
            Err(_) => CaseState::Stored(stored),
        }
    }

    /// Whether a version is still the one that was counted or sealed.
    fn is_there(&self, id: &ObjectId, version: u32, manifest: Sha256) -> bool {
        let object = self.store.object(id).ok().flatten();
        let found = object.zip(VersionNo::new(version));
        let found = found.and_then(|(object, version)| manifest_sha256(&object, version).ok());
        found == Some(manifest)
    }

    fn sealed(&self, code: &CaseCode, version: u32) -> Option<record::Sealed> {
        let is_it = |said: &&SealEntry| {
            said.version == version && self.is_there(&said.id, version, said.manifest_sha256)
        };
        let said = self.seals.get(code).filter(is_it)?;
        let SealNote { reviewed_version, pages, counted_by, counted_at, officer, agency } = said.note.clone();
        let review = Review { by: counted_by, at: counted_at, pages_on_paper: pages };
        let reviewed = Stored::new(reviewed_version, pages).review(review).ok()?;
        reviewed
            .seal(Signers { officer, agency }, is_same_officer, is_same_agency)
            .ok()
            .filter(|sealed| sealed.version() == version)
    }

    /// What of the journal is not what was signed.
    pub fn faults(&self) -> &[EvidenceFault] {
        &self.faults
    }

    /// The hold on a case file.
    pub fn hold(&self, code: &CaseCode) -> Option<&Hold> {
        self.holds.get(code)
    }
}

/// States that somebody has counted the paper of a case file's latest version. Refused unless it is as many pages as the
/// package holds, and unless the package is what was sealed.
pub fn review_case(
    root: &Path,
    clearance: &Clearance,
    code: &CaseCode,
    by: &Official,
    pages_on_paper: u32,
    clock: Box<dyn Clock>,
) -> Result<CaseState, PipelineError> {
    let now = clock.now();
    let desk = Desk::open(root, clearance, code, clock)?;
    let review = Review { by: by.clone(), at: now, pages_on_paper };
    let reviewed = Stored::new(desk.version, desk.pages)
        .review(review)
        .map_err(|count| desk.refuse(Obstacle::Count(count)))?;
    let act = Act::Review {
        case: desk.case.clone(),
        version: desk.version,
        pages_on_paper,
        manifest_sha256: desk.manifest_sha256,
    };
    desk.write(by, act)?;
    Ok(CaseState::Reviewed(reviewed))
}

/// Puts a case file on hold: it is not destroyed before somebody releases it. A second hold takes the place of the first.
/// Reads nothing of the case file: one that is damaged is held as well.
pub fn hold_case(
    root: &Path,
    code: &CaseCode,
    by: &Official,
    reason: &str,
    clock: &dyn Clock,
) -> Result<(), PipelineError> {
    state(root, code, by, clock, |_, case| Ok(Act::Hold { case, reason: reason.to_owned() }))
}

/// Releases a hold.
pub fn release_case(
    root: &Path,
    code: &CaseCode,
    by: &Official,
    reason: &str,
    clock: &dyn Clock,
) -> Result<(), PipelineError> {
    state(root, code, by, clock, |journal, case| match journal.sound()?.holds().contains_key(code) {
        true => Ok(Act::Release { case, reason: reason.to_owned() }),
        false => {
            let why = Box::new(Obstacle::NotOnHold);
            Err(PipelineError::Refused { case: Some(code.clone()), why })
        }
    })
}

/// Enters what somebody states about a case file, whatever state its bytes are in; `act` sees what was entered before.
fn state(
    root: &Path,
    code: &CaseCode,
    by: &Official,
    clock: &dyn Clock,
    act: impl FnOnce(Journal, CaseRef) -> Result<Act, PipelineError>,
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let judge = SealJudge::of(&layout, clock.now())?;
    let case = named(&layout, &judge, code)?;
    let act = act(Journal::read(&layout, &judge)?, case)?;
    journal::append(&layout, &judge, &station(&layout)?, Some(by), act, clock.now()).map(drop)
}

/// A case file by its code, whatever state its bytes are in.
fn named(layout: &Layout, judge: &SealJudge, code: &CaseCode) -> Result<CaseRef, PipelineError> {
    let (store, ledger) = (Archive::open_read(&layout.root)?, Ledger::open_if_there(&layout.ledger())?);
    let own = object_id(judge.config(), code);
    let noted = ledger.stored(code)?.and_then(|stored| ObjectId::new(&stored.object_id).ok());
    let is_here = |id: &ObjectId| layout.root.join("ocfl").join(object_folder(id)).is_dir();
    match [Some(own), noted].into_iter().flatten().find(is_here) {
        Some(id) => Ok(CaseRef { code: code.clone(), id }),
        None if store.tombstone(&object_id(judge.config(), code)).is_some() => {
            let why = Box::new(Obstacle::Destroyed);
            Err(PipelineError::Refused { case: Some(code.clone()), why })
        }
        None => Err(PipelineError::NoCase(code.clone())),
    }
}

/// A case file about which something is stated, found as it was sealed.
struct Desk {
    layout: Layout,
    judge: SealJudge,
    case: CaseRef,
    version: u32,
    pages: u32,
    manifest_sha256: Sha256,
    now: record::Timestamp,
}

impl Desk {
    fn open(
        root: &Path,
        clearance: &Clearance,
        code: &CaseCode,
        clock: Box<dyn Clock>,
    ) -> Result<Desk, PipelineError> {
        let now = clock.now();
        let room = ReadingRoom::open(root, clock)?;
        let opened = room.open_case(clearance, code)?;
        opened.check_record()?;
        let layout = Layout { root: root.to_owned() };
        let judge = SealJudge::of(&layout, now)?;
        let object = opened.object();
        Ok(Desk {
            judge,
            case: CaseRef { code: code.clone(), id: object.id().clone() },
            version: object.head().get(),
            pages: opened.view().case.pages().count() as u32,
            manifest_sha256: manifest_sha256(object, object.head())?,
            now,
            layout,
        })
    }

    fn write(&self, by: &Official, act: Act) -> Result<(), PipelineError> {
        let signer = station(&self.layout)?;
        journal::append(&self.layout, &self.judge, &signer, Some(by), act, self.now).map(drop)
    }

    fn refuse(&self, why: Obstacle) -> PipelineError {
        PipelineError::Refused { case: Some(self.case.code.clone()), why: Box::new(why) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_archive::{Ticking, archive, store};

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "puts another case file in the place of the one that was counted"
    )]
    fn a_review_counts_for_the_pages_that_were_counted_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (root, clock) = (dir.path(), Ticking::now());
        let config = archive(root);
        let folder = root.join(store(root, "HS-1", b"counted"));
        let layout = Layout { root: root.to_owned() };
        let judge = SealJudge::of(&layout, clock.now()).unwrap();
        let code = CaseCode::new("HS-1").unwrap();
        let id = object_id(&config, &code);
        let object = Archive::open_read(root).unwrap().object(&id).unwrap().unwrap();
        let manifest_sha256 = manifest_sha256(&object, object.head()).unwrap();
        let case = CaseRef { code: code.clone(), id };
        let act = Act::Review { case, version: 1, pages_on_paper: 6, manifest_sha256 };
        let by = Official::new("Lê Văn C").unwrap();
        journal::append(&layout, &judge, &station(&layout).unwrap(), Some(&by), act, clock.now()).unwrap();
        let is_reviewed = || {
            let states = CaseStates::read(root, &clock).unwrap();
            matches!(states.of(&code, 1, 6), CaseState::Reviewed(_))
        };
        assert!(is_reviewed());
        // Version 1 again, sealed by the same station.
        std::fs::remove_dir_all(folder).unwrap();
        store(root, "HS-1", b"exchanged");
        assert!(!is_reviewed());
    }
}
