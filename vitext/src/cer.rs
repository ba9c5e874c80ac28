//! Character and word error rates by global edit distance (Levenshtein: insertions, deletions, substitutions cost
//! one), over NFC text with runs of white space as one space and none at the ends.
//!
//! Errors and lengths are counted, not divided, so that totals over pages are sums and long pages weigh more.

use crate::fold::{fold_ascii, fold_tones, nfc};
use std::collections::HashMap;
use std::hash::Hash;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// What of the letters is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// Every mark.
    Exact,
    /// Qualities, no tones.
    ToneFolded,
    /// No marks at all.
    AsciiFolded,
}

impl Level {
    /// All of them, strictest first.
    pub const ALL: [Level; 3] = [Level::Exact, Level::ToneFolded, Level::AsciiFolded];
}

/// Edits needed to make the truth out of the hypothesis, and the length of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErrorCount {
    /// Characters or words inserted, deleted or replaced.
    pub edits: u64,
    /// Characters or words of the truth.
    pub length: u64,
}

impl ErrorCount {
    /// Edits for each character or word of the truth; may exceed 1. With an empty truth: 0 if nothing was read,
    /// else 1.
    pub fn rate(&self) -> f64 {
        match (self.edits, self.length) {
            (0, 0) => 0.0,
            (_, 0) => 1.0,
            (edits, length) => edits as f64 / length as f64,
        }
    }
}

impl Add for ErrorCount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { edits: self.edits + other.edits, length: self.length + other.length }
    }
}

impl AddAssign for ErrorCount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for ErrorCount {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// Character errors of a hypothesis. Two pages of 10,000 characters take some milliseconds when optimised.
pub fn cer(truth: &str, hypothesis: &str, level: Level) -> ErrorCount {
    let truth: Vec<char> = normalised(truth, level).chars().collect();
    let hypothesis: Vec<char> = normalised(hypothesis, level).chars().collect();
    ErrorCount { edits: distance(&truth, &hypothesis), length: truth.len() as u64 }
}

/// Word errors of a hypothesis; a word is what stands between spaces.
pub fn wer(truth: &str, hypothesis: &str, level: Level) -> ErrorCount {
    let (truth, hypothesis) = (normalised(truth, level), normalised(hypothesis, level));
    let truth: Vec<&str> = truth.split_whitespace().collect();
    let hypothesis: Vec<&str> = hypothesis.split_whitespace().collect();
    ErrorCount { edits: distance(&truth, &hypothesis), length: truth.len() as u64 }
}

/// The text as it is compared: NFC, white space collapsed and trimmed, folded to the level.
pub fn normalised(text: &str, level: Level) -> String {
    let mut out = String::with_capacity(text.len());
    for word in nfc(text).split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    match level {
        Level::Exact => out,
        Level::ToneFolded => fold_tones(&out),
        Level::AsciiFolded => fold_ascii(&out),
    }
}

/// The edit distance of two sequences: bit-parallel (Myers 1999, in blocks after Hyyrö 2003), time
/// `a.len() * b.len() / 64`, memory linear in `a.len()`.
pub fn distance<T: Eq + Hash>(a: &[T], b: &[T]) -> u64 {
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - suffix], &b[..b.len() - suffix]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) as u64;
    }
    let mut column = Column::new(a.iter(), a.len());
    let mut score = a.len() as u64;
    for item in b {
        score = score.wrapping_add_signed(column.step(item));
    }
    score
}

/// A column of the distance matrix, as vertical differences of 64 rows at once.
pub(crate) struct Column<'a, T> {
    /// Where each item stands: block and bits in it, of blocks that have it only.
    places: HashMap<&'a T, Vec<(usize, u64)>>,
    /// Rows that are one more than the row above; from the first row on, the row of the empty beginning left out.
    plus: Vec<u64>,
    /// Rows that are one less.
    minus: Vec<u64>,
    /// Rows that are the same as the one above in the column before.
    diagonal: Vec<u64>,
    /// Rows whose item is that of the column, for the while of a step.
    equal: Vec<u64>,
    last: u64,
}

