//! Minutes of an incident: what a check found damaged, and the repairs that followed; and of the repairs of one case file. What
//! was found stands in the signed report; repairs stand in the objects' own logs, which nobody signs: the minutes say so.

use super::sheet::Minutes;
use super::{Object, read};
use crate::PipelineError;
use crate::bench::find_object;
use crate::config::{ArchiveConfig, Layout};
use crate::ledger::Ledger;
use archive_store::Archive;
use record::{CaseCode, Lang, Timestamp};
use serde::Deserialize;
use std::path::Path;

/// A line of `logs/events.ndjson` (docs/format/archive-layout.md) that tells of a repair.
#[derive(Deserialize)]
struct EventJson {
    at: String,
    event: String,
    #[serde(default)]
    mended: Vec<MendedJson>,
    #[serde(default)]
    left: Vec<serde_json::Value>,
    #[serde(default)]
    replica: String,
}

#[derive(Deserialize)]
struct MendedJson {
    path: String,
    action: String,
    quarantined: Option<String>,
}

/// Minutes of the damage in a report (the one written last, if none is named) and of the repairs since. A report without
/// damage is refused ([`PipelineError::Format`]).
pub fn incident_minutes(
    root: &Path,
    report: Option<&Path>,
    now: Timestamp,
    lang: Lang,
) -> Result<Minutes, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let (folder, report, digest) = read(&layout, report, now, lang)?;
    if report.verdict != "broken" {
        let problem =
            lang.pick("không có hư hỏng nào để lập biên bản sự cố", "it found no damage").to_owned();
        return Err(PipelineError::Format { what: folder.display().to_string(), problem });
    }
    let agency = ArchiveConfig::read(&layout.config())?.agency;
    let mut sheet = Minutes::new(
        lang,
        &agency,
        "BIÊN BẢN SỰ CỐ TÀI LIỆU LƯU TRỮ SỐ",
        "MINUTES OF AN INCIDENT WITH DIGITAL RECORDS",
    );
    sheet.row("Cơ quan lưu trữ", "Archive of", &agency);
    sheet.row("Mã kho", "Archive's id", &report.archive);
    sheet.row("Phát hiện lúc", "Found", format!("{} – {}", report.started, report.finished));
    sheet.row("Số hồ sơ hư hỏng", "Damaged case files", report.broken);
    let broken: Vec<&Object> = report.objects.iter().filter(|object| !object.good).collect();
    for object in &broken {
        let problems = object.problems.iter().map(|problem| format!("{} {}", problem.code, problem.path));
        sheet.list(
            &format!("Hư hỏng của {}:", object.folder),
            &format!("Damage of {}:", object.folder),
            problems,
        );
        repairs(&mut sheet, &root.join("ocfl").join(&object.folder), Some(&report.started), lang);
    }
    let absent = report.absent.clone().unwrap_or_default();
    sheet.list("Đã lưu, nay không còn:", "Stored, and gone:", absent);
    sheet.list("Không thuộc hồ sơ nào:", "Belonging to no case file:", report.strays.clone());
    sheet.line("");
    sheet.row("Báo cáo", "Report", folder.display());
    sheet.line(format!("SHA-256: {digest}"));
    sheet.line(about_logs(lang));
    Ok(sheet.signed_by(["NGƯỜI LẬP BIÊN BẢN", "NGƯỜI KHẮC PHỤC"], ["WRITTEN BY", "REPAIRED BY"]))
}

/// Minutes of all repairs of a case file.
pub fn repair_minutes(root: &Path, code: &CaseCode, lang: Lang) -> Result<Minutes, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let (store, ledger) = (Archive::open_read(root)?, Ledger::open_if_there(&layout.ledger())?);
    let object =
        find_object(&config, &store, &ledger, code)?.ok_or_else(|| PipelineError::NoCase(code.clone()))?;
    let mut sheet = Minutes::new(
        lang,
        &config.agency,
        "BIÊN BẢN KHẮC PHỤC TÀI LIỆU LƯU TRỮ SỐ",
        "MINUTES OF A REPAIR OF DIGITAL RECORDS",
    );
    sheet.row("Cơ quan lưu trữ", "Archive of", &config.agency);
    sheet.row("Mã kho", "Archive's id", &config.id);
    sheet.row("Hồ sơ", "Case file", code);
    sheet.row("Đối tượng", "Object", object.id());
    repairs(&mut sheet, object.folder(), None, lang);
    sheet.line("");
    sheet.line(about_logs(lang));
    Ok(sheet.signed_by(["NGƯỜI KHẮC PHỤC", "NGƯỜI CHỨNG KIẾN"], ["REPAIRED BY", "WITNESSED BY"]))
}

fn about_logs(lang: Lang) -> &'static str {
    lang.pick(
        "Việc khắc phục ghi theo logs/events.ndjson của hồ sơ; tệp đó không có chữ ký.",
        "Repairs are those of the case files' logs/events.ndjson, which nobody signed.",
    )
}

/// The repairs in an object's log, those since a time where one is given.
fn repairs(sheet: &mut Minutes, object: &Path, since: Option<&str>, lang: Lang) {
    let since: Option<Timestamp> = since.and_then(|since| since.parse().ok());
    let text = std::fs::read_to_string(object.join("logs/events.ndjson")).unwrap_or_default();
    let events = text.lines().filter_map(|line| serde_json::from_str::<EventJson>(line).ok());
    let is_one = |event: &EventJson| {
        event.event == "repaired"
            && event.at.parse::<Timestamp>().is_ok_and(|at| since.is_none_or(|since| at >= since))
    };
    let mut any = false;
    for event in events.filter(is_one) {
        any = true;
        let mended = event.mended.iter().map(|mended| {
            let what = match mended.action.as_str() {
                "restored" => lang.pick("đã khôi phục", "restored"),
                _ => lang.pick("đã cách ly", "put aside"),
            };
            let aside = mended
                .quarantined
                .as_ref()
                .map_or(String::new(), |name| format!(" (work/quarantine/{name})"));
            format!("{}: {what}{aside}", mended.path)
        });
        sheet.list(
            &format!(
                "Khắc phục lúc {}, từ bản sao {}, còn hỏng {}:",
                event.at,
                event.replica,
                event.left.len()
            ),
            &format!(
                "Repaired {}, from the replica {}, left damaged {}:",
                event.at,
                event.replica,
                event.left.len()
            ),
            mended,
        );
    }
    if !any {
        sheet.line(lang.pick("  Chưa khắc phục.", "  Not repaired."));
    }
}
