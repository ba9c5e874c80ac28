//! `hoso archive minutes`

use crate::args::{Minutes, MinutesOf};
use crate::commands::told;
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::KeepingReport;
use record::Clock;
use serde_json::json;

pub(super) fn minutes(args: &Minutes, speaker: Speaker) -> Result<Exit, Failure> {
    let (archive, report) = (&args.archive.archive, args.report.as_deref());
    let kind = report.and_then(KeepingReport::of).or(match args.of {
        MinutesOf::Check => None,
        MinutesOf::Backup => Some(KeepingReport::Backup),
        MinutesOf::Restore => Some(KeepingReport::Restore),
        MinutesOf::Drill => Some(KeepingReport::Drill),
    });
    let now = SystemClock.now();
    let text = match kind {
        None => pipeline::minutes(archive, report, now, speaker.lang),
        Some(kind) => pipeline::keeping_minutes(archive, kind, report, now, speaker.lang),
    };
    let text = text.map_err(told(speaker))?;
    if speaker.json {
        speaker.line("minutes", json!({"text": text}));
    } else {
        speaker.data(text);
    }
    Ok(Exit::Done)
}
