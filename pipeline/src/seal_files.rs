//! The files of a stored seal, read together: manifest, signature, the batch it is over, the statement that names its signers.

use crate::PipelineError;
use crate::digest::sha256;
use crate::proof::read_unchecked;
use archive_store::{Object, StoreError, VersionNo};
use record::{Sha256, Timestamp};
use seal::{
    BATCH_PATH, BATCH_PROOF_PATH, BatchPageProof, MANIFEST_PATH, SIGNATURE_PATH, STATEMENT_PATH, SealFiles,
    SignatureVerdict, Statement, StatementFault, Trust,
};

/// A seal as it lies there.
pub(crate) struct ReadSeal {
    pub(crate) manifest: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    batch: Option<Vec<u8>>,
    batch_proof: Option<Vec<u8>>,
    statement: Option<Vec<u8>>,
}

impl ReadSeal {
    /// Of a version, without the store's own checks: what is wrong with it is for the seal to say.
    pub(crate) fn of(object: &Object, version: VersionNo) -> Result<ReadSeal, PipelineError> {
        Self::read(|path| match read_unchecked(object, version, path) {
            Err(PipelineError::Store(StoreError::NoSuchFile { .. })) => Ok(None),
            other => other.map(Some),
        })?
        .ok_or_else(|| PipelineError::Format {
            what: object.id().to_string(),
            problem: "it has no seal".into(),
        })
    }

    /// With `read` for each file, which gives nothing where there is none; nothing without manifest or signature.
    pub(crate) fn read<E>(
        mut read: impl FnMut(&'static str) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<ReadSeal>, E> {
        let (Some(manifest), Some(signature)) = (read(MANIFEST_PATH)?, read(SIGNATURE_PATH)?) else {
            return Ok(None);
        };
        let (batch, batch_proof) = (read(BATCH_PATH)?, read(BATCH_PROOF_PATH)?);
        Ok(Some(ReadSeal { manifest, signature, batch, batch_proof, statement: read(STATEMENT_PATH)? }))
    }

    /// Of a seal over a batch: the way from one file to the root that is signed, for whoever gets no more than that file.
    pub(crate) fn batch_page(&self, path: &str) -> Option<BatchPageProof> {
        BatchPageProof::of(&self.manifest, self.batch_proof.as_deref()?, path)
    }

    /// The files that are there, with their paths.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let all = [
            (MANIFEST_PATH, Some(&self.manifest)),
            (SIGNATURE_PATH, Some(&self.signature)),
            (BATCH_PATH, self.batch.as_ref()),
            (BATCH_PROOF_PATH, self.batch_proof.as_ref()),
            (STATEMENT_PATH, self.statement.as_ref()),
        ];
        all.into_iter().filter_map(|(path, bytes)| Some((path, bytes?.as_slice())))
    }

    /// What is to be said of it.
    pub(crate) fn verify(&self, trust: &Trust, at: Timestamp) -> SignatureVerdict {
        self.judge(trust, at).0
    }

    /// The same, with the statement and what does not agree with it.
    pub(crate) fn judge(
        &self,
        trust: &Trust,
        at: Timestamp,
    ) -> (SignatureVerdict, Option<Statement>, Vec<StatementFault>) {
        let files = SealFiles {
            manifest: &self.manifest,
            signature: &self.signature,
            batch: self.batch.as_deref(),
            batch_proof: self.batch_proof.as_deref(),
            statement: self.statement.as_deref(),
        };
        seal::judge_seal(&files, trust, at)
    }

    /// Of all that the verdict depends on but for the manifest.
    pub(crate) fn digest(&self) -> Sha256 {
        let parts =
            [Some(&self.signature), self.batch.as_ref(), self.batch_proof.as_ref(), self.statement.as_ref()];
        let digests = parts.map(|part| part.map_or([0; 32], |bytes| sha256(bytes).0));
        sha256(&digests.concat())
    }
}
