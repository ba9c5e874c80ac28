//! The fields of a page in the embedded engine, and the tokenizer that does nothing but split at spaces.

use super::rows::{self, BESIDE_BYTE};
use crate::backend::{Field, PageDoc, Term};
use tantivy::TantivyDocument;
use tantivy::schema::{IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};

const SPACES: &str = "spaces";

/// Columns: what is kept of a page beside terms.
pub(super) mod column {
    pub(in super::super) const DOCUMENT: &str = "document";
    pub(in super::super) const PAGE: &str = "page";
    pub(in super::super) const FOLIO: &str = "folio";
    pub(in super::super) const DATE_FROM: &str = "date_from";
    pub(in super::super) const DATE_TO: &str = "date_to";
    pub(in super::super) const FINGERPRINT: &str = "fingerprint";
    pub(in super::super) const LENGTH: &str = "length";
}

/// The engine's numbers for fields and columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    terms: [tantivy::schema::Field; Field::ALL.len()],
    /// Each two folded words of which the second stands right behind the first, at the place of the first: [`Fields::pair`].
    pairs: tantivy::schema::Field,
    pub(super) folio_number: tantivy::schema::Field,
    document: tantivy::schema::Field,
    page: tantivy::schema::Field,
    folio: tantivy::schema::Field,
    date_from: tantivy::schema::Field,
    date_to: tantivy::schema::Field,
    fingerprint: tantivy::schema::Field,
    length: tantivy::schema::Field,
}

impl Fields {
    pub(super) fn of(&self, field: Field) -> tantivy::schema::Field {
        self.terms[field as usize]
    }

    pub(super) fn term(&self, term: &Term) -> tantivy::Term {
        tantivy::Term::from_field_text(self.of(term.field), &term.text)
    }

    /// Two neighbours among the folded words as one term.
    pub(super) fn pair(&self, first: &str, second: &str) -> tantivy::Term {
        tantivy::Term::from_field_text(self.pairs, &rows::pair(first, second))
    }

    /// A page as the engine takes it.
    pub(super) fn document(&self, page: &PageDoc) -> TantivyDocument {
        let mut d = TantivyDocument::default();
        d.add_u64(self.document, page.document.get().into());
        d.add_u64(self.page, page.page.get().into());
        d.add_u64(self.length, page.tokens.len() as u64);
        if let Some(folio) = &page.folio {
            d.add_text(self.folio, folio);
        }
        if let Some(number) = page.folio_number {
            d.add_u64(self.folio_number, number);
        }
        if let Some((from, to)) = page.date {
            d.add_i64(self.date_from, from);
            d.add_i64(self.date_to, to);
        }
        if let Some(fingerprint) = page.fingerprint {
            d.add_u64(self.fingerprint, fingerprint);
        }
        for term in &page.terms {
            d.add_text(self.of(term.field), &term.text);
        }
        d.add_text(self.of(Field::Units), rows::names(&page.units));
        d.add_text(self.of(Field::Persons), rows::names(&page.persons));
        d.add_text(self.of(Field::Exact), rows::row(&page.tokens, |t| &t.exact));
        d.add_text(self.of(Field::Folded), rows::row(&page.tokens, |t| &t.folded));
        d.add_text(self.of(Field::Alt), rows::row_of_others(&page.tokens));
        d.add_text(self.pairs, rows::row_of_pairs(&page.tokens));
        if let Some(seam) = &page.seam {
            d.add_text(self.of(Field::SeamExact), rows::row_of_seam(seam, |t| &t.exact));
            d.add_text(self.of(Field::SeamFolded), rows::row_of_seam(seam, |t| &t.folded));
        }
        d
    }
}

pub(super) fn build() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    // Without field norms: ranks never look at lengths, and the engine's statistics cover pages that the asker may
    // not see.
    let indexing = |tokenizer: &str, option| {
        TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option).set_fieldnorms(false)
    };
    let term = TextOptions::default().set_indexing_options(indexing("raw", IndexRecordOption::Basic));
    let words = TextOptions::default()
        .set_indexing_options(indexing(SPACES, IndexRecordOption::WithFreqsAndPositions));
    let number = NumericOptions::default().set_fast();
    let terms = Field::ALL.map(|field| {
        let options = match field {
            _ if field.has_column() => term.clone().set_fast("raw"),
            _ if field.has_positions() => words.clone(),
            _ => term.clone(),
        };
        schema.add_text_field(field.name(), options)
    });
    let fields = Fields {
        terms,
        pairs: schema.add_text_field("pairs", words),
        folio_number: schema.add_u64_field("folio_number", NumericOptions::default().set_indexed()),
        document: schema.add_u64_field(column::DOCUMENT, number.clone()),
        page: schema.add_u64_field(column::PAGE, number.clone()),
        folio: schema.add_text_field(column::FOLIO, TextOptions::default().set_fast("raw")),
        date_from: schema.add_i64_field(column::DATE_FROM, number.clone()),
        date_to: schema.add_i64_field(column::DATE_TO, number.clone()),
        fingerprint: schema.add_u64_field(column::FINGERPRINT, number.clone()),
        length: schema.add_u64_field(column::LENGTH, number),
    };
    (schema.build(), fields)
}

pub(super) fn register_tokenizer(index: &tantivy::Index) {
    index.tokenizers().register(SPACES, TextAnalyzer::from(Spaces::default()));
}

/// Splits at single spaces and at [`BESIDE`]; an empty piece is a position without a token.
#[derive(Debug, Clone, Default)]
struct Spaces {
    token: Token,
}

struct Pieces<'a> {
    text: &'a str,
    at: usize,
    token: &'a mut Token,
}

impl Tokenizer for Spaces {
    type TokenStream<'a> = Pieces<'a>;
    fn token_stream<'a>(&'a mut self, text: &'a str) -> Pieces<'a> {
        self.token.reset();
        Pieces { text, at: 0, token: &mut self.token }
    }
}

impl TokenStream for Pieces<'_> {
    fn advance(&mut self) -> bool {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            // Both are single bytes, which no part of another character is.
            let len = rest.bytes().position(|byte| matches!(byte, b' ' | BESIDE_BYTE)).unwrap_or(rest.len());
            let piece = &rest[..len];
            let from = self.at;
            // Starts before the first position (at usize::MAX), as all of the engine's own tokenizers do.
            if from == 0 || self.text.as_bytes()[from - 1] != BESIDE_BYTE {
                self.token.position = self.token.position.wrapping_add(1);
            }
            self.at += piece.len() + 1;
            if !piece.is_empty() {
                self.token.offset_from = from;
                self.token.offset_to = from + piece.len();
                self.token.text.clear();
                self.token.text.push_str(piece);
                return true;
            }
        }
        false
    }
    fn token(&self) -> &Token {
        self.token
    }
    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_positions() {
        let mut spaces = Spaces::default();
        let mut stream = spaces.token_stream("viên kiêm\u{309}|kiên   sat ");
        let mut found = Vec::new();
        while stream.advance() {
            found.push((stream.token().text.clone(), stream.token().position));
        }
        assert_eq!(
            found,
            [("viên".into(), 0), ("kiêm\u{309}".into(), 1), ("kiên".into(), 1), ("sat".into(), 4)]
        );
    }
}
