//! What else a word may be, from what else its characters may be.

use crate::unit::WordReading;
use unicode_normalization::UnicodeNormalization;

impl WordReading {
    /// The likeliest other readings: the word with one character, or two, exchanged for runners-up. Each with its
    /// probability, as far as the shares of single characters tell it: from best to worst, none below `least`.
    ///
    /// A word whose characters have no runner-up worth `least`, and that is most of them, costs next to nothing.
    pub fn alternatives(&self, least: f32) -> Vec<(String, f32)> {
        let doubts: Vec<Doubt<'_>> = (0..self.chars.len())
            .flat_map(|at| self.chars[at].alternatives.iter().map(move |(text, share)| (at, text, *share)))
            .filter(|doubt| doubt.2 >= least)
            .collect();
        if doubts.is_empty() {
            return Vec::new();
        }
        let pairs = doubts.iter().enumerate().flat_map(|(n, a)| doubts[..n].iter().map(move |b| [*b, *a]));
        let pairs = pairs.filter(|[a, b]| a.0 != b.0).map(|pair| self.exchanged(&pair));
        let mut found: Vec<(String, f32)> = doubts.iter().map(|one| self.exchanged(&[*one])).collect();
        found.extend(pairs);
        found.retain(|(text, probability)| *probability >= least && *text != self.text);
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        found
    }

    /// The word with some of its characters exchanged, and how likely that is.
    fn exchanged(&self, doubts: &[Doubt<'_>]) -> (String, f32) {
        let (mut text, mut probability) = (String::new(), 1.0);
        for (at, character) in self.chars.iter().enumerate() {
            let doubt = doubts.iter().find(|doubt| doubt.0 == at);
            text.push_str(doubt.map_or(&character.text, |doubt| doubt.1));
            let others: f32 = character.alternatives.iter().map(|(_, share)| share).sum();
            probability *= doubt.map_or((1.0 - others).max(0.0), |doubt| doubt.2);
        }
        (text.nfc().collect(), probability)
    }
}

/// Which character, what else it may be, and its share.
type Doubt<'a> = (usize, &'a String, f32);

#[cfg(test)]
mod tests {
    use crate::unit::{CharReading, WordReading};

    fn word(chars: &[(&str, &[(&str, f32)])]) -> WordReading {
        let char = |&(text, others): &(&str, &[(&str, f32)])| CharReading {
            text: text.into(),
            certainty: -0.1,
            left: 0.0,
            right: 1.0,
            alternatives: others.iter().map(|&(text, share)| (text.into(), share)).collect(),
        };
        let text = chars.iter().map(|c| c.0).collect();
        let chars = chars.iter().map(char).collect();
        WordReading { text, confidence: 90.0, left: 0.0, right: 1.0, in_dictionary: true, chars }
    }

    #[test]
    fn one_or_two_characters_are_exchanged_for_likely_ones() {
        let word = word(&[("t", &[]), ("ố", &[("ổ", 0.4), ("ô", 0.1)]), ("i", &[("ỉ", 0.5)])]);
        let found = word.alternatives(0.15);
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        // 0.5 · 0.5, then 0.4 · 0.5 twice; with ô 0.05 at most
        assert_eq!(texts, ["tốỉ", "tổi", "tổỉ"]);
        let expected = [0.25, 0.2, 0.2];
        assert!(found.iter().zip(expected).all(|((_, p), wanted)| (p - wanted).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn a_sure_word_has_none() {
        assert!(word(&[("v", &[]), ("à", &[("á", 0.01)])]).alternatives(0.02).is_empty());
    }
}
