//! What is to be said of a folder for a court. Everything in it is held to be a stranger's; only what the reader brings along
//! (certificates, the log's key, a checkpoint) is believed.

use super::counts;
use super::kit::{self, CONSISTENCY, DATA, EVIDENCE, KIT, KitJson, PROOF};
use super::report::{Check, ReportOn, Status, VerificationReport, not_checked, package_checks};
use crate::digest::sha256;
use crate::format::case_json::{self, CaseRecord};
use crate::pack::MAX_RECORD_BYTES;
use crate::{PackageReport, PipelineError, tlog};
use record::{Lang, Sha256, Timestamp};
use seal::evidence::{EvidenceVerdict, MAX_EVIDENCE_BYTES};
use seal::pades::{PdfStatus, local_time};
use seal::tlog::merkle::Tree;
use seal::tlog::receipt::MAX_PROOF_BYTES;
use seal::tlog::{Checkpoint, Entry, PageProof, Proven, Receipt, ReceiptError, SignedCheckpoint, Verifier};
use seal::{
    BATCH_PATH, BatchPageProof, DirectoryFiles, MANIFEST_PATH, MAX_BATCH_PAGE_BYTES, MAX_MANIFEST_BYTES,
    MAX_SIGNATURE_BYTES, Manifest, PackageFiles, SIGNATURE_PATH, STATEMENT_PATH, StatementFault, Trust, told,
};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What the reader has from elsewhere than the kit.
#[derive(Default)]
pub struct CourtKeys {
    /// Whom to trust, and what is known of revocations.
    pub trust: Trust,
    /// Public key of the log.
    pub log_key: Option<String>,
    /// A checkpoint of the log, kept elsewhere.
    pub checkpoint: Option<String>,
    /// Certificates of trusted time-stamp authorities, DER: nobody else vouches for the time of a seal.
    pub time_anchors: Vec<Vec<u8>>,
}

/// Verifies a folder that was written for a court. What is wrong with it stands in the report.
///
/// # Errors
/// Only what the reader brought along: a key of a log that is none.
pub fn verify_kit(
    kit: &Path,
    keys: &CourtKeys,
    now: Timestamp,
    lang: Lang,
) -> Result<VerificationReport, PipelineError> {
    let log_key = keys.log_key.as_deref().map(tlog::verifier).transpose()?;
    let mut checks = Vec::new();
    let files = DirectoryFiles::open(kit).map_err(|e| e.to_string());
    match files.and_then(|files| Ok((KitJson::read(&files)?, files))) {
        Ok((json, files)) => {
            let mut opened = Opened::new(kit, files, json, keys, now, lang);
            let evidence = opened.evidence();
            checks.append(&mut opened.package());
            checks.push(evidence);
            checks.push(opened.counts());
            checks.extend(opened.batch_page());
            checks.push(opened.log(log_key.as_ref(), keys.checkpoint.as_deref()));
            checks.extend(opened.pdfs());
        }
        Err(why) => {
            let title = lang.pick("Thư mục cho Tòa án", "Folder for a court");
            checks.push(
                Check::new("kit", title, Status::Failed, "kit").needed().with([format!("{KIT}: {why}")]),
            );
        }
    }
    checks.push(not_checked(lang));
    let anchors = keys.trust.certificates().map(sha256).collect();
    Ok(VerificationReport {
        on: ReportOn::Sealed,
        subject: kit.display().to_string(),
        at: now,
        anchors,
        checks,
    })
}

struct Opened<'a> {
    kit: &'a Path,
    files: DirectoryFiles,
    json: KitJson,
    keys: &'a CourtKeys,
    /// The reader's, with the lists and answers of the kit: those are signed.
    trust: Trust,
    now: Timestamp,
    lang: Lang,
    manifest: Vec<u8>,
    signature: Vec<u8>,
    /// When the seal is proven to have existed.
    proven: Option<Timestamp>,
}

