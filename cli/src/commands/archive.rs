//! `hoso archive check|repair|replicate`

use super::{case_code, stop_flag, told};
use crate::args::{Archive, Check, RepairWords, Replicate};
use crate::equipment::{SystemClock, cores};
use crate::progress::CaseBar;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{
    CheckEvent, CheckOrder, CheckSummary, CheckVerdict, CheckedCase, CopyState, FIXITY_DAYS, PipelineError,
    Problem, RepairedCase, ReplicaCase, ReplicaState, What,
};
use record::{CaseCode, Clock, Lang, Timestamp};
use serde_json::{Value, json};

/// Seconds of a day.
const DAY_S: i64 = 86_400;

pub(crate) fn run(args: &Archive, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        Archive::Check(args) => check(args, speaker),
        Archive::Repair(args) => repair(args, speaker),
        Archive::Replicate(args) => replicate(args, speaker),
    }
}

fn check(args: &Check, speaker: Speaker) -> Result<Exit, Failure> {
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
    let summary =
        pipeline::check_archive(
            &args.archive.archive,
            &order,
            &SystemClock,
            &stop,
            &mut |event| match event {
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
            },
        );
    bar.finish();
    let summary = summary.map_err(told(speaker))?;
    tell_summary(&summary, speaker);
    Ok(match summary.verdict {
        CheckVerdict::Broken => Exit::Broken,
        CheckVerdict::SelfTestFailed => Exit::Failed,
        _ if summary.interrupted => Exit::Interrupted,
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
            "folder": case.folder, "good": case.is_good(), "files": case.files, "bytes": case.bytes,
            "signature": case.signature, "problems": problems, "not_logged": case.not_logged,
        });
        speaker.line("checked", value);
        return;
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

fn problem_json(problem: &Problem, speaker: Speaker) -> Value {
    json!({
        "code": problem.code, "path": problem.path, "what": problem.kind(),
        "text": problem_text(problem, speaker),
    })
}

/// One line that names the file and what is wrong with it; digests stay in the report.
fn problem_text(problem: &Problem, speaker: Speaker) -> String {
    let path = if problem.path.is_empty() { speaker.pick("hồ sơ", "the object") } else { &problem.path };
    let what = match &problem.what {
        What::Differs { algorithm, .. } => match speaker.lang {
            Lang::Vi => format!("khác bản đã lưu ({algorithm})"),
            Lang::En => format!("differs from what was stored ({algorithm})"),
        },
        What::Missing { .. } => speaker.pick("bị thiếu", "missing").to_owned(),
        What::Extra => speaker.pick("không thuộc về đây", "does not belong here").to_owned(),
        What::Wrong(why) => why.clone(),
    };
    format!("{path}: {what} [{}]", problem.code)
}

fn tell_summary(summary: &CheckSummary, speaker: Speaker) {
    let oldest = summary.oldest_check.map(|at| at.to_string());
    if speaker.json {
        let absent: Vec<&str> = summary.absent.iter().map(CaseCode::as_str).collect();
        let value = json!({
            "verdict": summary.verdict.code(), "report": summary.report, "signed": summary.is_signed,
            "checked": summary.checked, "broken": summary.broken, "left": summary.left, "files": summary.files,
            "bytes": summary.bytes, "interrupted": summary.interrupted, "absent": absent,
            "absent_unknown": summary.absent_unknown,
            "strays": summary.strays, "never_checked": summary.never_checked, "oldest_check": oldest,
            "self_test_error": summary.self_test_error,
        });
        speaker.line("fixity-report", value);
        return;
    }
    for code in &summary.absent {
        let gone = speaker.pick("đã lưu, nay không còn trong kho", "was stored, is gone from the archive");
        speaker.data(format_args!("✗ {code}: {gone}"));
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
    let gigabytes = summary.bytes as f64 / 1e9;
    let CheckSummary { checked, broken, left, never_checked, .. } = summary;
    speaker.talk(match speaker.lang {
        Lang::Vi => format!("đã đọc {checked} hồ sơ, {gigabytes:.2} GB; hỏng {broken}; còn lại {left}"),
        Lang::En => format!("read {checked} case files, {gigabytes:.2} GB; damaged {broken}; left {left}"),
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
            speaker.pick(" (không có chữ ký: ở đây không có khoá)", " (not signed: there is no key here)")
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
        CheckVerdict::Broken => speaker.pick(
            "KHO CÓ HƯ HỎNG\n  gợi ý: báo người quản trị; sửa từ bản sao: hoso archive repair --from BẢN_SAO",
            "THE ARCHIVE IS DAMAGED\n  hint: tell the administrator; repair from a copy: hoso archive repair --from REPLICA",
        ),
        CheckVerdict::SelfTestFailed => speaker.pick(
            "KHÔNG KẾT LUẬN ĐƯỢC: phép thử không tìm thấy hư hỏng cố ý đặt vào bản nháp\n  gợi ý: kiểm tra đĩa và bộ nhớ của máy, xem chỗ trống, rồi chạy lại",
            "NO VERDICT: the self-test did not find the damage that it planted in a scratch copy\n  hint: look at the machine's disk, memory and free space, then run again",
        ),
    });
    if let Some(why) = &summary.self_test_error {
        speaker.talk(format_args!("  {why}"));
    }
}

fn replicate(args: &Replicate, speaker: Speaker) -> Result<Exit, Failure> {
    let stop = stop_flag()?;
    let mut bar = CaseBar::new(speaker);
    let mut exit = Exit::Done;
    let (mut same, mut copied) = (0u64, 0u64);
    let result = pipeline::replicate_archive(
        &args.archive.archive,
        &args.target,
        &stop,
        &mut |case: &ReplicaCase, done, all| {
            let bytes = match &case.state {
                ReplicaState::Compared(CopyState::Copied { bytes, .. }) => *bytes,
                _ => 0,
            };
            bar.step(done as u64, all as u64, bytes);
            tell_replica(case, &bar, speaker);
            match &case.state {
                ReplicaState::Compared(CopyState::Same) => same += 1,
                ReplicaState::Compared(CopyState::Copied { .. }) => copied += 1,
                ReplicaState::Compared(CopyState::Ahead { .. }) | ReplicaState::OnlyInReplica => {
                    exit = if exit == Exit::Broken { exit } else { Exit::Review };
                }
                ReplicaState::Compared(CopyState::Different { .. }) | ReplicaState::Damaged(_) => {
                    exit = Exit::Broken;
                }
            }
        },
    );
    bar.finish();
    result.map_err(told(speaker))?;
    if !speaker.json {
        speaker.talk(match speaker.lang {
            Lang::Vi => {
                format!("bản sao {}: chép {copied} hồ sơ, {same} đã giống", args.target.display())
            }
            Lang::En => {
                format!("replica {}: {copied} case files copied, {same} the same", args.target.display())
            }
        });
        if exit != Exit::Done {
            speaker.talk(speaker.pick(
                "  gợi ý: không ghi đè gì; báo người quản trị; kho thiếu hay hỏng thì: hoso archive repair --from BẢN_SAO",
                "  hint: nothing was overwritten; tell the administrator; where the archive lacks something or is damaged: hoso archive repair --from REPLICA",
            ));
        }
    }
    Ok(exit)
}

fn tell_replica(case: &ReplicaCase, bar: &CaseBar, speaker: Speaker) {
    let name = case.id.as_ref().map_or_else(|| case.folder.display().to_string(), ToString::to_string);
    if speaker.json {
        let mut value = json!({"object": case.id.as_ref().map(|id| id.as_str()), "folder": case.folder,
            "state": case.state.code()});
        match &case.state {
            ReplicaState::Compared(CopyState::Copied { first, last, bytes }) => {
                value["first"] = first.to_string().into();
                value["last"] = last.to_string().into();
                value["bytes"] = (*bytes).into();
            }
            ReplicaState::Compared(CopyState::Ahead { copy, origin }) => {
                value["replica"] = copy.to_string().into();
                value["archive"] = origin.to_string().into();
            }
            ReplicaState::Compared(CopyState::Different { version }) => {
                value["version"] = version.to_string().into();
            }
            ReplicaState::Damaged(error) => value["why"] = error.to_string().into(),
            ReplicaState::Compared(CopyState::Same) | ReplicaState::OnlyInReplica => {}
        }
        speaker.line("replicated", value);
        return;
    }
    match &case.state {
        ReplicaState::Compared(CopyState::Same) => {}
        ReplicaState::Compared(CopyState::Copied { first, last, .. }) => {
            let copied = speaker.pick("đã chép và đọc lại", "copied and read back");
            bar.data(format_args!("✓ {name}: {copied} {first}–{last}"));
        }
        ReplicaState::Compared(CopyState::Ahead { copy, origin }) => bar.data(match speaker.lang {
            Lang::Vi => format!("! {name}: bản sao có {copy}, kho chỉ có {origin}"),
            Lang::En => format!("! {name}: the replica has {copy}, the archive only {origin}"),
        }),
        ReplicaState::Compared(CopyState::Different { version }) => bar.data(match speaker.lang {
            Lang::Vi => format!("✗ {name}: {version} của bản sao KHÁC với {version} của kho"),
            Lang::En => {
                format!("✗ {name}: {version} of the replica is ANOTHER than {version} of the archive")
            }
        }),
        ReplicaState::OnlyInReplica => {
            let only = speaker.pick("bản sao có, kho không có", "in the replica, not in the archive");
            bar.data(format_args!("! {name}: {only}"));
        }
        ReplicaState::Damaged(error) => {
            bar.data(format_args!("✗ {name}: {}", speaker.failure(error).message));
        }
    }
}

fn repair(args: &RepairWords, speaker: Speaker) -> Result<Exit, Failure> {
    let codes = args.codes.iter().map(|code| case_code(code)).collect::<Result<Vec<_>, _>>()?;
    let stop = stop_flag()?;
    let mut bar = CaseBar::new(speaker);
    let (mut whole, mut repaired, mut not) = (0u64, 0u64, 0u64);
    let result = pipeline::repair_archive(
        &args.archive.archive,
        &args.from,
        &codes,
        &SystemClock,
        &stop,
        &mut |case: &RepairedCase, done, all| {
            bar.step(done as u64, all as u64, 0);
            tell_repaired(case, &bar, speaker);
            match (case.was_whole(), case.is_whole()) {
                (true, _) => whole += 1,
                (false, true) => repaired += 1,
                (false, false) => not += 1,
            }
        },
    );
    bar.finish();
    result.map_err(|error| of_replica(&error, args, speaker))?;
    if !speaker.json {
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("{whole} hồ sơ nguyên vẹn, {repaired} đã sửa, {not} chưa sửa được"),
            Lang::En => format!("{whole} case files whole, {repaired} repaired, {not} not repaired"),
        });
        if repaired > 0 {
            speaker.talk(speaker.pick(
                "  tệp hỏng nằm trong work/quarantine; không xoá gì",
                "  the damaged files lie in work/quarantine; nothing was deleted",
            ));
        }
        if not > 0 {
            speaker.talk(speaker.pick(
                "  gợi ý: thử một bản sao khác: hoso archive repair --from BẢN_SAO_KHÁC",
                "  hint: try another replica: hoso archive repair --from OTHER_REPLICA",
            ));
        }
    }
    Ok(if not > 0 { Exit::Broken } else { Exit::Done })
}

