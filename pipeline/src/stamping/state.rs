//! What the evidence records of an archive say.

use super::authority::read_certificates;
use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout};
use crate::pack::{MANIFEST_PATH, SIGNATURE_PATH};
use crate::proof::read_unchecked;
use crate::trust_store::time_trust;
use archive_store::{Archive, Object, VersionNo};
use record::{Lang, Timestamp};
use seal::evidence::EvidenceVerdict;
use seal::{Trust, told};
use std::path::Path;

/// How far an archive's versions are proven in time.
#[derive(Debug, Default)]
pub struct StampState {
    /// Versions whose evidence record holds.
    pub stamped: u64,
    /// Versions without one: they wait for a line to an authority, or there is none.
    pub waiting: u64,
    /// The earliest end of what protects a version.
    pub protected_until: Option<Timestamp>,
    /// Evidence records that do not hold.
    pub findings: Vec<StampFinding>,
}

/// An evidence record that does not hold.
#[derive(Debug, Clone)]
pub struct StampFinding {
    /// The object.
    pub object: String,
    /// Its version.
    pub version: u32,
    /// What is to be said of it.
    pub verdict: EvidenceVerdict,
}

impl StampFinding {
    /// For programs.
    pub fn code(&self) -> &'static str {
        self.verdict.code()
    }

    /// For people.
    pub fn text(&self, lang: Lang) -> String {
        let Self { object, version, verdict } = self;
        let what = lang.pick("bằng chứng thời gian không đứng vững", "the evidence record does not hold");
        format!("{object} v{version}: {what}: {} ({})", told(verdict.reason(), lang), verdict.code())
    }
}

/// Judges the evidence record of every version. `None` where there is none and no authority is named.
pub fn check_stamps(root: &Path, now: Timestamp) -> Result<Option<StampState>, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let config = ArchiveConfig::read(&layout.config())?;
    let trust = time_trust(&layout, &[])?;
    let store = Archive::open_read(root)?;
    let mut state = StampState::default();
    for id in store.objects()? {
        // What cannot be opened is named by the check of the object.
        let Ok(Some(object)) = store.object(&id) else { continue };
        for version in object.versions().iter().map(|made| made.version) {
            match judge(&object, version, &trust, now)? {
                None => state.waiting += 1,
                Some(EvidenceVerdict::Valid { protected_until, .. }) => {
                    state.stamped += 1;
                    state.protected_until = Some(
                        state.protected_until.map_or(protected_until, |until| until.min(protected_until)),
                    );
                }
                Some(verdict) => {
                    state.findings.push(StampFinding {
                        object: id.to_string(),
                        version: version.get(),
                        verdict,
                    });
                }
            }
        }
    }
    let nothing = state.stamped == 0 && state.findings.is_empty() && config.time.authority.is_empty();
    Ok(if nothing { None } else { Some(state) })
}

/// What is to be said of a version's evidence record; `None` where there is none.
pub(super) fn judge(
    object: &Object,
    version: VersionNo,
    trust: &Trust,
    now: Timestamp,
) -> Result<Option<EvidenceVerdict>, PipelineError> {
    let Some(record) = object.evidence(version)? else { return Ok(None) };
    let manifest = read_unchecked(object, version, MANIFEST_PATH)?;
    let signature = read_unchecked(object, version, SIGNATURE_PATH)?;
    Ok(Some(trust.verify_evidence(&record, &[&manifest, &signature], now)))
}

/// The moment at which the seal of a version is proven to have existed.
pub(crate) fn proven_time(
    object: &Object,
    version: VersionNo,
    trust: &Trust,
    now: Timestamp,
) -> Option<Timestamp> {
    judge(object, version, trust, now).ok().flatten().and_then(|verdict| verdict.time())
}

/// The certificates of authorities that an archive trusts for time: those it has relied on, and those in `hoso.toml`.
pub(crate) fn time_anchors(layout: &Layout) -> Result<Vec<Vec<u8>>, PipelineError> {
    let config = ArchiveConfig::read(&layout.config())?;
    let kept = layout.time_anchors();
    let mut anchors = if kept.exists() { read_certificates(&kept)? } else { Vec::new() };
    for authority in &config.time.authority {
        let path = layout.root.join(&authority.anchor);
        // Who only reads the archive does not need one that is not there.
        if path.exists() {
            anchors.extend(read_certificates(&path)?);
        }
    }
    anchors.dedup();
    Ok(anchors)
}
