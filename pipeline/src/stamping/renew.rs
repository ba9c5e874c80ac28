//! Renewal before a time stamp no longer holds: one new time stamp over the old ones, or over the objects with a stronger hash
//! (RFC 4998, 5.2).

use super::authority::ask;
use super::state::judge;
use super::{StampFinding, StampProblem, StampSummary};
use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout};
use crate::opening::open_archive;
use crate::pack::{MANIFEST_PATH, SIGNATURE_PATH};
use crate::proof::read_unchecked;
use crate::trust_store::time_trust;
use archive_store::{Archive, ArchiveReader, Object, VersionNo};
use record::{Clock, Timestamp};
use seal::evidence::{ArchiveTimeStamp, EvidenceDigest, EvidenceRecord, EvidenceVerdict, HashTree};
use std::path::Path;

/// A version whose evidence record must be renewed.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The object.
    pub object: String,
    /// Its version.
    pub version: u32,
    /// Until when its last time stamp holds.
    pub protected_until: Timestamp,
}

/// What is to be done about evidence records.
#[derive(Debug, Default)]
pub struct DueStamps {
    /// What must be renewed.
    pub renewals: Vec<Renewal>,
    /// What does not hold any more: it came too late for renewal.
    pub findings: Vec<StampFinding>,
}

struct Due {
    object: Object,
    version: VersionNo,
    record: EvidenceRecord,
    protected_until: Timestamp,
}

/// What must be renewed before a moment: evidence records whose last time stamp holds no longer than that; and those that do
/// not hold any more.
pub fn due(root: &Path, before: Timestamp, now: Timestamp) -> Result<DueStamps, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let (found, findings) = find(&layout, &Archive::open_read(root)?, before, now)?;
    let told = |due: Due| Renewal {
        object: due.object.id().to_string(),
        version: due.version.get(),
        protected_until: due.protected_until,
    };
    Ok(DueStamps { renewals: found.into_iter().map(told).collect(), findings })
}

/// Renews all of that by one new time stamp: over the old time stamps, reading no case file; or, with `hash`, over the seals anew
/// with a stronger hash. An evidence record that does not hold any more is left as it is, and named.
pub fn renew(
    root: &Path,
    before: Timestamp,
    hash: Option<EvidenceDigest>,
    clock: &dyn Clock,
) -> Result<StampSummary, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let store = open_archive(&layout, &config)?;
    let (mut due, findings) = find(&layout, &store, before, clock.now())?;
    let mut summary = StampSummary { waiting: due.len() as u32, findings, ..StampSummary::default() };
    // What hashes alike is renewed together.
    let digests = [EvidenceDigest::Sha256, EvidenceDigest::Sha384, EvidenceDigest::Sha512];
    for digest in digests.into_iter().filter(|digest| hash.is_none_or(|hash| hash == *digest)) {
        let is_of = |due: &Due| hash.is_some() || due.record.last().digest == digest;
        let (of_digest, others) = due.into_iter().partition(is_of);
        due = others;
        renew_alike(&layout, &config, &store, of_digest, (digest, hash.is_some()), clock, &mut summary)?;
    }
    Ok(summary)
}

fn renew_alike(
    layout: &Layout,
    config: &ArchiveConfig,
    store: &Archive,
    due: Vec<Due>,
    (digest, hashes_anew): (EvidenceDigest, bool),
    clock: &dyn Clock,
    summary: &mut StampSummary,
) -> Result<(), PipelineError> {
    // Versions of one batch have one time stamp: it is one leaf.
    let mut groups: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut places = Vec::new();
    for one in &due {
        let group = match hashes_anew {
            true => {
                let manifest = read_unchecked(&one.object, one.version, MANIFEST_PATH)?;
                let signature = read_unchecked(&one.object, one.version, SIGNATURE_PATH)?;
                one.record.hash_tree_group(digest, &[&manifest, &signature])
            }
            false => one.record.time_stamp_group(),
        };
        let known = groups.iter().position(|known| *known == group);
        places.push(known.unwrap_or(groups.len()));
        if known.is_none() {
            groups.push(group);
        }
    }
    let Some(tree) = HashTree::of(digest, groups) else { return Ok(()) };
    let mut problems: Vec<StampProblem> = Vec::new();
    let stamped = ask(layout, config, &tree, clock, &mut problems)?;
    summary.problems.append(&mut problems);
    let Some(stamped) = stamped else { return Ok(()) };
    for (mut one, place) in due.into_iter().zip(places) {
        let reduced = tree.reduced(place).expect("a group of it");
        let next = ArchiveTimeStamp { digest, reduced, token: stamped.token.clone() };
        let renewed = match hashes_anew {
            true => one.record.renew_hash_tree(next),
            false => one.record.renew_time_stamp(next),
        };
        renewed.map_err(|e| PipelineError::Format {
            what: one.object.id().to_string(),
            problem: e.to_string(),
        })?;
        store.put_evidence(&one.object, one.version, &one.record.to_der())?;
        summary.stamped += 1;
        summary.waiting -= 1;
    }
    summary.by = Some((stamped.url, stamped.time));
    Ok(())
}

fn find(
    layout: &Layout,
    store: &ArchiveReader,
    before: Timestamp,
    now: Timestamp,
) -> Result<(Vec<Due>, Vec<StampFinding>), PipelineError> {
    let trust = time_trust(layout, &[])?;
    let (mut found, mut findings) = (Vec::new(), Vec::new());
    for id in store.objects()? {
        let Ok(Some(object)) = store.object(&id) else { continue };
        for version in object.versions().iter().map(|made| made.version) {
            let protected_until = match judge(&object, version, &trust, now)? {
                None => continue,
                Some(EvidenceVerdict::Valid { protected_until, .. }) => protected_until,
                Some(verdict) => {
                    findings.push(StampFinding { object: id.to_string(), version: version.get(), verdict });
                    continue;
                }
            };
            if protected_until >= before {
                continue;
            }
            let bytes = object.evidence(version)?.unwrap_or_default();
            if let Ok(record) = EvidenceRecord::parse(&bytes) {
                found.push(Due { object: object.clone(), version, record, protected_until });
            }
        }
    }
    Ok((found, findings))
}
