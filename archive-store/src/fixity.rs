//! Fixity: which objects there are, whatever their state, and whether one is still what was stored. The verdict is the
//! validator's. In which order, how many at once and what is kept of it is for the caller.

use crate::archive::verify_in_place;
use crate::events::{self, Event};
use crate::intent::Intent;
use crate::inventory::{INVENTORY, SIDECAR, digest_of, read_head, read_limited};
use crate::layout::id_from_name;
use crate::walk::{Found, Walk};
use crate::{ArchiveReader, ObjectReport, Problem, StoreError, What};
use record::{ObjectId, Sha512, Timestamp};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An object's place in the storage root, whatever its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    /// Relative to the storage root.
    pub folder: PathBuf,
    /// The id that lies there by the folder's name, else by the inventory; `None` where neither says it.
    pub id: Option<ObjectId>,
}

/// Part `part` of `of`, both from 1. Every object belongs to exactly one part, today and in ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subset {
    part: u64,
    of: u64,
}

impl Subset {
    /// `None` unless 1 ≤ `part` ≤ `of`.
    pub fn new(part: u64, of: u64) -> Option<Subset> {
        (1..=of).contains(&part).then_some(Subset { part, of })
    }

    /// By SHA-256 of the id (of the folder, where there is no id): its first eight bytes as a number, modulo `of`.
    pub fn holds(&self, resident: &Resident) -> bool {
        let name = match &resident.id {
            Some(id) => id.as_str().to_owned(),
            None => resident.folder.to_string_lossy().into_owned(),
        };
        let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first) % self.of == self.part - 1
    }
}

impl std::fmt::Display for Subset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

/// What decides whether a commit came in between: is an intent open, and which inventory is the root's.
#[derive(Debug, PartialEq, Eq)]
struct Moment {
    in_hand: bool,
    pair: [Option<Sha512>; 2],
}

impl ArchiveReader {
    /// Every object, damaged ones too, in the order of their folders.
    pub fn residents(&self) -> Result<Vec<Resident>, StoreError> {
        let ocfl = self.places.ocfl();
        let mut residents = Vec::new();
        for found in Walk::over(&ocfl)? {
            if let Found::Object(path) = found? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let id = id_from_name(name).or_else(|| read_head(&path).ok().map(|head| head.inventory.id));
                let folder = path.strip_prefix(&ocfl).unwrap_or(&path).to_owned();
                residents.push(Resident { folder, id });
            }
        }
        Ok(residents)
    }

    /// Reads every byte of an object from the medium, once, and reports. A version that is committed meanwhile is
    /// waited for. Never fails: what cannot be read is in the report. That a version has no inventory (W010) is an error
    /// here: this program always writes one, so it is gone.
    pub fn check(&self, folder: &Path) -> ObjectReport {
        const TRIES: u32 = 50;
        const PAUSE: Duration = Duration::from_millis(200);
        let ocfl = self.places.ocfl();
        let object = ocfl.join(folder);
        let mut tries = 0;
        loop {
            let before = self.moment(&object);
            let mut report = verify_in_place(&ocfl, &object);
            report.errors.extend(report.warnings.extract_if(.., |warning| warning.code == "W010"));
            let is_settled = |now: &Moment| !now.in_hand && *now == before;
            if report.errors.is_empty() || tries == TRIES || is_settled(&self.moment(&object)) {
                return report;
            }
            tries += 1;
            std::thread::sleep(PAUSE);
        }
    }

    fn moment(&self, object: &Path) -> Moment {
        let is_of_object = |intent: Intent| self.places.object(&intent.id) == object;
        let intents = fs::read_dir(self.places.intent()).into_iter().flatten().flatten();
        let in_hand = intents.filter_map(|entry| Intent::read(&entry.path()).ok()).any(is_of_object);
        let digest = |name: &str| {
            let bytes = read_limited(&object.join(name), crate::inventory::MAX_INVENTORY_BYTES);
            bytes.ok().map(|bytes| digest_of(&bytes))
        };
        Moment { in_hand, pair: [digest(INVENTORY), digest(SIDECAR)] }
    }

    /// Bytes of all files below an object's folder; 0 where nothing can be listed. Reads none.
    pub fn size(&self, folder: &Path) -> u64 {
        fn size(dir: &Path) -> u64 {
            let entries = fs::read_dir(dir).into_iter().flatten().flatten();
            let each = entries.map(|entry| match entry.metadata() {
                Ok(meta) if meta.is_dir() => size(&entry.path()),
                Ok(meta) => meta.len(),
                Err(_) => 0,
            });
            each.sum()
        }
        size(&self.places.ocfl().join(folder))
    }

    /// Writes into the object's `logs/events.ndjson` what a check found. The one thing that is written beside a writer:
    /// evidence about an object, outside of its versions.
    pub fn note_failure(&self, folder: &Path, at: Timestamp, problems: &[Problem]) -> Result<(), StoreError> {
        events::append(&self.places, &self.places.ocfl().join(folder), at, &Event::FixityFailed { problems })
    }
}

