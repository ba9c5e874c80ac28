//! `hoso archive drill`

use super::backup::open;
use crate::args::Drill;
use crate::commands::{local_clearance, stop_flag, told};
use crate::equipment::SystemClock;
use crate::progress::CaseBar;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{DrillEvent, DrillOrder, DrillSource, DrillVerdict, Judge, JudgeKind};
use record::Lang;
use serde_json::Value;
use std::path::{Path, PathBuf};

pub(super) fn drill(args: &Drill, speaker: Speaker) -> Result<Exit, Failure> {
    let opened = args
        .from
        .as_deref()
        .map(|from| open(from, args.snapshot.as_deref(), args.password_file.as_deref(), speaker))
        .transpose()?;
    let source = match (&opened, &args.replica) {
        (Some((repository, snapshot)), _) => DrillSource::Backup { repository, snapshot },
        (None, Some(replica)) => DrillSource::Replica(replica),
        (None, None) => unreachable!("the parser demands one of them"),
    };
    let judges = JudgeKind::ALL.map(|kind| {
        let given = match kind {
            JudgeKind::Rocfl => &args.rocfl,
            JudgeKind::OcflPy => &args.ocfl_py,
        };
        Judge { kind, program: given.clone().or_else(|| on_path(kind.program())) }
    });
    let order = DrillOrder {
        source,
        sample_ppm: args.sample,
        newest: args.newest,
        scratch: args.scratch.as_deref(),
        keep: args.keep,
        judges: &judges,
    };
    let stop = stop_flag()?;
    let mut bar = CaseBar::new(speaker);
    let mut told_bytes = 0;
    let done = pipeline::drill(
        &args.archive.archive,
        &order,
        &local_clearance(),
        speaker.lang,
        &SystemClock,
        &stop,
        &mut |event| match event {
            DrillEvent::Restoring(done, all, bytes) => {
                bar.step(done, all, bytes.saturating_sub(told_bytes));
                told_bytes = bytes;
            }
            DrillEvent::Checking(done, all) => bar.step(done, all, 0),
            event => tell(&event, &bar, speaker),
        },
    );
    bar.finish();
    let done = done.map_err(told(speaker))?;
    if speaker.json {
        let mut value: Value = serde_json::from_str(&done.json).unwrap_or_default();
        value["report"] = done.report.to_string_lossy().into();
        value["kept"] = done.kept.as_ref().map(|kept| kept.to_string_lossy()).into();
        speaker.line("drill", value);
    } else {
        speaker.text(&done.text);
        speaker.talk(format_args!("{}: {}", speaker.pick("báo cáo", "report"), done.report.display()));
        if let Some(kept) = &done.kept {
            speaker.talk(format_args!(
                "{}: {}",
                speaker.pick("bản đã phục hồi", "what was restored"),
                kept.display()
            ));
        }
        if done.verdict == DrillVerdict::Broken {
            speaker.talk(speaker.pick(
                "  gợi ý: báo người quản trị; sao lưu vào kho mới, kiểm tra kho cũ bằng restic check --read-data",
                "  hint: tell the administrator; back up into a new repository, check the old one with restic check --read-data",
            ));
        }
    }
    Ok(match done.verdict {
        DrillVerdict::Good => Exit::Done,
        DrillVerdict::Broken => Exit::Broken,
        DrillVerdict::NothingHeld => Exit::Review,
    })
}

fn tell(event: &DrillEvent, bar: &CaseBar, speaker: Speaker) {
    if speaker.json {
        return;
    }
    bar.talk(match (event, speaker.lang) {
        (DrillEvent::Chosen { chosen, held }, Lang::Vi) => format!("phục hồi {chosen} trong {held} hồ sơ…"),
        (DrillEvent::Chosen { chosen, held }, Lang::En) => {
            format!("restoring {chosen} of {held} case files…")
        }
        (DrillEvent::Judging(name), Lang::Vi) => format!("{name} kiểm tra…"),
        (DrillEvent::Judging(name), Lang::En) => format!("{name} looks at it…"),
        (DrillEvent::Rebuilding, Lang::Vi) => "dựng lại sổ và chỉ mục…".to_owned(),
        (DrillEvent::Rebuilding, Lang::En) => "making ledger and index…".to_owned(),
        (DrillEvent::Searching, Lang::Vi) => "so kết quả tìm kiếm…".to_owned(),
        (DrillEvent::Searching, Lang::En) => "comparing searches…".to_owned(),
        (DrillEvent::Restoring(..) | DrillEvent::Checking(..), _) => return,
    });
}

/// Where a program is installed.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir: PathBuf| dir.join(name))
        .find(|program: &PathBuf| Path::is_file(program))
}
