//! Which syllable is likelier between two others: counts of syllables and of pairs in legal prose. For suggestions, and to guess the marks of
//! what was typed without.
//!
//! The counts (`bigrams.txt`) come from texts that are set aside for language statistics; a test counts them again.

use crate::fold::fold_ascii;
use crate::syllable::folded;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// One line for each syllable: itself, how often it stands in the texts, and what follows it how often.
const COUNTS: &str = include_str!("bigrams.txt");
/// Share of a syllable's probability that does not look at its neighbour: the texts are short.
const ALONE: f32 = 0.2;
/// Times that a syllable which is not in the texts counts as seen.
const UNSEEN: f32 = 0.3;

static PUBLIC: LazyLock<Public> = LazyLock::new(|| {
    let model = Model::parse(COUNTS);
    let mut base_pairs: HashMap<(String, String), f32> = HashMap::new();
    for ((first, second), count) in &model.pairs {
        let base = |id: &u32| fold_ascii(&model.syllables[*id as usize].0);
        *base_pairs.entry((base(first), base(second))).or_default() += count;
    }
    Public { model, base_pairs }
});

/// What the public texts say.
struct Public {
    model: Model,
    /// Pairs by the base letters of both, whatever their marks.
    base_pairs: HashMap<(String, String), f32>,
}

/// The counts of the public texts, in the form that [`Model::parse`] reads.
pub fn public_counts() -> &'static str {
    COUNTS
}

/// A word that may stand in a place of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// As the model writes it.
    pub word: String,
    /// What its probability is multiplied by, above 0.
    pub weight: f32,
}

/// Counts of syllables and of pairs, and what they make likely.
#[derive(Debug, Default)]
pub struct Model {
    all: f32,
    /// Each with its count; others name it by its place.
    syllables: Vec<(String, f32)>,
    ids: HashMap<String, u32>,
    pairs: HashMap<(u32, u32), f32>,
    /// Syllables by their folded form.
    by_base: HashMap<String, Vec<u32>>,
}

impl Model {
    /// From lines `syllable count next count next count …`; what is no number ends a line. A syllable that only follows others counts as unseen.
    pub fn parse(text: &str) -> Self {
        let mut model = Self::default();
        for line in text.lines() {
            let mut fields = line.split(' ');
            let mut entry = || Some((fields.next()?, fields.next()?.parse::<f32>().ok()?));
            let Some((syllable, count)) = entry() else { continue };
            let id = model.id(syllable);
            model.all += count;
            model.syllables[id as usize].1 = count;
            while let Some((next, count)) = entry() {
                let next = model.id(next);
                model.pairs.insert((id, next), count);
            }
        }
        model
    }

    fn id(&mut self, syllable: &str) -> u32 {
        if let Some(id) = self.ids.get(syllable) {
            return *id;
        }
        let id = self.syllables.len() as u32;
        self.syllables.push((syllable.to_owned(), UNSEEN));
        self.ids.insert(syllable.to_owned(), id);
        self.by_base.entry(folded(syllable)).or_default().push(id);
        id
    }

    /// How many syllables and pairs it knows.
    pub fn size(&self) -> (usize, usize) {
        (self.syllables.len(), self.pairs.len())
    }

    /// All its syllables.
    pub fn syllables(&self) -> impl Iterator<Item = &str> {
        self.syllables.iter().map(|(syllable, _)| syllable.as_str())
    }

