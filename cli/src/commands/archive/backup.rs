//! `hoso archive backup|backups|restore`

use crate::args::{Backup, Backups, Restore};
use crate::commands::{stop_flag, told};
use crate::equipment::SystemClock;
use crate::password::password;
use crate::progress::CaseBar;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{BackupRepository, LeftOut, Snapshot};
use record::{CaseCode, Lang};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn backup(args: &Backup, speaker: Speaker) -> Result<Exit, Failure> {
    let (archive, to) = (&args.archive.archive, &args.to);
    // A disk that is not mounted is an empty folder: nothing is made there unasked.
    let refused = match (args.new, BackupRepository::is_at(to)) {
        (true, true) => Some(pipeline::BackupError::AlreadyThere(to.clone())),
        (false, false) => Some(pipeline::BackupError::NoRepository(to.clone())),
        _ => None,
    };
    if let Some(error) = refused {
        return Err(speaker.failure(&error.into()));
    }
    let password = password(args.password_file.as_deref(), args.new, speaker)?;
    let repository = match args.new {
        true => pipeline::create_backups(archive, to, &password),
        false => pipeline::open_backups(to, &password),
    };
    let repository = repository.map_err(told(speaker))?;
    if args.new && !speaker.json {
        speaker.talk(speaker.pick(
            "đã tạo kho sao lưu; không có mật khẩu này thì không ai đọc lại được: cất một bản ở nơi khác",
            "made the backup repository; without this password nobody can read it: keep a copy of it elsewhere",
        ));
    }
    let stop = stop_flag()?;
    let mut bar = CaseBar::new(speaker);
    let done = pipeline::back_up_archive(archive, &repository, &SystemClock, &stop, &mut meter(&mut bar));
    bar.finish();
    let done = done.map_err(told(speaker))?;
    let exit = if done.left_out.is_empty() { Exit::Done } else { Exit::Broken };
    if speaker.json {
        let mut value = snapshot_json(&done.snapshot);
        value["cases"] = done.cases.into();
        value["files_read"] = done.files_read.into();
        value["left_out"] = done.left_out.iter().map(left_out_json).collect();
        value["report"] = done.report.to_string_lossy().into();
        speaker.line("backup", value);
        return Ok(exit);
    }
    for case in &done.left_out {
        let what = speaker.pick("HƯ HỎNG, không sao lưu", "DAMAGED, not backed up");
        speaker.data(format_args!("✗ {what}: {}", case.text(speaker.lang)));
    }
    let (id, cases, read) = (short(&done.snapshot.id), done.cases, done.files_read);
    let (all, added) = (megabytes(done.snapshot.bytes), megabytes(done.snapshot.added_bytes));
    speaker.talk(match speaker.lang {
        Lang::Vi => {
            format!("bản sao lưu {id}: {cases} hồ sơ, {all} MB; đọc {read} tệp mới, ghi thêm {added} MB")
        }
        Lang::En => {
            format!("snapshot {id}: {cases} case files, {all} MB; read {read} new files, added {added} MB")
        }
    });
    speaker.talk(format_args!("{}: {}", speaker.pick("báo cáo", "report"), done.report.display()));
    speaker.talk(match exit {
        Exit::Broken => speaker.pick(
            "  gợi ý: các bản trước còn giữ hồ sơ này nếu khi ấy chưa hỏng; sửa bằng hoso archive repair rồi sao lưu lại",
            "  hint: earlier snapshots still have them if they were whole then; put them right with hoso archive repair, then back up again",
        ),
        _ => speaker.pick(
            "  gợi ý: diễn tập phục hồi: hoso archive drill --from KHO_SAO_LƯU",
            "  hint: see that it comes back: hoso archive drill --from REPOSITORY",
        ),
    });
    Ok(exit)
}

/// Passes on how far it is to a bar, which wants the bytes since it was last told.
pub(super) fn meter(bar: &mut CaseBar) -> impl FnMut(u64, u64, u64) + '_ {
    let mut told = 0;
    move |done, all, bytes| {
        bar.step(done, all.max(done), bytes.saturating_sub(told));
        told = bytes;
    }
}

pub(super) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

fn left_out_json(case: &LeftOut) -> Value {
    let code = case.case.as_ref().map(CaseCode::as_str);
    json!({"case": code, "path": case.path, "code": case.code, "why": case.why})
}

fn snapshot_json(snapshot: &Snapshot) -> Value {
    json!({
        "snapshot": snapshot.id, "time": snapshot.time.to_string(), "archive": snapshot.archive, "parent": snapshot.parent,
        "files": snapshot.files, "bytes": snapshot.bytes, "added_bytes": snapshot.added_bytes,
        "left_out": snapshot.left_out,
    })
}

