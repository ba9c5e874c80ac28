//! What a server can do, tried out: whether writes under a condition are atomic, and whether a body that was altered on its
//! way is refused. A race can only disprove; so the result is kept beside the server's name and tried again when either is
//! new (docs/format/s3-replica.md).

use super::bucket::Bucket;
use crate::StoreError;
use record::Timestamp;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::task::JoinSet;

/// Where the result lies, relative to the prefix.
pub(super) const RECORD: &str = "hoso-s3.json";
const FORMAT: &str = "hoso-s3-probe/1";
/// Writers that want the same key at the same time.
const WRITERS: usize = 16;
const FULL_ROUNDS: u32 = 20;

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    format: String,
    /// When, UTC.
    pub at: String,
    /// What the server calls itself.
    pub server: String,
    /// Writers in each race.
    pub writers: usize,
    /// Winners of each round of "only if nothing is there"; all must be 1.
    pub create_winners: Vec<usize>,
    /// "Only if it is still this" was taken with the right mark.
    pub current_taken: bool,
    /// The same with a mark that is not right any more; must be false.
    pub stale_taken: bool,
    /// Winners of the race with one right mark; must be 1.
    pub replace_winners: usize,
    /// A body altered on its way was refused.
    pub altered_refused: bool,
}

impl Probe {
    /// Whether any number of machines may write there at the same time.
    pub fn is_atomic(&self) -> bool {
        self.create_winners.iter().all(|winners| *winners == 1)
            && self.current_taken
            && !self.stale_taken
            && self.replace_winners == 1
    }

    /// What speaks against it, for people.
    pub fn against(&self) -> String {
        let mut found = Vec::new();
        if self.create_winners.iter().any(|winners| *winners != 1) {
            found.push(format!("If-None-Match: races with {:?} winners", self.create_winners));
        }
        if !self.current_taken {
            found.push("If-Match: the right ETag is refused".to_owned());
        }
        if self.stale_taken {
            found.push("If-Match: an old ETag is taken".to_owned());
        }
        if self.replace_winners != 1 {
            found.push(format!("If-Match: a race had {} winners", self.replace_winners));
        }
        found.join("; ")
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Probe> {
        serde_json::from_slice(bytes).ok().filter(|probe: &Probe| probe.format == FORMAT)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("strings and numbers are JSON");
        bytes.push(b'\n');
        bytes
    }
}

/// Tries the server out: with twenty races, or with one where the same server stood the twenty before. `bucket` sends
/// conditions and tries nothing twice.
pub(super) async fn probe(
    bucket: &Arc<Bucket>,
    known: Option<&Probe>,
    at: Timestamp,
) -> Result<Probe, StoreError> {
    // Another machine may begin at the same moment: no two trials share a key.
    let folder = format!("probe/{:016x}", RandomState::new().build_hasher().finish());
    let first = race(&format!("{folder}/0"), bucket, None).await?;
    let server = bucket.wire.server();
    let stood = known.filter(|known| known.server == server && known.is_atomic());
    let mut create_winners = vec![first];
    if stood.is_none() {
        for round in 1..FULL_ROUNDS {
            create_winners.push(race(&format!("{folder}/{round}"), bucket, None).await?);
        }
    }
    let key = format!("{folder}/match");
    bucket.overwrite(&key, b"first".to_vec()).await?;
    let etag = |got: Option<super::bucket::Got>| got.and_then(|got| got.etag);
    let first = etag(bucket.get(&key, 1024).await?);
    let replace = async |etag: &Option<String>, bytes: &[u8]| match etag {
        None => Ok(false),
        Some(_) => bucket.replace(&key, etag.clone(), bytes.to_vec()).await.or_else(refused),
    };
    let current_taken = replace(&first, b"second").await?;
    let stale_taken = replace(&first, b"third").await?;
    let replace_winners = match etag(bucket.get(&key, 1024).await?) {
        None => 0,
        now => race(&key, bucket, now).await?,
    };
    let altered = format!("{folder}/altered");
    bucket.wire.alters.store(true, Ordering::Relaxed);
    let sent = bucket.overwrite(&altered, vec![b'h'; 64]).await;
    bucket.wire.alters.store(false, Ordering::Relaxed);
    let altered_refused = sent.is_err() && bucket.get(&altered, 1024).await?.is_none();
    for round in 0..FULL_ROUNDS {
        bucket.remove_trial(&format!("{folder}/{round}")).await;
    }
    for key in [key, altered] {
        bucket.remove_trial(&key).await;
    }
    let format = FORMAT.to_owned();
    let at = at.to_string();
    let probe = Probe {
        format,
        at,
        server,
        writers: WRITERS,
        create_winners,
        current_taken,
        stale_taken,
        replace_winners,
        altered_refused,
    };
    // Of a server that stood twenty rounds before the longer list is kept, unless it failed now.
    match stood {
        Some(stood) if probe.is_atomic() => {
            Ok(Probe { create_winners: stood.create_winners.clone(), ..probe })
        }
        _ => Ok(probe),
    }
}

/// Writers that all want one key: how many the server told that they have it. `etag`: to replace what is in that state,
/// else to write where nothing is.
async fn race(key: &str, bucket: &Arc<Bucket>, etag: Option<String>) -> Result<usize, StoreError> {
    let mut running = JoinSet::new();
    for writer in 0..WRITERS {
        let (bucket, key, etag) = (bucket.clone(), key.to_owned(), etag.clone());
        running.spawn(async move {
            let bytes = format!("writer {writer}").into_bytes();
            match etag {
                None => bucket.put_new(&key, bytes).await,
                Some(_) => bucket.replace(&key, etag, bytes).await,
            }
        });
    }
    let (mut winners, mut failed) = (0, None);
    while let Some(result) = running.join_next().await {
        match result.expect("a task of ours does not panic").or_else(refused) {
            Ok(won) => winners += usize::from(won),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if winners == 0 => Err(error),
        _ => Ok(winners),
    }
}

/// A server that does not know conditions has not taken it; one that cannot be reached says nothing.
fn refused(error: StoreError) -> Result<bool, StoreError> {
    match error {
        StoreError::Remote { fault: crate::RemoteFault::Refused, .. } => Ok(false),
        error => Err(error),
    }
}
