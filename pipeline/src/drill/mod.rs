//! The restore drill: the newest case files and a random sample are brought back from a backup or a replica into a scratch
//! folder and checked there, by our own code and by programs of other people; ledger and index are made anew from them alone;
//! counts and the answers of searches are compared with the archive. A copy that nobody has restored is a hope.
//!
//! The report says how much would be lost today (RPO) and how long it would take to be back at work (RTO).

mod report;
mod searches;
mod source;

pub(crate) use report::{BehindJson, DRILL, DrillJson, FORMAT as DRILL_FORMAT};
pub use source::DrillSource;

use crate::backup::{LeftOut, LeftOutJson, make_private};
use crate::config::{ArchiveConfig, Layout};
use crate::fixity::{check_case, station_key, whole_seconds};
use crate::ledger::Ledger;
use crate::pack::SOFTWARE;
use crate::rebuild::make_caches;
use crate::seals::SealJudge;
use crate::volumes::case_of_volume;
use crate::{CatalogEntry, PipelineError, ReadingRoom, backup_minutes, evidence, pack};
use archive_store::{Archive, ArchiveReader, Object};
use durable::Lock;
use native::ask_judge;
use record::{CaseCode, Clearance, Clock, Lang, Timestamp};
use report::{CaseJson, DRILL_TEXT, FORMAT, JudgeJson, OrderJson, RpoJson, RtoJson, SearchesJson};
use sha2::{Digest, Sha256};
use source::{Copies, Held};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A version made so shortly before the state that is held may have been published after it.
const RECENT_S: i64 = 3600;
/// How long a judge may take.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
const MILLION: u64 = 1_000_000;

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

/// A validator of OCFL storage roots.
#[derive(Debug, Clone)]
pub struct Judge {
    /// Which.
    pub kind: JudgeKind,
    /// Where it is installed, if it is.
    pub program: Option<PathBuf>,
}

/// The validators that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeKind {
    /// `rocfl`.
    Rocfl,
    /// `ocfl-root.py` of ocfl-py.
    OcflPy,
}

