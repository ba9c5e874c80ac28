//! What a reader shows: a point in time of the cluster, and of it what the last commit shows.

use super::lower::lower;
use super::stages::stages;
use super::writer::hidden;
use super::{ClusterError, Place, State, mapping};
use crate::backend::{Field, Found, Node, Page, Plan, Similar, Term, Visible, date_of_range};
use crate::near;
use crate::rank::Tier;
use crate::search::Hit;
use record::{CaseCode, DocType, DocumentNo, PageNo};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

/// How long the cluster keeps a point in time that nobody asks.
const KEEP_ALIVE: &str = "1h";

/// What a hit tells of its page.
const SHOWN: [&str; 9] = [
    "case",
    "doc_type",
    mapping::PAGE,
    mapping::DOCUMENT,
    mapping::FOLIO,
    mapping::DATE_FROM,
    mapping::DATE_TO,
    mapping::FINGERPRINT,
    mapping::LENGTH,
];

/// More is not given at once (`index.max_result_window`).
const MAX_WINDOW: usize = 10_000;

/// What a reader shows.
pub(super) struct Shown {
    pub(super) place: Arc<Place>,
    pub(super) state: State,
    point: String,
}

impl Shown {
    /// A commit in between would take pages away that are still shown: then it is looked again.
    pub(super) fn open(place: &Arc<Place>) -> Result<Self, ClusterError> {
        loop {
            let state = place.state()?.state;
            let path = format!(
                "{}/_search/point_in_time?keep_alive={KEEP_ALIVE}&allow_partial_pit_creation=false",
                place.pages()
            );
            let answer = place.client.ask("POST", &path, "")?;
            if answer.status != 200 {
                return Err(place.refused_search(&place.pages(), &answer));
            }
            place.whole(&answer.body, &place.pages())?;
            let point = answer.body["pit_id"].as_str().ok_or_else(|| place.not_understood(&answer.body))?;
            let shown = Self { place: Arc::clone(place), state, point: point.to_owned() };
            if place.state()?.state.generation == shown.state.generation {
                return Ok(shown);
            }
        }
    }

    /// The body of a search among the pages that are shown and answer all of `wanted`.
    pub(super) fn asking(&self, mut wanted: Vec<Value>) -> Value {
        wanted.push(json!({"range": {mapping::GENERATION: {"lte": self.state.generation}}}));
        json!({
            "pit": {"id": self.point, "keep_alive": KEEP_ALIVE},
            "query": {"bool": {"filter": wanted, "must_not": hidden(&self.state)}},
            "track_total_hits": true,
            "sort": [Field::Case.name(), mapping::PAGE, mapping::GENERATION],
        })
    }

    pub(super) fn search(&self, plan: &Plan) -> Result<Found, ClusterError> {
        let within = visible(&plan.visible);
        let asked = |wanted: &Node| [within.as_slice(), &[lower(wanted)]].concat();
        let (total, facets) = self.counts(&asked(&plan.wanted), &plan.facets)?;
        let of_cases = match plan.by_case {
            true => self.counts(&asked(&plan.wanted), &[Field::Case])?.1.remove(0),
            false => BTreeMap::new(),
        };
        let most = if plan.by_case { of_cases.len() } else { total };
        let keep = if plan.limit == 0 { 0 } else { plan.limit.saturating_add(plan.offset).min(most) };
        let mut hits: Vec<Hit> = Vec::new();
        let mut before = None;
        let mut stages = stages(plan);
        if keep == most {
            // All of them are read anyway.
            stages.drain(..stages.len() - 1);
        }
        for stage in stages {
            if hits.len() >= keep {
                break;
            }
            let mut wanted = asked(&stage.wanted);
            if let Some(before) = before {
                wanted.push(lower(&Node::Not(Box::new(before))));
            }
            self.take(plan, wanted, stage.tier, keep, &mut hits)?;
            before = Some(stage.wanted);
        }
        for hit in &mut hits {
            hit.of_case = of_cases.get(hit.case.as_str()).copied().unwrap_or_default();
        }
        Ok(Found { total, cases: of_cases.len(), hits: hits.split_off(plan.offset.min(hits.len())), facets })
    }

