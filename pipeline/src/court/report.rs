//! What a verification found, check by check, with the statuses of ETSI EN 319 102-1: never a bare yes or no.

use crate::incoming::FilesVerification;
use crate::{HandedOnReport, ManifestState, PackageReport, SignatureVerdict, SignerReport};
use record::{Lang, Sha256, Timestamp};
use seal::pades::local_time;
use seal::{ExperimentalVerdict, Revocation, told};

/// The check of the experimental second signature.
const EXPERIMENTAL: &str = "ml-dsa";

/// The outcome of one check, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is as it should be.
    Passed,
    /// Nobody looked: nothing is said.
    NotChecked,
    /// Nothing is wrong, but something that is needed is not known.
    Indeterminate,
    /// It is wrong.
    Failed,
}

impl Status {
    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Passed => "TOTAL-PASSED",
            Self::NotChecked => "NOT-CHECKED",
            Self::Indeterminate => "INDETERMINATE",
            Self::Failed => "TOTAL-FAILED",
        }
    }

    /// For people.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Passed => lang.pick("ĐÚNG", "RIGHT"),
            Self::NotChecked => lang.pick("CHƯA KIỂM TRA", "NOT CHECKED"),
            Self::Indeterminate => lang.pick("CHƯA XÁC ĐỊNH", "UNDETERMINED"),
            Self::Failed => lang.pick("SAI", "WRONG"),
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct Check {
    /// For programs: `files`, `signature`, `log`…
    pub code: &'static str,
    /// For people.
    pub title: &'static str,
    /// What came of it.
    pub status: Status,
    /// For programs, why; empty where it passed.
    pub reason: &'static str,
    /// For people: what was found, a line each.
    pub lines: Vec<String>,
    /// Without this check passed the whole is not passed.
    pub is_needed: bool,
}

impl Check {
    pub(super) fn new(
        code: &'static str,
        title: &'static str,
        status: Status,
        reason: &'static str,
    ) -> Check {
        Check { code, title, status, reason, lines: Vec::new(), is_needed: false }
    }

    /// Why, for paper: only where somebody has to know.
    pub(super) fn told_reason(&self) -> Option<&'static str> {
        let matters = matches!(self.status, Status::Failed | Status::Indeterminate);
        (matters && !self.reason.is_empty()).then_some(self.reason)
    }

    pub(super) fn needed(mut self) -> Check {
        self.is_needed = true;
        self
    }

    pub(super) fn with(mut self, lines: impl IntoIterator<Item = String>) -> Check {
        self.lines.extend(lines);
        self
    }
}

/// What a report is about: says what its conclusion means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportOn {
    /// An archive, a case file, a package, a folder for a court.
    Sealed,
    /// One file beside the seal that it comes from.
    OneFile,
    /// The signatures of a PDF.
    Pdf,
}

/// All that was looked at.
#[derive(Debug, Clone)]
pub struct VerificationReport {
    /// What kind of thing that is.
    pub on: ReportOn,
    /// What was verified: a path or a code.
    pub subject: String,
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// Fingerprints of the certificates that were trusted.
    pub anchors: Vec<Sha256>,
    /// In the order of reading.
    pub checks: Vec<Check>,
}

impl VerificationReport {
    /// The whole: wrong if anything is wrong; else only as good as every check that is needed.
    pub fn status(&self) -> Status {
        let worst = |checks: &mut dyn Iterator<Item = &Check>| checks.map(|c| c.status).max();
        if worst(&mut self.checks.iter()) == Some(Status::Failed) {
            return Status::Failed;
        }
        match worst(&mut self.checks.iter().filter(|check| check.is_needed)) {
            Some(Status::Passed) => Status::Passed,
            _ => Status::Indeterminate,
        }
    }

    /// An experimental second signature was changed or damaged: told, and no part of the whole.
    pub fn experimental_is_broken(&self) -> bool {
        self.checks.iter().any(|check| {
            check.code == EXPERIMENTAL && check.reason != "unvouched" && check.status != Status::Passed
        })
    }

    /// Everything that is needed is right and nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.status() == Status::Passed
    }
}

