//! `hoso archive check`

use super::{problem_json, problem_text, replica_place};
use crate::args::Check;
use crate::commands::{index_fault, stop_flag, told};
use crate::equipment::{SystemClock, cores};
use crate::progress::CaseBar;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{CheckEvent, CheckOrder, CheckSummary, CheckVerdict, CheckedCase, FIXITY_DAYS};
use record::{CaseCode, Clock, Lang, Timestamp};
use serde_json::{Value, json};

/// Seconds of a day.
const DAY_S: i64 = 86_400;

pub(super) fn check(args: &Check, speaker: Speaker) -> Result<Exit, Failure> {
    let age_s = if args.due { Some(i64::from(FIXITY_DAYS) * DAY_S) } else { args.since };
    let since = |age_s: i64| {
        let now = SystemClock.now().as_second();
        Timestamp::from_second(now.saturating_sub(age_s)).unwrap_or(Timestamp::UNIX_EPOCH)
    };
    let order = CheckOrder {
        subset: args.subset,
        not_since: age_s.map(since),
        budget_bytes: args.budget,
        jobs: args.jobs.map_or_else(cores, usize::from),
    };
    let stop = stop_flag()?;
    let mut bar = CaseBar::new(speaker);
    let (mut done, mut all) = (0, 0);
    let mut tell = |event: CheckEvent<'_>| match event {
        CheckEvent::Started { selected, residents } => {
            all = selected;
            bar.step(0, all, 0);
            if speaker.json {
                speaker.line("check-started", json!({"selected": selected, "residents": residents}));
            }
        }
        CheckEvent::Checked(case) => {
            done += 1;
            bar.step(done, all, case.bytes);
            tell_checked(case, &bar, speaker);
        }
    };
    let archive = &args.archive.archive;
    let summary = match &args.replica {
        None => pipeline::check_archive(archive, &order, &SystemClock, &stop, &mut tell),
        Some(replica) => {
            let replica = replica_place(replica);
            pipeline::check_replica(archive, &replica, &order, &SystemClock, &stop, &mut tell)
        }
    };
    bar.finish();
    let summary = summary.map_err(told(speaker))?;
    tell_summary(&summary, speaker);
    Ok(match summary.verdict {
        CheckVerdict::Broken => Exit::Broken,
        CheckVerdict::SelfTestFailed => Exit::Failed,
        _ if summary.interrupted => Exit::Interrupted,
        CheckVerdict::Good | CheckVerdict::NothingChecked
            if summary.unfinished > 0 || !summary.not_copied.is_empty() || summary.index_fault.is_some() =>
        {
            Exit::Review
        }
        CheckVerdict::Good | CheckVerdict::NothingChecked => Exit::Done,
    })
}

fn tell_checked(case: &CheckedCase, bar: &CaseBar, speaker: Speaker) {
    if speaker.json {
        let faults = case.faults.iter().map(|fault| {
            json!({
                "code": fault.kind.code(), "path": fault.path, "version": fault.version.to_string(),
                "what": "seal", "text": fault.kind.title(speaker.lang),
            })
        });
        let problems: Vec<Value> =
            case.problems.iter().map(|problem| problem_json(problem, speaker)).chain(faults).collect();
        let value = json!({
            "case": case.code.as_ref().map(CaseCode::as_str), "object": case.id.as_ref().map(|id| id.as_str()),
            "folder": case.folder, "good": case.is_good() && case.unfinished.is_none(), "files": case.files, "bytes": case.bytes,
            "signature": case.signature, "problems": problems, "not_logged": case.not_logged,
            "unfinished": case.unfinished,
        });
        speaker.line("checked", value);
        return;
    }
    if let Some(version) = case.unfinished {
        let what = speaker
            .pick("đang chép dở, chưa kiểm tra bản này", "still being copied, this version was not checked");
        bar.data(format_args!("! {} v{version}: {what}", case.name()));
        bar.data(
            speaker
                .pick("  gợi ý: chạy lại hoso archive replicate", "  hint: run hoso archive replicate again"),
        );
    }
    if case.is_good() {
        return;
    }
    bar.data(format_args!("✗ {}: {}", case.name(), speaker.pick("HƯ HỎNG", "DAMAGED")));
    for problem in &case.problems {
        bar.data(format_args!("    ≠ {}", problem_text(problem, speaker)));
    }
    for fault in &case.faults {
        let title = fault.kind.title(speaker.lang);
        bar.data(format_args!("    ≠ {} {}: {title}", fault.version, fault.path));
    }
    if let Some(why) = &case.not_logged {
        let text =
            speaker.pick("không ghi được vào logs/events.ndjson", "could not write logs/events.ndjson");
        bar.data(format_args!("    ! {text}: {why}"));
    }
}

