//! A slow searcher that reads every page word by word, beside real ones: the same pages in the same order, the same totals, facets,
//! cases and likenesses, for random questions. It shares nothing with the crate but the questions' spelling: what is on a page it
//! knows from having written it.

pub(crate) mod brute;
mod filters;
mod likeness;
mod plan;
mod sayings;
mod sheets;
mod words;

pub(crate) use sheets::{Sheet, sheets, write};

use index::{Answer, Asking, Facet, FacetCounts, Hit, Lexicon, Query, Searcher, Tier, highlight_across};
use plan::{Plan, askable, ways, ways_over};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use record::Clearance;
use sheets::{LEVELS, UNITS};
use std::collections::{BTreeMap, BTreeSet};

/// How many questions were asked, found something, and how many pages were lit; and of what there was something to find.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    pub(crate) found: usize,
    pub(crate) lit: usize,
    /// Hits to which other pages are nearly the same.
    similar: usize,
    /// Questions that found nothing and were given another spelling.
    respelt: usize,
    /// Hits of each tier.
    tiers: BTreeMap<Tier, usize>,
    /// Questions with filters of each kind that found something.
    kinds: BTreeMap<&'static str, usize>,
    /// Values counted.
    values: BTreeMap<Facet, BTreeSet<String>>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.asked += other.asked;
        self.found += other.found;
        self.lit += other.lit;
        self.similar += other.similar;
        self.respelt += other.respelt;
        other.tiers.into_iter().for_each(|(tier, count)| *self.tiers.entry(tier).or_default() += count);
        other.kinds.into_iter().for_each(|(kind, count)| *self.kinds.entry(kind).or_default() += count);
        other
            .values
            .into_iter()
            .for_each(|(facet, values)| self.values.entry(facet).or_default().extend(values));
    }

    /// Prints it; panics where something was hardly ever there to be found.
    pub(crate) fn check(&self) {
        let Self { asked, found, lit, similar, respelt, tiers, kinds, values } = self;
        println!(
            "{asked} questions, {found} with pages found, {lit} pages lit, {similar} with others like them"
        );
        println!("{respelt} respelt; {tiers:?}; {kinds:?}; {values:?}");
        assert!(*found > asked / 3 && *lit > asked / 4 && *similar > asked / 50, "{self:?}");
        assert!(tiers.len() == 9 && tiers.values().all(|hits| *hits > asked / 50), "{tiers:?}");
        assert!(kinds.len() == 13 && kinds.values().all(|questions| *questions > asked / 100), "{kinds:?}");
        let least = |facet: &Facet| values.get(facet).map_or(0, BTreeSet::len);
        assert!(Facet::ALL.iter().all(|facet| least(facet) >= 3), "{values:?}");
    }
}

fn clearance(random: &mut ChaCha8Rng) -> Clearance {
    let level = *LEVELS.choose(random).unwrap();
    match random.random_range(0..3) {
        0 => Clearance::whole_archive(LEVELS[3]),
        1 => Clearance::whole_archive(level),
        _ => {
            let units = UNITS.iter().filter(|_| random.random_bool(0.5)).map(|unit| (*unit).to_owned());
            Clearance::for_units(level, units.collect())
        }
    }
}

/// Words that a page has at least where it is judged how far apart they stand.
const LEAST_LENGTH: usize = 50;

/// A page found.
#[derive(Debug)]
struct Row<'a> {
    sheet: &'a Sheet,
    tier: Tier,
    spread: usize,
    in_header: bool,
}

impl<'a> Row<'a> {
    fn of(plan: &Plan, sheet: &'a Sheet, marks: bool) -> Option<Self> {
        let (tier, apart) = plan.rank(sheet, marks)?;
        let are_apart =
            matches!(tier, Tier::ExactWords | Tier::RestoredWords | Tier::FoldedWords | Tier::TolerantWords);
        let spread = match sheet.length() {
            length if are_apart && length < LEAST_LENGTH => (apart * LEAST_LENGTH).div_ceil(length),
            _ => apart,
        };
        Some(Self { sheet, tier, spread, in_header: plan.is_in_header(sheet) == Some(true) })
    }

    fn order(&self) -> (Tier, usize, bool, &str, u32) {
        (self.tier, self.spread, !self.in_header, &self.sheet.case, self.sheet.no)
    }

    fn check(&self, hit: &Hit, of_case: usize, typed: &str) {
        let sheet = self.sheet;
        let found = (hit.case.as_str(), hit.page.get(), hit.document.get());
        assert_eq!(found, (sheet.case.as_str(), sheet.no, sheet.document), "{typed}");
        let folio = sheet.folio.as_ref().map(|(_, _, written)| written);
        let known = (hit.folio.as_ref(), hit.doc_type, hit.date);
        assert_eq!(known, (folio, sheet.doc_type, sheet.partial_date()), "{typed}: {sheet:?}");
        let rank = (hit.tier, hit.spread as usize, hit.in_header);
        assert_eq!(rank, (self.tier, self.spread, self.in_header), "{typed}: {sheet:?}");
        assert_eq!((hit.length as usize, hit.of_case), (sheet.length(), of_case), "{typed}: {sheet:?}");
        assert_eq!(hit.fingerprint, likeness::fingerprint(sheet), "{typed}: {sheet:?}");
    }
}

