//! `hoso batch run|status|resume|report`

use super::{stop_flag, told};
use crate::args::{Batch, BatchRun, Decided, Work};
use crate::equipment::equipment;
use crate::progress::{Progress, finding_json, finding_text};
use crate::reading::tell_of_tesseract;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{BatchOptions, BatchReport, Correction, Decisions, Incomplete, Stamps, Workbench};
use record::{FindingKind, Official, Secrecy, Severity};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Batch, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    match args {
        Batch::Run(args) if args.dry_run => look(args, speaker, libdir),
        Batch::Run(args) => start(args, speaker, libdir),
        Batch::Status { id, archive } => status(id.as_deref(), &archive.archive, speaker),
        Batch::Resume { id, archive, work, decided } => {
            let decisions = decisions(decided, speaker)?;
            let bench = bench(&archive.archive, work, speaker, libdir)?;
            let stop = stop_flag()?;
            let progress = Progress::new(speaker);
            let report = pipeline::resume_batch(&bench, id.as_deref(), &decisions, &progress, &stop);
            progress.finish();
            let exit = print(&report.map_err(told(speaker))?, speaker);
            super::stamp::after_batch(&bench, speaker);
            Ok(exit)
        }
        Batch::Report { id, archive } => {
            let id = match id {
                Some(id) => id.clone(),
                None => newest(&archive.archive, speaker)?,
            };
            let report = pipeline::report(&archive.archive, &id).map_err(told(speaker))?;
            Ok(print(&report, speaker))
        }
    }
}

fn start(args: &BatchRun, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    let options = options(args, speaker)?;
    let bench = bench(&args.archive.archive, &args.work, speaker, libdir)?;
    let stop = stop_flag()?;
    let progress = Progress::new(speaker);
    let report = pipeline::run_batch(&bench, &args.folder, &options, &progress, &stop);
    progress.finish();
    let exit = print(&report.map_err(told(speaker))?, speaker);
    super::stamp::after_batch(&bench, speaker);
    Ok(exit)
}

/// Only look: what would be received.
fn look(args: &BatchRun, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    let options = options(args, speaker)?;
    let equipment = equipment(libdir, &args.work).map_err(told(speaker))?;
    let archive = &args.archive.archive;
    let stop = stop_flag()?;
    let survey = pipeline::survey_batch(archive, &args.folder, &options, equipment, &stop);
    let survey = survey.map_err(told(speaker))?;
    for case in &survey.cases {
        let (code, documents, pages) = (&case.header.code, case.documents.len(), case.pages());
        if speaker.json {
            speaker.line("case", json!({"case": code.as_str(), "documents": documents, "pages": pages}));
        } else {
            speaker.data(match speaker.lang {
                record::Lang::Vi => format!("{code}\t{documents} văn bản\t{pages} trang"),
                record::Lang::En => format!("{code}\t{documents} documents\t{pages} pages"),
            });
        }
    }
    for finding in &survey.findings {
        if speaker.json {
            speaker.line("finding", finding_json(finding));
        } else {
            speaker.talk(finding_text(speaker, finding));
        }
    }
    let review = survey.findings.iter().any(|f| f.kind.severity() == Severity::Review);
    Ok(if review { Exit::Review } else { Exit::Done })
}

fn options(args: &BatchRun, speaker: Speaker) -> Result<BatchOptions, Failure> {
    let secrecy = args.secrecy.as_ref().map(|text| declared_secrecy(text, speaker)).transpose()?;
    Ok(BatchOptions { secrecy, decisions: decisions(&args.decided, speaker)? })
}

/// The word of `--secrecy`; Mật and above may not enter.
pub(super) fn declared_secrecy(text: &str, speaker: Speaker) -> Result<Secrecy, Failure> {
    let secrecy = Secrecy::parse(&pipeline::nfc(text)).ok_or_else(|| Failure {
        exit: Exit::Misused,
        message: format!("--secrecy {text}"),
        hint: Some(speaker.pick("dùng: thuong", "use: thuong").into()),
    })?;
    if secrecy > Secrecy::Thuong {
        let message = speaker.pick(
            "hồ sơ Mật trở lên không được đưa vào kho này",
            "case files marked Mật or higher may not enter this archive",
        );
        let hint = speaker.pick("dùng kho trên mạng LAN độc lập", "use an archive on an isolated network");
        return Err(Failure { exit: Exit::NotPermitted, message: message.into(), hint: Some(hint.into()) });
    }
    Ok(secrecy)
}

/// Letters in the reason of a correction, or in the name of whoever decided it.
const MOST_SAID: usize = 500;

