//! Searches that were saved under a name: `saved-searches.txt` in the archive's folder, a line each, name and query with a tab between,
//! in the order of the names. Queries name people: only the owner of the file may read it.

use crate::{Layout, PipelineError, nfc};
use durable::Lock;
use index::Query;
use std::collections::BTreeMap;
use std::path::Path;

/// Characters of a name at most.
const LONGEST_NAME: usize = 60;

/// All of them by name.
pub fn saved_searches(root: &Path) -> Result<BTreeMap<String, String>, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let path = layout.saved_searches();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(e) => return Err(PipelineError::io(path)(e)),
    };
    let pair = |line: &str| line.split_once('\t').map(|(name, query)| (name.to_owned(), query.to_owned()));
    Ok(text.lines().filter_map(pair).collect())
}

/// Saves a query that means something, in place of one of the same name. Gives the name as it is kept; `None` where it is none: empty, too
/// long, or with control characters.
pub fn save_search(root: &Path, name: &str, query: &str) -> Result<Option<String>, PipelineError> {
    Query::parse(query)?;
    let name = nfc(name.trim()).into_owned();
    let is_name =
        !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains(char::is_control);
    if !is_name {
        return Ok(None);
    }
    // What is white space to a query is a space here.
    let query: String = nfc(query).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    change(root, |searches| searches.insert(name.clone(), query.trim().to_owned()))?;
    Ok(Some(name))
}

/// Forgets one; whether there was one.
pub fn forget_search(root: &Path, name: &str) -> Result<bool, PipelineError> {
    Ok(change(root, |searches| searches.remove(&*nfc(name.trim())))?.is_some())
}

fn change(
    root: &Path,
    work: impl FnOnce(&mut BTreeMap<String, String>) -> Option<String>,
) -> Result<Option<String>, PipelineError> {
    let path = Layout { root: root.to_owned() }.saved_searches();
    saved_searches(root)?;
    let _lock = Lock::try_exclusive(&path.with_extension("lock"))?;
    let mut searches = saved_searches(root)?;
    let before = searches.clone();
    let old = work(&mut searches);
    if searches != before {
        let text: String = searches.iter().map(|(name, query)| format!("{name}\t{query}\n")).collect();
        durable::write_secret_file(&path, text.as_bytes())?;
    }
    Ok(old)
}
