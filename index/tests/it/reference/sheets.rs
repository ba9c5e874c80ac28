//! Generated pages: what stands on them is known word by word.

use super::sayings::{Date, NUMBERS, SAYINGS, Says};
use super::words::{PAGE_NUMBERS, VOCABULARY, Word};
use crate::pages::{labelled, page, page_text};
use index::{CaseKind, IndexCase, IndexPage, Indexer};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use record::{BlockKind, DocType, DocumentNo, PageText, PartialDate, Secrecy};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

pub(crate) const LEVELS: [Secrecy; 4] = [Secrecy::Thuong, Secrecy::Mat, Secrecy::ToiMat, Secrecy::TuyetMat];
/// Those that own case files; one is not named.
pub(crate) const UNITS: [&str; 4] = ["KV7", "KV8", "Viện KSND khu vực 7", ""];
const ISSUERS: [&str; 3] = ["Tòa án nhân dân tỉnh Hải Giang", "Công an khu vực 7", "VKSND tỉnh Hải Giang"];
const PERSONS: [&str; 4] = ["Nguyễn Văn Án", "Trần Thị Khởi", "Lý Văn Kiểm", "Nguyễn Thị Ấn"];
const TYPES: [DocType; 4] =
    [DocType::BanAn, DocType::CaoTrang, DocType::QuyetDinhKhoiToVuAn, DocType::CongVan];
const DATES: [Date; 6] = [
    Date::day(1998, 5, 12),
    Date::day(1999, 12, 31),
    Date::month(1998, 5),
    Date::month(2000, 2),
    Date::year(1999),
    Date::year(2001),
];
/// Of words in turn.
const CONFIDENCES: [[u8; 2]; 5] = [[96, 96], [96, 85], [80, 80], [60, 88], [60, 60]];
const OF_MARKS: u8 = 30;

/// Words on each side of a page break that a phrase may have.
pub(crate) const AT_A_BREAK: usize = 12;
/// Positions before a mark that are left free.
const BEFORE_A_MARK: usize = 16;
/// Words of a body that are the header's, on the first page of a document.
const HEADER: usize = 64;

/// A word on a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) read: &'static Word,
    /// What else it may be.
    pub(crate) others: [Option<&'static Word>; 2],
    /// The saying that it is a word of, by its place in the list.
    pub(crate) said: Option<usize>,
    /// What is written between it and the next one.
    then: &'static str,
    look: Look,
}

#[derive(Debug, Clone, Copy)]
enum Look {
    AsListed,
    Capitals,
    /// Letters and marks apart.
    Decomposed,
}

impl Seen {
    fn plain(read: &'static Word, then: &'static str) -> Self {
        Self { read, others: [None; 2], said: None, then, look: Look::AsListed }
    }

    /// Without what else it may be.
    pub(crate) fn alone(self) -> Self {
        Self { others: [None; 2], ..self }
    }

    fn written(&self) -> String {
        let word = &self.read.written;
        let word = match self.look {
            Look::AsListed => word.clone(),
            Look::Capitals => word.to_uppercase(),
            Look::Decomposed => word.nfd().collect(),
        };
        let others = self.others.iter().flatten().map(|other| format!("|{}", other.written));
        format!("{word}{}{}", others.collect::<String>(), self.then)
    }

    /// How many words further the next one stands.
    fn step(&self) -> usize {
        self.then.split(|c: char| !c.is_whitespace()).filter(|gap| !gap.is_empty()).count()
    }
}

/// A page.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) case: String,
    pub(crate) no: u32,
    pub(crate) document: u32,
    pub(crate) secrecy: Secrecy,
    pub(crate) unit: &'static str,
    pub(crate) kind: Option<CaseKind>,
    /// Of the register.
    pub(crate) year: Option<u16>,
    /// Number, letter behind it, as written.
    pub(crate) folio: Option<(u64, Option<char>, String)>,
    pub(crate) doc_type: Option<DocType>,
    pub(crate) date: Option<Date>,
    /// One of the list of numbers.
    number: Option<usize>,
    issuers: Vec<&'static str>,
    pub(crate) persons: Vec<&'static str>,
    /// Body and marks: no phrase reaches from one into another.
    pub(crate) streams: Vec<Vec<Seen>>,
    /// Whether the body's first word is the page number, alone on its line.
    is_numbered: bool,
    is_read: bool,
    confidences: [u8; 2],
    /// Whether its document begins with it.
    pub(crate) begins: bool,
    /// How the body of the next page of its document begins.
    pub(crate) next: Vec<Seen>,
}

impl Sheet {
    pub(crate) fn body(&self) -> &[Seen] {
        &self.streams[0]
    }

    pub(crate) fn length(&self) -> usize {
        self.streams.iter().map(Vec::len).sum()
    }

    /// The words of its document's header; none where the document does not begin here.
    pub(crate) fn header(&self) -> &[Seen] {
        if self.begins { &self.body()[..self.body().len().min(HEADER)] } else { &[] }
    }