fn decisions(decided: &Decided, speaker: Speaker) -> Result<Decisions, Failure> {
    let incomplete = if decided.without_missing { Incomplete::Seal } else { Incomplete::Wait };
    let stamps = if decided.stamps_checked { Stamps::Checked } else { Stamps::Hold };
    let said = |words: &Option<String>| {
        let words = words.as_deref().map(|words| pipeline::nfc(words.trim()).into_owned());
        // it stands in the archive for good and is printed on many a screen
        words.filter(|words| {
            !words.is_empty() && words.chars().count() <= MOST_SAID && !words.contains(char::is_control)
        })
    };
    let correction = match (
        &decided.correct,
        said(&decided.correct),
        said(&decided.by).map(|by| Official::new(&by)),
    ) {
        (None, ..) => None,
        (Some(_), Some(reason), Some(Ok(by))) => {
            Some(Correction { reason, by, may_remove: decided.may_remove })
        }
        (Some(_), ..) => {
            let message = speaker.pick(
                "đính chính phải có lý do và người quyết định, mỗi mục một dòng, không quá 500 chữ cái",
                "a correction needs a reason and the person who decided it, a line of at most 500 letters each",
            );
            let hint = speaker.pick(
                "--correct \"lý do\" --by \"họ tên, chức vụ\"",
                "--correct \"reason\" --by \"name, office\"",
            );
            return Err(Failure { exit: Exit::Misused, message: message.into(), hint: Some(hint.into()) });
        }
    };
    Ok(Decisions { incomplete, stamps, correction })
}

fn bench(archive: &Path, work: &Work, speaker: Speaker, libdir: Option<&Path>) -> Result<Workbench, Failure> {
    let equipment = equipment(libdir, work).map_err(told(speaker))?;
    let bench = Workbench::open(archive, equipment).map_err(told(speaker))?;
    if let Some(reason) = bench.left_to_tesseract() {
        tell_of_tesseract(reason, speaker);
    }
    Ok(bench)
}

fn newest(archive: &Path, speaker: Speaker) -> Result<String, Failure> {
    let batches = pipeline::batches(archive).map_err(told(speaker))?;
    let newest = batches.first().ok_or_else(|| Failure {
        exit: Exit::Failed,
        message: speaker.pick("kho chưa có lô nào", "the archive has no batch yet").into(),
        hint: Some("hoso batch run".into()),
    })?;
    Ok(newest.id.to_string())
}

fn status(id: Option<&str>, archive: &Path, speaker: Speaker) -> Result<Exit, Failure> {
    let batches = pipeline::batches(archive).map_err(told(speaker))?;
    if let Some(id) = id
        && !batches.iter().any(|b| b.id.as_str() == id)
    {
        return Err(speaker.failure(&pipeline::PipelineError::NoBatch(id.into())));
    }
    for batch in batches.iter().filter(|b| id.is_none_or(|id| b.id.as_str() == id)) {
        let (done, pages) = pipeline::progress_of(archive, &batch.id).map_err(told(speaker))?;
        if speaker.json {
            let value = json!({
                "batch": batch.id.as_str(), "state": batch.state, "folder": batch.folder, "started": batch.started,
                "finished": batch.finished, "pages": pages, "pages_done": done,
            });
            speaker.line("batch", value);
            continue;
        }
        let state = match (batch.state.as_str(), speaker.lang) {
            ("finished", record::Lang::Vi) => "xong",
            ("interrupted", record::Lang::Vi) => "đã dừng",
            ("waiting", record::Lang::Vi) => "đang chờ",
            ("running", record::Lang::Vi) => "đang chạy hoặc bị ngắt",
            ("running", record::Lang::En) => "running or cut off",
            (other, _) => other,
        };
        let unit = speaker.pick("trang", "pages");
        speaker.data(format_args!("{}  {state:<12}  {done}/{pages} {unit}  {}", batch.id, batch.folder));
    }
    let quarantined = pipeline::upkeep(archive).map_err(told(speaker))?.quarantined;
    if !quarantined.is_empty() {
        let count = quarantined.len();
        match speaker.json {
            true => speaker.line("quarantine", json!({"count": count, "names": quarantined})),
            false => speaker.talk(match speaker.lang {
                record::Lang::Vi => format!("work/quarantine: {count} mục chờ người xem; có cả tệp mà lệnh sửa đã cách ly: xem kỹ trước khi xóa"),
                record::Lang::En => {
                    format!("work/quarantine: {count} entries for a person to look at; what a repair put aside is there too: look well before you remove it")
                }
            }),
        }
    }
    Ok(Exit::Done)
}

