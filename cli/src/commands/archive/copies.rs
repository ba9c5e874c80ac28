//! `hoso archive replicate` and `hoso archive repair`

use super::{problem_json, problem_text, replica_place};
use crate::args::{RepairWords, Replicate};
use crate::commands::{case_code, stop_flag, warn_of_network_disk};
use crate::equipment::SystemClock;
use crate::progress::CaseBar;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{CopyState, PipelineError, Problem, RepairedCase, ReplicaCase, ReplicaPlace, ReplicaState};
use record::{CaseCode, Lang, ObjectId};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn replicate(args: &Replicate, speaker: Speaker) -> Result<Exit, Failure> {
    let stop = stop_flag()?;
    let target = replica_place(&args.target);
    if let ReplicaPlace::Folder(folder) = &target {
        warn_of_network_disk(folder, speaker);
    }
    let mut bar = CaseBar::new(speaker);
    let mut exit = Exit::Done;
    let (mut same, mut copied) = (0u64, 0u64);
    if args.carry_out_destructions {
        let tell = &mut |id: &ObjectId| tell_destroyed(id, &bar, speaker);
        let failed = pipeline::carry_out_in_replica(&args.archive.archive, &target, &SystemClock, tell)
            .map_err(ended(speaker))?;
        for (id, error) in &failed {
            exit = Exit::Broken;
            tell_not_destroyed(id, error, &bar, speaker);
        }
    }
    let result = pipeline::replicate_archive(
        &args.archive.archive,
        &target,
        &SystemClock,
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
                ReplicaState::Compared(CopyState::Ahead { .. })
                | ReplicaState::OnlyInReplica
                | ReplicaState::Destroyed => {
                    exit = if exit == Exit::Done { Exit::Review } else { exit };
                }
                ReplicaState::Failed(_) => {
                    exit = if exit == Exit::Broken { exit } else { Exit::Failed };
                }
                ReplicaState::Compared(CopyState::Different { .. })
                | ReplicaState::DestroyedThere
                | ReplicaState::Damaged(_)
                | ReplicaState::Unproven(_) => {
                    exit = Exit::Broken;
                }
            }
        },
    );
    bar.finish();
    result.map_err(ended(speaker))?;
    if !speaker.json {
        speaker.talk(match speaker.lang {
            Lang::Vi => {
                format!("bản sao {target}: chép {copied} hồ sơ, {same} đã có cùng các bản")
            }
            Lang::En => {
                format!("replica {target}: {copied} case files copied, {same} have the same versions")
            }
        });
        let option = if matches!(target, ReplicaPlace::Folder(_)) { "--archive" } else { "--replica" };
        speaker.talk(match speaker.lang {
            Lang::Vi => {
                format!("  gợi ý: đọc lại từng byte của bản sao: hoso archive check {option} {target}")
            }
            Lang::En => {
                format!("  hint: to read every byte of the replica: hoso archive check {option} {target}")
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

fn tell_destroyed(id: &ObjectId, bar: &CaseBar, speaker: Speaker) {
    if speaker.json {
        speaker.line("replicated", json!({"object": id.as_str(), "state": "destroyed-too"}));
        return;
    }
    bar.data(format_args!("✓ {id}: {}", speaker.pick("đã hủy cả ở bản sao", "destroyed in the replica too")));
}

fn tell_not_destroyed(id: &ObjectId, error: &PipelineError, bar: &CaseBar, speaker: Speaker) {
    let why = speaker.failure(error).message;
    if speaker.json {
        speaker.line("replicated", json!({"object": id.as_str(), "state": "not-destroyed", "why": why}));
        return;
    }
    let what = speaker.pick("CHƯA hủy được ở bản sao", "NOT destroyed in the replica");
    bar.data(format_args!("✗ {id}: {what}: {why}"));
}

/// The best name there is.
fn name(code: Option<&CaseCode>, id: Option<&ObjectId>, folder: &Path) -> String {
    match (code, id) {
        (Some(code), _) => code.to_string(),
        (None, Some(id)) => id.to_string(),
        (None, None) => folder.display().to_string(),
    }
}

fn tell_replica(case: &ReplicaCase, bar: &CaseBar, speaker: Speaker) {
    let name = name(case.code.as_ref(), case.id.as_ref(), &case.folder);
    if speaker.json {
        let mut value = json!({"case": case.code.as_ref().map(CaseCode::as_str), "object": case.id.as_ref().map(|id| id.as_str()), "folder": case.folder,
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
            ReplicaState::Damaged(error) | ReplicaState::Failed(error) => {
                value["why"] = error.to_string().into()
            }
            ReplicaState::Unproven(faults) => {
                let why: Vec<String> = faults.iter().map(|fault| fault.text(speaker.lang)).collect();
                value["why"] = why.join("; ").into();
            }
            ReplicaState::Compared(CopyState::Same)
            | ReplicaState::OnlyInReplica
            | ReplicaState::Destroyed
            | ReplicaState::DestroyedThere => {}
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
        ReplicaState::Failed(error) => {
            let what = speaker.pick("kho đối tượng lỗi, chưa chép", "the object store failed, not copied");
            bar.data(format_args!("✗ {name}: {error}: {what}"));
            bar.data(speaker.pick(
                "  gợi ý: chạy lại hoso archive replicate",
                "  hint: run hoso archive replicate again",
            ));
        }
        ReplicaState::OnlyInReplica => {
            let only = speaker.pick("bản sao có, kho không có", "in the replica, not in the archive");
            bar.data(format_args!("! {name}: {only}"));
        }
        ReplicaState::Destroyed => {
            let what = speaker.pick(
                "kho đã hủy, bản sao còn giữ; hủy ở bản sao: --carry-out-destructions",
                "the archive has destroyed it, the replica still holds it; to destroy it there too: --carry-out-destructions",
            );
            bar.data(format_args!("! {name}: {what}"));
        }
        ReplicaState::DestroyedThere => {
            let what = speaker.pick(
                "bản sao có bia hồ sơ, nhưng kho không hủy hồ sơ này; không chép",
                "the replica has a tombstone, and the archive never destroyed it; not copied",
            );
            bar.data(format_args!("✗ {name}: {what}"));
        }
        ReplicaState::Unproven(faults) => {
            let what = speaker.pick(
                "niêm phong không chứng minh được, không chép",
                "the seals do not prove it, not copied",
            );
            bar.data(format_args!("✗ {name}: {what}"));
            for fault in faults {
                bar.data(format_args!("    ≠ {}", fault.text(speaker.lang)));
            }
        }
        ReplicaState::Damaged(error) => {
            bar.data(format_args!("✗ {name}: {}", speaker.failure(error).message));
        }
    }
}

pub(super) fn repair(args: &RepairWords, speaker: Speaker) -> Result<Exit, Failure> {
    let codes = args.codes.iter().map(|code| case_code(code)).collect::<Result<Vec<_>, _>>()?;
    let stop = stop_flag()?;
    let mut bar = CaseBar::new(speaker);
    let (mut whole, mut repaired, mut not) = (0u64, 0u64, 0u64);
    let mut are_versions_back = false;
    let result = pipeline::repair_archive(
        &args.archive.archive,
        &replica_place(&args.from),
        &codes,
        &SystemClock,
        speaker.lang,
        &stop,
        &mut |case: &RepairedCase, done, all| {
            bar.step(done as u64, all as u64, 0);
            tell_repaired(case, &bar, speaker);
            are_versions_back |= case.repair.copied.is_some();
            match (case.was_whole(), case.is_whole()) {
                (true, _) => whole += 1,
                (false, true) => repaired += 1,
                (false, false) => not += 1,
            }
        },
    );
    bar.finish();
    result.map_err(ended(speaker))?;
    if !speaker.json {
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("{whole} hồ sơ nguyên vẹn, {repaired} đã sửa, {not} chưa sửa được"),
            Lang::En => format!("{whole} case files whole, {repaired} repaired, {not} not repaired"),
        });
        if repaired > 0 {
            speaker.talk(speaker.pick(
                "  tệp hỏng nằm trong work/quarantine; không xóa gì",
                "  the damaged files lie in work/quarantine; nothing was deleted",
            ));
        }
        if are_versions_back {
            speaker.talk(speaker.pick(
                "  gợi ý: bản đã chép lại chưa có trong tìm kiếm và danh mục: hoso index rebuild",
                "  hint: what was brought back is not yet in search and catalog: hoso index rebuild",
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

/// A failure of either command, with its own next step after a stop.
fn ended(speaker: Speaker) -> impl Fn(PipelineError) -> Failure {
    move |error| {
        let failure = speaker.failure(&error);
        match error {
            PipelineError::Interrupted => {
                let hint =
                    speaker.pick("chạy lại lệnh này để đi tiếp", "run the same command again to go on");
                Failure { hint: Some(hint.into()), ..failure }
            }
            _ => failure,
        }
    }
}

fn tell_repaired(case: &RepairedCase, bar: &CaseBar, speaker: Speaker) {
    let repair = &case.repair;
    let name = name(case.code.as_ref(), repair.id.as_ref(), &case.folder);
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
            "case": case.code.as_ref().map(CaseCode::as_str), "object": repair.id.as_ref().map(|id| id.as_str()), "folder": case.folder,
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
