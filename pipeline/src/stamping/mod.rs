//! When case files were sealed, by somebody else's clock: one time stamp for all that was stored since the last one, and an evidence
//! record (RFC 4998) beside each version. What is stored never waits for it: the log is the queue.

mod authority;
mod renew;
mod state;

pub use renew::{DueStamps, Renewal, due, renew};
pub use state::{StampFinding, StampState, check_stamps};

use crate::config::{ArchiveConfig, Layout};
use crate::opening::open_archive;
use crate::tlog::{self, LoggedSeal};
use crate::{PipelineError, Workbench};
use archive_store::{Archive, Object, VersionNo};
pub(crate) use authority::any_of;
use authority::ask;
use record::{Clock, Lang, Timestamp};
use seal::TspError;
use seal::evidence::{ArchiveTimeStamp, EvidenceDigest, EvidenceRecord, HashTree};
use std::path::{Path, PathBuf};

pub(crate) use state::{proven_time, time_anchors};

/// How far this machine's clock may be from an authority's.
const CLOCK_TOLERANCE_S: i64 = 300;

/// What a round of stamping came to.
#[derive(Debug, Default)]
pub struct StampSummary {
    /// Versions that got an evidence record.
    pub stamped: u32,
    /// Versions that still wait for one.
    pub waiting: u32,
    /// Who vouches for the time, and the time.
    pub by: Option<(String, Timestamp)>,
    /// Authorities that were asked before, and why they did not help.
    pub problems: Vec<StampProblem>,
    /// Evidence records that do not hold any more, where it was about renewal: nothing can renew them.
    pub findings: Vec<StampFinding>,
}

/// Why an authority did not help.
#[derive(Debug, thiserror::Error)]
pub enum StampProblem {
    /// It did not answer, or not as it should.
    #[error("{url}: {source}")]
    Authority {
        /// Its address.
        url: String,
        /// Why.
        source: TspError,
    },
    /// Nobody trusted vouches for it.
    #[error("{url}: the time stamp is not trusted: {reason}")]
    Untrusted {
        /// Its address.
        url: String,
        /// Why.
        reason: String,
    },
    /// This machine's clock and the authority's differ: one of the two is wrong, and nobody can tell which.
    #[error("{url}: it says {theirs}, this machine's clock says {ours}")]
    Clock {
        /// Its address.
        url: String,
        /// Its time.
        theirs: Timestamp,
        /// Ours.
        ours: Timestamp,
    },
}

impl StampProblem {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Authority { source: TspError::Unreachable(_), .. } => "unreachable",
            Self::Authority { .. } => "bad-answer",
            Self::Untrusted { .. } => "untrusted",
            Self::Clock { .. } => "clock",
        }
    }

    /// For people.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, _) => self.to_string(),
            (Lang::Vi, Self::Authority { url, source: TspError::Unreachable(why) }) => {
                format!("{url}: không nối được ({why})")
            }
            (Lang::Vi, Self::Authority { url, source }) => {
                format!("{url}: trả lời không dùng được ({source})")
            }
            (Lang::Vi, Self::Untrusted { url, reason }) => {
                format!("{url}: dấu thời gian không được tin cậy ({reason})")
            }
            (Lang::Vi, Self::Clock { url, theirs, ours }) => {
                format!("{url}: ghi {theirs}, đồng hồ máy này ghi {ours}; chỉnh đồng hồ rồi chạy hoso stamp")
            }
        }
    }
}

/// Works off the queue: stamps every version in the log that has no evidence record. Takes the writer lock. Without an
/// authority in `hoso.toml` nothing is done.
///
/// # Errors
/// Only about the archive. An authority that does not help is a [`StampProblem`], and everything waits on.
pub fn stamp(root: &Path, clock: &dyn Clock) -> Result<StampSummary, PipelineError> {
    // From the first entry on: of what was stamped together one may have been out of reach then.
    stamp_from(root, |_| Ok(0), clock)
}

/// The same at the end of a sealing, of what was stored since the last time stamp.
pub fn stamp_sealed(root: &Path, clock: &dyn Clock) -> Result<StampSummary, PipelineError> {
    stamp_from(root, stamped_up_to, clock)
}

fn stamp_from(
    root: &Path,
    first: impl FnOnce(&Layout) -> Result<u64, PipelineError>,
    clock: &dyn Clock,
) -> Result<StampSummary, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let store = open_archive(&layout, &config)?;
    stamp_queue(&layout, &config, &store, first(&layout)?, clock)
}

