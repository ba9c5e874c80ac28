//! A slow searcher that reads every page word by word, beside real ones: the same pages, the same totals, for random questions. It
//! shares nothing with the crate but the questions' spelling.

use crate::pages::{labelled, page, page_text};
use index::{Facet, Hit, IndexPage, Indexer, Query, QueryError, Results, Searcher, highlight_across};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use record::{Clearance, DocType, PartialDate, Secrecy};
use std::collections::{BTreeMap, BTreeSet};

/// A word of the vocabulary: as written, without marks, without its tone.
struct Entry {
    written: &'static str,
    folded: &'static str,
    toneless: &'static str,
}

const fn entry(written: &'static str, folded: &'static str, toneless: &'static str) -> Entry {
    Entry { written, folded, toneless }
}

const VOCABULARY: &[Entry] = &[
    entry("tội", "toi", "tôi"),
    entry("tôi", "toi", "tôi"),
    entry("tối", "toi", "tôi"),
    entry("toi", "toi", "toi"),
    entry("t0i", "t0i", "t0i"),
    entry("án", "an", "an"),
    entry("ăn", "an", "ăn"),
    entry("anx", "anx", "anx"),
    entry("trộm", "trom", "trôm"),
    entry("trom", "trom", "trom"),
    entry("trcm", "trcm", "trcm"),
    entry("cắp", "cap", "căp"),
    entry("kiểm", "kiem", "kiêm"),
    entry("kiếm", "kiem", "kiêm"),
    entry("klem", "klem", "klem"),
    entry("khởi", "khoi", "khơi"),
    entry("khói", "khoi", "khoi"),
    entry("tài", "tai", "tai"),
    entry("lý", "li", "ly"),
    entry("lí", "li", "li"),
    entry("linh", "linh", "linh"),
    entry("lynh", "lynh", "lynh"),
];

/// What a tolerant word may have been misread as, by the table above.
const MISREADINGS: &[(&str, &str)] =
    &[("toi", "t0i"), ("tai", "t0i"), ("an", "anx"), ("trom", "trcm"), ("kiem", "klem")];
const BEGINNINGS: &[&str] = &["to", "tr", "kh", "ki", "an", "ta", "kl", "tô", "ca", "xx", "ly", "li", "lyn"];
const LEVELS: [Secrecy; 4] = [Secrecy::Thuong, Secrecy::Mat, Secrecy::ToiMat, Secrecy::TuyetMat];
const UNITS: [&str; 3] = ["KV7", "KV8", ""];

#[derive(Debug, Clone, Copy)]
struct Seen {
    read: usize,
    other: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Sheet {
    case: String,
    no: u32,
    secrecy: Secrecy,
    unit: &'static str,
    folio: u64,
    doc_type: DocType,
    year: u16,
    /// Body and marks: no phrase reaches from one into another.
    streams: Vec<Vec<Seen>>,
    /// How the body of the next page begins.
    next: Vec<Seen>,
}

/// Words on each side of a page break that a phrase may have.
const AT_A_BREAK: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    Plain,
    Exact,
    Tolerant,
}

