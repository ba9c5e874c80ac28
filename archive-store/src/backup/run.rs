//! What a backup shares with the threads that read and write for it.

use super::BackupError;
use super::loss::Loss;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How far a backup or a restore is, for whoever waits for it; and the way to stop it.
#[derive(Debug, Default)]
pub struct Meter {
    /// Case files of the archive, once they are counted.
    pub all: AtomicU64,
    /// Case files whose turn has come.
    pub cases: AtomicU64,
    /// Bytes read from the archive or restored.
    pub bytes: AtomicU64,
    /// Set it to stop.
    pub stop: AtomicBool,
}

impl Meter {
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
    pub(super) fn add(&self, counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}

/// The library warns of a file that it cannot read and goes on; here nothing is forgotten. While anything is noted that the
/// snapshot would not tell, no snapshot is saved: see [`Run::may_save`].
#[derive(Debug, Default)]
pub(super) struct Run {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Case files that are left out, by folder below `ocfl/`.
    left_out: BTreeMap<PathBuf, Loss>,
    /// How many of these the snapshot names.
    announced: usize,
    /// What stopped it.
    failed: Option<BackupError>,
}

impl Run {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A case file is damaged. What of it is in the tree already never becomes part of a snapshot.
    pub(super) fn leave_out(&self, loss: Loss) {
        self.state().left_out.entry(loss.path.clone()).or_insert(loss);
    }

    pub(super) fn fail(&self, error: BackupError) {
        self.state().failed.get_or_insert(error);
    }

    pub(super) fn is_left_out(&self, folder: &Path) -> bool {
        self.state().left_out.contains_key(folder)
    }

    /// The case files that the next snapshot leaves out and names.
    pub(super) fn announce(&self) -> Vec<String> {
        let mut state = self.state();
        state.announced = state.left_out.len();
        state.left_out.keys().map(|folder| folder.to_string_lossy().into_owned()).collect()
    }

    /// A snapshot holds whole case files and names all that it leaves out.
    pub(super) fn may_save(&self) -> bool {
        let state = self.state();
        state.left_out.len() == state.announced && state.failed.is_none()
    }

    pub(super) fn failure(&self) -> Option<BackupError> {
        self.state().failed.take()
    }

    pub(super) fn left_out(&self) -> Vec<Loss> {
        self.state().left_out.values().cloned().collect()
    }

    /// Before the next backup.
    pub(super) fn forget(&self) {
        *self.state() = State::default();
    }
}
