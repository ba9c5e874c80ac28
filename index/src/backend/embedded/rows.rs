//! Tokens as the embedded engine takes them: each followed by a space, an empty place for each position without a token.

use crate::analysis::GAP;
use crate::backend::{NEXT_PAGE, Seam, Term, Token};

/// Between the tokens of one position. No token has it: it is neither letter nor digit.
pub(super) const BESIDE: char = '|';

/// Names, with positions free between them.
pub(super) fn names(names: &[Vec<String>]) -> String {
    let names: Vec<String> = names.iter().map(|words| words.join(" ")).collect();
    names.join(&" ".repeat(GAP as usize))
}

/// One form of all tokens.
pub(super) fn row<'a>(tokens: &'a [Token], form: impl Fn(&'a Token) -> &'a str) -> String {
    placed(tokens.iter().map(|token| (token.position, form(token))))
}

/// The other readings of all tokens.
pub(super) fn row_of_others(tokens: &[Token]) -> String {
    let unsure = tokens.iter().filter(|token| !token.others.is_empty());
    let others: Vec<(u32, String)> =
        unsure.map(|t| (t.position, t.others.join(&BESIDE.to_string()))).collect();
    placed(others.iter().map(|(position, others)| (*position, others.as_str())))
}

/// Terms without positions.
pub(super) fn row_of_terms(terms: impl Iterator<Item = Term>) -> String {
    terms.fold(String::new(), |row, term| row + &term.text + " ")
}

/// One form of the tokens at a page break.
pub(super) fn row_of_seam(seam: &Seam, form: impl Fn(&Token) -> &str) -> String {
    let tail = seam.tail.iter().map(|token| (token.position, form(token).to_owned()));
    let head = seam.head.iter().map(|token| (token.position, format!("{NEXT_PAGE}{}", form(token))));
    let all: Vec<(u32, String)> = tail.chain(head).collect();
    placed(all.iter().map(|(position, token)| (*position, token.as_str())))
}

fn placed<'a>(pieces: impl Iterator<Item = (u32, &'a str)>) -> String {
    let mut out = String::new();
    let mut next = 0;
    for (position, piece) in pieces {
        while next < position {
            out.push(' ');
            next += 1;
        }
        out.push_str(piece);
        out.push(' ');
        next += 1;
    }
    out
}
