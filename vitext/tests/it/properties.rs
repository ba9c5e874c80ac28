use proptest::prelude::*;
use vitext::cer::{Level, cer, distance};
use vitext::legacy::{self, Encoding};
use vitext::{Folded, ascii_slug, fold_ascii, fold_tones, nfc, patterns, syllable, tokens};

/// The textbook matrix.
fn matrix_distance(a: &[char], b: &[char]) -> u64 {
    let mut row: Vec<u64> = (0..=b.len() as u64).collect();
    for (i, x) in a.iter().enumerate() {
        let mut left_above = row[0];
        row[0] = i as u64 + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (left_above + u64::from(x != y)).min(above + 1).min(row[j] + 1);
            left_above = above;
        }
    }
    row[b.len()]
}

fn vietnamese() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[aăâáàạấđeêiìoôơộuưựyỳhklnt ,./0-9NGĐ\u{301}\u{323}\u{200B}-]{0,40}")
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn folding_keeps_the_length(text in any::<String>()) {
        let text = nfc(&text);
        prop_assert_eq!(fold_ascii(&text).chars().count(), text.chars().count());
        prop_assert_eq!(fold_tones(&text).chars().count(), text.chars().count());
    }

    #[test]
    fn folding_twice_is_folding_once(text in vietnamese()) {
        let once = fold_ascii(&nfc(&text));
        prop_assert_eq!(&fold_ascii(&once), &once);
        prop_assert_eq!(fold_ascii(&fold_tones(&nfc(&text))), once);
    }

    #[test]
    fn folded_offsets_lead_back(text in any::<String>()) {
        let folded = Folded::new(&text);
        for ((at, c), (original_at, original)) in folded.text().char_indices().zip(text.char_indices()) {
            let range = folded.original(at..at + c.len_utf8());
            prop_assert_eq!(range, original_at..original_at + original.len_utf8());
        }
    }

    #[test]
    fn distance_is_that_of_the_matrix(a in "[abcd]{0,300}", b in "[abcd]{0,300}") {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        prop_assert_eq!(distance(&a, &b), matrix_distance(&a, &b));
    }

    #[test]
    fn levels_only_forgive(a in vietnamese(), b in vietnamese()) {
        let [exact, tone, ascii] = Level::ALL.map(|level| cer(&a, &b, level));
        prop_assert!(exact.edits >= tone.edits && tone.edits >= ascii.edits);
        prop_assert_eq!(exact.length, ascii.length);
        prop_assert_eq!(cer(&a, &a, Level::Exact).edits, 0);
    }

    #[test]
    fn tokens_cover_all_letters(text in any::<String>()) {
        let mut end = 0;
        let mut inside = String::new();
        for token in tokens(&text) {
            prop_assert!(token.range.start >= end && !token.text.is_empty());
            prop_assert!(!text[end..token.range.start].contains(char::is_alphanumeric));
            prop_assert_eq!(&text[token.range.clone()], token.text);
            end = token.range.end;
            inside.push_str(token.text);
        }
        prop_assert!(!text[end..].contains(char::is_alphanumeric));
    }

    #[test]
    fn both_normal_forms_give_the_same_tokens(text in vietnamese()) {
        use unicode_normalization::UnicodeNormalization;
        let decomposed: String = text.nfd().collect();
        let forms = |text: &str| {
            let text = nfc(text).into_owned();
            tokens(&text).map(|t| (syllable::exact(t.text), syllable::folded(t.text))).collect::<Vec<_>>()
        };
        prop_assert_eq!(forms(&text), forms(&decomposed));
    }

    #[test]
    fn slugs_are_safe(text in any::<String>()) {
        let slug = ascii_slug(&text);
        prop_assert!(!slug.is_empty() && !slug.starts_with('.') && !slug.contains(".."));
        prop_assert!(slug.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)));
        prop_assert_eq!(ascii_slug(&slug), slug);
    }

    #[test]
    fn legacy_encodings_take_any_text(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in any::<String>()) {
        let western = legacy::from_bytes(&bytes);
        prop_assert_eq!(western.chars().count(), bytes.len());
        for text in [&western, &text] {
            legacy::detect(text, None);
            for font in [".VnTimeH", ".VnTime", "VNI-Times", "VPS-Times", "VISCII"] {
                if let Some(encoding) = legacy::detect(text, Some(font)) {
                    let converted = legacy::convert(text, encoding);
                    prop_assert_eq!(nfc(&converted), converted.as_str());
                }
            }
        }
        let ascii: String = text.chars().filter(|c| matches!(c, ' '..='~' | '\n' | '\r' | '\t')).collect();
        for encoding in [Encoding::Tcvn3, Encoding::Vni, Encoding::Viscii, Encoding::Vps, Encoding::Cp1258] {
            prop_assert_eq!(legacy::convert(&ascii, encoding), ascii.as_str());
        }
    }

    #[test]
    fn patterns_take_any_text(text in any::<String>()) {
        patterns::dates(&text);
        patterns::document_numbers(&text);
        patterns::folio_citations(&text);
        patterns::folio_stamp(&text);
        patterns::citations(&text);
        patterns::id_numbers(&text);
        patterns::case_codes(&text);
        patterns::reference::references(&nfc(&text));
    }

    /// What stands between the figures and around the words changes no key.
    #[test]
    fn one_card_one_key(figures in "[0-9]{9}|[0-9]{12}", label in prop::sample::select(vec!["CCCD", "Số CMND:", "căn cước công dân số "]),
        sign in prop::sample::select(vec!["", " ", ".", "-"])) {
        let groups: Vec<String> = figures.as_bytes().chunks(3).map(|g| String::from_utf8(g.to_vec()).unwrap()).collect();
        let text = format!("sinh năm 1978, {label} {} do Công an cấp", groups.join(sign));
        let keys: Vec<String> = patterns::reference::references(&nfc(&text)).into_iter().map(|found| found.value).collect();
        let expected = format!("id:{figures}");
        prop_assert_eq!(keys, [String::from("d:1978"), expected.clone()]);
        prop_assert_eq!(patterns::reference::id_key(&groups.join(sign)), Some(expected));
    }
}