/// A damage that was planted on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// `none`, `flipped-byte`, `missing-file`, `wrong-sidecar`.
    pub damage: &'static str,
    /// Where; empty for `none`.
    pub file: String,
    /// Whether the check named it; for `none`: found nothing.
    pub found: bool,
}

/// Copies an object that is whole into `scratch` (made anew, removed at the end), damages the copy in three ways, one after
/// the other, and asks `check` (root, object) each time. A check that does not find what was planted proves nothing.
/// Reads the object five times: take a small one.
pub fn self_test(
    reader: &ArchiveReader,
    resident: &Resident,
    scratch: &Path,
    check: &dyn Fn(&Path, &Path) -> ObjectReport,
) -> Result<Vec<Planted>, StoreError> {
    let object = scratch.join(&resident.folder);
    durable::remove_tree(scratch)?;
    durable::stage_dir(&object)?;
    copy_tree(&reader.places.ocfl().join(&resident.folder), &object)?;
    let names = |file: &str| {
        let problems = check(scratch, &object).errors;
        problems.iter().any(|problem| problem.path == file)
    };
    let mut planted = vec![Planted {
        damage: "none",
        file: String::new(),
        found: check(scratch, &object).errors.is_empty(),
    }];
    let (file, bytes) = smallest_content(&object)?;
    let path = object.join(&file);
    let mut flipped = bytes.clone();
    if let Some(byte) = flipped.get_mut(bytes.len() / 2) {
        *byte ^= 1;
    }
    durable::write_file(&path, &flipped)?;
    planted.push(Planted { damage: "flipped-byte", found: names(&file), file: file.clone() });
    durable::remove_file(&path)?;
    planted.push(Planted { damage: "missing-file", found: names(&file), file });
    durable::write_file(&path, &bytes)?;
    durable::write_file(
        &object.join(SIDECAR),
        crate::inventory::sidecar_of(b"not this inventory").as_bytes(),
    )?;
    let found = names(SIDECAR) || names(INVENTORY);
    planted.push(Planted { damage: "wrong-sidecar", file: SIDECAR.to_owned(), found });
    durable::remove_tree(scratch)?;
    Ok(planted)
}

/// The check that [`self_test`] tries, on a copy of an object.
pub fn check_copy(root: &Path, object: &Path) -> ObjectReport {
    verify_in_place(root, object)
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), StoreError> {
    let reading = || crate::error::reading(from);
    for entry in fs::read_dir(from).map_err(reading())? {
        let entry = entry.map_err(reading())?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(reading())?.is_dir() {
            durable::stage_dir(&target)?;
            copy_tree(&path, &target)?;
        } else {
            let mut file = fs::File::open(&path).map_err(crate::error::reading(&path))?;
            durable::stage_file(&target, &mut file)?;
        }
    }
    Ok(())
}

/// The smallest content file of an object that is not empty: its path in the object, and its bytes.
fn smallest_content(object: &Path) -> Result<(String, Vec<u8>), StoreError> {
    const MAX_BYTES: u64 = 1 << 30;
    let head = read_head(object)?.inventory;
    let paths = head.content.values().flat_map(|content| &content.paths);
    let sized = paths.filter_map(|path| {
        let bytes = fs::metadata(object.join(path)).ok()?.len();
        (bytes > 0).then_some((bytes, path))
    });
    let Some((_, path)) = sized.min() else {
        let why = "it has no file with content to try a check on".to_owned();
        return Err(StoreError::Damaged { path: object.to_owned(), why });
    };
    Ok((path.clone(), read_limited(&object.join(path), MAX_BYTES)?))
}

impl Problem {
    /// `differs`, `missing`, `extra` or `wrong`.
    pub fn kind(&self) -> &'static str {
        match self.what {
            What::Differs { .. } => "differs",
            What::Missing { .. } => "missing",
            What::Extra => "extra",
            What::Wrong(_) => "wrong",
        }
    }
}
