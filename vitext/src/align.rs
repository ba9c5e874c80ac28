//! Where two texts differ: one shortest way of edits from the truth to the hypothesis, over the whole text, not line by line.
//!
//! Among equally short ways a match is taken before a replacement, that before a deletion, that before an insertion, seen
//! from the end: the same texts give the same way always.

use crate::cer::Column;
use crate::fold::{fold_ascii_char, nfc};
use std::hash::Hash;

/// One step of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The same in both.
    Match,
    /// Replaced by something else.
    Replace,
    /// In the truth only.
    Delete,
    /// In the hypothesis only.
    Insert,
}

/// Cells of the distance matrix that are kept at once, two bits each: 64 MiB.
const MOST_CELLS: usize = 1 << 28;

/// The steps from `truth` to `hypothesis`; as many of them that are no match as [`crate::cer::distance`] says. Time is the
/// product of both lengths over 32; memory at most about 64 MiB and the texts' own lengths, because long texts are halved at the
/// place where a shortest way crosses (Hirschberg 1975).
pub fn steps<T: Eq + Hash>(truth: &[T], hypothesis: &[T]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(truth.len().max(hypothesis.len()));
    walk(truth, hypothesis, MOST_CELLS, &mut steps);
    steps
}

fn walk<T: Eq + Hash>(truth: &[T], hypothesis: &[T], most_cells: usize, steps: &mut Vec<Step>) {
    let prefix = truth.iter().zip(hypothesis).take_while(|(x, y)| x == y).count();
    let (truth, hypothesis) = (&truth[prefix..], &hypothesis[prefix..]);
    let suffix = truth.iter().rev().zip(hypothesis.iter().rev()).take_while(|(x, y)| x == y).count();
    let (truth, hypothesis) = (&truth[..truth.len() - suffix], &hypothesis[..hypothesis.len() - suffix]);
    steps.resize(steps.len() + prefix, Step::Match);
    if truth.is_empty() || hypothesis.is_empty() {
        steps.resize(steps.len() + truth.len(), Step::Delete);
        steps.resize(steps.len() + hypothesis.len(), Step::Insert);
    } else if hypothesis.len() == 1 || truth.len().saturating_mul(hypothesis.len()) <= most_cells {
        trace(truth, hypothesis, steps);
    } else {
        let (left, right) = hypothesis.split_at(hypothesis.len() / 2);
        let cut = crossing(truth, left, right);
        walk(&truth[..cut], left, most_cells, steps);
        walk(&truth[cut..], right, most_cells, steps);
    }
    steps.resize(steps.len() + suffix, Step::Match);
}

/// How much of `truth` belongs to `left` on a shortest way to `left` and `right` together.
fn crossing<T: Eq + Hash>(truth: &[T], left: &[T], right: &[T]) -> usize {
    let before = column_scores(truth.iter(), truth.len(), left.iter());
    let mut after = column_scores(truth.iter().rev(), truth.len(), right.iter().rev());
    after.reverse();
    let total = |cut: &usize| before[*cut] + after[*cut];
    (0..=truth.len()).min_by_key(total).expect("there is always a cut at 0")
}

/// The distances of every beginning of `truth`, the empty one first, to all of `other`.
fn column_scores<'a, T: Eq + Hash + 'a>(
    truth: impl Iterator<Item = &'a T>,
    length: usize,
    other: impl Iterator<Item = &'a T>,
) -> Vec<u64> {
    let mut column = Column::new(truth, length);
    let mut top = 0;
    for item in other {
        column.step(item);
        top += 1;
    }
    let mut scores = Vec::with_capacity(length + 1);
    scores.push(top);
    for row in 0..length {
        let above = scores[row];
        scores.push(if column.rises(row) {
            above + 1
        } else if column.falls(row) {
            above - 1
        } else {
            above
        });
    }
    scores
}

/// The way through a matrix that is kept whole: of each cell whether it is one more than the cell above, and whether it is the
/// same as the cell above to the left.
fn trace<T: Eq + Hash>(truth: &[T], hypothesis: &[T], steps: &mut Vec<Step>) {
    let mut column = Column::new(truth.iter(), truth.len());
    let blocks = truth.len().div_ceil(64);
    let mut rises = Vec::with_capacity(blocks * hypothesis.len());
    let mut same = Vec::with_capacity(blocks * hypothesis.len());
    for item in hypothesis {
        column.step(item);
        rises.extend_from_slice(column.plus());
        same.extend_from_slice(column.diagonal());
    }
    let bit = |bits: &[u64], row: usize, col: usize| bits[col * blocks + row / 64] >> (row % 64) & 1 == 1;
    let from = steps.len();
    let (mut row, mut col) = (truth.len(), hypothesis.len());
    while row > 0 && col > 0 {
        let step = if truth[row - 1] == hypothesis[col - 1] {
            Step::Match
        } else if !bit(&same, row - 1, col - 1) {
            Step::Replace
        } else if bit(&rises, row - 1, col - 1) {
            Step::Delete
        } else {
            Step::Insert
        };
        row -= usize::from(step != Step::Insert);
        col -= usize::from(step != Step::Delete);
        steps.push(step);
    }
    steps.resize(steps.len() + row, Step::Delete);
    steps.resize(steps.len() + col, Step::Insert);
    steps[from..].reverse();
}