/// Which of the two folders is meant.
fn of_replica(error: &PipelineError, args: &RepairWords, speaker: Speaker) -> Failure {
    let failure = speaker.failure(error);
    match error {
        PipelineError::Store(pipeline::StoreError::NoSuchArchive { root }) if *root == args.from => {
            Failure { exit: Exit::NoArchive, ..failure }
        }
        _ => failure,
    }
}

fn tell_repaired(case: &RepairedCase, bar: &CaseBar, speaker: Speaker) {
    let repair = &case.repair;
    let name = repair.id.as_ref().map_or_else(|| case.folder.display().to_string(), ToString::to_string);
    let refused: Vec<String> =
        repair.refused.iter().map(|refusal| pipeline::why_refused(refusal, speaker.lang)).collect();
    if speaker.json {
        let problems =
            |list: &[Problem]| list.iter().map(|p| problem_json(p, speaker)).collect::<Vec<Value>>();
        let mended: Vec<Value> = repair
            .mended
            .iter()
            .map(|m| json!({"path": m.path, "action": m.action.code(), "quarantined": m.quarantined}))
            .collect();
        let copied = repair.copied.map(|(first, last)| [first.to_string(), last.to_string()]);
        let value = json!({
            "object": repair.id.as_ref().map(|id| id.as_str()), "folder": case.folder,
            "whole": case.is_whole(), "before": problems(&repair.before), "mended": mended,
            "copied": copied, "left": problems(&repair.left), "refused": refused,
        });
        speaker.line("repaired", value);
        return;
    }
    if case.was_whole() {
        return;
    }
    let (mark, state) = match case.is_whole() {
        true => ("✓", speaker.pick("đã sửa", "repaired")),
        false => ("✗", speaker.pick("CHƯA SỬA ĐƯỢC", "NOT REPAIRED")),
    };
    bar.data(format_args!("{mark} {name}: {state}"));
    for mended in &repair.mended {
        let what = match mended.action {
            pipeline::Action::Restored => speaker.pick("đã khôi phục", "restored"),
            pipeline::Action::PutAside => speaker.pick("đã cách ly", "put aside"),
        };
        bar.data(format_args!("    + {}: {what}", mended.path));
    }
    if let Some((first, last)) = repair.copied {
        let what = speaker.pick("đã chép lại từ bản sao", "brought back from the replica");
        bar.data(format_args!("    + {first}–{last}: {what}"));
    }
    for problem in &repair.left {
        bar.data(format_args!("    ≠ {}", problem_text(problem, speaker)));
    }
    for why in refused {
        bar.data(format_args!("    ≠ {why}"));
    }
}