impl<'a, T: Eq + Hash> Column<'a, T> {
    /// The column before the first item of the other sequence; `length` items, not none.
    pub(crate) fn new(items: impl Iterator<Item = &'a T>, length: usize) -> Self {
        let blocks = length.div_ceil(64);
        let mut places: HashMap<&T, Vec<(usize, u64)>> = HashMap::new();
        for (idx, item) in items.enumerate() {
            let of_item = places.entry(item).or_default();
            match of_item.last_mut() {
                Some((block, bits)) if *block == idx / 64 => *bits |= 1 << (idx % 64),
                _ => of_item.push((idx / 64, 1 << (idx % 64))),
            }
        }
        let (plus, minus) = (vec![u64::MAX; blocks], vec![0; blocks]);
        let last = 1u64 << ((length - 1) % 64);
        Self { places, plus, minus, diagonal: vec![0; blocks], equal: vec![0; blocks], last }
    }

    /// Goes on to the column of this item; by how much the last row differs from the column before.
    pub(crate) fn step(&mut self, item: &T) -> i64 {
        let places = self.places.get(item).map_or(&[][..], Vec::as_slice);
        for &(block, bits) in places {
            self.equal[block] = bits;
        }
        let (mut carry_plus, mut carry_minus) = (1u64, 0u64);
        let mut change = 0;
        for block in 0..self.plus.len() {
            let (vp, vn) = (self.plus[block], self.minus[block]);
            let x = self.equal[block] | carry_minus;
            let d0 = ((x & vp).wrapping_add(vp) ^ vp) | x | vn;
            let hp = vn | !(d0 | vp);
            let hn = d0 & vp;
            if block + 1 == self.plus.len() {
                change = i64::from(hp & self.last != 0) - i64::from(hn & self.last != 0);
            }
            let (hp, out_plus) = (hp << 1 | carry_plus, hp >> 63);
            let (hn, out_minus) = (hn << 1 | carry_minus, hn >> 63);
            self.plus[block] = hn | !(d0 | hp);
            self.minus[block] = hp & d0;
            self.diagonal[block] = d0;
            (carry_plus, carry_minus) = (out_plus, out_minus);
        }
        for &(block, _) in places {
            self.equal[block] = 0;
        }
        change
    }

    /// Whether a row (from 0) is one more than the row above it.
    pub(crate) fn rises(&self, row: usize) -> bool {
        self.plus[row / 64] >> (row % 64) & 1 == 1
    }

    /// Whether a row is one less than the row above it.
    pub(crate) fn falls(&self, row: usize) -> bool {
        self.minus[row / 64] >> (row % 64) & 1 == 1
    }

    /// All of [`Self::rises`].
    pub(crate) fn plus(&self) -> &[u64] {
        &self.plus
    }

    /// Rows that are the same as the row above them in the column before.
    pub(crate) fn diagonal(&self) -> &[u64] {
        &self.diagonal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_distances() {
        let d = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(d("kitten", "sitting"), 3);
        assert_eq!(d("", "abc"), 3);
        assert_eq!(d("abc", ""), 3);
        assert_eq!(d("intention", "execution"), 5);
        let long = "x".repeat(200);
        assert_eq!(d(&long, &format!("a{}", &long[..199])), 1);
        assert_eq!(d(&"ab".repeat(100), &"ba".repeat(100)), 2);
        assert_eq!(d(&format!("p{long}q"), &format!("r{}s", "y".repeat(130))), 202);
    }

    #[test]
    fn levels_forgive_what_they_fold() {
        let (truth, read) = ("tội  ấy\nđã rõ", "tôi ay đa rỏ");
        let edits = |level| cer(truth, read, level).edits;
        assert_eq!([edits(Level::Exact), edits(Level::ToneFolded), edits(Level::AsciiFolded)], [4, 1, 0]);
        let words = wer(truth, read, Level::Exact);
        assert_eq!((words.edits, words.length), (4, 4));
        assert_eq!(wer(truth, read, Level::ToneFolded).edits, 1);
        assert_eq!(cer("a\u{301}n", "án", Level::Exact), ErrorCount { edits: 0, length: 2 });
    }

    #[test]
    fn rates_of_nothing() {
        assert_eq!(cer("", " \n", Level::Exact).rate(), 0.0);
        assert_eq!(cer("", "abc", Level::Exact).rate(), 1.0);
        let total: ErrorCount =
            [cer("abcd", "abc", Level::Exact), cer("abcdef", "abcdef", Level::Exact)].into_iter().sum();
        assert_eq!(total, ErrorCount { edits: 1, length: 10 });
        assert_eq!(total.rate(), 0.1);
    }
}
