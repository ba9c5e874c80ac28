//! The lexicon: which words may be put in for what was typed without marks or misspelt. It knows public texts and, once it was
//! published for an archive, what many units and many case files of it have; nothing of names, numbers or secret case files. It is
//! given to every search whatever its clearance, and changes only when it is published anew.

use record::PageText;
use std::collections::{BTreeMap, HashMap};
use vitext::bigram::{Model, public_counts};
use vitext::{nfc, syllable, tokens};

/// A case file counts a word or a pair at most so often, however large it is.
const MOST_OF_A_CASE: u8 = 20;
/// Words read less surely than this are not counted.
const LEAST_CONFIDENCE: u8 = 80;
/// In place of the second word of a pair.
const ALONE: u32 = u32::MAX;

/// Words with their counts, as published.
#[derive(Debug)]
pub struct Lexicon {
    number: u32,
    model: Model,
}

impl Lexicon {
    /// That of an archive for which none was published: the public texts alone.
    pub fn public() -> Self {
        let mut counts = Counts::default();
        counts.add_public();
        Self { number: 0, model: Model::parse(&counts.to_text()) }
    }

    /// A published one, from what [`Census::publish`] gave; `None` if it holds nothing.
    pub fn published(number: u32, counts: &str) -> Option<Self> {
        let model = Model::parse(counts);
        (model.size().0 > 0).then_some(Self { number, model })
    }

    /// Which publication it is, from 1; 0 for the public texts alone.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How many syllables and pairs of them it knows.
    pub fn size(&self) -> (usize, usize) {
        self.model.size()
    }

    /// How often a word stands among the words of the lexicon, 0–1, whatever its marks: of the words folded like it the commonest.
    pub fn share(&self, word: &str) -> f32 {
        let folded = syllable::folded(&nfc(word));
        self.model.with_base(&folded).map(|known| self.model.share(known)).fold(0.0, f32::max)
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// The syllable with these marks as the lexicon writes it (`hòa` for `hoà`).
    pub(crate) fn written(&self, folded: &str, exact: &str) -> Option<&str> {
        self.model.with_base(folded).find(|known| syllable::exact(known) == exact)
    }
}

/// How many must have a word, or a pair of words, before it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anonymity {
    /// Different units.
    pub least_units: usize,
    /// Different case files.
    pub least_cases: u32,
}

impl Default for Anonymity {
    fn default() -> Self {
        Self { least_units: 5, least_cases: 50 }
    }
}

/// Counts the words of an archive. Only case files of the lowest secrecy may be given. Counted are syllables in small letters in body
/// text, so neither names nor numbers nor abbreviations.
#[derive(Debug)]
pub struct Census {
    limits: Anonymity,
    /// By exact form; others name a syllable by its place in `written`.
    ids: HashMap<String, u32>,
    written: Vec<String>,
    units: HashMap<String, u16>,
    seen: HashMap<(u32, u32), Seen>,
    unit: u16,
    cases: u32,
}

#[derive(Debug, Default)]
struct Seen {
    /// Some of the units that have it: as many as are needed.
    units: Vec<u16>,
    cases: u32,
    /// The last case file that had it, and how often so far.
    last: (u32, u8),
    count: u64,
}

impl Census {
    /// Nothing counted yet.
    pub fn new(limits: Anonymity) -> Self {
        Self {
            limits,
            ids: HashMap::new(),
            written: Vec::new(),
            units: HashMap::new(),
            seen: HashMap::new(),
            unit: 0,
            cases: 0,
        }
    }

    /// The pages counted next are of another case file, of this unit.
    pub fn begin_case(&mut self, unit: &str) {
        let known = u16::try_from(self.units.len()).unwrap_or(u16::MAX);
        self.unit = *self.units.entry(unit.to_owned()).or_insert(known);
        self.cases += 1;
    }

