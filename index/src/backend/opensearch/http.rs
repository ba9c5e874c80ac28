//! Requests to a node, and what its answers mean.

use serde_json::Value;
use std::time::Duration;

/// A longer answer is none: what is asked for has bounds far below.
const MAX_ANSWER_BYTES: u64 = 256 << 20;

/// Why OpenSearch did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No node answers there, or not in time; a retry may help.
    #[error("OpenSearch at {url} does not answer ({cause}); is it running?")]
    Unreachable {
        /// Where.
        url: String,
        /// What the system said.
        cause: String,
    },
    /// Shards failed or are not there: an answer would have been made from a part of the pages.
    #[error("OpenSearch at {url} could only look at {ok} of {total} shards of {index}; see _cluster/health")]
    Partial {
        /// Where.
        url: String,
        /// The index asked.
        index: String,
        /// Shards that answered.
        ok: u64,
        /// Shards that there are.
        total: u64,
    },
    /// There is no such index.
    #[error("OpenSearch at {url} has no index {index}; make it with `hoso index rebuild`")]
    Missing {
        /// Where.
        url: String,
        /// The index asked.
        index: String,
    },
    /// Written by another version: tokens or fields differ, so that searches would silently miss.
    #[error(
        "the index {index} was written as {found}, this program needs {wanted}; run `hoso index rebuild`"
    )]
    Version {
        /// The index asked.
        index: String,
        /// What its stamp says.
        found: String,
        /// What this program writes.
        wanted: String,
    },
    /// The cluster keeps the point in time no longer that is shown.
    #[error("OpenSearch at {url} has forgotten what it was to show; ask again")]
    Forgotten {
        /// Where.
        url: String,
    },
    /// An earlier write failed; what was not committed is lost. Open the index again.
    #[error("the index {index} takes no more writes after an earlier failure; open it again")]
    Stopped {
        /// The index.
        index: String,
    },
    /// A node said no, or something that cannot be understood.
    #[error("OpenSearch at {url} refuses ({status}): {cause}")]
    Refused {
        /// Where.
        url: String,
        /// Of HTTP.
        status: u16,
        /// What it said.
        cause: String,
    },
}

/// One node, by its address.
pub(super) struct Client {
    agent: ureq::Agent,
    pub(super) url: String,
}

/// What a node says, with the status that it says it with.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Client {
    /// `patience` is for one request: connecting, sending, the whole answer.
    pub(super) fn new(url: &str, patience: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None);
        Self { agent: config.build().new_agent(), url: url.trim_end_matches('/').to_owned() }
    }

    /// Any answer, of whatever status.
    pub(super) fn ask(&self, method: &str, path: &str, body: &str) -> Result<Answer, ClusterError> {
        // Lines of `_bulk` have a media type of their own.
        let media_type = if body.ends_with('\n') { "application/x-ndjson" } else { "application/json" };
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.url))
            .header("content-type", media_type)
            .body(body.as_bytes())
            .map_err(|e| self.unreachable(e))?;
        let mut answer = self.agent.run(request).map_err(|e| self.unreachable(e))?;
        let status = answer.status().as_u16();
        let read = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
        let bytes = read.map_err(|e| self.unreachable(e))?;
        let body = serde_json::from_slice(&bytes);
        let body = body.map_err(|_| self.refused(status, &String::from_utf8_lossy(&bytes)))?;
        Ok(Answer { status, body })
    }

    /// The body of an answer that says yes.
    pub(super) fn done(&self, method: &str, path: &str, body: &str) -> Result<Value, ClusterError> {
        let answer = self.ask(method, path, body)?;
        match answer.status {
            200 | 201 => Ok(answer.body),
            _ => Err(self.refusal(&answer)),
        }
    }

    pub(super) fn refusal(&self, answer: &Answer) -> ClusterError {
        let error = &answer.body["error"];
        let cause = error["root_cause"][0]["reason"].as_str().or(error["reason"].as_str());
        self.refused(answer.status, cause.unwrap_or(&answer.body.to_string()))
    }

    pub(super) fn refused(&self, status: u16, cause: &str) -> ClusterError {
        let cause = cause.chars().take(300).collect();
        ClusterError::Refused { url: self.url.clone(), status, cause }
    }

    fn unreachable(&self, error: impl std::fmt::Display) -> ClusterError {
        ClusterError::Unreachable { url: self.url.clone(), cause: error.to_string() }
    }
}
