//! Damaged and foreign model files: an error that says which of the two they are, never a panic. The format has no checksums:
//! damage that leaves a sound model, such as another weight, cannot be seen in the file. It shows in the model's SHA-256, which
//! stands beside everything read with it.

use crate::model_bytes;
use crate::mutation::Mutation;
use recogniser::{Model, ModelError, Outcome, Path, Recogniser, Unit};
use std::collections::BTreeSet;

#[test]
fn debians_models_are_read() {
    for (language, characters) in [("vie", 268), ("eng", 110)] {
        let model = Model::parse(&model_bytes(language)).expect("a fast model");
        let alphabet: Vec<&str> = model.alphabet().collect();
        assert_eq!(alphabet.len(), characters, "{language}");
        assert_eq!(alphabet[0], " ");
        assert!(alphabet.contains(&"ă") == (language == "vie"));
    }
}

#[test]
fn the_digest_is_that_of_the_file() {
    let model = Model::parse(&model_bytes("vie")).expect("a fast model");
    let hex: String = model.sha256().iter().map(|b| format!("{b:02x}")).collect();
    // sha256sum of the file in tesseract-ocr-vie 1:4.1.0-2.
    assert_eq!(hex, "79df64caf7bcfb2a27df5042ecb6121e196eada34da774956995747636d5bfa1");
}

#[test]
fn a_model_of_another_kind_is_refused_by_name() {
    // Orientation and script detection: components, but no line network.
    let refused = Model::parse(&model_bytes("osd")).expect_err("it reads no lines");
    assert_eq!(refused, ModelError::Missing { part: "network" });
    assert!(!refused.is_damage());
    assert_eq!(Model::parse(b"").err(), Some(ModelError::Truncated { part: "table of components" }));
    assert_eq!(Model::parse(b"\0\0\0\x18").err(), Some(ModelError::NotAModel(0x1800_0000)));
    assert_eq!(Model::parse(&vec![0; 65 << 20]).err(), Some(ModelError::TooLarge(65 << 20)));
}

