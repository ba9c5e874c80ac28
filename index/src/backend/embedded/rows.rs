//! Tokens as the embedded engine takes them: each followed by a space, an empty place for each position without a token.

use crate::analysis::GAP;
use crate::backend::{NEXT_PAGE, Seam, Token};

/// Between the tokens of one position. No token has it: it is neither letter nor digit.
pub(super) const BESIDE: char = '|';
pub(super) const BESIDE_BYTE: u8 = BESIDE as u8;

/// Between the two words of a pair. No token has it either.
const NEXT_WORD: char = '+';

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

/// Each two folded tokens of which the second stands right behind the first, at the place of the first.
pub(super) fn row_of_pairs(tokens: &[Token]) -> String {
    let neighbours = tokens.windows(2).filter(|two| two[0].position + 1 == two[1].position);
    let pairs: Vec<(u32, String)> =
        neighbours.map(|two| (two[0].position, pair(&two[0].folded, &two[1].folded))).collect();
    placed(pairs.iter().map(|(position, pair)| (*position, pair.as_str())))
}

/// Two words as one.
pub(super) fn pair(first: &str, second: &str) -> String {
    format!("{first}{NEXT_WORD}{second}")
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
