//! What people decided about case files, in `evidence/decisions.ndjson`: holds, reviews, destruction. Each line is signed by
//! the station and names the line before, so that the last signature vouches for all of them. It only grows; the format
//! stands in docs/format/decisions.md.
//!
//! [`append`] is the one place where a decision is written: whoever keeps a log beside it adds it there.

mod line;
#[cfg(test)]
mod tests;

use crate::PipelineError;
use crate::config::Layout;
use crate::seals::SealJudge;
use durable::{LineLog, Lock};
pub(crate) use line::{Act, CaseRef, Condemned, SealNote};
use line::{EntryJson, Line};
use record::{CaseCode, Lang, ObjectId, Official, Sha256, Timestamp};
use seal::Pkcs12Signer;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Longest file of decisions that is read.
const MAX_BYTES: u64 = 4 << 30;

/// A decision as it was written down.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its number, from 1.
    pub(crate) no: u64,
    pub(crate) at: Timestamp,
    /// Who decided; `None` for what the program notes by itself.
    pub(crate) by: Option<Official>,
    pub(crate) act: Act,
}

/// Something in `evidence/` that is not what was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFault {
    /// The file, relative to the archive's folder.
    pub path: String,
    /// What is wrong, in English and in Vietnamese.
    why: [String; 2],
}

impl EvidenceFault {
    pub(crate) fn new(path: impl Into<String>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { path: path.into(), why: [en.into(), vi.into()] }
    }

    /// For people.
    pub fn text(&self, lang: Lang) -> String {
        let [en, vi] = &self.why;
        format!("{}: {}", self.path, lang.pick(vi, en))
    }
}

/// All decisions, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) entries: Vec<Entry>,
    pub(crate) faults: Vec<EvidenceFault>,
    /// SHA-256 of each line, by [`Entry::no`] - 1.
    pub(crate) digests: Vec<Sha256>,
}

/// The last seal of a case file.
#[derive(Debug, Clone)]
pub(crate) struct SealEntry {
    pub(crate) id: ObjectId,
    /// The version that bears it.
    pub(crate) version: u32,
    /// Of that version.
    pub(crate) manifest_sha256: Sha256,
    pub(crate) note: SealNote,
}

/// A legal hold in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who asked for it.
    pub by: Official,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// The last review of a case file.
#[derive(Debug, Clone)]
pub(crate) struct ReviewEntry {
    /// The object that was counted.
    pub(crate) id: ObjectId,
    pub(crate) by: Official,
    pub(crate) at: Timestamp,
    pub(crate) version: u32,
    pub(crate) pages_on_paper: u32,
    /// The manifest of that version.
    pub(crate) manifest_sha256: Sha256,
}

impl Journal {
    /// Reads all decisions. Their chain and the signature of the last are judged; what is wrong is in
    /// [`Journal::faults`]. A last line without an end was never acknowledged and does not count.
    pub(crate) fn read(layout: &Layout, judge: &SealJudge) -> Result<Journal, PipelineError> {
        let path = layout.decisions();
        let bytes = match std::fs::metadata(&path).map(|meta| meta.len()) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Journal::default()),
            Err(e) => return Err(PipelineError::io(&path)(e)),
            Ok(length) if length > MAX_BYTES => {
                let problem = format!("longer than {MAX_BYTES} bytes");
                return Err(PipelineError::Format { what: path.display().to_string(), problem });
            }
            Ok(_) => std::fs::read(&path).map_err(PipelineError::io(&path))?,
        };
        let mut journal = Journal::default();
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        let mut last = None;
        for (line, no) in bytes[..whole].split_inclusive(|b| *b == b'\n').zip(1u64..) {
            let line = &line[..line.len() - 1];
            let previous = journal.digests.last().copied();
            match Line::read(line).and_then(|line| Ok((line.entry(no, previous, judge.config())?, line))) {
                Ok((entry, line)) => {
                    journal.entries.push(entry);
                    last = Some(line);
                }
                Err((vi, en)) => {
                    journal.fault(no, vi, en);
                    last = None;
                }
            }
            journal.digests.push(line::sha256(line));
        }
        if let Some(last) = last
            && !judge.is_signed(&last.signed_bytes(), &last.signature)
        {
            let no = journal.digests.len() as u64;
            journal.fault(no, "chữ ký không đúng", "its signature is not right");
        }
        Ok(journal)
    }

    fn fault(&mut self, no: u64, vi: impl Into<String>, en: impl Into<String>) {
        self.faults.push(EvidenceFault::new(format!("{FILE}, {no}"), vi, en));
    }

    /// [`PipelineError::Evidence`] unless every line is what was signed: what is decided on top of others must be able to
    /// trust them.
    pub(crate) fn sound(self) -> Result<Journal, PipelineError> {
        match self.faults.is_empty() {
            true => Ok(self),
            false => Err(PipelineError::Evidence { faults: self.faults }),
        }
    }

    /// Holds in force, by case code.
    pub(crate) fn holds(&self) -> HashMap<CaseCode, Hold> {
        let mut holds = HashMap::new();
        for Entry { by, at, act, .. } in &self.entries {
            match (act, by) {
                (Act::Hold { case, reason }, Some(by)) => {
                    let hold = Hold { by: by.clone(), at: *at, reason: reason.clone() };
                    holds.insert(case.code.clone(), hold);
                }
                (Act::Release { case, .. }, _) => {
                    holds.remove(&case.code);
                }
                _ => {}
            }
        }
        holds
    }

    /// The last review of each case file, by code.
    pub(crate) fn reviews(&self) -> HashMap<CaseCode, ReviewEntry> {
        let review = |entry: &Entry| match (&entry.act, &entry.by) {
            (Act::Review { case, version, pages_on_paper, manifest_sha256 }, Some(by)) => Some((
                case.code.clone(),
                ReviewEntry {
                    id: case.id.clone(),
                    by: by.clone(),
                    at: entry.at,
                    version: *version,
                    pages_on_paper: *pages_on_paper,
                    manifest_sha256: *manifest_sha256,
                },
            )),
            _ => None,
        };
        self.entries.iter().filter_map(review).collect()
    }

    /// The last seal of each case file, by code.
    pub(crate) fn seals(&self) -> HashMap<CaseCode, SealEntry> {
        let seal = |entry: &Entry| match &entry.act {
            Act::Seal { case, version, manifest_sha256, sealed } => Some((
                case.code.clone(),
                SealEntry {
                    id: case.id.clone(),
                    version: *version,
                    manifest_sha256: *manifest_sha256,
                    note: sealed.clone(),
                },
            )),
            _ => None,
        };
        self.entries.iter().filter_map(seal).collect()
    }

    /// Ids of the objects that were destroyed.
    pub(crate) fn destroyed(&self) -> HashSet<ObjectId> {
        let id = |entry: &Entry| match &entry.act {
            Act::Destroyed { case, .. } => Some(case.id.clone()),
            _ => None,
        };
        self.entries.iter().filter_map(id).collect()
    }
}

