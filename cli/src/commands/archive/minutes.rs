//! `hoso archive minutes`

use crate::args::Minutes;
use crate::commands::told;
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use record::Clock;
use serde_json::json;

pub(super) fn minutes(args: &Minutes, speaker: Speaker) -> Result<Exit, Failure> {
    let (archive, report) = (&args.archive.archive, args.report.as_deref());
    let text = pipeline::minutes(archive, report, SystemClock.now(), speaker.lang).map_err(told(speaker))?;
    if speaker.json {
        speaker.line("minutes", json!({"text": text}));
    } else {
        speaker.data(text);
    }
    Ok(Exit::Done)
}
