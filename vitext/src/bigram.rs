//! Which syllable is likelier between two others: counts of syllables and of pairs in legal prose. For suggestions only.
//!
//! The counts (`bigrams.txt`) come from texts that are set aside for language statistics; a test counts them again.

use crate::fold::fold_ascii;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// One line for each syllable: itself, how often it stands in the texts, and what follows it how often.
const COUNTS: &str = include_str!("bigrams.txt");
/// Share of a syllable's probability that does not look at its neighbour: the texts are short.
const ALONE: f32 = 0.2;
/// Times that a syllable which is not in the texts counts as seen.
const UNSEEN: f32 = 0.3;

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(COUNTS));

#[derive(Default)]
struct Table {
    all: f32,
    counts: HashMap<&'static str, f32>,
    pairs: HashMap<(&'static str, &'static str), f32>,
    /// Syllables by their base letters.
    by_base: HashMap<String, Vec<&'static str>>,
    /// Pairs by the base letters of both, whatever their marks.
    base_pairs: HashMap<(String, String), f32>,
}

impl Table {
    fn parse(text: &'static str) -> Self {
        let mut table = Self::default();
        for line in text.lines() {
            let mut fields = line.split(' ');
            let mut entry = || Some((fields.next()?, fields.next()?.parse::<f32>().ok()?));
            let Some((syllable, count)) = entry() else { continue };
            table.all += count;
            table.counts.insert(syllable, count);
            table.by_base.entry(fold_ascii(syllable)).or_default().push(syllable);
            while let Some((next, count)) = entry() {
                table.pairs.insert((syllable, next), count);
                *table.base_pairs.entry((fold_ascii(syllable), fold_ascii(next))).or_default() += count;
            }
        }
        table
    }

    fn count(&self, syllable: &str) -> f32 {
        self.counts.get(syllable).copied().unwrap_or(UNSEEN)
    }

    /// Probability of `next` after `syllable`.
    fn follows(&self, syllable: &str, next: &str) -> f32 {
        let alone = self.count(next) / self.all;
        let pair = self.pairs.get(&(syllable, next)).copied().unwrap_or(0.0);
        (1.0 - ALONE) * pair / self.count(syllable).max(1.0) + ALONE * alone
    }

    /// How well a syllable stands between two others; where there is none, alone.
    fn fit(&self, before: Option<&str>, syllable: &str, after: Option<&str>) -> f32 {
        let here = match before {
            Some(before) => self.follows(before, syllable),
            None => self.count(syllable) / self.all,
        };
        here * after.map_or(1.0, |after| self.follows(syllable, after))
    }
}

/// The word with the marks that stand best between its neighbours, where that is at least `least` times better than
/// those it has. NFC text; signs around the words are passed over, letter case is kept.
pub fn suggestion(before: Option<&str>, word: &str, after: Option<&str>, least: f32) -> Option<String> {
    let core = word.trim_matches(|c: char| !c.is_alphabetic());
    let read = syllable(word)?;
    let known = TABLE.by_base.get(&fold_ascii(&read))?;
    let (before, after) = (before.and_then(syllable), after.and_then(syllable));
    let fit = |syllable: &str| TABLE.fit(before.as_deref(), syllable, after.as_deref());
    let others = known.iter().filter(|known| **known != read).map(|known| (*known, fit(known)));
    let (best, fit_of_best) = others.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (fit_of_best >= least * fit(&read)).then(|| word.replacen(core, &in_case_of(best, core), 1))
}

/// What the counts say of a word as it stands between its neighbours.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Standing {
    /// The syllable is in the texts.
    pub known: bool,
    /// How often it stands in the texts after the one before it, and before the one after it.
    pub agree: f32,
    /// How often syllables of the same base letters stand so with other marks, on one of them or both.
    pub against: f32,
}

