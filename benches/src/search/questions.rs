//! What is asked, in six kinds, and the asking itself in a process of its own.

use super::text::{Dice, STOCK, Words, laid_out};
use anyhow::{Context, Result};
use index::{Lexicon, Query, Searcher, highlight};
use record::{Clearance, Secrecy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// Questions of each kind.
const OF_EACH: usize = 40;

/// Pages nearly the same that are named beside a hit.
const SIMILAR: usize = 3;

/// Pages of a case file.
pub(super) const PAGES_A_CASE: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    TwoWords,
    RarePhrase,
    Boilerplate,
    Tolerant,
    Facets,
    Whole,
}

/// Kinds, titles, and what the slowest of twenty may take at 200,000 and at 2,000,000 pages, in ms.
pub(super) const KINDS: [(Kind, &str, [f64; 2]); 6] = [
    (Kind::TwoWords, "two words", [2.0, 10.0]),
    (Kind::RarePhrase, "rare phrase", [5.0, 15.0]),
    (Kind::Boilerplate, "boilerplate phrase, counted", [60.0, 300.0]),
    (Kind::Tolerant, "tolerant phrase of three words", [100.0, 500.0]),
    (Kind::Facets, "seven facets over everything", [40.0, 250.0]),
    (Kind::Whole, "two words or phrase, 20 hits with snippets and boxes", [80.0, 250.0]),
];

/// The words of each question; of phrases they stand together.
pub(super) fn questions(words: &Words, pages: usize) -> BTreeMap<Kind, Vec<String>> {
    let mut dice = Dice::new(99);
    let mut asked: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for n in 0..OF_EACH {
        let (a, b) = (20 + dice.below(200), 20 + dice.below(200));
        let two = format!("{} {}", words.syllables[a], words.syllables[b]);
        let stock: Vec<&str> = dice.one(STOCK).split(' ').collect();
        let phrase = stock.join(" ");
        let three = stock[..3].join(" ");
        // A name as it stands on some page.
        let name = (0..).find_map(|_| {
            let page = words.page(dice.below(pages));
            let at = page.iter().position(|word| word == "Nguyễn" || word == "Trần")?;
            Some(page.get(at..at + 4)?.join(" "))
        });
        asked.entry(Kind::TwoWords).or_default().push(two.clone());
        asked.entry(Kind::RarePhrase).or_default().extend(name);
        asked.entry(Kind::Boilerplate).or_default().push(phrase.clone());
        asked.entry(Kind::Tolerant).or_default().push(three);
        asked.entry(Kind::Whole).or_default().push(match n % 4 {
            0 => two,
            1 => vitext::fold_ascii(&two),
            2 => phrase,
            _ => vitext::fold_ascii(&phrase),
        });
        asked.entry(Kind::Facets).or_default().push(String::new());
    }
    asked
}

/// What the asking process found out.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answers {
    pub(super) open_ms: f64,
    pub(super) anonymous_bytes: u64,
    pub(super) times_ms: BTreeMap<Kind, Vec<f64>>,
    /// Of all questions of a kind together.
    pub(super) hits: BTreeMap<Kind, usize>,
}

/// Opens the index and asks, each question twice; the second time counts, for peers too.
pub(super) fn ask(dir: &Path, pages: usize) -> Result<Answers> {
    let words = Words::new();
    let started = Instant::now();
    let index = Searcher::open(dir)?;
    let open_ms = ms(started);
    let lexicon = Lexicon::public();
    let clearance = Clearance::whole_archive(Secrecy::Thuong);
    let mut answers =
        Answers { open_ms, anonymous_bytes: 0, times_ms: BTreeMap::new(), hits: BTreeMap::new() };
    for (kind, asked) in questions(&words, pages) {
        for typed in asked {
            for round in 0..2 {
                let started = Instant::now();
                let total = answer(&index, &clearance, kind, &typed, &words, &lexicon)?;
                if round == 1 {
                    answers.times_ms.entry(kind).or_default().push(ms(started) - total.1);
                    *answers.hits.entry(kind).or_default() += total.0;
                }
            }
        }
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("no RssAnon")?;
    answers.anonymous_bytes = anonymous.trim().trim_end_matches(" kB").trim().parse::<u64>()? * 1024;
    Ok(answers)
}

/// Pages found, and the milliseconds that making page texts took, which the archive's texts stand for.
fn answer(
    index: &Searcher,
    clearance: &Clearance,
    kind: Kind,
    typed: &str,
    words: &Words,
    lexicon: &Lexicon,
) -> Result<(usize, f64)> {
    let quoted = |sign: &str| Query::parse(&format!("{sign}\"{typed}\""));
    let mut query = match kind {
        Kind::TwoWords => Query::parse(typed),
        Kind::RarePhrase | Kind::Boilerplate => quoted(""),
        Kind::Tolerant => quoted("~"),
        Kind::Facets => Query::parse("do-mat:thuong"),
        Kind::Whole if typed.split(' ').count() == 2 => Query::parse(typed),
        Kind::Whole => quoted(""),
    }?;
    if kind == Kind::Facets {
        let lists = index.facets(clearance, &query)?;
        return Ok((lists.iter().flat_map(|list| &list.counts).map(|(_, pages)| pages).sum(), 0.0));
    }
    if kind == Kind::Whole {
        query.restore(lexicon);
    }
    let found = index.search(clearance, &query, 20, 0)?;
    let mut aside_ms = 0.0;
    if kind == Kind::Whole {
        for hit in &found.hits {
            let started = Instant::now();
            let case: usize = hit.case.as_str().trim_start_matches("HS-").parse()?;
            let text = laid_out(&words.page(case * PAGES_A_CASE + hit.page.get() as usize - 1));
            aside_ms += ms(started);
            let lit = highlight(&query, &text, Some(hit));
            std::hint::black_box((lit, index.similar(clearance, hit, SIMILAR)?));
        }
    }
    Ok((found.total, aside_ms))
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