/// A report on a package, bag or zip that was verified.
pub fn report_on(
    subject: &str,
    found: &FilesVerification,
    anchors: &[Vec<u8>],
    at: Timestamp,
    lang: Lang,
) -> VerificationReport {
    let mut checks = Vec::new();
    let status = |good: bool| if good { Status::Passed } else { Status::Failed };
    if let Some(error) = &found.zip {
        let check = Check::new("zip", "ZIP", Status::Failed, "zip");
        checks.push(check.needed().with([error.to_string()]));
    }
    if let Some(bag) = &found.bag {
        let check = Check::new("bag", "BagIt", status(bag.errors.is_empty()), "bag");
        checks.push(check.needed().with(bag.errors.iter().map(ToString::to_string)));
    }
    match &found.package {
        Some(package) => checks.extend(package_checks(package, lang)),
        None if found.zip.is_none() => {
            let title = lang.pick("Chữ ký", "Signature");
            checks.push(Check::new("signature", title, Status::Indeterminate, "missing").needed());
        }
        None => {}
    }
    if let Some(part) = &found.handed_on {
        checks.push(handed_on_check(part, lang));
    }
    checks.push(not_checked(lang));
    let anchors = anchors.iter().map(|anchor| crate::digest::sha256(anchor)).collect();
    VerificationReport { on: ReportOn::Sealed, subject: subject.to_owned(), at, anchors, checks }
}

fn handed_on_check(part: &HandedOnReport, lang: Lang) -> Check {
    let title = lang.pick("Phần trích", "What was handed on");
    let status = if part.problems.is_empty() { Status::Indeterminate } else { Status::Failed };
    let reason = if part.problems.is_empty() { "partial" } else { "mets" };
    let left_out = part.masters_left_out + part.others_left_out;
    let line = match lang {
        Lang::Vi => {
            format!("{}: {left_out} tệp không có ở đây, {} tệp không ai ký", part.package, part.made.len())
        }
        Lang::En => {
            format!("{}: {left_out} files are left out, {} bear no signature", part.package, part.made.len())
        }
    };
    let problems = part.problems.iter().map(ToString::to_string);
    Check::new("handed-on", title, status, reason).with([line]).with(problems)
}

/// What nobody looks at here, so that nobody thinks it was.
pub(super) fn not_checked(lang: Lang) -> Check {
    let title = lang.pick("Không kiểm tra ở đây", "Not looked at here");
    Check::new("beyond", title, Status::NotChecked, "beyond").with([lang
        .pick(
            "có bản mới hơn của hồ sơ hay không; bản giấy có bị rút trang trước khi số hóa hay không",
            "whether there is a later version; whether paper was removed before it was scanned",
        )
        .to_owned()])
}

/// The same, of one file.
pub(super) fn not_checked_of_one(lang: Lang) -> Check {
    let check = not_checked(lang);
    check.with([lang
        .pick(
            "các tệp khác của hồ sơ: tệp này không chứng minh hồ sơ đầy đủ",
            "the other files of the case file: this one does not prove that it is complete",
        )
        .to_owned()])
}

/// Of a seal without a statement: a signature may have been cut out of it, and nothing in the package would show it.
pub fn nobody_stated(lang: Lang) -> &'static str {
    lang.pick(
        "không có tuyên bố niêm phong nêu người phải ký: có chữ ký nào bị bỏ đi không, chỉ kho và nhật ký cho biết",
        "no statement names who had to sign: whether a signature was taken away only the archive and its log can tell",
    )
}

/// Manifest, files and signature; what the statement says otherwise.
pub(super) fn package_checks(package: &PackageReport, lang: Lang) -> Vec<Check> {
    let title = lang.pick("Bảng kê", "Manifest");
    let manifest = match &package.manifest {
        ManifestState::Canonical { sha256, files } => {
            let line = match lang {
                Lang::Vi => format!("{files} tệp, SHA-256 {sha256}"),
                Lang::En => format!("{files} files, SHA-256 {sha256}"),
            };
            Check::new("manifest", title, Status::Passed, "").with([line])
        }
        ManifestState::NotCanonical { error, .. } => {
            Check::new("manifest", title, Status::Failed, "not-canonical")
                .with([told(&error.to_string(), lang)])
        }
        ManifestState::Missing => Check::new("manifest", title, Status::Failed, "missing"),
        ManifestState::Unreadable { reason } => {
            Check::new("manifest", title, Status::Failed, "unreadable").with([reason.clone()])
        }
    };
    let mut wrong: Vec<String> = Vec::new();
    let mut reason = "";
    let mut say = |path: &str, code: &'static str, vi: &str, en: &str| {
        reason = if reason.is_empty() { code } else { reason };
        wrong.push(format!("{path}: {}", lang.pick(vi, en)));
    };
    let differs = ("nội dung khác bản đã niêm phong", "differs from what was sealed");
    package.differing.iter().for_each(|file| say(&file.path, "differs", differs.0, differs.1));
    package.missing.iter().for_each(|path| say(path, "missing", "bị thiếu", "missing"));
    package
        .unlisted
        .iter()
        .for_each(|path| say(path, "unlisted", "không có trong bảng kê", "not in the manifest"));
    package.unreadable.iter().for_each(|file| say(&file.path, "unreadable", "không đọc được", "unreadable"));
    let status = if wrong.is_empty() { Status::Passed } else { Status::Failed };
    let (right, bytes) = (package.matching, package.bytes);
    let line = match lang {
        Lang::Vi => format!("{right} tệp đúng ({bytes} byte)"),
        Lang::En => format!("{right} files are right ({bytes} bytes)"),
    };
    let files = Check::new("files", lang.pick("Các tệp", "Files"), status, reason).with([line]).with(wrong);
    let mut checks =
        vec![manifest.needed(), files.needed(), signature_check(&package.signature, lang).needed()];
    if package.statement.is_none() && !package.signature.signers().is_empty() {
        checks[2].lines.push(nobody_stated(lang).to_owned());
    }
    checks.extend(package.experimental.as_ref().map(|verdict| experimental_check(verdict, lang)));
    if let Some(fault) = package.statement_faults.first() {
        let title = lang.pick("Tuyên bố niêm phong", "Statement of the seal");
        let check = Check::new("statement", title, Status::Failed, fault.code()).needed();
        checks.push(check.with(package.statement_faults.iter().map(|fault| fault.text(lang))));
    }
    checks
}

