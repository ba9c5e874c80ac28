//! `hoso stamp`

use super::told;
use crate::args::{HashArg, Stamp, StampWhat};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{EvidenceDigest, PipelineError, Renewal, StampFinding, StampSummary, Workbench};
use record::{Clock, Lang, Timestamp};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Stamp, speaker: Speaker) -> Result<Exit, Failure> {
    let now = SystemClock.now();
    let summary = match &args.what {
        None => pipeline::stamp(&args.archive.archive, &SystemClock),
        Some(StampWhat::Due { within, archive }) => {
            let due = pipeline::due(&archive.archive, after(now, *within), now).map_err(told(speaker))?;
            due.renewals.iter().for_each(|renewal| tell_due(renewal, speaker));
            due.findings.iter().for_each(|finding| tell_finding(finding, speaker));
            return Ok(if due.findings.is_empty() { Exit::Done } else { Exit::Failed });
        }
        Some(StampWhat::Renew { due, hash, archive }) => {
            let hash = hash.map(|hash| match hash {
                HashArg::Sha384 => EvidenceDigest::Sha384,
                HashArg::Sha512 => EvidenceDigest::Sha512,
            });
            pipeline::renew(&archive.archive, after(now, *due), hash, &SystemClock)
        }
    };
    let summary = summary.map_err(told(speaker))?;
    tell(&summary, speaker);
    // Whatever still waits needs somebody's hand.
    Ok(if summary.waiting > 0 || !summary.findings.is_empty() { Exit::Failed } else { Exit::Done })
}

/// At the end of a batch. What was stored is stored: an authority that is away changes nothing about that.
pub(super) fn after_batch(bench: &Workbench, speaker: Speaker) {
    tell_after(pipeline::stamp_batch(bench), speaker);
}

/// At the end of a sealing: the same of what was sealed.
pub(super) fn after_sealing(archive: &Path, speaker: Speaker) {
    tell_after(pipeline::stamp_sealed(archive, &SystemClock), speaker);
}

fn tell_after(done: Result<StampSummary, PipelineError>, speaker: Speaker) {
    match done {
        Ok(summary) => tell(&summary, speaker),
        Err(error) => speaker.talk(format_args!(
            "{}: {}",
            speaker.pick("chưa đóng dấu thời gian", "not time-stamped"),
            speaker.failure(&error).message
        )),
    }
}

fn tell(summary: &StampSummary, speaker: Speaker) {
    let StampSummary { stamped, waiting, by, problems, findings } = summary;
    findings.iter().for_each(|finding| tell_finding(finding, speaker));
    for problem in problems {
        let (code, text) = (problem.code(), problem.text(speaker.lang));
        match speaker.json {
            true => speaker.line("not-stamped", json!({"code": code, "reason": text})),
            false => speaker.talk(format_args!("✗ {text}")),
        }
    }
    if speaker.json {
        if *stamped > 0 || *waiting > 0 {
            let (url, time) = by.as_ref().map(|(url, time)| (url.as_str(), time.to_string())).unzip();
            speaker.line("stamped", json!({"stamped": stamped, "waiting": waiting, "by": url, "time": time}));
        }
        return;
    }
    if let Some((url, time)) = by {
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("{stamped} bản có dấu thời gian {time} của {url}"),
            Lang::En => format!("{stamped} versions are time-stamped {time} by {url}"),
        });
    }
    if *waiting > 0 {
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("{waiting} bản chờ dấu thời gian; khi có đường truyền: hoso stamp"),
            Lang::En => {
                format!("{waiting} versions wait for a time stamp; when the line is back: hoso stamp")
            }
        });
    }
}

fn tell_due(renewal: &Renewal, speaker: Speaker) {
    let Renewal { object, version, protected_until } = renewal;
    if speaker.json {
        let value =
            json!({"object": object, "version": version, "protected_until": protected_until.to_string()});
        return speaker.line("due", value);
    }
    let until = speaker.pick("được bảo vệ đến", "protected until");
    speaker.data(format_args!("{object} v{version}: {until} {protected_until}"));
}

fn tell_finding(finding: &StampFinding, speaker: Speaker) {
    let text = finding.text(speaker.lang);
    match speaker.json {
        true => speaker.line("stamp-finding", json!({"code": finding.code(), "text": text})),
        false => speaker.data(format_args!("✗ {text}")),
    }
}

fn after(now: Timestamp, days: u32) -> Timestamp {
    Timestamp::from_second(now.as_second() + i64::from(days) * 86_400).unwrap_or(Timestamp::MAX)
}

/// Tells what the evidence records of an archive say; whether none is broken.
pub(super) fn tell_check(archive: &Path, now: Timestamp, speaker: Speaker) -> Result<bool, Failure> {
    let Some(state) = pipeline::check_stamps(archive, now).map_err(told(speaker))? else { return Ok(true) };
    state.findings.iter().for_each(|finding| tell_finding(finding, speaker));
    let until = state.protected_until.map(|until| until.to_string());
    let good = state.findings.is_empty();
    if speaker.json {
        let value = json!({
            "good": good, "stamped": state.stamped, "waiting": state.waiting, "protected_until": until,
        });
        speaker.line("stamps-verified", value);
    } else {
        let (stamped, waiting, until) = (state.stamped, state.waiting, until.unwrap_or_else(|| "–".into()));
        speaker.talk(match speaker.lang {
            Lang::Vi => format!(
                "{stamped} bản có bằng chứng thời gian, được bảo vệ đến {until}; {waiting} bản chưa có"
            ),
            Lang::En => {
                format!("{stamped} versions are proven in time, protected until {until}; {waiting} are not")
            }
        });
    }
    Ok(good)
}
