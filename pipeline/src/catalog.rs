//! The catalog: what the archive holds, a line for each case file, without opening any. Kept in the ledger, rebuilt from the
//! archive. It is not sealed: whoever opens a case file is shown what was sealed.

use crate::config::Layout;
use crate::format::case_json::CaseRecord;
use crate::ledger::Ledger;
use crate::{PipelineError, volumes};
use record::{AccessLabel, CaseCode, Clearance, Secrecy};
use std::path::Path;

/// A case file in the catalog, as its latest version describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogEntry {
    /// Mã hồ sơ.
    pub code: CaseCode,
    /// Title of the case.
    pub title: String,
    /// The unit it belongs to.
    pub unit: String,
    /// Its year.
    pub year: Option<u16>,
    /// How long it is kept, as the register says.
    pub retention: String,
    /// Its secrecy.
    pub secrecy: Secrecy,
    /// How many documents.
    pub documents: u32,
    /// How many pages.
    pub pages: u32,
    /// Its latest version, from 1.
    pub version: u32,
}

impl CatalogEntry {
    pub(crate) fn of(record: &CaseRecord, version: u32) -> Self {
        let header = &record.case.header;
        let (documents, pages) = volumes::counts(record);
        Self {
            code: header.code.clone(),
            title: header.title.clone(),
            unit: header.unit.clone(),
            year: header.year,
            retention: header.retention.clone(),
            secrecy: header.secrecy,
            documents,
            pages,
            version,
        }
    }

    fn label(&self) -> AccessLabel {
        AccessLabel { secrecy: self.secrecy, unit: self.unit.clone() }
    }
}

/// Tells the case files that may be seen, in the order of their codes. Opens none of them; a hundred thousand take about a second.
///
/// # Errors
/// [`PipelineError::NoCatalog`] where the ledger is missing or does not know all that the archive holds.
pub fn catalog(
    root: &Path,
    clearance: &Clearance,
    mut tell: impl FnMut(CatalogEntry),
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let ledger = Ledger::open_if_there(&layout.ledger())?;
    if !ledger.knows_the_archive()? {
        return Err(PipelineError::NoCatalog);
    }
    ledger.catalog(|entry| {
        if clearance.allows(&entry.label()) {
            tell(entry);
        }
    })
}
