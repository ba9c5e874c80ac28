//! `hoso verify PAGE --seal FOLDER`: one file of a package, against the signed manifest of that package.

use super::court::write_report;
use super::file_failure;
use super::verify::{anchors_of, signature};
use crate::args::Verify;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{PageFault, PageSeal, Trust, verify_page};
use record::{Lang, Timestamp};
use serde_json::json;
use std::path::Path;

pub(super) fn run(
    args: &Verify,
    seal: &Path,
    trust: &Trust,
    at: Timestamp,
    speaker: Speaker,
) -> Result<Exit, Failure> {
    let page = &args.path;
    let found = verify_page(page, seal, trust, at).map_err(|(path, error)| file_failure(&path, &error))?;
    let PageSeal { sha256, listed_as, faults, signature: verdict, is_stated } = &found;
    let name = page.display().to_string();
    let report = pipeline::report_on_page(&name, &found, &anchors_of(trust), at, speaker.lang);
    write_report(args.report.as_deref(), &[report], speaker)?;
    let exit = match () {
        () if !found.is_listed() => Exit::Broken,
        () if verdict.is_valid() => Exit::Done,
        () if verdict.is_open() => Exit::Review,
        () => Exit::Broken,
    };
    if speaker.json {
        let in_json = |fault: &PageFault| json!({"code": fault.code(), "text": fault.text(Lang::En)});
        let value = json!({
            "name": name, "good": exit == Exit::Done, "sha256": sha256.to_string(), "listed_as": listed_as,
            "signature": verdict.code(), "reason": verdict.reason(),
            "faults": faults.iter().map(in_json).collect::<Vec<_>>(), "stated": is_stated,
            "signers": verdict.signers().iter().map(|signer| &signer.name).collect::<Vec<_>>(),
        });
        speaker.line("page-verified", value);
        return Ok(exit);
    }
    let word = match listed_as.as_slice() {
        [] => speaker.pick("KHÔNG có trong bảng kê đã ký", "NOT in the signed manifest").to_owned(),
        paths => format!(
            "{} {}",
            speaker.pick("có trong bảng kê đã ký:", "in the signed manifest:"),
            paths.join(", ")
        ),
    };
    let mark = match exit {
        Exit::Done => "✓",
        Exit::Review => "?",
        _ => "✗",
    };
    speaker.data(format_args!("{mark} {name}: {word}"));
    speaker.data(format_args!("    SHA-256: {sha256}"));
    speaker.data(format_args!(
        "    {}: {}",
        speaker.pick("chữ ký", "signature"),
        signature(speaker, verdict)
    ));
    if !is_stated && !verdict.signers().is_empty() {
        speaker.data(format_args!("    {}", pipeline::nobody_stated(speaker.lang)));
    }
    for fault in faults {
        speaker.data(format_args!("    ≠ {}", fault.text(speaker.lang)));
    }
    Ok(exit)
}
