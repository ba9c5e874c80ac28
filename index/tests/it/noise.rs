//! How much of what was misread is found all the same: recall and precision of three-word phrases on real texts with errors put in by a
//! model of its own. A page is relevant when its text without errors has the phrase, marks aside.

use crate::pages::{all, case, page};
use crate::provided::sample;
use index::{Indexer, Query, Searcher};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

const WORDS_A_PAGE: usize = 120;
const PHRASES: usize = 60;
/// Letters that differ in nothing but marks.
const MARKS: &[&str] =
    &["aàáảãạăằắẳẵặâầấẩẫậ", "eèéẻẽẹêềếểễệ", "iìíỉĩị", "oòóỏõọôồốổỗộơờớởỡợ", "uùúủũụưừứửữự", "yỳýỷỹỵ", "dđ"];
/// What a letter is taken for.
const SHAPES: &[(char, &[&str])] = &[
    ('a', &["o", "e"]),
    ('b', &["h", "6"]),
    ('c', &["e", "o", "("]),
    ('d', &["cl", "a"]),
    ('e', &["c", "o"]),
    ('g', &["q", "9"]),
    ('h', &["b", "li", "n"]),
    ('i', &["l", "1", "j"]),
    ('k', &["lc", "h"]),
    ('l', &["i", "1", "t"]),
    ('m', &["rn", "nn"]),
    ('n', &["u", "ri", "m"]),
    ('o', &["0", "c", "e"]),
    ('p', &["n", "q"]),
    ('q', &["g", "9"]),
    ('r', &["n", "f"]),
    ('s', &["5", "a"]),
    ('t', &["l", "f", "1"]),
    ('u', &["n", "v", "ii"]),
    ('v', &["y", "u"]),
    ('x', &["z", "k"]),
    ('y', &["v", "g"]),
];

/// The text with errors, and how many were made. Of a hundred errors 60 are of marks, 25 of shapes, the others lose a letter, split
/// a word or join two.
fn misread(text: &str, rate: f64, random: &mut ChaCha8Rng) -> (String, usize) {
    let mut letters: Vec<String> = text.chars().map(String::from).collect();
    let mut errors = 0;
    for at in 0..letters.len() {
        if !random.random_bool(rate) {
            continue;
        }
        let kind = random.random_range(0..100);
        let word_from = letters[..at].iter().rposition(|l| l == " ").map_or(0, |space| space + 1);
        let word_to = letters[at..].iter().position(|l| l == " ").map_or(letters.len(), |len| at + len);
        let change = match kind {
            0..60 => {
                let marked = |at: &usize| others_by_marks(&letters[*at]).is_some();
                let places: Vec<usize> = (word_from..word_to).filter(marked).collect();
                places.choose(random).map(|place| {
                    (*place, others_by_marks(&letters[*place]).unwrap().choose(random).unwrap().clone())
                })
            }
            60..85 => shapes(&letters[at]).map(|shapes| (at, (*shapes.choose(random).unwrap()).to_owned())),
            85..93 => Some((at, String::new())),
            93..97 => Some((at, format!("{} ", letters[at]))),
            _ => (word_to < letters.len()).then(|| (word_to, String::new())),
        };
        if let Some((place, letter)) = change {
            letters[place] = letter;
            errors += 1;
        }
    }
    (letters.concat(), errors)
}

fn others_by_marks(letter: &str) -> Option<Vec<String>> {
    let small = letter.to_lowercase();
    let group = MARKS.iter().find(|group| !small.is_empty() && group.contains(&small))?;
    Some(group.chars().map(String::from).filter(|other| *other != small).collect())
}

fn shapes(letter: &str) -> Option<&'static [&'static str]> {
    let base = plain(letter).chars().next()?;
    SHAPES.iter().find(|(shape, _)| *shape == base).map(|(_, others)| *others)
}

fn plain(text: &str) -> String {
    let letters = text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    letters.flat_map(char::to_lowercase).map(|c| if c == 'đ' { 'd' } else { c }).collect()
}