impl<'a> Opened<'a> {
    fn new(
        kit: &'a Path,
        files: DirectoryFiles,
        json: KitJson,
        keys: &'a CourtKeys,
        now: Timestamp,
        lang: Lang,
    ) -> Opened<'a> {
        // What is missing or too long is told with the package.
        let small = |path: &str, max| kit::read(&files, &format!("{DATA}/{path}"), max).ok().flatten();
        let manifest = small(MANIFEST_PATH, MAX_MANIFEST_BYTES).unwrap_or_default();
        let signature = small(SIGNATURE_PATH, MAX_SIGNATURE_BYTES).unwrap_or_default();
        let lists = kit::lists(&files);
        let trust = keys.trust.with_brought(lists.iter().map(Vec::as_slice));
        Opened { kit, files, json, keys, trust, now, lang, manifest, signature, proven: None }
    }

    /// A file in a folder of the kit; nothing where there is none.
    fn read(&self, folder: &str, name: &str, max_bytes: usize) -> Result<Option<Vec<u8>>, String> {
        kit::read(&self.files, &format!("{folder}/{name}"), max_bytes)
    }

    /// The same, of text, which must be there.
    fn text(&self, name: &str, max_bytes: usize) -> Result<String, String> {
        let bytes = self.read(PROOF, name, max_bytes)?.ok_or("missing")?;
        String::from_utf8(bytes).map_err(|e| e.to_string())
    }

    fn package(&self) -> Vec<Check> {
        let data = self.kit.join(DATA);
        let files = match DirectoryFiles::open(&data) {
            Ok(files) => files,
            Err(error) => {
                let title = self.lang.pick("Các tệp", "Files");
                let check = Check::new("files", title, Status::Failed, "unreadable").needed();
                return vec![check.with([error.to_string()])];
            }
        };
        let at = self.proven.unwrap_or(self.now);
        let mut report = self.trust.verify_package(&files, at);
        report.signature = report.signature.told_at(at, self.now);
        let Some(path) = &self.json.path else { return package_checks(&report, self.lang) };
        let left_out = only(path, &self.manifest, &mut report);
        let mut checks = package_checks(&report, self.lang);
        let line = match self.lang {
            Lang::Vi => {
                format!("chỉ một trang được giao: {path}; {left_out} tệp khác của hồ sơ không có ở đây")
            }
            Lang::En => format!("one page was handed over, {path}; {left_out} other files are not here"),
        };
        checks[1].lines.push(line);
        checks
    }

    /// The evidence record: when the seal existed. Certificates of signers are then judged for that moment.
    fn evidence(&mut self) -> Check {
        let title = self.lang.pick("Dấu thời gian", "Time stamp");
        let check = |status, reason| Check::new("evidence", title, status, reason);
        let record = match self.read(PROOF, EVIDENCE, MAX_EVIDENCE_BYTES) {
            Ok(Some(record)) => record,
            Ok(None) => return check(Status::NotChecked, "none"),
            Err(why) => return check(Status::Failed, "malformed").with([why]),
        };
        let objects = [self.manifest.as_slice(), self.signature.as_slice()];
        let trust = self.trust.with_time_anchors(self.keys.time_anchors.iter().cloned());
        let verdict = trust.verify_evidence(&record, &objects, self.now);
        let lang = self.lang;
        let why = || format!("{PROOF}/{EVIDENCE}: {}", told(verdict.reason(), lang));
        match &verdict {
            EvidenceVerdict::Valid { time, stamps, protected_until } => {
                self.proven = Some(*time);
                let (time, until) = (local_time(*time), local_time(*protected_until));
                let by: Vec<&str> = stamps.iter().map(|stamp| stamp.authority.name.as_str()).collect();
                let by = by.join(", ");
                check(Status::Passed, "").with([match lang {
                    Lang::Vi => format!("niêm phong có từ trước {time}, theo {by}; được bảo vệ đến {until}"),
                    Lang::En => format!("the seal existed at {time}, says {by}; protected until {until}"),
                }])
            }
            EvidenceVerdict::Untrusted { .. } => check(Status::Indeterminate, verdict.code()).with([why()]),
            EvidenceVerdict::Altered { .. } | EvidenceVerdict::Malformed { .. } => {
                check(Status::Failed, verdict.code()).with([why()])
            }
        }
    }

    fn counts(&self) -> Check {
        let title = self.lang.pick("Số trang, số tệp", "Counts");
        let no = |status, reason: &'static str| Check::new("counts", title, status, reason);
        if self.json.page.is_some() {
            return no(Status::NotChecked, "one-page");
        }
        let bytes = self.read(DATA, case_json::PATH, MAX_RECORD_BYTES as usize);
        let bytes = bytes.and_then(|bytes| bytes.ok_or_else(|| "missing".to_owned()));
        let stated = bytes.as_ref().ok().and_then(|bytes| serde_json::from_slice::<StatedJson>(bytes).ok());
        let record =
            bytes.and_then(|bytes| case_json::read(&self.json.object, &bytes).map_err(|e| e.to_string()));
        let (record, manifest) = match (record, Manifest::parse(&self.manifest)) {
            (Ok(record), Ok(manifest)) => (record, manifest),
            (Err(why), _) => return no(Status::Failed, "register").with([why]),
            (_, Err(why)) => return no(Status::NotChecked, "manifest").with([why.to_string()]),
        };
        let its_own = record.object.as_ref().is_none_or(|id| id.as_str() == self.json.object)
            && record.case.header.code.as_str() == self.json.case;
        if !its_own {
            let line = format!("{KIT}: {} ≠ {}", self.json.case, record.case.header.code);
            return no(Status::Failed, "other-case").with([line]);
        }
        let away = self.volumes_away(&record);
        if !away.is_empty() {
            return no(Status::Failed, "volumes-missing").with(away);
        }
        counts::check(&record, stated.map(|stated| stated.pages), &manifest, self.lang)
    }

    /// The volumes of a case file that do not lie beside it as it lists them, a line each.
    fn volumes_away(&self, record: &CaseRecord) -> Vec<String> {
        if record.volumes.is_empty() {
            return Vec::new();
        }
        let beside = std::path::absolute(self.kit).ok();
        let beside = beside.as_deref().and_then(Path::parent).map(kit::kits_in).unwrap_or_default();
        let manifest = |kit: &PathBuf| {
            let files = DirectoryFiles::open(kit).ok()?;
            kit::read(&files, &format!("{DATA}/{MANIFEST_PATH}"), MAX_MANIFEST_BYTES).ok().flatten()
        };
        let there: HashSet<Sha256> = beside.iter().filter_map(manifest).map(|bytes| sha256(&bytes)).collect();
        let away = record.volumes.iter().filter(|volume| !there.contains(&volume.manifest_sha256));
        away.map(|volume| match self.lang {
            Lang::Vi => {
                format!("tập {}: không nằm cạnh, hoặc không phải bản mà hồ sơ này liệt kê", volume.no)
            }
            Lang::En => {
                format!(
                    "volume {}: not beside this folder, or not the one that the case file lists",
                    volume.no
                )
            }
        })
        .collect()
    }

    /// The way from one page to the signed root of its batch, which is there for whoever gets no manifest. No part of the whole: here
    /// the manifest is at hand, and proves the page.
    fn batch_page(&self) -> Option<Check> {
        let path = self.json.path.as_ref()?;
        let title = self.lang.pick("Đường băm của trang trong lô", "Way of the page to its batch");
        let read = self.read(PROOF, &self.json.batch_page_name(), MAX_BATCH_PAGE_BYTES).transpose()?;
        let text = self.read(DATA, BATCH_PATH, MAX_BATCH_PAGE_BYTES);
        let shown = read.and_then(|bytes| String::from_utf8(bytes).map_err(|e| e.to_string()));
        let shown = shown.and_then(|proof| {
            let proof = BatchPageProof::parse(&proof).ok_or("not in its form")?;
            if proof.path != *path {
                return Err(format!("{} ≠ {path}", proof.path));
            }
            let mut file = self.files.open(&format!("{DATA}/{path}")).map_err(|e| e.to_string())?;
            let found = durable::digest_reader(&mut file).map_err(|e| e.to_string())?;
            proof.check(&Sha256(found.sha256), &text?.ok_or("missing")?)
        });
        Some(match shown {
            Ok(()) => Check::new("batch-page", title, Status::Passed, ""),
            Err(why) => {
                Check::new("batch-page", title, Status::Indeterminate, "proof").with([told(&why, self.lang)])
            }
        })
    }

    /// The proof of the log. Under the reader's own key it counts; under the kit's own it only has to be consistent.
    fn log(&self, own_key: Option<&Verifier>, own_checkpoint: Option<&str>) -> Check {
        let title = self.lang.pick("Nhật ký minh bạch", "Transparency log");
        let check = |status, reason| Check::new("log", title, status, reason);
        let name = self.json.log_proof_name();
        let is_missing = matches!(self.read(PROOF, &name, MAX_PROOF_BYTES), Ok(None));
        let text = match (self.text(&name, MAX_PROOF_BYTES), own_key) {
            (Ok(text), _) => text,
            (Err(_), None) if is_missing => return check(Status::NotChecked, "no-proof"),
            (Err(why), _) => {
                return check(Status::Failed, "no-proof").needed().with([format!("{name}: {why}")]);
            }
        };
        let key_text = self.text("log.vkey", 4096);
        let kits_key = key_text.ok().and_then(|text| Verifier::parse(text.trim()).ok());
        let Some(key) = own_key.or(kits_key.as_ref()) else { return check(Status::NotChecked, "no-key") };
        let proven = match self.prove(&text, key) {
            Ok(proven) => proven,
            Err(why) => return check(Status::Failed, "proof").needed().with([why]),
        };
        let faults = self.faults(&proven);
        if !faults.is_empty() {
            return check(Status::Failed, "other-seal").needed().with(faults);
        }
        let (index, origin, size) = (proven.index, &proven.checkpoint.origin, proven.checkpoint.size);
        let at = local_time(proven.entry.at());
        let line = match self.lang {
            Lang::Vi => format!("mục {index} của {origin}, ghi lúc {at}; điểm kiểm có {size} mục"),
            Lang::En => format!("entry {index} of {origin}, made {at}; the checkpoint has {size} entries"),
        };
        let found = match (own_key, own_checkpoint) {
            (None, _) => {
                let lines =
                    self.lang.pick("khóa nhật ký là của thư mục này", "the log's key is the folder's own");
                check(Status::Indeterminate, "key-of-the-kit").with([lines.to_owned()])
            }
            (Some(_), None) => check(Status::Passed, ""),
            (Some(key), Some(own)) => self.against(own, key, &proven.checkpoint, check),
        };
        found.with([line])
    }

    fn prove(&self, text: &str, key: &Verifier) -> Result<Proven, String> {
        let told = |e: ReceiptError| e.to_string();
        let Some(path) = &self.json.path else {
            return Receipt::parse(text).and_then(|receipt| receipt.check(key, &[], self.now)).map_err(told);
        };
        let proof = PageProof::parse(text).map_err(told)?;
        if proof.path != *path {
            return Err(format!("{} ≠ {path}", proof.path));
        }
        let mut file = self.files.open(&format!("{DATA}/{path}")).map_err(|e| e.to_string())?;
        let found = durable::digest_reader(&mut file).map_err(|e| e.to_string())?;
        proof.check(&Sha256(found.sha256), key, &[], self.now).map_err(told)
    }

    /// What the entry says and the kit does not.
    fn faults(&self, proven: &Proven) -> Vec<String> {
        let Entry::Version(entry) = &proven.entry else { return vec![proven.entry.kind().to_owned()] };
        let body = self.manifest.strip_suffix(b"\n").unwrap_or(&self.manifest);
        let lines = Tree::of(body.split(|byte| *byte == b'\n'));
        let other = self.lang.pick("không phải cái đã ghi vào nhật ký", "is not what was logged");
        let same = [
            (MANIFEST_PATH, entry.manifest_sha256 == sha256(&self.manifest)),
            (SIGNATURE_PATH, entry.p7s_sha256 == sha256(&self.signature)),
            ("tree_root", (entry.tree_size, entry.tree_root) == (lines.size(), lines.root())),
            (KIT, entry.version == self.json.version),
        ];
        same.iter().filter(|(_, same)| !same).map(|(what, _)| format!("{what}: {other}")).collect()
    }

    /// The kit's checkpoint beside the reader's own.
    fn against(
        &self,
        own: &str,
        key: &Verifier,
        kits: &Checkpoint,
        check: impl Fn(Status, &'static str) -> Check,
    ) -> Check {
        let own = SignedCheckpoint::parse(own).and_then(|signed| signed.check(key).cloned());
        let own = match own {
            Ok(own) => own,
            Err(why) => {
                return check(Status::Indeterminate, "own-checkpoint").needed().with([why.to_string()]);
            }
        };
        let sizes = format!("{} / {}", kits.size, own.size);
        let said = |vi: &str, en: &str| vec![format!("{} ({sizes})", self.lang.pick(vi, en))];
        match kits.size.cmp(&own.size) {
            std::cmp::Ordering::Equal if kits.root == own.root => check(Status::Passed, ""),
            std::cmp::Ordering::Equal => check(Status::Failed, "forked")
                .needed()
                .with(said("điểm kiểm khác bản của người đọc", "another checkpoint than the reader's")),
            std::cmp::Ordering::Less => check(Status::Indeterminate, "checkpoint-older").needed().with(said(
                "điểm kiểm cũ hơn bản của người đọc",
                "the checkpoint is older than the reader's",
            )),
            std::cmp::Ordering::Greater => self.continues(&own, kits, check),
        }
    }

    /// Whether the kit shows that its checkpoint continues the reader's.
    fn continues(
        &self,
        own: &Checkpoint,
        kits: &Checkpoint,
        check: impl Fn(Status, &'static str) -> Check,
    ) -> Check {
        let Ok(proof) = self.text(CONSISTENCY, MAX_PROOF_BYTES) else {
            let line = self.lang.pick(
                "chưa rõ nhật ký có nối tiếp điểm kiểm của người đọc không: xuất lại với --since",
                "whether the log continues the reader's checkpoint is not shown: export again with --since",
            );
            return check(Status::Indeterminate, "no-consistency").needed().with([line.to_owned()]);
        };
        match tlog::continues(&proof, own, kits) {
            Ok(()) => check(Status::Passed, ""),
            Err(why) => check(Status::Failed, "forked").needed().with([why]),
        }
    }

    /// Signatures inside PDFs. They say something of those files; the seal covers the files whatever they say.
    fn pdfs(&self) -> Option<Check> {
        let manifest = Manifest::parse(&self.manifest).ok()?;
        // Plain files alone, with no link on the way to them.
        let there: HashSet<String> = self.files.list().ok()?.files.into_iter().collect();
        let is_pdf = |path: &str| path.ends_with(".pdf") && there.contains(&format!("{DATA}/{path}"));
        let paths = manifest.entries().iter().filter(|entry| is_pdf(&entry.path));
        let (mut lines, mut worst, mut pdfs) = (Vec::new(), PdfStatus::TotalPassed, 0);
        for entry in paths {
            let Ok(mut file) = std::fs::File::open(self.kit.join(DATA).join(&entry.path)) else { continue };
            pdfs += 1;
            let Ok(report) = self.trust.verify_pdf(&mut file, self.now) else { continue };
            for signature in &report.signatures {
                let by = signature.signer.as_ref().map_or("?", |signer| signer.name.as_str());
                let reasons: Vec<_> = signature.reasons.iter().map(|reason| reason.code.code()).collect();
                lines.push(format!("{}: {by} {} {}", entry.path, signature.status.code(), reasons.join(" ")));
                worst = worst.max(signature.status);
            }
        }
        let title = self.lang.pick("Chữ ký trong PDF", "Signatures in PDFs");
        if lines.is_empty() {
            let line = match self.lang {
                Lang::Vi => format!("{pdfs} PDF, không có chữ ký nào bên trong"),
                Lang::En => format!("{pdfs} PDFs without signatures of their own"),
            };
            return (pdfs > 0).then(|| Check::new("pdf", title, Status::NotChecked, "none").with([line]));
        }
        let (status, reason) = match worst {
            PdfStatus::TotalPassed => (Status::Passed, ""),
            PdfStatus::Indeterminate | PdfStatus::TotalFailed => (Status::Indeterminate, "pdf-signature"),
        };
        Some(Check::new("pdf", title, status, reason).with(lines))
    }
}

/// What `case.json` says of its own length.
#[derive(serde::Deserialize)]
struct StatedJson {
    pages: u64,
}

/// Takes out of the report what the kit of one page may lack; how many files that are. Anything there besides is wrong.
fn only(path: &str, manifest: &[u8], report: &mut PackageReport) -> usize {
    let all = report.missing.len();
    // The statement comes with the seal, for it names the signers; what it says of the whole case file nobody can compare here.
    let belongs = |file: &str| file == path || file == STATEMENT_PATH;
    report.statement_faults.retain(|fault| !matches!(fault, StatementFault::OtherCase { .. }));
    report.missing.retain(|missing| belongs(missing));
    let (ours, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut report.differing).into_iter().partition(|file| belongs(&file.path));
    report.unlisted.extend(others.into_iter().map(|file| file.path));
    report.differing = ours;
    let listed = Manifest::parse(manifest).ok();
    let is_listed = |path: &str| listed.as_ref().is_some_and(|manifest| manifest.get(path).is_some());
    if !is_listed(path) {
        report.unlisted.push(path.to_owned());
    }
    // More than that was handed over: then it is no kit of one page.
    let most = 1 + usize::from(is_listed(STATEMENT_PATH));
    if report.matching > most {
        report.unlisted.push(format!("{} > {most}", report.matching));
    }
    all - report.missing.len()
}