    /// All that is said on it: in its text, and of its document.
    pub(crate) fn says(&self) -> Vec<&'static Says> {
        let said: BTreeSet<usize> = self.streams.iter().flatten().filter_map(|seen| seen.said).collect();
        said.into_iter().flat_map(|saying| SAYINGS[saying].says).collect()
    }

    /// The number of its document, without zeros and folded.
    pub(crate) fn number(&self) -> Option<(&'static str, &'static str)> {
        self.number.map(|number| (NUMBERS[number].1, NUMBERS[number].2))
    }

    /// Units that it is of or comes from.
    pub(crate) fn units(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.unit).chain(self.issuers.iter().copied())
    }

    /// The position of the first word of each stream.
    pub(crate) fn starts(&self) -> Vec<usize> {
        let mut next = 0;
        let mut starts = Vec::new();
        for stream in &self.streams {
            next += if next > 0 { BEFORE_A_MARK } else { 0 };
            starts.push(next);
            next += stream.len();
        }
        starts
    }

    /// For each word, stream after stream, which word of the text between white space it belongs to.
    pub(crate) fn places(&self) -> Vec<usize> {
        let mut at = 0;
        let mut places = Vec::new();
        for seen in self.streams.iter().flatten() {
            places.push(at);
            at += seen.step();
        }
        places
    }

    /// How sure its body was read.
    pub(crate) fn quality(&self) -> &'static str {
        let body: String = self.body().iter().map(Seen::written).collect();
        let (mut sum, mut chars) = (0, 0);
        for (word, confidence) in body.split_whitespace().zip(self.confidences.iter().cycle()) {
            let length = word.split('|').next().unwrap_or_default().chars().count();
            (sum, chars) = (sum + length * usize::from(*confidence), chars + length);
        }
        match sum {
            _ if !self.is_read || chars == 0 => "khong-chu",
            sum if sum >= 90 * chars => "tot",
            sum if sum >= 75 * chars => "kha",
            _ => "kem",
        }
    }

    pub(crate) fn text(&self) -> PageText {
        let line = |stream: &Vec<Seen>| stream.iter().map(Seen::written).collect::<String>();
        let marks = self.streams[1..].iter().map(|mark| format!("\n#{}", line(mark)));
        let text = format!("{}{}", line(&self.streams[0]).trim_end(), marks.collect::<String>());
        let mut text = page_text(text.trim_start());
        let mut confidences = self.confidences.iter().cycle();
        for block in &mut text.blocks {
            let is_body = block.kind == BlockKind::Body;
            for word in block.lines.iter_mut().flat_map(|line| &mut line.words) {
                word.confidence = if is_body { *confidences.next().unwrap() } else { OF_MARKS };
            }
        }
        text
    }

    pub(crate) fn partial_date(&self) -> Option<PartialDate> {
        self.date.map(|Date { year, month, day }| PartialDate { year, month, day })
    }

    fn page(&self) -> IndexPage {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        IndexPage {
            document: DocumentNo::new(self.document).unwrap(),
            folio: self.folio.as_ref().map(|(_, _, written)| written.clone()),
            doc_type: self.doc_type,
            date: self.partial_date(),
            number: self.number.map(|number| NUMBERS[number].0.to_owned()),
            units: names(&self.issuers),
            persons: names(&self.persons),
            text: self.is_read.then(|| self.text()),
            ..page(self.no, "")
        }
    }
}

fn maybe<T: Copy>(random: &mut ChaCha8Rng, list: &[T]) -> Option<T> {
    list.choose(random).copied().filter(|_| random.random_bool(0.8))
}

fn some<T: Copy>(random: &mut ChaCha8Rng, list: &[T], most: usize) -> Vec<T> {
    (0..random.random_range(0..=most)).map(|_| *list.choose(random).unwrap()).collect()
}

/// Words of the vocabulary, and sayings with such words around each.
fn stream(random: &mut ChaCha8Rng, length: usize, breaks_lines: bool) -> Vec<Seen> {
    let mut stream = Vec::new();
    for _ in 0..length {
        let then = if breaks_lines && random.random_bool(0.1) { "\n" } else { " " };
        let look =
            *[Look::AsListed, Look::AsListed, Look::Capitals, Look::Decomposed].choose(random).unwrap();
        let others = [(); 2].map(|()| VOCABULARY.choose(random).filter(|_| random.random_bool(0.06)));
        stream.push(Seen { others, look, ..Seen::plain(VOCABULARY.choose(random).unwrap(), then) });
        if random.random_bool(0.07) {
            let said = random.random_range(0..SAYINGS.len());
            let look = *[Look::AsListed, Look::Decomposed].choose(random).unwrap();
            let words = SAYINGS[said].words.iter();
            stream.extend(words.map(|(word, then)| Seen {
                said: Some(said),
                look,
                ..Seen::plain(word, then)
            }));
        }
    }
    stream
}

