//! Signatures that come in: those of received PDFs are judged when they are packed. Who may have signed, and whether it holds,
//! is recorded and told; the file is kept as it is, and whatever is wrong with it stops nothing.

use crate::PipelineError;
use crate::flow::Flow;
use crate::format::case_json::CaseRecord;
use archive_store::Draft;
use record::{CheckedSignature, Finding, FindingKind, SignatureCheck, Timestamp};
use seal::Trust;
use seal::pades::{PdfError, PdfReport, PdfSignatureKind, PdfSignatureReport, PdfStatus};
use std::fs::File;
use std::io::{self, Read, Seek};

/// What a PDF has in plain bytes if it bears a signature, however damaged its structure is.
const BYTE_RANGE: &[u8] = b"/ByteRange";

/// Judges the signatures of all masters of a package, for `case.json` and PREMIS, and tells what was found.
pub(crate) fn judge(flow: &Flow<'_>, draft: &Draft, record: &mut CaseRecord) -> Result<(), PipelineError> {
    let bench = flow.bench;
    for (path, master) in record.master_paths.iter().zip(&record.case.masters) {
        flow.check_stop()?;
        let check = match master.media_type.as_str() {
            // What cannot be read may be a damaged PDF.
            "application/pdf" | "application/octet-stream" => {
                let mut file = draft.open_file(path)?;
                judge_file(&mut file, flow.trust()?, bench.clock.now()).map_err(PipelineError::io(path))?
            }
            _ => None,
        };
        for finding in check.iter().flat_map(|check| findings(&master.received_as, check)) {
            flow.found(finding)?;
        }
        record.signatures.push(check);
    }
    Ok(())
}

/// `None` for a file without signatures.
fn judge_file(file: &mut File, trust: &Trust, at: Timestamp) -> io::Result<Option<SignatureCheck>> {
    // A fault of our own must not stop a batch.
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trust.verify_pdf(file, at)));
    let fault = match judged {
        // One that was taken out of the form by a later revision is still there for whoever looks at the bytes.
        Ok(Ok(PdfReport { fault: None, signatures, .. })) if signatures.is_empty() => {
            "its form names no signature, but it bears one".to_owned()
        }
        Ok(Ok(PdfReport { fault: None, signatures, .. })) => {
            let signatures = signatures.iter().map(checked).collect();
            return Ok(Some(SignatureCheck { at, fault: None, signatures }));
        }
        Ok(Ok(PdfReport { fault: Some(PdfError::NotPdf), .. })) if !begins_late(file)? => return Ok(None),
        Ok(Ok(PdfReport { fault: Some(fault), .. })) => fault.to_string(),
        Ok(Err(error)) => return Err(error),
        Err(_) => "a fault of this program".to_owned(),
    };
    file.rewind()?;
    let bears_one = contains(file, BYTE_RANGE)?;
    Ok(bears_one.then(|| SignatureCheck { at, fault: Some(fault), signatures: Vec::new() }))
}

/// What `case.json` keeps of a report.
fn checked(report: &PdfSignatureReport) -> CheckedSignature {
    let kind = match report.kind {
        PdfSignatureKind::Approval => "approval",
        PdfSignatureKind::Certification(_) => "certification",
        PdfSignatureKind::TimeStamp => "time-stamp",
    };
    let reason = |reason: &seal::pades::PdfReason| (reason.code.code().to_owned(), reason.detail.clone());
    CheckedSignature {
        field: report.field.clone(),
        kind: kind.to_owned(),
        status: report.status.code().to_owned(),
        reasons: report.reasons.iter().map(reason).collect(),
        signer: report.signer.as_ref().map(|s| [s.subject.clone(), s.issuer.clone(), s.serial.clone()]),
        algorithm: report.algorithm.clone(),
        claimed: report.claimed,
        proven: report.proven,
        covers_whole_file: report.covers_whole_file,
    }
}

fn findings(name: &str, check: &SignatureCheck) -> Vec<Finding> {
    let of = |signature: &CheckedSignature| {
        let kind = match signature.status.as_str() {
            passed if passed == PdfStatus::TotalPassed.code() => FindingKind::SignatureHolds,
            failed if failed == PdfStatus::TotalFailed.code() => FindingKind::SignatureFails,
            _ => FindingKind::SignatureInconclusive,
        };
        Finding::new(kind, name, signature.line())
    };
    let fault = check.fault.iter().map(|fault| Finding::new(FindingKind::SignatureNotJudged, name, fault));
    fault.chain(check.signatures.iter().map(of)).collect()
}

/// Whether other bytes stand before the head of a PDF: readers for people look for it in the first 1,024.
fn begins_late(file: &mut File) -> io::Result<bool> {
    file.rewind()?;
    let mut head = Vec::new();
    Read::by_ref(file).take(1024).read_to_end(&mut head)?;
    Ok(head.windows(5).any(|five| five == b"%PDF-"))
}

fn contains(file: &mut File, wanted: &[u8]) -> io::Result<bool> {
    let mut window = Vec::new();
    loop {
        let kept = window.len().min(wanted.len() - 1);
        window.drain(..window.len() - kept);
        if Read::by_ref(file).take(1 << 20).read_to_end(&mut window)? == 0 {
            return Ok(false);
        }
        if window.windows(wanted.len()).any(|found| found == wanted) {
            return Ok(true);
        }
    }
}
