//! The two lists of Thông tư 02/2019/TT-BNV, case files and documents, for people and for systems that still ask for them.

mod table;

use crate::damage::Damage;
use crate::opened_case::OpenedCase;
use crate::{PipelineError, ReadingRoom, catalog};
use archive_store::package::{Line, Listed, Profile, line_of_case, lines_of_documents};
use record::{CaseCode, Clearance};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use table::Tables;

pub use table::ListFormat;

/// What was listed.
#[derive(Debug)]
pub struct CaseLists {
    /// The files written.
    pub files: Vec<PathBuf>,
    /// Lines of the first list.
    pub cases: u64,
    /// Lines of the second.
    pub documents: u64,
    /// Values that their columns have no room for, by column; they are left out whole.
    pub left_out: Vec<(String, u64)>,
    /// Case files that are not listed: not as they were sealed, or unreadable.
    pub damaged: Vec<Damage>,
}

/// Writes both lists of all case files that may be seen, in the order of their codes, from their sealed registers. `out` ends
/// with `.xlsx` (one file, two sheets) or `.csv` (two files, `NAME.ho-so.csv` and `NAME.van-ban.csv`). Nothing that is there
/// is overwritten, and nothing appears before all of it is written. Memory does not grow with the archive but for the codes.
///
/// # Errors
/// [`PipelineError::NoCatalog`] where the ledger does not know all that the archive holds; [`PipelineError::Interrupted`].
pub fn write_lists(
    room: &ReadingRoom,
    root: &Path,
    clearance: &Clearance,
    (format, out): (ListFormat, &Path),
    stop: &AtomicBool,
) -> Result<CaseLists, PipelineError> {
    room.check_outside(out)?;
    let mut codes: Vec<CaseCode> = Vec::new();
    catalog(root, clearance, |entry| codes.push(entry.code))?;
    let mut writing = Writing { tables: Tables::create(format, out)?, documents: 0, left_out: Vec::new() };
    let (mut cases, mut damaged) = (0, Vec::new());
    for code in &codes {
        if stop.load(Ordering::Relaxed) {
            return Err(PipelineError::Interrupted);
        }
        let opened = room.open_case(clearance, code).and_then(|case| case.check_record().map(|()| case));
        match opened {
            Ok(case) => writing.case(room, &case)?,
            Err(error) => {
                damaged.push(Damage::of(code, error));
                continue;
            }
        }
        cases += 1;
    }
    let Writing { tables, documents, left_out } = writing;
    Ok(CaseLists { files: tables.finish()?, cases, documents, left_out, damaged })
}

struct Writing {
    tables: Tables,
    documents: u64,
    left_out: Vec<(String, u64)>,
}

impl Writing {
    fn case(&mut self, room: &ReadingRoom, case: &OpenedCase<'_>) -> Result<(), PipelineError> {
        let (config, pdfs) = (room.config(), case.pdfs());
        let listed = Listed {
            id: case.object_id(),
            archive_code: &config.archive_code,
            fonds: &config.fonds,
            case: &case.view().case,
            pdfs: &pdfs,
        };
        self.line(Profile::Tt02File, &line_of_case(&listed))?;
        for line in lines_of_documents(&listed) {
            self.line(Profile::Tt02Document, &line)?;
            self.documents += 1;
        }
        Ok(())
    }

    fn line(&mut self, list: Profile, line: &Line) -> Result<(), PipelineError> {
        for fault in &line.left_out {
            let column = &fault.field.vietnamese;
            match self.left_out.iter_mut().find(|(known, _)| known == column) {
                Some((_, count)) => *count += 1,
                None => self.left_out.push((column.clone(), 1)),
            }
        }
        self.tables.add(list, &line.values)
    }
}
