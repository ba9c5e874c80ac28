//! Judging an evidence record (RFC 4998, 5.3).

use super::asn1::{ArchiveTimeStamp, EvidenceRecord};
use super::tree::root_of;
use crate::revocation::Material;
use crate::trust::Trust;
use crate::tsp::{self, TimeStamp, TimeStampVerdict};
use record::Timestamp;

/// What is to be said of an evidence record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidenceVerdict {
    /// The objects existed at `time`; every time stamp was renewed, by a trusted authority, while it held.
    Valid {
        /// Of the first time stamp.
        time: Timestamp,
        /// All of them, the oldest first.
        stamps: Vec<TimeStamp>,
        /// Until when the last one holds, by the first certificate of its path that expires: then it must have been renewed.
        protected_until: Timestamp,
    },
    /// Right in itself, but nobody trusted vouches for an authority, or one was renewed too late.
    Untrusted { stamps: Vec<TimeStamp>, reason: String },
    /// Of other objects, or changed.
    Altered { reason: String },
    /// Damaged, or of a kind that is not accepted.
    Malformed { reason: String },
}

impl EvidenceVerdict {
    /// When the objects are proven to have existed.
    pub fn time(&self) -> Option<Timestamp> {
        if let Self::Valid { time, .. } = self { Some(*time) } else { None }
    }

    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Valid { .. } => "valid",
            Self::Untrusted { .. } => "untrusted-authority",
            Self::Altered { .. } => "altered",
            Self::Malformed { .. } => "malformed",
        }
    }

    /// Why it is not valid; empty for a valid one.
    pub fn reason(&self) -> &str {
        match self {
            Self::Valid { .. } => "",
            Self::Untrusted { reason, .. } | Self::Altered { reason } | Self::Malformed { reason } => reason,
        }
    }
}

/// Judges an evidence record (DER) of `objects`, each of which it must cover. Each time stamp is judged for the moment of the next
/// one, the last for `at`.
pub(crate) fn verify_evidence(
    der: &[u8],
    objects: &[&[u8]],
    trust: &Trust,
    at: Timestamp,
) -> EvidenceVerdict {
    let record = match EvidenceRecord::parse(der) {
        Ok(record) => record,
        Err(error) => return EvidenceVerdict::Malformed { reason: error.to_string() },
    };
    if objects.is_empty() {
        return EvidenceVerdict::Malformed { reason: "nothing to prove".into() };
    }
    let mut right = Vec::new();
    for (chain_no, chain) in record.chains.iter().enumerate() {
        for (no, stamp) in chain.iter().enumerate() {
            let must_cover = match no {
                0 => record.group_of_chain(chain_no, stamp.digest, objects),
                _ => vec![stamp.digest.of(&chain[no - 1].token)],
            };
            if stamp.digest != chain[0].digest {
                return EvidenceVerdict::Malformed { reason: "a chain that hashes in two ways".into() };
            }
            match read(stamp, &must_cover) {
                Ok(read) => right.push(read),
                Err(verdict) => return verdict,
            }
        }
    }
    judge(right, trust, at)
}

/// Whether the time stamp covers the hashes, and is right in itself.
fn read(stamp: &ArchiveTimeStamp, must_cover: &[Vec<u8>]) -> Result<tsp::RightStamp, EvidenceVerdict> {
    let altered = |reason: &str| EvidenceVerdict::Altered { reason: reason.to_owned() };
    let root = match (stamp.reduced.first(), must_cover) {
        (None, [only]) => only.clone(),
        (Some(first), _) if must_cover.iter().all(|hash| first.contains(hash)) => {
            root_of(stamp.digest, &stamp.reduced).ok_or_else(|| altered("an empty list of hashes"))?
        }
        _ => return Err(altered("it is of other objects")),
    };
    let imprint = |digest| if digest == stamp.digest.digest() { root } else { Vec::new() };
    tsp::read(&stamp.token, imprint).map_err(|fault| match TimeStampVerdict::from(fault) {
        TimeStampVerdict::Malformed { reason } => EvidenceVerdict::Malformed { reason },
        other => altered(other.reason()),
    })
}

fn judge(right: Vec<tsp::RightStamp>, trust: &Trust, at: Timestamp) -> EvidenceVerdict {
    let all: Vec<TimeStamp> = right.iter().map(|read| read.stamp.clone()).collect();
    let times: Vec<Timestamp> = all.iter().map(|stamp| stamp.time).chain([at]).collect();
    if let Some(back) = all.windows(2).find(|two| two[1].time < two[0].time) {
        let reason = format!("renewed at {}, before {}", back[1].time, back[0].time);
        return EvidenceVerdict::Altered { reason };
    }
    let mut protected_until = all[all.len() - 1].authority.not_after;
    for (no, read) in right.into_iter().enumerate() {
        let (verdict, ends) = read.judge_with_end(trust, &Material::default(), times[no + 1]);
        protected_until = ends.unwrap_or(protected_until);
        if verdict.time().is_none() {
            let reason = format!("time stamp {}: {}", no + 1, verdict.reason());
            return EvidenceVerdict::Untrusted { stamps: all, reason };
        }
    }
    EvidenceVerdict::Valid { time: times[0], stamps: all, protected_until }
}
