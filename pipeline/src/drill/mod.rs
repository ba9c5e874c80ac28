//! The restore drill: the newest case files and a random sample are brought back from a backup or a replica into a scratch
//! folder and checked there, by our own code and by programs of other people; ledger and index are made anew from them alone;
//! counts and the answers of searches are compared with the archive. A copy that nobody has restored is a hope.
//!
//! The report says how much would be lost today (RPO) and how long it would take to be back at work (RTO).

mod checks;
mod judges;
mod report;
mod rpo;
mod sample;
mod searches;
mod source;

pub use judges::{Judge, JudgeKind};
pub(crate) use report::{BehindJson, DRILL, DrillJson, FORMAT as DRILL_FORMAT};
pub use source::DrillSource;

use crate::apart::apart_from_archives;
use crate::backup::{LeftOut, LeftOutJson, make_private};
use crate::config::{ArchiveConfig, Layout};
use crate::fixity::{station_key, whole_seconds};
use crate::pack::SOFTWARE;
use crate::rebuild::make_caches;
use crate::{PipelineError, ReadingRoom, backup_minutes, evidence};
use archive_store::Archive;
use checks::{Counts, by_case, check, count};
use durable::Lock;
use judges::ask;
use record::{Clearance, Clock, Lang, Timestamp};
use report::{DRILL_TEXT, FORMAT, OrderJson, RtoJson, SearchesJson};
use rpo::{residents, rpo};
use sample::{choose, seed, with_volumes};
use source::{Copies, Held};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What is drilled, and how.
pub struct DrillOrder<'a> {
    /// From where.
    pub source: DrillSource<'a>,
    /// Random case files, in millionths of all that are held; at least one.
    pub sample_ppm: u64,
    /// The newest ones, beside these.
    pub newest: usize,
    /// Where to restore; by default in the archive's work folder.
    pub scratch: Option<&'a Path>,
    /// Leave what was restored for people to look at.
    pub keep: bool,
    /// Programs of other people that judge it.
    pub judges: &'a [Judge],
}

/// Told while the drill goes on.
#[derive(Debug)]
pub enum DrillEvent {
    /// What was chosen.
    Chosen {
        /// Case files to restore.
        chosen: u64,
        /// Of so many.
        held: u64,
    },
    /// Case files restored so far, in all, and bytes.
    Restoring(u64, u64, u64),
    /// Case files checked so far, and in all.
    Checking(u64, u64),
    /// The others are asked.
    Judging(&'static str),
    /// Ledger and index are made.
    Rebuilding,
    /// Answers are compared.
    Searching,
}

/// What a drill comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrillVerdict {
    /// All that was restored is what was stored, and nothing is missing.
    Good,
    /// Something is damaged, missing or different.
    Broken,
    /// Nothing is held.
    NothingHeld,
}

impl DrillVerdict {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Broken => "broken",
            Self::NothingHeld => "nothing-held",
        }
    }
}

/// The end of a drill.
#[derive(Debug)]
pub struct DrillSummary {
    /// What it comes to.
    pub verdict: DrillVerdict,
    /// The report, for programs.
    pub report: PathBuf,
    /// The same as minutes, for people.
    pub text: String,
    /// The same as JSON text.
    pub json: String,
    /// What was restored, where it was kept.
    pub kept: Option<PathBuf>,
}

/// Makes a drill. Reads the archive beside whatever is at work in it and changes nothing of it but the report in `evidence/`.
/// What it restored is taken away at its end, whatever the end. One drill at a time.
pub fn drill(
    root: &Path,
    order: &DrillOrder<'_>,
    clearance: &Clearance,
    lang: Lang,
    clock: &dyn Clock,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(DrillEvent),
) -> Result<DrillSummary, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let scratch = match order.scratch {
        Some(folder) => {
            let scratch = folder.join(format!(".tmp-drill-{}", config.id));
            apart_from_archives(&scratch, Some(root))?;
            scratch
        }
        None => root.join("work/drill"),
    };
    let _lock = one_at_a_time(&layout)?;
    // What a killed drill left.
    durable::remove_tree(&scratch)?;
    make_private(&scratch)?;
    let done = run(&layout, &config, order, &scratch, clearance, clock, stop, tell);
    if !order.keep {
        durable::remove_tree(&scratch)?;
    }
    let report = done?;
    let verdict = verdict(&report);
    let bytes = serde_json::to_vec(&report).expect("text, numbers and lists always serialise");
    let text = backup_minutes::of_drill(&config.agency, &report, lang).text();
    let json = String::from_utf8_lossy(&bytes).into_owned();
    let files = [(DRILL, bytes), (DRILL_TEXT, text.clone().into_bytes())];
    let signer = station_key(&layout)?;
    let written =
        evidence::write(&layout.evidence("drill"), &files, &report.started, signer.as_ref(), clock.now())?;
    let kept = order.keep.then_some(scratch);
    Ok(DrillSummary { verdict, report: written.join(DRILL), text, json, kept })
}

