//! How many pages there are of what is shown, and of what.

use super::lower::lower;
use super::shown::{Shown, visible};
use super::{BLOCK, ClusterError};
use crate::backend::{Field, Node, Term, Visible};
use record::CaseCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Terms whose pages are counted at once.
const TERMS_AT_ONCE: usize = 200;

impl Shown {
    /// How many pages answer, and for each field how many of them have each of its terms.
    pub(super) fn counts(
        &self,
        wanted: &[Value],
        fields: &[Field],
    ) -> Result<(usize, Vec<BTreeMap<String, usize>>), ClusterError> {
        let mut body = self.asking(wanted.to_vec());
        body["size"] = 0.into();
        for field in fields {
            body["aggs"][field.name()]["terms"] = json!({"field": field.name(), "size": BLOCK});
        }
        let answer = self.place.search(&self.place.pages(), &body)?;
        let not_understood = || self.place.not_understood(&answer);
        let total = answer["hits"]["total"]["value"].as_u64().and_then(|total| usize::try_from(total).ok());
        let mut counts = Vec::new();
        for field in fields {
            let found = &answer["aggregations"][field.name()];
            let is_exact = found["sum_other_doc_count"] == 0 && found["doc_count_error_upper_bound"] == 0;
            counts.push(match is_exact {
                true => buckets(found, |key| key.as_str()).ok_or_else(not_understood)?,
                false => self.all_counts(wanted, *field)?,
            });
        }
        Ok((total.ok_or_else(not_understood)?, counts))
    }

    /// The same of a field with more terms than are counted at once.
    fn all_counts(&self, wanted: &[Value], field: Field) -> Result<BTreeMap<String, usize>, ClusterError> {
        let mut counts = BTreeMap::new();
        let mut body = self.asking(wanted.to_vec());
        body["size"] = 0.into();
        body["aggs"]["all"]["composite"] =
            json!({"size": BLOCK, "sources": [{"term": {"terms": {"field": field.name()}}}]});
        loop {
            let answer = self.place.search(&self.place.pages(), &body)?;
            let found = &answer["aggregations"]["all"];
            let some = buckets(found, |key| key["term"].as_str());
            counts.extend(some.ok_or_else(|| self.place.not_understood(&answer))?);
            match &found["after_key"] {
                Value::Null => return Ok(counts),
                after => body["aggs"]["all"]["composite"]["after"] = after.clone(),
            }
        }
    }

    /// The first `limit` of these terms that stand on a visible page.
    pub(super) fn standing(
        &self,
        pages: &Visible,
        field: Field,
        terms: &[String],
        limit: usize,
    ) -> Result<Vec<String>, ClusterError> {
        let mut standing = Vec::new();
        for terms in terms.chunks(TERMS_AT_ONCE) {
            let query = |term: &String| lower(&Node::Terms(vec![Term::new(field, term)]));
            let mut body = self.asking(visible(pages));
            body["size"] = 0.into();
            body["aggs"]["terms"]["filters"]["filters"] = terms.iter().map(query).collect();
            let answer = self.place.search(&self.place.pages(), &body)?;
            let buckets = answer["aggregations"]["terms"]["buckets"].as_array();
            let buckets = buckets.ok_or_else(|| self.place.not_understood(&answer))?;
            let here = terms.iter().zip(buckets).filter(|(_, bucket)| bucket["doc_count"].as_u64() > Some(0));
            standing.extend(here.map(|(term, _)| term.clone()).take(limit - standing.len()));
            if standing.len() == limit {
                break;
            }
        }
        Ok(standing)
    }

    pub(super) fn cases(&self, pages: &Visible) -> Result<BTreeMap<CaseCode, u32>, ClusterError> {
        let counts = self.counts(&visible(pages), &[Field::Case])?.1.remove(0).into_iter();
        let case = |(code, count): (String, usize)| {
            let code = CaseCode::new(&code).map_err(|_| self.place.not_understood(&json!(code)))?;
            Ok((code, u32::try_from(count).unwrap_or(u32::MAX)))
        };
        counts.map(case).collect()
    }
}

/// The terms that were counted; `None` if that cannot be.
fn buckets(counted: &Value, term: impl Fn(&Value) -> Option<&str>) -> Option<BTreeMap<String, usize>> {
    let bucket = |bucket: &Value| {
        let count = usize::try_from(bucket["doc_count"].as_u64()?).ok()?;
        Some((term(&bucket["key"])?.to_owned(), count))
    };
    counted["buckets"].as_array()?.iter().map(bucket).collect()
}
