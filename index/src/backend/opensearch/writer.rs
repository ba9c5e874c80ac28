//! Writing. Pages are sent as they come and do not show before the commit, which is the change of one document. What they replace goes
//! after that.

use super::shown::Shown;
use super::{Bulk, Cluster, ClusterError, Place, Reader, Seen, State, mapping};
use crate::backend::{Field, Order, PageDoc, Reading, Visible, Writing};
use crate::error::IndexError;
use record::{CaseCode, Clearance, Secrecy};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// Terms that are remembered to be in the dictionary already.
const KNOWN_TERMS: usize = 1_000_000;

/// Generations without a commit that are remembered.
const KEPT_LOST: usize = 1000;

/// How often, and after which time, it is looked whether the engine has let go of what was deleted.
const LOOKS: u32 = 60;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// The writer of the index.
pub struct Writer {
    place: Arc<Place>,
    seen: Seen,
    /// That of the next commit; no other writer has it.
    generation: u64,
    /// Changes of this generation so far.
    changes: u32,
    pages: Bulk,
    words: Bulk,
    known: HashSet<(Field, String)>,
    /// Cases taken out since the last commit.
    removed: BTreeSet<CaseCode>,
    /// Pages put since, by case.
    put: BTreeMap<CaseCode, Vec<String>>,
    stopped: bool,
}

impl Writer {
    /// Opens the index for writing, or makes an empty one. One writer at a time: a second one takes over, and the commit of the
    /// first fails.
    pub fn open_or_create(cluster: &Cluster) -> Result<Self, IndexError> {
        let place = Place::new(cluster)?;
        if !place.is_there()? {
            place.create()?;
        }
        Ok(Self::of(Arc::new(place))?)
    }

    /// Throws away what is there, of any version, and opens an empty index.
    pub fn create_anew(cluster: &Cluster) -> Result<Self, IndexError> {
        let place = Place::new(cluster)?;
        place.clear()?;
        Self::open_or_create(cluster)
    }

    fn of(place: Arc<Place>) -> Result<Self, ClusterError> {
        let seen = place.state()?;
        let (pages, words) = (Bulk::new(place.pages()), Bulk::new(place.words()));
        let mut writer = Self {
            place,
            seen,
            generation: 0,
            changes: 0,
            pages,
            words,
            known: HashSet::new(),
            removed: BTreeSet::new(),
            put: BTreeMap::new(),
            stopped: false,
        };
        writer.begin()?;
        Ok(writer)
    }

    /// Begins a generation, and sweeps out what earlier ones left: pages on their way out, and those never committed.
    fn begin(&mut self) -> Result<(), ClusterError> {
        self.generation = self.seen.state.next;
        self.changes = 0;
        self.pages = Bulk::new(self.place.pages());
        self.removed.clear();
        self.put.clear();
        let mut state = self.seen.state.clone();
        if state.next > state.generation + 1 {
            state.lost.insert(state.next - 1);
        }
        while state.lost.len() > KEPT_LOST {
            state.lost.pop_first();
        }
        state.next += 1;
        self.place.set_state(&mut self.seen, state)?;
        self.sweep()
    }

    /// Deletes the pages that never show again.
    fn sweep(&mut self) -> Result<(), ClusterError> {
        self.place.refresh(&self.place.pages())?;
        let mut ids = Vec::new();
        let query = json!({"bool": {"should": hidden(&self.seen.state)}});
        let body = json!({"query": query, "sort": [Field::Case.name(), mapping::PAGE, mapping::GENERATION]});
        self.place.all_hits(&self.place.pages(), body, |hit| {
            ids.extend(hit["_id"].as_str().map(str::to_owned));
            Ok(ControlFlow::Continue(()))
        })?;
        for id in ids {
            let version = self.version();
            self.pages.delete(&id, version);
        }
        self.pages.send(&self.place)
    }

    /// Greater for each change, in whatever process.
    fn version(&mut self) -> u64 {
        self.changes += 1;
        (self.generation << 32) + u64::from(self.changes)
    }

    fn put(&mut self, page: &PageDoc) -> Result<(), ClusterError> {
        let id = format!("{}\u{1F}{}\u{1F}{}", page.case, page.page, self.generation);
        let version = self.version();
        self.pages.put(&id, version, &mapping::document(page, self.generation));
        self.put.entry(page.case.clone()).or_default().push(id);
        for token in &page.tokens {
            self.learn(Field::Exact, &token.exact)?;
            self.learn(Field::Folded, &token.folded)?;
        }
        if self.pages.is_full() { self.send() } else { Ok(()) }
    }

