//! The seal as a whole: the manifest, the signature over it or over its batch, and the signers that the statement names.

use record::{Lang, Sha256, Timestamp};
use sha2::Digest;

use crate::batch;
use crate::manifest::Manifest;
use crate::statement::{STATEMENT_PATH, Statement, StatementFault};
use crate::trust::Trust;
use crate::verify::SignatureVerdict;

/// The files that a seal is judged by, as raw bytes.
#[derive(Debug, Clone, Copy)]
pub struct SealFiles<'a> {
    /// `seal/manifest-sha256.txt`.
    pub manifest: &'a [u8],
    /// `seal/manifest.p7s`.
    pub signature: &'a [u8],
    /// `seal/batch.txt`, where the signature is over a batch.
    pub batch: Option<&'a [u8]>,
    /// `seal/batch.proof`; there if and only if the text is.
    pub batch_proof: Option<&'a [u8]>,
    /// `metadata/other/statement.json`, where it is there.
    pub statement: Option<&'a [u8]>,
}

/// Judges a seal (see [`Trust::verify_detached`] for `at`). A manifest that is not of the signed batch, a statement
/// that is not the one that the manifest lists, and a seal from which a signature was taken that the statement names, are
/// [`SignatureVerdict::Altered`].
pub fn verify_seal(files: &SealFiles<'_>, trust: &Trust, at: Timestamp) -> SignatureVerdict {
    judge_seal(files, trust, at).0
}

/// The same, with the statement and all that does not agree with it and the signatures.
pub fn judge_seal(
    files: &SealFiles<'_>,
    trust: &Trust,
    at: Timestamp,
) -> (SignatureVerdict, Option<Statement>, Vec<StatementFault>) {
    let altered = |reason| SignatureVerdict::Altered { reason };
    let verdict = match is_as_listed(files.statement, files.manifest) {
        true => verify_signature(files, trust, at),
        false => altered("the statement is not the one that the manifest lists".to_owned()),
    };
    match files.statement.map(Statement::parse) {
        None => (verdict, None, Vec::new()),
        Some(Err(error)) => (altered(error.to_string()), None, vec![StatementFault::Malformed(error)]),
        Some(Ok(statement)) => {
            let mut faults = statement.faults();
            // Where no signature is right in itself, nobody can say whose is missing.
            if !verdict.signers().is_empty() {
                faults.extend(statement.missing_signatures(verdict.signers()));
            }
            let is_missing =
                |fault: &&StatementFault| matches!(fault, StatementFault::SignatureMissing { .. });
            let missing = faults.iter().find(is_missing).map(|fault| fault.text(Lang::En));
            (missing.map_or(verdict, altered), Some(statement), faults)
        }
    }
}

/// Is the statement the one that the manifest lists, and absent where it lists none?
fn is_as_listed(statement: Option<&[u8]>, manifest: &[u8]) -> bool {
    let listed = Manifest::parse(manifest).ok().and_then(|manifest| manifest.get(STATEMENT_PATH).copied());
    listed == statement.map(|bytes| Sha256(sha2::Sha256::digest(bytes).into()))
}

fn verify_signature(files: &SealFiles<'_>, trust: &Trust, at: Timestamp) -> SignatureVerdict {
    let altered = |reason: String| SignatureVerdict::Altered { reason };
    match (files.batch, files.batch_proof) {
        (None, None) => trust.verify_detached(files.manifest, files.signature, at),
        (Some(text), Some(proof)) => match batch::check(files.manifest, text, proof) {
            Ok(()) => trust.verify_detached(text, files.signature, at),
            Err(reason) => altered(reason),
        },
        (Some(_), None) => altered("the proof that the manifest is of the signed batch is missing".into()),
        (None, Some(_)) => altered("the signed text of the batch is missing".into()),
    }
}