/// What an answer says without its hits.
type Counts<'a> = (usize, Option<usize>, &'a [FacetCounts]);

fn counts_of(answer: &Answer) -> Counts<'_> {
    (answer.total, answer.cases, &answer.facets)
}

/// Counted one by one: the most first, then by value.
fn counted(values: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::<String, usize>::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn facets(rows: &[Row<'_>]) -> Vec<FacetCounts> {
    let values = |facet: Facet, sheet: &Sheet| -> BTreeSet<String> {
        match facet {
            Facet::Unit => [sheet.unit.to_owned()].into(),
            Facet::Year => {
                let of_date = sheet.date.map(|date| date.year);
                of_date.into_iter().chain(sheet.year).map(|year| year.to_string()).collect()
            }
            Facet::CaseKind => sheet.kind.iter().map(|kind| kind.code().to_owned()).collect(),
            Facet::DocType => sheet.doc_type.iter().map(|of| of.code().to_owned()).collect(),
            Facet::Article => sheet.says().into_iter().filter_map(sayings::Says::article_of_law).collect(),
            Facet::Quality => [sheet.quality().to_owned()].into(),
            Facet::Secrecy => [sheet.secrecy.code().to_owned()].into(),
        }
    };
    let all = |facet| {
        let of_pages = rows.iter().flat_map(|row| values(facet, row.sheet));
        FacetCounts { facet, counts: counted(of_pages) }
    };
    Facet::ALL.map(all).into()
}

/// Asks `asked` random questions of searchers of the same sheets: all find what reading every page finds, and say the same of it.
pub(crate) fn compare(
    random: &mut ChaCha8Rng,
    sheets: &[Sheet],
    searchers: &[Searcher],
    asked: usize,
) -> Tally {
    let lexicon = Lexicon::published(1, words::LEXICON).unwrap();
    let mut tally = Tally::default();
    for _ in 0..asked {
        let plan = askable(random);
        let clearance = clearance(random);
        let marks = random.random_bool(0.5);
        let typed = plan.typed();
        let mut query = Query::parse(&typed).unwrap_or_else(|error| panic!("{typed}: {error}"));
        if marks {
            query.restore(&lexicon);
        }
        let visible: Vec<&Sheet> = sheets
            .iter()
            .filter(|s| s.secrecy <= clearance.max_secrecy())
            .filter(|s| clearance.units().is_none_or(|units| units.iter().any(|unit| unit == s.unit)))
            .collect();
        let mut rows: Vec<Row<'_>> =
            visible.iter().filter_map(|sheet| Row::of(&plan, sheet, marks)).collect();
        rows.sort_by(|a, b| a.order().cmp(&b.order()));
        let asked = Question { typed: &typed, clearance: &clearance, query: &query, rows: &rows };
        let answers = asked.answers(random, searchers);
        for hit in answers.hits.iter().take(2) {
            let at = sheets.iter().position(|s| s.case == hit.case.as_str() && s.no == hit.page.get());
            let at = at.unwrap();
            tally.lit += usize::from(lit_as_wanted(&plan, &query, sheets, at, hit));
            let expected = likeness::similar(&sheets[at], &visible);
            for searcher in searchers {
                let found = searcher.similar(&clearance, hit, 3).unwrap();
                let pages = found.pages.iter().map(|(case, page)| (case.as_str(), page.get()));
                let first = expected.iter().take(3).map(|sheet| (sheet.case.as_str(), sheet.no));
                assert!(found.total == expected.len() && pages.eq(first), "{typed}: {hit:?}: {found:?}");
            }
            tally.similar += usize::from(!expected.is_empty());
        }
        if rows.is_empty() {
            let suggest = |searcher: &Searcher| searcher.suggest(&clearance, &query, &lexicon).unwrap();
            let suggested: Vec<Option<String>> = searchers.iter().map(suggest).collect();
            assert!(suggested.iter().all(|text| *text == suggested[0]), "{typed}: {suggested:?}");
            tally.respelt += usize::from(suggested[0].is_some());
        }
        tally.asked += 1;
        tally.found += usize::from(!rows.is_empty());
        rows.iter().for_each(|row| *tally.tiers.entry(row.tier).or_default() += 1);
        if !rows.is_empty() {
            let mut kinds = BTreeSet::new();
            plan.kinds(&mut kinds);
            kinds.into_iter().for_each(|kind| *tally.kinds.entry(kind).or_default() += 1);
        }
        for list in answers.facets {
            let values = list.counts.into_iter().map(|(value, _)| value);
            tally.values.entry(list.facet).or_default().extend(values);
        }
    }
    tally
}

/// A question with what it must find.
struct Question<'a> {
    typed: &'a str,
    clearance: &'a Clearance,
    query: &'a Query,
    rows: &'a [Row<'a>],
}

