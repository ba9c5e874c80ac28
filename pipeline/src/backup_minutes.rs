//! Reports of backups, restores and restore drills as minutes (biên bản) that people print and sign on paper, as those of
//! a check ([`crate::minutes`]). The forms of Thông tư 05/2025, annex VII, were not at hand: these are ours, and say what the
//! signed report says, nothing else.

use crate::PipelineError;
use crate::backup::{BACKUP, BACKUP_FORMAT, BackupJson, RESTORE, RESTORE_FORMAT, RestoreJson};
use crate::config::{ArchiveConfig, Layout};
use crate::drill::{DRILL, DRILL_FORMAT, DrillJson};
use crate::minutes::Minutes;
use crate::seals::SealJudge;
use record::{Lang, Timestamp};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// The reports that have minutes beside those of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepingReport {
    /// Of a backup.
    Backup,
    /// Of a restore, in the archive that was restored.
    Restore,
    /// Of a restore drill.
    Drill,
}

impl KeepingReport {
    const ALL: [KeepingReport; 3] = [Self::Backup, Self::Restore, Self::Drill];

    /// The folder below `evidence/`, and the file in a report's folder.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Backup => ("backup", BACKUP),
            Self::Restore => ("restore", RESTORE),
            Self::Drill => ("drill", DRILL),
        }
    }

    /// What a report's folder holds; `None` where it is of another kind.
    pub fn of(folder: &Path) -> Option<KeepingReport> {
        Self::ALL.into_iter().find(|kind| folder.join(kind.place().1).is_file())
    }
}

/// Minutes of a report: `report` is its folder; without it the one of this kind begun last. A report whose seal is not right
/// is refused ([`PipelineError::Format`]).
pub fn keeping_minutes(
    root: &Path,
    kind: KeepingReport,
    report: Option<&Path>,
    now: Timestamp,
    lang: Lang,
) -> Result<Minutes, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let agency = ArchiveConfig::read(&layout.config())?.agency;
    let (name, file) = kind.place();
    let folder =
        report.map_or_else(|| newest(&layout.evidence(name), file), |report| Ok(report.to_owned()))?;
    let path = folder.join(file);
    let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
    if folder.join(seal::SEAL_FOLDER).exists() && !SealJudge::of(&layout, now)?.package_is_right(&folder) {
        return Err(wrong(&path, lang.pick("không còn như khi ký", "it is not what was signed")));
    }
    let mut minutes = match kind {
        KeepingReport::Backup => of_backup(&agency, &parsed(&path, &bytes, BACKUP_FORMAT)?, lang),
        KeepingReport::Restore => of_restore(&agency, &parsed(&path, &bytes, RESTORE_FORMAT)?, lang),
        KeepingReport::Drill => of_drill(&agency, &parsed(&path, &bytes, DRILL_FORMAT)?, lang),
    };
    let digest = crate::digest::sha256(&bytes);
    minutes.line("");
    minutes.row("Báo cáo", "Report", path.display());
    minutes.line(format!("SHA-256: {digest}"));
    Ok(minutes)
}

fn wrong(path: &Path, problem: &str) -> PipelineError {
    PipelineError::Format { what: path.display().to_string(), problem: problem.to_owned() }
}

fn parsed<T: DeserializeOwned>(path: &Path, bytes: &[u8], format: &str) -> Result<T, PipelineError> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|e| wrong(path, &e.to_string()))?;
    if value["format"] != format {
        return Err(wrong(path, &value["format"].to_string()));
    }
    serde_json::from_value(value).map_err(|e| wrong(path, &e.to_string()))
}

/// The folder of the report that was begun last.
fn newest(reports: &Path, file: &str) -> Result<PathBuf, PipelineError> {
    let entries = std::fs::read_dir(reports).map_err(PipelineError::io(reports))?;
    let folders = entries.filter_map(Result::ok).map(|entry| entry.path());
    let newest = folders.filter(|folder| folder.join(file).is_file()).max();
    newest.ok_or_else(|| PipelineError::io(reports)(std::io::ErrorKind::NotFound.into()))
}

