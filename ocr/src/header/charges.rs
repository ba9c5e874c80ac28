//! Tội danh and điều luật: what stands after "tội", known by the list of offences, and articles of the criminal code
//! with the year of the code.

use super::ACCEPT;
use super::sheet::{Evidence, Flow};
use record::{Article, Field, PartialDate, Reading};
use regex::Regex;
use std::sync::LazyLock;
use vitext::cer::distance;
use vitext::fold_ascii;
use vitext::patterns::{Citation, Code, citations};

const OFFENCES: &str = include_str!("offences.csv");
/// Of one document.
const MOST: usize = 60;
/// Bytes after "tội" in which its name begins and ends.
const LONGEST: usize = 260;
/// The law, as fields and citations name it.
const CRIMINAL_CODE: &str = "BLHS";

/// "tội", "tội danh", "Vụ án:" with what may stand before the name of the offence.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:\b(?:ve|pham|cac|hanh vi|danh|khoan)\s+)?\btoi(?:\s+danh)?\s*[:;]?\s*(?P<quote>["“”'«]\s*)?|\bvu an\s*[:\n]\s*"#).expect("a fixed pattern")
});

/// Names of offences with their folded letters.
static LIST: LazyLock<Vec<(String, Vec<char>)>> = LazyLock::new(|| {
    let mut reader = csv::Reader::from_reader(OFFENCES.as_bytes());
    let names = reader.records().filter_map(|record| record.ok()?.get(1).map(str::to_owned));
    names.map(|name| (name.clone(), letters(&name))).collect()
});

fn letters(text: &str) -> Vec<char> {
    fold_ascii(text).to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Collects charges and articles over the pages of a document.
#[derive(Default)]
pub(super) struct Collector {
    charges: Vec<(Reading<String>, u32)>,
    articles: Vec<(Reading<Article>, u32)>,
}

impl Collector {
    /// Takes those of one page.
    pub(super) fn page(&mut self, flow: &Flow<'_>) {
        for c in BEFORE.captures_iter(flow.folded.text()) {
            let from = flow.folded.original(c.get_match().range()).end;
            self.charge(flow, from, c.name("quote").is_some());
        }
        for found in citations(&flow.text) {
            if found.value.code == Some(Code::Criminal) {
                let evidence = flow.evidence(found.range);
                self.article(found.value, evidence);
            }
        }
    }

    fn charge(&mut self, flow: &Flow<'_>, from: usize, quoted: bool) {
        let mut to = (from + LONGEST).min(flow.text.len());
        while !flow.text.is_char_boundary(to) {
            to -= 1;
        }
        let rest = &flow.text[from..to];
        let reading = match listed(rest) {
            Some((name, wrong, length)) => {
                let evidence = flow.evidence(from..from + length);
                let written = rest[..length].split_whitespace().collect::<Vec<_>>().join(" ");
                let confidence = 92u8.saturating_sub(3 * wrong as u8);
                Reading {
                    read: (!same(&written, name)).then_some(written),
                    value: name.to_owned(),
                    places: evidence.places,
                    confidence,
                    rule: "offence-list".into(),
                }
            }
            None if quoted => {
                let Some(end) = rest.find(['”', '“', '"', '»', '\'']).filter(|end| (6..=200).contains(end))
                else {
                    return;
                };
                let value = rest[..end].split_whitespace().collect::<Vec<_>>().join(" ");
                let Evidence { places, mean, .. } = flow.evidence(from..from + end);
                Reading { value, read: None, places, confidence: mean.min(65), rule: "quoted-offence".into() }
            }
            None => return,
        };
        let room = self.charges.len() < MOST;
        match self.charges.iter_mut().find(|(old, _)| same(&old.value, &reading.value)) {
            Some((old, count)) => {
                *count += 1;
                if old.confidence < reading.confidence {
                    *old = reading;
                }
            }
            None if room => self.charges.push((reading, 1)),
            None => {}
        }
    }

    fn article(&mut self, found: Citation, evidence: Evidence) {
        let value = Article {
            law: CRIMINAL_CODE.into(),
            year: found.year,
            year_inferred: false,
            article: found.article,
            clauses: found.clauses,
            points: found.points,
        };
        let confidence = evidence.least.min(93);
        let room = self.articles.len() < MOST;
        match self.articles.iter_mut().find(|(old, _)| old.value == value) {
            Some((old, count)) => {
                *count += 1;
                old.confidence = old.confidence.max(confidence);
            }
            None if room => {
                let places = evidence.places;
                self.articles
                    .push((Reading { value, read: None, places, confidence, rule: "citation".into() }, 1));
            }
            None => {}
        }
    }

    /// What was found. Readings that agree are surer; an article of a code without its year gets the year of the code
    /// in force at the document's date, as a proposal.
    pub(super) fn finish(self, date: Option<PartialDate>) -> (Vec<Field<String>>, Vec<Field<Article>>) {
        let charges = self.charges.into_iter().map(|(reading, _)| Field::judged(reading, ACCEPT)).collect();
        let articles = self.articles.into_iter().map(|(mut reading, count)| {
            if count >= 2 {
                reading.confidence = reading.confidence.max(85);
            }
            if reading.value.year.is_none() {
                reading.value.year = date.and_then(in_force);
                reading.value.year_inferred = reading.value.year.is_some();
                reading.confidence = reading.confidence.min(60);
            }
            Field::judged(reading, ACCEPT)
        });
        (charges, articles.collect())
    }
}

fn same(a: &str, b: &str) -> bool {
    letters(a) == letters(b) && vitext::fold_tones(a).to_lowercase() == vitext::fold_tones(b).to_lowercase()
}

/// The code of the year in force at a date.
fn in_force(date: PartialDate) -> Option<u16> {
    match (date.year, date.month.unwrap_or(12)) {
        (2018.., _) => Some(2015),
        (2001.., _) | (2000, 7..) => Some(1999),
        (1986.., _) => Some(1985),
        _ => None,
    }
}

/// The longest offence of the list that the text begins with, its wrong letters and its bytes in the text. One letter in
/// twelve may be wrong.
fn listed(text: &str) -> Option<(&'static str, usize, usize)> {
    let mut ends = Vec::new();
    let mut folded: Vec<char> = Vec::new();
    for (at, c) in text.char_indices() {
        let plain = vitext::fold_ascii_char(c).to_ascii_lowercase();
        if plain.is_ascii_alphanumeric() {
            folded.push(plain);
            ends.push(at + c.len_utf8());
        } else if matches!(c, '.' | ';' | ':' | '”' | '"' | '»') {
            break;
        }
    }
    let mut best: Option<(usize, &'static str, usize, usize)> = None;
    for (name, key) in LIST.iter() {
        let most = key.len() / 12;
        for length in key.len().saturating_sub(most)..=(key.len() + most).min(folded.len()) {
            let wrong = distance(key, &folded[..length]) as usize;
            let score = (key.len(), usize::MAX - wrong);
            if wrong <= most
                && best.is_none_or(|(least, name, ..)| score > (letters(name).len(), usize::MAX - least))
            {
                best = Some((wrong, name, wrong, ends[length - 1]));
            }
        }
    }
    best.map(|(_, name, wrong, length)| (name, wrong, length))
}
