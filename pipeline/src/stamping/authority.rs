//! Asking the authorities, one after the other.

use super::{CLOCK_TOLERANCE_S, StampProblem};
use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout, TimeAuthority};
use crate::http::{self, Request};
use crate::trust_store::time_trust;
use record::{Clock, Timestamp};
use seal::evidence::HashTree;
use seal::{TimeStampClient, TimeStampRequest, TimeStampVerdict, Trust, TspError};
use std::path::Path;
use std::time::Duration;

const PATIENCE_S: u32 = 20;
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// A time stamp that was accepted.
pub(super) struct Stamped {
    pub(super) url: String,
    pub(super) token: Vec<u8>,
    pub(super) time: Timestamp,
}

/// A time stamp over the root of a tree, of the first authority that gives one that is accepted here. Why others did not is added
/// to `problems`.
pub(super) fn ask(
    layout: &Layout,
    config: &ArchiveConfig,
    tree: &HashTree,
    clock: &dyn Clock,
    problems: &mut Vec<StampProblem>,
) -> Result<Option<Stamped>, PipelineError> {
    let patience = patience(config);
    for authority in &config.time.authority {
        let anchors = anchors(layout, authority)?;
        let trust = time_trust(layout, &anchors)?;
        match ask_one(authority, &trust, tree, patience, clock) {
            Ok(stamped) => {
                keep(layout, &anchors)?;
                return Ok(Some(stamped));
            }
            Err(problem) => problems.push(problem),
        }
    }
    Ok(None)
}

fn ask_one(
    authority: &TimeAuthority,
    trust: &Trust,
    tree: &HashTree,
    patience: Duration,
    clock: &dyn Clock,
) -> Result<Stamped, StampProblem> {
    let url = authority.url.clone();
    let mut send = |body: &[u8]| send(&url, body, patience);
    let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other);
    let mut client = TimeStampClient { send: &mut send, random: &mut random };
    let token = client.stamp_hash(tree.digest(), tree.root());
    let token = token.map_err(|source| StampProblem::Authority { url: url.clone(), source })?;
    let now = clock.now();
    let verdict = trust.verify_time_stamp_of_hash(&token, tree.digest(), tree.root(), now);
    let stated = match &verdict {
        TimeStampVerdict::Valid(stamp)
        | TimeStampVerdict::Untrusted { stamp, .. }
        | TimeStampVerdict::Weak { stamp, .. } => Some(stamp.time),
        TimeStampVerdict::Altered { .. } | TimeStampVerdict::Malformed { .. } => None,
    };
    if let Some(theirs) = stated.filter(|at| is_far(*at, now)) {
        return Err(StampProblem::Clock { url, theirs, ours: now });
    }
    match verdict.time() {
        Some(time) => Ok(Stamped { url, token, time }),
        None => Err(StampProblem::Untrusted { url, reason: verdict.reason().to_owned() }),
    }
}

/// Carries requests to the authorities, each to the first whose answer holds, is trusted and agrees with this machine's clock.
pub(crate) fn any_of<'a>(
    config: &'a ArchiveConfig,
    trust: &'a Trust,
    clock: &'a dyn Clock,
) -> impl FnMut(&[u8]) -> Result<Vec<u8>, TspError> + 'a {
    let patience = patience(config);
    move |body| {
        let mut refusals = Vec::new();
        let mut is_away = true;
        for TimeAuthority { url, .. } in &config.time.authority {
            match send(url, body, patience).and_then(|answer| accepted(body, answer, trust, clock)) {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    is_away &= matches!(error, TspError::Unreachable(_));
                    refusals.push(format!("{url}: {error}"));
                }
            }
        }
        let all = refusals.join("; ");
        Err(if is_away { TspError::Unreachable(all) } else { TspError::Broken(all) })
    }
}

fn accepted(body: &[u8], answer: Vec<u8>, trust: &Trust, clock: &dyn Clock) -> Result<Vec<u8>, TspError> {
    let request = TimeStampRequest::from_der(body)?;
    let token = request.accept(&answer)?;
    let now = clock.now();
    if let Some(theirs) = seal::time_of(&token).filter(|at| is_far(*at, now)) {
        return Err(TspError::Broken(format!("it says {theirs}, this machine's clock says {now}")));
    }
    let verdict = request.judge(&token, trust, now);
    match verdict.time() {
        Some(_) => Ok(answer),
        None => Err(TspError::Broken(format!("not trusted: {}", verdict.reason()))),
    }
}

fn is_far(theirs: Timestamp, ours: Timestamp) -> bool {
    (theirs.as_second() - ours.as_second()).abs() > CLOCK_TOLERANCE_S
}

fn patience(config: &ArchiveConfig) -> Duration {
    Duration::from_secs(config.time.timeout_s.map_or(PATIENCE_S, std::num::NonZeroU32::get).into())
}

fn send(url: &str, body: &[u8], patience: Duration) -> Result<Vec<u8>, TspError> {
    let body = Some(("application/timestamp-query", body));
    match http::ask(&Request { url, body, patience, max_answer_bytes: MAX_ANSWER_BYTES }) {
        Ok((200, answer)) => Ok(answer),
        Ok((status, _)) => Err(TspError::Unreachable(format!("HTTP {status}"))),
        Err(error) => Err(TspError::Unreachable(error.to_string())),
    }
}

fn anchors(layout: &Layout, authority: &TimeAuthority) -> Result<Vec<Vec<u8>>, PipelineError> {
    read_certificates(&layout.root.join(&authority.anchor))
}

pub(super) fn read_certificates(path: &Path) -> Result<Vec<Vec<u8>>, PipelineError> {
    let pem = std::fs::read(path).map_err(PipelineError::io(path))?;
    let wrong = |e: seal::PemError| PipelineError::Format {
        what: path.display().to_string(),
        problem: e.to_string(),
    };
    seal::certificates_from_pem(&pem).map_err(wrong)
}

/// Keeps the certificates that were relied on: what they vouch for is checked for decades, whatever `hoso.toml` says then.
fn keep(layout: &Layout, anchors: &[Vec<u8>]) -> Result<(), PipelineError> {
    let path = layout.time_anchors();
    let mut all = if path.exists() { read_certificates(&path)? } else { Vec::new() };
    let known = all.len();
    for anchor in anchors {
        if !all.contains(anchor) {
            all.push(anchor.clone());
        }
    }
    if all.len() == known {
        return Ok(());
    }
    let wrong = |e: seal::PemError| PipelineError::Format {
        what: path.display().to_string(),
        problem: e.to_string(),
    };
    let pem: String =
        all.iter().map(|anchor| seal::certificate_to_pem(anchor)).collect::<Result<_, _>>().map_err(wrong)?;
    Ok(durable::write_file(&path, pem.as_bytes())?)
}