/// Opens the repository in `from` and finds the snapshot.
pub(super) fn open(
    from: &Path,
    asked: Option<&str>,
    file: Option<&Path>,
    speaker: Speaker,
) -> Result<(BackupRepository, Snapshot), Failure> {
    let failed = |error: pipeline::BackupError| speaker.failure(&error.into());
    if !BackupRepository::is_at(from) {
        return Err(failed(pipeline::BackupError::NoRepository(from.to_owned())));
    }
    let password = password(file, false, speaker)?;
    let repository = pipeline::open_backups(from, &password).map_err(told(speaker))?;
    let snapshot = repository.find(asked).map_err(failed)?;
    Ok((repository, snapshot))
}

pub(super) fn backups(args: &Backups, speaker: Speaker) -> Result<Exit, Failure> {
    let failed = |error: pipeline::BackupError| speaker.failure(&error.into());
    if !BackupRepository::is_at(&args.from) {
        return Err(failed(pipeline::BackupError::NoRepository(args.from.clone())));
    }
    let password = password(args.password_file.as_deref(), false, speaker)?;
    let repository = pipeline::open_backups(&args.from, &password).map_err(told(speaker))?;
    let snapshots = repository.snapshots().map_err(failed)?;
    for snapshot in &snapshots {
        if speaker.json {
            speaker.line("snapshot", snapshot_json(snapshot));
            continue;
        }
        let Snapshot { id, time, archive, files, bytes, left_out, .. } = snapshot;
        let lacks = match (left_out.len(), speaker.lang) {
            (0, _) => String::new(),
            (n, Lang::Vi) => format!("  ! thiếu {n} hồ sơ hư hỏng"),
            (n, Lang::En) => format!("  ! lacks {n} damaged case files"),
        };
        let files_word = speaker.pick("tệp", "files");
        speaker.data(format_args!(
            "{}  {time}  {archive}  {files} {files_word}  {} MB{lacks}",
            short(id),
            megabytes(*bytes)
        ));
    }
    if snapshots.is_empty() && !speaker.json {
        speaker.talk(speaker.pick("chưa có bản sao lưu nào", "there is no snapshot yet"));
    }
    Ok(Exit::Done)
}

pub(super) fn restore(args: &Restore, speaker: Speaker) -> Result<Exit, Failure> {
    let (repository, snapshot) =
        open(&args.from, args.snapshot.as_deref(), args.password_file.as_deref(), speaker)?;
    let stop = stop_flag()?;
    let mut bar = CaseBar::new(speaker);
    let done = pipeline::restore_archive(
        &repository,
        &snapshot,
        &args.to,
        &SystemClock,
        &stop,
        &mut meter(&mut bar),
    );
    bar.finish();
    let done = done.map_err(told(speaker))?;
    let is_whole = done.damaged.is_empty() && done.unreadable.is_empty() && snapshot.left_out.is_empty();
    let exit = if is_whole { Exit::Done } else { Exit::Broken };
    if speaker.json {
        let unreadable: Vec<&str> = done.unreadable.iter().map(|damage| damage.name.as_str()).collect();
        let damaged: Vec<Value> = done.damaged.iter().map(left_out_json).collect();
        let value = json!({
            "snapshot": snapshot.id, "to": args.to, "cases": done.cases, "files": done.files, "bytes": done.bytes,
            "damaged": damaged, "left_out": snapshot.left_out, "unreadable": unreadable, "report": done.report,
        });
        speaker.line("restored", value);
        return Ok(exit);
    }
    for item in &done.damaged {
        let what = speaker.pick("KHÔNG ĐỌC LẠI ĐƯỢC", "DID NOT COME BACK");
        speaker.data(format_args!("✗ {what}: {}", item.text(speaker.lang)));
    }
    for folder in &snapshot.left_out {
        let what = speaker.pick("hư hỏng từ khi sao lưu", "was damaged when it was backed up");
        speaker.data(format_args!("✗ {folder}: {what}"));
    }
    for damage in &done.unreadable {
        speaker.data(format_args!("✗ {}: {}", damage.name, damage.why(speaker.lang)));
    }
    let (id, cases, all, to) = (short(&snapshot.id), done.cases, megabytes(done.bytes), args.to.display());
    speaker.talk(match speaker.lang {
        Lang::Vi => format!("đã phục hồi {cases} hồ sơ, {all} MB từ bản {id} vào {to}"),
        Lang::En => format!("restored {cases} case files, {all} MB from snapshot {id} into {to}"),
    });
    speaker.talk(match speaker.lang {
        Lang::Vi => format!(
            "  gợi ý: đọc lại từng byte: hoso archive check --archive {to}; khóa và tài khoản của trạm không nằm trong bản sao lưu, chép keys/ từ nơi cất riêng thì kho mới ghi tiếp được"
        ),
        Lang::En => format!(
            "  hint: to read every byte: hoso archive check --archive {to}; the station's key and account are not in a backup, put keys/ back from where it is kept to go on writing"
        ),
    });
    Ok(exit)
}