/// The same at the end of a batch: of what was stored since the last time stamp.
pub fn stamp_batch(bench: &Workbench) -> Result<StampSummary, PipelineError> {
    let first = stamped_up_to(&bench.layout)?;
    stamp_queue(&bench.layout, &bench.config, &bench.store, first, bench.clock.as_ref())
}

fn stamp_queue(
    layout: &Layout,
    config: &ArchiveConfig,
    store: &Archive,
    first: u64,
    clock: &dyn Clock,
) -> Result<StampSummary, PipelineError> {
    let mut summary = StampSummary::default();
    if config.time.authority.is_empty() {
        return Ok(summary);
    }
    let (size, seals) = tlog::seals_since(layout, store, first)?;
    let queue = without_evidence(seals)?;
    if queue.is_empty() {
        return Ok(summary);
    }
    summary.waiting = queue.len() as u32;
    let digest = EvidenceDigest::Sha256;
    let groups = queue.iter().map(|seal| seal.hashes.iter().map(|hash| hash.0.to_vec()).collect()).collect();
    let tree = HashTree::of(digest, groups).expect("a queue that is not empty, of two hashes each");
    let Some(stamped) = ask(layout, config, &tree, clock, &mut summary.problems)? else { return Ok(summary) };
    for (no, seal) in queue.iter().enumerate() {
        let reduced = tree.reduced(no).expect("a group of it");
        let record = EvidenceRecord::new(ArchiveTimeStamp { digest, reduced, token: stamped.token.clone() });
        store.put_evidence(&seal.object, seal.version, &record.to_der())?;
        summary.stamped += 1;
        summary.waiting -= 1;
    }
    // Last: a stop before this asks for one more time stamp, for what has none yet.
    durable::create_dir_durable(&stamps(layout))?;
    let since = stamped_up_to(layout)?;
    durable::write_file(&stamps(layout).join(format!("{since}-{size}.tst")), &stamped.token)?;
    summary.by = Some((stamped.url, stamped.time));
    Ok(summary)
}

fn without_evidence(seals: Vec<LoggedSeal>) -> Result<Vec<LoggedSeal>, PipelineError> {
    let mut queue = Vec::new();
    for seal in seals {
        if seal.object.evidence(seal.version)?.is_none() {
            queue.push(seal);
        }
    }
    Ok(queue)
}

/// Where the tokens lie: `<first entry>-<end>.tst`.
fn stamps(layout: &Layout) -> PathBuf {
    layout.evidence("stamps")
}

/// Entries of the log that are stamped, all from the first on.
fn stamped_up_to(layout: &Layout) -> Result<u64, PipelineError> {
    Ok(tokens(layout)?.into_iter().map(|(end, _)| end).max().unwrap_or(0))
}

/// The tokens, with the entry that each ends before.
fn tokens(layout: &Layout) -> Result<Vec<(u64, PathBuf)>, PipelineError> {
    let folder = stamps(layout);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(PipelineError::io(&folder)(error)),
    };
    let mut tokens = Vec::new();
    for entry in entries {
        let path = entry.map_err(PipelineError::io(&folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let end = name
            .strip_suffix(".tst")
            .and_then(|name| name.split_once('-'))
            .and_then(|(_, end)| end.parse().ok());
        tokens.extend(end.map(|end| (end, path.clone())));
    }
    tokens.sort();
    Ok(tokens)
}

/// Refuses to go on where this machine's clock lies before a time that an authority has stated: whatever is sealed now would claim
/// to be older than what is sealed already.
pub(crate) fn clock_is_not_behind(layout: &Layout, now: Timestamp) -> Result<(), PipelineError> {
    let Some((_, path)) = tokens(layout)?.pop() else { return Ok(()) };
    let token = std::fs::read(&path).map_err(PipelineError::io(&path))?;
    match seal::time_of(&token) {
        Some(stated) if stated.as_second() > now.as_second() + CLOCK_TOLERANCE_S => {
            Err(PipelineError::ClockBehind { now, stated })
        }
        _ => Ok(()),
    }
}

/// A version by its object.
pub(crate) fn evidence_of(object: &Object, version: VersionNo) -> Result<Option<Vec<u8>>, PipelineError> {
    Ok(object.evidence(version)?)
}
