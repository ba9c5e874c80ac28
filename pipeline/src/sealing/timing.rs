//! Time stamps inside the signatures of a seal (CAdES B-T), where the order or `hoso.toml` wants them.

use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout, SealLevel};
use crate::pdf_signing::PdfSigningError;
use crate::stamping::any_of;
use crate::trust_store::archive_trust;
use record::Clock;
use seal::{TimeStampClient, Trust, time_stamp_signatures};

/// Whom signatures are stamped by.
pub(super) struct Timing<'a> {
    /// What the authorities' answers are judged by.
    trust: Trust,
    config: &'a ArchiveConfig,
    clock: &'a dyn Clock,
}

impl<'a> Timing<'a> {
    /// `None` for the level without time stamps.
    ///
    /// # Errors
    /// [`PdfSigningError::NoTimeAuthority`] where `hoso.toml` names nobody.
    pub(super) fn of(
        layout: &Layout,
        level: SealLevel,
        config: &'a ArchiveConfig,
        clock: &'a dyn Clock,
    ) -> Result<Option<Timing<'a>>, PipelineError> {
        if level == SealLevel::Basic {
            return Ok(None);
        }
        if config.time.authority.is_empty() {
            return Err(PdfSigningError::NoTimeAuthority(level.code()).into());
        }
        Ok(Some(Timing { trust: archive_trust(layout)?, config, clock }))
    }

    /// The same signatures, each with a time stamp of the first authority whose answer is accepted.
    pub(super) fn stamp(&self, p7s: &[u8]) -> Result<Vec<u8>, PipelineError> {
        let mut send = any_of(self.config, &self.trust, self.clock);
        let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other);
        let mut client = TimeStampClient { send: &mut send, random: &mut random };
        Ok(time_stamp_signatures(p7s, &mut client)?)
    }
}