/// Replaces the first occurrence; the lengths are equal, so nothing moves.
fn with(mut bytes: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let at = bytes.windows(old.len()).position(|w| w == old).expect("the model holds it");
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

#[test]
fn other_layers_are_refused() {
    let parse = |old: &[u8], new: &[u8]| Model::parse(&with(model_bytes("vie"), old, new)).err();
    // Tesseract knows no such layer either.
    let unknown = parse(b"Convolve", b"Convulse").expect("refused");
    assert_eq!(unknown, ModelError::UnknownLayer("Convulse".to_owned()));
    assert!(unknown.is_damage());
    for (old, new) in [(&b"SummLSTM"[..], &b"Parallel"[..]), (b"RTLReversed", b"TTBReversed")] {
        let other = parse(old, new).expect("refused");
        assert!(matches!(other, ModelError::Topology(_)) && !other.is_damage(), "{other}");
    }
}

/// The bytes after the first occurrence of `mark` changed by `change`.
fn after(mark: &[u8], change: impl FnOnce(&mut [u8])) -> Option<ModelError> {
    let mut bytes = model_bytes("vie");
    let at = bytes.windows(mark.len()).position(|w| w == mark).expect("the model holds it") + mark.len();
    change(&mut bytes[at..]);
    Model::parse(&bytes).err()
}

/// What tessdata_best is like: matrices of numbers with fractions. A header that alone says so contradicts its matrices;
/// Tesseract would read bytes for fractions.
#[test]
fn float_models_are_refused() {
    // The first matrix stands behind the name of its layer; its mode is 1 (int8) + 128 (current format).
    let head = 2 + 4 * 4;
    let mode = |mode: u8| {
        after(b"\x04\0\0\0Tanh", |rest| {
            let name = u32::from_le_bytes(rest[head..head + 4].try_into().unwrap()) as usize;
            let place = &mut rest[head + 4 + name];
            assert_eq!(*place & 129, 129);
            *place = mode;
        })
    };
    assert!(!ModelError::FloatModel.is_damage() && !ModelError::OldMatrix.is_damage());
    assert_eq!(mode(128), Some(ModelError::FloatModel));
    assert_eq!(mode(128 | 4), Some(ModelError::FloatModel));
    assert_eq!(mode(1), Some(ModelError::OldMatrix));
    let spec = b"O1c1]";
    let contradiction = after(spec, |rest| rest[0] &= !1).expect("refused");
    assert!(matches!(contradiction, ModelError::BadWeights(_)) && contradiction.is_damage());
}

#[test]
fn characters_of_several_codes_are_refused() {
    let bytes = model_bytes("vie");
    let offset = |index: usize| i64::from_le_bytes(bytes[4 + 8 * index..12 + 8 * index].try_into().unwrap());
    let recoder = offset(22) as usize;
    // The count, then of the first character: self-normalised, length, one code.
    let length = recoder + 5..recoder + 9;
    assert_eq!(bytes[length.clone()], 1i32.to_le_bytes());
    let with_length = |codes: i32| {
        let mut changed = bytes.clone();
        changed[length.clone()].copy_from_slice(&codes.to_le_bytes());
        Model::parse(&changed).err()
    };
    assert!(!ModelError::CodeSequences.is_damage());
    assert_eq!(with_length(2), Some(ModelError::CodeSequences));
    assert!(matches!(with_length(0), Some(ModelError::BadAlphabet(_))));
    assert!(matches!(with_length(10), Some(ModelError::OutOfRange { .. })));
}

/// A real model of sequences of codes, of the very shape of network that is read.
#[test]
fn a_japanese_model_is_refused() {
    assert_eq!(Model::parse(&model_bytes("jpn")).err(), Some(ModelError::CodeSequences));
}

#[test]
fn a_nest_of_layers_is_cut_off() {
    // A container with one component, a network of series in series.
    let mut bytes = 18u32.to_le_bytes().to_vec();
    for index in 0..18 {
        bytes.extend(if index == 17 { 148i64 } else { -1 }.to_le_bytes());
    }
    for _ in 0..100_000 {
        bytes.push(0);
        bytes.extend(6u32.to_le_bytes());
        bytes.extend(b"Series");
        bytes.extend([0; 2 + 16]);
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
    }
    assert_eq!(Model::parse(&bytes).err(), Some(ModelError::TooDeep(8)));
}

#[test]
fn no_cut_file_is_read() {
    let bytes = model_bytes("vie");
    for end in (0..bytes.len()).step_by(1009).chain(bytes.len() - 60_000..bytes.len() - 59_990) {
        // The last component, the version, is not needed: cuts inside it may pass.
        match Model::parse(&bytes[..end]) {
            Ok(model) => assert!(end + 100 > bytes.len(), "cut at {end}: {}", model.alphabet().count()),
            Err(why) => assert!(why.is_damage(), "cut at {end}: {why}"),
        }
    }
}

/// Bytes changed at random, most of them where structure lies; whatever is still a model must read without a panic, in its own
/// alphabet.
#[test]
fn changed_files_do_no_harm() {
    let bytes = model_bytes("vie");
    let pixels: Vec<u8> = (0..60 * 40u32).map(|i| (i * 37 % 256) as u8).collect();
    let unit = Unit { width: 60, height: 40, stride: 60, pixels: &pixels };
    let mut state = 12345u64;
    let mut throw = move |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let (mut models, mut errors) = (0, 0);
    for _ in 0..1500 {
        let changed = Mutation::thrown(&mut throw, bytes.len()).of(&bytes);
        match Model::parse(&changed) {
            Ok(model) => {
                models += 1;
                let alphabet: BTreeSet<String> = model.alphabet().map(str::to_owned).collect();
                let recogniser = Recogniser::new(model, Path::Auto).expect("Auto takes any processor");
                let [reading] = &recogniser.read(&[unit])[..] else { panic!("one unit, one reading") };
                assert!(matches!(reading.outcome, Outcome::Read { .. }), "{:?}", reading.outcome);
                let mut read = reading.words.iter().flat_map(|word| &word.chars);
                assert!(read.all(|char| alphabet.contains(&char.text)), "{reading:?}");
            }
            Err(error) => {
                errors += 1;
                assert!(error.to_string().starts_with("the model") || error.to_string().starts_with("not a"));
            }
        }
    }
    assert!(models > 100 && errors > 100, "{models} models, {errors} errors: both must have been tried");
}

/// What fuzzing found new ways of refusal with (`examples/fuzz_models.rs`), and what each says.
#[test]
fn every_known_damage_is_refused_as_before() {
    let bytes = model_bytes("vie");
    let mut tried = 0;
    for line in include_str!("../corpus/vie.txt").lines() {
        let (mutation, said) = line.split_once(" => ").expect("a damage and what is said of it");
        let mutation: Mutation = mutation.parse().expect("a damage");
        let refused = Model::parse(&mutation.of(&bytes)).expect_err("it was refused before");
        assert_eq!(refused.to_string(), said, "{mutation}");
        let other_kinds = ["another shape", "older than Tesseract 4", "a float model", "has no network"];
        assert_eq!(
            refused.is_damage(),
            !other_kinds.iter().any(|kind| said.contains(kind)),
            "{mutation}: {said}"
        );
        tried += 1;
    }
    assert!(tried >= 20, "{tried}");
}

/// Letters of Vietnamese that a model cannot print have to be suggested some other way; another model shows itself here.
#[test]
fn the_letters_that_vie_lacks_are_known() {
    const VOWELS: &str = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵ";
    let model = Model::parse(&model_bytes("vie")).expect("a fast model");
    let alphabet: Vec<&str> = model.alphabet().collect();
    let letters =
        ('a'..='z').chain(VOWELS.chars()).chain(['đ']).flat_map(|c| [c, c.to_uppercase().next().unwrap()]);
    let missing: String = letters.filter(|c| !alphabet.contains(&c.to_string().as_str())).collect();
    assert_eq!(missing, "ỵỴ");
}
