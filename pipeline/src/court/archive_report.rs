//! The report on a whole archive: how many case files are right, which are not, and what log and time stamps say.

use super::report::{
    Check, ReportOn, Status, VerificationReport, broken_experiments, experimental_check, not_checked,
    package_checks,
};
use crate::config::Layout;
use crate::digest::sha256;
use crate::proof::archive_anchors;
use crate::{ObjectVerification, PipelineError, absent_cases, check_log, check_stamps};
use record::{Lang, Timestamp};
use std::path::Path;

/// Counts what [`crate::verify_archive`] finds.
#[derive(Debug, Default)]
pub struct ArchiveTally {
    right: u64,
    files: u64,
    /// What is wrong, by case file, a line each.
    wrong: Vec<String>,
    /// What is not known.
    unknown: Vec<String>,
    /// Experimental second signatures that are broken.
    experimental: Vec<String>,
}

impl ArchiveTally {
    /// One more.
    pub fn add(&mut self, found: &ObjectVerification, lang: Lang) {
        self.files += found.package.matching as u64;
        for package in found.packages().filter(|package| package.experimental_is_broken()) {
            let checks = package.experimental.iter().map(|verdict| experimental_check(verdict, lang));
            let lines = checks.map(|check| format!("{}: {}", found.title(lang), check.lines.join("; ")));
            self.experimental.extend(lines);
        }
        if found.is_good() {
            self.right += 1;
            return;
        }
        let title = found.title(lang);
        let earlier = found.earlier.iter().map(|(_, package)| package);
        let checks = earlier.chain([&found.package]).flat_map(|package| package_checks(package, lang));
        let mut lines: Vec<String> =
            found.storage.iter().map(|problem| format!("{title}: {problem}")).collect();
        let is_unknown = lines.is_empty() && checks.clone().all(|check| check.status != Status::Failed);
        let not_passed = checks.filter(|check| check.status != Status::Passed);
        lines
            .extend(not_passed.map(|check| format!("{title}: {} – {}", check.title, check.lines.join("; "))));
        if lines.is_empty() {
            lines.push(title);
        }
        if is_unknown { self.unknown.append(&mut lines) } else { self.wrong.append(&mut lines) }
    }

    /// The report. `anchors` as they were given to [`crate::verify_archive`], `checkpoint` as to [`crate::check_log`].
    pub fn report(
        self,
        root: &Path,
        anchors: Option<&[Vec<u8>]>,
        checkpoint: Option<&str>,
        at: Timestamp,
        lang: Lang,
    ) -> Result<VerificationReport, PipelineError> {
        let status = match (self.wrong.is_empty(), self.unknown.is_empty()) {
            (true, true) => Status::Passed,
            (true, false) => Status::Indeterminate,
            (false, _) => Status::Failed,
        };
        let reason = if status == Status::Passed { "" } else { "cases" };
        let line = match lang {
            Lang::Vi => format!("{} hồ sơ (và tập) đúng, {} tệp", self.right, self.files),
            Lang::En => format!("{} case files (and volumes) are right, {} files", self.right, self.files),
        };
        let cases = Check::new("cases", lang.pick("Các hồ sơ", "Case files"), status, reason).needed();
        let mut checks = vec![cases.with([line]).with(self.wrong).with(self.unknown)];
        if !self.experimental.is_empty() {
            checks.push(broken_experiments(self.experimental, lang));
        }
        let title = lang.pick("Hồ sơ đã mất", "Case files that are gone");
        checks.push(match absent_cases(root) {
            Ok(absent) => {
                let lines: Vec<_> =
                    absent.iter().map(|case| format!("{}: {}", case.code, case.title(lang))).collect();
                found("absent", title, lines)
            }
            Err(error) => {
                Check::new("absent", title, Status::NotChecked, "unknown").with([error.to_string()])
            }
        });
        let title = lang.pick("Nhật ký minh bạch", "Transparency log");
        checks.push(match check_log(root, checkpoint, at)? {
            None => Check::new("log", title, Status::NotChecked, "none"),
            Some(log) => {
                let lines = log.findings.iter().map(|finding| finding.text(lang)).collect();
                let entries = lang.pick("mục", "entries");
                found("log", title, lines).with([format!("{} {entries}", log.size)])
            }
        });
        let title = lang.pick("Dấu thời gian", "Time stamps");
        checks.push(match check_stamps(root, at)? {
            None => Check::new("evidence", title, Status::NotChecked, "none"),
            Some(state) => {
                let lines = state.findings.iter().map(|finding| finding.text(lang)).collect();
                let until = state.protected_until.map_or_else(|| "–".to_owned(), seal::pades::local_time);
                found("evidence", title, lines).with([match lang {
                    Lang::Vi => format!(
                        "{} bản có, {} bản chưa có; được bảo vệ đến {until}",
                        state.stamped, state.waiting
                    ),
                    Lang::En => {
                        format!("{} have one, {} wait; protected until {until}", state.stamped, state.waiting)
                    }
                }])
            }
        });
        checks.push(not_checked(lang));
        let own;
        let anchors = match anchors {
            Some(given) => given,
            None => {
                own = archive_anchors(&Layout { root: root.to_owned() })?;
                &own
            }
        };
        let anchors = anchors.iter().map(|anchor| sha256(anchor)).collect();
        Ok(VerificationReport {
            on: ReportOn::Sealed,
            subject: root.display().to_string(),
            at,
            anchors,
            checks,
        })
    }
}

fn found(code: &'static str, title: &'static str, wrong: Vec<String>) -> Check {
    let (status, reason) = if wrong.is_empty() { (Status::Passed, "") } else { (Status::Failed, code) };
    Check::new(code, title, status, reason).with(wrong)
}
