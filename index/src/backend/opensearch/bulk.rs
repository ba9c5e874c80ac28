//! Many changes in one request. Every one of them is looked at: a request succeeds even if some of its changes fail.

use super::{ClusterError, Place};
use serde_json::{Value, json};
use std::time::Duration;

/// A request is sent when it is this long.
const FULL_BYTES: usize = 8 << 20;

/// How often changes that a node was too busy for are sent, and the first pause between, which doubles.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Changes on their way to one index.
pub(super) struct Bulk {
    index: String,
    /// Each change as its lines.
    changes: Vec<String>,
    bytes: usize,
}

impl Bulk {
    pub(super) fn new(index: String) -> Self {
        Self { index, changes: Vec::new(), bytes: 0 }
    }

    /// Puts a document; of two changes of one id the greater version lasts, whenever they come.
    pub(super) fn put(&mut self, id: &str, version: u64, document: &Value) {
        let action = json!({"index": {"_id": id, "version": version, "version_type": "external"}});
        self.push(format!("{action}\n{document}\n"));
    }

    pub(super) fn delete(&mut self, id: &str, version: u64) {
        let action = json!({"delete": {"_id": id, "version": version, "version_type": "external"}});
        self.push(format!("{action}\n"));
    }

    /// Puts a document if there is none of this id.
    pub(super) fn create(&mut self, id: &str, document: &Value) {
        self.push(format!("{}\n{document}\n", json!({"create": {"_id": id}})));
    }

    /// Deletes a document whatever its version.
    pub(super) fn forget(&mut self, id: &str) {
        self.push(format!("{}\n", json!({"delete": {"_id": id}})));
    }

    fn push(&mut self, change: String) {
        self.bytes += change.len();
        self.changes.push(change);
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= FULL_BYTES
    }

    /// Makes all changes durable. A state that is the same or newer already (409) is what a repeated request finds.
    pub(super) fn send(&mut self, place: &Place) -> Result<(), ClusterError> {
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            if self.changes.is_empty() {
                return Ok(());
            }
            self.try_once(place)?;
            if !self.changes.is_empty() {
                std::thread::sleep(pause);
                pause *= 2;
            }
        }
        match self.changes.is_empty() {
            true => Ok(()),
            false => Err(place.client.refused(429, "too busy to take pages")),
        }
    }

    /// Leaves the changes that the nodes were too busy for.
    fn try_once(&mut self, place: &Place) -> Result<(), ClusterError> {
        let answer = place.client.ask(
            "POST",
            &format!("{}/_bulk?require_alias=true", self.index),
            &self.changes.concat(),
        )?;
        if answer.status == 429 {
            return Ok(());
        }
        let items = answer.body["items"].as_array().filter(|items| items.len() == self.changes.len());
        let Some(items) = items.filter(|_| answer.status == 200) else {
            return Err(place.client.refusal(&answer));
        };
        let mut busy = Vec::new();
        for (change, item) in std::mem::take(&mut self.changes).into_iter().zip(items) {
            let result = item.as_object().and_then(|item| item.values().next()).unwrap_or(&Value::Null);
            match result["status"].as_u64() {
                Some(200 | 201 | 404 | 409) if result["error"].is_null() || result["status"] == 409 => {}
                Some(429) => busy.push(change),
                status => {
                    let status =
                        status.and_then(|status| u16::try_from(status).ok()).unwrap_or(answer.status);
                    let reason = &result["error"]["reason"];
                    return Err(place.client.refused(status, reason.as_str().unwrap_or(&item.to_string())));
                }
            }
        }
        self.bytes = busy.iter().map(String::len).sum();
        self.changes = busy;
        Ok(())
    }
}
