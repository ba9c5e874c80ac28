//! Whether confidence says how often words are right: ten bins, and the words that nobody has to look at.

use crate::alto::ReadWord;
use serde_json::json;
use std::ops::AddAssign;
use vitext::align::{Step, steps};
use vitext::nfc;

/// Words from this confidence on are taken without a look.
pub(super) const SURE: u8 = 95;

/// Words of one stretch of confidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bin {
    pub words: u64,
    pub right: u64,
    /// Sum of their confidence.
    pub confidence: u64,
}

/// Words by tens of confidence: 0–9, 10–19, … and 90–100; and those that are sure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Calibration {
    pub bins: [Bin; 10],
    pub sure: Bin,
}

impl Bin {
    fn count(&mut self, confidence: u8, right: bool) {
        self.words += 1;
        self.right += u64::from(right);
        self.confidence += u64::from(confidence);
    }

    /// Share of right words, `None` where there are none at all.
    pub(super) fn share_right(&self) -> Option<f64> {
        (self.words > 0).then(|| self.right as f64 / self.words as f64)
    }

    /// Mean confidence, 0–100.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.words > 0).then(|| self.confidence as f64 / self.words as f64)
    }
}

impl AddAssign for Bin {
    fn add_assign(&mut self, other: Self) {
        self.words += other.words;
        self.right += other.right;
        self.confidence += other.confidence;
    }
}

impl AddAssign for Calibration {
    fn add_assign(&mut self, other: Self) {
        self.bins.iter_mut().zip(other.bins).for_each(|(sum, bin)| *sum += bin);
        self.sure += other.sure;
    }
}

impl Calibration {
    /// Judges the words read on a page. A word is right when the alignment of all words of the page matches it with the
    /// same word of the truth; a word that is not in the truth is wrong.
    pub(super) fn of(truth: &str, read: &[ReadWord]) -> Self {
        let (truth, texts) = (nfc(truth), read.iter().map(|word| nfc(&word.text)).collect::<Vec<_>>());
        let truth: Vec<&str> = truth.split_whitespace().collect();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let of_read = steps(&truth, &texts).into_iter().filter(|step| *step != Step::Delete);
        let mut calibration = Self::default();
        for (word, step) in read.iter().zip(of_read) {
            let right = step == Step::Match;
            calibration.bins[usize::from(word.confidence / 10).min(9)].count(word.confidence, right);
            if word.confidence >= SURE {
                calibration.sure.count(word.confidence, right);
            }
        }
        calibration
    }

    pub(super) fn words(&self) -> u64 {
        self.bins.iter().map(|bin| bin.words).sum()
    }

    /// Share of all words that are sure; 0 where nothing was read.
    pub(super) fn share_sure(&self) -> f64 {
        self.sure.words as f64 / self.words().max(1) as f64
    }

    /// Mean distance of confidence and share of right words, bin by bin, weighted by words; 0–1 (Naeini and others 2015).
    pub(super) fn expected_error(&self) -> f64 {
        let off = |bin: &Bin| Some(bin.words as f64 * (bin.mean()? / 100.0 - bin.share_right()?).abs());
        self.bins.iter().filter_map(off).sum::<f64>() / self.words().max(1) as f64
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let bin = |bin: &Bin| json!({"words": bin.words, "right": bin.right, "mean_confidence": bin.mean()});
        json!({"bins": self.bins.iter().map(bin).collect::<Vec<_>>(), "sure": bin(&self.sure), "sure_from": SURE})
    }
}

/// What a bin is called.
pub(super) fn name(bin: usize) -> String {
    let last = if bin == 9 { 100 } else { bin * 10 + 9 };
    format!("{}–{last}", bin * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(read: &[(&str, u8)]) -> Vec<ReadWord> {
        read.iter().map(|&(text, confidence)| ReadWord { text: text.into(), confidence }).collect()
    }

    #[test]
    fn words_are_right_where_the_whole_page_agrees() {
        let read =
            words(&[("bị", 99), ("can", 95), ("x", 94), ("khai", 90), ("nhan", 9), ("a\u{301}n", 100)]);
        let found = Calibration::of("bị can\nkhai nhận án", &read);
        let bin = |words, right, confidence| Bin { words, right, confidence };
        assert_eq!(found.bins[9], bin(5, 4, 478));
        assert_eq!(found.bins[0], bin(1, 0, 9));
        assert_eq!(found.sure, bin(3, 3, 294));
        assert_eq!(found.words(), 6);
        assert_eq!(found.share_sure(), 0.5);
    }

    #[test]
    fn missing_words_shift_nothing_and_invented_ones_are_wrong() {
        let found =
            Calibration::of("một hai ba bốn", &words(&[("hai", 50), ("ba", 59), ("năm", 97), ("bốn", 55)]));
        assert_eq!(found.bins[5], Bin { words: 3, right: 3, confidence: 164 });
        assert_eq!(found.sure.share_right(), Some(0.0));
        assert_eq!(Calibration::of("một", &[]).share_sure(), 0.0);
        assert_eq!(Bin::default().share_right(), None);
    }

    #[test]
    fn sums_and_the_distance_from_the_diagonal() {
        let mut sum = Calibration::of("a b", &words(&[("a", 100), ("b", 100)]));
        assert_eq!(sum.expected_error(), 0.0);
        sum += Calibration::of("c d", &words(&[("x", 20), ("d", 30)]));
        // Bin 20–29 is off by 0.2, bin 30–39 by 0.7, one word of four each.
        assert!((sum.expected_error() - 0.225).abs() < 1e-12, "{}", sum.expected_error());
    }

    #[test]
    fn bins_have_names() {
        assert_eq!([name(0), name(8), name(9)], ["0–9", "80–89", "90–100"]);
    }
}