    /// Case files and units so far.
    pub fn size(&self) -> (u32, usize) {
        (self.cases, self.units.len())
    }

    /// Counts a page.
    pub fn count(&mut self, text: &PageText) {
        for block in text.blocks.iter().filter(|block| !block.kind.is_mark()) {
            let mut before = None;
            for word in block.lines.iter().flat_map(|line| &line.words) {
                let written = nfc(&word.text);
                let token = tokens(&written).next().filter(|token| is_common(token.text));
                let Some(token) = token.filter(|_| word.confidence >= LEAST_CONFIDENCE) else {
                    before = None;
                    continue;
                };
                let id = self.id(token.text);
                self.add((id, ALONE));
                if let Some(before) = before.filter(|_| token.range.start == 0) {
                    self.add((before, id));
                }
                before = (token.range.end == written.len()).then_some(id);
            }
        }
    }

    fn id(&mut self, word: &str) -> u32 {
        let exact = syllable::exact(word);
        if let Some(id) = self.ids.get(&exact) {
            let written = &mut self.written[*id as usize];
            if written.as_str() < word {
                word.clone_into(written);
            }
            return *id;
        }
        let id = self.written.len() as u32;
        self.written.push(word.to_owned());
        self.ids.insert(exact, id);
        id
    }

    fn add(&mut self, what: (u32, u32)) {
        let seen = self.seen.entry(what).or_default();
        if seen.last.0 != self.cases {
            seen.last = (self.cases, 0);
            seen.cases += 1;
        }
        if seen.last.1 < MOST_OF_A_CASE {
            seen.last.1 += 1;
            seen.count += 1;
        }
        if seen.units.len() < self.limits.least_units && !seen.units.contains(&self.unit) {
            seen.units.push(self.unit);
        }
    }

    /// What may be published, together with the public texts: one line for each syllable, itself, how often it stands, and what follows
    /// it how often; in the order of the letters.
    pub fn publish(self) -> String {
        let mut counts = Counts::default();
        counts.add_public();
        let enough = |seen: &Seen| {
            seen.units.len() >= self.limits.least_units && seen.cases >= self.limits.least_cases
        };
        for ((first, second), seen) in self.seen.iter().filter(|(_, seen)| enough(seen)) {
            let word = |id: u32| self.written[id as usize].as_str();
            match *second {
                ALONE => counts.add(word(*first), seen.count),
                second => counts.add_pair(word(*first), word(second), seen.count),
            }
        }
        counts.to_text()
    }
}

/// Small letters, spelt like a syllable.
fn is_common(word: &str) -> bool {
    word.chars().all(|c| c.is_alphabetic() && !c.is_uppercase()) && syllable::is_syllable(word)
}

/// Counts by exact form.
#[derive(Default)]
struct Counts(BTreeMap<String, Syllable>);

#[derive(Default)]
struct Syllable {
    /// Of several ways to place the tone the last by letters: `hòa`, not `hoà`.
    written: String,
    count: u64,
    next: BTreeMap<String, u64>,
}

impl Counts {
    fn add_public(&mut self) {
        for line in public_counts().lines() {
            let mut fields = line.split(' ');
            let mut entry = || Some((fields.next()?, fields.next()?.parse::<u64>().ok()?));
            let Some((word, count)) = entry().filter(|(word, _)| is_common(word)) else { continue };
            self.add(word, count);
            while let Some((next, count)) = entry() {
                if is_common(next) {
                    self.add_pair(word, next, count);
                }
            }
        }
    }

    fn entry(&mut self, word: &str) -> &mut Syllable {
        let entry = self.0.entry(syllable::exact(word)).or_default();
        if entry.written.as_str() < word {
            entry.written = word.to_owned();
        }
        entry
    }

    fn add(&mut self, word: &str, count: u64) {
        self.entry(word).count += count;
    }

