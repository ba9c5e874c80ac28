//! The fields of a page, and the tokenizer that does nothing but split at spaces.

use tantivy::schema::{Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};

/// The version of the fields. Raised when a field changes; the analyzer has its own number
/// ([`vitext::syllable::ANALYZER`]).
pub const SCHEMA_VERSION: u32 = 2;

const SPACES: &str = "spaces";

/// docs/format/index.md lists them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) key: Field,
    pub(crate) case: Field,
    pub(crate) case_key: Field,
    pub(crate) document: Field,
    pub(crate) page: Field,
    pub(crate) folio: Field,
    pub(crate) folio_key: Field,
    pub(crate) folio_number: Field,
    pub(crate) doc_type: Field,
    pub(crate) date_from: Field,
    pub(crate) date_to: Field,
    pub(crate) year: Field,
    pub(crate) secrecy: Field,
    pub(crate) unit: Field,
    pub(crate) refs: Field,
    pub(crate) units: Field,
    pub(crate) persons: Field,
    pub(crate) exact: Field,
    pub(crate) folded: Field,
    pub(crate) alt: Field,
}

pub(crate) mod name {
    pub(crate) const CASE: &str = "case";
    pub(crate) const DOCUMENT: &str = "document";
    pub(crate) const PAGE: &str = "page";
    pub(crate) const FOLIO: &str = "folio";
    pub(crate) const DOC_TYPE: &str = "doc_type";
    pub(crate) const DATE_FROM: &str = "date_from";
    pub(crate) const DATE_TO: &str = "date_to";
}

pub(crate) fn build() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    // Without field norms: ranks never look at lengths, and the engine's statistics cover pages that the asker may
    // not see.
    let indexing = |tokenizer: &str, option| {
        TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option).set_fieldnorms(false)
    };
    let term = TextOptions::default().set_indexing_options(indexing("raw", IndexRecordOption::Basic));
    let column = TextOptions::default().set_fast("raw");
    let term_and_column = term.clone().set_fast("raw");
    let words = TextOptions::default()
        .set_indexing_options(indexing(SPACES, IndexRecordOption::WithFreqsAndPositions));
    let number = NumericOptions::default().set_fast();
    let number_term = NumericOptions::default().set_indexed();
    let fields = Fields {
        key: schema.add_text_field("key", term.clone()),
        case: schema.add_text_field(name::CASE, term_and_column.clone()),
        case_key: schema.add_text_field("case_key", term.clone()),
        document: schema.add_u64_field(name::DOCUMENT, number.clone()),
        page: schema.add_u64_field(name::PAGE, number.clone()),
        folio: schema.add_text_field(name::FOLIO, column),
        folio_key: schema.add_text_field("folio_key", term.clone()),
        folio_number: schema.add_u64_field("folio_number", number_term.clone()),
        doc_type: schema.add_text_field(name::DOC_TYPE, term_and_column),
        date_from: schema.add_i64_field(name::DATE_FROM, number.clone()),
        date_to: schema.add_i64_field(name::DATE_TO, number),
        year: schema.add_u64_field("year", number_term),
        secrecy: schema.add_text_field("secrecy", term.clone()),
        unit: schema.add_text_field("unit", term.clone()),
        refs: schema.add_text_field("refs", term),
        units: schema.add_text_field("units", words.clone()),
        persons: schema.add_text_field("persons", words.clone()),
        exact: schema.add_text_field("exact", words.clone()),
        folded: schema.add_text_field("folded", words.clone()),
        alt: schema.add_text_field("alt", words),
    };
    (schema.build(), fields)
}

pub(crate) fn register_tokenizer(index: &tantivy::Index) {
    index.tokenizers().register(SPACES, TextAnalyzer::from(Spaces::default()));
}

/// Between the tokens of one position. No token has it: it is neither letter nor digit.
pub(crate) const BESIDE: char = '|';

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
            let piece = rest.split([' ', BESIDE]).next().unwrap_or(rest);
            let from = self.at;
            // Starts before the first position (at usize::MAX), as all of the engine's own tokenizers do.
            if !self.text[..from].ends_with(BESIDE) {
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
