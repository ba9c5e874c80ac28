//! `hoso trust`

use super::{certificates, file_failure, told};
use crate::args::{AnchorPurposeArg, TrustCommand, TrustDecision};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Anchor, AnchorPurpose, AnchorState, RevocationKind, TrustEntry};
use record::{Clock, Timestamp};
use serde_json::json;
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &TrustCommand, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        TrustCommand::List { archive } => {
            let entries = pipeline::trust_entries(&archive.archive).map_err(told(speaker))?;
            entries.iter().for_each(|entry| tell(entry, speaker));
            Ok(Exit::Done)
        }
        TrustCommand::Add { file, purpose, decision } => {
            let purposes = match purpose.as_slice() {
                [] => vec![AnchorPurpose::Sign, AnchorPurpose::Tsa],
                some => some.iter().map(|purpose| purpose_of(*purpose)).collect(),
            };
            certificates(file, speaker)?;
            let TrustDecision { by, reason, archive } = decision;
            let added =
                pipeline::add_trust(&archive.archive, file, &purposes, (by.as_str(), reason.as_str()));
            added.map_err(told(speaker))?.iter().for_each(|entry| tell(entry, speaker));
            Ok(Exit::Done)
        }
        TrustCommand::Retire { fingerprint, since, decision } => {
            change(fingerprint, *since, AnchorState::Retired, decision, speaker)
        }
        TrustCommand::Distrust { fingerprint, since, decision } => {
            change(fingerprint, *since, AnchorState::DistrustedAfter, decision, speaker)
        }
        TrustCommand::AddRevocation { files, archive } => add_revocations(&archive.archive, files, speaker),
        TrustCommand::Fetch { files, archive } => fetch(&archive.archive, files, speaker),
    }
}

fn change(
    fingerprint: &str,
    since: Option<Timestamp>,
    state: impl FnOnce(Timestamp) -> AnchorState,
    decision: &TrustDecision,
    speaker: Speaker,
) -> Result<Exit, Failure> {
    let TrustDecision { by, reason, archive } = decision;
    let state = state(since.unwrap_or_else(|| SystemClock.now()));
    let decided = (by.as_str(), reason.as_str());
    let changed = pipeline::change_trust(&archive.archive, fingerprint, state, decided);
    tell(&changed.map_err(told(speaker))?, speaker);
    Ok(Exit::Done)
}

fn purpose_of(purpose: AnchorPurposeArg) -> AnchorPurpose {
    match purpose {
        AnchorPurposeArg::Sign => AnchorPurpose::Sign,
        AnchorPurposeArg::Tsa => AnchorPurpose::Tsa,
        AnchorPurposeArg::Ocsp => AnchorPurpose::Ocsp,
    }
}

fn tell(entry: &TrustEntry, speaker: Speaker) {
    let TrustEntry { subject, sha256, anchor: Anchor { purposes, state, .. }, reason, by } = entry;
    let purposes: Vec<&str> = purposes.iter().map(|purpose| purpose.code()).collect();
    let (code, word, since) = match state {
        AnchorState::Active => ("active", speaker.pick("đang tin cậy", "trusted"), None),
        AnchorState::Retired(since) => {
            ("retired", speaker.pick("thôi dùng từ", "out of use since"), Some(since))
        }
        AnchorState::DistrustedAfter(since) => {
            ("distrusted", speaker.pick("không còn tin từ", "not believed since"), Some(since))
        }
    };
    let since = since.map(ToString::to_string);
    if speaker.json {
        let value = json!({
            "subject": subject, "sha256": sha256.to_string(), "purpose": purposes, "state": code,
            "since": since, "reason": reason, "by": by,
        });
        return speaker.line("anchor", value);
    }
    let since = since.unwrap_or_default();
    speaker.data(format_args!("{sha256}  {}  {word} {since}  {subject}", purposes.join(",")));
    if !by.is_empty() {
        speaker.data(format_args!("    {reason} ({by})"));
    }
}

fn kind_word(kind: RevocationKind, speaker: Speaker) -> &'static str {
    match kind {
        RevocationKind::Crl => speaker.pick("danh sách thu hồi", "revocation list"),
        RevocationKind::Ocsp => speaker.pick("trả lời OCSP", "OCSP answer"),
    }
}

fn kept(what: &str, outcome: Result<RevocationKind, String>, speaker: Speaker) -> bool {
    let is_kept = outcome.is_ok();
    if speaker.json {
        let (kind, why) = match outcome {
            Ok(kind) => (Some(if kind == RevocationKind::Crl { "crl" } else { "ocsp" }), None),
            Err(why) => (None, Some(why)),
        };
        speaker.line("revocation-kept", json!({ "from": what, "kind": kind, "why_not": why }));
    } else {
        match outcome {
            Ok(kind) => speaker.data(format_args!("✓ {what}: {}", kind_word(kind, speaker))),
            Err(why) => speaker.data(format_args!("✗ {what}: {why}")),
        }
    }
    is_kept
}

fn add_revocations(root: &Path, files: &[PathBuf], speaker: Speaker) -> Result<Exit, Failure> {
    let mut all_kept = true;
    for file in files {
        let bytes = std::fs::read(file).map_err(|e| file_failure(file, &e))?;
        let der = pipeline::list_from_pem(&bytes);
        let name = file.display().to_string();
        let outcome = match pipeline::keep_revocation(root, &der, (name.as_str(), SystemClock.now())) {
            Err(pipeline::PipelineError::Format { problem, .. }) => Err(problem),
            outcome => Ok(outcome.map_err(told(speaker))?),
        };
        all_kept &= kept(&name, outcome, speaker);
    }
    Ok(if all_kept { Exit::Done } else { Exit::Review })
}

fn fetch(root: &Path, files: &[PathBuf], speaker: Speaker) -> Result<Exit, Failure> {
    let mut chain = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).map_err(|e| file_failure(file, &e))?;
        match pipeline::certificates_of_signature(&bytes) {
            Ok(found) => chain.extend(found),
            Err(_) => chain.extend(certificates(file, speaker)?.1),
        }
    }
    // The authorities at the top stand in no signature.
    let trusted = pipeline::trust_entries(root).map_err(told(speaker))?;
    chain.extend(trusted.into_iter().map(|entry| entry.anchor.certificate));
    let fetched = pipeline::fetch_revocations(root, &chain, SystemClock.now()).map_err(told(speaker))?;
    if fetched.is_empty() {
        speaker.talk(speaker.pick(
            "các chứng thư này không nêu nơi hỏi về thu hồi",
            "these certificates name no place to ask about revocations",
        ));
    }
    let mut all_kept = true;
    for one in fetched {
        all_kept &= kept(&one.place.url, one.outcome, speaker);
    }
    Ok(if all_kept { Exit::Done } else { Exit::Review })
}
