//! From what a person typed to a [`Query`]: any text either means something or is refused with its place.

use crate::error::QueryError;
use crate::query::{Clause, Filter, Query, QueryWord};
use record::DocType;
use std::str::FromStr;
use vitext::{ascii_slug, fold_ascii, is_marked, nfc, syllable, tokens};

const MAX_BYTES: usize = 4096;
const MAX_WORDS: usize = 64;

impl Query {
    /// Understands words (all must be on the page), `"phrases"` (also with curly quotes; one left open ends with the
    /// query), what is typed without spaces like `12/CT-VKS-P1` (its parts must stand together), and the filters
    /// `bl:45`, `bl:45-47`, `ho-so:CODE`, `loai:cao-trang` (Vietnamese or English name, `loai:"bản án"`), `nam:2019`.
    /// An unknown `name:` is words like any other.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        if text.len() > MAX_BYTES {
            return Err(QueryError::TooLong { bytes: text.len(), max: MAX_BYTES });
        }
        let text = nfc(text);
        let mut parser =
            Parser { text: &text, clauses: Vec::new(), filters: Vec::new(), words: Vec::new(), slots: 0 };
        parser.run()?;
        let Parser { clauses, filters, words, .. } = parser;
        if clauses.is_empty() && filters.is_empty() {
            return Err(QueryError::Empty);
        }
        Ok(Query { clauses, filters, words })
    }
}

impl FromStr for Query {
    type Err = QueryError;
    fn from_str(text: &str) -> Result<Self, QueryError> {
        Query::parse(text)
    }
}

struct Parser<'a> {
    text: &'a str,
    clauses: Vec<Clause>,
    filters: Vec<Filter>,
    words: Vec<QueryWord>,
    slots: usize,
}

/// A piece of the text and the byte it starts at.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    at: usize,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '＂')
}

impl<'a> Parser<'a> {
    fn run(&mut self) -> Result<(), QueryError> {
        self.refuse_wildcards()?;
        let mut at = 0;
        while let Some(c) = self.text[at..].chars().next() {
            if c.is_whitespace() {
                at += c.len_utf8();
            } else if is_quote(c) {
                let (phrase, next) = self.quoted(at);
                self.phrase(phrase)?;
                at = next;
            } else {
                at = self.chunk(at)?;
            }
        }
        Ok(())
    }

    /// What stands between the quote at `at` and the next one, and where to go on.
    fn quoted(&self, at: usize) -> (Piece<'a>, usize) {
        let quote = self.text[at..].chars().next().map_or(0, char::len_utf8);
        let start = at + quote;
        let rest = &self.text[start..];
        match rest.char_indices().find(|(_, c)| is_quote(*c)) {
            Some((len, closing)) => {
                (Piece { text: &rest[..len], at: start }, start + len + closing.len_utf8())
            }
            None => (Piece { text: rest, at: start }, self.text.len()),
        }
    }

    /// What stands at `at` up to white space or a quote: a filter or a loose word. Gives where to go on.
    fn chunk(&mut self, at: usize) -> Result<usize, QueryError> {
        let rest = &self.text[at..];
        let len = rest.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(rest.len());
        let chunk = &rest[..len];
        if let Some((name, value)) = chunk.split_once(':')
            && let Some(field) = FieldName::parse(name)
        {
            let value_at = at + name.len() + 1;
            let opens_quote = rest[len..].chars().next().is_some_and(is_quote);
            if !value.is_empty() {
                self.filter(field, Piece { text: value, at: value_at })?;
                return Ok(at + len);
            }
            if opens_quote {
                let (value, next) = self.quoted(at + len);
                self.filter(field, value)?;
                return Ok(next);
            }
        }
        self.loose(Piece { text: chunk, at })?;
        Ok(at + len)
    }

    fn phrase(&mut self, piece: Piece<'_>) -> Result<(), QueryError> {
        let unit = self.unit(piece)?;
        if !unit.is_empty() {
            self.clauses.push(Clause { units: vec![unit], quoted: true });
        }
        Ok(())
    }

