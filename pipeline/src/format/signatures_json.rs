//! What the signatures of a received file were found to be, as `case.json` has it.

use record::{CheckedSignature, SignatureCheck, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct JsonSignatureCheck {
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    signatures: Vec<JsonSignature>,
}

#[derive(Serialize, Deserialize)]
struct JsonSignature {
    algorithm: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claimed: Option<String>,
    covers_whole_file: bool,
    field: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proven: Option<String>,
    reasons: Vec<JsonReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signer: Option<JsonSigner>,
    status: String,
}

#[derive(Serialize, Deserialize)]
struct JsonReason {
    code: String,
    detail: String,
}

#[derive(Serialize, Deserialize)]
struct JsonSigner {
    issuer: String,
    serial: String,
    subject: String,
}

impl JsonSignatureCheck {
    pub(super) fn of(check: &SignatureCheck) -> Self {
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let reason = |(code, detail): &(String, String)| JsonReason {
            code: code.clone(),
            detail: vitext::nfc(detail).into_owned(),
        };
        let signer = |[subject, issuer, serial]: &[String; 3]| JsonSigner {
            issuer: vitext::nfc(issuer).into_owned(),
            serial: serial.clone(),
            subject: vitext::nfc(subject).into_owned(),
        };
        let signature = |found: &CheckedSignature| JsonSignature {
            algorithm: found.algorithm.clone(),
            claimed: text(found.claimed),
            covers_whole_file: found.covers_whole_file,
            field: vitext::nfc(&found.field).into_owned(),
            kind: found.kind.clone(),
            proven: text(found.proven),
            reasons: found.reasons.iter().map(reason).collect(),
            signer: found.signer.as_ref().map(signer),
            status: found.status.clone(),
        };
        Self {
            at: check.at.to_string(),
            fault: check.fault.as_deref().map(|fault| vitext::nfc(fault).into_owned()),
            signatures: check.signatures.iter().map(signature).collect(),
        }
    }

    /// The error says which time is none.
    pub(super) fn check(self) -> Result<SignatureCheck, String> {
        let time = |text: &str| text.parse::<Timestamp>().map_err(|e| format!("time {text:?}: {e}"));
        let signature = |found: JsonSignature| -> Result<CheckedSignature, String> {
            Ok(CheckedSignature {
                field: found.field,
                kind: found.kind,
                status: found.status,
                reasons: found.reasons.into_iter().map(|reason| (reason.code, reason.detail)).collect(),
                signer: found.signer.map(|signer| [signer.subject, signer.issuer, signer.serial]),
                algorithm: found.algorithm,
                claimed: found.claimed.as_deref().map(time).transpose()?,
                proven: found.proven.as_deref().map(time).transpose()?,
                covers_whole_file: found.covers_whole_file,
            })
        };
        Ok(SignatureCheck {
            at: time(&self.at)?,
            fault: self.fault,
            signatures: self.signatures.into_iter().map(signature).collect::<Result<_, _>>()?,
        })
    }
}
