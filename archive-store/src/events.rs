//! `logs/events.ndjson` of an object: what was found wrong with it and what was put right, a JSON line each. Evidence
//! about versions, outside of every version (OCFL 1.1 leaves `logs/` to the archive).

use crate::error::is_there;
use crate::layout::object_of_folder;
use crate::root::Places;
use crate::{Problem, StoreError, What};
use durable::{DurableError, LineLog, Lock};
use record::Timestamp;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Something that happened to an object.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// A check found it damaged.
    FixityFailed { problems: &'a [Problem] },
    /// A repair is about to begin.
    RepairBegun { problems: &'a [Problem], replica: &'a str },
    /// It is done.
    Repaired { mended: &'a [crate::Mended], left: &'a [Problem], replica: &'a str },
}

impl Event<'_> {
    fn line(&self, at: Timestamp) -> String {
        let problems = |list: &[Problem]| list.iter().map(problem_json).collect::<Vec<_>>();
        let mut line = match self {
            Event::FixityFailed { problems: found } => {
                json!({"event": "fixity-failed", "problems": problems(found)})
            }
            Event::RepairBegun { problems: found, replica } => {
                json!({"event": "repair-begun", "problems": problems(found), "replica": replica})
            }
            Event::Repaired { mended, left, replica } => {
                let mended: Vec<Value> = mended
                    .iter()
                    .map(|m| json!({"path": m.path, "action": m.action.code(), "quarantined": m.quarantined}))
                    .collect();
                json!({"event": "repaired", "mended": mended, "left": problems(left), "replica": replica})
            }
        };
        line["at"] = at.to_string().into();
        line["v"] = 1.into();
        line.to_string()
    }
}

/// Where the events lie, relative to the object.
pub(crate) const LOG: &str = "logs/events.ndjson";

/// A problem as it stands in events and reports.
fn problem_json(problem: &Problem) -> Value {
    let mut value = json!({"code": problem.code, "path": problem.path, "what": problem.kind()});
    match &problem.what {
        What::Differs { algorithm, expected, found } => {
            value["algorithm"] = (*algorithm).into();
            value["expected"] = expected.as_str().into();
            value["found"] = found.as_str().into();
        }
        What::Wrong(why) => value["why"] = why.as_str().into(),
        What::Missing { .. } | What::Extra => {}
    }
    value
}

/// Adds a line, durably. One writer at a time over all objects: events are few. An object that is gone has no log: whoever
/// found something wrong with it may have read it for hours, and its folder must not come back.
pub(crate) fn append(
    places: &Places,
    folder: &Path,
    at: Timestamp,
    event: &Event<'_>,
) -> Result<(), StoreError> {
    const TRIES: u32 = 250;
    const PAUSE: Duration = Duration::from_millis(20);
    places.make_work()?;
    let path = places.locks().join("events.lock");
    let mut lock = Lock::try_exclusive(&path);
    for _ in 0..TRIES {
        if !matches!(lock, Err(DurableError::Locked { .. })) {
            break;
        }
        std::thread::sleep(PAUSE);
        lock = Lock::try_exclusive(&path);
    }
    let _lock = lock?;
    let is_destroyed = match object_of_folder(folder) {
        Some(id) => is_there(&places.tombstone(&id))?,
        None => false,
    };
    if is_destroyed || !is_there(folder)? {
        return Ok(());
    }
    let log = folder.join(LOG);
    // Not its ancestors: the object may go at this very moment.
    durable::create_dir_in_place(log.parent().expect("a file has a folder"))?;
    Ok(LineLog::open(&log)?.append(&event.line(at))?)
}