impl JudgeKind {
    /// All of them.
    pub const ALL: [JudgeKind; 2] = [JudgeKind::Rocfl, JudgeKind::OcflPy];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rocfl => "rocfl",
            Self::OcflPy => "ocfl-py",
        }
    }

    /// The program it is started by.
    pub fn program(self) -> &'static str {
        match self {
            Self::Rocfl => "rocfl",
            Self::OcflPy => "ocfl-root.py",
        }
    }
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
    let locks = root.join("work/locks");
    durable::create_dir_durable(&locks)?;
    let _lock = Lock::try_exclusive(&locks.join("drill.lock"))?;
    let scratch = match order.scratch {
        Some(folder) => folder.join(format!(".tmp-drill-{}", config.id)),
        None => root.join("work/drill"),
    };
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
    let text = backup_minutes::of_drill(&config.agency, &report, lang);
    let json = String::from_utf8_lossy(&bytes).into_owned();
    let files = [(DRILL, bytes), (DRILL_TEXT, text.clone().into_bytes())];
    let signer = station_key(&layout)?;
    let written =
        evidence::write(&layout.evidence("drill"), &files, &report.started, signer.as_ref(), clock.now())?;
    let kept = order.keep.then_some(scratch);
    Ok(DrillSummary { verdict, report: written.join(DRILL), text, json, kept })
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
    let is_destroyed = |held: &Held| {
        archive_store::object_of_folder(&held.folder).is_some_and(|id| store.tombstone(&id).is_some())
    };
    let (destroyed, held): (Vec<Held>, Vec<Held>) = held.into_iter().partition(is_destroyed);
    let residents = residents(&store)?;
    let rpo = rpo(&store, &residents, (&held, &destroyed), &copies);
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
    let checking = Instant::now();
    let problems = by_case(check(layout, &rebuilt, &folders, started, stop, tell)?);
    let judges = order.judges.iter().map(|judge| ask(judge, &rebuilt, tell)).collect();
    let check_ms = millis(checking);
    go_on()?;

    tell(DrillEvent::Rebuilding);
    let rebuilding = Instant::now();
    let unreadable = make_caches(&rebuilt)?.into_iter().map(|damage| LeftOut {
        why: damage.why(Lang::En),
        path: PathBuf::from(&damage.name),
        code: damage.case,
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

/// The case files of the archive, by folder: when their versions were made, v1 first; none where the inventory cannot be read.
type Residents = BTreeMap<PathBuf, Vec<Timestamp>>;

fn residents(store: &ArchiveReader) -> Result<Residents, PipelineError> {
    let made = |resident: &archive_store::Resident| {
        let object = resident.id.as_ref().and_then(|id| store.object(id).ok()?);
        let made = object.map(|object| object.versions().iter().map(|version| version.created).collect());
        made.unwrap_or_default()
    };
    let residents = store.residents()?;
    Ok(residents.iter().map(|resident| (resident.folder.clone(), made(resident))).collect())
}

fn code_of(store: &ArchiveReader, folder: &Path) -> Option<String> {
    let object = Object::open_folder(&store.root().join("ocfl").join(folder)).ok()?;
    Some(pack::read_case(&object).ok()?.case.header.code.to_string())
}

/// The folder of the case file whose volume lies in a folder; `None` for what is no volume.
fn case_of(folder: &Path) -> Option<PathBuf> {
    Some(archive_store::object_folder(&case_of_volume(&archive_store::object_of_folder(folder)?)?))
}

/// `destroyed`: held, and in the archive no more by decision.
fn rpo(
    store: &ArchiveReader,
    residents: &Residents,
    (held, destroyed): (&[Held], &[Held]),
    copies: &Copies<'_>,
) -> RpoJson {
    let heads: HashMap<&Path, u32> = held.iter().map(|held| (held.folder.as_path(), held.head)).collect();
    let newest_archive = residents.values().filter_map(|made| made.last()).max().copied();
    let newest_held = held.iter().filter_map(|held| made(residents, held)).max();
    let as_of = copies.as_of().or(newest_held);
    let (mut behind, mut missing): (Vec<BehindJson>, Vec<BehindJson>) = (Vec::new(), Vec::new());
    for (folder, made) in residents {
        let held_version = heads.get(folder.as_path()).copied();
        let lacked = made.get(held_version.unwrap_or(0) as usize);
        let Some(lacked) = lacked else { continue };
        let entry = BehindJson {
            archive_version: made.len() as u32,
            case: code_of(store, folder),
            folder: folder.display().to_string(),
            held_version,
        };
        let is_overdue = as_of.is_some_and(|as_of| lacked.as_second() + RECENT_S < as_of.as_second());
        if is_overdue { missing.push(entry) } else { behind.push(entry) }
    }
    // A case file is named once, not with each of its volumes.
    for entries in [&mut behind, &mut missing] {
        let named: BTreeSet<PathBuf> = entries.iter().map(|entry| PathBuf::from(&entry.folder)).collect();
        entries.retain(|entry| case_of(Path::new(&entry.folder)).is_none_or(|case| !named.contains(&case)));
    }
    let only_held = held.iter().chain(destroyed).filter(|held| !residents.contains_key(&held.folder));
    let case_files = |folders: &mut dyn Iterator<Item = &PathBuf>| {
        folders.filter(|folder| case_of(folder).is_none()).count() as u64
    };
    RpoJson {
        as_of: as_of.map(|at| whole_seconds(at).to_string()),
        behind,
        held: case_files(&mut held.iter().map(|held| &held.folder)),
        left_out: copies.left_out(),
        missing,
        newest_archive: newest_archive.map(|at| whole_seconds(at).to_string()),
        newest_held: newest_held.map(|at| whole_seconds(at).to_string()),
        only_held: only_held.map(|held| held.folder.display().to_string()).collect(),
        residents: case_files(&mut residents.keys()),
        seconds: newest_archive.zip(newest_held).map(|(here, there)| here.as_second() - there.as_second()),
    }
}

/// When the version that is held was made, as far as the archive knows it.
fn made(residents: &Residents, held: &Held) -> Option<Timestamp> {
    residents.get(&held.folder)?.get(held.head.checked_sub(1)? as usize).copied()
}

fn seed() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Case files, by the folders of their own packages: the newest, and those whose SHA-256 over seed and folder is smallest: whoever has the seed can tell that nobody chose.
fn choose(residents: &Residents, held: &[Held], order: &DrillOrder<'_>, seed: &str) -> BTreeSet<PathBuf> {
    let held: Vec<&Held> = held.iter().filter(|held| case_of(&held.folder).is_none()).collect();
    let mut newest = held.clone();
    newest.sort_by_key(|held| std::cmp::Reverse(made(residents, held)));
    let mut drawn: Vec<([u8; 32], &Held)> = held
        .iter()
        .map(|held| (Sha256::digest(format!("{seed}\n{}", held.folder.display())).into(), *held))
        .collect();
    drawn.sort_by_key(|(digest, _)| *digest);
    let count = (held.len() as u128 * u128::from(order.sample_ppm)).div_ceil(u128::from(MILLION)) as usize;
    let drawn = drawn.into_iter().map(|(_, held)| held).take(count.max(1));
    newest.into_iter().take(order.newest).chain(drawn).map(|held| held.folder.clone()).collect()
}

/// Of these case files the folders of all that is held of them.
fn with_volumes(chosen: &BTreeSet<PathBuf>, held: &[Held]) -> BTreeSet<PathBuf> {
    let is_of_one =
        |folder: &&PathBuf| chosen.contains(&case_of(folder).unwrap_or_else(|| folder.to_path_buf()));
    held.iter().map(|held| &held.folder).filter(is_of_one).cloned().collect()
}

/// What is wrong with a volume is wrong with its case file.
fn by_case(problems: BTreeMap<PathBuf, Vec<String>>) -> BTreeMap<PathBuf, Vec<String>> {
    let mut by_case: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for (folder, mut found) in problems {
        let case = case_of(&folder);
        if case.is_some() {
            found.iter_mut().for_each(|problem| *problem = format!("{}: {problem}", folder.display()));
        }
        by_case.entry(case.unwrap_or(folder)).or_default().append(&mut found);
    }
    by_case
}

/// What our own code finds, by package: bytes against inventory, inventory against seal, by the archive's anchors.
fn check(
    layout: &Layout,
    rebuilt: &Layout,
    chosen: &BTreeSet<PathBuf>,
    now: Timestamp,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(DrillEvent),
) -> Result<BTreeMap<PathBuf, Vec<String>>, PipelineError> {
    let judge = SealJudge::of(layout, now)?;
    let store = Archive::open_read(&rebuilt.root)?;
    let residents = store.residents()?;
    let mut problems: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for (done, resident) in residents.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Err(PipelineError::Interrupted);
        }
        let checked = check_case(&store, &judge, resident)?;
        let found = checked.problems.iter().map(ToString::to_string);
        let found: Vec<String> = found.chain(checked.faults.iter().map(ToString::to_string)).collect();
        if !found.is_empty() {
            problems.insert(resident.folder.clone(), found);
        }
        tell(DrillEvent::Checking(done as u64 + 1, residents.len() as u64));
    }
    let there: BTreeSet<&PathBuf> = residents.iter().map(|resident| &resident.folder).collect();
    for folder in chosen.iter().filter(|folder| !there.contains(folder)) {
        problems.entry(folder.clone()).or_default().push("it did not come back".to_owned());
    }
    Ok(problems)
}

