//! Whose seals an import accepts, and which of them the archive accepts for good.

use crate::PipelineError;
use crate::config::Layout;
use crate::seal_files::ReadSeal;
use crate::trust_store::archive_trust_with;
use record::Timestamp;

/// Authorities: those that the archive trusts, and those given to an import.
pub(crate) struct Trust<'a> {
    layout: &'a Layout,
    given: Vec<Vec<u8>>,
    now: Timestamp,
    /// All of them.
    pub(crate) all: seal::Trust,
}

impl<'a> Trust<'a> {
    /// `given` is PEM, or empty.
    pub(crate) fn new(layout: &'a Layout, given: &[u8], now: Timestamp) -> Result<Trust<'a>, PipelineError> {
        let wrong = |e| PipelineError::Format { what: "certificates given".into(), problem: format!("{e}") };
        let given = match given {
            [] => Vec::new(),
            pem => seal::certificates_from_pem(pem).map_err(wrong)?,
        };
        let all = archive_trust_with(layout, &given)?;
        Ok(Trust { layout, given, now, all })
    }

    /// Where the archive's own authorities do not vouch for a seal, adds to them those given that it needs, and no others.
    /// They count for every case file from then on. Durable when this returns.
    pub(crate) fn keep_needed(&self, seal: &ReadSeal) -> Result<(), PipelineError> {
        let accepts = |more: &[Vec<u8>]| -> Result<bool, PipelineError> {
            let trust = archive_trust_with(self.layout, more)?;
            Ok(seal.verify(&trust, self.now).is_valid())
        };
        if accepts(&[])? {
            return Ok(());
        }
        let mut needed = self.given.clone();
        for certificate in &self.given {
            let others: Vec<_> = needed.iter().filter(|other| *other != certificate).cloned().collect();
            if accepts(&others)? {
                needed = others;
            }
        }
        let path = self.layout.trusted();
        let mut pem =
            if path.exists() { std::fs::read(&path).map_err(PipelineError::io(&path))? } else { Vec::new() };
        if pem.last().is_some_and(|last| *last != b'\n') {
            pem.push(b'\n');
        }
        for certificate in &needed {
            let wrong = |e: seal::PemError| PipelineError::Format {
                what: "certificates given".into(),
                problem: e.to_string(),
            };
            pem.extend_from_slice(seal::certificate_to_pem(certificate).map_err(wrong)?.as_bytes());
        }
        Ok(durable::write_file(&path, &pem)?)
    }
}