    fn add_pair(&mut self, word: &str, next: &str, count: u64) {
        *self.entry(word).next.entry(syllable::exact(next)).or_default() += count;
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        for syllable in self.0.values().filter(|syllable| syllable.count > 0) {
            text += &format!("{} {}", syllable.written, syllable.count);
            for (next, count) in &syllable.next {
                if let Some(next) = self.0.get(next).filter(|next| next.count > 0) {
                    text += &format!(" {} {count}", next.written);
                }
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Block, BlockKind, Line, PageSize, PxBox, Turn, Word};

    fn page(text: &str) -> PageText {
        let bbox = PxBox { left: 0, top: 0, right: 9, bottom: 9 };
        let line = |text: &str| Line {
            bbox,
            baseline: (9, 9),
            words: text.split(' ').map(|word| Word::new(word, bbox, 90)).collect(),
        };
        let lines = text.lines().map(line).collect();
        PageText {
            size: PageSize { width_px: 100, height_px: 100, dpi: 300 },
            turn: Turn::Upright,
            blocks: vec![Block { kind: BlockKind::Body, bbox, lines }],
        }
    }

    fn published(limits: Anonymity, cases: &[(&str, &str)]) -> String {
        let mut census = Census::new(limits);
        for (unit, text) in cases {
            census.begin_case(unit);
            census.count(&page(text));
        }
        census.publish()
    }

    #[test]
    fn what_too_few_have_is_not_published() {
        let limits = Anonymity { least_units: 2, least_cases: 3 };
        let has = |cases: &[(&str, &str)], word: &str| {
            published(limits, cases).lines().any(|line| line.split(' ').next() == Some(word))
        };
        assert!(!Lexicon::public().model.syllables().any(|word| word == "khuỷu"));
        assert!(has(&[("A", "khuỷu"), ("A", "khuỷu"), ("B", "khuỷu")], "khuỷu"));
        assert!(!has(&[("A", "khuỷu"), ("A", "khuỷu"), ("A", "khuỷu")], "khuỷu"), "one unit");
        assert!(!has(&[("A", "khuỷu khuỷu khuỷu"), ("B", "khuỷu")], "khuỷu"), "two case files");
        assert_eq!(Anonymity::default(), Anonymity { least_units: 5, least_cases: 50 });
    }

    #[test]
    fn names_numbers_and_other_words_are_never_published() {
        let limits = Anonymity { least_units: 1, least_cases: 1 };
        let text = "ông Quách Nghĩa trú ở số 173 VKS klem khuya, khoắt";
        let found = published(limits, &[("A", text)]);
        for word in ["quách", "Quách", "173", "vks", "klem"] {
            let mut known = found.lines().flat_map(|line| line.split(' ').step_by(2));
            assert!(!known.any(|known| known == word), "{word}");
        }
        let khuya = found.lines().find(|line| line.starts_with("khuya ")).unwrap();
        assert_eq!(khuya, "khuya 1", "no pair runs over a comma");
        assert!(found.lines().any(|line| line.starts_with("ông ") && !line.contains("trú")));
    }

    #[test]
    fn a_large_case_file_counts_little_more_than_a_small_one() {
        let limits = Anonymity { least_units: 1, least_cases: 1 };
        let found = published(limits, &[("A", &"khuya ".repeat(500)), ("A", "khuya")]);
        assert!(found.lines().any(|line| line == "khuya 21 khuya 20"), "{found}");
    }

    #[test]
    fn both_placements_of_a_tone_are_one_word() {
        let limits = Anonymity { least_units: 1, least_cases: 1 };
        let found = published(limits, &[("A", "toé tung"), ("B", "tóe tung")]);
        assert!(found.lines().any(|line| line == "tóe 2 tung 2"), "{found}");
        let lexicon = Lexicon::published(1, &found).unwrap();
        assert_eq!(lexicon.written("toe", &syllable::exact("toé")), Some("tóe"));
        assert!(Lexicon::published(1, "").is_none());
    }
}
