//! What other places know of a case file that was destroyed: copies in the work folders, index, ledger. Each is cleared so
//! that no byte of it is left in a file of the archive's folder.

use super::Tombstone;
use crate::PipelineError;
use crate::bench::Workbench;
use crate::config::Layout;
use crate::journal::{self, Act, CaseRef, Journal};
use crate::ledger::Ledger;
use crate::seals::SealJudge;
use crate::tlog::ArchiveLog;
use crate::{drill, fixity, foreign};
use archive_store::{Archive, Object};
use durable::Lock;
use index::Indexer;
use record::{CaseCode, ObjectId, Sha256, Timestamp};
use seal::Pkcs12Signer;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) struct Hands<'a> {
    pub(super) layout: &'a Layout,
    pub(super) store: &'a Archive,
    pub(super) ledger: &'a Ledger,
    pub(super) judge: &'a SealJudge,
    pub(super) signer: &'a Pkcs12Signer,
    /// The journal is locked: no hold comes between decision and deed.
    pub(super) pen: &'a Lock,
}

/// Ends destructions that were stopped between tombstone and caches; nothing to do after an orderly end.
pub(crate) fn finish_all(bench: &Workbench) -> Result<(), PipelineError> {
    if bench.store.unsettled_purges()?.is_empty() {
        return Ok(());
    }
    let now = bench.clock.now();
    let judge = SealJudge::of(&bench.layout, now)?;
    let (layout, store, ledger, signer) = (&bench.layout, &bench.store, &bench.ledger, &bench.station);
    let pen = &journal::lock(layout)?;
    let hands = Hands { layout, store, ledger, judge: &judge, signer, pen };
    let mut indexer = bench.index.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut log = bench.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    hands.finish_all(&mut log, &mut indexer, now)?;
    ledger.compact()
}

impl Hands<'_> {
    /// Removes copies of the case file that wait in the work folders, where no other case file needs them. Done before its
    /// object goes, for only that names its masters; they are copies.
    pub(super) fn clear_work(&self, code: &CaseCode, object: &Object) -> Result<(), PipelineError> {
        let mut digests = BTreeSet::new();
        for made in object.versions() {
            for file in object.files(made.version)? {
                digests.extend(file.sha256);
            }
        }
        self.clear_copies(code, digests)?;
        let work = self.layout.root.join("work");
        for scratch in ["index-old", "index-new", "self-test", "drill"] {
            durable::remove_tree(&work.join(scratch))?;
        }
        // What a killed check or repair had fetched from an object store.
        for entry in std::fs::read_dir(work.join("replicas")).into_iter().flatten().flatten() {
            durable::remove_tree(&entry.path().join("fetched"))?;
        }
        Ok(())
    }

    /// Removes what waits of masters that no other case file needs.
    fn clear_copies(&self, code: &CaseCode, digests: BTreeSet<Sha256>) -> Result<(), PipelineError> {
        for sha256 in digests {
            if !self.ledger.is_only_of(&sha256, code)? {
                continue;
            }
            self.ledger.forget_master(&sha256)?;
            let hex = sha256.to_string();
            for shelf in [self.layout.spool(), self.layout.pages()] {
                remove_starting_with(&shelf.join(&hex[..2]), &hex)?;
                remove_starting_with(&shelf, &hex)?;
            }
        }
        Ok(())
    }

    /// After objects have gone: log, journal, the index (once for all of them), the ledger; then nothing is left to do. May be
    /// run again.
    pub(super) fn finish_all(
        &self,
        log: &mut ArchiveLog,
        indexer: &mut Indexer,
        now: Timestamp,
    ) -> Result<(), PipelineError> {
        let gone = self.store.unsettled_purges()?;
        let codes = gone.iter().map(|id| self.note(log, id, now)).collect::<Result<Vec<_>, _>>()?;
        if !codes.is_empty() {
            indexer.erase_cases(&codes)?;
        }
        for (id, code) in gone.iter().zip(&codes) {
            // A delivery of it that waits is not stored any more: its bytes go like those that were.
            self.clear_copies(code, self.ledger.received(code)?)?;
            foreign::clear_desk(self.layout, id)?;
            self.ledger.forget_case(code)?;
            self.store.settle_purge(id)?;
        }
        Ok(())
    }

    /// Enters in the log and writes into the journal that a case file was destroyed, unless it stands there. Its code.
    fn note(&self, log: &mut ArchiveLog, id: &ObjectId, now: Timestamp) -> Result<CaseCode, PipelineError> {
        let folder = self.store.tombstone(id).unwrap_or_default();
        let wrong = |problem| PipelineError::Format { what: folder.display().to_string(), problem };
        let (stone, tombstone_sha256) = Tombstone::read(&folder).map_err(wrong)?;
        let code = stone.case_code()?;
        for (part, version) in stone.destroyed() {
            let receipt = log.enter_disposal(&part, version, tombstone_sha256, now)?;
            if let Some(folder) = self.store.tombstone(&part) {
                durable::write_file(&folder.with_extension("tlog-proof"), receipt.as_bytes())?;
            }
        }
        if !Journal::read(self.layout, self.judge)?.sound()?.destroyed().contains(id) {
            let case = CaseRef { code: code.clone(), id: id.clone() };
            let act = Act::Destroyed { case, proposal: stone.proposal, tombstone_sha256 };
            journal::append_holding(self.pen, self.layout, self.judge, self.signer, None, act, now)?;
        }
        Ok(code)
    }
}

/// Keeps checks, drills and work with object stores away while their folders are cleared. [`PipelineError::Durable`] says who
/// is at work.
pub(super) fn lock_work(layout: &Layout) -> Result<Vec<Lock>, PipelineError> {
    let mut locks = vec![fixity::one_at_a_time(layout)?, drill::one_at_a_time(layout)?];
    let replicas = layout.root.join("work/replicas");
    let entries = match std::fs::read_dir(&replicas) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(locks),
        other => other.map_err(PipelineError::io(&replicas))?,
    };
    for entry in entries {
        let folder = entry.map_err(PipelineError::io(&replicas))?.path();
        // As `archive_store::S3Root` locks it.
        if folder.is_dir() {
            locks.push(Lock::try_exclusive(&folder.join("lock"))?);
        }
    }
    Ok(locks)
}

/// Removes the files of a folder whose names start so; a folder that is not there has none.
fn remove_starting_with(folder: &Path, start: &str) -> Result<(), PipelineError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(PipelineError::io(folder)(e)),
    };
    for entry in entries {
        let path = entry.map_err(PipelineError::io(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(start) && path.is_file() {
            durable::remove_file(&path)?;
        }
    }
    Ok(())
}
