//! The pieces of a typed question: words, phrases, filters, operators, brackets.

use super::Manner;
use super::field::FieldName;
use super::unused::unused_in;
use crate::error::QueryError;
use std::ops::Range;
use vitext::tokens;

/// More words between those of a phrase would reach from one mark into another.
const MAX_SLOP: u32 = 15;

/// A piece of the text and the byte it starts at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Lexeme<'a> {
    Open,
    Close,
    And(&'a str),
    Or(&'a str),
    Not(&'a str),
    Phrase { piece: Piece<'a>, manner: Manner, slop: u32 },
    Loose { piece: Piece<'a>, manner: Manner },
    Filter { field: FieldName, value: Piece<'a> },
}

/// A typed question in pieces.
pub(super) struct Lexed<'a> {
    /// In order, each with the byte it starts at.
    pub(super) lexemes: Vec<(usize, Lexeme<'a>)>,
    /// Signs that mean nothing where they stand, in bytes.
    pub(super) unused: Vec<Range<usize>>,
}

/// The pieces of NFC text.
pub(super) fn lexed(text: &str) -> Result<Lexed<'_>, QueryError> {
    let mut lexer = Lexer { text, found: Vec::new(), unused: Vec::new() };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        at = match c {
            _ if is_blank(c) => at + c.len_utf8(),
            '(' => lexer.push(at, Lexeme::Open, at + 1),
            ')' => lexer.push(at, Lexeme::Close, at + 1),
            _ if is_quote(c) => lexer.phrase(at, at, Manner::Plain)?,
            _ => lexer.chunk(at)?,
        };
    }
    Ok(Lexed { lexemes: lexer.found, unused: lexer.unused })
}

/// The character of a text, from 1, that a byte belongs to.
pub(super) fn character(text: &str, byte: usize) -> usize {
    text[..byte].chars().count() + 1
}

pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '＂')
}

pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

struct Lexer<'a> {
    text: &'a str,
    found: Vec<(usize, Lexeme<'a>)>,
    unused: Vec<Range<usize>>,
}

impl<'a> Lexer<'a> {
    fn push(&mut self, at: usize, lexeme: Lexeme<'a>, next: usize) -> usize {
        self.found.push((at, lexeme));
        next
    }

    fn next_char(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    fn place(&self, byte: usize) -> usize {
        character(self.text, byte)
    }

    /// What stands between the quote at `at` and the next one, and where to go on.
    fn quoted(&self, at: usize) -> Result<(Piece<'a>, usize), QueryError> {
        let sign = self.next_char(at).unwrap_or('"');
        let start = at + sign.len_utf8();
        let rest = &self.text[start..];
        let (len, closing) = rest
            .char_indices()
            .find(|(_, c)| is_quote(*c))
            .ok_or(QueryError::Unclosed { sign, at: self.place(at) })?;
        Ok((Piece { text: &rest[..len], at: start }, start + len + closing.len_utf8()))
    }

    /// A phrase whose quote is at `quote`, with the sign before it at `at`.
    fn phrase(&mut self, at: usize, quote: usize, manner: Manner) -> Result<usize, QueryError> {
        let (piece, end) = self.quoted(quote)?;
        let (slop, next) = self.slop(end)?;
        if tokens(piece.text).next().is_none() {
            // Signs of a phrase without words.
            self.unused.extend([at..quote, end..next].into_iter().filter(|signs| !signs.is_empty()));
        }
        self.note_unused(piece, true);
        Ok(self.push(at, Lexeme::Phrase { piece, manner, slop }, next))
    }

    fn note_unused(&mut self, piece: Piece<'_>, is_quoted: bool) {
        let range = piece.at..piece.at + piece.text.len();
        self.unused.extend(unused_in(self.text, range, is_quoted));
    }

    fn push_words(&mut self, at: usize, piece: Piece<'a>, manner: Manner) -> usize {
        self.note_unused(piece, false);
        self.push(at, Lexeme::Loose { piece, manner }, piece.at + piece.text.len())
    }

    /// `~2` behind a phrase.
    fn slop(&self, at: usize) -> Result<(u32, usize), QueryError> {
        let Some(rest) = self.text[at..].strip_prefix('~') else { return Ok((0, at)) };
        let number = tokens(rest).next().filter(|token| token.range.start == 0);
        match number.as_ref().and_then(|number| number.text.parse().ok()) {
            Some(slop) if slop <= MAX_SLOP => {
                Ok((slop, at + 1 + number.map_or(0, |number| number.range.end)))
            }
            _ => Err(QueryError::Slop { at: self.place(at), max: MAX_SLOP }),
        }
    }

    /// What stands at `at` up to white space, a quote or a bracket.
    fn chunk(&mut self, at: usize) -> Result<usize, QueryError> {
        let rest = &self.text[at..];
        let signed = rest.chars().next().zip(rest.chars().nth(1));
        match signed {
            Some(('-', next)) if self.begins_here(at) && (begins(next) || "(=~".contains(next)) => {
                return Ok(self.push(at, Lexeme::Not(&rest[..1]), at + 1));
            }
            Some((sign @ ('=' | '~'), '(')) => return Err(QueryError::Sign { sign, at: self.place(at) }),
            Some((sign @ ('=' | '~'), next)) if begins(next) => {
                let manner = if sign == '=' { Manner::Exact } else { Manner::Tolerant };
                if is_quote(next) {
                    return self.phrase(at, at + 1, manner);
                }
                let piece = self.piece(at + 1);
                if let Some((name, _)) = piece.text.split_once(':')
                    && FieldName::parse(name).is_some()
                {
                    return Err(QueryError::Sign { sign, at: self.place(at) });
                }
                return Ok(self.push_words(at, piece, manner));
            }
            _ => {}
        }
        let piece = self.piece(at);
        let next = at + piece.text.len();
        let lexeme = match piece.text {
            word @ ("VÀ" | "AND") => Lexeme::And(word),
            word @ ("HOẶC" | "OR") => Lexeme::Or(word),
            word @ ("KHÔNG" | "NOT") => Lexeme::Not(word),
            _ => return self.filter_or_words(piece),
        };
        Ok(self.push(at, lexeme, next))
    }

    /// A sign means something only where a word could begin.
    fn begins_here(&self, at: usize) -> bool {
        self.text[..at].chars().next_back().is_none_or(|c| is_blank(c) || c == '(')
    }

    fn piece(&self, at: usize) -> Piece<'a> {
        let rest = &self.text[at..];
        let ends = |c: char| is_blank(c) || is_quote(c) || matches!(c, '(' | ')');
        Piece { text: &rest[..rest.find(ends).unwrap_or(rest.len())], at }
    }

    /// `name:value`, `name:"value"`, or words. A name with a space behind its colon (`Số: 12`) is a word of running text.
    fn filter_or_words(&mut self, piece: Piece<'a>) -> Result<usize, QueryError> {
        let end = piece.at + piece.text.len();
        let Some((name, value)) = piece.text.split_once(':') else {
            return Ok(self.push_words(piece.at, piece, Manner::Plain));
        };
        let value = Piece { text: value, at: piece.at + name.len() + 1 };
        let opens_quote = value.text.is_empty() && self.next_char(end).is_some_and(is_quote);
        let has_value = opens_quote || value.text.starts_with(char::is_alphanumeric);
        let at = self.place(piece.at);
        let Some(field) = FieldName::parse(name) else {
            let is_name = name.starts_with(char::is_alphabetic)
                && name.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_'));
            if is_name && has_value {
                return Err(QueryError::UnknownField { name: name.to_owned(), at });
            }
            return Ok(self.push_words(piece.at, piece, Manner::Plain));
        };
        if opens_quote {
            let (value, next) = self.quoted(end)?;
            if self.next_char(next) == Some('~') {
                return Err(QueryError::Slop { at: self.place(next), max: MAX_SLOP });
            }
            if value.text.trim().is_empty() {
                return Err(QueryError::EmptyField { field: field.vietnamese(), at });
            }
            if field.takes_words() {
                self.note_unused(value, true);
            }
            return Ok(self.push(piece.at, Lexeme::Filter { field, value }, next));
        }
        if value.text.is_empty() {
            let rest = self.text[end..].trim_start_matches(is_blank);
            if rest.is_empty() || rest.starts_with(')') || rest.len() == self.text.len() - end {
                return Err(QueryError::EmptyField { field: field.vietnamese(), at });
            }
            return Ok(self.push_words(piece.at, piece, Manner::Plain));
        }
        if field.takes_words() {
            self.note_unused(value, false);
        }
        Ok(self.push(piece.at, Lexeme::Filter { field, value }, end))
    }
}

/// Whether a word or phrase begins with it.
fn begins(c: char) -> bool {
    c.is_alphanumeric() || is_quote(c)
}
