//! Ledger and index are caches: here they are made anew from the archive alone.

use crate::bench::Workbench;
use crate::ledger::Ledger;
use crate::{Damage, Layout, PipelineError, pack};
use archive_store::{Archive, Object};
use record::{CaseCode, ObjectId};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Takes away an index that cannot be opened any more and a ledger that is not a database, so that [`rebuild`] can make
/// them anew. Unfinished batches are kept when the ledger can be read. Takes the writer lock first: to another program's
/// batch, index and ledger are no wreckage.
pub fn drop_caches(root: &Path) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let (_lock, _) = Archive::open(root)?;
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
    if index::Indexer::open_or_create(&layout.index()).is_err() {
        if ledger.is_file() {
            Ledger::open(&ledger)?.forget_indexed()?;
        }
        index::Indexer::create_anew(&layout.index())?;
    }
    Ok(())
}

/// Adds to the ledger what the archive holds and it lacks: all, where it is new; one case file, where an import was stopped.
/// Unfinished batches are not in the archive: they are run again.
pub(crate) fn refill_ledger(bench: &Workbench) -> Result<(), PipelineError> {
    let noted: HashSet<String> = bench.ledger.stored_objects()?.into_iter().map(|(_, id)| id).collect();
    for id in bench.store.objects()?.into_iter().filter(|id| !noted.contains(id.as_str())) {
        match object(bench, &id).and_then(|object| pack::note_stored(bench, &object)) {
            Ok(_) => {}
            // One damaged case file does not keep the others from being worked on; `verify` names it.
            Err(error) if error.is_about_one_case() => {
                tracing::error!(stage = "open", code = "damaged", object = %id, %error, "case file cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    bench.ledger.set_knows_the_archive()
}

fn object(bench: &Workbench, id: &ObjectId) -> Result<Object, PipelineError> {
    bench
        .store
        .object(id)?
        .ok_or_else(|| PipelineError::Format { what: id.to_string(), problem: "its folder is gone".into() })
}

/// Makes ledger entries and index anew; `tell` hears of every case file with its count. The old index answers until the
/// new one takes its place. Case files that cannot be read are given back and are not in the new index.
pub fn rebuild(
    bench: &Workbench,
    mut tell: impl FnMut(&CaseCode, usize, usize),
) -> Result<Vec<Damage>, PipelineError> {
    let ids = bench.store.objects()?;
    let fresh = bench.layout.root.join("work/index-new");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(PipelineError::io(&fresh))?;
    }
    let mut indexer = index::Indexer::open_or_create(&fresh)?;
    let mut codes = Vec::with_capacity(ids.len());
    let mut damaged = Vec::new();
    for (done, id) in ids.iter().enumerate() {
        let put = object(bench, id).and_then(|object| {
            let code = pack::note_stored(bench, &object)?;
            pack::put_case(&mut indexer, &object).map_err(|e| e.of_case(&code))?;
            Ok(code)
        });
        let code = match put {
            Ok(code) => code,
            Err(error) if error.is_about_one_case() => {
                let of_case = match &error {
                    PipelineError::InCase { code, .. } => Some(code.clone()),
                    _ => None,
                };
                damaged.push(match of_case {
                    Some(code) => Damage::of(&code, error),
                    None => Damage::nameless(id.as_str(), error),
                });
                continue;
            }
            Err(error) => return Err(error),
        };
        codes.push(code.clone());
        tell(&code, done + 1, ids.len());
    }
    indexer.commit()?;
    drop(indexer);
    let mut current = bench.index.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let old = bench.layout.root.join("work/index-old");
    if old.exists() {
        std::fs::remove_dir_all(&old).map_err(PipelineError::io(&old))?;
    }
    durable::rename_noreplace(&bench.layout.index(), &old)?;
    durable::rename_noreplace(&fresh, &bench.layout.index())?;
    *current = index::Indexer::open_or_create(&bench.layout.index())?;
    // Only now is it true.
    codes.iter().try_for_each(|code| bench.ledger.set_indexed(code))?;
    std::fs::remove_dir_all(&old).map_err(PipelineError::io(&old))?;
    Ok(damaged)
}
