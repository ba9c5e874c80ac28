//! The slowest engine there can be: it keeps the pages as they come and looks at each of them for every question. It shows that what
//! an engine is asked (`index::backend`) says all that there is to know; words, questions and ranks are the crate's own, so what
//! they mean is shown beside it, by reading.

use index::backend::{
    Field, Found, NEXT_PAGE, Node, Order, Page, PageDoc, Plan, Reading, Similar, Term, Token, Visible, Whole,
    Writing, date_of_range,
};
use index::{Hit, IndexError};
use record::{CaseCode, DocType, PageNo};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Pages and checkpoint of the last commit.
type Committed = Arc<Mutex<(Arc<Vec<PageDoc>>, u64)>>;

#[derive(Default)]
pub(crate) struct BruteWriter {
    pages: Vec<PageDoc>,
    committed: Committed,
}

struct BruteReader {
    committed: Committed,
    shown: Mutex<(Arc<Vec<PageDoc>>, u64)>,
}

impl Writing for BruteWriter {
    fn apply(&mut self, order: Order) -> Result<(), IndexError> {
        match order {
            Order::Put(page) => self.pages.push(*page),
            Order::Remove(case) => self.pages.retain(|page| page.case != case),
        }
        Ok(())
    }

    fn commit(&mut self, checkpoint: u64) -> Result<(), IndexError> {
        *self.committed.lock().unwrap() = (Arc::new(self.pages.clone()), checkpoint);
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<u64, IndexError> {
        Ok(self.committed.lock().unwrap().1)
    }

    fn rollback(&mut self) -> Result<(), IndexError> {
        self.pages = self.committed.lock().unwrap().0.to_vec();
        Ok(())
    }

    fn erase(&mut self) -> Result<(), IndexError> {
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn Reading>, IndexError> {
        let shown = Mutex::new(self.committed.lock().unwrap().clone());
        Ok(Box::new(BruteReader { committed: Arc::clone(&self.committed), shown }))
    }

    fn close(self: Box<Self>) -> Result<(), IndexError> {
        Ok(())
    }
}

impl BruteReader {
    fn pages(&self) -> Arc<Vec<PageDoc>> {
        Arc::clone(&self.shown.lock().unwrap().0)
    }

    fn terms(&self, field: Field, is_one: impl Fn(&str) -> bool) -> Vec<String> {
        let pages = self.pages();
        let tokens = pages.iter().flat_map(|page| &page.tokens);
        let form =
            |token: &Token| if field == Field::Exact { token.exact.clone() } else { token.folded.clone() };
        let terms: BTreeSet<String> = tokens.map(form).filter(|term| is_one(term)).collect();
        terms.into_iter().collect()
    }
}

impl Reading for BruteReader {
    fn reload(&self) -> Result<bool, IndexError> {
        let last = self.committed.lock().unwrap().clone();
        let mut shown = self.shown.lock().unwrap();
        let is_new = shown.1 != last.1;
        *shown = last;
        Ok(is_new)
    }

    fn search(&self, plan: &Plan) -> Result<Found, IndexError> {
        let pages = self.pages();
        let answering = pages.iter().filter(|page| is_visible(page, &plan.visible));
        let answering: Vec<&PageDoc> = answering.filter(|page| answers(page, &plan.wanted)).collect();
        let mut hits: Vec<Hit> = answering.iter().map(|page| hit(page, plan)).collect();
        let rank = |hit: &Hit| (hit.tier, hit.spread, !hit.in_header);
        hits.sort_by(|a, b| (rank(a), &a.case, a.page).cmp(&(rank(b), &b.case, b.page)));
        let mut of_cases = BTreeMap::<CaseCode, usize>::new();
        if plan.by_case {
            hits.iter().for_each(|hit| *of_cases.entry(hit.case.clone()).or_default() += 1);
            let mut seen = BTreeSet::new();
            hits.retain(|hit| seen.insert(hit.case.clone()));
            hits.iter_mut().for_each(|hit| hit.of_case = of_cases[&hit.case]);
        }
        let count = |field: &Field| {
            let mut counts = BTreeMap::<String, usize>::new();
            let terms = answering.iter().flat_map(|page| &page.terms).filter(|term| term.field == *field);
            terms.for_each(|term| *counts.entry(term.text.clone()).or_default() += 1);
            counts
        };
        Ok(Found {
            total: answering.len(),
            cases: of_cases.len(),
            hits: hits.into_iter().skip(plan.offset).take(plan.limit).collect(),
            facets: plan.facets.iter().map(count).collect(),
        })
    }

    fn beginning(&self, _: Whole, field: Field, letters: &str) -> Result<Vec<String>, IndexError> {
        Ok(self.terms(field, |term| term.starts_with(letters)))
    }

    fn near(&self, _: Whole, field: Field, word: &str) -> Result<Vec<String>, IndexError> {
        Ok(self.terms(field, |term| is_near(term, word)))
    }

    fn on_visible_pages(
        &self,
        visible: &Visible,
        field: Field,
        terms: &[String],
        limit: usize,
    ) -> Result<Vec<String>, IndexError> {
        let pages = self.pages();
        let stands = |text: &&String| {
            let node = Node::Terms(vec![Term::new(field, *text)]);
            pages.iter().any(|page| is_visible(page, visible) && answers(page, &node))
        };
        Ok(terms.iter().filter(stands).take(limit).cloned().collect())
    }

    fn similar(
        &self,
        visible: &Visible,
        fingerprint: u64,
        distance: u32,
        limit: usize,
    ) -> Result<Similar, IndexError> {
        let pages = self.pages();
        let bits = |page: &PageDoc| {
            let own = page.fingerprint.filter(|_| is_visible(page, visible))?;
            let mut bytes = own.to_le_bytes().into_iter().zip(fingerprint.to_le_bytes());
            let bits = (own ^ fingerprint).count_ones();
            (bits <= distance && bytes.any(|(a, b)| a == b)).then(|| (bits, page.case.clone(), page.page))
        };
        let mut close: Vec<_> = pages.iter().filter_map(bits).collect();
        close.sort();
        let total = close.len();
        Ok(Similar {
            total,
            pages: close.into_iter().take(limit).map(|(_, case, page)| (case, page)).collect(),
        })
    }

    fn cases(&self, visible: &Visible) -> Result<BTreeMap<CaseCode, u32>, IndexError> {
        let mut cases = BTreeMap::new();
        for page in self.pages().iter().filter(|page| is_visible(page, visible)) {
            *cases.entry(page.case.clone()).or_default() += 1;
        }
        Ok(cases)
    }

    fn pages_of(&self, _: Whole, case: &CaseCode) -> Result<Vec<PageNo>, IndexError> {
        let pages = self.pages();
        let mut pages: Vec<PageNo> =
            pages.iter().filter(|page| page.case == *case).map(|page| page.page).collect();
        pages.sort();
        Ok(pages)
    }

    fn check(&self) -> Result<(), IndexError> {
        Ok(())
    }
}

fn is_visible(page: &PageDoc, visible: &Visible) -> bool {
    visible.nodes().iter().all(|node| answers(page, node))
}

fn answers(page: &PageDoc, node: &Node) -> bool {
    match node {
        Node::Terms(terms) => terms.iter().any(|term| has(page, term)),
        Node::Phrase { places, slop } => rows(page, places).iter().any(|row| stands(places, *slop, row)),
        Node::Folios(first, last) => {
            page.folio_number.is_some_and(|number| (*first..=*last).contains(&number))
        }
        Node::All(parts) => parts.iter().all(|part| answers(page, part)),
        Node::Any(parts) => parts.iter().any(|part| answers(page, part)),
        Node::Not(part) => !answers(page, part),
    }
}

fn has(page: &PageDoc, term: &Term) -> bool {
    match term.field.has_positions() {
        true => rows(page, &[vec![term.clone()]]).iter().flatten().any(|(_, terms)| terms.contains(term)),
        false => page.terms.contains(term),
    }
}

/// Terms by position.
type Row = Vec<(u32, Vec<Term>)>;

/// The rows of a page that hold the field which the places are of. Nothing stands in two of them.
fn rows(page: &PageDoc, places: &[Vec<Term>]) -> Vec<Row> {
    let field = places.iter().flatten().next().map(|term| term.field);
    match field {
        None => Vec::new(),
        Some(field @ (Field::Units | Field::Persons)) => {
            let names = if field == Field::Units { &page.units } else { &page.persons };
            let row = |name: &Vec<String>| {
                (0..).zip(name.iter().map(|word| vec![Term::new(field, word)])).collect()
            };
            names.iter().map(row).collect()
        }
        Some(Field::SeamExact | Field::SeamFolded) => {
            let Some(seam) = &page.seam else { return Vec::new() };
            let terms = |token: &Token, sign: &str| {
                let exact = Term::new(Field::SeamExact, format!("{sign}{}", token.exact));
                (token.position, vec![exact, Term::new(Field::SeamFolded, format!("{sign}{}", token.folded))])
            };
            let head = seam.head.iter().map(|token| terms(token, &NEXT_PAGE.to_string()));
            vec![seam.tail.iter().map(|token| terms(token, "")).chain(head).collect()]
        }
        Some(_) => {
            let terms = |token: &Token| {
                let others = token.others.iter().map(|other| Term::new(Field::Alt, other));
                let own = [Term::new(Field::Exact, &token.exact), Term::new(Field::Folded, &token.folded)];
                (token.position, own.into_iter().chain(others).collect())
            };
            vec![page.tokens.iter().map(terms).collect()]
        }
    }
}

/// Whether a term of each place stands in their order with at most `slop` positions between in all.
fn stands(places: &[Vec<Term>], slop: u32, row: &Row) -> bool {
    let at = |place: &Vec<Term>| {
        let here = row.iter().filter(|(_, terms)| place.iter().any(|term| terms.contains(term)));
        here.map(|(position, _)| *position).collect::<Vec<u32>>()
    };
    let at: Vec<Vec<u32>> = places.iter().map(at).collect();
    at[0].iter().any(|first| {
        let nearest =
            at[1..].iter().try_fold(*first, |last, at| at.iter().copied().find(|next| *next > last));
        nearest.is_some_and(|last| last + 1 - first - places.len() as u32 <= slop)
    })
}

fn hit(page: &PageDoc, plan: &Plan) -> Hit {
    let length = page.tokens.len() as u32;
    let positions = plan.ranking.positions(&page.tokens, page.seam.as_ref());
    let holds: Vec<bool> = plan.ranking.asked().map(|node| answers(page, node)).collect();
    let mut asked = Page { positions, holds, length };
    let rank = plan.ranking.rank(&asked).expect("a page that answers has a rank");
    asked.holds.truncate(plan.ranking.filters.len());
    let doc_type = page.terms.iter().find(|term| term.field == Field::DocType);
    Hit {
        case: page.case.clone(),
        document: page.document,
        page: page.page,
        folio: page.folio.clone(),
        doc_type: doc_type.and_then(|term| DocType::from_code(&term.text)),
        date: page.date.and_then(|(from, to)| date_of_range(from, to)),
        tier: rank.tier,
        spread: rank.window,
        in_header: !rank.outside_header,
        length,
        fingerprint: page.fingerprint,
        of_case: 0,
        holds: asked.holds,
    }
}

/// Whether one letter replaced, added or left out makes one word the other, or none.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let behind = |letters: &[char]| letters.get(1..).unwrap_or_default().to_vec();
    behind(a) == behind(b) || behind(a) == b || a == behind(b)
}
