//! Writing with the embedded engine.

use super::folder;
use super::reader::Reader;
use super::schema::Fields;
use crate::backend::{Field, Order, Reading, Term, Writing};
use crate::error::IndexError;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tantivy::index::SegmentMeta;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, MergeCandidate, MergePolicy};
use tantivy::{Index, IndexWriter};

/// What the engine may hold before it writes a segment.
const MEMORY_BYTES: usize = 20_000_000;

/// A segment of more pages is merged with no other: each core searches its own, and a merge takes time for all it writes anew.
const MOST_MERGED_PAGES: u32 = 200_000;

/// Share of a segment's pages that were replaced or taken out, from which on it is written anew without them, whatever its size.
const MOST_REPLACED: f32 = 0.2;

/// The engine's policy, which looks at no large segment, and beside it the large ones that have many pages to drop.
#[derive(Debug)]
struct Merging(LogMergePolicy);

impl MergePolicy for Merging {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let large = segments.iter().filter(|segment| segment.num_docs() > MOST_MERGED_PAGES);
        let is_due = |s: &&SegmentMeta| s.num_deleted_docs() as f32 > s.max_doc() as f32 * MOST_REPLACED;
        let alone = large.filter(is_due).map(|segment| MergeCandidate(vec![segment.id()]));
        self.0.compute_merge_candidates(segments).into_iter().chain(alone).collect()
    }
}

/// How often, and after which time, it is looked whether the engine has let go of files.
const LOOKS: u32 = 500;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// The lock is the system's (`flock`) and dies with the process.
pub(crate) struct Writer {
    dir: PathBuf,
    index: Index,
    fields: Fields,
    writer: IndexWriter,
    /// A page was put in, at any time. Before that there is nothing to take out, and the engine would keep every order to do
    /// so (2.5 kB) until a page comes that it may concern.
    has_pages: bool,
    stopped: bool,
}

impl Writer {
    /// Opens the index in `dir`, or makes an empty one.
    pub(crate) fn open_or_create(dir: &Path) -> Result<Self, IndexError> {
        let (index, fields) = folder::open_or_create(dir)?;
        let writer = folder::guarded(dir, || {
            // One merge at a time: each holds what it reads and writes, beside the pages that come in.
            let options = IndexWriterOptions::builder()
                .num_worker_threads(1)
                .num_merge_threads(1)
                .memory_budget_per_thread(MEMORY_BYTES)
                .build();
            let writer = index.writer_with_options(options);
            writer.map_err(|e| IndexError::from_engine(dir, e))
        })?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(MOST_REPLACED);
        policy.set_max_docs_before_merge(MOST_MERGED_PAGES as usize);
        writer.set_merge_policy(Box::new(Merging(policy)));
        let has_pages = Reader::of(dir, index.clone(), fields)?.page_count() > 0;
        Ok(Self { dir: dir.to_owned(), index, fields, writer, has_pages, stopped: false })
    }

    /// Throws away whatever index is in `dir`, of any version and in any state, and opens an empty one.
    pub(crate) fn create_anew(dir: &Path) -> Result<Self, IndexError> {
        folder::clear(dir)?;
        Self::open_or_create(dir)
    }

    /// Whether files of segments lie there that no search reads any more.
    fn has_other_files(&mut self) -> Result<bool, IndexError> {
        let ids = self.index.searchable_segment_ids();
        let searched: Vec<String> = self.checked(ids)?.iter().map(|id| id.uuid_string()).collect();
        let files = std::fs::read_dir(&self.dir).map_err(|e| IndexError::io(&self.dir, e))?;
        for file in files {
            let name = file.map_err(|e| IndexError::io(&self.dir, e))?.file_name();
            // Thirty-two hexadecimal digits and an ending: a file of a segment.
            let name = name.to_string_lossy();
            if let Some((id, _)) = name.split_once('.')
                && id.len() == 32
                && !searched.iter().any(|searched| searched == id)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn refuse_when_stopped(&self) -> Result<(), IndexError> {
        if self.stopped { Err(IndexError::Stopped { dir: self.dir.clone() }) } else { Ok(()) }
    }

    fn checked<T>(&mut self, result: tantivy::Result<T>) -> Result<T, IndexError> {
        result.map_err(|e| {
            self.stopped = true;
            IndexError::from_engine(&self.dir, e)
        })
    }
}

impl Writing for Writer {
    fn apply(&mut self, order: Order) -> Result<(), IndexError> {
        self.refuse_when_stopped()?;
        match order {
            Order::Put(page) => {
                self.has_pages = true;
                let added = self.writer.add_document(self.fields.document(&page));
                self.checked(added)?;
            }
            Order::Remove(case) if self.has_pages => {
                self.writer.delete_term(self.fields.term(&Term::new(Field::Case, case.as_str())));
            }
            Order::Remove(_) => {}
        }
        Ok(())
    }

    fn commit(&mut self, checkpoint: u64) -> Result<(), IndexError> {
        self.refuse_when_stopped()?;
        let committed = self.writer.prepare_commit().and_then(|mut prepared| {
            prepared.set_payload(&checkpoint.to_string());
            prepared.commit()
        });
        self.checked(committed).map(drop)
    }

    fn checkpoint(&mut self) -> Result<u64, IndexError> {
        let metas = self.index.load_metas();
        let payload = self.checked(metas)?.payload;
        Ok(payload.and_then(|payload| payload.parse().ok()).unwrap_or(0))
    }

    fn rollback(&mut self) -> Result<(), IndexError> {
        self.refuse_when_stopped()?;
        let back = self.writer.rollback();
        self.checked(back).map(drop)
    }

    fn erase(&mut self) -> Result<(), IndexError> {
        self.refuse_when_stopped()?;
        // The engine only marks deleted pages. A merge that it runs by itself may be writing one of the segments meanwhile:
        // then that one is looked at again.
        loop {
            let segments = self.index.searchable_segment_metas();
            let marked: Vec<_> = self
                .checked(segments)?
                .iter()
                .filter(|segment| segment.has_deletes())
                .map(|segment| segment.id())
                .collect();
            if marked.is_empty() {
                break;
            }
            for segment in marked {
                // One that was merged away meanwhile cannot be merged again; the next look tells.
                if let Err(error) = self.writer.merge(&[segment]).wait()
                    && self.index.searchable_segment_ids().is_ok_and(|ids| ids.contains(&segment))
                {
                    return self.checked(Err(error));
                }
            }
        }
        // A merge that is still at work holds the files that it reads; they go when it has ended.
        for _ in 0..LOOKS {
            let collected = self.writer.garbage_collect_files().wait();
            self.checked(collected)?;
            if !self.has_other_files()? {
                return Ok(());
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Err(IndexError::io(&self.dir, "the engine still holds files of what was erased"))
    }

    fn reader(&self) -> Result<Box<dyn Reading>, IndexError> {
        Ok(Box::new(Reader::of(&self.dir, self.index.clone(), self.fields)?))
    }

    fn close(self: Box<Self>) -> Result<(), IndexError> {
        self.writer.wait_merging_threads().map_err(|e| IndexError::from_engine(&self.dir, e))
    }
}