#[derive(Debug, Clone, Copy)]
enum Item {
    Word(usize),
    Beginning(&'static str),
}

#[derive(Debug, Clone)]
enum Plan {
    Words(Vec<Item>, Manner),
    Phrase(Vec<Item>, Manner, usize),
    Folios(Vec<(u64, u64)>),
    Types(Vec<DocType>),
    Year(u16),
    Case(String),
    All(Vec<Plan>, &'static str),
    Any(Vec<Plan>),
    But(Box<Plan>, Box<Plan>),
}

fn items(random: &mut ChaCha8Rng, most: usize, manner: Manner) -> Vec<Item> {
    let count = random.random_range(1..=most);
    let item = |random: &mut ChaCha8Rng| match random.random_range(0..8) {
        0 if manner != Manner::Tolerant => Item::Beginning(BEGINNINGS.choose(random).unwrap()),
        _ => Item::Word(random.random_range(0..VOCABULARY.len())),
    };
    (0..count).map(|_| item(random)).collect()
}

fn plan(random: &mut ChaCha8Rng, depth: usize) -> Plan {
    let manner = *[Manner::Plain, Manner::Plain, Manner::Exact, Manner::Tolerant].choose(random).unwrap();
    let parts =
        |random: &mut ChaCha8Rng| (0..random.random_range(2..4)).map(|_| plan(random, depth - 1)).collect();
    match random.random_range(0..if depth == 0 { 10 } else { 16 }) {
        0..4 => Plan::Words(items(random, 3, manner), manner),
        4..7 => {
            let slop = *[0, 0, 1, 3, 15].choose(random).unwrap();
            Plan::Phrase(items(random, 4, manner), manner, slop)
        }
        7 => {
            let range = |random: &mut ChaCha8Rng| {
                let first = random.random_range(1..20);
                (first, first + random.random_range(0..3))
            };
            Plan::Folios((0..random.random_range(1..3)).map(|_| range(random)).collect())
        }
        8 => Plan::Types([DocType::BanAn, DocType::CaoTrang][..random.random_range(1..=2)].to_vec()),
        9 if random.random_bool(0.5) => Plan::Year(random.random_range(2018..2021)),
        9 => Plan::Case(format!("hs-{:02}", random.random_range(0..14))),
        10..12 => Plan::All(parts(random), [" VÀ ", " AND "].choose(random).unwrap()),
        12..14 => Plan::Any(parts(random)),
        _ => Plan::But(Box::new(plan(random, depth - 1)), Box::new(plan(random, depth - 1))),
    }
}

/// Different beginnings that a question may have.
const MOST_BEGINNINGS: usize = 4;

/// A plan that is not refused for its many beginnings; those that have more are.
fn askable(random: &mut ChaCha8Rng) -> Plan {
    loop {
        let plan = plan(random, 2);
        let mut beginnings = BTreeSet::new();
        plan.note_beginnings(&mut beginnings);
        if beginnings.len() <= MOST_BEGINNINGS {
            return plan;
        }
        let refused = Query::parse(&plan.typed());
        assert!(
            matches!(refused, Err(QueryError::TooManyBeginnings { max: MOST_BEGINNINGS, .. })),
            "{plan:?}"
        );
    }
}

impl Plan {
    /// Its different beginnings, each with its sign.
    fn note_beginnings(&self, into: &mut BTreeSet<(&'static str, bool)>) {
        match self {
            Plan::Words(items, manner) | Plan::Phrase(items, manner, _) => {
                let exact = *manner == Manner::Exact;
                into.extend(items.iter().filter_map(|item| match item {
                    Item::Beginning(letters) => Some((*letters, exact)),
                    Item::Word(_) => None,
                }));
            }
            Plan::All(parts, _) | Plan::Any(parts) => {
                parts.iter().for_each(|part| part.note_beginnings(into))
            }
            Plan::But(wanted, unwanted) => {
                wanted.note_beginnings(into);
                unwanted.note_beginnings(into);
            }
            Plan::Folios(_) | Plan::Types(_) | Plan::Year(_) | Plan::Case(_) => {}
        }
    }

    /// Whether the sheet's first words have all that is wanted, in any order; `None` where no word is wanted.
    fn is_in_header(&self, sheet: &Sheet) -> Option<bool> {
        let parts = |parts: &[Plan]| parts.iter().filter_map(|p| p.is_in_header(sheet)).collect::<Vec<_>>();
        match self {
            Plan::Words(items, manner) | Plan::Phrase(items, manner, _) => {
                let header = sheet.streams[0].iter().take(64).map(|seen| Seen { other: None, ..*seen });
                let header: Vec<Seen> = header.collect();
                Some(items.iter().all(|item| header.iter().any(|seen| is_it(item, *manner, *seen))))
            }
            Plan::All(all, _) => Some(parts(all)).filter(|p| !p.is_empty()).map(|p| p.iter().all(|is| *is)),
            Plan::Any(any) => Some(parts(any)).filter(|p| !p.is_empty()).map(|p| p.iter().any(|is| *is)),
            Plan::But(wanted, _) => wanted.is_in_header(sheet),
            Plan::Folios(_) | Plan::Types(_) | Plan::Year(_) | Plan::Case(_) => None,
        }
    }

    fn typed(&self) -> String {
        let sign = |manner: &Manner| ["", "=", "~"][*manner as usize];
        let item = |item: &Item| match item {
            Item::Word(idx) => VOCABULARY[*idx].written.to_owned(),
            Item::Beginning(letters) => format!("{letters}*"),
        };
        match self {
            Plan::Words(items, manner) => {
                items.iter().map(|i| format!("{}{}", sign(manner), item(i))).collect::<Vec<_>>().join(" ")
            }
            Plan::Phrase(items, manner, slop) => {
                let words = items.iter().map(item).collect::<Vec<_>>().join(" ");
                let slop = if *slop > 0 { format!("~{slop}") } else { String::new() };
                format!("{}\"{words}\"{slop}", sign(manner))
            }
            Plan::Folios(ranges) => {
                let one =
                    |(a, b): &(u64, u64)| if a == b { format!("bl:{a}") } else { format!("bl:{a}-{b}") };
                format!("({})", ranges.iter().map(one).collect::<Vec<_>>().join(" "))
            }
            Plan::Types(types) => {
                format!(
                    "({})",
                    types.iter().map(|t| format!("loai:{}", t.code())).collect::<Vec<_>>().join(" ")
                )
            }
            Plan::Year(year) => format!("nam:{year}"),
            Plan::Case(case) => format!("ho-so:{case}"),
            Plan::All(parts, and) => bracketed(parts).join(and),
            Plan::Any(parts) => bracketed(parts).join(" HOẶC "),
            Plan::But(wanted, unwanted) => format!("({}) KHÔNG ({})", wanted.typed(), unwanted.typed()),
        }
    }

    fn finds(&self, sheet: &Sheet) -> bool {
        match self {
            Plan::Words(items, manner) => items
                .iter()
                .all(|item| sheet.streams.iter().flatten().any(|seen| is_it(item, *manner, *seen))),
            Plan::Phrase(items, manner, slop) => {
                sheet.streams.iter().any(|stream| does_stand(items, *manner, *slop, stream))
                    || !runs_over(items, *manner, *slop, sheet).is_empty()
            }
            Plan::Folios(ranges) => ranges.iter().any(|(a, b)| (*a..=*b).contains(&sheet.folio)),
            Plan::Types(types) => types.contains(&sheet.doc_type),
            Plan::Year(year) => sheet.year == *year,
            Plan::Case(case) => sheet.case.to_lowercase() == *case,
            Plan::All(parts, _) => parts.iter().all(|part| part.finds(sheet)),
            Plan::Any(parts) => parts.iter().any(|part| part.finds(sheet)),
            Plan::But(wanted, unwanted) => wanted.finds(sheet) && !unwanted.finds(sheet),
        }
    }

    /// Whether the plan, which finds this sheet, wants a word like this one on it: alternatives that do not hold want none.
    fn wants(&self, seen: Seen, sheet: &Sheet) -> bool {
        match self {
            Plan::Words(items, manner) | Plan::Phrase(items, manner, _) => {
                items.iter().any(|i| is_it(i, *manner, seen))
            }
            Plan::All(parts, _) => parts.iter().any(|part| part.wants(seen, sheet)),
            Plan::Any(parts) => parts.iter().any(|part| part.finds(sheet) && part.wants(seen, sheet)),
            Plan::But(wanted, _) => wanted.wants(seen, sheet),
            _ => false,
        }
    }
}

fn bracketed(parts: &[Plan]) -> Vec<String> {
    parts.iter().map(|part| format!("({})", part.typed())).collect()
}

fn is_it(item: &Item, manner: Manner, seen: Seen) -> bool {
    let read = &VOCABULARY[seen.read];
    match (item, manner) {
        (Item::Beginning(letters), Manner::Exact) => read.toneless.starts_with(letters),
        (Item::Beginning("ly"), _) if read.folded == "li" => true,
        (Item::Beginning(letters), _) => read.folded.starts_with(&letters.replace('ô', "o")),
        (Item::Word(idx), Manner::Exact) => *idx == seen.read,
        (Item::Word(idx), Manner::Plain) => VOCABULARY[*idx].folded == read.folded,
        (Item::Word(idx), Manner::Tolerant) => {
            let asked = VOCABULARY[*idx].folded;
            asked == read.folded
                || MISREADINGS.contains(&(asked, read.folded))
                || seen.other.is_some_and(|other| VOCABULARY[other].folded == asked)
        }
    }
}

/// Whether the items stand in order with at most `slop` other words between: by first and last place of what was found so far.
fn does_stand(items: &[Item], manner: Manner, slop: usize, stream: &[Seen]) -> bool {
    let is_here = |item: &Item, at: &usize| is_it(item, manner, stream[*at]);
    let mut ways: BTreeSet<(usize, usize)> =
        (0..stream.len()).filter(|at| is_here(&items[0], at)).map(|at| (at, at)).collect();
    for item in &items[1..] {
        let longer = ways.iter().flat_map(|(first, last)| {
            let next = last + 1..stream.len().min(first + items.len() + slop);
            next.filter(|at| is_here(item, at)).map(|at| (*first, at))
        });
        ways = longer.collect();
    }
    ways.iter().any(|(first, last)| last + 1 - first - items.len() <= slop)
}

/// Every way in which the items stand in order with at most `slop` other words between.
fn stands(items: &[Item], manner: Manner, slop: usize, stream: &[Seen]) -> Vec<Vec<usize>> {
    let here = |item: &Item, from: usize| {
        let places = stream.iter().enumerate().skip(from).filter(|(_, seen)| is_it(item, manner, **seen));
        places.map(|(at, _)| at).collect::<Vec<usize>>()
    };
    let mut ways: Vec<Vec<usize>> = here(&items[0], 0).into_iter().map(|at| vec![at]).collect();
    for item in &items[1..] {
        let mut longer = Vec::new();
        for way in &ways {
            let near =
                here(item, way[way.len() - 1] + 1).into_iter().filter(|at| at - way[0] - way.len() <= slop);
            longer.extend(near.map(|at| [way.as_slice(), &[at]].concat()));
        }
        ways = longer;
    }
    ways
}

/// Every way in which the items stand from the end of a page into the next one, by places in the page's body: other readings do
/// not count there.
fn runs_over(items: &[Item], manner: Manner, slop: usize, sheet: &Sheet) -> Vec<Vec<usize>> {
    let body = &sheet.streams[0];
    let from = body.len().saturating_sub(AT_A_BREAK);
    let over: Vec<Seen> =
        body[from..].iter().chain(&sheet.next).map(|s| Seen { other: None, ..*s }).collect();
    let mut ways = stands(items, manner, slop, &over);
    ways.retain(|way| from + way[0] < body.len() && from + way[way.len() - 1] >= body.len());
    let on_page =
        |way: Vec<usize>| way.into_iter().map(|at| from + at).filter(|at| *at < body.len()).collect();
    ways.into_iter().map(on_page).collect()
}

pub(crate) fn sheets(random: &mut ChaCha8Rng) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = Vec::new();
    for case in 0..14 {
        let (secrecy, unit) = (*LEVELS.choose(random).unwrap(), *UNITS.choose(random).unwrap());
        for no in 1..=random.random_range(2..15) {
            let seen = |random: &mut ChaCha8Rng| Seen {
                read: random.random_range(0..VOCABULARY.len()),
                other: random.random_bool(0.1).then(|| random.random_range(0..VOCABULARY.len())),
            };
            let length = [3, 6, 12, 25][random.random_range(0..4)];
            let mut streams = vec![(0..length).map(|_| seen(random)).collect::<Vec<_>>()];
            for _ in 0..random.random_range(0..3) {
                streams.push((0..random.random_range(1..4)).map(|_| seen(random)).collect());
            }
            sheets.push(Sheet {
                case: format!("HS-{case:02}"),
                no,
                secrecy,
                unit,
                folio: random.random_range(1..20),
                doc_type: *[DocType::BanAn, DocType::CaoTrang].choose(random).unwrap(),
                year: random.random_range(2018..2021),
                streams,
                next: Vec::new(),
            });
        }
    }
    for at in 1..sheets.len() {
        if sheets[at].case == sheets[at - 1].case {
            sheets[at - 1].next = sheets[at].streams[0].iter().take(AT_A_BREAK).copied().collect();
        }
    }
    sheets
}

fn text_of(sheet: &Sheet) -> String {
    let word = |seen: &Seen| match seen.other {
        Some(other) => format!("{}|{}", VOCABULARY[seen.read].written, VOCABULARY[other].written),
        None => VOCABULARY[seen.read].written.to_owned(),
    };
    let lines = sheet.streams.iter().map(|stream| stream.iter().map(word).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n#")
}

/// Puts the sheets where a searcher finds them.
pub(crate) fn write(indexer: &mut Indexer, sheets: &[Sheet]) {
    // a case that is replaced later, so that there are deleted pages
    indexer
        .put_case(&labelled("HS-00", Secrecy::Thuong, "KV7"), [page(1, "tội án trộm"), page(99, "kiểm")])
        .unwrap();
    for chunk in sheets.chunk_by(|a, b| a.case == b.case) {
        let pages = chunk.iter().map(|sheet| IndexPage {
            folio: Some(sheet.folio.to_string()),
            doc_type: Some(sheet.doc_type),
            date: PartialDate::parse(&sheet.year.to_string()),
            ..page(sheet.no, &text_of(sheet))
        });
        indexer.put_case(&labelled(&chunk[0].case, chunk[0].secrecy, chunk[0].unit), pages).unwrap();
        if chunk[0].case.ends_with('5') {
            indexer.commit().unwrap();
        }
    }
    indexer.commit().unwrap();
}

fn clearance(random: &mut ChaCha8Rng) -> Clearance {
    let level = *LEVELS.choose(random).unwrap();
    match random.random_range(0..3) {
        0 => Clearance::whole_archive(Secrecy::TuyetMat),
        1 => Clearance::whole_archive(level),
        _ => Clearance::for_units(
            level,
            UNITS[..random.random_range(0..3)].iter().map(|u| (*u).to_owned()).collect(),
        ),
    }
}

/// Asks `asked` random questions of searchers that were made with [`write`] from the same sheets: all find what reading every page
/// finds, and say the same of it.
pub(crate) fn compare(
    random: &mut ChaCha8Rng,
    sheets: &[Sheet],
    searchers: &[Searcher],
    asked: u32,
) -> Tally {
    let mut tally = Tally::default();
    for _ in 0..asked {
        let plan = askable(random);
        let clearance = clearance(random);
        let typed = plan.typed();
        let query = Query::parse(&typed).unwrap_or_else(|error| panic!("{typed}: {error}"));
        let expected: BTreeSet<(String, u32)> = sheets
            .iter()
            .filter(|s| s.secrecy <= clearance.max_secrecy())
            .filter(|s| clearance.units().is_none_or(|units| units.iter().any(|unit| unit == s.unit)))
            .filter(|s| plan.finds(s))
            .map(|s| (s.case.clone(), s.no))
            .collect();
        let ask = |searcher: &Searcher, limit, offset| {
            searcher.search(&clearance, &query, limit, offset).unwrap_or_else(|e| panic!("{typed}: {e}"))
        };
        let (limit, offset) = (random.random_range(1..8), random.random_range(0..8));
        let all: Vec<Results> = searchers.iter().map(|searcher| ask(searcher, 1000, 0)).collect();
        for (searcher, found) in searchers.iter().zip(&all) {
            let got: BTreeSet<(String, u32)> =
                found.hits.iter().map(|h| (h.case.to_string(), h.page.get())).collect();
            assert_eq!(got, expected, "{typed}");
            assert_eq!((found.total, found.hits.len()), (expected.len(), expected.len()), "{typed}");
            let order = |h: &Hit| (h.tier, h.spread, !h.in_header, h.case.to_string(), h.page);
            assert!(found.hits.is_sorted_by_key(order), "{typed}");
            assert_eq!(found, &all[0], "{typed}");
            if tally.asked % 4 > 0 {
                continue;
            }
            let visible: Vec<&Sheet> =
                sheets.iter().filter(|s| expected.contains(&(s.case.clone(), s.no))).collect();
            for hit in &found.hits {
                let is_it = |s: &&&Sheet| s.no == hit.page.get() && s.case == hit.case.as_str();
                let sheet = visible.iter().find(is_it).unwrap();
                assert_eq!(hit.length as usize, sheet.streams.concat().len(), "{typed}");
                // All pages of a case are of one document here.
                let in_header = sheet.no == 1 && plan.is_in_header(sheet) == Some(true);
                assert_eq!(hit.in_header, in_header, "{typed}: {sheet:?}");
            }
            counts_agree(searcher, &clearance, &query, &visible, &found.hits);
            assert_eq!(ask(searcher, 0, 0).total, expected.len(), "{typed}");
            let part: Vec<Hit> = found.hits.iter().skip(offset).take(limit).cloned().collect();
            assert_eq!(ask(searcher, limit, offset).hits, part, "{typed}: {limit} after {offset}");
        }
        for hit in all[0].hits.iter().take(2) {
            let sheet =
                sheets.iter().find(|s| s.case == hit.case.as_str() && s.no == hit.page.get()).unwrap();
            let next = sheets.iter().find(|s| s.case == sheet.case && s.no == sheet.no + 1);
            tally.lit += u32::from(lit_as_wanted(&plan, &query, sheet, next, hit));
        }
        tally.asked += 1;
        tally.found += u32::from(!expected.is_empty());
    }
    tally
}

/// How many questions were asked, found something, and how many pages were lit.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) asked: u32,
    pub(crate) found: u32,
    pub(crate) lit: u32,
}

/// Facets and cases of the pages found, counted one by one.
fn counts_agree(index: &Searcher, clearance: &Clearance, query: &Query, sheets: &[&Sheet], hits: &[Hit]) {
    let count = |value: &dyn Fn(&Sheet) -> String| {
        let mut counts = BTreeMap::<String, usize>::new();
        sheets.iter().for_each(|sheet| *counts.entry(value(sheet)).or_default() += 1);
        counts
    };
    for list in index.facets(clearance, query).unwrap() {
        let expected = match list.facet {
            Facet::Unit => count(&|sheet| sheet.unit.to_owned()),
            Facet::Year => count(&|sheet| sheet.year.to_string()),
            Facet::DocType => count(&|sheet| sheet.doc_type.code().to_owned()),
            Facet::Secrecy => count(&|sheet| sheet.secrecy.code().to_owned()),
            // Each word of the test's pages was read with a confidence of 96.
            Facet::Quality => count(&|_| "tot".to_owned()),
            Facet::CaseKind | Facet::Article => BTreeMap::new(),
        };
        assert!(list.counts.is_sorted_by_key(|(value, count)| (std::cmp::Reverse(*count), value.clone())));
        assert_eq!(list.counts.into_iter().collect::<BTreeMap<_, _>>(), expected, "{:?}", list.facet);
    }
    let of_case = count(&|sheet| sheet.case.clone());
    let found = index.search_cases(clearance, query, 100, 0).unwrap();
    assert_eq!((found.total, found.cases, found.hits.len()), (sheets.len(), of_case.len(), of_case.len()));
    let mut seen = BTreeSet::new();
    let best = hits.iter().filter(|hit| seen.insert(&hit.case));
    for (hit, best) in found.hits.iter().zip(best) {
        assert_eq!((&hit.case, hit.page, hit.tier), (&best.case, best.page, best.tier));
        assert_eq!(hit.of_case, of_case[hit.case.as_str()]);
    }
    let counted = index.search_cases(clearance, query, 0, 0).unwrap();
    assert_eq!((counted.total, counted.cases, counted.hits.len()), (found.total, found.cases, 0));
    assert_eq!(
        index.search_cases(clearance, query, 2, 1).unwrap().hits,
        found.hits[found.hits.len().min(1)..found.hits.len().min(3)]
    );
}

/// What is lit is wanted; of a phrase only words that stand in it, and some of them.
fn lit_as_wanted(plan: &Plan, query: &Query, sheet: &Sheet, next: Option<&Sheet>, hit: &Hit) -> bool {
    let next = next.map(|next| page_text(&text_of(next)));
    let lit = highlight_across(query, &page_text(&text_of(sheet)), next.as_ref(), Some(hit)).words;
    let all: Vec<Seen> = sheet.streams.concat();
    for idx in &lit {
        assert!(plan.wants(all[*idx], sheet), "{}: word {idx} of {sheet:?}", plan.typed());
    }
    if let Plan::Phrase(items, manner, slop) = plan {
        let mut standing = BTreeSet::new();
        standing.extend(runs_over(items, *manner, *slop, sheet).concat());
        let mut before = 0;
        for stream in &sheet.streams {
            standing.extend(stands(items, *manner, *slop, stream).concat().iter().map(|at| before + at));
            before += stream.len();
        }
        assert!(
            !lit.is_empty() && lit.iter().all(|idx| standing.contains(idx)),
            "{}: {sheet:?}",
            plan.typed()
        );
        if *slop == 0 && (items.len() > 1 || *manner != Manner::Plain) && *manner != Manner::Tolerant {
            assert_eq!(lit.iter().copied().collect::<BTreeSet<_>>(), standing, "{}", plan.typed());
        }
    }
    !lit.is_empty()
}
