//! A case file while it is being worked on.

use crate::format::intake::{SurveyedCase, SurveyedFile};
use ingest::Received;
use record::{CaseCode, Finding, FindingKind, FolioMark, FolioSource, PageNo};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A case file whose files are received; its pages are being read.
pub(crate) struct OpenCase {
    pub(crate) seq: u32,
    pub(crate) surveyed: SurveyedCase,
    /// One for each file of the survey; `None` where the bytes could not be had.
    pub(crate) masters: Vec<Option<Received>>,
    /// What could not be received, by the survey or now; empty when the case file is complete.
    pub(crate) missing: Vec<Finding>,
    /// Of each document, its first file; none of them is empty.
    first_files: Vec<usize>,
    /// Of each file, how many pages the files before it have; last, how many there are.
    first_pages: Vec<u32>,
    /// The archive holds it already; only the index is missing.
    pub(crate) is_stored: bool,
    left: AtomicU32,
    failed: AtomicBool,
    held: AtomicBool,
}

/// One page: which page of which file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenPage {
    /// Index into [`OpenCase::masters`].
    pub(crate) file: usize,
    /// Page of that file, from 0.
    pub(crate) page_idx: u32,
}

impl OpenCase {
    pub(crate) fn new(
        seq: u32,
        surveyed: SurveyedCase,
        masters: Vec<Option<Received>>,
        missing: Vec<Finding>,
    ) -> Self {
        let mut first_pages = Vec::with_capacity(masters.len() + 1);
        let mut pages = 0;
        first_pages.push(pages);
        for (surveyed, received) in surveyed.files().zip(&masters) {
            pages += if received.is_some() { pages_in(surveyed) } else { 0 };
            first_pages.push(pages);
        }
        let starts = surveyed.documents.iter().scan(0, |next, (_, files)| {
            let first = *next;
            *next += files.len();
            Some(first)
        });
        let first_files = starts.collect();
        let left = AtomicU32::new(pages);
        Self {
            seq,
            surveyed,
            masters,
            missing,
            first_files,
            first_pages,
            is_stored: false,
            left,
            failed: AtomicBool::new(false),
            held: AtomicBool::new(false),
        }
    }

    pub(crate) fn code(&self) -> &CaseCode {
        &self.surveyed.header.code
    }

    /// How many pages it has: those of the files received.
    pub(crate) fn pages(&self) -> usize {
        *self.first_pages.last().expect("never empty") as usize
    }

    /// A page of it, from 0.
    pub(crate) fn page(&self, idx: usize) -> OpenPage {
        // The last file that begins at or before it; files without pages begin where the next one does.
        let file = self.first_pages.partition_point(|first| *first as usize <= idx) - 1;
        OpenPage { file, page_idx: idx as u32 - self.first_pages[file] }
    }

    /// The master that a page lies in.
    pub(crate) fn master(&self, page: OpenPage) -> &Received {
        self.masters[page.file].as_ref().expect("only received files have pages")
    }

    /// How many pages a file has.
    pub(crate) fn pages_of(&self, file: usize) -> u32 {
        pages_in(self.file(file))
    }

    /// A file of the survey; which of [`OpenCase::masters`].
    pub(crate) fn file(&self, file: usize) -> &SurveyedFile {
        let document = self.first_files.partition_point(|first| *first <= file) - 1;
        &self.surveyed.documents[document].1[file - self.first_files[document]]
    }

    /// The bút lục that the list gives a page.
    pub(crate) fn listed_folio(&self, page: OpenPage) -> Option<FolioMark> {
        let (_, label) = self.file(page.file).folios.iter().find(|(no, _)| *no == page.page_idx + 1)?;
        Some(FolioMark { label: label.clone(), source: FolioSource::List, confidence: 100 })
    }

    /// A finding about a page. Its detail begins with the name of the file: who has to scan again needs it.
    pub(crate) fn finding_on_page(&self, kind: FindingKind, idx: usize, detail: &str) -> Finding {
        let name = &self.file(self.page(idx).file).intake.received_as;
        let detail = if detail.is_empty() { name.clone() } else { format!("{name}: {detail}") };
        Finding::on_page(kind, self.code().as_str(), PageNo::from_idx(idx), detail)
    }

    /// Notes that a page of it could not be worked on: it is not packed in this run.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Release);
    }

    /// Whether [`OpenCase::fail`] was called.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Notes that a page of it bears a secrecy stamp: it waits.
    pub(crate) fn hold(&self) {
        self.held.store(true, Ordering::Release);
    }

    /// Whether [`OpenCase::hold`] was called.
    pub(crate) fn is_held(&self) -> bool {
        self.held.load(Ordering::Acquire)
    }

    /// Counts a page as read; true for the last one.
    pub(crate) fn one_page_less(&self) -> bool {
        self.left.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// A digest over names and digests of what was received: equal content, equal digest.
    pub(crate) fn contents(&self) -> String {
        let files = self.surveyed.files().zip(&self.masters);
        let received =
            files.filter_map(|(file, master)| Some((file.intake.received_as.as_str(), master.as_ref()?)));
        contents(received.map(|(name, master)| (name, master.sha256.to_string())))
    }
}

fn pages_in(file: &SurveyedFile) -> u32 {
    file.intake.info.as_ref().map_or(0, |info| info.pages)
}

/// The part of a received name below its case folder.
pub(crate) fn below_case(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, below)| below)
}

/// The digest of [`OpenCase::contents`] over any list of names and digests. Only the part of a name below the case
/// folder counts, so that a batch folder may be renamed.
pub(crate) fn contents<'a>(files: impl Iterator<Item = (&'a str, String)>) -> String {
    let mut lines: Vec<String> =
        files.map(|(name, digest)| format!("{digest}  {}\n", below_case(name))).collect();
    lines.sort();
    let mut hash = Sha256::new();
    lines.iter().for_each(|line| hash.update(line));
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