/// Looks a word up between its neighbours; NFC text, signs around the words are passed over. What is no syllable stands nowhere.
pub fn standing(before: Option<&str>, word: &str, after: Option<&str>) -> Standing {
    let Some(read) = syllable(word) else { return Standing::default() };
    let pairs = [
        before.and_then(syllable).map(|before| (before, read.clone())),
        after.and_then(syllable).map(|after| (read.clone(), after)),
    ];
    let mut standing = Standing { known: TABLE.counts.contains_key(&*read), ..Standing::default() };
    for (first, second) in pairs.iter().flatten() {
        let agree = TABLE.pairs.get(&(&**first, &**second)).copied().unwrap_or(0.0);
        let all = TABLE.base_pairs.get(&(fold_ascii(first), fold_ascii(second))).copied().unwrap_or(0.0);
        standing.agree += agree;
        standing.against += all - agree;
    }
    standing
}

/// A word in small letters, without the signs around it; `None` if it has other signs or figures in it.
fn syllable(word: &str) -> Option<String> {
    let core = word.trim_matches(|c: char| !c.is_alphanumeric());
    (!core.is_empty() && core.chars().all(char::is_alphabetic)).then(|| core.to_lowercase())
}

/// `syllable` with capitals where `model` has them; both have as many letters.
fn in_case_of(syllable: &str, model: &str) -> String {
    let upper =
        |(c, like): (char, char)| if like.is_uppercase() { c.to_uppercase().collect() } else { vec![c] };
    syllable.chars().zip(model.chars()).flat_map(upper).collect()
}

/// Counts texts, in the form in which this module keeps the counts. A pair stands on one line with nothing but white space
/// between its syllables.
pub fn counted<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<String, (u32, BTreeMap<String, u32>)> = BTreeMap::new();
    for line in texts.into_iter().flat_map(str::lines) {
        let line = crate::nfc(line).to_lowercase();
        let mut before: Option<(String, usize)> = None;
        for token in crate::tokens(&line) {
            if !token.text.chars().all(char::is_alphabetic) {
                before = None;
                continue;
            }
            counts.entry(token.text.to_owned()).or_default().0 += 1;
            let beside = before.filter(|(_, end)| line[*end..token.range.start].trim().is_empty());
            if let Some((before, _)) = beside {
                *counts.entry(before).or_default().1.entry(token.text.to_owned()).or_default() += 1;
            }
            before = Some((token.text.to_owned(), token.range.end));
        }
    }
    let mut out = String::new();
    for (syllable, (count, next)) in counts {
        out.push_str(&format!("{syllable} {count}"));
        next.iter().for_each(|(next, count)| out.push_str(&format!(" {next} {count}")));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_fit_the_neighbours_are_suggested() {
        let suggested = |before, word, after| suggestion(before, word, after, 700.0);
        assert_eq!(suggested(Some("nhận"), "đẳng", Some("ký")).as_deref(), Some("đăng"));
        assert_eq!(suggested(Some("NHẬN"), "“ĐẲNG”", Some("KÝ,")).as_deref(), Some("“ĐĂNG”"));
        assert_eq!(suggested(Some("nhận"), "đăng", Some("ký")), None, "what fits already");
        assert_eq!(suggested(Some("12"), "115/2003/NĐ-CP", None), None);
        assert_eq!(suggested(None, "", None), None);
        assert_eq!(suggested(None, "–", None), None);
    }

    #[test]
    fn pairs_of_the_same_base_letters_speak_for_and_against() {
        // "đăng ký" stands 333 times in the texts
        let right = standing(None, "“Đăng", Some("ký,"));
        assert!(right.known && right.agree == 333.0 && right.against < 5.0, "{right:?}");
        let wrong = standing(None, "đằng", Some("ký"));
        assert!(wrong.agree == 0.0 && wrong.against >= 333.0, "{wrong:?}");
        assert_eq!(standing(Some("đăng"), "2019", None), Standing::default());
    }
}
