//! Reports on what stands alone: the signatures of one PDF, and one file beside the seal that it comes from.

use super::report::{
    Check, ReportOn, Status, VerificationReport, nobody_stated, not_checked_of_one, signature_check,
};
use crate::digest::sha256;
use crate::{PageFault, PageSeal};
use record::{Lang, Timestamp};
use seal::pades::{PdfReport, PdfSignatureKind, PdfSignatureReport, PdfStatus, local_time};
use seal::told;

/// Objects that were changed after signing, named one by one.
const MOST_CHANGES: usize = 20;

/// A report on one file and the signed manifest that it must stand in. `anchors` (DER) were trusted.
pub fn report_on_page(
    subject: &str,
    found: &PageSeal,
    anchors: &[Vec<u8>],
    at: Timestamp,
    lang: Lang,
) -> VerificationReport {
    let bad_manifest = found.faults.iter().find(|fault| matches!(fault, PageFault::Manifest(_)));
    let title = lang.pick("Bảng kê", "Manifest");
    let manifest = match bad_manifest {
        None => Check::new("manifest", title, Status::Passed, ""),
        Some(fault) => Check::new("manifest", title, Status::Failed, fault.code()).with([fault.text(lang)]),
    };
    let title = lang.pick("Tệp", "File");
    let (status, reason) = match found.listed_as.is_empty() {
        false => (Status::Passed, ""),
        true => (Status::Failed, "unlisted"),
    };
    let listed = match found.listed_as.as_slice() {
        [] => vec![lang.pick("không có trong bảng kê đã ký", "not in the signed manifest").to_owned()],
        paths => paths.to_vec(),
    };
    let file = Check::new("files", title, status, reason).with([format!("SHA-256 {}", found.sha256)]);
    let mut signature = signature_check(&found.signature, lang).needed();
    if !found.is_stated && !found.signature.signers().is_empty() {
        signature = signature.with([nobody_stated(lang).to_owned()]);
    }
    let mut checks = vec![manifest.needed(), file.with(listed).needed(), signature];
    let stated: Vec<_> =
        found.faults.iter().filter(|fault| !matches!(fault, PageFault::Manifest(_))).collect();
    if let Some(first) = stated.first() {
        let title = lang.pick("Tuyên bố niêm phong", "Statement of the seal");
        let check = Check::new("statement", title, Status::Failed, first.code()).needed();
        checks.push(check.with(stated.iter().map(|fault| fault.text(lang))));
    }
    checks.push(not_checked_of_one(lang));
    let anchors = anchors.iter().map(|anchor| sha256(anchor)).collect();
    VerificationReport { on: ReportOn::OneFile, subject: subject.to_owned(), at, anchors, checks }
}

/// A report on the signatures of a PDF, a check for each.
pub fn report_on_pdf(
    subject: &str,
    found: &PdfReport,
    anchors: &[Vec<u8>],
    at: Timestamp,
    lang: Lang,
) -> VerificationReport {
    let mut checks: Vec<Check> = Vec::new();
    if let Some(fault) = &found.fault {
        let title = lang.pick("Tệp PDF", "The PDF");
        let check = Check::new("pdf", title, Status::Indeterminate, "unreadable").needed();
        checks.push(check.with([told(&fault.to_string(), lang)]));
    } else if found.signatures.is_empty() {
        let title = lang.pick("Chữ ký", "Signatures");
        let check = Check::new("signature", title, Status::Indeterminate, "none").needed();
        checks.push(check.with([lang.pick("không có chữ ký nào", "there is no signature").to_owned()]));
    }
    for signature in &found.signatures {
        let status = match signature.status {
            PdfStatus::TotalPassed => Status::Passed,
            PdfStatus::Indeterminate => Status::Indeterminate,
            PdfStatus::TotalFailed => Status::Failed,
        };
        // The worst reason gives its name.
        let reason = signature.reasons.iter().map(|reason| reason.code).max().map_or("", |code| code.code());
        let check = Check::new("pdf-signature", pdf_signature_kind(signature.kind, lang), status, reason);
        let mut lines = vec![signature.field.clone()];
        lines.extend(pdf_signature_faults(signature, lang));
        lines.extend(pdf_signature_lines(signature, found.size_bytes, lang));
        checks.push(check.needed().with(lines));
    }
    let anchors = anchors.iter().map(|anchor| sha256(anchor)).collect();
    VerificationReport { on: ReportOn::Pdf, subject: subject.to_owned(), at, anchors, checks }
}

