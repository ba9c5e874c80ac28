//! An OpenSearch cluster as the engine, from 2.4 on. Answers as the embedded one does: it is given the same terms and positions, and
//! ranks are worked out here. docs/decisions/065-opensearch.md says how, and why so.

mod bulk;
mod counts;
mod http;
mod lower;
mod mapping;
mod reader;
mod shown;
mod stages;
mod writer;

pub use http::ClusterError;
pub use reader::Reader;
pub use writer::Writer;

use crate::backend::Field;
use bulk::Bulk;
use http::{Answer, Client};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

/// For one request, however large.
const PATIENCE: Duration = Duration::from_secs(120);

/// Hits asked for at once.
const BLOCK: usize = 1000;

/// Where the index of an archive is in a cluster, and how it is made there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// `http://host:port` of a node. Nothing is encrypted: loopback, or a tunnel.
    pub url: String,
    /// Name of the index: lower-case ASCII letters, digits, `-`, `_`. The cluster gets `NAME.pages.1` and `NAME.words.1`, each with
    /// an alias without the number, for only aliases are written to: nothing makes an index by mistake.
    pub index: String,
    /// Parts that the index is divided into when it is made.
    pub shards: u32,
    /// Copies of each beside the first; all must be there to write.
    pub replicas: u32,
}

/// The two indexes of an archive, seen from here.
struct Place {
    client: Client,
    cluster: Cluster,
}

/// What is shown: one document, so that a commit shows as a whole or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// The last commit; pages of later ones do not show.
    generation: u64,
    /// As it was given with that.
    checkpoint: u64,
    /// Cases whose pages of earlier commits do not show; they are on their way out.
    removed: BTreeSet<String>,
    /// No generation from this one on was ever begun.
    next: u64,
    /// Generations that were begun and never committed: their pages never show, even if their writer is still at it. Old ones
    /// are forgotten.
    lost: BTreeSet<u64>,
}

/// A state as it was read, to be replaced only if nobody else did.
struct Seen {
    state: State,
    seq_no: u64,
    primary_term: u64,
}

impl Place {
    /// Looks at nothing yet.
    fn new(cluster: &Cluster) -> Result<Self, ClusterError> {
        let client = Client::new(&cluster.url, PATIENCE);
        let is_known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        if !cluster.index.bytes().all(is_known)
            || !cluster.index.starts_with(|c: char| c.is_ascii_lowercase())
        {
            return Err(client.refused(400, &format!("{:?} is no name for an index", cluster.index)));
        }
        Ok(Self { client, cluster: cluster.clone() })
    }

    fn pages(&self) -> String {
        format!("{}.pages", self.cluster.index)
    }

    fn words(&self) -> String {
        format!("{}.words", self.cluster.index)
    }

    /// Whether the index is there, and of this version.
    fn is_there(&self) -> Result<bool, ClusterError> {
        let answer = self.client.ask("GET", &format!("{}/_mapping", self.pages()), "")?;
        match answer.status {
            404 => Ok(false),
            200 => {
                let found = answer.body[format!("{}.1", self.pages())]["mappings"]["_meta"]["stamp"].as_str();
                match found.unwrap_or("nothing known") {
                    found if found == mapping::stamp() => Ok(true),
                    found => Err(ClusterError::Version {
                        index: self.cluster.index.clone(),
                        found: found.to_owned(),
                        wanted: mapping::stamp(),
                    }),
                }
            }
            _ => Err(self.client.refusal(&answer)),
        }
    }

    /// Makes an empty index. That of the pages comes last: where it is, all is.
    fn create(&self) -> Result<(), ClusterError> {
        let Cluster { shards, replicas, .. } = self.cluster;
        self.drop_index(&self.words())?;
        self.create_index(&self.words(), mapping::of_words(replicas))?;
        let state = json!({"state": State { next: 1, ..State::default() }});
        self.client.done(
            "PUT",
            &format!("{}/_create/state?require_alias=true", self.words()),
            &state.to_string(),
        )?;
        self.create_index(&self.pages(), mapping::of_pages(shards, replicas))
    }

    fn create_index(&self, name: &str, mut body: Value) -> Result<(), ClusterError> {
        body["aliases"] = json!({name: {}});
        self.client.done("PUT", &format!("{name}.1"), &body.to_string()).map(drop)
    }

    /// Throws away what is there, of whatever version.
    fn clear(&self) -> Result<(), ClusterError> {
        self.drop_index(&self.pages())?;
        self.drop_index(&self.words())
    }

    fn drop_index(&self, name: &str) -> Result<(), ClusterError> {
        let answer = self.client.ask("DELETE", &format!("{name}.1"), "")?;
        if matches!(answer.status, 200 | 404) { Ok(()) } else { Err(self.client.refusal(&answer)) }
    }

    fn state(&self) -> Result<Seen, ClusterError> {
        let answer = self.client.ask("GET", &format!("{}/_doc/state", self.words()), "")?;
        let seen = |body: &Value| {
            let state = serde_json::from_value(body["_source"]["state"].clone()).ok()?;
            Some(Seen {
                state,
                seq_no: body["_seq_no"].as_u64()?,
                primary_term: body["_primary_term"].as_u64()?,
            })
        };
        match answer.status {
            200 => seen(&answer.body).ok_or_else(|| self.not_understood(&answer.body)),
            404 => {
                Err(ClusterError::Missing { url: self.client.url.clone(), index: self.cluster.index.clone() })
            }
            503 => Err(self.refused_search(&self.words(), &answer)),
            _ => Err(self.client.refusal(&answer)),
        }
    }