    fn loose(&mut self, piece: Piece<'_>) -> Result<(), QueryError> {
        let unit = self.unit(piece)?;
        if unit.is_empty() {
            return Ok(());
        }
        match self.clauses.last_mut() {
            Some(clause) if !clause.quoted => clause.units.push(unit),
            _ => self.clauses.push(Clause { units: vec![unit], quoted: false }),
        }
        Ok(())
    }

    fn unit(&mut self, piece: Piece<'_>) -> Result<Vec<usize>, QueryError> {
        let mut unit = Vec::new();
        for token in tokens(piece.text) {
            self.slots += 1;
            if self.slots > MAX_WORDS {
                let at = self.character(piece.at + token.range.start);
                return Err(QueryError::TooManyWords { at, max: MAX_WORDS });
            }
            let word = QueryWord {
                exact: syllable::exact(token.text),
                folded: syllable::folded(token.text),
                marked: is_marked(token.text),
            };
            let known = self.words.iter().position(|w| *w == word);
            unit.push(known.unwrap_or_else(|| {
                self.words.push(word);
                self.words.len() - 1
            }));
        }
        Ok(unit)
    }

    fn filter(&mut self, field: FieldName, value: Piece<'_>) -> Result<(), QueryError> {
        let text = value.text.trim();
        let bad = |parser: &Self, expected| QueryError::BadValue {
            field: field.vietnamese(),
            value: text.to_owned(),
            at: parser.character(value.at),
            expected,
        };
        let filter = match field {
            FieldName::Folio => folio(text).ok_or_else(|| bad(self, "a bút lục such as 45, 45a or 45-47"))?,
            FieldName::Case => {
                let key = case_key(text);
                if key.is_empty() {
                    return Err(bad(self, "the code of a case file"));
                }
                Filter::Case(key)
            }
            FieldName::DocType => doc_type(text)
                .map(Filter::DocType)
                .ok_or_else(|| bad(self, "a kind of document such as cao-trang, ban-an or \"bản án\""))?,
            FieldName::Year => {
                let year = text.parse().ok().filter(|y| (1000..=9999).contains(y));
                Filter::Year(year.ok_or_else(|| bad(self, "a year of four digits"))?)
            }
        };
        self.filters.push(filter);
        Ok(())
    }

    /// `*` beside a letter or digit, `?` between two, are wildcards elsewhere; here they would be lost.
    fn refuse_wildcards(&self) -> Result<(), QueryError> {
        let mut before = ' ';
        let mut chars = self.text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let after = chars.peek().map_or(' ', |(_, c)| *c);
            let (left, right) = (before.is_alphanumeric(), after.is_alphanumeric());
            if c == '*' && (left || right) || c == '?' && left && right {
                return Err(QueryError::Wildcard { sign: c, at: self.character(at) });
            }
            before = c;
        }
        Ok(())
    }

    fn character(&self, byte: usize) -> usize {
        self.text[..byte].chars().count() + 1
    }
}

#[derive(Clone, Copy)]
enum FieldName {
    Folio,
    Case,
    DocType,
    Year,
}

impl FieldName {
    fn parse(name: &str) -> Option<Self> {
        let name = fold_ascii(name).to_ascii_lowercase().replace('_', "-");
        match name.as_str() {
            "bl" | "but-luc" | "folio" => Some(Self::Folio),
            "ho-so" | "hs" | "case" => Some(Self::Case),
            "loai" | "type" => Some(Self::DocType),
            "nam" | "year" => Some(Self::Year),
            _ => None,
        }
    }
    fn vietnamese(self) -> &'static str {
        match self {
            Self::Folio => "bl",
            Self::Case => "ho-so",
            Self::DocType => "loai",
            Self::Year => "nam",
        }
    }
}

/// A case code as it is compared in filters: folded, lower case.
pub(crate) fn case_key(code: &str) -> String {
    fold_ascii(&nfc(code)).to_lowercase()
}

/// A bút lục as it is compared: folded, lower case, no leading zeros, no white space.
pub(crate) fn folio_key(label: &str) -> String {
    let key: String = fold_ascii(&nfc(label)).to_lowercase().split_whitespace().collect();
    let trimmed = key.trim_start_matches('0');
    if trimmed.starts_with(|c: char| c.is_ascii_digit()) { trimmed.to_owned() } else { key }
}

