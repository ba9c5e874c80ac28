//! `hoso archive retention`

use crate::args::Retention;
use crate::commands::stated::hold_json;
use crate::commands::{local_clearance, told};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Kept, RetentionLine};
use record::Lang;
use serde_json::json;

pub(super) fn retention(args: &Retention, speaker: Speaker) -> Result<Exit, Failure> {
    let (mut expired, mut unknown, mut all) = (Vec::new(), Vec::new(), 0u64);
    let tell = |line: RetentionLine| {
        all += 1;
        if speaker.json {
            let is_asked = args.all || matches!(line.kept, Kept::Expired { .. } | Kept::Unknown(_));
            if is_asked {
                json_line(&line, speaker);
            }
            return;
        }
        match &line.kept {
            Kept::Expired { .. } => expired.push(line),
            Kept::Unknown(_) => unknown.push(line),
            _ if args.all => speaker.data(text(&line, speaker)),
            _ => {}
        }
    };
    let clock = Box::new(SystemClock);
    pipeline::retention(&args.archive.archive, &local_clearance(), args.as_of, clock, tell)
        .map_err(told(speaker))?;
    if speaker.json {
        return Ok(Exit::Done);
    }
    let lists = [
        (&expired, speaker.pick("XEM XÉT HỦY (hết thời hạn lưu trữ):", "TO BE CONSIDERED FOR DESTRUCTION:")),
        (&unknown, speaker.pick("KHÔNG RÕ THỜI HẠN (không phải hết hạn):", "PERIOD UNKNOWN (not expired):")),
    ];
    for (lines, heading) in lists {
        if !lines.is_empty() {
            speaker.data(heading);
            lines.iter().for_each(|line| speaker.data(text(line, speaker)));
        }
    }
    let (expired, unknown) = (expired.len(), unknown.len());
    speaker.talk(match speaker.lang {
        Lang::Vi => format!("{all} hồ sơ: {expired} xem xét hủy, {unknown} không rõ thời hạn"),
        Lang::En => format!("{all} case files: {expired} to be considered, {unknown} unknown"),
    });
    Ok(Exit::Done)
}

fn json_line(line: &RetentionLine, speaker: Speaker) {
    let (until, why) = match &line.kept {
        Kept::Until { until, .. } | Kept::Expired { until, .. } => (Some(format!("{until:04}-12-31")), None),
        Kept::Permanent(_) => (None, None),
        Kept::Unknown(why) => (None, Some(why.title(speaker.lang))),
    };
    let rule = line.kept.rule();
    let value = json!({
        "case": line.entry.code.as_str(), "title": line.entry.title, "year": line.entry.year,
        "declared": line.entry.retention, "state": line.kept.code(), "kept_until": until, "why": why,
        "rule": rule.map(|rule| &rule.id), "basis": rule.map(|rule| &rule.basis),
        "article": rule.map(|rule| &rule.article), "hold": hold_json(line.hold.as_ref()),
    });
    speaker.line("retention", value);
}

fn text(line: &RetentionLine, speaker: Speaker) -> String {
    let (code, title) = (&line.entry.code, &line.entry.title);
    let state = match (&line.kept, speaker.lang) {
        (Kept::Permanent(_), Lang::Vi) => "vĩnh viễn".to_owned(),
        (Kept::Permanent(_), Lang::En) => "for ever".to_owned(),
        (Kept::Until { until, .. } | Kept::Expired { until, .. }, Lang::Vi) => format!("đến hết năm {until}"),
        (Kept::Until { until, .. } | Kept::Expired { until, .. }, Lang::En) => {
            format!("until the end of {until}")
        }
        (Kept::Unknown(why), lang) => why.title(lang),
    };
    let basis =
        line.kept.rule().map_or(String::new(), |rule| format!("  ({}, {})", rule.basis, rule.article));
    let hold = line.hold.as_ref().map_or(String::new(), |hold| {
        format!("  [{}: {}, {}]", speaker.pick("ĐANG GIỮ", "ON HOLD"), hold.reason, hold.by)
    });
    format!("  {code}  {state}  {title}{basis}{hold}")
}