fn plain_words(text: &str) -> Vec<String> {
    plain(text).split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

fn pages() -> Vec<String> {
    let mut paths: Vec<_> =
        std::fs::read_dir(sample("vi-text")).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap().nfc().collect::<String>());
    let words: Vec<String> =
        texts.flat_map(|t| t.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    words.chunks(WORDS_A_PAGE).map(|words| words.join(" ")).collect()
}

struct Phrase {
    typed: String,
    relevant: BTreeSet<u32>,
}

/// Runs of three words as they stand, without figures and signs between.
fn phrases(pages: &[String], random: &mut ChaCha8Rng) -> Vec<Phrase> {
    let plain: Vec<Vec<String>> = pages.iter().map(|page| plain_words(page)).collect();
    let mut phrases = Vec::new();
    while phrases.len() < PHRASES {
        let words: Vec<&str> = pages.choose(random).unwrap().split(' ').collect();
        let from = random.random_range(0..words.len() - 2);
        let words = &words[from..from + 3];
        if !words.iter().all(|word| word.chars().all(char::is_alphabetic)) {
            continue;
        }
        let asked = plain_words(&words.join(" "));
        let has = |page: &Vec<String>| page.windows(3).any(|window| window == asked);
        let relevant =
            plain.iter().enumerate().filter(|(_, page)| has(page)).map(|(n, _)| n as u32 + 1).collect();
        phrases.push(Phrase { typed: words.join(" "), relevant });
    }
    phrases
}

/// Recall and precision over all phrases.
fn measure(index: &Searcher, phrases: &[Phrase], sign: &str) -> (f64, f64) {
    let (mut relevant, mut found, mut both) = (0, 0, 0);
    for phrase in phrases {
        let query = Query::parse(&format!("{sign}\"{}\"", phrase.typed)).unwrap();
        let hits = index.search(&all(), &query, 10_000, 0).unwrap().hits;
        relevant += phrase.relevant.len();
        found += hits.len();
        both += hits.iter().filter(|hit| phrase.relevant.contains(&hit.page.get())).count();
    }
    (both as f64 / relevant as f64, both as f64 / found as f64)
}

#[test]
fn misread_phrases_are_found_and_little_else() {
    let clean = pages();
    let phrases = phrases(&clean, &mut ChaCha8Rng::seed_from_u64(1));
    println!(
        "noise  errors  =exact R/P     plain R/P      ~tolerant R/P   ({} pages, {PHRASES} phrases)",
        clean.len()
    );
    for (rate, least) in [(0.02, 0.90), (0.05, 0.88), (0.10, 0.62)] {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let noisy: Vec<(String, usize)> = clean.iter().map(|page| misread(page, rate, &mut random)).collect();
        let errors: usize = noisy.iter().map(|(_, errors)| errors).sum();
        let letters: usize = clean.iter().map(|page| page.chars().count()).sum();
        let dir = tempfile::tempdir().unwrap();
        let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
        let pages = noisy.iter().enumerate().map(|(n, (text, _))| page(n as u32 + 1, text));
        indexer.put_case(&case("HS-1"), pages).unwrap();
        indexer.commit().unwrap();
        let index = indexer.searcher().unwrap();
        let [exact, folded, tolerant] = ["=", "", "~"].map(|sign| measure(&index, &phrases, sign));
        println!(
            "{:>4.0} %  {:>4.1} %  {:.3} / {:.3}  {:.3} / {:.3}  {:.3} / {:.3}",
            rate * 100.0,
            100.0 * errors as f64 / letters as f64,
            exact.0,
            exact.1,
            folded.0,
            folded.1,
            tolerant.0,
            tolerant.1
        );
        assert!(
            tolerant.0 >= least && tolerant.1 >= 0.95,
            "noise {rate}: recall {} precision {}",
            tolerant.0,
            tolerant.1
        );
        assert!(exact.0 <= folded.0 && folded.0 <= tolerant.0, "each finds what the stricter one finds");
    }
}