fn tell_summary(summary: &CheckSummary, speaker: Speaker) {
    let oldest = summary.oldest_check.map(|at| at.to_string());
    if speaker.json {
        let gone = summary.absent.iter().filter(|case| case.head.is_none());
        let absent: Vec<&str> = gone.map(|case| case.code.as_str()).collect();
        let cut = summary.absent.iter().filter(|case| case.head.is_some());
        let versions_gone: Vec<Value> = cut
            .map(|case| json!({"case": case.code.as_str(), "noted": case.noted, "head": case.head}))
            .collect();
        let value = json!({
            "verdict": summary.verdict.code(), "report": summary.report, "signed": summary.is_signed,
            "checked": summary.checked, "volumes": summary.volumes, "broken": summary.broken, "left": summary.left, "files": summary.files,
            "bytes": summary.bytes, "interrupted": summary.interrupted, "absent": absent, "versions_gone": versions_gone,
            "absent_unknown": summary.absent_unknown,
            "evidence": summary.evidence.iter().map(|fault| fault.text(speaker.lang)).collect::<Vec<_>>(),
            "strays": summary.strays, "never_checked": summary.never_checked, "oldest_check": oldest,
            "self_test_error": summary.self_test_error, "unfinished": summary.unfinished,
            "not_copied": summary.not_copied, "index_fault": summary.index_fault,
        });
        speaker.line("fixity-report", value);
        return;
    }
    for case in &summary.absent {
        speaker.data(format_args!("✗ {}: {}", case.code, case.title(speaker.lang)));
    }
    if let Some(why) = &summary.absent_unknown {
        let unknown = speaker.pick(
            "không kiểm tra được có hồ sơ nào biến mất khỏi kho",
            "whether case files are gone from the archive could not be checked",
        );
        speaker.talk(format_args!("{unknown}: {why}"));
    }
    for stray in &summary.strays {
        speaker.data(format_args!("✗ ocfl/: {stray}"));
    }
    for fault in &summary.evidence {
        speaker.data(format_args!("✗ {}", fault.text(speaker.lang)));
    }
    if !summary.not_copied.is_empty() {
        let count = summary.not_copied.len();
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("! bản sao còn thiếu {count} hồ sơ hoặc bản mới của chúng"),
            Lang::En => format!("! the replica lacks {count} case files or their latest versions"),
        });
        speaker.talk(
            speaker
                .pick("  gợi ý: chạy lại hoso archive replicate", "  hint: run hoso archive replicate again"),
        );
    }
    if let Some(why) = &summary.index_fault {
        speaker.talk(format_args!("! {}", index_fault(why, speaker)));
        let next = speaker.pick(
            "hồ sơ không bị ảnh hưởng; lần chạy hoso batch run tới tự dựng lại chỉ mục, hoặc: hoso index rebuild",
            "case files are not affected; the next hoso batch run makes it anew, or: hoso index rebuild",
        );
        speaker.talk(format_args!("  {}: {next}", speaker.pick("gợi ý", "hint")));
    }
    let gigabytes = summary.bytes as f64 / 1e9;
    let CheckSummary { checked, volumes, broken, left, never_checked, .. } = summary;
    let cases = checked - volumes;
    let and_volumes = match volumes {
        0 => String::new(),
        _ => format!(", {volumes} {}", speaker.pick("tập", "volumes")),
    };
    speaker.talk(match speaker.lang {
        Lang::Vi => {
            format!("đã đọc {cases} hồ sơ{and_volumes}, {gigabytes:.2} GB; hỏng {broken}; còn lại {left}")
        }
        Lang::En => {
            format!("read {cases} case files{and_volumes}, {gigabytes:.2} GB; damaged {broken}; left {left}")
        }
    });
    speaker.talk(match (speaker.lang, oldest) {
        (Lang::Vi, Some(at)) => format!("chưa kiểm tra lần nào: {never_checked}; lần kiểm tra cũ nhất: {at}"),
        (Lang::En, Some(at)) => format!("never checked: {never_checked}; oldest check: {at}"),
        (Lang::Vi, None) => format!("chưa kiểm tra lần nào: {never_checked}"),
        (Lang::En, None) => format!("never checked: {never_checked}"),
    });
    let signed = match summary.is_signed {
        true => "",
        false => {
            speaker.pick(" (không có chữ ký: ở đây không có khóa)", " (not signed: there is no key here)")
        }
    };
    speaker.talk(format_args!(
        "{}: {}{signed}",
        speaker.pick("biên bản", "report"),
        summary.report.display()
    ));
    speaker.talk(match summary.verdict {
        CheckVerdict::Good => speaker.pick("MỌI BYTE ĐÃ ĐỌC ĐỀU ĐÚNG", "EVERY BYTE READ IS RIGHT"),
        CheckVerdict::NothingChecked => speaker.pick("không có gì phải đọc", "there was nothing to read"),
        CheckVerdict::Broken => speaker.pick("KHO CÓ HƯ HỎNG", "THE ARCHIVE IS DAMAGED"),
        CheckVerdict::SelfTestFailed => speaker.pick(
            "KHÔNG KẾT LUẬN ĐƯỢC: phép thử không tìm thấy hư hỏng cố ý đặt vào bản nháp",
            "NO VERDICT: the self-test did not find the damage that it planted in a scratch copy",
        ),
    });
    match summary.verdict {
        CheckVerdict::Good | CheckVerdict::NothingChecked => {}
        CheckVerdict::Broken => speaker.talk(speaker.pick(
            "  gợi ý: báo người quản trị; sửa từ bản sao: hoso archive repair --from BẢN_SAO",
            "  hint: tell the administrator; repair from a copy: hoso archive repair --from REPLICA",
        )),
        CheckVerdict::SelfTestFailed => speaker.talk(speaker.pick(
            "  gợi ý: kiểm tra đĩa và bộ nhớ của máy, xem chỗ trống, rồi chạy lại",
            "  hint: look at the machine's disk, memory and free space, then run again",
        )),
    }
    if let Some(why) = &summary.self_test_error {
        speaker.talk(format_args!("  {why}"));
    }
}