/// A body like one that was there before, or its own.
fn body(random: &mut ChaCha8Rng, before: &[Sheet]) -> Vec<Seen> {
    let long: Vec<&Sheet> =
        before.iter().filter(|sheet| sheet.body().len() > 30 && !sheet.is_numbered).collect();
    if let Some(known) = long.choose(random).filter(|_| random.random_bool(0.15)) {
        let mut copy = known.body().to_vec();
        for _ in 0..random.random_range(0..3) {
            let at = random.random_range(0..copy.len());
            if copy[at].said.is_none() {
                copy[at].read = VOCABULARY.choose(random).unwrap();
            }
        }
        return copy;
    }
    let length = *[0, 3, 6, 12, 12, 25, 25, 40, 80].choose(random).unwrap();
    stream(random, length, true)
}

pub(crate) fn sheets(random: &mut ChaCha8Rng) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = Vec::new();
    for case in 0..14 {
        let (secrecy, unit) = (*LEVELS.choose(random).unwrap(), *UNITS.choose(random).unwrap());
        let kind = maybe(random, &CaseKind::ALL[..4]);
        let year = maybe(random, &[1998, 1999, 2001]);
        let (mut document, mut doc_type, mut date) = (0, None, None);
        let mut issuers = Vec::new();
        for no in 1..=random.random_range(2..15) {
            if no == 1 || random.random_bool(0.3) {
                document += 1;
                (doc_type, date) = (maybe(random, &TYPES), maybe(random, &DATES));
                issuers = some(random, &ISSUERS, 2);
            }
            let mut streams = vec![body(random, &sheets)];
            let is_numbered = !streams[0].is_empty() && random.random_bool(0.1);
            if is_numbered {
                streams[0].insert(0, Seen::plain(PAGE_NUMBERS.choose(random).unwrap(), "\n"));
            }
            for _ in 0..random.random_range(0..3) {
                let length = random.random_range(1..4);
                streams.push(stream(random, length, false));
            }
            // Now and then one that was not read at all.
            let is_read = random.random_bool(0.96);
            if !is_read {
                streams = vec![Vec::new()];
            }
            let folio = random.random_bool(0.9).then(|| {
                let number = random.random_range(1..20);
                let letter = random.random_bool(0.2).then_some('a');
                let zeros = if random.random_bool(0.2) { "0" } else { "" };
                (number, letter, format!("{zeros}{number}{}", letter.map_or(String::new(), String::from)))
            });
            sheets.push(Sheet {
                case: format!("HS-{}{case:02}", if case % 4 == 3 { "Đ" } else { "" }),
                no,
                document,
                secrecy,
                unit,
                kind,
                year,
                folio,
                doc_type,
                date,
                number: maybe(random, &[0, 1, 2]).filter(|_| random.random_bool(0.3)),
                issuers: issuers.clone(),
                persons: some(random, &PERSONS, 2),
                streams,
                is_numbered: is_numbered && is_read,
                is_read,
                confidences: *CONFIDENCES.choose(random).unwrap(),
                begins: false,
                next: Vec::new(),
            });
        }
    }
    sheets.sort_by(|a, b| (&a.case, a.no).cmp(&(&b.case, b.no)));
    join(&mut sheets);
    sheets
}

/// Says of each page with a body whether its document begins with it, and how it goes on.
fn join(sheets: &mut [Sheet]) {
    let mut before: Option<usize> = None;
    for at in 0..sheets.len() {
        if sheets[at].body().is_empty() {
            continue;
        }
        let goes_on = before.filter(|before| {
            (&sheets[*before].case, sheets[*before].document) == (&sheets[at].case, sheets[at].document)
        });
        match goes_on {
            Some(before) => {
                let body = sheets[at].body()[usize::from(sheets[at].is_numbered)..].iter();
                sheets[before].next = body.take(AT_A_BREAK).copied().collect();
            }
            None => sheets[at].begins = true,
        }
        before = Some(at);
    }
}

/// Puts the sheets where a searcher finds them.
pub(crate) fn write(indexer: &mut Indexer, sheets: &[Sheet]) {
    // a case that is replaced later, so that there are deleted pages
    indexer
        .put_case(&labelled("HS-00", Secrecy::Thuong, "KV7"), [page(1, "tội án trộm"), page(99, "kiểm")])
        .unwrap();
    for chunk in sheets.chunk_by(|a, b| a.case == b.case) {
        let first = &chunk[0];
        let case = IndexCase {
            year: first.year,
            kind: first.kind,
            ..labelled(&first.case, first.secrecy, first.unit)
        };
        indexer.put_case(&case, chunk.iter().map(Sheet::page)).unwrap();
        if first.case.ends_with('5') {
            indexer.commit().unwrap();
        }
    }
    indexer.commit().unwrap();
}
