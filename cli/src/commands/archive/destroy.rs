//! `hoso archive destroy propose|approve|carry-out|list`

use crate::args::Destroy;
use crate::commands::{case_code, told};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{DestroyedCase, Proposal};
use record::Lang;
use serde_json::json;

pub(super) fn destroy(args: &Destroy, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        Destroy::Propose { codes, by, reason, archive } => {
            let codes = codes.iter().map(|code| case_code(code)).collect::<Result<Vec<_>, _>>()?;
            let no = pipeline::propose_destruction(&archive.archive, &codes, by, reason, &SystemClock)
                .map_err(told(speaker))?;
            if speaker.json {
                speaker
                    .line("destruction-proposed", json!({"id": no, "cases": codes.len(), "by": by.as_str()}));
                return Ok(Exit::Done);
            }
            speaker.data(no);
            speaker.talk(match speaker.lang {
                Lang::Vi => format!("  đề nghị số {no}; người thứ hai phê duyệt: hoso archive destroy approve {no} --by \"họ tên, chức vụ\""),
                Lang::En => format!("  proposal {no}; a second person approves it: hoso archive destroy approve {no} --by \"name, office\""),
            });
        }
        Destroy::Approve { id, by, archive } => {
            pipeline::approve_destruction(&archive.archive, *id, by, &SystemClock).map_err(told(speaker))?;
            if speaker.json {
                speaker.line("destruction-approved", json!({"id": id, "by": by.as_str()}));
                return Ok(Exit::Done);
            }
            speaker.talk(match speaker.lang {
                Lang::Vi => format!("đã phê duyệt; thực hiện: hoso archive destroy carry-out {id}"),
                Lang::En => format!("approved; to carry it out: hoso archive destroy carry-out {id}"),
            });
        }
        Destroy::CarryOut { id, archive } => {
            let tell = &mut |case: &DestroyedCase| tell_destroyed(case, speaker);
            pipeline::carry_out_destruction(&archive.archive, *id, &SystemClock, tell)
                .map_err(told(speaker))?;
            if !speaker.json {
                speaker.talk(match speaker.lang {
                    Lang::Vi => format!("  bản sao và bản sao lưu vẫn còn giữ hồ sơ: hoso archive replicate --carry-out-destructions BẢN_SAO; biên bản: hoso archive minutes --destruction {id}"),
                    Lang::En => format!("  replicas and backups still hold them: hoso archive replicate --carry-out-destructions REPLICA; minutes: hoso archive minutes --destruction {id}"),
                });
            }
        }
        Destroy::List { archive } => {
            let proposals = pipeline::proposals(&archive.archive, &SystemClock).map_err(told(speaker))?;
            proposals.iter().for_each(|proposal| tell_proposal(proposal, speaker));
        }
    }
    Ok(Exit::Done)
}

fn tell_destroyed(case: &DestroyedCase, speaker: Speaker) {
    if speaker.json {
        let value = json!({"case": case.code.as_str(), "tombstone": case.tombstone, "unclear": case.unclear});
        speaker.line("destroyed", value);
        return;
    }
    let text = speaker.pick("đã hủy; bia hồ sơ", "destroyed; its tombstone");
    speaker.data(format_args!("✓ {}: {text} {}", case.code, case.tombstone.display()));
    if !case.unclear.is_empty() {
        let text = speaker.pick(
            "có thể còn byte của hồ sơ trong work/quarantine, một người phải xem và xóa",
            "work/quarantine may hold bytes of it, a person must look and remove them",
        );
        speaker.talk(format_args!("  ! {text}: {}", case.unclear.join(", ")));
    }
}

fn tell_proposal(proposal: &Proposal, speaker: Speaker) {
    let Proposal { no, by, at, reason, cases, approvals } = proposal;
    if speaker.json {
        let cases: Vec<_> = cases
            .iter()
            .map(|case| {
                json!({
                    "case": case.code.as_str(), "object": case.id.as_str(), "version": case.version, "rule": case.rule,
                    "basis": case.basis, "kept_until": format!("{:04}-12-31", case.kept_until), "destroyed": case.is_destroyed,
                })
            })
            .collect();
        let approvals: Vec<_> =
            approvals.iter().map(|(by, at)| json!({"by": by.as_str(), "at": at.to_string()})).collect();
        let value = json!({
            "id": no, "state": proposal.state(), "by": by.as_str(), "at": at.to_string(), "reason": reason,
            "approvals": approvals, "cases": cases,
        });
        speaker.line("destruction", value);
        return;
    }
    let state = match proposal.state() {
        "carried-out" => speaker.pick("đã hủy", "carried out"),
        "approved" => speaker.pick("đã phê duyệt", "approved"),
        _ => speaker.pick("chờ người thứ hai", "waits for a second person"),
    };
    speaker.data(format_args!("{no}  {state}  {by}  {at}  {reason}"));
    for (by, at) in approvals {
        speaker.data(format_args!("    + {by}  {at}"));
    }
    for case in cases {
        let mark = if case.is_destroyed { "✝" } else { "·" };
        speaker.data(format_args!("    {mark} {}  v{}", case.code, case.version));
    }
}
