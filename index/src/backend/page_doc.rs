//! A page as it is kept: analysed, a plain value, the same for every engine.

use super::plan::{AS_WRITTEN, Field, Term};
use crate::analysis::{analyse, beginning, references_of};
use crate::facet::{self, Quality};
use crate::near;
use crate::query::{case_key, folded_words, folio_key, folio_number};
use crate::writer::{IndexCase, IndexPage};
use record::{CaseCode, DocumentNo, PageNo, PageText, PartialDate};
use std::collections::BTreeSet;
use vitext::patterns::DateParts;
use vitext::patterns::reference::{self, date_keys, keys_of_number};

/// The version of the fields. Raised when a field changes, or the keys in it; the analyzer has its own number
/// ([`vitext::syllable::ANALYZER`]). Every engine writes both into its stamp and refuses other ones.
pub const SCHEMA_VERSION: u32 = 6;

/// Tokens on each side of a page break that a phrase may have.
pub(crate) const SEAM: usize = 12;

/// Words that a document begins with: who issued it, number, place and date, title and what it is about (Nghị định 30/2020, annex I).
const HEADER: usize = 64;

/// A page. An engine keeps terms and positions; of [`PageDoc::case`], `page`, `document`, `folio`, `date` and the terms with a
/// column also the values themselves, and how many tokens there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDoc {
    /// Its case. With the page number it identifies the page.
    pub case: CaseCode,
    /// Its number in the case file.
    pub page: PageNo,
    /// Its document.
    pub document: DocumentNo,
    /// Bút lục as read or listed.
    pub folio: Option<String>,
    /// The number that the bút lục starts with.
    pub folio_number: Option<u64>,
    /// The date of its document as YYYYMMDD, first and last day that it may be.
    pub date: Option<(i64, i64)>,
    /// What its text looks like as a whole, where there is enough of it: [`crate::near`].
    pub fingerprint: Option<u64>,
    /// Terms of the fields without positions; of some fields a page has none, of some several.
    pub terms: Vec<Term>,
    /// Names for [`Field::Units`], each as its folded words. No phrase reaches from one into another.
    pub units: Vec<Vec<String>>,
    /// The same for [`Field::Persons`].
    pub persons: Vec<Vec<String>>,
    /// For [`Field::Exact`], `Folded` and `Alt`, by ascending positions, some of which are free.
    pub tokens: Vec<Token>,
    /// How many of them are the body's; the others are those of marks.
    pub body: usize,
    /// For [`Field::SeamExact`] and `SeamFolded`: where the body goes on, on the next page of its document.
    pub seam: Option<Seam>,
}

/// The end of a page and the beginning of the next one that has text: a phrase may run from one into the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seam {
    /// The last tokens of the body, [`SEAM`] at most.
    pub tail: Vec<Token>,
    /// The first ones of the next page's body, as many at most, with the positions behind those. In the fields they stand with
    /// [`super::NEXT_PAGE`] before them.
    pub head: Vec<Token>,
}

impl Seam {
    /// `tokens` are the body's, `next` is the page behind.
    pub(crate) fn new(tokens: &[Token], next: &PageText) -> Option<Self> {
        let mut head = beginning(next, SEAM);
        let behind = tokens.last()?.position + 1;
        head.iter_mut().for_each(|token| token.position += behind);
        let tail = tokens[tokens.len().saturating_sub(SEAM)..].to_vec();
        if head.is_empty() { None } else { Some(Self { tail, head }) }
    }
}

/// A token of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its place; neighbours differ by one.
    pub position: u32,
    /// For [`Field::Exact`].
    pub exact: String,
    /// For [`Field::Folded`].
    pub folded: String,
    /// For [`Field::Alt`]: what else it may be, folded; never what it is.
    pub others: Vec<String>,
}

impl Token {
    /// Whether it is this term.
    pub fn has(&self, term: &Term) -> bool {
        match term.field {
            Field::Exact => self.exact == term.text,
            Field::Folded => self.folded == term.text,
            Field::Alt => self.others.contains(&term.text),
            _ => false,
        }
    }
}