/// Prints the reconciliation report; its exit code tells whether people have to look.
pub(super) fn print(report: &BatchReport, speaker: Speaker) -> Exit {
    let exit = if report.needs_review() { Exit::Review } else { Exit::Done };
    if speaker.json {
        print_json(report, speaker);
        return exit;
    }
    let head = speaker.pick(
        ["hồ sơ", "nhận", "lưu", "chỉ mục", "có chữ", "trắng", "không đọc được"],
        ["case file", "received", "stored", "indexed", "text", "blank", "unread"],
    );
    let width = report.cases.iter().map(|c| c.code.as_str().chars().count()).max().unwrap_or(0).max(10);
    speaker.data(format_args!(
        "{:<width$}  {:>8} {:>8} {:>8}   {:>7} {:>7} {:>7}",
        head[0], head[1], head[2], head[3], head[4], head[5], head[6]
    ));
    for case in &report.cases {
        let of = |outcome: &str| case.outcomes.get(outcome).copied().unwrap_or(0);
        speaker.data(format_args!(
            "{:<width$}  {:>8} {:>8} {:>8}   {:>7} {:>7} {:>7}",
            case.code.as_str(),
            case.received,
            case.stored,
            case.indexed,
            of("text"),
            of("blank"),
            of("unrecognised")
        ));
    }
    for difference in &report.differences {
        let page = difference.page.map(|p| format!(" {p}")).unwrap_or_default();
        let what = match (difference.what, speaker.lang) {
            ("not-received", record::Lang::Vi) => "chưa nhận",
            ("damaged", record::Lang::Vi) => "hỏng hoặc bị thiếu trong kho",
            ("damaged", record::Lang::En) => "damaged or missing in the archive",
            ("not-received", record::Lang::En) => "not received",
            ("not-stored", record::Lang::En) => "not stored",
            ("not-indexed", record::Lang::En) => "not indexed",
            ("not-stored", record::Lang::Vi) => "chưa lưu",
            ("not-indexed", record::Lang::Vi) => "chưa vào chỉ mục",
            (other, _) => other,
        };
        speaker.data(format_args!("  ≠ {}: {}{page}: {what}", difference.code, difference.file));
    }
    for finding in &report.findings {
        speaker.data(finding_text(speaker, finding));
    }
    let waiting: Vec<&str> =
        report.cases.iter().filter(|c| c.state == "waiting").map(|c| c.code.as_str()).collect();
    if !waiting.is_empty() {
        let codes = waiting.join(", ");
        speaker.data(match speaker.lang {
            record::Lang::Vi => format!(
                "  … đang chờ, chưa niêm phong: {codes} – gợi ý: sửa các tệp trên rồi chạy hoso batch resume; \
                 hoặc niêm phong không có chúng: hoso batch resume --without-missing"
            ),
            record::Lang::En => format!(
                "  … waiting, not sealed: {codes} – hint: mend the files above, then hoso batch resume; \
                 or seal without them: hoso batch resume --without-missing"
            ),
        });
    }
    if !waiting.is_empty() && report.findings.iter().any(|f| f.kind == FindingKind::SecrecyStamp) {
        speaker.data(speaker.pick(
            "  … hồ sơ có trang đóng dấu mật không được niêm phong – gợi ý: rút tài liệu ra, hoặc ghi độ mật vào batch.csv; \
             nếu đã xem ảnh và không phải dấu mật: hoso batch resume --stamps-checked",
            "  … case files with a page that bears a secrecy stamp are not sealed – hint: take the paper out, or declare its secrecy in \
             batch.csv; if somebody looked and it is no such stamp: hoso batch resume --stamps-checked",
        ));
    }
    let (received, stored, indexed) =
        (report.total(|c| c.received), report.total(|c| c.stored), report.total(|c| c.indexed));
    let is_equal = received == stored && stored == indexed;
    speaker.data(match (speaker.lang, report.is_complete()) {
        // Nothing is missing, but the archive holds more: a case file that came with fewer pages than are stored.
        (record::Lang::Vi, true) if !is_equal => {
            format!("đủ, kho có nhiều hơn: nhận {received}, lưu {stored}, chỉ mục {indexed} trang")
        }
        (record::Lang::En, true) if !is_equal => {
            format!("complete, the archive holds more: received {received}, stored {stored}, indexed {indexed} pages")
        }
        (record::Lang::Vi, true) => format!("đủ: nhận {received} = lưu {stored} = chỉ mục {indexed} trang"),
        (record::Lang::Vi, false) => {
            format!("CHƯA ĐỦ: nhận {received}, lưu {stored}, chỉ mục {indexed} trang")
        }
        (record::Lang::En, true) => {
            format!("complete: received {received} = stored {stored} = indexed {indexed} pages")
        }
        (record::Lang::En, false) => {
            format!("NOT COMPLETE: received {received}, stored {stored}, indexed {indexed} pages")
        }
    });
    exit
}

fn print_json(report: &BatchReport, speaker: Speaker) {
    for case in &report.cases {
        let value = json!({
            "case": case.code.as_str(), "state": case.state, "surveyed": case.surveyed, "received": case.received,
            "stored": case.stored, "indexed": case.indexed, "outcomes": case.outcomes,
        });
        speaker.line("case-report", value);
    }
    for difference in &report.differences {
        let page = difference.page.map(|p| p.get());
        let (case, file, what) = (difference.code.as_str(), &difference.file, difference.what);
        speaker.line("difference", json!({"case": case, "file": file, "page": page, "what": what}));
    }
    for finding in &report.findings {
        speaker.line("finding", finding_json(finding));
    }
    let value = json!({
        "batch": report.batch.as_str(), "state": report.state, "complete": report.is_complete(),
        "received": report.total(|c| c.received), "stored": report.total(|c| c.stored),
        "indexed": report.total(|c| c.indexed), "needs_review": report.needs_review(),
        "pages_read": report.readings.0, "readings": report.readings.1,
    });
    speaker.line("report", value);
}
