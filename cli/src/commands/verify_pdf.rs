//! `hoso verify FILE.pdf`: the signatures of one PDF of anybody, without an archive and without a network.

use crate::say::{Exit, Failure, Speaker};
use pipeline::pades::{PdfReport, PdfSignatureKind, PdfSignatureReport, PdfStatus};
use pipeline::{TimeStampVerdict, Trust};
use record::{Lang, Timestamp};
use serde_json::json;
use std::path::Path;

/// Does it begin as a PDF does?
pub(super) fn is_pdf(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0; 5];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    path.is_file() && read.is_ok() && &head == b"%PDF-"
}

/// Exit 7 where a signature fails, 3 where one is not conclusive, none is there, or the file cannot be read as PDF.
pub(super) fn run(path: &Path, trust: &Trust, at: Timestamp, speaker: Speaker) -> Result<Exit, Failure> {
    let failed = |e: std::io::Error| super::file_failure(path, &e);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let report = trust.verify_pdf(&mut file, at).map_err(failed)?;
    tell(path, &report, at, speaker);
    Ok(match report.status() {
        Some(PdfStatus::TotalPassed) => Exit::Done,
        Some(PdfStatus::TotalFailed) => Exit::Broken,
        Some(PdfStatus::Indeterminate) | None => Exit::Review,
    })
}

fn tell(path: &Path, report: &PdfReport, at: Timestamp, speaker: Speaker) {
    let name = path.display().to_string();
    for signature in &report.signatures {
        if speaker.json {
            speaker.line("pdf-signature", as_json(&name, signature));
        }
    }
    let status = report.status();
    let fault = report.fault.as_ref().map(ToString::to_string);
    if speaker.json {
        let value = json!({
            "file": name, "at": at.to_string(), "bytes": report.size_bytes, "fault": fault,
            "status": status.map(PdfStatus::code), "signatures": report.signatures.len(),
        });
        return speaker.line("pdf-verified", value);
    }
    let word = match (status, &fault) {
        (None, _) => speaker.pick("không có chữ ký nào", "there is no signature").to_owned(),
        (Some(_), Some(fault)) => {
            format!("{}: {fault}", speaker.pick("không đọc được như PDF", "cannot be read as a PDF"))
        }
        (Some(status), None) => format!("{} ({})", status.title(speaker.lang), status.code()),
    };
    let mark = if status == Some(PdfStatus::TotalPassed) { "✓" } else { "✗" };
    speaker.data(format_args!("{mark} {name}: {word}"));
    for (no, signature) in report.signatures.iter().enumerate() {
        tell_one(no + 1, signature, report.size_bytes, speaker);
    }
    let when = speaker.pick("thời điểm xét", "judged for the moment");
    speaker.talk(format_args!("{when}: {at}"));
}

fn tell_one(no: usize, found: &PdfSignatureReport, size_bytes: u64, speaker: Speaker) {
    let lang = speaker.lang;
    let kind = match found.kind {
        PdfSignatureKind::Approval => lang.pick("chữ ký", "signature"),
        PdfSignatureKind::Certification(_) => lang.pick("chữ ký chứng nhận", "certifying signature"),
        PdfSignatureKind::TimeStamp => lang.pick("dấu thời gian", "time stamp"),
    };
    let status = format!("{} ({})", found.status.title(lang), found.status.code());
    speaker.data(format_args!("  {no}. {kind} {}: {status}", found.field));
    let line = |what: &str, text: String| {
        if !text.is_empty() {
            speaker.data(format_args!("     {what}: {text}"));
        }
    };
    if let Some(signer) = &found.signer {
        let trial = if signer.trial {
            lang.pick(" – KHÓA THỬ NGHIỆM, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ", " – TRIAL KEY, WITHOUT LEGAL VALUE")
        } else {
            ""
        };
        line(lang.pick("người ký", "signer"), format!("{}{trial}", signer.subject));
        line(lang.pick("nơi cấp", "issuer"), signer.issuer.clone());
        line(lang.pick("chứng thư có hạn đến", "certificate valid until"), signer.not_after.to_string());
    }
    line(lang.pick("thuật toán", "algorithm"), found.algorithm.clone());
    line(lang.pick("thời gian tự khai", "claimed time"), text(found.claimed));
    line(lang.pick("thời gian được chứng minh", "proven time"), text(found.proven));
    if let Some(stamp) = found.time_stamp.as_ref().filter(|stamp| !stamp.reason().is_empty()) {
        line(
            lang.pick("dấu thời gian không được chấp nhận", "its time stamp is not accepted"),
            stamp.reason().to_owned(),
        );
    }
    let covers = match found.covers_whole_file {
        true => lang.pick("toàn bộ tệp", "the whole file").to_owned(),
        false => format!("{} / {size_bytes} B", found.covered_bytes),
    };
    line(lang.pick("phạm vi đã ký", "covers"), covers);
    if !found.changes.is_empty() {
        let changes = found.changes.iter().take(20).map(|c| format!("{} ({})", c.object, c.kind.code()));
        let changes = changes.collect::<Vec<_>>().join(", ");
        line(lang.pick("đối tượng đổi sau khi ký", "objects changed after signing"), changes);
    }
    if let Some(revocation) = &found.revocation {
        line(lang.pick("thu hồi", "revocation"), revocation.text(lang));
    }
    if let Some(since) = &found.since {
        line(lang.pick("từ đó đến nay", "since then"), since.clone());
    }
    for reason in &found.reasons {
        speaker.data(format_args!(
            "     ≠ {} [{}] {}",
            reason.code.title(lang),
            reason.code.code(),
            reason.detail
        ));
    }
}

fn text(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

fn as_json(name: &str, found: &PdfSignatureReport) -> serde_json::Value {
    let kind = match found.kind {
        PdfSignatureKind::Approval => "approval",
        PdfSignatureKind::Certification(_) => "certification",
        PdfSignatureKind::TimeStamp => "time-stamp",
    };
    let reasons = found.reasons.iter().map(|reason| {
        json!({ "code": reason.code.code(), "text": reason.code.title(Lang::En), "detail": reason.detail })
    });
    let changes = found.changes.iter().map(|c| json!({ "object": c.object, "kind": c.kind.code() }));
    let signer = found.signer.as_ref().map(|signer| {
        json!({
            "name": signer.name, "subject": signer.subject, "issuer": signer.issuer, "serial": signer.serial,
            "sha256": signer.cert_sha256.to_string(), "not_after": signer.not_after.to_string(),
            "trial": signer.trial,
        })
    });
    json!({
        "file": name, "field": found.field, "kind": kind, "sub_filter": found.sub_filter,
        "status": found.status.code(), "reasons": reasons.collect::<Vec<_>>(), "signer": signer,
        "algorithm": found.algorithm, "claimed": found.claimed.map(|time| time.to_string()),
        "proven": found.proven.map(|time| time.to_string()),
        "time_stamp": found.time_stamp.as_ref().map(TimeStampVerdict::reason),
        "covered_bytes": found.covered_bytes, "covers_whole_file": found.covers_whole_file,
        "changes": changes.collect::<Vec<_>>(),
        "revocation": found.revocation.as_ref().map(|r| json!({ "code": r.code(), "text": r.text(Lang::En) })),
        "since": found.since,
    })
}