impl Minutes {
    /// Whose archive, and what wrote the report.
    fn archive(&mut self, agency: &str, id: &str, software: &str) {
        self.row("Cơ quan lưu trữ", "Archive of", agency);
        self.row("Mã kho", "Archive's id", id);
        self.row("Chương trình", "Program", software);
    }

    /// From where, and which state of the archive.
    fn snapshot(&mut self, repository: &str, snapshot: &str) {
        self.row("Kho sao lưu", "Backup repository", repository);
        self.row("Bản sao lưu", "Snapshot", snapshot);
    }

    fn begun_and_ended(&mut self, begun: &str, ended: &str) {
        self.row("Bắt đầu", "Begun", begun);
        self.row("Kết thúc", "Ended", ended);
    }

    fn signed(self, vi: &str, en: &str) -> Minutes {
        self.signed_by([vi, "NGƯỜI CHỨNG KIẾN"], [en, "WITNESSED BY"])
    }
}

fn of_backup(agency: &str, report: &BackupJson, lang: Lang) -> Minutes {
    let mut sheet = Minutes::new(
        lang,
        agency,
        "BIÊN BẢN SAO LƯU TÀI LIỆU LƯU TRỮ SỐ",
        "MINUTES OF A BACKUP OF DIGITAL RECORDS",
    );
    sheet.archive(agency, &report.archive, &report.software);
    sheet.snapshot(&report.repository, &report.snapshot);
    sheet.row("Bản trước", "Snapshot before", report.parent.as_deref().unwrap_or("–"));
    sheet.begun_and_ended(&report.started, &report.finished);
    sheet.row("Số hồ sơ", "Case files", report.cases);
    sheet.row("Số tệp", "Files", report.files);
    sheet.row(
        "Số tệp mới hoặc đổi, đã đọc và đối chiếu",
        "New or changed files, read and compared",
        report.files_read,
    );
    sheet.row("Số byte", "Bytes", report.bytes);
    sheet.row("Số byte ghi thêm vào kho sao lưu", "Bytes added to the repository", report.added_bytes);
    sheet.row("Hồ sơ hư hỏng, không sao lưu", "Damaged case files, not backed up", report.left_out.len());
    let verdict = match report.verdict.as_str() {
        "good" => lang.pick("đủ mọi hồ sơ", "every case file is in it"),
        _ => lang.pick("THIẾU HỒ SƠ HƯ HỎNG", "DAMAGED CASE FILES ARE NOT IN IT"),
    };
    sheet.row("Kết luận", "Verdict", verdict);
    sheet.list("Hồ sơ hư hỏng:", "Damaged case files:", report.left_out.iter().map(|item| item.text(lang)));
    sheet.signed("NGƯỜI SAO LƯU", "BACKED UP BY")
}

fn of_restore(agency: &str, report: &RestoreJson, lang: Lang) -> Minutes {
    let mut sheet = Minutes::new(
        lang,
        agency,
        "BIÊN BẢN PHỤC HỒI TÀI LIỆU LƯU TRỮ SỐ",
        "MINUTES OF A RESTORE OF DIGITAL RECORDS",
    );
    sheet.archive(agency, &report.archive, &report.software);
    sheet.snapshot(&report.repository, &report.snapshot);
    sheet.row("Thời điểm sao lưu", "Backed up", &report.snapshot_time);
    sheet.begun_and_ended(&report.started, &report.finished);
    sheet.row("Thời gian (giây)", "Took (seconds)", report.took_ms.div_ceil(1000));
    sheet.row("Số hồ sơ", "Case files", report.cases);
    sheet.row("Số tệp", "Files", report.files);
    sheet.row("Số byte", "Bytes", report.bytes);
    let verdict = match report.verdict.as_str() {
        "good" => lang.pick("phục hồi đủ", "all of it came back"),
        _ => lang.pick("KHÔNG ĐỦ", "NOT ALL OF IT CAME BACK"),
    };
    sheet.row("Kết luận", "Verdict", verdict);
    sheet.list(
        "Không đọc lại được:",
        "What did not come back:",
        report.damaged.iter().map(|item| item.text(lang)),
    );
    sheet.list("Hư hỏng từ khi sao lưu:", "Damaged when backed up:", report.left_out.iter().cloned());
    sheet.list("Hồ sơ không đọc được:", "Case files that cannot be read:", report.unreadable.iter().cloned());
    sheet.signed("NGƯỜI PHỤC HỒI", "RESTORED BY")
}