/// What a program of other people says of the storage root that was restored.
fn ask(judge: &Judge, rebuilt: &Layout, tell: &mut dyn FnMut(DrillEvent)) -> JudgeJson {
    let name = judge.kind.name();
    let answer = |verdict: &str, problem: Option<String>| JudgeJson {
        name: name.to_owned(),
        problem,
        verdict: verdict.to_owned(),
    };
    let Some(program) = &judge.program else { return answer("not-installed", None) };
    tell(DrillEvent::Judging(name));
    let root = rebuilt.root.join("ocfl").into_os_string();
    let args: Vec<OsString> = match judge.kind {
        JudgeKind::Rocfl => vec!["-r".into(), root, "validate".into()],
        JudgeKind::OcflPy => {
            vec![
                "validate".into(),
                "--validate-objects".into(),
                "--check-digests".into(),
                "--root".into(),
                root,
            ]
        }
    };
    match ask_judge(program, args, PATIENCE) {
        Err(error) => answer("failed", Some(error.to_string())),
        Ok(said) => {
            // rocfl ends with 2, ocfl-py with 0 or 1; both name what is wrong.
            let is_invalid = said.exit == Some(2) || said.said.contains("INVALID");
            let last = said.said.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
            match (is_invalid, said.exit) {
                (true, _) => answer("invalid", last),
                (false, Some(0)) => answer("valid", None),
                (false, _) => answer("failed", last),
            }
        }
    }
}

