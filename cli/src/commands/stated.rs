//! `hoso case review|hold|release`, and how what was stated is shown.

use super::{case_code, local_clearance, told};
use crate::args::OnHold;
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::Hold;
use record::{CaseState, Lang, Official};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn review(
    archive: &Path,
    code: &str,
    by: &Official,
    pages_on_paper: u32,
    speaker: Speaker,
) -> Result<Exit, Failure> {
    let code = case_code(code)?;
    let clock = Box::new(SystemClock);
    let state = pipeline::review_case(archive, &local_clearance(), &code, by, pages_on_paper, clock)
        .map_err(told(speaker))?;
    if speaker.json {
        speaker.line(
            "reviewed",
            json!({"case": code.as_str(), "by": by.as_str(), "pages": pages_on_paper, "state": state.code()}),
        );
        return Ok(Exit::Done);
    }
    speaker.talk(match speaker.lang {
        Lang::Vi => format!("{code}: {by} xác nhận {pages_on_paper} trang trên giấy = trong gói"),
        Lang::En => format!("{code}: {by} states {pages_on_paper} pages on paper = in the package"),
    });
    Ok(Exit::Done)
}

pub(super) fn hold(args: &OnHold, speaker: Speaker) -> Result<Exit, Failure> {
    let code = case_code(&args.code)?;
    pipeline::hold_case(&args.archive.archive, &code, &args.by, &args.reason, &SystemClock)
        .map_err(told(speaker))?;
    said(&code, "held", speaker.pick("đã giữ: không bị hủy", "on hold: it is not destroyed"), speaker)
}

pub(super) fn release(args: &OnHold, speaker: Speaker) -> Result<Exit, Failure> {
    let code = case_code(&args.code)?;
    pipeline::release_case(&args.archive.archive, &code, &args.by, &args.reason, &SystemClock)
        .map_err(told(speaker))?;
    said(&code, "released", speaker.pick("đã bỏ giữ", "released"), speaker)
}

fn said(code: &record::CaseCode, kind: &str, text: &str, speaker: Speaker) -> Result<Exit, Failure> {
    if speaker.json {
        speaker.line(kind, json!({"case": code.as_str()}));
    } else {
        speaker.talk(format_args!("{code}: {text}"));
    }
    Ok(Exit::Done)
}

/// `null`, or who asked for a hold, when and why.
pub(crate) fn hold_json(hold: Option<&Hold>) -> Value {
    hold.map_or(
        Value::Null,
        |hold| json!({"by": hold.by.as_str(), "at": hold.at.to_string(), "reason": hold.reason}),
    )
}

/// What a line says of a case file beyond that it is stored; empty where there is nothing to say.
pub(super) fn mark(state: &CaseState, hold: Option<&Hold>, speaker: Speaker) -> String {
    let mut said = String::new();
    if let CaseState::Reviewed(reviewed) = state {
        let by = &reviewed.review().by;
        said = format!("  [{}: {by}]", state.title(speaker.lang));
    }
    if let CaseState::Sealed(sealed) = state {
        let (signers, counter) = (sealed.signers(), &sealed.reviewed().review().by);
        let counted = speaker.pick("đếm", "counted by");
        said = format!(
            "  [{}: {}, {}; {counted}: {counter}]",
            state.title(speaker.lang),
            signers.officer,
            signers.agency
        );
    }
    if let Some(hold) = hold {
        let text = speaker.pick("ĐANG GIỮ", "ON HOLD");
        said = format!("{said}  [{text}: {}, {}]", hold.reason, hold.by);
    }
    said
}