/// Never needed, never wrong for the whole: an experiment decides nothing.
pub(super) fn experimental_check(verdict: &ExperimentalVerdict, lang: Lang) -> Check {
    let title = lang.pick("Chữ ký thứ hai ML-DSA (thử nghiệm)", "Second signature, ML-DSA (experimental)");
    let (status, reason) = match verdict {
        ExperimentalVerdict::Valid { .. } => (Status::Passed, ""),
        _ => (Status::Indeterminate, verdict.code()),
    };
    let mut lines = vec![verdict.title(lang).to_owned()];
    lines.extend(Some(verdict.reason().to_owned()).filter(|reason| !reason.is_empty()));
    lines.extend(verdict.signer().map(|(signer, algorithm)| format!("{algorithm}: {}", about(signer, lang))));
    Check::new(EXPERIMENTAL, title, status, reason).with(lines)
}

/// Those of a whole archive that are broken, a line each.
pub(super) fn broken_experiments(lines: Vec<String>, lang: Lang) -> Check {
    let title = lang.pick("Chữ ký thứ hai ML-DSA (thử nghiệm)", "Second signatures, ML-DSA (experimental)");
    Check::new(EXPERIMENTAL, title, Status::Indeterminate, "broken").with(lines)
}

pub(super) fn signature_check(verdict: &SignatureVerdict, lang: Lang) -> Check {
    let status = match verdict {
        SignatureVerdict::Valid { .. } | SignatureVerdict::ValidThen { .. } => Status::Passed,
        SignatureVerdict::Altered { .. } | SignatureVerdict::Malformed { .. } | SignatureVerdict::Missing => {
            Status::Failed
        }
        _ => Status::Indeterminate,
    };
    let reason = if verdict.is_valid() { "" } else { verdict.code() };
    let title = lang.pick("Chữ ký trên bảng kê", "Signature over the manifest");
    let mut lines = vec![verdict.title(lang).to_owned()];
    lines.extend(Some(told(verdict.reason(), lang)).filter(|reason| !reason.is_empty()));
    for signer in verdict.signers() {
        lines.push(about(signer, lang));
        if let Some(fault) = &signer.stamp_fault {
            let title = lang.pick("Dấu thời gian trên chữ ký không đúng", "The time stamp over it fails");
            lines.push(format!("{title}: {}", told(fault, lang)));
        }
        let title = lang.pick("Thu hồi chứng thư", "Revocation");
        // Where nobody trusted vouches, nobody was asked.
        let was_asked = verdict.is_valid() || signer.revocation != Revocation::NotOffered;
        let not_checked = || lang.pick("chưa kiểm tra", "not checked").to_owned();
        let found = if was_asked { signer.revocation.text(lang) } else { not_checked() };
        lines.push(format!("{title}: {found}"));
    }
    Check::new("signature", title, status, reason).with(lines)
}

fn about(signer: &SignerReport, lang: Lang) -> String {
    let claimed = signer.claimed.map_or_else(|| "–".to_owned(), local_time);
    let trial = match signer.trial {
        true => lang.pick(" – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ", " – TRIAL KEY, WITHOUT LEGAL VALUE"),
        false => "",
    };
    let SignerReport { name, issuer, serial, cert_sha256, .. } = signer;
    match lang {
        Lang::Vi => format!(
            "{name}{trial}; ghi giờ ký {claimed} (tự khai); do {issuer} cấp, số {serial}, SHA-256 {cert_sha256}"
        ),
        Lang::En => format!(
            "{name}{trial}; claims to have signed {claimed}; issued by {issuer}, number {serial}, SHA-256 {cert_sha256}"
        ),
    }
}
