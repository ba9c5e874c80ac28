//! `hoso verify PAGE --seal FOLDER`: one file of a package, against the signed manifest of that package.

use super::file_failure;
use super::verify::signature;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{PageSeal, Trust, verify_page};
use record::Timestamp;
use serde_json::json;
use std::path::Path;

pub(super) fn run(
    page: &Path,
    seal: &Path,
    trust: &Trust,
    at: Timestamp,
    speaker: Speaker,
) -> Result<Exit, Failure> {
    let found = verify_page(page, seal, trust, at).map_err(|(path, error)| file_failure(&path, &error))?;
    let PageSeal { sha256, listed_as, fault, signature: verdict } = &found;
    let name = page.display().to_string();
    let exit = match () {
        () if listed_as.is_empty() || fault.is_some() => Exit::Broken,
        () if verdict.is_valid() => Exit::Done,
        () if verdict.is_open() => Exit::Review,
        () => Exit::Broken,
    };
    if speaker.json {
        let value = json!({
            "name": name, "good": exit == Exit::Done, "sha256": sha256.to_string(), "listed_as": listed_as,
            "signature": verdict.code(), "reason": verdict.reason(), "fault": fault,
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
    let mark = if exit == Exit::Done { "✓" } else { "✗" };
    speaker.data(format_args!("{mark} {name}: {word}"));
    speaker.data(format_args!("    SHA-256: {sha256}"));
    speaker.data(format_args!(
        "    {}: {}",
        speaker.pick("chữ ký", "signature"),
        signature(speaker, verdict)
    ));
    if let Some(fault) = fault {
        speaker.data(format_args!("    ≠ {fault}"));
    }
    Ok(exit)
}