    /// Its syllables with this folded form ([`crate::syllable::folded`]).
    pub fn with_base(&self, folded: &str) -> impl Iterator<Item = &str> + use<'_> {
        self.by_base.get(folded).into_iter().flatten().map(|id| self.syllables[*id as usize].0.as_str())
    }

    /// How likely a syllable is in any place, 0–1.
    pub fn share(&self, syllable: &str) -> f32 {
        self.count(syllable) / self.all.max(1.0)
    }

    /// Of the words that may stand in each place of a row, those that make the likeliest row (Viterbi over pairs); the first of equals. By
    /// place in the choices; each place has at least one.
    pub fn likeliest(&self, row: &[Vec<Choice>]) -> Vec<usize> {
        // For each place and choice: the best logarithm up to there, and the choice before it.
        let mut best: Vec<Vec<(f32, usize)>> = Vec::with_capacity(row.len());
        for (place, choices) in row.iter().enumerate() {
            let of_choice = |choice: &Choice| match place.checked_sub(1) {
                None => ((self.share(&choice.word) * choice.weight).ln(), 0),
                Some(before) => {
                    let ways = row[before].iter().zip(&best[before]);
                    let likely = |word: &str| (self.follows(word, &choice.word) * choice.weight).ln();
                    let ways = ways.map(|(way, (sum, _))| sum + likely(&way.word));
                    let first =
                        |a: (f32, usize), (way, sum): (usize, f32)| if sum > a.0 { (sum, way) } else { a };
                    ways.enumerate().fold((f32::NEG_INFINITY, 0), first)
                }
            };
            best.push(choices.iter().map(of_choice).collect());
        }
        let mut taken = vec![0; row.len()];
        for place in (0..row.len()).rev() {
            taken[place] = match best.get(place + 1) {
                Some(after) => after[taken[place + 1]].1,
                None => highest(&best[place]),
            };
        }
        taken
    }

    fn count(&self, syllable: &str) -> f32 {
        self.ids.get(syllable).map_or(UNSEEN, |id| self.syllables[*id as usize].1)
    }

    fn pair(&self, syllable: &str, next: &str) -> f32 {
        let ids = self.ids.get(syllable).copied().zip(self.ids.get(next).copied());
        ids.and_then(|ids| self.pairs.get(&ids).copied()).unwrap_or(0.0)
    }

    /// Probability of `next` after `syllable`.
    fn follows(&self, syllable: &str, next: &str) -> f32 {
        (1.0 - ALONE) * self.pair(syllable, next) / self.count(syllable).max(1.0) + ALONE * self.share(next)
    }

    /// How well a syllable stands between two others; where there is none, alone.
    fn fit(&self, before: Option<&str>, syllable: &str, after: Option<&str>) -> f32 {
        let here = match before {
            Some(before) => self.follows(before, syllable),
            None => self.share(syllable),
        };
        here * after.map_or(1.0, |after| self.follows(syllable, after))
    }
}

fn highest(of_choices: &[(f32, usize)]) -> usize {
    let first = |a: usize, b: usize| if of_choices[b].0 > of_choices[a].0 { b } else { a };
    (0..of_choices.len()).reduce(first).unwrap_or(0)
}

/// The word with the marks that stand best between its neighbours, where that is at least `least` times better than
/// those it has. NFC text; signs around the words are passed over, letter case is kept.
pub fn suggestion(before: Option<&str>, word: &str, after: Option<&str>, least: f32) -> Option<String> {
    let core = word.trim_matches(|c: char| !c.is_alphabetic());
    let read = syllable(word)?;
    let (model, letters) = (&PUBLIC.model, fold_ascii(&read));
    let known = model.with_base(&folded(&read)).filter(|known| fold_ascii(known) == letters);
    let (before, after) = (before.and_then(syllable), after.and_then(syllable));
    let fit = |syllable: &str| model.fit(before.as_deref(), syllable, after.as_deref());
    let others = known.filter(|known| *known != read).map(|known| (known, fit(known)));
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
    let mut standing = Standing { known: PUBLIC.model.ids.contains_key(&read), ..Standing::default() };
    for (first, second) in pairs.iter().flatten() {
        let agree = PUBLIC.model.pair(first, second);
        let all = PUBLIC.base_pairs.get(&(fold_ascii(first), fold_ascii(second))).copied().unwrap_or(0.0);
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
    fn the_likeliest_row_is_taken() {
        let model = Model::parse("đăng 9 ký 8 kí 1\nđằng 2 sau 2\nký 8\nsau 2\n");
        let choice = |word: &&str| Choice { word: (*word).to_owned(), weight: 1.0 };
        let row = |words: &[&[&str]]| {
            words.iter().map(|w| w.iter().map(choice).collect()).collect::<Vec<Vec<Choice>>>()
        };
        assert_eq!(model.likeliest(&row(&[&["đằng", "đăng"], &["kí", "ký"]])), [1, 1]);
        assert_eq!(model.likeliest(&row(&[&["đăng", "đằng"], &["sau"]])), [1, 0]);
        assert_eq!(model.likeliest(&row(&[&["x", "y"], &["đằng", "đăng"]])), [0, 1]);
        let mut unlikely = row(&[&["đằng", "đăng"], &["ký"]]);
        unlikely[0][1].weight = 1e-6;
        assert_eq!(model.likeliest(&unlikely), [0, 0]);
        assert_eq!(model.likeliest(&[]), [0_usize; 0]);
        assert_eq!(model.with_base("ki").collect::<Vec<_>>(), ["ký", "kí"]);
        assert_eq!(model.size(), (5, 3));
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
