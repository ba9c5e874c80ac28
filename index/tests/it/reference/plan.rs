//! Random questions: what is typed, and by plain reading which pages answer and how well.

use super::filters::{Filters, filters};
use super::sayings::SAYINGS;
use super::sheets::{AT_A_BREAK, Seen, Sheet};
use super::words::{BEGINNINGS, MISREADINGS, VOCABULARY, Word, restored};
use index::{Query, QueryError, Tier};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Manner {
    Plain,
    Exact,
    Tolerant,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Item {
    Word(&'static Word),
    Beginning(&'static Word),
}

#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// Loose words; those of one unit are typed without a space between and stand together. Filters may be typed among them.
    Words(Vec<Vec<Item>>, Manner, Option<Filters>),
    Phrase(Vec<Item>, Manner, usize),
    Filters(Filters),
    All(Vec<Plan>, &'static str),
    Any(Vec<Plan>),
    But(Box<Plan>, Box<Plan>),
}

fn item(random: &mut ChaCha8Rng, manner: Manner) -> Item {
    match random.random_range(0..8) {
        0 if manner != Manner::Tolerant => Item::Beginning(BEGINNINGS.choose(random).unwrap()),
        _ => Item::Word(VOCABULARY.choose(random).unwrap()),
    }
}

fn items(random: &mut ChaCha8Rng, most: usize, manner: Manner) -> Vec<Item> {
    // Now and then words of dates, articles and numbers.
    if manner != Manner::Tolerant && random.random_bool(0.1) {
        let words = &SAYINGS.choose(random).unwrap().words;
        let from = random.random_range(0..words.len());
        return words[from..].iter().take(most).map(|(word, _)| Item::Word(word)).collect();
    }
    (0..random.random_range(1..=most)).map(|_| item(random, manner)).collect()
}

fn plan(random: &mut ChaCha8Rng, depth: usize) -> Plan {
    let manner = *[Manner::Plain, Manner::Plain, Manner::Exact, Manner::Tolerant].choose(random).unwrap();
    let parts =
        |random: &mut ChaCha8Rng| (0..random.random_range(2..4)).map(|_| plan(random, depth - 1)).collect();
    match random.random_range(0..if depth == 0 { 11 } else { 17 }) {
        0..4 => {
            let unit = |random: &mut ChaCha8Rng| match random.random_bool(0.15) {
                true => items(random, 3, manner),
                false => vec![item(random, manner)],
            };
            let units = (0..random.random_range(1..=3)).map(|_| unit(random)).collect();
            Plan::Words(units, manner, random.random_bool(0.1).then(|| filters(random)))
        }
        4..7 => {
            let slop = *[0, 0, 1, 3, 15].choose(random).unwrap();
            Plan::Phrase(items(random, 4, manner), manner, slop)
        }
        7..11 => Plan::Filters(filters(random)),
        11..13 => Plan::All(parts(random), [" VÀ ", " AND "].choose(random).unwrap()),
        13..15 => Plan::Any(parts(random)),
        _ => Plan::But(Box::new(plan(random, depth - 1)), Box::new(plan(random, depth - 1))),
    }
}

/// Different beginnings that a question may have.
const MOST_BEGINNINGS: usize = 4;

/// A plan that is not refused for its many beginnings; those that have more are.
pub(crate) fn askable(random: &mut ChaCha8Rng) -> Plan {
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

fn typed_items(items: &[Item], between: &str) -> String {
    let typed = |item: &Item| match item {
        Item::Word(word) => word.written.clone(),
        Item::Beginning(letters) => format!("{}*", letters.written),
    };
    items.iter().map(typed).collect::<Vec<_>>().join(between)
}

fn bracketed(parts: &[Plan]) -> Vec<String> {
    parts.iter().map(|part| format!("({})", part.typed())).collect()
}

impl Plan {
    /// Its different beginnings, each with its sign.
    fn note_beginnings(&self, into: &mut BTreeSet<(&'static str, bool)>) {
        let mut note = |items: &[Item], manner: Manner| {
            into.extend(items.iter().filter_map(|item| match item {
                Item::Beginning(letters) => Some((letters.written.as_str(), manner == Manner::Exact)),
                Item::Word(_) => None,
            }));
        };
        match self {
            Plan::Words(units, manner, _) => note(&units.concat(), *manner),
            Plan::Phrase(items, manner, _) => note(items, *manner),
            Plan::All(parts, _) | Plan::Any(parts) => {
                parts.iter().for_each(|part| part.note_beginnings(into))
            }
            Plan::But(wanted, unwanted) => {
                wanted.note_beginnings(into);
                unwanted.note_beginnings(into);
            }
            Plan::Filters(_) => {}
        }
    }

    pub(crate) fn typed(&self) -> String {
        let sign = |manner: &Manner| ["", "=", "~"][*manner as usize];
        match self {
            Plan::Words(units, manner, filters) => {
                let mut parts: Vec<String> =
                    units.iter().map(|unit| format!("{}{}", sign(manner), typed_items(unit, "/"))).collect();
                if let Some(filters) = filters {
                    parts.insert(1, filters.typed.clone());
                }
                parts.join(" ")
            }
            Plan::Phrase(items, manner, slop) => {
                let slop = if *slop > 0 { format!("~{slop}") } else { String::new() };
                format!("{}\"{}\"{slop}", sign(manner), typed_items(items, " "))
            }
            Plan::Filters(filters) => filters.typed.clone(),
            Plan::All(parts, and) => bracketed(parts).join(and),
            Plan::Any(parts) => bracketed(parts).join(" HOẶC "),
            Plan::But(wanted, unwanted) => format!("({}) KHÔNG ({})", wanted.typed(), unwanted.typed()),
        }
    }

    /// Whether the page has its document's header, and there all words that are wanted, in any order; `None` where none is wanted.
    pub(crate) fn is_in_header(&self, sheet: &Sheet) -> Option<bool> {
        let parts = |parts: &[Plan]| parts.iter().filter_map(|p| p.is_in_header(sheet)).collect::<Vec<_>>();
        let all = |items: &[Item], manner: Manner| {
            let is_there = |item: &Item| {
                sheet.header().iter().any(|seen| is_it(item, manner, Level::Loose, &seen.alone()))
            };
            Some(items.iter().all(is_there))
        };
        match self {
            Plan::Words(units, manner, _) => all(&units.concat(), *manner),
            Plan::Phrase(items, manner, _) => all(items, *manner),
            Plan::All(all, _) => Some(parts(all)).filter(|p| !p.is_empty()).map(|p| p.iter().all(|is| *is)),
            Plan::Any(any) => Some(parts(any)).filter(|p| !p.is_empty()).map(|p| p.iter().any(|is| *is)),
            Plan::But(wanted, _) => wanted.is_in_header(sheet),
            Plan::Filters(_) => None,
        }
    }

    /// How well the page answers, and how far apart its words stand; `None` where it does not. With `marks` those of the lexicon are
    /// put in.
    pub(crate) fn rank(&self, sheet: &Sheet, marks: bool) -> Option<(Tier, usize)> {
        match self {
            Plan::Words(units, manner, filters) => {
                let holds = filters.as_ref().is_none_or(|filters| filters.hold(sheet));
                holds.then(|| rank_of_words(units, *manner, sheet, marks)).flatten()
            }
            Plan::Phrase(items, manner, slop) => levels(marks).find_map(|(level, tier, _)| {
                Some((tier, standing_together(items, *manner, level, *slop, sheet)?))
            }),
            Plan::Filters(filters) => filters.hold(sheet).then_some((Tier::Filter, 0)),
            Plan::All(parts, _) => {
                let ranks: Option<Vec<_>> = parts.iter().map(|part| part.rank(sheet, marks)).collect();
                let of_words: Vec<_> = ranks?.into_iter().filter(|rank| rank.0 != Tier::Filter).collect();
                let worst = of_words.iter().map(|rank| rank.0).max();
                Some((worst.unwrap_or(Tier::Filter), of_words.iter().map(|rank| rank.1).sum()))
            }
            Plan::Any(parts) => parts.iter().filter_map(|part| part.rank(sheet, marks)).min(),
            Plan::But(wanted, unwanted) => match unwanted.rank(sheet, false) {
                Some(_) => None,
                None => wanted.rank(sheet, marks),
            },
        }
    }

    /// Whether the plan, which finds this sheet, wants a word like this one on it: alternatives that do not hold want none.
    pub(crate) fn wants(&self, seen: &Seen, sheet: &Sheet) -> bool {
        let wants = |filters: &Filters| {
            let said = seen.said.map_or(&[] as &[_], |said| SAYINGS[said].says);
            said.iter().any(|says| filters.ask_for(says))
        };
        let any = |items: &[Item], manner| items.iter().any(|i| is_it(i, manner, Level::Loose, seen));
        match self {
            Plan::Words(units, manner, filters) => {
                any(&units.concat(), *manner) || filters.as_ref().is_some_and(wants)
            }
            Plan::Phrase(items, manner, _) => any(items, *manner),
            Plan::Filters(filters) => wants(filters),
            Plan::All(parts, _) => parts.iter().any(|part| part.wants(seen, sheet)),
            Plan::Any(parts) => {
                parts.iter().any(|part| part.rank(sheet, false).is_some() && part.wants(seen, sheet))
            }
            Plan::But(wanted, _) => wanted.wants(seen, sheet),
        }
    }

    /// The kinds of filters in it.
    pub(crate) fn kinds(&self, into: &mut BTreeSet<&'static str>) {
        match self {
            Plan::Words(_, _, filters) => into.extend(filters.iter().map(|filters| filters.kind)),
            Plan::Filters(filters) => into.extend([filters.kind]),
            Plan::All(parts, _) | Plan::Any(parts) => parts.iter().for_each(|part| part.kinds(into)),
            Plan::But(wanted, unwanted) => {
                wanted.kinds(into);
                unwanted.kinds(into);
            }
            Plan::Phrase(..) => {}
        }
    }
}

/// What of a word on a page counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Exact,
    /// With marks put in.
    Restored,
    Folded,
    /// As it may have been misread, too.
    Loose,
}

/// From the best down: what counts, and what it is called where words stand together and where they do not.
fn levels(marks: bool) -> impl Iterator<Item = (Level, Tier, Tier)> {
    let all = [
        (Level::Exact, Tier::ExactPhrase, Tier::ExactWords),
        (Level::Restored, Tier::RestoredPhrase, Tier::RestoredWords),
        (Level::Folded, Tier::FoldedPhrase, Tier::FoldedWords),
        (Level::Loose, Tier::TolerantPhrase, Tier::TolerantWords),
    ];
    all.into_iter().filter(move |(level, ..)| marks || *level != Level::Restored)
}

pub(crate) fn is_it(item: &Item, manner: Manner, level: Level, seen: &Seen) -> bool {
    let read = seen.read;
    let any_marks = level >= Level::Folded && manner != Manner::Exact;
    match item {
        Item::Beginning(letters) => letters.begins_exactly(read) || any_marks && letters.begins(read),
        Item::Word(word) => {
            let put_in = || restored(word).is_some_and(|restored| restored.is_exactly(read));
            let misread = || {
                MISREADINGS.contains(&(word.folded.as_str(), read.folded.as_str()))
                    || seen.others.iter().flatten().any(|other| other.folded == word.folded)
            };
            word.is_exactly(read)
                || level == Level::Restored && manner != Manner::Exact && put_in()
                || any_marks && word.folded == read.folded
                || level == Level::Loose && manner == Manner::Tolerant && misread()
        }
    }
}

/// Every stretch, by first and last place, in which the items stand in their order with at most `slop` other words between.
fn stretches(
    items: &[Item],
    is_it: &dyn Fn(&Item, &Seen) -> bool,
    slop: usize,
    row: &[Seen],
) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for start in (0..row.len()).filter(|at| is_it(&items[0], &row[*at])) {
        let mut reached = vec![start];
        for item in &items[1..] {
            let Some(nearest) = reached.first() else { break };
            let within = nearest + 1..row.len().min(start + items.len() + slop);
            reached = within.filter(|at| is_it(item, &row[*at])).collect();
        }
        found.extend(reached.into_iter().map(|last| (start, last)));
    }
    found.retain(|(first, last)| last + 1 - first - items.len() <= slop);
    found
}

/// Every stretch from the end of a page into the next one, by places in the page's body: other readings do not count there.
fn over_the_break(
    items: &[Item],
    is_it: &dyn Fn(&Item, &Seen) -> bool,
    slop: usize,
    sheet: &Sheet,
) -> Vec<(usize, usize)> {
    let body = sheet.body();
    let from = body.len().saturating_sub(AT_A_BREAK);
    let over: Vec<Seen> = body[from..].iter().chain(&sheet.next).map(|seen| seen.alone()).collect();
    let found = stretches(items, is_it, slop, &over).into_iter();
    let found = found.map(|(first, last)| (from + first, from + last));
    found.filter(|(first, last)| *first < body.len() && *last >= body.len()).collect()
}

/// The fewest other words between the items of a phrase, where it stands on the page or runs over into the next one.
fn standing_together(
    items: &[Item],
    manner: Manner,
    level: Level,
    slop: usize,
    sheet: &Sheet,
) -> Option<usize> {
    let is_it = |item: &Item, seen: &Seen| is_it(item, manner, level, seen);
    let own = sheet.streams.iter().flat_map(|stream| stretches(items, &is_it, slop, stream));
    let over = over_the_break(items, &is_it, slop, sheet);
    own.chain(over).map(|(first, last)| last + 1 - first - items.len()).min()
}

fn rank_of_words(units: &[Vec<Item>], manner: Manner, sheet: &Sheet, marks: bool) -> Option<(Tier, usize)> {
    // Most pages lack one of them.
    places_of_units(units, manner, Level::Loose, sheet)?;
    let all = units.concat();
    let at_level = |(level, together, apart): (Level, Tier, Tier)| {
        if let [one] = units {
            return Some((together, standing_together(one, manner, level, 0, sheet)?));
        }
        let is_it = |item: &Item, seen: &Seen| is_it(item, manner, level, seen);
        if sheet.streams.iter().any(|stream| !stretches(&all, &is_it, 0, stream).is_empty()) {
            return Some((together, 0));
        }
        Some((apart, shortest(&places_of_units(units, manner, level, sheet)?)))
    };
    levels(marks).filter_map(at_level).min()
}

/// Where each unit stands, first position and the one behind the last; `None` where one does not.
fn places_of_units(
    units: &[Vec<Item>],
    manner: Manner,
    level: Level,
    sheet: &Sheet,
) -> Option<Vec<Vec<(usize, usize)>>> {
    let is_it = |item: &Item, seen: &Seen| is_it(item, manner, level, seen);
    let places = |unit: &Vec<Item>| {
        let own = sheet.streams.iter().zip(sheet.starts()).flat_map(|(stream, start)| {
            let here = stretches(unit, &is_it, 0, stream).into_iter();
            here.map(move |(first, last)| (start + first, start + last + 1))
        });
        let over = over_the_break(unit, &is_it, 0, sheet).into_iter();
        let places: Vec<_> = own.chain(over.map(|(first, last)| (first, last + 1))).collect();
        Some(places).filter(|places| !places.is_empty())
    };
    units.iter().map(places).collect()
}

/// The length of the shortest stretch that has a place of each: it begins where one of them begins.
fn shortest(places: &[Vec<(usize, usize)>]) -> usize {
    let from = |start: usize| {
        let end = |own: &Vec<(usize, usize)>| {
            own.iter().filter(|(from, _)| *from >= start).map(|(_, to)| *to).min()
        };
        places.iter().map(end).collect::<Option<Vec<_>>>()?.into_iter().max().map(|end| end - start)
    };
    places.iter().flatten().filter_map(|(start, _)| from(*start)).min().expect("each has a place")
}

/// Every way in which the items of a phrase stand with at most `slop` other words between, as places of the words.
pub(crate) fn ways(items: &[Item], manner: Manner, slop: usize, row: &[Seen]) -> Vec<Vec<usize>> {
    let here = |item: &Item, from: usize| {
        let places = row.iter().enumerate().skip(from);
        let places = places.filter(|(_, seen)| is_it(item, manner, Level::Loose, seen));
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

/// The same from the end of a page into the next one, as far as they stand on the page.
pub(crate) fn ways_over(items: &[Item], manner: Manner, slop: usize, sheet: &Sheet) -> Vec<Vec<usize>> {
    let body = sheet.body();
    let from = body.len().saturating_sub(AT_A_BREAK);
    let over: Vec<Seen> = body[from..].iter().chain(&sheet.next).map(|seen| seen.alone()).collect();
    let mut ways = ways(items, manner, slop, &over);
    ways.retain(|way| from + way[0] < body.len() && from + way[way.len() - 1] >= body.len());
    let on_page =
        |way: Vec<usize>| way.into_iter().map(|at| from + at).filter(|at| *at < body.len()).collect();
    ways.into_iter().map(on_page).collect()
}