/// What kind of signature it is, for people.
pub fn pdf_signature_kind(kind: PdfSignatureKind, lang: Lang) -> &'static str {
    match kind {
        PdfSignatureKind::Approval => lang.pick("chữ ký", "signature"),
        PdfSignatureKind::Certification(_) => lang.pick("chữ ký chứng nhận", "certifying signature"),
        PdfSignatureKind::TimeStamp => lang.pick("dấu thời gian", "time stamp"),
    }
}

/// What speaks against a signature, a line each.
pub fn pdf_signature_faults(found: &PdfSignatureReport, lang: Lang) -> Vec<String> {
    let line = |reason: &seal::pades::PdfReason| {
        format!("{} [{}] {}", reason.code.title(lang), reason.code.code(), told(&reason.detail, lang))
    };
    found.reasons.iter().map(line).map(|line| line.trim_end().to_owned()).collect()
}

/// Whose it is, when, over what, and what became of it since, a line each.
pub fn pdf_signature_lines(found: &PdfSignatureReport, size_bytes: u64, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |what: &str, text: String| {
        if !text.is_empty() {
            lines.push(format!("{what}: {text}"));
        }
    };
    let time = |time: Option<Timestamp>| time.map(local_time).unwrap_or_default();
    if let Some(signer) = &found.signer {
        let trial = if signer.trial {
            lang.pick(" – KHÓA THỬ NGHIỆM, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ", " – TRIAL KEY, WITHOUT LEGAL VALUE")
        } else {
            ""
        };
        line(lang.pick("người ký", "signer"), format!("{}{trial}", signer.subject));
        line(lang.pick("nơi cấp", "issuer"), signer.issuer.clone());
        line(lang.pick("chứng thư có hạn đến", "certificate valid until"), time(Some(signer.not_after)));
    }
    line(lang.pick("thuật toán", "algorithm"), found.algorithm.clone());
    line(lang.pick("thời gian tự khai", "claimed time"), time(found.claimed));
    line(lang.pick("thời gian được chứng minh", "proven time"), time(found.proven));
    if let Some(stamp) = found.time_stamp.as_ref().filter(|stamp| !stamp.reason().is_empty()) {
        let what = lang.pick("dấu thời gian không được chấp nhận", "its time stamp is not accepted");
        line(what, told(stamp.reason(), lang));
    }
    let covers = match found.covers_whole_file {
        true => lang.pick("toàn bộ tệp", "the whole file").to_owned(),
        false => format!("{} / {size_bytes} B", found.covered_bytes),
    };
    line(lang.pick("phạm vi đã ký", "covers"), covers);
    let told_changes = found.changes.iter().take(MOST_CHANGES);
    let changes = told_changes.map(|c| format!("{} ({})", c.object, c.kind.title(lang)));
    let mut changes = changes.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = found.changes.len().checked_sub(MOST_CHANGES) {
        changes += &lang.pick(format!("… và {more} đối tượng nữa"), format!("… and {more} more"));
    }
    line(lang.pick("đối tượng đổi sau khi ký", "objects changed after signing"), changes);
    if let Some(revocation) = &found.revocation {
        line(lang.pick("thu hồi", "revocation"), revocation.text(lang));
    }
    line(lang.pick("từ đó đến nay", "since then"), told(found.since.as_deref().unwrap_or_default(), lang));
    lines
}
