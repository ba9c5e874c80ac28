//! `hoso verify FILE.pdf`: the signatures of one PDF of anybody, without an archive and without a network.

use super::court::write_report;
use crate::args::Verify;
use crate::say::{Exit, Failure, Speaker};
use pipeline::pades::{PdfReport, PdfSignatureKind, PdfSignatureReport, PdfStatus};
use pipeline::{
    TimeStampVerdict, Trust, pdf_signature_faults, pdf_signature_kind, pdf_signature_lines, told,
};
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
pub(super) fn run(args: &Verify, trust: &Trust, at: Timestamp, speaker: Speaker) -> Result<Exit, Failure> {
    let path = &args.path;
    let failed = |e: std::io::Error| super::file_failure(path, &e);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let found = trust.verify_pdf(&mut file, at).map_err(failed)?;
    tell(path, &found, at, speaker);
    let (subject, anchors) = (path.display().to_string(), super::verify::anchors_of(trust));
    let report = pipeline::report_on_pdf(&subject, &found, &anchors, at, speaker.lang);
    write_report(args.report.as_deref(), &[report], speaker)?;
    Ok(match found.status() {
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
            let what = speaker.pick("không đọc được như PDF", "cannot be read as a PDF");
            format!("{what}: {}", told(fault, speaker.lang))
        }
        (Some(status), None) => format!("{} ({})", status.title(speaker.lang), status.code()),
    };
    let mark = match status {
        Some(PdfStatus::TotalPassed) => "✓",
        Some(PdfStatus::TotalFailed) => "✗",
        // Nothing is wrong, something is not known; and what nobody signed is neither.
        Some(PdfStatus::Indeterminate) | None => "?",
    };
    speaker.data(format_args!("{mark} {name}: {word}"));
    for (no, signature) in report.signatures.iter().enumerate() {
        let kind = pdf_signature_kind(signature.kind, speaker.lang);
        let status = format!("{} ({})", signature.status.title(speaker.lang), signature.status.code());
        speaker.data(format_args!("  {}. {kind} {}: {status}", no + 1, signature.field));
        for line in pdf_signature_lines(signature, report.size_bytes, speaker.lang) {
            speaker.data(format_args!("     {line}"));
        }
        for fault in pdf_signature_faults(signature, speaker.lang) {
            speaker.data(format_args!("     ≠ {fault}"));
        }
    }
    let when = speaker.pick("thời điểm xét", "judged for the moment");
    speaker.talk(format_args!("{when}: {at}"));
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