/// Two drills at once would clear each other's scratch folder.
pub(crate) fn one_at_a_time(layout: &Layout) -> Result<Lock, PipelineError> {
    let locks = layout.root.join("work/locks");
    durable::create_dir_durable(&locks)?;
    Ok(Lock::try_exclusive(&locks.join("drill.lock"))?)
}

fn run(
    layout: &Layout,
    config: &ArchiveConfig,
    order: &DrillOrder<'_>,
    scratch: &Path,
    clearance: &Clearance,
    clock: &dyn Clock,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(DrillEvent),
) -> Result<DrillJson, PipelineError> {
    let started = whole_seconds(clock.now());
    let store = Archive::open_read(&layout.root)?;
    let copies = Copies::open(&order.source, &config.id)?;
    let (held, unlisted) = copies.held()?;
    // What was destroyed since is brought back by nobody, not even to look whether it could be.
    let is_destroyed = |folder: &Path| {
        archive_store::object_of_folder(folder).is_some_and(|id| store.tombstone(&id).is_some())
    };
    let (destroyed, held): (Vec<Held>, Vec<Held>) =
        held.into_iter().partition(|held| is_destroyed(&held.folder));
    let mut left_out = copies.left_out();
    left_out.retain(|folder| !is_destroyed(Path::new(folder)));
    let residents = residents(&store)?;
    let rpo = rpo(&store, &residents, (&held, &destroyed), copies.as_of(), left_out);
    let seed = seed();
    let chosen = choose(&residents, &held, order, &seed);
    let folders = with_volumes(&chosen, &held);
    tell(DrillEvent::Chosen { chosen: chosen.len() as u64, held: rpo.held });
    let go_on = || if stop.load(Ordering::Relaxed) { Err(PipelineError::Interrupted) } else { Ok(()) };

    let restoring = Instant::now();
    let mut progress = |done: u64, all: u64, bytes: u64| tell(DrillEvent::Restoring(done, all, bytes));
    let back = copies.bring_back(&folders, scratch, stop, &mut progress)?;
    let restore_ms = millis(restoring);

    let rebuilt = Layout { root: scratch.to_owned() };
    if !rebuilt.config().is_file() {
        let (what, problem) =
            ("hoso.toml of the copy".to_owned(), "it did not come back: the copy is damaged".to_owned());
        return Err(PipelineError::Format { what, problem });
    }
    let checking = Instant::now();
    let problems = by_case(check(layout, &rebuilt, &folders, started, stop, tell)?);
    let judges = order.judges.iter().map(|judge| ask(judge, &rebuilt, tell)).collect();
    let check_ms = millis(checking);
    go_on()?;

    tell(DrillEvent::Rebuilding);
    let rebuilding = Instant::now();
    let unreadable = make_caches(&rebuilt)?.into_iter().map(|damage| LeftOut {
        code: damage.code(),
        why: damage.why(Lang::En),
        path: PathBuf::from(&damage.name),
        case: damage.case,
    });
    let damaged = unlisted.into_iter().chain(back.damaged).chain(unreadable);
    let damaged: Vec<LeftOutJson> = damaged.map(|left_out| LeftOutJson::of(&left_out)).collect();
    let rebuild_ms = millis(rebuilding);
    go_on()?;

    tell(DrillEvent::Searching);
    let Counts { cases, differ, same } = count(layout, &rebuilt, &residents, &chosen, &held, problems)?;
    let searches = match same.is_empty() {
        true => SearchesJson { source: "sample".to_owned(), ..SearchesJson::default() },
        false => {
            let room = |layout: &Layout| ReadingRoom::open(&layout.root, Box::new(At(started)));
            searches::compare(&room(layout)?, &room(&rebuilt)?, layout, &same, clearance)?
        }
    };

    let whole_bytes = copies.bytes()?;
    let spent_ms = restore_ms + rebuild_ms;
    let whole_ms = u128::from(spent_ms) * u128::from(whole_bytes) / u128::from(back.bytes.max(1));
    let mut report = DrillJson {
        archive: config.id.clone(),
        cases,
        counts_differ: differ,
        damaged,
        finished: whole_seconds(clock.now()).to_string(),
        format: FORMAT.to_owned(),
        judges,
        order: OrderJson { newest: order.newest as u64, sample_ppm: order.sample_ppm, seed },
        rpo,
        rto: RtoJson {
            bytes: back.bytes,
            bytes_per_s: (u128::from(back.bytes) * 1000 / u128::from(restore_ms.max(1))) as u64,
            check_ms,
            files: back.files,
            rebuild_ms,
            restore_ms,
            whole_bytes,
            whole_s: whole_ms.div_ceil(1000) as u64,
        },
        searches,
        software: SOFTWARE.to_owned(),
        source: copies.json(),
        started: started.to_string(),
        verdict: String::new(),
    };
    report.verdict = verdict(&report).code().to_owned();
    Ok(report)
}

