//! Other people's programs on the same texts: `jiwer` on error rates, `viparse` and glibc's iconv on legacy encodings.

use crate::provided::{from_dev, program};
use crate::real_texts::{NAMES, text};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use unicode_normalization::UnicodeNormalization;
use vitext::cer::{Level, cer, wer};
use vitext::legacy::{self, Encoding};

/// Random enough for edits, and the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

/// A sample as it was typed: the control characters that a word processor left in it taken out.
fn typed(name: &str) -> String {
    text(name).chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

/// Where two long texts part, for failing tests.
fn assert_same(ours: &str, theirs: &str, what: &str) {
    let at = ours.chars().zip(theirs.chars()).take_while(|(a, b)| a == b).count();
    let piece = |text: &str| text.chars().skip(at.saturating_sub(20)).take(40).collect::<String>();
    assert!(ours == theirs, "{what} at {at}: {:?} instead of {:?}", piece(ours), piece(theirs));
}

fn judge(scratch: &TempDir, script: &str) {
    let output = program(&from_dev("venv/bin/python").to_string_lossy())
        .args(["-c", script])
        .arg(scratch.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a recogniser may make of a text: letters and words changed, lost, added, doubled, blocks moved.
fn damaged(text: &str, dice: &mut Dice, percent: usize) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..chars.len() * percent / 100 {
        let at = dice.below(chars.len().max(1));
        match dice.below(6) {
            _ if chars.is_empty() => break,
            0 => drop(chars.remove(at)),
            1 => chars.insert(at, ' '),
            2 => chars.insert(at, 'ấ'),
            3 => chars[at] = vitext::fold_tones_char(chars[at]),
            4 => chars[at] = vitext::fold_ascii_char(chars[at]),
            _ => chars[at] = ['l', '1', ' ', 'ổ', '.', '\n'][dice.below(6)],
        }
    }
    if dice.below(4) == 0 {
        let at = dice.below(chars.len().max(1));
        chars.rotate_left(at);
    }
    chars.into_iter().collect()
}

fn pairs() -> Vec<(String, String)> {
    let mut dice = Dice(7);
    let texts: Vec<String> = NAMES.iter().map(|name| typed(name)).collect();
    let mut pairs: Vec<(String, String)> = [
        ("", ""),
        ("", "chữ thừa"),
        ("mất hết chữ", ""),
        (" \n\t ", "  "),
        (" ", "a"),
        ("a", "\u{A0}"),
        ("một", "một"),
        ("ấ", "a\u{302}\u{301}"),
        ("  hai \n\n từ ", "hai từ"),
        ("Ð", "Đ"),
    ]
    .map(|(a, b)| (a.to_owned(), b.to_owned()))
    .into();
    // long ones, and one against another text
    pairs.push((texts[0].clone(), damaged(&texts[0], &mut dice, 3)));
    pairs.push((texts[1].clone(), damaged(&texts[1], &mut dice, 20)));
    pairs.push((texts[0].clone(), texts[9].clone()));
    while pairs.len() < 200 {
        let lines: Vec<&str> = texts[dice.below(texts.len())].lines().filter(|l| l.len() > 20).collect();
        let first = dice.below(lines.len() - 3);
        let truth = lines[first..first + 1 + dice.below(3)].join("\n");
        let percent = [0, 2, 5, 10, 30, 100][dice.below(6)];
        let read = damaged(&truth, &mut dice, percent);
        pairs.push(match dice.below(4) {
            0 => (truth.nfd().collect(), read),
            1 => (truth, read.nfd().collect()),
            _ => (truth, read),
        });
    }
    pairs
}

/// Normalises by itself, folds by Unicode's own tables, counts with jiwer.
const JIWER: &str = r#"
import sys, unicodedata, jiwer
folder = sys.argv[1]
def fold(text):
    plain = ''.join(c for c in unicodedata.normalize('NFD', text) if not unicodedata.combining(c))
    return plain.translate(str.maketrans('đĐðÐ', 'dDdD'))
def norm(text):
    return ' '.join(unicodedata.normalize('NFC', text).split())
with open(folder + '/pairs', encoding='utf-8', newline='') as f:
    pairs = [pair.split('\x1f') for pair in f.read().split('\x1e')]
with open(folder + '/counts', 'w') as out:
    for truth, read in pairs:
        truth, read = norm(truth), norm(read)
        for a, b in [(truth, read), (fold(truth), fold(read))]:
            for o in [jiwer.process_characters(a, b), jiwer.process_words(a, b)]:
                print(o.substitutions + o.deletions + o.insertions, o.hits + o.substitutions + o.deletions, file=out)
"#;

#[test]
fn rates_are_those_of_jiwer() {
    let scratch = tempfile::tempdir().unwrap();
    let pairs = pairs();
    assert_eq!(pairs.len(), 200);
    let file: Vec<String> = pairs.iter().map(|(a, b)| format!("{a}\u{1F}{b}")).collect();
    fs::write(scratch.path().join("pairs"), file.join("\u{1E}")).unwrap();
    judge(&scratch, JIWER);
    let counts = fs::read_to_string(scratch.path().join("counts")).unwrap();
    let mut theirs = counts.lines();
    for (idx, (truth, read)) in pairs.iter().enumerate() {
        for level in [Level::Exact, Level::AsciiFolded] {
            for ours in [cer(truth, read, level), wer(truth, read, level)] {
                let ours = format!("{} {}", ours.edits, ours.length);
                assert_eq!(Some(ours.as_str()), theirs.next(), "pair {idx}: {truth:?} {read:?}");
            }
        }
    }
    assert_eq!(theirs.next(), None);
}

/// Writes each sample as it looks when its bytes in an old encoding are taken for Western text, and what viparse makes of it.
const VIPARSE: &str = r#"
import sys, unicodedata, pathlib
from viparse.normalize.encodings import CHARMAPS
from viparse.normalize.tables import convert
folder = pathlib.Path(sys.argv[1])
def plain(c):
    return {'đ': 'd', 'Đ': 'D'}.get(c, unicodedata.normalize('NFD', c)[0])
for name, charmap in CHARMAPS.items():
    back = {}
    for source, target in charmap.pairs:
        if target not in back or len(source) < len(back[target]):
            back[target] = source
    taken = {c for source, _ in charmap.pairs for c in source}
    for path in sorted(folder.glob('*.txt')):
        out, expected = [], []
        for c in path.read_text(encoding='utf-8'):
            low = c.lower()
            if c in back:
                out.append(back[c]); expected.append(c)
            elif name == 'tcvn3' and low in back:
                out.append(back[low]); expected.append(low)
            elif ord(c) < 128 or (ord(c) < 256 and c not in taken):
                out.append(c); expected.append(c)
            elif ord(c) < 256 or ord(c) in range(0x1ea0, 0x1f00):
                out.append(plain(c)); expected.append(plain(c))
            else:
                out.append('?'); expected.append('?')
        legacy = ''.join(out)
        for kind, text in [('legacy', legacy), ('expected', ''.join(expected)), ('viparse', convert(legacy, charmap))]:
            (folder / f'{path.stem}.{name}.{kind}').write_text(unicodedata.normalize('NFC', text) if kind != 'legacy' else text, encoding='utf-8', newline='')
"#;

fn samples(folder: &Path) {
    for name in NAMES {
        fs::write(folder.join(name), typed(name)).unwrap();
    }
}

fn read(folder: &Path, stem: &str, encoding: &str, kind: &str) -> String {
    fs::read_to_string(folder.join(format!("{stem}.{encoding}.{kind}"))).unwrap()
}

#[test]
fn legacy_texts_are_named_and_come_back_as_viparse_has_them() {
    let scratch = tempfile::tempdir().unwrap();
    samples(scratch.path());
    judge(&scratch, VIPARSE);
    let (mut pieces, mut found) = (0, 0);
    for (name, encoding) in [
        ("tcvn3", Encoding::Tcvn3),
        ("vni", Encoding::Vni),
        ("viscii", Encoding::Viscii),
        ("vps", Encoding::Vps),
    ] {
        // TCVN3 has no capitals with tones; ours come from the letters around them, viparse leaves them small
        let comparable =
            |text: &str| if encoding == Encoding::Tcvn3 { text.to_lowercase() } else { text.to_owned() };
        for stem in NAMES.map(|file| file.trim_end_matches(".txt")) {
            let legacy = read(scratch.path(), stem, name, "legacy");
            assert_eq!(legacy::detect(&legacy, None), Some(encoding), "{stem} in {name}");
            let ours = legacy::convert(&legacy, encoding);
            assert_same(
                &comparable(&ours),
                &comparable(&read(scratch.path(), stem, name, "expected")),
                &format!("{stem} in {name}"),
            );
            assert_same(
                &comparable(&ours),
                &comparable(&read(scratch.path(), stem, name, "viparse")),
                &format!("{stem} in {name}"),
            );
            for line in legacy.lines().filter(|line| line.split_whitespace().count() >= 8) {
                let named = legacy::detect(line, None);
                assert!(named.is_none_or(|named| named == encoding), "{line:?} of {name} named {named:?}");
                pieces += 1;
                found += usize::from(named.is_some());
            }
        }
    }
    assert!(found * 100 >= pieces * 97, "{found} of {pieces} lines");
}

#[test]
fn bytes_come_back_as_iconv_has_them() {
    let scratch = tempfile::tempdir().unwrap();
    samples(scratch.path());
    for (name, encoding) in
        [("TCVN5712-1", Encoding::Tcvn3), ("VISCII", Encoding::Viscii), ("CP1258", Encoding::Cp1258)]
    {
        for file in NAMES {
            let original = typed(file);
            // what of a text an encoding has: its letters; the third set of TCVN has no capitals with tones
            let original: String = original
                .chars()
                .filter(|c| c.is_ascii() || vitext::is_marked(&c.to_string()))
                .map(|c| {
                    if encoding == Encoding::Tcvn3 && !c.is_ascii() {
                        c.to_lowercase().next().unwrap()
                    } else {
                        c
                    }
                })
                .collect();
            let plain = scratch.path().join("plain");
            fs::write(&plain, &original).unwrap();
            let output = program("iconv").args(["-f", "UTF-8", "-t", name]).arg(&plain).output().unwrap();
            assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
            let seen = legacy::from_bytes(&output.stdout);
            assert_eq!(legacy::detect(&seen, None), Some(encoding), "{file} in {name}");
            let back = legacy::convert(&seen, encoding);
            let comparable =
                |text: &str| if encoding == Encoding::Tcvn3 { text.to_lowercase() } else { text.to_owned() };
            assert_same(&comparable(&back), &comparable(&original), &format!("{file} in {name}"));
        }
    }
}