/// Minutes of a drill.
pub(crate) fn of_drill(agency: &str, report: &DrillJson, lang: Lang) -> Minutes {
    let DrillJson { rpo, rto, searches, source, .. } = report;
    let mut sheet = Minutes::new(
        lang,
        agency,
        "BIÊN BẢN DIỄN TẬP PHỤC HỒI TÀI LIỆU LƯU TRỮ SỐ",
        "MINUTES OF A RESTORE DRILL OF DIGITAL RECORDS",
    );
    let unknown = || "–".to_owned();
    sheet.archive(agency, &report.archive, &report.software);
    sheet.begun_and_ended(&report.started, &report.finished);
    let kind = match source.kind.as_str() {
        "backup" => lang.pick("kho sao lưu", "backup repository"),
        _ => lang.pick("bản sao", "replica"),
    };
    sheet.row("Phục hồi từ", "Restored from", format!("{kind} {}", source.path));
    if let Some(snapshot) = &source.snapshot {
        sheet.row("Bản sao lưu", "Snapshot", snapshot);
    }
    let percent = report.order.sample_ppm as f64 / 10_000.0;
    sheet.row("Chọn ngẫu nhiên (%)", "Random sample (%)", percent);
    sheet.row("Số hạt giống", "Seed", &report.order.seed);
    sheet.row("Hồ sơ mới nhất", "Newest case files", report.order.newest);
    sheet.line("");
    sheet.row("Hồ sơ trong kho", "Case files in the archive", rpo.residents);
    sheet.row("Hồ sơ trong bản được diễn tập", "Case files in the copy", rpo.held);
    sheet.row("Hồ sơ đã phục hồi", "Case files restored", report.cases.len());
    sheet.row("Trong đó hư hỏng", "Of these damaged", report.cases.iter().filter(|case| !case.good).count());
    let (documents, pages) = report.cases.iter().fold((0u64, 0u64), |(documents, pages), case| {
        (documents + u64::from(case.documents), pages + u64::from(case.pages))
    });
    sheet.row("Văn bản", "Documents", documents);
    sheet.row("Trang", "Pages", pages);
    for judge in &report.judges {
        let verdict = match judge.verdict.as_str() {
            "valid" => lang.pick("hợp lệ", "valid"),
            "invalid" => lang.pick("KHÔNG HỢP LỆ", "INVALID"),
            "not-installed" => lang.pick("không được cài trên máy này", "not installed on this machine"),
            _ => lang.pick("không chạy được", "could not run"),
        };
        let why = judge.problem.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        sheet.row(
            &format!("Kiểm tra bằng {}", judge.name),
            &format!("Judged by {}", judge.name),
            format!("{verdict}{why}"),
        );
    }
    let asked = match searches.source.as_str() {
        "sample" => lang.pick("lấy từ hồ sơ đã phục hồi", "made from the case files restored"),
        name => name,
    };
    sheet.row("Câu tìm kiếm", "Queries", format!("{} ({asked})", searches.queries));
    sheet.row(
        "Lượt tìm / kết quả / khác nhau",
        "Searches / hits / different",
        format!("{} / {} / {}", searches.runs, searches.hits, searches.differ.len()),
    );
    sheet.line("");
    sheet.row(
        "RPO: bản mới nhất trong kho",
        "RPO: newest in the archive",
        rpo.newest_archive.clone().unwrap_or_else(unknown),
    );
    sheet.row(
        "RPO: bản mới nhất lấy lại được",
        "RPO: newest that comes back",
        rpo.newest_held.clone().unwrap_or_else(unknown),
    );
    sheet.row(
        "RPO: khoảng cách (giây)",
        "RPO: between them (seconds)",
        rpo.seconds.map_or_else(unknown, |seconds| seconds.to_string()),
    );
    sheet.row("RPO: hồ sơ có bản mới chưa sao lưu", "RPO: case files newer than the copy", rpo.behind.len());
    sheet.row(
        "RPO: hồ sơ lẽ ra phải có",
        "RPO: case files that should be there",
        rpo.missing.len() + rpo.left_out.len(),
    );
    let seconds = |ms: u64| format!("{}.{:01}", ms / 1000, ms % 1000 / 100);
    sheet.row("RTO: phục hồi (giây)", "RTO: restoring (seconds)", seconds(rto.restore_ms));
    sheet.row(
        "RTO: dựng lại sổ và chỉ mục (giây)",
        "RTO: making ledger and index (seconds)",
        seconds(rto.rebuild_ms),
    );
    sheet.row("RTO: byte mỗi giây", "RTO: bytes a second", rto.bytes_per_s);
    sheet.row(
        "RTO: ước tính cho cả kho (giây)",
        "RTO: estimate for the whole archive (seconds)",
        rto.whole_s,
    );
    let verdict = match report.verdict.as_str() {
        "good" => lang.pick("PHỤC HỒI ĐƯỢC, đúng như đã lưu", "IT COMES BACK, as it was stored"),
        "nothing-held" => lang.pick("bản được diễn tập không có hồ sơ nào", "the copy holds no case file"),
        _ => lang.pick("CÓ HƯ HỎNG HOẶC THIẾU", "SOMETHING IS DAMAGED OR MISSING"),
    };
    sheet.row("Kết luận", "Verdict", verdict);
    sheet.line("");
    let broken = report.cases.iter().filter(|case| !case.good).map(|case| {
        let problems: Vec<String> = case.problems.iter().map(|problem| problem.text(lang)).collect();
        format!("{}: {}", case.case.as_ref().unwrap_or(&case.folder), problems.join("; "))
    });
    sheet.list("Hồ sơ hư hỏng:", "Damaged case files:", broken);
    sheet.list(
        "Không đọc lại được:",
        "What did not come back:",
        report.damaged.iter().map(|item| item.text(lang)),
    );
    let named = |case: &crate::drill::BehindJson| {
        let held = case.held_version.map_or_else(unknown, |version| format!("v{version}"));
        format!("{}: v{} ({held})", case.case.as_ref().unwrap_or(&case.folder), case.archive_version)
    };
    sheet.list(
        "Lẽ ra phải có (bản giữ được):",
        "Should be there (version held):",
        rpo.missing.iter().map(named),
    );
    sheet.list("Hư hỏng từ khi sao lưu:", "Damaged when backed up:", rpo.left_out.iter().cloned());
    sheet.list(
        "Mới hơn bản sao (bản giữ được):",
        "Newer than the copy (version held):",
        rpo.behind.iter().map(named),
    );
    sheet.list("Kho không còn:", "Gone from the archive:", rpo.only_held.iter().cloned());
    sheet.list(
        "Số đếm khác nhau:",
        "Counts that differ:",
        report.counts_differ.iter().map(|differ| differ.text(lang)),
    );
    sheet.list("Kết quả tìm khác nhau:", "Searches that differ:", searches.differ.iter().cloned());
    sheet.list("Câu tìm không dùng được:", "Queries that cannot be used:", searches.unusable.iter().cloned());
    sheet.signed("NGƯỜI DIỄN TẬP", "DRILLED BY")
}