fn verdict(report: &DrillJson) -> DrillVerdict {
    let rpo = &report.rpo;
    let is_whole = report.damaged.is_empty()
        && report.cases.iter().all(|case| case.good)
        && report.counts_differ.is_empty()
        && report.judges.iter().all(|judge| judge.verdict != "invalid")
        && report.searches.differ.is_empty()
        && rpo.missing.is_empty()
        && rpo.left_out.is_empty();
    match (is_whole, rpo.held) {
        (false, _) => DrillVerdict::Broken,
        (true, 0) => DrillVerdict::NothingHeld,
        (true, _) => DrillVerdict::Good,
    }
}

fn millis(since: Instant) -> u64 {
    since.elapsed().as_millis() as u64
}

/// The moment at which seals are judged.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A report in which nothing is wrong, with one member of it (`/a/b`) changed.
    fn report(change: Option<(&str, Value)>) -> DrillJson {
        let case = json!({
            "case": "HS-1", "documents": 1, "folder": "f", "good": true, "head": 1, "pages": 2, "problems": [],
        });
        let mut report = json!({
            "archive": "id", "cases": [case], "counts_differ": [], "damaged": [], "finished": "", "format": FORMAT,
            "judges": [{ "name": "rocfl", "problem": null, "verdict": "not-installed" }],
            "order": { "newest": 1, "sample_ppm": 1, "seed": "00" },
            "rpo": {
                "as_of": null, "behind": [], "held": 1, "left_out": [], "missing": [], "newest_archive": null,
                "newest_held": null, "only_held": ["gone"], "residents": 1, "seconds": null,
            },
            "rto": {
                "bytes": 0, "bytes_per_s": 0, "check_ms": 0, "files": 0, "rebuild_ms": 0, "restore_ms": 0,
                "whole_bytes": 0, "whole_s": 0,
            },
            "searches": {
                "differ": [], "hits": 0, "queries": 0, "runs": 0, "source": "sample", "unusable": ["??"],
            },
            "software": "hoso", "source": { "kind": "replica", "path": "p", "snapshot": null },
            "started": "", "verdict": "",
        });
        if let Some((place, value)) = change {
            *report.pointer_mut(place).expect("a member of the report") = value;
        }
        serde_json::from_value(report).expect("a report")
    }

    #[test]
    fn whatever_is_damaged_missing_or_different_makes_it_broken() {
        let behind = json!([{ "archive_version": 2, "case": "HS-1", "folder": "f", "held_version": 1 }]);
        // What was stored since, what cannot be asked and a judge that is not there are told, and no damage.
        let told = [("/rpo/behind", behind.clone()), ("/judges/0/verdict", "failed".into())];
        for change in told.into_iter().map(Some).chain([None]) {
            assert_eq!(verdict(&report(change.clone())), DrillVerdict::Good, "{change:?}");
        }
        let broken = [
            ("/cases/0/good", false.into()),
            ("/counts_differ", json!([{ "case": "HS-1", "code": "catalog" }])),
            ("/judges/0/verdict", "invalid".into()),
            ("/searches/differ", json!(["bị can"])),
            ("/rpo/missing", behind),
            ("/rpo/left_out", json!(["HS-2"])),
        ];
        for change in broken {
            assert_eq!(verdict(&report(Some(change.clone()))), DrillVerdict::Broken, "{change:?}");
        }
        assert_eq!(verdict(&report(Some(("/rpo/held", 0.into())))), DrillVerdict::NothingHeld);
    }
}
