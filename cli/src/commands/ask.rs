//! `hoso ask`

use super::search::tell_damage;
use super::{file_failure, local_clearance, reading_room, told};
use crate::args::Ask;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Citation, Standing};
use record::{CaseCode, PageNo, PxBox};
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

pub(crate) fn run(args: &Ask, speaker: Speaker) -> Result<Exit, Failure> {
    let room = reading_room(&args.archive.archive, speaker)?;
    if let Some(file) = &args.check {
        return check(&room, file, speaker);
    }
    let found = room.ask(&local_clearance(), &args.question.join(" "), args.limit).map_err(told(speaker))?;
    for citation in &found.citations {
        if speaker.json {
            speaker.line("passage", citation_json(citation));
        } else {
            print(citation, speaker);
        }
    }
    let exit = tell_damage(&found.damaged, speaker);
    if speaker.json {
        speaker.line("answer", json!({"words": found.words, "passages": found.citations.len()}));
    } else {
        let words = found.words.join(", ");
        speaker.talk(match speaker.lang {
            record::Lang::Vi => format!("{} đoạn; đã tìm theo: {words}", found.citations.len()),
            record::Lang::En => format!("{} passages; looked for: {words}", found.citations.len()),
        });
    }
    Ok(exit)
}

fn print(citation: &Citation, speaker: Speaker) {
    let folio = match citation.folio.as_str() {
        "" => speaker.pick("BL chưa rõ", "folio unknown").to_owned(),
        folio => format!("BL {folio}"),
    };
    let page = format!("{} {}", speaker.pick("trang", "page"), citation.page);
    speaker.data(format_args!("{} · {folio} · {page}", citation.case));
    speaker.data(format_args!("    {}", citation.text));
}

fn check(room: &pipeline::ReadingRoom, file: &Path, speaker: Speaker) -> Result<Exit, Failure> {
    let mut text = String::new();
    let read = match file.to_str() {
        Some("-") => std::io::stdin().read_to_string(&mut text),
        _ => std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)),
    };
    read.map_err(|error| file_failure(file, &error))?;
    let mut exit = Exit::Done;
    let mut checked = 0;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (n, line) in lines {
        let value: Option<Value> = serde_json::from_str(line).ok();
        if value.as_ref().is_some_and(|value| value["type"] != "passage") {
            continue;
        }
        checked += 1;
        let verdict = judge(room, value.as_ref(), speaker);
        tell(n + 1, value.as_ref(), &verdict, speaker);
        // The codes of what can happen here go up with how bad it is.
        if verdict.exit as i32 > exit as i32 {
            exit = verdict.exit;
        }
    }
    if checked == 0 {
        let message =
            speaker.pick("không có đoạn nào để kiểm tra", "there is no passage to check").to_owned();
        return Err(Failure { exit: Exit::Misused, message, hint: None });
    }
    Ok(exit)
}

/// What is found of one line.
struct Verdict {
    /// A stable word for `--json`.
    code: &'static str,
    text: String,
    hint: Option<String>,
    exit: Exit,
}

/// The version of the lines that are understood.
const LINE_VERSION: u64 = 1;

