//! The reader: what it shows, and when that changes.

use super::shown::Shown;
use super::{Cluster, ClusterError, Place};
use crate::backend::{Field, Found, Plan, Reading, Similar, Visible, Whole};
use crate::error::IndexError;
use record::{CaseCode, PageNo};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A reader of the index.
pub struct Reader {
    place: Arc<Place>,
    shown: Mutex<Arc<Shown>>,
}

impl Reader {
    /// Shows the last commit.
    pub fn open(cluster: &Cluster) -> Result<Self, IndexError> {
        let place = Arc::new(Place::new(cluster)?);
        if !place.is_there()? {
            return Err(
                ClusterError::Missing { url: cluster.url.clone(), index: cluster.index.clone() }.into()
            );
        }
        let shown = Mutex::new(Arc::new(Shown::open(&place)?));
        Ok(Self { place, shown })
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn show_last(&self) -> Result<(), ClusterError> {
        let last = Arc::new(Shown::open(&self.place)?);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = last;
        Ok(())
    }

    /// What the cluster has forgotten, because nobody asked for long or a node was started anew, is shown as it is now.
    fn looked<T>(&self, look: impl Fn(&Shown) -> Result<T, ClusterError>) -> Result<T, IndexError> {
        match look(&self.shown()) {
            Err(ClusterError::Forgotten { .. }) => {
                self.show_last()?;
                Ok(look(&self.shown())?)
            }
            seen => Ok(seen?),
        }
    }
}

impl Reading for Reader {
    fn reload(&self) -> Result<bool, IndexError> {
        if self.place.state()?.state.generation == self.shown().state.generation {
            return Ok(false);
        }
        self.show_last()?;
        Ok(true)
    }

    fn search(&self, plan: &Plan) -> Result<Found, IndexError> {
        self.looked(|shown| shown.search(plan))
    }

    fn beginning(&self, _: Whole, field: Field, letters: &str) -> Result<Vec<String>, IndexError> {
        Ok(self.place.known(field, json!({"prefix": {"term": letters}}))?)
    }

    fn near(&self, _: Whole, field: Field, word: &str) -> Result<Vec<String>, IndexError> {
        // Rewritten so, no number of terms is too many.
        let near =
            json!({"value": word, "fuzziness": 1, "transpositions": false, "rewrite": "constant_score"});
        Ok(self.place.known(field, json!({"fuzzy": {"term": near}}))?)
    }

    fn on_visible_pages(
        &self,
        visible: &Visible,
        field: Field,
        terms: &[String],
        limit: usize,
    ) -> Result<Vec<String>, IndexError> {
        self.looked(|shown| shown.standing(visible, field, terms, limit))
    }

    fn similar(
        &self,
        visible: &Visible,
        fingerprint: u64,
        distance: u32,
        limit: usize,
    ) -> Result<Similar, IndexError> {
        self.looked(|shown| shown.similar(visible, fingerprint, distance, limit))
    }

    fn cases(&self, visible: &Visible) -> Result<BTreeMap<CaseCode, u32>, IndexError> {
        self.looked(|shown| shown.cases(visible))
    }

    fn pages_of(&self, _: Whole, case: &CaseCode) -> Result<Vec<PageNo>, IndexError> {
        self.looked(|shown| shown.pages_of(case))
    }

    /// Checksums are the cluster's own work; what is seen here is whether every shard answers.
    fn check(&self) -> Result<(), IndexError> {
        self.looked(|shown| shown.counts(&[], &[])).map(drop)
    }
}
