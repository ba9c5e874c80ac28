//! What an index has, whoever may see it: for reconciliation and upkeep. None of it is an answer to a person; whoever asks for one
//! searches, with a clearance: [`crate::Searcher`].

use crate::backend::embedded::Reader;
use crate::backend::{Reading, Visible, Whole};
use crate::error::IndexError;
use record::{CaseCode, Clearance, PageNo, Secrecy};
use std::collections::BTreeMap;
use std::path::Path;

/// The stock of one index as it was when this was opened. Reads beside a writer in this or another process.
pub struct Inventory {
    backend: Box<dyn Reading>,
}

impl Inventory {
    /// Opens the index in `dir`; needs no writer and disturbs none.
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        Ok(Self::with(Box::new(Reader::open(dir)?)))
    }

    /// Reads with this engine.
    pub fn with(backend: Box<dyn Reading>) -> Self {
        Self { backend }
    }

    /// How many pages there are, of all cases.
    pub fn page_count(&self) -> Result<u64, IndexError> {
        Ok(self.cases()?.values().map(|pages| u64::from(*pages)).sum())
    }

    /// The cases and how many pages there are of each. Costs one step for each page.
    pub fn cases(&self) -> Result<BTreeMap<CaseCode, u32>, IndexError> {
        self.backend.cases(&Visible::new(&Clearance::whole_archive(Secrecy::TuyetMat)))
    }

    /// The pages of a case, in order; twice if it has one twice.
    pub fn pages_of(&self, case: &CaseCode) -> Result<Vec<PageNo>, IndexError> {
        self.backend.pages_of(Whole::index(), case)
    }

    /// Reads all files of the index as it is now and compares their checksums; [`IndexError::Corrupt`] names those that differ. Takes as
    /// long as reading them from the disk.
    pub fn check(&self) -> Result<(), IndexError> {
        self.backend.check()
    }
}