/// Judges one line; what is wrong with it or its case file keeps no other from being judged.
fn judge(room: &pipeline::ReadingRoom, value: Option<&Value>, speaker: Speaker) -> Verdict {
    let misused =
        |code, text: &str| Verdict { code, text: format!("✗ {text}"), hint: None, exit: Exit::Misused };
    if let Some(v) = value.and_then(|value| value["v"].as_u64()).filter(|v| *v != LINE_VERSION) {
        return misused(
            "other-version",
            &speaker.pick(
                format!("đoạn ở dạng v={v}, chương trình này chỉ hiểu v={LINE_VERSION}"),
                format!("a passage of form v={v}; this program understands v={LINE_VERSION}"),
            ),
        );
    }
    let Some(citation) = value.filter(|value| value["v"] == LINE_VERSION).and_then(citation_of) else {
        return misused(
            "no-passage",
            speaker.pick(
                "không phải một đoạn như hoso ask --json in ra",
                "no passage as hoso ask --json prints it",
            ),
        );
    };
    match room.check_citation(&local_clearance(), &citation) {
        Ok(standing) => Verdict {
            code: standing.code(),
            text: said(standing, speaker).to_owned(),
            hint: None,
            exit: if standing == Standing::Stands { Exit::Done } else { Exit::Failed },
        },
        Err(error) => {
            let Failure { exit, message, hint } = told(speaker)(error);
            // A file that is gone or cannot be read is as bad here as one that was changed.
            let exit = if exit == Exit::Failed { Exit::Broken } else { exit };
            let not_checked = speaker.pick("không kiểm tra được", "cannot be checked");
            Verdict { code: "not-checked", text: format!("✗ {not_checked}: {message}"), hint, exit }
        }
    }
}

fn tell(line: usize, value: Option<&Value>, verdict: &Verdict, speaker: Speaker) {
    let case = value.and_then(|value| value["case"].as_str()).and_then(|code| CaseCode::new(code).ok());
    let page = value.and_then(|value| value["page"].as_u64());
    if speaker.json {
        let case = case.as_ref().map(CaseCode::as_str);
        let text = &verdict.text;
        let said =
            json!({"line": line, "case": case, "page": page, "standing": verdict.code, "reason": text});
        return speaker.line("citation", said);
    }
    let page = page.map(|page| format!("{} {page}", speaker.pick("trang", "page")));
    let place: Vec<String> = case.map(|case| case.to_string()).into_iter().chain(page).collect();
    let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(" · ")) };
    speaker.data(format_args!("{line}: {place}{}", verdict.text));
    if let Some(hint) = &verdict.hint {
        speaker.talk(format_args!("  {}: {hint}", speaker.pick("gợi ý", "hint")));
    }
}

fn said(standing: Standing, speaker: Speaker) -> &'static str {
    match standing {
        Standing::Stands => speaker.pick("✓ đúng là viết ở đó", "✓ stands there"),
        Standing::NoSuchPlace => speaker.pick("✗ không có chỗ như thế", "✗ there is no such place"),
        Standing::OtherFile => speaker.pick(
            "✗ không phải tệp đã niêm phong của trang này",
            "✗ the file named is not this page's sealed one",
        ),
        Standing::OtherText => speaker.pick("✗ ở đó viết khác", "✗ something else stands there"),
    }
}

fn citation_json(citation: &Citation) -> Value {
    let boxes: Vec<_> = citation.boxes.iter().map(|b| [b.left, b.top, b.right, b.bottom]).collect();
    json!({
        "case": citation.case.as_str(),
        "version": citation.version,
        "page": citation.page.get(),
        "folio": citation.folio,
        "sha256": citation.sha256.to_string(),
        "words": citation.words,
        "text": citation.text,
        "boxes": boxes,
    })
}

fn citation_of(value: &Value) -> Option<Citation> {
    let number = |value: &Value| u32::try_from(value.as_u64()?).ok();
    let run = |run: &Value| Some((run[0].as_u64()? as usize, run[1].as_u64()? as usize));
    let of_box = |b: &Value| {
        Some(PxBox {
            left: number(&b[0])?,
            top: number(&b[1])?,
            right: number(&b[2])?,
            bottom: number(&b[3])?,
        })
    };
    Some(Citation {
        case: CaseCode::new(value["case"].as_str()?).ok()?,
        version: number(&value["version"])?,
        page: PageNo::new(number(&value["page"])?).ok()?,
        folio: value["folio"].as_str()?.to_owned(),
        sha256: value["sha256"].as_str()?.parse().ok()?,
        words: value["words"].as_array()?.iter().map(run).collect::<Option<_>>()?,
        text: value["text"].as_str()?.to_owned(),
        boxes: value["boxes"].as_array()?.iter().map(of_box).collect::<Option<_>>()?,
    })
}
