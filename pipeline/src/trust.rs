//! Whose seals an import accepts, and which of them the archive accepts for good.

use crate::PipelineError;
use crate::config::Layout;
use crate::proof::archive_anchors;
use crate::seal_files::ReadSeal;
use record::Timestamp;

/// Authorities: those that the archive trusts, and those given to an import.
pub(crate) struct Trust<'a> {
    layout: &'a Layout,
    given: Vec<Vec<u8>>,
    now: Timestamp,
    /// All of them, DER.
    pub(crate) anchors: Vec<Vec<u8>>,
}

impl<'a> Trust<'a> {
    /// `given` is PEM, or empty.
    pub(crate) fn new(layout: &'a Layout, given: &[u8], now: Timestamp) -> Result<Trust<'a>, PipelineError> {
        let wrong = |e| PipelineError::Format { what: "certificates given".into(), problem: format!("{e}") };
        let given = match given {
            [] => Vec::new(),
            pem => seal::certificates_from_pem(pem).map_err(wrong)?,
        };
        let mut anchors = archive_anchors(layout)?;
        anchors.extend_from_slice(&given);
        Ok(Trust { layout, given, now, anchors })
    }

    /// Where the archive's own authorities do not vouch for a seal, adds to them those given that it needs, and no others.
    /// They count for every case file from then on. Durable when this returns.
    pub(crate) fn keep_needed(&self, seal: &ReadSeal) -> Result<(), PipelineError> {
        let own = archive_anchors(self.layout)?;
        let accepts = |more: &[Vec<u8>]| {
            let anchors = [&own, more].concat();
            seal.verify(&anchors, self.now).is_valid()
        };
        if accepts(&[]) {
            return Ok(());
        }
        let mut needed = self.given.clone();
        for certificate in &self.given {
            let others: Vec<_> = needed.iter().filter(|other| *other != certificate).cloned().collect();
            if accepts(&others) {
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