impl PageDoc {
    /// Analyses a page.
    pub(crate) fn new(case: &IndexCase, page: &IndexPage) -> Self {
        let code = case.code.as_str();
        let tokens = page.text.as_ref().map(analyse).unwrap_or_default();
        let folio = page.folio.as_deref().map(folio_key);
        let years: BTreeSet<u16> = page.date.map(|d| d.year).into_iter().chain(case.year).collect();
        let mut terms = vec![
            Term::new(Field::Case, code),
            Term::new(Field::CaseKey, case_key(code)),
            Term::new(Field::Secrecy, case.label.secrecy.code()),
            Term::new(Field::Unit, &case.label.unit),
        ];
        terms.extend(page.doc_type.map(|doc_type| Term::new(Field::DocType, doc_type.code())));
        terms.extend(years.into_iter().map(|year| Term::new(Field::Year, year.to_string())));
        terms.extend(case.kind.map(|kind| Term::new(Field::CaseKind, kind.code())));
        terms.push(Term::new(Field::Quality, Quality::of(page.text.as_ref()).code()));
        let references = reference_keys(case, page);
        let articles = references.iter().filter_map(|key| facet::article_of(key));
        terms.extend(articles.map(|article| Term::new(Field::Article, article)));
        terms.extend(references.iter().map(|key| Term::new(Field::Refs, key)));
        let fingerprint = near::fingerprint(&tokens);
        terms.extend(fingerprint.into_iter().flat_map(near::bands).map(|band| Term::new(Field::Near, band)));
        let folio_number = folio.as_deref().and_then(folio_number);
        terms.extend(folio.map(|key| Term::new(Field::FolioKey, key)));
        let words = |name: &String| Some(folded_words(name)).filter(|words| !words.is_empty());
        Self {
            case: case.code.clone(),
            page: page.page,
            document: page.document,
            folio: page.folio.clone(),
            folio_number,
            date: page.date.map(date_range),
            fingerprint,
            terms,
            units: std::iter::once(&case.label.unit).chain(&page.units).filter_map(words).collect(),
            persons: page.persons.iter().filter_map(words).collect(),
            body: tokens.iter().filter(|token| token.stream == 0).count(),
            tokens: tokens.into_iter().map(|token| token.token).collect(),
            seam: None,
        }
    }

    /// Says that its document begins with it, so that its first words are the header's.
    pub(crate) fn begin_document(&mut self) {
        let header = &self.tokens[..self.body.min(HEADER)];
        let words =
            header.iter().flat_map(|token| [token.folded.clone(), format!("{AS_WRITTEN}{}", token.exact)]);
        let words: BTreeSet<String> = words.collect();
        self.terms.extend(words.into_iter().map(|word| Term::new(Field::Header, word)));
    }
}

/// What a page refers to: by its text, by what is known of its document, and by the code of its case file.
fn reference_keys(case: &IndexCase, page: &IndexPage) -> BTreeSet<String> {
    let date = page.date.map(|d| DateParts { year: d.year, month: d.month, day: d.day });
    let known = date.map(date_keys).into_iter().chain(page.number.as_deref().map(keys_of_number)).flatten();
    let known = known.chain(reference::case_key(case.code.as_str()));
    let read = page.text.iter().flat_map(references_of).map(|reference| reference.key);
    known.chain(read).collect()
}

/// A date as the range YYYYMMDD..=YYYYMMDD; a month ends with 31, a year with 1231.
fn date_range(date: PartialDate) -> (i64, i64) {
    let of = |month: u8, day: u8| i64::from(date.year) * 10_000 + i64::from(month) * 100 + i64::from(day);
    match (date.month, date.day) {
        (Some(month), Some(day)) => (of(month, day), of(month, day)),
        (Some(month), None) => (of(month, 1), of(month, 31)),
        (None, _) => (of(1, 1), of(12, 31)),
    }
}

/// The date of a document from the range that [`PageDoc::date`] keeps; `None` where it is no such range.
pub fn date_of_range(from: i64, to: i64) -> Option<PartialDate> {
    let year = u16::try_from(from / 10_000).ok()?;
    let month = u8::try_from(from / 100 % 100).ok();
    let day = u8::try_from(from % 100).ok();
    Some(match () {
        () if from == to => PartialDate { year, month, day },
        () if from / 100 == to / 100 => PartialDate { year, month, day: None },
        () => PartialDate { year, month: None, day: None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_survive_as_ranges() {
        for text in ["1998", "1998-05", "1998-05-31", "1998-01-01", "1968-12"] {
            let date = PartialDate::parse(text).unwrap();
            let (from, to) = date_range(date);
            assert_eq!(date_of_range(from, to), Some(date), "{text}: {from}..{to}");
        }
        assert_eq!(date_range(PartialDate::parse("1998-05").unwrap()), (19_980_501, 19_980_531));
    }
}
