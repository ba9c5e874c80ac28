//! `hoso archive minutes`

use crate::args::{Minutes, MinutesOf};
use crate::commands::court::write_for_paper;
use crate::commands::{case_code, told};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::KeepingReport;
use record::Clock;
use serde_json::json;

pub(super) fn minutes(args: &Minutes, speaker: Speaker) -> Result<Exit, Failure> {
    let (archive, report) = (&args.archive.archive, args.report.as_deref());
    let (now, lang) = (SystemClock.now(), speaker.lang);
    let kind = report.and_then(KeepingReport::of).or(match args.of {
        MinutesOf::Check => None,
        MinutesOf::Backup => Some(KeepingReport::Backup),
        MinutesOf::Restore => Some(KeepingReport::Restore),
        MinutesOf::Drill => Some(KeepingReport::Drill),
    });
    let minutes = match (&args.repair, args.destruction, kind) {
        (Some(code), ..) => pipeline::repair_minutes(archive, &case_code(code)?, lang),
        (None, Some(no), _) => pipeline::destruction_minutes(archive, no, &SystemClock, lang),
        (None, None, _) if args.incident => pipeline::incident_minutes(archive, report, now, lang),
        (None, None, None) => pipeline::minutes(archive, report, now, lang),
        (None, None, Some(kind)) => pipeline::keeping_minutes(archive, kind, report, now, lang),
    };
    let minutes = minutes.map_err(told(speaker))?;
    if let Some(paper) = &args.paper {
        write_for_paper(paper, || minutes.to_html(), || minutes.to_pdf(), speaker)?;
    }
    let text = minutes.text();
    if speaker.json {
        speaker.line("minutes", json!({"text": text, "report": args.paper}));
    } else {
        speaker.text(&text);
    }
    Ok(Exit::Done)
}