impl Question<'_> {
    /// Asks all searchers for pages and for cases, for all and for a part. Gives the answer of the first for all pages.
    fn answers(&self, random: &mut ChaCha8Rng, searchers: &[Searcher]) -> Answer {
        let Self { typed, rows, .. } = self;
        let ask = |searcher: &Searcher, asking: Asking| {
            let answer = searcher.answer(self.clearance, self.query, asking);
            answer.unwrap_or_else(|error| panic!("{typed}: {asking:?}: {error}"))
        };
        let facets = facets(rows);
        let of_cases: BTreeMap<String, usize> =
            counted(rows.iter().map(|row| row.sheet.case.clone())).into_iter().collect();
        let mut seen = BTreeSet::new();
        let best: Vec<&Row<'_>> = rows.iter().filter(|row| seen.insert(&row.sheet.case)).collect();
        let limit = if random.random_bool(0.2) { 0 } else { random.random_range(1..8) };
        let offset = random.random_range(0..8);
        let part =
            Asking { limit, offset, by_case: random.random_bool(0.3), facets: random.random_bool(0.5) };
        let whole = Asking { limit: 1000, offset: 0, by_case: false, facets: true };
        let mut first: Option<[Answer; 3]> = None;
        for searcher in searchers {
            let all = ask(searcher, whole);
            assert_eq!(counts_of(&all), (rows.len(), None, facets.as_slice()), "{typed}");
            assert_eq!(all.hits.len(), rows.len(), "{typed}");
            rows.iter().zip(&all.hits).for_each(|(row, hit)| row.check(hit, 0, typed));

            let cases = ask(searcher, Asking { by_case: true, ..whole });
            assert_eq!(counts_of(&cases), (rows.len(), Some(best.len()), facets.as_slice()), "{typed}");
            assert_eq!(cases.hits.len(), best.len(), "{typed}");
            for (row, hit) in best.iter().zip(&cases.hits) {
                row.check(hit, of_cases[&row.sheet.case], typed);
            }

            let some = ask(searcher, part);
            let (of, cases_found) = if part.by_case { (&cases, cases.cases) } else { (&all, None) };
            let facets = if part.facets { facets.as_slice() } else { &[] };
            assert_eq!(counts_of(&some), (rows.len(), cases_found, facets), "{typed}: {part:?}");
            let expected = of.hits.iter().skip(offset).take(limit);
            assert!(some.hits.iter().eq(expected), "{typed}: {part:?}: {:?}", some.hits);

            let answers = [all, cases, some];
            assert!(first.as_ref().is_none_or(|first| *first == answers), "{typed}: {answers:?} {first:?}");
            first.get_or_insert(answers);
        }
        let [all, ..] = first.expect("there is a searcher");
        all
    }
}

/// What is lit is wanted; of a phrase only words that stand in it, and some of them. Whether anything is.
fn lit_as_wanted(plan: &Plan, query: &Query, sheets: &[Sheet], at: usize, hit: &Hit) -> bool {
    let (sheet, typed) = (&sheets[at], plan.typed());
    let behind = sheets[at + 1..].iter().take_while(|next| next.case == sheet.case);
    let next = behind.filter(|next| !next.body().is_empty()).take(1);
    let next = next.filter(|next| next.document == sheet.document).map(Sheet::text).next();
    let lit = highlight_across(query, &sheet.text(), next.as_ref(), Some(hit)).words;
    let lightable = wanted_places(plan, sheet);
    assert!(lit.iter().all(|word| lightable.contains(word)), "{typed}: {lit:?} of {sheet:?}");
    if let Plan::Phrase(items, manner, slop) = plan {
        let mut standing: BTreeSet<usize> =
            ways_over(items, *manner, *slop, sheet).concat().into_iter().collect();
        let mut before = 0;
        for stream in &sheet.streams {
            standing.extend(ways(items, *manner, *slop, stream).concat().iter().map(|at| before + at));
            before += stream.len();
        }
        let places = sheet.places();
        let standing: BTreeSet<usize> = standing.into_iter().map(|at| places[at]).collect();
        assert!(!lit.is_empty() && lit.iter().all(|word| standing.contains(word)), "{typed}: {sheet:?}");
        if *slop == 0
            && (items.len() > 1 || *manner != plan::Manner::Plain)
            && *manner != plan::Manner::Tolerant
        {
            assert_eq!(lit.iter().copied().collect::<BTreeSet<_>>(), standing, "{typed}");
        }
    }
    !lit.is_empty()
}

/// The words of the text between white space of which a part is wanted; of a saying that is, all from its first to its last.
fn wanted_places(plan: &Plan, sheet: &Sheet) -> BTreeSet<usize> {
    let words: Vec<_> = sheet.streams.concat().into_iter().zip(sheet.places()).collect();
    let mut wanted = BTreeSet::new();
    for run in words.chunk_by(|(a, _), (b, _)| a.said.is_some() && a.said == b.said) {
        let own = run.iter().filter(|(seen, _)| plan.wants(seen, sheet)).map(|(_, place)| *place);
        let own: Vec<usize> = own.collect();
        if own.len() == run.len() {
            wanted.extend(run[0].1..=run[run.len() - 1].1);
        }
        wanted.extend(own);
    }
    wanted
}
