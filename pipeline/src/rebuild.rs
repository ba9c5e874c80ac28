//! Ledger and index are caches: here they are made anew from the archive alone.

use crate::bench::{Equipment, Workbench};
use crate::config::ArchiveConfig;
use crate::ledger::{Ledger, StoredCase};
use crate::lexicon::lexicon_files;
use crate::opening::{open_archive, tell_logged};
use crate::tlog::{self, ArchiveLog};
use crate::volumes::case_of_volume;
use crate::{Damage, Layout, PipelineError, index_swap, pack};
use archive_store::{Archive, ArchiveReader, Object};
use index::IndexError;
use record::{CaseCode, ObjectId, Timestamp};
use seal::tlog::VersionKind;
use std::path::{Path, PathBuf};

/// Takes away an index that cannot be opened any more and a ledger that is not a database, so that [`rebuild`] can make
/// them anew. Unfinished batches are kept when the ledger can be read. Takes the writer lock first: to another program's
/// batch, index and ledger are no wreckage.
fn drop_caches(root: &Path) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let _lock = open_archive(&layout, &ArchiveConfig::read(&layout.config())?)?;
    let ledger = layout.ledger();
    if ledger.is_file() && Ledger::open(&ledger).is_err() {
        let ending = |tail: &str| PathBuf::from(format!("{}{tail}", ledger.display()));
        for file in [ledger.clone(), ending("-wal"), ending("-shm")] {
            match std::fs::remove_file(&file) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(PipelineError::io(file)(e)),
                _ => {}
            }
        }
    }
    index_swap::put_back(&layout)?;
    match index::Indexer::open_or_create(&layout.index()) {
        Ok(_) => Ok(()),
        // It is none the worse for these, and they pass.
        Err(error @ (IndexError::Locked { .. } | IndexError::NoSpace { .. })) => Err(error.into()),
        Err(_) => {
            if ledger.is_file() {
                Ledger::open(&ledger)?.forget_indexed()?;
            }
            index::Indexer::create_anew(&layout.index())?;
            Ok(())
        }
    }
}

/// Case files noted in one transaction.
const AT_ONCE: usize = 500;

/// Adds to the ledger what the archive holds and it lacks: all, where it is new; one case file, where an import was stopped;
/// versions that a repair brought back.
/// Unfinished batches are not in the archive: they are run again. What the index has of case files that were never corrected
/// stands; others are put into it anew.
pub(crate) fn refill_ledger(
    layout: &Layout,
    store: &ArchiveReader,
    ledger: &Ledger,
) -> Result<(), PipelineError> {
    let noted = ledger.catalogued_objects()?;
    let indexed = index::Inventory::open(&layout.index())?.cases()?;
    let is_indexed = |case: &StoredCase| case.version == 1 && indexed.get(&case.code) == Some(&case.pages);
    let mut found = Vec::with_capacity(AT_ONCE);
    for id in case_files(store)? {
        let is_noted = |object: &Object| noted.get(id.as_str()) == Some(&object.head().get());
        let stored = object(store, &id)
            .and_then(|object| (!is_noted(&object)).then(|| pack::stored_in(store, object)).transpose());
        match stored {
            Ok(None) => {}
            Ok(Some(mut stored)) => {
                stored.case.indexed = is_indexed(&stored.case);
                found.push(stored);
            }
            // One damaged case file does not keep the others from being worked on; `verify` names it.
            Err(error) if error.is_about_one_case() => {
                tracing::error!(stage = "open", code = "damaged", object = %id, %error, "case file cannot be read");
            }
            Err(error) => return Err(error),
        }
        if found.len() == AT_ONCE {
            ledger.set_stored(&found)?;
            found.clear();
        }
    }
    ledger.set_stored(&found)?;
    ledger.set_knows_the_archive()
}

/// Where the ledger may lack what the archive holds: adds it, and enters into the log what came in before a stop, or was put back by a
/// repair, and is not in it.
pub(crate) fn make_sure(
    layout: &Layout,
    store: &Archive,
    ledger: &Ledger,
    log: &mut ArchiveLog,
    now: Timestamp,
) -> Result<(), PipelineError> {
    if ledger.knows_the_archive()? {
        return Ok(());
    }
    refill_ledger(layout, store, ledger)?;
    let before = log.size();
    tlog::enter_all(log, store, VersionKind::Adopted, now)?;
    tell_logged(&layout.root, log.size() - before);
    Ok(())
}

/// The objects of case files; volumes are read through theirs.
pub(crate) fn case_files(store: &ArchiveReader) -> Result<Vec<ObjectId>, PipelineError> {
    let ids = store.objects()?.into_iter();
    Ok(ids.filter(|id| case_of_volume(id).is_none()).collect())
}

pub(crate) fn object(store: &ArchiveReader, id: &ObjectId) -> Result<Object, PipelineError> {
    store
        .object(id)?
        .ok_or_else(|| PipelineError::Format { what: id.to_string(), problem: "its folder is gone".into() })
}

/// Makes ledger entries and index of an archive anew, in whatever state they are; `tell` hears of every case file with its
/// count. The old index answers until the new one takes its place. Case files that cannot be read are given back and are not in
/// the new index.
pub fn rebuild(
    root: &Path,
    equipment: Equipment,
    mut tell: impl FnMut(&CaseCode, usize, usize),
) -> Result<Vec<Damage>, PipelineError> {
    drop_caches(root)?;
    renew(&Workbench::open_as_indexed(root, equipment)?, &mut tell)
}