    fn learn(&mut self, field: Field, term: &str) -> Result<(), ClusterError> {
        if self.known.insert((field, term.to_owned())) {
            let entry = json!({"field": field.name(), "term": term});
            self.words.create(&entry_id(field, term), &entry);
        }
        if self.words.is_full() { self.words.send(&self.place) } else { Ok(()) }
    }

    fn remove(&mut self, case: CaseCode) {
        for id in self.put.remove(&case).unwrap_or_default() {
            let version = self.version();
            self.pages.delete(&id, version);
        }
        self.removed.insert(case);
    }

    fn send(&mut self) -> Result<(), ClusterError> {
        self.words.send(&self.place)?;
        self.pages.send(&self.place)?;
        if self.known.len() > KNOWN_TERMS {
            self.known.clear();
        }
        Ok(())
    }

    fn commit_generation(&mut self, checkpoint: u64) -> Result<(), ClusterError> {
        self.send()?;
        self.place.refresh(&self.place.words())?;
        self.place.refresh(&self.place.pages())?;
        let removed = std::mem::take(&mut self.removed).iter().map(ToString::to_string).collect();
        let state = State { generation: self.generation, checkpoint, removed, ..self.seen.state.clone() };
        self.place.set_state(&mut self.seen, state)?;
        self.begin()
    }

    /// Takes terms out of the dictionary that stand on no page any more, and deleted documents out of all files.
    fn erase_all(&mut self) -> Result<(), ClusterError> {
        let shown = Shown::open(&self.place)?;
        let everything = Visible::new(&Clearance::whole_archive(Secrecy::TuyetMat));
        for field in [Field::Exact, Field::Folded] {
            let terms = self.place.known(field, json!({"match_all": {}}))?;
            let standing: HashSet<String> =
                shown.standing(&everything, field, &terms, terms.len())?.into_iter().collect();
            for term in terms.iter().filter(|term| !standing.contains(*term)) {
                self.words.forget(&entry_id(field, term));
            }
        }
        drop(shown);
        self.words.send(&self.place)?;
        self.known.clear();
        self.expunge(&self.place.words())?;
        self.expunge(&self.place.pages())
    }

    /// The engine only marks deleted documents, and keeps them until all copies are known to have seen the deletion.
    fn expunge(&self, index: &str) -> Result<(), ClusterError> {
        for _ in 0..LOOKS {
            let merged = self.place.client.done(
                "POST",
                &format!("{index}/_forcemerge?max_num_segments=1&flush=true"),
                "",
            )?;
            self.place.whole(&merged, index)?;
            self.place.refresh(index)?;
            let stats = self.place.client.done("GET", &format!("{index}/_stats/docs"), "")?;
            if stats["_all"]["total"]["docs"]["deleted"] == json!(0) {
                // Files of the commit before this one go with the next.
                let flush = format!("{index}/_flush?force=true&wait_if_ongoing=true");
                return self.place.whole(&self.place.client.done("POST", &flush, "")?, index);
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Err(self.place.client.refused(200, "still holds documents that were deleted"))
    }

    fn guarded(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), ClusterError>,
    ) -> Result<(), IndexError> {
        if self.stopped {
            return Err(ClusterError::Stopped { index: self.place.cluster.index.clone() }.into());
        }
        work(self).map_err(|error| {
            self.stopped = true;
            error.into()
        })
    }
}

fn entry_id(field: Field, term: &str) -> String {
    format!("{}\u{1F}{term}", field.name())
}

/// Pages that the last commit took out, and those of commits that never came, as long as they are there.
pub(super) fn hidden(state: &State) -> Value {
    let removed = json!({"bool": {"filter": [
        {"terms": {Field::Case.name(): state.removed}},
        {"range": {mapping::GENERATION: {"lt": state.generation}}},
    ]}});
    json!([removed, {"terms": {mapping::GENERATION: state.lost}}])
}

impl Writing for Writer {
    fn apply(&mut self, order: Order) -> Result<(), IndexError> {
        self.guarded(|writer| match order {
            Order::Put(page) => writer.put(&page),
            Order::Remove(case) => {
                writer.remove(case);
                Ok(())
            }
        })
    }

    fn commit(&mut self, checkpoint: u64) -> Result<(), IndexError> {
        self.guarded(|writer| writer.commit_generation(checkpoint))
    }

    fn checkpoint(&mut self) -> Result<u64, IndexError> {
        Ok(self.seen.state.checkpoint)
    }

    fn rollback(&mut self) -> Result<(), IndexError> {
        self.guarded(Self::begin)
    }

    fn erase(&mut self) -> Result<(), IndexError> {
        self.guarded(Self::erase_all)
    }

    fn reader(&self) -> Result<Box<dyn Reading>, IndexError> {
        Ok(Box::new(Reader::open(&self.place.cluster)?))
    }

    fn close(self: Box<Self>) -> Result<(), IndexError> {
        Ok(())
    }
}