/// A text as it is compared and shown: NFC, every run of white space one character, none at the ends. That character is a line
/// break where the run held one, and is compared as a space.
pub fn shown(text: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    let mut gap = None;
    for c in nfc(text).chars() {
        if c.is_whitespace() {
            let is_break = gap == Some('\n') || c == '\n';
            gap = Some(if is_break { '\n' } else { ' ' });
        } else {
            out.extend(gap.take().filter(|_| !out.is_empty()));
            out.push(c);
        }
    }
    out
}

/// The steps between two [`shown`] texts.
pub fn shown_steps(truth: &[char], hypothesis: &[char]) -> Vec<Step> {
    let compared =
        |text: &[char]| text.iter().map(|&c| if c == '\n' { ' ' } else { c }).collect::<Vec<char>>();
    steps(&compared(truth), &compared(hypothesis))
}

/// Of the characters of the truth that bear a mark of Vietnamese, how many came out wrong, and how many there are. Plain
/// letters do not count, for a reading without a single mark would still have most of those right.
pub fn marked_errors(truth: &[char], steps: &[Step]) -> crate::cer::ErrorCount {
    let mut count = crate::cer::ErrorCount::default();
    let of_truth = steps.iter().filter(|step| **step != Step::Insert);
    for (&c, &step) in truth.iter().zip(of_truth) {
        if fold_ascii_char(c) != c {
            count.length += 1;
            count.edits += u64::from(step != Step::Match);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cer::distance;
    use proptest::prelude::*;

    fn way(a: &str, b: &str) -> String {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let sign = |step: &Step| match step {
            Step::Match => '=',
            Step::Replace => '~',
            Step::Delete => '-',
            Step::Insert => '+',
        };
        steps(&a, &b).iter().map(sign).collect()
    }

    #[test]
    fn short_ways() {
        assert_eq!(way("kitten", "sitting"), "~===~=+");
        assert_eq!(way("", "ab"), "++");
        assert_eq!(way("ab", ""), "--");
        assert_eq!(way("tội danh", "tôi anh"), "=~==-===");
    }

    #[test]
    fn line_breaks_are_kept_and_not_compared() {
        let (truth, read) = (shown(" a \n b\tc "), shown("a b\nc"));
        assert_eq!(truth.iter().collect::<String>(), "a\nb c");
        assert!(shown_steps(&truth, &read).iter().all(|s| *s == Step::Match));
    }

    #[test]
    fn only_marked_characters_count_for_marks() {
        let errors = |truth: &str, read: &str| {
            let (truth, read) = (shown(truth), shown(read));
            let count = marked_errors(&truth, &shown_steps(&truth, &read));
            (count.edits, count.length)
        };
        assert_eq!(errors("điều ấy", "dieu ay"), (3, 3));
        assert_eq!(errors("điều ấy", "điều ây x"), (1, 3));
        assert_eq!(errors("abc", "xyz"), (0, 0));
    }

    /// Follows the steps and makes the hypothesis out of the truth.
    fn made(truth: &[char], hypothesis: &[char], steps: &[Step]) -> (Vec<char>, usize) {
        let (mut row, mut col, mut out) = (0, 0, Vec::new());
        for step in steps {
            match step {
                Step::Match => out.push(truth[row]),
                Step::Replace | Step::Insert => out.push(hypothesis[col]),
                Step::Delete => {}
            }
            row += usize::from(*step != Step::Insert);
            col += usize::from(*step != Step::Delete);
        }
        assert_eq!((row, col), (truth.len(), hypothesis.len()));
        (out, steps.iter().filter(|s| **s != Step::Match).count())
    }

    proptest! {
        #[test]
        fn ways_lead_there_and_are_the_shortest(
            a in "[abc]{0,150}", b in "[abc]{0,150}", most_cells in 1usize..6000
        ) {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let mut halved = Vec::new();
            walk(&a, &b, most_cells, &mut halved);
            for steps in [steps(&a, &b), halved] {
                let (there, edits) = made(&a, &b, &steps);
                prop_assert_eq!(&there, &b);
                prop_assert_eq!(edits as u64, distance(&a, &b));
            }
        }
    }
}
