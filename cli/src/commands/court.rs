//! The folder for a court: `hoso case export --profile court`, and `hoso verify` of such a folder.

use super::{log, told};
use crate::args::{CaseExport, Verify};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Check, CourtKeys, CourtOrder, OpenedCase, ReportPdfError, Trust, VerificationReport};
use record::{Clock, Lang, PageNo, Timestamp};
use serde_json::json;
use std::path::{Path, PathBuf};

pub(super) fn export(args: &CaseExport, case: &OpenedCase<'_>, speaker: Speaker) -> Result<Exit, Failure> {
    let misused = |message: String| Failure { exit: Exit::Misused, message, hint: None };
    if args.zip || args.with_masters {
        let message = speaker.pick(
            "--zip và --with-masters không dùng với court: Tòa án nhận một thư mục, luôn có bản gốc",
            "--zip and --with-masters are not for court: a court gets a folder, which always holds the masters",
        );
        return Err(misused(message.to_owned()));
    }
    let page = args.page.map(PageNo::new).transpose().map_err(|e| misused(e.to_string()))?;
    let order = CourtOrder { page, since: args.since, to: args.out.as_deref() };
    let done = pipeline::export_for_court(&args.archive.archive, case, &order, SystemClock.now());
    let done = done.map_err(told(speaker))?;
    let (code, version, path) = (&args.code, done.version, done.path.display());
    if speaker.json {
        let value = json!({
            "case": code, "version": version, "profile": "court", "path": done.path, "folder": done.path,
            "packages": done.packages, "page": args.page,
        });
        speaker.line("exported", value);
        return Ok(Exit::Done);
    }
    speaker.talk(match speaker.lang {
        Lang::Vi => {
            format!("đã xuất {code} (bản {version}) cho Tòa án vào {path}; đọc XAC-MINH.txt trong đó")
        }
        Lang::En => {
            format!("exported {code} (version {version}) for a court to {path}; read XAC-MINH.txt in it")
        }
    });
    Ok(Exit::Done)
}

/// Verifies such folders.
pub(super) fn verify(
    args: &Verify,
    kits: &[PathBuf],
    trust: Trust,
    time_anchors: Vec<Vec<u8>>,
    now: Timestamp,
    speaker: Speaker,
) -> Result<Exit, Failure> {
    let read = |path: &Option<PathBuf>| path.as_deref().map(log::read_text).transpose();
    let (log_key, checkpoint) = (read(&args.log_key)?, read(&args.checkpoint)?);
    let keys = CourtKeys { trust, log_key, checkpoint, time_anchors };
    let mut reports = Vec::new();
    for kit in kits {
        let report = pipeline::verify_kit(kit, &keys, now, speaker.lang).map_err(told(speaker))?;
        tell(&report, speaker);
        reports.push(report);
    }
    write_report(args.report.as_deref(), &reports, speaker)?;
    Ok(match reports.iter().all(VerificationReport::is_good) {
        true if reports.iter().any(VerificationReport::experimental_is_broken) => Exit::Review,
        true => Exit::Done,
        false => Exit::Broken,
    })
}

/// Each check, and the whole.
pub(super) fn tell(report: &VerificationReport, speaker: Speaker) {
    for Check { code, title, status, reason, lines, .. } in &report.checks {
        if speaker.json {
            let value = json!({"check": code, "status": status.code(), "reason": reason, "lines": lines, "title": title});
            speaker.line("check", value);
            continue;
        }
        let mark = mark(*status);
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        speaker.data(format_args!("{mark} {title}: {}{reason}", status.title(speaker.lang)));
        lines.iter().for_each(|line| speaker.data(format_args!("    {line}")));
    }
    let status = report.status();
    if speaker.json {
        let problems = |check: &Check| {
            let wrong = check.status == pipeline::Status::Failed;
            wrong.then(|| format!("{}: {}", check.reason, check.lines.join("; ")))
        };
        let problems: Vec<String> = report.checks.iter().filter_map(problems).collect();
        let value = json!({
            "name": report.subject, "good": report.is_good(), "status": status.code(), "problems": problems,
        });
        return speaker.line("verified", value);
    }
    let whole = speaker.pick("KẾT LUẬN", "CONCLUSION");
    speaker.data(format_args!("{whole}: {} ({})", status.title(speaker.lang), status.code()));
}

fn mark(status: pipeline::Status) -> &'static str {
    match status {
        pipeline::Status::Passed => "✓",
        pipeline::Status::Failed => "✗",
        pipeline::Status::Indeterminate | pipeline::Status::NotChecked => "?",
    }
}

/// Writes the report for paper.
pub(super) fn write_report(
    to: Option<&Path>,
    reports: &[VerificationReport],
    speaker: Speaker,
) -> Result<(), Failure> {
    let Some(to) = to else { return Ok(()) };
    let (html, pdf) =
        (|| pipeline::to_html(reports, speaker.lang), || pipeline::to_pdf(reports, speaker.lang));
    write_for_paper(to, html, pdf, speaker)
}

/// Writes a sheet for paper, by the ending of its name; one that is there already is not replaced.
pub(super) fn write_for_paper(
    to: &Path,
    html: impl FnOnce() -> String,
    pdf: impl FnOnce() -> Result<Vec<u8>, ReportPdfError>,
    speaker: Speaker,
) -> Result<(), Failure> {
    let ending = to.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let bytes = match ending {
        "html" => html().into_bytes(),
        "pdf" => pdf().map_err(|error| {
            let hint = speaker.pick(
                "cài gói fonts-liberation2, hoặc dùng .html",
                "install fonts-liberation2, or use .html",
            );
            let message =
                speaker.pick("thiếu phông Liberation Serif để viết PDF".to_owned(), error.to_string());
            Failure { exit: Exit::Failed, message, hint: Some(hint.to_owned()) }
        })?,
        _ => {
            let message =
                speaker.pick("--report phải là tệp .html hoặc .pdf", "--report must be a .html or .pdf file");
            return Err(Failure { exit: Exit::Misused, message: message.to_owned(), hint: None });
        }
    };
    pipeline::write_new_file(to, &bytes).map_err(told(speaker))
}
