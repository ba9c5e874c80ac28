//! `hoso archive minutes`

use crate::args::Minutes;
use crate::commands::{case_code, told};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use record::Clock;
use serde_json::json;

pub(super) fn minutes(args: &Minutes, speaker: Speaker) -> Result<Exit, Failure> {
    let (archive, report) = (&args.archive.archive, args.report.as_deref());
    let (now, lang) = (SystemClock.now(), speaker.lang);
    let text = match (&args.repair, args.destruction) {
        (Some(code), _) => pipeline::repair_minutes(archive, &case_code(code)?, lang),
        (None, Some(no)) => pipeline::destruction_minutes(archive, no, &SystemClock, lang),
        (None, None) if args.incident => pipeline::incident_minutes(archive, report, now, lang),
        (None, None) => pipeline::minutes(archive, report, now, lang),
    };
    let text = text.map_err(told(speaker))?;
    if speaker.json {
        speaker.line("minutes", json!({"text": text}));
    } else {
        speaker.data(text);
    }
    Ok(Exit::Done)
}