/// What is counted in the archive and in what was rebuilt.
struct Counts {
    cases: Vec<CaseJson>,
    differ: Vec<String>,
    /// Case files whose version here is that of the archive: they can be searched for in both.
    same: Vec<CaseCode>,
}

fn count(
    layout: &Layout,
    rebuilt: &Layout,
    residents: &Residents,
    chosen: &BTreeSet<PathBuf>,
    held: &[Held],
    mut problems: BTreeMap<PathBuf, Vec<String>>,
) -> Result<Counts, PipelineError> {
    let entries = |layout: &Layout, wanted: &dyn Fn(&CaseCode) -> bool| {
        let mut entries: HashMap<CaseCode, CatalogEntry> = HashMap::new();
        Ledger::open_if_there(&layout.ledger())?.catalog(|entry| {
            if wanted(&entry.code) {
                entries.insert(entry.code.clone(), entry);
            }
        })?;
        Ok::<_, PipelineError>(entries)
    };
    let there = entries(rebuilt, &|_| true)?;
    let here = entries(layout, &|code| there.contains_key(code))?;
    let pages = |layout: &Layout| Ok::<_, PipelineError>(index::Searcher::open(&layout.index())?.cases()?);
    let (pages_here, pages_there) = (pages(layout)?, pages(rebuilt)?);
    let restored: HashMap<PathBuf, CaseCode> = Ledger::open_if_there(&rebuilt.ledger())?
        .stored_objects()?
        .into_iter()
        .filter_map(|(code, id)| {
            Some((archive_store::object_folder(&record::ObjectId::new(&id).ok()?), code))
        })
        .collect();
    let heads: HashMap<&Path, u32> = held.iter().map(|held| (held.folder.as_path(), held.head)).collect();
    let mut counts = Counts { cases: Vec::new(), differ: Vec::new(), same: Vec::new() };
    for folder in chosen {
        let code = restored.get(folder);
        let entry = code.and_then(|code| there.get(code));
        let mut found = problems.remove(folder).unwrap_or_default();
        if code.is_none() && found.is_empty() {
            found.push("it is not in the ledger that was made from it".to_owned());
        }
        if let (Some(code), Some(entry)) = (code, entry) {
            match here.get(code) {
                Some(live) if live == entry => {
                    counts.same.push(code.clone());
                    if pages_here.get(code) != pages_there.get(code) {
                        counts.differ.push(format!("{code}: pages in the index"));
                    }
                }
                // It has a later version now.
                Some(live) if live.version > entry.version => {}
                Some(_) => counts.differ.push(format!("{code}: catalog")),
                None if residents.contains_key(folder) => {
                    counts.differ.push(format!("{code}: not in the archive's ledger"));
                }
                None => {}
            }
        }
        counts.cases.push(CaseJson {
            case: code.map(CaseCode::to_string),
            documents: entry.map_or(0, |entry| entry.documents),
            folder: folder.display().to_string(),
            good: found.is_empty(),
            head: heads.get(folder.as_path()).copied().unwrap_or(0),
            pages: entry.map_or(0, |entry| entry.pages),
            problems: found,
        });
    }
    Ok(counts)
}

/// The moment at which seals are judged.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Something that does not come back, for people.
impl LeftOut {
    /// Its code, else its path.
    pub fn name(&self) -> String {
        self.code.as_ref().map_or_else(|| self.path.display().to_string(), CaseCode::to_string)
    }
}
