//! Putting case files into the index.

use crate::backend::embedded::Writer;
use crate::backend::{Order, PageDoc, Seam, Writing};
use crate::error::IndexError;
use crate::facet::CaseKind;
use crate::inventory::Inventory;
use crate::search::Searcher;
use record::{AccessLabel, CaseCode, DocType, DocumentNo, PageNo, PageText, PartialDate};
use std::path::Path;

/// What is common to all pages of a case file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexCase {
    /// Mã hồ sơ, NFC.
    pub code: CaseCode,
    /// Who may find it.
    pub label: AccessLabel,
    /// The year of the register.
    pub year: Option<u16>,
    /// Which procedure it belongs to, where its documents say so.
    pub kind: Option<CaseKind>,
}

/// One page. Pages without text (blank, unrecognised) belong in the index too: they are counted and found by filters.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexPage {
    /// The document it belongs to.
    pub document: DocumentNo,
    /// Its number in the case file.
    pub page: PageNo,
    /// Bút lục, as read or listed.
    pub folio: Option<String>,
    /// The kind of its document.
    pub doc_type: Option<DocType>,
    /// The date of its document.
    pub date: Option<PartialDate>,
    /// Số, ký hiệu of its document, where it stands on this page: `12/CT-VKS-P1`.
    pub number: Option<String>,
    /// Units that its document comes from, beside the one that owns the case file.
    pub units: Vec<String>,
    /// People whom the document's fields find on this page.
    pub persons: Vec<String>,
    /// What was read on it.
    pub text: Option<PageText>,
}

/// The one writer of an index. Nothing is visible or durable before [`Indexer::commit`]; whatever ends the process
/// before it (or between two) leaves the index as the last commit made it. The lock is the system's (`flock`) and
/// dies with the process.
pub struct Indexer {
    backend: Box<dyn Writing>,
    /// The number of the last commit.
    checkpoint: u64,
}

impl Indexer {
    /// Opens the index in `dir` for writing, or makes an empty one. Fails with [`IndexError::Locked`] while another
    /// writer is open, in this or another process.
    pub fn open_or_create(dir: &Path) -> Result<Self, IndexError> {
        Self::with(Box::new(Writer::open_or_create(dir)?))
    }

    /// Throws away whatever index is in `dir`, of any version and in any state, and opens an empty one: the first step
    /// of a rebuild.
    pub fn create_anew(dir: &Path) -> Result<Self, IndexError> {
        Self::with(Box::new(Writer::create_anew(dir)?))
    }

    /// Writes with this engine.
    pub fn with(mut backend: Box<dyn Writing>) -> Result<Self, IndexError> {
        let checkpoint = backend.checkpoint()?;
        Ok(Self { backend, checkpoint })
    }

    /// Puts these pages in place of all that the index has of the case. They show together at the next commit; doing
    /// it again changes nothing. They come in their order, so that what runs over from one to the next is found. Of two pages with one number both would be kept: the caller gives each once.
    /// A failure stops this writer, and everything since the last commit is lost.
    pub fn put_case(
        &mut self,
        case: &IndexCase,
        pages: impl IntoIterator<Item = IndexPage>,
    ) -> Result<(), IndexError> {
        self.remove_case(&case.code)?;
        // The last page with a body, until it is known how the next one begins.
        let mut waiting: Option<Box<PageDoc>> = None;
        let mut begun: Option<DocumentNo> = None;
        for page in pages {
            let mut doc = Box::new(PageDoc::new(case, &page));
            if doc.body == 0 {
                self.backend.apply(Order::Put(doc))?;
                continue;
            }
            if begun.replace(page.document) != Some(page.document) {
                doc.begin_document();
            }
            if let Some(mut before) = waiting.replace(doc) {
                let next = page.text.filter(|_| before.document == page.document);
                before.seam = next.and_then(|next| Seam::new(&before.tokens[..before.body], &next));
                self.backend.apply(Order::Put(before))?;
            }
        }
        waiting.map_or(Ok(()), |last| self.backend.apply(Order::Put(last)))
    }

    /// Takes out all pages of a case at the next commit; nothing happens if there are none.
    pub fn remove_case(&mut self, case: &CaseCode) -> Result<(), IndexError> {
        self.backend.apply(Order::Remove(case.clone()))
    }

    /// Takes out all pages of case files so that no file of the index holds a word of them: segments with deleted pages are
    /// written anew without them, and the old files are removed. Commits.
    pub fn erase_cases(&mut self, cases: &[CaseCode]) -> Result<(), IndexError> {
        cases.iter().try_for_each(|case| self.remove_case(case))?;
        self.commit()?;
        self.backend.erase()
    }

    /// Makes everything since the last commit durable and visible to readers that reload. Costs several file syncs.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        self.backend.commit(self.checkpoint + 1)?;
        self.checkpoint += 1;
        Ok(())
    }

    /// Forgets everything since the last commit, for example when the pages of a case could not all be read.
    pub fn rollback(&mut self) -> Result<(), IndexError> {
        self.backend.rollback()
    }

    /// A reader of the last commit.
    pub fn searcher(&self) -> Result<Searcher, IndexError> {
        Ok(Searcher::with(self.backend.reader()?))
    }

    /// What the last commit holds.
    pub fn inventory(&self) -> Result<Inventory, IndexError> {
        Ok(Inventory::with(self.backend.reader()?))
    }

    /// Waits for merges under way and frees the lock; what was not committed is forgotten. Dropping does the same
    /// without waiting.
    pub fn close(self) -> Result<(), IndexError> {
        self.backend.close()
    }
}