    /// Takes the best of the pages that answer all of `wanted` until there are `keep`. Those of a tier that is known need not be read
    /// to be ranked.
    fn take(
        &self,
        plan: &Plan,
        mut wanted: Vec<Value>,
        tier: Option<Tier>,
        keep: usize,
        hits: &mut Vec<Hit>,
    ) -> Result<(), ClusterError> {
        if plan.by_case {
            let taken = hits.iter().map(|hit| Term::new(Field::Case, hit.case.as_str())).collect();
            wanted.push(lower(&Node::Not(Box::new(Node::Terms(taken)))));
        }
        let mut body = self.asking(wanted);
        let filters = plan.ranking.asked().enumerate();
        let named =
            filters.map(|(idx, node)| json!({"bool": {"filter": lower(node), "_name": idx.to_string()}}));
        body["query"]["bool"]["should"] = named.collect();
        body["docvalue_fields"] = json!(SHOWN);
        if tier.is_none() {
            body["stored_fields"] = json!([mapping::TOKENS, mapping::SEAM]);
        }
        let mut more: Vec<Hit> = Vec::new();
        let left = keep - hits.len();
        let mut push = |hit: &Value| {
            more.push(found(hit, plan, tier).ok_or_else(|| self.place.not_understood(hit))?);
            let is_enough = tier.is_some() && !plan.by_case && more.len() == left;
            Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        if plan.by_case && tier.is_some() && left <= MAX_WINDOW {
            // The first page of a case is its best.
            body["collapse"] = json!({"field": Field::Case.name()});
            let _ = self.place.first_hits(&self.place.pages(), &mut body, left, &mut push)?;
        } else {
            self.place.all_hits(&self.place.pages(), body, push)?;
        }
        let rank = |hit: &Hit| (hit.tier, hit.spread, !hit.in_header);
        more.sort_by(|a, b| (rank(a), &a.case, a.page).cmp(&(rank(b), &b.case, b.page)));
        if plan.by_case {
            let mut cases = BTreeSet::new();
            more.retain(|hit| cases.insert(hit.case.clone()));
        }
        more.truncate(left);
        hits.append(&mut more);
        Ok(())
    }

    pub(super) fn similar(
        &self,
        pages: &Visible,
        fingerprint: u64,
        distance: u32,
        limit: usize,
    ) -> Result<Similar, ClusterError> {
        let bands = near::bands(fingerprint).map(|band| Term::new(Field::Near, band)).collect();
        let mut body = self.asking([visible(pages), vec![lower(&Node::Terms(bands))]].concat());
        body["docvalue_fields"] = json!([mapping::FINGERPRINT]);
        let mut found = Vec::new();
        self.place.all_hits(&self.place.pages(), body, |hit| {
            let page = || {
                let differing = (hit["fields"][mapping::FINGERPRINT][0].as_u64()? ^ fingerprint).count_ones();
                let no = u32::try_from(hit["sort"][1].as_u64()?).ok()?;
                Some((differing, CaseCode::new(hit["sort"][0].as_str()?).ok()?, PageNo::new(no).ok()?))
            };
            found.push(page().ok_or_else(|| self.place.not_understood(hit))?);
            Ok(ControlFlow::Continue(()))
        })?;
        found.retain(|page| page.0 <= distance);
        found.sort_unstable();
        let total = found.len();
        let pages = found.into_iter().take(limit).map(|(_, case, page)| (case, page)).collect();
        Ok(Similar { total, pages })
    }

    pub(super) fn pages_of(&self, case: &CaseCode) -> Result<Vec<PageNo>, ClusterError> {
        let mut pages = Vec::new();
        let body = self.asking(vec![lower(&Node::Terms(vec![Term::new(Field::Case, case.as_str())]))]);
        self.place.all_hits(&self.place.pages(), body, |hit| {
            let page = hit["sort"][1].as_u64().and_then(|page| u32::try_from(page).ok());
            let page = page.and_then(|page| PageNo::new(page).ok());
            pages.push(page.ok_or_else(|| self.place.not_understood(hit))?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(pages)
    }
}

impl Drop for Shown {
    /// Frees what the cluster keeps for it; it forgets it by itself otherwise.
    fn drop(&mut self) {
        let body = json!({"pit_id": [self.point]}).to_string();
        let _ = self.place.client.ask("DELETE", "_search/point_in_time", &body);
    }
}

pub(super) fn visible(pages: &Visible) -> Vec<Value> {
    pages.nodes().iter().map(lower).collect()
}

/// A hit as a page found; `None` if that cannot be.
fn found(hit: &Value, plan: &Plan, tier: Option<Tier>) -> Option<Hit> {
    let fields: &Map<String, Value> = hit["fields"].as_object()?;
    let text = |name: &str| fields.get(name).and_then(|values| values[0].as_str());
    let number = |name: &str| fields.get(name).and_then(|values| values[0].as_i64());
    let from_one = |name: &str| u32::try_from(number(name)?).ok();
    let length = from_one(mapping::LENGTH)?;
    let mut page = Page { holds: vec![false; plan.ranking.asked().count()], length, ..Page::default() };
    for name in hit["matched_queries"].as_array().into_iter().flatten() {
        *page.holds.get_mut(name.as_str()?.parse::<usize>().ok()?)? = true;
    }
    let rank = match tier {
        Some(tier) => plan.ranking.rank_within(tier, &page.holds),
        None => {
            let tokens = mapping::tokens(text(mapping::TOKENS).unwrap_or_default());
            let seam = text(mapping::SEAM).and_then(mapping::seam);
            page.positions = plan.ranking.positions(&tokens, seam.as_ref());
            plan.ranking.rank(&page)?
        }
    };
    page.holds.truncate(plan.ranking.filters.len());
    Some(Hit {
        case: CaseCode::new(text(Field::Case.name())?).ok()?,
        document: DocumentNo::new(from_one(mapping::DOCUMENT)?).ok()?,
        page: PageNo::new(from_one(mapping::PAGE)?).ok()?,
        folio: text(mapping::FOLIO).map(str::to_owned),
        doc_type: text(Field::DocType.name()).and_then(DocType::from_code),
        date: number(mapping::DATE_FROM).zip(number(mapping::DATE_TO)).and_then(|(a, b)| date_of_range(a, b)),
        tier: rank.tier,
        spread: rank.window,
        in_header: !rank.outside_header,
        length,
        holds: page.holds,
        fingerprint: fields.get(mapping::FINGERPRINT).and_then(|values| values[0].as_u64()),
        of_case: 0,
    })
}