/// The number a bút lục starts with.
pub(crate) fn folio_number(label: &str) -> Option<u64> {
    let digits = label.find(|c: char| !c.is_ascii_digit()).unwrap_or(label.len());
    label[..digits].parse().ok()
}

fn folio(text: &str) -> Option<Filter> {
    let key = folio_key(text);
    let parts: Vec<&str> = key.split(['-', '–']).flat_map(|p| p.split("..")).collect();
    let is_label = |part: &str| {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_lowercase());
        part.len() - digits.len() <= 1
            && folio_number(digits).is_some()
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    match parts.as_slice() {
        [one] if is_label(one) => Some(Filter::Folio(key)),
        [first, last] => {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then_some(Filter::FolioRange(first, last))
        }
        _ => None,
    }
}

fn doc_type(text: &str) -> Option<DocType> {
    let slug = |text: &str| ascii_slug(text).to_ascii_lowercase();
    let asked = slug(text);
    DocType::ALL
        .iter()
        .copied()
        .find(|t| asked == t.code() || asked == slug(t.vietnamese()) || asked == slug(t.english()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Vec<(bool, Vec<Vec<String>>)> {
        let query = Query::parse(text).unwrap();
        let unit = |u: &Vec<usize>| u.iter().map(|s| query.words[*s].folded.clone()).collect();
        query.clauses.iter().map(|c| (c.quoted, c.units.iter().map(unit).collect())).collect()
    }
    fn units(units: &[&[&str]]) -> Vec<Vec<String>> {
        units.iter().map(|u| u.iter().map(|w| (*w).to_owned()).collect()).collect()
    }

    #[test]
    fn words_phrases_and_codes() {
        assert_eq!(shape("Tội trộm"), [(false, units(&[&["toi"], &["trom"]]))]);
        assert_eq!(shape("12/CT-VKS, an"), [(false, units(&[&["12", "ct", "vks"], &["an"]]))]);
        assert_eq!(
            shape("a “viện kiểm sát” b c"),
            [
                (false, units(&[&["a"]])),
                (true, units(&[&["vien", "kiem", "sat"]])),
                (false, units(&[&["b"], &["c"]])),
            ]
        );
        assert_eq!(shape("\"còn mở"), [(true, units(&[&["con", "mo"]]))]);
        assert_eq!(shape("năm: 2019, lạ:x"), [(false, units(&[&["nam"], &["2019"], &["la", "x"]]))]);
        assert_eq!(shape("Ai làm? \"\" …"), [(false, units(&[&["ai"], &["lam"]]))]);
    }

    #[test]
    fn filters_are_taken_out_of_the_words() {
        let query =
            Query::parse("bl:045A trộm loại:\"Bản án\" cắp ho_so:HS-Đ/01 nam:2019 BL:45-47 loai:indictment")
                .unwrap();
        assert_eq!(
            query.filters,
            [
                Filter::Folio("45a".into()),
                Filter::DocType(DocType::BanAn),
                Filter::Case("hs-d/01".into()),
                Filter::Year(2019),
                Filter::FolioRange(45, 47),
                Filter::DocType(DocType::CaoTrang),
            ]
        );
        assert_eq!(query.clauses.len(), 1);
        assert_eq!(query.clauses[0].units.len(), 2);
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        assert_eq!(Query::parse(" ... "), Err(QueryError::Empty));
        assert_eq!(Query::parse("tội tr*"), Err(QueryError::Wildcard { sign: '*', at: 7 }));
        assert_eq!(Query::parse("to\u{302}\u{323}i t?i"), Err(QueryError::Wildcard { sign: '?', at: 6 }));
        assert!(matches!(
            Query::parse("x loai:blah"),
            Err(QueryError::BadValue { field: "loai", at: 8, .. })
        ));
        for bad in ["bl:x", "bl:47-45", "bl:45ab", "bl:-", "nam:19", "nam:abcd", "bl:1-2-3"] {
            assert!(matches!(Query::parse(bad), Err(QueryError::BadValue { .. })), "{bad}");
        }
        let many = "từ ".repeat(65);
        assert_eq!(Query::parse(&many), Err(QueryError::TooManyWords { at: 193, max: 64 }));
        assert!(matches!(Query::parse(&"x".repeat(5000)), Err(QueryError::TooLong { .. })));
    }
}
