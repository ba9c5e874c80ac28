//! What the work tells while it goes on: for a progress bar, plain lines or `--json`.

use record::{BatchId, CaseCode, Finding, PageNo};
use std::path::PathBuf;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The folder was surveyed; work begins.
    Started {
        /// The batch.
        batch: BatchId,
        /// Case files to do.
        cases: u32,
        /// Pages to do, finished ones included.
        pages: u64,
        /// Pages that an earlier run has already read.
        pages_done: u64,
    },
    /// A page was read (or its reading was found in the ledger).
    PageRead {
        /// Its case file.
        case: CaseCode,
        /// Its number in the case file.
        page: PageNo,
        /// `text`, `blank` or `unrecognised`.
        outcome: String,
        /// It had been read before.
        known: bool,
    },
    /// Something about the paper or a file.
    Found(Finding),
    /// A case file is in the archive: sealed, synced, acknowledged.
    Stored {
        /// The case file.
        case: CaseCode,
        /// Its pages.
        pages: u32,
        /// Its version in the archive.
        version: u32,
    },
    /// A case file was in the archive before, with the same content.
    Present {
        /// The case file.
        case: CaseCode,
        /// Its pages.
        pages: u32,
    },
    /// A case file waits: these files or folders of it cannot be received as they are; or a page of it bears a secrecy stamp.
    Waiting {
        /// The case file.
        case: CaseCode,
        /// What is missing, as received; empty where a person has to look at a stamp.
        files: Vec<String>,
    },
    /// The batch folder is not where it was: what was received from it is all there is.
    FolderGone {
        /// Where it was.
        folder: PathBuf,
    },
    /// A case file can be searched.
    Indexed {
        /// The case file.
        case: CaseCode,
    },
}

/// Who listens. Called from several threads.
pub trait Watch: Sync {
    /// Something happened. Must not block for long: the work waits.
    fn event(&self, event: &Event);
}

impl<F: Fn(&Event) + Sync> Watch for F {
    fn event(&self, event: &Event) {
        self(event);
    }
}