/// The same for an archive that is open for work.
pub(crate) fn renew(
    bench: &Workbench,
    tell: &mut dyn FnMut(&CaseCode, usize, usize),
) -> Result<Vec<Damage>, PipelineError> {
    let fresh = bench.layout.root.join("work/index-new");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(PipelineError::io(&fresh))?;
    }
    let mut indexer = index::Indexer::open_or_create(&fresh)?;
    let (codes, damaged) = fill(&bench.store, &bench.ledger, &mut indexer, tell)?;
    indexer.commit()?;
    // Merges under way look for their files where the index lies.
    indexer.close()?;
    // A lexicon is not made anew with the index: what was published stays.
    for lexicon in lexicon_files(&bench.layout) {
        let name = lexicon.file_name().unwrap_or_default();
        let mut file = std::fs::File::open(&lexicon).map_err(PipelineError::io(&lexicon))?;
        durable::put_new(&fresh.join(name), &mut file)?;
    }
    let mut current = bench.index.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // The ledger first: a stop between the two leaves case files that are put in once more, and none that is missed.
    bench.ledger.set_only_indexed(&codes)?;
    index_swap::take_place(&bench.layout)?;
    *current = index::Indexer::open_or_create(&bench.layout.index())?;
    // A lexicon that was published meanwhile is still in the old one.
    index_swap::put_back(&bench.layout)?;
    Ok(damaged)
}

/// Makes ledger and index of an archive that has none, from what it holds: one that was restored. Needs no key. Case files
/// that cannot be read are given back and are not in the index.
pub(crate) fn make_caches(layout: &Layout) -> Result<Vec<Damage>, PipelineError> {
    let store = Archive::open_read(&layout.root)?;
    let ledger = Ledger::open(&layout.ledger())?;
    let mut indexer = index::Indexer::open_or_create(&layout.index())?;
    let (codes, damaged) = fill(&store, &ledger, &mut indexer, &mut |_, _, _| {})?;
    indexer.commit()?;
    ledger.set_indexed(&codes)?;
    ledger.set_knows_the_archive()?;
    Ok(damaged)
}

/// Puts every case file into ledger and index; the caller commits. Those put in, and those that cannot be read.
fn fill(
    store: &ArchiveReader,
    ledger: &Ledger,
    indexer: &mut index::Indexer,
    tell: &mut dyn FnMut(&CaseCode, usize, usize),
) -> Result<(Vec<CaseCode>, Vec<Damage>), PipelineError> {
    let ids = case_files(store)?;
    let mut codes = Vec::with_capacity(ids.len());
    let mut damaged = Vec::new();
    let mut found = Vec::with_capacity(AT_ONCE);
    for (done, id) in ids.iter().enumerate() {
        let put = object(store, id).and_then(|object| {
            let mut stored = pack::stored_in(store, object.clone())?;
            // In the old index it may be, which answers until the new one takes its place.
            stored.case.indexed = ledger.stored(&stored.case.code)?.is_some_and(|known| known.indexed);
            pack::put_case(indexer, store, object).map_err(|e| e.of_case(&stored.case.code))?;
            Ok(stored)
        });
        match put {
            Ok(stored) => {
                codes.push(stored.case.code.clone());
                tell(&stored.case.code, done + 1, ids.len());
                found.push(stored);
            }
            Err(error) if error.is_about_one_case() => {
                let of_case = match &error {
                    PipelineError::InCase { code, .. } => Some(code.clone()),
                    _ => None,
                };
                damaged.push(match of_case {
                    Some(code) => Damage::of(&code, error),
                    None => Damage::nameless(id.as_str(), error),
                });
            }
            Err(error) => return Err(error),
        }
        if found.len() == AT_ONCE {
            ledger.set_stored(&found)?;
            found.clear();
        }
    }
    ledger.set_stored(&found)?;
    Ok((codes, damaged))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_archive::{MASTER, archive, ledger_versions, store};

    #[test]
    fn a_case_file_that_the_new_index_lacks_is_put_in_when_the_archive_is_next_opened() {
        let folder = tempfile::tempdir().unwrap();
        archive(folder.path());
        let codes = ["HS-1", "HS-2"].map(|code| CaseCode::new(code).unwrap());
        codes.iter().for_each(|code| drop(store(folder.path(), code.as_str(), MASTER.as_bytes())));
        ledger_versions(folder.path());
        let ledger = Ledger::open(&Layout { root: folder.path().to_owned() }.ledger()).unwrap();
        ledger.set_indexed(&codes).unwrap();
        assert!(ledger.not_indexed().unwrap().is_empty());
        ledger.set_only_indexed(&codes[..1]).unwrap();
        assert_eq!(ledger.not_indexed().unwrap(), codes[1..]);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "damages on purpose")]
    fn an_index_that_another_program_writes_to_is_not_emptied() {
        let folder = tempfile::tempdir().unwrap();
        archive(folder.path());
        let layout = Layout { root: folder.path().to_owned() };
        let written_to = index::Indexer::open_or_create(&layout.index()).unwrap();
        let files = || {
            let entries = std::fs::read_dir(layout.index()).unwrap().map(|entry| entry.unwrap().file_name());
            entries.collect::<std::collections::BTreeSet<_>>()
        };
        let before = files();
        let refused = drop_caches(folder.path());
        assert!(matches!(refused, Err(PipelineError::Index(IndexError::Locked { .. }))), "{refused:?}");
        assert_eq!(files(), before);
        written_to.close().unwrap();
        drop_caches(folder.path()).unwrap();
        // One that is damaged is made anew.
        std::fs::write(layout.index().join("meta.json"), b"{").unwrap();
        drop_caches(folder.path()).unwrap();
        index::Inventory::open(&layout.index()).unwrap();
    }
}
