//! Whether a word is spelt like a Vietnamese syllable: initial, rhyme and tone that go together. No dictionary: it says what
//! could be a syllable, not what is one, which is enough to tell Vietnamese from a text decoded wrongly or in another language.

use crate::letter::letter;
use crate::syllable;
use std::collections::HashSet;
use std::sync::LazyLock;

const INITIALS: [&str; 28] = [
    "", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p",
    "ph", "qu", "r", "s", "t", "th", "tr", "v", "x",
];

/// Without tones; after `qu` the u is part of the initial.
const RHYMES: &str = "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây \
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu \
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong op ot oong ooc \
    ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ \
    up ut uy uya uych uyên uyêt uyn uynh uyt uyu ư ưa ưc ưi ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu \
    y yêm yên yêng yêt yêu ych ynh yt yn";

/// The folded forms of all syllables.
static FOLDED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let of_initial = |initial: &'static str| {
        let rhymes = RHYMES.split_ascii_whitespace().filter(move |rhyme| fits(initial, rhyme));
        rhymes.map(move |rhyme| syllable::folded(&format!("{initial}{rhyme}")))
    };
    INITIALS.into_iter().flat_map(of_initial).collect()
});

/// Whether some syllable has this folded form.
pub(crate) fn is_folded_syllable(folded: &str) -> bool {
    FOLDED.contains(folded)
}

/// A word in NFC, in any letter case.
pub(crate) fn is_syllable(word: &str) -> bool {
    let (mut plain, mut tone) = (String::with_capacity(word.len()), None);
    for c in word.chars().flat_map(char::to_lowercase) {
        let found = letter(c);
        if found.tone.is_some() && tone.is_some() {
            return false;
        }
        tone = tone.or(found.tone);
        plain.push(found.quality);
    }
    INITIALS.iter().any(|initial| {
        let Some(rhyme) = plain.strip_prefix(initial) else { return false };
        // "gì", "gìn": the i of the rhyme is written once
        let is_rhyme = RHYMES.split_ascii_whitespace().any(|known| known == rhyme);
        is_rhyme && fits(initial, rhyme) && (tone.is_some_and(is_high_or_low) || !is_stopped(rhyme))
    })
}

/// Spelling: k, gh and ngh before e, ê, i and y; c, g and ng before the others.
fn fits(initial: &str, rhyme: &str) -> bool {
    let is_front = rhyme.starts_with(['e', 'ê', 'i', 'y']);
    match initial {
        "c" | "ng" => !is_front,
        "g" => !is_front || rhyme.starts_with('i'),
        "gh" | "ngh" => is_front && !rhyme.starts_with('y'),
        "k" => is_front,
        "qu" => !rhyme.starts_with(['o', 'u', 'ư']),
        "" => true,
        _ => !rhyme.starts_with("yê"),
    }
}

/// Sắc or nặng.
fn is_high_or_low(tone: char) -> bool {
    matches!(tone, '\u{301}' | '\u{323}')
}

/// Rhymes that end in a stop bear sắc or nặng only.
fn is_stopped(rhyme: &str) -> bool {
    rhyme.ends_with(['c', 'p', 't']) || rhyme.ends_with("ch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_and_others() {
        for word in [
            "Cộng",
            "hoà",
            "hòa",
            "xã",
            "HỘI",
            "chủ",
            "nghĩa",
            "Việt",
            "gì",
            "giết",
            "quyết",
            "quốc",
            "đường",
            "khuỷu",
            "uỷ",
            "ý",
            "kỹ",
            "nghiêng",
            "tuyến",
            "Đắk",
            "thuở",
            "yến",
            "ngoằn",
            "huỳnh",
            "quýt",
        ] {
            // Đắk is spelt in another language's way
            assert_eq!(is_syllable(word), word != "Đắk", "{word}");
        }
        for word in
            ["Céng", "niño", "été", "über", "schön", "hộc̣", "cẻt", "việtn", "señor", "ngễ", "kông", ""]
        {
            assert!(!is_syllable(word), "{word}");
        }
    }
}
