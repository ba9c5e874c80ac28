//! Throws made-up questions at the parser: `cargo run -p index --example fuzz_queries -- MINUTES SEED`. What must be true of each stands in
//! `tests/it/oracle.rs`. Those that are a kind of question or refusal not seen before are printed, for `tests/corpus/queries.txt`; a panic names
//! the text.

#[path = "../tests/it/oracle.rs"]
mod oracle;

use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use record::{Block, BlockKind, Line, PageSize, PageText, PxBox, Turn, Word};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const PIECES: &[&str] = &[
    "\"",
    "“",
    "”",
    "(",
    ")",
    "*",
    "?",
    "~",
    "=",
    "-",
    "–",
    "!",
    "|",
    "&",
    "+",
    "^",
    "<",
    "[",
    "}",
    "\\",
    ":",
    "..",
    "/",
    " ",
    " ",
    "\u{0}",
    "\u{301}",
    "🙂",
    "VÀ",
    "HOẶC",
    "KHÔNG",
    "OR",
    "NOT",
    "bl:",
    "so:",
    "dieu:",
    "ngay:",
    "nam:",
    "loai:",
    "nguoi:",
    "don-vi:",
    "ho-so:",
    "bl-dan:",
    "ho-so-dan:",
    "cccd:",
    "folio:",
    "case_kind:",
    "giu:",
    "lạ:",
    "45",
    "12/CT-VKS",
    "173/k2",
    "1998",
    "12/5/1998",
    "012345678",
    "án",
    "trộm",
    "khở*",
    "~2",
    "Đ",
    "đ",
    "y",
    "é",
    "½",
    "Ａ",
    "ß",
    "İ",
];

fn page() -> PageText {
    let word = |text: &str| Word::new(text, PxBox { left: 0, top: 0, right: 9, bottom: 9 }, 90);
    let words = "Căn cứ Điều 173 khoản 2 ngày 12/5/1998, án trộm cắp số 12/CT-VKS (BL 45), CMND 012345678"
        .split(' ')
        .map(word)
        .collect();
    let line = Line { bbox: PxBox::default(), baseline: (9, 9), words };
    let block = Block { kind: BlockKind::Body, bbox: PxBox::default(), lines: vec![line] };
    PageText {
        size: PageSize { width_px: 100, height_px: 100, dpi: 300 },
        turn: Turn::Upright,
        blocks: vec![block],
    }
}

/// A question with something put in, taken out, doubled or joined to another.
fn changed(known: &[String], random: &mut ChaCha8Rng) -> String {
    let mut letters: Vec<char> = known.choose(random).map_or_else(Vec::new, |text| text.chars().collect());
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..=letters.len());
        match random.random_range(0..10) {
            0..5 => drop(letters.splice(at..at, PIECES.choose(random).unwrap_or(&"").chars())),
            5 => {
                drop(letters.splice(
                    at..at,
                    known.choose(random).map_or("", String::as_str).chars().collect::<Vec<_>>(),
                ))
            }
            6 => drop(letters.splice(at..at, char::from_u32(random.random_range(0..0x2_0000)))),
            7 => letters.truncate(at),
            _ => {
                let to = (at + random.random_range(0..4)).min(letters.len());
                letters.drain(at..to);
            }
        }
    }
    letters.truncate(5000);
    letters.into_iter().collect()
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap_or(1));
    let (minutes, seed) = (arguments.next().unwrap_or(1), arguments.next().unwrap_or(1));
    let (page, mut random) = (page(), ChaCha8Rng::seed_from_u64(seed));
    let mut known: Vec<String> =
        include_str!("../tests/corpus/queries.txt").lines().map(oracle::unescaped).collect();
    let mut kinds: BTreeSet<String> = known.iter().map(|text| oracle::judge(text, &page)).collect();
    let (end, mut thrown, mut slowest) =
        (Instant::now() + Duration::from_secs(60 * minutes), 0_u64, Duration::ZERO);
    while Instant::now() < end {
        let text = changed(&known, &mut random);
        let started = Instant::now();
        let kind =
            std::panic::catch_unwind(|| oracle::judge(&text, &page)).unwrap_or_else(|_| panic!("{text:?}"));
        slowest = slowest.max(started.elapsed());
        thrown += 1;
        if kinds.len() < 400 && text.len() < 60 && kinds.insert(kind) {
            println!("{}", text.escape_debug());
            known.push(text);
        }
    }
    println!("{thrown} texts, {} kinds, slowest {} ms", kinds.len(), slowest.as_millis());
}