    /// Replaces the state that was seen; refused (409) if another writer did before.
    fn set_state(&self, seen: &mut Seen, state: State) -> Result<(), ClusterError> {
        let path = format!(
            "{}/_doc/state?require_alias=true&if_seq_no={}&if_primary_term={}",
            self.words(),
            seen.seq_no,
            seen.primary_term
        );
        let body = self.client.done("PUT", &path, &json!({"state": state}).to_string())?;
        let number = |name: &str| body[name].as_u64().ok_or_else(|| self.not_understood(&body));
        *seen = Seen { state, seq_no: number("_seq_no")?, primary_term: number("_primary_term")? };
        Ok(())
    }

    /// Shows what was written to the searches that begin from now on.
    fn refresh(&self, index: &str) -> Result<(), ClusterError> {
        let body = self.client.done("POST", &format!("{index}/_refresh"), "")?;
        self.whole(&body, index)
    }

    /// Every shard answered, in time. Else the answer would be of a part of the pages only.
    fn whole(&self, body: &Value, index: &str) -> Result<(), ClusterError> {
        let shards = |name: &str| body["_shards"][name].as_u64();
        let (Some(total), Some(ok), Some(failed)) = (shards("total"), shards("successful"), shards("failed"))
        else {
            return Err(self.not_understood(body));
        };
        // Shards that are on no node are not counted as failed. Where something is done to all copies, a copy that is not there
        // has nothing to be done to.
        let is_read = body.get("hits").is_some() || body.get("pit_id").is_some();
        if failed > 0 || is_read && ok != total || body["timed_out"] == true {
            return Err(self.partial(index, ok, total));
        }
        Ok(())
    }

    fn partial(&self, index: &str, ok: u64, total: u64) -> ClusterError {
        ClusterError::Partial { url: self.client.url.clone(), index: index.to_owned(), ok, total }
    }

    /// The answer to a search, if every shard answered. `index` is that of the pages or that of the words; where the body names a
    /// point in time, that of the pages is meant.
    fn search(&self, index: &str, body: &Value) -> Result<Value, ClusterError> {
        let target = if body.get("pit").is_some() { String::new() } else { format!("{index}/") };
        let path = format!("{target}_search?allow_partial_search_results=false");
        let answer = self.client.ask("POST", &path, &body.to_string())?;
        if answer.status != 200 {
            return Err(self.refused_search(index, &answer));
        }
        self.whole(&answer.body, index)?;
        Ok(answer.body)
    }

    /// Shards that are not there are a refusal where partial answers are forbidden, of one kind or another.
    fn refused_search(&self, index: &str, answer: &Answer) -> ClusterError {
        if answer.body["error"].to_string().contains("search_context_missing_exception") {
            return ClusterError::Forgotten { url: self.client.url.clone() };
        }
        match self.shards(index) {
            Ok((ok, total)) if ok < total || answer.status == 503 => {
                self.partial(index, ok.min(total.saturating_sub(1)), total)
            }
            Ok(_) => self.client.refusal(answer),
            Err(error) => error,
        }
    }

    /// How many shards of an index can be asked, and how many there are.
    fn shards(&self, index: &str) -> Result<(u64, u64), ClusterError> {
        let health = self.client.done("GET", &format!("_cluster/health/{index}?level=indices"), "")?;
        let index_health = &health["indices"][format!("{index}.1")];
        let number = |name: &str| index_health[name].as_u64().unwrap_or_default();
        Ok((number("active_primary_shards"), number("number_of_shards")))
    }

    /// All hits, block after block, in the order of `body`'s sort, which must tell any two apart, until `take` has enough.
    fn all_hits(
        &self,
        index: &str,
        mut body: Value,
        mut take: impl FnMut(&Value) -> Result<ControlFlow<()>, ClusterError>,
    ) -> Result<(), ClusterError> {
        while let ControlFlow::Continue(Some(last)) = self.first_hits(index, &mut body, BLOCK, &mut take)? {
            body["search_after"] = last;
        }
        Ok(())
    }

    /// The first hits. Gives what the last one is sorted by, where there may be more.
    fn first_hits(
        &self,
        index: &str,
        body: &mut Value,
        size: usize,
        take: &mut impl FnMut(&Value) -> Result<ControlFlow<()>, ClusterError>,
    ) -> Result<ControlFlow<(), Option<Value>>, ClusterError> {
        body["size"] = size.into();
        let answer = self.search(index, body)?;
        let hits = answer["hits"]["hits"].as_array().ok_or_else(|| self.not_understood(&answer))?;
        for hit in hits {
            if take(hit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(hits.last().filter(|_| hits.len() == size).map(|last| last["sort"].clone())))
    }

    /// Terms of the dictionary, which has those of `exact` and `folded`, in some order.
    fn known(&self, field: Field, wanted: Value) -> Result<Vec<String>, ClusterError> {
        let mut terms = Vec::new();
        let filter = json!([{"term": {"field": field.name()}}, wanted]);
        let body = json!({"query": {"bool": {"filter": filter}}, "sort": ["term"], "_source": false});
        self.all_hits(&self.words(), body, |hit| {
            let term = hit["sort"][0].as_str().ok_or_else(|| self.not_understood(hit))?;
            terms.push(term.to_owned());
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(terms)
    }

    fn not_understood(&self, body: &Value) -> ClusterError {
        self.client.refused(200, &format!("not understood: {body}"))
    }
}
