//! The package of another program that a case file came in: kept whole in the case file's own package, under
//! `documentation/received/`, with what is known of it.

use crate::config::Layout;
use crate::flow::Flow;
use crate::format::case_json::{CaseRecord, ReceivedFile, ReceivedPackage};
use crate::ledger::BatchRow;
use crate::previous::Previous;
use crate::{PipelineError, Workbench};
use archive_store::Draft;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Where such a package lies in ours.
const FOLDER: &str = "documentation/received/";
/// In the folder of an import: what is known of the package, its files, and the batch made from it.
const ABOUT: &str = "origin.json";
const PACKAGE: &str = "package";
const BATCH: &str = "batch";

/// The folder in which a package is made into a batch.
#[derive(Debug, Clone)]
pub(super) struct Desk(PathBuf);

impl Desk {
    /// Of the case file whose object is this.
    pub(super) fn new(layout: &Layout, object: &record::ObjectId) -> Desk {
        Desk(layout.incoming().join(archive_store::package_name(object)))
    }

    /// Of a batch that was made here; `None` for every other batch.
    fn of_batch(layout: &Layout, folder: &Path) -> Option<Desk> {
        layout.is_incoming(folder).then(|| folder.parent().map(|desk| Desk(desk.to_owned())))?
    }

    /// The package as it came.
    pub(super) fn package(&self) -> PathBuf {
        self.0.join(PACKAGE)
    }

    /// The batch.
    pub(super) fn batch(&self) -> PathBuf {
        self.0.join(BATCH)
    }

    pub(super) fn write(&self, about: &ReceivedPackage) -> Result<(), PipelineError> {
        let json = serde_json::to_vec(about).expect("strings can be written as JSON");
        Ok(durable::write_file(&self.0.join(ABOUT), &json)?)
    }

    fn about(&self) -> Result<ReceivedPackage, PipelineError> {
        let path = self.0.join(ABOUT);
        let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
        let wrong = |e: serde_json::Error| PipelineError::Format {
            what: path.display().to_string(),
            problem: e.to_string(),
        };
        serde_json::from_slice(&bytes).map_err(wrong)
    }

    /// The batch that was made here and is not finished: what it waits for is taken away from nobody.
    pub(super) fn open_batch(&self, batches: &[BatchRow]) -> Option<BatchRow> {
        // By the folder's name: the archive may be called by another path than then.
        let is_here = |row: &&BatchRow| {
            let desk = Path::new(&row.folder).parent().and_then(Path::file_name);
            row.state != "finished" && desk == self.0.file_name()
        };
        batches.iter().find(is_here).cloned()
    }

    /// Takes away the working copy.
    pub(super) fn clear(&self) -> Result<(), PipelineError> {
        Ok(durable::remove_tree(&self.0)?)
    }
}

/// Takes away the working copy of a package that was to become a case file, if there is one.
pub(crate) fn clear_desk(layout: &Layout, object: &record::ObjectId) -> Result<(), PipelineError> {
    Desk::new(layout, object).clear()
}

/// Takes away the working copies of packages for which no batch waits.
pub(crate) fn clear_finished(bench: &Workbench) -> Result<(), PipelineError> {
    let incoming = bench.layout.incoming();
    let entries = match std::fs::read_dir(&incoming) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(PipelineError::io(&incoming))?,
    };
    let batches = bench.ledger.batches()?;
    for entry in entries {
        let desk = Desk(entry.map_err(PipelineError::io(&incoming))?.path());
        if desk.open_batch(&batches).is_none() {
            desk.clear()?;
        }
    }
    Ok(())
}

/// The path in our package of a file of a received one: plain ASCII, what else there is as `%` and two digits.
pub(super) fn place(name: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./".contains(byte);
    let mut path = String::from(FOLDER);
    for byte in name.bytes() {
        match plain(&byte) {
            true => path.push(char::from(byte)),
            false => path.push_str(&format!("%{byte:02x}")),
        }
    }
    path
}

/// The package of another program that the files of a case file came in.
pub(crate) struct CameIn {
    pub(crate) about: ReceivedPackage,
    /// With this version, not with an earlier one.
    pub(crate) is_new: bool,
}

/// Adds the package that this batch was made from; where it was made from none, the one that the stored version holds goes
/// on. A volume holds nothing of it, for its case file does, but is told that its files came in one.
pub(crate) fn add(
    flow: &Flow<'_>,
    draft: &mut Draft,
    record: &mut CaseRecord,
    previous: Option<&Previous<'_>>,
) -> Result<Option<CameIn>, PipelineError> {
    let batch = flow.bench.ledger.batch(flow.batch.as_str())?;
    let desk = Desk::of_batch(&flow.bench.layout, Path::new(&batch.folder));
    if record.volume.is_some() {
        let about = desk.map(|desk| desk.about()).transpose()?;
        let came_in = |about| CameIn { about: ReceivedPackage { files: Vec::new(), ..about }, is_new: true };
        return Ok(about.map(came_in));
    }
    let (about, is_new) = if let Some(desk) = desk {
        let about = desk.about()?;
        for file in &about.files {
            let from = desk.package().join(&file.name);
            let mut bytes = File::open(&from).map_err(PipelineError::io(&from))?;
            let staged = draft.add(&file.path, &mut bytes)?;
            if staged.sha256.to_string() != file.sha256 {
                let problem = "its bytes are no longer those received".to_owned();
                return Err(PipelineError::Format { what: from.display().to_string(), problem });
            }
        }
        (about, true)
    } else if let Some((about, object)) = previous.and_then(Previous::received) {
        for ReceivedFile { path, .. } in &about.files {
            draft.add(path, &mut object.open_file(path)?)?;
        }
        (about.clone(), false)
    } else {
        return Ok(None);
    };
    record.received_package = Some(about.clone());
    Ok(Some(CameIn { about, is_new }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_plain_paths_that_differ_where_names_do() {
        assert_eq!(place("data/a b.pdf"), "documentation/received/data/a%20b.pdf");
        assert_eq!(place("hồ sơ%20.pdf"), "documentation/received/h%e1%bb%93%20s%c6%a1%2520.pdf");
    }
}