/// The file, relative to the archive's folder.
pub(crate) const FILE: &str = "evidence/decisions.ndjson";

/// Writes a decision down; it is on the medium when this returns. Its number.
///
/// # Errors
/// [`PipelineError::Evidence`] where an earlier line is not what was signed, [`PipelineError::Locked`].
pub(crate) fn append(
    layout: &Layout,
    judge: &SealJudge,
    signer: &Pkcs12Signer,
    by: Option<&Official>,
    act: Act,
    now: Timestamp,
) -> Result<u64, PipelineError> {
    append_holding(&lock(layout)?, layout, judge, signer, by, act, now)
}

/// The same for whoever has [`lock`]ed the journal, so that nobody decides anything meanwhile.
pub(crate) fn append_holding(
    _lock: &Lock,
    layout: &Layout,
    judge: &SealJudge,
    signer: &Pkcs12Signer,
    by: Option<&Official>,
    act: Act,
    now: Timestamp,
) -> Result<u64, PipelineError> {
    append_all(layout, judge, signer, by, vec![act], now)
}

/// Writes several down, reading those before once; the number of the last.
pub(crate) fn append_several(
    layout: &Layout,
    judge: &SealJudge,
    signer: &Pkcs12Signer,
    acts: Vec<Act>,
    now: Timestamp,
) -> Result<u64, PipelineError> {
    let _lock = lock(layout)?;
    append_all(layout, judge, signer, None, acts, now)
}

fn append_all(
    layout: &Layout,
    judge: &SealJudge,
    signer: &Pkcs12Signer,
    by: Option<&Official>,
    acts: Vec<Act>,
    now: Timestamp,
) -> Result<u64, PipelineError> {
    let journal = Journal::read(layout, judge)?.sound()?;
    let mut no = journal.digests.len() as u64;
    let mut previous = journal.digests.last().copied();
    let path = layout.decisions();
    durable::create_dir_durable(path.parent().expect("it lies in a folder"))?;
    let mut log = LineLog::open(&path)?;
    for act in acts {
        no += 1;
        let entry = EntryJson::new(&judge.config().id, no, now, by, previous.as_ref(), act);
        let line = Line::sign(entry, signer, now)?;
        log.append(&line)?;
        previous = Some(line::sha256(line.as_bytes()));
    }
    Ok(no)
}

/// One writer at a time.
pub(crate) fn lock(layout: &Layout) -> Result<Lock, PipelineError> {
    let locks = layout.root.join("work/locks");
    durable::create_dir_durable(&locks)?;
    Ok(Lock::try_exclusive(&locks.join("decisions.lock"))?)
}

/// Brings what a replica lacks of the decisions. What it has must be the beginning of what the archive has.
pub(crate) fn copy(from: &Layout, to: &Layout) -> Result<(), PipelineError> {
    let read = |path: &Path| match std::fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other.map_err(PipelineError::io(path)),
    };
    let (here, there) = (read(&from.decisions())?, read(&to.decisions())?);
    let whole = here.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
    // Beyond what the archive has there may be a line that was torn, and no whole one.
    let is_longer = there.len() >= whole && there.starts_with(&here[..whole]);
    if is_longer && !there[whole..].contains(&b'\n') {
        return Ok(());
    }
    if is_longer || !here.starts_with(&there) {
        let fault = EvidenceFault::new(
            to.decisions().display().to_string(),
            "không phải là phần đầu nhật ký quyết định của kho",
            "it is not the beginning of the archive's own decisions",
        );
        return Err(PipelineError::Evidence { faults: vec![fault] });
    }
    durable::create_dir_durable(to.decisions().parent().expect("it lies in a folder"))?;
    Ok(durable::write_file(&to.decisions(), &here[..whole])?)
}
