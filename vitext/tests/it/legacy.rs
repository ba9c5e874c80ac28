//! What no detector of legacy encodings may touch: proper Vietnamese and other languages, whole and line by line.

use crate::real_texts::{NAMES, text};
use vitext::legacy::{detect, from_bytes};

const OTHERS: [&str; 5] = [
    // Spanish
    "El señor Núñez pidió en la audiencia que se revisara la decisión: según él, la niña no había podido firmar así.\n\
     Además, el día después llegó más información; qué pena que nadie avisó. Él también está aquí, según sé yo.\n\
     Sí, sé que tú aún no lo crees. ¿Qué pasó? ¡Así es! Mañana será otro día, dijo José Martín Gómez.",
    // German
    "Über die Gründe für die Verzögerung äußerte sich der Präsident nicht. Die Prüfung wäre möglich, hieß es später.\n\
     Früher hätten sich Bürger öfter beschwert; künftig müssen sie länger warten. Schöne Grüße aus Köln und München.",
    // French
    "Le procureur général a été saisi dès réception du dossier; à l'époque, où était-il? Là, très près, à côté du théâtre.\n\
     L'élève a reçu sa leçon: \u{AB}où ça?\u{BB} Après, il est allé à la forêt; c'était déjà l'été, bien sûr, et après ça, voilà.",
    // English
    "The naïve résumé of the café's façade was, frankly, déjà vu; £5 ±2 at 20\u{B0}C, §12 ¶3 \u{A9} 1998 \u{AE} ½ pound.",
    // Portuguese and Italian
    "A decisão não é válida: é preciso que a ré também assine à mão, até amanhã. Perché è così? Più tardi andrò là, però.",
];

#[test]
fn other_languages_are_left_alone() {
    for text in OTHERS {
        for piece in text.lines().chain([text]) {
            assert_eq!(detect(piece, None), None, "{piece}");
        }
        for word in text.split_whitespace() {
            assert_eq!(detect(word, None), None, "{word}");
        }
    }
    let western: Vec<u8> = OTHERS.join("\n").chars().map(|c| u8::try_from(c).unwrap()).collect();
    assert_eq!(from_bytes(&western), OTHERS.join("\n"));
    assert_eq!(detect(&from_bytes(&western), None), None);
}

#[test]
fn proper_vietnamese_is_left_alone() {
    for name in NAMES {
        let text = text(name);
        assert_eq!(detect(&text, None), None, "{name}");
        for line in text.lines() {
            assert_eq!(detect(line, None), None, "{line}");
            assert_eq!(
                detect(line, Some(".VnTime")).filter(|_| !line.is_ascii() && line.contains('đ')),
                None,
                "{line}"
            );
        }
    }
    // only letters that Western text has too
    assert_eq!(detect("bà Hà và cô Bình là hai chị em, mẹ già; tòa xét, án phí", None), None);
    assert_eq!(detect("cô Bình và bà Hà lý do là hòa, xã, tòa án, phí", None), None);
}

/// Bytes that are no text at all.
#[test]
fn noise_is_left_alone() {
    let noise: Vec<u8> = (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(detect(&from_bytes(&noise), None), None);
}
