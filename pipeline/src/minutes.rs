//! A fixity report as minutes (biên bản) to print and sign on paper. The circular's own form (Thông tư 05/2025, annex VII) was not
//! at hand: this is ours, and says what the signed report says, nothing else.

mod destruction;
mod incident;
mod on_paper;
mod sheet;

use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout};
use crate::digest::sha256;
use crate::fixity::{FORMAT, REPORT, latest_report};
use crate::seals::SealJudge;
pub use destruction::destruction_minutes;
pub use incident::{incident_minutes, repair_minutes};
use record::{Lang, Sha256, Timestamp};
use serde::Deserialize;
pub use sheet::Minutes;
use std::path::{Path, PathBuf};

/// What minutes take from a report; docs/format/fixity-report.md.
#[derive(Deserialize)]
struct Report {
    format: String,
    archive: String,
    software: String,
    started: String,
    finished: String,
    verdict: String,
    interrupted: bool,
    residents: u64,
    checked: u64,
    broken: u64,
    left: u64,
    files: u64,
    bytes: u64,
    never_checked: u64,
    oldest_check: Option<String>,
    objects: Vec<Object>,
    absent: Option<Vec<String>>,
    strays: Vec<String>,
    self_test: Vec<Planted>,
    previous: Option<Previous>,
}

#[derive(Deserialize)]
struct Object {
    folder: String,
    good: bool,
    #[serde(default)]
    problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    path: String,
}

#[derive(Deserialize)]
struct Planted {
    found: bool,
    damage: String,
}

#[derive(Deserialize)]
struct Previous {
    name: String,
    sha256: String,
}

/// Minutes of a report: `report` is its folder; without it the one written last. A report whose seal is not right is refused ([`PipelineError::Format`]).
pub fn minutes(
    root: &Path,
    report: Option<&Path>,
    now: Timestamp,
    lang: Lang,
) -> Result<Minutes, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let (folder, report, digest) = read(&layout, report, now, lang)?;
    let agency = ArchiveConfig::read(&layout.config())?.agency;
    Ok(written(&agency, &folder, &report, digest, lang))
}

/// The report in a folder, or the one written last, if it is as it was signed; with its folder and digest.
fn read(
    layout: &Layout,
    report: Option<&Path>,
    now: Timestamp,
    lang: Lang,
) -> Result<(PathBuf, Report, Sha256), PipelineError> {
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(layout.root.clone()));
    }
    let folder = match report {
        Some(report) => report.to_owned(),
        None => latest_report(layout)?,
    };
    let path = folder.join(REPORT);
    let wrong = |problem: &str| PipelineError::Format {
        what: path.display().to_string(),
        problem: problem.to_owned(),
    };
    let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
    if folder.join(seal::SEAL_FOLDER).exists() && !SealJudge::of(layout, now)?.package_is_right(&folder) {
        return Err(wrong(lang.pick("không còn như khi ký", "it is not what was signed")));
    }
    let report: Report = serde_json::from_slice(&bytes).map_err(|e| wrong(&e.to_string()))?;
    if report.format != FORMAT {
        return Err(wrong(&report.format));
    }
    Ok((folder, report, sha256(&bytes)))
}

fn written(agency: &str, folder: &Path, report: &Report, digest: Sha256, lang: Lang) -> Minutes {
    let verdict = match report.verdict.as_str() {
        "good" => lang.pick("mọi byte đã đọc đều đúng", "every byte read is right"),
        "broken" => lang.pick("CÓ HƯ HỎNG", "DAMAGE WAS FOUND"),
        "nothing-checked" => lang.pick("không có gì phải đọc", "there was nothing to read"),
        _ => lang.pick("phép thử không tìm thấy hư hỏng đã gài", "the self-test missed its planted damage"),
    };
    let yes = |b: bool| lang.pick(if b { "có" } else { "không" }, if b { "yes" } else { "no" });
    let found = report.self_test.iter().filter(|planted| planted.found && planted.damage != "none").count();
    let planted = report.self_test.iter().filter(|planted| planted.damage != "none").count();
    let mut sheet = Minutes::new(
        lang,
        agency,
        "BIÊN BẢN KIỂM TRA TÀI LIỆU LƯU TRỮ SỐ",
        "MINUTES OF A CHECK OF DIGITAL RECORDS",
    );
    sheet.row("Cơ quan lưu trữ", "Archive of", agency);
    sheet.row("Mã kho", "Archive's id", &report.archive);
    sheet.row("Chương trình", "Program", &report.software);
    sheet.row("Bắt đầu", "Begun", &report.started);
    sheet.row("Kết thúc", "Ended", &report.finished);
    sheet.row("Dừng giữa chừng", "Stopped on the way", yes(report.interrupted));
    sheet.row("Số hồ sơ trong kho", "Case files in the archive", report.residents);
    sheet.row("Đã đọc", "Read", report.checked);
    sheet.row("Hư hỏng", "Damaged", report.broken);
    sheet.row("Chưa đọc trong lần này", "Not read this time", report.left);
    sheet.row("Chưa kiểm tra lần nào", "Never checked", report.never_checked);
    sheet.row("Lần kiểm tra cũ nhất", "Oldest check", report.oldest_check.as_deref().unwrap_or("–"));
    sheet.row("Số tệp", "Files", report.files);
    sheet.row("Số byte", "Bytes", report.bytes);
    sheet.row("Hư hỏng gài thử / tìm thấy", "Damages planted / found", format!("{planted} / {found}"));
    sheet.row("Kết luận", "Verdict", verdict);
    let broken = report.objects.iter().filter(|object| !object.good);
    let problems = broken.flat_map(|object| {
        let lines = object.problems.iter().map(|problem| format!("{} {}", problem.code, problem.path));
        std::iter::once(object.folder.clone()).chain(lines.map(|line| format!("    {line}")))
    });
    sheet.list("Hồ sơ hư hỏng:", "Damaged case files:", problems);
    sheet.list("Đã lưu, nay không còn:", "Stored, and gone:", report.absent.clone().unwrap_or_default());
    sheet.list("Không thuộc hồ sơ nào:", "Belonging to no case file:", report.strays.clone());
    sheet.line("");
    sheet.row("Báo cáo", "Report", folder.join(REPORT).display());
    sheet.line(format!("SHA-256: {digest}"));
    if let Some(Previous { name, sha256 }) = &report.previous {
        sheet.row("Báo cáo trước", "Report before", format!("{name}, SHA-256 {sha256}"));
    }
    sheet.signed_by(["NGƯỜI KIỂM TRA", "NGƯỜI CHỨNG KIẾN"], ["CHECKED BY", "WITNESSED BY"])
}
